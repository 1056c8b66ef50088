//! Every single mistake that could have been made with this message, as edits of its fields.

use super::{
    Host,
    arena::{Arena, Span},
    change::{Aspect, Cell, Change, Edit},
    hash::Algorithm,
    key::{self, JOINERS, NO_TAIL, TAILS, Variant},
    message::{Kind, Message, squash},
    mistake::Mistake,
    order::Order,
    search::neighbour,
};
use alloc::{string::String, vec::Vec};
use zeroize::Zeroizing;

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
    pub(super) fn cell(&mut self, name: &str, value: &str, present: bool) -> u16 {
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
    pub(super) fn present(&self) -> Vec<u16> {
        (0..).zip(&self.cells).filter(|(_, cell)| cell.present).map(|(field, _)| field).collect()
    }

    /// Adds the change, unless it does the same as one before.
    #[inline(never)]
    pub(super) fn add(&mut self, change: Change) {
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
    pub(super) fn edit(&mut self, mistake: Mistake, field: Option<u16>, edits: Vec<Edit>) {
        let (transform, all, aspect, late) = (None, false, None, false);
        self.add(Change { mistake, field, edits, transform, all, aspect, late });
    }

    /// Adds a change of one field.
    #[inline(never)]
    pub(super) fn one(&mut self, mistake: Mistake, edit: Edit) {
        self.edit(mistake, Some(edit.field), [edit].into());
    }

    /// Adds a change of something else.
    #[inline(never)]
    pub(super) fn turn(&mut self, mistake: Mistake, aspect: Aspect) {
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
    pub(super) fn insert(&mut self, mistake: Mistake, field: u16, value: &str) {
        let value = Some(self.arena.put(value.as_bytes()));
        self.one(mistake, Edit { field, value, present: Some(true), ..Edit::default() });
    }

    #[inline(never)]
    pub(super) fn value(&mut self, mistake: Mistake, field: u16, value: &str) {
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
}
