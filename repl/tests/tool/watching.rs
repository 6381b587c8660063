//! What the watcher makes of things that happen to files: large programs, links, looks at intervals, and saves at a bad moment.

use crate::folder::Folder;
use crate::live::{MAIN, Saver, assert_state_kept, program, save_by_rename, word};
use crate::running::Running;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// Files of the large program.
const MANY: usize = 5_000;

/// What is over sooner than this is one save: the watcher waits until nothing has happened for 20 ms.
const ONE_SAVE: Duration = Duration::from_millis(18);

/// What a file may be missing for without being gone; the watcher waits for 250 ms.
const A_MOMENT: Duration = Duration::from_millis(200);

/// Lets a link show elsewhere, at once.
fn relink(link: &Path, target: &str) {
    let new = link.with_file_name("new-link");
    symlink(target, &new).expect("links can be made");
    fs::rename(new, link).expect("made above");
}

/// Saves something that reports what was waited for until now, so that everything before has been looked at.
#[track_caller]
fn expect_no_reload(folder: &Folder, running: &mut Running, text: &str) {
    folder.write("word.lang", &word(text));
    running.wait_for(&format!(" {text}"));
    assert_eq!(reports(running), 1, "{:?}", running.seen());
}

fn reports(running: &Running) -> usize {
    running.seen().iter().filter(|line| line.starts_with("reload: ")).count()
}

#[test]
fn a_program_of_many_files_is_followed() {
    let folder = Folder::with(&[("main.lang", MAIN), ("word.lang", &word("zero"))]);
    for n in 0..MANY {
        folder.write(&format!("part{}/f{n}.lang", n % 50), &format!("fn f{n}() {{ {n} }}\n"));
    }
    let start = Instant::now();
    let mut running = Running::start(&folder, ".");
    running.wait_for(" zero");
    println!("{MANY} files: the program runs after {:?}", start.elapsed());
    let savers: [Saver; 2] = [|path, text| fs::write(path, text).expect("the folder can be written"), save_by_rename];
    for (save, text) in savers.iter().zip(["one", "two"]) {
        let start = Instant::now();
        save(&folder.path().join("word.lang"), &word(text));
        running.wait_for(&format!(" {text}"));
        println!("{MANY} files: an edit shows after {:?}", start.elapsed());
    }
    folder.write("part7/f7.lang", "fn f7() { 8 }\n");
    running.wait_for("changed part7.f7.f7");
    folder.write("part7/new.lang", "fn new() { 8 }\n");
    running.wait_for("added part7.new.new");
    assert_state_kept(&running);
}

#[test]
fn looking_at_intervals_finds_every_edit() {
    let folder = Folder::with(&[("main.lang", MAIN), ("word.lang", &word("zero"))]);
    let mut running = Running::with(&folder, &["run", "--reload", "--poll", "10", "main.lang"]);
    running.wait_for(" zero");
    for text in ["one", "two", "three"] {
        folder.write("word.lang", &word(text));
        running.wait_for(&format!(" {text}"));
        save_by_rename(&folder.path().join("word.lang"), &word(&format!("{text} renamed")));
        running.wait_for(&format!(" {text} renamed"));
    }
    folder.write("word.lang", "fn word( {");
    running.wait_for("refused");
    fs::remove_file(folder.path().join("word.lang")).expect("it exists");
    running.wait_for("`word.lang` is gone");
    folder.write("word.lang", &word("back"));
    running.wait_for(" back");
    assert_state_kept(&running);
}

#[test]
fn a_directory_that_is_swapped_by_a_link_is_followed() {
    // As Kubernetes mounts a ConfigMap: word.lang -> ..data/word.lang, ..data -> ..v0.
    let folder = Folder::with(&[("main.lang", MAIN), ("..v0/word.lang", &word("zero"))]);
    symlink("..v0", folder.path().join("..data")).expect("links can be made");
    symlink("..data/word.lang", folder.path().join("word.lang")).expect("links can be made");
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for(" zero");
    for n in 1..5 {
        let version = format!("..v{n}");
        folder.write(&format!("{version}/word.lang"), &word(&format!("word{n}")));
        relink(&folder.path().join("..data"), &version);
        running.wait_for(&format!(" word{n}"));
        fs::remove_dir_all(folder.path().join(format!("..v{}", n - 1))).expect("made before");
    }
    // The newest one is followed, too.
    folder.write("..v4/word.lang", &word("in place"));
    running.wait_for(" in place");
    assert_state_kept(&running);
    assert!(!running.seen().iter().any(|line| line.contains("is gone")), "{:?}", running.seen());
}

