//! Methods of sets.
//!
//! Members may need the program's `hash` and `==`, so that every loop over members here can wait and go on.

use crate::args::{self, given};
use crate::items::{Give, WithItems, WithLists, collect, collect_all};
use crate::sequence;
use crate::table::{Row, row};
use gc_arena::{Collect, Gc};
use vm::heap::Value;
use vm::object::{Cx, Entry, ErrorKind, NativeResult, Set};
use vm::ops::{self, Resume};

/// Methods of sets.
pub(crate) const METHODS: &[Row] = &[
    row("len", &[], sequence::len, "`len()`: the number of members."),
    row("iter", &[], sequence::iter, "`iter()`: an iterator over the members in the order they were added."),
    row("add", &["value"], add, "`add(value)`: adds a member; whether it was not there before."),
    row("discard", &["value"], discard, "`discard(value)`: removes a member; whether it was there."),
    row("remove", &["value"], remove, "`remove(value)`: removes a member. KeyError if it is not there."),
    row("pop", &[], pop, "`pop()`: removes the member added last and gives it. KeyError if there is none."),
    row("clear", &[], clear, "`clear()`: removes all members."),
    row("copy", &[], copy, "`copy()`: a new set of the same members."),
    row("update", &[], update, "`update(...iterables)`: adds all items of the iterables.").rest(),
    row("union", &[], union, "`union(...others)`: a new set of the members of all; `a | b`.").rest(),
    row(
        "intersection",
        &[],
        intersection,
        "`intersection(...others)`: a new set of the members that are in all others too; `a & b`.",
    )
    .rest(),
    row("difference", &[], difference, "`difference(...others)`: a new set of the members that are in no other; `a - b`.").rest(),
    row(
        "symmetric_difference",
        &["other"],
        symmetric_difference,
        "`symmetric_difference(other)`: a new set of what is in one of the two only; `a ^ b`.",
    ),
    row("is_subset", &["other"], is_subset, "`is_subset(other)`: whether the other has all members; `a <= b`."),
    row("is_superset", &["other"], is_superset, "`is_superset(other)`: whether it has all items of the other; `b <= a`."),
    row("is_disjoint", &["other"], is_disjoint, "`is_disjoint(other)`: whether they have nothing in common."),
    row("|", &["other"], union_operator, "`|(other)`: the union of two sets."),
    row("&", &["other"], intersection_operator, "`&(other)`: the intersection of two sets."),
    row("-", &["other"], difference_operator, "`-(other)`: the difference of two sets."),
    row("^", &["other"], symmetric_operator, "`^(other)`: the symmetric difference of two sets."),
    row("<=", &["other"], subset_operator, "`<=(other)`: whether the other set has all members."),
    row("<", &["other"], proper_subset_operator, "`<(other)`: whether the other set has all members and more."),
];

/// A new set of the items.
pub(crate) fn from_items<'gc>(cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
    let set = new_set(cx);
    AddAll { set, items, next: 0, result: Value::Set(set) }.go(cx)
}

/// A new set of the items of any iterable.
pub(crate) fn from_iterable<'gc>(cx: &mut Cx<'_, 'gc>, iterable: Value<'gc>) -> NativeResult<'gc> {
    if let Value::Set(set) = iterable {
        return Ok(Value::Set(copy_of(cx, set)));
    }
    collect(cx, iterable, IntoSet)
}

/// Makes a set of items.
#[derive(Collect)]
#[collect(require_static)]
pub(crate) struct IntoSet;

impl<'gc> WithItems<'gc> for IntoSet {
    fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
        from_items(cx, items)
    }
}

/// Makes a list of the members of a set.
#[derive(Collect)]
#[collect(require_static)]
pub(crate) struct IntoItems;

impl<'gc> Resume<'gc> for IntoItems {
    fn resume(self, cx: &mut Cx<'_, 'gc>, set: Value<'gc>) -> NativeResult<'gc> {
        let Value::Set(set) = set else { return Ok(set) };
        let members = set.table().iter().map(|entry| entry.key).collect();
        Ok(args::new_list(cx, members))
    }
}

fn new_set<'gc>(cx: &mut Cx<'_, 'gc>) -> Gc<'gc, Set<'gc>> {
    cx.world.charge(96);
    Set::new(cx.mc)
}

