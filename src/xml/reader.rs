use crate::{
    Error, ErrorCode, Fields, Result, dictionary,
    fault::{Fault, Reason},
    fields::{FIELD_LIMIT, NAME_LIMIT, is_char, is_name, is_name_byte, is_name_start},
    text::{self, Refused, Seen, find, find_either},
};
use alloc::vec::Vec;
use core::ops::Range;

/// What a message may cost.
///
/// ```
/// use wxpay_core::{ErrorCode, xml};
///
/// let limits = xml::Limits { bytes: 1024, ..xml::Limits::DEFAULT };
/// let large = format!("<xml><a>{}</a></xml>", "b".repeat(2000));
/// let error = xml::parse_with(large.as_bytes(), "xml", limits).expect_err("too large");
/// assert_eq!(error.code(), ErrorCode::XmlLimit);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest body, in bytes.
    pub bytes: usize,
    /// The most fields; more than 512 have no effect.
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
/// ```
/// use wxpay_core::{ErrorCode, xml};
///
/// let fields = xml::parse(b"<xml><a><![CDATA[1 < 2]]></a><b>x&amp;y</b></xml>")?;
/// assert_eq!(fields.get("a"), Some("1 < 2"));
/// assert_eq!(fields.get("b"), Some("x&y"));
///
/// let error = xml::parse(b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><xml/>")
///     .expect_err("nobody's message");
/// assert_eq!(error.code(), ErrorCode::XmlDoctype);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `XML_*`, with the byte where the reader stopped.
pub fn parse(body: &[u8]) -> Result<Fields> {
    parse_with(body, "xml", Limits::DEFAULT)
}

/// [`parse`] with another root (`root` in decrypted refunds) or other limits.
///
/// ```
/// use wxpay_core::xml::{self, Limits};
///
/// let fields =
///     xml::parse_with(b"<root><refund_id>5</refund_id></root>", "root", Limits::DEFAULT)?;
/// assert_eq!(fields.get("refund_id"), Some("5"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// As [`parse`].
pub fn parse_with(body: &[u8], root: &str, limits: Limits) -> Result<Fields> {
    // One byte more than the limit is enough to see that the body is too large.
    let mut read = Vec::from(body.get(..=limits.bytes).unwrap_or(body));
    let mut spans = Vec::new();
    scan::<false>(&mut read, root.as_bytes(), limits, |_, name, value| spans.push((name, value)))
        .map_err(|fault| fault.into_error(body))?;
    let text = |range: Range<usize>| {
        core::str::from_utf8(read.get(range).unwrap_or_default()).unwrap_or_default()
    };
    let mut fields = Fields::new();
    for (name, value) in spans {
        fields.push(text(name), text(value), false)?;
    }
    fields.unique().map_err(|e| {
        let error = Error::new(ErrorCode::XmlDuplicate, "the element stands twice");
        error.field(e.field_name().unwrap_or_default())
    })
}

/// One pass over the body. `found` gets where name and value stand in the body; values are decoded
/// where they stand, which never makes them longer.
///
/// Duplicates are the caller's to find, who needs the names sorted anyway.
///
/// `USUAL` refuses what WeChat does not send although it is right: declarations, white space inside
/// tags, values that need decoding. The WebAssembly core is smaller without them. Only there `found`
/// gets the rank of a known name: nobody else asks for it, and the tools are smaller without the
/// dictionary.
pub(crate) fn scan<const USUAL: bool>(
    body: &mut [u8],
    root: &[u8],
    limits: Limits,
    mut found: impl FnMut(Option<u16>, Range<usize>, Range<usize>),
) -> Scanned<Seen> {
    let (mut cursor, seen) = Cursor::new(body, limits)?;
    cursor.prolog::<USUAL>(root)?;
    let mut count = 0;
    loop {
        cursor.skip_white();
        let start = cursor.at;
        match cursor.peek() {
            b'<' => cursor.at += 1,
            0 => return Err(cursor.fault(Reason::CutInRoot)),
            _ => return Err(cursor.fault(Reason::LooseText)),
        }
        if !is_name_start(cursor.peek()) {
            if cursor.peek() == b'/' {
                cursor.at += 1;
                break;
            }
            cursor.at = start;
            return Err(if USUAL {
                cursor.fault(Reason::BadName)
            } else {
                cursor.unexpected_markup()
            });
        }
        count += 1;
        if count > limits.fields.min(FIELD_LIMIT) {
            return Err(Fault::new(Reason::TooManyFields, start));
        }
        if let Some(Usual { rank, name, value, next }) = usual::<USUAL>(cursor.body, cursor.at) {
            cursor.at = next;
            found(rank, name, value);
            continue;
        }
        if USUAL {
            return Err(cursor.fault(Reason::BadName));
        }
        let name = cursor.name()?;
        let value = cursor.value(&name)?;
        found(None, name, value);
    }
    if !cursor.rest().starts_with(root) {
        return Err(cursor.fault(Reason::WrongEnd));
    }
    cursor.at += root.len();
    cursor.end_of_end_tag()?;
    cursor.skip_white();
    if cursor.at < cursor.body.len() {
        return Err(cursor.fault(Reason::Trailing));
    }
    Ok(seen)
}

