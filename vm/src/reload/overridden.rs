//! Warnings for `extend` blocks that replace members which their classes have of their own, whichever of the two comes first.

use super::codes;
use super::load::Compiled;
use crate::heap::Value;
use crate::image::{ClassRef, DefinitionKind, MemberImage, MemberRole, ModuleImage, NameRef};
use crate::object::{ClassKind, Cx, Member};
use lang::diagnostic::Diagnostic;
use lang::source::Source;
use std::sync::Arc;

impl Cx<'_, '_> {
    /// Members of `extend` blocks that their classes have already.
    pub(super) fn overridden_members(&mut self, files: &[Compiled]) -> Vec<(Source, Diagnostic)> {
        let mut warnings = Vec::new();
        for file in files {
            for extension in &file.image.extensions {
                let Some((namespace, name)) = target_of(&extension.target, &file.namespace, &file.imports) else { continue };
                for member in &extension.members {
                    if !self.has_member(files, namespace, name, member) {
                        continue;
                    }
                    let span = file.image.protos[member.proto.0 as usize].span;
                    let message = format!("this `extend` replaces `{}`, which `{name}` has already", member.name);
                    let diagnostic = Diagnostic::new(&codes::OVERRIDES, span, message);
                    let diagnostic = diagnostic.help("edit the class, choose another name, or write a class below it");
                    warnings.push((file.image.source.clone(), diagnostic));
                }
            }
        }
        self.members_under_extensions(files, &mut warnings);
        warnings
    }

    /// Members that classes get with these files and that `extend` blocks of other files replace.
    fn members_under_extensions(&self, files: &[Compiled], warnings: &mut Vec<(Source, Diagnostic)>) {
        let is_other = |path: &str| !files.iter().any(|file| *file.path == *path);
        for module in self.world.modules.values().filter(|module| is_other(&module.path)) {
            let Some(linked) = module.state().linked.filter(|linked| !linked.image.extensions.is_empty()) else { continue };
            let imports: Vec<Arc<str>> = linked.imports.iter().map(|import| import.name.clone()).collect();
            for extension in &linked.image.extensions {
                let Some((namespace, name)) = target_of(&extension.target, &module.namespace.name, &imports) else { continue };
                for file in files.iter().filter(|file| file.namespace == *namespace) {
                    let running = self.world.modules.get(&file.path).and_then(|module| module.state().linked);
                    let before = running.and_then(|linked| own_members(&linked.image, name).map(<[_]>::to_vec)).unwrap_or_default();
                    for own in own_members(&file.image, name).into_iter().flatten() {
                        let is_same = |other: &MemberImage| own.name == other.name && !are_halves(own.role, other.role);
                        if !extension.members.iter().any(is_same) || before.iter().any(is_same) {
                            continue;
                        }
                        let span = file.image.protos[own.proto.0 as usize].span;
                        let message =
                            format!("`{}` of `{name}` has no effect: an `extend` in `{}` replaces it", own.name, module.path);
                        let diagnostic = Diagnostic::new(&codes::OVERRIDES, span, message);
                        let diagnostic = diagnostic.help("take the member out of one of the two, or choose another name");
                        warnings.push((file.image.source.clone(), diagnostic));
                    }
                }
            }
        }
    }

    /// Whether a class has a member in its own text, or in the library's.
    fn has_member(&mut self, files: &[Compiled], namespace: &Arc<str>, name: &Arc<str>, member: &MemberImage) -> bool {
        let texts = files.iter().filter(|file| file.namespace == *namespace).map(|file| file.image.clone());
        let mut texts: Vec<Arc<ModuleImage>> = texts.collect();
        let loaded =
            self.world.modules.values().filter(|m| m.namespace.name == *namespace && !files.iter().any(|file| file.path == m.path));
        texts.extend(loaded.filter_map(|m| Some(m.state().linked?.image.clone())));
        for image in &texts {
            let Some(found) = image.definition(name) else { continue };
            let is_same = |own: &MemberImage| own.name == member.name && !are_halves(own.role, member.role);
            return members_of(image, found.kind).iter().any(is_same);
        }
        let symbol = self.world.intern(self.mc, name);
        let Some(Value::Class(class)) = self.world.core.get(symbol).map(|cell| cell.value()) else { return false };
        if class.kind != ClassKind::BuiltIn {
            return false;
        }
        let symbol = self.world.intern(self.mc, &member.name);
        let body = class.body();
        let is_native = |member: &Member<'_>| matches!(member, Member::Method(Value::Native(_)) | Member::Static(Value::Native(_)));
        body.hidden.contains_key(&symbol) || body.members.get(&symbol).is_some_and(is_native)
    }
}

/// The namespace and name of the class that an `extend` is about, if that can be told from the text.
fn target_of<'a>(target: &'a ClassRef, own: &'a Arc<str>, imports: &'a [Arc<str>]) -> Option<(&'a Arc<str>, &'a Arc<str>)> {
    let ClassRef::Path(name, path) = target else { return None };
    match name {
        NameRef::Own(name) if path.is_empty() => Some((own, name)),
        NameRef::Imported { import, name } if path.is_empty() => Some((&imports[*import as usize], name)),
        _ => None,
    }
}

/// Members that a text gives to a class or enum of its own.
fn own_members<'a>(image: &'a ModuleImage, name: &str) -> Option<&'a [MemberImage]> {
    image.definition(name).map(|found| members_of(image, found.kind))
}

fn members_of(image: &ModuleImage, kind: DefinitionKind) -> &[MemberImage] {
    match kind {
        DefinitionKind::Class(id) => &image.classes[id.0 as usize].members,
        DefinitionKind::Enum(id) => &image.enums[id.0 as usize].members,
        _ => &[],
    }
}

/// Whether two members of one name are the two halves of a property.
fn are_halves(a: MemberRole, b: MemberRole) -> bool {
    use MemberRole::{Getter, Setter};
    matches!((a, b), (Getter, Setter) | (Setter, Getter))
}
