//! The module `regex`, on the crate of this name: every search takes linear time. Positions count characters.

use crate::args::{self, Raised, check_room, given_not_nil, new_int, new_list, new_str, new_string, new_tuple};
use crate::string::byte_offset;
use crate::table::{Row, row};
use gc_arena::Gc;
use regex::{Captures, Regex, RegexBuilder};
use std::cell::RefCell;
use std::rc::Rc;
use vm::heap::{Str, Value};
use vm::object::{Cx, NativeResult, World};

/// Functions of the module.
pub(crate) const FUNCTIONS: &[Row] = &[
    row("escape", &["text"], escape, "`escape(text)`: a pattern that fits this text and nothing else."),
    row("_compile", &["pattern", "flags"], compile, "`_compile(pattern, flags)`: the program that searches."),
    row("_names", &["program"], names, "`_names(program)`: a tuple of the names of the groups, nil for those without."),
    row("_is_match", &["program", "text"], is_match, "`_is_match(program, text)`: whether it fits somewhere."),
    row("_find", &["program", "text", "from"], find, "`_find(program, text, from)`: the record of the first match, or nil."),
    row("_find_all", &["program", "text"], find_all, "`_find_all(program, text)`: a list of the records of the matches."),
    row("_text", &["text", "record", "group"], text, "`_text(text, record, group)`: the text of a group of a match, or nil."),
    row("_split", &["program", "text", "limit"], split, "`_split(program, text, limit = nil)`: the parts between matches.")
        .optional(1),
    row(
        "_replace",
        &["program", "text", "template", "limit"],
        replace,
        "`_replace(program, text, template, limit = nil)`: with the filled template in the place of the matches.",
    )
    .optional(1),
    row(
        "_pieces",
        &["program", "text", "limit"],
        pieces,
        "`_pieces(program, text, limit = nil)`: a list of the texts between matches and of the records of the matches, in turns.",
    )
    .optional(1),
    row("_expand", &["program", "text", "template", "at"], expand, "`_expand(program, text, template, at)`: the filled template."),
];

/// Compiled patterns that are kept: a loop that names its patterns as text does not compile them again and again.
const KEPT_MAX: usize = 64;

thread_local! {
    /// Patterns with their flags, the one used last at the end.
    static KEPT: RefCell<Vec<(String, Rc<Regex>)>> = const { RefCell::new(Vec::new()) };
}

/// The program of a pattern. Programs are shared: a copy would have to make its tables anew.
fn compiled(pattern: &str, flags: &str) -> Result<Rc<Regex>, regex::Error> {
    let key = format!("{flags}/{pattern}");
    KEPT.with_borrow_mut(|kept| {
        let entry = match kept.iter().position(|(found, _)| *found == key) {
            Some(i) => kept.remove(i),
            None => {
                let has = |flag| flags.contains(flag);
                let program = RegexBuilder::new(pattern)
                    .case_insensitive(has('i'))
                    .multi_line(has('m'))
                    .dot_matches_new_line(has('s'))
                    .ignore_whitespace(has('x'))
                    .build()?;
                (key, Rc::new(program))
            }
        };
        let program = entry.1.clone();
        if kept.len() >= KEPT_MAX {
            kept.remove(0);
        }
        kept.push(entry);
        Ok(program)
    })
}

fn compile<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let pattern = args::text(cx, "regex", "pattern", args[0])?;
    let flags = args::text(cx, "regex", "flags", args[1])?;
    if let Some(flag) = flags.chars().find(|c| !"imsx".contains(*c)) {
        return Err(cx.value_error(format!("`regex`: `{flag}` is not a flag; flags are i m s x")));
    }
    match compiled(pattern, flags) {
        Ok(program) => Ok(World::host_object(cx.mc, "Program", program)),
        Err(regex::Error::CompiledTooBig(_)) => Err(cx.value_error("bad pattern: it is too large when compiled")),
        Err(error) => {
            let text = error.to_string();
            let text = text.strip_prefix("regex parse error:\n").unwrap_or(&text);
            Err(cx.value_error(format!("bad pattern:\n{}", text.replace("\nerror: ", "\n"))))
        }
    }
}

