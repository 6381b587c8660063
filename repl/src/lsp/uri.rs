//! Places of files as editors write them: `file:///home/ann/a%20b.lang`.

use std::fmt::Write as _;

/// The path of a file; `None`: it is no file.
pub fn path_of(uri: &str) -> Option<String> {
    let rest = uri.strip_prefix("file://")?;
    // A host may stand before the path; only this one can be meant.
    let path = &rest[rest.find('/')?..];
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let code = (*first == b'%').then(|| behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())).flatten();
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// How editors write the place of a file.
pub fn uri_of(path: &str) -> String {
    let mut out = String::from("file://");
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(byte as char);
        } else {
            // Writing to a text does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back() {
        for path in ["/a/b.lang", "/a b/ü%41#.lang", "/"] {
            assert_eq!(path_of(&uri_of(path)).as_deref(), Some(path));
        }
        assert_eq!(path_of("file://localhost/a%2").as_deref(), Some("/a%2"));
        assert_eq!(path_of("file:///a%C3%BC").as_deref(), Some("/aü"));
        assert_eq!(path_of("file:///a%FF"), None);
        assert_eq!(path_of("untitled:1"), None);
        assert_eq!(path_of("file://"), None);
    }
}
