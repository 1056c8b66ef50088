//! The XML dialect of API v2: one root, flat, text only.

mod reader;
mod writer;

pub(crate) use reader::scan;
pub use reader::{Limits, parse, parse_with};
pub use writer::build;
