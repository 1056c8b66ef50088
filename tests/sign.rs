//! What is sent and signed (faults 13 to 28), and what is accepted as signed (faults 33 to 47).
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use serde::Deserialize;
use std::collections::BTreeSet;
use wxpay_core::{
    ErrorCode, Fields, Key, SignType, nonce, parse_signed, sign, signed::verify_any, signed_xml,
    string_to_sign, verify, xml,
};

#[allow(dead_code, reason = "each suite reads its own files of the set")]
mod vectors;
use vectors::{Pairs, load, pairs};

const KEY: &str = "192006250b4c09247ec02edce69f6a2d";

fn key() -> Key {
    Key::new(KEY).expect("the key of the documents")
}

fn fields<const N: usize>(pairs: [(&str, &str); N]) -> Fields {
    Fields::from_pairs(pairs).expect("fields")
}

#[test]
fn fault_11_and_13_a_nonce_takes_its_bytes_from_the_source_it_is_given() {
    let mut asked = 0;
    let text = nonce(|bytes: &mut [u8]| {
        asked += bytes.len();
        bytes.iter_mut().zip(0..).for_each(|(byte, i)| *byte = i);
        Ok::<(), ()>(())
    });
    assert_eq!(text.as_deref(), Ok("0123456789ABCDEFGHIJKLMNOPQRSTUV"));
    assert!(asked >= 32);
    assert_eq!(nonce(|_: &mut [u8]| Err("no entropy")), Err("no entropy"));
}

#[test]
fn fault_13_a_nonce_has_no_modulo_bias() {
    // 248 is the largest multiple of 62 in a byte. What lies above it must not be folded down.
    let mut calls = 0;
    let text = nonce(|bytes: &mut [u8]| {
        calls += 1;
        bytes.fill(if calls == 1 { 248 } else { 61 });
        Ok::<(), ()>(())
    });
    assert_eq!(text, Ok("z".repeat(32)));
    assert_eq!(calls, 2, "a buffer of bytes that are too large gives nothing");
}

#[test]
fn fault_15_and_16_empty_values_are_neither_signed_nor_sent_and_zero_is_both() {
    let order = fields([("a", ""), ("b", "0"), ("c", " ")]);
    assert_eq!(string_to_sign(&order), "b=0&c= ");
    assert_eq!(xml::build(&order), "<xml><b><![CDATA[0]]></b><c><![CDATA[ ]]></c></xml>");
    assert_eq!(xml::build(&Fields::new()), "<xml></xml>");
}

#[test]
fn fault_16_integers_are_written_bare_and_signed_as_their_digits() {
    let mut order = Fields::new();
    order.insert_integer("total_fee", 88).expect("an integer");
    order.insert_integer("zero", 0).expect("an integer");
    order.insert_integer("most", u64::MAX).expect("an integer");
    order.insert("body", "1").expect("a text");
    assert_eq!(string_to_sign(&order), "body=1&most=18446744073709551615&total_fee=88&zero=0");
    assert_eq!(
        xml::build(&order),
        "<xml><total_fee>88</total_fee><zero>0</zero><most>18446744073709551615</most>\
         <body><![CDATA[1]]></body></xml>"
    );
}

#[test]
fn fault_21_an_old_signature_is_replaced_and_the_key_is_no_field() {
    let old = fields([("a", "1"), ("sign", "0123456789ABCDEF0123456789ABCDEF"), ("b", "2")]);
    let new = fields([("a", "1"), ("b", "2")]);
    for sign_type in [SignType::Md5, SignType::HmacSha256] {
        let signature = sign(&new, &key(), sign_type).expect("a signature");
        assert_eq!(sign(&old, &key(), sign_type).as_ref(), Ok(&signature));
        let message = signed_xml(&old, &key(), sign_type).expect("a message");
        let read = parse_signed(message.as_bytes(), &[key()], sign_type).expect("genuine");
        assert_eq!(read.get("sign"), Some(signature.as_str()));
        assert_eq!(message.matches("<sign>").count(), 1);
    }
    for value in ["x", ""] {
        let refused = sign(&fields([("key", value)]), &key(), SignType::Md5);
        let error = refused.expect_err("the key is no field");
        assert_eq!((error.code(), error.field_name()), (ErrorCode::FieldReserved, Some("key")));
        let refused = signed_xml(&fields([("key", value)]), &key(), SignType::Md5);
        assert_eq!(refused.map_err(|e| e.code()), Err(ErrorCode::FieldReserved));
    }
    // Only this name: `Key`, `appkey` and `key_` are fields like others.
    assert!(
        sign(&fields([("Key", "1"), ("appkey", "2"), ("key_", "3")]), &key(), SignType::Md5)
            .is_ok()
    );
}

