//! A Rust program that defines a function for scripts, calls script functions, and reloads a script while it holds a function of it.

use stdlib::new_vm;
use vm::embed::{Error, VmOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut vm = new_vm(VmOptions::default());
    vm.define_function("game", "double", |n: i64| n * 2);
    let source = "import game\nlet hits = 0\nfn damage(n) { hits += 1; game.double(n) + 1 }\n";
    vm.load_texts(vec![("rules.lang".into(), source.into())])?;
    let damage: i64 = vm.call("rules.damage", (20,))?;
    println!("damage {damage}");

    // A held function follows the edit; the variable keeps its value.
    let held = vm.handle("rules.damage")?;
    let report = vm.reload_texts(vec![("rules.lang".into(), source.replace("+ 1", "+ 100"))]);
    print!("{report}");
    let damage: i64 = vm.call_handle(&held, (20,))?;
    println!("damage {damage}, hits {}", vm.get::<i64>("rules.hits")?);

    // A broken text is refused, and an error of the script comes with its trace.
    let report = vm.reload_texts(vec![("rules.lang".into(), "fn damage(n) { n +".into())]);
    println!("accepted: {}", report.ok);
    match vm.call::<_, i64>("rules.damage", ("a lot",)) {
        Err(Error::Raised { class, message, trace, .. }) => print!("{class}: {message}\n{trace}"),
        other => println!("{other:?}"),
    }
    Ok(())
}
