//! Methods of strings. Positions and lengths count characters; strings never change, so that every method gives a new one.
//!
//! Searching, cutting and replacing is here; tests and changes of characters are in `letters`, templates in `template`.

use crate::args::{self, Raised, check_room, clamp_bound, given, given_not_nil, new_int, new_list, new_str, new_string, with_room};
use crate::items::new_char;
use crate::iterable;
use crate::sequence;
use crate::table::{Row, row};
use gc_arena::{Collect, Gc};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;
use vm::heap::{Str, Value};
use vm::object::{Cx, Map, NativeResult};
use vm::ops::{self, Resume};

/// Methods of strings.
pub(crate) const METHODS: &[Row] = &[
    row("len", &[], sequence::len, "`len()`: the number of characters."),
    row("iter", &[], sequence::iter, "`iter()`: an iterator over the characters."),
    row(
        "get",
        &["index", "default"],
        sequence::get,
        "`get(index, default = nil)`: the character, or the default where there is none.",
    )
    .optional(1),
    row(
        "slice",
        &["from", "to"],
        sequence::slice,
        "`slice(from, to = nil)`: the characters from one index up to, not including, another; `s[from..to]`.",
    )
    .optional(1),
    row("take", &["count"], take, "`take(count)`: the first characters, or all if there are fewer."),
    row("drop", &["count"], drop_first, "`drop(count)`: what follows the first characters."),
    row("chars", &[], chars, "`chars()`: a list of the characters."),
    row("bytes", &[], bytes, "`bytes()`: the text as UTF-8 bytes."),
    row("code_points", &[], code_points, "`code_points()`: a list of the numbers of the characters, as by `ord`."),
    row("lines", &[], lines, "`lines()`: a list of the lines without their line breaks."),
    row(
        "split",
        &["separator", "limit"],
        split,
        "`split(separator = nil, limit = nil)`: a list of the parts between separators. Without separator the words between white \
         space; with `\"\"` the characters. At most `limit` parts: the last one holds the rest.",
    )
    .optional(2),
    row(
        "rsplit",
        &["separator", "limit"],
        rsplit,
        "`rsplit(separator, limit = nil)`: like `split`, from the end: at most `limit` parts, the first of which holds the rest.",
    )
    .optional(1),
    row(
        "split_once",
        &["separator"],
        split_once,
        "`split_once(separator)`: a pair of what is before and after the first separator, or nil.",
    ),
    row(
        "rsplit_once",
        &["separator"],
        rsplit_once,
        "`rsplit_once(separator)`: a pair of what is before and after the last separator, or nil.",
    ),
    row("join", &["iterable"], join, "`join(iterable)`: the texts of the items with this string between them."),
    row("find", &["part", "from"], find, "`find(part, from = 0)`: the index of the first place where the part stands, or nil.")
        .optional(1),
    row(
        "index_of",
        &["part", "from"],
        find,
        "`index_of(part, from = 0)`: the index of the first place where the part stands, or nil; the same as `find`.",
    )
    .optional(1),
    row("rfind", &["part"], rfind, "`rfind(part)`: the index of the last place where the part stands, or nil."),
    row(
        "last_index_of",
        &["part"],
        rfind,
        "`last_index_of(part)`: the index of the last place where the part stands, or nil; as `rfind`.",
    ),
    row(
        "find_all",
        &["part"],
        find_all,
        "`find_all(part)`: a list of the indices of the places where the part stands, without overlap.",
    ),
    row("contains", &["part"], contains, "`contains(part)`: whether the part stands somewhere; `part in s`."),
    row("count", &["part"], count, "`count(part)`: how often the part stands there, without overlap. Without it: the length.")
        .optional(1),
    row("starts_with", &["prefix"], starts_with, "`starts_with(prefix)`: whether it begins so. A tuple or list: with any of them."),
    row("ends_with", &["suffix"], ends_with, "`ends_with(suffix)`: whether it ends so. A tuple or list: with any of them."),
    row(
        "replace",
        &["old", "new", "limit"],
        replace,
        "`replace(old, new, limit = nil)`: with the new text in place of every old one, or of the first `limit`.",
    )
    .optional(1),
    row(
        "translate",
        &["table"],
        translate,
        "`translate(table)`: with every character that is a key of the map replaced by the text that is its value; nil takes it away.",
    ),
    row("repeat", &["count"], repeat, "`repeat(count)`: that many times one after another; `s * count`."),
    row("reversed", &[], reversed, "`reversed()`: the characters, last first."),
    row(
        "graphemes",
        &[],
        graphemes,
        "`graphemes()`: a list of what people see as characters: letters with their accents, emoji, flags.",
    ),
    row("width", &[], width, "`width()`: how many columns it takes on a terminal."),
];

pub(crate) fn text_of<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> Result<&'gc str, Raised<'gc>> {
    Ok(Gc::as_ref(args::string(cx, args)?).as_str())
}

