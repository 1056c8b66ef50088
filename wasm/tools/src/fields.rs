//! Fields as one string each way.

use crate::error::{Result, internal, zero};
use wxpay_core::Fields;

const END: char = '\0';
const INTEGER: char = '\u{1}';

/// Reads `count NUL name NUL value NUL …`, an integer as `name U+0001 value NUL`.
///
/// A value that holds a NUL cannot smuggle a field in: the count stands first and would not fit.
pub(crate) fn read(text: &str) -> Result<Fields> {
    let (count, mut rest) = text.split_once(END).ok_or_else(|| internal("no count"))?;
    let mut fields = Vec::new();
    while let Some((name, value, integer, after)) = next(rest) {
        fields.push((name, value, integer));
        rest = after;
    }
    if !rest.is_empty() || count.parse() != Ok(fields.len()) {
        return Err(zero());
    }
    Ok(Fields::from_written(fields)?)
}

fn next(text: &str) -> Option<(&str, &str, bool, &str)> {
    let at = text.find([END, INTEGER])?;
    let (name, rest) = text.split_at_checked(at)?;
    let integer = rest.starts_with(INTEGER);
    let (value, rest) = rest.get(1..)?.split_once(END)?;
    Some((name, value, integer, rest))
}

/// Writes what [`read`] reads.
pub(crate) fn counted(fields: &Fields) -> String {
    format!("{}{END}{}", fields.len(), write(fields))
}

/// Writes `name NUL value NUL …`, an integer as [`read`] takes it; what was received has none.
pub(crate) fn write(fields: &Fields) -> String {
    let mut text = String::new();
    for (name, value, integer) in fields.iter_written() {
        text.push_str(name);
        text.push(if integer { INTEGER } else { END });
        text.push_str(value);
        text.push(END);
    }
    text
}
