//! Evaluated text that belongs to a file sees what the file imports.

use super::load::normalise;
use crate::embed::Vm;
use crate::image::{ClassRef, Const, ModuleImage, NameRef};
use crate::object::{Kind, Linked};
use gc_arena::Gc;
use rustc_hash::FxHashMap;
use std::sync::Arc;

impl Vm {
    /// The free names of a text that its file imports become those imports; of a text that has no file, what the files of its namespace
    /// import. Gives the namespaces of these imports, which follow those of the text's own imports.
    pub(super) fn see_imports(&mut self, namespace: &str, image: &mut ModuleImage) -> Vec<Arc<str>> {
        let path = normalise(image.source.name());
        let (files, defined) = self.enter(|cx| {
            let module = cx.world.modules.get(&*path).copied();
            let file = module.and_then(|module| module.state().linked);
            let files: Vec<_> = match file {
                Some(file) => vec![file],
                None => {
                    let all = cx.world.modules.values().filter(|m| *m.namespace.name == *namespace && !m.path.starts_with('<'));
                    all.filter_map(|module| module.state().linked).collect()
                }
            };
            // What was evaluated in its namespace before hides an import, as in a session. To a text without a file all definitions are that.
            let mut defined: Vec<String> = Vec::new();
            if let Some(first) = files.first() {
                first.module.namespace.each_with_leaks(|cell| {
                    let is_evaluated = cell.meta().contributor.is_some_and(|module| module.path.starts_with('<'));
                    if is_evaluated || (file.is_none() && cell.kind() != Kind::Absent) {
                        defined.push(cell.name.as_str().to_owned());
                    }
                });
            }
            let imports = |linked: &Gc<'_, Linked<'_>>| {
                let namespaces: Vec<Arc<str>> = linked.imports.iter().map(|n| n.name.clone()).collect();
                (linked.image.clone(), namespaces)
            };
            (files.iter().map(imports).collect::<Vec<_>>(), defined)
        });
        let mut seen: FxHashMap<Arc<str>, NameRef> = FxHashMap::default();
        let mut namespaces: Vec<Arc<str>> = Vec::new();
        for (import, imported) in files.iter().flat_map(|(file, imported)| file.imports.iter().zip(imported)) {
            let at = image.imports.len();
            for (i, bind) in import.binds.iter().enumerate() {
                let is_own = defined.contains(bind)
                    || seen.contains_key(bind.as_str())
                    || image.position(bind).is_some()
                    || image.imports.iter().any(|own| own.binds.contains(bind));
                if is_own {
                    continue;
                }
                let import_at = at.try_into().expect("a text has fewer imports than an index can count");
                let name = match import.items.get(i) {
                    Some(item) => NameRef::Imported { import: import_at, name: item.as_str().into() },
                    None => NameRef::Namespace { import: import_at },
                };
                seen.insert(bind.as_str().into(), name);
            }
            namespaces.push(imported.clone());
            image.imports.push(import.clone());
        }
        let see = |name: &mut NameRef| {
            if let NameRef::Own(own) = name
                && let Some(imported) = seen.get(own)
            {
                *name = imported.clone();
            }
        };
        for proto in &mut image.protos {
            for constant in &mut Arc::make_mut(proto).consts {
                if let Const::Name(name) = constant {
                    see(name);
                }
            }
        }
        for class in image.classes.iter_mut().flat_map(|class| &mut Arc::make_mut(class).bases) {
            see_class(class, see);
        }
        for extension in &mut image.extensions {
            see_class(&mut Arc::make_mut(extension).target, see);
        }
        namespaces
    }
}

fn see_class(class: &mut ClassRef, see: impl Fn(&mut NameRef)) {
    if let ClassRef::Path(name, _) = class {
        see(name);
    }
}