/// The program and the text that are the first arguments.
fn subject<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> Result<(&'gc Regex, Gc<'gc, Str>), Raised<'gc>> {
    let program = program(cx, args)?;
    match args[1] {
        Value::Str(text) => Ok((program, text)),
        other => Err(args::wrong(cx, "regex", "text", "a String", &other)),
    }
}

fn program<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> Result<&'gc Regex, Raised<'gc>> {
    if let Value::Host(object) = args[0]
        && let Some(program) = Gc::as_ref(object).data.downcast_ref::<Rc<Regex>>()
    {
        return Ok(program);
    }
    Err(args::wrong(cx, "regex", "program", "a Program", &args[0]))
}

/// Counts characters up to byte offsets that mostly rise.
struct Places<'a> {
    text: &'a str,
    is_ascii: bool,
    /// The last offset asked for, and its count.
    last: (usize, usize),
}

impl<'a> Places<'a> {
    fn new(text: &'a Str) -> Self {
        Places { text: text.as_str(), is_ascii: text.is_ascii(), last: (0, 0) }
    }

    fn index(&mut self, offset: usize) -> usize {
        if self.is_ascii {
            return offset;
        }
        let (at, count) = self.last;
        let index = if offset >= at {
            count + self.text[at..offset].chars().count()
        } else {
            count - self.text[offset..at].chars().count()
        };
        self.last = (offset, index);
        index
    }
}

/// Values of a match's record for each group.
const PER_GROUP: usize = 4;

/// A match as one flat tuple, since there may be many. Each group has the index of its first character, the index behind its last one, and
/// the same two in bytes; all nil if it has no part in the match. Group 0 is the whole match.
fn record<'gc>(cx: &mut Cx<'_, 'gc>, captures: &Captures<'_>, places: &mut Places<'_>) -> Value<'gc> {
    let mut record = Vec::with_capacity(captures.len() * PER_GROUP);
    for group in captures.iter() {
        match group {
            Some(group) => {
                let (start, end) = (group.start(), group.end());
                record.extend([places.index(start), places.index(end), start, end].map(new_int));
            }
            None => record.extend([Value::Nil; PER_GROUP]),
        }
    }
    new_tuple(cx, record)
}

/// The text of a group of a match that was recorded, or nil.
fn text<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let subject = args::text(cx, "_text", "text", args[0])?;
    let group = args::count(cx, "_text", "group", args[2])?;
    let Value::Tuple(record) = args[1] else {
        return Err(args::wrong(cx, "_text", "record", "a Tuple", &args[1]));
    };
    let Some(&[_, _, Value::Int(start), Value::Int(end)]) = record.items().chunks(PER_GROUP).nth(group) else {
        return Ok(Value::Nil);
    };
    let bytes = start.try_into().ok().zip(end.try_into().ok());
    Ok(bytes.and_then(|(start, end): (usize, usize)| subject.get(start..end)).map_or(Value::Nil, |text| new_str(cx, text)))
}

fn escape<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::text(cx, "escape", "text", args[0])?;
    new_string(cx, regex::escape(text))
}

fn names<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let program = program(cx, args)?;
    let names: Vec<Value<'gc>> = program.capture_names().map(|name| name.map_or(Value::Nil, |name| new_str(cx, name))).collect();
    Ok(new_tuple(cx, names))
}

fn is_match<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (program, text) = subject(cx, args)?;
    Ok(Value::bool(program.is_match(text.as_str())))
}

fn find<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (program, text) = subject(cx, args)?;
    let from = args::int(cx, "find", "from", args[2])?;
    let from = byte_offset(text, args::clamp_bound(from, text.char_len()));
    match program.captures_at(text.as_str(), from) {
        Some(captures) => Ok(record(cx, &captures, &mut Places::new(&text))),
        None => Ok(Value::Nil),
    }
}

