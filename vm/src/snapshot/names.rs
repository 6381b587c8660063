//! What stands under a name in a snapshot: definitions, also by the names that they had.

use crate::heap::Value;
use crate::object::{Cx, Definition, Kind};
use crate::ops;
use gc_arena::Gc;

/// The name under which a function or class is found again; `None` if there is none that lasts.
pub(super) fn name_of<'gc>(cx: &mut Cx<'_, 'gc>, value: &Value<'gc>) -> Option<String> {
    let Some(name) = cx.name_of_value(value) else {
        // A class that an overwriting reload has replaced.
        let Value::Class(class) = value else { return None };
        let lineage = class.qualified().to_string();
        let now = cx.find_cell(&lineage)?.value();
        return matches!(now, Value::Class(_)).then_some(lineage);
    };
    let kind = cx.find_cell(&name)?.kind();
    let is_lasting = match value {
        // A variable may hold another one tomorrow, and what a closure has captured is not in its name.
        Value::Function(function) if kind == Kind::Constant => function.capture_values().is_empty(),
        _ => !matches!(kind, Kind::Variable | Kind::Once),
    };
    is_lasting.then_some(name)
}

/// The definition with this name: the one that has it, else one that had it. Otherwise why there is none.
pub(super) fn find<'gc>(cx: &mut Cx<'_, 'gc>, name: &str) -> Result<Gc<'gc, Definition<'gc>>, String> {
    if let Some(cell) = cx.find_cell(name).filter(|cell| !cell.value().is_unset()) {
        return Ok(cell);
    }
    let (namespace, bare) = name.rsplit_once('.').unwrap_or(("", name));
    let all: Vec<_> = cx.world.namespaces.values().flat_map(|namespace| namespace.definitions()).collect();
    let was = |cell: &Gc<'gc, Definition<'gc>>| {
        let meta = cell.meta();
        meta.was.as_deref().is_some_and(|was| was == name || was == bare && *cell.namespace.name == *namespace)
    };
    let is_lineage = |cell: &Gc<'gc, Definition<'gc>>| matches!(cell.value(), Value::Class(class) if *class.qualified() == *name);
    if let Some(cell) = all.iter().find(|cell| was(cell)).or_else(|| all.iter().find(|cell| is_lineage(cell))) {
        return Ok(*cell);
    }
    if namespace.is_empty() {
        return Err(format!("`{name}` is no qualified name, such as `main.{name}`"));
    }
    let Some(known) = cx.world.namespaces.get(namespace) else {
        let near = ops::suggestion(namespace, cx.world.namespaces.keys().map(|known| &**known));
        return Err(format!("`{name}` does not exist: there is no namespace `{namespace}`{near}; import it before"));
    };
    let known = known.definitions();
    let near = ops::suggestion(bare, known.iter().map(|cell| cell.name.as_str()));
    Err(format!("`{name}` does not exist{near}; a definition with another name says `was {bare}`"))
}
