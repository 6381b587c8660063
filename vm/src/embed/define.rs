//! What a host defines for scripts: functions, values, whole namespaces.

use super::convert::IntoScript;
use super::function::HostFunction;
use super::host_class::{ClassBuilder, HostType};
use super::outside::AsyncFunction;
use super::signature::{Literal, Signature};
use super::vm::Vm;
use crate::heap::Value;
use crate::object::{Cx, HostFn, Keywords, Kind, NativeBody, NativeFunction, ParameterNames};
use gc_arena::Gc;
use std::cell::Cell;

/// A host function with its signature, in the engine's shape.
pub(super) struct Prepared {
    pub(super) signature: Signature,
    least: usize,
    /// `None`: any number.
    most: Option<usize>,
    body: Box<HostFn>,
}

impl Prepared {
    /// # Panics
    /// If the text is no signature, or says something else than the function.
    pub(super) fn new(text: &str, count: usize, has_rest: bool, body: Box<HostFn>) -> Prepared {
        Self::with_receiver(text, count, has_rest, body, false)
    }

    fn with_receiver(text: &str, count: usize, has_rest: bool, body: Box<HostFn>, has_receiver: bool) -> Prepared {
        let refused = |problem: &str| -> ! { panic!("the host function `{text}`: {problem}") };
        let signature = Signature::parse(text).unwrap_or_else(|problem| refused(&problem));
        let fixed = count - usize::from(has_rest);
        if !signature.is_complete {
            let most = (!has_rest).then_some(fixed);
            return Prepared { signature, least: fixed, most, body };
        }
        if signature.params.len() != fixed || signature.rest.is_some() != has_rest {
            let rest = if has_rest { " and a `Rest`" } else { "" };
            refused(&format!("the Rust function has {fixed} parameters{rest}"));
        }
        let least = signature.least();
        let receiver = has_receiver.then_some(None);
        let defaults: Vec<Option<Literal>> =
            receiver.into_iter().chain(signature.params.iter().map(|param| param.default.clone())).collect();
        let body = if least == fixed { body } else { with_defaults(defaults, body) };
        Prepared { signature, least, most: (!has_rest).then_some(fixed), body }
    }

    /// The same of a method: its instance comes before the parameters.
    ///
    /// # Panics
    /// As [`Prepared::new`].
    pub(super) fn of_method(text: &str, count: usize, has_rest: bool, body: Box<HostFn>) -> Prepared {
        Self::with_receiver(text, count, has_rest, body, true)
    }

    /// The function object; `own` is the name of the class whose method it is, which gets its instance first.
    pub(super) fn make<'gc>(self, cx: &mut Cx<'_, 'gc>, own: Option<&str>) -> Value<'gc> {
        let receiver = usize::from(own.is_some());
        let name = match own {
            Some(class) => cx.world.intern(cx.mc, &format!("{class}.{}", self.signature.name)),
            None => cx.world.intern(cx.mc, &self.signature.name),
        };
        let native = NativeFunction {
            name: name.0,
            body: NativeBody::Host(self.body),
            least: (self.least + receiver) as u8,
            most: self.most.map_or(u8::MAX, |most| (most + receiver) as u8),
            keywords: Keywords { positional: ParameterNames::Owned(self.signature.names()), only: &[] },
            intrinsic: Cell::default(),
            doc: self.signature.doc.into(),
        };
        Value::Native(Gc::new(cx.mc, native))
    }
}

/// The function with the defaults of what is left out.
fn with_defaults(defaults: Vec<Option<Literal>>, body: Box<HostFn>) -> Box<HostFn> {
    Box::new(move |cx, args| {
        if args.len() >= defaults.len() && !args.iter().any(Value::is_unset) {
            return body(cx, args);
        }
        let mut filled = args.to_vec();
        for (at, default) in defaults.iter().enumerate() {
            let Some(default) = default else { continue };
            if at >= filled.len() {
                filled.push(default.value(cx));
            } else if filled[at].is_unset() {
                filled[at] = default.value(cx);
            }
        }
        body(cx, &filled)
    })
}

impl Vm {
    /// Makes a Rust function callable as `namespace.name`. Defining it again replaces it, for callers that run, too.
    ///
    /// `signature` is its name, or better the whole of it, as in `"spawn(name, hp = 10, ...tags): adds an enemy"`: then arguments can be given by name,
    /// defaults fill in what is left out, and help and editors show it.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.define_function("game", "spawn(name, hp = 10): adds an enemy.", |name: String, hp: i64| format!("{name} {hp}"));
    /// assert_eq!(vm.eval::<String>("import game\ngame.spawn(\"orc\")")?, "orc 10");
    /// assert_eq!(vm.eval::<String>("game.spawn(hp: 3, name: \"elf\")")?, "elf 3");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Panics
    /// If `signature` is none, or has other parameters than the function: a mistake in the host's text, found where it stands.
    pub fn define_function<M, F: HostFunction<M>>(&mut self, namespace: &str, signature: &str, function: F) {
        self.define_prepared(namespace, signature, F::COUNT, F::HAS_REST, function.into_native(0));
    }

    pub(super) fn define_prepared(&mut self, namespace: &str, signature: &str, count: usize, has_rest: bool, native: Box<HostFn>) {
        let prepared = Prepared::new(signature, count, has_rest, native);
        self.enter(|cx| {
            let name = prepared.signature.name.clone();
            let value = prepared.make(cx, None);
            cx.define(namespace, &name, Kind::Function, value);
        });
    }

