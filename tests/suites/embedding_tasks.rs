//! Tasks that a host starts, the budget of a frame, functions that wait for what is outside.

use embed::prelude::*;
use embed::{Budget, Interrupt, NoHost};
use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn, ready};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// A future that another thread completes after a time.
fn later<T: Clone + Send + 'static>(value: T, after: Duration) -> impl Future<Output = T> {
    let done = Arc::new(std::sync::Mutex::new((None, None::<Waker>)));
    let shared = done.clone();
    std::thread::spawn(move || {
        std::thread::sleep(after);
        let mut done = shared.lock().expect("nobody panics");
        done.0 = Some(value);
        if let Some(waker) = done.1.take() {
            waker.wake();
        }
    });
    poll_fn(move |cx| {
        let mut done = done.lock().expect("nobody panics");
        done.1 = Some(cx.waker().clone());
        done.0.clone().map_or(Poll::Pending, Poll::Ready)
    })
}

/// Runs a future on this thread, as the simplest of executors.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread, AtomicU32);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current(), AtomicU32::new(0))));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        std::thread::park();
    }
}

fn net() -> Vm {
    let mut vm = Vm::new();
    vm.module("net")
        .async_function("get(url, ms = 1)", |url: String, ms: u64| later(format!("<{url}>"), Duration::from_millis(ms)))
        .async_function("fail()", || ready(Err::<(), _>("no route")))
        .async_function("never()", pending::<i64>);
    vm
}

#[test]
fn a_script_waits_and_others_go_on() {
    let mut vm = net();
    let text = "import net\nimport task\nlet log = []\nfn page(name, ms) { log.push(\"ask ${name}\"); let text = net.get(name, ms); log.push(text); text }\n\
                fn both() { let a = task.spawn(|| page(\"a\", 60))\nlet b = task.spawn(|| page(\"b\", 1))\n[a.join(), b.join()] }\n\
                fn caught() { try { net.fail() } catch e { e.message } }\n\
                fn given_up() { let t = task.spawn(|| net.never())\ntask.sleep(0)\nt.cancel()\ntry { t.join() } catch e is CancelledError { \"cancelled\" } }";
    vm.load_text("main.lang", text).expect("it loads");
    assert_eq!(vm.call::<_, Vec<String>>("main.both", ()).expect("it runs"), ["<a>", "<b>"]);
    assert_eq!(vm.get::<Vec<String>>("main.log").expect("a list"), ["ask a", "ask b", "<b>", "<a>"]);
    assert_eq!(vm.call::<_, String>("main.caught", ()).expect("it runs"), "no route");
    assert_eq!(vm.call::<_, String>("main.given_up", ()).expect("it runs"), "cancelled");
}

#[test]
fn what_is_outside_needs_no_clock() {
    let mut vm = Vm::builder().host(NoHost).build();
    vm.define_async_function("net", "get()", || later(7_i64, Duration::from_millis(5)));
    vm.load_text("main.lang", "import net\nfn it() { net.get() + 1 }").expect("it loads");
    assert_eq!(vm.call::<_, i64>("main.it", ()).expect("it runs"), 8);
    let remote = vm.remote();
    vm.define_async_function("net", "never()", pending::<i64>);
    vm.load_text("other.lang", "import net\nfn it() { net.never() }").expect("it loads");
    let other = std::thread::spawn(move || remote.cancel());
    assert!(matches!(vm.call::<_, i64>("other.it", ()), Err(Error::Interrupted(Interrupt::Cancelled))));
    other.join().expect("it ends");
}

#[test]
fn calls_are_futures() {
    let mut vm = net();
    let text = "import net\nimport task\nfn page(url) { task.sleep(0.01)\nnet.get(url, 5) + net.get(\"b\") }\nfn bad() { net.get(\"a\"); nil + 1 }\nfn busy() { let n = 0; while n < 3000000 { n += 1 }\nn }";
    vm.load_text("main.lang", text).expect("it loads");
    let page = vm.handle("main.page").expect("it is there");
    assert_eq!(block_on(vm.call_async::<_, String>(&page, ("a",))).expect("it runs"), "<a><b>");
    let bad = vm.handle("main.bad").expect("it is there");
    assert!(block_on(vm.call_async::<_, Handle>(&bad, ())).expect_err("it raises").to_string().starts_with("TypeError"));
    let busy = vm.handle("main.busy").expect("it is there");
    assert_eq!(block_on(vm.call_async::<_, i64>(&busy, ())).expect("it runs"), 3_000_000);
}

