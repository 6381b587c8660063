//! Classes whose layouts have changed, as a host sees them: counting instances, and migrating them before they are used.

use super::error::Error;
use super::handle::Handle;
use super::vm::Vm;
use crate::heap::Value;
use crate::object::{Class, Cx, FoundInstance, Layout, LayoutId, List, NativeResult};
use crate::ops::{Resume, suspend};
use gc_arena::{Collect, Gc};
use rustc_hash::FxHashSet;
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What an eager migration has done.
#[derive(Debug, Default)]
pub struct Migrated {
    /// Instances that are up to date now.
    pub migrated: usize,
    /// Instances that are left because the time was over.
    pub left: usize,
    /// What the hooks of the others raised; they stay as they were.
    pub errors: Vec<Error>,
}

impl Vm {
    /// How many instances of a class are alive, by the number of their layout. Layouts without instances are freed.
    pub fn layout_counts(&mut self, class: &Handle) -> Result<Vec<(u32, usize)>, Error> {
        let found = self.census(class)?;
        self.enter(|cx| {
            let Value::Class(class) = class.value_in(cx.world) else { unreachable!("`census` has looked") };
            let mut counts = std::collections::BTreeMap::new();
            counts.insert(class.layout().number, 0);
            for instance in &found {
                let layout = cx.world.layout(instance.layout);
                if Gc::ptr_eq(layout.class, class) {
                    *counts.entry(layout.number).or_default() += 1;
                }
            }
            free_layouts(cx, &found);
            Ok(counts.into_iter().collect())
        })
    }

    /// A list of the living instances of a class and of the classes below it.
    pub fn instances_of(&mut self, class: &Handle) -> Result<Handle, Error> {
        let found = self.census(class)?;
        self.list_of(class, &found, |_| true)
    }

    /// Migrates the obsolete instances of a class and of the classes below it, for about as long as `budget` says, or all.
    pub fn migrate_instances(&mut self, class: &Handle, budget: Option<Duration>) -> Result<Migrated, Error> {
        let start = Instant::now();
        let found = self.census(class)?;
        let obsolete = self.list_of(class, &found, |layout| !layout.is_current())?;
        let count = self.enter(|cx| match obsolete.value_in(cx.world) {
            Value::List(list) => list.len(),
            _ => 0,
        });
        let mut done = Migrated::default();
        let next = Rc::new(Cell::new(0));
        while next.get() < count {
            let (obsolete, position) = (obsolete.clone(), next.clone());
            let result = self.run(move |cx| {
                let Value::List(list) = obsolete.value_in(cx.world) else { unreachable!("made above") };
                let until = budget.map(|budget| start + budget);
                MigrateMany { list, next: position, until }.go(cx)
            });
            match result {
                Ok(_) => break,
                Err(error @ Error::Raised { .. }) => done.errors.push(error),
                Err(other) => return Err(other),
            }
        }
        done.migrated = next.get().min(count) - done.errors.len();
        done.left = count - next.get().min(count);
        Ok(done)
    }

    /// All living instances, for a question about `class`.
    fn census(&mut self, class: &Handle) -> Result<Vec<FoundInstance>, Error> {
        let is_class = self.enter(|cx| matches!(class.value_in(cx.world), Value::Class(class) if class.has_layout()));
        if is_class { Ok(self.take_census()) } else { Err(Error::Host("instances belong to a class".into())) }
    }

    fn list_of(
        &mut self,
        class: &Handle,
        found: &[FoundInstance],
        is_meant: impl Fn(&Layout<'_>) -> bool,
    ) -> Result<Handle, Error> {
        let class = class.clone();
        self.run(|cx| {
            let Value::Class(class) = class.value_in(cx.world) else { unreachable!("`census` has looked") };
            let meant = found.iter().filter(|instance| {
                let layout = cx.world.layout(instance.layout);
                layout.class.is_subclass_of(class) && is_meant(&layout)
            });
            // SAFETY: nothing has been collected since the census.
            let items = meant.map(|instance| Value::Instance(unsafe { instance.instance(cx.mc) })).collect();
            Ok(Value::List(List::new(cx.mc, items)))
        })
    }
}

/// Frees the layouts that no instance has and none will get on its way to the current one of its class.
pub(super) fn free_layouts(cx: &mut Cx<'_, '_>, found: &[FoundInstance]) {
    if cx.world.commit_start.is_some() || !cx.world.migrating.is_empty() {
        return;
    }
    let mut used: FxHashSet<LayoutId> = FxHashSet::default();
    for instance in found {
        let mut layout = cx.world.layout(cx.world.layout(instance.layout).version);
        while used.insert(layout.version) {
            let Some(edge) = layout.edge() else { break };
            layout = cx.world.layout(edge.to);
        }
    }
    for i in 0..cx.world.layouts.len() {
        let Some(layout) = cx.world.layouts[i] else { continue };
        if !layout.is_current() && !used.contains(&layout.version) {
            cx.world.layouts[i] = None;
            if let Some(view) = layout.edge().and_then(|edge| edge.view()).filter(|view| !used.contains(&view.version)) {
                cx.world.layouts[view.id.0 as usize] = None;
            }
        }
    }
}

/// Migrates the instances of a list one after the other.
#[derive(Collect)]
#[collect(no_drop)]
struct MigrateMany<'gc> {
    list: Gc<'gc, List<'gc>>,
    /// How many have been begun: the caller goes on behind one that raises.
    #[collect(require_static)]
    next: Rc<Cell<usize>>,
    #[collect(require_static)]
    until: Option<Instant>,
}

impl<'gc> MigrateMany<'gc> {
    /// Instances between two looks at the clock.
    const STRIDE: usize = 64;

    fn go(self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        while let Some(instance) = self.list.get(self.next.get()) {
            let i = self.next.get();
            if i.is_multiple_of(Self::STRIDE) && self.until.is_some_and(|until| Instant::now() >= until) {
                return Ok(Value::Nil);
            }
            self.next.set(i + 1);
            if let Err(control) = cx.migrate(instance) {
                return suspend(cx, control, self);
            }
        }
        Ok(Value::Nil)
    }
}

impl<'gc> Resume<'gc> for MigrateMany<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        self.go(cx)
    }
}

impl Vm {
    /// Makes the instances of a class, and of those below it, obsolete, so that its hooks run for them.
    pub fn make_obsolete(&mut self, class: &Handle) -> Result<(), Error> {
        self.enter(|cx| match class.value_in(cx.world) {
            Value::Class(class) if is_changeable(class) => {
                crate::link::make_obsolete(cx, class);
                Ok(())
            }
            _ => Err(Error::Host("only a class of the program has instances that can be made obsolete".into())),
        })
    }
}

fn is_changeable<'gc>(class: Gc<'gc, Class<'gc>>) -> bool {
    class.kind == crate::object::ClassKind::Plain && class.has_layout()
}