fn find_all<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (program, text) = subject(cx, args)?;
    let mut places = Places::new(&text);
    let mut found = Vec::new();
    for captures in program.captures_iter(text.as_str()) {
        found.push(record(cx, &captures, &mut places));
        check_room(cx, found.len() * 128)?;
    }
    Ok(new_list(cx, found))
}

/// The most matches that count.
fn limit<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, args: &[Value<'gc>], i: usize) -> Result<usize, Raised<'gc>> {
    match given_not_nil(args, i) {
        Some(value) => args::count(cx, native, "limit", value),
        None => Ok(usize::MAX),
    }
}

fn split<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (program, text) = subject(cx, args)?;
    let parts = match given_not_nil(args, 2) {
        Some(value) => {
            let limit = args::size(cx, "split", "limit", value)?;
            program.splitn(text.as_str(), limit).map(|part| new_str(cx, part)).collect()
        }
        None => program.split(text.as_str()).map(|part| new_str(cx, part)).collect(),
    };
    Ok(new_list(cx, parts))
}

/// A name in a template, after its `$`, with what follows it. `None`: the text goes on with none.
fn reference(rest: &str) -> Option<(&str, &str)> {
    if let Some(inner) = rest.strip_prefix('{') {
        return inner.split_once('}');
    }
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    (end > 0).then(|| rest.split_at(end))
}

/// Refuses a template that names a group that the pattern does not have.
fn check_template<'gc>(cx: &mut Cx<'_, 'gc>, program: &Regex, template: &str) -> Result<(), Raised<'gc>> {
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            rest = after;
            continue;
        }
        let Some((name, after)) = reference(rest) else {
            return Err(cx.value_error("`$` in a template needs the number or name of a group behind it; `$$` is a `$`"));
        };
        let is_known = match name.parse::<usize>() {
            Ok(number) => number < program.captures_len(),
            Err(_) => program.capture_names().flatten().any(|known| known == name),
        };
        if !is_known {
            return Err(cx.value_error(format!("the pattern has no group `{name}`, which the template names")));
        }
        rest = after;
    }
    Ok(())
}

fn replace<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (program, text) = subject(cx, args)?;
    let template = args::text(cx, "replace", "template", args[2])?;
    let limit = limit(cx, "replace", args, 3)?;
    check_template(cx, program, template)?;
    let text = text.as_str();
    let mut out = String::new();
    let mut end = 0;
    for captures in program.captures_iter(text).take(limit) {
        let whole = captures.get_match();
        out.push_str(&text[end..whole.start()]);
        captures.expand(template, &mut out);
        end = whole.end();
        check_room(cx, out.len())?;
    }
    if end == 0 && out.is_empty() {
        return Ok(args[1]);
    }
    out.push_str(&text[end..]);
    new_string(cx, out)
}

fn pieces<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (program, text) = subject(cx, args)?;
    let limit = limit(cx, "replace", args, 2)?;
    let mut places = Places::new(&text);
    let mut pieces = Vec::new();
    let mut end = 0;
    for captures in program.captures_iter(text.as_str()).take(limit) {
        let whole = captures.get_match();
        pieces.push(new_str(cx, &text.as_str()[end..whole.start()]));
        pieces.push(record(cx, &captures, &mut places));
        end = whole.end();
        check_room(cx, pieces.len() * 128)?;
    }
    pieces.push(new_str(cx, &text.as_str()[end..]));
    Ok(new_list(cx, pieces))
}

fn expand<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (program, text) = subject(cx, args)?;
    let template = args::text(cx, "expand", "template", args[2])?;
    let at = args::count(cx, "expand", "at", args[3])?;
    check_template(cx, program, template)?;
    let mut out = String::new();
    if let Some(captures) = program.captures_at(text.as_str(), byte_offset(text, at)) {
        captures.expand(template, &mut out);
    }
    new_string(cx, out)
}