#[test]
fn a_program_reached_through_a_link_is_followed() {
    let folder = Folder::with(&[("v1/main.lang", MAIN), ("v1/word.lang", &word("zero"))]);
    folder.write("v2/main.lang", MAIN);
    folder.write("v2/word.lang", &word("one"));
    symlink("v1", folder.path().join("current")).expect("links can be made");
    let mut running = Running::start(&folder, "current/main.lang");
    running.wait_for(" zero");
    relink(&folder.path().join("current"), "v2");
    running.wait_for(" one");
    save_by_rename(&folder.path().join("v2/word.lang"), &word("two"));
    running.wait_for(" two");
    assert_state_kept(&running);
}

#[test]
fn a_file_that_is_missing_for_a_moment_is_not_gone() {
    let (folder, mut running) = program();
    let path = folder.path().join("word.lang");
    let mut longest = Duration::ZERO;
    for n in 0..5 {
        let start = Instant::now();
        fs::remove_file(&path).expect("it exists");
        thread::sleep(Duration::from_millis(30));
        fs::write(&path, word(&format!("word{n}"))).expect("the folder can be written");
        longest = longest.max(start.elapsed());
        running.wait_for(&format!(" word{n}"));
    }
    assert_state_kept(&running);
    // On a busy machine it may have been longer than the watcher waits.
    assert!(longest > A_MOMENT || !running.seen().iter().any(|line| line.contains("is gone")), "{:?}", running.seen());
}

#[test]
fn to_touch_a_file_is_no_edit() {
    let (folder, mut running) = program();
    let path = folder.path().join("word.lang");
    for _ in 0..3 {
        fs::File::options()
            .append(true)
            .open(&path)
            .expect("it exists")
            .set_modified(std::time::SystemTime::now())
            .expect("it is ours");
        // The same text once more, in three ways.
        fs::write(&path, word("zero")).expect("the file can be written");
        save_by_rename(&path, &word("zero"));
        running.wait_for(" zero");
    }
    expect_no_reload(&folder, &mut running, "one");
    assert_state_kept(&running);
}

#[test]
fn saves_that_come_during_a_slow_commit_are_not_lost() {
    let folder = Folder::with(&[("main.lang", MAIN), ("word.lang", &word("zero"))]);
    let mut running = Running::start(&folder, "main.lang");
    running.wait_for(" zero");
    for n in 1..6 {
        let slow = format!(
            "import task\nconst SLOW = do {{ print(\"begins {n}\"); task.sleep(0.2); {n} }}\nfn word() {{ \"slow ${{SLOW}}\" }}\n"
        );
        folder.write("word.lang", &slow);
        running.wait_for(&format!("begins {n}"));
        // Another file, while the commit is under way.
        folder.write("main.lang", &MAIN.replace("${n} ", &format!("${{n}} round {n} ")));
        running.wait_for(&format!(" round {n} slow {n}"));
    }
    assert_state_kept(&running);
    assert!(!running.seen().iter().any(|line| line.contains("refused")), "{:?}", running.seen());
}

#[test]
fn a_directory_that_is_made_again_is_followed() {
    for entry in ["main.lang", "."] {
        let main = MAIN.replace("from word", "from parts.word");
        let folder = Folder::with(&[("main.lang", &main), ("parts/word.lang", &word("zero"))]);
        let mut running = Running::start(&folder, entry);
        running.wait_for(" zero");
        for n in 0..3 {
            fs::remove_dir_all(folder.path().join("parts")).expect("it exists");
            running.wait_for("`parts/word.lang` is gone");
            folder.write("parts/word.lang", &word(&format!("back{n}")));
            running.wait_for(&format!(" back{n}"));
            folder.write("parts/word.lang", &word(&format!("edited{n}")));
            running.wait_for(&format!(" edited{n}"));
        }
        // At once, as tools do that check another version out.
        fs::rename(folder.path().join("parts"), folder.path().join("old")).expect("it exists");
        folder.write("parts/word.lang", &word("other"));
        running.wait_for(" other");
        assert_state_kept(&running);
    }
}

#[test]
fn files_that_are_saved_one_after_the_other_are_one_commit() {
    let (folder, mut running) = program();
    let mut together = 0;
    for n in 0..10 {
        let before = reports(&running);
        let start = Instant::now();
        folder.write("word.lang", &word(&format!("word{n}")));
        thread::sleep(Duration::from_millis(5));
        folder.write("main.lang", &MAIN.replace("${n} ", &format!("${{n}} round{n} ")));
        let took = start.elapsed();
        running.wait_for(&format!(" round{n} word{n}"));
        // On a busy machine they may be further apart.
        if took < ONE_SAVE {
            together += 1;
            assert_eq!(reports(&running), before + 1, "{took:?}: {:?}", running.seen());
            let line = running.seen().iter().rev().find(|line| line.starts_with("reload: ")).expect("there is one");
            assert!(line.contains("main.main") && line.contains("word.word"), "{line}");
        }
    }
    println!("{together} of 10 saves were quick enough to count");
    assert_state_kept(&running);
}
