//! What a text shows without a program: symbols, folds, colours, its layout.

use super::document::Document;
use super::encoding::Encoding;
use gen_lsp_types::{DocumentSymbol, FoldingRange, FoldingRangeKind, Range, SymbolKind, TextEdit};
use lang::ast::{Member, StmtKind};
use lang::docs::{DocItem, DocKind};
use lang::fmt::{Refusal, format};
use lang::outline::{TokenClass, highlight};
use lang::source::{Source, Span};
use similar::{DiffTag, TextDiff};
use vm::session::cells;

/// The kinds of token, in the order of their numbers.
pub const TOKEN_TYPES: [&str; 8] = ["keyword", "variable", "function", "class", "number", "string", "operator", "comment"];

/// The bits of tokens, in their order.
pub const TOKEN_MODIFIERS: [&str; 1] = ["documentation"];

/// The definitions of a text with their members, its tests, and its cells.
pub fn symbols(document: &Document, encoding: Encoding) -> Vec<DocumentSymbol> {
    let source = document.source();
    let analysis = document.analysis();
    let range = |span: Span| encoding.range(source, span);
    let mut found = Vec::new();
    for item in &analysis.items {
        let around = |stmt: &&lang::ast::Stmt| stmt.span.lo <= item.span.lo && item.span.hi <= stmt.span.hi;
        let Some(stmt) = analysis.file.stmts.iter().find(around) else { continue };
        let members: &[Member] = match &stmt.kind {
            StmtKind::Class(decl) => &decl.members,
            StmtKind::Enum(decl) => &decl.members,
            StmtKind::Extend(decl) => &decl.members,
            _ => &[],
        };
        let children = item.members.iter().map(|member| {
            let around = |other: &&Member| other.span.lo <= member.span.lo && member.span.hi <= other.span.hi;
            let whole = members.iter().find(around).map_or(member.span, |found| found.span);
            symbol(member, range(whole), range(member.span), Vec::new())
        });
        found.push(symbol(item, range(stmt.span), range(item.span), children.collect()));
    }
    for stmt in &analysis.file.stmts {
        if let StmtKind::Test(test) = &stmt.kind {
            found.push(plain(format!("test \"{}\"", test.name), SymbolKind::Method, range(stmt.span)));
        }
    }
    for cell in cells(source) {
        if let Some(title) = cell.title {
            found.push(plain(format!("%% {title}"), SymbolKind::Module, range(cell.span)));
        }
    }
    found.sort_by_key(|symbol| symbol.range.start);
    found
}

fn symbol(item: &DocItem, range: Range, selection_range: Range, children: Vec<DocumentSymbol>) -> DocumentSymbol {
    let name = if item.kind == DocKind::Extension { item.signature.clone() } else { item.name.clone() };
    let kind = symbol_kind(item.kind);
    let children = (!children.is_empty()).then_some(children);
    DocumentSymbol { detail: Some(item.signature.clone()), selection_range, children, ..plain(name, kind, range) }
}

fn plain(name: String, kind: SymbolKind, range: Range) -> DocumentSymbol {
    #[expect(deprecated, reason = "the structure has this field")]
    DocumentSymbol { name, detail: None, kind, tags: None, deprecated: None, range, selection_range: range, children: None }
}

fn symbol_kind(kind: DocKind) -> SymbolKind {
    match kind {
        DocKind::Constant => SymbolKind::Constant,
        DocKind::Variable => SymbolKind::Variable,
        DocKind::Function | DocKind::Static => SymbolKind::Function,
        DocKind::Class | DocKind::Extension => SymbolKind::Class,
        DocKind::Enum => SymbolKind::Enum,
        DocKind::Variant => SymbolKind::EnumMember,
        DocKind::Slot | DocKind::Shared => SymbolKind::Field,
        DocKind::Property => SymbolKind::Property,
        DocKind::Method => SymbolKind::Method,
    }
}

