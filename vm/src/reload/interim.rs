//! What came under a new name before `was` said so: an edit renames `tick` to `step`, and only the next one says `step(dt) was tick`. The
//! definition is the old object from then on; the one that it had in between joins it.

use super::closures::Matcher;
use super::parts::fills;
use crate::heap::Value;
use crate::image::ClassImage;
use crate::link::{self, Unfit};
use crate::object::{BoxCell, Class, ClassKind, Cx, Decorated, Definition, Function, Member, Undo};
use gc_arena::Gc;
use lang::source::Span;
use std::sync::Arc;

impl<'gc> Cx<'_, 'gc> {
    /// A function of the time in between has the code of the old one from now on; a class becomes one below the old one, without anything
    /// of its own, so that its instances follow. Decorated functions that forward to one that has yet to be decorated are left for
    /// [`Cx::join_decorated`].
    pub(super) fn join_interim(&mut self, matcher: &mut Matcher) -> Result<(), Unfit<'gc>> {
        let mut left = Vec::new();
        for (cell, interim) in std::mem::take(&mut self.world.loading.interim) {
            match (interim, self.undecorated(cell)) {
                (Value::Function(interim), Value::Function(_)) if let Some(decorated) = self.decoration(&cell.value()) => {
                    self.decorate(interim, decorated)
                }
                (Value::Function(interim), Value::Function(function)) => self.replace_code(interim, function.proto(), matcher),
                (Value::Decorated(decorated), _) => {
                    let is_ready = self.forward(decorated, cell.value());
                    if !is_ready {
                        left.push((cell, interim));
                    }
                }
                (Value::Class(interim), Value::Class(_)) if interim.kind == ClassKind::Enum => {
                    let text = format!(
                        "`{name}` has been an enum of its own since it came under this name: its values cannot become those of another; \
                         leave out `was`, or bring the old name back and give it one that is free",
                        name = interim.name().as_str()
                    );
                    return Err(Unfit { class: interim, control: self.type_error(text) });
                }
                (Value::Class(interim), Value::Class(class)) if interim.has_layout() && class.has_layout() => {
                    self.keep_shared_of_interim(interim, class);
                    self.put_below(interim, class)?;
                }
                _ => {}
            }
        }
        self.world.loading.interim = left;
        Ok(())
    }

    /// A definition has been decorated: the decorated function that it had in between calls it from now on.
    pub(super) fn join_decorated(&mut self, cell: Gc<'gc, Definition<'gc>>) {
        let interim = self.world.loading.interim.iter().find(|(of, _)| Gc::ptr_eq(*of, cell)).map(|(_, interim)| *interim);
        if let Some(Value::Decorated(interim)) = interim {
            self.forward(interim, cell.value());
        }
    }

    /// Lets a decorated function call what is a function, decorated or not. Whether it is.
    fn forward(&mut self, decorated: Gc<'gc, Decorated<'gc>>, to: Value<'gc>) -> bool {
        let original = match (self.decoration(&to), to) {
            (Some(to), _) => to.original.get(),
            (None, Value::Function(_)) => to,
            _ => return false,
        };
        self.world.undo.push(Undo::Decorated(decorated, decorated.original.get(), decorated.target.get()));
        Decorated::set(decorated, self.mc, original, to);
        true
    }

    /// Of two values that the program has made, the one that is in use stays: a shared slot that it has changed in the class of the time
    /// in between keeps that value.
    fn keep_shared_of_interim(&mut self, interim: Gc<'gc, Class<'gc>>, class: Gc<'gc, Class<'gc>>) {
        let slots: Vec<_> = interim.body().own.iter().map(|(name, member)| (*name, *member)).collect();
        for (name, member) in slots {
            let (Member::Shared(from), Some(Member::Shared(to))) = (member, class.body().members.get(&name).copied()) else {
                continue;
            };
            if self.is_shared_untouched(interim, name, from) {
                continue;
            }
            self.world.undo.push(Undo::Shared(to, to.get()));
            BoxCell::set(to, self.mc, from.get());
            let queued = self.world.loading.class_tasks.iter_mut().flatten();
            let is_filled = queued.fold(false, |found, (_, tasks)| {
                let before = tasks.len();
                tasks.retain(|task| !fills(task, to));
                found || tasks.len() < before
            });
            // What the older class never had is no conflict.
            let is_conflict = !is_filled || class.body().shared_digests.contains_key(&name);
            let conflict = format!("{}.{}", class.qualified(), name.as_str());
            if is_conflict && !self.world.shared_changes.conflicts.contains(&conflict) {
                self.world.shared_changes.conflicts.push(conflict);
            }
        }
    }

    fn put_below(&mut self, interim: Gc<'gc, Class<'gc>>, class: Gc<'gc, Class<'gc>>) -> Result<(), Unfit<'gc>> {
        let empty = ClassImage {
            name: Arc::from(interim.name().as_str()),
            bases: Vec::new(),
            was: None,
            slots: Vec::new(),
            slot_init: None,
            shared: Vec::new(),
            members: Vec::new(),
            migrate: Vec::new(),
            doc: None,
            span: Span::default(),
        };
        self.world.undo.push(Undo::class(interim));
        let make: &mut dyn FnMut(&mut Cx<'_, 'gc>, crate::image::ProtoId) -> Gc<'gc, Function<'gc>> =
            &mut |_, _| unreachable!("a class without members has no functions");
        link::stage_class(self, interim, &empty, vec![class], make).map_err(|control| Unfit { class: interim, control })?;
        Class::update(interim, self.mc, |body| body.own = body.members.clone());
        link::settle(self, &[interim])
    }
}
