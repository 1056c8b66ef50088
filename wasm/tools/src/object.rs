//! Results that are more than fields, as plain objects.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;
use wxpay_core::{
    nested::Element,
    notification::{NativeCallback, Payment},
};

/// Setting a property of a fresh plain object cannot fail.
pub(crate) fn set(object: &Object, name: &str, value: JsValue) {
    let _ = Reflect::set(object, &name.into(), &value);
}

/// `{ name, text, children }`; the reader has limited how deep they are.
pub(crate) fn element(element: &Element) -> JsValue {
    let children = Array::new();
    for child in &element.children {
        children.push(&self::element(child));
    }
    let object = texts(&[("name", Some(&element.name)), ("text", Some(&element.text))]);
    set(&object, "children", children.into());
    object.into()
}

/// Amounts are numbers, what is absent is `null`.
pub(crate) fn payment(payment: &Payment) -> JsValue {
    let object = texts(&[
        ("out_trade_no", Some(&payment.out_trade_no)),
        ("transaction_id", Some(&payment.transaction_id)),
        ("fee_type", Some(&payment.fee_type)),
        ("openid", payment.openid.as_deref()),
        ("bank_type", payment.bank_type.as_deref()),
        ("time_end", Some(&payment.time_end)),
    ]);
    // At most 10^10 fen.
    #[allow(clippy::cast_precision_loss)]
    let fen = |amount: u64| JsValue::from_f64(amount as f64);
    set(&object, "total_fee", fen(payment.total_fee));
    set(&object, "cash_fee", payment.cash_fee.map_or(JsValue::NULL, fen));
    object.into()
}

pub(crate) fn native_callback(callback: &NativeCallback) -> JsValue {
    let object = texts(&[
        ("product_id", Some(&callback.product_id)),
        ("openid", Some(&callback.openid)),
        ("is_subscribe", Some(&callback.is_subscribe)),
        ("nonce_str", Some(&callback.nonce_str)),
    ]);
    object.into()
}

fn texts(pairs: &[(&str, Option<&str>)]) -> Object {
    let object = Object::new();
    for &(name, value) in pairs {
        set(&object, name, value.map_or(JsValue::NULL, JsValue::from_str));
    }
    object
}
