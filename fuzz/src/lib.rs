//! What holds for every input: a target is a function that takes any bytes and panics where a promise
//! of the library is broken.
//!
//! `cargo xtask fuzz` looks for such bytes, led by coverage; `cargo xtask test` tries those that were
//! found before, and some near them.

pub mod corpus;
pub mod errors;
pub mod hot;
pub mod parts;
pub mod signature;

mod bill;
mod doctor;
mod endpoint;
mod notification;
mod reader;
mod refund;
mod round_trip;
mod verify;

#[path = "../../tests/dice/mod.rs"]
pub mod dice;
#[path = "../../tests/oracle/mod.rs"]
pub mod oracle;
#[path = "../../tests/window/mod.rs"]
pub mod window;

/// A name, and what is tried under it.
pub type Target = (&'static str, fn(&[u8]));

/// All targets; each has a file of inputs in `corpus`.
pub const TARGETS: [Target; 9] = [
    ("reader", reader::run),
    ("verify", verify::run),
    ("refund", refund::run),
    ("round_trip", round_trip::run),
    ("bill", bill::run),
    ("doctor", doctor::run),
    ("search", doctor::search),
    ("endpoint", endpoint::run),
    ("notification", notification::run),
];
