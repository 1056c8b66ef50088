//! Fields as one string each way.

use crate::error::{Result, internal, zero};
use wxpay_core::{
    Fields,
    notification::{NativeCallback, Payment},
};

const END: char = '\0';
const INTEGER: char = '\u{1}';

/// Reads `count NUL name NUL value NUL …`, an integer as `name U+0001 value NUL`.
///
/// A value that holds a NUL cannot smuggle a field in: the count stands first and would not fit.
pub(crate) fn read(text: &str) -> Result<Fields> {
    let (count, mut rest) = text.split_once(END).ok_or_else(|| internal("no count"))?;
    let mut fields = Vec::new();
    while let Some((name, value, integer, after)) = next(rest) {
        fields.push((name, value, integer));
        rest = after;
    }
    if !rest.is_empty() || count.parse() != Ok(fields.len()) {
        return Err(zero());
    }
    Ok(Fields::from_written(fields)?)
}

fn next(text: &str) -> Option<(&str, &str, bool, &str)> {
    let at = text.find([END, INTEGER])?;
    let (name, rest) = text.split_at_checked(at)?;
    let integer = rest.starts_with(INTEGER);
    let (value, rest) = rest.get(1..)?.split_once(END)?;
    Some((name, value, integer, rest))
}

/// Writes what [`read`] reads.
pub(crate) fn counted(fields: &Fields) -> String {
    format!("{}{END}{}", fields.len(), write(fields))
}

/// Writes `name NUL value NUL …`, an integer as [`read`] takes it; what was received has none.
pub(crate) fn write(fields: &Fields) -> String {
    let mut text = String::new();
    for (name, value, integer) in fields.iter_written() {
        text.push_str(name);
        text.push(if integer { INTEGER } else { END });
        text.push_str(value);
        text.push(END);
    }
    text
}

/// Amounts are digits, what is absent is left out.
pub(crate) fn payment(payment: &Payment) -> String {
    pairs(&[
        ("out_trade_no", Some(&payment.out_trade_no)),
        ("transaction_id", Some(&payment.transaction_id)),
        ("total_fee", Some(&payment.total_fee.to_string())),
        ("fee_type", Some(&payment.fee_type)),
        ("cash_fee", payment.cash_fee.map(|fen| fen.to_string()).as_ref()),
        ("openid", payment.openid.as_ref()),
        ("bank_type", payment.bank_type.as_ref()),
        ("time_end", Some(&payment.time_end)),
    ])
}

pub(crate) fn native_callback(callback: &NativeCallback) -> String {
    pairs(&[
        ("product_id", Some(&callback.product_id)),
        ("openid", Some(&callback.openid)),
        ("is_subscribe", Some(&callback.is_subscribe)),
        ("nonce_str", Some(&callback.nonce_str)),
    ])
}

fn pairs(given: &[(&str, Option<&String>)]) -> String {
    let mut text = String::new();
    for (name, value) in given {
        if let Some(value) = value {
            for part in [name, value.as_str()] {
                text.push_str(part);
                text.push(END);
            }
        }
    }
    text
}
