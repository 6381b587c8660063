//! Bencode, as nREPL has it: numbers, byte strings, lists and dictionaries, one message after the other in a stream.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read};

/// Most bytes of a message.
const BYTES_MAX: usize = 16 << 20;

/// Most values within values.
const DEPTH_MAX: usize = 32;

/// A value. Texts are UTF-8; of other bytes what is none is replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    Int(i64),
    Text(String),
    List(Vec<Value>),
    Dict(BTreeMap<String, Value>),
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    /// A list of texts.
    pub fn texts(texts: &[&str]) -> Value {
        Value::List(texts.iter().map(|text| Value::text(*text)).collect())
    }

    /// A dictionary.
    pub fn dict<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Dict(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// Writes it.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Value::Int(number) => out.extend_from_slice(format!("i{number}e").as_bytes()),
            Value::Text(text) => encode_text(text, out),
            Value::List(items) => {
                out.push(b'l');
                items.iter().for_each(|item| item.encode(out));
                out.push(b'e');
            }
            Value::Dict(entries) => {
                out.push(b'd');
                for (key, value) in entries {
                    encode_text(key, out);
                    value.encode(out);
                }
                out.push(b'e');
            }
        }
    }
}

fn encode_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{}:", text.len()).as_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Reads the next message; `None` at the end of the stream.
pub fn decode(stream: &mut impl Read) -> io::Result<Option<Value>> {
    let mut decoder = Decoder { stream, left: BYTES_MAX };
    let first = match decoder.byte() {
        Ok(byte) => byte,
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    decoder.value(first, 0).map(Some)
}

struct Decoder<'a, R> {
    stream: &'a mut R,
    left: usize,
}

impl<R: Read> Decoder<'_, R> {
    fn take(&mut self, count: usize) -> io::Result<()> {
        self.left = self.left.checked_sub(count).ok_or_else(|| wrong("the message has more than 16 MB"))?;
        Ok(())
    }

    fn byte(&mut self) -> io::Result<u8> {
        self.take(1)?;
        let mut byte = [0];
        self.stream.read_exact(&mut byte)?;
        Ok(byte[0])
    }

    /// The value that begins with this byte.
    fn value(&mut self, first: u8, depth: usize) -> io::Result<Value> {
        if depth > DEPTH_MAX {
            return Err(wrong("the message is nested too deep"));
        }
        match first {
            b'i' => self.number(None, b'e').map(Value::Int),
            b'0'..=b'9' => self.string(first).map(Value::Text),
            b'l' => {
                let mut items = Vec::new();
                loop {
                    match self.byte()? {
                        b'e' => return Ok(Value::List(items)),
                        first => items.push(self.value(first, depth + 1)?),
                    }
                }
            }
            b'd' => {
                let mut entries = BTreeMap::new();
                loop {
                    match self.byte()? {
                        b'e' => return Ok(Value::Dict(entries)),
                        first @ b'0'..=b'9' => {
                            let key = self.string(first)?;
                            let first = self.byte()?;
                            entries.insert(key, self.value(first, depth + 1)?);
                        }
                        _ => return Err(wrong("a key is a text")),
                    }
                }
            }
            _ => Err(wrong("this is no bencode")),
        }
    }

    fn string(&mut self, first: u8) -> io::Result<String> {
        let length = self.number(Some(first), b':')?;
        let length = usize::try_from(length).map_err(|_| wrong("a text has no such length"))?;
        self.take(length)?;
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    fn number(&mut self, first: Option<u8>, end: u8) -> io::Result<i64> {
        let mut digits: String = first.map(char::from).into_iter().collect();
        loop {
            match self.byte()? {
                byte if byte == end => return digits.parse().map_err(|_| wrong("this is no number")),
                byte @ (b'0'..=b'9' | b'-') if digits.len() < 20 => digits.push(char::from(byte)),
                _ => return Err(wrong("this is no number")),
            }
        }
    }
}

fn wrong(message: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let inner = Value::dict([("a", Value::Int(-5)), ("é", Value::texts(&["x", ""]))]);
        let value = Value::List(vec![inner, Value::Int(0), Value::List(Vec::new()), Value::Dict(BTreeMap::new())]);
        let mut bytes = Vec::new();
        value.encode(&mut bytes);
        value.encode(&mut bytes);
        let mut stream = &*bytes;
        assert_eq!(decode(&mut stream).expect("it is right"), Some(value.clone()));
        assert_eq!(decode(&mut stream).expect("it is right"), Some(value));
        assert_eq!(decode(&mut stream).expect("it is over"), None);
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for wrong in
            ["x", "i5", "ixe", "5:ab", "d1:a", "di1ei2ee", "99999999999:", "i99999999999999999999e", "-1:", &"l".repeat(1000)]
        {
            assert!(decode(&mut wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
