//! Places as editors count them: lines from 0, and in the line UTF-16 units, bytes or characters, as was agreed.

use gen_lsp_types::{Position, Range};
use lang::source::{Source, Span};
use vm::session;

/// What is counted within a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of UTF-16: what every client knows.
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The name in the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
            Encoding::Utf32 => "utf-32",
        }
    }

    /// The first that the client wants and that there is.
    pub fn agreed(wanted: &[String]) -> Encoding {
        let known = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];
        let find = |name: &String| known.into_iter().find(|encoding| encoding.name() == name);
        wanted.iter().find_map(find).unwrap_or(Encoding::Utf16)
    }

    fn width(self, c: char) -> usize {
        match self {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }

    /// How much it counts for a piece of text.
    pub fn length(self, text: &str) -> u32 {
        text.chars().map(|c| self.width(c)).sum::<usize>() as u32
    }

    /// The byte at a place; behind the end of a line or of the text: that end.
    pub fn offset(self, source: &Source, at: Position) -> usize {
        if at.line as usize >= source.line_count() {
            return source.text().len();
        }
        let start = source.line_start(at.line + 1) as usize;
        let mut left = at.character as usize;
        let mut offset = start;
        for c in source.line_text(at.line + 1).chars() {
            let width = self.width(c);
            // Within a character: before it.
            if left < width {
                break;
            }
            left -= width;
            offset += c.len_utf8();
        }
        offset
    }

    /// The place of a byte.
    pub fn position(self, source: &Source, offset: usize) -> Position {
        let offset = source.text().floor_char_boundary(offset);
        let line = source.line(offset as u32);
        let start = source.line_start(line) as usize;
        Position { line: line - 1, character: self.length(&source.text()[start..offset]) }
    }

    /// The places of a part of a text.
    pub fn range(self, source: &Source, span: Span) -> Range {
        Range { start: self.position(source, span.lo as usize), end: self.position(source, span.hi as usize) }
    }

    /// The part of a text between two places.
    pub fn span(self, source: &Source, range: Range) -> Span {
        let (lo, hi) = (self.offset(source, range.start), self.offset(source, range.end));
        Span::new(lo.min(hi), lo.max(hi))
    }
}

/// The place of a byte as sessions count it.
pub fn session_position(source: &Source, offset: usize) -> session::Position {
    let (line, column) = source.line_column(offset as u32);
    session::Position { line, column }
}

/// The byte at a place as sessions count it.
pub fn session_offset(source: &Source, at: session::Position) -> usize {
    let line = source.line_text(at.line);
    let column = (at.column as usize).saturating_sub(1);
    let within = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    (source.line_start(at.line) as usize + within).min(source.text().len())
}

/// The part of a text between two places as sessions count them.
pub fn session_span(source: &Source, range: session::Range) -> Span {
    let (lo, hi) = (session_offset(source, range.start), session_offset(source, range.end));
    Span::new(lo.min(hi), lo.max(hi))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_every_encoding() {
        let source = Source::new("t", "aü😀b\r\nx\n");
        for (encoding, b) in [(Encoding::Utf8, 7), (Encoding::Utf16, 4), (Encoding::Utf32, 3)] {
            let at = Position { line: 0, character: b };
            assert_eq!(encoding.offset(&source, at), 7, "{encoding:?}");
            assert_eq!(encoding.position(&source, 7), at, "{encoding:?}");
            for (line, character, offset) in [(0, 99, 8), (1, 1, 11), (2, 0, 12), (9, 9, 12)] {
                assert_eq!(encoding.offset(&source, Position { line, character }), offset, "{encoding:?} {line} {character}");
            }
        }
        // Within the pair that a character is written with.
        assert_eq!(Encoding::Utf16.offset(&source, Position { line: 0, character: 3 }), 3);
    }

    #[test]
    fn what_is_agreed_is_known() {
        let agreed = |names: &[&str]| Encoding::agreed(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(agreed(&[]), Encoding::Utf16);
        assert_eq!(agreed(&["utf-7", "utf-8", "utf-16"]), Encoding::Utf8);
        assert_eq!(agreed(&["utf-32"]), Encoding::Utf32);
    }
}