    /// Gives `namespace.name` a value, as a variable of the host. Scripts may assign to it, and no file may define it.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.define_value("game", "LIMIT", 3);
    /// assert_eq!(vm.eval::<i64>("import game\ngame.LIMIT + 1")?, 4);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Panics
    /// If there is no script value for it: see [`IntoScript`].
    pub fn define_value(&mut self, namespace: &str, name: &str, value: impl IntoScript) {
        self.enter(|cx| {
            let value = value.into_script(cx);
            cx.define(namespace, name, Kind::Variable, value);
        });
    }

    /// A namespace of the host's, to define several things in. It is made if there is none.
    ///
    /// See the example of [`Module`].
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.module("game").function("double(n)", |n: i64| n * 2);
    /// assert_eq!(vm.eval::<i64>("import game\ngame.double(4)")?, 8);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn module(&mut self, name: &str) -> Module<'_> {
        self.enter(|cx| {
            cx.world.namespace(cx.mc, name);
        });
        Module { vm: self, name: name.to_owned() }
    }
}

/// A namespace to which a host adds definitions: what [`Vm::module`] gives.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// vm.module("game")
///     .doc("What the game gives its scripts.")
///     .value("LIMIT", 3)
///     .function("double(n): twice as much.", |n: i64| n * 2)
///     .locked();
/// assert_eq!(vm.eval::<i64>("import game\ngame.double(game.LIMIT)")?, 6);
/// assert_eq!(vm.eval::<String>("game.double.doc")?, "`double(n)`: twice as much.");
/// # Ok::<(), Error>(())
/// ```
pub struct Module<'a> {
    vm: &'a mut Vm,
    name: String,
}

impl Module<'_> {
    /// What it is for, in Markdown.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.module("game").doc("What the game gives its scripts.").value("LIMIT", 3);
    /// assert_eq!(vm.eval::<String>("import game\ndoc(game)")?, "What the game gives its scripts.");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn doc(self, text: &str) -> Self {
        let name = &self.name;
        self.vm.enter(|cx| cx.world.namespace(cx.mc, name).set_doc(Some(text.into())));
        self
    }

    /// See [`Vm::define_function`].
    ///
    /// See the example of [`Module`].
    ///
    /// # Panics
    /// As there.
    pub fn function<M, F: HostFunction<M>>(self, signature: &str, function: F) -> Self {
        self.vm.define_function(&self.name, signature, function);
        self
    }

    /// See [`Vm::define_async_function`].
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::future::ready;
    ///
    /// let mut vm = Vm::new();
    /// vm.module("net").async_function("get(url)", |url: String| ready(format!("<{url}>")));
    /// assert_eq!(vm.eval::<String>("import net\nnet.get(\"here\")")?, "<here>");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Panics
    /// As there.
    pub fn async_function<M, F: AsyncFunction<M>>(self, signature: &str, function: F) -> Self {
        self.vm.define_async_function(&self.name, signature, function);
        self
    }

    /// See [`Vm::define_value`].
    ///
    /// See the example of [`Module`].
    pub fn value(self, name: &str, value: impl IntoScript) -> Self {
        self.vm.define_value(&self.name, name, value);
        self
    }

    /// Makes a Rust type a class, with what [`HostType::describe`] says of it.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// #[derive(Class)]
    /// struct Counter {
    ///     #[script(get, set)]
    ///     count: i64,
    /// }
    ///
    /// #[methods]
    /// impl Counter {
    ///     fn new() -> Counter {
    ///         Counter { count: 0 }
    ///     }
    /// }
    ///
    /// let mut vm = Vm::new();
    /// vm.module("tools").class::<Counter>();
    /// assert_eq!(vm.eval::<i64>("from tools import Counter\nlet c = Counter()\nc.count += 2\nc.count")?, 2);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Panics
    /// As [`Module::class_with`].
    pub fn class<T: HostType>(self) -> Self {
        self.class_with::<T>(T::describe)
    }

    /// Makes a Rust type a class with what `describe` says of it. Registering a type again replaces the members of its class in place.
    ///
    /// ```
    /// # struct Counter(i64);
    /// # impl HostType for Counter {
    /// #     const NAME: &'static str = "Counter";
    /// #     fn describe(class: ClassBuilder<Self>) -> ClassBuilder<Self> { class }
    /// # }
    /// use embed::prelude::*;
    ///
    /// // struct Counter(i64);
    /// let mut vm = Vm::new();
    /// vm.module("tools").class_with::<Counter>(|class| {
    ///     class.constructor("Counter(from = 0)", Counter).getter("count", |this: &Counter| this.0)
    /// });
    /// assert_eq!(vm.eval::<i64>("from tools import Counter\nlet c = Counter(4)\nc.count")?, 4);
    /// // The instance is the same, and has other members.
    /// vm.module("tools").class_with::<Counter>(|class| class.getter("count", |this: &Counter| this.0 * 100));
    /// assert_eq!(vm.eval::<i64>("c.count")?, 400);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Panics
    /// If a signature is none, or has other parameters than its function.
    pub fn class_with<T: HostType>(self, describe: impl FnOnce(ClassBuilder<T>) -> ClassBuilder<T>) -> Self {
        self.vm.define_class(&self.name, describe);
        self
    }

    /// Lets no file of a program add to the namespace. Its definitions are the host's in any case.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.module("game").value("LIMIT", 3).locked();
    /// assert!(vm.load_text("game.lang", "let more = 1").is_err());
    /// ```
    pub fn locked(self) -> Self {
        self.vm.lock_namespace(&self.name, true);
        self
    }
}
