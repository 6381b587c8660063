//! Text form of a module image: what `lang dump bytecode` shows, and what tests compare.
//!
//! Tables first (imports, definitions, units, classes, enums, extensions, tests), then every prototype disassembled. Fingerprints and
//! spans are left out: the text changes when the meaning or the lines of a file change, and only then.

use super::{
    ClassImage, ClassRef, DefinitionKind, EnumImage, ImportFrom, MemberImage, MemberRole, ModuleImage, ProtoId, ProtoKind,
    SlotDefault, UnitKind,
};
use crate::bytecode::{constant_text, disassemble, name_text};
use std::fmt::Write as _;
use std::sync::Arc;

/// The whole image as text.
pub fn print(image: &ModuleImage) -> String {
    let mut out = format!("module {}", image.source.name());
    if let Some(namespace) = &image.namespace {
        let _ = write!(out, " of namespace {namespace}");
    }
    out.push('\n');
    for import in &image.imports {
        let from = match &import.from {
            ImportFrom::Namespace(path) => path.clone(),
            ImportFrom::File(path) => format!("{path:?}"),
            ImportFrom::Native(path) => format!("native {path:?}"),
        };
        let _ = writeln!(out, "import {from}{}", listed(": ", &import.items));
    }
    definitions(image, &mut out);
    for (index, class) in image.classes.iter().enumerate() {
        print_class(image, index, class, &mut out);
    }
    for (index, item) in image.enums.iter().enumerate() {
        print_enum(image, index, item, &mut out);
    }
    for (index, extension) in image.extensions.iter().enumerate() {
        let _ = writeln!(out, "\nextend{index} {}", class_text(image, &extension.target));
        members(image, &extension.members, &mut out);
    }
    for index in 0..image.protos.len() {
        let _ = write!(out, "\n{} ", proto_kind(image.protos[index].kind));
        out.push_str(&disassemble(image, ProtoId(index as u32)));
    }
    out
}

fn definitions(image: &ModuleImage, out: &mut String) {
    for definition in &image.definitions {
        let kind = match definition.kind {
            DefinitionKind::Function(_) => "fn",
            DefinitionKind::Class(_) => "class",
            DefinitionKind::Enum(_) => "enum",
            DefinitionKind::Variable => "let",
            DefinitionKind::Constant => "const",
            DefinitionKind::Once => "once",
        };
        let _ = write!(out, "{kind} {}{}", definition.name, was(definition.was.as_ref()));
        if let Some(unit) = definition.unit {
            let _ = write!(out, " by unit {unit}");
        }
        out.push('\n');
    }
    for (index, unit) in image.units.iter().enumerate() {
        let kind = match &unit.kind {
            UnitKind::Value(name) => format!("gives {name}"),
            UnitKind::Values(names) => format!("gives {}", names.join(", ")),
            UnitKind::Decorate(name) => format!("decorates {name}"),
            UnitKind::Extend(extension) => format!("makes extend{extension}"),
            UnitKind::Statement if unit.is_expression => "is an expression".into(),
            UnitKind::Statement => "is a statement".into(),
        };
        let line = image.source.line(unit.span.lo);
        let _ = writeln!(out, "unit {index} on line {line} {kind}");
    }
    for test in &image.tests {
        let _ = writeln!(out, "test {:?}", test.name);
    }
}

fn print_class(image: &ModuleImage, index: usize, class: &ClassImage, out: &mut String) {
    let bases: Vec<String> = class.bases.iter().map(|base| class_text(image, base)).collect();
    let _ = writeln!(out, "\nclass{index} {}({}){}", class.name, bases.join(", "), was(class.was.as_ref()));
    for slot in &class.slots {
        let default = match &slot.default {
            SlotDefault::Unset => String::new(),
            SlotDefault::Const(constant) => format!(" = {}", constant_text(image, constant)),
            SlotDefault::EmptyList => " = []".into(),
            SlotDefault::EmptyMap => " = {}".into(),
            SlotDefault::Code(id) => format!(" by {}", image.protos[id.0 as usize].name),
        };
        let transient = if slot.transient { " transient" } else { "" };
        let _ = writeln!(out, "    slot {}{}{transient}{default}", slot.name, was(slot.was.as_ref()));
    }
    for shared in &class.shared {
        let init = shared.init.map_or(String::new(), |id| format!(" by {}", image.protos[id.0 as usize].name));
        let _ = writeln!(out, "    shared {}{}{init}", shared.name, was(shared.was.as_ref()));
    }
    members(image, &class.members, out);
    for (from, _) in &class.migrate {
        let from = from.map_or(String::new(), |layout| format!(" from {layout}"));
        let _ = writeln!(out, "    migrate{from}");
    }
}

fn print_enum(image: &ModuleImage, index: usize, item: &EnumImage, out: &mut String) {
    let _ = writeln!(out, "\nenum{index} {}{}", item.name, was(item.was.as_ref()));
    for variant in &item.variants {
        let fields = variant.fields.as_ref().map_or(String::new(), |fields| format!("({})", fields.join(", ")));
        let _ = writeln!(out, "    {}{fields}", variant.name);
    }
    members(image, &item.members, out);
    if item.migrate.is_some() {
        out.push_str("    migrate\n");
    }
}

fn members(image: &ModuleImage, members: &[MemberImage], out: &mut String) {
    for member in members {
        let role = match member.role {
            MemberRole::Method => "fn",
            MemberRole::Static => "static fn",
            MemberRole::Getter => "get",
            MemberRole::Setter => "set",
        };
        let decorated = member.decorate.map_or(String::new(), |id| format!(" with {}", image.protos[id.0 as usize].name));
        let _ = writeln!(out, "    {role} {}{}{decorated}", member.name, was(member.was.as_ref()));
    }
}

/// A reference to a class as the text has it.
pub(crate) fn class_text(image: &ModuleImage, class: &ClassRef) -> String {
    match class {
        ClassRef::Register(n) => format!("operand {n}"),
        ClassRef::Path(name, members) => {
            let mut path = name_text(image, name);
            members.iter().for_each(|member| path.extend([".", member]));
            path
        }
    }
}

fn proto_kind(kind: ProtoKind) -> &'static str {
    match kind {
        ProtoKind::Function => "function",
        ProtoKind::Method => "method",
        ProtoKind::Unit => "unit",
    }
}

fn was(name: Option<&Arc<str>>) -> String {
    name.map_or(String::new(), |name| format!(" was {name}"))
}

fn listed(before: &str, names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("{before}{}", names.join(", ")) }
}
