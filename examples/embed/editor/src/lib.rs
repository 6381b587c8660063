//! An editor whose commands are scripts: many small ones in one VM, each with a namespace of its own.
//!
//! The top level of a script says which commands it adds. Those whose statement is edited, or goes with its script, are gone; the others stay. What others still use of a script
//! that is removed is listed.

#[path = "../../shared/saved.rs"]
mod saved;

use embed::prelude::*;
use embed::{FileText, Registry, Report};
use std::path::Path;

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
type Command = Hot<fn(Own<Buffer>)>;

/// The editor.
pub struct Editor {
    vm: Vm,
    buffer: Own<Buffer>,
    commands: Registry<Command>,
}

impl Editor {
    /// An editor with the scripts of a directory.
    pub fn new(scripts: &Path) -> Editor {
        let mut vm = Vm::builder().memory(64 << 20).build();
        let commands = vm.registry::<Command>();
        let registering = commands.clone();
        vm.module("editor")
            .class::<Buffer>()
            .function("command(name, f): adds a command that calls `f(buffer)`.", move |vm: &mut Vm, name: String, run| {
                match registering.insert(vm, &name, run) {
                    // The statement fails, so that the edit is refused.
                    Some(other) => Err(Error::value_error(format!("`{name}` is a command of `{other}`"))),
                    None => Ok(()),
                }
            })
            .locked();
        vm.add_root("");
        vm.set_change_source(saved::saved_in(scripts.to_owned()));
        let buffer = Own::new(&mut vm, Buffer::default());
        Editor { vm, buffer, commands }
    }

    /// Takes in what has been saved.
    pub fn follow(&mut self) -> Option<Report> {
        self.vm.poll_reload()
    }

    /// Names of the commands, each with the file of its script.
    pub fn commands(&self) -> Vec<(String, String)> {
        let mut names = self.commands.names();
        names.sort();
        names.into_iter().map(|name| (name.clone(), self.commands.file_of(&name).unwrap_or_default())).collect()
    }

    /// Runs a command.
    ///
    /// # Errors
    /// If there is none of this name, and what it raises.
    pub fn run(&mut self, name: &str) -> Result<(), Error> {
        let run = self.commands.get(name).ok_or_else(|| Error::Host(format!("there is no command `{name}`")))?;
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
