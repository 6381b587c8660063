//! Classes whose layouts have changed, as a host sees them: counting instances, and migrating them before they are used.

use super::error::Error;
use super::handle::Handle;
use super::search::Search;
use super::vm::Vm;
use crate::heap::Value;
use crate::object::{Class, Cx, Edge, FoundInstance, Layout, LayoutId, List, NativeResult};
use crate::ops::{Resume, suspend};
use crate::reload::Report;
use gc_arena::{Collect, Gc};
use rustc_hash::FxHashSet;
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Instances of a search that are migrated together.
const BATCH: usize = 64;

/// What an eager migration has done.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// let text = "class Hero { slot hp = 7 }\nlet party = [Hero(), Hero()]";
/// vm.load_text("game.lang", text)?;
/// vm.reload_text("game.lang", &text.replace("slot hp = 7", "slot hp = 7; slot level = 1"));
/// let hero = vm.handle("game.Hero")?;
/// let done = vm.migrate_instances(&hero, None)?;
/// assert_eq!((done.migrated, done.left, done.errors.len()), (2, 0, 0));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Migrated {
    /// Instances that are up to date now.
    pub migrated: usize,
    /// Instances that are left because the time was over, as far as they are known.
    pub left: usize,
    /// What the hooks of the others raised; they stay as they were.
    pub errors: Vec<Error>,
}

impl Vm {
    /// How many instances of a class are alive, by the number of their layout. Layouts without instances are freed.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let text = "class Hero { slot hp = 7 }\nlet party = [Hero(), Hero()]\nfn look() { party[0].hp }";
    /// vm.load_text("game.lang", text)?;
    /// vm.reload_text("game.lang", &text.replace("slot hp = 7", "slot hp = 7; slot level = 1"));
    /// let hero = vm.handle("game.Hero")?;
    /// assert_eq!(vm.layout_counts(&hero)?, [(1, 2), (2, 0)]);
    /// // Who is used follows.
    /// vm.call::<_, i64>("game.look", ())?;
    /// assert_eq!(vm.layout_counts(&hero)?, [(1, 1), (2, 1)]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if the value is no class with instances.
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

