//! `lang check`: shows what there is to say about programs without running them.

use crate::diagnostics::Report as Style;
use crate::engine::{self, read_source};
use crate::format;
use crate::host::{Console, Texts};
use crate::output::output;
use crate::test::suite;
use clap::ValueEnum;
use lang::diagnostic::Diagnostic;
use lang::source::{Source, Span};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use vm::compile::compile_source;
use vm::embed::Problem;
use vm::reload::{Extent, Reason, Sharing, normalise};

/// How problems are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// With the marked source, on standard error
    Human,
    /// A JSON object on a line of standard output for each problem
    Json,
}

/// What lets a check fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strictness {
    /// Errors.
    Errors,
    /// Warnings, too.
    Warnings,
}

/// Files that are checked together: the directory in which their imports are looked for, and what else may belong to them.
type Programs = BTreeMap<String, (Extent, Vec<String>)>;

/// Shows all problems of files and directories; gives the status, 1 if one is an error.
pub fn check(paths: &[String], format: Format, strictness: Strictness, sharing: Sharing) -> i32 {
    let mut findings = Findings { format, has_errors: false, has_warnings: false };
    let programs = programs(paths, &mut findings);
    for (root, (extent, files)) in programs {
        check_program(&root, extent, &files, sharing, &mut findings);
    }
    i32::from(findings.has_errors || findings.has_warnings && strictness == Strictness::Warnings)
}

/// Files of one directory are one program, and so is all in and below a directory that is given, or below it has a `main.lang`.
fn programs(paths: &[String], findings: &mut Findings) -> Programs {
    let mut programs = Programs::new();
    for path in paths {
        if !Path::new(path).is_dir() {
            let path = normalise(path);
            let root = engine::directory(&path).to_owned();
            programs.entry(root).or_insert((Extent::Files, Vec::new())).1.push(path);
            continue;
        }
        match format::files(path) {
            Ok(files) => {
                for file in files.iter().map(|file| normalise(file)) {
                    let program = programs.entry(root_of(&normalise(path), &file)).or_insert((Extent::Program, Vec::new()));
                    program.0 = Extent::Program;
                    program.1.push(file);
                }
            }
            Err(message) => findings.trouble(&message),
        }
    }
    programs
}

/// The outermost directory of a file, in or below `top`, that has a `main.lang`; without one `top`.
fn root_of(top: &str, file: &str) -> String {
    let directories = Path::new(file).ancestors().skip(1).take_while(|directory| directory.starts_with(top));
    let with_main = directories.filter(|directory| directory.join("main.lang").is_file());
    with_main.last().map_or(top.to_owned(), |directory| directory.to_string_lossy().into_owned())
}

fn check_program(root: &str, extent: Extent, files: &[String], sharing: Sharing, findings: &mut Findings) {
    let mut sources: BTreeMap<String, Source> = BTreeMap::new();
    let mut is_whole = true;
    for file in files {
        match read_source(file) {
            Err(message) => {
                findings.trouble(&message);
                is_whole = false;
            }
            Ok(source) => {
                let compiled = compile_source(&source);
                if compiled.image.is_some() {
                    sources.insert(file.clone(), source);
                } else {
                    compiled.diagnostics.iter().for_each(|diagnostic| findings.diagnostic(&source, diagnostic));
                    is_whole = false;
                }
            }
        }
    }
    if sources.is_empty() || !is_whole && extent == Extent::Program {
        // What the broken files define would be missed everywhere.
        return;
    }
    let host = Console::new(Texts::default(), Vec::new());
    let mut vm = engine::with_host(host);
    vm.set_namespace_sharing(sharing);
    vm.add_root(root);
    engine::add_roots(&mut vm, &[]);
    for file in sources.keys().cloned().collect::<Vec<_>>() {
        let Some(tested) = suite::tested(&file, root, sharing) else { continue };
        vm.assign_namespace(&file, &tested.namespace);
        if let (false, Ok(source)) = (sources.contains_key(&tested.path), read_source(&tested.path)) {
            sources.insert(tested.path, source);
        }
    }
    let texts = sources.into_iter().map(|(path, source)| (path, source.text().to_owned())).collect();
    match vm.check(texts, extent) {
        Ok(problems) => findings.problems(&problems),
        Err(reasons) => reasons.iter().for_each(|reason| findings.reason(reason)),
    }
}

