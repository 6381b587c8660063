//! For native bundles in Rust: shared libraries whose functions and types programs import with `import native "path"`.
//!
//! ```
//! use bundle_author::{Bundle, bundle, native};
//!
//! native! {
//!     /// Counts.
//!     pub struct Counter { value: i64 }
//! }
//!
//! fn register(bundle: &mut Bundle) {
//!     bundle.doc("Numbers.");
//!     bundle.constant("LIMIT", 10);
//!     bundle.function("add(a, b): the sum.", |a: i64, b: i64| a + b);
//!     bundle.function("counter(value = 0)", |value: i64| Counter { value });
//!     bundle.class::<Counter>().method("bump(by = 1): counts on.", |this: &mut Counter, by: i64| {
//!         this.value += by;
//!         this.value
//!     });
//! }
//!
//! bundle!(register);
//! ```
//!
//! The crate that says so has `crate-type = ["cdylib"]`. A library that is built again takes the place of the one that runs; values of its types live
//! on as long as their layout is the same (see [`native!`]), statics begin anew. A panic is an error in the program. Nothing here is shared with the
//! engine but the C interface ([`abi`], `lang_bundle.h`): engine and bundle may be built by different compilers.

pub mod abi;
mod class;
mod convert;
mod function;

#[doc(hidden)]
pub use class::layout;
pub use class::{Class, Method, Native};
pub use convert::{Bytes, FromScript, IntoScript, Object, Rest};
pub use function::{Function, New, Outcome, Parameter, Returned, WithProgram};

use std::cell::Cell;
use std::ffi::{CString, c_void};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// An error for the program.
///
/// ```
/// use bundle_author::Raise;
///
/// let raise = Raise::new("ValueError", "levels begin with 1");
/// assert_eq!(raise.to_string(), "ValueError: levels begin with 1");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Raise {
    /// Name of a built-in class of errors, such as `ValueError`.
    pub class: &'static str,
    /// What is wrong.
    pub message: String,
}

impl Raise {
    /// An error of a built-in class.
    ///
    /// ```
    /// use bundle_author::{Bundle, Raise};
    ///
    /// fn register(bundle: &mut Bundle) {
    ///     bundle.function("root(n): the square root.", |n: f64| {
    ///         if n < 0.0 { Err(Raise::new("ValueError", format!("{n} has no root"))) } else { Ok(n.sqrt()) }
    ///     });
    /// }
    /// # bundle_author::bundle!(register);
    /// ```
    pub fn new(class: &'static str, message: impl Into<String>) -> Raise {
        Raise { class, message: message.into() }
    }
}

impl fmt::Display for Raise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.message)
    }
}

impl std::error::Error for Raise {}

/// Why a function has no result.
///
/// ```
/// use bundle_author::{Failure, Object, Program, Raise};
///
/// /// The first of some functions that gives a positive number.
/// fn first(program: &mut Program, functions: &[Object]) -> Result<i64, Failure> {
///     for function in functions {
///         let n: i64 = program.call(function, &[])?;    // A `Failure::Passed` is passed on.
///         if n > 0 {
///             return Ok(n);
///         }
///     }
///     Err(Raise::new("ValueError", "none of them does").into())
/// }
/// # let _ = first;
/// ```
#[derive(Debug)]
pub enum Failure {
    /// An error of its own.
    Raise(Raise),
    /// What the program was told already: an error of a call, or a call that the function ends with.
    Passed(abi::Status),
}

impl From<Raise> for Failure {
    fn from(raise: Raise) -> Self {
        Failure::Raise(raise)
    }
}

/// The program, for a function that is called by it: what such a function gets as its first parameter if it wants to.
///
/// ```
/// use bundle_author::{Bundle, Failure, Object, Program};
///
/// fn register(bundle: &mut Bundle) {
///     bundle.outside("twice(f, n)", |program: &mut Program, f: Object, n: i64| -> Result<i64, Failure> {
///         let once: i64 = program.call(&f, &[&n])?;
///         program.call(&f, &[&once])
///     });
/// }
/// # bundle_author::bundle!(register);
/// ```
pub struct Program {
    host: &'static abi::Host,
    call: *mut abi::Call,
}

