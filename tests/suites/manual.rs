//! Every block of code in the manual and in the README does what the page shows. `UPDATE=1` rewrites the pages; `PAGE=text` runs only
//! pages whose path contains the text.
#![cfg(unix)]

use std::path::Path;
use tests::manual::{check_page, pages, run_page};

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_lang"))
}

#[test]
fn every_block_does_what_the_page_shows() {
    let wanted = std::env::var("PAGE").unwrap_or_default();
    let is_update = std::env::var_os("UPDATE").is_some();
    let mut failures = Vec::new();
    for page in pages().iter().filter(|page| page.contains(&wanted)) {
        failures.extend(check_page(page, binary(), is_update));
    }
    assert!(
        failures.is_empty(),
        "{} blocks are not as shown; UPDATE=1 rewrites them:\n\n{}\n",
        failures.len(),
        failures.join("\n")
    );
}

/// What is wrong with a page of this text.
fn failures(text: &str) -> Vec<String> {
    run_page("page.md", text, binary()).failures
}

fn assert_fails(text: &str, wanted: &[&str]) {
    let found = failures(text);
    let fits = found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| found.starts_with(wanted));
    assert!(fits, "{text}\nexpected {wanted:#?}\ngot {found:#?}");
}

#[test]
fn right_pages_pass() {
    assert_fails(
        "# A\n```lang\nprint(1)\n1 + 1   # => 2\n[][0]   # raises IndexError: index 0 is out of range for a List of length 0\n```\n```output\n1\n```\n",
        &[],
    );
    assert_fails("```lang\nlet x = 1\n```\n```lang continues\nprint(x)\n```\n```output\n1\n```\n", &[]);
    assert_fails(
        "```lang file=a.lang\nfn f() { 1 }\n```\n```repl\n> 1 + 1\n2\n> :load a.lang\nloaded `a.lang`; it is imported as `a`\n> a.f()\n1\n```\n",
        &[],
    );
    assert_fails("```lang file=a.lang\nprint(1)\n```\n```sh\n$ lang a.lang\n1\n```\n", &[]);
    assert_fails("```c not-run: it is of another language\nint x;\n```\n", &[]);
}

#[test]
fn wrong_pages_fail() {
    assert_fails("```lang\nprint(1)\n```\n```output\n2\n```\n", &["page.md:4: the output is"]);
    assert_fails("```lang\nprint(1)\n```\n", &["page.md:1: the program writes what the page does not show"]);
    assert_fails("```lang\n\n1   # => 2\n```\n", &["page.md:1: the values are"]);
    assert_fails("```lang\nfn f() {\n    1   # => 1\n}\n```\n", &["page.md:3: the mark belongs to no statement"]);
    assert_fails("```lang\n[][0]\n```\n```output\n```\n", &["page.md:1: the program fails", "page.md:4: the output is"]);
    assert_fails("```lang fails\n1\n```\n", &["page.md:1: the program does not fail"]);
    assert_fails("```lang continues\n1\n```\n", &["page.md:1: there is no program to continue"]);
    assert_fails("```repl\n> 1 + 1\n3\n```\n", &["page.md:1: the session is"]);
    assert_fails("```sh\n$ lang explain E0101 | head -1\nnothing\n```\n", &["page.md:1: the commands give"]);
    assert_fails("```sh\nlang\n```\n", &["page.md:1: no line begins with"]);
    assert_fails("```rust\nfn main() {}\n```\n", &["page.md:1: the blocks of this page are not given to rustdoc"]);
    assert_fails("```\nx\n```\n", &["page.md:1: nothing runs a block of ``"]);
    assert_fails("```lang not-run:\nx\n```\n", &["page.md:1: `not-run` gives its reason"]);
    assert_fails("```lang\nx\n", &["page.md:1: the block has no end"]);
    assert_fails("```lang not-run: no reason\nlet = 1\n```\n", &["page.md:1: the program does not compile"]);
    assert_fails("```lang file=a.lang\n1\n```\n# B\n", &["page.md:1: nothing in this section uses `a.lang`"]);
    assert_fails("- x\n  ```lang\n", &["page.md:2: a fence begins its line"]);
}

#[test]
fn edits_reach_a_running_program() {
    let program = |factor: u32| {
        format!(
            "```lang file=main.lang\nfn f(n) {{ n * {factor} }}\nfn main() {{\n    while true {{ print(f(int(input(\"> \")))) }}\n}}\n```\n"
        )
    };
    let page = format!(
        "{}```live\n> 1\n2\n```\n{}```live continues\nreload: committed (epoch 2): changed main.f\n> 1\n3\n```\n",
        program(2),
        program(3)
    );
    assert_fails(&page, &[]);
    assert_fails(&page.replace("\n3\n", "\n4\n"), &["page.md:17: the session is"]);
}

#[test]
fn what_serves_is_talked_to() {
    let page = "```lang file=bank.lang\nfn rate() { 400 }\n```\n```sh serves\n$ lang serve --nrepl bank.lang\n\
                nREPL server started on port 7888 on host 127.0.0.1 - nrepl://127.0.0.1:7888\n```\n\
                ```nrepl\n→ {\"op\":\"nosuch\"}\n← {\"status\":[\"error\",\"unknown-op\",\"done\"]}\n```\n";
    assert_fails(page, &[]);
    assert_fails(&page.replace("unknown-op", "known-op"), &["page.md:8: the answers are"]);
    assert_fails(&page.replace("started", "begun"), &["page.md:4: what serves writes"]);
    assert_fails("```sh serves continues\n```\n", &["page.md:1: nothing serves that could continue"]);
    assert_fails("```sh serves\n$ true\n$ true\n```\n", &["page.md:1: what serves is one command"]);
    assert_fails("```nrepl\n→ {}\n```\n", &["page.md:1: nothing serves nREPL in this section"]);
    assert_fails("```json\n→ {}\n```\n", &["page.md:1: nothing serves in this section"]);
    assert_fails("```lsp\nx\n```\n", &["page.md:1: no line begins with `→ `"]);
}
