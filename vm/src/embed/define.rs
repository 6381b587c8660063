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
    pub fn define_value(&mut self, namespace: &str, name: &str, value: impl IntoScript) {
        self.enter(|cx| {
            let value = value.into_script(cx);
            cx.define(namespace, name, Kind::Variable, value);
        });
    }

    /// A namespace of the host's, to define several things in. It is made if there is none.
    pub fn module(&mut self, name: &str) -> Module<'_> {
        self.enter(|cx| {
            cx.world.namespace(cx.mc, name);
        });
        Module { vm: self, name: name.to_owned() }
    }
}

/// A namespace to which a host adds definitions: what [`Vm::module`] gives.
pub struct Module<'a> {
    vm: &'a mut Vm,
    name: String,
}

impl Module<'_> {
    /// What it is for, in Markdown.
    pub fn doc(self, text: &str) -> Self {
        let name = &self.name;
        self.vm.enter(|cx| cx.world.namespace(cx.mc, name).set_doc(Some(text.into())));
        self
    }

    /// See [`Vm::define_function`].
    ///
    /// # Panics
    /// As there.
    pub fn function<M, F: HostFunction<M>>(self, signature: &str, function: F) -> Self {
        self.vm.define_function(&self.name, signature, function);
        self
    }

    /// See [`Vm::define_async_function`].
    ///
    /// # Panics
    /// As there.
    pub fn async_function<M, F: AsyncFunction<M>>(self, signature: &str, function: F) -> Self {
        self.vm.define_async_function(&self.name, signature, function);
        self
    }

    /// See [`Vm::define_value`].
    pub fn value(self, name: &str, value: impl IntoScript) -> Self {
        self.vm.define_value(&self.name, name, value);
        self
    }

    /// Makes a Rust type a class, with what [`HostType::describe`] says of it.
    pub fn class<T: HostType>(self) -> Self {
        self.class_with::<T>(T::describe)
    }

    /// Makes a Rust type a class with what `describe` says of it. Registering a type again replaces the members of its class in place.
    ///
    /// # Panics
    /// If a signature is none, or has other parameters than its function.
    pub fn class_with<T: HostType>(self, describe: impl FnOnce(ClassBuilder<T>) -> ClassBuilder<T>) -> Self {
        self.vm.define_class(&self.name, describe);
        self
    }

    /// Lets no file of a program add to the namespace. Its definitions are the host's in any case.
    pub fn locked(self) -> Self {
        self.vm.lock_namespace(&self.name, true);
        self
    }
}
