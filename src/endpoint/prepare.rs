//! A request made ready: the client's own fields filled in, checked, signed, written.

use super::{Body, Endpoint, Field, Kind, Need};
use crate::{Error, ErrorCode, Fields, Key, Result, SignType, sign, signed_xml};
use alloc::{format, string::String, vec::Vec};

/// What goes over the wire.
///
/// ```
/// use wxpay_core::{Fields, Key, SignType, endpoint};
///
/// let order = endpoint::by_name("unifiedOrder")?;
/// let settings = Fields::from_pairs([
///     ("appid", "wxd930ea5d5a258f4f"),
///     ("mch_id", "10000100"),
///     ("nonce_str", "ibuaiVcKdpRxkhJA"), // fresh for each request
///     ("notify_url", "https://shop.example/pay/notify"),
///     ("spbill_create_ip", "203.0.113.7"),
///     ("sign_type", "HMAC-SHA256"),
/// ])?;
/// let given = Fields::from_pairs([
///     ("out_trade_no", "T1"),
///     ("body", "tea"),
///     ("total_fee", "880"),
///     ("trade_type", "NATIVE"),
///     ("product_id", "tea-1"),
/// ])?;
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let ready = order.prepare(&settings, &given, Some(&key))?;
/// assert_eq!(ready.sign_type, SignType::HmacSha256);
/// assert!(ready.message.contains("<total_fee>880</total_fee>"));
/// assert_eq!(
///     order.url(order.host.origin(), &ready),
///     "https://api.mch.weixin.qq.com/pay/unifiedorder"
/// );
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prepared {
    /// The fields of the request, without the signature.
    pub fields: Fields,
    /// The algorithm of the signature, and the least that the answer may have.
    pub sign_type: SignType,
    /// The XML of a POST, the query of a GET without its `?`.
    pub message: String,
}

impl Endpoint<'_> {
    /// Fills in, checks, signs and writes a request.
    ///
    /// `settings` are the client's own: `appid`, `mch_id`, a fresh `nonce_str`, `secret`, the
    /// preferred `sign_type`, and the defaults that rows of the table name (`notify_url`,
    /// `spbill_create_ip`, `sub_mch_id`, …). Rows of amounts and counts become integers.
    ///
    /// # Errors
    /// `FIELD_RESERVED` for a field that contradicts the settings, and those of
    /// [`Endpoint::check`] and of the signature.
    pub fn prepare(
        &self,
        settings: &Fields,
        given: &Fields,
        key: Option<&Key>,
    ) -> Result<Prepared> {
        let sign_type = self.algorithm(settings)?;
        let mut fields: Vec<(&str, &str, bool)> = Vec::new();
        for row in &self.request {
            let own = self.own(row, settings, sign_type);
            let said = row.given(given).filter(|_| row.name == "sign_type");
            if said.is_some_and(|said| said != sign_type.as_str()) {
                return Err(reserved(row));
            }
            let value = match (row.given(given), own) {
                (Some(value), Some(Own::Only(own))) if value != own => return Err(reserved(row)),
                (Some(value), _) | (None, Some(Own::Only(value) | Own::Else(value))) => value,
                (None, None) => continue,
            };
            let bare = row.kind.is_integer() && value.bytes().all(|b| b.is_ascii_digit());
            fields.push((row.name, value, bare));
        }
        for (name, value, bare) in given.iter_written().filter(|(_, value, _)| !value.is_empty()) {
            if name == "sign" || name == "key" {
                return Err(set_by_library(name));
            }
            if !self.request.iter().any(|row| row.name == name) {
                fields.push((name, value, bare));
            }
        }
        let fields = Fields::from_written(fields)?;
        self.check(&fields)?;
        let message = self.message(&fields, sign_type, key)?;
        Ok(Prepared { fields, sign_type, message })
    }

    /// Where a request goes: `origin` is that of [`Host::origin`](super::Host::origin), of its backup
    /// or of a gateway for tests. A POST has the message as its body, anything else in the address.
    #[must_use]
    pub fn url(&self, origin: &str, ready: &Prepared) -> String {
        let path = self.path;
        if self.get {
            format!("{origin}{path}?{}", ready.message)
        } else {
            format!("{origin}{path}")
        }
    }

    /// The preferred algorithm where the endpoint takes it, else the endpoint's own.
    fn algorithm(&self, settings: &Fields) -> Result<SignType> {
        let preferred = match settings.filled("sign_type") {
            Some(word) => Some(word.parse()?),
            None => None,
        };
        let allowed = self.algorithms();
        let fallback = allowed.first().copied().unwrap_or(SignType::Md5);
        Ok(preferred.filter(|p| allowed.contains(p)).unwrap_or(fallback))
    }

    /// What the client puts into a row by itself.
    fn own<'s>(
        &'s self,
        row: &Field<'s>,
        settings: &'s Fields,
        sign_type: SignType,
    ) -> Option<Own<'s>> {
        let only = |name| settings.filled(name).map(Own::Only);
        match (row.kind, row.need) {
            (Kind::Appid, _) => only("appid"),
            (Kind::MchId, _) => only("mch_id"),
            (Kind::Nonce, _) => settings.filled("nonce_str").map(Own::Else),
            (Kind::Secret, _) => only("secret"),
            (Kind::Word(word), Need::Fixed) => Some(Own::Only(word)),
            _ if row.name == "sign_type" => {
                let silent = row.need == Need::Optional
                    && sign_type == SignType::Md5
                    && self.algorithms().first() == Some(&SignType::Md5);
                (!silent).then_some(Own::Only(sign_type.as_str()))
            }
            (_, Need::Configured(name) | Need::Default(name)) => {
                settings.filled(name).map(Own::Else)
            }
            _ => None,
        }
    }

    fn message(&self, fields: &Fields, sign_type: SignType, key: Option<&Key>) -> Result<String> {
        if !self.is_signed() {
            return Ok(query(fields.iter()));
        }
        let key = key.ok_or_else(|| {
            Error::new(ErrorCode::KeyMissing, "this call is signed: a merchant key is needed")
        })?;
        if self.body != Body::Page && !self.get {
            return signed_xml(fields, key, sign_type);
        }
        let signature = sign(fields, key, sign_type)?;
        Ok(query(fields.iter().chain([("sign", signature.as_str())])))
    }
}

/// What the client fills in.
enum Own<'s> {
    /// Nothing else may stand there.
    Only(&'s str),
    /// The call may say otherwise.
    Else(&'s str),
}

/// `application/x-www-form-urlencoded` with every byte escaped that is not unreserved (RFC 3986).
fn query<'f>(fields: impl Iterator<Item = (&'f str, &'f str)>) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                text.push(char::from(byte));
            } else {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    text
}

fn reserved(row: &Field<'_>) -> Error {
    let what = match row.need {
        Need::Fixed => "has one value only, which the library fills in: leave it out",
        _ if row.name == "sign_type" => {
            "is set from the client's configuration and by the endpoint: make another client for \
             another algorithm"
        }
        _ => "is set from the client's configuration: make another client for it",
    };
    Error::new(ErrorCode::FieldReserved, format!("{what} ({})", row.meaning)).field(row.name)
}

fn set_by_library(name: &str) -> Error {
    let what = match name {
        "key" => "is never a field of a message: the key signs and stays here",
        _ => "is computed by the library: leave it out",
    };
    Error::new(ErrorCode::FieldReserved, what).field(name)
}
