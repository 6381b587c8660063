//! A host that catches the panics of its closures goes on with its VM.

use embed::prelude::*;
use embed::{Budget, OnError, Remote, Restart, Unanswered};
use std::cell::Cell;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// A program that does all kinds of things when it is asked to.
const TEXT: &str = "import host\n\
    let n = 1\n\
    class A { slot x = 1 }\n\
    fn f() { host.plain() }\n\
    fn g() { host.outside() }\n\
    fn deep() { host.again(f) }\n\
    fn waits() { host.later() }\n\
    fn one() { n }\n\
    fn sleeper() { task.sleep(0.001); n += 10 }\n\
    import task\n";

fn vm() -> Vm {
    let mut vm = Vm::new();
    vm.module("host")
        .function("plain()", || -> i64 { panic!("in a function") })
        .function("outside()", |_: &mut Vm| -> i64 { panic!("with the VM") })
        .function("again(f)", |vm: &mut Vm, f: Hot<fn() -> i64>| f.call(vm))
        .async_function("later()", || async { panic_now() });
    vm.load_text("m.lang", TEXT).expect("it loads");
    vm
}

fn panic_now() -> i64 {
    panic!("in a future")
}

/// What a closure panics with.
fn caught<T>(f: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).err().expect("it panics");
    panic.downcast_ref::<&str>().map(ToString::to_string).or_else(|| panic.downcast_ref::<String>().cloned()).expect("a text")
}

/// The VM works: calls, evaluations, reloads, tasks, what is posted.
fn works(vm: &mut Vm) {
    vm.set("m.n", 1).expect("set");
    assert_eq!(vm.call::<_, i64>("m.one", ()).expect("a call"), 1);
    assert_eq!(vm.eval::<i64>("1 + 1").expect("an evaluation"), 2);
    let report = vm.reload_text("m.lang", &TEXT.replace("{ n }", "{ n + 1 }"));
    assert!(report.ok && report.committed, "{report}");
    assert_eq!(vm.call::<_, i64>("m.one", ()).expect("a call"), 2);
    let report = vm.reload_text("m.lang", TEXT);
    assert!(report.ok && report.committed, "{report}");
    let task = vm.start::<(), _>("m.sleeper", ()).expect("a task");
    vm.run_tasks().expect("tasks run");
    task.take(vm).expect("it has ended").expect("without error");
    assert_eq!(vm.call::<_, i64>("m.one", ()).expect("a call"), 11);
    vm.set("m.n", 1).expect("set");
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flag = done.clone();
    vm.remote().post(move |_| flag.store(true, std::sync::atomic::Ordering::Relaxed)).expect("it is there");
    vm.poll();
    assert!(done.load(std::sync::atomic::Ordering::Relaxed));
    vm.eval::<()>("fn deepest(n) { if n > 0 { deepest(n - 1) } }\ndeepest(100)").expect("an evaluation");
}

#[test]
fn after_a_panic_in_a_function() {
    let mut vm = vm();
    for name in ["m.f", "m.deep"] {
        assert_eq!(caught(|| vm.call::<_, i64>(name, ())), "in a function");
        works(&mut vm);
    }
    assert_eq!(caught(|| vm.call::<_, i64>("m.g", ())), "with the VM");
    works(&mut vm);
    assert_eq!(caught(|| vm.call::<_, i64>("m.waits", ())), "in a future");
    works(&mut vm);
    assert_eq!(caught(|| vm.eval::<i64>("import host\nhost.plain()")), "in a function");
    works(&mut vm);
    assert_eq!(caught(|| vm.eval::<i64>("let y = host.outside()")), "with the VM");
    works(&mut vm);
}

#[test]
fn a_host_function_may_catch_what_it_has_called() {
    let mut vm = vm();
    vm.define_function("host", "shield(f)", |vm: &mut Vm, f: Hot<fn() -> i64>| caught(|| f.call(vm)));
    vm.reload_text("n.lang", "import m\nimport host\nfn f() { host.shield(m.f) + \"!\" }");
    assert_eq!(vm.call::<_, String>("n.f", ()).expect("it is caught"), "in a function!");
    works(&mut vm);
}

#[test]
fn a_panic_in_a_task_ends_that_task() {
    let mut vm = vm();
    let bad = vm.start::<i64, _>("m.g", ()).expect("a task");
    let good = vm.start::<(), _>("m.sleeper", ()).expect("a task");
    assert_eq!(caught(|| vm.run_tasks_within(Budget::fuel(1000))), "with the VM");
    vm.run_tasks().expect("the others go on");
    good.take(&mut vm).expect("it has ended").expect("without error");
    let error = bad.take(&mut vm).expect("it has ended").expect_err("it has panicked").to_string();
    assert!(error.starts_with("Error: code of the host has panicked"), "{error}");
    works(&mut vm);
}

