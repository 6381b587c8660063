//! Programs that are a directory: all texts in it and below it are loaded together.

use super::check::Reason;
use super::codes;
use super::load::{normalise, under};
use super::options::ReloadOptions;
use super::report::Report;
use crate::embed::{Error, Vm};
use crate::host::FileKind;
use crate::object::Kind;

/// The ending of program texts.
const ENDING: &str = ".lang";

/// The ending of texts that are loaded for their tests only.
const TEST_ENDING: &str = "_test.lang";

/// The file whose `main` is the program's.
const MAIN: &str = "main.lang";

/// Whether a path is that of a text that belongs to a program: a `.lang` file that is no test file.
///
/// ```
/// use embed::reload::is_program_file;
///
/// assert!(is_program_file("ui/menu.lang"));
/// assert!(!is_program_file("ui/menu_test.lang") && !is_program_file("README.md"));
/// ```
pub fn is_program_file(path: &str) -> bool {
    path.ends_with(ENDING) && !path.ends_with(TEST_ENDING)
}

impl Vm {
    /// Loads all texts in a directory and below it, in an order that satisfies what their top levels need of each other. The directory
    /// becomes a root for imports. What is called `x_test.lang` is left out, and so is what begins with a point. A load that cannot be
    /// completed leaves nothing behind; the report has a reason for each file that stands in its way.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::ReloadOptions;
    /// use std::fs;
    ///
    /// # let folder = std::env::temp_dir().join(format!("lang-doc-load-directory-{}", std::process::id()));
    /// # fs::create_dir_all(&folder)?;
    /// fs::write(folder.join("a.lang"), "import b\nlet x = b.y + 1")?;
    /// fs::write(folder.join("b.lang"), "let y = 1")?;
    /// let mut vm = Vm::new();
    /// let report = vm.load_directory(&folder.to_string_lossy(), &ReloadOptions::default());
    /// assert!(report.ok, "{report}");
    /// assert_eq!(vm.get::<i64>("a.x")?, 2);
    /// # fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn load_directory(&mut self, directory: &str, options: &ReloadOptions) -> Report {
        let directory = normalise(directory);
        self.add_root(&directory);
        match self.directory_files(&directory) {
            Ok(files) => self.reload_files_with(&files, options),
            Err(error) => {
                let mut report = self.refusal(vec![directory], error.to_string());
                report.error = Some(error);
                report
            }
        }
    }

    /// The paths of the texts that belong to the program in a directory, in order. Links to directories are not followed.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::fs;
    ///
    /// # let folder = std::env::temp_dir().join(format!("lang-doc-directory-files-{}", std::process::id()));
    /// # fs::create_dir_all(&folder)?;
    /// for name in ["b.lang", "a.lang", "a_test.lang", "notes.txt"] {
    ///     fs::write(folder.join(name), "")?;
    /// }
    /// let found = Vm::new().directory_files(&folder.to_string_lossy())?;
    /// assert_eq!(found, ["a.lang", "b.lang"].map(|name| folder.join(name).to_string_lossy().into_owned()));
    /// # fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if the directory cannot be read.
    pub fn directory_files(&mut self, directory: &str) -> Result<Vec<String>, Error> {
        let directory = normalise(directory);
        let mut found = Vec::new();
        let mut waiting = vec![directory.clone()];
        while let Some(inner) = waiting.pop() {
            let failed = |error| Error::Host(format!("cannot read the directory `{}`: {error}", shown(&inner)));
            for name in self.host(|host| host.list_directory(&inner)).map_err(failed)? {
                if name.starts_with('.') {
                    continue;
                }
                let path = under(&inner, &name);
                let info = self.host(|host| host.file_info(&path)).map_err(failed)?;
                match info.map(|info| (info.kind, info.is_link)) {
                    Some((FileKind::Directory, false)) => waiting.push(path),
                    Some((FileKind::File, _)) if is_program_file(&path) => found.push(path),
                    None if is_program_file(&path) && name.contains(char::REPLACEMENT_CHARACTER) => {
                        return Err(Error::Host(format!("the name of the file `{path}` is not UTF-8; rename it")));
                    }
                    _ => {}
                }
            }
        }
        if found.is_empty() {
            return Err(Error::Host(format!("there are no `.lang` files in `{}`", shown(&directory))));
        }
        found.sort_unstable();
        Ok(found)
    }

    /// The qualified name of the function that a program in a directory begins with: `main` of its `main.lang`, or the only `main`.
    /// `None` if there is none; a reason if there are several.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::ReloadOptions;
    /// use std::fs;
    ///
    /// # let folder = std::env::temp_dir().join(format!("lang-doc-main-of-directory-{}", std::process::id()));
    /// # fs::create_dir_all(&folder)?;
    /// fs::write(folder.join("main.lang"), "fn main() { 7 }")?;
    /// let directory = folder.to_string_lossy().into_owned();
    /// let mut vm = Vm::new();
    /// assert!(vm.load_directory(&directory, &ReloadOptions::default()).ok);
    /// let main = vm.main_of_directory(&directory).expect("there is one at most");
    /// assert_eq!(main.as_deref(), Some("main.main"));
    /// # fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A reason, if there is more than one.
    pub fn main_of_directory(&mut self, directory: &str) -> Result<Option<String>, Box<Reason>> {
        let directory = normalise(directory);
        let inside = |path: &str| match directory.as_str() {
            "" => Some(path.to_owned()),
            "/" => path.strip_prefix('/').map(str::to_owned),
            _ => Some(path.strip_prefix(&*directory)?.strip_prefix('/')?.to_owned()),
        };
        let mut found: Vec<(String, String)> = self.enter(|cx| {
            let symbol = cx.world.intern(cx.mc, "main");
            let cells = cx.world.namespaces.values().filter_map(|namespace| namespace.get(symbol));
            let functions = cells.filter(|cell| cell.kind() == Kind::Function);
            let files = functions.filter_map(|cell| {
                let path = inside(&cell.meta().contributor?.path)?;
                Some((path, cell.qualified_name()))
            });
            files.collect()
        });
        found.sort_unstable();
        let first = found.iter().position(|(path, _)| path == MAIN);
        if let Some(at) = first.or_else(|| (found.len() == 1).then_some(0)) {
            return Ok(Some(found.swap_remove(at).1));
        }
        if found.is_empty() {
            return Ok(None);
        }
        let files = found.iter().map(|(path, _)| format!("`{path}`")).collect::<Vec<_>>().join(", ");
        Err(Box::new(Reason {
            code: codes::SEVERAL_MAINS.id,
            message: format!("several files of `{}` have a `main`: {files}", shown(&directory)),
            file: directory.clone(),
            line: 0,
            remedy: format!("call the file that the program begins with `{MAIN}`, or name one file to run"),
            detail: String::new(),
            place: None,
        }))
    }
}

fn shown(directory: &str) -> &str {
    if directory.is_empty() { "." } else { directory }
}
