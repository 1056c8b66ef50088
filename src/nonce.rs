//! Random strings for `nonce_str`.

#[cfg(feature = "getrandom")]
use crate::{Error, ErrorCode, Result as Checked};
use alloc::string::String;

/// What `nonce_str` is made of.
pub const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The longest `nonce_str` the protocol takes (chapter 5.1 of the parameter rules).
pub const LENGTH: usize = 32;
/// Bytes from here on would favour the first letters of the alphabet: 256 is no multiple of 62.
pub const REJECT: u8 = 248;

/// A `nonce_str`: 32 letters and digits, 190 bits, each letter equally likely.
///
/// `random` fills the slice from a cryptographically secure source, `getrandom::fill` for instance.
///
/// ```
/// // Any source of the operating system's random bytes.
/// let random = |bytes: &mut [u8]| {
///     std::fs::File::open("/dev/urandom")
///         .and_then(|mut file| std::io::Read::read_exact(&mut file, bytes))
/// };
/// # if cfg!(unix) {
/// let nonce_str = wxpay_core::nonce(random)?;
/// assert_eq!(nonce_str.len(), 32);
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// Whatever `random` returns; there is no fallback.
pub fn nonce<E>(mut random: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<String, E> {
    let mut text = String::with_capacity(LENGTH);
    while text.len() < LENGTH {
        let mut bytes = [0; LENGTH];
        random(&mut bytes)?;
        let letters = bytes.iter().filter(|&&b| b < REJECT).take(LENGTH - text.len());
        text.extend(letters.map(|b| char::from(ALPHABET[usize::from(b % 62)])));
    }
    Ok(text)
}

/// A fresh [`nonce()`] from the system's random source.
///
/// ```
/// let nonce_str = wxpay_core::nonce_str()?;
/// assert_eq!(nonce_str.len(), 32);
/// assert_ne!(nonce_str, wxpay_core::nonce_str()?);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `RANDOM_UNAVAILABLE` where the system has none; there is no fallback.
#[cfg(feature = "getrandom")]
pub fn nonce_str() -> Checked<String> {
    let missing = "the system gives no cryptographically secure random bytes";
    nonce(getrandom::fill).map_err(|_| Error::new(ErrorCode::RandomUnavailable, missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_13_no_letter_is_favoured() {
        // Every byte once: the 248 accepted ones give each of the 62 letters exactly 4 times.
        let mut next = 0u8;
        let mut counts = [0; 128];
        for _ in 0..31 {
            let text = nonce(|bytes| {
                for b in bytes {
                    *b = next;
                    next = next.wrapping_add(1);
                }
                Ok::<(), ()>(())
            });
            for b in text.unwrap_or_default().bytes() {
                counts[usize::from(b)] += 1;
            }
        }
        assert_eq!(counts.iter().sum::<u32>(), 31 * 32);
        let used: alloc::vec::Vec<_> = counts.iter().filter(|&&n| n > 0).collect();
        assert_eq!(used.len(), 62);
    }

    #[test]
    fn fault_11_a_failing_source_is_an_error() {
        assert_eq!(nonce(|_| Err("no entropy")), Err("no entropy"));
    }
}
