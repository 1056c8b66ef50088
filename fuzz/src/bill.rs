//! The size of the pieces, then a bill: the rows are the same however the bytes are cut on their way,
//! and every amount is the one that is printed.

use crate::window;
use wxpay_core::bill;

/// An amount in yuan by the rule: digits, and decimals of which the third and later are zeros.
fn fen(text: &str) -> Option<i64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(decimals) {
        return None;
    }
    let (kept, rest) = decimals.split_at(decimals.len().min(2));
    let fen: i128 = format!("{whole}{kept:0<2}")
        .trim_start_matches('0')
        .parse()
        .or_else(|_| {
            let zero = whole.bytes().chain(kept.bytes()).all(|b| b == b'0');
            if zero { Ok(0) } else { Err(()) }
        })
        .ok()?;
    let safe = fen < 1 << 53 && rest.bytes().all(|b| b == b'0');
    safe.then_some(if negative { -(fen as i64) } else { fen as i64 })
}

/// The target.
pub fn run(data: &[u8]) {
    let Some((&size, bytes)) = data.split_first() else { return };
    let whole = window::read(bytes, &[]);
    for pieces in [[usize::from(size), 1, 7], [1, 1, 1]] {
        assert_eq!(window::read(bytes, &pieces), whole);
    }
    if let Ok(text) = str::from_utf8(bytes) {
        for value in text.split([',', '`', '\n']).take(64) {
            assert_eq!(bill::fen(value), fen(value), "{value}");
        }
    }
}
