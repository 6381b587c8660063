//! Classes and enums in a commit: they get their bodies in any order, then their place among the others.

use super::closures::Matcher;
use super::codes;
use super::parts::SharedChange;
use super::plan::{Action, PlannedFile};
use super::queue::Item;
use crate::embed::{Error, Problem};
use crate::heap::Value;
use crate::image::{ClassRef, DefinitionKind, ExtensionImage, MemberImage, UnitKind};
use crate::link::{self, ClassTask, Unfit};
use crate::object::{
    Class, ClassBody, ClassKind, ClassTasks, Control, Cx, Definition, Function, HookText, Linked, Member, MemberGone, Module, Part,
    Proto, Symbol, SymbolMap, Undo, Variant,
};
use gc_arena::Gc;
use lang::diagnostic::Diagnostic;
use lang::source::Span;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The new text of each file of a plan, and the one before it.
pub(super) type Texts<'gc> = [(Gc<'gc, Linked<'gc>>, Option<Gc<'gc, Linked<'gc>>>)];

/// A class with what is left to run of it.
pub(super) type Made<'gc> = (Gc<'gc, Class<'gc>>, Vec<ClassTask<'gc>>);

/// The members of a class before an edit.
struct MembersBefore<'a, 'gc> {
    members: &'a SymbolMap<'gc, Member<'gc>>,
    /// Those of its text.
    own: &'a SymbolMap<'gc, Member<'gc>>,
    /// Hashes of the initialisers of shared slots, as they are in its new text.
    shared: Vec<(Symbol<'gc>, u64)>,
    /// Hashes of decorated members with their decorators, as they are in its new text.
    decorated: FxHashMap<Part<'gc>, u64>,
    /// Names of parts that are computed from something that changes.
    stirred: Vec<Symbol<'gc>>,
}

/// What gives the slots of a class their first values: closures that it has made follow its new text.
struct InitialCode<'gc> {
    filler: Option<Gc<'gc, Function<'gc>>>,
    shared: SymbolMap<'gc, Gc<'gc, Function<'gc>>>,
}

