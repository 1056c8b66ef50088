//! What is taken of a message that is genuine: the fields its kind must have, and may have.

use crate::{Error, ErrorCode, Fields, Result, endpoint::fen};

/// Names in front that have no number in a numbered list: they belong to the order.
const OF_ORDER: usize = 3;

/// The filled fields among these. `number` is the one of an entry in a list (`refund_fee_0`), or
/// empty. Amounts are integers in fen.
pub(crate) fn facts(
    given: &Fields,
    number: &str,
    required: &[&str],
    optional: &[&str],
) -> Result<Fields> {
    let mut fields = Fields::new();
    for (index, &name) in required.iter().chain(optional).enumerate() {
        let number = if index < OF_ORDER { "" } else { number };
        let mut filled = given.iter().filter(|(_, value)| !value.is_empty());
        let value = filled.find(|&(full, _)| named(full, name, number)).map(|(_, value)| value);
        let needed = index < required.len();
        match value {
            // Coupons may have paid for everything.
            Some(value)
                if !name.ends_with("_fee") || fen(value).is_some() || (!needed && value == "0") =>
            {
                fields.insert(name, value)?;
            }
            Some(_) => {
                let text = "an amount is an integer in fen";
                return Err(Error::new(ErrorCode::FieldValue, text).field(name));
            }
            None if needed => return Err(missing(name)),
            None => {}
        }
    }
    Ok(fields)
}

/// Whether `full` is `name`, or `name_number`. Queries say `refund_success_time` (chapter 9.5).
fn named(full: &str, name: &str, number: &str) -> bool {
    let base = if number.is_empty() {
        Some(full)
    } else {
        full.strip_suffix(number).and_then(|base| base.strip_suffix('_'))
    };
    base.is_some_and(|base| {
        base == name || name == "success_time" && base.strip_prefix("refund_") == Some(name)
    })
}

pub(crate) fn missing(name: &str) -> Error {
    Error::new(ErrorCode::FieldMissing, "this kind of message has this field").field(name)
}
