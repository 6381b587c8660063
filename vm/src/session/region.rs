//! Which part of a text is meant by a place in it: an expression, a line, a form, a cell.
//!
//! A text in an editor is seldom whole. What is asked for must parse, the rest need not.

use super::{Position, Range, RegionKind};
use lang::ast::visit::{Visitor, walk_expr};
use lang::ast::{Expr, File, Member, Stmt, StmtKind};
use lang::source::{Source, Span};

/// What a line begins with that separates cells.
const CELL: &str = "%%";

/// What is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The part of the text.
    pub span: Span,
    /// The title of a cell.
    pub title: Option<String>,
    /// If it consists of members of a class: the class's statement, and the members.
    pub members: Option<Members>,
}

/// Members of a class that are meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Members {
    /// Number of the class's statement in the text.
    pub stmt: usize,
    /// Numbers of the members in the class.
    pub numbers: Vec<usize>,
}

/// Why nothing is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// Where something was looked for.
    pub span: Span,
    /// What is missing, and what to do.
    pub message: String,
}

/// The part of a text that is meant by a kind, a place, and for a selection its end.
pub fn find(source: &Source, kind: RegionKind, at: Position, to: Option<Position>) -> Result<Found, Missing> {
    let file = lang::parse(source).file;
    let here = offset(source, at);
    let missing = |message: &str| Missing { span: Span::new(here, here), message: message.to_owned() };
    let plain = |span: Span| Found { span, title: None, members: None };
    match kind {
        RegionKind::Expression => match expression_at(source, &file, here) {
            Some(span) => Ok(plain(span)),
            None => Err(missing("there is no expression here that is whole; put the cursor behind one")),
        },
        RegionKind::Line => {
            let lo = source.line_start(at.line.min(source.line_count() as u32)) as usize;
            let span = trimmed(source, Span::new(lo, lo + source.line_text(at.line).len()));
            let is_code = !matches!(source.slice(span).chars().next(), None | Some('#'));
            let found = Found { members: members_in(source, &file, span)?, ..plain(span) };
            if is_code { Ok(found) } else { Err(missing("there is no code on this line")) }
        }
        RegionKind::Region => {
            let end = offset(source, to.unwrap_or(at));
            let span = trimmed(source, Span::new(here.min(end), here.max(end)));
            if span.lo == span.hi {
                return Err(missing("nothing is selected"));
            }
            Ok(Found { members: members_in(source, &file, span)?, ..plain(span) })
        }
        RegionKind::Form => {
            let forms: Vec<Span> = file.stmts.iter().map(|stmt| with_doc_text(source, stmt.span)).collect();
            let around = forms.iter().find(|form| (form.lo as usize..=form.hi as usize).contains(&here));
            let on_line = || forms.iter().rfind(|form| source.line(form.lo) <= at.line && at.line <= source.line(form.hi));
            let before = || forms.iter().rfind(|form| form.hi as usize <= here);
            match around.or_else(on_line).or_else(before).or(forms.first()) {
                Some(form) => Ok(plain(*form)),
                None => Err(missing("the text has no statement")),
            }
        }
        RegionKind::Cell => {
            let cells = cells(source);
            let cell = cells.iter().rfind(|cell| source.line(cell.span.lo) <= at.line).or(cells.first());
            let Some(cell) = cell else { return Err(missing("the text has no cell")) };
            match cell.title.as_deref() {
                Some(title) if title.starts_with('[') && !title.starts_with("[code]") => {
                    Err(Missing { span: cell.span, message: format!("the cell `{title}` is no code") })
                }
                _ => Ok(cell.clone()),
            }
        }
        RegionKind::File => Ok(plain(Span::new(0, source.text().len()))),
    }
}

/// The cells of a text: what lies between lines like `# %% title`. What stands before the first such line is a cell, too, if there is code.
pub fn cells(source: &Source) -> Vec<Found> {
    let end = source.text().len();
    let mut cells = vec![Found { span: Span::new(0, end), title: None, members: None }];
    for line in 1..=source.line_count() as u32 {
        let marker = source.line_text(line).strip_prefix('#').and_then(|rest| rest.trim_start_matches(' ').strip_prefix(CELL));
        let Some(title) = marker else { continue };
        let start = source.line_start(line) as usize;
        if let Some(last) = cells.last_mut() {
            last.span.hi = start as u32;
        }
        let title = Some(title.trim().to_owned()).filter(|title| !title.is_empty());
        cells.push(Found { span: Span::new(start, end), title, members: None });
    }
    let is_code = |line: &str| !matches!(line.trim_start().chars().next(), None | Some('#'));
    if cells.len() > 1 && !source.slice(cells[0].span).lines().any(is_code) {
        cells.remove(0);
    }
    cells
}

