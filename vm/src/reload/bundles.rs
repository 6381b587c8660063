//! Native bundles as files of a program.
//!
//! The text of a bundle is made from what its library registers, once for each content; the number of the version is in the text, so that another
//! content is another text, and the text of a version leads back to its library. All else that happens to texts happens to these.

use super::check::{Place, Reason};
use super::codes;
use super::load::under;
use crate::compile::compile_source;
use crate::embed::Vm;
use crate::embed::signature::Signature;
use crate::object::{BundleConstant, BundleLoader, BundleProblem, BundleTable, BundleVersion, Bundles, is_bundle as has_ending};
use lang::resolve::bundle_name;
use lang::source::{Source, Span};
use std::collections::BTreeSet;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

/// What to do about a library that is no longer what it was.
const CHANGED_REMEDY: &str = "let what it registers depend on its own text only";

impl Vm {
    /// Sets who opens native bundles. Without one there are none; with one the host still decides about each (`Host::load_native`).
    pub fn set_bundle_loader(&mut self, loader: impl BundleLoader + 'static) {
        self.files.bundle_loader = Some(Box::new(loader));
    }

    /// Whether a path is that of a native bundle, whose content is no text.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// assert!(!Vm::is_bundle("game.lang"));
    /// ```
    pub fn is_bundle(path: &str) -> bool {
        has_ending(path)
    }

