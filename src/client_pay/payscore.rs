use super::{filled, seal, seconds};
use crate::{Fields, Key, Result, SignType};

/// The `businessType` of `wx.openBusinessView` in which a payer confirms a payscore order.
pub const PAYSCORE_USE: &str = "wxpayScoreUse";
/// The `businessType` of `wx.openBusinessView` in which a payer authorises a payscore service.
pub const PAYSCORE_ENABLE: &str = "wxpayScoreEnable";
/// The mini program in which a payer confirms a payscore order where `wx.openBusinessView` is not
/// available; closed to new merchants since 2024-01-31.
pub const PAYSCORE_APP_ID: &str = "wxd8f3793ea3b935b8";
/// Its page.
pub const PAYSCORE_PATH: &str = "pages/use/use";

/// The `extraData` with which a payer confirms a payscore order (支付分); `package` is from the v3
/// answer that created the order.
///
/// ```
/// use wxpay_core::{Key, client_pay::payscore_use};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let nonce = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"; // a fresh one
/// let data = payscore_use(
///     "10000100",
///     "DJIOSQPYWDxsjdldeuwhdodwxasd",
///     1_414_561_699,
///     nonce,
///     &key,
/// )?;
/// assert_eq!(data.get("sign_type"), Some("HMAC-SHA256"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `FIELD_MISSING` for an empty part, `FIELD_VALUE` for a time in milliseconds.
pub fn payscore_use(
    mch_id: &str,
    package: &str,
    timestamp: u64,
    nonce: &str,
    key: &Key,
) -> Result<Fields> {
    let timestamp = seconds(timestamp, "timestamp")?;
    signed(
        &[
            ("mch_id", mch_id),
            ("package", package),
            ("timestamp", &timestamp),
            ("nonce_str", nonce),
            SIGN_TYPE,
        ],
        key,
    )
}

/// The `extraData` with which a payer authorises a payscore service (支付分).
///
/// ```
/// use wxpay_core::{Key, client_pay::payscore_enable};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let nonce = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"; // a fresh one
/// let data =
///     payscore_enable("10000100", "88888888000011", "R1", 1_414_561_699, nonce, &key)?;
/// assert_eq!(data.get("service_id"), Some("88888888000011"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// As [`payscore_use`].
pub fn payscore_enable(
    mch_id: &str,
    service_id: &str,
    out_request_no: &str,
    timestamp: u64,
    nonce: &str,
    key: &Key,
) -> Result<Fields> {
    let timestamp = seconds(timestamp, "timestamp")?;
    signed(
        &[
            ("mch_id", mch_id),
            ("service_id", service_id),
            ("out_request_no", out_request_no),
            ("timestamp", &timestamp),
            ("nonce_str", nonce),
            SIGN_TYPE,
        ],
        key,
    )
}

/// Payscore takes no other algorithm, and the key of API v2, although its server side is v3.
const SIGN_TYPE: (&str, &str) = ("sign_type", SignType::HmacSha256.as_str());

fn signed(parts: &[(&str, &str)], key: &Key) -> Result<Fields> {
    seal(filled(parts)?, "sign", key, SignType::HmacSha256)
}
