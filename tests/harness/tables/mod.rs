//! Tables of what edits do, made by running a program for each cell and compared with what is recorded in `tests/tables`. `UPDATE=1`
//! rewrites the records.

pub mod decisions;
pub mod generations;
mod names;

use crate::host::FakeHost;
use crate::world::World;
use std::path::PathBuf;
use vm::embed::{FromScript, Vm};
use vm::reload::{FileText, Report};

/// A program that is edited.
struct Program {
    vm: Vm,
}

impl Program {
    /// These files, loaded together.
    fn new(files: &[(&str, &str)]) -> Program {
        let mut vm = World::Plain.vm(&FakeHost::new());
        vm.add_root("");
        let mut program = Program { vm };
        program.load(files);
        program
    }

    /// Loads these files, or brings them to these texts.
    fn load(&mut self, files: &[(&str, &str)]) -> Report {
        let texts = files.iter().map(|(path, text)| FileText { path: (*path).to_owned(), text: Some((*text).to_owned()) });
        let report = self.vm.reload(texts.collect(), &Default::default());
        assert!(report.ok, "{report}");
        report
    }

    /// Evaluates text in `main`, which must not fail.
    fn run(&mut self, text: &str) {
        self.evaluate("main", text);
    }

    /// Evaluates text in a namespace, which must not fail.
    fn evaluate(&mut self, namespace: &str, text: &str) {
        if let Err(error) = self.vm.eval_in(namespace, "<table>", text) {
            panic!("{text}\n{error}");
        }
    }

    /// The value of an expression.
    fn get<T: FromScript>(&mut self, text: &str) -> T {
        let value = self.vm.eval_in("main", "<table>", text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        let value = value.unwrap_or_else(|| panic!("{text} has no value"));
        self.vm.read(&value).unwrap_or_else(|error| panic!("{text}: {error}"))
    }
}

/// Compares a table with the record of this name; `UPDATE=1` rewrites it. What is wrong, if anything.
pub fn check_record(name: &str, table: &str) -> Result<(), String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tables").join(name);
    let recorded = std::fs::read_to_string(&path).unwrap_or_default();
    if recorded == table {
        return Ok(());
    }
    if std::env::var_os("UPDATE").is_some() {
        return std::fs::write(&path, table).map_err(|error| format!("{}: {error}", path.display()));
    }
    let differs = recorded.lines().zip(table.lines()).position(|(a, b)| a != b);
    let at = differs.unwrap_or_else(|| recorded.lines().count().min(table.lines().count()));
    let line = |text: &str| text.lines().nth(at).unwrap_or("(nothing)").to_owned();
    Err(format!(
        "tests/tables/{name}:{} is not what the programs do; UPDATE=1 rewrites it\n  recorded: {}\n  now:      {}",
        at + 1,
        line(&recorded),
        line(table)
    ))
}
