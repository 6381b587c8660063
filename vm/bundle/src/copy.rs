//! The content of a library, from which it is opened under a name of its own each time: two versions of one file are two libraries, and building it
//! again changes nothing that is open.

use crate::library::Library;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use vm::object::{BundleCopy, BundleProblem, BundleTable};

/// The content.
pub(crate) struct Copy {
    path: String,
    namespace: String,
    kept: Kept,
}

impl Copy {
    pub(crate) fn new(path: &str, namespace: &str, content: Vec<u8>) -> Result<Copy, BundleProblem> {
        let kept = Kept::new(content).map_err(|error| not_kept(path, &error))?;
        Ok(Copy { path: path.to_owned(), namespace: namespace.to_owned(), kept })
    }
}

impl BundleCopy for Copy {
    fn open(&self) -> Result<BundleTable, BundleProblem> {
        let content = self.content().map_err(|error| not_kept(&self.path, &error))?;
        let (file, mut handle) = unique_file(&self.path).map_err(|error| not_kept(&self.path, &error))?;
        let named = Named(file);
        handle.write_all(&content).map_err(|error| not_kept(&self.path, &error))?;
        drop(handle);
        Library::open(&self.path, &self.namespace, named)
    }

    fn content(&self) -> io::Result<Vec<u8>> {
        self.kept.content()
    }
}

fn not_kept(path: &str, error: &io::Error) -> BundleProblem {
    let message = format!("`{path}` cannot be copied to `{}`: {error}", std::env::temp_dir().display());
    BundleProblem::new(message, "make room there, or name another directory (TMPDIR)")
}

/// A file that goes with its owner.
pub(crate) struct Named(pub(crate) PathBuf);

impl Drop for Named {
    fn drop(&mut self) {
        // What cannot be removed is one more file in the directory for such files.
        let _ = fs::remove_file(&self.0);
    }
}

/// A new file in the directory for temporary ones, whose name ends like that of the library.
fn unique_file(path: &str) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o700);
    loop {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let file = std::env::temp_dir().join(format!("lang-bundle-{}-{number}-{name}", std::process::id()));
        match options.open(&file) {
            Ok(handle) => return Ok((file, handle)),
            // Of a process that had the same number and was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Bytes beside the memory, where the system has files without names.
#[cfg(unix)]
struct Kept(File);

#[cfg(unix)]
impl Kept {
    fn new(content: Vec<u8>) -> io::Result<Kept> {
        let (path, mut file) = unique_file("content")?;
        let _named = Named(path);
        file.write_all(&content)?;
        Ok(Kept(file))
    }

    fn content(&self) -> io::Result<Vec<u8>> {
        use io::{Read, Seek, SeekFrom};
        let mut content = Vec::new();
        (&self.0).seek(SeekFrom::Start(0))?;
        (&self.0).read_to_end(&mut content)?;
        Ok(content)
    }
}

#[cfg(not(unix))]
struct Kept(Vec<u8>);

#[cfg(not(unix))]
impl Kept {
    fn new(content: Vec<u8>) -> io::Result<Kept> {
        Ok(Kept(content))
    }

    fn content(&self) -> io::Result<Vec<u8>> {
        Ok(self.0.clone())
    }
}
