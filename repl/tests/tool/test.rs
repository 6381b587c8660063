//! `lang test`: which tests it runs, what it says of them, and with which status.

use crate::commands::{expect, lang};
use crate::folder::Folder;
use std::fs;

/// Standard output, after a check of the status.
#[track_caller]
fn run(folder: &Folder, args: &[&str], status: i32) -> String {
    let output = lang(folder, &[&["test"], args].concat(), "");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{stdout}{stderr}");
    stdout
}

#[track_caller]
fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}

#[track_caller]
fn assert_has_not(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(!text.contains(part), "`{part}` is in:\n{text}");
    }
}

#[test]
fn tests_that_pass_are_listed() {
    let folder = Folder::with(&[
        ("a.lang", "test \"one\" { assert 1 + 1 == 2 }\ntest \"two\" { print(\"quiet\") }\nfn main() { throw Error(\"never\") }"),
        ("b.lang", "print(\"no tests, so not loaded\")"),
        ("notes.txt", "test \"x\" { }"),
    ]);
    fs::create_dir_all(folder.path().join("sub")).expect("the folder can be written");
    folder.write("sub/c.lang", "import a\ntest \"three\" { assert a.main is Function }");
    let wanted = "a.lang\n  ok       one\n  ok       two\nsub/c.lang\n  ok       three\n\n3 tests: 3 passed\n";
    expect(&lang(&folder, &["test"], ""), 0, wanted, "");
    expect(&lang(&folder, &["test", ".", "a.lang"], ""), 0, wanted, "");
    expect(&lang(&folder, &["test", "--quiet"], ""), 0, "\n3 tests: 3 passed\n", "");
    assert_has(&run(&folder, &["--times", "a.lang"], 0), &["  ok       one (", " ms)\n", "2 tests: 2 passed ("]);
}

#[test]
fn failures_show_values_differences_and_output() {
    let text = "fn cart() { print(\"filling\"); [10, 20, 30] }
test \"list\" { assert cart() == [10, 21, 30] }
test \"keys\" { let k = \"k\" * 300; assert {[k + \"a\"]: 1, [k + \"b\"]: 2, [k + \"c\"]: 3} == {[k + \"a\"]: 1, [k + \"b\"]: 5, [k + \"c\"]: 3} }
test \"text\" { assert \"hello world\" == \"hello there\" }
test \"error\" { nil + 1 }
test \"fine\" { print(\"not shown\") }";
    let folder = Folder::with(&[("a.lang", text)]);
    let out = run(&folder, &[], 1);
    assert_has(
        &out,
        &[
            "  FAILED   list\n",
            "\nFAILED a.lang::list\nAssertionError: assertion failed\n  cart() = [10, 20, 30]\n --> a.lang:2:15\n",
            "difference (- left, + right):\n    [\n        10,\n  -     20,\n  +     21,\n        30,\n    ]\noutput:\n    filling\n",
            "kkka\": 1,\n  -     \"kkk",
            "kkkb\": 2,\n  +     \"kkk",
            "  - \"hello world\"\n  + \"hello there\"\n           ^^^^^\n",
            "\nFAILED a.lang::error\nTypeError",
            "  ok       fine\n",
            "\n5 tests: 1 passed, 4 failed\n",
        ],
    );
    assert_has_not(&out, &["not shown", "\u{1b}"]);
    let quiet = run(&folder, &["-q"], 1);
    assert_has(&quiet, &["FAILED a.lang::list\n"]);
    assert_has_not(&quiet, &["ok  ", "  FAILED"]);
}

#[test]
fn no_test_sees_what_another_one_has_changed() {
    let folder = Folder::with(&[
        ("state.lang", "let n = 0\nlet list = []"),
        (
            "a.lang",
            "import state\nconst once = state.list\ntest \"one\" { state.n += 1; once.push(1); assert state.n == 1 and len(once) == 1 }
test \"two\" { state.n += 1; once.push(1); assert state.n == 1 and len(once) == 1 }",
        ),
    ]);
    assert_has(&run(&folder, &["a.lang"], 0), &["2 passed"]);
}

