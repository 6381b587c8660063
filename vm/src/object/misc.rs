//! Small heap entities: boxes, bound methods, natives, iterators, host objects.

use super::{Class, Cx, List, Map, Set, Symbol, Tuple};
use crate::heap::{Str, Value, Weight, write_barrier};
use gc_arena::lock::Lock;
use gc_arena::{Collect, Gc, Mutation};
use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;

/// A captured variable that is assigned after it was captured, or a shared slot.
#[derive(Collect)]
#[collect(no_drop)]
#[repr(C)]
pub struct BoxCell<'gc> {
    value: Lock<Value<'gc>>,
}

impl<'gc> BoxCell<'gc> {
    /// A box that contains `value`.
    pub fn new(mc: &Mutation<'gc>, value: Value<'gc>) -> Gc<'gc, Self> {
        Gc::new(mc, BoxCell { value: Lock::new(value) })
    }

    /// What it contains.
    #[inline(always)]
    pub fn get(&self) -> Value<'gc> {
        self.value.get()
    }

    /// Replaces what it contains.
    #[inline]
    pub fn set(this: Gc<'gc, Self>, mc: &Mutation<'gc>, value: Value<'gc>) {
        write_barrier(mc, Gc::erase(this), &value);
        // SAFETY: the barrier has run.
        unsafe { this.value.as_cell() }.set(value);
    }
}

/// A method taken as a value: with its receiver, or from its class and without one.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Bound<'gc> {
    /// The receiver; nil where there is none.
    pub receiver: Value<'gc>,
    /// The function or native.
    pub method: Value<'gc>,
    /// The name it was taken by; a later call finds the newest method of this name.
    pub name: Symbol<'gc>,
    /// Where a call looks for it.
    pub binding: Binding<'gc>,
}

/// Where the newest method of a bound one is found.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub enum Binding<'gc> {
    /// In the class of its receiver.
    Receiver,
    /// In the classes of its receiver after this one: `super.name`.
    Super(Gc<'gc, Class<'gc>>),
    /// There is no receiver: it is what was taken from its class. The first argument of a call must be an instance of this one.
    Unbound(Gc<'gc, Class<'gc>>),
}

impl<'gc> Binding<'gc> {
    /// Whether both look in the same place.
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Binding::Receiver, Binding::Receiver) => true,
            (Binding::Super(a), Binding::Super(b)) | (Binding::Unbound(a), Binding::Unbound(b)) => Gc::ptr_eq(*a, *b),
            _ => false,
        }
    }

    /// The class from which a method was taken without a receiver.
    pub fn unbound(&self) -> Option<Gc<'gc, Class<'gc>>> {
        if let Binding::Unbound(class) = self { Some(*class) } else { None }
    }
}

/// A stable object for a decorated function: its identity stays when the function or the decorator is redefined.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Decorated<'gc> {
    /// The function that was decorated: name, doc and parameters are its own.
    pub original: Lock<Value<'gc>>,
    /// What the decorators returned; calls go there.
    pub target: Lock<Value<'gc>>,
}

/// What a native returns: a value, or what should happen instead.
pub type NativeResult<'gc> = Result<Value<'gc>, Box<super::Control<'gc>>>;

