//! The table of endpoints: every fact about a call that client, checks, gateway and documentation
//! share. It stands here and nowhere else; the npm package's types are generated from it.

use crate::{Error, ErrorCode, Fields, Result};
use alloc::format;
use core::net::IpAddr;

/// Which of WeChat's hosts answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Host {
    /// `api.mch.weixin.qq.com`: payments.
    #[cfg_attr(feature = "serde", serde(rename = "https://api.mch.weixin.qq.com"))]
    Pay,
    /// `api.weixin.qq.com`: login.
    #[cfg_attr(feature = "serde", serde(rename = "https://api.weixin.qq.com"))]
    Open,
}

impl Host {
    /// Every host.
    pub const ALL: &'static [Host] = &[Host::Pay, Host::Open];

    /// The access point that takes over where this one cannot be reached: the same API, farther
    /// away (<https://pay.weixin.qq.com/doc/v3/merchant/4013070356>).
    #[must_use]
    pub const fn backup(self) -> Option<&'static str> {
        match self {
            Host::Pay => Some("https://api2.mch.weixin.qq.com"),
            Host::Open => None,
        }
    }
}

/// When a field must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Need {
    /// In every request.
    Always,
    /// Never required.
    Optional,
    /// Exactly one of the fields that say so.
    OneOf,
    /// When `trade_type` is this one.
    TradeType(&'static str),
    /// The library fills it in from the configuration.
    Configured,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Kind {
    /// Text of at most so many bytes of UTF-8, no character above U+FFFF.
    Text(u16),
    /// A merchant's number: `[0-9A-Za-z_\-|*]`, at most so many bytes (chapter 4.2).
    Number(u16),
    /// An amount: 1 to 10^10 fen.
    Fen,
    /// `yyyyMMddHHmmss` in GMT+8.
    Time,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A complete http(s) address without a query, at most 256 bytes.
    NotifyUrl,
    /// One IPv4 or IPv6 address.
    Ip,
}

/// One field of a request.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Field {
    /// WeChat's spelling.
    pub name: &'static str,
    /// When it must be there.
    pub need: Need,
    /// What it holds.
    pub kind: Kind,
    /// What it means, in one line.
    pub meaning: &'static str,
}

/// One endpoint.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Endpoint {
    /// The method's name in the npm package.
    pub name: &'static str,
    /// The host.
    pub host: Host,
    /// The path.
    pub path: &'static str,
    /// The official chapter.
    pub chapter: &'static str,
    /// Whether the request is signed XML by POST; otherwise it is a GET with a query.
    pub signed: bool,
    /// The fields of a request beside the ids, the nonce and the signature.
    pub request: &'static [Field],
    /// The fields of an answer that must equal the request's when both have them.
    pub echoed: &'static [&'static str],
    /// The fields that a successful answer must have.
    pub answered: &'static [&'static str],
}

const fn field(name: &'static str, need: Need, kind: Kind, meaning: &'static str) -> Field {
    Field { name, need, kind, meaning }
}

const SIGN_TYPES: Kind = Kind::Word(&["MD5", "HMAC-SHA256"]);

