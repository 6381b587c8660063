//! Tables of what edits do, made by running the programs. `UPDATE=1` rewrites the records in `tests/tables`; they are read before they are
//! committed.

use tests::repository;
use tests::tables::{check_record, decisions, generations};

fn assert_recorded(name: &str, table: &str) {
    if let Err(message) = check_record(name, table) {
        panic!("{message}");
    }
}

#[test]
fn decisions_of_names() {
    assert_recorded("decisions.txt", &decisions::table());
}

#[test]
fn generations_of_an_overwritten_base() {
    assert_recorded("generations.md", &generations::table());
}

#[test]
fn the_manual_shows_the_generations() {
    let page = repository::root().join("docs/manual/src/live.md");
    let page = std::fs::read_to_string(page).expect("a page of the manual");
    assert!(page.contains(&generations::table()), "docs/manual/src/live.md does not have the table of tests/tables/generations.md");
}
