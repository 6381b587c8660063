//! Maps and sets whose keys hash or compare in another way: they notice it by a number that a commit counts up, at their next use.
//!
//! What `hash` and `==` do depends on their own code and on everything that it mentions: functions and constants by their cells, members by
//! their names alone, because nobody knows what they are called on. What members do in turn is looked at where their classes are known.

use crate::heap::Value;
use crate::object::{Class, Cx, HashSource, Member, Proto, Symbol, SymbolMap, Undo};
use gc_arena::Gc;
use rustc_hash::FxHashSet;

/// How a class hashes and compares its instances, before an edit.
pub(super) struct KeyMethods<'gc> {
    /// Hashes of the code of its own `hash` and `==`.
    own: [Option<u64>; 2],
    bases: Vec<Gc<'gc, Class<'gc>>>,
}

impl<'gc> KeyMethods<'gc> {
    pub(super) fn of(cx: &Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>) -> Self {
        let body = class.body();
        let code = |name: Symbol<'gc>| match body.members.get(&name) {
            Some(Member::Method(Value::Function(f))) => Some(f.proto().image.fingerprint),
            Some(_) => Some(0),
            None => None,
        };
        KeyMethods { own: [code(cx.world.symbols.hash), code(cx.world.symbols.eq)], bases: body.bases.clone() }
    }
}

/// What a commit has changed, as far as it has come.
#[derive(Default)]
struct Changed<'gc> {
    /// Addresses of definitions with another value.
    cells: FxHashSet<usize>,
    /// Addresses of functions with another code.
    functions: FxHashSet<usize>,
    /// Names of members of classes.
    members: FxHashSet<Symbol<'gc>>,
}

impl<'gc> Cx<'_, 'gc> {
    /// Containers notice that instances of a class, and of those below it, are hashed or compared in another way.
    pub(super) fn note_keys(&mut self, class: Gc<'gc, Class<'gc>>, before: &KeyMethods<'gc>) {
        let now = KeyMethods::of(self, class);
        let same_bases =
            now.bases.len() == before.bases.len() && now.bases.iter().zip(&before.bases).all(|(a, b)| Gc::ptr_eq(*a, *b));
        let by_program = |c: &Gc<'gc, Class<'gc>>| c.hashing.get() != HashSource::Identity;
        let other_bases = !same_bases && now.bases.iter().chain(&before.bases).any(by_program);
        if now.own != before.own || other_bases {
            self.hashes_differ();
        }
    }

    /// Containers notice that something which `hash` or `==` of a class use has changed in the commit whose undo log starts there.
    pub(super) fn note_keys_by(&mut self, log_start: usize) {
        let mc = self.mc;
        self.world.key_classes.retain(|_, class| class.upgrade(mc).is_some());
        if self.world.key_classes.is_empty() {
            return;
        }
        let changed = self.changed_since(log_start);
        let classes: Vec<_> = self.world.key_classes.values().filter_map(|class| class.upgrade(mc)).collect();
        if !changed.is_empty() && classes.into_iter().any(|class| self.uses_any(class, &changed)) {
            self.hashes_differ();
        }
    }

    fn changed_since(&mut self, log_start: usize) -> Changed<'gc> {
        let mut changed = Changed::default();
        let mut methods = Vec::new();
        for undo in &self.world.undo[log_start..] {
            match undo {
                Undo::Definition { cell, value, .. } if !value.is_unset() && !cell.value().same(value) => {
                    changed.cells.insert(Gc::as_ptr(*cell) as usize);
                }
                Undo::Code(function, old) if function.proto().image.fingerprint != old.image.fingerprint => {
                    changed.functions.insert(Gc::as_ptr(*function) as usize);
                    if function.home().is_some() {
                        methods.push(function.proto().image.name.clone());
                    }
                }
                Undo::Decorated(decorated, ..) => {
                    if let Value::Function(function) = decorated.original.get() {
                        changed.functions.insert(Gc::as_ptr(function) as usize);
                    }
                }
                Undo::Class(class, before, Some(_)) => {
                    changed.members.extend(differing(&before.borrow().members, &class.body().members))
                }
                _ => {}
            }
        }
        let names = methods.iter().filter_map(|method| method.rsplit('.').next());
        changed.members.extend(names.map(|name| self.world.intern(self.mc, name)));
        changed
    }

    /// Whether `hash` or `==` of a class uses anything that has changed.
    fn uses_any(&self, class: Gc<'gc, Class<'gc>>, changed: &Changed<'gc>) -> bool {
        let mut reach = Reach::default();
        reach.add_class(self, class);
        reach.add_name(self.world.symbols.hash);
        reach.add_name(self.world.symbols.eq);
        loop {
            while let Some(value) = reach.values.pop() {
                if self.is_changed(value, changed, &mut reach.code) {
                    return true;
                }
            }
            let Some(proto) = reach.code.pop() else { return false };
            if !reach.seen.insert(Gc::as_ptr(proto) as usize) {
                continue;
            }
            for i in 0..proto.image.consts.len() {
                match proto.const_at(i) {
                    Value::Definition(cell) if changed.cells.contains(&(Gc::as_ptr(cell) as usize)) => return true,
                    Value::Definition(cell) => match cell.value() {
                        Value::Class(class) => reach.add_class(self, class),
                        value => reach.values.push(value),
                    },
                    Value::Str(name) if changed.members.contains(&Symbol(name)) => return true,
                    Value::Str(name) => reach.add_name(Symbol(name)),
                    _ => {}
                }
            }
            reach.code.extend(proto.image.nested.iter().map(|id| proto.linked.proto(*id)));
        }
    }

    /// Whether a value is a function that has changed. Its code is added, if it is not.
    fn is_changed(&self, value: Value<'gc>, changed: &Changed<'gc>, code: &mut Vec<Gc<'gc, Proto<'gc>>>) -> bool {
        let functions = match self.decoration(&value) {
            Some(decorated) => [decorated.original.get(), decorated.target.get()],
            None => [value, Value::Nil],
        };
        for function in functions {
            let Value::Function(function) = function else { continue };
            if changed.functions.contains(&(Gc::as_ptr(function) as usize)) {
                return true;
            }
            code.push(function.proto());
        }
        false
    }
}

