//! How a bill begins: a line of titles, or XML that says why there is none.

use crate::{Error, ErrorCode, Result, error::quote, text::find, xml};
use alloc::format;

/// How the bytes begin.
///
/// ```
/// use wxpay_core::bill::{Opening, opening};
///
/// let titles = Opening::Titles { consumed: 21, line: "商户号,总金额" };
/// assert_eq!(opening("商户号,总金额\r\n`1,`2".as_bytes(), true)?, Some(titles));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening<'a> {
    /// A line of titles.
    Titles {
        /// Bytes up to the next line.
        consumed: usize,
        /// The line as it stands there, without its byte order mark and its end.
        line: &'a str,
    },
    /// XML that says that nothing happened that day.
    NoBill,
}

/// The longest answer in place of a bill, in bytes.
pub const MOST_REFUSAL: usize = 16384;

/// Reads the first line of a bill or of its summary. `None` asks for more bytes; `last` says that
/// there are none.
///
/// ```
/// use wxpay_core::{ErrorCode, bill};
///
/// let creating =
///     b"<xml><return_code>FAIL</return_code><return_msg>Bill Creating</return_msg></xml>";
/// let error = bill::opening(creating, true).expect_err("too early");
/// assert_eq!(error.code(), ErrorCode::BillNotReady);
/// assert_eq!(bill::opening(&creating[..20], false), Ok(None), "more bytes, please");
/// ```
///
/// # Errors
/// `BILL_INVALID` for other encodings than UTF-8, `BILL_NOT_READY`, `RETURN_FAIL`, `RESULT_FAIL`,
/// `ANSWER_INVALID`.
pub fn opening(bytes: &[u8], last: bool) -> Result<Option<Opening<'_>>> {
    const BOM: &[u8] = "\u{feff}".as_bytes();
    let start = if bytes.starts_with(BOM) { BOM.len() } else { 0 };
    let body = bytes.get(start..).unwrap_or_default();
    if body.first() == Some(&b'<') {
        return if last || body.len() > MOST_REFUSAL { refusal(body).map(Some) } else { Ok(None) };
    }
    let end = find(body, 0, b'\n');
    if end == body.len() && !last {
        return Ok(None);
    }
    let line = utf8(body.get(..end).unwrap_or_default())?;
    let line = line.strip_suffix('\r').unwrap_or(line);
    Ok(Some(Opening::Titles { consumed: usize::min(start + end + 1, bytes.len()), line }))
}

/// The text, where it is UTF-8.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str> {
    core::str::from_utf8(bytes).map_err(|_| {
        Error::new(
            ErrorCode::BillInvalid,
            "the bill is not UTF-8 (GBK, perhaps): read the bytes as WeChat sent them",
        )
    })
}

fn refusal(body: &[u8]) -> Result<Opening<'_>> {
    let answer = xml::parse(body)
        .map_err(|e| Error::new(ErrorCode::AnswerInvalid, format!("no bill: {e}")))?;
    // A code in one answer is a text in another.
    let said = ["err_code", "return_msg"].into_iter().find_map(|name| answer.filled(name));
    let said = said.unwrap_or_default();
    let is = |words: &str| said.replace('_', " ").eq_ignore_ascii_case(words);
    if is("no bill exist") {
        return Ok(Opening::NoBill);
    }
    let (code, advice) = if is("bill creating") {
        (ErrorCode::BillNotReady, "; ask again after 10:00 (GMT+8)")
    } else if answer.filled("return_code") == Some("SUCCESS") {
        (ErrorCode::ResultFail, "")
    } else {
        (ErrorCode::ReturnFail, "")
    };
    Err(Error::new(code, format!("no bill: {}{advice}", quote(said, 256))).answered(&answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> core::result::Result<Option<Opening<'_>>, ErrorCode> {
        opening(body.as_bytes(), true).map_err(|e| e.code())
    }

    #[test]
    fn xml_says_why_there_is_no_bill() {
        let fail = |text: &str| {
            format!(
                "<xml><return_code><![CDATA[FAIL]]></return_code>\
                 <return_msg><![CDATA[{text}]]></return_msg><error_code>20002</error_code></xml>"
            )
        };
        for text in ["No Bill Exist", "NO Bill Exist", "NO_BILL_EXIST"] {
            assert_eq!(code(&fail(text)), Ok(Some(Opening::NoBill)));
            assert_eq!(code(&format!("\u{feff}{}", fail(text))), Ok(Some(Opening::NoBill)));
        }
        assert_eq!(code(&fail("Bill Creating")), Err(ErrorCode::BillNotReady));
        assert_eq!(code(&fail("invalid bill_type")), Err(ErrorCode::ReturnFail));
        let error = opening(fail("SIGN ERROR").as_bytes(), true).unwrap_err();
        assert_eq!(format!("{error}"), "no bill: SIGN ERROR");
        let flow = |code: &str| {
            format!(
                "<xml><return_code>SUCCESS</return_code><result_code>FAIL</result_code>\
                 <err_code>{code}</err_code></xml>"
            )
        };
        assert_eq!(code(&flow("NO_BILL_EXIST")), Ok(Some(Opening::NoBill)));
        assert_eq!(code(&flow("BILL_CREATING")), Err(ErrorCode::BillNotReady));
        assert_eq!(code(&flow("PARAM_ERROR")), Err(ErrorCode::ResultFail));
        assert_eq!(code("<html>502</html>"), Err(ErrorCode::AnswerInvalid));
        assert_eq!(code("<"), Err(ErrorCode::AnswerInvalid));
    }

    #[test]
    fn titles_end_with_their_line() {
        let titles = |consumed, line| Ok(Some(Opening::Titles { consumed, line }));
        assert_eq!(code("a,b\r\n`1,`2"), titles(5, "a,b"));
        assert_eq!(code("\u{feff}a,b\n"), titles(7, "a,b"));
        assert_eq!(code("a,b"), titles(3, "a,b"));
        assert_eq!(code(""), titles(0, ""));
        assert_eq!(opening(b"a,b", false), Ok(None));
        assert_eq!(opening(b"<xml>", false), Ok(None));
        // 交易 in GBK.
        assert_eq!(
            opening(b"\xbd\xbb\xd2\xd7,a\r\n", false).map_err(|e| e.code()),
            Err(ErrorCode::BillInvalid)
        );
    }
}
