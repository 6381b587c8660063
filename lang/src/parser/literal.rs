//! From the text of a literal to its value: numbers, escapes, indentation of strings over several lines.

use super::build::StrPart;
use crate::ast::ExprKind;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Quotes, REPORTS_MAX};
use crate::source::Span;

/// Most digits of an integer: turning text into a number takes time that grows with their square.
const INT_DIGITS_MAX: usize = 10_000;

/// The value of a number token, or what is wrong with it.
pub(super) fn number(text: &str) -> Result<ExprKind, String> {
    let radix = match text.get(..2) {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => return decimal(text),
    };
    let digits = strip_underscores(&text[2..])?;
    if digits.is_empty() {
        return Err(format!("digits are missing after `{}`", &text[..2]));
    }
    if let Some(bad) = digits.chars().find(|c| !c.is_digit(radix)) {
        return Err(format!("`{bad}` is no digit of a number that begins with `{}`", &text[..2]));
    }
    check_length(&digits)?;
    match i64::from_str_radix(&digits, radix) {
        Ok(value) => Ok(ExprKind::Int(value)),
        Err(_) => Ok(big(&to_decimal(&digits, radix))),
    }
}

fn decimal(text: &str) -> Result<ExprKind, String> {
    let plain = |c: char| c.is_ascii_digit() || c == '_';
    if text.chars().all(plain) {
        let digits = strip_underscores(text)?;
        check_length(&digits)?;
        return Ok(digits.parse().map_or_else(|_| big(&digits), ExprKind::Int));
    }
    if text.starts_with('0') && matches!(text.as_bytes().get(1), Some(b'X' | b'O' | b'B')) {
        return Err(format!("write `0{}` in small letters", text[1..2].to_ascii_lowercase()));
    }
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(text[at + 1..].trim_start_matches(['+', '-']))),
        None => (text, None),
    };
    let mut groups = mantissa.split('.').chain(exponent);
    if let Some(bad) = groups.clone().flat_map(str::chars).find(|c| !plain(*c)) {
        return Err(format!("`{bad}` cannot be part of a number"));
    }
    if groups.any(|group| !group.starts_with(|c: char| c.is_ascii_digit())) {
        return Err("digits are missing".into());
    }
    let digits = strip_underscores(text)?;
    digits.parse().map(ExprKind::Float).map_err(|_| "this is no number".into())
}

fn strip_underscores(text: &str) -> Result<String, String> {
    if text.ends_with('_') || text.contains("__") || text.contains("_.") || text.contains("_e") {
        return Err("`_` stands between digits only".into());
    }
    Ok(text.chars().filter(|c| *c != '_').collect())
}

fn check_length(digits: &str) -> Result<(), String> {
    if digits.len() > INT_DIGITS_MAX {
        Err(format!("an integer has at most {INT_DIGITS_MAX} digits; read a longer one from a text with `int(text)`"))
    } else {
        Ok(())
    }
}

/// An integer in decimal digits that may be too large for 64 bits.
fn big(digits: &str) -> ExprKind {
    let digits = digits.trim_start_matches('0');
    match digits.parse() {
        Ok(value) => ExprKind::Int(value),
        Err(_) if digits.is_empty() => ExprKind::Int(0),
        Err(_) => ExprKind::BigInt(digits.to_owned()),
    }
}

