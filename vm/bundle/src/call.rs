//! A call of a function of a library, and the table of functions that it can call meanwhile.
//!
//! What a library is given of a call is the address of a [`Context`]. It is looked up before it is used: only the innermost call of the thread is one,
//! so that an address of a call that is over, of one further out, or of another thread does nothing.

use crate::library::{self, Library, text};
use crate::value::{bytes, fault, give, is_plain, take, with_nul};
use bundle_author::abi;
use gc_arena::Gc;
use std::any::Any;
use std::cell::RefCell;
use std::ffi::{c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::rc::Rc;
use std::slice;
use vm::embed::{Error, Handle, Vm, outside};
use vm::heap::Value;
use vm::object::{Bytes, Control, Cx, ErrorKind, HostFn, List, Map, NativeResult};
use vm::ops;

/// Most values, or bytes, that can be given at once: what is more is a negative number as a rule.
pub(crate) const COUNT_MAX: usize = u32::MAX as usize;

/// The table that every library is given.
pub(crate) static HOST: abi::Host = abi::Host {
    abi: abi::ABI,
    size: size_of::<abi::Host>() as u32,
    function: library::function,
    constant: library::constant,
    type_: library::type_,
    describe: library::describe,
    keep_open: library::keep_open,
    library: library::library,
    fail: library::fail,
    raise,
    string,
    bytes: make_bytes,
    list,
    map,
    length,
    item,
    entry,
    get,
    set,
    push,
    lookup,
    tail,
    call,
    retain,
    held,
    release: library::release,
};

/// An error for the program: its class and its message.
pub(crate) type Fault = (ErrorKind, String);

/// What a call is about.
pub(crate) struct Context {
    door: Door,
    pub(crate) library: Rc<Library>,
    /// Objects that the library has been given; their numbers begin with 1.
    pub(crate) objects: Vec<Handle>,
    /// Texts that it has been given.
    texts: Vec<Box<[u8]>>,
    /// Addresses of native values that it has been given, with their instances.
    pub(crate) given: Vec<(usize, Handle)>,
    outcome: Outcome,
    /// A panic of the host's code that the library has called. It must not go through the library's code: it goes on when that has returned.
    panic: Option<Box<dyn Any + Send>>,
}

/// Where the program is.
#[derive(Clone, Copy)]
enum Door {
    /// In the interpreter. The lifetimes are not those of the type: see [`Door::enter`].
    Inside(*mut Cx<'static, 'static>),
    /// At a safe point.
    Outside(*mut Vm),
}

/// What is to become of a call that has not a result.
enum Outcome {
    Nothing,
    Fault(Fault),
    /// An error of the program that a call has ended with.
    Error(Box<Error>),
    Tail(Handle, Vec<Handle>),
}

thread_local! {
    /// The calls that are under way, the innermost last.
    static CALLS: RefCell<Vec<*mut Context>> = const { RefCell::new(Vec::new()) };
}

impl Door {
    /// Lets `f` at the heap.
    ///
    /// # Safety
    /// Only within the call that the door is of, and not within another `enter` of it.
    unsafe fn enter<R>(self, f: impl for<'gc> FnOnce(&mut Cx<'_, 'gc>) -> R) -> R {
        match self {
            // SAFETY: the function that was called with this reference waits for the library, so that it is good and not used by anybody else. `f` is for
            // every `'gc`, so that it cannot make use of this one being called 'static, nor let anything out that has it.
            Door::Inside(cx) => f(unsafe { &mut *cx }),
            // SAFETY: the same.
            Door::Outside(vm) => unsafe { &mut *vm }.enter(f),
        }
    }
}

impl Context {
    fn new(door: Door, library: Rc<Library>) -> Context {
        Context { door, library, objects: Vec::new(), texts: Vec::new(), given: Vec::new(), outcome: Outcome::Nothing, panic: None }
    }

    /// The object with this number.
    pub(crate) fn object(&self, number: u64) -> Option<&Handle> {
        self.objects.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// A copy of a text that lasts as long as the call.
    pub(crate) fn keep(&mut self, bytes: &[u8]) -> abi::Text {
        let (kept, text) = with_nul(bytes);
        self.texts.push(kept);
        text
    }

    /// Lets `f` at the heap.
    fn enter<R>(&mut self, f: impl for<'gc> FnOnce(&mut Context, &mut Cx<'_, 'gc>) -> R) -> R {
        let door = self.door;
        // SAFETY: a context is reached within its call only, and `f` has the heap already.
        unsafe { door.enter(|cx| f(self, cx)) }
    }
}

/// A function of a library.
#[derive(Clone)]
pub(crate) struct Native {
    pub(crate) library: Rc<Library>,
    pub(crate) name: String,
    pub(crate) code: abi::Function,
    pub(crate) data: *mut c_void,
}

impl Native {
    /// The function in the engine's shape, run within the interpreter.
    pub(crate) fn inside(self) -> Box<HostFn> {
        Box::new(move |cx, args| self.call_inside(cx, args))
    }

    /// The same, run between two slices.
    pub(crate) fn outside(self) -> Box<HostFn> {
        Box::new(move |cx, args| {
            let args: Vec<Handle> = args.iter().map(|value| Handle::new(cx.world, *value)).collect();
            let this = self.clone();
            // It holds the library until it has returned, whatever is loaded meanwhile.
            Err(outside(move |vm| this.call_outside(vm, &args)))
        })
    }

    fn call_inside<'gc>(&self, cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
        let mut context = Context::new(Door::Inside(ptr::null_mut()), self.library.clone());
        let given: Vec<abi::Value> = args.iter().map(|value| give(&mut context, cx, *value)).collect();
        // From here on the heap is reached through the door only, until the library has returned.
        context.door = Door::Inside(ptr::from_mut(cx).cast());
        let (mut context, status, result) = self.run(context, &given);
        let outcome = std::mem::replace(&mut context.outcome, Outcome::Nothing);
        match (status, outcome) {
            (abi::OK, _) => {
                // SAFETY: the library has just given it as its result.
                let value = unsafe { take(&mut context, cx, result) };
                value.map_err(|(kind, message)| cx.raise(kind, message))
            }
            (abi::TAIL, Outcome::Tail(callee, args)) => {
                let args = args.iter().map(|handle| handle.value_in(cx.world)).collect();
                Err(Box::new(Control::Call { callee: callee.value_in(cx.world), args, then: None }))
            }
            (status, outcome) => {
                let (kind, message) = self.fault_of(status, outcome);
                Err(cx.raise(kind, message))
            }
        }
    }

    fn call_outside(&self, vm: &mut Vm, args: &[Handle]) -> Result<Handle, Error> {
        let mut context = Context::new(Door::Outside(ptr::null_mut()), self.library.clone());
        let given: Vec<abi::Value> = vm.enter(|cx| {
            let values = args.iter().map(|handle| handle.value_in(cx.world)).collect::<Vec<_>>();
            values.into_iter().map(|value| give(&mut context, cx, value)).collect()
        });
        context.door = Door::Outside(ptr::from_mut(vm));
        let (mut context, status, result) = self.run(context, &given);
        let outcome = std::mem::replace(&mut context.outcome, Outcome::Nothing);
        match (status, outcome) {
            // It cannot be kept back.
            (_, Outcome::Error(error)) if matches!(*error, Error::Interrupted(_)) => Err(*error),
            (abi::OK, _) => {
                // SAFETY: the library has just given it as its result.
                let made = vm.enter(|cx| unsafe { take(&mut context, cx, result) }.map(|value| Handle::new(cx.world, value)));
                made.or_else(|fault| raised(vm, fault))
            }
            (abi::TAIL, Outcome::Tail(callee, args)) => vm.call_raw(&callee, &args[..]),
            (_, Outcome::Error(error)) => Err(*error),
            (status, outcome) => {
                let fault = self.fault_of(status, outcome);
                raised(vm, fault)
            }
        }
    }

    /// Has the library's code run. A panic of the host's code below it goes on from here.
    fn run(&self, mut context: Context, args: &[abi::Value]) -> (Context, abi::Status, abi::Value) {
        let mut result = abi::Value::NIL;
        let pointer = &raw mut context;
        CALLS.with_borrow_mut(|calls| calls.push(pointer));
        // SAFETY: the library is open, since `self` holds it, and the code is what it has registered with this data. The arguments and the place for the
        // result are good until it returns. The context is reached through its address only while it is in `CALLS`, and by nobody else meanwhile.
        let status = unsafe { (self.code)(pointer.cast(), self.data, args.as_ptr(), args.len(), &raw mut result) };
        CALLS.with_borrow_mut(|calls| calls.pop());
        if let Some(panic) = context.panic.take() {
            resume_unwind(panic)
        }
        (context, status, result)
    }

    /// What is wrong with a call that has no result.
    fn fault_of(&self, status: abi::Status, outcome: Outcome) -> Fault {
        let name = &self.name;
        match (status, outcome) {
            (abi::ERROR, Outcome::Fault(fault)) => fault,
            (abi::ERROR, _) => fault(format!("`{name}` has failed and does not say why")),
            (abi::TAIL, _) => fault(format!("`{name}` wants to go on in a call, and does not say in which")),
            (status, _) => fault(format!("`{name}` has ended with the unknown status {status}")),
        }
    }
}

/// Raises an error between two slices.
fn raised(vm: &mut Vm, (kind, message): Fault) -> Result<Handle, Error> {
    vm.run(move |cx| Err(cx.raise(kind, message)))
}

/// Does something for a library within its call; an error is what the call ends with, if the library passes it on.
/// After a panic nothing is done any more: the library can only return.
fn with(call: *mut abi::Call, f: impl FnOnce(&mut Context) -> Result<(), Fault>) -> abi::Status {
    let innermost = CALLS.with_borrow(|calls| calls.last().copied());
    let Some(pointer) = innermost.filter(|innermost| ptr::eq(*innermost, call.cast())) else { return abi::ERROR };
    // SAFETY: it is in `CALLS`, so that `Native::run` waits, and innermost, so that no other function of the table is at work with it.
    let context = unsafe { &mut *pointer };
    if context.panic.is_some() {
        return abi::ERROR;
    }
    match catch_unwind(AssertUnwindSafe(|| f(context))) {
        Ok(Ok(())) => abi::OK,
        Ok(Err(fault)) => {
            context.outcome = Outcome::Fault(fault);
            abi::ERROR
        }
        Err(panic) => {
            context.panic = Some(panic);
            abi::ERROR
        }
    }
}

/// A value that a library has given by its address.
///
/// # Safety
/// The address is null, or that of a value.
unsafe fn given(value: *const abi::Value) -> Result<abi::Value, Fault> {
    // SAFETY: promised by the caller, to whom the library has.
    unsafe { value.as_ref() }.copied().ok_or_else(|| fault("the bundle has given no value"))
}

/// Several values.
///
/// # Safety
/// The address is good for so many, or there are none.
unsafe fn several(values: *const abi::Value, count: usize) -> Result<Vec<abi::Value>, Fault> {
    if count > COUNT_MAX {
        return Err(fault(format!("the bundle has given {count} values, more than there can be")));
    }
    if values.is_null() || count == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: promised by the caller, to whom the library has.
    Ok(unsafe { slice::from_raw_parts(values, count) }.to_vec())
}

/// A length that can be one.
fn checked(length: usize) -> Result<usize, Fault> {
    if length > COUNT_MAX { Err(fault(format!("the bundle has given {length} bytes, more than there can be"))) } else { Ok(length) }
}

/// Puts a value where a library wants it.
///
/// # Safety
/// The address is null, or good for a value.
unsafe fn put(out: *mut abi::Value, value: abi::Value) {
    if !out.is_null() {
        // SAFETY: promised by the caller, to whom the library has.
        unsafe { out.write(value) }
    }
}

/// The script values of several values.
fn taken<'gc>(context: &mut Context, cx: &mut Cx<'_, 'gc>, values: &[abi::Value]) -> Result<Vec<Value<'gc>>, Fault> {
    // SAFETY: the library has just given them.
    values.iter().map(|value| unsafe { take(context, cx, *value) }).collect()
}

/// Handles to the script values of several values.
fn handles(context: &mut Context, values: &[abi::Value]) -> Result<Vec<Handle>, Fault> {
    context.enter(|context, cx| {
        let values = taken(context, cx, values)?;
        Ok(values.into_iter().map(|value| Handle::new(cx.world, value)).collect())
    })
}

fn kind_of(name: &str) -> ErrorKind {
    let known = ErrorKind::ALL.iter().find(|(_, known, _)| *known == name);
    known.map_or(ErrorKind::Error, |(kind, ..)| *kind)
}

fn unfit<'gc>(cx: &Cx<'_, 'gc>, expected: &str, value: &Value<'gc>) -> Fault {
    (ErrorKind::TypeError, format!("expected {expected}, got {}", cx.type_name(value)))
}

