//! A host that watches the files of its program.

use embed::prelude::*;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use vm::reload::Report;

/// A folder that goes with the value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let path = std::env::temp_dir().join(format!("lang-embedding-watch-{}", std::process::id()));
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
    let folder = Folder::new();
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
