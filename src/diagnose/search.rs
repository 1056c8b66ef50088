//! Recomputes the signature with every mistake and every pair of mistakes, until one fits.
//!
//! Most variants differ from another one only behind some field: the digest goes on from the last
//! whole block before it.

use super::{
    change::{Aspect, Cell, Change},
    hash::{Algorithm, Start, State},
    key::TAILS,
    mistake::Mistake,
    model::Model,
    order::{Order, arrange},
};
use crate::digest::BLOCK;
use alloc::{string::String, vec::Vec};
use core::mem;
use zeroize::Zeroizing;

/// Where the search ends without an answer, in blocks of the digest: about half a second.
const MOST_BLOCKS: usize = 3_000_000;
/// In a message of more fields, a thousand moments are not combined with other mistakes.
const FEW_FIELDS: usize = 8;

/// How the string is put together.
#[derive(Clone, Copy)]
struct Plan {
    order: Order,
    tail: u16,
    key: u16,
    algorithm: Algorithm,
    joiner: &'static str,
}

/// The mistakes that explain the signature, and the string that was signed.
pub(super) struct Found {
    pub(super) mistakes: Vec<(Mistake, Option<String>)>,
    /// The fields, without the key.
    pub(super) text: Vec<u8>,
    /// What stands before and behind the key; none where there is no key, or where it is elsewhere.
    pub(super) tail: u16,
}

pub(super) struct Search<'m, 'h> {
    pub(super) model: &'m mut Model<'h>,
    target: State,
    algorithm: Algorithm,
    /// By key, for the right algorithm and its neighbour.
    starts: Vec<[Start; 2]>,
    pub(super) tried: usize,
    blocks: usize,
    buffer: Zeroizing<Vec<u8>>,
    cells: Vec<Cell>,
    undo: Vec<(u16, Cell)>,
    scratch: Vec<u16>,
}

/// A variant whose string is known, to which another mistake is added.
struct Prepared {
    plan: Plan,
    first: Option<usize>,
    /// Fields whose values, names, presence are changed.
    valued: Vec<u16>,
    named: Vec<u16>,
    order: Vec<u16>,
    /// Where each field stands in the order.
    places: Vec<usize>,
    text: Vec<u8>,
    /// Where each place begins in the text.
    offsets: Vec<usize>,
    states: Vec<State>,
}

/// What a second mistake has changed.
struct Applied {
    /// The first place that differs; none where no field does.
    place: Option<usize>,
    renamed: bool,
    overlaps: bool,
}

