//! The files by which clients find the programs that serve: one for each, which only its user can read.

use super::rights::Rights;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a program may take to let somebody in who only looks whether it is there.
const LOOK: Duration = Duration::from_secs(2);

/// What a client needs to know of a program that serves.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Announced, Server, ServerOptions, sessions_in};
///
/// # let directory = std::env::temp_dir().join(format!("lang-doc-sessions-{}", std::process::id()));
/// let vm = Vm::new();
/// let options = ServerOptions { program: "game".into(), announced: Announced::In(directory.clone()), ..ServerOptions::default() };
/// let server = Server::start(&vm, options).expect("this machine has sockets");
/// let found = sessions_in(&directory);
/// assert_eq!(found, [server.session().clone()]);
/// assert_eq!((&*found[0].program, found[0].pid), ("game", std::process::id()));
/// drop(server);
/// assert!(sessions_in(&directory).is_empty());
/// # std::fs::remove_dir_all(&directory).expect("it is there");
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SessionFile {
    /// Where it listens: `127.0.0.1:40123`.
    pub address: SocketAddr,
    /// What lets a client in. It is worth as much as the rights that it gives.
    pub token: String,
    /// The process.
    pub pid: u32,
    /// What was started: a path, as a rule.
    pub program: String,
    /// The directory that it was started in.
    pub directory: PathBuf,
    /// When, in seconds since the Unix epoch.
    pub started: u64,
    /// What clients may ask.
    pub rights: Rights,
}

/// Where the files are: `$XDG_RUNTIME_DIR/lang`, else `$XDG_STATE_HOME/lang/sessions`, else `~/.local/state/lang/sessions`. `None`: the
/// user has no such place.
///
/// ```
/// use embed::session::session_directory;
///
/// assert!(session_directory().is_none_or(|directory| directory.is_absolute()));
/// ```
pub fn session_directory() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let runtime = variable("XDG_RUNTIME_DIR").map(|path| path.join("lang"));
    let state = || variable("XDG_STATE_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/state")));
    runtime.or_else(|| state().map(|path| path.join("lang/sessions")))
}

/// The programs that serve, oldest first. Files of such that have ended are removed.
///
/// ```no_run
/// for session in embed::session::sessions() {
///     println!("{} (process {})", session.program, session.pid);
/// }
/// ```
pub fn sessions() -> Vec<SessionFile> {
    session_directory().map_or_else(Vec::new, |directory| sessions_in(&directory))
}

/// The same of another directory.
///
/// See the example of [`SessionFile`].
pub fn sessions_in(directory: &Path) -> Vec<SessionFile> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|e| e == "json"));
    let mut found: Vec<SessionFile> = paths.filter_map(|path| living(&path)).collect();
    found.sort_by_key(|session| (session.started, session.pid));
    found
}

/// What a file says, if the program is there. A file that is there without its program is removed; one that is something else stays.
fn living(path: &Path) -> Option<SessionFile> {
    let text = fs::read_to_string(path).ok()?;
    let session: SessionFile = serde_json::from_str(&text).ok()?;
    let has_ended = is_gone(session.pid)
        || TcpStream::connect_timeout(&session.address, LOOK).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused);
    if has_ended {
        // Another one may have removed it meanwhile.
        let _ = fs::remove_file(path);
        return None;
    }
    Some(session)
}

/// Whether it is known that there is no such process.
fn is_gone(pid: u32) -> bool {
    Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{pid}")).exists()
}

impl SessionFile {
    /// Writes it into a directory, which is made if need be. Gives its path.
    pub(super) fn write(&self, directory: &Path) -> io::Result<PathBuf> {
        make_private(directory)?;
        let name = format!("{}-{}", self.pid, self.address.port());
        let (path, part) = (directory.join(format!("{name}.json")), directory.join(format!("{name}.part")));
        let text = serde_json::to_string(self).map_err(io::Error::other)?;
        // Left by a process that had this number before.
        let _ = fs::remove_file(&part);
        let mut file = private_file(&part)?;
        // Who lists the files sees it whole or not at all.
        let written = file.write_all(text.as_bytes()).and_then(|()| fs::rename(&part, &path));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written.map(|()| path)
    }
}

/// Makes a directory that only the user can enter, if there is none. Into one that is there others may not write: they could put a file of
/// theirs in the place of one of the user's.
#[cfg(unix)]
fn make_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    if fs::metadata(directory)?.permissions().mode() & 0o022 != 0 {
        let message = format!("other users can write into `{0}`; `chmod go-w {0}` ends that", directory.display());
        return Err(io::Error::new(ErrorKind::PermissionDenied, message));
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_private(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}

/// Makes a file that only the user can read, and that was not there.
#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<fs::File> {
    fs::File::create_new(path)
}

/// Seconds since the Unix epoch.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
}