/// A field that needs no decoding.
struct Usual {
    /// Of a known name.
    rank: Option<u16>,
    name: Range<usize>,
    value: Range<usize>,
    /// Where the next one starts.
    next: usize,
}

/// A field in one of the two usual forms, `<name><![CDATA[value]]></name>` and `<name>value</name>`,
/// where the value needs no decoding. Anything else is left to the general way.
#[inline(always)]
fn usual<const RANKED: bool>(body: &[u8], start: usize) -> Option<Usual> {
    const CDATA: u64 = u64::from_le_bytes(*b"![CDATA[");
    let end = find(body, start, b'>');
    let length = end - start;
    let rank = if RANKED { dictionary::find(body, start, length) } else { None };
    // A known name needs no other check.
    if rank.is_none() && !is_name(body.get(start..end)?) {
        return None;
    }
    let from;
    let to;
    let close;
    if body.get(end + 1) == Some(&b'<') && body.get(end + 2) != Some(&b'/') {
        if text::word_at(body, end + 2) != Some(CDATA) {
            return None;
        }
        from = end + 10;
        to = find(body, from, b']');
        if body.get(to + 1) != Some(&b']') || body.get(to + 2) != Some(&b'>') {
            return None;
        }
        close = to + 3;
    } else {
        from = end + 1;
        let mut at = from;
        loop {
            match body.get(at) {
                Some(b'<') => break,
                Some(b'&' | b']') | None => return None,
                Some(_) => at += 1,
            }
        }
        to = at;
        close = at;
    }
    let again = close + 2;
    if body.get(close) != Some(&b'<')
        || body.get(close + 1) != Some(&b'/')
        || !text::equal(body, start, body, again, length)
        || body.get(again + length) != Some(&b'>')
    {
        return None;
    }
    Some(Usual { rank, name: start..end, value: from..to, next: again + length + 1 })
}

pub(crate) type Scanned<T> = core::result::Result<T, Fault>;

/// A place in a body that holds no byte 0.
pub(crate) struct Cursor<'a> {
    pub(crate) body: &'a mut [u8],
    pub(crate) at: usize,
}

impl<'a> Cursor<'a> {
    /// At the start of a body that can be a message.
    #[inline(always)]
    pub(crate) fn new(body: &'a mut [u8], limits: Limits) -> Scanned<(Self, Seen)> {
        if body.len() > limits.bytes {
            return Err(Fault::new(Reason::TooLarge, limits.bytes));
        }
        let seen = text::check(body, false).map_err(|refused| match refused {
            Refused::NotUtf8(at) => Fault::new(Reason::NotUtf8, at),
            Refused::NotXml(at) if at < 2 => Fault::new(Reason::Binary, at),
            Refused::NotXml(at) => Fault::new(Reason::BadCharacter, at),
        })?;
        Ok((Cursor { body, at: 0 }, seen))
    }

    /// The byte under the cursor, 0 at the end.
    pub(crate) fn peek(&self) -> u8 {
        self.body.get(self.at).copied().unwrap_or(0)
    }

