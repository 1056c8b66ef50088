//! What is told: never a key, never a signature.

use super::{diff::Differing, key::TAILS, mistake::Mistake, text::find, transform::invisible};
use alloc::{format, string::String, vec::Vec};
use core::fmt::Write;
use zeroize::Zeroizing;

const MASK: &str = "***";

/// How it ended.
///
/// ```
/// use wxpay_core::diagnose::{Options, Verdict, diagnose};
///
/// let verdict = |input| diagnose(input, "a key", &Options::default()).map(|d| d.verdict);
/// assert_eq!(verdict("<xml><body>tea</body></xml>")?, Verdict::NoSignature);
/// assert_eq!(verdict("hello")?, Verdict::Unreadable);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Verdict {
    /// The signature is right.
    Right,
    /// These mistakes, and no others, make the signature that was given.
    Mistakes,
    /// No known mistake makes it.
    Unexplained,
    /// There is no signature to explain.
    NoSignature,
    /// What was given as the signature is none.
    NotASignature,
    /// No fields were found in the text.
    Unreadable,
    /// The message belongs to API v3.
    OtherApi,
}

/// One mistake that was found.
///
/// ```
/// use wxpay_core::diagnose::{Options, diagnose};
///
/// let message =
///     "<xml><body>tea</body><sign>e14c8b2f4fea52753d6be1e772a83dee</sign></xml>";
/// let diagnosis =
///     diagnose(message, "192006250b4c09247ec02edce69f6a2d", &Options::default())?;
/// let finding = &diagnosis.mistakes[0];
/// assert_eq!(finding.en, "the signature is in lower case");
/// assert_eq!(finding.fix_en, "convert the hexadecimal digits to upper case");
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Finding {
    /// Which, from the closed list.
    pub id: Mistake,
    /// The field that it concerns, or the name of the candidate key; none where it concerns all.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub field: Option<String>,
    /// What is wrong, in Chinese.
    pub zh: String,
    /// What is wrong, in English.
    pub en: String,
    /// What to do, in Chinese.
    pub fix_zh: String,
    /// What to do, in English.
    pub fix_en: String,
}

/// Why a signature does not fit.
///
/// ```
/// use wxpay_core::diagnose::{Options, Verdict, diagnose};
///
/// let message = "body=tea&sign=0123456789ABCDEF0123456789ABCDEF";
/// let diagnosis =
///     diagnose(message, "192006250b4c09247ec02edce69f6a2d", &Options::default())?;
/// assert_eq!(diagnosis.verdict, Verdict::Unexplained);
/// assert_eq!(diagnosis.signed_string, "body=tea&key=***", "the key stays hidden");
/// assert!(diagnosis.complete && diagnosis.tried > 100);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Diagnosis {
    /// How it ended.
    pub verdict: Verdict,
    /// One sentence, in Chinese.
    pub zh: String,
    /// One sentence, in English.
    pub en: String,
    /// What was found; empty unless the verdict is [`Verdict::Mistakes`].
    pub mistakes: Vec<Finding>,
    /// The string that was signed, or the one that should have been; the key masked, invisible
    /// characters made visible.
    pub signed_string: String,
    /// Where the other side's string differs from the one that the message gives.
    pub diff: Vec<Differing>,
    /// How many variants were computed.
    pub tried: usize,
    /// Whether all single mistakes and pairs were tried, or one was found.
    pub complete: bool,
}

/// Hides the keys.
pub(super) struct Mask(Vec<Zeroizing<String>>);

impl Mask {
    /// The longer ones first, so that none is left in part.
    pub(super) fn new<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hidden: Vec<Zeroizing<String>> = Vec::new();
        for key in keys {
            for form in
                [key, key.trim(), key.trim_matches(['"', '\'', ' ', '\n', '\r', '\u{feff}'])]
            {
                // A shorter text would hide what has nothing to do with it.
                if form.len() >= 6 {
                    let at = hidden.partition_point(|longer| longer.len() > form.len());
                    hidden.insert(at, Zeroizing::new(form.into()));
                }
            }
        }
        Mask(hidden)
    }

    /// The text without keys, with invisible characters made visible.
    #[inline(never)]
    pub(super) fn show(&self, text: &str) -> String {
        self.visible(text.as_bytes())
    }

    fn hide(&self, text: &str) -> String {
        let mut text = String::from(text);
        for key in &self.0 {
            text = hidden(&text, key);
        }
        text
    }

    /// Text, or what is left of it in another character set.
    #[inline(never)]
    fn visible(&self, bytes: &[u8]) -> String {
        let mut out = String::with_capacity(bytes.len());
        if let Ok(text) = core::str::from_utf8(bytes) {
            for c in self.hide(text).chars() {
                mark(c, &mut out);
            }
            return out;
        }
        for &byte in bytes {
            if byte.is_ascii() {
                mark(char::from(byte), &mut out);
            } else {
                let _ = write!(out, "<{byte:02X}>");
            }
        }
        self.hide(&out)
    }

    /// The string that was signed.
    #[inline(never)]
    pub(super) fn signed_string(&self, text: &[u8], tail: u16) -> String {
        let fields = self.visible(text);
        let Some(tail) = TAILS.get(usize::from(tail)) else { return fields };
        let key = if tail.key { MASK } else { "" };
        let before =
            if fields.is_empty() { tail.before.trim_start_matches('&') } else { tail.before };
        let sealed = self.visible(before.as_bytes()) + key + &self.visible(tail.after.as_bytes());
        if tail.front { sealed + &fields } else { fields + &sealed }
    }
}

