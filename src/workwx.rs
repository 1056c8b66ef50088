//! The second signature of payments out of WeCom (企业微信), `workwx_sign`: MD5 over some of the
//! request's fields with the secret of the payment app. It is a field of the request, and signed
//! like the others.

use crate::{Error, ErrorCode, Fields, Key, Result, sign::md5_with, string_to_sign};
use alloc::string::String;

/// What of a request for a red packet (`sendworkwxredpack`) is signed.
pub const RED_PACKET: &[&str] =
    &["act_name", "mch_billno", "mch_id", "nonce_str", "re_openid", "total_amount", "wxappid"];

/// What of a request for a payment to an employee (`paywwsptrans2pocket`) is signed.
pub const PAYMENT: &[&str] = &[
    "amount",
    "appid",
    "desc",
    "mch_id",
    "nonce_str",
    "openid",
    "partner_trade_no",
    "ww_msg_type",
];

/// The `workwx_sign` of a request; `names` is [`RED_PACKET`] or [`PAYMENT`], `secret` that of the
/// payment app, not the merchant key.
///
/// ```
/// use wxpay_core::{Fields, Key, workwx};
///
/// let request = Fields::from_pairs([
///     ("nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"),
///     ("mch_billno", "10000098201411111234567890"),
///     ("mch_id", "10000098"),
///     ("wxappid", "wx8888888888888888"),
///     ("sender_name", "XX活动"),
///     ("re_openid", "oxTWIuGaIt6gTKsQRLau2M0yL16E"),
///     ("total_amount", "1000"),
///     ("act_name", "猜灯谜抢红包活动"),
/// ])?;
/// let secret = Key::any("GCgnsDlVSC2g1Gkx7hXv3kLqYpTzWm9B")?;
/// assert_eq!(
///     workwx::workwx_sign(&request, workwx::RED_PACKET, &secret)?,
///     "A7ABB7388AA0BA8246F1EB0320FE1A8D"
/// );
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `FIELD_MISSING` for one of the names.
pub fn workwx_sign(fields: &Fields, names: &[&str], secret: &Key) -> Result<String> {
    let mut signed = Fields::new();
    for name in names {
        let value = fields.filled(name).ok_or_else(|| {
            Error::new(ErrorCode::FieldMissing, "is signed, and empty").field(name)
        })?;
        signed.insert(name, value)?;
    }
    Ok(md5_with(&string_to_sign(&signed), "&secret=", secret))
}
