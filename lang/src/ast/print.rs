//! The tree as text: stable, readable, indented; what `lang dump ast` shows and golden files hold.
//!
//! Every node is `(tag part …)` or a bare word. A node that fits on its line stays on it; otherwise each part stands on a
//! line of its own. Places, ids and brackets are left out, so that spacing and comments do not show.

use super::walk::{Detail, Sink, Walk};
use super::{Expr, File, Pattern, Stmt};

/// Widest line of the indented form.
const LINE_WIDTH: usize = 100;

/// A whole file, doc texts included.
pub fn print(file: &File) -> String {
    let mut events = Events::default();
    Walk::new(&mut events, Detail::Full).file(file);
    events.lay_out()
}

/// One statement, doc texts included.
pub fn print_stmt(stmt: &Stmt) -> String {
    let mut events = Events::default();
    Walk::new(&mut events, Detail::Full).stmt(stmt);
    events.lay_out()
}

/// One expression.
pub fn print_expr(expr: &Expr) -> String {
    let mut events = Events::default();
    Walk::new(&mut events, Detail::Full).expr(expr);
    events.lay_out()
}

/// One pattern.
pub fn print_pattern(pattern: &Pattern) -> String {
    let mut events = Events::default();
    Walk::new(&mut events, Detail::Full).pattern(pattern);
    events.lay_out()
}

enum Event {
    Open(String),
    Atom(String),
    Close,
}

/// The tree as a flat run of events, so that laying it out needs no recursion.
#[derive(Default)]
struct Events(Vec<Event>);

impl Sink for Events {
    fn open(&mut self, tag: &str) {
        self.0.push(Event::Open(tag.to_owned()));
    }

    fn atom(&mut self, text: &str) {
        self.0.push(Event::Atom(text.to_owned()));
    }

    fn text(&mut self, text: &str) {
        self.0.push(Event::Atom(format!("{text:?}")));
    }

    fn close(&mut self) {
        self.0.push(Event::Close);
    }
}

impl Events {
    /// Width of each node on one line, at the index of its opening event.
    fn widths(&self) -> Vec<usize> {
        let mut widths = vec![0; self.0.len()];
        let mut open = Vec::new();
        let mut total = 0;
        for (i, event) in self.0.iter().enumerate() {
            match event {
                Event::Open(tag) => {
                    open.push((i, total));
                    total += tag.chars().count() + 2;
                }
                Event::Atom(text) => total += text.chars().count() + 1,
                Event::Close => {
                    total += 1;
                    if let Some((start, before)) = open.pop() {
                        widths[start] = total - before;
                    }
                }
            }
        }
        widths
    }

    fn lay_out(&self) -> String {
        let widths = self.widths();
        let mut out = String::new();
        // For each open node: whether its parts stand on lines of their own.
        let mut broken: Vec<bool> = Vec::new();
        for (i, event) in self.0.iter().enumerate() {
            let own_line = broken.last().copied().unwrap_or(true);
            let indent = broken.iter().filter(|b| **b).count() * 2;
            if !matches!(event, Event::Close) && !out.is_empty() {
                if own_line {
                    out.push('\n');
                    out.extend(std::iter::repeat_n(' ', indent));
                } else {
                    out.push(' ');
                }
            }
            match event {
                Event::Open(tag) => {
                    out.push('(');
                    out.push_str(tag);
                    broken.push(own_line && (tag == "file" || indent + widths[i] > LINE_WIDTH));
                }
                Event::Atom(text) => out.push_str(text),
                Event::Close => {
                    broken.pop();
                    out.push(')');
                }
            }
        }
        out.push('\n');
        out
    }
}
