//! The reference page of the library is what its doc texts say. `UPDATE=1` writes it anew.

use std::fs;
use tests::repository::root;

#[test]
fn page_is_up_to_date() {
    let path = root().join("docs/library.md");
    let page = stdlib::reference();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let differs = written.lines().zip(page.lines()).find(|(written, made)| written != made);
    assert!(written == page, "docs/library.md is not up to date; run with UPDATE=1. First difference: {differs:?}");
}
