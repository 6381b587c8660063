//! What a Rust program does with the engine: functions and classes of the host, typed calls, handles.

use std::cell::RefCell;
use std::rc::Rc;
use stdlib::new_vm;
use vm::embed::{ClassBuilder, Error, Gone, Handle, HostType, Hot, Own, Rest, Unanswered, Vm, VmOptions};
use vm::reload::FileText;

/// What a program has raised: class and message.
fn raised<T: std::fmt::Debug>(result: Result<T, Error>) -> (String, String) {
    match result {
        Err(Error::Raised { class, message, .. }) => (class, message),
        other => panic!("an error was to be raised: {other:?}"),
    }
}

fn loaded(vm: &mut Vm, text: &str) {
    vm.load_texts(vec![("main.lang".into(), text.into())]).expect("the text loads");
}

#[derive(Clone, Debug)]
struct Enemy {
    name: String,
    hp: i64,
}

impl HostType for Enemy {
    const NAME: &'static str = "Enemy";

    fn describe(class: ClassBuilder<Self>) -> ClassBuilder<Self> {
        class
            .doc("Something to fight.")
            .constructor("Enemy(name, hp = 10)", |name: String, hp: i64| {
                if hp > 0 { Ok(Enemy { name, hp }) } else { Err(Error::value_error("an enemy lives at first")) }
            })
            .getter("name", |this: &Enemy| this.name.clone())
            .getter("hp", |this: &Enemy| this.hp)
            .setter("hp", |this: &mut Enemy, hp: i64| this.hp = hp)
            .method("hit(n = 1): takes hit points away, gives whether it is over.", |this: &mut Enemy, n: i64| {
                this.hp -= n;
                this.hp <= 0
            })
            .method("duel(other)", |this: &mut Enemy, other: Own<Enemy>| -> Result<i64, Error> {
                other.borrow_mut()?.hp -= 1;
                this.hp -= 1;
                Ok(this.hp)
            })
            .method("<", |this: &Enemy, other: Own<Enemy>| -> Result<bool, Error> { Ok(this.hp < other.borrow()?.hp) })
            .method("iter", |this: &Enemy| this.name.chars().map(String::from).collect::<Vec<_>>())
            .own_method("each_blow(f)", |vm: &mut Vm, this: Own<Enemy>, f: Handle| -> Result<i64, Error> {
                while this.borrow()?.hp > 0 {
                    this.borrow_mut()?.hp -= 1;
                    vm.call_handle::<_, ()>(&f, (&this,))?;
                }
                Ok(this.borrow()?.hp)
            })
            .static_function("boss(name)", |name: String| Enemy { name, hp: 100 })
    }
}

fn game() -> Vm {
    let mut vm = new_vm(VmOptions::default());
    vm.module("game").doc("The game's own.").class::<Enemy>();
    vm
}

/// What an expression gives in a program that knows the class.
fn value<T: vm::embed::FromScript>(text: &str) -> Result<T, Error> {
    let mut vm = game();
    loaded(&mut vm, &format!("import game\nfrom game import Enemy\nfn it() {{ {text} }}"));
    vm.call("main.it", ())
}