impl Program {
    /// Calls a function of the program. Only in functions registered with [`Bundle::outside`].
    ///
    /// See the example of [`Program`].
    ///
    /// # Errors
    /// What it has raised; the program gets that if it is returned.
    pub fn call<T: FromScript>(&mut self, function: &Object, args: &[&dyn IntoScript]) -> Result<T, Failure> {
        let args = self.values(args)?;
        let mut out = abi::Value::NIL;
        // SAFETY: the call is under way, as long as `self` is; values are those of it.
        let status = unsafe { (self.host.call)(self.call, function.raw(), args.as_ptr(), args.len(), &raw mut out) };
        self.done(status)?;
        T::from_script(self, &out).map_err(Failure::Raise)
    }

    /// Lets the result of this function be that of another: to be returned as it is.
    ///
    /// ```
    /// use bundle_author::{Bundle, Object, Program};
    ///
    /// fn register(bundle: &mut Bundle) {
    ///     // What `f` gives is given, without a stack that grows.
    ///     bundle.function("with_seven(f)", |program: &mut Program, f: Object| program.tail::<Object>(&f, &[&7_i64]));
    /// }
    /// # bundle_author::bundle!(register);
    /// ```
    ///
    /// # Errors
    /// Always: that is how it is told.
    pub fn tail<T>(&mut self, function: &Object, args: &[&dyn IntoScript]) -> Result<T, Failure> {
        let args = self.values(args)?;
        // SAFETY: as in `call`.
        let status = unsafe { (self.host.tail)(self.call, function.raw(), args.as_ptr(), args.len()) };
        Err(Failure::Passed(status))
    }

    /// What a definition stands for now, by its qualified name.
    ///
    /// ```
    /// use bundle_author::{Bundle, Failure, Program};
    ///
    /// fn register(bundle: &mut Bundle) {
    ///     bundle.function("is_over_par(n)", |program: &mut Program, n: i64| -> Result<bool, Failure> {
    ///         Ok(n > program.lookup::<i64>("golf.PAR")?)
    ///     });
    /// }
    /// # bundle_author::bundle!(register);
    /// ```
    ///
    /// # Errors
    /// If there is none, or its value has another type.
    pub fn lookup<T: FromScript>(&mut self, qualified: &str) -> Result<T, Failure> {
        let name = c_text(qualified);
        let mut out = abi::Value::NIL;
        // SAFETY: as in `call`; the text lives until it returns.
        let status = unsafe { (self.host.lookup)(self.call, name.as_ptr(), &raw mut out) };
        self.done(status)?;
        T::from_script(self, &out).map_err(Failure::Raise)
    }

    /// Holds a value beyond the call. A held function calls its newest code.
    ///
    /// See the example of [`Held`].
    ///
    /// # Errors
    /// If it cannot be held.
    pub fn hold(&mut self, object: &Object) -> Result<Held, Failure> {
        // SAFETY: as in `call`.
        match unsafe { (self.host.retain)(self.call, object.raw()) } {
            0 => Err(Failure::Passed(abi::ERROR)),
            handle => Ok(Held { host: self.host, handle }),
        }
    }

    /// The value that is held.
    ///
    /// See the example of [`Held`].
    ///
    /// # Errors
    /// None, for one that was held here.
    pub fn held(&mut self, held: &Held) -> Result<Object, Failure> {
        let mut out = abi::Value::NIL;
        // SAFETY: as in `call`.
        let status = unsafe { (self.host.held)(self.call, held.handle, &raw mut out) };
        self.done(status)?;
        Ok(Object::of(out))
    }

    fn values(&mut self, values: &[&dyn IntoScript]) -> Result<Vec<abi::Value>, Failure> {
        values.iter().map(|value| value.give(self)).collect()
    }

    fn done(&self, status: abi::Status) -> Result<(), Failure> {
        if status == abi::OK { Ok(()) } else { Err(Failure::Passed(status)) }
    }
}

