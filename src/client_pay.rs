//! The second signature: the parameters with which the front end opens the cashier (chapter 7.7) and
//! the other pages of WeChat Pay.
//!
//! The names that are signed differ in their case from one front end to the next; mixing them up is
//! the commonest cause of a failing payment. Each function returns the parameters in the spelling
//! and order of its front end. A timestamp is Unix time in seconds, a nonce a fresh
//! [`crate::nonce()`].

mod app;
mod contract;
mod coupon;
mod h5;
mod jsapi;
mod native;
mod payscore;
mod red_packet;
mod wx_config;

pub use app::{AppPrepaid, app_pay};
pub use contract::{CONTRACT_APP_ID, CONTRACT_PATH, Contract, contract_signing};
pub use coupon::{COUPONS, Coupon, coupon_url, send_coupon};
pub use h5::h5_url;
pub use jsapi::{Prepaid, choose_wx_pay, jsapi_pay, mini_program_fields, mini_program_pay};
pub use native::{NativeProduct, NativeReply, native_reply, native_url};
pub use payscore::{
    PAYSCORE_APP_ID, PAYSCORE_ENABLE, PAYSCORE_PATH, PAYSCORE_USE, payscore_enable, payscore_use,
};
pub use red_packet::send_biz_red_packet;
pub use wx_config::wx_config;

use crate::{Error, ErrorCode, Fields, Key, Result, SignType, sign};
use alloc::{format, string::String};

/// Milliseconds have been beyond this since 1970-04-26, seconds will be in 2286.
pub const TEN_DIGITS: u64 = 10_000_000_000;

/// The time as it is signed; refused when it cannot be in seconds.
#[inline(never)]
fn seconds(timestamp: u64, name: &str) -> Result<String> {
    if timestamp >= TEN_DIGITS {
        return Err(Error::new(
            ErrorCode::FieldValue,
            "the time is in seconds (10 digits); this one looks like milliseconds",
        )
        .field(name));
    }
    Ok(format!("{timestamp}"))
}

/// The fields, which must all be filled.
#[inline(never)]
fn filled(parts: &[(&str, &str)]) -> Result<Fields> {
    let mut fields = Fields::new();
    for (name, value) in parts {
        require(name, value)?;
        fields.insert(name, value)?;
    }
    Ok(fields)
}

/// Adds the signature under this name.
#[inline(never)]
fn seal(mut fields: Fields, name: &str, key: &Key, sign_type: SignType) -> Result<Fields> {
    let signature = sign(&fields, key, sign_type)?;
    fields.insert(name, &signature)?;
    Ok(fields)
}

#[inline(never)]
fn require(name: &str, value: &str) -> Result<()> {
    if value.is_empty() {
        return Err(Error::new(ErrorCode::FieldMissing, "is needed here, and empty").field(name));
    }
    Ok(())
}
