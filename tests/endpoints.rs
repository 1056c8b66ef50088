//! The table of endpoints: it reads, it says nothing that contradicts itself, and its examples are
//! requests that its own checks let pass.
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use std::collections::HashSet;
use wxpay_core::{
    Error, ErrorCode, Fields, Key, SignType, answer,
    endpoint::{self, Action, Body, Endpoint, Kind, Need, Repeat},
    parse_signed,
};

fn all() -> Vec<Endpoint<'static>> {
    endpoint::all().expect("the table reads")
}

fn settings() -> Fields {
    Fields::from_pairs([
        ("appid", "wxd930ea5d5a258f4f"),
        ("mch_id", "1230000109"),
        ("nonce_str", "ibuaiVcKdpRxkhJA"),
        ("secret", "0123456789abcdef0123456789abcdef"),
        ("notify_url", "https://example.com/notify"),
        ("spbill_create_ip", "123.12.12.123"),
        ("sub_mch_id", "1900000109"),
        ("timestamp", "1414561699"),
    ])
    .expect("settings")
}

fn key() -> Key {
    Key::new("192006250b4c09247ec02edce69f6a2d").expect("key")
}

fn request(endpoint: &Endpoint<'_>) -> Fields {
    endpoint.sample_request().expect("the examples are fields")
}

#[test]
fn every_name_stands_once() {
    let mut names = HashSet::new();
    for endpoint in all() {
        for name in std::iter::once(endpoint.name).chain(endpoint.aka.iter().copied()) {
            assert!(names.insert(name), "{name} twice");
        }
        for rows in [&endpoint.request, &endpoint.answer] {
            let mut seen = HashSet::new();
            for row in rows {
                assert!(seen.insert(row.name), "{}: {} twice", endpoint.name, row.name);
            }
        }
        let mut codes = HashSet::new();
        for advice in &endpoint.errors {
            assert!(codes.insert(advice.code), "{}: {} twice", endpoint.name, advice.code);
        }
    }
}

#[test]
fn every_fact_is_there() {
    for e in all() {
        assert!(!e.title.is_empty() && !e.about.is_empty(), "{}", e.name);
        assert!(e.chapter.starts_with("https://"), "{}: {}", e.name, e.chapter);
        assert!(e.path.starts_with('/'), "{}", e.name);
        assert!(!e.request.is_empty(), "{}", e.name);
        for row in e.request.iter().chain(&e.answer) {
            assert!(!row.meaning.is_empty(), "{}: {}", e.name, row.name);
        }
    }
}

#[test]
fn what_one_row_says_of_another_is_true() {
    for e in all() {
        let has = |name: &str| e.request.iter().any(|row| row.name == name);
        let answers = |name: &str| e.answer.iter().any(|row| row.name == name) || has(name);
        for row in &e.request {
            match row.need {
                Need::With(other) => assert!(has(other), "{}: {} with {other}", e.name, row.name),
                Need::If { field, unless, .. } => {
                    assert!(has(field), "{}: {} if {field}", e.name, row.name);
                    assert!(unless.is_none_or(has), "{}: {} unless {unless:?}", e.name, row.name);
                }
                Need::Usual | Need::Same | Need::AlwaysSame => {
                    panic!("{}: {} is a need of answers", e.name, row.name)
                }
                Need::Fixed => assert!(
                    matches!(row.kind, Kind::Word(w) if !w.contains('|')),
                    "{}: {}",
                    e.name,
                    row.name
                ),
                _ => {}
            }
        }
        for row in &e.answer {
            match row.need {
                Need::If { field, .. } => assert!(answers(field), "{}: {}", e.name, row.name),
                Need::Always | Need::Usual | Need::Optional | Need::Same | Need::AlwaysSame => {}
                _ => panic!("{}: {} is a need of requests", e.name, row.name),
            }
        }
        if let Repeat::Same(field) = e.repeat {
            assert!(has(field), "{} repeats with {field}", e.name);
        }
        if let Some(query) = &e.query {
            let asked = endpoint::by_name(query.endpoint).expect("an endpoint");
            assert_eq!(asked.repeat, Repeat::Always, "{} asks {}", e.name, asked.name);
            assert!(!query.fields.is_empty());
            for field in &query.fields {
                assert!(has(field), "{} has {field}", e.name);
                assert!(asked.request.iter().any(|r| r.name == *field), "{}: {field}", asked.name);
            }
        }
        assert!(!e.money || e.query.is_some(), "{}", e.name);
        let queries = e.errors.iter().any(|a| a.action == Action::Query && a.code != "SYSTEMERROR");
        assert!(!queries || e.query.is_some() || e.repeat == Repeat::Always, "{}", e.name);
    }
}

