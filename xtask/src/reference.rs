//! `www/dist/endpoints.html`: every call on one page that needs no network.

use crate::{api::capital, facts, run};
use anyhow::Result;
use serde_json::Value;
use std::{fmt::Write, fs};
use wxpay_core::endpoint::{self, Action, Body, Endpoint, Field, Kind, Need, Repeat};

const STYLE: [&str; 2] =
    [include_str!("../../www/page.css"), include_str!("../../www/endpoints.css")];
const SCRIPT: &str = include_str!("../../www/endpoints.js");
/// Nothing is loaded: style and script are in the page.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
                      base-uri 'none'; form-action 'none'";

/// Writes the page.
pub(crate) fn write() -> Result<()> {
    let folder = run::root().join("www/dist");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("endpoints.html"), page()?)?;
    Ok(())
}

fn page() -> Result<String> {
    let endpoints = endpoint::all()?;
    let mut html = format!(
        "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\">
<meta name=\"referrer\" content=\"no-referrer\">
<title>Calls · WeChat Pay API v2</title>
<style>
{}
</style>
</head>
<body>
<header class=\"masthead\">
  <h1>Calls</h1>
  <p class=\"subject\">WeChat Pay API v2, as <code>wxpay-wasm</code> has it</p>
</header>
<main class=\"reference\">
<nav aria-label=\"Calls\">
  <div class=\"search\">
    <label class=\"unseen\" for=\"filter\">Filter by name, path, field or err_code</label>
    <input id=\"filter\" type=\"search\" placeholder=\"Name, path, field, code\" autocomplete=\"off\" \
         autocapitalize=\"off\" autocorrect=\"off\" spellcheck=\"false\">
    <output id=\"count\" for=\"filter\">{}</output>
  </div>
  <details id=\"index\">
    <summary>All calls</summary>
    <ul>
",
        STYLE.join("\n"),
        endpoints.len()
    );
    for Endpoint { name, title, .. } in &endpoints {
        writeln!(
            html,
            "      <li><a href=\"#{name}\">{name} <small lang=\"zh-CN\">{}</small></a></li>",
            escape(title)
        )?;
    }
    html.push_str("    </ul>\n  </details>\n</nav>\n<div class=\"calls\">\n");
    for endpoint in &endpoints {
        section(&mut html, endpoint)?;
    }
    writeln!(
        html,
        "<p id=\"none\" hidden>No call has all of these words.</p>
</div>
</main>
<footer><p>Written from the table of endpoints that the library itself works by. Amounts are in fen, times in GMT+8, \
         lengths in bytes of UTF-8.</p></footer>
<script type=\"module\">
{SCRIPT}</script>
</body>
</html>"
    )?;
    Ok(html)
}

fn section(html: &mut String, endpoint: &Endpoint<'_>) -> Result<()> {
    let Endpoint { name, title, about, chapter, aka, .. } = endpoint;
    writeln!(html, "<article id=\"{name}\" aria-labelledby=\"{name}-name\">")?;
    writeln!(
        html,
        "<h2 id=\"{name}-name\"><a href=\"#{name}\">{name}</a> <small lang=\"zh-CN\">{}</small></h2>",
        escape(title)
    )?;
    let about = capital(about);
    writeln!(html, "<p class=\"about\">{}.</p>", escape(&about))?;
    if let Some(since) = endpoint.retired {
        writeln!(html, "<p class=\"retired\">WeChat withdrew it in {}.</p>", escape(since))?;
    }
    html.push_str("<dl>\n");
    for (term, text) in terms(endpoint) {
        writeln!(html, "<div><dt>{term}</dt><dd>{text}</dd></div>")?;
    }
    let address = escape(chapter);
    writeln!(
        html,
        "<div><dt>Chapter</dt><dd><a href=\"{address}\" rel=\"noreferrer\">{address}</a></dd></div>"
    )?;
    if !aka.is_empty() {
        writeln!(
            html,
            "<div><dt>Also</dt><dd class=\"aka\"><code>{}</code></dd></div>",
            aka.join("</code>, <code>")
        )?;
    }
    html.push_str("</dl>\n");
    writeln!(
        html,
        "<div class=\"example\"><button type=\"button\" class=\"quiet\">Copy</button><pre><code>{}</code></pre></div>",
        escape(&call(endpoint)?)
    )?;
    rows(html, "Request", &endpoint.request, true)?;
    rows(html, "Answer", &endpoint.answer, false)?;
    if !endpoint.errors.is_empty() {
        writeln!(
            html,
            "<details><summary>err_code <small>{}</small></summary>\n<table class=\"rows\"><tbody>",
            endpoint.errors.len()
        )?;
        for advice in &endpoint.errors {
            writeln!(
                html,
                "<tr><th scope=\"row\">{}</th><td class=\"need\">{}</td><td>{}</td></tr>",
                escape(advice.code),
                action(advice.action),
                escape(&capital(advice.text))
            )?;
        }
        html.push_str("</tbody></table></details>\n");
    }
    html.push_str("</article>\n");
    Ok(())
}