#[test]
fn fault_22_and_23_names() {
    let long = "n".repeat(65);
    for name in [
        "",
        "0",
        "1a",
        "-x",
        ".x",
        "a b",
        "a&b",
        "a=b",
        "a<b",
        "a>b",
        "a/b",
        "a:b",
        "#text",
        "$",
        "@x",
        "a\"b",
        "a\nb",
        "a\0b",
        "名",
        "é",
        "a\u{200b}b",
        "\u{feff}a",
        "ａ",
        &long,
    ] {
        let error = Fields::from_pairs([(name, "1")]).expect_err(name);
        assert_eq!(error.code(), ErrorCode::FieldName, "{name:?}");
        let mut fields = Fields::new();
        assert_eq!(fields.insert(name, "1").map_err(|e| e.code()), Err(ErrorCode::FieldName));
        assert_eq!(fields.insert_integer(name, 1).map_err(|e| e.code()), Err(ErrorCode::FieldName));
        assert!(fields.is_empty());
    }
    for name in ["a", "_", "__proto__", "constructor", "a.b-c_0", &long[1..]] {
        assert_eq!(string_to_sign(&fields([(name, "1")])), format!("{name}=1"));
    }
}

#[test]
fn a_name_stands_once_and_there_is_an_end_to_them() {
    let twice = Fields::from_pairs([("a", "1"), ("b", "2"), ("a", "")]).expect_err("twice");
    assert_eq!((twice.code(), twice.field_name()), (ErrorCode::FieldDuplicate, Some("a")));
    let mut fields = fields([("a", "1")]);
    assert_eq!(fields.insert("a", "1").map_err(|e| e.code()), Err(ErrorCode::FieldDuplicate));
    assert_eq!(fields.remove("a").as_deref(), Some("1"));
    assert_eq!(fields.remove("a"), None);
    for i in 0..512 {
        fields.insert(&format!("n{i}"), "1").expect("512 fields");
    }
    assert_eq!(fields.insert("one_more", "1").map_err(|e| e.code()), Err(ErrorCode::FieldLimit));
    assert_eq!(fields.len(), 512);
    let many = Fields::from_pairs((0..513).map(|i| (format!("n{i}"), "1")));
    assert_eq!(many.map_err(|e| e.code()), Err(ErrorCode::FieldLimit));
}

#[test]
fn fault_24_25_and_27_markup_and_line_ends_are_signed_raw_and_read_back() {
    for value in [
        "]]>",
        "x]]>y]]>",
        "]]]]>>",
        "]]",
        "]",
        ">",
        "<![CDATA[x]]>",
        "<a>1</a>",
        "&amp;",
        "&#65;",
        "\"'`",
        "\r",
        "\r\n",
        "\n\r",
        "]]\r>",
        "\t",
        " x ",
        "</xml>",
        "&",
        "=",
        "a=1&b=2",
        "%26",
        "+",
        "\u{85}\u{2028}",
        "]]&#13;>",
        "\u{feff}",
        "支付😀",
    ] {
        let order = fields([("a", value)]);
        assert_eq!(string_to_sign(&order), format!("a={value}"));
        let message = xml::build(&order);
        assert!(!message.contains('\r'), "a conforming parser would turn it into a line feed");
        let read = xml::parse(message.as_bytes()).expect(value);
        assert_eq!(pairs(&read), pairs(&order));
    }
}

