//! Equality: `==`.
//!
//! Structural for numbers, strings, tuples, lists, maps, sets, ranges, byte strings and enum values; what the class says for
//! instances (and enum values) whose class defines `==`; identity for everything else. Only the left operand's method is asked.
//! Inside containers, identical items count as equal without asking.
//!
//! Nested values are compared with an explicit list of what is left to do, so that depth does not matter. A pair of containers that is
//! met again, because of a cycle or because parts are shared, counts as equal: if it is not, its first comparison finds that out.

use super::call::{Resume, call, call_then, method_of, suspend};
use super::mapping::{Table, find_entry, key_equal};
use super::number::compare_numbers;
use super::work;
use crate::heap::{Str, Value};
use crate::limits;
use crate::object::{Cx, EnumValue, HashSource, Map, NativeResult, Probe, RangeObject, Set, Variant, World};
use gc_arena::{Collect, Gc};
use rustc_hash::FxHashSet;
use std::cmp::Ordering;

/// `a == b`. The result of a method of the program comes back as it is; its truthiness counts.
pub fn equal<'gc>(cx: &mut Cx<'_, 'gc>, a: Value<'gc>, b: Value<'gc>) -> NativeResult<'gc> {
    match shallow(cx.world, &a, &b) {
        Shallow::Known(result) => Ok(Value::bool(result)),
        Shallow::Call(method) => call(method, vec![a, b]),
        Shallow::Open => Equality::new(a, b).go(cx),
    }
}

/// `a == b` if that can be told without a method of the program.
#[inline]
pub fn equal_now<'gc>(world: &World<'gc>, a: &Value<'gc>, b: &Value<'gc>) -> Option<bool> {
    match shallow(world, a, b) {
        Shallow::Known(result) => Some(result),
        Shallow::Call(_) => None,
        Shallow::Open => match Equality::new(*a, *b).run(world) {
            Outcome::Equal => Some(true),
            Outcome::Different => Some(false),
            _ => None,
        },
    }
}

/// What a look at the outermost level tells.
enum Shallow<'gc> {
    Known(bool),
    /// This method of the left operand knows.
    Call(Value<'gc>),
    /// The items must be compared.
    Open,
}

fn shallow<'gc>(world: &World<'gc>, a: &Value<'gc>, b: &Value<'gc>) -> Shallow<'gc> {
    let sized = |same: bool, a: usize, b: usize| match same {
        true => Shallow::Known(true),
        false if a != b => Shallow::Known(false),
        false if a == 0 => Shallow::Known(true),
        false => Shallow::Open,
    };
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Shallow::Known(a == b),
        (Value::Str(a), Value::Str(b)) => {
            world.spend(a.byte_len() / 64);
            Shallow::Known(Str::text_eq(*a, *b))
        }
        (Value::Int(_) | Value::Float(_) | Value::BigInt(_), _) => {
            if let Value::BigInt(big) = a {
                world.spend(work::look(big.0.bits()));
            }
            Shallow::Known(compare_numbers(a, b) == Some(Some(Ordering::Equal)))
        }
        (Value::Instance(x), _) if world.class_of_instance(*x).hashing.get() == HashSource::Identity => Shallow::Known(a.same(b)),
        (Value::Instance(_), _) => match method_of(world, a, world.symbols.eq) {
            Some(method) => Shallow::Call(method),
            None => Shallow::Known(a.same(b)),
        },
        (Value::EnumValue(x), _) => match (method_of(world, a, world.symbols.eq), b) {
            (Some(method), _) => Shallow::Call(method),
            (None, Value::EnumValue(y)) => match world.following {
                Some(following) if EnumValue::is_obsolete(*x) || EnumValue::is_obsolete(*y) => Shallow::Call(following.equal),
                _ => {
                    let (x, y) = (EnumValue::now(*x), EnumValue::now(*y));
                    let same = same_variant(x.variant, y.variant);
                    if same { sized(Gc::ptr_eq(x, y), x.payload.len(), y.payload.len()) } else { Shallow::Known(false) }
                }
            },
            _ => Shallow::Known(false),
        },
        (Value::Tuple(x), Value::Tuple(y)) => sized(a.same(b), x.items().len(), y.items().len()),
        (Value::List(x), Value::List(y)) => sized(a.same(b), x.len(), y.len()),
        (Value::Map(x), Value::Map(y)) => sized(a.same(b), x.len(), y.len()),
        (Value::Set(x), Value::Set(y)) => sized(a.same(b), x.len(), y.len()),
        (Value::Range(x), Value::Range(y)) => Shallow::Known(same_range(x, y)),
        (Value::Bytes(x), Value::Bytes(y)) => {
            world.spend(x.data.len() / 64);
            Shallow::Known(x.data == y.data)
        }
        (Value::Bound(x), Value::Bound(y)) => {
            Shallow::Known(x.receiver.same(&y.receiver) && x.name == y.name && x.binding.same(&y.binding))
        }
        _ => Shallow::Known(a.same(b)),
    }
}

