//! What the gateway answers, and what of it may be believed (chapter 9.1, "return results").

use crate::{
    Error, ErrorCode, Fields, Key, Result, SignType,
    endpoint::{Action, Body, Endpoint, Kind, Need, Repeat},
    error::quote,
    nested,
    signed::verify_any,
    xml,
};
use alloc::{format, string::String};

/// The fields of a successful answer, verified and matched with the question.
///
/// ```
/// use wxpay_core::{Fields, Key, answer, endpoint, signed_xml};
///
/// let query = endpoint::by_name("orderQuery")?;
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let settings = Fields::from_pairs([
///     ("appid", "wxd930ea5d5a258f4f"),
///     ("mch_id", "10000100"),
///     ("nonce_str", "ibuaiVcKdpRxkhJA"),
/// ])?;
/// let given = Fields::from_pairs([("out_trade_no", "T1")])?;
/// let ready = query.prepare(&settings, &given, Some(&key))?;
///
/// // Here `ready.message` goes to WeChat; this is what might come back.
/// let body = signed_xml(&query.sample_answer(&ready.fields)?, &key, ready.sign_type)?;
/// let order =
///     answer::accept(&query, &ready.fields, body.as_bytes(), &key, ready.sign_type)?;
/// assert_eq!(order.get("out_trade_no"), Some("T1"));
///
/// // An answer to another question, although it is signed with the right key.
/// let other = query.prepare(
///     &settings,
///     &Fields::from_pairs([("out_trade_no", "T2")])?,
///     Some(&key),
/// )?;
/// assert!(
///     answer::accept(&query, &other.fields, body.as_bytes(), &key, other.sign_type)
///         .is_err()
/// );
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `ANSWER_INVALID` where the body is no message of the API, and those of [`accept_fields`].
pub fn accept(
    endpoint: &Endpoint<'_>,
    question: &Fields,
    body: &[u8],
    keys: impl AsRef<[Key]>,
    floor: SignType,
) -> Result<Fields> {
    let read = match endpoint.body {
        Body::Nested => nested::parse(body, xml::Limits::DEFAULT).and_then(|tree| tree.fields()),
        _ => xml::parse(body),
    };
    let answer = read.map_err(|e| {
        Error::new(ErrorCode::AnswerInvalid, format!("the answer is no message of the API: {e}"))
    })?;
    accept_fields(endpoint, question, answer, keys.as_ref(), floor)
}

/// [`accept`] for an answer that is read already: XML that is not flat, JSON.
///
/// The order of the checks is the order of belief: was the request accepted, is the signature right,
/// does it answer this question, did the business succeed.
///
/// ```
/// use wxpay_core::{Fields, SignType, answer, endpoint};
///
/// let login = endpoint::by_name("code2Session")?;
/// let settings = Fields::from_pairs([
///     ("appid", "wxd930ea5d5a258f4f"),
///     ("secret", "0123456789abcdef"),
/// ])?;
/// let given = Fields::from_pairs([("js_code", "081bXkTL1n0hBF0")])?;
/// let ready = login.prepare(&settings, &given, None)?;
///
/// // From the JSON: with the feature `serde`, `serde_json::from_slice` makes such fields.
/// let said = Fields::from_pairs([
///     ("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
///     ("session_key", "a=="),
/// ])?;
/// let session = answer::accept_fields(&login, &ready.fields, said, [], SignType::Md5)?;
/// assert_eq!(session.get("openid"), Some("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"));
///
/// let said = Fields::from_pairs([("errcode", "40029"), ("errmsg", "invalid code")])?;
/// let error = answer::accept_fields(&login, &ready.fields, said, [], SignType::Md5)
///     .expect_err("the code was used");
/// assert_eq!(error.err_code(), Some("40029"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `RETURN_FAIL`, `SIGN_*`, `ANSWER_MISMATCH`, `RESULT_FAIL`, `ANSWER_INVALID`; `OUTCOME_UNKNOWN`
/// where money may have moved although the answer says that something failed.
pub fn accept_fields(
    endpoint: &Endpoint<'_>,
    question: &Fields,
    answer: Fields,
    keys: impl AsRef<[Key]>,
    floor: SignType,
) -> Result<Fields> {
    if endpoint.body == Body::Json {
        if let Some(code) = answer.filled("errcode").filter(|&code| code != "0") {
            return Err(failed(endpoint, code, answer.filled("errmsg")).answered(&answer));
        }
    } else {
        accepted(endpoint, &answer)?;
        if endpoint.is_answer_signed() || answer.filled("sign").is_some() {
            verify_any(&answer, keys.as_ref(), floor)?;
        }
    }
    same(endpoint, question, &answer, false)?;
    let has_result = endpoint.answer.iter().any(|row| row.name == "result_code");
    if has_result && answer.filled("result_code") != Some("SUCCESS") {
        let code = answer.filled("err_code").unwrap_or_default();
        let text = answer.filled("err_code_des").or(answer.filled("result_msg"));
        return Err(failed(endpoint, code, text).answered(&answer));
    }
    same(endpoint, question, &answer, true)?;
    let get = |name: &str| answer.filled(name).or(question.filled(name));
    let lacks = endpoint.answer.iter().find(|row| {
        let required = row.need == Need::Always || row.need.holds(get);
        let fits = |(name, value, bare): (&str, &str, bool)| {
            // JSON can say a number where the API says text.
            !value.is_empty() && row.names(name) && !(bare && matches!(row.kind, Kind::Text(_)))
        };
        required && !answer.iter_written().any(fits)
    });
    match lacks {
        Some(row) => {
            Err(Error::new(ErrorCode::AnswerInvalid, "the answer lacks the field").field(row.name))
        }
        None => Ok(answer),
    }
}

/// An answer to a request that was not accepted is unsigned, and spells its text in two ways. The
/// payout family puts an `err_code` beside it (chapter 3.16).
fn accepted(endpoint: &Endpoint<'_>, answer: &Fields) -> Result<()> {
    if answer.filled("return_code") == Some("SUCCESS") {
        return Ok(());
    }
    let text = answer.filled("return_msg").or(answer.filled("retmsg"));
    Err(match answer.filled("err_code") {
        Some(code) => failed(endpoint, code, answer.filled("err_code_des").or(text)),
        None => Error::new(
            ErrorCode::ReturnFail,
            format!("the gateway did not accept the request: {}", said(text)),
        ),
    }
    .answered(answer))
}

/// What the answer repeats must be what was asked. A business failure repeats the merchant alone.
fn same(endpoint: &Endpoint<'_>, question: &Fields, answer: &Fields, complete: bool) -> Result<()> {
    for row in &endpoint.answer {
        let own = matches!(row.kind, Kind::Appid | Kind::MchId);
        let must = row.need == Need::AlwaysSame && (complete || own);
        if !matches!(row.need, Need::Same | Need::AlwaysSame) {
            continue;
        }
        let fault = match (question.filled(row.name), answer.filled(row.name)) {
            (Some(asked), Some(answered)) if asked != answered => {
                "the answer is for another question: the value differs from the request's"
            }
            (Some(_), None) if must => "the answer does not say whose it is",
            _ => continue,
        };
        return Err(Error::new(ErrorCode::AnswerMismatch, fault).field(row.name));
    }
    Ok(())
}

/// The business failed, or, where money moves, nobody knows: the table says which codes are final.
fn failed(endpoint: &Endpoint<'_>, code: &str, text: Option<&str>) -> Error {
    let advice = endpoint.advice(code);
    let action = match advice.map(|advice| advice.action) {
        // A question has no outcome of its own: it is asked again.
        Some(Action::Query) if endpoint.repeat == Repeat::Always => Some(Action::Retry),
        action => action,
    };
    let unknown =
        endpoint.money && !matches!(action, Some(Action::Final | Action::Done | Action::Retry));
    let advised = match advice {
        Some(advice) => format!(" ({})", advice.text),
        None => String::new(),
    };
    let error = Error::new(
        if unknown { ErrorCode::OutcomeUnknown } else { ErrorCode::ResultFail },
        format!("{}: {}{advised}", said(Some(code).filter(|c| !c.is_empty())), said(text)),
    );
    error.advised(action)
}

fn said(text: Option<&str>) -> String {
    quote(text.unwrap_or("(no reason given)"), 256)
}
