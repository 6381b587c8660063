//! Scopes: which variables a function has, who captures them, and whether they can be seen before they are set.
//!
//! The rules that the flags of [`Local`] follow:
//! * The `fn` declarations of a block are made when the block is entered, in text order. `class` and `enum`, and a `fn`
//!   with decorators, are set when their statement is reached; their methods count as made at the entry, too, so that the
//!   flags hold whichever way they are made.
//! * A `let` is visible from its end on, so only a function made at the entry of its own block can see it before it is
//!   set: such a capture is *early*. It can run before only if it is mentioned in the statements up to the `let`, directly
//!   or through other functions made at the entry.
//! * A captured variable is boxed when it is assigned after its initialisation or some capture is early.

use super::{FnScope, ImportEntry, ImportId, Local, LocalId, Res, Resolved, Upvalue, UpvalueId, UpvalueSource};
use crate::ast::{File, Ident, Name, NodeId};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use rustc_hash::FxHashMap;

/// What can hold variables of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FnKind {
    /// A top-level statement.
    Unit,
    /// A function of any form.
    Function,
    /// The default of a slot or the value of a shared slot.
    Initialiser,
}

/// What part of a block is being walked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Item {
    /// Code that runs when this statement is reached.
    Stmt(usize),
    /// The body of a function made at the entry of the block, by its index in [`Block::hoists`].
    Hoist(usize),
}

/// When a variable is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Setting {
    /// Before it is visible; by this statement of its block.
    Before(usize),
    /// By the statement that is being walked: a function literal that sees its own name.
    Own,
    /// At the entry of the block, as this hoist.
    Entry(usize),
    /// When its statement is reached, though it is visible in the whole block.
    Late(usize),
}

/// A visible variable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding {
    local: LocalId,
    depth: usize,
    setting: Setting,
}

/// A name that is visible in the whole block.
#[derive(Debug)]
struct Hoist {
    local: LocalId,
    /// Index of its statement.
    stmt: usize,
    /// It is set when that statement is reached, not at the entry.
    late: bool,
}

/// A block that is being walked.
#[derive(Debug)]
struct Block {
    /// Names to forget at its end.
    names: Vec<Name>,
    item: Item,
    hoists: Vec<Hoist>,
    /// Mentions of hoists: which, and from where.
    mentions: Vec<(usize, Item)>,
    /// Variables of this block that a hoist captures: the variable, its statement, the hoist.
    early: Vec<(LocalId, usize, usize)>,
}

impl Block {
    fn new() -> Self {
        Self { names: Vec::new(), item: Item::Stmt(0), hoists: Vec::new(), mentions: Vec::new(), early: Vec::new() }
    }
}

/// A local with what is known about it so far.
#[derive(Debug)]
struct LocalState {
    local: Local,
    assigned: bool,
    early: bool,
}

/// A function that is being walked.
pub(super) struct Function {
    index: usize,
    pub(super) kind: FnKind,
    locals: Vec<LocalState>,
    upvalues: Vec<Upvalue>,
    /// For each upvalue the function and local it comes from.
    origins: Vec<(usize, LocalId)>,
    upvalue_of: FxHashMap<(usize, LocalId), UpvalueId>,
    bindings: FxHashMap<Name, Vec<Binding>>,
    blocks: Vec<Block>,
    /// Labels of the loops around, innermost last.
    pub(super) loops: Vec<Option<Name>>,
    /// Whether it has a loop.
    pub(super) has_loops: bool,
    has_self: bool,
    yields: bool,
}

/// Where a finished function belongs.
enum Owner {
    Unit,
    Node(NodeId),
}

/// A function that has been walked.
struct Finished {
    owner: Owner,
    scope: FnScope,
    origins: Vec<(usize, LocalId)>,
}

/// What a use of a name does with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Access {
    Read,
    Write,
}

/// The kinds of top-level definition that cannot be assigned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fixed {
    Const,
    Function,
    Class,
    Enum,
}

