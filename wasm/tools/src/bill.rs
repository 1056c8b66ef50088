//! Bills, a window of bytes at a time.

use crate::error::Result;
use wasm_bindgen::prelude::*;
use wxpay_core::bill::{self, Cell, Kind, Next, Opening};

/// How many bytes the line of titles takes; -1 where no bill exists, -2 where more bytes are needed
/// to know.
#[wasm_bindgen(js_name = billOpening)]
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
pub fn opening(bytes: &[u8], last: bool) -> Result<i32> {
    Ok(match bill::opening(bytes, last)? {
        None => -2,
        Some(Opening::NoBill) => -1,
        Some(Opening::Titles { consumed, .. }) => consumed as i32,
    })
}

/// The complete rows of the window: how many bytes and rows they are, what follows (0: unknown,
/// 1: the summary, 2: nothing), then two numbers for each cell. Of text these are its start and its
/// end, or the end's complement where it is not ASCII; of a number its high and its low half, the
/// high half alone set in its lowest value where the cell is empty.
///
/// `letters` are the kinds of the columns, in upper case where the cells are not wanted.
#[wasm_bindgen(js_name = billRows)]
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
pub fn rows(bytes: &[u8], letters: &[u8], first: usize, last: bool) -> Result<Vec<i32>> {
    let kinds: Vec<Kind> =
        letters.iter().map(|b| Kind::of_letter(b.to_ascii_lowercase())).collect();
    let mut out = vec![0; 3];
    let found = bill::rows(bytes, &kinds, first, last, |column, cell| {
        if letters.get(column).is_some_and(u8::is_ascii_uppercase) {
            return;
        }
        out.extend(match cell {
            // A window is far smaller than 2^31 bytes.
            Cell::Text { start, end, ascii } => {
                [start as i32, if ascii { end as i32 } else { !(end as i32) }]
            }
            Cell::Number(number) => [(number >> 32) as i32, number as i32],
            Cell::Nothing => [i32::MIN, 0],
        });
    })?;
    let next = match found.next {
        Next::More => 0,
        Next::Summary => 1,
        Next::End => 2,
    };
    if let Some(head) = out.first_chunk_mut() {
        *head = [found.consumed as i32, found.rows as i32, next];
    }
    Ok(out)
}
