use crate::{Error, ErrorCode};
use core::ops::Range;

macro_rules! reasons {
    ($($reason:ident = $code:ident, $message:literal;)+) => {
        /// Why the reader refuses a body. The words are looked up when somebody reads them: a flood
        /// of bad messages must stay cheap, and the WebAssembly core carries no texts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Reason {
            $($reason),+
        }

        impl Reason {
            const fn words(self) -> (ErrorCode, &'static str) {
                match self { $(Reason::$reason => (ErrorCode::$code, $message)),+ }
            }
        }
    };
}

reasons! {
    TooLarge = XmlLimit, "the body is larger than the limit";
    TooManyFields = XmlLimit, "the message has too many fields";
    LongName = XmlLimit, "an element name has at most 64 bytes";
    NotUtf8 = XmlNotUtf8, "the body is not valid UTF-8; messages of API v2 are UTF-8 and must not be \
                           re-encoded on the way";
    // No message begins with a control character, but compressed and UTF-16 data does.
    Binary = XmlNotXml, "the body begins with a control character: compressed, or in UTF-16?";
    BadCharacter = XmlMalformed, "the body holds a character that XML does not allow";
    Empty = XmlNotXml, "the body is empty";
    NotXml = XmlNotXml, "the body is not XML";
    OtherRoot = XmlNotXml, "the root element is not the expected one (<xml>): this is another kind of \
                            document";
    Doctype = XmlDoctype, "a message has no DOCTYPE and no entity declarations; this may be an XXE \
                           attack";
    Comment = XmlMalformed, "a message has no comments";
    Instruction = XmlMalformed, "a message has no processing instructions";
    LooseText = XmlMalformed, "text stands between the fields";
    CutInTag = XmlMalformed, "the body ends inside a tag";
    CutInRoot = XmlMalformed, "the body ends inside the root element";
    CutInField = XmlMalformed, "the body ends inside a field";
    CutInCdata = XmlMalformed, "a CDATA section does not end";
    BadName = XmlMalformed, "an element name is [A-Za-z_][A-Za-z0-9_.-]*";
    EmptyRoot = XmlMalformed, "the root element is empty";
    Attribute = XmlMalformed, "an element has no attributes";
    Declaration = XmlMalformed, "the XML declaration is not <?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    WrongEnd = XmlMalformed, "an end tag does not fit the open element";
    Trailing = XmlMalformed, "something follows the root element";
    Nested = XmlNested, "the field holds an element; a message is flat";
    LooseCdataEnd = XmlMalformed, "`]]>` stands outside a CDATA section";
    TooDeep = XmlLimit, "the elements are nested too deeply";
    BadReference = XmlMalformed, "a reference is not one of XML's own; a bare `&` must be `&amp;`";
}

/// An [`Error`] before anybody reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) reason: Reason,
    pub(crate) at: usize,
    /// Where the name of the field stands in the body, empty where no field is at fault.
    pub(crate) name: Range<usize>,
}

impl Fault {
    pub(crate) const fn new(reason: Reason, at: usize) -> Self {
        Fault { reason, at, name: 0..0 }
    }

    pub(crate) fn into_error(self, body: &[u8]) -> Error {
        let (code, message) = self.reason.words();
        let error = Error::new(code, message).at(self.at);
        match body.get(self.name).and_then(|name| core::str::from_utf8(name).ok()) {
            None | Some("") => error,
            Some(name) => error.field(name),
        }
    }
}
