//! What an error may say.

use wxpay_core::Error;

/// Bounded, one line, nothing that is not to be shown, a place inside the input of `length` bytes.
///
/// # Panics
/// Where a promise is broken.
pub fn harmless(error: &Error, length: usize, secrets: &[&str]) {
    let said = format!("{error} {error:?}");
    assert!(said.len() < 4096, "{said}");
    assert!(!said.chars().any(char::is_control), "{said:?}");
    assert!(error.offset().is_none_or(|at| at <= length), "{said} in {length} bytes");
    for secret in secrets.iter().filter(|secret| secret.len() >= 16) {
        assert!(!said.contains(secret), "{said}");
    }
}
