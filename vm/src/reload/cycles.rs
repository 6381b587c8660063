//! Top-level values that are needed before they can be computed: files that wait for each other, and uses above the `let`.
//!
//! Goes through the files as a load does (see `queue`), but follows only what the statements of the top level mention themselves, not what
//! the functions they call do. So what is found is certain, as far as the statement is carried out whole.

use super::codes;
use super::load::Compiled;
use super::unknown::uses;
use crate::image::{Const, NameRef, UnitKind};
use lang::diagnostic::Diagnostic;
use lang::source::{Source, Span};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A top-level statement that runs code.
struct Item {
    /// What it mentions: file and item that give the value, its qualified name, and where it stands.
    needs: Vec<(usize, usize, String, Span)>,
}

struct Search<'f> {
    files: &'f [Compiled],
    items: Vec<Vec<Item>>,
    /// How many items of each file have run.
    done: Vec<usize>,
    /// Files whose items are running, each with what it waits for.
    active: Vec<(usize, String)>,
    found: Vec<(Source, Diagnostic)>,
}

/// Warnings about values that are needed too early. `files` are in the order in which they run.
pub(super) fn needed_too_early(files: &[Compiled]) -> Vec<(Source, Diagnostic)> {
    let mut search = Search { files, items: items_of(files), done: vec![0; files.len()], active: Vec::new(), found: Vec::new() };
    for file in 0..files.len() {
        search.run(file, usize::MAX);
    }
    search.found
}

fn items_of(files: &[Compiled]) -> Vec<Vec<Item>> {
    let mut givers: FxHashMap<(Arc<str>, Arc<str>), (usize, usize)> = FxHashMap::default();
    for (at, file) in files.iter().enumerate() {
        for (item, unit) in file.image.units.iter().enumerate() {
            let names: Vec<&Arc<str>> = match &unit.kind {
                UnitKind::Value(name) | UnitKind::Decorate(name) => vec![name],
                UnitKind::Values(names) => names.iter().collect(),
                UnitKind::Extend(_) | UnitKind::Statement => Vec::new(),
            };
            for name in names {
                givers.entry((file.namespace.clone(), name.clone())).or_insert((at, item));
            }
        }
    }
    let items_of = |file: &Compiled| {
        file.image
            .units
            .iter()
            .map(|unit| {
                if matches!(unit.kind, UnitKind::Extend(_)) {
                    return Item { needs: Vec::new() };
                }
                let proto = &file.image.protos[unit.proto.0 as usize];
                let needs = uses(proto).into_iter().filter_map(|(index, span)| {
                    let (namespace, name) = match proto.consts.get(index)? {
                        Const::Name(NameRef::Own(name)) => (&file.namespace, name),
                        Const::Name(NameRef::Imported { import, name }) => (&file.imports[*import as usize], name),
                        _ => return None,
                    };
                    let (giver, item) = givers.get(&(namespace.clone(), name.clone()))?;
                    Some((*giver, *item, format!("{namespace}.{name}"), span))
                });
                Item { needs: needs.collect() }
            })
            .collect()
    };
    files.iter().map(items_of).collect()
}

impl Search<'_> {
    /// Runs items of a file, up to and with `last`.
    fn run(&mut self, file: usize, last: usize) {
        self.active.push((file, String::new()));
        while self.done[file] < self.items[file].len() && self.done[file] <= last {
            let at = self.done[file];
            let needs = std::mem::take(&mut self.items[file][at].needs);
            for (giver, item, name, span) in needs {
                if self.done[giver] > item {
                    continue;
                }
                if let Some((_, waits_for)) = self.active.last_mut() {
                    waits_for.clone_from(&name);
                }
                match self.active.iter().position(|(active, _)| *active == giver) {
                    None => lang::ast::walk::with_stack(|| self.run(giver, item)),
                    // A value that mentions itself, as a function does that calls itself, is another matter.
                    Some(_) if giver == file && item == at => {}
                    Some(first) => self.tell(file, first, &name, span),
                }
            }
            self.done[file] += 1;
        }
        self.active.pop();
    }

    fn tell(&mut self, file: usize, first: usize, name: &str, span: Span) {
        let circle = self.active[first..].iter().map(|(file, needs)| format!("`{}` needs `{needs}`", self.files[*file].path));
        let circle: Vec<String> = circle.collect();
        let bare = name.rsplit('.').next().unwrap_or(name);
        let (message, help) = if circle.len() == 1 {
            (format!("`{bare}` is used before its initialiser has run"), format!("move it behind the definition of `{bare}`"))
        } else {
            (
                format!("files wait for each other's top-level values: {}", circle.join(", ")),
                "compute one of the values in a function, which runs later, or move it to a file of its own".to_owned(),
            )
        };
        let diagnostic = Diagnostic::new(&codes::NEEDED_TOO_EARLY, span, message).label("has no value yet").help(help);
        self.found.push((self.files[file].image.source.clone(), diagnostic));
    }
}
