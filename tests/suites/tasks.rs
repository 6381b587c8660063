//! Fibers and tasks as a host sees them: limits, interrupts, and reloads while a program waits.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tests::host::FakeHost;
use vm::embed::{Error, Vm, VmOptions};
use vm::object::{Interrupt, Stress};

/// A VM with its host that has loaded `main.lang`.
fn vm_with(text: &str, options: VmOptions) -> (Vm, FakeHost) {
    let host = FakeHost::new();
    let mut vm = stdlib::new_vm(VmOptions { host: Box::new(host.clone()), ..options });
    vm.load_texts(vec![("main.lang".into(), text.into())]).expect("the program is correct");
    (vm, host)
}

fn plain(text: &str) -> (Vm, FakeHost) {
    vm_with(text, VmOptions::default())
}

/// The interrupt that has ended a call.
fn interrupt<T>(result: Result<T, Error>) -> Interrupt {
    match result {
        Err(Error::Interrupted(interrupt)) => interrupt,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was not interrupted"),
    }
}

const ENDLESS: &str = "
let kept = nil
fn gen() { while true { yield 1 } }
fn spin() { kept = fiber(|| { for x in fiber(gen) { } }); kept.resume() }
fn is_over() { kept.done }
fn small() { fiber(|| { yield 1 }).resume() }
";

#[test]
fn fuel_is_counted_in_fibers() {
    let (mut vm, _) = plain(ENDLESS);
    vm.set_fuel(Some(100_000));
    assert_eq!(interrupt(vm.call::<_, ()>("main.spin", ())), Interrupt::Fuel);
    vm.set_fuel(None);
    assert!(vm.call::<_, bool>("main.is_over", ()).expect("the VM is whole"), "a fiber that was interrupted cannot go on");
    assert_eq!(vm.call::<_, i64>("main.small", ()).expect("the VM is whole"), 1);
}

#[test]
fn depth_is_counted_over_fibers() {
    let text = "
fn nest(n) { if n == 0 { 0 } else { 1 + fiber(|| nest(n - 1)).resume() } }
fn deep(n) { if n == 0 { 0 } else { 1 + deep(n - 1) } }
fn split(n) { fiber(|| deep(n)).resume() + 0 }
";
    let (mut vm, _) = vm_with(text, VmOptions { depth_limit: 1_000, ..VmOptions::default() });
    assert_eq!(vm.call::<_, i64>("main.nest", (100,)).expect("not too deep"), 100);
    assert_eq!(vm.call::<_, i64>("main.split", (900,)).expect("not too deep"), 900);
    for (function, depth) in [("main.nest", 400), ("main.split", 1_000)] {
        let result = vm.call::<_, i64>(function, (depth,));
        assert!(matches!(&result, Err(Error::Raised { class, .. }) if class == "StackOverflow"), "{function}: {result:?}");
    }
}

