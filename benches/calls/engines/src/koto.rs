//! Koto.

use koto::derive::{KotoCopy, KotoType, koto_impl};
use koto::prelude::*;
use koto::runtime::Result;
use timing::{COUNT, Timing};

#[derive(Clone, Copy, KotoType, KotoCopy)]
struct Point {
    x: f64,
}

#[koto_impl]
impl Point {
    #[koto_get]
    fn x(&self) -> KValue {
        self.x.into()
    }

    #[koto_method]
    fn add(&mut self, args: &[KValue]) -> Result<KValue> {
        match args {
            [KValue::Number(n)] => {
                self.x += f64::from(*n);
                Ok(KValue::Null)
            }
            unexpected => unexpected_args("|Number|", unexpected),
        }
    }
}

impl KotoObject for Point {}

const SCRIPT: &str = "
export add = |a, b| a + b
export length = |s| size s
export calls = |n|
  s = 0
  for i in 0..n
    s = host_add s, i
  s
export texts = |n|
  s = 0
  for i in 0..n
    s += host_length 'hello'
  s
export methods = |n|
  p = point 1.0
  for i in 0..n
    p.add 1.0
  p.x
export properties = |n|
  p = point 1.0
  s = 0.0
  for i in 0..n
    s += p.x
  s
export objects = |n|
  p = null
  for i in 0..n
    p = point 1.0
  p.x
";

fn koto() -> Koto {
    let koto = Koto::default();
    koto.prelude().add_fn("host_add", |ctx| match ctx.args() {
        [KValue::Number(a), KValue::Number(b)] => Ok((a + b).into()),
        unexpected => unexpected_args("|Number, Number|", unexpected),
    });
    koto.prelude().add_fn("host_length", |ctx| match ctx.args() {
        [KValue::Str(text)] => Ok(text.len().into()),
        unexpected => unexpected_args("|String|", unexpected),
    });
    koto.prelude().add_fn("point", |ctx| match ctx.args() {
        [KValue::Number(x)] => Ok(KObject::from(Point { x: f64::from(*x) }).into()),
        unexpected => unexpected_args("|Number|", unexpected),
    });
    koto
}

pub fn measure() {
    let timing = Timing("Koto");
    timing.of("make a VM", 20, || (0..20).for_each(|_| drop(Koto::default())));
    timing.memory("memory of a VM (KiB)", Koto::default);
    let mut koto = koto();
    koto.compile_and_run(SCRIPT).expect("it runs");
    let function = |name: &str| koto.exports().get(name).expect("it is exported");
    let (add, length) = (function("add"), function("length"));
    let runs = ["calls", "texts", "methods", "properties", "objects"].map(|name| function(name));
    timing.calls("host calls add(int, int)", |n| koto.call_function(add.clone(), &[n.into(), 1_i64.into()]).expect("it runs"));
    timing.calls("host calls length(text)", |_| koto.call_function(length.clone(), &["hello".into()]).expect("it runs"));
    let whats = [
        "script calls add(int, int)",
        "script calls length(text)",
        "script calls a method",
        "script reads a property",
        "script makes an object",
    ];
    for (what, run) in whats.into_iter().zip(runs) {
        timing.of(what, COUNT, || drop(koto.call_function(run.clone(), &[COUNT.into()]).expect("it runs")));
    }
}
