//! Texts about where definitions come from, what has left, and what a cold start would make otherwise.

use super::Session;
use super::describe::Trouble;
use crate::embed::Vm;
use crate::reload::{DefinitionVersion, LeakEntry, Origin};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Names that are listed.
const NAMES_MAX: usize = 12;

/// Names, with how many more there are.
pub fn listed(entries: &[String]) -> String {
    let mut out = entries.iter().take(NAMES_MAX).cloned().collect::<Vec<_>>().join(", ");
    if let Some(left) = entries.len().checked_sub(NAMES_MAX).filter(|left| *left > 0) {
        let _ = write!(out, " and {left} more");
    }
    out
}

impl Vm {
    /// What runs in the namespace of each loaded file, as a number that is another one when a definition is: to see whether text that was
    /// evaluated has changed a file of the program, however it ended.
    pub fn definitions_of_files(&mut self) -> BTreeMap<String, u64> {
        let files = self.loaded_files();
        self.enter(|cx| {
            let state = |file: &String| {
                let namespace = cx.world.modules.get(&**file)?.namespace;
                // In whatever order the namespace has them.
                let states = namespace.definitions().into_iter().map(|cell| {
                    let meta = cell.meta();
                    let mut hasher = DefaultHasher::new();
                    (cell.name.as_str(), meta.version, meta.fingerprint, meta.evaluated).hash(&mut hasher);
                    hasher.finish()
                });
                Some(states.fold(0, u64::wrapping_add))
            };
            files.iter().filter_map(|file| Some((file.clone(), state(file)?))).collect()
        })
    }
}

/// Where a definition comes from.
pub fn why(vm: &mut Vm, session: &Session, name: &str) -> Result<String, Trouble> {
    let Some(qualified) = session.qualified(vm, name) else {
        return Err(Trouble::Asked("write `:why NAME`, with a namespace as in `game.step`".into()));
    };
    match vm.origin_of(&qualified) {
        Some(origin) => Ok(format!("{}\n", told(&qualified, &origin))),
        None => Err(Trouble::Asked(format!("there is no `{qualified}`"))),
    }
}

fn told(qualified: &str, origin: &Origin) -> String {
    let mut out = format!("{} {qualified}, version {}", origin.kind, origin.version);
    match &origin.file {
        Some(file) if origin.line > 0 => {
            let _ = write!(out, ", from {file}:{} (version {} of the file)", origin.line, origin.file_version);
        }
        Some(file) => {
            let _ = write!(out, ", was in {file} up to its version {}", origin.file_version);
        }
        None => {}
    }
    if let Some(epoch) = origin.epoch {
        let _ = write!(out, ", commit {epoch}");
    }
    out.push_str(match origin.state {
        "leak" => "; no file defines it any more: `:leaks` tells who uses it",
        "evaluated" => "; evaluated in a session, its file has another text",
        "host" => "; the host has made it",
        _ => "",
    });
    out
}

/// The versions of a definition that are remembered.
pub fn history(vm: &mut Vm, session: &Session, name: &str) -> Result<String, Trouble> {
    let Some(qualified) = session.qualified(vm, name) else {
        return Err(Trouble::Asked("write `:history NAME`, with a namespace as in `game.step`".into()));
    };
    let versions = vm.history(&qualified);
    if versions.is_empty() {
        return Err(Trouble::Asked(match vm.origin_of(&qualified) {
            Some(_) => format!("no version of `{qualified}` that came from a file is remembered"),
            None => format!("there is no `{qualified}`"),
        }));
    }
    let show = |v: &DefinitionVersion| format!("# version {}, commit {}, {}\n{}\n", v.version, v.epoch, v.file, v.text.trim_end());
    Ok(versions.iter().map(show).collect::<Vec<_>>().join("\n"))
}

/// All leaks, with who uses them.
pub fn leaks(vm: &mut Vm) -> String {
    let leaks = vm.leaks(None);
    if leaks.is_empty() {
        return "there are no leaks: everything alive is defined by a file or the session\n".into();
    }
    leaks.iter().map(leak).collect()
}

/// What a leak is, and who uses it.
fn leak(leak: &LeakEntry) -> String {
    let mut out = format!(
        "{} {}.{}, in {} up to its version {}, left with commit {}",
        leak.kind, leak.namespace, leak.name, leak.file, leak.origin_version, leak.removed_in
    );
    if let Some(target) = &leak.forwards_to {
        let _ = write!(out, "; it goes on as {target}");
    }
    let ends = if leak.uses.is_empty() { "; it ends by itself" } else { "" };
    let _ = writeln!(out, "\n  used by {}{ends}", leak.uses);
    if !leak.uses.code.is_empty() {
        let _ = writeln!(out, "  mentioned in {}", listed(&leak.uses.code));
    }
    if !leak.uses.path.is_empty() {
        let _ = writeln!(out, "  reached by {}", leak.uses.path);
    }
    out
}

/// What a cold start of the files would make otherwise.
pub fn drift(vm: &mut Vm, session: &Session) -> String {
    let drift: Vec<_> = vm.drift().into_iter().filter(|drift| !session.is_typed(&drift.name)).collect();
    if drift.is_empty() {
        return "what runs is what a cold start of the files would make\n".into();
    }
    drift.iter().map(|drift| format!("{} {}: {}\n", drift.kind, drift.name, drift.why)).collect()
}
