//! What programs do to a value between signing and sending, forwards and backwards.

use super::{
    Host,
    mistake::Mistake,
    text::{replace, split},
};
use alloc::{format, string::String, vec::Vec};
use core::str;

/// Another spelling that needs tables, which the host may have.
///
/// ```
/// use wxpay_core::diagnose::{Options, Spelling, diagnose};
///
/// // A host with one row of the table for GBK.
/// let gbk = |spelling, text: &str| {
///     (spelling == Spelling::Gbk && text == "茶").then(|| vec![0xb2, 0xe8])
/// };
/// let options = Options { host: Some(&gbk), ..Options::default() };
/// let message = "<xml><body>茶</body><sign>5659E1F7ED4646295CE363C8C0E9D52F</sign></xml>";
/// let diagnosis = diagnose(message, "192006250b4c09247ec02edce69f6a2d", &options)?;
/// assert_eq!(diagnosis.mistakes[0].id.id(), "gbk");
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spelling {
    /// The bytes in GBK; none where the text cannot be written in it.
    Gbk,
    /// Unicode's composed form.
    Nfc,
    /// Unicode's decomposed form.
    Nfd,
    /// The digits as JavaScript writes a number of them; the text is all digits.
    Number,
}

macro_rules! transforms {
    ($($variant:ident = $mistake:ident,)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Transform {
            $($variant),+
        }

        impl Transform {
            /// The more specific ones first: of two that give the same bytes, the first is named.
            pub(super) const ALL: &'static [Transform] = &[$(Transform::$variant),+];

            pub(super) const fn mistake(self) -> Mistake {
                match self { $(Transform::$variant => Mistake::$mistake),+ }
            }
        }
    };
}

transforms! {
    LfToCrlf = LineBreaks,
    CrlfToLf = LineBreaks,
    NoBreaks = LineBreaks,
    Invisible = Invisible,
    Trim = Trimmed,
    TrimStart = Trimmed,
    TrimEnd = Trimmed,
    CdataRemoved = CdataIncluded,
    CdataAdded = CdataIncluded,
    Unquoted = Quoted,
    EscapeThree = Escaped,
    EscapeFive = Escaped,
    EscapeHtml = Escaped,
    EscapeHex = Escaped,
    EscapeQuot = Escaped,
    EscapeApos = Escaped,
    Unescape = Unescaped,
    Gbk = Gbk,
    Nfc = UnicodeForm,
    Nfd = UnicodeForm,
    MojibakeUndone = Mojibake,
    Mojibake = Mojibake,
    Latin1Low = Latin1,
    Latin1Question = Latin1,
    AsciiQuestion = Latin1,
    UnicodeEscaped = UnicodeEscaped,
    UnicodeEscapedUpper = UnicodeEscaped,
    UnicodeUnescaped = UnicodeEscaped,
    SpaceToPlus = PlusSpace,
    PlusToSpace = PlusSpace,
    UrlComponent = UrlEncoded,
    UrlWhole = UrlEncoded,
    Url3986 = UrlEncoded,
    UrlLower = UrlEncoded,
    Form = FormEncoded,
    FormTilde = FormEncoded,
    FormPhp = FormEncoded,
    FormLower = FormEncoded,
    UrlDecoded = UrlDecoded,
    FormDecoded = UrlDecoded,
    ObjectText = ObjectText,
    ArrayText = ObjectText,
    JsonCompact = JsonReformatted,
    JsonSpaced = JsonReformatted,
    JsonSlashes = JsonReformatted,
    JsonUnescaped = JsonReformatted,
    ZerosRemoved = NumberParsed,
    NumberRounded = NumberParsed,
    FloatOne = NumberFloat,
    FloatTwo = NumberFloat,
    FloatRemoved = NumberFloat,
    Quoted = Quoted,
}

impl Transform {
    /// The value as it was signed; none where it is the same, or cannot be made.
    pub(super) fn apply(self, value: &[u8], host: Option<&Host<'_>>) -> Option<Vec<u8>> {
        let text = str::from_utf8(value).ok()?;
        let changed = self.text(text, host)?;
        (changed != value).then_some(changed)
    }

