//! The XML dialect of API v2: one root, flat, text only.

mod reader;
mod writer;

pub(crate) use reader::{Cursor, Scanned, scan};
pub use reader::{Limits, parse, parse_with};
pub use writer::build;
pub(crate) use writer::build_with;
