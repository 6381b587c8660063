//! The program that evaluates: one that was found running, else the editor's own. It does one thing after the other; what is asked
//! meanwhile waits, or is answered without it.

use super::asks::Asked;
use super::program::Runner;
use gen_lsp_types::json_rpc::Id;
use lang::source::Source;
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use vm::session::{RegionKind, Request};

/// How long a program may take to say what it knows of a name, before the texts answer alone.
const PATIENCE: Duration = Duration::from_millis(500);

/// What an answer is for.
pub enum Purpose {
    /// A value is shown in the text.
    Evaluate {
        /// The request of the client.
        id: Id,
        /// How the editor names the file.
        uri: String,
        /// The text that was evaluated.
        source: Source,
        /// What of it.
        kind: RegionKind,
    },
    /// A name was asked.
    Name {
        /// The request of the client.
        id: Id,
        /// What texts know.
        asked: Asked,
    },
    /// What it says is shown.
    Tell {
        /// The request of the client.
        id: Id,
        /// What was done, if it says nothing.
        done: &'static str,
    },
    /// A value is looked into.
    Inspect {
        /// The request of the client.
        id: Id,
        /// Who shows it.
        shown_by: ShownBy,
    },
    /// Nobody waits for it any more.
    Nobody,
}

/// Who shows people what is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ShownBy {
    /// The server, by a message.
    Server,
    /// A plugin of the editor, which has said so.
    Client,
}

impl Purpose {
    /// Whether text is evaluated for it, or may be.
    pub fn evaluates(&self) -> bool {
        matches!(self, Purpose::Evaluate { .. } | Purpose::Tell { .. } | Purpose::Inspect { .. })
    }
}

/// Something that is asked.
pub struct Ask {
    /// Its number.
    pub number: u64,
    /// What.
    pub request: Request,
    /// Directories from which imports are looked for.
    pub roots: Vec<String>,
    /// What for.
    pub purpose: Purpose,
    /// Whether a program that was found running has been asked.
    pub is_of_attached: bool,
}

/// The program, and what it is asked.
#[derive(Default)]
pub struct Living {
    /// The editor's own.
    pub own: Option<Runner>,
    /// One that was found running.
    pub attached: Option<Runner>,
    /// What it does.
    pub running: Option<(Ask, Instant)>,
    /// What it does then.
    pub waiting: VecDeque<Ask>,
    /// What it does is to be stopped, which is asked again until it has ended: it may not have begun yet.
    pub is_interrupted: bool,
    count: u64,
}

impl Living {
    /// The program that is asked now.
    pub fn runner(&self) -> Option<&Runner> {
        self.attached.as_ref().or(self.own.as_ref())
    }

    /// Whether it has something to do.
    pub fn is_busy(&self) -> bool {
        self.running.is_some() || !self.waiting.is_empty()
    }

    /// Whether it evaluates.
    pub fn is_evaluating(&self) -> bool {
        let running = self.running.iter().map(|(ask, _)| ask);
        running.chain(&self.waiting).any(|ask| ask.purpose.evaluates())
    }

    /// A number for something that is asked.
    pub fn number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Lets the program begin what waits. Gives what cannot be asked, as the program is gone.
    pub fn go_on(&mut self) -> Option<Ask> {
        if self.running.is_some() {
            return None;
        }
        self.is_interrupted = false;
        let mut ask = self.waiting.pop_front()?;
        ask.is_of_attached = self.attached.is_some();
        let is_taken = self.runner().is_some_and(|runner| runner.ask(ask.number, ask.request.clone(), ask.roots.clone()));
        if !is_taken {
            return Some(ask);
        }
        self.running = Some((ask, Instant::now()));
        None
    }

    /// What was asked under this number, which the program has answered.
    pub fn answered(&mut self, number: u64) -> Option<Ask> {
        let (ask, _) = self.running.take_if(|(ask, _)| ask.number == number)?;
        self.is_interrupted = false;
        Some(ask)
    }

    /// A question about a name that takes too long; nobody waits for it any more then.
    pub fn overdue(&mut self) -> Option<Purpose> {
        let (ask, since) = self.running.as_mut()?;
        let is_overdue = matches!(ask.purpose, Purpose::Name { .. }) && since.elapsed() > PATIENCE;
        is_overdue.then(|| std::mem::replace(&mut ask.purpose, Purpose::Nobody))
    }

    /// Stops what is done, again if that has been asked before.
    pub fn keep_interrupting(&self) {
        if let Some(runner) = self.runner().filter(|_| self.is_interrupted && self.running.is_some()) {
            runner.interrupt();
        }
    }
}
