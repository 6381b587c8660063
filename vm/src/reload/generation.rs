//! Overwrite mode: a file's old code and objects go on together, apart from the new ones.
//!
//! The new text gets the public cells. What ran before keeps a private copy of each cell that is overwritten, so that it goes on in a
//! closed world of its own: its functions see its variables, classes and constants. Names of other files stay shared.

use super::options::Mode;
use super::plan::{Action, PlannedFile};
use super::relink::Overwritten;
use crate::heap::Value;
use crate::object::{Cx, Definition, Generation, Proto, SymbolMap, Undo};
use gc_arena::Gc;
use std::sync::Arc;

impl<'gc> Cx<'_, 'gc> {
    /// Gives the running text of a file that is to be overwritten private copies of the cells it loses. Gives these with their values.
    pub(super) fn part_generation(&mut self, file: &PlannedFile) -> Vec<Overwritten<'gc>> {
        let mut overwritten = Vec::new();
        self.world.generations.retain(|generation| generation.object.upgrade(self.mc).is_some());
        if file.mode != Mode::Overwrite {
            return overwritten;
        }
        let Some(module) = self.world.modules.get(&file.path).copied() else { return overwritten };
        let Some(linked) = module.state().linked else { return overwritten };
        if !Arc::ptr_eq(&linked.image, &file.image) {
            self.world.undo.push(Undo::Overwritten(linked));
            linked.is_overwritten.set(true);
        }
        let mut copies: SymbolMap<'gc, Gc<'gc, Definition<'gc>>> = SymbolMap::default();
        for definition in file.definitions.iter().filter(|d| d.action == Action::Overwrite) {
            let name = self.world.intern(self.mc, &definition.name);
            let Some(cell) = module.namespace.get(name) else { continue };
            let copy = Definition::new(self.mc, cell.namespace, name);
            copy.set_kind(cell.kind());
            Definition::set(copy, self.mc, cell.value());
            let meta = cell.meta().clone();
            Definition::update_meta(copy, self.mc, |m| *m = meta);
            if cell.is_assigned() {
                copy.note_assigned();
            }
            self.world.loading.copies.push((cell, copy));
            copies.insert(name, copy);
            overwritten.push((cell, cell.value()));
            // Texts and numbers have no identity that anyone could mean.
            let is_object = !matches!(cell.value(), Value::Str(_) | Value::BigInt(_) | Value::Bytes(_) | Value::Range(_));
            if let Some(object) = cell.value().heap_pointer().filter(|_| is_object) {
                let class = if let Value::Class(class) = cell.value() { Some(Gc::downgrade(class)) } else { None };
                self.world.generations.push(Generation { cell, object: Gc::downgrade(object), class });
            }
        }
        for proto in linked.protos() {
            for i in 0..proto.image.consts.len() {
                // An old name means what it is now, and with the file's old code what that was.
                if let Value::Definition(cell) = proto.const_at(i)
                    && let meant = if cell.forwards() { Definition::holder(cell) } else { cell }
                    && Gc::ptr_eq(meant.namespace, module.namespace)
                    && let Some(copy) = copies.get(&meant.name)
                {
                    self.world.undo.push(Undo::Const(proto, i, Value::Definition(cell)));
                    Proto::set_const(proto, self.mc, i, Value::Definition(*copy));
                }
            }
        }
        overwritten
    }

    /// What the definitions that have been overwritten held in any generation before, as far as it is alive.
    pub(super) fn generations_of(&self, overwritten: &[Overwritten<'gc>]) -> Vec<&Generation<'gc>> {
        let is_meant = |generation: &&Generation<'gc>| overwritten.iter().any(|(cell, _)| Gc::ptr_eq(*cell, generation.cell));
        self.world.generations.iter().filter(is_meant).collect()
    }
}