#[test]
fn a_panic_within_a_commit_takes_it_back() {
    let mut vm = vm();
    for (function, message) in [("plain", "in a function"), ("outside", "with the VM")] {
        let text = TEXT.replace("{ n }", "{ n + 5 }") + &format!("let z = host.{function}()\n");
        assert_eq!(caught(|| vm.reload_text("m.lang", &text)), message);
        assert_eq!(vm.call::<_, i64>("m.one", ()).expect("as before"), 1);
        works(&mut vm);
        assert_eq!(caught(|| vm.load_text("other.lang", &format!("import host\nhost.{function}()"))), message);
        assert!(!vm.is_loaded("other.lang"));
        works(&mut vm);
    }
}

#[test]
fn a_panic_in_what_the_host_has_set() {
    let mut vm = vm();
    let is_bad = Rc::new(Cell::new(true));
    let bad = is_bad.clone();
    vm.on_validate(move |_, _| if bad.get() { panic!("in validate") } else { Ok(()) });
    let edit = TEXT.replace("{ n }", "{ n + 5 }");
    assert_eq!(caught(|| vm.reload_text("m.lang", &edit)), "in validate");
    assert_eq!(vm.call::<_, i64>("m.one", ()).expect("it was taken back"), 1);
    is_bad.set(false);
    works(&mut vm);

    let bad = is_bad.clone();
    vm.watch_reports(move |_| if bad.get() { panic!("in a watcher") } else { ControlFlow::Continue(()) });
    is_bad.set(true);
    vm.on_validate(|_, _| Ok(()));
    assert_eq!(caught(|| vm.reload_text("m.lang", &edit)), "in a watcher");
    is_bad.set(false);
    assert_eq!(vm.call::<_, i64>("m.one", ()).expect("the edit was made"), 6);
    assert!(vm.reload_text("m.lang", TEXT).ok);
    works(&mut vm);

    let remote: Remote = vm.remote();
    remote.post(|_| panic!("in a job")).expect("it is there");
    assert_eq!(caught(|| vm.call::<_, ()>("m.sleeper", ())), "in a job");
    works(&mut vm);
    let asked = std::thread::spawn(move || remote.ask(|_| -> i64 { panic!("in a question") }));
    // The question comes when its thread has got to it.
    let until_asked = || {
        for _ in 0.. {
            vm.call::<_, ()>("m.sleeper", ()).expect("it runs");
        }
    };
    assert_eq!(caught(until_asked), "in a question");
    assert_eq!(asked.join().expect("it ends"), Err(Unanswered::Panicked));
    works(&mut vm);

    let bad = is_bad.clone();
    vm.on_safe_point(move |_| assert!(!bad.get(), "at a safe point"));
    is_bad.set(true);
    assert_eq!(caught(|| vm.call::<_, ()>("m.sleeper", ())), "at a safe point");
    is_bad.set(false);
    works(&mut vm);

    let bad = is_bad.clone();
    vm.set_change_source(move |_| if bad.get() { panic!("in a source") } else { Vec::new() });
    is_bad.set(true);
    assert_eq!(caught(|| vm.poll_reload()), "in a source");
    assert_eq!(caught(|| vm.poll_reload()), "in a source");
    is_bad.set(false);
    assert!(vm.poll_reload().is_none());
    works(&mut vm);
}

#[test]
fn a_panic_in_a_method_frees_its_value() {
    #[derive(Class)]
    struct Door(i64);

    #[methods]
    impl Door {
        fn new() -> Door {
            Door(1)
        }
        fn slam(&mut self) {
            self.0 += 1;
            panic!("in a method");
        }
        #[script(get)]
        fn count(&self) -> i64 {
            self.0
        }
    }

    let mut vm = vm();
    vm.module("house").class::<Door>();
    vm.load_text("d.lang", "from house import Door\nlet door = Door()\nfn slam() { door.slam() }\nfn count() { door.count }")
        .expect("loads");
    assert_eq!(caught(|| vm.call::<_, ()>("d.slam", ())), "in a method");
    assert_eq!(vm.call::<_, i64>("d.count", ()).expect("a call"), 2);
    works(&mut vm);
}

#[test]
fn a_block_ends_with_the_panic_that_drops_it() {
    let mut vm = vm();
    let message = caught(|| {
        let _block = vm.block_reloads();
        panic!("while blocked")
    });
    assert_eq!(message, "while blocked");
    works(&mut vm);
}

#[test]
fn a_panic_in_a_call_that_goes_on_and_in_a_test() {
    let mut vm = vm();
    let text = "import host\nlet bad = true\nfn f() { if bad { throw ValueError(\"stop\") }\nhost.plain() }\ntest \"it\" { host.outside() }";
    vm.load_text("s.lang", text).expect("it loads");
    assert_eq!(caught(|| vm.run_test("s.lang", 0)), "with the VM");
    works(&mut vm);
    vm.on_error(OnError::Return);
    assert!(vm.call::<_, i64>("s.f", ()).is_err() && vm.is_stopped());
    assert_eq!(caught(|| vm.eval_in_call(0, "host.plain()")), "in a function");
    vm.set("s.bad", false).expect("it is a variable");
    assert_eq!(caught(|| vm.resume(&Restart::Retry(0))), "in a function");
    vm.on_error(OnError::Unwind);
    works(&mut vm);
}
