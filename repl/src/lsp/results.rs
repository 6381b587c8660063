//! What evaluations have left in a text: values behind what was evaluated, and errors at their places. They move with the text, and go
//! when the text that they belong to is edited.

use lang::source::Span;

/// A value that is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// What was evaluated.
    pub span: Span,
    /// The value, on one line.
    pub label: String,
    /// The whole of it, with what was printed.
    pub detail: String,
}

/// An error that is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// Where.
    pub span: Span,
    /// What has happened.
    pub message: String,
    /// The code of a refusal.
    pub code: String,
}

/// What evaluations have left in a text.
#[derive(Clone, Default, Debug)]
pub struct Results {
    /// Values, in the order of their evaluation.
    pub values: Vec<Shown>,
    /// Errors of the last evaluation.
    pub troubles: Vec<Trouble>,
    /// What the last reload of the program was refused for.
    pub refused: Vec<Trouble>,
    /// What is evaluated now, by the number of what was asked.
    pub expected: Vec<(u64, Span)>,
}

impl Results {
    /// A part of the text has become another.
    pub fn edited(&mut self, old: Span, new: &str) {
        self.values.retain_mut(|shown| moved(&mut shown.span, old, new));
        self.troubles.retain_mut(|trouble| moved(&mut trouble.span, old, new));
        self.refused.retain_mut(|trouble| moved(&mut trouble.span, old, new));
        self.expected.retain_mut(|(_, span)| moved(span, old, new));
    }

    /// Shows a value in the place of those that belong to the same text.
    pub fn show(&mut self, shown: Shown) {
        self.forget(shown.span);
        self.values.push(shown);
    }

    /// Shows no value any more that belongs to a part of the text.
    pub fn forget(&mut self, span: Span) {
        self.values.retain(|old| old.span.hi <= span.lo || span.hi <= old.span.lo);
    }
}

/// Whether something stays when `old` becomes `new`; brings it to where it is then.
fn moved(span: &mut Span, old: Span, new: &str) -> bool {
    let new_length = new.len() as u32;
    if old.lo >= span.hi {
        // What is written on directly behind it belongs to it, unless it is a line of its own.
        return old.lo > span.hi || new.is_empty() || new.starts_with(['\n', '\r']);
    }
    // What is inserted directly before it does not belong to it.
    if old.hi <= span.lo {
        let move_by = |at: u32| at - (old.hi - old.lo) + new_length;
        *span = Span { lo: move_by(span.lo), hi: move_by(span.hi) };
        return true;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_move_with_their_text() {
        let after = |lo: usize, hi: usize, new: &str| {
            let mut results = Results::default();
            results.show(Shown { span: Span::new(10, 15), label: String::new(), detail: String::new() });
            results.edited(Span::new(lo, hi), new);
            results.values.first().map(|shown| (shown.span.lo, shown.span.hi))
        };
        assert_eq!(after(0, 0, "abc"), Some((13, 18)));
        assert_eq!(after(0, 10, "a"), Some((1, 6)));
        assert_eq!(after(15, 15, "\nab"), Some((10, 15)));
        assert_eq!(after(15, 15, "0"), None);
        assert_eq!(after(10, 10, "ab"), Some((12, 17)));
        assert_eq!(after(12, 12, "a"), None);
        assert_eq!(after(14, 16, ""), None);
        assert_eq!(after(0, 99, ""), None);
    }

    #[test]
    fn a_value_takes_the_place_of_those_before() {
        let mut results = Results::default();
        for (lo, hi) in [(0, 5), (10, 12), (3, 4), (2, 11)] {
            results.show(Shown { span: Span::new(lo, hi), label: format!("{lo}"), detail: String::new() });
        }
        let labels: Vec<&str> = results.values.iter().map(|shown| &*shown.label).collect();
        assert_eq!(labels, ["2"]);
    }
}
