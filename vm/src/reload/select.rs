//! Which files a request means: paths, directories, namespaces, or whatever differs from what runs.

use super::load::{FileText, normalise};
use crate::embed::Vm;

impl Vm {
    /// The files that `what` means, with their texts: the path of a file, a directory, or the name of a namespace, whose loaded files are
    /// meant, or the file that it would be loaded from. An error says what is meant by none of these.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let problem = vm.select_files(&["nothing".into()]).expect_err("there is no such file");
    /// assert!(problem.contains("`nothing`"), "{problem}");
    /// ```
    pub fn select_files(&mut self, what: &[String]) -> Result<Vec<FileText>, String> {
        let mut paths = Vec::new();
        for item in what {
            let found = self.paths_of(item);
            if found.is_empty() {
                return Err(format!("`{item}` is no file, directory or namespace that is loaded or can be"));
            }
            paths.extend(found.into_iter().filter(|path| !paths.contains(path)).collect::<Vec<_>>());
        }
        paths.into_iter().map(|path| self.text_on_disk(path)).collect()
    }

    /// Loaded files whose text on the disk is another than the one that runs, those that are gone, and those that were gone and are back. A
    /// text that the host has given, and that is nowhere on the disk, is what it was.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::fs;
    ///
    /// # let folder = std::env::temp_dir().join(format!("lang-doc-differing-files-{}", std::process::id()));
    /// # fs::create_dir_all(&folder)?;
    /// let path = folder.join("game.lang").to_string_lossy().into_owned();
    /// fs::write(&path, "let lives = 3")?;
    /// let mut vm = Vm::new();
    /// vm.load_file(&path)?;
    /// assert!(vm.differing_files()?.is_empty());
    /// fs::write(&path, "let lives = 4")?;
    /// assert_eq!(vm.differing_files()?[0].text.as_deref(), Some("let lives = 4"));
    /// # fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If a file cannot be read; the text says which.
    pub fn differing_files(&mut self) -> Result<Vec<FileText>, String> {
        let mut files = Vec::new();
        for path in self.loaded_files() {
            let running = self.running_text(&path);
            let was_read = self.files.disk.was_read(&path);
            let file = match self.text_on_disk(path) {
                Ok(FileText { text: None, .. }) | Err(_) if !was_read => continue,
                found => found?,
            };
            if file.text != running {
                files.push(file);
            }
        }
        for path in self.unloaded_files() {
            if self.file_exists(&path) {
                files.push(self.text_on_disk(path)?);
            }
        }
        Ok(files)
    }

    /// Files that were read from the disk and loaded, and that the program has not any more.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::fs;
    ///
    /// # let folder = std::env::temp_dir().join(format!("lang-doc-unloaded-files-{}", std::process::id()));
    /// # fs::create_dir_all(&folder)?;
    /// let path = folder.join("game.lang").to_string_lossy().into_owned();
    /// fs::write(&path, "let lives = 3")?;
    /// let mut vm = Vm::new();
    /// vm.load_file(&path)?;
    /// fs::remove_file(&path)?;
    /// assert!(vm.reload_files(&[path.clone()]).ok);
    /// assert_eq!(vm.unloaded_files(), [path]);
    /// # fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unloaded_files(&mut self) -> Vec<String> {
        let all: Vec<String> = self.enter(|cx| {
            let modules = cx.world.modules.values().filter(|m| m.state().linked.is_none() && !m.path.starts_with('<'));
            modules.map(|m| m.path.to_string()).collect()
        });
        all.into_iter().filter(|path| self.files.disk.was_read(path)).collect()
    }

    /// The text of a loaded file that runs.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let score = 7")?;
    /// vm.reload_text("game.lang", "let = 7");
    /// assert_eq!(vm.running_text("game.lang").as_deref(), Some("let score = 7"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn running_text(&mut self, path: &str) -> Option<String> {
        self.enter(|cx| Some(cx.world.modules.get(path)?.state().linked?.image.source.text().to_owned()))
    }

    pub(super) fn text_on_disk(&mut self, path: String) -> Result<FileText, String> {
        match self.read_text(&path) {
            Ok(text) => Ok(FileText { path, text: Some(text) }),
            Err(_) if self.is_loaded(&path) && !self.file_exists(&path) => Ok(FileText { path, text: None }),
            Err(message) => Err(message),
        }
    }

    fn paths_of(&mut self, item: &str) -> Vec<String> {
        let path = normalise(item);
        if self.is_loaded(&path) || self.file_exists(&path) {
            return vec![path];
        }
        let mut found: Vec<String> = self.enter(|cx| {
            let modules = cx.world.modules.values().filter(|m| m.state().linked.is_some() && !m.path.starts_with('<'));
            modules.filter(|m| *m.namespace.name == *item).map(|m| m.path.to_string()).collect()
        });
        if found.is_empty() {
            let below = format!("{path}/");
            found = self.loaded_files().into_iter().filter(|loaded| loaded.starts_with(&below)).collect();
        }
        if found.is_empty() {
            let relative = format!("{}.lang", item.replace('.', "/"));
            let roots = self.files.roots.clone();
            let candidates = roots.iter().map(|root| if root.is_empty() { relative.clone() } else { format!("{root}/{relative}") });
            found = candidates.collect::<Vec<_>>().into_iter().filter(|path| self.file_exists(path)).take(1).collect();
        }
        found
    }
}
