//! A host that watches the files of its program.

use embed::prelude::*;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use vm::reload::Report;

/// A folder that goes with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("lang-embedding-watch-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("the temporary directory can be written");
        Folder(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), content).expect("the folder can be written");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The next report, which comes when the watcher has seen a save.
fn next(vm: &mut Vm) -> Report {
    let begin = Instant::now();
    loop {
        if let Some(report) = vm.poll_reload() {
            return report;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "nothing is reported");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn saved_files_are_brought_in_where_the_host_polls() {
    let folder = Folder::new("saved");
    folder.write("game.lang", "import rules\nlet turns = 0\nfn step() { turns += 1; rules.damage(turns) }");
    folder.write("rules.lang", "fn damage(n) { n }");
    let mut vm = Vm::new();
    vm.load_file(&folder.path("game.lang")).expect("it loads");
    vm.watch_files(None).expect("files can be watched");
    let step: Hot<fn() -> i64> = vm.hot("game.step").expect("it is there");
    assert_eq!(step.call(&mut vm).expect("it runs"), 1);

    folder.write("rules.lang", "fn damage(n) { n * 100 }");
    let report = next(&mut vm);
    assert!(report.committed, "{report}");
    assert_eq!(step.call(&mut vm).expect("it runs"), 200);

    folder.write("rules.lang", "fn damage(n) { n *");
    assert!(!next(&mut vm).ok);
    assert_eq!(step.call(&mut vm).expect("it runs"), 300);

    folder.write("rules.lang", b"fn damage(n) { \"\xff\" }");
    let report = next(&mut vm);
    assert!(report.reasons[0].message.ends_with("rules.lang` is not UTF-8"), "{report}");

    folder.write("rules.lang", "fn damage(n) { n - 1 }");
    assert!(next(&mut vm).committed);
    assert_eq!(step.call(&mut vm).expect("it runs"), 3);
}

#[test]
fn a_missing_import_is_waited_for() {
    let folder = Folder::new("missing");
    folder.write("game.lang", "fn step() { 1 }");
    let mut vm = Vm::new();
    vm.load_file(&folder.path("game.lang")).expect("it loads");
    vm.watch_files(None).expect("files can be watched");
    folder.write("game.lang", "import rules\nimport \"parts/more.lang\"\nfn step() { rules.n + more.n }");
    let report = next(&mut vm);
    assert!(!report.ok, "{report}");
    assert_eq!(vm.missing_files(), [folder.path("parts/more.lang"), folder.path("rules.lang")]);

    fs::create_dir_all(folder.0.join("parts")).expect("the folder can be written");
    folder.write("rules.lang", "const n = 1");
    folder.write("parts/more.lang", "const n = 2");
    let mut report = next(&mut vm);
    // The two may be seen one after the other.
    if !report.ok {
        report = next(&mut vm);
    }
    assert!(report.committed, "{report}");
    assert_eq!(vm.call::<_, i64>("game.step", ()).expect("it runs"), 3);
    assert!(vm.missing_files().is_empty());
}

#[test]
fn new_files_of_a_directory_belong_to_the_program() {
    let folder = Folder::new("directory");
    folder.write("first.lang", "fn n() { 1 }");
    let mut vm = Vm::new();
    vm.watch_directory(&folder.path(""), None).expect("files can be watched");
    assert!(next(&mut vm).committed);
    assert_eq!(vm.call::<_, i64>("first.n", ()).expect("it runs"), 1);
    folder.write("second.lang", "import first\nfn n() { first.n() + 1 }");
    assert!(next(&mut vm).committed);
    assert_eq!(vm.call::<_, i64>("second.n", ()).expect("it runs"), 2);
}

#[test]
fn troubles_come_with_what_is_polled() {
    let mut vm = Vm::new();
    vm.note_trouble("the network is down");
    let report = vm.poll_reload().expect("there is something to say");
    assert!(report.ok && !report.committed);
    assert_eq!(report.warnings[0].message, "the network is down");
    assert!(vm.poll_reload().is_none());
}

#[cfg(target_os = "linux")]
#[test]
fn the_watcher_ends_with_the_vm() {
    fn watchers() -> usize {
        let threads = fs::read_dir("/proc/self/task").expect("the system has it").flatten();
        let names = threads.filter_map(|thread| fs::read_to_string(thread.path().join("comm")).ok());
        names.filter(|name| name.trim() == "watch-of-test").count()
    }

    let folder = Folder::new("ends");
    folder.write("a.lang", "fn f() { 1 }");
    let mut vm = Vm::new();
    vm.load_file(&folder.path("a.lang")).expect("it loads");
    let watch = embed::watch::Watch::start_named("watch-of-test", None, None).expect("there can be a thread");
    let begin = Instant::now();
    while watchers() == 0 {
        assert!(begin.elapsed() < Duration::from_secs(30), "it does not begin");
        std::thread::sleep(Duration::from_millis(2));
    }
    vm.set_change_source(move |_| {
        drop(watch.notice());
        Vec::new()
    });
    drop(vm);
    while watchers() > 0 {
        assert!(begin.elapsed() < Duration::from_secs(30), "it does not end");
        std::thread::sleep(Duration::from_millis(2));
    }
}
