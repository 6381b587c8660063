//! The module `regex`, on the crate of this name: every search takes linear time. Positions count characters.

mod template;

use self::template::Template;
use crate::args::{self, Raised, check_room, given_not_nil, new_int, new_list, new_str, new_string, new_tuple};
use crate::table::{Row, row};
use gc_arena::Gc;
use regex::{Captures, Regex, RegexBuilder};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};
use vm::heap::{Str, Value};
use vm::object::{Control, Cx, HostObject, NativeResult};

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
    row(
        "_full",
        &["pattern", "flags", "text"],
        full,
        "`_full(pattern, flags, text)`: the record of the match of the whole text, or nil.",
    ),
    row(
        "_expand",
        &["program", "text", "template", "record"],
        expand,
        "`_expand(program, text, template, record)`: the template, filled with the groups of a match.",
    ),
];

/// Compiled patterns that are kept: a loop that names its patterns as text does not compile them again and again.
const KEPT_MAX: usize = 64;

thread_local! {
    /// Patterns with their flags, the one used last at the end.
    static KEPT: RefCell<Vec<(String, Rc<Program>)>> = const { RefCell::new(Vec::new()) };
}

/// Bytes of the largest program of an ordinary pattern, and of the largest of all.
const SIZES: [usize; 2] = [64 << 10, 4 << 20];

/// A compiled pattern.
struct Program {
    regex: Regex,
    /// Bytes that it has at most.
    size: usize,
}

impl Program {
    fn new<'gc>(cx: &mut Cx<'_, 'gc>, pattern: &str, flags: &str) -> Result<Program, Raised<'gc>> {
        let has = |flag| flags.contains(flag);
        for size in SIZES {
            // About what it takes to find out that the program has more bytes.
            cx.pay(size as u64 / 4)?;
            let built = RegexBuilder::new(pattern)
                .case_insensitive(has('i'))
                .multi_line(has('m'))
                .dot_matches_new_line(has('s'))
                .ignore_whitespace(has('x'))
                .size_limit(size)
                .build();
            match built {
                Ok(regex) => return Ok(Program { regex, size }),
                Err(regex::Error::CompiledTooBig(_)) if size < SIZES[1] => {}
                Err(error) => return Err(bad_pattern(cx, &error)),
            }
        }
        unreachable!("the last size gives a program or an error")
    }
}

