//! One canonical layout for every text. `docs/design/fmt.md` has the rules.
//!
//! Text → pieces (tokens with what stands between them) → operations (words, possible breaks, groups) → text. The tokens of a text
//! without errors are walked once, in order, and each is written exactly as it stands; only white space, commas before a closing
//! bracket, and the separators of statements and arms are the formatter's own. What comes out is parsed again and must have the same
//! tree, so that a mistake in here can never change a program.

mod expr;
mod flow;
mod layout;
mod pattern;
mod pieces;
mod shaper;
mod stmt;

use crate::ast::print::print;
use crate::diagnostic::Diagnostic;
use crate::source::Source;
use shaper::Shaper;

/// Widest line that is not broken, in characters. Comments and strings may be wider.
pub const LINE_WIDTH: usize = 100;

/// Spaces of one level.
pub const INDENT: usize = 4;

/// Why a text is not formatted.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// It has errors.
    Errors(Vec<Diagnostic>),
    /// The result would mean something else: a mistake of the formatter. This is what it would have been.
    Mistake(String),
}

/// The text in its canonical layout.
pub fn format(source: &Source) -> Result<String, Refusal> {
    let parsed = crate::parse(source);
    if parsed.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(Refusal::Errors(parsed.diagnostics));
    }
    let formatted = layout::lay_out(&Shaper::new(pieces::pieces(source.text())).file());
    let again = crate::parse(&Source::new(source.name(), formatted.as_str()));
    let is_broken = again.diagnostics.iter().any(Diagnostic::is_error);
    if is_broken || print(&again.file) != print(&parsed.file) {
        return Err(Refusal::Mistake(formatted));
    }
    Ok(formatted)
}
