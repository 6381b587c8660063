//! The world: everything one VM knows, as data. Behaviour is added by the layers above, each in its own `impl World`.

use super::change::{LayoutChange, SharedChanges};
use super::interrupt::Interrupt;
use super::symbol::Names;
use super::{
    Before, BoxCell, Bundles, Class, ClassKind, Construction, Content, Continuation, Crossing, Decorated, Definition, Fiber,
    Function, Generation, HostObject, HostTypeId, Instance, Layout, LayoutId, Linked, Loading, MemberLeak, MethodCache, Module,
    Namespace, Orphans, OutsideWait, Parked, Proto, Recording, Replaced, Resumption, Stack, Stopping, SuperCache, Symbol,
    SymbolMap, Task, Tasks, Tower, Undo, Variant, Ways,
};
use crate::heap::{Str, Value};
use crate::host::Host;
use crate::limits;
use gc_arena::{Collect, Gc, GcWeak, Mutation};
use indexmap::IndexMap;
use lang::source::{Source, Span};
use rustc_hash::FxHashMap;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// What a native does instead of returning a value, and how errors travel.
pub enum Control<'gc> {
    /// Raise this error.
    Raise(Value<'gc>),
    /// Call `callee`. Without `then` its result is the native's.
    Call {
        /// What to call.
        callee: Value<'gc>,
        /// With what.
        args: Vec<Value<'gc>>,
        /// Who goes on with the result.
        then: Option<Gc<'gc, Continuation<'gc>>>,
    },
    /// Do this, drop its result, then run the instruction again, which is so many words long. Only for instructions.
    Again {
        /// Length of the instruction.
        words: usize,
        /// What to do: a call.
        first: Box<Control<'gc>>,
    },
    /// Go on in a fiber. What it yields is the result.
    Resume {
        /// The fiber.
        fiber: Gc<'gc, Fiber<'gc>>,
        /// What the `yield` that it is suspended in gives.
        value: Option<Value<'gc>>,
        /// What for.
        resumption: Resumption,
    },
    /// Wait for so many seconds, then return nil. Other tasks, and reloads, go on meanwhile.
    Wait(f64),
    /// Wait until someone ends the wait with this number, and return what they pass; or nil after so many seconds.
    Park {
        /// The number.
        ticket: u64,
        /// How long at most.
        seconds: Option<f64>,
        /// What follows "waits" in messages.
        what: String,
    },
    /// Let the driver do something between two slices, such as a reload, and go on with its result: an `embed::Request`.
    Outside(Box<dyn Any>),
    /// Leave the interpreter for the host; execution cannot go on in this call. With `Exit` the `finally` clauses on the way run.
    Interrupt(Interrupt),
}

