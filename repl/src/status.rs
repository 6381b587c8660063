//! The status line: what stands below the output of a program that runs with `--reload` on a terminal.
//!
//! It is drawn only where the output stands at the beginning of a line, and is gone before anything else is written, so that it is never in
//! the middle of the program's own text. A program that moves the cursor itself has the terminal to itself from then on.

use crate::diagnostics::{printable, wants_colour};
use crate::summary::Program;
use crate::terminal;
use anstyle::{AnsiColor, Style};
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// Takes the line away. The cursor stands at its beginning, also when a smaller window has broken it in two.
const ERASE: &str = "\r\x1b[J";

/// Between two drawings at the end of a write.
const REDRAW: Duration = Duration::from_millis(8);

/// How long nothing must have been written before the line is drawn again.
const QUIET: Duration = Duration::from_millis(30);

/// How long it is not drawn at most while something is written all the time.
const HIDDEN_MAX: Duration = Duration::from_millis(250);

/// After this long the line tells of what is being done.
const SHOWN_AFTER: Duration = Duration::from_millis(500);

/// After this long a line of its own tells of it, where there is no status line.
const TOLD_AFTER: Duration = Duration::from_secs(1);

/// Between two drawings of what is being done.
const TICK: Duration = Duration::from_millis(100);

/// Smallest window in which there is a status line.
const COLUMNS_MIN: usize = 20;
const ROWS_MIN: usize = 3;

/// What the line says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// What an edit means where nothing else says so.
    pub mode: &'static str,
    /// Files that are loaded.
    pub files: usize,
    /// Number of the last commit.
    pub epoch: u64,
    /// What the program does.
    pub program: Program,
    /// The epoch in which edits began to be refused, if the last one was.
    pub rejected_since: Option<u64>,
    /// What no file defines any more and something still uses.
    pub leaks: usize,
}

/// What takes its time.
#[derive(Clone, Debug)]
pub struct Work {
    /// When it began.
    pub since: Instant,
    /// What it is.
    pub what: String,
    /// Whether something else than the status line tells of it, or has done so.
    pub is_told: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Phase {
    /// There is none.
    #[default]
    Off,
    /// There may be one soon.
    Expected,
    On,
    /// There is none any more.
    Over,
}

/// The line, and what must be known to draw it.
#[derive(Default)]
pub struct StatusLine {
    phase: Phase,
    facts: Option<Facts>,
    work: Option<Work>,
    /// What of the output the place of the line depends on.
    place: Place,
    is_on_screen: bool,
    /// Whether what is on the screen is not what is to be there.
    is_stale: bool,
    /// Whether the window was too small, or another's, when it was to be drawn.
    has_no_room: bool,
    /// When it was drawn last, and when something else was written.
    drawn: Option<Instant>,
    written: Option<Instant>,
}

/// What is due of a status line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// To be drawn.
    Draw,
    /// [`StatusLine::tell`] has something to say.
    Tell,
    /// To look again after this time.
    After(Duration),
    /// Nothing, until something changes.
    Never,
}

impl StatusLine {
    /// From now on follows what is written, so that it can begin later.
    pub fn expect(&mut self) {
        if self.phase == Phase::Off {
            self.phase = Phase::Expected;
        }
    }

    /// There is a line from now on, unless the program has taken the terminal.
    pub fn begin(&mut self) {
        if self.phase == Phase::Expected {
            self.phase = Phase::On;
            self.is_stale = true;
        }
    }

