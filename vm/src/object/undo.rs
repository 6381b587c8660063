//! Taking back a commit: for each kind of change, what was there before.

use super::{
    BoxCell, Class, ClassBody, Decorated, Definition, DefinitionMeta, Detour, Edge, EnumValue, Function, Hook, Instance, Kind,
    Layout, LayoutId, Linked, MemberLeak, Module, Namespace, Orphans, Proto, Source, Step, Symbol, Variant, World,
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
    /// A member has left its class.
    MemberLeak,
    /// A member that had left its class was forgotten.
    MemberDropped(MemberLeak<'gc>),
    /// Code has lost its place in the text, or found it again.
    Orphans(Box<Orphans<'gc>>),
    /// A file got another version.
    Module(Gc<'gc, Module<'gc>>, Option<Gc<'gc, Linked<'gc>>>, u32),
    /// The text of a file was overwritten.
    Overwritten(Gc<'gc, Linked<'gc>>),
    /// A file was loaded for the first time, or contributes to another namespace.
    NewModule(#[collect(require_static)] Arc<str>, Option<Gc<'gc, Module<'gc>>>),
    /// The doc text of a namespace changed.
    Doc(Gc<'gc, Namespace<'gc>>, #[collect(require_static)] Option<Arc<str>>),
    /// A name that a session had imported became a definition of the namespace.
    Alias(Gc<'gc, Namespace<'gc>>, Gc<'gc, Definition<'gc>>),
    /// A class changed.
    Class(Gc<'gc, Class<'gc>>, Box<RefLock<ClassBody<'gc>>>, Option<Gc<'gc, Layout<'gc>>>),
    /// A class got another name.
    ClassName(Gc<'gc, Class<'gc>>, Symbol<'gc>),
    /// A shared slot is evaluated anew.
    Shared(Gc<'gc, BoxCell<'gc>>, Value<'gc>),
    /// A layout got an edge.
    Edge(Gc<'gc, Layout<'gc>>, Option<Gc<'gc, Edge<'gc>>>),
    /// A hook got another function, another answer to whether it forgives, or is edited late.
    Hook(Gc<'gc, Hook<'gc>>, Option<Gc<'gc, Function<'gc>>>, bool, Option<u32>),
    /// An instance was migrated.
    Instance(Gc<'gc, Instance<'gc>>, #[collect(require_static)] LayoutId, Vec<Value<'gc>>),
    /// A variant has another position.
    Ordinal(Gc<'gc, Variant<'gc>>, u32),
    /// A function sees another class as its own.
    Home(Gc<'gc, Function<'gc>>, Gc<'gc, Class<'gc>>),
    /// Values of a variant are replaced by another hook.
    VariantHook(Gc<'gc, Variant<'gc>>, Option<Gc<'gc, Function<'gc>>>),
    /// A value of an enum was replaced.
    Replaced(Gc<'gc, EnumValue<'gc>>),
    /// The hash epoch was counted up: an instance may have been rehashed with what is taken back.
    HashEpoch,
    /// Calls of a function go elsewhere, or no longer.
    Detours(Vec<Detour<'gc>>),
    /// A function was decorated after it had come into being; what was known of it before.
    Decoration(Gc<'gc, Function<'gc>>, Option<Gc<'gc, Decorated<'gc>>>),
    /// A hook has raised and was forgiven.
    Forgiven(Gc<'gc, Hook<'gc>>),
    /// A decorated function forwards elsewhere.
    Decorated(Gc<'gc, Decorated<'gc>>, Value<'gc>, Value<'gc>),
}

impl<'gc> Undo<'gc> {
    /// The state of a definition as it is.
    pub fn definition(cell: Gc<'gc, Definition<'gc>>) -> Self {
        Undo::Definition {
            cell,
            value: cell.own_value(),
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
            Undo::MemberLeak => drop(world.member_leaks.pop()),
            Undo::MemberDropped(leak) => world.member_leaks.push(leak),
            Undo::Orphans(orphans) => world.orphans = *orphans,
            Undo::Module(module, linked, version) => Module::update(module, mc, |state| {
                state.linked = linked;
                state.version = version;
            }),
            Undo::Overwritten(linked) => linked.is_overwritten.set(false),
            Undo::NewModule(path, old) => match old {
                Some(old) => drop(world.modules.insert(path, old)),
                None => drop(world.modules.shift_remove(&path)),
            },
            Undo::Doc(namespace, doc) => namespace.set_doc(doc),
            Undo::Alias(namespace, cell) => Namespace::alias(namespace, mc, cell.name, cell),
            Undo::Class(class, body, layout) => {
                Class::update(class, mc, |b| *b = body.into_inner());
                Class::restore_layout(class, mc, layout);
                if let Some(layout) = layout {
                    // An equal layout may have taken its place under its id.
                    world.layouts[layout.id.0 as usize] = Some(layout);
                }
            }
            Undo::ClassName(class, name) => Class::rename(class, mc, name),
            Undo::Shared(cell, value) => BoxCell::set(cell, mc, value),
            Undo::Edge(layout, previous) => {
                if let Some(edge) = layout.edge() {
                    turn_back(world, mc, layout, edge);
                }
                Layout::set_edge(layout, mc, previous);
            }
            Undo::Hook(hook, function, forgives, edited_late) => {
                Hook::set(hook, mc, function);
                hook.edited_late.set(edited_late);
                hook.set_forgives(forgives);
            }
            Undo::Instance(instance, layout, raw) => Instance::replace(instance, mc, layout, &raw),
            Undo::Ordinal(variant, ordinal) => variant.ordinal.set(ordinal),
            Undo::Home(function, home) => Function::set_home(function, mc, home),
            Undo::VariantHook(variant, hook) => Variant::set_hook(variant, mc, hook),
            Undo::Replaced(value) => EnumValue::replace(value, mc, None),
            Undo::HashEpoch => world.hash_epoch += 1,
            Undo::Detours(detours) => {
                for detour in &detours {
                    if let Value::Function(function) = detour.callee {
                        function.proto().set_detoured(true);
                    }
                }
                world.detours = detours;
            }
            Undo::Decoration(function, before) => {
                let at = Gc::as_ptr(function) as usize;
                match before {
                    Some(before) => drop(world.decorations.insert(at, (function, before))),
                    None => drop(world.decorations.remove(&at)),
                }
            }
            Undo::Forgiven(hook) => {
                hook.is_told.set(false);
                world.forgiven.pop();
            }
            Undo::Decorated(decorated, original, target) => Decorated::set(decorated, mc, original, target),
        }
    }
}

/// Gives the layout at the end of an edge that is taken back an edge to where it came from: instances that the failed commit made have
/// this layout.
fn turn_back<'gc>(world: &World<'gc>, mc: &Mutation<'gc>, from: Gc<'gc, Layout<'gc>>, edge: Gc<'gc, Edge<'gc>>) {
    let Some(to) = world.layouts[edge.to.0 as usize] else { return };
    let name_before = |name| edge.renamed.iter().find(|(_, new)| *new == name).map_or(name, |(old, _)| *old);
    let sources = from.slots.iter().map(|slot| {
        let place = to.slots.iter().position(|s| name_before(s.name) == slot.name);
        place.map_or(Source::Default, |i| Source::Old(i as u32))
    });
    let step = Step { sources: sources.collect(), added: Vec::new(), discarded: Vec::new(), renamed: Vec::new() };
    let back = Edge::new(mc, from.id, edge.commit, step, Vec::new());
    Layout::set_edge(to, mc, Some(back));
}
