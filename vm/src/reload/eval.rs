//! Evaluation of text in a namespace.

use super::check::Reason;
use super::codes;
use super::commit::{Done, Stages};
use super::load::normalise;
use super::options::Mode;
use super::plan::{Action, PlannedDefinition, PlannedFile, ReloadPlan};
use super::report::Report;
use crate::compile::compile_source;
use crate::embed::{Error, Handle, Problem, Vm};
use crate::heap::Value;
use crate::image::{DefinitionKind, ImportImage, ModuleImage, UnitKind};
use crate::interp::Trace;
use crate::object::{Control, ErrorKind, Kind, Namespace, TraceFrame, Undo, World};
use gc_arena::Gc;
use lang::diagnostic::Diagnostic;
use lang::source::{Source, Span};
use std::sync::Arc;

impl Vm {
    /// Evaluates text in a namespace, as the REPL does: definitions always take effect and keep their contributor. Gives the value of
    /// the last statement if it is an expression.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let score = 7")?;
    /// let value = vm.eval_in("game", "<a console>", "score + 1")?.expect("it is an expression");
    /// assert_eq!(vm.read::<i64>(&value)?, 8);
    /// assert!(vm.eval_in("game", "<a console>", "fn double(n) { n * 2 }")?.is_none());
    /// assert_eq!(vm.call::<_, i64>("game.double", (4,))?, 8);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] or [`Error::Host`] if the text is wrong, else what the program has raised.
    pub fn eval_in(&mut self, namespace: &str, name: &str, text: &str) -> Result<Option<Handle>, Error> {
        let source = Source::new(name, text);
        let result = compile_source(&source);
        let Some(image) = result.image else {
            let problems = result.diagnostics.into_iter().map(|diagnostic| Problem { source: source.clone(), diagnostic });
            return Err(Error::Refused(problems.collect()));
        };
        self.holding_panics(|vm| vm.eval_image(namespace, image))
    }

    /// As [`Vm::eval_in`], for text that was compiled before: `image` is what [`encode`](crate::image::encode) made of it. If it was made of
    /// another text, or by another version of the engine, the text is compiled.
    ///
    /// # Errors
    /// As for [`Vm::eval_in`].
    pub fn eval_compiled(&mut self, namespace: &str, name: &str, text: &str, image: &[u8]) -> Result<Option<Handle>, Error> {
        match crate::image::decode(image, &Source::new(name, text)) {
            Some(image) => self.holding_panics(|vm| vm.eval_image(namespace, image)),
            None => self.eval_in(namespace, name, text),
        }
    }

