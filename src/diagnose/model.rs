//! Every single mistake that could have been made with this message, as edits of its fields.

use super::{
    Host,
    hash::Algorithm,
    key::{self, JOINERS, NO_TAIL, TAILS, Variant},
    message::{Kind, Message, PREPAY, squash},
    mistake::Mistake,
    order::Order,
    search::neighbour,
    text::contains,
    transform::{Transform, integer},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
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

pub(super) struct Model<'h> {
    pub(super) arena: Arena,
    pub(super) cells: Vec<Cell>,
    pub(super) changes: Vec<Change>,
    pub(super) keys: Vec<Variant>,
    pub(super) host: Option<&'h Host<'h>>,
}

impl<'h> Model<'h> {
    /// `sign` is the signature in question, as it was given.
    pub(super) fn new(
        message: &Message,
        key: &str,
        candidates: &[(String, Zeroizing<String>)],
        sign: &str,
        algorithm: Algorithm,
        host: Option<&'h Host<'h>>,
    ) -> Self {
        let mut model = Model {
            arena: Arena::default(),
            cells: Vec::new(),
            changes: Vec::new(),
            keys: key::variants(key, candidates),
            host,
        };
        for part in &message.parts {
            model.cell(&part.name, &part.value, part.signed);
        }
        model.keys_and_tails(key, algorithm);
        model.signs(message, sign);
        model.presence(message);
        model.names(message);
        model.orders();
        for (field, part) in (0..).zip(&message.parts) {
            if let Some((mistake, value)) = part.given.as_ref().filter(|_| part.signed) {
                model.value(*mistake, field, value);
            }
        }
        model.values();
        model.transforms();
        model
    }

    #[inline(never)]
    fn cell(&mut self, name: &str, value: &str, present: bool) -> u16 {
        let name = self.arena.put(name.as_bytes());
        let value = self.arena.put(value.as_bytes());
        self.cells.push(Cell { name, value, present });
        u16::try_from(self.cells.len() - 1).unwrap_or_default()
    }

    pub(super) fn text(&self, span: Span) -> &str {
        core::str::from_utf8(self.arena.get(span)).unwrap_or_default()
    }

    pub(super) fn name_of(&self, field: u16) -> &str {
        self.cells.get(usize::from(field)).map_or("", |cell| self.text(cell.name))
    }

    #[inline(never)]
    fn present(&self) -> Vec<u16> {
        (0..).zip(&self.cells).filter(|(_, cell)| cell.present).map(|(field, _)| field).collect()
    }

    /// Adds the change, unless it does the same as one before.
    #[inline(never)]
    fn add(&mut self, change: Change) {
        let same = |a: &Edit, b: &Edit| {
            let bytes = |span: Option<Span>| span.map(|span| self.arena.get(span));
            a.field == b.field
                && a.present == b.present
                && bytes(a.name) == bytes(b.name)
                && bytes(a.value) == bytes(b.value)
        };
        let known = change.aspect.is_none()
            && !change.edits.is_empty()
            && self.changes.iter().any(|known| {
                known.edits.len() == change.edits.len()
                    && known.aspect.is_none()
                    && known.edits.iter().zip(&change.edits).all(|(a, b)| same(a, b))
            });
        if !known {
            self.changes.push(change);
        }
    }

    /// Adds a change of fields.
    #[inline(never)]
    fn edit(&mut self, mistake: Mistake, field: Option<u16>, edits: Vec<Edit>) {
        let (transform, all, aspect, late) = (None, false, None, false);
        self.add(Change { mistake, field, edits, transform, all, aspect, late });
    }

    /// Adds a change of one field.
    #[inline(never)]
    fn one(&mut self, mistake: Mistake, edit: Edit) {
        self.edit(mistake, Some(edit.field), [edit].into());
    }

    /// Adds a change of something else.
    #[inline(never)]
    fn turn(&mut self, mistake: Mistake, aspect: Aspect) {
        let edits = Vec::new();
        let (field, transform, all, late) = (None, None, false, false);
        let aspect = Some(aspect);
        self.add(Change { mistake, field, edits, transform, all, aspect, late });
    }

    fn keys_and_tails(&mut self, key: &str, algorithm: Algorithm) {
        for index in 1..self.keys.len() {
            let mistake = self.keys.get(index).map_or(Mistake::OtherKey, |key| key.mistake);
            self.turn(mistake, Aspect::Key(u16::try_from(index).unwrap_or_default()));
        }
        for (index, tail) in (0..).zip(TAILS).skip(1) {
            self.turn(tail.mistake, Aspect::Tail(index));
        }
        let neighbour = neighbour(algorithm);
        let mistake = if neighbour.keyed() { Mistake::HmacForMd5 } else { Mistake::HashForHmac };
        self.turn(mistake, Aspect::Algorithm(neighbour));
        let sorted = self.cell("key", key, false);
        let edits = [Edit { field: sorted, present: Some(true), ..Edit::default() }].into();
        self.edit(Mistake::KeySorted, None, edits);
        if let Some(change) = self.changes.last_mut() {
            change.aspect = Some(Aspect::Tail(NO_TAIL));
        }
        for joiner in JOINERS {
            self.turn(Mistake::Joiner, Aspect::Joiner(joiner));
        }
    }

