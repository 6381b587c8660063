//! Golden cases: `tests/cases/*.cases`, each case a piece of source and what the front end makes of it.
//!
//! A case is `#- case TITLE`, the source, and sections with what is expected: `#- ast`, `#- diagnostics`, `#- scopes`,
//! `#- outline`, `#- highlight`, `#- formatted`. Without a `diagnostics` section there must be none. `UPDATE=1` rewrites the sections.

use lang::Parsed;
use lang::ast::print::print;
use lang::outline::{Definition, Statement, Uses, highlight};
use lang::resolve::{FnScope, Resolved};
use lang::source::Source;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

struct Case {
    title: String,
    source: String,
    sections: Vec<(String, String)>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// The case files, by name.
fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder()).expect("the cases exist").map(|entry| entry.expect("readable").path()).collect();
    files.retain(|path| path.extension().is_some_and(|ext| ext == "cases"));
    files.sort();
    files
}

fn read(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(title) = line.strip_prefix("#- case ") {
            cases.push(Case { title: title.trim().to_owned(), source: String::new(), sections: Vec::new() });
        } else if let Some(section) = line.strip_prefix("#- ") {
            let case = cases.last_mut().expect("a section belongs to a case");
            case.sections.push((section.trim().to_owned(), String::new()));
        } else if let Some(case) = cases.last_mut() {
            match case.sections.last_mut() {
                Some((_, text)) => text.push_str(line),
                None => case.source.push_str(line),
            }
        }
    }
    cases
}

struct Made {
    source: Source,
    parsed: Parsed,
    resolved: Resolved,
}

fn make(text: &str) -> Made {
    // `~` at the end of a case stands for the end of the text without a newline.
    let text = text.trim_end_matches('\n');
    let source = Source::new("t.lang", text.strip_suffix('~').unwrap_or(text));
    let mut parsed = lang::parse(&source);
    let resolved = lang::resolve(&parsed.file, &mut parsed.diagnostics);
    parsed.diagnostics.sort_by_key(|d| (d.span.lo, d.span.hi));
    Made { source, parsed, resolved }
}

fn section(made: &Made, name: &str) -> String {
    match name {
        "ast" => print(&made.parsed.file),
        "diagnostics" => diagnostics(made),
        "scopes" => scopes(&made.resolved),
        "outline" => outline(made),
        "highlight" => highlighted(made),
        "formatted" => lang::fmt::format(&made.source).unwrap_or_else(|refusal| format!("{refusal:?}")),
        other => panic!("no section is called {other:?}"),
    }
}

fn diagnostics(made: &Made) -> String {
    let mut out = String::new();
    for diagnostic in &made.parsed.diagnostics {
        for line in diagnostic.plain(&made.source).lines() {
            let _ = writeln!(out, "{}", line.trim_end());
        }
        for (span, text) in &diagnostic.notes {
            let (line, column) = made.source.line_column(span.lo);
            let _ = writeln!(out, "  = note {line}:{column}: {text}");
        }
    }
    if made.parsed.incomplete {
        out.push_str("(incomplete)\n");
    }
    out
}

/// One line per function with variables: `name^` captured, `#` boxed, `?` may be unset, `!` constant.
fn scopes(resolved: &Resolved) -> String {
    let mut out = String::new();
    for (i, unit) in resolved.units.iter().enumerate() {
        scope(&mut out, &format!("unit {i}"), unit);
    }
    for scope_of in resolved.functions.iter().flatten() {
        scope(&mut out, "fn", scope_of);
    }
    out
}

fn scope(out: &mut String, title: &str, scope: &FnScope) {
    if scope.locals.is_empty() && scope.upvalues.is_empty() {
        return;
    }
    let mark = |on: bool, mark: &'static str| if on { mark } else { "" };
    out.push_str(title);
    out.push_str(mark(scope.yields, " yields"));
    out.push(':');
    for local in &scope.locals {
        let name = if local.name.is_empty() { "(…)" } else { &*local.name };
        let marks = [mark(local.is_const, "!"), mark(local.captured, "^"), mark(local.boxed, "#"), mark(local.may_be_unset, "?")];
        let _ = write!(out, " {name}{}", marks.concat());
    }
    if !scope.upvalues.is_empty() {
        out.push_str(" <-");
    }
    for upvalue in &scope.upvalues {
        let marks = [mark(upvalue.is_const, "!"), mark(upvalue.boxed, "#"), mark(upvalue.may_be_unset, "?")];
        let _ = write!(out, " {}{} {:?}", upvalue.name, marks.concat(), upvalue.source);
    }
    out.push('\n');
}

