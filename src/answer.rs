//! What the gateway answers, and what of it may be believed (chapter 9.1, "return results").

use crate::{
    Error, ErrorCode, Fields, Key, Result, SignType, endpoint::Endpoint, error::quote,
    signed::verify_any, xml,
};
use alloc::{format, string::String};

/// The fields of a successful answer, verified and matched with the question.
///
/// The order of the checks is the order of belief: is it a message, was the request accepted, is
/// the signature right, does it answer this question, did the business succeed.
///
/// # Errors
/// `ANSWER_INVALID`, `RETURN_FAIL`, `SIGN_*`, `ANSWER_MISMATCH`, `RESULT_FAIL`.
pub fn accept(
    endpoint: &Endpoint,
    question: &Fields,
    body: &[u8],
    keys: &[Key],
    floor: SignType,
) -> Result<Fields> {
    let answer = xml::parse(body).map_err(|e| {
        Error::new(ErrorCode::AnswerInvalid, format!("the answer is no message of the API: {e}"))
    })?;
    if answer.filled("return_code") != Some("SUCCESS") {
        // An answer to a request that was not accepted is unsigned, and spells its text in two ways.
        let text = answer.filled("return_msg").or(answer.filled("retmsg"));
        return Err(Error::new(
            ErrorCode::ReturnFail,
            format!("the gateway did not accept the request: {}", said(text)),
        )
        .answered(&answer));
    }
    verify_any(&answer, keys, floor)?;
    for name in endpoint.echoed {
        if let (Some(asked), Some(answered)) = (question.filled(name), answer.filled(name))
            && asked != answered
        {
            return Err(Error::new(
                ErrorCode::AnswerMismatch,
                "the answer is signed, but for another question: the value differs from the \
                     request's",
            )
            .field(name));
        }
    }
    for name in ["appid", "mch_id"] {
        if question.filled(name).is_some() && answer.filled(name).is_none() {
            return Err(Error::new(
                ErrorCode::AnswerMismatch,
                "the answer does not say whose it is",
            )
            .field(name));
        }
    }
    if answer.filled("result_code") != Some("SUCCESS") {
        return Err(Error::new(
            ErrorCode::ResultFail,
            format!("{}: {}", said(answer.filled("err_code")), said(answer.filled("err_code_des"))),
        )
        .answered(&answer));
    }
    if let Some(name) = endpoint.answered.iter().find(|name| answer.filled(name).is_none()) {
        return Err(Error::new(ErrorCode::AnswerInvalid, "the answer lacks the field").field(name));
    }
    Ok(answer)
}

fn said(text: Option<&str>) -> String {
    quote(text.unwrap_or("(no reason given)"), 256)
}
