//! Any bytes, as a message: what is accepted is what quick-xml reads, what the hot module reads, and
//! what is read again once it is written.

use crate::{errors, hot::Hot, oracle, parts};
use wxpay_core::{
    nested,
    xml::{self, Limits},
};

/// Of a body, a tree counts its root too; written, a message may be longer.
const WIDE: Limits = Limits { bytes: 1 << 24, fields: 1 << 20 };

/// The target.
pub fn run(data: &[u8]) {
    let read = xml::parse(data);
    if let Some(hot) = Hot::of_xml(data) {
        assert_eq!(read.as_ref().map(parts::pairs), Ok(hot.pairs()));
    }
    match &read {
        Err(error) => errors::harmless(error, data, &[]),
        Ok(fields) => {
            let text = str::from_utf8(data).expect("accepted, so it is UTF-8");
            assert_eq!(oracle::flat(text), Some(parts::pairs(fields)));
            let again = xml::parse_with(xml::build(fields).as_bytes(), "xml", WIDE);
            assert_eq!(again.map(|f| parts::pairs(&f)), Ok(parts::filled(fields)));
            let tree = nested::parse(data, WIDE).expect("what is flat is a tree");
            let leaves = tree.children.into_iter().map(|leaf| (leaf.name, leaf.text));
            assert_eq!(leaves.collect::<Vec<_>>(), parts::pairs(fields));
        }
    }
    match nested::parse(data, Limits::DEFAULT) {
        Err(error) => errors::harmless(&error, data, &[]),
        Ok(tree) => {
            let text = str::from_utf8(data).expect("accepted, so it is UTF-8");
            assert_eq!(oracle::tree(text), Some(tree));
        }
    }
    if !data.is_empty() {
        let less = Limits { bytes: data.len() - 1, ..Limits::DEFAULT };
        assert!(xml::parse_with(data, "xml", less).is_err());
    }
    let few = Limits { bytes: data.len(), fields: 3 };
    if let Ok(fields) = xml::parse_with(data, "xml", few) {
        assert!(fields.len() <= 3);
        assert_eq!(read.map(|f| parts::pairs(&f)), Ok(parts::pairs(&fields)));
    }
}
