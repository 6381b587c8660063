//! Programs that are a directory: loading all its files.

use std::collections::BTreeMap;
use stdlib::new_vm;
use tests::host::FakeHost;
use vm::embed::{Vm, VmOptions};
use vm::reload::{ReloadOptions, Report, Sharing};

fn vm(files: &[(&str, &str)]) -> Vm {
    let host = FakeHost::new();
    files.iter().for_each(|(path, text)| host.write_file(path, text));
    new_vm(VmOptions { host: Box::new(host), ..VmOptions::default() })
}

fn load(vm: &mut Vm, directory: &str) -> Report {
    vm.load_directory(directory, &ReloadOptions::default())
}

#[test]
fn a_directory_is_loaded_whatever_needs_what() {
    let mut vm = vm(&[
        ("game/a.lang", "import b.deep\nlet x = deep.y + 1"),
        ("game/b/deep.lang", "import c\nlet y = c.z + 1"),
        ("game/c.lang", "import a\nlet z = 1\nfn late() { a.x }"),
        ("game/c_test.lang", "this is no text"),
        ("game/.hidden/d.lang", "nor is this"),
        ("game/notes.txt", "nor this"),
        ("other/e.lang", "let e = 1"),
    ]);
    let report = load(&mut vm, "game/");
    assert!(report.ok, "{report}");
    assert_eq!(vm.get::<i64>("a.x").expect("loaded"), 3);
    assert_eq!(vm.call::<_, i64>("c.late", ()).expect("loaded"), 3);
    let mut loaded = vm.loaded_files();
    loaded.sort();
    assert_eq!(loaded, ["game/a.lang", "game/b/deep.lang", "game/c.lang"]);
}

#[test]
fn a_directory_that_does_not_load_leaves_nothing_and_tells_all() {
    let mut vm = vm(&[
        ("g/a.lang", "import b\nlet x = b.y"),
        ("g/b.lang", "let y = nosuch"),
        ("g/c.lang", "throw ValueError(\"trouble\")"),
        ("g/d.lang", "let w = 1"),
    ]);
    let report = load(&mut vm, "g");
    assert!(!report.ok);
    let reasons: BTreeMap<&str, &str> = report.reasons.iter().map(|r| (r.file.as_str(), r.message.as_str())).collect();
    let expected = BTreeMap::from([
        (
            "g/a.lang",
            "running the new top-level code failed: NameError: `y` has no value yet: the top level of `g/b.lang` has failed",
        ),
        ("g/b.lang", "running the new top-level code failed: NameError: `nosuch` does not exist"),
        ("g/c.lang", "running the new top-level code failed: ValueError: trouble"),
    ]);
    assert_eq!(reasons, expected);
    assert!(vm.loaded_files().is_empty());
    assert!(vm.get::<i64>("d.w").is_err());
}

#[test]
fn a_missing_directory_is_told() {
    let mut vm = vm(&[("g/readme.txt", "")]);
    for (directory, message) in [("nosuch", "cannot read the directory `nosuch`"), ("g", "there are no `.lang` files in `g`")] {
        let report = load(&mut vm, directory);
        assert!(!report.ok);
        assert!(report.reasons[0].message.contains(message), "{report}");
    }
}

#[test]
fn main_is_that_of_the_main_file_or_the_only_one() {
    let main = |files: &[(&str, &str)]| {
        let mut vm = vm(files);
        let report = load(&mut vm, "g");
        assert!(report.ok, "{report}");
        vm.main_of_directory("g").map_err(|reason| reason.message)
    };
    let (text, none) = ("fn main() { 1 }", "let main = 1");
    assert_eq!(main(&[("g/a.lang", text), ("g/main.lang", text)]), Ok(Some("main.main".into())));
    assert_eq!(main(&[("g/a.lang", text), ("g/main.lang", "")]), Ok(Some("a.main".into())));
    assert_eq!(main(&[("g/a.lang", none)]), Ok(None));
    let message = main(&[("g/a.lang", text), ("g/b/c.lang", text)]).expect_err("there are two");
    assert_eq!(message, "several files of `g` have a `main`: `a.lang`, `b/c.lang`");
}

#[test]
fn the_files_of_a_directory_may_share_a_namespace() {
    let files = [
        ("g/main.lang", "import world\nfn main() { world.total() }"),
        ("g/extra.lang", "fn helper() { main() }"),
        ("g/world/a.lang", "let x = y + 1"),
        ("g/world/b.lang", "let y = 1\nfn total() { x + y }"),
    ];
    let mut whole = vm(&files);
    whole.set_namespace_sharing(Sharing::Directory);
    let report = load(&mut whole, "g");
    assert!(report.ok, "{report}");
    assert_eq!(whole.call::<_, i64>("main.helper", ()).expect("loaded"), 3);
    // One file, and what it imports: all files of the directory.
    let mut one = vm(&files);
    one.set_namespace_sharing(Sharing::Directory);
    one.load_file("g/main.lang").expect("it is correct");
    assert_eq!(one.call::<_, i64>("main.main", ()).expect("loaded"), 3);
}

/// Each file needs a value of the next one: the waits are as many as the files.
#[test]
fn a_long_chain_of_waiting_files_is_loaded() {
    const COUNT: usize = 3_000;
    let mut vm = vm(&[]);
    vm.add_root("");
    let text =
        |i: usize| if i == COUNT { "namespace n\nlet x = 0".into() } else { format!("namespace n\nlet x{i} = x{} + 1", i + 1) };
    let files = (0..=COUNT).map(|i| (format!("f{i}.lang"), text(i).replace("let x =", &format!("let x{i} =")))).collect();
    vm.load_texts(files).expect("there is an order");
    assert_eq!(vm.get::<i64>("n.x0").ok(), Some(COUNT as i64));
}
