//! A mistake, as what it does to the fields.

use super::{arena::Span, hash::Algorithm, mistake::Mistake, order::Order, transform::Transform};
use alloc::vec::Vec;
use core::mem;

/// One field of the string, or one that may come into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) name: Span,
    pub(super) value: Span,
    pub(super) present: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Edit {
    pub(super) field: u16,
    pub(super) name: Option<Span>,
    pub(super) value: Option<Span>,
    pub(super) present: Option<bool>,
}

/// What a mistake changes besides the fields.
#[derive(Clone, Copy, Debug)]
pub(super) enum Aspect {
    Order(Order),
    Tail(u16),
    Key(u16),
    Algorithm(Algorithm),
    Joiner(&'static str),
}

/// A mistake and what it does.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) mistake: Mistake,
    pub(super) field: Option<u16>,
    pub(super) edits: Vec<Edit>,
    /// What made the values, to be applied to other values too.
    pub(super) transform: Option<Transform>,
    /// Whether it changes every field that it can.
    pub(super) all: bool,
    pub(super) aspect: Option<Aspect>,
    /// One of a thousand of its kind.
    pub(super) late: bool,
}

impl Change {
    /// Whether it changes nothing by itself.
    pub(super) fn is_dormant(&self) -> bool {
        self.edits.is_empty() && self.aspect.is_none()
    }

    pub(super) fn excludes(&self, other: &Change) -> bool {
        let (Some(ours), Some(theirs)) = (&self.aspect, &other.aspect) else { return false };
        mem::discriminant(ours) == mem::discriminant(theirs)
    }
}