/// Why the interpreter's loop was left.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub enum Exit<'gc> {
    /// A safe point with something to look at.
    Tick,
    /// The frame below everything was reached: the call's result.
    Done(Value<'gc>),
    /// An error that nothing caught.
    Error(Value<'gc>),
    /// The running task waits.
    Wait,
    /// The driver has to carry out `World::outside`.
    Outside,
    /// Code needs `Loading::needed`, whose initialiser has not run yet; the instruction runs again afterwards.
    Need,
    /// Stopped for good.
    Interrupt(#[collect(require_static)] Interrupt),
}

macro_rules! error_kinds {
    ($($(#[$doc:meta])* $name:ident: $base:ident,)*) => {
        /// The built-in error classes.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(usize)]
        pub enum ErrorKind { $($(#[$doc])* $name,)* }

        impl ErrorKind {
            /// All of them with their base, bases first.
            pub const ALL: &'static [(ErrorKind, &'static str, ErrorKind)] =
                &[$((ErrorKind::$name, stringify!($name), ErrorKind::$base),)*];
        }
    };
}

error_kinds! {
    /// The root.
    Error: Error,
    /// A value of the wrong type.
    TypeError: Error,
    /// A name that does not exist or has no value.
    NameError: Error,
    /// Wrong number or names of arguments.
    ArityError: Error,
    /// A slot that does not exist or is unset.
    SlotError: Error,
    /// An index out of range.
    IndexError: Error,
    /// A key that is not in the map.
    KeyError: Error,
    /// A value that is not acceptable.
    ValueError: Error,
    /// No pattern matches.
    MatchError: Error,
    /// A failed `assert`.
    AssertionError: Error,
    /// Too many calls within calls.
    StackOverflow: Error,
    /// An import that cannot be loaded.
    ImportError: Error,
    /// Input or output failed, or was refused.
    IOError: Error,
    /// Misuse of `live`.
    ReloadError: Error,
    /// An instance could not be brought to its class's layout.
    MigrationError: Error,
    /// The memory limit is reached.
    LimitError: Error,
    /// The task was cancelled.
    CancelledError: Error,
}

macro_rules! symbols {
    ($($field:ident = $text:literal,)*) => {
        /// Names that the engine itself looks up.
        #[derive(Clone, Copy, Collect)]
        #[collect(no_drop)]
        #[expect(missing_docs, reason = "the field is the name")]
        pub struct Symbols<'gc> { $(pub $field: Symbol<'gc>,)* }

        impl<'gc> Symbols<'gc> {
            /// Interns all of them.
            pub fn new(mut intern: impl FnMut(&'static str) -> Symbol<'gc>) -> Self {
                Symbols { $($field: intern($text),)* }
            }
        }
    };
}

symbols! {
    init = "init",
    str = "str",
    repr = "repr",
    hash = "hash",
    iter = "iter",
    next = "next",
    len = "len",
    contains = "in",
    call = "()",
    get_item = "[]",
    set_item = "[]=",
    neg = "unary -",
    add = "+",
    sub = "-",
    mul = "*",
    div = "/",
    floor_div = "//",
    modulo = "%",
    pow = "**",
    eq = "==",
    lt = "<",
    le = "<=",
    bit_and = "&",
    bit_or = "|",
    bit_xor = "^",
    shl = "<<",
    shr = ">>",
    bit_not = "~",
    message = "message",
    cause = "cause",
    trace = "trace",
    hidden_trace = "$trace",
    hidden_compared = "$compared",
    hidden_host = "$host",
    hidden_source = "$source",
    name = "name",
    doc = "doc",
    main = "main",
}

/// What looking up a name in a class gives.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub enum Found<'gc> {
    /// Nothing.
    None,
    /// An instance slot.
    Slot(u32),
    /// A method.
    Method(Value<'gc>),
    /// A static function.
    Static(Value<'gc>),
    /// A method that is taken through its class: called without receiver, its first argument is `self`.
    Unbound {
        /// The method.
        method: Value<'gc>,
        /// The class that has it; `self` must be an instance of it.
        home: Gc<'gc, Class<'gc>>,
    },
    /// A property.
    Property {
        /// `get`
        getter: Option<Value<'gc>>,
        /// `set`
        setter: Option<Value<'gc>>,
    },
    /// A shared slot.
    Shared(Gc<'gc, BoxCell<'gc>>),
}

/// One line of a trace.
#[derive(Clone, Debug)]
pub struct TraceFrame {
    /// Qualified name of the function.
    pub function: Arc<str>,
    /// The text it ran, as of its version.
    pub source: Source,
    /// The place in it.
    pub span: Span,
    /// Version of the definition whose code it is; of the file, for statements of the top level.
    pub version: u32,
    /// Whether it resumed the fiber that the frames before it belong to.
    pub is_resumer: bool,
    /// Whether it is code of the library.
    pub is_library: bool,
}

impl TraceFrame {
    /// One-based line.
    pub fn line(&self) -> u32 {
        self.source.line(self.span.lo)
    }
}

impl std::fmt::Display for TraceFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = if self.is_resumer { "resumed at" } else { "at" };
        write!(f, "{word} {} ({}:{}, v{})", self.function, self.source.name(), self.line(), self.version)
    }
}

/// Numbers of handles that were dropped and may be used again.
#[derive(Default)]
pub struct HandlePool {
    /// Those whose values are still there.
    pub dropped: Mutex<Vec<usize>>,
}

/// Switches of the test worlds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stress {
    /// Collect everything at every safe point.
    pub collect_always: bool,
    /// Collect in the smallest slices, a few at every safe point: what the program stores while marking goes on meets a barrier.
    pub collect_slowly: bool,
    /// Never fill an inline cache or the method cache.
    pub no_caches: bool,
    /// Leave the interpreter at every safe point.
    pub single_step: bool,
}

/// Natives that replace obsolete values of enums before they do their work.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct Following<'gc> {
    /// `a == b`
    pub equal: Value<'gc>,
    /// `hash(a)`
    pub hash: Value<'gc>,
}

/// Calls of a function that go elsewhere: see `interp/detour.rs`.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct Detour<'gc> {
    /// The function, decorated or not.
    pub callee: Value<'gc>,
    /// What is called instead, with a list of the arguments and a map of those that were given by name.
    pub to: Value<'gc>,
}

