//! Text of values: `str`, `repr`, interpolation.
//!
//! The text of a container is made of its items' `repr`. What is left to write is an explicit list, so that depth does not matter, and
//! a container inside itself is written as `[...]`. Methods `str` and `repr` of the program are called wherever they apply.

use super::arith::check_size;
use super::call::{Resume, call_then, is_error_class, method_of};
use super::display::{
    FLOAT_TEXT_MAX, Form, Short, Sink, has_too_many_digits, int_text_len, push_bytes, push_leaf, push_quoted, sink_float, sink_int,
    too_many_digits,
};
use super::work::digits_work;
use crate::heap::Value;
use crate::limits;
use crate::object::{Cx, EnumValue, Instance, Layout, NativeResult, World};
use gc_arena::{Collect, Gc};
use rustc_hash::FxHashSet;

/// `str(value)`
pub fn to_str<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> NativeResult<'gc> {
    match value {
        Value::Str(_) => Ok(value),
        Value::Int(_) | Value::Float(_) => concat(cx, &[value]),
        _ => Writing::new(vec![Task::Write(value, Form::Str)]).go(cx),
    }
}

/// `repr(value)`
pub fn to_repr<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> NativeResult<'gc> {
    Writing::new(vec![Task::Write(value, Form::Repr)]).go(cx)
}

/// The text that shows a value to somebody: its `repr`, of which long containers and strings are cut, with how much more there is.
pub fn to_shown<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> NativeResult<'gc> {
    let mut writing = Writing::new(vec![Task::Write(value, Form::Repr)]);
    writing.limit = limits::SHOWN_BYTES_MAX;
    writing.cuts = true;
    writing.go(cx)
}

/// The texts of the parts, as by [`to_str`], joined.
pub fn concat<'gc>(cx: &mut Cx<'_, 'gc>, parts: &[Value<'gc>]) -> NativeResult<'gc> {
    let mut total = 0;
    for part in parts {
        total += match part {
            Value::Str(s) => s.byte_len(),
            Value::Int(i) => int_text_len(*i),
            Value::Float(_) => FLOAT_TEXT_MAX,
            Value::Nil | Value::True | Value::False => "false".len(),
            _ => {
                let tasks = parts.iter().rev().map(|part| Task::Write(*part, Form::Str)).collect();
                return Writing::new(tasks).go(cx);
            }
        };
    }
    check_size(cx, total)?;
    cx.world.charge(32 + total);
    if total <= Short::MAX {
        let mut text = Short::new();
        write_simple(&mut text, parts);
        return Ok(cx.str(text.as_str()));
    }
    let mut text = String::with_capacity(total);
    write_simple(&mut text, parts);
    Ok(cx.string(text))
}

fn write_simple(out: &mut impl Sink, parts: &[Value<'_>]) {
    for part in parts {
        match part {
            Value::Str(s) => out.text(s.as_str()),
            Value::Int(i) => sink_int(out, *i),
            Value::Float(f) => sink_float(out, *f),
            Value::True => out.text("true"),
            Value::False => out.text("false"),
            _ => out.text("nil"),
        }
    }
}

/// The `repr` of a value for messages: cut short, and without calling the program.
pub fn describe<'gc>(cx: &Cx<'_, 'gc>, value: &Value<'gc>) -> String {
    const LENGTH_MAX: usize = 80;
    shortened(cx.world, value, LENGTH_MAX)
}

