//! What the front-end functions refuse, and the callback of NATIVE mode 1.
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use wxpay_core::{
    ErrorCode, Fields, Key, Result, SignType,
    client_pay::{self, AppPrepaid, Coupon, NativeProduct, NativeReply, Prepaid},
    merchant::Merchant,
    notification::native_callback,
    parse_signed, signed_xml,
};

const APPID: &str = "wxd930ea5d5a258f4f";
const MCH_ID: &str = "1900000109";
const MERCHANT: Merchant<'_> = Merchant { appid: APPID, mch_id: MCH_ID, sub_mch_id: None };

fn key() -> Key {
    Key::new("192006250b4c09247ec02edce69f6a2d").expect("a key")
}

/// The code and the field of a refusal.
fn fault<T>(result: Result<T>) -> Option<(ErrorCode, Option<String>)> {
    result.err().map(|e| (e.code(), e.field_name().map(str::to_owned)))
}

fn at(code: ErrorCode, field: &str) -> Option<(ErrorCode, Option<String>)> {
    Some((code, Some(field.into())))
}

#[test]
fn h5_addresses() {
    let mweb =
        "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx20161215&package=1405";
    let back = "https://shop.example/pay?a=1&b=茶 #x".replace(' ', "%20");
    assert_eq!(
        client_pay::h5_url(mweb, &back).as_deref(),
        Ok(format!(
            "{mweb}&redirect_url=https%3A%2F%2Fshop.example%2Fpay%3Fa%3D1%26b%3D%E8%8C%B6%2520%23x"
        )
        .as_str())
    );
    assert!(client_pay::h5_url(mweb, "HTTP://shop.example").is_ok());
    assert_eq!(
        client_pay::h5_url("https://wx.tenpay.com/x", "http://a.example").as_deref(),
        Ok("https://wx.tenpay.com/x?redirect_url=http%3A%2F%2Fa.example")
    );
    assert!(client_pay::h5_url("http://127.0.0.1:8080/p/x", "http://127.0.0.1").is_ok());
    for bad in [
        "",
        "shop.example",
        "//shop.example",
        "/pay",
        "javascript:alert(1)",
        "https://",
        "https:///pay",
        "https://?x",
        "data:text/html,x",
        "https%3A%2F%2Fshop.example",
        " https://a",
        "https://a b",
        "https://a\\b",
        "https://a\n",
        "weixin://wxpay",
        "ht",
        "https://茶",
    ] {
        let expected =
            if bad == "https://茶" { None } else { at(ErrorCode::FieldValue, "redirect_url") };
        assert_eq!(fault(client_pay::h5_url(mweb, bad)), expected, "{bad}");
    }
    for bad in [
        "",
        "http://wx.tenpay.com/x",
        "wx.tenpay.com",
        "https://",
        "https://a#b",
        "https://a b",
        "http://127.0.0.1:8080@a.example/x",
        "http://127.0.0.1.a.example/x",
        "http://127.0.0.1:8080/#b",
    ] {
        let found = fault(client_pay::h5_url(bad, "https://a.example"));
        assert_eq!(found, at(ErrorCode::FieldValue, "mweb_url"), "{bad}");
    }
    let twice = client_pay::h5_url(mweb, "https://a.example").expect("an address");
    let found = fault(client_pay::h5_url(&twice, "https://a.example"));
    assert_eq!(found, at(ErrorCode::FieldValue, "mweb_url"));
}

#[test]
fn empty_parts_and_milliseconds() {
    let good = Prepaid {
        appid: APPID,
        prepay_id: "wx1",
        timestamp: 1_490_840_662,
        nonce: "n",
        sign_type: SignType::Md5,
    };
    for pay in [client_pay::mini_program_pay, client_pay::jsapi_pay, client_pay::choose_wx_pay] {
        assert_eq!(fault(pay(&good, &key())), None);
        for (bad, field) in [
            (Prepaid { appid: "", ..good }, "appId"),
            (Prepaid { prepay_id: "", ..good }, "prepay_id"),
            (Prepaid { nonce: "", ..good }, "nonceStr"),
        ] {
            assert_eq!(fault(pay(&bad, &key())), at(ErrorCode::FieldMissing, field));
        }
        let late = Prepaid { timestamp: 10_000_000_000, ..good };
        assert_eq!(fault(pay(&late, &key())), at(ErrorCode::FieldValue, "timeStamp"));
    }
    let app = AppPrepaid {
        appid: "",
        partnerid: "",
        prepayid: "wx1",
        timestamp: 1,
        nonce: "n",
        sign_type: SignType::Md5,
        sub_appid: "wx2",
        sub_mch_id: "2",
    };
    assert_eq!(fault(client_pay::app_pay(&app, &key())), None);
    let app = AppPrepaid { sub_mch_id: "", ..app };
    assert_eq!(fault(client_pay::app_pay(&app, &key())), at(ErrorCode::FieldMissing, "partnerid"));

    let red_packet =
        |package, time| client_pay::send_biz_red_packet(APPID, package, time, "n", &key());
    assert_eq!(fault(red_packet("a=1&b=2", 1)), None);
    assert_eq!(fault(red_packet("a%3D1", 1)), at(ErrorCode::FieldValue, "package"));
    assert_eq!(fault(red_packet("", 1)), at(ErrorCode::FieldMissing, "package"));
    assert_eq!(fault(red_packet("a=1", 1 << 40)), at(ErrorCode::FieldValue, "timeStamp"));

    let product = |product_id, timestamp| NativeProduct {
        appid: APPID,
        mch_id: MCH_ID,
        product_id,
        timestamp,
        nonce: "n",
    };
    let url = |product| client_pay::native_url(&product, &key());
    assert_eq!(fault(url(product("1", 1))), None);
    assert_eq!(fault(url(product("", 1))), at(ErrorCode::FieldMissing, "product_id"));
    let long = "1".repeat(33);
    assert_eq!(fault(url(product(&long, 1))), at(ErrorCode::FieldLimit, "product_id"));
    assert_eq!(fault(url(product("1", 1 << 40))), at(ErrorCode::FieldValue, "time_stamp"));

    let config = |url| client_pay::wx_config(APPID, "ticket", url, 1, "n");
    assert_eq!(fault(config("https://a.example/#/x")), None);
    assert_eq!(fault(config("/x")), at(ErrorCode::FieldValue, "url"));
    assert_eq!(fault(config("#https://a.example")), at(ErrorCode::FieldValue, "url"));
    let score = |package, time| client_pay::payscore_use(MCH_ID, package, time, "n", &key());
    assert_eq!(fault(score("", 1)), at(ErrorCode::FieldMissing, "package"));
    assert_eq!(fault(score("p", 1 << 40)), at(ErrorCode::FieldValue, "timestamp"));
}

