//! Input and output of a program whose clients speak nREPL: what it reads comes from them, what it prints of itself goes to those who want
//! to know.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Tells a client something.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// The ends of input and output, for the host and for the connections.
#[derive(Clone, Default)]
pub struct Link(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Lines for the program, without line breaks; `None`: the end of the input.
    lines: VecDeque<Option<String>>,
    /// Who is told that the program wants input, by the namespace of its session.
    askers: HashMap<String, Tell>,
    /// The session that evaluates.
    running: Option<String>,
    /// Whether it has been told that input is wanted.
    is_asked: bool,
    /// Who is told what the program prints of itself, by session.
    listeners: HashMap<String, Tell>,
}

impl Link {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session evaluates from now on.
    pub fn begin(&self, namespace: &str) {
        let mut state = self.lock();
        state.running = Some(namespace.to_owned());
        state.is_asked = false;
    }

    /// No session evaluates.
    pub fn end(&self) {
        self.lock().running = None;
    }

    /// The program has printed something.
    pub fn wrote(&self, text: &str) {
        let listeners: Vec<Tell> = self.lock().listeners.values().cloned().collect();
        for tell in listeners {
            tell(text);
        }
    }

    /// Whether there is a line for the program. If not, who evaluates is asked for one.
    pub fn is_line_ready(&self) -> bool {
        let mut state = self.lock();
        if !state.lines.is_empty() {
            return true;
        }
        if std::mem::replace(&mut state.is_asked, true) {
            return false;
        }
        let asker = state.running.as_ref().and_then(|namespace| state.askers.get(namespace)).cloned();
        drop(state);
        if let Some(ask) = asker {
            ask("");
        }
        false
    }

    /// The next line, if there is one.
    pub fn take_line(&self) -> Option<String> {
        let mut state = self.lock();
        state.is_asked = false;
        state.lines.pop_front().flatten()
    }

    /// Gives the program input; an empty text is its end.
    pub fn put(&self, input: &str) {
        let mut state = self.lock();
        if input.is_empty() {
            state.lines.push_back(None);
        }
        state.lines.extend(input.lines().map(|line| Some(line.to_owned())));
    }

    /// Has a session asked for input from now on.
    pub fn set_asker(&self, namespace: &str, tell: Tell) {
        self.lock().askers.insert(namespace.to_owned(), tell);
    }

    /// Has a session told what the program prints of itself.
    pub fn listen(&self, session: &str, tell: Tell) {
        self.lock().listeners.insert(session.to_owned(), tell);
    }

    /// Forgets a session.
    pub fn forget(&self, session: &str, namespace: &str) {
        let mut state = self.lock();
        state.listeners.remove(session);
        state.askers.remove(namespace);
    }
}
