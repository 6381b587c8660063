//! Commands that look at a text without running it: `check`, `dump`, `explain`.

use crate::diagnostics::Report as Style;
use crate::engine::{self, read_source};
use crate::host::Texts;
use crate::output::output;
use clap::ValueEnum;
use lang::diagnostic::{Code, Diagnostic};
use lang::outline::highlight;
use lang::source::{Source, Span};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use vm::bytecode::disassemble;
use vm::compile::{self, compile_source};
use vm::embed::Problem;
use vm::image::{self, ProtoId};
use vm::ops::suggestion;
use vm::reload::{self, Reason, normalise};

/// Presses of Ctrl-C after which a check ends at once.
const PRESSES_MAX: u32 = 1;

/// A form of a text on its way to the engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Form {
    /// The tokens with their places and classes.
    Tokens,
    /// The syntax tree.
    Ast,
    /// The compiled file: tables and code.
    Image,
    /// The code alone.
    Bytecode,
}

/// `lang check`: shows all problems of the files; 1 if one is an error.
pub fn check(files: &[String]) -> i32 {
    let style = Style::for_stderr();
    let mut status = 0;
    // Files of one directory are one program: they see each other.
    let mut programs: BTreeMap<String, Vec<Source>> = BTreeMap::new();
    for file in files {
        match read_source(file) {
            Err(message) => {
                output().note(&style.failure(&message));
                status = 1;
            }
            Ok(source) => {
                let compiled = compile_source(&source);
                if compiled.image.is_none() {
                    show(&source, &compiled.diagnostics);
                    status = 1;
                } else {
                    let path = normalise(file);
                    programs.entry(engine::directory(&path).to_owned()).or_default().push(source);
                }
            }
        }
    }
    for (directory, sources) in programs {
        match check_program(&directory, &sources) {
            Ok(warnings) if warnings.is_empty() => {}
            Ok(warnings) => output().note(&style.problems(&warnings)),
            Err(reasons) => {
                reasons.iter().for_each(|reason| output().note(&style.reason(reason)));
                status = 1;
            }
        }
    }
    status
}

/// Compiles files of one directory with all that they import.
fn check_program(directory: &str, sources: &[Source]) -> Result<Vec<Problem>, Vec<Reason>> {
    let mut vm = engine::new_vm(&Texts::default(), &[], PRESSES_MAX);
    vm.add_root(directory);
    engine::add_roots(&mut vm, &[]);
    vm.check(sources.iter().map(|source| (source.name().to_owned(), source.text().to_owned())).collect())
}

/// `lang dump`: prints a form of a text.
pub fn dump(form: Form, file: &str) -> i32 {
    let source = match read_source(file) {
        Ok(source) => source,
        Err(message) => {
            output().note(&Style::for_stderr().failure(&message));
            return 1;
        }
    };
    let (text, diagnostics) = match form {
        Form::Tokens => (tokens(&source), lang::parse(&source).diagnostics),
        Form::Ast => {
            let parsed = lang::parse(&source);
            (lang::ast::print::print(&parsed.file), parsed.diagnostics)
        }
        Form::Image | Form::Bytecode => {
            let compiled = compile_source(&source);
            let text = compiled.image.map(|image| match form {
                Form::Image => image::print(&image),
                _ => (0..image.protos.len()).map(|i| disassemble(&image, ProtoId(i as u32)) + "\n").collect(),
            });
            (text.unwrap_or_default(), compiled.diagnostics)
        }
    };
    let written = output().write(&text);
    show(&source, &diagnostics);
    i32::from(written.is_err() || diagnostics.iter().any(Diagnostic::is_error))
}

fn show(source: &Source, diagnostics: &[Diagnostic]) {
    let style = Style::for_stderr();
    for diagnostic in diagnostics {
        output().note(&style.diagnostic(source, diagnostic));
    }
}

fn tokens(source: &Source) -> String {
    let mut out = String::new();
    // Counted along the way: a line may hold millions of tokens.
    let (mut line, mut column, mut at) = (1, 1, 0);
    for (span, class) in highlight(source.text()) {
        for c in source.slice(Span { lo: at, hi: span.lo }).chars() {
            (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        at = span.lo;
        let class = format!("{class:?}");
        let _ = writeln!(out, "{line}:{column:<4} {class:<14} {:?}", source.slice(span));
    }
    out
}

/// `lang explain`: prints what a code means; without one, all codes.
pub fn explain(code: Option<&str>) -> i32 {
    let Some(id) = code else {
        let list: String = codes().map(|code| format!("{}  {}\n", code.id, code.title)).collect();
        return i32::from(output().write(&list).is_err());
    };
    if let Some(code) = codes().find(|code| code.id.eq_ignore_ascii_case(id)) {
        let text = format!("{}: {}\n\n{}\n", code.id, code.title, code.explanation.trim_end());
        return i32::from(output().write(&text).is_err());
    }
    let hint = suggestion(id, codes().map(|code| code.id));
    output().note(&Style::for_stderr().failure(&format!("there is no code `{id}`{hint} (`lang explain` lists all)")));
    1
}

/// All codes of diagnostics.
fn codes() -> impl Iterator<Item = &'static Code> {
    lang::codes::ALL.iter().chain(compile::codes::ALL).chain(reload::codes::ALL).copied()
}