/// The text without the key, in whatever case it stands.
fn hidden(text: &str, key: &str) -> String {
    let (lower, key) = (text.to_ascii_lowercase(), Zeroizing::new(key.to_ascii_lowercase()));
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    while let Some(at) = lower.get(end..).and_then(|rest| find(rest, &key)) {
        out.push_str(text.get(end..end + at).unwrap_or_default());
        out.push_str(MASK);
        end += at + key.len();
    }
    out.push_str(text.get(end..).unwrap_or_default());
    out
}

fn mark(c: char, out: &mut String) {
    match c {
        '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
        '\u{7f}' => out.push('\u{2421}'),
        ' ' => out.push(' '),
        c if c.is_whitespace() || invisible(c) || c.is_control() => {
            let _ = write!(out, "<U+{:04X}>", u32::from(c));
        }
        c => out.push(c),
    }
}

impl Finding {
    pub(super) fn new(id: Mistake, field: Option<String>, received: bool) -> Self {
        let [zh, en, fix_zh, fix_en] = id.words(field.as_deref(), received);
        Finding { id, field, zh, en, fix_zh, fix_en }
    }
}

impl Diagnosis {
    #[inline(never)]
    pub(super) fn new(verdict: Verdict) -> Self {
        let (zh, en) = sentence(verdict);
        Diagnosis {
            verdict,
            zh: zh.into(),
            en: en.into(),
            mistakes: Vec::new(),
            signed_string: String::new(),
            diff: Vec::new(),
            tried: 0,
            complete: true,
        }
    }

    #[inline(never)]
    pub(super) fn of(mistakes: Vec<Finding>) -> Self {
        let join =
            |part: fn(&Finding) -> &str, fix: fn(&Finding) -> &str, between: &str, then: &str| {
                let parts: Vec<String> =
                    mistakes.iter().map(|m| format!("{}{then}{}", part(m), fix(m))).collect();
                parts.join(between)
            };
        let zh = join(|m| &m.zh, |m| &m.fix_zh, "；另外，", "。") + "。";
        let en = join(|m| &m.en, |m| &m.fix_en, "; and ", ": ") + ".";
        Diagnosis { zh, en, mistakes, ..Diagnosis::new(Verdict::Mistakes) }
    }

    /// Says how much was tried in vain.
    pub(super) fn count(mut self, tried: usize, complete: bool) -> Self {
        self.tried = tried;
        self.complete = complete;
        if self.verdict == Verdict::Unexplained {
            if complete {
                let _ = write!(self.zh, "（已试 {tried} 种变化。）");
                let _ = write!(self.en, " ({tried} variants tried.)");
            } else {
                let _ = write!(self.zh, "（报文太大，只试了 {tried} 种变化。）");
                let _ =
                    write!(self.en, " (The message is large: only {tried} variants were tried.)");
            }
        }
        self
    }
}

const fn sentence(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Right => (
            "签名正确：它与这些字段和这个密钥一致。",
            "The signature is right: it fits these fields and this key.",
        ),
        Verdict::Mistakes => ("", ""),
        Verdict::Unexplained => (
            "这些字段加上任何一个或两个已知的错误都得不到这个签名：最可能是密钥不对（不是这个商户号的 API v2 密钥），\
             或者签名的是别的字段。",
            "No known mistake, alone or with another, makes this signature of these fields: most likely \
             it was made with another key (not the API v2 key of this merchant id), or over other \
             fields than these.",
        ),
        Verdict::NoSignature => (
            "没有可供核对的签名：报文里没有 sign 或 paySign。",
            "There is no signature to check: the message has no sign or paySign.",
        ),
        Verdict::NotASignature => (
            "给出的签名不是 32 位（MD5）或 64 位（HMAC-SHA256）十六进制。",
            "What was given as the signature is not 32 (MD5) or 64 (HMAC-SHA256) hexadecimal digits.",
        ),
        Verdict::Unreadable => (
            "没有认出字段：请粘贴 XML、JSON、name=value&… 或含有它们的一行日志。",
            "No fields were recognised: paste XML, JSON, name=value&… or a line of a log with one of them.",
        ),
        Verdict::OtherApi => (
            "这是 API v3 的报文：它用 RSA 签名，不能用 v2 密钥核对。",
            "This belongs to API v3: it is signed with RSA and cannot be checked with a v2 key.",
        ),
    }
}
