//! Rust types as classes.
//!
//! An instance is an ordinary one with a hidden slot, `$host`, in which the Rust value is. So subclasses in scripts, caches, migration and everything
//! that lists instances hold for it. A borrow of the value lasts as long as the Rust code that uses it.

use super::convert::{FromScript, IntoScript, expected};
use super::define::Prepared;
use super::error::Error;
use super::function::{BoxError, HostFunction, HostResult, Parameter};
use super::handle::Handle;
use super::vm::Vm;
use crate::heap::Value;
use crate::link;
use crate::object::{
    Class, ClassKind, Control, Cx, ErrorKind, HostFn, HostObject, HostTypeId, Instance, Kind, Layout, Member, NativeResult,
    OwnSlot, SlotInit, Symbol, SymbolMap,
};
use crate::ops;
use gc_arena::Gc;
use std::cell::{Ref, RefCell, RefMut};
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

/// Rust types that scripts know as classes. As a rule `#[derive(Class)]` implements it. What `UserData` is in mlua, and `CustomType` in Rhai.
///
/// ```
/// use embed::prelude::*;
///
/// struct Counter(i64);
///
/// impl HostType for Counter {
///     const NAME: &'static str = "Counter";
///
///     fn describe(class: ClassBuilder<Self>) -> ClassBuilder<Self> {
///         class
///             .constructor("Counter(from = 0)", Counter)
///             .getter("count", |this: &Counter| this.0)
///             .method("bump(by = 1)", |this: &mut Counter, by: i64| this.0 += by)
///     }
/// }
///
/// let mut vm = Vm::new();
/// vm.module("tools").class::<Counter>();
/// assert_eq!(vm.eval::<i64>("from tools import Counter\nlet c = Counter(from: 5)\nc.bump()\nc.count")?, 6);
/// # Ok::<(), Error>(())
/// ```
pub trait HostType: Sized + 'static {
    /// The name of the class.
    const NAME: &'static str;

    /// Adds what the class has: constructor, methods, properties.
    fn describe(class: ClassBuilder<Self>) -> ClassBuilder<Self>;
}

/// A Rust value in an instance.
struct HostCell<T> {
    /// `None`: the host has taken it back.
    value: RefCell<Option<T>>,
    /// What has borrowed it to change it, or did so last.
    user: RefCell<Option<Rc<str>>>,
}

impl<T: HostType> HostCell<T> {
    fn new(value: T) -> Rc<Self> {
        Rc::new(HostCell { value: RefCell::new(Some(value)), user: RefCell::new(None) })
    }

    #[inline]
    fn borrow(&self, who: &str) -> Result<Ref<'_, T>, Error> {
        let value = self.value.try_borrow().map_err(|_| self.in_use(who, "read"))?;
        Ref::filter_map(value, Option::as_ref).map_err(|_| gone::<T>(who))
    }

    #[inline]
    fn borrow_mut(&self, who: &Rc<str>) -> Result<RefMut<'_, T>, Error> {
        let value = self.value.try_borrow_mut().map_err(|_| self.in_use(who, "change"))?;
        let value = RefMut::filter_map(value, Option::as_mut).map_err(|_| gone::<T>(who))?;
        *self.user.borrow_mut() = Some(who.clone());
        Ok(value)
    }

    #[cold]
    fn in_use(&self, who: &str, what: &str) -> Error {
        let holder = match (self.value.try_borrow(), &*self.user.borrow()) {
            (Err(_), Some(user)) => format!("`{user}` is changing it"),
            _ => "other code of the host is reading it".to_owned(),
        };
        let text = format!("`{who}` cannot {what} this {}: {holder}", T::NAME);
        Error::raise(ErrorKind::Error, text)
    }
}

#[cold]
fn gone<T: HostType>(who: &str) -> Error {
    Error::raise(ErrorKind::Error, format!("`{who}`: the host has taken this {} back", T::NAME))
}

