//! What the protocol wants to be signed of the fields that were pasted.

use super::{input::Pairs, mistake::Mistake};
use crate::SignType;
use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// Which names are signed (chapter 7.7); everything else signs all of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    /// Mini programs and WeChat's web view.
    Page,
    App,
}

const PAGE: [&str; 5] = ["appId", "timeStamp", "nonceStr", "package", "signType"];
const APP: [&str; 6] = ["appid", "partnerid", "prepayid", "package", "noncestr", "timestamp"];
pub(super) const PREPAY: &str = "prepay_id=";

/// One field, as it has to be signed.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) value: String,
    /// Whether it is signed at all.
    pub(super) signed: bool,
    /// How the message had it, where that is a mistake of its own.
    pub(super) given: Option<(Mistake, String)>,
    /// How the message spelled the name, where front ends have another.
    pub(super) spelled: Option<String>,
}

#[derive(Debug)]
pub(super) struct Message {
    pub(super) kind: Kind,
    pub(super) parts: Vec<Part>,
    /// The message's own signature.
    pub(super) sign: Option<String>,
    /// A key that was pasted with the string.
    pub(super) key: Option<String>,
    /// Whether WeChat wrote it.
    pub(super) received: bool,
}

/// `time_stamp`, `timeStamp` and `timestamp` are one.
#[inline(never)]
pub(super) fn squash(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
}

/// Under these names users paste the key, which is no field of a message.
pub(super) fn is_key(name: &str) -> bool {
    let names = ["key", "apikey", "partnerkey", "mchkey", "appkey", "secret", "appsecret"];
    names.contains(&squash(name).as_str())
}

impl Message {
    pub(super) fn new(pairs: Pairs) -> Self {
        let has = |wanted: &str| pairs.iter().any(|(name, _)| squash(name) == wanted);
        let client = has("noncestr") && has("timestamp") && (has("package") || has("prepayid"));
        let kind = if has("paysign") || client && has("signtype") {
            Kind::Page
        } else if has("partnerid") || client && has("prepayid") {
            Kind::App
        } else if client {
            Kind::Page
        } else {
            Kind::Plain
        };
        let received = has("returncode") || has("resultcode") || has("issubscribe");
        let filled = |wanted: &str| {
            let found = pairs.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        let (first, second) =
            if kind == Kind::App { ("sign", "paySign") } else { ("paySign", "sign") };
        let sign = filled(first).or_else(|| filled(second));
        let key = pairs.iter().find(|(name, _)| is_key(name)).map(|(_, value)| value.clone());
        let parts = pairs.into_iter().filter(|(name, _)| !is_key(name));
        let parts = parts.map(|(name, value)| part(kind, name, value)).collect();
        Message { kind, parts, sign, key, received }
    }

    pub(super) fn value(&self, squashed: &str) -> Option<&str> {
        let found = self.parts.iter().find(|part| squash(&part.name) == squashed);
        found.map(|part| part.value.as_str()).filter(|value| !value.is_empty())
    }

    /// The algorithm that the message says, none where either is right (chapter 4.3).
    pub(super) fn declared(&self) -> Option<SignType> {
        match self.value("signtype") {
            Some(value) => value.parse().ok(),
            None if self.received || self.kind == Kind::App => None,
            None => Some(SignType::Md5),
        }
    }
}

fn part(kind: Kind, name: String, value: String) -> Part {
    let squashed = squash(&name);
    let is_sign = squashed == "sign" || squashed == "paysign";
    let wanted: &[&str] = match kind {
        Kind::Plain => &[],
        Kind::Page => &PAGE,
        Kind::App => &APP,
    };
    let known = wanted.iter().find(|wanted| {
        squash(wanted) == squashed || (**wanted == "package" && squashed == "packagevalue")
    });
    let signed = !is_sign && (kind == Kind::Plain || known.is_some()) && !value.is_empty();
    let mut part = Part { name, value, signed, given: None, spelled: None };
    let Some(&known) = known else { return part };
    if part.name != known {
        part.spelled = Some(core::mem::replace(&mut part.name, known.to_owned()));
    }
    let right = match known {
        "package" if kind == Kind::Page && !part.value.contains(['=', '%']) => {
            Some((Mistake::PackagePrefix, alloc::format!("{PREPAY}{}", part.value)))
        }
        "timeStamp" | "timestamp" => seconds(&part.value),
        _ => None,
    };
    if let Some((mistake, right)) = right.filter(|_| signed) {
        part.given = Some((mistake, core::mem::replace(&mut part.value, right)));
    }
    part
}

/// The seconds of a time in milliseconds or with a fraction.
pub(super) fn seconds(time: &str) -> Option<(Mistake, String)> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some((whole, fraction)) = time.split_once('.') {
        let right = whole.len() == 10 && digits(whole) && digits(fraction);
        return right.then(|| (Mistake::TimestampFraction, whole.into()));
    }
    let whole = time.get(..10).filter(|_| time.len() == 13 && digits(time))?;
    Some((Mistake::TimestampMilliseconds, whole.into()))
}
