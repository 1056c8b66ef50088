//! The golden set: every number here was recomputed apart from this crate.
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use wxpay_core::{
    ErrorCode, Fields, Key, SignType,
    client_pay::{self, AppPrepaid, Contract, Coupon, NativeProduct, NativeReply, Prepaid},
    parse_signed,
    refund::{decrypt_refund, encipher, encrypt_refund},
    sign, signed_xml, string_to_sign, verify,
    workwx::{self, workwx_sign},
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
    result: Option<Value>,
}

/// The names and values of a result as text, whatever wraps them in JavaScript.
fn flat(result: &Value) -> BTreeMap<String, String> {
    let parameters = result.get("extraData").unwrap_or(result).as_object().expect("an object");
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    parameters.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// What the function of this name returns: text, or fields.
fn called(case: &Call) -> wxpay_core::Result<core::result::Result<Fields, String>> {
    let given = |of: &BTreeMap<String, Value>, name: &str| {
        of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let owned: BTreeMap<&str, String> =
        case.arguments.keys().map(|name| (name.as_str(), given(&case.arguments, name))).collect();
    let text = |name: &str| owned.get(name).map_or("", String::as_str);
    let time = |name: &str| case.arguments.get(name).and_then(Value::as_u64).unwrap_or(0);
    let key = Key::any(if case.key.is_empty() { "none" } else { &case.key })?;
    let sign_type = case.sign_type.parse().unwrap_or_default();
    let web = Prepaid {
        appid: text("appId"),
        prepay_id: text("prepay_id"),
        timestamp: time("timeStamp"),
        nonce: text("nonceStr"),
        sign_type,
    };
    let coupon = |of: &BTreeMap<String, Value>| {
        [
            "stock_id",
            "out_request_no",
            "coupon_code",
            "create_coupon_merchant",
            "customize_send_time",
        ]
        .map(|name| given(of, name))
    };
    fn borrowed(parts: &[String; 5]) -> Coupon<'_> {
        Coupon {
            stock_id: &parts[0],
            out_request_no: &parts[1],
            coupon_code: &parts[2],
            create_coupon_merchant: &parts[3],
            customize_send_time: &parts[4],
        }
    }
    let merchant = text("send_coupon_merchant");
    Ok(Ok(match case.call.as_str() {
        "miniProgramPay" => client_pay::mini_program_pay(&web, &key)?,
        "jsapiPay" => client_pay::jsapi_pay(&web, &key)?,
        "chooseWxPay" => client_pay::choose_wx_pay(&web, &key)?,
        "appPay" => client_pay::app_pay(
            &AppPrepaid {
                appid: text("appid"),
                partnerid: text("partnerid"),
                prepayid: text("prepayid"),
                timestamp: time("timestamp"),
                nonce: text("noncestr"),
                sign_type,
                sub_appid: text("sub_appid"),
                sub_mch_id: text("sub_mch_id"),
            },
            &key,
        )?,
        "sendBizRedPacket" => client_pay::send_biz_red_packet(
            web.appid,
            text("package"),
            web.timestamp,
            web.nonce,
            &key,
        )?,
        "contractSigning" => client_pay::contract_signing(
            &Contract {
                appid: text("appid"),
                mch_id: text("mch_id"),
                plan_id: text("plan_id"),
                contract_code: text("contract_code"),
                contract_display_account: text("contract_display_account"),
                request_serial: time("request_serial"),
                notify_url: text("notify_url"),
                timestamp: time("timestamp"),
            },
            &key,
        )?,
        "payscoreUse" | "payscoreJump" => client_pay::payscore_use(
            text("mch_id"),
            text("package"),
            time("timestamp"),
            text("nonce_str"),
            &key,
        )?,
        "payscoreEnable" => client_pay::payscore_enable(
            text("mch_id"),
            text("service_id"),
            text("out_request_no"),
            time("timestamp"),
            text("nonce_str"),
            &key,
        )?,
        "wxConfig" => client_pay::wx_config(
            text("appId"),
            text("jsapi_ticket"),
            text("url"),
            time("timestamp"),
            text("nonceStr"),
        )?,
        "nativeUrl" => {
            let product = NativeProduct {
                appid: text("appid"),
                mch_id: text("mch_id"),
                product_id: text("product_id"),
                timestamp: time("time_stamp"),
                nonce: text("nonce_str"),
            };
            return client_pay::native_url(&product, &key).map(Err);
        }
        "nativeReply" => {
            let outcome = match text("prepay_id") {
                "" => Err(text("err_code_des")),
                prepay_id => Ok(prepay_id),
            };
            let (appid, mch_id, nonce) = (text("appid"), text("mch_id"), text("nonce_str"));
            return client_pay::native_reply(&NativeReply { appid, mch_id, nonce, outcome }, &key)
                .map(Err);
        }
        "sendCoupon" => {
            let parts: Vec<BTreeMap<String, Value>> =
                serde_json::from_value(case.arguments["send_coupon_params"].clone())
                    .expect("a list");
            let parts: Vec<_> = parts.iter().map(coupon).collect();
            let coupons: Vec<_> = parts.iter().map(borrowed).collect();
            return client_pay::send_coupon(merchant, &coupons, &key).map(Err);
        }
        "couponUrl" => {
            let parts = coupon(&case.arguments);
            return client_pay::coupon_url(merchant, text("open_id"), &borrowed(&parts), &key)
                .map(Err);
        }
        other => panic!("{other}: no such call"),
    }))
}

#[test]
fn client_signatures() {
    let mut seen = BTreeSet::new();
    for case in load::<Call>("resign.json") {
        if case.sign_type != "SHA1" {
            let sign_type: SignType = case.sign_type.parse().expect(&case.name);
            let signature = sign(&fields(&case.fields), &key(&case.key), sign_type);
            assert_eq!(signature.as_deref(), Ok(case.sign.as_str()), "{}", case.name);
        }
        match called(&case).expect(&case.name) {
            Ok(made) => {
                let expected = case.result.as_ref().map_or_else(
                    || {
                        let mut expected: BTreeMap<_, _> = case.fields.iter().cloned().collect();
                        expected.insert(case.result_field.clone(), case.sign.clone());
                        if case.call == "miniProgramPay" {
                            // A mini program does not pass its own id.
                            expected.remove("appId");
                        }
                        expected
                    },
                    flat,
                );
                let made: BTreeMap<String, String> = pairs(&made).into_iter().collect();
                assert_eq!(made, expected, "{}", case.name);
            }
            Err(made) => {
                let result = case.result.as_ref().expect(&case.name);
                let expected = result.get("sign").unwrap_or(result);
                assert_eq!(Some(made.as_str()), expected.as_str(), "{}", case.name);
            }
        }
        seen.insert(case.call);
    }
    assert_eq!(seen.len(), 14, "{seen:?}");
}

#[test]
fn wecom_signatures() {
    #[derive(Deserialize)]
    struct Request {
        name: String,
        request: String,
        fields: Pairs,
        signed: Pairs,
        secret: String,
        workwx_sign: String,
    }
    for case in load::<Request>("workwx.json") {
        let names = match case.request.as_str() {
            "sendworkwxredpack" => workwx::RED_PACKET,
            _ => workwx::PAYMENT,
        };
        let (request, secret) = (fields(&case.fields), key(&case.secret));
        let made = workwx_sign(&request, names, &secret);
        assert_eq!(made.as_deref(), Ok(case.workwx_sign.as_str()), "{}", case.name);
        assert_eq!(names.len(), case.signed.len(), "{}", case.name);
        for name in names {
            let mut lacking = request.clone();
            lacking.remove(name);
            let error = workwx_sign(&lacking, names, &secret).expect_err(&case.name);
            assert_eq!((error.code(), error.field_name()), (ErrorCode::FieldMissing, Some(*name)));
        }
    }
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
