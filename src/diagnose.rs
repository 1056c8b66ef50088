//! Why a signature does not fit: "签名错误", with something to go on.
//!
//! The doctor recomputes the signature with every mistake that is known to be made, and with every
//! two of them, and names those that make exactly the one that was given. It needs the key, and
//! tells neither the key nor a right signature.

mod arena;
mod change;
mod diff;
mod hash;
mod input;
mod json;
mod key;
mod markup;
mod message;
mod mistake;
mod model;
mod naming;
mod order;
mod report;
mod search;
mod signature;
mod text;
mod transform;
mod values;

pub use diff::{Difference, Differing};
pub use mistake::Mistake;
pub use report::{Diagnosis, Finding, Verdict};
pub use transform::Spelling;

use crate::{Key, Result, SignType};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use hash::Algorithm;
use input::Pairs;
use message::{Kind, Message, PREPAY, squash};
use model::Model;
use report::Mask;
use search::{Found, Search};
use signature::Signature;
use transform::Transform;
use zeroize::Zeroizing;

/// The host's tables: the text in another [`Spelling`], none where it has none.
///
/// ```
/// use wxpay_core::diagnose::{Host, Options, Spelling};
///
/// let host: &Host<'_> = &|spelling, text| match spelling {
///     Spelling::Number => {
///         text.parse::<f64>().ok().map(|number| number.to_string().into_bytes())
///     }
///     _ => None, // no tables here
/// };
/// let options = Options { host: Some(host), ..Options::default() };
/// assert!(options.host.is_some());
/// ```
pub type Host<'a> = dyn Fn(Spelling, &str) -> Option<Vec<u8>> + 'a;

/// What is known besides the message. Only the key is needed.
///
/// ```
/// use wxpay_core::diagnose::{Mistake, Options, diagnose};
///
/// let message =
///     "<xml><body>tea</body><sign>8651E74887FEB8A0FF78B256E0653905</sign></xml>";
/// let options = Options {
///     candidates: &[("staging", "8934e7d15453e97507ef794cf7b0519d")],
///     ..Options::default()
/// };
/// let diagnosis = diagnose(message, "192006250b4c09247ec02edce69f6a2d", &options)?;
/// assert_eq!(diagnosis.mistakes[0].id, Mistake::OtherKey);
/// assert_eq!(diagnosis.mistakes[0].field.as_deref(), Some("staging"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// Other keys that may have been used, with a name for each; one named `sandbox` is the sandbox's.
    pub candidates: &'a [(&'a str, &'a str)],
    /// The signature that was sent, received or refused; without it, the message's own.
    pub sign: Option<&'a str>,
    /// The algorithm that is wanted; without it, the one that the message says.
    pub sign_type: Option<SignType>,
    /// Whether WeChat made the signature; without it, whether the message is an answer.
    pub received: Option<bool>,
    /// The string that the other side signed, with or without its `&key=`.
    pub theirs: Option<&'a str>,
    /// The order, as sent or as answered, when the message are the parameters of the front end.
    pub order: Option<&'a str>,
    /// For mistakes that need tables.
    pub host: Option<&'a Host<'a>>,
}

/// Finds the mistake, or the two, that make the signature of the message.
///
/// `input` is the message as XML, JSON, form or query, the string to sign, or a line of a log with
/// one of them inside. What the form of the signature shows (its case, its algorithm) is told beside
/// what its value shows.
///
/// ```
/// use wxpay_core::diagnose::{Mistake, Options, Verdict, diagnose};
///
/// let message = "<xml><body>tea</body><attach></attach><sign>BECACEB65BAA4BB4CBE2B7E2DC25A79B</sign></xml>";
/// let diagnosis = diagnose(message, "192006250b4c09247ec02edce69f6a2d", &Options::default())?;
/// assert_eq!(diagnosis.verdict, Verdict::Mistakes);
/// assert_eq!(diagnosis.mistakes[0].id, Mistake::EmptyIncluded);
/// assert!(diagnosis.en.starts_with("empty fields were signed (`attach`): leave empty fields out"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `KEY_MISSING` without a key.
pub fn diagnose(input: &str, key: &str, options: &Options<'_>) -> Result<Diagnosis> {
    Key::any(key)?;
    Ok(Case { input, key, options }.diagnose())
}

