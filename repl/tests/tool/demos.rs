//! The examples, as somebody who tries them out uses them: started, edited, and watched.

use crate::commands::{expect, lang};
use crate::folder::Folder;
use crate::running::Running;
use crate::screen::Terminal;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A folder with a copy of an example, whose files may be edited.
fn copy_of(example: &str) -> Folder {
    let folder = Folder::new();
    for file in fs::read_dir(directory_of(example)).expect("the example exists") {
        let path = file.expect("it can be listed").path();
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        // What somebody has built there is no text.
        if name.starts_with("physics.") && name != "physics.c" {
            continue;
        }
        folder.write(&name, &fs::read_to_string(&path).expect("a text"));
    }
    folder
}

fn directory_of(example: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "examples", example].iter().collect()
}

/// Puts one text of a file in the place of another one.
#[track_caller]
fn edit(folder: &Folder, file: &str, old: &str, new: &str) {
    let text = fs::read_to_string(folder.path().join(file)).expect("a text");
    assert!(text.contains(old), "`{old}` is not in {file}:\n{text}");
    folder.write(file, &text.replace(old, new));
}

/// How many lines so far contain a text.
fn count(running: &Running, part: &str) -> usize {
    running.seen().iter().filter(|line| line.contains(part)).count()
}

#[test]
fn a_counter_counts_as_its_keys_say() {
    let folder = copy_of("counter");
    let output = lang(&folder, &["run", "main.lang"], "1 1 2 3 4 5\n");
    expect(&output, 0, "> 1\n2\n12\n24\n19\n0\n> ", "");
    let output = lang(&folder, &["run", "main.lang"], "1\nx\n2\n");
    expect(&output, 0, "> 1\n> Keys: 1 2 3 4 5\n> 11\n> ", "");
}

#[test]
fn a_greeting_rewrites_itself() {
    let folder = copy_of("greeting");
    edit(&folder, "main.lang", "SECONDS = 0.5", "SECONDS = 0.1");
    let mut running = Running::start(&folder, "main.lang");
    for greeting in ["Hello", "Hei", "Ciao", "Salut", "Hello"] {
        running.wait_for(&format!("{greeting}, world! ("));
    }
    edit(&folder, "main.lang", "world!", "dear reader!");
    running.wait_for("dear reader!");
    let numbers: Vec<usize> =
        running.seen().iter().filter_map(|line| line.split_once(" so far")?.0.rsplit_once('(')?.1.parse().ok()).collect();
    assert!(numbers.iter().copied().eq(1..=numbers.len()), "{numbers:?}");
    assert_eq!(count(&running, "refused"), 0);
}

#[test]
fn polling_goes_on_and_is_not_doubled() {
    let folder = copy_of("polling");
    edit(&folder, "main.lang", "SECONDS = 0.1", "SECONDS = 0.01");
    edit(&folder, "main.lang", "SUMMARY_SECONDS = 2", "SUMMARY_SECONDS = 0.1");
    folder.write("inbox.txt", "one\nfire\n");
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("1   one");
    running.wait_for("2 ! fire");
    edit(&folder, "rules.lang", "(\"[?]$\", \"?\"),", "(\"[?]$\", \"?\"),\n    (\"late\", \"~\"),");
    running.wait_for("3 rules");
    folder.write("inbox.txt", "one\nfire\ntoo late\n");
    running.wait_for("3 ~ too late");
    edit(&folder, "main.lang", "        look(rules)\n", "        look(rules)\n        turns += 1\n");
    edit(&folder, "main.lang", "let urgent = 0", "let urgent = 0\nlet turns = 0");
    running.wait_for("3 rules");
    edit(&folder, "main.lang", "import fs\n", "import fs\nimport live\n");
    let polls = "live.frames().count_where(|frame| frame[\"function\"].ends_with(\"poll\"))";
    edit(&folder, "main.lang", "${urgent} urgent", "${urgent} urgent, polled by ${%}".replace('%', polls).as_str());
    running.wait_for("3 lines, 1 urgent, polled by 1");
    folder.write("inbox.txt", "one\nfire\ntoo late\nreally?\n");
    running.wait_for("4 ? really?");
    running.wait_for("4 lines, 1 urgent, polled by 1");
    for line in ["   one", " ! fire", " ~ too late", " ? really?"] {
        assert_eq!(count(&running, line), 1, "{line}");
    }
    assert_eq!(count(&running, "3 rules"), count(&running, "reload: committed"), "each edit is told to the task once");
}