#[test]
fn a_frame_has_a_budget() {
    let mut vm = Vm::new();
    let text = "import task\nlet a = 0\nlet b = 0\nlet done = false\nfn busy() { while not done { a += 1 } }\nfn calm() { while not done { b += 1; task.sleep(0) } }\n\
                fn short(n) { n * 2 }\nfn bad() { nil + 1 }";
    vm.load_text("main.lang", text).expect("it loads");
    let busy = vm.start::<(), _>("main.busy", ()).expect("it is there");
    let calm = vm.start::<(), _>("main.calm", ()).expect("it is there");
    let short = vm.start::<i64, _>("main.short", (21,)).expect("it is there");
    let bad = vm.start::<i64, _>("main.bad", ()).expect("it is there");
    for _ in 0..40 {
        let ran = vm.run_tasks_within(Budget::fuel(2_000)).expect("nothing stops it");
        assert!(!ran.is_done && (2_000..2_200).contains(&ran.fuel), "{ran:?}");
    }
    let counted = |vm: &mut Vm| (vm.get::<i64>("main.a").expect("an int"), vm.get::<i64>("main.b").expect("an int"));
    let (a, b) = counted(&mut vm);
    assert!(a > 10_000 && b > 5, "both have their share: {a} {b}");
    assert_eq!(short.take(&mut vm).expect("it has ended").expect("it runs"), 42);
    assert!(short.take(&mut vm).is_none() && short.is_done());
    assert!(bad.take(&mut vm).expect("it has ended").is_err());
    // The loop goes on in its new text, between two frames.
    let report = vm.reload_text("main.lang", &text.replace("a += 1", "a -= 1"));
    assert!(report.ok, "{report}");
    for _ in 0..40 {
        vm.run_tasks_within(Budget::fuel(2_000)).expect("nothing stops it");
    }
    assert!(counted(&mut vm).0 < a);
    // By time.
    let begin = Instant::now();
    let ran = vm.run_tasks_within(Budget::time(Duration::from_millis(20))).expect("nothing stops it");
    assert!(!ran.is_done && ran.fuel > 1_000 && begin.elapsed() >= Duration::from_millis(19), "{ran:?}");
    vm.set("main.done", true).expect("a variable");
    while !vm.run_tasks_within(Budget::fuel(10_000)).expect("nothing stops it").is_done {}
    assert!(busy.is_done() && calm.is_done() && !vm.has_tasks());
}

/// A clock that goes on by 10 µs with each look, but for one look, which comes late, as when the process did not run meanwhile.
struct LateClock {
    late: u32,
    looks: u32,
    now: Duration,
}

impl embed::Host for LateClock {
    fn monotonic(&mut self) -> Result<Duration, embed::HostError> {
        self.looks += 1;
        self.now += Duration::from_micros(if self.looks == self.late { 4_000 } else { 10 });
        Ok(self.now)
    }
}

#[test]
fn a_time_that_is_up_at_any_look_ends_the_run() {
    for late in 1..12 {
        let clock = LateClock { late, looks: 0, now: Duration::ZERO };
        let mut vm = Vm::builder().host(clock).fuel(2_000_000_000).build();
        vm.load_text("main.lang", "fn busy() { while true { nil } }").expect("it loads");
        let busy = vm.start::<(), _>("main.busy", ()).expect("it is there");
        let time = Duration::from_millis(4);
        for _ in 0..3 {
            vm.run_tasks_within(Budget::time(time)).unwrap_or_else(|error| panic!("late at look {late}: {error}"));
            vm.run_tasks_for(time).unwrap_or_else(|error| panic!("late at look {late}: {error}"));
        }
        assert!(!busy.is_done());
    }
}

/// One operation that takes as long as many loop turns pays for them.
#[test]
fn long_operations_are_paid_from_the_budget() {
    let mut vm = Vm::new();
    let text = "let n = 0\nfn work() { let x = 3 ** 1_000_000\nwhile true { x * x\nn += 1 } }";
    vm.load_text("main.lang", text).expect("it loads");
    let _work = vm.start::<(), _>("main.work", ()).expect("it is there");
    for _ in 0..5 {
        let before = vm.get::<i64>("main.n").expect("an int");
        let ran = vm.run_tasks_within(Budget::fuel(50_000)).expect("nothing stops it");
        let done = vm.get::<i64>("main.n").expect("an int") - before;
        assert!(!ran.is_done && ran.fuel >= 50_000 && done <= 5, "{ran:?}: {done}");
    }
}

#[test]
fn started_tasks_are_cancelled() {
    let mut vm = Vm::new();
    vm.load_text("main.lang", "import task\nlet log = []\nfn wait() { try { task.sleep(1000) } finally { log.push(1) } }")
        .expect("it loads");
    let wait = vm.start::<(), _>("main.wait", ()).expect("it is there");
    vm.run_ready_tasks().expect("nothing stops it");
    assert!(wait.take(&mut vm).is_none());
    wait.cancel(&mut vm);
    vm.run_tasks().expect("nothing stops it");
    assert!(wait.take(&mut vm).expect("it has ended").expect_err("it was cancelled").to_string().starts_with("CancelledError"));
    assert_eq!(vm.get::<Vec<i64>>("main.log").expect("a list"), [1]);
}

