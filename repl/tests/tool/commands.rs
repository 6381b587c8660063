//! Commands: what they say, where, and with which status.

use crate::LANG;
use crate::folder::Folder;
use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

/// Runs the tool in a folder with `input` on standard input.
pub fn lang(folder: &Folder, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(LANG)
        .args(args)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool has been built");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(input.as_bytes()).expect("an input that the pipe holds");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

/// Asserts status, standard output and a part of standard error.
#[track_caller]
pub fn expect(output: &Output, status: i32, stdout: &str, stderr: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), stdout);
    assert!(said.contains(stderr), "`{stderr}` is not in:\n{said}");
    assert!(!stderr.is_empty() || said.is_empty(), "nothing was to be said, but:\n{said}");
    assert!(!said.contains('\u{1b}'), "colour in a pipe:\n{said}");
}

#[test]
fn help_and_version() {
    let folder = Folder::new();
    for args in [&["--help"][..], &["help"], &["run", "--help"], &["help", "run"]] {
        let output = lang(&folder, args, "");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains("Usage: lang") && output.stderr.is_empty(), "{args:?}: {text}");
    }
    expect(&lang(&folder, &["--version"], ""), 0, concat!("lang ", env!("CARGO_PKG_VERSION"), "\n"), "");
}

#[test]
fn wrong_command_lines() {
    let folder = Folder::with(&[("a.lang", "print(1)")]);
    for args in [&["run"][..], &["run", "--frob", "a.lang"], &["dump", "foo", "a.lang"], &["check"], &["-x"], &["--reload"]] {
        let output = lang(&folder, args, "");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}");
    }
    expect(&lang(&folder, &["chek", "a.lang"], ""), 2, "", "did you mean `check`?");
    expect(&lang(&folder, &["nosuch.lang"], ""), 1, "", "cannot read `nosuch.lang`: no such file or directory");
}

#[test]
fn errors_are_marked_in_their_source() {
    let folder = Folder::with(&[("a.lang", "fn half(x) {\n    x.nosuch\n}\nfn main() { half(4) }"), ("b.lang", "let x = (1 +")]);
    fs::write(folder.path().join("c.lang"), b"print(\"h\xe9\")").expect("the folder can be written");
    expect(&lang(&folder, &["c.lang"], ""), 1, "", "`c.lang` is not UTF-8: byte 8 cannot be read");
    let output = lang(&folder, &["run", "a.lang"], "");
    expect(
        &output,
        1,
        "",
        " --> a.lang:2:7\n  |\n2 |     x.nosuch\n  |       ^^^^^^\n  at a.half (a.lang:2, v1)\n  at a.main (a.lang:4, v1)\n",
    );
    let marked = " --> b.lang:1:9\n  |\n1 | let x = (1 +\n  |         ^ this `(` is never closed\n";
    expect(&lang(&folder, &["run", "b.lang"], ""), 1, "", marked);
    expect(&lang(&folder, &["check", "a.lang", "b.lang"], ""), 1, "", marked);
    expect(&lang(&folder, &["check", "a.lang"], ""), 0, "", "");
}

#[test]
fn errors_in_the_library_are_marked_where_the_program_called_it() {
    let folder = Folder::with(&[
        ("a.lang", "fn main() { {a: 1}.map(|k, v| k) }"),
        ("b.lang", "import regex\nfn main() {\n    regex.compile(\"(a\")\n}"),
    ]);
    let marked = " --> a.lang:1:13\n  |\n1 | fn main() { {a: 1}.map(|k, v| k) }\n  |             ^^^^^^^^^^^^^^^^^^^^\n  at core.Iterable.map (";
    expect(&lang(&folder, &["a.lang"], ""), 1, "", marked);
    expect(&lang(&folder, &["b.lang"], ""), 1, "", " --> b.lang:3:5\n  |\n3 |     regex.compile(\"(a\")\n  |     ^^^^");
}

