//! Edits to a program that runs.

use crate::LANG;
use crate::folder::Folder;
use crate::running::Running;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

/// A program that prints what `word` gives, and a count.
pub const MAIN: &str = "\
import time
from word import word

let n = 0

fn main() {
    while true {
        n += 1
        print(\"${n} ${word()}\")
        time.sleep(0.01)
    }
}
";

/// The text of `word.lang`.
pub fn word(text: &str) -> String {
    format!("fn word() {{ \"{text}\" }}\n")
}

/// A program that prints a count and `zero`, and its folder.
pub fn program() -> (Folder, Running) {
    let folder = Folder::with(&[("main.lang", MAIN), ("word.lang", &word("zero"))]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for(" zero");
    (folder, running)
}

/// Asserts that the program's count went on by one from line to line.
#[track_caller]
pub fn assert_state_kept(running: &Running) {
    let printed = running.seen().iter().filter(|line| !line.contains('|'));
    let counts: Vec<u32> = printed.filter_map(|line| line.split(' ').next()?.parse().ok()).collect();
    assert!(counts.iter().zip(1..).all(|(count, expected)| *count == expected), "{counts:?}");
}

/// A way in which editors save.
pub type Saver = fn(&Path, &str);

/// Rename the old file away, then write a new one, as vim does.
fn save_behind_a_backup(path: &Path, text: &str) {
    let backup = path.with_extension("lang~");
    fs::rename(path, &backup).expect("it exists");
    fs::write(path, text).expect("the folder can be written");
    fs::remove_file(backup).expect("made above");
}

/// Write beside it, then rename over it.
pub fn save_by_rename(path: &Path, text: &str) {
    let new = path.with_extension("tmp");
    fs::write(&new, text).expect("the folder can be written");
    fs::rename(new, path).expect("made above");
}

/// Write over the old text, then cut, as nano does.
fn save_in_place(path: &Path, text: &str) {
    let mut file = OpenOptions::new().write(true).open(path).expect("it exists");
    file.write_all(text.as_bytes()).expect("the file can be written");
    file.set_len(text.len() as u64).expect("the file can be written");
}

/// Empty it and close it, then write it in two pieces.
fn save_in_pieces(path: &Path, text: &str) {
    fs::write(path, "").expect("the file can be written");
    let mut file = OpenOptions::new().append(true).open(path).expect("it exists");
    let (first, second) = text.as_bytes().split_at(text.len() / 2);
    file.write_all(first).expect("the file can be written");
    file.write_all(second).expect("the file can be written");
}

#[test]
fn every_way_of_saving_arrives() {
    let (folder, mut running) = program();
    let savers: [Saver; 4] = [save_behind_a_backup, save_by_rename, save_in_place, save_in_pieces];
    for round in 0..3 {
        for (i, save) in savers.iter().enumerate() {
            let text = format!("word{round}{i}");
            save(&folder.path().join("word.lang"), &word(&text));
            running.wait_for(&format!(" {text}"));
        }
    }
    assert_state_kept(&running);
    assert!(running.seen().iter().all(|line| !line.contains('\u{1b}')), "colour in a pipe");
}

#[test]
fn a_loop_without_a_pause_follows_too() {
    let text =
        "from word import word\nlet last = nil\nfn main() { while true { let w = word(); if w != last { print(w); last = w } } }";
    let folder = Folder::with(&[("main.lang", text), ("word.lang", &word("zero"))]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("zero");
    folder.write("word.lang", &word("one"));
    running.wait_for("one");
    running.interrupt();
    assert_eq!(running.status(), Some(130));
}

#[test]
fn a_broken_edit_changes_nothing() {
    let (folder, mut running) = program();
    folder.write("word.lang", "fn word() { \"half }\n");
    running.wait_for("error[");
    running.wait_for(" --> word.lang:1:");
    running.wait_for("refused; the program goes on unchanged");
    running.wait_for(" zero");
    folder.write("word.lang", &word("zero"));
    running.wait_for("the refused edit is taken back; what is saved is what runs");
    folder.write("word.lang", "const limit = nil.nosuch\nfn word() { \"never\" }\n");
    running.wait_for("SlotError");
    running.wait_for(" --> word.lang:1:19");
    running.wait_for("refused; the program goes on unchanged");
    running.wait_for(" zero");
    folder.write("word.lang", "const limit = 3\nfn word() { \"mended\" }\n");
    running.wait_for("added word.limit; changed word.word");
    running.wait_for(" mended");
    assert!(running.seen().iter().all(|line| !line.ends_with(" never")), "{:?}", running.seen());
    assert_state_kept(&running);
}

#[test]
fn a_program_that_has_failed_waits_for_an_edit() {
    let folder = Folder::with(&[("main.lang", "let n = 1\nfn main() { nosuch() }")]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("reload: stopped at the error, nothing is unwound; waiting for an edit");
    folder.write("main.lang", "let n = 1\nfn main() { nosuch( }");
    running.wait_for("reload: refused; the program stays stopped");
    folder.write("main.lang", "let n = 1\nfn main() { print(\"mended\") }");
    running.wait_for("mended");
    assert_eq!(running.status(), Some(0));
}

#[test]
fn warnings_of_an_edit_are_shown_as_errors_are() {
    let (folder, mut running) = program();
    folder.write("main.lang", &MAIN.replace("let n = 0", "let n = 5\nimport live\nlive.on(\"reload\", |_| nil.nosuch)"));
    running.wait_for("conflict: `main.n` keeps its value");
    assert!(running.seen().iter().any(|line| line.contains("`live.reset(\"main.n\")` evaluates it anew")));
    folder.write("word.lang", "fn word() { nosuch; \"one\" }");
    running.wait_for("warning[W0302]: `nosuch` does not exist");
    running.wait_for(" --> word.lang:1:13");
    running.wait_for("1 | fn word() { nosuch");
    running.wait_for("warning[W0307]: a listener of \"reload\" has raised SlotError: nil has no member `nosuch`");
    running.wait_for(" --> main.lang:6:27");
    running.wait_for("6 | live.on(");
}

#[test]
fn a_file_imported_by_an_edit_is_watched() {
    let (folder, mut running) = program();
    folder.write("word.lang", "from mark import mark\nfn word() { mark }\n");
    running.wait_for("namespace `mark` does not exist");
    folder.write("mark.lang", "const mark = \"one\"");
    running.wait_for(" one");
    folder.write("mark.lang", "const mark = \"two\"");
    running.wait_for(" two");
    assert_state_kept(&running);
}

#[test]
fn a_deleted_file_can_come_back() {
    let (folder, mut running) = program();
    fs::remove_file(folder.path().join("word.lang")).expect("it exists");
    running.wait_for("`word.lang` is gone");
    running.wait_for(" zero");
    folder.write("word.lang", &word("back"));
    running.wait_for(" back");
    assert_state_kept(&running);
}

#[test]
fn reports_as_json() {
    let folder = Folder::with(&[("main.lang", MAIN), ("word.lang", &word("zero"))]);
    let mut running = Running::with(&folder, &["run", "--reload", "--report", "json", "main.lang"]);
    running.wait_for(" zero");
    folder.write("word.lang", &word("one"));
    let line = running.wait_for("{\"ok\": true");
    assert!(line.contains("\"changed\": [{\"name\": \"word\"") && line.ends_with('}'), "{line}");
    folder.write("word.lang", "fn word( {");
    let line = running.wait_for("{\"ok\": false");
    assert!(line.contains("\"reasons\": [{\"code\": \"E0102\""), "{line}");
}

#[test]
fn reports_go_to_a_file_or_descriptor() {
    let (folder, running) = program();
    drop(running);
    let args = ["run", "--reload", "--report-to", "reports.json", "main.lang"];
    let mut running = Running::with(&folder, &args);
    running.wait_for(" zero");
    folder.write("word.lang", &word("one"));
    running.wait_for("reload: committed (epoch 2): changed word.word");
    folder.write("word.lang", "fn word( {");
    running.wait_for("reload: refused");
    let reports = fs::read_to_string(folder.path().join("reports.json")).expect("it was made at the start");
    let lines: Vec<&str> = reports.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("{\"ok\": true") && lines[1].starts_with("{\"ok\": false"), "{reports}");
    folder.write("word.lang", &word("zero"));
    running.wait_for(" zero");

    // A shell opens the descriptor.
    let command = format!("exec '{LANG}' run --reload --report json --report-to fd:3 main.lang 3>third.json");
    let mut shell = Running::of(std::process::Command::new("sh").args(["-c", &command]).current_dir(folder.path()));
    shell.wait_for(" zero");
    folder.write("word.lang", &word("two"));
    let line = shell.wait_for("{\"ok\": true");
    assert_eq!(fs::read_to_string(folder.path().join("third.json")).expect("the shell has made it"), line + "\n");
}

#[test]
fn reports_need_a_place_that_can_be_written() {
    let folder = Folder::with(&[("main.lang", "print(1)")]);
    for (place, status, message) in [
        ("nosuch/reports.json", 1, "cannot write reports to `nosuch/reports.json`: no such file or directory"),
        (".", 1, "cannot write reports to `.`: is a directory"),
        ("fd:77", 1, "cannot write reports to `fd:77`: no such file or directory"),
        ("fd:x", 2, "`fd:x` is no descriptor; write `fd:3`"),
    ] {
        let mut running = Running::with(&folder, &["run", "--reload", "--report-to", place, "main.lang"]);
        running.wait_for(message);
        assert_eq!(running.status(), Some(status), "{place}");
    }
    let mut running = Running::with(&folder, &["run", "--report-to", "reports.json", "main.lang"]);
    running.wait_for("--reload");
    assert_eq!(running.status(), Some(2));
}

#[test]
fn the_status_tells_how_it_ended() {
    for (text, status) in [
        ("fn main() { print(\"begins\") }", Some(0)),
        ("fn main() { print(\"begins\"); exit(7) }", Some(7)),
        ("fn main() { print(\"begins\"); nil.nosuch }", Some(1)),
        ("print(\"begins\")\nfn main() { [][0] }", Some(1)),
    ] {
        let folder = Folder::with(&[("main.lang", text)]);
        let mut running = Running::with(&folder, &["run", "main.lang"]);
        running.wait_for("begins");
        assert_eq!(running.status(), status, "{text}");
    }
    let (_folder, running) = program();
    running.interrupt();
    assert_eq!(running.status(), Some(130));
    let (_folder, running) = program();
    running.terminate();
    // For a shell it is 143.
    assert_eq!(running.end().signal(), Some(15));
}

#[test]
fn what_takes_its_time_is_told() {
    let wait = "import fs\nimport time\nfn wait() { while not fs.exists(\"go\") { time.sleep(0.01) }; 1 }\n";
    let folder = Folder::with(&[("main.lang", &format!("{wait}let x = wait()\nfn main() {{ print(\"begins\") }}\n"))]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("reload: running main.lang:4 takes more than 1 s");
    folder.write("go", "");
    running.wait_for("begins");
    assert_eq!(running.status(), Some(0));
    // A loop of the top level is the program itself, and takes its time.
    let main = format!(
        "{wait}from word import word\nlet n = 0\nwhile word() == \"zero\" {{ n += 1; if n == 120 {{ print(\"long\") }}; time.sleep(0.01) }}\n"
    );
    let folder = Folder::with(&[("main.lang", &main), ("word.lang", &word("zero"))]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("long");
    folder.write("word.lang", &word("one"));
    running.wait_for("reload: committed");
    assert!(running.seen().iter().all(|line| !line.contains("takes more")), "{:?}", running.seen());
}

#[test]
fn the_mode_and_strictness_are_chosen() {
    let folder = Folder::with(&[("main.lang", MAIN), ("word.lang", &format!("let n = 0\n{}", word("zero")))]);
    let mut running = Running::with(&folder, &["run", "--reload", "--mode", "overwrite", "--strict", "main.lang"]);
    running.wait_for(" zero");
    folder.write("word.lang", &format!("let n = 0\n{}", word("one")));
    let line = running.wait_for("reload: committed");
    assert!(line.contains("changed word.n, word.word"), "{line}");
    folder.write("word.lang", "fn word() { nowhere() }\n");
    running.wait_for("W0302");
    running.wait_for("refused");
}

#[test]
fn what_becomes_of_hooks_that_raise_is_chosen() {
    let main = |class: &str, use_of_it: &str| {
        format!(
            "import task\n{class}\nlet p = P(\"x\")\nfn main() {{\n    while true {{\n        {use_of_it}\n        task.sleep(0.01)\n    }}\n}}\n"
        )
    };
    let old = main("class P { slot a }", "print(p.a)");
    let new = main("class P { slot b = 7; migrate(old) { self.b = old.a // 2 } }", "print(\"b is ${p.b}\")");
    let folder = Folder::with(&[("main.lang", &old)]);
    let mut running = Running::with(&folder, &["run", "--reload", "--on-hook-error", "use_defaults", "main.lang"]);
    running.wait_for("x");
    folder.write("main.lang", &new);
    running.wait_for("W0311");
    running.wait_for("b is 7");
    let folder = Folder::with(&[("main.lang", &old)]);
    let mut running = Running::with(&folder, &["run", "--reload", "--on-hook-error", "rollback", "main.lang"]);
    running.wait_for("x");
    folder.write("main.lang", &new);
    running.wait_for("R0115");
}

#[test]
fn what_is_saved_together_is_one_commit() {
    let (folder, mut running) = program();
    // Files that are still open keep a save from ending.
    let mut first = fs::File::create(folder.path().join("word.lang")).expect("the file can be written");
    folder.write("main.lang", &MAIN.replace("${n}", "${n} +"));
    first.write_all(word("one").as_bytes()).expect("the file can be written");
    drop(first);
    let line = running.wait_for("reload: committed");
    assert!(line.contains("main.main") && line.contains("word.word"), "{line}");
}

#[test]
fn links_are_followed() {
    let folder = Folder::with(&[("main.lang", MAIN), ("real.lang", &word("zero")), ("other.lang", &word("other"))]);
    let link = folder.path().join("word.lang");
    symlink("real.lang", &link).expect("links can be made");
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for(" zero");
    save_by_rename(&folder.path().join("real.lang"), &word("one"));
    running.wait_for(" one");
    symlink("other.lang", folder.path().join("new")).expect("links can be made");
    fs::rename(folder.path().join("new"), link).expect("made above");
    running.wait_for(" other");
    folder.write("other.lang", &word("two"));
    running.wait_for(" two");
    assert_state_kept(&running);
}

#[test]
fn an_error_stops_the_program_until_an_edit_mends_it() {
    let text = "let n = 0\nfn work() { nil.nosuch }\nfn main() { n += 1; print(\"run ${n}\"); work(); print(\"end\") }";
    let folder = Folder::with(&[("main.lang", text)]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("run 1");
    running.wait_for("SlotError");
    running.wait_for("waiting for an edit");
    folder.write("main.lang", &text.replace("nil.nosuch", "print(\"mended\")"));
    for part in ["`main.work` is called again with the same arguments", "mended", "end"] {
        running.wait_for(part);
    }
    assert!(running.seen().iter().all(|line| line != "run 2"), "{:?}", running.seen());
    assert_eq!(running.status(), Some(0));
}

#[test]
fn everything_around_a_stop_is_kept() {
    let text = |part: &str| {
        format!(
            "import time\nlet n = 0\nfn part(k) {{ {part} }}\nfn step(k) {{\n    try {{ part(k) }} finally {{ print(\"finally ${{k}}\") }}\n}}\n\
             fn main() {{\n    let turn = 0\n    while turn < 4 {{\n        turn += 1\n        n += step(turn)\n        \
             print(\"turn ${{turn}} ${{n}}\")\n        time.sleep(0.01)\n    }}\n}}\n"
        )
    };
    let folder = Folder::with(&[("main.lang", &text("12 // (k - 3)"))]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("#0 main.part (main.lang:3)  k = 3");
    running.wait_for("#1 main.step (main.lang:5)  k = 3");
    running.wait_for("#2 main.main (main.lang:11)  turn = 3");
    // One that does not mend it, one that is refused, one that does.
    folder.write("main.lang", &text("12 // (k - k)"));
    running.wait_for("`main.part` is called again");
    running.wait_for("stopped at the error");
    folder.write("main.lang", &text("12 // (k - "));
    running.wait_for("refused; the program stays stopped");
    folder.write("main.lang", &text("100"));
    running.wait_for("turn 4");
    let printed: Vec<&String> = running.seen().iter().filter(|l| l.starts_with("turn") || l.starts_with("finally")).collect();
    assert_eq!(printed, ["finally 1", "turn 1 -6", "finally 2", "turn 2 -18", "finally 3", "turn 3 82", "finally 4", "turn 4 182"]);
    assert_eq!(running.status(), Some(0));
}

#[test]
fn a_turn_of_main_is_begun_again() {
    let text = |part: &str| {
        format!(
            "fn main() {{\n    let i = 0\n    while i < 5 {{\n        i += 1\n        print(\"turn ${{i}}\")\n        {part}\n    }}\n}}\n"
        )
    };
    let folder = Folder::with(&[("main.lang", &text("12 // (i - 3)"))]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("stopped at the error");
    folder.write("main.lang", &text("i"));
    running.wait_for("`main.main` goes on with the turn of its loop, from the turn's beginning");
    running.wait_for("turn 4");
    running.wait_for("turn 5");
    assert_eq!(running.seen().iter().filter(|line| *line == "turn 1").count(), 1);
    assert_eq!(running.status(), Some(0));
}

#[test]
fn a_text_that_does_not_load_waits_for_an_edit() {
    let folder = Folder::with(&[("main.lang", "fn main() { print(\"open\" }")]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("waiting for an edit");
    folder.write("main.lang", "fn main() { print(\"closed\"); exit(3) }");
    running.wait_for("closed");
    assert_eq!(running.status(), Some(3));
}

#[test]
fn ctrl_c_ends_while_waiting_for_an_edit() {
    let folder = Folder::with(&[("main.lang", "let = 1")]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("waiting for an edit");
    running.interrupt();
    assert_eq!(running.status(), Some(130));
}

#[test]
fn files_come_into_a_directory_and_leave_it() {
    let folder = Folder::with(&[("main.lang", MAIN), ("word.lang", &word("zero"))]);
    fs::create_dir(folder.path().join("sub")).expect("the folder can be written");
    let mut running = Running::start(&folder, ".");
    running.wait_for(" zero");
    // Nothing imports it, but what it does at its top level is done.
    folder.write("sub/new.lang", "import word\nprint(\"new|${word.word()}\")\nfn hi() { 1 }\n");
    running.wait_for("new|zero");
    running.wait_for("added sub.new.hi");
    folder.write("sub/new.lang", "import word\nfn hi() { 2 }\n");
    running.wait_for("changed sub.new.hi");
    fs::remove_file(folder.path().join("sub/new.lang")).expect("it exists");
    running.wait_for("`sub/new.lang` is gone");
    fs::create_dir_all(folder.path().join("later/deep")).expect("the folder can be written");
    folder.write("later/deep/other.lang", "fn other() {");
    running.wait_for("refused");
    folder.write("later/deep/other.lang", "fn other() { 1 }");
    running.wait_for("added later.deep.other.other");
    folder.write("word.lang", &word("one"));
    running.wait_for(" one");
    assert_state_kept(&running);
}

#[test]
fn a_loop_at_the_top_level_follows() {
    let main = |last: &str, more: &str| {
        format!(
            "import time\nfrom word import word\nlet n = 0\n\
             while word() != \"end\" {{ n += 1; print(\"${{n}} ${{word()}}{more}\"); time.sleep(0.01) }}\n{last}"
        )
    };
    let folder = Folder::with(&[("main.lang", &main("print(\"first end\")", "")), ("word.lang", &word("zero"))]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for(" zero");
    folder.write("word.lang", &word("one"));
    running.wait_for(" one");
    // The loop goes on in the new text; what is below it has not run yet.
    folder.write("main.lang", &main("print(\"second end\")\nfn main() { print(\"main\") }", "!"));
    running.wait_for("the statement at main.lang:4 is running; its loop goes on in the new text at its next turn");
    running.wait_for(" one!");
    folder.write("word.lang", &word("two"));
    running.wait_for(" two!");
    folder.write("main.lang", &main("print(\"third end\")\nfn main() { print(\"main\") }", "!"));
    running.wait_for("reload: committed");
    folder.write("word.lang", &word("end"));
    running.wait_for("third end");
    running.wait_for("main");
    assert!(!running.seen().iter().any(|line| line.contains("first end") || line.contains("second end")), "{:?}", running.seen());
    assert_state_kept(&running);
    assert_eq!(running.status(), Some(0));
}

#[test]
fn a_class_below_a_running_loop_is_initialised_in_its_new_text() {
    let main = |limit: &str| {
        format!(
            "import time\nlet go = true\nimport word\nwhile word.word() != \"end\" {{ print(\"turn\"); time.sleep(0.01) }}\n\
             class C {{ shared limit = {limit} }}\nprint(\"limit ${{C.limit}}\")\n"
        )
    };
    let folder = Folder::with(&[("main.lang", &main("[1].map(|x| x)")), ("word.lang", &word("zero"))]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("turn");
    folder.write("main.lang", &main("[2].map(|x| x)"));
    running.wait_for("reload: committed");
    folder.write("word.lang", &word("end"));
    running.wait_for("limit [2]");
    assert!(running.seen().iter().all(|line| !line.contains("conflict")), "{:?}", running.seen());
}

#[test]
fn tasks_of_a_failed_main_end_before_the_next() {
    let main = |last: &str| {
        format!(
            "import time\nimport task\nlet n = 0\nfn main() {{\n    n += 1\n    let me = n\n    \
             task.spawn(|| {{ while me < 3 {{ print(\"task ${{me}}\"); time.sleep(0.01) }} }})\n    time.sleep(0.05)\n    {last}\n}}\n"
        )
    };
    let folder = Folder::with(&[("main.lang", &main("[][0]"))]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("stopped at the error");
    running.wait_for("task 1");
    folder.write("main.lang", &main("[][1]"));
    running.wait_for("reload: 1 task of the last call of `main` is ended before the next");
    let at = running.seen().len();
    running.wait_for("task 2");
    running.wait_for("stopped at the error");
    assert!(running.seen()[at..].iter().all(|line| line != "task 1"), "{:?}", running.seen());
    // Nobody waits for the task that fails, but the program has not come to its end.
    folder.write("main.lang", "import task\nfn main() { task.spawn(|| [][2]) }\n");
    running.wait_for("reload: a task failed; waiting for an edit");
    folder.write("main.lang", "fn main() { print(\"done\") }\n");
    running.wait_for("done");
    assert_eq!(running.status(), Some(0));
}

#[test]
fn an_endless_edit_gives_way_to_the_next_save() {
    let (folder, mut running) = program();
    folder.write("word.lang", "let k = 1\nk = 2\nwhile true { }\nfn word() { \"never\" }\n");
    running.wait_for("the edit waits for word.lang:3, which is still running");
    folder.write("word.lang", &word("one"));
    running.wait_for("another one was saved, which takes its place");
    running.wait_for(" one");
    assert!(running.seen().iter().all(|line| !line.ends_with(" never")), "{:?}", running.seen());
    assert_state_kept(&running);
}

#[test]
fn ctrl_c_gives_an_endless_edit_up() {
    let (folder, mut running) = program();
    folder.write("word.lang", "import time\ntime.sleep(100000)\nfn word() { \"never\" }\n");
    running.wait_for("the edit waits for word.lang:2, which is still running");
    running.interrupt();
    running.wait_for("given up; the program goes on unchanged");
    running.wait_for(" zero");
    running.interrupt();
    assert_eq!(running.status(), Some(130));
}

#[test]
fn ctrl_c_in_a_listener_stops_the_listener_only() {
    let (folder, mut running) = program();
    let listener = "import live\nlive.on(\"reload\", |r| { print(\"told\"); while true { } })\n";
    folder.write("word.lang", &(listener.to_owned() + &word("first")));
    // It hears of reloads that begin when it is there.
    running.wait_for(" first");
    folder.write("word.lang", &(listener.to_owned() + &word("one")));
    running.wait_for("told");
    running.interrupt();
    running.wait_for("warning[W0307]: a listener was stopped before it had ended");
    running.wait_for("reload: committed");
    running.wait_for("reload: Ctrl-C has stopped a listener, and nothing else");
    running.wait_for(" one");
    assert_state_kept(&running);
    running.interrupt();
    assert_eq!(running.status(), Some(130));
}

#[test]
fn an_edit_that_calls_exit_ends_the_program() {
    let (folder, mut running) = program();
    folder.write("word.lang", "exit(4)\nfn word() { \"never\" }\n");
    running.wait_for("the new text has called `exit(4)`, which ends the program");
    assert!(running.seen().iter().all(|line| !line.contains("goes on")), "{:?}", running.seen());
    assert_eq!(running.status(), Some(4));
}

#[test]
fn an_endless_initialiser_gives_way_to_the_next_save() {
    let text = "fn forever() { while true { } }\nprint(\"begins\")\nlet x = forever()\nfn main() { print(\"runs\") }";
    let folder = Folder::with(&[("main.lang", text)]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("begins");
    folder.write("main.lang", &text.replace("= forever()", "= 1"));
    running.wait_for("it is loaded again");
    running.wait_for("runs");
    assert_eq!(running.status(), Some(0));
}

#[test]
fn a_call_that_never_returns_is_named() {
    let (folder, mut running) = program();
    folder.write("word.lang", "fn word() { print(\"caught\"); while true { } }\n");
    running.wait_for("caught");
    folder.write("word.lang", &word("one"));
    running.wait_for("reload: committed");
    running.wait_for("`word.word` is running and goes on in its old text until it returns");
    running.interrupt();
    assert_eq!(running.status(), Some(130));
}

#[test]
fn a_file_that_does_not_exist_yet_is_waited_for() {
    let folder = Folder::new();
    let mut running = Running::with(&folder, &["run", "--reload", "later.lang"]);
    running.wait_for("`later.lang` does not exist; waiting for it");
    save_by_rename(&folder.path().join("later.lang"), "fn main() { print(\"here\") }");
    running.wait_for("here");
    assert_eq!(running.status(), Some(0));
    let mistyped = Running::with(&folder, &["run", "--reload", "nosuch/later.lang"]);
    assert_eq!(mistyped.status(), Some(1));
}

#[test]
fn what_cannot_be_read_is_no_deletion() {
    let folder = Folder::with(&[
        ("main.lang", "import lib\nimport task\nfn main() { while true { print(lib.word()); task.sleep(0.02) } }"),
        ("lib.lang", "fn word() { \"first\" }"),
    ]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("first");
    let path = folder.path().join("lib.lang");
    fs::remove_file(&path).expect("it is there");
    symlink("lib.lang", &path).expect("the folder can be written");
    running.wait_for("cannot read `lib.lang`");
    running.wait_for("first");
    fs::remove_file(&path).expect("it is there");
    folder.write("lib.lang", "fn word() { \"second\" }");
    running.wait_for("changed lib.word");
    running.wait_for("second");
    assert!(!running.seen().iter().any(|line| line.contains("is gone")), "{}", running.seen().join("\n"));
}

/// A program that undoes its last commit when it is told to.
const UNDOING: &str = "\
import fs
import live
import time
from word import word

fn main() {
    while true {
        print(word())
        if fs.exists(\"undo\") {
            fs.remove(\"undo\")
            live.undo()
        }
        time.sleep(0.01)
    }
}
";

#[test]
fn an_undone_text_is_named_and_comes_back_when_it_is_saved_again() {
    let folder = Folder::with(&[("main.lang", UNDOING), ("word.lang", &word("zero"))]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("zero");
    for save in [save_in_place as Saver, save_by_rename] {
        folder.write("word.lang", &word("one"));
        running.wait_for("one");
        folder.write("undo", "");
        let line = running.wait_for("reload: `word.lang`");
        assert!(line.contains("its text on the disk was undone in commit"), "{line}");
        running.wait_for("zero");
        save(&folder.path().join("word.lang"), &word("one"));
        running.wait_for("reload: committed");
        running.wait_for("one");
        folder.write("word.lang", &word("zero"));
        running.wait_for("zero");
    }
}

#[test]
fn a_refused_text_is_tried_again_when_it_is_saved_again() {
    let (folder, mut running) = program();
    let text = "import fs\nconst text = fs.read(\"text\")\nfn word() { text }\n";
    folder.write("word.lang", text);
    running.wait_for("reload: refused");
    folder.write("text", "read");
    folder.write("word.lang", text);
    running.wait_for(" read");
    assert_state_kept(&running);
}

#[test]
fn a_program_that_plans_all_the_time_misses_no_edit() {
    let main = "import live\nimport time\nfrom word import word\nfn main() { while true { print(word()); live.plan(); time.sleep(0.002) } }";
    let folder = Folder::with(&[("main.lang", main), ("word.lang", &word("zero"))]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("zero");
    for text in ["one", "two", "three"] {
        folder.write("word.lang", &word(text));
        running.wait_for(text);
    }
}

#[test]
fn a_terminal_that_is_closed_ends_the_program() {
    let folder = Folder::with(&[("main.lang", "fn main() { print(\"runs\"); while true { } }")]);
    let (terminal, inner) = pty_process::blocking::open().expect("the system has terminals");
    let command = pty_process::blocking::Command::new(LANG).args(["run", "--reload", "main.lang"]).current_dir(folder.path());
    let mut child = command.spawn(inner).expect("the tool has been built");
    let mut seen = String::new();
    while !seen.contains("runs") {
        let mut bytes = [0; 64];
        let count = (&terminal).read(&mut bytes).expect("the program writes");
        seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    drop(terminal);
    assert_eq!(child.wait().expect("a child").code(), Some(129));
}

#[test]
fn stops_are_reported_as_json() {
    let text = "fn half(n) { 10 // n }\nfn main() { let who = \"a \\\"b\\\"\"; print(half(0)) }\n";
    let folder = Folder::with(&[("main.lang", text)]);
    let mut running = Running::with(&folder, &["run", "--reload", "--report", "json", "--report-to", "log.json", "main.lang"]);
    let line = running.wait_for("{\"stopped\": {\"class\": \"ValueError\"");
    assert!(line.contains("\"locals\": {\"n\": \"0\"}"), "{line}");
    assert!(line.contains("\"function\": \"main.main\", \"file\": \"main.lang\", \"line\": 2"), "{line}");
    assert_eq!(fs::read_to_string(folder.path().join("log.json")).expect("it is written at once"), format!("{line}\n"));
    folder.write("main.lang", &text.replace("10 // n", "5"));
    running.wait_for("\"changed\": [{\"name\": \"half\"");
    running.wait_for("5");
    assert_eq!(running.status(), Some(0));
}

#[test]
fn an_error_can_end_the_tool() {
    let folder = Folder::with(&[("main.lang", "fn main() { nil.x }"), ("open.lang", "fn main() {")]);
    for file in ["main.lang", "open.lang"] {
        let running = Running::with(&folder, &["run", "--reload", "--exit-on-error", file]);
        assert_eq!(running.status(), Some(1));
    }
}