// In all that follows, addresses are what the header says that they are; where null can be noticed it is.

unsafe extern "C" fn raise(call: *mut abi::Call, class: *const c_char, message: *const c_char) -> abi::Status {
    with(call, |_| {
        // SAFETY: see above.
        let (class, message) = unsafe { (text(class), text(message)) };
        let kind = class.map_or(ErrorKind::Error, |class| kind_of(&class));
        Err((kind, message.unwrap_or_else(|problem| problem)))
    })
}

unsafe extern "C" fn string(call: *mut abi::Call, data: *const c_char, length: usize, out: *mut abi::Value) -> abi::Status {
    with(call, |context| {
        // SAFETY: see above.
        let content = unsafe { bytes(abi::Text { data, length: checked(length)? }) };
        if std::str::from_utf8(&content).is_err() {
            return Err(fault("a string of the bundle is not UTF-8"));
        }
        let text = context.keep(&content);
        // SAFETY: see above.
        unsafe { put(out, abi::Value::new(abi::tag::STRING, 0, abi::Payload { text })) };
        Ok(())
    })
}

unsafe extern "C" fn make_bytes(call: *mut abi::Call, data: *const c_void, length: usize, out: *mut abi::Value) -> abi::Status {
    with(call, |context| {
        // SAFETY: see above.
        let content = unsafe { bytes(abi::Text { data: data.cast(), length: checked(length)? }) };
        let value = context.enter(|context, cx| {
            let made = Value::Bytes(Gc::new(cx.mc, Bytes { data: content.into() }));
            give(context, cx, made)
        });
        // SAFETY: see above.
        unsafe { put(out, value) };
        Ok(())
    })
}

