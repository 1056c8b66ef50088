//! Rows of a bill, without quoting: each value stands behind a backtick, values are separated by a
//! comma, and goods names and the merchant's data may hold commas and line breaks of their own.

use super::{Kind, amount::scaled, opening::utf8};
use crate::{Error, ErrorCode, Result};
use alloc::{format, vec::Vec};

/// A value.
///
/// ```
/// use wxpay_core::bill::{Cell, Kind, rows};
///
/// let mut cells = Vec::new();
/// rows(b"`tea,`8.80,`\r\n", &[Kind::Text, Kind::Fen, Kind::Fen], 1, true, |_, cell| {
///     cells.push(cell)
/// })?;
/// assert_eq!(
///     cells,
///     [Cell::Text { start: 1, end: 4, ascii: true }, Cell::Number(880), Cell::Nothing]
/// );
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Its place in the window.
    Text {
        /// Its first byte.
        start: usize,
        /// Behind its last byte.
        end: usize,
        /// Whether each byte is a character.
        ascii: bool,
    },
    /// Fen, or a count.
    Number(i64),
    /// An amount that is left empty.
    Nothing,
}

/// What follows the rows.
///
/// ```
/// use wxpay_core::bill::{Kind, Next, rows};
///
/// let next = |text: &str, last| {
///     rows(text.as_bytes(), &[Kind::Text], 1, last, |_, _| {}).map(|r| r.next)
/// };
/// assert_eq!(next("`a\r\n", false)?, Next::More);
/// assert_eq!(next("`a\r\n总交易单数", false)?, Next::Summary);
/// assert_eq!(next("`a\r\n", true)?, Next::End);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// More bytes are needed to know.
    More,
    /// The titles of the summary.
    Summary,
    /// Nothing.
    End,
}

/// The complete rows at the beginning of a window.
///
/// ```
/// use wxpay_core::bill::{Kind, Next, Rows, rows};
///
/// // The second row is cut off: it stays in the window.
/// let found = rows(b"`a\r\n`b", &[Kind::Text], 1, false, |_, _| {})?;
/// assert_eq!(found, Rows { consumed: 4, rows: 1, next: Next::More });
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Their bytes.
    pub consumed: usize,
    /// How many they are.
    pub rows: usize,
    /// What follows them.
    pub next: Next,
}

/// The first title of each summary.
const SUMMARIES: [&[u8]; 2] = ["总交易单数".as_bytes(), "资金流水总笔数".as_bytes()];

