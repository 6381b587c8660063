//! The error classes: ordinary classes with the slots `message`, `cause` and the hidden `$trace` and `$source`, in this order.

use crate::table::define;
use gc_arena::Gc;
use vm::heap::Value;
use vm::link;
use vm::object::{Class, ClassKind, Cx, ErrorKind, Kind, OwnSlot, SlotInit, Symbol};

/// Makes the error classes and defines them in `core`.
pub(crate) fn install(cx: &mut Cx<'_, '_>) {
    let core = cx.world.core;
    for (kind, name, base) in ErrorKind::ALL {
        let class = cx.world.new_class(cx.mc, name, format!("core.{name}").into(), ClassKind::Plain);
        assert_eq!(cx.world.errors.len(), *kind as usize, "classes stand at the index of their kind");
        let own_slots = match kind {
            ErrorKind::Error => root_slots(cx),
            ErrorKind::AssertionError => assertion_slots(cx),
            ErrorKind::MigrationError => migration_slots(cx),
            _ => Vec::new(),
        };
        Class::update(class, cx.mc, |body| {
            body.own_slots = own_slots;
            body.doc = Some(doc(*kind).into());
        });
        if kind != base {
            let base = cx.world.error_class(*base);
            inherit(cx, class, base);
        }
        cx.world.errors.push(class);
        assert!(link::relayout(cx, class).is_ok(), "the slots of `Error` conflict with nothing");
        define(cx, core, name, Kind::Class, Value::Class(class));
    }
}

/// Makes `base` the only base of a class that has none.
pub(crate) fn inherit<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, base: Gc<'gc, Class<'gc>>) {
    let inherited = base.body().linearisation.clone();
    Class::update(class, cx.mc, |body| {
        body.bases.push(base);
        body.linearisation.extend(inherited);
    });
    let weak = Gc::downgrade(class);
    Class::update(base, cx.mc, |body| body.subclasses.push(weak));
}

fn root_slots<'gc>(cx: &mut Cx<'_, 'gc>) -> Vec<OwnSlot<'gc>> {
    let symbols = cx.world.symbols;
    let empty = Value::Str(cx.world.intern(cx.mc, "").0);
    vec![
        slot(symbols.message, empty),
        slot(symbols.cause, Value::Nil),
        slot(symbols.hidden_trace, Value::Nil),
        slot(symbols.hidden_source, Value::Nil),
    ]
}

/// The two values that an `assert` has compared, for who shows how they differ.
fn assertion_slots<'gc>(cx: &mut Cx<'_, 'gc>) -> Vec<OwnSlot<'gc>> {
    vec![slot(cx.world.symbols.hidden_compared, Value::Nil)]
}

/// The instance that could not follow, and the numbers of the layouts.
fn migration_slots<'gc>(cx: &mut Cx<'_, 'gc>) -> Vec<OwnSlot<'gc>> {
    let names = ["instance", "from", "to"].map(|name| cx.world.intern(cx.mc, name));
    names.into_iter().map(|name| slot(name, Value::Nil)).collect()
}

/// A slot with this initial value. Hidden ones belong to the engine, and are of no use to anybody else.
fn slot<'gc>(name: Symbol<'gc>, value: Value<'gc>) -> OwnSlot<'gc> {
    OwnSlot { name, init: SlotInit::Value(value), is_transient: name.as_str().starts_with('$') }
}

fn doc(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Error => "What can be thrown: `Error(message = \"\", cause = nil)`. `trace` is where it was thrown.",
        ErrorKind::TypeError => "A value of the wrong type.",
        ErrorKind::NameError => "A name that does not exist or has no value.",
        ErrorKind::ArityError => "Wrong number or names of arguments.",
        ErrorKind::SlotError => "A slot or member that does not exist, or a slot that is unset.",
        ErrorKind::IndexError => "An index out of range.",
        ErrorKind::KeyError => "A key that is not in the map, an item that is not in the set.",
        ErrorKind::ValueError => "A value of the right type that is not acceptable.",
        ErrorKind::MatchError => "No pattern matches.",
        ErrorKind::AssertionError => "An `assert` that failed.",
        ErrorKind::StackOverflow => "Too many calls within calls.",
        ErrorKind::ImportError => "An import that cannot be loaded.",
        ErrorKind::IOError => "Input or output that failed, or that the host refused.",
        ErrorKind::ReloadError => "Misuse of `live`.",
        ErrorKind::MigrationError => {
            "`instance` could not be brought from layout `from` to layout `to` of its class; `cause` says why."
        }
        ErrorKind::LimitError => "A limit is reached. Only a `catch` that names it catches it.",
        ErrorKind::CancelledError => "The task was cancelled. Only a `catch` that names it catches it.",
    }
}
