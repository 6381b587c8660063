//! A program that runs while it is edited at random for a long time: nothing is lost, done twice, or kept without end.
//!
//! `SOAK=200 cargo test --release -p repl --test tool soak` makes that many edits, and `SEED=7` others; the default is short.

use crate::folder::Folder;
use crate::running::Running;
use std::collections::{BTreeMap, BTreeSet};
use tests::random::Random;

const EDITS: u32 = 20;

/// Ticks of the program for each edit.
const TICKS_PER_EDIT: u32 = 50;

/// What may be added to the program's memory, in bytes, from the first quarter of the edits to the end.
const GROWTH_MAX: u64 = 24 << 20;

const MAIN: &str = r#"import bus
import live
import task
import handlers
from rules import EDIT, work
from things import Thing

let ticks = 0
let things = (0..10).map(|id| Thing(id))

once listening = live.on("reload", |report| print("commit ${report.epoch}"))
once counting = task.spawn(count)

fn count() {
    task.on_code_change(|report| print("code ${report.epoch}"))
    while true { task.sleep(60) }
}

fn tick() {
    ticks += 1
    work(things[ticks % things.len()])
    let sum = things.map(|thing| thing.hits()).sum()
    print("tick ${ticks} sum ${sum} handlers ${bus.call(ticks)} edit ${EDIT}.")
}

fn main() {
    while true {
        tick()
        task.sleep(0.001)
    }
}
"#;

const BUS: &str = r#"let handlers = {}

## A decorator: the function is called at each tick. Its name is the key, so that it is there once, whatever is edited.
fn handler(f) {
    handlers[f.name] = f
    f
}

fn call(n) { handlers.values().map(|f| f(n)).sorted().join(",") }
"#;

/// What the files say.
#[derive(Clone)]
struct Program {
    /// Number of the last edit that holds.
    edit: u32,
    /// A number in the body of `work`.
    work: usize,
    /// Handlers, each with a number in its body.
    handlers: BTreeMap<usize, usize>,
    /// Slots of `Thing` beside the first two.
    slots: BTreeSet<usize>,
    /// What the slot that counts is called, and what it was called when that was another name.
    counter: (&'static str, Option<&'static str>),
    /// A number in the body of `main.tick`, and of lines above it.
    main: usize,
}