/// The byte at a place; behind the end of a line or the text: that end.
pub fn offset(source: &Source, at: Position) -> usize {
    if at.line as usize > source.line_count() {
        return source.text().len();
    }
    let line = source.line_text(at.line.max(1));
    let skipped = line.char_indices().nth(at.column.max(1) as usize - 1).map_or(line.len(), |(skipped, _)| skipped);
    source.line_start(at.line.max(1)) as usize + skipped
}

/// The place of a part of a text.
pub fn range(source: &Source, span: Span) -> Range {
    let position = |at: u32| {
        let (line, column) = source.line_column(at);
        Position { line, column }
    };
    Range { start: position(span.lo), end: position(span.hi) }
}

/// Without the spaces and separators at both ends.
fn trimmed(source: &Source, span: Span) -> Span {
    let is_outside = |c: char| c.is_whitespace() || c == ';';
    let text = source.slice(span);
    let before = text.len() - text.trim_start_matches(is_outside).len();
    let behind = text.len() - text.trim_end_matches(is_outside).len();
    if before == text.len() {
        Span::new(span.lo as usize, span.lo as usize)
    } else {
        Span::new(span.lo as usize + before, span.hi as usize - behind)
    }
}

/// A part of a text with the doc text above it, if it is the first on its line.
pub fn with_doc_text(source: &Source, span: Span) -> Span {
    let mut line = source.line(span.lo);
    let mut lo = span.lo;
    let is_first = source.text()[source.line_start(line) as usize..span.lo as usize].trim().is_empty();
    while is_first && line > 1 && source.line_text(line - 1).trim_start().starts_with("##") {
        line -= 1;
        lo = source.line_start(line);
    }
    Span { lo, hi: span.hi }
}

/// The largest expression that ends here, the smallest around here, or the largest that begins here.
fn expression_at(source: &Source, file: &File, here: usize) -> Option<Span> {
    struct Spans(Vec<Span>);
    impl Visitor for Spans {
        fn expr(&mut self, expr: &Expr) {
            self.0.push(expr.span);
            walk_expr(self, expr);
        }
    }
    let mut spans = Spans(Vec::new());
    lang::ast::visit::walk_stmts(&mut spans, &file.stmts);
    let line_start = source.text()[..here].rfind('\n').map_or(0, |at| at + 1);
    // Behind spaces, and a separator.
    let before = line_start + source.text()[line_start..here].trim_end_matches([' ', '\t', ';']).len();
    let size = |span: &&Span| span.hi - span.lo;
    let ending = spans.0.iter().filter(|span| span.hi as usize == before && span.lo < span.hi).max_by_key(size);
    let around = || spans.0.iter().filter(|span| (span.lo as usize) < here && here < span.hi as usize).min_by_key(size);
    let behind = here + source.text()[here..].len() - source.text()[here..].trim_start_matches([' ', '\t']).len();
    let beginning = || spans.0.iter().filter(|span| span.lo as usize == behind && span.lo < span.hi).max_by_key(size);
    ending.or_else(beginning).or_else(around).copied()
}

/// The members of a class that make up a part of a text. A part of one member is code for itself.
fn members_in(source: &Source, file: &File, span: Span) -> Result<Option<Members>, Missing> {
    let around = file.stmts.iter().enumerate().find_map(|(i, stmt)| {
        let is_inside = stmt.span.lo < span.lo && span.hi < stmt.span.hi;
        members_of(stmt).filter(|_| is_inside).map(|members| (i, stmt, members))
    });
    let Some((stmt, whole, members)) = around else { return Ok(None) };
    let is_in_one = members.iter().any(|member| member.span.lo < span.lo && span.hi < member.span.hi);
    if !is_in_one && !matches!(whole.kind, StmtKind::Class(_)) {
        let message = "a part of an enum or `extend` is no text for itself; evaluate the form".to_owned();
        return Err(Missing { span: whole.span, message });
    }
    let is_whole = |member: &Member| span.lo <= member.span.lo && member.span.hi <= span.hi;
    let is_touched = |member: &Member| span.lo < member.span.hi && member.span.lo < span.hi;
    let numbers: Vec<usize> = (0..members.len()).filter(|i| is_whole(&members[*i])).collect();
    if numbers.is_empty() {
        return Ok(None);
    }
    match members.iter().find(|member| is_touched(member) && !is_whole(member)) {
        Some(member) => {
            let (first, last) = (source.line(member.span.lo), source.line(member.span.hi));
            let message = format!("the selection has only a part of the member in lines {first} to {last}; select the whole of it");
            Err(Missing { span: member.span, message })
        }
        None => Ok(Some(Members { stmt, numbers })),
    }
}

/// The members of what has members.
pub fn members_of(stmt: &Stmt) -> Option<&[Member]> {
    match &stmt.kind {
        StmtKind::Class(decl) => Some(&decl.members),
        StmtKind::Enum(decl) => Some(&decl.members),
        StmtKind::Extend(decl) => Some(&decl.members),
        _ => None,
    }
}
