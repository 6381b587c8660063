//! What only a host can do to a program: load while it runs, evaluate text, and see how much memory that takes.

use std::cell::Cell;
use std::rc::Rc;
use stdlib::new_vm;
use vm::embed::{Error, Handle, Vm, VmOptions};
use vm::reload::{FileText, ReloadOptions};

fn load(vm: &mut Vm, text: &str) -> Result<(), Error> {
    vm.load_texts(vec![("main.lang".into(), text.into())]).map(|_| ())
}

/// A file that is loaded at a safe point of another one's load has its own unfinished names; those of the outer one stay.
#[test]
fn a_load_within_a_load_leaves_its_unfinished_names() {
    let mut vm = new_vm(VmOptions::default());
    let times = Rc::new(Cell::new(0));
    let count = times.clone();
    vm.on_safe_point(move |vm| {
        count.set(count.get() + 1);
        if count.get() == 1 {
            vm.load_texts(vec![("inner.lang".into(), "class P { shared q = [1] }\nlet x = P.q.len()".into())])
                .expect("the inner file is correct");
        }
    });
    let first = "import second
let a = work()
fn work() { let n = 0; for i in 0..2000000 { n += 1 }; n + second.b + second.d() }";
    let second = "import first
fn same_function(f) { f }
let b = 5
class C { shared s = [7] }
@same_function
fn d() { 1 }";
    let files = [("second.lang", second), ("first.lang", first)].map(|(path, text)| (path.to_owned(), text.to_owned()));
    vm.add_root("");
    // They import each other: the one that is named first waits.
    vm.load_texts(files.into()).expect("what the first file needs is still to come");
    assert!(times.get() > 0, "no safe point was reached");
    assert_eq!(vm.get::<i64>("first.a").expect("it has a value"), 2_000_006);
    vm.load_texts(vec![("third.lang".into(), "import second\nlet n = second.C.s[0]".into())]).expect("it is correct");
    assert_eq!(vm.get::<i64>("third.n").expect("it has a value"), 7);
    assert_eq!(vm.get::<i64>("inner.x").expect("it has a value"), 1);
}

/// A program whose texts the host holds has nothing on the disk: a reload of whatever differs leaves it alone.
#[test]
fn texts_of_the_host_are_no_deleted_files() {
    let mut vm = new_vm(VmOptions::default());
    load(&mut vm, "import live\nlet n = 1\nfn reload() { live.reload().text }").expect("the program is correct");
    let text: String = vm.call("main.reload", ()).expect("it can be called");
    assert_eq!(text, "all files: no change (epoch 1)\n");
    assert_eq!(vm.get::<i64>("main.n").expect("it has a value"), 1);
}

/// What would be larger than the memory limit is refused before it is made, also when it grows in one call of a native.
#[test]
fn natives_keep_the_memory_limit() {
    let mut vm = new_vm(VmOptions { memory_limit: Some(64 << 20), ..VmOptions::default() });
    load(&mut vm, "let x = []\nfor i in 0..9000 { x = [x] }").expect("the program is correct");
    let texts = [
        "json.stringify(x, indent: 100000)",
        r#"json.stringify(["\u{1}" * 20_000_000])"#,
        r#"json.stringify({["\u{1}" * 20_000_000]: 1})"#,
        r#"("a" * 100_000).translate({a: "b" * 1_000_000})"#,
        r#"regex.replace(".+", "a" * 100_000, "\$0" * 10_000)"#,
        r#"regex.replace("a", "a" * 100_000, "b" * 10_000)"#,
        r#"regex.find(".+", "a" * 100_000).expand("\$0" * 10_000)"#,
    ];
    for text in texts {
        let text = format!("import json\nimport regex\n{text}");
        let error = vm.eval_in("main", "<input>", &text).map(|_| ()).expect_err(&text);
        let Error::Raised { class, message, .. } = &error else { panic!("{text}: {error}") };
        assert_eq!(class, "LimitError", "{text}: {error}");
        assert!(message.starts_with("the result would be too large"), "{text}: {error}");
    }
}

/// An import that fails in evaluated text is an error of the program.
#[test]
fn a_failed_import_of_evaluated_text_is_an_import_error() {
    let mut vm = new_vm(VmOptions::default());
    load(&mut vm, "let x = 1").expect("the program is correct");
    let error = vm.eval_in("main", "<input>", "1\nimport nosuch").expect_err("there is no such namespace");
    let Error::Raised { class, message, trace, .. } = &error else { panic!("{error}") };
    assert_eq!(class, "ImportError");
    assert_eq!(message, "namespace `nosuch` does not exist");
    assert_eq!(trace.frames.first().map(|frame| frame.line()), Some(2), "{error}");
}

/// Texts that leave nothing behind take no memory once they have run.
#[test]
fn evaluated_texts_are_given_back() {
    let mut vm = new_vm(VmOptions::default());
    load(&mut vm, "let x = 1").expect("the program is correct");
    let mut run = |count: usize| {
        for _ in 0..count {
            vm.eval_in("main", "<input>", "1 + 1").expect("it is correct");
        }
        // What is dead is forgotten by the next commit.
        for _ in 0..2 {
            vm.collect();
            vm.eval_in("main", "<input>", "fn f() { x }\nf()").expect("it is correct");
        }
        vm.collect();
        vm.object_count()
    };
    let before = run(200);
    let after = run(2000);
    assert!(after < before + 100, "{before} objects before, {after} after");
}

