//! Messages with a signature, in one step each.

use crate::{Error, ErrorCode, Fields, Key, Result, SignType, sign, xml};
use alloc::string::String;

pub use crate::sign::verify_any;

/// The XML of a message with its signature.
///
/// `sign_type` must stand among the fields when the algorithm is HMAC-SHA256 and the endpoint takes
/// the field (chapter 4.3); a `sign_type` that says otherwise is refused.
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
/// # Errors
/// `XML_*` from the reader, `SIGN_*` from the check.
pub fn parse_signed(body: &[u8], keys: impl AsRef<[Key]>, floor: SignType) -> Result<Fields> {
    let fields = xml::parse(body)?;
    verify_any(&fields, keys, floor)?;
    Ok(fields)
}
