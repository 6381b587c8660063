//! The entrances: load, reload and plan.

use super::assignments::assignments_to_constants;
use super::bundles::bundle_reason;
use super::calls::misfitting_calls;
use super::check::{Reason, check};
use super::codes;
use super::commit::{Done, Stages};
use super::history::{Course, Manner, Rename};
use super::hooks::Hooks;
use super::leaving::{Leaving, leaks_mentioned};
use super::load::{Compiled, FileText, normalise, reason_of};
use super::matches::incomplete_matches;
use super::options::{Gate, HookErrors, Mode, ReloadOptions, Survey, mode_of_text};
use super::plan::{FileInput, draft, plan};
use super::reasons::{computed_stays, failed_reason, reasons_text, refused_by_host, unreadable};
use super::report::Report;
use super::runs::code_around;
use super::stale::StaleCode;
use super::suggest::{idle_renames, renamings};
use super::transition::Trial;
use super::variants::variants_missed;
use crate::embed::{Error, Vm};
use crate::image::ModuleImage;
use crate::object::{Direction, is_bundle};
use lang::diagnostic::Diagnostic;
use lang::source::{Source, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use std::time::Instant;

impl Vm {
    /// Loads a file and everything it imports. Its directory becomes a root for imports.
    ///
    /// ```
    /// # let folder = std::env::temp_dir().join(format!("lang-doc-load-file-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// use embed::prelude::*;
    ///
    /// std::fs::write(folder.join("game.lang"), "import rules\nlet start = rules.lives")?;
    /// std::fs::write(folder.join("rules.lang"), "let lives = 3")?;
    /// let mut vm = Vm::new();
    /// vm.load_file(&folder.join("game.lang").to_string_lossy())?;
    /// assert_eq!(vm.get::<i64>("game.start")?, 3);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Vm::load_texts`]; [`Error::Host`] if the file cannot be read.
    pub fn load_file(&mut self, path: &str) -> Result<Report, Error> {
        let path = normalise(path);
        let directory = path.rsplit_once('/').map_or("", |(d, _)| d);
        self.add_root(directory);
        let text = self.read_text(&path).map_err(Error::Host)?;
        self.load_texts(vec![(path, text)])
    }

    /// Loads texts under the given paths, and everything they import. A load that fails leaves nothing behind.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_texts(vec![
    ///     ("game.lang".into(), "import rules\nlet start = rules.lives".into()),
    ///     ("rules.lang".into(), "let lives = 3".into()),
    /// ])?;
    /// assert_eq!(vm.get::<i64>("game.start")?, 3);
    /// assert!(vm.load_texts(vec![("a.lang".into(), "let x = 1".into()), ("b.lang".into(), "nil + 1".into())]).is_err());
    /// assert!(!vm.is_loaded("a.lang"));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] with the reasons if a text is refused, else what its top-level code has raised.
    pub fn load_texts(&mut self, files: Vec<(String, String)>) -> Result<Report, Error> {
        let mut report = self.reload_texts(files);
        match report.error.take() {
            Some(error) => Err(error),
            None => Ok(report),
        }
    }

    /// Reads the given files again and brings the running program to their texts, in one commit. A loaded file that is gone leaves.
    ///
    /// ```
    /// # let folder = std::env::temp_dir().join(format!("lang-doc-reload-files-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// use embed::prelude::*;
    ///
    /// let game = folder.join("game.lang").to_string_lossy().into_owned();
    /// std::fs::write(&game, "fn lives() { 3 }")?;
    /// let mut vm = Vm::new();
    /// vm.load_file(&game)?;
    /// std::fs::write(&game, "fn lives() { 4 }")?;
    /// assert!(vm.reload_files(&[game]).committed);
    /// assert_eq!(vm.call::<_, i64>("game.lives", ())?, 4);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reload_files(&mut self, paths: &[String]) -> Report {
        self.reload_files_with(paths, &ReloadOptions::default())
    }

    /// As [`Vm::reload_files`], with choices.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::ReloadOptions;
    ///
    /// let mut vm = Vm::new();
    /// let report = vm.reload_files_with(&["no/such/file.lang".into()], &ReloadOptions { strict: true, ..ReloadOptions::default() });
    /// assert!(!report.ok && report.reasons[0].message.contains("no/such/file.lang"), "{report}");
    /// ```
    pub fn reload_files_with(&mut self, paths: &[String], options: &ReloadOptions) -> Report {
        match self.read_files(paths) {
            Ok(files) => self.reload(files, options),
            Err(mut report) => {
                self.tell(&mut report);
                *report
            }
        }
    }

    /// Brings the running program to what is on the disk of `what`, as [`Vm::select_files`] understands it; without it, of everything that
    /// differs.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::ReloadOptions;
    ///
    /// # let folder = std::env::temp_dir().join(format!("lang-doc-reload-selected-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// let game = folder.join("game.lang").to_string_lossy().into_owned();
    /// std::fs::write(&game, "fn lives() { 3 }")?;
    /// let mut vm = Vm::new();
    /// vm.load_file(&game)?;
    /// std::fs::write(&game, "fn lives() { 4 }")?;
    /// assert!(vm.reload_selected(None, &ReloadOptions::default()).committed);
    /// assert_eq!(vm.call::<_, i64>("game.lives", ())?, 4);
    /// let report = vm.reload_selected(Some(vec!["nothing".into()]), &ReloadOptions::default());
    /// assert!(!report.ok);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reload_selected(&mut self, what: Option<Vec<String>>, options: &ReloadOptions) -> Report {
        match self.selected(what.as_deref()) {
            Ok(files) => self.reload(files, options),
            Err(message) => {
                let mut report = self.refusal(what.unwrap_or_default(), message);
                self.tell(&mut report);
                report
            }
        }
    }

    /// What `reload_selected` would do. Has no effect.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::ReloadOptions;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let score = 7")?;
    /// assert!(!vm.plan_selected(Some(vec!["nothing".into()]), &ReloadOptions::default()).planned);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn plan_selected(&mut self, what: Option<Vec<String>>, options: &ReloadOptions) -> Report {
        match self.selected(what.as_deref()) {
            Ok(files) => self.plan(files, options),
            Err(message) => self.refusal(what.unwrap_or_default(), message),
        }
    }

    fn selected(&mut self, what: Option<&[String]>) -> Result<Vec<FileText>, String> {
        match what {
            Some(what) => self.select_files(what),
            None => self.differing_files(),
        }
    }

    /// Brings the running program to the given texts, in one commit; refuses without any change.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "import rules\nlet lives = rules.lives").expect_err("there is no `rules`");
    /// let report = vm.reload_texts(vec![
    ///     ("game.lang".into(), "import rules\nlet lives = rules.lives".into()),
    ///     ("rules.lang".into(), "let lives = 3".into()),
    /// ]);
    /// assert!(report.committed && report.files.len() == 2, "{report}");
    /// ```
    pub fn reload_texts(&mut self, files: Vec<(String, String)>) -> Report {
        let files = files.into_iter().map(|(path, text)| FileText { path, text: Some(text) }).collect();
        self.reload(files, &ReloadOptions::default())
    }

    /// Brings the running program to the given texts, in one commit; refuses without any change. A refused reload is a report whose `ok`
    /// is false.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::reload::Gate;
    /// use embed::{FileText, ReloadOptions};
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("rules.lang", "fn double(n) { n * 2 }\ntest \"double\" { assert double(2) == 4 }")?;
    /// let text = "fn double(n) { n * 3 }\ntest \"double\" { assert double(2) == 4 }";
    /// let edit = vec![FileText { path: "rules.lang".into(), text: Some(text.into()) }];
    /// let report = vm.reload(edit, &ReloadOptions { gate: Gate::Tests, ..ReloadOptions::default() });
    /// assert!(!report.ok && report.reasons[0].message.starts_with("test \"double\" of `rules.lang` fails"), "{report}");
    /// assert_eq!(vm.call::<_, i64>("rules.double", (2,))?, 4);
    ///
    /// // The file is gone.
    /// let gone = vec![FileText { path: "rules.lang".into(), text: None }];
    /// assert!(vm.reload(gone, &ReloadOptions::default()).ok);
    /// assert!(!vm.is_loaded("rules.lang"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn reload(&mut self, files: Vec<FileText>, options: &ReloadOptions) -> Report {
        self.reload_as(&Course::default(), files, options)
    }

    pub(super) fn reload_as(&mut self, course: &Course, files: Vec<FileText>, options: &ReloadOptions) -> Report {
        self.holding_panics(|vm| vm.reload_held(course, files, options))
    }

    fn reload_held(&mut self, course: &Course, files: Vec<FileText>, options: &ReloadOptions) -> Report {
        let start = Instant::now();
        let mut paths: Vec<String> = files.iter().map(|file| normalise(&file.path)).collect();
        let mut seen = FxHashSet::default();
        paths.retain(|path| seen.insert(path.clone()));
        if self.files.commits_running > 1 {
            return self.refused_as_nested(paths);
        }
        if self.is_frozen() && paths.iter().any(|path| self.is_loaded(path)) {
            return self.refused_as_frozen(paths);
        }
        if self.is_reload_blocked() {
            return self.refused_as_blocked(paths);
        }
        if self.enter(|cx| cx.world.stack.frames.is_empty()) {
            // A host that does nothing but reload comes to no other safe point.
            self.collect_if_due();
        }
        // What is registered while it is made hears of the next one.
        let listeners = self.listeners();
        let texts = files.clone();
        let direction = course.direction;
        let mut report = match self.prepare(course, files, options) {
            Err(reasons) => {
                let mut report = Report::refused(paths.clone(), reasons);
                report.error = Some(Error::Host(reasons_text(&report.reasons)));
                report
            }
            Ok((plan, warnings)) => {
                let changed: Vec<Arc<str>> = plan.plan().files.iter().map(|file| file.path.clone()).collect();
                let before = self.texts_before(&changed);
                let patches = self.patches_replaced(plan.plan());
                let renames = Rename::of(plan.plan());
                let overwritten = plan.plan().files.iter().filter(|file| file.mode == Mode::Overwrite);
                let overwritten = overwritten.map(|file| file.path.to_string()).collect();
                let manner = Manner { overwritten, rebase: options.rebase, relink: options.relink, patches };
                self.files.commits_running += 1;
                let report = self.carry_out(course, plan, warnings, paths.clone(), options);
                self.files.commits_running -= 1;
                if report.committed {
                    self.keep_history();
                    self.remember(direction, before, manner, renames);
                }
                report
            }
        };
        report.epoch = self.epoch();
        if !report.ok {
            report.mode = options.mode.unwrap_or(self.files.mode);
        }
        match (report.ok, direction) {
            (true, Direction::Edit) => self.files.disk.note_running(&paths),
            (false, Direction::Edit) => self.files.disk.note_refused(texts, &report.reasons),
            (_, Direction::Undo(_) | Direction::Redo(_)) => {}
        }
        // What fails around this commit takes it back; leaks end with the outermost one.
        if report.committed && self.files.within.is_empty() {
            report.released = self.release_unused_leaks();
        }
        if report.committed {
            self.warn_of_ended(&mut report);
        }
        self.release_bundles();
        if options.survey == Survey::AtOnce {
            self.survey_stale(&mut report);
        }
        report.duration = start.elapsed();
        self.tell_to(&listeners, &mut report);
        if let Some(within) = self.files.within.last_mut().filter(|_| report.committed) {
            within.reports.push(report.clone());
        }
        report
    }

    fn carry_out(
        &mut self,
        course: &Course,
        plan: super::CheckedPlan,
        warnings: Vec<Reason>,
        paths: Vec<String>,
        options: &ReloadOptions,
    ) -> Report {
        let mut report = Report::of(plan.plan());
        self.add_parts(plan.plan(), &mut report);
        if report.files.is_empty() {
            report.files.clone_from(&paths);
        }
        report.committed = plan.plan().files.iter().any(|f| f.changed || f.is_new);
        report.warnings = warnings;
        let running = self.running_statements(plan.plan());
        let hooks = self.hooks_of(plan.plan());
        self.prepare_hooks(&hooks);
        let (migrates, gate, warn) = (options.migrates_within(), options.gate, options.warn);
        let mut stages = Told { report, course, hooks, running, migrates, gate, refused: None, warn };
        let forgives = options.on_hook_error == HookErrors::UseDefaults;
        let outer = self.enter(|cx| std::mem::replace(&mut cx.world.forgives_hooks, forgives));
        let ran_outer = std::mem::take(&mut self.files.ran);
        let done = self.commit(plan, &mut stages);
        let ran = std::mem::replace(&mut self.files.ran, ran_outer);
        self.enter(|cx| cx.world.forgives_hooks = outer);
        match done {
            Ok(_) => {
                stages.report.warnings.extend(self.forgiven_hooks());
                stages.report
            }
            Err(error) => {
                let further = std::mem::take(&mut self.files.further_errors);
                if let Some(problem) = stages.refused {
                    let mut refused = Report::refused(paths.clone(), vec![refused_by_host(&paths, problem)]);
                    refused.error = Some(Error::Host(reasons_text(&refused.reasons)));
                    return Report { further_errors: further, ran_statements: ran, ..refused };
                }
                let first = failed_reason(&error, stages.hooks.failed);
                let reasons = std::iter::once(first).chain(further.iter().map(|error| failed_reason(error, None))).collect();
                let refused = Report::refused(paths, reasons);
                Report { error: Some(error), further_errors: further, ran_statements: ran, ..refused }
            }
        }
    }

    /// What `reload_files_with` would do. Has no effect.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::ReloadOptions;
    ///
    /// let mut vm = Vm::new();
    /// let report = vm.plan_files(&["no/such/file.lang".into()], &ReloadOptions::default());
    /// assert!(!report.ok && !report.planned);
    /// ```
    pub fn plan_files(&mut self, paths: &[String], options: &ReloadOptions) -> Report {
        match self.read_files(paths) {
            Ok(files) => self.plan(files, options),
            Err(report) => *report,
        }
    }

    /// What `reload` would do. Has no effect.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::{FileText, ReloadOptions};
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let score = 7\nfn f() { score }")?;
    /// let edit = vec![FileText { path: "game.lang".into(), text: Some("let score = 7".into()) }];
    /// let plan = vm.plan(edit, &ReloadOptions::default());
    /// assert!(plan.planned && !plan.committed && plan.removed[0].name == "f");
    /// assert_eq!(vm.call::<_, i64>("game.f", ())?, 7);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn plan(&mut self, files: Vec<FileText>, options: &ReloadOptions) -> Report {
        self.holding_panics(|vm| vm.plan_held(files, options))
    }

    fn plan_held(&mut self, files: Vec<FileText>, options: &ReloadOptions) -> Report {
        let mut paths: Vec<String> = files.iter().map(|file| normalise(&file.path)).collect();
        let mut seen = FxHashSet::default();
        paths.retain(|path| seen.insert(path.clone()));
        let mut report = match self.prepare(&Course::default(), files, options) {
            Ok((plan, warnings)) => {
                let planned = plan.plan().files.iter().any(|f| f.changed || f.is_new);
                let mut report = Report { warnings, planned, ..Report::of(plan.plan()) };
                self.add_parts(plan.plan(), &mut report);
                let hooks = self.hooks_of(plan.plan());
                match self.try_out(plan) {
                    Ok(Trial { layouts, uncovered, queued, shared, members, .. }) => {
                        report.add_shared(&shared);
                        report.add_leaked_members(members);
                        let layouts = layouts.unwrap_or_default();
                        let mut would_run = queued;
                        if planned {
                            would_run.extend(code_around(&hooks, &layouts, options));
                        }
                        Report { layouts, uncovered, would_run, ..report }
                    }
                    Err(error) => Report::refused(paths, vec![failed_reason(&error, None)]),
                }
            }
            Err(reasons) => Report::refused(paths, reasons),
        };
        self.count_instances(&mut report);
        self.release_bundles();
        report.epoch = self.epoch();
        report
    }

    /// Puts the definitions of a plan in place, which shows whether the classes fit together, and takes them back before anything runs.
    fn try_out(&mut self, plan: super::CheckedPlan) -> Result<Trial, Error> {
        let mut trial = Trial::default();
        let tried = self.commit(plan, &mut trial);
        if trial.layouts.is_none() {
            tried?;
        }
        Ok(trial)
    }

    /// The report of a request that names what does not exist.
    ///
    /// For change sources and front ends, which tell it as they tell a reload that was refused.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let report = vm.refusal(vec!["game.lang".into()], "there is no `game.lang`".into());
    /// assert!(!report.ok && report.to_string().contains("there is no `game.lang`"));
    /// ```
    pub fn refusal(&mut self, files: Vec<String>, message: String) -> Report {
        let reason = Reason {
            code: codes::UNREADABLE.id,
            message,
            file: files.first().cloned().unwrap_or_default(),
            line: 0,
            remedy: "name a file, a directory or a loaded namespace".into(),
            detail: String::new(),
            place: None,
        };
        let mut report = Report::refused(files, vec![reason]);
        report.epoch = self.epoch();
        report
    }

    /// A load or reload may be made while the top-level code of another one runs, but no third one within that.
    fn refused_as_nested(&mut self, files: Vec<String>) -> Report {
        let reason = Reason {
            code: codes::NESTED.id,
            message: "a reload is being made within a load already".into(),
            file: files.first().cloned().unwrap_or_default(),
            line: 0,
            remedy: "ask again when it has ended".into(),
            detail: String::new(),
            place: None,
        };
        self.refused_with(files, reason)
    }

    /// A report of a refusal for one reason.
    pub(super) fn refused_with(&mut self, files: Vec<String>, reason: Reason) -> Report {
        let mut report = Report::refused(files, vec![reason]);
        report.epoch = self.epoch();
        report.error = Some(Error::Host(reasons_text(&report.reasons)));
        report
    }

    /// Loads one file from a text: `name.lang` contributes to the namespace `name`.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let report = vm.load_text("game.lang", "let score = 7")?;
    /// assert_eq!((&*report.added[0].name, vm.get::<i64>("game.score")?), ("score", 7));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Vm::load_texts`].
    pub fn load_text(&mut self, path: &str, text: &str) -> Result<Report, Error> {
        self.load_texts(vec![(path.to_owned(), text.to_owned())])
    }

    /// Gives one file another text.
    ///
    /// A file that is not loaded is loaded. A refusal is a report whose `ok` is false.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("rules.lang", "let hits = 0\nfn hit(n) { hits += 1; n * 2 }")?;
    /// assert_eq!(vm.call::<_, i64>("rules.hit", (4,))?, 8);
    /// assert!(vm.reload_text("rules.lang", "let hits = 0\nfn hit(n) { hits += 1; n * 3 }").committed);
    /// assert_eq!((vm.call::<_, i64>("rules.hit", (4,))?, vm.get::<i64>("rules.hits")?), (12, 2));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn reload_text(&mut self, path: &str, text: &str) -> Report {
        self.reload_texts(vec![(path.to_owned(), text.to_owned())])
    }

    /// The texts of files as they are on the disk; those that are loaded and gone are without text.
    fn read_files(&mut self, paths: &[String]) -> Result<Vec<FileText>, Box<Report>> {
        let mut files = Vec::new();
        let mut reasons = Vec::new();
        for path in paths {
            let path = normalise(path);
            let read = match is_bundle(&path) {
                true => self.read_bundle(&path).map_err(|problem| bundle_reason(&Source::new(path.clone(), ""), None, problem)),
                false => self.read_text(&path).map_err(|message| unreadable(&path, message)),
            };
            match read {
                Ok(text) => files.push(FileText { path, text: Some(text) }),
                Err(_) if self.is_loaded(&path) && !self.file_exists(&path) => files.push(FileText { path, text: None }),
                Err(reason) => reasons.push(reason),
            }
        }
        if reasons.is_empty() {
            return Ok(files);
        }
        let mut report = Report::refused(paths.to_vec(), reasons);
        report.epoch = self.epoch();
        report.error = Some(Error::Host(reasons_text(&report.reasons)));
        Err(Box::new(report))
    }

    /// Number of the last commit.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let before = vm.epoch();
    /// vm.load_text("game.lang", "let score = 7")?;
    /// vm.reload_text("game.lang", "let score = 7");
    /// assert_eq!(vm.epoch(), before + 1, "the reload changed nothing");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn epoch(&mut self) -> u64 {
        self.enter(|cx| cx.world.epoch)
    }

    /// Steps 1 to 3.
    fn prepare(
        &mut self,
        course: &Course,
        files: Vec<FileText>,
        options: &ReloadOptions,
    ) -> Result<(super::CheckedPlan, Vec<Reason>), Vec<Reason>> {
        let files = once_each(files)?;
        let (texts, gone): (Vec<FileText>, Vec<FileText>) = files.into_iter().partition(|file| file.text.is_some());
        let texts = texts.into_iter().map(|file| (file.path, file.text.unwrap_or_default())).collect();
        self.files.sought.clear();
        let (compiled, mut warnings) = self.gather(texts)?;
        let mut inputs: Vec<FileInput> = Vec::new();
        for file in compiled {
            // A file that goes over to another namespace leaves the one it was in.
            let other = self.namespace_of_loaded(&file.path).is_some_and(|namespace| namespace != file.namespace);
            if other {
                inputs.extend(self.input_of_gone(&file.path));
            }
            let mut input = self.input_of(file, options);
            input.mode = course.mode(&input.path).unwrap_or(input.mode);
            input.old = input.old.filter(|_| !other);
            inputs.push(input);
        }
        let locked: Vec<Reason> = inputs.iter().filter_map(|input| self.locked_reason(input)).collect();
        if !locked.is_empty() {
            return Err(locked);
        }
        if self.is_frozen() {
            let texts: Vec<(&str, &ModuleImage)> = inputs.iter().map(|input| (&*input.namespace, &*input.new)).collect();
            let extends = inputs.iter().find_map(|input| Some((input, self.extends_frozen(&input.new, &texts)?)));
            if let Some((input, span)) = extends {
                let problem = Diagnostic::new(&codes::FROZEN, span, "the host has frozen what is loaded, and this would extend it");
                return Err(vec![reason_of(&input.new.source, &problem.help("write a subclass, or a function"))]);
            }
        }
        inputs.extend(gone.iter().filter_map(|file| self.input_of_gone(&normalise(&file.path))));
        let others = self.other_inputs(&inputs);
        let namespaces = inputs.iter().map(|input| input.namespace.clone()).collect();
        let mut facts = self.enter(|cx| cx.survey(&namespaces));
        let draft = draft(inputs, &facts);
        self.enter(|cx| {
            cx.survey_namespaces(&mut facts, &draft.namespaces());
            cx.survey_values(&mut facts, &draft.concerned());
        });
        let direction = course.direction;
        let is_undo = direction.is_undo();
        let mut renamed = Vec::new();
        // What it says has acted before.
        if !is_undo {
            renamed.extend(renamings(&draft, &facts));
            renamed.extend(self.enter(|cx| cx.moves_in_two_saves(&draft, &facts)));
        }
        let running: Vec<_> = draft.inputs.iter().filter_map(|input| Some((input.path.clone(), input.old.clone()?))).collect();
        let mut plan = plan(draft, &others, &facts, options);
        if !is_undo {
            renamed.extend(idle_renames(&plan, &running, &facts));
            renamed.extend(self.enter(|cx| cx.idle_members(&plan)));
        }
        plan.direction = direction;
        self.leave_for_later(&mut plan);
        if direction != Direction::Edit {
            // What they have done stays, and is not done again.
            plan.files.iter_mut().for_each(|file| file.statements.clear());
            self.put_back(&mut plan);
        }
        let core = self.enter(|cx| cx.core_names());
        warnings.extend(leaks_mentioned(&plan, &facts, &core));
        let leaving = Leaving::of(&plan, &core);
        if !leaving.is_empty() {
            let missed = self.enter(|cx| cx.missed_by_sessions(&leaving));
            warnings.extend(leaving.warnings(&plan, &others, missed));
        }
        let edits = self.enter(|cx| cx.edited_enums(&plan));
        warnings.extend(variants_missed(&plan, &others, &edits));
        let misfits = misfitting_calls(&plan, &others, &running);
        let started = self.enter(|cx| cx.tasks_that_go_on(&plan, &running));
        let assignments = assignments_to_constants(&plan, &others, &facts);
        let incomplete = incomplete_matches(&plan, &others, &edits);
        let plan = check(plan, &facts)?;
        warnings.extend(renamed);
        warnings.extend(incomplete);
        warnings.extend(misfits);
        warnings.extend(assignments);
        warnings.extend(started);
        let warnings = warnings.iter().map(|(source, diagnostic)| reason_of(source, diagnostic)).collect::<Vec<_>>();
        if options.strict && !warnings.is_empty() { Err(warnings) } else { Ok((plan, warnings)) }
    }

    fn input_of(&mut self, file: Compiled, options: &ReloadOptions) -> FileInput {
        let old = self.image_of(&file.path);
        let mode = options.mode.or_else(|| mode_of_text(file.image.source.text())).unwrap_or(self.files.mode);
        FileInput {
            path: file.path,
            namespace: file.namespace,
            old,
            new: file.image,
            imports: file.imports,
            is_removed: false,
            mode,
        }
    }

    fn input_of_gone(&mut self, path: &str) -> Option<FileInput> {
        let old = self.image_of(path)?;
        let namespace = self.enter(|cx| cx.world.modules[path].namespace.name.clone());
        Some(FileInput {
            path: path.into(),
            namespace,
            old: Some(old),
            new: Arc::new(ModuleImage::empty(Source::new(path, ""))),
            imports: Vec::new(),
            is_removed: true,
            mode: Mode::Update,
        })
    }

    /// The namespace that a loaded file contributes to.
    fn namespace_of_loaded(&mut self, path: &str) -> Option<Arc<str>> {
        self.enter(|cx| {
            let module = cx.world.modules.get(path).filter(|module| module.state().linked.is_some())?;
            Some(module.namespace.name.clone())
        })
    }

    /// Why a file may not contribute to its namespace.
    fn locked_reason(&mut self, input: &FileInput) -> Option<Reason> {
        let first = input.new.definitions.first()?.name_span;
        let diagnostic = self.locked(&input.namespace, first)?.help("give the file another namespace on its first line");
        Some(reason_of(&input.new.source, &diagnostic))
    }

    /// Why nothing can be added to a namespace: it is the library's. `span` is what would be added.
    pub(super) fn locked(&mut self, namespace: &str, span: Span) -> Option<Diagnostic> {
        let is_module = self.files.library.modules.contains(&namespace) && self.files.making.as_deref() != Some(namespace);
        let is_locked = self.enter(|cx| cx.world.namespaces.get(namespace).is_some_and(|namespace| namespace.is_locked()));
        let message = || format!("nothing can be added to namespace `{namespace}`, which is locked");
        (is_module || is_locked).then(|| Diagnostic::new(&codes::OWNED, span, message()))
    }

    /// What runs of a file.
    pub(super) fn image_of(&mut self, path: &str) -> Option<Arc<ModuleImage>> {
        self.enter(|cx| Some(cx.world.modules.get(path)?.state().linked?.image.clone()))
    }

    /// Loaded files that are not in the set.
    fn other_inputs(&mut self, inputs: &[FileInput]) -> Vec<FileInput> {
        self.enter(|cx| {
            cx.world
                .modules
                .values()
                .filter(|m| !m.path.starts_with('<') && !inputs.iter().any(|i| i.path == m.path))
                .filter_map(|m| {
                    let linked = m.state().linked?;
                    Some(FileInput {
                        path: m.path.clone(),
                        namespace: m.namespace.name.clone(),
                        old: Some(linked.image.clone()),
                        new: linked.image.clone(),
                        imports: linked.imports.iter().map(|n| n.name.clone()).collect(),
                        is_removed: false,
                        mode: Mode::Update,
                    })
                })
                .collect()
        })
    }
}

