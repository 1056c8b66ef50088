#![doc = include_str!("README.md")]
//!
//! ## What is where
//!
//! | module | has |
//! | --- | --- |
//! | the root | [`sign`](fn@sign), [`verify`], [`string_to_sign`], [`signed_xml`], [`parse_signed`], [`nonce`](fn@nonce()); [`Fields`], [`Key`], [`SignType`], [`Error`] |
//! | [`endpoint`] | every call: what it takes and answers, what to do about its errors; [`Endpoint::prepare`](endpoint::Endpoint::prepare) makes a request |
//! | [`answer`] | what came back, verified and matched with the question |
//! | [`client_pay`] | the parameters with which the front ends open the cashier |
//! | [`notification`], [`merchant`] | payments, contracts and scans that WeChat reports, and whose they are |
//! | [`refund`] | what is in the `req_info` of a refund notification |
//! | [`bill`] | bills, row by row, in fen |
//! | [`xml`], [`nested`] | the dialect, and the few answers that are not flat |
//! | [`signed`], [`nonce`](mod@nonce), [`workwx`] | several keys at once; what a nonce is made of; payments out of WeCom |
//! | [`diagnose`](mod@diagnose) | why a signature does not fit |
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

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

/// The code of the pages runs like any other.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../README.md")]
    mod english {}
    #[doc = include_str!("../README.zh-CN.md")]
    mod chinese {}
}
