//! The command `lang` as its user meets it: its words and status, a program that is edited while it runs, and the terminal.
//!
//! Nothing here sleeps: a test waits until what it expects is there, and fails with what was there instead.

#[cfg(unix)]
mod asking;
#[cfg(unix)]
mod attach;
mod commands;
#[cfg(unix)]
mod demos;
mod doc;
mod folder;
mod format;
#[cfg(unix)]
mod killed;
#[cfg(unix)]
mod live;
#[cfg(unix)]
mod lsp;
#[cfg(unix)]
mod nrepl;
#[cfg(unix)]
mod requests;
#[cfg(unix)]
mod running;
#[cfg(unix)]
mod screen;
#[cfg(unix)]
mod session;
#[cfg(unix)]
mod soak;
#[cfg(unix)]
mod status;
mod test;
#[cfg(unix)]
mod test_watch;
#[cfg(unix)]
mod watching;

use std::time::Duration;

/// The tool.
const LANG: &str = env!("CARGO_BIN_EXE_lang");

/// After this long what is expected counts as missing.
const PATIENCE: Duration = Duration::from_secs(60);
