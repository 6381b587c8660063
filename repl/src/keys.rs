//! Keys that act on a program which runs with `--reload` on a terminal.
//!
//! They are looked for where edits are: at the safe points of the program, and while it waits. A program that reads its input gets the
//! terminal back before, with everything that was typed and is no key; one that does so at once never notices that there are keys.

use crate::changes;
use crate::diagnostics::Report as Style;
use crate::input::Input;
use crate::output::output;
use crate::reload::{self, SharedReloader};
use crate::status::Facts;
use crate::stop;
use crate::summary::{self, Program};
use crate::terminal;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use vm::embed::{Restart, Vm};
use vm::object::Interrupt;

/// How long a program may have run before there are keys and a status line.
const BEGIN_AFTER: Duration = Duration::from_millis(250);

/// Between two looks at what has been typed.
const LOOK: Duration = Duration::from_millis(15);

/// Between two looks at what the status line says, where no commit has been made.
const LOOK_AT_FACTS: Duration = Duration::from_secs(1);

/// What a key does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    Help,
    Plan,
    Undo,
    Redo,
    Retry,
    ShowReport,
    ResetConflicts,
    ShowLeaks,
    Quit,
    Look,
    Abort,
}

/// Each key with what it does. The first ones of an action are listed.
const KEYS: [(char, Action, &str); 13] = [
    ('h', Action::Help, "lists the keys"),
    ('p', Action::Plan, "shows what taking in the files on the disk would do now"),
    ('u', Action::Undo, "takes the last commit back"),
    ('U', Action::Redo, "makes the commit again that was taken back last"),
    ('r', Action::Retry, "tries again what was refused; lets a program go on that has stopped at an error"),
    (':', Action::Look, "looks around in a program that has stopped: its calls, and text evaluated in them"),
    ('a', Action::Abort, "lets the error of a program that has stopped end it"),
    ('v', Action::ShowReport, "shows the last report in full"),
    ('c', Action::ResetConflicts, "resets variables that have kept their values in a conflict"),
    ('l', Action::ShowLeaks, "lists what no file defines any more, and who uses it"),
    ('q', Action::Quit, "ends the program"),
    ('?', Action::Help, ""),
    ('y', Action::Redo, ""),
];

/// The terminal, as program and keys share it.
static SHARED: Mutex<Shared> = Mutex::new(Shared { is_programs: false, input: None, typed: Vec::new() });

struct Shared {
    /// Whether the program reads the terminal itself.
    is_programs: bool,
    /// What is typed, while there are keys.
    input: Option<Input>,
    /// What was typed and is no key.
    typed: Vec<u8>,
}

fn lock() -> MutexGuard<'static, Shared> {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Status line and keys of one program.
#[derive(Debug)]
pub struct Screen {
    start: Instant,
    has_begun: bool,
    looked: Instant,
    looked_at_facts: Instant,
    /// The epoch and the program's state at that look.
    known: Option<(u64, Program, Option<u64>)>,
}

impl Screen {
    /// A screen that begins soon.
    pub fn new() -> Screen {
        let now = Instant::now();
        Screen { start: now, has_begun: false, looked: now, looked_at_facts: now, known: None }
    }

    /// Whether it is time to look at the keys.
    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        if now.duration_since(self.looked) < LOOK {
            return false;
        }
        self.looked = now;
        if !self.has_begun && now.duration_since(self.start) >= BEGIN_AFTER {
            self.has_begun = true;
            begin();
        }
        self.has_begun
    }
}

fn begin() {
    let mut shared = lock();
    if shared.is_programs || !terminal::is_usable() {
        return;
    }
    // A terminal that gives no single keys still has a status line.
    shared.input = terminal::ask_for_keys().ok().map(|()| Input::default());
    output().begin_status();
}

/// The terminal is the program's from now on. Gives what was typed for it before.
pub fn give_back() -> Vec<u8> {
    let mut shared = lock();
    if shared.is_programs {
        return Vec::new();
    }
    shared.is_programs = true;
    let input = shared.input.take();
    terminal::restore();
    let Some(mut input) = input else { return Vec::new() };
    shared.typed.extend(input.take_ready().unwrap_or_default());
    output().end_status();
    output().note("reload: the program reads what is typed from here on; keys and status line are off");
    std::mem::take(&mut shared.typed)
}

