//! SIGHUP: asks for a reload of every file that differs from what runs. When the terminal of the program has been closed, which sends the
//! same signal, it ends the process as usual.

use crate::output::output;
use vm::embed::Vm;
use vm::reload::Report;

/// Status of a process whose terminal has been closed.
#[cfg(unix)]
const STATUS: i32 = 129;

/// Lets the signal ask `vm` for a reload. `then` is called with each report.
pub fn listen(vm: &mut Vm, then: impl FnMut(&mut Vm, &Report) + 'static) {
    #[cfg(unix)]
    if let Err(error) = unix::listen(vm.reload_handle()) {
        output().note(&format!("warning: SIGHUP cannot be handled: {error}"));
    }
    vm.on_requested_reload(then);
}

#[cfg(unix)]
mod unix {
    use crate::terminal;
    use signal_hook::consts::SIGHUP;
    use signal_hook::iterator::Signals;
    use std::fs::File;
    use std::io::{self, IsTerminal};
    use std::thread;
    use vm::embed::ReloadHandle;

    /// The controlling terminal; it cannot be opened any more when that has been closed.
    const TERMINAL: &str = "/dev/tty";

    pub fn listen(handle: ReloadHandle) -> io::Result<()> {
        let mut signals = Signals::new([SIGHUP])?;
        // What was started with `nohup` has none, and is to outlive the one that it was started from.
        let uses_terminal = io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal();
        let has_terminal = uses_terminal && File::open(TERMINAL).is_ok();
        thread::Builder::new().name("hangup".into()).spawn(move || {
            for _ in signals.forever() {
                if has_terminal && File::open(TERMINAL).is_err() {
                    terminal::restore();
                    std::process::exit(super::STATUS);
                }
                handle.request();
            }
        })?;
        Ok(())
    }
}
