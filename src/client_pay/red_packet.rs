use super::{require, seconds};
use crate::{Error, ErrorCode, Fields, Key, Result, SignType, percent, sign};
use alloc::string::String;

/// The parameters of `wx.sendBizRedPacket`, with which a mini program takes its red packet
/// (chapter 18.2): `timeStamp`, `nonceStr`, `package`, `signType` and `paySign`.
///
/// `package` is that of sendminiprogramhb's answer, which this function encodes. Unlike every other
/// front end, `signType` is not signed and the MD5 stands in lower case.
///
/// ```
/// use wxpay_core::{Key, client_pay::send_biz_red_packet};
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let package =
///     "sendid=242e8abd163d300019b2cae74ba8e8c06e3f0e51ab84d16b3c80decd22a5b672&ver=8";
/// let nonce = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"; // a fresh one
/// let data =
///     send_biz_red_packet("wxd930ea5d5a258f4f", package, 1_414_561_699, nonce, &key)?;
/// assert!(
///     data.get("package").is_some_and(|package| package.starts_with("sendid%3D242e"))
/// );
/// let names: Vec<&str> = data.iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["timeStamp", "nonceStr", "package", "signType", "paySign"]);
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `FIELD_MISSING` for an empty part, `FIELD_VALUE` for a time in milliseconds or a package that is
/// encoded already.
pub fn send_biz_red_packet(
    appid: &str,
    package: &str,
    timestamp: u64,
    nonce: &str,
    key: &Key,
) -> Result<Fields> {
    let time_stamp = seconds(timestamp, "timeStamp")?;
    for (name, value) in [("appId", appid), ("package", package), ("nonceStr", nonce)] {
        require(name, value)?;
    }
    if package.contains('%') {
        return Err(Error::new(
            ErrorCode::FieldValue,
            "is encoded already; pass it as sendminiprogramhb answered it",
        )
        .field("package"));
    }
    let mut encoded = String::new();
    percent::encode(package, &mut encoded);
    let mut fields = Fields::from_pairs([
        ("appId", appid),
        ("timeStamp", &time_stamp),
        ("nonceStr", nonce),
        ("package", &encoded),
    ])?;
    let signature = sign(&fields, key, SignType::Md5)?.to_ascii_lowercase();
    fields.remove("appId");
    fields.insert("signType", SignType::Md5.as_str())?;
    fields.insert("paySign", &signature)?;
    Ok(fields)
}
