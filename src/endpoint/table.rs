//! The files of the table, and the sets of rows that endpoints share.

use super::{Endpoint, text::is_comment};
use crate::{Error, ErrorCode, Result, error::quote};
use alloc::{format, vec::Vec};

const SETS: &str = include_str!("table/sets.txt");

const FILES: &[&str] = &[
    include_str!("table/pay.txt"),
    include_str!("table/payout.txt"),
    include_str!("table/coupon.txt"),
    include_str!("table/sharing.txt"),
    include_str!("table/contract.txt"),
    include_str!("table/customs.txt"),
    include_str!("table/deposit.txt"),
    include_str!("table/open.txt"),
    include_str!("table/sandbox.txt"),
];

/// What is sent to a path that the table does not have.
const OTHER: &str = include_str!("table/other.txt");

/// Every endpoint, in the order of the table.
///
/// ```
/// use wxpay_core::endpoint;
///
/// let endpoints = endpoint::all()?;
/// let with_certificate: Vec<_> = endpoints.iter().filter(|e| e.certificate).collect();
/// assert!(with_certificate.iter().any(|e| e.name == "refund"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `INTERNAL` where the table itself is broken, which the tests rule out.
pub fn all() -> Result<Vec<Endpoint<'static>>> {
    blocks().map(expanded).collect()
}

/// The endpoint of this name or of one of its other names.
///
/// ```
/// use wxpay_core::endpoint;
///
/// assert_eq!(endpoint::by_name("queryOrder")?.name, "orderQuery");
/// assert!(endpoint::by_name("payLater").is_err());
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `CONFIG_INVALID` where the table has no such name.
pub fn by_name(name: &str) -> Result<Endpoint<'static>> {
    let block = blocks().find(|block| {
        let mut names = block.lines().flat_map(|line| match line.trim().split_once(' ') {
            Some(("endpoint", rest)) => rest.split(' ').take(1),
            Some(("aka", rest)) => rest.split(' ').take(usize::MAX),
            _ => "".split(' ').take(0),
        });
        names.any(|own| own == name)
    });
    block.map_or_else(|| Err(unknown(name)), expanded)
}

/// The endpoint behind this path.
///
/// ```
/// use wxpay_core::endpoint;
///
/// assert_eq!(endpoint::by_path("/pay/unifiedorder")?.name, "unifiedOrder");
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `CONFIG_INVALID` where the table has no such path; [`other`] serves for those.
pub fn by_path(path: &str) -> Result<Endpoint<'static>> {
    let block = blocks().find(|block| head(block).rsplit(' ').next() == Some(path));
    block.map_or_else(|| Err(unknown(path)), expanded)
}

fn unknown(what: &str) -> Error {
    let what = quote(what, 64);
    let message = format!("the table has no endpoint `{what}`; `endpoint::all` lists them");
    Error::new(ErrorCode::ConfigInvalid, message)
}

/// What a path that the table does not have is called with: the merchant's ids, a nonce, either
/// algorithm, an answer that is signed or is not. Money may move.
///
/// ```
/// use wxpay_core::endpoint;
///
/// let unknown = endpoint::by_path("/pay/new").or_else(|_| endpoint::other(true))?;
/// assert!(unknown.money && unknown.is_answer_signed());
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `INTERNAL`, as [`all`].
pub fn other(signed: bool) -> Result<Endpoint<'static>> {
    let mut others = split(OTHER).map(expanded);
    let found = others.find(|e| e.as_ref().map_or(true, |e| e.is_answer_signed() == signed));
    found.unwrap_or_else(|| Err(Error::new(ErrorCode::Internal, "the table has no other paths")))
}

/// The texts of the endpoints: a line without indent, and the indented ones after it.
fn blocks() -> impl Iterator<Item = &'static str> {
    FILES.iter().flat_map(|file| split(file))
}

fn split(file: &'static str) -> impl Iterator<Item = &'static str> {
    let mut rest = file;
    core::iter::from_fn(move || {
        let start = rest.lines().take_while(|line| is_comment(line)).map(|l| l.len() + 1).sum();
        rest = rest.get(start..).filter(|rest| !rest.is_empty())?;
        let first = head(rest).len() + 1;
        let indented =
            rest.lines().skip(1).take_while(|line| line.starts_with(' ') || is_comment(line));
        let end = first + indented.map(|line| line.len() + 1).sum::<usize>();
        let block = rest.get(..end).unwrap_or(rest);
        rest = rest.get(end..).unwrap_or_default();
        Some(block)
    })
}

fn head(block: &'static str) -> &'static str {
    block.lines().next().unwrap_or_default()
}

fn expanded(block: &'static str) -> Result<Endpoint<'static>> {
    let mut lines = Vec::new();
    expand(&mut block.lines(), &mut lines)?;
    Endpoint::from_lines(lines.into_iter())
}

fn expand(
    from: &mut dyn Iterator<Item = &'static str>,
    lines: &mut Vec<&'static str>,
) -> Result<()> {
    for line in from {
        match line.trim_start().strip_prefix('+') {
            Some(name) => {
                let mut found =
                    split(SETS).filter(|set| head(set).strip_prefix("set ") == Some(name));
                let (Some(set), None) = (found.next(), found.next()) else {
                    let message = format!("the table of endpoints has no set `{name}`, or two");
                    return Err(Error::new(ErrorCode::Internal, message));
                };
                // A set may name sets; the recursion ends because none names itself.
                expand(&mut set.lines().skip(1), lines)?;
            }
            None => lines.push(line),
        }
    }
    Ok(())
}
