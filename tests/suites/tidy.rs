//! Rules of the repository that a machine can check.

use lang::diagnostic::Code;
use lang::source::Source;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use tests::Case;
use tests::repository::{files, relative, root};
use tests::split::texts;
use vm::bytecode::{Insn, Op};
use vm::compile::compile_source;

/// Layers of `vm/src`, lowest first; those of one row may name each other.
const LAYERS: &[&[&str]] = &[
    &["limits"],
    &["bytecode"],
    &["image"],
    &["compile"],
    &["heap"],
    &["host"],
    &["object"],
    &["ops"],
    &["link"],
    &["interp"],
    &["reload", "embed", "snapshot"],
    &["session"],
];

/// Files that name a higher layer, and why that is no harm.
const LAYER_EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("bytecode/verify.rs", "image", "what it verifies is an image, which is plain data"),
    ("bytecode/boxes.rs", "image", "what it looks at is a prototype of an image, which is plain data"),
    ("bytecode/live.rs", "image", "what it looks at is a prototype of an image, which is plain data"),
    ("bytecode/disasm.rs", "image", "names of constants and prototypes are in the image, which is plain data"),
    ("heap/value.rs", "object", "a value points to objects; the enum cannot be apart from its variants"),
    ("image/codec.rs", "heap", "it hashes bytes, which needs nothing of the heap"),
    ("object/loading.rs", "link", "a commit keeps what is left of a class that is being made"),
];

/// Files that may have more than [`LINES_MAX`] lines, and why.
const LONG_FILES: &[(&str, &str)] = &[("vm/src/interp/run.rs", "one loop: an arm for each opcode")];

const LINES_MAX: usize = 900;

/// What the programs of others are written against: folders and files, and whether functions need examples beside types.
const API: &[(&str, bool)] = &[
    ("vm/embed/src", true),
    ("vm/src/embed", true),
    ("vm/src/host", true),
    ("vm/src/reload/data.rs", true),
    ("vm/src/reload/directory.rs", true),
    ("vm/src/reload/disk.rs", true),
    ("vm/src/reload/entrances.rs", true),
    ("vm/src/reload/frames.rs", true),
    ("vm/src/reload/hosting.rs", true),
    ("vm/src/reload/images.rs", true),
    ("vm/src/reload/inspect.rs", true),
    ("vm/src/reload/leaks.rs", true),
    ("vm/src/reload/load.rs", true),
    ("vm/src/reload/meanwhile.rs", true),
    ("vm/src/reload/options.rs", true),
    ("vm/src/reload/origin.rs", true),
    ("vm/src/reload/report.rs", true),
    ("vm/src/reload/select.rs", true),
    ("vm/src/reload/stale.rs", true),
    ("vm/src/reload/transition.rs", true),
    ("vm/src/reload/uses.rs", true),
    ("vm/src/session/client.rs", false),
    ("vm/src/session/desk.rs", false),
    ("vm/src/session/files.rs", true),
    ("vm/src/session/mod.rs", false),
    ("vm/src/session/request.rs", false),
    ("vm/src/session/rights.rs", false),
    ("vm/src/session/server.rs", false),
    ("vm/src/snapshot/mod.rs", true),
    ("vm/bundle-author/src/class.rs", true),
    ("vm/bundle-author/src/convert.rs", true),
    ("vm/bundle-author/src/function.rs", true),
    ("vm/bundle-author/src/lib.rs", true),
];

/// Items of these files that others cannot name, or need not.
const NOT_API: &[(&str, &str)] = &[
    ("vm/embed/src/private.rs", "NoMethods"),
    ("vm/embed/src/system.rs", "read"),
    ("vm/src/reload/load.rs", "Compiled"),
    ("vm/src/reload/load.rs", "Files"),
    ("vm/src/reload/load.rs", "Library"),
    ("vm/src/reload/load.rs", "set_library"),
    ("vm/src/session/desk.rs", "Served"),
    ("vm/bundle-author/src/class.rs", "Exclusive"),
    ("vm/bundle-author/src/class.rs", "Shared"),
    ("vm/bundle-author/src/function.rs", "Problem"),
];

