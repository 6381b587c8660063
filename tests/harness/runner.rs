//! Runs one case in one world and says what is not as promised.

use crate::case::{Case, Golden, GoldenKind, MarkKind, Save, Step, Text};
use crate::findings::{Finding, add_report, compare};
use crate::golden::{self, Rewrite};
use crate::host::FakeHost;
use crate::split::{Statement, split};
use crate::stops::Stops;
use crate::world::World;
use lang::source::Source;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use vm::bytecode::verify;
use vm::compile::compile_source;
use vm::embed::{Error, Vm};
use vm::host::Effect;
use vm::reload::{Extent, FileText, Migrate, Mode, Policy, ReloadOptions, Replace, Report};
use vm::session::Session;

/// What a run of a case came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What is not as promised, with file and line.
    pub failures: Vec<String>,
    /// Goldens that differ; each is among the failures too.
    pub(crate) rewrites: Vec<Rewrite>,
}

/// Runs a case. `ready` is given the flag that interrupts the program; `is_loud` shows what happens.
pub fn run_case(case: &Case, world: World, is_loud: bool, ready: impl FnOnce(Arc<AtomicBool>)) -> Outcome {
    let host = FakeHost::new();
    let refused: Vec<Effect> =
        case.steps.iter().filter_map(|step| if let Step::Refuse(effect) = step { Some(*effect) } else { None }).collect();
    let mut vm = world.vm_without(&host, &refused);
    ready(vm.cancel_flag());
    vm.add_root("");
    let outcome = Outcome::default();
    let mut runner = Runner {
        case,
        world,
        is_loud,
        host,
        vm,
        disk: BTreeMap::new(),
        running: BTreeSet::new(),
        report: Report::default(),
        plan: String::new(),
        stops: Stops::default(),
        session: Session::new("repl"),
        reply: String::new(),
        outcome,
    };
    for (at, step) in case.steps.iter().enumerate() {
        runner.step(step, case.steps.get(at + 1..).unwrap_or_default());
    }
    runner.outcome
}

struct Runner<'a> {
    case: &'a Case,
    world: World,
    is_loud: bool,
    host: FakeHost,
    vm: Vm,
    /// Texts of the files, also of refused ones.
    disk: BTreeMap<String, String>,
    /// Files whose texts were accepted.
    running: BTreeSet<String>,
    /// Of the last load or save.
    report: Report,
    /// Of the last save, as text.
    plan: String,
    /// What is done where the next statements stop at errors.
    stops: Stops,
    /// What a client remembers.
    session: Session,
    /// What was answered last.
    reply: String,
    outcome: Outcome,
}

