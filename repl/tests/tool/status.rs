//! Programs that run with `--reload` on a terminal: the status line, the keys, and what is left of them at the end.

use crate::folder::Folder;
use crate::screen::{CTRL_C, CTRL_D, ENTER, Terminal};
use nix::sys::signal::Signal;

/// Prints its word when it is another one than before. It goes on until there is a file `end`.
const MAIN: &str = "\
import fs
import time
from word import word

let last = nil

fn main() {
    while not fs.exists(\"end\") {
        if word() != last {
            last = word()
            print(last)
        }
        time.sleep(0.01)
    }
    print(\"ended\")
}
";

fn word(text: &str) -> String {
    format!("fn word() {{ \"{text}\" }}\n")
}

fn folder() -> Folder {
    Folder::with(&[("main.lang", MAIN), ("word.lang", &word("zero"))])
}

fn start(folder: &Folder, more: &[&str], envs: &[(&str, &str)]) -> Terminal {
    let args = [&["run", "--reload"], more, &["main.lang"]].concat();
    Terminal::start(folder, 80, &args, envs)
}

/// A program that has printed `zero`, with its status line.
fn begun() -> (Folder, Terminal) {
    let folder = folder();
    let terminal = start(&folder, &[], &[]);
    terminal.wait_for("zero");
    wait_for_status(&terminal, "epoch 1 · running");
    (folder, terminal)
}

/// Waits until the last line of the screen is a status line with a text.
#[track_caller]
fn wait_for_status(terminal: &Terminal, text: &str) {
    terminal.wait(text, |screen| last_line(screen).is_some_and(|line| line.contains(" · ") && line.contains(text)));
}

fn last_line(screen: &vt100::Screen) -> Option<String> {
    screen.contents().lines().last().map(str::to_owned)
}

/// The lines of the screen without a status line.
fn lines(terminal: &Terminal) -> Vec<String> {
    let text = terminal.text();
    text.lines().filter(|line| !line.contains(" · ")).map(str::to_owned).collect()
}

#[test]
fn the_status_line_tells_how_it_stands() {
    let (folder, terminal) = begun();
    let version = env!("CARGO_PKG_VERSION");
    wait_for_status(&terminal, &format!("lang {version} · update · 2 files · epoch 1 · running · 0 leaks · h keys"));
    folder.write("word.lang", "fn word( {\n");
    wait_for_status(&terminal, "epoch 1 · rejected since epoch 1");
    folder.write("word.lang", &format!("{}let n = 1\n", word("one")));
    wait_for_status(&terminal, "epoch 2 · running · 0 leaks");
    folder.write("main.lang", &MAIN.replace("fn main", "import word as w\nfn used() { w.n }\nfn main"));
    wait_for_status(&terminal, "epoch 3");
    folder.write("word.lang", &word("two"));
    wait_for_status(&terminal, "epoch 4 · running · 1 leak");
    folder.write("main.lang", &MAIN.replace("last = word()", "nil.nosuch"));
    terminal.wait_for("reload: committed (epoch 5)");
    folder.write("word.lang", &word("three"));
    terminal.wait_for("nil.nosuch");
    terminal.wait("no `running`", |screen| last_line(screen).is_some_and(|line| line.contains(" · ") && !line.contains("running")));
    // It is there once.
    assert_eq!(terminal.text().matches(" · h keys").count(), 1, "{}", terminal.text());
}

#[test]
fn it_is_gone_at_the_end() {
    let (folder, terminal) = begun();
    assert!(terminal.gives_keys());
    folder.write("end", "");
    terminal.wait_for("ended");
    terminal.wait("the end", |screen| !screen.contents().contains(" · "));
    let ended = terminal.end();
    assert_eq!(ended.status.code(), Some(0));
    assert!(!ended.gives_keys);
}

#[test]
fn output_is_never_garbled() {
    let text = "import time\n\
        fn main() {\n    time.sleep(0.6)\n    for i in 0..20000 { print(\"line ${i}\") }\n    time.sleep(0.3)\n    \
        for i in 0..40 { print(\"<\", end: \"\"); time.sleep(0.01); print(\"${i}>\") }\n    \
        print(\"half\", end: \"\")\n    time.sleep(0.4)\n    print(\" whole\")\n    while true { time.sleep(0.1) }\n}\n";
    let folder = Folder::with(&[("main.lang", text)]);
    let terminal = start(&folder, &[], &[]);
    terminal.wait_for("half whole");
    wait_for_status(&terminal, "running");
    let shown = lines(&terminal);
    let expected: Vec<String> = (19_900..20_000)
        .map(|i| format!("line {i}"))
        .chain((0..40).map(|i| format!("<{i}>")))
        .chain(["half whole".into()])
        .collect();
    assert_eq!(shown, expected[expected.len() - shown.len()..]);
    // The screen has lost the older ones.
    let bytes = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    let printed = bytes.split(['\n', '\r']).map(|line| line.rsplit("\x1b[J").next().unwrap_or_default());
    let printed: Vec<&str> = printed.filter(|line| line.starts_with("line ")).collect();
    assert!(printed.iter().enumerate().all(|(i, line)| *line == format!("line {i}")) && printed.len() == 20_000);
    // A line that has not ended is not drawn over.
    assert!(bytes.contains("half whole"));
}

#[test]
fn a_program_that_draws_has_the_screen() {
    let text = "import time\nfn main() {\n    time.sleep(0.6)\n    print(\"\\u{1b}[31mred\\u{1b}[0m\")\n    time.sleep(0.2)\n    \
        print(\"\\u{1b}[2J\\u{1b}[10;5Hdrawn\", end: \"\\n\")\n    while true { time.sleep(0.01) }\n}\n";
    let folder = Folder::with(&[("main.lang", text)]);
    let terminal = start(&folder, &[], &[]);
    terminal.wait("a status line below red", |screen| {
        let text = screen.contents();
        text.contains("red\nlang") || text.contains("drawn")
    });
    terminal.wait_for("drawn");
    folder.write("main.lang", &text.replace("red", "blue"));
    terminal.wait_for("reload: committed");
    assert!(!terminal.text().contains(" · "), "{}", terminal.text());
    terminal.press("q");
    assert_eq!(terminal.end().status.code(), Some(0));
}

#[test]
fn keys_plan_undo_and_redo() {
    let (folder, terminal) = begun();
    terminal.press("?");
    terminal.wait_for("u  takes the last commit back");
    terminal.press("v");
    terminal.wait_for("there has been no reload yet");
    terminal.press("p");
    terminal.wait_for("plan: what is on the disk is what runs");
    folder.write("word.lang", &word("one"));
    terminal.wait_for("\none\n");
    terminal.press("v");
    terminal.wait_for("function word.word");
    terminal.press("u");
    terminal.wait_for("its text on the disk was undone");
    terminal.wait("zero again", |screen| {
        screen.contents().matches("\nzero\n").count() + usize::from(screen.contents().starts_with("zero\n")) == 2
    });
    terminal.press("p");
    terminal.wait_for("word.lang: would be committed");
    terminal.press("U");
    terminal.wait("one again", |screen| screen.contents().matches("\none\n").count() == 2);
    terminal.press("y");
    terminal.wait_for("reload: no commit has been undone");
    wait_for_status(&terminal, "epoch 4 · running");
}

#[test]
fn keys_retry_and_reset() {
    let (folder, terminal) = begun();
    terminal.press("r");
    terminal.wait_for("reload: nothing was refused");
    terminal.press("c");
    terminal.wait_for("no variable has kept its value");
    terminal.press("l");
    terminal.wait_for("there are no leaks");
    folder.write("word.lang", "import fs\nconst text = fs.read(\"text\")\nfn word() { text }\n");
    wait_for_status(&terminal, "rejected since epoch 1");
    folder.write("text", "from a file");
    terminal.press("r");
    terminal.wait_for("\nfrom a file\n");
    wait_for_status(&terminal, "running");
    folder.write("main.lang", &MAIN.replace("last = nil", "last = \"\""));
    terminal.wait_for("conflict: `main.last`");
    terminal.press("c");
    terminal.wait_for("reload: `main.last` has been evaluated anew");
    terminal.wait("the word again", |screen| screen.contents().matches("\nfrom a file\n").count() == 2);
    terminal.press("q");
    let ended = terminal.end();
    assert_eq!(ended.status.code(), Some(0));
    assert!(!ended.gives_keys);
}

#[test]
fn keys_work_while_it_waits_for_an_edit() {
    let folder = Folder::with(&[("main.lang", "fn main( {\n")]);
    let terminal = start(&folder, &[], &[]);
    wait_for_status(&terminal, "waiting for an edit");
    terminal.press("h");
    terminal.wait_for("q  ends the program");
    folder.write("main.lang", "let n = 0\nfn main() { n += 1; print(\"call ${n}\"); nil.nosuch }\n");
    terminal.wait_for("call 1");
    folder.write("main.lang", "let n = 0\nfn main() { n += 1; print(\"call ${n}\"); nil.nothing }\n");
    terminal.wait_for("nil.nothing");
    terminal.press("q");
    assert_eq!(terminal.end().status.code(), Some(0));
}

#[test]
fn a_program_that_reads_has_the_keys() {
    let text = "import fs\nimport time\nfn main() {\n    while not fs.exists(\"go\") { time.sleep(0.01) }\n    \
        let name = input(\"name? \")\n    print(\"hello \" + name)\n    print(\"and \" + input())\n}\n";
    let folder = Folder::with(&[("main.lang", text)]);
    let terminal = start(&folder, &[], &[]);
    wait_for_status(&terminal, "running");
    terminal.press("h");
    terminal.wait_for("q  ends the program");
    // No keys: `A`, and whole lines.
    terminal.press("A");
    terminal.press("da\nqueue\n");
    folder.write("go", "");
    terminal.wait_for("the program reads what is typed from here on; keys and status line are off");
    terminal.wait_for("hello Ada");
    terminal.wait_for("and queue");
    let ended = terminal.end();
    assert_eq!(ended.status.code(), Some(0));
    assert!(!ended.gives_keys);
}

#[test]
fn a_program_that_reads_at_once_reads_lines() {
    let folder = Folder::with(&[("main.lang", "fn main() { print(\"hello \" + input(\"name? \")); print(\"got ${input()}\") }\n")]);
    let terminal = start(&folder, &[], &[]);
    terminal.wait_for("name? ");
    terminal.press("quick");
    terminal.press(ENTER);
    terminal.wait_for("hello quick");
    terminal.press(CTRL_D);
    terminal.wait_for("got nil");
    assert_eq!(terminal.end().status.code(), Some(0));
}

#[test]
fn without_keys_there_are_lines_only() {
    for (args, envs) in [(&["--no-keys"][..], &[][..]), (&[], &[("TERM", "dumb")])] {
        let folder = folder();
        let terminal = start(&folder, args, envs);
        terminal.wait_for("zero");
        terminal.press("h");
        folder.write("word.lang", &word("one"));
        terminal.wait_for("one");
        folder.write("end", "");
        terminal.wait_for("ended");
        assert!(!terminal.gives_keys());
        let text = String::from_utf8_lossy(&terminal.bytes()).into_owned();
        assert!(!text.contains(" · ") && !text.contains("\x1b[J") && !text.contains("ends the program"), "{text}");
    }
}

#[test]
fn there_is_no_colour_if_none_is_wanted() {
    let folder = folder();
    let terminal = start(&folder, &[], &[("NO_COLOR", "1")]);
    wait_for_status(&terminal, "running");
    folder.write("word.lang", "fn word( {\n");
    wait_for_status(&terminal, "rejected");
    let text = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    assert!(!text.replace("\x1b[J", "").contains('\x1b'), "{text:?}");
}

#[test]
fn the_window_may_change() {
    let (folder, terminal) = begun();
    terminal.resize(40);
    wait_for_status(&terminal, "epoch 1 · running");
    terminal.wait("a short line", |screen| last_line(screen).is_some_and(|line| line.contains(" · ") && line.chars().count() < 40));
    terminal.resize(12);
    terminal.wait("no line", |screen| !screen.contents().contains(" · "));
    folder.write("word.lang", &word("one"));
    terminal.wait_for("\none");
    terminal.resize(100);
    wait_for_status(&terminal, "h keys · u undo · p plan · q quit");
}

#[test]
fn signals_leave_the_terminal_as_it_was() {
    use std::os::unix::process::ExitStatusExt;
    let (_folder, terminal) = begun();
    terminal.signal(Signal::SIGTERM);
    let ended = terminal.end();
    assert_eq!(ended.status.signal(), Some(Signal::SIGTERM as i32));
    assert!(!ended.gives_keys && !ended.text.contains(" · "), "{}", ended.text);
    let (_folder, terminal) = begun();
    terminal.press(CTRL_C);
    let ended = terminal.end();
    assert_eq!(ended.status.code(), Some(130));
    assert!(!ended.gives_keys && !ended.text.contains(" · "), "{}", ended.text);
    // One that takes notice late may be ended by the second.
    let text = "import time\nfn main() {\n    time.sleep(0.3)\n    print(\"begins\")\n    while true { 3 ** 30000000 }\n}\n";
    let folder = Folder::with(&[("main.lang", text)]);
    let terminal = start(&folder, &[], &[]);
    terminal.wait_for("begins");
    terminal.press(CTRL_C);
    terminal.press(CTRL_C);
    let ended = terminal.end();
    assert_eq!(ended.status.code(), Some(130));
    assert!(!ended.gives_keys && !ended.text.contains(" · "), "{}", ended.text);
}

#[test]
fn a_stopped_process_gives_the_terminal_back() {
    let (folder, terminal) = begun();
    // The terminal has no shell that would take it; what counts is how it is left.
    terminal.signal(Signal::SIGTSTP);
    terminal.wait_until("no keys", |terminal| !terminal.gives_keys());
    terminal.wait("no status line", |screen| !screen.contents().contains(" · "));
    terminal.signal(Signal::SIGCONT);
    terminal.wait_until("keys", Terminal::gives_keys);
    wait_for_status(&terminal, "running");
    folder.write("word.lang", &word("one"));
    terminal.wait_for("\none\n");
}

#[test]
fn what_takes_its_time_is_shown() {
    let (folder, terminal) = begun();
    let slow = "import fs\nimport time\nfn wait() { while not fs.exists(\"go\") { time.sleep(0.01) }; 1 }\n";
    folder.write("word.lang", &format!("{slow}const k = wait()\n{}", word("one")));
    terminal.wait("progress", |screen| {
        last_line(screen).is_some_and(|line| line.starts_with("reload: running word.lang:4 … ") && line.ends_with(" s"))
    });
    folder.write("go", "");
    terminal.wait_for("\none\n");
    wait_for_status(&terminal, "epoch 2 · running");
    assert!(!terminal.text().contains(" … "), "{}", terminal.text());
}

#[test]
fn migrations_tell_how_many_instances() {
    let main = |class: &str| {
        format!(
            "import fs\nimport time\n{class}\nlet all = list((0..50).map(|i| P(i)))\nfn main() {{ while true {{ time.sleep(0.01) }} }}\n"
        )
    };
    let hook = "class P { slot a; slot b = 0; migrate(old) { while self.a > 20 and not fs.exists(\"go\") { self.b += 1 } } }";
    let folder = Folder::with(&[("main.lang", &main("class P { slot a }"))]);
    let terminal = start(&folder, &["--on-hook-error", "rollback"], &[]);
    wait_for_status(&terminal, "epoch 1 · running");
    folder.write("main.lang", &main(hook));
    terminal.wait("progress", |screen| last_line(screen).is_some_and(|line| line.starts_with("reload: migrating 50 instances, ")));
    folder.write("go", "");
    wait_for_status(&terminal, "epoch 2 · running");
}

/// Stops at every number from 3 on that is no multiple of ten.
const STOPPING: &str = "\
import time

fn check(n) {
    let rest = n % 10
    if n > 2 and rest != 0 { throw ValueError(\"no ${n}\") }
    n
}

fn main() {
    let sum = 0
    for n in 1..10_000 {
        sum += check(n)
        print(\"sum ${sum}\")
        time.sleep(0.01)
    }
}
";

#[test]
fn a_stopped_program_is_looked_at_and_goes_on_by_keys() {
    let folder = Folder::with(&[("main.lang", STOPPING)]);
    let terminal = start(&folder, &[], &[]);
    terminal.wait_for("no 3");
    wait_for_status(&terminal, "stopped at an error · r retry · : look · a abort");
    terminal.press(":");
    let at_prompt = |answer: &str| {
        terminal.wait(answer, |screen| {
            screen.contents().contains(answer) && last_line(screen).is_some_and(|line| line.trim_end() == "stopped>")
        });
    };
    at_prompt("an empty line ends");
    terminal.press("bt\r");
    at_prompt("#1 main.main (main.lang:12)");
    terminal.press("rest * 14\r");
    at_prompt("42");
    terminal.press("nosuch\r");
    at_prompt("`nosuch` does not exist");
    terminal.press("retry 7\r");
    at_prompt("there is no call 7");
    terminal.press("\r");
    terminal.wait_for("the program stays stopped");
    wait_for_status(&terminal, "stopped at an error");
    terminal.press(":");
    at_prompt("there is no call 7");
    terminal.press(":use 100\r");
    terminal.wait_for("sum 103");
    terminal.wait_for("no 4");
    wait_for_status(&terminal, "stopped at an error");
    terminal.press("r");
    terminal.wait_for("`main.check` is called again with the same arguments");
    wait_for_status(&terminal, "stopped at an error");
    terminal.press("a");
    wait_for_status(&terminal, "waiting for an edit");
    terminal.press(":");
    terminal.wait_for("the program has not stopped at an error");
    folder.write("main.lang", &STOPPING.replace("10_000", "3"));
    terminal.wait_for("sum 3");
    assert_eq!(terminal.status(), Some(0));
}