#[test]
fn a_test_file_belongs_to_the_file_beside_it() {
    let folder = Folder::with(&[
        ("game.lang", "let score = 3\nfn double() { score * 2 }\ntest \"own\" { assert double() == 6 }"),
        ("game_test.lang", "fn helper() { double() + 1 }\ntest \"inside\" { score = 4; assert helper() == 9 }"),
        ("named.lang", "namespace a.b\nlet secret = 1"),
        ("named_test.lang", "test \"named\" { assert secret == 1 }"),
        ("alone_test.lang", "test \"alone\" { assert true }"),
        ("user.lang", "import game\ntest \"helpers are not there\" { assert \"helper\" not in game }"),
    ]);
    fs::create_dir_all(folder.path().join("deep")).expect("the folder can be written");
    folder.write("deep/x.lang", "let y = 5");
    folder.write("deep/x_test.lang", "import deep.x\ntest \"deep\" { assert y == 5 and x.y == 5 }");
    assert_has(&run(&folder, &[], 0), &["6 tests: 6 passed"]);
    assert_has(&run(&folder, &["deep/x_test.lang"], 2), &["namespace `deep.x` does not exist"]);
}

#[test]
fn tests_are_chosen_by_path_and_name() {
    let folder = Folder::with(&[
        ("a.lang", "test \"red one\" { }\ntest \"blue one\" { }\ntest \"red two\" { assert false }"),
        ("b.lang", "test \"red three\" { }"),
    ]);
    let list = |args: &[&str]| run(&folder, &[args, &["--list"]].concat(), 0);
    assert_eq!(list(&[]), "a.lang::red one\na.lang::blue one\na.lang::red two\nb.lang::red three\n");
    assert_eq!(list(&["--filter", "red", "a.lang"]), "a.lang::red one\na.lang::red two\n");
    assert_eq!(list(&["a.lang::red two", "./a.lang::red one"]), "a.lang::red two\na.lang::red one\n");
    assert_has(&run(&folder, &["a.lang::blue one"], 0), &["1 test: 1 passed"]);
    assert_has(&run(&folder, &["--filter", "two"], 1), &["1 test: 0 passed, 1 failed"]);
    for (args, said) in [
        (&["--filter", "green"][..], "no test in `.` has `green` in its name"),
        (&["a.lang::green"], "there is no test `green` in `a.lang`"),
        (&["nosuch"], "there is no file or directory `nosuch`; `--filter nosuch`"),
        (&["nosuch.lang::x"], "there is no file `nosuch.lang`"),
    ] {
        expect(&lang(&folder, &[&["test"], args].concat(), ""), 2, "", said);
    }
    expect(&lang(&Folder::new(), &["test"], ""), 2, "", "there are no tests in `.`; a test is a block");
}

#[test]
fn what_cannot_be_loaded_is_told_and_the_rest_runs() {
    let folder = Folder::with(&[
        ("a.lang", "test \"fine\" { }"),
        ("broken.lang", "test \"x\" { let"),
        ("import.lang", "import nope\ntest \"one\" { }\ntest \"two\" { }"),
        ("raises.lang", "let x = nil + 1\ntest \"x\" { }"),
        ("leaves.lang", "exit(3)\ntest \"x\" { }"),
        ("twice.lang", "fn f() { 1 }"),
        ("twice_test.lang", "fn f() { 2 }\ntest \"x\" { }"),
    ]);
    let out = run(&folder, &[], 2);
    assert_has(
        &out,
        &[
            "\nNOT LOADED broken.lang\nerror[E0102]",
            "\nNOT LOADED import.lang\nerror[R0107]: namespace `nope` does not exist",
            "\nNOT LOADED raises.lang\n",
            " --> raises.lang:1:9\n",
            "`leaves.lang` calls `exit(3)` when it is loaded; move the call into `main`",
            "\nNOT LOADED twice_test.lang\nerror[R",
            "\n1 test: 1 passed; 5 files not loaded\n",
        ],
    );
    assert_eq!(out.matches("NOT LOADED import.lang").count(), 1, "{out}");
}

