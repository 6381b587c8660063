//! The handlers of instructions call each other in tail position: whatever a program does, and however long, the native stack does not
//! grow.

use stdlib::new_vm;
use vm::embed::VmOptions;

const PROGRAM: &str = r#"
class Point {
    slot x = 0
    fn moved(d) { Point(self.x + d) }
    fn +(other) { Point(self.x + other.x) }
}

fn work(n) {
    let p = Point(0)
    let total = 0
    for i in 0..n {
        p = p.moved(1) + Point(1)
        total += p.x % 7 + len("text") + [i, 1].map(|v| v % 3).len()
        let text = "${i}:" + "x"
        if text == "nothing" { total = 0 }
        try { if i % 100 == 0 { throw Error("now and then") } } catch e { total += 1 }
        match [i, total] {
            [a, b] if a == b => { total += 1 }
            _ => {}
        }
    }
    total
}
"#;

#[test]
fn native_stack_does_not_grow() {
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(|| {
        let mut vm = new_vm(VmOptions::default());
        vm.load_texts(vec![("work.lang".into(), PROGRAM.into())]).expect("the program is correct");
        let short: i64 = vm.call("work.work", (10,)).expect("it runs");
        let long: i64 = vm.call("work.work", (60_000,)).expect("it runs");
        assert!(long > short);
    });
    thread.expect("threads can be made").join().expect("it did not overflow");
}
