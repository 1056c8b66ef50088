//! A key, a line break, a `req_info`: read if and only if other crates decrypt it to a message. The
//! same bytes, sealed, are read if and only if they are a message.

use crate::{errors, parts, parts::Pairs};
use aes::Aes256;
use base64::{Engine, engine::general_purpose::STANDARD};
use ecb::{
    Decryptor,
    cipher::{BlockModeDecrypt, KeyInit, block_padding::Pkcs7},
};
use md5::{Digest, Md5};
use wxpay_core::{
    ErrorCode, Key,
    refund::{ROOT, decrypt_refund, encipher, encrypt_refund},
    xml::{self, Limits},
};

/// Larger texts are not decrypted.
const MOST: usize = 2 * Limits::DEFAULT.bytes;

fn message(text: &[u8]) -> Option<Pairs> {
    xml::parse_with(text, ROOT, Limits::DEFAULT).ok().map(|fields| parts::pairs(&fields))
}

fn decrypted(req_info: &str, key: &str) -> Option<Vec<u8>> {
    let digits: String = Md5::digest(key).iter().map(|b| format!("{b:02x}")).collect();
    let folded = req_info.replace(['\r', '\n'], "");
    let sealed = STANDARD.decode(folded).ok().filter(|_| req_info.len() <= MOST)?;
    let cipher = Decryptor::<Aes256>::new_from_slice(digits.as_bytes()).expect("32 bytes");
    cipher.decrypt_padded_vec::<Pkcs7>(&sealed).ok()
}

/// The target.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (word, req_info) =
        text.split_once('\n').unwrap_or(("192006250b4c09247ec02edce69f6a2d", &text));
    let Ok(key) = Key::any(word) else { return };
    let other = Key::any("another key").expect("a key");

    let read = decrypt_refund(req_info, std::slice::from_ref(&key));
    let expected = decrypted(req_info, word).and_then(|text| message(&text));
    assert_eq!(read.as_ref().ok().map(parts::pairs), expected);
    if let Err(error) = read {
        assert_eq!(error.code(), ErrorCode::RefundUndecipherable);
        errors::harmless(&error, data, &[word]);
    }

    let sealed = encipher(req_info.as_bytes(), &key);
    assert_eq!(
        decrypted(&sealed, word).as_deref(),
        Some(req_info.as_bytes()).filter(|_| sealed.len() <= MOST)
    );
    let read = decrypt_refund(&sealed, &[other, key.clone()]);
    assert_eq!(
        read.as_ref().ok().map(parts::pairs),
        message(req_info.as_bytes()).filter(|_| sealed.len() <= MOST)
    );
    if let Ok(fields) = read {
        let again = decrypt_refund(&encrypt_refund(&fields, &key), &[key]);
        match again {
            Ok(again) => assert_eq!(parts::pairs(&again), parts::filled(&fields)),
            Err(_) => assert!(data.len() > MOST / 8, "what is written is read"),
        }
    }
}