fn copy_of<'gc>(cx: &mut Cx<'_, 'gc>, set: Gc<'gc, Set<'gc>>) -> Gc<'gc, Set<'gc>> {
    let copy = new_set(cx);
    put_all(cx, copy, set);
    copy
}

/// Puts all members of a set into an empty one.
fn put_all<'gc>(cx: &mut Cx<'_, 'gc>, target: Gc<'gc, Set<'gc>>, source: Gc<'gc, Set<'gc>>) {
    cx.world.charge(source.len() * 64);
    for entry in source.table().iter() {
        Set::push(target, cx.mc, *entry);
    }
}

/// Adds items one after another, then gives a result.
#[derive(Collect)]
#[collect(no_drop)]
struct AddAll<'gc> {
    set: Gc<'gc, Set<'gc>>,
    items: Vec<Value<'gc>>,
    next: usize,
    result: Value<'gc>,
}

impl<'gc> AddAll<'gc> {
    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        while let Some(item) = self.items.get(self.next) {
            self.next += 1;
            if let Err(control) = ops::set_add(cx, self.set, *item) {
                return ops::suspend(cx, control, self);
            }
        }
        Ok(self.result)
    }
}

impl<'gc> Resume<'gc> for AddAll<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        self.go(cx)
    }
}

fn add<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let set = args::set(cx, args)?;
    ops::set_add(cx, set, args[1])
}

fn discard<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let set = args::set(cx, args)?;
    ops::set_discard(cx, set, args[1])
}

fn remove<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(no_drop)]
    struct Removed<'gc>(Value<'gc>);
    impl<'gc> Resume<'gc> for Removed<'gc> {
        fn resume(self, cx: &mut Cx<'_, 'gc>, was_there: Value<'gc>) -> NativeResult<'gc> {
            if was_there.is_truthy() {
                return Ok(Value::Nil);
            }
            let message = format!("the set has no item {}", ops::describe(cx, &self.0));
            Err(cx.raise(ErrorKind::KeyError, message))
        }
    }
    let set = args::set(cx, args)?;
    let was_there = ops::set_discard(cx, set, args[1]);
    ops::and_then(cx, was_there, Removed(args[1]))
}

fn pop<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let set = args::set(cx, args)?;
    let last = set.table().last().map(|entry| entry.key);
    match last {
        Some(key) => {
            let removed = ops::set_discard(cx, set, key);
            ops::and_then(cx, removed, Give(key))
        }
        None => Err(cx.raise(ErrorKind::KeyError, "`pop` of an empty set")),
    }
}

fn clear<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Set::clear(args::set(cx, args)?);
    Ok(Value::Nil)
}

fn copy<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let set = args::set(cx, args)?;
    Ok(Value::Set(copy_of(cx, set)))
}

/// Adds the items of lists to a set, then gives a result.
#[derive(Collect)]
#[collect(no_drop)]
struct AddLists<'gc> {
    set: Gc<'gc, Set<'gc>>,
    result: Value<'gc>,
}

impl<'gc> WithLists<'gc> for AddLists<'gc> {
    fn with_lists(self, cx: &mut Cx<'_, 'gc>, lists: Vec<Vec<Value<'gc>>>) -> NativeResult<'gc> {
        AddAll { set: self.set, items: lists.concat(), next: 0, result: self.result }.go(cx)
    }
}

fn update<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let set = args::set(cx, args)?;
    collect_all(cx, &args[1..], AddLists { set, result: Value::Nil })
}

fn union<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let set = args::set(cx, args)?;
    let copy = copy_of(cx, set);
    collect_all(cx, &args[1..], AddLists { set: copy, result: Value::Set(copy) })
}

fn intersection<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let set = args::set(cx, args)?;
    let target = new_set(cx);
    ToSets::new(&args[1..], Pass { source: set, wanted: Wanted::InAll { target } }).go(cx)
}

