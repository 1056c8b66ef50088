use crate::{
    Error, ErrorCode, Fields, Result,
    fields::{FIELD_LIMIT, NAME_LIMIT, is_char, is_name_byte, is_name_start},
};
use alloc::vec::Vec;
use core::ops::Range;

/// What a message may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest body, in bytes.
    pub bytes: usize,
    /// The most fields.
    pub fields: usize,
}

impl Limits {
    /// 64 KiB and 512 fields: ten times the largest genuine message.
    pub const DEFAULT: Limits = Limits { bytes: 64 * 1024, fields: FIELD_LIMIT };
}

impl Default for Limits {
    fn default() -> Self {
        Limits::DEFAULT
    }
}

/// Reads a message of the dialect: UTF-8, one `<xml>` root, each child once and with text only.
///
/// Refused, because API v2 does not need it and attackers do: DOCTYPE, processing instructions and
/// comments, attributes, nesting, duplicate elements, text between the elements, anything after the
/// root. Values are kept to the byte: white space and line ends stay, character references and
/// CDATA are decoded once. An XML declaration and one byte order mark before the root are accepted.
///
/// The result is not verified: see [`crate::parse_signed`].
///
/// # Errors
/// `XML_*`, with the byte where the reader stopped.
pub fn parse(body: &[u8]) -> Result<Fields> {
    parse_with(body, "xml", Limits::DEFAULT)
}

/// [`parse`] with another root (`root` in decrypted refunds) or other limits.
///
/// # Errors
/// As [`parse`].
pub fn parse_with(body: &[u8], root: &str, limits: Limits) -> Result<Fields> {
    let mut body = Vec::from(body.get(..=limits.bytes).unwrap_or(body));
    let mut spans = Vec::new();
    scan(&mut body, root.as_bytes(), limits, |span| spans.push(span))?;
    let mut fields = Fields::new();
    let text = |range: Range<usize>| {
        core::str::from_utf8(body.get(range).unwrap_or_default()).unwrap_or_default()
    };
    for span in spans {
        fields.push(text(span.name), text(span.value), false)?;
    }
    fields.unique().map_err(|e| {
        let error = Error::new(ErrorCode::XmlDuplicate, "the element stands twice");
        error.field(e.field_name().unwrap_or_default())
    })
}

/// Where one field stands in the body, after [`scan`] has decoded its value in place.
pub(crate) struct Span {
    pub(crate) name: Range<usize>,
    pub(crate) value: Range<usize>,
}

/// One pass over the body. Values are decoded where they stand: decoding never makes them longer.
///
/// Duplicates are the caller's to find, who needs the names sorted anyway.
pub(crate) fn scan(
    body: &mut [u8],
    root: &[u8],
    limits: Limits,
    mut found: impl FnMut(Span),
) -> Result<()> {
    if body.len() > limits.bytes {
        return Err(Error::new(
            ErrorCode::XmlLimit,
            alloc::format!("the body is larger than {} bytes", limits.bytes),
        ));
    }
    check_text(body)?;
    let mut cursor = Cursor { body, at: 0 };
    cursor.prolog(root)?;
    let mut count = 0;
    loop {
        cursor.skip_white();
        let start = cursor.at;
        if cursor.peek() != b'<' {
            return Err(cursor.malformed(match cursor.peek() {
                0 => "the body ends inside the root element",
                _ => "text stands between the fields",
            }));
        }
        cursor.at += 1;
        if cursor.peek() == b'/' {
            cursor.at += 1;
            cursor.close(root)?;
            break;
        }
        if !is_name_start(cursor.peek()) {
            cursor.at = start;
            return Err(cursor.unexpected_markup());
        }
        count += 1;
        if count > limits.fields {
            let error = Error::new(ErrorCode::XmlLimit, "the message has too many fields");
            return Err(error.at(start));
        }
        let name = cursor.name()?;
        let value = cursor.value(&name)?;
        found(Span { name, value });
    }
    cursor.skip_white();
    if cursor.at < cursor.body.len() {
        return Err(cursor.malformed("something follows the root element"));
    }
    Ok(())
}

