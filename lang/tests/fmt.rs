//! What holds for the layout of every text: the tree, the comments and the literals stay, and a second time changes nothing.

mod random;

use lang::fmt::{Refusal, format};
use lang::outline::{TokenClass, highlight};
use lang::source::Source;
use random::Random;
use std::fs;
use std::path::{Path, PathBuf};

/// All texts at hand: programs of the repository, and the cases of all tests.
fn texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is a folder of the repository");
    let mut paths = Vec::new();
    for folder in ["lang/tests/cases", "examples", "benches", "stdlib", "vm/tests", "tests"] {
        collect(&root.join(folder), &mut paths);
    }
    let mut out = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        // The parts of a case are texts of their own.
        for (i, part) in text.split("\n#- ").enumerate() {
            let part = if i == 0 { part } else { part.split_once('\n').map_or("", |(_, body)| body) };
            out.push((format!("{name} #{i}"), part.to_owned()));
        }
        out.push((name, text));
    }
    out
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder of the repository").map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                collect(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "lang" || extension == "cases") {
            found.push(path);
        }
    }
}

/// Formats a text; `None` if it has errors.
fn formatted(name: &str, text: &str) -> Option<String> {
    match format(&Source::new("t.lang", text)) {
        Ok(formatted) => Some(formatted),
        Err(Refusal::Errors(_)) => None,
        Err(Refusal::Mistake(result)) => panic!("{name}: the layout changes the program\n{text}\n────\n{result}"),
    }
}

/// Comments and literals in order, as they are written.
fn kept(text: &str) -> Vec<String> {
    let source = Source::new("t.lang", text.replace("\r\n", "\n"));
    let kept = |class| matches!(class, TokenClass::Comment | TokenClass::Doc | TokenClass::Number | TokenClass::String);
    let spans = highlight(source.text()).into_iter().filter(|(_, class)| kept(*class));
    spans.map(|(span, _)| source.slice(span).trim_end().to_owned()).collect()
}

/// Checks a text; gives whether it could be formatted.
fn check(name: &str, text: &str) -> bool {
    let Some(once) = formatted(name, text) else { return false };
    let twice = formatted(name, &once).unwrap_or_else(|| panic!("{name}: the layout has errors\n{once}"));
    assert_eq!(once, twice, "{name}: a second time changes something\n{text}");
    let mut before = kept(text);
    let mut after = kept(&once);
    // A comment behind a comma that is left out may change places with one behind it.
    before.sort();
    after.sort();
    assert_eq!(before, after, "{name}: something is lost\n{text}\n────\n{once}");
    assert!(once.is_empty() || once.ends_with('\n') && !once.ends_with("\n\n"), "{name}: {once:?}");
    true
}

#[test]
fn every_text_keeps_its_meaning() {
    let texts = texts();
    let count = texts.iter().filter(|(name, text)| check(name, text)).count();
    assert!(count > 500, "only {count} of {} texts are without errors", texts.len());
}

/// White space that would be lost in a file of cases.
#[test]
fn white_space_is_the_formatters_own() {
    for (text, expected) in [
        ("", ""),
        ("\n\n", ""),
        ("\u{feff}a", "a\n"),
        ("let a = 1\r\n# c  \r\nlet b = [1,\r\n 2,]\r\n", "let a = 1\n# c\nlet b = [\n    1,\n    2,\n]\n"),
        ("let a = \"\"\"\r\n  b\r\n  \"\"\"", "let a = \"\"\"\n  b\n  \"\"\"\n"),
        ("fn f() {\n\ta()   \n\t\tb()\t# c   \n}   ", "fn f() {\n    a()\n    b() # c\n}\n"),
        ("##  doc  \nfn f() {}", "##  doc  \nfn f() { }\n"),
    ] {
        assert_eq!(formatted("t", text).as_deref(), Some(expected), "{text:?}");
    }
}

/// What is put into texts: what may stand anywhere, and what may not.
const PIECES: &[&str] = &[
    " ",
    "\n",
    "\n\n",
    "\n\n\n",
    "\r\n",
    "\t",
    "# c\n",
    "\n# c\n",
    "\n## d\n",
    "\n\n## d\n\n",
    " ## e\n",
    "#\n",
    ";",
    "; ",
    ",",
    "(",
    ")",
    "{",
    "}",
    "|x| ",
    " + ",
    " and ",
    " not ",
    "-",
    ".a",
    ".b(1)",
    " ?? ",
    "...",
    "[1, 2]",
    "{ }",
    "return ",
    "a_very_long_name_that_makes_lines_too_long_for_what_they_hold",
    "\"${x:>8}\"",
    "\"\"\"\n  two\n  lines\"\"\"",
];

/// A text with something put in, taken out or replaced between two words.
fn mutated(text: &str, random: &mut Random) -> String {
    let mut out = text.to_owned();
    for _ in 0..=random.below(4) {
        let ends: Vec<usize> = out.char_indices().filter(|(_, c)| !c.is_alphanumeric()).map(|(at, _)| at).collect();
        let Some(at) = ends.get(random.below(ends.len())).copied() else { break };
        let piece = PIECES[random.below(PIECES.len())];
        let len = out[at..].chars().next().map_or(0, char::len_utf8);
        match random.below(3) {
            0 => out.insert_str(at, piece),
            1 => out.replace_range(at..at + len, piece),
            _ => out.replace_range(at..at + len, " "),
        }
    }
    out
}

#[test]
fn texts_with_comments_and_lines_anywhere_keep_their_meaning() {
    let rounds = std::env::var("FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(12);
    let mut random = Random(0x5eed);
    let mut count = 0;
    for (name, text) in texts().iter().filter(|(_, text)| text.len() < 4_000) {
        for _ in 0..rounds {
            count += usize::from(check(name, &mutated(text, &mut random)));
        }
    }
    assert!(count > 1_000, "only {count} texts are without errors");
}
