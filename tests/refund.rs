//! Faults 188 to 191: what is refused in `req_info`, and that nobody learns why.
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use wxpay_core::{
    Error, ErrorCode, Fields, Key,
    merchant::Merchant,
    refund::{decrypt_refund, encipher, encrypt_refund, notified, queried},
    xml,
};

const TEXT: &str = "<root><out_refund_no>R1</out_refund_no><refund_fee>1</refund_fee></root>";

fn key() -> Key {
    Key::any("192006250b4c09247ec02edce69f6a2d").expect("a key")
}

fn refused(req_info: &str, keys: &[Key]) -> Error {
    match decrypt_refund(req_info, keys) {
        Ok(fields) => panic!("{req_info}: {fields:?}"),
        Err(error) => error,
    }
}

/// A text that is padded by hand: its own padding is the block behind it, which is cut off.
fn padded_by_hand(text: &[u8]) -> String {
    assert_eq!(text.len() % 16, 0);
    let sealed = encipher(text, &key());
    let bytes = unbase64(&sealed);
    base64(&bytes[..text.len()])
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn unbase64(text: &str) -> Vec<u8> {
    let (mut bits, mut held, mut bytes) = (0u32, 0, Vec::new());
    for c in text.trim_end_matches('=').bytes() {
        let digit = ALPHABET.iter().position(|&b| b == c).expect("base64");
        bits = bits << 6 | digit as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}

fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let word =
            part.iter().fold(0u32, |word, &b| word << 8 | u32::from(b)) << (8 * (3 - part.len()));
        for at in 0..4 {
            let digit = ALPHABET[(word >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= part.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[test]
fn one_error_for_every_reason() {
    let good = encipher(TEXT.as_bytes(), &key());
    assert_eq!(decrypt_refund(&good, &[key()]).map(|f| f.len()), Ok(2));

    let mut bad = vec![
        String::new(),
        "=".into(),
        "not base64!".into(),
        good.replace('+', "-").replace('/', "_") + "-_",
        format!("{good}="),
        format!(" {good}"),
        format!("{good}AAAA"),
        good[..good.len() - 4].into(),
        good[24..].into(),
        good.to_lowercase(),
        "A".repeat(200_000),
        // What came out is no message, or another one.
        encipher(b"", &key()),
        encipher(b"refund", &key()),
        encipher(&[0xff; 16], &key()),
        encipher(b"<xml><a>1</a></xml>", &key()),
        encipher(b"<!DOCTYPE root><root><a>1</a></root>", &key()),
        encipher(b"<root><a>1</a><a>2</a></root>", &key()),
        encipher(TEXT.as_bytes(), &Key::any("abcdefghijklmnopqrstuvwxyz012345").expect("a key")),
    ];
    // The text is cut so that a whole padding fits the block.
    let body = "<root><a>1</a></root>          ";
    let paddings: [(&[u8], bool); 9] = [
        (&[1], true),
        (&[0], false),
        (&[17], false),
        (&[32], false),
        (&[255], false),
        (&[2, 3, 3], false),
        // X9.23 and ISO 10126 fill with something else, ISO 7816 with 0x80.
        (&[0, 0, 3], false),
        (&[7, 9, 3], false),
        (&[0x80, 0, 0], false),
    ];
    for (padding, fits) in paddings {
        let mut text = Vec::from(&body.as_bytes()[..32 - padding.len()]);
        text.extend(padding);
        let req_info = padded_by_hand(&text);
        if fits {
            assert_eq!(decrypt_refund(&req_info, &[key()]).map(|f| f.len()), Ok(1));
        } else {
            bad.push(req_info);
        }
    }
    // A block of padding alone, and one that says it is longer than a block.
    bad.push(padded_by_hand(&[16; 16]));
    bad.push(padded_by_hand(&[b"<root><a>1</a></root>           ", &[17; 16][..]].concat()));

    let expected = refused("", &[key()]);
    assert_eq!(expected.code(), ErrorCode::RefundUndecipherable);
    for req_info in &bad {
        assert_eq!(refused(req_info, &[key()]), expected, "{req_info:.80}");
    }
}

#[test]
fn every_changed_byte_is_refused_or_read_as_something_else() {
    let good = unbase64(&encipher(TEXT.as_bytes(), &key()));
    let read = decrypt_refund(&base64(&good), &[key()]);
    let expected = refused("", &[key()]);
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut changed = good.clone();
            changed[at] ^= 1 << bit;
            match decrypt_refund(&base64(&changed), &[key()]) {
                Ok(fields) => assert_ne!(Ok(fields), read),
                Err(error) => assert_eq!(error, expected),
            }
        }
    }
}

#[test]
fn fault_188_folded_lines_are_read() {
    let good = encipher(TEXT.as_bytes(), &key());
    for end in ["\n", "\r\n"] {
        let lines: Vec<&str> =
            good.as_bytes().chunks(76).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        let folded = lines.join(end) + end;
        assert_eq!(decrypt_refund(&folded, &[key()]), decrypt_refund(&good, &[key()]));
    }
}

#[test]
fn fault_7_any_of_several_keys() {
    let good = encipher(TEXT.as_bytes(), &key());
    let other = Key::any("abcdefghijklmnopqrstuvwxyz012345").expect("a key");
    let read = decrypt_refund(&good, &[key()]);
    assert!(read.is_ok());
    assert_eq!(decrypt_refund(&good, &[key(), other.clone()]), read);
    assert_eq!(decrypt_refund(&good, &[other.clone(), key()]), read);
    assert_eq!(refused(&good, &[other]).code(), ErrorCode::RefundUndecipherable);
    assert_eq!(refused(&good, &[]).code(), ErrorCode::KeyMissing);
}

#[test]
fn a_text_may_end_as_its_padding_begins() {
    // Ten bytes are missing, and the last one is a ten, too.
    let text = "<root><a>1</a></root>\n";
    assert_eq!(text.len() % 16, 6);
    assert_eq!(
        decrypt_refund(&encipher(text.as_bytes(), &key()), &[key()]).map(|f| f.len()),
        Ok(1)
    );
}

#[test]
fn as_large_as_any_message() {
    let sealed = |length: usize| {
        let text = format!("<root><a>{}</a></root>", "x".repeat(length));
        encipher(text.as_bytes(), &key())
    };
    assert_eq!(decrypt_refund(&sealed(65_000), &[key()]).map(|f| f.len()), Ok(1));
    assert_eq!(refused(&sealed(65_536), &[key()]).code(), ErrorCode::RefundUndecipherable);
}

const MERCHANT: Merchant<'_> =
    Merchant { appid: "wxd930ea5d5a258f4f", mch_id: "1900000109", sub_mch_id: None };

fn fields(pairs: &[(&str, &str)]) -> Fields {
    Fields::from_pairs(pairs.iter().copied()).expect("fields")
}

/// What chapter 9.16 has in `req_info`.
const INNER: [(&str, &str); 8] = [
    ("out_trade_no", "A1001"),
    ("transaction_id", "1004400740201409030005092168"),
    ("total_fee", "101"),
    ("out_refund_no", "R1"),
    ("refund_id", "50000408942018111907145868882"),
    ("refund_fee", "60"),
    ("refund_status", "SUCCESS"),
    ("success_time", "2018-11-19 16:24:13"),
];

/// Nothing is other.
const SAME: (&str, &str) = ("return_code", "SUCCESS");

/// The fields with another value of one of them, or with one more.
fn changed(pairs: &[(&str, &str)], name: &str, value: &str) -> Fields {
    let kept = pairs.iter().copied().filter(|&(other, _)| other != name);
    Fields::from_pairs(kept.chain([(name, value)])).expect("fields")
}

fn inner(name: &str, value: &str) -> Fields {
    changed(&INNER, name, value)
}

/// The notification with these fields inside, and one that is other outside.
fn message(inside: &Fields, (name, value): (&str, &str)) -> Vec<u8> {
    let sealed = encrypt_refund(inside, &key());
    let outer = [
        ("return_code", "SUCCESS"),
        ("appid", MERCHANT.appid),
        ("mch_id", MERCHANT.mch_id),
        ("req_info", &sealed),
    ];
    xml::build(&changed(&outer, name, value)).into_bytes()
}

#[test]
fn a_notification_says_what_became_of_the_refund() {
    for status in ["SUCCESS", "CHANGE", "REFUNDCLOSE", "PROCESSING"] {
        let read = notified(&message(&inner("refund_status", status), SAME), &[key()], MERCHANT)
            .expect("a refund");
        assert_eq!(read.get("refund_status"), Some(status));
        assert_eq!(read.get("refund_fee"), Some("60"));
        assert_eq!(read.len(), INNER.len());
    }
    let code =
        |body: &[u8]| notified(body, &[key()], MERCHANT).map(|f| f.len()).map_err(|e| e.code());
    let refused = [
        (message(&inner("refund_status", "PAID"), SAME), ErrorCode::FieldValue),
        (message(&inner("refund_fee", "0.6"), SAME), ErrorCode::FieldValue),
        (message(&inner("refund_id", ""), SAME), ErrorCode::FieldMissing),
        (message(&fields(&INNER), ("mch_id", "1900000110")), ErrorCode::NotifyMerchant),
        (message(&fields(&INNER), ("return_code", "FAIL")), ErrorCode::NotifyKind),
        (message(&fields(&INNER), ("req_info", "")), ErrorCode::FieldMissing),
        (message(&fields(&INNER), ("req_info", "x")), ErrorCode::RefundUndecipherable),
        (b"<xml>".to_vec(), ErrorCode::XmlMalformed),
    ];
    for (body, expected) in refused {
        assert_eq!(code(&body), Err(expected), "{}", String::from_utf8_lossy(&body));
    }
}

#[test]
fn a_query_has_the_refund_by_its_number() {
    let mut pairs: Vec<(String, &str)> = Vec::new();
    for (index, (name, value)) in INNER.into_iter().enumerate() {
        match index {
            0..3 => pairs.push((name.into(), value)),
            _ if name == "out_refund_no" => {
                pairs.push(("out_refund_no_0".into(), "R0"));
                pairs.push(("out_refund_no_1".into(), "R1"));
            }
            _ => pairs.push((format!("{name}_1"), value)),
        }
    }
    let answer = Fields::from_pairs(pairs.iter().map(|(name, value)| (name.as_str(), *value)));
    let answer = answer.expect("fields");
    let read = queried(&answer, "R1").expect("the refund");
    assert_eq!((read.get("out_refund_no"), read.get("refund_fee")), (Some("R1"), Some("60")));
    let code = |number| queried(&answer, number).map(|f| f.len()).map_err(|e| e.code());
    assert_eq!(code("R2"), Err(ErrorCode::AnswerMismatch));
    // The first one is of another number, and nothing else is known of it.
    assert_eq!(code("R0"), Err(ErrorCode::FieldMissing));
}
