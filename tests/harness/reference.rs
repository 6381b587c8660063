//! The pages of the manual that are made from tables: the library from the docs of a fresh VM, the diagnostics from the table of codes.

use crate::repository;
use lang::diagnostic::{Code, Severity};
use lang::docs::{DocItem, DocKind, docs};
use lang::parse;
use lang::source::Source;
use std::fmt::Write as _;
use std::fs;
use vm::compile::compile_source;
use vm::embed::VmOptions;
use vm::heap::Value;
use vm::image::ProtoImage;
use vm::object::{Class, Cx, ErrorKind, Kind, Member, Namespace};

/// The generated pages: path from the repository's root, and text.
pub fn pages() -> Vec<(&'static str, String)> {
    vec![("docs/manual/src/library.md", library()), ("docs/manual/src/diagnostics.md", diagnostics())]
}

/// One thing of the library.
struct Entry {
    /// How it is written, such as `join(separator)`.
    signature: String,
    /// What it means.
    text: String,
}

fn library() -> String {
    let mut vm = stdlib::new_vm(VmOptions::default());
    // Modules are loaded by their first import.
    for name in stdlib::MODULES {
        vm.eval_in("reference", "reference", &format!("import {name}\n")).unwrap_or_else(|error| panic!("`{name}`: {error}"));
    }
    vm.enter(|cx| {
        let mut out = String::from(LIBRARY_HEAD);
        let core = cx.world.core;
        out.push_str("\n## Functions\n\n");
        list(&mut out, functions(core));
        out.push_str("\n`stop` is the constant that ends an iteration.\n");
        for class in classes(core).into_iter().filter(|class| !is_error(cx, class)) {
            class_section(&mut out, &class, &format!("## `{}`", class.name().as_str()), Undocumented::Inherited);
        }
        errors_section(&mut out, cx);
        for name in stdlib::MODULES {
            let module = cx.world.namespaces[*name];
            let _ = write!(out, "\n## Module `{name}`\n\n{} Needs `import {name}`.\n\n", module.doc().expect("modules have docs"));
            list(&mut out, functions(module));
            let constants: Vec<String> = module
                .definitions()
                .iter()
                .filter(|cell| cell.kind() == Kind::Constant)
                .map(|cell| format!("`{}`", cell.name.as_str()))
                .collect();
            if !constants.is_empty() {
                let _ = writeln!(out, "\nConstants: {}.", constants.join(", "));
            }
            let slots = slots(name);
            for class in classes(module).into_iter().filter(|class| !class.name().as_str().starts_with('_')) {
                if is_error(cx, &class) {
                    let doc = class.body().doc.clone().expect("error classes have docs");
                    let _ = write!(out, "\n### `{name}.{}`\n\nAn error class. {doc}\n", class.name().as_str());
                } else {
                    class_section(&mut out, &class, &format!("### `{name}.{}`", class.name().as_str()), Undocumented::Internal);
                    let slots = slots.iter().filter(|(of, _)| of == class.name().as_str());
                    slots_section(&mut out, slots.map(|(_, slot)| slot));
                }
            }
        }
        out
    })
}

/// The documented slots of a module's classes, by class, from its text.
fn slots(module: &str) -> Vec<(String, DocItem)> {
    let folder = repository::root().join("stdlib/src/modules");
    let mut paths = vec![folder.join(format!("{module}.lang"))];
    let parts = fs::read_dir(folder.join(module)).into_iter().flatten().flatten().map(|entry| entry.path());
    paths.extend(parts.filter(|path| path.extension().is_some_and(|extension| extension == "lang")));
    paths.sort();
    let text: String = paths.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    let source = Source::new(module, text);
    let docs = docs(&source, &parse(&source).file);
    let classes = docs.items.into_iter().filter(|item| item.kind == DocKind::Class);
    classes
        .flat_map(|class| class.members.into_iter().map(move |member| (class.name.clone(), member)))
        .filter(is_documented_slot)
        .collect()
}

fn is_documented_slot((_, member): &(String, DocItem)) -> bool {
    member.kind == DocKind::Slot && member.doc.is_some()
}

