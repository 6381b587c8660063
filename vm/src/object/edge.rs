//! Edges: the steps from one layout of a class to the next.

use super::{Class, Direction, Fiber, Function, Instance, Layout, LayoutId, Symbol};
use crate::heap::Value;
use gc_arena::barrier::unlock;
use gc_arena::lock::{Lock, RefLock};
use gc_arena::{Collect, Gc, GcWeak, Mutation};
use rustc_hash::FxHashMap;
use std::cell::Cell;

/// Where the value of a slot comes from.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub enum Source<'gc> {
    /// This slot of the old layout.
    Old(u32),
    /// The value that a shared slot of this name had.
    Shared(Value<'gc>),
    /// The attic, else the value that a shared slot of this name had: back and forth along the history.
    Back(Value<'gc>),
    /// The attic, else the slot's default.
    Default,
}

/// A migration hook on an edge. The edges of one class and those of the classes below it, made by the same commit, have it together.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Hook<'gc> {
    /// The class that it belongs to.
    pub class: Gc<'gc, Class<'gc>>,
    function: Lock<Option<Gc<'gc, Function<'gc>>>>,
    /// Whether an instance for which it raises takes the step without hooks.
    forgives: Cell<bool>,
    /// Whether it has been told that it has raised.
    pub is_told: Cell<bool>,
    /// The last commit that has edited it after other commits had changed the class.
    pub edited_late: Cell<Option<u32>>,
}

impl<'gc> Hook<'gc> {
    /// A hook; without function it does nothing until it gets one.
    pub fn new(mc: &Mutation<'gc>, class: Gc<'gc, Class<'gc>>, function: Option<Gc<'gc, Function<'gc>>>) -> Gc<'gc, Self> {
        let (function, edited_late) = (Lock::new(function), Cell::new(None));
        Gc::new(mc, Hook { class, function, forgives: Cell::new(false), is_told: Cell::new(false), edited_late })
    }

    /// What it runs.
    pub fn function(&self) -> Option<Gc<'gc, Function<'gc>>> {
        self.function.get()
    }

    /// Whether an instance for which it raises takes the step without hooks.
    pub fn forgives(&self) -> bool {
        self.forgives.get()
    }

    /// Decides what becomes of instances for which it raises; that is told afresh.
    pub fn set_forgives(&self, forgives: bool) {
        self.forgives.set(forgives);
        self.is_told.set(false);
    }

    /// Replaces what it runs.
    pub fn set(this: Gc<'gc, Self>, mc: &Mutation<'gc>, function: Option<Gc<'gc, Function<'gc>>>) {
        unlock!(Gc::write(mc, this), Hook, function).set(function);
    }
}

/// What an instance was before it crossed an edge, for `old(other)`.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct Crossed<'gc> {
    /// The instance.
    pub instance: GcWeak<'gc, Instance<'gc>>,
    /// Its `old`.
    pub old: Gc<'gc, Instance<'gc>>,
}

/// The step from a layout to another one of the same class.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Edge<'gc> {
    /// The layout it leads to.
    #[collect(require_static)]
    pub to: LayoutId,
    /// Number of the commit that made it.
    pub commit: u32,
    /// For each slot of the new layout where it comes from.
    pub sources: Vec<Source<'gc>>,
    /// Slots that come into being.
    pub added: Vec<Symbol<'gc>>,
    /// Slots whose values go to the attic, with their place in the old layout.
    pub discarded: Vec<(Symbol<'gc>, u32)>,
    /// Slots that have another name: old, new.
    pub renamed: Vec<(Symbol<'gc>, Symbol<'gc>)>,
    /// Hooks, those of bases first.
    pub hooks: Vec<Gc<'gc, Hook<'gc>>>,
    /// The layout of the hooks' `old`, once there is one.
    view: Lock<Option<Gc<'gc, Layout<'gc>>>>,
    /// An undo that takes hooks back marks what crosses, and a redo that brings them again passes over what has the mark: for that they have run.
    #[collect(require_static)]
    pub direction: Cell<Direction>,
    /// What instances do instead for which it has raised, since a later commit has mended that.
    joined: Lock<Option<Gc<'gc, Edge<'gc>>>>,
    /// By address.
    crossed: RefLock<FxHashMap<usize, Crossed<'gc>>>,
}