/// The next call: with arguments by name, or of the very function whose calls go elsewhere.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Passing<'gc> {
    /// Arguments that are given by name.
    pub named: Vec<(Arc<str>, Value<'gc>)>,
    /// Whether the call goes nowhere else.
    pub is_straight: bool,
}

/// Everything one VM knows.
#[derive(Collect)]
#[collect(no_drop)]
pub struct World<'gc> {
    /// The running fiber's stack.
    pub stack: Stack<'gc>,
    /// What waits while the host runs something else: a reload, or a call from within a call.
    pub parked: Vec<Parked<'gc>>,
    /// The running fiber; `None` outside of all fibers.
    pub fiber: Option<Gc<'gc, Fiber<'gc>>>,
    /// Functions whose calls go elsewhere.
    pub detours: Vec<Detour<'gc>>,
    /// Functions that were decorated after they had come into being, by their addresses: they stay what they are for those who hold them,
    /// and their calls go to what the decorators returned.
    pub decorations: FxHashMap<usize, (Gc<'gc, Function<'gc>>, Gc<'gc, Decorated<'gc>>)>,
    /// What the call that begins next has beside its arguments.
    pub passing: Option<Box<Passing<'gc>>>,
    /// All tasks.
    pub tasks: Tasks<'gc>,
    /// Most calls within calls, those of all fibers that wait for each other together.
    #[collect(require_static)]
    pub depth_limit: usize,
    /// Interned names.
    names: Names<'gc>,
    /// Well-known names.
    pub symbols: Symbols<'gc>,
    /// Namespaces by dotted name.
    pub namespaces: IndexMap<Arc<str>, Gc<'gc, Namespace<'gc>>>,
    /// Loaded files by path.
    pub modules: IndexMap<Arc<str>, Gc<'gc, Module<'gc>>>,
    /// Texts that were evaluated, as far as something that they defined is alive.
    pub evaluated: Vec<GcWeak<'gc, Module<'gc>>>,
    /// What is visible everywhere.
    pub core: Gc<'gc, Namespace<'gc>>,
    /// Names of the modules of the library, which are made when they are first imported.
    #[collect(require_static)]
    pub library: &'static [&'static str],
    /// The strings of one ASCII character.
    pub ascii: Vec<Gc<'gc, Str>>,
    /// Layouts by id; `None` for ids of class objects.
    pub layouts: Vec<Option<Gc<'gc, Layout<'gc>>>>,
    /// Layouts that are out of the table during a collection that shows whether anything else holds them.
    pub layouts_aside: Vec<GcWeak<'gc, Layout<'gc>>>,
    /// Classes of built-in types by value tag.
    pub types: Vec<Gc<'gc, Class<'gc>>>,
    /// Classes of Rust types of the host.
    pub host_classes: FxHashMap<HostTypeId, Gc<'gc, Class<'gc>>>,
    /// Built-in error classes by kind.
    pub errors: Vec<Gc<'gc, Class<'gc>>>,
    /// Whether and where the program has stopped at an error.
    pub stopping: Stopping<'gc>,
    /// What is printed, while a session evaluates for a client who is to get it.
    pub captured: Option<String>,
    /// Results of recent look-ups.
    pub method_cache: MethodCache<'gc>,
    /// Results of recent `super` look-ups.
    pub super_cache: SuperCache<'gc>,
    /// All code that is alive, for its inline caches.
    pub protos: Vec<GcWeak<'gc, Proto<'gc>>>,
    /// All fibers that are alive, for the reports of reloads; those that nothing holds until they are collected.
    pub fibers: Vec<GcWeak<'gc, Fiber<'gc>>>,
    /// Whether a fiber was ever suspended in so many calls that not all of their code is marked.
    #[collect(require_static)]
    pub has_deep_fibers: bool,
    /// Objects that overwriting reloads have taken out of their definitions, as far as they are alive.
    pub generations: Vec<Generation<'gc>>,
    /// Methods and static functions that have left their classes.
    pub member_leaks: Vec<MemberLeak<'gc>>,
    /// Code that closures may have and that no text continues.
    pub orphans: Orphans<'gc>,
    /// Code that has been replaced and has loops.
    pub replaced: Vec<GcWeak<'gc, Proto<'gc>>>,
    /// Ways of frames into other code that were looked for since the last commit, by the addresses of the code and the back-edge.
    #[collect(require_static)]
    pub ways: RefCell<Ways>,
    /// Code of the frame below everything: `Halt`.
    pub halt_stub: Option<Gc<'gc, Proto<'gc>>>,
    /// Code of frames of natives that wait: `Resume`.
    pub resume_stub: Option<Gc<'gc, Proto<'gc>>>,
    /// Cells whose value is a namespace, for code that mentions it.
    pub namespace_cells: SymbolMap<'gc, Gc<'gc, Definition<'gc>>>,
    /// Values that the host holds, by handle number.
    pub handles: Vec<Value<'gc>>,
    /// Numbers of handles without value.
    #[collect(require_static)]
    pub handles_free: Vec<usize>,
    /// Numbers of handles that the host has let go of.
    #[collect(require_static)]
    pub handle_pool: Arc<HandlePool>,
    /// The main part of a call from the host that has ended, for the next one.
    pub idle: Option<Gc<'gc, Task<'gc>>>,
    /// Empty stacks of calls from the host within others that have ended, for the next ones; until the next collection.
    pub idle_stacks: Vec<Box<Stack<'gc>>>,
    /// What the commit that is running has yet to do.
    pub loading: Loading<'gc>,
    /// The same of commits that wait for an inner one: a host may load files at any safe point.
    pub loading_outer: Vec<Loading<'gc>>,
    /// How to take back what the commit that is running has done, in order.
    pub undo: Vec<Undo<'gc>>,
    /// What commits of the history have replaced, as far as that is remembered, oldest first; behind them what the last commit has.
    pub replaced_before: (Vec<Replaced<'gc>>, Before<'gc>),
    /// Definitions read or called while an initialiser is recorded.
    pub recording: Option<Recording<'gc>>,
    /// Recordings that wait while an inner one runs.
    pub recordings_outer: Vec<Option<Recording<'gc>>>,
    /// Number of the last recording.
    pub recordings: u32,
    /// Number of the last commit that was tried, for the undo log.
    pub commits_tried: u32,
    /// Where the undo log of the commit that is running begins; `None` while none is.
    #[collect(require_static)]
    pub commit_start: Option<usize>,
    /// Layouts that the commit that is running has replaced.
    #[collect(require_static)]
    pub layout_changes: Vec<LayoutChange>,
    /// What the present commit does to shared slots.
    #[collect(require_static)]
    pub shared_changes: SharedChanges,
    /// Whether an `extend` has given a built-in class a `len` of its own, which `len(value)` then has to call.
    pub has_extended_len: bool,
    /// Instances on their way over an edge whose code runs, by address.
    pub migrating: FxHashMap<usize, Crossing<'gc>>,
    /// Whether the commit that is running lets instances for which a hook raises take the step without hooks.
    #[collect(require_static)]
    pub forgives_hooks: bool,
    /// Of hooks that have raised and were forgiven: the MigrationErrors that nobody got, one for each hook, until they are told.
    pub forgiven: Vec<Value<'gc>>,
    /// How many hooks of enums are running: they also find the variants that have left.
    #[collect(require_static)]
    pub replacing: u32,
    /// How values of enums are compared and hashed that must be replaced first; set once an enum has brought a migration hook.
    pub following: Option<Following<'gc>>,
    /// Counts commits that change how keys are hashed or compared.
    #[collect(require_static)]
    pub hash_epoch: u32,
    /// Whether a class has, or had, a `hash` or `==` of its own.
    #[collect(require_static)]
    pub has_key_methods: bool,
    /// Classes that wait for a base to exist.
    pub incomplete: Vec<(Gc<'gc, Linked<'gc>>, u32)>,
    /// The interpreter's functions by opcode byte; set while it runs. They stand here because the world's address is in a register.
    #[collect(require_static)]
    pub handlers: [*const (); 256],
    /// Why the interpreter's loop is being left.
    pub exit: Option<Exit<'gc>>,
    /// Whether it is being left because the frame below everything was reached, outside of all fibers: the result is in its register 0.
    #[collect(require_static)]
    pub has_ended: bool,
    /// The slice's `Mutation`, for the handlers of instructions; valid only while the interpreter runs.
    #[collect(require_static)]
    pub mutation: *const (),
    /// Whether the collector is marking: stores need their barrier. Set at the start of each slice.
    pub marking: bool,
    /// Safe points until the next look at everything below.
    #[collect(require_static)]
    pub ticks: Cell<i64>,
    /// `ticks` at the start of the slice.
    #[collect(require_static)]
    pub slice: i64,
    /// `ticks` before an allocation brought the next look forward.
    #[collect(require_static)]
    pub ticks_saved: Cell<i64>,
    /// Loop turns that natives have spent beyond their slices, and that are not taken from fuel and budget yet.
    #[collect(require_static)]
    pub owed: Cell<u64>,
    /// Fuel that is left, in safe points.
    #[collect(require_static)]
    pub fuel: Option<u64>,
    /// Fuel that is left until the running task gives way to the host, if it is to.
    #[collect(require_static)]
    pub budget: Option<u64>,
    /// Where it is heard that these have come further.
    #[collect(require_static)]
    pub tower: Arc<Tower>,
    /// Results that tasks wait for outside of the program.
    #[collect(require_static)]
    pub outside_waits: Vec<OutsideWait>,
    /// Bytes until the next look at the collector.
    #[collect(require_static)]
    pub allocation_budget: Cell<isize>,
    /// Bytes of large buffers that are alive, roughly.
    #[collect(require_static)]
    pub memory_limit: Option<usize>,
    /// What the driver has been asked to do.
    #[collect(require_static)]
    pub outside: Option<Box<dyn Any>>,
    /// Set from outside to stop the program.
    #[collect(require_static)]
    pub cancel: Arc<AtomicBool>,
    /// Effects.
    #[collect(require_static)]
    pub host: Box<dyn Host>,
    /// Native bundles.
    #[collect(require_static)]
    pub bundles: Bundles,
    /// Switches of the test worlds.
    #[collect(require_static)]
    pub stress: Stress,
    /// Number of the last commit.
    #[collect(require_static)]
    pub epoch: u64,
}

