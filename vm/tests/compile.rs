//! The compiler from outside: golden listings, every program and case of the repository, limits, and the verifier against
//! damaged code.
//!
//! The listings in `bytecode/*.txt` are rewritten with `UPDATE=1`; read them before committing them.

use lang::diagnostic::Diagnostic;
use lang::source::Source;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vm::bytecode::{Insn, Op, verify};
use vm::compile::{Compiled, codes, compile_source};
use vm::image::{ModuleImage, print};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The image of a text that must compile, verified.
fn image(name: &str, text: &str) -> ModuleImage {
    let source = Source::new(name, text);
    let Compiled { image, diagnostics, .. } = compile_source(&source);
    let problems: Vec<String> = diagnostics.iter().map(|problem| problem.plain(&source)).collect();
    let image = image.unwrap_or_else(|| panic!("{name} does not compile:\n{}", problems.concat()));
    verify(&image).unwrap_or_else(|error| panic!("{name}: {error}"));
    image
}

/// The identifiers of the errors of a text that must not compile.
fn errors(text: &str) -> Vec<&'static str> {
    let Compiled { image, diagnostics, .. } = compile_source(&Source::new("main.lang", text));
    assert!(image.is_none(), "an image in spite of errors");
    diagnostics.iter().filter(|problem| problem.is_error()).map(|problem| problem.code.id).collect()
}

fn files(folder: &Path, extension: &str, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, extension, out);
        } else if path.extension().is_some_and(|found| found == extension) {
            out.push(path);
        }
    }
}

#[test]
fn listings_are_as_recorded() {
    let mut sources = Vec::new();
    files(&here("tests/bytecode"), "lang", &mut sources);
    assert!(!sources.is_empty(), "the listings are missing");
    for path in sources {
        let text = fs::read_to_string(&path).expect("readable");
        let name = path.file_name().expect("a file").to_string_lossy();
        let listing = print(&image(&name, &text));
        let golden = path.with_extension("txt");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&golden, &listing).expect("writable");
        }
        let recorded = fs::read_to_string(&golden).unwrap_or_default();
        assert!(listing == recorded, "{} differs; run with UPDATE=1 and read it:\n{listing}", golden.display());
    }
}

#[test]
fn programs_compile() {
    let mut paths = Vec::new();
    files(&here("../benches/programs"), "lang", &mut paths);
    files(&here("../examples"), "lang", &mut paths);
    files(&here("../stdlib/src"), "lang", &mut paths);
    for path in paths {
        image(&path.to_string_lossy(), &fs::read_to_string(&path).expect("readable"));
    }
}

/// The texts of a case: what stands below each line `#- …`.
fn sections(case: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    for line in case.lines() {
        if line.starts_with("#- ") {
            sections.push(String::new());
        }
        let section = sections.last_mut().expect("never empty");
        section.push_str(line);
        section.push('\n');
    }
    sections
}

#[test]
fn cases_compile_or_say_why_not() {
    let mut paths = Vec::new();
    files(&here("../tests/cases"), "lang", &mut paths);
    for path in paths {
        let case = fs::read_to_string(&path).expect("readable");
        for text in sections(&case) {
            let source = Source::new(path.to_string_lossy(), text);
            let Compiled { image, diagnostics, .. } = compile_source(&source);
            match image {
                Some(image) => verify(&image).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
                None => assert!(diagnostics.iter().any(Diagnostic::is_error), "{}: no image, no reason", path.display()),
            }
        }
    }
}

#[test]
fn equal_functions_have_equal_fingerprints() {
    let before = image("main.lang", "import math\nfn f(a) { class C { slot x = [a] }; math.sqrt(a) + g(|x| x + a) }");
    let after = image(
        "main.lang",
        "import json\nimport math\nclass D { slot y = [1] }\nfn h() { 0 }\n\n## Doc.\nfn f(a) { # why\n    class C {\n slot x = [a] }\n\n \
         math.sqrt(a) + g(|x| x + a) }",
    );
    let edited = image("main.lang", "import math\nfn f(a) { class C { slot x = [a] }; math.sqrt(a) + g(|x| x - a) }");
    let of = |image: &ModuleImage| {
        let proto = image.protos.iter().find(|proto| &*proto.name == "f").expect("compiled");
        let definition = image.definitions.iter().find(|definition| &*definition.name == "f").expect("defined");
        (proto.fingerprint, definition.fingerprint)
    };
    assert_eq!(of(&before), of(&after));
    assert_ne!(of(&before).0, of(&edited).0);
    assert_ne!(of(&before).1, of(&edited).1);
}

