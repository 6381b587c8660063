//! What live redefinition costs a program: runs programs in VMs that are frozen and in VMs that are not, in turns, and says what a VM keeps for reloads.
//!
//! `frozen [--turns N] PROGRAM…`: names of folders of `benches/programs`. Prints `program<tab>milliseconds not frozen<tab>milliseconds frozen` for each, and
//! `program<tab>KiB as loaded<tab>KiB after ten edits<tab>KiB frozen` behind it.

use embed::prelude::*;
use embed::{Host, HostError};
use std::path::Path;
use std::time::{Duration, Instant};

/// Swallows what programs print.
struct Silent;

impl Host for Silent {
    fn write(&mut self, _: &str) -> Result<(), HostError> {
        Ok(())
    }

    fn flush(&mut self) -> Result<(), HostError> {
        Ok(())
    }
}

fn loaded(text: &str) -> Vm {
    let mut vm = Vm::builder().host(Silent).build();
    vm.load_text("main.lang", text).expect("it loads");
    vm
}

/// How long a program runs.
fn time(text: &str, is_frozen: bool) -> Duration {
    let mut vm = loaded(text);
    if is_frozen {
        vm.freeze();
    }
    let begin = Instant::now();
    vm.call::<_, Handle>("main.main", ()).expect("it runs");
    begin.elapsed()
}

/// KiB that are allocated.
fn kib(vm: &mut Vm) -> isize {
    vm.collect();
    timing::allocated() / 1024
}

fn measure_memory(name: &str, text: &str) {
    let before = timing::allocated() / 1024;
    let mut vm = loaded(text);
    let as_loaded = kib(&mut vm);
    for n in 0..10 {
        let report = vm.reload_text("main.lang", &format!("{text}\nfn edited() {{ {n} }}\n"));
        assert!(report.ok, "{report:?}");
    }
    let edited = kib(&mut vm);
    vm.freeze();
    let frozen = kib(&mut vm);
    println!("{name}\t{}\t{}\t{}", as_loaded - before, edited - before, frozen - before);
}

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut turns = 7;
    if arguments.first().is_some_and(|first| first == "--turns") {
        turns = arguments[1].parse().expect("a number of turns");
        arguments.drain(..2);
    }
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../programs");
    let texts = arguments.iter().map(|name| {
        let text = std::fs::read_to_string(programs.join(name).join("main.lang"));
        (name, text.unwrap_or_else(|error| panic!("{name}: {error}")))
    });
    let texts: Vec<_> = texts.collect();
    for (name, text) in &texts {
        let mut least = [Duration::MAX; 2];
        for turn in 0..turns * 2 {
            // Not always the same one first.
            let is_frozen = turn % 4 == 1 || turn % 4 == 2;
            let slot = &mut least[usize::from(is_frozen)];
            *slot = time(text, is_frozen).min(*slot);
        }
        let [thawed, frozen] = least.map(|time| time.as_secs_f64() * 1e3);
        println!("{name}\t{thawed:.2}\t{frozen:.2}\t{:.3}", frozen / thawed);
    }
    for (name, text) in &texts {
        measure_memory(name, text);
    }
}
