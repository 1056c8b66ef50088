//! The two digests, over the string to sign with its key.
//!
//! Padding is done in the buffer that the string was written to, and HMAC keeps the state after the
//! key. The compression function of MD5 is the one of the `md-5` crate, which no version written
//! here was faster than.

use crate::{SignType, sha256};
use core::borrow::Borrow;
use md5::block_api::compress as compress_md5;
use zeroize::Zeroize;

/// What stands between the fields and the key.
pub const KEY_PREFIX: &[u8] = b"&key=";

/// How many bytes behind the string the padding may take.
pub const PADDING: usize = BLOCK + 8;

/// What both digests work on at a time, in bytes; HMAC hashes a longer key first.
pub const BLOCK: usize = 64;
/// RFC 1321, 3.3.
const MD5_START: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

/// HMAC-SHA256 with a key taken in (RFC 2104): what the next message with this key need not repeat.
#[derive(Clone)]
pub struct Keyed {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl Keyed {
    /// Takes the key in.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        if key.len() > BLOCK { Self::of_block(&hash(key)) } else { Self::of_block(key) }
    }

    /// Takes a key of at most [`BLOCK`] bytes in; of a longer one, only those.
    #[must_use]
    #[inline(never)]
    pub fn of_block(key: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        copy(&mut block, key);
        let inner = masked(&block, 0x36);
        let outer = masked(&block, 0x5c);
        block.zeroize();
        Keyed { inner, outer }
    }
}

/// SHA-256 of a key that is longer than a block.
#[cold]
fn hash(key: &[u8]) -> [u8; 32] {
    let mut state = sha256::START;
    let (blocks, rest) = key.as_chunks();
    sha256::compress(&mut state, blocks);
    let mut last = [0; 2 * BLOCK];
    copy(&mut last, rest);
    sha256::compress(&mut state, pad(&mut last, rest.len(), (key.len() as u64 * 8).to_be_bytes()));
    last.zeroize();
    to_bytes(&state, u32::to_be_bytes)
}

/// The state after one block, the key under a mask.
#[inline(never)]
fn masked(block: &[u8; BLOCK], mask: u8) -> [u32; 8] {
    let mut masked = *block;
    for byte in &mut masked {
        *byte ^= mask;
    }
    let mut state = sha256::START;
    sha256::compress(&mut state, &[masked]);
    masked.zeroize();
    state
}

impl Drop for Keyed {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// The upper-case digits of the signature over the first `length` bytes of the buffer, which end
/// with the key. Behind them the buffer has [`PADDING`] bytes more, which are overwritten.
///
/// `keyed` is the same key taken in; only HMAC-SHA256 asks for it.
pub fn digits<'a, K: Borrow<Keyed>>(
    buffer: &mut [u8],
    length: usize,
    sign_type: SignType,
    keyed: impl FnOnce() -> K,
    out: &'a mut [u8; 64],
) -> &'a [u8] {
    let bytes = match sign_type {
        SignType::Md5 => {
            let mut state = MD5_START;
            compress_md5(&mut state, pad(buffer, length, (length as u64 * 8).to_le_bytes()));
            let [a, b, c, d] = state;
            to_bytes(&[a, b, c, d, 0, 0, 0, 0], u32::to_le_bytes)
        }
        SignType::HmacSha256 => {
            let keyed = keyed();
            let Keyed { mut inner, mut outer } = *keyed.borrow();
            // The key's block came before.
            let bits = ((length + BLOCK) as u64 * 8).to_be_bytes();
            sha256::compress(&mut inner, pad(buffer, length, bits));
            let mut last = [0; BLOCK];
            copy(&mut last, &to_bytes(&inner, u32::to_be_bytes));
            sha256::compress(
                &mut outer,
                pad(&mut last, 32, (8 * (BLOCK as u64 + 32)).to_be_bytes()),
            );
            to_bytes(&outer, u32::to_be_bytes)
        }
    };
    let used = sign_type.digits();
    for (pair, byte) in out.as_chunks_mut().0.iter_mut().zip(bytes) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    out.get(..used).unwrap_or_default()
}

/// The blocks of the message: its bytes, a one, zeros, its length in bits.
#[inline(never)]
pub(crate) fn pad(buffer: &mut [u8], length: usize, bits: [u8; 8]) -> &[[u8; BLOCK]] {
    let end = (length + 9).next_multiple_of(BLOCK);
    let padding = buffer.get_mut(length..end).unwrap_or_default();
    // Word by word, without a call: at most nine. What is left over is written by the length.
    for word in padding.as_chunks_mut::<8>().0 {
        *word = [0; 8];
    }
    if let Some(first) = padding.first_mut() {
        *first = 0x80;
    }
    if let Some(last) = padding.last_chunk_mut() {
        *last = bits;
    }
    buffer.get(..end).unwrap_or_default().as_chunks().0
}

/// The words of a state in the digest's byte order.
fn to_bytes(words: &[u32; 8], order: impl Fn(u32) -> [u8; 4]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (to, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
        *to = order(*word);
    }
    bytes
}

fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

const fn digit(value: u8) -> u8 {
    value + if value < 10 { b'0' } else { b'A' - 10 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use hmac::{Hmac, KeyInit, Mac};
    use md5::{Digest, Md5};
    use proptest::prelude::*;
    use sha2::Sha256;

    fn ours(text: &[u8], key: &[u8], sign_type: SignType) -> alloc::string::String {
        let mut buffer = Vec::from(text);
        buffer.resize(text.len() + PADDING, 0xaa);
        let mut out = [0; 64];
        let keyed = Keyed::new(key);
        let digits = digits(&mut buffer, text.len(), sign_type, || &keyed, &mut out);
        digits.iter().map(|&b| char::from(b)).collect()
    }

    fn upper(bytes: &[u8]) -> alloc::string::String {
        bytes.iter().map(|b| alloc::format!("{b:02X}")).collect()
    }

    #[test]
    fn the_padding_is_as_long_as_it_can_be() {
        let longest = (0..BLOCK).map(|length| {
            let mut buffer = [0; 2 * BLOCK];
            pad(&mut buffer, length, [0; 8]).len() * BLOCK - length
        });
        assert_eq!(longest.max(), Some(PADDING));
    }

    #[test]
    fn rfc_1321_and_4231() {
        assert_eq!(ours(b"", b"", SignType::Md5), "D41D8CD98F00B204E9800998ECF8427E");
        assert_eq!(ours(b"message digest", b"", SignType::Md5), "F96B697D7CB7938D525A2F31AAF161D0");
        assert_eq!(
            ours(b"what do ya want for nothing?", b"Jefe", SignType::HmacSha256),
            "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843"
        );
        assert_eq!(
            ours(
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                &[0xaa; 131],
                SignType::HmacSha256
            ),
            "60E431591EE0B67F0D8A26AACBF5B77F8E0BC6213728C5140546040F0EE37F54"
        );
    }

    proptest! {
        #[test]
        fn equals_the_crates(
            text in prop::collection::vec(any::<u8>(), 0..300),
            key in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            prop_assert_eq!(ours(&text, &key, SignType::Md5), upper(&Md5::digest(&text)));
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(&text);
            let expected = upper(&mac.finalize().into_bytes());
            prop_assert_eq!(ours(&text, &key, SignType::HmacSha256), expected);
        }
    }
}
