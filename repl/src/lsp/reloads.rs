//! What others do to the program that the editor is attached to: commits of files that were saved, of other clients, and of the program
//! itself. It is told when it happens; what a refused one complains about is shown at its place.

use super::client::Grade;
use super::diagnostics;
use super::encoding::session_span;
use super::evaluation::{MESSAGE_CHARS_MAX, cut};
use super::files::is_same_file;
use super::results::Trouble;
use super::server::Server;
use serde_json::json;
use std::collections::BTreeSet;
use vm::session::{Event, EventKind, Note, Reply};

/// What the last reload was refused for.
#[derive(Default)]
pub struct Refused {
    /// Problems by the paths of their files.
    pub problems: Vec<(String, Note)>,
    /// Files for which problems have been sent though they are not open: what the editor calls them.
    sent: BTreeSet<String>,
}

impl Server {
    /// Takes in what has happened to the program.
    pub fn happened(&mut self, reply: &Reply) {
        // What comes earlier belongs to nothing that is shown yet, what comes later to a program that is gone.
        let (Some(event), true) = (reply.event, self.living.attached.is_some()) else { return };
        if event.missed > 0 {
            self.client.log(&format!("{} reports of the program before this one were too many to read", event.missed));
        }
        // What comes of the editor's own commands is what they are answered.
        if !event.is_own {
            self.tell_event(event, reply);
        }
        if event.kind == EventKind::Reload {
            let notes = reply.error.as_ref().map_or(&[][..], |error| &error.notes);
            let path_of = |note: &Note| self.living.runner().map_or(note.file.clone(), |runner| runner.path_of(&note.file));
            self.refused.problems = notes.iter().map(|note| (path_of(note), note.clone())).collect();
            self.mark_refused();
        }
    }

    fn tell_event(&self, event: Event, reply: &Reply) {
        let text = reply.text.as_deref().unwrap_or_default().trim();
        let lines: Vec<String> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let first = lines.first().map_or("", |line| &**line);
        let (grade, message) = match (&reply.error, event.kind) {
            (Some(error), _) => {
                let more = error.notes.len().saturating_sub(1);
                let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
                self.client.log(&format!("reload: {text}"));
                (Grade::Error, format!("reload: {first}: {}{more}", error.message))
            }
            (None, EventKind::Evaluation) => (Grade::Info, first.to_owned()),
            (None, EventKind::Reload) if reply.data.as_ref().is_some_and(|report| report["committed"] == true) => {
                (Grade::Info, format!("reload: {}", lines.join("; ")))
            }
            (None, EventKind::Reload) if !self.refused.problems.is_empty() => {
                (Grade::Info, format!("reload: the refused edit is taken back; {first}"))
            }
            (None, EventKind::Reload) => return,
        };
        self.client.show(grade, &cut(&message, MESSAGE_CHARS_MAX));
    }

    /// Nothing of the program's reloads counts any more.
    pub fn forget_refused(&mut self) {
        self.refused.problems.clear();
        self.mark_refused();
    }

    /// Shows the problems of the last reload at their places, and no others.
    fn mark_refused(&mut self) {
        for document in self.documents.values_mut() {
            document.results.refused = troubles_of(&self.refused, &document.path, document.source());
        }
        self.live_changed();
        let is_open = |path: &str| self.documents.values().any(|document| is_same_file(&document.path, path));
        let closed: BTreeSet<&String> = self.refused.problems.iter().map(|(path, _)| path).filter(|path| !is_open(path)).collect();
        let mut sent = BTreeSet::new();
        for path in closed {
            let Some(source) = self.texts.read(path) else { continue };
            let troubles = troubles_of(&self.refused, path, &source);
            let found: Vec<_> = troubles.iter().map(|trouble| diagnostics::of_trouble(&self.client, &source, trouble)).collect();
            let uri = self.uri_of(path);
            self.client.notify("textDocument/publishDiagnostics", json!({ "uri": uri, "diagnostics": found }));
            sent.insert(uri);
        }
        for uri in self.refused.sent.difference(&sent).filter(|uri| !self.documents.contains_key(*uri)) {
            self.client.notify("textDocument/publishDiagnostics", json!({ "uri": uri, "diagnostics": [] }));
        }
        self.refused.sent = sent;
    }

    /// A file has been opened or closed: its problems are sent otherwise now.
    pub fn reopened(&mut self) {
        if !self.refused.problems.is_empty() {
            self.mark_refused();
        }
    }
}

/// The problems of a file at their places in its text.
fn troubles_of(refused: &Refused, path: &str, source: &lang::source::Source) -> Vec<Trouble> {
    let own = refused.problems.iter().filter(|(of, _)| is_same_file(of, path));
    let trouble = |note: &Note| {
        let help = if note.help.is_empty() { String::new() } else { format!("\nhelp: {}", note.help) };
        let span = session_span(source, note.range);
        // A whole line is told without its end.
        let length = source.slice(span).trim_end().len() as u32;
        let message = format!("refused: {}{help}", note.message);
        Trouble { span: lang::source::Span { hi: span.lo + length, ..span }, message, code: note.code.clone() }
    };
    own.map(|(_, note)| trouble(note)).collect()
}