impl Runner<'_> {
    fn step(&mut self, step: &Step, following: &[Step]) {
        match step {
            Step::Load(texts) => self.load(texts),
            Step::Write(text) => self.write(text),
            Step::Run(text) => self.run(text, !following.iter().any(|step| matches!(step, Step::Run(_)))),
            Step::Input(lines) => self.host.with(|effects| effects.input.extend(lines.iter().cloned())),
            Step::Refuse(_) => {}
            Step::Ask(ask) => match ask.carry_out(&mut self.vm, &mut self.session) {
                Ok(reply) => self.reply = reply,
                Err(message) => self.fail(ask.line, message),
            },
            Step::Stop(deeds) => self.stops = Stops::begin(&mut self.vm, deeds),
            Step::Save(save) => self.save(save, following),
            Step::Refused { line, text } => self.refused(*line, text),
            Step::Golden(golden) => self.golden(golden),
        }
    }

    fn fail(&mut self, line: u32, message: impl std::fmt::Display) {
        self.outcome.failures.push(format!("{}:{line}: {message}", self.case.name));
    }

    fn show(&self, text: &str) {
        if self.is_loud {
            println!("{}", text.trim_end());
        }
    }

    fn write(&mut self, text: &Text) {
        self.host.write_file(&text.name, &text.body);
        self.disk.insert(text.name.clone(), text.body.clone());
    }

    fn load(&mut self, texts: &[Text]) {
        self.show("── load");
        texts.iter().for_each(|text| self.write(text));
        let files = texts.iter().map(|text| (text.name.clone(), text.body.clone())).collect();
        self.report = self.vm.reload_texts(files);
        self.after_commit(texts, &[]);
        let is_expected_to_fail = texts.iter().any(Text::has_error_marks);
        self.judge_texts(texts, false);
        if self.report.ok && is_expected_to_fail {
            self.fail(texts[0].first_line - 1, "the load succeeded in spite of the marked errors");
        }
        self.judge_error(texts, is_expected_to_fail, "the load failed");
        self.judge_output(texts);
    }

    fn after_commit(&mut self, texts: &[Text], deletions: &[String]) {
        self.show(&self.report.to_string());
        if self.report.ok {
            self.running.extend(texts.iter().map(|text| text.name.clone()));
            self.running.retain(|name| !deletions.contains(name));
        }
    }

    fn save(&mut self, save: &Save, following: &[Step]) {
        self.show("── save");
        save.edits.iter().for_each(|text| self.write(text));
        for name in &save.deletions {
            self.host.remove_file(name);
            self.disk.remove(name);
        }
        let is_planned = following
            .iter()
            .take_while(|step| matches!(step, Step::Golden(_) | Step::Refused { .. }))
            .any(|step| matches!(step, Step::Golden(golden) if golden.kind == GoldenKind::Plan));
        if is_planned {
            match options(&save.args) {
                Ok(options) => self.plan = self.vm.plan_files(&paths(save), &options).to_string(),
                Err(message) => return self.fail(save.line, message),
            }
        }
        match commit(&mut self.vm, save) {
            Ok(report) => self.report = report,
            Err(message) => return self.fail(save.line, message),
        }
        self.after_commit(&save.edits, &save.deletions);
        let is_refusal_next = matches!(following.first(), Some(Step::Refused { .. }));
        self.judge_texts(&save.edits, is_refusal_next);
        if self.report.ok && save.has_error_marks() {
            self.fail(save.line, "the save was accepted in spite of the marked errors");
        }
        self.judge_error(&save.edits, is_refusal_next || save.has_error_marks(), "the save was refused");
        self.judge_output(&save.edits);
    }

    fn refused(&mut self, line: u32, text: &str) {
        if self.report.ok {
            return self.fail(line, "the save was accepted");
        }
        let reasons: Vec<String> =
            self.report.reasons.iter().map(|r| format!("{}: {} {}\n{}", r.code, r.message, r.remedy, r.detail)).collect();
        if reasons.is_empty() {
            self.fail(line, "the refusal gives no reason");
        } else if !reasons.iter().any(|reason| reason.contains(text)) {
            self.fail(line, format!("no reason contains {text:?}:\n{}", indented(&reasons.join("\n"))));
        }
    }

    /// Diagnostics of texts against their marks.
    fn judge_texts(&mut self, texts: &[Text], may_fail: bool) {
        for text in texts {
            let mut found = self.compile(&text.name, &text.body, text.first_line);
            add_report(&self.report, text, &mut found);
            if may_fail && !text.has_error_marks() || self.report.error.as_ref().is_some_and(is_raised) {
                found.retain(|finding| !finding.is_error);
            }
            for (line, message) in compare(&text.marks, &found) {
                self.fail(line, message);
            }
        }
    }

    /// The error behind a failed load or save against the marks `raises`.
    fn judge_error(&mut self, texts: &[Text], may_fail: bool, what: &str) {
        let mut marks = texts.iter().flat_map(|text| &text.marks).filter(|mark| matches!(mark.kind, MarkKind::Raises { .. }));
        let line = texts.first().map_or(1, |text| text.first_line - 1);
        match (marks.next(), &self.report.error) {
            (Some(mark), error) => {
                let (line, wrong) = (mark.line, raised_wrongly(&mark.kind, error.as_ref()));
                if let Some(wrong) = wrong {
                    self.fail(line, wrong);
                }
            }
            (None, _) if self.report.ok || may_fail => {}
            (None, Some(error)) => {
                let message = format!("{what}:\n{}", indented(&error.to_string()));
                self.fail(line, message);
            }
            (None, None) => {
                let message = format!("{what}:\n{}", indented(&self.report.to_string()));
                self.fail(line, message);
            }
        }
    }

    /// What was printed against the marks `expect`.
    fn judge_output(&mut self, texts: &[Text]) {
        let printed = self.host.take_output();
        self.show(&printed);
        let got: Vec<(u32, String)> =
            printed.lines().map(|line| (texts.first().map_or(1, |text| text.first_line), line.to_owned())).collect();
        let expected: Vec<(u32, &str)> = texts.iter().flat_map(Text::expected).collect();
        self.judge_lines(&expected, &got);
    }

    fn judge_lines(&mut self, expected: &[(u32, &str)], got: &[(u32, String)]) {
        for at in 0..expected.len().max(got.len()) {
            match (expected.get(at), got.get(at)) {
                (Some((_, want)), Some((_, line))) if *want == line.trim_end() => continue,
                (Some((line, want)), Some((_, got))) => self.fail(*line, format!("expected `{want}`, got `{got}`")),
                (Some((line, want)), None) => self.fail(*line, format!("expected `{want}`, got nothing")),
                (None, Some((line, got))) => self.fail(*line, format!("`{got}` is printed, but not expected")),
                (None, None) => {}
            }
            // What follows is shifted as a rule, and says nothing.
            if expected.len() != got.len() {
                return;
            }
        }
    }

    /// Evaluates statements. The last ones of a case end when all tasks have ended, others when all tasks wait.
    fn run(&mut self, step: &Text, is_last: bool) {
        self.show("── run");
        let split = split(step, &self.case.name);
        let mut found: Vec<Finding> = split.diagnostics.iter().map(|d| Finding::of(d, &split.source, 1)).collect();
        for statement in &split.statements {
            if !statement.is_broken {
                for finding in self.compile(&self.case.name, &statement.text, 1) {
                    if !found.iter().any(|f| f.code == finding.code && f.line == finding.line) {
                        found.push(finding);
                    }
                }
            }
        }
        for (line, message) in compare(&step.marks, &found) {
            self.fail(line, message);
        }
        let mut printed = Vec::new();
        for statement in &split.statements {
            let (first, last) = statement.lines;
            if found.iter().any(|f| f.is_error && (first..=last).contains(&f.line)) {
                continue;
            }
            self.statement(step, statement);
            let output = self.host.take_output();
            self.show(&output);
            printed.extend(output.split_inclusive('\n').map(|piece| (first, piece.to_owned())));
        }
        let last = step.first_line + step.body.lines().count() as u32;
        let ended = if is_last { self.vm.run_tasks() } else { self.vm.run_ready_tasks() };
        let mut output = self.host.take_output();
        if let Err(error) = ended {
            output.push_str(error.to_string().lines().next().unwrap_or_default());
            output.push('\n');
        }
        self.show(&output);
        printed.extend(output.split_inclusive('\n').map(|piece| (last, piece.to_owned())));
        self.judge_lines(&step.expected().collect::<Vec<_>>(), &joined(printed));
        if let Some(left) = std::mem::take(&mut self.stops).end(&mut self.vm) {
            self.fail(step.first_line, format!("the program did not stop for {left}"));
        }
    }

    /// Evaluates one statement.
    fn statement(&mut self, step: &Text, statement: &Statement) {
        if self.world == World::Identity {
            self.reload_everything(statement.lines.0);
        }
        let result = self.vm.eval_in("main", &self.case.name, &statement.text);
        let (first, last) = statement.lines;
        let mark = step.marks.iter().find(|m| matches!(m.kind, MarkKind::Raises { .. }) && (first..=last).contains(&m.line));
        match (mark, result) {
            (Some(mark), result) => {
                if let Some(wrong) = raised_wrongly(&mark.kind, result.err().as_ref()) {
                    self.fail(mark.line, wrong);
                }
            }
            (None, Ok(_)) => {}
            (None, Err(error)) => self.fail(first, format!("the statement failed:\n{}", indented(&error.to_string()))),
        }
    }

    /// The texts that run are loaded once more; nothing may come of it.
    fn reload_everything(&mut self, line: u32) {
        if self.running.is_empty() {
            return;
        }
        let epoch = self.vm.epoch();
        // The program may have reloaded itself: the VM knows the texts that run.
        let names = self.running.clone();
        let texts = names.into_iter().filter_map(|name| self.vm.running_text(&name).map(|text| (name, text))).collect();
        let report = self.vm.reload_texts(texts);
        if !report.ok || report.committed || self.vm.epoch() != epoch {
            self.fail(line, format!("reloading what runs is not without effect:\n{}", indented(&report.to_string())));
        }
    }

    /// Compiles a text for its diagnostics.
    fn compile(&mut self, name: &str, text: &str, first_line: u32) -> Vec<Finding> {
        let source = Source::new(name, text);
        let compiled = compile_source(&source);
        if self.world == World::Verify
            && let Some(image) = &compiled.image
        {
            let printed = vm::image::print(image);
            assert!(!printed.is_empty(), "an image has a text form");
            if let Err(error) = verify(image) {
                self.fail(first_line, format!("the compiled text is not valid: {error}"));
            }
        }
        compiled.diagnostics.iter().map(|d| Finding::of(d, &source, first_line)).collect()
    }

    /// What a check says of the files as one program, which is not running.
    fn check(&self) -> String {
        let mut vm = self.world.vm_without(&self.host, &[]);
        vm.add_root("");
        for name in self.disk.keys() {
            // A test file contributes to the namespace of the file it is beside.
            if let Some(tested) = name.strip_suffix("_test.lang") {
                vm.assign_namespace(name, &tested.replace('/', "."));
            }
        }
        let texts = self.disk.iter().map(|(name, text)| (name.clone(), text.clone())).collect();
        match vm.check(texts, Extent::Program) {
            Ok(problems) => problems.iter().map(|problem| problem.diagnostic.plain(&problem.source)).collect(),
            Err(reasons) => reasons.iter().map(|r| format!("error[{}]: {}\n{}\n", r.code, r.message, r.detail)).collect(),
        }
    }

    fn golden(&mut self, golden: &Golden) {
        let name = if golden.name.is_empty() { "main.lang" } else { &golden.name };
        let text = match golden.kind {
            GoldenKind::Report => self.report.to_string(),
            GoldenKind::Plan => self.plan.clone(),
            GoldenKind::Check => self.check(),
            GoldenKind::Reply => self.reply.clone(),
            GoldenKind::Diagnostics => self.disk.iter().map(|(name, text)| diagnostics(name, text)).collect(),
            GoldenKind::Bytecode | GoldenKind::Ast => match self.disk.get(name) {
                Some(text) if golden.kind == GoldenKind::Ast => syntax_tree(name, text),
                Some(text) => bytecode(name, text),
                None => return self.fail(golden.line, format!("there is no file `{name}`")),
            },
        };
        if let Some(rewrite) = golden::differs(golden, &text) {
            self.fail(golden.line, format!("the text is not the recorded one; it is now\n{}", indented(&rewrite.text)));
            self.outcome.rewrites.push(rewrite);
        }
    }
}

