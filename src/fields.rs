use crate::{Error, ErrorCode, Result};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};

/// The longest field name, in bytes.
pub(crate) const NAME_LIMIT: usize = 64;
/// The most fields in one message.
pub(crate) const FIELD_LIMIT: usize = 512;

/// The flat set of fields of one message, in the order they came, each name once.
///
/// Names are `[A-Za-z_][A-Za-z0-9_.-]*` of at most 64 bytes; values hold any character that XML 1.0
/// can carry. A field without a value (an empty string) stays in the set, but is neither signed nor
/// sent (chapter 4.3).
///
/// ```
/// use wxpay_core::{Fields, xml};
///
/// let mut order = Fields::from_pairs([("body", "tea"), ("attach", "")])?;
/// order.insert_integer("total_fee", 880)?;
/// assert_eq!(order.get("attach"), Some(""));
/// assert_eq!(order.filled("attach"), None);
/// let names: Vec<&str> = order.iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["body", "attach", "total_fee"]);
/// assert_eq!(
///     xml::build(&order),
///     "<xml><body><![CDATA[tea]]></body><total_fee>880</total_fee></xml>"
/// );
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<Field>);

/// `bare` is how the writer puts the value, and no part of what the message says.
#[derive(Clone, Debug)]
struct Field {
    name: String,
    value: String,
    bare: bool,
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.value == other.value
    }
}

impl Eq for Field {}

impl Fields {
    /// No fields.
    #[must_use]
    pub const fn new() -> Self {
        Fields(Vec::new())
    }

    /// The fields of `pairs`.
    ///
    /// # Errors
    /// `FIELD_NAME`, `FIELD_VALUE`, `FIELD_DUPLICATE` and `FIELD_LIMIT`, with the name.
    pub fn from_pairs<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<Self>
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        let mut fields = Fields::new();
        for (name, value) in pairs {
            fields.push(name.as_ref(), value.as_ref(), false)?;
        }
        fields.unique()
    }

    /// [`Fields::from_pairs`], saying of each value whether the writer puts it bare.
    ///
    /// # Errors
    /// As [`Fields::from_pairs`].
    pub fn from_written<'a>(
        triples: impl IntoIterator<Item = (&'a str, &'a str, bool)>,
    ) -> Result<Self> {
        let mut fields = Fields::new();
        for (name, value, bare) in triples {
            fields.push(name, value, bare)?;
        }
        fields.unique()
    }

    /// Appends without looking for a duplicate: [`Fields::unique`] must follow.
    pub(crate) fn push(&mut self, name: &str, value: &str, bare: bool) -> Result<()> {
        check(name, value)?;
        if bare && (value.is_empty() || !value.bytes().all(|b| b.is_ascii_digit())) {
            let error = Error::new(ErrorCode::FieldValue, "is no integer and cannot stand bare");
            return Err(error.field(name));
        }
        if self.0.len() == FIELD_LIMIT {
            return Err(Error::new(ErrorCode::FieldLimit, "a message has at most 512 fields"));
        }
        self.0.push(Field { name: name.into(), value: value.into(), bare });
        Ok(())
    }

    /// Refuses a name that stands twice.
    pub(crate) fn unique(self) -> Result<Self> {
        let mut names: Vec<&str> = Vec::with_capacity(self.0.len());
        for Field { name, .. } in &self.0 {
            // A message has few names: sorting them one by one is as fast as a sort, and small.
            match names.binary_search(&name.as_str()) {
                Ok(_) => return Err(duplicate(name)),
                Err(place) => names.insert(place, name),
            }
        }
        Ok(self)
    }

    /// Adds a text field. The writer puts it in CDATA.
    ///
    /// # Errors
    /// As [`Fields::from_pairs`].
    pub fn insert(&mut self, name: &str, value: &str) -> Result<()> {
        self.add(name, value, false)
    }

    /// Adds an integer, an amount in fen for instance. The writer puts it bare.
    ///
    /// # Errors
    /// As [`Fields::from_pairs`].
    pub fn insert_integer(&mut self, name: &str, value: u64) -> Result<()> {
        self.add(name, &value.to_string(), true)
    }

    fn add(&mut self, name: &str, value: &str, bare: bool) -> Result<()> {
        if self.get(name).is_some() {
            return Err(duplicate(name));
        }
        self.push(name, value, bare)
    }

    /// The value of a field, `None` where the field is absent.
    #[must_use]
    #[inline(never)]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find_map(|(n, v)| (n == name).then_some(v))
    }

    /// The value of a field, `None` where the field is absent or empty: to the protocol both are
    /// the same (chapter 4.3).
    #[must_use]
    #[inline(never)]
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|v| !v.is_empty())
    }

    /// The fields in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|f| (f.name.as_str(), f.value.as_str()))
    }

    /// The fields in their order, and of each whether it was added as an integer.
    pub fn iter_written(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        self.0.iter().map(|f| (f.name.as_str(), f.value.as_str(), f.bare))
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the field out of the set.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|f| f.name == name)?;
        Some(self.0.remove(at).value)
    }
}

