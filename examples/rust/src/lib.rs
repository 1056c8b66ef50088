//! What the three programs share: whose shop it is, and its book of orders and payments.

mod book;
mod shop;

pub use book::{Book, Order, Recorded};
pub use shop::Shop;

/// What the programs end with.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
