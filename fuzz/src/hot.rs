//! The way of the hot WebAssembly module, which must end where the other one does.

use crate::{parts::Pairs, signature};
use wxpay_core::{SignType, sheet::Sheet, xml::Limits};

/// A message on a sheet.
pub struct Hot {
    sheet: Box<Sheet>,
    message: Vec<u8>,
}

impl Hot {
    /// The message in XML, where it is one of the usual ones.
    #[must_use]
    pub fn of_xml(body: &[u8]) -> Option<Self> {
        let (mut sheet, mut message) = (Box::new(Sheet::new()), body.to_vec());
        sheet.read_xml(&mut message, Limits::DEFAULT, false).ok()?;
        Some(Hot { sheet, message })
    }

    /// The fields, as JavaScript hands them over.
    #[must_use]
    pub fn of_pairs(fields: &Pairs) -> Option<Self> {
        let message: String = fields.iter().map(|(n, v)| format!("{n}\0{v}\0")).collect();
        let (mut sheet, message) = (Box::new(Sheet::new()), message.into_bytes());
        sheet.read_pairs(&message, fields.len()).ok()?;
        Some(Hot { sheet, message })
    }

    /// The fields that it found.
    #[must_use]
    pub fn pairs(&self) -> Pairs {
        let text = |from: u32, to: u32| {
            String::from_utf8_lossy(&self.message[from as usize..to as usize]).into_owned()
        };
        let entries = self.sheet.entries().iter();
        let pair = |e: &wxpay_core::sheet::Entry| {
            (text(e.name_start, e.name_end), text(e.value_start, e.value_end))
        };
        entries.map(pair).collect()
    }

    /// The string to sign, and whether the signature among the fields may be one for that floor.
    ///
    /// # Panics
    /// Where the string is another one than the protocol's.
    pub fn claim(&mut self, floor: SignType) -> Option<SignType> {
        let mut out = vec![0; 2 * self.message.len() + 16];
        let end = self.sheet.write_string(&self.message, &mut out).expect("room enough");
        let string = signature::string(&self.pairs());
        let with_joint = if string.is_empty() { string } else { format!("&{string}") };
        assert_eq!(String::from_utf8_lossy(&out[..end]), with_joint);
        self.sheet.claim(&self.message, floor).ok().map(|(used, _)| used)
    }
}
