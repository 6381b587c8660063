//! The functions of `core`, which are visible everywhere.

use crate::args::{self, Raised, given, given_not_nil, host_error, new_tuple};
use crate::fiber;
use crate::items::{self, IntoList, IntoTuple, collect};
use crate::letters::one_char;
use crate::table::{Row, define, row};
use crate::{bytes, convert, iterable, map, number, range, set, sort};
use gc_arena::{Collect, Gc};
use std::cell::Cell;
use std::cmp::Ordering;
use vm::heap::Value;
use vm::object::{Control, Cx, Interrupt, Keywords, Kind, NativeBody, NativeFunction, NativeResult};
use vm::ops::{self, ArithOp, Resume};

/// The functions.
pub(crate) const FUNCTIONS: &[Row] = &[
    row(
        "print",
        &[],
        print,
        "`print(...values, sep: \" \", end: \"\\n\")`: writes the texts of the values with `sep` between them and `end` behind.",
    )
    .rest()
    .only(&["sep", "end"]),
    row("input", &["prompt"], input, "`input(prompt = \"\")`: reads a line; nil at the end of the input.").optional(1),
    row("repr", &["value"], repr, "`repr(value)`: the text one would write in a program."),
    row("str", &["value"], str, "`str(value)`: the text that `print` writes."),
    row(
        "int",
        &["value", "base"],
        convert::int,
        "`int(value, base = 10)`: the int that a text is, or the whole part of a float. ValueError if there is none.",
    )
    .optional(1),
    row("float", &["value"], convert::float, "`float(value)`: the float that a text is, or the nearest to an int."),
    row("bool", &["value"], bool, "`bool(value)`: whether conditions take the value as true: all but nil and false."),
    row("list", &["iterable"], list, "`list(iterable = [])`: a new list of the items.").optional(1),
    row("tuple", &["iterable"], tuple, "`tuple(iterable = [])`: a tuple of the items.").optional(1),
    row("map", &["pairs"], map::construct, "`map(pairs = [])`: a new map of the pairs, or of those of a map.").optional(1),
    row("set", &["iterable"], set::construct, "`set(iterable = [])`: a new set of the items.").optional(1),
    row(
        "bytes",
        &["value"],
        bytes::construct,
        "`bytes(value = [])`: a text as UTF-8, ints from 0 to 255 as bytes, or that many zero bytes.",
    )
    .optional(1),
    row(
        "range",
        &["start", "end", "step"],
        range::construct,
        "`range(start, end, step = 1)`: the range `(start..end).step(step)`. With one argument: from 0 up to it.",
    )
    .optional(2),
    row("len", &["value"], len, "`len(value)`: how many items it has; `value.len()`."),
    row("min", &[], min, "`min(...values, key: nil, default: nil)`: the smallest value, or the smallest item of one iterable.")
        .rest()
        .only(&["key", "default"]),
    row("max", &[], max, "`max(...values, key: nil, default: nil)`: the largest value, or the largest item of one iterable.")
        .rest()
        .only(&["key", "default"]),
    row("sum", &["iterable", "start"], iterable::sum, "`sum(iterable, start = 0)`: the items added up.").optional(1),
    row(
        "sorted",
        &["iterable"],
        iterable::sorted,
        "`sorted(iterable, key: nil, reverse: false)`: a new list of the items in order. The sort is stable.",
    )
    .only(&["key", "reverse"]),
    row("abs", &["x"], number::abs, "`abs(x)`: the number without its sign."),
    row(
        "round",
        &["x", "digits"],
        number::round,
        "`round(x, digits = nil)`: the nearest int, halves away from zero. With digits, a number of the same type with so many decimals.",
    )
    .optional(1),
    row("divmod", &["a", "b"], divmod, "`divmod(a, b)`: the pair `(a // b, a % b)`."),
    row("ord", &["character"], ord, "`ord(character)`: the number of a character."),
    row("chr", &["number"], chr, "`chr(number)`: the character with this number."),
    row("hash", &["value"], hash, "`hash(value)`: an int that is the same for equal values. TypeError if it cannot be a key."),
    row("same", &["a", "b"], same, "`same(a, b)`: whether both are one and the same object."),
    row("type", &["value"], type_of, "`type(value)`: its class."),
    row("doc", &["value"], doc, "`doc(value)`: the doc text of a function, class or namespace, or of the value's class; nil without one."),
    row("is_set", &["object", "name"], is_set, "`is_set(object, name)`: whether a slot of an instance has a value."),
    row("iter", &["value"], iter, "`iter(value)`: an iterator over the items."),
    row("next", &["iterator"], next, "`next(iterator)`: the next item; `stop` at the end."),
    row("exit", &["status"], exit, "`exit(status = 0)`: ends the program with a status from 0 to 255. `finally` clauses on the way run; no `catch` sees it.").optional(1),
    row("_sort_keys", &["items", "keys", "reverse"], sort::sort_keys, "`_sort_keys(items, keys, reverse)`: for the prelude."),
    row(
        "_need",
        &["value", "class", "native", "param"],
        need,
        "`_need(value, class, native, param)`: TypeError unless the value is of the class. For what is written in the language.",
    ),
    row("_is_hashable", &["value"], is_hashable, "`_is_hashable(value)`: whether it can be a key. For the prelude."),
    row("_is_callable", &["value"], is_callable, "`_is_callable(value)`: for the prelude."),
    row("_refill", &["list", "before", "sorted"], sort::refill, "`_refill(list, before, sorted)`: for the prelude."),
];

