//! Texts that nobody would write, for everything that takes texts. Used by `suites/fuzz.rs` for a moment in every run of the tests, and
//! by the targets in `fuzz/` for as long as one likes.

use crate::case::{Case, Step};
use crate::folder::guarded;
use crate::host::FakeHost;
use crate::random::Random;
use crate::repository::{files, relative};
use lang::diagnostic::Diagnostic;
use lang::fmt::{Refusal, format};
use lang::source::{Source, Span};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use vm::bytecode::verify;
use vm::compile::compile_source;
use vm::embed::{Error, Vm, VmOptions};

/// Loop turns and calls that a text may use.
const FUEL: u64 = 20_000;

/// Bytes that a text may use.
const MEMORY_MAX: usize = 64 << 20;

/// Longest time for one text. What takes longer cannot be interrupted.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longest text that is made.
const BYTES_MAX: usize = 4_000;

/// Words that matter to the language, and some that should not.
const WORDS: &[&str] = &[
    "let ",
    "const ",
    "fn ",
    "class ",
    "enum ",
    "extend ",
    "import ",
    "if ",
    "else ",
    "while ",
    "for ",
    " in ",
    "match ",
    "return ",
    "break",
    "continue",
    "try ",
    "catch ",
    "finally ",
    "throw ",
    "yield ",
    "do ",
    " and ",
    " or ",
    "not ",
    " is ",
    "nil",
    "true",
    "self",
    "super",
    "assert ",
    "once ",
    "slot ",
    "shared ",
    "static ",
    "get ",
    "set ",
    "migrate",
    "namespace ",
    "from ",
    " as ",
    " was ",
    "test ",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "${",
    "|",
    "||",
    "|x| ",
    "=>",
    "=",
    "==",
    "!=",
    "<",
    "<=",
    "..",
    "..=",
    "...",
    "??",
    "?.",
    ".",
    ",",
    ":",
    ";",
    "\n",
    "\n\n",
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "~",
    "<<",
    "&",
    "^",
    "@",
    "#",
    "## ",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "\\",
    "\\u{1F600}",
    "\\n",
    "0",
    "1",
    "-1",
    "255",
    "9223372036854775807",
    "0x",
    "1e9",
    "1.5",
    "_",
    "x",
    "é",
    "\u{1F600}",
    "\u{0}",
    "\t",
    "\r\n",
    "print(",
    "len(",
    "fiber(",
    "init",
    "()",
    "[]",
    "[]=",
    "unary -",
    "outer: ",
    "_ => ",
    "...xs",
    "a.b",
    "x: ",
];

/// Texts to start from: those of the cases and the examples.
pub fn corpus() -> Vec<String> {
    let mut texts = Vec::new();
    for path in files("tests/cases", "lang") {
        let Ok(case) = Case::read(&path, relative(&path)) else { continue };
        let mut whole = String::new();
        for step in &case.steps {
            match step {
                Step::Load(loaded) => loaded.iter().for_each(|text| whole.push_str(&text.body)),
                Step::Run(text) | Step::Write(text) => whole.push_str(&text.body),
                Step::Save(save) => texts.extend(save.edits.iter().map(|text| text.body.clone())),
                Step::Refused { .. } | Step::Golden(_) | Step::Input(_) | Step::Ask(_) | Step::Refuse(_) | Step::Stop(_) => {}
            }
        }
        texts.push(whole);
    }
    let programs = files("examples", "lang").into_iter().chain(files("stdlib", "lang"));
    texts.extend(programs.filter_map(|path| std::fs::read_to_string(path).ok()));
    texts.retain(|text| text.len() <= BYTES_MAX);
    texts
}

