//! Where a session finds what the user has left for it: the inputs of earlier sessions, and settings.

use std::fs;
use std::path::{Path, PathBuf};

/// The files in which inputs are kept: all of them, and those that were typed in the current directory.
pub fn history_files() -> Vec<PathBuf> {
    let Some(directory) = base("XDG_DATA_HOME", ".local/share").map(|data| data.join("lang")) else { return Vec::new() };
    let projects = directory.join("projects");
    if fs::create_dir_all(&projects).is_err() {
        return Vec::new();
    }
    let of_project = std::env::current_dir().ok().map(|here| projects.join(name_of_project(&here)));
    std::iter::once(directory.join("history")).chain(of_project).collect()
}

/// The directory of the user's settings.
pub fn config_directory() -> Option<PathBuf> {
    base("XDG_CONFIG_HOME", ".config").map(|config| config.join("lang"))
}

/// The directory that a variable names, or one in the user's own.
fn base(variable: &str, in_home: &str) -> Option<PathBuf> {
    let from_env = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    from_env(variable).or_else(|| {
        if cfg!(windows) {
            return from_env("APPDATA");
        }
        let home = std::env::home_dir()?;
        Some(if cfg!(target_os = "macos") { home.join("Library/Application Support") } else { home.join(in_home) })
    })
}

/// A name for the file of a directory: its own, and a number made of its whole path.
fn name_of_project(directory: &Path) -> String {
    let name: String = directory
        .file_name()
        .map_or(String::new(), |name| name.to_string_lossy().into_owned())
        .chars()
        .map(|c| if c.is_alphanumeric() || c == '_' || c == '-' { c } else { '_' })
        .take(40)
        .collect();
    // FNV-1a: the number must be the same in every version of the tool.
    let number = directory
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |number, byte| (number ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{name}-{number:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_have_names_of_their_own() {
        assert_eq!(name_of_project(Path::new("/a/my shop")), "my_shop-11b48b62a1d128d4");
        assert_ne!(name_of_project(Path::new("/a/x")), name_of_project(Path::new("/b/x")));
    }
}