#[test]
fn limits_are_diagnostics() {
    let many = |count: usize, part: &dyn Fn(usize) -> String| (0..count).map(part).collect::<String>();
    let lets = |name: &str, count: usize| many(count, &|i| format!("let {name}{i} = {i}\n"));
    let names = |name: &str, count: usize| many(count, &|i| format!("{name}{i}, "));

    assert_eq!(errors(&format!("f({})", names("a", 300))), [codes::TOO_MANY_REGISTERS.id]);
    let captures =
        format!("fn f() {{ {} fn g() {{ {} || [{}{}] }} }}", lets("a", 150), lets("b", 150), names("a", 150), names("b", 150));
    assert_eq!(errors(&captures), [codes::TOO_MANY_CAPTURES.id; 1]);
    assert_eq!(errors(&format!("fn f() {{ {} }}", many(66_000, &|i| format!("a{i}\n")))), [codes::TOO_MANY_CONSTANTS.id]);
    assert_eq!(errors(&format!("let [{}] = x", names("a", 200))), [codes::TOO_MANY_PARTS.id]);
    assert_eq!(errors("definition(1 + 1)"), [codes::NOT_A_DEFINITION.id]);
    assert_eq!(errors("import live\nlet x = 1\nlive.history(x)"), [codes::VARIABLE_FOR_DEFINITION.id]);
    assert_eq!(errors("fn f(a = 1, b) { a }"), [codes::DEFAULT_BEFORE.id]);
}

#[test]
fn large_texts_compile() {
    let many = |count: usize, part: &dyn Fn(usize) -> String| (0..count).map(part).collect::<String>();
    let texts = [
        format!("fn f(x) {{ {} for i in x {{ a299 += i }} }}", many(300, &|i| format!("let a{i} = {i}\n"))),
        format!("let x = a.b{}", " + a.b".repeat(900)),
        format!("let x = {}1{}", "f(".repeat(900), ")".repeat(900)),
        format!("let x = a{}", ".m(1)".repeat(400)),
        format!("let x = {}1{}", "[".repeat(900), "]".repeat(900)),
        format!("let x = [{}]", many(70_000, &|i| format!("{}, ", i + 40_000))),
        format!("let x = {{{}}}", many(5_000, &|i| format!("k{i}: {i}, "))),
        format!("let x = \"{}\"", "${a} b ".repeat(1_000)),
        format!("fn f(a) {{ match a {{ {} _ => 0 }} }}", many(2_000, &|i| format!("{i} => {i}\n"))),
        format!("fn f() {{ {} }}", "try { g() } catch { } finally { h() }\n".repeat(2_000)),
        format!("let x = {}1", "|x| ".repeat(400)),
    ];
    for text in texts {
        image("large.lang", &text);
    }
}

/// A slot's default is compiled twice; what is inside it must not be, or nesting would double the work at every level.
#[test]
fn nested_defaults_are_compiled_once() {
    let depth = 40;
    let text =
        format!("let x = {} 1 {}", "do { class A { slot a = do { let f = || ".repeat(depth), " \n f } }\n A }".repeat(depth));
    let image = image("main.lang", &text);
    assert!(image.protos.len() < depth * 20, "{} prototypes", image.protos.len());
}

/// The verifier refuses or accepts damaged code, but never fails itself.
#[test]
fn damaged_code_is_refused() {
    let text = fs::read_to_string(here("tests/bytecode/errors.lang")).expect("readable");
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    let original = image("errors.lang", &text);
    let mut refused = 0;
    for _ in 0..20_000 {
        let mut damaged = original.clone();
        let at = next(damaged.protos.len());
        let proto = Arc::make_mut(&mut damaged.protos[at]);
        let word = next(proto.code.len());
        match next(6) {
            0 => proto.code[word] ^= 1 << next(32),
            1 => proto.code[word] = next(1 << 32) as u32,
            2 => proto.registers = next(256) as u8,
            3 => proto.code.truncate(word),
            4 => {
                proto.consts.pop();
            }
            _ => {
                if let Some(handler) = proto.handlers.first_mut() {
                    handler.target = next(40) as u32;
                    handler.end = next(40) as u32;
                }
            }
        }
        refused += u32::from(verify(&damaged).is_err());
    }
    assert!(refused > 8_000, "only {refused} were refused");
}

/// The interpreter reads boxes without looking, so code that might use something else as one must not pass.
#[test]
fn every_box_is_needed() {
    let text = fs::read_to_string(here("tests/bytecode/closures.lang")).expect("readable");
    let original = image("closures.lang", &text);
    let mut boxes = 0;
    for at in 0..original.protos.len() {
        let mut pc = 0;
        while pc < original.protos[at].code.len() {
            let insn = Insn(original.protos[at].code[pc]);
            let op = Op::from_byte(insn.op_byte()).expect("verified");
            if op == Op::NewBox {
                let mut damaged = original.clone();
                Arc::make_mut(&mut damaged.protos[at]).code[pc] = Insn::abc(Op::LoadNil, insn.a(), 0, 0).0;
                assert!(verify(&damaged).is_err(), "{} runs without the box of word {pc}", original.protos[at].name);
                boxes += 1;
            }
            pc += op.words();
        }
    }
    assert!(boxes > 5, "the listing has boxes");
}
