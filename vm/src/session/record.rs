//! What has been typed in a session, as a program text.
//!
//! A file defines a name once. What replaces a function, class or constant takes its place; a `let` that replaces another is an assignment,
//! so that the statements between them see what they saw.

use lang::ast::{LetKind, StmtKind};
use lang::outline::outline;
use lang::source::Source;

/// The statements that were typed, in order, without those that later ones replace. An expression whose value was shown is not among
/// them: it only asks.
///
/// ```
/// use embed::session::{End, Record};
///
/// let mut record = Record::default();
/// record.add("fn double(n) { n * 2 }", End::Statement);
/// record.add("double(2)", End::Value);
/// record.add("fn double(n) { n + n }", End::Statement);
/// assert_eq!(record.program(&[]).trim(), "fn double(n) { n + n }");
/// ```
#[derive(Default)]
pub struct Record {
    statements: Vec<Statement>,
}

/// How an input ends.
///
/// See the example of [`Record`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// With a value other than nil.
    Value,
    /// With a statement, or an expression that has been evaluated for its effect.
    Statement,
}

struct Statement {
    text: String,
    /// What it defines.
    names: Vec<String>,
    /// Whether that is a variable.
    is_variable: bool,
}

impl Record {
    /// Adds a text that has been evaluated, which has ended like this.
    pub fn add(&mut self, text: &str, ending: End) {
        let source = Source::new("<record>", text);
        let file = lang::parse(&source).file;
        let outline = outline(&source, &file, &lang::resolve(&file, &mut Vec::new()));
        let mut end = 0;
        for (i, stmt) in file.stmts.iter().enumerate() {
            let start = std::mem::replace(&mut end, stmt.span.hi as usize);
            // Imports are those that the session has at its end.
            let is_question = ending == End::Value && i + 1 == file.stmts.len();
            if is_question || matches!(stmt.kind, StmtKind::Import(_) | StmtKind::Test(_) | StmtKind::Error) {
                continue;
            }
            let names: Vec<String> = outline.definitions.iter().filter(|d| d.stmt == i).map(|d| d.name.name.to_string()).collect();
            // With the comments above it.
            let text = text.get(start..end).unwrap_or("").trim_start_matches([';', ' ', '\t', '\n', '\r']).to_owned();
            let is_variable = matches!(&stmt.kind, StmtKind::Let(decl) if decl.kind == LetKind::Let);
            let variable = names.first().filter(|name| is_variable && self.has_variable(name));
            match variable.and_then(|name| assignment(source.slice(stmt.span), name)) {
                Some(text) => self.statements.push(Statement { text, names: Vec::new(), is_variable }),
                None => self.put(Statement { text, names, is_variable }),
            }
        }
    }

    fn has_variable(&self, name: &str) -> bool {
        self.statements.iter().any(|old| old.is_variable && old.names.iter().any(|old| old == name))
    }

    /// Puts a statement in the place of what it replaces, or at the end.
    fn put(&mut self, statement: Statement) {
        let names = &statement.names;
        let is_replaced = |old: &Statement| !old.names.is_empty() && old.names.iter().all(|name| names.contains(name));
        let place = self.statements.iter().position(is_replaced).unwrap_or(self.statements.len());
        self.statements.retain(|old| !is_replaced(old));
        self.statements.insert(place, statement);
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// The program, with these imports at its top.
    pub fn program(&self, imports: &[String]) -> String {
        let mut text: String = imports.iter().map(|import| format!("{import}\n")).collect();
        for (i, statement) in self.statements.iter().enumerate() {
            let is_long = |statement: &Statement| statement.text.contains('\n');
            let before = i.checked_sub(1).map(|before| &self.statements[before]);
            if before.map_or(!text.is_empty(), |before| is_long(before) || is_long(statement)) {
                text.push('\n');
            }
            text.push_str(&statement.text);
            text.push('\n');
        }
        text
    }
}

/// `let x = 1` as an assignment to a variable that there is already.
fn assignment(text: &str, name: &str) -> Option<String> {
    let rest = text.strip_prefix("let")?.trim_start().strip_prefix(name)?.trim_start();
    match rest {
        "" => Some(format!("{name} = nil")),
        rest if rest.starts_with('=') => Some(format!("{name} {rest}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_becomes_a_program() {
        let mut record = Record::default();
        assert!(record.is_empty());
        for text in ["import math", "fn f() { 1 }", "let x = 1", "## Two.\nfn f() {\n    2\n}", "x += 2; print(x)", "let x = 5"] {
            record.add(text, End::Statement);
        }
        let imports = ["import math".to_owned(), "from a import b as c".to_owned()];
        assert_eq!(
            record.program(&imports),
            "import math\nfrom a import b as c\n\n## Two.\nfn f() {\n    2\n}\n\nlet x = 1\nx += 2\nprint(x)\nx = 5\n"
        );
    }
}
