//! From text to tree: one top-level statement at a time, so that a mistake in one does not touch the others.
//!
//! Recovery inside a statement: the tokens of the smallest region around the mistake (an argument, the condition of an
//! `if`, a statement of a block …) are replaced by one [`Token::Bad`], and the statement is parsed again. Brackets are
//! balanced by the lexer, so regions nest. The work is bounded: errors per text and tokens parsed again have limits.

pub(crate) mod build;
mod build_decl;
mod build_pattern;
mod build_stmt;
mod doubles;
mod literal;
mod message;
mod recover;
mod slips;

#[allow(clippy::all, clippy::pedantic, reason = "generated")]
#[allow(unused, unused_qualifications, unreachable_pub, reason = "generated")]
mod grammar {
    lalrpop_util::lalrpop_mod!(generated, "/grammar.rs");
    pub(crate) use generated::ChunkParser;
}

use crate::ast::{File, Stmt, StmtKind};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Braces, Lexed, Lexeme, lex};
use crate::source::{Source, Span};
use crate::token::Token;
use build::{Builder, High};
use grammar::ChunkParser;
use lalrpop_util::ParseError;
use message::{Found, Mistake};
use std::borrow::Cow;
use std::cell::Cell;

/// Syntax errors reported for one text; after that it is probably no program, and the rest is not read.
const ERRORS_MAX: usize = 100;

/// What [`parse`] gives.
#[derive(Debug)]
pub struct Parsed {
    /// The tree; statements that did not parse are error nodes.
    pub file: File,
    /// What is wrong, in text order.
    pub diagnostics: Vec<Diagnostic>,
    /// More text could complete it: an open bracket, `${` or string over several lines, or an end where more must follow.
    pub incomplete: bool,
}

/// Parses a text. Never fails: problems are among the diagnostics.
pub fn parse(source: &Source) -> Parsed {
    let text = source.text();
    if text.len() > Source::BYTES_MAX {
        let diagnostic = Diagnostic::new(&codes::TOO_LARGE, Span::default(), "the text has more than 256 MB");
        return Parsed { file: File::default(), diagnostics: vec![diagnostic], incomplete: false };
    }
    let lexed = lex(text, Braces::AsWritten);
    let unbalanced = lexed.brace_open_at_end;
    let parsed = parse_tokens(text, lexed);
    if !unbalanced {
        return parsed;
    }
    // Which `{` was forgotten to close? Indentation is the better witness, unless it makes things worse.
    let by_indentation = parse_tokens(text, lex(text, Braces::ByIndentation));
    if by_indentation.diagnostics.len() <= parsed.diagnostics.len() {
        Parsed { incomplete: parsed.incomplete, ..by_indentation }
    } else {
        parsed
    }
}

fn parse_tokens(text: &str, mut lexed: Lexed) -> Parsed {
    let diagnostics = std::mem::take(&mut lexed.diagnostics);
    let bracket_errors_only =
        diagnostics.iter().all(|d| !d.is_error() || d.code == &codes::UNCLOSED || d.code == &codes::UNTERMINATED_STRING);
    let any_error = diagnostics.iter().any(Diagnostic::is_error);
    let mut driver = Driver {
        builder: Builder::new(text, &lexed.docs, lexed.cut_at.is_some()),
        parser: ChunkParser::new(),
        diagnostics,
        errors: 0,
        budget: lexed.tokens.len() * 4 + 2_000_000,
        cut_at: lexed.cut_at,
        dropped: Vec::new(),
        open_strings: Vec::new(),
        mistaken: Vec::new(),
        ends_too_early: false,
    };
    driver.dropped = driver.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.span).collect();
    driver.open_strings = doubles::open_strings(&driver.diagnostics);
    let mut file = File { doc: lexed.file_doc.clone(), ..File::default() };
    driver.file(&lexed.tokens, &mut file);
    let open = lexed.open_at_end && bracket_errors_only && driver.errors == 0;
    let short = driver.ends_too_early && driver.errors == 1 && !any_error;
    file.node_count = driver.builder.node_count();
    let mut diagnostics = driver.diagnostics;
    diagnostics.append(&mut driver.builder.diagnostics);
    doubles::leave_out(text, &mut diagnostics, &driver.mistaken);
    diagnostics.sort_by_key(|d| (d.span.lo, d.span.hi));
    Parsed { file, diagnostics, incomplete: open || short }
}

struct Driver<'a> {
    builder: Builder<'a>,
    parser: ChunkParser,
    diagnostics: Vec<Diagnostic>,
    /// Syntax errors reported.
    errors: usize,
    /// Tokens that may still be parsed again.
    budget: usize,
    cut_at: Option<u32>,
    /// Places of the lexer's errors: what it dropped there may be what is missing.
    dropped: Vec<Span>,
    /// Strings without end: they hold what closes the brackets before them.
    open_strings: Vec<Span>,
    /// Innermost open brackets of the syntax errors.
    mistaken: Vec<u32>,
    /// The last statement ends where more must follow.
    ends_too_early: bool,
}

