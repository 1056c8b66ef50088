//! The XML dialect of API v2: one root, flat, text only.

mod reader;
mod writer;

/// The `Content-Type` of every message of the dialect, requests and replies alike.
pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

pub(crate) use reader::{Cursor, Scanned, scan};
pub use reader::{Limits, parse, parse_with};
pub use writer::build;
pub(crate) use writer::build_with;
