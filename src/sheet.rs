//! A message laid out without allocation: where each field stands, in signing order.
//!
//! This is what the WebAssembly module works on, since a hot call must not touch an allocator.
//! The same rules as [`crate::string_to_sign`] and [`crate::verify`], and tested to be equal.

use crate::{
    SignType,
    dictionary::{self, COUNT, SIGN, SIGN_TYPE},
    fault::Fault,
    fields::{FIELD_LIMIT, is_name},
    sign::check_claim,
    text,
    xml::{Limits, scan},
};

use core::{cmp::Ordering, ops::Range};

/// An [`Entry::name_rank`] of a name that the dictionary does not have.
pub const UNKNOWN: u32 = 0xffff;
/// Set in [`Entry::name_rank`] when the value is not plain ASCII.
pub const BEYOND_ASCII: u32 = 0x1_0000;
/// Set in [`Entry::name_rank`] when the value is an integer that is written bare.
pub const INTEGER: u32 = 0x2_0000;

const WORDS: usize = COUNT.div_ceil(64);

/// Where one field stands, in bytes from the start of the message.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Entry {
    /// The rank in the dictionary or [`UNKNOWN`], and the flags.
    pub name_rank: u32,
    /// The first byte of the name.
    pub name_start: u32,
    /// Behind the name.
    pub name_end: u32,
    /// The first byte of the value.
    pub value_start: u32,
    /// Behind the value.
    pub value_end: u32,
}

/// Why a message is not accepted. What exactly is wrong is found out by [`crate::parse_signed`],
/// off the hot path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The signature does not fit.
    Mismatch,
    /// Anything else.
    Other,
}

impl From<Fault> for Refusal {
    fn from(_: Fault) -> Self {
        Refusal::Other
    }
}

/// The fields of one message.
pub struct Sheet {
    entries: [Entry; FIELD_LIMIT],
    count: usize,
    /// Which known names are there; reading the bits in order sorts them.
    known: [u64; WORDS],
    /// Where the known name stands among the entries.
    places: [u16; COUNT],
    /// Entries with unknown names, sorted by their bytes.
    unknown: [u16; FIELD_LIMIT],
    unknown_count: usize,
    order: [u16; FIELD_LIMIT],
}

impl Default for Sheet {
    fn default() -> Self {
        Self::new()
    }
}

impl Sheet {
    /// An empty sheet.
    #[must_use]
    pub const fn new() -> Self {
        const EMPTY: Entry =
            Entry { name_rank: 0, name_start: 0, name_end: 0, value_start: 0, value_end: 0 };
        Sheet {
            entries: [EMPTY; FIELD_LIMIT],
            count: 0,
            known: [0; WORDS],
            places: [0; COUNT],
            unknown: [0; FIELD_LIMIT],
            unknown_count: 0,
            order: [0; FIELD_LIMIT],
        }
    }

