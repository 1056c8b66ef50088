//! JSON, and what `console.log`, PHP, Python and Java print in its place.

use super::{input::Pairs, text::replace, transform::unicode_unescape};
use alloc::string::String;

/// The fields of an object; a nested value as it is written.
pub(super) fn read(text: &str) -> Option<Pairs> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find('{') {
        let object = text.get(from + at..)?;
        if let Some(pairs) = parse(object).or_else(|| parse(&replace(object, "\\\"", "\""))) {
            return Some(pairs);
        }
        from += at + 1;
        // A line holds one object, seldom behind another brace.
        if from > 4096 {
            return None;
        }
    }
    None
}

fn parse(text: &str) -> Option<Pairs> {
    let mut reader = Reader { text, at: 1 };
    let mut pairs = Pairs::new();
    loop {
        reader.skip();
        if reader.take('}') {
            return (!pairs.is_empty()).then_some(pairs);
        }
        let name = reader.name()?;
        reader.skip();
        let java = reader.take('=');
        if !java && !reader.take(':') && !reader.take_text("=>") {
            return None;
        }
        reader.skip();
        let value = if java { reader.bare(&[',', '}']) } else { reader.value()? };
        pairs.push((name, value));
        reader.skip();
        if !reader.take(',') {
            reader.skip();
            return reader.take('}').then_some(pairs);
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take_text(&mut self, text: &str) -> bool {
        let there = self.rest().starts_with(text);
        if there {
            self.at += text.len();
        }
        there
    }

    fn take(&mut self, c: char) -> bool {
        let there = self.next() == Some(c);
        if there {
            self.at += c.len_utf8();
        }
        there
    }

    fn skip(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn name(&mut self) -> Option<String> {
        match self.next()? {
            '"' | '\'' => self.quoted(),
            _ => {
                let rest = self.rest();
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"_.-$".contains(c))?;
                let name = rest.get(..end).filter(|name| !name.is_empty())?;
                self.at += end;
                Some(name.into())
            }
        }
    }

    fn value(&mut self) -> Option<String> {
        match self.next()? {
            '"' | '\'' | '`' => self.quoted(),
            '{' | '[' => self.nested(),
            _ => {
                let word = self.bare(&[',', '}', '\n']);
                // What is absent in one language or the other.
                let absent = ["null", "undefined", "None", "nil"].contains(&word.as_str());
                Some(if absent { String::new() } else { word })
            }
        }
    }

    /// Up to one of these.
    fn bare(&mut self, ends: &[char]) -> String {
        let rest = self.rest();
        let end = rest.find(ends).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default().trim().into()
    }

    fn quoted(&mut self) -> Option<String> {
        let quote = self.next()?;
        self.at += quote.len_utf8();
        let mut text = String::new();
        let mut escapes = false;
        loop {
            let c = self.next()?;
            self.at += c.len_utf8();
            if c == quote {
                return if escapes { unicode_unescape(&text) } else { Some(text) };
            }
            let c = if c == '\\' {
                let escaped = self.next()?;
                self.at += escaped.len_utf8();
                match escaped {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'u' => {
                        escapes = true;
                        text.push('\\');
                        'u'
                    }
                    other => other,
                }
            } else {
                c
            };
            text.push(c);
        }
    }

    /// An object or an array, as it is written.
    fn nested(&mut self) -> Option<String> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                '"' => {
                    self.quoted()?;
                    continue;
                }
                '{' | '[' => depth += 1,
                '}' | ']' => depth -= 1,
                _ => {}
            }
            self.at += self.next()?.len_utf8();
            if depth == 0 {
                return self.text.get(start..self.at).map(String::from);
            }
        }
    }
}
