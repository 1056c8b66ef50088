use crate::Fields;
use alloc::string::String;

/// The message of the filled fields: `<xml><name><![CDATA[value]]></name>…</xml>`, integers bare.
///
/// Text stands in CDATA as in the official samples. What CDATA cannot hold is written beside it:
/// `]]>` is split over two sections, and a carriage return becomes `&#13;`, because a conforming
/// parser would turn it into a line feed and the signature would no longer fit.
///
/// ```
/// use wxpay_core::{Fields, xml};
///
/// let mut fields = Fields::from_pairs([("body", "a]]>b"), ("attach", "")])?;
/// fields.insert_integer("total_fee", 1)?;
/// assert_eq!(
///     xml::build(&fields),
///     "<xml><body><![CDATA[a]]]]><![CDATA[>b]]></body><total_fee>1</total_fee></xml>"
/// );
/// assert_eq!(xml::parse(xml::build(&fields).as_bytes())?.get("body"), Some("a]]>b"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[must_use]
pub fn build(fields: &Fields) -> String {
    build_with(fields, "xml")
}

/// [`build`] with another root.
pub(crate) fn build_with(fields: &Fields, root: &str) -> String {
    let size: usize = fields.iter().map(|(n, v)| 2 * n.len() + v.len() + 17).sum();
    let mut xml = String::with_capacity(size + 2 * root.len() + 5);
    tag("<", root, &mut xml);
    for (name, value, bare) in fields.iter_written().filter(|(_, value, _)| !value.is_empty()) {
        tag("<", name, &mut xml);
        if bare {
            xml.push_str(value);
        } else {
            xml.push_str("<![CDATA[");
            text(value, &mut xml);
            xml.push_str("]]>");
        }
        tag("</", name, &mut xml);
    }
    tag("</", root, &mut xml);
    xml
}

fn tag(opening: &str, name: &str, xml: &mut String) {
    xml.push_str(opening);
    xml.push_str(name);
    xml.push('>');
}

fn text(value: &str, xml: &mut String) {
    let mut rest = value;
    while let Some(at) = rest.find(['\r', ']']) {
        let Some((plain, special)) = rest.split_at_checked(at) else { break };
        xml.push_str(plain);
        let (written, after) = if let Some(after) = special.strip_prefix("]]>") {
            ("]]]]><![CDATA[>", after)
        } else if let Some(after) = special.strip_prefix('\r') {
            ("]]>&#13;<![CDATA[", after)
        } else {
            ("]", special.strip_prefix(']').unwrap_or_default())
        };
        xml.push_str(written);
        rest = after;
    }
    xml.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &str) -> String {
        let mut xml = String::new();
        text(value, &mut xml);
        xml
    }

    #[test]
    fn fault_24_and_27_what_cdata_cannot_hold() {
        assert_eq!(written("a]]>b"), "a]]]]><![CDATA[>b");
        assert_eq!(written("a]]]>b"), "a]]]]]><![CDATA[>b");
        assert_eq!(written("a]b]]"), "a]b]]");
        assert_eq!(written("a\r\nb"), "a]]>&#13;<![CDATA[\nb");
    }
}
