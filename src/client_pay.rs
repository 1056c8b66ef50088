//! The second signature: the parameters with which the front end opens the cashier (chapter 7.7).
//!
//! The names that are signed differ in their case from one front end to the next; mixing them up is
//! the commonest cause of a failing payment. The timestamp is Unix time in seconds.

use crate::{Error, ErrorCode, Fields, Key, Result, SignType, sign};
use alloc::{format, string::String};

/// Milliseconds have been beyond this since 1970-04-26, seconds will be in 2286.
pub const TEN_DIGITS: u64 = 10_000_000_000;

/// What every front end needs.
#[derive(Clone, Copy, Debug)]
pub struct Prepaid<'a> {
    /// The app id the order was made for; `sub_appid` where the order had one.
    pub appid: &'a str,
    /// From the answer of unifiedorder; valid for two hours.
    pub prepay_id: &'a str,
    /// Unix time in seconds.
    pub timestamp: u64,
    /// A fresh [`crate::nonce`].
    pub nonce: &'a str,
    /// The `sign_type` of the order.
    pub sign_type: SignType,
}

/// The five parameters of `wx.requestPayment` in a mini program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct MiniProgramPay {
    /// Seconds, as a string.
    pub time_stamp: String,
    /// The nonce.
    pub nonce_str: String,
    /// `prepay_id=…`.
    pub package: String,
    /// The algorithm.
    pub sign_type: SignType,
    /// The signature, upper case.
    pub pay_sign: String,
}

/// The six parameters of `getBrandWCPayRequest` in WeChat's web view.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct JsapiPay {
    /// The app id.
    pub app_id: String,
    /// The other five.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub pay: MiniProgramPay,
}

/// The parameters of the App SDK's `PayReq`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AppPay {
    /// The app id.
    pub appid: String,
    /// The merchant id.
    pub partnerid: String,
    /// From the answer of unifiedorder.
    pub prepayid: String,
    /// `Sign=WXPay`.
    pub package: String,
    /// The nonce.
    pub noncestr: String,
    /// Seconds, as a string.
    pub timestamp: String,
    /// The signature, upper case.
    pub sign: String,
}

/// The fields that are signed for `wx.requestPayment` and `getBrandWCPayRequest`.
///
/// # Errors
/// `FIELD_*` for a part that cannot be signed.
pub fn mini_program_fields(prepaid: &Prepaid<'_>, time_stamp: &str) -> Result<Fields> {
    Fields::from_pairs([
        ("appId", prepaid.appid),
        ("timeStamp", time_stamp),
        ("nonceStr", prepaid.nonce),
        ("package", &format!("prepay_id={}", prepaid.prepay_id)),
        ("signType", prepaid.sign_type.as_str()),
    ])
}

/// Signs for `wx.requestPayment`: `appId`, `timeStamp`, `nonceStr`, `package`, `signType`.
///
/// # Errors
/// `FIELD_MISSING` for an empty part, `FIELD_VALUE` for a time in milliseconds.
pub fn mini_program_pay(prepaid: &Prepaid<'_>, key: &Key) -> Result<MiniProgramPay> {
    let time_stamp = seconds(prepaid.timestamp, "timeStamp")?;
    filled(&[
        ("appId", prepaid.appid),
        ("prepay_id", prepaid.prepay_id),
        ("nonceStr", prepaid.nonce),
    ])?;
    let signed = mini_program_fields(prepaid, &time_stamp)?;
    let pay_sign = sign(&signed, key, prepaid.sign_type)?;
    Ok(MiniProgramPay {
        time_stamp,
        nonce_str: prepaid.nonce.into(),
        package: signed.get("package").unwrap_or_default().into(),
        sign_type: prepaid.sign_type,
        pay_sign,
    })
}

/// Signs for `getBrandWCPayRequest`: the same signature, with the app id beside it.
///
/// # Errors
/// As [`mini_program_pay`].
pub fn jsapi_pay(prepaid: &Prepaid<'_>, key: &Key) -> Result<JsapiPay> {
    Ok(JsapiPay { app_id: prepaid.appid.into(), pay: mini_program_pay(prepaid, key)? })
}

/// Signs for the App SDK: all names in lower case, `package` a constant.
///
/// # Errors
/// As [`mini_program_pay`].
pub fn app_pay(prepaid: &Prepaid<'_>, partnerid: &str, key: &Key) -> Result<AppPay> {
    let timestamp = seconds(prepaid.timestamp, "timestamp")?;
    filled(&[
        ("appid", prepaid.appid),
        ("partnerid", partnerid),
        ("prepayid", prepaid.prepay_id),
        ("noncestr", prepaid.nonce),
    ])?;
    let package = "Sign=WXPay";
    let signed = Fields::from_pairs([
        ("appid", prepaid.appid),
        ("partnerid", partnerid),
        ("prepayid", prepaid.prepay_id),
        ("package", package),
        ("noncestr", prepaid.nonce),
        ("timestamp", &timestamp),
    ])?;
    let sign = sign(&signed, key, prepaid.sign_type)?;
    Ok(AppPay {
        appid: prepaid.appid.into(),
        partnerid: partnerid.into(),
        prepayid: prepaid.prepay_id.into(),
        package: package.into(),
        noncestr: prepaid.nonce.into(),
        timestamp,
        sign,
    })
}

fn seconds(timestamp: u64, name: &str) -> Result<String> {
    if timestamp >= TEN_DIGITS {
        return Err(Error::new(
            ErrorCode::FieldValue,
            "the time is in seconds (10 digits); this one looks like milliseconds",
        )
        .field(name));
    }
    Ok(format!("{timestamp}"))
}

fn filled(parts: &[(&str, &str)]) -> Result<()> {
    match parts.iter().find(|(_, value)| value.is_empty()) {
        Some((name, _)) => {
            Err(Error::new(ErrorCode::FieldMissing, "needed for the payment, and empty")
                .field(name))
        }
        None => Ok(()),
    }
}