/// The `repr` of a value, cut to so many characters, without calling the program.
pub(super) fn shortened<'gc>(world: &World<'gc>, value: &Value<'gc>, length_max: usize) -> String {
    let mut writing = Writing::new(vec![Task::Write(*value, Form::Repr)]);
    writing.methods = Methods::Ignored;
    writing.limit = length_max;
    writing.run(world);
    let mut text = writing.out;
    if text.chars().count() > length_max {
        let end = text.char_indices().nth(length_max - 1).map_or(text.len(), |(at, _)| at);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Something left to write.
#[derive(Collect)]
#[collect(no_drop)]
enum Task<'gc> {
    /// A value.
    Write(Value<'gc>, Form),
    /// Parts of a container, after the first ones were written.
    Parts(Parts<'gc>),
    /// The value of a pair, whose key was written.
    PairValue(Value<'gc>),
}

/// A container that is being written.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub(super) struct Parts<'gc> {
    container: Value<'gc>,
    /// Where the next part is looked for.
    next: usize,
    /// How many parts were written: a comma is needed before the next one.
    written: usize,
}

impl<'gc> Parts<'gc> {
    /// All parts of a container.
    pub(super) fn of(container: Value<'gc>) -> Self {
        Parts { container, next: 0, written: 0 }
    }
}

/// Whether methods of the program are called.
#[derive(Clone, Copy, PartialEq, Eq, Collect)]
#[collect(require_static)]
enum Methods {
    Called,
    Ignored,
}

/// The writing of a text.
#[derive(Collect)]
#[collect(no_drop)]
struct Writing<'gc> {
    tasks: Vec<Task<'gc>>,
    out: String,
    /// Addresses of the containers that are being written.
    open: FxHashSet<usize>,
    methods: Methods,
    /// Length at which writing stops.
    limit: usize,
    /// Whether what is long is cut.
    cuts: bool,
    /// Whose method is awaited.
    awaited: Value<'gc>,
    /// Whether there was an int of too many digits.
    has_huge_int: bool,
    /// What the digits of large ints have cost, in loop turns.
    work: u64,
}

/// Where writing stops.
enum Outcome<'gc> {
    Done,
    TooLong,
    TooDeep,
    /// The text is what this method gives.
    Call {
        method: Value<'gc>,
        receiver: Value<'gc>,
    },
}

impl<'gc> Writing<'gc> {
    fn new(tasks: Vec<Task<'gc>>) -> Self {
        Writing {
            tasks,
            out: String::new(),
            open: FxHashSet::default(),
            methods: Methods::Called,
            limit: limits::ALLOCATION_MAX - 1,
            cuts: false,
            awaited: Value::Nil,
            has_huge_int: false,
            work: 0,
        }
    }

    /// Writes a value that has no parts; false, and nothing, for one that has.
    fn leaf(&mut self, value: &Value<'gc>, form: Form) -> bool {
        if let Value::BigInt(big) = value {
            self.has_huge_int |= has_too_many_digits(&big.0, 10);
            if !self.has_huge_int {
                self.work += digits_work(big.0.bits());
            }
            // Many of them would take as long as one that is too long.
            if self.work > 4 * digits_work(limits::BIGINT_DIGITS_BITS_MAX) {
                self.has_huge_int = true;
                self.limit = 0;
                return true;
            }
        }
        if self.cuts && self.leaf_cut(value) {
            return true;
        }
        push_leaf(&mut self.out, value, form)
    }

    /// Writes the beginning of a text or of bytes that are too long to be shown; false, and nothing, for other values.
    fn leaf_cut(&mut self, value: &Value<'gc>) -> bool {
        match value {
            Value::Str(text) if text.byte_len() > limits::SHOWN_TEXT_MAX => {
                let text = text.as_str();
                let Some((at, _)) = text.char_indices().nth(limits::SHOWN_TEXT_MAX) else { return false };
                push_quoted(&mut self.out, &text[..at]);
                self.out.push_str(&format!(" … {} more characters", text[at..].chars().count()));
            }
            Value::Bytes(bytes) if bytes.data.len() > limits::SHOWN_TEXT_MAX => {
                let (first, rest) = bytes.data.split_at(limits::SHOWN_TEXT_MAX);
                push_bytes(&mut self.out, first);
                self.out.push_str(&format!(" … {} more bytes", rest.len()));
            }
            _ => return false,
        }
        true
    }

    /// Cuts what is longer than the limit, and says so.
    fn cut(&mut self) {
        let mut end = self.limit.min(self.out.len());
        while !self.out.is_char_boundary(end) {
            end -= 1;
        }
        self.out.truncate(end);
        self.out.push_str(" … cut here");
    }

