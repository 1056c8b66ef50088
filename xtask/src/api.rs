//! The typed methods of the client, from the table of endpoints.

use anyhow::Result;
use std::fmt::Write;
use wxpay_core::endpoint::{Body, Endpoint, Field, Kind, Need, all};

/// `api.ts`: the methods and the types of what goes in and comes out.
pub(crate) fn api(banner: &str) -> Result<String> {
    let mut ts = String::from(banner);
    ts.push_str(TYPES);
    let endpoints = all()?;
    for endpoint in &endpoints {
        request(&mut ts, endpoint)?;
        answer(&mut ts, endpoint)?;
    }
    ts.push_str("/** Every endpoint of the table as a method. */\nexport interface Methods {\n");
    for endpoint in &endpoints {
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

declare const refused: unique symbol

/** No value is one: what a number that is written with a fraction, or below 0, must be. */
export interface AmountsAreWholeFen {
  readonly [refused]: never
}

/** No value is one: what an object, a truth value or a function must be. */
export interface ValuesAreTextOrIntegers {
  readonly [refused]: never
}

/** The fields, each with a value that can be sent; such as this version does not know, too. */
export type Sendable<T> = {
  [K in keyof T]: T[K] extends number
    ? number extends T[K]
      ? T[K]
      : `${T[K]}` extends `-${string}`
        ? AmountsAreWholeFen
        : `${T[K]}` extends `${bigint}`
          ? T[K]
          : AmountsAreWholeFen
    : T[K] extends string | number | null | undefined
      ? T[K]
      : ValuesAreTextOrIntegers
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
    let zone = if row.meaning.contains("GMT+8") { "" } else { ", GMT+8" };
    let unit = match row.kind {
        Kind::Fen if row.meaning.contains("fen") => String::new(),
        Kind::Fen => " In fen.".into(),
        Kind::Time => format!(" `yyyyMMddHHmmss`{zone}."),
        Kind::Date => format!(" `yyyyMMdd`{zone}."),
        Kind::DateTime => format!(" `yyyy-MM-dd HH:mm:ss`{zone}."),
        Kind::Number(n) => format!(" `[0-9A-Za-z_\\-|*@]`, at most {n}."),
        kind => kind.limit().map(|n| format!(" At most {n} bytes.")).unwrap_or_default(),
    };
    let end = if row.meaning.ends_with('.') { "" } else { "." };
    format!("{}{end}{unit}", capital(row.meaning)).replace("*/", "* /")
}

/// A sentence of the table begins with a capital, unless it begins with a name of the protocol.
pub(crate) fn capital(text: &str) -> String {
    let word = text.split([' ', ',', ';', ':']).next().unwrap_or_default();
    let name = word.contains(|c: char| !c.is_ascii_lowercase() && c != '\'');
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if !name => first.to_uppercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

fn property(ts: &mut String, row: &Field<'_>, required: bool) -> Result<()> {
    let mark = if required { "" } else { "?" };
    let kind = value_type(row);
    let kind = if required { kind } else { format!("{kind} | undefined") };
    writeln!(ts, "  /** {} */\n  {}{mark}: {kind}", documentation(row), row.name)?;
    Ok(())
}

/// The fields that are independent of each other, and what those that are not require.
pub(crate) fn request(ts: &mut String, endpoint: &Endpoint<'_>) -> Result<()> {
    let name = type_name(endpoint);
    let rows: Vec<&Field<'_>> = endpoint.request.iter().filter(|row| is_given(row)).collect();
    writeln!(ts, "/** Every field that {} knows. */", endpoint.name)?;
    writeln!(ts, "export interface {name}Fields {{")?;
    for row in &rows {
        property(ts, row, row.need == Need::Always)?;
    }
    ts.push_str("}\n\n");
    writeln!(ts, "/** What {} takes: {}. {} */", endpoint.name, endpoint.about, endpoint.chapter)?;
    write!(ts, "export type {name}Request = {name}Fields")?;
    for choice in [alternatives(&rows), variants(&rows), companions(&rows)].iter().flatten() {
        write!(ts, " & (\n  | {}\n)", choice.join("\n  | "))?;
    }
    ts.push_str("\n\n");
    Ok(())
}

fn needed(row: &Field<'_>) -> String {
    format!("{}: {}", row.name, value_type(row))
}

/// The rows that go with this one.
fn with<'r, 'a>(rows: &'r [&'a Field<'a>], name: &'r str) -> impl Iterator<Item = &'a Field<'a>> {
    rows.iter().filter(move |row| row.need == Need::With(name)).copied()
}

/// Exactly one of the fields, and what goes with it.
fn alternatives(rows: &[&Field<'_>]) -> Option<Vec<String>> {
    let one: Vec<_> = rows.iter().filter(|row| row.need == Need::OneOf).collect();
    let choice = |chosen: &&&Field<'_>| {
        let mut parts = vec![needed(chosen)];
        parts.extend(with(rows, chosen.name).map(needed));
        let others = one.iter().filter(|other| other.name != chosen.name);
        parts.extend(others.map(|other| format!("{}?: undefined", other.name)));
        format!("{{ {} }}", parts.join("; "))
    };
    // The compiler names what the last one lacks: that is the one that merchants have.
    let mut sorted: Vec<_> = one.iter().collect();
    sorted.sort_by_key(|row| matches!(row.kind, Kind::Number(_)));
    (!one.is_empty()).then(|| sorted.into_iter().map(choice).collect())
}

/// What the value of a field requires of the others.
fn variants(rows: &[&Field<'_>]) -> Option<Vec<String>> {
    let decides = |row: &&Field<'_>| match row.need {
        Need::If { field, .. } => rows.iter().find(|r| r.name == field).copied(),
        _ => None,
    };
    let decider = rows.iter().find_map(decides)?;
    let Kind::Word(words) = decider.kind else { return None };
    let mut choices = Vec::new();
    for word in words.split('|') {
        let mut open = vec![format!("{}: '{word}'", decider.name)];
        for row in rows {
            let Need::If { field, values, unless } = row.need else { continue };
            if field == decider.name && values.split('|').any(|value| value == word) {
                // The compiler names what the last one lacks.
                let stand_in = unless.map(|other| format!("{other}: string"));
                let ways: Vec<String> = stand_in.into_iter().chain([needed(row)]).collect();
                let extended = |way: &String| {
                    open.iter().map(move |o| format!("{o}; {way}")).collect::<Vec<_>>()
                };
                open = ways.iter().flat_map(extended).collect();
            }
        }
        choices.extend(open.iter().map(|parts| format!("{{ {parts} }}")));
    }
    if decider.need != Need::Always {
        choices.push(format!("{{ {}?: undefined }}", decider.name));
    }
    Some(choices)
}

/// What a field that may be left out requires when it is there.
fn companions(rows: &[&Field<'_>]) -> Option<Vec<String>> {
    let leads =
        |row: &&&Field<'_>| row.need != Need::OneOf && with(rows, row.name).next().is_some();
    let leader = rows.iter().find(leads)?;
    let parts: Vec<String> =
        std::iter::once(needed(leader)).chain(with(rows, leader.name).map(needed)).collect();
    Some(vec![format!("{{ {}?: undefined }}", leader.name), format!("{{ {} }}", parts.join("; "))])
}

pub(crate) fn answer(ts: &mut String, endpoint: &Endpoint<'_>) -> Result<()> {
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

pub(crate) fn method(ts: &mut String, endpoint: &Endpoint<'_>, name: &str) -> Result<()> {
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
        "  {name}<const R extends {own}Request>(\n    fields{mark}: R & Sendable<R>,\n    options?: {options},\n  ): Promise<{answer}>"
    )?;
    Ok(())
}
