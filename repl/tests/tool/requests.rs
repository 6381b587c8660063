//! A reload is asked for in many ways, and is the same in all of them.

use crate::folder::Folder;
use crate::running::Running;
use crate::screen::Terminal;
use std::thread;
use vm::embed::{Vm, VmOptions};
use vm::host::{Host, HostError};
use vm::reload::Report;

const MAIN: &str = "import time\nfrom word import word\nfn main() { while true { print(word()); time.sleep(0.01) } }\n";

/// Asks itself for the reload, once there is one to be made.
const ASKING: &str = "import fs\nimport live\nimport time\nfrom word import word
fn main() {
    print(word())
    while not fs.exists(\"go\") { time.sleep(0.01) }
    print(\"asked \" + live.reload().text.replace(\"\\n\", \"; \"))
}
";
const BEFORE: &str = "fn word() { \"zero\" }\nfn spare() { 1 }\nlet n = 1\n";
const AFTER: &str = "fn word() { \"one\" }\nlet n = 1\nlet m = 2\n";

/// What does not tell how often and how fast.
fn without_numbers(text: &str) -> String {
    let start = text.find("reload: ").map_or(0, |at| at + "reload: ".len());
    text[start..].chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// All of a report but its epoch and duration.
fn content(report: &Report) -> String {
    let json = report.to_json();
    let (before, rest) = json.split_once("\"epoch\": ").expect("it has one");
    let (_, rest) = rest.split_once(',').expect("more follows");
    let (rest, _) = rest.split_once("\"duration_ms\"").expect("it has one");
    format!("{before}{rest}")
}

/// A host that reads files.
struct Disk;

impl Host for Disk {
    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, HostError> {
        std::fs::read(path).map_err(|error| HostError::Refused(error.to_string()))
    }

    fn file_exists(&mut self, path: &str) -> bool {
        std::path::Path::new(path).exists()
    }
}

/// A program with texts of its own.
fn embedded() -> Vm {
    let mut vm = stdlib::new_vm(VmOptions::default());
    vm.add_root("");
    vm.load_texts(vec![("main.lang".into(), MAIN.into()), ("word.lang".into(), BEFORE.into())]).expect("the texts are correct");
    vm
}

#[test]
fn every_way_gives_the_same_report() {
    let files = [("main.lang", MAIN), ("word.lang", BEFORE)];
    let by_host = embedded().reload_texts(vec![("word.lang".into(), AFTER.into())]);
    assert!(by_host.committed, "{by_host}");

    // Signals, and the watcher.
    let mut lines = Vec::new();
    for args in
        [&["run", "main.lang"][..], &["run", "--reload", "main.lang"], &["run", "--reload", "--poll", "3600000", "main.lang"]]
    {
        let is_watched = args.len() == 3;
        let folder = Folder::with(&files);
        let mut running = Running::with(&folder, args);
        running.wait_for("zero");
        folder.write("word.lang", AFTER);
        if !is_watched {
            running.hang_up();
        }
        lines.push((args.join(" "), without_numbers(&running.wait_for("reload: "))));
        lines.last_mut().expect("just pushed").1 += &without_numbers(&running.wait_for("leaked"));
        running.wait_for("one");
    }
    for (way, said) in &lines {
        assert!(said.contains("added word.m; changed word.word") && said.contains("`word.spare`"), "{way}: {said}");
        assert_eq!(*said, lines[0].1, "{way}");
    }

    // The session.
    let folder = Folder::with(&files);
    let terminal = Terminal::session(&folder);
    terminal.ask(":load word.lang", "imported as `word`");
    folder.write("word.lang", AFTER);
    terminal.ask(":reload", "added word.m; changed word.word");

    // The program itself.
    let folder = Folder::with(&[("main.lang", ASKING), ("word.lang", BEFORE)]);
    let mut running = Running::with(&folder, &["run", "main.lang"]);
    running.wait_for("zero");
    folder.write("word.lang", AFTER);
    folder.write("go", "");
    let own = running.wait_for("asked ");
    for line in by_host.to_string().lines().filter(|line| !line.contains("epoch") && !line.contains("ms")) {
        assert!(own.contains(line), "`{line}` is missing in: {own}");
    }

    // Another thread.
    let folder = Folder::with(&files);
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let mut vm = stdlib::new_vm(VmOptions { host: Box::new(Disk), ..VmOptions::default() });
    vm.add_root(&folder.path().to_string_lossy());
    assert!(vm.reload_files(&[path("main.lang")]).ok);
    folder.write("word.lang", AFTER);
    let reports = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let kept = reports.clone();
    vm.on_requested_reload(move |_, report| kept.borrow_mut().push(content(report)));
    let handle = vm.reload_handle();
    thread::spawn(move || handle.request()).join().expect("it only asks");
    vm.poll();
    vm.poll();
    let folder_prefix = format!("{}/", folder.path().to_string_lossy());
    let told: Vec<String> = reports.borrow().iter().map(|report| report.replace(&folder_prefix, "")).collect();
    assert_eq!(told, [content(&by_host)]);
}
