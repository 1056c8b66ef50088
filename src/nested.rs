//! The few answers that are not flat: `hblist` of a red packet, for instance.
//!
//! They are never signed, so nothing here leads to a verified message. What the flat reader refuses
//! for safety (DOCTYPE, attributes) is refused here too, by the same rules.

use crate::{
    Fields, Result,
    fault::{Fault, Reason},
    fields::is_name_start,
    xml::{Cursor, Limits, Scanned},
};
use alloc::{string::String, vec::Vec};
use core::ops::Range;

/// An element: either text or children.
///
/// ```
/// use wxpay_core::{nested, xml::Limits};
///
/// let body = "<xml><status>SENT</status><hblist><hbinfo><amount>1</amount></hbinfo></hblist></xml>";
/// let answer = nested::parse(body.as_bytes(), Limits::DEFAULT)?;
/// assert_eq!(answer.text_of("status"), Some("SENT"));
/// let packets = answer.all("hblist").flat_map(|list| list.all("hbinfo"));
/// let amounts: Vec<_> = packets.filter_map(|packet| packet.text_of("amount")).collect();
/// assert_eq!(amounts, ["1"]);
/// assert_eq!(answer.fields()?.len(), 1, "what is flat");
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Its text, empty where it has children.
    pub text: String,
    /// Its children, in their order; names may repeat.
    pub children: Vec<Element>,
}

impl Element {
    /// The children of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The children that are text, as the fields of a message.
    ///
    /// # Errors
    /// Those of [`Fields::from_pairs`].
    pub fn fields(&self) -> Result<Fields> {
        let leaves = self.children.iter().filter(|child| child.children.is_empty());
        Fields::from_pairs(leaves.map(|child| (&child.name, &child.text)))
    }

    /// The text of the only child of this name.
    #[must_use]
    pub fn text_of(&self, name: &str) -> Option<&str> {
        let mut found = self.children.iter().filter(|child| child.name == name);
        let first = found.next()?;
        found.next().is_none().then_some(first.text.as_str())
    }
}

/// `xml > hblist > hbinfo > field` is the deepest that the API has.
const DEPTH: usize = 4;

/// Reads a nested answer, under any root.
///
/// ```
/// use wxpay_core::{ErrorCode, nested, xml::Limits};
///
/// let error =
///     nested::parse(b"<xml><a b='c'/></xml>", Limits::DEFAULT).expect_err("attributes");
/// assert_eq!(error.code(), ErrorCode::XmlMalformed);
/// ```
///
/// # Errors
/// `XML_*`, as the flat reader.
pub fn parse(body: &[u8], limits: Limits) -> Result<Element> {
    let mut read = Vec::from(body.get(..=limits.bytes).unwrap_or(body));
    tree(&mut read, limits).map_err(|fault| fault.into_error(body))
}

fn tree(body: &mut [u8], limits: Limits) -> Scanned<Element> {
    let (mut cursor, _) = Cursor::new(body, limits)?;
    cursor.before_root()?;
    // The elements that are open, outermost first, and where their names stand.
    let mut open: Vec<(Element, Range<usize>)> = Vec::new();
    let mut count = 0;
    loop {
        let at = cursor.at;
        let mut piece = at..at;
        let closed = match (cursor.peek(), cursor.body.get(at + 1)) {
            (b'<', Some(&next)) if is_name_start(next) => {
                count += 1;
                if open.len() == DEPTH {
                    return Err(cursor.fault(Reason::TooDeep));
                }
                if count > limits.fields {
                    return Err(cursor.fault(Reason::TooManyFields));
                }
                cursor.at += 1;
                let name = cursor.name()?;
                let element = Element { name: text(&cursor, &name), ..Element::default() };
                open.push((element, name));
                cursor.end_of_start_tag()?
            }
            (b'<', Some(b'/')) => {
                cursor.at += 2;
                if let Some((_, name)) = open.last() {
                    cursor.end_tag(name)?;
                }
                true
            }
            (b'<', Some(b'!')) if cursor.rest().starts_with(b"<![CDATA[") => {
                cursor.cdata(&mut piece)?;
                false
            }
            (b'<', _) => return Err(cursor.unexpected_markup()),
            (b'&', _) => {
                let c = cursor.reference()?;
                if let Some((element, _)) = open.last_mut() {
                    element.text.push(c);
                }
                false
            }
            (0, _) => return Err(cursor.fault(Reason::CutInField)),
            _ => {
                cursor.plain(&mut piece)?;
                false
            }
        };
        let piece = text(&cursor, &piece);
        let Some((element, _)) = open.last_mut() else { return Err(cursor.fault(Reason::NotXml)) };
        element.text.push_str(&piece);
        if !closed {
            continue;
        }
        if !element.children.is_empty() {
            if !element.text.trim().is_empty() {
                return Err(cursor.fault(Reason::LooseText));
            }
            element.text.clear();
        }
        let last = open.pop().map(|(element, _)| element).unwrap_or_default();
        let Some((parent, _)) = open.last_mut() else {
            cursor.skip_white();
            return if cursor.at < cursor.body.len() {
                Err(Fault::new(Reason::Trailing, cursor.at))
            } else {
                Ok(last)
            };
        };
        parent.children.push(last);
    }
}

