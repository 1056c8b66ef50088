//! A bill that is in memory as a whole.

use super::{Cell, Column, Next, Opening, columns, opening, rows};
use crate::{Error, ErrorCode, Result};
use alloc::vec::Vec;

/// A bill that was read to its end.
///
/// ```
/// let text = "交易时间,商户订单号,总金额\r\n`2014-11-10 16:33:45,`1415640626,`0.01\r\n\
///             总交易单数,总交易额\r\n`1,`0.01\r\n";
/// let bill = wxpay_core::bill::read(text.as_bytes())?;
/// assert_eq!(bill.rows().len(), 1);
/// for row in bill.rows() {
///     assert_eq!(row.text("out_trade_no"), Some("1415640626"));
///     assert_eq!(row.number("total_fee"), Some(1), "fen");
/// }
/// assert_eq!(bill.summary().and_then(|row| row.number("total_count")), Some(1));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Bill<'a> {
    body: Part<'a>,
    summary: Part<'a>,
    offset: Option<&'a str>,
}

/// Rows under one line of titles.
#[derive(Clone, Debug, Default)]
struct Part<'a> {
    columns: Vec<Column>,
    cells: Vec<Cell>,
    /// Where the cells stand.
    window: &'a [u8],
}

/// One row of a [`Bill`], by WeChat's names.
///
/// ```
/// let text =
///     "1415640626\r\n`2017-07-01 10:00:05,`1001690740201411100005734289,`5,`好`\r\n";
/// let bill = wxpay_core::bill::read(text.as_bytes())?;
/// let comment = bill.rows().next().ok_or("no comment")?;
/// assert_eq!(comment.number("stars"), Some(5));
/// assert_eq!(comment.text("comment"), Some("好`"));
/// assert_eq!(bill.offset(), Some("1415640626"), "where the next request goes on");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Row<'r> {
    columns: &'r [Column],
    cells: &'r [Cell],
    window: &'r [u8],
}

/// Reads a whole bill, unpacked. Where the gateway says that no bill exists, that day had no trades:
/// the bill is empty.
///
/// Use [`super::opening`] and [`super::rows`] for a bill that is larger than memory.
///
/// ```
/// let none =
///     "<xml><return_code>FAIL</return_code><return_msg>No Bill Exist</return_msg></xml>";
/// assert_eq!(wxpay_core::bill::read(none.as_bytes())?.rows().len(), 0);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `BILL_INVALID` for a bill that is cut off or does not fit its titles; those of
/// [`super::opening`] where the gateway answered an error instead.
pub fn read(bytes: &[u8]) -> Result<Bill<'_>> {
    let Some((line, rest)) = titles(bytes)? else { return Ok(Bill::default()) };
    let (body, next, rest) = part(line, rest)?;
    if !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()) {
        return match next {
            Next::End => Ok(Bill { body, summary: Part::default(), offset: Some(line) }),
            _ => Err(cut()),
        };
    }
    let Some((line, rest)) = titles(rest)?.filter(|_| next == Next::Summary) else {
        return Err(cut());
    };
    let (summary, next, _) = part(line, rest)?;
    if next != Next::End || summary.rows().len() != 1 {
        return Err(cut());
    }
    Ok(Bill { body, summary, offset: None })
}

/// The line of titles and what follows it; `None` where no bill exists.
fn titles(bytes: &[u8]) -> Result<Option<(&str, &[u8])>> {
    match opening(bytes, true)? {
        Some(Opening::Titles { consumed, line }) => {
            Ok(Some((line, bytes.get(consumed..).unwrap_or_default())))
        }
        Some(Opening::NoBill) => Ok(None),
        None => Err(cut()),
    }
}

fn part<'a>(line: &str, window: &'a [u8]) -> Result<(Part<'a>, Next, &'a [u8])> {
    let columns = columns(line);
    let kinds: Vec<_> = columns.iter().map(|column| column.kind).collect();
    let mut cells = Vec::new();
    let found = rows(window, &kinds, 1, true, |_, cell| cells.push(cell))?;
    let rest = window.get(found.consumed..).unwrap_or_default();
    Ok((Part { columns, cells, window }, found.next, rest))
}

