//! What a program is started with: a file, or a directory whose files are all loaded.

use crate::diagnostics::Report as Style;
use crate::engine;
use lang::source::Source;
use std::path::Path;
use vm::embed::Vm;
use vm::object::Kind;
use vm::reload::{ReloadOptions, Report, is_program_file, normalise};

/// What a program is started with.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A file; what it imports follows.
    File(String),
    /// A directory with all files in it and below it.
    Directory(String),
}

impl Entry {
    /// Says early what would be said about a path less clearly later.
    pub fn of(path: &str) -> Result<Entry, String> {
        let found = std::fs::metadata(path).map_err(|error| format!("cannot read `{path}`: {}", engine::plain(&error)))?;
        if found.is_dir() {
            return Ok(Entry::Directory(normalise(path)));
        }
        if found.len() > Source::BYTES_MAX as u64 {
            return Err(format!("`{path}` is larger than {} MB", Source::BYTES_MAX >> 20));
        }
        Ok(Entry::File(normalise(path)))
    }

    /// The directory in which its imports are looked for.
    pub fn root(&self) -> &str {
        match self {
            Entry::File(file) => engine::directory(file),
            Entry::Directory(directory) => directory,
        }
    }

    /// Whether a file belongs to the program even though nothing imports it.
    pub fn includes(&self, path: &str) -> bool {
        match self {
            Entry::File(file) => path == file,
            Entry::Directory(directory) => {
                let leads_out = |path: &str| path.starts_with("..") || path.starts_with('/');
                let is_inside = if directory.is_empty() { !leads_out(path) } else { Path::new(path).starts_with(directory) };
                is_inside && is_program_file(path)
            }
        }
    }

    /// Loads it.
    pub fn load(&self, vm: &mut Vm, options: &ReloadOptions) -> Report {
        match self {
            Entry::File(file) => vm.reload_files_with(std::slice::from_ref(file), options),
            Entry::Directory(directory) => vm.load_directory(directory, options),
        }
    }

    /// The qualified name of its `main`, if it has one; what to say if it is not clear which that is.
    pub fn main(&self, vm: &mut Vm) -> Result<Option<String>, String> {
        match self {
            Entry::File(file) => {
                let main = engine::namespace_of(vm, file).map(|namespace| format!("{namespace}.main"));
                Ok(main.filter(|main| engine::kind_of(vm, main) == Some(Kind::Function)))
            }
            Entry::Directory(directory) => vm.main_of_directory(directory).map_err(|reason| Style::for_stderr().reason(&reason)),
        }
    }
}
