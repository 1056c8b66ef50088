//! An order with `ureq`, as a QR code: `cargo run --bin ureq -- T1001 880 tea`.

use std::{env, time::Duration};
use ureq::Agent;
use wxpay_core::{Fields, answer, endpoint, xml};
use wxpay_core_examples::{Book, Order, Result, Shop};

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [out_trade_no, total_fee, body] = arguments.as_slice() else {
        return Err("usage: ureq OUT_TRADE_NO FEN BODY".into());
    };
    let shop = Shop::from_env()?;
    let book = Book::at(env::var("BOOK").unwrap_or_else(|_| "book.jsonl".into()));
    book.order(Order { out_trade_no: out_trade_no.clone(), total_fee: total_fee.parse()? })?;
    let agent = Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(10)))
        .max_redirects(0)
        .build()
        .new_agent();
    let given = Fields::from_pairs([
        ("out_trade_no", out_trade_no.as_str()),
        ("body", body),
        ("total_fee", total_fee),
        ("trade_type", "NATIVE"),
        ("product_id", "1"),
    ])?;
    let order = call(&agent, &shop, "unifiedOrder", &given)?;
    // Show it as a QR code; it is valid for two hours.
    println!("{}", order.get("code_url").unwrap_or_default());
    Ok(())
}

/// Any POST of the table: fills in, checks, signs, sends, verifies.
fn call(agent: &Agent, shop: &Shop, name: &str, given: &Fields) -> Result<Fields> {
    let endpoint = endpoint::by_name(name)?;
    let ready = endpoint.prepare(&shop.settings()?, given, Some(&shop.key))?;
    let url = endpoint.url(shop.origin(&endpoint), &ready);
    let sent = agent
        .post(url)
        .header("content-type", xml::CONTENT_TYPE)
        .send(ready.message.as_bytes())
        .and_then(|mut answer| {
            let limit = xml::Limits::DEFAULT.bytes as u64;
            answer.body_mut().with_config().limit(limit).read_to_vec()
        });
    let body = sent.map_err(|error| format!("{} ({error})", Shop::unanswered(&endpoint)))?;
    Ok(answer::accept(&endpoint, &ready.fields, &body, &shop.key, ready.sign_type)?)
}
