//! One slip, one error: leaves out what only follows from a problem that is reported at a better place.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Leaves out errors that say a second time what another one says. `mistaken` holds the opening brackets of the innermost brackets
/// in which something did not fit.
pub(super) fn leave_out(text: &str, diagnostics: &mut Vec<Diagnostic>, mistaken: &[u32]) {
    let strings = open_strings(diagnostics);
    mismatched(text, diagnostics);
    let starts: Vec<u32> =
        diagnostics.iter().filter(|d| d.code == &codes::SYNTAX || d.code == &codes::UNCLOSED).map(|d| d.span.lo).collect();
    let wanted: Vec<String> = diagnostics.iter().filter(|d| d.code == &codes::SYNTAX).map(|d| d.message.clone()).collect();
    diagnostics.retain(|diagnostic| {
        if diagnostic.code == &codes::UNCLOSED {
            let open = opening(diagnostic);
            return !mistaken.contains(&open.lo) && !is_swallowed(text, open, &strings);
        }
        if diagnostic.code == &codes::UNMATCHED_CLOSE {
            let open = match text.as_bytes().get(diagnostic.span.lo as usize) {
                Some(b')') => "expected `(`",
                Some(b']') => "expected `[`",
                _ => "expected `{`",
            };
            return !wanted.iter().any(|message| message.starts_with(open));
        }
        // What is taken apart has no value because the bracket around it is not closed.
        diagnostic.code != &codes::MISSING_VALUE || !starts.iter().any(|at| (diagnostic.span.lo..diagnostic.span.hi).contains(at))
    });
}

/// Where the strings begin that have no end.
pub(super) fn open_strings(diagnostics: &[Diagnostic]) -> Vec<Span> {
    diagnostics.iter().filter(|d| d.code == &codes::UNTERMINATED_STRING).map(|d| d.span).collect()
}

/// Whether the closing bracket is in a string without end.
pub(super) fn is_swallowed(text: &str, open: Span, strings: &[Span]) -> bool {
    strings.iter().any(|string| is_on_line_before(text, open, *string))
}

/// The bracket that an [`codes::UNCLOSED`] is about.
fn opening(diagnostic: &Diagnostic) -> Span {
    diagnostic.notes.first().map_or(diagnostic.span, |(open, _)| *open)
}

fn is_on_line_before(text: &str, first: Span, second: Span) -> bool {
    // Farther apart, they have hardly to do with each other, and looking would take long.
    const FAR: u32 = 10_000;
    first.lo < second.lo && second.lo - first.lo < FAR && !text[first.lo as usize..second.lo as usize].contains('\n')
}

/// `[1, 2)`: the bracket that is never closed and the one that closes nothing are one mistake.
fn mismatched(text: &str, diagnostics: &mut Vec<Diagnostic>) {
    let mut at = 0;
    while at < diagnostics.len() {
        let close = diagnostics[at].span;
        let is_open = |d: &Diagnostic| d.code == &codes::UNCLOSED && d.notes.is_empty() && is_on_line_before(text, d.span, close);
        let open = (diagnostics[at].code == &codes::UNMATCHED_CLOSE).then(|| diagnostics.iter().rposition(is_open)).flatten();
        if let Some(open) = open {
            let found = &text[close.lo as usize..close.hi as usize];
            let bracket = diagnostics[open].span;
            let (opened, closed) = match text.as_bytes()[bracket.lo as usize] {
                b'(' => ("(", ")"),
                b'[' => ("[", "]"),
                _ => ("{", "}"),
            };
            diagnostics[at] =
                Diagnostic::new(&codes::UNCLOSED, close, format!("expected `{closed}` to close `{opened}`, found `{found}`"))
                    .label(format!("expected `{closed}`"))
                    .note(bracket, format!("`{opened}` opened here"));
            diagnostics.remove(open);
            // The entries from here on have moved.
            at = 0;
        } else {
            at += 1;
        }
    }
}