impl<'m, 'h> Search<'m, 'h> {
    #[inline(never)]
    pub(super) fn new(model: &'m mut Model<'h>, algorithm: Algorithm, target: State) -> Self {
        let starts = model.keys.iter().map(|key| {
            [algorithm, neighbour(algorithm)].map(|algorithm| algorithm.start(&key.bytes))
        });
        Search {
            starts: starts.collect(),
            cells: model.cells.clone(),
            model,
            target,
            algorithm,
            tried: 0,
            blocks: 0,
            buffer: Zeroizing::new(Vec::with_capacity(4096)),
            undo: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Whether the search ended before its end.
    pub(super) fn gave_up(&self) -> bool {
        self.blocks > MOST_BLOCKS
    }

    /// The message as the protocol has it.
    #[inline(never)]
    pub(super) fn right(&mut self) -> Option<Found> {
        let prepared = self.prepare(None)?;
        self.buffer.clear();
        self.buffer.extend_from_slice(&prepared.text);
        self.fits(&prepared.plan, prepared.text.len(), &prepared)
            .then(|| self.found(&prepared, None, &prepared.plan))
    }

    /// One mistake.
    #[inline(never)]
    pub(super) fn singles(&mut self) -> Option<Found> {
        let prepared = self.prepare(None)?;
        (0..self.model.changes.len()).find_map(|second| self.with(&prepared, second, true))
    }

    /// Two mistakes.
    #[inline(never)]
    pub(super) fn pairs(&mut self) -> Option<Found> {
        let few = self.model.cells.iter().filter(|cell| cell.present).count() <= FEW_FIELDS;
        let count = self.model.changes.len();
        for first in 0..count {
            let change = self.model.changes.get(first)?;
            if change.late {
                return None;
            }
            if change.is_dormant() {
                continue;
            }
            let wide = change.all;
            let Some(prepared) = self.prepare(Some(first)) else { continue };
            for second in 0..count {
                let Some(change) = self.model.changes.get(second) else { break };
                if change.late && !few {
                    break;
                }
                // The other way round only where the sequence makes a difference.
                let forwards = second > first;
                let sequence = change.transform.is_some() || (wide && !change.edits.is_empty());
                if second == first || (!forwards && !sequence) {
                    continue;
                }
                if let Some(found) = self.with(&prepared, second, forwards) {
                    return Some(found);
                }
                if self.gave_up() {
                    return None;
                }
            }
        }
        None
    }

    /// The other side's string, which holds no key: which key and tail go with it.
    pub(super) fn theirs(&mut self, text: &[u8]) -> Option<(Vec<Mistake>, u16)> {
        let usual = self.plan();
        let whole = core::iter::once(None).chain((0..self.model.changes.len()).map(Some));
        for index in whole {
            let change = index.and_then(|index| self.model.changes.get(index));
            let mut plan = usual;
            let mut mistakes = Vec::new();
            if let Some(change) = change {
                let keyed =
                    !matches!(change.aspect, None | Some(Aspect::Order(_) | Aspect::Joiner(_)));
                if !keyed || !change.edits.is_empty() {
                    continue;
                }
                plan.add(change);
                mistakes.push(change.mistake);
            }
            self.buffer.clear();
            self.buffer.extend_from_slice(text);
            let prepared = Prepared::empty(plan);
            if self.fits(&plan, 0, &prepared) {
                return Some((mistakes, plan.tail));
            }
        }
        None
    }

    fn plan(&self) -> Plan {
        Plan { order: Order::Bytes, tail: 0, key: 0, algorithm: self.algorithm, joiner: "&" }
    }

    /// The string with one mistake, or none.
    #[inline(never)]
    fn prepare(&mut self, first: Option<usize>) -> Option<Prepared> {
        let mut prepared = Prepared { first, ..Prepared::empty(self.plan()) };
        self.cells.clone_from(&self.model.cells);
        if let Some(change) = first.and_then(|first| self.model.changes.get(first)) {
            prepared.plan.add(change);
            for edit in &change.edits {
                let cell = self.cells.get_mut(usize::from(edit.field))?;
                if let Some(name) = edit.name {
                    cell.name = name;
                    prepared.named.push(edit.field);
                }
                if let Some(value) = edit.value {
                    cell.value = value;
                    prepared.valued.push(edit.field);
                }
                cell.present = edit.present.unwrap_or(cell.present);
            }
        }
        prepared.order = self.arranged(prepared.plan.order);
        prepared.places = alloc::vec![0; self.cells.len()];
        for (place, &field) in prepared.order.iter().enumerate() {
            if let Some(slot) = prepared.places.get_mut(usize::from(field)) {
                *slot = place;
            }
        }
        let mut text = mem::take(&mut self.buffer);
        text.clear();
        let mut offsets = Vec::with_capacity(prepared.order.len());
        for &field in &prepared.order {
            offsets.push(text.len());
            self.write(field, prepared.plan.joiner, &mut text);
        }
        prepared.offsets = offsets;
        let mut state = *self.start(&prepared.plan)?.inner;
        prepared.states.push(state);
        for block in text.as_chunks::<BLOCK>().0 {
            prepared.plan.algorithm.absorb(&mut state, core::slice::from_ref(block));
            prepared.states.push(state);
        }
        self.blocks += prepared.states.len();
        prepared.text.clone_from(&*text);
        self.buffer = text;
        Some(prepared)
    }

    /// The prepared string with a further mistake.
    #[inline(never)]
    fn with(&mut self, prepared: &Prepared, second: usize, forwards: bool) -> Option<Found> {
        let change = self.model.changes.get(second)?;
        let mut plan = prepared.plan;
        let first = prepared.first.and_then(|first| self.model.changes.get(first));
        if first.is_some_and(|first| first.excludes(change)) {
            return None;
        }
        plan.add(change);
        // The other way round, it would change what this one makes.
        let wide = first.is_some_and(|first| first.all);
        let else_changed = change.aspect.is_some();
        let scratch = self.model.arena.len();
        let applied = self.apply(prepared, second);
        let mut found = None;
        if let Some(applied) = applied.filter(|applied| {
            (applied.place.is_some() || else_changed) && (forwards || wide || applied.overlaps)
        }) {
            let known = self.rewrite(prepared, &plan, &applied);
            if self.fits(&plan, known, prepared) {
                found = Some(self.found(prepared, Some(second), &plan));
            }
        }
        while let Some((field, cell)) = self.undo.pop() {
            if let Some(slot) = self.cells.get_mut(usize::from(field)) {
                *slot = cell;
            }
        }
        self.model.arena.truncate(scratch);
        found
    }

    /// Changes the cells; none where the two mistakes exclude one another.
    #[inline(never)]
    fn apply(&mut self, prepared: &Prepared, second: usize) -> Option<Applied> {
        let change = self.model.changes.get(second)?;
        let mut applied = Applied { place: None, renamed: false, overlaps: false };
        for edit in &change.edits {
            let field = usize::from(edit.field);
            let old = *self.cells.get(field)?;
            let mut new = old;
            if let Some(name) = edit.name {
                if prepared.named.contains(&edit.field) {
                    return None;
                }
                applied.renamed |= old.present;
                new.name = name;
            }
            if let Some(value) = edit.value {
                new.value = value;
                if prepared.valued.contains(&edit.field) {
                    applied.overlaps = true;
                    if let Some(transform) = change.transform {
                        let before = self.model.arena.get(old.value);
                        new.value = match transform.apply(before, self.model.host) {
                            Some(changed) => self.model.arena.put(&changed),
                            None => old.value,
                        };
                    }
                }
            }
            // Only a field that is in the string can have been changed by a transform.
            new.present = edit.present.unwrap_or(old.present);
            applied.note(prepared, &mut self.undo, field, old, new);
            *self.cells.get_mut(field)? = new;
        }
        let Some(transform) = change.transform.filter(|_| change.all) else { return Some(applied) };
        for &index in &prepared.valued {
            if change.edits.iter().any(|edit| edit.field == index) {
                continue;
            }
            let field = usize::from(index);
            let old = *self.cells.get(field)?;
            let before = self.model.arena.get(old.value);
            if let Some(changed) = transform.apply(before, self.model.host) {
                applied.overlaps = true;
                let new = Cell { value: self.model.arena.put(&changed), ..old };
                applied.note(prepared, &mut self.undo, field, old, new);
                *self.cells.get_mut(field)? = new;
            }
        }
        Some(applied)
    }

    /// Writes the string to the buffer; how many of its bytes are those of the prepared one.
    #[inline(never)]
    fn rewrite(&mut self, prepared: &Prepared, plan: &Plan, applied: &Applied) -> usize {
        let before = &prepared.plan;
        let same_start = plan.algorithm == before.algorithm
            && (plan.key == before.key || !plan.algorithm.keyed());
        let same_order = plan.order == before.order
            && !applied.renamed
            && (plan.order != Order::Pairs || applied.place.is_none());
        let same = same_order && same_start && plan.joiner == before.joiner;
        let mut buffer = mem::take(&mut self.buffer);
        let fresh = if same_order { None } else { Some(self.arranged(plan.order)) };
        let order = fresh.as_ref().unwrap_or(&prepared.order);
        let place = if same { applied.place.unwrap_or(order.len()) } else { 0 };
        let known = match prepared.offsets.get(place) {
            _ if !same => 0,
            Some(&offset) => offset,
            None => prepared.text.len(),
        };
        buffer.clear();
        buffer.extend_from_slice(prepared.text.get(..known).unwrap_or_default());
        for &field in order.iter().skip(place) {
            self.write(field, plan.joiner, &mut buffer);
        }
        self.buffer = buffer;
        self.scratch = fresh.unwrap_or_default();
        if TAILS.get(usize::from(plan.tail)).is_some_and(|tail| tail.front) { 0 } else { known }
    }

    #[inline(never)]
    fn write(&self, field: u16, joiner: &str, text: &mut Vec<u8>) {
        let Some(cell) = self.cells.get(usize::from(field)).filter(|cell| cell.present) else {
            return;
        };
        if !text.is_empty() {
            text.extend_from_slice(joiner.as_bytes());
        }
        text.extend_from_slice(self.model.arena.get(cell.name));
        text.push(b'=');
        text.extend_from_slice(self.model.arena.get(cell.value));
    }

    #[inline(never)]
    fn arranged(&mut self, order: Order) -> Vec<u16> {
        let mut fields = mem::take(&mut self.scratch);
        fields.clear();
        fields.extend((0..).take(self.cells.len()));
        let arena = &self.model.arena;
        let part = |field: u16| match self.cells.get(usize::from(field)) {
            Some(cell) => (arena.get(cell.name), arena.get(cell.value)),
            None => (&[][..], &[][..]),
        };
        arrange(&mut fields, &|a, b| order.compare(part(a), part(b)));
        fields
    }

    fn start(&self, plan: &Plan) -> Option<&Start> {
        let starts = self.starts.get(usize::from(plan.key))?;
        starts.get(usize::from(plan.algorithm != self.algorithm))
    }

    /// Whether the text in the buffer, of which so much is known, has the signature.
    #[inline(never)]
    fn fits(&mut self, plan: &Plan, known: usize, prepared: &Prepared) -> bool {
        let mut buffer = mem::take(&mut self.buffer);
        let (Some(tail), Some(key)) =
            (TAILS.get(usize::from(plan.tail)), self.model.keys.get(usize::from(plan.key)))
        else {
            return false;
        };
        let text = buffer.len();
        let key: &[u8] = if tail.key { &key.bytes } else { &[] };
        let before = if text == 0 { tail.before.trim_start_matches('&') } else { tail.before };
        let fields = if tail.front { mem::take(&mut *buffer) } else { Vec::new() };
        for part in [before.as_bytes(), key, tail.after.as_bytes(), &fields] {
            buffer.extend_from_slice(part);
        }
        let (algorithm, mut done) = (plan.algorithm, known / BLOCK);
        let Some(start) = self.start(plan) else { return false };
        let state = match prepared.states.get(done).filter(|_| done > 0) {
            Some(state) => *state,
            None => {
                done = 0;
                *start.inner
            }
        };
        let cost = buffer.len() / BLOCK + 1 - done + if algorithm.keyed() { 1 } else { 0 };
        let end = algorithm.finish(start, state, done, &mut buffer);
        let length = algorithm.length() / 4;
        let fits = end.get(..length) == self.target.get(..length);
        self.tried += 1;
        self.blocks += cost;
        if tail.front {
            *buffer = fields;
        }
        buffer.truncate(text);
        self.buffer = buffer;
        fits
    }

    #[inline(never)]
    fn found(&self, prepared: &Prepared, second: Option<usize>, plan: &Plan) -> Found {
        let changes = [prepared.first, second].into_iter().flatten();
        let mistakes = changes.filter_map(|index| {
            let change = self.model.changes.get(index)?;
            let label = match change.aspect {
                Some(Aspect::Key(key)) => self.model.keys.get(usize::from(key))?.label.clone(),
                _ => None,
            };
            let field = change.field.map(|field| String::from(self.model.name_of(field)));
            Some((change.mistake, field.or(label)))
        });
        Found { mistakes: mistakes.collect(), text: self.buffer.to_vec(), tail: plan.tail }
    }
}

impl Plan {
    fn add(&mut self, change: &Change) {
        match change.aspect {
            Some(Aspect::Order(order)) => self.order = order,
            Some(Aspect::Tail(tail)) => self.tail = tail,
            Some(Aspect::Key(key)) => self.key = key,
            Some(Aspect::Algorithm(algorithm)) => self.algorithm = algorithm,
            Some(Aspect::Joiner(joiner)) => self.joiner = joiner,
            None => {}
        }
    }
}

impl Prepared {
    fn empty(plan: Plan) -> Self {
        Prepared {
            plan,
            first: None,
            valued: Vec::new(),
            named: Vec::new(),
            order: Vec::new(),
            places: Vec::new(),
            text: Vec::new(),
            offsets: Vec::new(),
            states: Vec::new(),
        }
    }
}

impl Applied {
    fn note(
        &mut self,
        prepared: &Prepared,
        undo: &mut Vec<(u16, Cell)>,
        field: usize,
        old: Cell,
        new: Cell,
    ) {
        if old == new {
            return;
        }
        undo.push((u16::try_from(field).unwrap_or_default(), old));
        if !old.present && !new.present {
            return;
        }
        let place = prepared.places.get(field).copied().unwrap_or_default();
        self.place = Some(self.place.map_or(place, |known| known.min(place)));
    }
}

/// The algorithm with as many digits that is taken for it.
pub(super) fn neighbour(algorithm: Algorithm) -> Algorithm {
    match algorithm {
        Algorithm::Md5 => Algorithm::HmacMd5,
        Algorithm::HmacMd5 => Algorithm::Md5,
        Algorithm::Sha256 => Algorithm::HmacSha256,
        Algorithm::HmacSha256 => Algorithm::Sha256,
    }
}