fn slots_section<'a>(out: &mut String, slots: impl Iterator<Item = &'a DocItem>) {
    let entries: Vec<Entry> = slots
        .map(|slot| Entry { signature: slot.name.clone(), text: slot.doc.clone().expect("documented slots are asked for") })
        .collect();
    if !entries.is_empty() {
        out.push_str("\nSlots:\n\n");
    }
    list(out, entries);
}

const LIBRARY_HEAD: &str = "\
# Library reference

This page is made from the documentation in the library itself, which `doc(x)` shows for functions, classes and modules. The functions and
classes of `core` are visible everywhere; a module is imported. Parameters with `=` may be left out, `...` takes any number of values, and those
after `...` or written with `:` are given by name. What is written without parentheses is a property, and `Bytes.from_hex(text)` is called on the class.
";

fn list(out: &mut String, entries: Vec<Entry>) {
    for Entry { signature, text } in entries {
        // Docs in the language are sentences, those of natives go on behind the colon.
        let mut letters = text.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_lowercase).collect();
        let _ = writeln!(out, "- `{signature}`: {first}{}", letters.as_str().replace('\n', " "));
    }
}

fn functions<'gc>(namespace: gc_arena::Gc<'gc, Namespace<'gc>>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = namespace
        .definitions()
        .iter()
        .filter(|cell| cell.kind() == Kind::Function && !cell.name.as_str().starts_with('_'))
        .map(|cell| entry(&cell.value()).unwrap_or_else(|| panic!("`{}` has no doc", cell.name.as_str())))
        .collect();
    entries.sort_by(|a, b| a.signature.cmp(&b.signature));
    entries
}

fn classes<'gc>(namespace: gc_arena::Gc<'gc, Namespace<'gc>>) -> Vec<gc_arena::Gc<'gc, Class<'gc>>> {
    let cells = namespace.definitions();
    cells.iter().filter_map(|cell| if let Value::Class(class) = cell.value() { Some(class) } else { None }).collect()
}

fn is_error<'gc>(cx: &Cx<'_, 'gc>, class: &Class<'gc>) -> bool {
    let error = cx.world.error_class(ErrorKind::Error);
    class.body().linearisation.iter().any(|base| gc_arena::Gc::ptr_eq(*base, error))
}

/// What members without documentation are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Undocumented {
    /// They override something documented.
    Inherited,
    /// Operators, and what the class keeps to itself.
    Internal,
}

fn class_section<'gc>(out: &mut String, class: &Class<'gc>, heading: &str, undocumented: Undocumented) {
    let body = class.body();
    let doc = body.doc.as_deref().unwrap_or_else(|| panic!("`{}` has no doc", class.name().as_str()));
    let _ = write!(out, "\n{heading}\n\n{doc}");
    let bases: Vec<String> = body.bases.iter().map(|base| link_to(base.name().as_str())).collect();
    if !bases.is_empty() {
        let _ = write!(out, " It has all methods of {} too.", bases.join(" and "));
    }
    out.push('\n');
    let mut entries = Vec::new();
    for (name, member) in body.members.iter().filter(|(name, _)| !is_hidden(name.as_str())) {
        let function = match member {
            Member::Method(function) | Member::Static(function) | Member::Property { getter: Some(function), .. } => *function,
            Member::Property { getter: None, .. } | Member::Shared(_) => continue,
        };
        match entry(&function) {
            Some(Entry { signature, text }) => {
                let signature = match member {
                    Member::Static(_) => format!("{}.{signature}", class.name().as_str()),
                    Member::Property { .. } => name.as_str().to_owned(),
                    _ => signature,
                };
                entries.push(Entry { signature, text });
            }
            // What overrides something documented means the same.
            None if undocumented == Undocumented::Internal => {}
            None => {
                assert!(
                    is_inherited(&body.linearisation, name.as_str()),
                    "`{}.{}` has no doc",
                    class.name().as_str(),
                    name.as_str()
                )
            }
        }
    }
    entries.sort_by(|a, b| a.signature.cmp(&b.signature));
    if !entries.is_empty() {
        out.push('\n');
    }
    list(out, entries);
}

