//! The states that a name can be in, and the texts that a file can have next, for the table of decisions.

use super::Program;

/// What is defined under the name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    Let,
    Const,
    Once,
    Function,
    Class,
    Enum,
}

use Kind::{Class, Const, Enum, Function, Let, Once};

impl Kind {
    pub(super) const ALL: [Kind; 6] = [Let, Const, Once, Function, Class, Enum];

    pub(super) fn text(self) -> &'static str {
        match self {
            Let => "let",
            Const => "const",
            Once => "once",
            Function => "fn",
            Class => "class",
            Enum => "enum",
        }
    }

    pub(super) fn is_value(self) -> bool {
        matches!(self, Let | Const | Once)
    }

    /// A definition that gives 1, 2 and so on; `was` is the name that it had before.
    pub(super) fn definition(self, name: &str, was: Option<&str>, number: u32) -> String {
        let was = was.map_or_else(String::new, |was| format!(" was {was}"));
        match self {
            Let | Const | Once => format!("{} {name}{was} = {number}", self.text()),
            Function => format!("fn {name}(){was} {{ {number} }}"),
            Class => format!("class {name}{was} {{ fn hi() {{ {number} }} }}"),
            Enum => format!("enum {name}{was} {{ A; fn hi() {{ {number} }} }}"),
        }
    }

    /// What gives the number, of a definition that can be reached so.
    pub(super) fn number_of(self, reached: &str) -> String {
        match self {
            Let | Const | Once => reached.to_owned(),
            Function => format!("{reached}()"),
            Class => format!("{reached}().hi()"),
            Enum => format!("{reached}.A.hi()"),
        }
    }

    /// A thing that somebody holds: the function, an instance, a value.
    pub(super) fn held(self, reached: &str) -> Option<String> {
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
pub(super) enum State {
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
    pub(super) const ALL: [State; 18] = [
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

    pub(super) fn text(self) -> &'static str {
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
    pub(super) fn has(self, kind: Kind) -> bool {
        match self {
            // A `const` cannot be assigned.
            State::Touched | State::LeakedTouched => matches!(kind, Let | Once),
            State::OfHost | State::Locked => matches!(kind, Let | Function),
            _ => true,
        }
    }

    /// Brings a program into the state. `base` is what `f.lang` has beside the name.
    pub(super) fn enter(self, kind: Kind) -> Program {
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
pub(super) const F: &str = "namespace n\nfn f() { 0 }\n";

/// What `g.lang` has beside the name.
pub(super) const G: &str = "namespace n\nfn g() { 0 }\n";

/// What `f.lang` says in its new text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Text {
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
    pub(super) fn all(kind: Kind, state: State) -> Vec<Text> {
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
    pub(super) fn text(self) -> &'static str {
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
    pub(super) fn file(self, kind: Kind, state: State) -> Option<String> {
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