impl<'gc> InitialCode<'gc> {
    fn of(class: Gc<'gc, Class<'gc>>) -> Self {
        let body = class.body();
        InitialCode { filler: body.filler, shared: body.shared_inits.clone() }
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// Makes and redefines classes and enums over all files; those whose bases are not there yet are left for later.
    pub(super) fn apply_classes(
        &mut self,
        files: &[&PlannedFile],
        linked: &Texts<'gc>,
        queued: &mut Vec<(usize, u32, Item)>,
        matcher: &mut Matcher,
    ) -> Result<(), Error> {
        let mut waiting: Vec<(usize, u32)> = Vec::new();
        for (at, file) in files.iter().enumerate() {
            let (new, old) = linked[at];
            if old.is_some_and(|old| Gc::ptr_eq(old, new)) {
                queued.extend(self.compute_parts(file, new).into_iter().map(|(order, tasks)| (at, order, Item::ClassTasks(tasks))));
                continue;
            }
            for definition in &file.definitions {
                let Some(index) = definition.index else { continue };
                let image = &file.image.definitions[index];
                let name = self.world.intern(self.mc, &definition.name);
                let is_evaluated = new.module.namespace.cell(name).is_some_and(|cell| cell.meta().is_evaluated);
                if is_evaluated && definition.action == Action::Follow {
                    // What was evaluated in a session stays until the file's text of it changes.
                    continue;
                }
                match image.kind {
                    DefinitionKind::Class(id) => {
                        self.declare_class(new, id.0 as usize);
                        waiting.push((at, id.0));
                    }
                    DefinitionKind::Enum(id) => {
                        let made = self.make_enum(new, id.0 as usize, matcher);
                        let (class, tasks) = made.map_err(|control| impossible(self, new, &image.name, *control))?;
                        let order = image.span.lo;
                        if let Some(i) = self.queue_or_hand_over(class, tasks) {
                            queued.push((at, order, Item::ClassTasks(i)));
                        }
                    }
                    _ => {}
                }
            }
        }
        let mut staged: Vec<Gc<'gc, Class<'gc>>> = Vec::new();
        let mut tasks = Vec::new();
        loop {
            let before = waiting.len();
            let mut left = Vec::new();
            for (at, id) in waiting {
                let (new, _) = linked[at];
                match self.stage(new, id as usize, &staged, matcher).map_err(|control| {
                    let name = new.image.classes[id as usize].name.clone();
                    impossible(self, new, &name, *control)
                })? {
                    Some(made) => {
                        staged.push(made.0);
                        tasks.push((at, new.image.classes[id as usize].span.lo, made));
                    }
                    None => left.push((at, id)),
                }
            }
            waiting = left;
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        let left: Vec<_> = waiting.iter().map(|(at, id)| (linked[*at].0, *id as usize)).collect();
        if let Some(misfit) = self.circle_of(&left) {
            return Err(self.misfit(files, misfit));
        }
        link::settle(self, &staged).map_err(|misfit| self.misfit(files, misfit))?;
        self.move_shared(&mut tasks, matcher);
        for (at, order, (class, tasks)) in tasks {
            if let Some(i) = self.queue_or_hand_over(class, tasks) {
                queued.push((at, order, Item::ClassTasks(i)));
            }
        }
        for (at, id) in waiting {
            let new = linked[at].0;
            queued.push((at, new.image.classes[id as usize].span.lo, Item::LateClass(id)));
            self.world.incomplete.push((new, id));
        }
        self.retry_incomplete(matcher)
    }

    /// The refusal of a commit whose classes do not fit together.
    pub(super) fn misfit(&mut self, files: &[&PlannedFile], unfit: Unfit<'gc>) -> Error {
        let message = message_of(self, *unfit.control);
        let qualified = unfit.class.qualified();
        let is_meant = |namespace: &str, name: &str| *qualified == *format!("{namespace}.{name}");
        let mut classes = files.iter().flat_map(|file| file.image.definitions.iter().map(move |d| (file, d)));
        // A class of a file that is not part of the commit: the first class that is has to do.
        let place = classes.clone().find(|(file, d)| is_meant(&file.namespace, &d.name));
        let place = place.or_else(|| classes.find(|(_, d)| matches!(d.kind, DefinitionKind::Class(_))));
        match place {
            Some((file, definition)) => {
                let diagnostic = Diagnostic::new(&codes::CLASS, definition.name_span, message);
                Error::Refused(vec![Problem { source: file.image.source.clone(), diagnostic }])
            }
            None => Error::Host(message),
        }
    }

    /// Classes of earlier loads whose bases exist now.
    fn retry_incomplete(&mut self, matcher: &mut Matcher) -> Result<(), Error> {
        let incomplete = std::mem::take(&mut self.world.incomplete);
        for (linked, id) in incomplete {
            let current = linked.module.state().linked.is_some_and(|l| Gc::ptr_eq(l, linked));
            if current && self.make_class_of_file(linked, id as usize, matcher)?.is_none() {
                self.world.incomplete.push((linked, id));
            }
        }
        Ok(())
    }

    /// Takes from their classes the members that the `extend` blocks of a file no longer have; all, if it is gone.
    pub(super) fn drop_extensions(&mut self, old: Gc<'gc, Linked<'gc>>, new: Option<Gc<'gc, Linked<'gc>>>) {
        let stays = |target: &ClassRef, member: &MemberImage| {
            let same = |m: &MemberImage| m.name == member.name && m.role == member.role;
            new.into_iter()
                .flat_map(extensions_of)
                .any(|extension| extension.target == *target && extension.members.iter().any(same))
        };
        for extension in extensions_of(old) {
            // A target that is no class any more has nothing to give back.
            let Ok(Some(class)) = self.class_ref(old, &extension.target) else { continue };
            let gone: Vec<&MemberImage> = extension.members.iter().filter(|member| !stays(&extension.target, member)).collect();
            if gone.is_empty() {
                continue;
            }
            self.world.undo.push(Undo::class(class));
            for member in gone {
                let name = self.world.intern(self.mc, &member.name);
                link::retract(self, class, name, member.role, |value| is_of_module(value, old.module));
            }
        }
    }

    /// The class that a reference means; `None` while it does not exist.
    pub(super) fn class_ref(
        &mut self,
        linked: Gc<'gc, Linked<'gc>>,
        reference: &ClassRef,
    ) -> Result<Option<Gc<'gc, Class<'gc>>>, Box<Control<'gc>>> {
        let ClassRef::Path(name, members) = reference else { unreachable!("classes at top level are referred to by name") };
        let mut value = self.link_name(name, linked).value();
        for member in members {
            if value.is_unset() {
                return Ok(None);
            }
            value = self.get_attr(value, member)?;
        }
        match value {
            Value::Unset => Ok(None),
            Value::Class(class) => Ok(Some(class)),
            other => {
                let name = self.type_name(&other);
                Err(self.type_error(format!("a base class or `extend` needs a class, not {name}")))
            }
        }
    }

    /// Makes or redefines class `id` of a file; `None` when a base does not exist yet.
    pub(super) fn make_class_of_file(
        &mut self,
        linked: Gc<'gc, Linked<'gc>>,
        id: usize,
        matcher: &mut Matcher,
    ) -> Result<Option<Made<'gc>>, Error> {
        let made = self.stage(linked, id, &[], matcher).and_then(|made| {
            let Some(made) = made else { return Ok(None) };
            link::settle(self, &[made.0]).map(|()| Some(made)).map_err(|unfit| unfit.control)
        });
        made.map_err(|control| {
            let name = linked.image.classes[id].name.clone();
            impossible(self, linked, &name, *control)
        })
    }

