//! Problems of a text and errors of a program as the user sees them: with the place marked in its source, in colour on a terminal.
//!
//! Only the lines that matter are handed to the renderer, cut to a window around the place, so that a line of many megabytes costs
//! nothing. Characters that would move the cursor are never written.

use crate::plain::is_plain_chosen;
use crate::wrap::wrapped;
use annotate_snippets::renderer::{DEFAULT_TERM_WIDTH, DecorStyle};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::{AnsiColor, Style};
use lang::diagnostic::Diagnostic;
use lang::source::{Source, Span};
use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::ops::Range;
use vm::embed::{Error, Problem, StoppedCall, StoppedProgram};
use vm::interp::{Omitted, Trace};
use vm::reload::Reason;

/// Longest line shown whole, in bytes; of longer ones a window of twice [`WINDOW_HALF`].
const LINE_MAX: usize = 400;

/// Bytes shown before and behind the beginning of a place in a long line.
const WINDOW_HALF: usize = 60;

/// Most lines between two places that are shown as one piece.
const LINES_BETWEEN_MAX: u32 = 2_000;

/// Longest message or trace shown whole, in bytes.
const TEXT_MAX: usize = 20_000;

/// Longest cycle of calls that is looked for in a trace.
const CYCLE_MAX: usize = 25;

/// Most problems of one text that are shown.
const PROBLEMS_MAX: usize = 30;

/// Calls of a stopped program that are shown with the error.
const CALLS_MAX: usize = 12;

/// Renders for one stream.
#[derive(Clone, Copy)]
pub struct Report {
    is_coloured: bool,
}

impl Report {
    /// For standard error: in colour if it is a terminal and `NO_COLOR` is not set.
    pub fn for_stderr() -> Report {
        Report { is_coloured: wants_colour(io::stderr().is_terminal()) }
    }

    /// For standard output: in colour if it is a terminal and `NO_COLOR` is not set.
    pub fn for_stdout() -> Report {
        Report { is_coloured: wants_colour(io::stdout().is_terminal()) }
    }

    /// Without colour.
    pub fn plain() -> Report {
        Report { is_coloured: false }
    }

    /// `text` in a style, if there is colour.
    pub fn paint(self, style: Style, text: &str) -> String {
        if self.is_coloured { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// `error: …` for what has no place.
    pub fn failure(self, message: &str) -> String {
        let label = self.paint(AnsiColor::BrightRed.on_default().bold(), "error");
        format!("{label}: {}\n", printable(message))
    }

    /// All problems of one or more texts.
    pub fn problems(self, problems: &[Problem]) -> String {
        let mut out = String::new();
        for problem in problems.iter().take(PROBLEMS_MAX) {
            out.push_str(&self.diagnostic(&problem.source, &problem.diagnostic));
        }
        if let Some(left) = problems.len().checked_sub(PROBLEMS_MAX).filter(|left| *left > 0) {
            let _ = writeln!(out, "… and {left} more");
        }
        out
    }

    /// One problem of a text.
    pub fn diagnostic(self, source: &Source, diagnostic: &Diagnostic) -> String {
        let level = if diagnostic.is_error() { Level::ERROR } else { Level::WARNING };
        let title = level.primary_title(printable(&diagnostic.message)).id(diagnostic.code.id);
        let pieces = pieces(source, diagnostic.span, &diagnostic.label, &diagnostic.notes);
        let mut group = Group::with_title(title).elements(pieces.snippets);
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(printable(help)));
        }
        self.render(group, &pieces.places)
    }

    /// An error that the host got.
    pub fn error(self, error: &Error) -> String {
        match error {
            Error::Refused(problems) => self.problems(problems),
            Error::Raised { class, message, trace, cause, .. } => {
                let mut out = String::new();
                self.raised(&mut out, "", class, message, trace);
                out.push_str(&printable(&folded(trace)));
                self.causes(&mut out, cause.as_deref());
                out
            }
            Error::Interrupted(_) => format!("{}\n", self.paint(AnsiColor::Yellow.on_default(), &error.to_string())),
            Error::Raise { message, .. } => format!("{}\n", printable(message)),
            // Some refusals arrive as finished text.
            Error::Host(text) if text.starts_with("error") => format!("{}\n", printable(text.trim_end())),
            Error::Host(text) => self.failure(text),
        }
    }