/// State of the walk over a file.
pub(super) struct Resolver<'d> {
    pub(super) diagnostics: &'d mut Vec<Diagnostic>,
    pub(super) names: Vec<Res>,
    pub(super) imports: Vec<ImportEntry>,
    /// What each imported name refers to.
    pub(super) imported: FxHashMap<Name, Res>,
    /// Definitions of the file that cannot be assigned, and where they are.
    pub(super) fixed: FxHashMap<Name, (Fixed, Span)>,
    /// Variants of the file's enums, by name, with the enum; those that are also definitions or imports are left out.
    pub(super) variants: FxHashMap<Name, Name>,
    pub(super) stack: Vec<Function>,
    finished: Vec<Option<Finished>>,
    pub(super) self_name: Name,
}

impl<'d> Resolver<'d> {
    pub(super) fn new(file: &File, diagnostics: &'d mut Vec<Diagnostic>) -> Self {
        Self {
            diagnostics,
            names: vec![Res::None; file.node_count as usize],
            imports: Vec::new(),
            imported: FxHashMap::default(),
            fixed: FxHashMap::default(),
            variants: FxHashMap::default(),
            stack: Vec::new(),
            finished: Vec::new(),
            self_name: Name::new("self"),
        }
    }

    pub(super) fn run(mut self, file: &File) -> Resolved {
        self.collect_imports(file);
        self.check_test_names(file);
        self.collect_definitions(file);
        for stmt in &file.stmts {
            self.push_function(FnKind::Unit);
            self.top_stmt(stmt);
            self.pop_function(Owner::Unit);
        }
        self.tables(file)
    }

    /// Copies what became of each captured variable to those who capture it, and sorts the scopes into the tables.
    fn tables(self, file: &File) -> Resolved {
        let mut out = Resolved { names: self.names, imports: self.imports, ..Resolved::default() };
        out.functions.resize_with(file.node_count as usize, || None);
        let mut finished: Vec<Finished> = self.finished.into_iter().flatten().collect();
        for at in 0..finished.len() {
            for i in 0..finished[at].origins.len() {
                let (function, local) = finished[at].origins[i];
                let origin = &finished[function].scope.locals[local.0 as usize];
                let (boxed, may_be_unset, is_const) = (origin.boxed, origin.may_be_unset, origin.is_const);
                let upvalue = &mut finished[at].scope.upvalues[i];
                (upvalue.boxed, upvalue.may_be_unset, upvalue.is_const) = (boxed, may_be_unset, is_const);
            }
        }
        for function in finished {
            match function.owner {
                Owner::Unit => out.units.push(function.scope),
                Owner::Node(id) => out.functions[id.0 as usize] = Some(Box::new(function.scope)),
            }
        }
        out
    }