    /// The object of class `id` of a file, made if there is none.
    pub(super) fn declare_class(&mut self, linked: Gc<'gc, Linked<'gc>>, id: usize) -> Gc<'gc, Class<'gc>> {
        let image = linked.image.classes[id].clone();
        let name = self.world.intern(self.mc, &image.name);
        let cell = linked.module.namespace.cell(name).expect("declared");
        if let Value::Class(class) = cell.value() {
            return class;
        }
        let undecorated = self.world.loading.undecorated.iter().find(|(of, _)| Gc::ptr_eq(*of, cell));
        if let Some((_, Value::Class(class))) = undecorated {
            return *class;
        }
        let class = self.world.new_class(self.mc, &image.name, cell.qualified_name().into(), ClassKind::Plain);
        let decorated = linked.image.units.iter().any(|u| matches!(&u.kind, UnitKind::Decorate(n) if *n == image.name));
        if decorated {
            self.world.loading.undecorated.push((cell, Value::Class(class)));
            self.world.set_pending(cell, true);
        } else {
            Definition::set(cell, self.mc, Value::Class(class));
        }
        class
    }

    /// Gives class `id` of a file its new body; `None` when a base does not exist yet. `staged` have their bodies, but no layout perhaps.
    fn stage(
        &mut self,
        linked: Gc<'gc, Linked<'gc>>,
        id: usize,
        staged: &[Gc<'gc, Class<'gc>>],
        matcher: &mut Matcher,
    ) -> Result<Option<Made<'gc>>, Box<Control<'gc>>> {
        let class = self.declare_class(linked, id);
        let image = linked.image.classes[id].clone();
        let mut bases = Vec::new();
        for base in &image.bases {
            match self.class_ref(linked, base)? {
                Some(base) if base.has_layout() || staged.iter().any(|c| Gc::ptr_eq(*c, base)) => bases.push(base),
                _ => return Ok(None),
            }
        }
        self.world.undo.push(Undo::class(class));
        self.rename_class(class, linked, &image.name);
        let code = InitialCode::of(class);
        let (old_members, own) = {
            let body = class.body();
            (body.members.clone(), body.own.clone())
        };
        let mut tasks = link::stage_class(self, class, &image, bases, &mut |cx, id| {
            Function::new(cx.mc, linked.proto(id), None, std::iter::empty())
        })?;
        let shared = image.shared.iter().map(|s| (self.world.intern(self.mc, &s.name), s.fingerprint)).collect();
        let (decorated, stirred) = (self.decorated_texts(linked, &image.members), self.stirred(class));
        let before = MembersBefore { members: &old_members, own: &own, shared, decorated, stirred };
        self.keep_members(class, &before, &mut tasks, matcher);
        self.follow_initial_code(class, code, matcher);
        self.note_hooks_left(class);
        Ok(Some((class, tasks)))
    }

