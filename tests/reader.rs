//! The strict reader against `vectors/reader.json`, a test for each fault row it covers, and the
//! bodies that are better made than written down.
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use wxpay_core::{
    ErrorCode,
    xml::{self, Limits},
};

#[allow(dead_code, reason = "each suite reads its own files of the set")]
mod vectors;
use vectors::{Body, load, pairs};

/// What is wrong with the answer to this body, if anything is.
fn fault(case: &Body) -> Option<String> {
    let body = case.bytes();
    let root = case.root.as_deref().unwrap_or("xml");
    let complaint = match (xml::parse_with(&body, root, Limits::DEFAULT), case.expected()) {
        (Ok(fields), Ok(expected)) if pairs(&fields) == expected => return None,
        (Ok(fields), Ok(_)) => format!("read as {fields:.300?}"),
        (Ok(fields), Err(codes)) => format!("read as {fields:.300?}, not refused as {codes:?}"),
        (Err(error), Ok(_)) => format!("refused as {error:?}"),
        (Err(error), Err(codes)) => {
            // A line of a log: short, and without anything that breaks or colours it (fault 207).
            let text = error.to_string();
            if !codes.contains(&error.code()) {
                format!("refused as {error:?}, not as {codes:?}")
            } else if error.offset().is_some_and(|at| at > body.len()) {
                format!("stopped behind its end: {error:?}")
            } else if text.len() > 200 || text.contains(char::is_control) {
                format!("no line of a log: {text:?}")
            } else {
                return None;
            }
        }
    };
    Some(format!("{}: {complaint}", case.name))
}

