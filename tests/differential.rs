//! quick-xml as the oracle: it reads much that this crate refuses, but whatever this crate accepts
//! it must read to the same fields.
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use quick_xml::{Reader, escape::resolve_predefined_entity, events::Event};
use wxpay_core::{
    nested::{self, Element},
    xml::{self, Limits},
};

#[allow(dead_code, reason = "each suite reads its own files of the set")]
mod vectors;
use vectors::{Body, Pairs, load, pairs};

/// The fields as a plain event loop over quick-xml finds them, `None` where it gives up.
///
/// The parts of a value are joined undecoded by anything but the references: line ends stay as they
/// were sent, because the signature is over what was sent.
fn oracle(text: &str) -> Option<Pairs> {
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
fn nested_oracle(text: &str) -> Option<Element> {
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

#[test]
fn mutations_of_a_nested_answer() {
    let seeds = [
        "<xml>\n<status>SENT</status><hblist>\n<hbinfo><openid><![CDATA[o1]]></openid><amount>100\
         </amount></hbinfo><hbinfo><openid>a&amp;b</openid><amount>2&#48;0</amount></hbinfo>\
         </hblist></xml>",
        "<xml><a/><a> </a><b><c>x</c> <c/></b></xml>",
    ];
    let mut dice = Dice(0x22d9_b4e5_4ab1_950f);
    let mut accepted = 0;
    for _ in 0..60_000 {
        let mut body = dice.pick(&seeds).as_bytes().to_vec();
        mutate(&mut body, &mut dice);
        let Ok(tree) = nested::parse(&body, Limits::DEFAULT) else { continue };
        accepted += 1;
        let text = std::str::from_utf8(&body).expect("accepted, so it is UTF-8");
        assert_eq!(nested_oracle(text), Some(tree), "{text}");
    }
    assert!((1_000..50_000).contains(&accepted), "{accepted} mutations were accepted");
}

/// Whether the strict reader accepts the body, having compared the two readers.
fn compared(body: &[u8], root: &str) -> bool {
    let Ok(fields) = xml::parse_with(body, root, Limits::DEFAULT) else { return false };
    let text = std::str::from_utf8(body).expect("accepted, so it is UTF-8");
    assert_eq!(oracle(text), Some(pairs(&fields)), "{text}");
    true
}

#[test]
fn the_golden_bodies() {
    let cases = load::<Body>("reader.json");
    let accepted = cases
        .iter()
        .filter(|case| compared(&case.bytes(), case.root.as_deref().unwrap_or("xml")))
        .count();
    assert!(accepted > 150, "{accepted} bodies were accepted");
}

/// xorshift64*: the same mutations in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// What the grammar turns on.
const TOKENS: [&str; 44] = [
    "<",
    ">",
    "/",
    "&",
    ";",
    "#",
    "x",
    "!",
    "?",
    "-",
    "[",
    "]",
    "=",
    "\"",
    "'",
    ":",
    " ",
    "\n",
    "\r",
    "\t",
    "</",
    "/>",
    "<a>",
    "</a>",
    "<a/>",
    "<xml>",
    "</xml>",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "<?",
    "?>",
    "&amp;",
    "&#65;",
    "&#x4e2d;",
    "&lt;",
    "\u{feff}",
    "\u{a0}",
    "\u{3000}",
    "中",
    "\0",
    "a",
    "0",
];

fn mutate(body: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(3) {
        let at = dice.below(body.len() + 1);
        let to = (at + dice.below(12)).min(body.len());
        match dice.below(7) {
            0 => drop(body.drain(at..to)),
            1 => drop(body.splice(at..at, dice.pick(&TOKENS).bytes())),
            2 => drop(body.splice(at..to, dice.pick(&TOKENS).bytes())),
            3 => {
                let part = body[at..to].to_vec();
                let place = dice.below(body.len() + 1);
                drop(body.splice(place..place, part));
            }
            4 => {
                if let Some(byte) = body.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
            5 => {
                if let Some(byte) = body.get_mut(at) {
                    *byte = dice.below(128) as u8;
                }
            }
            _ => body.truncate(body.len() - dice.below(4).min(body.len())),
        }
    }
}

#[test]
fn mutations_of_genuine_messages() {
    let seeds: Vec<Vec<u8>> = load::<Body>("reader.json")
        .iter()
        .filter(|case| case.root.is_none() && case.expected().is_ok())
        .map(Body::bytes)
        .filter(|body| body.len() < 1500)
        .collect();
    let mut dice = Dice(0x9a0a_8659_f005_d698);
    let mut accepted = 0;
    for _ in 0..60_000 {
        let mut body = dice.pick(&seeds).clone();
        mutate(&mut body, &mut dice);
        accepted += usize::from(compared(&body, "xml"));
    }
    // Neither is vacuous: many mutations stay messages, most do not.
    assert!((3_000..50_000).contains(&accepted), "{accepted} mutations were accepted");
}

#[test]
fn random_heaps_of_tokens() {
    let mut dice = Dice(0x6a9a_e165_7590_fd62);
    let mut accepted = 0;
    for _ in 0..60_000 {
        let heap: String = (0..dice.below(9)).map(|_| *dice.pick(&TOKENS)).collect();
        let body = match dice.below(3) {
            0 => heap,
            1 => format!("<xml>{heap}</xml>"),
            _ => format!("<xml><b>{heap}</b></xml>"),
        };
        accepted += usize::from(compared(body.as_bytes(), "xml"));
    }
    assert!(accepted > 3_000, "{accepted} heaps were accepted");
}
