//! Calls from the host that have stopped at an error, with their calls alive.

use stdlib::new_vm;
use tests::host::FakeHost;
use vm::embed::{Error, OnError, Restart, Vm, VmOptions};

fn vm_with(text: &str, on_error: OnError) -> Vm {
    let mut vm = new_vm(VmOptions { host: Box::new(FakeHost::new()), ..VmOptions::default() });
    let report = vm.reload_texts(vec![("main.lang".into(), text.into())]);
    assert!(report.ok, "{report}");
    vm.on_error(on_error);
    vm
}

const TEXT: &str = "\
let log = []
fn part(n) {
    try { 12 // n } finally { log.push(\"left ${n}\") }
}
fn all(list) {
    let out = []
    for n in list { out.push(part(n)) }
    out
}
fn state() { log }
";

fn message(error: &Error) -> &str {
    match error {
        Error::Raised { message, .. } => message,
        other => panic!("{other}"),
    }
}

#[test]
fn a_call_returns_its_error_and_goes_on_later() {
    let mut vm = vm_with(TEXT, OnError::Return);
    let error = vm.call::<_, Vec<i64>>("main.all", (vec![3, 0, 4],)).expect_err("12 // 0");
    assert_eq!(message(&error), "integer division by zero (`//`)");
    let stopped = vm.stopped().expect("the calls are alive");
    assert_eq!(stopped.calls[0].locals, [("n".to_owned(), "0".to_owned())]);
    // Other calls run meanwhile.
    assert_eq!(vm.call::<_, Vec<String>>("main.state", ()).expect("it returns"), ["left 3"]);
    let report = vm.reload_texts(vec![("main.lang".into(), TEXT.replace("12 // n", "if n == 0 { 7 } else { 12 // n }"))]);
    assert!(report.ok, "{report}");
    let how = vm.restart_after_edit();
    let result = vm.resume(&how).expect("the edit has mended it");
    assert_eq!(vm.read::<Vec<i64>>(&result).expect("a list"), [4, 7, 3]);
    assert!(!vm.is_stopped());
    assert_eq!(vm.call::<_, Vec<String>>("main.state", ()).expect("it returns"), ["left 3", "left 0", "left 0", "left 4"]);
    assert!(vm.resume(&Restart::Abort).is_err());
}

#[test]
fn the_next_error_lets_the_one_before_go_on_up() {
    let mut vm = vm_with(TEXT, OnError::Return);
    for n in [1, 2] {
        let bad = if n == 1 { "x" } else { "y" };
        vm.call::<_, i64>("main.part", (bad,)).expect_err("no number");
    }
    assert_eq!(vm.call::<_, Vec<String>>("main.state", ()).expect("it returns"), ["left x"]);
    let value = vm.eval_in_call(0, "n + \"!\"").expect("it can be evaluated").expect("a value");
    let result = vm.resume(&Restart::Return(0, value)).expect("it returns");
    assert_eq!(vm.read::<String>(&result).expect("a text"), "y!");
    assert_eq!(vm.call::<_, Vec<String>>("main.state", ()).expect("it returns"), ["left x", "left y"]);
}

#[test]
fn a_stop_while_another_is_kept_leaves_both_in_order() {
    let mut vm = vm_with(TEXT, OnError::Return);
    vm.call::<_, i64>("main.part", (0,)).expect_err("12 // 0");
    let again = vm.resume(&Restart::Retry(0)).expect_err("nothing was mended");
    assert_eq!(message(&again), "integer division by zero (`//`)");
    assert!(vm.is_stopped());
    vm.collect();
    let error = vm.resume(&Restart::Abort).expect_err("the error goes on up");
    assert_eq!(message(&error), "integer division by zero (`//`)");
    assert!(!vm.is_stopped());
    assert_eq!(vm.call::<_, Vec<String>>("main.state", ()).expect("it returns"), ["left 0", "left 0"]);
}

#[test]
fn a_host_that_never_answers_can_cancel() {
    let mut vm = vm_with(TEXT, OnError::Wait);
    let flag = vm.cancel_flag();
    vm.on_safe_point(move |vm| {
        if vm.is_stopped() {
            flag.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    });
    assert!(matches!(vm.call::<_, i64>("main.part", (0,)), Err(Error::Interrupted(_))));
    assert!(!vm.is_stopped());
}

#[test]
fn a_host_without_a_clock_can_answer() {
    let mut vm = new_vm(VmOptions::default());
    assert!(vm.reload_texts(vec![("main.lang".into(), TEXT.into())]).ok);
    vm.on_error(OnError::Wait);
    vm.on_safe_point(|vm| {
        if vm.is_stopped() {
            let value = vm.make(|_| vm::heap::Value::Int(5));
            vm.restart(&Restart::Return(0, value)).expect("it has stopped");
        }
    });
    assert_eq!(vm.call::<_, i64>("main.part", (0,)).expect("it returns"), 5);
}

#[test]
fn tasks_go_on_beside_a_main_part_that_has_stopped() {
    let text = "import task\nlet ticks = 0\nfn ticker() { while true { ticks += 1; task.sleep(0.01) } }\n\
                fn main() { task.spawn(ticker); task.sleep(0.05); nil.x }";
    let mut vm = vm_with(text, OnError::Wait);
    vm.on_safe_point(|vm| {
        if vm.is_stopped() && vm.get::<i64>("main.ticks").is_ok_and(|ticks| ticks > 20) {
            vm.restart(&Restart::Abort).expect("it has stopped");
        }
    });
    assert!(matches!(vm.call::<_, ()>("main.main", ()), Err(Error::Raised { .. })));
    assert!(vm.get::<i64>("main.ticks").expect("an int") > 20);
}

#[test]
fn what_is_evaluated_in_a_call_returns_what_it_likes() {
    let mut vm = vm_with(TEXT, OnError::Return);
    vm.call::<_, i64>("main.part", (0,)).expect_err("12 // 0");
    let shown = |vm: &mut Vm, text: &str| {
        let value = vm.eval_in_call(0, text).expect("it can be evaluated").expect("a value");
        vm.repr(&value).expect("a text")
    };
    assert_eq!(shown(&mut vm, "return []"), "[]");
    assert_eq!(shown(&mut vm, "return [1, 2]"), "[1, 2]");
    assert_eq!(shown(&mut vm, "let value_ = 7\nvalue_ + n"), "7");
    assert_eq!(vm.stopped().expect("still").calls[0].locals, [("n".to_owned(), "0".to_owned())]);
    assert!(vm.eval_in_call(0, "n = 3\nreturn n").is_ok());
    assert_eq!(vm.stopped().expect("still").calls[0].locals, [("n".to_owned(), "3".to_owned())]);
}

/// What the library looks up by name is no name of the program's that an edit could bring.
#[test]
fn a_name_that_the_library_looks_for_is_not_missing() {
    let text = "import live\nfn f(text) { live.eval(text) }\nfn main() { f(\"nosuch\") }\n";
    let mut vm = vm_with(text, OnError::Return);
    vm.call::<_, ()>("main.main", ()).expect_err("nosuch");
    assert!(vm.stopped().expect("it has stopped").missing.is_none());
    let report = vm.reload_texts(vec![("main.lang".into(), text.replace("\"nosuch\"", "\"40 + 2\""))]);
    assert!(report.ok, "{report}");
    let how = vm.restart_after_edit();
    let result = vm.resume(&how).expect("the edit has mended it");
    assert!(vm.is_nil(&result) || vm.read::<i64>(&result).is_ok_and(|n| n == 42));
}

/// A task that does not wait lets the stopped part wait for its turn: the answer that was given holds.
#[test]
fn an_answer_is_asked_for_once() {
    let text = "import task\nlet n = 0\nfn busy() { while n < 3_000_000 { n += 1 } }\n\
                fn main() { task.spawn(busy); task.sleep(0); nil.x }";
    let mut vm = vm_with(text, OnError::Wait);
    let answers = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = answers.clone();
    vm.on_safe_point(move |vm| {
        if vm.is_stopped() {
            count.set(count.get() + 1);
            vm.restart(&Restart::Abort).expect("it has stopped");
        }
    });
    assert!(matches!(vm.call::<_, ()>("main.main", ()), Err(Error::Raised { .. })));
    assert_eq!(answers.get(), 1);
}

#[test]
fn an_exit_on_the_way_of_an_older_error_ends_the_program() {
    let text = "fn f(n) { try { 1 // n } finally { if n == 0 { exit(3) } } }\nfn g() { nil.x }\n";
    let mut vm = vm_with(text, OnError::Return);
    assert!(matches!(vm.call::<_, i64>("main.f", (0,)), Err(Error::Raised { .. })));
    let interrupted = vm.call::<_, i64>("main.g", ()).expect_err("the older one goes on up");
    assert!(matches!(interrupted, Error::Interrupted(vm::object::Interrupt::Exit(3))), "{interrupted}");
}
