//! The signature in question, and what its form gives away.

use super::hash::{Algorithm, State};
use super::transform::digit;
use alloc::vec::Vec;

pub(super) struct Signature {
    pub(super) algorithm: Algorithm,
    pub(super) words: State,
    pub(super) lower: bool,
    pub(super) base64: bool,
}

impl Signature {
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let (bytes, base64) = match hexadecimal(text) {
            Some(bytes) => (bytes, false),
            None => (decode(text)?, true),
        };
        let algorithm = match bytes.len() {
            16 => Algorithm::Md5,
            32 => Algorithm::HmacSha256,
            _ => return None,
        };
        let lower = !base64 && text.bytes().any(|b| b.is_ascii_lowercase());
        Some(Signature { algorithm, words: algorithm.words(&bytes), lower, base64 })
    }
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    // Of 16 or 32 bytes.
    if !matches!(text.len(), 22 | 43) {
        return None;
    }
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0, 0_u32);
    for c in text.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = (held << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits).to_le_bytes()[0]);
            held &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}
