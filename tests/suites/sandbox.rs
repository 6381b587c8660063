//! Hostile programs in a sandbox: each ends soon, with an error that the host gets, and leaves the VM as it was.

use embed::{Create, Error, Handle, Interrupt, Limits, Vm};
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// How an attack ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// The fuel is used up.
    Fuel,
    /// An error of this class.
    Raised(&'static str),
    /// The fuel or the memory, whichever is less.
    Limit,
    /// The text is refused.
    Refused,
    /// It does no harm, whatever it gives.
    Value,
}
use End::{Fuel, Limit, Raised, Refused, Value};

/// What an attack may take, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs something on a thread of its own, with a stack as threads have it, and gives up when it takes too long.
fn within<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = channel();
    let worker = thread::spawn(move || tell.send(work()));
    match told.recv_timeout(PATIENCE) {
        Ok(done) => done,
        Err(_) if worker.is_finished() => panic!("{what}: it panicked"),
        Err(_) => panic!("{what}: it has not ended after {PATIENCE:?}"),
    }
}

/// A sandbox with something in it that has to last.
fn sandbox() -> Vm {
    let mut vm = Vm::sandboxed();
    vm.load_text("kept.lang", "let kept = [41]\nfn answer() { kept[0] + 1 }").expect("it loads");
    vm
}

/// The VM still does what it did, and its limits hold again.
fn check_alive(vm: &mut Vm, what: &str) {
    vm.set_fuel(Some(1_000_000));
    assert_eq!(vm.eval::<i64>("1 + 1").unwrap_or_else(|error| panic!("{what}: afterwards: {error}")), 2);
    assert_eq!(vm.call::<_, i64>("kept.answer", ()).unwrap_or_else(|error| panic!("{what}: afterwards: {error}")), 42);
    vm.set_fuel(Some(10_000));
    let again = vm.eval::<()>("while true { }");
    assert!(matches!(again, Err(Error::Interrupted(Interrupt::Fuel))), "{what}: the limit does not hold again: {again:?}");
}

fn check(what: &str, end: End, result: &Result<Handle, Error>) {
    let class = match result {
        Err(Error::Raised { class, .. }) => class.as_str(),
        _ => "",
    };
    let is_fuel = matches!(result, Err(Error::Interrupted(Interrupt::Fuel)));
    let is_as_expected = match end {
        Fuel => is_fuel,
        Raised(expected) => class == expected,
        Limit => is_fuel || class == "LimitError",
        Refused => matches!(result, Err(Error::Refused(_))),
        Value => result.is_ok(),
    };
    assert!(is_as_expected, "{what}: expected {end:?}, got {result:?}");
}

