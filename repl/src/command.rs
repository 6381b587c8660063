//! Commands of the session: lines that begin with `:`, and questions such as `?name`.

use crate::attach::Asked;
use crate::cells;
use crate::changes;
use crate::command::Attached::{Asks, Elsewhere};
use crate::describe;
use crate::diagnostics::Report as Style;
use crate::edit;
use crate::engine::note_warnings;
use crate::host::is_program_text;
use crate::output::output;
use crate::session::Session;
use crate::stop;
use crate::summary::{self, Program};
use std::fmt::Write as _;
use std::path::Path;
use vm::ops::suggestion;
use vm::session::{self, Request, RestartKind};

/// A command.
#[derive(Debug)]
pub struct Command {
    /// Its name without the `:`.
    pub name: &'static str,
    /// What it takes.
    pub argument: &'static str,
    /// What it does.
    pub help: &'static str,
    run: fn(&mut Session, &str) -> Next,
    /// What it does in a session that is attached to a program.
    pub attached: Attached,
}

/// What a command does in a session that is attached to a program.
#[derive(Debug)]
pub enum Attached {
    /// What it leads to, with its argument and the call that is looked at in a stopped program.
    Asks(fn(&str, usize) -> Asked),
    /// It has no sense there; what has instead.
    Elsewhere(&'static str),
}

/// What follows a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// The next input.
    Input,
    /// An input of many lines.
    Paste,
    /// The end of the session.
    Quit,
    /// The program has ended itself, with this status.
    Exit(i32),
}

/// A command about calls that have stopped.
macro_rules! of_stop {
    ($number:literal, $name:literal, $asks:expr) => {
        Command {
            name: $name,
            argument: stop::COMMANDS[$number].1,
            help: stop::COMMANDS[$number].2,
            run: |session, argument| stop::in_session(session, $name, argument),
            attached: Asks($asks),
        }
    };
}

/// What shows what a function of the session's core tells.
macro_rules! told {
    ($tell:path) => {
        |session, argument| describe::tell(session, |vm, core| $tell(vm, core, argument))
    };
}

/// What asks the program, with the argument or without.
macro_rules! asks {
    (|$argument:ident| $request:expr) => {
        Asks(|$argument, _| {
            let $argument = $argument.to_owned();
            Asked::Request($request)
        })
    };
    ($request:expr) => {
        Asks(|_, _| Asked::Request($request))
    };
}

type Run = fn(&mut Session, &str) -> Next;

const fn command(name: &'static str, argument: &'static str, help: &'static str, run: Run, attached: Attached) -> Command {
    Command { name, argument, help, run, attached }
}

