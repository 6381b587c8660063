//! The little language after the colon of `${x:>8.2}`: fill, alignment, sign, prefix, zero, width, groups, precision, kind.
//!
//! The parser checks every specification with [`FormatParts::parse`]; whoever formats reads the same parts.

/// Widest field and highest precision that may be asked for: a format must not be able to exhaust memory.
pub const FORMAT_WIDTH_MAX: u32 = 10_000;

/// Where the text stands in its field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    /// `<`
    Left,
    /// `^`
    Center,
    /// `>`
    Right,
}

/// A format, taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FormatParts {
    /// The character that fills the field; a space when absent. Only together with `align`.
    pub fill: Option<char>,
    /// Where the text stands; by default numbers right, everything else left.
    pub align: Option<Align>,
    /// `+`, `-` or a space: what positive numbers begin with (`-`, the default: nothing).
    pub sign: Option<char>,
    /// `#`: what the base of the digits is stands before them, as in `0xff`.
    pub prefix: bool,
    /// `0` before the width: zeros between sign and digits.
    pub zero: bool,
    /// Least width in characters.
    pub width: Option<u32>,
    /// `,`: groups of three digits.
    pub grouped: bool,
    /// Digits after the point; for strings the greatest width.
    pub precision: Option<u32>,
    /// `x`, `X`, `b`, `o`, `e`, `E`, `%` or `?`.
    pub kind: Option<char>,
}

impl FormatParts {
    /// Takes a specification apart; the error says what is wrong, in the words of a message.
    pub fn parse(text: &str) -> Result<FormatParts, String> {
        let mut parts = FormatParts::default();
        let mut chars = text.chars().peekable();
        let mut ahead = text.chars();
        let (first, second) = (ahead.next(), ahead.next());
        if let Some(align) = second.and_then(align_of) {
            (parts.fill, parts.align) = (first, Some(align));
            chars.nth(1);
        } else if let Some(align) = first.and_then(align_of) {
            parts.align = Some(align);
            chars.next();
        }
        parts.sign = chars.next_if(|c| matches!(c, '+' | '-' | ' '));
        parts.prefix = chars.next_if_eq(&'#').is_some();
        parts.zero = chars.next_if_eq(&'0').is_some();
        parts.width = digits(&mut chars)?;
        parts.grouped = chars.next_if_eq(&',').is_some();
        if chars.next_if_eq(&'.').is_some() {
            parts.precision = Some(digits(&mut chars)?.ok_or("a number of digits is expected after `.`")?);
        }
        parts.kind = chars.next_if(|c| matches!(c, 'x' | 'X' | 'b' | 'o' | 'e' | 'E' | '%' | '?'));
        match chars.next() {
            None => Ok(parts),
            Some('f') => Err("there is no `f`: `.2` alone means two digits after the point".into()),
            Some('d') => Err("there is no `d`: integers are decimal by default".into()),
            Some(c) => Err(format!("`{c}` has no meaning here")),
        }
    }
}

fn align_of(c: char) -> Option<Align> {
    match c {
        '<' => Some(Align::Left),
        '^' => Some(Align::Center),
        '>' => Some(Align::Right),
        _ => None,
    }
}

fn digits(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Option<u32>, String> {
    let mut value: Option<u32> = None;
    while let Some(digit) = chars.next_if(char::is_ascii_digit).and_then(|c| c.to_digit(10)) {
        let next = value.unwrap_or(0) * 10 + digit;
        if next > FORMAT_WIDTH_MAX {
            return Err(format!("the largest width and precision is {FORMAT_WIDTH_MAX}"));
        }
        value = Some(next);
    }
    Ok(value)
}
