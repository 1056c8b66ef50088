//! `MD5 key key…`, a line break, a message: accepted if and only if one of the keys made the
//! signature, with an algorithm that is good enough.

use crate::{errors, hot::Hot, parts, signature};
use wxpay_core::{ErrorCode, Key, SignType, parse_signed, signed_xml, verify, xml};

const TYPES: [SignType; 2] = [SignType::Md5, SignType::HmacSha256];

/// The target.
pub fn run(data: &[u8]) {
    let (head, body) = data.split_at(data.iter().position(|&b| b == b'\n').unwrap_or(0));
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    let head = String::from_utf8_lossy(head);
    let mut words = head.split(' ');
    let floor = words.next().and_then(|word| word.parse().ok()).unwrap_or_default();
    let texts: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let keys: Vec<Key> = texts.iter().filter_map(|text| Key::any(*text).ok()).collect();
    let opened = parse_signed(body, &keys, floor);
    if let Err(error) = &opened {
        errors::harmless(error, body, &texts);
    }
    let Ok(fields) = xml::parse(body) else {
        assert!(opened.is_err());
        return;
    };

    let pairs = parts::pairs(&fields);
    let claimed = fields.filled("sign").unwrap_or_default();
    let declared = fields.filled("sign_type");
    let used = TYPES
        .into_iter()
        .find(|used| texts.iter().any(|key| signature::of(&pairs, key, *used) == claimed));
    let good = used.is_some_and(|used| {
        let declared = declared.is_none_or(|declared| declared == used.as_str());
        declared && (floor == SignType::Md5 || used == SignType::HmacSha256)
    });
    assert_eq!(opened.as_ref().map(parts::pairs).ok(), good.then_some(pairs.clone()));
    for (text, key) in texts.iter().zip(&keys) {
        let fits = TYPES.iter().any(|used| signature::of(&pairs, text, *used) == claimed);
        assert_eq!(verify(&fields, key, floor).is_ok(), good && fits);
    }
    if let Some(mut hot) = Hot::of_xml(body) {
        let claim = hot.claim(floor);
        assert!(!good || claim == used, "the hot module says {claim:?}");
        if claim.is_some() && !good && !keys.is_empty() {
            assert_eq!(opened.as_ref().map_err(|e| e.code()), Err(ErrorCode::SignMismatch));
        }
    }

    // The same message, signed by us.
    for used in TYPES {
        let Some(key) = keys.first() else { break };
        let Ok(message) = signed_xml(&fields, key, used) else { continue };
        let mut expected = parts::filled(&fields);
        expected.retain(|(name, _)| name != "sign");
        expected.push(("sign".into(), signature::of(&pairs, texts[0], used)));
        match parse_signed(message.as_bytes(), &keys, used) {
            Ok(read) => assert_eq!(parts::pairs(&read), expected),
            Err(error) => assert_eq!(error.code(), ErrorCode::XmlLimit),
        }
    }
}
