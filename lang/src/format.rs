//! Format specifications, the little language after the colon of `${x:>8.2}`: a blend of Rust's and Python's.
//!
//! ```text
//! [[fill]align][sign][#][0][width][,][.precision][type]
//! align  <  ^  >          without: numbers right, everything else left
//! sign   +  -  space      in front of numbers that are not negative
//! #      0x 0o 0b in front of the digits
//! 0      zeros between sign and digits, up to the width
//! ,      groups of three digits
//! type   x X o b          ints: base 16, 8, 2
//!        d                ints: base 10
//!        f e E g %        numbers: decimals, exponent, whichever is shorter, percent
//!        s ?              anything: as by str, as by repr
//! ```
//!
//! There is one parser: texts are checked with it when they are read, and whoever formats reads what it gives.

/// Widest field and highest precision that may be asked for: a format must not be able to exhaust memory.
pub const FORMAT_WIDTH_MAX: usize = 10_000;

/// Where the text stands in its field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    /// `<`
    Left,
    /// `^`
    Centre,
    /// `>`
    Right,
}

/// What numbers begin with that are not negative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// Nothing.
    Minus,
    /// `+`
    Plus,
    /// A space.
    Space,
}

/// How a value becomes text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Nothing is said.
    Default,
    /// `d`
    Decimal,
    /// `x`
    HexLower,
    /// `X`
    HexUpper,
    /// `o`
    Octal,
    /// `b`
    Binary,
    /// `f`
    Fixed,
    /// `e`
    ExponentLower,
    /// `E`
    ExponentUpper,
    /// `g`
    General,
    /// `%`
    Percent,
    /// `s`
    Str,
    /// `?`
    Repr,
}

impl Kind {
    const LETTERS: [(char, Kind); 12] = [
        ('d', Kind::Decimal),
        ('x', Kind::HexLower),
        ('X', Kind::HexUpper),
        ('o', Kind::Octal),
        ('b', Kind::Binary),
        ('f', Kind::Fixed),
        ('e', Kind::ExponentLower),
        ('E', Kind::ExponentUpper),
        ('g', Kind::General),
        ('%', Kind::Percent),
        ('s', Kind::Str),
        ('?', Kind::Repr),
    ];

    /// The letter it is written with.
    pub fn letter(self) -> char {
        Self::LETTERS.iter().find(|(_, kind)| *kind == self).map_or(' ', |(letter, _)| *letter)
    }

    /// Digits of ints: base, prefix.
    pub fn base(self) -> Option<(u32, &'static str)> {
        match self {
            Kind::Decimal => Some((10, "")),
            Kind::HexLower => Some((16, "0x")),
            Kind::HexUpper => Some((16, "0X")),
            Kind::Octal => Some((8, "0o")),
            Kind::Binary => Some((2, "0b")),
            _ => None,
        }
    }
}

/// A specification, taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spec {
    /// The character that fills the field.
    pub fill: char,
    /// Where the text stands; by default numbers right, everything else left.
    pub align: Option<Align>,
    /// What numbers begin with that are not negative.
    pub sign: Sign,
    /// `#`: what the base of the digits is stands before them, as in `0xff`.
    pub alternate: bool,
    /// `0` before the width: zeros between sign and digits.
    pub zero: bool,
    /// Least width in columns.
    pub width: usize,
    /// `,`: groups of three digits.
    pub grouped: bool,
    /// Digits after the point; for text the greatest number of characters.
    pub precision: Option<usize>,
    /// How the value becomes text.
    pub kind: Kind,
}

impl Spec {
    /// Takes a specification apart; the error says what is wrong, in the words of a message.
    pub fn parse(text: &str) -> Result<Spec, String> {
        let mut rest = text.chars();
        let mut fill = ' ';
        let mut align = None;
        let mut ahead = text.chars();
        match (ahead.next(), ahead.next()) {
            (Some(c), Some(mark)) if align_of(mark).is_some() => {
                (fill, align, rest) = (c, align_of(mark), ahead);
            }
            (Some(mark), _) if align_of(mark).is_some() => {
                align = align_of(mark);
                rest.next();
            }
            _ => {}
        }
        let mut rest = rest.as_str();
        let mut take = |c: char| {
            let found = rest.strip_prefix(c);
            rest = found.unwrap_or(rest);
            found.is_some()
        };
        let sign = if take('+') {
            Sign::Plus
        } else if take(' ') {
            Sign::Space
        } else {
            take('-');
            Sign::Minus
        };
        let alternate = take('#');
        let zero = take('0');
        let width = number(&mut rest)?.unwrap_or(0);
        let grouped = rest.strip_prefix(',').map(|after| rest = after).is_some();
        let precision = match rest.strip_prefix('.') {
            Some(after) => {
                rest = after;
                Some(number(&mut rest)?.ok_or("a number is expected after the point")?)
            }
            None => None,
        };
        let mut letters = rest.chars();
        let kind = match letters.next() {
            None => Kind::Default,
            Some(c) => match Kind::LETTERS.iter().find(|(letter, _)| *letter == c) {
                Some((_, kind)) => *kind,
                None => return Err(format!("`{c}` is not a type; types are d x X o b f e E g % s ?")),
            },
        };
        let rest = letters.as_str();
        if !rest.is_empty() {
            return Err(format!("`{rest}` follows the type"));
        }
        Ok(Spec { fill, align, sign, alternate, zero, width, grouped, precision, kind })
    }
}

fn align_of(c: char) -> Option<Align> {
    match c {
        '<' => Some(Align::Left),
        '^' => Some(Align::Centre),
        '>' => Some(Align::Right),
        _ => None,
    }
}

/// Takes a decimal number from the front of the text.
fn number(text: &mut &str) -> Result<Option<usize>, String> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Ok(None);
    }
    *text = rest;
    let value = digits.parse().ok().filter(|value| *value <= FORMAT_WIDTH_MAX);
    value.map(Some).ok_or_else(|| format!("the largest width and precision is {FORMAT_WIDTH_MAX}"))
}
