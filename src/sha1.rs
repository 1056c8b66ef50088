//! SHA-1 (FIPS 180-4), for `wx.config` alone: it is broken as a hash, and WeChat asks for it.
//!
//! Written as a loop, for few bytes; tested to be equal to the `sha1` crate.

use alloc::{string::String, vec::Vec};

/// The lower-case digits of the text's SHA-1.
pub(crate) fn hex(text: &[u8]) -> String {
    let mut padded = Vec::from(text);
    padded.push(0x80);
    padded.resize((text.len() + 9).next_multiple_of(64) - 8, 0);
    padded.extend((text.len() as u64 * 8).to_be_bytes());
    let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded.as_chunks().0 {
        compress(&mut state, block);
    }
    let digits = (0..40).map(|at| state[at / 8] >> (28 - at % 8 * 4) & 15);
    digits.filter_map(|digit| char::from_digit(digit, 16)).collect()
}

fn compress(state: &mut [u32; 5], block: &[u8; 64]) {
    let mut w = [0; 80];
    for (word, bytes) in w.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    for at in 16..80 {
        w[at] = (w[at - 3] ^ w[at - 8] ^ w[at - 14] ^ w[at - 16]).rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (at, word) in w.into_iter().enumerate() {
        let (mixed, constant): (u32, u32) = match at / 20 {
            0 => (d ^ (b & (c ^ d)), 0x5a82_7999),
            1 => (b ^ c ^ d, 0x6ed9_eba1),
            2 => ((b & c) | (d & (b | c)), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6),
        };
        let sum = a
            .rotate_left(5)
            .wrapping_add(mixed)
            .wrapping_add(e)
            .wrapping_add(constant)
            .wrapping_add(word);
        (a, b, c, d, e) = (sum, a, b.rotate_left(30), c, d);
    }
    for (word, new) in state.iter_mut().zip([a, b, c, d, e]) {
        *word = word.wrapping_add(new);
    }
}

#[cfg(test)]
mod tests {
    use super::hex;
    use proptest::prelude::*;
    use sha1::{Digest, Sha1};

    #[test]
    fn fips_180_4() {
        assert_eq!(hex(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(hex(b""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    }

    proptest! {
        #[test]
        fn equals_the_crate(text in prop::collection::vec(any::<u8>(), 0..300)) {
            let bytes = Sha1::digest(&text);
            let expected: alloc::string::String =
                bytes.iter().map(|b| alloc::format!("{b:02x}")).collect();
            prop_assert_eq!(hex(&text), expected);
        }
    }
}
