//! Recognises what was pasted: XML, JSON or a logged object, a query, the string that was signed, a
//! line of a log with one of these inside.
//!
//! Nothing here is strict, since what is pasted is broken more often than not, and nothing that is
//! read here is believed: the signature decides.

use super::{
    json, markup,
    message::is_key,
    text::{find, replace, split as halves},
    transform::unpercent,
};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};

/// Names and values in the order in which they came.
pub(super) type Pairs = Vec<(String, String)>;

/// The fields of whatever this is.
pub(super) fn read(text: &str) -> Option<Pairs> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let pairs =
        xml(text).or_else(|| object(text)).or_else(|| lines(text)).or_else(|| query(text))?;
    let mut unique: Pairs = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        // Of a name that stands twice, most programs keep the last.
        match unique.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = value,
            None => unique.push((name, value)),
        }
    }
    (!unique.is_empty()).then_some(unique)
}

/// The string that was signed, as it is: no decoding. A value may hold `&` and `=`; where ours does,
/// theirs is not taken apart there.
pub(super) fn signed_string(text: &str, ours: &Pairs) -> Pairs {
    let mut pairs = Pairs::new();
    for (name, value) in split(text, "&").unwrap_or_default() {
        if let Some((last, held)) = pairs.last_mut() {
            let more = [held.as_str(), "&", name.as_str(), "=", value.as_str()].concat();
            if ours.iter().any(|(known, whole)| known == last && whole.starts_with(&more)) {
                *held = more;
                continue;
            }
        }
        pairs.push((name, value));
    }
    pairs
}

/// XML, unless it is part of a value.
fn xml(text: &str) -> Option<Pairs> {
    let at = if text.starts_with('<') { 0 } else { find(text, "<xml")? };
    markup::read(text.get(at..)?)
}

/// An object, unless it is the value of a field: `a=b&detail={…}&…`.
fn object(text: &str) -> Option<Pairs> {
    let (before, after) = text.split_once('{')?;
    let inside = before.contains('&') || (before.ends_with('=') && after.contains('&'));
    if inside { None } else { json::read(text) }
}

/// One `name=value` in each line.
fn lines(text: &str) -> Option<Pairs> {
    let mut pairs = Pairs::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, value) = line.trim_end_matches('&').split_once('=')?;
        if !is_name(name) || value.contains('&') {
            return None;
        }
        pairs.push((name.into(), value.into()));
    }
    (pairs.len() > 1).then_some(pairs)
}

/// `a=b&c=d`, alone or inside a line; form-encoded or not.
fn query(text: &str) -> Option<Pairs> {
    let first = text.find('&')?;
    let equals = text.get(..first)?.rfind('=')?;
    // The first value may hold an equals sign itself: `package=prepay_id=…`.
    let before = text.get(..equals)?;
    let start = |before: &str| {
        before.rfind(|c: char| !is_name_char(c)).map_or(0, |at| {
            at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
        })
    };
    let mut from = start(before);
    if before.get(..from).is_some_and(|outer| outer.ends_with('=')) {
        from = start(before.get(..from - 1)?);
    }
    let run = text.get(from..)?;
    let quote = text.get(..from)?.chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`'));
    let run = match quote.and_then(|quote| run.find(quote)) {
        Some(end) => run.get(..end)?,
        None => run,
    };
    let mut pairs = split(run, "&").or_else(|| split(run, "&amp;"))?;
    cut_signature(&mut pairs);
    if from > 0 && pairs.len() < 2 {
        return None;
    }
    if pairs.iter().all(|(_, value)| is_encoded(value))
        && pairs.iter().any(|(_, value)| value.contains('%'))
    {
        for (_, value) in &mut pairs {
            if let Some(decoded) = unpercent(&replace(value, "+", " ")) {
                *value = decoded;
            }
        }
        return Some(pairs);
    }
    Some(whole_values(pairs))
}

/// Free text may hold `&` and `=`. What stands behind it and out of order is part of it, if the rest
/// is in order then.
fn whole_values(pairs: Pairs) -> Pairs {
    let mut whole = Pairs::with_capacity(pairs.len());
    for (index, (name, value)) in pairs.iter().enumerate() {
        let next = pairs.get(index + 1).filter(|(next, _)| is_field(next));
        if let Some((last, held)) = whole.last_mut() {
            let placed = &*last < name && next.is_none_or(|(next, _)| name < next);
            if FREE_TEXT.contains(&last.as_str()) && !placed && is_field(name) {
                for part in ["&", name, "=", value] {
                    held.push_str(part);
                }
                continue;
            }
        }
        whole.push((name.clone(), value.clone()));
    }
    let names = whole.iter().map(|(name, _)| name).filter(|name| is_field(name));
    if names.is_sorted() { whole } else { pairs }
}

/// Whether it is signed, in a string.
fn is_field(name: &str) -> bool {
    name != "sign" && !is_key(name)
}

/// What users fill in.
const FREE_TEXT: [&str; 6] = ["attach", "body", "detail", "notify_url", "package", "err_code_des"];

/// A part that is no `name=value` belongs to the value before it.
fn split(text: &str, joint: &str) -> Option<Pairs> {
    let mut pairs = Pairs::new();
    let mut rest = Some(text);
    while let Some(text) = rest {
        let part;
        (part, rest) = match halves(text, joint) {
            Some((part, behind)) => (part, Some(behind)),
            None => (text, None),
        };
        match (part.split_once('='), pairs.last_mut()) {
            (Some((name, value)), _) if is_name(name) => pairs.push((name.into(), value.into())),
            (_, Some((_, value))) => {
                value.push_str(joint);
                value.push_str(part);
            }
            _ => return None,
        }
    }
    (!pairs.is_empty()).then_some(pairs)
}

/// A log line often goes on with the signature: `… sign=…`, `…, sign: …`.
fn cut_signature(pairs: &mut Pairs) {
    let Some((_, value)) = pairs.last_mut() else { return };
    let Some(at) = find(value, "sign").filter(|&at| at > 0) else {
        return;
    };
    let digits = |c: char| c.is_ascii_hexdigit();
    let (Some(kept), Some(tail)) = (value.get(..at), value.get(at..)) else { return };
    let Some(sign) = tail.split(|c| !digits(c)).find(|part| matches!(part.len(), 32 | 64)) else {
        return;
    };
    if !kept.ends_with([' ', ',', ';', '\t', '\n']) {
        return;
    }
    let sign = sign.to_string();
    *value = kept.trim_end_matches([' ', ',', ';', '\t', '\n']).into();
    pairs.push(("sign".into(), sign));
}

/// Whether a form or a query may hold it as it is.
fn is_encoded(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_alphanumeric() || b"%+-_.*~!'()".contains(&b))
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '$')
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_name_char)
}
