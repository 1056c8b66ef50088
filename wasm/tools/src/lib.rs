//! The binding of wxpay-core to JavaScript. It translates and never decides: every rule is in the
//! core, and what JavaScript has of it is generated or asked for.
//!
//! Fields cross as one string: name, separator, value, NUL, and so on. The separator is NUL for
//! text and U+0001 for an integer; neither can stand in a name or a value.

mod bill;
mod client_pay;
mod error;
mod fields;
#[cfg(target_arch = "wasm32")]
mod heap;
mod object;
mod random;

use error::Result;
use wasm_bindgen::prelude::*;
use wxpay_core::{
    Key, SignType, answer,
    endpoint::Endpoint,
    merchant::Merchant,
    nested, notification, refund,
    xml::{self, Limits},
};

/// The signature of the fields.
#[wasm_bindgen]
pub fn sign(fields: &str, key: String, sign_type: &str) -> Result<String> {
    Ok(wxpay_core::sign(&fields::read(fields)?, &Key::any(key)?, sign_type.parse()?)?)
}

/// Whether the fields' `sign` fits.
#[wasm_bindgen]
pub fn verify(fields: &str, key: String, floor: &str) -> Result<bool> {
    let floor = floor.parse()?;
    Ok(wxpay_core::verify(&fields::read(fields)?, &Key::any(key)?, floor).is_ok())
}

/// The string that is signed, without the key.
#[wasm_bindgen(js_name = stringToSign)]
pub fn string_to_sign(fields: &str) -> Result<String> {
    Ok(wxpay_core::string_to_sign(&fields::read(fields)?))
}

/// The XML of the fields.
#[wasm_bindgen(js_name = buildXml)]
pub fn build_xml(fields: &str) -> Result<String> {
    Ok(xml::build(&fields::read(fields)?))
}

/// The XML of the fields with their signature.
#[wasm_bindgen(js_name = signedXml)]
pub fn signed_xml(fields: &str, key: String, sign_type: &str) -> Result<String> {
    Ok(wxpay_core::signed_xml(&fields::read(fields)?, &Key::any(key)?, sign_type.parse()?)?)
}

/// The fields of a message, unverified.
#[wasm_bindgen(js_name = parseXml)]
pub fn parse_xml(body: &[u8], root: &str, limit: usize) -> Result<String> {
    let limits = Limits { bytes: limit, ..Limits::DEFAULT };
    Ok(fields::write(&xml::parse_with(body, root, limits)?))
}

/// The fields of a message whose signature holds.
#[wasm_bindgen(js_name = parseSigned)]
pub fn parse_signed(body: &[u8], keys: Vec<String>, floor: &str) -> Result<String> {
    Ok(fields::write(&wxpay_core::parse_signed(body, &*all(keys)?, floor.parse()?)?))
}

/// A nested answer as a tree of `{ name, text, children }`.
#[wasm_bindgen(js_name = parseNested)]
pub fn parse_nested(body: &[u8]) -> Result<JsValue> {
    Ok(object::element(&nested::parse(body, Limits::DEFAULT)?))
}

/// A fresh `nonce_str`, by getrandom. The package's own comes from a pool of letters in JavaScript,
/// which takes a thirtieth of the time.
#[wasm_bindgen(js_name = nonceStr)]
pub fn nonce_str() -> Result<String> {
    wxpay_core::nonce(getrandom::fill).map_err(|_| error::no_random())
}

/// Throws unless the text has the shape of a merchant key.
#[wasm_bindgen(js_name = checkKey)]
pub fn check_key(key: String) -> Result<()> {
    Key::new(key)?;
    Ok(())
}

/// Throws unless these can be an app id and a merchant id.
#[wasm_bindgen(js_name = checkMerchant)]
pub fn check_merchant(appid: &str, mch_id: &str) -> Result<()> {
    Ok(Merchant { appid, mch_id, sub_mch_id: None }.check()?)
}

