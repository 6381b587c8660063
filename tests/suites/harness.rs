//! The harness finds what it should: a case that is wrong fails, and says where.

use std::path::Path;
use tests::{Case, World, run_case};

/// What is wrong with a case, in the plain world.
fn failures(text: &str) -> Vec<String> {
    let case = Case::parse(Path::new("case.lang"), "case".into(), text.to_owned());
    let case = case.unwrap_or_else(|problem| panic!("line {}: {}", problem.line, problem.message));
    run_case(&case, World::Plain, false, |_| {}).failures
}

fn assert_fails(text: &str, wanted: &[&str]) {
    let found = failures(text);
    let fits = found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| found.starts_with(wanted));
    assert!(fits, "{text}\nexpected {wanted:#?}\ngot {found:#?}");
}

fn malformed(text: &str) -> String {
    match Case::parse(Path::new("case.lang"), "case".into(), text.to_owned()) {
        Ok(case) => panic!("it is a case: {case:?}"),
        Err(problem) => format!("{}: {}", problem.line, problem.message),
    }
}

#[test]
fn a_right_case_passes() {
    assert_fails(
        "# Why.
#- file main.lang
print(\"loaded\")                   # expect: loaded
fn f(a) { a + 1 }
#- run
print(f(
    1), 2)
# expect: 2 2
print(\"a\", end: \"\"); print(\"b\")   # expect: ab
f()                               # raises: ArityError \"f(a)\"
#- edit main.lang
fn f(a) { a + }                   # error: E0101
#- refused
#- edit main.lang
fn f(a) { a + 2 }
#- run
print(f(1))                       # expect: 3
",
        &[],
    );
}

#[test]
fn output_is_compared_line_by_line() {
    assert_fails("#- run\nprint(1)   # expect: 2\n", &["case:2: expected `2`, got `1`"]);
    assert_fails("#- run\nprint(1)\n", &["case:2: `1` is printed, but not expected"]);
    assert_fails("#- run\nlet x = 1   # expect: 2\n", &["case:2: expected `2`, got nothing"]);
    assert_fails("#- file main.lang\nprint(1)\n#- run\nlet x = 1\n", &["case:2: `1` is printed, but not expected"]);
}

#[test]
fn errors_of_the_program_are_compared() {
    assert_fails("#- run\n\n[][1]\n", &["case:3: the statement failed"]);
    assert_fails("#- run\n[][1]   # raises: KeyError \"\"\n", &["case:2: expected KeyError \"\", got IndexError"]);
    assert_fails("#- run\n[][1]   # raises: Error \"\"\n", &["case:2: expected Error \"\", got IndexError"]);
    assert_fails("#- run\n[][1]   # raises: IndexError \"fish\"\n", &["case:2: expected IndexError \"fish\", got IndexError"]);
    assert_fails("#- run\n[1][0]   # raises: IndexError\n", &["case:2: expected IndexError \"\", but nothing is raised"]);
}

#[test]
fn diagnostics_are_compared() {
    assert_fails("#- run\nlet a = \n", &["case:2: unexpected error[E0101]"]);
    assert_fails("#- run\nlet a = 1   # error: E0101\n", &["case:2: expected error E0101, got nothing"]);
    assert_fails("#- run\nlet a = *   # error: E0102\n", &["case:2: expected error E0102, got error[E0101]"]);
    assert_fails("#- run\nlet a = *   # error: \"fish\"\n", &["case:2: expected error \"fish\", got error[E0101]"]);
    assert_fails("#- run\nlet a = '${x}'   # warning: W0001\n", &["case:2: expected warning W0001, got warning[W0003]"]);
    assert_fails(
        "#- file main.lang\nfn f() {}   # error: E0101\n",
        &["case:2: expected error E0101", "case:1: the load succeeded in spite of the marked errors"],
    );
    assert_fails("#- file main.lang\nlet a = *\n", &["case:2: unexpected error[E0101]", "case:1: the load failed"]);
}

#[test]
fn refusals_are_compared() {
    let refused = |text: &str| format!("#- file main.lang\nfn f() {{ 1 }}\n#- edit main.lang\n{text}\n#- refused \"kind\"\n");
    assert_fails(&refused("fn f() { 2 }"), &["case:5: the save was accepted"]);
    assert_fails(&refused("fn f( { 2 }"), &["case:5: no reason contains \"kind\""]);
    assert_fails(
        "#- file main.lang\nfn f() { 1 }\n#- edit main.lang\nclass f { }\n",
        &["case:4: unexpected error[R0101]", "case:3: the save was refused"],
    );
}

#[test]
fn goldens_are_compared() {
    assert_fails("#- file main.lang\nfn f() { 1 }\n#- report\nsomething else\n", &["case:3: the text is not the recorded one"]);
    assert_fails("#- file main.lang\nfn f() { 1 }\n#- bytecode other.lang\n", &["case:3: there is no file `other.lang`"]);
}

#[test]
fn malformed_cases_are_refused() {
    assert_eq!(malformed("# Only a sentence.\n"), "1: no sections");
    assert_eq!(malformed("#- walk\n"), "1: unknown section `walk`");
    assert_eq!(malformed("#- save\n#- run\n"), "1: nothing is saved");
    assert_eq!(malformed("#- run\nf()   # raises: \"x\"\n"), "2: `raises` names the error's class");
    assert_eq!(malformed("#- run\nf()   # error:\n"), "2: the mark names a code or a text");
    assert_eq!(malformed("#- run\nf()   # error: \"x\n"), "2: the text of the mark has no end");
}

/// A program that does not end, and one that panics, would be failures too; both are the engine's faults and have no case here.
#[test]
fn every_world_runs_a_program() {
    for world in World::ALL {
        let text =
            "#- file main.lang\nfn f(n) { if n < 2 { n } else { f(n - 1) + f(n - 2) } }\n#- run\nprint(f(12))   # expect: 144\n";
        let case = Case::parse(Path::new("case.lang"), "case".into(), text.to_owned()).expect("a case");
        assert_eq!(run_case(&case, world, false, |_| {}).failures, Vec::<String>::new(), "world {}", world.name());
        assert_eq!(World::named(world.name()), Some(world));
    }
}