    // ── Functions and blocks ───────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn push_function(&mut self, kind: FnKind) {
        let index = self.finished.len();
        self.finished.push(None);
        self.stack.push(Function {
            index,
            kind,
            locals: Vec::new(),
            upvalues: Vec::new(),
            origins: Vec::new(),
            upvalue_of: FxHashMap::default(),
            bindings: FxHashMap::default(),
            blocks: vec![Block::new()],
            loops: Vec::new(),
            has_loops: false,
            has_self: false,
            yields: false,
        });
    }

    fn pop_function(&mut self, owner: Owner) {
        self.leave_block();
        let Some(function) = self.stack.pop() else { return };
        let locals = function.locals.into_iter().map(|state| {
            let mut local = state.local;
            local.assigned = state.assigned;
            local.boxed = local.captured && (state.assigned || state.early);
            local
        });
        let scope = FnScope {
            locals: locals.collect(),
            upvalues: function.upvalues,
            has_self: function.has_self,
            yields: function.yields,
            loops: function.has_loops,
        };
        self.finished[function.index] = Some(Finished { owner, scope, origins: function.origins });
    }

    /// Ends the function whose side table has this id.
    pub(super) fn pop_function_of(&mut self, id: NodeId) {
        self.pop_function(Owner::Node(id));
    }

    /// The innermost function.
    pub(super) fn function(&mut self) -> &mut Function {
        self.stack.last_mut().expect("names are resolved inside a unit")
    }

    fn block(&mut self) -> &mut Block {
        self.function().blocks.last_mut().expect("a function has a block while it is walked")
    }

    pub(super) fn enter_block(&mut self) {
        self.function().blocks.push(Block::new());
    }

    pub(super) fn leave_block(&mut self) {
        let function = self.function();
        let Some(block) = function.blocks.pop() else { return };
        for name in &block.names {
            if let Some(bindings) = function.bindings.get_mut(name) {
                bindings.pop();
            }
        }
        function.mark_unset(&block);
    }

    /// Says which part of the innermost block is walked next; gives what was walked before.
    pub(super) fn set_item(&mut self, item: Item) -> Item {
        std::mem::replace(&mut self.block().item, item)
    }

    pub(super) fn note_yield(&mut self) {
        self.function().yields = true;
    }

    // ── Declaring ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// A local without a visible name as yet.
    pub(super) fn new_local(&mut self, name: Name, span: Span, is_const: bool) -> LocalId {
        let locals = &mut self.function().locals;
        let id = LocalId(locals.len() as u32);
        let local = Local { name, span, is_const, assigned: false, captured: false, boxed: false, may_be_unset: false };
        locals.push(LocalState { local, assigned: false, early: false });
        id
    }

    /// Makes a local visible from here to the end of the innermost block.
    pub(super) fn make_visible(&mut self, name: &Name, local: LocalId) {
        let stmt = match self.block().item {
            Item::Stmt(stmt) => stmt,
            Item::Hoist(_) => 0,
        };
        self.bind(name, local, Setting::Before(stmt));
    }

    fn bind(&mut self, name: &Name, local: LocalId, setting: Setting) {
        let function = self.function();
        let depth = function.blocks.len() - 1;
        if let Some(block) = function.blocks.last_mut() {
            block.names.push(name.clone());
        }
        function.bindings.entry(name.clone()).or_default().push(Binding { local, depth, setting });
    }

    /// `self`, the first local of a method.
    pub(super) fn declare_self(&mut self, span: Span) {
        let name = self.self_name.clone();
        let local = self.new_local(name.clone(), span, true);
        self.make_visible(&name, local);
        self.function().has_self = true;
    }

    /// A local of the innermost block; a second one of the name in the block is a diagnostic.
    pub(super) fn declare(&mut self, ident: &Ident, is_const: bool) -> LocalId {
        self.check_duplicate_local(ident);
        let local = self.new_local(ident.name.clone(), ident.span, is_const);
        self.make_visible(&ident.name, local);
        local
    }

    /// A function literal sees the name it is bound to: makes the name visible before the literal is walked.
    pub(super) fn declare_own(&mut self, ident: &Ident, is_const: bool) -> LocalId {
        self.check_duplicate_local(ident);
        let local = self.new_local(ident.name.clone(), ident.span, is_const);
        self.bind(&ident.name, local, Setting::Own);
        local
    }

    /// The statement that binds its own name has ended.
    pub(super) fn own_is_set(&mut self, ident: &Ident) {
        let Item::Stmt(stmt) = self.block().item else { return };
        if let Some(binding) = self.function().bindings.get_mut(&ident.name).and_then(|bindings| bindings.last_mut()) {
            binding.setting = Setting::Before(stmt);
        }
    }

    /// A `fn`, `class` or `enum` of the innermost block, visible in all of it. Gives its index among those.
    pub(super) fn declare_hoisted(&mut self, ident: &Ident, stmt: usize, late: bool) -> LocalId {
        self.check_duplicate_local(ident);
        let local = self.new_local(ident.name.clone(), ident.span, false);
        let hoists = &mut self.block().hoists;
        let hoist = hoists.len();
        hoists.push(Hoist { local, stmt, late });
        self.bind(&ident.name, local, if late { Setting::Late(hoist) } else { Setting::Entry(hoist) });
        local
    }

    /// Index of the hoist that stands at statement `stmt` of the innermost block.
    pub(super) fn hoist_at(&mut self, stmt: usize) -> Option<usize> {
        self.block().hoists.binary_search_by_key(&stmt, |hoist| hoist.stmt).ok()
    }

    fn check_duplicate_local(&mut self, ident: &Ident) {
        let function = self.function();
        let depth = function.blocks.len() - 1;
        let Some(binding) = function.bindings.get(&ident.name).and_then(|bindings| bindings.last()) else { return };
        if binding.depth != depth {
            return;
        }
        // A `fn` further down is visible, hence declared, before a `let` that stands above it.
        let other = function.locals[binding.local.0 as usize].local.span;
        let (first, again) = if other.lo <= ident.span.lo { (other, ident.span) } else { (ident.span, other) };
        self.diagnostics.push(
            Diagnostic::new(&codes::DUPLICATE_LOCAL, again, format!("`{}` is declared twice in this block", ident.name))
                .label("declared again")
                .note(first, "first declared here")
                .help("to change the variable, assign to it without `let`; otherwise choose another name"),
        );
    }

    // ── Using ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// A use of a name as a value or target.
    pub(super) fn use_name(&mut self, id: NodeId, name: &Name, span: Span, access: Access) {
        let res = match self.lookup(name) {
            Some((function, binding)) => {
                if access == Access::Write {
                    self.assign_local(function, binding, span);
                }
                self.reach(function, binding)
            }
            None => self.outer(name, span, access),
        };
        self.set_res(id, res);
    }

    pub(super) fn set_res(&mut self, id: NodeId, res: Res) {
        if let Some(slot) = self.names.get_mut(id.0 as usize) {
            *slot = res;
        }
    }

    /// A use of `self`, by itself or for `super`. Gives whether there is one.
    pub(super) fn use_self(&mut self, id: NodeId) -> bool {
        let name = self.self_name.clone();
        let Some((function, binding)) = self.lookup(&name) else { return false };
        let res = self.reach(function, binding);
        self.set_res(id, res);
        true
    }

    /// The innermost visible variable of this name, with the index of its function on the stack.
    fn lookup(&self, name: &Name) -> Option<(usize, Binding)> {
        self.stack
            .iter()
            .enumerate()
            .rev()
            .find_map(|(i, function)| function.bindings.get(name).and_then(|bindings| bindings.last()).map(|binding| (i, *binding)))
    }

    fn assign_local(&mut self, function: usize, binding: Binding, span: Span) {
        let state = &mut self.stack[function].locals[binding.local.0 as usize];
        state.assigned = true;
        if state.local.is_const {
            let (name, declared) = (state.local.name.clone(), state.local.span);
            self.const_assigned(&name, span, declared);
        }
    }

    pub(super) fn const_assigned(&mut self, name: &Name, span: Span, declared: Span) {
        self.diagnostics.push(
            Diagnostic::new(&codes::CONST_ASSIGNED, span, format!("the constant `{name}` is assigned to"))
                .label("assigned")
                .note(declared, "declared as a constant here")
                .help("declare it with `let` if it changes"),
        );
    }

    /// How the innermost function reaches a variable of the function at index `owner` of the stack.
    fn reach(&mut self, owner: usize, binding: Binding) -> Res {
        let top = self.stack.len() - 1;
        self.stack[owner].note_mention(binding);
        if owner == top {
            return Res::Local(binding.local);
        }
        self.stack[owner].note_capture(binding);
        let key = (self.stack[owner].index, binding.local);
        let name = self.stack[owner].locals[binding.local.0 as usize].local.name.clone();
        let mut source = UpvalueSource::Local(binding.local);
        for function in &mut self.stack[owner + 1..=top] {
            source = UpvalueSource::Upvalue(function.capture(key, source, &name));
        }
        match source {
            UpvalueSource::Upvalue(id) => Res::Upvalue(id),
            UpvalueSource::Local(id) => Res::Local(id),
        }
    }

    /// A name that is no local: an import of the file, or found when it is reached.
    fn outer(&mut self, name: &Name, span: Span, access: Access) -> Res {
        if let Some(res) = self.imported.get(name).cloned() {
            if let (Access::Write, Res::ImportedNamespace(ImportId(import))) = (access, &res) {
                let declared = self.imports[*import as usize].span;
                self.definition_assigned(name, "namespace", span, declared);
            }
            return res;
        }
        if let (Access::Write, Some((fixed, declared))) = (access, self.fixed.get(name).copied()) {
            match fixed {
                Fixed::Const => self.const_assigned(name, span, declared),
                Fixed::Function => self.definition_assigned(name, "function", span, declared),
                Fixed::Class => self.definition_assigned(name, "class", span, declared),
                Fixed::Enum => self.definition_assigned(name, "enum", span, declared),
            }
        }
        Res::Name(name.clone())
    }

    fn definition_assigned(&mut self, name: &Name, kind: &str, span: Span, declared: Span) {
        self.diagnostics.push(
            Diagnostic::new(&codes::DEFINITION_ASSIGNED, span, format!("the {kind} `{name}` is assigned to"))
                .label("assigned")
                .note(declared, format!("`{name}` is {} {kind}", if kind == "enum" { "an" } else { "a" }))
                .help("use a variable, made with `let`, for what changes while the program runs"),
        );
    }
}

