//! The doctor: what it recognises, that it names what was done, and that it keeps the key. Signatures
//! are made here with the crates and plain text, not with the library; every mistake of the list is
//! made in js-tests/doctor.test.mjs.
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use proptest::prelude::*;
use sha2::Sha256;
use wxpay_core::{
    ErrorCode, SignType,
    diagnose::{Diagnosis, Difference, Mistake, Options, Spelling, Verdict, diagnose},
};

const KEY: &str = "192006250b4c09247ec02edce69f6a2d";
const ORDER: &[(&str, &str)] = &[
    ("appid", "wxd930ea5d5a258f4f"),
    ("attach", "a b&c=<d>"),
    ("body", "腾讯充值"),
    ("device_info", ""),
    ("mch_id", "10000100"),
    ("nonce_str", "ibuaiVcKdpRxkhJA"),
    ("notify_url", "https://example.com/wx/notify"),
    ("out_trade_no", "20150806125346"),
    ("total_fee", "88"),
    ("trade_type", "JSAPI"),
];

fn upper(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn md5_of(message: &[u8]) -> String {
    upper(&Md5::digest(message))
}

fn hmac_of(message: &[u8], key: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length");
    mac.update(message);
    upper(&mac.finalize().into_bytes())
}

/// Filled fields in the order in which they are given.
fn joined(fields: &[(&str, &str)]) -> String {
    let filled = fields.iter().filter(|(_, value)| !value.is_empty());
    filled.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn json(fields: &[(&str, &str)]) -> String {
    let object: serde_json::Map<String, serde_json::Value> =
        fields.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    serde_json::to_string(&object).expect("JSON")
}

fn ask(input: &str, options: &Options<'_>) -> Diagnosis {
    let diagnosis = diagnose(input, KEY, options).expect("there is a key");
    let told = serde_json::to_string(&diagnosis).expect("JSON") + &format!("{diagnosis:?}");
    assert!(!told.to_lowercase().contains(&KEY[..8]), "{told}");
    diagnosis
}

fn signed<'a>(sign: &'a str) -> Options<'a> {
    Options { sign: Some(sign), ..Options::default() }
}

fn named(diagnosis: &Diagnosis) -> Vec<(&'static str, Option<&str>)> {
    diagnosis.mistakes.iter().map(|found| (found.id.id(), found.field.as_deref())).collect()
}

#[test]
fn whatever_is_pasted_is_recognised() {
    let text = joined(ORDER);
    let sign = md5_of(format!("{text}&key={KEY}").as_bytes());
    let elements = |between: &str| -> String {
        let element = |&(name, value): &(&str, &str)| {
            format!("{between}<{name}><![CDATA[{value}]]></{name}>")
        };
        ORDER.iter().map(element).collect()
    };
    let encoded: Vec<String> = ORDER
        .iter()
        .map(|(name, value)| {
            let value: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
            format!("{name}={value}")
        })
        .collect();
    let python = json(ORDER).replace('"', "'").replace("''", "None");
    for input in [
        format!("<xml>{}</xml>", elements("")),
        format!("<?xml version=\"1.0\"?>\n<xml>{}\n</xml>\n", elements("\n  ")),
        format!("2026-01-01 12:00:00 [INFO] POST body: <xml>{}</xml> 200 OK", elements("")),
        "<xml><a></a></xml>".replace(
            "<a></a>",
            &elements("").replace("<device_info>", "<device_info/><device_info>"),
        ),
        json(ORDER),
        format!("[12:00] params = {} done", json(ORDER)),
        json(ORDER).replace('"', "\\\""),
        python,
        ORDER.iter().fold("[Object: null prototype] {\n".to_owned(), |all, (name, value)| {
            all + &format!("  {name}: '{value}',\n")
        }) + "}",
        text.clone(),
        format!("{text}&key={KEY}"),
        format!("{text}&key=********"),
        format!("stringSignTemp: \"{text}&key={KEY}\", next"),
        encoded.join("&"),
        format!("https://example.com/pay?{}", encoded.join("&")),
        ORDER
            .iter()
            .map(|(n, v)| format!("{n}={v}\n"))
            .collect::<String>()
            .replace("a b&c=<d>", "x"),
    ] {
        let with_x = input.contains("attach=x");
        let other = md5_of(format!("{}&key={KEY}", text.replace("a b&c=<d>", "x")).as_bytes());
        let diagnosis = ask(&input, &signed(if with_x { &other } else { &sign }));
        assert_eq!(diagnosis.verdict, Verdict::Right, "{input}\n{diagnosis:?}");
        assert!(diagnosis.signed_string.ends_with("&key=***"), "{}", diagnosis.signed_string);
    }
    let java = "{appid=wxd930ea5d5a258f4f, body=test, total_fee=1}";
    let sign =
        md5_of(format!("appid=wxd930ea5d5a258f4f&body=test&total_fee=1&key={KEY}").as_bytes());
    assert_eq!(ask(java, &signed(&sign)).verdict, Verdict::Right);
    let line = format!("sign string appid=wxd930ea5d5a258f4f&body=test&total_fee=1, sign={sign}");
    assert_eq!(ask(&line, &Options::default()).verdict, Verdict::Right);
}

