//! The sheet, on which the WebAssembly module works without allocating, must say what the readable
//! half of the crate says: the same messages accepted, the same fields, the same string to sign.
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use proptest::{collection::vec, prelude::*, sample::select};
use serde::Deserialize;
use wxpay_core::{
    ErrorCode, Fields, Key, SignType,
    dictionary::NAMES,
    digest::{KEY_PREFIX, Keyed, PADDING, digits},
    parse_signed,
    sheet::{BEYOND_ASCII, INTEGER, Sheet, UNKNOWN},
    sign, signed_xml, string_to_sign, verify,
    xml::{self, Limits},
};

#[allow(dead_code, reason = "each suite reads its own files of the set")]
mod vectors;
use vectors::{Body, Pairs, load, pairs};

const RANK: u32 = 0xffff;

/// The fields that the sheet's entries point at.
fn entries(sheet: &Sheet, message: &[u8]) -> Pairs {
    let known: Vec<&str> = NAMES.split(' ').collect();
    let text = |from: u32, to: u32| {
        let bytes = message.get(from as usize..to as usize).expect("inside the message");
        String::from_utf8(bytes.to_vec()).expect("UTF-8")
    };
    let field = |entry: &wxpay_core::sheet::Entry| {
        let name = text(entry.name_start, entry.name_end);
        let rank = entry.name_rank & RANK;
        if rank == UNKNOWN {
            assert!(!known.contains(&name.as_str()), "{name} is in the dictionary");
        } else {
            assert_eq!(known.get(rank as usize), Some(&name.as_str()));
        }
        (name, text(entry.value_start, entry.value_end))
    };
    sheet.entries().iter().map(field).collect()
}

/// The string to sign, with room behind it for the key and the padding.
fn string(sheet: &mut Sheet, message: &[u8]) -> (Vec<u8>, usize) {
    let mut out = vec![0xaa; message.len() + 256 + PADDING];
    let end = sheet.write_string(message, &mut out).expect("room");
    (out, end)
}

/// The string as [`string_to_sign`] writes it: no `&` before the first field.
fn trimmed(sheet: &mut Sheet, message: &[u8]) -> String {
    let (out, end) = string(sheet, message);
    let text = std::str::from_utf8(&out[..end]).expect("UTF-8");
    assert!(text.is_empty() || text.starts_with('&'), "{text}");
    text.strip_prefix('&').unwrap_or_default().into()
}

/// Whether there is nothing in the body that [`Sheet::read_xml`] leaves to the general reader:
/// references, white space or a slash inside tags, text beside CDATA, `]` outside of it.
fn is_usual(body: &str) -> bool {
    let mut rest = body;
    if !rest.starts_with("<xml>") {
        return false;
    }
    let mut value_has_cdata = false;
    while let Some(at) = rest.find(['<', '&', ']']) {
        if at > 0 && value_has_cdata {
            // Text behind CDATA, unless the field was closed.
            return false;
        }
        rest = &rest[at..];
        if let Some(cdata) = rest.strip_prefix("<![CDATA[") {
            let Some(end) = cdata.find(']').filter(|end| cdata[*end..].starts_with("]]></")) else {
                return false;
            };
            rest = &cdata[end + 3..];
            value_has_cdata = true;
        } else if rest.starts_with('<') {
            let Some(end) = rest.find('>') else { return false };
            if rest[1..end].contains([' ', '\t', '\r', '\n'])
                || rest[1..end].chars().skip(1).any(|c| c == '/')
            {
                return false;
            }
            value_has_cdata = false;
            rest = &rest[end + 1..];
            // Text before CDATA.
            let text = rest.split('<').next().unwrap_or_default();
            if !text.is_empty() && rest[text.len()..].starts_with("<![CDATA[") {
                return false;
            }
        } else {
            return false;
        }
    }
    true
}

/// Reads the body both ways and compares; whether it was accepted.
fn compared(sheet: &mut Sheet, body: &[u8], limits: Limits) -> bool {
    let expected = xml::parse_with(body, "xml", limits);
    let mut read = body.to_vec();
    let got = sheet.read_xml(&mut read, limits, false);
    let shown = String::from_utf8_lossy(body);
    // What WeChat does not send, but XML allows, is left to the general reader.
    if !is_usual(&shown) {
        assert!(got.is_err() || expected.is_ok(), "{expected:?}: {shown}");
        if got.is_err() {
            return expected.is_ok();
        }
    }
    assert_eq!(got.is_ok(), expected.is_ok(), "{expected:?}: {shown}");
    let mut strict = body.to_vec();
    let undamaged = Sheet::new().read_xml(&mut strict, limits, true).is_ok();
    let replacement = shown.contains('\u{fffd}');
    assert_eq!(undamaged, expected.is_ok() && !replacement, "{shown}");
    let Ok(fields) = expected else { return false };
    assert_eq!(entries(sheet, &read), pairs(&fields), "{shown}");
    for (entry, (_, value)) in sheet.entries().iter().zip(fields.iter()) {
        let beyond = entry.name_rank & BEYOND_ASCII != 0;
        assert_eq!(beyond, !value.is_ascii(), "{value}");
    }
    assert_eq!(trimmed(sheet, &read), string_to_sign(&fields), "{shown}");
    assert_eq!(sheet.has_no_key(&read), fields.get("key").is_none());
    true
}