impl Function {
    /// Remembers from where in its block a hoisted name is mentioned.
    fn note_mention(&mut self, binding: Binding) {
        if let (Setting::Entry(hoist) | Setting::Late(hoist), Some(block)) = (binding.setting, self.blocks.get_mut(binding.depth)) {
            let item = block.item;
            block.mentions.push((hoist, item));
        }
    }

    /// An inner function captures a variable of this one: is it made before the variable is certainly set?
    fn note_capture(&mut self, binding: Binding) {
        let state = &mut self.locals[binding.local.0 as usize];
        state.local.captured = true;
        let Some(block) = self.blocks.get_mut(binding.depth) else { return };
        state.early |= match (binding.setting, block.item) {
            (Setting::Own, _) => true,
            (Setting::Before(stmt), Item::Hoist(hoist)) => {
                block.early.push((binding.local, stmt, hoist));
                true
            }
            (Setting::Before(_) | Setting::Entry(_), Item::Stmt(_)) => false,
            (Setting::Entry(own), Item::Hoist(hoist)) => hoist <= own,
            (Setting::Late(_), Item::Hoist(_)) => true,
            (Setting::Late(own), Item::Stmt(stmt)) => stmt <= block.hoists[own].stmt,
        };
    }

    fn capture(&mut self, key: (usize, LocalId), source: UpvalueSource, name: &Name) -> UpvalueId {
        if let Some(id) = self.upvalue_of.get(&key) {
            return *id;
        }
        let id = UpvalueId(self.upvalues.len() as u32);
        self.upvalues.push(Upvalue { name: name.clone(), source, boxed: false, may_be_unset: false, is_const: false });
        self.origins.push(key);
        self.upvalue_of.insert(key, id);
        id
    }