/// All commands. In a session of one's own they are carried out, in one that is attached to a program most of them ask it.
pub const COMMANDS: &[Command] = &[
    command("help", "", "lists the commands", help, Asks(|_, _| Asked::Help)),
    command(
        "doc",
        "NAME",
        "tells what something is, as `?NAME` does",
        told!(session::doc),
        asks!(|name| Request::LookUp { name, file: None }),
    ),
    command(
        "source",
        "NAME",
        "shows its text, as `??NAME` does",
        told!(session::source),
        Asks(|name, _| Asked::Source(Request::LookUp { name: name.to_owned(), file: None })),
    ),
    command(
        "type",
        "TEXT",
        "shows the class of its value",
        told!(session::type_of),
        Asks(|what, _| Asked::Class(Request::Inspect { what: what.to_owned(), path: Vec::new(), from: 0 })),
    ),
    command(
        "ls",
        "[WHAT]",
        "lists what is defined, or is in a namespace or value",
        told!(session::ls),
        asks!(|what| Request::List { what }),
    ),
    command(
        "ns",
        "[NAME]",
        "lists the namespaces, or has what is typed belong to one",
        told!(session::namespace),
        asks!(|name| Request::Namespace { name }),
    ),
    command("who", "NAME", "lists who mentions it", told!(session::who), asks!(|name| Request::Who { name })),
    command("inspect", "[TEXT]", "shows a value and its parts; `:inspect [0][2]` goes into them", describe::inspect, Asks(inspect)),
    command(
        "trace",
        "[NAME]",
        "prints its calls with arguments and values",
        |s, a| describe::trace(s, a, true),
        asks!(|name| Request::Trace { name, on: true }),
    ),
    command("untrace", "NAME", "ends that", |s, a| describe::trace(s, a, false), asks!(|name| Request::Trace { name, on: false })),
    command(
        "instances",
        "CLASS",
        "counts and shows its instances",
        told!(session::instances),
        asks!(|class| Request::Instances { class }),
    ),
    command(
        "migrate",
        "CLASS",
        "brings its instances to its newest layout now",
        told!(session::migrate),
        asks!(|class| Request::Migrate { class }),
    ),
    command(
        "disasm",
        "NAME",
        "shows what a function is compiled to",
        told!(session::disassembly),
        asks!(|name| Request::Disassemble { name }),
    ),
    command(
        "threads",
        "",
        "lists tasks and fibers, and where each stands",
        |s, _| describe::tell(s, |vm, _| Ok(session::threads(vm))),
        asks!(Request::Threads),
    ),
    command("time", "TEXT", "evaluates, and shows how long it takes", describe::time, Asks(|code, _| Asked::Time(code.to_owned()))),
    command("paste", "", "reads lines up to Ctrl-D as one input", |_, _| Next::Paste, Asks(|_, _| Asked::Paste)),
    command("write", "FILE", "writes what was typed as a program; `:write!` overwrites", describe::write_program, WRITING),
    command("save", "FILE", "does the same", describe::write_program, WRITING),
    command("load", "FILE", "loads a file and imports its namespace", load, LOADING),
    command(
        "edit",
        "NAME",
        "opens your editor where it is written, then reloads the file",
        edit::edit,
        Elsewhere("edit the file of the program, and save it; `:why NAME` tells which it is"),
    ),
    command("cells", "FILE", "lists the cells of a file, between lines `# %%`", cells::list, CELLS),
    command("cell", "N", "evaluates one of them, as the file is now", cells::evaluate, CELLS),
    command(
        "reload",
        "[FILE]",
        "brings a file, or all, to what is on the disk",
        reload,
        asks!(|file| Request::Reload { file: given(file) }),
    ),
    command("plan", "[FILE]", "shows what `:reload` would do", changes::plan, asks!(|file| Request::Plan { file: given(file) })),
    command("undo", "", "takes the last commit back", changes::undo, asks!(Request::Undo)),
    command("redo", "", "makes the commit again that was taken back last", changes::redo, asks!(Request::Redo)),
    command("why", "NAME", "tells where a definition comes from", told!(session::why), asks!(|name| Request::Why { name })),
    command(
        "history",
        "NAME",
        "shows the versions of a definition",
        told!(session::history),
        asks!(|name| Request::History { name }),
    ),
    command(
        "leaks",
        "",
        "lists what no file defines any more, and who uses it",
        |s, _| describe::tell(s, |vm, _| Ok(session::leaks(vm))),
        asks!(Request::Leaks),
    ),
    command(
        "drift",
        "",
        "lists what a cold start would make otherwise",
        |s, _| describe::tell(s, |vm, core| Ok(session::drift(vm, core))),
        asks!(Request::Drift),
    ),
    of_stop!(0, "bt", |_, _| Asked::Request(Request::Stopped)),
    of_stop!(1, "frame", |number, call| numbered(number, |number| Asked::Frame(number.unwrap_or(call)))),
    of_stop!(2, "locals", |_, call| Asked::Request(Request::Locals { call })),
    of_stop!(3, "eval", |code, call| Asked::Request(Request::EvaluateInCall { call, code: code.to_owned() })),
    of_stop!(4, "retry", |number, _| numbered(number, |call| restart(RestartKind::Retry, call, ""))),
    of_stop!(5, "use", |code, call| restart(RestartKind::Use, Some(call), code)),
    of_stop!(6, "define", |code, _| restart(RestartKind::Define, None, code)),
    of_stop!(7, "continue", |_, call| restart(RestartKind::Continue, Some(call), "")),
    of_stop!(8, "abort", |_, _| restart(RestartKind::Abort, None, "")),
    command("quit", "", "ends the session", quit, Asks(|_, _| Asked::Quit)),
];

const WRITING: Attached =
    Elsewhere("what is typed stays in the program until it ends; put it into a file of the program to keep it");

const LOADING: Attached =
    Elsewhere("the program decides what it loads; `:reload FILE` brings a loaded file to what is on the disk");

const CELLS: Attached = Elsewhere("editors evaluate cells in the program, with `lang lsp`");

const ABOUT: &str = "\
Anything else is evaluated; `_` is the last value, `_1` the first, `_e` the
last error. Ctrl-C stops what runs, or clears the line. Ctrl-D ends.
";

/// Whether an input is a command: it begins with `:`, or is a question such as `?name`.
pub fn is_command(text: &str) -> bool {
    text.trim_start().starts_with([':', '?']) || describe::question(text).is_some()
}

/// Carries out a command.
pub fn execute(session: &mut Session, line: &str) -> Next {
    let (name, argument) = parts(line);
    match named(name) {
        Some(command) => (command.run)(session, argument),
        None => complain(&unknown(name, COMMANDS.iter().map(|command| command.name))),
    }
}

/// The name of the command that a line is, and what stands behind it. A `!` behind the name belongs to that.
pub fn parts(line: &str) -> (&str, &str) {
    let (name, argument) = describe::question(line).unwrap_or_else(|| {
        let line = line.trim().trim_start_matches(':').trim_start();
        line.split_at(line.find(|c: char| c == '!' || c.is_whitespace()).unwrap_or(line.len()))
    });
    (name, argument.trim())
}

