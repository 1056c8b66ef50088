//! The table of endpoints: every fact about a call that client, checks, gateway and documentation
//! share. It stands in `endpoint/table/*.txt` and nowhere else; Rust reads it, and the methods,
//! types, simulator and reference page of the npm package are generated from it.
//!
//! ```
//! use wxpay_core::endpoint;
//!
//! let refund = endpoint::by_name("refund")?;
//! assert_eq!(refund.path, "/secapi/pay/refund");
//! assert!(refund.certificate && refund.money && refund.is_answer_signed());
//! # Ok::<(), wxpay_core::Error>(())
//! ```

mod check;
mod example;
mod field;
mod prepare;
mod table;
mod text;

use crate::SignType;
use alloc::vec::Vec;
use core::fmt;

pub use field::{Field, Kind, Need, fen};
pub use prepare::Prepared;
pub use table::{all, by_name, by_path, other};

/// Which of WeChat's hosts answers.
///
/// ```
/// use wxpay_core::endpoint::Host;
///
/// assert_eq!(Host::Pay.origin(), "https://api.mch.weixin.qq.com");
/// assert_eq!(Host::Pay.backup(), Some("https://api2.mch.weixin.qq.com"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Host {
    /// `api.mch.weixin.qq.com`: payments.
    Pay,
    /// `api.weixin.qq.com`: login, tickets.
    Open,
    /// `fraud.mch.weixin.qq.com`: risk control.
    Fraud,
    /// `payapp.weixin.qq.com`: face payment.
    Payapp,
}

impl Host {
    const ALL: [(&'static str, Host); 4] = [
        ("pay", Host::Pay),
        ("open", Host::Open),
        ("fraud", Host::Fraud),
        ("payapp", Host::Payapp),
    ];

    /// The origin, `https://api.mch.weixin.qq.com` for instance.
    #[must_use]
    pub const fn origin(self) -> &'static str {
        match self {
            Host::Pay => "https://api.mch.weixin.qq.com",
            Host::Open => "https://api.weixin.qq.com",
            Host::Fraud => "https://fraud.mch.weixin.qq.com",
            Host::Payapp => "https://payapp.weixin.qq.com",
        }
    }

    /// The origin that stands in when the first is down (chapter 7.1).
    #[must_use]
    pub const fn backup(self) -> Option<&'static str> {
        match self {
            Host::Pay => Some("https://api2.mch.weixin.qq.com"),
            _ => None,
        }
    }
}

/// Whether a request may be sent again.
///
/// ```
/// use wxpay_core::endpoint::{Repeat, by_name};
///
/// assert_eq!(by_name("orderQuery")?.repeat, Repeat::Always);
/// assert_eq!(by_name("unifiedOrder")?.repeat, Repeat::Same("out_trade_no"));
/// assert_eq!(by_name("micropay")?.repeat, Repeat::Never);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat<'a> {
    /// Never by a program: ask for the outcome first.
    Never,
    /// At will: it only reads.
    Always,
    /// With the same value of this field, which makes it the same order.
    Same(&'a str),
}

/// What tells the outcome of a call that moves money.
///
/// ```
/// let refund = wxpay_core::endpoint::by_name("refund")?;
/// let query = refund.query.ok_or("money moves")?;
/// assert_eq!(
///     (query.endpoint, &query.fields[..]),
///     ("refundQuery", &["out_refund_no"][..])
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query<'a> {
    /// The name of the endpoint to ask.
    pub endpoint: &'a str,
    /// The fields of the request to ask with.
    pub fields: Vec<&'a str>,
}

/// The form of a successful answer.
///
/// ```
/// use wxpay_core::endpoint::{Body, by_name};
///
/// assert_eq!(by_name("downloadBill")?.body, Body::Csv);
/// assert_eq!(Body::Csv.as_str(), "csv");
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// The flat dialect.
    Xml,
    /// XML that is not flat.
    Nested,
    /// Plain text, perhaps in gzip; XML only on failure.
    Csv,
    /// JSON.
    Json,
    /// A page that the payer's browser opens: there is only an address to make.
    Page,
}

impl Body {
    const ALL: [(&'static str, Body); 5] = [
        ("xml", Body::Xml),
        ("nested", Body::Nested),
        ("csv", Body::Csv),
        ("json", Body::Json),
        ("page", Body::Page),
    ];

    /// The word of the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word(&Self::ALL, self)
    }
}