/// Every endpoint.
pub const ALL: &[Endpoint] = &[
    Endpoint {
        name: "unifiedOrder",
        host: Host::Pay,
        path: "/pay/unifiedorder",
        chapter: "https://pay.weixin.qq.com/wiki/doc/api/jsapi.php?chapter=9_1",
        signed: true,
        request: &[
            field("body", Need::Always, Kind::Text(128), "what is paid for, as the payer reads it"),
            field(
                "out_trade_no",
                Need::Always,
                Kind::Number(32),
                "the merchant's order number, once per merchant",
            ),
            field("total_fee", Need::Always, Kind::Fen, "the amount in fen"),
            field(
                "trade_type",
                Need::Always,
                Kind::Word(&["JSAPI", "NATIVE", "APP", "MWEB"]),
                "where the payer pays",
            ),
            field(
                "notify_url",
                Need::Configured,
                Kind::NotifyUrl,
                "where the payment notification goes",
            ),
            field(
                "spbill_create_ip",
                Need::Configured,
                Kind::Ip,
                "the payer's or the server's IP address",
            ),
            field(
                "openid",
                Need::TradeType("JSAPI"),
                Kind::Text(128),
                "the payer under this appid",
            ),
            field(
                "product_id",
                Need::TradeType("NATIVE"),
                Kind::Text(32),
                "the merchant's product number",
            ),
            field(
                "scene_info",
                Need::TradeType("MWEB"),
                Kind::Text(256),
                "the shop or page, as JSON",
            ),
            field("detail", Need::Optional, Kind::Text(6000), "goods, as JSON"),
            field(
                "attach",
                Need::Optional,
                Kind::Text(127),
                "returned in the query and the notification",
            ),
            field("fee_type", Need::Optional, Kind::Text(16), "ISO 4217, CNY where absent"),
            field("time_start", Need::Optional, Kind::Time, "when the order was made"),
            field("time_expire", Need::Optional, Kind::Time, "when the order expires"),
            field("goods_tag", Need::Optional, Kind::Text(32), "marks the order for promotions"),
            field("limit_pay", Need::Optional, Kind::Word(&["no_credit"]), "refuses credit cards"),
            field(
                "receipt",
                Need::Optional,
                Kind::Word(&["Y", "N"]),
                "offers an electronic invoice",
            ),
            field(
                "profit_sharing",
                Need::Optional,
                Kind::Word(&["Y", "N"]),
                "freezes the money for profit sharing",
            ),
            field("device_info", Need::Optional, Kind::Text(32), "the terminal"),
            field("version", Need::Optional, Kind::Text(32), "1.0 for single-item promotions"),
            field(
                "sub_appid",
                Need::Optional,
                Kind::Text(32),
                "service provider: the sub-merchant's appid",
            ),
            field(
                "sub_mch_id",
                Need::Optional,
                Kind::Text(32),
                "service provider: the sub-merchant",
            ),
            field(
                "sub_openid",
                Need::Optional,
                Kind::Text(128),
                "service provider: the payer under sub_appid",
            ),
            field("user_type", Need::Optional, Kind::Text(32), "kind of identity document"),
            field("user_creid", Need::Optional, Kind::Text(32), "number of the identity document"),
            field("user_truename", Need::Optional, Kind::Text(64), "name on the identity document"),
            field("sign_type", Need::Optional, SIGN_TYPES, "the algorithm of the signature"),
        ],
        echoed: &["appid", "mch_id", "sub_appid", "sub_mch_id", "device_info", "trade_type"],
        answered: &["prepay_id"],
    },
    Endpoint {
        name: "orderQuery",
        host: Host::Pay,
        path: "/pay/orderquery",
        chapter: "https://pay.weixin.qq.com/wiki/doc/api/jsapi.php?chapter=9_2",
        signed: true,
        request: &[
            field("transaction_id", Need::OneOf, Kind::Text(32), "WeChat's order number"),
            field("out_trade_no", Need::OneOf, Kind::Number(32), "the merchant's order number"),
            field("version", Need::Optional, Kind::Text(32), "1.0 for single-item promotions"),
            field(
                "sub_appid",
                Need::Optional,
                Kind::Text(32),
                "service provider: the sub-merchant's appid",
            ),
            field(
                "sub_mch_id",
                Need::Optional,
                Kind::Text(32),
                "service provider: the sub-merchant",
            ),
            field("sign_type", Need::Optional, SIGN_TYPES, "the algorithm of the signature"),
        ],
        echoed: &["appid", "mch_id", "sub_appid", "sub_mch_id", "out_trade_no", "transaction_id"],
        answered: &["trade_state", "out_trade_no"],
    },
    Endpoint {
        name: "code2Session",
        host: Host::Open,
        path: "/sns/jscode2session",
        chapter: "https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html",
        signed: false,
        request: &[field(
            "js_code",
            Need::Always,
            Kind::Text(128),
            "from wx.login; good for one use within five minutes",
        )],
        echoed: &[],
        answered: &["openid", "session_key"],
    },
];

/// The endpoint of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Endpoint> {
    ALL.iter().find(|e| e.name == name)
}