/// Defines the constants of `core`.
pub(crate) fn constants(cx: &mut Cx<'_, '_>) {
    let core = cx.world.core;
    define(cx, core, "stop", Kind::Constant, Value::Stop);
}

fn print<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    write_values(cx, args, Write::Output)
}

/// `io.print_error`
pub(crate) fn print_error<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    write_values(cx, args, Write::Messages)
}

fn write_values<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>], stream: Write) -> NativeResult<'gc> {
    let native = if matches!(stream, Write::Output) { "print" } else { "print_error" };
    let separator = text_or(cx, native, "sep", given_not_nil(args, 0), " ")?;
    let end = text_or(cx, native, "end", given_not_nil(args, 1), "\n")?;
    let values = &args[2..];
    let mut parts = Vec::with_capacity(2 * values.len() + 1);
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            parts.push(separator);
        }
        parts.push(*value);
    }
    parts.push(end);
    let text = ops::concat(cx, &parts);
    ops::and_then(cx, text, stream)
}

fn text_or<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: Option<Value<'gc>>, default: &str) -> NativeResult<'gc> {
    match value {
        Some(value) => {
            args::text(cx, native, param, value)?;
            Ok(value)
        }
        None => Ok(cx.str(default)),
    }
}

/// Writes a text to a stream.
#[derive(Collect)]
#[collect(require_static)]
enum Write {
    /// The program's output.
    Output,
    /// What is beside it.
    Messages,
}

impl<'gc> Resume<'gc> for Write {
    fn resume(self, cx: &mut Cx<'_, 'gc>, text: Value<'gc>) -> NativeResult<'gc> {
        let Value::Str(text) = text else { return Ok(Value::Nil) };
        let written = match self {
            Write::Output => cx.write_output(text.as_str()),
            Write::Messages => cx.write_message(text.as_str()),
        };
        match written {
            Ok(()) => Ok(Value::Nil),
            Err(error) => Err(host_error(cx, &error)),
        }
    }
}

fn input<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let prompt = match given_not_nil(args, 0) {
        Some(prompt) => {
            args::text(cx, "input", "prompt", prompt)?;
            prompt
        }
        None => cx.str(""),
    };
    Line { prompt, pause: Value::Nil }.resume(cx, Value::Nil)
}

/// Reads a line as soon as the host has one; until then the program waits, so that reloads go on.
#[derive(Collect)]
#[collect(no_drop)]
struct Line<'gc> {
    prompt: Value<'gc>,
    /// The native that waits, once it is needed.
    pause: Value<'gc>,
}

impl<'gc> Resume<'gc> for Line<'gc> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        let Value::Str(prompt) = self.prompt else { unreachable!("checked before") };
        // What is cancelled asks no more: its next wait tells it.
        let is_cancelled = cx.world.tasks.current.is_some_and(|task| task.is_cancelled.get());
        if is_cancelled || !cx.world.host.line_ready(prompt.as_str()) {
            if self.pause.is_nil() {
                let name = cx.world.intern(cx.mc, "input").0;
                let body = NativeBody::Fn(pause);
                let native = NativeFunction {
                    name,
                    body,
                    least: 0,
                    most: 0,
                    keywords: Keywords::default(),
                    intrinsic: Cell::default(),
                    doc: "".into(),
                };
                self.pause = Value::Native(Gc::new(cx.mc, native));
            }
            return ops::call_then(cx, self.pause, Vec::new(), self);
        }
        match cx.world.host.read_line(prompt.as_str()) {
            Ok(Some(line)) => args::new_string(cx, line),
            Ok(None) => Ok(Value::Nil),
            Err(error) => Err(host_error(cx, &error)),
        }
    }
}

/// Waits for a moment.
fn pause<'gc>(_: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    Err(Box::new(Control::Wait(0.01)))
}

fn repr<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    ops::to_repr(cx, args[0])
}

fn str<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    ops::to_str(cx, args[0])
}

fn bool<'gc>(_: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::bool(args[0].is_truthy()))
}

fn list<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    match given(args, 0) {
        Some(iterable) => collect(cx, iterable, IntoList),
        None => Ok(args::new_list(cx, Vec::new())),
    }
}

fn tuple<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    match given(args, 0) {
        Some(value @ Value::Tuple(_)) => Ok(value),
        Some(iterable) => collect(cx, iterable, IntoTuple),
        None => Ok(new_tuple(cx, [])),
    }
}

fn len<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    ops::length(cx, args[0])
}

fn min<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    iterable::extreme(cx, "min", args, Ordering::Less)
}

fn max<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    iterable::extreme(cx, "max", args, Ordering::Greater)
}