/// Whether the message's own signature holds, the way the module finds it out.
fn holds(sheet: &mut Sheet, body: &[u8], keys: &[String], floor: SignType) -> bool {
    let mut read = body.to_vec();
    if sheet.read_xml(&mut read, Limits::DEFAULT, false).is_err() {
        return false;
    }
    let Ok((used, claimed)) = sheet.claim(&read, floor).map(|(t, c)| (t, c.to_vec())) else {
        return false;
    };
    keys.iter().any(|key| signature(sheet, &read, key, used) == claimed)
}

fn signature(sheet: &mut Sheet, message: &[u8], key: &str, used: SignType) -> Vec<u8> {
    let (mut text, end) = string(sheet, message);
    let tail = [KEY_PREFIX, key.as_bytes()].concat();
    text[end..end + tail.len()].copy_from_slice(&tail);
    let mut out = [0; 64];
    let keyed = Keyed::new(key.as_bytes());
    digits(&mut text[1..], end + tail.len() - 1, used, || &keyed, &mut out).to_vec()
}

#[test]
fn the_golden_bodies() {
    // One sheet for all: nothing of one message may be left in the next.
    let mut sheet = Sheet::new();
    let mut accepted = 0;
    for case in load::<Body>("reader.json") {
        if case.root.as_deref().unwrap_or("xml") == "xml" {
            let good = compared(&mut sheet, &case.bytes(), Limits::DEFAULT);
            assert_eq!(good, case.expected().is_ok(), "{}", case.name);
            accepted += usize::from(good);
        }
    }
    assert!(accepted > 150, "{accepted} bodies were accepted");
}

#[test]
fn the_golden_signatures() {
    /// From `verify.json`; what is refused is refused whatever its code is.
    #[derive(Deserialize)]
    struct Message {
        name: String,
        text: String,
        keys: Vec<String>,
        sign_type: SignType,
        fields: Option<Pairs>,
    }
    let mut sheet = Sheet::new();
    let (mut good, mut bad) = (0, 0);
    for Message { name, text, keys, sign_type, fields } in load("verify.json") {
        compared(&mut sheet, text.as_bytes(), Limits::DEFAULT);
        let expected: Vec<Key> = keys.iter().map(|k| Key::any(k).expect("a key")).collect();
        let answer = parse_signed(text.as_bytes(), &expected, sign_type).is_ok();
        assert_eq!(answer, fields.is_some(), "{name}");
        if is_usual(&text) {
            assert_eq!(holds(&mut sheet, text.as_bytes(), &keys, sign_type), answer, "{name}");
        }
        *if answer { &mut good } else { &mut bad } += 1;
    }
    assert!(good > 10 && bad > 100, "{good} accepted, {bad} refused");
}

#[test]
fn the_limits_are_the_same() {
    let body = |count: usize| {
        let fields: String = (0..count).map(|i| format!("<f{i}>v</f{i}>")).collect();
        format!("<xml>{fields}</xml>").into_bytes()
    };
    let mut sheet = Sheet::new();
    for count in [1, 511, 512] {
        assert!(compared(&mut sheet, &body(count), Limits::DEFAULT), "{count} fields");
    }
    for count in [513, 514, 1000] {
        assert!(!compared(&mut sheet, &body(count), Limits::DEFAULT), "{count} fields");
    }
    let ten = body(10);
    for bytes in [ten.len(), ten.len() + 1, usize::MAX] {
        assert!(compared(&mut sheet, &ten, Limits { bytes, ..Limits::DEFAULT }));
    }
    for limits in [
        Limits { bytes: ten.len() - 1, ..Limits::DEFAULT },
        Limits { bytes: 0, ..Limits::DEFAULT },
        Limits { fields: 9, ..Limits::DEFAULT },
    ] {
        assert!(!compared(&mut sheet, &ten, limits));
    }
}

