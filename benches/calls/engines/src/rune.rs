//! Rune.

use rune::alloc::String as RuneString;
use rune::runtime::{Function, VmResult};
use rune::{Any, Context, ContextError, Module, Source, Sources, Value, Vm};
use std::sync::Arc;
use timing::{COUNT, Timing};

#[derive(Any)]
struct Point {
    #[rune(get, set)]
    x: f64,
}

impl Point {
    #[rune::function(path = Self::add)]
    fn add(&mut self, n: f64) {
        self.x += n;
    }
}

#[rune::function]
fn host_add(a: i64, b: i64) -> i64 {
    a + b
}

#[rune::function]
fn host_length(text: &str) -> i64 {
    text.len() as i64
}

#[rune::function]
fn host_apply(f: &Function, n: i64) -> VmResult<i64> {
    f.call((n,))
}

#[rune::function]
fn point(x: f64) -> Point {
    Point { x }
}

const SCRIPT: &str = "
pub fn add(a, b) { a + b }
pub fn length(s) { s.len() }
pub fn calls(n) { let s = 0; for i in 0..n { s = host_add(s, i); } s }
pub fn texts(n) { let s = 0; for i in 0..n { s += host_length(\"hello\"); } s }
pub fn methods(n) { let p = point(1.0); for i in 0..n { p.add(1.0); } p.x }
pub fn properties(n) { let p = point(1.0); let s = 0.0; for i in 0..n { s += p.x; } s }
pub fn writes(n) { let p = point(1.0); for i in 0..n { p.x = 2.0; } p.x }
pub fn objects(n) { let p = point(0.0); for i in 0..n { p = point(1.0); } p.x }
pub fn callbacks(n) { let f = |x| x + 1; let s = 0; for i in 0..n { s += host_apply(f, i); } s }
";

fn module() -> Result<Module, ContextError> {
    let mut module = Module::new();
    module.ty::<Point>()?;
    module.function_meta(Point::add)?;
    module.function_meta(host_add)?;
    module.function_meta(host_length)?;
    module.function_meta(host_apply)?;
    module.function_meta(point)?;
    Ok(module)
}

fn vm() -> Vm {
    let mut context = Context::with_default_modules().expect("the library is there");
    context.install(module().expect("names are given once")).expect("names are given once");
    let mut sources = Sources::new();
    sources.insert(Source::memory(SCRIPT).expect("it fits")).expect("it fits");
    let unit = rune::prepare(&mut sources).with_context(&context).build().expect("it compiles");
    Vm::new(Arc::new(context.runtime().expect("it fits")), Arc::new(unit))
}

pub fn measure() {
    let timing = Timing("Rune");
    timing.vms(vm);
    let mut vm = vm();
    timing.adds(|n| rune::from_value::<i64>(vm.call(["add"], (n, 1_i64)).expect("it runs")).expect("an int"));
    timing.lengths(|_| {
        let text = RuneString::try_from("hello").expect("it fits");
        rune::from_value::<i64>(vm.call(["length"], (text,)).expect("it runs")).expect("an int")
    });
    timing.runs(|name| -> Value { vm.call([name], (COUNT,)).expect("it runs") });
}
