//! Where all names and values stand.

use alloc::vec::Vec;
use zeroize::Zeroizing;

/// A piece of the arena.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

/// All names and values, those of the variants too. One field may hold the key.
#[derive(Default)]
pub(super) struct Arena(Zeroizing<Vec<u8>>);

impl Arena {
    pub(super) fn get(&self, span: Span) -> &[u8] {
        self.0.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    // A pasted text is far smaller than 4 GB.
    #[allow(clippy::cast_possible_truncation)]
    #[inline(never)]
    pub(super) fn put(&mut self, bytes: &[u8]) -> Span {
        let start = self.0.len() as u32;
        self.0.extend_from_slice(bytes);
        Span { start, end: self.0.len() as u32 }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }
}