#[test]
fn check_looks_at_imports() {
    let folder = Folder::with(&[
        ("a.lang", "import nope"),
        ("b.lang", "from math import sqroot\nimport util\nfn main() { util.dubble(2) }"),
        ("util.lang", "print(\"this is not to be run\")\nfn double(x) { 2 * x }"),
        ("c.lang", "import util\nfn main() { util.double(2) }"),
    ]);
    expect(
        &lang(&folder, &["check", "a.lang"], ""),
        1,
        "",
        "error[R0107]: namespace `nope` does not exist; looked for `nope.lang`\n --> a.lang:1:1\n",
    );
    let output = lang(&folder, &["check", "b.lang"], "");
    expect(&output, 0, "", "warning[W0301]: `sqroot` does not exist in namespace `math`; did you mean `sqrt`?\n --> b.lang:1:1\n");
    expect(
        &output,
        0,
        "",
        "warning[W0302]: `dubble` does not exist in namespace `util`; did you mean `double`?\n --> b.lang:3:13\n",
    );
    expect(&lang(&folder, &["check", "c.lang", "util.lang"], ""), 0, "", "");
}

#[test]
fn check_looks_at_whole_directories() {
    let folder = Folder::with(&[
        ("main.lang", "import util\nfn main() { let left = 1; util.double() }"),
        ("util.lang", "fn double(x) { 2 * x }"),
        ("util_test.lang", "test \"double\" { assert double(2) == 4 }"),
    ]);
    let output = lang(&folder, &["check", "."], "");
    expect(&output, 0, "", "warning[W0007]: `left` is never used\n --> main.lang:2:17\n");
    expect(&output, 0, "", "warning[W0010]: `double` is called without the argument `x`\n --> main.lang:2:27\n");
    assert_eq!(lang(&folder, &["check", "--strict", "."], "").status.code(), Some(1));
    let json = "{\"severity\":\"warning\",\"code\":\"W0007\",\"message\":\"`left` is never used\",\"file\":\"main.lang\",\"line\":2,\
        \"column\":17,\"end_line\":2,\"end_column\":21,\"label\":\"nothing mentions it\",\
        \"help\":\"remove it, or call it `_left` if it has to be there\"}\n";
    let output = lang(&folder, &["check", "--format", "json", "."], "");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with(json), "{said}");
    folder.write("util.lang", "fn double(x) {");
    // What the broken file defines is not missed.
    let output = lang(&folder, &["check", "."], "");
    expect(&output, 1, "", "error[E0102]");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("W03"), "only the error is told");
}

/// A check of what is well says nothing.
#[test]
fn the_programs_of_the_repository_have_nothing_to_be_told() {
    let folder = Folder::new();
    let root = format!("{}/..", env!("CARGO_MANIFEST_DIR"));
    let examples = fs::read_dir(format!("{root}/examples")).expect("there are examples");
    let examples = examples.map(|entry| entry.expect("it can be read").path());
    // What hosts define for their scripts is not known without them.
    let known = examples.filter(|path| path.is_dir() && !path.ends_with("embed") && has_programs(path));
    for path in known.chain([format!("{root}/benches").into()]) {
        expect(&lang(&folder, &["check", "--strict", &path.to_string_lossy()], ""), 0, "", "");
    }
}

/// Whether there is a program text directly in a directory.
fn has_programs(path: &std::path::Path) -> bool {
    let mut entries = fs::read_dir(path).expect("it can be read");
    entries.any(|entry| entry.expect("it can be read").path().extension().is_some_and(|ending| ending == "lang"))
}

#[test]
fn a_directory_is_run_as_a_whole() {
    let folder = Folder::with(&[
        ("a.lang", "import b\nlet x = b.y + 1"),
        ("b.lang", "let y = 1"),
        ("main.lang", "import a\nfn main(...args) { print(a.x, args) }"),
        ("main_test.lang", "not loaded"),
    ]);
    expect(&lang(&folder, &["run", ".", "1", "2"], ""), 0, "2 [\"1\", \"2\"]\n", "");
    let sub = Folder::with(&[("one.lang", "fn main() { two() }"), ("two.lang", "fn two() { print(2) }")]);
    expect(&lang(&sub, &["run", "--namespace-per-directory", "."], ""), 0, "2\n", "");
    sub.write("three.lang", "fn main() { 3 }");
    let output = lang(&sub, &["run", "."], "");
    expect(&output, 1, "", "error[R0114]: several files of `.` have a `main`: `one.lang`, `three.lang`\n");
    let empty = Folder::with(&[("x_test.lang", "")]);
    expect(&lang(&empty, &["."], ""), 1, "", "there are no `.lang` files in `.`");
}

