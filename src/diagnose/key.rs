//! How keys are spoiled, and what stands around them.

use super::{
    mistake::Mistake,
    text::contains,
    transform::{digit, invisible},
};
use alloc::{string::String, vec::Vec};
use zeroize::Zeroizing;

pub(super) struct Variant {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) mistake: Mistake,
    /// The name of the candidate.
    pub(super) label: Option<String>,
}

/// The key itself, then what it may have become, then the other candidates.
pub(super) fn variants(key: &str, candidates: &[(String, Zeroizing<String>)]) -> Vec<Variant> {
    let mut all: Vec<Variant> = Vec::new();
    let mut put = |bytes: Vec<u8>, mistake, label: Option<&str>| {
        let bytes = Zeroizing::new(bytes);
        if !all.iter().any(|known| known.bytes == bytes) {
            all.push(Variant { bytes, mistake, label: label.map(String::from) });
        }
    };
    put(key.into(), Mistake::OtherKey, None);
    spoiled(key, &mut |bytes, mistake| put(bytes, mistake, None));
    for (label, candidate) in candidates {
        let sandbox = contains(&label.to_ascii_lowercase(), "sandbox") || contains(label, "沙箱");
        let mistake = if sandbox { Mistake::SandboxKey } else { Mistake::OtherKey };
        put(candidate.as_bytes().into(), mistake, Some(label));
        put(candidate.trim().into(), mistake, Some(label));
    }
    all
}

fn spoiled(key: &str, put: &mut dyn FnMut(Vec<u8>, Mistake)) {
    let mut text = |parts: &[&str], mistake| put(parts.concat().into_bytes(), mistake);
    let trimmed = key.trim();
    let mistake = if key.ends_with(['\n', '\r']) { Mistake::KeyNewline } else { Mistake::KeySpace };
    text(&[trimmed], mistake);
    text(&[key.trim_start_matches('\u{feff}')], Mistake::KeyBom);
    text(&[trimmed.trim_matches(['"', '\'', '`', '“', '”'])], Mistake::KeyQuotes);
    let visible: String = key.chars().filter(|&c| !c.is_whitespace() && !invisible(c)).collect();
    text(&[&visible], Mistake::KeySpace);
    for end in ["\n", "\r\n", "\r", "\\n"] {
        text(&[key, end], Mistake::KeyNewline);
    }
    for (before, after) in [("", " "), (" ", ""), (" ", " "), ("", "\t"), ("", "\u{200b}")] {
        text(&[before, key, after], Mistake::KeySpace);
    }
    text(&["\u{feff}", key], Mistake::KeyBom);
    for quote in ["\"", "'", "`"] {
        text(&[quote, key, quote], Mistake::KeyQuotes);
    }
    text(&[&key.to_ascii_lowercase()], Mistake::KeyCase);
    text(&[&key.to_ascii_uppercase()], Mistake::KeyCase);
    let length = trimmed.len();
    let cuts =
        [0..length.saturating_sub(1), 1..length, 0..16, 0..32, length.saturating_sub(32)..length];
    for cut in cuts {
        if let Some(part) = trimmed.get(cut).filter(|part| !part.is_empty()) {
            text(&[part], Mistake::KeyLength);
        }
    }
    for nothing in ["", "undefined", "null", "None", "[object Object]"] {
        text(&[nothing], Mistake::KeyEmpty);
    }
    if let Some(decoded) = hex(trimmed) {
        put(decoded, Mistake::KeyHex);
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

/// What joins the fields and the key.
pub(super) struct Tail {
    pub(super) before: &'static str,
    pub(super) key: bool,
    pub(super) after: &'static str,
    /// Whether it stands in front of the fields.
    pub(super) front: bool,
    pub(super) mistake: Mistake,
}

const fn behind(before: &'static str, after: &'static str, mistake: Mistake) -> Tail {
    Tail { before, key: true, after, front: false, mistake }
}

const fn front(before: &'static str, after: &'static str) -> Tail {
    Tail { before, key: true, after, front: true, mistake: Mistake::KeyFirst }
}

/// No key behind the fields.
pub(super) const NO_TAIL: u16 = 1;

/// The right one is the first.
pub(super) const TAILS: &[Tail] = &[
    behind("&key=", "", Mistake::KeyJoint),
    Tail { before: "", key: false, after: "", front: false, mistake: Mistake::KeyNotAppended },
    behind("&KEY=", "", Mistake::KeyName),
    behind("&Key=", "", Mistake::KeyName),
    behind("&apikey=", "", Mistake::KeyName),
    behind("&apiKey=", "", Mistake::KeyName),
    behind("&api_key=", "", Mistake::KeyName),
    behind("&partnerkey=", "", Mistake::KeyName),
    behind("&partnerKey=", "", Mistake::KeyName),
    behind("&paternerKey=", "", Mistake::KeyName),
    behind("&partner_key=", "", Mistake::KeyName),
    behind("&mch_key=", "", Mistake::KeyName),
    behind("&mchKey=", "", Mistake::KeyName),
    behind("&mchkey=", "", Mistake::KeyName),
    behind("&secret=", "", Mistake::KeyName),
    behind("&appsecret=", "", Mistake::KeyName),
    behind("&appkey=", "", Mistake::KeyName),
    behind("&appKey=", "", Mistake::KeyName),
    behind("&app_key=", "", Mistake::KeyName),
    behind("&paySignKey=", "", Mistake::KeyName),
    behind("&signKey=", "", Mistake::KeyName),
    behind("&sign_key=", "", Mistake::KeyName),
    behind("&", "", Mistake::KeyNameMissing),
    behind("", "", Mistake::KeyNameMissing),
    behind("key=", "", Mistake::KeyJoint),
    behind("&&key=", "", Mistake::KeyJoint),
    behind("&key=", "&", Mistake::KeyJoint),
    behind("&key=", "\n", Mistake::KeyNewline),
    behind("&amp;key=", "", Mistake::KeyJoint),
    behind("?key=", "", Mistake::KeyJoint),
    behind(",key=", "", Mistake::KeyJoint),
    behind("&key:", "", Mistake::KeyJoint),
    behind("&key = ", "", Mistake::KeyJoint),
    behind("& key=", "", Mistake::KeyJoint),
    behind(" &key=", "", Mistake::KeyJoint),
    behind("\n&key=", "", Mistake::KeyJoint),
    front("key=", "&"),
    front("", ""),
    front("", "&"),
];

/// What may stand between two fields in place of `&`.
pub(super) const JOINERS: &[&str] = &["&amp;", "", ",", ";", "\n", "|", "&&", ", "];
