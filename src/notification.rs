//! The notifications of payments (chapter 9.7) and contracts (委托代扣), and the callback of NATIVE
//! mode 1 (chapter 6.4): when a message that came in is one, and what is replied.

use crate::{
    Error, ErrorCode, Fields, Key, Result, SignType, facts::facts, merchant::Merchant, parse_signed,
};
use alloc::string::String;

/// The reply that ends the deliveries: the payment is recorded.
pub const SUCCESS: &str = "<xml><return_code><![CDATA[SUCCESS]]></return_code>\
                           <return_msg><![CDATA[OK]]></return_msg></xml>";

/// The reply that asks for another delivery. One text for every reason: a stranger learns nothing.
pub const FAIL: &str = "<xml><return_code><![CDATA[FAIL]]></return_code>\
                        <return_msg><![CDATA[REFUSED]]></return_msg></xml>";

/// A payment that WeChat vouches for. Whether it is the order's amount is still to be checked:
/// [`Payment::check`].
///
/// ```
/// use wxpay_core::{Key, SignType, merchant::Merchant, notification};
/// # use wxpay_core::{Fields, signed_xml};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let merchant = Merchant { appid: "wxd930ea5d5a258f4f", mch_id: "10000100", sub_mch_id: None };
/// # let body = signed_xml(&Fields::from_pairs([
/// #     ("return_code", "SUCCESS"),
/// #     ("result_code", "SUCCESS"),
/// #     ("appid", "wxd930ea5d5a258f4f"),
/// #     ("mch_id", "10000100"),
/// #     ("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
/// #     ("trade_type", "NATIVE"),
/// #     ("bank_type", "CFT"),
/// #     ("total_fee", "880"),
/// #     ("transaction_id", "4200000001"),
/// #     ("out_trade_no", "T1"),
/// #     ("time_end", "20141030133525"),
/// # ])?, &key, SignType::Md5)?.into_bytes();
/// let payment = notification::payment(&body, &key, SignType::Md5, merchant)?;
/// assert_eq!((payment.out_trade_no.as_str(), payment.total_fee), ("T1", 880));
///
/// // What the shop's own order says; SUCCESS is replied after the payment is stored for good.
/// payment.check(880, "CNY")?;
/// assert!(payment.check(881, "CNY").is_err());
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Payment {
    /// The merchant's order number, to be compared byte by byte.
    pub out_trade_no: String,
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// The order's amount in fen. It decides; coupons lower `cash_fee` only.
    pub total_fee: u64,
    /// ISO 4217, `CNY` where the message has none.
    pub fee_type: String,
    /// What was paid in cash, in fen, where the message says it.
    pub cash_fee: Option<u64>,
    /// The payer under the appid.
    pub openid: Option<String>,
    /// The bank, as a code.
    pub bank_type: Option<String>,
    /// When it was paid: `yyyyMMddHHmmss` in GMT+8.
    pub time_end: String,
}

/// What pays through a notification; payment codes (`MICROPAY`) answer directly and notify nothing.
const TRADE_TYPES: [&str; 5] = ["JSAPI", "NATIVE", "APP", "MWEB", "PAP"];

/// Fields that other signed messages have and payment notifications have not: an answer to a query
/// or a refund must not pass for a payment, although it is signed with the same key.
const FOREIGN: [&str; 6] =
    ["trade_state", "refund_id", "refund_count", "prepay_id", "paySign", "notify_url"];

/// Reads a payment notification: signature first, then kind, merchant and grammar.
///
/// ```
/// use wxpay_core::{ErrorCode, Key, SignType, merchant::Merchant, notification};
/// # use wxpay_core::{Fields, signed_xml};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let merchant =
///     Merchant { appid: "wxd930ea5d5a258f4f", mch_id: "10000100", sub_mch_id: None };
/// # let body = signed_xml(&Fields::from_pairs([
/// #     ("return_code", "SUCCESS"),
/// #     ("result_code", "SUCCESS"),
/// #     ("appid", "wxd930ea5d5a258f4f"),
/// #     ("mch_id", "10000100"),
/// #     ("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
/// #     ("trade_type", "NATIVE"),
/// #     ("bank_type", "CFT"),
/// #     ("total_fee", "880"),
/// #     ("transaction_id", "4200000001"),
/// #     ("out_trade_no", "T1"),
/// #     ("time_end", "20141030133525"),
/// # ])?, &key, SignType::Md5)?.into_bytes();
/// assert_eq!(
///     notification::payment(&body, &key, SignType::Md5, merchant)?.transaction_id,
///     "4200000001"
/// );
///
/// let other = Merchant { mch_id: "10000101", ..merchant };
/// let error =
///     notification::payment(&body, &key, SignType::Md5, other).expect_err("not ours");
/// assert_eq!(error.code(), ErrorCode::NotifyMerchant);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `XML_*`, `SIGN_*`, `NOTIFY_KIND`, `NOTIFY_MERCHANT`, `FIELD_MISSING`, `FIELD_VALUE`.
pub fn payment(
    body: &[u8],
    keys: impl AsRef<[Key]>,
    floor: SignType,
    merchant: Merchant<'_>,
) -> Result<Payment> {
    payment_fields(body, keys.as_ref(), floor, merchant).map(|facts| Payment::of(&facts))
}