#[test]
fn the_text_of_an_endpoint_reads_back() {
    for endpoint in all() {
        let text = endpoint.to_string();
        assert_eq!(Endpoint::parse(&text).expect("reads"), endpoint);
    }
}

#[test]
fn every_example_fits_its_row() {
    for e in all() {
        for row in e.request.iter().filter(|row| row.example.is_some()) {
            let fits = row.check(row.sample(), e.chapter);
            assert_eq!(fits, Ok(()), "{}: {}", e.name, row.name);
        }
    }
}

#[test]
fn the_examples_make_a_signed_request() {
    for e in all() {
        let given = request(&e);
        let ready = e.prepare(&settings(), &given, Some(&key())).unwrap_or_else(|error| {
            panic!("{}: {error:?} for {given:?}", e.name);
        });
        assert!(e.algorithms().contains(&ready.sign_type), "{}", e.name);
        if e.get {
            assert!(!ready.message.starts_with('<'), "{}", e.name);
        } else {
            let read = parse_signed(ready.message.as_bytes(), &[key()], ready.sign_type)
                .unwrap_or_else(|error| panic!("{}: {error:?}", e.name));
            for (name, value) in ready.fields.iter() {
                assert_eq!(read.get(name), Some(value), "{}: {name}", e.name);
            }
            assert_eq!(read.len(), ready.fields.len() + 1, "{}", e.name);
        }
        let nonce = e.request.iter().any(|row| row.kind == Kind::Nonce);
        assert_eq!(ready.fields.get("nonce_str").is_some(), nonce, "{}", e.name);
    }
}

#[test]
fn what_is_required_is_asked_for() {
    for e in all() {
        let complete = request(&e);
        for row in e.request.iter().filter(|row| row.need == Need::Always) {
            let mut lacking = complete.clone();
            lacking.remove(row.name);
            let error = e.prepare(&settings(), &lacking, Some(&key())).expect_err(e.name);
            assert_eq!(error.code(), ErrorCode::FieldMissing, "{}: {}", e.name, row.name);
            assert_eq!(error.field_name(), Some(row.name));
            assert!(error.to_string().contains(e.chapter));
        }
    }
}

#[test]
fn no_limit_is_off_by_one() {
    for e in all() {
        for row in &e.request {
            let Kind::Text(limit) = row.kind else { continue };
            let most = "x".repeat(limit.into());
            assert_eq!(row.check(&most, e.chapter), Ok(()), "{}: {}", e.name, row.name);
            let error = row.check(&(most + "x"), e.chapter).expect_err(e.name);
            assert_eq!(error.code(), ErrorCode::FieldLimit, "{}: {}", e.name, row.name);
        }
    }
}

fn prepare(name: &str, given: &[(&str, &str)]) -> Result<endpoint::Prepared, Error> {
    let e = endpoint::by_name(name).expect("an endpoint");
    e.prepare(&settings(), &Fields::from_pairs(given.iter().copied())?, Some(&key()))
}

const ORDER: [(&str, &str); 4] =
    [("body", "test"), ("out_trade_no", "1"), ("total_fee", "88"), ("trade_type", "JSAPI")];

#[test]
fn conditions_name_the_field_the_rule_and_the_chapter() {
    let error = prepare("unifiedOrder", &ORDER).expect_err("no openid");
    assert_eq!(
        error.to_string(),
        "`openid`: is required when trade_type is JSAPI (the payer under this app id); see \
         https://pay.weixin.qq.com/wiki/doc/api/jsapi.php?chapter=9_1"
    );
    let mut sub = ORDER.to_vec();
    sub.push(("sub_openid", "o"));
    assert!(prepare("unifiedOrder", &sub).is_ok());
}

#[test]
fn exactly_one_of_the_alternatives() {
    let both = [("out_trade_no", "1"), ("transaction_id", "2")];
    for given in [&[] as &[_], &both] {
        let error = prepare("orderQuery", given).expect_err("none or both");
        assert!(error.to_string().contains("exactly one of"), "{error}");
    }
    assert!(prepare("orderQuery", &both[..1]).is_ok());
}

#[test]
fn the_clients_own_fields_cannot_be_contradicted() {
    for (name, value) in
        [("appid", "wx0000000000000000"), ("mch_id", "1"), ("sign", "x"), ("key", "x")]
    {
        let error = prepare("orderQuery", &[("out_trade_no", "1"), (name, value)]).expect_err(name);
        assert_eq!(error.code(), ErrorCode::FieldReserved);
        assert_eq!(error.field_name(), Some(name));
    }
    let same = [("out_trade_no", "1"), ("appid", "wxd930ea5d5a258f4f")];
    assert!(prepare("orderQuery", &same).is_ok());
}

