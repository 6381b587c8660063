//! Where edits come from: a directory of scripts, looked at whenever the host asks.

use embed::{FileText, Vm};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A change source for `Vm::set_change_source`: what has been saved in a directory since it was called last. The first call gives all there is, so that
/// the first `Vm::poll_reload` loads the program. Scripts are known by the names of their files: the program never reads one itself.
pub fn saved_in(directory: PathBuf) -> impl FnMut(&mut Vm) -> Vec<FileText> {
    let mut seen = BTreeMap::<String, String>::new();
    move |_| {
        let now = texts(&directory);
        let saved = now.iter().filter(|(name, text)| seen.get(*name) != Some(*text));
        let saved = saved.map(|(name, text)| FileText { path: name.clone(), text: Some(text.clone()) });
        let gone = seen.keys().filter(|name| !now.contains_key(*name)).map(|name| FileText { path: name.clone(), text: None });
        let edits = saved.chain(gone).collect();
        seen = now;
        edits
    }
}

/// The scripts in a directory, by the names of their files.
fn texts(directory: &Path) -> BTreeMap<String, String> {
    let paths = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let scripts = paths.filter(|path| path.extension().is_some_and(|ending| ending == "lang"));
    scripts.filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), fs::read_to_string(&path).ok()?))).collect()
}
