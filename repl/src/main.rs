//! The command line tool `lang`: runs programs, brings edits to them while they run, evaluates what is typed, and shows what the
//! engine makes of a text.
//!
//! This is the only crate that touches files and the terminal.

mod allocator;
mod attach;
mod candidates;
mod cells;
mod changes;
mod check;
mod command;
mod completion;
mod describe;
mod diagnostics;
mod doc;
mod edit;
mod editor;
mod engine;
mod entry;
mod format;
mod hangup;
mod history;
mod host;
mod input;
mod inspect;
mod interrupt;
mod keys;
mod lsp;
mod nrepl;
mod output;
mod plain;
mod plan;
mod progress;
mod prompt;
mod reload;
mod repl;
mod report_log;
mod run;
mod session;
mod status;
mod stop;
mod summary;
mod terminal;
mod test;
mod typing;
mod wrap;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;
use vm::reload::Sharing;

#[global_allocator]
static ALLOCATOR: allocator::BySize = allocator::BySize;

/// Status of a wrong command line.
const STATUS_USAGE: i32 = 2;

const AFTER_HELP: &str = "\
`lang FILE` is short for `lang run FILE`. Without arguments `lang` reads, evaluates and prints what is typed;
a text that is piped into it is run, and its `main` is called.

Exit status: 0, or what the program gives to `exit`; 1 for an error of the program or its text; 2 for a wrong command
line; 129 when its terminal is closed, 130 when interrupted, 143 when terminated.";

const AFTER_HELP_RUN: &str = "\
A directory is loaded as a whole, in an order that fits, without its test files (`x_test.lang`); the program begins with
`main` of its `main.lang`, or with the only `main`.

With --reload all loaded files are watched, and in a directory those that come and go. What is saved together is brought
to the running program as one commit, at the next call, loop turn or wait; what was done is said on standard error. A text that cannot be taken in changes
nothing: the reasons are shown, the program goes on, and the next save is tried together with it.

A function that is running goes on in its old text until it returns, but a loop of it goes on in the new text at its next
turn; what it calls is new. Code that an edit runs and that does not end is given up by the next save, or by Ctrl-C, and
the program goes on.

SIGHUP, with and without --reload, brings the program to what is on the disk. It does not end the program, unless its
terminal has been closed, which sends the same signal.

When `main` returns, the tool ends. An error of `main` that nothing catches stops it where it was raised, with all calls
alive: they are shown with their variables, and the next edit that is committed lets the program go on, in the
innermost call that it has changed. A file that does not load is waited for in the same way. A file without `main` is
watched until Ctrl-C; statements that are new or edited run when they are saved. Otherwise Ctrl-C ends. A file that does
not exist yet is waited for.

On a terminal --reload has a status line below the output, and single keys act on the program; `h` lists them. Both end
when the program reads its input, the line also when it moves the cursor. With --no-keys there are lines only.

Exit status: 0 when `main` has returned, or after the key `q`; what the program gives to `exit`; 1 for an error; 2 for a
wrong command line; 129 when its terminal is closed, 130 when interrupted, 143 when terminated.";

const AFTER_HELP_REPL: &str = "\
WHICH is the number of a process, or a part of a program's path; `lang sessions` lists them. It may be left out if only one program
serves, or only one that was started in this directory. The program goes on while you type, and after you have left.

Exit status: 0; what is given to `exit`; 1 if there is no such program, or if it ends meanwhile.";

const AFTER_HELP_SERVE: &str = "\
The port is printed, and written into the file `.nrepl-port` of this directory until the end. Only processes of this machine can connect;
but all of them can, whoever runs them, and whoever connects may do whatever the program can. `lang run --serve` asks for a token.

Exit status: 130, as Ctrl-C ends it; what a client gives to `exit`; 1 if FILE cannot be loaded.";

const AFTER_HELP_EVAL: &str = "\
What is printed goes to standard output, and the value behind it. WHICH is the number of a process, or a part of a program's path;
`lang sessions` lists them. It may be left out if only one program serves, or only one that was started in this directory.

Exit status: 0; 1 for an error; what is given to `exit`; 130 when interrupted.";

const AFTER_HELP_CHECK: &str = "\
A directory is one program, as for `lang run`; a directory below it that has a `main.lang` is a program of its own. Single
files are checked with what they import. The status is 1 if there is an error; `lang explain CODE` tells more of a code.";

