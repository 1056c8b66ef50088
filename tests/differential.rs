//! quick-xml as the oracle: it reads much that this crate refuses, but whatever this crate accepts
//! it must read to the same fields.
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use wxpay_core::{
    nested,
    xml::{self, Limits},
};

mod dice;
use dice::{Dice, TOKENS};
mod oracle;
#[allow(dead_code, reason = "each suite reads its own files of the set")]
mod vectors;
use vectors::{Body, load, pairs};

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
        dice.mutate(&mut body);
        let Ok(tree) = nested::parse(&body, Limits::DEFAULT) else { continue };
        accepted += 1;
        let text = std::str::from_utf8(&body).expect("accepted, so it is UTF-8");
        assert_eq!(oracle::tree(text), Some(tree), "{text}");
    }
    assert!((1_000..50_000).contains(&accepted), "{accepted} mutations were accepted");
}

/// Whether the strict reader accepts the body, having compared the two readers.
fn compared(body: &[u8], root: &str) -> bool {
    let Ok(fields) = xml::parse_with(body, root, Limits::DEFAULT) else { return false };
    let text = std::str::from_utf8(body).expect("accepted, so it is UTF-8");
    assert_eq!(oracle::flat(text), Some(pairs(&fields)), "{text}");
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
        dice.mutate(&mut body);
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