unsafe extern "C" fn list(call: *mut abi::Call, items: *const abi::Value, count: usize, out: *mut abi::Value) -> abi::Status {
    with(call, |context| {
        // SAFETY: see above.
        let items = unsafe { several(items, count) }?;
        let value = context.enter(|context, cx| {
            let items = taken(context, cx, &items)?;
            let made = Value::List(List::new(cx.mc, items));
            Ok(give(context, cx, made))
        })?;
        // SAFETY: see above.
        unsafe { put(out, value) };
        Ok(())
    })
}

unsafe extern "C" fn map(call: *mut abi::Call, pairs: *const abi::Value, count: usize, out: *mut abi::Value) -> abi::Status {
    with(call, |context| {
        let Some(count) = count.checked_mul(2) else { return Err(fault("the map is too large")) };
        // SAFETY: see above.
        let pairs = unsafe { several(pairs, count) }?;
        let value = context.enter(|context, cx| {
            let made = Map::new(cx.mc);
            for pair in taken(context, cx, &pairs)?.chunks(2) {
                put_entry(cx, made, pair[0], pair[1])?;
            }
            Ok(give(context, cx, Value::Map(made)))
        })?;
        // SAFETY: see above.
        unsafe { put(out, value) };
        Ok(())
    })
}

fn put_entry<'gc>(cx: &mut Cx<'_, 'gc>, map: Gc<'gc, Map<'gc>>, key: Value<'gc>, value: Value<'gc>) -> Result<(), Fault> {
    if !is_plain(&key) {
        return Err(unfit(cx, "nil, a bool, number or string as a key", &key));
    }
    match ops::map_set(cx, map, key, value) {
        Ok(_) => Ok(()),
        Err(_) => Err(fault("the map cannot be changed now")),
    }
}