/// The facts, in HTML.
fn terms(endpoint: &Endpoint<'_>) -> Vec<(&'static str, String)> {
    let method = if endpoint.get { "GET" } else { "POST" };
    let code = |text: &str| format!("<code>{}</code>", escape(text));
    let name = |origin: &str| code(origin.trim_start_matches("https://"));
    let mut host = name(endpoint.host.origin());
    if let Some(backup) = endpoint.host.backup() {
        let _ = write!(host, ", when it is down {}", name(backup));
    }
    let algorithms: Vec<_> = endpoint.algorithms().iter().map(|a| a.as_str()).collect();
    let nonce = endpoint.request.iter().any(|row| row.kind == Kind::Nonce);
    let mut terms = vec![
        ("Path", format!("<span class=\"path\">{method} {}</span>", code(endpoint.path))),
        ("Host", host),
        ("Certificate", if endpoint.certificate { "needed" } else { "not needed" }.into()),
        (
            "Algorithm",
            if endpoint.is_signed() { algorithms.join(" or ") } else { "none: not signed".into() },
        ),
        ("Nonce", if nonce { "sent" } else { "not sent" }.into()),
        ("Answer", form(endpoint).into()),
        ("Money", if endpoint.money { "moves" } else { "does not move" }.into()),
        (
            "Repeat",
            match endpoint.repeat {
                Repeat::Never => "never by itself".into(),
                Repeat::Always => "at will".into(),
                Repeat::Same(field) => format!("with the same {}", code(field)),
            },
        ),
    ];
    if let Some(query) = &endpoint.query {
        let link = format!("<a href=\"#{0}\">{0}</a>", query.endpoint);
        let fields: Vec<_> = query.fields.iter().map(|field| code(field)).collect();
        terms.push(("Outcome", format!("{link} with {}", fields.join(", "))));
    }
    terms.push(("Old sandbox", endpoint.sandbox.map_or_else(|| "none".into(), code)));
    terms
}

fn form(endpoint: &Endpoint<'_>) -> &'static str {
    match (endpoint.body, endpoint.is_answer_signed()) {
        (Body::Csv, _) => "text, unsigned; XML when it fails",
        (Body::Json, _) => "JSON, unsigned",
        (Body::Page, _) => "none: the payer's browser opens the address",
        (Body::Nested, true) => "nested XML, signed",
        (Body::Nested, false) => "nested XML, unsigned",
        (_, true) => "XML, signed",
        (_, false) => "XML, unsigned",
    }
}

fn rows(html: &mut String, what: &str, rows: &[Field<'_>], open: bool) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let open = if open { " open" } else { "" };
    writeln!(
        html,
        "<details{open}><summary>{what} <small>{}</small></summary>\n<table class=\"rows\"><tbody>",
        rows.len()
    )?;
    for row in rows {
        let example = match row.example {
            Some(example) => format!("<code>{}</code>", escape(example)),
            None => String::new(),
        };
        writeln!(
            html,
            "<tr><th scope=\"row\">{}</th><td class=\"need\">{}</td><td class=\"kind\">{}</td><td>{}{example}</td></tr>",
            escape(row.name),
            escape(&need(row)),
            escape(&kind(row.kind)),
            escape(&capital(row.meaning)),
        )?;
    }
    html.push_str("</tbody></table></details>\n");
    Ok(())
}

fn need(row: &Field<'_>) -> String {
    match row.need {
        Need::Always => "required".into(),
        Need::OneOf => "one of these".into(),
        Need::With(other) => format!("with {other}"),
        Need::If { field, values, unless } => {
            let values = values.replace('|', " or ");
            let unless = unless.map(|other| format!(", or {other}")).unwrap_or_default();
            format!("when {field} is {values}{unless}")
        }
        Need::Configured(_) | Need::Fixed => "by the client".into(),
        Need::Default(_) => "optional, or by the client".into(),
        Need::Same => "the request's".into(),
        Need::AlwaysSame => "required, the request's".into(),
        other => other.to_string(),
    }
}

fn kind(kind: Kind<'_>) -> String {
    match kind {
        Kind::Text(n) => format!("text, {n} bytes"),
        Kind::Number(n) => format!("0-9 A-Z a-z _ - | * @, {n} bytes"),
        Kind::Json(n) => format!("JSON, {n} bytes"),
        Kind::Url(n) => format!("address, {n} bytes"),
        Kind::Notify => "address without a query, 256 bytes".into(),
        Kind::Ip(_) => "IPv4 or IPv6".into(),
        Kind::Fen => "fen, from 1".into(),
        Kind::Int => "whole number".into(),
        Kind::Time => "yyyyMMddHHmmss".into(),
        Kind::Date => "yyyyMMdd".into(),
        Kind::DateTime => "yyyy-MM-dd HH:mm:ss".into(),
        Kind::Seconds => "Unix seconds".into(),
        Kind::Word(words) => words.replace('|', " or "),
        Kind::AuthCode => "18 digits".into(),
        Kind::Appid => "app id".into(),
        Kind::MchId => "merchant id".into(),
        Kind::Nonce => "random, 32 bytes".into(),
        Kind::Sign => "signature".into(),
        Kind::Nested => "elements".into(),
        other => other.to_string(),
    }
}

fn action(action: Action) -> &'static str {
    match action {
        Action::Retry => "repeat",
        Action::Query => "ask first",
        Action::Done => "done",
        _ => "final",
    }
}

/// The call as JavaScript.
fn call(endpoint: &Endpoint<'_>) -> Result<String> {
    let fields = facts::given(endpoint, &endpoint.sample_request()?);
    let result = match endpoint.body {
        Body::Csv => "text",
        Body::Page => "address",
        _ => "answer",
    };
    let mut js = format!("const {result} = await pay.{}(", endpoint.name);
    if endpoint.name == "code2Session" {
        let code = fields.values().next().map(literal).unwrap_or_default();
        writeln!(js, "{code})")?;
    } else if fields.is_empty() {
        js.push_str(")\n");
    } else {
        js.push_str("{\n");
        for (name, value) in &fields {
            writeln!(js, "  {name}: {},", literal(value))?;
        }
        js.push_str("})\n");
    }
    Ok(js)
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        other => other.to_string(),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
