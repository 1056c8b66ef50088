//! The few answers that are not flat: `hblist` of a red packet, for instance.
//!
//! They are never signed, so nothing here leads to a verified message. quick-xml does the reading;
//! what the flat reader refuses for safety (DOCTYPE, attributes) is refused here too.

use crate::{Error, ErrorCode, Fields, Result, xml::Limits};
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};
use quick_xml::{Reader, escape::resolve_predefined_entity, events::Event};

/// An element: either text or children.
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

/// Reads a nested answer.
///
/// # Errors
/// `XML_*`, as the flat reader.
pub fn parse(body: &[u8], limits: Limits) -> Result<Element> {
    let malformed = |message: String| Error::new(ErrorCode::XmlMalformed, message);
    if body.len() > limits.bytes {
        return Err(Error::new(ErrorCode::XmlLimit, "the body is larger than the limit"));
    }
    let text = core::str::from_utf8(body).map_err(|e| {
        Error::new(ErrorCode::XmlNotUtf8, "the body is not valid UTF-8").at(e.valid_up_to())
    })?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut count = 0;
    loop {
        let event = reader.read_event().map_err(|e| malformed(format!("not well-formed: {e}")))?;
        match event {
            Event::Start(_) if root.is_some() => {
                return Err(malformed("something follows the root element".to_owned()));
            }
            Event::Start(start) => {
                count += 1;
                if open.len() == DEPTH || count > limits.fields {
                    return Err(Error::new(ErrorCode::XmlLimit, "too many or too deep elements"));
                }
                if !start.attributes_raw().trim().is_empty() {
                    return Err(malformed("an element has no attributes".to_owned()));
                }
                let name = start.name().into_inner().to_owned();
                open.push(Element { name, ..Element::default() });
            }
            Event::End(_) => {
                let Some(mut element) = open.pop() else {
                    return Err(malformed("an end tag without its start".to_owned()));
                };
                if !element.children.is_empty() {
                    if !element.text.trim().is_empty() {
                        return Err(malformed("text stands between elements".to_owned()));
                    }
                    element.text.clear();
                }
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => root = Some(element),
                }
            }
            Event::Text(text) => append(&mut open, &text)?,
            Event::CData(text) => append(&mut open, &text)?,
            Event::GeneralRef(reference) => {
                let number = reference.resolve_char_ref().map_err(|e| malformed(format!("{e}")))?;
                let mut utf8 = [0; 4];
                let text = match number {
                    Some(c) if crate::fields::is_char(c) => &*c.encode_utf8(&mut utf8),
                    Some(_) => return Err(malformed("a forbidden character".to_owned())),
                    None => resolve_predefined_entity(&reference)
                        .ok_or_else(|| malformed("a reference is none of XML's own".to_owned()))?,
                };
                append(&mut open, text)?;
            }
            Event::Decl(_) if open.is_empty() && root.is_none() => {}
            Event::DocType(_) => {
                return Err(Error::new(ErrorCode::XmlDoctype, "an answer has no DOCTYPE"));
            }
            Event::Eof => break,
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::Empty(_) => {
                return Err(malformed("an answer has no comments or instructions".to_owned()));
            }
        }
    }
    match root {
        Some(root) if open.is_empty() => Ok(root),
        _ => Err(malformed("the body ends inside an element".to_owned())),
    }
}

fn append(open: &mut [Element], text: &str) -> Result<()> {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    } else if !text.trim().is_empty() {
        return Err(Error::new(ErrorCode::XmlNotXml, "text stands outside the root element"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