    fn raised(self, out: &mut String, before: &str, class: &str, message: &str, trace: &Trace) {
        let class = self.paint(AnsiColor::BrightRed.on_default().bold(), &printable(class));
        if message.is_empty() {
            let _ = writeln!(out, "{before}{class}");
        } else {
            let _ = writeln!(out, "{before}{class}: {}", printable(message));
        }
        if let Some(frame) = trace.shown()
            && !frame.source.text().is_empty()
        {
            out.push_str(&self.place(&frame.source, frame.span));
        }
    }

    fn causes(self, out: &mut String, mut cause: Option<&Error>) {
        while let Some(error) = cause {
            match error {
                Error::Raised { class, message, trace, cause: next, .. } => {
                    self.raised(out, "caused by ", class, message, trace);
                    out.push_str(&printable(&folded(trace)));
                    cause = next.as_deref();
                }
                other => {
                    let _ = writeln!(out, "caused by {}", printable(&other.to_string()));
                    cause = None;
                }
            }
        }
    }

    /// An error at which a program has stopped: in place of its trace the calls that are alive, with their variables.
    pub fn stopped(self, stopped: &StoppedProgram) -> String {
        let Error::Raised { class, message, trace, cause, .. } = &stopped.error else { return self.error(&stopped.error) };
        let mut out = String::new();
        self.raised(&mut out, "", class, message, trace);
        out.push_str(&self.calls(&stopped.calls, CALLS_MAX));
        self.causes(&mut out, cause.as_deref());
        out
    }

    /// Calls that are alive, a line for each.
    pub fn calls(self, calls: &[StoppedCall], most: usize) -> String {
        let mut out = String::new();
        for (number, call) in calls.iter().enumerate().take(most) {
            let place = &call.place;
            let mut line = format!("  #{number} {} ({}:{})", place.function, place.source.name(), place.line());
            if let Some(why) = &call.stale {
                let _ = write!(line, " [{why}]");
            }
            for (name, value) in &call.locals {
                let _ = write!(line, "  {name} = {value}");
            }
            let _ = writeln!(out, "{}", wrapped(&printable(&line), 5));
        }
        if calls.len() > most {
            let _ = writeln!(out, "  … and {} more", calls.len() - most);
        }
        out
    }

    /// A place in a text, marked, without words.
    pub fn place(self, source: &Source, span: Span) -> String {
        let pieces = pieces(source, span, "", &[]);
        self.render(Group::with_level(Level::ERROR).elements(pieces.snippets), &pieces.places)
    }

    /// Why a reload was refused.
    pub fn reason(self, reason: &Reason) -> String {
        self.reason_as(Level::ERROR, reason)
    }

    /// What speaks against a reload without standing in the way.
    pub fn warning(self, warning: &Reason) -> String {
        self.reason_as(Level::WARNING, warning)
    }

    fn reason_as(self, level: Level<'_>, reason: &Reason) -> String {
        let title = level.primary_title(printable(&reason.message)).id(reason.code);
        let mut group = Group::with_title(title);
        if let Some(place) = &reason.place {
            let pieces = pieces(&place.source, place.span, &place.label, &place.notes);
            group = group.elements(pieces.snippets);
            if !reason.remedy.is_empty() {
                group = group.element(Level::HELP.message(printable(&reason.remedy)));
            }
            return self.render(group, &pieces.places);
        }
        let mut out = self.render(group, &[]);
        if !reason.detail.is_empty() {
            let _ = writeln!(out, "{}", printable(reason.detail.trim_end_matches('\n')));
        }
        if !reason.remedy.is_empty() {
            let _ = writeln!(
                out,
                "  = {}: {}",
                self.paint(AnsiColor::BrightCyan.on_default().bold(), "help"),
                printable(&reason.remedy)
            );
        }
        out
    }

