//! `lang doc`: the doc texts of a tree as Markdown or HTML.

mod html;
mod links;
mod markdown;
mod tree;

use crate::diagnostics::Report as Style;
use crate::engine::{plain, read_source};
use crate::format::files;
use crate::output::output;
use lang::diagnostic::Diagnostic;
use markdown::Form;
use std::fs;
use std::path::Path;
use tree::Tree;
use vm::reload::Sharing;

/// Files that test others begin to be called so before the ending.
const TEST_SUFFIX: &str = "_test";

/// What is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Markdown.
    Markdown,
    /// Markdown, turned into HTML.
    Html,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Format::Markdown => "md",
            Format::Html => "html",
        }
    }

    /// A page of this format.
    fn page(self, title: &str, markdown: String) -> String {
        match self {
            Format::Markdown => markdown,
            Format::Html => html::page(title, &markdown),
        }
    }
}

/// Writes what the files, and those of the directories, say of themselves: a page for each namespace and an index into a directory, or
/// one text to standard output. 1 if a file cannot be read or has errors.
pub fn doc(paths: &[String], sharing: Sharing, format: Format, directory: Option<&str>) -> i32 {
    let result = read(paths, sharing).and_then(|tree| match directory {
        None => {
            let text = format.page("Documentation", markdown::single(&tree));
            output().write(&text).map_err(|error| format!("cannot write to standard output: {}", plain(&error)))
        }
        Some(directory) => write_pages(&tree, format, directory),
    });
    report(result.map(|()| 0))
}

/// Lists the public names without doc text; 1 if there are any.
pub fn missing(paths: &[String], sharing: Sharing) -> i32 {
    let result = read(paths, sharing).and_then(|tree| {
        let lines = tree.missing();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        output().write(&text).map_err(|error| format!("cannot write to standard output: {}", plain(&error)))?;
        Ok(i32::from(!lines.is_empty()))
    });
    report(result)
}

/// Says what went wrong, and gives the status.
fn report(result: Result<i32, String>) -> i32 {
    result.unwrap_or_else(|message| {
        output().note(&Style::for_stderr().failure(&message));
        1
    })
}

fn write_pages(tree: &Tree, format: Format, directory: &str) -> Result<(), String> {
    let extension = format.extension();
    fs::create_dir_all(directory).map_err(|error| format!("cannot make the directory `{directory}`: {}", plain(&error)))?;
    let mut pages = vec![("index".to_owned(), "Namespaces".to_owned(), markdown::index(tree, Form::Pages(extension)))];
    for namespace in tree.namespaces() {
        let text = markdown::namespace(tree, namespace, Form::Pages(extension));
        pages.push((markdown::page_name(&namespace.name), namespace.name.clone(), text));
    }
    for (name, title, text) in pages {
        let path = Path::new(directory).join(format!("{name}.{extension}"));
        let written = fs::write(&path, format.page(&title, text));
        written.map_err(|error| format!("cannot write `{}`: {}", path.display(), plain(&error)))?;
    }
    Ok(())
}

/// Reads all files. Those that test others say nothing of the program.
fn read(paths: &[String], sharing: Sharing) -> Result<Tree, String> {
    let mut tree = Tree::default();
    let mut with_errors = Vec::new();
    for path in paths {
        let root = if Path::new(path).is_dir() { Path::new(path) } else { Path::new(path).parent().unwrap_or(Path::new("")) };
        for file in files(path)? {
            let relative = Path::new(&file).strip_prefix(root).unwrap_or(Path::new(&file)).with_extension("");
            if relative.to_string_lossy().ends_with(TEST_SUFFIX) {
                continue;
            }
            let source = read_source(&file)?;
            let parsed = lang::parse(&source);
            if parsed.diagnostics.iter().any(Diagnostic::is_error) {
                for diagnostic in parsed.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
                    output().note(&Style::for_stderr().diagnostic(&source, diagnostic));
                }
                with_errors.push(format!("`{file}`"));
                continue;
            }
            let names: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            tree.add(&sharing.namespace_of(&names.join("/")), &source, lang::docs::docs(&source, &parsed.file));
        }
    }
    if with_errors.is_empty() {
        Ok(tree)
    } else {
        Err(format!("nothing is written: there are errors in {}", with_errors.join(", ")))
    }
}