#[test]
fn all_files_that_do_not_load_are_told() {
    let folder = Folder::with(&[
        ("a.lang", "import b\nlet x = b.y + 1"),
        ("b.lang", "let y = nosuch()"),
        ("c.lang", "throw ValueError(\"trouble\")"),
        ("d.lang", "import b\nlet z = b.y"),
    ]);
    let output = lang(&folder, &["run", "."], "");
    expect(&output, 1, "", "NameError: `nosuch` does not exist\n --> b.lang:1:9\n");
    expect(&output, 1, "", "NameError: `y` has no value yet: the top level of `b.lang` has failed\n --> a.lang:2:9\n");
    expect(&output, 1, "", "NameError: `y` has no value yet: the top level of `b.lang` has failed\n --> d.lang:2:9\n");
    expect(&output, 1, "", "ValueError: trouble\n --> c.lang:1:1\n");
}

#[test]
fn endless_recursion_is_told_briefly() {
    let folder = Folder::with(&[("a.lang", "fn f(n) { f(n + 1) + 1 }\nfn main() { f(0) }")]);
    let output = lang(&folder, &["a.lang"], "");
    expect(&output, 1, "", "times more");
    assert!(output.stderr.iter().filter(|byte| **byte == b'\n').count() < 15);
}

#[test]
fn a_recursion_of_several_functions_is_one_piece_of_a_trace() {
    let folder = Folder::with(&[("a.lang", "fn f(n) { g(n) }\nfn g(n) { f(n) }\nfn main() { f(1) }")]);
    let wanted =
        "  at a.g (a.lang:2, v1)\n  at a.f (a.lang:1, v1)\n  … these 2 calls 99998 times more\n  at a.main (a.lang:3, v1)\n";
    expect(&lang(&folder, &["a.lang"], ""), 1, "", wanted);
}

#[test]
fn places_in_long_lines_are_those_of_the_file() {
    let items = "1, ".repeat(300);
    let folder = Folder::with(&[("a.lang", &format!("let x = [{items}nil.y, {items}]"))]);
    expect(&lang(&folder, &["a.lang"], ""), 1, "", "\n --> a.lang:1:914\n  |\n1 | …");
}

#[test]
fn commands_of_a_session_are_no_text_of_a_program() {
    expect(&lang(&Folder::new(), &[], ":help\n"), 1, "", "commands such as `:help` are for the session");
}

#[test]
fn a_program_has_arguments_input_and_a_status() {
    let folder =
        Folder::with(&[("a.lang", "fn main(first, ...rest) { print(first, rest, input(\"name? \"), input(), input()); exit(7) }")]);
    let output = lang(&folder, &["a.lang", "-x", "--reload", "é"], "ann\nbob");
    expect(&output, 7, "name? -x [\"--reload\", \"é\"] ann bob nil\n", "");
    expect(&lang(&folder, &["a.lang"], ""), 1, "", "ArityError");
}

#[test]
#[cfg(unix)]
fn a_reader_that_goes_away_ends_the_program_quietly() {
    let folder = Folder::with(&[("a.lang", "let n = 0\nwhile true { n += 1; print(n) }")]);
    let mut child = Command::new(LANG)
        .arg("a.lang")
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool has been built");
    let mut stdout = child.stdout.take().expect("piped");
    let mut beginning = [0; 4];
    stdout.read_exact(&mut beginning).expect("the program prints");
    assert_eq!(&beginning, b"1\n2\n");
    drop(stdout);
    expect(&child.wait_with_output().expect("it ends"), 141, "", "");
}

#[test]
fn a_text_on_standard_input_is_evaluated() {
    let folder = Folder::new();
    expect(&lang(&folder, &[], "fn f(x) {\n    x + 1\n}\nprint(f(1))\nf(2)\n"), 0, "2\n", "");
    expect(&lang(&folder, &[], "print(1)\nif true {\n    print(2)\n}\nelse {\n    print(3)\n}"), 0, "1\n2\n", "");
    expect(&lang(&folder, &[], "print(1)\nnosuch()\nprint(2)"), 1, "1\n", " --> <stdin>:2:1\n");
    expect(&lang(&folder, &[], "print(1)\nlet = 2"), 1, "", " --> <stdin>:2:5\n");
    expect(&lang(&folder, &[], "print(1)\nexit(9)\nprint(2)"), 9, "1\n", "");
    expect(&lang(&folder, &[], "fn main() { print(1) }\nprint(0)"), 0, "0\n1\n", "");
    expect(&lang(&folder, &[], "fn main() { exit(3) }"), 3, "", "");
    expect(&lang(&folder, &[], ""), 0, "", "");
}

