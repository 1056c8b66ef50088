//! The typed methods of the client, from the table of endpoints.

use anyhow::Result;
use std::fmt::Write;
use wxpay_core::endpoint::{self, Body, Endpoint, Field, Kind, Need};

/// `api.ts`: the methods and the types of what goes in and comes out.
pub(crate) fn api(banner: &str) -> Result<String> {
    let mut ts = String::from(banner);
    ts.push_str(TYPES);
    let endpoints = endpoint::all()?;
    for endpoint in &endpoints {
        request(&mut ts, endpoint)?;
        answer(&mut ts, endpoint)?;
    }
    ts.push_str("/** Every endpoint of the table as a method. */\nexport interface Methods {\n");
    for endpoint in endpoints.iter().filter(|e| !e.name.starts_with("any")) {
        for name in std::iter::once(&endpoint.name).chain(&endpoint.aka) {
            method(&mut ts, endpoint, name)?;
        }
    }
    ts.push_str("}\n");
    Ok(ts)
}

const TYPES: &str = "import type { Bill } from '../../src/bill.js'
import type { BillCallOptions, CallOptions } from '../../src/client.js'
import type { Element } from '../../src/facade.js'

export type { Element }

/** The fields of an answer: strings, as on the wire. */
export interface Answer {
  readonly [name: string]: string | undefined
}

/** An answer that WeChat does not sign: only TLS vouches for it. */
export interface UnsignedAnswer extends Answer {}

/** Refuses amounts that are written with a fraction. */
export type Whole<T> = {
  [K in keyof T]: T[K] extends number
    ? number extends T[K]
      ? T[K]
      : `${T[K]}` extends `${bigint}`
        ? T[K]
        : never
    : T[K]
}

/** Fields that this version does not know may be sent too: the protocol grows. */
interface More {
  [name: string]: string | number | null | undefined
}

";

fn type_name(endpoint: &Endpoint<'_>) -> String {
    let mut name = endpoint.name.to_owned();
    name[..1].make_ascii_uppercase();
    name
}

/// Rows that the client alone fills in have no place in the type.
fn is_given(row: &Field<'_>) -> bool {
    let own = matches!(row.kind, Kind::Appid | Kind::MchId | Kind::Nonce | Kind::Secret);
    !own && row.need != Need::Fixed && row.name != "sign_type"
}

fn value_type(row: &Field<'_>) -> String {
    match row.kind {
        Kind::Fen | Kind::Int => "number".into(),
        Kind::Word(words) => {
            let words: Vec<String> = words.split('|').map(|word| format!("'{word}'")).collect();
            words.join(" | ")
        }
        _ => "string".into(),
    }
}

fn documentation(row: &Field<'_>) -> String {
    let unit = match row.kind {
        Kind::Fen => " In fen.".into(),
        Kind::Time => " `yyyyMMddHHmmss`, GMT+8.".into(),
        Kind::Date => " `yyyyMMdd`, GMT+8.".into(),
        Kind::Number(n) => format!(" `[0-9A-Za-z_\\-|*@]`, at most {n}."),
        kind => kind.limit().map(|n| format!(" At most {n} bytes.")).unwrap_or_default(),
    };
    let end = if row.meaning.ends_with('.') { "" } else { "." };
    format!("{}{end}{unit}", capital(row.meaning)).replace("*/", "* /")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn property(ts: &mut String, row: &Field<'_>, required: bool) -> Result<()> {
    let mark = if required { "" } else { "?" };
    let kind = value_type(row);
    let kind = if required { kind } else { format!("{kind} | undefined") };
    writeln!(ts, "  /** {} */\n  {}{mark}: {kind}", documentation(row), row.name)?;
    Ok(())
}

fn request(ts: &mut String, endpoint: &Endpoint<'_>) -> Result<()> {
    let name = type_name(endpoint);
    let rows: Vec<&Field<'_>> = endpoint.request.iter().filter(|row| is_given(row)).collect();
    // The field whose value decides what else is required.
    let decider = rows.iter().find_map(|row| match row.need {
        Need::If { field, .. } => {
            rows.iter().find(|r| r.name == field && matches!(r.kind, Kind::Word(_))).copied()
        }
        _ => None,
    });
    writeln!(ts, "/** What {} takes: {}. {} */", endpoint.name, endpoint.about, endpoint.chapter)?;
    writeln!(ts, "export type {name}Request = {{")?;
    for row in &rows {
        if decider.is_none_or(|d| d.name != row.name) {
            property(ts, row, row.need == Need::Always)?;
        }
    }
    write!(ts, "}} & More")?;
    let one: Vec<&str> =
        rows.iter().filter(|row| row.need == Need::OneOf).map(|row| row.name).collect();
    if !one.is_empty() {
        ts.push_str(" & (");
        for chosen in &one {
            write!(ts, "\n  | {{ {chosen}: string")?;
            for other in one.iter().filter(|other| *other != chosen) {
                write!(ts, "; {other}?: undefined")?;
            }
            ts.push_str(" }");
        }
        ts.push_str("\n)");
    }
    if let Some(decider) = decider {
        variants(ts, decider, &rows)?;
    }
    ts.push_str("\n\n");
    Ok(())
}

fn variants(ts: &mut String, decider: &Field<'_>, rows: &[&Field<'_>]) -> Result<()> {
    let Kind::Word(words) = decider.kind else { return Ok(()) };
    ts.push_str(" & (");
    for word in words.split('|') {
        write!(ts, "\n  | ({{ {}: '{word}' }}", decider.name)?;
        for row in rows {
            let Need::If { field, values, unless } = row.need else { continue };
            if field == decider.name && values.split('|').any(|value| value == word) {
                write!(ts, " & ({{ {}: {} }}", row.name, value_type(row))?;
                if let Some(other) = unless {
                    write!(ts, " | {{ {other}: string }}")?;
                }
                ts.push(')');
            }
        }
        ts.push(')');
    }
    if decider.need != Need::Always {
        write!(ts, "\n  | {{ {}?: undefined }}", decider.name)?;
    }
    ts.push_str("\n)");
    Ok(())
}

