//! Two strings that should be one, field by field.

use super::input::Pairs;
use alloc::{string::String, vec::Vec};

/// In what a field differs.
///
/// ```
/// use wxpay_core::diagnose::{Difference, Options, diagnose};
///
/// let theirs = "appid=wx1&body=tea";
/// let options = Options { theirs: Some(theirs), ..Options::default() };
/// let message = "<xml><body>Tea</body><appid>wx1</appid><sign>0123456789ABCDEF0123456789ABCDEF</sign></xml>";
/// let diagnosis = diagnose(message, "192006250b4c09247ec02edce69f6a2d", &options)?;
/// assert_eq!(diagnosis.diff[0].kind, Difference::Value);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Difference {
    /// Only in the string that the message gives.
    Missing,
    /// Only in the other side's string.
    Extra,
    /// Another value.
    Value,
    /// The same, in another place.
    Moved,
}

/// A field that is not the same in both strings.
///
/// ```
/// use wxpay_core::diagnose::{Options, diagnose};
///
/// let theirs = "appid=wx1&body=tea";
/// let options = Options { theirs: Some(theirs), ..Options::default() };
/// let message = "<xml><body>Tea</body><appid>wx1</appid><sign>0123456789ABCDEF0123456789ABCDEF</sign></xml>";
/// let diagnosis = diagnose(message, "192006250b4c09247ec02edce69f6a2d", &options)?;
/// let differing = &diagnosis.diff[0];
/// assert_eq!(differing.field, "body");
/// assert_eq!((differing.ours.as_deref(), differing.theirs.as_deref()), (Some("Tea"), Some("tea")));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Differing {
    /// Its name.
    pub field: String,
    /// In what it differs.
    pub kind: Difference,
    /// Its value in the string that the message gives, invisible characters made visible.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub ours: Option<String>,
    /// Its value in the other side's string.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub theirs: Option<String>,
    /// Where it first differs in the string that the message gives, in characters from 0.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub ours_at: Option<usize>,
    /// Where it first differs in the other side's string.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub theirs_at: Option<usize>,
}

/// Compares two strings, given as their fields in order.
pub(super) fn diff(ours: &Pairs, theirs: &Pairs, show: impl Fn(&str) -> String) -> Vec<Differing> {
    let (our_places, their_places) = (places(ours), places(theirs));
    let find = |pairs: &Pairs, name: &str| pairs.iter().position(|(known, _)| known == name);
    let mut all = Vec::new();
    let mut shared = Vec::new();
    for (index, (name, value)) in ours.iter().enumerate() {
        let at = our_places.get(index).copied().unwrap_or_default();
        let Some(other) = find(theirs, name) else {
            all.push(Differing {
                field: name.clone(),
                kind: Difference::Missing,
                ours: Some(show(value)),
                theirs: None,
                ours_at: Some(at),
                theirs_at: None,
            });
            continue;
        };
        shared.push(other);
        let their = theirs.get(other).map_or("", |(_, value)| value.as_str());
        if their != value {
            let same = value.chars().zip(their.chars()).take_while(|(a, b)| a == b).count();
            let into = name.chars().count() + 1 + same;
            all.push(Differing {
                field: name.clone(),
                kind: Difference::Value,
                ours: Some(show(value)),
                theirs: Some(show(their)),
                ours_at: Some(at + into),
                theirs_at: their_places.get(other).map(|at| at + into),
            });
        }
    }
    for (index, (name, value)) in theirs.iter().enumerate() {
        if find(ours, name).is_none() {
            all.push(Differing {
                field: name.clone(),
                kind: Difference::Extra,
                ours: None,
                theirs: Some(show(value)),
                ours_at: None,
                theirs_at: their_places.get(index).copied(),
            });
        }
    }
    // What is not in ascending sequence there stands elsewhere.
    let mut last = 0;
    for other in shared {
        if other < last {
            let name = theirs.get(other).map(|(name, _)| name.as_str()).unwrap_or_default();
            let ours_at = find(ours, name).and_then(|index| our_places.get(index).copied());
            all.push(Differing {
                field: name.into(),
                kind: Difference::Moved,
                ours: None,
                theirs: None,
                ours_at,
                theirs_at: their_places.get(other).copied(),
            });
        }
        last = last.max(other);
    }
    all
}

/// Where each field begins, in characters.
fn places(pairs: &Pairs) -> Vec<usize> {
    let mut at = 0;
    let place = |(name, value): &(String, String)| {
        let here = at;
        at += name.chars().count() + value.chars().count() + 2;
        here
    };
    pairs.iter().map(place).collect()
}