/// An instance of a class of the host's, with the Rust value in it: what host functions take and give, and what the host keeps. Clones are the same
/// instance. The value lives until neither the host nor a script has the instance.
///
/// The collector does not look into Rust values: what a handle ([`Handle`], [`Hot`](super::Hot), `Own`) holds is alive as long as the handle. So an instance whose Rust value holds a
/// handle from which the instance can be reached again, such as a callback that has captured it, is never let go. Keep such things in slots of a script's class, or give them to callbacks as
/// arguments, or clear the field when it is over.
///
/// ```
/// use embed::prelude::*;
///
/// #[derive(Class)]
/// struct Account {
///     #[script(get, set)]
///     balance: i64,
/// }
///
/// let mut vm = Vm::new();
/// vm.module("bank").class::<Account>();
/// vm.load_text("main.lang", "fn pay(account, n) { account.balance += n }")?;
/// let account = Own::new(&mut vm, Account { balance: 10 });
/// vm.call::<_, ()>("main.pay", (&account, 5))?;
/// assert_eq!(account.borrow()?.balance, 15);
/// # Ok::<(), Error>(())
/// ```
pub struct Own<T: HostType> {
    handle: Handle,
    cell: Rc<HostCell<T>>,
}

impl<T: HostType> Own<T> {
    /// A new instance. Its class is made if [`Module::class`](super::Module::class) has not been called for the type.
    ///
    /// See the example of [`Own`].
    pub fn new(vm: &mut Vm, value: T) -> Own<T> {
        let cell = HostCell::new(value);
        let handle = vm.make(|cx| instance_of(cx, cell.clone()));
        Own { handle, cell }
    }

    /// The value, to look at.
    ///
    /// ```
    /// # #[derive(Class)]
    /// # struct Account {
    /// #     #[script(get, set)]
    /// #     balance: i64,
    /// # }
    /// # let mut vm = Vm::new();
    /// use embed::prelude::*;
    ///
    /// let account = Own::new(&mut vm, Account { balance: 10 });
    /// assert_eq!(account.borrow()?.balance, 10);
    /// let changing = account.borrow_mut()?;
    /// assert!(account.borrow().is_err());
    /// # drop(changing);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// While code of the host changes it, or after [`Own::take`].
    pub fn borrow(&self) -> Result<Ref<'_, T>, Error> {
        self.cell.borrow("the host")
    }

    /// The value, to change it.
    ///
    /// ```
    /// # #[derive(Class)]
    /// # struct Account {
    /// #     #[script(get, set)]
    /// #     balance: i64,
    /// # }
    /// # let mut vm = Vm::new();
    /// use embed::prelude::*;
    ///
    /// let account = Own::new(&mut vm, Account { balance: 10 });
    /// account.borrow_mut()?.balance += 5;
    /// assert_eq!(account.borrow()?.balance, 15);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// While other code of the host uses it, or after [`Own::take`].
    pub fn borrow_mut(&self) -> Result<RefMut<'_, T>, Error> {
        self.cell.borrow_mut(&Rc::from("the host"))
    }

    /// Takes the value back. The instance stays; what scripts do with it is an error from then on.
    ///
    /// ```
    /// # #[derive(Class)]
    /// # struct Account {
    /// #     #[script(get, set)]
    /// #     balance: i64,
    /// # }
    /// # let mut vm = Vm::new();
    /// use embed::prelude::*;
    ///
    /// vm.load_text("main.lang", "fn balance(account) { account.balance }")?;
    /// let account = Own::new(&mut vm, Account { balance: 10 });
    /// assert_eq!(account.take()?.balance, 10);
    /// assert!(vm.call::<_, i64>("main.balance", (&account,)).is_err(), "it is gone");
    /// assert!(account.take().is_err());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// While code of the host uses it, or if it was taken before.
    pub fn take(&self) -> Result<T, Error> {
        let mut value = self.cell.value.try_borrow_mut().map_err(|_| self.cell.in_use("the host", "take"))?;
        value.take().ok_or_else(|| gone::<T>("the host"))
    }

    /// The instance as any other value.
    ///
    /// ```
    /// # #[derive(Class)]
    /// # struct Account {
    /// #     #[script(get, set)]
    /// #     balance: i64,
    /// # }
    /// # let mut vm = Vm::new();
    /// use embed::prelude::*;
    ///
    /// let account = Own::new(&mut vm, Account { balance: 10 });
    /// assert_eq!(vm.repr(account.handle())?, "Account(balance: 10)");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl<T: HostType> Clone for Own<T> {
    fn clone(&self) -> Self {
        Own { handle: self.handle.clone(), cell: self.cell.clone() }
    }
}

