//! Methods of strings that test or change their characters: case, white space at the ends, filling up, reading numbers.
//!
//! Case and classes of characters follow Unicode. Widths are columns of a terminal: a Chinese character takes two, an accent none.
//! A test of all characters is false for the empty string.

use crate::args::{self, Raised, check_room, given, given_not_nil, new_str, new_string};
use crate::convert;
use crate::string::text_of;
use crate::table::{Row, row};
use crate::template;
use std::collections::HashSet;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use vm::heap::Value;
use vm::object::{Cx, NativeResult};

/// Methods of strings.
pub(crate) const METHODS: &[Row] = &[
    row("upper", &[], upper, "`upper()`: in upper case."),
    row("lower", &[], lower, "`lower()`: in lower case."),
    row("capitalize", &[], capitalize, "`capitalize()`: with the first character in upper case and the others in lower case."),
    row("title", &[], title, "`title()`: with the first letter of every word in upper case and the others in lower case."),
    row("swap_case", &[], swap_case, "`swap_case()`: with upper and lower case exchanged."),
    row("fold_case", &[], fold_case, "`fold_case()`: so that texts which differ in case only become equal; `ß` and `SS` too."),
    row("strip", &["chars"], strip, "`strip(chars = nil)`: without white space, or without these characters, at both ends.")
        .optional(1),
    row("strip_start", &["chars"], strip_start, "`strip_start(chars = nil)`: like `strip`, at the start only.").optional(1),
    row("strip_end", &["chars"], strip_end, "`strip_end(chars = nil)`: like `strip`, at the end only.").optional(1),
    row("trim", &["chars"], strip, "`trim(chars = nil)`: the same as `strip`.").optional(1),
    row("trim_start", &["chars"], strip_start, "`trim_start(chars = nil)`: the same as `strip_start`.").optional(1),
    row("trim_end", &["chars"], strip_end, "`trim_end(chars = nil)`: the same as `strip_end`.").optional(1),
    row("remove_prefix", &["prefix"], remove_prefix, "`remove_prefix(prefix)`: without this beginning, if it begins so."),
    row("remove_suffix", &["suffix"], remove_suffix, "`remove_suffix(suffix)`: without this end, if it ends so."),
    row("pad", &["width", "fill"], pad, "`pad(width, fill = \" \")`: filled up at the end; the same as `pad_right`.").optional(1),
    row("pad_left", &["width", "fill"], pad_left, "`pad_left(width, fill = \" \")`: filled up at the start to this many columns.")
        .optional(1),
    row("pad_right", &["width", "fill"], pad_right, "`pad_right(width, fill = \" \")`: filled up at the end to this many columns.")
        .optional(1),
    row("center", &["width", "fill"], center, "`center(width, fill = \" \")`: filled up at both ends to this many columns.")
        .optional(1),
    row(
        "pad_zeros",
        &["width"],
        pad_zeros,
        "`pad_zeros(width)`: with zeros before the digits, behind the sign, up to this many columns.",
    ),
    row(
        "expand_tabs",
        &["size"],
        expand_tabs,
        "`expand_tabs(size = 8)`: with spaces up to the next multiple of `size` columns for each tab.",
    )
    .optional(1),
    row(
        "format",
        &[],
        template::format,
        "`format(...values)`: the template with the values in the place of `{}`, `{2}` by number, or `{name}` of the map that is \
         the first value; `{:>8.2}` formats like `${x:>8.2}`, and `{{` is a brace.",
    )
    .rest(),
    row("is_digit", &[], is_digit, "`is_digit()`: whether all characters are digits, 0 to 9."),
    row("is_alpha", &[], is_alpha, "`is_alpha()`: whether all characters are letters."),
    row("is_alnum", &[], is_alnum, "`is_alnum()`: whether all characters are letters or numbers."),
    row("is_space", &[], is_space, "`is_space()`: whether all characters are white space."),
    row("is_upper", &[], is_upper, "`is_upper()`: whether there are letters with case, and all of them are in upper case."),
    row("is_lower", &[], is_lower, "`is_lower()`: whether there are letters with case, and all of them are in lower case."),
    row(
        "is_numeric",
        &[],
        is_numeric,
        "`is_numeric()`: whether all characters are numbers in some script, such as `5`, `½` or `四`.",
    ),
    row(
        "is_identifier",
        &[],
        is_identifier,
        "`is_identifier()`: whether it could be a name in a program; keywords are not told apart.",
    ),
    row("is_ascii", &[], is_ascii, "`is_ascii()`: whether all characters are ASCII."),
    row("to_int", &["base"], to_int, "`to_int(base = 10)`: the number it is, or nil if it is none. `int(s)` raises instead.")
        .optional(1),
    row("to_float", &[], to_float, "`to_float()`: the number it is, or nil if it is none. `float(s)` raises instead."),
];

