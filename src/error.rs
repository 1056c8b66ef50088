use crate::{Fields, endpoint::Action};
use alloc::{borrow::Cow, boxed::Box, string::String};
use core::fmt;

/// What every fallible function of this crate returns.
///
/// ```
/// use wxpay_core::{Fields, Key, Result, SignType, sign};
///
/// fn signature(fields: &Fields, key: &Key) -> Result<String> {
///     sign(fields, key, SignType::HmacSha256)
/// }
/// assert!(signature(&Fields::new(), &Key::any("secret")?).is_ok());
/// # Ok::<(), wxpay_core::Error>(())
/// ```
pub type Result<T> = core::result::Result<T, Error>;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// The closed list of error codes, for programs; the message of an [`Error`] is for people.
        ///
        /// The npm package throws the same codes: its list is generated from this one.
        ///
        /// ```
        /// use wxpay_core::{ErrorCode, Key};
        ///
        /// let error = Key::new("too short").expect_err("not 32 characters");
        /// assert_eq!(error.code(), ErrorCode::KeyInvalid);
        /// assert_eq!(error.code().as_str(), "KEY_INVALID");
        /// assert!(ErrorCode::ALL.contains(&error.code()));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ #[cfg_attr(feature = "serde", serde(rename = $name))] $variant,)+
        }

        impl ErrorCode {
            /// Every code, in the order of this page.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant),+];

            /// The stable spelling, `SIGN_MISMATCH` for instance.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$variant => $name),+ }
            }

            /// One sentence for the reference page: what happened.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(ErrorCode::$variant => concat!($($doc),+)),+ }
            }
        }
    };
}

codes! {
    /// No merchant key, or an empty one.
    KeyMissing = "KEY_MISSING",
    /// The merchant key is not 32 characters of `[0-9A-Za-z]`.
    KeyInvalid = "KEY_INVALID",
    /// A signature type other than `MD5` and `HMAC-SHA256`.
    SignTypeUnknown = "SIGN_TYPE_UNKNOWN",
    /// A field name that cannot be an XML element name of the dialect.
    FieldName = "FIELD_NAME",
    /// A field value that cannot be sent: a float, an object, a control character.
    FieldValue = "FIELD_VALUE",
    /// A field that the library sets itself (`sign`, `key`).
    FieldReserved = "FIELD_RESERVED",
    /// The same field name twice.
    FieldDuplicate = "FIELD_DUPLICATE",
    /// A field that the endpoint or the message requires is absent.
    FieldMissing = "FIELD_MISSING",
    /// A field value longer or larger than documented, or too many fields.
    FieldLimit = "FIELD_LIMIT",
    /// The body is not valid UTF-8.
    XmlNotUtf8 = "XML_NOT_UTF8",
    /// The body is no XML message at all: empty, JSON, HTML, gzip.
    XmlNotXml = "XML_NOT_XML",
    /// The body has a DOCTYPE or an entity declaration.
    XmlDoctype = "XML_DOCTYPE",
    /// The body is not well-formed, or uses a part of XML that the dialect leaves out.
    XmlMalformed = "XML_MALFORMED",
    /// The same element twice.
    XmlDuplicate = "XML_DUPLICATE",
    /// An element inside a field.
    XmlNested = "XML_NESTED",
    /// The body is larger, or has more or longer fields, than the limits allow.
    XmlLimit = "XML_LIMIT",
    /// The message carries no signature.
    SignMissing = "SIGN_MISSING",
    /// The signature is not 32 or 64 upper-case hexadecimal digits.
    SignMalformed = "SIGN_MALFORMED",
    /// The signature does not fit the message and the key.
    SignMismatch = "SIGN_MISMATCH",
    /// The message is signed with MD5 where HMAC-SHA256 is required.
    SignDowngrade = "SIGN_DOWNGRADE",
    /// The declared `sign_type` contradicts the signature.
    SignTypeContradiction = "SIGN_TYPE_CONTRADICTION",
    /// No cryptographically secure random source.
    RandomUnavailable = "RANDOM_UNAVAILABLE",
    /// A fault of this library; the call had no effect.
    Internal = "INTERNAL",
    /// An option of the configuration is missing or malformed.
    ConfigInvalid = "CONFIG_INVALID",
    /// The call needs the merchant's client certificate, and none was given or none arrived.
    CertMissing = "CERT_MISSING",
    /// The client certificate cannot be used: unreadable, expired, wrong passphrase or key.
    CertInvalid = "CERT_INVALID",
    /// The client certificate has a form that this runtime cannot use.
    CertUnsupported = "CERT_UNSUPPORTED",
    /// The gateway answered `return_code` FAIL: it did not accept the request.
    ReturnFail = "RETURN_FAIL",
    /// The gateway answered `result_code` FAIL: the business failed, see `err_code`.
    ResultFail = "RESULT_FAIL",
    /// The answer is not a message of the API (HTML, empty, truncated).
    AnswerInvalid = "ANSWER_INVALID",
    /// The answer is signed, but belongs to another question.
    AnswerMismatch = "ANSWER_MISMATCH",
    /// The request failed before an answer came.
    Transport = "TRANSPORT",
    /// No answer within the deadline.
    Timeout = "TIMEOUT",
    /// The caller aborted the call.
    Aborted = "ABORTED",
    /// Money may have moved, and no answer says whether: query before anything else.
    OutcomeUnknown = "OUTCOME_UNKNOWN",
    /// A notification that is not a POST.
    NotifyMethod = "NOTIFY_METHOD",
    /// A notification larger than the limit, or slower than the deadline.
    NotifyLimit = "NOTIFY_LIMIT",
    /// A notification with a Content-Encoding.
    NotifyEncoding = "NOTIFY_ENCODING",
    /// The raw bytes of the notification are gone: a body parser ate them.
    NotifyBody = "NOTIFY_BODY",
    /// A signed message that is not a payment notification.
    NotifyKind = "NOTIFY_KIND",
    /// A notification for another appid or merchant.
    NotifyMerchant = "NOTIFY_MERCHANT",
    /// The `req_info` of a refund notification cannot be read with the key: forged, cut, or another
    /// merchant's.
    RefundUndecipherable = "REFUND_UNDECIPHERABLE",
    /// The amount or currency differs from the stored order.
    NotifyAmount = "NOTIFY_AMOUNT",
    /// A notification for an order that is not in the store.
    NotifyOrder = "NOTIFY_ORDER",
    /// The transaction contradicts what the store recorded before.
    NotifyTransaction = "NOTIFY_TRANSACTION",
    /// The order number exists already.
    StoreDuplicate = "STORE_DUPLICATE",
    /// The store could not carry out the operation.
    StoreFailed = "STORE_FAILED",
    /// The store is not configured for money (durability, schema version).
    StoreConfig = "STORE_CONFIG",
    /// The bill is not as WeChat writes it: cut off, not UTF-8, rows that do not fit the titles.
    BillInvalid = "BILL_INVALID",
    /// The bill is larger than the limit, or unpacks to far more than it was.
    BillLimit = "BILL_LIMIT",
    /// The bill is still being made: ask again after 10:00 (GMT+8) of the day after.
    BillNotReady = "BILL_NOT_READY",
    /// The gateway simulator refuses: it is no place for production.
    GatewayRefused = "GATEWAY_REFUSED",
}