    fn text(self, text: &str, host: Option<&Host<'_>>) -> Option<Vec<u8>> {
        use Transform as T;
        let spelled = |spelling| {
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            let has = if spelling == Spelling::Number { digits } else { !text.is_ascii() };
            host.filter(|_| has).and_then(|host| host(spelling, text))
        };
        Some(match self {
            T::Gbk => return spelled(Spelling::Gbk),
            T::Nfc => return spelled(Spelling::Nfc),
            T::Nfd => return spelled(Spelling::Nfd),
            // Beyond 2^53 a number loses digits.
            T::NumberRounded if text.len() > 15 => return spelled(Spelling::Number),
            T::Latin1Low => text.encode_utf16().map(|unit| unit.to_le_bytes()[0]).collect(),
            T::Latin1Question => text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect(),
            _ => self.written(text)?.into_bytes(),
        })
    }

    fn written(self, text: &str) -> Option<String> {
        use Transform as T;
        Some(match self {
            T::LfToCrlf => replace(&replace(text, "\r\n", "\n"), "\n", "\r\n"),
            T::CrlfToLf => replace(&replace(text, "\r\n", "\n"), "\r", "\n"),
            T::NoBreaks => text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect(),
            T::Invisible => text.chars().filter(|&c| !invisible(c)).collect(),
            T::Trim => text.trim_matches(white).into(),
            T::TrimStart => text.trim_start_matches(white).into(),
            T::TrimEnd => text.trim_end_matches(white).into(),
            T::CdataAdded => format!("<![CDATA[{text}]]>"),
            T::CdataRemoved => text.strip_prefix("<![CDATA[")?.strip_suffix("]]>")?.into(),
            T::Quoted => format!("\"{}\"", replace(&replace(text, "\\", "\\\\"), "\"", "\\\"")),
            T::Unquoted => replace(text.strip_prefix('"')?.strip_suffix('"')?, "\\\"", "\""),
            T::EscapeThree => escape(text, "", ""),
            T::EscapeFive => escape(text, "&quot;", "&apos;"),
            T::EscapeHtml => escape(text, "&quot;", "&#39;"),
            T::EscapeHex => escape(text, "&quot;", "&#x27;"),
            T::EscapeQuot => escape(text, "&quot;", ""),
            T::EscapeApos => escape(text, "&quot;", "&#039;"),
            T::Unescape => unescape(text),
            T::Mojibake => text.bytes().map(char::from).collect(),
            T::MojibakeUndone => {
                let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
                String::from_utf8(bytes?).ok()?
            }
            T::AsciiQuestion => text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect(),
            T::UnicodeEscaped => unicode_escape(text, false),
            T::UnicodeEscapedUpper => unicode_escape(text, true),
            T::UnicodeUnescaped => unicode_unescape(text)?,
            T::SpaceToPlus => replace(text, " ", "+"),
            T::PlusToSpace => replace(text, "+", " "),
            T::UrlComponent => percent(text, b"-_.!~*'()", None, UPPER),
            T::UrlWhole => percent(text, b"-_.!~*'();/?:@&=+$,#", None, UPPER),
            T::Url3986 => percent(text, b"-_.~", None, UPPER),
            T::UrlLower => percent(text, b"-_.!~*'()", None, LOWER),
            T::Form => percent(text, b"-_.*", Some('+'), UPPER),
            T::FormTilde => percent(text, b"-_.~", Some('+'), UPPER),
            T::FormPhp => percent(text, b"-_.", Some('+'), UPPER),
            T::FormLower => percent(text, b"-_.!*()", Some('+'), LOWER),
            T::UrlDecoded => unpercent(text)?,
            T::FormDecoded => unpercent(&replace(text, "+", " "))?,
            T::ObjectText if is_json(text) => "[object Object]".into(),
            T::ArrayText if is_json(text) => "Array".into(),
            T::JsonCompact if is_json(text) => respaced(text, "", ""),
            T::JsonSpaced if is_json(text) => respaced(text, ", ", ": "),
            T::JsonSlashes if is_json(text) => replace(&replace(text, "\\/", "/"), "/", "\\/"),
            T::JsonUnescaped if is_json(text) => replace(text, "\\/", "/"),
            T::ZerosRemoved => {
                let digits = text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
                let bare = text.trim_start_matches('0');
                Some(if bare.is_empty() { "0" } else { bare }).filter(|_| digits)?.into()
            }
            T::FloatOne => format!("{}.0", integer(text)?),
            T::FloatTwo => format!("{}.00", integer(text)?),
            T::FloatRemoved => {
                let (whole, zeros) = text.split_once('.')?;
                let removed = !zeros.is_empty() && zeros.bytes().all(|b| b == b'0');
                integer(whole).filter(|_| removed)?.into()
            }
            _ => return None,
        })
    }
}

