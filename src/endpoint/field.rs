use crate::{Error, ErrorCode, Fields, Result};
use alloc::{format, string::String};
use core::{fmt, net::IpAddr};

/// When a field must be there.
///
/// ```
/// use wxpay_core::endpoint::{Need, by_name};
///
/// let order = by_name("unifiedOrder")?;
/// let need = |name| order.request.iter().find(|row| row.name == name).map(|row| row.need);
/// assert_eq!(need("body"), Some(Need::Always));
/// assert_eq!(need("notify_url"), Some(Need::Configured("notify_url")));
/// assert_eq!(
///     need("product_id"),
///     Some(Need::If { field: "trade_type", values: "NATIVE", unless: None })
/// );
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need<'a> {
    /// Always; in an answer: it is useless without.
    Always,
    /// Never required.
    Optional,
    /// Exactly one of the fields that say so.
    OneOf,
    /// Together with this field: both or neither.
    With(&'a str),
    /// When `field` has one of `values`, unless the field `unless` stands in for it.
    If {
        /// The field that decides.
        field: &'a str,
        /// Its values, separated by `|`.
        values: &'a str,
        /// What may stand in.
        unless: Option<&'a str>,
    },
    /// The client fills it in, from this setting, and it must end up there.
    Configured(&'a str),
    /// The client fills it in where it has this setting.
    Default(&'a str),
    /// The client fills in the only word there is.
    Fixed,
    /// In an answer: documented as always there, tolerated when absent.
    Usual,
    /// In an answer: equal to the request's, where both have it.
    Same,
    /// In an answer: there, and equal to the request's.
    AlwaysSame,
}

/// What a field holds. Lengths are bytes of UTF-8.
///
/// ```
/// use wxpay_core::endpoint::Kind;
///
/// assert!(Kind::Fen.is_integer());
/// assert_eq!(Kind::Notify.limit(), Some(256));
/// assert_eq!(Kind::Word("JSAPI|NATIVE").to_string(), "word:JSAPI|NATIVE");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind<'a> {
    /// Text of at most so many bytes, no character above U+FFFF.
    Text(u16),
    /// A merchant's number: `[0-9A-Za-z_\-|*@]`, at most so many (chapter 4.2).
    Number(u16),
    /// JSON text of at most so many bytes.
    Json(u16),
    /// A complete http(s) address.
    Url(u16),
    /// A complete http(s) address without a query, at most 256 bytes.
    Notify,
    /// One IPv4 or IPv6 address, at most so many bytes.
    Ip(u16),
    /// An amount: 1 to 10^10 fen.
    Fen,
    /// A whole number from 0 on.
    Int,
    /// `yyyyMMddHHmmss` in GMT+8.
    Time,
    /// `yyyyMMdd` in GMT+8.
    Date,
    /// `yyyy-MM-dd HH:mm:ss` in GMT+8.
    DateTime,
    /// Unix time in seconds: ten digits.
    Seconds,
    /// One of these words, separated by `|`.
    Word(&'a str),
    /// A payment code: 18 digits that start with 10 to 15.
    AuthCode,
    /// The merchant's app id.
    Appid,
    /// The merchant's number.
    MchId,
    /// Random text, new for every request.
    Nonce,
    /// The signature.
    Sign,
    /// The app's secret.
    Secret,
    /// An element with children.
    Nested,
}

/// One field of a request or an answer.
///
/// ```
/// let order = wxpay_core::endpoint::by_name("orderQuery")?;
/// let row = order
///     .request
///     .iter()
///     .find(|row| row.name == "out_trade_no")
///     .ok_or("no such field")?;
/// assert!(row.check("T-1", order.chapter).is_ok());
/// let error = row.check("订单", order.chapter).expect_err("not in this alphabet");
/// assert!(error.to_string().contains("takes only 0-9 A-Z a-z _ - | * @"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field<'a> {
    /// WeChat's spelling; `$n` stands for a number from 0 on.
    pub name: &'a str,
    /// When it must be there.
    pub need: Need<'a>,
    /// What it holds.
    pub kind: Kind<'a>,
    /// What it means, in one clause.
    pub meaning: &'a str,
    /// A value that it may have.
    pub example: Option<&'a str>,
}

/// The longest `nonce_str` (chapter 5.1).
const NONCE: u16 = 32;

impl<'a> Need<'a> {
    pub(super) fn parse(word: &'a str, name: &'a str) -> Option<Self> {
        Some(match word.split_once(':') {
            None => match word {
                "always" => Need::Always,
                "optional" => Need::Optional,
                "one" => Need::OneOf,
                "configured" => Need::Configured(name),
                "default" => Need::Default(name),
                "fixed" => Need::Fixed,
                "usual" => Need::Usual,
                "same" => Need::Same,
                "always-same" => Need::AlwaysSame,
                _ => return None,
            },
            Some(("with", other)) => Need::With(other),
            Some(("configured", setting)) => Need::Configured(setting),
            Some(("default", setting)) => Need::Default(setting),
            Some(("if", condition)) => {
                let (field, values) = condition.split_once('=')?;
                let (values, unless) = match values.split_once('/') {
                    Some((values, other)) => (values, Some(other)),
                    None => (values, None),
                };
                Need::If { field, values, unless }
            }
            Some(_) => return None,
        })
    }

    /// Whether the condition of [`Need::If`] holds in these fields.
    pub(crate) fn holds<'f>(&self, get: impl Fn(&str) -> Option<&'f str>) -> bool {
        match *self {
            Need::If { field, values, unless } => {
                get(field).is_some_and(|value| values.split('|').any(|v| v == value))
                    && unless.is_none_or(|other| get(other).is_none())
            }
            _ => false,
        }
    }
}

