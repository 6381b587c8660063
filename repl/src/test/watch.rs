//! `--watch`: stays, and runs the tests that an edit affects.
//!
//! What a test depends on is what was read when its file was loaded: the file itself, and everything that it imports, directly or not. Files
//! that were looked for and not found count too. Directories are looked at again from time to time, for files that are new. A save while
//! tests run ends the run, and what it affects runs together with what did not get its turn. What a test itself writes is no edit.

use super::Options;
use super::run::Runner;
use super::suite::{Found, Selection, Suite};
use crate::diagnostics::Report as Style;
use crate::engine::plain;
use crate::host::{Texts, Written};
use crate::interrupt;
use crate::output::output;
use embed::watch::{Notice, Print, Watch, print_of};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks for what the watcher has to say.
const IDLE: Duration = Duration::from_millis(5);

/// Between two looks for new files.
const LOOK: Duration = Duration::from_secs(1);

/// Most edited files that are named.
const NAMED_MAX: usize = 5;

/// Edits of the files that a run depends on, also while it goes on.
pub struct Edits {
    watch: Watch,
    /// What is watched, with what was in it when it was read.
    watched: RefCell<BTreeMap<String, Print>>,
    /// Files that were edited and that nobody has asked for yet.
    edited: RefCell<BTreeSet<String>>,
    /// What the tests themselves have written, which is no edit.
    pub written: Written,
}

impl Edits {
    /// Looks for edits from now on.
    fn start(poll: Option<Duration>) -> std::io::Result<Edits> {
        Ok(Edits {
            watch: Watch::start(poll, None)?,
            watched: RefCell::default(),
            edited: RefCell::default(),
            written: Written::default(),
        })
    }

    /// Sets what is watched.
    fn watch(&self, files: BTreeMap<String, Print>) {
        self.watch.set_files(files.clone());
        self.watched.replace(files);
    }

    /// Whether there are edits that nobody has asked for.
    pub fn have_come(&self) -> bool {
        !self.edited.borrow().is_empty()
    }

    /// Whether what runs is overtaken by edits. `texts` is what it was made of, which is watched from now on.
    pub fn overtake(&self, texts: &Texts) -> bool {
        if self.have_come() {
            return true;
        }
        let mut watched = self.watched.borrow_mut();
        let texts = texts.borrow();
        let known = watched.len();
        for (path, print) in texts.iter() {
            watched.entry(path.clone()).or_insert(*print);
        }
        if watched.len() > known {
            self.watch.set_files(watched.clone());
        }
        self.look();
        self.have_come()
    }

    /// Takes up what the watcher has to say.
    fn look(&self) {
        while let Some(notice) = self.watch.notice() {
            match notice {
                Notice::Saved(edits) => {
                    let by_hand =
                        edits.into_iter().filter(|edit| !self.written.has_print(&edit.path, edit.content.as_deref().map(print_of)));
                    self.edited.borrow_mut().extend(by_hand.map(|edit| edit.path));
                }
                Notice::Trouble(text) => output().note(&format!("test: {text}")),
            }
        }
    }

    /// The edits that have come, which are asked for by this.
    fn take(&self) -> BTreeSet<String> {
        self.look();
        self.edited.take()
    }
}

/// Runs until it is interrupted; gives the process's status.
pub fn watch(options: &Options, selection: &Selection, poll: Option<Duration>) -> i32 {
    let edits = match Edits::start(poll) {
        Ok(edits) => Rc::new(edits),
        Err(error) => {
            output().note(&Style::for_stderr().failure(&format!("cannot watch files: {}", plain(&error))));
            return super::STATUS_UNLOADABLE;
        }
    };
    let mut runner = Runner::new(options, Some(edits.clone()));
    let mut found = selection.find();
    let mut affected: Vec<&Suite> = found.suites.iter().collect();
    loop {
        if affected.is_empty() && found.broken.is_empty() {
            let text = if found.is_empty() { selection.nothing() } else { "no test depends on this".to_owned() };
            output().note(&format!("test: {text}"));
        } else {
            edits.watch(files(&runner, &found, &affected));
            runner.run(&found.broken, &affected);
        }
        if runner.is_stopped() {
            return interrupt::STATUS;
        }
        let mut edited = edits.take();
        if edited.is_empty() {
            edits.watch(files(&runner, &found, &[]));
            output().note("test: waiting for an edit; Ctrl-C ends");
            let Some(now) = wait(&runner, &edits, selection, &found) else {
                output().end_line_of_key();
                return interrupt::STATUS;
            };
            edited = now;
        }
        say(&edited);
        found = selection.find();
        affected = found.suites.iter().filter(|suite| is_affected(&runner, suite, &edited)).collect();
    }
}

/// Everything that a result depends on, with what was in it when it was read. What the files of `outdated` were made of is left out.
fn files(runner: &Runner<'_>, found: &Found, outdated: &[&Suite]) -> BTreeMap<String, Print> {
    let mut files = found.files.clone();
    let current = found.suites.iter().filter(|suite| outdated.iter().all(|other| other.path != suite.path));
    for texts in current.filter_map(|suite| runner.texts_of(suite)) {
        files.extend(texts.borrow().clone());
    }
    files
}

/// Waits for an edit; gives the files, or nothing when Ctrl-C was pressed.
fn wait(runner: &Runner<'_>, edits: &Edits, selection: &Selection, found: &Found) -> Option<BTreeSet<String>> {
    let mut looked = Instant::now();
    loop {
        if runner.is_stopped() {
            return None;
        }
        let edited = edits.take();
        if !edited.is_empty() {
            return Some(edited);
        }
        thread::sleep(IDLE);
        if looked.elapsed() >= LOOK {
            let files = selection.files();
            let new: BTreeSet<String> =
                files.into_iter().filter(|path| !found.files.contains_key(path) && !edits.written.has(path)).collect();
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
