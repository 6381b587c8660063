//! Evaluated text that belongs to a file sees what the file imports.

use super::load::normalise;
use crate::embed::Vm;
use crate::image::{ClassRef, Const, ModuleImage, NameRef};
use rustc_hash::FxHashMap;
use std::sync::Arc;

impl Vm {
    /// If a text has the name of a loaded file, its free names that the file imports become those imports. Gives their namespaces, which follow
    /// those of the text's own imports.
    pub(super) fn see_imports_of_file(&mut self, image: &mut ModuleImage) -> Vec<Arc<str>> {
        let path = normalise(image.source.name());
        let found = self.enter(|cx| {
            let linked = cx.world.modules.get(&*path)?.state().linked?;
            let namespaces: Vec<Arc<str>> = linked.imports.iter().map(|n| n.name.clone()).collect();
            let mut evaluated: Vec<String> = Vec::new();
            linked.module.namespace.each_with_leaks(|cell| {
                if cell.meta().contributor.is_some_and(|module| module.path.starts_with('<')) {
                    evaluated.push(cell.name.as_str().to_owned());
                }
            });
            Some((linked.image.clone(), namespaces, evaluated))
        });
        let Some((file, namespaces, evaluated)) = found else { return Vec::new() };
        let mut seen: FxHashMap<Arc<str>, NameRef> = FxHashMap::default();
        for import in &file.imports {
            let at = image.imports.len();
            for (i, bind) in import.binds.iter().enumerate() {
                // What was evaluated in its namespace before hides an import, as in a session.
                let is_own = evaluated.contains(bind)
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
