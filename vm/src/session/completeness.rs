//! Whether what has been typed is a whole input, or more lines belong to it.
//!
//! An open bracket or string, a trailing operator or a `try` without handler needs more. A block over several lines to which `else`,
//! `catch` or `finally` could still be added waits for one more line; an empty one says that nothing follows:
//!
//! ```text
//! > if ready {
//!     go()
//! }
//! else {
//! ```

use lang::codes::LONELY_TRY;
use lang::diagnostic::Diagnostic;
use lang::parse;
use lang::source::Source;

/// What could go on with a block that has been closed.
const CONTINUATIONS: [&str; 2] = ["else { }", "catch { }"];

/// Whether more lines belong to `text`.
pub fn is_incomplete(text: &str) -> bool {
    let parsed = parse(&Source::new("<input>", text));
    if parsed.incomplete {
        return true;
    }
    let mut errors = parsed.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    match errors.next() {
        // A `try` that is alone for now.
        Some(error) => error.code == &LONELY_TRY && errors.next().is_none() && could_go_on(text),
        None => ends_with_doc_text(text) || ends_with_a_line_of_its_own(text) && could_go_on(text),
    }
}

/// Whether the last line is doc text, which stands above what it is about.
fn ends_with_doc_text(text: &str) -> bool {
    text.rsplit('\n').next().is_some_and(|last| last.trim_start().starts_with("##"))
}

/// Whether the last of several lines does nothing but close a block.
fn ends_with_a_line_of_its_own(text: &str) -> bool {
    text.rsplit_once('\n').is_some_and(|(_, last)| last.trim() == "}")
}

fn could_go_on(text: &str) -> bool {
    CONTINUATIONS.iter().any(|continuation| {
        let longer = parse(&Source::new("<input>", format!("{text}\n{continuation}")));
        !longer.diagnostics.iter().any(Diagnostic::is_error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_inputs_end() {
        let whole = [
            "",
            "# a comment",
            "## nothing follows\n",
            "1 + 2",
            "fn f() {\n    1\n}",
            "if a { 1 }",
            "if a {\n    1\n}\n",
            "if a {\n    1\n} else {\n    2\n}",
            "try { 1 } catch { 2 }",
            "for x in xs {\n    print(x)\n}",
            "let s = \"open",
            "1 +* 2",
            "f(})",
            "\"\"\"\na\n\"\"\"",
        ];
        for text in whole {
            assert!(!is_incomplete(text), "{text}");
        }
    }

    #[test]
    fn what_needs_more_goes_on() {
        let parts = [
            "fn f() {",
            "let xs = [1,",
            "f(1",
            "1 +",
            "let x =",
            "not",
            "\"\"\"a",
            "xs.map(|x|",
            "\"a ${",
            "try {\n    1\n}",
            "try { 1 }",
            "let x = try { 1 }",
            "if a {\n    1\n}",
            "let x = if a {\n    1\n}",
            "if a {\n    1\n} else if b {\n    2\n}",
            "try {\n    1\n} catch e is IOError {\n    2\n}",
            "@deco",
            "## what f does",
        ];
        for text in parts {
            assert!(is_incomplete(text), "{text}");
        }
    }
}