/// Decimal digits of a number given in `radix`, by schoolbook arithmetic in limbs of nine digits.
fn to_decimal(digits: &str, radix: u32) -> String {
    const LIMB: u64 = 1_000_000_000;
    let mut limbs: Vec<u64> = vec![0];
    for digit in digits.chars().filter_map(|c| c.to_digit(radix)) {
        let mut carry = u64::from(digit);
        for limb in &mut limbs {
            let value = *limb * u64::from(radix) + carry;
            *limb = value % LIMB;
            carry = value / LIMB;
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    limbs.iter().rev().map(|limb| format!("{limb:09}")).collect()
}

/// A piece of a string literal: text, or the place of an interpolation.
pub(super) enum Piece {
    /// Text between these offsets.
    Text(u32, u32),
    /// An interpolation.
    Hole,
}

impl From<&StrPart> for Piece {
    fn from(part: &StrPart) -> Self {
        match part {
            StrPart::Text(lo, hi) => Piece::Text(*lo, *hi),
            StrPart::Expr(..) => Piece::Hole,
        }
    }
}

/// Reads the pieces of a string literal. Gives one text for each [`Piece::Text`].
pub(super) fn texts(source: &str, quotes: Quotes, pieces: &[Piece], diagnostics: &mut Vec<Diagnostic>) -> Vec<String> {
    let mut reader = Reader { source, quotes, diagnostics, margin: String::new(), at_line_start: false };
    let mut skip = 0;
    if quotes.spans_lines() {
        if let Some(Piece::Text(lo, hi)) = pieces.first() {
            skip = first_newline(&source[*lo as usize..*hi as usize]);
        }
        reader.at_line_start = true;
        reader.margin = reader.common_indent(pieces, skip);
    }
    let mut out = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(lo, hi) => {
                let lo = if i == 0 { *lo as usize + skip } else { *lo as usize };
                let last = i + 1 == pieces.len();
                out.push(reader.read(lo, *hi as usize, last));
            }
            Piece::Hole => reader.at_line_start = false,
        }
    }
    out
}

/// Length of the blank rest of the first line, newline included; 0 when the text begins on it.
fn first_newline(text: &str) -> usize {
    let rest = text.trim_start_matches([' ', '\t', '\r']);
    if rest.starts_with('\n') { text.len() - rest.len() + 1 } else { 0 }
}

struct Reader<'a> {
    source: &'a str,
    quotes: Quotes,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// White space that is removed from the start of every line.
    margin: String,
    at_line_start: bool,
}