    /// `places`: what is written for a place within a part of a line, and the place in the file.
    fn render(self, group: Group<'_>, places: &[(String, String)]) -> String {
        let renderer = if self.is_coloured { Renderer::styled() } else { Renderer::plain() };
        let mut out = renderer.decor_style(DecorStyle::Ascii).term_width(DEFAULT_TERM_WIDTH).render(&[group]);
        for (shown, place) in places {
            out = out.replacen(shown, place, 1);
        }
        out.push('\n');
        out
    }
}

/// Whether to write in colour to a stream.
pub fn wants_colour(is_terminal: bool) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    is_terminal && !is_plain_chosen() && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The text without characters that would move the cursor or change the direction of writing, cut if it is very long.
pub fn printable(text: &str) -> String {
    if text.len() > TEXT_MAX {
        return printable(&text[..text.floor_char_boundary(TEXT_MAX - 3)]) + "…";
    }
    let is_harmful = |c: char| {
        let is_control = c.is_control() && c != '\n' && c != '\t';
        is_control || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(is_harmful) { text.replace(is_harmful, "\u{fffd}") } else { text.to_owned() }
}

/// The lines of a trace, those that only repeat the ones before counted: a recursion without end is a line for each call of its cycle.
fn folded(trace: &Trace) -> String {
    let shown: Vec<String> = trace.frames.iter().map(|frame| format!("  {frame}")).collect();
    let mut lines: Vec<&str> = Vec::new();
    let left_out = trace.omitted.map_or(String::new(), |omitted| format!("  … {} more …", omitted.count));
    for (i, line) in shown.iter().enumerate() {
        match trace.omitted.filter(|omitted| omitted.after == i) {
            Some(Omitted { count, period: Some(period), .. }) => {
                (0..count).for_each(|_| lines.push(lines[lines.len() - period]));
            }
            Some(_) => lines.push(&left_out),
            None => {}
        }
        lines.push(line);
    }
    folded_lines(&lines)
}

fn folded_lines(lines: &[&str]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < lines.len() {
        let (period, times) = (1..=CYCLE_MAX).find_map(|period| repetitions(&lines[at..], period)).unwrap_or((1, 0));
        for line in &lines[at..at + period] {
            let _ = writeln!(out, "{line}");
        }
        let _ = match (period, times) {
            (_, 0) => Ok(()),
            (1, _) => writeln!(out, "  … the same {times} times more"),
            _ => writeln!(out, "  … these {period} calls {times} times more"),
        };
        at += period * (times + 1);
    }
    out
}

/// How often the first `period` lines follow on themselves, if that is often enough to count them.
fn repetitions(lines: &[&str], period: usize) -> Option<(usize, usize)> {
    let cycle = lines.get(..period)?;
    let times = lines.chunks_exact(period).skip(1).take_while(|chunk| chunk == &cycle).count();
    (times >= 2).then_some((period, times))
}

/// A place with its text beside it.
struct Mark<'a> {
    kind: AnnotationKind,
    span: Span,
    label: &'a str,
}

/// The marked lines of a problem.
struct Pieces<'a> {
    snippets: Vec<Snippet<'a, Annotation<'a>>>,
    /// For parts of long lines: the place that the renderer writes, which counts from the part's beginning, and the right one.
    places: Vec<(String, String)>,
}