fn paths(save: &Save) -> Vec<String> {
    save.edits.iter().map(|text| text.name.clone()).chain(save.deletions.iter().cloned()).collect()
}

/// Carries a save out, or says what the harness cannot do.
fn commit(vm: &mut Vm, save: &Save) -> Result<Report, String> {
    let options = options(&save.args)?;
    let edits = save.edits.iter().map(|text| FileText { path: text.name.clone(), text: Some(text.body.clone()) });
    let deletions = save.deletions.iter().map(|path| FileText { path: path.clone(), text: None });
    Ok(vm.reload(edits.chain(deletions).collect(), &options))
}

fn options(args: &[(String, String)]) -> Result<ReloadOptions, String> {
    let mut options = ReloadOptions::default();
    for (name, value) in args {
        let flag = || value.parse::<bool>().map_err(|_| format!("`{name}` is true or false, not `{value}`"));
        match name.as_str() {
            "mode" => options.mode = Some(Mode::named(value).ok_or(format!("there is no mode `{value}`"))?),
            "policy" if value == "strict" => options.policy = Policy::Strict,
            "policy" if value == "adopt" => options.policy = Policy::Adopt,
            "replace" => {
                options.replace = match value.as_str() {
                    "true" => Replace::All,
                    "false" => Replace::Nothing,
                    names => Replace::Names(names.split(',').map(str::to_owned).collect()),
                }
            }
            "migrate" if value == "eager" => options.migrate = Migrate::Eagerly,
            "migrate" if value == "lazy" => options.migrate = Migrate::Lazily,
            "strict" => options.strict = flag()?,
            "rebase" => options.rebase = flag()?,
            "relink" => options.relink = flag()?,
            _ => return Err(format!("the engine cannot be told `{name}={value}`")),
        }
    }
    Ok(options)
}