/// A text of the corpus with a few changes.
pub fn mutated(random: &mut Random, corpus: &[String]) -> String {
    let mut bytes = random.pick(corpus).clone().into_bytes();
    for _ in 0..=random.below(5) {
        let (from, to) = range(random, bytes.len());
        match random.below(8) {
            0 => drop(bytes.drain(from..to)),
            1 => {
                let copy = bytes[from..to].to_vec();
                let at = random.below(bytes.len() + 1);
                bytes.splice(at..at, copy);
            }
            2 | 3 => drop(bytes.splice(from..from, random.pick(WORDS).bytes())),
            4 => drop(bytes.splice(from..to, random.pick(WORDS).bytes())),
            5 => {
                let other = random.pick(corpus).as_bytes();
                let (other_from, other_to) = range(random, other.len());
                bytes.splice(from..to, other[other_from..other_to].iter().copied());
            }
            6 => bytes[from..to].reverse(),
            _ => {
                if let Some(byte) = bytes.get_mut(from) {
                    *byte = random.below(256) as u8;
                }
            }
        }
        bytes.truncate(BYTES_MAX);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A short range more often than a long one.
fn range(random: &mut Random, len: usize) -> (usize, usize) {
    let from = random.below(len + 1);
    let longest = if random.below(4) == 0 { len } else { 12 };
    (from, (from + random.below(longest + 1)).min(len))
}

/// The front end and the compiler; whatever the text is, what they give must be sound.
pub fn front_end(text: &str) {
    let source = Source::new("main.lang", text);
    let parsed = lang::parse(&source);
    let printed = lang::ast::print::print(&parsed.file);
    assert!(parsed.file.stmts.is_empty() || !printed.is_empty(), "a tree has a text form");
    parsed.file.stmts.iter().for_each(|stmt| sound(stmt.span, text, "a statement"));
    layout(&source);
    let compiled = compile_source(&source);
    for diagnostic in &compiled.diagnostics {
        sound(diagnostic.span, text, diagnostic.code.id);
        diagnostic.notes.iter().for_each(|(span, _)| sound(*span, text, diagnostic.code.id));
        assert!(!diagnostic.message.is_empty() && !diagnostic.plain(&source).is_empty(), "{} says something", diagnostic.code.id);
    }
    match &compiled.image {
        Some(image) => {
            verify(image).unwrap_or_else(|error| panic!("the compiler made what the verifier refuses: {error}"));
            assert!(vm::image::print(image).starts_with("module"), "an image has a text form");
        }
        None => assert!(compiled.diagnostics.iter().any(Diagnostic::is_error), "no image, and no reason"),
    }
}

/// The layout of a text is one of the same meaning, and is its own layout.
fn layout(source: &Source) {
    match format(source) {
        Ok(formatted) => match format(&Source::new("main.lang", formatted.as_str())) {
            Ok(again) => assert_eq!(formatted, again, "a text in its layout has another one"),
            Err(refusal) => panic!("a text in its layout is refused: {refusal:?}"),
        },
        Err(Refusal::Errors(diagnostics)) => {
            assert!(diagnostics.iter().any(Diagnostic::is_error), "no layout, and no reason");
        }
        Err(Refusal::Mistake(formatted)) => panic!("the layout means something else:\n{formatted}"),
    }
}

fn sound(span: Span, text: &str, what: &str) {
    assert!(text.get(span.lo as usize..span.hi as usize).is_some(), "the place {span:?} of {what} is no part of the text");
}

/// Loads one text, then the other in its place, then the first again, under limits of time and memory.
pub fn run(first: &str, second: &str) {
    let host = FakeHost::new();
    let mut vm = stdlib::new_vm(VmOptions { host: Box::new(host.clone()), memory_limit: Some(MEMORY_MAX), ..VmOptions::default() });
    vm.add_root("");
    for text in [first, second, first] {
        vm.set_fuel(Some(FUEL));
        host.write_file("main.lang", text);
        let before = vm.epoch();
        let report = vm.reload_texts(vec![("main.lang".into(), text.into())]);
        assert_eq!(report.ok, report.reasons.is_empty(), "a refusal has reasons: {report}");
        assert!(report.ok || vm.epoch() == before, "a refusal makes no commit");
        assert!(!report.to_string().is_empty(), "a report has a text form");
        identical(&mut vm, text, report.ok);
    }
    vm.collect();
}

/// A text that was accepted makes no commit when it is given once more.
fn identical(vm: &mut Vm, text: &str, is_accepted: bool) {
    if is_accepted {
        let report = vm.reload_texts(vec![("main.lang".into(), text.into())]);
        let is_interrupted = matches!(report.error, Some(Error::Interrupted(_)));
        assert!(is_interrupted || report.ok && !report.committed, "the same text once more: {report}");
    }
}

/// Tries mutated texts for a while. Gives the smallest text found for the first failure, with what is wrong.
pub fn try_texts(seed: u64, time: Duration, texts: usize, check: fn(&[String])) -> Result<usize, String> {
    let corpus = corpus();
    let current = Arc::new(Mutex::new(Vec::new()));
    let seen = current.clone();
    let (sender, receiver) = mpsc::channel();
    let worker = thread::Builder::new().name("fuzz".into()).spawn(move || {
        let start = Instant::now();
        let mut random = Random::new(seed);
        let mut tried = 0;
        while start.elapsed() < time {
            let input: Vec<String> = (0..texts).map(|_| mutated(&mut random, &corpus)).collect();
            seen.lock().expect("no panic holds it").clone_from(&input);
            tried += 1;
            if let Err(message) = guarded(|| check(&input)) {
                let small = shrunk(input, |input| guarded(|| check(input)).is_err());
                let _ = sender.send(Some(format!("{message}\n{}", shown(&small))));
                return tried;
            }
            let _ = sender.send(None);
        }
        tried
    });
    let worker = worker.expect("a thread can be started");
    loop {
        match receiver.recv_timeout(PATIENCE) {
            Ok(None) => {}
            Ok(Some(failure)) => return Err(failure),
            Err(mpsc::RecvTimeoutError::Disconnected) => return worker.join().map_err(|_| "the worker panicked".into()),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let input = current.lock().expect("no panic holds it").clone();
                return Err(format!("it takes too long\n{}", shown(&input)));
            }
        }
    }
}

fn shown(input: &[String]) -> String {
    let parts: Vec<String> = input.iter().map(|text| format!("── text ({text:?})\n{text}")).collect();
    parts.join("\n")
}

/// The input with everything left out that the failure does not need.
fn shrunk(mut input: Vec<String>, fails: impl Fn(&[String]) -> bool) -> Vec<String> {
    let deadline = Instant::now() + Duration::from_secs(20);
    for at in 0..input.len() {
        let mut size = input[at].chars().count().div_ceil(2);
        while size > 0 {
            let mut from = 0;
            let mut is_smaller = false;
            while from < input[at].chars().count() && Instant::now() < deadline {
                let shorter = input[at].chars().take(from).chain(input[at].chars().skip(from + size)).collect();
                let mut candidate = input.clone();
                candidate[at] = shorter;
                if fails(&candidate) {
                    input = candidate;
                    is_smaller = true;
                } else {
                    from += size;
                }
            }
            if !(size == 1 && is_smaller) {
                size /= 2;
            }
        }
    }
    input
}