#[test]
fn coupons() {
    let good = Coupon {
        stock_id: "1",
        out_request_no: "2",
        coupon_code: "",
        create_coupon_merchant: "",
        customize_send_time: "",
    };
    let send = |coupons: &[Coupon<'_>]| client_pay::send_coupon("10016226", coupons, &key());
    assert_eq!(fault(send(&[good; 10])), None);
    assert_eq!(fault(send(&[good; 11])), at(ErrorCode::FieldLimit, "send_coupon_params"));
    assert_eq!(fault(send(&[])), at(ErrorCode::FieldMissing, "send_coupon_params"));
    let bad = Coupon { stock_id: "", ..good };
    assert_eq!(fault(send(&[good, bad])), at(ErrorCode::FieldMissing, "stock_id"));
    let long = "1".repeat(129);
    let bad = Coupon { coupon_code: &long, ..good };
    assert_eq!(fault(send(&[bad])), at(ErrorCode::FieldLimit, "coupon_code"));
    let bad = Coupon { create_coupon_merchant: "10016226", ..good };
    let url = |coupon: &Coupon<'_>| client_pay::coupon_url("10016226", "o1", coupon, &key());
    assert_eq!(fault(url(&good)), None);
    assert_eq!(fault(url(&bad)), at(ErrorCode::FieldValue, "create_coupon_merchant"));
}

#[test]
fn native_callbacks() {
    let genuine = [
        ("appid", APPID),
        ("openid", "o1"),
        ("mch_id", MCH_ID),
        ("is_subscribe", "Y"),
        ("nonce_str", "n1"),
        ("product_id", "88888"),
    ];
    let sent = |pairs: &[(&str, &str)], sign_type| {
        let fields = Fields::from_pairs(pairs.iter().copied()).expect("fields");
        signed_xml(&fields, &key(), sign_type).expect("XML").into_bytes()
    };
    let read = |body: &[u8]| native_callback(body, &[key()], MERCHANT);
    let callback = read(&sent(&genuine, SignType::Md5)).expect("a callback");
    assert_eq!(
        (&*callback.product_id, &*callback.openid, &*callback.is_subscribe, &*callback.nonce_str),
        ("88888", "o1", "Y", "n1")
    );
    for (at_, (name, _)) in genuine.iter().enumerate() {
        let mut lacking = genuine.to_vec();
        lacking.remove(at_);
        let code = match *name {
            "appid" | "mch_id" => ErrorCode::NotifyMerchant,
            _ => ErrorCode::FieldMissing,
        };
        assert_eq!(fault(read(&sent(&lacking, SignType::Md5))), at(code, name));
    }
    // An order, an answer and the code itself are signed with the same key.
    for foreign in [
        ("return_code", "SUCCESS"),
        ("result_code", "SUCCESS"),
        ("trade_type", "NATIVE"),
        ("out_trade_no", "T1"),
        ("time_stamp", "1415949957"),
    ] {
        let pairs: Vec<_> = genuine.iter().copied().chain([foreign]).collect();
        assert_eq!(fault(read(&sent(&pairs, SignType::Md5))), at(ErrorCode::NotifyKind, foreign.0));
    }
    let mut other = genuine;
    other[2].1 = "1900000110";
    assert_eq!(fault(read(&sent(&other, SignType::Md5))), at(ErrorCode::NotifyMerchant, "mch_id"));
    let mut forged = sent(&genuine, SignType::Md5);
    let place = forged.windows(5).position(|w| w == b"88888").expect("the product");
    forged[place] = b'9';
    assert_eq!(fault(read(&forged)), at(ErrorCode::SignMismatch, "sign"));
}

#[test]
fn native_replies() {
    let reply = |outcome| {
        let reply = NativeReply { appid: APPID, mch_id: MCH_ID, nonce: "n", outcome };
        client_pay::native_reply(&reply, &key())
    };
    let good = reply(Ok("wx1")).expect("a reply");
    let read = parse_signed(good.as_bytes(), &[key()], SignType::Md5).expect("signed");
    assert_eq!(read.get("result_code"), Some("SUCCESS"));
    assert_eq!(read.get("err_code_des"), None);
    let sold_out = reply(Err("已售完")).expect("a reply");
    let read = parse_signed(sold_out.as_bytes(), &[key()], SignType::Md5).expect("signed");
    assert_eq!((read.get("result_code"), read.get("return_code")), (Some("FAIL"), Some("SUCCESS")));
    assert_eq!(fault(reply(Ok(""))), at(ErrorCode::FieldMissing, "prepay_id"));
    assert_eq!(fault(reply(Err(""))), at(ErrorCode::FieldMissing, "err_code_des"));
}
