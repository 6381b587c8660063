//! The reference page of the library, made of the doc texts that programs see too.

use crate::{MODULES, new_vm};
use gc_arena::Gc;
use std::fmt::Write as _;
use vm::embed::VmOptions;
use vm::heap::Value;
use vm::image::ProtoImage;
use vm::object::{Class, Cx, Member, Namespace};

/// Methods that the language itself calls; they need no doc text.
const PROTOCOL: &[&str] = &["init", "str", "repr", "hash", "iter", "next", "len"];

/// The page, in Markdown.
///
/// # Panics
/// If something that programs see has no doc text: a test makes the page.
pub fn reference() -> String {
    let mut vm = new_vm(VmOptions::default());
    for name in MODULES {
        if let Err(error) = vm.eval("main", "main.lang", &format!("import {name}")) {
            panic!("the module `{name}` does not load: {error}");
        }
    }
    let mut page = String::from(
        "# The library\n\nMade from the doc texts by `UPDATE=1 cargo test -p tests --test reference`; `doc(f)` shows them in a program. \
         In signatures, parameters with `=` may be left out, those after `...` may be any number, and those written `name:` are given by \
         name.\n",
    );
    vm.enter(|cx| {
        for name in std::iter::once(&"core").chain(MODULES) {
            let namespace = cx.world.namespace(cx.mc, name);
            push_namespace(cx, &mut page, namespace);
        }
    });
    page
}

fn push_namespace<'gc>(cx: &Cx<'_, 'gc>, page: &mut String, namespace: Gc<'gc, Namespace<'gc>>) {
    put(page, &format!("\n## {}\n\n{}\n\n", namespace.name, namespace.doc().unwrap_or_default()));
    let mut classes = Vec::new();
    for definition in namespace.definitions() {
        let name = definition.name.as_str();
        match definition.value() {
            _ if name.starts_with('_') => {}
            Value::Class(class) => classes.push(class),
            Value::Function(function) => push_function(page, name, &function.proto().image),
            Value::Native(native) => put(page, &format!("* {}\n", native.doc)),
            value => put(page, &format!("* `{name}`: {}\n", vm::ops::describe(cx, &value))),
        }
    }
    for class in classes {
        push_class(page, class);
    }
}

fn push_class<'gc>(page: &mut String, class: Gc<'gc, Class<'gc>>) {
    let body = class.body();
    let bases: Vec<&str> = body.bases.iter().map(|base| base.name.as_str()).collect();
    let bases = if bases.is_empty() { String::new() } else { format!("({})", bases.join(", ")) };
    put(page, &format!("\n### {}{bases}\n\n{}\n\n", class.name.as_str(), body.doc.as_deref().unwrap_or_default()));
    for (name, member) in &body.members {
        let name = name.as_str();
        let (value, mark) = match member {
            Member::Method(value) => (*value, ""),
            Member::Static(value) => (*value, "static "),
            Member::Property { getter: Some(value), .. } => (*value, "property "),
            _ => continue,
        };
        match value {
            _ if name.starts_with('_') || !name.starts_with(char::is_alphabetic) => {}
            Value::Native(native) => put(page, &format!("* {mark}{}\n", native.doc)),
            // A method of a stream is documented where it is inherited from.
            Value::Function(function) if function.proto().image.doc.is_none() && is_inherited(class, name) => {}
            Value::Function(function) if mark == "property " => {
                put(page, &format!("* property `{name}`: {}\n", one_line(name, &function.proto().image)));
            }
            Value::Function(function) => {
                put(page, &format!("* {mark}"));
                push_signature(page, name, &function.proto().image);
            }
            _ => {}
        }
    }
}

/// Whether a method needs no doc text of its own.
fn is_inherited<'gc>(class: Gc<'gc, Class<'gc>>, name: &str) -> bool {
    let body = class.body();
    let has_it = |base: &Gc<'gc, Class<'gc>>| base.body().members.keys().any(|member| member.as_str() == name);
    PROTOCOL.contains(&name) || body.linearisation.iter().skip(1).any(has_it)
}

fn push_function(page: &mut String, name: &str, image: &ProtoImage) {
    put(page, "* ");
    push_signature(page, name, image);
}

fn push_signature(page: &mut String, name: &str, image: &ProtoImage) {
    let mut params: Vec<String> = image
        .params
        .iter()
        .map(|param| match &param.default {
            Some(default) => format!("{} = {default}", param.name),
            None => param.name.to_string(),
        })
        .collect();
    params.extend(image.rest.as_ref().map(|rest| format!("...{rest}")));
    put(page, &format!("`{name}({})`: {}\n", params.join(", "), one_line(name, image)));
}

fn one_line(name: &str, image: &ProtoImage) -> String {
    let Some(doc) = image.doc.as_deref() else { panic!("`{name}` has no doc text") };
    doc.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

fn put(page: &mut String, text: &str) {
    page.write_str(text).expect("a String takes all text");
}
