//! A call of the table, settings, a request, an answer, two NUL between them: what goes over the wire
//! says what was asked for, and what is believed of an answer is signed.

use crate::{errors, parts, signature};
use std::cell::OnceCell;
use wxpay_core::{
    Fields, Key, SignType, answer,
    endpoint::{self, Body, Endpoint},
    parse_signed, signed_xml,
    xml::{self, Limits},
};

const KEY: &str = "192006250b4c09247ec02edce69f6a2d";

thread_local! {
    static TABLE: OnceCell<Vec<Endpoint<'static>>> = const { OnceCell::new() };
}

/// The target.
pub fn run(data: &[u8]) {
    let Some((&which, data)) = data.split_first() else { return };
    let groups: Vec<Fields> = String::from_utf8_lossy(data)
        .splitn(3, "\0\0")
        .map(|group| parts::fields(group.as_bytes()).unwrap_or_default())
        .collect();
    let [settings, given, answered] =
        std::array::from_fn(|at| groups.get(at).cloned().unwrap_or_default());
    TABLE.with(|table| {
        let table = table.get_or_init(|| endpoint::all().expect("the table"));
        let endpoint = &table[usize::from(which) % table.len()];
        call(endpoint, &settings, &given, &answered, data);
    });
}

fn call(
    endpoint: &Endpoint<'_>,
    settings: &Fields,
    given: &Fields,
    answered: &Fields,
    data: &[u8],
) {
    let key = Key::new(KEY).expect("a key");
    let ready = match endpoint.prepare(settings, given, Some(&key)) {
        Ok(ready) => ready,
        Err(error) => return errors::harmless(&error, data, &[KEY]),
    };
    assert_eq!(endpoint.check(&ready.fields), Ok(()), "what is sent is what is checked");
    assert!(endpoint.algorithms().contains(&ready.sign_type) || !endpoint.is_signed());
    for (name, value) in parts::filled(given) {
        let row = endpoint.request.iter().find(|row| row.names(&name));
        let sent = row.map_or(name.as_str(), |row| row.name);
        let sent = ready.fields.get(sent).or(ready.fields.get(&name));
        assert!(sent == Some(value.as_str()), "{name}: {value} became {sent:?}");
    }
    if endpoint.is_signed() && endpoint.body != Body::Page && !endpoint.get {
        let wide = Limits { bytes: 1 << 24, ..Limits::DEFAULT };
        let sent = xml::parse_with(ready.message.as_bytes(), "xml", wide).expect("a message");
        let mut pairs = parts::filled(&ready.fields);
        let right = signature::of(&pairs, KEY, ready.sign_type);
        pairs.push(("sign".into(), right));
        assert_eq!(parts::pairs(&sent), pairs);
    } else {
        assert!(ready.message.is_ascii() && !ready.message.contains([' ', '<', '"', '\'', '\n']));
    }

    let keys = [key.clone()];
    for used in [SignType::Md5, SignType::HmacSha256] {
        let body = signed_xml(answered, &key, used).unwrap_or_default();
        let unsigned = xml::build(answered);
        for body in [body, unsigned] {
            match answer::accept(endpoint, &ready.fields, body.as_bytes(), &keys, ready.sign_type) {
                Err(error) => errors::harmless(&error, body.as_bytes(), &[KEY]),
                Ok(_) if endpoint.is_answer_signed() => {
                    assert!(parse_signed(body.as_bytes(), &keys, ready.sign_type).is_ok());
                }
                Ok(fields) => assert!(
                    fields.filled("return_code") == Some("SUCCESS") || endpoint.body == Body::Json
                ),
            }
        }
    }
}