#[test]
fn endless_tests_end() {
    let folder = Folder::with(&[
        (
            "a.lang",
            "import time\ntest \"loop\" { while true { } }\ntest \"sleep\" {\n    time.sleep(1000) }\ntest \"stubborn\" { while true { try { nil.x } catch { } finally { } } }",
        ),
        ("b.lang", "while true { }\ntest \"x\" { }"),
    ]);
    let out = run(&folder, &["--timeout", "100ms"], 2);
    assert_has(
        &out,
        &[
            "the test was stopped: it was still running after 0.1 s, at a.test \"loop\" (a.lang:2, v1); `--timeout` sets",
            "3 tests: 0 passed, 3 failed; 1 file not loaded",
            "`b.lang` was stopped: it was still loading after 0.1 s",
        ],
    );
}

#[test]
fn tests_can_leave_themselves_out_or_the_program() {
    let text = "import test
import task
test \"skips\" { test.skip(\"no network\") }
test \"exits\" { exit(0) }
test \"reads\" { assert input(\"name? \") == nil }
test \"task fails\" { task.spawn(|| { task.sleep(0.001); assert 1 > 2 }) }
test \"task waits\" { let c = task.channel(0); task.spawn(|| c.receive()) }
class Skipped(Error) { }
test \"another class\" { throw Skipped(\"x\") }";
    let folder = Folder::with(&[("a.lang", text)]);
    let out = run(&folder, &[], 1);
    assert_has(
        &out,
        &[
            "  skipped  skips: no network\n",
            "error: the test called `exit(0)`",
            "  ok       reads\n",
            "error: task `task 1` failed\nAssertionError",
            "deadlock",
            "FAILED a.lang::another class\nSkipped: x",
            "6 tests: 1 passed, 4 failed, 1 skipped\n",
        ],
    );
}

#[test]
fn the_first_failure_can_be_the_last() {
    let text = "test \"1\" { }\ntest \"2\" { assert false }\ntest \"3\" { }";
    let folder = Folder::with(&[("a.lang", text), ("b.lang", text)]);
    assert_has(&run(&folder, &["--fail-fast"], 1), &["2 tests: 1 passed, 1 failed\n"]);
}

#[test]
fn warnings_are_told_once() {
    let folder = Folder::with(&[("a.lang", "test \"1\" { let f = || nosuch() }\ntest \"2\" { }")]);
    let output = lang(&folder, &["test"], "");
    assert_eq!(String::from_utf8_lossy(&output.stderr).matches("warning[").count(), 1);
}

/// A text with the numbers of times replaced.
fn without_times(text: &str, before: &str) -> String {
    let mut out = String::new();
    for (at, piece) in text.split(before).enumerate() {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        out.push_str(if at > 0 { before } else { "" });
        out.push_str(if at > 0 { rest } else { piece });
    }
    out
}

const RESULTS: &str = "import test
test \"good # one\" { print(\"not shown\") }
test \"<bad> & \\\"quoted\\\"\" { print(\"shown <1>\"); assert 1 > 2 }
test \"left out\" { test.skip(\"later\") }";

#[test]
fn results_in_tap() {
    let folder = Folder::with(&[("a.lang", RESULTS), ("b.lang", "test \"x\" {")]);
    let out = without_times(&run(&folder, &["--format", "tap"], 2), "duration_ms: ");
    assert_has(
        &out,
        &[
            "TAP version 14\nnot ok 1 - b.lang\n  ---\n  message: \"the file cannot be loaded\"\n  details: |2-\n    error[E0102]",
            "ok 2 - a.lang::good \\# one\n  ---\n  duration_ms: \n  ...\n",
            "not ok 3 - a.lang::<bad> & \"quoted\"\n  ---\n  message: \"AssertionError: assertion failed\"\n  at: \"a.lang:3\"\n  duration_ms: \n  details: |2-\n    AssertionError: assertion failed\n",
            "\n  output: |2-\n    shown <1>\n  ...\n",
            "ok 4 - a.lang::left out # SKIP later\n",
            "\n1..4\n",
        ],
    );
    assert_has_not(&out, &["not shown"]);
}

