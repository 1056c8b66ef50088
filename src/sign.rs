use crate::{
    Error, ErrorCode, Fields, Key, Result,
    digest::{self, KEY_PREFIX, Keyed, PADDING},
};
use alloc::{string::String, vec::Vec};
use core::{fmt, str::FromStr};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The algorithm of a signature (chapter 4.3).
///
/// MD5 is broken as a hash and weak as a signature; it is here because API v2 is signed with it.
/// Choose [`SignType::HmacSha256`] wherever the endpoint takes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SignType {
    /// `MD5`: 32 upper-case hexadecimal digits. What a message without `sign_type` means.
    #[default]
    #[cfg_attr(feature = "serde", serde(rename = "MD5"))]
    Md5,
    /// `HMAC-SHA256`: 64 upper-case hexadecimal digits.
    #[cfg_attr(feature = "serde", serde(rename = "HMAC-SHA256"))]
    HmacSha256,
}

impl SignType {
    /// The spelling on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            SignType::Md5 => "MD5",
            SignType::HmacSha256 => "HMAC-SHA256",
        }
    }

    /// The length of its signatures, in hexadecimal digits.
    pub(crate) const fn digits(self) -> usize {
        match self {
            SignType::Md5 => 32,
            SignType::HmacSha256 => 64,
        }
    }
}

impl fmt::Display for SignType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SignType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "MD5" => Ok(SignType::Md5),
            "HMAC-SHA256" => Ok(SignType::HmacSha256),
            _ => Err(Error::new(ErrorCode::SignTypeUnknown, UNKNOWN_TYPE).field("sign_type")),
        }
    }
}