/// Whether it is the same variant, also after its enum was redefined.
pub(super) fn same_variant<'gc>(a: Gc<'gc, Variant<'gc>>, b: Gc<'gc, Variant<'gc>>) -> bool {
    Gc::ptr_eq(a, b) || (Gc::ptr_eq(a.class, b.class) && a.name == b.name)
}

/// Whether both give the same values.
fn same_range(a: &RangeObject, b: &RangeObject) -> bool {
    let len = a.len();
    len == b.len() && (len == 0 || a.lo == b.lo) && (len < 2 || a.step == b.step)
}

/// Pairs of containers that a comparison has met. Only long comparisons remember them: cycles and shared parts make it long.
#[derive(Collect, Default)]
#[collect(require_static)]
pub(super) struct Visited {
    met: usize,
    pairs: FxHashSet<(usize, usize)>,
}

impl Visited {
    /// Pairs that are compared before the first one is remembered.
    const UNTRACKED: usize = 256;

    /// Whether the pair was met before, and need not be followed again.
    pub(super) fn meet<'gc>(&mut self, a: &Value<'gc>, b: &Value<'gc>) -> bool {
        self.met += 1;
        if self.met <= Self::UNTRACKED {
            return false;
        }
        let address = |v: &Value<'gc>| v.heap_pointer().map_or(0, |p| Gc::as_ptr(p) as usize);
        !self.pairs.insert((address(a), address(b)))
    }
}

/// Item `i` of a tuple, list or enum value.
pub(super) fn item<'gc>(container: &Value<'gc>, i: usize) -> Option<Value<'gc>> {
    match container {
        Value::List(list) => list.get(i),
        Value::Tuple(tuple) => tuple.items().get(i).copied(),
        Value::EnumValue(value) => EnumValue::now(*value).payload.get(i).copied(),
        _ => None,
    }
}

/// Something left to compare.
#[derive(Collect)]
#[collect(no_drop)]
enum Task<'gc> {
    /// Two values.
    Pair(Value<'gc>, Value<'gc>),
    /// Items of two sequences or payloads, from an index on.
    Items(Value<'gc>, Value<'gc>, usize),
    /// Pairs of two maps, from an entry of the first on.
    Maps(Gc<'gc, Map<'gc>>, Gc<'gc, Map<'gc>>, usize),
    /// Members of two sets, from an entry of the first on.
    Sets(Gc<'gc, Set<'gc>>, Gc<'gc, Set<'gc>>, usize),
}

/// What a waiting comparison waits for.
#[derive(Collect)]
#[collect(no_drop)]
enum Awaited<'gc> {
    /// Whether two items are equal.
    Truth,
    /// Where in this map the key is whose value should equal this one.
    Entry(Gc<'gc, Map<'gc>>, Value<'gc>),
    /// Where the member is, if anywhere.
    Member,
}

/// What one step of a comparison finds.
enum Step<'gc> {
    /// Equal, as far as this task goes.
    Equal,
    /// The whole comparison ends or waits.
    Stop(Outcome<'gc>),
    /// Two containers of equal type and size must be followed.
    Open(Value<'gc>, Value<'gc>),
}