/// Parts of a text over several lines that can be hidden: brackets, comments, imports, cells.
pub fn folds(source: &Source) -> Vec<FoldingRange> {
    let mut found = Vec::new();
    let mut open = Vec::new();
    let mut add = |first: u32, last: u32, kind: Option<FoldingRangeKind>| {
        if first < last {
            found.push(FoldingRange { start_line: first - 1, end_line: last - 1, kind, ..FoldingRange::default() });
        }
    };
    let mut comment: Option<(u32, u32)> = None;
    for (span, class) in highlight(source.text()) {
        let (first, last) = (source.line(span.lo), source.line(span.hi.saturating_sub(1)));
        match (class, source.slice(span)) {
            (TokenClass::Comment | TokenClass::Doc, _) if source.line_text(first).trim_start().starts_with('#') => {
                comment = match comment {
                    Some((start, end)) if end + 1 == first => Some((start, last)),
                    old => {
                        if let Some((start, end)) = old {
                            add(start, end, Some(FoldingRangeKind::Comment));
                        }
                        Some((first, last))
                    }
                };
            }
            (TokenClass::Punctuation | TokenClass::Interpolation, "{" | "[" | "(" | "${") => open.push(first),
            (TokenClass::Punctuation | TokenClass::Interpolation, "}" | "]" | ")") => {
                if let Some(start) = open.pop() {
                    add(start, first.saturating_sub(1), None);
                }
            }
            (TokenClass::String, _) => add(first, last, None),
            _ => {}
        }
    }
    if let Some((start, end)) = comment {
        add(start, end, Some(FoldingRangeKind::Comment));
    }
    let file = lang::parse(source).file;
    let imports = file.stmts.iter().filter(|stmt| matches!(stmt.kind, StmtKind::Import(_)));
    let lines: Vec<u32> = imports.map(|stmt| source.line(stmt.span.lo)).collect();
    if let (Some(first), Some(last)) = (lines.first(), lines.last()) {
        add(*first, *last, Some(FoldingRangeKind::Imports));
    }
    for cell in cells(source) {
        let text = source.slice(cell.span).trim_end();
        add(source.line(cell.span.lo), source.line(cell.span.lo + text.len() as u32), Some(FoldingRangeKind::Region));
    }
    found.sort_by_key(|fold| (fold.start_line, fold.end_line));
    found.dedup_by_key(|fold| (fold.start_line, fold.end_line));
    found
}

/// The colours of a part of a text: five numbers for each token, as the protocol has them. A token does not span lines.
pub fn tokens(source: &Source, within: Span, encoding: Encoding) -> Vec<u32> {
    let mut data = Vec::new();
    let (mut last_line, mut last_character) = (0, 0);
    for (span, class) in highlight(source.text()) {
        let Some((kind, modifiers)) = token_type(class) else { continue };
        if span.hi <= within.lo || within.hi <= span.lo {
            continue;
        }
        let mut lo = span.lo as usize;
        for piece in source.slice(span).split_inclusive('\n') {
            let length = encoding.length(piece.trim_end_matches(['\n', '\r']));
            let at = encoding.position(source, lo);
            lo += piece.len();
            if length == 0 {
                continue;
            }
            let character = if at.line == last_line { at.character - last_character } else { at.character };
            data.extend([at.line - last_line, character, length, kind, modifiers]);
            (last_line, last_character) = (at.line, at.character);
        }
    }
    data
}

/// The number of a token's kind and its bits.
fn token_type(class: TokenClass) -> Option<(u32, u32)> {
    let name = match class {
        TokenClass::Keyword | TokenClass::Constant | TokenClass::Receiver => "keyword",
        TokenClass::Name => "variable",
        TokenClass::Function => "function",
        TokenClass::Type => "class",
        TokenClass::Number => "number",
        TokenClass::String => "string",
        TokenClass::Interpolation | TokenClass::Operator => "operator",
        TokenClass::Comment | TokenClass::Doc => "comment",
        TokenClass::Punctuation => return None,
    };
    let kind = TOKEN_TYPES.iter().position(|known| *known == name)?;
    Some((kind as u32, u32::from(class == TokenClass::Doc)))
}

/// The edits that bring a text to its layout; `Ok(None)` if it has errors.
pub fn layout(source: &Source, encoding: Encoding) -> Result<Option<Vec<TextEdit>>, String> {
    let formatted = match format(source) {
        Ok(formatted) => formatted,
        Err(Refusal::Errors(_)) => return Ok(None),
        Err(Refusal::Mistake(_)) => {
            let name = source.name();
            return Err(format!(
                "`{name}` is not formatted: the result would not mean the same. This is a mistake in the tool; please report it with the file."
            ));
        }
    };
    let diff = TextDiff::from_lines(source.text(), &formatted);
    let start = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
    let changed = diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal);
    let edits = changed.map(|op| {
        let (old, new) = (op.old_range(), op.new_range());
        let lo = start(&diff.old_slices()[..old.start]);
        let hi = lo + start(&diff.old_slices()[old]);
        let new_text = diff.new_slices()[new].concat();
        TextEdit { range: encoding.range(source, Span::new(lo, hi)), new_text }
    });
    Ok(Some(edits.collect()))
}
