//! The transition check: what is alive and would be left behind by an edit.
//!
//! A plan is put in place and taken back before anything of the program runs. In between, everything alive is looked at: instances that
//! would miss a value, values of variants that have left, closures and bound methods that no text continues, and calls that cannot go on in the
//! new text. What had been left behind before is not counted again.

use super::commit::{Done, Stages};
use super::frames::{OldClosures, latest};
use super::stacks::{OldCall, calls_of};
use crate::embed::{Error, Vm};
use crate::heap::Value;
use crate::object::{Cx, EnumValue, Frame, Layout, LayoutChange, LayoutId, SharedChanges, Source};
use gc_arena::Gc;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use std::fmt;

/// Things that are alive and that a new version has no place for.
///
/// ```
/// use embed::prelude::*;
/// use embed::{FileText, ReloadOptions};
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "class Hero { slot hp = 7 }\nlet hero = Hero()")?;
/// let edit = vec![FileText { path: "game.lang".into(), text: Some("class Hero { slot hp = 7; slot name }\nlet hero = Hero()".into()) }];
/// let plan = vm.plan(edit, &ReloadOptions::default());
/// let left = &plan.uncovered[0];
/// assert_eq!((left.kind, &*left.name, left.count), ("instance", "game.Hero", 1));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Uncovered {
    /// `instance`, `value`, `closure`, `bound method` or `call`.
    pub kind: &'static str,
    /// Qualified name of the class, variant or function.
    pub name: String,
    /// How many there are.
    pub count: usize,
    /// A way from a root to one of them.
    pub path: String,
    /// What is missing.
    pub why: String,
}

impl fmt::Display for Uncovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Uncovered { kind, name, count, path, why } = self;
        let many = if *count == 1 { "" } else { "s" };
        write!(f, "{count} {kind}{many} of `{name}`: {why}")?;
        if path.is_empty() { Ok(()) } else { write!(f, " ({path})") }
    }
}

/// A commit that is taken back before anything of the program runs.
#[derive(Default)]
pub(super) struct Trial {
    /// The layouts that would be replaced, once the definitions were in place.
    pub(super) layouts: Option<Vec<LayoutChange>>,
    /// What becomes of shared slots.
    pub(super) shared: SharedChanges,
    /// Members that would become leaks, with their kinds.
    pub(super) members: Vec<(String, &'static str)>,
    /// What would be left behind.
    pub(super) uncovered: Vec<Uncovered>,
    /// What of the program would run then.
    pub(super) queued: Vec<String>,
    /// What was left behind before, by address.
    before: FxHashSet<usize>,
}

impl Stages for Trial {
    fn begin(&mut self, vm: &mut Vm) -> Result<(), Error> {
        self.before = vm.enter(|cx| cx.left_behind());
        Ok(())
    }

    fn placed(&mut self, vm: &mut Vm) -> Result<(), Error> {
        self.layouts = Some(vm.enter(|cx| std::mem::take(&mut cx.world.layout_changes)));
        self.shared = vm.enter(|cx| std::mem::take(&mut cx.world.shared_changes));
        self.members = vm.enter(|cx| cx.members_leaking());
        self.uncovered = vm.enter(|cx| cx.uncovered(&self.before));
        self.queued = vm.queued_code();
        Err(Error::Host("only tried".into()))
    }

    fn end(&mut self, _: &mut Vm, _: &Done) -> Result<(), Error> {
        unreachable!("`placed` has ended it")
    }
}

/// What is missing of what, and a number for each such kind of thing.
#[derive(PartialEq, Eq, Hash)]
struct Lack {
    kind: &'static str,
    name: String,
    why: String,
}

impl<'gc> Cx<'_, 'gc> {
    /// Closures and calls that are in an old text.
    fn left_behind(&self) -> FxHashSet<usize> {
        let mut inner = OldClosures::default();
        let closures = self.values_in_a_walk(&|value| matches!(value, Value::Function(_)));
        let closures = closures.into_iter().filter(|value| lack_of(&mut inner, self, value).is_some());
        let mut all: FxHashSet<usize> = closures.filter_map(|value| address(&value)).collect();
        self.each_call(&mut |frame, callee| {
            if self.old_call(frame, callee).is_some() {
                all.insert(Gc::as_ptr(frame.proto) as usize);
            }
        });
        all
    }