fn upper<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    new_string(cx, text.to_uppercase())
}

fn lower<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    new_string(cx, text.to_lowercase())
}

/// The text with its first character in title case and the rest in lower case: `ß` gives `Ss`.
fn push_capitalized(out: &mut String, word: &str) {
    let mut rest = word.chars();
    if let Some(first) = rest.next() {
        let mut upper = first.to_uppercase();
        out.extend(upper.next());
        out.extend(upper.flat_map(char::to_lowercase));
    }
    out.push_str(&rest.as_str().to_lowercase());
}

fn capitalize<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let mut result = String::with_capacity(text.len());
    push_capitalized(&mut result, text);
    new_string(cx, result)
}

fn title<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let mut result = String::with_capacity(text.len());
    for word in text.split_word_bounds() {
        push_capitalized(&mut result, word);
    }
    new_string(cx, result)
}

fn swap_case<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_uppercase() {
            result.extend(c.to_lowercase());
        } else {
            result.extend(c.to_uppercase());
        }
    }
    new_string(cx, result)
}

fn fold_case<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    // Character by character, so that a final sigma is not told apart.
    new_string(cx, text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect())
}

/// The ends that are stripped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Start,
    End,
    Both,
}

fn strip_ends<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, args: &[Value<'gc>], ends: Ends) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let characters = match given_not_nil(args, 1) {
        Some(characters) => Some(args::text(cx, native, "chars", characters)?),
        None => None,
    };
    let set: Option<HashSet<char>> = characters.map(|characters| characters.chars().collect());
    let goes = |c: char| set.as_ref().map_or_else(|| c.is_whitespace(), |set| set.contains(&c));
    let stripped = if ends == Ends::End { text } else { text.trim_start_matches(goes) };
    let stripped = if ends == Ends::Start { stripped } else { stripped.trim_end_matches(goes) };
    if stripped.len() == text.len() {
        return Ok(args[0]);
    }
    Ok(new_str(cx, stripped))
}

fn strip<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    strip_ends(cx, "strip", args, Ends::Both)
}

fn strip_start<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    strip_ends(cx, "strip_start", args, Ends::Start)
}

fn strip_end<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    strip_ends(cx, "strip_end", args, Ends::End)
}

fn remove_prefix<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let prefix = args::text(cx, "remove_prefix", "prefix", args[1])?;
    Ok(text.strip_prefix(prefix).map_or(args[0], |rest| new_str(cx, rest)))
}

fn remove_suffix<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let suffix = args::text(cx, "remove_suffix", "suffix", args[1])?;
    Ok(text.strip_suffix(suffix).map_or(args[0], |rest| new_str(cx, rest)))
}

