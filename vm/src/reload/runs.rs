//! What of the program a commit would run. A plan runs nothing, so that it cannot know what this raises; it says what it is.

use super::hooks::Hooks;
use super::options::{Gate, ReloadOptions};
use super::queue::Item;
use crate::bytecode::{Insn, Op};
use crate::embed::Vm;
use crate::image::{DefinitionKind, ModuleImage, ProtoImage, UnitKind};
use crate::object::LayoutChange;
use std::sync::Arc;

impl Vm {
    /// What is queued, by name. What only makes data of literals is left out: it cannot fail.
    pub(super) fn queued_code(&mut self) -> Vec<String> {
        let items: Vec<(Arc<str>, Item)> = self
            .files
            .queues
            .iter()
            .flat_map(|queue| queue.items.iter().map(|(_, item)| (queue.path.clone(), item.clone())))
            .collect();
        let mut names = Vec::new();
        for (path, item) in items {
            let name = self.enter(|cx| {
                let linked = cx.linked_of(&path);
                let (image, namespace) = (&linked.image, &linked.module.namespace.name);
                match item {
                    Item::Unit(unit) => unit_text(image, &path, namespace, unit),
                    Item::ClassTasks(at) => {
                        let (class, _) = cx.world.loading.class_tasks[at].as_ref()?;
                        Some(format!("class {namespace}.{}", class.name().as_str()))
                    }
                    Item::LateClass(index) => Some(format!("class {namespace}.{}", image.classes[index as usize].name)),
                }
            });
            names.extend(name.filter(|name| !names.contains(name)));
        }
        names
    }
}

/// What a commit would run beside the texts' own code.
pub(super) fn code_around(hooks: &Hooks, layouts: &[LayoutChange], options: &ReloadOptions) -> Vec<String> {
    let mut names = hooks.names();
    if options.migrates_within() {
        names.extend(layouts.iter().map(|change| format!("migration of instances of {}", change.class)));
    }
    if options.gate == Gate::Tests {
        names.push("the tests of these files".into());
    }
    names
}

/// How a unit is called; `None` if it cannot fail.
fn unit_text(image: &ModuleImage, path: &str, namespace: &str, unit: u32) -> Option<String> {
    let unit = &image.units[unit as usize];
    if only_makes_data(&image.protos[unit.proto.0 as usize]) {
        return None;
    }
    let kind = |name: &str| match image.definition(name).map(|d| d.kind) {
        Some(DefinitionKind::Constant) => "constant",
        Some(DefinitionKind::Once) => "once",
        _ => "variable",
    };
    Some(match &unit.kind {
        UnitKind::Value(name) => format!("{} {namespace}.{name}", kind(name)),
        UnitKind::Values(names) => {
            let all: Vec<String> = names.iter().map(|name| format!("{namespace}.{name}")).collect();
            format!("{} {}", names.first().map_or("variable", |name| kind(name)), all.join(", "))
        }
        UnitKind::Decorate(name) => format!("decorators of {namespace}.{name}"),
        UnitKind::Extend(_) => return None,
        UnitKind::Statement => format!("{path}:{}", image.source.line(unit.span.lo)),
    })
}

/// Whether code consists of literals, lists and tuples of them, and functions that it does not call.
fn only_makes_data(proto: &ProtoImage) -> bool {
    let mut at = 0;
    while let Some(word) = proto.code.get(at) {
        let insn = Insn(*word);
        let Some(op) = Op::from_byte(insn.op_byte()) else { return false };
        let is_safe = match op {
            Op::Move | Op::LoadK | Op::LoadKx | Op::LoadInt | Op::LoadNil | Op::LoadTrue | Op::LoadFalse => true,
            Op::NewTuple | Op::NewList | Op::ListPush | Op::ListToTuple | Op::Closure | Op::Return | Op::ReturnNil => true,
            // Keys may be what cannot be one.
            Op::NewMap => insn.c() == 0,
            _ => false,
        };
        if !is_safe {
            return false;
        }
        at += op.words();
    }
    true
}