/// An error with a code for programs and a message for people.
///
/// The message says what was expected, what came and where; it never holds a key, a computed
/// signature or the value of a field.
///
/// ```
/// use wxpay_core::{ErrorCode, Fields};
///
/// let twice = Fields::from_pairs([("body", "tea"), ("body", "salt")]);
/// let error = twice.expect_err("one name, two values");
/// assert_eq!(error.code(), ErrorCode::FieldDuplicate);
/// assert_eq!(error.field_name(), Some("body"));
/// assert_eq!(
///     error.to_string(),
///     "`body`: given twice; each field stands once in a message"
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    code: ErrorCode,
    message: Cow<'static, str>,
    field: Option<String>,
    offset: Option<usize>,
    err_code: Option<String>,
    action: Option<Action>,
}

impl Error {
    pub(crate) fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Error(Box::new(Inner {
            code,
            message: message.into(),
            field: None,
            offset: None,
            err_code: None,
            action: None,
        }))
    }

    pub(crate) fn field(mut self, name: &str) -> Self {
        self.0.field = Some(quote(name, 64));
        self
    }

    pub(crate) fn at(mut self, offset: usize) -> Self {
        self.0.offset = Some(offset);
        self
    }

    /// Keeps the `err_code` of the gateway's answer.
    pub(crate) fn answered(mut self, answer: &Fields) -> Self {
        let code = answer.filled("err_code").or(answer.filled("errcode"));
        self.0.err_code = code.map(|code| quote(code, 64));
        self
    }

    pub(crate) fn advised(mut self, action: Option<Action>) -> Self {
        self.0.action = action;
        self
    }

    /// What the table of endpoints says to do about the `err_code`.
    #[must_use]
    pub fn action(&self) -> Option<Action> {
        self.0.action
    }

    /// WeChat's own `err_code`, where its answer had one.
    #[must_use]
    pub fn err_code(&self) -> Option<&str> {
        self.0.err_code.as_deref()
    }

    /// The code, from the closed list.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// The name of the field that is at fault, where there is one.
    #[must_use]
    pub fn field_name(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// Where in the body the reader stopped, in bytes from the start.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        self.0.offset
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = &self.0.field {
            write!(f, "`{field}`: ")?;
        }
        f.write_str(&self.0.message)?;
        if let Some(offset) = self.0.offset {
            write!(f, " (at byte {offset})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}: {self})", self.0.code.as_str())
    }
}

impl core::error::Error for Error {}

/// A text from outside for a message: bounded, and nothing in it that could break a log line.
pub(crate) fn quote(text: &str, limit: usize) -> String {
    let mut quoted = String::new();
    for c in text.chars().take(limit) {
        // Controls, the marks that change the direction of text, and the separators of lines.
        let harmful = matches!(
            c,
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        );
        quoted.push(if harmful { '\u{fffd}' } else { c });
    }
    quoted
}