#[test]
fn a_future_is_dropped_with_its_task() {
    struct Dropped(Rc<Cell<bool>>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let dropped = Rc::new(Cell::new(false));
    let held = Rc::new(RefCell::new(Some(Dropped(dropped.clone()))));
    let mut vm = net();
    vm.define_async_function("net", "hold()", move || {
        let held = held.borrow_mut().take();
        async move {
            pending::<()>().await;
            drop(held);
        }
    });
    vm.load_text("main.lang", "import net\nfn it() { net.hold() }\nfn get() { net.get(\"a\") }").expect("it loads");
    let task = vm.start::<(), _>("main.it", ()).expect("it is there");
    vm.run_ready_tasks().expect("nothing stops it");
    task.cancel(&mut vm);
    vm.run_tasks().expect("nothing stops it");
    vm.call::<_, String>("main.get", ()).expect("it runs");
    assert!(dropped.get());
    // Many VMs on many threads.
    let (tell, told) = channel();
    for n in 0..4_i64 {
        let tell = tell.clone();
        std::thread::spawn(move || {
            let mut vm = net();
            vm.load_text("main.lang", &format!("import net\nfn it() {{ net.get(\"{n}\") }}")).expect("it loads");
            tell.send(vm.call::<_, String>("main.it", ()).expect("it runs")).expect("it is waited for");
        });
    }
    let mut all: Vec<String> = (0..4).map(|_| told.recv().expect("each tells")).collect();
    all.sort();
    assert_eq!(all, ["<0>", "<1>", "<2>", "<3>"]);
}

/// Everything that runs within a frame, whoever has asked for it, comes to an end.
#[test]
fn budgets_are_of_the_frame_only() {
    let mut vm = Vm::new();
    vm.define_function("host", "twice(f)", |vm: &mut Vm, f: Hot<fn() -> i64>| -> Result<i64, Error> {
        Ok(f.call(vm)? + f.call(vm)?)
    });
    vm.define_function("host", "look()", |_: &mut Vm| 1_i64);
    let text = "import host\nimport task\nlet n = 0\nfn work() { let k = 0; while k < 5000 { k += 1 }\nk }\nfn nested() { host.twice(work) }\n\
                fn hosts() { while true { n += host.look() } }\nfn endless() { while true { n += 1 } }\nfn nap() { while true { task.sleep(0.001) } }";
    vm.load_text("main.lang", text).expect("it loads");
    let nested = vm.start::<i64, _>("main.nested", ()).expect("it is there");
    let remote = vm.remote();
    remote.post(|vm| assert_eq!(vm.call::<_, i64>("main.work", ()).expect("it runs"), 5000)).expect("the VM is there");
    for _ in 0..10 {
        let _ = vm.run_tasks_within(Budget::fuel(500)).expect("nothing stops it");
    }
    assert_eq!(nested.take(&mut vm).expect("it has ended").expect("it runs"), 10_000);
    // No time at all, and loops that only call the host.
    for name in ["main.endless", "main.hosts", "main.nap"] {
        let task = vm.start::<(), _>(name, ()).expect("it is there");
        for budget in [Budget::time(Duration::ZERO), Budget::time(Duration::from_millis(2)), Budget::fuel(1000)] {
            let _ = vm.run_tasks_within(budget).expect("nothing stops it");
        }
        assert!(!task.is_done(), "{name}");
    }
    // What is dropped when the program is stopped is told.
    let task = vm.start::<(), _>("main.endless", ()).expect("it is there");
    vm.set_fuel(Some(10_000));
    assert!(matches!(vm.call::<_, ()>("main.endless", ()), Err(Error::Interrupted(Interrupt::Fuel))));
    assert!(matches!(task.take(&mut vm), Some(Err(Error::Interrupted(Interrupt::Cancelled)))));
    // Code that the host calls back is no way to run for nothing.
    vm.set_fuel(Some(50_000));
    let spent = (0..100).find_map(|_| vm.call::<_, i64>("main.nested", ()).err());
    assert!(matches!(spent, Some(Error::Interrupted(Interrupt::Fuel))), "{spent:?}");
    vm.set_fuel(Some(100_000));
    vm.remote().cancel();
    assert!(vm.call::<_, ()>("main.hosts", ()).is_err());
}

#[test]
fn handles_of_other_vms_are_errors() {
    let mut other = Vm::new();
    let error = other.eval::<()>("throw Error(\"of the other\")").expect_err("it raises");
    let held = other.eval::<Handle>("[1, 2]").expect("it runs");
    let mut vm = Vm::new();
    vm.define_function("host", "fails()", move || Err::<(), _>(error.clone()));
    vm.define_function("host", "list()", move || held.clone());
    vm.load_text("main.lang", "import host\nfn it() { host.fails() }\nfn list() { host.list() }").expect("it loads");
    assert!(vm.call::<_, ()>("main.it", ()).expect_err("it raises").to_string().contains("of the other"));
    let refused = vm.call::<_, Option<i64>>("main.list", ()).expect_err("it is not its own").to_string();
    assert!(refused.contains("the handle belongs to another VM"), "{refused}");
}
