//! Classes. A class object keeps its identity over redefinitions; what changes is its body and its current layout.

use super::{BoxCell, Decorated, Definition, Function, Hook, Layout, LayoutId, Symbol, SymbolMap, Variant};
use crate::heap::Value;
use crate::image::MemberRole;
use gc_arena::barrier::unlock;
use gc_arena::lock::{Lock, RefLock};
use gc_arena::{Collect, Gc, GcWeak, Mutation};
use rustc_hash::FxHashMap;
use std::cell::{Cell, Ref};
use std::sync::Arc;

/// What sort of class it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClassKind {
    /// Written in the language.
    Plain,
    /// The class of a built-in type; cannot be instantiated by slots.
    BuiltIn,
    /// An enum.
    Enum,
}

/// A member found through the linearisation.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub enum Member<'gc> {
    /// Called with the receiver as first argument.
    Method(Value<'gc>),
    /// Called with the class as first argument.
    Static(Value<'gc>),
    /// Functions of the receiver.
    Property {
        /// `get`
        getter: Option<Value<'gc>>,
        /// `set`
        setter: Option<Value<'gc>>,
    },
    /// A shared slot.
    Shared(Gc<'gc, BoxCell<'gc>>),
}

impl<'gc> Member<'gc> {
    /// Whether two members are the same functions, decorated or not, or the same shared slot.
    pub fn same(&self, other: &Self) -> bool {
        let plain = |value: Value<'gc>| if let Value::Decorated(decorated) = value { decorated.original.get() } else { value };
        let same = |a: &Value<'gc>, b: &Value<'gc>| plain(*a).same(&plain(*b));
        let both = |a: &Option<Value<'gc>>, b: &Option<Value<'gc>>| match (a, b) {
            (Some(a), Some(b)) => same(a, b),
            (None, None) => true,
            _ => false,
        };
        match (self, other) {
            (Member::Method(a), Member::Method(b)) | (Member::Static(a), Member::Static(b)) => same(a, b),
            (Member::Property { getter: a, setter: c }, Member::Property { getter: b, setter: d }) => both(a, b) && both(c, d),
            (Member::Shared(a), Member::Shared(b)) => Gc::ptr_eq(*a, *b),
            _ => false,
        }
    }

    /// Whether both are methods, static functions, properties, or shared slots.
    pub fn is_of_one_sort(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// A function that its class does not hold any more; others may.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
enum Gone<'gc> {
    Function(GcWeak<'gc, Function<'gc>>),
    Decorated(GcWeak<'gc, Decorated<'gc>>),
}

impl<'gc> Gone<'gc> {
    fn of(value: Value<'gc>) -> Option<Self> {
        match value {
            Value::Function(function) => Some(Gone::Function(Gc::downgrade(function))),
            Value::Decorated(decorated) => Some(Gone::Decorated(Gc::downgrade(decorated))),
            _ => None,
        }
    }

    fn value(self, mc: &Mutation<'gc>) -> Option<Value<'gc>> {
        match self {
            Gone::Function(function) => function.upgrade(mc).map(Value::Function),
            Gone::Decorated(decorated) => decorated.upgrade(mc).map(Value::Decorated),
        }
    }
}

/// A member that its class no longer has. Who holds its functions joins it if it comes back.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct MemberGone<'gc> {
    method: Option<Gone<'gc>>,
    of_class: Option<Gone<'gc>>,
    getter: Option<Gone<'gc>>,
    setter: Option<Gone<'gc>>,
}

impl<'gc> MemberGone<'gc> {
    /// What is left of a member, beside what is left of an earlier one of its name.
    pub fn add(earlier: Option<Self>, member: Member<'gc>) -> Self {
        let mut gone = earlier.unwrap_or(MemberGone { method: None, of_class: None, getter: None, setter: None });
        match member {
            Member::Method(value) => gone.method = Gone::of(value),
            Member::Static(value) => gone.of_class = Gone::of(value),
            Member::Property { getter, setter } => {
                gone.getter = getter.and_then(Gone::of);
                gone.setter = setter.and_then(Gone::of);
            }
            Member::Shared(_) => {}
        }
        gone
    }

    /// Takes the member that was of the same sort as `member` out, as far as somebody holds it.
    pub fn take_like(&mut self, mc: &Mutation<'gc>, member: &Member<'gc>) -> Option<Member<'gc>> {
        let value = |gone: Option<Gone<'gc>>| gone.and_then(|gone| gone.value(mc));
        match member {
            Member::Method(_) => value(self.method.take()).map(Member::Method),
            Member::Static(_) => value(self.of_class.take()).map(Member::Static),
            Member::Property { .. } => {
                let (getter, setter) = (value(self.getter.take()), value(self.setter.take()));
                (getter.is_some() || setter.is_some()).then_some(Member::Property { getter, setter })
            }
            Member::Shared(_) => None,
        }
    }

    /// Whether somebody holds any of it.
    pub fn is_held(&self, mc: &Mutation<'gc>) -> bool {
        let parts = [self.method, self.of_class, self.getter, self.setter];
        parts.into_iter().flatten().any(|gone| gone.value(mc).is_some())
    }
}

/// A method or static function that has left the text of its class: a leak as long as somebody holds it.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct MemberLeak<'gc> {
    class: GcWeak<'gc, Class<'gc>>,
    /// Its name.
    pub name: Symbol<'gc>,
    function: Gone<'gc>,
    /// What it was.
    #[collect(require_static)]
    pub kind: &'static str,
    /// The commit that removed it.
    pub epoch: u64,
    /// Whether nothing used it when somebody looked.
    pub is_unused: bool,
}