impl Reader<'_> {
    /// The white space that all lines with text begin with.
    fn common_indent(&mut self, pieces: &[Piece], skip: usize) -> String {
        let mut margin: Option<&str> = None;
        let mut at_line_start = true;
        for (i, piece) in pieces.iter().enumerate() {
            let Piece::Text(lo, hi) = piece else {
                if std::mem::take(&mut at_line_start) {
                    margin = Some("");
                }
                continue;
            };
            let lo = if i == 0 { *lo as usize + skip } else { *lo as usize };
            let mut offset = lo;
            for line in self.source[lo..*hi as usize].split_inclusive('\n') {
                let begins = std::mem::replace(&mut at_line_start, line.ends_with('\n'));
                let start = offset;
                offset += line.len();
                let rest = line.trim_start_matches([' ', '\t']);
                let holds_hole = rest.is_empty() && i + 1 < pieces.len();
                if !begins || (rest.trim_end().is_empty() && !holds_hole) {
                    continue;
                }
                at_line_start &= !holds_hole;
                let indent = &line[..line.len() - rest.len()];
                margin = Some(match margin {
                    None => indent,
                    Some(margin) => self.shared(margin, indent, start),
                });
            }
        }
        margin.unwrap_or("").to_owned()
    }

    /// The common start of two indentations; a diagnostic when they differ in kind rather than in length.
    fn shared<'s>(&mut self, margin: &'s str, indent: &str, at: usize) -> &'s str {
        let same = margin.bytes().zip(indent.bytes()).take_while(|(a, b)| a == b).count();
        if same < margin.len().min(indent.len()) {
            self.diagnostics.push(
                Diagnostic::new(
                    &codes::STRING_INDENT,
                    Span::new(at, at + indent.len()),
                    "this line is indented with other white space than the lines before",
                )
                .label("tabs and spaces are mixed")
                .help("indent all lines of the string alike, so that the common part can be removed"),
            );
        }
        &margin[..same]
    }

    /// The value of the text between two offsets. `last`: the string ends here.
    fn read(&mut self, lo: usize, hi: usize, last: bool) -> String {
        if !self.quotes.spans_lines() {
            let mut out = String::with_capacity(hi - lo);
            self.unescape(lo, hi, &mut out);
            return out;
        }
        let mut out = String::with_capacity(hi - lo);
        let mut offset = lo;
        for line in self.source[lo..hi].split_inclusive('\n') {
            let mut start = offset;
            offset += line.len();
            let begins = std::mem::replace(&mut self.at_line_start, line.ends_with('\n'));
            let body = line.strip_suffix('\n').map_or(line, |body| body.strip_suffix('\r').unwrap_or(body));
            let end = start + body.len();
            if begins {
                let blank = body.trim_matches([' ', '\t']).is_empty() && (line.ends_with('\n') || last && offset == hi);
                start = if blank { end } else { start + self.margin.len().min(body.len()) };
            }
            self.unescape(start, end, &mut out);
            if line.ends_with('\n') {
                out.push('\n');
            }
        }
        out
    }

    /// Appends the text between two offsets with its escapes replaced.
    fn unescape(&mut self, lo: usize, hi: usize, out: &mut String) {
        if self.quotes.is_raw() {
            out.push_str(&self.source[lo..hi]);
            return;
        }
        let mut at = lo;
        while let Some(slash) = self.source[at..hi].find('\\') {
            out.push_str(&self.source[at..at + slash]);
            at += slash;
            at += self.escape(at, hi, out);
        }
        out.push_str(&self.source[at..hi]);
    }

    /// One escape at `at`; gives its length.
    fn escape(&mut self, at: usize, hi: usize, out: &mut String) -> usize {
        let rest = &self.source[at + 1..hi];
        let Some(c) = rest.chars().next() else {
            self.bad_escape(at, 1, "`\\` at the end of the line", "write `\\\\` for a backslash");
            return 1;
        };
        let simple = match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            '"' | '\\' | '$' => c,
            'u' => return self.unicode_escape(at, rest, out),
            '\'' => {
                self.bad_escape(at, 2, "`\\'` is no escape", "`'` needs no backslash inside `\"…\"`");
                c
            }
            _ => {
                let help = "the escapes are `\\n \\t \\r \\0 \\\" \\\\ \\$ \\u{1F600}`; a string without escapes is written `'…'`";
                self.bad_escape(at, 1 + c.len_utf8(), &format!("`\\{c}` is no escape"), help);
                c
            }
        };
        out.push(simple);
        1 + c.len_utf8()
    }

    fn unicode_escape(&mut self, at: usize, rest: &str, out: &mut String) -> usize {
        // Only the start is searched: a text full of `\\u{` without `}` must not take quadratic time.
        let close = rest.bytes().take(16).position(|b| b == b'}');
        let digits = close.and_then(|close| rest[..close].strip_prefix("u{"));
        let value = digits.filter(|d| d.len() <= 6).and_then(|d| u32::from_str_radix(d, 16).ok()).and_then(char::from_u32);
        match (digits, value) {
            (Some(digits), Some(value)) if !digits.starts_with('+') => {
                out.push(value);
                digits.len() + 4
            }
            _ => {
                let len = digits.map_or(2, |digits| digits.len() + 4).min(12);
                let len = (1..=len).rev().find(|len| self.source.is_char_boundary(at + len)).unwrap_or(1);
                self.bad_escape(at, len, "this is no Unicode character", "write its number in hexadecimal: `\\u{1F600}`");
                len
            }
        }
    }

    fn bad_escape(&mut self, at: usize, len: usize, message: &str, help: &str) {
        if self.diagnostics.len() < 2 * REPORTS_MAX {
            let diagnostic = Diagnostic::new(&codes::BAD_ESCAPE, Span::new(at, at + len), message);
            self.diagnostics.push(diagnostic.label("unknown escape").help(help));
        }
    }
}

/// What looks like an interpolation in a raw string: its place and length. A string with a backslash is written raw on purpose.
pub(super) fn raw_slip(text: &str) -> Option<(usize, usize)> {
    let at = text.find("${")?;
    let end = text[at..].find('}')?;
    let is_name = text[at + 2..at + end].starts_with(|c: char| c == '_' || unicode_ident::is_xid_start(c));
    (is_name && !text.contains('\\')).then_some((at, end + 1))
}
