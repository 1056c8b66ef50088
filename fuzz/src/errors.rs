//! What an error may say.

use wxpay_core::Error;

/// Bounded, one line, a place inside the input; no key in it that is not in the input too.
///
/// # Panics
/// Where a promise is broken.
pub fn harmless(error: &Error, input: &[u8], keys: &[&str]) {
    let said = format!("{error} {error:?}");
    assert!(said.len() < 4096, "{said}");
    assert!(!said.chars().any(char::is_control), "{said:?}");
    assert!(error.offset().is_none_or(|at| at <= input.len()), "{said}, {} bytes", input.len());
    // Shorter texts, and other ones, may be words of the message.
    let merchant = |key: &&&str| key.len() == 32 && key.bytes().all(|b| b.is_ascii_alphanumeric());
    for key in keys.iter().filter(merchant) {
        let given = input.windows(32).any(|window| window == key.as_bytes());
        assert!(given || !said.contains(key), "{said}");
    }
}