    fn uncovered(&self, before: &FxHashSet<usize>) -> Vec<Uncovered> {
        let unset = self.slots_left_unset();
        let wanted = |value: &Value<'gc>, is_first: bool| {
            is_first
                && match value {
                    Value::Instance(instance) => unset.contains_key(&instance.layout()),
                    Value::EnumValue(value) => is_orphan(*value),
                    Value::Function(_) | Value::Bound(_) => true,
                    _ => false,
                }
        };
        let mut inner = OldClosures::default();
        let mut found: Vec<Uncovered> = Vec::new();
        let mut places: FxHashMap<Lack, usize> = FxHashMap::default();
        let mut add = |lack: Lack, path: &str| match places.get(&lack) {
            Some(at) => found[*at].count += 1,
            None => {
                let Lack { kind, name, why } = &lack;
                found.push(Uncovered { kind, name: name.clone(), count: 1, path: path.to_owned(), why: why.clone() });
                places.insert(lack, found.len() - 1);
            }
        };
        for met in self.met_in_a_walk(&wanted) {
            if address(&met.value).is_some_and(|at| before.contains(&at)) {
                continue;
            }
            let lack = match met.value {
                Value::Instance(instance) => unset.get(&instance.layout()).map(|(class, slots)| Lack {
                    kind: "instance",
                    name: class.clone(),
                    why: format!("{slots} without a value"),
                }),
                Value::EnumValue(value) => {
                    let name = format!("{}.{}", value.variant.class.qualified(), value.variant.name.as_str());
                    let why = "the variant has left, and the enum has no `migrate(old)`".to_owned();
                    Some(Lack { kind: "value", name, why })
                }
                value => lack_of(&mut inner, self, &value),
            };
            if let Some(lack) = lack {
                add(lack, &met.path);
            }
        }
        self.each_call(&mut |frame, callee| {
            let proto = frame.proto;
            let is_library = self.world.is_library(&proto.linked.module.namespace);
            if is_library || before.contains(&(Gc::as_ptr(proto) as usize)) {
                return;
            }
            let why = match self.old_call(frame, callee) {
                None | Some(OldCall::Moves) => return,
                Some(OldCall::Overwritten) => "ends in its old text: its file is overwritten".to_owned(),
                Some(OldCall::Ends(Some(why))) => format!("ends in its old text: {why}"),
                Some(OldCall::Ends(None)) => "ends in its old text".to_owned(),
            };
            add(Lack { kind: "call", name: proto.qualified.to_string(), why }, "");
        });
        found
    }

    /// Layouts whose instances would get a slot without a value: class and slots.
    fn slots_left_unset(&self) -> FxHashMap<LayoutId, (String, String)> {
        let mut found = FxHashMap::default();
        for layout in self.world.layouts.iter().flatten() {
            let mut names: Vec<String> = Vec::new();
            let mut at = self.world.layout(layout.version);
            while let Some(edge) = at.edge() {
                let Some(to) = self.world.layouts[edge.to.0 as usize] else { break };
                let is_new = edge.commit == self.world.commits_tried;
                if is_new && edge.hooks.iter().all(|hook| hook.function().is_none()) {
                    let is_unset = |(i, source): (usize, &Source<'gc>)| {
                        let slot = &to.slots[i];
                        let starts_unset =
                            matches!(source, Source::Default) && slot.init.is_unset() && edge.added.contains(&slot.name);
                        starts_unset.then(|| format!("`{}`", slot.name.as_str()))
                    };
                    names.extend(edge.sources.iter().enumerate().filter_map(is_unset));
                }
                at = to;
            }
            if !names.is_empty() {
                let class = Gc::<Layout<'gc>>::as_ref(*layout).class.qualified().to_string();
                let (word, names) = (if names.len() == 1 { "slot" } else { "slots" }, names.join(", "));
                found.insert(layout.id, (class, format!("{word} {names}")));
            }
        }
        found
    }

    /// Tells every call that has begun and not ended, with what was called.
    fn each_call(&self, tell: &mut dyn FnMut(&Frame<'gc>, Value<'gc>)) {
        self.each_stack(&self.held_fibers(), &mut |stack, _| calls_of(stack).for_each(|(frame, callee)| tell(frame, callee)));
    }
}

/// Whether the variant of a value has left its enum without anything that replaces the value.
fn is_orphan(value: Gc<'_, EnumValue<'_>>) -> bool {
    let variant = value.variant;
    variant.hook().is_none() && !variant.class.body().variants.iter().any(|other| Gc::ptr_eq(*other, variant))
}

/// What a closure or bound method lacks in the text that runs.
fn lack_of<'gc>(closures: &mut OldClosures, cx: &Cx<'_, 'gc>, value: &Value<'gc>) -> Option<Lack> {
    let (code, kind) = match value {
        Value::Function(function) => (closures.code_of(cx, *function)?, "closure"),
        Value::Bound(bound) => match bound.method {
            Value::Function(function) => (latest(function.proto()), "bound method"),
            _ => return None,
        },
        _ => return None,
    };
    if cx.world.is_library(&code.linked.module.namespace) {
        return None;
    }
    cx.why_old_closure(code).map(|why| Lack { kind, name: code.qualified.to_string(), why: why.to_owned() })
}

fn address(value: &Value<'_>) -> Option<usize> {
    value.heap_pointer().map(|pointer| Gc::as_ptr(pointer) as usize)
}
