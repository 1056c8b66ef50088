//! Text in a query, as JavaScript's `encodeURIComponent` writes it.

use alloc::string::String;

/// Appends the text; everything but letters, digits and `-_.!~*'()` becomes the `%XX` of its bytes.
pub(crate) fn encode(text: &str, to: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            to.push(char::from(byte));
        } else {
            to.push('%');
            to.push(char::from(DIGITS[usize::from(byte >> 4)]));
            to.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// `name=value` for each pair, joined with `&`.
pub(crate) fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        encode(value, &mut text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::query;

    #[test]
    fn as_encode_uri_component() {
        assert_eq!(
            query([("a", "AZaz09-_.!~*'()"), ("b", " &=%/?#+\"中😀\n")]),
            "a=AZaz09-_.!~*'()&b=%20%26%3D%25%2F%3F%23%2B%22%E4%B8%AD%F0%9F%98%80%0A"
        );
    }
}
