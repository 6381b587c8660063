//! `--report-to`: where reports go as lines of JSON, beside what is shown.

use crate::engine::plain;
use crate::output::output;
use std::fs::{File, OpenOptions};
use std::io::Write as _;

/// A place for reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A file, which is made or emptied.
    File(String),
    /// A descriptor that is open.
    Descriptor(u32),
}

impl Target {
    /// As it is written on the command line: the path of a file, or `fd:` and a number.
    pub fn of(text: &str) -> Result<Target, String> {
        match text.strip_prefix("fd:") {
            _ if text.is_empty() => Err("a file is needed, or a descriptor as in `fd:3`".into()),
            None => Ok(Target::File(text.to_owned())),
            Some(number) => match number.parse() {
                Ok(number) => Ok(Target::Descriptor(number)),
                Err(_) => Err(format!("`{text}` is no descriptor; write `fd:3`, or `./{text}` for a file of this name")),
            },
        }
    }
}

/// Takes reports in.
#[derive(Debug)]
pub struct ReportLog {
    /// None once it has failed.
    file: Option<File>,
    name: String,
}

impl ReportLog {
    /// Opens a place.
    pub fn open(target: &Target) -> Result<ReportLog, String> {
        let (name, opened) = match target {
            Target::File(path) => (path.clone(), File::create(path)),
            // A descriptor has no name on other systems.
            Target::Descriptor(number) => {
                (format!("fd:{number}"), OpenOptions::new().append(true).open(format!("/dev/fd/{number}")))
            }
        };
        match opened {
            Ok(file) => Ok(ReportLog { file: Some(file), name }),
            Err(error) => Err(format!("cannot write reports to `{name}`: {}", plain(&error))),
        }
    }

    /// Adds a line of JSON.
    pub fn write(&mut self, line: &str) {
        let Some(file) = &mut self.file else { return };
        if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
            output().note(&format!("reload: no more reports are written to `{}`: {}", self.name, plain(&error)));
            self.file = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read() {
        assert_eq!(Target::of("fd:3"), Ok(Target::Descriptor(3)));
        assert_eq!(Target::of("out.json"), Ok(Target::File("out.json".into())));
        assert_eq!(Target::of("./fd:x"), Ok(Target::File("./fd:x".into())));
        for wrong in ["", "fd:", "fd:x", "fd:-1"] {
            assert!(Target::of(wrong).is_err(), "{wrong}");
        }
    }
}
