//! Messages with a signature, in one step each.

use crate::{Error, ErrorCode, Fields, Key, Result, SignType, sign, xml};
use alloc::string::String;

pub use crate::sign::verify_any;

/// The XML of a message with its signature.
///
/// `sign_type` must stand among the fields when the algorithm is HMAC-SHA256 and the endpoint takes
/// the field (chapter 4.3); a `sign_type` that says otherwise is refused.
///
/// ```
/// use wxpay_core::{Fields, Key, SignType, parse_signed, signed_xml};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let fields = Fields::from_pairs([("return_code", "SUCCESS"), ("mch_id", "10000100")])?;
/// let message = signed_xml(&fields, &key, SignType::Md5)?;
/// assert!(message.starts_with("<xml><return_code><![CDATA[SUCCESS]]></return_code>"));
/// assert!(parse_signed(message.as_bytes(), &key, SignType::Md5).is_ok());
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `FIELD_RESERVED` for `key`, `SIGN_TYPE_CONTRADICTION`, `SIGN_TYPE_UNKNOWN`.
pub fn signed_xml(fields: &Fields, key: &Key, sign_type: SignType) -> Result<String> {
    if let Some(declared) = fields.filled("sign_type")
        && declared.parse::<SignType>()? != sign_type
    {
        return Err(Error::new(
            ErrorCode::SignTypeContradiction,
            "the field says another algorithm than the one that signs",
        )
        .field("sign_type"));
    }
    let signature = sign(fields, key, sign_type)?;
    let mut signed = fields.clone();
    signed.remove("sign");
    signed.insert("sign", &signature)?;
    Ok(xml::build(&signed))
}

/// Reads a message and returns its fields only when its signature holds.
///
/// `keys` is one key, or several during a change of the key; `floor` as in [`crate::verify`].
///
/// ```
/// use wxpay_core::{ErrorCode, Fields, Key, SignType, parse_signed, signed_xml};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let paid = Fields::from_pairs([("out_trade_no", "T1"), ("total_fee", "880")])?;
/// let body = signed_xml(&paid, &key, SignType::Md5)?;
/// assert_eq!(
///     parse_signed(body.as_bytes(), &key, SignType::Md5)?.get("total_fee"),
///     Some("880")
/// );
///
/// let forged = body.replace("880", "1");
/// let error = parse_signed(forged.as_bytes(), &key, SignType::Md5).expect_err("forged");
/// assert_eq!(error.code(), ErrorCode::SignMismatch);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `XML_*` from the reader, `SIGN_*` from the check.
pub fn parse_signed(body: &[u8], keys: impl AsRef<[Key]>, floor: SignType) -> Result<Fields> {
    let fields = xml::parse(body)?;
    verify_any(&fields, keys.as_ref(), floor)?;
    Ok(fields)
}