fn difference<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let set = args::set(cx, args)?;
    let target = new_set(cx);
    ToSets::new(&args[1..], Pass { source: set, wanted: Wanted::InNone { target } }).go(cx)
}

fn symmetric_difference<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(no_drop)]
    struct SecondHalf<'gc> {
        set: Gc<'gc, Set<'gc>>,
        other: Gc<'gc, Set<'gc>>,
        target: Gc<'gc, Set<'gc>>,
    }
    impl<'gc> Resume<'gc> for SecondHalf<'gc> {
        fn resume(self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
            let pass = Pass { source: self.other, wanted: Wanted::InNone { target: self.target } };
            Members::new(pass, vec![self.set]).go(cx)
        }
    }
    #[derive(Collect)]
    #[collect(no_drop)]
    struct BothHalves<'gc>(Gc<'gc, Set<'gc>>);
    impl<'gc> Resume<'gc> for BothHalves<'gc> {
        fn resume(self, cx: &mut Cx<'_, 'gc>, other: Value<'gc>) -> NativeResult<'gc> {
            let Value::Set(other) = other else { return Ok(other) };
            let (set, target) = (self.0, new_set(cx));
            let pass = Pass { source: set, wanted: Wanted::InNone { target } };
            let half = Members::new(pass, vec![other]).go(cx);
            ops::and_then(cx, half, SecondHalf { set, other, target })
        }
    }
    let set = args::set(cx, args)?;
    let other = from_iterable(cx, args[1]);
    ops::and_then(cx, other, BothHalves(set))
}

fn is_subset<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let set = args::set(cx, args)?;
    ToSets::new(&args[1..], Pass { source: set, wanted: Wanted::AllAreIn }).go(cx)
}

fn is_superset<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(no_drop)]
    struct AreIn<'gc>(Gc<'gc, Set<'gc>>);
    impl<'gc> Resume<'gc> for AreIn<'gc> {
        fn resume(self, cx: &mut Cx<'_, 'gc>, other: Value<'gc>) -> NativeResult<'gc> {
            let Value::Set(source) = other else { return Ok(other) };
            Members::new(Pass { source, wanted: Wanted::AllAreIn }, vec![self.0]).go(cx)
        }
    }
    let set = args::set(cx, args)?;
    let other = from_iterable(cx, args[1]);
    ops::and_then(cx, other, AreIn(set))
}

fn is_disjoint<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let set = args::set(cx, args)?;
    ToSets::new(&args[1..], Pass { source: set, wanted: Wanted::NoneIsIn }).go(cx)
}

/// A pass over the members of a set.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
struct Pass<'gc> {
    source: Gc<'gc, Set<'gc>>,
    wanted: Wanted<'gc>,
}

/// What is wanted of members, with regard to other sets.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
enum Wanted<'gc> {
    /// Those in all others go to the target.
    InAll { target: Gc<'gc, Set<'gc>> },
    /// Those in no other go to the target.
    InNone { target: Gc<'gc, Set<'gc>> },
    /// Whether all are in all others.
    AllAreIn,
    /// Whether none is in any other.
    NoneIsIn,
}

/// Makes sets of iterables, then makes a pass over a set with regard to them.
#[derive(Collect)]
#[collect(no_drop)]
struct ToSets<'gc> {
    /// What is left to convert, the next one last.
    pending: Vec<Value<'gc>>,
    sets: Vec<Gc<'gc, Set<'gc>>>,
    pass: Pass<'gc>,
}

impl<'gc> ToSets<'gc> {
    fn new(iterables: &[Value<'gc>], pass: Pass<'gc>) -> Self {
        ToSets { pending: iterables.iter().rev().copied().collect(), sets: Vec::new(), pass }
    }

    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        while let Some(iterable) = self.pending.pop() {
            let set = match iterable {
                Value::Set(_) => Ok(iterable),
                _ => collect(cx, iterable, IntoSet),
            };
            match set {
                Ok(Value::Set(set)) => self.sets.push(set),
                Ok(_) => {}
                Err(control) => return ops::suspend(cx, control, self),
            }
        }
        Members::new(self.pass, self.sets).go(cx)
    }
}

