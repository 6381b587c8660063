//! `--watch`: stays, and runs the tests that an edit affects.
//!
//! What a test depends on is what was read when its file was loaded: the file itself, and everything that it imports, directly or not. Files
//! that were looked for and not found count too. Directories are looked at again from time to time, for files that are new.

use super::Options;
use super::run::Runner;
use super::suite::{Found, Selection, Suite};
use crate::diagnostics::Report as Style;
use crate::engine::plain;
use crate::host;
use crate::interrupt;
use crate::output::output;
use crate::watch::{Notice, Print, Watch, print_of};
use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks for what the watcher has to say.
const IDLE: Duration = Duration::from_millis(5);

/// Between two looks for new files.
const LOOK: Duration = Duration::from_secs(1);

/// Most edited files that are named.
const NAMED_MAX: usize = 5;

/// Runs until it is interrupted; gives the process's status.
pub fn watch(options: &Options, selection: &Selection, poll: Option<Duration>) -> i32 {
    let watch = match Watch::start(poll, None) {
        Ok(watch) => watch,
        Err(error) => {
            output().note(&Style::for_stderr().failure(&format!("cannot watch files: {}", plain(&error))));
            return super::STATUS_UNLOADABLE;
        }
    };
    let mut runner = Runner::new(options);
    let mut found = selection.find();
    let mut affected: Vec<&Suite> = found.suites.iter().collect();
    loop {
        if affected.is_empty() && found.broken.is_empty() {
            let text = if found.is_empty() { selection.nothing() } else { "no test depends on this".to_owned() };
            output().note(&format!("test: {text}"));
        } else {
            runner.run(&found.broken, &affected);
        }
        if runner.is_stopped() {
            return interrupt::STATUS;
        }
        watch.set_files(files(&runner, &found));
        output().note("test: waiting for an edit; Ctrl-C ends");
        let Some(edited) = wait(&runner, &watch, selection, &found) else {
            output().end_line_of_key();
            return interrupt::STATUS;
        };
        say(&edited);
        found = selection.find();
        affected = found.suites.iter().filter(|suite| is_affected(&runner, suite, &edited)).collect();
    }
}

/// Everything that a result depends on, with what was in it when it was read.
fn files(runner: &Runner<'_>, found: &Found) -> BTreeMap<String, Print> {
    let mut files: BTreeMap<String, Print> =
        found.files.iter().map(|path| (path.clone(), host::read(path).ok().map(|content| print_of(&content)))).collect();
    for texts in found.suites.iter().filter_map(|suite| runner.texts_of(suite)) {
        files.extend(texts.borrow().clone());
    }
    files
}

/// Waits for an edit; gives the files, or nothing when Ctrl-C was pressed.
fn wait(runner: &Runner<'_>, watch: &Watch, selection: &Selection, found: &Found) -> Option<BTreeSet<String>> {
    let mut looked = Instant::now();
    loop {
        if runner.is_stopped() {
            return None;
        }
        match watch.notice() {
            Some(Notice::Saved(edits)) => return Some(edits.into_iter().map(|edit| edit.path).collect()),
            Some(Notice::Trouble(text)) => output().note(&format!("test: {text}")),
            None => thread::sleep(IDLE),
        }
        if looked.elapsed() >= LOOK {
            let new: BTreeSet<String> = selection.files().difference(&found.files).cloned().collect();
            if !new.is_empty() {
                return Some(new);
            }
            looked = Instant::now();
        }
    }
}

fn say(edited: &BTreeSet<String>) {
    let names: Vec<String> = edited.iter().take(NAMED_MAX).map(|path| format!("`{path}`")).collect();
    let more = edited.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    output().note(&format!("test: edited {}{more}", names.join(", ")));
}

/// Whether an edit of these files can change what the tests of a file do.
fn is_affected(runner: &Runner<'_>, suite: &Suite, edited: &BTreeSet<String>) -> bool {
    suite.files().iter().any(|file| edited.contains(file))
        || runner.texts_of(suite).is_none_or(|texts| texts.borrow().keys().any(|path| edited.contains(path)))
}
