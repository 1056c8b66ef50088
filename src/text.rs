//! Which bytes a message may hold: UTF-8, and only characters that XML 1.0 can carry.

use core::{cmp::Ordering, ops::Range};

/// What a text is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// A byte above 127.
    pub(crate) beyond_ascii: bool,
    /// U+FFFD, which may stand for something that was lost before.
    pub(crate) replacement: bool,
    /// How many U+0000 there are, and how many U+0001.
    pub(crate) separators: (u32, u32),
}

/// Why a text is refused, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    NotUtf8(usize),
    NotXml(usize),
}

const LANES: u64 = u64::from_ne_bytes([1; 8]);
const HIGH: u64 = LANES << 7;

/// Checks the text in one pass, eight bytes at a time where they are plain ASCII.
///
/// `separators` allows U+0000 and U+0001, which a message cannot hold: the caller splits at them.
pub(crate) fn check(text: &[u8], separators: bool) -> Result<Seen, Refused> {
    let mut seen = Seen::default();
    let mut at = 0;
    while at < text.len() {
        if let Some(word) = word_at(text, at) {
            // A byte below 0x20 borrows into its high bit; a byte above 0x7f has it set already.
            if (word.wrapping_sub(LANES * 0x20) | word) & HIGH == 0 {
                at += 8;
                continue;
            }
        }
        // At most eight characters, then plain words are looked for again.
        let end = usize::min(at + 8, text.len());
        while at < end {
            at = character(text, at, separators, &mut seen)?;
        }
    }
    Ok(seen)
}

/// Whether the text can stand in a message, and certainly is what its writer meant: a U+FFFD may be
/// half a surrogate pair that was lost on the way.
#[must_use]
pub fn is_plain(text: &[u8]) -> bool {
    check(text, false).is_ok_and(|seen| !seen.replacement)
}

/// The three parts of `string NUL signature NUL sign_type`, where the text is plain otherwise.
#[must_use]
pub fn split_claim(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let seen = check(text, true).ok()?;
    if seen.replacement || seen.separators != (2, 0) {
        return None;
    }
    let first = find(text, 0, 0);
    let second = find(text, first + 1, 0);
    Some((text.get(..first)?, text.get(first + 1..second)?, text.get(second + 1..)?))
}

/// Whether the text can be put into CDATA as it is: no `]]>`, and no carriage return, which a parser
/// would turn into a line feed.
#[must_use]
pub fn fits_cdata(text: &[u8]) -> bool {
    let mut at = 0;
    loop {
        at = find_either(text, at, b'\r', b']');
        match text.get(at..) {
            None | Some([]) => return true,
            Some([b'\r', ..] | [b']', b']', b'>', ..]) => return false,
            Some(_) => at += 1,
        }
    }
}

/// One character; returns where the next one starts.
fn character(text: &[u8], at: usize, separators: bool, seen: &mut Seen) -> Result<usize, Refused> {
    let byte = |offset: usize| text.get(at + offset).copied().unwrap_or(0);
    let tail = |offset: usize| byte(offset) & 0xc0 == 0x80;
    let first = byte(0);
    match first {
        0x20..=0x7f | b'\t' | b'\n' | b'\r' => return Ok(at + 1),
        0 if separators => {
            seen.separators.0 += 1;
            return Ok(at + 1);
        }
        1 if separators => {
            seen.separators.1 += 1;
            return Ok(at + 1);
        }
        0..=0x1f => return Err(Refused::NotXml(at)),
        _ => seen.beyond_ascii = true,
    }
    // Table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing above U+10FFFF.
    let length = match (first, byte(1)) {
        (0xc2..=0xdf, 0x80..=0xbf) => 2,
        (0xe0, 0xa0..=0xbf) | (0xe1..=0xec | 0xee | 0xef, 0x80..=0xbf) | (0xed, 0x80..=0x9f)
            if tail(2) =>
        {
            3
        }
        (0xf0, 0x90..=0xbf) | (0xf1..=0xf3, 0x80..=0xbf) | (0xf4, 0x80..=0x8f)
            if tail(2) && tail(3) =>
        {
            4
        }
        _ => return Err(Refused::NotUtf8(at)),
    };
    if (first, byte(1)) == (0xef, 0xbf) {
        match byte(2) {
            0xbe | 0xbf => return Err(Refused::NotXml(at)),
            0xbd => seen.replacement = true,
            _ => {}
        }
    }
    Ok(at + length)
}

