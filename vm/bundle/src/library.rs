//! A library that is open: how it is asked what it has, and when it is closed.
//!
//! Whatever may lead into the code of a library holds it: each of its functions, each value of its types, each call that is under way. So it is closed
//! when the last of these has gone, and nothing of it can be reached then.

use crate::call::{self, HOST};
use crate::copy::Named;
use bundle_author::abi;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_void};
use std::mem;
use std::ptr;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicUsize, Ordering};
use vm::embed::Handle;
use vm::object::{BundleConstant, BundleFunction, BundleProblem, BundleTable, BundleType};

/// What to do about a library that is none of the engine's.
const NO_BUNDLE: &str = "a bundle has the functions that `LANG_BUNDLE` of `lang_bundle.h` makes, or the macro `bundle!` in Rust";

/// Number of the library that was opened last.
static LAST: AtomicUsize = AtomicUsize::new(0);

/// A library.
pub(crate) struct Library {
    /// Its path, as the program writes it.
    pub(crate) path: String,
    /// The namespace of what it defines.
    pub(crate) namespace: String,
    /// Its types, once it has registered them.
    pub(crate) types: OnceCell<Vec<Type>>,
    /// Values of the program that it holds.
    held: RefCell<HashMap<u64, Handle>>,
    last_held: Cell<u64>,
    /// What the library knows it by: no address, since it may still use it when this is gone.
    number: usize,
    /// The code. Behind everything else: it is dropped last.
    _code: libloading::Library,
    /// Its file, where one that is open cannot be removed.
    _file: Option<Named>,
}

/// A type of values that only the library looks into.
pub(crate) struct Type {
    pub(crate) name: String,
    pub(crate) layout: u64,
    pub(crate) destroy: Option<abi::Destroy>,
    pub(crate) live: Rc<Cell<usize>>,
}

/// What is registered while a library is asked.
struct Registration {
    library: Rc<Library>,
    functions: Vec<(String, abi::Function, *mut c_void, u32)>,
    constants: Vec<(String, BundleConstant)>,
    types: Vec<Type>,
    doc: String,
    keeps_open: bool,
    problem: Option<String>,
}

thread_local! {
    /// The registration that is under way.
    static CURRENT: Cell<*mut Registration> = const { Cell::new(ptr::null_mut()) };
    /// Libraries that are open, by their numbers.
    static OPEN: RefCell<HashMap<usize, Weak<Library>>> = RefCell::default();
}

impl Library {
    /// Opens the library in `file`, and asks it what it has.
    pub(crate) fn open(path: &str, namespace: &str, file: Named) -> Result<BundleTable, BundleProblem> {
        let code = load(&file).map_err(|error| {
            let text = error.to_string().replace(&*file.0.to_string_lossy(), path);
            BundleProblem::new(format!("`{path}` cannot be opened: {text}"), "build it again, with everything that it needs")
        })?;
        // An open file can be without a name, so that none is left behind however the process ends.
        let file = if cfg!(unix) { None } else { Some(file) };
        let symbol = |name: &[u8]| {
            let text = String::from_utf8_lossy(&name[..name.len() - 1]).into_owned();
            BundleProblem::new(format!("`{path}` is no bundle: it has no function `{text}`"), NO_BUNDLE)
        };
        // SAFETY: by its name the symbol is that of the header, whose type this is; a library that gives it to something else is like one whose
        // functions do something else than they should, against which there is no means.
        let abi = unsafe { code.get::<abi::AbiFunction>(abi::ABI_SYMBOL) }.map_err(|_| symbol(abi::ABI_SYMBOL))?;
        // SAFETY: as above.
        let built_for = unsafe { abi() };
        if built_for != abi::ABI {
            let message =
                format!("`{path}` was built for version {built_for} of the interface of bundles, and this is version {}", abi::ABI);
            return Err(BundleProblem::new(
                message,
                "build it again with the `lang_bundle.h`, or the crate `bundle-author`, of this version",
            ));
        }
        // SAFETY: as above.
        let init = *unsafe { code.get::<abi::InitFunction>(abi::INIT_SYMBOL) }.map_err(|_| symbol(abi::INIT_SYMBOL))?;
        let library = Rc::new(Library {
            path: path.to_owned(),
            namespace: namespace.to_owned(),
            types: OnceCell::new(),
            held: RefCell::default(),
            last_held: Cell::new(0),
            number: LAST.fetch_add(1, Ordering::Relaxed) + 1,
            _code: code,
            _file: file,
        });
        OPEN.with_borrow_mut(|open| open.insert(library.number, Rc::downgrade(&library)));
        let registration = Registration::of(&library, init)?;
        Ok(registration.table())
    }