impl<T: HostType> fmt::Debug for Own<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Own<{}>({:?})", T::NAME, self.handle)
    }
}

impl<T: HostType> IntoScript for T {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        instance_of(cx, HostCell::new(self))
    }
}

/// By value a host type is copied: it has to be `Clone`. [`Own`] is the instance itself.
impl<T: HostType + Clone> FromScript for T {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        let cell = cell_of::<T>(cx, &value)?;
        cell.borrow("the call").map(|value| value.clone()).map_err(|error| error.to_string())
    }
}

impl<T: HostType> IntoScript for Own<T> {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        (&self.handle).into_script(cx)
    }

    fn try_into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Result<Value<'gc>, String> {
        (&self.handle).try_into_script(cx)
    }
}

impl<T: HostType> IntoScript for &Own<T> {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        (&self.handle).into_script(cx)
    }

    fn try_into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Result<Value<'gc>, String> {
        (&self.handle).try_into_script(cx)
    }
}

impl<T: HostType> FromScript for Own<T> {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        cell_of::<T>(cx, &value)?;
        let cell = host_of::<T>(cx, &value).and_then(|host| host.data.clone().downcast().ok()).expect("looked at just now");
        Ok(Own { handle: Handle::new(cx.world, value), cell })
    }
}

/// The Rust value in an instance.
#[inline]
fn cell_of<'gc, T: HostType>(cx: &mut Cx<'_, 'gc>, value: &Value<'gc>) -> Result<&'gc HostCell<T>, String> {
    if let Value::Instance(instance) = *value
        && let Value::Host(host) = Instance::slot(instance, 0)
        && let Some(cell) = Gc::as_ref(host).data.downcast_ref()
    {
        return Ok(cell);
    }
    match host_of::<T>(cx, value).and_then(|host| host.data.downcast_ref()) {
        Some(cell) => Ok(cell),
        None => Err(no_cell::<T>(cx, value)),
    }
}

/// What holds the Rust value of an instance of the type, wherever its slot stands.
fn host_of<'gc, T: HostType>(cx: &Cx<'_, 'gc>, value: &Value<'gc>) -> Option<&'gc HostObject> {
    let Value::Instance(instance) = *value else { return None };
    let layout = cx.world.layout(instance.layout());
    let at = hidden_slot(cx, &layout)?;
    let Value::Host(host) = Instance::get(instance, &layout, at) else { return None };
    Some(Gc::as_ref(host)).filter(|host| host.data.is::<HostCell<T>>())
}

/// The slot for the Rust value: as a rule the first.
#[inline]
fn hidden_slot<'gc>(cx: &Cx<'_, 'gc>, layout: &Layout<'gc>) -> Option<usize> {
    let hidden = cx.world.symbols.hidden_host;
    if layout.slots.first().is_some_and(|slot| slot.name == hidden) {
        return Some(0);
    }
    layout.index.get(&hidden).map(|at| *at as usize)
}

/// Why a value is not what it has to be.
#[cold]
fn no_cell<'gc, T: HostType>(cx: &Cx<'_, 'gc>, value: &Value<'gc>) -> String {
    if let Value::Instance(instance) = *value {
        let layout = cx.world.layout(instance.layout());
        let is_of_type =
            || cx.world.host_classes.get(&HostTypeId::of::<T>()).is_some_and(|class| layout.class.is_subclass_of(*class));
        let holds_other = |at| matches!(Instance::get(instance, &layout, at), Value::Host(_));
        if hidden_slot(cx, &layout).is_some_and(|at| !holds_other(at)) && is_of_type() {
            let name = layout.class.name();
            return format!(
                "this {} has no {} in it: `super.init(…)` was not called, or it comes from a snapshot",
                name.as_str(),
                T::NAME
            );
        }
    }
    let article = if T::NAME.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    expected(cx, &format!("{article} {}", T::NAME), value)
}

