//! Runs one sequence and compares after every step.

use super::Sequence;
use super::change::Draft;
use super::program::{Definition, Form, Kind, LOG, PATHS, Program};
use crate::host::FakeHost;
use crate::random::Random;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use vm::bytecode::verify;
use vm::compile::compile_source;
use vm::embed::{Error, Vm};
use vm::reload::{FileText, Mode, ReloadOptions, Report};

/// What is expected of a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Expected {
    /// Its initialiser's value, whatever that is by now.
    Initial,
    /// What the program has made of it.
    Kept(String),
    /// Nothing is known.
    Unknown,
}

/// Values by the text that gives them.
type Values = BTreeMap<String, String>;

/// What is wrong; `None` when nothing is.
type Found = Option<String>;

/// One run of a sequence.
pub struct Trial {
    vm: Vm,
    host: FakeHost,
    transcript: Arc<Mutex<String>>,
    draft: Draft,
    running: Program,
    variables: BTreeMap<u32, Expected>,
    /// Instances in pairs: the rank of the class, the name of the pair.
    pairs: Vec<(u32, String)>,
    /// Tags that statements are expected to have written.
    tags: Option<Vec<u32>>,
}

impl Trial {
    /// A trial that writes down what it does.
    pub fn new(seed: u64, transcript: Arc<Mutex<String>>) -> Trial {
        let host = FakeHost::new();
        let world = [World::Plain, World::Verify, World::Slow, World::NoCache, World::Identity, World::Small][(seed % 6) as usize];
        let mut vm = world.vm(&host);
        vm.add_root("");
        let mut draft = Draft::default();
        draft.program.is_shared = seed % 3 == 1;
        Trial {
            vm,
            host,
            transcript,
            draft,
            running: Program::default(),
            variables: BTreeMap::new(),
            pairs: Vec::new(),
            tags: Some(Vec::new()),
        }
    }

    /// Runs it; gives what is wrong.
    pub fn run(&mut self, sequence: &Sequence) -> Found {
        for number in &sequence.start {
            self.draft.add(&mut Random::new(*number));
        }
        self.draft.program.exists[0] = true;
        let wrong = self.start().or_else(|| sequence.steps.iter().find_map(|step| self.step(step)));
        wrong.or_else(|| self.end())
    }

    fn write(&self, text: &str) {
        self.transcript.lock().expect("nobody panics with it").push_str(text);
    }

    fn eval(&mut self, text: &str) -> Result<String, Error> {
        let value = self.vm.eval_in("main", "<input>", text)?;
        match value {
            Some(value) => self.vm.repr(&value),
            None => Ok(String::new()),
        }
    }

    /// Evaluates a statement that must succeed, and writes it down.
    fn statement(&mut self, text: &str) -> Found {
        self.write(&format!("#- run\n{text}\n"));
        self.eval(text).err().map(|error| format!("`{text}` fails: {error}"))
    }

    fn start(&mut self) -> Found {
        for (path, text) in self.draft.program.texts() {
            self.write(&format!("#- file {path}\n{text}"));
        }
        self.write("#- file main.lang\n");
        self.vm.reload_texts(vec![("main.lang".into(), String::new()), (LOG.0.into(), LOG.1.into())]);
        let found = self.save(&BTreeMap::new(), Mode::Update);
        found.or_else(|| self.pair(&mut Random::new(1))).or_else(|| self.pair(&mut Random::new(2)))
    }

    fn step(&mut self, numbers: &[u64]) -> Found {
        let (first, rest) = numbers.split_first()?;
        let mut random = Random::new(*first);
        match random.below(12) {
            0 | 1 => self.assign(&mut random),
            2 => self.undo(&mut random),
            3 | 4 => self.refused(&mut random, rest),
            choice => {
                let mode = if choice == 5 { Mode::Overwrite } else { Mode::Update };
                for number in rest {
                    let running = self.running.clone();
                    self.draft.edit(&mut Random::new(*number), &running);
                }
                let running = self.running.texts();
                self.save(&running, mode).or_else(|| self.touch()).or_else(|| self.pair(&mut random))
            }
        }
    }