    /// Holds a value until the library lets go of it.
    pub(crate) fn hold(&self, handle: Handle) -> u64 {
        let number = self.last_held.get() + 1;
        self.last_held.set(number);
        self.held.borrow_mut().insert(number, handle);
        number
    }

    /// The value that it holds under a number.
    pub(crate) fn held(&self, number: u64) -> Option<Handle> {
        self.held.borrow().get(&number).cloned()
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // When the thread ends there may be no table any more.
        let _ = OPEN.try_with(|open| open.borrow_mut().remove(&self.number));
    }
}

fn load(file: &Named) -> Result<libloading::Library, libloading::Error> {
    // SAFETY: loading runs code of the library, which the host has allowed: from here on it is code of the process like any other.
    #[cfg(unix)]
    unsafe {
        use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
        // What is missing is noticed now, and not when it is called.
        Library::open(Some(&file.0), RTLD_NOW | RTLD_LOCAL).map(Into::into)
    }
    // SAFETY: as above.
    #[cfg(not(unix))]
    unsafe {
        libloading::Library::new(&file.0)
    }
}

impl Registration {
    /// Asks a library what it has.
    fn of(library: &Rc<Library>, init: abi::InitFunction) -> Result<Registration, BundleProblem> {
        let mut registration = Registration {
            library: library.clone(),
            functions: Vec::new(),
            constants: Vec::new(),
            types: Vec::new(),
            doc: String::new(),
            keeps_open: false,
            problem: None,
        };
        let pointer = &raw mut registration;
        let outer = CURRENT.replace(pointer);
        // SAFETY: the table is static. The registrar is good during the call, and nothing else uses it meanwhile; functions of the table that are
        // given it afterwards do nothing, since it is not `CURRENT`.
        let status = unsafe { init(&raw const HOST, pointer.cast()) };
        CURRENT.set(outer);
        let path = &library.path;
        if registration.keeps_open {
            mem::forget(library.clone());
        }
        let problem = match (registration.problem.take(), status) {
            (None, abi::OK) => return Ok(registration),
            (Some(problem), _) => problem,
            (None, _) => "it gives no reason".to_owned(),
        };
        Err(BundleProblem::new(format!("`{path}` cannot be used: {problem}"), "correct the bundle, and build it again"))
    }

    fn table(self) -> BundleTable {
        let Registration { library, functions, constants, types, doc, .. } = self;
        let listed =
            types.iter().map(|one| BundleType { name: one.name.clone(), layout: one.layout, live: one.live.clone() }).collect();
        if library.types.set(types).is_err() {
            unreachable!("a library is asked once");
        }
        let function = |(signature, code, data, flags): (String, abi::Function, *mut c_void, u32)| {
            let name = signature.split('(').next().unwrap_or_default().to_owned();
            let function = call::Native { library: library.clone(), name, code, data };
            let body = if flags & abi::OUTSIDE == 0 { function.inside() } else { function.outside() };
            BundleFunction { signature, body }
        };
        BundleTable { doc, functions: functions.into_iter().map(function).collect(), constants, types: listed }
    }

    fn fail(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }
}

/// What a library asks of its registration. Without one, or with that of another, nothing happens.
fn with<R>(registrar: *mut abi::Registrar, default: R, f: impl FnOnce(&mut Registration) -> R) -> R {
    let current = CURRENT.get();
    if current.is_null() || !ptr::eq(current, registrar.cast()) {
        return default;
    }
    // SAFETY: while it is `CURRENT` it is a local variable of `Registration::of`, which waits for the library; this is the only reference, since `f`
    // does not lead back here.
    f(unsafe { &mut *current })
}

/// A text of a library.
///
/// # Safety
/// It is null, or ends with a NUL.
pub(crate) unsafe fn text(pointer: *const c_char) -> Result<String, String> {
    if pointer.is_null() {
        return Err("a text is missing".to_owned());
    }
    // SAFETY: promised by the caller, to whom the library has.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map(str::to_owned).map_err(|_| format!("the text `{}` is not UTF-8", text.to_string_lossy()))
}

