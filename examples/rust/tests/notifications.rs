//! The notification route: SUCCESS is replied for what is in the book, and for nothing else.
#![allow(clippy::expect_used, reason = "tests fail by panicking")]

mod merchant;

use merchant::{APPID, MCHID, book, key, program};
use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Stdio},
    thread,
};
use wxpay_core::{Fields, Key, SignType, notification, signed_xml};
use wxpay_core_examples::{Book, Order};

/// The server as a process, killed at the end of the test.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(book: &PathBuf) -> Self {
        let mut process = program(env!("CARGO_BIN_EXE_axum"), book)
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut url = String::new();
        let stdout = process.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut url).expect("a line");
        Server { process, url: url.trim().to_owned() }
    }

    /// Status and body of the reply.
    fn post(&self, body: &[u8]) -> (u16, String) {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut reply = agent.post(&self.url).send(body).expect("a reply");
        (reply.status().as_u16(), reply.body_mut().read_to_string().expect("text"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn paid(out_trade_no: &str, transaction_id: &str, total_fee: &str, key: &Key) -> Vec<u8> {
    let fields = Fields::from_pairs([
        ("return_code", "SUCCESS"),
        ("result_code", "SUCCESS"),
        ("appid", APPID),
        ("mch_id", MCHID),
        ("nonce_str", "5d2b6c2a8db53831f7eda20af46e531c"),
        ("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
        ("trade_type", "NATIVE"),
        ("bank_type", "CFT"),
        ("fee_type", "CNY"),
        ("total_fee", total_fee),
        ("transaction_id", transaction_id),
        ("out_trade_no", out_trade_no),
        ("time_end", "20141030133525"),
    ]);
    signed_xml(&fields.expect("fields"), key, SignType::Md5).expect("signs").into_bytes()
}

/// A book with one order of 880 fen.
fn with_order(name: &str) -> PathBuf {
    let path = book(name);
    let order = Order { out_trade_no: "T1".into(), total_fee: 880 };
    Book::at(&path).order(order).expect("written");
    path
}

fn payments(book: &PathBuf) -> usize {
    fs::read_to_string(book).expect("a book").matches("{\"payment\":").count()
}

#[test]
fn a_payment_is_recorded_once_however_often_it_comes() {
    let book = with_order("once");
    let server = Server::start(&book);
    let body = paid("T1", "4200000001", "880", &key());
    thread::scope(|scope| {
        let posts: Vec<_> = (0..8).map(|_| scope.spawn(|| server.post(&body))).collect();
        for post in posts {
            assert_eq!(post.join().expect("a reply"), (200, notification::SUCCESS.to_owned()));
        }
    });
    assert_eq!(payments(&book), 1);

    // Whoever is killed after the reply has it still.
    drop(server);
    let server = Server::start(&book);
    assert_eq!(server.post(&body).1, notification::SUCCESS);
    assert_eq!(payments(&book), 1);

    // Another payment of the same order is money as well.
    assert_eq!(server.post(&paid("T1", "4200000002", "880", &key())).1, notification::SUCCESS);
    assert_eq!(payments(&book), 2);
}

#[test]
fn what_is_not_the_orders_payment_is_refused() {
    let book = with_order("refused");
    let server = Server::start(&book);
    let other = Key::new("8934e7d15453e97507ef794cf7b0519d").expect("a key");
    let genuine = String::from_utf8(paid("T1", "4200000001", "880", &key())).expect("text");
    for (what, body) in [
        ("another key", paid("T1", "4200000001", "880", &other)),
        ("an amount changed on the way", genuine.replace("[880]", "[1]").into_bytes()),
        ("another amount", paid("T1", "4200000001", "1", &key())),
        ("an order that nobody knows", paid("T2", "4200000001", "880", &key())),
        ("no message", b"hello".to_vec()),
        ("nothing", Vec::new()),
    ] {
        assert_eq!(server.post(&body), (200, notification::FAIL.to_owned()), "{what}");
    }
    assert_eq!(server.post(&vec![b' '; 65 * 1024]).0, 413);
    assert_eq!(payments(&book), 0);
}

#[test]
fn a_book_that_cannot_be_written_is_no_success() {
    let book = with_order("unwritable");
    let server = Server::start(&book);
    fs::remove_file(&book).expect("removed");
    fs::create_dir(&book).expect("a folder in its place");
    let body = paid("T1", "4200000001", "880", &key());
    assert_eq!(server.post(&body).1, notification::FAIL);
    fs::remove_dir(&book).expect("removed");
}
