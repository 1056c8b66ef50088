//! An order with `reqwest`, paid in a mini program: `cargo run --bin reqwest -- T1002 880 tea OPENID`
//! prints the parameters of `wx.requestPayment`.

use reqwest::{Client, redirect};
use std::{
    env,
    time::{Duration, SystemTime},
};
use wxpay_core::{Fields, answer, client_pay, endpoint, nonce_str, xml};
use wxpay_core_examples::{Book, Order, Result, Shop};

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [out_trade_no, total_fee, body, openid] = arguments.as_slice() else {
        return Err("usage: reqwest OUT_TRADE_NO FEN BODY OPENID".into());
    };
    let shop = Shop::from_env()?;
    let book = Book::at(env::var("BOOK").unwrap_or_else(|_| "book.jsonl".into()));
    book.order(Order { out_trade_no: out_trade_no.clone(), total_fee: total_fee.parse()? })?;
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| "TLS is set up twice")?;
    let client = Client::builder()
        .timeout(Duration::from_secs(10))
        .redirect(redirect::Policy::none())
        .build()?;
    let given = Fields::from_pairs([
        ("out_trade_no", out_trade_no.as_str()),
        ("body", body),
        ("total_fee", total_fee),
        ("trade_type", "JSAPI"),
        ("openid", openid),
    ])?;
    let order = call(&client, &shop, "unifiedOrder", &given).await?;
    let pay = client_pay::mini_program_pay(
        &client_pay::Prepaid {
            appid: shop.merchant().appid,
            prepay_id: order.get("prepay_id").unwrap_or_default(),
            timestamp: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs(),
            nonce: &nonce_str()?,
            sign_type: shop.settings()?.get("sign_type").unwrap_or_default().parse()?,
        },
        &shop.key,
    )?;
    println!("{}", serde_json::to_string(&pay)?);
    Ok(())
}

/// Any POST of the table: fills in, checks, signs, sends, verifies.
async fn call(client: &Client, shop: &Shop, name: &str, given: &Fields) -> Result<Fields> {
    let endpoint = endpoint::by_name(name)?;
    let ready = endpoint.prepare(&shop.settings()?, given, Some(&shop.key))?;
    let request = client
        .post(endpoint.url(shop.origin(&endpoint), &ready))
        .header("content-type", xml::CONTENT_TYPE)
        .body(ready.message);
    let body = receive(request)
        .await
        .map_err(|error| format!("{} ({error})", Shop::unanswered(&endpoint)))?;
    Ok(answer::accept(&endpoint, &ready.fields, &body, &shop.key, ready.sign_type)?)
}

/// The answer's bytes, no more of them than a message has.
async fn receive(request: reqwest::RequestBuilder) -> reqwest::Result<Vec<u8>> {
    let mut answer = request.send().await?.error_for_status()?;
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await? {
        body.extend_from_slice(&part);
        // What is larger is refused when it is read.
        if body.len() > xml::Limits::DEFAULT.bytes {
            break;
        }
    }
    Ok(body)
}