/// Diagnostics and reasons that no case shows, and why.
const CODES_WITHOUT_CASE: &[(&str, &str)] = &[
    ("E0129", "it takes a text of 256 MB"),
    ("E0304", "it takes a text of 20 MB and half a minute"),
    ("R0105", "an edit that will be accepted: the deletion of a file"),
    ("R0117", "it takes a library: `tests/suites/bundles.rs`"),
    ("R0114", "it takes a directory: `tests/suites/directory.rs`"),
];

/// Texts too large to be a case, and what they are for.
fn generated() -> Vec<(&'static str, String)> {
    let many = |item: fn(u32) -> String, between: &str| (0..65_600).map(item).collect::<Vec<_>>().join(between);
    vec![
        ("E0303", format!("fn f() {{\n{}\n}}\n", many(|n| format!("name{n}"), "\n"))),
        ("LoadKx", format!("fn f() {{ [{}] }}\n", many(|n| format!("{}", n + 100_000), ", "))),
    ]
}

/// Every text that a case or [`generated`] has, with its name.
fn all_texts() -> Vec<(String, String)> {
    let cases = cases();
    let of_cases = cases.iter().flat_map(|case| texts(case).into_iter().map(|text| (case.name.clone(), text)));
    of_cases.chain(generated().into_iter().map(|(name, text)| (name.to_owned(), text))).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn assert_none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n  {}\n", wrong.join("\n  "));
}

#[test]
fn the_readme_can_say_cargo_run() {
    let manifest = read(&root().join("Cargo.toml"));
    let members = manifest.lines().find_map(|line| line.strip_prefix("default-members = ")).unwrap_or("every member");
    let programs: Vec<&str> = members.split('"').skip(1).step_by(2).filter(|member| is_program(&root().join(member))).collect();
    assert_eq!(programs, ["repl"], "`cargo run` takes the only program among the default members: {members}");
}

fn is_program(package: &Path) -> bool {
    package.join("src/main.rs").exists() || read(&package.join("Cargo.toml")).contains("[[bin]]")
}

/// Rust files of the project's own crates.
fn rust_files() -> Vec<PathBuf> {
    ["lang", "vm", "stdlib", "repl", "tests", "examples", "fuzz"].iter().flat_map(|folder| files(folder, "rs")).collect()
}

fn cases() -> Vec<Case> {
    let read = |path: PathBuf| {
        let name = relative(&path);
        Case::read(&path, name.clone()).unwrap_or_else(|problem| panic!("{name}:{}: {}", problem.line, problem.message))
    };
    files("tests/cases", "lang").into_iter().map(read).collect()
}

#[test]
fn every_case_says_why() {
    let mut wrong = Vec::new();
    for case in cases() {
        if !case.text.starts_with("# ") || case.sentence.split_whitespace().count() < 3 || !case.sentence.ends_with(['.', '?']) {
            wrong.push(format!("{}: `{}`", case.name, case.sentence));
        }
    }
    assert_none(&wrong, "a case starts with a sentence");
}

#[test]
fn every_program_parses() {
    let mut wrong = Vec::new();
    for path in ["examples", "benches", "stdlib", "vm", "docs"].iter().flat_map(|folder| files(folder, "lang")) {
        let source = Source::new(relative(&path), read(&path));
        wrong.extend(lang::parse(&source).diagnostics.iter().map(|problem| problem.plain(&source)));
    }
    assert_none(&wrong, "programs of the repository parse without a word");
}

/// Programs, not cases: some of these are about layout.
#[test]
fn every_program_is_formatted() {
    let mut wrong = Vec::new();
    for path in ["examples", "benches", "stdlib"].iter().flat_map(|folder| files(folder, "lang")) {
        let source = Source::new(relative(&path), read(&path));
        if lang::fmt::format(&source).is_ok_and(|formatted| formatted != source.text()) {
            wrong.push(relative(&path));
        }
    }
    assert_none(&wrong, "programs are as `lang fmt examples benches stdlib` leaves them");
}

#[test]
fn every_rust_file_says_what_it_is() {
    let headless = |path: &PathBuf| !read(path).starts_with("//! ");
    let wrong: Vec<String> = rust_files().iter().filter(|path| headless(path)).map(|path| relative(path)).collect();
    assert_none(&wrong, "a file starts with `//!`");
}