/// A new instance with a value in it.
fn instance_of<'gc, T: HostType>(cx: &mut Cx<'_, 'gc>, cell: Rc<HostCell<T>>) -> Value<'gc> {
    let class = match cx.world.host_classes.get(&HostTypeId::of::<T>()) {
        Some(class) => *class,
        None => T::describe(ClassBuilder::new()).build(cx, None),
    };
    let layout = class.layout();
    let instance = Instance::new(cx.mc, layout.id, &layout.template);
    cx.world.charge(24 + 16 * instance.capacity());
    put_cell(cx, instance, cell);
    Value::Instance(instance)
}

/// Puts a value into an instance of its class.
fn put_cell<'gc, T: HostType>(cx: &mut Cx<'_, 'gc>, instance: Gc<'gc, Instance<'gc>>, cell: Rc<HostCell<T>>) {
    cx.world.charge(64 + size_of::<HostCell<T>>());
    let host = HostObject::of(cx.mc, T::NAME, cell, size_of::<HostCell<T>>());
    let layout = cx.world.layout(instance.layout());
    let at = hidden_slot(cx, &layout).expect("instances of classes of the host have one");
    Instance::put(instance, cx.mc, &layout, at, Value::Host(host));
}

/// Marks methods that look at their value.
///
/// It is inferred; see the example of [`HostMethod`].
pub struct Shared<Args>(PhantomData<Args>);

/// Marks methods that change their value.
///
/// It is inferred; see the example of [`HostMethod`].
pub struct Exclusive<Args>(PhantomData<Args>);

/// Rust functions and closures that are methods: their first parameter is `&T` or `&mut T`. The rest is as for [`HostFunction`].
///
/// ```
/// use embed::prelude::*;
/// use embed::HostMethod;
///
/// struct Counter(i64);
///
/// /// Adds a method under two names.
/// fn both<M>(class: ClassBuilder<Counter>, method: impl HostMethod<Counter, M> + Clone) -> ClassBuilder<Counter> {
///     class.method("bump()", method.clone()).method("count_up()", method)
/// }
///
/// impl HostType for Counter {
///     const NAME: &'static str = "Counter";
///
///     fn describe(class: ClassBuilder<Self>) -> ClassBuilder<Self> {
///         both(class, |this: &mut Counter| this.0 += 1).method("count()", |this: &Counter| this.0)
///     }
/// }
///
/// let mut vm = Vm::new();
/// vm.define_value("main", "c", Counter(0));
/// assert_eq!(vm.eval::<i64>("c.bump()\nc.count_up()\nc.count()")?, 2);
/// # Ok::<(), Error>(())
/// ```
pub trait HostMethod<T, Marker>: 'static {
    /// Number of parameters without the first, a [`Rest`](super::Rest) included.
    const COUNT: usize;
    /// Whether the last one is a [`Rest`](super::Rest).
    const HAS_REST: bool;

    /// The method in the engine's shape. `who` is what it is called in errors.
    fn into_native(self, who: Rc<str>) -> Box<HostFn>;
}

macro_rules! methods {
    ($($name:ident $i:tt),*) => {
        methods!(@one Shared, &T, borrow, Rc::as_ref, $($name $i),*);
        methods!(@one Exclusive, &mut T, borrow_mut, std::convert::identity, $($name $i),*);
    };
    (@one $marker:ident, $this:ty, $borrow:ident, $who:expr, $($name:ident $i:tt),*) => {
        impl<Func, Out, T: HostType, $($name,)*> HostMethod<T, $marker<($($name,)*)>> for Func
        where
            Func: Fn($this, $($name),*) -> Out + 'static,
            Out: HostResult,
            $($name: Parameter + 'static,)*
        {
            const COUNT: usize = <[&str]>::len(&[$(stringify!($name)),*]);
            const HAS_REST: bool = false $(|| $name::IS_REST)*;

            #[allow(non_snake_case, unused_mut, reason = "one variable for each type; what is only looked at is not changed")]
            fn into_native(self, who: Rc<str>) -> Box<HostFn> {
                Box::new(move |cx, args| {
                    let cell = receiver::<T>(cx, &who, args)?;
                    $(let $name = $name::take(cx, args, $i + 1, 1)?;)*
                    let result = match cell.$borrow($who(&who)) {
                        Ok(mut value) => self(methods!(@lend $marker value), $($name),*),
                        Err(error) => return Err(super::function::raise(cx, error.into())),
                    };
                    result.into_result(cx)
                })
            }
        }
    };
    (@lend Shared $value:ident) => { &*$value };
    (@lend Exclusive $value:ident) => { &mut *$value };
}

methods!();
methods!(A 0);
methods!(A 0, B 1);
methods!(A 0, B 1, C 2);
methods!(A 0, B 1, C 2, D 3);
methods!(A 0, B 1, C 2, D 3, E 4);
methods!(A 0, B 1, C 2, D 3, E 4, F 5);
methods!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);