    /// Brings the draft to the running program, whose texts are `running`.
    fn save(&mut self, running: &BTreeMap<String, String>, mode: Mode) -> Found {
        let texts = self.draft.program.texts();
        let edits = differing(running, &texts);
        if edits.is_empty() {
            return None;
        }
        let is_first = running.is_empty();
        if !is_first {
            self.write_save(&edits, mode);
        }
        let before = self.variable_values();
        let report = self.reload(&edits, mode);
        if !report.ok {
            return Some(format!("the edit is refused: {report}"));
        }
        let again = self.reload(&edits, mode);
        if !again.ok || again.committed {
            return Some(format!("the same texts once more: {again}"));
        }
        let old = std::mem::replace(&mut self.running, self.draft.program.clone());
        let overwritten: BTreeSet<usize> = (0..PATHS.len())
            .filter(|file| {
                mode == Mode::Overwrite && running.contains_key(PATHS[*file]) && edits.iter().any(|e| e.path == PATHS[*file])
            })
            .collect();
        self.expect_variables(&old, &before, &overwritten);
        self.expect_tags(&old, &overwritten);
        if mode == Mode::Overwrite {
            self.pairs.clear();
        }
        self.compare_all()
    }

    fn reload(&mut self, edits: &[FileText], mode: Mode) -> Report {
        for edit in edits {
            match &edit.text {
                Some(text) => self.host.write_file(&edit.path, text),
                None => self.host.remove_file(&edit.path),
            }
            if let Some(text) = &edit.text
                && let Some(image) = &compile_source(&lang::source::Source::new(edit.path.as_str(), text.as_str())).image
            {
                verify(image).unwrap_or_else(|error| panic!("the compiler made what the verifier refuses: {error}"));
            }
        }
        let options = ReloadOptions { mode: Some(mode), ..ReloadOptions::default() };
        self.vm.reload(edits.to_vec(), &options)
    }

    fn write_save(&self, edits: &[FileText], mode: Mode) {
        let mut text = String::new();
        if mode == Mode::Overwrite {
            text.push_str("#- args mode=overwrite\n");
        }
        text.push_str("#- save\n");
        for edit in edits {
            match &edit.text {
                Some(body) => drop(write!(text, "#- edit {}\n{body}", edit.path)),
                None => drop(writeln!(text, "#- delete {}", edit.path)),
            }
        }
        self.write(&text);
    }

    /// What each variable is expected to hold after a commit.
    fn expect_variables(&mut self, old: &Program, before: &BTreeMap<u32, String>, overwritten: &BTreeSet<usize>) {
        let mut expected = BTreeMap::new();
        for (rank, definition) in self.running.definitions.iter().filter(|(_, d)| d.is_plain_variable()) {
            let value = match old.definitions.get(rank) {
                _ if overwritten.contains(&definition.file)
                    && old
                        .definitions
                        .get(rank)
                        .is_some_and(|old| old.file == definition.file && old.number == definition.number) =>
                {
                    Expected::Initial
                }
                None if self.variables.contains_key(rank) => Expected::Unknown,
                None => Expected::Initial,
                // Another name that no `was` explains, as after a move: it is a new definition.
                Some(old) if old.number != definition.number && definition.was != Some(old.number) => Expected::Initial,
                Some(old) if !old.is_plain_variable() => Expected::Unknown,
                Some(old) if old.file != definition.file && !self.running.is_shared => Expected::Unknown,
                Some(_) => match self.variables.get(rank) {
                    Some(Expected::Kept(_)) => Expected::Kept(before[rank].clone()),
                    Some(known) => known.clone(),
                    None => Expected::Unknown,
                },
            };
            expected.insert(*rank, value);
        }
        // What comes back later has a history.
        for rank in std::mem::take(&mut self.variables).into_keys().chain(old.definitions.keys().copied()) {
            expected.entry(rank).or_insert(Expected::Unknown);
        }
        self.variables = expected;
    }

    fn expect_tags(&mut self, old: &Program, overwritten: &BTreeSet<usize>) {
        let Some(tags) = &mut self.tags else { return };
        for (file, statements) in self.running.statements.iter().enumerate() {
            let ran: Vec<u32> = statements
                .iter()
                .filter(|tag| overwritten.contains(&file) || !old.statements[file].contains(tag))
                .copied()
                .collect();
            tags.extend(ran);
        }
    }

    fn variable_values(&mut self) -> BTreeMap<u32, String> {
        let plain: Vec<u32> =
            self.running.definitions.iter().filter(|(_, d)| d.is_plain_variable()).map(|(rank, _)| *rank).collect();
        let names: Vec<String> = plain.iter().map(|rank| self.running.qualified(*rank)).collect();
        let values = values(&mut self.vm, &self.running, &names);
        plain.into_iter().zip(names).map(|(rank, name)| (rank, values[&name].clone())).collect()
    }

