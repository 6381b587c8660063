//! `lang plan`: what an edit would do to a program that runs.

use crate::diagnostics::Report as Style;
use crate::engine;
use crate::host::Texts;
use crate::output::output;
use crate::reload::Detail;
use crate::summary;
use std::path::Path;
use vm::embed::{Error, Vm};
use vm::object::Interrupt;
use vm::reload::{FileText, Mode, ReloadOptions, normalise};

/// Presses of Ctrl-C after which it ends at once.
const PRESSES_MAX: u32 = 1;

/// Loads `running` without calling its `main`, and shows what taking in the texts of `edited` would do; 1 if they would be refused, or,
/// strictly, if they would leave something behind.
pub fn plan(running: &str, edited: &[String], roots: &[String], mode: Mode, options: &ReloadOptions, detail: Detail) -> i32 {
    let style = Style::for_stderr();
    let is_directory = Path::new(running).is_dir();
    let path = normalise(running);
    let directory = if is_directory { path.clone() } else { engine::directory(&path).to_owned() };
    let mut vm = engine::new_vm(&Texts::default(), &[], PRESSES_MAX);
    vm.add_root(&directory);
    engine::add_roots(&mut vm, roots);
    vm.set_mode(mode);
    let loaded = if is_directory {
        vm.load_directory(&directory, &engine::noting_warnings())
    } else {
        vm.reload_files_with(std::slice::from_ref(&path), &engine::noting_warnings())
    };
    if !loaded.ok {
        return match loaded.error {
            Some(Error::Interrupted(Interrupt::Exit(status))) => status,
            _ => {
                output().note(&summary::refusal(&loaded, style));
                1
            }
        };
    }
    let program = Program { file: (!is_directory).then_some(path), directory };
    let files = match program.with(&mut vm, edited) {
        Ok(files) => files,
        Err(message) => {
            output().note(&style.failure(&message));
            return 1;
        }
    };
    let report = vm.plan(files, options);
    let _ = output().write(&match detail {
        Detail::Json => format!("{}\n", report.to_json()),
        Detail::Short | Detail::Full => {
            let (warnings, rest) = summary::in_full(&report, Style::for_stdout());
            format!("{warnings}{rest}")
        }
    });
    i32::from(!report.ok || options.strict && !report.uncovered.is_empty())
}

/// The program that would be edited.
struct Program {
    /// Its file, unless it is a directory.
    file: Option<String>,
    /// Where its files are.
    directory: String,
}

impl Program {
    /// The texts of files and directories, each for the file of the program in whose place it would be saved.
    fn with(&self, vm: &mut Vm, edited: &[String]) -> Result<Vec<FileText>, String> {
        let mut files = Vec::new();
        for given in edited {
            if Path::new(given).is_dir() {
                self.add_directory(vm, given, &mut files)?;
            } else {
                let text = Some(engine::read_source(given)?.text().to_owned());
                files.push(FileText { path: self.place(vm, given, edited.len() == 1)?, text });
            }
        }
        Ok(files)
    }

    /// The texts of a directory. Files of the program that it does not have would be gone.
    fn add_directory(&self, vm: &mut Vm, given: &str, files: &mut Vec<FileText>) -> Result<(), String> {
        let given = normalise(given);
        let found = vm.directory_files(&given).map_err(|error| error.to_string())?;
        let mut places = Vec::new();
        for path in &found {
            let inner = Path::new(path).strip_prefix(&given).expect("it is below the directory");
            let place = normalise(&Path::new(&self.directory).join(inner).to_string_lossy());
            files.push(FileText { path: place.clone(), text: Some(engine::read_source(path)?.text().to_owned()) });
            places.push(place);
        }
        let gone =
            vm.loaded_files().into_iter().filter(|path| Path::new(path).starts_with(&self.directory) && !places.contains(path));
        files.extend(gone.map(|path| FileText { path, text: None }));
        Ok(())
    }

    /// The file in whose place a file would be saved: the one of this path or name. If there is none, a single text is for the file that
    /// was named as the program, others are new files.
    fn place(&self, vm: &mut Vm, given: &str, is_single: bool) -> Result<String, String> {
        let path = normalise(given);
        let loaded = vm.loaded_files();
        if loaded.contains(&path) {
            return Ok(path);
        }
        let name = Path::new(&path).file_name();
        let mut same: Vec<String> = loaded.into_iter().filter(|other| Path::new(other).file_name() == name).collect();
        match (same.len(), &self.file) {
            (0, Some(file)) if is_single => Ok(file.clone()),
            (0, _) => Ok(normalise(&Path::new(&self.directory).join(name.unwrap_or_default()).to_string_lossy())),
            (1, _) => Ok(same.remove(0)),
            _ => Err(format!(
                "`{given}` could stand for {}; give a directory with the edited files, laid out as those of the program",
                same.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(" or ")
            )),
        }
    }
}
