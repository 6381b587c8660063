//! The commands of a session that is attached to a program: lines that begin with `:`, as in a session of one's own, become requests.

use crate::command::{Attached, COMMANDS, Command, listed, named, parts, unknown};
use vm::session::Request;

/// What a command leads to.
#[derive(PartialEq, Debug)]
pub enum Asked {
    /// The program is asked.
    Request(Request),
    /// The text of a definition is shown.
    Source(Request),
    /// The class of a value is shown.
    Class(Request),
    /// Text is evaluated, and how long that takes is shown.
    Time(String),
    /// A call of a stopped program is chosen and shown.
    Frame(usize),
    /// The commands are shown.
    Help,
    /// Many lines are one input.
    Paste,
    /// The end of the session.
    Quit,
    /// What is wrong with the command.
    Wrong(String),
}

const ABOUT: &str = "\
Anything else is evaluated in the program; `_` is the last value, `_1` the
first, `_e` the last error. Ctrl-C stops what is evaluated, or clears the line.
Ctrl-D ends the session, and the program goes on.
";

fn all() -> impl Iterator<Item = &'static Command> {
    COMMANDS.iter().filter(|command| matches!(command.attached, Attached::Asks(_)))
}

/// The commands as a list.
pub fn help() -> String {
    listed(all()) + ABOUT
}

/// The names of commands that begin so.
pub fn names(start: &str) -> Vec<String> {
    all().map(|command| command.name).filter(|name| name.starts_with(start)).map(str::to_owned).collect()
}

/// What a line that is a command asks. `call` is the call that is looked at in a stopped program.
pub fn asked(line: &str, call: usize) -> Asked {
    let (name, argument) = parts(line);
    let Some(Command { name, argument: needed, attached, .. }) = named(name) else {
        return Asked::Wrong(unknown(name, all().map(|command| command.name)));
    };
    match attached {
        Attached::Elsewhere(why) => Asked::Wrong(format!("there is no `:{name}` here: {why}")),
        Attached::Asks(_) if argument.is_empty() && !needed.is_empty() && !needed.starts_with('[') => {
            Asked::Wrong(format!("write `:{name} {needed}`"))
        }
        Attached::Asks(ask) => ask(argument, call),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vm::session::RestartKind;

    #[test]
    fn commands_become_requests() {
        let who = |name: &str| Asked::Request(Request::Who { name: name.into() });
        assert_eq!(asked(":who pay", 0), who("pay"));
        assert_eq!(asked(" : who  bank.pay ", 0), who("bank.pay"));
        assert_eq!(asked("?pay", 0), Asked::Request(Request::LookUp { name: "pay".into(), file: None }));
        assert_eq!(asked(":undo", 0), Asked::Request(Request::Undo));
        assert_eq!(
            asked(":inspect [1][2]", 0),
            Asked::Request(Request::Inspect { what: String::new(), path: vec![1, 2], from: 0 })
        );
        let using = Request::Restart { how: RestartKind::Use, call: Some(2), code: "1 + 1".into() };
        assert_eq!(asked(":use 1 + 1", 2), Asked::Request(using));
        assert_eq!(asked(":frame 3", 0), Asked::Frame(3));
        assert_eq!(asked(":frame", 2), Asked::Frame(2));
        assert_eq!(asked(":locals", 2), Asked::Request(Request::Locals { call: 2 }));
        assert_eq!(asked(":migrate bank.Till", 0), Asked::Request(Request::Migrate { class: "bank.Till".into() }));
        assert_eq!(asked(":q", 0), Asked::Quit);
        for (line, wrong) in [
            (":who", "write `:who NAME`"),
            (":undu", "did you mean `:undo`?"),
            (":save x", "there is no `:save` here"),
            (":frame x", "`x` is no number"),
        ] {
            let Asked::Wrong(message) = asked(line, 0) else { panic!("{line}") };
            assert!(message.contains(wrong), "{line}: {message}");
        }
    }

    #[test]
    fn help_fits_the_screen() {
        assert!(help().lines().all(|line| line.chars().count() < 80), "{}", help());
    }
}