fn cut() -> Error {
    Error::new(
        ErrorCode::BillInvalid,
        "the bill is cut off, or no bill: a line of titles, rows and a summary were expected",
    )
}

impl Part<'_> {
    fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        let Part { columns, cells, window } = self;
        cells.chunks(columns.len().max(1)).map(|cells| Row { columns, cells, window })
    }
}

impl Bill<'_> {
    /// The columns, in their order; none where no bill exists.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.body.columns
    }

    /// The rows, in their order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.body.rows()
    }

    /// The last line: `total_count`, and sums in fen. Comments have none, nor has a day without
    /// trades.
    #[must_use]
    pub fn summary(&self) -> Option<Row<'_>> {
        self.summary.rows().next()
    }

    /// Of comments, the `offset` of the request that goes on.
    #[must_use]
    pub fn offset(&self) -> Option<&str> {
        self.offset
    }
}

impl<'r> Row<'r> {
    /// The text of a column that holds text, a time or a fee with five decimals.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'r str> {
        match self.cell(name)? {
            Cell::Text { start, end, .. } => {
                core::str::from_utf8(self.window.get(start..end)?).ok()
            }
            _ => None,
        }
    }

    /// An amount in fen, or a count; `None` also where the bill leaves the amount empty.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.cell(name)? {
            Cell::Number(number) => Some(number),
            _ => None,
        }
    }

    fn cell(&self, name: &str) -> Option<Cell> {
        let column = self.columns.iter().position(|column| column.name == name)?;
        self.cells.get(column).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRADES: &str = "交易时间,商户订单号,总金额\r\n`2014-11-10 16:33:45,`a,`0.01\r\n\
                          `2014-11-10 16:33:46,`b,`2.00\r\n总交易单数,总交易额\r\n`2,`2.01\r\n";

    #[test]
    fn rows_and_summary_by_name() -> Result<()> {
        let bill = read(TRADES.as_bytes())?;
        let rows: Vec<_> =
            bill.rows().map(|row| (row.text("out_trade_no"), row.number("total_fee"))).collect();
        assert_eq!(rows, [(Some("a"), Some(1)), (Some("b"), Some(200))]);
        let names: Vec<_> = bill.columns().iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["trade_time", "out_trade_no", "total_fee"]);
        let summary = bill.summary().map(|s| (s.number("total_count"), s.number("total_fee")));
        assert_eq!(summary, Some((Some(2), Some(201))));
        assert_eq!(bill.offset(), None);
        // Neither kind passes for the other, and there is no such column.
        let first = bill.rows().next().map(|r| (r.text("total_fee"), r.number("out_trade_no")));
        assert_eq!(first, Some((None, None)));
        assert_eq!(bill.rows().next().and_then(|row| row.text("openid")), None);
        Ok(())
    }

    #[test]
    fn a_bill_that_ends_too_soon_or_too_late_is_none() {
        let code = |text: &str| read(text.as_bytes()).map(|_| ()).map_err(|e| e.code());
        let invalid = Err(ErrorCode::BillInvalid);
        assert_eq!(code(TRADES), Ok(()));
        for (at, _) in TRADES.match_indices("\r\n") {
            let whole = at + 2 == TRADES.len();
            assert_eq!(code(&TRADES[..at]), if whole { Ok(()) } else { invalid }, "{at}");
        }
        assert_eq!(code(&TRADES.replace("总交易单数,总交易额\r\n`2,`2.01\r\n", "")), invalid);
        assert_eq!(code(&alloc::format!("{TRADES}`3,`1.00\r\n")), invalid);
        assert_eq!(code(""), invalid);
        assert_eq!(code("<html>502</html>"), Err(ErrorCode::AnswerInvalid));
        assert_eq!(code("12\r\n"), Ok(()));
        assert_eq!(code("12\r\n总交易单数\r\n`1\r\n"), invalid);
    }
}
