//! Plugins of strangers. Each has a VM of its own: its own heap, its own limits, its own permissions. What one does to itself the others do not notice.

use embed::prelude::*;
use embed::{Effect, Limits};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

/// What a plugin may do. The host decides, not the plugin.
#[derive(Clone, Copy, Debug, Default)]
pub struct Permissions {
    /// Effects that are let through.
    pub effects: &'static [Effect],
    /// Modules of the library that there are.
    pub modules: &'static [&'static str],
}

/// Calls and loop turns for each event.
const FUEL: u64 = 100_000;

/// Bytes that a plugin may have alive.
const MEMORY: usize = 4 << 20;

/// What a plugin does at an event: it may give an answer.
type Handler = Hot<fn(String) -> Option<String>>;

/// What a plugin has subscribed to, and what it has said.
#[derive(Default)]
struct Desk {
    handlers: BTreeMap<String, Vec<Handler>>,
    log: Vec<String>,
}

/// A plugin that runs.
struct Running {
    vm: Vm,
    desk: Rc<RefCell<Desk>>,
}

/// A plugin, and how it is.
pub struct Plugin {
    name: String,
    path: PathBuf,
    permissions: Permissions,
    /// The text on the disk that was looked at last.
    text: String,
    running: Option<Running>,
    /// Why it was stopped, or its last edit refused.
    problem: Option<String>,
}

impl Plugin {
    fn new(name: &str, path: PathBuf, permissions: Permissions) -> Plugin {
        Plugin { name: name.to_owned(), path, permissions, text: String::new(), running: None, problem: None }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is alive.
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Why it was stopped, or its last edit refused.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// What it has said.
    pub fn log(&self) -> Vec<String> {
        self.running.as_ref().map_or_else(Vec::new, |running| running.desk.borrow().log.clone())
    }

    /// A VM with nothing in it but what the permissions let through, and the API.
    fn begin(&self) -> Running {
        let limits = Limits { memory: Some(MEMORY), ..Limits::strict() };
        let mut vm = Vm::builder().allow(self.permissions.effects).modules(self.permissions.modules).limits(limits).build();
        let desk = Rc::<RefCell<Desk>>::default();
        let (subscribing, logging) = (desk.clone(), desk.clone());
        vm.module("host")
            .doc("What a plugin can do with its host.")
            .value("name", self.name.as_str())
            .function(
                "on(event, f): has `f(text)` called; a text that it gives is the answer.",
                move |event: String, f: Handler| {
                    let mut desk = subscribing.borrow_mut();
                    desk.handlers.entry(event).or_default().push(f);
                },
            )
            .function("log(text)", move |text: String| logging.borrow_mut().log.push(text))
            .locked();
        vm.assign_namespace("plugin.lang", "plugin");
        vm.require::<fn()>("plugin.start");
        Running { vm, desk }
    }

    /// Takes in what has been saved. One that was stopped begins anew.
    fn follow(&mut self) {
        let Ok(text) = fs::read_to_string(&self.path) else { return };
        if text == self.text {
            return;
        }
        self.text.clone_from(&text);
        let mut running = self.running.take().unwrap_or_else(|| self.begin());
        running.vm.set_fuel(Some(FUEL));
        let report = running.vm.reload_text("plugin.lang", &text);
        self.problem = report.error.map(|error| error.to_string());
        if self.problem.is_none() {
            // It subscribes anew.
            running.desk.borrow_mut().handlers.clear();
            self.problem = running.vm.call::<_, ()>("plugin.start", ()).err().map(|error| error.to_string());
        }
        // What was refused goes on as it was, if it had begun.
        if running.vm.is_loaded("plugin.lang") {
            self.running = Some(running);
        }
    }

    /// Its answers to an event. A plugin that is stopped by a limit or raises is ended: what it has made is dropped with its VM.
    fn tell(&mut self, event: &str, text: &str) -> Vec<String> {
        let Some(Running { vm, desk }) = &mut self.running else { return Vec::new() };
        let handlers = desk.borrow().handlers.get(event).cloned().unwrap_or_default();
        vm.set_fuel(Some(FUEL));
        let answers: Result<Vec<Option<String>>, Error> =
            handlers.iter().map(|handler| handler.call(vm, text.to_owned())).collect();
        match answers {
            Ok(answers) => answers.into_iter().flatten().collect(),
            Err(error) => {
                self.problem = Some(error.to_string());
                self.running = None;
                Vec::new()
            }
        }
    }
}

/// All plugins.
#[derive(Default)]
pub struct Plugins {
    all: Vec<Plugin>,
}

impl Plugins {
    /// Takes a plugin in.
    pub fn add(&mut self, name: &str, path: PathBuf, permissions: Permissions) {
        self.all.push(Plugin::new(name, path, permissions));
    }

    /// Takes in what has been saved, and tells all of them of an event. Their answers, each with the name of its plugin.
    pub fn tell(&mut self, event: &str, text: &str) -> Vec<(String, String)> {
        let mut answers = Vec::new();
        for plugin in &mut self.all {
            plugin.follow();
            answers.extend(plugin.tell(event, text).into_iter().map(|answer| (plugin.name.clone(), answer)));
        }
        answers
    }

    /// A plugin by its name.
    pub fn get(&self, name: &str) -> Option<&Plugin> {
        self.all.iter().find(|plugin| plugin.name == name)
    }

    /// All plugins.
    pub fn iter(&self) -> impl Iterator<Item = &Plugin> {
        self.all.iter()
    }
}