    fn eval_image(&mut self, namespace: &str, mut image: ModuleImage) -> Result<Option<Handle>, Error> {
        let own_imports = image.imports.len();
        let imports_seen = self.see_imports(namespace, &mut image);
        let image = Arc::new(image);
        // A binding would last, as a definition does.
        let added =
            image.definitions.first().map(|d| d.name_span).or(image.imports[..own_imports].first().map(|import| import.span));
        if let Some(diagnostic) = added.and_then(|span| self.locked(namespace, span)) {
            let diagnostic = diagnostic.help("evaluate it in another namespace");
            return Err(Error::Refused(vec![Problem { source: image.source.clone(), diagnostic }]));
        }
        if self.is_frozen() && self.files.making.is_none() {
            let redefined = image.definitions.iter().find(|d| self.is_defined_in(namespace, &d.name)).map(|d| d.name_span);
            if let Some(span) = redefined.or_else(|| self.extends_frozen(&image, &[(namespace, &image)])) {
                let problem = Diagnostic::new(&codes::FROZEN, span, "the host has frozen what is loaded");
                let problem = problem.help("evaluate it under another name");
                return Err(Error::Refused(vec![Problem { source: image.source.clone(), diagnostic: problem }]));
            }
        }
        let changed = image.definitions.first().map(|d| d.name_span).or(image.extensions.first().map(|extension| extension.span));
        if let Some(span) = changed.filter(|_| self.is_reload_blocked()) {
            let problem = Diagnostic::new(&codes::BLOCKED, span, "the host has blocked reloads");
            let problem = problem.help("evaluate it when the host lets them through");
            return Err(Error::Refused(vec![Problem { source: image.source.clone(), diagnostic: problem }]));
        }
        let serial = self.files.evaluations;
        self.files.evaluations += 1;
        let path: Arc<str> = format!("<{namespace} {serial}>").into();
        let mut imports = Vec::new();
        for import in &image.imports[..own_imports] {
            let source = match self.import_for_eval(import) {
                Ok(source) => source,
                Err(Error::Host(message)) => return Err(self.import_error(namespace, &image, import, message)),
                Err(error) => return Err(error),
            };
            imports.push(source);
        }
        let definitions = image
            .definitions
            .iter()
            .enumerate()
            .map(|(index, d)| {
                let action = self.eval_action(namespace, &d.name, d.kind);
                let evaluates = action != Action::Keep;
                PlannedDefinition {
                    name: d.name.clone(),
                    action,
                    index: Some(index),
                    evaluates,
                    is_edited: true,
                    is_put_back: false,
                    is_conflict: false,
                    from: None,
                    from_file: None,
                    old_kind: None,
                    parts: Vec::new(),
                }
            })
            .collect();
        let statements = (0..image.units.len() as u32)
            .filter(|i| matches!(image.units[*i as usize].kind, UnitKind::Statement))
            .collect::<Vec<_>>();
        let extensions =
            (0..image.units.len() as u32).filter(|i| matches!(image.units[*i as usize].kind, UnitKind::Extend(_))).collect();
        let last = image.units.last().filter(|unit| matches!(unit.kind, UnitKind::Statement));
        let is_expression = last.is_some_and(|unit| unit.is_expression);
        let last = last.map(|_| image.units.len() as u32 - 1);
        let file = PlannedFile {
            path: path.clone(),
            namespace: namespace.into(),
            image: image.clone(),
            imports: imports.iter().cloned().chain(imports_seen).collect(),
            definitions,
            statements: statements.into_iter().filter(|s| Some(*s) != last).collect(),
            extensions,
            changed: true,
            is_new: true,
            is_removed: false,
            mode: Mode::Update,
            notes: Vec::new(),
        };
        let plan = ReloadPlan { files: vec![file], direction: self.files.direction, ..ReloadPlan::default() };
        let plan = super::CheckedPlan::for_evaluation(plan);
        let mut binding = Binding { namespace, image: image.clone(), imports, judged: None };
        if let Some(span) = changed.filter(|_| self.files.making.is_none()) {
            binding.judged = Some((Report::of(plan.plan()), span));
        }
        // What an evaluation runs is no part of the reload around it.
        let ran_outer = std::mem::take(&mut self.files.ran);
        let done = self.commit(plan, &mut binding);
        self.files.ran = ran_outer;
        let result = match done {
            Ok(_) => {
                // The definitions stay even if the last statement raises.
                self.note_patches(namespace, &image);
                let value = last.map(|unit| self.run_last(&path, unit)).transpose();
                value.map(|value| value.filter(|_| is_expression))
            }
            Err(error) => Err(error),
        };
        self.enter(|cx| cx.release_evaluated(&path));
        result
    }

    fn eval_action(&mut self, namespace: &str, name: &str, kind: DefinitionKind) -> Action {
        let qualified = format!("{namespace}.{name}");
        let exists = self.enter(|cx| cx.find_cell(&qualified).filter(|cell| !cell.value().is_unset()).map(|cell| cell.kind()));
        match (exists, kind) {
            (None, _) => Action::Add,
            (Some(crate::object::Kind::Once), DefinitionKind::Once) => Action::Keep,
            (Some(crate::object::Kind::Function), DefinitionKind::Function(_)) => Action::Redefine,
            (Some(crate::object::Kind::Class), DefinitionKind::Class(_)) => Action::Redefine,
            (Some(crate::object::Kind::Enum), DefinitionKind::Enum(_)) => Action::Redefine,
            (Some(_), DefinitionKind::Function(_) | DefinitionKind::Class(_) | DefinitionKind::Enum(_)) => Action::Replace,
            _ => Action::Add,
        }
    }

    /// The namespace of an import in evaluated text; loads what is not loaded.
    fn import_for_eval(&mut self, import: &ImportImage) -> Result<Arc<str>, Error> {
        use crate::image::ImportFrom;
        let text = match &import.from {
            ImportFrom::Namespace(name) => format!("import {name}\n"),
            ImportFrom::File(path) => format!("import \"{path}\"\n"),
            ImportFrom::Native(path) => format!("import native \"{path}\"\n"),
        };
        let base = self.files.roots.first().cloned().unwrap_or_default();
        let probe = if base.is_empty() { "<import>".to_owned() } else { format!("{base}/<import>") };
        let (compiled, _) =
            self.gather(vec![(probe.clone(), text)]).map_err(|reasons| Error::Host(import_message(&reasons, &probe)))?;
        let probe = normalise(&probe);
        let namespace =
            compiled.iter().find(|c| *c.path == *probe).and_then(|c| c.imports.first().cloned()).expect("the probe has one import");
        let texts: Vec<(String, String)> =
            compiled.iter().filter(|c| *c.path != *probe).map(|c| (c.path.to_string(), c.image.source.text().to_owned())).collect();
        if !texts.is_empty() {
            self.load_texts(texts)?;
        }
        Ok(namespace)
    }

