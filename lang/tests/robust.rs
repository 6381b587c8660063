//! No text makes the front end panic, overflow the native stack or take long: broken, truncated, random, huge or deep.

mod random;

use lang::ast::print::print;
use lang::fmt::Refusal;
use lang::outline::highlight;
use lang::source::Source;
use random::Random;
use std::time::{Duration, Instant};

/// Runs everything over a text and gives how many diagnostics there were.
fn everything(text: &str) -> usize {
    let source = Source::new("t.lang", text);
    let mut parsed = lang::parse(&source);
    let resolved = lang::resolve(&parsed.file, &mut parsed.diagnostics);
    let _ = lang::outline(&source, &parsed.file, &resolved);
    let _ = highlight(text);
    for diagnostic in &parsed.diagnostics {
        assert!(diagnostic.span.lo <= diagnostic.span.hi && diagnostic.span.hi as usize <= text.len(), "{diagnostic:?}");
        assert!(!diagnostic.message.is_empty());
        if text.len() < 100_000 {
            let _ = diagnostic.plain(&source);
        }
    }
    if text.len() < 100_000 {
        let _ = print(&parsed.file);
        let layout = lang::fmt::format(&source);
        assert!(!matches!(layout, Err(Refusal::Mistake(_))), "{layout:?}");
    }
    assert_eq!(resolved.units.len(), parsed.file.stmts.len());
    parsed.diagnostics.len()
}

/// Fails when `f` takes unreasonably long, even on a busy machine without optimisation.
fn quickly(what: &str, f: impl FnOnce() -> usize) {
    let start = Instant::now();
    let diagnostics = f();
    let taken = start.elapsed();
    if taken > Duration::from_millis(300) {
        println!("{what:?}: {taken:?}, {diagnostics} diagnostics");
    }
    assert!(taken < Duration::from_secs(20), "{what} took {taken:?}");
}

/// Sources of the golden cases: as good a corpus as any.
fn corpus() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");
    let mut out: Vec<String> = std::fs::read_dir(folder)
        .expect("the cases exist")
        .map(|entry| std::fs::read_to_string(entry.expect("readable").path()).expect("cases are UTF-8"))
        .flat_map(|text| text.split("#- case").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    out.sort();
    out
}

#[test]
fn truncated() {
    for case in corpus() {
        for (end, _) in case.char_indices().step_by(3) {
            everything(&case[..end]);
        }
    }
}

#[test]
fn mutated() {
    const PIECES: &[&str] = &[
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "|",
        "||",
        "\"",
        "'",
        "\"\"\"",
        "'''",
        "${",
        "\\",
        "\n",
        ";",
        ",",
        ".",
        "?.",
        ":",
        "=",
        "=>",
        "@",
        "...",
        "..",
        "-",
        "not",
        "if",
        "else",
        "fn",
        "class",
        "enum",
        "match",
        "let",
        "é",
        "\u{feff}",
        "\r\n",
        "#",
        "## doc\n",
        "0x",
        "1e",
        "`",
        "\t",
        "slot ",
        "get ",
        "was ",
        "transient",
        "in",
        "super.",
        "return",
        "yield",
        "catch",
        "try",
        "do",
        "unary -",
        "_",
        "once ",
        "test \"",
    ];
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for case in corpus() {
        for _ in 0..40 {
            let mut text: Vec<char> = case.chars().collect();
            for _ in 0..=random.below(4) {
                let at = random.below(text.len());
                let last = text.len() - 1;
                match random.below(4) {
                    0 => drop(text.splice(at..(at + random.below(5)).min(text.len()), [])),
                    1 => drop(text.splice(at..at, PIECES[random.below(PIECES.len())].chars())),
                    2 => {
                        let from = random.below(text.len());
                        let part: Vec<char> = text[from..(from + random.below(30)).min(text.len())].to_vec();
                        drop(text.splice(at..at, part));
                    }
                    _ => text.swap(at, last),
                }
                if text.is_empty() {
                    text.push('x');
                }
            }
            everything(&text.into_iter().collect::<String>());
        }
    }
}

