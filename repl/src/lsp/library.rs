//! The library as editors show it: names of `core` and of modules, with signatures and doc texts, and what values of built-in classes can
//! do. It is asked in an engine of its own, in which nothing of the user runs.

use vm::embed::{Vm, VmOptions};
use vm::session::{Candidate, Entry, Request, Session};

/// The namespace that needs no import.
pub const CORE: &str = "core";

/// A value of each class that has literals, under names that `Library::of_literal` gives.
const LITERALS: &str =
    "let text_literal = ''; let list_literal = []; let map_literal = {}; let number_literal = 1; let tuple_literal = (1, 2)
let float_literal = 1.5; let bool_literal = true; let function_literal = || nil; let nil_literal = nil";

/// The library.
pub struct Library {
    vm: Vm,
    session: Session,
    modules: Vec<String>,
    imported: Vec<String>,
}

impl Default for Library {
    fn default() -> Library {
        let mut vm = stdlib::new_vm(VmOptions::default());
        let modules = vm.enter(|cx| cx.world.library.iter().map(|name| (*name).to_owned()).collect());
        let mut session = Session::new("editor");
        let reply =
            session.answer(&mut vm, &Request::Evaluate { code: LITERALS.to_owned(), namespace: None, file: None, at: None });
        debug_assert!(reply.ok, "{reply:?}");
        Library { vm, session, modules, imported: Vec::new() }
    }
}

impl Library {
    /// The modules that can be imported.
    pub fn modules(&self) -> &[String] {
        &self.modules
    }

    /// What stands behind the dot of a chain of names: a module, a class, a value that `of_literal` has named.
    pub fn members(&mut self, chain: &str) -> Vec<Candidate> {
        self.import(chain);
        let reply = self.session.answer(&mut self.vm, &Request::Complete { code: format!("{chain}."), file: None });
        reply.completions.map_or_else(Vec::new, |completions| completions.items)
    }

    /// What there is to say about a chain of names.
    pub fn entry(&mut self, chain: &str) -> Option<Entry> {
        self.import(chain);
        self.session.answer(&mut self.vm, &Request::LookUp { name: chain.to_owned(), file: None }).entry
    }

    fn import(&mut self, chain: &str) {
        let module = self
            .modules
            .iter()
            .find(|module| chain.strip_prefix(&***module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
        let Some(module) = module.filter(|module| !self.imported.contains(module)).cloned() else { return };
        let code = format!("import {module}");
        // A module that cannot be imported here has no names to tell.
        self.session.answer(&mut self.vm, &Request::Evaluate { code, namespace: None, file: None, at: None });
        self.imported.push(module);
    }
}