pub(crate) unsafe extern "C" fn function(
    registrar: *mut abi::Registrar,
    signature: *const c_char,
    code: Option<abi::Function>,
    data: *mut c_void,
    flags: u32,
) {
    with(registrar, (), |this| {
        // SAFETY: a rule of the header.
        match (unsafe { text(signature) }, code) {
            (Ok(signature), Some(code)) => this.functions.push((signature, code, data, flags)),
            (Ok(signature), None) => this.fail(format!("`{signature}` is registered without a function")),
            (Err(problem), _) => this.fail(problem),
        }
    });
}

pub(crate) unsafe extern "C" fn constant(registrar: *mut abi::Registrar, name: *const c_char, value: *const abi::Value) {
    with(registrar, (), |this| {
        // SAFETY: a rule of the header; a null pointer is looked for.
        let (name, value) = (unsafe { text(name) }, unsafe { value.as_ref() });
        let value = value.map_or(Err("it has no value".to_owned()), plain);
        match (name, value) {
            (Ok(name), Ok(value)) => this.constants.push((name, value)),
            (Ok(name), Err(problem)) => this.fail(format!("the constant `{name}`: {problem}")),
            (Err(problem), _) => this.fail(problem),
        }
    });
}

fn plain(value: &abi::Value) -> Result<BundleConstant, String> {
    // SAFETY: the tag says which part of the union was written; every bit pattern of the numbers is one. The text is good for the call.
    unsafe {
        Ok(match value.tag {
            abi::tag::NIL => BundleConstant::Nil,
            abi::tag::BOOL => BundleConstant::Bool(value.payload.boolean != 0),
            abi::tag::INT => BundleConstant::Int(value.payload.integer),
            abi::tag::FLOAT => BundleConstant::Float(value.payload.number),
            abi::tag::STRING => {
                let bytes = crate::value::bytes(value.payload.text);
                let text = String::from_utf8(bytes).map_err(|_| "its text is not UTF-8".to_owned())?;
                BundleConstant::Text(text)
            }
            _ => return Err("it is neither nil, a bool, an int, a float nor a string".to_owned()),
        })
    }
}

pub(crate) unsafe extern "C" fn type_(
    registrar: *mut abi::Registrar,
    name: *const c_char,
    layout: u64,
    destroy: Option<abi::Destroy>,
) -> u32 {
    with(registrar, u32::MAX, |this| {
        // SAFETY: a rule of the header.
        match unsafe { text(name) } {
            Ok(name) => this.types.push(Type { name, layout, destroy, live: Rc::default() }),
            Err(problem) => this.fail(problem),
        }
        (this.types.len() as u32).wrapping_sub(1)
    })
}

pub(crate) unsafe extern "C" fn describe(registrar: *mut abi::Registrar, doc: *const c_char) {
    // SAFETY: a rule of the header.
    with(registrar, (), |this| match unsafe { text(doc) } {
        Ok(doc) => this.doc = doc,
        Err(problem) => this.fail(problem),
    });
}

pub(crate) unsafe extern "C" fn keep_open(registrar: *mut abi::Registrar) {
    with(registrar, (), |this| this.keeps_open = true);
}

pub(crate) unsafe extern "C" fn library(registrar: *mut abi::Registrar) -> *mut abi::Library {
    with(registrar, ptr::null_mut(), |this| ptr::without_provenance_mut(this.library.number))
}

pub(crate) unsafe extern "C" fn fail(registrar: *mut abi::Registrar, message: *const c_char) -> abi::Status {
    with(registrar, (), |this| {
        // SAFETY: a rule of the header.
        let problem = unsafe { text(message) };
        this.fail(problem.unwrap_or_else(|problem| problem));
    });
    abi::ERROR
}

pub(crate) unsafe extern "C" fn release(library: *mut abi::Library, handle: u64) {
    // Handles of a VM stay on its thread: elsewhere no library is known, and what is held stays held. Nor is one when it has been closed, or the thread ends.
    let known = OPEN.try_with(|open| open.borrow().get(&library.addr()).and_then(Weak::upgrade));
    if let Ok(Some(library)) = known {
        let held = library.held.borrow_mut().remove(&handle);
        drop(held);
    }
}