impl<'gc> MemberLeak<'gc> {
    /// The leak that becomes of a member; of properties and shared slots there is none, since nobody can hold them.
    pub fn of(class: Gc<'gc, Class<'gc>>, name: Symbol<'gc>, member: &Member<'gc>, epoch: u64) -> Option<Self> {
        let (value, kind) = match member {
            Member::Method(value) => (*value, "method"),
            Member::Static(value) => (*value, "static function"),
            Member::Property { .. } | Member::Shared(_) => return None,
        };
        Some(MemberLeak { class: Gc::downgrade(class), name, function: Gone::of(value)?, kind, epoch, is_unused: false })
    }

    /// Its class, unless that is gone, or has a member of its name again, perhaps an inherited one.
    pub fn class(&self, mc: &Mutation<'gc>) -> Option<Gc<'gc, Class<'gc>>> {
        self.class.upgrade(mc).filter(|class| class.find(self.name).is_none())
    }

    /// The address of its class, and its name.
    pub fn key(&self) -> (usize, Symbol<'gc>) {
        (self.class.as_ptr() as usize, self.name)
    }

    /// The function, if somebody holds it.
    pub fn value(&self, mc: &Mutation<'gc>) -> Option<Value<'gc>> {
        self.function.value(mc)
    }
}

/// Initial value of a slot.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub enum SlotInit<'gc> {
    /// Starts unset.
    Unset,
    /// Starts with this immutable value.
    Value(Value<'gc>),
    /// Starts with a new list.
    EmptyList,
    /// Starts with a new map.
    EmptyMap,
    /// Computed by this function of `self`.
    Code(Gc<'gc, Function<'gc>>),
}

impl SlotInit<'_> {
    /// Whether it starts unset.
    pub fn is_unset(&self) -> bool {
        matches!(self, SlotInit::Unset)
    }
}

/// A slot that a class declares itself.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct OwnSlot<'gc> {
    /// Its name.
    pub name: Symbol<'gc>,
    /// Its initial value.
    pub init: SlotInit<'gc>,
    /// Whether snapshots leave it out.
    pub is_transient: bool,
}

/// What a slot or another member continues under its name.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct Was<'gc> {
    /// The name that it had.
    pub from: Symbol<'gc>,
    /// What its text says behind `was`.
    pub said: Option<Symbol<'gc>>,
    /// Number of the attempt to commit that has brought this, if it may exchange names.
    pub since: Option<u32>,
}

/// A migration hook of the text.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct HookText<'gc> {
    /// The number of the layout that it migrates from; the last one if it names none.
    pub from: Option<u32>,
    /// Hash of its text.
    pub fingerprint: u64,
    /// Its code.
    pub function: Gc<'gc, Function<'gc>>,
}

