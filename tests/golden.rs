//! The golden set: every number here was recomputed apart from this crate.
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use wxpay_core::{
    ErrorCode, Fields, Key, SignType,
    client_pay::{Prepaid, app_pay, jsapi_pay, mini_program_pay},
    parse_signed,
    refund::{decrypt_refund, encipher, encrypt_refund},
    sign, signed_xml, string_to_sign, verify,
    xml::{self, Limits},
};

#[allow(dead_code, reason = "each suite reads its own files of the set")]
mod vectors;
use vectors::{Pairs, load, pairs};

#[derive(Deserialize)]
struct Signature {
    name: String,
    fields: Pairs,
    key: String,
    sign_type: SignType,
    string_to_sign: String,
    sign: String,
}

fn fields(pairs: &Pairs) -> Fields {
    Fields::from_pairs(pairs.iter().map(|(n, v)| (n, v))).expect("the fields of a vector")
}

fn key(text: &str) -> Key {
    Key::any(text).expect("the key of a vector")
}

#[test]
fn signatures() {
    for case in load::<Signature>("sign.json") {
        let (fields, key) = (fields(&case.fields), key(&case.key));
        assert_eq!(string_to_sign(&fields), case.string_to_sign, "{}", case.name);
        let signature = sign(&fields, &key, case.sign_type);
        assert_eq!(signature.as_deref(), Ok(case.sign.as_str()), "{}", case.name);

        let mut signed = fields.clone();
        signed.remove("sign");
        signed.insert("sign", &case.sign).expect(&case.name);
        // A sign_type in the fields of a sample may be there to be signed, not to be true.
        if matches!(fields.filled("sign_type"), Some(t) if t != case.sign_type.as_str()) {
            continue;
        }
        assert_eq!(verify(&signed, &key, case.sign_type), Ok(()), "{}", case.name);
        let message = signed_xml(&fields, &key, case.sign_type).expect(&case.name);
        let read = parse_signed(message.as_bytes(), &[key], case.sign_type).expect(&case.name);
        let sent = |f: &Fields| {
            let filled = f.iter().filter(|(_, v)| !v.is_empty());
            filled.map(|(n, v)| (n.to_owned(), v.to_owned())).collect::<BTreeMap<_, _>>()
        };
        assert_eq!(sent(&read), sent(&signed), "{}", case.name);
    }
}

#[test]
fn fault_14_the_order_of_names() {
    #[derive(Deserialize)]
    struct Order {
        name: String,
        names: Vec<String>,
    }
    for case in load::<Order>("sort.json") {
        let expected: Vec<String> = case.names.iter().map(|n| format!("{n}=1")).collect();
        for turn in 0..case.names.len() {
            let mut names = case.names.clone();
            names.rotate_left(turn);
            if turn % 2 == 1 {
                names.reverse();
            }
            let fields = Fields::from_pairs(names.iter().map(|n| (n, "1"))).expect(&case.name);
            assert_eq!(string_to_sign(&fields), expected.join("&"), "{}", case.name);
        }
    }
}

#[derive(Deserialize)]
struct Call {
    name: String,
    call: String,
    arguments: BTreeMap<String, Value>,
    fields: Pairs,
    key: String,
    sign_type: String,
    result_field: String,
    sign: String,
}

fn flat(parameters: &impl Serialize) -> BTreeMap<String, String> {
    let value = serde_json::to_value(parameters).expect("JSON");
    serde_json::from_value(value).expect("flat, and only strings")
}

#[test]
fn client_signatures() {
    let mut called = Vec::new();
    for case in load::<Call>("resign.json") {
        // wx.config is SHA-1 over a ticket: no signature of the merchant, and not of this crate.
        if case.sign_type == "SHA1" {
            continue;
        }
        let key = key(&case.key);
        let sign_type: SignType = case.sign_type.parse().expect(&case.name);
        let signature = sign(&fields(&case.fields), &key, sign_type);
        assert_eq!(signature.as_deref(), Ok(case.sign.as_str()), "{}", case.name);

        let text = |name: &str| case.arguments.get(name).and_then(Value::as_str).unwrap_or("");
        let time = |name: &str| case.arguments.get(name).and_then(Value::as_u64).unwrap_or(0);
        let web = Prepaid {
            appid: text("appId"),
            prepay_id: text("prepay_id"),
            timestamp: time("timeStamp"),
            nonce: text("nonceStr"),
            sign_type,
        };
        let app = Prepaid {
            appid: text("appid"),
            prepay_id: text("prepayid"),
            timestamp: time("timestamp"),
            nonce: text("noncestr"),
            sign_type,
        };
        let made = match case.call.as_str() {
            "miniProgramPay" => {
                let mut made = flat(&mini_program_pay(&web, &key).expect(&case.name));
                let id = made.insert("appId".into(), web.appid.into());
                assert_eq!(id, None, "a mini program does not pass its own id");
                made
            }
            "jsapiPay" => flat(&jsapi_pay(&web, &key).expect(&case.name)),
            "appPay" => flat(&app_pay(&app, text("partnerid"), &key).expect(&case.name)),
            _ => continue,
        };
        let mut expected: BTreeMap<String, String> = case.fields.into_iter().collect();
        expected.insert(case.result_field, case.sign);
        assert_eq!(made, expected, "{}", case.name);
        called.push(case.call);
    }
    called.sort();
    called.dedup();
    assert_eq!(called, ["appPay", "jsapiPay", "miniProgramPay"]);
}

#[test]
fn decrypted_refunds() {
    #[derive(Deserialize)]
    struct Refund {
        name: String,
        key: String,
        req_info: String,
        xml: String,
        root: String,
        fields: Pairs,
    }
    for case in load::<Refund>("refund.json") {
        let read = xml::parse_with(case.xml.as_bytes(), &case.root, Limits::DEFAULT);
        assert_eq!(read.map(|f| pairs(&f)).as_ref(), Ok(&case.fields), "{}", case.name);
        let plain = xml::parse(case.xml.as_bytes()).map_err(|e| e.code());
        assert_eq!(plain, Err(ErrorCode::XmlNotXml), "{}: not as a notification", case.name);

        let keys = [key("another-key"), key(&case.key)];
        assert_eq!(encipher(case.xml.as_bytes(), &keys[1]), case.req_info, "{}", case.name);
        let read = decrypt_refund(&case.req_info, &keys).map(|f| pairs(&f)).map_err(|e| e.code());
        let expected = match case.root.as_str() {
            "root" => Ok(case.fields.clone()),
            _ => Err(ErrorCode::RefundUndecipherable),
        };
        assert_eq!(read, expected, "{}", case.name);
        let own = encrypt_refund(&fields(&case.fields), &keys[1]);
        assert_eq!(
            decrypt_refund(&own, &keys).map(|f| pairs(&f)),
            Ok(case.fields),
            "{}",
            case.name
        );
    }
}
