//! An open file: its text as it stands in the editor, and what is known of it.

use super::encoding::Encoding;
use super::results::Results;
use gen_lsp_types::{Range, TextDocumentContentChangeEvent as Change};
use lang::Parsed;
use lang::ast::File;
use lang::diagnostic::Diagnostic;
use lang::docs::{DocItem, docs};
use lang::outline::{Outline, outline};
use lang::resolve::Resolved;
use lang::source::{Source, Span};
use std::cell::OnceCell;

/// What a text says.
pub struct Analysis {
    /// Its tree.
    pub file: File,
    /// What its names refer to.
    pub resolved: Resolved,
    /// Its definitions.
    pub outline: Outline,
    /// What it tells its readers.
    pub items: Vec<DocItem>,
    /// Whether parts of it are missing, as they did not parse.
    pub is_broken: bool,
}

impl Analysis {
    /// Of a text.
    pub fn of(source: &Source) -> Analysis {
        let Parsed { file, diagnostics, .. } = lang::parse(source);
        let is_broken = diagnostics.iter().any(Diagnostic::is_error);
        let resolved = lang::resolve(&file, &mut Vec::new());
        let outline = outline(source, &file, &resolved);
        let items = docs(source, &file).items;
        Analysis { file, resolved, outline, items, is_broken }
    }
}

/// An open file.
pub struct Document {
    /// How the editor names it.
    pub uri: String,
    /// Its path.
    pub path: String,
    /// The number that the editor gives to each text of it.
    pub version: i32,
    source: Source,
    analysis: OnceCell<Analysis>,
    /// The last text that was whole, with its names: this one may lack some.
    earlier: Option<(Source, Vec<DocItem>)>,
    /// What evaluations have left here.
    pub results: Results,
}

impl Document {
    /// With the text that it is opened with.
    pub fn new(uri: String, path: String, version: i32, text: String) -> Document {
        let source = Source::new(path.clone(), text);
        Document { uri, path, version, source, analysis: OnceCell::new(), earlier: None, results: Results::default() }
    }

    /// Its text.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What the text says.
    pub fn analysis(&self) -> &Analysis {
        self.analysis.get_or_init(|| Analysis::of(&self.source))
    }

    /// What it defines, with the text that says so; while it is broken also what it did before.
    pub fn items(&self) -> impl Iterator<Item = (&Source, &DocItem)> {
        let analysis = self.analysis();
        let now = &analysis.items;
        let earlier = self.earlier.iter().filter(|_| analysis.is_broken);
        let earlier = earlier.flat_map(|(source, items)| items.iter().map(move |item| (source, item)));
        let is_gone = |item: &DocItem| !now.iter().any(|other| other.name == item.name);
        now.iter().map(|item| (&self.source, item)).chain(earlier.filter(move |(_, item)| is_gone(item)))
    }

    /// Carries out what was changed in the editor.
    pub fn change(&mut self, changes: Vec<Change>, encoding: Encoding) {
        self.analysis();
        if let Some(analysis) = self.analysis.take().filter(|analysis| !analysis.is_broken) {
            self.earlier = Some((self.source.clone(), analysis.items));
        }
        for change in changes {
            let (span, text) = match change {
                Change::TextDocumentContentChangePartial(change) => (self.span(change.range, encoding), change.text),
                Change::TextDocumentContentChangeWholeDocument(change) => self.narrowed(change.text),
            };
            self.replace(span, &text);
        }
    }

    fn span(&self, range: Range, encoding: Encoding) -> Span {
        encoding.span(&self.source, range)
    }

    fn replace(&mut self, span: Span, text: &str) {
        let mut whole = self.source.text().to_owned();
        whole.replace_range(span.lo as usize..span.hi as usize, text);
        self.results.edited(span, text);
        self.source = Source::new(self.path.clone(), whole);
    }

    /// The part in which a new text differs, with what is there then.
    fn narrowed(&self, text: String) -> (Span, String) {
        let old = self.source.text();
        let same = |(a, b): &(u8, u8)| a == b;
        let start = old.bytes().zip(text.bytes()).take_while(same).count();
        let start = old.floor_char_boundary(start).min(text.floor_char_boundary(start));
        let end = old[start..].bytes().rev().zip(text[start..].bytes().rev()).take_while(same).count();
        let mut end = end;
        while !old.is_char_boundary(old.len() - end) || !text.is_char_boundary(text.len() - end) {
            end -= 1;
        }
        (Span::new(start, old.len() - end), text[start..text.len() - end].to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gen_lsp_types::{TextDocumentContentChangePartial, TextDocumentContentChangeWholeDocument};

    fn opened(text: &str) -> Document {
        Document::new("file:///t.lang".into(), "/t.lang".into(), 1, text.into())
    }

    fn partial(range: [u32; 4], text: &str) -> Change {
        let [line, character, end_line, end] = range;
        let position = |line, character| gen_lsp_types::Position { line, character };
        let range = Range { start: position(line, character), end: position(end_line, end) };
        Change::from(TextDocumentContentChangePartial::new(range, None, text.into()))
    }

    #[test]
    fn edits_are_carried_out_one_after_the_other() {
        let mut document = opened("let a = 1\nlet ü = 2\n");
        document
            .change(vec![partial([1, 4, 1, 5], "bc"), partial([1, 9, 1, 10], "3"), partial([9, 0, 9, 9], "x")], Encoding::Utf16);
        assert_eq!(document.source().text(), "let a = 1\nlet bc = 3\nx");
        let whole = TextDocumentContentChangeWholeDocument::new("let é = 1\nlet è = 3\nx".into());
        document.change(vec![Change::from(whole)], Encoding::Utf16);
        assert_eq!(document.source().text(), "let é = 1\nlet è = 3\nx");
    }

    #[test]
    fn what_a_broken_text_lacks_is_known_from_before() {
        let mut document = opened("fn area(w) { w }\nlet b = 2\n");
        assert_eq!(document.items().count(), 2);
        document.change(vec![partial([0, 0, 0, 16], "fn area((")], Encoding::Utf16);
        let names: Vec<&str> = document.items().map(|(_, item)| &*item.name).collect();
        assert!(names.contains(&"area") && names.contains(&"b"), "{names:?}");
    }
}
