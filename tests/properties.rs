//! What holds for all messages.
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use proptest::{collection::vec, prelude::*, sample::select};
use std::collections::BTreeMap;
use wxpay_core::{
    ErrorCode, Fields, Key, SignType, nonce, parse_signed, sign, signed_xml, string_to_sign,
    verify, xml,
};

#[allow(dead_code, reason = "each suite reads its own files of the set")]
mod vectors;
use vectors::{Pairs, pairs};

/// Text that XML can carry, with more than its share of what XML turns on.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[ -~]{0,8}",
        2 => select(vec![
            "]]>", "]]", "]", ">", "<", "&", "&amp;", "&#13;", "<![CDATA[", "</xml>", "<!--", "<?x?>",
            "\r", "\n", "\r\n", "\t", " ", "=", "&key=", "\"", "'", "\u{7f}", "\u{85}", "\u{a0}",
            "\u{2028}", "\u{3000}", "\u{feff}", "\u{fffd}", "\u{10ffff}", "支付", "😀", "0",
        ]).prop_map(String::from),
        1 => any::<char>().prop_filter("allowed", |&c| carried(c)).prop_map(String::from),
    ];
    vec(part, 0..6).prop_map(|parts| parts.concat())
}

/// Production 2 of XML 1.0.
fn carried(c: char) -> bool {
    match u32::from(c) {
        9 | 10 | 13 => true,
        0xfffe | 0xffff => false,
        code => code >= 32,
    }
}

fn name() -> impl Strategy<Value = String> {
    // `key` is refused by `sign`, and `sign` itself is what the tests add.
    "[A-Za-z_][A-Za-z0-9_.-]{0,63}"
        .prop_filter("free", |n| !["sign", "sign_type", "key"].contains(&&**n))
}

fn fields() -> impl Strategy<Value = Fields> {
    vec((name(), text()), 0..12).prop_map(|pairs| {
        let unique: BTreeMap<String, String> = pairs.iter().cloned().collect();
        let mut in_order = pairs;
        in_order.retain(|(n, v)| unique.get(n) == Some(v));
        in_order.dedup_by(|a, b| a.0 == b.0);
        let mut fields = Fields::new();
        for (name, value) in &in_order {
            if fields.get(name).is_none() {
                fields.insert(name, value).expect("a name and a value of the dialect");
            }
        }
        fields
    })
}

fn key() -> impl Strategy<Value = Key> {
    "[0-9A-Za-z]{32}".prop_map(|text| Key::new(&text).expect("a merchant key"))
}

fn sign_type() -> impl Strategy<Value = SignType> {
    select(vec![SignType::Md5, SignType::HmacSha256])
}