/// Where a comparison stops.
enum Outcome<'gc> {
    Equal,
    Different,
    TooDeep,
    /// A method of the program must say whether two items are equal.
    Call {
        method: Value<'gc>,
        a: Value<'gc>,
        b: Value<'gc>,
    },
    /// Methods of the program must say where a key is in a table.
    Find {
        table: Table<'gc>,
        hash: u32,
        key: Value<'gc>,
        awaited: Awaited<'gc>,
    },
}

/// A comparison of two nested values.
#[derive(Collect)]
#[collect(no_drop)]
struct Equality<'gc> {
    tasks: Vec<Task<'gc>>,
    visited: Visited,
    awaited: Awaited<'gc>,
    /// Items that were compared and not counted yet.
    compared: usize,
}

impl<'gc> Equality<'gc> {
    fn new(a: Value<'gc>, b: Value<'gc>) -> Self {
        let mut this = Equality { tasks: Vec::new(), visited: Visited::default(), awaited: Awaited::Truth, compared: 0 };
        this.open(a, b);
        this
    }

    /// Takes up two containers of equal type and size.
    fn open(&mut self, a: Value<'gc>, b: Value<'gc>) {
        if self.visited.meet(&a, &b) {
            return;
        }
        self.tasks.push(match (a, b) {
            (Value::Map(a), Value::Map(b)) => Task::Maps(a, b, 0),
            (Value::Set(a), Value::Set(b)) => Task::Sets(a, b, 0),
            _ => Task::Items(a, b, 0),
        });
    }

    /// Compares as far as possible without the program.
    fn run(&mut self, world: &World<'gc>) -> Outcome<'gc> {
        let outcome = self.walk(world);
        world.spend(std::mem::take(&mut self.compared) / 4);
        outcome
    }

    fn walk(&mut self, world: &World<'gc>) -> Outcome<'gc> {
        while let Some(task) = self.tasks.last_mut() {
            let step = match task {
                Task::Pair(a, b) => {
                    let (a, b) = (*a, *b);
                    self.compared += 1;
                    self.tasks.pop();
                    pair(world, a, b)
                }
                Task::Items(a, b, i) => {
                    let from = *i;
                    let step = next_items(world, a, b, i);
                    self.compared += *i - from;
                    self.pop_if_equal(step)
                }
                Task::Maps(a, b, i) => {
                    let from = *i;
                    let step = next_pair(world, *a, *b, i);
                    self.compared += (*i).saturating_sub(from) * 4;
                    self.pop_if_equal(step)
                }
                Task::Sets(a, b, i) => {
                    let from = *i;
                    let step = next_member(world, *a, *b, i);
                    self.compared += (*i).saturating_sub(from) * 4;
                    self.pop_if_equal(step)
                }
            };
            match step {
                Step::Equal => {}
                Step::Stop(outcome) => return outcome,
                Step::Open(..) if self.tasks.len() >= limits::VALUE_DEPTH_MAX => return Outcome::TooDeep,
                Step::Open(a, b) => self.open(a, b),
            }
        }
        Outcome::Equal
    }

    /// A task that looks at several items is finished when it finds them all equal.
    fn pop_if_equal(&mut self, step: Step<'gc>) -> Step<'gc> {
        if matches!(step, Step::Equal) {
            self.tasks.pop();
        }
        step
    }

    /// Compares to the end, or to the next method of the program.
    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        loop {
            match self.run(cx.world) {
                Outcome::Equal => return Ok(Value::True),
                Outcome::Different => return Ok(Value::False),
                Outcome::TooDeep => return Err(cx.value_error("the values are nested too deep to be compared")),
                Outcome::Call { method, a, b } => {
                    self.awaited = Awaited::Truth;
                    return call_then(cx, method, vec![a, b], self);
                }
                Outcome::Find { table, hash, key, awaited } => {
                    self.awaited = awaited;
                    match find_entry(cx, table, hash, key) {
                        Ok(found) if self.accept(found) => {}
                        Ok(_) => return Ok(Value::False),
                        Err(control) => return suspend(cx, control, self),
                    }
                }
            }
        }
    }

    /// Takes what was awaited; false if the values differ.
    fn accept(&mut self, result: Value<'gc>) -> bool {
        match (std::mem::replace(&mut self.awaited, Awaited::Truth), result) {
            (Awaited::Truth, _) => result.is_truthy(),
            (Awaited::Member, _) => !result.is_unset(),
            (Awaited::Entry(map, value), Value::Int(i)) => match map.table().entry(i as usize) {
                Some(entry) => {
                    self.tasks.push(Task::Pair(value, entry.value));
                    true
                }
                None => false,
            },
            (Awaited::Entry(..), _) => false,
        }
    }
}

impl<'gc> Resume<'gc> for Equality<'gc> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        if self.accept(result) { self.go(cx) } else { Ok(Value::False) }
    }
}