impl Program {
    fn texts(&self) -> [(&'static str, String); 5] {
        let handlers: String = (self.handlers.iter())
            .map(|(id, body)| format!("@bus.handler\nfn h{id}(n) {{\n    let x = n * {body}\n    {id}\n}}\n"))
            .collect();
        let handlers = format!(
            "import bus\n\n{handlers}\nfn after_reload(change) {{\n    \
             for name in change.report.removed.names {{ bus.handlers.discard(name) }}\n}}\n"
        );
        let (counter, was) = self.counter;
        let was = was.map(|was| format!(" was {was}")).unwrap_or_default();
        let slots: String = self.slots.iter().map(|slot| format!("    slot s{slot} = self.id * {slot}\n")).collect();
        let checks: String = self.slots.iter().map(|slot| format!("        assert self.s{slot} == self.id * {slot}\n")).collect();
        let things = format!(
            "class Thing {{\n    slot id\n    slot {counter}{was} = 0\n{slots}    fn hit() {{\n{checks}        \
             self.{counter} += 1\n    }}\n    fn hits() {{ self.{counter} }}\n}}\n"
        );
        let rules = format!("const EDIT = {}\nfn work(thing) {{\n    let x = {}\n    thing.hit()\n}}\n", self.edit, self.work);
        let main = MAIN.replace("    ticks += 1\n", &format!("    let x = {}\n    ticks += 1\n", self.main));
        let main = format!("{}{main}", "#\n".repeat(self.main % 5));
        // The number of the edit comes last.
        [("main.lang", main), ("bus.lang", BUS.into()), ("handlers.lang", handlers), ("things.lang", things), ("rules.lang", rules)]
    }

    /// Makes an edit that holds.
    fn change(&mut self, random: &mut Random) {
        self.edit += 1;
        self.counter.1 = None;
        match random.below(7) {
            0 => self.work = random.below(1000),
            1 => self.main = random.below(1000),
            2 => {
                self.handlers.insert(random.below(8), random.below(1000));
            }
            3 => {
                self.handlers.remove(&random.below(8));
            }
            4 => {
                self.slots.insert(random.below(8));
            }
            5 => {
                self.slots.remove(&random.below(8));
            }
            _ => {
                let before = self.counter.0;
                self.counter = (if before == "count" { "tally" } else { "count" }, Some(before));
            }
        }
    }

    /// The names that the handlers give.
    fn handlers(&self) -> String {
        self.handlers.keys().map(usize::to_string).collect::<Vec<_>>().join(",")
    }
}

/// The folder of a program, and what is in its files.
struct Files {
    folder: Folder,
    texts: BTreeMap<&'static str, String>,
}

impl Files {
    /// Writes those that are to have another text.
    fn save(&mut self, texts: impl IntoIterator<Item = (&'static str, String)>) {
        for (name, text) in texts {
            if self.texts.get(name) != Some(&text) {
                self.folder.write(name, &text);
                self.texts.insert(name, text);
            }
        }
    }
}

/// An edit that does not hold: a file and its text.
fn mistake(program: &Program, random: &mut Random) -> (&'static str, String) {
    let (name, text) = random.pick(&program.texts()).clone();
    let text = match random.below(5) {
        0 => format!("{text}fn half("),
        1 => format!("{text}const BROKEN = nil.nosuch\n"),
        2 => format!("throw ValueError(\"no\")\n{text}"),
        3 => text.replacen("fn ", "fn if ", 1),
        _ => return ("rules.lang", program.texts()[4].1.replace("fn work(thing)", "class work")),
    };
    (name, text)
}

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[test]
fn edits_at_random_lose_nothing() {
    let (edits, seed) = (number("SOAK", EDITS), number("SEED", 1));
    println!("SEED={seed} SOAK={edits}");
    let mut random = Random::new(seed.into());
    let mut program = Program {
        edit: 0,
        work: 1,
        handlers: BTreeMap::from([(1, 1), (2, 1)]),
        slots: BTreeSet::new(),
        counter: ("count", None),
        main: 0,
    };
    let mut files = Files { folder: Folder::new(), texts: BTreeMap::new() };
    files.save(program.texts());
    let mut running = Running::start(&files.folder, "main.lang");
    running.wait_for("edit 0.");
    let mut refused = 0;
    let mut memory_before = 0;
    for n in 0..edits {
        if random.below(4) == 0 {
            refused += 1;
            let (name, text) = mistake(&program, &mut random);
            // No two of them are the same text.
            files.save([(name, format!("{text}\n# {n}\n"))]);
            running.wait_for("reload: refused");
        } else {
            program.change(&mut random);
            files.save(program.texts());
            let line = running.wait_for(&format!(" edit {}.", program.edit));
            assert!(line.contains(&format!(" handlers {} ", program.handlers())), "{line}: not {}", program.handlers());
        }
        // The program goes on for a while.
        let tick = ticks_of(&running) + 1;
        running.wait_for(&format!("tick {} ", tick.max((n + 1) * TICKS_PER_EDIT)));
        if n == edits / 4 {
            memory_before = running.memory();
        }
    }
    let memory = running.memory();
    assert_monotonic(&running);
    let ticks = ticks_of(&running);
    println!("{ticks} ticks, {} edits taken in, {refused} refused; {memory_before} bytes, then {memory}", program.edit);
    assert!(memory < memory_before + GROWTH_MAX, "the program grows: {memory_before} bytes, then {memory}");
}

/// The number of the last tick.
fn ticks_of(running: &Running) -> u32 {
    let last = running.seen().iter().rev().find_map(|line| line.strip_prefix("tick ")?.split(' ').next()?.parse().ok());
    last.expect("it has ticked")
}

/// Asserts that ticks, what is counted by instances, and commits go on by one, and that each commit was told to each listener once.
fn assert_monotonic(running: &Running) {
    let mut ticks = 0;
    let mut told: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for line in running.seen() {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["tick", tick, "sum", sum, ..] => {
                ticks += 1;
                assert_eq!((tick.parse(), sum.parse()), (Ok(ticks), Ok(ticks)), "{line}");
            }
            [who @ ("commit" | "code"), epoch] => told.entry(who).or_default().push(epoch.parse().expect("a number")),
            _ => assert!(!line.contains("failed"), "{line}"),
        }
    }
    for (who, epochs) in &told {
        assert!(epochs.is_sorted_by(|a, b| a < b), "{who} was told twice: {epochs:?}");
    }
    assert_eq!(told.get("commit"), told.get("code"));
}