#[test]
fn a_full_sheet_is_sorted() {
    // Every known name and, between them, unknown ones up to the limit; in reverse order.
    let known = NAMES.split(' ').map(String::from);
    let mut names: Vec<String> = known.clone().chain(known.map(|n| format!("{n}_"))).collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(512);
    names.reverse();
    let fields = Fields::from_pairs(names.iter().map(|n| (n.as_str(), "v"))).expect("512 fields");
    let mut sheet = Sheet::new();
    assert!(compared(&mut sheet, xml::build(&fields).as_bytes(), Limits::DEFAULT));
    let pairs: String = names.iter().map(|name| format!("{name}\0v\0")).collect();
    sheet.read_pairs(pairs.as_bytes(), names.len()).expect("plain pairs");
    let mut sorted: Vec<usize> = (0..names.len()).collect();
    sorted.sort_unstable_by_key(|&at| &names[at]);
    let order: Vec<usize> = sheet.sort(pairs.as_bytes()).iter().copied().map(usize::from).collect();
    assert_eq!(order, sorted);
}

#[test]
fn unknown_names_in_any_order_are_sorted_and_none_stands_twice() {
    let mut sheet = Sheet::new();
    for count in [2, 3, 7, 8, 9, 64, 65, 200] {
        let plain: Vec<String> = (0..count).map(|n| format!("unknown_name_{n}")).collect();
        // Steps that have no divisor in common with the count reach every name.
        for step in [1, count - 1, 3, 7, 13].into_iter().filter(|step| gcd(*step, count) == 1) {
            let mut names: Vec<_> = (0..count).map(|n| plain[n * step % count].as_str()).collect();
            let fields = Fields::from_pairs(names.iter().map(|name| (*name, "v"))).expect("fields");
            assert!(compared(&mut sheet, xml::build(&fields).as_bytes(), Limits::DEFAULT));
            for (from, to) in [(0, 1), (0, count - 1), (count / 2, count - 1), (count / 3, 0)] {
                let kept = names[to];
                names[to] = names[from];
                let message: String = names.iter().map(|name| format!("{name}\0v\0")).collect();
                let read = sheet.read_pairs(message.as_bytes(), count);
                assert_eq!(read.is_err(), from != to, "{names:?}");
                names[to] = kept;
            }
        }
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A name of the dictionary, one that looks like it, or any other one.
fn name() -> impl Strategy<Value = String> {
    let known = || select(NAMES.split(' ').collect::<Vec<_>>());
    prop_oneof![
        6 => known().prop_map(String::from),
        2 => (known(), "[A-Za-z0-9_.-]").prop_map(|(name, end)| format!("{name}{end}")),
        1 => (known(), any::<prop::sample::Index>())
            .prop_map(|(name, at)| name[..=at.index(name.len())].to_owned()),
        1 => known().prop_map(str::to_uppercase),
        3 => "[A-Za-z_][A-Za-z0-9_.-]{0,63}",
        1 => select(vec!["sign", "sign_type", "key", "__proto__", "_", "z"]).prop_map(String::from),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[ -~]{0,12}",
        2 => select(vec![
            "]]>", "&", "<", "\r\n", "\t", "&#13;", "\u{7f}", "\u{85}", "\u{fffd}", "\u{feff}",
            "支付", "😀", "=", "&key=", "0",
        ]).prop_map(String::from),
    ];
    vec(part, 0..4).prop_map(|parts| parts.concat())
}

fn fields(most: usize) -> impl Strategy<Value = Fields> {
    vec((name(), text()), 0..most).prop_map(|pairs| {
        let mut fields = Fields::new();
        for (name, value) in &pairs {
            if fields.get(name).is_none() {
                fields.insert(name, value).expect("a name and a value of the dialect");
            }
        }
        fields
    })
}

/// What JavaScript writes, and what it would write if a name or a value held a separator.
fn written() -> impl Strategy<Value = Vec<(String, String, bool)>> {
    let odd =
        || select(vec!["\0", "\u{1}", "a\0b", "\u{1}1", "\0\0", "\u{2}"]).prop_map(String::from);
    let field = prop_oneof![
        12 => (name(), text(), Just(false)),
        4 => (name(), any::<u32>().prop_map(|n| n.to_string()), Just(true)),
        1 => (name(), odd(), Just(false)),
        1 => ((name(), odd()).prop_map(|(a, b)| a + &b), text(), Just(false)),
        1 => (select(vec!["", "0", "a b", "名", "é"]).prop_map(String::from), text(), Just(false)),
    ];
    vec(field, 0..20)
}

fn flat(fields: &[(String, String, bool)]) -> String {
    let mark = |bare: bool| if bare { '\u{1}' } else { '\0' };
    fields.iter().map(|(name, value, bare)| format!("{name}{}{value}\0", mark(*bare))).collect()
}

fn sign_type() -> impl Strategy<Value = SignType> {
    select(vec![SignType::Md5, SignType::HmacSha256])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn a_message_is_read_alike(fields in fields(40)) {
        let body = xml::build(&fields);
        prop_assert_eq!(compared(&mut Sheet::new(), body.as_bytes(), Limits::DEFAULT), true);
    }

    #[test]
    fn a_changed_message_is_read_alike(
        fields in fields(8), at in any::<prop::sample::Index>(), gone in 0..4usize,
        put in prop_oneof![
            vec(any::<u8>(), 0..3),
            select(vec!["<", ">", "</", "]]>", "<![CDATA[", "&#x4e;", "&lt;", "<a>", " ", "/"])
                .prop_map(|text| text.as_bytes().to_vec()),
        ],
    ) {
        let mut body = xml::build(&fields).into_bytes();
        let at = at.index(body.len());
        body.splice(at..(at + gone).min(body.len()), put);
        compared(&mut Sheet::new(), &body, Limits::DEFAULT);
    }

    #[test]
    fn a_signature_is_checked_alike(
        fields in fields(12), key in "[0-9A-Za-z]{32}", sign_type in sign_type(), floor in sign_type(),
        at in any::<prop::sample::Index>(), put in any::<char>(),
    ) {
        let real = Key::new(&key).expect("a key");
        let Ok(mut message) = signed_xml(&fields, &real, sign_type) else { return Ok(()) };
        let mut sheet = Sheet::new();
        for _ in 0..2 {
            let expected = parse_signed(message.as_bytes(), std::slice::from_ref(&real), floor).is_ok();
            let got = holds(&mut sheet, message.as_bytes(), std::slice::from_ref(&key), floor);
            prop_assert!(got == expected || (!got && !is_usual(&message)), "{}", message);
            // Once more, with one character changed.
            let at = at.index(message.chars().count());
            message = message.chars().enumerate().map(|(i, c)| if i == at { put } else { c }).collect();
        }
    }

    #[test]
    fn pairs_are_read_alike(given in written(), key in "[0-9A-Za-z]{32}", sign_type in sign_type()) {
        let message = flat(&given);
        let triples = given.iter().map(|(name, value, bare)| (name.as_str(), value.as_str(), *bare));
        let expected = Fields::from_written(triples);
        let mut sheet = Sheet::new();
        let read = sheet.read_pairs(message.as_bytes(), given.len());
        // What may be half a surrogate pair is left to the other reader.
        let damaged = message.contains('\u{fffd}');
        prop_assert_eq!(read.is_ok(), expected.is_ok() && !damaged, "{:?}: {:?}", message, expected);
        let Ok(fields) = expected else { return Ok(()) };
        if damaged {
            return Ok(());
        }
        prop_assert_eq!(entries(&sheet, message.as_bytes()), pairs(&fields));
        let bare: Vec<bool> = sheet.entries().iter().map(|e| e.name_rank & INTEGER != 0).collect();
        prop_assert_eq!(bare, given.iter().map(|(_, _, bare)| *bare).collect::<Vec<_>>());
        prop_assert_eq!(trimmed(&mut sheet, message.as_bytes()), string_to_sign(&fields));

        let real = Key::new(&key).expect("a key");
        match sign(&fields, &real, sign_type) {
            Err(error) => {
                prop_assert_eq!(error.code(), ErrorCode::FieldReserved);
                prop_assert!(!sheet.has_no_key(message.as_bytes()));
            }
            Ok(expected) => {
                prop_assert!(sheet.has_no_key(message.as_bytes()));
                let got = signature(&mut sheet, message.as_bytes(), &key, sign_type);
                prop_assert_eq!(got, expected.into_bytes());
            }
        }
        // Most claims here are no signatures at all, and both halves must say so.
        let claim = sheet.claim(message.as_bytes(), sign_type);
        let code = verify(&fields, &real, sign_type).map_err(|e| e.code());
        prop_assert_eq!(claim.is_ok(), matches!(code, Ok(()) | Err(ErrorCode::SignMismatch)));
    }

    #[test]
    fn the_count_of_pairs_must_fit(fields in fields(20), count in 0..24usize) {
        let clean = |(n, v): (&str, &str)| (n.to_owned(), v.replace('\u{fffd}', "?"), false);
        let message = flat(&fields.iter().map(clean).collect::<Vec<_>>());
        let read = Sheet::new().read_pairs(message.as_bytes(), count);
        prop_assert_eq!(read.is_ok(), count == fields.len());
    }

    #[test]
    fn an_order_is_given_only_where_it_holds_for_other_values(fields in fields(30)) {
        let written: Vec<_> =
            fields.iter().map(|(n, v)| (n.to_owned(), v.replace('\u{fffd}', "?"), false)).collect();
        let message = flat(&written);
        let mut sheet = Sheet::new();
        sheet.read_pairs(message.as_bytes(), written.len()).expect("plain pairs");
        let full = written.iter().all(|(_, value, _)| !value.is_empty());
        let signed = written.iter().filter(|(name, _, _)| name != "sign").count();
        prop_assert_eq!(sheet.signing_order(message.as_bytes()), full.then_some(signed));
    }
}