/// The marked lines of a problem: one piece if its places are near each other, else a piece for each.
fn pieces<'a>(source: &Source, span: Span, label: &'a str, notes: &'a [(Span, String)]) -> Pieces<'a> {
    let mut marks = vec![Mark { kind: AnnotationKind::Primary, span: first_line(source, span), label }];
    marks.extend(notes.iter().map(|(span, label)| Mark { kind: AnnotationKind::Context, span: first_line(source, *span), label }));
    let lines: Vec<u32> = marks.iter().map(|mark| source.line(mark.span.lo)).collect();
    let (first, last) = (lines.iter().copied().min().unwrap_or(1), lines.iter().copied().max().unwrap_or(1));
    let is_short = last - first <= LINES_BETWEEN_MAX && (first..=last).all(|line| source.line_text(line).len() <= LINE_MAX);
    if is_short {
        return Pieces { snippets: vec![piece(source, first, last, &marks)], places: Vec::new() };
    }
    let (snippets, places) = lines.iter().zip(marks).map(|(line, mark)| window(source, *line, mark)).unzip();
    Pieces { snippets, places }
}

/// The part of a span that is on its first line, on character boundaries and within the text.
fn first_line(source: &Source, span: Span) -> Span {
    let text = source.text();
    let lo = text.floor_char_boundary(span.lo as usize);
    let hi = text.ceil_char_boundary((span.hi as usize).clamp(lo, text.len()));
    let hi = text[lo..hi].find(['\n', '\r']).map_or(hi, |at| lo + at);
    Span::new(lo, hi)
}

/// Lines `first..=last` as they are.
fn piece<'a>(source: &Source, first: u32, last: u32, marks: &[Mark<'a>]) -> Snippet<'a, Annotation<'a>> {
    let start = source.line_start(first) as usize;
    let end = source.line_start(last) as usize + source.line_text(last).len();
    let text = source.text()[start..end].to_owned();
    let annotations: Vec<_> = marks
        .iter()
        .map(|mark| {
            mark.annotate((mark.span.lo as usize).clamp(start, end) - start..(mark.span.hi as usize).clamp(start, end) - start)
        })
        .collect();
    Snippet::source(text).line_start(first as usize).path(printable(source.name())).annotations(annotations)
}

/// The surroundings of a place in a long line, and the place as it is written for them and as it is in the file.
fn window<'a>(source: &Source, line: u32, mark: Mark<'a>) -> (Snippet<'a, Annotation<'a>>, (String, String)) {
    let start = source.line_start(line) as usize;
    let text = source.line_text(line);
    let at = (mark.span.lo as usize - start).min(text.len());
    let lo = text.floor_char_boundary(at.saturating_sub(WINDOW_HALF));
    let hi = text.ceil_char_boundary((at + WINDOW_HALF).min(text.len()));
    let before = if lo > 0 { "…" } else { "" };
    let behind = if hi < text.len() { "…" } else { "" };
    let shown = format!("{before}{}{behind}", &text[lo..hi]);
    let mark_end = (mark.span.hi as usize).saturating_sub(start).clamp(at, hi);
    let range = at - lo + before.len()..mark_end - lo + before.len();
    let path = printable(source.name());
    let column_shown = shown[..range.start].chars().count() + 1;
    let places = (format!("{path}:{line}:{column_shown}"), format!("{path}:{line}:{}", source.line_column(mark.span.lo).1));
    (Snippet::source(shown).line_start(line as usize).path(path).annotation(mark.annotate(range)), places)
}

impl<'a> Mark<'a> {
    fn annotate(&self, range: Range<usize>) -> Annotation<'a> {
        let annotation = self.kind.span(range);
        if self.label.is_empty() { annotation } else { annotation.label(self.label) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_of_a_trace_are_counted() {
        assert_eq!(
            folded_lines(&["at f", "at f", "at f", "… 10 more …", "at f", "at f", "at g"]),
            "at f\n  … the same 2 times more\n… 10 more …\nat f\nat f\nat g\n"
        );
        assert_eq!(
            folded_lines(&["at h", "at f", "at g", "at f", "at g", "at f", "at g", "at f", "at main"]),
            "at h\nat f\nat g\n  … these 2 calls 2 times more\nat f\nat main\n"
        );
    }
}