/// Files that are named twice, in two spellings of one path perhaps, are one.
fn once_each(files: Vec<FileText>) -> Result<Vec<FileText>, Vec<Reason>> {
    let mut found: Vec<FileText> = Vec::with_capacity(files.len());
    let mut known: FxHashMap<String, usize> = FxHashMap::default();
    for FileText { path, text } in files {
        let path = normalise(&path);
        match known.get(&path) {
            None => {
                known.insert(path.clone(), found.len());
                found.push(FileText { path, text });
            }
            Some(at) if found[*at].text == text => {}
            Some(_) => {
                return Err(vec![Reason {
                    code: codes::UNREADABLE.id,
                    message: format!("`{path}` is given twice, with different texts"),
                    file: path,
                    line: 0,
                    remedy: "give one text for each file".into(),
                    detail: String::new(),
                    place: None,
                }]);
            }
        }
    }
    Ok(found)
}

/// A reload whose files' hooks run, and whose report is made on the way.
struct Told<'a> {
    report: Report,
    course: &'a Course,
    hooks: Hooks,
    /// Statements that are running and that the edit is about.
    running: Vec<StaleCode>,
    /// Whether all instances follow within the commit.
    migrates: bool,
    gate: Gate,
    /// Why the host has refused it.
    refused: Option<String>,
    warn: Option<fn(&[Reason])>,
}