/// A native function of the engine or the library.
pub type NativeFn = for<'a, 'gc> fn(&mut Cx<'a, 'gc>, &[Value<'gc>]) -> NativeResult<'gc>;

/// A native function of a host.
pub type HostFn = dyn for<'a, 'gc> Fn(&mut Cx<'a, 'gc>, &[Value<'gc>]) -> NativeResult<'gc>;

/// The code of a native.
pub enum NativeBody {
    /// A plain function.
    Fn(NativeFn),
    /// A plain function that looks at all of its arguments' items or characters: each call counts as loop turns for them.
    Linear(NativeFn),
    /// A closure of the host.
    Host(Box<HostFn>),
}

impl NativeBody {
    /// Calls it.
    #[inline]
    pub fn call<'gc>(&self, cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
        match self {
            NativeBody::Fn(f) => f(cx, args),
            NativeBody::Linear(f) => {
                let turns = args.iter().map(turns_for).sum();
                let result = f(cx, args);
                cx.world.spend(turns);
                result
            }
            NativeBody::Host(f) => f(cx, args),
        }
    }
}

/// Loop turns that a look at all of a value counts for.
fn turns_for(value: &Value<'_>) -> usize {
    match value {
        Value::Str(text) => text.byte_len() / 16,
        Value::Bytes(bytes) => bytes.data.len() / 16,
        Value::List(list) => list.len(),
        Value::Tuple(tuple) => tuple.items().len(),
        Value::Map(map) => 2 * map.len(),
        Value::Set(set) => 2 * set.len(),
        _ => 0,
    }
}

/// Names of the positional parameters of a native, in order.
pub enum ParameterNames {
    /// Those of the engine and the library.
    Fixed(&'static [&'static str]),
    /// Those of a host.
    Owned(Box<[Box<str>]>),
}

impl ParameterNames {
    /// The names in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (fixed, owned) = match self {
            ParameterNames::Fixed(names) => (*names, &[] as &[Box<str>]),
            ParameterNames::Owned(names) => (&[] as &[&str], &**names),
        };
        fixed.iter().copied().chain(owned.iter().map(|name| &**name))
    }
}

impl Default for ParameterNames {
    fn default() -> Self {
        ParameterNames::Fixed(&[])
    }
}

/// Names of parameters, for calls with names.
#[derive(Default)]
pub struct Keywords {
    /// Names of the positional parameters; may be fewer than there are.
    pub positional: ParameterNames,
    /// Parameters that can be given by name only. Their values come first in the arguments, unset when absent.
    pub only: &'static [&'static str],
}

/// Natives that the interpreter does itself in the usual cases. It finds them by the function object that is called, so that a program
/// that defines another function of the name gets that one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Intrinsic {
    /// None of them.
    #[default]
    None,
    /// `list.push(item)`
    Push,
    /// `len(value)` and `value.len()`
    Len,
    /// `map.get(key, default)`
    Get,
    /// `fiber.resume(value)`
    Resume,
}

/// A native function object.
#[derive(Collect)]
#[collect(no_drop)]
pub struct NativeFunction<'gc> {
    /// Its name, `List.push` for methods.
    pub name: Gc<'gc, Str>,
    /// Its code.
    #[collect(require_static)]
    pub body: NativeBody,
    /// Fewest arguments, the receiver included.
    pub least: u8,
    /// Most arguments; 255: any number.
    pub most: u8,
    /// Names of its parameters.
    #[collect(require_static)]
    pub keywords: Keywords,
    /// Whether the interpreter may do it itself.
    #[collect(require_static)]
    pub intrinsic: Cell<Intrinsic>,
    /// Signature and meaning, in Markdown.
    #[collect(require_static)]
    pub doc: Cow<'static, str>,
}

impl NativeFunction<'_> {
    /// Whether it can be called with just `argc` positional values, the receiver included.
    #[inline]
    pub fn takes(&self, argc: usize) -> bool {
        let most = if self.most == u8::MAX { usize::MAX } else { self.most as usize };
        self.keywords.only.is_empty() && (self.least as usize..=most).contains(&argc)
    }
}

