//! The pages as Markdown.

use super::links::link;
use super::tree::{Entry, Namespace, Scope, Target, Tree, is_word};
use lang::docs::{DocItem, DocKind};
use std::fmt::Write as _;

/// How the pages are arranged.
#[derive(Clone, Copy)]
pub enum Form {
    /// All on one.
    Single,
    /// One for each namespace, in files with this ending.
    Pages(&'static str),
}

/// Name of the page with the list of namespaces.
const INDEX: &str = "index";

/// Headings of a page, with the kinds below them.
const SECTIONS: &[(&str, &[DocKind])] = &[
    ("Constants and variables", &[DocKind::Constant, DocKind::Variable]),
    ("Functions", &[DocKind::Function]),
    ("Classes", &[DocKind::Class]),
    ("Enums", &[DocKind::Enum]),
    ("Extensions", &[DocKind::Extension]),
];

/// Name of a namespace's page, without its ending. None is that of the index, and no two are the same.
pub fn page_name(namespace: &str) -> String {
    if namespace.trim_end_matches('_') == INDEX { format!("{namespace}_") } else { namespace.to_owned() }
}

/// Everything on one page.
pub fn single(tree: &Tree) -> String {
    let mut out = String::new();
    if tree.namespaces().count() > 1 {
        out.push_str(&index(tree, Form::Single));
    }
    for one in tree.namespaces() {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&namespace(tree, one, Form::Single));
    }
    out
}

/// The list of namespaces.
pub fn index(tree: &Tree, form: Form) -> String {
    let mut out = String::from("# Namespaces\n\n");
    for namespace in tree.namespaces() {
        let page = Page { tree, form, scope: Scope { namespace, entry: None } };
        let name = &*namespace.name;
        let target = match form {
            Form::Single => format!("#{name}"),
            Form::Pages(extension) => format!("{}.{extension}", page_name(name)),
        };
        let summary = namespace.docs.first().map(|doc| first_paragraph(doc)).unwrap_or_default();
        let colon = if summary.is_empty() { "" } else { ": " };
        let linked = link(&summary, |name| page.resolve(name, "").map(|found| page.address_from_index(found)));
        let _ = writeln!(out, "- [`{name}`]({target}){colon}{linked}");
    }
    out
}

/// The first paragraph on one line.
fn first_paragraph(doc: &str) -> String {
    let lines: Vec<&str> =
        doc.lines().map(str::trim).skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty()).collect();
    lines.join(" ")
}

/// The page of a namespace.
pub fn namespace(tree: &Tree, namespace: &Namespace, form: Form) -> String {
    let name = &*namespace.name;
    let page = Page { tree, form, scope: Scope { namespace, entry: None } };
    let mut out = format!("# {}Namespace `{name}`\n", anchor(name));
    for doc in &namespace.docs {
        let _ = write!(out, "\n{}\n", page.linked(doc, name).trim());
    }
    for (heading, kinds) in SECTIONS {
        let entries: Vec<&Entry> = namespace.entries.iter().filter(|entry| kinds.contains(&entry.item.kind)).collect();
        if !entries.is_empty() {
            let _ = write!(out, "\n## {heading}\n");
        }
        for entry in entries {
            Page { scope: Scope { namespace, entry: Some(entry) }, ..page }.entry(&mut out, entry);
        }
    }
    out
}

#[derive(Clone, Copy)]
struct Page<'t> {
    tree: &'t Tree,
    form: Form,
    scope: Scope<'t>,
}

impl Page<'_> {
    fn entry(self, out: &mut String, entry: &Entry) {
        let item = &entry.item;
        let qualified = format!("{}.{}", self.scope.namespace.name, item.name);
        // The class of an extension is explained elsewhere.
        let anchor = if item.kind == DocKind::Extension { String::new() } else { anchor(&qualified) };
        let _ = write!(out, "\n### {anchor}{}\n", code(&item.signature));
        let bases: Vec<String> = item.bases.iter().map(|base| self.name(base, &qualified)).collect();
        if !bases.is_empty() {
            let _ = write!(out, "\nBases: {}.\n", bases.join(", "));
        }
        if item.kind == DocKind::Extension && self.resolve(&item.name, "").is_some() {
            let _ = write!(out, "\nAdds to {}.\n", self.name(&item.name, ""));
        }
        if let Some(doc) = &item.doc {
            let _ = write!(out, "\n{}\n", self.linked(doc, &qualified).trim());
        }
        if !item.members.is_empty() {
            out.push('\n');
        }
        for member in &item.members {
            self.member(out, &qualified, member);
        }
    }

    fn member(self, out: &mut String, class: &str, member: &DocItem) {
        let qualified = format!("{class}.{}", member.name);
        let anchor = if is_word(&member.name) { anchor(&qualified) } else { String::new() };
        let _ = write!(out, "- {anchor}{}", code(&member.signature));
        let Some(doc) = &member.doc else {
            out.push('\n');
            return;
        };
        let doc = self.linked(doc, &qualified);
        for (i, line) in doc.trim().lines().enumerate() {
            match (i, line.is_empty()) {
                (0, _) => {
                    let _ = writeln!(out, ": {line}");
                }
                (_, true) => out.push('\n'),
                (_, false) => {
                    let _ = writeln!(out, "  {line}");
                }
            }
        }
    }

    /// A name as code, with a link if it is explained somewhere.
    fn name(self, name: &str, own: &str) -> String {
        match self.resolve(name, own) {
            Some(target) => format!("[{}]({})", code(name), self.address(target)),
            None => code(name),
        }
    }

    /// A doc text with links; what explains `own` does not link to itself.
    fn linked(self, doc: &str, own: &str) -> String {
        link(doc, |name| self.resolve(name, own).map(|target| self.address(target)))
    }

    fn resolve(&self, name: &str, own: &str) -> Option<Target<'_>> {
        self.tree.resolve(name, self.scope).filter(|target| target.name != own)
    }

    fn address(&self, target: Target<'_>) -> String {
        if target.namespace == self.scope.namespace.name { format!("#{}", target.name) } else { self.address_from_index(target) }
    }

    fn address_from_index(&self, target: Target<'_>) -> String {
        match self.form {
            Form::Single => format!("#{}", target.name),
            Form::Pages(extension) => format!("{}.{extension}#{}", page_name(target.namespace), target.name),
        }
    }
}

/// A place that links lead to.
fn anchor(name: &str) -> String {
    format!("<a id=\"{name}\"></a>")
}

/// A text as code, whatever is in it.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let quotes = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{quotes}{space}{text}{space}{quotes}")
}
