//! The modules of the library. They cost nothing until they are imported.
//!
//! A module has a table of natives, constants, and a part that is written in the language. Names that begin with `_` are for that part.

mod bytes;
mod fs;
mod io;
mod json;
pub(crate) mod live;
mod math;
mod os;
mod random;
mod regex;
mod task;
mod text;
mod time;

use crate::table::{Row, functions};
use gc_arena::Gc;
use vm::embed::{Error, Vm};
use vm::heap::Value;
use vm::object::{Cx, Definition, Kind, Namespace};
use vm::reload::Library;

/// A module.
pub(crate) struct Module {
    name: &'static str,
    doc: &'static str,
    /// Its natives.
    pub(crate) functions: &'static [Row],
    /// Defines its constants.
    constants: for<'a, 'b, 'gc> fn(&'a mut Cx<'b, 'gc>, Gc<'gc, Namespace<'gc>>),
    /// The part that is written in the language; may be empty.
    source: &'static str,
}

const fn module(name: &'static str, doc: &'static str, functions: &'static [Row], source: &'static str) -> Module {
    Module { name, doc, functions, constants: |_, _| {}, source }
}

/// All modules.
pub(crate) const TABLE: &[Module] = &[
    module("bytes", "Bytes as text and as numbers.", bytes::FUNCTIONS, ""),
    module("fs", "Files and directories. Paths are written with `/` on every system.", fs::FUNCTIONS, include_str!("fs.lang")),
    module("io", "Input and output beside `print` and `input`.", io::FUNCTIONS, include_str!("io.lang")),
    module("json", "Reading and writing JSON.", json::FUNCTIONS, ""),
    module(
        "live",
        "Live redefinition: what the program can do to itself, and ask.",
        live::FUNCTIONS,
        concat!(include_str!("live/live.lang"), include_str!("live/override.lang")),
    ),
    Module {
        constants: math::constants,
        ..module("math", "Mathematics beyond the operators.", math::FUNCTIONS, include_str!("math.lang"))
    },
    module("os", "What the program runs in.", os::FUNCTIONS, ""),
    module("path", "Paths as text. Nothing here looks at files.", &[], include_str!("path.lang")),
    module("random", "Random numbers and choices.", random::FUNCTIONS, include_str!("random.lang")),
    module("regex", "Regular expressions. Every search takes linear time.", regex::FUNCTIONS, include_str!("regex.lang")),
    module("task", "Functions that take turns: tasks, channels, waiting.", task::FUNCTIONS, include_str!("task.lang")),
    module("test", "What `test` blocks need beside `assert`.", &[], include_str!("test.lang")),
    module("text", "Text as people see it: width, lines, likeness.", text::FUNCTIONS, include_str!("text.lang")),
    module("time", "Clocks and waiting.", time::FUNCTIONS, ""),
];

/// Names of the modules, which files of a program cannot have.
pub const MODULES: &[&str] =
    &["bytes", "fs", "io", "json", "live", "math", "os", "path", "random", "regex", "task", "test", "text", "time"];

/// The modules as the engine asks for them.
pub(crate) const LIBRARY: Library = Library { modules: MODULES, load, report: live::report_value };

fn load(vm: &mut Vm, name: &str) -> Result<(), Error> {
    let module = TABLE.iter().find(|module| module.name == name).expect("the engine asks for modules of the list");
    vm.enter(|cx| {
        let namespace = cx.world.namespace(cx.mc, name);
        namespace.set_doc(Some(module.doc.into()));
        functions(cx, namespace, module.functions);
        (module.constants)(cx, namespace);
    });
    if module.source.is_empty() {
        vm.lock_namespace(name, true);
        return Ok(());
    }
    let loaded = vm.eval_in(name, &format!("{name}.lang"), module.source);
    if loaded.is_err() {
        // It was interrupted. The next import begins anew.
        vm.enter(|cx| {
            for cell in cx.world.namespace(cx.mc, name).definitions() {
                cell.set_kind(Kind::Absent);
                Definition::set(cell, cx.mc, Value::Unset);
            }
        });
    }
    vm.lock_namespace(name, loaded.is_ok());
    loaded.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::{MODULES, TABLE};
    use vm::embed::VmOptions;

    #[test]
    fn names_are_those_of_the_table() {
        assert_eq!(MODULES, TABLE.iter().map(|module| module.name).collect::<Vec<_>>());
    }

    #[test]
    fn modules_load_when_they_are_imported() {
        for name in MODULES {
            let mut vm = crate::new_vm(VmOptions::default());
            assert!(!vm.enter(|cx| cx.world.namespaces.contains_key(*name)), "`{name}` is there before it is imported");
            let loaded = vm.eval_in("main", "main.lang", &format!("import {name}"));
            assert!(loaded.is_ok(), "`{name}` does not load: {:?}", loaded.err());
        }
    }
}
