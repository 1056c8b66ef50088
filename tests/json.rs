//! `Fields` as JSON, for the feature `serde`: what a login answers, what a front end is handed.
#![cfg(feature = "serde")]
#![allow(clippy::expect_used, reason = "tests fail by panicking")]

use wxpay_core::{Fields, Key, client_pay};

fn read(json: &str) -> Result<Fields, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

#[test]
fn integers_stay_integers_and_text_stays_text() {
    let fields = read(r#"{"total_fee": 880, "out_trade_no": "880", "attach": ""}"#).expect("reads");
    let written: Vec<_> = fields.iter_written().collect();
    let expected =
        [("total_fee", "880", true), ("out_trade_no", "880", false), ("attach", "", false)];
    assert_eq!(written, expected);
    let json = serde_json::to_string(&fields).expect("writes");
    assert_eq!(json, r#"{"total_fee":880,"out_trade_no":"880","attach":""}"#);
}

#[test]
fn digits_that_are_no_json_number_are_text() {
    let given = [("a", "007", true), ("b", "0", true), ("c", "99999999999999999999", true)];
    let fields = Fields::from_written(given).expect("fields");
    let json = serde_json::to_string(&fields).expect("writes");
    assert_eq!(json, r#"{"a":"007","b":0,"c":"99999999999999999999"}"#);
}

#[test]
fn an_errcode_below_zero_is_read() {
    let fields = read(r#"{"errcode": -1, "errmsg": "system busy"}"#).expect("reads");
    assert_eq!(fields.get("errcode"), Some("-1"));
    assert!(fields.iter_written().all(|(_, _, bare)| !bare), "the dialect has no sign");
}

#[test]
fn what_no_message_can_hold_is_refused() {
    for (json, why) in [
        (r#"{"a": 1.5}"#, "a string or an integer"),
        (r#"{"a": true}"#, "a string or an integer"),
        (r#"{"a": null}"#, "a string or an integer"),
        (r#"{"a": {"b": "c"}}"#, "a string or an integer"),
        (r#"["a"]"#, "a flat map of field names to strings and integers"),
        (r#"{"a": "b", "a": "c"}"#, "given twice"),
        (r#"{"a b": "c"}"#, "a field name is"),
        (r#"{"a": "\u0000"}"#, "U+0000"),
    ] {
        let error = read(json).expect_err(json);
        assert!(error.contains(why), "{json}: {error}");
    }
}

#[test]
fn a_contract_is_handed_on_with_its_two_numbers() {
    let contract = client_pay::Contract {
        appid: "wxd930ea5d5a258f4f",
        mch_id: "10000100",
        plan_id: "12535",
        contract_code: "100000",
        contract_display_account: "Ming",
        request_serial: 123,
        notify_url: "https://shop.example/pay/contract",
        timestamp: 1_414_561_699,
    };
    let key = Key::new("192006250b4c09247ec02edce69f6a2d").expect("a key");
    let data = client_pay::contract_signing(&contract, &key).expect("signs");
    let json = serde_json::to_value(&data).expect("writes");
    assert_eq!(json["request_serial"], 123);
    assert_eq!(json["timestamp"], 1_414_561_699);
    assert_eq!(json["plan_id"], "12535");
}
