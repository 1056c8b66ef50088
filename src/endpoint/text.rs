//! The text of one endpoint, as the table has it and as [`Endpoint`]'s `Display` writes it.

use super::{Action, Advice, Body, Endpoint, Field, Host, Kind, Need, Query, Repeat};
use crate::{Error, ErrorCode, Result};
use alloc::{format, vec::Vec};
use core::fmt;

/// Which rows come next.
enum Section {
    Facts,
    Request,
    Answer,
    Errors,
}

impl<'a> Endpoint<'a> {
    /// Reads the text of one endpoint, without sets.
    ///
    /// # Errors
    /// `INTERNAL` with the line: the text is the library's own.
    pub fn parse(text: &'a str) -> Result<Self> {
        Self::from_lines(text.lines())
    }

    pub(super) fn from_lines(lines: impl Iterator<Item = &'a str>) -> Result<Self> {
        let mut lines = lines.map(str::trim).filter(|line| !is_comment(line));
        let head = lines.next().unwrap_or_default();
        let mut words = head.split(' ');
        let (Some("endpoint"), Some(name), Some(method), Some(path), None) =
            (words.next(), words.next(), words.next(), words.next(), words.next())
        else {
            return Err(broken(head));
        };
        let mut endpoint = Endpoint {
            name,
            get: method == "GET",
            path,
            title: "",
            about: "",
            chapter: "",
            host: Host::Pay,
            aka: Vec::new(),
            certificate: false,
            money: false,
            repeat: Repeat::Never,
            query: None,
            sandbox: None,
            body: Body::Xml,
            retired: None,
            request: Vec::new(),
            answer: Vec::new(),
            errors: Vec::new(),
        };
        let mut section = Section::Facts;
        for line in lines {
            match line {
                "request" => section = Section::Request,
                "answer" => section = Section::Answer,
                "errors" => section = Section::Errors,
                _ => {
                    let done = match section {
                        Section::Facts => endpoint.fact(line),
                        Section::Request => row(line).map(|row| endpoint.request.push(row)),
                        Section::Answer => row(line).map(|row| endpoint.answer.push(row)),
                        Section::Errors => advice(line).map(|row| endpoint.errors.push(row)),
                    };
                    done.ok_or_else(|| broken(line))?;
                }
            }
        }
        Ok(endpoint)
    }

    fn fact(&mut self, line: &'a str) -> Option<()> {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        match name {
            "title" => self.title = value,
            "about" => self.about = value,
            "chapter" => self.chapter = value,
            "host" => self.host = from_word(&Host::ALL, value)?,
            "aka" => self.aka = value.split(' ').collect(),
            "certificate" => self.certificate = true,
            "money" => self.money = true,
            "repeat" if value == "always" => self.repeat = Repeat::Always,
            "repeat" => self.repeat = Repeat::Same(value),
            "query" => {
                let mut words = value.split(' ');
                let endpoint = words.next()?;
                self.query = Some(Query { endpoint, fields: words.collect() });
            }
            "sandbox" => self.sandbox = Some(value),
            "body" => self.body = from_word(&Body::ALL, value)?,
            "retired" => self.retired = Some(value),
            _ => return None,
        }
        Some(())
    }
}

pub(super) fn is_comment(line: &str) -> bool {
    line.is_empty() || line.starts_with('#')
}

fn row(line: &str) -> Option<Field<'_>> {
    let mut words = line.splitn(4, ' ');
    let name = words.next()?;
    let need = Need::parse(words.next()?, name)?;
    let kind = Kind::parse(words.next()?)?;
    let rest = words.next()?;
    let (meaning, example) = match rest.split_once(" e.g. ") {
        Some((meaning, example)) => (meaning, Some(example)),
        None => (rest, None),
    };
    Some(Field { name, need, kind, meaning, example })
}

fn advice(line: &str) -> Option<Advice<'_>> {
    let (code, rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once("\" ")?,
        None => line.split_once(' ')?,
    };
    let (action, text) = rest.split_once(' ')?;
    Some(Advice { code, action: from_word(&Action::ALL, action)?, text })
}

fn from_word<T: Copy>(all: &[(&str, T)], word: &str) -> Option<T> {
    all.iter().find(|(w, _)| *w == word).map(|(_, value)| *value)
}

fn broken(line: &str) -> Error {
    Error::new(ErrorCode::Internal, format!("the table of endpoints has a line amiss: {line}"))
}

impl fmt::Display for Endpoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = if self.get { "GET" } else { "POST" };
        writeln!(f, "endpoint {} {method} {}", self.name, self.path)?;
        for (name, value) in
            [("title", self.title), ("about", self.about), ("chapter", self.chapter)]
        {
            if !value.is_empty() {
                writeln!(f, "{name} {value}")?;
            }
        }
        writeln!(f, "host {}", super::word(&Host::ALL, self.host))?;
        if !self.aka.is_empty() {
            writeln!(f, "aka {}", self.aka.join(" "))?;
        }
        for (name, flag) in [("certificate", self.certificate), ("money", self.money)] {
            if flag {
                writeln!(f, "{name}")?;
            }
        }
        if self.repeat != Repeat::Never {
            writeln!(f, "repeat {}", self.repeat)?;
        }
        if let Some(query) = &self.query {
            writeln!(f, "query {} {}", query.endpoint, query.fields.join(" "))?;
        }
        writeln!(f, "body {}", self.body.as_str())?;
        for (name, value) in [("sandbox", self.sandbox), ("retired", self.retired)] {
            if let Some(value) = value {
                writeln!(f, "{name} {value}")?;
            }
        }
        for (section, rows) in [("request", &self.request), ("answer", &self.answer)] {
            writeln!(f, "{section}")?;
            for row in rows {
                write!(f, "{} {} {} {}", row.name, row.need, row.kind, row.meaning)?;
                match row.example {
                    Some(example) => writeln!(f, " e.g. {example}")?,
                    None => writeln!(f)?,
                }
            }
        }
        writeln!(f, "errors")?;
        for Advice { code, action, text } in &self.errors {
            let quote = if code.contains(' ') { "\"" } else { "" };
            writeln!(f, "{quote}{code}{quote} {} {text}", action.as_str())?;
        }
        Ok(())
    }
}
