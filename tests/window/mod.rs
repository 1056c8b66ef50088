//! A reader of bills with a window of its own, for the tests and the fuzz targets.
#![allow(clippy::expect_used, reason = "tests fail by panicking")]

use wxpay_core::{
    ErrorCode,
    bill::{self, Cell, Column, Kind, Next, Opening},
};

/// A bill as a reader with a window of its own sees it.
#[derive(Debug, Default, PartialEq)]
pub struct Read {
    /// Of the columns.
    pub names: Vec<String>,
    /// The values of each row, amounts in fen.
    pub rows: Vec<Vec<String>>,
    /// The values of the summary.
    pub summary: Option<Vec<String>>,
}

/// Reads the bill with the bytes arriving in these pieces.
pub fn read(bill: &[u8], pieces: &[usize]) -> Result<Read, ErrorCode> {
    let mut window = Vec::new();
    let mut rest = bill;
    let mut sizes = pieces.iter().cycle();
    let mut read = Read::default();
    let mut columns: Option<Vec<Column>> = None;
    let mut in_summary = false;
    loop {
        let size = (*sizes.next().unwrap_or(&usize::MAX)).clamp(1, rest.len().max(1));
        let (piece, after) = rest.split_at(size.min(rest.len()));
        window.extend_from_slice(piece);
        rest = after;
        let last = rest.is_empty();
        loop {
            let Some(known) = &columns else {
                match bill::opening(&window, last).map_err(|e| e.code())? {
                    None => break,
                    Some(Opening::NoBill) => return Ok(read),
                    Some(Opening::Titles { consumed, line }) => {
                        let found = bill::columns(line);
                        if !in_summary {
                            read.names = found.iter().map(|column| column.name.clone()).collect();
                        }
                        columns = Some(found);
                        window.drain(..consumed);
                        continue;
                    }
                }
            };
            let kinds: Vec<Kind> = known.iter().map(|column| column.kind).collect();
            let mut cells = Vec::new();
            let found = bill::rows(&window, &kinds, 1, last, |_, cell| cells.push(cell));
            let found = found.map_err(|e| e.code())?;
            let mut rows = cells
                .chunks(known.len())
                .map(|row| row.iter().map(|cell| shown(&window, cell)).collect::<Vec<_>>());
            if in_summary && found.rows == 1 && read.summary.is_none() {
                read.summary = rows.next_back();
            } else if in_summary && found.rows > 0 {
                return Err(ErrorCode::BillInvalid);
            } else {
                read.rows.extend(rows);
            }
            window.drain(..found.consumed);
            match found.next {
                Next::End if read.summary.is_some() => return Ok(read),
                Next::Summary if !in_summary => {
                    in_summary = true;
                    columns = None;
                }
                Next::More if !last => break,
                _ => return Err(ErrorCode::BillInvalid),
            }
        }
        if last && columns.is_none() {
            return Err(ErrorCode::BillInvalid);
        }
    }
}

fn shown(window: &[u8], cell: &Cell) -> String {
    match *cell {
        Cell::Text { start, end, ascii } => {
            let text = std::str::from_utf8(&window[start..end]).expect("UTF-8");
            assert_eq!(text.is_ascii(), ascii);
            text.to_owned()
        }
        Cell::Number(number) => number.to_string(),
        Cell::Nothing => String::new(),
    }
}
