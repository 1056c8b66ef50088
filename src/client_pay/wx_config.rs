use super::{filled, h5::is_address, seconds};
use crate::{Error, ErrorCode, Fields, Result, sha1, string_to_sign};

/// The parameters of `wx.config` of the JSSDK (JS-SDK 说明文档, 附录 1): `appId`, `timestamp`,
/// `nonceStr` and `signature`. The signature is SHA-1 over the ticket and the page's address; no
/// merchant key takes part, but the ticket is a secret too.
///
/// `url` is the page's address as its own `location.href` says it; what follows `#` is left out.
///
/// ```
/// use wxpay_core::client_pay::wx_config;
///
/// // The example of the official document.
/// let ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg";
/// let page = "http://mp.weixin.qq.com?params=value";
/// let config = wx_config("wxd930ea5d5a258f4f", ticket, page, 1_414_587_457, "Wm3WZYTPz0wzccnW")?;
/// assert_eq!(config.get("signature"), Some("0f9de62fce790f9a083d5c99e95740ceb90c27ed"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `FIELD_MISSING` for an empty part, `FIELD_VALUE` for a time in milliseconds or a `url` that is no
/// complete http(s) address.
pub fn wx_config(
    appid: &str,
    jsapi_ticket: &str,
    url: &str,
    timestamp: u64,
    nonce: &str,
) -> Result<Fields> {
    let url = url.split('#').next().unwrap_or_default();
    if !is_address(url, &["https://", "http://"]) {
        let error = Error::new(ErrorCode::FieldValue, "is the page's complete http(s) address");
        return Err(error.field("url"));
    }
    let signed = filled(&[
        ("jsapi_ticket", jsapi_ticket),
        ("noncestr", nonce),
        ("timestamp", &seconds(timestamp, "timestamp")?),
        ("url", url),
    ])?;
    let mut config = filled(&[("appId", appid)])?;
    config.insert_integer("timestamp", timestamp)?;
    config.insert("nonceStr", nonce)?;
    config.insert("signature", &sha1::hex(string_to_sign(&signed).as_bytes()))?;
    Ok(config)
}