impl Stages for Told<'_> {
    fn begin(&mut self, vm: &mut Vm) -> Result<(), Error> {
        self.hooks.run_before(vm, &self.report)?;
        self.report.warnings.append(&mut self.hooks.overruled);
        Ok(())
    }

    fn placed(&mut self, _: &mut Vm) -> Result<(), Error> {
        if let Some(warn) = self.warn {
            warn(&self.report.warnings);
        }
        Ok(())
    }

    fn end(&mut self, vm: &mut Vm, done: &Done) -> Result<(), Error> {
        vm.evaluate_patches(self.course.direction, &self.course.patches)?;
        for class in vm.enter(|cx| std::mem::take(&mut cx.world.loading.hooks_left)) {
            self.report.warnings.push(computed_stays(&class));
        }
        let late = vm.enter(|cx| std::mem::take(&mut cx.world.loading.hooks_late));
        self.report.warnings.extend(late.iter().map(super::hooks::late));
        let shared = vm.enter(|cx| std::mem::take(&mut cx.world.shared_changes));
        self.report.add_shared(&shared);
        self.report.add_leaked_members(vm.enter(|cx| cx.members_leaking()));
        self.report.stale.objects.clone_from(&done.stale);
        self.report.stale.frames.append(&mut self.running);
        self.report.conflicts.retain(|entry| !done.relinked.contains(&entry.to_string()));
        self.report.relinked = done.relinked.len();
        self.report.layouts = vm.enter(|cx| std::mem::take(&mut cx.world.layout_changes));
        if self.migrates {
            self.migrate_all(vm)?;
            self.report.warnings.extend(vm.forgiven_hooks());
        }
        self.report.epoch = vm.epoch() + 1;
        self.hooks.run_after(vm, &self.report)?;
        if self.gate == Gate::Tests {
            self.run_tests(vm)?;
        }
        self.validate(vm)
    }
}

