//! Bills (对账单): the text that `downloadbill`, `downloadfundflow` and `batchquerycomment` answer
//! (chapters 9.6, 9.18 and 9.17).
//!
//! [`read`] reads one that is in memory. A bill may be larger than memory: then the caller shows a
//! window of bytes to [`opening`] and [`rows`], takes the complete rows of it, and moves the window on.
//!
//! ```
//! use wxpay_core::bill::{self, Cell, Next, Opening};
//!
//! let text = "交易时间,商户订单号,总金额\r\n`2014-11-10 16:33:45,`1415640626,`0.01\r\n\
//!             总交易单数,总交易额\r\n`1.0,`0.01\r\n";
//! let Some(Opening::Titles { consumed, line }) = bill::opening(text.as_bytes(), true)? else {
//!     return Ok(());
//! };
//! let kinds: Vec<_> = bill::columns(line).iter().map(|column| column.kind).collect();
//! let mut cells = Vec::new();
//! let rows = bill::rows(&text.as_bytes()[consumed..], &kinds, 1, true, |_, cell| cells.push(cell))?;
//! assert_eq!(cells[1], Cell::Text { start: 22, end: 32, ascii: true });
//! assert_eq!(cells[2], Cell::Number(1), "fen");
//! assert_eq!(rows.next, Next::Summary);
//! # Ok::<(), wxpay_core::Error>(())
//! ```

mod amount;
mod columns;
mod opening;
mod rows;
mod whole;

pub use amount::{count, fen};
pub use columns::{COLUMNS, COMMENTS, Column, Kind, Title, columns};
pub use opening::{MOST_REFUSAL, Opening, opening};
pub use rows::{Cell, Next, Rows, rows};
pub use whole::{Bill, Row, read};
