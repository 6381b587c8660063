//! `lang test`: runs the `test` blocks of programs.
//!
//! Every test has a VM of its own into which its file is loaded: no test sees what another one has changed. Compiled texts are shared, so that
//! only the top level runs anew.

mod case;
mod diff;
mod human;
mod junit;
mod report;
mod run;
pub mod suite;
mod tap;
mod watch;

use crate::diagnostics::Report as Style;
use crate::interrupt;
use crate::output::output;
use clap::ValueEnum;
use report::Tally;
use run::Runner;
use std::time::Duration;
use suite::{Found, Selection, Suite};
use vm::reload::Sharing;

/// Status when a test fails.
const STATUS_FAILED: i32 = 1;

/// Status when something cannot be loaded, or there is nothing to run.
const STATUS_UNLOADABLE: i32 = 2;

/// A form in which results are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// Test Anything Protocol, version 14
    Tap,
    /// XML as JUnit writes it
    Junit,
}

/// What happens when a test has failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AfterFailure {
    /// The other tests run.
    GoOn,
    /// No other test runs.
    Stop,
}

/// What is shown to people beside failures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown {
    /// The time of every test.
    pub times: bool,
    /// Tests that pass.
    pub passed: bool,
}

/// What is to be done with the tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Task {
    /// Run them.
    Run,
    /// List them.
    List,
    /// Run them, and after every edit those that it affects.
    Watch {
        /// Interval at which to look at the files, instead of relying on the system.
        poll: Option<Duration>,
    },
}

/// Which tests, and how.
#[derive(Debug)]
pub struct Options {
    /// Files, directories, and single tests.
    pub paths: Vec<String>,
    /// Further directories in which imports are looked for.
    pub roots: Vec<String>,
    /// Which files share a namespace.
    pub sharing: Sharing,
    /// Part of the name of tests that are wanted.
    pub filter: Option<String>,
    /// How results are written.
    pub format: Format,
    /// Longest time for one test.
    pub timeout: Duration,
    /// What happens when a test has failed.
    pub after_failure: AfterFailure,
    /// What is shown beside failures.
    pub shown: Shown,
    /// What is to be done.
    pub task: Task,
}

/// Does it; gives the process's status.
pub fn test(options: &Options) -> i32 {
    let selection = match Selection::new(&options.paths, options.filter.as_deref(), options.sharing) {
        Ok(selection) => selection,
        Err(message) => {
            output().note(&Style::for_stderr().failure(&message));
            return STATUS_UNLOADABLE;
        }
    };
    match options.task {
        Task::List => list(&selection.find()),
        Task::Run => run_once(options, &selection),
        Task::Watch { poll } => watch::watch(options, &selection, poll),
    }
}

fn run_once(options: &Options, selection: &Selection) -> i32 {
    let found = selection.find();
    if found.is_empty() {
        output().note(&Style::for_stderr().failure(&selection.nothing()));
        return STATUS_UNLOADABLE;
    }
    let mut runner = Runner::new(options, None);
    let tally = runner.run(&found.broken, &found.suites.iter().collect::<Vec<_>>());
    status(&tally)
}

fn status(tally: &Tally) -> i32 {
    match tally {
        Tally { is_interrupted: true, .. } => interrupt::STATUS,
        Tally { unloadable: 1.., .. } => STATUS_UNLOADABLE,
        Tally { failed: 1.., .. } => STATUS_FAILED,
        _ => 0,
    }
}

/// Prints the tests, one on a line, in the form in which they can be given to the command.
fn list(found: &Found) -> i32 {
    for broken in &found.broken {
        output().note(&broken.text);
    }
    let lines: String = found.suites.iter().flat_map(Suite::ids).map(|id| format!("{id}\n")).collect();
    let written = output().write(&lines);
    if written.is_err() || !found.broken.is_empty() { STATUS_UNLOADABLE } else { 0 }
}
