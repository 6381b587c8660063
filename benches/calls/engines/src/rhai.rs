//! Rhai.

use rhai::{AST, Dynamic, Engine, Scope};
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
fn objects(n) { let p = (); for i in 0..n { p = point(1.0); } p.x }
";

fn engine() -> Engine {
    let mut engine = Engine::new();
    engine.register_fn("host_add", |a: i64, b: i64| a + b);
    engine.register_fn("host_length", |text: &str| text.len() as i64);
    engine.register_type_with_name::<Point>("Point");
    engine.register_fn("point", |x: f64| Point { x });
    engine.register_fn("add", |point: &mut Point, n: f64| point.x += n);
    engine.register_get("x", |point: &mut Point| point.x);
    engine
}

pub fn measure() {
    let timing = Timing("Rhai");
    timing.of("make a VM", 20, || (0..20).for_each(|_| drop(Engine::new())));
    timing.memory("memory of a VM (KiB)", Engine::new);
    let engine = engine();
    let ast: AST = engine.compile(SCRIPT).expect("it compiles");
    let mut scope = Scope::new();
    timing.calls("host calls add(int, int)", |n| engine.call_fn::<i64>(&mut scope, &ast, "add", (n, 1_i64)).expect("it runs"));
    timing.calls("host calls length(text)", |_| engine.call_fn::<i64>(&mut scope, &ast, "length", ("hello",)).expect("it runs"));
    for (what, name) in [
        ("script calls add(int, int)", "calls"),
        ("script calls length(text)", "texts"),
        ("script calls a method", "methods"),
        ("script reads a property", "properties"),
        ("script makes an object", "objects"),
    ] {
        timing.of(what, COUNT, || drop(engine.call_fn::<Dynamic>(&mut scope, &ast, name, (COUNT,)).expect("it runs")));
    }
}
