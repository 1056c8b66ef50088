//! What a request must hold, so that a mistake costs no round trip.

use super::{Endpoint, Field, Need};
use crate::{ErrorCode, Fields, Result};
use alloc::{format, vec::Vec};

impl Endpoint<'_> {
    /// Checks the fields of a request before it is signed. Fields that the table does not know are
    /// left alone: the protocol grows.
    ///
    /// # Errors
    /// `FIELD_MISSING`, `FIELD_VALUE`, `FIELD_LIMIT`, with the field, the rule and the chapter.
    pub fn check(&self, fields: &Fields) -> Result<()> {
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
            if let Some(row) = self.request.iter().find(|row| row.names(name)) {
                row.check(value, self.chapter)?;
            }
        }
        for row in &self.request {
            if row.given(fields).is_none() {
                let why = match row.need {
                    Need::Always | Need::Configured(_) | Need::Fixed => "is required",
                    Need::With(other) if fields.filled(other).is_some() => {
                        return self.missing(row, &format!("goes together with `{other}`"));
                    }
                    Need::If { field, values, .. } if row.need.holds(|n| fields.filled(n)) => {
                        let values = values.replace('|', " or ");
                        return self.missing(row, &format!("is required when {field} is {values}"));
                    }
                    _ => continue,
                };
                return self.missing(row, why);
            }
        }
        self.check_alternatives(fields)
    }

    fn check_alternatives(&self, fields: &Fields) -> Result<()> {
        let rows: Vec<&Field<'_>> =
            self.request.iter().filter(|row| row.need == Need::OneOf).collect();
        let given = rows.iter().filter(|row| row.given(fields).is_some()).count();
        let Some(first) = rows.first().filter(|_| given != 1) else { return Ok(()) };
        let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
        let what = format!("exactly one of {} must be given, {given} were", names.join(", "));
        let code = if given == 0 { ErrorCode::FieldMissing } else { ErrorCode::FieldValue };
        Err(first.error(code, &what, self.chapter))
    }

    fn missing(&self, row: &Field<'_>, why: &str) -> Result<()> {
        Err(row.error(ErrorCode::FieldMissing, why, self.chapter))
    }
}
