//! Koto, whose objects of the host have methods, but no properties: `x` and `set_x` are called.

use koto::derive::{KotoCopy, KotoType, koto_impl, koto_method};
use koto::prelude::*;
use koto::runtime::Result;
use timing::{COUNT, Timing};

#[derive(Clone, Copy, KotoType, KotoCopy)]
struct Point {
    x: f64,
}

#[koto_impl]
impl Point {
    #[koto_method]
    fn x(&self) -> KValue {
        self.x.into()
    }

    #[koto_method]
    fn set_x(&mut self, args: &[KValue]) -> Result<KValue> {
        match args {
            [KValue::Number(x)] => {
                self.x = f64::from(*x);
                Ok(KValue::Null)
            }
            unexpected => unexpected_args("|Number|", unexpected),
        }
    }

    #[koto_method]
    fn go(&mut self, args: &[KValue]) -> Result<KValue> {
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
    p.go 1.0
  p.x()
export properties = |n|
  p = point 1.0
  s = 0.0
  for i in 0..n
    s += p.x()
  s
export writes = |n|
  p = point 1.0
  for i in 0..n
    p.set_x 2.0
  p.x()
export objects = |n|
  p = null
  for i in 0..n
    p = point 1.0
  p.x()
export callbacks = |n|
  f = |x| x + 1
  s = 0
  for i in 0..n
    s += host_apply f, i
  s
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
    koto.prelude().add_fn("host_apply", |ctx| match ctx.args() {
        [f, n @ KValue::Number(_)] => {
            let (f, n) = (f.clone(), n.clone());
            ctx.vm.call_function(f, &[n])
        }
        unexpected => unexpected_args("|Callable, Number|", unexpected),
    });
    koto.prelude().add_fn("point", |ctx| match ctx.args() {
        [KValue::Number(x)] => Ok(KObject::from(Point { x: f64::from(*x) }).into()),
        unexpected => unexpected_args("|Number|", unexpected),
    });
    koto
}

pub fn measure() {
    let timing = Timing("Koto");
    timing.vms(Koto::default);
    let mut koto = koto();
    koto.compile_and_run(SCRIPT).expect("it runs");
    let exports = koto.exports().clone();
    let function = |name: &str| exports.get(name).expect("it is exported");
    let (add, length) = (function("add"), function("length"));
    timing.adds(|n| koto.call_function(add.clone(), &[n.into(), 1_i64.into()]).expect("it runs"));
    timing.lengths(|_| koto.call_function(length.clone(), &["hello".into()]).expect("it runs"));
    timing.runs(|name| koto.call_function(function(name), &[COUNT.into()]).expect("it runs"));
}