#[test]
fn fault_26_what_xml_cannot_carry_is_refused_by_name() {
    for bad in ["\0", "\u{1}", "\u{8}", "\u{b}", "\u{c}", "\u{e}", "\u{1f}", "\u{fffe}", "\u{ffff}"]
    {
        let error =
            Fields::from_pairs([("a", "1"), ("attach", &format!("secret{bad}"))]).expect_err(bad);
        assert_eq!((error.code(), error.field_name()), (ErrorCode::FieldValue, Some("attach")));
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
}

#[test]
fn sign_types_have_one_spelling() {
    assert_eq!("MD5".parse(), Ok(SignType::Md5));
    assert_eq!("HMAC-SHA256".parse(), Ok(SignType::HmacSha256));
    assert_eq!(SignType::default(), SignType::Md5);
    for bad in ["", "md5", "MD5 ", "HMAC_SHA256", "hmac-sha256", "SHA1", "RSA", "constructor"] {
        let code = bad.parse::<SignType>().map_err(|e| e.code());
        assert_eq!(code, Err(ErrorCode::SignTypeUnknown), "{bad}");
    }
    let lying = fields([("sign_type", "HMAC-SHA256")]);
    let code = signed_xml(&lying, &key(), SignType::Md5).map_err(|e| e.code());
    assert_eq!(code, Err(ErrorCode::SignTypeContradiction));
    let unknown = fields([("sign_type", "RSA")]);
    let code = signed_xml(&unknown, &key(), SignType::Md5).map_err(|e| e.code());
    assert_eq!(code, Err(ErrorCode::SignTypeUnknown));
}

#[test]
fn fault_1_and_38_there_is_no_signature_without_a_key() {
    assert_eq!(Key::new("").map_err(|e| e.code()).err(), Some(ErrorCode::KeyMissing));
    assert_eq!(Key::any("").map_err(|e| e.code()).err(), Some(ErrorCode::KeyMissing));
    let message = signed_xml(&fields([("a", "1")]), &key(), SignType::Md5).expect("a message");
    let code = parse_signed(message.as_bytes(), &[], SignType::Md5).map_err(|e| e.code());
    assert_eq!(code, Err(ErrorCode::KeyMissing));
}

#[test]
fn verify_any_says_which_key_fits() {
    let other = Key::new("00000000000000000000000000000772").expect("a key");
    for sign_type in [SignType::Md5, SignType::HmacSha256] {
        let mut message = fields([("a", "1")]);
        let signature = sign(&message, &key(), sign_type).expect("a signature");
        message.insert("sign", &signature).expect("sign");
        let fit = |keys: &[Key]| verify_any(&message, keys, sign_type).map_err(|e| e.code());
        assert_eq!(fit(&[key(), other.clone()]), Ok(0));
        assert_eq!(fit(&[other.clone(), key()]), Ok(1));
        assert_eq!(fit(&[other.clone(), key(), other.clone()]), Ok(1));
        assert_eq!(fit(&[other.clone(), other.clone()]), Err(ErrorCode::SignMismatch));
        assert_eq!(fit(&[]), Err(ErrorCode::KeyMissing));
    }
}

/// A message and what comes of it, from `verify.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    name: String,
    rows: Vec<u32>,
    text: String,
    keys: Vec<String>,
    sign_type: SignType,
    fields: Option<Pairs>,
    error: Option<ErrorCode>,
    errors: Option<Vec<ErrorCode>>,
}

impl Message {
    /// What is wrong with the answer to this message, if anything is.
    fn fault(&self) -> Option<String> {
        let keys: Vec<Key> = self.keys.iter().map(|k| Key::new(k).expect("a key")).collect();
        let codes: Vec<ErrorCode> =
            self.error.into_iter().chain(self.errors.iter().flatten().copied()).collect();
        let answer = parse_signed(self.text.as_bytes(), &keys, self.sign_type);
        let complaint = match (&answer, &self.fields) {
            (Ok(read), Some(expected)) if pairs(read) == *expected => {
                // The second half of parse_signed must say the same of the fields alone.
                let fits = keys.iter().any(|key| verify(read, key, self.sign_type).is_ok());
                if fits {
                    return None;
                }
                "refused by verify".into()
            }
            (Err(error), None) if codes.contains(&error.code()) => self.leak(error)?,
            (Err(error), _) => format!("refused as {error:?}, expected {codes:?}"),
            (Ok(read), _) => format!("read as {read:?}, expected {codes:?}"),
        };
        Some(format!("{}: {complaint}", self.name))
    }