    /// An old signature among the fields, or an empty one.
    fn signs(&mut self, message: &Message, sign: &str) {
        let mut named: Vec<(u16, &str)> = (0..)
            .zip(&message.parts)
            .filter(|(_, part)| matches!(squash(&part.name).as_str(), "sign" | "paysign"))
            .map(|(field, part)| (field, part.value.as_str()))
            .collect();
        if !named.iter().any(|&(field, _)| self.name_of(field) == "sign") {
            named.push((self.cell("sign", "", false), ""));
        }
        for (field, value) in named {
            for value in [value, ""] {
                if value.is_empty() || !value.eq_ignore_ascii_case(sign.trim()) {
                    self.insert(Mistake::SignIncluded, field, value);
                }
            }
        }
    }

    /// Brings a field in that is left out.
    #[inline(never)]
    fn insert(&mut self, mistake: Mistake, field: u16, value: &str) {
        let value = Some(self.arena.put(value.as_bytes()));
        self.one(mistake, Edit { field, value, present: Some(true), ..Edit::default() });
    }

    #[inline(never)]
    fn value(&mut self, mistake: Mistake, field: u16, value: &str) {
        let value = Some(self.arena.put(value.as_bytes()));
        self.one(mistake, Edit { field, value, ..Edit::default() });
    }

    /// The signed field of this name.
    #[inline(never)]
    pub(super) fn field_of(&self, name: &str) -> Option<u16> {
        self.present().into_iter().find(|&field| self.name_of(field) == name)
    }

    /// The mistake that gives the field this value.
    #[inline(never)]
    pub(super) fn known_value(&self, name: &str, value: &str) -> Option<Mistake> {
        let field = self.field_of(name)?;
        let makes = |change: &&Change| {
            let edit = change.edits.first().filter(|edit| edit.field == field);
            change.field == Some(field)
                && edit.and_then(|edit| edit.value).is_some_and(|span| self.text(span) == value)
        };
        self.changes.iter().find(makes).map(|change| change.mistake)
    }

    /// A value that the other side may have had.
    #[inline(never)]
    pub(super) fn other_value(&mut self, field: u16, value: &str) {
        let nonce = squash(self.name_of(field)).starts_with("nonce");
        let mistake = if nonce { Mistake::Nonce } else { Mistake::OtherValue };
        if self.cells.get(usize::from(field)).is_some_and(|cell| self.text(cell.value) != value) {
            self.value(mistake, field, value);
        }
    }

    /// A field that the other side has and the message has not.
    #[inline(never)]
    pub(super) fn other_field(&mut self, name: &str, value: &str) {
        let mistake = match squash(name).as_str() {
            "signtype" => Mistake::SignTypeAdded,
            "sign" | "paysign" => Mistake::SignIncluded,
            _ => Mistake::FieldAdded,
        };
        let field = self.cell(name, "", false);
        self.insert(mistake, field, value);
    }

    fn presence(&mut self, message: &Message) {
        let drop = |field| Edit { field, present: Some(false), ..Edit::default() };
        let zero = |model: &Self, field: u16| {
            model.cells.get(usize::from(field)).is_some_and(|c| model.text(c.value) == "0")
        };
        let present = self.present();
        let zeros: Vec<Edit> =
            present.iter().filter(|&&field| zero(self, field)).map(|&field| drop(field)).collect();
        if zeros.len() > 1 {
            self.edit(Mistake::ZeroDropped, None, zeros);
        }
        for &field in &present {
            let mistake = match squash(self.name_of(field)).as_str() {
                "signtype" => Mistake::SignTypeDropped,
                _ if zero(self, field) => Mistake::ZeroDropped,
                _ => Mistake::FieldDropped,
            };
            self.one(mistake, drop(field));
        }
        let left_out = (0..).zip(&message.parts).filter(|(_, part)| !part.signed);
        let (empty, extra): (Vec<_>, Vec<_>) = left_out
            .filter(|(_, part)| !matches!(squash(&part.name).as_str(), "sign" | "paysign"))
            .partition(|(_, part)| part.value.is_empty());
        for (field, part) in extra {
            self.insert(Mistake::FieldAdded, field, &part.value);
        }
        let empty: Vec<u16> = empty.into_iter().map(|(field, _)| field).collect();
        self.filled_with(Mistake::EmptyIncluded, &empty, "");
        for text in ["null", "undefined", "None", "NULL", "nil", "NaN", "[object Object]"] {
            self.filled_with(Mistake::NullText, &empty, text);
        }
        if message.value("signtype").is_none() {
            let name = if message.kind == Kind::Page { "signType" } else { "sign_type" };
            let field = self.cell(name, "", false);
            for value in ["MD5", "HMAC-SHA256"] {
                self.insert(Mistake::SignTypeAdded, field, value);
            }
        }
    }

