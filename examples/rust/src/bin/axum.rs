//! The notification route with `axum`: `cargo run --bin axum` listens on 127.0.0.1, port `PORT`.

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::header::CONTENT_TYPE,
    response::IntoResponse,
    routing::post,
};
use std::{env, sync::Arc};
use tokio::{net::TcpListener, task::spawn_blocking};
use wxpay_core::{SignType, notification, xml};
use wxpay_core_examples::{Book, Recorded, Result, Shop};

struct Cashier {
    shop: Shop,
    book: Book,
}

#[tokio::main]
async fn main() -> Result<()> {
    let book = Book::at(env::var("BOOK").unwrap_or_else(|_| "book.jsonl".into()));
    let cashier = Arc::new(Cashier { shop: Shop::from_env()?, book });
    let router = Router::new()
        .route("/pay/notify", post(notified))
        .layer(DefaultBodyLimit::max(xml::Limits::DEFAULT.bytes))
        .with_state(cashier);
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/pay/notify", listener.local_addr()?);
    // A notification that is being recorded gets its reply.
    let stop = async { drop(tokio::signal::ctrl_c().await) };
    Ok(axum::serve(listener, router).with_graceful_shutdown(stop).await?)
}

/// Verify, record, reply. WeChat repeats what is not answered with SUCCESS, for a day.
async fn notified(State(cashier): State<Arc<Cashier>>, body: Bytes) -> impl IntoResponse {
    // The disk takes its time: nobody else waits for it.
    let recorded = spawn_blocking(move || cashier.record(&body)).await;
    let reply = match recorded {
        Ok(Ok(())) => notification::SUCCESS,
        Ok(Err(error)) => {
            eprintln!("refused: {error}");
            notification::FAIL
        }
        Err(error) => {
            eprintln!("failed: {error}");
            notification::FAIL
        }
    };
    ([(CONTENT_TYPE, xml::CONTENT_TYPE)], reply)
}

impl Cashier {
    fn record(&self, body: &[u8]) -> Result<()> {
        let Cashier { shop, book } = self;
        // MD5 is a floor: HMAC-SHA256 passes too. Raise it when all orders are signed with that.
        let payment = notification::payment(body, &shop.key, SignType::Md5, shop.merchant())?;
        let out_trade_no = &payment.out_trade_no;
        match book.pay(&payment)? {
            Recorded::Now => eprintln!("paid: {out_trade_no}"),
            Recorded::Before => eprintln!("known: {out_trade_no}"),
            Recorded::Twice => eprintln!("paid twice, refund one: {out_trade_no}"),
        }
        Ok(())
    }
}