impl fmt::Display for Need<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Need::Always => f.write_str("always"),
            Need::Optional => f.write_str("optional"),
            Need::OneOf => f.write_str("one"),
            Need::With(other) => write!(f, "with:{other}"),
            Need::If { field, values, unless: None } => write!(f, "if:{field}={values}"),
            Need::If { field, values, unless: Some(other) } => {
                write!(f, "if:{field}={values}/{other}")
            }
            Need::Configured(setting) => write!(f, "configured:{setting}"),
            Need::Default(setting) => write!(f, "default:{setting}"),
            Need::Fixed => f.write_str("fixed"),
            Need::Usual => f.write_str("usual"),
            Need::Same => f.write_str("same"),
            Need::AlwaysSame => f.write_str("always-same"),
        }
    }
}

impl<'a> Kind<'a> {
    pub(super) fn parse(word: &'a str) -> Option<Self> {
        let (name, rest) = word.split_once(':').unwrap_or((word, ""));
        let limit = || rest.parse::<u16>().ok();
        Some(match name {
            "text" => Kind::Text(limit()?),
            "number" => Kind::Number(limit()?),
            "json" => Kind::Json(limit()?),
            "url" => Kind::Url(limit()?),
            "ip" => Kind::Ip(limit()?),
            "word" if !rest.is_empty() => Kind::Word(rest),
            _ if !rest.is_empty() => return None,
            "notify" => Kind::Notify,
            "fen" => Kind::Fen,
            "int" => Kind::Int,
            "time" => Kind::Time,
            "date" => Kind::Date,
            "datetime" => Kind::DateTime,
            "seconds" => Kind::Seconds,
            "authcode" => Kind::AuthCode,
            "appid" => Kind::Appid,
            "mch_id" => Kind::MchId,
            "nonce" => Kind::Nonce,
            "sign" => Kind::Sign,
            "secret" => Kind::Secret,
            "nested" => Kind::Nested,
            _ => return None,
        })
    }

    /// Whether the value is a number that the writer puts bare.
    #[must_use]
    pub const fn is_integer(&self) -> bool {
        matches!(self, Kind::Fen | Kind::Int)
    }

    /// The most bytes of a value, where the table limits them.
    #[must_use]
    pub const fn limit(&self) -> Option<u16> {
        match *self {
            Kind::Text(n) | Kind::Number(n) | Kind::Json(n) | Kind::Url(n) | Kind::Ip(n) => Some(n),
            Kind::Notify => Some(256),
            Kind::Nonce => Some(NONCE),
            _ => None,
        }
    }
}

impl fmt::Display for Kind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match *self {
            Kind::Text(n) => return write!(f, "text:{n}"),
            Kind::Number(n) => return write!(f, "number:{n}"),
            Kind::Json(n) => return write!(f, "json:{n}"),
            Kind::Url(n) => return write!(f, "url:{n}"),
            Kind::Ip(n) => return write!(f, "ip:{n}"),
            Kind::Word(words) => return write!(f, "word:{words}"),
            Kind::Notify => "notify",
            Kind::Fen => "fen",
            Kind::Int => "int",
            Kind::Time => "time",
            Kind::Date => "date",
            Kind::DateTime => "datetime",
            Kind::Seconds => "seconds",
            Kind::AuthCode => "authcode",
            Kind::Appid => "appid",
            Kind::MchId => "mch_id",
            Kind::Nonce => "nonce",
            Kind::Sign => "sign",
            Kind::Secret => "secret",
            Kind::Nested => "nested",
        };
        f.write_str(name)
    }
}