/// Splits the window into rows and hands on each row's cells with the index of their column. The
/// window begins where a row begins; `first` is the number of that row, for messages, and `last`
/// says that no bytes follow the window.
///
/// A line break ends a row that has all its values, if a row, the summary or the end follows; any
/// other belongs to the value it stands in. Where a row has too many values, because `` ,` `` stands
/// in one, the surplus belongs to the merchant's data (商户数据包), so that every amount is right.
///
/// ```
/// use wxpay_core::bill::{Kind, rows};
///
/// let error = rows(
///     "`2014-11-10 16:33:45,`not money\r\n".as_bytes(),
///     &[Kind::Time, Kind::Fen],
///     7,
///     true,
///     |_, _| {},
/// )
/// .expect_err("an amount was expected");
/// assert_eq!(error.to_string(), "row 7 of the bill is cut off, or does not fit title 2");
/// ```
///
/// # Errors
/// `BILL_INVALID` with the number of the row and of the column.
pub fn rows(
    bytes: &[u8],
    kinds: &[Kind],
    first: usize,
    last: bool,
    mut cell: impl FnMut(usize, Cell),
) -> Result<Rows> {
    let timed = kinds.first() == Some(&Kind::Time);
    let least = kinds.len() - usize::from(kinds.last() == Some(&Kind::Rest));
    let free = kinds.iter().position(|&kind| kind == Kind::Free).unwrap_or(kinds.len());
    let mut found = Rows { consumed: 0, rows: 0, next: Next::More };
    let mut starts = Vec::new();
    loop {
        let misfit = |column: usize| {
            let row = first + found.rows;
            let message =
                format!("row {row} of the bill is cut off, or does not fit title {column}");
            Error::new(ErrorCode::BillInvalid, message)
        };
        match follows(bytes, found.consumed, timed, last) {
            Follows::Row => {}
            Follows::Unknown => break,
            Follows::Summary => {
                found.next = Next::Summary;
                break;
            }
            Follows::End => {
                found.consumed = bytes.len();
                found.next = Next::End;
                break;
            }
            Follows::Value => return Err(misfit(1)),
        }
        let begin = found.consumed + 1;
        let Some((end, next, merged)) = end_of_row(bytes, begin, &mut starts, least, timed, last)
        else {
            break;
        };
        let surplus = starts.len().saturating_sub(kinds.len());
        // Too few values in one row and the next one behind them are no surplus.
        if starts.len() < least || (surplus > 0 && (merged || free == kinds.len())) {
            return Err(misfit(starts.len()));
        }
        // A value that is left out begins and ends where the row ends.
        starts.extend([end + SEPARATOR; 2]);
        for (i, &kind) in kinds.iter().enumerate() {
            let at = |i: usize| {
                starts.get(if i > free { i + surplus } else { i }).copied().unwrap_or_default()
            };
            let end = at(i + 1) - SEPARATOR;
            let start = usize::min(at(i), end);
            let value = bytes.get(start..end).unwrap_or_default();
            let places = match kind {
                Kind::Fen => 2,
                Kind::Count => 0,
                _ => {
                    cell(i, Cell::Text { start, end, ascii: value.iter().all(u8::is_ascii) });
                    continue;
                }
            };
            let number = match scaled(value, places) {
                Some(number) => Cell::Number(number),
                None if value.is_empty() => Cell::Nothing,
                None => return Err(misfit(i + 1)),
            };
            cell(i, number);
        }
        found.consumed = next;
        found.rows += 1;
    }
    utf8(bytes.get(..found.consumed).unwrap_or_default())?;
    Ok(found)
}

/// The bytes of a comma and a backtick.
const SEPARATOR: usize = 2;

/// Where the row ends, where the next line begins, and whether another row seems to begin before all
/// values are there; `starts` gets the beginnings of the values.
fn end_of_row(
    bytes: &[u8],
    begin: usize,
    starts: &mut Vec<usize>,
    least: usize,
    timed: bool,
    last: bool,
) -> Option<(usize, usize, bool)> {
    starts.clear();
    starts.push(begin);
    let mut at = begin;
    let mut merged = false;
    loop {
        let Some(byte) = bytes.get(at) else { return last.then_some((at, at, merged)) };
        match byte {
            b'`' if bytes.get(at - 1) == Some(&b',') => starts.push(at + 1),
            b'\n' => {
                let next = at + 1;
                match follows(bytes, next, timed, last) {
                    Follows::Value => {}
                    Follows::Unknown => return None,
                    Follows::Row if starts.len() < least => merged = true,
                    _ if starts.len() < least => {}
                    Follows::Row | Follows::Summary | Follows::End => {
                        let cr = at > begin && bytes.get(at - 1) == Some(&b'\r');
                        return Some((at - usize::from(cr), next, merged));
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// What stands at the beginning of a line.
enum Follows {
    Row,
    Summary,
    End,
    /// The rest of a value with a line break in it.
    Value,
    /// Too few bytes to tell.
    Unknown,
}

#[inline(never)]
fn follows(bytes: &[u8], at: usize, timed: bool, last: bool) -> Follows {
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.iter().all(|&b| b == b'\r' || b == b'\n') {
        return if last { Follows::End } else { Follows::Unknown };
    }
    if let [b'`', time @ ..] = rest {
        let time = time.get(..5).unwrap_or(time);
        // The year, which stands in no other place of a row behind a line break and a backtick.
        let fits = |(i, &b): (usize, &u8)| if i < 4 { b.is_ascii_digit() } else { b == b'-' };
        return if !timed || (time.iter().enumerate().all(fits) && time.len() == 5) {
            Follows::Row
        } else if time.iter().enumerate().all(fits) && !last {
            Follows::Unknown
        } else {
            Follows::Value
        };
    }
    for summary in SUMMARIES {
        if rest.starts_with(summary) {
            return Follows::Summary;
        }
        if summary.starts_with(rest) && !last {
            return Follows::Unknown;
        }
    }
    Follows::Value
}
