//! Rhai.

use rhai::{AST, Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext, Scope};
use timing::{COUNT, Timing};

#[derive(Clone)]
struct Point {
    x: f64,
}

const SCRIPT: &str = "
fn add(a, b) { a + b }
fn length(s) { s.len() }
fn calls(n) { let s = 0; for i in 0..n { s = host_add(s, i); } s }
fn texts(n) { let s = 0; for i in 0..n { s += host_length(\"hello\"); } s }
fn methods(n) { let p = point(1.0); for i in 0..n { p.add(1.0); } p.x }
fn properties(n) { let p = point(1.0); let s = 0.0; for i in 0..n { s += p.x; } s }
fn writes(n) { let p = point(1.0); for i in 0..n { p.x = 2.0; } p.x }
fn objects(n) { let p = (); for i in 0..n { p = point(1.0); } p.x }
fn callbacks(n) { let f = |x| x + 1; let s = 0; for i in 0..n { s += host_apply(f, i); } s }
";

fn engine() -> Engine {
    let mut engine = Engine::new();
    engine.register_fn("host_add", |a: i64, b: i64| a + b);
    engine.register_fn("host_length", |text: &str| text.len() as i64);
    engine.register_type_with_name::<Point>("Point");
    engine.register_fn("point", |x: f64| Point { x });
    engine.register_fn("add", |point: &mut Point, n: f64| point.x += n);
    engine.register_get_set("x", |point: &mut Point| point.x, |point: &mut Point, x: f64| point.x = x);
    engine.register_fn("host_apply", |context: NativeCallContext, f: FnPtr, n: i64| -> Result<i64, Box<EvalAltResult>> {
        f.call_within_context(&context, (n,))
    });
    engine
}

pub fn measure() {
    let timing = Timing("Rhai");
    timing.vms(Engine::new);
    let engine = engine();
    let ast: AST = engine.compile(SCRIPT).expect("it compiles");
    let mut scope = Scope::new();
    timing.adds(|n| engine.call_fn::<i64>(&mut scope, &ast, "add", (n, 1_i64)).expect("it runs"));
    timing.lengths(|_| engine.call_fn::<i64>(&mut scope, &ast, "length", ("hello",)).expect("it runs"));
    timing.runs(|name| engine.call_fn::<Dynamic>(&mut scope, &ast, name, (COUNT,)).expect("it runs"));
}
