//! A watcher as the source of edits of a VM.

use super::{Edit, Notice, Print, Watch, print_of};
use crate::{FileText, Vm};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;
use vm::reload::normalise;

/// Edits of the files that run: a function of [`Vm`], which is visible where this trait is.
///
/// ```
/// use embed::prelude::*;
/// use std::{fs, thread, time::Duration};
///
/// # let folder = std::env::temp_dir().join(format!("lang-doc-watch-files-{}", std::process::id()));
/// # fs::create_dir_all(&folder)?;
/// let path = folder.join("game.lang");
/// fs::write(&path, "fn lives() { 3 }")?;
/// let mut vm = Vm::new();
/// vm.load_file(&path.to_string_lossy())?;
/// vm.watch_files(None)?;
///
/// fs::write(&path, "fn lives() { 4 }")?;
/// let report = loop {
///     match vm.poll_reload() {
///         Some(report) => break report,
///         None => thread::sleep(Duration::from_millis(1)),
///     }
/// };
/// assert!(report.committed, "{report}");
/// assert_eq!(vm.call::<_, i64>("game.lives", ())?, 4);
/// # fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait WatchFiles {
    /// Watches the files that are loaded, now and later, on a thread of its own, and lets [`Vm::poll_reload`] bring edits in. With `poll` it looks at that interval
    /// instead of relying on the system.
    ///
    /// A save is taken as a whole: files that are written one after the other are one edit, and one that is half written is waited for. When an import was refused because
    /// its file is missing, that is watched for, too. What keeps the watcher from its work is a warning of the next report. It ends with the VM, or when that gets another
    /// change source.
    ///
    /// ```no_run
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_file("scripts/game.lang")?;
    /// vm.watch_files(None).expect("files can be watched");
    /// let update: Hot<fn(f64)> = vm.hot("game.update")?;
    /// loop {
    ///     if let Some(report) = vm.poll_reload() {
    ///         eprint!("{report}");
    ///     }
    ///     update.call(&mut vm, 1.0 / 60.0)?;
    /// }
    /// # #[allow(unreachable_code)]
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// If there can be no other thread.
    fn watch_files(&mut self, poll: Option<Duration>) -> io::Result<()>;

    /// As [`WatchFiles::watch_files`], and every program text in a directory or below it belongs to the program: those that are there and not loaded are brought in by the next
    /// [`Vm::poll_reload`]s, and so are those that come into being. The directory becomes a root for imports.
    ///
    /// ```no_run
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.watch_directory("scripts", None).expect("files can be watched");
    /// loop {
    ///     if let Some(report) = vm.poll_reload() {
    ///         eprint!("{report}");
    ///     }
    ///     vm.run_tasks_for(std::time::Duration::from_millis(10))?;
    /// }
    /// # #[allow(unreachable_code)]
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// If there can be no other thread.
    fn watch_directory(&mut self, directory: &str, poll: Option<Duration>) -> io::Result<()>;
}

impl WatchFiles for Vm {
    fn watch_files(&mut self, poll: Option<Duration>) -> io::Result<()> {
        watch(self, Watch::start(poll, None)?);
        Ok(())
    }

    fn watch_directory(&mut self, directory: &str, poll: Option<Duration>) -> io::Result<()> {
        let directory = normalise(directory);
        self.add_root(&directory);
        watch(self, Watch::start(poll, Some(directory))?);
        Ok(())
    }
}

/// Makes a watcher the source of edits. It ends with the VM, or when that gets another source.
fn watch(vm: &mut Vm, watch: Watch) {
    let mut known = None;
    // What the files had in them when they were seen last: the disk, which need not be what runs.
    let mut seen = BTreeMap::new();
    look_for(vm, &mut seen, &watch);
    vm.set_change_source(move |vm| {
        let state = (vm.epoch(), vm.missing_files());
        if known.as_ref() != Some(&state) {
            known = Some(state);
            look_for(vm, &mut seen, &watch);
        }
        let mut edits = Vec::new();
        while let Some(notice) = watch.notice() {
            match notice {
                Notice::Saved(saved) => {
                    for edit in saved.into_iter().filter(|edit| !edit.is_same) {
                        seen.insert(edit.path.clone(), edit.content.as_deref().map(print_of));
                        take(vm, edit, &mut edits);
                    }
                }
                Notice::Trouble(problem) => vm.note_trouble(&problem),
            }
        }
        edits
    });
}

/// Watches the files that have been loaded since, and the places where one was looked for. A program text that was given as a text has none.
fn look_for(vm: &mut Vm, seen: &mut BTreeMap<String, Print>, watch: &Watch) {
    for path in vm.missing_files() {
        seen.entry(path).or_insert(None);
    }
    for path in vm.loaded_files() {
        if !seen.contains_key(&path) && Path::new(&path).is_file() {
            let print = vm.running_text(&path).map(|text| print_of(text.as_bytes()));
            seen.insert(path, print);
        }
    }
    watch.set_files(seen.clone());
}

/// What was saved, if it is a text.
fn take(vm: &mut Vm, edit: Edit, edits: &mut Vec<FileText>) {
    let path = edit.path;
    match edit.content.map(String::from_utf8).transpose() {
        Ok(text) => edits.push(FileText { path, text }),
        Err(_) => vm.note_unreadable(&path, &format!("`{path}` is not UTF-8")),
    }
}