/// Access to the world during one slice: what natives get.
pub struct Cx<'a, 'gc> {
    /// The world.
    pub world: &'a mut World<'gc>,
    /// Permission to allocate and to store.
    pub mc: &'a Mutation<'gc>,
}

/// Names of the built-in types by value tag; `None` for tags that programs never see.
const TYPE_NAMES: [Option<&str>; 31] = [
    Some("Int"),
    Some("Float"),
    Some("Nil"),
    Some("Bool"),
    Some("Bool"),
    None,
    Some("Stop"),
    None,
    Some("String"),
    Some("Int"),
    Some("Tuple"),
    Some("List"),
    Some("Map"),
    Some("Set"),
    Some("Range"),
    Some("Function"),
    Some("Function"),
    Some("Function"),
    Some("Class"),
    None,
    Some("Variant"),
    None,
    Some("Namespace"),
    Some("Definition"),
    Some("Fiber"),
    Some("Bytes"),
    Some("Function"),
    Some("Iterator"),
    Some("HostObject"),
    None,
    None,
];

impl<'gc> World<'gc> {
    /// What is known of a function that was decorated after it had come into being.
    pub fn decoration_of(&self, function: Gc<'gc, Function<'gc>>) -> Option<Gc<'gc, Decorated<'gc>>> {
        if self.decorations.is_empty() {
            return None;
        }
        self.decorations.get(&(Gc::as_ptr(function) as usize)).map(|(_, decorated)| *decorated)
    }