/// A list of strings.
pub(crate) fn list_of<'gc, 'a>(cx: &mut Cx<'_, 'gc>, parts: impl Iterator<Item = &'a str>) -> NativeResult<'gc> {
    let mut items = Vec::new();
    for part in parts {
        cx.check_growth()?;
        items.push(new_str(cx, part));
    }
    Ok(new_list(cx, items))
}

fn take<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::string(cx, args)?;
    let count = args::count(cx, "take", "count", args[1])?;
    Ok(ops::slice_text(cx, text, 0, count))
}

fn drop_first<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::string(cx, args)?;
    let count = args::count(cx, "drop", "count", args[1])?;
    Ok(ops::slice_text(cx, text, count, usize::MAX))
}

fn chars<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::string(cx, args)?;
    let mut characters = with_room(cx, text.char_len())?;
    for c in text.as_str().chars() {
        characters.push(new_char(cx, c));
    }
    Ok(new_list(cx, characters))
}

fn bytes<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    Ok(args::new_bytes(cx, text.as_bytes()))
}

fn code_points<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::string(cx, args)?;
    let mut numbers = with_room(cx, text.char_len())?;
    numbers.extend(text.as_str().chars().map(|c| Value::Int(i64::from(u32::from(c)))));
    Ok(new_list(cx, numbers))
}

fn lines<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    list_of(cx, text.lines())
}

/// The most parts that a split may give.
fn limit<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, value: Option<Value<'gc>>) -> Result<usize, Raised<'gc>> {
    match value {
        Some(value) => args::size(cx, native, "limit", value),
        None => Ok(usize::MAX),
    }
}

fn split<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let limit = limit(cx, "split", given_not_nil(args, 2))?;
    let Some(separator) = given_not_nil(args, 1) else {
        let words = Words { rest: text, left: limit };
        return list_of(cx, words);
    };
    match args::text(cx, "split", "separator", separator)? {
        "" if limit == usize::MAX => chars(cx, args),
        "" => {
            let mut parts = Vec::new();
            let mut rest = text;
            while let (Some(c), true) = (rest.chars().next(), parts.len() + 1 < limit) {
                let (first, after) = rest.split_at(c.len_utf8());
                parts.push(new_str(cx, first));
                rest = after;
            }
            if !rest.is_empty() {
                parts.push(new_str(cx, rest));
            }
            Ok(new_list(cx, parts))
        }
        separator => list_of(cx, text.splitn(limit, separator)),
    }
}

/// The words of a text, which stand between white space; the last one may hold the rest.
struct Words<'a> {
    rest: &'a str,
    left: usize,
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.rest = self.rest.trim_start();
        if self.rest.is_empty() {
            return None;
        }
        self.left -= 1;
        let end = if self.left == 0 { None } else { self.rest.find(char::is_whitespace) };
        let (word, rest) = match end {
            Some(end) => self.rest.split_at(end),
            None => (self.rest.trim_end(), ""),
        };
        self.rest = rest;
        Some(word)
    }
}

fn rsplit<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let separator = args::text(cx, "rsplit", "separator", args[1])?;
    let limit = limit(cx, "rsplit", given_not_nil(args, 2))?;
    if separator.is_empty() {
        return Err(cx.value_error("`rsplit`: `separator` must not be empty"));
    }
    let mut parts: Vec<Value<'gc>> = text.rsplitn(limit, separator).map(|part| new_str(cx, part)).collect();
    parts.reverse();
    Ok(new_list(cx, parts))
}

fn split_once<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let separator = args::text(cx, "split_once", "separator", args[1])?;
    match text.split_once(separator) {
        Some((before, after)) => {
            let pair = [new_str(cx, before), new_str(cx, after)];
            Ok(args::new_tuple(cx, pair))
        }
        None => Ok(Value::Nil),
    }
}

fn rsplit_once<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let separator = args::text(cx, "rsplit_once", "separator", args[1])?;
    match text.rsplit_once(separator) {
        Some((before, after)) => {
            let pair = [new_str(cx, before), new_str(cx, after)];
            Ok(args::new_tuple(cx, pair))
        }
        None => Ok(Value::Nil),
    }
}

fn join<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    args::string(cx, args)?;
    iterable::join_with(cx, args[0], args[1])
}

fn find<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::string(cx, args)?;
    let part = args::text(cx, "find", "part", args[1])?;
    let from = given(args, 2).unwrap_or(Value::Int(0));
    let from = args::bound(cx, "find", "from", from)?;
    let from = if from == 0 { 0 } else { text.byte_offset(clamp_bound(from, text.char_len())) };
    let found = text.as_str()[from..].find(part);
    Ok(found.map_or(Value::Nil, |at| new_int(text.char_index(from + at))))
}

fn rfind<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::string(cx, args)?;
    let part = args::text(cx, "rfind", "part", args[1])?;
    Ok(text.as_str().rfind(part).map_or(Value::Nil, |at| new_int(text.char_index(at))))
}

