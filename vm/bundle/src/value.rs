//! Values at the border. Texts and bytes are copied; what else the program has is a number in the table of the call.

use crate::call::{COUNT_MAX, Context, Fault};
use crate::library::Library;
use bundle_author::abi::{self, Payload, kind, tag};
use gc_arena::Gc;
use std::cell::RefCell;
use std::collections::HashSet;
use std::ffi::{c_char, c_void};
use std::rc::Rc;
use std::slice;
use vm::embed::Handle;
use vm::heap::Value;
use vm::object::{Bytes, Cx, ErrorKind, HostObject, Instance};

/// The slot of a class of a bundle in which its value is (`vm::reload`, where the text of the class is made).
const SLOT: &str = "_native";

thread_local! {
    /// Addresses that instances own, of all libraries.
    static OWNED: RefCell<HashSet<usize>> = RefCell::default();
}

/// A value of a type of a library: the program's, until the collector finds that nothing has it.
struct NativeValue {
    library: Rc<Library>,
    kind: usize,
    pointer: *mut c_void,
}

impl Drop for NativeValue {
    fn drop(&mut self) {
        // When the thread ends there may be no table any more.
        let _ = OWNED.try_with(|owned| owned.borrow_mut().remove(&self.pointer.addr()));
        let Some(of) = self.library.types.get().and_then(|types| types.get(self.kind)) else { return };
        of.live.set(of.live.get() - 1);
        if let Some(destroy) = of.destroy {
            // SAFETY: the library, which is open since this holds it, has given the pointer as a value of this type, and it is given back once: no other
            // instance owns the address.
            unsafe { destroy(self.pointer) }
        }
    }
}

/// The bytes of a text that a library has given.
///
/// # Safety
/// The pointer is good for that many bytes.
pub(crate) unsafe fn bytes(text: abi::Text) -> Vec<u8> {
    // More is a mistake, such as a negative number.
    if text.data.is_null() || text.length == 0 || text.length > COUNT_MAX {
        return Vec::new();
    }
    // SAFETY: promised by the caller, to whom the library has.
    unsafe { slice::from_raw_parts(text.data.cast::<u8>(), text.length) }.to_vec()
}

/// What a library sees of a value.
pub(crate) fn give<'gc>(context: &mut Context, cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> abi::Value {
    let (tag, kind, payload) = match value {
        Value::Nil | Value::Unset => return abi::Value::NIL,
        Value::True | Value::False => (tag::BOOL, 0, Payload { boolean: u32::from(matches!(value, Value::True)) }),
        Value::Int(integer) => (tag::INT, 0, Payload { integer }),
        Value::Float(number) => (tag::FLOAT, 0, Payload { number }),
        Value::Str(text) => (tag::STRING, 0, Payload { text: context.keep(text.as_str().as_bytes()) }),
        Value::Bytes(bytes) => (tag::BYTES, 0, Payload { text: context.keep(&bytes.data) }),
        Value::Instance(instance) => match native(context, cx, instance) {
            Some((kind, pointer)) => {
                let handle = Handle::new(cx.world, value);
                context.given.push((pointer.addr(), handle));
                (tag::NATIVE, kind, Payload { pointer })
            }
            None => object(context, cx, value, kind::INSTANCE),
        },
        Value::List(_) => object(context, cx, value, kind::LIST),
        Value::Tuple(_) => object(context, cx, value, kind::TUPLE),
        Value::Map(_) => object(context, cx, value, kind::MAP),
        Value::Set(_) => object(context, cx, value, kind::SET),
        Value::BigInt(_) => object(context, cx, value, kind::BIG_INT),
        Value::Function(_) | Value::Bound(_) | Value::Native(_) | Value::Decorated(_) | Value::Class(_) | Value::Variant(_) => {
            object(context, cx, value, kind::CALLABLE)
        }
        _ => object(context, cx, value, kind::OTHER),
    };
    abi::Value::new(tag, kind, payload)
}

fn object<'gc>(context: &mut Context, cx: &mut Cx<'_, 'gc>, value: Value<'gc>, kind: u32) -> (u32, u32, Payload) {
    context.objects.push(Handle::new(cx.world, value));
    (tag::OBJECT, kind, Payload { object: context.objects.len() as u64 })
}

/// The value in an instance, if it is one that the library of the call understands: of a type with the same name and layout.
fn native<'gc>(context: &Context, cx: &mut Cx<'_, 'gc>, instance: Gc<'gc, Instance<'gc>>) -> Option<(u32, *mut c_void)> {
    let layout = cx.world.layout(instance.layout());
    let slot = cx.world.intern(cx.mc, SLOT);
    let Value::Host(host) = Instance::get(instance, &layout, *layout.index.get(&slot)? as usize) else { return None };
    let found = host.data.downcast_ref::<NativeValue>()?;
    let of = found.library.types.get()?.get(found.kind)?;
    let own = context.library.types.get()?;
    let is_same_bundle = found.library.path == context.library.path && found.library.namespace == context.library.namespace;
    let at = own.iter().position(|one| is_same_bundle && one.name == of.name && one.layout == of.layout)?;
    Some((at as u32, found.pointer))
}

