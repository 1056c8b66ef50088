//! The refund notification (退款结果通知, chapter 9.16): what is in `req_info`.
//!
//! It is no signature: AES-256-ECB hides, but does not protect from splicing. What comes out must be
//! matched with the stored refund (`out_refund_no`, `refund_fee`, `total_fee`, `transaction_id`).

use crate::{
    Error, ErrorCode, Fields, Key, Result,
    facts::{facts, missing},
    merchant::Merchant,
    notification::check_success,
    sign::md5_with,
    xml,
};
use aes::{
    Aes256, Block,
    cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};
use alloc::{string::String, vec::Vec};
use base64ct::{Base64, Encoding};
use subtle::{ConstantTimeEq, ConstantTimeGreater};
use zeroize::Zeroizing;

/// The root element of the text in `req_info`.
pub const ROOT: &str = "root";

const BLOCK: usize = 16;

/// What a refund notification has (chapter 9.16). The first three are the order's: in the answer of a
/// query (chapter 9.5) the others have a number.
const REQUIRED: [&str; 7] = [
    "out_trade_no",
    "transaction_id",
    "total_fee",
    "out_refund_no",
    "refund_id",
    "refund_fee",
    "refund_status",
];
/// What it may have.
const OPTIONAL: [&str; 4] =
    ["settlement_refund_fee", "refund_recv_accout", "refund_request_source", "success_time"];

/// Reads a refund notification (chapter 9.16): merchant, decryption, grammar. The fields are those
/// of a refund as the notification calls them, the filled ones; amounts are integers in fen.
///
/// There is no signature: match them with the stored refund before anything else.
///
/// ```
/// use wxpay_core::{Fields, Key, merchant::Merchant, refund, xml};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// // What WeChat does: the refund in `req_info`, the merchant around it.
/// let secret = Fields::from_pairs([
///     ("out_trade_no", "T1"),
///     ("transaction_id", "4200000001"),
///     ("total_fee", "880"),
///     ("out_refund_no", "R1"),
///     ("refund_id", "5000000001"),
///     ("refund_fee", "880"),
///     ("settlement_refund_fee", "880"),
///     ("refund_status", "SUCCESS"),
/// ])?;
/// let body = xml::build(&Fields::from_pairs([
///     ("return_code", "SUCCESS"),
///     ("appid", "wxd930ea5d5a258f4f"),
///     ("mch_id", "10000100"),
///     ("nonce_str", "ibuaiVcKdpRxkhJA"),
///     ("req_info", &refund::encrypt_refund(&secret, &key)),
/// ])?);
///
/// let merchant =
///     Merchant { appid: "wxd930ea5d5a258f4f", mch_id: "10000100", sub_mch_id: None };
/// let refund = refund::notified(body.as_bytes(), &key, merchant)?;
/// assert_eq!(refund.get("out_refund_no"), Some("R1"));
/// assert_eq!(refund.get("refund_fee"), Some("880"), "fen, as digits");
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `XML_*`, `NOTIFY_KIND`, `NOTIFY_MERCHANT`, `REFUND_UNDECIPHERABLE`, `FIELD_MISSING`,
/// `FIELD_VALUE`.
pub fn notified(body: &[u8], keys: impl AsRef<[Key]>, merchant: Merchant<'_>) -> Result<Fields> {
    let outer = xml::parse(body)?;
    check_success(&outer, &["return_code"])?;
    merchant.check_message(&outer, false)?;
    let req_info = outer.filled("req_info").ok_or_else(|| missing("req_info"))?;
    result(&decrypt_refund(req_info, keys.as_ref())?, "")
}

/// The refund with this number in the verified answer of a refund query, as [`notified`] has it.
///
/// ```
/// use wxpay_core::{Fields, refund};
///
/// let answer = Fields::from_pairs([
///     ("out_trade_no", "T1"),
///     ("transaction_id", "4200000001"),
///     ("total_fee", "880"),
///     ("out_refund_no_0", "R1"),
///     ("refund_id_0", "5000000001"),
///     ("refund_fee_0", "880"),
///     ("settlement_refund_fee_0", "880"),
///     ("refund_status_0", "SUCCESS"),
/// ])?;
/// assert_eq!(refund::queried(&answer, "R1")?.get("refund_id"), Some("5000000001"));
/// assert!(refund::queried(&answer, "R2").is_err());
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `ANSWER_MISMATCH` when the answer has no such refund, `FIELD_MISSING`, `FIELD_VALUE`.
pub fn queried(answer: &Fields, out_refund_no: &str) -> Result<Fields> {
    let mut numbered = answer.iter().filter(|&(_, value)| value == out_refund_no);
    match numbered.find_map(|(name, _)| name.strip_prefix("out_refund_no_")) {
        Some(number) => result(answer, number),
        None => Err(Error::new(ErrorCode::AnswerMismatch, "no refund of this number")
            .field("out_refund_no")),
    }
}

fn result(given: &Fields, number: &str) -> Result<Fields> {
    let fields = facts(given, number, &REQUIRED, &OPTIONAL)?;
    match fields.filled("refund_status") {
        Some("SUCCESS" | "CHANGE" | "REFUNDCLOSE" | "PROCESSING") => Ok(fields),
        _ => Err(Error::new(ErrorCode::FieldValue, "no known state").field("refund_status")),
    }
}

