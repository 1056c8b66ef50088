//! Chapter 4.3 once more, with the hashes of other crates.

use crate::parts::Pairs;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;
use wxpay_core::SignType;

/// The string to sign, without the key.
#[must_use]
pub fn string(fields: &Pairs) -> String {
    let mut signed: Vec<_> = fields.iter().filter(|(n, v)| n != "sign" && !v.is_empty()).collect();
    signed.sort();
    signed.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("&")
}

/// The signature: upper-case digits.
///
/// # Panics
/// Never: HMAC takes keys of any length.
#[must_use]
pub fn of(fields: &Pairs, key: &str, sign_type: SignType) -> String {
    let string = string(fields);
    let sealed =
        if string.is_empty() { format!("key={key}") } else { format!("{string}&key={key}") };
    let bytes = match sign_type {
        SignType::Md5 => Md5::digest(sealed).to_vec(),
        SignType::HmacSha256 => {
            let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length");
            mac.update(sealed.as_bytes());
            mac.finalize().into_bytes().to_vec()
        }
    };
    bytes.iter().map(|b| format!("{b:02X}")).collect()
}