#[test]
fn texts_are_dumped_and_codes_explained() {
    let folder = Folder::with(&[("a.lang", "fn main() { print(\"hi\") }")]);
    for (form, part) in [
        ("tokens", "Function       \"main\""),
        ("ast", "(call print \"hi\")"),
        ("bytecode", "CallGlobal"),
        ("image", "module a.lang"),
    ] {
        let output = lang(&folder, &["dump", form, "a.lang"], "");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains(part), "{form}: {text}");
    }
    expect(&lang(&folder, &["dump", "ast", "nosuch.lang"], ""), 1, "", "cannot read `nosuch.lang`");
    assert!(String::from_utf8_lossy(&lang(&folder, &["explain", "e0110"], "").stdout).starts_with("E0110: malformed format\n"));
    assert!(String::from_utf8_lossy(&lang(&folder, &["explain"], "").stdout).contains("\nE0102  a bracket is not closed\n"));
    expect(&lang(&folder, &["explain", "E9999"], ""), 1, "", "there is no code `E9999`");
}

#[test]
fn unknown_commands_say_what_there_is() {
    let folder = Folder::new();
    for args in [&["frobnicate", "p"][..], &["frobnicate"], &["shell"]] {
        let said = format!("there is no command and no file `{}`", args[0]);
        expect(&lang(&folder, args, ""), 2, "", &said);
        expect(&lang(&folder, args, ""), 2, "", "The commands are `run`, `repl`");
    }
}