/// The value that a library has given.
///
/// # Safety
/// As the header says: texts are good now, and a native value is one of its type.
pub(crate) unsafe fn take<'gc>(context: &mut Context, cx: &mut Cx<'_, 'gc>, value: abi::Value) -> Result<Value<'gc>, Fault> {
    // SAFETY: the tag says which part of the union was written; every bit pattern of numbers and addresses is one. Of texts see above.
    unsafe {
        Ok(match value.tag {
            tag::NIL => Value::Nil,
            tag::BOOL => Value::bool(value.payload.boolean != 0),
            tag::INT => Value::Int(value.payload.integer),
            tag::FLOAT => Value::Float(value.payload.number),
            tag::STRING => match String::from_utf8(bytes(value.payload.text)) {
                Ok(text) => cx.string(text),
                Err(_) => return Err(fault("a string of the bundle is not UTF-8")),
            },
            tag::BYTES => Value::Bytes(Gc::new(cx.mc, Bytes { data: bytes(value.payload.text).into() })),
            tag::OBJECT => match context.object(value.payload.object) {
                Some(handle) => handle.value_in(cx.world),
                None => return Err(fault("the bundle has given an object that is none of this call")),
            },
            tag::NATIVE => return own(context, cx, value.kind as usize, value.payload.pointer),
            other => return Err(fault(format!("the bundle has given a value with the unknown tag {other}"))),
        })
    }
}

/// The instance of a native value: the one that was given, or a new one, which owns it.
fn own<'gc>(context: &mut Context, cx: &mut Cx<'_, 'gc>, kind: usize, pointer: *mut c_void) -> Result<Value<'gc>, Fault> {
    if let Some((_, handle)) = context.given.iter().find(|(address, _)| *address == pointer.addr()) {
        return Ok(handle.value_in(cx.world));
    }
    let library = &context.library;
    let Some(of) = library.types.get().and_then(|types| types.get(kind)) else {
        return Err(fault(format!("the bundle has given a value of type number {kind}, which it has not registered")));
    };
    let name = &of.name;
    if pointer.is_null() {
        return Err(fault(format!("the bundle has given a `{name}` without an address")));
    }
    if OWNED.with_borrow(|owned| owned.contains(&pointer.addr())) {
        return Err(fault(format!("the bundle has given a `{name}` that another instance owns")));
    }
    let symbol = cx.world.intern(cx.mc, name);
    let slot = cx.world.intern(cx.mc, SLOT);
    let cell = cx.world.namespaces.get(&*library.namespace).and_then(|namespace| namespace.get(symbol));
    let Some(Value::Class(class)) = cell.map(|cell| cell.value()) else {
        return Err(fault(format!("the class `{}.{name}` is gone", library.namespace)));
    };
    let layout = class.layout();
    let Some(at) = layout.index.get(&slot) else {
        return Err(fault(format!("the class `{}.{name}` is none of the bundle", library.namespace)));
    };
    let instance = Instance::new(cx.mc, layout.id, &layout.template);
    OWNED.with_borrow_mut(|owned| owned.insert(pointer.addr()));
    of.live.set(of.live.get() + 1);
    let value = NativeValue { library: library.clone(), kind, pointer };
    let host = HostObject::new(cx.mc, "native value", value, 0);
    Instance::put(instance, cx.mc, &layout, *at as usize, Value::Host(host));
    Ok(Value::Instance(instance))
}

/// An error of the class `Error`.
pub(crate) fn fault(message: impl Into<String>) -> Fault {
    (ErrorKind::Error, message.into())
}

/// Whether a value can be a key without the program's help.
pub(crate) fn is_plain(value: &Value<'_>) -> bool {
    matches!(value, Value::Nil | Value::True | Value::False | Value::Int(_) | Value::Float(_) | Value::Str(_))
}

/// A text with a NUL behind it.
pub(crate) fn with_nul(bytes: &[u8]) -> (Box<[u8]>, abi::Text) {
    let mut kept = Vec::with_capacity(bytes.len() + 1);
    kept.extend_from_slice(bytes);
    kept.push(0);
    let kept = kept.into_boxed_slice();
    let text = abi::Text { data: kept.as_ptr().cast::<c_char>(), length: bytes.len() };
    (kept, text)
}
