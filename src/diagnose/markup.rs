//! XML as it is found in logs: white space, comments, declarations and attributes are passed over.

use super::{input::Pairs, text::find, transform::unescape};
use alloc::string::String;

/// The fields of the first element that holds elements.
pub(super) fn read(text: &str) -> Option<Pairs> {
    let mut rest = text;
    loop {
        let (name, closed, inner) = open(rest)?;
        rest = inner;
        let holds = inner.trim_start().starts_with('<') && !inner.trim_start().starts_with("<!");
        if closed || !holds {
            continue;
        }
        let pairs = children(inner, name);
        if !pairs.is_empty() {
            return Some(pairs);
        }
    }
}

/// The next start tag: its name, whether it is empty, what follows.
fn open(text: &str) -> Option<(&str, bool, &str)> {
    let mut rest = text;
    loop {
        rest = rest.get(rest.find('<')? + 1..)?;
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_.-:".contains(c)))?;
        let (name, tag) = (rest.get(..end)?, rest.get(end..)?);
        if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            let close = tag.find('>')?;
            let closed = tag.get(..close)?.ends_with('/');
            return Some((name, closed, tag.get(close + 1..)?));
        }
    }
}

fn children(mut text: &str, root: &str) -> Pairs {
    let mut pairs = Pairs::new();
    while let Some(at) = text.find('<') {
        let tag = text.get(at..).unwrap_or_default();
        if tag.strip_prefix("</").is_some_and(|end| end.starts_with(root)) {
            break;
        }
        let Some((name, closed, inner)) = open(tag) else { break };
        if closed {
            pairs.push((name.into(), String::new()));
            text = inner;
            continue;
        }
        let Some((value, rest)) = content(inner, name) else { break };
        pairs.push((name.into(), value));
        text = rest;
    }
    pairs
}

/// The text up to the end tag, decoded once, and what follows it.
fn content<'a>(text: &'a str, name: &str) -> Option<(String, &'a str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let at = rest.find('<')?;
        value.push_str(&unescape(rest.get(..at)?));
        rest = rest.get(at..)?;
        if let Some(section) = rest.strip_prefix("<![CDATA[") {
            let end = find(section, "]]>")?;
            value.push_str(section.get(..end)?);
            rest = section.get(end + 3..)?;
            continue;
        }
        let ended = rest.strip_prefix("</").and_then(|tag| tag.strip_prefix(name));
        if let Some(after) = ended.and_then(|tag| tag.trim_start().strip_prefix('>')) {
            return Some((value, after));
        }
        // A nested element is part of the value, as it is written.
        value.push('<');
        rest = rest.get(1..)?;
    }
}
