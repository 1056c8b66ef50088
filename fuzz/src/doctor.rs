//! A key, a signature, the other side's string, an order, the pasted text, NUL between them: whatever
//! it is, an answer comes, without a key and without a right signature.

use crate::parts;
use std::fmt::Write;
use wxpay_core::{
    Key, SignType,
    diagnose::{Options, Verdict, diagnose},
    sign, verify, xml,
};

/// What is read: no search follows where the signature is none.
pub fn run(data: &[u8]) {
    check(data, Some("-"));
}

/// What is found, which takes thousands of times as long.
pub fn search(data: &[u8]) {
    check(data, None);
}

fn check(data: &[u8], in_place: Option<&str>) {
    let [key, signature, theirs, order, input] = parts::texts(data);
    let given = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
    let (signature, theirs, order) = (given(&signature), given(&theirs), given(&order));
    let options = Options {
        sign: in_place.or(signature.as_deref()),
        theirs: theirs.as_deref(),
        order: order.as_deref(),
        ..Options::default()
    };
    let Ok(answer) = diagnose(&input, &key, &options) else {
        assert!(key.is_empty());
        return;
    };
    let mut said = format!("{}{}{}", answer.zh, answer.en, answer.signed_string);
    for finding in &answer.mistakes {
        let _ = write!(said, "{:?}{}{}", finding.field, finding.zh, finding.en);
    }
    for differing in &answer.diff {
        let _ = write!(said, "{:?}{:?}{:?}", differing.field, differing.ours, differing.theirs);
    }
    assert!(said.len() < 64 * data.len() + 4096, "{} bytes of {}", said.len(), data.len());
    assert!(!answer.signed_string.chars().any(char::is_control));
    let lower = String::from_utf8_lossy(data).to_lowercase();
    let hidden = |secret: &str| lower.matches(&secret.to_lowercase()).count() == 0;
    if key.len() >= 16 && lower.matches(&key.to_lowercase()).count() == 1 {
        assert!(!said.to_lowercase().contains(&key.to_lowercase()), "{said}");
    }

    let (Ok(fields), Ok(key)) = (xml::parse(input.as_bytes()), Key::any(&*key)) else { return };
    for used in [SignType::Md5, SignType::HmacSha256] {
        if let Some(right) = sign(&fields, &key, used).ok().filter(|right| hidden(right)) {
            assert!(!said.to_uppercase().contains(&right), "{said}");
        }
    }
    let alone = in_place.is_none() && signature.is_none() && theirs.is_none() && order.is_none();
    if alone && verify(&fields, &key, SignType::Md5).is_ok() {
        assert!(matches!(answer.verdict, Verdict::Right | Verdict::Mistakes), "{said}");
    }
}