impl<'gc> Resume<'gc> for ToSets<'gc> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, set: Value<'gc>) -> NativeResult<'gc> {
        if let Value::Set(set) = set {
            self.sets.push(set);
        }
        self.go(cx)
    }
}

/// A pass over the members of a set: looks for each in other sets.
#[derive(Collect)]
#[collect(no_drop)]
struct Members<'gc> {
    members: Vec<Entry<'gc>>,
    others: Vec<Gc<'gc, Set<'gc>>>,
    wanted: Wanted<'gc>,
    /// Number of the member.
    next: usize,
    /// Number of the other set in which it is looked for.
    other: usize,
}

impl<'gc> Members<'gc> {
    fn new(pass: Pass<'gc>, others: Vec<Gc<'gc, Set<'gc>>>) -> Self {
        let members = pass.source.table().iter().copied().collect();
        Members { members, others, wanted: pass.wanted, next: 0, other: 0 }
    }

    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        while let Some(member) = self.members.get(self.next).copied() {
            let Some(other) = self.others.get(self.other).copied() else {
                // It passed all others.
                if let Wanted::InAll { target } | Wanted::InNone { target } = self.wanted {
                    cx.world.charge(64);
                    Set::push(target, cx.mc, member);
                }
                self.next += 1;
                self.other = 0;
                continue;
            };
            match ops::set_contains(cx, other, member.key) {
                Ok(found) => {
                    if let Some(answer) = self.note(found.is_truthy()) {
                        return Ok(answer);
                    }
                }
                Err(control) => return ops::suspend(cx, control, self),
            }
        }
        Ok(match self.wanted {
            Wanted::InAll { target } | Wanted::InNone { target } => Value::Set(target),
            Wanted::AllAreIn | Wanted::NoneIsIn => Value::True,
        })
    }

    /// Takes up whether the member is in the other set; the answer if there is one.
    fn note(&mut self, found: bool) -> Option<Value<'gc>> {
        let passed = match self.wanted {
            Wanted::InAll { .. } | Wanted::AllAreIn => found,
            Wanted::InNone { .. } | Wanted::NoneIsIn => !found,
        };
        if passed {
            self.other += 1;
            return None;
        }
        match self.wanted {
            Wanted::AllAreIn | Wanted::NoneIsIn => Some(Value::False),
            Wanted::InAll { .. } | Wanted::InNone { .. } => {
                self.next += 1;
                self.other = 0;
                None
            }
        }
    }
}

impl<'gc> Resume<'gc> for Members<'gc> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, found: Value<'gc>) -> NativeResult<'gc> {
        match self.note(found.is_truthy()) {
            Some(answer) => Ok(answer),
            None => self.go(cx),
        }
    }
}

/// Operators are for two sets only: `set | list` is more often a mistake than meant.
fn two_sets<'gc>(cx: &mut Cx<'_, 'gc>, operator: &str, args: &[Value<'gc>]) -> Result<(), args::Raised<'gc>> {
    match (args[0], args[1]) {
        (Value::Set(_), Value::Set(_)) => Ok(()),
        (a, b) => {
            let message = format!("`{operator}` is not defined for {} and {}", cx.type_name(&a), cx.type_name(&b));
            Err(cx.type_error(message))
        }
    }
}

macro_rules! operators {
    ($($name:ident = $text:literal: $method:ident;)*) => { $(
        fn $name<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
            two_sets(cx, $text, args)?;
            $method(cx, args)
        }
    )* };
}

operators! {
    union_operator = "|": union;
    intersection_operator = "&": intersection;
    difference_operator = "-": difference;
    symmetric_operator = "^": symmetric_difference;
    subset_operator = "<=": is_subset;
}

fn proper_subset_operator<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    two_sets(cx, "<", args)?;
    let (Value::Set(a), Value::Set(b)) = (args[0], args[1]) else { return Ok(Value::False) };
    if a.len() >= b.len() { Ok(Value::False) } else { is_subset(cx, args) }
}

/// `set(iterable)`
pub(crate) fn construct<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    match given(args, 0) {
        Some(iterable) => from_iterable(cx, iterable),
        None => Ok(Value::Set(new_set(cx))),
    }
}
