//! Which files of a directory are program texts.

use crate::HostError;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The program texts of a directory and all below it, in order; or the file itself. Names that begin with a point are left out, and links to directories are not
/// followed.
///
/// ```
/// use embed::watch::program_files;
/// use std::fs;
///
/// # let folder = std::env::temp_dir().join(format!("lang-doc-program-files-{}", std::process::id()));
/// fs::create_dir_all(folder.join("ui"))?;
/// for name in ["game.lang", "ui/menu.lang", "README.md", ".hidden.lang"] {
///     fs::write(folder.join(name), "")?;
/// }
/// let found = program_files(&folder.to_string_lossy())?;
/// assert_eq!(found, ["game.lang", "ui/menu.lang"].map(|name| folder.join(name).to_string_lossy().into_owned()));
/// # fs::remove_dir_all(&folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// If a directory cannot be read, or the name of a file is not UTF-8; the text says which.
pub fn program_files(path: &str) -> io::Result<Vec<String>> {
    if !Path::new(path).is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = BTreeSet::new();
    let mut waiting = vec![PathBuf::from(path)];
    while let Some(directory) = waiting.pop() {
        let failed = |error: io::Error| {
            let kind = error.kind();
            io::Error::new(kind, format!("cannot read `{}`: {}", directory.display(), HostError::Failed(error)))
        };
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if entry.file_type().map_err(failed)?.is_dir() {
                waiting.push(entry.path());
            } else if entry.path().to_string_lossy().ends_with(".lang") && entry.path().is_file() {
                found.insert(entry.path());
            }
        }
    }
    let text = |path: PathBuf| {
        let not_text = |name| io::Error::other(format!("the name of `{}` is not UTF-8; rename it", PathBuf::from(name).display()));
        path.into_os_string().into_string().map_err(not_text)
    };
    found.into_iter().map(text).collect()
}