/// Does what has been typed, if anything, and keeps the status line up to date.
pub fn attend(shared: &SharedReloader, vm: &mut Vm) {
    if !shared.borrow_mut().screen_mut().is_some_and(Screen::is_due) {
        return;
    }
    update_status(shared, vm);
    if !shared.borrow().takes_keys(vm) {
        return;
    }
    let typed = {
        let mut terminal = lock();
        if terminal.input.is_none() || !terminal::is_in_foreground() {
            return;
        }
        match terminal.input.as_mut().map(Input::take_ready) {
            Some(Some(typed)) => typed,
            Some(None) => {
                // It is gone.
                terminal.input = None;
                return;
            }
            None => return,
        }
    };
    let text = String::from_utf8_lossy(&typed);
    // A whole line is meant for the program, and so are keys with more than one character.
    if text.contains(['\n', '\x1b']) {
        lock().typed.extend(&typed);
        return;
    }
    for c in text.chars() {
        match KEYS.iter().find(|(key, ..)| *key == c) {
            Some((_, action, _)) => {
                act(*action, shared, vm);
                update_status(shared, vm);
            }
            // It may be meant for the program. Ctrl-D and its kin are nothing that can be kept.
            None if c.is_control() => {}
            None => lock().typed.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

fn update_status(shared: &SharedReloader, vm: &mut Vm) {
    let epoch = vm.epoch();
    let mut this = shared.borrow_mut();
    let (program, rejected_since) = (this.program(), this.rejected_since());
    let Some(screen) = this.screen_mut() else { return };
    let known = Some((epoch, program, rejected_since));
    if screen.known == known && screen.looked_at_facts.elapsed() < LOOK_AT_FACTS {
        return;
    }
    screen.known = known;
    screen.looked_at_facts = Instant::now();
    let (mode, files, leaks) = (vm.mode().text(), vm.loaded_files().len(), vm.count_leaks());
    output().set_facts(Facts { mode, files, epoch, program, rejected_since, leaks });
}

fn say(text: &str) {
    output().note(text);
}

fn act(action: Action, shared: &SharedReloader, vm: &mut Vm) {
    let changes_something = matches!(action, Action::Undo | Action::Redo | Action::Retry | Action::ResetConflicts);
    if changes_something && vm.is_committing() {
        return say("reload: not while the top level of the program is running");
    }
    match action {
        Action::Help => say(&help()),
        Action::Plan => {
            let files = shared.borrow_mut().texts_to_plan(vm);
            match files {
                Ok(files) if files.is_empty() => say("plan: what is on the disk is what runs"),
                Ok(files) => {
                    let options = shared.borrow().options().clone();
                    let report = vm.plan(files, &options);
                    say(&changes::plan_text(&report, Style::for_stderr()));
                }
                Err(message) => say(&Style::for_stderr().failure(&message)),
            }
        }
        Action::Undo => {
            if !reload::carry_out(shared, vm, "undoing", Vm::undo) {
                say(&format!("reload: {}", changes::NOTHING_TO_UNDO));
            }
        }
        Action::Redo => {
            if !reload::carry_out(shared, vm, "redoing", Vm::redo) {
                say(&format!("reload: {}", changes::NOTHING_TO_REDO));
            }
        }
        Action::Look | Action::Abort if !vm.is_stopped() => say("reload: the program has not stopped at an error"),
        Action::Look => {
            terminal::with_lines(|| stop::ask(vm, |vm, how| reload::try_to_go_on(shared, vm, Some(how))));
        }
        Action::Abort => reload::go_on(shared, vm, Some(Restart::Abort)),
        Action::Retry if vm.is_stopped() && !shared.borrow().has_pending() => reload::go_on(shared, vm, None),
        Action::Retry => {
            if !shared.borrow_mut().retry(vm) {
                say("reload: nothing was refused");
            }
        }
        Action::ShowReport => match shared.borrow().last_report() {
            Some(report) => {
                let (warnings, rest) = summary::in_full(report, Style::for_stderr());
                say(&format!("{warnings}reload: {rest}"));
            }
            None => say("reload: there has been no reload yet"),
        },
        Action::ResetConflicts => reset_conflicts(shared, vm),
        Action::ShowLeaks => say(&vm::session::leaks(vm)),
        Action::Quit => shared.borrow_mut().end(vm, Interrupt::Exit(0)),
    }
}

fn help() -> String {
    let mut out = String::new();
    for (key, _, help) in KEYS.iter().filter(|(.., help)| !help.is_empty()) {
        let _ = writeln!(out, "  {key}  {help}");
    }
    out + "  Ctrl-C gives up an edit that is being brought in, or ends the program"
}

fn reset_conflicts(shared: &SharedReloader, vm: &mut Vm) {
    let conflicts = vm.conflicts();
    if conflicts.is_empty() {
        return say("reload: no variable has kept its value though its initialiser was edited");
    }
    for name in conflicts {
        match reload::within_commit(shared, vm, &format!("resetting {name}"), |vm| vm.reset(&name)).0 {
            Ok(()) => say(&format!("reload: `{name}` has been evaluated anew (epoch {})", vm.epoch())),
            Err(error) => {
                say(&format!("{}reload: `{name}` keeps its value", Style::for_stderr().error(&error)));
                if matches!(error, vm::embed::Error::Interrupted(_)) {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_does_one_thing() {
        for (i, (key, action, help)) in KEYS.iter().enumerate() {
            assert!(KEYS[..i].iter().all(|(other, ..)| other != key), "{key}");
            let is_first = KEYS[..i].iter().all(|(_, other, _)| other != action);
            assert_eq!(is_first, !help.is_empty(), "{key}");
        }
    }
}
