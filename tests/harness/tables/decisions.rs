//! The decision table of deletion, leaks, moves and renames: what a new text of a file does to one name, for every state the name can be
//! in, every kind of definition, both modes and both policies. Each cell is a program that is loaded, brought into the state and edited.

use super::Program;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use vm::reload::{Entry, FileText, Mode, Policy, ReloadOptions, Replace, Report};

/// What is defined under the name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Let,
    Const,
    Once,
    Function,
    Class,
    Enum,
}

use Kind::{Class, Const, Enum, Function, Let, Once};

impl Kind {
    const ALL: [Kind; 6] = [Let, Const, Once, Function, Class, Enum];

    fn text(self) -> &'static str {
        match self {
            Let => "let",
            Const => "const",
            Once => "once",
            Function => "fn",
            Class => "class",
            Enum => "enum",
        }
    }

    fn is_value(self) -> bool {
        matches!(self, Let | Const | Once)
    }

    /// A definition that gives 1, 2 and so on; `was` is the name that it had before.
    fn definition(self, name: &str, was: Option<&str>, number: u32) -> String {
        let was = was.map_or_else(String::new, |was| format!(" was {was}"));
        match self {
            Let | Const | Once => format!("{} {name}{was} = {number}", self.text()),
            Function => format!("fn {name}(){was} {{ {number} }}"),
            Class => format!("class {name}{was} {{ fn hi() {{ {number} }} }}"),
            Enum => format!("enum {name}{was} {{ A; fn hi() {{ {number} }} }}"),
        }
    }

    /// What gives the number, of a definition that can be reached so.
    fn number_of(self, reached: &str) -> String {
        match self {
            Let | Const | Once => reached.to_owned(),
            Function => format!("{reached}()"),
            Class => format!("{reached}().hi()"),
            Enum => format!("{reached}.A.hi()"),
        }
    }

    /// A thing that somebody holds: the function, an instance, a value.
    fn held(self, reached: &str) -> Option<String> {
        match self {
            Let | Const | Once => None,
            Function => Some(reached.to_owned()),
            Class => Some(format!("{reached}()")),
            Enum => Some(format!("{reached}.A")),
        }
    }
}

/// The state of the name `n.x` when `f.lang` gets another text. `g.lang` contributes to the namespace, too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Nobody has ever defined it.
    Absent,
    /// `f.lang` defines it.
    Defined,
    /// `f.lang` defines it, and the program has assigned it.
    Touched,
    /// `f.lang` no longer defines it, and nothing uses it.
    Leaked,
    /// `f.lang` no longer defines it, and something holds it.
    LeakedHeld,
    /// `f.lang` no longer defines it, the program had assigned it.
    LeakedTouched,
    /// `f.lang` no longer defines it, nothing has used it, and it has ended.
    LeakEnded,
    /// `g.lang` no longer defines it, and something holds it.
    LeakedByOther,
    /// `g.lang` defines it.
    OfOther,
    /// `g.lang` defines it and loses it in the same edit.
    GivenUpByOther,
    /// `f.lang` defined it, and `g.lang` has taken it over.
    MovedToOther,
    /// `f.lang` defined it, and it has moved to the namespace of another file.
    MovedAway,
    /// `f.lang` defined it and calls it `y` now.
    RenamedAway,
    /// `f.lang` defined `y`, which has left, and defines this one.
    BesideALeak,
    /// It was evaluated in a session.
    OfSession,
    /// It was evaluated in a session after `f.lang` had defined it.
    Evaluated,
    /// The host has defined it.
    OfHost,
    /// `f.lang` defines it, and the host has locked the namespace since.
    Locked,
}

impl State {
    const ALL: [State; 18] = [
        State::Absent,
        State::Defined,
        State::Touched,
        State::Leaked,
        State::LeakedHeld,
        State::LeakedTouched,
        State::LeakEnded,
        State::LeakedByOther,
        State::OfOther,
        State::GivenUpByOther,
        State::MovedToOther,
        State::MovedAway,
        State::RenamedAway,
        State::BesideALeak,
        State::OfSession,
        State::Evaluated,
        State::OfHost,
        State::Locked,
    ];

