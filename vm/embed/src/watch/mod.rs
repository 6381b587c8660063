//! The watcher: a thread that notices edited program texts and hands them over one save at a time.
//!
//! Not files but the directories they are in are watched, those on the way of symbolic links too: editors replace files by renaming. An
//! event only says that it is time to look, and whether names, links and directories are to be looked at, too; what counts is the content.
//! A save is over when nothing has happened for `QUIET` and no file is missing, empty or open for writing that was not so before; after
//! `GRACE` it counts as meant.

mod files;
mod places;
mod source;

pub use files::program_files;
pub use source::WatchFiles;

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use places::{directory_of, identity, identity_of, places, places_of_all};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};
use vm::reload::{is_program_file, normalise};

/// How long nothing must have happened before a save counts as finished.
const QUIET: Duration = Duration::from_millis(20);

/// How long a save may go on at most.
const SAVE_MAX: Duration = Duration::from_millis(400);

/// How long a file may be missing, empty or open for writing in the middle of a save.
const GRACE: Duration = Duration::from_millis(250);

/// Between two looks at an unfinished save.
const LOOK_AGAIN: Duration = Duration::from_millis(15);

/// Between two looks when nothing has been reported: catches what the system does not report.
const LOOK_ANYWAY: Duration = Duration::from_secs(2);

/// Between two looks when the system reports nothing at all.
const POLL: Duration = Duration::from_millis(500);

/// A file whose last change is this recent is read even if its time and size are the same as before.
const RECENT: Duration = Duration::from_secs(2);

/// Contents as the watcher compares them: `None` is a missing file.
///
/// ```
/// use embed::watch::{Print, print_of};
///
/// let there: Print = Some(print_of(b"let x = 1"));
/// assert_ne!(there, None);
/// ```
pub type Print = Option<u64>;

/// The print of a content.
///
/// It is the same in one process only: nothing to be kept.
///
/// ```
/// use embed::watch::print_of;
///
/// assert_eq!(print_of(b"let x = 1"), print_of(b"let x = 1"));
/// assert_ne!(print_of(b"let x = 1"), print_of(b"let x = 2"));
/// ```
pub fn print_of(content: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

/// A file whose content is another than before, or that was saved again as it was.
///
/// See the example of [`Watch`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Its path, as it was given to the watcher.
    pub path: String,
    /// What is in it; `None` if it is gone.
    pub content: Option<Vec<u8>>,
    /// Whether the content is the known one.
    pub is_same: bool,
    /// What the file was before it was read.
    stat: Option<Stat>,
}

/// What the watcher says.
///
/// See the example of [`Watch`].
#[derive(Debug)]
pub enum Notice {
    /// One save.
    Saved(Vec<Edit>),
    /// It cannot work as it should.
    Trouble(String),
}

/// The near end of the watcher. It ends when this is dropped.
///
/// ```
/// use embed::watch::{Notice, Watch, print_of};
/// use std::collections::BTreeMap;
/// use std::time::Duration;
/// use std::{fs, thread};
///
/// # let folder = std::env::temp_dir().join(format!("lang-doc-watch-{}", std::process::id()));
/// # fs::create_dir_all(&folder)?;
/// let path = folder.join("game.lang").to_string_lossy().into_owned();
/// fs::write(&path, "let x = 1")?;
/// let watch = Watch::start(None, None)?;
/// watch.set_files(BTreeMap::from([(path.clone(), Some(print_of(b"let x = 1")))]));
///
/// fs::write(&path, "let x = 2")?;
/// let edits = loop {
///     match watch.notice() {
///         Some(Notice::Saved(edits)) => break edits,
///         Some(Notice::Trouble(problem)) => eprintln!("{problem}"),
///         None => thread::sleep(Duration::from_millis(1)),
///     }
/// };
/// assert_eq!((&edits[0].path, edits[0].content.as_deref()), (&path, Some(&b"let x = 2"[..])));
/// # fs::remove_dir_all(&folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Watch {
    messages: Sender<Message>,
    notices: Receiver<Notice>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        // What reports edits has an end of the channel, too, so that the far end would not see that this one is gone.
        let _ = self.messages.send(Message::End);
    }
}

enum Message {
    End,
    Files(BTreeMap<String, Print>),
    Event(notify::Result<Event>),
}