    /// Classes that wait for each other because each is below another.
    fn circle_of(&mut self, waiting: &[(Gc<'gc, Linked<'gc>>, usize)]) -> Option<Unfit<'gc>> {
        let classes: Vec<_> = waiting.iter().map(|(linked, id)| self.declare_class(*linked, *id)).collect();
        let mut bases: Vec<Vec<usize>> = Vec::new();
        for (linked, id) in waiting {
            let image = linked.image.classes[*id].clone();
            let found = image.bases.iter().filter_map(|base| self.class_ref(*linked, base).ok().flatten());
            bases.push(found.filter_map(|base| classes.iter().position(|c| Gc::ptr_eq(*c, base))).collect());
        }
        for start in 0..classes.len() {
            let mut seen = vec![start];
            let mut at = 0;
            while let Some(class) = seen.get(at).copied() {
                at += 1;
                for base in &bases[class] {
                    if *base == start {
                        let (below, above) = (classes[start].name().as_str(), classes[bases[start][0]].name().as_str());
                        let text = format!("class `{below}` cannot inherit from `{above}`, which inherits from it");
                        return Some(Unfit { class: classes[start], control: self.type_error(text) });
                    }
                    if !seen.contains(base) {
                        seen.push(*base);
                    }
                }
            }
        }
        None
    }

    /// Members of other files (`extend`) stay, shared slots keep their cells, functions keep their identity.
    fn keep_members(
        &mut self,
        class: Gc<'gc, Class<'gc>>,
        before: &MembersBefore<'_, 'gc>,
        tasks: &mut Vec<ClassTask<'gc>>,
        matcher: &mut Matcher,
    ) {
        // Members that the old text of the class did not have come from an `extend`.
        let is_extension = |name: &Symbol<'gc>, member: &Member<'gc>| before.own.get(name).is_none_or(|own| !own.same(member));
        let (mut gone, texts) = {
            let body = class.body();
            (body.shared_gone.clone(), body.shared_texts.clone())
        };
        let declared: Vec<_> = class.body().members.iter().map(|(n, m)| (*n, *m)).collect();
        let mut members = class.body().members.clone();
        // Members of the text that an `extend` has replaced.
        let mut replaced = SymbolMap::default();
        let is_declared = |name: &Symbol<'gc>| declared.iter().any(|(other, _)| other == name);
        let renamed = self.renamed_members(class, before, &declared);
        let is_taken = |name: &Symbol<'gc>| renamed.iter().any(|(_, was)| was == name);
        // The member that a new one continues.
        let origin = |name: &Symbol<'gc>| {
            let was = renamed.iter().find(|(other, _)| other == name).map(|(_, was)| *was);
            was.or((!is_taken(name)).then_some(*name))
        };
        let mut members_gone = class.body().members_gone.clone();
        members_gone.retain(|_, gone| gone.is_held(self.mc));
        for (name, member) in before.members.iter().filter(|(name, _)| !is_declared(name) && !is_taken(name)) {
            match *member {
                Member::Shared(cell) => drop(gone.insert(*name, cell)),
                member if is_extension(name, &member) => drop(members.insert(*name, member)),
                member => {
                    note_gone(&mut members_gone, *name, member);
                    self.note_member_leak(class, *name, &member);
                }
            }
        }
        for (name, new) in declared.iter().filter(|(_, member)| !matches!(member, Member::Shared(_))) {
            // It comes after the class, as in a program that starts anew.
            if let Some(old) = before.members.get(name)
                && is_extension(name, old)
            {
                let own = before.own.get(name).map_or(*new, |own| self.keep_member(*own, *new, matcher));
                replaced.insert(*name, own);
                members.insert(*name, *old);
                continue;
            }
            let old = origin(name).and_then(|origin| before.members.get(&origin)).copied();
            let (old, other) = if old.is_some_and(|old| old.is_of_one_sort(new)) { (old, None) } else { (None, old) };
            let back = members_gone.get_mut(name).and_then(|gone| gone.take_like(self.mc, new));
            if let Some(other) = other {
                note_gone(&mut members_gone, *name, other);
            }
            if let Some(old) = old.or(back) {
                members.insert(*name, self.keep_member(old, *new, matcher));
            }
        }
        let mut computed_from = FxHashMap::default();
        let mut digests = class.body().shared_digests.clone();
        digests.retain(|name, _| !is_taken(name));
        for (name, member) in &declared {
            let Member::Shared(fresh) = *member else { continue };
            let origin = origin(name);
            let known = match origin.and_then(|origin| before.members.get(&origin)) {
                Some(Member::Shared(cell)) => Some(*cell),
                _ => gone.shift_remove(name),
            };
            let (Some(cell), origin) = (known, origin.unwrap_or(*name)) else { continue };
            members.insert(*name, Member::Shared(cell));
            let is_new_text =
                before.shared.iter().any(|(n, text)| n == name && texts.get(&origin).is_some_and(|before| before != text));
            let change = match is_new_text {
                true => SharedChange::Edited,
                false if before.stirred.contains(&origin) => SharedChange::Stirred,
                false => SharedChange::None,
            };
            self.keep_shared(class, (*name, origin), (cell, fresh), change, tasks);
            if let Some(digest) = class.body().shared_digests.get(&origin) {
                digests.insert(*name, *digest);
            }
            if let Some(used) = class.body().computed_from.get(&Part { name: origin, role: None }) {
                computed_from.insert(Part { name: *name, role: None }, used.clone());
            }
        }
        for (name, _) in &declared {
            let texts = class.body().decorated_texts.clone();
            let is_as_before = |part: Part<'gc>| texts.get(&part).is_some_and(|text| before.decorated.get(&part) == Some(text));
            self.settle_decoration((class, &members), *name, before.stirred.contains(name), tasks, is_as_before);
        }
        let own = declared.iter().filter_map(|(name, _)| Some((*name, *replaced.get(name).or(members.get(name))?))).collect();
        Class::update(class, self.mc, |body| {
            body.members = members;
            body.own = own;
            body.members_gone = members_gone;
            body.shared_gone = gone;
            body.shared_digests = digests;
            body.computed_from.extend(computed_from);
            body.shared_texts.extend(before.shared.iter().copied());
            body.decorated_texts.clone_from(&before.decorated);
        });
    }

    /// Members of the new text that continue others: new and old names.
    fn renamed_members(
        &self,
        class: Gc<'gc, Class<'gc>>,
        before: &MembersBefore<'_, 'gc>,
        declared: &[(Symbol<'gc>, Member<'gc>)],
    ) -> Vec<(Symbol<'gc>, Symbol<'gc>)> {
        let commit = Some(self.world.commits_tried);
        let body = class.body();
        let claims = declared.iter().filter_map(|(name, _)| {
            let was = body.was.get(name)?;
            Some(link::Claim { name: *name, was: was.from, is_new: was.since.is_some() && was.since == commit })
        });
        // What an `extend` has put there is not the class's to rename.
        let is_own = |was: Symbol<'gc>| match (before.members.get(&was), before.own.get(&was)) {
            (Some(member), Some(own)) => own.same(member),
            _ => false,
        };
        let claims = claims.filter(|claim| is_own(claim.was));
        let is_declared = |name| declared.iter().any(|(other, _)| *other == name);
        link::claims_that_hold(claims, |name| before.members.contains_key(&name), is_declared)
    }

    /// Class tasks run with this commit, unless those of the text before wait for their turn in the load around it: then these do instead.
    pub(super) fn queue_or_hand_over(&mut self, class: Gc<'gc, Class<'gc>>, tasks: Vec<ClassTask<'gc>>) -> Option<usize> {
        if self.tasks_outside().any(|(waiting, _)| Gc::ptr_eq(*waiting, class)) {
            self.world.loading.tasks_outside.push((class, tasks));
            return None;
        }
        self.queue_tasks(class, tasks)
    }

    /// Class tasks that wait for their turn in the load around this commit.
    pub(super) fn tasks_outside(&self) -> impl Iterator<Item = &ClassTasks<'gc>> {
        self.world.loading_outer.last().into_iter().flat_map(|outer| outer.class_tasks.iter().flatten())
    }

    /// The commit has succeeded, and what it had yet to do has been put away.
    pub(super) fn take_over_tasks(&mut self, tasks: Vec<ClassTasks<'gc>>) {
        for (class, tasks) in tasks {
            let all = &mut self.world.loading.class_tasks;
            if let Some(waiting) = all.iter_mut().flatten().find(|(waiting, _)| Gc::ptr_eq(*waiting, class)) {
                waiting.1 = tasks;
            }
        }
    }

    /// Gives closures made by the defaults of slots, and by the initialisers of shared slots, the code inside the new ones.
    fn follow_initial_code(&mut self, class: Gc<'gc, Class<'gc>>, before: InitialCode<'gc>, matcher: &mut Matcher) {
        let now = InitialCode::of(class);
        if let (Some(old), Some(new)) = (before.filler, now.filler) {
            self.follow_closures(old.proto(), new.proto(), matcher);
        }
        for (name, new) in &now.shared {
            let was = class.body().was.get(name).map(|was| was.from).filter(|was| !now.shared.contains_key(was));
            let old = was.and_then(|was| before.shared.get(&was)).or_else(|| before.shared.get(name));
            if let Some(old) = old {
                self.follow_closures(old.proto(), new.proto(), matcher);
            }
        }
    }

    /// Calls a class as its definition does.
    fn rename_class(&mut self, class: Gc<'gc, Class<'gc>>, linked: Gc<'gc, Linked<'gc>>, name: &str) {
        let name = self.world.intern(self.mc, name);
        let qualified = format!("{}.{}", linked.module.namespace.name, name.as_str());
        if *class.qualified() == *qualified {
            return;
        }
        self.world.undo.push(Undo::ClassName(class, class.name()));
        Class::rename(class, self.mc, name);
        Class::update(class, self.mc, |body| body.qualified = qualified.into());
    }

    /// The new member, with the function objects of the old one where both are of one sort.
    pub(super) fn keep_member(&mut self, old: Member<'gc>, new: Member<'gc>, matcher: &mut Matcher) -> Member<'gc> {
        match (old, new) {
            (Member::Method(old), Member::Method(new)) => Member::Method(self.keep_identity(old, new, matcher)),
            (Member::Static(old), Member::Static(new)) => Member::Static(self.keep_identity(old, new, matcher)),
            (Member::Property { getter: old_getter, setter: old_setter }, Member::Property { getter, setter }) => {
                let mut keep = |old: Option<Value<'gc>>, new: Option<Value<'gc>>| match (old, new) {
                    (Some(old), Some(new)) => Some(self.keep_identity(old, new, matcher)),
                    (_, new) => new,
                };
                Member::Property { getter: keep(old_getter, getter), setter: keep(old_setter, setter) }
            }
            (_, new) => new,
        }
    }

    /// The old function object with the new code.
    fn keep_identity(&mut self, old: Value<'gc>, new: Value<'gc>, matcher: &mut Matcher) -> Value<'gc> {
        match (old, new) {
            (Value::Function(_) | Value::Decorated(_), Value::Function(new)) => {
                let plain = self.decoration(&old).map(|decorated| decorated.original.get());
                for function in [Some(old), plain].into_iter().flatten() {
                    let Value::Function(function) = function else { continue };
                    self.replace_code(function, new.proto(), matcher);
                    if let Some(home) = new.home() {
                        Function::set_home(function, self.mc, home);
                    }
                }
                old
            }
            _ => new,
        }
    }

    /// Values of variants that have left follow the enum's hook, if it is new. A hook that is the same stays the same function.
    fn follow_variants(&mut self, class: Gc<'gc, Class<'gc>>, old: &ClassBody<'gc>, matcher: &mut Matcher) {
        let same = |text: &HookText<'gc>| old.hooks.iter().find(|h| h.fingerprint == text.fingerprint).copied();
        let is_frozen = self.freeze_variant_hooks(class, old);
        let kept = class.body().hooks.first().filter(|_| !is_frozen).and_then(|text| Some((text.function, same(text)?.function)));
        if let Some((new, old)) = kept {
            self.replace_code(old, new.proto(), matcher);
            Class::update(class, self.mc, |body| body.hooks[0].function = old);
        }
        let (live, retired, text) = {
            let body = class.body();
            (body.variants.clone(), body.retired.clone(), body.hooks.first().copied())
        };
        for variant in live.into_iter().filter(|v| v.hook().is_some()) {
            self.bind_enum_hook(variant, None);
        }
        // A text that an undo brings back does not bring its hook again.
        let is_brought = |text: &HookText<'gc>| {
            !self.world.loading.direction.is_undo() && old.hooks.iter().all(|h| h.fingerprint != text.fingerprint)
        };
        let Some(text) = text.filter(is_brought) else { return };
        let is_new = |v: &Gc<'gc, Variant<'gc>>| old.variants.iter().any(|o| Gc::ptr_eq(*o, *v));
        let any_new = retired.iter().any(|(v, _)| is_new(v));
        let before = old.hooks.first().map(|h| h.function);
        // An edited hook takes the place of the one before for values that still wait for it.
        let waits = |v: &Gc<'gc, Variant<'gc>>| match (v.hook(), before) {
            (Some(hook), Some(before)) => Gc::ptr_eq(hook, before),
            (hook, _) => hook.is_none(),
        };
        for (variant, _) in retired {
            if if any_new { is_new(&variant) } else { waits(&variant) } {
                self.bind_enum_hook(variant, Some(text.function));
                self.hashes_differ();
            }
        }
    }

    /// When the variants of an enum change: hooks that values still wait for go on with the variants as they were, so that values which skip commits
    /// follow step by step. Whether there are any.
    fn freeze_variant_hooks(&mut self, class: Gc<'gc, Class<'gc>>, old: &ClassBody<'gc>) -> bool {
        let is_same = {
            let now = &class.body().variants;
            now.len() == old.variants.len() && now.iter().zip(&old.variants).all(|(a, b)| Gc::ptr_eq(*a, *b))
        };
        let mut hooks: Vec<Gc<'gc, Function<'gc>>> = Vec::new();
        for hook in old.retired.iter().filter_map(|(variant, _)| variant.hook()).filter(|_| !is_same) {
            if hooks.iter().all(|known| !Gc::ptr_eq(*known, hook)) {
                hooks.push(hook);
            }
        }
        let hooks: Vec<_> = hooks.into_iter().filter(|hook| hook.home().is_some_and(|home| Gc::ptr_eq(home, class))).collect();
        if hooks.is_empty() {
            return false;
        }
        let before = self.world.new_class(self.mc, class.name().as_str(), class.qualified(), ClassKind::Enum);
        Class::update(before, self.mc, |body| {
            body.members = old.members.clone();
            body.variants.clone_from(&old.variants);
            body.retired.clone_from(&old.retired);
            body.doc.clone_from(&old.doc);
        });
        for hook in hooks {
            self.world.undo.push(Undo::Home(hook, class));
            Function::set_home(hook, self.mc, before);
            self.let_code_mean(hook.proto(), class, before);
        }
        true
    }

    /// Code, with the code inside it, that mentions a class gets another one for it.
    fn let_code_mean(&mut self, code: Gc<'gc, Proto<'gc>>, class: Gc<'gc, Class<'gc>>, other: Gc<'gc, Class<'gc>>) {
        let mut work = vec![code];
        while let Some(proto) = work.pop() {
            for i in 0..proto.image.consts.len() {
                if let Value::Definition(cell) = proto.const_at(i)
                    && matches!(cell.value(), Value::Class(meant) if Gc::ptr_eq(meant, class))
                {
                    let own = Definition::new(self.mc, cell.namespace, cell.name);
                    own.set_kind(cell.kind());
                    Definition::set(own, self.mc, Value::Class(other));
                    self.world.undo.push(Undo::Const(proto, i, Value::Definition(cell)));
                    Proto::set_const(proto, self.mc, i, Value::Definition(own));
                }
            }
            work.extend(proto.image.nested.iter().map(|id| proto.linked.proto(*id)));
        }
    }

    /// For the report of an undo: a class loses the hooks that the commit has brought.
    fn note_hooks_left(&mut self, class: Gc<'gc, Class<'gc>>) {
        if self.world.loading.direction.is_undo() && link::loses_hooks(self, class) {
            self.world.loading.hooks_left.push(class.qualified().to_string());
        }
    }

    /// Keys may have other hashes, or be equal to others, from now on.
    pub(crate) fn hashes_differ(&mut self) {
        self.world.log(|| Undo::HashEpoch);
        self.world.hash_epoch += 1;
    }

    fn make_enum(
        &mut self,
        linked: Gc<'gc, Linked<'gc>>,
        id: usize,
        matcher: &mut Matcher,
    ) -> Result<Made<'gc>, Box<Control<'gc>>> {
        let image = linked.image.enums[id].clone();
        let name = self.world.intern(self.mc, &image.name);
        let cell = linked.module.namespace.cell(name).expect("declared");
        if let Value::Class(class) = cell.value() {
            self.world.undo.push(Undo::class(class));
            self.rename_class(class, linked, &image.name);
            let old = class.body().clone();
            let mut tasks = link::build_enum(self, class, &image, &mut |cx, id| {
                Function::new(cx.mc, linked.proto(id), None, std::iter::empty())
            })?;
            let (decorated, stirred) = (self.decorated_texts(linked, &image.members), self.stirred(class));
            let before = MembersBefore { members: &old.members, own: &old.own, shared: Vec::new(), decorated, stirred };
            self.keep_members(class, &before, &mut tasks, matcher);
            self.follow_variants(class, &old, matcher);
            self.note_hooks_left(class);
            return Ok((class, tasks));
        }
        let class = self.world.new_class(self.mc, &image.name, cell.qualified_name().into(), ClassKind::Enum);
        Definition::set(cell, self.mc, Value::Class(class));
        let tasks =
            link::build_enum(self, class, &image, &mut |cx, id| Function::new(cx.mc, linked.proto(id), None, std::iter::empty()))?;
        let decorated_texts = self.decorated_texts(linked, &image.members);
        Class::update(class, self.mc, |body| {
            body.own = body.members.clone();
            body.decorated_texts = decorated_texts;
        });
        Ok((class, tasks))
    }
}