#[test]
fn warnings_come_before_the_program() {
    let folder = Folder::with(&[("a.lang", "from json import nosuch\nlet s = '${x}'\nthrow Error(\"stop\")")]);
    let output = lang(&folder, &["a.lang"], "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let place = |part: &str| said.find(part).unwrap_or_else(|| panic!("`{part}` is not in:\n{said}"));
    assert!(place("W0003") < place("Error: stop") && place("W0301") < place("Error: stop"), "{said}");
}

#[test]
fn impossible_classes_are_marked() {
    let folder = Folder::with(&[
        ("order.lang", "class A { }\nclass B { }\nclass X(A, B) { }\nclass Y(B, A) { }\nclass Z(X, Y) { }"),
        ("twice.lang", "class A { }\nclass D(A, A) { }"),
        ("slot.lang", "class A { slot x }\nclass B(A) { fn x() { 1 } }"),
        ("late.lang", "let k = 1\nclass E(k) { }"),
    ]);
    expect(&lang(&folder, &["order.lang"], ""), 1, "", "order.lang:5:7");
    expect(&lang(&folder, &["order.lang"], ""), 1, "", "contradict each other");
    expect(&lang(&folder, &["twice.lang"], ""), 1, "", "has `A` as a base twice");
    expect(&lang(&folder, &["twice.lang"], ""), 1, "", "twice.lang:2:7");
    expect(&lang(&folder, &["slot.lang"], ""), 1, "", "slot.lang:2:7");
    expect(&lang(&folder, &["late.lang"], ""), 1, "", "late.lang:2:7");
}

#[test]
fn exit_runs_finally_clauses() {
    let text = "fn main() {
    try {
        try { [1].map(|x| exit(3)) } catch e { print(\"caught\") } finally { print(\"inner\") }
    } catch e is Error { print(\"caught\") } finally { print(\"outer\") }
    print(\"never\")
}";
    let folder = Folder::with(&[("a.lang", text), ("b.lang", "try { exit(4) } finally { print(\"end\") }")]);
    expect(&lang(&folder, &["a.lang"], ""), 3, "inner\nouter\n", "");
    expect(&lang(&folder, &["b.lang"], ""), 4, "end\n", "");
    let folder = Folder::with(&[("c.lang", "fn main() { try { exit(5) } finally { throw Error(\"instead\") } }")]);
    expect(&lang(&folder, &["c.lang"], ""), 1, "", "Error: instead");
}

/// Bytes that are no program, or hardly one.
fn hostile() -> Vec<(&'static str, Vec<u8>, i32, &'static str)> {
    let times = |text: &str, count: usize| text.repeat(count).into_bytes();
    let around = |open: &str, middle: &str, close: &str, count: usize| {
        [open.repeat(count), middle.to_owned(), close.repeat(count)].concat().into_bytes()
    };
    let noise = (0..50_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    vec![
        ("noise", noise, 1, "is not UTF-8"),
        ("utf8", b"print(\"\xff\")".to_vec(), 1, "is not UTF-8: byte 7 cannot be read"),
        ("mark", b"\xef\xbb\xbfprint(1)".to_vec(), 0, ""),
        ("crlf", b"let a = 1\r\nlet b = \"\"\"\r\n  x\r\n  \"\"\"\r\n".to_vec(), 0, ""),
        ("nul", b"let a = 1\0".to_vec(), 1, "E0106"),
        ("line", [b"let a = \"".to_vec(), vec![b'x'; 10_000_000], b"\"".to_vec()].concat(), 0, ""),
        ("brackets", times("(", 1_000_000), 1, "E0105"),
        ("closing", times(")", 100_000), 1, "… and"),
        ("blocks", around("do {", "", "}", 100_000), 1, "E0105"),
        ("chain", [b"if a { }".to_vec(), times(" else if a { }", 100_000)].concat(), 1, "E0105"),
        ("members", [b"let a = nil\na".to_vec(), times(".b", 100_000)].concat(), 1, "E0105"),
        ("texts", around("\"${", "1", "}\"", 100_000), 1, "E0105"),
        (
            "parameters",
            [b"fn f(".to_vec(), (0..30_000).flat_map(|i| format!("a{i}, ").into_bytes()).collect(), b") { }".to_vec()].concat(),
            1,
            "E0301",
        ),
        ("own", b"import own as s\nprint(s.x)\nlet x = 1".to_vec(), 1, "x"),
        ("empty", Vec::new(), 0, ""),
    ]
}

#[test]
fn hostile_files_get_an_answer() {
    let folder = Folder::new();
    for (name, content, status, part) in hostile() {
        let file = format!("{name}.lang");
        fs::write(folder.path().join(&file), content).expect("the folder can be written");
        let output = lang(&folder, &[&file], "");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{name}: {said}");
        assert!(said.contains(part) && !said.contains("internal error") && said.len() < 50_000, "{name}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_waited_for() {
    let folder = Folder::new();
    let pipe = folder.path().join("pipe.lang");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("the system has pipes with names");
    assert!(made.success());
    expect(&lang(&folder, &["pipe.lang"], ""), 1, "", "it is a pipe that nobody writes to");
    expect(&lang(&folder, &["/dev/zero"], ""), 1, "", "it is a device, not a file");
    let file = fs::File::create(folder.path().join("huge.lang")).expect("the folder can be written");
    file.set_len(1 << 40).expect("a file can have holes");
    expect(&lang(&folder, &["huge.lang"], ""), 1, "", "is larger than 256 MB");
}

#[test]
fn plans_are_shown_and_change_nothing() {
    let folder = Folder::with(&[
        ("a.lang", "fn f() { 1 }\nfn main() { print(\"never\") }\n"),
        ("b.lang", "fn f() { 2 }\nfn main() { print(\"never\") }\n"),
        ("wrong.lang", "class f { }\n"),
    ]);
    expect(
        &lang(&folder, &["plan", "a.lang", "b.lang"], ""),
        0,
        "a.lang: would be committed (epoch 1)\n  changed    function a.f\n",
        "",
    );
    let output = lang(&folder, &["plan", "--report", "json", "a.lang", "b.lang"], "");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.starts_with("{\"ok\": true, ") && text.contains("\"changed\": [{\"name\": \"f\", \"kind\": \"function\""),
        "{text}"
    );
    let output = lang(&folder, &["plan", "a.lang", "wrong.lang"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("R0101"));
    expect(&lang(&folder, &["plan", "a.lang", "nosuch.lang"], ""), 1, "", "cannot read `nosuch.lang`");
}

#[test]
fn plans_of_several_files() {
    let folder = Folder::with(&[
        ("app/main.lang", "import util\nimport other\nfn f() { util.g() }\n"),
        ("app/util.lang", "fn g() { 1 }\n"),
        ("app/other.lang", "fn h() { 1 }\n"),
        ("new/main.lang", "import util\nfn f() { util.g() + 1 }\n"),
        ("new/util.lang", "fn g() { 2 }\n"),
        ("new/more.lang", "fn m() { 2 }\n"),
    ]);
    let util = "app/util.lang: would be committed (epoch 1)\n  changed    function util.g\n";
    expect(&lang(&folder, &["plan", "app/main.lang", "new/util.lang"], ""), 0, util, "");
    expect(&lang(&folder, &["plan", "app", "new/util.lang"], ""), 0, util, "");
    let both = lang(&folder, &["plan", "app/main.lang", "new/util.lang", "new/more.lang"], "");
    let text = String::from_utf8_lossy(&both.stdout);
    assert!(text.contains("changed    function util.g") && text.contains("added      function more.m"), "{text}");
    let all = lang(&folder, &["plan", "app/main.lang", "new"], "");
    let text = String::from_utf8_lossy(&all.stdout);
    let parts = ["changed    function main.f", "function util.g", "added      function more.m", "leaked     function other.h"];
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
}

#[test]
fn a_plan_does_not_guess_which_file_is_meant() {
    let folder = Folder::with(&[
        ("main.lang", "import \"a/x.lang\" as a\nimport \"b/x.lang\" as b\n"),
        ("a/x.lang", "namespace a.x\nfn f() { 1 }\n"),
        ("b/x.lang", "namespace b.x\nfn f() { 1 }\n"),
        ("new/x.lang", "fn f() { 2 }\n"),
    ]);
    let stderr = "`new/x.lang` could stand for `a/x.lang` or `b/x.lang`; give a directory";
    expect(&lang(&folder, &["plan", "main.lang", "new/x.lang"], ""), 1, "", stderr);
}

#[test]
fn files_of_several_programs_are_checked() {
    let folder = Folder::new();
    for directory in ["a", "b"] {
        fs::create_dir(folder.path().join(directory)).expect("the folder can be written");
        folder.write(&format!("{directory}/main.lang"), "fn main() { print(1) }");
    }
    expect(&lang(&folder, &["check", "a/main.lang", "b/main.lang"], ""), 0, "", "");
}

#[test]
fn an_error_that_ends_main_ends_the_program() {
    let text = "import task\nfn main() { task.every(0.01, || nil); task.sleep(0.05); throw ValueError(\"over\") }";
    let folder = Folder::with(&[("main.lang", text)]);
    let output = lang(&folder, &["run", "main.lang"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("ValueError: over\n"));
}

#[test]
fn a_file_is_one_whatever_its_path_is_called() {
    let folder = Folder::with(&[]);
    fs::create_dir_all(folder.path().join("sub")).expect("the folder can be written");
    folder.write("sub/c.lang", "print(\"loaded\")\nlet x = 1");
    let (name, here) = (folder.path().file_name().expect("it has one").to_string_lossy(), folder.path().display());
    let main = format!(
        "import sub.c\nimport \"../{name}/sub/c.lang\" as p\nimport \"{here}/sub/c.lang\" as q\nfn main() {{ print(same(p, c), same(q, c)) }}"
    );
    folder.write("main.lang", &main);
    expect(&lang(&folder, &["run", "main.lang"], ""), 0, "loaded\ntrue true\n", "");
}

#[test]
fn a_question_follows_one_that_was_given_up() {
    // While the program computes, both waits come to their end: the first task is cancelled when it could already go on.
    let text = r#"import task
import time
fn main() {
    let first = task.spawn(|| input("first? "))
    task.spawn(|| {
        task.sleep(0.001)
        first.cancel()
        print(input("second? "))
    })
    task.sleep(0)
    let until = time.monotonic() + 0.05
    while time.monotonic() < until { }
}"#;
    let folder = Folder::with(&[("main.lang", text)]);
    let mut child = Command::new(LANG)
        .args(["run", "main.lang"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the tool has been built");
    let mut stdout = child.stdout.take().expect("it is piped");
    let mut seen = String::new();
    while !seen.ends_with("second? ") {
        let mut byte = [0];
        stdout.read_exact(&mut byte).expect("it asks twice");
        seen.push(char::from(byte[0]));
    }
    child.stdin.take().expect("it is piped").write_all(b"answer\n").expect("it reads");
    stdout.read_to_string(&mut seen).expect("it is text");
    assert_eq!((seen.as_str(), child.wait().expect("it ends").code()), ("first? \nsecond? answer\n", Some(0)));
}