impl Told<'_> {
    /// Brings all instances of the classes that have got another layout, or another hook, to the layout of their class.
    fn migrate_all(&mut self, vm: &mut Vm) -> Result<(), Error> {
        let mut classes: Vec<String> = self.report.layouts.iter().map(|change| change.class.clone()).collect();
        let changed = self.report.changed.iter().filter(|entry| entry.kind == "class").map(ToString::to_string);
        classes.extend(changed.filter(|name| self.report.layouts.iter().all(|change| change.class != *name)));
        for name in classes {
            // A class with another layout because of its base may have no definition of its own.
            let Ok(class) = vm.handle(&name) else { continue };
            if let Some(error) = vm.migrate_instances(&class, None)?.errors.into_iter().next() {
                self.hooks.failed = Some(format!("an instance of `{name}` cannot follow, and the edit is taken back"));
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Told<'_> {
    /// Lets the host look at the program as it would go on.
    fn validate(&mut self, vm: &mut Vm) -> Result<(), Error> {
        let namespaces: Vec<String> = self.report.files.iter().map(|path| vm.namespace_of_path(path).to_string()).collect();
        let is_concerned = |name: &str| {
            name.rsplit_once('.').is_some_and(|(namespace, _)| namespaces.iter().any(|concerned| concerned == namespace))
        };
        vm.validated(&self.report, is_concerned).map_err(|problem| {
            self.refused = Some(problem.clone());
            Error::Host(problem)
        })
    }

    /// Runs the `test` blocks of the files. What they do stays if all pass; what they do to variables is taken back with
    /// the edit if one fails.
    fn run_tests(&mut self, vm: &mut Vm) -> Result<(), Error> {
        for path in &self.report.files {
            for (at, test) in vm.tests(path).into_iter().enumerate() {
                if let Err(error) = vm.logging_assignments(|vm| vm.run_gate_test(path, at)) {
                    self.hooks.failed = Some(format!("test \"{}\" of `{path}` fails, and the edit is taken back", test.name));
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}
