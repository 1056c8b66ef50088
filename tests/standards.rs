//! The published vectors of the hashes and the cipher that API v2 stands on.
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use aes::{
    Aes256, Block,
    cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};
use serde::Deserialize;
use wxpay_core::{
    SignType,
    digest::{Keyed, PADDING, digits},
};

#[allow(dead_code, reason = "each suite reads its own files of the set")]
mod vectors;
use vectors::{load, unhex};

/// The upper-case digits of the digest.
fn digest(message: &[u8], key: &[u8], sign_type: SignType) -> String {
    let mut buffer = message.to_vec();
    // What stands behind the message must not matter.
    buffer.resize(message.len() + PADDING, 0x5a);
    let (keyed, mut out) = (Keyed::new(key), [0; 64]);
    let digits = digits(&mut buffer, message.len(), sign_type, || &keyed, &mut out);
    digits.iter().map(|&b| char::from(b)).collect()
}

#[test]
fn hmac_sha256_of_rfc_4231_and_wycheproof() {
    #[derive(Deserialize)]
    struct Case {
        name: String,
        key: String,
        message: String,
        tag: String,
        valid: bool,
    }
    let cases = load::<Case>("hmac-sha256.json");
    assert!(cases.len() == 180 && cases.iter().any(|case| !case.valid));
    for case in cases {
        let whole = digest(&unhex(&case.message), &unhex(&case.key), SignType::HmacSha256);
        assert_eq!(whole.len(), 64);
        let fits = whole[..case.tag.len()] == case.tag.to_ascii_uppercase();
        assert_eq!(fits, case.valid, "{}", case.name);
    }
}

#[test]
fn md5_of_rfc_1321() {
    #[derive(Deserialize)]
    struct Case {
        name: String,
        key: Option<String>,
        message: String,
        tag: String,
    }
    let mut count = 0;
    // With a key it is HMAC-MD5, which only the doctor knows.
    for case in load::<Case>("md5.json").iter().filter(|case| case.key.is_none()) {
        let digest = digest(&unhex(&case.message), b"", SignType::Md5);
        assert_eq!(digest, case.tag.to_ascii_uppercase(), "{}", case.name);
        count += 1;
    }
    assert_eq!(count, 7);
}

/// The cipher under `req_info`, in the version that Cargo.lock pins. Keys of `decrypt_refund` are the
/// digits of an MD5, so that no published key can be given to it.
#[test]
fn aes_256_ecb_of_sp_800_38a_and_aesavs() {
    #[derive(Deserialize)]
    struct Case {
        name: String,
        key: String,
        plain: String,
        cipher: String,
    }
    let cases = load::<Case>("aes-256-ecb.json");
    assert!(cases.len() > 400);
    for case in cases {
        let aes = Aes256::new_from_slice(&unhex(&case.key)).expect("32 bytes");
        let (plain, cipher) = (unhex(&case.plain), unhex(&case.cipher));
        assert_eq!(plain.len(), cipher.len());
        for (plain, cipher) in plain.as_chunks::<16>().0.iter().zip(cipher.as_chunks::<16>().0) {
            let mut cells = Block::from(*plain);
            aes.encrypt_block(&mut cells);
            assert_eq!(<[u8; 16]>::from(cells), *cipher, "{}", case.name);
            aes.decrypt_block(&mut cells);
            assert_eq!(<[u8; 16]>::from(cells), *plain, "{}", case.name);
        }
    }
}