#[test]
fn random_bytes() {
    let mut random = Random(42);
    for round in 0..400 {
        let bytes: Vec<u8> = (0..random.below(300))
            .map(|_| if round % 2 == 0 { random.next() as u8 } else { 32 + random.below(95) as u8 })
            .collect();
        everything(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn random_tokens() {
    let words: Vec<&str> = "( ) [ ] { } | || , . ?. : ; = => + - * ** .. ..= ... @ == < in is not and or ?? let const fn class enum extend \
        import if else while for match return break try catch finally throw yield do true nil self super assert once slot shared static get \
        set migrate namespace from as was test transient native x y Foo 1 2.5 \"s\" 'r' \"${ } \n \n \n"
        .split(' ')
        .collect();
    let mut random = Random(7);
    for _ in 0..1500 {
        let text: Vec<&str> = (0..random.below(60)).map(|_| words[random.below(words.len())]).collect();
        everything(&text.join(" "));
    }
}

#[test]
fn deep_nesting() {
    const DEPTH: usize = 100_000;
    let pairs = [
        ("(", ")"),
        ("[", "]"),
        ("{a: ", "}"),
        ("do { ", " }"),
        ("if x { ", " }"),
        ("|x| ", ""),
        ("|x = ", "| 1"),
        ("fn() { ", " }"),
        ("fn f() { ", " }"),
        ("class A { fn f() { ", " } }"),
        ("match x { _ => ", " }"),
        ("\"${", "}\""),
        ("f(", ")"),
        ("x[", "]"),
        ("-", ""),
        ("not ", ""),
        ("return ", ""),
        ("throw ", ""),
        ("x ** ", ""),
        ("x ?? ", ""),
        ("if a { } else ", "{ }"),
        ("let (", ") = x"),
        ("try { ", " } catch e { }"),
        ("while x { ", " }"),
        ("a: while x { ", " }"),
        ("@", ""),
    ];
    for (open, close) in pairs {
        for inner in ["", "1", "\n"] {
            let balanced = format!("{}{inner}{}", open.repeat(DEPTH), close.repeat(DEPTH));
            quickly(open, || everything(&balanced));
        }
        quickly(open, || everything(&open.repeat(DEPTH)));
        quickly(close, || everything(&close.repeat(DEPTH)));
        quickly(open, || everything(&format!("{}{}", open.repeat(900), ") ] = x ".repeat(10_000))));
    }
    for (open, close) in [("(", ")"), ("[", "]"), ("{a: ", "}"), ("Foo(a: ", ")"), ("", " | x")] {
        let pattern = format!("match v {{\n {}1{} => 1\n}}", open.repeat(DEPTH), close.repeat(DEPTH));
        quickly(open, || everything(&pattern));
    }
}

#[test]
fn long_chains() {
    const LENGTH: usize = 100_000;
    for op in [
        "+", "*", "-", "**", "and", "or", "??", "|", "<", "==", ".x", "?.x", "[0]", "(1)", ",", "in", "is", "..", "=", "=>", ":",
        "|x|",
    ] {
        quickly(op, || everything(&vec!["1"; LENGTH].join(&format!(" {op} "))));
        quickly(op, || everything(&format!("x{}", op.repeat(LENGTH))));
    }
}

#[test]
fn chain_is_a_diagnostic() {
    let text = vec!["1"; 100_000].join("+");
    let parsed = lang::parse(&Source::new("t", text));
    assert_eq!(parsed.diagnostics.len(), 1, "one report for one chain");
    assert_eq!(parsed.diagnostics[0].code.id, "E0105");
    // The limit itself is accepted.
    let text = vec!["1"; 1000].join("+");
    assert!(lang::parse(&Source::new("t", text)).diagnostics.is_empty());
    let text = format!("{}1{}", "(".repeat(999), ")".repeat(999));
    assert!(lang::parse(&Source::new("t", text)).diagnostics.is_empty());
}

#[test]
fn long_lines() {
    const BYTES: usize = 10_000_000;
    let pieces = ["a", "1", "\"", "x = y ", "{", "}", "|", "é"];
    for piece in pieces {
        quickly(piece, || everything(&piece.repeat(BYTES / piece.len())));
    }
}

#[test]
fn many_pieces() {
    const BYTES: usize = 1_000_000;
    let pieces = [
        " ",
        "+",
        "a b ",
        "f(x, ",
        "\"${x}",
        "'a' ",
        ".",
        "#",
        "\\",
        "\"\"\"a",
        "x,",
        "x\n",
        "let x = 1;",
        "a b\n",
        "a < b < c\n",
        "\"\\q\"\n",
        "break;",
        "f(\n",
        "|x,\n",
        "\"${\n",
        "if a {\n",
        "fn f() {} ",
        "##\n",
        "1 = 2\n",
        "- x\n",
        "'\\n'\n",
        "f(a b)\n",
        "}\n",
        "let é = \"${é\n",
        "@d\n",
        "class A { get }\n",
        "match x { 1 }\n",
    ];
    for piece in pieces {
        quickly(piece, || everything(&piece.repeat(BYTES / piece.len())));
    }
}

/// Every broken statement of a large block is one more run over it: bounded, too.
#[test]
fn many_errors_in_one_statement() {
    let text = format!("fn f() {{\n{}}}\n", "    let = 1\n    g(a b)\n".repeat(20_000));
    quickly("errors in one statement", || everything(&text));
    let text = format!("let (a, b) | {} = c", (0..20_000).map(|i| format!("x{i}")).collect::<Vec<_>>().join(", "));
    quickly("names in one pattern", || everything(&text));
    let names = (0..20_000).map(|i| format!("x{i}")).collect::<Vec<_>>().join(", ");
    quickly("names in one pattern", || everything(&format!("let [{names}] | ({names}) = [{names}]")));
}