/// Eight bytes at once, where there are so many.
#[inline(always)]
pub(crate) fn word_at(text: &[u8], at: usize) -> Option<u64> {
    let bytes = text.get(at..at + 8)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

#[inline(always)]
/// Whether two stretches of `length` bytes are equal; eight bytes at a time, without a call.
pub(crate) fn equal(a: &[u8], a_at: usize, b: &[u8], b_at: usize, length: usize) -> bool {
    let mut done = 0;
    while done < length {
        let (Some(x), Some(y)) = (word_at(a, a_at + done), word_at(b, b_at + done)) else {
            // Near the end of either text.
            return a.get(a_at + done..a_at + length) == b.get(b_at + done..b_at + length);
        };
        let left = length - done;
        let beyond = if left < 8 { u64::MAX << (8 * left) } else { 0 };
        if (x ^ y) & !beyond != 0 {
            return false;
        }
        done += 8;
    }
    true
}

/// Compares two stretches of the text by their bytes; eight at a time, without a call.
pub(crate) fn compare(text: &[u8], a: Range<usize>, b: Range<usize>) -> Ordering {
    let common = usize::min(a.len(), b.len());
    let mut done = 0;
    while done < common {
        let order = |done: usize| text.get(a.start + done).cmp(&text.get(b.start + done));
        match (word_at(text, a.start + done), word_at(text, b.start + done)) {
            (Some(x), Some(y)) if x == y => done += 8,
            (Some(x), Some(y)) => {
                done += ((x ^ y).trailing_zeros() / 8) as usize;
                if done < common {
                    return order(done);
                }
            }
            // Near the end of the text.
            _ => match order(done) {
                Ordering::Equal => done += 1,
                order => return order,
            },
        }
    }
    a.len().cmp(&b.len())
}

/// Copies `length` bytes, and up to seven more where that saves looking; `false` where they do not
/// fit.
#[must_use]
pub fn copy(from: &[u8], from_at: usize, length: usize, to: &mut [u8], to_at: usize) -> bool {
    let mut done = 0;
    while done < length {
        let place = to.get_mut(to_at + done..to_at + done + 8);
        match (word_at(from, from_at + done), place) {
            (Some(word), Some(place)) => place.copy_from_slice(&word.to_le_bytes()),
            _ => {
                let left = length - done;
                let (Some(from), Some(to)) = (
                    from.get(from_at + done..from_at + length),
                    to.get_mut(to_at + done..to_at + done + left),
                ) else {
                    return false;
                };
                for (to, from) in to.iter_mut().zip(from) {
                    *to = *from;
                }
                return true;
            }
        }
        done += 8;
    }
    true
}

/// Where the next such byte stands, the end of the text where there is none.
#[inline]
pub(crate) fn find(text: &[u8], mut at: usize, wanted: u8) -> usize {
    let wanted8 = LANES * u64::from(wanted);
    while let Some(word) = word_at(text, at) {
        let hit = zero_bytes(word ^ wanted8);
        if hit != 0 {
            return at + (hit.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while text.get(at).is_some_and(|&byte| byte != wanted) {
        at += 1;
    }
    at
}

/// Where the next of two bytes stands, the end of the text where there is none.
pub(crate) fn find_either(text: &[u8], mut at: usize, a: u8, b: u8) -> usize {
    let (a8, b8) = (LANES * u64::from(a), LANES * u64::from(b));
    while let Some(word) = word_at(text, at) {
        let hit = zero_bytes(word ^ a8) | zero_bytes(word ^ b8);
        if hit != 0 {
            return at + (hit.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while text.get(at).is_some_and(|&byte| byte != a && byte != b) {
        at += 1;
    }
    at
}

/// The high bit of each zero byte; exact up to and including the lowest, which is the one used.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(LANES) & !word & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::is_char;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_standard_library(mut text in prop::collection::vec(any::<u8>(), 0..40), good in ".{0,20}") {
            for bytes in [good.as_bytes(), &text.clone()[..]] {
                let expected = match core::str::from_utf8(bytes) {
                    Err(_) => None,
                    Ok(text) => Some(text.chars().all(is_char)),
                };
                match check(bytes, false) {
                    Ok(seen) => {
                        prop_assert_eq!(expected, Some(true));
                        prop_assert_eq!(seen.beyond_ascii, !bytes.is_ascii());
                    }
                    // A forbidden character may stand before the byte that is no UTF-8.
                    Err(Refused::NotXml(_)) => prop_assert_ne!(expected, Some(true)),
                    Err(Refused::NotUtf8(_)) => prop_assert_eq!(expected, None),
                }
            }
            let (len, other) = (good.len().min(text.len()), good.as_bytes());
            for at in 0..=len {
                let length = len - at;
                prop_assert_eq!(equal(&text, at, other, at, length), text[at..at + length] == other[at..at + length]);
                prop_assert!(equal(other, at, other, at, length));
                let mut out = [7; 64];
                prop_assert!(copy(other, at, length, &mut out, 3));
                prop_assert_eq!(&out[3..3 + length], &other[at..at + length]);
                prop_assert_eq!(copy(other, at, length, &mut out[..length], 0), true);
                prop_assert_eq!(copy(other, at, length, &mut out[..length], 1), length == 0);
            }
            text.extend(good.bytes());
            text.extend_from_within(..);
            let half = text.len() / 2;
            for (a, b) in [(0..half, half..2 * half), (0..half, half..half + half / 2), (1.min(half)..half, half..2 * half)] {
                prop_assert_eq!(compare(&text, a.clone(), b.clone()), text[a].cmp(&text[b]));
            }
            let at = text.len() / 3;
            let expected = text[at..].iter().position(|&b| b == b'e').map_or(text.len(), |n| at + n);
            prop_assert_eq!(find(&text, at, b'e'), expected);
            let expected = text[at..].iter().position(|&b| b == b'<' || b == 0xe4).map_or(text.len(), |n| at + n);
            prop_assert_eq!(find_either(&text, at, b'<', 0xe4), expected);
        }
    }
}