#[inline]
fn receiver<'gc, T: HostType>(cx: &mut Cx<'_, 'gc>, who: &str, args: &[Value<'gc>]) -> Result<&'gc HostCell<T>, Box<Control<'gc>>> {
    cell_of::<T>(cx, args.first().unwrap_or(&Value::Nil)).map_err(|text| cx.type_error(format!("`{who}`: {text}")))
}

/// A member that is described.
enum Described {
    Method(Prepared),
    Static(Prepared),
    Getter(Prepared),
    Setter(Prepared),
}

/// What a class of the host's has. Signatures are as for [`Vm::define_function`]; methods with the name of an operator, and `str`, `repr`, `hash`, `len`,
/// `iter` and `next`, mean what they mean in classes of scripts.
///
/// ```
/// use embed::prelude::*;
///
/// struct Enemy {
///     name: String,
///     hp: i64,
/// }
///
/// impl HostType for Enemy {
///     const NAME: &'static str = "Enemy";
///
///     fn describe(class: ClassBuilder<Self>) -> ClassBuilder<Self> {
///         class
///             .doc("Something to fight.")
///             .constructor("Enemy(name, hp = 10)", |name: String, hp: i64| {
///                 if hp > 0 { Ok(Enemy { name, hp }) } else { Err(Error::value_error("an enemy lives at first")) }
///             })
///             .static_function("boss()", || Enemy { name: "dragon".into(), hp: 100 })
///             .getter("name", |this: &Enemy| this.name.clone())
///             .getter("hp", |this: &Enemy| this.hp)
///             .setter("hp", |this: &mut Enemy, hp: i64| this.hp = hp)
///             .method("hit(n = 1): takes hit points away.", |this: &mut Enemy, n: i64| this.hp -= n)
///             .method("<", |this: &Enemy, other: Own<Enemy>| Ok::<_, Error>(this.hp < other.borrow()?.hp))
///             .own_method("fight(f)", |vm: &mut Vm, this: Own<Enemy>, f: Hot<fn(Own<Enemy>)>| -> Result<(), Error> {
///                 while this.borrow()?.hp > 0 {
///                     f.call(vm, this.clone())?;
///                 }
///                 Ok(())
///             })
///     }
/// }
///
/// let mut vm = Vm::new();
/// vm.module("game").class::<Enemy>();
/// vm.eval::<()>("from game import Enemy\nlet orc = Enemy(\"orc\", hp: 3)\nlet boss = Enemy.boss()")?;
/// assert!(vm.eval::<bool>("orc < boss")?);
/// assert_eq!(vm.eval::<String>("boss.hp = 4\nboss.fight(|e| e.hit(2))\nrepr(boss)")?, "Enemy(name: \"dragon\", hp: 0)");
/// assert!(vm.eval::<Handle>("Enemy(\"ghost\", 0)").is_err());
/// # Ok::<(), Error>(())
/// ```
pub struct ClassBuilder<T> {
    doc: Option<String>,
    init: Option<Prepared>,
    members: Vec<Described>,
    of: PhantomData<fn() -> T>,
}

impl<T: HostType> ClassBuilder<T> {
    pub(super) fn new() -> Self {
        ClassBuilder { doc: None, init: None, members: Vec::new(), of: PhantomData }
    }

    /// What the class is for, in Markdown.
    ///
    /// See the example of [`ClassBuilder`].
    pub fn doc(mut self, text: &str) -> Self {
        self.doc = Some(text.to_owned());
        self
    }

