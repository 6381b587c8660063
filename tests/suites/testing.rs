//! `test` blocks, run by a host.

use std::cell::RefCell;
use std::rc::Rc;
use stdlib::new_vm;
use tests::FakeHost;
use vm::embed::{Compared, Error, Vm, VmOptions};
use vm::reload::Images;

fn loaded(texts: &[(&str, &str)]) -> Vm {
    let mut vm = new_vm(VmOptions::default());
    let texts = texts.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    vm.load_texts(texts).expect("the program is correct");
    vm
}

/// Loading lists the tests and runs none; each runs when it is asked for, as often as it is asked for.
#[test]
fn tests_are_listed_and_run() {
    let text = "let n = 0\ntest \"one\" { n += 1 }\n\ntest \"two\" { assert n == 5 }";
    let mut vm = loaded(&[("main.lang", text)]);
    let tests: Vec<_> = vm.tests("main.lang").into_iter().map(|test| (test.name.to_string(), test.line)).collect();
    assert_eq!(tests, [("one".to_owned(), 2), ("two".to_owned(), 4)]);
    assert_eq!(vm.get::<i64>("main.n").expect("it has a value"), 0);
    for _ in 0..2 {
        vm.run_test("main.lang", 0).expect("it passes");
    }
    assert_eq!(vm.get::<i64>("main.n").expect("it has a value"), 2);
    let error = vm.run_test("main.lang", 1).expect_err("2 is not 5");
    assert!(matches!(&error, Error::Raised { class, .. } if class == "AssertionError"), "{error}");
    assert!(vm.run_test("main.lang", 2).is_err() && vm.run_test("nosuch.lang", 0).is_err());
    assert!(vm.tests("nosuch.lang").is_empty());
}

/// A test waits for the tasks that it has started, and for no others.
#[test]
fn a_test_ends_with_its_tasks() {
    let text = "import task
let done = []
let never = task.channel(0)
task.spawn(|| never.receive())
test \"waits\" { task.spawn(|| { task.sleep(0); done.push(1) }) }
test \"fails\" { task.spawn(|| { never.receive(); done.push(2) }); assert false }";
    let mut vm = new_vm(VmOptions { host: Box::new(FakeHost::new()), ..VmOptions::default() });
    vm.load_texts(vec![("main.lang".into(), text.into())]).expect("the program is correct");
    vm.run_test("main.lang", 0).expect("it passes, though a task of the file waits");
    assert_eq!(vm.get::<Vec<i64>>("main.done").expect("it has a value"), [1]);
    assert!(vm.run_test("main.lang", 1).is_err());
    vm.eval_in("main", "<input>", "never.close()").expect("it is a channel");
    vm.run_tasks().expect("the task of the file ends");
    assert_eq!(vm.get::<Vec<i64>>("main.done").expect("it has a value"), [1], "the task of the failed test went on");
}

/// What `assert left == right` found, as texts; nothing for numbers and for other errors.
#[test]
fn compared_values_can_be_had() {
    let text = "class P { slot x
 slot y }
fn list() { [1, P(1, 2)] }
let long = \"a\" * 50
test \"0\" { assert list() == [1, (long, long)] }
test \"1\" { assert \"a\\nb\" == \"a\" }
test \"2\" { let name = \"x\"; assert name == \"y\", \"wrong name\" }
test \"3\" { assert 1 + 1 == 3 }
test \"4\" { assert list() != list() and list() == nil }
test \"5\" { let l = [1]; l.push(l); assert l == nil or l == 1 }
test \"6\" { let l = [1]; l.push(l); assert l == [1, set([])] }
test \"7\" { nil.nosuch }";
    let mut vm = loaded(&[("main.lang", text)]);
    let mut compared = |index| {
        let error = vm.run_test("main.lang", index).expect_err("all of them fail");
        vm.compared(&error).map(|Compared { left, right, .. }| (left, right))
    };
    let pair = |left: &str, right: &str| Some((left.to_owned(), right.to_owned()));
    let long = "\"".to_owned() + &"a".repeat(50) + "\"";
    let nested = format!("[\n    1,\n    (\n        {long},\n        {long},\n    ),\n]");
    assert_eq!(compared(0), pair("[\n    1,\n    P(x: 1, y: 2),\n]", &nested));
    assert_eq!(compared(1), pair("a\nb", "a"));
    assert_eq!(compared(2), pair("\"x\"", "\"y\""));
    assert_eq!(compared(3), None);
    assert_eq!(compared(4), None);
    assert_eq!(compared(5), None, "of several comparisons none is the one that failed");
    assert_eq!(compared(6), pair("[\n    1,\n    [1, [...]],\n]", "[\n    1,\n    set([]),\n]"));
    assert_eq!(compared(7), None);
}

/// A file can be told to contribute to a namespace; its own first line comes first.
#[test]
fn files_can_be_given_a_namespace() {
    let mut vm = new_vm(VmOptions::default());
    vm.add_root("");
    vm.assign_namespace("./game_test.lang", "game");
    vm.assign_namespace("other.lang", "game");
    let texts = [("game.lang", "fn f() { 1 }"), ("game_test.lang", "let seen = f()"), ("other.lang", "namespace a.b\nlet x = 2")];
    vm.load_texts(texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into()).expect("the program is correct");
    assert_eq!(vm.get::<i64>("game.seen").expect("it has a value"), 1);
    assert_eq!(vm.get::<i64>("a.b.x").expect("it has a value"), 2);
}

/// VMs that share images share no state, and notice when a text is another one.
#[test]
fn images_are_shared_and_state_is_not() {
    let images = Images::default();
    let printed = Rc::new(RefCell::new(Vec::new()));
    for (text, wanted) in [("let n = [1]\nn.push(2)", 2), ("let n = [1]\nn.push(2)", 2), ("let n = [1]", 1), ("let n = [", 0)] {
        let mut vm = new_vm(VmOptions::default());
        vm.share_images(&images);
        match vm.load_texts(vec![("main.lang".into(), text.into())]) {
            Ok(_) => assert_eq!(vm.get::<Vec<i64>>("main.n").expect("it has a value").len(), wanted),
            Err(error) => printed.borrow_mut().push(error.to_string()),
        }
    }
    assert!(matches!(&printed.borrow()[..], [text] if text.contains("E0102")), "{:?}", printed.borrow());
}