    /// There is none any more. Gives what takes it from the screen.
    #[must_use]
    pub fn end(&mut self) -> &'static str {
        self.phase = Phase::Over;
        self.erase()
    }

    /// Gives what takes it from the screen for now.
    #[must_use]
    pub fn erase(&mut self) -> &'static str {
        if std::mem::take(&mut self.is_on_screen) { ERASE } else { "" }
    }

    /// Sets what it says.
    pub fn set_facts(&mut self, facts: Facts) {
        if self.facts.as_ref() != Some(&facts) {
            self.facts = Some(facts);
            self.is_stale = true;
        }
    }

    /// Sets what is being done.
    pub fn set_work(&mut self, work: Option<Work>) {
        self.is_stale |= self.work.as_ref().is_some_and(|work| work.since.elapsed() > SHOWN_AFTER);
        let told = self.work.take().filter(|work| work.is_told).map(|work| work.since);
        self.work = work.map(|work| Work { is_told: work.is_told || told == Some(work.since), ..work });
    }

    /// It is drawn again, as the window is now.
    pub fn touch(&mut self) {
        self.has_no_room = false;
        self.is_stale = true;
    }

    /// What is to be written for a text: with the line taken away before it and drawn again behind it where that can be.
    pub fn around<'t>(&mut self, text: &'t str, now: Instant, asks: bool) -> Cow<'t, str> {
        match self.phase {
            Phase::Off | Phase::Over => return Cow::Borrowed(text),
            Phase::Expected | Phase::On => {}
        }
        let erase = self.erase();
        self.written = Some(now);
        if self.place.follow(text) == Follows::Moves {
            self.phase = Phase::Over;
        }
        let can_be_drawn = self.can_be_drawn(asks) && self.drawn.is_none_or(|drawn| now.duration_since(drawn) >= REDRAW);
        let drawing = if can_be_drawn { self.draw(now) } else { String::new() };
        if erase.is_empty() && drawing.is_empty() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(format!("{erase}{text}{drawing}"))
    }

    /// Takes note of whole lines that the tool has written.
    pub fn follow_lines(&mut self) {
        self.place.at_line_start = true;
        self.is_stale = true;
        self.drawn = None;
    }

    fn can_be_drawn(&self, asks: bool) -> bool {
        let has_place = self.facts.is_some() && !self.has_no_room;
        self.phase == Phase::On && has_place && !asks && self.place.at_line_start && !self.place.is_painting
    }

    /// What is due at a time.
    pub fn due(&self, now: Instant, asks: bool) -> Due {
        let passed = |since: Option<Instant>, time: Duration| match since {
            Some(since) => time.saturating_sub(now.duration_since(since)),
            None => Duration::ZERO,
        };
        let mut next = None;
        if let Some(work) = &self.work {
            if self.phase != Phase::On && !work.is_told {
                match passed(Some(work.since), TOLD_AFTER) {
                    Duration::ZERO => return Due::Tell,
                    left => next = Some(left),
                }
            }
            if self.can_be_drawn(asks) && self.is_on_screen {
                let left = passed(Some(work.since), SHOWN_AFTER).max(passed(self.drawn, TICK));
                if left.is_zero() {
                    return Due::Draw;
                }
                next = Some(left);
            }
        }
        if self.can_be_drawn(asks) && (!self.is_on_screen || self.is_stale) {
            let left = passed(self.written, QUIET).min(passed(self.drawn, HIDDEN_MAX));
            if left.is_zero() {
                return Due::Draw;
            }
            next = Some(next.map_or(left, |next: Duration| next.min(left)));
        }
        next.map_or(Due::Never, Due::After)
    }

    /// Whether there is a line, and it has to be drawn sooner or later.
    pub fn is_missing(&self, asks: bool) -> bool {
        !self.is_on_screen && self.can_be_drawn(asks)
    }

    /// A line about what takes its time, where there is no status line.
    pub fn tell(&mut self) -> Option<String> {
        let work = self.work.as_mut().filter(|work| !work.is_told)?;
        work.is_told = true;
        Some(format!("reload: {} takes more than {} s", work.what, TOLD_AFTER.as_secs()))
    }

    /// Gives what brings it to the screen, or there as it is now. Nothing if the window is too small.
    pub fn draw(&mut self, now: Instant) -> String {
        let erase = self.erase();
        self.drawn = Some(now);
        self.is_stale = false;
        let Some((columns, _)) = terminal::size().filter(|(columns, rows)| *columns >= COLUMNS_MIN && *rows >= ROWS_MIN) else {
            self.has_no_room = true;
            return erase.to_owned();
        };
        let Some(facts) = &self.facts else { return erase.to_owned() };
        let (text, style) = self.content(facts, now, columns - 1);
        self.is_on_screen = true;
        if wants_colour(true) { format!("{erase}{style}{text}{style:#}\r") } else { format!("{erase}{text}\r") }
    }

    fn content(&self, facts: &Facts, now: Instant, columns: usize) -> (String, Style) {
        let work = self.work.as_ref().map(|work| (now.duration_since(work.since), &work.what));
        if let Some((time, what)) = work.filter(|(time, _)| *time >= SHOWN_AFTER) {
            let text = format!("reload: {} … {:.1} s", printable(what), time.as_secs_f64());
            return (cut(text, columns), Style::new().dimmed());
        }
        let style = match (facts.program, facts.rejected_since) {
            (Program::Stopped, _) | (_, Some(_)) => AnsiColor::BrightRed.on_default(),
            (Program::Waits, None) => AnsiColor::Yellow.on_default(),
            (Program::Runs, None) => Style::new().dimmed(),
        };
        (facts.fitted(columns), style)
    }
}

