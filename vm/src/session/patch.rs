//! The text that is evaluated for a part of a file: at its lines and columns, so that errors point into the file; for members of a class,
//! the class as it runs with these members in it.

use super::region::{Found, members_of, with_doc_text};
use lang::ast::{MemberKind, Stmt, StmtKind};
use lang::outline::{TokenClass, highlight};
use lang::source::{Source, Span};

/// The text of a part of a file, moved by line breaks and spaces to where it stands. What stands in files only is left out: the
/// `namespace` line, and tests.
pub fn in_place(source: &Source, span: Span) -> String {
    let (line, column) = source.line_column(span.lo);
    let text = source.slice(span);
    let parsed = lang::parse(&Source::new("", text)).file;
    let mut text = text.to_owned();
    let tests = parsed.stmts.iter().filter(|stmt| matches!(stmt.kind, StmtKind::Test(_))).map(|stmt| stmt.span);
    let line_of_namespace = parsed.namespace.as_ref().and_then(|path| {
        let at = path.first()?.span.lo as usize;
        let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
        Some(Span::new(start, path.last()?.span.hi as usize))
    });
    let mut hidden: Vec<Span> = tests.chain(line_of_namespace).collect();
    hidden.sort_by_key(|span| span.lo);
    for span in hidden.into_iter().rev() {
        hide(&mut text, span);
    }
    format!("{}{}{text}", "\n".repeat(line as usize - 1), " ".repeat(column as usize - 1))
}

/// Replaces a part of a text by as many spaces as it has characters: lines and columns stay what they are.
fn hide(text: &mut String, span: Span) {
    let (lo, hi) = (span.lo as usize, span.hi as usize);
    let blank: String = text[lo..hi].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
    text.replace_range(lo..hi, &blank);
}

/// The name of the class whose members are meant.
pub fn class_of(source: &Source, found: &Found) -> Option<String> {
    let members = found.members.as_ref()?;
    match &lang::parse(source).file.stmts.get(members.stmt)?.kind {
        StmtKind::Class(decl) => Some(decl.name.name.to_string()),
        _ => None,
    }
}

/// The class with the members that are meant: these as the text has them, at their places; all others as they run. `running` is the text of
/// the class that runs; without it the class is taken from the text as it stands.
pub fn class_text(source: &Source, found: &Found, running: Option<&str>) -> Option<String> {
    let members = found.members.as_ref()?;
    let file = lang::parse(source).file;
    let stmt = file.stmts.get(members.stmt)?;
    let mut text = in_place(source, stmt.span);
    let Some(running) = running else { return Some(text) };
    let old_source = Source::new("", running);
    let old_file = lang::parse(&old_source).file;
    let old = old_file.stmts.iter().find(|stmt| members_of(stmt).is_some())?;
    // Where the text begins in the file, less what stands before it here.
    let moved = stmt.span.lo as usize - (text.len() - source.slice(stmt.span).len());
    let here = |span: Span| Span::new(span.lo as usize - moved, span.hi as usize - moved);
    let (new, old_members) = (members_with_keys(source, stmt), members_with_keys(&old_source, old));
    let is_kept = |(i, member): &(usize, &MemberText)| members.numbers.contains(i) || old_members.contains(member);
    let kept: Vec<&Key> = new.iter().enumerate().filter(is_kept).map(|(_, member)| &member.key).collect();
    // From the end on, so that what comes before stays where it is. What is missing comes behind the others, where it moves nothing.
    let missing = old_members.iter().filter(|old| !kept.contains(&&old.key));
    let missing: String = missing.map(|old| format!("\n{}", old.text)).collect();
    if !missing.is_empty() {
        let inside = text.trim_end().strip_suffix('}')?.len();
        text.insert_str(inside, &format!("{missing}\n"));
    }
    for (_, member) in new.iter().enumerate().filter(|member| !is_kept(member)).collect::<Vec<_>>().into_iter().rev() {
        hide(&mut text, here(member.span));
    }
    let (new_head, old_head) = (head(source, stmt)?, head(&old_source, old)?);
    let (written, runs) = (source.slice(new_head), in_one_line(old_source.slice(old_head)));
    if in_one_line(written) != runs {
        let lines = written.matches('\n').count();
        let head = here(new_head);
        text.replace_range(head.lo as usize..head.hi as usize, &format!("{runs}{}", "\n".repeat(lines)));
    }
    Some(text)
}

