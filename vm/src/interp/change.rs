//! An instance of one class becomes an instance of another.

use crate::heap::Value;
use crate::object::{Class, ClassKind, Cx, Edge, Function, HashSource, Instance, NativeResult, Symbol};
use crate::ops::{Resume, and_then};
use gc_arena::{Collect, Gc};

impl<'gc> Cx<'_, 'gc> {
    /// Makes `value` an instance of `class`: slots keep their values by name, the hooks of `class` run, then these slots are set. Gives the
    /// instance.
    pub fn change_class(
        &mut self,
        value: Value<'gc>,
        class: Gc<'gc, Class<'gc>>,
        slots: Vec<(Symbol<'gc>, Value<'gc>)>,
    ) -> NativeResult<'gc> {
        let Value::Instance(instance) = value else {
            let name = self.type_name(&value);
            return Err(self.type_error(format!("only an instance of a class can change its class, not {name}")));
        };
        if class.kind != ClassKind::Plain || !class.has_layout() {
            return Err(self.type_error(format!("nothing can become an instance of `{}`", class.name().as_str())));
        }
        let migrated = self.migrate(value);
        and_then(self, migrated, Change { instance, class, slots })
    }
}

/// Goes on once the instance is up to date in its old class.
#[derive(Collect)]
#[collect(no_drop)]
struct Change<'gc> {
    instance: Gc<'gc, Instance<'gc>>,
    class: Gc<'gc, Class<'gc>>,
    slots: Vec<(Symbol<'gc>, Value<'gc>)>,
}

impl<'gc> Resume<'gc> for Change<'gc> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        let Change { instance, class, .. } = self;
        let from = cx.world.layout(instance.layout());
        let to = class.layout();
        if [from.class, class].iter().any(|c| c.hashing.get() != HashSource::Identity) {
            cx.world.hash_epoch += 1;
        }
        let step = crate::link::step_between(cx, from, to);
        let edge = Edge::new(cx.mc, to.id, cx.world.commits_tried, step, Vec::new());
        self.slots.reverse();
        let crossed = cx.cross(instance, edge, new_hooks(from.class, class));
        and_then(cx, crossed, SetSlots { instance, slots: self.slots })
    }
}

/// The hooks of the text of `class` and of its bases, bases first, that are not bases of `old`.
fn new_hooks<'gc>(old: Gc<'gc, Class<'gc>>, class: Gc<'gc, Class<'gc>>) -> Vec<Gc<'gc, Function<'gc>>> {
    let line = class.body().linearisation.clone();
    let new = line.iter().rev().filter(|c| !old.is_subclass_of(**c));
    new.filter_map(|c| c.body().hooks.iter().find(|h| h.from.is_none()).map(|h| h.function)).collect()
}

/// Sets what is left of the slots, last first.
#[derive(Collect)]
#[collect(no_drop)]
struct SetSlots<'gc> {
    instance: Gc<'gc, Instance<'gc>>,
    slots: Vec<(Symbol<'gc>, Value<'gc>)>,
}

impl<'gc> Resume<'gc> for SetSlots<'gc> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        let this = Value::Instance(self.instance);
        match self.slots.pop() {
            None => Ok(this),
            Some((name, value)) => {
                let set = cx.set_attr(this, name, value);
                and_then(cx, set, self)
            }
        }
    }
}
