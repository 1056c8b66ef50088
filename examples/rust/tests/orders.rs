//! The two clients against WeChat on loopback: from the request to what is shown to the payer.
#![allow(clippy::expect_used, reason = "tests fail by panicking")]

mod loopback;
mod merchant;

use loopback::listen;
use merchant::{APPID, KEY, MCHID, book, key, program};
use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};
use wxpay_core::{Fields, Key, SignType, endpoint, parse_signed, signed_xml, verify};

/// Each program, with what it is asked for.
fn programs(book: &PathBuf) -> [Command; 2] {
    let mut ureq = program(env!("CARGO_BIN_EXE_ureq"), book);
    ureq.args(["T1", "880", "茶 & tea"]);
    let mut reqwest = program(env!("CARGO_BIN_EXE_reqwest"), book);
    reqwest.args(["T1", "880", "茶 & tea", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"]);
    [ureq, reqwest]
}

/// What WeChat answers to an order, signed with this key.
fn answer(body: &[u8], key: &Key) -> Fields {
    let asked = parse_signed(body, key, SignType::HmacSha256).expect("a signed request");
    let order = endpoint::by_name("unifiedOrder").expect("in the table");
    order.check(&asked).expect("as the table has it");
    assert_eq!(asked.get("mch_id"), Some(MCHID));
    assert_eq!(asked.get("total_fee"), Some("880"));
    assert_eq!(asked.get("body"), Some("茶 & tea"));
    order.sample_answer(&asked).expect("an answer")
}

fn sealed(fields: &Fields, key: &Key) -> Vec<u8> {
    signed_xml(fields, key, SignType::HmacSha256).expect("signs").into_bytes()
}

/// What the program printed, and what it complained about.
fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn an_order_becomes_a_code_or_the_parameters_of_a_payment() {
    let gateway = listen(|path, body| {
        assert_eq!(path, "/pay/unifiedorder");
        (200, sealed(&answer(body, &key()), &key()))
    });
    let book = book("placed");
    let [mut ureq, mut reqwest] = programs(&book);
    let (out, err) = texts(&ureq.env("GATEWAY_URL", &gateway).output().expect("it runs"));
    assert_eq!((out.as_str(), err.as_str()), ("weixin://wxpay/bizpayurl?pr=NwY5Mz9", ""));

    // The same number and amount again: the book has the order already.
    let (out, err) = texts(&reqwest.env("GATEWAY_URL", &gateway).output().expect("it runs"));
    assert_eq!(err, "");
    let pay: Fields = serde_json::from_str(&out).expect("JSON");
    let names: Vec<&str> = pay.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["timeStamp", "nonceStr", "package", "signType", "paySign"]);
    assert_eq!(pay.get("package"), Some("prepay_id=wx201411101639507cbf6ffd8b0779950874"));
    // The front end's signature is over the app id too.
    let mut signed = Fields::from_pairs([("appId", APPID)]).expect("fields");
    for (name, value) in pay.iter().filter(|(name, _)| *name != "paySign") {
        signed.insert(name, value).expect("a field");
    }
    signed.insert("sign", pay.get("paySign").expect("signed")).expect("a field");
    verify(&signed, &key(), SignType::HmacSha256).expect("fits");

    let lines = fs::read_to_string(&book).expect("a book");
    assert_eq!(lines, "{\"order\":{\"out_trade_no\":\"T1\",\"total_fee\":880}}\n");
}

#[test]
fn an_answer_that_is_not_wechats_or_not_ours_is_refused() {
    let other = Key::new("8934e7d15453e97507ef794cf7b0519d").expect("a key");
    let forged = move |body: &[u8]| (200, sealed(&answer(body, &key()), &other));
    let swapped = |body: &[u8]| {
        let mut fields = answer(body, &key());
        fields.remove("mch_id");
        fields.insert("mch_id", "10000101").expect("a field");
        (200, sealed(&fields, &key()))
    };
    let failed = |_: &[u8]| {
        let body = "<xml><return_code>FAIL</return_code><return_msg>签名错误</return_msg></xml>";
        (200, body.as_bytes().to_vec())
    };
    let proxy = |_: &[u8]| (502, b"<html>502</html>".to_vec());
    let endless = |_: &[u8]| (200, vec![b' '; 1 << 20]);
    type Answer = Box<dyn Fn(&[u8]) -> (u16, Vec<u8>) + Send>;
    let cases: [(Answer, &str); 5] = [
        (Box::new(forged), "SIGN_MISMATCH"),
        (Box::new(swapped), "ANSWER_MISMATCH"),
        (Box::new(failed), "RETURN_FAIL"),
        (Box::new(proxy), "send it again with the same out_trade_no"),
        (Box::new(endless), ""),
    ];
    for (answer, expected) in cases {
        let gateway = listen(move |_, body| answer(body));
        for mut program in programs(&book("refused")) {
            let output = program.env("GATEWAY_URL", &gateway).output().expect("it runs");
            let (out, err) = texts(&output);
            assert!(!output.status.success() && out.is_empty(), "{expected}: {out}");
            assert!(err.contains(expected), "{expected}: {err}");
            assert!(!err.contains(KEY), "{err}");
        }
    }
}

#[test]
fn nobody_answers() {
    for mut program in programs(&book("nobody")) {
        let output = program.env("GATEWAY_URL", "http://127.0.0.1:1").output().expect("it runs");
        let (_, err) = texts(&output);
        let expected = "no answer to unifiedOrder: send it again with the same out_trade_no";
        assert!(!output.status.success() && err.contains(expected), "{err}");
    }
}

#[test]
fn missing_settings_are_named_together() {
    for mut program in programs(&book("unset")) {
        let output = program.env_remove("WXPAY_KEY").env_remove("WXPAY_MCHID").output();
        let (_, err) = texts(&output.expect("it runs"));
        assert!(err.contains("these settings are missing: WXPAY_MCHID, WXPAY_KEY"), "{err}");
    }
}
