//! `lang test` while files are edited, and when Ctrl-C is pressed.

use crate::folder::Folder;
use crate::running::Running;

/// Two files with tests, of which one uses a third file.
fn program() -> Folder {
    Folder::with(&[
        ("word.lang", "fn word() { \"one\" }"),
        ("user.lang", "import word\ntest \"user\" { assert word.word() == \"one\" }"),
        ("other.lang", "test \"other\" { assert true }"),
    ])
}

const WAITING: &str = "waiting for an edit";

#[test]
fn an_edit_runs_what_it_affects() {
    let folder = program();
    let mut running = Running::with(&folder, &["test", "--watch"]);
    running.wait_for("2 tests: 2 passed");
    running.wait_for(WAITING);
    folder.write("word.lang", "fn word() { \"two\" }");
    running.wait_for("edited `word.lang`");
    running.wait_for("1 test: 0 passed, 1 failed");
    running.wait_for(WAITING);
    folder.write("user.lang", "import word\ntest \"user\" { assert word.word() == \"two\" }");
    running.wait_for("1 test: 1 passed");
    running.wait_for(WAITING);
    folder.write("other.lang", "test \"other\" { assert");
    running.wait_for("NOT LOADED other.lang");
    running.wait_for(WAITING);
    folder.write("other.lang", "import missing\ntest \"other\" { assert missing.x }");
    running.wait_for("namespace `missing` does not exist");
    running.wait_for(WAITING);
    folder.write("missing.lang", "const x = true");
    running.wait_for("1 test: 1 passed");
    running.wait_for(WAITING);
    folder.write("new.lang", "test \"new\" { }\n");
    running.wait_for("  ok       new");
    running.wait_for(WAITING);
    running.interrupt();
    assert_eq!(running.status(), Some(130));
}

#[test]
fn an_edit_of_a_test_file_loads_the_file_beside_it() {
    let folder = Folder::with(&[("a.lang", "let x = 1"), ("a_test.lang", "test \"x\" { assert x == 1 }")]);
    let mut running = Running::with(&folder, &["test", "--watch", "--fail-fast"]);
    running.wait_for("1 test: 1 passed");
    running.wait_for(WAITING);
    folder.write("a.lang", "let x = 2");
    running.wait_for("1 test: 0 passed, 1 failed");
    running.wait_for(WAITING);
    folder.write("a_test.lang", "test \"x\" { assert x == 2 }");
    running.wait_for("1 test: 1 passed");
}

#[test]
fn ctrl_c_ends_a_run_with_what_is_known() {
    let folder = Folder::with(&[("a.lang", "test \"fine\" { }\ntest \"endless\" { while true { } }\ntest \"late\" { }")]);
    let mut running = Running::with(&folder, &["test"]);
    running.wait_for("ok       fine");
    running.interrupt();
    running.wait_for("1 test: 1 passed; interrupted");
    assert_eq!(running.status(), Some(130));
}

#[test]
fn an_edit_ends_a_test_that_does_not_end() {
    let folder = Folder::with(&[
        ("a.lang", "import lib\ntest \"fine\" { }\ntest \"endless\" { while lib.more() { } }"),
        ("z.lang", "test \"last\" { }"),
    ]);
    std::fs::create_dir_all(folder.path().join("elsewhere")).expect("the folder can be written");
    folder.write("elsewhere/lib.lang", "fn more() { true }");
    let mut running = Running::with(&folder, &["test", "--watch", "--path", "elsewhere", "a.lang", "z.lang"]);
    running.wait_for("ok       fine");
    folder.write("elsewhere/lib.lang", "fn more() { false }");
    running.wait_for("edited `elsewhere/lib.lang`");
    running.wait_for("ok       endless");
    running.wait_for("3 tests: 3 passed");
    running.wait_for(WAITING);
    // A top level that does not end is given up, too.
    folder.write("z.lang", "while true { }\ntest \"last\" { }");
    running.wait_for("edited `z.lang`");
    folder.write("z.lang", "test \"last\" { assert true }");
    running.wait_for("1 test: 1 passed");
    running.wait_for(WAITING);
    running.interrupt();
    assert_eq!(running.status(), Some(130));
}

#[test]
fn what_tests_write_is_no_edit() {
    let folder = Folder::with(&[
        ("made.lang", "let x = 1"),
        (
            "a.lang",
            "import fs\nimport made
test \"writes\" { fs.write(\"made.lang\", \"let x = ${made.x + 1}\"); fs.write(\"new_test.lang\", \"\"); fs.write(\"gone.lang\", \"\"); fs.remove(\"gone.lang\") }",
        ),
    ]);
    let mut running = Running::with(&folder, &["test", "--watch"]);
    running.wait_for("1 test: 1 passed");
    running.wait_for(WAITING);
    folder.write("made.lang", "let x = 5 # by hand");
    running.wait_for("edited `made.lang`");
    running.wait_for("1 test: 1 passed");
    running.wait_for(WAITING);
    running.interrupt();
    let runs = running.seen().iter().filter(|line| line.contains("1 test: 1 passed")).count();
    assert_eq!(runs, 2, "{}", running.seen().join("\n"));
    assert_eq!(running.status(), Some(130));
}
