//! An editor whose commands are scripts: many small ones in one VM, each with a namespace of its own.
//!
//! A script has a function `commands` that says what it adds. After an edit the host asks that script again, and no other; when a script is removed, so are its
//! commands, and what others still use of it is listed.

#[path = "../../shared/saved.rs"]
mod saved;

use embed::prelude::*;
use embed::{FileText, Report};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

/// The text that is edited.
#[derive(Class, Clone, Debug, Default)]
pub struct Buffer {
    /// All of it.
    #[script(get, set)]
    pub text: String,
    /// Where something is inserted, in bytes.
    pub cursor: usize,
}

#[methods]
impl Buffer {
    /// inserts a text at the cursor.
    fn insert(&mut self, text: String) {
        let cursor = self.text.floor_char_boundary(self.cursor);
        self.text.insert_str(cursor, &text);
        self.cursor = cursor + text.len();
    }

    /// goes to the end.
    fn go_to_end(&mut self) {
        self.cursor = self.text.len();
    }
}

/// What a script has registered.
struct Command {
    /// The namespace of the script.
    owner: String,
    run: Hot<fn(Own<Buffer>)>,
}

/// Commands by their names.
type Commands = BTreeMap<String, Command>;

/// The editor.
pub struct Editor {
    vm: Vm,
    buffer: Own<Buffer>,
    commands: Rc<RefCell<Commands>>,
    /// Whose `commands` is being called.
    owner: Rc<RefCell<String>>,
}

impl Editor {
    /// An editor with the scripts of a directory.
    pub fn new(scripts: &Path) -> Editor {
        let mut vm = Vm::builder().memory(64 << 20).build();
        let (commands, owner) = (Rc::<RefCell<Commands>>::default(), Rc::<RefCell<String>>::default());
        let (registering, asked) = (commands.clone(), owner.clone());
        vm.module("editor")
            .class::<Buffer>()
            .function("command(name, f): adds a command that calls `f(buffer)`.", move |name: String, run| {
                let owner = asked.borrow().clone();
                match registering.borrow_mut().entry(name) {
                    std::collections::btree_map::Entry::Occupied(other) if other.get().owner != owner => {
                        Err(Error::value_error(format!("`{}` is a command of `{}`", other.key(), other.get().owner)))
                    }
                    entry => {
                        entry.insert_entry(Command { owner, run });
                        Ok(())
                    }
                }
            })
            .locked();
        vm.add_root("");
        vm.set_change_source(saved::saved_in(scripts.to_owned()));
        let buffer = Own::new(&mut vm, Buffer::default());
        Editor { vm, buffer, commands, owner }
    }

    /// Takes in what has been saved: every file by itself, so that a broken one does not hold the others up. The reports, and errors of `commands`.
    pub fn follow(&mut self) -> (Vec<Report>, Vec<Error>) {
        let report = self.vm.poll_reload();
        let mut errors = Vec::new();
        for report in report.iter().filter(|report| report.committed) {
            for file in report.files.clone() {
                errors.extend(self.register(&file).err());
            }
        }
        (report.into_iter().collect(), errors)
    }

    /// Asks a script for its commands.
    fn register(&mut self, file: &str) -> Result<(), Error> {
        let namespace = self.vm.namespace_of_path(file).to_string();
        self.commands.borrow_mut().retain(|_, command| command.owner != namespace);
        if !self.vm.is_loaded(file) {
            return Ok(());
        }
        *self.owner.borrow_mut() = namespace.clone();
        self.vm.call(&format!("{namespace}.commands"), ())
    }

    /// Names of the commands, each with its script.
    pub fn commands(&self) -> Vec<(String, String)> {
        self.commands.borrow().iter().map(|(name, command)| (name.clone(), command.owner.clone())).collect()
    }

    /// Runs a command.
    ///
    /// # Errors
    /// If there is none of this name, and what it raises.
    pub fn run(&mut self, name: &str) -> Result<(), Error> {
        let run = self.commands.borrow().get(name).map(|command| command.run.clone());
        let run = run.ok_or_else(|| Error::Host(format!("there is no command `{name}`")))?;
        run.call(&mut self.vm, self.buffer.clone())
    }

    /// Gives a script another text without a file: for one that is being written in this editor.
    pub fn try_text(&mut self, file: &str, text: &str) -> Report {
        self.vm.plan(vec![FileText { path: file.into(), text: Some(text.into()) }], &Default::default())
    }

    /// The text that is edited.
    ///
    /// # Errors
    /// While a command changes it.
    pub fn text(&self) -> Result<String, Error> {
        self.buffer.borrow().map(|buffer| buffer.text.clone())
    }

    /// What scripts had and somebody still uses: the definition, and who holds it.
    pub fn leaks(&mut self) -> Vec<String> {
        self.vm.release_leaks();
        self.vm.leaks(None).into_iter().map(|leak| format!("{}.{}", leak.namespace, leak.name)).collect()
    }
}
