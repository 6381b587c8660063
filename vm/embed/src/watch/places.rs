//! Where a path leads on the disk.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Symbolic links followed on one path.
const LINKS_MAX: usize = 40;

/// Every directory entry that decides what `path` is: the symbolic links on its way, and the entry of the file itself.
pub(super) fn places(path: &str) -> Vec<PathBuf> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    let mut found = Vec::new();
    let mut here = PathBuf::new();
    let mut rest: VecDeque<OsString> = parts(&absolute);
    let mut links = 0;
    while let Some(part) = rest.pop_front() {
        if part == ".." {
            here.pop();
            continue;
        }
        let next = here.join(&part);
        match fs::read_link(&next) {
            Ok(target) if links < LINKS_MAX => {
                links += 1;
                found.push(next);
                if target.is_absolute() {
                    here = PathBuf::new();
                }
                for part in parts(&target).into_iter().rev() {
                    rest.push_front(part);
                }
            }
            _ => here = next,
        }
    }
    found.push(here);
    found
}

/// The places of many files. Directories are followed once, however many of the files are in them.
pub(super) fn places_of_all<'a>(paths: impl Iterator<Item = &'a str>) -> HashSet<PathBuf> {
    let mut followed: HashMap<PathBuf, PathBuf> = HashMap::new();
    let mut found = HashSet::new();
    for path in paths {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
        let (Some(directory), Some(name)) = (absolute.parent(), absolute.file_name()) else { continue };
        let real = match followed.get(directory) {
            Some(real) => real,
            None => {
                let mut on_the_way = places(&directory.to_string_lossy());
                let real = on_the_way.pop().unwrap_or_default();
                found.extend(on_the_way);
                followed.entry(directory.to_path_buf()).or_insert(real)
            }
        };
        let place = real.join(name);
        if place.is_symlink() {
            found.extend(places(path));
        } else {
            found.insert(place);
        }
    }
    found
}

fn parts(path: &Path) -> VecDeque<OsString> {
    path.components().filter(|part| !matches!(part, Component::CurDir)).map(|part| part.as_os_str().to_owned()).collect()
}

/// The nearest directory above an entry that exists.
pub(super) fn directory_of(place: &Path) -> Option<PathBuf> {
    place.ancestors().skip(1).find(|directory| directory.is_dir()).map(Path::to_path_buf)
}

/// What tells a file or directory from another one of the same path.
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().as_ref().map(identity_of)
}

/// The same, of what has been looked at already.
#[cfg(unix)]
pub(super) fn identity_of(found: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (found.dev(), found.ino())
}

/// The same, of what has been looked at already.
#[cfg(not(unix))]
pub(super) fn identity_of(_found: &fs::Metadata) -> (u64, u64) {
    (0, 0)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_places() {
        let root = std::env::temp_dir().join(format!("lang-places-{}", std::process::id()));
        let root = {
            fs::create_dir_all(root.join("v1")).expect("the temporary directory can be written");
            root.canonicalize().expect("made above")
        };
        fs::write(root.join("v1/a.lang"), "").expect("the directory exists");
        symlink("v1", root.join("current")).expect("links can be made");
        symlink("current/a.lang", root.join("a.lang")).expect("links can be made");
        let path = root.join("a.lang");
        let found = places(path.to_str().expect("an ordinary path"));
        assert_eq!(found, [root.join("a.lang"), root.join("current"), root.join("v1/a.lang")]);
        assert_eq!(directory_of(&root.join("gone/b.lang")), Some(root.clone()));
        fs::remove_dir_all(root).expect("made above");
    }
}
