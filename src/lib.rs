//! WeChat Pay API v2, the part that is the same everywhere: the signature, the XML dialect,
//! the second signature for the paying front end, what an answer and a notification must hold.
//!
//! No clock, no randomness, no network: time and random bytes are arguments.
//!
//! ```
//! use wxpay_core::{Fields, Key, SignType, sign};
//!
//! // The worked example of the official signature chapter (chapter 4.3).
//! let order = Fields::from_pairs([
//!     ("appid", "wxd930ea5d5a258f4f"),
//!     ("mch_id", "10000100"),
//!     ("device_info", "1000"),
//!     ("body", "test"),
//!     ("nonce_str", "ibuaiVcKdpRxkhJA"),
//! ])?;
//! let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
//! assert_eq!(sign(&order, &key, SignType::Md5)?, "9A0A8659F005D6984697E2CA0A9CF3B7");
//! # Ok::<(), wxpay_core::Error>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![no_std]

extern crate alloc;

mod error;
mod facts;
mod fault;
mod fields;
mod key;
mod percent;
mod sha1;
mod sha256;
mod sign;

pub mod answer;
pub mod bill;
pub mod client_pay;
pub mod diagnose;
pub mod endpoint;
pub mod merchant;
pub mod nested;
pub mod nonce;
pub mod notification;
pub mod refund;
pub mod signed;
pub mod workwx;
pub mod xml;

// What the hot WebAssembly module is made of. It is public for that module alone: no promise is made
// about it, and it may change in any version.
#[doc(hidden)]
pub mod dictionary;
#[doc(hidden)]
pub mod digest;
#[doc(hidden)]
pub mod sheet;
#[doc(hidden)]
pub mod text;

pub use error::{Error, ErrorCode, Result};
pub use fields::Fields;
pub use key::Key;
pub use nonce::nonce;
#[cfg(feature = "getrandom")]
pub use nonce::nonce_str;
pub use sign::{SignType, sign, string_to_sign, verify};
pub use signed::{parse_signed, signed_xml};