impl Field<'_> {
    /// Checks a value of a request.
    ///
    /// # Errors
    /// `FIELD_LIMIT`, `FIELD_VALUE`, with the field and the rule.
    pub fn check(&self, value: &str, chapter: &str) -> Result<()> {
        if let Some(limit) = self.kind.limit()
            && value.len() > usize::from(limit)
        {
            let what = format!("has at most {limit} bytes of UTF-8, this has {}", value.len());
            return Err(self.error(ErrorCode::FieldLimit, &what, chapter));
        }
        match self.broken(value) {
            None => Ok(()),
            Some(rule) => Err(self.error(ErrorCode::FieldValue, &rule, chapter)),
        }
    }

    /// The rule that the value breaks.
    fn broken(&self, value: &str) -> Option<String> {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let (fits, rule) = match self.kind {
            Kind::Text(_) | Kind::Nonce => (
                value.chars().all(|c| c <= '\u{ffff}'),
                "takes no emoji or other character above U+FFFF",
            ),
            Kind::Json(_) => (
                value.starts_with(['{', '[']) && value.chars().all(|c| c <= '\u{ffff}'),
                "is JSON text, without characters above U+FFFF: pass JSON.stringify(…)",
            ),
            Kind::Number(_) => (
                value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-|*@".contains(&b)),
                "takes only 0-9 A-Z a-z _ - | * @",
            ),
            Kind::Fen => {
                (fen(value).is_some(), "is an amount in fen: an integer from 1 to 10000000000")
            }
            Kind::Int => (
                digits(value) && (1..=19).contains(&value.len()),
                "is a whole number from 0 on, digits only",
            ),
            Kind::Time => {
                (value.len() == 14 && digits(value), "is a time in GMT+8 as yyyyMMddHHmmss")
            }
            Kind::Date => (value.len() == 8 && digits(value), "is a day in GMT+8 as yyyyMMdd"),
            Kind::DateTime => {
                (shaped(value, "0000-00-00 00:00:00"), "is a time in GMT+8 as yyyy-MM-dd HH:mm:ss")
            }
            Kind::Seconds => {
                (value.len() == 10 && digits(value), "is Unix time in seconds: ten digits")
            }
            Kind::Word(words) => {
                if words.split('|').any(|word| word == value) {
                    return None;
                }
                return Some(format!("is one of {}", words.replace('|', ", ")));
            }
            Kind::Url(_) => (address(value).is_some(), "is a complete http(s) address"),
            Kind::Notify => (
                address(value).is_some_and(|rest| !rest.contains(['?', '#'])),
                "is a complete http(s) address without a query",
            ),
            // A list from X-Forwarded-For is anybody's text, and Node writes IPv4 as ::ffff:1.2.3.4.
            Kind::Ip(_) => match value.parse::<IpAddr>() {
                Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_some() => {
                    (false, "is an IPv4 address; take the ::ffff: off")
                }
                parsed => (parsed.is_ok(), "is one IPv4 or IPv6 address, not a list or a header"),
            },
            Kind::AuthCode => (
                value.len() == 18
                    && digits(value)
                    && value.starts_with('1')
                    && value.as_bytes().get(1).is_some_and(|b| (b'0'..=b'5').contains(b)),
                "is a payment code: 18 digits that start with 10 to 15",
            ),
            Kind::Appid | Kind::MchId | Kind::Sign | Kind::Secret | Kind::Nested => (true, ""),
        };
        (!fits).then(|| rule.into())
    }

    pub(super) fn error(&self, code: ErrorCode, what: &str, chapter: &str) -> Error {
        let message = format!("{what} ({}); see {chapter}", self.meaning);
        Error::new(code, message).field(self.name)
    }

    /// Whether a received name is this row's: `coupon_id_0` is `coupon_id_$n`.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        let mut received = name.split('_');
        let mut own = self.name.split('_');
        loop {
            match (received.next(), own.next()) {
                (None, None) => return true,
                (Some(r), Some("$n" | "$m"))
                    if !r.is_empty() && r.bytes().all(|b| b.is_ascii_digit()) => {}
                (Some(r), Some(o)) if r == o => {}
                _ => return false,
            }
        }
    }

    pub(super) fn given<'f>(&self, fields: &'f Fields) -> Option<&'f str> {
        fields.filled(self.name)
    }
}

fn shaped(value: &str, shape: &str) -> bool {
    value.len() == shape.len()
        && value
            .bytes()
            .zip(shape.bytes())
            .all(|(b, s)| if s == b'0' { b.is_ascii_digit() } else { b == s })
}

/// What follows the scheme of a complete address.
fn address(value: &str) -> Option<&str> {
    let rest = value.strip_prefix("https://").or(value.strip_prefix("http://"))?;
    (!rest.is_empty() && !rest.contains(' ')).then_some(rest)
}

/// An amount in fen as the protocol writes it: digits only, no leading zero, at most 10^10.
///
/// ```
/// use wxpay_core::endpoint::fen;
///
/// assert_eq!(
///     (fen("880"), fen("8.80"), fen("0"), fen("-1")),
///     (Some(880), None, None, None)
/// );
/// ```
#[must_use]
pub fn fen(text: &str) -> Option<u64> {
    const MOST: u64 = 10_000_000_000;
    if text.starts_with('0') || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|&fen| fen <= MOST)
}