    /// A world with the built-in classes and an empty `core`.
    pub fn new(mc: &Mutation<'gc>, host: Box<dyn Host>) -> Self {
        let mut names = Names::default();
        let symbols = Symbols::new(|text| names.intern(mc, text));
        let core = Namespace::new(mc, "core".into());
        let ascii = (0..128_u8).map(|c| names.intern(mc, (c as char).encode_utf8(&mut [0; 4])).0).collect();
        let mut world = World {
            stack: Stack::new(1024, limits::DEPTH_MAX),
            parked: Vec::new(),
            fiber: None,
            detours: Vec::new(),
            decorations: FxHashMap::default(),
            passing: None,
            tasks: Tasks::new(),
            depth_limit: limits::DEPTH_MAX,
            names,
            symbols,
            namespaces: IndexMap::new(),
            modules: IndexMap::new(),
            evaluated: Vec::new(),
            core,
            library: &[],
            ascii,
            layouts: vec![None],
            layouts_aside: Vec::new(),
            types: Vec::new(),
            errors: Vec::new(),
            stopping: Stopping::default(),
            captured: None,
            method_cache: MethodCache::new(),
            super_cache: SuperCache::new(),
            protos: Vec::new(),
            fibers: Vec::new(),
            has_deep_fibers: false,
            generations: Vec::new(),
            member_leaks: Vec::new(),
            orphans: Orphans::default(),
            replaced: Vec::new(),
            ways: RefCell::default(),
            halt_stub: None,
            resume_stub: None,
            namespace_cells: SymbolMap::default(),
            handles: Vec::new(),
            handles_free: Vec::new(),
            handle_pool: Arc::default(),
            budget: None,
            tower: Tower::new(),
            outside_waits: Vec::new(),
            bundles: Bundles::default(),
            host_classes: FxHashMap::default(),
            idle: None,
            idle_stacks: Vec::new(),
            loading: Loading::default(),
            loading_outer: Vec::new(),
            undo: Vec::new(),
            recording: None,
            recordings_outer: Vec::new(),
            recordings: 0,
            commits_tried: 0,
            commit_start: None,
            layout_changes: Vec::new(),
            replaced_before: Default::default(),
            shared_changes: SharedChanges::default(),
            has_extended_len: false,
            migrating: FxHashMap::default(),
            forgives_hooks: false,
            forgiven: Vec::new(),
            replacing: 0,
            following: None,
            hash_epoch: 0,
            has_key_methods: false,
            incomplete: Vec::new(),
            handlers: [std::ptr::null(); 256],
            exit: None,
            has_ended: false,
            mutation: std::ptr::null(),
            marking: false,
            ticks: Cell::new(limits::TICKS_PER_SLICE),
            slice: 0,
            ticks_saved: Cell::new(0),
            owed: Cell::new(0),
            fuel: None,
            allocation_budget: Cell::new(limits::ALLOCATION_SLICE),
            memory_limit: None,
            outside: None,
            cancel: Arc::default(),
            host,
            stress: Stress::default(),
            epoch: 0,
        };
        world.namespaces.insert("core".into(), core);
        world.make_types(mc);
        world
    }

