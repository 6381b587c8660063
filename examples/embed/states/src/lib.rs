//! `update_libs → update_state → view_state`, with a state that the host owns: the script has nothing but functions.

use embed::prelude::*;
use embed::{FileText, Report};
use std::fs;
use std::path::PathBuf;

/// All that there is.
#[derive(Class, Clone, Debug, Default)]
pub struct State {
    /// How many times it was updated.
    #[script(get, set)]
    pub count: i64,
    /// What the script has noted.
    #[script(get, set)]
    pub notes: Vec<String>,
}

#[methods]
impl State {
    /// adds a note.
    fn note(&mut self, text: String) {
        self.notes.push(text);
    }
}

/// The loop: a state, and the functions that update and show it.
pub struct App {
    vm: Vm,
    state: Own<State>,
    update: Hot<fn(Own<State>)>,
    view: Hot<fn(Own<State>) -> String>,
}

impl App {
    /// An app with a new state.
    ///
    /// # Errors
    /// If the script cannot be loaded, or has not what it must have.
    pub fn new(script: PathBuf) -> Result<App, Error> {
        let mut vm = Vm::new();
        vm.module("app").class::<State>().locked();
        // An edit that does not have them, or with other parameters, is refused.
        vm.require::<fn(Own<State>)>("logic.update");
        vm.require::<fn(Own<State>) -> String>("logic.view");
        let mut seen = None;
        vm.set_change_source(move |_| match fs::read_to_string(&script) {
            Ok(text) if seen.as_ref() != Some(&text) => {
                seen = Some(text.clone());
                vec![FileText { path: "logic.lang".into(), text: Some(text) }]
            }
            // While an editor replaces the file there is none.
            _ => Vec::new(),
        });
        let loaded = vm.poll_reload().ok_or_else(|| Error::Host("there is no script".into()))?;
        if let Some(error) = loaded.error {
            return Err(error);
        }
        let (update, view) = (vm.hot("logic.update")?, vm.hot("logic.view")?);
        let state = Own::new(&mut vm, State::default());
        Ok(App { vm, state, update, view })
    }

    /// Takes in what has been saved.
    pub fn update_libs(&mut self) -> Option<Report> {
        self.vm.poll_reload()
    }

    /// Brings the state further.
    ///
    /// # Errors
    /// What the script raises; the state is as far as it has come.
    pub fn update_state(&mut self) -> Result<(), Error> {
        self.update.call(&mut self.vm, self.state.clone())
    }

    /// Shows the state.
    ///
    /// # Errors
    /// What the script raises.
    pub fn view_state(&mut self) -> Result<String, Error> {
        self.view.call(&mut self.vm, self.state.clone())
    }

    /// A copy of the state.
    ///
    /// # Errors
    /// While somebody changes it.
    pub fn state(&self) -> Result<State, Error> {
        self.state.borrow().map(|state| state.clone())
    }
}