/// State of an iteration over a built-in value.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub enum IteratorState<'gc> {
    /// Next index of a list, which is looked up afresh each time.
    List(Gc<'gc, List<'gc>>, usize),
    /// Next index of a tuple.
    Tuple(Gc<'gc, Tuple<'gc>>, usize),
    /// Next byte offset of a string.
    Str(Gc<'gc, Str>, usize),
    /// Next entry of a map, and the changes seen when the iteration began.
    Map(Gc<'gc, Map<'gc>>, usize, u32),
    /// Next entry of a set, and the changes seen when the iteration began.
    Set(Gc<'gc, Set<'gc>>, usize, u32),
    /// Next value of a range, how many are left, distance.
    Range(i64, u64, i64),
    /// Next index of a byte string.
    Bytes(Gc<'gc, super::Bytes>, usize),
    /// `next()` of an object.
    Object(Value<'gc>),
}

/// An iterator as a value; loops keep theirs in a register.
#[derive(Collect)]
#[collect(no_drop)]
pub struct IteratorObject<'gc> {
    /// Where it stands.
    pub state: Lock<IteratorState<'gc>>,
}

/// A Rust type that is a class.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Collect)]
#[collect(require_static)]
pub struct HostTypeId(pub TypeId);

impl HostTypeId {
    /// That of a type.
    pub fn of<T: 'static>() -> Self {
        HostTypeId(TypeId::of::<T>())
    }
}

/// Something of the host's that scripts pass around.
#[derive(Collect)]
#[collect(no_drop)]
pub struct HostObject {
    /// Name of its type, for messages.
    pub type_name: &'static str,
    /// The thing.
    #[collect(require_static)]
    pub data: Rc<dyn Any>,
    /// Set while the host has taken the thing out.
    #[collect(require_static)]
    pub taken: Cell<bool>,
    weight: Weight,
}

impl HostObject {
    /// An object for a thing that has `more` bytes in buffers of its own, as far as that is known.
    pub fn new<'gc, T: 'static>(mc: &Mutation<'gc>, type_name: &'static str, data: T, more: usize) -> Gc<'gc, HostObject> {
        Self::of(mc, type_name, Rc::new(data), size_of::<T>() + more)
    }

    /// An object for a thing of so many bytes.
    pub fn of<'gc>(mc: &Mutation<'gc>, type_name: &'static str, data: Rc<dyn Any>, bytes: usize) -> Gc<'gc, HostObject> {
        Gc::new(mc, HostObject { type_name, data, taken: Cell::new(false), weight: Weight::of(bytes) })
    }
}

/// A native that waits for the result of a call it asked for.
pub trait Then<'gc> {
    /// Goes on with the result.
    fn then(&self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc>;

    /// The call raised `error`. Gives what goes on to the caller: that error, another one, or a result as if nothing had happened.
    fn failed(&self, _: &mut Cx<'_, 'gc>, error: Value<'gc>) -> NativeResult<'gc> {
        Err(Box::new(super::Control::Raise(error)))
    }
}

/// See [`Then`].
#[derive(Collect)]
#[collect(no_drop)]
pub struct Continuation<'gc> {
    /// What goes on.
    pub then: Gc<'gc, dyn Then<'gc> + 'gc>,
}

impl<'gc> Decorated<'gc> {
    /// A stable object for `original` that forwards to `target`.
    pub fn new(mc: &Mutation<'gc>, original: Value<'gc>, target: Value<'gc>) -> Gc<'gc, Self> {
        Gc::new(mc, Decorated { original: Lock::new(original), target: Lock::new(target) })
    }

    /// Replaces both.
    pub fn set(this: Gc<'gc, Self>, mc: &Mutation<'gc>, original: Value<'gc>, target: Value<'gc>) {
        write_barrier(mc, Gc::erase(this), &original);
        write_barrier(mc, Gc::erase(this), &target);
        // SAFETY: the barriers have run.
        unsafe {
            this.original.as_cell().set(original);
            this.target.as_cell().set(target);
        }
    }
}

impl<'gc> IteratorObject<'gc> {
    /// An iterator in this state.
    pub fn new(mc: &Mutation<'gc>, state: IteratorState<'gc>) -> Gc<'gc, Self> {
        Gc::new(mc, IteratorObject { state: Lock::new(state) })
    }

    /// Moves on. The new state refers to the same container, so that no barrier is needed.
    pub fn advance(&self, state: IteratorState<'gc>) {
        // SAFETY: the only pointers in `state` are those of the state before it.
        unsafe { self.state.as_cell() }.set(state);
    }
}