/// A value of the program that the bundle holds, until it is dropped. It belongs to the thread of the program.
///
/// ```
/// use bundle_author::{Bundle, Failure, Held, Object, Program};
/// use std::cell::RefCell;
///
/// thread_local! {
///     static LISTENER: RefCell<Option<Held>> = const { RefCell::new(None) };
/// }
///
/// fn register(bundle: &mut Bundle) {
///     bundle.function("listen(f)", |program: &mut Program, f: Object| -> Result<(), Failure> {
///         LISTENER.set(Some(program.hold(&f)?));
///         Ok(())
///     });
///     bundle.outside("tell(text)", |program: &mut Program, text: String| -> Result<Option<Object>, Failure> {
///         // Taken, so that the listener may call what listens.
///         let Some(held) = LISTENER.take() else { return Ok(None) };
///         let listener = program.held(&held)?;
///         LISTENER.set(Some(held));
///         program.call(&listener, &[&text]).map(Some)
///     });
/// }
/// # bundle_author::bundle!(register);
/// ```
pub struct Held {
    host: &'static abi::Host,
    handle: u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: the library is the one that this code is of.
        unsafe { (self.host.release)(LIBRARY.get(), self.handle) }
    }
}

thread_local! {
    /// This library.
    static LIBRARY: Cell<*mut abi::Library> = const { Cell::new(ptr::null_mut()) };
}

/// What a bundle registers.
///
/// See the example of the [crate].
pub struct Bundle {
    host: &'static abi::Host,
    registrar: *mut abi::Registrar,
}

impl Bundle {
    /// What it is for, in Markdown.
    ///
    /// See the example of the [crate].
    pub fn doc(&mut self, text: &str) {
        let text = c_text(text);
        // SAFETY: the registrar is good as long as `self` is, which is lent for the registration; the text lives until the call returns.
        unsafe { (self.host.describe)(self.registrar, text.as_ptr()) }
    }

    /// A constant.
    ///
    /// See the example of the [crate].
    pub fn constant(&mut self, name: &str, value: impl Into<Constant>) {
        let (name, constant) = (c_text(name), value.into());
        let (tag, payload) = match &constant {
            Constant::Bool(boolean) => (abi::tag::BOOL, abi::Payload { boolean: u32::from(*boolean) }),
            Constant::Int(integer) => (abi::tag::INT, abi::Payload { integer: *integer }),
            Constant::Float(number) => (abi::tag::FLOAT, abi::Payload { number: *number }),
            Constant::Text(text) => {
                let text = abi::Text { data: text.as_ptr().cast(), length: text.len() };
                (abi::tag::STRING, abi::Payload { text })
            }
        };
        let value = abi::Value::new(tag, 0, payload);
        // SAFETY: as in `doc`.
        unsafe { (self.host.constant)(self.registrar, name.as_ptr(), &raw const value) }
    }

    /// A function: `"name(a, b = 10, ...rest): what it does"`. It may have a `&mut Program` before its parameters.
    ///
    /// See the example of the [crate].
    pub fn function<M, F: Function<M>>(&mut self, signature: &str, function: F) {
        self.register(signature, function.into_body(), 0);
    }

    /// A function that calls the program while it runs: between two steps of it, which costs a little more.
    ///
    /// See the example of [`Program`].
    pub fn outside<M, F: Function<M>>(&mut self, signature: &str, function: F) {
        self.register(signature, function.into_body(), abi::OUTSIDE);
    }

    /// A type whose values programs have as instances of a class.
    ///
    /// See the example of the [crate].
    pub fn class<T: Native>(&mut self) -> Class<'_, T> {
        Class::new(self)
    }

    /// Keeps the library open for good: for one that starts threads.
    ///
    /// ```
    /// use bundle_author::Bundle;
    /// use std::thread;
    ///
    /// fn register(bundle: &mut Bundle) {
    ///     bundle.keep_open();    // The thread's code is in the library.
    ///     thread::spawn(|| { /* … */ });
    /// }
    /// # bundle_author::bundle!(register);
    /// ```
    pub fn keep_open(&mut self) {
        // SAFETY: as in `doc`.
        unsafe { (self.host.keep_open)(self.registrar) }
    }

    fn register(&mut self, signature: &str, body: Body, flags: u32) {
        let signature = c_text(signature);
        // The library may be called as long as it is open, so that the body is never given back.
        let data = Box::into_raw(Box::new(Registered { host: self.host, body }));
        // SAFETY: as in `doc`; the data is what `trampoline` expects.
        unsafe { (self.host.function)(self.registrar, signature.as_ptr(), Some(trampoline), data.cast(), flags) }
    }
}

