//! Taking back a commit: for each kind of change, what was there before.

use super::{
    Class, ClassBody, Decorated, Definition, DefinitionMeta, Function, Kind, Layout, Linked, Module, Namespace, Proto, World,
};
use crate::heap::Value;
use gc_arena::lock::RefLock;
use gc_arena::{Collect, Gc, Mutation};
use std::sync::Arc;

/// One change and what was there before it.
#[derive(Collect)]
#[collect(no_drop)]
pub enum Undo<'gc> {
    /// A definition changed.
    Definition {
        /// The cell.
        cell: Gc<'gc, Definition<'gc>>,
        /// Its value.
        value: Value<'gc>,
        /// What it was.
        #[collect(require_static)]
        kind: Kind,
        /// Whether it had been assigned.
        assigned: bool,
        /// Version, contributor and so on.
        meta: Box<DefinitionMeta<'gc>>,
    },
    /// A function got other code.
    Code(Gc<'gc, Function<'gc>>, Gc<'gc, Proto<'gc>>),
    /// A constant of code was linked elsewhere.
    Const(Gc<'gc, Proto<'gc>>, usize, Value<'gc>),
    /// Code was superseded.
    Superseded(Gc<'gc, Proto<'gc>>),
    /// A file got another version.
    Module(Gc<'gc, Module<'gc>>, Option<Gc<'gc, Linked<'gc>>>, u32),
    /// A file was loaded for the first time, or contributes to another namespace.
    NewModule(#[collect(require_static)] Arc<str>, Option<Gc<'gc, Module<'gc>>>),
    /// The doc text of a namespace changed.
    Doc(Gc<'gc, Namespace<'gc>>, #[collect(require_static)] Option<Arc<str>>),
    /// A name that a session had imported became a definition of the namespace.
    Alias(Gc<'gc, Namespace<'gc>>, Gc<'gc, Definition<'gc>>),
    /// A class changed.
    Class(Gc<'gc, Class<'gc>>, Box<RefLock<ClassBody<'gc>>>, Option<Gc<'gc, Layout<'gc>>>),
    /// A decorated function forwards elsewhere.
    Decorated(Gc<'gc, Decorated<'gc>>, Value<'gc>, Value<'gc>),
}

impl<'gc> Undo<'gc> {
    /// The state of a definition as it is.
    pub fn definition(cell: Gc<'gc, Definition<'gc>>) -> Self {
        Undo::Definition {
            cell,
            value: cell.value(),
            kind: cell.kind(),
            assigned: cell.is_assigned(),
            meta: Box::new(cell.meta().clone()),
        }
    }

    /// The state of a class as it is.
    pub fn class(class: Gc<'gc, Class<'gc>>) -> Self {
        Undo::Class(class, Box::new(RefLock::new(class.body().clone())), class.layout_option())
    }

    /// Puts back what was there before.
    pub fn apply(self, world: &mut World<'gc>, mc: &Mutation<'gc>) {
        match self {
            Undo::Definition { cell, value, kind, assigned, meta } => {
                cell.set_kind(kind);
                Definition::set(cell, mc, value);
                Definition::update_meta(cell, mc, |m| *m = *meta);
                if assigned { cell.note_assigned() } else { cell.clear_assigned() }
            }
            Undo::Code(function, proto) => Function::set_proto(function, mc, proto),
            Undo::Const(proto, i, value) => Proto::set_const(proto, mc, i, value),
            Undo::Superseded(proto) => Proto::supersede(proto, mc, None),
            Undo::Module(module, linked, version) => Module::update(module, mc, |state| {
                state.linked = linked;
                state.version = version;
            }),
            Undo::NewModule(path, old) => match old {
                Some(old) => drop(world.modules.insert(path, old)),
                None => drop(world.modules.shift_remove(&path)),
            },
            Undo::Doc(namespace, doc) => namespace.set_doc(doc),
            Undo::Alias(namespace, cell) => Namespace::alias(namespace, mc, cell.name, cell),
            Undo::Class(class, body, layout) => {
                Class::update(class, mc, |b| *b = body.into_inner());
                Class::restore_layout(class, mc, layout);
            }
            Undo::Decorated(decorated, original, target) => Decorated::set(decorated, mc, original, target),
        }
    }
}