    /// What a call of the class makes: a function that gives a `T`, or a `Result` with one. Without it only the host makes instances.
    ///
    /// See the example of [`ClassBuilder`].
    ///
    /// # Panics
    /// If the signature is none, or has other parameters than the function. The same holds for the other methods.
    pub fn constructor<M, Made: Constructed<T>, F: Constructor<T, Made, M>>(mut self, signature: &str, function: F) -> Self {
        let signature = format!("init{}", signature.find('(').map_or("", |at| &signature[at..]));
        self.init = Some(Prepared::of_method(&signature, F::COUNT, F::HAS_REST, function.into_init()));
        self
    }

    /// A method. Its function takes `&T` or `&mut T`, then the arguments.
    ///
    /// See the example of [`ClassBuilder`].
    ///
    /// # Panics
    /// As for [`ClassBuilder::constructor`].
    pub fn method<M, F: HostMethod<T, M>>(mut self, signature: &str, function: F) -> Self {
        let native = function.into_native(who::<T>(signature));
        self.members.push(Described::Method(Prepared::of_method(signature, F::COUNT, F::HAS_REST, native)));
        self
    }

    /// A method whose function takes its instance as an [`Own`], and before that perhaps `&mut Vm`: for those that call the program.
    ///
    /// See the example of [`ClassBuilder`].
    ///
    /// # Panics
    /// As for [`ClassBuilder::constructor`], and if the function has no parameter.
    pub fn own_method<M, F: HostFunction<M>>(mut self, signature: &str, function: F) -> Self {
        assert!(F::COUNT > 0, "the host method `{signature}`: its function takes the instance first");
        self.members.push(Described::Method(Prepared::of_method(signature, F::COUNT - 1, F::HAS_REST, function.into_native(1))));
        self
    }

    /// A function of the class itself: `Enemy.boss()`.
    ///
    /// See the example of [`ClassBuilder`].
    ///
    /// # Panics
    /// As for [`ClassBuilder::constructor`].
    pub fn static_function<M, F: HostFunction<M>>(mut self, signature: &str, function: F) -> Self {
        let native = function.into_native(0);
        // It gets the class first.
        let native: Box<HostFn> = Box::new(move |cx, args| native(cx, args.get(1..).unwrap_or_default()));
        self.members.push(Described::Static(Prepared::of_method(signature, F::COUNT, F::HAS_REST, native)));
        self
    }

    /// A property that is read like a slot.
    ///
    /// The class shows such properties in its `repr`. See the example of [`ClassBuilder`].
    ///
    /// # Panics
    /// As for [`ClassBuilder::constructor`].
    pub fn getter<M, F: HostMethod<T, M>>(mut self, name: &str, function: F) -> Self {
        let native = function.into_native(who::<T>(name));
        self.members.push(Described::Getter(Prepared::of_method(name, F::COUNT, F::HAS_REST, native)));
        self
    }

    /// What an assignment to a property does.
    ///
    /// See the example of [`ClassBuilder`].
    ///
    /// # Panics
    /// As for [`ClassBuilder::constructor`].
    pub fn setter<M, F: HostMethod<T, M>>(mut self, name: &str, function: F) -> Self {
        let native = function.into_native(who::<T>(name));
        self.members.push(Described::Setter(Prepared::of_method(name, F::COUNT, F::HAS_REST, native)));
        self
    }

