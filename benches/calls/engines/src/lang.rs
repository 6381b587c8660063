//! This language.

use embed::prelude::*;
use timing::{COUNT, Timing};

#[derive(Class)]
struct Point {
    #[script(get, set)]
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
fn writes(n) { let p = Point(1.0); for i in 0..n { p.x = 2.0 }; p.x }
fn objects(n) { let p = nil; for i in 0..n { p = Point(1.0) }; p.x }
fn callbacks(n) { let f = |x| x + 1; let s = 0; for i in 0..n { s += host.apply(f, i) }; s }
";

pub fn measure() {
    let timing = Timing("lang");
    timing.vms(Vm::new);
    let mut vm = Vm::new();
    vm.module("host")
        .function("add(a, b)", |a: i64, b: i64| a + b)
        .function("length(text)", |text: String| text.len())
        .function("apply(f, n)", |vm: &mut Vm, f: Hot<fn(i64) -> i64>, n: i64| f.call(vm, n))
        .class::<Point>();
    vm.load_text("bench.lang", SCRIPT).expect("it loads");
    let add: Hot<fn(i64, i64) -> i64> = vm.hot("bench.add").expect("it is defined");
    let length: Hot<fn(String) -> i64> = vm.hot("bench.length").expect("it is defined");
    timing.adds(|n| add.call(&mut vm, n, 1).expect("it runs"));
    timing.lengths(|_| length.call_with(&mut vm, ("hello",)).expect("it runs"));
    timing.runs(|name| vm.call::<_, f64>(&format!("bench.{name}"), (COUNT,)).expect("it runs"));
}