/// The `extend` blocks at the top level of a file.
pub(super) fn extensions_of<'gc>(linked: Gc<'gc, Linked<'gc>>) -> impl Iterator<Item = Arc<ExtensionImage>> {
    let image = linked.image.clone();
    (0..image.units.len()).filter_map(move |i| match image.units[i].kind {
        UnitKind::Extend(index) => Some(image.extensions[index as usize].clone()),
        _ => None,
    })
}

/// Whether a function is of a file.
fn is_of_module<'gc>(value: &Value<'gc>, module: Gc<'gc, Module<'gc>>) -> bool {
    match value {
        Value::Function(function) => Gc::ptr_eq(function.proto().linked.module, module),
        Value::Decorated(decorated) => is_of_module(&decorated.original.get(), module),
        _ => false,
    }
}

/// Whether a member comes from another file, or the library: an `extend`.
pub(super) fn is_from_elsewhere<'gc>(member: &Member<'gc>, linked: Gc<'gc, Linked<'gc>>) -> bool {
    let of = |value: &Value<'gc>| {
        matches!(value, Value::Function(_) | Value::Native(_) | Value::Decorated(_)) && !is_of_module(value, linked.module)
    };
    match member {
        Member::Method(value) | Member::Static(value) => of(value),
        Member::Property { getter, setter } => getter.iter().chain(setter).any(of),
        Member::Shared(_) => false,
    }
}

/// A class no longer has a member of its text.
fn note_gone<'gc>(gone: &mut SymbolMap<'gc, MemberGone<'gc>>, name: Symbol<'gc>, member: Member<'gc>) {
    let earlier = gone.get(&name).copied();
    gone.insert(name, MemberGone::add(earlier, member));
}

/// What an error says that was raised while nothing of the program ran.
fn message_of<'gc>(cx: &mut Cx<'_, 'gc>, control: Control<'gc>) -> String {
    match control {
        Control::Raise(error) => crate::ops::error_message(cx, &error),
        _ => "a class cannot be made".to_owned(),
    }
}

/// A class or enum that cannot be made as its text has it.
fn impossible<'gc>(cx: &mut Cx<'_, 'gc>, linked: Gc<'gc, Linked<'gc>>, name: &str, control: Control<'gc>) -> Error {
    let message = message_of(cx, control);
    let definition = linked.image.definition(name);
    let span = definition.map_or(Span::default(), |d| d.name_span);
    let diagnostic = Diagnostic::new(&codes::CLASS, span, message);
    Error::Refused(vec![Problem { source: linked.image.source.clone(), diagnostic }])
}
