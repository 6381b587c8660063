//! In which order the files of a load run: what a file imports runs before it. Where files import each other, the one that was named
//! first waits; code that needs a value of a later file suspends its file until there is one (see `queue`).

use super::load::Compiled;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Brings files into the order in which they run. Files that have nothing to do with each other stay in theirs.
pub(super) fn imports_first(files: Vec<Compiled>) -> Vec<Compiled> {
    let mut by_namespace: FxHashMap<Arc<str>, Vec<usize>> = FxHashMap::default();
    for (at, file) in files.iter().enumerate() {
        by_namespace.entry(file.namespace.clone()).or_default().push(at);
    }
    let needs = |at: usize| {
        let file: &Compiled = &files[at];
        let imports = file.imports.iter().filter(|import| **import != file.namespace);
        imports.flat_map(|import| by_namespace.get(import).into_iter().flatten().copied()).collect::<Vec<_>>()
    };
    let mut order = Vec::with_capacity(files.len());
    let mut is_reached = vec![false; files.len()];
    for start in 0..files.len() {
        // Files being looked at, each with what it needs and how far that has been followed. No recursion: chains may be long.
        let mut path: Vec<(usize, Vec<usize>, usize)> = Vec::new();
        if !std::mem::replace(&mut is_reached[start], true) {
            path.push((start, needs(start), 0));
        }
        while let Some((at, needed, next)) = path.last_mut() {
            match needed.get(*next) {
                Some(other) => {
                    *next += 1;
                    let other = *other;
                    if !std::mem::replace(&mut is_reached[other], true) {
                        path.push((other, needs(other), 0));
                    }
                }
                None => {
                    order.push(*at);
                    path.pop();
                }
            }
        }
    }
    let mut files: Vec<Option<Compiled>> = files.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| files[at].take()).collect()
}