/// Fills up a text. `left_of` says how many of the missing characters go to the start.
fn pad_with<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, args: &[Value<'gc>], left_of: fn(usize) -> usize) -> NativeResult<'gc> {
    let text = args::string(cx, args)?;
    let width = args::bound(cx, native, "width", args[1])?;
    let fill = match given_not_nil(args, 2) {
        Some(fill) => one_char(cx, native, "fill", fill)?,
        None => ' ',
    };
    if fill.width() != Some(1) {
        let fill = vm::ops::describe(cx, &args[2]);
        return Err(cx.value_error(format!("`{native}`: `fill` must be one column wide, which {fill} is not")));
    }
    let missing = usize::try_from(width).unwrap_or(0).saturating_sub(text.as_str().width());
    if missing == 0 {
        return Ok(args[0]);
    }
    let bytes = missing.saturating_mul(fill.len_utf8()).saturating_add(text.byte_len());
    check_room(cx, bytes)?;
    let left = left_of(missing);
    let mut padded = String::with_capacity(bytes);
    padded.extend(std::iter::repeat_n(fill, left));
    padded.push_str(text.as_str());
    padded.extend(std::iter::repeat_n(fill, missing - left));
    new_string(cx, padded)
}

/// An argument of one character.
pub(crate) fn one_char<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: Value<'gc>) -> Result<char, Raised<'gc>> {
    let text = args::text(cx, native, param, value)?;
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(c), None) => Ok(c),
        _ => Err(cx.value_error(format!("`{native}`: `{param}` must be one character, not {}", text.chars().count()))),
    }
}

fn pad_left<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    pad_with(cx, "pad_left", args, |missing| missing)
}

fn pad<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    pad_with(cx, "pad", args, |_| 0)
}

fn pad_right<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    pad_with(cx, "pad_right", args, |_| 0)
}

fn center<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    pad_with(cx, "center", args, |missing| missing / 2)
}

fn pad_zeros<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let width = args::bound(cx, "pad_zeros", "width", args[1])?;
    let missing = usize::try_from(width).unwrap_or(0).saturating_sub(text.width());
    check_room(cx, missing.saturating_add(text.len()))?;
    let (sign, digits) = text.split_at(usize::from(text.starts_with(['+', '-'])));
    new_string(cx, [sign, &"0".repeat(missing), digits].concat())
}

fn expand_tabs<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let size = match given_not_nil(args, 1) {
        Some(size) => args::size(cx, "expand_tabs", "size", size)?,
        None => 8,
    };
    let tabs = text.matches('\t').count();
    check_room(cx, text.len().saturating_add(tabs.saturating_mul(size)))?;
    let mut out = String::with_capacity(text.len());
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let mut columns = 0;
        for (k, part) in line.split('\t').enumerate() {
            if k > 0 {
                let spaces = size - columns % size;
                out.extend(std::iter::repeat_n(' ', spaces));
                columns += spaces;
            }
            out.push_str(part);
            columns += part.width();
        }
    }
    new_string(cx, out)
}

fn all_are<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>], test: impl Fn(char) -> bool) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    Ok(Value::bool(!text.is_empty() && text.chars().all(test)))
}

fn is_digit<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    all_are(cx, args, |c| c.is_ascii_digit())
}

fn is_alpha<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    all_are(cx, args, char::is_alphabetic)
}

fn is_alnum<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    all_are(cx, args, char::is_alphanumeric)
}

fn is_space<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    all_are(cx, args, char::is_whitespace)
}

fn is_upper<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    Ok(Value::bool(text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)))
}

fn is_lower<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    Ok(Value::bool(text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase)))
}

fn is_numeric<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    all_are(cx, args, char::is_numeric)
}

fn is_identifier<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let mut rest = text.chars();
    let begins = rest.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c));
    Ok(Value::bool(begins && rest.all(unicode_ident::is_xid_continue)))
}

fn is_ascii<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    Ok(Value::bool(text.is_ascii()))
}

fn to_int<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let base = convert::base(cx, "to_int", given(args, 1))?;
    Ok(convert::parse_int(cx, text, base)?.unwrap_or_default())
}

fn to_float<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    Ok(convert::parse_float(text).map_or(Value::Nil, Value::Float))
}
