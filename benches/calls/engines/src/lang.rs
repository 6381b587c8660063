//! This language.

use embed::prelude::*;
use timing::{COUNT, Timing};

#[derive(Class)]
struct Point {
    #[script(get)]
    x: f64,
}

#[methods]
impl Point {
    fn new(x: f64) -> Point {
        Point { x }
    }

    fn add(&mut self, n: f64) {
        self.x += n;
    }
}

const SCRIPT: &str = "
import host
from host import Point
fn add(a, b) { a + b }
fn length(s) { s.len() }
fn calls(n) { let s = 0; for i in 0..n { s = host.add(s, i) }; s }
fn texts(n) { let s = 0; for i in 0..n { s += host.length(\"hello\") }; s }
fn methods(n) { let p = Point(1.0); for i in 0..n { p.add(1.0) }; p.x }
fn properties(n) { let p = Point(1.0); let s = 0.0; for i in 0..n { s += p.x }; s }
fn objects(n) { let p = nil; for i in 0..n { p = Point(1.0) }; p.x }
";

pub fn measure() {
    let timing = Timing("lang");
    timing.of("make a VM", 20, || (0..20).for_each(|_| drop(Vm::new())));
    timing.memory("memory of a VM (KiB)", Vm::new);
    let mut vm = Vm::new();
    vm.module("host").function("add(a, b)", |a: i64, b: i64| a + b).function("length(text)", |text: String| text.len()).class::<Point>();
    vm.load_text("bench.lang", SCRIPT).expect("it loads");
    let add: Hot<fn(i64, i64) -> i64> = vm.hot("bench.add").expect("it is defined");
    let length: Hot<fn(String) -> i64> = vm.hot("bench.length").expect("it is defined");
    timing.calls("host calls add(int, int)", |n| add.call(&mut vm, n, 1).expect("it runs"));
    timing.calls("host calls length(text)", |_| length.call_with(&mut vm, ("hello",)).expect("it runs"));
    for (what, name) in [
        ("script calls add(int, int)", "bench.calls"),
        ("script calls length(text)", "bench.texts"),
        ("script calls a method", "bench.methods"),
        ("script reads a property", "bench.properties"),
        ("script makes an object", "bench.objects"),
    ] {
        let run = vm.handle(name).expect("it is defined");
        timing.of(what, COUNT, || drop(vm.call_handle::<_, Handle>(&run, (COUNT,)).expect("it runs")));
    }
}