/// The program of a pattern. Programs are shared: a copy would have to make its tables anew.
fn compiled<'gc>(cx: &mut Cx<'_, 'gc>, pattern: &str, flags: &str) -> Result<Rc<Program>, Raised<'gc>> {
    let key = format!("{flags}/{pattern}");
    KEPT.with_borrow_mut(|kept| {
        let entry = match kept.iter().position(|(found, _)| *found == key) {
            Some(i) => kept.remove(i),
            None => (key, Rc::new(Program::new(cx, pattern, flags)?)),
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
    let program = compiled(cx, pattern, flags)?;
    let size = program.size;
    cx.world.charge(size);
    Ok(Value::Host(HostObject::new(cx.mc, "Program", program, size)))
}

#[cold]
fn bad_pattern<'gc>(cx: &mut Cx<'_, 'gc>, error: &regex::Error) -> Raised<'gc> {
    if let regex::Error::CompiledTooBig(_) = error {
        return cx.value_error("bad pattern: it is too large when compiled");
    }
    let text = error.to_string();
    let text = text.strip_prefix("regex parse error:\n").unwrap_or(&text);
    cx.value_error(format!("bad pattern:\n{}", text.replace("\nerror: ", "\n")))
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
        && let Some(program) = Gc::as_ref(object).data.downcast_ref::<Rc<Program>>()
    {
        return Ok(&program.regex);
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
    let record = record_of(cx, "_text", args[1])?;
    let group = args::count(cx, "_text", "group", args[2])?;
    Ok(recorded(subject, record, group).map_or(Value::Nil, |text| new_str(cx, text)))
}

fn record_of<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, value: Value<'gc>) -> Result<&'gc [Value<'gc>], Raised<'gc>> {
    match value {
        Value::Tuple(record) => Ok(Gc::as_ref(record).items()),
        other => Err(args::wrong(cx, native, "record", "a Tuple", &other)),
    }
}

/// The text of a group of a record.
fn recorded<'a>(subject: &'a str, record: &[Value<'_>], group: usize) -> Option<&'a str> {
    let &[_, _, Value::Int(start), Value::Int(end)] = record.chunks(PER_GROUP).nth(group)? else { return None };
    subject.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
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
    pay_for_search(cx, text.byte_len())?;
    Ok(Value::bool(program.is_match(text.as_str())))
}

fn find<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (program, text) = subject(cx, args)?;
    let from = args::bound(cx, "find", "from", args[2])?;
    let from = text.byte_offset(args::clamp_bound(from, text.char_len()));
    pay_for_search(cx, text.byte_len() - from)?;
    match program.captures_at(text.as_str(), from) {
        Some(captures) => Ok(record(cx, &captures, &mut Places::new(&text))),
        None => Ok(Value::Nil),
    }
}

fn full<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let pattern = args::text(cx, "full", "pattern", args[0])?;
    let flags = args::text(cx, "full", "flags", args[1])?;
    let Value::Str(text) = args[2] else { return Err(args::wrong(cx, "full", "text", "a String", &args[2])) };
    // The pattern has been compiled on its own before. If it cannot be compiled between brackets, a comment at its end hides the
    // second one, and a line break ends the comment.
    let program = match compiled(cx, &format!(r"\A(?:{pattern})\z"), flags) {
        Ok(program) => program,
        Err(stop) if !matches!(*stop, Control::Raise(_)) => return Err(stop),
        Err(_) => compiled(cx, &format!("\\A(?:{pattern}\n)\\z"), flags)?,
    };
    pay_for_search(cx, text.byte_len())?;
    match program.regex.captures(text.as_str()) {
        Some(captures) => Ok(record(cx, &captures, &mut Places::new(&text))),
        None => Ok(Value::Nil),
    }
}

/// Counts one search.
fn pay_for_search<'gc>(cx: &mut Cx<'_, 'gc>, bytes: usize) -> Result<(), Raised<'gc>> {
    cx.pay(bytes as u64 / 4)
}

/// What a walk through the matches of a text costs: how far the engine has looked in vain for each of them, only its time tells.
struct Clock {
    began: Instant,
    matches: u32,
}

impl Clock {
    /// Matches between two looks.
    const PIECE: u32 = 64;

    fn start() -> Clock {
        Clock { began: Instant::now(), matches: 0 }
    }

    /// Counts the time since the last look, as loop turns of ten nanoseconds, if it was long.
    fn pay<'gc>(&mut self, cx: &mut Cx<'_, 'gc>) -> Result<(), Raised<'gc>> {
        self.matches += 1;
        if !self.matches.is_multiple_of(Self::PIECE) {
            return Ok(());
        }
        let passed = self.began.elapsed();
        if passed < Duration::from_millis(1) {
            return Ok(());
        }
        self.began = Instant::now();
        cx.pay(passed.as_nanos() as u64 / 10)
    }
}

fn find_all<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (program, text) = subject(cx, args)?;
    let mut places = Places::new(&text);
    let mut found = Vec::new();
    let mut clock = Clock::start();
    for captures in program.captures_iter(text.as_str()) {
        clock.pay(cx)?;
        found.push(record(cx, &captures, &mut places));
        cx.check_growth()?;
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
    let limit = match given_not_nil(args, 2) {
        Some(value) => args::size(cx, "split", "limit", value)?,
        None => usize::MAX,
    };
    let mut clock = Clock::start();
    let mut parts = Vec::new();
    for part in program.splitn(text.as_str(), limit) {
        clock.pay(cx)?;
        cx.check_growth()?;
        parts.push(new_str(cx, part));
    }
    Ok(new_list(cx, parts))
}

fn replace<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (program, text) = subject(cx, args)?;
    let template = args::text(cx, "replace", "template", args[2])?;
    let limit = limit(cx, "replace", args, 3)?;
    let template = Template::parse(cx, program, template)?;
    let text = text.as_str();
    let mut out = String::new();
    let mut end = 0;
    let mut clock = Clock::start();
    for captures in program.captures_iter(text).take(limit) {
        clock.pay(cx)?;
        let whole = captures.get_match();
        check_room(cx, out.len() + whole.start() - end)?;
        out.push_str(&text[end..whole.start()]);
        template.fill(cx, &mut out, |group| captures.get(group).map_or("", |group| group.as_str()))?;
        end = whole.end();
    }
    if end == 0 && out.is_empty() {
        return Ok(args[1]);
    }
    check_room(cx, out.len() + text.len() - end)?;
    out.push_str(&text[end..]);
    new_string(cx, out)
}

fn pieces<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (program, text) = subject(cx, args)?;
    let limit = limit(cx, "replace", args, 2)?;
    let mut places = Places::new(&text);
    let mut pieces = Vec::new();
    let mut end = 0;
    let mut clock = Clock::start();
    for captures in program.captures_iter(text.as_str()).take(limit) {
        clock.pay(cx)?;
        let whole = captures.get_match();
        pieces.push(new_str(cx, &text.as_str()[end..whole.start()]));
        pieces.push(record(cx, &captures, &mut places));
        end = whole.end();
        cx.check_growth()?;
    }
    pieces.push(new_str(cx, &text.as_str()[end..]));
    Ok(new_list(cx, pieces))
}

fn expand<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (program, subject) = subject(cx, args)?;
    let template = args::text(cx, "expand", "template", args[2])?;
    let template = Template::parse(cx, program, template)?;
    let record = record_of(cx, "_expand", args[3])?;
    let mut out = String::new();
    template.fill(cx, &mut out, |group| recorded(Gc::as_ref(subject).as_str(), record, group).unwrap_or_default())?;
    new_string(cx, out)
}
