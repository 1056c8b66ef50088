//! getrandom's custom backend, fed by the loader.
//!
//! Its own JavaScript backend needs a global `crypto`, which Node 16 and 18 do not have; the loader
//! knows `node:crypto` too.
#![allow(unsafe_code)]

use core::cell::RefCell;
use js_sys::{Function, Uint8Array};
use wasm_bindgen::prelude::*;

thread_local! {
    static SOURCE: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// The loader's source: fills a `Uint8Array`, throws where there is no secure one.
#[wasm_bindgen(js_name = setRandom)]
pub fn set_random(source: Function) {
    SOURCE.with_borrow_mut(|slot| *slot = Some(source));
}

fn random(bytes: &Uint8Array) -> Result<(), getrandom::Error> {
    let source = SOURCE.with_borrow(Clone::clone).ok_or(getrandom::Error::UNSUPPORTED)?;
    match source.call1(&JsValue::UNDEFINED, bytes) {
        Ok(_) => Ok(()),
        Err(_) => Err(getrandom::Error::UNSUPPORTED),
    }
}

/// # Safety
/// getrandom passes a buffer of `len` bytes that nobody else reads or writes during the call.
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(
    dest: *mut u8,
    len: usize,
) -> Result<(), getrandom::Error> {
    let Ok(length) = u32::try_from(len) else { return Err(getrandom::Error::UNEXPECTED) };
    let bytes = Uint8Array::new_with_length(length);
    random(&bytes)?;
    // SAFETY: see above; `copy_to` needs initialised memory, so zero it first.
    let dest = unsafe {
        core::ptr::write_bytes(dest, 0, len);
        core::slice::from_raw_parts_mut(dest, len)
    };
    bytes.copy_to(dest);
    Ok(())
}