/// The fields in `req_info`: base64, over AES-256-ECB with PKCS#7 padding, over XML with the root
/// `<root>`. The AES key is the lower-case MD5 of the merchant key, as text.
///
/// `keys` is one key, or several during a change of the key. Line breaks in the base64 are ignored.
///
/// ```
/// use wxpay_core::{ErrorCode, Fields, Key, refund};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let fields = Fields::from_pairs([("refund_id", "5000000001")])?;
/// let req_info = refund::encrypt_refund(&fields, &key);
/// assert_eq!(refund::decrypt_refund(&req_info, &key)?, fields);
///
/// let other = Key::new("8934e7d15453e97507ef794cf7b0519d")?;
/// let error =
///     refund::decrypt_refund(&req_info, &other).expect_err("another merchant's key");
/// assert_eq!(error.code(), ErrorCode::RefundUndecipherable);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `KEY_MISSING` without a key. For everything else `REFUND_UNDECIPHERABLE`, in one text: whoever
/// sends it must not learn how far it came.
pub fn decrypt_refund(req_info: &str, keys: impl AsRef<[Key]>) -> Result<Fields> {
    let keys = keys.as_ref();
    if keys.is_empty() {
        return Err(Error::new(ErrorCode::KeyMissing, "at least one merchant key is needed"));
    }
    // A text in base64 that is larger than any message: not worth the memory.
    let small = Some(req_info).filter(|text| text.len() <= 2 * xml::Limits::DEFAULT.bytes);
    let folded: String = small.unwrap_or_default().split(['\r', '\n']).collect();
    let sealed = Base64::decode_vec(&folded).unwrap_or_default();
    let mut found = None;
    for key in keys {
        // Every key is tried to the end, so that the time does not tell which one fits.
        let fields = decipher(&sealed, key)
            .and_then(|text| xml::parse_with(&text, ROOT, xml::Limits::DEFAULT).ok());
        found = found.or(fields);
    }
    found.ok_or_else(|| {
        Error::new(
            ErrorCode::RefundUndecipherable,
            "cannot be read with the merchant key (API v2, not v3): it is not the req_info of a \
             refund of this merchant as WeChat sent it",
        )
        .field("req_info")
    })
}

/// The `req_info` of these fields, as the gateway sends it.
///
/// ```
/// use wxpay_core::{Fields, Key, refund};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let fields = Fields::from_pairs([("refund_id", "5000000001")])?;
/// let req_info = refund::encrypt_refund(&fields, &key);
/// assert!(!req_info.contains("5000000001"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[must_use]
pub fn encrypt_refund(fields: &Fields, key: &Key) -> String {
    encipher(xml::build_with(fields, ROOT).as_bytes(), key)
}

/// The `req_info` of any text, for tests of what a receiver must refuse.
///
/// ```
/// use wxpay_core::{ErrorCode, Key, refund};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let req_info = refund::encipher(b"<root><unclosed></root>", &key);
/// let error = refund::decrypt_refund(&req_info, &key).expect_err("no message");
/// assert_eq!(error.code(), ErrorCode::RefundUndecipherable);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[must_use]
pub fn encipher(text: &[u8], key: &Key) -> String {
    let padding = BLOCK - text.len() % BLOCK;
    let mut sealed = Vec::from(text);
    sealed.extend((0..padding).map(|_| u8::try_from(padding).unwrap_or_default()));
    let cipher = cipher(key);
    for block in sealed.as_chunks_mut::<BLOCK>().0 {
        let mut cells = Block::from(*block);
        cipher.encrypt_block(&mut cells);
        *block = cells.into();
    }
    Base64::encode_string(&sealed)
}

/// The text, `None` where the length or the padding is wrong.
fn decipher(sealed: &[u8], key: &Key) -> Option<Vec<u8>> {
    let cipher = cipher(key);
    let mut text = Vec::from(sealed);
    let (blocks, []) = text.as_chunks_mut::<BLOCK>() else { return None };
    for block in blocks {
        let mut cells = Block::from(*block);
        cipher.decrypt_block(&mut cells);
        *block = cells.into();
    }
    let last: &[u8; BLOCK] = text.last_chunk()?;
    let padding = last[BLOCK - 1];
    // Looks at all of the block, whatever stands in it.
    let mut fits = !padding.ct_eq(&0) & !padding.ct_gt(&16);
    for (from_end, byte) in (0u8..).zip(last.iter().rev()) {
        let within = padding.ct_gt(&from_end);
        fits &= !within | byte.ct_eq(&padding);
    }
    text.truncate(text.len() - usize::from(padding.min(16)));
    bool::from(fits).then_some(text)
}

fn cipher(key: &Key) -> Aes256 {
    let mut digits = Zeroizing::new(md5_with("", "", key));
    digits.make_ascii_lowercase();
    let mut bytes = Zeroizing::new([0; 32]);
    for (to, from) in bytes.iter_mut().zip(digits.bytes()) {
        *to = from;
    }
    Aes256::new(&(*bytes).into())
}