fn answer(ts: &mut String, endpoint: &Endpoint<'_>) -> Result<()> {
    if matches!(endpoint.body, Body::Csv | Body::Page) {
        return Ok(());
    }
    let name = type_name(endpoint);
    let base = if endpoint.is_answer_signed() { "Answer" } else { "UnsignedAnswer" };
    writeln!(ts, "/** What {} answers; fields beside these are kept. */", endpoint.name)?;
    writeln!(ts, "export interface {name}Answer extends {base} {{")?;
    for row in endpoint.answer.iter().filter(|row| !row.name.contains('$')) {
        let text = row.meaning.replace("*/", "* /");
        let required = matches!(row.need, Need::Always | Need::AlwaysSame);
        let kind = if required { ": string" } else { "?: string | undefined" };
        if row.kind != Kind::Nested {
            writeln!(ts, "  /** {}. */\n  readonly {}{kind}", capital(&text), row.name)?;
        }
    }
    ts.push_str("}\n\n");
    Ok(())
}

/// Fields of the answer that the value of a field of the request promises.
fn promised(endpoint: &Endpoint<'_>) -> String {
    let mut types = String::new();
    for row in &endpoint.answer {
        if let Need::If { field, values, .. } = row.need
            && endpoint.request.iter().any(|r| r.name == field)
        {
            let values: Vec<String> = values.split('|').map(|v| format!("'{v}'")).collect();
            let _ = write!(
                types,
                " & (R extends {{ {field}: {} }} ? {{ readonly {}: string }} : unknown)",
                values.join(" | "),
                row.name
            );
        }
    }
    types
}

fn method(ts: &mut String, endpoint: &Endpoint<'_>, name: &str) -> Result<()> {
    let own = type_name(endpoint);
    writeln!(ts, "  /**\n   * {} ({}).", capital(endpoint.about), endpoint.title)?;
    if let Some(since) = endpoint.retired {
        writeln!(ts, "   * @deprecated WeChat withdrew it: {since}")?;
    }
    writeln!(ts, "   * @see {}\n   */", endpoint.chapter)?;
    let answer = match endpoint.body {
        Body::Csv => "Bill".to_owned(),
        Body::Page => "string".to_owned(),
        Body::Nested => format!("{own}Answer & {{ tree: Element }}"),
        _ => format!("{own}Answer{}", promised(endpoint)),
    };
    let required = endpoint
        .request
        .iter()
        .any(|row| is_given(row) && matches!(row.need, Need::Always | Need::OneOf));
    let mark = if required { "" } else { "?" };
    let options = if endpoint.body == Body::Csv { "BillCallOptions" } else { "CallOptions" };
    writeln!(
        ts,
        "  {name}<const R extends {own}Request>(\n    fields{mark}: R & Whole<R>,\n    options?: {options},\n  ): Promise<{answer}>"
    )?;
    Ok(())
}