/// A plain value.
///
/// ```
/// use bundle_author::Constant;
///
/// assert_eq!(Constant::from(3), Constant::Int(3));
/// assert_eq!(Constant::from("x"), Constant::Text("x".into()));
/// ```
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "the kinds of plain values")]
pub enum Constant {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

impl From<bool> for Constant {
    fn from(value: bool) -> Self {
        Constant::Bool(value)
    }
}

impl From<i64> for Constant {
    fn from(value: i64) -> Self {
        Constant::Int(value)
    }
}

impl From<f64> for Constant {
    fn from(value: f64) -> Self {
        Constant::Float(value)
    }
}

impl From<&str> for Constant {
    fn from(value: &str) -> Self {
        Constant::Text(value.to_owned())
    }
}

/// A function in one shape.
type Body = Box<dyn Fn(&mut Program, &[abi::Value]) -> Result<abi::Value, Failure>>;

struct Registered {
    host: &'static abi::Host,
    body: Body,
}

/// What the engine calls.
unsafe extern "C" fn trampoline(
    call: *mut abi::Call,
    data: *mut c_void,
    args: *const abi::Value,
    count: usize,
    result: *mut abi::Value,
) -> abi::Status {
    // SAFETY: `Bundle::register` has made it, and nobody gives it back.
    let registered = unsafe { &*data.cast::<Registered>() };
    let args = if count == 0 || args.is_null() {
        &[]
    } else {
        // SAFETY: the engine lends so many values for the call.
        unsafe { std::slice::from_raw_parts(args, count) }
    };
    let mut program = Program { host: registered.host, call };
    let failure = match catch_unwind(AssertUnwindSafe(|| (registered.body)(&mut program, args))) {
        Ok(Ok(value)) => {
            // SAFETY: the engine lends the place for the call.
            unsafe { result.write(value) };
            return abi::OK;
        }
        Ok(Err(failure)) => failure,
        Err(panic) => Failure::Raise(Raise::new("Error", format!("the bundle has panicked: {}", panic_text(&*panic)))),
    };
    match failure {
        Failure::Passed(status) => status,
        Failure::Raise(Raise { class, message }) => {
            let (class, message) = (c_text(class), c_text(&message));
            // SAFETY: the call is under way, and the texts live until it returns.
            unsafe { (registered.host.raise)(call, class.as_ptr(), message.as_ptr()) }
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it gives no reason".to_owned())
}

/// A text that ends with a NUL; one within it ends it.
fn c_text(text: &str) -> CString {
    let before = text.split('\0').next().unwrap_or_default();
    CString::new(before).unwrap_or_default()
}

/// What [`bundle!`] calls.
///
/// # Safety
/// The arguments are those that the engine gives.
#[doc(hidden)]
pub unsafe fn register(host: *const abi::Host, registrar: *mut abi::Registrar, f: fn(&mut Bundle)) -> abi::Status {
    // SAFETY: the table lives as long as the process.
    let host = unsafe { &*host };
    // SAFETY: the registrar is good until this returns.
    LIBRARY.set(unsafe { (host.library)(registrar) });
    let mut bundle = Bundle { host, registrar };
    match catch_unwind(AssertUnwindSafe(|| f(&mut bundle))) {
        Ok(()) => abi::OK,
        Err(panic) => {
            let text = c_text(&format!("it has panicked: {}", panic_text(&*panic)));
            // SAFETY: the same.
            unsafe { (host.fail)(registrar, text.as_ptr()) }
        }
    }
}

/// Makes a crate a bundle: the function it is given, a `fn(&mut Bundle)`, registers what there is.
///
/// See the example of the [crate].
#[macro_export]
macro_rules! bundle {
    ($register:path) => {
        /// Says which interface the bundle was built for.
        #[unsafe(no_mangle)]
        pub extern "C" fn lang_bundle_abi() -> u32 {
            $crate::abi::ABI
        }

        /// Registers what the bundle has.
        ///
        /// # Safety
        /// It is called by the engine.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn lang_bundle_init(
            host: *const $crate::abi::Host,
            registrar: *mut $crate::abi::Registrar,
        ) -> $crate::abi::Status {
            // SAFETY: promised by the caller.
            unsafe { $crate::register(host, registrar, $register) }
        }
    };
}
