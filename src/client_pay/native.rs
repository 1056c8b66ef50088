use super::{filled, seconds};
use crate::{Error, ErrorCode, Fields, Key, Result, SignType, percent, sign, signed_xml};
use alloc::{format, string::String};

/// What a QR code of NATIVE mode 1 stands for.
///
/// ```
/// use wxpay_core::{
///     Key,
///     client_pay::{NativeProduct, native_url},
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let product = NativeProduct {
///     appid: "wxd930ea5d5a258f4f",
///     mch_id: "10000100",
///     product_id: "tea-1",
///     timestamp: 1_414_561_699,
///     nonce: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", // a fresh one
/// };
/// let long = NativeProduct { product_id: &"9".repeat(33), ..product };
/// assert!(native_url(&product, &key).is_ok());
/// assert!(native_url(&long, &key).is_err());
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct NativeProduct<'a> {
    /// The app id.
    pub appid: &'a str,
    /// The merchant id.
    pub mch_id: &'a str,
    /// The merchant's product number, at most 32 bytes; the callback brings it back.
    pub product_id: &'a str,
    /// Unix time in seconds.
    pub timestamp: u64,
    /// A fresh [`crate::nonce()`].
    pub nonce: &'a str,
}

/// The address for the QR code of NATIVE mode 1 (chapter 6.4), signed with MD5. It has no end, and
/// may be printed.
///
/// ```
/// use wxpay_core::{
///     Key,
///     client_pay::{NativeProduct, native_url},
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let product = NativeProduct {
///     appid: "wxd930ea5d5a258f4f",
///     mch_id: "10000100",
///     product_id: "tea-1",
///     timestamp: 1_414_561_699,
///     nonce: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", // a fresh one
/// };
/// let url = native_url(&product, &key)?;
/// assert!(url.starts_with("weixin://wxpay/bizpayurl?sign="));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `FIELD_MISSING` for an empty part, `FIELD_LIMIT` for a long product number, `FIELD_VALUE` for a
/// time in milliseconds.
pub fn native_url(product: &NativeProduct<'_>, key: &Key) -> Result<String> {
    let fields = filled(&[
        ("appid", product.appid),
        ("mch_id", product.mch_id),
        ("product_id", product.product_id),
        ("time_stamp", &seconds(product.timestamp, "time_stamp")?),
        ("nonce_str", product.nonce),
    ])?;
    if product.product_id.len() > 32 {
        return Err(Error::new(ErrorCode::FieldLimit, "has at most 32 bytes").field("product_id"));
    }
    let sign = sign(&fields, key, SignType::Md5)?;
    Ok(format!("weixin://wxpay/bizpayurl?sign={sign}&{}", percent::query(fields.iter())))
}

/// The answer to a callback of NATIVE mode 1.
///
/// ```
/// use wxpay_core::{
///     Key,
///     client_pay::{NativeReply, native_reply},
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let reply = NativeReply {
///     appid: "wxd930ea5d5a258f4f",
///     mch_id: "10000100",
///     nonce: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS",
///     outcome: Err("sold out"),
/// };
/// assert!(
///     native_reply(&reply, &key)?
///         .contains("<err_code_des><![CDATA[sold out]]></err_code_des>")
/// );
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct NativeReply<'a> {
    /// The app id.
    pub appid: &'a str,
    /// The merchant id.
    pub mch_id: &'a str,
    /// A fresh [`crate::nonce()`], or the callback's.
    pub nonce: &'a str,
    /// `Ok` with the `prepay_id` of the order, `Err` with what the payer is told instead
    /// (`err_code_des`).
    pub outcome: core::result::Result<&'a str, &'a str>,
}

/// The signed reply to a callback of NATIVE mode 1 (chapter 6.4), as XML. A callback that was not
/// verified gets [`crate::notification::FAIL`] instead.
///
/// ```
/// use wxpay_core::{
///     Key, SignType,
///     client_pay::{NativeReply, native_reply},
///     parse_signed,
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let reply = NativeReply {
///     appid: "wxd930ea5d5a258f4f",
///     mch_id: "10000100",
///     nonce: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS",
///     outcome: Ok("wx201411101639507cbf6ffd8b0779950874"),
/// };
/// let xml = native_reply(&reply, &key)?;
/// let fields = parse_signed(xml.as_bytes(), &key, SignType::Md5)?;
/// assert_eq!(fields.get("prepay_id"), Some("wx201411101639507cbf6ffd8b0779950874"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `FIELD_MISSING` for an empty part.
pub fn native_reply(reply: &NativeReply<'_>, key: &Key) -> Result<String> {
    let (result_code, (name, value)) = match reply.outcome {
        Ok(prepay_id) => ("SUCCESS", ("prepay_id", prepay_id)),
        Err(err_code_des) => ("FAIL", ("err_code_des", err_code_des)),
    };
    let fields: Fields = filled(&[
        ("return_code", "SUCCESS"),
        ("appid", reply.appid),
        ("mch_id", reply.mch_id),
        ("nonce_str", reply.nonce),
        ("result_code", result_code),
        (name, value),
    ])?;
    signed_xml(&fields, key, SignType::Md5)
}
