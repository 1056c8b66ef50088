//! Results that are more than fields, as plain objects.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;
use wxpay_core::nested::Element;

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
    let object = Object::new();
    set(&object, "name", element.name.as_str().into());
    set(&object, "text", element.text.as_str().into());
    set(&object, "children", children.into());
    object.into()
}
