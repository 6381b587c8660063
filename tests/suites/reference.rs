//! The pages of the manual that are made from tables are current. `UPDATE=1` rewrites them.

use std::fs;
use tests::{reference, repository};

#[test]
fn generated_pages_are_current() {
    let is_update = std::env::var_os("UPDATE").is_some();
    for (page, text) in reference::pages() {
        let path = repository::root().join(page);
        if is_update {
            fs::write(&path, &text).expect("the page can be written");
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        let differs = text.lines().zip(found.lines()).find(|(wanted, found)| wanted != found);
        assert!(found == text, "{page} is not what the tables say (UPDATE=1 rewrites it); the first difference: {differs:#?}");
    }
}
