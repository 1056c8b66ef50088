//! The hot calls. Numbers in, numbers out: JavaScript writes the message into a buffer of linear
//! memory, calls, and reads places in that buffer. Nothing is allocated and nothing is imported.
//!
//! A refusal says only that the call is not one of the plain ones; the other module then repeats it
//! and says why. So nothing is decided here that is not decided by wxpay-core.
#![cfg(target_arch = "wasm32")]
#![no_std]

mod memory;

use memory::{Desk, desk};
use subtle::ConstantTimeEq;
use wxpay_core::{
    SignType,
    digest::{self, Keyed},
    sheet::{self, Refusal},
    text,
    xml::Limits,
};

/// Not one of the plain cases.
const REFUSED: i32 = -1;
/// The signature does not fit.
const MISMATCH: i32 = -2;

/// The algorithm, or the weakest one: HMAC-SHA256 in place of MD5.
const HMAC: u32 = 1;
/// Refuse what the XML writer cannot put into CDATA as it is.
const PLAIN_CDATA: u32 = 4;
/// The body was a string, so that U+FFFD may be damage.
const STRING: u32 = 8;
/// From this bit on: a number that stands for the key, so that its HMAC state is found again.
const KEY_ID: u32 = 8;

const fn sign_type(flags: u32) -> SignType {
    if flags & HMAC == 0 { SignType::Md5 } else { SignType::HmacSha256 }
}

/// Reads the XML of `length` bytes in the input and returns how many fields it has.
#[unsafe(no_mangle)]
pub extern "C" fn parse(length: u32, limit: u32, flags: u32) -> i32 {
    let desk = desk();
    let limits = Limits { bytes: limit as usize, ..Limits::DEFAULT };
    let Some((input, _)) = memory::buffers(length) else { return REFUSED };
    match desk.sheet.read_xml(input, limits, flags & STRING != 0) {
        Ok(()) => desk.sheet.entries().len() as i32,
        Err(_) => REFUSED,
    }
}

/// [`parse`], only when the signature holds.
#[unsafe(no_mangle)]
pub extern "C" fn open(length: u32, limit: u32, key_length: u32, flags: u32) -> i32 {
    let count = parse(length, limit, flags);
    let verdict = if count < 0 { count } else { check(length, key_length, flags) };
    desk().wipe(key_length);
    if verdict < 0 { verdict } else { count }
}

/// Checks the `sign` among `count` pairs: 1 or a refusal.
#[unsafe(no_mangle)]
pub extern "C" fn verify(length: u32, count: u32, key_length: u32, flags: u32) -> i32 {
    let read = read_pairs(length, count);
    let verdict = if read < 0 { read } else { check(length, key_length, flags) };
    desk().wipe(key_length);
    verdict
}

/// Signs `count` pairs: the digits are in the output, their number is returned.
#[unsafe(no_mangle)]
pub extern "C" fn sign(length: u32, count: u32, key_length: u32, flags: u32) -> i32 {
    let signed = sign_pairs(length, count, key_length, flags);
    desk().wipe(key_length);
    signed
}

/// Signs a string to sign that was put together in the order that [`order`] gave, and written to
/// the second byte of the text.
#[unsafe(no_mangle)]
pub extern "C" fn seal(length: u32, key_length: u32, flags: u32) -> i32 {
    let sealed = seal_text(length, key_length, flags);
    desk().wipe(key_length);
    sealed
}

/// Checks a signature: the text has a string to sign as for [`seal`], then NUL, the signature, NUL
/// and the declared algorithm. 1 or a refusal.
#[unsafe(no_mangle)]
pub extern "C" fn affirm(length: u32, key_length: u32, flags: u32) -> i32 {
    let verdict = affirm_text(length, key_length, flags).unwrap_or(REFUSED);
    desk().wipe(key_length);
    verdict
}

/// The signing order of the pairs that were read last: their number; their places are in the list.
/// Refused unless every field is filled, so that the order holds for other values too.
#[unsafe(no_mangle)]
pub extern "C" fn order(length: u32) -> i32 {
    let Desk { sheet, .. } = desk();
    let Some((input, _)) = memory::buffers(length) else { return REFUSED };
    if !sheet.has_no_key(input) {
        return REFUSED;
    }
    sheet.signing_order(input).map_or(REFUSED, |count| count as i32)
}

fn read_pairs(length: u32, count: u32) -> i32 {
    let Some((input, _)) = memory::buffers(length) else { return REFUSED };
    match desk().sheet.read_pairs(input, count as usize) {
        Ok(()) => 1,
        Err(_) => REFUSED,
    }
}