#[test]
fn files_are_short() {
    let mut wrong = Vec::new();
    for path in rust_files().into_iter().chain(["stdlib", "examples"].iter().flat_map(|folder| files(folder, "lang"))) {
        let (name, lines) = (relative(&path), read(&path).lines().count());
        if lines > LINES_MAX && !LONG_FILES.iter().any(|(long, _)| *long == name) {
            wrong.push(format!("{name}: {lines} lines"));
        }
    }
    assert_none(&wrong, "a file has at most 900 lines");
    for (long, _) in LONG_FILES {
        assert!(root().join(long).exists(), "{long} is an exception that is no longer there");
    }
}

#[test]
fn layers_name_lower_layers_only() {
    let rank = |layer: &str| LAYERS.iter().position(|row| row.contains(&layer));
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for path in files("vm/src", "rs") {
        let name = relative(&path).replacen("vm/src/", "", 1);
        let layer = name.split(['/', '.']).next().unwrap_or_default().to_owned();
        if layer == "lib" {
            continue;
        }
        let Some(own) = rank(&layer) else {
            wrong.push(format!("{name}: `{layer}` is not in the list of layers"));
            continue;
        };
        for mentioned in mentioned_layers(&read(&path)) {
            let is_exception = LAYER_EXCEPTIONS.iter().any(|(file, to, _)| *file == name && *to == mentioned);
            if is_exception {
                used.insert((name.clone(), mentioned));
            } else if rank(&mentioned).is_none_or(|other| other > own) {
                wrong.push(format!("{name}: `{layer}` names `{mentioned}`"));
            }
        }
    }
    assert_none(&wrong, "a layer names lower layers only");
    for (file, to, _) in LAYER_EXCEPTIONS {
        assert!(used.contains(&((*file).to_owned(), (*to).to_owned())), "{file} no longer names {to}: remove the exception");
    }
}

/// What follows `crate::` in code.
fn mentioned_layers(text: &str) -> BTreeSet<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let (list, depth) = match rest.strip_prefix('{') {
            Some(inner) => (inner.split('}').next().unwrap_or_default(), true),
            None => (rest, false),
        };
        let names = list
            .split(if depth { ',' } else { '\0' })
            .map(|name| name.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default().to_owned());
        found.extend(names.filter(|name| name.starts_with(char::is_lowercase)));
    }
    found
}

#[test]
fn named_files_exist() {
    let mut wrong = Vec::new();
    for document in ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md", "STYLE.md"] {
        let text = read(&root().join(document));
        for name in text.split('`').skip(1).step_by(2) {
            let looks_like_path = [".rs", ".md", ".lalrpop", ".lang"].iter().any(|end| name.ends_with(end)) || name.ends_with('/');
            if !looks_like_path || name.starts_with('.') || name.contains([' ', '*', '\n']) || name.contains("://") {
                continue;
            }
            let places = ["", "lang/src", "vm/src", "stdlib/src", "repl/src"];
            if !places.iter().any(|place| root().join(place).join(name).exists()) {
                wrong.push(format!("{document}: `{name}`"));
            }
        }
        wrong.extend(broken_links(&text, &root()).map(|target| format!("{document}: link to `{target}`")));
    }
    assert_none(&wrong, "a file that a document names exists");
}

#[test]
fn links_of_the_manual_exist() {
    let mut wrong = Vec::new();
    for path in files("docs/manual/src", "md") {
        // What stands between fences is programs, not links.
        let text: String = read(&path).split("```").step_by(2).collect();
        let folder = path.parent().expect("a file is in a folder");
        wrong.extend(broken_links(&text, folder).map(|target| format!("{}: link to `{target}`", relative(&path))));
    }
    assert_none(&wrong, "a file that the manual links to exists");
}

/// Links of a page to files that do not exist, seen from a folder.
fn broken_links<'a>(text: &'a str, folder: &'a Path) -> impl Iterator<Item = &'a str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(move |target| {
        let file = target.split('#').next().unwrap_or_default();
        !target.contains("://") && !folder.join(file).exists()
    })
}