    /// Makes the class, or gives the one that there is these members; defines it if it has a namespace.
    pub(super) fn build<'gc>(self, cx: &mut Cx<'_, 'gc>, namespace: Option<&str>) -> Gc<'gc, Class<'gc>> {
        let mut members = SymbolMap::default();
        let mut shown = Vec::new();
        for member in self.members {
            add_member(cx, T::NAME, &mut members, &mut shown, member);
        }
        let init = match self.init {
            Some(init) => init.make(cx, Some(T::NAME)),
            None => Prepared::of_method("init", 1, true, Box::new(not_made::<T>)).make(cx, Some(T::NAME)),
        };
        members.insert(cx.world.symbols.init, Member::Method(init));
        let repr = cx.world.symbols.repr;
        if !members.contains_key(&repr) {
            let names: Vec<String> = shown.iter().map(|name: &Symbol<'gc>| name.as_str().to_owned()).collect();
            let native = Prepared::of_method("repr", 0, false, Box::new(move |cx, args| repr_of(cx, args[0], &names)));
            members.insert(repr, Member::Method(native.make(cx, Some(T::NAME))));
        }
        let known = cx.world.host_classes.get(&HostTypeId::of::<T>()).copied();
        let class = known.unwrap_or_else(|| {
            let qualified = namespace.map_or_else(|| T::NAME.to_owned(), |namespace| format!("{namespace}.{}", T::NAME));
            let class = cx.world.new_class(cx.mc, T::NAME, qualified.into(), ClassKind::Plain);
            cx.world.host_classes.insert(HostTypeId::of::<T>(), class);
            class
        });
        let own = members.clone();
        if let Some(class) = known {
            // What scripts have added by `extend` stays.
            let body = class.body();
            for (name, member) in body.members.iter().filter(|(name, _)| !body.own.contains_key(*name)) {
                members.entry(*name).or_insert(*member);
            }
        }
        let is_iterable = members.contains_key(&cx.world.symbols.iter);
        let hidden = cx.world.symbols.hidden_host;
        Class::update(class, cx.mc, |body| {
            body.own_slots = vec![OwnSlot { name: hidden, init: SlotInit::Value(Value::Nil), is_transient: true }];
            body.members = members;
            body.own = own;
            body.doc = self.doc.map(Into::into);
        });
        if known.is_none() {
            let iterable = cx.world.intern(cx.mc, "Iterable");
            if let Some(Value::Class(iterable)) = cx.world.core.get(iterable).map(|cell| cell.value())
                && is_iterable
            {
                link::set_bases(cx, class, vec![iterable]);
            }
            assert!(link::settle(cx, &[class]).is_ok(), "a class with one hidden slot has no conflicts");
        } else {
            link::note_hashability(cx, class);
            cx.clear_inline_caches();
        }
        if let Some(namespace) = namespace {
            cx.define(namespace, T::NAME, Kind::Class, Value::Class(class));
        }
        class
    }
}

/// What a member is called in errors.
fn who<T: HostType>(signature: &str) -> Rc<str> {
    let from = if signature.starts_with("()") { 2 } else { 0 };
    let name = signature[from..].find(['(', ':']).map_or(signature, |at| &signature[..at + from]);
    format!("{}.{name}", T::NAME).into()
}

fn add_member<'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: &str,
    members: &mut SymbolMap<'gc, Member<'gc>>,
    shown: &mut Vec<Symbol<'gc>>,
    member: Described,
) {
    let (Described::Method(prepared) | Described::Static(prepared) | Described::Getter(prepared) | Described::Setter(prepared)) =
        &member;
    let name = cx.world.intern(cx.mc, &prepared.signature.name);
    let (mut getter, mut setter) = match members.get(&name) {
        Some(Member::Property { getter, setter }) => (*getter, *setter),
        _ => (None, None),
    };
    let member = match member {
        Described::Method(method) => Member::Method(method.make(cx, Some(class))),
        Described::Static(function) => Member::Static(function.make(cx, Some(class))),
        Described::Getter(function) => {
            shown.push(name);
            getter = Some(function.make(cx, Some(class)));
            Member::Property { getter, setter }
        }
        Described::Setter(function) => {
            setter = Some(function.make(cx, Some(class)));
            Member::Property { getter, setter }
        }
    };
    members.insert(name, member);
}

fn not_made<'gc, T: HostType>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    Err(cx.type_error(format!("`{}` cannot be called: only the host makes instances of it", T::NAME)))
}

