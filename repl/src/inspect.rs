//! Commands that show what the engine makes of a text: `dump`, `explain`.

use crate::diagnostics::Report as Style;
use crate::engine::read_source;
use crate::output::output;
use clap::ValueEnum;
use lang::diagnostic::{Code, Diagnostic};
use lang::outline::highlight;
use lang::source::{Source, Span};
use std::fmt::Write as _;
use vm::bytecode::disassemble;
use vm::compile::{self, compile_source};
use vm::image::{self, ProtoId};
use vm::ops::suggestion;
use vm::reload;

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
