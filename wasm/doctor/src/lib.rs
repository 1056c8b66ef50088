//! The binding of the doctor to JavaScript, a module of its own: who has no question about a
//! signature does not load it. It translates and never decides.

use js_sys::{Function, Object, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wxpay_core::{
    SignType,
    diagnose::{self, Options, Spelling},
};

/// What is known besides the message and the key, in one object.
#[wasm_bindgen]
extern "C" {
    /// `{ candidates: [name, key, name, key, …], sign?, signType?, received?, theirs?, order?,
    /// spell(spelling, text) }`.
    pub type Known;

    #[wasm_bindgen(method, getter)]
    fn candidates(this: &Known) -> Vec<String>;
    #[wasm_bindgen(method, getter)]
    fn sign(this: &Known) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = signType)]
    fn sign_type(this: &Known) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn received(this: &Known) -> Option<bool>;
    #[wasm_bindgen(method, getter)]
    fn theirs(this: &Known) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn order(this: &Known) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn spell(this: &Known) -> Function;
}

/// Why the signature does not fit.
#[wasm_bindgen]
pub fn diagnose(input: &str, key: &str, known: &Known) -> Result<JsValue, JsValue> {
    let listed = known.candidates();
    let candidates: Vec<(&str, &str)> =
        listed.as_chunks().0.iter().map(|[name, key]| (name.as_str(), key.as_str())).collect();
    let sign_type = known.sign_type().map(|name| name.parse::<SignType>());
    let (sign, theirs, order) = (known.sign(), known.theirs(), known.order());
    let spell = known.spell();
    let host = |spelling, text: &str| spelled(&spell, spelling, text);
    let options = Options {
        candidates: &candidates,
        sign: sign.as_deref(),
        sign_type: sign_type.transpose().map_err(|error| thrown(&error))?,
        received: known.received(),
        theirs: theirs.as_deref(),
        order: order.as_deref(),
        host: Some(&host),
    };
    let diagnosis = diagnose::diagnose(input, key, &options).map_err(|error| thrown(&error))?;
    diagnosis.serialize(&serde_wasm_bindgen::Serializer::new()).map_err(JsValue::from)
}

/// The host's bytes of the text; what it throws means that it has none.
fn spelled(spell: &Function, spelling: Spelling, text: &str) -> Option<Vec<u8>> {
    let name = match spelling {
        Spelling::Gbk => "gbk",
        Spelling::Nfc => "NFC",
        Spelling::Nfd => "NFD",
        Spelling::Number => "number",
    };
    let bytes = spell.call2(&JsValue::UNDEFINED, &name.into(), &text.into()).ok()?;
    bytes.dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec())
}

/// `{ code, message }`, which the loader turns into a `WxPayError`.
fn thrown(error: &wxpay_core::Error) -> JsValue {
    let thrown = Object::new();
    for (name, text) in [("code", error.code().as_str()), ("message", &error.to_string())] {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&thrown, &name.into(), &text.into());
    }
    thrown.into()
}
