//! The decision table of deletion, leaks, moves and renames: what a new text of a file does to one name, for every state the name can be
//! in, every kind of definition, both modes and both policies. Each cell is a program that is loaded, brought into the state and edited.

use super::Program;
use super::names::Kind::{Class, Enum, Function, Let};
use super::names::{G, Kind, State, Text};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use vm::reload::{Entry, FileText, Mode, Policy, ReloadOptions, Replace, Report};

/// A list of a report, with what the table calls it.
type List = (&'static str, fn(&Report) -> &[Entry]);

/// Those that definitions are in.
const LISTS: [List; 10] = [
    ("added", |report| &report.added),
    ("changed", |report| &report.changed),
    ("untouched", |report| &report.untouched),
    ("recomputed", |report| &report.recomputed),
    ("adopted", |report| &report.adopted),
    ("restored", |report| &report.restored),
    ("moved", |report| &report.moved),
    ("renamed", |report| &report.renamed),
    ("conflict", |report| &report.conflicts),
    ("leaked", |report| &report.leaked),
];

/// Mode and policy of an edit.
type Choice = (Mode, Policy);

const CHOICES: [Choice; 4] = [
    (Mode::Update, Policy::Adopt),
    (Mode::Update, Policy::Strict),
    (Mode::Overwrite, Policy::Adopt),
    (Mode::Overwrite, Policy::Strict),
];

/// What comes of edits, with the kinds and choices for which it does.
type Outcomes = Vec<(String, Vec<(Kind, Choice)>)>;

/// What comes of one edit.
fn outcome(kind: Kind, state: State, text: Text, (mode, policy): Choice) -> String {
    let mut program = state.enter(kind);
    let mut files = vec![FileText { path: "f.lang".to_owned(), text: text.file(kind, state) }];
    if state == State::GivenUpByOther {
        files.push(FileText { path: "g.lang".to_owned(), text: Some(G.to_owned()) });
    }
    let replace = if matches!(text, Text::Replaced(_)) { Replace::All } else { Replace::Nothing };
    let before = program.vm.state_digest();
    let report = program.vm.reload(files, &ReloadOptions { mode: Some(mode), policy, replace, ..ReloadOptions::default() });
    if !report.ok {
        let after = program.vm.state_digest();
        assert_eq!(before, after, "a refused edit has changed something: {kind:?} {state:?} {text:?} {mode:?} {policy:?}");
        let codes: Vec<&str> = report.reasons.iter().map(|reason| reason.code).collect();
        return format!("refused {}", codes.join(", "));
    }
    let mut parts = Vec::new();
    if !report.committed {
        parts.push("no commit".to_owned());
    }
    for name in ["x", "y"] {
        let is_meant = |entry: &Entry| entry.name == name && entry.namespace == "n";
        for (word, _) in LISTS.iter().filter(|(_, list)| list(&report).iter().any(is_meant)) {
            parts.push(if name == "x" { (*word).to_owned() } else { format!("y {word}") });
        }
    }
    if parts.is_empty() {
        parts.push("nothing".to_owned());
    }
    parts.extend(["x", "y"].into_iter().filter_map(|name| found(&mut program, kind, name)));
    parts.join("; ")
}

/// What a name means after an edit, and what becomes of those who held it.
fn found(program: &mut Program, kind: Kind, name: &str) -> Option<String> {
    let held = if name == "x" { "held" } else { "held_y" };
    let is_held = kind.held("").is_some() && program.vm.handle(&format!("main.{held}")).is_ok();
    let Some(origin) = program.vm.origin_of(&format!("n.{name}")) else {
        return (name == "x").then(|| "x is gone".to_owned());
    };
    let now = match origin.kind {
        "function" => Function,
        "class" => Class,
        "enum" => Enum,
        _ => Let,
    };
    let number: i64 = program.get(&now.number_of(&format!("n.{name}")));
    let file = match origin.file.as_deref() {
        None => "nobody",
        Some(file) if file.starts_with('<') => "a session",
        Some(file) => file.trim_end_matches(".lang"),
    };
    let mut text = match origin.state {
        "host" => format!("{name} = {number} of the host"),
        state => format!("{name} = {number}, {state} of {file}"),
    };
    if is_held {
        let gives: i64 = program.get(&if kind == Function { format!("{held}()") } else { format!("{held}.hi()") });
        let is_same: bool = match kind {
            Function => program.get(&format!("same({held}, n.{name})")),
            _ if now == Function || now == Let => false,
            _ => program.get(&format!("{held} is n.{name}")),
        };
        let _ = write!(text, ", who held it has {} and {gives}", if is_same { "the same" } else { "another" });
    }
    Some(text)
}

/// Kinds and choices for which the outcome is the same, in few words.
fn described(cells: &[(Kind, Choice)]) -> String {
    let mut groups: Vec<(Vec<Choice>, Vec<Kind>)> = Vec::new();
    let mut by_kind: BTreeMap<Kind, Vec<Choice>> = BTreeMap::new();
    for (kind, choice) in cells {
        let choices = by_kind.entry(*kind).or_default();
        if !choices.contains(choice) {
            choices.push(*choice);
        }
    }
    for (kind, choices) in by_kind {
        match groups.iter_mut().find(|(known, _)| *known == choices) {
            Some((_, kinds)) => kinds.push(kind),
            None => groups.push((choices, vec![kind])),
        }
    }
    let one = |(choices, kinds): &(Vec<Choice>, Vec<Kind>)| {
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.text()).collect();
        let words: Vec<(&'static str, &'static str)> =
            choices.iter().map(|choice| (choice.0.text(), policy_text(choice.1))).collect();
        let only = |pick: fn(&(&'static str, &'static str)) -> &'static str| {
            let first = pick(&words[0]);
            (words.len() == 2 && words.iter().all(|choice| pick(choice) == first)).then_some(first)
        };
        let choices = match only(|choice| choice.0).or(only(|choice| choice.1)) {
            _ if choices.len() == CHOICES.len() => String::new(),
            Some(word) => format!(" ({word})"),
            None => format!(" ({})", words.iter().map(|(mode, policy)| format!("{mode} {policy}")).collect::<Vec<_>>().join(", ")),
        };
        format!("{}{choices}", kinds.join(" "))
    };
    groups.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn policy_text(policy: Policy) -> &'static str {
    match policy {
        Policy::Adopt => "adopt",
        Policy::Strict => "strict",
    }
}

/// The table. Modes and policies are named only where they make a difference.
pub fn table() -> String {
    let mut out = String::new();
    for state in State::ALL {
        let _ = writeln!(out, "{}", state.text());
        let mut lines: Vec<(&str, Outcomes)> = Vec::new();
        for kind in Kind::ALL.into_iter().filter(|kind| state.has(*kind)) {
            for text in Text::all(kind, state) {
                let at = lines.iter().position(|(name, _)| *name == text.text()).unwrap_or_else(|| {
                    lines.push((text.text(), Vec::new()));
                    lines.len() - 1
                });
                for choice in CHOICES {
                    let outcome = outcome(kind, state, text, choice);
                    let outcomes = &mut lines[at].1;
                    match outcomes.iter_mut().find(|(known, _)| *known == outcome) {
                        Some((_, cells)) => cells.push((kind, choice)),
                        None => outcomes.push((outcome, vec![(kind, choice)])),
                    }
                }
            }
        }
        for (text, outcomes) in lines {
            let _ = writeln!(out, "  {text}");
            for (outcome, cells) in outcomes {
                let _ = writeln!(out, "    {:<34} {outcome}", described(&cells));
            }
        }
    }
    out
}