const AFTER_HELP_PLAN: &str = "\
The running program is loaded, which runs its top level, and its `main` is not called. Then the report is shown that a
save of the edited text under the name of the running file would have. Exit status: 1 if it would be refused, and
with --strict also if something that is alive would be left behind.";

const AFTER_HELP_TEST: &str = "\
Tests are the `test \"name\" { … }` blocks of `.lang` files. A file `x_test.lang` beside `x.lang` belongs to it and sees its
names. Every test has a program of its own, loaded afresh; `main` is not called. What a test prints is shown if it fails.

Exit status: 0 if all tests pass; 1 if one fails; 2 if a file cannot be loaded, or if there are no tests; 130 when
interrupted.";

const AFTER_HELP_DOC: &str = "\
Without --output everything is one text on standard output. Names that begin with `_` and files for tests (`x_test.lang`)
are left out. In doc texts, code that is the name of something documented becomes a link.";

const AFTER_HELP_LSP: &str = "\
An editor starts it for files that end in `.lang`, and speaks the Language Server Protocol with it over standard input and
output. Exit status: 0 if the editor has shut it down before `exit`; 1 otherwise.";

const AFTER_HELP_FMT: &str = "\
A file that has errors is left as it is, with status 1. `-` writes the formatted text to standard output.";