impl Endpoint {
    /// Checks the fields of a request before it is signed, so that a mistake costs no round trip.
    /// Fields that the table does not know are left alone: the protocol grows.
    ///
    /// # Errors
    /// `FIELD_MISSING`, `FIELD_VALUE`, `FIELD_LIMIT`, with the field, the rule and the chapter.
    pub fn check(&self, fields: &Fields) -> Result<()> {
        for rule in self.request {
            match fields.filled(rule.name) {
                Some(value) => self.check_value(rule, value)?,
                None => {
                    let missing = match rule.need {
                        Need::Always | Need::Configured => true,
                        Need::TradeType(trade_type) => {
                            fields.filled("trade_type") == Some(trade_type)
                                && !self.replaced(rule.name, fields)
                        }
                        Need::Optional | Need::OneOf => false,
                    };
                    if missing {
                        return Err(self.error(ErrorCode::FieldMissing, rule, "is required"));
                    }
                }
            }
        }
        let alternatives = || self.request.iter().filter(|rule| rule.need == Need::OneOf);
        let given = alternatives().filter(|rule| fields.filled(rule.name).is_some()).count();
        match alternatives().next() {
            Some(first) if given != 1 => Err(self.error(
                if given == 0 { ErrorCode::FieldMissing } else { ErrorCode::FieldValue },
                first,
                &format!(
                    "or an alternative to it must be given, exactly one of them ({given} were)"
                ),
            )),
            _ => Ok(()),
        }
    }

    /// A service provider names the payer under the sub-merchant's appid instead (chapter 9.1).
    fn replaced(&self, name: &str, fields: &Fields) -> bool {
        name == "openid" && fields.filled("sub_openid").is_some()
    }

    fn check_value(&self, rule: &Field, value: &str) -> Result<()> {
        let limit = |limit: u16| {
            if value.len() <= usize::from(limit) {
                return Ok(());
            }
            let rule_text = format!("has at most {limit} bytes of UTF-8, this has {}", value.len());
            Err(self.error(ErrorCode::FieldLimit, rule, &rule_text))
        };
        let refuse = |what: &str| Err(self.error(ErrorCode::FieldValue, rule, what));
        match rule.kind {
            Kind::Text(bytes) => {
                limit(bytes)?;
                if value.chars().any(|c| c > '\u{ffff}') {
                    return refuse("takes no emoji or other character above U+FFFF");
                }
                Ok(())
            }
            Kind::Number(bytes) => {
                limit(bytes)?;
                if value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-|*".contains(&b)) {
                    return Ok(());
                }
                refuse("takes only 0-9 A-Z a-z _ - | *")
            }
            Kind::Fen => match fen(value) {
                Some(_) => Ok(()),
                None => refuse("is an amount in fen: an integer from 1 to 10000000000"),
            },
            Kind::Time => {
                if value.len() == 14 && value.bytes().all(|b| b.is_ascii_digit()) {
                    return Ok(());
                }
                refuse("is a time in GMT+8 as yyyyMMddHHmmss")
            }
            Kind::Word(words) if words.contains(&value) => Ok(()),
            Kind::Word(words) => refuse(&format!("is one of {}", words.join(", "))),
            Kind::NotifyUrl => {
                limit(256)?;
                let rest = value.strip_prefix("https://").or(value.strip_prefix("http://"));
                if rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['?', '#', ' '])) {
                    return Ok(());
                }
                refuse("is a complete http(s) address without a query")
            }
            // A list from X-Forwarded-For is anybody's text, and Node writes IPv4 as ::ffff:1.2.3.4.
            Kind::Ip => match value.parse::<IpAddr>() {
                Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_some() => {
                    refuse("is an IPv4 address; take the ::ffff: off")
                }
                Ok(_) => Ok(()),
                Err(_) => refuse("is one IPv4 or IPv6 address, not a list or a header"),
            },
        }
    }

    fn error(&self, code: ErrorCode, rule: &Field, what: &str) -> Error {
        let message = format!("{what} ({}); see {}", rule.meaning, self.chapter);
        Error::new(code, message).field(rule.name)
    }
}

/// An amount in fen as the protocol writes it: digits only, no leading zero, at most 10^10.
#[must_use]
pub fn fen(text: &str) -> Option<u64> {
    const MOST: u64 = 10_000_000_000;
    if text.starts_with('0') || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|&fen| fen <= MOST)
}