    /// At the end of a block: which of its variables can be seen before they are set.
    fn mark_unset(&mut self, block: &Block) {
        if block.hoists.is_empty() {
            return;
        }
        let earliest = earliest_runs(block);
        let runs_by = |hoist: usize, stmt: usize| earliest[hoist].is_some_and(|earliest| earliest <= stmt);
        for (local, stmt, hoist) in &block.early {
            if runs_by(*hoist, *stmt) {
                self.locals[local.0 as usize].local.may_be_unset = true;
            }
        }
        for (mentioned, item) in &block.mentions {
            let Hoist { local, stmt, late: true } = block.hoists[*mentioned] else { continue };
            let unset = match item {
                Item::Stmt(at) => *at <= stmt,
                Item::Hoist(hoist) => hoist != mentioned && runs_by(*hoist, stmt),
            };
            if unset {
                self.locals[local.0 as usize].local.may_be_unset = true;
            }
        }
    }
}

/// For each hoist of a block the first statement during which it can run, if any: where it is mentioned, or where a hoist
/// that mentions it can run.
fn earliest_runs(block: &Block) -> Vec<Option<usize>> {
    let mut earliest: Vec<Option<usize>> = vec![None; block.hoists.len()];
    let mut mentioned_by: Vec<Vec<usize>> = vec![Vec::new(); block.hoists.len()];
    let mut starts: Vec<(usize, usize)> = Vec::new();
    for (mentioned, item) in &block.mentions {
        match item {
            Item::Stmt(stmt) => starts.push((*stmt, *mentioned)),
            Item::Hoist(hoist) => mentioned_by[*hoist].push(*mentioned),
        }
    }
    // In ascending order, so that what is reached first is reached earliest.
    starts.sort_unstable();
    for (stmt, start) in starts {
        let mut pending = vec![start];
        while let Some(hoist) = pending.pop() {
            if earliest[hoist].is_none() {
                earliest[hoist] = Some(stmt);
                pending.extend(&mentioned_by[hoist]);
            }
        }
    }
    earliest
}
