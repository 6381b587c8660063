//! What came under a new name before `was` said so: an edit renames `tick` to `step`, and only the next one says `step(dt) was tick`. The
//! definition is the old object from then on; the one that it had in between joins it.

use super::closures::Matcher;
use crate::heap::Value;
use crate::image::ClassImage;
use crate::link::{self, Unfit};
use crate::object::{Class, Cx, Function, Undo};
use gc_arena::Gc;
use lang::source::Span;
use std::sync::Arc;

impl<'gc> Cx<'_, 'gc> {
    /// A function of the time in between has the code of the old one from now on; a class becomes one below the old one, without anything
    /// of its own, so that its instances follow.
    pub(super) fn join_interim(&mut self, matcher: &mut Matcher) -> Result<(), Unfit<'gc>> {
        for (cell, interim) in std::mem::take(&mut self.world.loading.interim) {
            match (interim, self.undecorated(cell)) {
                (Value::Function(interim), Value::Function(function)) => self.replace_code(interim, function.proto(), matcher),
                (Value::Class(interim), Value::Class(class)) if interim.has_layout() && class.has_layout() => {
                    self.put_below(interim, class)?;
                }
                _ => {}
            }
        }
        Ok(())
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