/// Members that belong to the inside of a class, operators, and what every class may have.
fn is_hidden(member: &str) -> bool {
    let is_operator = !member.starts_with(char::is_alphabetic) || member == "in" || member.starts_with("unary");
    is_operator || matches!(member, "init" | "str" | "repr" | "hash")
}

fn link_to(class: &str) -> String {
    format!("[`{class}`](#{})", class.to_lowercase())
}

fn is_inherited(linearisation: &[gc_arena::Gc<'_, Class<'_>>], name: &str) -> bool {
    let mut bases = linearisation.iter().skip(1);
    name == "iter" || name == "next" || bases.any(|base| base.body().members.iter().any(|(member, _)| member.as_str() == name))
}

fn errors_section(out: &mut String, cx: &Cx<'_, '_>) {
    out.push_str("\n## Errors\n\nEach inherits from the class it is indented under.\n\n");
    for (kind, name, base) in ErrorKind::ALL {
        let doc = cx.world.error_class(*kind).body().doc.clone().expect("error classes have docs");
        let indent = if kind == base {
            ""
        } else if *base == ErrorKind::Error {
            "  "
        } else {
            "    "
        };
        let _ = writeln!(out, "{indent}- `{name}`: {doc}");
    }
}

/// The entry of a function; `None` without doc.
fn entry(function: &Value<'_>) -> Option<Entry> {
    match function {
        Value::Native(native) => {
            let (signature, text) = native.doc.strip_prefix('`')?.split_once("`: ")?;
            Some(Entry { signature: signature.to_owned(), text: text.to_owned() })
        }
        Value::Function(function) => {
            let proto = function.proto();
            Some(Entry { signature: signature(&proto.image), text: proto.image.doc.as_deref()?.trim().to_owned() })
        }
        _ => None,
    }
}

fn signature(image: &ProtoImage) -> String {
    let params = image.params.iter().map(|param| match &param.default {
        Some(default) => format!("{} = {default}", param.name),
        None => param.name.to_string(),
    });
    let params: Vec<String> = params.chain(image.rest.iter().map(|rest| format!("...{rest}"))).collect();
    format!("{}({})", image.name.rsplit('.').next().unwrap_or_default(), params.join(", "))
}

fn diagnostics() -> String {
    let mut out = String::from(DIAGNOSTICS_HEAD);
    let mut codes: Vec<&Code> =
        lang::codes::ALL.iter().chain(vm::compile::codes::ALL).chain(vm::reload::codes::ALL).copied().collect();
    codes.sort_by_key(|code| (code.severity == Severity::Warning, code.id));
    for code in codes {
        let _ = write!(out, "\n## {}: {}\n\n{}\n", code.id, code.title, with_languages(code).trim_end());
    }
    out
}

const DIAGNOSTICS_HEAD: &str = "\
# Diagnostics reference

What is wrong with a text is reported with a code. This page is made from the table that `lang explain CODE` reads. Codes that begin with `E` are
errors: nothing of the text runs. Those that begin with `R` are reasons for which a text is
refused as a whole when it is loaded or reloaded. Those that begin with `W` are warnings.
";

/// The explanation with a language for each example: one that shows the mistake must give this code, any other must compile.
fn with_languages(code: &Code) -> String {
    let mut out = String::new();
    for (at, part) in code.explanation.split("```\n").enumerate() {
        // An explanation that ends with its example has no line break behind the fence.
        let part = part.strip_suffix("```").unwrap_or(part);
        if at % 2 == 0 {
            out.push_str(part);
            continue;
        }
        let source = Source::new("example.lang", part);
        let shows = compile_source(&source).diagnostics.iter().any(|diagnostic| diagnostic.code.id == code.id);
        let head = if shows { format!("shows={}", code.id) } else { "compiles".to_owned() };
        let _ = write!(out, "```lang {head}\n{part}```\n");
    }
    out
}