fn duplicate(name: &str) -> Error {
    Error::new(ErrorCode::FieldDuplicate, "given twice; each field stands once in a message")
        .field(name)
}

fn check(name: &str, value: &str) -> Result<()> {
    if !is_name(name.as_bytes()) {
        return Err(Error::new(
            ErrorCode::FieldName,
            "a field name is [A-Za-z_][A-Za-z0-9_.-]* of at most 64 bytes",
        )
        .field(name));
    }
    if let Some(bad) = value.chars().find(|&c| !is_char(c)) {
        return Err(Error::new(
            ErrorCode::FieldValue,
            alloc::format!("holds U+{:04X}, which no XML message can carry", u32::from(bad)),
        )
        .field(name));
    }
    Ok(())
}

/// Whether this is a field name of the dialect.
pub(crate) fn is_name(name: &[u8]) -> bool {
    name.len() <= NAME_LIMIT
        && name.first().is_some_and(|&b| is_name_start(b))
        && name.iter().all(|&b| is_name_byte(b))
}

pub(crate) const fn is_name_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_'
}

pub(crate) const fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')
}

/// Whether XML 1.0 can carry the character (its production 2).
pub(crate) const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(feature = "serde")]
mod with_serde {
    use super::{Fields, String, ToString};
    use core::fmt;
    use serde::{
        Deserialize, Deserializer, Serialize, Serializer,
        de::{Error, MapAccess, Visitor},
        ser::SerializeMap,
    };

    /// A value as it came.
    struct Value {
        text: String,
        bare: bool,
    }

    impl<'de> Deserialize<'de> for Value {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct One;
            impl Visitor<'_> for One {
                type Value = Value;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a string or an integer")
                }

                fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
                    Ok(Value { text: text.into(), bare: false })
                }

                fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
                    Ok(Value { text: number.to_string(), bare: true })
                }

                // The writer has no sign: an `errcode` of -1 is text.
                fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
                    Ok(Value { text: number.to_string(), bare: number >= 0 })
                }
            }
            deserializer.deserialize_any(One)
        }
    }

    impl Serialize for Fields {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(self.len()))?;
            for (name, value, bare) in self.iter_written() {
                match value.parse::<u64>() {
                    // Digits such as 007 would be another value as a number.
                    Ok(number) if bare && !(value.len() > 1 && value.starts_with('0')) => {
                        map.serialize_entry(name, &number)?;
                    }
                    _ => map.serialize_entry(name, value)?,
                }
            }
            map.end()
        }
    }

    impl<'de> Deserialize<'de> for Fields {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Map;
            impl<'de> Visitor<'de> for Map {
                type Value = Fields;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a flat map of field names to strings and integers")
                }

                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                    let mut fields = Fields::new();
                    while let Some((name, Value { text, bare })) = map.next_entry::<String, _>()? {
                        fields.push(&name, &text, bare).map_err(A::Error::custom)?;
                    }
                    fields.unique().map_err(A::Error::custom)
                }
            }
            deserializer.deserialize_map(Map)
        }
    }
}