fn filled(fields: &Fields) -> Pairs {
    pairs(fields).into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn fault_24_to_27_what_is_built_is_read_back(fields in fields()) {
        let read = xml::parse(xml::build(&fields).as_bytes()).expect("the dialect");
        prop_assert_eq!(pairs(&read), filled(&fields));
    }

    #[test]
    fn fault_25_a_bare_value_is_no_way_into_the_xml(name in name(), value in text()) {
        // Refused, or written so that it is read back: never as markup.
        if let Ok(fields) = Fields::from_written([(name.as_str(), value.as_str(), true)]) {
            let read = xml::parse(xml::build(&fields).as_bytes()).map(|read| pairs(&read));
            prop_assert_eq!(read, Ok(filled(&fields)));
        }
    }

    #[test]
    fn fault_26_what_xml_cannot_carry_is_refused(c in any::<char>(), before in text(), after in text()) {
        let value = format!("{before}{c}{after}");
        let inserted = Fields::new().insert("a", &value).map_err(|e| e.code());
        let expected = if carried(c) { Ok(()) } else { Err(ErrorCode::FieldValue) };
        prop_assert_eq!(inserted, expected);
    }

    #[test]
    fn fault_22_names_are_those_of_the_grammar(name in ".{0,70}") {
        let good = name.len() <= 64
            && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
        let inserted = Fields::new().insert(&name, "1").map_err(|e| e.code());
        prop_assert_eq!(inserted, if good { Ok(()) } else { Err(ErrorCode::FieldName) });
    }

    #[test]
    fn a_signature_verifies(fields in fields(), key in key(), sign_type in sign_type()) {
        let mut signed = fields.clone();
        signed.insert("sign", &sign(&fields, &key, sign_type).expect("a signature")).expect("sign");
        prop_assert_eq!(verify(&signed, &key, sign_type), Ok(()));
        prop_assert_eq!(verify(&signed, &key, SignType::Md5), Ok(()));
        prop_assert_eq!(sign(&signed, &key, sign_type), sign(&fields, &key, sign_type));
    }

    #[test]
    fn a_signature_is_of_its_key(fields in fields(), one in "[0-9A-Za-z]{32}", at in 0..32usize, sign_type in sign_type()) {
        let mut other = one.clone();
        let changed = if one.as_bytes()[at] == b'0' { "1" } else { "0" };
        other.replace_range(at..=at, changed);
        let (one, other) = (Key::new(&one).expect("a key"), Key::new(&other).expect("a key"));
        let message = signed_xml(&fields, &one, sign_type).expect("a message");
        let with = |keys: &[Key]| parse_signed(message.as_bytes(), keys, sign_type).map_err(|e| e.code());
        prop_assert_eq!(with(std::slice::from_ref(&other)), Err(ErrorCode::SignMismatch));
        prop_assert!(with(std::slice::from_ref(&one)).is_ok());
        prop_assert!(with(&[other, one]).is_ok());
    }

    #[test]
    fn fault_14_the_sign_string_is_sorted_by_bytes(fields in fields()) {
        let mut pairs = filled(&fields);
        pairs.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
        let joined: Vec<String> = pairs.iter().map(|(n, v)| format!("{n}={v}")).collect();
        prop_assert_eq!(string_to_sign(&fields), joined.join("&"));
    }

    #[test]
    fn fault_44_the_order_of_fields_changes_nothing(fields in fields(), key in key(), sign_type in sign_type()) {
        let turned: Vec<_> = pairs(&fields).into_iter().rev().collect();
        let turned = Fields::from_pairs(turned).expect("the same fields");
        prop_assert_eq!(sign(&turned, &key, sign_type), sign(&fields, &key, sign_type));
    }

    #[test]
    fn any_change_of_a_signed_message_is_refused_or_harmless(
        fields in fields(), key in key(), sign_type in sign_type(),
        at in any::<prop::sample::Index>(), bytes in vec(any::<u8>(), 0..3), gone in 0..3usize,
    ) {
        let message = signed_xml(&fields, &key, sign_type).expect("a message").into_bytes();
        let keys = [key];
        let genuine = parse_signed(&message, &keys, sign_type).expect("genuine");
        let at = at.index(message.len());
        let mut changed = message.clone();
        changed.splice(at..(at + gone).min(message.len()), bytes);
        if let Ok(read) = parse_signed(&changed, &keys, sign_type) {
            prop_assert_eq!(filled(&read), filled(&genuine));
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(body in vec(any::<u8>(), 0..200)) {
        prop_assert!(xml::parse(&body).is_err(), "{:?}", body);
    }

    #[test]
    fn no_text_makes_the_reader_panic(value in text(), name in name()) {
        for body in [value.clone(), format!("<xml>{value}</xml>"), format!("<xml><{name}>{value}</{name}></xml>")] {
            if let Ok(fields) = xml::parse(body.as_bytes()) {
                let again = xml::parse(xml::build(&fields).as_bytes()).expect("the dialect");
                prop_assert_eq!(filled(&again), filled(&fields));
            }
        }
    }

    #[test]
    fn fault_13_a_nonce_is_32_of_the_alphabet(seed in any::<u64>()) {
        let mut state = seed;
        let text = nonce(|bytes: &mut [u8]| {
            for byte in bytes {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *byte = (state >> 56) as u8;
            }
            Ok::<(), ()>(())
        });
        let text = text.expect("a nonce");
        prop_assert_eq!(text.len(), 32);
        prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric()), "{}", text);
    }
}

/// Every byte of one signed message, replaced by what might matter: the exhaustive sister of the
/// property above (goal G49).
#[test]
fn every_single_byte_of_a_signed_message() {
    let fields = Fields::from_pairs([
        ("appid", "wxd930ea5d5a258f4f"),
        ("attach", "支付 & ]]> \r\n<测试>"),
        ("device_info", ""),
        ("total_fee", "100"),
    ]);
    let fields = fields.expect("fields");
    let keys = [Key::new("192006250b4c09247ec02edce69f6a2d").expect("a key")];
    for sign_type in [SignType::Md5, SignType::HmacSha256] {
        let message = signed_xml(&fields, &keys[0], sign_type).expect("a message").into_bytes();
        let genuine = filled(&parse_signed(&message, &keys, sign_type).expect("genuine"));
        for at in 0..message.len() {
            let old = message[at];
            let replacements =
                (0..8).map(|bit| old ^ 1 << bit).chain(*b"<>&/;#![] =\r\n\t\0aA0_x\xff");
            for new in replacements.filter(|&new| new != old) {
                let mut changed = message.clone();
                changed[at] = new;
                if let Ok(read) = parse_signed(&changed, &keys, sign_type) {
                    assert_eq!(filled(&read), genuine, "byte {at}: {old:#x} became {new:#x}");
                }
            }
            let mut shorter = message.clone();
            shorter.remove(at);
            if let Ok(read) = parse_signed(&shorter, &keys, sign_type) {
                assert_eq!(filled(&read), genuine, "byte {at} was removed");
            }
        }
    }
}
