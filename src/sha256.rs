//! The compression function of SHA-256 (FIPS 180-4), eight rounds at a time.
//!
//! In WebAssembly a signature over 373 bytes takes 0.85 of the time that it takes with the compact
//! form of the `sha2` crate, and as long as with its fast one, in a fifth of the bytes; tested to be
//! equal to that crate.

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
#[rustfmt::skip]
const ROUNDS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// The state of the empty message.
pub(crate) const START: [u32; 8] = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/// Takes the blocks into the state.
pub(crate) fn compress(state: &mut [u32; 8], blocks: &[[u8; 64]]) {
    let mut w = [0; 64];
    for block in blocks {
        for (word, bytes) in w.iter_mut().zip(block.as_chunks().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        for at in 16..64 {
            let (early, late) = (w[at - 15], w[at - 2]);
            let s0 = early.rotate_right(7) ^ early.rotate_right(18) ^ (early >> 3);
            let s1 = late.rotate_right(17) ^ late.rotate_right(19) ^ (late >> 10);
            w[at] = w[at - 16].wrapping_add(s0).wrapping_add(w[at - 7]).wrapping_add(s1);
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
        for (words, constants) in w.as_chunks::<8>().0.iter().zip(ROUNDS.as_chunks::<8>().0) {
            let k = |at: usize| words[at].wrapping_add(constants[at]);
            (d, h) = round(a, b, c, d, e, f, g, h, k(0));
            (c, g) = round(h, a, b, c, d, e, f, g, k(1));
            (b, f) = round(g, h, a, b, c, d, e, f, k(2));
            (a, e) = round(f, g, h, a, b, c, d, e, k(3));
            (h, d) = round(e, f, g, h, a, b, c, d, k(4));
            (g, c) = round(d, e, f, g, h, a, b, c, k(5));
            (f, b) = round(c, d, e, f, g, h, a, b, k(6));
            (e, a) = round(b, c, d, e, f, g, h, a, k(7));
        }
        for (word, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = word.wrapping_add(new);
        }
    }
    // It may hold a key under a mask.
    w.fill(0);
    core::hint::black_box(&w);
}

/// One round: the new `e` and `a`, which take the places of `d` and `h`.
#[inline(always)]
#[allow(clippy::too_many_arguments, clippy::many_single_char_names)]
const fn round(
    a: u32,
    b: u32,
    c: u32,
    d: u32,
    e: u32,
    f: u32,
    g: u32,
    h: u32,
    k: u32,
) -> (u32, u32) {
    let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
    let choice = g ^ (e & (f ^ g));
    let t1 = h.wrapping_add(k).wrapping_add(s1).wrapping_add(choice);
    let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
    let majority = (a & b) ^ (c & (a ^ b));
    (d.wrapping_add(t1), t1.wrapping_add(s0).wrapping_add(majority))
}
