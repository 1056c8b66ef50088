//! A corpus as a text file: one input a line, what is no plain text escaped. Such a file can be read,
//! compared and merged like any other.

use std::{collections::BTreeSet, fmt::Write};

/// The file of these inputs, the short ones first.
#[must_use]
pub fn written(inputs: &BTreeSet<Vec<u8>>) -> String {
    let mut sorted: Vec<&Vec<u8>> = inputs.iter().collect();
    sorted.sort_by_key(|input| input.len());
    sorted.into_iter().map(|input| escaped(input) + "\n").collect()
}

/// The inputs in the file.
#[must_use]
pub fn read(file: &str) -> BTreeSet<Vec<u8>> {
    file.lines().map(unescaped).collect()
}

fn escaped(input: &[u8]) -> String {
    let mut line = String::new();
    for chunk in input.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => line.push_str("\\\\"),
                '\n' => line.push_str("\\n"),
                '\r' => line.push_str("\\r"),
                ' '..='~' => line.push(c),
                _ if c.is_alphanumeric() => line.push(c),
                _ => bytes(c.encode_utf8(&mut [0; 4]).as_bytes(), &mut line),
            }
        }
        bytes(chunk.invalid(), &mut line);
    }
    line
}

fn bytes(of: &[u8], line: &mut String) {
    for byte in of {
        let _ = write!(line, "\\x{byte:02x}");
    }
}

fn unescaped(line: &str) -> Vec<u8> {
    let mut input = Vec::new();
    let mut parts = line.split('\\');
    input.extend(parts.next().unwrap_or_default().bytes());
    while let Some(part) = parts.next() {
        let (kind, rest) = part.split_at_checked(1).unwrap_or_default();
        let digits = rest.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (kind, digits) {
            ("n", _) => input.push(b'\n'),
            ("r", _) => input.push(b'\r'),
            ("x", Some(byte)) => {
                input.push(byte);
                input.extend(rest.bytes().skip(2));
                continue;
            }
            // Two in a row stand for one, and what follows them is as it stands.
            _ => {
                input.push(b'\\');
                input.extend(parts.next().unwrap_or_default().bytes());
                continue;
            }
        }
        input.extend(rest.bytes());
    }
    input
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let pairs = [0u8, 9, 10, 13, b'\\', b'n', b'x', b'0', 0x7f, 0x80, 0xe4, 0xff];
        let mut inputs: BTreeSet<Vec<u8>> =
            ["", "\\", "\\\\", "\\n", "\\x41", "支付\u{feff}\u{2028}é😀", "a\\\\nb\\"]
                .map(Vec::from)
                .into();
        inputs.extend(pairs.iter().flat_map(|a| pairs.map(|b| vec![b'\\', *a, b, b'1'])));
        inputs.extend(pairs.iter().flat_map(|a| pairs.map(|b| vec![*a, b'\\', b])));
        let file = written(&inputs);
        assert_eq!(read(&file), inputs);
        assert_eq!(file.lines().count(), inputs.len());
        assert!(
            file.chars()
                .all(|c| c == '\n' || c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric())
        );
    }
}
