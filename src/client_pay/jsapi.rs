use super::{filled, require, seal, seconds};
use crate::{Fields, Key, Result, SignType};
use alloc::format;

/// An order that is to be paid in WeChat.
///
/// ```
/// use wxpay_core::{
///     Key, SignType,
///     client_pay::{self, Prepaid},
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let prepaid = Prepaid {
///     appid: "wxd930ea5d5a258f4f",
///     prepay_id: "wx201411101639507cbf6ffd8b0779950874",
///     timestamp: 1_414_561_699,
///     nonce: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", // a fresh one
///     sign_type: SignType::Md5,
/// };
/// let milliseconds = Prepaid { timestamp: 1_414_561_699_000, ..prepaid };
/// assert!(client_pay::mini_program_pay(&prepaid, &key).is_ok());
/// assert!(client_pay::mini_program_pay(&milliseconds, &key).is_err());
/// # Ok::<(), wxpay_core::Error>(())
/// ```
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
/// ```
/// use wxpay_core::{
///     SignType,
///     client_pay::{self, Prepaid},
///     string_to_sign,
/// };
///
/// let prepaid = Prepaid {
///     appid: "wxd930ea5d5a258f4f",
///     prepay_id: "wx201411101639507cbf6ffd8b0779950874",
///     timestamp: 1_414_561_699,
///     nonce: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", // a fresh one
///     sign_type: SignType::Md5,
/// };
/// let signed = client_pay::mini_program_fields(&prepaid, "1414561699")?;
/// assert!(string_to_sign(&signed).starts_with("appId=wxd930ea5d5a258f4f&nonceStr="));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
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
/// ```
/// use wxpay_core::{
///     Key, SignType,
///     client_pay::{self, Prepaid},
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let prepaid = Prepaid {
///     appid: "wxd930ea5d5a258f4f",
///     prepay_id: "wx201411101639507cbf6ffd8b0779950874",
///     timestamp: 1_414_561_699,
///     nonce: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", // a fresh one
///     sign_type: SignType::Md5,
/// };
/// let pay = client_pay::jsapi_pay(&prepaid, &key)?;
/// let names: Vec<&str> = pay.iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"]);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
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
/// ```
/// use wxpay_core::{
///     Key, SignType,
///     client_pay::{self, Prepaid},
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let prepaid = Prepaid {
///     appid: "wxd930ea5d5a258f4f",
///     prepay_id: "wx201411101639507cbf6ffd8b0779950874",
///     timestamp: 1_414_561_699,
///     nonce: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", // a fresh one
///     sign_type: SignType::Md5,
/// };
/// let pay = client_pay::mini_program_pay(&prepaid, &key)?;
/// assert_eq!(pay.get("timeStamp"), Some("1414561699"), "a string, in seconds");
/// assert_eq!(pay.get("package"), Some("prepay_id=wx201411101639507cbf6ffd8b0779950874"));
/// assert_eq!(pay.get("paySign"), Some("F8E88C93A1F064DF21CE68BFD4003830"));
/// assert_eq!(pay.get("appId"), None);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
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
/// ```
/// use wxpay_core::{
///     Key, SignType,
///     client_pay::{self, Prepaid},
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let prepaid = Prepaid {
///     appid: "wxd930ea5d5a258f4f",
///     prepay_id: "wx201411101639507cbf6ffd8b0779950874",
///     timestamp: 1_414_561_699,
///     nonce: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", // a fresh one
///     sign_type: SignType::Md5,
/// };
/// let pay = client_pay::choose_wx_pay(&prepaid, &key)?;
/// assert_eq!(pay.get("timestamp"), Some("1414561699"));
/// // Signed alike, spelled otherwise.
/// let mini_program = client_pay::mini_program_pay(&prepaid, &key)?;
/// assert_eq!(pay.get("paySign"), mini_program.get("paySign"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
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