fn outline(made: &Made) -> String {
    let outline = lang::outline(&made.source, &made.parsed.file, &made.resolved);
    let mut out = String::new();
    for Definition { kind, name, doc, signature, was, uses, .. } in &outline.definitions {
        let _ = write!(out, "{} {}: {signature}", kind.text(), name.name);
        if let Some(was) = was {
            let _ = write!(out, " was {}", was.name);
        }
        if let Some(doc) = doc {
            let _ = write!(out, " doc {doc:?}");
        }
        uses_text(&mut out, uses);
    }
    for Statement { kind, occurrence, uses, .. } in &outline.statements {
        let _ = write!(out, "{kind:?} #{occurrence}");
        uses_text(&mut out, uses);
    }
    for import in &outline.imports {
        let _ = writeln!(out, "import #{}", import.occurrence);
    }
    out
}

fn uses_text(out: &mut String, uses: &Uses) {
    let names: Vec<String> = uses.names.iter().map(|name| name.to_string()).collect();
    let imports: Vec<String> = uses
        .imports
        .iter()
        .map(|used| format!("{}:{}", used.import.0, used.name.as_ref().map_or("(namespace)", |name| name)))
        .collect();
    let assigned: Vec<String> = uses.assigned.iter().map(|name| format!("{name}=")).collect();
    let all = [names, assigned, imports].concat();
    if !all.is_empty() {
        let _ = write!(out, " uses {}", all.join(" "));
    }
    out.push('\n');
}

fn highlighted(made: &Made) -> String {
    let mut out = String::new();
    for (span, class) in highlight(made.source.text()) {
        let _ = writeln!(out, "{class:?} {:?}", made.source.slice(span));
    }
    out
}

#[test]
fn golden() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut failures = String::new();
    for path in files() {
        let text = std::fs::read_to_string(&path).expect("cases are UTF-8");
        let header: String = text.split_inclusive('\n').take_while(|line| !line.starts_with("#- ")).collect();
        let mut rewritten = header;
        for mut case in read(&text) {
            let made = make(&case.source);
            if !case.sections.iter().any(|(name, _)| name == "diagnostics") && !diagnostics(&made).is_empty() {
                case.sections.push(("diagnostics".into(), String::new()));
            }
            let _ = write!(rewritten, "#- case {}\n{}", case.title, case.source);
            for (name, expected) in &case.sections {
                let actual = section(&made, name);
                if actual.trim_end() != expected.trim_end() {
                    let _ = writeln!(
                        failures,
                        "── {} / {} / {name}\n{}expected:\n{expected}\nactual:\n{actual}",
                        path.display(),
                        case.title,
                        case.source
                    );
                }
                let _ = write!(rewritten, "#- {name}\n{actual}");
            }
            rewritten.push('\n');
        }
        if update {
            std::fs::write(&path, format!("{}\n", rewritten.trim_end())).expect("cases can be written");
        }
    }
    assert!(update || failures.is_empty(), "{failures}");
}

#[test]
fn every_code_has_a_case() {
    let all: String = files().iter().map(|path| std::fs::read_to_string(path).expect("cases are UTF-8")).collect();
    let missing: Vec<&str> = lang::codes::ALL.iter().map(|code| code.id).filter(|id| !all.contains(&format!("[{id}]:"))).collect();
    // The size limit cannot be a case: it would be a text of 256 MB. The others are what only a check of a program tells; their cases
    // are in `tests/cases/check`.
    assert_eq!(missing, ["E0129", "W0007", "W0008", "W0009", "W0010", "W0011"], "codes without a case");
}

#[test]
fn codes_are_in_order() {
    let ids: Vec<&str> = lang::codes::ALL.iter().map(|code| code.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    for code in lang::codes::ALL {
        assert!(lang::codes::find(code.id).is_some_and(|found| std::ptr::eq(found, *code)));
        assert!(!code.title.is_empty() && !code.explanation.is_empty(), "{}", code.id);
        assert_eq!(code.id.starts_with('W'), code.severity == lang::diagnostic::Severity::Warning, "{}", code.id);
    }
}
