//! A program that is edited for days: evaluations and reloads in great numbers must not make it grow, nor slow it down.
//!
//! `SOAK=100000 cargo test -p tests --test soak` makes that many of each; the default is short.

use std::time::{Duration, Instant};
use stdlib::new_vm;
use vm::embed::{Vm, VmOptions};

fn rounds() -> u32 {
    std::env::var("SOAK").map_or(1_500, |text| text.parse().expect("SOAK is a number of rounds"))
}

/// Does `rounds` rounds of something and compares the memory and the time of their third thirds with those of the second ones.
fn soak(mut round: impl FnMut(&mut Vm, u32), vm: &mut Vm) {
    let third = rounds() / 3;
    let mut measured: Vec<(usize, usize, Duration)> = Vec::new();
    for part in 0..3 {
        let start = Instant::now();
        for n in part * third..(part + 1) * third {
            round(vm, n);
        }
        let took = start.elapsed();
        vm.collect();
        measured.push((vm.memory_used(), vm.object_count(), took));
    }
    println!("bytes, objects, time after each third of {} rounds: {measured:?}", third * 3);
    let [_, (bytes, objects, time), (bytes_last, objects_last, time_last)] = measured[..] else { unreachable!() };
    assert!(bytes_last < bytes + bytes / 10 + 10_000, "the program grows: {bytes} bytes, then {bytes_last}");
    assert!(objects_last < objects + objects / 10 + 100, "the program grows: {objects} objects, then {objects_last}");
    // Other programs use the machine too: only what is far out of proportion counts.
    assert!(time_last < time * 4 + Duration::from_millis(500), "the program gets slow: {time:?}, then {time_last:?}");
}

#[test]
fn evaluations_leave_nothing_behind() {
    let mut vm = new_vm(VmOptions::default());
    vm.load_texts(vec![("main.lang".into(), "let total = 0\nclass P { slot x = 1; fn get() { self.x } }\nlet p = P()".into())])
        .expect("it is correct");
    let round = |vm: &mut Vm, n: u32| {
        let text = match n % 5 {
            0 => format!("let a = {n}"),
            1 => format!("fn f(x) {{ x + {n} + total }}; total += f(1) - f(1)"),
            2 => format!("class P {{ slot x = {n}; fn get() {{ self.x + {n} }} }}; p.get()"),
            3 => format!("[1, 2, {n}].map(|x| x * {n}).sum()"),
            _ => format!("try {{ [][{n}] }} catch e {{ e.message }}"),
        };
        vm.eval_in("main", "<repl>", &text).expect("it is correct");
    };
    soak(round, &mut vm);
    let total: i64 = vm.get("main.total").expect("it has a value");
    assert_eq!(total, 0);
}

#[test]
fn classes_of_functions_leave_nothing_behind() {
    let mut vm = new_vm(VmOptions::default());
    let text = "fn f(n) {\n    class P { slot x = n; fn twice() { self.x * 2 } }\n    class Q(P) { slot y = 1 }\n    Q().twice() + P().x\n}";
    vm.load_texts(vec![("main.lang".into(), text.into())]).expect("it is correct");
    let round = |vm: &mut Vm, n: u32| assert_eq!(vm.call::<_, i64>("main.f", (i64::from(n),)).expect("it runs"), i64::from(n) * 3);
    soak(round, &mut vm);
}

/// The texts of a program whose old definitions nobody holds: names come and go, everything mentions others.
fn text_without_holders(n: u32) -> String {
    let (p, f) = (n % 5, n % 7);
    format!(
        "const K = {n}\nclass P{p} {{ slot x = {n}; fn get() {{ self.x + K }} }}\nfn f{f}(x) {{ [x, {n}].map(|y| y + K) }}\n\
         enum E {{ A; B(x); fn n() {{ {n} }} }}\nfn main() {{ P{p}().get() + f{f}({n})[0] }}"
    )
}

/// Bytes of the process that are in memory, as Linux tells.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).expect("it says how much is resident");
    line.split_whitespace().nth(1).and_then(|number| number.parse::<usize>().ok()).expect("it is a number of kB") * 1024
}

/// Reloads without end leave the memory of the process where it was; within 5 MB for 10 000 of them, and as much less for fewer.
#[cfg(target_os = "linux")]
#[test]
fn reloads_without_holders_leave_the_process_as_large_as_it_was() {
    const WARM_UP: u32 = 500;
    const BYTES_PER_RELOAD: usize = (5 << 20) / 10_000;
    // Tests run beside each other in one process: this one measures in its own.
    if std::env::var_os("SOAK_ALONE").is_none() {
        let name = "reloads_without_holders_leave_the_process_as_large_as_it_was";
        let program = std::env::current_exe().expect("a test is a program");
        let output = std::process::Command::new(program)
            .args(["--exact", name, "--nocapture"])
            .env("SOAK_ALONE", "1")
            .output()
            .expect("the program can be started again");
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        return;
    }
    let mut vm = new_vm(VmOptions::default());
    let mut after_warm_up = 0;
    for n in 0..WARM_UP + rounds() {
        let report = vm.reload_texts(vec![("main.lang".into(), text_without_holders(n))]);
        assert!(report.ok, "{report}");
        assert_eq!(vm.call::<_, i64>("main.main", ()).expect("it runs"), i64::from(n) * 4);
        if n + 1 == WARM_UP {
            vm.collect();
            after_warm_up = resident();
        }
    }
    vm.collect();
    let at_the_end = resident();
    println!("resident: {after_warm_up} bytes after {WARM_UP} reloads, {at_the_end} after {} more", rounds());
    // Pages that are in use by halves hide what is far below a megabyte.
    let allowed = (rounds() as usize * BYTES_PER_RELOAD).max(1 << 20);
    assert!(at_the_end < after_warm_up + allowed, "the process grows: {after_warm_up} bytes, then {at_the_end}");
}

#[test]
fn reloads_leave_nothing_behind() {
    let mut vm = new_vm(VmOptions::default());
    let text = |n: u32| {
        format!(
            "let n = 0\nlet held = []\nconst K = {n}\nclass P {{ slot x = {n}; slot s{} = 1; fn get() {{ self.x + K }} }}\nlet p = P()\n\
             fn f() {{ n += 1; p.get() + K }}\nfn g{}() {{ f() }}\nfn main() {{ f() + g{}() }}",
            n % 3,
            n % 7,
            n % 7
        )
    };
    vm.load_texts(vec![("main.lang".into(), text(0))]).expect("it is correct");
    let round = |vm: &mut Vm, n: u32| {
        let report = vm.reload_texts(vec![("main.lang".into(), text(n + 1))]);
        assert!(report.ok, "{report}");
        vm.call::<_, i64>("main.main", ()).expect("it runs");
    };
    soak(round, &mut vm);
    let calls: i64 = vm.get("main.n").expect("it has a value");
    assert_eq!(calls, i64::from(rounds() / 3 * 3) * 2);
}