    pub(crate) fn rest(&self) -> &[u8] {
        self.body.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn skip_white(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    pub(crate) const fn fault(&self, reason: Reason) -> Fault {
        Fault::new(reason, self.at)
    }

    /// What stands at a `<` that opens neither a field nor the end of one.
    #[cold]
    pub(crate) fn unexpected_markup(&self) -> Fault {
        let after = self.rest();
        let declares = |word: &[u8]| {
            after.get(2..2 + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word))
        };
        self.fault(if after.starts_with(b"<!--") {
            Reason::Comment
        } else if after.starts_with(b"<![CDATA[") {
            Reason::LooseText
        } else if after.starts_with(b"<!") && (declares(b"DOCTYPE") || declares(b"ENTITY")) {
            Reason::Doctype
        } else if after.starts_with(b"<?") {
            Reason::Instruction
        } else if after.len() < 2 {
            Reason::CutInTag
        } else {
            Reason::BadName
        })
    }

    /// From the first byte to behind the root's start tag.
    fn prolog<const USUAL: bool>(&mut self, root: &[u8]) -> Scanned<()> {
        if USUAL {
            // `<xml>`; anything else is looked at closely.
            let tag = root.len() + 2;
            let [b'<', name @ .., b'>'] = self.body.get(..tag).unwrap_or_default() else {
                return Err(self.fault(Reason::NotXml));
            };
            if name != root {
                return Err(self.fault(Reason::OtherRoot));
            }
            self.at = tag;
            return Ok(());
        }
        self.before_root()?;
        let start = self.at;
        self.at += 1;
        let name = self.name()?;
        if self.body.get(name) != Some(root) {
            return Err(Fault::new(Reason::OtherRoot, start));
        }
        self.skip_white();
        match self.peek() {
            b'>' => self.at += 1,
            b'/' => return Err(self.fault(Reason::EmptyRoot)),
            0 => return Err(self.fault(Reason::CutInTag)),
            _ => return Err(self.fault(Reason::Attribute)),
        }
        Ok(())
    }

    /// To the `<` of the root's start tag.
    pub(crate) fn before_root(&mut self) -> Scanned<()> {
        if self.body.starts_with(b"\xef\xbb\xbf") {
            self.at = 3;
        }
        if self.rest().starts_with(b"<?xml") {
            self.declaration()?;
        }
        self.skip_white();
        match self.peek() {
            b'<' if self.body.get(self.at + 1).is_some_and(|&b| is_name_start(b)) => Ok(()),
            b'<' => Err(self.unexpected_markup()),
            0 => Err(self.fault(Reason::Empty)),
            _ => Err(self.fault(Reason::NotXml)),
        }
    }

    /// `<?xml version="1.0" encoding="UTF-8"?>`. Its encoding must not be another one: a proxy that
    /// honours it would have read other characters than we do.
    #[cold]
    fn declaration(&mut self) -> Scanned<()> {
        let rest = self.rest();
        let end = (0..rest.len()).find(|&at| rest.get(at..at + 2) == Some(b"?>"));
        let declaration = end.and_then(|end| rest.get(5..end));
        match (declaration, end) {
            (Some(declaration), Some(end)) if is_declaration(declaration) => self.at += end + 2,
            _ => return Err(self.fault(Reason::Declaration)),
        }
        Ok(())
    }

    /// A name, the cursor on its first byte.
    pub(crate) fn name(&mut self) -> Scanned<Range<usize>> {
        let start = self.at;
        while is_name_byte(self.peek()) {
            self.at += 1;
        }
        if self.at - start > NAME_LIMIT {
            return Err(Fault::new(Reason::LongName, start));
        }
        match self.peek() {
            b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r' => Ok(start..self.at),
            0 => Err(self.fault(Reason::CutInTag)),
            _ => Err(self.fault(Reason::BadName)),
        }
    }

    /// The `>` of an end tag, white space before it.
    fn end_of_end_tag(&mut self) -> Scanned<()> {
        self.skip_white();
        if self.peek() != b'>' {
            return Err(self.fault(Reason::WrongEnd));
        }
        self.at += 1;
        Ok(())
    }

    /// The `>` of a start tag, white space before it; whether it is `/>` instead.
    pub(crate) fn end_of_start_tag(&mut self) -> Scanned<bool> {
        self.skip_white();
        match self.peek() {
            b'>' => self.at += 1,
            b'/' if self.body.get(self.at + 1) == Some(&b'>') => {
                self.at += 2;
                return Ok(true);
            }
            0 => return Err(self.fault(Reason::CutInTag)),
            b'/' => return Err(self.fault(Reason::BadName)),
            _ => return Err(self.fault(Reason::Attribute)),
        }
        Ok(false)
    }

    /// The name and the `>` of an end tag.
    pub(crate) fn end_tag(&mut self, name: &Range<usize>) -> Scanned<()> {
        if !text::equal(self.body, name.start, self.body, self.at, name.len()) {
            return Err(self.fault(Reason::WrongEnd));
        }
        self.at += name.len();
        self.end_of_end_tag()
    }

    /// From behind a field's name to behind its end tag: the decoded value.
    fn value(&mut self, name: &Range<usize>) -> Scanned<Range<usize>> {
        let empty = self.end_of_start_tag()?;
        let mut value = self.at..self.at;
        if empty {
            return Ok(value);
        }
        loop {
            match self.peek() {
                b'<' => {}
                b'&' => {
                    let c = self.reference()?;
                    self.put_char(&mut value, c);
                    continue;
                }
                0 => return Err(self.fault(Reason::CutInField)),
                _ => {
                    self.plain(&mut value)?;
                    continue;
                }
            }
            match self.body.get(self.at + 1) {
                Some(b'/') => {
                    self.at += 2;
                    self.end_tag(name)?;
                    return Ok(value);
                }
                Some(b'!') if self.rest().starts_with(b"<![CDATA[") => self.cdata(&mut value)?,
                Some(&next) if is_name_start(next) => {
                    return Err(Fault { name: name.clone(), ..self.fault(Reason::Nested) });
                }
                _ => return Err(self.unexpected_markup()),
            }
        }
    }

    /// Text up to the next markup.
    pub(crate) fn plain(&mut self, value: &mut Range<usize>) -> Scanned<()> {
        let start = self.at;
        self.at = find_either(self.body, start, b'<', b'&');
        let mut bracket = start;
        loop {
            bracket = find_either(self.body, bracket, b']', b'<');
            if bracket >= self.at {
                break;
            }
            if self.body.get(bracket..bracket + 3) == Some(b"]]>") {
                return Err(Fault::new(Reason::LooseCdataEnd, bracket));
            }
            bracket += 1;
        }
        self.put(value, start..self.at);
        Ok(())
    }

    /// A CDATA section.
    pub(crate) fn cdata(&mut self, value: &mut Range<usize>) -> Scanned<()> {
        let start = self.at + 9;
        let mut end = start;
        loop {
            end = find(self.body, end, b']');
            match self.body.get(end..end + 3) {
                Some(b"]]>") => break,
                Some(_) => end += 1,
                None => return Err(self.fault(Reason::CutInCdata)),
            }
        }
        self.put(value, start..end);
        self.at = end + 3;
        Ok(())
    }

    /// Appends a part of the body to the value. Its first part stays where it is.
    fn put(&mut self, value: &mut Range<usize>, part: Range<usize>) {
        if value.start == value.end {
            *value = part;
        } else {
            for from in part {
                let byte = self.body.get(from).copied().unwrap_or_default();
                if let Some(place) = self.body.get_mut(value.end) {
                    *place = byte;
                }
                value.end += 1;
            }
        }
    }

    /// Appends a character over the reference it came from, which is at least as long.
    fn put_char(&mut self, value: &mut Range<usize>, c: char) {
        let mut utf8 = [0; 4];
        for &byte in c.encode_utf8(&mut utf8).as_bytes() {
            if let Some(place) = self.body.get_mut(value.end) {
                *place = byte;
            }
            value.end += 1;
        }
    }

    /// `&amp;` and the like, `&#13;`, `&#xD;`.
    pub(crate) fn reference(&mut self) -> Scanned<char> {
        // The longest is &#x10FFFF; but leading zeros are legal: the limit keeps the search short.
        let rest = self.rest();
        let end = rest.iter().take(32).position(|&b| b == b';');
        let name = end.and_then(|end| rest.get(1..end)).unwrap_or_default();
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
        let Some(c) = c else { return Err(self.fault(Reason::BadReference)) };
        self.at += name.len() + 2;
        Ok(c)
    }
}

/// The character of a numeric reference: digits only, a character that XML can carry.
fn number(digits: &[u8], radix: u32) -> Option<char> {
    if digits.is_empty() {
        return None;
    }
    let mut code = 0u32;
    for &b in digits {
        let digit = match b {
            b'0'..=b'9' => b - b'0',
            b'a'..=b'f' if radix == 16 => b - b'a' + 10,
            b'A'..=b'F' if radix == 16 => b - b'A' + 10,
            _ => return None,
        };
        code = code.checked_mul(radix)?.checked_add(u32::from(digit))?;
    }
    char::from_u32(code).filter(|&c| is_char(c))
}

/// Whether this is ` version="1.0" [encoding="UTF-8"] [standalone="yes"]`, in either kind of quotes.
fn is_declaration(mut text: &[u8]) -> bool {
    let known: [(&[u8], [&[u8]; 2]); 3] = [
        // Version 1.1 reads other line ends.
        (b"version", [b"1.0", b"1.0"]),
        (b"encoding", [b"UTF-8", b"UTF8"]),
        (b"standalone", [b"yes", b"no"]),
    ];
    for (position, (name, values)) in known.into_iter().enumerate() {
        let trimmed = text.trim_ascii_start();
        let Some(after) = trimmed.strip_prefix(name).filter(|_| trimmed.len() < text.len()) else {
            if position == 0 {
                return false;
            }
            continue;
        };
        let Some(quoted) = after.trim_ascii_start().strip_prefix(b"=") else { return false };
        let Some((&quote, rest)) = quoted.trim_ascii_start().split_first() else { return false };
        let Some(end) = rest.iter().position(|&b| b == quote) else { return false };
        let (Some(value), Some(after)) = (rest.get(..end), rest.get(end + 1..)) else {
            return false;
        };
        if !matches!(quote, b'"' | b'\'')
            || !values.iter().any(|known| known.eq_ignore_ascii_case(value))
        {
            return false;
        }
        text = after;
    }
    text.trim_ascii().is_empty()
}