    fn make_types(&mut self, mc: &Mutation<'gc>) {
        // Ids 1 to 31 belong to the tags, so that the id of a built-in value is its tag plus one.
        self.layouts.resize(TYPE_NAMES.len() + 2, None);
        for (tag, name) in TYPE_NAMES.iter().enumerate() {
            let name = name.unwrap_or("Internal");
            let known = TYPE_NAMES[..tag].iter().position(|n| *n == Some(name));
            let class = match known {
                Some(i) => self.types[i],
                None => self.new_class(mc, name, format!("core.{name}").into(), ClassKind::BuiltIn),
            };
            if known.is_none() {
                let layout = self.new_layout(mc, class, LayoutId(tag as u32 + 1));
                Class::set_layout(class, mc, layout);
            }
            self.layouts[tag + 1] = Some(class.layout());
            self.types.push(class);
        }
        let enum_class = self.new_class(mc, "Enum", "core.Enum".into(), ClassKind::BuiltIn);
        let id = self.fresh_id();
        let layout = self.new_layout(mc, enum_class, id);
        Class::set_layout(enum_class, mc, layout);
        self.types.push(enum_class);
    }

    /// The class of enums themselves.
    pub fn enum_class(&self) -> Gc<'gc, Class<'gc>> {
        self.types[TYPE_NAMES.len()]
    }

