//! The commands of a session that is attached to a program: lines that begin with `:`, as in a session of one's own, become requests.

use crate::describe::{question, way};
use std::fmt::Write as _;
use vm::ops::suggestion;
use vm::session::{Request, RestartKind, STOP_COMMANDS};

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
    Frame(Option<usize>),
    /// The commands are shown.
    Help,
    /// Many lines are one input.
    Paste,
    /// The end of the session.
    Quit,
    /// What is wrong with the command.
    Wrong(String),
}

/// The commands beside those about calls that have stopped: name, argument, what it does.
const COMMANDS: [(&str, &str, &str); 20] = [
    ("help", "", "lists the commands"),
    ("doc", "NAME", "tells what something is, as `?NAME` does"),
    ("source", "NAME", "shows its text, as `??NAME` does"),
    ("type", "TEXT", "shows the class of its value"),
    ("ls", "[WHAT]", "lists what is defined, or is in a namespace or value"),
    ("who", "NAME", "lists who mentions it"),
    ("inspect", "[TEXT]", "looks into a value; `[N]` into a part of the last one"),
    ("trace", "[NAME]", "prints calls of a function in the program's output"),
    ("untrace", "NAME", "ends that"),
    ("time", "TEXT", "evaluates, and shows how long it takes"),
    ("paste", "", "reads lines up to Ctrl-D as one input"),
    ("reload", "[FILE]", "brings a file, or all, to what is on the disk"),
    ("plan", "[FILE]", "shows what `:reload` would do"),
    ("undo", "", "takes the last commit back"),
    ("redo", "", "makes the commit again that was taken back last"),
    ("why", "NAME", "tells where a definition comes from"),
    ("history", "NAME", "shows the versions of a definition"),
    ("leaks", "", "lists what no file defines any more, and who uses it"),
    ("drift", "", "lists what a cold start would make otherwise"),
    ("quit", "", "ends the session; the program goes on"),
];

/// Commands of a session of one's own that have no sense here.
const ELSEWHERE: [(&str, &str); 3] = [
    ("load", "the program decides what it loads; `:reload FILE` brings a loaded file to what is on the disk"),
    ("save", "what is typed stays in the program until it ends; put it into a file of the program to keep it"),
    ("instances", "write `:ls CLASS`, or evaluate `live.instances(CLASS)`"),
];

const ABOUT: &str = "\
Anything else is evaluated in the program; `_` is the last value, `_1` the first, `_e` the last error.
Ctrl-C stops what is evaluated, or clears the line. Ctrl-D ends the session, and the program goes on.
";

fn all() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    COMMANDS.iter().chain(&STOP_COMMANDS)
}

/// The commands as a list.
pub fn help() -> String {
    let mut out = String::new();
    for (name, argument, help) in all() {
        let usage = format!(":{name} {argument}");
        let _ = writeln!(out, "{usage:<17} {help}");
    }
    out + ABOUT
}

/// The names of commands that begin so.
pub fn names(start: &str) -> Vec<String> {
    all().map(|(name, ..)| *name).filter(|name| name.starts_with(start)).map(str::to_owned).collect()
}

/// What a line that is a command asks. `call` is the call that is looked at in a stopped program.
pub fn asked(line: &str, call: usize) -> Asked {
    let (name, argument) = question(line).unwrap_or_else(|| {
        let line = line.trim().trim_start_matches(':').trim_start();
        line.split_once(char::is_whitespace).unwrap_or((line, ""))
    });
    let argument = argument.trim();
    let Some((name, argument_name, _)) = named(name) else {
        if let Some((_, why)) = ELSEWHERE.iter().find(|(other, _)| *other == name) {
            return Asked::Wrong(format!("there is no `:{name}` here: {why}"));
        }
        let hint = suggestion(name, all().map(|(name, ..)| *name)).replace('`', "`:").replace("`:?", "`?");
        return Asked::Wrong(format!("there is no command `:{name}`{hint} (`:help` lists them)"));
    };
    if argument.is_empty() && !argument_name.is_empty() && !argument_name.starts_with('[') {
        return Asked::Wrong(format!("write `:{name} {argument_name}`"));
    }
    let text = argument.to_owned();
    let file = (!text.is_empty()).then(|| text.clone());
    let restart = |how, call, code: &str| Asked::Request(Request::Restart { how, call, code: code.to_owned() });
    let number = argument.parse::<usize>();
    if matches!(*name, "frame" | "retry") && !argument.is_empty() && number.is_err() {
        return Asked::Wrong(format!("`{argument}` is no number of a call; `:bt` lists them"));
    }
    let number = number.ok();
    Asked::Request(match *name {
        "help" => return Asked::Help,
        "paste" => return Asked::Paste,
        "quit" => return Asked::Quit,
        "time" => return Asked::Time(text),
        "frame" => return Asked::Frame(number),
        "source" => return Asked::Source(Request::LookUp { name: text, file: None }),
        "type" => return Asked::Class(Request::Inspect { what: text, path: Vec::new(), from: 0 }),
        "retry" => return restart(RestartKind::Retry, number, ""),
        "use" => return restart(RestartKind::Use, Some(call), argument),
        "define" => return restart(RestartKind::Define, None, argument),
        "continue" => return restart(RestartKind::Continue, Some(call), ""),
        "abort" => return restart(RestartKind::Abort, None, ""),
        "doc" => Request::LookUp { name: text, file: None },
        "ls" => Request::List { what: text },
        "who" => Request::Who { name: text },
        "inspect" => {
            let (what, path) = way(argument);
            Request::Inspect { what: what.to_owned(), path, from: 0 }
        }
        "trace" => Request::Trace { name: text, on: true },
        "untrace" => Request::Trace { name: text, on: false },
        "reload" => Request::Reload { file },
        "plan" => Request::Plan { file },
        "undo" => Request::Undo,
        "redo" => Request::Redo,
        "why" => Request::Why { name: text },
        "history" => Request::History { name: text },
        "leaks" => Request::Leaks,
        "drift" => Request::Drift,
        "bt" => Request::Stopped,
        _ => Request::EvaluateInCall { call, code: text },
    })
}

/// The command of this name, or the only one whose name begins so.
fn named(name: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let mut fitting = all().filter(|(other, ..)| other.starts_with(name));
    let exact = all().find(|(other, ..)| *other == name);
    exact.or_else(|| if name.is_empty() { None } else { fitting.next().filter(|_| fitting.next().is_none()) })
}

/// A call of a stopped program, as the report of the stop has it.
pub fn described(report: &serde_json::Value, number: usize) -> Result<String, String> {
    let call = &report["stopped"]["calls"][number];
    let (Some(function), Some(file)) = (call["function"].as_str(), call["file"].as_str()) else {
        return Err(format!("there is no call {number}; `:bt` lists them"));
    };
    let mut out = format!("#{number} {function} ({file}:{})\n", call["line"]);
    for (name, value) in call["locals"].as_object().into_iter().flatten() {
        let _ = writeln!(out, "  {name} = {}", value.as_str().unwrap_or_default());
    }
    if call["retry"] == true {
        let _ = writeln!(out, "  `:retry {number}` makes it again");
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(asked(":frame 3", 0), Asked::Frame(Some(3)));
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
    fn each_command_is_told_from_others() {
        for (at, (name, ..)) in all().enumerate() {
            assert!(all().skip(at + 1).all(|(other, ..)| other != name), "{name}");
        }
    }
}
