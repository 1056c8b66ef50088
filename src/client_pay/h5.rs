use crate::{Error, ErrorCode, Result, percent};
use alloc::string::String;

/// The cashier's address of an H5 order, `mweb_url` of unifiedorder's answer, with the page to which
/// the payer returns (H5 chapter 15.4). It is good for five minutes.
///
/// The payer also comes back without having paid: the page must ask the server, on a click.
///
/// ```
/// let mweb_url =
///     "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2016&package=1";
/// let url =
///     wxpay_core::client_pay::h5_url(mweb_url, "https://shop.example/paid?order=T1")?;
/// let back = "&redirect_url=https%3A%2F%2Fshop.example%2Fpaid%3Forder%3DT1";
/// assert_eq!(url, format!("{mweb_url}{back}"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `FIELD_VALUE` for a `mweb_url` that is neither https nor of this machine, or returns somewhere
/// already, and for a `redirect_url` that is no complete http(s) address.
pub fn h5_url(mweb_url: &str, redirect_url: &str) -> Result<String> {
    let refuse = |name: &str, reason| Err(Error::new(ErrorCode::FieldValue, reason).field(name));
    let known = is_address(mweb_url, &["https://"]) || is_on_this_machine(mweb_url);
    if !known || mweb_url.contains('#') {
        return refuse("mweb_url", "is the https address from unifiedorder's answer");
    }
    if mweb_url.contains("redirect_url=") {
        return refuse(
            "mweb_url",
            "has a redirect_url already; pass it as unifiedorder answered it",
        );
    }
    if !is_address(redirect_url, &["https://", "http://"]) {
        return refuse("redirect_url", "is a complete http(s) address, not encoded");
    }
    let mut url = String::from(mweb_url);
    url.push_str(if mweb_url.contains('?') { "&redirect_url=" } else { "?redirect_url=" });
    percent::encode(redirect_url, &mut url);
    Ok(url)
}

/// Whether this is the cashier of a gateway simulator, which has no TLS.
fn is_on_this_machine(url: &str) -> bool {
    let port = |rest: &str| rest.bytes().take_while(|&b| b != b'/').all(|b| b.is_ascii_digit());
    is_address(url, &["http://"]) && url.strip_prefix("http://127.0.0.1:").is_some_and(port)
}

/// Whether this is one of these schemes and something behind it, without white space, controls and
/// backslashes, where a browser would read another address.
pub(super) fn is_address(url: &str, schemes: &[&str]) -> bool {
    let after = |scheme: &&str| {
        let (start, rest) = url.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    };
    let rest = schemes.iter().find_map(after).unwrap_or_default();
    let host = rest.bytes().next().is_some_and(|b| !b"/?#@:.".contains(&b));
    host && !url.bytes().any(|b| b <= b' ' || b == b'\\' || b == 0x7f)
}
