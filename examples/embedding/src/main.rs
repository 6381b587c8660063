//! The smallest host: a Rust program that gives scripts a function, calls theirs, and reloads a script while it holds a function of it.

use embed::prelude::*;

fn main() -> Result<(), Error> {
    let mut vm = Vm::new();
    vm.module("game").function("double(n)", |n: i64| n * 2);
    let source = "import game\nlet hits = 0\nfn damage(n) { hits += 1; game.double(n) + 1 }\n";
    vm.load_text("rules.lang", source)?;
    let damage: Hot<fn(i64) -> i64> = vm.hot("rules.damage")?;
    println!("damage {}", damage.call(&mut vm, 20)?);

    // The handle follows the edit; the variable keeps its value.
    print!("{}", vm.reload_text("rules.lang", &source.replace("+ 1 }", "+ 100 }")));
    println!("damage {}, hits {}", damage.call(&mut vm, 20)?, vm.get::<i64>("rules.hits")?);

    // A broken text is refused, and an error of the script comes with its trace.
    println!("accepted: {}", vm.reload_text("rules.lang", "fn damage(n) { n +").ok);
    match damage.call_with(&mut vm, ("a lot",)) {
        Err(Error::Raised { class, message, trace, .. }) => print!("{class}: {message}\n{trace}"),
        other => println!("{other:?}"),
    }
    Ok(())
}
