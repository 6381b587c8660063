//! Warnings for `extend` blocks that replace members which their classes have of their own.

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
                let ClassRef::Path(name, path) = &extension.target else { continue };
                if !path.is_empty() {
                    continue;
                }
                let (namespace, name) = match name {
                    NameRef::Own(name) => (&file.namespace, name),
                    NameRef::Imported { import, name } => (&file.imports[*import as usize], name),
                    NameRef::Namespace { .. } => continue,
                };
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
        warnings
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
            let members = match found.kind {
                DefinitionKind::Class(id) => &image.classes[id.0 as usize].members,
                DefinitionKind::Enum(id) => &image.enums[id.0 as usize].members,
                _ => return false,
            };
            return members.iter().any(|own| own.name == member.name && !are_halves(own.role, member.role));
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

/// Whether two members of one name are the two halves of a property.
fn are_halves(a: MemberRole, b: MemberRole) -> bool {
    use MemberRole::{Getter, Setter};
    matches!((a, b), (Getter, Setter) | (Setter, Getter))
}