/// Throws unless the fields are a request that the endpoint allows. `endpoint` is its text from the
/// table, here and below.
#[wasm_bindgen(js_name = checkRequest)]
pub fn check_request(endpoint: &str, fields: &str) -> Result<()> {
    Ok(Endpoint::parse(endpoint)?.check(&fields::read(fields)?)?)
}

/// A request with the client's own fields: `[fields, algorithm, message]`. An empty key is none.
#[wasm_bindgen(js_name = prepareRequest)]
pub fn prepare_request(
    endpoint: &str,
    settings: &str,
    given: &str,
    key: String,
) -> Result<Vec<String>> {
    let key = if key.is_empty() { None } else { Some(Key::any(key)?) };
    let (settings, given) = (fields::read(settings)?, fields::read(given)?);
    let ready = Endpoint::parse(endpoint)?.prepare(&settings, &given, key.as_ref())?;
    Ok(vec![fields::counted(&ready.fields), ready.sign_type.as_str().into(), ready.message])
}

/// The fields of a successful answer, verified and matched with the question.
#[wasm_bindgen(js_name = acceptAnswer)]
pub fn accept_answer(
    endpoint: &str,
    question: &str,
    body: &[u8],
    keys: Vec<String>,
    floor: &str,
) -> Result<String> {
    let (endpoint, question) = (Endpoint::parse(endpoint)?, fields::read(question)?);
    let answer = answer::accept(&endpoint, &question, body, &*all(keys)?, floor.parse()?)?;
    Ok(fields::write(&answer))
}

/// The fields of a successful answer that came as JSON.
#[wasm_bindgen(js_name = acceptFields)]
pub fn accept_fields(endpoint: &str, question: &str, answer: &str) -> Result<()> {
    let (endpoint, question) = (Endpoint::parse(endpoint)?, fields::read(question)?);
    answer::accept_fields(&endpoint, &question, fields::read(answer)?, &[][..], SignType::Md5)?;
    Ok(())
}

/// What a notification of this kind reports, as fields. `merchant` has its ids as fields.
#[wasm_bindgen]
pub fn notified(
    kind: &str,
    body: &[u8],
    keys: Vec<String>,
    floor: &str,
    merchant: &str,
) -> Result<String> {
    let (keys, floor, ids) = (&*all(keys)?, floor.parse()?, fields::read(merchant)?);
    let id = |name| ids.get(name).unwrap_or_default();
    let merchant =
        Merchant { appid: id("appid"), mch_id: id("mch_id"), sub_mch_id: ids.filled("sub_mch_id") };
    Ok(fields::write(&match kind {
        "payment" => notification::payment_fields(body, keys, floor, merchant),
        "refund" => refund::notified(body, keys, merchant),
        "contract" => notification::contract(body, keys, floor, merchant),
        _ => notification::native_fields(body, keys, merchant),
    }?))
}

/// The fields in the `req_info` of a refund notification.
#[wasm_bindgen(js_name = decryptRefund)]
pub fn decrypt_refund(req_info: &str, keys: Vec<String>) -> Result<String> {
    Ok(fields::write(&refund::decrypt_refund(req_info, &*all(keys)?)?))
}

/// The `req_info` of the fields.
#[wasm_bindgen(js_name = encryptRefund)]
pub fn encrypt_refund(fields: &str, key: String) -> Result<String> {
    Ok(refund::encrypt_refund(&fields::read(fields)?, &Key::any(key)?))
}

/// The payment that the verified answer of an order query reports, or, with a number, the refund that
/// the answer of a refund query does.
#[wasm_bindgen]
pub fn queried(answer: &str, out_refund_no: &str) -> Result<String> {
    let answer = fields::read(answer)?;
    Ok(fields::write(&if out_refund_no.is_empty() {
        notification::queried_fields(&answer)
    } else {
        refund::queried(&answer, out_refund_no)
    }?))
}

fn all(keys: Vec<String>) -> wxpay_core::Result<Vec<Key>> {
    keys.into_iter().map(Key::any).collect()
}