/// [`payment`] as fields: those of [`Payment`] that are there, amounts as digits.
///
/// ```
/// use wxpay_core::{Key, SignType, merchant::Merchant, notification};
/// # use wxpay_core::{Fields, signed_xml};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let merchant =
///     Merchant { appid: "wxd930ea5d5a258f4f", mch_id: "10000100", sub_mch_id: None };
/// # let body = signed_xml(&Fields::from_pairs([
/// #     ("return_code", "SUCCESS"),
/// #     ("result_code", "SUCCESS"),
/// #     ("appid", "wxd930ea5d5a258f4f"),
/// #     ("mch_id", "10000100"),
/// #     ("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
/// #     ("trade_type", "NATIVE"),
/// #     ("bank_type", "CFT"),
/// #     ("total_fee", "880"),
/// #     ("transaction_id", "4200000001"),
/// #     ("out_trade_no", "T1"),
/// #     ("time_end", "20141030133525"),
/// # ])?, &key, SignType::Md5)?.into_bytes();
/// let fields = notification::payment_fields(&body, &key, SignType::Md5, merchant)?;
/// assert_eq!(fields.get("total_fee"), Some("880"));
/// assert_eq!(fields.get("return_code"), None, "only what a payment is");
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// As [`payment`].
pub fn payment_fields(
    body: &[u8],
    keys: impl AsRef<[Key]>,
    floor: SignType,
    merchant: Merchant<'_>,
) -> Result<Fields> {
    let fields = parse_signed(body, keys.as_ref(), floor)?;
    check_kind(&fields)?;
    merchant.check_message(&fields, false)?;
    facts_of(&fields)
}

/// The payment in the verified answer of an order query, for orders whose notification never came.
/// An order that is REFUND was paid too (chapter 9.2).
///
/// ```
/// use wxpay_core::{Fields, notification};
///
/// let answer = Fields::from_pairs([
///     ("trade_state", "SUCCESS"),
///     ("out_trade_no", "T1"),
///     ("transaction_id", "4200000001"),
///     ("total_fee", "880"),
///     ("time_end", "20141030133525"),
/// ])?;
/// assert_eq!(notification::queried_payment(&answer)?.fee_type, "CNY");
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `NOTIFY_KIND` unless `trade_state` is SUCCESS or REFUND, `FIELD_MISSING`, `FIELD_VALUE`.
pub fn queried_payment(answer: &Fields) -> Result<Payment> {
    queried_fields(answer).map(|facts| Payment::of(&facts))
}

/// [`queried_payment`] as fields.
///
/// ```
/// use wxpay_core::{Fields, notification};
///
/// let answer = Fields::from_pairs([
///     ("trade_state", "SUCCESS"),
///     ("out_trade_no", "T1"),
///     ("transaction_id", "4200000001"),
///     ("total_fee", "880"),
///     ("time_end", "20141030133525"),
/// ])?;
/// assert_eq!(
///     notification::queried_fields(&answer)?.get("transaction_id"),
///     Some("4200000001")
/// );
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// As [`queried_payment`].
pub fn queried_fields(answer: &Fields) -> Result<Fields> {
    match answer.filled("trade_state") {
        Some("SUCCESS" | "REFUND") => facts_of(answer),
        _ => Err(Error::new(ErrorCode::NotifyKind, "the order is not paid").field("trade_state")),
    }
}