fn check(cases: &[&Body]) {
    assert!(!cases.is_empty(), "no case covers this fault");
    let faults: Vec<String> = cases.iter().filter_map(|case| fault(case)).collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

fn check_row(row: u32) {
    let cases = load::<Body>("reader.json");
    check(&cases.iter().filter(|case| case.rows.contains(&row)).collect::<Vec<_>>());
}

macro_rules! faults {
    ($($row:literal $test:ident)+) => {
        $(#[test] fn $test() { check_row($row); })+
        const NAMED: &[u32] = &[$($row),+];
    };
}

faults! {
    27 fault_27_line_ends_in_a_value_stay
    33 fault_33_a_signature_that_is_no_plain_element
    34 fault_34_two_signatures
    43 fault_43_unknown_fields_are_read
    49 fault_49_not_utf8
    50 fault_50_other_encodings
    51 fault_51_byte_order_marks
    52 fault_52_characters_that_xml_cannot_carry
    53 fault_53_doctype_in_any_spelling_and_place
    54 fault_54_entities_that_grow
    55 fault_55_unknown_and_broken_entities
    56 fault_56_character_references
    57 fault_57_parts_of_a_value_are_joined_and_decoded_once
    58 fault_58_duplicates
    59 fault_59_nesting
    60 fault_60_text_in_the_root
    61 fault_61_comments_and_instructions_in_a_value
    62 fault_62_comments_and_instructions_elsewhere
    63 fault_63_attributes
    64 fault_64_prefixes
    65 fault_65_other_roots
    66 fault_66_data_after_the_root
    67 fault_67_cut_messages
    68 fault_68_tags_that_do_not_match
    69 fault_69_names
    70 fault_70_names_of_the_javascript_prototype
    71 fault_71_values_that_look_like_numbers_and_dates
    72 fault_72_values_that_look_like_literals
    73 fault_73_white_space_is_part_of_the_value
    74 fault_74_depth
    75 fault_75_thousands_of_attributes
    76 fault_76_thousands_of_namespaces
    77 fault_77_thousands_of_fields
    78 fault_78_sizes
    79 fault_79_floods
    80 fault_80_not_xml_at_all
}

#[test]
fn genuine_messages_and_every_row_has_its_test() {
    let cases = load::<Body>("reader.json");
    check(&cases.iter().filter(|case| case.rows.is_empty()).collect::<Vec<_>>());
    let covered: BTreeSet<u32> = cases.iter().flat_map(|case| case.rows.iter().copied()).collect();
    assert_eq!(covered, NAMED.iter().copied().collect());
}

/// Genuine messages in different dress.
const MESSAGES: [&str; 4] = [
    "<xml><appid>wx1</appid><total_fee>1</total_fee><sign>9A0A8659F005D6984697E2CA0A9CF3B7</sign></xml>",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xml>\n  <body><![CDATA[支付 & <测试>]]></body>\n  <a/>\n</xml>",
    "\u{feff}<xml><a>Tom &amp; Jerry &#x4e2d;&#20013;<![CDATA[]]]]>😀</a><b></b ></xml>",
    "<xml ><_ >\r\n</_\t></xml\n>",
];

#[test]
fn fault_67_cut_at_every_byte() {
    for message in MESSAGES {
        assert!(xml::parse(message.as_bytes()).is_ok(), "{message}");
        for length in 0..message.len() {
            let cut = &message.as_bytes()[..length];
            assert!(xml::parse(cut).is_err(), "{length} bytes of {message}");
        }
    }
}

#[test]
fn fault_67_cut_at_every_byte_from_the_front() {
    for message in MESSAGES {
        let root = message.find("<xml").unwrap_or_default();
        for start in root + 1..message.len() {
            assert!(xml::parse(&message.as_bytes()[start..]).is_err(), "{message} from {start}");
        }
    }
}

#[test]
fn fault_52_and_53_in_every_place() {
    for message in MESSAGES {
        for at in (0..=message.len()).filter(|&at| message.is_char_boundary(at)) {
            let (before, after) = message.split_at(at);
            // Inside CDATA, markup is text.
            let in_cdata = before.rfind("<![CDATA[").is_some_and(|i| !before[i..].contains("]]>"));
            for bad in ["\0", "\u{1}", "\u{b}", "\u{1f}", "\u{fffe}", "\u{ffff}"] {
                let body = format!("{before}{bad}{after}");
                assert!(xml::parse(body.as_bytes()).is_err(), "{body:?}");
            }
            for bad in ["<!DOCTYPE xml>", "<!ENTITY a \"1\">", "<!-- -->", "<?x?>", "<", "&", "]]>"]
            {
                let body = format!("{before}{bad}{after}");
                if !in_cdata {
                    assert!(xml::parse(body.as_bytes()).is_err(), "{body:?}");
                }
            }
        }
    }
}

#[test]
fn fault_49_every_byte_that_utf8_does_not_know() {
    for byte in 0x80..=0xff {
        let body = [b"<xml><a>", &[byte][..], b"</a></xml>"].concat();
        let code = xml::parse(&body).map_err(|e| e.code());
        assert_eq!(code, Err(ErrorCode::XmlNotUtf8), "{byte:#x}");
    }
}

#[test]
fn fault_56_every_character_by_reference() {
    for code in (0..=0x110_010u32).filter(|c| c % 61 == 0 || c % 0x1000 < 0x21 || c % 0x100 > 0xfc)
    {
        let c = char::from_u32(code).filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'));
        let c = c.filter(|&c| c >= ' ' || matches!(c, '\t' | '\n' | '\r'));
        for reference in [format!("&#{code};"), format!("&#x{code:x};"), format!("&#x{code:08X};")]
        {
            let body = format!("<xml><a>{reference}</a></xml>");
            let read = xml::parse(body.as_bytes()).ok();
            let value = read.as_ref().and_then(|fields| fields.get("a"));
            assert_eq!(value, c.map(String::from).as_deref(), "{reference}");
        }
    }
}

#[test]
fn fault_69_every_ascii_character_in_a_name() {
    for byte in 1..=0x7fu8 {
        let c = char::from(byte);
        for (name, good) in [
            (format!("{c}a"), c.is_ascii_alphabetic() || c == '_'),
            (format!("a{c}a"), c.is_ascii_alphanumeric() || "_.-".contains(c)),
        ] {
            let body = format!("<xml><{name}>1</{name}></xml>");
            let read = xml::parse(body.as_bytes()).map(|f| f.get(&name).map(String::from));
            assert_eq!(read.ok(), good.then(|| Some("1".into())), "{body:?}");
        }
    }
}

#[test]
fn fault_77_and_78_limits_are_arguments() {
    let body = b"<xml><a>1</a><b>2</b></xml>";
    let code = |bytes, fields| {
        let read = xml::parse_with(body, "xml", Limits { bytes, fields });
        read.map(|f| f.len()).map_err(|e| e.code())
    };
    assert_eq!(code(body.len(), 2), Ok(2));
    assert_eq!(code(body.len() - 1, 2), Err(ErrorCode::XmlLimit));
    assert_eq!(code(body.len(), 1), Err(ErrorCode::XmlLimit));
    assert_eq!(code(usize::MAX, usize::MAX), Ok(2));
    assert_eq!(code(0, 0), Err(ErrorCode::XmlLimit));
    assert_eq!(Limits::default(), Limits { bytes: 65_536, fields: 512 });
}

#[test]
fn fault_77_more_fields_than_the_default_when_asked_for() {
    let fields: String = (0..1000).map(|i| format!("<n{i}>1</n{i}>")).collect();
    let body = format!("<xml>{fields}</xml>");
    let limits = Limits { bytes: 65_536, fields: 1000 };
    match xml::parse_with(body.as_bytes(), "xml", limits) {
        Ok(fields) => assert_eq!(fields.len(), 1000),
        // A ceiling is fine too, but it is the body that is over it, no field of the caller.
        Err(error) => assert_eq!(error.code(), ErrorCode::XmlLimit),
    }
}

#[test]
fn fault_79_a_megabyte_of_anything_is_read_in_one_pass() {
    // With a second pass per repetition these would take hours, not milliseconds.
    let limits = Limits { bytes: 1 << 20, fields: 512 };
    for (open, flood, close, good) in [
        ("<xml><a>", "x", "</a></xml>", true),
        ("<xml><a>", "]", "</a></xml>", true),
        ("<xml><a>", "]]", "</a></xml>", true),
        ("<xml><a>", "&amp;", "</a></xml>", true),
        ("<xml><a>", "<![CDATA[]]>", "</a></xml>", true),
        ("<xml><a>", "<![CDATA[x]]>&lt;y", "</a></xml>", true),
        ("<xml><a><![CDATA[", "]]", "]]></a></xml>", true),
        ("<xml><a><![CDATA[", "]", "", false),
        ("<xml><a><![CDATA[", "<![CDATA[", "", false),
        ("<xml><a>", "&", "", false),
        ("<xml><a>&", "a", "", false),
        ("<xml><a>&#", "0", "65;</a></xml>", false),
        ("<xml>", " ", "</xml>", true),
        ("<xml><a", " ", ">1</a></xml>", true),
        ("<xml><a>1</a", "\n", "></xml>", true),
        ("<xml>", "<a>", "", false),
        ("<xml><a", " b=\"1\"", ">1</a></xml>", false),
        ("<xml><", "n", ">1</a></xml>", false),
        ("<?xml version=\"1.0\"", " ", "?><xml></xml>", true),
        ("<?xml version=\"1.0", "?", "", false),
        ("", " ", "<xml></xml>", true),
        ("", "<", "", false),
        ("<xml></xml>", " ", "", true),
        ("<xml></xml>", "<xml></xml>", "", false),
    ] {
        let times = ((1 << 20) - open.len() - close.len()) / flood.len();
        let body = format!("{open}{}{close}", flood.repeat(times));
        let read = xml::parse_with(body.as_bytes(), "xml", limits);
        assert_eq!(read.is_ok(), good, "{open}{flood}…{close}: {:?}", read.err());
    }
}

#[test]
fn fault_78_the_limit_is_looked_at_first() {
    // A body over the limit is refused for that, whatever is wrong with it: nothing was read.
    let body = vec![0xff; 65_537];
    assert_eq!(xml::parse(&body).map_err(|e| e.code()), Err(ErrorCode::XmlLimit));
}

/// What is refused, why, and where.
#[test]
fn every_refusal_says_what_is_wrong_and_where() {
    let long = format!("<xml><{}>", "a".repeat(65));
    let expected: &[(&str, usize, &str)] = &[
        ("", 0, "the body is empty"),
        ("  ", 2, "the body is empty"),
        ("x", 0, "the body is not XML"),
        ("\u{1}", 0, "begins with a control character"),
        ("x\u{1}", 1, "begins with a control character"),
        ("<x\u{1}", 2, "a character that XML does not allow"),
        ("<html>", 0, "the root element is not the expected one"),
        (" <html>", 1, "the root element is not the expected one"),
        ("\u{feff}<html>", 3, "the root element is not the expected one"),
        ("<?xml version=\"1.0\"?><html>", 21, "the root element is not the expected one"),
        ("<!DOCTYPE x>", 0, "no DOCTYPE"),
        ("<!--", 0, "no comments"),
        ("<?x?>", 0, "no processing instructions"),
        ("<", 0, "ends inside a tag"),
        ("<1", 0, "an element name is"),
        ("<xml", 4, "ends inside a tag"),
        ("<xml ", 5, "ends inside a tag"),
        ("<xml a=\"1\">", 5, "no attributes"),
        ("<xml/>", 4, "the root element is empty"),
        ("<xml />", 5, "the root element is empty"),
        ("<xml><a>1</a>", 13, "ends inside the root element"),
        ("<xml>x</xml>", 5, "text stands between the fields"),
        ("<xml><a/>x", 9, "text stands between the fields"),
        ("<xml><a />x", 10, "text stands between the fields"),
        ("<xml><a>1</a >x</xml>", 14, "text stands between the fields"),
        ("<xml><![CDATA[x]]>", 5, "text stands between the fields"),
        ("<xml><", 5, "ends inside a tag"),
        ("<xml><!", 5, "an element name is"),
        ("<xml><!x", 5, "an element name is"),
        ("<xml><1>", 5, "an element name is"),
        ("<xml><!--", 5, "no comments"),
        ("<xml><!DOCTYPE a>", 5, "no DOCTYPE"),
        ("<xml><!entity a>", 5, "no entity declarations"),
        ("<xml><!ELEMENT a>", 5, "an element name is"),
        ("<xml><?x?>", 5, "no processing instructions"),
        ("<xml><a", 7, "ends inside a tag"),
        ("<xml><a<", 7, "an element name is"),
        ("<xml><a ", 8, "ends inside a tag"),
        ("<xml><a /b>", 8, "an element name is"),
        ("<xml><a b=\"1\">", 8, "no attributes"),
        (&long, 6, "at most 64 bytes"),
        ("<xml><a>1", 9, "ends inside a field"),
        ("<xml><a>1<", 9, "ends inside a tag"),
        ("<xml><a>1<!-- --></a>", 9, "no comments"),
        ("<xml><a>1<!DOCTYPE a></a>", 9, "no DOCTYPE"),
        ("<xml><a><b>1</b></a></xml>", 8, "the field holds an element"),
        ("<xml><a>1</b></xml>", 11, "an end tag does not fit"),
        ("<xml><a>1</a x></xml>", 13, "an end tag does not fit"),
        ("<xml><a>1</a></xm>", 15, "an end tag does not fit"),
        ("<xml></xml x>", 11, "an end tag does not fit"),
        ("<xml><a>1</a></xml>x", 19, "something follows"),
        ("<xml><a><![CDATA[x]]", 8, "a CDATA section does not end"),
        ("<xml><a>1<![CDATA[x]>", 9, "a CDATA section does not end"),
        ("<xml><a>]]></a></xml>", 8, "outside a CDATA section"),
        ("<xml><a>x]]]></a></xml>", 10, "outside a CDATA section"),
        ("<xml><a>1&amp;x]]></a></xml>", 15, "outside a CDATA section"),
        ("<xml><a>&x;</a></xml>", 8, "a reference is not one"),
        ("<xml><a>1&amp</a></xml>", 9, "a reference is not one"),
        ("<xml><a>&#;</a></xml>", 8, "a reference is not one"),
        ("<xml><a>&#x;</a></xml>", 8, "a reference is not one"),
        ("<xml><a>&#a;</a></xml>", 8, "a reference is not one"),
        ("<xml><a>&#A;</a></xml>", 8, "a reference is not one"),
        ("<xml><a>&#xg;</a></xml>", 8, "a reference is not one"),
    ];
    for (body, at, words) in expected {
        let error = xml::parse(body.as_bytes()).expect_err(body);
        assert!(error.to_string().contains(words), "{body}: {error}");
        assert_eq!(error.offset(), Some(*at), "{body}: {error}");
        let field = if words.contains("holds an element") { Some("a") } else { None };
        assert_eq!(error.field_name(), field, "{body}: {error}");
    }
}

#[test]
fn the_xml_declaration_in_every_right_and_wrong_form() {
    let read = |declaration: &str| {
        let body = format!("{declaration}<xml><a>1</a></xml>");
        xml::parse(body.as_bytes()).map(|fields| fields.len()).map_err(|e| (e.code(), e.offset()))
    };
    for right in [
        "<?xml version=\"1.0\"?>",
        "<?xml version='1.0' encoding='utf-8' standalone='no' ?>",
        "<?xml\tversion = \"1.0\"\r\nencoding = \"UTF8\"?>\n",
        "<?xml version=\"1.0\" standalone=\"yes\"?>",
    ] {
        assert_eq!(read(right), Ok(1), "{right}");
    }
    for wrong in [
        "<?xml",
        "<?xml?>",
        "<?xml version?>",
        "<?xml version=?>",
        "<?xml version=\"1.0?>",
        "<?xml version=\"1.0'?>",
        "<?xml version=x1.0x?>",
        "<?xml version=\"1.1\"?>",
        "<?xmlversion=\"1.0\"?>",
        "<?xml encoding=\"UTF-8\"?>",
        "<?xml encoding=\"UTF-8\" version=\"1.0\"?>",
        "<?xml version=\"1.0\"encoding=\"UTF-8\"?>",
        "<?xml version=\"1.0\" encoding=\"GBK\"?>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" x?>",
        "<?xml version=\"1.0\" version=\"1.0\"?>",
    ] {
        assert_eq!(read(wrong), Err((ErrorCode::XmlMalformed, Some(0))), "{wrong}");
    }
}

#[test]
fn a_value_in_pieces_is_put_together() {
    for (value, text) in [
        ("1<![CDATA[2]]>3", "123"),
        ("&lt;<![CDATA[]]]>&gt;", "<]>"),
        ("<![CDATA[a]]><![CDATA[b]]>", "ab"),
        ("&#x652F;&#20184;<![CDATA[!]]>&#x1F600;x", "支付!\u{1f600}x"),
        ("]&quot;]&apos;]", "]\"]']"),
        ("&#0000000000000000000000000065;b", "Ab"),
        ("<![CDATA[]]>", ""),
        ("<![CDATA[ ]]>]", " ]"),
        ("]]", "]]"),
        ("]]&gt;", "]]>"),
        ("<![CDATA[]]]]><![CDATA[>]]>", "]]>"),
    ] {
        let body = format!("<xml><a>{value}</a><b>{value}</b></xml>");
        let fields = xml::parse(body.as_bytes()).expect(value);
        assert_eq!((fields.get("a"), fields.get("b")), (Some(text), Some(text)), "{value}");
    }
}