    /// Writes as far as possible without the program.
    fn run(&mut self, world: &World<'gc>) -> Outcome<'gc> {
        while let Some(task) = self.tasks.pop() {
            if self.out.len() > self.limit {
                return Outcome::TooLong;
            }
            if self.tasks.len() > limits::VALUE_DEPTH_MAX {
                return Outcome::TooDeep;
            }
            match task {
                Task::Write(value, form) => {
                    if !self.leaf(&value, form)
                        && let Some(method) = self.begin(world, value, form)
                    {
                        return Outcome::Call { method, receiver: value };
                    }
                }
                Task::Parts(parts) => self.write_parts(world, parts),
                Task::PairValue(value) => {
                    self.out.push_str(": ");
                    self.tasks.push(Task::Write(value, Form::Repr));
                }
            }
        }
        Outcome::Done
    }

    /// Begins a container, instance or enum value; gives the method that writes it instead, if there is one.
    fn begin(&mut self, world: &World<'gc>, value: Value<'gc>, form: Form) -> Option<Value<'gc>> {
        let has_class = matches!(value, Value::Instance(_) | Value::EnumValue(_));
        let method = |name| if self.methods == Methods::Called { method_of(world, &value, name) } else { None };
        if has_class && form == Form::Str {
            if let Some(method) = method(world.symbols.str) {
                return Some(method);
            }
            if let Value::Instance(error) = value
                && is_error_class(world, world.class_of_instance(error))
            {
                self.tasks.extend(message_of(world, error).map(|message| Task::Write(message, Form::Str)));
                return None;
            }
        }
        if has_class && let Some(method) = method(world.symbols.repr) {
            return Some(method);
        }
        push_head(&mut self.out, world, &value);
        if let Value::EnumValue(value) = value
            && EnumValue::now(value).payload.is_empty()
        {
            return None;
        }
        let (opening, closing) = brackets(&value);
        self.out.push_str(opening);
        if self.open.insert(address(&value)) {
            self.tasks.push(Task::Parts(Parts::of(value)));
        } else {
            self.out.push_str("...");
            self.out.push_str(closing);
        }
        None
    }

    /// Writes parts up to the first that must be followed.
    fn write_parts(&mut self, world: &World<'gc>, mut parts: Parts<'gc>) {
        while self.out.len() <= self.limit {
            let left = if self.cuts { items_left(&parts) } else { None };
            if let Some(left) = left {
                self.out.push_str(&format!(", … {left} more"));
            }
            let Some(part) = (if left.is_some() { None } else { next_part(world, &mut parts) }) else {
                self.open.remove(&address(&parts.container));
                self.out.push_str(brackets(&parts.container).1);
                return;
            };
            if parts.written > 0 {
                self.out.push_str(", ");
            }
            parts.written += 1;
            let value = match part {
                Part::Item(value) => value,
                Part::Named(name, value) => {
                    self.out.push_str(name);
                    self.out.push_str(": ");
                    value
                }
                Part::Pair(key, value) => {
                    if self.leaf(&key, Form::Repr) {
                        self.out.push_str(": ");
                        value
                    } else {
                        self.tasks.push(Task::Parts(parts));
                        self.tasks.push(Task::PairValue(value));
                        self.tasks.push(Task::Write(key, Form::Repr));
                        return;
                    }
                }
            };
            if !self.leaf(&value, Form::Repr) {
                self.tasks.push(Task::Parts(parts));
                self.tasks.push(Task::Write(value, Form::Repr));
                return;
            }
        }
    }

    /// Writes to the end, or to the next method of the program.
    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        if let Some(limit) = cx.world.memory_limit {
            self.limit = self.limit.min(limit);
        }
        let mut outcome = self.run(cx.world);
        cx.world.spend(self.out.len() / 16);
        cx.pay(std::mem::take(&mut self.work))?;
        let is_long = matches!(outcome, Outcome::TooLong | Outcome::TooDeep) || self.out.len() > self.limit;
        if self.cuts && is_long {
            self.cut();
            outcome = Outcome::Done;
        }
        match outcome {
            _ if self.has_huge_int => Err(too_many_digits(cx)),
            Outcome::Done | Outcome::TooLong => {
                check_size(cx, self.out.len())?;
                cx.world.charge(32 + self.out.len());
                Ok(cx.string(self.out))
            }
            Outcome::TooDeep => Err(cx.value_error("the value is nested too deep to be written")),
            Outcome::Call { method, receiver } => {
                self.awaited = receiver;
                call_then(cx, method, vec![receiver], self)
            }
        }
    }
}

impl<'gc> Resume<'gc> for Writing<'gc> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        let Value::Str(text) = result else {
            let (receiver, given) = (cx.type_name(&self.awaited), cx.type_name(&result));
            return Err(cx.type_error(format!("`str` and `repr` of {receiver} must return a string, not {given}")));
        };
        self.out.push_str(text.as_str());
        self.go(cx)
    }
}

fn address(value: &Value<'_>) -> usize {
    value.heap_pointer().map_or(0, |pointer| Gc::as_ptr(pointer) as usize)
}

/// Appends what stands before the brackets: the class or variant.
pub(super) fn push_head<'gc>(out: &mut String, world: &World<'gc>, value: &Value<'gc>) {
    match value {
        Value::Instance(instance) => out.push_str(world.class_of_instance(*instance).name().as_str()),
        Value::EnumValue(value) => {
            let value = EnumValue::now(*value);
            for part in [value.variant.class.name().as_str(), ".", value.variant.name.as_str()] {
                out.push_str(part);
            }
        }
        _ => {}
    }
}

