use super::{require, seconds};
use crate::{Error, ErrorCode, Fields, Key, Result, SignType, percent, sign};
use alloc::string::String;

/// The parameters of `wx.sendBizRedPacket`, with which a mini program takes its red packet
/// (chapter 18.2): `timeStamp`, `nonceStr`, `package`, `signType` and `paySign`.
///
/// `package` is that of sendminiprogramhb's answer, which this function encodes. Unlike every other
/// front end, `signType` is not signed and the MD5 stands in lower case.
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