/// Attacks, each in a sandbox of its own, several at a time.
fn attack(attacks: &[(End, &'static str)]) {
    for (end, text) in attacks.iter().copied() {
        within(text, move || {
            let mut vm = sandbox();
            let result = vm.eval::<Handle>(text);
            check(text, end, &result);
            drop(result);
            vm.collect();
            assert!(vm.memory_used() < 128 << 20, "{text}: {} bytes are left", vm.memory_used());
            check_alive(&mut vm, text);
        });
    }
}

#[test]
fn endless_loops() {
    attack(&[
        (Fuel, "while true { }"),
        (Fuel, "while true { try { while true { } } catch e { } }"),
        (Fuel, "try { throw Error(\"x\") } finally { while true { } }"),
        (Fuel, "while true { try { while true { } } finally { while true { } } }"),
        (Fuel, "let f = fiber(|| { while true { yield 1 } })\nwhile true { f.resume() }"),
        (Fuel, "fn len(x) { while true { } }\nlen([1])"),
        (Fuel, "class A { fn next() { 1 }; fn iter() { self } }\nfor x in A() { }"),
        (Fuel, "class A { fn ==(o) { while true { } } }\n[A()] == [A()]"),
        (Fuel, "class A { fn hash() { while true { } } }\n{[A()]: 1}"),
        (Fuel, "class A { fn repr() { while true { } } }\nrepr([A()])"),
        (Fuel, "class A { fn <(o) { true } }\nlet l = (0..10_000).map(|x| A())\nwhile true { l.sort() }"),
        (Fuel, "class A { get x { while true { } } }\nA().x"),
        (Fuel, "fn d(f) { while true { } }\n@d\nfn g() { }"),
        (
            Fuel,
            "import live\nclass P { slot x = 1 }\nlet p = P()\nlive.eval(\"class P { slot x = 1; slot y = 2\\nmigrate(old) { while true { } } }\")\np.y",
        ),
        (Fuel, "import live\nwhile true { live.eval(\"let x = 1\") }"),
        (Fuel, "import live\nwhile true { live.reload() }"),
        (Fuel, "import live\nwhile true { live.instances(Error) }"),
        (
            Limit,
            "import live\nlet i = 0\nwhile true { live.eval(\"let x${i} = 1\\nfn f${i}() { 1 }\\nclass C${i} { slot a }\"); i += 1 }",
        ),
        (
            Limit,
            "import live\nlet i = 0\nlet l = []\nclass C { }\nwhile true { live.eval(\"class C { slot a${i} }\"); l.push(C()); i += 1 }",
        ),
        (Fuel, "import task\nfor i in 0..10 { task.spawn(|| { while true { } }) }\nwhile true { }"),
        (Limit, "import task\nfn f() { while true { task.spawn(f) } }\nf()"),
        (
            Fuel,
            "import live\nlive.on(\"reload\", |e| { while true { } })\nlive.reload_texts({\"kept.lang\": \"let kept = [41]\\nfn answer() { 42 }\"})",
        ),
    ]);
}

#[test]
fn endless_recursion() {
    let deep = Raised("StackOverflow");
    attack(&[
        (deep, "fn f(n) { f(n + 1) + 1 }\nf(0)"),
        (deep, "fn f(n) { g(n) + 1 }\nfn g(n) { f(n) + 1 }\nf(0)"),
        (deep, "fn f(x) { [1].map(f) }\nf(1)"),
        (deep, "fn f(a) { [2, 1].sort(key: f); 1 }\nf(1)"),
        (deep, "class A { fn +(o) { self + o } }\nA() + 1"),
        (deep, "class A { fn ==(o) { self == o } }\nA() == A()"),
        (deep, "class A { fn repr() { repr([self]) } }\nrepr(A())"),
        (deep, "class A { fn hash() { hash(self) } }\nhash(A())"),
        (deep, "class A { fn iter() { self.iter() } }\nfor x in A() { }"),
        (deep, "class A { get x { self.x } }\nA().x"),
        (deep, "extend List { fn twice() { self.twice() } }\n[1].twice()"),
        (deep, "fn d(f) { d(f) }\n@d\nfn g() { }"),
        (deep, "fn f(a = f()) { 1 }\nf()"),
        (deep, "fn f(n) { fiber(|| f(n + 1)).resume() }\nf(0)"),
        (deep, "import live\nfn f() { live.eval(\"f()\") }\nf()"),
        (Fuel, "import live\nfn f() { try { live.eval(\"f()\") } catch e { live.eval(\"f()\") } }\nf()"),
        (Fuel, "fn f() { try { f() } catch e { f() } }\nf()"),
        (Fuel, "fn f() { try { f() } finally { f() } }\nf()"),
    ]);
}

/// A host function that calls the program is no way around the depth.
#[test]
fn recursion_through_the_host() {
    within("through the host", || {
        let mut vm = sandbox();
        vm.define_function("host", "again(f)", |vm: &mut Vm, f: Handle| -> Result<i64, Error> { vm.call_handle(&f, ()) });
        let result = vm.eval::<Handle>("import host\nfn f() { host.again(f) + 1 }\nf()");
        check("through the host", Raised("StackOverflow"), &result);
        check_alive(&mut vm, "through the host");
    });
}

#[test]
fn memory() {
    let large = Raised("LimitError");
    attack(&[
        (large, "let l = [1]\nwhile true { l = l + l }"),
        (large, "let l = [1]\nwhile true { l.extend(l) }"),
        (large, "let l = []\nwhile true { l.push(1) }"),
        (large, "[0] * 1_000_000_000"),
        (large, "let l = []\nwhile true { l.push([0] * 1_000_000) }"),
        (large, "let s = \"a\"\nwhile true { s = s + s }"),
        (large, "let s = \"\"\nwhile true { s = \"${s}${s}x\" }"),
        (large, "\"x\".repeat(1 << 30)"),
        (large, "\"x\" * (1 << 30)"),
        (large, "let l = []\nwhile true { l.push(\"x\" * 30_000_000) }"),
        (large, "let m = {}\nlet i = 0\nwhile true { m[i] = i; i += 1 }"),
        (large, "let m = set([])\nlet i = 0\nwhile true { m.add(i); i += 1 }"),
        (large, "\"a\".pad_left(10_000_000_000)"),
        (Refused, "\"${1:1000000000}\""),
        (Raised("ValueError"), "1.format(\"1000000000\")"),
        (large, "([\"x\" * 1_000_000] * 1000).join(\"\")"),
        (large, "(\"a\" * 1_000_000).replace(\"a\", \"b\" * 1000)"),
        (large, "(\"a \" * 20_000_000).split(\" \")"),
        (large, "(\"\\n\" * 30_000_000).lines()"),
        (large, "(\"a\" * 50_000_000).chars()"),
        (large, "list(0..100_000_000_000)"),
        (large, "set(0..100_000_000_000)"),
        (large, "(0..100_000_000_000).map(|x| x)"),
        (large, "list(0..100_000).windows(50_000)"),
        (large, "class A { fn repr() { \"x\" * 60_000_000 } }\nrepr([A(), A(), A()])"),
        (large, "let l = []\nwhile true { let f = fiber(|| { yield 1 }); f.resume(); l.push(f) }"),
        (large, "let l = []\nwhile true { let x = l; l.push(|| x) }"),
        (large, "let e = nil\nwhile true { try { throw Error(\"x\" * 1000, cause: e) } catch x { e = x } }"),
        (large, "import live\nlet x = []\nfor i in 0..500_000 { x = [x] }\nlive.snapshot(x)"),
        (Limit, "import json\njson.parse(\"[\" + \"[],\" * 10_000_000 + \"1]\")"),
        (Limit, "import regex\nregex.split(\"a\", \"a\" * 30_000_000)"),
        (large, "let b = bytes(400_000)\nlet l = []\nwhile true { l.push(b[1..]) }"),
        (Limit, "let x = 3 ** 100_000\nlet l = []\nwhile true { x += 1; l.push(x) }"),
        (large, "let a = list(0..20_000)\nlet l = []\nwhile true { match a { [x, ...rest] => l.push(rest) } }"),
        (
            Limit,
            "fn f(n) { if n == 0 { throw Error(\"x\") }; f(n - 1) + 1 }\nlet l = []\nwhile true { try { f(100) } catch e { l.push(e) } }",
        ),
        (Limit, "import regex\nlet l = []\nlet i = 0\nwhile true { i += 1; l.push(regex.compile(\"(a{1,100}){1,${i}}\")) }"),
        (large, "let x = [1]\nfor i in 0..60 { x = [x, x] }\nrepr(x)"),
        (large, "import json\nlet x = [1]\nfor i in 0..60 { x = [x, x] }\njson.stringify(x)"),
        (large, "let x = [1]\nfor i in 0..60 { x = [x, x] }\nx.flatten(1000)"),
    ]);
}

#[test]
fn large_ints() {
    attack(&[
        (Raised("LimitError"), "2 ** 1_000_000_000"),
        (Raised("LimitError"), "1 << 1_000_000_000_000"),
        (Limit, "3 ** 40_000_000"),
        (Limit, "let x = 3\nwhile true { x = x ** 3 }"),
        (Fuel, "let n = 0\nwhile true { n += 3 ** 1_000_000 }"),
        (Fuel, "let x = 1\nlet n = 1\nwhile true { x *= n; n += 1 }"),
        (Fuel, "let x = 3 ** 2_000_000\nlet y = 7 ** 500_000\nwhile true { x // y; x % y }"),
        (Fuel, "let x = 3 ** 1_200_000\nwhile true { \"${x}\" }"),
        (Fuel, "let x = 3 ** 1_200_000\nrepr([x] * 1000)"),
        (Fuel, "import json\nlet x = 3 ** 1_200_000\njson.stringify([x] * 1000)"),
        (Fuel, "let s = \"9\" * 600_000\nwhile true { int(s) }"),
        (Raised("LimitError"), "int(\"9\" * 10_000_000)"),
        (
            Fuel,
            "let x = 1 << 60_000_000\nlet y = (1 << 60_000_000) + 0\nwhile true { x == y; x < y; hash(x); [x].contains(y); float(3) / 7 }",
        ),
        (Fuel, "let x = 1 << 30_000_000\nwhile true { -x; ~x }"),
        (Fuel, "let x = 1 << 30_000_000\nwhile true { x / 3 }"),
        (Fuel, "let x = 1 << 6_000_000\nlet l = [x + 1, x, x + 2] * 100\nwhile true { l.sorted() }"),
        (Fuel, "import math\nlet x = 3 ** 10_000\nwhile true { math.pow_mod(x, x, x + 2) }"),
        (
            Fuel,
            "import math\nlet x = 3 ** 160_000\nlet y = 7 ** 90_000\nwhile true { math.gcd(x, y); math.lcm(x, y); math.isqrt(x) }",
        ),
        (Fuel, "import math\nwhile true { math.factorial(300_000) }"),
        (Fuel, "import math\nwhile true { math.comb(300_000, 150_000); math.perm(300_000, 200_000) }"),
        (Raised("ValueError"), "import math\nmath.factorial(100_000_000)"),
        (Raised("ValueError"), "import math\nmath.comb(100_000_000, 50_000_000)"),
    ]);
}

#[test]
fn deep_and_cyclic_values() {
    attack(&[
        (Raised("ValueError"), "let x = []\nfor i in 0..400_000 { x = [x] }\nrepr(x)"),
        (Raised("ValueError"), "let x = []\nlet y = []\nfor i in 0..400_000 { x = [x]; y = [y] }\nx == y"),
        (Value, "let x = (1,)\nfor i in 0..400_000 { x = (x,) }\nhash(x) > 0"),
        (Raised("ValueError"), "let x = [1]\nlet y = [2]\nfor i in 0..400_000 { x = [x]; y = [y] }\n[x, y].sort()"),
        (Raised("ValueError"), "import json\nlet x = []\nfor i in 0..400_000 { x = [x] }\njson.stringify(x)"),
        (Raised("ValueError"), "import json\njson.parse(\"[\" * 10_000_000)"),
        (Value, "let x = []\nx.push(x)\nlet y = []\ny.push(y)\nrepr(x) + repr(x == y)"),
        (
            Value,
            "let x = (1,)\nlet y = (1,)\nfor i in 0..60 { x = (x, x); y = (y, y) }\nhash(x) == hash(y) and x == y and not (x < y)",
        ),
    ]);
}

/// What looks at everything in large values counts for what it looks at.
#[test]
fn natives_that_take_long() {
    attack(&[
        (Fuel, "let a = list(0..500_000)\nlet b = list(0..500_000)\nwhile true { a == b }"),
        (Fuel, "let a = list(0..500_000)\nwhile true { -1 in a; a.count(7); a.sum(); a.min(); a.reverse(); set(a) }"),
        (Fuel, "let a = list(0..500_000)\nwhile true { a.push(a.pop(0)); a.insert(0, 1) }"),
        (Fuel, "let a = list((0..500_000).map(|x| (x * 7919) % 1000003))\nwhile true { a.sorted() }"),
        (Fuel, "let s = \"a\" * 20_000_000\nwhile true { s.find(\"b\"); s.count(\"b\"); s.upper(); s.replace(\"b\", \"c\") }"),
        (Fuel, "let s = \"a\" * 20_000_000\nlet t = \"a\" * 20_000_000\nwhile true { s == t; s < t; s.starts_with(t) }"),
        (Fuel, "let t = tuple(0..500_000)\nwhile true { hash(t) }"),
        (Fuel, "let b = bytes([0] * 2_000_000)\nlet c = bytes(b)\nwhile true { b == b[0..]; 97 in b; b < c; hash(b) }"),
        (Fuel, "let a = list(0..500_000)\nwhile true { match a { [x, ...rest] => rest } }"),
        (Fuel, "let b = bytes([0] * 2_000_000)\nlet part = bytes([0] * 100_000 + [1])\nwhile true { part in b }"),
        (Fuel, "import json\nlet l = list(0..200_000)\nwhile true { json.stringify(l) }"),
        (Fuel, "let l = list(0..200_000)\nwhile true { repr(l); \"${l}\" }"),
        (Fuel, "import live\nlet l = list(0..100_000)\nwhile true { live.snapshot(l) }"),
        (Fuel, "let x = 1.5\nwhile true { \"${x:10000.9999f}\" }"),
        (Fuel, "import text\nlet s = \"a\" * 9_000\nlet t = \"b\" * 9_000\nwhile true { text.distance(s, t) }"),
        (Fuel, "import text\nlet l = (0..50_000).map(|i| \"word${i}\")\nwhile true { text.nearest(\"worm\", l) }"),
        (Fuel, "let s = \"a\" * 200_000\nlet t = \"b\" * 200_000 + \"a\"\nwhile true { s.strip(t) }"),
        (Fuel, "let b = bytes(5_000_000)\nlet c = bytes(b)\nwhile true { b.starts_with(c); b.ends_with(c) }"),
        (Fuel, "import regex\nwhile true { try { regex.compile(\"[\\\\w\\\\p{L}]{1,50}\" * 30) } catch e { } }"),
        (Fuel, "import regex\nlet s = \"a\" * 300_000\nwhile true { regex.find_all(\"a*[^a]|a\", s) }"),
        (Fuel, "import regex\nlet s = \"a\" * 30_000_000\nwhile true { regex.find(\"(x+x+)+y|a*b\", s) }"),
        (Raised("ValueError"), "import regex\nregex.compile(\"((a{1,100}){1,100}){1,100}\")"),
        (Value, "import regex\nregex.find(\"(a+)+$\", \"a\" * 1_000_000 + \"b\")"),
    ]);
}

#[test]
fn texts() {
    let deep = Raised("ReloadError");
    attack(&[
        (deep, "import live\nlive.eval(\"(\" * 100_000)"),
        (deep, "import live\nlive.eval(\"[\" * 100_000 + \"]\" * 100_000)"),
        (deep, "import live\nlive.eval(\"1 + \" * 100_000 + \"1\")"),
        (deep, "import live\nlive.eval(\"not \" * 100_000 + \"b\")"),
        (deep, "import live\nlive.eval(\"a.\" * 100_000 + \"b\")"),
        (deep, "import live\nlive.eval(\"if true { \" * 20_000 + \"}\" * 20_000)"),
        (deep, "import live\nlive.eval(\"fn f() { \" * 20_000 + \"}\" * 20_000)"),
        (deep, "import live\nlive.eval(\"match 1 { 1 => \" * 10_000 + \"}\" * 10_000)"),
        (deep, "import live\nlive.eval(\"9\" * 100_000)"),
        (Limit, "import live\nlive.eval(\"let x = 1\\n\" * 3_000_000)"),
        (Limit, "import live\nlive.eval(\"let x = [\\n\" + \"1,\\n\" * 3_000_000 + \"]\")"),
        (Refused, "\0\u{1}\u{feff}\u{202e}"),
        (Refused, "let = = ="),
    ]);
    // Whatever bytes there are: a text that is none is the host's to refuse, and what it makes of them is one.
    let garbage: Vec<u8> = (0..100_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    within("garbage", move || {
        let mut vm = sandbox();
        let result = vm.eval::<Handle>(&String::from_utf8_lossy(&garbage));
        check("garbage", Refused, &result);
        check_alive(&mut vm, "garbage");
    });
}

#[test]
fn ways_out() {
    let io = Raised("IOError");
    attack(&[
        (io, "import fs\nfs.read(\"/etc/passwd\")"),
        (io, "import fs\nfs.exists(\"/etc/passwd\")"),
        (io, "import fs\nfs.list(\"/\")"),
        (io, "import fs\nfs.write(\"/tmp/x\", \"x\")"),
        (io, "import os\nos.environment()"),
        (io, "import os\nos.args()"),
        (io, "import os\nos.platform()"),
        (io, "import time\ntime.now()"),
        (io, "import time\ntime.sleep(1000)"),
        (io, "import task\ntask.sleep(1000)"),
        (io, "import io\nio.read_line()"),
        (io, "print(1)"),
        (Raised("ImportError"), "import \"../../etc/passwd\""),
        (Raised("ImportError"), "import \"/etc/passwd\""),
        (Raised("Error"), "import task\ntask.channel().receive()"),
        (Raised("TypeError"), "let Error = 3\nthrow Error"),
        (Value, "extend Int { fn +(o) { 7 } }\nassert 1 + 1 == 2"),
        (Value, "extend String { fn len() { 7 } }\nassert \"a\".len() == 7\nassert len(\"abc\") > 0"),
        (Value, "import live\nlive.reload()"),
        (Value, "import live\nassert not live.reload(\"/etc/passwd\").committed"),
    ]);
}

/// Nothing of the host's machine is in what a program can read of an error.
#[test]
fn errors_do_not_tell_of_the_host() {
    for text in
        ["import \"../../etc/passwd\"", "import nosuch", "[1].nosuch", "throw Error(\"x\")", "import live\nlive.eval(\"1 +\")"]
    {
        let mut vm = Vm::sandboxed();
        let error = vm.eval::<Handle>(text).expect_err("it fails").to_string();
        let attempt = format!("live.eval({text:?}); \"no error\"");
        let caught = format!("import live\ntry {{ {attempt} }} catch e {{ \"${{e}} ${{repr(e)}} ${{e.trace}}\" }}");
        let seen = vm.eval::<String>(&caught).expect("the error is caught");
        assert_ne!(seen, "no error", "{text}");
        let here = std::env::current_dir().expect("there is one");
        for told in [error, seen] {
            assert!(!told.contains(&*here.to_string_lossy()) && !told.contains("/src/"), "{told}");
        }
    }
}

/// Each limit holds without the others.
#[test]
fn single_limits() {
    let only = |limits: Limits, text: &'static str, end: End| {
        within(text, move || {
            let mut vm = Vm::builder().limits(limits).build();
            let result = vm.eval::<Handle>(text);
            check(text, end, &result);
            vm.set_fuel(None);
            assert_eq!(vm.eval::<i64>("1 + 1").expect("it is alive"), 2);
        });
    };
    only(Limits { fuel: Some(100_000), ..Limits::none() }, "fn f(n) { f(n + 1) + f(n + 2) }\nf(0)", Limit);
    only(Limits { fuel: Some(100_000), ..Limits::none() }, "while true { }", Fuel);
    only(Limits { memory: Some(8 << 20), ..Limits::none() }, "let l = []\nwhile true { l.push(l.len()) }", Raised("LimitError"));
    only(Limits { memory: Some(8 << 20), ..Limits::none() }, "\"x\" * 10_000_000", Raised("LimitError"));
    only(Limits { depth: 100, ..Limits::none() }, "fn f(n) { f(n + 1) + 1 }\nf(0)", Raised("StackOverflow"));
    only(Limits::none(), "import live\nfn f() { live.eval(\"f()\") }\nf()", Raised("StackOverflow"));
}

/// What is meant by a mistyped name is looked for on the fuel of who has mistyped it.
#[test]
fn names_that_are_not_there_take_fuel() {
    let methods: String = (0..2000).map(|i| format!("fn method_{i}() {{ }}\n")).collect();
    for (what, turns) in [("\"\".foo", 10_000), ("Many().nosuch", 500), ("Many()[\"x\"]", 1_000_000), ("main[long]", 100_000)] {
        let mut vm = Vm::new();
        let text = format!(
            "import main\nlet n = 0\nlet long = \"a\" * 1000\nclass Many {{\n{methods}}}\n\
             fn run() {{ while true {{ try {{ {what} }} catch e {{ n += 1 }} }} }}"
        );
        vm.load_text("main.lang", &text).expect("it loads");
        vm.set_fuel(Some(1_000_000));
        let begun = Instant::now();
        let ended = vm.call::<_, ()>("main.run", ());
        assert!(matches!(ended, Err(Error::Interrupted(Interrupt::Fuel))), "{what}: {ended:?}");
        let n = vm.get::<i64>("main.n").expect("an int");
        assert!(n < turns, "{what}: {n} turns in {:?}", begun.elapsed());
    }
}

/// Classes that inherit from each other, all in one text: it takes no longer than as many that do not, roughly.
#[test]
fn chains_of_classes() {
    let chain = |count: usize| -> String {
        let class = |i: usize| format!("class C{i}(C{}{}) {{ fn m() {{ {i} }} }}\n", i - 1, if i > 2 { ", Mixin" } else { "" });
        "fn it() { C899().m() }\nclass Mixin { }\nclass C0 { }\n".to_owned() + &(1..count).map(class).collect::<String>()
    };
    within("a chain", move || {
        let mut vm = Vm::new();
        let begun = Instant::now();
        vm.load_text("main.lang", &chain(900)).expect("it loads");
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        assert_eq!(vm.call::<_, i64>("main.it", ()).expect("it runs"), 899);
        let error = vm.load_text("main.lang", &chain(1500)).expect_err("it is too deep").to_string();
        assert!(error.contains("are the most"), "{error}");
        assert_eq!(vm.call::<_, i64>("main.it", ()).expect("it runs"), 899);
    });
    // Ways through a lattice are many more than the classes in it.
    within("a lattice", || {
        let level = |i: usize| format!("class L{i}(D{p}) {{ }}\nclass R{i}(D{p}) {{ }}\nclass D{i}(L{i}, R{i}) {{ }}\n", p = i - 1);
        let text = "class D0 { }\n".to_owned() + &(1..60).map(level).collect::<String>();
        let mut vm = Vm::new();
        vm.load_text("main.lang", &text).expect("it loads");
        vm.load_text("more.lang", "from main import D0\nextend D0 { fn hash() { 1 } }").expect("it loads");
    });
}

/// What runs long is stopped from another thread, wherever it is.
#[test]
fn cancellation() {
    let texts = [
        "while true { }",
        "while true { try { while true { } } catch e { } finally { } }",
        "fn f() { try { f() } finally { f() } }\nf()",
        "let x = 3 ** 2_000_000\nwhile true { x * x }",
        "let x = 3 ** 1_000_000\nwhile true { \"${x}\" }",
        "let a = list(0..1_000_000)\nlet b = list(0..1_000_000)\nwhile true { a == b }",
        "let a = list((0..1_000_000).map(|x| (x * 7919) % 1000003))\nwhile true { a.sorted() }",
        "let s = \"a\" * 10_000_000\nwhile true { s * 5; s.find(\"b\"); s.upper() }",
        "while true { [0] * 5_000_000 }",
        "import regex\nlet s = \"a\" * 1_000_000\nregex.find_all(\"a*[^a]|a\", s)",
        "import json\nlet l = list(0..500_000)\nwhile true { json.parse(json.stringify(l)) }",
        "import live\nwhile true { live.eval(\"1 + 1\") }",
        "import task\nlet c = task.channel()\ntask.spawn(|| { while true { task.sleep(0.01) } })\nc.receive()",
    ];
    let begun = Instant::now();
    for (i, text) in texts.into_iter().enumerate() {
        within(text, move || {
            let mut vm = Vm::builder().memory(1 << 30).build();
            let (flag, remote) = (vm.cancel_flag(), vm.remote());
            let stopper = thread::spawn(move || {
                thread::sleep(Duration::from_millis(100));
                // Both ways do the same.
                if i % 2 == 0 { flag.store(true, Ordering::Relaxed) } else { remote.cancel() }
            });
            let result = vm.eval::<Handle>(text);
            assert!(matches!(result, Err(Error::Interrupted(Interrupt::Cancelled))), "{text}: {result:?}");
            stopper.join().expect("it ends");
            assert_eq!(vm.eval::<i64>("1 + 1").expect("it is alive"), 2);
        });
    }
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
}

/// The most memory that the process has had, in bytes.
#[cfg(target_os = "linux")]
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("it is there");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") << 10
}

/// What a process takes as a whole, beside what the VM counts: each text in a process of its own.
#[cfg(target_os = "linux")]
#[test]
fn the_process_stays_small() {
    const VARIABLE: &str = "SANDBOX_ATTACK";
    let texts = [
        "\"x\".repeat(1 << 30)",
        "let l = [1]\nwhile true { l = l + l }",
        "let s = \"a\"\nwhile true { s = s + s }",
        "(\"a \" * 20_000_000).split(\" \")",
        "import live\nlet x = []\nfor i in 0..500_000 { x = [x] }\nlive.snapshot(x)",
        "import json\njson.parse(\"[\" + \"[],\" * 10_000_000 + \"1]\")",
        "import live\nlive.eval(\"let x = [\\n\" + \"1,\\n\" * 3_000_000 + \"]\")",
        "let m = {}\nlet i = 0\nwhile true { m[i] = i; i += 1 }",
        "let a = 1 << 60_000_000\nwhile true { -a }",
        "(bytes([0]) * 50_000_000).split(bytes([0]))",
        "list(0..3_700_000).chunks(1)",
        "import text\ntext.normalize(\"\u{fdfa}\" * 15_000_000, \"NFKD\")",
        "import regex\nregex.find_all(\"()\" * 500, \"a\" * 60_000)",
        "let b = bytes(400_000)\nlet l = []\nwhile true { l.push(b[1..]) }",
        "let x = 3 ** 100_000\nlet l = []\nwhile true { x += 1; l.push(x) }",
        "let n = 30\nlet fields = (0..250).map(|i| \"f${i}\").join(\", \")\nimport live\nlive.eval(\"enum E { a(${fields}) }\")\nlet l = []\nlet values = list(0..250)\nwhile true { l.push(live.eval(\"|v| E.a(...v)\")(values)) }",
        "let fields = (0..200).map(|i| \"slot f${i} = 1\").join(\"\\n\")\nimport live\nlive.eval(\"class C {\\n${fields}\\n}\\nfn more(l) { while true { l.push(C()) } }\")\nlive.eval(\"more\")([])",
        "fn f(n) { if n == 0 { throw Error(\"x\") }; f(n - 1) + 1 }\nlet l = []\nwhile true { try { f(100) } catch e { l.push(e) } }",
        "let a = list(0..20_000)\nlet l = []\nwhile true { match a { [x, ...rest] => l.push(rest) } }",
    ];
    if let Ok(number) = std::env::var(VARIABLE) {
        let text = texts[number.parse::<usize>().expect("a number")];
        let mut vm = Vm::sandboxed();
        check(text, Limit, &vm.eval::<Handle>(text));
        assert!(peak() < 320 << 20, "{text}: the process has had {} MB", peak() >> 20);
        return;
    }
    for number in 0..texts.len() {
        let program = std::env::current_exe().expect("it is a file");
        let mut child = std::process::Command::new(program);
        let done =
            child.args(["the_process_stays_small", "--exact"]).env(VARIABLE, number.to_string()).output().expect("it starts");
        assert!(done.status.success(), "{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    }
}
