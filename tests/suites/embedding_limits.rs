//! What hosts forbid, and what does not fit together.

use embed::prelude::*;
use embed::{Budget, Effect, Host, HostError};
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

/// A VM with a text.
fn loaded(text: &str) -> Vm {
    let mut vm = Vm::new();
    vm.load_text("main.lang", text).expect("it loads");
    vm
}

#[test]
fn a_dropped_call_is_cancelled() {
    let text = "import task\nlet log = []\nfn endless() { try { while true { task.sleep(1000) } } finally { log.push(\"finally\") } }\n\
                fn busy() { try { while true { log.len } } finally { log.push(\"busy\") } }\nfn one() { 1 }";
    let mut vm = loaded(text);
    let failures = Rc::new(Cell::new(0));
    let count = failures.clone();
    vm.on_task_error(move |_, _| count.set(count.get() + 1));
    for name in ["main.endless", "main.busy"] {
        let function = vm.handle(name).expect("it is there");
        {
            let mut call = pin!(vm.call_async::<_, ()>(&function, ()));
            assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        vm.run_tasks().expect("there is nothing left to run");
        assert!(!vm.has_tasks());
    }
    assert_eq!(vm.get::<Vec<String>>("main.log").expect("a list"), ["finally", "busy"]);
    assert_eq!(failures.get(), 0);
    assert_eq!(vm.call::<_, i64>("main.one", ()).expect("it runs"), 1);
}

#[test]
fn a_loop_that_never_waits_is_cancelled() {
    let text = "let turns = 0\nlet is_left = false\nfn endless() { try { while true { turns += 1 } } finally { is_left = true } }";
    for budget in [1000, 100_000] {
        let mut vm = loaded(text);
        let task = vm.start::<(), _>("main.endless", ()).expect("it starts");
        let ran = vm.run_tasks_within(Budget::fuel(budget)).expect("it runs");
        assert!(!ran.is_done);
        task.cancel(&mut vm);
        vm.run_tasks_within(Budget::fuel(budget)).expect("it runs");
        vm.run_tasks_within(Budget::fuel(budget)).expect("it runs");
        let error = task.take(&mut vm).expect("it has ended").expect_err("it was cancelled").to_string();
        assert!(error.starts_with("CancelledError"), "{error}");
        assert!(vm.get::<bool>("main.is_left").expect("a bool"));
    }
}

#[test]
fn tasks_are_run_from_outside() {
    let mut vm = Vm::new();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let note = seen.clone();
    vm.define_function("host", "within()", move |vm: &mut Vm| {
        let results = [vm.run_tasks(), vm.run_tasks_for(Duration::ZERO), vm.run_tasks_within(Budget::fuel(10)).map(drop)];
        note.borrow_mut().extend(results.map(|result| result.expect_err("the program waits").to_string()));
        vm.run_ready_tasks()
    });
    vm.load_text("main.lang", "import host\nimport task\nlet n = 0\nfn f() { task.spawn(|| n += 1); host.within() }")
        .expect("it loads");
    vm.call::<_, ()>("main.f", ()).expect("it runs");
    assert_eq!(seen.borrow().len(), 3);
    assert!(seen.borrow().iter().all(|error| error.starts_with("tasks cannot be run here: the program has called this function")));
    assert_eq!(vm.get::<i64>("main.n").expect("an int"), 0);
    vm.run_tasks().expect("now they run");
    assert_eq!(vm.get::<i64>("main.n").expect("an int"), 1);
}

#[test]
fn jobs_do_not_run_within_each_other() {
    let mut vm = loaded("fn work() { let n = 0\nwhile n < 100000 { n += 1 }\nn }");
    let (remote, log) = (vm.remote(), Arc::new(Mutex::new(Vec::new())));
    for job in ["first", "second"] {
        let log = log.clone();
        let note = move |what: &str| log.lock().expect("nobody panics").push(format!("{what} {job}"));
        let job = move |vm: &mut Vm| {
            note("begin");
            vm.call::<_, i64>("main.work", ()).expect("it runs");
            note("end");
        };
        remote.post(job).expect("it is there");
    }
    vm.call::<_, i64>("main.work", ()).expect("it runs");
    assert_eq!(*log.lock().expect("nobody panics"), ["begin first", "end first", "begin second", "end second"]);
}

/// Time goes on only while the program waits.
#[derive(Clone, Default)]
struct Clockwork(Rc<Cell<Duration>>);

impl Host for Clockwork {
    fn monotonic(&mut self) -> Result<Duration, HostError> {
        Ok(self.0.get())
    }

    fn sleep(&mut self, duration: Duration) -> Result<(), HostError> {
        self.0.set(self.0.get() + duration);
        Ok(())
    }

    fn write(&mut self, _: &str) -> Result<(), HostError> {
        Ok(())
    }
}

#[test]
fn a_clock_of_the_host_goes_on_while_a_future_is_awaited() {
    let clock = Clockwork::default();
    let mut vm = Vm::builder().host(clock.clone()).build();
    vm.define_async_function("host", "never()", || poll_fn(|_| Poll::<i64>::Pending));
    let text = "import host\nimport task\nlet woke = false\nfn f() {\n    let waiting = task.spawn(|| host.never())\n    \
                task.sleep(3600)\n    woke = true\n    waiting.cancel()\n}";
    vm.load_text("main.lang", text).expect("it loads");
    let begin = std::time::Instant::now();
    vm.call::<_, ()>("main.f", ()).expect("it runs");
    assert!(vm.get::<bool>("main.woke").expect("a bool") && clock.0.get() >= Duration::from_secs(3600));
    assert!(begin.elapsed() < Duration::from_secs(600), "an hour of the host's clock is none of ours");
}

#[test]
fn a_wait_of_the_system_ends_when_a_future_is_ready() {
    let mut vm = Vm::new();
    vm.define_async_function("host", "soon()", || {
        let shared = Arc::new(Mutex::new((false, None::<Waker>)));
        let theirs = shared.clone();
        thread::spawn(move || {
            let mut state = theirs.lock().expect("nobody panics");
            state.0 = true;
            state.1.take().inspect(Waker::wake_by_ref);
        });
        poll_fn(move |cx| {
            let mut state = shared.lock().expect("nobody panics");
            state.1 = Some(cx.waker().clone());
            if state.0 { Poll::Ready(7) } else { Poll::Pending }
        })
    });
    vm.load_text("main.lang", "import host\nfn f() { host.soon() }").expect("it loads");
    assert_eq!(vm.call::<_, i64>("main.f", ()).expect("it runs"), 7);
}

#[test]
fn a_host_and_what_is_allowed_go_together() {
    for allow_first in [true, false] {
        let builder = Vm::builder();
        let host = Clockwork::default();
        let builder = match allow_first {
            true => builder.allow(&[Effect::Clock]).host(host),
            false => builder.host(host).allow(&[Effect::Clock]),
        };
        let mut vm = builder.build();
        assert_eq!(vm.eval::<f64>("import time\ntime.monotonic()").expect("the clock is the host's"), 0.0);
        let error = vm.eval::<()>("print(1)").expect_err("output is not allowed").to_string();
        assert!(error.contains("output"), "{error}");
    }
    let mut vm = Vm::builder().allow(&[Effect::Clock]).allow(&[Effect::Output]).host(Clockwork::default()).build();
    vm.eval::<()>("print(1)").expect("both are allowed");
}

#[test]
fn nothing_goes_round_what_is_frozen() {
    let mut vm = loaded("import live\nlet n = 1\nclass A { fn f() { 1 } }\nfn reset() { live.reset(\"main.n\") }");
    vm.eval::<()>("extend A { fn g() { 2 } }\nfn late() { 3 }").expect("nothing is frozen yet");
    vm.set("main.n", 5).expect("it is a variable");
    vm.freeze();
    let refused = |vm: &mut Vm, text: &str| vm.eval::<()>(text).expect_err("it is frozen").to_string();
    for text in
        ["extend A { fn f() { 7 } }", "extend Int { fn twice() { self * 2 } }", "fn late() { 4 }", "class A { }", "let n = 3"]
    {
        let error = refused(&mut vm, text);
        assert!(error.contains("R0120"), "{text}: {error}");
    }
    let error = vm.call::<_, ()>("main.reset", ()).expect_err("it is frozen").to_string();
    assert!(error.contains("R0120"), "{error}");
    assert!(vm.reset("main.n").is_err());
    assert_eq!(vm.get::<i64>("main.n").expect("an int"), 5);
    let reasons = vm.reload_text("other.lang", "from main import A\nextend A { fn f() { 7 } }").reasons;
    assert_eq!(reasons[0].code, "R0120");
    assert_eq!(vm.eval::<i64>("A().f()").expect("it runs"), 1);

    // What is not loaded yet is not frozen.
    vm.eval::<()>("class B { fn f() { 1 } }\nextend B { fn g() { 2 } }").expect("it is new");
    let texts = vec![("b.lang".into(), "class C { }".into()), ("c.lang".into(), "import b\nextend b.C { fn f() { 1 } }".into())];
    let report = vm.reload_texts(texts);
    assert!(report.ok, "{report}");
    assert_eq!(vm.eval::<i64>("import b\nb.C().f()").expect("it runs"), 1);
}

#[test]
fn nothing_goes_round_a_block() {
    let mut vm = loaded("import live\nlet n = 1\nclass A { fn f() { 1 } }\nfn reset() { live.reset(\"main.n\") }");
    let block = vm.block_reloads();
    for text in ["extend A { fn f() { 7 } }", "fn new() { 1 }"] {
        let error = vm.eval::<()>(text).expect_err("it is blocked").to_string();
        assert!(error.contains("R0118"), "{text}: {error}");
    }
    let error = vm.call::<_, ()>("main.reset", ()).expect_err("it is blocked").to_string();
    assert!(error.contains("R0118"), "{error}");
    assert_eq!(vm.eval::<i64>("A().f()").expect("it changes nothing"), 1);
    drop(block);
    vm.call::<_, ()>("main.reset", ()).expect("nothing is blocked");
    vm.eval::<()>("extend A { fn f() { 7 } }").expect("nothing is blocked");
}

#[test]
fn what_is_evaluated_must_satisfy_the_host() {
    let mut vm = Vm::new();
    vm.require::<fn(f64)>("main.update");
    vm.on_validate(|vm, _| match vm.get::<i64>("main.players") {
        Ok(count) if count > 8 => Err(format!("{count} players are too many")),
        _ => Ok(()),
    });
    let text = "import live\nlet seats = 2\nlet players = seats\nfn update(dt) { }\nfn reset() { live.reset(\"main.players\") }";
    vm.load_text("main.lang", text).expect("it has all");
    let error = vm.eval::<()>("fn update() { 1 }").expect_err("it takes too little").to_string();
    assert!(error.contains("R0119") && error.contains("the host needs `main.update`: the host gives 1 argument"), "{error}");
    let error = vm.eval::<()>("let players = 9").expect_err("too many").to_string();
    assert!(error.contains("the host refuses it: 9 players are too many"), "{error}");
    vm.set("main.seats", 10).expect("it is a variable");
    let error = vm.call::<_, ()>("main.reset", ()).expect_err("too many").to_string();
    assert!(error.contains("10 players are too many"), "{error}");
    assert_eq!(vm.get::<i64>("main.players").expect("as before"), 2);
    vm.call::<_, ()>("main.update", (0.5,)).expect("as before");
    vm.eval::<()>("fn update(seconds) { 2 }\nlet other = 1").expect("it fits");
}

#[test]
fn a_deep_call_does_not_keep_its_stack() {
    let mut vm = loaded("fn deep(n) { if n == 0 { 0 } else { deep(n - 1) + 1 } }\nfn one() { 1 }");
    assert_eq!(vm.call::<_, i64>("main.deep", (50_000,)).expect("it is not too deep"), 50_000);
    let slots = vm.enter(|cx| cx.world.stack.values.capacity());
    assert!(slots <= vm::limits::IDLE_SLOTS_MAX, "{slots} slots are kept");
    assert_eq!(vm.call::<_, i64>("main.one", ()).expect("it runs"), 1);

    // While it runs, what is not needed any more goes with a collection.
    vm.define_function("host", "slots()", |vm: &mut Vm| {
        vm.collect();
        vm.enter(|cx| cx.world.stack.values.capacity() as i64)
    });
    vm.load_text("long.lang", "import host\nimport main\nfn f() { main.deep(50000); host.slots() }").expect("it loads");
    let slots = vm.call::<_, i64>("long.f", ()).expect("it runs");
    assert!(slots <= vm::limits::IDLE_SLOTS_MAX as i64, "{slots} slots are kept");
    assert_eq!(vm.call::<_, i64>("main.deep", (50_000,)).expect("it is not too deep"), 50_000);
}

/// Counts those that are alive.
#[derive(Class)]
struct Counted {
    alive: Rc<Cell<i64>>,
    callback: Option<Hot<fn() -> i64>>,
}

#[methods]
impl Counted {
    fn keep(&mut self, f: Hot<fn() -> i64>) {
        self.callback = Some(f);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive.set(self.alive.get() - 1);
    }
}

#[test]
fn what_nobody_reaches_is_let_go() {
    let mut vm = Vm::new();
    vm.module("host").class::<Counted>();
    vm.load_text("main.lang", "fn plain(c) { c.keep(|| 1) }\nfn circle(c) { c.keep(|| { c; 1 }) }").expect("it loads");
    let alive = Rc::new(Cell::new(0));
    let make = |vm: &mut Vm, function: &str| {
        alive.set(alive.get() + 1);
        let own = Own::new(vm, Counted { alive: alive.clone(), callback: None });
        vm.call::<_, ()>(function, (&own,)).expect("it runs");
        own
    };
    drop(make(&mut vm, "main.plain"));
    vm.collect();
    assert_eq!(alive.get(), 0);

    // A circle through Rust is the host's to break.
    let own = make(&mut vm, "main.circle");
    own.borrow_mut().expect("nobody has it").callback = None;
    drop(own);
    vm.collect();
    vm.collect();
    assert_eq!(alive.get(), 0);
}

type Named = embed::Registry<i64>;

/// A VM in which scripts register numbers.
fn with_registry() -> (Vm, Named) {
    let mut vm = Vm::new();
    let registry = vm.registry::<i64>();
    let registering = registry.clone();
    vm.define_function("host", "add(name, n)", move |vm: &mut Vm, name: String, n: i64| registering.insert(vm, &name, n));
    (vm, registry)
}

#[test]
fn entries_go_with_the_statement_that_has_made_them() {
    let (mut vm, registry) = with_registry();
    let text = "import host\nhost.add(\"a\", 1)\nhost.add(\"b\", 2)\nfor n in [3, 4] { host.add(\"n${n}\", n) }\nlet d = host.add(\"d\", 5)\n\
                fn late() { host.add(\"late\", 6) }\n";
    vm.load_text("main.lang", text).expect("it loads");
    assert_eq!(registry.names(), ["a", "b", "n3", "n4", "d"]);
    assert_eq!(registry.file_of("n3").as_deref(), Some("main.lang"));

    // The order stays, and what is not edited stays as it is.
    assert!(vm.reload_text("main.lang", &text.replace("\"a\", 1", "\"a\", 10")).committed);
    assert_eq!(registry.names(), ["a", "b", "n3", "n4", "d"]);
    assert_eq!(registry.all(), [10, 2, 3, 4, 5]);

    // What is refused leaves no trace.
    assert!(!vm.reload_text("main.lang", &text.replace("\"b\", 2", "\"b\", 20")).ok || registry.get("b") == Some(20));
    let broken = text.replace("\"a\", 1", "\"a\", 100").replace("\"b\", 2", "\"c\", 2") + "nil + 1\n";
    let before = (registry.names(), registry.all());
    assert!(!vm.reload_text("main.lang", &broken).ok);
    assert_eq!((registry.names(), registry.all()), before);

    // What is registered at another time belongs to no file.
    vm.call::<_, Option<String>>("main.late", ()).expect("it runs");
    assert!(registry.file_of("late").is_none());
    assert!(vm.reload_text("main.lang", "import host\nhost.add(\"b\", 2)").committed);
    assert_eq!(registry.names(), ["b", "late"]);
    assert!(vm.undo().expect("there is one").ok);
    assert!(vm.redo().expect("there is one").ok);
    assert!(vm.reload(vec![embed::FileText { path: "main.lang".into(), text: None }], &Default::default()).committed);
    assert_eq!(registry.names(), ["late"]);
    assert!(registry.remove("late") && !registry.remove("late"));
}

#[test]
fn an_entry_of_another_file_comes_back() {
    let (mut vm, registry) = with_registry();
    vm.load_text("one.lang", "import host\nconst before = host.add(\"x\", 1)").expect("it loads");
    vm.load_text("two.lang", "import host\nconst before = host.add(\"x\", 2)").expect("it loads");
    assert_eq!(vm.get::<Option<String>>("one.before").expect("it is there"), None);
    assert_eq!(vm.get::<Option<String>>("two.before").expect("it is there").as_deref(), Some("one.lang"));
    assert_eq!(registry.get("x"), Some(2));
    assert!(vm.reload_text("two.lang", "").committed);
    assert_eq!(registry.get("x"), Some(1));
}

/// What scripts register, after each of these texts in turn, is what each makes on its own.
fn as_a_cold_start(texts: &[&str]) {
    let (mut vm, registry) = with_registry();
    let head = "import host\nfn with(n, f) { host.add(n, f()) }\n";
    for (i, text) in texts.iter().enumerate() {
        let text = format!("{head}{text}");
        let report = if i == 0 { vm.load_text("main.lang", &text).expect("it loads") } else { vm.reload_text("main.lang", &text) };
        assert!(report.ok, "{report}\n{text}");
        let (mut cold, made) = with_registry();
        cold.load_text("main.lang", &text).expect("it loads");
        assert_eq!(listed(&registry), listed(&made), "after edit {i} to\n{text}");
        // What is refused leaves no trace, whatever has run.
        let edits = text.replace("\"a\"", "\"z\"").replace("host.add(", "host.add(\"r\" + ");
        for edit in [text.clone(), edits] {
            let before = registry.all();
            assert!(!vm.reload_text("main.lang", &format!("{edit}nil + 1\n")).ok);
            assert_eq!((listed(&registry), registry.all()), (listed(&made), before), "refused after\n{text}");
        }
    }
}

fn listed(registry: &Named) -> Vec<(String, Option<i64>)> {
    let mut names = registry.names();
    names.sort();
    names.into_iter().map(|name| (name.clone(), registry.get(&name))).collect()
}

#[test]
fn what_decorators_register_goes_with_them() {
    let cmd = "fn cmd(f) { host.add(\"a\", 1)\n f }\n";
    let two = "fn cmd(f) { host.add(\"b\", 2)\n host.add(\"c\", 3)\n f }\n";
    let none = "fn cmd(f) { f }\n";
    let (with, other, without) = ("@cmd fn g(x) { x }\n", "@cmd fn g(x) { x + 1 }\n", "fn g(x) { x }\n");
    let texts: Vec<String> =
        [(cmd, with), (cmd, other), (cmd, without), (cmd, with), (two, with), (none, with), (two, other), (cmd, "")]
            .map(|(cmd, g)| format!("{cmd}{g}"))
            .to_vec();
    as_a_cold_start(&texts.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn what_initialisers_register_goes_when_they_run_again() {
    as_a_cold_start(&[
        "let c = host.add(\"a\", 1)\n",
        "let c = host.add(\"b\", 1)\n",
        "let c = 1\n",
        "let c = host.add(\"b\", 3)\nconst d = host.add(\"b\", 4)\n",
        "let c = host.add(\"b\", 5)\nconst d = host.add(\"b\", 4)\n",
        "let c = host.add(\"b\", 5)\n",
        "fn name() { \"e\" }\nlet (p, q) = (host.add(name(), 5), 1)\n",
        "fn name() { \"f\" }\nlet (p, q) = (host.add(name(), 5), 1)\n",
    ]);
}

#[test]
fn statements_of_one_shape_are_told_apart() {
    let (one, two, three) = ("with(\"a\", || 1)\n", "with(\"a\", || 2)\n", "with(\"a\", || 3)\n");
    let text = |parts: &[&str]| parts.concat();
    as_a_cold_start(&[
        &text(&[one, two]),
        one,
        &text(&[one, two]),
        two,
        &text(&[two, three]),
        &text(&[two]),
        &text(&[two, two]),
        two,
        "",
    ]);
}

#[test]
fn entries_that_are_made_again_keep_their_place() {
    let (mut vm, registry) = with_registry();
    let text = "import host\nfn one() { 1 }\nconst a = host.add(\"a\", one())\nconst b = host.add(\"b\", 2)\nconst again = host.add(\"a\", 3)\n";
    vm.load_text("main.lang", text).expect("it loads");
    vm.load_text("other.lang", "import host\nhost.add(\"b\", 20)").expect("it loads");
    assert_eq!((registry.names(), registry.all()), (vec!["a".to_owned(), "b".to_owned()], vec![3, 20]));
    // The first runs again, and the last still counts last; so does the other file.
    let edited = text.replace("{ 1 }", "{ 10 }").replace("\"b\", 2", "\"b\", 3");
    assert!(vm.reload_text("main.lang", &edited).committed);
    assert_eq!((registry.names(), registry.all()), (vec!["a".to_owned(), "b".to_owned()], vec![3, 20]));
    assert!(vm.reload_text("main.lang", &edited.replace("const again = host.add(\"a\", 3)\n", "")).committed);
    assert_eq!((registry.names(), registry.all()), (vec!["a".to_owned(), "b".to_owned()], vec![10, 20]));
    assert!(vm.reload_text("other.lang", "").committed);
    assert_eq!(registry.all(), [10, 3]);
    // What is evaluated anew makes its own again.
    assert!(registry.remove("b"));
    vm.reset("main.b").expect("it is evaluated");
    assert_eq!(registry.all(), [10, 3]);
    assert!(!vm.reload_text("main.lang", &format!("{text}nil + 1")).ok);
    assert_eq!(registry.all(), [10, 3]);
}

/// How many threads this process has.
#[cfg(target_os = "linux")]
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").expect("Linux has it").count()
}

#[cfg(target_os = "linux")]
#[test]
fn deadlines_that_are_given_up_leave_no_threads() {
    let mut vm = Vm::new();
    vm.define_async_function("host", "soon()", || {
        let mut other = None;
        poll_fn(move |cx| {
            if other.is_some() {
                return Poll::Ready(());
            }
            let waker = cx.waker().clone();
            other = Some(thread::spawn(move || {
                thread::sleep(Duration::from_millis(2));
                waker.wake();
            }));
            Poll::Pending
        })
    });
    let text = "import host\nimport task\nfn handle(n) { let t = task.spawn(|| task.sleep(60 - n / 10)); host.soon(); t.cancel() }\n\
                fn main() { for n in 0..300 { handle(n) } }\nfn nap() { task.sleep(0.01); 7 }";
    vm.load_text("main.lang", text).expect("it loads");
    let before = threads();
    let main = vm.handle("main.main").expect("it is there");
    block_on(vm.call_async::<_, ()>(&main, ())).expect("it runs");
    let after = threads();
    // The tests beside this one have threads, too.
    assert!(after < before + 50, "{before} threads before, {after} after");
    // A deadline that comes wakes the executor.
    let nap = vm.handle("main.nap").expect("it is there");
    assert_eq!(block_on(vm.call_async::<_, i64>(&nap, ())).expect("it runs"), 7);
}

/// Runs a future on this thread, which sleeps until it is woken.
#[cfg(target_os = "linux")]
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        thread::park();
    }
}
