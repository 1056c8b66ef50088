//! quick-xml's reading of a message, for the tests and the fuzz targets.

use quick_xml::{Reader, escape::resolve_predefined_entity, events::Event};
use wxpay_core::nested::Element;

type Pairs = Vec<(String, String)>;

/// The fields as a plain event loop over quick-xml finds them, `None` where it gives up.
///
/// The parts of a value are joined undecoded by anything but the references: line ends stay as they
/// were sent, because the signature is over what was sent.
pub fn flat(text: &str) -> Option<Pairs> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut fields = Pairs::new();
    let mut depth = 0;
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                depth += 1;
                if depth == 2 {
                    fields.push((tag.name().into_inner().to_owned(), String::new()));
                }
            }
            Event::End(_) => depth -= 1,
            Event::Text(text) if depth == 2 => fields.last_mut()?.1.push_str(&text.into_inner()),
            Event::CData(text) if depth == 2 => fields.last_mut()?.1.push_str(&text.into_inner()),
            Event::GeneralRef(reference) if depth == 2 => {
                match reference.resolve_char_ref().ok()? {
                    Some(c) => fields.last_mut()?.1.push(c),
                    None => fields.last_mut()?.1.push_str(resolve_predefined_entity(&reference)?),
                }
            }
            Event::Eof => return (depth == 0).then_some(fields),
            _ => {}
        }
    }
}

/// The tree as quick-xml finds it; text beside children is white space, and left out.
pub fn tree(text: &str) -> Option<Element> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().expand_empty_elements = true;
    let mut open = vec![Element::default()];
    loop {
        let read = match reader.read_event().ok()? {
            Event::Start(tag) => {
                let name = tag.name().into_inner().to_owned();
                open.push(Element { name, ..Element::default() });
                continue;
            }
            Event::End(_) => {
                let mut element = open.pop()?;
                if !element.children.is_empty() {
                    element.text.clear();
                }
                open.last_mut()?.children.push(element);
                continue;
            }
            Event::Text(text) => text.into_inner().into_owned(),
            Event::CData(text) => text.into_inner().into_owned(),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                Some(c) => c.into(),
                None => resolve_predefined_entity(&reference)?.to_owned(),
            },
            Event::Eof => break,
            _ => continue,
        };
        open.last_mut()?.text.push_str(&read);
    }
    open.pop()?.children.pop()
}
