//! An input cut into parts.

use wxpay_core::{Fields, Result};

/// Names and values in their order.
pub type Pairs = Vec<(String, String)>;

/// The text of so many parts, split at NUL; the last has the rest, and is the first to be there.
#[must_use]
pub fn texts<const N: usize>(data: &[u8]) -> [String; N] {
    let found: Vec<&[u8]> = data.splitn(N, |&b| b == 0).collect();
    let missing = N - found.len();
    std::array::from_fn(|at| {
        let part = at.checked_sub(missing).and_then(|at| found.get(at)).copied();
        String::from_utf8_lossy(part.unwrap_or_default()).into_owned()
    })
}

/// The fields of `name NUL value NUL …`; U+0001 in place of the first NUL marks an integer.
///
/// # Errors
/// Those of the library, for fields that are none.
pub fn fields(data: &[u8]) -> Result<Fields> {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.split('\0');
    let mut found = Vec::new();
    while let Some(part) = parts.next().filter(|part| !part.is_empty()) {
        match part.split_once('\u{1}') {
            Some((name, digits)) => found.push((name, digits, true)),
            None => found.push((part, parts.next().unwrap_or_default(), false)),
        }
    }
    Fields::from_written(found)
}

/// The fields without what they hide.
#[must_use]
pub fn pairs(fields: &Fields) -> Pairs {
    fields.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// The fields that are signed and sent, `sign` too.
#[must_use]
pub fn filled(fields: &Fields) -> Pairs {
    pairs(fields).into_iter().filter(|(_, value)| !value.is_empty()).collect()
}
