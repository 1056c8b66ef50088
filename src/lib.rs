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
pub mod dictionary;
pub mod digest;
pub mod endpoint;
pub mod merchant;
pub mod nested;
pub mod nonce;
pub mod notification;
pub mod refund;
pub mod sheet;
pub mod signed;
pub mod text;
pub mod workwx;
pub mod xml;

pub use error::{Error, ErrorCode, Result};
pub use fields::Fields;
pub use key::Key;
pub use nonce::nonce;
pub use sign::{MISMATCH, SignType, sign, string_to_sign, verify};
pub use signed::{parse_signed, signed_xml};

/// The code of the pages runs like any other.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../README.md")]
    mod english {}
    #[doc = include_str!("../README.zh-CN.md")]
    mod chinese {}
}
