//! What is said of an endpoint outside Rust: to the client and the simulator in `endpoints.ts`, and to
//! tools in `endpoints.json`.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use wxpay_core::{
    Fields, Key,
    endpoint::{self, Endpoint, Field, Kind, Need, Repeat},
};

/// What decides how an endpoint is called.
fn facts(endpoint: &Endpoint<'_>) -> Value {
    json!({
        "name": endpoint.name,
        "method": if endpoint.get { "GET" } else { "POST" },
        "origin": endpoint.host.origin(),
        "backup": endpoint.host.backup(),
        "path": endpoint.path,
        "sandbox": endpoint.sandbox,
        "certificate": endpoint.certificate,
        "money": endpoint.money,
        "repeat": match endpoint.repeat {
            Repeat::Never => None,
            Repeat::Always => Some("always"),
            Repeat::Same(field) => Some(field),
        },
        "query": endpoint.query.as_ref().map(|q| json!({
            "endpoint": q.endpoint,
            "fields": q.fields,
        })),
        "body": endpoint.body.as_str(),
        "signed": endpoint.is_answer_signed(),
        "secret": endpoint.request.iter().any(|row| row.kind == Kind::Secret),
        "chapter": endpoint.chapter,
    })
}

/// `endpoints.json`: the whole table, one endpoint a line.
pub(crate) fn table() -> Result<String> {
    let lines = endpoint::all()?
        .iter()
        .map(|e| Ok(described(e)?.to_string()))
        .collect::<Result<Vec<_>>>()?;
    Ok(format!("[\n{}\n]\n", lines.join(",\n")))
}

fn described(endpoint: &Endpoint<'_>) -> Result<Value> {
    let rows = |rows: &[Field<'_>]| rows.iter().map(row).collect::<Vec<_>>();
    let mut all = facts(endpoint);
    all["title"] = endpoint.title.into();
    all["about"] = endpoint.about.into();
    all["aka"] = json!(endpoint.aka);
    all["retired"] = endpoint.retired.into();
    all["algorithms"] = endpoint.algorithms().iter().map(|a| a.as_str()).collect();
    all["request"] = rows(&endpoint.request).into();
    all["answer"] = rows(&endpoint.answer).into();
    all["errors"] = endpoint
        .errors
        .iter()
        .map(|e| json!({ "code": e.code, "action": e.action.as_str(), "text": e.text }))
        .collect();
    all["sample"] = sample(endpoint).with_context(|| endpoint.name.to_owned())?;
    Ok(all)
}

fn row(row: &Field<'_>) -> Value {
    json!({
        "name": row.name,
        "need": row.need.to_string(),
        "kind": row.kind.to_string(),
        "meaning": row.meaning,
        "example": row.example,
    })
}

/// What a caller gives, and the successful answer without its signature.
fn sample(endpoint: &Endpoint<'_>) -> Result<Value> {
    let request = endpoint.sample_request()?;
    let settings = settings(endpoint)?;
    // The key decides nothing that is shown.
    let key = Key::any("any")?;
    let prepared = endpoint.prepare(&settings, &request, Some(&key))?;
    let answer = endpoint.sample_answer(&prepared.fields)?;
    let texts = answer.iter().map(|(name, value)| (name.to_owned(), value.into()));
    Ok(json!({
        "request": given(endpoint, &request),
        "answer": texts.collect::<Map<_, _>>(),
    }))
}

/// The fields of a call as JavaScript has them: amounts and counts are numbers.
pub(crate) fn given(endpoint: &Endpoint<'_>, request: &Fields) -> Map<String, Value> {
    let value = |name: &str, text: &str| {
        let row = endpoint.request.iter().find(|row| row.name == name);
        match text.parse::<u64>() {
            Ok(number) if row.is_some_and(|row| row.kind.is_integer()) => number.into(),
            _ => text.into(),
        }
    };
    request.iter().map(|(name, text)| (name.to_owned(), value(name, text))).collect()
}

/// What the client would fill in: the examples of the rows that need it.
fn settings(endpoint: &Endpoint<'_>) -> Result<Fields> {
    let mut settings = Fields::new();
    for row in &endpoint.request {
        let name = match (row.kind, row.need) {
            (Kind::Appid, _) => "appid",
            (Kind::MchId, _) => "mch_id",
            (_, Need::Configured(name)) if name != "sign_type" => name,
            _ => continue,
        };
        if settings.get(name).is_none() {
            settings.insert(name, row.sample())?;
        }
    }
    Ok(settings)
}

/// `endpoints.ts`: what the client and the simulator know at run time.
pub(crate) fn endpoints(banner: &str) -> Result<String> {
    let mut ts = String::from(banner);
    ts.push_str(HEAD);
    ts.push_str("export const ENDPOINTS = {\n");
    for endpoint in endpoint::all()? {
        writeln!(ts, "  {}: {},", endpoint.name, at_run_time(endpoint.clone()))?;
    }
    ts.push_str("} satisfies Record<string, EndpointFacts>\n\n");
    ts.push_str("/** For paths that are not in the table. */\n");
    for (name, signed) in [("OTHER", true), ("OTHER_UNSIGNED", false)] {
        writeln!(
            ts,
            "export const {name}: EndpointFacts = {}",
            at_run_time(endpoint::other(signed)?)
        )?;
    }
    ts.push_str("/** Other names of the methods. */\nexport const ALIASES = {\n");
    for endpoint in endpoint::all()? {
        for name in &endpoint.aka {
            writeln!(ts, "  {name}: '{}',", endpoint.name)?;
        }
    }
    ts.push_str("} as const\n");
    Ok(ts)
}

fn at_run_time(endpoint: Endpoint<'_>) -> Value {
    let mut facts = facts(&endpoint);
    facts["text"] = runtime_text(endpoint).into();
    facts
}

const HEAD: &str = "
/** What the client must know of an endpoint. */
export interface EndpointFacts {
  name: string
  method: string
  /** Scheme and host. */
  origin: string
  /** What stands in when the origin is down. */
  backup: string | null
  path: string
  /** The path in the old sandbox. */
  sandbox: string | null
  /** Whether the client certificate must be shown. */
  certificate: boolean
  /** Whether money moves. */
  money: boolean
  /** Whether the request may be sent again: always, with the same value of this field, or never. */
  repeat: string | null
  /** What tells the outcome. */
  query: { endpoint: string; fields: string[] } | null
  /** The form of a successful answer: xml, nested, csv, json, page. */
  body: string
  /** Whether an answer must be signed. */
  signed: boolean
  /** Whether the app's secret goes with it. */
  secret: boolean
  /** The official chapter. */
  chapter: string
  /** The rows of the table, for the core. */
  text: string
}

";

/// The rules alone: what is only for people to read stays out of the package's code.
fn runtime_text(mut endpoint: Endpoint<'_>) -> String {
    for row in endpoint.request.iter_mut().chain(&mut endpoint.answer) {
        row.example = None;
    }
    for row in &mut endpoint.answer {
        row.meaning = "-";
    }
    endpoint.answer.retain(|row| row.need != Need::Optional);
    (endpoint.about, endpoint.title, endpoint.aka) = ("", "", Vec::new());
    endpoint.to_string()
}
