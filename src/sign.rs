use crate::{Error, ErrorCode, Fields, Key, Result};
use alloc::{string::String, vec::Vec};
use core::{fmt, str::FromStr};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;
use subtle::ConstantTimeEq;

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
    const fn digits(self) -> usize {
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
            _ => Err(Error::new(
                ErrorCode::SignTypeUnknown,
                "the sign type is MD5 or HMAC-SHA256, in this spelling",
            )
            .field("sign_type")),
        }
    }
}

/// The string that is signed, without the key: safe to log and to compare with the other side's.
///
/// Filled fields but `sign`, sorted by the bytes of their names, as `name=value` joined with `&`
/// (chapter 4.3).
#[must_use]
pub fn string_to_sign(fields: &Fields) -> String {
    let mut filled: Vec<(&str, &str)> =
        fields.iter().filter(|&(name, value)| name != "sign" && !value.is_empty()).collect();
    filled.sort_unstable();
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
    let mut digits = [0; 64];
    let mac = Digester::new(key, sign_type).digits(&string_to_sign(fields), &mut digits);
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
    let err = |code, message| Err(Error::new(code, message).field("sign"));
    if keys.is_empty() {
        return Err(Error::new(ErrorCode::KeyMissing, "at least one merchant key is needed"));
    }
    let Some(claimed) = fields.filled("sign") else {
        return err(
            ErrorCode::SignMissing,
            "the message carries no signature, so nothing in it can be believed",
        );
    };
    if !claimed.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')) {
        return err(ErrorCode::SignMalformed, "a signature is upper-case hexadecimal digits");
    }
    let Some(used) =
        [SignType::Md5, SignType::HmacSha256].into_iter().find(|t| t.digits() == claimed.len())
    else {
        return err(
            ErrorCode::SignMalformed,
            "a signature has 32 digits (MD5) or 64 (HMAC-SHA256)",
        );
    };
    if let Some(declared) = fields.filled("sign_type")
        && declared.parse::<SignType>()? != used
    {
        return err(
            ErrorCode::SignTypeContradiction,
            "the declared sign_type is not the one of the signature",
        );
    }
    if floor == SignType::HmacSha256 && used == SignType::Md5 {
        return err(
            ErrorCode::SignDowngrade,
            "the message is signed with MD5, and HMAC-SHA256 is required here",
        );
    }
    let text = string_to_sign(fields);
    let mut fitting = None;
    for (index, key) in keys.iter().enumerate() {
        let mut digits = [0; 64];
        let expected = Digester::new(key, used).digits(&text, &mut digits);
        // Every key is tried to the end, so that the time does not tell which one fits.
        if bool::from(expected.ct_eq(claimed.as_bytes())) {
            fitting = Some(index);
        }
    }
    match fitting {
        Some(index) => Ok(index),
        None => err(
            ErrorCode::SignMismatch,
            "the signature does not fit the message and the key; compare the string that was \
             signed on both sides, and check the key (API v2, not v3)",
        ),
    }
}

/// Computes signatures with one key.
struct Digester<'a> {
    key: &'a Key,
    sign_type: SignType,
}

impl<'a> Digester<'a> {
    const fn new(key: &'a Key, sign_type: SignType) -> Self {
        Digester { key, sign_type }
    }

    /// The signature over `text&key=KEY`: upper-case hexadecimal digits.
    fn digits<'b>(&self, text: &str, out: &'b mut [u8; 64]) -> &'b [u8] {
        let separator: &[u8] = if text.is_empty() { b"key=" } else { b"&key=" };
        let parts = [text.as_bytes(), separator, self.key.bytes()];
        match self.sign_type {
            SignType::Md5 => {
                let mut md5 = Md5::new();
                parts.iter().for_each(|part| md5.update(part));
                hex(&md5.finalize(), out)
            }
            SignType::HmacSha256 => {
                let mut mac = hmac(self.key.bytes());
                parts.iter().for_each(|part| mac.update(part));
                hex(&mac.finalize().into_bytes(), out)
            }
        }
    }
}

/// HMAC takes a key of any length, which its constructor cannot say in its type.
fn hmac(key: &[u8]) -> Hmac<Sha256> {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => mac,
        Err(_) => unreachable!("HMAC takes keys of any length"),
    }
}

fn hex<'b>(bytes: &[u8], out: &'b mut [u8; 64]) -> &'b [u8] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut used = 0;
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
        used += 2;
    }
    &out[..used]
}
