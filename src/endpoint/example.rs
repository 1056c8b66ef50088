//! Messages made of the table's examples, for documentation and tests.

use super::{Endpoint, Field, Kind, Need, find};
use crate::{Fields, Result};
use alloc::string::String;

impl Field<'_> {
    /// A value that the row allows.
    #[must_use]
    pub fn sample(&self) -> &str {
        if let Some(example) = self.example {
            return example;
        }
        match self.kind {
            Kind::Word(words) => words.split('|').next().unwrap_or_default(),
            Kind::Time => "20141030133525",
            Kind::Date => "20141030",
            Kind::DateTime => "2014-10-30 13:35:25",
            Kind::Seconds => "1414561699",
            Kind::AuthCode => "130000000000000001",
            Kind::Json(_) => "{}",
            Kind::Url(_) | Kind::Notify => "https://example.com/",
            Kind::Ip(_) => "8.8.8.8",
            _ => "1",
        }
    }
}

impl Endpoint<'_> {
    /// The least that a caller gives: what is required, and the first of the alternatives.
    ///
    /// # Errors
    /// Those of [`Fields::insert`].
    pub fn sample_request(&self) -> Result<Fields> {
        let mut fields = Fields::new();
        let mut chosen = false;
        for row in &self.request {
            let needed = match row.need {
                Need::Always => true,
                Need::OneOf => !core::mem::replace(&mut chosen, true),
                Need::If { field, values, .. } => find(&self.request, field).is_some_and(|other| {
                    other.need == Need::Always && values.split('|').any(|v| v == other.sample())
                }),
                _ => false,
            };
            if needed {
                fields.insert(row.name, row.sample())?;
            }
        }
        for row in &self.request {
            if let Need::With(other) = row.need
                && fields.get(other).is_some()
                && fields.get(row.name).is_none()
            {
                fields.insert(row.name, row.sample())?;
            }
        }
        Ok(fields)
    }

    /// A successful answer to this question, unsigned, with every field that the table documents
    /// except those that only a failure has.
    ///
    /// # Errors
    /// Those of [`Fields::insert`].
    pub fn sample_answer(&self, question: &Fields) -> Result<Fields> {
        const FAILURE: [&str; 5] = ["err_code", "err_code_des", "error_code", "errcode", "errmsg"];
        let mut fields = Fields::new();
        for row in &self.answer {
            let nested = matches!(row.kind, Kind::Nested | Kind::Sign);
            if nested || FAILURE.contains(&row.name) {
                continue;
            }
            let echo = matches!(row.need, Need::Same | Need::AlwaysSame);
            let value = match question.filled(row.name).filter(|_| echo) {
                Some(asked) => asked,
                None if echo => continue,
                None => row.sample(),
            };
            let name: String = row.name.replace("$n", "0").replace("$m", "0");
            fields.insert(&name, value)?;
        }
        Ok(fields)
    }
}
