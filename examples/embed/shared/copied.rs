//! A copy of a package's scripts that its tests edit.
#![allow(dead_code, reason = "no test needs all of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory with the scripts of the package; it goes with the value.
pub struct Copied(PathBuf);

impl Copied {
    /// Copies what is in `scripts` of the package.
    pub fn new() -> Copied {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let copy = std::env::temp_dir().join(format!("{}-scripts-{}-{number}", env!("CARGO_PKG_NAME"), std::process::id()));
        fs::create_dir_all(&copy).expect("the temporary directory can be written");
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts")).expect("the package has scripts") {
            let path = entry.expect("it can be read").path();
            fs::copy(&path, copy.join(path.file_name().expect("a file"))).expect("it can be copied");
        }
        Copied(copy)
    }

    /// Where they are.
    pub fn directory(&self) -> &Path {
        &self.0
    }

    /// The text of a script.
    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect("it is there")
    }

    /// Saves as editors do that replace the file: nobody reads the half of a text.
    pub fn save(&self, name: &str, text: &str) {
        let new = self.0.join("saving");
        fs::write(&new, text).expect("the temporary directory can be written");
        fs::rename(&new, self.0.join(name)).expect("made above");
    }

    /// Saves a script with a part of it replaced.
    #[track_caller]
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.text(name);
        assert!(text.contains(from), "{name} has no {from:?}:\n{text}");
        self.save(name, &text.replace(from, to));
    }

    /// Removes a script.
    pub fn remove(&self, name: &str) {
        fs::remove_file(self.0.join(name)).expect("it is there");
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        // What is left is in the system's directory for such things.
        let _ = fs::remove_dir_all(&self.0);
    }
}