#[test]
fn unsafe_code_is_listed() {
    let listed = listed_files(&read(&root().join("docs/design/unsafe.md")));
    let mut wrong = Vec::new();
    for path in rust_files() {
        let name = relative(&path);
        let is_unsafe = read(&path).lines().any(|line| {
            let code = line.split("//").next().unwrap_or_default();
            ["unsafe {", "unsafe fn", "unsafe impl", "unsafe trait"].iter().any(|word| code.contains(word))
        });
        let is_listed = listed.contains(&name) || listed.iter().any(|folder| folder.ends_with('/') && name.starts_with(folder));
        if is_unsafe && !name.starts_with("tests/") && !is_listed {
            wrong.push(name);
        }
    }
    assert_none(&wrong, "a file with unsafe code is in docs/design/unsafe.md");
}

/// Paths between back quotes; `a/` is a whole folder. `a/b.rs`, `c.rs` stands for `a/c.rs` too, and so does `a/{b,c}.rs`.
fn listed_files(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let paths = text.split('`').skip(1).step_by(2);
    found.extend(paths.filter(|path| path.ends_with('/')).map(str::to_owned));
    let mut folder = "";
    for path in text.split('`').skip(1).step_by(2).filter(|path| path.ends_with(".rs")) {
        let (own, file) = path.rsplit_once('/').unwrap_or((folder, path));
        folder = own;
        let stems = file.trim_end_matches(".rs").trim_start_matches('{').trim_end_matches('}');
        found.extend(stems.split(',').map(|stem| format!("{folder}/{stem}.rs")));
    }
    found
}

#[test]
fn every_opcode_is_in_a_case() {
    let mut seen = [false; 256];
    for (name, text) in all_texts() {
        let Some(image) = compile_source(&Source::new(name, text)).image else { continue };
        for proto in &image.protos {
            let mut pc = 0;
            while let Some(word) = proto.code.get(pc) {
                let op = Op::from_byte(Insn(*word).op_byte()).expect("compiled code has known opcodes");
                seen[op as usize] = true;
                pc += op.words();
            }
        }
    }
    let ops = (0..=255).filter_map(Op::from_byte).filter(|op| !op.is_quickened() && !op.is_stub());
    let missing: Vec<String> = ops.filter(|op| !seen[*op as usize]).map(|op| op.info().name.to_owned()).collect();
    assert_none(&missing, "every opcode is in the code of a case");
}

#[test]
fn every_diagnostic_is_in_a_case() {
    let mut seen = BTreeSet::new();
    for (name, text) in all_texts() {
        let compiled = compile_source(&Source::new(name, text));
        seen.extend(compiled.diagnostics.iter().map(|diagnostic| diagnostic.code.id));
    }
    // What only a check tells is in a recorded text.
    let checks: Vec<Case> = cases().into_iter().filter(|case| case.name.contains("/check/")).collect();
    let all = lang::codes::ALL.iter().chain(vm::compile::codes::ALL);
    let all = all.filter(|code| !checks.iter().any(|case| case.text.contains(code.id)));
    let missing = all.filter(|code| !seen.contains(code.id) && !CODES_WITHOUT_CASE.iter().any(|(id, _)| *id == code.id));
    let missing: Vec<String> = missing.map(|code: &&Code| format!("{}: {}", code.id, code.title)).collect();
    assert_none(&missing, "every diagnostic is shown by a case");
    for (id, _) in CODES_WITHOUT_CASE {
        assert!(!seen.contains(id), "{id} has a case: remove the exception");
    }
}

#[test]
fn codes_are_unique() {
    let mut ids = BTreeSet::new();
    for code in lang::codes::ALL.iter().chain(vm::compile::codes::ALL).chain(vm::reload::codes::ALL) {
        assert!(ids.insert(code.id), "{} is used twice", code.id);
        assert!(!code.title.ends_with('.') && !code.explanation.is_empty(), "{} has no proper texts", code.id);
    }
}