struct Case<'a> {
    input: &'a str,
    key: &'a str,
    options: &'a Options<'a>,
}

impl Case<'_> {
    fn diagnose(&self) -> Diagnosis {
        let Some(pairs) = input::read(self.input).filter(|pairs| pairs.len() <= MOST_FIELDS) else {
            return Diagnosis::new(if is_other_api(self.input) {
                Verdict::OtherApi
            } else {
                Verdict::Unreadable
            });
        };
        let order = self.options.order.and_then(input::read);
        let mut message = Message::new(pairs);
        if let Some(order) = &order {
            complete(&mut message, order);
        }
        let ours = signed_fields(&message);
        let theirs = self.options.theirs.map(|theirs| Theirs::new(theirs, &ours));
        let candidates = self.candidates(&message, theirs.as_ref());
        let mask = Mask::new(
            core::iter::once(self.key).chain(candidates.iter().map(|(_, key)| key.as_str())),
        );
        let text = joined(&ours);
        let diff = theirs
            .as_ref()
            .map(|theirs| diff::diff(&ours, &theirs.fields, |value| mask.show(value)));
        let scene = Scene { mask, diff: diff.unwrap_or_default(), text };
        if is_other_api(self.input) {
            return scene.close(Diagnosis::new(Verdict::OtherApi), None);
        }
        let Some(sign) =
            self.options.sign.or(message.sign.as_deref()).filter(|s| !s.trim().is_empty())
        else {
            return scene.close(Diagnosis::new(Verdict::NoSignature), None);
        };
        let Some(signature) = Signature::read(sign) else {
            return scene.close(Diagnosis::new(Verdict::NotASignature), None);
        };
        let mut model = Model::new(
            &message,
            self.key,
            &candidates,
            sign,
            signature.algorithm,
            self.options.host,
        );
        let mut search = Search::new(&mut model, signature.algorithm, signature.words);
        let outcome =
            self.explain(&mut search, &message, order.as_ref(), sign, &ours, theirs.as_ref());
        let (tried, complete) = (search.tried, outcome.is_some() || !search.gave_up());
        let Some((found, signed)) = outcome else {
            return scene.close(Diagnosis::new(Verdict::Unexplained).count(tried, complete), None);
        };
        let mut mistakes = self.form(&signature, &message, &found);
        mistakes.extend(found);
        let diagnosis = if mistakes.is_empty() {
            Diagnosis::new(Verdict::Right)
        } else {
            let received = self.options.received.unwrap_or(message.received);
            let finding = |(id, field)| Finding::new(id, field, received);
            Diagnosis::of(mistakes.into_iter().map(finding).collect())
        };
        scene.close(diagnosis.count(tried, true), signed)
    }

    /// The mistakes that make the signature, and the string where it is not the usual one.
    fn explain(
        &self,
        search: &mut Search<'_, '_>,
        message: &Message,
        order: Option<&Pairs>,
        sign: &str,
        ours: &Pairs,
        theirs: Option<&Theirs>,
    ) -> Option<(Mistakes, Option<Signed>)> {
        let whole = |found: Found| (found.mistakes, Some((found.text, found.tail)));
        if let Some(found) = search.right() {
            return Some(whole(found));
        }
        if let Some(order) = order {
            if self.is_order_sign(order, sign, message) {
                return Some((alloc::vec![(Mistake::OrderSign, None)], None));
            }
            from_order(search.model, message, order);
        }
        if let Some(found) = search.singles() {
            return Some(whole(found));
        }
        if let Some(theirs) = theirs {
            if let Some((mistakes, tail)) = search.theirs(theirs.text.as_bytes()) {
                let keys = mistakes.into_iter().map(|mistake| (mistake, None));
                let fields = self.explained(search.model, ours, &theirs.fields);
                let text = theirs.text.clone().into_bytes();
                return Some((keys.chain(fields).collect(), Some((text, tail))));
            }
            from_theirs(search.model, ours, &theirs.fields);
        }
        search.model.moments();
        search.singles().or_else(|| search.pairs()).map(whole)
    }

    fn candidates(
        &self,
        message: &Message,
        theirs: Option<&Theirs>,
    ) -> Vec<(String, Zeroizing<String>)> {
        let given = self.options.candidates.iter().map(|&(name, key)| (name, key));
        let pasted = [message.key.as_deref(), theirs.and_then(|theirs| theirs.key.as_deref())];
        let pasted = pasted.into_iter().flatten().map(|key| ("pasted", key));
        given
            .chain(pasted)
            .filter(|(_, key)| !key.is_empty() && *key != self.key)
            .map(|(name, key)| (name.to_string(), Zeroizing::new(key.to_string())))
            .collect()
    }

    /// What the form of the signature shows by itself.
    fn form(&self, signature: &Signature, message: &Message, found: &Mistakes) -> Mistakes {
        let mut seen = Mistakes::new();
        // It has the form that it was given for another message.
        if found.iter().any(|(mistake, _)| *mistake == Mistake::OrderSign) {
            return seen;
        }
        let wanted = self.options.sign_type.or_else(|| message.declared());
        let used = match signature.algorithm {
            Algorithm::Md5 | Algorithm::HmacMd5 => SignType::Md5,
            _ => SignType::HmacSha256,
        };
        if wanted.is_some_and(|wanted| wanted != used) {
            seen.push((Mistake::Algorithm, None));
        }
        // `wx.sendBizRedPacket` is the one that wants lower case.
        if signature.lower && !is_red_packet(message) {
            seen.push((Mistake::LowerCase, None));
        }
        if signature.base64 {
            seen.push((Mistake::Base64, None));
        }
        seen
    }

    /// Whether the signature is that of the order.
    fn is_order_sign(&self, order: &Pairs, sign: &str, message: &Message) -> bool {
        if message.kind == Kind::Plain {
            return false;
        }
        let order = Message::new(order.clone());
        if order.sign.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(sign.trim())) {
            return true;
        }
        let Some(signature) = Signature::read(sign) else { return false };
        let mut model = Model::new(&order, self.key, &[], sign, signature.algorithm, None);
        Search::new(&mut model, signature.algorithm, signature.words).right().is_some()
    }

    /// What makes the other side's string of ours.
    fn explained(&self, model: &Model<'_>, ours: &Pairs, theirs: &Pairs) -> Mistakes {
        let find = |pairs: &Pairs, name: &str| pairs.iter().position(|(known, _)| known == name);
        let mut mistakes = Vec::new();
        for (name, value) in ours {
            let mistake = match find(theirs, name).and_then(|at| theirs.get(at)) {
                Some((_, their)) if their == value => continue,
                Some((_, their)) => self.of_value(model, name, value, their),
                None => match squash(name).as_str() {
                    "signtype" => Mistake::SignTypeDropped,
                    _ if value == "0" => Mistake::ZeroDropped,
                    _ => Mistake::FieldDropped,
                },
            };
            mistakes.push((mistake, Some(name.clone())));
        }
        for (name, value) in theirs.iter().filter(|(name, _)| find(ours, name).is_none()) {
            let mistake = match squash(name).as_str() {
                "sign" | "paysign" => Mistake::SignIncluded,
                "signtype" => Mistake::SignTypeAdded,
                _ if value.is_empty() => Mistake::EmptyIncluded,
                _ => Mistake::FieldAdded,
            };
            mistakes.push((mistake, Some(name.clone())));
        }
        let sorted = theirs.windows(2).all(|pair| pair.first() <= pair.last());
        if mistakes.is_empty() && !sorted {
            mistakes.push((Mistake::OrderInsertion, None));
        }
        mistakes
    }

    fn of_value(&self, model: &Model<'_>, name: &str, ours: &str, theirs: &str) -> Mistake {
        let transform = Transform::ALL.iter().find(|transform| {
            let made = transform.apply(ours.as_bytes(), self.options.host);
            made.is_some_and(|made| made == theirs.as_bytes())
        });
        let nonce = squash(name).starts_with("nonce");
        transform
            .map(|transform| transform.mistake())
            .or_else(|| model.known_value(name, theirs))
            .unwrap_or(if nonce { Mistake::Nonce } else { Mistake::OtherValue })
    }
}