#[test]
fn results_in_junit() {
    let folder = Folder::with(&[("a.lang", RESULTS), ("b.lang", "test \"x\" {")]);
    let out = without_times(&run(&folder, &["--format", "junit"], 2), "time=\"");
    assert_has(
        &out,
        &[
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lang test\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\" time=\"\">\n",
            "  <testsuite name=\"a.lang\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"\">\n",
            "    <testcase name=\"good # one\" classname=\"a.lang\" file=\"a.lang\" line=\"2\" time=\"\"/>\n",
            "name=\"&lt;bad&gt; &amp; &quot;quoted&quot;\"",
            "<failure type=\"AssertionError\" message=\"assertion failed\">AssertionError: assertion failed&#10;",
            "<system-out>shown &lt;1&gt;&#10;</system-out>",
            "<skipped message=\"later\"/>",
            "<error type=\"load\" message=\"the file cannot be loaded\">error[E0102]",
        ],
    );
    assert_has_not(&out, &["not shown"]);
    assert_well_formed(&out);
}

/// Every element that begins ends, and no text begins one.
#[track_caller]
fn assert_well_formed(xml: &str) {
    let mut open = Vec::new();
    for piece in xml.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("a tag without end: {piece}"));
        assert!(!text.contains('>') && tag.matches('"').count() % 2 == 0, "{piece}");
        let name = tag.trim_start_matches('/').split([' ', '/']).next();
        match tag {
            _ if tag.starts_with('?') || tag.ends_with('/') => {}
            _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name), "{xml}"),
            _ => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn large_values_tell_where_they_differ() {
    let text = "fn numbers(other) { let xs = (0..50000).to_list(); xs[40000] = other; xs }
test \"list\" { assert numbers(1) == numbers(2) }
test \"map\" { assert {a: [numbers(1), 1]} == {a: [numbers(1)], b: 2} }
test \"text\" { assert [\"x\" * 9000 + \"a\"] == [\"x\" * 9000 + \"b\"] }";
    let folder = Folder::with(&[("a.lang", text)]);
    let out = run(&folder, &[], 1);
    let wanted = [
        "difference (- left, + right):\n    at [40000]\n  - 1\n  + 2\n",
        "difference (- left, + right):\n    at [\"a\"][1]\n  - 1\n    at [\"b\"]\n  + 2\n",
        "    at [0], character 9000\n  - …\"xxxxxxxxxxxxxxxxxxxxa\"\n  + …\"xxxxxxxxxxxxxxxxxxxxb\"\n",
    ];
    assert_has(&out, &wanted);
    assert_has_not(&out, &["look the same", "  - 1\n  + 5", "  - 3\n  +"]);
}

#[test]
fn files_of_a_directory_can_share_a_namespace() {
    let folder = Folder::new();
    for directory in ["world", "world/deep"] {
        fs::create_dir_all(folder.path().join(directory)).expect("the folder can be written");
    }
    folder.write("world/map.lang", "## How wide it is.\nconst width = items() + 1\n");
    folder.write("world/items.lang", "fn items() { 2 }\ntest \"inside\" { assert width == 3 }\n");
    folder.write("world/map_test.lang", "test \"beside\" { assert width + items() == 5 }\n");
    folder.write("world/deep/far.lang", "import world\ntest \"below\" { assert world.width == 3 }\n");
    let shared = "--namespace-per-directory";
    assert_has(&run(&folder, &[shared], 0), &["ok       inside", "ok       beside", "ok       below", "3 tests: 3 passed"]);
    run(&folder, &[], 2);
    expect(&lang(&folder, &["check", "--strict", shared, "."], ""), 0, "", "");
    expect(&lang(&folder, &["check", "--strict", "."], ""), 1, "", "namespace `world` does not exist");
    let doc = String::from_utf8_lossy(&lang(&folder, &["doc", shared, "."], "").stdout).into_owned();
    assert_has(&doc, &["Namespace `world`\n", "`world.deep`", "width"]);
    assert_has_not(&doc, &["world.map"]);
}

#[test]
fn what_cannot_be_read_is_told() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::with(&[("a.lang", "test \"fine\" { }")]);
    fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9.lang")), "test \"x\" { }")
        .expect("the folder can be written");
    assert_has(&run(&folder, &[], 2), &["is not UTF-8; rename it"]);
    let out = lang(&folder, &["run", "."], "");
    assert_eq!(out.status.code(), Some(1));
    assert_has(&String::from_utf8_lossy(&out.stderr), &["is not UTF-8; rename it"]);
}
