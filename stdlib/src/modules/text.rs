//! The module `text`.

use crate::args::{self, new_int, new_str, new_string};
use crate::string::list_of;
use crate::table::{Row, row};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;
use vm::heap::Value;
use vm::object::{Cx, NativeResult};
use vm::ops;

/// Functions of the module.
pub(crate) const FUNCTIONS: &[Row] = &[
    row("width", &["text"], width, "`width(text)`: how many columns it takes on a terminal."),
    row("graphemes", &["text"], graphemes, "`graphemes(text)`: a list of what people see as characters."),
    row("words", &["text"], words, "`words(text)`: a list of the words, by the rules of Unicode, without what is between them."),
    row("sentences", &["text"], sentences, "`sentences(text)`: a list of the sentences, by the rules of Unicode."),
    row(
        "normalize",
        &["text", "form"],
        normalize,
        "`normalize(text, form = \"NFC\")`: the same text in a normal form of Unicode: NFC, NFD, NFKC or NFKD.",
    )
    .optional(1),
    row(
        "distance",
        &["a", "b"],
        distance,
        "`distance(a, b)`: how many characters must be put in, taken out or changed to make b of a; of texts of up to 10 000 characters.",
    ),
    row(
        "nearest",
        &["word", "words"],
        nearest,
        "`nearest(word, words)`: the word of a list that is likely meant by a mistyped one, or nil.",
    ),
];

fn width<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(new_int(args::text(cx, "width", "text", args[0])?.width()))
}

fn graphemes<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::text(cx, "graphemes", "text", args[0])?;
    list_of(cx, text.graphemes(true))
}

fn words<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::text(cx, "words", "text", args[0])?;
    list_of(cx, text.unicode_words())
}

fn sentences<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::text(cx, "sentences", "text", args[0])?;
    list_of(cx, text.unicode_sentences().map(str::trim_end))
}

fn normalize<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::text(cx, "normalize", "text", args[0])?;
    let form = match args::given(args, 1) {
        Some(form) => args::text(cx, "normalize", "form", form)?,
        None => "NFC",
    };
    let normal = match form {
        "NFC" => within_room(cx, text.nfc())?,
        "NFD" => within_room(cx, text.nfd())?,
        "NFKC" => within_room(cx, text.nfkc())?,
        "NFKD" => within_room(cx, text.nfkd())?,
        _ => return Err(cx.value_error(format!("`normalize`: `form` must be NFC, NFD, NFKC or NFKD, but is `{form}`"))),
    };
    new_string(cx, normal)
}

/// A text of characters that may be many more than those it is made from.
fn within_room<'gc>(cx: &mut Cx<'_, 'gc>, characters: impl Iterator<Item = char>) -> Result<String, args::Raised<'gc>> {
    /// Bytes between two looks at the limit.
    const STEP: usize = 1 << 20;
    let (mut text, mut next) = (String::new(), STEP);
    for character in characters {
        text.push(character);
        if text.len() > next {
            args::check_room(cx, text.len() + STEP)?;
            next += STEP;
        }
    }
    Ok(text)
}

fn distance<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    /// Longest text, in characters: the time grows with the product of both lengths.
    const LENGTH_MAX: usize = 10_000;
    let a: Vec<char> = args::text(cx, "distance", "a", args[0])?.chars().collect();
    let b: Vec<char> = args::text(cx, "distance", "b", args[1])?.chars().collect();
    if a.len().max(b.len()) > LENGTH_MAX {
        return Err(cx.value_error(format!("`distance` takes texts of up to {LENGTH_MAX} characters")));
    }
    cx.pay((a.len() * b.len() / 2) as u64)?;
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    Ok(new_int(row[b.len()]))
}

fn nearest<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let word = args::text(cx, "nearest", "word", args[0])?;
    if !matches!(args[1], Value::List(_) | Value::Tuple(_)) {
        return Err(args::wrong(cx, "nearest", "words", "a List", &args[1]));
    }
    let mut known = Vec::new();
    for item in crate::items::list_items(&args[1]) {
        known.push(args::text(cx, "nearest", "words", item)?);
    }
    cx.pay(known.iter().map(|other| (word.len() * other.len() / 2) as u64).sum())?;
    if known.contains(&word) {
        return Ok(args[0]);
    }
    Ok(ops::nearest(word, known.into_iter()).map_or(Value::Nil, |near| new_str(cx, near)))
}