fn check(length: u32, key_length: u32, flags: u32) -> i32 {
    let Some((input, text)) = memory::buffers(length) else { return REFUSED };
    let Desk { sheet, keyed, key, .. } = desk();
    let Some(key) = key.get(..key_length as usize) else { return REFUSED };
    let (used, claimed) = match sheet.claim(input, sign_type(flags)) {
        Ok(claim) => claim,
        Err(Refusal::Mismatch) => return MISMATCH,
        Err(Refusal::Other) => return REFUSED,
    };
    let Some(end) = sheet.write_string(input, text) else { return REFUSED };
    let mut out = [0; 64];
    let Some(expected) = finish(text, end, key, used, flags, keyed, &mut out) else {
        return REFUSED;
    };
    if bool::from(expected.ct_eq(claimed)) { 1 } else { MISMATCH }
}

fn sign_pairs(length: u32, count: u32, key_length: u32, flags: u32) -> i32 {
    if read_pairs(length, count) < 0 {
        return REFUSED;
    }
    let Some((input, text)) = memory::buffers(length) else { return REFUSED };
    let Desk { sheet, keyed, key, out, .. } = desk();
    let Some(key) = key.get(..key_length as usize) else { return REFUSED };
    if !sheet.has_no_key(input) {
        return REFUSED;
    }
    let Some(end) = sheet.write_string(input, text) else { return REFUSED };
    let digits = finish(text, end, key, sign_type(flags), flags, keyed, out);
    digits.map_or(REFUSED, |digits| digits.len() as i32)
}

fn seal_text(length: u32, key_length: u32, flags: u32) -> i32 {
    let Some((_, text)) = memory::buffers(length) else { return REFUSED };
    let Desk { keyed, key, out, .. } = desk();
    let Some(key) = key.get(..key_length as usize) else { return REFUSED };
    // The caller wrote it behind the place of the `&` that a string put together here begins with.
    let end = length as usize + 1;
    if !text.get(1..end).is_some_and(|string| plain(string, flags)) {
        return REFUSED;
    }
    let digits = finish(text, end, key, sign_type(flags), flags, keyed, out);
    digits.map_or(REFUSED, |digits| digits.len() as i32)
}

fn affirm_text(length: u32, key_length: u32, flags: u32) -> Option<i32> {
    let (_, text) = memory::buffers(length)?;
    let Desk { keyed, key, .. } = desk();
    let key = key.get(..key_length as usize)?;
    let (string, claimed, declared) = text::split_claim(text.get(1..=length as usize)?)?;
    let (used, end) = (sheet::claim(claimed, declared, sign_type(flags)).ok()?, string.len() + 1);
    // The key is going to be written over the signature.
    let mut digits = [0; 64];
    let digits = digits.get_mut(..claimed.len())?;
    digits.copy_from_slice(claimed);
    let mut out = [0; 64];
    let expected = finish(text, end, key, used, flags, keyed, &mut out)?;
    Some(if bool::from(expected.ct_eq(digits)) { 1 } else { MISMATCH })
}

fn plain(input: &[u8], flags: u32) -> bool {
    text::is_plain(input) && (flags & PLAIN_CDATA == 0 || text::fits_cdata(input))
}

/// Puts the key behind the text, digests, and wipes it again. The text begins with the `&` of its
/// first field, which is no part of the string to sign; where there is no field, the `&` before the
/// key is none either.
fn finish<'a>(
    text: &mut [u8],
    mut end: usize,
    key: &[u8],
    used: SignType,
    flags: u32,
    keyed: &mut Option<(u32, Keyed)>,
    out: &'a mut [u8; 64],
) -> Option<&'a [u8]> {
    if end == 1 {
        end = 0;
    }
    for part in [digest::KEY_PREFIX, key] {
        if !text::copy(part, 0, part.len(), text, end) {
            return None;
        }
        end += part.len();
    }
    let digits = digest::digits(
        text.get_mut(1..)?,
        end - 1,
        used,
        || {
            let id = flags >> KEY_ID;
            if keyed.as_ref().is_none_or(|(known, _)| *known != id) {
                *keyed = None;
            }
            &keyed.get_or_insert_with(|| (id, Keyed::of_block(key))).1
        },
        out,
    );
    memory::wipe(text.get_mut(end - key.len()..end)?);
    Some(digits)
}

impl Desk {
    /// Wipes the key: it is in linear memory only while a call runs.
    fn wipe(&mut self, key_length: u32) {
        memory::wipe(self.key.get_mut(..key_length as usize).unwrap_or_default());
        scrub_stack();
    }
}

/// Overwrites what the calls before this one left on the stack: the digests keep the block with the
/// key there.
#[inline(never)]
fn scrub_stack() {
    let mut area = [0u64; 160];
    core::hint::black_box(&mut area);
}
