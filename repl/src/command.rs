//! Commands of the session: lines that begin with `:`, and questions such as `?name`.

use crate::cells;
use crate::changes;
use crate::describe;
use crate::diagnostics::Report as Style;
use crate::engine::note_warnings;
use crate::host::is_program_text;
use crate::output::output;
use crate::session::Session;
use crate::stop;
use crate::summary::{self, Program};
use std::fmt::Write as _;
use std::path::Path;
use vm::ops::suggestion;
use vm::session;

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
    ($number:literal, $name:literal) => {
        Command {
            name: $name,
            argument: stop::COMMANDS[$number].1,
            help: stop::COMMANDS[$number].2,
            run: |session, argument| stop::in_session(session, $name, argument),
        }
    };
}

/// What shows what a function of the session's core tells.
macro_rules! told {
    ($tell:path) => {
        |session, argument| describe::tell(session, |vm, core| $tell(vm, core, argument))
    };
}

/// All commands.
pub const COMMANDS: &[Command] = &[
    Command { name: "help", argument: "", help: "lists the commands", run: help },
    Command { name: "doc", argument: "NAME", help: "tells what something is, as `?NAME` does", run: told!(session::doc) },
    Command { name: "source", argument: "NAME", help: "shows its text, as `??NAME` does", run: told!(session::source) },
    Command { name: "type", argument: "TEXT", help: "shows the class of its value", run: told!(session::type_of) },
    Command {
        name: "ls",
        argument: "[WHAT]",
        help: "lists what is defined, or is in a namespace or value",
        run: told!(session::ls),
    },
    Command { name: "who", argument: "NAME", help: "lists who mentions it", run: told!(session::who) },
    Command {
        name: "inspect",
        argument: "[TEXT]",
        help: "shows a value with its parts by numbers; `:inspect [0][2]` goes into them",
        run: describe::inspect,
    },
    Command {
        name: "trace",
        argument: "[NAME]",
        help: "prints its calls with arguments and values",
        run: |s, a| describe::trace(s, a, true),
    },
    Command { name: "untrace", argument: "NAME", help: "ends that", run: |s, a| describe::trace(s, a, false) },
    Command { name: "instances", argument: "CLASS", help: "counts and shows its instances", run: told!(session::instances) },
    Command { name: "time", argument: "TEXT", help: "evaluates, and shows how long it takes", run: describe::time },
    Command { name: "paste", argument: "", help: "reads lines up to Ctrl-D as one input", run: |_, _| Next::Paste },
    Command { name: "save", argument: "FILE", help: "writes what was typed as a program", run: describe::save },
    Command { name: "load", argument: "FILE", help: "loads a file and imports its namespace", run: load },
    Command { name: "cells", argument: "FILE", help: "lists the cells of a file, between lines `# %%`", run: cells::list },
    Command { name: "cell", argument: "N", help: "evaluates one of them, as the file is now", run: cells::evaluate },
    Command { name: "reload", argument: "[FILE]", help: "brings a file, or all, to what is on the disk", run: reload },
    Command { name: "plan", argument: "[FILE]", help: "shows what `:reload` would do", run: changes::plan },
    Command { name: "undo", argument: "", help: "takes the last commit back", run: changes::undo },
    Command { name: "redo", argument: "", help: "makes the commit again that was taken back last", run: changes::redo },
    Command { name: "why", argument: "NAME", help: "tells where a definition comes from", run: told!(session::why) },
    Command { name: "history", argument: "NAME", help: "shows the versions of a definition", run: told!(session::history) },
    Command {
        name: "leaks",
        argument: "",
        help: "lists what no file defines any more, and who uses it",
        run: |s, _| describe::tell(s, |vm, _| Ok(session::leaks(vm))),
    },
    Command {
        name: "drift",
        argument: "",
        help: "lists what a cold start would make otherwise",
        run: |s, _| describe::tell(s, |vm, core| Ok(session::drift(vm, core))),
    },
    of_stop!(0, "bt"),
    of_stop!(1, "frame"),
    of_stop!(2, "eval"),
    of_stop!(3, "retry"),
    of_stop!(4, "use"),
    of_stop!(5, "define"),
    of_stop!(6, "continue"),
    of_stop!(7, "abort"),
    Command { name: "quit", argument: "", help: "ends the session", run: quit },
];

const ABOUT: &str = "\
Anything else is evaluated; `_` is the last value, `_1` the first, `_e` the last error.
Ctrl-C stops what runs, or clears the line. Ctrl-D ends.
";

/// Whether an input is a command: it begins with `:`, or is a question such as `?name`.
pub fn is_command(text: &str) -> bool {
    text.trim_start().starts_with([':', '?']) || describe::question(text).is_some()
}

/// Carries out a command.
pub fn execute(session: &mut Session, line: &str) -> Next {
    let (name, argument) = describe::question(line).unwrap_or_else(|| {
        let line = line.trim().trim_start_matches(':').trim_start();
        line.split_once(char::is_whitespace).unwrap_or((line, ""))
    });
    match named(name) {
        Some(command) => (command.run)(session, argument.trim()),
        None => {
            let hint = suggestion(name, COMMANDS.iter().map(|command| command.name)).replace('`', "`:").replace("`:?", "`?");
            complain(&format!("there is no command `:{name}`{hint} (`:help` lists them)"))
        }
    }
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
    let mut out = String::new();
    for command in COMMANDS {
        let usage = format!(":{} {}", command.name, command.argument);
        let _ = writeln!(out, "{usage:<17} {}", command.help);
    }
    write(&(out + ABOUT))
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

fn reload(session: &mut Session, path: &str) -> Next {
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