/// What stands before and behind the parts.
pub(super) fn brackets(value: &Value<'_>) -> (&'static str, &'static str) {
    match value {
        Value::List(_) => ("[", "]"),
        Value::Map(_) => ("{", "}"),
        Value::Set(_) => ("set([", "])"),
        Value::Tuple(tuple) if tuple.items().len() == 1 => ("(", ",)"),
        _ => ("(", ")"),
    }
}

/// One part of a container.
pub(super) enum Part<'gc> {
    Item(Value<'gc>),
    Named(&'gc str, Value<'gc>),
    Pair(Value<'gc>, Value<'gc>),
}

/// How many items of a container are not shown, once as many have been written as are.
fn items_left(parts: &Parts<'_>) -> Option<usize> {
    if parts.written < limits::SHOWN_ITEMS_MAX {
        return None;
    }
    let count = match parts.container {
        Value::List(list) => list.len(),
        Value::Tuple(tuple) => tuple.items().len(),
        Value::Map(map) => map.table().len(),
        Value::Set(set) => set.table().len(),
        _ => return None,
    };
    count.checked_sub(parts.written).filter(|left| *left > 0)
}

/// The next part of a container, if there is one.
pub(super) fn next_part<'gc>(world: &World<'gc>, parts: &mut Parts<'gc>) -> Option<Part<'gc>> {
    let i = parts.next;
    parts.next += 1;
    match parts.container {
        Value::Map(map) => {
            let table = map.table();
            let (at, entry) = table.next_from(i)?;
            parts.next = at + 1;
            Some(Part::Pair(entry.key, entry.value))
        }
        Value::Set(set) => {
            let table = set.table();
            let (at, entry) = table.next_from(i)?;
            parts.next = at + 1;
            Some(Part::Item(entry.key))
        }
        Value::EnumValue(value) => {
            let value = EnumValue::now(value);
            let name = value.variant.fields.as_ref().and_then(|names| names.get(i));
            let value = *value.payload.get(i)?;
            Some(name.map_or(Part::Item(value), |name| Part::Named(name.as_str(), value)))
        }
        Value::Instance(instance) => {
            let layout = world.layout(instance.layout());
            if is_error_class(world, layout.class) {
                next_of_error(world, parts, instance, layout)
            } else {
                let at = (i..layout.slots.len())
                    .find(|at| !is_hidden(layout.slots[*at].name.as_str(), &Instance::get(instance, &layout, *at)))?;
                parts.next = at + 1;
                slot(instance, layout, at)
            }
        }
        container => super::compare::item(&container, i).map(Part::Item),
    }
}

/// Whether a slot is the engine's, and not the program's: what the value of a native bundle is in.
fn is_hidden(slot: &str, value: &Value<'_>) -> bool {
    slot == "_native" && matches!(value, Value::Host(_))
}

fn slot<'gc>(instance: Gc<'gc, Instance<'gc>>, layout: Gc<'gc, Layout<'gc>>, i: usize) -> Option<Part<'gc>> {
    let name = layout.slots.get(i)?.name;
    Some(Part::Named(name.as_str(), Instance::get(instance, &layout, i)))
}

/// The message without its name, then the slots that the program's error classes add.
fn next_of_error<'gc>(
    world: &World<'gc>,
    parts: &mut Parts<'gc>,
    error: Gc<'gc, Instance<'gc>>,
    layout: Gc<'gc, Layout<'gc>>,
) -> Option<Part<'gc>> {
    // Part 1 is the message, part n + 2 is slot n.
    if parts.next == 1
        && let Some(message) = message_of(world, error)
    {
        return Some(Part::Item(message));
    }
    let symbols = &world.symbols;
    let own = [symbols.message, symbols.cause, symbols.trace, symbols.hidden_trace, symbols.hidden_compared, symbols.hidden_source];
    let first = parts.next.saturating_sub(2);
    let i = (first..layout.slots.len()).find(|i| !own.contains(&layout.slots[*i].name))?;
    parts.next = i + 2;
    slot(error, layout, i)
}

/// The message of an error, if it has one.
fn message_of<'gc>(world: &World<'gc>, error: Gc<'gc, Instance<'gc>>) -> Option<Value<'gc>> {
    let message = super::error_part(world, error, world.symbols.message);
    (!message.is_nil() && !message.is_unset()).then_some(message)
}