/// UTF-8, and only characters that XML can carry. Afterwards no byte of the body is 0.
fn check_text(body: &[u8]) -> Result<()> {
    if let Err(e) = core::str::from_utf8(body) {
        return Err(Error::new(
            ErrorCode::XmlNotUtf8,
            "the body is not valid UTF-8; messages of API v2 are UTF-8 and must not be re-encoded",
        )
        .at(e.valid_up_to()));
    }
    for (at, &byte) in body.iter().enumerate() {
        let bad = match byte {
            b'\t' | b'\n' | b'\r' => false,
            0..=0x1f => true,
            // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
            0xef => matches!(body.get(at + 1..at + 3), Some([0xbf, 0xbe | 0xbf])),
            _ => false,
        };
        if bad {
            let code = if at < 2 { ErrorCode::XmlNotXml } else { ErrorCode::XmlMalformed };
            let error = Error::new(code, "the body holds a character that XML does not allow");
            return Err(error.at(at));
        }
    }
    Ok(())
}

struct Cursor<'a> {
    body: &'a mut [u8],
    at: usize,
}

impl Cursor<'_> {
    /// The byte under the cursor, 0 at the end.
    fn peek(&self) -> u8 {
        self.body.get(self.at).copied().unwrap_or(0)
    }

    fn rest(&self) -> &[u8] {
        self.body.get(self.at..).unwrap_or_default()
    }

    fn skip_white(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn malformed(&self, message: &'static str) -> Error {
        Error::new(ErrorCode::XmlMalformed, message).at(self.at)
    }

    /// What stands at a `<` that opens neither a field nor the end of one.
    fn unexpected_markup(&self) -> Error {
        let after = self.rest();
        let declares = |word: &[u8]| {
            after.get(2..2 + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word))
        };
        if after.starts_with(b"<!") && (declares(b"DOCTYPE") || declares(b"ENTITY")) {
            return Error::new(
                ErrorCode::XmlDoctype,
                "a message has no DOCTYPE and no entity declarations; this may be an XXE attack",
            )
            .at(self.at);
        }
        self.malformed(if after.starts_with(b"<!--") {
            "a message has no comments"
        } else if after.starts_with(b"<?") {
            "a message has no processing instructions"
        } else if after.starts_with(b"<![CDATA[") {
            "text stands between the fields"
        } else if after.len() < 2 {
            "the body ends inside a tag"
        } else {
            "an element name is [A-Za-z_][A-Za-z0-9_.-]*"
        })
    }

    /// From the first byte to behind the root's start tag.
    fn prolog(&mut self, root: &[u8]) -> Result<()> {
        if self.body.starts_with(b"\xef\xbb\xbf") {
            self.at = 3;
        }
        if self.rest().starts_with(b"<?xml") {
            self.declaration()?;
        }
        self.skip_white();
        if self.peek() != b'<' {
            return Err(Error::new(
                ErrorCode::XmlNotXml,
                if self.peek() == 0 { "the body is empty" } else { "the body is not XML" },
            )
            .at(self.at));
        }
        let start = self.at;
        self.at += 1;
        if !is_name_start(self.peek()) {
            self.at = start;
            return Err(self.unexpected_markup());
        }
        let name = self.name()?;
        if self.body.get(name) != Some(root) {
            return Err(Error::new(
                ErrorCode::XmlNotXml,
                alloc::format!(
                    "the root element is not <{}>: this is another kind of document",
                    core::str::from_utf8(root).unwrap_or_default()
                ),
            )
            .at(start));
        }
        self.skip_white();
        match self.peek() {
            b'>' => self.at += 1,
            b'/' => return Err(self.malformed("the root element is empty")),
            _ => return Err(self.malformed("the root element has no attributes")),
        }
        Ok(())
    }

    /// `<?xml version="1.0" encoding="UTF-8"?>`. Its encoding must not be another one: a proxy that
    /// honours it would have read other characters than we do.
    fn declaration(&mut self) -> Result<()> {
        let Some(length) = self.rest().windows(2).position(|two| two == b"?>") else {
            return Err(self.malformed("the XML declaration does not end"));
        };
        let declaration = self.rest().get(5..length).unwrap_or_default();
        if !is_declaration(declaration) {
            return Err(self.malformed(
                "the XML declaration is not <?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            ));
        }
        self.at += length + 2;
        Ok(())
    }

    /// A name, the cursor on its first byte.
    fn name(&mut self) -> Result<Range<usize>> {
        let start = self.at;
        while is_name_byte(self.peek()) {
            self.at += 1;
        }
        if self.at - start > NAME_LIMIT {
            let error = Error::new(ErrorCode::XmlLimit, "an element name has at most 64 bytes");
            return Err(error.at(start));
        }
        match self.peek() {
            b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r' => Ok(start..self.at),
            0 => Err(self.malformed("the body ends inside a tag")),
            _ => Err(self.malformed("an element name is [A-Za-z_][A-Za-z0-9_.-]*")),
        }
    }

    /// The rest of an end tag, the cursor behind its `</`.
    fn close(&mut self, name: &[u8]) -> Result<()> {
        if !self.rest().starts_with(name) {
            return Err(self.malformed("an end tag does not fit the open element"));
        }
        self.at += name.len();
        self.close_bracket()
    }

    fn close_field(&mut self, name: &Range<usize>) -> Result<()> {
        let open = self.body.get(name.clone()).unwrap_or_default();
        if !self.rest().starts_with(open) {
            return Err(self.malformed("an end tag does not fit the open element"));
        }
        self.at += name.len();
        self.close_bracket()
    }

    fn close_bracket(&mut self) -> Result<()> {
        self.skip_white();
        if self.peek() != b'>' {
            return Err(self.malformed("an end tag does not fit the open element"));
        }
        self.at += 1;
        Ok(())
    }

    /// From behind a field's name to behind its end tag: the decoded value.
    fn value(&mut self, name: &Range<usize>) -> Result<Range<usize>> {
        self.skip_white();
        match self.peek() {
            b'>' => self.at += 1,
            b'/' => {
                self.at += 1;
                if self.peek() != b'>' {
                    return Err(self.malformed("a tag ends with `>`"));
                }
                self.at += 1;
                return Ok(self.at..self.at);
            }
            0 => return Err(self.malformed("the body ends inside a tag")),
            _ => return Err(self.malformed("an element has no attributes")),
        }
        let mut value = self.at..self.at;
        loop {
            match self.peek() {
                0 => return Err(self.malformed("the body ends inside a field")),
                b'&' => {
                    let c = self.reference()?;
                    self.put_char(&mut value, c);
                }
                b'<' if self.rest().starts_with(b"</") => {
                    self.at += 2;
                    self.close_field(name)?;
                    return Ok(value);
                }
                b'<' if self.rest().starts_with(b"<![CDATA[") => {
                    let start = self.at + 9;
                    let inside = self.body.get(start..).unwrap_or_default();
                    let Some(length) = inside.windows(3).position(|three| three == b"]]>") else {
                        return Err(self.malformed("a CDATA section does not end"));
                    };
                    self.put(&mut value, start..start + length);
                    self.at = start + length + 3;
                }
                b'<' => {
                    let next = self.rest().get(1).copied().unwrap_or(0);
                    if is_name_start(next) {
                        let error = Error::new(
                            ErrorCode::XmlNested,
                            "the field holds an element; a message is flat",
                        );
                        let name = self.body.get(name.clone()).unwrap_or_default();
                        let name = core::str::from_utf8(name).unwrap_or_default();
                        return Err(error.field(name).at(self.at));
                    }
                    return Err(self.unexpected_markup());
                }
                _ => {
                    let start = self.at;
                    while !matches!(self.peek(), b'<' | b'&' | 0) {
                        if self.peek() == b']' && self.rest().starts_with(b"]]>") {
                            return Err(self.malformed("`]]>` stands outside a CDATA section"));
                        }
                        self.at += 1;
                    }
                    self.put(&mut value, start..self.at);
                }
            }
        }
    }

    /// Appends a part of the body to the value. Its first part stays where it is.
    fn put(&mut self, value: &mut Range<usize>, part: Range<usize>) {
        if value.start == value.end {
            *value = part;
        } else {
            let end = value.end;
            value.end += part.len();
            self.body.copy_within(part, end);
        }
    }

    /// Appends a character over the reference it came from, which is at least as long.
    fn put_char(&mut self, value: &mut Range<usize>, c: char) {
        let mut utf8 = [0; 4];
        let utf8 = c.encode_utf8(&mut utf8).as_bytes();
        if let Some(place) = self.body.get_mut(value.end..value.end + utf8.len()) {
            place.copy_from_slice(utf8);
        }
        value.end += utf8.len();
    }

    /// `&amp;` and the like, `&#13;`, `&#xD;`.
    fn reference(&mut self) -> Result<char> {
        // The longest is &#x10FFFF; but leading zeros are legal: the limit keeps the search short.
        let rest = self.rest();
        let end = rest.iter().take(32).position(|&b| b == b';');
        let Some(name) = end.and_then(|end| rest.get(1..end)) else {
            return Err(self.malformed("a reference does not end; a bare `&` must be `&amp;`"));
        };
        let c = match name {
            b"lt" => Some('<'),
            b"gt" => Some('>'),
            b"amp" => Some('&'),
            b"quot" => Some('"'),
            b"apos" => Some('\''),
            [b'#', b'x', digits @ ..] => number(digits, 16),
            [b'#', digits @ ..] => number(digits, 10),
            _ => None,
        };
        let Some(c) = c else {
            return Err(self.malformed("a reference is none of XML's own"));
        };
        self.at += name.len() + 2;
        Ok(c)
    }
}

/// The character of a numeric reference: digits only, a character that XML can carry.
fn number(digits: &[u8], radix: u32) -> Option<char> {
    if digits.is_empty() {
        return None;
    }
    let code = digits.iter().try_fold(0u32, |code, &b| {
        code.checked_mul(radix)?.checked_add(char::from(b).to_digit(radix)?)
    })?;
    char::from_u32(code).filter(|&c| is_char(c))
}

/// Whether this is ` version="1.x" [encoding="UTF-8"] [standalone="…"]`, in either kind of quotes.
fn is_declaration(text: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(text) else { return false };
    let mut rest = text;
    for (position, name) in ["version", "encoding", "standalone"].into_iter().enumerate() {
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let Some(after) = trimmed.strip_prefix(name).filter(|_| trimmed.len() < rest.len()) else {
            if position == 0 {
                return false;
            }
            continue;
        };
        let white = [' ', '\t', '\n', '\r'];
        let Some(quoted) = after.trim_start_matches(white).strip_prefix('=') else { return false };
        let quoted = quoted.trim_start_matches(white);
        let Some(quote) = quoted.chars().next().filter(|q| matches!(q, '"' | '\'')) else {
            return false;
        };
        let Some((value, after)) = quoted.get(1..).unwrap_or_default().split_once(quote) else {
            return false;
        };
        let known = match name {
            "version" => matches!(value, "1.0" | "1.1"),
            "encoding" => value.eq_ignore_ascii_case("UTF-8") || value.eq_ignore_ascii_case("UTF8"),
            _ => matches!(value, "yes" | "no"),
        };
        if !known {
            return false;
        }
        rest = after;
    }
    rest.trim_matches([' ', '\t', '\n', '\r']).is_empty()
}