#[test]
fn a_game_with_a_seed_is_always_the_same() {
    let folder = copy_of("invaders");
    let picture = |args: &[&str]| {
        let output = lang(&folder, &[&["run", "main.lang"][..], args].concat(), "");
        assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("a text")
    };
    let one = picture(&["7", "500"]);
    assert_eq!(one.lines().count(), 18, "{one}");
    assert!(one.contains("score") && one.contains('^') && !one.contains('\u{1b}'), "{one}");
    assert_eq!(picture(&["7", "500"]), one);
    assert_ne!(picture(&["8", "500"]), one);
}

#[test]
fn a_game_is_edited_while_it_is_played() {
    let folder = copy_of("invaders");
    edit(&folder, "main.lang", "SECONDS = 0.1", "SECONDS = 0.02");
    let terminal = Terminal::start(&folder, 80, &["run", "--reload", "main.lang"], &[]);
    terminal.wait_for("edit a file and save it");
    terminal.wait("a score", |screen| screen.contents().contains('^') && !screen.contents().contains("best     0"));
    edit(&folder, "look.lang", "CANNON = \"^\"", "CANNON = \"@\"");
    terminal.wait("another cannon", |screen| screen.contents().contains('@') && !screen.contents().contains('^'));
    terminal.wait_for("commit 2");
    // Aliens that are on the screen get the slot.
    edit(&folder, "game.lang", "class Alien {\n", "class Alien {\n    slot shape = \"X\"\n");
    edit(&folder, "look.lang", "ALIENS[alien.row % ALIENS.len()]", "alien.shape");
    terminal.wait("other aliens", |screen| screen.contents().contains("X  X"));
    edit(&folder, "cannon.lang", "fn decide(view) {", "fn decide(view) {{");
    terminal.wait_for("refused: ");
    edit(&folder, "cannon.lang", "fn decide(view) {{", "fn decide(view) {");
    edit(&folder, "look.lang", "score ", "points ");
    terminal.wait("a new word", |screen| screen.contents().contains("points ") && screen.contents().contains("commit "));
}

#[test]
fn a_ball_falls_otherwise_when_its_c_is_edited() {
    let folder = copy_of("bundle_c");
    let include = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../vm/bundle/include");
    let build = || Command::new("sh").arg("build.sh").current_dir(folder.path()).env("LANG_INCLUDE", &include).output();
    if Command::new("cc").arg("--version").output().is_err() {
        eprintln!("SKIPPED: there is no C compiler `cc`, so that the example cannot be built");
        return;
    }
    let built = || {
        let output = build().expect("there is a shell");
        assert!(output.status.success(), "{output:?}");
    };
    built();
    edit(&folder, "main.lang", "task.sleep(STEP)", "task.sleep(0.02)");
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for("falling with 9.81");
    edit(&folder, "physics.c", "GRAVITY = 9.81", "GRAVITY = 1.62");
    built();
    running.wait_for("changed physics.GRAVITY");
    running.wait_for("falling with 1.62");
    // There is a ball, which another layout would misread.
    edit(&folder, "physics.c", "double height, speed;", "double height, speed, spin;");
    edit(&folder, "physics.c", "double height, double speed", "double height, double speed, double spin");
    built();
    running.wait_for("`Ball` of `physics.so` has another layout in memory, and 1 value is alive");
    running.wait_for("falling with 1.62");
    folder.write("physics.so", "no library");
    running.wait_for("`physics.so` is no shared library of this system");
    edit(&folder, "physics.c", "double height, speed, spin;", "double height, speed;");
    edit(&folder, "physics.c", "double height, double speed, double spin", "double height, double speed");
    edit(&folder, "physics.c", "GRAVITY = 1.62", "GRAVITY = 3.71");
    built();
    running.wait_for("falling with 3.71");
}
