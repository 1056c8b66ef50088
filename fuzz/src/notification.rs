//! Fields, signed: what is taken for a notification is one, for this merchant, with the amounts that
//! were signed.

use crate::{errors, parts};
use wxpay_core::{
    Fields, Key, SignType, merchant::Merchant, notification, refund, signed_xml, xml,
};

const KEY: &str = "192006250b4c09247ec02edce69f6a2d";

fn says(fields: &Fields, name: &str, value: &str) -> bool {
    fields.filled(name) == Some(value)
}

fn all_from(facts: &Fields, message: &Fields) {
    for (name, value) in facts.iter() {
        let said = message.filled(name) == Some(value);
        assert!(
            said || (name == "fee_type" && value == "CNY" && message.filled(name).is_none()),
            "{name}"
        );
        assert!(!name.ends_with("_fee") || value.parse::<u64>().is_ok(), "{name}: {value}");
    }
}

/// The target.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (outer, inner) = text.split_once("\0\0").unwrap_or((&text, ""));
    let Ok(fields) = parts::fields(outer.as_bytes()) else { return };
    let (key, merchant) = (
        Key::new(KEY).expect("a key"),
        Merchant { appid: "wx2421b1c4370ec43b", mch_id: "10000100", sub_mch_id: None },
    );
    let ours = |fields: &Fields| {
        assert!(says(fields, "appid", merchant.appid) && says(fields, "mch_id", merchant.mch_id));
    };
    let keys = [key.clone()];
    for used in [SignType::Md5, SignType::HmacSha256] {
        let Ok(body) = signed_xml(&fields, &key, used) else { continue };
        let body = body.as_bytes();
        match notification::payment_fields(body, &keys, used, merchant) {
            Err(error) => errors::harmless(&error, body, &[KEY]),
            Ok(facts) => {
                ours(&fields);
                assert!(
                    says(&fields, "return_code", "SUCCESS")
                        && says(&fields, "result_code", "SUCCESS")
                );
                all_from(&facts, &fields);
                let payment = notification::payment(body, &keys, used, merchant).expect("the same");
                assert!(payment.total_fee > 0);
                assert!(says(&fields, "total_fee", &payment.total_fee.to_string()));
                assert!(says(&fields, "out_trade_no", &payment.out_trade_no));
            }
        }
        match notification::native_fields(body, &keys, merchant) {
            Err(error) => errors::harmless(&error, body, &[KEY]),
            Ok(facts) => {
                ours(&fields);
                assert!(fields.get("return_code").is_none());
                all_from(&facts, &fields);
            }
        }
        match notification::contract(body, &keys, used, merchant) {
            Err(error) => errors::harmless(&error, body, &[KEY]),
            Ok(facts) => {
                assert!(says(&fields, "mch_id", merchant.mch_id));
                all_from(&facts, &fields);
            }
        }
        let unsigned = xml::build(&fields);
        assert!(
            notification::payment(unsigned.as_bytes(), &keys, used, merchant).is_err()
                || fields.get("sign").is_some()
        );
    }
    let Ok(told) = parts::fields(inner.as_bytes()) else { return };
    let mut outer = fields;
    outer.remove("req_info");
    if outer.insert("req_info", &refund::encrypt_refund(&told, &key)).is_err() {
        return;
    }
    let body = xml::build(&outer);
    match refund::notified(body.as_bytes(), &keys, merchant) {
        Err(error) => errors::harmless(&error, body.as_bytes(), &[KEY]),
        Ok(facts) => {
            ours(&outer);
            all_from(&facts, &told);
        }
    }
}