#[test]
fn what_cannot_be_diagnosed_is_said() {
    let none = Options::default();
    assert_eq!(ask("", &none).verdict, Verdict::Unreadable);
    assert_eq!(ask("good morning", &none).verdict, Verdict::Unreadable);
    assert_eq!(ask("<html><body>502</body></html>", &signed("A")).verdict, Verdict::NotASignature);
    assert_eq!(ask("a=1&b=2", &none).verdict, Verdict::NoSignature);
    assert_eq!(ask("a=1&b=2", &signed("1234")).verdict, Verdict::NotASignature);
    let v3 = r#"{"id":"1","event_type":"X","resource":{"ciphertext":"x","nonce":"y"}}"#;
    assert_eq!(ask(v3, &none).verdict, Verdict::OtherApi);
    let missing = diagnose("a=1&b=2", "", &none).expect_err("no key");
    assert_eq!(missing.code(), ErrorCode::KeyMissing);
}

#[test]
fn both_algorithms_and_their_confusion() {
    let text = joined(ORDER);
    let message = format!("{text}&key={KEY}");
    let (md5, hmac) = (md5_of(message.as_bytes()), hmac_of(message.as_bytes(), KEY));
    assert_eq!(ask(&text, &signed(&md5)).verdict, Verdict::Right);
    assert_eq!(named(&ask(&text, &signed(&hmac))), [("algorithm", None)]);
    let wanted = Options { sign_type: Some(SignType::HmacSha256), ..signed(&hmac) };
    assert_eq!(ask(&text, &wanted).verdict, Verdict::Right);
    assert_eq!(named(&ask(&text, &signed(&md5.to_lowercase()))), [("lower-case", None)]);
    let bare = hmac_of(text.as_bytes(), KEY);
    let wanted = Options { sign_type: Some(SignType::HmacSha256), ..signed(&bare) };
    assert_eq!(named(&ask(&text, &wanted)), [("key-not-appended", None)]);
}

#[test]
fn one_mistake_and_the_string_that_was_signed() {
    let line_break = format!("{}&key={KEY}\n", joined(ORDER));
    let found = ask(&json(ORDER), &signed(&md5_of(line_break.as_bytes())));
    assert_eq!(named(&found), [("key-newline", None)]);
    let mut order = ORDER.to_vec();
    order[1].1 = "tea\u{200b}\n";
    let text = joined(&order).replace("tea\u{200b}\n", "tea\u{200b}");
    let found = ask(&json(&order), &signed(&md5_of(format!("{text}&key={KEY}").as_bytes())));
    assert_eq!(named(&found), [("line-breaks", Some("attach"))]);
    assert!(found.signed_string.contains("attach=tea<U+200B>&body"), "{}", found.signed_string);
    let dropped: Vec<_> = ORDER.iter().copied().filter(|(name, _)| *name != "body").collect();
    let sign = md5_of(format!("{}&key={KEY}", joined(&dropped)).as_bytes());
    assert_eq!(named(&ask(&json(ORDER), &signed(&sign))), [("field-dropped", Some("body"))]);
}

#[test]
fn two_mistakes() {
    let text = joined(ORDER).replace("total_fee=88", "total_fee=88.0").replace("appid=", "appId=");
    let sign = md5_of(format!("{text}&key={KEY}").as_bytes());
    let found = ask(&json(ORDER), &signed(&sign));
    let mut names = named(&found);
    names.sort_unstable();
    assert_eq!(names, [("field-name", Some("appid")), ("number-float", Some("total_fee"))]);
}

#[test]
fn a_key_that_was_pasted_or_given_is_told_apart() {
    let other = "abcdefghijklmnopqrstuvwxyz012345";
    let text = joined(ORDER);
    let sign = md5_of(format!("{text}&key={other}").as_bytes());
    let found = ask(&format!("{text}&key={other}"), &signed(&sign));
    assert_eq!(named(&found), [("other-key", Some("pasted"))]);
    assert!(!format!("{found:?}").contains(other));
    let sign_of_name = md5_of(format!("{text}&apiKey={other}").as_bytes());
    let pasted = format!("{text}&apiKey={other}");
    let found = ask(&pasted, &Options { theirs: Some(&pasted), ..signed(&sign_of_name) });
    assert_eq!(named(&found), [("other-key", Some("pasted")), ("key-name", None)]);
    assert!(!format!("{found:?}").contains(other) && found.diff.is_empty(), "{found:?}");
    let unexplained = ask(&text, &signed(&sign));
    assert_eq!(unexplained.verdict, Verdict::Unexplained);
    assert!(unexplained.complete && unexplained.tried > 5_000, "{}", unexplained.tried);
    let candidates = [("sandbox", other)];
    let found = ask(&text, &Options { candidates: &candidates, ..signed(&sign) });
    assert_eq!(named(&found), [("sandbox-key", Some("sandbox"))]);
}

