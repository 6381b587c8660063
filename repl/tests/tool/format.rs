//! `lang fmt`: what it writes, where, and with which status.

use crate::commands::{expect, lang};
use crate::folder::Folder;
use std::fs;

const UGLY: &str = "let a=1 # one\nfn f( ){a}\n";
const NICE: &str = "let a = 1 # one\nfn f() { a }\n";

fn read(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).expect("the file is there")
}

#[test]
fn files_and_directories_are_formatted_in_place() {
    let folder = Folder::with(&[("a.lang", UGLY), ("b.lang", NICE), ("notes.txt", UGLY)]);
    fs::create_dir_all(folder.path().join("sub/deep")).expect("the folder can be written");
    fs::create_dir_all(folder.path().join(".hidden")).expect("the folder can be written");
    for name in ["sub/deep/c.lang", "sub/d.lang", ".hidden/e.lang", "script"] {
        folder.write(name, UGLY);
    }
    let said = "formatted `./a.lang`\nformatted `./sub/d.lang`\nformatted `./sub/deep/c.lang`\n";
    expect(&lang(&folder, &["fmt", "."], ""), 0, "", said);
    for name in ["a.lang", "b.lang", "sub/deep/c.lang", "sub/d.lang"] {
        assert_eq!(read(&folder, name), NICE, "{name}");
    }
    for name in ["notes.txt", ".hidden/e.lang", "script"] {
        assert_eq!(read(&folder, name), UGLY, "{name}");
    }
    expect(&lang(&folder, &["fmt", "."], ""), 0, "", "");
    expect(&lang(&folder, &["fmt", "script", "sub"], ""), 0, "", "formatted `script`\n");
    let names: Vec<_> = fs::read_dir(folder.path()).expect("readable").map(|entry| entry.expect("readable").file_name()).collect();
    assert_eq!(names.len(), 6, "nothing else is left behind: {names:?}");
}

#[test]
fn check_shows_what_would_change_and_changes_nothing() {
    let folder = Folder::with(&[("a.lang", UGLY), ("b.lang", NICE)]);
    let diff =
        "--- a.lang\n+++ a.lang (formatted)\n@@ -1,2 +1,2 @@\n-let a=1 # one\n-fn f( ){a}\n+let a = 1 # one\n+fn f() { a }\n";
    expect(&lang(&folder, &["fmt", "--check", "a.lang", "b.lang"], ""), 1, diff, "`a.lang` is not formatted\n");
    assert_eq!(read(&folder, "a.lang"), UGLY);
    expect(&lang(&folder, &["fmt", "--check", "b.lang"], ""), 0, "", "");
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = Folder::new();
    expect(&lang(&folder, &["fmt", "-"], UGLY), 0, NICE, "");
    expect(&lang(&folder, &["fmt", "-"], ""), 0, "", "");
    expect(&lang(&folder, &["fmt", "-"], "let a = (1 +"), 1, "", " --> <stdin>:1:9\n");
    expect(&lang(&folder, &["fmt", "--check", "-"], NICE), 0, "", "");
    let output = lang(&folder, &["fmt", "--check", "-"], "a  +b");
    expect(
        &output,
        1,
        "--- <stdin>\n+++ <stdin> (formatted)\n@@ -1 +1 @@\n-a  +b\n\\ No newline at end of file\n+a + b\n",
        "is not formatted",
    );
}

#[test]
fn what_has_errors_is_left_as_it_is_and_the_others_are_not() {
    let folder = Folder::with(&[("a.lang", "let a=(1 +\n"), ("b.lang", UGLY)]);
    fs::create_dir(folder.path().join("empty")).expect("the folder can be written");
    fs::write(folder.path().join("c.lang"), b"let a=\"\xe9\"").expect("the folder can be written");
    let output = lang(&folder, &["fmt", "a.lang", "b.lang", "nosuch.lang", "c.lang", "empty"], "");
    for part in [
        " --> a.lang:1:7\n",
        "`a.lang` is not formatted: it has errors",
        "formatted `b.lang`",
        "cannot read `nosuch.lang`",
        "`c.lang` is not UTF-8",
        "there are no `.lang` files in `empty`",
    ] {
        expect(&output, 1, "", part);
    }
    assert_eq!(read(&folder, "a.lang"), "let a=(1 +\n");
    assert_eq!(read(&folder, "b.lang"), NICE);
    assert_eq!(lang(&folder, &["fmt"], "").status.code(), Some(2));
}

#[test]
#[cfg(unix)]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::with(&[("a.lang", UGLY), ("b.lang", UGLY)]);
    let path = |name: &str| folder.path().join(name);
    fs::set_permissions(path("a.lang"), fs::Permissions::from_mode(0o751)).expect("the file is ours");
    fs::set_permissions(path("b.lang"), fs::Permissions::from_mode(0o444)).expect("the file is ours");
    symlink("a.lang", path("link.lang")).expect("the folder can be written");
    symlink(".", path("around")).expect("the folder can be written");
    expect(&lang(&folder, &["fmt", "link.lang"], ""), 0, "", "formatted `link.lang`\n");
    assert!(fs::symlink_metadata(path("link.lang")).expect("it is there").is_symlink());
    assert_eq!(read(&folder, "a.lang"), NICE);
    assert_eq!(fs::metadata(path("a.lang")).expect("it is there").permissions().mode() & 0o777, 0o751);
    expect(&lang(&folder, &["fmt", "."], ""), 1, "", "cannot write `./b.lang`: it is read-only; make it writable first\n");
    assert_eq!(read(&folder, "b.lang"), UGLY);
}