unsafe extern "C" fn length(call: *mut abi::Call, value: *const abi::Value) -> i64 {
    let mut length = -1;
    with(call, |context| {
        // SAFETY: see above.
        let value = unsafe { given(value) }?;
        let found = context.enter(|context, cx| {
            // SAFETY: the library has just given it.
            Ok(match unsafe { take(context, cx, value) }? {
                Value::List(list) => list.len(),
                Value::Tuple(tuple) => tuple.items().len(),
                Value::Map(map) => map.len(),
                Value::Set(set) => set.len(),
                Value::Str(text) => text.as_str().len(),
                Value::Bytes(bytes) => bytes.data.len(),
                other => return Err(unfit(cx, "something with a length", &other)),
            })
        })?;
        length = found as i64;
        Ok(())
    });
    length
}

unsafe extern "C" fn item(call: *mut abi::Call, value: *const abi::Value, index: usize, out: *mut abi::Value) -> abi::Status {
    with(call, |context| {
        // SAFETY: see above.
        let value = unsafe { given(value) }?;
        let value = context.enter(|context, cx| {
            // SAFETY: the library has just given it.
            let item = match unsafe { take(context, cx, value) }? {
                Value::List(list) => list.get(index),
                Value::Tuple(tuple) => tuple.items().get(index).copied(),
                other => return Err(unfit(cx, "a list or a tuple", &other)),
            };
            let item = item.ok_or_else(|| (ErrorKind::IndexError, format!("there is no item {index}")))?;
            Ok(give(context, cx, item))
        })?;
        // SAFETY: see above.
        unsafe { put(out, value) };
        Ok(())
    })
}