/// A payer has scanned a QR code of NATIVE mode 1 and waits for an order.
///
/// ```
/// use wxpay_core::{Key, merchant::Merchant, notification};
/// # use wxpay_core::{Fields, SignType, signed_xml};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let merchant =
///     Merchant { appid: "wxd930ea5d5a258f4f", mch_id: "10000100", sub_mch_id: None };
/// # let body = signed_xml(&Fields::from_pairs([
/// #     ("appid", "wxd930ea5d5a258f4f"),
/// #     ("mch_id", "10000100"),
/// #     ("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
/// #     ("is_subscribe", "Y"),
/// #     ("nonce_str", "ibuaiVcKdpRxkhJA"),
/// #     ("product_id", "tea-1"),
/// # ])?, &key, SignType::Md5)?.into_bytes();
/// let scan = notification::native_callback(&body, &key, merchant)?;
/// assert_eq!((scan.product_id.as_str(), scan.is_subscribe.as_str()), ("tea-1", "Y"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct NativeCallback {
    /// The merchant's product number, from the QR code.
    pub product_id: String,
    /// The payer under the appid, for the order.
    pub openid: String,
    /// Whether the payer follows the official account: `Y` or `N`.
    pub is_subscribe: String,
    /// WeChat's nonce.
    pub nonce_str: String,
}

/// Reads a callback of NATIVE mode 1 (chapter 6.4): signature first, then kind and merchant.
///
/// It is signed with MD5 whatever the orders are signed with, and has no `return_code`. What has
/// one, or a field of an order, is another message under the same key.
///
/// ```
/// use wxpay_core::{
///     ErrorCode, Fields, Key, SignType, merchant::Merchant, notification, signed_xml,
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let merchant =
///     Merchant { appid: "wxd930ea5d5a258f4f", mch_id: "10000100", sub_mch_id: None };
/// let answer = Fields::from_pairs([("return_code", "SUCCESS"), ("mch_id", "10000100")])?;
/// let answer = signed_xml(&answer, &key, SignType::Md5)?;
/// let error = notification::native_callback(answer.as_bytes(), &key, merchant)
///     .expect_err("signed with our key, but no callback");
/// assert_eq!(error.code(), ErrorCode::NotifyKind);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `XML_*`, `SIGN_*`, `NOTIFY_KIND`, `NOTIFY_MERCHANT`, `FIELD_MISSING`.
pub fn native_callback(
    body: &[u8],
    keys: impl AsRef<[Key]>,
    merchant: Merchant<'_>,
) -> Result<NativeCallback> {
    let facts = native_fields(body, keys.as_ref(), merchant)?;
    let text = |name| facts.get(name).map(String::from).unwrap_or_default();
    Ok(NativeCallback {
        product_id: text("product_id"),
        openid: text("openid"),
        is_subscribe: text("is_subscribe"),
        nonce_str: text("nonce_str"),
    })
}

/// [`native_callback`] as fields.
///
/// ```
/// use wxpay_core::{Key, merchant::Merchant, notification};
/// # use wxpay_core::{Fields, SignType, signed_xml};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let merchant =
///     Merchant { appid: "wxd930ea5d5a258f4f", mch_id: "10000100", sub_mch_id: None };
/// # let body = signed_xml(&Fields::from_pairs([
/// #     ("appid", "wxd930ea5d5a258f4f"),
/// #     ("mch_id", "10000100"),
/// #     ("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
/// #     ("is_subscribe", "Y"),
/// #     ("nonce_str", "ibuaiVcKdpRxkhJA"),
/// #     ("product_id", "tea-1"),
/// # ])?, &key, SignType::Md5)?.into_bytes();
/// assert_eq!(
///     notification::native_fields(&body, &key, merchant)?.get("product_id"),
///     Some("tea-1")
/// );
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// As [`native_callback`].
pub fn native_fields(
    body: &[u8],
    keys: impl AsRef<[Key]>,
    merchant: Merchant<'_>,
) -> Result<Fields> {
    const FOREIGN: [&str; 5] =
        ["return_code", "result_code", "trade_type", "out_trade_no", "time_stamp"];
    let fields = parse_signed(body, keys.as_ref(), SignType::Md5)?;
    check_foreign(&fields, &FOREIGN)?;
    merchant.check_message(&fields, false)?;
    facts(&fields, "", &["product_id", "openid", "is_subscribe", "nonce_str"], &[])
}

