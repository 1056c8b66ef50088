//! Looking for text in text. The searchers of the standard library are made for long texts, and take
//! 5 KB of the module.

use alloc::string::String;

/// Where the needle, which is not empty, first stands.
pub(super) fn find(text: &str, needle: &str) -> Option<usize> {
    text.as_bytes().windows(needle.len()).position(|window| window == needle.as_bytes())
}

pub(super) fn contains(text: &str, needle: &str) -> bool {
    find(text, needle).is_some()
}

/// What stands before and behind the first needle.
pub(super) fn split<'a>(text: &'a str, needle: &str) -> Option<(&'a str, &'a str)> {
    let at = find(text, needle)?;
    Some((text.get(..at)?, text.get(at + needle.len()..)?))
}

#[inline(never)]
pub(super) fn replace(text: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = split(rest, from) {
        out.push_str(before);
        out.push_str(to);
        rest = behind;
    }
    out.push_str(rest);
    out
}