/// Compares two items of containers.
#[inline]
fn pair<'gc>(world: &World<'gc>, a: Value<'gc>, b: Value<'gc>) -> Step<'gc> {
    if !matches!(a, Value::Float(_)) && a.same(&b) {
        return Step::Equal;
    }
    match shallow(world, &a, &b) {
        Shallow::Known(true) => Step::Equal,
        Shallow::Known(false) => Step::Stop(Outcome::Different),
        Shallow::Call(method) => Step::Stop(Outcome::Call { method, a, b }),
        Shallow::Open => Step::Open(a, b),
    }
}

/// Compares items from number `i` on, up to the first that cannot be told at once.
fn next_items<'gc>(world: &World<'gc>, a: &Value<'gc>, b: &Value<'gc>, i: &mut usize) -> Step<'gc> {
    loop {
        let (x, y) = match (item(a, *i), item(b, *i)) {
            (Some(x), Some(y)) => (x, y),
            (None, None) => return Step::Equal,
            _ => return Step::Stop(Outcome::Different),
        };
        *i += 1;
        match pair(world, x, y) {
            Step::Equal => {}
            other => return other,
        }
    }
}

/// Compares pairs of `a` from entry `i` on with those of `b`.
fn next_pair<'gc>(world: &World<'gc>, a: Gc<'gc, Map<'gc>>, b: Gc<'gc, Map<'gc>>, i: &mut usize) -> Step<'gc> {
    let (source, target) = (a.table(), b.table());
    while let Some((at, entry)) = source.next_from(*i) {
        *i = at + 1;
        let step = match target.find(entry.hash, &entry.key, |x, y| key_equal(world, x, y)) {
            Probe::Found(n) => match target.entry(n) {
                Some(found) => pair(world, entry.value, found.value),
                None => Step::Stop(Outcome::Different),
            },
            Probe::Absent => Step::Stop(Outcome::Different),
            Probe::Ask(..) => {
                let awaited = Awaited::Entry(b, entry.value);
                Step::Stop(Outcome::Find { table: Table::Map(b), hash: entry.hash, key: entry.key, awaited })
            }
        };
        if !matches!(step, Step::Equal) {
            return step;
        }
    }
    Step::Equal
}

/// Looks for members of `a` from entry `i` on in `b`.
fn next_member<'gc>(world: &World<'gc>, a: Gc<'gc, Set<'gc>>, b: Gc<'gc, Set<'gc>>, i: &mut usize) -> Step<'gc> {
    let (source, target) = (a.table(), b.table());
    while let Some((at, entry)) = source.next_from(*i) {
        *i = at + 1;
        match target.find(entry.hash, &entry.key, |x, y| key_equal(world, x, y)) {
            Probe::Found(_) => {}
            Probe::Absent => return Step::Stop(Outcome::Different),
            Probe::Ask(..) => {
                let table = Table::Set(b);
                return Step::Stop(Outcome::Find { table, hash: entry.hash, key: entry.key, awaited: Awaited::Member });
            }
        }
    }
    Step::Equal
}
