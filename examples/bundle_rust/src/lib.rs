//! A native bundle in Rust: what `session.lang` imports.

use bundle_author::{Bundle, Failure, Held, Object, Program, Raise, Rest, bundle, native};
use std::cell::RefCell;

native! {
    /// A sum that knows how many numbers are in it.
    pub struct Mean { sum: f64, count: i64 }
}

thread_local! {
    /// What wants to know of every mean.
    static LISTENER: RefCell<Option<Held>> = const { RefCell::new(None) };
}

fn register(bundle: &mut Bundle) {
    bundle.doc("Means, and what else is easier in Rust.");
    bundle.constant("VERSION", 1);
    bundle.function("add(a, b = 1): the sum.", |a: i64, b: i64| a + b);
    bundle.function("shout(text, ...more): all in capitals.", |text: String, more: Rest<String>| {
        std::iter::once(text).chain(more.0).map(|text| text.to_uppercase()).collect::<Vec<_>>()
    });
    bundle.function("root(n): the square root.", |n: f64| {
        if n < 0.0 { Err(Raise::new("ValueError", format!("{n} has no root"))) } else { Ok(n.sqrt()) }
    });
    bundle.function("broken(): panics.", || -> i64 { panic!("as it says") });
    bundle.function("mean(): an empty one.", || Mean { sum: 0.0, count: 0 });
    bundle.function(
        "listen(f): from now on `f` is told of every sum.",
        |program: &mut Program, f: Object| -> Result<(), Failure> {
            let held = program.hold(&f)?;
            LISTENER.set(Some(held));
            Ok(())
        },
    );
    bundle.outside(
        "sum(items): the sum, and tells the listener.",
        |program: &mut Program, items: Vec<f64>| -> Result<f64, Failure> {
            let sum: f64 = items.iter().sum();
            let listener = LISTENER.take();
            if let Some(held) = &listener {
                let f = program.held(held)?;
                let told: Result<Object, Failure> = program.call(&f, &[&sum]);
                LISTENER.set(listener);
                told?;
            }
            Ok(sum)
        },
    );
    bundle
        .class::<Mean>()
        .method("add(n): puts a number in.", |this: &mut Mean, n: f64| {
            this.sum += n;
            this.count += 1;
        })
        .method("value(): what it is, or nil.", |this: &Mean| (this.count > 0).then(|| this.sum / this.count as f64));
}

bundle!(register);
