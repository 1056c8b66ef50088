//! Values that a field could have had.

use super::{
    change::{Change, Edit},
    message::{PREPAY, squash},
    mistake::Mistake,
    model::Model,
    text::contains,
    transform::{Transform, integer},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

impl Model<'_> {
    /// What depends on the name of the field or the kind of its value.
    pub(super) fn values(&mut self) {
        for field in self.present() {
            let name = squash(self.name_of(field));
            let Some(cell) = self.cells.get(usize::from(field)) else { continue };
            let value = self.text(cell.value).to_string();
            if name == "signtype" {
                for other in SIGN_TYPES.iter().filter(|other| **other != value) {
                    self.value(Mistake::SignTypeValue, field, other);
                }
            }
            if let Some(id) = value.strip_prefix(PREPAY).filter(|_| name == "package") {
                self.value(Mistake::PackagePrefix, field, id);
            }
            if ["fee", "amount", "price", "money"].iter().any(|word| contains(&name, word)) {
                for amount in amounts(&value) {
                    self.value(Mistake::AmountYuan, field, &amount);
                }
            }
            if name.starts_with("time") {
                if value.len() == 10 && integer(&value).is_some() {
                    self.value(Mistake::TimestampMilliseconds, field, &format!("{value}000"));
                } else if let Some((mistake, right)) = super::message::seconds(&value) {
                    self.value(mistake, field, &right);
                }
            }
            if let Some(group) = BOOLEANS.iter().find(|group| group.contains(&value.as_str())) {
                for other in group.iter().filter(|other| **other != value) {
                    self.value(Mistake::Boolean, field, other);
                }
            }
        }
    }

    /// Each transform on all fields that it changes, then on each of them.
    pub(super) fn transforms(&mut self) {
        let present = self.present();
        for &transform in Transform::ALL {
            let mut edits = Vec::new();
            for &field in &present {
                let Some(cell) = self.cells.get(usize::from(field)) else { continue };
                let value = self.arena.get(cell.value);
                if let Some(changed) = transform.apply(value, self.host) {
                    let value = Some(self.arena.put(&changed));
                    edits.push(Edit { field, value, ..Edit::default() });
                }
            }
            let single = edits.len() == 1;
            let field = edits.first().map(|edit| edit.field).filter(|_| single);
            let mistake = transform.mistake();
            // One that changes nothing here may still change what another mistake has made.
            let (transform, aspect, late) = (Some(transform), None, false);
            let whole = edits.clone();
            self.add(Change { mistake, field, edits: whole, transform, all: true, aspect, late });
            for edit in edits.into_iter().filter(|_| !single) {
                let (field, edits) = (Some(edit.field), [edit].into());
                self.add(Change { mistake, field, edits, transform, all: false, aspect, late });
            }
        }
    }

    /// The thousand times within the second.
    pub(super) fn moments(&mut self) {
        for field in self.present() {
            let Some(cell) = self.cells.get(usize::from(field)) else { continue };
            let value = self.text(cell.value).to_string();
            let is_time = squash(self.name_of(field)).starts_with("time");
            if !is_time || value.len() != 10 || integer(&value).is_none() {
                continue;
            }
            for moment in 1..1000 {
                let digits = format!("{moment:03}");
                let times = [
                    (Mistake::TimestampMilliseconds, format!("{value}{digits}")),
                    (
                        Mistake::TimestampFraction,
                        format!("{value}.{}", digits.trim_end_matches('0')),
                    ),
                ];
                for (mistake, time) in times {
                    let value = Some(self.arena.put(time.as_bytes()));
                    let edits = [Edit { field, value, ..Edit::default() }].into();
                    let (field, transform, all, aspect) = (Some(field), None, false, None);
                    let late = true;
                    self.changes.push(Change {
                        mistake,
                        field,
                        edits,
                        transform,
                        all,
                        aspect,
                        late,
                    });
                }
            }
        }
    }
}

const SIGN_TYPES: &[&str] = &[
    "MD5",
    "HMAC-SHA256",
    "md5",
    "hmac-sha256",
    "HMACSHA256",
    "HMAC_SHA256",
    "SHA256",
    "SHA1",
    "RSA",
];

const BOOLEANS: &[&[&str]] = &[
    &["true", "True", "1", "Y", "TRUE"],
    &["false", "False", "0", "N", "FALSE"],
    &["True", "true", "1"],
    &["False", "false", "0"],
    &["Y", "true", "True", "1", "y"],
    &["N", "false", "False", "0", "n"],
    &["1", "true", "True"],
    &["0", "false", "False"],
];

/// An amount in the other unit.
fn amounts(value: &str) -> Vec<String> {
    let short = |whole: u64, cents: u64| match cents {
        0 => whole.to_string(),
        cents if cents.is_multiple_of(10) => format!("{whole}.{}", cents / 10),
        cents => format!("{whole}.{cents:02}"),
    };
    if let Some(fen) = integer(value).and_then(|fen| fen.parse::<u64>().ok()) {
        let (whole, cents) = (fen / 100, fen % 100);
        let one_decimal = cents.is_multiple_of(10).then(|| format!("{whole}.{}", cents / 10));
        let more = (fen * 100).to_string();
        let exact = [short(whole, cents), format!("{whole}.{cents:02}")];
        return exact.into_iter().chain(one_decimal).chain([more]).collect();
    }
    let Some((whole, cents)) = value.split_once('.') else { return Vec::new() };
    let padded = match cents.len() {
        1 => format!("{whole}{cents}0"),
        2 => format!("{whole}{cents}"),
        _ => return Vec::new(),
    };
    padded.parse::<u64>().map(|fen| [fen.to_string()].into()).unwrap_or_default()
}