    /// The running program against a cold start, and its variables against what is expected of them.
    fn compare_all(&mut self) -> Found {
        let probes = probes(&self.running, Scope::Pure);
        let variables = self.variable_values();
        let names = variables.keys().map(|rank| self.running.qualified(*rank));
        let cold = match cold_start(&self.running, &names.chain(probes.iter().cloned()).collect::<Vec<_>>()) {
            Ok(cold) => cold,
            Err(message) => return Some(format!("the texts cannot be started: {message}")),
        };
        let live = values(&mut self.vm, &self.running, &probes);
        let found = difference(&live, &cold).map(|difference| format!("{difference} (running, and after a cold start)"));
        found.or_else(|| self.compare_variables(variables, &cold)).or_else(|| self.compare_tags())
    }

    fn compare_variables(&self, variables: BTreeMap<u32, String>, cold: &Values) -> Found {
        variables.into_iter().find_map(|(rank, value)| {
            let name = self.running.qualified(rank);
            match self.variables.get(&rank) {
                Some(Expected::Initial) if cold[&name] != value => {
                    Some(format!("the untouched `{name}` is {value}, and {} after a cold start", cold[&name]))
                }
                Some(Expected::Kept(kept)) if *kept != value => Some(format!("`{name}` was {kept}, and is {value}")),
                _ => None,
            }
        })
    }

    fn compare_tags(&mut self) -> Found {
        let mut expected = self.tags.clone()?;
        expected.sort_unstable();
        let text = value_of(&mut self.vm, "log.tags");
        let mut found: Vec<u32> = text.split(|c: char| !c.is_ascii_digit()).filter_map(|tag| tag.parse().ok()).collect();
        found.sort_unstable();
        (found != expected).then(|| format!("statements ran: {found:?}, expected: {expected:?}"))
    }

    /// Assigns a variable, or changes it in place.
    fn assign(&mut self, random: &mut Random) -> Found {
        let plain: Vec<u32> =
            self.running.definitions.iter().filter(|(_, d)| d.is_plain_variable()).map(|(rank, _)| *rank).collect();
        if plain.is_empty() {
            return None;
        }
        let rank = *random.pick(&plain);
        let name = self.running.qualified(rank);
        // It may hold what an earlier initialiser made.
        let is_list = value_of(&mut self.vm, &name).starts_with('[');
        let text =
            if is_list { format!("{name}.push({})", random.below(9)) } else { format!("{name} = 100 + {}", random.below(9)) };
        let found = self.import(&name).or_else(|| self.statement(&text));
        let value = value_of(&mut self.vm, &name);
        self.variables.insert(rank, Expected::Kept(value));
        found
    }

    /// Imports the namespace of a name into the session.
    fn import(&mut self, qualified: &str) -> Found {
        let namespace = qualified.split('.').next().expect("there is a first part");
        self.statement(&format!("import {namespace}"))
    }

    /// Makes two equal instances of a class: the first is touched after every edit.
    fn pair(&mut self, random: &mut Random) -> Found {
        let classes: Vec<u32> = self
            .running
            .definitions
            .iter()
            .filter(|(rank, d)| matches!(d.kind, Kind::Class(_)) && !self.running.slots(**rank).is_empty())
            .map(|(rank, _)| *rank)
            .collect();
        if classes.is_empty() {
            return None;
        }
        let rank = *random.pick(&classes);
        let name = format!("p{}", self.pairs.len());
        let class = self.running.qualified(rank);
        let slot = *random.pick(&self.running.slots(rank));
        let found = self.import(&class).or_else(|| self.statement(&format!("let {name}e = {class}(); let {name}z = {class}()")));
        let value = random.below(50);
        let found = found.or_else(|| self.statement(&format!("{name}e.s{slot} = {value}; {name}z.s{slot} = {value}")));
        self.pairs.push((rank, name));
        found
    }

    /// Touches the first of every pair.
    fn touch(&mut self) -> Found {
        (0..self.pairs.len()).find_map(|at| self.touch_one(at, 'e'))
    }

    fn touch_one(&mut self, at: usize, which: char) -> Found {
        let (_, name) = self.pairs[at].clone();
        // Any access of a slot does, also of one that is not there.
        self.statement(&format!("try {{ {name}{which}.nosuch }} catch e is SlotError {{ nil }}"))
    }

    fn pairs_agree(&mut self) -> Found {
        for at in 0..self.pairs.len() {
            let found = self.touch_one(at, 'e').or_else(|| self.touch_one(at, 'z'));
            if found.is_some() {
                return found;
            }
            let name = self.pairs[at].1.clone();
            let (eager, late) =
                (value_of(&mut self.vm, &format!("main.{name}e")), value_of(&mut self.vm, &format!("main.{name}z")));
            if eager != late {
                return Some(format!("touched after every edit: {eager}, touched at the end: {late}"));
            }
        }
        None
    }