    /// The fields in the order they came.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        self.entries.get(..self.count).unwrap_or_default()
    }

    /// Where the entries stand in memory.
    #[must_use]
    pub const fn first_entry(&self) -> *const Entry {
        self.entries.as_ptr()
    }

    /// Where the signing order stands in memory.
    #[must_use]
    pub const fn first_of_order(&self) -> *const u16 {
        self.order.as_ptr()
    }

    /// The signing order when every field is filled, so that it holds for other values too; the
    /// signature itself is not in it.
    pub fn signing_order(&mut self, message: &[u8]) -> Option<usize> {
        if !self.entries().iter().all(|entry| entry.value_start < entry.value_end) {
            return None;
        }
        let count = self.sort(message).len();
        let Sheet { order, entries, .. } = self;
        let is_sign = |index: u16| {
            let rank = entries.get(usize::from(index)).map(|entry| entry.name_rank & 0xffff);
            rank == Some(u32::from(SIGN))
        };
        let mut kept = 0;
        for at in 0..count {
            let index = order.get(at).copied()?;
            if !is_sign(index) {
                *order.get_mut(kept)? = index;
                kept += 1;
            }
        }
        Some(kept)
    }

    fn clear(&mut self) {
        self.count = 0;
        self.known = [0; WORDS];
        self.unknown_count = 0;
    }

    /// Reads a message in XML as WeChat writes it: no declaration, no references. `undamaged` refuses
    /// U+FFFD, which may stand for half a surrogate pair that was lost before.
    ///
    /// # Errors
    /// [`Refusal::Other`].
    pub fn read_xml(
        &mut self,
        body: &mut [u8],
        limits: Limits,
        undamaged: bool,
    ) -> Result<(), Refusal> {
        self.clear();
        let mut twice = false;
        let seen = scan::<true>(body, b"xml", limits, |rank, name, value| {
            twice |= !self.add(rank, name, value, 0);
        })?;
        if twice || (undamaged && seen.replacement) || !self.sort_unknown(body) {
            return Err(Refusal::Other);
        }
        if seen.beyond_ascii {
            for entry in self.entries.iter_mut().take(self.count) {
                let value = body.get(entry.value_start as usize..entry.value_end as usize);
                if !value.is_some_and(<[u8]>::is_ascii) {
                    entry.name_rank |= BEYOND_ASCII;
                }
            }
        }
        Ok(())
    }

    /// Reads `name NUL value NUL …`, `count` of them; U+0001 in place of the first NUL marks an
    /// integer. Text that may have been damaged before (U+FFFD) is refused, to be looked at closely.
    ///
    /// # Errors
    /// [`Refusal::Other`].
    pub fn read_pairs(&mut self, pairs: &[u8], count: usize) -> Result<(), Refusal> {
        self.clear();
        let Ok(seen) = text::check(pairs, true) else { return Err(Refusal::Other) };
        let (zeros, ones) = seen.separators;
        if seen.replacement || (zeros + ones) as usize != 2 * count || count > FIELD_LIMIT {
            return Err(Refusal::Other);
        }
        let mut at = 0;
        for _ in 0..count {
            let name_end = text::find_either(pairs, at, 0, 1);
            let integer = if pairs.get(name_end) == Some(&1) { INTEGER } else { 0 };
            let value_end = text::find_either(pairs, name_end + 1, 0, 1);
            let name = pairs.get(at..name_end).unwrap_or_default();
            let rank = dictionary::find(pairs, at, name.len());
            // A value that holds a separator shifts what follows; its end must be a NUL.
            if pairs.get(value_end) != Some(&0)
                || !(rank.is_some() || is_name(name))
                || !self.add(rank, at..name_end, name_end + 1..value_end, integer)
            {
                return Err(Refusal::Other);
            }
            at = value_end + 1;
        }
        if at == pairs.len() && self.sort_unknown(pairs) { Ok(()) } else { Err(Refusal::Other) }
    }

    /// Notes a field; `false` when its name is known and stands twice.
    #[inline]
    fn add(
        &mut self,
        rank: Option<u16>,
        name: Range<usize>,
        value: Range<usize>,
        flags: u32,
    ) -> bool {
        let index = self.count;
        let Some(entry) = self.entries.get_mut(index) else { return false };
        *entry = Entry {
            name_rank: rank.map_or(UNKNOWN, u32::from) | flags,
            name_start: name.start as u32,
            name_end: name.end as u32,
            value_start: value.start as u32,
            value_end: value.end as u32,
        };
        self.count += 1;
        let Some(rank) = rank else {
            if let Some(slot) = self.unknown.get_mut(self.unknown_count) {
                *slot = index as u16;
            }
            self.unknown_count += 1;
            return true;
        };
        let rank = usize::from(rank);
        let bit = 1 << (rank % 64);
        let (Some(word), Some(place)) = (self.known.get_mut(rank / 64), self.places.get_mut(rank))
        else {
            return false;
        };
        let fresh = *word & bit == 0;
        *word |= bit;
        *place = index as u16;
        fresh
    }

    /// Sorts the unknown names by their bytes; `false` when one stands twice. Merges from runs of one
    /// upwards, without recursion: names that come sorted are looked at once, and no order of names
    /// makes it slow.
    fn sort_unknown(&mut self, message: &[u8]) -> bool {
        let Sheet { entries, unknown, unknown_count, order, .. } = self;
        let Some(names) = unknown.get_mut(..*unknown_count) else { return false };
        let mut width = 1;
        while width < names.len() {
            for pair in names.chunks_mut(2 * width) {
                if !merge(entries, message, pair, width, order) {
                    return false;
                }
            }
            width *= 2;
        }
        true
    }

    fn value<'a>(&self, message: &'a [u8], rank: u16) -> &'a [u8] {
        let rank = usize::from(rank);
        let there = self.known.get(rank / 64).is_some_and(|word| word >> (rank % 64) & 1 == 1);
        let place = self.places.get(rank).filter(|_| there);
        let Some(entry) = place.and_then(|&index| self.entries.get(usize::from(index))) else {
            return &[];
        };
        message.get(entry.value_start as usize..entry.value_end as usize).unwrap_or_default()
    }

    /// The places of all entries in signing order.
    pub fn sort(&mut self, message: &[u8]) -> &[u16] {
        let Sheet { entries, known, places, unknown, order, .. } = self;
        let mut slots = order.iter_mut();
        let mut put = |index: u16| {
            if let Some(slot) = slots.next() {
                *slot = index;
            }
        };
        let mut behind = unknown.iter().take(self.unknown_count).copied().peekable();
        for (number, &word) in known.iter().enumerate() {
            let mut bits = word;
            while bits != 0 {
                let rank = number * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let place = places.get(rank).copied().unwrap_or_default();
                while let Some(index) =
                    behind.next_if(|&index| compare(entries, message, index, place).is_lt())
                {
                    put(index);
                }
                put(place);
            }
        }
        behind.for_each(put);
        order.get(..self.count).unwrap_or_default()
    }

    /// Writes the string to sign with an `&` before each field, and returns its length; `None` where
    /// it does not fit.
    #[must_use]
    pub fn write_string(&mut self, message: &[u8], out: &mut [u8]) -> Option<usize> {
        let count = self.sort(message).len();
        let mut end = 0;
        for &index in self.order.get(..count)? {
            let entry = self.entries.get(usize::from(index))?;
            if entry.value_start == entry.value_end || entry.name_rank & 0xffff == u32::from(SIGN) {
                continue;
            }
            let name_length = (entry.name_end - entry.name_start) as usize;
            let value_length = (entry.value_end - entry.value_start) as usize;
            *out.get_mut(end)? = b'&';
            let name_at = entry.name_start as usize;
            if !text::copy(message, name_at, name_length, out, end + 1) {
                return None;
            }
            end += name_length + 1;
            *out.get_mut(end)? = b'=';
            let value_at = entry.value_start as usize;
            if !text::copy(message, value_at, value_length, out, end + 1) {
                return None;
            }
            end += value_length + 1;
        }
        Some(end)
    }

    /// Whether no field is called `key`, which would make the string to sign ambiguous.
    #[must_use]
    pub fn has_no_key(&self, message: &[u8]) -> bool {
        let unknown = self.unknown.get(..self.unknown_count).unwrap_or_default();
        !unknown.iter().any(|&index| name_of(&self.entries, message, index) == b"key")
    }

    /// The algorithm and the digits of the message's own signature.
    ///
    /// # Errors
    /// [`Refusal::Other`] for a missing, malformed, contradicting or too weak one.
    pub fn claim<'a>(
        &self,
        message: &'a [u8],
        floor: SignType,
    ) -> Result<(SignType, &'a [u8]), Refusal> {
        let claimed = self.value(message, SIGN);
        let declared = self.value(message, SIGN_TYPE);
        Ok((claim(claimed, declared, floor)?, claimed))
    }
}