    /// ImportError at the place of an import that cannot be carried out.
    fn import_error(&mut self, namespace: &str, image: &ModuleImage, import: &ImportImage, message: String) -> Error {
        let frame = TraceFrame {
            function: format!("{namespace} (top level)").into(),
            source: image.source.clone(),
            span: import.span,
            version: 1,
            is_resumer: false,
            is_library: false,
        };
        let raised = self.run(|cx| {
            let error = cx.new_error(ErrorKind::ImportError, &message);
            let trace = Trace { frames: vec![frame], omitted: None };
            let trace = World::host_object(cx.mc, "Trace", trace);
            cx.set_error_part(error, cx.world.symbols.hidden_trace, trace);
            Err(Box::new(Control::Raise(Value::Instance(error))))
        });
        raised.expect_err("raises")
    }

    /// Whether a namespace has a definition of its own of this name.
    pub(super) fn is_defined_in(&mut self, namespace: &str, name: &str) -> bool {
        self.enter(|cx| {
            let Some(namespace) = cx.world.namespaces.get(namespace).copied() else { return false };
            let name = cx.world.intern(cx.mc, name);
            let cell = namespace.cell(name).filter(|cell| Gc::ptr_eq(cell.namespace, namespace));
            cell.is_some_and(|cell| cell.kind() != Kind::Absent && !matches!(cell.value(), Value::Unset | Value::Namespace(_)))
        })
    }

    /// Makes an import last for the evaluations that follow.
    fn bind_import(&mut self, namespace: &str, import: &ImportImage, source: &str) {
        self.enter(|cx| {
            let namespace = cx.world.namespace(cx.mc, namespace);
            let source = cx.world.namespace(cx.mc, source);
            for (i, bind) in import.binds.iter().enumerate() {
                let cell = match import.items.get(i) {
                    Some(item) => {
                        let item = cx.world.intern(cx.mc, item);
                        Namespace::cell_or_new(source, cx.mc, item)
                    }
                    None => cx.namespace_cell(source),
                };
                let name = cx.world.intern(cx.mc, bind);
                let before = Namespace::cell_or_new(namespace, cx.mc, name);
                cx.world.undo.push(Undo::Alias(namespace, before));
                Namespace::alias(namespace, cx.mc, name, cell);
                cx.relink_name(namespace, bind);
            }
        });
    }
}

/// The imports of an evaluated text, which are taken back with it.
struct Binding<'a> {
    namespace: &'a str,
    image: Arc<ModuleImage>,
    imports: Vec<Arc<str>>,
    /// What the host may refuse: an evaluation that changes definitions, with the place of the first.
    judged: Option<(Report, Span)>,
}

impl Stages for Binding<'_> {
    fn end(&mut self, vm: &mut Vm, _: &Done) -> Result<(), Error> {
        let Some((report, span)) = &mut self.judged else { return Ok(()) };
        report.committed = true;
        report.epoch = vm.epoch() + 1;
        let defined: Vec<String> = self.image.definitions.iter().map(|d| format!("{}.{}", self.namespace, d.name)).collect();
        vm.validated(report, |name| defined.iter().any(|defined| defined == name)).map_err(|problem| {
            let diagnostic = Diagnostic::new(&codes::REFUSED_BY_HOST, *span, problem);
            Error::Refused(vec![Problem { source: self.image.source.clone(), diagnostic }])
        })
    }

    fn begin(&mut self, vm: &mut Vm) -> Result<(), Error> {
        for (import, source) in self.image.imports.iter().zip(&self.imports) {
            if let Some(name) = import.binds.iter().find(|bind| vm.is_defined_in(self.namespace, bind)) {
                let namespace = self.namespace;
                return Err(Error::Host(format!(
                    "`{name}` is a definition of `{namespace}`, so an import cannot take its name; write `import … as` another one"
                )));
            }
            vm.bind_import(self.namespace, import, source);
        }
        Ok(())
    }
}

/// Why an import of evaluated text failed, in one message; `probe` is the text that was made of the import.
fn import_message(reasons: &[Reason], probe: &str) -> String {
    let one = |reason: &Reason| match reason.file == normalise(probe) {
        true => reason.message.clone(),
        false => format!("{}:{}: {}", reason.file, reason.line, reason.message),
    };
    reasons.iter().map(one).collect::<Vec<_>>().join("\n")
}