/// `Enemy(hp: 10)`: the class with the properties of the host that can be read, and the slots of subclasses.
fn repr_of<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>, names: &[String]) -> NativeResult<'gc> {
    let mut parts = Vec::new();
    for name in names {
        let symbol = cx.world.intern(cx.mc, name);
        let class = cx.world.class_of(&value);
        if let Some((_, Member::Property { getter: Some(Value::Native(getter)), .. })) = class.find(symbol)
            && let Ok(read) = getter.body.call(cx, &[value])
        {
            parts.push(format!("{name}: {}", ops::describe(cx, &read)));
        }
    }
    // What subclasses in scripts have added.
    if let Value::Instance(instance) = value {
        let layout = cx.world.layout(instance.layout());
        for (at, slot) in layout.slots.iter().enumerate().filter(|(_, slot)| !slot.name.as_str().starts_with('$')) {
            let value = Instance::get(instance, &layout, at);
            if !value.is_unset() {
                parts.push(format!("{}: {}", slot.name.as_str(), ops::describe(cx, &value)));
            }
        }
    }
    let text = format!("{}({})", cx.type_name(&value), parts.join(", "));
    Ok(cx.string(text))
}

/// What a constructor may give: the value, or a `Result` with it.
///
/// See the example of [`ClassBuilder`], whose constructor gives a `Result`.
pub trait Constructed<T> {
    /// The value, or why there is none.
    fn made(self) -> Result<T, BoxError>;
}

impl<T: HostType> Constructed<T> for T {
    fn made(self) -> Result<T, BoxError> {
        Ok(self)
    }
}

impl<T: HostType, E: Into<BoxError>> Constructed<T> for Result<T, E> {
    fn made(self) -> Result<T, BoxError> {
        self.map_err(Into::into)
    }
}

/// Rust functions and closures that make a value of a host type.
///
/// See the example of [`ClassBuilder`].
pub trait Constructor<T, Made, Marker>: 'static {
    /// Number of parameters.
    const COUNT: usize;
    /// Whether the last one is a [`Rest`](super::Rest).
    const HAS_REST: bool;

    /// `init`, in the engine's shape.
    fn into_init(self) -> Box<HostFn>;
}

macro_rules! constructors {
    ($($name:ident $i:tt),*) => {
        impl<Func, Made: Constructed<T>, T: HostType, $($name,)*> Constructor<T, Made, ($($name,)*)> for Func
        where
            Func: Fn($($name),*) -> Made + 'static,
            $($name: Parameter + 'static,)*
        {
            const COUNT: usize = <[&str]>::len(&[$(stringify!($name)),*]);
            const HAS_REST: bool = false $(|| $name::IS_REST)*;

            #[allow(non_snake_case, reason = "one variable for each type")]
            fn into_init(self) -> Box<HostFn> {
                Box::new(move |cx, args| {
                    $(let $name = $name::take(cx, args, $i + 1, 1)?;)*
                    match self($($name),*).made() {
                        Ok(value) => fill::<T>(cx, args[0], value),
                        Err(error) => Err(super::function::raise(cx, error)),
                    }
                })
            }
        }
    };
}

constructors!();
constructors!(A 0);
constructors!(A 0, B 1);
constructors!(A 0, B 1, C 2);
constructors!(A 0, B 1, C 2, D 3);
constructors!(A 0, B 1, C 2, D 3, E 4);
constructors!(A 0, B 1, C 2, D 3, E 4, F 5);
constructors!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
constructors!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

/// Puts what a constructor has made into the instance that is being made.
fn fill<'gc, T: HostType>(cx: &mut Cx<'_, 'gc>, instance: Value<'gc>, value: T) -> NativeResult<'gc> {
    let Value::Instance(instance) = instance else {
        return Err(cx.type_error(format!("`{}.init` is a method of instances", T::NAME)));
    };
    // Called once more, it gives the same instance another value: the host may hold it.
    let cell = host_of::<T>(cx, &Value::Instance(instance)).and_then(|host| host.data.downcast_ref::<HostCell<T>>());
    if let Some(cell) = cell {
        return match cell.value.try_borrow_mut() {
            Ok(mut content) => {
                *content = Some(value);
                Ok(Value::Nil)
            }
            Err(_) => Err(super::function::raise(cx, cell.in_use("init", "replace").into())),
        };
    }
    put_cell(cx, instance, HostCell::new(value));
    Ok(Value::Nil)
}

impl Vm {
    pub(super) fn define_class<T: HostType>(&mut self, namespace: &str, describe: impl FnOnce(ClassBuilder<T>) -> ClassBuilder<T>) {
        let builder = describe(ClassBuilder::new());
        self.enter(|cx| {
            builder.build(cx, Some(namespace));
        });
    }
}