fn find_all<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::string(cx, args)?;
    let part = args::text(cx, "find_all", "part", args[1])?;
    let mut places = Vec::new();
    let (mut index, mut last) = (0, 0);
    for (at, _) in text.as_str().match_indices(part) {
        index += if text.is_ascii() { at - last } else { text.as_str()[last..at].chars().count() };
        last = at;
        places.push(new_int(index));
    }
    Ok(new_list(cx, places))
}

fn contains<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let part = args::text(cx, "contains", "part", args[1])?;
    Ok(Value::bool(text.contains(part)))
}

fn count<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::string(cx, args)?;
    let Some(part) = given(args, 1) else { return Ok(new_int(text.char_len())) };
    let part = args::text(cx, "count", "part", part)?;
    Ok(new_int(text.as_str().matches(part).count()))
}

/// Whether `test` holds for the text, or for one of the texts.
fn any_of<'gc>(
    cx: &mut Cx<'_, 'gc>,
    native: &str,
    param: &str,
    value: Value<'gc>,
    test: impl Fn(&str) -> bool,
) -> NativeResult<'gc> {
    if !matches!(value, Value::List(_) | Value::Tuple(_)) {
        let text = args::text(cx, native, param, value)?;
        return Ok(Value::bool(test(text)));
    }
    for item in crate::items::list_items(&value) {
        let text = args::text(cx, native, param, item)?;
        if test(text) {
            return Ok(Value::True);
        }
    }
    Ok(Value::False)
}

fn starts_with<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    cx.world.spend(if let Value::Str(prefix) = args[1] { prefix.byte_len() / 64 } else { 0 });
    any_of(cx, "starts_with", "prefix", args[1], |prefix| text.starts_with(prefix))
}

fn ends_with<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    cx.world.spend(if let Value::Str(suffix) = args[1] { suffix.byte_len() / 64 } else { 0 });
    any_of(cx, "ends_with", "suffix", args[1], |suffix| text.ends_with(suffix))
}

fn replace<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let old = args::text(cx, "replace", "old", args[1])?;
    let new = args::text(cx, "replace", "new", args[2])?;
    let limit = match given_not_nil(args, 3) {
        Some(limit) => args::count(cx, "replace", "limit", limit)?,
        None => usize::MAX,
    };
    let places = text.match_indices(old).take(limit).count();
    if places == 0 {
        return Ok(args[0]);
    }
    let length = (text.len() - places * old.len()).saturating_add(places.saturating_mul(new.len()));
    check_room(cx, length)?;
    new_string(cx, text.replacen(old, new, places))
}

fn translate<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::string(cx, args)?;
    let Value::Map(table) = args[1] else { return Err(args::wrong(cx, "translate", "table", "a Map", &args[1])) };
    Translation { text, table, at: 0, out: String::new() }.go(cx)
}

/// A text that is translated up to a place. Keys of the table may need the program's `==`.
#[derive(Collect)]
#[collect(no_drop)]
struct Translation<'gc> {
    text: Gc<'gc, Str>,
    table: Gc<'gc, Map<'gc>>,
    /// Offset of the next character.
    at: usize,
    out: String,
}

impl<'gc> Translation<'gc> {
    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        while let Some(c) = self.text.as_str()[self.at..].chars().next() {
            let key = new_char(cx, c);
            match ops::map_get(cx, self.table, key) {
                Ok(found) => self.put(cx, c, found)?,
                Err(control) => return ops::suspend(cx, control, self),
            }
        }
        new_string(cx, self.out)
    }

    /// Writes what the table has for the character `c`.
    fn put(&mut self, cx: &mut Cx<'_, 'gc>, c: char, found: Value<'gc>) -> Result<(), Raised<'gc>> {
        let mut own = [0; 4];
        let new = match &found {
            Value::Unset => &*c.encode_utf8(&mut own),
            Value::Nil => "",
            Value::Str(new) => new.as_str(),
            other => return Err(args::wrong(cx, "translate", "table", "a Map to strings or nil", other)),
        };
        check_room(cx, self.out.len() + new.len())?;
        self.out.push_str(new);
        self.at += c.len_utf8();
        Ok(())
    }
}

impl<'gc> Resume<'gc> for Translation<'gc> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, found: Value<'gc>) -> NativeResult<'gc> {
        let c = self.text.as_str()[self.at..].chars().next().expect("a character was looked up");
        self.put(cx, c, found)?;
        self.go(cx)
    }
}

fn repeat<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    let count = args::count(cx, "repeat", "count", args[1])?;
    check_room(cx, text.len().saturating_mul(count))?;
    if text.is_empty() {
        return Ok(args[0]);
    }
    new_string(cx, text.repeat(count))
}

fn reversed<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    new_string(cx, text.chars().rev().collect())
}

fn graphemes<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, args)?;
    list_of(cx, text.graphemes(true))
}

fn width<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(new_int(text_of(cx, args)?.width()))
}