    /// What was in a loaded file, of which the running text was made.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let lives = 3")?;
    /// assert_eq!(vm.running_content("game.lang").as_deref(), Some(&b"let lives = 3"[..]));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn running_content(&mut self, path: &str) -> Option<Vec<u8>> {
        let text = self.running_text(path)?;
        let of_bundle = |bundles: &Bundles| {
            let version = bundles.versions.iter().find(|version| version.path == path && version.text == text)?;
            version.copy.content().ok()
        };
        self.enter(|cx| of_bundle(&cx.world.bundles)).or_else(|| Some(text.into_bytes()))
    }

    /// The libraries of native bundles that are open, by their paths, each with how often: while old code is used, there is more than one.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// assert!(Vm::new().open_bundles().is_empty());
    /// ```
    pub fn open_bundles(&mut self) -> Vec<(String, usize)> {
        self.enter(|cx| {
            let open = cx.world.bundles.versions.iter().filter(|version| version.table.strong_count() > 0);
            let mut found: Vec<(String, usize)> = Vec::new();
            for version in open {
                match found.iter_mut().find(|(path, _)| *path == version.path) {
                    Some((_, count)) => *count += 1,
                    None => found.push((version.path.clone(), 1)),
                }
            }
            found
        })
    }

    /// Where the library of an import may be.
    pub(super) fn bundle_candidates(&self, from: &str, written: &str) -> Vec<String> {
        let path = self.join(from, written);
        if has_ending(&path) {
            return vec![path];
        }
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let other = under(directory, &format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"));
        let mut paths = vec![format!("{path}{DLL_SUFFIX}")];
        paths.extend((!DLL_PREFIX.is_empty()).then_some(other));
        paths
    }

    /// The text of a native bundle, as its file is now.
    pub(super) fn read_bundle(&mut self, path: &str) -> Result<String, BundleProblem> {
        let allowed = self.host(|host| host.load_native(path));
        allowed.map_err(|error| BundleProblem::new(error.to_string(), "let whoever runs the program allow it"))?;
        let content = self.host(|host| host.read_file(path));
        let content = content.map_err(|error| BundleProblem::new(format!("cannot read `{path}`: {error}"), "build the library"))?;
        self.files.disk.note_read(path);
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        let digest = hasher.finish();
        let known = self.enter(|cx| {
            let known = cx.world.bundles.versions.iter().find(|version| version.path == path && version.digest == digest);
            known.map(|version| version.text.clone())
        });
        if let Some(text) = known {
            return Ok(text);
        }
        let namespace = self.namespace_of_path(path);
        let Some(loader) = &mut self.files.bundle_loader else {
            let message = format!("`{path}` cannot be loaded: this program has no loader of native bundles");
            return Err(BundleProblem::new(message, "let the host install one (`Vm::set_bundle_loader`)"));
        };
        let copy = loader.keep(path, &namespace, content)?;
        let table = copy.open()?;
        let number = self.enter(|cx| cx.world.bundles.last + 1);
        let text = text_of(path, number, &table)?;
        let types = table.types.clone();
        let table = Rc::new(table);
        let (path, known) = (path.to_owned(), text.clone());
        self.enter(|cx| {
            let bundles = &mut cx.world.bundles;
            bundles.last = number;
            let weak = Rc::downgrade(&table);
            bundles.versions.push(BundleVersion { number, path, digest, text: known, types, copy, table: weak, hold: Some(table) });
        });
        Ok(text)
    }

    /// Has the library open that a text was made of, until the reload has ended, and looks whether living values fit it. Gives what speaks against it.
    pub(super) fn prepare_bundle(&mut self, path: &str, text: &str) -> Option<Reason> {
        let source = Source::new(path, text);
        let reopened = self.enter(|cx| {
            let versions = &mut cx.world.bundles.versions;
            versions.iter_mut().find(|version| version.path == path && version.text == text).map(reopen)
        });
        if let Some(Err(problem)) = reopened {
            return Some(bundle_reason(&source, None, problem));
        }
        if self.unfit_types(path, text).is_empty() {
            return None;
        }
        // Dead values count until the collector has found them.
        self.collect();
        let (name, count) = self.unfit_types(path, text).into_iter().next()?;
        let (values, them) = if count == 1 { ("1 value is".to_owned(), "it") } else { (format!("{count} values are"), "them") };
        let problem = BundleProblem::new(
            format!("`{name}` of `{path}` has another layout in memory, and {values} alive"),
            format!("let go of {them}, or restart the program"),
        );
        Some(Reason { code: codes::BUNDLE_LAYOUT.id, ..bundle_reason(&source, None, problem) })
    }

    /// Types of a bundle with another layout than living values have, and how many these are.
    fn unfit_types(&mut self, path: &str, text: &str) -> Vec<(String, usize)> {
        self.enter(|cx| {
            let versions = || cx.world.bundles.versions.iter().filter(|version| version.path == path);
            let Some(new) = versions().find(|version| version.text == text) else { return Vec::new() };
            let mut found = Vec::new();
            for new in &new.types {
                let all = versions().flat_map(|version| &version.types);
                let others = all.filter(|old| old.name == new.name && old.layout != new.layout);
                let count: usize = others.map(|old| old.live.get()).sum();
                if count > 0 {
                    found.push((new.name.clone(), count));
                }
            }
            found
        })
    }

    /// A reload, or a look at one, has ended: libraries that nothing has come to use are closed, and what cannot come back is forgotten.
    pub(super) fn release_bundles(&mut self) {
        let held = self.enter(|cx| {
            let versions = &mut cx.world.bundles.versions;
            versions.iter_mut().filter_map(|version| version.hold.take()).collect::<Vec<_>>()
        });
        if self.enter(|cx| cx.world.bundles.versions.is_empty()) {
            return;
        }
        // Closing runs code of the library, which must find the world as it is.
        drop(held);
        let paths: BTreeSet<String> =
            self.enter(|cx| cx.world.bundles.versions.iter().map(|version| version.path.clone()).collect());
        let running: Vec<(String, String)> =
            paths.into_iter().filter_map(|path| Some((self.running_text(&path)?, path))).map(|(text, path)| (path, text)).collect();
        let history = std::mem::take(&mut self.files.history);
        let is_mentioned = |path: &str, text: &str| history.mentions(path, text);
        let gone: Vec<BundleVersion> = self.enter(|cx| {
            let versions = &mut cx.world.bundles.versions;
            let last: Vec<(String, u64)> = versions.iter().map(|version| (version.path.clone(), version.number)).collect();
            let is_kept = |version: &BundleVersion| {
                version.table.strong_count() > 0
                    || version.types.iter().any(|one| one.live.get() > 0)
                    || !last.iter().any(|(path, number)| *path == version.path && *number > version.number)
                    || running.iter().any(|(path, text)| *path == version.path && *text == version.text)
                    || is_mentioned(&version.path, &version.text)
            };
            let (kept, gone) = std::mem::take(versions).into_iter().partition(is_kept);
            *versions = kept;
            gone
        });
        self.files.history = history;
        drop(gone);
    }
}

/// Opens the library of a version again, unless it is open.
fn reopen(version: &mut BundleVersion) -> Result<(), BundleProblem> {
    if let Some(table) = version.table.upgrade() {
        version.hold = Some(table);
        return Ok(());
    }
    let table = version.copy.open()?;
    if text_of(&version.path, version.number, &table)? != version.text {
        let message = format!("`{}` registers something else than when it was loaded before", version.path);
        return Err(BundleProblem::new(message, CHANGED_REMEDY));
    }
    // Values that the library made before, which is open as long as they are there, still count.
    version.types.retain(|one| one.live.get() > 0);
    version.types.extend(table.types.iter().cloned());
    let table = Rc::new(table);
    version.table = Rc::downgrade(&table);
    version.hold = Some(table);
    Ok(())
}

/// A refusal: at an import, or of the file itself.
pub(super) fn bundle_reason(source: &Source, span: Option<Span>, problem: BundleProblem) -> Reason {
    let reason = Reason {
        code: codes::BUNDLE.id,
        message: problem.message,
        file: source.name().to_owned(),
        line: 0,
        remedy: problem.remedy,
        detail: String::new(),
        place: None,
    };
    let Some(span) = span else { return reason };
    let (line, column) = source.line_column(span.lo);
    let detail = format!(" --> {}:{line}:{column}\n  | {}", source.name(), source.line_text(line));
    Reason { line, detail, place: Some(Place::new(source, span)), ..reason }
}

