use super::require;
use crate::{Error, ErrorCode, Fields, Key, Result, SignType, percent, sign};
use alloc::{format, string::String};

/// The most coupons that are given at once.
pub const COUPONS: usize = 10;

/// A merchant coupon (商家券) that is to be given.
///
/// ```
/// use wxpay_core::{
///     Key,
///     client_pay::{Coupon, send_coupon},
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let coupon = Coupon {
///     stock_id: "1214100000015",
///     out_request_no: "100002322019090134242",
///     coupon_code: "",
///     create_coupon_merchant: "",
///     customize_send_time: "",
/// };
/// let unnamed = Coupon { stock_id: "", ..coupon };
/// let error = send_coupon("10016226", &[unnamed], &key).expect_err("no batch");
/// assert_eq!(error.field_name(), Some("stock_id"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Coupon<'a> {
    /// The batch, at most 20 bytes.
    pub stock_id: &'a str,
    /// The merchant's number of this giving, at most 128 bytes.
    pub out_request_no: &'a str,
    /// The coupon's code where the batch wants it named at this moment, else empty; at most 128
    /// bytes.
    pub coupon_code: &'a str,
    /// The merchant that made the batch, where it is a coupon of WeChat Pay (代金券), else empty. Only
    /// for the plug-in.
    pub create_coupon_merchant: &'a str,
    /// From when the validity counts, RFC 3339, or empty. Only for the plug-in.
    pub customize_send_time: &'a str,
}

/// The signature of the coupon plug-in of mini programs (apiv3 chapter 9.3.1), `send-coupon`'s
/// `sign`: HMAC-SHA256 over the merchant and all parts of each coupon, which are numbered from 0.
///
/// ```
/// use wxpay_core::{
///     Key,
///     client_pay::{Coupon, send_coupon},
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let coupon = Coupon {
///     stock_id: "1214100000015",
///     out_request_no: "100002322019090134242",
///     coupon_code: "",
///     create_coupon_merchant: "",
///     customize_send_time: "",
/// };
/// let sign = send_coupon("10016226", &[coupon], &key)?;
/// assert_eq!(sign.len(), 64, "HMAC-SHA256");
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `FIELD_MISSING` without a coupon or for an empty part, `FIELD_LIMIT` for more than [`COUPONS`].
pub fn send_coupon(
    send_coupon_merchant: &str,
    coupons: &[Coupon<'_>],
    key: &Key,
) -> Result<String> {
    require("send_coupon_merchant", send_coupon_merchant)?;
    let limit = match coupons.len() {
        0 => Some((ErrorCode::FieldMissing, "is a list of at least one coupon")),
        1..=COUPONS => None,
        _ => Some((ErrorCode::FieldLimit, "has at most 10 coupons")),
    };
    if let Some((code, message)) = limit {
        return Err(Error::new(code, message).field("send_coupon_params"));
    }
    let mut fields = Fields::from_pairs([("send_coupon_merchant", send_coupon_merchant)])?;
    for (number, coupon) in coupons.iter().enumerate() {
        for (name, value) in coupon.parts()? {
            fields.insert(&format!("{name}{number}"), value)?;
        }
    }
    sign(&fields, key, SignType::HmacSha256)
}

/// The page where the payer with this `open_id` takes one coupon (H5 发券, apiv3 chapter 9.4.1).
///
/// ```
/// use wxpay_core::{
///     Key,
///     client_pay::{Coupon, coupon_url},
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let coupon = Coupon {
///     stock_id: "1214100000015",
///     out_request_no: "100002322019090134242",
///     coupon_code: "",
///     create_coupon_merchant: "",
///     customize_send_time: "",
/// };
/// let url = coupon_url("10016226", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", &coupon, &key)?;
/// assert!(url.starts_with("https://action.weixin.qq.com/busifavor/getcouponinfo?"));
/// assert!(url.ends_with("#wechat_pay&wechat_redirect"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `FIELD_MISSING` for an empty part, `FIELD_VALUE` for a part that is only for the plug-in.
pub fn coupon_url(
    send_coupon_merchant: &str,
    open_id: &str,
    coupon: &Coupon<'_>,
    key: &Key,
) -> Result<String> {
    let mut fields = Fields::new();
    for (name, value) in [("send_coupon_merchant", send_coupon_merchant), ("open_id", open_id)] {
        require(name, value)?;
        fields.insert(name, value)?;
    }
    for (number, (name, value)) in coupon.parts()?.into_iter().enumerate() {
        if value.is_empty() {
            continue;
        }
        if number > 2 {
            let error = Error::new(ErrorCode::FieldValue, "is only for the plug-in");
            return Err(error.field(name));
        }
        fields.insert(name, value)?;
    }
    let sign = sign(&fields, key, SignType::HmacSha256)?;
    let query = percent::query(fields.iter());
    Ok(format!(
        "https://action.weixin.qq.com/busifavor/getcouponinfo?{query}&sign={sign}\
         #wechat_pay&wechat_redirect"
    ))
}

impl<'a> Coupon<'a> {
    /// Name and value of each part, the first two filled.
    fn parts(&self) -> Result<[(&'static str, &'a str); 5]> {
        let parts = [
            ("stock_id", self.stock_id, 20),
            ("out_request_no", self.out_request_no, 128),
            ("coupon_code", self.coupon_code, 128),
            ("create_coupon_merchant", self.create_coupon_merchant, 15),
            ("customize_send_time", self.customize_send_time, 32),
        ];
        for (name, value, limit) in parts {
            if value.len() > limit {
                let error = Error::new(ErrorCode::FieldLimit, format!("has at most {limit} bytes"));
                return Err(error.field(name));
            }
        }
        require("stock_id", self.stock_id)?;
        require("out_request_no", self.out_request_no)?;
        Ok(parts.map(|(name, value, _)| (name, value)))
    }
}