#[test]
fn the_key_is_masked_wherever_it_stands() {
    let fields =
        [("appid", "wx1"), ("attach", KEY), ("body", &KEY.to_uppercase()), ("detail", "\"")];
    let text = joined(&fields);
    for theirs in [None, Some(text.as_str())] {
        let found = ask(&json(&fields), &Options { theirs, ..signed(&md5_of(b"x")) });
        assert!(found.signed_string.contains("attach=***&body=***"), "{}", found.signed_string);
    }
}

#[test]
fn the_host_has_the_tables() {
    let gbk = |spelling, text: &str| {
        (spelling == Spelling::Gbk && text == "腾讯充值")
            .then(|| b"\xcc\xda\xd1\xb6\xb3\xe4\xd6\xb5".to_vec())
    };
    let text = joined(ORDER);
    let (before, after) = text.split_once("腾讯充值").expect("there");
    let tail = format!("{after}&key={KEY}");
    let message =
        [before.as_bytes(), b"\xcc\xda\xd1\xb6\xb3\xe4\xd6\xb5", tail.as_bytes()].concat();
    let sign = md5_of(&message);
    let found = ask(&json(ORDER), &Options { host: Some(&gbk), ..signed(&sign) });
    assert_eq!(named(&found), [("gbk", Some("body"))]);
    assert!(found.signed_string.contains("body=<CC><DA><D1><B6>"), "{}", found.signed_string);
    assert_eq!(ask(&json(ORDER), &signed(&sign)).verdict, Verdict::Unexplained);
}

#[test]
fn the_difference_is_shown() {
    let theirs =
        joined(ORDER).replace("total_fee=88", "total_fee=89").replace("mch_id=10000100&", "");
    let found = ask(&json(ORDER), &Options { theirs: Some(&theirs), ..Options::default() });
    let kinds: Vec<_> = found.diff.iter().map(|d| (d.field.as_str(), d.kind)).collect();
    assert_eq!(kinds, [("mch_id", Difference::Missing), ("total_fee", Difference::Value)]);
    let fee = &found.diff[1];
    let at = fee.theirs_at.expect("there");
    assert_eq!(theirs.chars().nth(at), Some('9'));
    let same = joined(ORDER);
    assert!(
        ask(&json(ORDER), &Options { theirs: Some(&same), ..Options::default() }).diff.is_empty()
    );
}

#[test]
fn ids_are_a_closed_list() {
    let mut ids: Vec<&str> = Mistake::ALL.iter().map(|mistake| mistake.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), Mistake::ALL.len());
    assert!(
        ids.iter().all(|id| id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'))
    );
}

#[test]
fn a_large_message_ends_in_time() {
    let fields: Vec<(String, String)> =
        (0..900).map(|n| (format!("field_{n}"), format!("{n} & value"))).collect();
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let found = ask(&json(&pairs), &signed(&md5_of(b"x")));
    assert_eq!((found.verdict, found.complete), (Verdict::Unexplained, false));
}

/// Something like a message, or nothing like one.
fn pasted() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("<xml>"),
        Just("</xml>"),
        Just("<![CDATA["),
        Just("]]>"),
        Just("{"),
        Just("}"),
        Just("\""),
        Just("appid"),
        Just("sign"),
        Just("timeStamp"),
        Just("package"),
        Just("="),
        Just("&"),
        Just("&key="),
        Just("%4"),
        Just("%E8%85"),
        Just("\\u"),
        Just("\\ud83d"),
        Just(":"),
        Just(","),
        Just("<"),
        Just("/>"),
        Just("茶"),
        Just("1490840662987"),
        Just("0.88"),
        Just("\n"),
        Just("["),
        Just("&#x"),
        Just("&amp;"),
    ];
    prop_oneof![
        prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat()),
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn never_panics(
        input in pasted(), theirs in pasted(), order in pasted(), key in "\\PC{1,40}", given in any::<bool>(),
    ) {
        let options = Options {
            theirs: given.then_some(theirs.as_str()),
            order: given.then_some(order.as_str()),
            sign: given.then_some("F1BEB7FD4AADBB320D95EC02CC83DCD1"),
            ..Options::default()
        };
        let diagnosis = diagnose(&input, &key, &options).expect("there is a key");
        prop_assert_ne!(diagnosis.verdict, Verdict::Mistakes);
    }
}