#[test]
fn functions_have_names_defaults_and_rest() {
    let mut vm = new_vm(VmOptions::default());
    vm.module("game")
        .function("spawn(name, hp = 10, ...tags): adds an enemy.", |name: String, hp: i64, Rest(tags): Rest<String>| {
            format!("{name} {hp} {}", tags.join("+"))
        })
        .function("checked(n)", |n: i64| if n < 0 { Err(Error::value_error("n is below 0")) } else { Ok(n) })
        .function("failing()", || Err::<(), _>("out of order"))
        .value("LIMIT", 7);
    loaded(
        &mut vm,
        "import game\nfn it(f) { f() }\nfn a() { game.spawn(\"orc\") }\nfn b() { game.spawn(\"orc\", 3, \"x\", \"y\") }\nfn c() { game.spawn(hp: 4, name: \"elf\") }\n\
         fn d() { game.spawn() }\nfn e() { game.spawn(\"orc\", \"much\") }\nfn f() { game.checked(-1) }\nfn g() { game.failing() }\nfn h() { game.spawn(\"a\", hit: 1) }\n\
         fn i() { game.LIMIT }\nfn j() { game.spawn.doc }",
    );
    assert_eq!(vm.call::<_, String>("main.a", ()).expect("a"), "orc 10 ");
    assert_eq!(vm.call::<_, String>("main.b", ()).expect("b"), "orc 3 x+y");
    assert_eq!(vm.call::<_, String>("main.c", ()).expect("c"), "elf 4 ");
    let signature = "its signature is `spawn(name, hp = 10, ...tags)`";
    let expect = |vm: &mut Vm, name: &str, class: &str, part: &str| {
        let (raised, message) = raised(vm.call::<_, Handle>(name, ()));
        assert!(raised == class && message.contains(part), "{name}: {raised}: {message}");
    };
    expect(&mut vm, "main.d", "ArityError", signature);
    expect(&mut vm, "main.e", "TypeError", "argument 2: expected an int, got String");
    expect(&mut vm, "main.f", "ValueError", "n is below 0");
    expect(&mut vm, "main.g", "Error", "out of order");
    expect(&mut vm, "main.h", "ArityError", "no parameter `hit`");
    assert_eq!(vm.call::<_, i64>("main.i", ()).expect("i"), 7);
    assert_eq!(vm.call::<_, String>("main.j", ()).expect("j"), "`spawn(name, hp = 10, ...tags)`: adds an enemy.");
}

#[test]
#[should_panic(expected = "the host function `f(a)`: the Rust function has 2 parameters")]
fn a_signature_says_what_the_function_takes() {
    new_vm(VmOptions::default()).define_function("game", "f(a)", |_: i64, _: i64| ());
}