/// What a redefinition replaces.
#[derive(Clone, Collect)]
#[collect(no_drop)]
pub struct ClassBody<'gc> {
    /// Bases in order.
    pub bases: Vec<Gc<'gc, Class<'gc>>>,
    /// The linearisation, the class itself first.
    pub linearisation: Vec<Gc<'gc, Class<'gc>>>,
    /// Slots it declares itself.
    pub own_slots: Vec<OwnSlot<'gc>>,
    /// What slots and members of its text continue under other names.
    pub was: SymbolMap<'gc, Was<'gc>>,
    /// The method that fills its own slots whose defaults need code.
    pub filler: Option<Gc<'gc, Function<'gc>>>,
    /// Members it declares itself, shared slots included, and those of `extend` blocks.
    pub members: SymbolMap<'gc, Member<'gc>>,
    /// Those of its own text, as its last definition had them.
    pub own: SymbolMap<'gc, Member<'gc>>,
    /// Members that its text no longer has, and that somebody may hold.
    pub members_gone: SymbolMap<'gc, MemberGone<'gc>>,
    /// Members of the engine in whose place an `extend` has put others.
    pub hidden: SymbolMap<'gc, Member<'gc>>,
    /// Hashes of the initialisers of its shared slots, also of those that its text no longer has.
    pub shared_texts: SymbolMap<'gc, u64>,
    /// The initialisers of its shared slots.
    pub shared_inits: SymbolMap<'gc, Gc<'gc, Function<'gc>>>,
    /// Shared slots that its text no longer has: they are as they were if they come back.
    pub shared_gone: SymbolMap<'gc, Gc<'gc, BoxCell<'gc>>>,
    /// Digests of its shared slots when their initialisers had run; slots that hold more than plain data have none.
    pub shared_digests: SymbolMap<'gc, u64>,
    /// Constants and functions that the initialisers of its shared slots and the decorators of its members have used.
    pub computed_from: FxHashMap<Part<'gc>, Vec<Gc<'gc, Definition<'gc>>>>,
    /// Hashes of its decorated members, with their decorators.
    pub decorated_texts: FxHashMap<Part<'gc>, u64>,
    /// Migration hooks of the text.
    pub hooks: Vec<HookText<'gc>>,
    /// The hook that it has on the edges into its own current layout and those of the classes below it.
    pub open_hook: Option<Gc<'gc, Hook<'gc>>>,
    /// Layouts that snapshots name, and all that came after the first of them, oldest first: kept for the return of what was written.
    pub written: Vec<Gc<'gc, Layout<'gc>>>,
    /// Enum variants in order.
    pub variants: Vec<Gc<'gc, Variant<'gc>>>,
    /// Variants that the enum no longer has, with the values of those without payload: for their return, and for hooks.
    pub retired: Vec<(Gc<'gc, Variant<'gc>>, Value<'gc>)>,
    /// Classes that have it as a base.
    pub subclasses: Vec<GcWeak<'gc, Class<'gc>>>,
    /// Doc text.
    pub doc: Option<Arc<str>>,
    /// Qualified name: `game.monster.Monster`.
    pub qualified: Arc<str>,
    /// Whether it defines `==` without `hash`, itself or by inheritance.
    pub unhashable: bool,
}

/// A part of a class that code of the program computes: a shared slot, or a decorated member in one of its uses.
#[derive(Collect, Clone, Copy, PartialEq, Eq, Hash)]
#[collect(no_drop)]
pub struct Part<'gc> {
    /// Its name.
    pub name: Symbol<'gc>,
    /// The use of a member; `None` for a shared slot.
    #[collect(require_static)]
    pub role: Option<MemberRole>,
}

/// Where instances of a class get their hash and equality from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashSource {
    /// Their identity.
    Identity,
    /// Methods of the program: `hash`, and `==` if there is one.
    Program,
    /// There is `==` but no `hash`: they are not hashable.
    Unhashable,
}

/// A class object.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Class<'gc> {
    /// Its name; another one once it is renamed.
    name: Lock<Symbol<'gc>>,
    /// What sort of class it is.
    #[collect(require_static)]
    pub kind: ClassKind,
    /// The id under which inline caches know the class object itself as a receiver.
    #[collect(require_static)]
    pub own_id: LayoutId,
    /// Derived from the members by the linker.
    #[collect(require_static)]
    pub hashing: Cell<HashSource>,
    layout: Lock<Option<Gc<'gc, Layout<'gc>>>>,
    body: RefLock<ClassBody<'gc>>,
}

