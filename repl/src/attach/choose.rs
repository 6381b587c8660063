//! Which of the programs that serve is meant.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use vm::session::SessionFile;

/// The program that is meant by `which`: its process's number, or a part of its path. Empty, it is the only one, or the only one that was
/// started in this directory.
pub fn choose(which: &str) -> Result<SessionFile, String> {
    let here = std::env::current_dir().unwrap_or_default();
    choose_from(vm::session::sessions(), which, &here)
}

fn choose_from(sessions: Vec<SessionFile>, which: &str, here: &Path) -> Result<SessionFile, String> {
    if sessions.is_empty() {
        return Err("no program serves; `lang run --reload --serve PATH` starts one that does".into());
    }
    let list = listed(&sessions);
    let fits = |session: &SessionFile| match which.parse::<u32>() {
        Ok(pid) => session.pid == pid,
        Err(_) => session.directory.join(&session.program).to_string_lossy().contains(which),
    };
    let mut fitting: Vec<SessionFile> = sessions.into_iter().filter(fits).collect();
    if fitting.len() > 1 && fitting.iter().filter(|session| session.directory == here).count() == 1 {
        fitting.retain(|session| session.directory == here);
    }
    match (fitting.pop(), fitting.is_empty()) {
        (Some(session), true) => Ok(session),
        (None, _) => Err(format!("no program that serves is meant by `{which}`; these do:\n{}", list.trim_end())),
        _ if which.is_empty() => {
            Err(format!("several programs serve; give the number or a part of the path of one:\n{}", list.trim_end()))
        }
        _ => Err(format!("several programs are meant by `{which}`; give the number of one:\n{}", list.trim_end())),
    }
}

/// The programs as a table.
pub fn listed(sessions: &[SessionFile]) -> String {
    let row = |pid: String, since: String, session: Option<&SessionFile>| {
        let (program, directory, rights) = match session {
            Some(session) => (session.program.clone(), session.directory.display().to_string(), session.rights.names().join(", ")),
            None => ("program".into(), "directory".into(), "clients may".into()),
        };
        [pid, since, program, directory, rights]
    };
    let head = row("pid".into(), "since".into(), None);
    let rows = sessions.iter().map(|session| row(session.pid.to_string(), since(session.started), Some(session)));
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3), 0];
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    });
    lines.collect()
}

/// How long ago that was.
fn since(started: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    match now.saturating_sub(started) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vm::session::Rights;

    fn session(pid: u32, program: &str, directory: &str) -> SessionFile {
        let address = ([127, 0, 0, 1], 1).into();
        let (program, directory) = (program.into(), directory.into());
        SessionFile { address, token: String::new(), pid, program, directory, started: 1, rights: Rights::ALL }
    }

    #[test]
    fn one_program_is_chosen() {
        let all = || vec![session(10, "bank.lang", "/a"), session(11, "shop/main.lang", "/b"), session(110, "bank.lang", "/c")];
        let chosen = |which: &str, here: &str| choose_from(all(), which, Path::new(here)).map(|session| session.pid);
        assert_eq!(chosen("11", "/x"), Ok(11));
        assert_eq!(chosen("shop", "/x"), Ok(11));
        assert_eq!(chosen("bank", "/c"), Ok(110));
        assert_eq!(chosen("a/bank", "/x"), Ok(10));
        assert_eq!(chosen("", "/b"), Ok(11));
        assert!(chosen("", "/x").is_err_and(|message| message.starts_with("several programs serve; ")));
        assert!(chosen("bank", "/x").is_err_and(|message| message.contains("by `bank`; give") && message.contains("110")));
        assert!(chosen("nosuch", "/x").is_err_and(|message| message.contains("no program that serves is meant by `nosuch`")));
        assert!(choose_from(Vec::new(), "", Path::new("/x")).is_err_and(|message| message.starts_with("no program serves")));
        assert_eq!(choose_from(vec![session(7, "x", "/d")], "", Path::new("/x")).map(|session| session.pid), Ok(7));
    }
}
