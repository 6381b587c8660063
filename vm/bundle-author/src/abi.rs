//! The interface of bundles as Rust types: `lang_bundle.h` word for word. Both sides use it.

use std::ffi::{c_char, c_void};

/// Counts up when anything here changes.
pub const ABI: u32 = 1;

/// The function that says which interface a bundle was built for.
pub const ABI_SYMBOL: &[u8] = b"lang_bundle_abi\0";
/// The function that registers what a bundle has.
pub const INIT_SYMBOL: &[u8] = b"lang_bundle_init\0";

/// Its type.
pub type AbiFunction = unsafe extern "C" fn() -> u32;
/// Its type.
pub type InitFunction = unsafe extern "C" fn(*const Host, *mut Registrar) -> Status;

/// How a function has ended.
pub type Status = i32;
/// With a result.
pub const OK: Status = 0;
/// With an error.
pub const ERROR: Status = 1;
/// With a call whose result is its own.
pub const TAIL: Status = 2;

/// Tags of values.
#[expect(missing_docs, reason = "named as in the header")]
pub mod tag {
    pub const NIL: u32 = 0;
    pub const BOOL: u32 = 1;
    pub const INT: u32 = 2;
    pub const FLOAT: u32 = 3;
    pub const STRING: u32 = 4;
    pub const BYTES: u32 = 5;
    pub const OBJECT: u32 = 6;
    pub const NATIVE: u32 = 7;
}

/// Kinds of objects.
#[expect(missing_docs, reason = "named as in the header")]
pub mod kind {
    pub const OTHER: u32 = 0;
    pub const LIST: u32 = 1;
    pub const TUPLE: u32 = 2;
    pub const MAP: u32 = 3;
    pub const SET: u32 = 4;
    pub const CALLABLE: u32 = 5;
    pub const INSTANCE: u32 = 6;
    pub const BIG_INT: u32 = 7;
}

/// A function may call the program.
pub const OUTSIDE: u32 = 1;

/// A call that is under way.
#[repr(C)]
pub struct Call {
    _private: [u8; 0],
}

/// What takes note of what a bundle registers.
#[repr(C)]
pub struct Registrar {
    _private: [u8; 0],
}

/// A library that is open.
#[repr(C)]
pub struct Library {
    _private: [u8; 0],
}

/// Bytes of a string, or others.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Text {
    /// The first one.
    pub data: *const c_char,
    /// How many.
    pub length: usize,
}

/// What a value holds; its tag says which.
#[repr(C)]
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "named as in the header")]
pub union Payload {
    pub boolean: u32,
    pub integer: i64,
    pub number: f64,
    pub text: Text,
    pub object: u64,
    pub pointer: *mut c_void,
}

/// A value.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Value {
    /// What it is.
    pub tag: u32,
    /// Kind of an object, number of a type.
    pub kind: u32,
    /// What is in it.
    pub payload: Payload,
}

impl Value {
    /// nil
    pub const NIL: Value = Value { tag: tag::NIL, kind: 0, payload: Payload { text: Text { data: std::ptr::null(), length: 0 } } };

    /// A value with everything but what is given zero.
    pub const fn new(tag: u32, kind: u32, payload: Payload) -> Value {
        Value { tag, kind, payload }
    }
}

/// A function of a bundle.
pub type Function = unsafe extern "C" fn(*mut Call, *mut c_void, *const Value, usize, *mut Value) -> Status;
/// What is called when the program has let go of a value.
pub type Destroy = unsafe extern "C" fn(*mut c_void);

/// The table of functions that a bundle can call: see the header.
#[repr(C)]
#[expect(missing_docs, reason = "the header says what they do")]
pub struct Host {
    pub abi: u32,
    pub size: u32,
    pub function: unsafe extern "C" fn(*mut Registrar, *const c_char, Option<Function>, *mut c_void, u32),
    pub constant: unsafe extern "C" fn(*mut Registrar, *const c_char, *const Value),
    pub type_: unsafe extern "C" fn(*mut Registrar, *const c_char, u64, Option<Destroy>) -> u32,
    pub describe: unsafe extern "C" fn(*mut Registrar, *const c_char),
    pub keep_open: unsafe extern "C" fn(*mut Registrar),
    pub library: unsafe extern "C" fn(*mut Registrar) -> *mut Library,
    pub fail: unsafe extern "C" fn(*mut Registrar, *const c_char) -> Status,
    pub raise: unsafe extern "C" fn(*mut Call, *const c_char, *const c_char) -> Status,
    pub string: unsafe extern "C" fn(*mut Call, *const c_char, usize, *mut Value) -> Status,
    pub bytes: unsafe extern "C" fn(*mut Call, *const c_void, usize, *mut Value) -> Status,
    pub list: unsafe extern "C" fn(*mut Call, *const Value, usize, *mut Value) -> Status,
    pub map: unsafe extern "C" fn(*mut Call, *const Value, usize, *mut Value) -> Status,
    pub length: unsafe extern "C" fn(*mut Call, *const Value) -> i64,
    pub item: unsafe extern "C" fn(*mut Call, *const Value, usize, *mut Value) -> Status,
    pub entry: unsafe extern "C" fn(*mut Call, *const Value, usize, *mut Value, *mut Value) -> Status,
    pub get: unsafe extern "C" fn(*mut Call, *const Value, *const Value, *mut Value) -> Status,
    pub set: unsafe extern "C" fn(*mut Call, *const Value, *const Value, *const Value) -> Status,
    pub push: unsafe extern "C" fn(*mut Call, *const Value, *const Value) -> Status,
    pub lookup: unsafe extern "C" fn(*mut Call, *const c_char, *mut Value) -> Status,
    pub tail: unsafe extern "C" fn(*mut Call, *const Value, *const Value, usize) -> Status,
    pub call: unsafe extern "C" fn(*mut Call, *const Value, *const Value, usize, *mut Value) -> Status,
    pub retain: unsafe extern "C" fn(*mut Call, *const Value) -> u64,
    pub held: unsafe extern "C" fn(*mut Call, u64, *mut Value) -> Status,
    pub release: unsafe extern "C" fn(*mut Library, u64),
}
