//! Whose programs these are: settings of a merchant that does not exist.

use std::{
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};
use wxpay_core::Key;

pub const APPID: &str = "wxd930ea5d5a258f4f";
pub const MCHID: &str = "10000100";
pub const KEY: &str = "192006250b4c09247ec02edce69f6a2d";

pub fn key() -> Key {
    Key::new(KEY).expect("a key")
}

/// One of the programs with the merchant's settings, a book of its own, and nothing else of ours.
pub fn program(path: &str, book: &PathBuf) -> Command {
    let mut command = Command::new(path);
    for name in ["GATEWAY_URL", "WXPAY_NOTIFY_URL", "http_proxy", "HTTP_PROXY"] {
        command.env_remove(name);
    }
    let settings = [("WXPAY_APPID", APPID), ("WXPAY_MCHID", MCHID), ("WXPAY_KEY", KEY)];
    command.envs(settings).env("BOOK", book);
    command
}

/// A file that nobody has yet.
pub fn book(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let file = format!("{name}-{}-{number}.jsonl", std::process::id());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
    drop(std::fs::remove_file(&path));
    path
}
