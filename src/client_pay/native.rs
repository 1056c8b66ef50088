use super::{filled, seconds};
use crate::{Error, ErrorCode, Fields, Key, Result, SignType, percent, sign, signed_xml};
use alloc::{format, string::String};

/// What a QR code of NATIVE mode 1 stands for.
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
