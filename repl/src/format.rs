//! `lang fmt`: brings files to their canonical layout.

use crate::diagnostics::Report as Style;
use crate::engine::{plain, read_source};
use crate::output::output;
use lang::fmt::{Refusal, format};
use lang::source::Source;
use similar::TextDiff;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The name of standard input on the command line, and in reports.
const STDIN: &str = "-";
const STDIN_NAME: &str = "<stdin>";

/// What to do with a text that is not in its layout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Write it.
    Write,
    /// Say so.
    Check,
}

/// Formats files, the files of directories, and standard input (`-`), which goes to standard output. 1 if one of them could not be
/// formatted, or with [`Action::Check`] is not.
pub fn fmt(paths: &[String], action: Action) -> i32 {
    let mut status = 0;
    for path in paths {
        let result = if path == STDIN { standard_input(action) } else { files(path).and_then(|files| all(&files, action)) };
        match result {
            Ok(true) => {}
            Ok(false) => status = 1,
            Err(message) => {
                output().note(&Style::for_stderr().failure(&message));
                status = 1;
            }
        }
    }
    status
}

/// [`files_below`], of which there must be some.
pub fn files(path: &str) -> Result<Vec<String>, String> {
    let files = files_below(path)?;
    if files.is_empty() { Err(format!("there are no `.lang` files in `{path}`")) } else { Ok(files) }
}

/// The program texts of a directory and all below it, in order; or the file itself.
pub fn files_below(path: &str) -> Result<Vec<String>, String> {
    embed::watch::program_files(path).map_err(|error| error.to_string())
}

/// Whether all files are as they should be now.
fn all(files: &[String], action: Action) -> Result<bool, String> {
    let mut is_fine = true;
    for file in files {
        match one(file, action) {
            Ok(fine) => is_fine &= fine,
            Err(message) => {
                output().note(&Style::for_stderr().failure(&message));
                is_fine = false;
            }
        }
    }
    Ok(is_fine)
}

fn one(file: &str, action: Action) -> Result<bool, String> {
    let source = read_source(file)?;
    let Some(formatted) = formatted(&source) else { return Ok(false) };
    if formatted == source.text() {
        return Ok(true);
    }
    if action == Action::Check {
        return differs(&source, &formatted);
    }
    replace(Path::new(file), &formatted).map_err(|error| format!("cannot write `{file}`: {}", plain(&error)))?;
    output().note(&format!("formatted `{file}`"));
    Ok(true)
}

fn standard_input(action: Action) -> Result<bool, String> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot read standard input: {}", plain(&error)))?;
    let text = String::from_utf8(bytes).map_err(|_| "standard input is not UTF-8".to_owned())?;
    let source = Source::new(STDIN_NAME, text);
    let Some(formatted) = formatted(&source) else { return Ok(false) };
    if action == Action::Check {
        return if formatted == source.text() { Ok(true) } else { differs(&source, &formatted) };
    }
    print(&formatted)?;
    Ok(true)
}

fn print(text: &str) -> Result<(), String> {
    output().write(text).map_err(|error| format!("cannot write to standard output: {}", plain(&error)))
}

/// Shows what would change.
fn differs(source: &Source, formatted: &str) -> Result<bool, String> {
    let name = source.name();
    let diff = TextDiff::from_lines(source.text(), formatted);
    print(&diff.unified_diff().header(name, &format!("{name} (formatted)")).to_string())?;
    output().note(&format!("`{name}` is not formatted"));
    Ok(false)
}

/// The text in its layout; says why there is none.
fn formatted(source: &Source) -> Option<String> {
    let style = Style::for_stderr();
    match format(source) {
        Ok(formatted) => Some(formatted),
        Err(Refusal::Errors(diagnostics)) => {
            for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
                output().note(&style.diagnostic(source, diagnostic));
            }
            output().note(&style.failure(&format!("`{}` is not formatted: it has errors", source.name())));
            None
        }
        Err(Refusal::Mistake(_)) => {
            let message = format!(
                "`{}` is not formatted: the result would not mean the same. This is a mistake in the tool; please report it with the file.",
                source.name()
            );
            output().note(&style.failure(&message));
            None
        }
    }
}

/// Replaces the content of a file at once: nobody sees half of it. Links still lead to it, and it keeps its permissions.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let permissions = fs::metadata(&path)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only; make it writable first"));
    }
    let (temporary, mut file) = temporary(&path)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.set_permissions(permissions))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// A new file beside the path, with a name that is no program text.
fn temporary(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    for number in 0_u32.. {
        let temporary = path.with_file_name(format!(".{name}.{}-{number}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|file| (temporary, file)),
        }
    }
    Err(io::Error::other("no name is free for a temporary file"))
}