/// Shows what is found, and remembers whether there was anything.
struct Findings {
    format: Format,
    has_errors: bool,
    has_warnings: bool,
}

impl Findings {
    fn trouble(&mut self, message: &str) {
        self.has_errors = true;
        match self.format {
            Format::Human => output().note(&Style::for_stderr().failure(message)),
            Format::Json => line(&[("severity", text("error")), ("message", text(message))]),
        }
    }

    fn note(&mut self, diagnostic: &Diagnostic) {
        self.has_errors |= diagnostic.is_error();
        self.has_warnings |= !diagnostic.is_error();
    }

    fn diagnostic(&mut self, source: &Source, diagnostic: &Diagnostic) {
        self.note(diagnostic);
        match self.format {
            Format::Human => output().note(&Style::for_stderr().diagnostic(source, diagnostic)),
            Format::Json => json_diagnostic(source, diagnostic),
        }
    }

    fn problems(&mut self, problems: &[Problem]) {
        problems.iter().for_each(|problem| self.note(&problem.diagnostic));
        match self.format {
            Format::Human if problems.is_empty() => {}
            Format::Human => output().note(&Style::for_stderr().problems(problems)),
            Format::Json => problems.iter().for_each(|problem| json_diagnostic(&problem.source, &problem.diagnostic)),
        }
    }

    fn reason(&mut self, reason: &Reason) {
        self.has_errors = true;
        match self.format {
            Format::Human => output().note(&Style::for_stderr().reason(reason)),
            Format::Json => {
                let mut fields = vec![
                    ("severity", text("error")),
                    ("code", text(reason.code)),
                    ("message", text(&reason.message)),
                    ("file", text(&reason.file)),
                ];
                match &reason.place {
                    Some(place) => {
                        fields.extend(json_place(&place.source, place.span));
                        fields.push(("label", text(&place.label)));
                    }
                    None => fields.push(("line", reason.line.to_string())),
                }
                fields.push(("help", text(&reason.remedy)));
                line(&fields);
            }
        }
    }
}

fn json_diagnostic(source: &Source, diagnostic: &Diagnostic) {
    let mut fields = vec![
        ("severity", text(if diagnostic.is_error() { "error" } else { "warning" })),
        ("code", text(diagnostic.code.id)),
        ("message", text(&diagnostic.message)),
        ("file", text(source.name())),
    ];
    fields.extend(json_place(source, diagnostic.span));
    fields.push(("label", text(&diagnostic.label)));
    fields.push(("help", text(diagnostic.help.as_deref().unwrap_or_default())));
    line(&fields);
}

/// First and last place, counted from 1; the last one is behind what is meant.
fn json_place(source: &Source, span: Span) -> [(&'static str, String); 4] {
    let ((line, column), (end_line, end_column)) = (source.line_column(span.lo), source.line_column(span.hi));
    [
        ("line", line.to_string()),
        ("column", column.to_string()),
        ("end_line", end_line.to_string()),
        ("end_column", end_column.to_string()),
    ]
}

/// Writes an object whose values are JSON already.
fn line(fields: &[(&str, String)]) {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    // Who does not read on does not want the rest.
    let _ = output().write(&format!("{{{}}}\n", fields.join(",")));
}

/// A string as JSON.
fn text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_written_as_json() {
        assert_eq!(text("a\"b\\c\nd\u{1}é"), "\"a\\\"b\\\\c\\nd\\u0001é\"");
    }
}
