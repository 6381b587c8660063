//! `kill -9` while something is being saved: of the editor, and of the program that is edited. The tool writes no program text, and takes no half
//! of one in, so that nothing can be lost.

use crate::folder::Folder;
use crate::live::{MAIN, assert_state_kept, program, save_by_rename, word};
use crate::running::Running;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// An editor, as a shell script that says when it has done its work and then waits to be killed.
fn editor(folder: &Folder, script: &str) -> Child {
    let mut child = Command::new("sh")
        .args(["-c", &format!("{script}\necho done\nread line")])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the system has a shell");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("the editor has come so far");
    assert_eq!(line, "done\n");
    child
}

/// What `kill -9` does.
fn kill(mut child: Child) {
    child.kill().expect("it runs");
    child.wait().expect("a child");
}

#[test]
fn half_a_text_of_a_killed_editor_is_refused() {
    let (folder, mut running) = program();
    for round in 0..3 {
        // The file stays open for writing, with the first half of the text in it.
        kill(editor(&folder, "exec 3> word.lang; printf 'fn word() { \"ha' >&3"));
        running.wait_for("refused; the program goes on unchanged");
        running.wait_for(if round == 0 { " zero" } else { " whole" });
        // The whole text.
        let text = format!("whole{round}");
        folder.write("word.lang", &word(&text));
        running.wait_for(&format!(" {text}"));
    }
    // Killed before it wrote anything: an empty file is a text without definitions, and what it defined is kept for those who use it.
    kill(editor(&folder, "exec 3> word.lang"));
    running.wait_for("reload: committed");
    running.wait_for(" whole2");
    folder.write("word.lang", &word("again"));
    running.wait_for(" again");
    assert_state_kept(&running);
}

#[test]
fn a_whole_text_of_a_killed_editor_is_taken_in() {
    let (folder, mut running) = program();
    kill(editor(&folder, "printf 'fn word() { \"in place\" }' > word.lang"));
    running.wait_for(" in place");
    kill(editor(&folder, "printf 'fn word() { \"by rename\" }' > word.new; mv word.new word.lang"));
    running.wait_for(" by rename");
    // Killed before the rename: the file is whole, as it was.
    kill(editor(&folder, "printf 'fn wo' > word.new"));
    running.wait_for(" by rename");
    save_by_rename(&folder.path().join("word.lang"), &word("one"));
    running.wait_for(" one");
    assert_state_kept(&running);
    assert!(!running.seen().iter().any(|line| line.contains("refused")), "{:?}", running.seen());
}

#[test]
fn a_killed_program_leaves_the_files_as_they_were_saved() {
    let texts = |n: u32| {
        // Bringing it in prints something, and does not end.
        let slow = if n == 0 { "" } else { "import task\nconst DONE = do { print(\"half way\"); task.sleep(1000); 1 }\n" };
        [
            ("main.lang", MAIN.replace("${n}", &format!("${{n}} round{n}"))),
            ("word.lang", format!("{slow}{}", word(&format!("word{n}")))),
        ]
    };
    let folder = Folder::new();
    for (name, text) in texts(0) {
        folder.write(name, &text);
    }
    for n in 1..4 {
        let mut running = Running::start(&folder, "main.lang");
        running.wait_for(&format!("round{} word{0}", n - 1));
        for (name, text) in texts(n) {
            folder.write(name, &text);
        }
        running.wait_for("half way");
        // Dropping it kills it.
        drop(running);
        for (name, text) in texts(n) {
            assert_eq!(fs::read_to_string(folder.path().join(name)).expect("it is there"), text);
        }
        let mut names: Vec<_> =
            fs::read_dir(folder.path()).expect("it is there").map(|entry| entry.expect("readable").file_name()).collect();
        names.sort();
        assert_eq!(names, ["main.lang", "word.lang"], "nothing else was written");
        // Started anew, it runs what was saved last.
        folder.write("word.lang", &word(&format!("word{n}")));
    }
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("1 round3 word3");
}

#[test]
fn a_program_that_is_killed_in_the_middle_of_a_save_runs_the_newest_text_when_it_is_started_again() {
    let (folder, running) = program();
    // It dies between the two halves of a save.
    let half = word("saved").split_off(8);
    folder.write("word.lang", &word("saved")[..8]);
    drop(running);
    assert_eq!(fs::read_to_string(folder.path().join("word.lang")).expect("it is there"), word("saved")[..8]);
    folder.write("word.lang", &format!("{}{half}", &word("saved")[..8]));
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("1 saved");
    folder.write("word.lang", &word("one"));
    running.wait_for(" one");
    assert_state_kept(&running);
}