/// Codes of reasons against a reload, as written in `vm/src/reload`.
#[test]
fn every_reason_is_in_a_case() {
    let mut missing = BTreeSet::new();
    let cases = cases();
    // What only a host can refuse.
    let of_hosts = ["embedding", "embedding_limits"].map(|name| read(&root().join(format!("tests/suites/{name}.rs")))).concat();
    let expects = |text: &str, code: &str| {
        let is_comment = |line: &str| ["//", "# "].iter().any(|begin| line.trim_start().starts_with(begin));
        text.lines().any(|line| line.contains(code) && (line.contains("expect:") || !is_comment(line)))
    };
    for path in files("vm/src/reload", "rs") {
        for literal in read(&path).split('"').skip(1).step_by(2) {
            let is_code = literal.len() == 5 && literal.starts_with('R') && literal[1..].chars().all(|c| c.is_ascii_digit());
            let is_exception = CODES_WITHOUT_CASE.iter().any(|(id, _)| *id == literal);
            let is_named = cases.iter().any(|case| expects(&case.text, literal)) || expects(&of_hosts, literal);
            if is_code && !is_exception && !is_named {
                missing.insert(literal.to_owned());
            }
        }
    }
    assert_none(&missing.into_iter().collect::<Vec<_>>(), "every reason to refuse a reload is named by a case");
}

/// A public item, with its doc text.
struct Item {
    file: String,
    line: usize,
    name: String,
    doc: String,
}

impl Item {
    /// The item that begins with a line of a file; `None` if none does that needs an example.
    fn at(file: &str, lines: &[&str], at: usize, with_functions: bool) -> Option<Item> {
        let line = lines[at].trim_start();
        let kinds: &[&str] = &["struct", "enum", "trait", "type", "unsafe trait", "fn", "const fn", "async fn", "unsafe fn"];
        let kinds = if with_functions { kinds } else { &kinds[..5] };
        let after = |kind: &&str| line.strip_prefix("pub ")?.strip_prefix(*kind)?.strip_prefix(' ');
        let rest = kinds.iter().find_map(after).or_else(|| line.strip_prefix("macro_rules! "))?;
        let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let above: Vec<&str> =
            lines[..at].iter().rev().map(|line| line.trim()).take_while(|line| is_doc_or_attribute(line)).collect();
        let is_macro = line.starts_with("macro_rules!");
        if above.contains(&"#[doc(hidden)]") || is_macro && !above.contains(&"#[macro_export]") {
            return None;
        }
        Some(Item { file: file.to_owned(), line: at + 1, name: name.to_owned(), doc: above.join("\n") })
    }

    fn has_example(&self) -> bool {
        self.doc.contains("/// ```")
    }

    /// The name of the item whose example is this one's, too.
    fn shared_example(&self) -> Option<&str> {
        let link = self.doc.split_once("the example of ")?.1.trim_start_matches("the ").strip_prefix('[')?.split(']').next()?;
        link.trim_matches('`').trim_end_matches('!').rsplit("::").next()
    }
}

fn is_doc_or_attribute(line: &str) -> bool {
    line.starts_with("///") || line.starts_with("#[")
}

#[test]
fn what_others_use_has_examples() {
    let mut items = Vec::new();
    for (place, with_functions) in API {
        let paths = if place.ends_with(".rs") { vec![root().join(place)] } else { files(place, "rs") };
        for path in paths {
            let (file, text) = (relative(&path), read(&path));
            // What is tested within a file is not for others.
            let lines: Vec<&str> = text.lines().take_while(|line| *line != "mod tests {").collect();
            items.extend((0..lines.len()).filter_map(|at| Item::at(&file, &lines, at, *with_functions)));
        }
    }
    for (file, name) in NOT_API {
        assert!(items.iter().any(|item| item.file == *file && item.name == *name), "{file} has no `{name}`: remove the exception");
    }
    items.retain(|item| !NOT_API.contains(&(&*item.file, &*item.name)));
    let shown: BTreeSet<&str> = items.iter().filter(|item| item.has_example()).map(|item| &*item.name).chain(["crate"]).collect();
    let without =
        items.iter().filter(|item| !item.has_example() && !item.shared_example().is_some_and(|name| shown.contains(name)));
    let wrong: Vec<String> = without.map(|item| format!("{}:{}: `{}`", item.file, item.line, item.name)).collect();
    assert_none(&wrong, "what others use has an example in its doc text, or says: See the example of [`Name`]");
}