/// Reads a notification of a contract signed or ended: signature first, then kind and merchant. Its
/// `appid` may be absent.
///
/// ```
/// use wxpay_core::{Fields, Key, SignType, merchant::Merchant, notification, signed_xml};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let merchant =
///     Merchant { appid: "wxd930ea5d5a258f4f", mch_id: "10000100", sub_mch_id: None };
/// let body = signed_xml(
///     &Fields::from_pairs([
///         ("return_code", "SUCCESS"),
///         ("result_code", "SUCCESS"),
///         ("mch_id", "10000100"),
///         ("change_type", "ADD"),
///         ("contract_id", "Wx15463511252015071056489715"),
///         ("contract_code", "100001256"),
///         ("plan_id", "123"),
///         ("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
///         ("operate_time", "2015-07-01 10:00:00"),
///     ])?,
///     &key,
///     SignType::Md5,
/// )?;
/// let contract = notification::contract(body.as_bytes(), &key, SignType::Md5, merchant)?;
/// assert_eq!(contract.get("change_type"), Some("ADD"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `XML_*`, `SIGN_*`, `NOTIFY_KIND`, `NOTIFY_MERCHANT`, `FIELD_MISSING`.
pub fn contract(
    body: &[u8],
    keys: impl AsRef<[Key]>,
    floor: SignType,
    merchant: Merchant<'_>,
) -> Result<Fields> {
    let fields = parse_signed(body, keys.as_ref(), floor)?;
    check_success(&fields, &["return_code", "result_code"])?;
    if !matches!(fields.filled("change_type"), Some("ADD" | "DELETE")) {
        let error = Error::new(ErrorCode::NotifyKind, "a contract says ADD or DELETE");
        return Err(error.field("change_type"));
    }
    merchant.check_message(&fields, true)?;
    facts(
        &fields,
        "",
        &["change_type", "contract_id", "contract_code", "plan_id", "openid", "operate_time"],
        &["request_serial", "contract_expired_time", "contract_termination_mode"],
    )
}

pub(crate) fn check_success(fields: &Fields, names: &[&str]) -> Result<()> {
    match names.iter().find(|name| fields.filled(name) != Some("SUCCESS")) {
        Some(name) => {
            Err(Error::new(ErrorCode::NotifyKind, "a result says SUCCESS here").field(name))
        }
        None => Ok(()),
    }
}

fn check_foreign(fields: &Fields, names: &[&str]) -> Result<()> {
    match names.iter().find(|name| fields.get(name).is_some()) {
        Some(name) => Err(Error::new(
            ErrorCode::NotifyKind,
            "signed, but this kind of message has no such field: somebody sends an answer or a request \
             as a notification",
        )
        .field(name)),
        None => Ok(()),
    }
}

fn check_kind(fields: &Fields) -> Result<()> {
    check_success(fields, &["return_code", "result_code"])?;
    check_foreign(fields, &FOREIGN)?;
    if !fields.filled("trade_type").is_some_and(|t| TRADE_TYPES.contains(&t)) {
        let error = Error::new(ErrorCode::NotifyKind, "no trade type that is notified");
        return Err(error.field("trade_type"));
    }
    Ok(())
}

fn facts_of(fields: &Fields) -> Result<Fields> {
    let mut found = facts(
        fields,
        "",
        &["out_trade_no", "transaction_id", "total_fee", "time_end"],
        &["fee_type", "cash_fee", "openid", "bank_type"],
    )?;
    if found.get("fee_type").is_none() {
        found.insert("fee_type", "CNY")?;
    }
    Ok(found)
}

impl Payment {
    /// Checks that this is what the stored order asks for, amount in fen and currency: a payment of
    /// another amount must not ship the goods (chapter 9.7).
    ///
    /// # Errors
    /// `NOTIFY_AMOUNT` with the field.
    pub fn check(&self, total_fee: u64, fee_type: &str) -> Result<()> {
        let name = if self.total_fee != total_fee {
            "total_fee"
        } else if self.fee_type != fee_type {
            "fee_type"
        } else {
            return Ok(());
        };
        let message = "the payment differs from the stored order; do not deliver";
        Err(Error::new(ErrorCode::NotifyAmount, message).field(name))
    }

    /// The payment of checked facts.
    fn of(facts: &Fields) -> Self {
        let text = |name| facts.get(name).map(String::from);
        let amount = |name| facts.get(name).and_then(|text| text.parse().ok());
        Payment {
            out_trade_no: text("out_trade_no").unwrap_or_default(),
            transaction_id: text("transaction_id").unwrap_or_default(),
            total_fee: amount("total_fee").unwrap_or_default(),
            fee_type: text("fee_type").unwrap_or_default(),
            cash_fee: amount("cash_fee"),
            openid: text("openid"),
            bank_type: text("bank_type"),
            time_end: text("time_end").unwrap_or_default(),
        }
    }
}