/// A language whose programs are edited while they run.
#[derive(Parser, Debug)]
#[command(name = "lang", version, after_help = AFTER_HELP, disable_help_subcommand = true, args_conflicts_with_subcommands = true)]
struct Arguments {
    /// Type into plain lines, without colours, as on a terminal that cannot move its cursor
    #[arg(long)]
    plain: bool,
    /// Begin without the user's `init.lang`
    #[arg(long)]
    no_init: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run a program
    #[command(after_help = AFTER_HELP_RUN)]
    Run {
        /// Bring edits to the running program
        #[arg(long)]
        reload: bool,
        /// What an edit means for what exists
        #[arg(long, value_enum, default_value_t = Mode::Update, requires = "reload")]
        mode: Mode,
        /// Look in this directory for imports, too; may be given several times
        #[arg(long = "path", value_name = "DIR")]
        roots: Vec<String>,
        /// Look for edits at this interval, for file systems that do not report them
        #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "reload")]
        poll: Option<Duration>,
        /// Show whole reports of commits
        #[arg(long, requires = "reload")]
        verbose: bool,
        /// How reports of commits and refusals are written
        #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT", requires = "reload", conflicts_with = "verbose")]
        report: Format,
        /// Write each report as a line of JSON to this file, or to an open descriptor as in `fd:3`, whatever is shown
        #[arg(long, value_name = "FILE", value_parser = report_log::Target::of, requires = "reload")]
        report_to: Option<report_log::Target>,
        /// Have no status line and no keys on a terminal
        #[arg(long, requires = "reload")]
        no_keys: bool,
        /// End with status 1 at an error, instead of waiting for an edit
        #[arg(long, requires = "reload")]
        exit_on_error: bool,
        /// Refuse edits that have warnings
        #[arg(long, requires = "reload")]
        strict: bool,
        /// Refuse edits that make a `test` block of the edited files fail
        #[arg(long, requires = "reload")]
        tests: bool,
        /// What becomes of an instance whose migration hook raises
        #[arg(long, value_enum, default_value_t = HookErrors::Retry, value_name = "POLICY", requires = "reload")]
        on_hook_error: HookErrors,
        /// Let other processes of yours attach, as `lang repl --attach` does, and decide what they may do
        #[arg(long, value_enum, value_name = "RIGHTS", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
        serve: Option<Serve>,
        #[command(flatten)]
        namespaces: Namespaces,
        /// The program: a file with all that it imports, or a directory with all files below it
        #[arg(value_name = "PATH")]
        path: String,
        /// Arguments for its `main`
        #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Show the problems of programs without running them
    #[command(after_help = AFTER_HELP_CHECK)]
    Check {
        /// How problems are written
        #[arg(long, value_enum, default_value_t = check::Format::Human)]
        format: check::Format,
        /// Fail because of warnings, too
        #[arg(long)]
        strict: bool,
        #[command(flatten)]
        namespaces: Namespaces,
        /// Files, and directories with all that is below them
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<String>,
    },
    /// Run the `test` blocks of programs
    #[command(after_help = AFTER_HELP_TEST)]
    Test {
        /// Only tests whose name contains this text
        #[arg(long, value_name = "TEXT")]
        filter: Option<String>,
        /// List the tests and run none
        #[arg(long)]
        list: bool,
        /// How results are written
        #[arg(long, value_enum, default_value_t = test::Format::Human)]
        format: test::Format,
        /// Stop after the first test that fails
        #[arg(long)]
        fail_fast: bool,
        /// Longest time for one test
        #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
        timeout: Duration,
        /// Show the time of every test; slow ones always have theirs
        #[arg(long)]
        times: bool,
        /// Show only what fails, and the sum
        #[arg(long, short)]
        quiet: bool,
        /// Stay, and run the tests that an edit affects
        #[arg(long, conflicts_with_all = ["list", "format"])]
        watch: bool,
        /// Look for edits at this interval, for file systems that do not report them
        #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "watch")]
        poll: Option<Duration>,
        /// Look in this directory for imports, too; may be given several times
        #[arg(long, value_name = "DIR")]
        path: Vec<String>,
        #[command(flatten)]
        namespaces: Namespaces,
        /// Files, directories with all that is below them, or single tests as FILE::NAME
        #[arg(value_name = "PATH", default_value = ".")]
        paths: Vec<String>,
    },
    /// Show what an edit would do to a running program
    #[command(after_help = AFTER_HELP_PLAN)]
    Plan {
        /// What the edit means for what exists
        #[arg(long, value_enum, default_value_t = Mode::Update)]
        mode: Mode,
        /// How the plan is written
        #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
        report: Format,
        /// Refuse what has warnings
        #[arg(long)]
        strict: bool,
        /// Look in this directory for imports, too; may be given several times
        #[arg(long, value_name = "DIR")]
        path: Vec<String>,
        /// The program as it runs: its file or directory
        #[arg(value_name = "RUNNING")]
        running: String,
        /// Files with new texts, each for the file of the program that has the same name; or a directory, for all of them
        #[arg(value_name = "EDITED", required = true)]
        edited: Vec<String>,
    },
    /// Bring files to the one layout of the language
    #[command(after_help = AFTER_HELP_FMT)]
    Fmt {
        /// Change nothing: show what would change, with status 1 if anything would
        #[arg(long)]
        check: bool,
        /// Files, directories with all that is below them, or `-` for standard input
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<String>,
    },
    /// Make pages of the doc texts of programs
    #[command(after_help = AFTER_HELP_DOC)]
    Doc {
        /// Write HTML instead of Markdown
        #[arg(long)]
        html: bool,
        /// Write a page for each namespace, and an index, into this directory
        #[arg(long, short, value_name = "DIR")]
        output: Option<String>,
        /// Make no pages: list the public names without doc text, with status 1 if there are any
        #[arg(long, conflicts_with_all = ["html", "output"])]
        missing: bool,
        #[command(flatten)]
        namespaces: Namespaces,
        /// Files, and directories with all that is below them
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<String>,
    },
    /// Show what the engine makes of a text
    Dump {
        /// Which form of it
        form: inspect::Form,
        /// The file
        #[arg(value_name = "FILE")]
        file: String,
    },
    /// Read, evaluate and print what is typed; the same as `lang` alone
    #[command(after_help = AFTER_HELP_REPL)]
    Repl {
        /// Do so in a program that runs with `--serve`
        #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "")]
        attach: Option<String>,
        /// Type into plain lines, without colours, as on a terminal that cannot move its cursor
        #[arg(long)]
        plain: bool,
        /// Begin without the user's `init.lang`
        #[arg(long)]
        no_init: bool,
    },
    /// Evaluate a text, and print its value
    #[command(after_help = AFTER_HELP_EVAL)]
    Eval {
        /// Do so in a program that runs with `--serve`
        #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "")]
        attach: Option<String>,
        /// The text; `-` is standard input
        #[arg(value_name = "CODE", allow_hyphen_values = true)]
        code: String,
    },
    /// Serve editors and other clients
    #[command(after_help = AFTER_HELP_SERVE)]
    Serve {
        /// Those that speak nREPL; without PORT, on one that is free
        #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "0", required = true)]
        nrepl: Option<u16>,
        /// A program that is loaded first; its `main` is not called
        #[arg(value_name = "FILE")]
        path: Option<String>,
    },
    /// List the programs that run with `--serve`
    Sessions {
        /// Write one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Have a program that runs with `--serve` take in what is on the disk
    Reload {
        /// The number of its process or a part of its path; without it, the only one
        #[arg(value_name = "WHICH", default_value = "", hide_default_value = true)]
        which: String,
    },
    /// Have a program that runs with `--serve` take its last commit back
    Undo {
        /// The number of its process or a part of its path; without it, the only one
        #[arg(value_name = "WHICH", default_value = "", hide_default_value = true)]
        which: String,
    },
    /// Have a program that runs with `--serve` make the commit again that was taken back last
    Redo {
        /// The number of its process or a part of its path; without it, the only one
        #[arg(value_name = "WHICH", default_value = "", hide_default_value = true)]
        which: String,
    },
    /// Serve an editor: diagnostics, completion and more, and evaluation in a living program
    #[command(after_help = AFTER_HELP_LSP)]
    Lsp {
        #[command(flatten)]
        namespaces: Namespaces,
    },
    /// Explain the code of a diagnostic, such as E0101
    Explain {
        /// The code; without it all are listed
        #[arg(value_name = "CODE")]
        code: Option<String>,
    },
}

// Not a doc text: it would become that of every command with this option.
#[derive(Args, Clone, Copy, Debug)]
struct Namespaces {
    /// The files of a directory contribute to one namespace, called like it
    #[arg(long)]
    namespace_per_directory: bool,
}

impl Namespaces {
    fn sharing(self) -> Sharing {
        if self.namespace_per_directory { Sharing::Directory } else { Sharing::Nothing }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Mode {
    /// The running program becomes the new version; every reference follows
    Update,
    /// New objects are installed beside the old ones, whose holders keep them
    Overwrite,
}

impl Mode {
    fn of_engine(self) -> vm::reload::Mode {
        match self {
            Mode::Update => vm::reload::Mode::Update,
            Mode::Overwrite => vm::reload::Mode::Overwrite,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum HookErrors {
    /// Who uses it gets MigrationError, and the next use tries again
    Retry,
    /// It gets its new slots without the hook, and that is told once
    UseDefaults,
    /// The edit is refused: all instances follow within it
    Rollback,
}

impl HookErrors {
    fn of_engine(self) -> vm::reload::HookErrors {
        match self {
            HookErrors::Retry => vm::reload::HookErrors::Retry,
            HookErrors::UseDefaults => vm::reload::HookErrors::UseDefaults,
            HookErrors::Rollback => vm::reload::HookErrors::Rollback,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Serve {
    /// Look at definitions and values, running no code
    Look,
    /// Look, and evaluate text
    Evaluate,
    /// Look, evaluate, reload, undo, and let a stopped program go on
    All,
}

impl Serve {
    fn rights(self) -> vm::session::Rights {
        match self {
            Serve::Look => vm::session::Rights::LOOK,
            Serve::Evaluate => vm::session::Rights::EVALUATE,
            Serve::All => vm::session::Rights::ALL,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One line of JSON for each
    Json,
}

/// Words that are no file when they come first.
const COMMANDS: [&str; 17] = [
    "run", "repl", "eval", "serve", "sessions", "reload", "undo", "redo", "check", "test", "plan", "fmt", "doc", "lsp", "dump",
    "explain", "help",
];

/// Options that are about the tool itself.
const OWN_OPTIONS: [&str; 6] = ["-h", "--help", "-V", "--version", "--plain", "--no-init"];

fn main() {
    std::panic::set_hook(Box::new(|panic| {
        output::output().try_end_status();
        terminal::restore();
        output::output()
            .note(&format!("lang: internal error: {panic}\nThis is a mistake in the tool, not in your program. Please report it."));
    }));
    let args: Vec<OsString> = std::env::args_os().collect();
    let status = match Arguments::try_parse_from(with_run(args.clone())) {
        Ok(_) if let Some(message) = mistyped_command(&args, |file| Path::new(file).exists()) => {
            output::output().note(&diagnostics::Report::for_stderr().failure(&message));
            STATUS_USAGE
        }
        Ok(arguments) => execute(arguments),
        Err(error) => {
            let _ = error.print();
            if error.use_stderr() { STATUS_USAGE } else { 0 }
        }
    };
    output::output().exit(status)
}

/// The command line with `run` put in where it may be left out, and `help` written as the option it stands for.
fn with_run(mut args: Vec<OsString>) -> Vec<OsString> {
    if args.get(1).is_some_and(|first| first == "help") {
        args.remove(1);
        args.truncate(2);
        args.push("--help".into());
        return args;
    }
    let first = args.get(1).map(|arg| arg.to_string_lossy().into_owned());
    if first.is_some_and(|first| !COMMANDS.contains(&&*first) && !OWN_OPTIONS.contains(&&*first)) {
        args.insert(1, "run".into());
    }
    args
}

/// What to say if the first word can only be meant as a command, and is none: it has no ending, and no file is called so.
fn mistyped_command(args: &[OsString], exists: impl Fn(&str) -> bool) -> Option<String> {
    let word = args.get(1)?.to_str()?;
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic());
    if !is_word || COMMANDS.contains(&word) || exists(word) {
        return None;
    }
    let hint = vm::ops::suggestion(word, COMMANDS.into_iter());
    let commands = COMMANDS.map(|command| format!("`{command}`")).join(", ");
    Some(format!(
        "there is no command and no file `{word}`{hint}\nThe commands are {commands}; `lang FILE` runs a program, `lang` alone reads and evaluates."
    ))
}

fn execute(arguments: Arguments) -> i32 {
    if arguments.plain {
        plain::choose_plain();
    }
    match arguments.command {
        None => repl::repl(if arguments.no_init { repl::Init::Ignored } else { repl::Init::Evaluated }),
        Some(Command::Repl { attach: Some(which), plain, .. }) => {
            if plain {
                plain::choose_plain();
            }
            attach::attach(&which)
        }
        Some(Command::Repl { attach: None, plain, no_init }) => {
            if plain {
                plain::choose_plain();
            }
            repl::repl(if no_init { repl::Init::Ignored } else { repl::Init::Evaluated })
        }
        Some(Command::Eval { attach: Some(which), code }) => attach::evaluate(&which, &code),
        Some(Command::Eval { attach: None, code }) => attach::evaluate_here(&code),
        Some(Command::Serve { nrepl, path }) => nrepl::serve(nrepl.unwrap_or(0), path.as_deref()),
        Some(Command::Sessions { json }) => attach::list(json),
        Some(Command::Reload { which }) => attach::act(&which, attach::Action::Reload),
        Some(Command::Undo { which }) => attach::act(&which, attach::Action::Undo),
        Some(Command::Redo { which }) => attach::act(&which, attach::Action::Redo),
        Some(Command::Check { format, strict, namespaces, paths }) => {
            let strictness = if strict { check::Strictness::Warnings } else { check::Strictness::Errors };
            check::check(&paths, format, strictness, namespaces.sharing())
        }
        Some(Command::Test { filter, list, format, fail_fast, timeout, times, quiet, watch, poll, path, namespaces, paths }) => {
            test::test(&test::Options {
                paths,
                roots: path,
                sharing: namespaces.sharing(),
                filter,
                format,
                timeout,
                after_failure: if fail_fast { test::AfterFailure::Stop } else { test::AfterFailure::GoOn },
                shown: test::Shown { times, passed: !quiet },
                task: match (list, watch) {
                    (true, _) => test::Task::List,
                    (_, true) => test::Task::Watch { poll },
                    _ => test::Task::Run,
                },
            })
        }
        Some(Command::Fmt { check, paths }) => {
            format::fmt(&paths, if check { format::Action::Check } else { format::Action::Write })
        }
        Some(Command::Doc { missing: true, namespaces, paths, .. }) => doc::missing(&paths, namespaces.sharing()),
        Some(Command::Doc { html, output, namespaces, paths, .. }) => {
            let format = if html { doc::Format::Html } else { doc::Format::Markdown };
            doc::doc(&paths, namespaces.sharing(), format, output.as_deref())
        }
        Some(Command::Dump { form, file }) => inspect::dump(form, &file),
        Some(Command::Lsp { namespaces }) => lsp::serve(namespaces.sharing()),
        Some(Command::Explain { code }) => inspect::explain(code.as_deref()),
        Some(Command::Plan { mode, report, strict, path, running, edited }) => {
            let options = vm::reload::ReloadOptions { strict, ..Default::default() };
            let detail = if report == Format::Json { reload::Detail::Json } else { reload::Detail::Full };
            plan::plan(&running, &edited, &path, mode.of_engine(), &options, detail)
        }
        Some(Command::Run {
            reload,
            mode,
            roots,
            poll,
            verbose,
            report,
            report_to,
            no_keys,
            exit_on_error,
            strict,
            tests,
            on_hook_error,
            serve,
            namespaces,
            path,
            args,
        }) => {
            let detail = match (report, verbose) {
                (Format::Json, _) => reload::Detail::Json,
                (Format::Text, true) => reload::Detail::Full,
                (Format::Text, false) => reload::Detail::Short,
            };
            let screen = if no_keys { run::OnTerminal::Lines } else { run::OnTerminal::Keys };
            let gate = if tests { vm::reload::Gate::Tests } else { vm::reload::Gate::Open };
            let on_hook_error = on_hook_error.of_engine();
            let choices = vm::reload::ReloadOptions { strict, gate, on_hook_error, ..Default::default() };
            run::run(&run::Options {
                path,
                sharing: namespaces.sharing(),
                args: args.into_iter().map(|arg| arg.to_string_lossy().into_owned()).collect(),
                roots,
                serve: serve.map(Serve::rights),
                reload: reload.then_some(run::Reload {
                    poll,
                    detail,
                    mode: mode.of_engine(),
                    choices,
                    report_to,
                    screen,
                    exit_on_error,
                }),
            })
        }
    }
}

/// A time as `2`, `0.5`, `2s` or `500ms`.
fn seconds(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s').unwrap_or(text), 1.0),
    };
    let wrong = || format!("`{text}` is no time; write `0.5`, `2s` or `500ms`");
    let seconds: f64 = number.trim().parse().map_err(|_| wrong())?;
    let time = Duration::try_from_secs_f64(seconds * unit).map_err(|_| wrong())?;
    if time < Duration::from_millis(1) { Err("a time of at least `1ms` is needed".into()) } else { Ok(time) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
        for command in Arguments::command().get_subcommands() {
            assert!(COMMANDS.contains(&command.get_name()), "`{}` would be taken for a file", command.get_name());
        }
    }

    #[test]
    fn run_may_be_left_out() {
        let args = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert_eq!(with_run(args("lang a.lang -x")), args("lang run a.lang -x"));
        assert_eq!(with_run(args("lang --reload a.lang")), args("lang run --reload a.lang"));
        assert_eq!(with_run(args("lang help")), args("lang --help"));
        assert_eq!(with_run(args("lang help run")), args("lang run --help"));
        assert_eq!(with_run(args("lang check a.lang")), args("lang check a.lang"));
        assert_eq!(with_run(args("lang")), args("lang"));
        assert_eq!(with_run(args("lang --version")), args("lang --version"));
    }

    #[test]
    fn mistyped_commands_are_no_files() {
        let said = |line: &str| mistyped_command(&line.split(' ').map(OsString::from).collect::<Vec<_>>(), |file| file == "game");
        let message = "there is no command and no file `chek`; did you mean `check`?
The commands are `run`, `repl`, `eval`, `serve`, `sessions`, `reload`, `undo`, `redo`, `check`, `test`, `plan`, `fmt`, `doc`, `lsp`, `dump`, `explain`, `help`; `lang FILE` runs a program, `lang` alone reads and evaluates.";
        assert_eq!(said("lang chek a.lang").as_deref(), Some(message));
        assert!(said("lang frobnicate p").is_some_and(|text| text.contains("no file `frobnicate`\nThe commands are `run`")));
        for fine in
            ["lang", "lang check a.lang", "lang game", "lang nosuch.lang", "lang dir/nosuch", "lang --reload x", "lang help"]
        {
            assert_eq!(said(fine), None, "{fine}");
        }
    }

    #[test]
    fn times_are_read() {
        assert_eq!(seconds("2"), Ok(Duration::from_secs(2)));
        assert_eq!(seconds("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(seconds("500ms"), Ok(Duration::from_millis(500)));
        for wrong in ["", "x", "-1", "0", "1e99", "nan", "inf"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
