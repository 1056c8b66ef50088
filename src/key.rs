use crate::{Error, ErrorCode, Result};
use alloc::string::String;
use core::fmt;
use zeroize::Zeroizing;

/// The length of an API key as the merchant platform issues it, in characters.
const LENGTH: usize = 32;

/// A merchant's API v2 key (商户 API 密钥). It redacts itself and is wiped when dropped.
///
/// ```
/// use wxpay_core::{ErrorCode, Key};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// assert_eq!(format!("{key:?}"), "Key(REDACTED)");
///
/// let line = "192006250b4c09247ec02edce69f6a2d\n";
/// let error = Key::new(line).expect_err("a line of a file");
/// assert_eq!(error.code(), ErrorCode::KeyInvalid);
/// assert!(!error.to_string().contains("192006250b4c09247ec02edce69f6a2d"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Key(Zeroizing<String>);

impl Key {
    /// A key as the merchant platform issues it: 32 characters of `[0-9A-Za-z]`.
    ///
    /// # Errors
    /// `KEY_MISSING` for an empty key, `KEY_INVALID` with the likely reason for anything else.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = Zeroizing::new(text.into());
        let invalid = |reason| Err(Error::new(ErrorCode::KeyInvalid, reason));
        if text.trim().is_empty() {
            return Self::any(text.trim());
        }
        if text.trim() != *text || text.starts_with('\u{feff}') {
            return invalid(
                "the merchant key has white space or a byte order mark at its start or end; \
                 was it read from a file with a trailing newline?",
            );
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return invalid(
                "the merchant key must be 32 characters of [0-9A-Za-z]; this one has other \
                 characters (quotes from a configuration file?)",
            );
        }
        if text.len() != LENGTH {
            return invalid(match text.len() {
                64 => {
                    "the merchant key must be 32 characters; this one has 64 (a hash of the key?)"
                }
                n if n < LENGTH => {
                    "the merchant key must be 32 characters; this one is shorter \
                     (an appid, a merchant id or an abbreviated key?)"
                }
                _ => "the merchant key must be 32 characters; this one is longer",
            });
        }
        Ok(Key(text))
    }

    /// Any key that is not empty: published vectors and sandbox keys have other shapes.
    ///
    /// # Errors
    /// `KEY_MISSING` for an empty key.
    pub fn any(text: impl Into<String>) -> Result<Self> {
        let text = Zeroizing::new(text.into());
        if text.is_empty() {
            return Err(Error::new(
                ErrorCode::KeyMissing,
                "a merchant key is needed (32 characters, from the merchant platform's API security \
                 page); none came",
            ));
        }
        Ok(Key(text))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// One key where several may be given.
impl AsRef<[Key]> for Key {
    fn as_ref(&self) -> &[Key] {
        core::slice::from_ref(self)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(REDACTED)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_1_and_2_shapes() {
        let code = |text: &str| Key::new(text).map(|_| ()).map_err(|e| e.code());
        assert_eq!(code("192006250b4c09247ec02edce69f6a2d"), Ok(()));
        assert_eq!(code(""), Err(ErrorCode::KeyMissing));
        assert_eq!(code(" \n"), Err(ErrorCode::KeyMissing));
        for bad in [
            "192006250b4c09247ec02edce69f6a2d\n",
            "\"192006250b4c09247ec02edce69f6a2",
            "192006250b4c09247ec02edce69f6a2",
            "192006250b4c09247ec02edce69f6a2dd",
            "192006250b4c09247ec02edce69f6a2\u{e9}",
        ] {
            assert_eq!(code(bad), Err(ErrorCode::KeyInvalid), "{bad:?}");
        }
    }
}