impl Watch {
    /// Starts the watcher. With `poll` it looks at that interval instead of relying on the system. Program texts that come into being in
    /// `directory` or below it are edits, too.
    ///
    /// See the example of [`Watch`].
    ///
    /// # Errors
    /// If there can be no other thread. That the system reports nothing is no error, but a [`Notice::Trouble`].
    pub fn start(poll: Option<Duration>, directory: Option<String>) -> std::io::Result<Watch> {
        Self::start_named("watch", poll, directory)
    }

    /// As [`Watch::start`]; `name` is that of its thread.
    ///
    /// See the example of [`Watch`].
    pub fn start_named(name: &str, poll: Option<Duration>, directory: Option<String>) -> std::io::Result<Watch> {
        let (messages, received) = channel();
        let (sender, notices) = channel();
        let to_self = messages.clone();
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            let mut looker = Looker { notices: sender, poll, directory, ..Looker::new() };
            if poll.is_none() {
                looker.listen(to_self);
            }
            looker.run(&received);
        })?;
        Ok(Watch { messages, notices })
    }

    /// Sets what is watched, with the content that is known of each.
    ///
    /// See the example of [`Watch`].
    pub fn set_files(&self, files: BTreeMap<String, Print>) {
        // The watcher lives as long as this end; if it does not, there is nothing to be done.
        let _ = self.messages.send(Message::Files(files));
    }

    /// What it has to say, if anything.
    ///
    /// It does not wait. See the example of [`Watch`].
    pub fn notice(&self) -> Option<Notice> {
        self.notices.try_recv().ok()
    }
}

/// A watched file.
struct Known {
    print: Print,
    is_empty: bool,
    /// Time, size and identity when it was read.
    stat: Option<Stat>,
    /// It is there and cannot be read, which was told.
    is_unreadable: bool,
}

impl Known {
    fn new(print: Print) -> Known {
        Known { print, is_empty: print == Some(print_of(b"")), stat: None, is_unreadable: false }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    modified: Option<SystemTime>,
    size: u64,
    identity: (u64, u64),
}

/// The far end.
struct Looker {
    notices: Sender<Notice>,
    poll: Option<Duration>,
    system: Option<RecommendedWatcher>,
    /// Where new program texts are looked for.
    directory: Option<String>,
    files: BTreeMap<String, Known>,
    /// Directories under watch, with what they were then.
    directories: HashMap<PathBuf, (u64, u64)>,
    /// Paths of which an event is of interest.
    relevant: HashSet<PathBuf>,
    /// The directory and all below it, as the system names them.
    inside: HashSet<PathBuf>,
    /// Files that were written to and not closed.
    open: HashSet<PathBuf>,
    /// Whether names, links and directories are as they were at the last survey, as far as is known. Only what files contain may have changed.
    is_surveyed: bool,
}

impl Looker {
    fn new() -> Looker {
        Looker {
            notices: channel().0,
            poll: None,
            system: None,
            directory: None,
            files: BTreeMap::new(),
            directories: HashMap::new(),
            relevant: HashSet::new(),
            inside: HashSet::new(),
            open: HashSet::new(),
            is_surveyed: false,
        }
    }

    fn listen(&mut self, messages: Sender<Message>) {
        let handler = move |event| {
            let _ = messages.send(Message::Event(event));
        };
        match notify::recommended_watcher(handler) {
            Ok(system) => self.system = Some(system),
            Err(error) => self.fall_back(&error.to_string()),
        }
    }

    /// From now on looks at intervals.
    fn fall_back(&mut self, why: &str) {
        self.system = None;
        self.poll = Some(POLL);
        let text = format!("the system does not report edits ({why}); looking every {} ms instead", POLL.as_millis());
        let _ = self.notices.send(Notice::Trouble(text));
    }