    /// The secret that the error gives away (fault 47).
    fn leak(&self, error: &wxpay_core::Error) -> Option<String> {
        let said = format!("{error} {error:?}");
        let mut secrets = self.keys.clone();
        if let Ok(read) = xml::parse(self.text.as_bytes()) {
            secrets.push(string_to_sign(&read));
            secrets.extend(read.filled("sign").filter(|s| s.len() >= 16).map(String::from));
            for key in self.keys.iter().map(|k| Key::new(k).expect("a key")) {
                secrets.extend(sign(&read, &key, SignType::Md5));
                secrets.extend(sign(&read, &key, SignType::HmacSha256));
            }
        }
        let shows = |secret: &String| !secret.is_empty() && said.contains(secret.as_str());
        let given = secrets.into_iter().find(shows)?;
        Some(format!("the error gives {given} away: {said}"))
    }
}

fn check(cases: &[&Message]) {
    assert!(!cases.is_empty(), "no case covers this fault");
    let faults: Vec<String> = cases.iter().filter_map(|case| case.fault()).collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

fn check_row(row: u32) {
    let cases = load::<Message>("verify.json");
    check(&cases.iter().filter(|case| case.rows.contains(&row)).collect::<Vec<_>>());
}

macro_rules! faults {
    ($($row:literal $test:ident)+) => {
        $(#[test] fn $test() { check_row($row); })+
        const NAMED: &[u32] = &[$($row),+];
    };
}

faults! {
    15 fault_15_empty_fields_of_a_message_are_not_signed
    27 fault_27_carriage_returns_in_a_message
    33 fault_33_no_signature
    34 fault_34_two_signatures
    35 fault_35_a_signature_that_is_no_hexadecimal_number
    36 fault_36_one_digit_wrong
    37 fault_37_loose_equality
    38 fault_38_other_keys
    39 fault_39_downgrades
    40 fault_40_unknown_sign_types
    41 fault_41_contradicting_sign_types
    42 fault_42_other_algorithms
    43 fault_43_unknown_fields_are_signed
    44 fault_44_changed_fields
    45 fault_45_changed_by_a_proxy
}

#[test]
fn genuine_messages_and_every_row_has_its_test() {
    let cases = load::<Message>("verify.json");
    check(&cases.iter().filter(|case| case.rows.is_empty()).collect::<Vec<_>>());
    let covered: BTreeSet<u32> = cases.iter().flat_map(|case| case.rows.iter().copied()).collect();
    assert_eq!(covered, NAMED.iter().copied().collect());
}

#[test]
fn fault_36_every_digit_counts() {
    let order = fields([("a", "1"), ("b", "支付")]);
    for sign_type in [SignType::Md5, SignType::HmacSha256] {
        let signature = sign(&order, &key(), sign_type).expect("a signature");
        for at in 0..signature.len() {
            for digit in "0123456789ABCDEF".chars() {
                let mut claimed = signature.clone();
                claimed.replace_range(at..=at, &digit.to_string());
                let mut message = order.clone();
                message.insert("sign", &claimed).expect("sign");
                let expected =
                    if claimed == signature { Ok(()) } else { Err(ErrorCode::SignMismatch) };
                assert_eq!(verify(&message, &key(), SignType::Md5).map_err(|e| e.code()), expected);
            }
        }
    }
}

#[test]
fn fault_47_a_key_does_not_show() {
    let shown = format!("{:?} {:#?} {:?}", key(), key(), Some(&[key()]));
    assert!(!shown.contains(&KEY[..8]), "{shown}");
    assert_eq!(format!("{:?}", key()), "Key(REDACTED)");
    let almost = format!("{KEY}\n");
    let error = Key::new(&almost).expect_err("a trailing newline");
    assert!(!format!("{error} {error:?}").contains(&KEY[..8]));
}

#[test]
fn the_spelling_of_the_algorithms() {
    for (sign_type, spelling) in [(SignType::Md5, "MD5"), (SignType::HmacSha256, "HMAC-SHA256")] {
        assert_eq!(sign_type.to_string(), spelling);
        assert_eq!(spelling.parse::<SignType>().map_err(|e| e.code()), Ok(sign_type));
    }
}