fn divmod<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(no_drop)]
    struct Remainder<'gc> {
        a: Value<'gc>,
        b: Value<'gc>,
    }
    impl<'gc> Resume<'gc> for Remainder<'gc> {
        fn resume(self, cx: &mut Cx<'_, 'gc>, quotient: Value<'gc>) -> NativeResult<'gc> {
            let remainder = ops::arith(cx, ArithOp::Mod, self.a, self.b);
            ops::and_then(cx, remainder, Pair { quotient })
        }
    }
    #[derive(Collect)]
    #[collect(no_drop)]
    struct Pair<'gc> {
        quotient: Value<'gc>,
    }
    impl<'gc> Resume<'gc> for Pair<'gc> {
        fn resume(self, cx: &mut Cx<'_, 'gc>, remainder: Value<'gc>) -> NativeResult<'gc> {
            Ok(new_tuple(cx, [self.quotient, remainder]))
        }
    }
    let (a, b) = (args[0], args[1]);
    let quotient = ops::arith(cx, ArithOp::FloorDiv, a, b);
    ops::and_then(cx, quotient, Remainder { a, b })
}

fn ord<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let character = one_char(cx, "ord", "character", args[0])?;
    Ok(Value::Int(i64::from(u32::from(character))))
}

fn chr<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let number = args::bound(cx, "chr", "number", args[0])?;
    match u32::try_from(number).ok().and_then(char::from_u32) {
        Some(c) => Ok(items::new_char(cx, c)),
        None => {
            let number = ops::describe(cx, &args[0]);
            Err(cx.value_error(format!("{number} is not the number of a character")))
        }
    }
}

fn hash<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    ops::hash(cx, args[0])
}

fn is_hashable<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::bool(items::is_hashable(cx, &args[0])))
}

fn same<'gc>(_: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::bool(args[0].same(&args[1])))
}

fn type_of<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::Class(cx.world.class_of(&args[0])))
}

fn doc<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = doc_of(cx, args[0]);
    Ok(text.map_or(Value::Nil, |text| cx.str(&text)))
}

fn doc_of<'gc>(cx: &Cx<'_, 'gc>, mut value: Value<'gc>) -> Option<String> {
    loop {
        return match value {
            Value::Function(function) => function.proto().image.doc.as_deref().map(str::to_owned),
            Value::Native(native) if native.doc.is_empty() => None,
            Value::Native(native) => Some(native.doc.to_string()),
            Value::Class(class) => class.body().doc.as_deref().map(str::to_owned),
            Value::Namespace(namespace) => namespace.doc().as_deref().map(str::to_owned),
            Value::Bound(bound) => {
                value = bound.method;
                continue;
            }
            Value::Decorated(decorated) => {
                value = decorated.original.get();
                continue;
            }
            Value::Definition(definition) => match definition.meta().doc.as_deref() {
                Some(doc) => Some(doc.to_owned()),
                None => {
                    value = definition.value();
                    continue;
                }
            },
            other => cx.world.class_of(&other).body().doc.as_deref().map(str::to_owned),
        };
    }
}

fn need<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let Value::Class(class) = args[1] else { return Err(cx.type_error("`_need` needs a class")) };
    if cx.world.class_of(&args[0]).is_subclass_of(class) {
        return Ok(args[0]);
    }
    let native = args::text(cx, "_need", "native", args[2])?;
    let param = args::text(cx, "_need", "param", args[3])?;
    let article = if class.name().as_str().starts_with(['A', 'E', 'I', 'O']) { "an" } else { "a" };
    let expected = format!("{article} {}", class.name().as_str());
    Err(args::wrong(cx, native, param, &expected, &args[0]))
}

fn is_callable<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::bool(fiber::is_callable(cx, &args[0])))
}

fn is_set<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    match args[1] {
        Value::Str(name) => cx.is_slot_set(args[0], name),
        other => Err(args::wrong(cx, "is_set", "name", "a String", &other)),
    }
}

fn iter<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    ops::iterator(cx, args[0])
}

/// `next(iterator)`, as a function and as a method.
pub(crate) fn next<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    match args[0] {
        Value::Iterator(iterator) => ops::iterator_next(cx, iterator),
        Value::Fiber(fiber) => fiber::next_item(fiber),
        value => next_of_object(cx, value),
    }
}

fn next_of_object<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> NativeResult<'gc> {
    match ops::method_of(cx.world, &value, cx.world.symbols.next) {
        Some(method) => ops::call(method, vec![value]),
        None => Err(not_an_iterator(cx, &value)),
    }
}

#[cold]
fn not_an_iterator<'gc>(cx: &mut Cx<'_, 'gc>, value: &Value<'gc>) -> Raised<'gc> {
    let message = format!("{} is not an iterator; `iter(…)` makes one", cx.type_name(value));
    cx.type_error(message)
}

fn exit<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let status = match given_not_nil(args, 0) {
        Some(status) => args::bound(cx, "exit", "status", status)?,
        None => 0,
    };
    // What systems keep of a status.
    match u8::try_from(status) {
        Ok(status) => Err(Box::new(Control::Interrupt(Interrupt::Exit(status.into())))),
        Err(_) => Err(cx.value_error(format!("`exit`: `status` must be from 0 to 255, but is {status}"))),
    }
}