fn white(c: char) -> bool {
    c.is_whitespace() || invisible(c)
}

/// Characters that nobody sees.
pub(super) fn invisible(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}' | '\u{202a}'..='\u{202e}')
}

fn escape(text: &str, quote: &str, apostrophe: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if !quote.is_empty() => out.push_str(quote),
            '\'' if !apostrophe.is_empty() => out.push_str(apostrophe),
            c => out.push(c),
        }
    }
    out
}

/// Undoes references, once; what is none stays.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let reference = rest.get(at..).unwrap_or_default();
        let known = reference.get(1..).and_then(|body| {
            let end = body.find(';').filter(|&end| end < 10)?;
            Some((referred(body.get(..end)?)?, end + 2))
        });
        let (c, length) = known.unwrap_or(('&', 1));
        out.push(c);
        rest = reference.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

fn referred(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let hex = number.strip_prefix(['x', 'X']);
            let code = match hex {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    })
}

const UPPER: &[u8; 16] = b"0123456789ABCDEF";
const LOWER: &[u8; 16] = b"0123456789abcdef";

fn percent(text: &str, kept: &[u8], space: Option<char>, digits: &[u8; 16]) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match (byte, space) {
            (b' ', Some(space)) => out.push(space),
            _ if byte.is_ascii_alphanumeric() || kept.contains(&byte) => out.push(char::from(byte)),
            _ => {
                out.push('%');
                out.push(char::from(digits[usize::from(byte >> 4)]));
                out.push(char::from(digits[usize::from(byte & 15)]));
            }
        }
    }
    out
}

/// Undoes `%XX`, once; none where the bytes are no text.
pub(super) fn unpercent(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let Some((&byte, rest)) = bytes.split_first() {
        let pair = rest.first_chunk::<2>().filter(|_| byte == b'%');
        let decoded = pair.and_then(|&[high, low]| Some(digit(high)? << 4 | digit(low)?));
        out.push(decoded.unwrap_or(byte));
        bytes = if decoded.is_some() { rest.get(2..).unwrap_or_default() } else { rest };
    }
    String::from_utf8(out).ok()
}

/// The value of a hexadecimal digit.
pub(super) fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn unicode_escape(text: &str, upper: bool) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            out.push_str(&if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") });
        }
    }
    out
}

/// Undoes `\uXXXX`.
pub(super) fn unicode_unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut high = None;
    while let Some((before, behind)) = split(rest, "\\u") {
        out.push_str(before);
        let unit = u32::from_str_radix(behind.get(..4)?, 16).ok()?;
        match (high.take().filter(|_| before.is_empty()), unit) {
            (None, 0xd800..=0xdbff) => high = Some(unit),
            (Some(high), 0xdc00..=0xdfff) => {
                out.push(char::from_u32(0x1_0000 + ((high & 0x3ff) << 10) + (unit & 0x3ff))?);
            }
            _ => out.push(char::from_u32(unit)?),
        }
        rest = behind.get(4..)?;
    }
    out.push_str(rest);
    Some(out)
}

fn is_json(text: &str) -> bool {
    (text.starts_with('{') && text.ends_with('}')) || (text.starts_with('[') && text.ends_with(']'))
}

/// JSON with other white space between its tokens.
fn respaced(text: &str, comma: &str, colon: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        if quoted {
            out.push(c);
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            ',' if !comma.is_empty() => out.push_str(comma),
            ':' if !colon.is_empty() => out.push_str(colon),
            ' ' | '\n' | '\r' | '\t' => {}
            c => {
                quoted = c == '"';
                out.push(c);
            }
        }
    }
    out
}

/// An integer as programs write it.
pub(super) fn integer(text: &str) -> Option<&str> {
    let digits = !text.is_empty() && text.len() <= 15 && text.bytes().all(|b| b.is_ascii_digit());
    (digits && (text == "0" || !text.starts_with('0'))).then_some(text)
}
