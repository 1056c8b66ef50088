use super::{filled, require, seal, seconds};
use crate::{Fields, Key, Result, SignType};
use alloc::format;

/// An order that is to be paid in WeChat.
#[derive(Clone, Copy, Debug)]
pub struct Prepaid<'a> {
    /// The app id the order was made for; `sub_appid` where the order had one.
    pub appid: &'a str,
    /// From the answer of unifiedorder; valid for two hours.
    pub prepay_id: &'a str,
    /// Unix time in seconds.
    pub timestamp: u64,
    /// A fresh [`crate::nonce()`].
    pub nonce: &'a str,
    /// The `sign_type` of the order.
    pub sign_type: SignType,
}

/// The fields that are signed for `wx.requestPayment` and its kin.
///
/// # Errors
/// `FIELD_*` for a part that cannot be signed.
pub fn mini_program_fields(prepaid: &Prepaid<'_>, time_stamp: &str) -> Result<Fields> {
    filled(&[
        ("appId", prepaid.appid),
        ("timeStamp", time_stamp),
        ("nonceStr", prepaid.nonce),
        ("package", &format!("prepay_id={}", prepaid.prepay_id)),
        ("signType", prepaid.sign_type.as_str()),
    ])
}

/// The six parameters of `getBrandWCPayRequest` in WeChat's web view: `appId`, `timeStamp`,
/// `nonceStr`, `package`, `signType` and their signature `paySign`.
///
/// # Errors
/// `FIELD_MISSING` for an empty part, `FIELD_VALUE` for a time in milliseconds.
pub fn jsapi_pay(prepaid: &Prepaid<'_>, key: &Key) -> Result<Fields> {
    require("prepay_id", prepaid.prepay_id)?;
    let time_stamp = seconds(prepaid.timestamp, "timeStamp")?;
    let pay = mini_program_fields(prepaid, &time_stamp)?;
    seal(pay, "paySign", key, prepaid.sign_type)
}

/// The five parameters of `wx.requestPayment` in a mini program: as [`jsapi_pay`], but the app id is
/// signed and not passed.
///
/// # Errors
/// As [`jsapi_pay`].
pub fn mini_program_pay(prepaid: &Prepaid<'_>, key: &Key) -> Result<Fields> {
    let mut pay = jsapi_pay(prepaid, key)?;
    pay.remove("appId");
    Ok(pay)
}

/// The parameters of `wx.chooseWXPay` of the JSSDK: as [`mini_program_pay`], but the time is signed
/// as `timeStamp` and passed as `timestamp`.
///
/// # Errors
/// As [`jsapi_pay`].
pub fn choose_wx_pay(prepaid: &Prepaid<'_>, key: &Key) -> Result<Fields> {
    let pay = mini_program_pay(prepaid, key)?;
    Fields::from_pairs(
        pay.iter()
            .map(|(name, value)| (if name == "timeStamp" { "timestamp" } else { name }, value)),
    )
}