/// What an edge is made of; see [`Edge`].
pub struct Step<'gc> {
    /// For each slot of the new layout where it comes from.
    pub sources: Vec<Source<'gc>>,
    /// Slots that come into being.
    pub added: Vec<Symbol<'gc>>,
    /// Slots whose values go to the attic, with their place in the old layout.
    pub discarded: Vec<(Symbol<'gc>, u32)>,
    /// Slots that have another name: old, new.
    pub renamed: Vec<(Symbol<'gc>, Symbol<'gc>)>,
}

impl<'gc> Edge<'gc> {
    /// An edge that nothing has crossed yet.
    pub fn new(mc: &Mutation<'gc>, to: LayoutId, commit: u32, step: Step<'gc>, hooks: Vec<Gc<'gc, Hook<'gc>>>) -> Gc<'gc, Self> {
        let Step { sources, added, discarded, renamed } = step;
        let edge = Edge {
            to,
            commit,
            sources,
            added,
            discarded,
            renamed,
            hooks,
            view: Lock::new(None),
            direction: Cell::new(Direction::Edit),
            joined: Lock::new(None),
            crossed: RefLock::default(),
        };
        Gc::new(mc, edge)
    }

    /// Whether a function is one of its hooks.
    pub fn has_hook(&self, function: Gc<'gc, Function<'gc>>) -> bool {
        self.hooks.iter().filter_map(|hook| hook.function()).any(|hook| Gc::ptr_eq(hook, function))
    }

    /// The layout of the hooks' `old`.
    pub fn view(&self) -> Option<Gc<'gc, Layout<'gc>>> {
        self.view.get()
    }

    /// Remembers the layout of the hooks' `old`.
    pub fn set_view(this: Gc<'gc, Self>, mc: &Mutation<'gc>, view: Gc<'gc, Layout<'gc>>) {
        unlock!(Gc::write(mc, this), Edge, view).set(Some(view));
    }

    /// What instances do instead for which it has raised.
    pub fn joined(&self) -> Option<Gc<'gc, Edge<'gc>>> {
        self.joined.get()
    }

    /// Remembers what instances do instead.
    pub fn set_joined(this: Gc<'gc, Self>, mc: &Mutation<'gc>, joined: Gc<'gc, Edge<'gc>>) {
        unlock!(Gc::write(mc, this), Edge, joined).set(Some(joined));
    }

    /// It and what instances do instead of it.
    pub fn with_joined(this: Gc<'gc, Self>) -> impl Iterator<Item = Gc<'gc, Edge<'gc>>> {
        std::iter::successors(Some(this), |edge| edge.joined())
    }

    /// The `old` of an instance that has crossed.
    pub fn crossed(&self, mc: &Mutation<'gc>, instance: Gc<'gc, Instance<'gc>>) -> Option<Gc<'gc, Instance<'gc>>> {
        let crossed = self.crossed.borrow();
        let found = crossed.get(&(Gc::as_ptr(instance) as usize))?;
        found.instance.upgrade(mc).map(|_| found.old)
    }

    /// Keeps the `old` of an instance that crosses. The weak pointer keeps its address from being used again.
    pub fn note_crossing(this: Gc<'gc, Self>, mc: &Mutation<'gc>, instance: Gc<'gc, Instance<'gc>>, old: Gc<'gc, Instance<'gc>>) {
        let crossed = Crossed { instance: Gc::downgrade(instance), old };
        unlock!(Gc::write(mc, this), Edge, crossed).borrow_mut().insert(Gc::as_ptr(instance) as usize, crossed);
    }

    /// Forgets what crossed: the edge is closed.
    pub fn close(this: Gc<'gc, Self>, mc: &Mutation<'gc>) {
        unlock!(Gc::write(mc, this), Edge, crossed).borrow_mut().clear();
    }
}

/// An instance on its way over an edge, as it was before.
#[derive(Clone, Collect)]
#[collect(no_drop)]
pub struct Crossing<'gc> {
    /// The instance.
    pub instance: Gc<'gc, Instance<'gc>>,
    /// Its layout.
    #[collect(require_static)]
    pub layout: LayoutId,
    /// Everything in it.
    pub raw: Vec<Value<'gc>>,
    /// How many stacks were parked when it set out.
    pub depth: usize,
    /// The fiber in which it set out.
    pub fiber: Option<Gc<'gc, Fiber<'gc>>>,
}
