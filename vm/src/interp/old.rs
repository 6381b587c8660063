//! The `old` of migration hooks: an instance whose slots are those of the old layout.

use crate::heap::Value;
use crate::object::{
    Class, ClassKind, Content, Cx, Edge, Instance, Intrinsic, Keywords, Layout, List, Member, NativeBody, NativeFunction,
    NativeResult, SlotInfo, SlotInit, Symbol,
};
use gc_arena::Gc;
use std::cell::Cell;

/// Slot in which every `old` says what commit it belongs to. Not a name that a program can write.
const COMMIT: &str = "$commit";

/// What the names of the classes of `old` begin with.
const PREFIX: &str = "Old";

/// The layout of the `old` of hooks on `edge`, with a class of its own.
pub(super) fn make_view_layout<'gc>(
    cx: &mut Cx<'_, 'gc>,
    from: Gc<'gc, Layout<'gc>>,
    edge: Gc<'gc, Edge<'gc>>,
) -> Gc<'gc, Layout<'gc>> {
    let name = format!("{PREFIX}{}", from.class.name().as_str());
    let class = cx.world.new_class(cx.mc, &name, format!("core.{name}").into(), ClassKind::Plain);
    let mut slots: Vec<SlotInfo<'gc>> = from.slots.clone();
    let mut template = vec![Value::Unset; slots.len()];
    let names = |names: &mut dyn Iterator<Item = Value<'gc>>| Value::List(List::new(cx.mc, names.collect()));
    let facts = [
        ("version", Value::Int(i64::from(from.number))),
        ("added", names(&mut edge.added.iter().map(|n| Value::Str(n.0)))),
        ("discarded", names(&mut edge.discarded.iter().map(|(n, _)| Value::Str(n.0)))),
    ];
    // Under their own names unless slots are called so; always under the hidden ones.
    for (hidden, facts) in [(false, &facts[..]), (true, &facts[..])] {
        for (name, value) in facts {
            let name = if hidden { format!("${name}") } else { (*name).to_owned() };
            let name = cx.world.intern(cx.mc, &name);
            if slots.iter().all(|slot| slot.name != name) {
                slots.push(SlotInfo { name, owner: class, init: SlotInit::Value(*value), is_transient: false });
                template.push(*value);
            }
        }
    }
    let name = cx.world.intern(cx.mc, COMMIT);
    let commit = Value::Int(i64::from(edge.commit));
    slots.push(SlotInfo { name, owner: class, init: SlotInit::Value(commit), is_transient: false });
    template.push(commit);
    let id = cx.world.fresh_id();
    let content = Content { slots, template: template.into(), fresh: [].into(), fillers: Vec::new() };
    let layout = Layout::new(cx.mc, id, class, 1, content);
    cx.world.layouts[id.0 as usize] = Some(layout);
    Class::set_layout(class, cx.mc, layout);
    add_call(cx, class);
    layout
}

/// `old(other)`
fn add_call<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>) {
    let native = NativeFunction {
        name: cx.world.intern(cx.mc, "Old.()").0,
        body: NativeBody::Fn(call_old),
        least: 2,
        most: 2,
        keywords: Keywords::default(),
        intrinsic: Cell::new(Intrinsic::None),
        doc: "Another instance as it was.".into(),
    };
    let native = Value::Native(Gc::new(cx.mc, native));
    let call = cx.world.symbols.call;
    Class::update(class, cx.mc, |body| body.members.insert(call, Member::Method(native)));
}

fn call_old<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let Some(Value::Int(commit)) = hidden(cx, args[0], COMMIT) else {
        return Err(cx.type_error("only the `old` of a migration hook is called so"));
    };
    match args[1] {
        Value::Instance(other) => cx.old_of(commit as u32, other),
        other => Ok(other),
    }
}

/// What an `old` says under a hidden name.
fn hidden<'gc>(cx: &mut Cx<'_, 'gc>, old: Value<'gc>, name: &str) -> Option<Value<'gc>> {
    let Value::Instance(old) = old else { return None };
    let layout = cx.world.layout(old.layout());
    let name = cx.world.intern(cx.mc, name);
    let place = layout.index.get(&name)?;
    Some(Instance::get(old, &layout, *place as usize))
}

/// What is said about a name that an `old` does not have.
pub(super) fn missing_slot<'gc>(cx: &mut Cx<'_, 'gc>, old: Gc<'gc, Instance<'gc>>, name: Symbol<'gc>, near: &str) -> String {
    let class = cx.world.layout(old.layout()).class.name().as_str();
    let class = class.strip_prefix(PREFIX).unwrap_or(class);
    let number = match hidden(cx, Value::Instance(old), "$version") {
        Some(Value::Int(number)) => number,
        _ => 0,
    };
    format!("`old`, of `{class}` with layout {number}, has no slot `{}`{near}", name.as_str())
}

impl<'gc> Cx<'_, 'gc> {
    /// Whether an instance is the `old` of a hook.
    pub(super) fn is_old(&mut self, instance: Gc<'gc, Instance<'gc>>) -> bool {
        hidden(self, Value::Instance(instance), COMMIT).is_some()
    }

    /// What a hook's `old` knows besides the old slots, whatever those are called: number of the old layout, names of the slots that
    /// come, names of those that go. `None` for other values.
    pub fn edge_of(&mut self, old: Value<'gc>) -> Option<[Value<'gc>; 3]> {
        hidden(self, old, COMMIT)?;
        Some([hidden(self, old, "$version")?, hidden(self, old, "$added")?, hidden(self, old, "$discarded")?])
    }
}
