//! Programs that serve, and processes that attach to them.

use crate::commands::expect;
use crate::folder::Folder;
use crate::running::Running;
use crate::screen::{CTRL_C, CTRL_D, Terminal};
use crate::{LANG, PATIENCE};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output};

/// A program that goes on and says how far it is when it is asked.
const BANK: &str = "\
import time
let turns = 0
fn rate(days) { 1200 // days }
fn main() {
    print(\"begun\")
    while true { turns += 1; time.sleep(0.001) }
}
";

/// Where session files of a test are.
fn files(folder: &Folder) -> PathBuf {
    folder.path().join("run")
}

fn tool(folder: &Folder, args: &[&str]) -> Command {
    fs::create_dir_all(files(folder)).expect("the folder can be written");
    let mut command = Command::new(LANG);
    command.args(args).current_dir(folder.path()).env("XDG_RUNTIME_DIR", files(folder));
    command
}

/// A program that serves.
fn serving(folder: &Folder, args: &[&str]) -> Running {
    let mut running = Running::of(&mut tool(folder, args));
    running.wait_for("serve: clients may");
    running
}

fn bank(folder: &Folder) -> Running {
    let mut running = serving(folder, &["run", "--reload", "--serve", "bank.lang"]);
    running.wait_for("begun");
    running
}

fn ask(folder: &Folder, args: &[&str]) -> Output {
    tool(folder, args).output().expect("the tool has been built")
}

/// What the only session file of a test says.
fn session(folder: &Folder) -> serde_json::Value {
    let entry = fs::read_dir(files(folder).join("lang")).expect("it serves").next().expect("it serves").expect("it can be read");
    serde_json::from_str(&fs::read_to_string(entry.path()).expect("it can be read")).expect("it is JSON")
}

/// A socket that has greeted.
fn greeted(folder: &Folder) -> (TcpStream, BufReader<TcpStream>) {
    let session = session(folder);
    let mut stream = TcpStream::connect(session["address"].as_str().expect("a text")).expect("it listens");
    writeln!(stream, "{}", serde_json::json!({"token": session["token"], "client": "a test"})).expect("it is open");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.set_write_timeout(Some(PATIENCE)).expect("a socket");
    let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
    let mut line = String::new();
    reader.read_line(&mut line).expect("it answers");
    assert!(line.contains("\"ok\":true"), "{line}");
    (stream, reader)
}

#[test]
fn text_is_evaluated_in_a_running_program() {
    let folder = Folder::with(&[("bank.lang", BANK)]);
    let running = bank(&folder);
    expect(&ask(&folder, &["eval", "--attach", "import bank\nprint(\"hi\")\nbank.turns > 0"]), 0, "hi\ntrue\n", "");
    expect(&ask(&folder, &["eval", "--attach=bank", "nosuch"]), 1, "", "NameError: `nosuch` does not exist");
    expect(&ask(&folder, &["eval", "--attach", "1 +* 2"]), 1, "", "error[E0101]");
    expect(&ask(&folder, &["eval", "--attach=nosuch", "1"]), 1, "", "no program that serves is meant by `nosuch`");
    expect(&ask(&folder, &["eval", "--attach", "let kept = 5"]), 0, "", "");
    expect(&ask(&folder, &["eval", "--attach", "kept"]), 0, "5\n", "");
    let listed = String::from_utf8(ask(&folder, &["sessions"]).stdout).expect("it is text");
    assert!(listed.contains("bank.lang") && listed.contains("look, evaluate, change"), "{listed}");
    let json = String::from_utf8(ask(&folder, &["sessions", "--json"]).stdout).expect("it is text");
    assert!(json.contains("\"program\":\"bank.lang\"") && !json.contains("token"), "{json}");
    running.interrupt();
    assert_eq!(running.status(), Some(130));
    expect(&ask(&folder, &["eval", "--attach", "1"]), 1, "", "no program serves");
    assert_eq!(fs::read_dir(files(&folder).join("lang")).expect("it was made").count(), 0);
}

#[test]
fn text_is_evaluated_alone() {
    let folder = Folder::new();
    expect(&ask(&folder, &["eval", "print(\"a\"); 40 + 2"]), 0, "a\n42\n", "");
    expect(&ask(&folder, &["eval", "nosuch"]), 1, "", "NameError");
    expect(&ask(&folder, &["eval", "exit(7)"]), 7, "", "");
    expect(&ask(&folder, &["eval", "nil"]), 0, "", "");
}

#[test]
fn commits_of_clients_are_told_in_the_program() {
    let folder = Folder::with(&[("bank.lang", BANK)]);
    let mut running = bank(&folder);
    expect(&ask(&folder, &["undo"]), 1, "", "there is no commit to undo");
    folder.write("bank.lang", &BANK.replace("1200", "2400"));
    running.wait_for("changed bank.rate");
    let rate = || String::from_utf8(ask(&folder, &["eval", "--attach", "import bank\nbank.rate(1)"]).stdout).expect("it is text");
    assert_eq!(rate(), "2400\n");
    let undone = ask(&folder, &["undo", "bank"]);
    assert!(String::from_utf8_lossy(&undone.stdout).contains("changed bank.rate"));
    running.wait_for("changed bank.rate");
    assert_eq!(rate(), "1200\n");
    assert_eq!(ask(&folder, &["redo"]).status.code(), Some(0));
    running.wait_for("changed bank.rate");
    assert_eq!(rate(), "2400\n");
    assert_eq!(ask(&folder, &["reload"]).status.code(), Some(0));
    running.wait_for("no change");
}

#[test]
fn rights_are_given_by_who_starts_it() {
    let folder = Folder::with(&[("bank.lang", BANK)]);
    let _running = serving(&folder, &["run", "--serve=look", "bank.lang"]);
    expect(&ask(&folder, &["eval", "--attach", "1"]), 1, "", "the program does not let its clients evaluate");
    expect(&ask(&folder, &["undo"]), 1, "", "the program does not let its clients change");
    let (mut stream, mut reader) = greeted(&folder);
    let mut line = String::new();
    writeln!(stream, "{{\"id\":1,\"op\":\"look_up\",\"name\":\"bank.rate\"}}").expect("it is open");
    reader.read_line(&mut line).expect("it answers");
    assert!(line.contains("fn rate(days)"), "{line}");
}

#[test]
fn a_program_without_reload_serves_too() {
    let folder = Folder::with(&[("bank.lang", BANK)]);
    let mut running = serving(&folder, &["run", "--serve", "bank.lang"]);
    running.wait_for("begun");
    expect(&ask(&folder, &["eval", "--attach", "import bank\nbank.rate(2)"]), 0, "600\n", "");
    expect(&ask(&folder, &["eval", "--attach", "exit(9)"]), 9, "", "the program has ended itself, with status 9");
    assert_eq!(running.status(), Some(9));
}

/// The end of a program is not taken back by what its clients have asked behind it.
#[test]
fn a_client_ends_a_program_that_is_asked_on() {
    for args in [&["run", "--serve", "bank.lang"][..], &["run", "--reload", "--serve", "bank.lang"]] {
        let folder = Folder::with(&[("bank.lang", BANK)]);
        let mut running = serving(&folder, args);
        running.wait_for("begun");
        let (mut stream, _reader) = greeted(&folder);
        let behind: String = (2..20).map(|i| format!("{{\"id\":{i},\"op\":\"evaluate\",\"code\":\"1 + 1\"}}\n")).collect();
        let lines = format!("{{\"id\":1,\"op\":\"evaluate\",\"code\":\"exit(9)\"}}\n{behind}");
        stream.write_all(lines.as_bytes()).expect("it is open");
        assert_eq!(running.status(), Some(9), "{args:?}");
    }
}

/// Whatever of a file a client evaluates is told in the program: slots, members, and definitions of a text that raises in the end.
#[test]
fn definitions_that_clients_evaluate_are_told() {
    let text = "class Till {\n    slot coins = 5\n    fn pay() { 1 }\n}\nlet n = 1\nfn main() { while true { n = n } }\n";
    let folder = Folder::with(&[("shop.lang", text)]);
    let mut running = serving(&folder, &["run", "--reload", "--serve", "shop.lang"]);
    let (mut stream, mut reader) = greeted(&folder);
    let mut asked = |text: &str, kind: &str, line: u32, to: u32| {
        let (at, to) = (serde_json::json!({"line": line, "column": 1}), serde_json::json!({"line": to, "column": 1}));
        let request = serde_json::json!({"id": 1, "op": "evaluate_region", "file": "shop.lang", "text": text, "kind": kind, "at": at, "to": to});
        writeln!(stream, "{request}").expect("it is open");
        let mut line = String::new();
        reader.read_line(&mut line).expect("it answers");
        serde_json::from_str::<serde_json::Value>(&line).expect("it is JSON")
    };
    let told = "a client has evaluated definitions of `shop.lang`";
    // What is only looked at is not told.
    let reply = asked(&format!("{text}n + 1\n"), "line", 7, 7);
    assert_eq!(reply["value"], "2", "{reply}");
    let slot = text.replace("coins = 5", "coins = 6");
    let reply = asked(&slot, "line", 2, 2);
    assert_eq!(reply["ok"], true, "{reply}");
    running.wait_for(told);
    let member = slot.replace("{ 1 }", "{ 2 }");
    let reply = asked(&member, "line", 3, 3);
    assert_eq!(reply["ok"], true, "{reply}");
    running.wait_for(told);
    let raising = format!("{member}fn more() {{ 3 }}\nnosuch\n");
    let reply = asked(&raising, "region", 7, 9);
    assert_eq!(reply["error"]["class"], "NameError", "{reply}");
    running.wait_for(told);
    let count = running.seen().iter().filter(|line| line.contains(told)).count();
    assert_eq!(count, 3, "{:?}", running.seen());
}

#[test]
fn a_loop_of_a_top_level_is_a_program() {
    let folder = Folder::with(&[("loop.lang", "let n = 1\nprint(\"begun\")\nwhile n > 0 { }\nprint(\"over\")")]);
    for args in [&["run", "--serve", "loop.lang"][..], &["run", "--reload", "--serve", "loop.lang"]] {
        let mut running = serving(&folder, args);
        running.wait_for("begun");
        expect(&ask(&folder, &["eval", "--attach", "import loop\nloop.n = 0"]), 0, "", "");
        running.wait_for("over");
    }
}

#[test]
fn ctrl_c_ends_an_evaluation_and_not_the_program() {
    let folder = Folder::with(&[("bank.lang", BANK)]);
    let _running = bank(&folder);
    let code = "import fs\nfs.write(\"begun\", \"\")\nwhile true { }";
    let mut evaluating = Running::of(&mut tool(&folder, &["eval", "--attach", code]));
    evaluating.wait_until("it is evaluated", |_| folder.path().join("begun").exists());
    evaluating.interrupt();
    evaluating.wait_for("interrupted");
    assert_eq!(evaluating.status(), Some(130));
    expect(&ask(&folder, &["eval", "--attach", "5 + 5"]), 0, "10\n", "");
}

#[test]
fn a_client_that_leaves_stops_nothing() {
    let folder = Folder::with(&[("bank.lang", BANK)]);
    let _running = bank(&folder);
    for _ in 0..3 {
        let (mut stream, _reader) = greeted(&folder);
        writeln!(stream, "{{\"id\":1,\"op\":\"evaluate\",\"code\":\"while true {{ }}\"}}").expect("it is open");
        stream.shutdown(Shutdown::Both).expect("it is open");
        expect(&ask(&folder, &["eval", "--attach", "2 + 2"]), 0, "4\n", "");
    }
}

#[test]
fn a_stopped_program_is_mended_by_a_client() {
    let text = "fn rate(days) { 1200 // days }\nfn main() {\n    print(rate(0))\n}\n";
    let folder = Folder::with(&[("bank.lang", text)]);
    let mut running = serving(&folder, &["run", "--reload", "--serve", "bank.lang"]);
    running.wait_for("waiting for an edit");
    let (mut stream, mut reader) = greeted(&folder);
    let mut asked = |request: serde_json::Value| {
        let mut line = String::new();
        writeln!(stream, "{request}").expect("it is open");
        reader.read_line(&mut line).expect("it answers");
        serde_json::from_str::<serde_json::Value>(&line).expect("it is JSON")
    };
    let stopped = asked(serde_json::json!({"id": 1, "op": "stopped"}));
    assert_eq!(stopped["data"]["stopped"]["calls"][0]["function"], "bank.rate", "{stopped}");
    let days = asked(serde_json::json!({"id": 2, "op": "evaluate_in_call", "call": 0, "code": "days"}));
    assert_eq!(days["value"], "0", "{days}");
    // Text that is only looked at lets nothing go on; a definition does, as a save does.
    let mended = text.replace("// days", "// (days + 1)");
    let region = |kind: &str, line: u32, text: &str| serde_json::json!({"id": 3, "op": "evaluate_region", "file": "bank.lang", "text": text, "kind": kind, "at": {"line": line, "column": 5}});
    let reply = asked(region("form", 1, &mended));
    assert_eq!(reply["ok"], true, "{reply}");
    running.wait_for("a client has evaluated definitions of `bank.lang`");
    running.wait_for("1200");
    assert_eq!(running.status(), Some(0));
}

#[test]
fn a_stopped_program_is_restarted_by_a_client() {
    let text = "fn rate(days) { 1200 // days }\nfn main() {\n    print(rate(0))\n}\n";
    let folder = Folder::with(&[("bank.lang", text)]);
    let mut running = serving(&folder, &["run", "--reload", "--serve", "bank.lang"]);
    running.wait_for("waiting for an edit");
    let terminal = attached(&folder);
    terminal.wait("a prompt", |screen| screen.contents().contains("stopped>"));
    terminal.wait_for("the program has stopped, nothing is unwound");
    terminal.press(":bt\r");
    terminal.wait_for("#0 bank.rate (bank.lang:1)  days = 0");
    terminal.press(":frame 0\r");
    // With its text, and the place in it.
    terminal
        .wait_for("1 | fn rate(days) { 1200 // days }\n  |                 ^^^^^^^^^^^^\n  days = 0\n  `:retry 0` makes it again");
    terminal.press(":locals\r");
    terminal.wait_for("\ndays = 0\n");
    terminal.press(":threads\r");
    terminal.wait_for("`main` has stopped at an error\n  #0 bank.rate (bank.lang:1)\n  #1 bank.main (bank.lang:3)");
    terminal.press(":retry\r");
    terminal.wait_for("has stopped for the 2nd time, nothing is unwound");
    terminal.press(":eval days + 100\r");
    terminal.wait_for("\n100\n");
    // What is printed for it belongs to the client, and an error is kept.
    terminal.press(":use do { print(\"from\" + \" here\"); nosuch }\r");
    terminal.wait_for("\nfrom here\n");
    terminal.wait_for("NameError: `nosuch` does not exist");
    terminal.press("\"kept: \" + _e.message\r");
    terminal.wait_for("\n\"kept: `nosuch` does not exist");
    terminal.press(":use 77\r");
    running.wait_for("77");
    assert_eq!(running.status(), Some(0));
    terminal.wait_for("the program has ended");
    assert_eq!(terminal.status(), Some(1));
}

/// A terminal whose session is attached to the only program.
fn attached(folder: &Folder) -> Terminal {
    let runtime = files(folder).to_string_lossy().into_owned();
    Terminal::start(folder, 120, &["repl", "--attach"], &[("XDG_RUNTIME_DIR", &runtime)])
}

#[test]
fn a_terminal_is_attached() {
    let folder = Folder::with(&[("bank.lang", BANK)]);
    let _running = bank(&folder);
    let terminal = attached(&folder);
    terminal.wait_for("attached to bank.lang");
    terminal.wait_for_prompt();
    terminal.ask("import bank\rbank.rate(3)", "\n400\n");
    terminal.ask("_ + 1", "\n401\n");
    terminal.ask("print(\"said\")\rnosuch", "`nosuch` does not exist");
    terminal.ask("fn f(x) {\rx * 3\r}\rf(111)", "\n333\n");
    terminal.press("bank.ra\t");
    terminal.wait_for("bank.rate");
    terminal.ask("(6)", "\n200\n");
    terminal.ask("bank.rate?", "function bank.rate, bank.lang:3");
    terminal.ask(":source bank.rate", "fn rate(days) { 1200 // days }");
    terminal.ask(":type bank.turns", "\nInt\n");
    terminal.ask(":help", ":untrace NAME");
    terminal.ask(":undo", "there is no commit to undo");
    terminal.ask("exit", "`exit()` ends the program");
    terminal.press("import fs\rfs.write(\"begun\", \"\"); while true { }\r");
    // What is printed comes with the reply.
    terminal.wait_until("it is evaluated", |_| folder.path().join("begun").exists());
    terminal.press(CTRL_C);
    terminal.wait_for("interrupted");
    terminal.wait_for_prompt();
    terminal.ask("\"alive\"", "\n\"alive\"\n");
    terminal.press(CTRL_D);
    assert_eq!(terminal.status(), Some(0));
    expect(&ask(&folder, &["eval", "--attach", "1 + 1"]), 0, "2\n", "");
}

#[test]
fn the_end_of_the_program_is_told_at_the_prompt() {
    let folder = Folder::with(&[("bank.lang", BANK)]);
    let running = bank(&folder);
    let terminal = attached(&folder);
    terminal.wait_for_prompt();
    running.interrupt();
    assert_eq!(running.status(), Some(130));
    terminal.wait_for("the program has ended");
    let ended = terminal.end();
    assert_eq!(ended.status.code(), Some(1));
    assert!(!ended.gives_keys, "the terminal is left as it was");
}

#[test]
fn a_killed_program_is_forgotten() {
    let folder = Folder::with(&[("bank.lang", BANK)]);
    let running = bank(&folder);
    let pid = session(&folder)["pid"].as_i64().expect("a number") as i32;
    kill(Pid::from_raw(pid), Signal::SIGKILL).expect("it runs");
    running.end();
    assert_eq!(fs::read_dir(files(&folder).join("lang")).expect("it was made").count(), 1);
    expect(&ask(&folder, &["sessions"]), 0, "", "no program serves");
    assert_eq!(fs::read_dir(files(&folder).join("lang")).expect("it was made").count(), 0);
}

#[test]
fn several_programs_are_told_from_each_other() {
    let folder = Folder::with(&[("bank.lang", BANK), ("shop.lang", BANK)]);
    let _bank = bank(&folder);
    let _shop = serving(&folder, &["run", "--serve", "shop.lang"]);
    let output = ask(&folder, &["eval", "--attach", "1"]);
    expect(&output, 1, "", "several programs serve; give the number or a part of the path of one:\n");
    expect(&ask(&folder, &["eval", "--attach=shop", "import shop\nshop.rate(100)"]), 0, "12\n", "");
    expect(&ask(&folder, &["eval", "--attach=bank", "import shop"]), 0, "", "");
}