impl Driver<'_> {
    fn file(&mut self, tokens: &[Lexeme], file: &mut File) {
        let mut start = 0;
        let mut depth = 0_usize;
        for (i, lexeme) in tokens.iter().enumerate() {
            if lexeme.token.is_open() {
                depth += 1;
            } else if lexeme.token.is_close() {
                depth = depth.saturating_sub(1);
            } else if lexeme.token == Token::Sep && depth == 0 {
                self.chunk(&tokens[start..i], false, file);
                start = i + 1;
            }
        }
        self.chunk(&tokens[start..], true, file);
        self.builder.check_signs(&file.stmts);
        file.namespace = self.builder.namespace.take();
    }

    fn chunk(&mut self, tokens: &[Lexeme], last: bool, file: &mut File) {
        let (Some(first), Some(end)) = (tokens.first(), tokens.last()) else { return };
        let is_first = file.stmts.is_empty() && self.builder.namespace.is_none();
        self.builder.namespace_at = is_first.then_some(first.lo);
        let stmt = if self.errors < ERRORS_MAX { self.statement(tokens, last) } else { None };
        let is_namespace = first.token == Token::Namespace;
        if is_namespace && stmt.is_some() {
            if file.doc.is_none() {
                file.doc = self.builder.doc(first.lo);
            }
            return;
        }
        let span = Span { lo: first.lo, hi: end.hi };
        file.stmts.push(stmt.unwrap_or(Stmt { kind: StmtKind::Error, span }));
    }

    /// Parses one statement, as often as it takes.
    fn statement(&mut self, tokens: &[Lexeme], last: bool) -> Option<Stmt> {
        let mark = self.builder.mark();
        let mut tokens = Cow::Borrowed(tokens);
        loop {
            self.builder.reset(&mark);
            let at = match self.attempt(&tokens) {
                Ok(stmt) => return Some(stmt.node),
                Err((at, expected)) => {
                    self.mistake(&tokens, at, &expected, last);
                    at
                }
            };
            self.budget = self.budget.saturating_sub(tokens.len());
            let region = recover::region(&tokens, at);
            let (Some((lo, hi)), true) = (region, self.budget > 0 && self.errors < ERRORS_MAX) else {
                self.builder.reset(&mark);
                return None;
            };
            let bad = Lexeme { token: Token::Bad, lo: tokens[lo].lo, hi: tokens[hi - 1].hi };
            tokens.to_mut().splice(lo..hi, [bad]);
        }
    }

    /// One run of the generated parser; on failure the index of the token that did not fit, and what would have.
    fn attempt(&mut self, tokens: &[Lexeme]) -> Result<High<Stmt>, (usize, Vec<String>)> {
        let taken = Cell::new(0);
        let input = tokens.iter().map(|lexeme| {
            taken.set(taken.get() + 1);
            (lexeme.lo, lexeme.token, lexeme.hi)
        });
        self.parser.parse(&mut self.builder, input).map_err(|error| match error {
            ParseError::UnrecognizedToken { expected, .. } => (taken.get() - 1, expected),
            ParseError::UnrecognizedEof { expected, .. } => (tokens.len(), expected),
            _ => (taken.get().saturating_sub(1), Vec::new()),
        })
    }

    /// Reports that the token at `at` did not fit, unless that follows from a problem that is reported already.
    fn mistake(&mut self, tokens: &[Lexeme], at: usize, expected: &[String], last: bool) {
        if self.follows_from_known(tokens, at) {
            return;
        }
        self.errors += 1;
        let found = if at < tokens.len() {
            Found::Token
        } else if last {
            self.ends_too_early = true;
            Found::EndOfText
        } else {
            Found::EndOfLine
        };
        let may_end = at > 0 && at < tokens.len() && {
            let mark = self.builder.mark();
            let ends = recover::enclosing(tokens, at).is_none() && self.attempt(&tokens[..at]).is_ok();
            self.builder.reset(&mark);
            ends
        };
        self.mistaken.extend(recover::enclosing(tokens, at).map(|open| tokens[open].lo));
        let mistake = Mistake { text: self.builder.text, tokens, at, expected, found, may_end };
        self.diagnostics.push(mistake.diagnostic());
    }

    /// Whether the mistake at `at` comes from recovery, or from something that the lexer has reported.
    fn follows_from_known(&self, tokens: &[Lexeme], at: usize) -> bool {
        let Some(here) = tokens.get(at).or(tokens.last()) else { return false };
        let inserted = here.lo == here.hi;
        let cut = self.cut_at.is_some_and(|cut| here.hi >= cut);
        let recovered =
            tokens[recover::item_start(tokens, at)..tokens.len().min(at + 1)].iter().any(|lexeme| lexeme.token == Token::Bad);
        let gap = at.checked_sub(1).and_then(|at| tokens.get(at)).map_or(0, |before| before.hi);
        let dropped = self.dropped.iter().any(|span| gap <= span.lo && span.hi <= here.lo);
        let swallowed = recover::enclosing(tokens, at).is_some_and(|open| {
            let open = Span { lo: tokens[open].lo, hi: tokens[open].hi };
            doubles::is_swallowed(self.builder.text, open, &self.open_strings)
        });
        inserted || cut || recovered || dropped || swallowed || self.is_in_map_of_unclosed(tokens, at)
    }

    /// `fn f( { … }`: the `{` was read as that of a map because of a bracket before it that is not closed, which is reported.
    fn is_in_map_of_unclosed(&self, tokens: &[Lexeme], at: usize) -> bool {
        let Some(map) = recover::enclosing(tokens, at).filter(|i| tokens[*i].token == Token::MapOpen) else { return false };
        let Some(before) = map.checked_sub(1).map(|i| tokens[i]) else { return false };
        before.token == Token::ParenOpen && self.dropped.contains(&before.span())
    }
}

/// A part of the text that is short enough for a message.
fn shorten(text: &str) -> String {
    let line = text.split('\n').next().unwrap_or("");
    if line.len() == text.len() && line.chars().count() <= 40 {
        line.to_owned()
    } else {
        line.chars().take(39).chain(['…']).collect()
    }
}
