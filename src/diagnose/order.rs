//! The order of the fields: the right one, and what others make of it.

use core::cmp::Ordering;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Bytes,
    /// As the message has them.
    Insertion,
    Lower,
    Upper,
    Pairs,
    /// As JavaScript's objects do: names that are numbers come first.
    Numbers,
    /// `coupon_fee_2` before `coupon_fee_10`.
    Natural,
    Locale,
    Reversed,
}

impl Order {
    /// Compares two fields by their names, and where names alone are not it, by their values.
    pub(super) fn compare(self, a: (&[u8], &[u8]), b: (&[u8], &[u8])) -> Ordering {
        let lower = |name: &[u8]| name.to_ascii_lowercase();
        match self {
            Order::Insertion => Ordering::Equal,
            Order::Bytes => a.0.cmp(b.0),
            Order::Reversed => b.0.cmp(a.0),
            Order::Lower => lower(a.0).cmp(&lower(b.0)),
            Order::Upper => a.0.to_ascii_uppercase().cmp(&b.0.to_ascii_uppercase()),
            Order::Pairs => whole(a).cmp(whole(b)),
            Order::Numbers => match (number(a.0), number(b.0)) {
                (Some(a), Some(b)) => a.cmp(&b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => a.0.cmp(b.0),
            },
            Order::Natural => natural(a.0, b.0),
            Order::Locale => {
                a.0.iter()
                    .map(|&c| weight(c))
                    .cmp(b.0.iter().map(|&c| weight(c)))
                    // Lower case comes first where nothing else differs.
                    .then_with(|| b.0.cmp(a.0))
            }
        }
    }
}

fn whole<'a>(field: (&'a [u8], &'a [u8])) -> impl Iterator<Item = &'a u8> {
    field.0.iter().chain(b"=").chain(field.1)
}

fn number(name: &[u8]) -> Option<u32> {
    core::str::from_utf8(name)
        .ok()
        .filter(|name| *name == "0" || !name.starts_with(['0', '+']))?
        .parse()
        .ok()
}

fn natural(a: &[u8], b: &[u8]) -> Ordering {
    let digits = |name: &[u8]| name.iter().rev().take_while(|c| c.is_ascii_digit()).count();
    let stem = |name: &[u8]| name.len() - digits(name);
    // Of the same stem, the one with more digits is the larger number.
    if a.get(..stem(a)) == b.get(..stem(b)) {
        a.len().cmp(&b.len()).then(a.cmp(b))
    } else {
        a.cmp(b)
    }
}

/// The primary weight in the root collation, for what stands in names.
fn weight(c: u8) -> u8 {
    match c {
        b'_' => 1,
        b'-' => 2,
        b'.' => 3,
        b'$' => 4,
        b'0'..=b'9' => c - b'0' + 10,
        _ => c.to_ascii_lowercase(),
    }
}

/// Sorts by insertion, found by halves: what is to be sorted is short and mostly sorted, and the
/// standard library's sorts take 4 KB of the module. Keeps the sequence of equals.
pub(super) fn arrange(fields: &mut [u16], compare: &dyn Fn(u16, u16) -> Ordering) {
    for end in 1..fields.len() {
        let Some((&mut last, sorted)) = fields.get_mut(..=end).and_then(<[u16]>::split_last_mut)
        else {
            return;
        };
        let behind = |&field: &u16| compare(field, last).is_le();
        if sorted.last().is_some_and(behind) {
            continue;
        }
        let at = sorted.partition_point(behind);
        if let Some(moved) = fields.get_mut(at..=end) {
            moved.copy_within(..moved.len() - 1, 1);
            if let Some(first) = moved.first_mut() {
                *first = last;
            }
        }
    }
}