unsafe extern "C" fn entry(
    call: *mut abi::Call,
    value: *const abi::Value,
    index: usize,
    key_out: *mut abi::Value,
    out: *mut abi::Value,
) -> abi::Status {
    with(call, |context| {
        // SAFETY: see above.
        let value = unsafe { given(value) }?;
        let (key, value) = context.enter(|context, cx| {
            // SAFETY: the library has just given it.
            let found = match unsafe { take(context, cx, value) }? {
                Value::Map(map) => map.table().iter().nth(index).map(|entry| (entry.key, entry.value)),
                other => return Err(unfit(cx, "a map", &other)),
            };
            let (key, value) = found.ok_or_else(|| (ErrorKind::IndexError, format!("there is no entry {index}")))?;
            Ok((give(context, cx, key), give(context, cx, value)))
        })?;
        // SAFETY: see above.
        unsafe {
            put(key_out, key);
            put(out, value);
        }
        Ok(())
    })
}

unsafe extern "C" fn get(
    call: *mut abi::Call,
    value: *const abi::Value,
    key: *const abi::Value,
    out: *mut abi::Value,
) -> abi::Status {
    with(call, |context| {
        // SAFETY: see above.
        let given = [unsafe { given(value) }?, unsafe { given(key) }?];
        let value = context.enter(|context, cx| {
            let [map, key] = taken(context, cx, &given)?[..] else { unreachable!("there are two") };
            let Value::Map(map) = map else { return Err(unfit(cx, "a map", &map)) };
            if !is_plain(&key) {
                return Err(unfit(cx, "nil, a bool, number or string as a key", &key));
            }
            match ops::map_get(cx, map, key) {
                Ok(found) => Ok(give(context, cx, found)),
                Err(_) => Err(fault("the map cannot be read now")),
            }
        })?;
        // SAFETY: see above.
        unsafe { put(out, value) };
        Ok(())
    })
}

unsafe extern "C" fn set(
    call: *mut abi::Call,
    map: *const abi::Value,
    key: *const abi::Value,
    value: *const abi::Value,
) -> abi::Status {
    with(call, |context| {
        // SAFETY: see above.
        let given = [unsafe { given(map) }?, unsafe { given(key) }?, unsafe { given(value) }?];
        context.enter(|context, cx| {
            let [map, key, value] = taken(context, cx, &given)?[..] else { unreachable!("there are three") };
            let Value::Map(map) = map else { return Err(unfit(cx, "a map", &map)) };
            put_entry(cx, map, key, value)
        })
    })
}