/// The namespace of a native bundle: the name of its file.
pub(super) fn namespace_of_bundle(path: &str) -> Arc<str> {
    bundle_name(path).into()
}

/// The text that stands for a library.
fn text_of(path: &str, number: u64, table: &BundleTable) -> Result<String, BundleProblem> {
    let wrong =
        |message: String| BundleProblem::new(format!("`{path}`: {message}"), "correct what it registers, and build it again");
    let mut text = commented("", &table.doc);
    let _ =
        writeln!(text, "\n# What the native bundle `{}` registers. It is edited by building the library again.\n", file_name(path));
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut claim = |name: &str| {
        let is_new = names.insert(name.to_owned());
        if is_new { Ok(()) } else { Err(wrong(format!("`{name}` is registered twice"))) }
    };
    for (name, value) in &table.constants {
        claim(checked(name).map_err(&wrong)?)?;
        if matches!(value, BundleConstant::Float(value) if !value.is_finite()) {
            return Err(wrong(format!("the constant `{name}` is no finite number")));
        }
        let _ = writeln!(text, "const {name} = {}", constant_text(value));
    }
    let mut functions = Vec::new();
    for (at, function) in table.functions.iter().enumerate() {
        let signature = &function.signature;
        let parsed = Signature::parse(signature).map_err(|problem| wrong(format!("the signature `{signature}`: {problem}")))?;
        if !parsed.is_complete {
            return Err(wrong(format!("the signature `{signature}` does not say which parameters there are: `{signature}()`")));
        }
        let (class, name) = match parsed.name.split_once('.') {
            Some((class, name)) => (Some(class.to_owned()), name.to_owned()),
            None => (None, parsed.name.clone()),
        };
        checked(&name).map_err(&wrong)?;
        claim(&parsed.name)?;
        let names = parsed.params.iter().map(|param| param.name.clone());
        let rest = parsed.rest.iter().map(|rest| format!("...{rest}"));
        let with_defaults = parsed.params.iter().map(|param| match &param.default {
            Some(default) => format!("{} = {}", param.name, default.text()),
            None => param.name.clone(),
        });
        let params = with_defaults.chain(rest.clone()).collect::<Vec<_>>().join(", ");
        let own = class.iter().map(|_| "self".to_owned());
        let args = own.chain(names).chain(rest).collect::<Vec<_>>().join(", ");
        let indent = if class.is_some() { "    " } else { "" };
        let mut line = commented(indent, &parsed.about);
        let _ = writeln!(line, "{indent}fn {name}({params}) {{ {}({args}) }}", Bundles::name_of(number, at));
        functions.push((class, line));
    }
    for class in &table.types {
        claim(checked(&class.name).map_err(&wrong)?)?;
        let _ = writeln!(text, "class {} {{\n    slot _native transient", class.name);
        for (_, line) in functions.iter().filter(|(of, _)| of.as_deref() == Some(&class.name)) {
            text.push_str(line);
        }
        text.push_str("}\n");
    }
    for (class, line) in &functions {
        match class {
            None => text.push_str(line),
            Some(class) if table.types.iter().any(|known| known.name == *class) => {}
            Some(class) => return Err(wrong(format!("there are methods of `{class}`, which is not registered as a type"))),
        }
    }
    let compiled = compile_source(&Source::new(path, text.clone()));
    match compiled.diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
        Some(diagnostic) => Err(wrong(format!("what it registers is no program: {}", diagnostic.message))),
        None => Ok(text),
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn checked(name: &str) -> Result<&str, String> {
    let is_plain = |c: char| c == '_' || c.is_alphanumeric();
    let is_name = name.starts_with(|c: char| c == '_' || c.is_alphabetic()) && name.chars().all(is_plain);
    if is_name && !lang::token::is_keyword(name) { Ok(name) } else { Err(format!("`{name}` is no name of a definition")) }
}

/// A description as comments.
fn commented(indent: &str, text: &str) -> String {
    text.lines().fold(String::new(), |mut out, line| {
        let _ = writeln!(out, "{}", format!("{indent}## {line}").trim_end());
        out
    })
}

fn constant_text(value: &BundleConstant) -> String {
    match value {
        BundleConstant::Nil => "nil".to_owned(),
        BundleConstant::Bool(value) => value.to_string(),
        BundleConstant::Int(i64::MIN) => "-9223372036854775807 - 1".to_owned(),
        BundleConstant::Int(value) => value.to_string(),
        BundleConstant::Float(value) => format!("{value:?}"),
        BundleConstant::Text(text) => quoted(text),
    }
}

/// A text as a string of the language.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' | '$' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