    /// Takes the last commit back, and perhaps makes it again.
    fn undo(&mut self, random: &mut Random) -> Found {
        let probes = probes(&self.running, Scope::Pure);
        let now = values(&mut self.vm, &self.running, &probes);
        self.write("#- run\nimport live\nlive.undo()\n");
        let report = self.vm.undo()?;
        if !report.ok {
            return Some(format!("undo is refused: {report}"));
        }
        let found = if random.below(2) == 0 { self.touch() } else { None };
        if found.is_some() {
            return found;
        }
        self.write("#- run\nlive.redo()\n");
        let report = self.vm.redo();
        if !report.as_ref().is_some_and(|report| report.ok) {
            return Some(format!("redo fails: {report:?}"));
        }
        self.tags = None;
        self.variables.values_mut().for_each(|expected| *expected = Expected::Unknown);
        let again = values(&mut self.vm, &self.running, &probes);
        difference(&again, &now).map(|difference| format!("{difference} (after undo and redo, and before)"))
    }

    /// An edit with something wrong in it: nothing of it may be left.
    fn refused(&mut self, random: &mut Random, edits: &[u64]) -> Found {
        let mut draft = self.draft.clone();
        for number in edits {
            draft.edit(&mut Random::new(*number), &self.running);
        }
        // What statements do to other objects stays: here, none run.
        draft.program.statements = Default::default();
        let mut texts = draft.program.texts();
        let names: Vec<String> = texts.keys().filter(|path| *path != LOG.0).cloned().collect();
        if names.is_empty() {
            return None;
        }
        let path = random.pick(&names).clone();
        let text = texts.get_mut(&path).expect("it was picked");
        let functions: Vec<&Definition> =
            self.running.definitions.values().filter(|d| matches!(d.kind, Kind::Function { .. })).collect();
        match random.below(4) {
            0 => text.push_str("let bad = (\n"),
            1 => text.push_str("const bad = [][0]\n"),
            2 => text.push_str("log.nosuch(1)\n"),
            _ if !functions.is_empty() => {
                let function = *random.pick(&functions);
                let path = PATHS[function.file];
                let text = texts.get_mut(path)?;
                let head = format!("fn {}(x)", function.name());
                let lines: Vec<String> = text
                    .lines()
                    .map(|line| if line.starts_with(&head) { format!("class {} {{ }}", function.name()) } else { line.to_owned() })
                    .collect();
                if !text.contains(&head) {
                    return None;
                }
                *text = lines.join("\n") + "\n";
            }
            _ => text.push_str("let bad = nosuch\n"),
        }
        let edits = differing(&self.running.texts(), &texts);
        let mode = if random.below(4) == 0 { Mode::Overwrite } else { Mode::Update };
        self.write_save(&edits, mode);
        let probes = probes(&self.running, Scope::All);
        // Asking touches instances, which may be shown in their old layout before.
        values(&mut self.vm, &self.running, &probes);
        let before = (values(&mut self.vm, &self.running, &probes), self.vm.state_digest(), self.vm.epoch(), leaks(&mut self.vm));
        let mut reasons = Vec::new();
        for _ in 0..2 {
            let report = self.reload(&edits, mode);
            if report.ok {
                return Some(format!("the edit was to be refused: {report}"));
            }
            reasons.push(report.reasons.iter().map(|reason| format!("{} {}", reason.code, reason.message)).collect::<Vec<_>>());
            let after = (self.vm.state_digest(), self.vm.epoch(), leaks(&mut self.vm));
            if after != (before.1, before.2, before.3.clone()) {
                return Some(format!(
                    "a refused edit changed the state: {after:?}, before {:?}\n{report}",
                    (before.1, before.2, &before.3)
                ));
            }
        }
        self.write("#- refused\n");
        for (path, text) in self.running.texts() {
            self.host.write_file(&path, &text);
        }
        if reasons[0] != reasons[1] {
            return Some(format!("the refusal of the same texts differs: {reasons:?}"));
        }
        let after = values(&mut self.vm, &self.running, &probes);
        difference(&after, &before.0).map(|difference| format!("{difference} (after a refused edit, and before)"))
    }