    /// Counts the living instances that have yet to follow the changes of layouts in a report, unless that has been done.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let text = "class Hero { slot hp = 7 }\nlet party = [Hero(), Hero()]";
    /// vm.load_text("game.lang", text)?;
    /// let mut report = vm.reload_text("game.lang", &text.replace("slot hp = 7", "slot hp = 7; slot level = 1"));
    /// vm.count_instances(&mut report);
    /// assert_eq!(report.layouts[0].instances, Some(2));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn count_instances(&mut self, report: &mut Report) {
        if report.layouts.iter().all(|change| change.instances.is_some()) {
            return;
        }
        let found = self.take_census();
        self.enter(|cx| {
            for change in &mut report.layouts {
                // A layout that is gone has no instance, and none is on its way to it.
                let old = cx.world.layouts[change.old.0 as usize];
                let layouts = found.iter().map(|instance| cx.world.layout(instance.layout));
                let waiting = layouts
                    .filter(|layout| old.is_some_and(|old| Gc::ptr_eq(layout.class, old.class) && layout.number <= old.number));
                let count = waiting.count();
                change.instances.get_or_insert(count);
            }
        });
    }

    /// A list of the living instances of a class and of the classes below it.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "class Hero { slot hp = 7 }\nlet party = [Hero(), Hero()]")?;
    /// let hero = vm.handle("game.Hero")?;
    /// let list = vm.instances_of(&hero)?;
    /// assert_eq!(vm.read::<Vec<Handle>>(&list)?.len(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if the value is no class with instances.
    pub fn instances_of(&mut self, class: &Handle) -> Result<Handle, Error> {
        let found = self.census(class)?;
        self.list_of(class, &found, |_| true)
    }

    /// Migrates the obsolete instances of a class and of the classes below it, for about as long as `budget` says, or all.
    ///
    /// With a budget, the heap is looked through in slices as well: the first calls may only do that, and `left` is what is known of then.
    /// It is 0 when all are done.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::time::Duration;
    ///
    /// let mut vm = Vm::new();
    /// let text = "class Hero { slot hp = 7 }\nlet party = [Hero(), Hero()]";
    /// vm.load_text("game.lang", text)?;
    /// vm.reload_text("game.lang", &text.replace("slot hp = 7", "slot hp = 7; slot level = 1"));
    /// let hero = vm.handle("game.Hero")?;
    /// // A millisecond of each frame, until all are done.
    /// let mut migrated = 0;
    /// loop {
    ///     let done = vm.migrate_instances(&hero, Some(Duration::from_millis(1)))?;
    ///     migrated += done.migrated;
    ///     if done.left == 0 {
    ///         break;
    ///     }
    /// }
    /// assert_eq!(migrated, 2);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if the value is no class with instances, [`Error::Interrupted`] if the program was stopped meanwhile. What hooks raise is in
    /// [`Migrated::errors`].
    pub fn migrate_instances(&mut self, class: &Handle, budget: Option<Duration>) -> Result<Migrated, Error> {
        self.holding_panics(|vm| vm.migrate_held(class, budget))
    }

    fn migrate_held(&mut self, class: &Handle, budget: Option<Duration>) -> Result<Migrated, Error> {
        let mut done = Migrated::default();
        let Some(budget) = budget else {
            let found = self.census(class)?;
            let obsolete = self.list_of(class, &found, |layout| !layout.is_current())?;
            self.migrate_list(&obsolete, None, &mut done)?;
            return Ok(done);
        };
        let until = Instant::now() + budget;
        self.expect_class(class)?;
        self.begin_search(class);
        if !self.go_on_searching(until) {
            done.left = self.search.as_ref().map_or(0, Search::left).max(1);
            return Ok(done);
        }
        while let Some((found, marking)) = self.search.as_mut().and_then(|search| search.take(BATCH)) {
            let (obsolete, mut found) = self.obsolete_of(class, found);
            let begun = self.migrate_list(&obsolete, Some(until), &mut done)?;
            if begun < found.len() {
                found.drain(..begun);
                if let Some(search) = &mut self.search {
                    search.give_back(found, marking);
                    done.left = search.left();
                }
                return Ok(done);
            }
        }
        self.search = None;
        Ok(done)
    }

    /// Those of some instances that are obsolete, as a list and as they were found.
    fn obsolete_of(&mut self, class: &Handle, mut found: Vec<FoundInstance>) -> (Handle, Vec<FoundInstance>) {
        self.enter(|cx| {
            let Value::Class(class) = class.value_in(cx.world) else { unreachable!("`expect_class` has looked") };
            let mut items = Vec::new();
            found.retain(|instance| {
                // SAFETY: a search gives what the last marking has traced, and nothing has been collected since.
                let instance = unsafe { instance.instance(cx.mc) };
                let layout = cx.world.layout(instance.layout());
                let is_meant = !layout.is_current() && layout.class.is_subclass_of(class);
                items.extend(is_meant.then_some(Value::Instance(instance)));
                is_meant
            });
            let list = List::new(cx.mc, items);
            (Handle::new(cx.world, Value::List(list)), found)
        })
    }

    /// Migrates the instances of a list, as many as the time allows. Gives how many were begun.
    fn migrate_list(&mut self, obsolete: &Handle, until: Option<Instant>, done: &mut Migrated) -> Result<usize, Error> {
        let errors_before = done.errors.len();
        let count = self.enter(|cx| match obsolete.value_in(cx.world) {
            Value::List(list) => list.len(),
            _ => 0,
        });
        let next = Rc::new(Cell::new(0));
        let outer = self.migration.replace((next.clone(), count));
        let result = self.migrate_from(obsolete, until, (&next, count), done);
        self.migration = outer;
        result?;
        done.migrated += next.get() - (done.errors.len() - errors_before);
        Ok(next.get())
    }

    /// Migrates the instances of a list from the next one on.
    fn migrate_from(
        &mut self,
        obsolete: &Handle,
        until: Option<Instant>,
        (next, count): (&Rc<Cell<usize>>, usize),
        done: &mut Migrated,
    ) -> Result<(), Error> {
        while next.get() < count {
            let (obsolete, position) = (obsolete.clone(), next.clone());
            let result = self.run(move |cx| {
                let Value::List(list) = obsolete.value_in(cx.world) else { unreachable!("the caller has made it") };
                MigrateMany { list, next: position, until }.go(cx)
            });
            match result {
                Ok(_) => break,
                Err(error @ Error::Raised { .. }) => done.errors.push(error),
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// The migration that is under way: how many instances it has begun, and how many there are.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    ///
    /// let seen = Rc::new(RefCell::new(Vec::new()));
    /// let see = seen.clone();
    /// let mut vm = Vm::new();
    /// vm.define_function("host", "look()", move |vm: &mut Vm| see.borrow_mut().extend(vm.migration()));
    /// let text = "import host\nclass Hero { slot hp = 7 }\nlet party = [Hero(), Hero()]";
    /// vm.load_text("game.lang", text)?;
    /// vm.reload_text("game.lang", &text.replace("slot hp = 7", "slot hp = 7; migrate(old) { host.look() }"));
    /// let hero = vm.handle("game.Hero")?;
    /// vm.make_obsolete(&hero)?;
    /// vm.migrate_instances(&hero, None)?;
    /// assert_eq!(*seen.borrow(), [(1, 2), (2, 2)]);
    /// assert_eq!(vm.migration(), None);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn migration(&self) -> Option<(usize, usize)> {
        self.migration.as_ref().map(|(next, count)| (next.get(), *count))
    }

    fn expect_class(&mut self, class: &Handle) -> Result<(), Error> {
        let is_class = self.enter(|cx| matches!(class.value_in(cx.world), Value::Class(class) if class.has_layout()));
        if is_class { Ok(()) } else { Err(Error::Host("instances belong to a class".into())) }
    }

    /// All living instances, for a question about `class`.
    fn census(&mut self, class: &Handle) -> Result<Vec<FoundInstance>, Error> {
        self.expect_class(class)?;
        Ok(self.take_census())
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
    let Some(used) = used_layouts(cx, found) else { return };
    for i in 0..cx.world.layouts.len() {
        let Some(layout) = cx.world.layouts[i] else { continue };
        if !layout.is_current() && !used.contains(&layout.version) && !layout.is_written() {
            cx.world.layouts[i] = None;
            let views = layout.edge().into_iter().flat_map(Edge::with_joined).filter_map(|edge| edge.view());
            for view in views.filter(|view| !used.contains(&view.version)) {
                cx.world.layouts[view.id.0 as usize] = None;
            }
        }
    }
}

/// The versions of layouts that instances have, or get on their way. None while these may be needed again, or may be on their way.
fn used_layouts(cx: &Cx<'_, '_>, found: &[FoundInstance]) -> Option<FxHashSet<LayoutId>> {
    if cx.world.commit_start.is_some() || !cx.world.migrating.is_empty() {
        return None;
    }
    let mut used: FxHashSet<LayoutId> = FxHashSet::default();
    for instance in found {
        // One that has grown has a layout of its own, beside that of its version.
        let mut layout = cx.world.layout(cx.world.layout(instance.layout).version);
        while used.insert(layout.version) {
            let Some(edge) = layout.edge() else { break };
            layout = cx.world.layout(edge.to);
        }
    }
    Some(used)
}

/// Takes the layouts that no instance has out of the table, so that the next collection shows which of them belong to a class that is still
/// there. Gives whether there are any. [`put_back_layouts`] follows before anything runs.
pub(super) fn set_layouts_aside(cx: &mut Cx<'_, '_>, found: &[FoundInstance]) -> bool {
    let Some(used) = used_layouts(cx, found) else { return false };
    let unused = |layout: &Option<Gc<'_, Layout<'_>>>| layout.is_some_and(|layout| !used.contains(&layout.version));
    let aside: Vec<_> =
        cx.world.layouts.iter_mut().filter(|layout| unused(layout)).filter_map(Option::take).map(Gc::downgrade).collect();
    cx.world.layouts_aside = aside;
    !cx.world.layouts_aside.is_empty()
}

/// Puts the layouts back that were set aside and that something still holds.
pub(super) fn put_back_layouts(cx: &mut Cx<'_, '_>) {
    for layout in std::mem::take(&mut cx.world.layouts_aside) {
        if let Some(layout) = layout.upgrade(cx.mc) {
            cx.world.layouts[layout.id.0 as usize] = Some(layout);
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
    const STRIDE: usize = 16;

    fn go(self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        while let Some(instance) = self.list.get(self.next.get()) {
            let i = self.next.get();
            // However short the time is, some are migrated.
            if i > 0 && i.is_multiple_of(Self::STRIDE) && self.until.is_some_and(|until| Instant::now() >= until) {
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
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "class Hero { slot hp = 7; migrate(old) { self.hp = old.hp + 1 } }\nlet hero = Hero()\nfn hp() { hero.hp }")?;
    /// let hero = vm.handle("game.Hero")?;
    /// assert_eq!(vm.call::<_, i64>("game.hp", ())?, 7);
    /// vm.make_obsolete(&hero)?;
    /// assert_eq!(vm.call::<_, i64>("game.hp", ())?, 8);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if the value is no class of the program.
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