/// Each with the field that it concerns, or the name of the key.
type Mistakes = Vec<(Mistake, Option<String>)>;
/// The fields of a string that was signed, and what stands behind them.
type Signed = (Vec<u8>, u16);

/// What every answer tells besides the mistakes.
struct Scene {
    mask: Mask,
    diff: Vec<Differing>,
    text: String,
}

impl Scene {
    #[inline(never)]
    fn close(self, mut diagnosis: Diagnosis, signed: Option<Signed>) -> Diagnosis {
        let (text, tail) = signed.unwrap_or_else(|| (self.text.into_bytes(), 0));
        diagnosis.signed_string = self.mask.signed_string(&text, tail);
        diagnosis.diff = self.diff;
        diagnosis
    }
}

/// More fields than any message has.
const MOST_FIELDS: usize = 1024;

/// The string that the other side signed.
struct Theirs {
    /// Without the key.
    text: String,
    fields: Pairs,
    key: Option<String>,
}

impl Theirs {
    fn new(text: &str, ours: &Pairs) -> Self {
        let text = text.trim_end_matches(['\r', '\n']);
        let mut fields = input::signed_string(text, ours);
        let key = fields.pop_if(|(name, _)| message::is_key(name));
        let length = key.as_ref().map_or(0, |(name, value)| name.len() + value.len() + 2);
        let text = text.get(..text.len().saturating_sub(length)).unwrap_or_default().into();
        Theirs { text, fields, key: key.map(|(_, value)| value) }
    }
}