/// What a member is known by: slots share their names, and so do methods; the parts of a property and hooks are for themselves.
type Key = (u8, String);

/// A member with its doc text.
struct MemberText {
    key: Key,
    span: Span,
    text: String,
}

impl PartialEq for MemberText {
    fn eq(&self, other: &MemberText) -> bool {
        self.key == other.key && self.text == other.text
    }
}

fn members_with_keys(source: &Source, stmt: &Stmt) -> Vec<MemberText> {
    let key = |kind: &MemberKind| match kind {
        MemberKind::Slot(decl) => (0, decl.name.name.to_string()),
        MemberKind::Shared { name, .. } => (0, name.name.to_string()),
        MemberKind::Method(decl) | MemberKind::Static(decl) => (1, decl.name.name.to_string()),
        MemberKind::Getter(decl) => (2, decl.name.name.to_string()),
        MemberKind::Setter(decl) => (3, decl.name.name.to_string()),
        MemberKind::Migrate { from, .. } => (4, from.map_or(String::new(), |from| from.to_string())),
    };
    let members = members_of(stmt).unwrap_or_default().iter();
    members
        .map(|member| {
            let span = with_doc_text(source, member.span);
            MemberText { key: key(&member.kind), span, text: source.slice(span).trim_start().to_owned() }
        })
        .collect()
}

/// From the name of a class to behind its `{`.
fn head(source: &Source, stmt: &Stmt) -> Option<Span> {
    let StmtKind::Class(decl) = &stmt.kind else { return None };
    let behind = decl.bases.last().map_or(decl.name.span.hi, |base| base.span.hi) as usize;
    let rest = source.text().get(behind..stmt.span.hi as usize)?;
    let open = highlight(rest).into_iter().find(|(span, class)| {
        *class == TokenClass::Punctuation && rest.get(span.lo as usize..).is_some_and(|text| text.starts_with('{'))
    })?;
    Some(Span::new(decl.name.span.lo as usize, behind + open.0.lo as usize + 1))
}

/// A text without its comments and line breaks.
fn in_one_line(text: &str) -> String {
    let is_comment = |class: TokenClass| matches!(class, TokenClass::Comment | TokenClass::Doc);
    let tokens = highlight(text).into_iter().filter(|(_, class)| !is_comment(*class));
    let mut out = String::new();
    let mut end = None;
    for (span, _) in tokens {
        if end.is_some_and(|end| end < span.lo) {
            out.push(' ');
        }
        out.push_str(text.get(span.lo as usize..span.hi as usize).unwrap_or(""));
        end = Some(span.hi);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::region::find;
    use super::super::{Position, RegionKind};
    use super::*;

    #[test]
    fn a_part_stays_where_it_is() {
        let source = Source::new("<test>", "namespace a\nlet x = 1; let y = 2\ntest \"t\" { assert true }\nlet z = 3");
        assert_eq!(in_place(&source, Span::new(23, 32)), "\n           let y = 2");
        let whole = in_place(&source, Span::new(0, source.text().len()));
        assert_eq!(whole, "           \nlet x = 1; let y = 2\n                        \nlet z = 3");
    }

    #[test]
    fn members_are_put_into_the_class_that_runs() {
        let text = "let n = 1\nclass C(B) {\n    slot a = 2\n    slot c = 3\n    fn f() { 2 }\n    fn g() { 2 }\n}\n";
        let source = Source::new("<test>", text);
        let at = |line| Position { line, column: 1 };
        let found = find(&source, RegionKind::Line, at(5), None).expect("there is a method");
        let running = "class C {\n    slot a = 1\n    fn f() { 1 }\n    fn h() { 1 }\n    fn g() { 2 }\n}";
        assert_eq!(class_of(&source, &found).as_deref(), Some("C"));
        assert_eq!(
            class_text(&source, &found, Some(running)).expect("it is a class"),
            "\nclass C {\n              \n              \n    fn f() { 2 }\n    fn g() { 2 }\n\nslot a = 1\nfn h() { 1 }\n}"
        );
        let found = find(&source, RegionKind::Region, at(3), Some(at(5))).expect("there are slots");
        assert_eq!(
            class_text(&source, &found, Some(running)).expect("it is a class"),
            "\nclass C {\n    slot a = 2\n    slot c = 3\n                \n    fn g() { 2 }\n\nfn f() { 1 }\nfn h() { 1 }\n}"
        );
    }
}
