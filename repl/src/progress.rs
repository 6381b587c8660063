//! What a load or a commit is doing that takes its time, for the status line or a line of its own.

use crate::output::output;
use crate::status::Work;
use std::time::{Duration, Instant};
use vm::embed::Vm;
use vm::reload::RunningCode;

/// Between two looks at what is being done.
const LOOK: Duration = Duration::from_millis(50);

/// A load or commit that is under way. It has ended when this is dropped.
#[derive(Debug)]
pub struct Progress {
    kind: Kind,
    since: Instant,
    looked: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Of the whole program. Statements of its top level are the program itself, and may go on for ever.
    Load,
    /// Of which the reloader tells what code it waits for.
    Commit,
}

impl Progress {
    /// The program is being loaded.
    pub fn of_load() -> Progress {
        Progress::begin(Kind::Load, "reading the program")
    }

    /// A commit is being made, which begins with this.
    pub fn of_commit(what: &str) -> Progress {
        Progress::begin(Kind::Commit, what)
    }

    fn begin(kind: Kind, what: &str) -> Progress {
        let now = Instant::now();
        output().set_work(Some(Work { since: now, what: what.to_owned(), is_told: false }));
        Progress { kind, since: now, looked: now }
    }

    /// Looks at what is being done at a safe point.
    pub fn look(&mut self, vm: &Vm) {
        if self.looked.elapsed() < LOOK {
            return;
        }
        self.looked = Instant::now();
        let (what, is_told) = match (vm.migration(), vm.running_code()) {
            (Some((begun, count)), _) => (format!("migrating {count} instances, {begun} begun"), false),
            (None, Some(code)) if code.is_statement && self.kind == Kind::Load => {
                self.since = self.looked;
                return output().set_work(None);
            }
            (None, Some(RunningCode { file, line, .. })) if line > 0 => {
                (format!("running {file}:{line}"), self.kind == Kind::Commit)
            }
            // Between two pieces of code, or in one that cannot be told.
            (None, _) => return,
        };
        output().set_work(Some(Work { since: self.since, what, is_told }));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        output().set_work(None);
    }
}