impl<'gc> Class<'gc> {
    /// A class without bases, members and layout.
    pub fn new(mc: &Mutation<'gc>, name: Symbol<'gc>, qualified: Arc<str>, kind: ClassKind, own_id: LayoutId) -> Gc<'gc, Self> {
        let body = ClassBody {
            bases: Vec::new(),
            linearisation: Vec::new(),
            own_slots: Vec::new(),
            filler: None,
            members: SymbolMap::default(),
            own: SymbolMap::default(),
            hidden: SymbolMap::default(),
            was: SymbolMap::default(),
            members_gone: SymbolMap::default(),
            shared_texts: SymbolMap::default(),
            shared_inits: SymbolMap::default(),
            shared_gone: SymbolMap::default(),
            shared_digests: SymbolMap::default(),
            computed_from: FxHashMap::default(),
            decorated_texts: FxHashMap::default(),
            hooks: Vec::new(),
            open_hook: None,
            written: Vec::new(),
            variants: Vec::new(),
            retired: Vec::new(),
            subclasses: Vec::new(),
            doc: None,
            qualified,
            unhashable: false,
        };
        let class = Gc::new(
            mc,
            Class {
                name: Lock::new(name),
                kind,
                own_id,
                hashing: Cell::new(HashSource::Identity),
                layout: Lock::new(None),
                body: RefLock::new(body),
            },
        );
        Self::update(class, mc, |b| b.linearisation.push(class));
        class
    }

    /// Its name.
    #[inline]
    pub fn name(&self) -> Symbol<'gc> {
        self.name.get()
    }

    /// Gives it another name.
    pub fn rename(this: Gc<'gc, Self>, mc: &Mutation<'gc>, name: Symbol<'gc>) {
        unlock!(Gc::write(mc, this), Class, name).set(name);
    }

    /// Its current layout. Every class that a program can see has one.
    #[inline]
    pub fn layout(&self) -> Gc<'gc, Layout<'gc>> {
        self.layout.get().expect("a class gets its layout before a program sees it")
    }

    /// Its current layout, if it has one yet.
    pub fn layout_option(&self) -> Option<Gc<'gc, Layout<'gc>>> {
        self.layout.get()
    }

    /// Puts back an earlier layout, or none.
    pub fn restore_layout(this: Gc<'gc, Self>, mc: &Mutation<'gc>, layout: Option<Gc<'gc, Layout<'gc>>>) {
        Gc::write(mc, this);
        // SAFETY: the barrier has run.
        unsafe { this.layout.as_cell() }.set(layout);
    }

    /// Whether it has a layout yet.
    pub fn has_layout(&self) -> bool {
        self.layout.get().is_some()
    }

    /// Makes `layout` the current one.
    pub fn set_layout(this: Gc<'gc, Self>, mc: &Mutation<'gc>, layout: Gc<'gc, Layout<'gc>>) {
        mc.backward_barrier(Gc::erase(this), Some(Gc::erase(layout)));
        // SAFETY: the barrier has run.
        unsafe { this.layout.as_cell() }.set(Some(layout));
    }

    /// Bases, members and so on.
    pub fn body(&self) -> Ref<'_, ClassBody<'gc>> {
        self.body.borrow()
    }

    /// Changes bases, members and so on.
    pub fn update<R>(this: Gc<'gc, Self>, mc: &Mutation<'gc>, f: impl FnOnce(&mut ClassBody<'gc>) -> R) -> R {
        Gc::write(mc, this);
        // SAFETY: `Gc::write` has run the barrier of the whole class.
        f(&mut unsafe { this.body.as_ref_cell() }.borrow_mut())
    }

    /// The member of this name, from the class itself on.
    pub fn find(&self, name: Symbol<'gc>) -> Option<(Gc<'gc, Class<'gc>>, Member<'gc>)> {
        self.body().linearisation.iter().find_map(|class| Some((*class, *class.body().members.get(&name)?)))
    }

    /// The member of this name, from the class after `home` in this class's linearisation on.
    pub fn find_after(&self, home: Gc<'gc, Class<'gc>>, name: Symbol<'gc>) -> Option<(Gc<'gc, Class<'gc>>, Member<'gc>)> {
        let body = self.body();
        let mut rest = body.linearisation.iter().skip_while(|c| !Gc::ptr_eq(**c, home));
        rest.next();
        rest.find_map(|class| Some((*class, *class.body().members.get(&name)?)))
    }

    /// Whether it is `other` or inherits from it.
    pub fn is_subclass_of(&self, other: Gc<'gc, Class<'gc>>) -> bool {
        self.body().linearisation.iter().any(|c| Gc::ptr_eq(*c, other))
    }

    /// Qualified name.
    pub fn qualified(&self) -> Arc<str> {
        self.body().qualified.clone()
    }
}