unsafe extern "C" fn push(call: *mut abi::Call, list: *const abi::Value, value: *const abi::Value) -> abi::Status {
    with(call, |context| {
        // SAFETY: see above.
        let given = [unsafe { given(list) }?, unsafe { given(value) }?];
        context.enter(|context, cx| {
            let [list, value] = taken(context, cx, &given)?[..] else { unreachable!("there are two") };
            let Value::List(list) = list else { return Err(unfit(cx, "a list", &list)) };
            List::push(list, cx.mc, value);
            Ok(())
        })
    })
}

unsafe extern "C" fn lookup(call: *mut abi::Call, qualified: *const c_char, out: *mut abi::Value) -> abi::Status {
    with(call, |context| {
        // SAFETY: see above.
        let qualified = unsafe { text(qualified) }.map_err(fault)?;
        let value = context.enter(|context, cx| {
            let found = cx.definition(&qualified).map(|cell| cell.value());
            found.map(|value| give(context, cx, value)).map_err(|error| (ErrorKind::NameError, error.to_string()))
        })?;
        // SAFETY: see above.
        unsafe { put(out, value) };
        Ok(())
    })
}

unsafe extern "C" fn tail(call: *mut abi::Call, callee: *const abi::Value, args: *const abi::Value, count: usize) -> abi::Status {
    let status = with(call, |context| {
        // SAFETY: see above.
        let (callee, args) = unsafe { (given(callee)?, several(args, count)?) };
        let callee = handles(context, &[callee])?.remove(0);
        let args = handles(context, &args)?;
        context.outcome = Outcome::Tail(callee, args);
        Ok(())
    });
    if status == abi::OK { abi::TAIL } else { status }
}

unsafe extern "C" fn call(
    call: *mut abi::Call,
    callee: *const abi::Value,
    args: *const abi::Value,
    count: usize,
    out: *mut abi::Value,
) -> abi::Status {
    let mut failed = None;
    let status = with(call, |context| {
        let Door::Outside(vm) = context.door else {
            let message =
                "only a function that is registered with `LANG_OUTSIDE` can call the program; others can end with a call (`tail`)";
            return Err(fault(message));
        };
        // SAFETY: see above.
        let (callee, args) = unsafe { (given(callee)?, several(args, count)?) };
        let callee = handles(context, &[callee])?.remove(0);
        let args = handles(context, &args)?;
        // SAFETY: `Native::call_outside` has lent the VM to this call, which does not use it meanwhile. Calls within this one have contexts of their own,
        // and the functions of the table refuse the address of this one until they have returned.
        let vm = unsafe { &mut *vm };
        match vm.call_raw(&callee, &args[..]) {
            Ok(result) => {
                let value = context.enter(|context, cx| {
                    let value = result.value_in(cx.world);
                    give(context, cx, value)
                });
                // SAFETY: see above.
                unsafe { put(out, value) };
                Ok(())
            }
            Err(error) => {
                failed = Some(error);
                Ok(())
            }
        }
    });
    let Some(error) = failed else { return status };
    with(call, |context| {
        context.outcome = Outcome::Error(Box::new(error));
        Ok(())
    });
    abi::ERROR
}

unsafe extern "C" fn retain(call: *mut abi::Call, value: *const abi::Value) -> u64 {
    let mut number = 0;
    with(call, |context| {
        // SAFETY: see above.
        let value = unsafe { given(value) }?;
        let handle = handles(context, &[value])?.remove(0);
        number = context.library.hold(handle);
        Ok(())
    });
    number
}

unsafe extern "C" fn held(call: *mut abi::Call, number: u64, out: *mut abi::Value) -> abi::Status {
    with(call, |context| {
        let Some(handle) = context.library.held(number) else { return Err(fault(format!("nothing is held as {number}"))) };
        let value = context.enter(|context, cx| {
            let value = handle.value_in(cx.world);
            give(context, cx, value)
        });
        // SAFETY: see above.
        unsafe { put(out, value) };
        Ok(())
    })
}