#[test]
fn the_algorithm_is_the_endpoints() {
    let mut preferred = settings();
    preferred.insert("sign_type", "HMAC-SHA256").expect("set");
    for e in all() {
        let given = request(&e);
        let ready = e.prepare(&preferred, &given, Some(&key())).expect("ready");
        let hmac = e.algorithms().contains(&SignType::HmacSha256);
        assert_eq!(ready.sign_type == SignType::HmacSha256, hmac, "{}", e.name);
        let said = ready.fields.get("sign_type");
        let row = e.request.iter().any(|row| row.name == "sign_type");
        assert_eq!(said, row.then_some(ready.sign_type.as_str()), "{}", e.name);
    }
}

#[test]
fn rows_of_a_list_take_numbers() {
    let e = endpoint::by_name("refundQuery").expect("an endpoint");
    let row = e.answer.iter().find(|row| row.name == "coupon_refund_id_$n_$m").expect("the row");
    assert!(row.names("coupon_refund_id_0_12"));
    for other in [
        "coupon_refund_id_0",
        "coupon_refund_id_0_x",
        "coupon_refund_id__1",
        "coupon_refund_id_0_1_2",
    ] {
        assert!(!row.names(other), "{other}");
    }
}

#[test]
fn a_documented_answer_is_accepted_and_a_tampered_one_is_not() {
    for e in all().iter().filter(|e| !matches!(e.body, Body::Csv | Body::Page | Body::Json)) {
        let ready = e.prepare(&settings(), &request(e), Some(&key())).expect("ready");
        let fields = e.sample_answer(&ready.fields).expect("an answer");
        let body = if e.is_answer_signed() {
            wxpay_core::signed_xml(&fields, &key(), ready.sign_type).expect("signed")
        } else {
            wxpay_core::xml::build(&fields)
        };
        let accept = |body: &str| {
            answer::accept(e, &ready.fields, body.as_bytes(), &[key()], ready.sign_type)
        };
        let read = accept(&body).unwrap_or_else(|error| panic!("{}: {error:?}\n{body}", e.name));
        for (name, value) in fields.iter() {
            assert_eq!(read.get(name), Some(value), "{}: {name}", e.name);
        }
        if e.is_answer_signed() {
            let forged = body.replacen("<xml>", "<xml><forged>1</forged>", 1);
            let error = accept(&forged).expect_err(e.name);
            assert_eq!(error.code(), ErrorCode::SignMismatch, "{}", e.name);
        }
    }
}

#[test]
fn a_page_is_an_address_with_a_signed_query() {
    let e = endpoint::by_name("entrustWeb").expect("an endpoint");
    assert_eq!((e.get, e.body), (true, Body::Page));
    let ready = e.prepare(&settings(), &request(&e), Some(&key())).expect("ready");
    let (fields, sign) = ready.message.rsplit_once("&sign=").expect("a signature at the end");
    assert_eq!(sign, wxpay_core::sign(&ready.fields, &key(), ready.sign_type).expect("signed"));
    assert_eq!(fields.split('&').count(), ready.fields.len());
    assert!(fields.contains("notify_url=https%3A%2F%2Fexample.com%2Fwxpay%2Fcontract"), "{fields}");
    assert!(fields.contains("contract_display_account=%E5%BE%AE%E4%BF%A1"), "{fields}");
}

#[test]
fn a_path_that_is_not_in_the_table_has_the_merchants_fields() {
    for signed in [true, false] {
        let other = endpoint::other(signed).expect("reads");
        assert_eq!((other.is_answer_signed(), other.money), (signed, true));
        let given = Fields::from_pairs([("anything", "1")]).expect("fields");
        let ready = other.prepare(&settings(), &given, Some(&key())).expect("ready");
        let names: Vec<&str> = ready.fields.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["appid", "mch_id", "nonce_str", "sub_mch_id", "anything"]);
        assert!(all().iter().all(|e| e.name != other.name));
    }
}

#[test]
fn names_and_paths_that_the_table_does_not_have() {
    let error = endpoint::by_name("unifiedorder").expect_err("another case");
    assert_eq!(error.code(), ErrorCode::ConfigInvalid);
    assert!(error.to_string().contains("`unifiedorder`"), "{error}");
    let error = endpoint::by_path("/pay/\u{1b}[31m").expect_err("no path");
    assert!(!error.to_string().contains('\u{1b}'), "{error:?}");
}

#[test]
fn a_post_is_in_the_body_and_a_get_in_the_address() {
    for e in all() {
        let ready = e.prepare(&settings(), &request(&e), Some(&key())).expect(e.name);
        let url = e.url("http://127.0.0.1:8080", &ready);
        let address = format!("http://127.0.0.1:8080{}", e.path);
        let expected = if e.get { format!("{address}?{}", ready.message) } else { address };
        assert_eq!(url, expected);
        assert_eq!(ready.message.starts_with("<xml>"), !e.get, "{}", e.name);
    }
}
