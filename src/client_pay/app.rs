use super::{filled, seal, seconds};
use crate::{Fields, Key, Result, SignType};

/// An order that is to be paid in an app.
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