    /// All of the empty fields, then each of them.
    #[inline(never)]
    fn filled_with(&mut self, mistake: Mistake, fields: &[u16], text: &str) {
        let value = Some(self.arena.put(text.as_bytes()));
        let edit = |&field: &u16| Edit { field, value, present: Some(true), ..Edit::default() };
        if fields.len() > 1 {
            let edits = fields.iter().map(edit).collect();
            self.edit(mistake, None, edits);
        }
        for field in fields {
            self.one(mistake, edit(field));
        }
    }

    fn names(&mut self, message: &Message) {
        let present = self.present();
        let styles: [fn(&str) -> Option<String>; 4] = [
            |name| Some(name.to_ascii_lowercase()),
            |name| Some(camel(name)),
            |name| Some(snake(name)),
            |name| Some(squash(name)),
        ];
        for style in styles {
            let edits: Vec<Edit> = present
                .iter()
                .filter_map(|&field| self.renamed(field, &style(self.name_of(field))?))
                .collect();
            if edits.len() > 1 {
                self.edit(Mistake::FieldName, None, edits);
            }
        }
        // As the message has them, where the front end wants other names.
        let given: Vec<(u16, &str)> = (0..)
            .zip(&message.parts)
            .filter_map(|(field, part)| Some((field, part.spelled.as_deref()?)))
            .filter(|(field, _)| present.contains(field))
            .collect();
        if given.len() > 1 {
            let edits =
                given.iter().filter_map(|(field, name)| self.renamed(*field, name)).collect();
            self.edit(Mistake::FieldName, None, edits);
        }
        for (field, name) in given {
            self.rename(field, name);
        }
        for field in present {
            let name = self.name_of(field).to_string();
            for other in styles.iter().filter_map(|style| style(&name)) {
                self.rename(field, &other);
            }
            let squashed = squash(&name);
            for group in GROUPS.iter().filter(|group| group.iter().any(|n| squash(n) == squashed)) {
                for other in *group {
                    self.rename(field, other);
                }
            }
        }
    }

    #[inline(never)]
    fn renamed(&mut self, field: u16, name: &str) -> Option<Edit> {
        if name == self.name_of(field) {
            return None;
        }
        let name = Some(self.arena.put(name.as_bytes()));
        Some(Edit { field, name, ..Edit::default() })
    }

    #[inline(never)]
    fn rename(&mut self, field: u16, name: &str) {
        if let Some(edit) = self.renamed(field, name) {
            self.one(Mistake::FieldName, edit);
        }
    }

    fn orders(&mut self) {
        let orders = [
            (Order::Insertion, Mistake::OrderInsertion),
            (Order::Lower, Mistake::OrderCase),
            (Order::Upper, Mistake::OrderCase),
            (Order::Pairs, Mistake::OrderPairs),
            (Order::Numbers, Mistake::OrderNumeric),
            (Order::Natural, Mistake::OrderNumeric),
            (Order::Locale, Mistake::OrderLocale),
            (Order::Reversed, Mistake::OrderReversed),
        ];
        for (order, mistake) in orders {
            self.turn(mistake, Aspect::Order(order));
        }
    }

    /// What depends on the name of the field or the kind of its value.
    fn values(&mut self) {
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
    fn transforms(&mut self) {
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

/// Names that users take for one another.
const GROUPS: &[&[&str]] = &[
    &["appid", "appId", "appID", "app_id", "AppId", "wxappid", "mch_appid"],
    &["wxappid", "appid"],
    &["mch_appid", "appid"],
    &["timestamp", "timeStamp", "time_stamp", "TimeStamp"],
    &["noncestr", "nonceStr", "nonce_str"],
    &["signtype", "signType", "sign_type"],
    &["mchid", "mchId", "mch_id", "partnerid"],
    &["partnerid", "partnerId", "mch_id", "mchid"],
    &["prepayid", "prepayId", "prepay_id"],
    &["submchid", "subMchId", "sub_mch_id", "sub_mchid"],
    &["subappid", "subAppId", "sub_appid"],
    &["openid", "openId", "openID", "open_id"],
    &["notifyurl", "notifyUrl", "notify_url"],
    &["package", "packageValue", "Package"],
];

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

/// `out_trade_no` as `outTradeNo`.
fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut parts = name.split('_');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let mut chars = part.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(chars.as_str());
    }
    out
}

/// `outTradeNo` as `out_trade_no`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

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