/// What is said about a name that is none of these.
pub fn unknown(name: &str, names: impl Iterator<Item = &'static str>) -> String {
    let hint = suggestion(name, names).replace('`', "`:").replace("`:?", "`?");
    format!("there is no command `:{name}`{hint} (`:help` lists them)")
}

/// The command of this name, or the only one whose name begins so.
pub fn named(name: &str) -> Option<&'static Command> {
    let mut fitting = COMMANDS.iter().filter(|command| command.name.starts_with(name));
    let exact = COMMANDS.iter().find(|command| command.name == name);
    exact.or_else(|| if name.is_empty() { None } else { fitting.next().filter(|_| fitting.next().is_none()) })
}

/// What somebody means who types a word that stands for a command elsewhere.
pub fn meant(session: &mut Session, text: &str) -> Option<&'static str> {
    let word = text.trim().trim_end_matches("()");
    let message = match word {
        "help" => "`:help` lists the commands",
        "quit" | "q" => "`:quit` ends the session, and so does Ctrl-D",
        // The function of this name does it, too.
        "exit" if !text.contains('(') => "`:quit` or `exit()` ends the session, and so does Ctrl-D",
        _ => return None,
    };
    (!session.defines(word)).then_some(message)
}

/// Says why a command does nothing.
pub fn complain(message: &str) -> Next {
    output().note(&Style::for_stderr().failure(message));
    Next::Input
}

/// Shows what a command is asked for.
pub fn write(text: &str) -> Next {
    let _ = output().write(text);
    Next::Input
}

fn help(_: &mut Session, _: &str) -> Next {
    write(&(listed(COMMANDS.iter()) + ABOUT))
}

/// Commands with what they do, on a line each.
pub fn listed<'a>(commands: impl Iterator<Item = &'a Command>) -> String {
    let mut out = String::new();
    for command in commands {
        let usage = format!(":{} {}", command.name, command.argument);
        let _ = writeln!(out, "{usage:<17} {}", command.help);
    }
    out
}

fn load(session: &mut Session, path: &str) -> Next {
    if path.is_empty() {
        return complain("write `:load FILE`");
    }
    let path = &with_ending(path);
    if let Err(error) = crate::host::read(path) {
        return complain(&format!("cannot read `{path}`: {}", crate::engine::plain(&error)));
    }
    let (report, name) = session.load(path);
    if report.ok {
        let known = name.map_or(String::new(), |name| format!("; it is imported as `{name}`"));
        let what = if report.committed { "loaded" } else { "unchanged" };
        output().note(&format!("{what} `{path}`{known}"));
        note_warnings(&report.warnings);
    } else {
        output().note(&summary::refusal(&report, Style::for_stderr()));
    }
    Next::Input
}

/// The path of the file that is meant; the ending of programs may be left out.
pub fn with_ending(path: &str) -> String {
    if path.is_empty() || Path::new(path).exists() || is_program_text(path) { path.to_owned() } else { format!("{path}.lang") }
}

/// `:reload [FILE]`
pub fn reload(session: &mut Session, path: &str) -> Next {
    match session.reload(&with_ending(path)) {
        Ok(report) => {
            output().note(&summary::of_reload(&report, Program::Runs, Style::for_stderr()));
            Next::Input
        }
        Err(message) => complain(&message),
    }
}

fn quit(_: &mut Session, _: &str) -> Next {
    Next::Quit
}

/// A part that may be left out.
fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn inspect(text: &str, _: usize) -> Asked {
    let (what, path) = describe::way(text);
    Asked::Request(Request::Inspect { what: what.to_owned(), path, from: 0 })
}

fn restart(how: RestartKind, call: Option<usize>, code: &str) -> Asked {
    Asked::Request(Request::Restart { how, call, code: code.to_owned() })
}

/// What is asked with the number of a call, which may be left out.
fn numbered(text: &str, ask: impl FnOnce(Option<usize>) -> Asked) -> Asked {
    match text.parse() {
        Ok(number) => ask(Some(number)),
        Err(_) if text.is_empty() => ask(None),
        Err(_) => Asked::Wrong(format!("`{text}` is no number of a call; `:bt` lists them")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_is_told_from_others_and_on_one_line() {
        for (at, command) in COMMANDS.iter().enumerate() {
            assert!(COMMANDS.iter().skip(at + 1).all(|other| other.name != command.name), "{}", command.name);
        }
        for line in (listed(COMMANDS.iter()) + ABOUT).lines() {
            assert!(line.chars().count() < 80, "{line}");
        }
    }

    #[test]
    fn a_line_has_a_name_and_an_argument() {
        assert_eq!(parts(" : who  bank.pay "), ("who", "bank.pay"));
        assert_eq!(parts(":write! a.lang"), ("write", "! a.lang"));
        assert_eq!(parts(":undo"), ("undo", ""));
        assert_eq!(parts("bank.pay?"), ("doc", "bank.pay"));
    }
}