impl Facts {
    fn state(&self) -> String {
        let doing = match self.program {
            Program::Runs => "running",
            Program::Waits => "waiting for an edit",
            Program::Stopped => "stopped at an error",
        };
        match (self.program, self.rejected_since) {
            (_, None) => doing.to_owned(),
            (Program::Runs, Some(epoch)) => format!("rejected since epoch {epoch}"),
            (_, Some(epoch)) => format!("{doing}, rejected since epoch {epoch}"),
        }
    }

    /// The line in so many columns: what matters less is left out where there is no room.
    fn fitted(&self, columns: usize) -> String {
        let counted = |count: usize, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
        // The number says what is left out first.
        let parts = [
            (2, concat!("lang ", env!("CARGO_PKG_VERSION")).to_owned()),
            (3, self.mode.to_owned()),
            (4, counted(self.files, "file")),
            (7, format!("epoch {}", self.epoch)),
            (8, self.state()),
            (if self.leaks == 0 { 3 } else { 6 }, counted(self.leaks, "leak")),
            (if self.program == Program::Stopped { 6 } else { 0 }, "r retry · : look · a abort".to_owned()),
            (5, "h keys".to_owned()),
            (1, "u undo".to_owned()),
            (1, "p plan".to_owned()),
            (1, "q quit".to_owned()),
        ];
        let with = |least: u32| {
            let shown = parts.iter().filter(|(weight, _)| *weight >= least).map(|(_, text)| text.as_str());
            shown.collect::<Vec<_>>().join(" · ")
        };
        let fitting = (1..=8).map(with).find(|text| text.chars().count() <= columns);
        fitting.unwrap_or_else(|| cut(self.state(), columns))
    }
}

/// The beginning of a text of single-width characters.
fn cut(text: String, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text;
    }
    text.chars().take(columns - 1).chain(['…']).collect()
}

/// Where in its lines the output of a program stands, and in which state it leaves the terminal.
#[derive(Debug)]
struct Place {
    at_line_start: bool,
    /// Whether a colour or the like has not been ended.
    is_painting: bool,
    /// An escape sequence that has not ended.
    sequence: Option<String>,
}

impl Default for Place {
    fn default() -> Place {
        Place { at_line_start: true, is_painting: false, sequence: None }
    }
}

#[derive(PartialEq, Eq, Debug)]
enum Follows {
    /// It writes lines, maybe in colour.
    Lines,
    /// It moves the cursor, clears the screen or changes the terminal in another way.
    Moves,
}

impl Place {
    fn follow(&mut self, text: &str) -> Follows {
        if text.is_empty() {
            return Follows::Lines;
        }
        if self.sequence.is_none() && !text.contains('\x1b') {
            self.at_line_start = text.ends_with('\n');
            return Follows::Lines;
        }
        for c in text.chars() {
            let Some(sequence) = &mut self.sequence else {
                match c {
                    '\x1b' => self.sequence = Some(String::new()),
                    _ => self.at_line_start = c == '\n',
                }
                continue;
            };
            match c {
                '[' if sequence.is_empty() => sequence.push(c),
                '0'..='9' | ';' | ':' if !sequence.is_empty() => sequence.push(c),
                'm' if !sequence.is_empty() => {
                    self.is_painting = !sequence[1..].split([';', ':']).all(ends_painting);
                    self.sequence = None;
                }
                _ => return Follows::Moves,
            }
        }
        Follows::Lines
    }
}

