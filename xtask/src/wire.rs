//! What the gateway simulator must know of an endpoint beside what the client knows.

use anyhow::Result;
use std::fmt::Write;
use wxpay_core::endpoint::{self, Field, Kind, Need};

/// `wire.ts`: the algorithms, the names of the ids, and the rows of the answers with their examples.
pub(crate) fn write(banner: &str) -> Result<String> {
    let mut ts = String::from(banner);
    ts.push_str(HEAD);
    for endpoint in endpoint::all()? {
        let named =
            |kind: Kind| endpoint.request.iter().find(|row| row.kind == kind).map(|row| row.name);
        let one = endpoint.request.iter().filter(|row| row.need == Need::OneOf);
        let facts = serde_json::json!({
            "algorithms": endpoint.algorithms().iter().map(|a| a.as_str()).collect::<Vec<_>>(),
            "declares": endpoint.request.iter().any(|row| row.name == "sign_type"),
            "nonce": named(Kind::Nonce).is_some(),
            "appid": named(Kind::Appid),
            "mch_id": named(Kind::MchId),
            "alternatives": one.map(|row| row.name).collect::<Vec<_>>(),
            "errors": endpoint.errors.iter().map(|error| error.code).collect::<Vec<_>>(),
            "answer": endpoint.answer.iter().map(row).collect::<Vec<_>>(),
        });
        writeln!(ts, "  {}: {facts},", endpoint.name)?;
    }
    ts.push_str("}\n");
    Ok(ts)
}

fn row(field: &Field<'_>) -> serde_json::Value {
    serde_json::json!([
        field.name.replace("$n", "0").replace("$m", "0"),
        field.need.to_string(),
        field.sample(),
        field.kind.is_integer(),
    ])
}

const HEAD: &str = "
/** What the gateway simulator must know of an endpoint beside what the client knows. */
export interface WireFacts {
  /** The algorithms of the signature; the first one is meant where `sign_type` is absent. */
  algorithms: readonly string[]
  /** Whether a request says which, in `sign_type`. */
  declares: boolean
  /** Whether a request has a `nonce_str`. */
  nonce: boolean
  /** The name of the app id in the request. */
  appid: string | null
  /** The name of the merchant id in the request. */
  mch_id: string | null
  /** Of these fields one is given; the first one counts. */
  alternatives: readonly string[]
  /** The documented error codes. */
  errors: readonly string[]
  /** Name, need, example, and whether it is an integer: the rows of an answer. */
  answer: readonly (readonly [name: string, need: string, example: string, integer: boolean])[]
}

export const WIRE: Readonly<Record<string, WireFacts>> = {
";