/// The string that is signed, without the key: safe to log and to compare with the other side's.
///
/// Filled fields but `sign`, sorted by the bytes of their names, as `name=value` joined with `&`
/// (chapter 4.3).
#[must_use]
pub fn string_to_sign(fields: &Fields) -> String {
    let mut filled: Vec<(&str, &str)> = Vec::with_capacity(fields.len());
    for (name, value) in fields.iter().filter(|&(name, value)| name != "sign" && !value.is_empty())
    {
        filled.insert(filled.partition_point(|&(before, _)| before < name), (name, value));
    }
    let mut text = String::with_capacity(filled.iter().map(|(n, v)| n.len() + v.len() + 2).sum());
    for (name, value) in filled {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text
}

/// The signature of a message that is to be sent: upper-case hexadecimal digits.
///
/// A `sign` among the fields is left out, as the protocol says.
///
/// # Errors
/// `FIELD_RESERVED` for a field named `key`: the sign string ends with `&key=`, and a field of that
/// name makes it ambiguous.
pub fn sign(fields: &Fields, key: &Key, sign_type: SignType) -> Result<String> {
    if fields.get("key").is_some() {
        return Err(Error::new(
            ErrorCode::FieldReserved,
            "the merchant key is no field of a message; pass it as the key",
        )
        .field("key"));
    }
    let mut out = [0; 64];
    let mac = digits(&string_to_sign(fields), key, sign_type, &mut out);
    Ok(mac.iter().map(|&b| char::from(b)).collect())
}

/// Checks the `sign` of a received message in constant time.
///
/// `floor` is the weakest algorithm that is good enough: `Md5` accepts either, told apart by the
/// length of the signature, since notifications often leave `sign_type` out; `HmacSha256` accepts
/// nothing else.
///
/// # Errors
/// `SIGN_MISSING`, `SIGN_MALFORMED`, `SIGN_TYPE_UNKNOWN`, `SIGN_TYPE_CONTRADICTION`,
/// `SIGN_DOWNGRADE`, `SIGN_MISMATCH`.
pub fn verify(fields: &Fields, key: &Key, floor: SignType) -> Result<()> {
    verify_any(fields, core::slice::from_ref(key), floor).map(|_| ())
}

/// [`verify`] with several keys, as during a change of the key: which of them fits.
///
/// # Errors
/// As [`verify`]; `KEY_MISSING` without a key.
pub fn verify_any(fields: &Fields, keys: &[Key], floor: SignType) -> Result<usize> {
    if keys.is_empty() {
        return Err(Error::new(ErrorCode::KeyMissing, "at least one merchant key is needed"));
    }
    let claimed = fields.filled("sign").unwrap_or_default();
    let declared = fields.filled("sign_type").unwrap_or_default();
    let used = check_claim(claimed.as_bytes(), declared.as_bytes(), floor)
        .map_err(|(code, message)| Error::new(code, message).field("sign"))?;
    let text = string_to_sign(fields);
    let mut fitting = None;
    for (index, key) in keys.iter().enumerate() {
        let mut out = [0; 64];
        let expected = digits(&text, key, used, &mut out);
        // Every key is tried to the end, so that the time does not tell which one fits.
        if bool::from(expected.ct_eq(claimed.as_bytes())) {
            fitting = Some(index);
        }
    }
    fitting.ok_or_else(|| Error::new(ErrorCode::SignMismatch, MISMATCH).field("sign"))
}

/// What is said of a signature that does not fit.
pub const MISMATCH: &str = "the signature does not fit the message and the key; compare the string \
                            that was signed on both sides, and check the key (API v2, not v3)";

/// The algorithm that a received signature uses, told by its length; refused when it is malformed,
/// contradicts the declared `sign_type` or is weaker than the floor.
pub(crate) fn check_claim(
    claimed: &[u8],
    declared: &[u8],
    floor: SignType,
) -> core::result::Result<SignType, (ErrorCode, &'static str)> {
    if claimed.is_empty() {
        return Err((
            ErrorCode::SignMissing,
            "the message carries no signature, so nothing in it can be believed",
        ));
    }
    if !claimed.iter().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')) {
        return Err((ErrorCode::SignMalformed, "a signature is upper-case hexadecimal digits"));
    }
    let types = [SignType::Md5, SignType::HmacSha256];
    let Some(used) = types.into_iter().find(|t| t.digits() == claimed.len()) else {
        return Err((
            ErrorCode::SignMalformed,
            "a signature has 32 digits (MD5) or 64 (HMAC-SHA256)",
        ));
    };
    if !declared.is_empty() {
        if !types.iter().any(|t| t.as_str().as_bytes() == declared) {
            return Err((ErrorCode::SignTypeUnknown, UNKNOWN_TYPE));
        }
        if used.as_str().as_bytes() != declared {
            return Err((
                ErrorCode::SignTypeContradiction,
                "the declared sign_type is not the one of the signature",
            ));
        }
    }
    if floor == SignType::HmacSha256 && used == SignType::Md5 {
        return Err((
            ErrorCode::SignDowngrade,
            "the message is signed with MD5, and HMAC-SHA256 is required here",
        ));
    }
    Ok(used)
}

const UNKNOWN_TYPE: &str = "the sign type is MD5 or HMAC-SHA256, in this spelling";

/// The upper-case MD5 over the text, this name and the secret: chapter 4.3 with another name of the
/// key.
pub(crate) fn md5_with(text: &str, name: &str, secret: &Key) -> String {
    let mut sealed =
        Zeroizing::new([text.as_bytes(), name.as_bytes(), secret.bytes(), &[0; PADDING]].concat());
    let length = sealed.len() - PADDING;
    let mut out = [0; 64];
    let digits = digest::digits(&mut sealed, length, SignType::Md5, || Keyed::new(&[]), &mut out);
    digits.iter().map(|&b| char::from(b)).collect()
}

/// Writes the signature over the text with the key: upper-case hexadecimal digits.
fn digits<'a>(text: &str, key: &Key, sign_type: SignType, out: &'a mut [u8; 64]) -> &'a [u8] {
    let prefix = if text.is_empty() { &KEY_PREFIX[1..] } else { KEY_PREFIX };
    // Wiped when dropped: it holds the key.
    let mut sealed = Zeroizing::new([text.as_bytes(), prefix, key.bytes(), &[0; PADDING]].concat());
    let length = sealed.len() - PADDING;
    digest::digits(&mut sealed, length, sign_type, || Keyed::new(key.bytes()), out)
}