/// What code reaches on its way.
#[derive(Default)]
struct Reach<'gc> {
    /// What may be functions, not looked at yet.
    values: Vec<Value<'gc>>,
    /// Code that is not looked at yet.
    code: Vec<Gc<'gc, Proto<'gc>>>,
    /// Addresses of code that is.
    seen: FxHashSet<usize>,
    /// Names that may be those of members.
    names: FxHashSet<Symbol<'gc>>,
    /// Classes whose members of these names are followed: that of the keys and those that code mentions, with those above and below them.
    classes: Vec<Gc<'gc, Class<'gc>>>,
}

impl<'gc> Reach<'gc> {
    fn add_name(&mut self, name: Symbol<'gc>) {
        if self.names.insert(name) {
            for class in &self.classes {
                self.values.extend(class.body().members.get(&name).into_iter().flat_map(functions_of));
            }
        }
    }

    fn add_class(&mut self, cx: &Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>) {
        let mut work = vec![class];
        while let Some(class) = work.pop() {
            if self.classes.iter().any(|known| Gc::ptr_eq(*known, class)) {
                continue;
            }
            self.classes.push(class);
            let body = class.body();
            let named = self.names.iter().filter_map(|name| body.members.get(name));
            self.values.extend(named.flat_map(functions_of));
            work.extend(body.linearisation.iter().copied());
            work.extend(body.subclasses.iter().filter_map(|class| class.upgrade(cx.mc)));
        }
    }
}

/// The functions of a member.
fn functions_of<'gc>(member: &Member<'gc>) -> impl Iterator<Item = Value<'gc>> + use<'gc> {
    let functions = match *member {
        Member::Method(function) | Member::Static(function) => [Some(function), None],
        Member::Property { getter, setter } => [getter, setter],
        Member::Shared(_) => [None, None],
    };
    functions.into_iter().flatten()
}

impl Changed<'_> {
    fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.functions.is_empty() && self.members.is_empty()
    }
}

/// Names of members that come, go, or are others.
fn differing<'gc>(before: &SymbolMap<'gc, Member<'gc>>, now: &SymbolMap<'gc, Member<'gc>>) -> Vec<Symbol<'gc>> {
    let is_other = |name: &Symbol<'gc>, member: &Member<'gc>, others: &SymbolMap<'gc, Member<'gc>>| {
        others.get(name).is_none_or(|other| !other.same(member))
    };
    let gone = before.iter().filter(|(name, member)| is_other(name, member, now));
    let new = now.iter().filter(|(name, member)| is_other(name, member, before));
    gone.chain(new).map(|(name, _)| *name).collect()
}