fn text(cursor: &Cursor<'_>, range: &Range<usize>) -> String {
    let bytes = cursor.body.get(range.clone()).unwrap_or_default();
    core::str::from_utf8(bytes).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;

    #[test]
    fn a_red_packet_query() -> Result<()> {
        let body = "<xml><status>RECEIVED</status><hblist>\
                    <hbinfo><openid><![CDATA[o1]]></openid><amount>100</amount></hbinfo>\
                    <hbinfo><openid>a&amp;b</openid><amount>2&#48;0</amount></hbinfo>\
                    </hblist></xml>";
        let answer = parse(body.as_bytes(), Limits::DEFAULT)?;
        assert_eq!(answer.text_of("status"), Some("RECEIVED"));
        let packets: Vec<_> = answer.all("hblist").flat_map(|l| l.all("hbinfo")).collect();
        assert_eq!(packets.len(), 2);
        assert_eq!(packets[0].text_of("openid"), Some("o1"));
        assert_eq!(packets[1].text_of("openid"), Some("a&b"));
        assert_eq!(packets[1].text_of("amount"), Some("200"));
        Ok(())
    }

    #[test]
    fn what_the_flat_reader_refuses_is_refused_here() {
        let code = |body: &str| parse(body.as_bytes(), Limits::DEFAULT).map_err(|e| e.code());
        assert_eq!(code("<!DOCTYPE xml><xml/>"), Err(ErrorCode::XmlDoctype));
        assert_eq!(code("<xml><a b=\"c\"/></xml>"), Err(ErrorCode::XmlMalformed));
        assert_eq!(code("<xml><a>&x;</a></xml>"), Err(ErrorCode::XmlMalformed));
        assert_eq!(code("<xml><a></xml>"), Err(ErrorCode::XmlMalformed));
        assert_eq!(code("<xml><a>"), Err(ErrorCode::XmlMalformed));
        assert_eq!(code("<xml></xml><xml></xml>"), Err(ErrorCode::XmlMalformed));
        assert_eq!(code("<xml><!-- c --></xml>"), Err(ErrorCode::XmlMalformed));
        assert_eq!(code("<a><a><a><a><a></a></a></a></a></a>"), Err(ErrorCode::XmlLimit));
        assert_eq!(code("hello"), Err(ErrorCode::XmlNotXml));
        assert_eq!(code("<xml><a>b<c/></a></xml>"), Err(ErrorCode::XmlMalformed));
        assert_eq!(code("<xml><a></b></xml>"), Err(ErrorCode::XmlMalformed));
        assert_eq!(code("<xml/></xml>"), Err(ErrorCode::XmlMalformed));
        let limits = Limits { bytes: 20, fields: 2 };
        let code = |body: &str| parse(body.as_bytes(), limits).map_err(|e| e.code());
        assert_eq!(code("<xml><a/></xml>").map(|root| root.children.len()), Ok(1));
        assert_eq!(code("<xml><a/><b/></xml>"), Err(ErrorCode::XmlLimit));
        assert_eq!(code("<xml><a>bcd</a></xml>"), Err(ErrorCode::XmlLimit));
    }
}