    fn new_layout(&self, mc: &Mutation<'gc>, class: Gc<'gc, Class<'gc>>, id: LayoutId) -> Gc<'gc, Layout<'gc>> {
        Layout::new(mc, id, class, 1, Content::empty())
    }

    /// An id that was never used.
    pub fn fresh_id(&mut self) -> LayoutId {
        self.layouts.push(None);
        LayoutId(self.layouts.len() as u32 - 1)
    }

    /// A class object with an id of its own, without layout.
    pub fn new_class(&mut self, mc: &Mutation<'gc>, name: &str, qualified: Arc<str>, kind: ClassKind) -> Gc<'gc, Class<'gc>> {
        let name = self.intern(mc, name);
        let own_id = self.fresh_id();
        Class::new(mc, name, qualified, kind, own_id)
    }

    /// The interned name with this text.
    pub fn intern(&mut self, mc: &Mutation<'gc>, text: &str) -> Symbol<'gc> {
        self.names.intern(mc, text)
    }

    /// Whether a namespace belongs to the library.
    pub fn is_library(&self, namespace: &Gc<'gc, Namespace<'gc>>) -> bool {
        Gc::ptr_eq(*namespace, self.core) || self.library.contains(&&*namespace.name)
    }

    /// The namespace of this dotted name, made if there is none.
    pub fn namespace(&mut self, mc: &Mutation<'gc>, name: &str) -> Gc<'gc, Namespace<'gc>> {
        if let Some(namespace) = self.namespaces.get(name) {
            return *namespace;
        }
        let namespace = Namespace::new(mc, name.into());
        self.namespaces.insert(name.into(), namespace);
        namespace
    }

    /// The layout with this id.
    pub fn layout(&self, id: LayoutId) -> Gc<'gc, Layout<'gc>> {
        self.layouts[id.0 as usize].expect("an instance's layout is in the table")
    }

    /// Adds to the undo log of the commit that is running, if one is.
    pub fn log(&mut self, undo: impl FnOnce() -> Undo<'gc>) {
        if self.commit_start.is_some() {
            self.undo.push(undo());
        }
    }

    /// Forgets what recent look-ups have found: after any change of a class.
    pub fn forget_lookups(&mut self) {
        self.method_cache.clear();
        self.super_cache = SuperCache::new();
        for layout in self.layouts.iter().flatten() {
            // SAFETY: storing nothing needs no barrier.
            unsafe { layout.construction.as_cell() }.set(Construction::Other);
        }
    }

    /// The class of an instance.
    pub fn class_of_instance(&self, instance: Gc<'gc, Instance<'gc>>) -> Gc<'gc, Class<'gc>> {
        self.layout(instance.layout()).class
    }

    /// The class of any value.
    pub fn class_of(&self, value: &Value<'gc>) -> Gc<'gc, Class<'gc>> {
        match value {
            Value::Instance(instance) => self.class_of_instance(*instance),
            Value::EnumValue(value) => value.variant.class,
            Value::Variant(variant) if variant.fields.is_none() => variant.class,
            Value::Class(class) if class.kind == ClassKind::Enum => self.enum_class(),
            other => self.types[other.tag() as usize],
        }
    }

    /// The number of receivers that no cache may remember. Not 0, which an empty inline cache holds.
    pub const UNCACHED: u32 = u32::MAX;

    /// The number that keys inline caches for this receiver.
    #[inline]
    pub fn receiver_id(&self, value: &Value<'gc>) -> u32 {
        match value {
            Value::Instance(instance) => instance.layout().0,
            Value::Class(class) => class.own_id.0,
            Value::EnumValue(value) => value.variant.class.layout().id.0,
            Value::Namespace(_) => Self::UNCACHED,
            other => other.tag() as u32 + 1,
        }
    }

    /// A built-in error class.
    pub fn error_class(&self, kind: ErrorKind) -> Gc<'gc, Class<'gc>> {
        self.errors[kind as usize]
    }

    /// Counts `bytes` just allocated; brings the next look at the collector forward when enough have come together.
    #[inline(always)]
    pub fn charge(&self, bytes: usize) {
        let left = self.allocation_budget.get() - bytes as isize;
        self.allocation_budget.set(left);
        if left < 0 {
            self.look_after(bytes);
        }
    }

    /// Makes the next safe point leave the interpreter.
    #[cold]
    pub fn look_soon(&self) {
        if self.ticks.get() > 0 {
            self.ticks_saved.set(self.ticks.get());
            self.ticks.set(0);
        }
    }

    /// Whether a definition's initialiser has yet to run.
    pub fn is_pending(&self, cell: Gc<'gc, Definition<'gc>>) -> bool {
        self.loading.pending.get(&cell.name).is_some_and(|cells| cells.iter().any(|c| Gc::ptr_eq(*c, cell)))
    }

    /// Marks a definition whose initialiser has yet to run, or no longer.
    pub fn set_pending(&mut self, cell: Gc<'gc, Definition<'gc>>, pending: bool) {
        let cells = self.loading.pending.entry(cell.name).or_default();
        cells.retain(|c| !Gc::ptr_eq(*c, cell));
        if pending {
            cells.push(cell);
        }
    }

    /// A value of the host's, wrapped.
    pub fn host_object<T: 'static>(mc: &Mutation<'gc>, type_name: &'static str, data: T) -> Value<'gc> {
        Value::Host(HostObject::new(mc, type_name, data, 0))
    }

    /// A plain value for a variant without payload, or its constructor.
    pub fn variant_value(mc: &Mutation<'gc>, variant: Gc<'gc, Variant<'gc>>) -> Value<'gc> {
        if variant.fields.is_none() {
            Value::EnumValue(super::EnumValue::new(mc, variant, Box::new([])))
        } else {
            Value::Variant(variant)
        }
    }
}
