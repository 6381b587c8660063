//! The library has nothing that a check would tell. Examples and benchmarks are checked with the tool, in `repl/tests`.

use lang::lint::{LintFile, Program};
use lang::source::Source;
use tests::repository::files;

/// The library's own texts: their names come in part from natives, but calls, members and locals are those of other texts.
#[test]
fn the_library_has_nothing_to_be_told() {
    let paths = files("stdlib/src", "lang");
    assert!(!paths.is_empty());
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("it is a text");
        let source = Source::new(path.to_string_lossy().into_owned(), text);
        let imports = lang::resolve(&lang::parse(&source).file, &mut Vec::new()).imports.len();
        let namespace = path.file_stem().map_or(String::new(), |stem| stem.to_string_lossy().into_owned());
        let file = LintFile::new(source.clone(), namespace.into(), vec!["elsewhere".into(); imports]);
        let found: String = Program::new(vec![file]).lint(0).iter().map(|diagnostic| diagnostic.plain(&source)).collect();
        assert_eq!(found, "");
    }
}
