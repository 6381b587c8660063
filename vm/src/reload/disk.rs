//! What the disk holds beside what runs.
//!
//! A text that was refused or undone stays on the disk. It is remembered with the reason, so that the difference does not go unseen: a
//! restart would run it.

use super::check::Reason;
use super::load::{FileText, normalise};
use crate::embed::Vm;
use std::collections::{BTreeMap, BTreeSet};

/// What is not as a cold start of the files would make it.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "let score = 7")?;
/// vm.eval_in("game", "<a console>", "fn cheat() { 1 }")?;
/// let drift = vm.drift();
/// assert!(drift.iter().any(|drift| drift.name == "game.cheat" && drift.kind == "function"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drift {
    /// The qualified name of a definition, or the path of a file.
    pub name: String,
    /// What it is: `file`, `function`, `class` …
    pub kind: &'static str,
    /// Why it is not.
    pub why: String,
}

/// Why a text does not run.
#[derive(Clone, Debug)]
enum Why {
    /// It ran until this commit, which undid it.
    Undone(u64),
    /// It was refused, with these words.
    Refused(String),
}

/// What is known of texts that do not run.
#[derive(Default)]
pub(super) struct Disk {
    /// Files whose text was once read from the disk.
    read: BTreeSet<String>,
    /// The last text of a file that was refused or undone; `None`: that there is none.
    left: BTreeMap<String, (Option<String>, Why)>,
    /// Commits that undid something.
    undone: u64,
}

impl Disk {
    /// A file's text has been read from the disk.
    pub(super) fn note_read(&mut self, path: &str) {
        if !self.read.contains(path) {
            self.read.insert(path.to_owned());
        }
    }

    /// Whether a file's text was once read from the disk.
    pub(super) fn was_read(&self, path: &str) -> bool {
        self.read.contains(path)
    }

    /// The texts run.
    pub(super) fn note_running(&mut self, paths: &[String]) {
        paths.iter().for_each(|path| drop(self.left.remove(path)));
    }

    /// The texts were refused.
    pub(super) fn note_refused(&mut self, files: Vec<FileText>, reasons: &[Reason]) {
        for file in files {
            let path = normalise(&file.path);
            let Some(first) = reasons.iter().find(|reason| reason.file == path).or(reasons.first()) else { continue };
            let more = match reasons.len() {
                1 => String::new(),
                count => format!(" (1 of {count} reasons)"),
            };
            self.left.insert(path, (file.text, Why::Refused(format!("{}{more}", first.message))));
        }
    }

    /// The texts ran, and were undone by commit `epoch`.
    pub(super) fn note_undone(&mut self, files: impl Iterator<Item = FileText>, epoch: u64) {
        self.undone += 1;
        for FileText { path, text } in files {
            let known = self.left.get(&path);
            // The disk still holds what was refused, or what the first of several undos has undone.
            if known.is_none_or(|(left, _)| *left == text) {
                self.left.insert(path, (text, Why::Undone(epoch)));
            }
        }
    }
}

impl Vm {
    /// What is not as a cold start of the files would make it: files whose text on the disk is another than the one that runs, and
    /// definitions.
    ///
    /// See the example of [`Drift`].
    pub fn drift(&mut self) -> Vec<Drift> {
        let mut drift = self.drift_of_files();
        let definitions = self.drift_of_definitions().into_iter();
        drift.extend(definitions.map(|(name, kind, why)| Drift { name, kind, why: why.to_owned() }));
        drift
    }

    /// Files whose text on the disk is another than the one that runs.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::fs;
    ///
    /// # let folder = std::env::temp_dir().join(format!("lang-doc-drift-{}", std::process::id()));
    /// # fs::create_dir_all(&folder)?;
    /// let path = folder.join("game.lang").to_string_lossy().into_owned();
    /// fs::write(&path, "let lives = 3")?;
    /// let mut vm = Vm::new();
    /// vm.load_file(&path)?;
    /// assert!(vm.drift_of_files().is_empty());
    /// fs::write(&path, "let lives = 4")?;
    /// assert_eq!(vm.drift_of_files()[0].name, path);
    /// # fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drift_of_files(&mut self) -> Vec<Drift> {
        let mut paths: BTreeSet<String> = self.loaded_files().into_iter().collect();
        // What was refused may be a file that is not loaded.
        paths.extend(self.files.disk.left.keys().cloned());
        let unloaded = self.unloaded_files();
        paths.extend(unloaded.iter().cloned());
        let entries = paths.into_iter().filter_map(|path| {
            let why = self.why_not_running(&path, unloaded.contains(&path))?;
            Some(Drift { name: path, kind: "file", why })
        });
        entries.collect()
    }

    /// Why what the disk holds of a file does not run; `None` if it does. `was_loaded`: it ran once, and does not now.
    fn why_not_running(&mut self, path: &str, was_loaded: bool) -> Option<String> {
        let running = self.running_text(path);
        let text = match self.text_on_disk(path.to_owned()) {
            Ok(file) => file.text,
            Err(message) => return (running.is_some() && self.files.disk.was_read(path)).then_some(message),
        };
        // The host may have given texts of its own.
        if text == running || text.is_none() && !self.files.disk.was_read(path) {
            return None;
        }
        let left = self.files.disk.left.get(path).filter(|(left, _)| *left == text);
        Some(match (left, text) {
            (Some((Some(_), Why::Undone(epoch))), _) => format!("its text on the disk was undone in commit {epoch}"),
            (Some((None, Why::Undone(epoch))), _) => format!("that it is gone was undone in commit {epoch}"),
            (Some((_, Why::Refused(reason))), _) => format!("its text on the disk was refused: {reason}"),
            (None, Some(_)) if was_loaded => "it is back on the disk and has not been loaded".to_owned(),
            // A file of another program, or one that has not been asked for again.
            (None, _) if running.is_none() => return None,
            (None, Some(_)) => "its text on the disk has been edited and not been loaded".to_owned(),
            (None, None) => "it is gone from the disk, and what it defined still runs".to_owned(),
        })
    }

    /// The last text of a file, or that it was gone, if that was refused or undone.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let lives = 3")?;
    /// vm.reload_text("game.lang", "let = 4");
    /// assert_eq!(vm.left_text("game.lang"), Some(Some("let = 4")));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn left_text(&self, path: &str) -> Option<Option<&str>> {
        self.files.disk.left.get(path).map(|(text, _)| text.as_deref())
    }

    /// Number of commits that undid something.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "fn f() { 1 }")?;
    /// vm.reload_text("game.lang", "fn f() { 2 }");
    /// vm.undo();
    /// assert_eq!(vm.undone_commits(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn undone_commits(&self) -> u64 {
        self.files.disk.undone
    }
}
