//! Two bytes and a place, then fields: what is written is read, signed by the rule, and once it is
//! signed a change of the bytes is refused or changes nothing.

use crate::{errors, hot::Hot, parts, signature};
use wxpay_core::{
    ErrorCode, Key, SignType, parse_signed, sign, signed_xml, string_to_sign, verify,
    xml::{self, Limits},
};

const KEY: &str = "192006250b4c09247ec02edce69f6a2d";
const WIDE: Limits = Limits { bytes: 1 << 24, ..Limits::DEFAULT };

/// The target.
pub fn run(data: &[u8]) {
    let Some((&[high, low, gone, byte], data)) = data.split_first_chunk() else { return };
    let fields = match parts::fields(data) {
        Ok(fields) => fields,
        Err(error) => return errors::harmless(&error, data, &[]),
    };
    let (pairs, filled) = (parts::pairs(&fields), parts::filled(&fields));
    let read = xml::parse_with(xml::build(&fields).as_bytes(), "xml", WIDE);
    assert_eq!(read.map(|f| parts::pairs(&f)).as_ref(), Ok(&filled));
    assert_eq!(string_to_sign(&fields), signature::string(&pairs));
    // U+FFFD is left to the careful way.
    let hot = Hot::of_pairs(&pairs);
    let damaged = pairs.iter().any(|(_, value)| value.contains('\u{fffd}'));
    assert_eq!(hot.is_some(), !damaged);
    if let Some(mut hot) = hot {
        assert_eq!(hot.pairs(), pairs);
        hot.claim(SignType::Md5);
    }

    let key = Key::new(KEY).expect("a key");
    for used in [SignType::Md5, SignType::HmacSha256] {
        let signature = sign(&fields, &key, used);
        let expected = signature::of(&pairs, KEY, used);
        match &signature {
            Ok(made) => assert_eq!(*made, expected),
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::FieldReserved);
                assert!(fields.get("key").is_some());
                return;
            }
        }
        let mut received = fields.clone();
        received.remove("sign");
        if received.insert("sign", &expected).is_err() {
            return;
        }
        let declared = fields.filled("sign_type").is_none_or(|said| said == used.as_str());
        assert_eq!(verify(&received, &key, used).is_ok(), declared);
        let Ok(message) = signed_xml(&fields, &key, used) else {
            assert!(!declared);
            continue;
        };
        let mut message = message.into_bytes();
        let keys = [key.clone()];
        let genuine = match parse_signed(&message, &keys, used) {
            Ok(genuine) => parts::pairs(&genuine),
            Err(error) => return assert_eq!(error.code(), ErrorCode::XmlLimit),
        };
        assert_eq!(genuine, parts::filled(&received));
        let at = usize::from(u16::from_be_bytes([high, low])) % (message.len() + 1);
        let end = (at + usize::from(gone % 4)).min(message.len());
        message.splice(at..end, (gone & 4 != 0).then_some(byte));
        if let Ok(read) = parse_signed(&message, &keys, used) {
            assert_eq!(parts::filled(&read), genuine);
        }
    }
}
