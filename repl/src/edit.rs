//! `:edit NAME`: the user's editor, where a definition is written. What it leaves in the file is taken in when it ends.

use crate::command::{Next, complain, reload};
use crate::session::Session;
use std::env;
use std::path::Path;
use std::process::Command;
use vm::session;

/// Editors that are given the line behind the file, as `file:line`.
const WITH_COLON: [&str; 4] = ["hx", "helix", "subl", "zed"];

/// Editors that are given the same behind an option, and wait only if they are told to.
const WITH_GOTO: [&str; 3] = ["code", "codium", "cursor"];

/// `:edit NAME`
pub fn edit(session: &mut Session, name: &str) -> Next {
    if name.is_empty() {
        return complain("write `:edit NAME`: your editor opens the file where it is written, as in `:edit game.step`");
    }
    let (vm, core) = session.parts();
    let entry = match session::entry(vm, core, name) {
        Ok(entry) => entry,
        Err(message) => return complain(&message),
    };
    let place = entry.place.as_deref().and_then(|place| place.rsplit_once(':'));
    let Some((file, line)) = place.filter(|(file, line)| !file.starts_with('<') && line.parse::<u32>().is_ok()) else {
        return complain(&match &entry.place {
            Some(place) if place.starts_with('<') => {
                format!("`{name}` was typed: it is in no file; `:write FILE` makes one of what was typed")
            }
            Some(files) => format!("`{name}` is a namespace of {files}: ask for a definition in it"),
            None => format!("`{name}` is part of the engine or of the library: it is in no file of the program"),
        });
    };
    let Some(editor) = ["VISUAL", "EDITOR"].iter().find_map(|name| env::var(name).ok().filter(|text| !text.trim().is_empty()))
    else {
        return complain("no editor is known: set the environment variable VISUAL or EDITOR to the command of yours");
    };
    let words = command(&editor, file, line);
    match Command::new(&words[0]).args(&words[1..]).status() {
        Ok(status) if status.success() => reload(session, file),
        Ok(status) => complain(&format!("`{editor}` has failed ({status}); `:reload {file}` takes in what is in the file")),
        Err(error) => complain(&format!("cannot start `{}`: {}", words[0], crate::engine::plain(&error))),
    }
}

/// The command that opens a file at a line.
fn command(editor: &str, file: &str, line: &str) -> Vec<String> {
    let mut words: Vec<String> = editor.split_whitespace().map(str::to_owned).collect();
    let name = words.first().map_or("", |word| Path::new(word).file_stem().and_then(|name| name.to_str()).unwrap_or(word));
    if WITH_COLON.contains(&name) {
        words.push(format!("{file}:{line}"));
    } else if WITH_GOTO.contains(&name) {
        words.extend(["--wait".to_owned(), "--goto".to_owned(), format!("{file}:{line}")]);
    } else {
        words.extend([format!("+{line}"), file.to_owned()]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editors_are_given_file_and_line() {
        for (editor, expected) in [
            ("vi", "vi +7 a.lang"),
            ("/usr/bin/emacsclient -t", "/usr/bin/emacsclient -t +7 a.lang"),
            ("hx", "hx a.lang:7"),
            ("code", "code --wait --goto a.lang:7"),
        ] {
            assert_eq!(command(editor, "a.lang", "7").join(" "), expected);
        }
    }
}