    /// At the end all variables are reset: then nothing differs from a cold start.
    fn end(&mut self) -> Found {
        let found = self.pairs_agree();
        if found.is_some() {
            return found;
        }
        let variables: Vec<String> = self
            .running
            .definitions
            .iter()
            .filter(|(_, d)| matches!(d.kind, Kind::Variable { .. }))
            .map(|(rank, _)| self.running.qualified(*rank))
            .collect();
        for name in variables {
            self.write(&format!("#- run\nlive.reset(\"{name}\")\n"));
            if let Err(error) = self.vm.reset(&name) {
                return Some(format!("`{name}` cannot be reset: {error}"));
            }
        }
        self.vm.collect();
        let probes = probes(&self.running, Scope::All);
        let live = values(&mut self.vm, &self.running, &probes);
        match cold_start(&self.running, &probes) {
            Ok(cold) => difference(&live, &cold).map(|difference| format!("{difference} (all variables reset, and a cold start)")),
            Err(message) => Some(format!("the texts cannot be started: {message}")),
        }
    }
}

/// What is asked of a program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// What does not depend on variables.
    Pure,
    /// Everything.
    All,
}

/// Expressions over the definitions of a program.
fn probes(program: &Program, scope: Scope) -> Vec<String> {
    let mut probes = Vec::new();
    for (rank, definition) in &program.definitions {
        let name = program.qualified(*rank);
        match &definition.kind {
            Kind::Function { is_pure: false, .. } if scope == Scope::Pure => {}
            Kind::Function { .. } => probes.push(format!("{name}(5)")),
            Kind::Constant { .. } => probes.push(name),
            Kind::Variable { .. } if scope == Scope::Pure => {}
            Kind::Variable { form: Form::Closure, .. } => probes.push(format!("{name}(6)")),
            Kind::Variable { .. } => probes.push(name),
            Kind::Class(_) => {
                probes.push(format!("{name}()"));
                probes.extend(program.methods(*rank).into_iter().map(|method| format!("{name}().m{method}(7)")));
            }
            Kind::Enum { variants } => {
                for n in variants {
                    let value = if n % 2 == 1 { format!("{name}.P{n}(8)") } else { format!("{name}.P{n}") };
                    probes.push(format!("({value}, {value}.code())"));
                }
            }
        }
    }
    probes
}

/// The value of an expression that imports the namespaces it names, as text; or the error.
fn value_of(vm: &mut Vm, expression: &str) -> String {
    match vm.eval_in("probe", "<probe>", expression).and_then(|value| vm.repr(&value.expect("it is an expression"))) {
        Ok(text) => text,
        Err(Error::Raised { class, message, .. }) => format!("{class}: {message}"),
        Err(other) => other.to_string(),
    }
}

fn values(vm: &mut Vm, program: &Program, probes: &[String]) -> Values {
    let mut names: BTreeSet<&str> = program.definitions.values().map(|definition| program.namespace(definition.file)).collect();
    names.insert("log");
    for name in names {
        let text = format!("import {name}");
        vm.eval_in("probe", "<probe>", &text).unwrap_or_else(|error| panic!("`{text}` fails: {error}"));
    }
    probes.iter().map(|probe| (probe.clone(), value_of(vm, probe))).collect()
}

fn cold_start(program: &Program, probes: &[String]) -> Result<Values, String> {
    let host = FakeHost::new();
    let mut vm = World::Plain.vm(&host);
    vm.add_root("");
    let texts = program.texts();
    texts.iter().for_each(|(path, text)| host.write_file(path, text));
    let report = vm.reload_texts(texts.into_iter().collect());
    if !report.ok {
        return Err(report.to_string());
    }
    Ok(values(&mut vm, program, probes))
}

fn difference(found: &Values, expected: &Values) -> Found {
    found.iter().find_map(|(probe, value)| {
        let expected = &expected[probe];
        (value != expected).then(|| format!("`{probe}` is {value} instead of {expected}"))
    })
}

fn leaks(vm: &mut Vm) -> Vec<String> {
    vm.leaks(None)
        .into_iter()
        .map(|leak| format!("{}.{} of {} {}", leak.namespace, leak.name, leak.file, leak.origin_version))
        .collect()
}

/// The files that differ.
fn differing(running: &BTreeMap<String, String>, texts: &BTreeMap<String, String>) -> Vec<FileText> {
    let changed = texts.iter().filter(|(path, text)| running.get(*path) != Some(text));
    let changed = changed.map(|(path, text)| FileText { path: path.clone(), text: Some(text.clone()) });
    let gone = running.keys().filter(|path| !texts.contains_key(*path));
    changed.chain(gone.map(|path| FileText { path: path.clone(), text: None })).collect()
}
