//! Errors as the objects that the facade turns into `WxPayError`.

use crate::object::set;
use js_sys::Object;
use wasm_bindgen::JsValue;
use wxpay_core::ErrorCode;

/// What every binding returns.
pub type Result<T> = core::result::Result<T, Thrown>;

/// `{ code, message, field?, offset?, err_code?, action? }`.
pub struct Thrown(JsValue);

impl From<Thrown> for JsValue {
    fn from(thrown: Thrown) -> JsValue {
        thrown.0
    }
}

impl From<wxpay_core::Error> for Thrown {
    fn from(error: wxpay_core::Error) -> Self {
        let thrown = Object::new();
        set(&thrown, "code", error.code().as_str().into());
        set(&thrown, "message", error.to_string().into());
        if let Some(field) = error.field_name() {
            set(&thrown, "field", field.into());
        }
        if let Some(offset) = error.offset() {
            // A body is far smaller than 2^53 bytes.
            #[allow(clippy::cast_precision_loss)]
            set(&thrown, "offset", (offset as f64).into());
        }
        if let Some(err_code) = error.err_code() {
            set(&thrown, "err_code", err_code.into());
        }
        if let Some(action) = error.action() {
            set(&thrown, "action", action.as_str().into());
        }
        Thrown(thrown.into())
    }
}

pub(crate) fn internal(message: &str) -> Thrown {
    plain(ErrorCode::Internal, message)
}

pub(crate) fn no_random() -> Thrown {
    plain(
        ErrorCode::RandomUnavailable,
        "no cryptographically secure random source: neither node:crypto nor globalThis.crypto",
    )
}

/// The facade adds the name of the field: here the separators no longer tell where it ends.
pub(crate) fn zero() -> Thrown {
    plain(ErrorCode::FieldValue, "holds U+0000, which no XML message can carry")
}

fn plain(code: ErrorCode, message: &str) -> Thrown {
    let thrown = Object::new();
    set(&thrown, "code", code.as_str().into());
    set(&thrown, "message", message.into());
    Thrown(thrown.into())
}
