use super::{filled, seal, seconds};
use crate::{Fields, Key, Result, SignType};

/// An order that is to be paid in an app.
///
/// ```
/// use wxpay_core::{
///     Key, SignType,
///     client_pay::{AppPrepaid, app_pay},
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let prepaid = AppPrepaid {
///     appid: "wxd930ea5d5a258f4f",
///     partnerid: "10000100",
///     prepayid: "wx201411101639507cbf6ffd8b0779950874",
///     timestamp: 1_414_561_699,
///     nonce: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", // a fresh one
///     sign_type: SignType::HmacSha256,
///     sub_appid: "",
///     sub_mch_id: "",
/// };
/// let provider = AppPrepaid { sub_mch_id: "1900000109", ..prepaid };
/// assert_eq!(app_pay(&provider, &key)?.get("partnerid"), Some("1900000109"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AppPrepaid<'a> {
    /// The app id the order was made for.
    pub appid: &'a str,
    /// The merchant id the order was made for.
    pub partnerid: &'a str,
    /// From the answer of unifiedorder; valid for two hours.
    pub prepayid: &'a str,
    /// Unix time in seconds.
    pub timestamp: u64,
    /// A fresh [`crate::nonce()`].
    pub nonce: &'a str,
    /// The `sign_type` of the order.
    pub sign_type: SignType,
    /// Service provider: the sub-merchant's app id, empty where the order had none. It is signed in
    /// place of `appid`.
    pub sub_appid: &'a str,
    /// Service provider: the sub-merchant, or empty. It is signed in place of `partnerid`.
    pub sub_mch_id: &'a str,
}

/// The parameters of the App SDK's `PayReq`: all names in lower case, `package` a constant, the
/// signature in `sign`.
///
/// ```
/// use wxpay_core::{
///     Key, SignType,
///     client_pay::{AppPrepaid, app_pay},
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let prepaid = AppPrepaid {
///     appid: "wxd930ea5d5a258f4f",
///     partnerid: "10000100",
///     prepayid: "wx201411101639507cbf6ffd8b0779950874",
///     timestamp: 1_414_561_699,
///     nonce: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", // a fresh one
///     sign_type: SignType::HmacSha256,
///     sub_appid: "",
///     sub_mch_id: "",
/// };
/// let pay = app_pay(&prepaid, &key)?;
/// let names: Vec<&str> = pay.iter().map(|(name, _)| name).collect();
/// assert_eq!(
///     names,
///     ["appid", "partnerid", "prepayid", "package", "noncestr", "timestamp", "sign"]
/// );
/// assert_eq!(pay.get("package"), Some("Sign=WXPay"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `FIELD_MISSING` for an empty part, `FIELD_VALUE` for a time in milliseconds.
pub fn app_pay(prepaid: &AppPrepaid<'_>, key: &Key) -> Result<Fields> {
    let or = |sub, own| if str::is_empty(sub) { own } else { sub };
    let pay = filled(&[
        ("appid", or(prepaid.sub_appid, prepaid.appid)),
        ("partnerid", or(prepaid.sub_mch_id, prepaid.partnerid)),
        ("prepayid", prepaid.prepayid),
        ("package", "Sign=WXPay"),
        ("noncestr", prepaid.nonce),
        ("timestamp", &seconds(prepaid.timestamp, "timestamp")?),
    ])?;
    seal(pay, "sign", key, prepaid.sign_type)
}
