//! Faults 188 to 191: what is refused in `req_info`, and that nobody learns why.
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use wxpay_core::{
    Error, ErrorCode, Key,
    refund::{decrypt_refund, encipher},
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
    // A block of padding alone.
    bad.push(padded_by_hand(&[16; 16]));

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