#[test]
fn memory_is_limited_in_fibers_and_tasks() {
    let text = "
import task
fn fill() { let all = []; while true { all.push(fiber(|| { yield [1, 2, 3] })); all.last().resume() } }
fn in_fiber() { fiber(fill).resume() }
fn in_task() { task.spawn(fill).join() }
fn caught() { fiber(|| { try { fill() } catch e is LimitError { yield \"caught\" } }).resume() }
";
    let (mut vm, _) = vm_with(text, VmOptions { memory_limit: Some(32 << 20), ..VmOptions::default() });
    for function in ["main.in_fiber", "main.in_task"] {
        let result = vm.call::<_, ()>(function, ());
        assert!(matches!(&result, Err(Error::Raised { class, .. }) if class == "LimitError"), "{function}: {result:?}");
    }
    assert_eq!(vm.call::<_, String>("main.caught", ()).expect("it is caught"), "caught");
}

#[test]
fn fibers_nobody_can_resume_are_freed() {
    let text = "
fn make(n) { let all = []; for i in 0..n { let f = fiber(|| { let held = [i]; yield held }); f.resume(); all.push(f) }; all.len() }
";
    let (mut vm, _) = plain(text);
    vm.call::<_, i64>("main.make", (10,)).expect("it runs");
    vm.collect();
    let before = vm.object_count();
    vm.call::<_, i64>("main.make", (10_000,)).expect("it runs");
    vm.collect();
    assert!(vm.object_count() < before + 100, "{} objects, {before} before", vm.object_count());
}

#[test]
fn host_can_stop_waiting_tasks() {
    let (mut vm, host) = plain(
        "
import task
fn run() { task.spawn(|| { try { task.sleep(100) } finally { print(\"never\") } }); task.sleep(50); print(\"never\") }
",
    );
    let flag = vm.cancel_flag();
    let clock = host.clone();
    vm.on_safe_point(move |_| {
        if clock.with(|effects| effects.clock) > Duration::from_secs(1) {
            flag.store(true, Ordering::Relaxed);
        }
    });
    assert_eq!(interrupt(vm.call::<_, ()>("main.run", ())), Interrupt::Cancelled);
    assert!(!vm.has_tasks());
    assert_eq!(host.take_output(), "");
}

const TALK: &str = "
import task
fn talk() {
    let (there, back) = (task.channel(), task.channel())
    task.spawn(|| { for x in there { back.send(x) } })
    while true { there.send(1); back.receive() }
}
";

#[test]
fn fuel_is_counted_while_tasks_take_turns() {
    let (mut vm, _) = plain(TALK);
    vm.set_fuel(Some(100_000));
    assert_eq!(interrupt(vm.call::<_, ()>("main.talk", ())), Interrupt::Fuel);
    assert!(!vm.has_tasks());
}

#[test]
fn tasks_that_take_turns_can_be_stopped() {
    let (mut vm, _) = plain(TALK);
    vm.set_fuel(Some(10_000_000));
    let flag = vm.cancel_flag();
    vm.on_safe_point(move |_| flag.store(true, Ordering::Relaxed));
    assert_eq!(interrupt(vm.call::<_, ()>("main.talk", ())), Interrupt::Cancelled);
}

#[test]
fn exit_in_a_task_ends_the_program() {
    let (mut vm, host) = plain(
        "
import task
fn run() { task.spawn(|| exit(3)); task.spawn(|| print(\"never\")); task.sleep(1) }
",
    );
    assert_eq!(interrupt(vm.call::<_, ()>("main.run", ())), Interrupt::Exit(3));
    assert!(!vm.has_tasks());
    assert_eq!(host.take_output(), "");
}

#[test]
fn host_decides_how_long_tasks_run() {
    let (mut vm, host) = plain(
        "
import task
fn start() { task.spawn(|| { print(\"first\"); task.sleep(1); print(\"second\"); task.sleep(10); print(\"third\") }) ; nil }
",
    );
    vm.call::<_, ()>("main.start", ()).expect("it starts");
    assert_eq!(host.take_output(), "");
    vm.run_ready_tasks().expect("it waits");
    assert_eq!(host.take_output(), "first\n");
    vm.run_tasks_for(Duration::from_secs(2)).expect("it waits");
    assert_eq!(host.take_output(), "second\n");
    assert!(vm.has_tasks());
    vm.run_tasks().expect("it ends");
    assert_eq!(host.take_output(), "third\n");
    assert!(!vm.has_tasks());
    assert!(host.with(|effects| effects.clock) < Duration::from_secs(12), "time has passed only while the program waited");
}

#[test]
fn host_is_told_of_failed_tasks() {
    let (mut vm, _) = plain("import task\nfn bad() { throw ValueError(\"x\") }\nfn start() { task.spawn(bad); nil }\n");
    let told = Rc::new(RefCell::new(Vec::new()));
    let log = told.clone();
    vm.on_task_error(move |name, error| {
        log.borrow_mut().push(format!("{name}: {}", error.to_string().lines().next().unwrap_or("")))
    });
    vm.call::<_, ()>("main.start", ()).expect("it starts");
    vm.run_tasks().expect("the error belongs to the task");
    assert_eq!(*told.borrow(), ["bad: ValueError: x"]);
    assert_eq!(vm.failed_tasks(), 1);
}

/// A program whose tasks go on while its file is saved, and whose new text waits for tasks of its own.
#[test]
fn reload_while_tasks_wait() {
    let old = "
import task
fn word() { \"old\" }
fn gen() { yield word(); task.sleep(1); yield word() }
fn work() { for x in fiber(gen) { print(x); task.sleep(0.1) } }
fn run() { task.spawn(work); task.sleep(3); print(\"end\") }
";
    let new = "
import task
fn word() { \"new\" }
fn gen() { yield \"never\" }
fn work() { print(\"never\") }
fn run() { print(\"never\") }
let ready = task.spawn(|| { task.sleep(2); print(\"initialiser\"); 5 }).join()
let later = task.spawn(|| { task.sleep(0.3); print(\"task of the new text\") })
";
    let (mut vm, host) = plain(old);
    let (clock, saved) = (host.clone(), Rc::new(RefCell::new(false)));
    let is_saved = saved.clone();
    vm.on_safe_point(move |vm| {
        if !*is_saved.borrow() && clock.with(|effects| effects.clock) > Duration::from_millis(500) {
            *is_saved.borrow_mut() = true;
            let report = vm.reload_texts(vec![("main.lang".into(), new.into())]);
            assert!(report.ok, "{report}");
        }
    });
    vm.call::<_, ()>("main.run", ()).expect("it runs");
    vm.run_tasks().expect("they end");
    assert!(*saved.borrow());
    // The tasks of the program stand still during the commit, which takes two seconds; all of them are due afterwards.
    assert_eq!(host.take_output(), "old\ninitialiser\nnew\ntask of the new text\nend\n");
}

#[test]
fn a_stack_that_is_traced_often_weighs_once() {
    let text = "
fn deep(n) { if n == 0 { while true { yield [1] } } else { deep(n - 1) + 1 } }
fn run() { let f = fiber(|| deep(20_000)); let all = []; for i in 0..30_000 { all.push(f.resume()) }; all.len() }
";
    let stress = Stress { collect_slowly: true, ..Stress::default() };
    let (mut vm, _) = vm_with(text, VmOptions { memory_limit: Some(64 << 20), stress, ..VmOptions::default() });
    assert_eq!(vm.call::<_, i64>("main.run", ()).expect("it needs a few MB"), 30_000);
}

/// Commits of two files, while a hundred tasks take turns that never end, are seen as a whole or not at all.
#[test]
fn no_task_sees_half_a_commit() {
    const COMMITS: i64 = 60;
    let files = |n: i64| {
        let first = format!(
            "const A = {n}\nfn f() {{ A }}\nclass P {{ slot first = {n} }}\nlet reloads = 0\nfn after_reload(change) {{ reloads += 1 }}\n"
        );
        let second = format!("import first\nconst B = {n}\nconst SUM = first.A + B\nclass Q(first.P) {{ slot second = {n} }}\n");
        vec![("first.lang".to_owned(), first), ("second.lang".to_owned(), second)]
    };
    let main = "import first\nimport second\nimport task\nlet looks = 0\nlet torn = []\nlet seen = set()\nlet stop = false\n\
        fn look() {\n    while not stop {\n        let all = [first.A, second.B, second.SUM - second.B]\n        looks += 1\n        \
        if all[0] != all[1] or all[0] != all[2] { torn.push(all) }\n        seen.add(all[0])\n        let q = second.Q()\n        \
        if q.first != q.second { torn.push([q.first, q.second]) }\n        task.sleep(0)\n    }\n}\n\
        fn run() { for _ in 0..100 { task.spawn(look) }; task.sleep(0); while first.A < 60 { task.sleep(0) }; stop = true }\n";
    let stress = Stress { single_step: true, ..Stress::default() };
    let host = FakeHost::new();
    let mut vm = stdlib::new_vm(VmOptions { host: Box::new(host), stress, ..VmOptions::default() });
    vm.add_root("");
    let mut texts = files(0);
    texts.push(("main.lang".into(), main.into()));
    vm.load_texts(texts).expect("the program is correct");
    let (mut turns, mut made) = (0, 0);
    vm.on_safe_point(move |vm| {
        turns += 1;
        // At many different places of the tasks.
        if turns % 97 == 0 && made < COMMITS {
            made += 1;
            let report = vm.reload_texts(files(made));
            assert!(report.ok, "{report}");
        }
    });
    vm.call::<_, ()>("main.run", ()).expect("it ends");
    assert_eq!(vm.get::<i64>("first.reloads").expect("an int"), COMMITS);
    let torn = vm.handle("main.torn").expect("a list");
    assert_eq!(vm.repr(&torn).expect("a text"), "[]");
    assert!(vm.get::<i64>("main.looks").expect("an int") > 100);
    let seen = vm.handle("main.seen").expect("a set");
    assert!(vm.repr(&seen).expect("a text").matches(',').count() > 20);
}