/// The fields that the protocol signs, in its order.
fn signed_fields(message: &Message) -> Pairs {
    let mut fields = Pairs::new();
    for part in message.parts.iter().filter(|part| part.signed) {
        let at = fields.partition_point(|(name, _)| *name < part.name);
        fields.insert(at, (part.name.clone(), part.value.clone()));
    }
    fields
}

fn joined(fields: &Pairs) -> String {
    let parts: Vec<String> =
        fields.iter().map(|(name, value)| alloc::format!("{name}={value}")).collect();
    parts.join("&")
}

/// `appId` is signed for the front end and not always passed to it.
fn complete(message: &mut Message, order: &Pairs) {
    let has = |message: &Message, name: &str| message.parts.iter().any(|part| part.name == name);
    let find = |wanted: &str| order.iter().find(|(name, _)| squash(name) == wanted);
    if message.kind == Kind::Page
        && !has(message, "appId")
        && let Some((_, appid)) = find("subappid").or_else(|| find("appid"))
    {
        message.parts.push(message::Part {
            name: "appId".into(),
            value: appid.clone(),
            signed: true,
            given: None,
            spelled: None,
        });
    }
}

/// Values of the order that may have been signed in place of those that were sent.
fn from_order(model: &mut Model<'_>, message: &Message, order: &Pairs) {
    for (field, part) in (0..).zip(&message.parts).filter(|(_, part)| part.signed) {
        for (name, value) in order.iter().filter(|(_, value)| !value.is_empty()) {
            match (squash(&part.name).as_str(), squash(name).as_str()) {
                ("appid", "appid" | "subappid") => model.other_value(field, value),
                ("noncestr", "noncestr") => model.other_value(field, value),
                ("partnerid", "mchid" | "submchid") => model.other_value(field, value),
                ("prepayid", "prepayid") => model.other_value(field, value),
                ("package", "prepayid") if message.kind == Kind::Page => {
                    model.other_value(field, &alloc::format!("{PREPAY}{value}"));
                }
                _ => {}
            }
        }
    }
}

/// What the other side's string has otherwise.
fn from_theirs(model: &mut Model<'_>, ours: &Pairs, theirs: &Pairs) {
    for (name, value) in theirs {
        match model.field_of(name) {
            Some(field) => model.other_value(field, value),
            None if ours.iter().all(|(known, _)| known != name) => model.other_field(name, value),
            None => {}
        }
    }
}

/// The four fields of a mini program's red packet.
fn is_red_packet(message: &Message) -> bool {
    let package = message.value("package");
    message.kind == Kind::Page && package.is_some_and(|package| package.starts_with("sendid"))
}

fn is_other_api(text: &str) -> bool {
    let header = text.to_ascii_lowercase();
    text::contains(&header, "wechatpay-signature")
        || text::contains(&header, "wechatpay2-sha256-rsa2048")
        || text::contains(text, "\"ciphertext\"") && text::contains(text, "\"resource\"")
}