/// Whether a parameter of a sequence for colours brings back what is usual.
fn ends_painting(parameter: &str) -> bool {
    parameter.is_empty() || parameter.parse().is_ok_and(|number: u32| matches!(number, 0 | 22..=29 | 39 | 49 | 59))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts { mode: "update", files: 2, epoch: 4, program: Program::Runs, rejected_since: None, leaks: 1 }
    }

    #[test]
    fn what_matters_less_is_left_out() {
        let version = env!("CARGO_PKG_VERSION");
        let whole = format!("lang {version} · update · 2 files · epoch 4 · running · 1 leak · h keys · u undo · p plan · q quit");
        assert_eq!(facts().fitted(200), whole);
        assert_eq!(facts().fitted(79), format!("lang {version} · update · 2 files · epoch 4 · running · 1 leak · h keys"));
        assert_eq!(facts().fitted(60), "update · 2 files · epoch 4 · running · 1 leak · h keys");
        assert_eq!(facts().fitted(30), "epoch 4 · running · 1 leak");
        assert_eq!(facts().fitted(8), "running");
        let refused = Facts { rejected_since: Some(4), ..facts() };
        assert_eq!(refused.fitted(30), "rejected since epoch 4");
        assert_eq!(refused.fitted(10), "rejected …");
        let stopped = Facts { program: Program::Stopped, ..refused };
        assert!(stopped.fitted(79).contains("stopped at an error, rejected since epoch 4"));
    }

    #[test]
    fn the_place_in_the_output_is_known() {
        let mut place = Place::default();
        for (text, at_line_start, is_painting) in [
            ("a", false, false),
            ("b\n", true, false),
            ("\x1b[3", true, false),
            ("1m", true, true),
            ("red\n", true, true),
            ("\x1b[39m", true, false),
            ("\x1b[1;38:5:3m\n", true, true),
            ("\x1b[m", true, false),
            ("\r50 %", false, false),
            ("", false, false),
        ] {
            assert_eq!(place.follow(text), Follows::Lines, "{text:?}");
            assert_eq!((place.at_line_start, place.is_painting), (at_line_start, is_painting), "{text:?}");
        }
        for text in ["\x1b[2J", "\x1b[H", "\x1b]0;title\x07", "\x1b(0", "\x1b[?25l", "\x1b[\x1b"] {
            assert_eq!(Place::default().follow(text), Follows::Moves, "{text:?}");
        }
    }

    #[test]
    fn what_is_not_shown_yet_is_told_once() {
        let since = Instant::now();
        let work = |what: &str| Some(Work { since, what: what.to_owned(), is_told: false });
        let mut status = StatusLine::default();
        status.set_work(work("parsing"));
        assert_eq!(status.due(since, false), Due::After(TOLD_AFTER));
        assert_eq!(status.due(since + TOLD_AFTER, false), Due::Tell);
        assert_eq!(status.tell().as_deref(), Some("reload: parsing takes more than 1 s"));
        status.set_work(work("migrating"));
        assert_eq!(status.due(since + TOLD_AFTER, false), Due::Never);
        status.set_work(None);
        assert_eq!(status.tell(), None);
    }

    #[test]
    fn a_line_is_drawn_in_quiet_moments() {
        let start = Instant::now();
        let mut status = StatusLine::default();
        status.expect();
        status.begin();
        status.set_facts(facts());
        assert_eq!(status.due(start, false), Due::Draw);
        assert_eq!(status.due(start, true), Due::Never);
        status.drawn = Some(start);
        assert_eq!(status.around("half a line", start, false), "half a line");
        assert_eq!(status.due(start, false), Due::Never);
        assert_eq!(status.around("\n", start, false), "\n");
        assert_eq!(status.due(start, false), Due::After(QUIET));
        assert_eq!(status.due(start + QUIET, false), Due::Draw);
        status.around("\x1b[2J", start, false);
        assert_eq!(status.due(start + HIDDEN_MAX, false), Due::Never);
    }
}