/// What to do about an `err_code`.
///
/// ```
/// use wxpay_core::endpoint::{Action, by_name};
///
/// let order = by_name("unifiedOrder")?;
/// assert_eq!(order.advice("ORDERPAID").map(|advice| advice.action), Some(Action::Done));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// The same request with the same numbers, after a pause.
    Retry,
    /// Ask for the outcome before anything else.
    Query,
    /// It will not succeed as it is.
    Final,
    /// It is done already: go on.
    Done,
}

impl Action {
    const ALL: [(&'static str, Action); 4] = [
        ("retry", Action::Retry),
        ("query", Action::Query),
        ("final", Action::Final),
        ("done", Action::Done),
    ];

    /// The word of the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word(&Self::ALL, self)
    }
}

/// A documented `err_code`.
///
/// ```
/// let order = wxpay_core::endpoint::by_name("unifiedOrder")?;
/// let advice = order.advice("NOTENOUGH").ok_or("not documented")?;
/// assert_eq!(advice.text, "the payer has not enough money");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice<'a> {
    /// The code, in WeChat's spelling.
    pub code: &'a str,
    /// What a program may do.
    pub action: Action,
    /// What it means and what to do, for people.
    pub text: &'a str,
}

/// One endpoint.
///
/// ```
/// use wxpay_core::{SignType, endpoint};
///
/// let order = endpoint::by_name("unifiedOrder")?;
/// assert_eq!((order.path, order.certificate), ("/pay/unifiedorder", false));
/// assert_eq!(order.algorithms(), [SignType::Md5, SignType::HmacSha256]);
/// let field =
///     order.request.iter().find(|row| row.name == "total_fee").ok_or("no such field")?;
/// assert!(field.check("8.80", order.chapter).is_err(), "yuan");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint<'a> {
    /// The method's name in the npm package.
    pub name: &'a str,
    /// Whether it is a GET with a query; otherwise a POST of signed XML.
    pub get: bool,
    /// The path.
    pub path: &'a str,
    /// The official name.
    pub title: &'a str,
    /// What it does, in one clause.
    pub about: &'a str,
    /// The official chapter.
    pub chapter: &'a str,
    /// The host.
    pub host: Host,
    /// Other names of the method.
    pub aka: Vec<&'a str>,
    /// Whether the client certificate must be shown.
    pub certificate: bool,
    /// Whether money moves.
    pub money: bool,
    /// Whether the request may be sent again.
    pub repeat: Repeat<'a>,
    /// What tells the outcome.
    pub query: Option<Query<'a>>,
    /// The path in the old sandbox.
    pub sandbox: Option<&'a str>,
    /// The form of a successful answer.
    pub body: Body,
    /// Since when WeChat no longer offers it.
    pub retired: Option<&'a str>,
    /// The fields of a request, without the signature.
    pub request: Vec<Field<'a>>,
    /// The fields of an answer.
    pub answer: Vec<Field<'a>>,
    /// The documented error codes.
    pub errors: Vec<Advice<'a>>,
}

impl Endpoint<'_> {
    /// The algorithms that a request may use, the default one first.
    ///
    /// The row `sign_type` says so; without it the signature is MD5 and the field is not sent.
    #[must_use]
    pub fn algorithms(&self) -> Vec<SignType> {
        match find(&self.request, "sign_type").map(|row| row.kind) {
            Some(Kind::Word(words)) => words.split('|').filter_map(|w| w.parse().ok()).collect(),
            _ => [SignType::Md5].into(),
        }
    }

    /// Whether the request carries a signature: calls of the login host do not.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        !matches!(self.body, Body::Json)
    }

    /// Whether an answer must carry a signature.
    #[must_use]
    pub fn is_answer_signed(&self) -> bool {
        find(&self.answer, "sign").is_some_and(|row| row.need == Need::Always)
    }

    /// What the table says about an `err_code`.
    #[must_use]
    pub fn advice(&self, err_code: &str) -> Option<&Advice<'_>> {
        self.errors.iter().find(|advice| advice.code == err_code)
    }
}

fn find<'r, 'a>(rows: &'r [Field<'a>], name: &str) -> Option<&'r Field<'a>> {
    rows.iter().find(|row| row.name == name)
}

fn word<T: Copy + PartialEq>(all: &[(&'static str, T)], value: T) -> &'static str {
    all.iter().find(|(_, v)| *v == value).map_or("", |(word, _)| word)
}

impl fmt::Display for Repeat<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Repeat::Never => "never",
            Repeat::Always => "always",
            Repeat::Same(field) => field,
        })
    }
}