    fn run(mut self, messages: &Receiver<Message>) {
        loop {
            match messages.recv_timeout(self.poll.unwrap_or(LOOK_ANYWAY)) {
                Ok(Message::End) => return,
                Ok(message) => {
                    if !self.take(message) {
                        continue;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.is_surveyed = false;
                    self.survey();
                    if self.look().is_empty() {
                        continue;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.settle(messages).is_err() {
                return;
            }
            let Ok(edits) = self.collect(messages) else { return };
            if !edits.is_empty() && self.notices.send(Notice::Saved(edits)).is_err() {
                return;
            }
        }
    }

    /// Takes a message in; true if it is time to look.
    fn take(&mut self, message: Message) -> bool {
        match message {
            Message::Files(files) => {
                self.set_files(files);
                true
            }
            Message::End => unreachable!("whoever receives it ends"),
            Message::Event(Ok(event)) => self.is_of_interest(&event),
            Message::Event(Err(_)) => {
                self.is_surveyed = false;
                true
            }
        }
    }

    fn set_files(&mut self, files: BTreeMap<String, Print>) {
        self.is_surveyed &= files.keys().eq(self.files.keys());
        let before = std::mem::take(&mut self.files);
        let known = |path: &str, print| {
            let same = before.get(path).filter(|known| known.print == print);
            Known { stat: same.and_then(|known| known.stat), ..Known::new(print) }
        };
        self.files = files.into_iter().map(|(path, print)| (path.clone(), known(&path, print))).collect();
        self.survey();
    }

    fn is_of_interest(&mut self, event: &Event) -> bool {
        if event.need_rescan() || event.paths.is_empty() {
            self.is_surveyed = false;
            return true;
        }
        let mut is_relevant = false;
        for path in &event.paths {
            if !self.relevant.contains(path) && !self.may_be_new(path) {
                continue;
            }
            self.is_surveyed &= self.is_about_content(event.kind, path);
            is_relevant |= match event.kind {
                EventKind::Access(AccessKind::Close(AccessMode::Write)) => {
                    self.open.remove(path);
                    true
                }
                EventKind::Access(_) => false,
                EventKind::Create(_) | EventKind::Modify(ModifyKind::Data(_)) => {
                    // Only here does the system also say when a file is closed.
                    if cfg!(target_os = "linux") {
                        self.open.insert(path.clone());
                    }
                    true
                }
                _ => {
                    self.open.remove(path);
                    true
                }
            };
        }
        is_relevant
    }

    /// Whether an event leaves names, links and directories as they are; a file that replaces one of the same name does.
    fn is_about_content(&self, kind: EventKind, path: &Path) -> bool {
        matches!(kind, EventKind::Access(_) | EventKind::Modify(ModifyKind::Data(_)))
            || self.relevant.contains(path) && fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
    }

    /// Whether a path may be, or lead to, a text that is not known yet.
    fn may_be_new(&self, path: &Path) -> bool {
        let is_inside = path.parent().is_some_and(|parent| self.inside.contains(parent));
        is_inside && (is_program_file(&path.to_string_lossy()) || path.is_dir())
    }

    /// Watches what is to be watched as names and links are now, and takes up new files; what comes after that is reported.
    fn survey(&mut self) {
        if self.is_surveyed {
            return;
        }
        self.watch_directories();
        self.find_new();
        // Without reports nobody would say when it has to be done again.
        self.is_surveyed = self.system.is_some();
    }

    /// Takes up the program texts that have come into the directory.
    fn find_new(&mut self) {
        let Some(directory) = &self.directory else { return };
        // While there are none, there are none to take up.
        for path in program_files(if directory.is_empty() { "." } else { directory }).unwrap_or_default() {
            let path = normalise(&path);
            if is_program_file(&path) {
                self.files.entry(path).or_insert_with(|| Known::new(None));
            }
        }
    }

    /// Waits until nothing happens.
    fn settle(&mut self, messages: &Receiver<Message>) -> Result<(), Ended> {
        let start = Instant::now();
        let mut quiet_since = start;
        while quiet_since.elapsed() < QUIET && start.elapsed() < SAVE_MAX {
            if self.wait(messages, QUIET.saturating_sub(quiet_since.elapsed()))? {
                quiet_since = Instant::now();
            }
        }
        Ok(())
    }

    /// Waits for a message, no longer than `time`; true if it is of interest.
    fn wait(&mut self, messages: &Receiver<Message>, time: Duration) -> Result<bool, Ended> {
        match messages.recv_timeout(time) {
            Ok(Message::End) => Err(Ended),
            Ok(message) => Ok(self.take(message)),
            Err(RecvTimeoutError::Timeout) => Ok(false),
            Err(RecvTimeoutError::Disconnected) => Err(Ended),
        }
    }

    /// The edits of a save, once it is finished.
    fn collect(&mut self, messages: &Receiver<Message>) -> Result<Vec<Edit>, Ended> {
        let start = Instant::now();
        self.survey();
        let mut before: Vec<Edit> = Vec::new();
        loop {
            let edits = self.look();
            let is_steady = self.system.is_some() || edits == before;
            if edits.is_empty() || (is_steady && !self.is_halfway(&edits)) || start.elapsed() > GRACE {
                self.remember(&edits);
                return Ok(edits);
            }
            before = edits;
            let until = Instant::now() + LOOK_AGAIN;
            while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
                self.wait(messages, left)?;
            }
            self.survey();
        }
    }

    /// Whether a save does not look finished.
    fn is_halfway(&self, edits: &[Edit]) -> bool {
        edits.iter().any(|edit| {
            let Some(known) = self.files.get(&edit.path) else { return false };
            let is_emptied = edit.content.as_ref().is_none_or(Vec::is_empty) && !known.is_empty;
            is_emptied || places(&edit.path).iter().any(|place| self.open.contains(place))
        })
    }

    /// All files that were written: their content is another than the known one, or the same once more.
    fn look(&mut self) -> Vec<Edit> {
        let now = SystemTime::now();
        let mut edits = Vec::new();
        for (path, known) in &mut self.files {
            let stat = stat(path);
            let is_recent = stat.is_some_and(|stat| {
                stat.modified.is_none_or(|at| now.duration_since(at).is_ok_and(|age| age < RECENT) || at > now)
            });
            let is_same = if stat.is_none() { known.print.is_none() } else { stat == known.stat && !is_recent };
            if is_same {
                continue;
            }
            let content = match content_of(path) {
                Ok(content) => content,
                Err(error) => {
                    if !std::mem::replace(&mut known.is_unreadable, true) {
                        let text = format!("cannot read `{path}`: {error}; what runs stays as it is until it can be read");
                        let _ = self.notices.send(Notice::Trouble(text));
                    }
                    continue;
                }
            };
            known.is_unreadable = false;
            let print = content.as_deref().map(print_of);
            let is_same = print == known.print;
            if is_same && (known.stat.is_none() || known.stat == stat) {
                known.stat = stat;
            } else {
                edits.push(Edit { path: path.clone(), content, is_same, stat });
            }
        }
        edits
    }

    fn remember(&mut self, edits: &[Edit]) {
        for edit in edits {
            if let Some(known) = self.files.get_mut(&edit.path) {
                known.print = edit.content.as_deref().map(print_of);
                known.is_empty = edit.content.as_ref().is_some_and(Vec::is_empty);
                known.stat = edit.stat;
            }
        }
        self.open.clear();
    }

    /// Watches the directories of all files, as they are now.
    fn watch_directories(&mut self) {
        let Some(mut system) = self.system.take() else { return };
        let all = places_of_all(self.files.keys().map(String::as_str));
        let mut wanted: HashSet<PathBuf> = all.iter().filter_map(|place| directory_of(place)).collect();
        self.inside = self.directory.as_deref().map(directories_in).unwrap_or_default();
        wanted.extend(self.inside.iter().cloned());
        let mut trouble = None;
        self.directories.retain(|directory, was| {
            let stays = wanted.contains(directory) && identity(directory) == Some(*was);
            if !stays {
                // It fails when the directory is gone, and then there is nothing to unwatch.
                let _ = system.unwatch(directory);
            }
            stays
        });
        for directory in wanted {
            if self.directories.contains_key(&directory) {
                continue;
            }
            let Some(is) = identity(&directory) else { continue };
            match system.watch(&directory, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.directories.insert(directory, is);
                }
                Err(error) if directory.exists() => trouble = Some(error.to_string()),
                Err(_) => {}
            }
        }
        self.relevant = all.iter().flat_map(|place| place.ancestors().map(PathBuf::from)).collect();
        match trouble {
            Some(why) => self.fall_back(&why),
            None => self.system = Some(system),
        }
    }
}

/// The near end is gone.
struct Ended;

/// A directory and all below it. What cannot be read is left out.
fn directories_in(directory: &str) -> HashSet<PathBuf> {
    let mut found = HashSet::new();
    let mut waiting: Vec<PathBuf> = fs::canonicalize(if directory.is_empty() { "." } else { directory }).into_iter().collect();
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if !is_hidden && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push(entry.path());
            }
        }
        found.insert(directory);
    }
    found
}

/// What is in a file; `None` if there is none.
fn content_of(path: &str) -> io::Result<Option<Vec<u8>>> {
    let content = match fs::metadata(path) {
        Ok(found) if !found.is_file() => return Ok(None),
        Ok(_) => fs::read(path),
        Err(error) => Err(error),
    };
    match content {
        Ok(content) => Ok(Some(content)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

fn stat(path: &str) -> Option<Stat> {
    let found = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some(Stat { modified: found.modified().ok(), size: found.len(), identity: identity_of(&found) })
}