/// What evaluated text defines is found when a later definition hides a name of `core`, although its text is no longer kept.
#[test]
fn evaluated_functions_follow_a_name_that_hides_core() {
    let mut vm = new_vm(VmOptions::default());
    load(&mut vm, "let x = 1").expect("the program is correct");
    vm.eval_in("main", "<input>", "fn f() { len([1, 2]) }").expect("it is correct");
    vm.collect();
    vm.eval_in("main", "<input>", "fn len(x) { 40 }").expect("it is correct");
    assert_eq!(vm.call::<_, i64>("main.f", ()).expect("it runs"), 40);
}

/// A host that brings in one edit as soon as `main.n` is positive.
fn edit_when_running(vm: &mut Vm, text: Option<&'static str>) {
    let mut is_done = false;
    vm.on_safe_point(move |vm| {
        if !is_done && vm.get::<i64>("main.n").is_ok_and(|n| n > 0) {
            is_done = true;
            let report =
                vm.reload(vec![FileText { path: "main.lang".into(), text: text.map(str::to_owned) }], &ReloadOptions::default());
            assert!(report.ok, "{report}");
        }
    });
}

const LOOP: &str = "let n = 0
fn step() { n += 1; n < 3000000 }
while step() { }
let seen = [\"old\"]
seen.push(1)";

/// A statement that runs takes edits of what it calls; what is left to run is that of the new text.
#[test]
fn an_edit_while_a_statement_runs() {
    let mut vm = new_vm(VmOptions::default());
    edit_when_running(
        &mut vm,
        Some(
            "let n = 0\nlet early = [n]\nfn step() { false }\nwhile step() { }\nlet seen = [\"new\"]\nseen.push(2)\nlet last = seen",
        ),
    );
    load(&mut vm, LOOP).expect("it is correct");
    assert!(vm.get::<i64>("main.n").expect("it is kept") < 3_000_000);
    let value = vm.eval_in("main", "<input>", "(seen, last, early == [0])").expect("all are defined").expect("it is an expression");
    assert_eq!(vm.repr(&value).expect("it is data"), "([\"new\", 2], [\"new\", 2], false)");
}

/// The shared slots of a class below a statement that runs are filled when it is their turn, and not at all when the class has left.
#[test]
fn classes_below_a_statement_that_runs() {
    const HEAD: &str = "let n = 0\nfn step() { n += 1; n < 3000000 }\nwhile step() { }\n";
    const REST: &str = "let z = 5\nclass K { shared s = z + 1 }\nlet seen = (z, K.s)";
    for (edited, name, expected) in [
        (
            "# A comment.\nlet n = 0\nfn step() { false }\nwhile step() { }\nlet z = 5\nclass K { shared s = z + 1 }\nlet seen = (z, K.s)",
            "seen",
            "(5, 6)",
        ),
        ("let n = 0\nfn step() { false }\nwhile step() { }\nlet seen = \"none\"", "seen", "\"none\""),
    ] {
        let mut vm = new_vm(VmOptions::default());
        edit_when_running(&mut vm, Some(edited));
        load(&mut vm, &format!("{HEAD}{REST}")).expect("it is correct");
        let value = vm.eval_in("main", "<input>", name).expect("it is defined").expect("it is an expression");
        assert_eq!(vm.repr(&value).expect("it is data"), expected);
    }
}

/// A file that leaves while a statement of it runs has nothing left to run.
#[test]
fn a_file_leaves_while_its_statement_runs() {
    let mut vm = new_vm(VmOptions::default());
    edit_when_running(&mut vm, None);
    load(&mut vm, LOOP).expect("it is correct");
    assert!(!vm.is_loaded("main.lang"));
    assert_eq!(vm.get::<i64>("main.n").expect("it is a leak"), 3_000_000);
    assert!(vm.get::<Handle>("main.seen").is_err());
}

/// A load that fails takes back what was brought in while it ran.
#[test]
fn a_load_that_fails_takes_its_edits_back() {
    let mut vm = new_vm(VmOptions::default());
    edit_when_running(&mut vm, Some("let n = 0\nlet more = 1\nfn step() { [][0] }\nwhile step() { }"));
    load(&mut vm, LOOP).expect_err("the new `step` raises");
    assert!(!vm.is_loaded("main.lang"));
    assert!(vm.get::<i64>("main.n").is_err() && vm.get::<i64>("main.more").is_err());
    load(&mut vm, "const n = 5\nfn more() { n }").expect("nothing is left of it");
    assert_eq!(vm.call::<_, i64>("main.more", ()).expect("it is new"), 5);
}

/// Not a case, since it is about collections that come by themselves.
#[test]
fn a_leak_that_nothing_uses_ends_at_the_commit_after_a_collection() {
    let mut vm = new_vm(VmOptions::default());
    let edit = |vm: &mut Vm, text: &str| vm.reload_texts(vec![("m.lang".into(), text.into())]);
    let main = "import m\nlet held = nil\nfn caller() { m.used() }\nfn work() { held = nil; let last = nil; for i in 0..120000 { last = [i] } }";
    let texts = vec![("m.lang".into(), "fn g() { 1 }\nfn used() { 2 }\nfn f() { 1 }".into()), ("main.lang".into(), main.into())];
    vm.load_texts(texts).expect("it is correct");
    vm.eval_in("main", "<repl>", "import m; held = m.g").expect("it is correct");
    let report = edit(&mut vm, "fn f() { 2 }");
    assert_eq!((report.leaked.len(), report.released.len()), (2, 0), "{report}");
    vm.call::<_, ()>("main.work", ()).expect("it runs");
    let report = edit(&mut vm, "fn f() { 3 }");
    assert_eq!(report.released, ["m.g"], "{report}");
    assert_eq!(vm.call::<_, i64>("main.caller", ()).expect("it runs"), 2);
}