#[test]
fn functions_with_the_vm_call_the_program() {
    let mut vm = new_vm(VmOptions::default());
    vm.define_function("host", "twice(f, n)", |vm: &mut Vm, f: Handle, n: i64| -> Result<i64, Error> {
        let once: i64 = vm.call_handle(&f, (n,))?;
        vm.call_handle(&f, (once,))
    });
    loaded(
        &mut vm,
        "import host\nfn it() { host.twice(|n| n * 3, 2) }\nfn deep() { host.twice(|n| host.twice(|m| m + n, n), 1) }\n\
         fn bad() { try { host.twice(|n| n.nothing, 2) } catch e { e.message } }\nfn worse() { host.twice(|n| n.nothing, 2) }",
    );
    assert_eq!(vm.call::<_, i64>("main.it", ()).expect("it"), 18);
    assert_eq!(vm.call::<_, i64>("main.deep", ()).expect("deep"), 9);
    assert!(vm.call::<_, String>("main.bad", ()).expect("bad").contains("`nothing`"));
    match vm.call::<_, i64>("main.worse", ()) {
        Err(Error::Raised { class, trace, .. }) => {
            assert_eq!(class, "SlotError");
            assert!(trace.to_string().contains("main.lang:5"), "{trace}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn rust_types_are_classes() {
    assert_eq!(value::<i64>("let e = Enemy(\"orc\")\ne.hp -= 2\ne.hit()\ne.hit(3)\ne.hp").expect("it runs"), 4);
    assert_eq!(value::<String>("repr(Enemy(\"orc\", hp: 3))").expect("it runs"), "Enemy(name: \"orc\", hp: 3)");
    assert!(value::<bool>("Enemy(\"a\") is Enemy and Enemy(\"a\", 1) < Enemy(\"b\", 2)").expect("it runs"));
    assert_eq!(value::<String>("Enemy(\"orc\").map(|c| c + \".\").join(\"\")").expect("it runs"), "o.r.c.");
    assert_eq!(value::<i64>("Enemy.boss(\"x\").hp").expect("it runs"), 100);
    assert_eq!(value::<String>("Enemy.doc").expect("it runs"), "Something to fight.");
    assert_eq!(value::<Vec<String>>("Enemy.slots").expect("it runs"), Vec::<String>::new());
    assert_eq!(
        value::<i64>("let e = Enemy(\"a\", 3)\nlet n = 0\ne.each_blow(|x| { n += 1; assert x == e })\nn").expect("it runs"),
        3
    );
    assert_eq!(value::<i64>("let f = Enemy(\"a\", 3).hit\nf(2)\nf.receiver.hp").expect("it runs"), 1);
}

#[test]
fn misuse_of_host_types_is_an_error_of_the_script() {
    for (text, class, message) in [
        ("Enemy(\"a\", 0)", "ValueError", "an enemy lives at first"),
        ("Enemy()", "ArityError", "its signature is `init(name, hp = 10)`"),
        ("Enemy(\"a\").hit(\"b\")", "TypeError", "argument 1: expected an int, got String"),
        ("Enemy(\"a\").duel(3)", "TypeError", "argument 1: expected an Enemy, got Int"),
        ("let e = Enemy(\"a\")\ne.duel(e)", "Error", "`the host` cannot change this Enemy: `Enemy.duel` is changing it"),
        ("Enemy(\"a\").name = \"b\"", "SlotError", "can be read but not written"),
        ("Enemy(\"a\").strength", "SlotError", "no slot or method `strength`"),
        ("Enemy(\"a\").hti()", "SlotError", "did you mean `hit`"),
        ("Enemy.hit(3)", "TypeError", "its first argument is a Enemy"),
    ] {
        let (raised, told) = raised(value::<Handle>(text));
        assert!(raised == class && told.contains(message), "{text}: {raised}: {told}");
    }
}

#[test]
fn scripts_inherit_from_host_types() {
    let mut vm = game();
    let text = "from game import Enemy\nclass Boss(Enemy) {\n    slot rage = 1\n    fn init(name) { super.init(name, 50) }\n    fn hit(n) { self.rage += n; super.hit(n) }\n}\n\
                class Empty(Enemy) { fn init() { } }\nlet boss = Boss(\"dragon\")\nfn it() { boss.hit(5); (boss.hp, boss.rage, boss.name) }\nfn empty() { Empty().hp }";
    loaded(&mut vm, text);
    assert_eq!(vm.call::<_, (i64, i64, String)>("main.it", ()).expect("it runs"), (45, 6, "dragon".to_owned()));
    let (class, message) = raised(vm.call::<_, i64>("main.empty", ()));
    assert!(class == "TypeError" && message.contains("`super.init(…)` was not called"), "{class}: {message}");
    // The script's part changes; the Rust value stays.
    let report = vm.reload_texts(vec![("main.lang".into(), text.replace("slot rage = 1", "slot speed = 3; slot rage = 1"))]);
    assert!(report.ok && report.committed, "{report}");
    assert_eq!(vm.call::<_, (i64, i64, String)>("main.it", ()).expect("it runs"), (40, 11, "dragon".to_owned()));
    let boss: Own<Enemy> = vm.get("main.boss").expect("it is an Enemy");
    assert_eq!(boss.borrow().expect("nobody uses it").hp, 40);
}

#[test]
fn the_host_holds_its_values() {
    let mut vm = game();
    loaded(&mut vm, "fn hurt(e, n) { e.hp -= n; e }\nfn same(a, b) { a == b }\nlet kept = []\nfn keep(e) { kept.push(e) }");
    let orc = Own::new(&mut vm, Enemy { name: "orc".into(), hp: 10 });
    let same: Own<Enemy> = vm.call("main.hurt", (&orc, 3)).expect("it runs");
    assert_eq!(orc.borrow().expect("free").hp, 7);
    assert!(vm.call::<_, bool>("main.same", (&orc, &same)).expect("it runs"));
    {
        let _held = orc.borrow_mut().expect("free");
        let (_, message) = raised(vm.call::<_, Own<Enemy>>("main.hurt", (&orc, 3)));
        assert_eq!(message, "`Enemy.hp` cannot read this Enemy: `the host` is changing it");
    }
    let copy: Enemy = vm.call("main.hurt", (&orc, 1)).expect("it is cloned");
    assert_eq!((copy.name.as_str(), copy.hp), ("orc", 6));
    assert_eq!(orc.take().expect("free").hp, 6);
    let (_, message) = raised(vm.call::<_, Own<Enemy>>("main.hurt", (&orc, 3)));
    assert_eq!(message, "`Enemy.hp`: the host has taken this Enemy back");

    let elf = Own::new(&mut vm, Enemy { name: "elf".into(), hp: 1 });
    vm.call::<_, ()>("main.keep", (&elf,)).expect("it runs");
    drop(elf);
    vm.collect();
    let kept: Vec<Own<Enemy>> = vm.get("main.kept").expect("enemies");
    assert_eq!(kept[0].borrow().expect("free").name, "elf");
}

#[test]
fn values_are_dropped_with_their_instances() {
    struct Noisy(Rc<RefCell<i64>>);
    impl Drop for Noisy {
        fn drop(&mut self) {
            *self.0.borrow_mut() += 1;
        }
    }
    impl HostType for Noisy {
        const NAME: &'static str = "Noisy";
        fn describe(class: ClassBuilder<Self>) -> ClassBuilder<Self> {
            class
        }
    }
    let dropped = Rc::new(RefCell::new(0));
    let mut vm = new_vm(VmOptions::default());
    let count = dropped.clone();
    vm.module("host").class::<Noisy>().function("make()", move || Noisy(count.clone()));
    loaded(&mut vm, "import host\nfn it() { for i in 0..100 { host.make() } }\nfn call() { host.Noisy() }");
    vm.call::<_, ()>("main.it", ()).expect("it runs");
    vm.collect();
    assert_eq!(*dropped.borrow(), 100);
    let (_, message) = raised(vm.call::<_, Handle>("main.call", ()));
    assert_eq!(message, "`Noisy` cannot be called: only the host makes instances of it");
}

#[test]
fn registering_again_replaces_in_place() {
    let mut vm = game();
    loaded(
        &mut vm,
        "from game import Enemy\nlet e = Enemy(\"orc\")\nfn it() { e.hit(1) }\nfn run() { let r = []\nfor i in 0..3 { r.push(it()) }\nr }",
    );
    assert_eq!(vm.call::<_, Vec<bool>>("main.run", ()).expect("it runs"), [false, false, false]);
    vm.module("game").class_with::<Enemy>(|class| class.method("hit(n)", |_: &mut Enemy, n: i64| n * 100));
    assert_eq!(vm.call::<_, Vec<i64>>("main.run", ()).expect("it runs"), [100, 100, 100]);
    // What files define is not the host's, and the reverse.
    let report = vm.reload_texts(vec![("game.lang".into(), "class Enemy { }".into())]);
    assert!(!report.ok, "{report}");
}

#[test]
fn short_calls_are_counted_and_collected() {
    let mut vm = new_vm(VmOptions { fuel: Some(500_000), memory_limit: Some(8 << 20), ..VmOptions::default() });
    loaded(&mut vm, "fn add(a, b) { a + b }\nfn garbage() { [[1, 2, 3], \"${1}\"] }");
    for _ in 0..100_000 {
        vm.call::<_, Handle>("main.garbage", ()).expect("what is garbage counts for nothing");
    }
    let mut calls = 0_u64;
    let error = loop {
        match vm.call::<_, i64>("main.add", (1, 2)) {
            Ok(sum) => assert_eq!(sum, 3),
            Err(error) => break error,
        }
        calls += 1;
        assert!(calls < 10_000_000, "fuel is never used up");
    };
    assert!(matches!(error, Error::Interrupted(vm::object::Interrupt::Fuel)), "{error}");
    assert!(calls < 500_000);
    vm.set_fuel(None);
    vm.cancel_flag().store(true, std::sync::atomic::Ordering::Relaxed);
    let cancelled = (0..1_000_000).find_map(|_| vm.call::<_, i64>("main.add", (1, 2)).err());
    assert!(matches!(cancelled, Some(Error::Interrupted(vm::object::Interrupt::Cancelled))));
}

#[test]
fn hot_handles_follow_definitions() {
    let mut vm = new_vm(VmOptions::default());
    let text = "let speed = 1.5\nfn add(a, b) { a + b }\nfn each(xs) { xs.map(add_one) }\nfn add_one(n) { n + 1 }\nclass P(x, y)";
    let text = text.replace("class P(x, y)", "class P { slot x; fn init(x) { self.x = x } }");
    vm.load_text("m.lang", &text).expect("it loads");
    let speed: Hot<f64> = vm.hot("m.speed").expect("it is there");
    let add: Hot<fn(i64, i64) -> i64> = vm.hot("m.add").expect("it is there");
    let join: Hot<fn(String, String) -> String> = vm.hot("m.add").expect("it is there");
    let make: Hot<fn(i64) -> Handle> = vm.hot("m.P").expect("classes are called, too");
    assert_eq!(speed.get(&mut vm).expect("a float"), 1.5);
    assert_eq!(add.call(&mut vm, 1, 2).expect("it runs"), 3);
    assert_eq!(join.call_with(&mut vm, ("a", "b")).expect("it runs"), "ab");
    let made = make.call(&mut vm, 4).expect("it runs");
    assert_eq!(vm.repr(&made).expect("it shows"), "P(x: 4)");

    assert!(vm.reload_text("m.lang", &text.replace("a + b", "a * b").replace("1.5", "2.5")).ok);
    assert_eq!((speed.get(&mut vm).expect("a float"), add.call(&mut vm, 3, 4).expect("it runs")), (2.5, 12));

    // An edit that the host cannot go along with is said at the next use, and mended by the next edit.
    assert!(
        vm.reload_text(
            "m.lang",
            &text.replace("fn add(a, b) { a + b }", "fn add(a, b, c) { a + b + c }").replace("1.5", "\"fast\"")
        )
        .ok
    );
    let told = |error: Error| error.to_string();
    let arity = "`m.add` does not fit the host: the host gives 2 arguments, and it is `add(a, b, c)`";
    assert_eq!(add.call(&mut vm, 1, 2).map_err(told).expect_err("three are needed"), arity);
    assert_eq!(add.call(&mut vm, 1, 2).map_err(told).expect_err("still"), arity);
    assert_eq!(
        speed.get(&mut vm).map_err(told).expect_err("a text"),
        "`m.speed` does not fit the host: expected a number, got String"
    );
    assert!(vm.reload_text("m.lang", &text).ok);
    // A definition that is deleted while the host uses it is a leak, until the host lets go of it.
    assert!(vm.reload_text("m.lang", &text.replace("fn add(a, b) { a + b }", "")).ok);
    assert_eq!(add.call(&mut vm, 1, 2).expect("it leaks"), 3);
    assert_eq!(vm.leaks(None).iter().map(|leak| leak.name.clone()).collect::<Vec<_>>(), ["add"]);
    drop((add, join));
    assert_eq!(vm.release_leaks(), ["m.add"]);

    for (name, problem) in [
        ("m.add_ones", "`m.add_ones` does not exist; did you mean `add_one`?"),
        ("n.add", "`n.add` does not exist: there is no namespace `n`"),
        ("add", "`add` names no definition: those are written `namespace.name`"),
        ("m.speed", "`m.speed` does not fit the host: it is 1.5, which cannot be called"),
    ] {
        let error = vm.hot::<fn(i64, i64) -> i64>(name).map_err(told).expect_err(name);
        assert!(error.starts_with(problem), "{error}");
    }
}

#[test]
fn callbacks_call_the_newest_code() {
    let mut vm = new_vm(VmOptions::default());
    let stored = Rc::new(RefCell::new(Vec::new()));
    let store = stored.clone();
    vm.define_function("host", "on_click(f)", move |f: Hot<fn(i64) -> i64>| store.borrow_mut().push(f));
    let text = "import host\nfn clicked(n) { n + 1 }\nhost.on_click(clicked)\nfn register() { let k = 10\nhost.on_click(|n| n + k) }\nregister()\nfn wrong() { host.on_click(|a, b| a) }";
    loaded(&mut vm, text);
    let call = |vm: &mut Vm, at: usize| {
        let callback = stored.borrow()[at].clone();
        callback.call(vm, 1).expect("it runs")
    };
    assert_eq!((call(&mut vm, 0), call(&mut vm, 1)), (2, 11));
    let report = vm.reload_text("main.lang", &text.replace("n + 1", "n + 100").replace("n + k", "n * k"));
    assert!(report.ok, "{report}");
    assert_eq!((call(&mut vm, 0), call(&mut vm, 1)), (101, 10));
    let (_, message) = raised(vm.call::<_, ()>("main.wrong", ()));
    assert!(message.starts_with("argument 1: the host gives 1 argument, and it is"), "{message}");
}

fn blocked_reason(vm: &mut Vm) -> &'static str {
    let _block = vm.block_reloads();
    vm.reload_text("m.lang", "fn f() { 2 }").reasons[0].code
}

#[test]
fn edits_are_polled_where_the_host_wants_them() {
    let mut vm = new_vm(VmOptions::default());
    vm.load_text("m.lang", "fn f() { 1 }").expect("it loads");
    let edits = Rc::new(RefCell::new(Vec::new()));
    let source = edits.clone();
    vm.set_change_source(move |_| std::mem::take(&mut *source.borrow_mut()));
    let save = |path: &str, text: &str| edits.borrow_mut().push(FileText { path: path.into(), text: Some(text.into()) });
    assert!(vm.poll_reload().is_none());
    save("m.lang", "import n\nfn f() { n.g() }");
    let refused = vm.poll_reload().expect("something was saved");
    assert!(!refused.ok && vm.poll_reload().is_none(), "what is refused is not tried again by itself");
    // The missing file comes: both are taken in.
    assert_eq!(blocked_reason(&mut vm), "R0118");
    save("n.lang", "fn g() { 2 }");
    let block = vm.block_reloads();
    assert!(vm.poll_reload().is_none() && vm.is_reload_blocked());
    drop(block);
    assert!(vm.poll_reload().expect("it is due").committed);
    assert_eq!(vm.call::<_, i64>("m.f", ()).expect("it runs"), 2);
}

#[test]
fn hosts_say_what_scripts_must_have() {
    let mut vm = new_vm(VmOptions::default());
    vm.require::<fn(i64) -> i64>("game.update");
    vm.require::<f64>("game.speed");
    let refusal = |report: vm::reload::Report| {
        report.reasons.first().map(|reason| (reason.code, reason.message.clone())).expect("it is refused")
    };
    let error = vm.load_text("game.lang", "let speed = 1.0").expect_err("`update` is missing").to_string();
    assert!(error.contains("error[R0119]: the host needs `game.update`: `game.update` does not exist"), "{error}");
    assert!(!vm.is_loaded("game.lang"));
    let text = "let speed = 1.0\nfn update(n) { n * 2 }";
    vm.load_text("other.lang", "fn anything() { }").expect("other namespaces are free");
    vm.load_text("game.lang", text).expect("it has all");
    let report = vm.reload_text("game.lang", &text.replace("1.0", "nil"));
    assert_eq!(refusal(report), ("R0119", "the host needs `game.speed`: expected a number, got Nil".to_owned()));
    assert_eq!(vm.get::<f64>("game.speed").expect("as before"), 1.0);
    assert_eq!(
        refusal(vm.reload_text("game.lang", &text.replace("(n)", "()"))).1,
        "the host needs `game.update`: the host gives 1 argument, and it is `update()`"
    );
    // Who still uses it could go on with it; the host wants to find it in the text.
    let without = "let speed = 1.0\nfn keep() { update(1) }";
    assert_eq!(refusal(vm.reload_text("game.lang", without)).1, "the host needs `game.update`, which no file defines any more");
    assert!(vm.reload_text("game.lang", &text.replace("n * 2", "n * 3")).ok);
    assert_eq!(vm.call::<_, i64>("game.update", (2,)).expect("it runs"), 6);
}

#[test]
fn remotes_end_with_the_vm() {
    let mut vm = new_vm(VmOptions::default());
    let remote = vm.remote();
    let asking = remote.clone();
    let other = std::thread::spawn(move || asking.ask(|vm| vm.eval::<i64>("1 + 1")));
    while !other.is_finished() {
        vm.poll();
    }
    assert_eq!(other.join().expect("it ends").expect("the VM is there").expect("it runs"), 2);
    remote.post(|_| panic!("nobody does it")).expect("the VM is there");
    let asking = remote.clone();
    let other = std::thread::spawn(move || asking.ask(|_| ()));
    drop(vm);
    assert_eq!(other.join().expect("it ends"), Err(Unanswered::Gone));
    assert_eq!(remote.post(|_| ()), Err(Gone));
}

#[test]
fn remotes_reach_a_running_program() {
    let mut vm = new_vm(VmOptions::default());
    loaded(&mut vm, "let n = 0\nlet stop = false\nfn run() { while not stop { n += 1 }\nn }\nfn spin() { while true { } }");
    let remote = vm.remote();
    let other = std::thread::spawn(move || {
        let first = remote.ask(|vm| vm.call::<_, ()>("main.nothing", ()).is_err()).expect("the VM is there");
        // Definitions change under the running loop, from another thread.
        let is_ok = remote
            .ask(|vm| {
                vm.reload_text(
                    "main.lang",
                    "let n = 0\nlet stop = false\nfn run() { while not stop { n += 1 }\n-1 }\nfn spin() { while true { } }",
                )
                .ok
            })
            .expect("the VM is there");
        assert!(is_ok, "the edit is accepted");
        remote.post(|vm| vm.set("main.stop", true).expect("a variable")).expect("the VM is there");
        (first, remote)
    });
    vm.call::<_, i64>("main.run", ()).expect("it runs");
    let (first, remote) = other.join().expect("it ends");
    assert!(first);
    let other = std::thread::spawn(move || remote.cancel());
    assert!(matches!(vm.call::<_, ()>("main.spin", ()), Err(Error::Interrupted(vm::object::Interrupt::Cancelled))));
    other.join().expect("it ends");
}

#[test]
fn definitions_are_written() {
    let mut vm = new_vm(VmOptions::default());
    loaded(&mut vm, "let n = 1\nconst c = 2\nfn f() { n }");
    vm.set("main.n", 5).expect("a variable");
    assert_eq!(vm.call::<_, i64>("main.f", ()).expect("it runs"), 5);
    assert!(vm.set("main.c", 5).is_err() && vm.set("main.f", 5).is_err() && vm.set("main.m", 5).is_err());
}

#[test]
fn what_is_frozen_stays() {
    let mut vm = new_vm(VmOptions::default());
    let text = "import late\nlet n = 0\nclass P { slot x = 1 }\nfn f() { n += 1; late.g(P().x) }";
    vm.load_texts(vec![("main.lang".into(), text.into()), ("late.lang".into(), "fn g(x) { x + 1 }".into())]).expect("it loads");
    assert!(vm.reload_text("late.lang", "fn g(x) { x + 2 }").ok);
    vm.freeze();
    assert!(vm.is_frozen() && vm.undo().is_none());
    let report = vm.reload_text("late.lang", "fn g(x) { x + 3 }");
    assert_eq!(report.reasons[0].code, "R0120");
    assert!(vm.eval_in("late", "<eval>", "fn g(x) { 0 }").is_err());
    assert_eq!(vm.call::<_, i64>("main.f", ()).expect("it runs"), 3);
    // What is new is no change.
    assert_eq!(vm.eval::<i64>("import json\nfn h() { json.parse(\"5\") }\nh()").expect("it runs"), 5);
    vm.load_text("new.lang", "fn k() { 1 }").expect("it loads");
}

#[test]
fn errors_of_the_host_come_back() {
    let mut vm = new_vm(VmOptions::default());
    vm.define_function("host", "open(path)", |path: String| std::fs::read_to_string(path));
    loaded(
        &mut vm,
        "import host\nfn it() { host.open(\"/nowhere/at/all\") }\nfn wrapped() { try { it() } catch e { throw Error(\"no settings\", cause: e) } }",
    );
    let error = vm.call::<_, String>("main.it", ()).expect_err("there is no such file");
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<std::io::Error>());
    assert_eq!(source.expect("it was kept").kind(), std::io::ErrorKind::NotFound);
    let error = vm.call::<_, String>("main.wrapped", ()).expect_err("there is no such file");
    let cause = std::error::Error::source(&error).expect("the cause");
    assert!(cause.source().expect("its source").is::<std::io::Error>());
    assert!(error.to_string().contains("caused by Error:"), "{error}");
}

#[test]
fn defining_again_replaces_functions() {
    let mut vm = new_vm(VmOptions::default());
    vm.define_function("host", "f(n)", |n: i64| n + 1);
    loaded(
        &mut vm,
        "import host\nfrom host import f\nlet held = host.f\nfn run() { let r = []; for i in 0..3 { r.push(host.f(i) + f(i)) }; r }",
    );
    assert_eq!(vm.call::<_, Vec<i64>>("main.run", ()).expect("it runs"), [2, 4, 6]);
    vm.define_function("host", "f(n)", |n: i64| n * 10);
    assert_eq!(vm.call::<_, Vec<i64>>("main.run", ()).expect("it runs"), [0, 20, 40]);
}

#[test]
fn a_handle_of_another_vm_is_an_error() {
    let (mut a, mut b) = (new_vm(VmOptions::default()), new_vm(VmOptions::default()));
    let list: Handle = a.eval("[1, 2, 3]").expect("a list");
    b.load_text("m.lang", "let state = [9]\nfn first(l) { l[0] }").expect("it loads");
    let of_another = "the handle belongs to another VM";
    assert_eq!(b.set("m.state", &list).expect_err("it is not its own").to_string(), format!("`m.state`: {of_another}"));
    assert_eq!(b.get::<Vec<i64>>("m.state").expect("it is as it was"), [9]);
    let refused = b.call::<_, i64>("m.first", (&list,)).expect_err("it is not its own").to_string();
    assert_eq!(refused, format!("an argument: {of_another}"));
    let kept = list.clone();
    b.define_function("host", "list()", move || kept.clone());
    let raised = b.eval::<Handle>("import host\nhost.list()").expect_err("it is not its own");
    assert!(raised.to_string().contains(of_another), "{raised}");
    // What a program that fails with an error shows is what users read.
    assert_eq!(format!("{raised:?}"), raised.to_string().trim_end());
    assert_eq!(a.read::<Vec<i64>>(&list).expect("it is its own"), [1, 2, 3]);
}