    fn text(self) -> &'static str {
        match self {
            State::Absent => "nobody has defined x",
            State::Defined => "f defines x",
            State::Touched => "f defines x, and the program has assigned it 7",
            State::Leaked => "x is a leak of f that nothing uses",
            State::LeakedHeld => "x is a leak of f, and something holds it",
            State::LeakedTouched => "x is a leak of f, and the program has assigned it 7",
            State::LeakEnded => "x was a leak of f and has ended",
            State::LeakedByOther => "x is a leak of g, and something holds it",
            State::OfOther => "g defines x",
            State::GivenUpByOther => "g defines x, and loses it in the same edit",
            State::MovedToOther => "x has moved from f to g",
            State::MovedAway => "x has moved from f to another namespace",
            State::RenamedAway => "f has renamed x, which is y now",
            State::BesideALeak => "f defines x, and y is a leak of f",
            State::OfSession => "x was evaluated in a session",
            State::Evaluated => "f defines x, and a session has evaluated x as 5",
            State::OfHost => "the host has defined x",
            State::Locked => "f defines x, and the host has locked the namespace",
        }
    }

    /// Whether there are definitions of this kind in this state.
    fn has(self, kind: Kind) -> bool {
        match self {
            // A `const` cannot be assigned.
            State::Touched | State::LeakedTouched => matches!(kind, Let | Once),
            State::OfHost | State::Locked => matches!(kind, Let | Function),
            _ => true,
        }
    }

    /// Brings a program into the state. `base` is what `f.lang` has beside the name.
    fn enter(self, kind: Kind) -> Program {
        let defined = kind.definition("x", None, 1);
        let first = |in_f: &str, in_g: &str| {
            let mut program = Program::new(&[("f.lang", &format!("{F}{in_f}\n")), ("g.lang", &format!("{G}{in_g}\n"))]);
            program.run("import n");
            program
        };
        let f = |program: &mut Program, text: &str| drop(program.load(&[("f.lang", &format!("{F}{text}\n"))]));
        let is_held = !matches!(self, State::Absent | State::Leaked | State::LeakEnded);
        let hold = |program: &mut Program| {
            if let Some(held) = kind.held("n.x").filter(|_| is_held) {
                program.run(&format!("let held = {held}"));
            }
        };
        let mut program = match self {
            State::Absent => first("", ""),
            State::LeakedByOther | State::OfOther | State::GivenUpByOther => first("", &defined),
            State::BesideALeak => first(&kind.definition("y", None, 1), ""),
            State::OfSession | State::OfHost => first("", ""),
            _ => first(&defined, ""),
        };
        match self {
            State::Absent => {}
            State::BesideALeak => {
                program.run(&kind.held("n.y").map_or_else(String::new, |held| format!("let held_y = {held}")));
                f(&mut program, &kind.definition("x", None, 1));
            }
            State::Locked => program.vm.lock_namespace("n", true),
            State::OfHost if kind == Let => program.vm.define_value("n", "x", 1_i64),
            State::OfHost => program.vm.define_function("n", "x", || 1_i64),
            State::OfSession => program.evaluate("n", &defined),
            State::Evaluated => program.evaluate("n", &kind.definition("x", None, 5)),
            State::Touched | State::LeakedTouched => program.run("n.x = 7"),
            _ => {}
        }
        hold(&mut program);
        match self {
            State::Leaked | State::LeakedHeld | State::LeakedTouched => f(&mut program, ""),
            State::LeakEnded => {
                f(&mut program, "");
                assert_eq!(program.vm.release_leaks(), ["n.x"]);
            }
            State::LeakedByOther => drop(program.load(&[("g.lang", G)])),
            State::MovedToOther => {
                let report = program.load(&[("f.lang", F), ("g.lang", &format!("{G}{defined}\n"))]);
                assert_eq!(report.moved.len(), 1, "{report}");
            }
            State::MovedAway => {
                let report = program.load(&[("f.lang", F), ("h.lang", &format!("namespace o\n{defined}\n"))]);
                assert_eq!(report.moved.len(), 1, "{report}");
            }
            State::RenamedAway => f(&mut program, &kind.definition("y", Some("x"), 1)),
            _ => {}
        }
        program
    }
}

/// What `f.lang` has beside the name.
const F: &str = "namespace n\nfn f() { 0 }\n";

/// What `g.lang` has beside the name.
const G: &str = "namespace n\nfn g() { 0 }\n";

/// What `f.lang` says in its new text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Text {
    Nothing,
    Gone,
    Same,
    Changed,
    /// Another one of `let`, `const` and `once`.
    OtherWord(Kind),
    OtherKind(Kind),
    /// As `OtherKind`, and the edit asks for the replacement.
    Replaced(Kind),
    /// `y was x`.
    Renamed,
    /// `x was y`.
    RenamedBack,
}

impl Text {
    /// The new texts that differ for a kind in a state.
    fn all(kind: Kind, state: State) -> Vec<Text> {
        let mut all = vec![Text::Nothing, Text::Gone, Text::Same, Text::Changed];
        if kind.is_value() {
            all.extend([Let, Const, Once].into_iter().filter(|other| *other != kind).map(Text::OtherWord));
        }
        let other = match kind {
            Let | Const | Once => Function,
            Function => Class,
            Class => Enum,
            Enum => Let,
        };
        all.extend([Text::OtherKind(other), Text::Replaced(other), Text::Renamed]);
        if matches!(state, State::RenamedAway | State::BesideALeak) {
            all.push(Text::RenamedBack);
        }
        all
    }

    /// What it is called in the table: one line for all kinds.
    fn text(self) -> &'static str {
        match self {
            Text::OtherWord(Let) => "the same value as `let`",
            Text::OtherWord(Const) => "the same value as `const`",
            Text::OtherWord(_) => "the same value as `once`",
            Text::Nothing => "does not define it",
            Text::Gone => "the file is gone",
            Text::Same => "the same definition",
            Text::Changed => "the same kind, other text",
            Text::OtherKind(_) => "another kind",
            Text::Replaced(_) => "another kind, with `replace`",
            Text::Renamed => "`y was x`",
            Text::RenamedBack => "`x was y`",
        }
    }

    /// The text of `f.lang`; `None` if it is gone.
    fn file(self, kind: Kind, state: State) -> Option<String> {
        let own = match self {
            Text::Gone => return None,
            Text::Nothing => String::new(),
            Text::Same => kind.definition("x", None, 1),
            Text::Changed => kind.definition("x", None, 2),
            Text::OtherWord(other) => other.definition("x", None, 1),
            Text::OtherKind(other) | Text::Replaced(other) => other.definition("x", None, 3),
            Text::Renamed => kind.definition("y", Some("x"), 1),
            Text::RenamedBack => kind.definition("x", Some("y"), 1),
        };
        // What is called `y` now stays so where the text is about `x`.
        let keeps_y = state == State::RenamedAway && !matches!(self, Text::Nothing | Text::Renamed | Text::RenamedBack);
        let y = if keeps_y { kind.definition("y", Some("x"), 1) } else { String::new() };
        Some(format!("{F}{y}\n{own}\n"))
    }
}

/// Lists of a report, with what the table calls them.
const LISTS: [(&str, fn(&Report) -> &[Entry]); 10] = [
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
        let mut lines: Vec<(&str, Vec<(String, Vec<(Kind, Choice)>)>)> = Vec::new();
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
