//! Digests that go on from where two strings begin to differ.

use crate::{
    digest::{BLOCK, PADDING, pad},
    sha256,
};
use alloc::vec::Vec;
use md5::block_api::compress as compress_md5;
use zeroize::{Zeroize, Zeroizing};

/// The words of a digest; MD5 uses four.
pub(super) type State = [u32; 8];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Md5,
    HmacMd5,
    Sha256,
    HmacSha256,
}

/// The states of an algorithm before the message.
#[derive(Default)]
pub(super) struct Start {
    pub(super) inner: Zeroizing<State>,
    outer: Zeroizing<State>,
}

impl Algorithm {
    pub(super) const fn keyed(self) -> bool {
        matches!(self, Algorithm::HmacMd5 | Algorithm::HmacSha256)
    }

    const fn is_md5(self) -> bool {
        matches!(self, Algorithm::Md5 | Algorithm::HmacMd5)
    }

    /// The words of a digest given as bytes.
    pub(super) fn words(self, digest: &[u8]) -> State {
        let mut words = State::default();
        for (word, bytes) in words.iter_mut().zip(digest.as_chunks().0) {
            *word =
                if self.is_md5() { u32::from_le_bytes(*bytes) } else { u32::from_be_bytes(*bytes) };
        }
        words
    }

    pub(super) fn absorb(self, state: &mut State, blocks: &[[u8; BLOCK]]) {
        if !self.is_md5() {
            sha256::compress(state, blocks);
        } else if let Some(state) = state.first_chunk_mut() {
            compress_md5(state, blocks);
        }
    }

    fn empty(self) -> State {
        match self {
            Algorithm::Md5 | Algorithm::HmacMd5 => {
                [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0, 0, 0, 0]
            }
            _ => sha256::START,
        }
    }

    /// Takes the key in, where the algorithm has one.
    pub(super) fn start(self, key: &[u8]) -> Start {
        let mut start = Start::default();
        *start.inner = self.empty();
        if !self.keyed() {
            return start;
        }
        let mut block = Zeroizing::new([0; BLOCK]);
        if key.len() > BLOCK {
            let hash = if self.is_md5() { Algorithm::Md5 } else { Algorithm::Sha256 };
            let mut long = Zeroizing::new(Vec::from(key));
            let bytes = hash.bytes(hash.finish(&hash.start(&[]), hash.empty(), 0, &mut long));
            block.iter_mut().zip(bytes).take(hash.length()).for_each(|(to, from)| *to = from);
        } else {
            block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        }
        *start.outer = self.empty();
        for (state, mask) in [(&mut start.inner, 0x36), (&mut start.outer, 0x5c)] {
            let masked = Zeroizing::new(block.map(|byte| byte ^ mask));
            self.absorb(state, core::slice::from_ref(&masked));
        }
        start
    }

    fn bytes(self, state: State) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (to, word) in bytes.as_chunks_mut().0.iter_mut().zip(state) {
            *to = if self.is_md5() { word.to_le_bytes() } else { word.to_be_bytes() };
        }
        bytes
    }

    /// How many bytes its digests have.
    pub(super) const fn length(self) -> usize {
        if self.is_md5() { 16 } else { 32 }
    }

    /// The digest of the message, of which the first `done` blocks are in `state` already.
    pub(super) fn finish(
        self,
        start: &Start,
        mut state: State,
        done: usize,
        message: &mut Vec<u8>,
    ) -> State {
        let length = message.len();
        let before = if self.keyed() { BLOCK } else { 0 };
        message.resize(length + PADDING, 0);
        self.absorb(&mut state, &pad(message, length, self.bits(length + before))[done..]);
        message.truncate(length);
        if !self.keyed() {
            return state;
        }
        let mut last = [0; BLOCK + PADDING];
        let inner = self.bytes(state);
        last.iter_mut().zip(&inner).for_each(|(to, from)| *to = *from);
        let mut outer = *start.outer;
        self.absorb(&mut outer, pad(&mut last, self.length(), self.bits(BLOCK + self.length())));
        state.zeroize();
        outer
    }

    fn bits(self, bytes: usize) -> [u8; 8] {
        let bits = bytes as u64 * 8;
        if self.is_md5() { bits.to_le_bytes() } else { bits.to_be_bytes() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::md5::{Digest, Md5};
    use hmac::{Hmac, KeyInit, Mac};
    use proptest::prelude::*;
    use sha2::Sha256;

    fn ours(algorithm: Algorithm, text: &[u8], key: &[u8], done: usize) -> Vec<u8> {
        let start = algorithm.start(key);
        let mut state = *start.inner;
        let done = done.min(text.len() / BLOCK);
        algorithm.absorb(&mut state, &text.as_chunks().0[..done]);
        let end = algorithm.finish(&start, state, done, &mut text.to_vec());
        algorithm.bytes(end)[..algorithm.length()].to_vec()
    }

    #[test]
    fn hmac_md5_of_rfc_2202() {
        let file = include_str!("../../tests/vectors/md5.json");
        let file: serde_json::Value = serde_json::from_str(file).unwrap();
        let bytes = |case: &serde_json::Value, name: &str| -> Option<Vec<u8>> {
            let digits = case.get(name)?.as_str()?.as_bytes();
            let pair = |&[high, low]: &[u8; 2]| {
                u8::from_str_radix(core::str::from_utf8(&[high, low]).ok()?, 16).ok()
            };
            digits.as_chunks().0.iter().map(pair).collect()
        };
        let mut count = 0;
        for case in file["cases"].as_array().unwrap() {
            let text = bytes(case, "message").unwrap();
            let (algorithm, key) = match bytes(case, "key") {
                Some(key) => (Algorithm::HmacMd5, key),
                None => (Algorithm::Md5, Vec::new()),
            };
            let made = ours(algorithm, &text, &key, 1);
            assert_eq!(Some(made), bytes(case, "tag"), "{}", case["name"]);
            count += 1;
        }
        assert_eq!(count, 14);
    }

    proptest! {
        #[test]
        fn equals_the_crates(
            text in prop::collection::vec(any::<u8>(), 0..300),
            key in prop::collection::vec(any::<u8>(), 0..200),
            done in 0..5_usize,
        ) {
            prop_assert_eq!(ours(Algorithm::Md5, &text, &key, done), Md5::digest(&text).to_vec());
            prop_assert_eq!(ours(Algorithm::Sha256, &text, &key, done), Sha256::digest(&text).to_vec());
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(&text);
            let expected = mac.finalize().into_bytes().to_vec();
            prop_assert_eq!(ours(Algorithm::HmacSha256, &text, &key, done), expected);
            let mut mac = Hmac::<Md5>::new_from_slice(&key).unwrap();
            mac.update(&text);
            let expected = mac.finalize().into_bytes().to_vec();
            prop_assert_eq!(ours(Algorithm::HmacMd5, &text, &key, done), expected);
        }
    }
}