/// The algorithm of a signature with so many digits, declared to be `declared`.
///
/// # Errors
/// As [`Sheet::claim`].
pub fn claim(claimed: &[u8], declared: &[u8], floor: SignType) -> Result<SignType, Refusal> {
    check_claim(claimed, declared, floor).map_err(|_| Refusal::Other)
}

fn name_of<'a>(entries: &[Entry], message: &'a [u8], index: u16) -> &'a [u8] {
    let Some(entry) = entries.get(usize::from(index)) else { return &[] };
    message.get(entry.name_start as usize..entry.name_end as usize).unwrap_or_default()
}

/// Compares two names by their bytes.
fn compare(entries: &[Entry], message: &[u8], a: u16, b: u16) -> Ordering {
    let (Some(a), Some(b)) = (entries.get(usize::from(a)), entries.get(usize::from(b))) else {
        return Ordering::Equal;
    };
    let name = |entry: &Entry| entry.name_start as usize..entry.name_end as usize;
    text::compare(message, name(a), name(b))
}

/// Merges two sorted runs, the first of which has `width` names; `false` when one is in both.
fn merge(
    entries: &[Entry],
    message: &[u8],
    names: &mut [u16],
    width: usize,
    scratch: &mut [u16],
) -> bool {
    let (Some(&last), Some(&first)) = (names.get(width - 1), names.get(width)) else { return true };
    match compare(entries, message, last, first) {
        Ordering::Less => return true,
        Ordering::Equal => return false,
        Ordering::Greater => {}
    }
    for (to, from) in scratch.iter_mut().zip(names.iter().take(width)) {
        *to = *from;
    }
    let (mut left, mut right, mut out) = (0, width, 0);
    // What is left of the second run stands in its place.
    while left < width {
        let Some(&a) = scratch.get(left) else { return false };
        let mut least = a;
        let b = names.get(right).copied();
        match b.map(|b| (compare(entries, message, a, b), b)) {
            Some((Ordering::Equal, _)) => return false,
            Some((Ordering::Greater, b)) => {
                least = b;
                right += 1;
            }
            _ => left += 1,
        }
        if let Some(slot) = names.get_mut(out) {
            *slot = least;
        }
        out += 1;
    }
    true
}
