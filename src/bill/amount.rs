//! Amounts in bills are yuan with decimals; everywhere else in the API they are fen.

/// The fen of an amount in yuan, exactly: `0.01`, `1.0`, `-3` and `0.60000` are whole fen, `0.006`
/// is not.
///
/// ```
/// use wxpay_core::bill::fen;
///
/// assert_eq!(fen("8.80"), Some(880));
/// assert_eq!(fen("-0.1"), Some(-10));
/// assert_eq!(fen("0.006"), None, "no whole fen");
/// ```
#[must_use]
pub fn fen(yuan: &str) -> Option<i64> {
    scaled(yuan.as_bytes(), 2)
}

/// A count, which bills may print as `45.0`.
///
/// ```
/// use wxpay_core::bill::count;
///
/// assert_eq!((count("45"), count("45.0"), count("4.5")), (Some(45), Some(45), None));
/// ```
#[must_use]
pub fn count(text: &str) -> Option<i64> {
    scaled(text.as_bytes(), 0)
}

/// The number without its point, `places` decimals kept, where no other than zeros follow.
pub(super) fn scaled(text: &[u8], places: usize) -> Option<i64> {
    // What JavaScript's numbers hold exactly.
    const MOST: i64 = (1 << 53) - 1;
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let mut value = 0i64;
    let mut decimals = None;
    let mut any = false;
    for &byte in digits {
        match (byte, decimals) {
            (b'.', None) if any => {
                decimals = Some(0);
                any = false;
            }
            (b'0'..=b'9', None) => {
                value = value * 10 + i64::from(byte - b'0');
                any = true;
            }
            (b'0'..=b'9', Some(n)) if n < places => {
                value = value * 10 + i64::from(byte - b'0');
                decimals = Some(n + 1);
                any = true;
            }
            (b'0', Some(_)) => any = true,
            _ => return None,
        }
        if value > MOST {
            return None;
        }
    }
    for _ in decimals.unwrap_or(0)..places {
        value *= 10;
    }
    (any && value <= MOST).then_some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_are_whole_fen_or_nothing() {
        for (yuan, expected) in [
            ("0", Some(0)),
            ("0.00", Some(0)),
            ("0.01", Some(1)),
            ("0.1", Some(10)),
            ("1.0", Some(100)),
            ("1", Some(100)),
            ("-0.10", Some(-10)),
            ("0.60000", Some(60)),
            ("100000000.29", Some(10_000_000_029)),
            ("90071992547409.91", Some(9_007_199_254_740_991)),
            ("90071992547409.92", None),
            ("900719925474099", None),
            ("99999999999999999999999999", None),
            ("0.006", None),
            ("0.00600", None),
            ("", None),
            ("-", None),
            (".5", None),
            ("1.", None),
            ("1.2.3", None),
            ("--1", None),
            ("+1", None),
            ("1e2", None),
            ("1,000.00", None),
            (" 1", None),
            ("１", None),
        ] {
            assert_eq!(fen(yuan), expected, "{yuan:?}");
        }
    }

    #[test]
    fn counts_may_have_a_point() {
        for (text, expected) in
            [("45.0", Some(45)), ("45", Some(45)), ("0", Some(0)), ("4.5", None), ("", None)]
        {
            assert_eq!(count(text), expected, "{text:?}");
        }
    }
}
