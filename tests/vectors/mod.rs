//! The golden set of this folder, which the JavaScript suites read too.

use serde::{Deserialize, de::DeserializeOwned};
use std::{fs, path::Path};
use wxpay_core::{ErrorCode, Fields};

/// The cases of one file.
pub fn load<T: DeserializeOwned>(file: &str) -> Vec<T> {
    #[derive(Deserialize)]
    struct Page<T> {
        cases: Vec<T>,
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(file);
    let text = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let page: Page<T> = serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{file}: {e}"));
    assert!(!page.cases.is_empty(), "{file} holds no case");
    page.cases
}

/// Names and values in their order: a JSON object would lose a duplicate.
pub type Pairs = Vec<(String, String)>;

pub fn pairs(fields: &Fields) -> Pairs {
    fields.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// A body for the reader, from `reader.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    pub name: String,
    pub rows: Vec<u32>,
    text: Option<String>,
    base64: Option<String>,
    pieces: Option<Vec<(String, usize)>>,
    pub root: Option<String>,
    fields: Option<Pairs>,
    repeat_value: Option<usize>,
    error: Option<ErrorCode>,
    errors: Option<Vec<ErrorCode>>,
}

impl Body {
    /// What is sent.
    pub fn bytes(&self) -> Vec<u8> {
        match (&self.text, &self.base64, &self.pieces) {
            (Some(text), None, None) => text.clone().into_bytes(),
            (None, Some(text), None) => base64(text),
            (None, None, Some(pieces)) => pieces
                .iter()
                .flat_map(|(text, times)| (0..*times).map(|i| text.replace("{i}", &i.to_string())))
                .collect::<String>()
                .into_bytes(),
            _ => panic!("{}: one of text, base64 and pieces", self.name),
        }
    }

    /// The fields that must come out, or the codes of which one must.
    pub fn expected(&self) -> Result<Pairs, Vec<ErrorCode>> {
        match (&self.fields, &self.error, &self.errors) {
            (Some(fields), None, None) => {
                let times = self.repeat_value.unwrap_or(1);
                Ok(fields.iter().map(|(n, v)| (n.clone(), v.repeat(times))).collect())
            }
            (None, Some(code), None) => Err(vec![*code]),
            (None, None, Some(codes)) => Err(codes.clone()),
            _ => panic!("{}: one of fields, error and errors", self.name),
        }
    }
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=');
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0u32, 0);
    for c in digits.chars() {
        let digit = ALPHABET.find(c).unwrap_or_else(|| panic!("no base64: {text}"));
        bits = bits << 6 | digit as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}

/// The bytes of hexadecimal digits.
pub fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().as_chunks::<2>().0.iter();
    let byte = |pair: &[u8; 2]| {
        let digits = str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
        digits.unwrap_or_else(|| panic!("no hexadecimal digits: {text}"))
    };
    pairs.map(byte).collect()
}