fn is_raised(error: &Error) -> bool {
    matches!(error, Error::Raised { .. })
}

/// Why `error` is not what the mark `raises` promises.
fn raised_wrongly(mark: &MarkKind, error: Option<&Error>) -> Option<String> {
    let MarkKind::Raises { class: wanted, message: part } = mark else { return None };
    match error {
        Some(Error::Raised { class, message, .. }) if class == wanted && message.contains(part) => None,
        Some(Error::Raised { class, message, .. }) => Some(format!("expected {wanted} {part:?}, got {class}: {message}")),
        Some(other) => Some(format!("expected {wanted} {part:?}, got\n{}", indented(&other.to_string()))),
        None => Some(format!("expected {wanted} {part:?}, but nothing is raised")),
    }
}

/// Pieces of output as lines: a piece without line break goes on in the next one.
fn joined(pieces: Vec<(u32, String)>) -> Vec<(u32, String)> {
    let mut lines: Vec<(u32, String)> = Vec::new();
    let mut is_open = false;
    for (line, piece) in pieces {
        let text = piece.strip_suffix('\n');
        match lines.last_mut() {
            Some((_, last)) if is_open => last.push_str(text.unwrap_or(&piece)),
            _ => lines.push((line, text.unwrap_or(&piece).to_owned())),
        }
        is_open = text.is_none();
    }
    lines
}

fn diagnostics(name: &str, text: &str) -> String {
    let source = Source::new(name, text);
    compile_source(&source).diagnostics.iter().map(|d| d.plain(&source)).collect()
}

fn bytecode(name: &str, text: &str) -> String {
    let source = Source::new(name, text);
    compile_source(&source).image.as_ref().map(vm::image::print).unwrap_or_default()
}

fn syntax_tree(name: &str, text: &str) -> String {
    let source = Source::new(name, text);
    lang::ast::print::print(&lang::parse(&source).file)
}

fn indented(text: &str) -> String {
    let mut out = String::new();
    for line in text.trim_end().lines() {
        let _ = writeln!(out, "      {line}");
    }
    out.trim_end().to_owned()
}
