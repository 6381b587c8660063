//! The terminal: its size, and the mode in which single keys arrive. Whoever ends the process calls [`restore`] before.
//!
//! In that mode nothing is echoed and there are no lines; Ctrl-C and its kin are signals and line breaks are written as ever. While the
//! process is not in the foreground the terminal is another's, and is left alone.

#[cfg(not(unix))]
pub use other::*;
#[cfg(unix)]
pub use unix::*;

#[cfg(unix)]
mod unix {
    use crate::output::output;
    use crate::plain::is_plain_terminal;
    use rustix::process::getpgrp;
    use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr};
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;
    use std::io::{self, IsTerminal, stderr, stdin, stdout};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Mutex, MutexGuard, Once, PoisonError};
    use std::thread;

    /// How the terminal was before keys were asked for; nothing while they are not.
    static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

    /// How the terminal is to be left, while an editor of lines uses it.
    static AT_END: Mutex<Option<Termios>> = Mutex::new(None);

    /// Whether lines are typed at the moment.
    static TAKES_LINES: AtomicBool = AtomicBool::new(false);

    fn before() -> MutexGuard<'static, Option<Termios>> {
        BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what is said and typed can share one terminal with the program.
    pub fn is_usable() -> bool {
        let is_terminal = stdin().is_terminal() && stdout().is_terminal() && stderr().is_terminal();
        is_terminal && !is_plain_terminal() && is_in_foreground()
    }

    /// Whether the terminal is this process's at the moment.
    pub fn is_in_foreground() -> bool {
        tcgetpgrp(stdin()).is_ok_and(|group| group == getpgrp())
    }

    /// Columns and rows of the window; nothing while it is another's.
    pub fn size() -> Option<(usize, usize)> {
        let size = tcgetwinsize(stderr()).ok().filter(|_| is_in_foreground())?;
        Some((size.ws_col.into(), size.ws_row.into()))
    }

    /// Lets single keys arrive.
    pub fn ask_for_keys() -> io::Result<()> {
        let mut before = before();
        if before.is_none() {
            let found = tcgetattr(stdin())?;
            set_for_keys(&found)?;
            *before = Some(found);
            drop(before);
            listen()?;
        }
        Ok(())
    }

    fn set_for_keys(before: &Termios) -> io::Result<()> {
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        Ok(tcsetattr(stdin(), OptionalActions::Now, &modes)?)
    }

    /// Lets lines be typed while something runs.
    pub fn with_lines<T>(run: impl FnOnce() -> T) -> T {
        TAKES_LINES.store(true, Ordering::Relaxed);
        if let Some(before) = before().as_ref() {
            put_back(before);
        }
        let done = run();
        TAKES_LINES.store(false, Ordering::Relaxed);
        take_again();
        done
    }

    /// Whether single keys arrive.
    pub fn has_keys() -> bool {
        before().is_some()
    }

    /// Makes the terminal what it was.
    pub fn restore() {
        let at_end = AT_END.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(before) = before().take().or(at_end) {
            put_back(&before);
        }
    }

    /// How the terminal is now. Who lets it be that again ends what an editor of lines has made of it.
    pub struct Saved(Option<Termios>);

    impl Saved {
        /// As it is now.
        pub fn now() -> Saved {
            Saved(tcgetattr(stdin()).ok())
        }

        /// Has it made that again when a signal ends the process, or [`restore`] is called.
        pub fn put_back_at_end(&self) {
            static LISTENS: Once = Once::new();
            self.0.clone_into(&mut AT_END.lock().unwrap_or_else(PoisonError::into_inner));
            LISTENS.call_once(|| {
                // Without this the terminal stays as it is.
                let Ok(mut signals) = Signals::new([SIGTERM, SIGHUP]) else { return };
                let listen = move || {
                    for signal in signals.forever() {
                        restore();
                        let _ = emulate_default_handler(signal);
                    }
                };
                let _ = thread::Builder::new().name("terminal".into()).spawn(listen);
            });
        }

        /// Makes it that again.
        pub fn put_back(&self) {
            if let Some(before) = &self.0 {
                put_back(before);
            }
        }
    }

    fn put_back(before: &Termios) {
        if is_in_foreground() {
            // A terminal that is gone needs nothing.
            let _ = tcsetattr(stdin(), OptionalActions::Now, before);
        }
    }

    /// Leaves the terminal as it was when a signal ends or stops the process.
    fn listen() -> io::Result<()> {
        let mut signals = Signals::new([SIGTERM, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH])?;
        thread::Builder::new().name("terminal".into()).spawn(move || {
            for signal in signals.forever() {
                match signal {
                    SIGWINCH => output().redraw(),
                    SIGCONT => take_again(),
                    SIGTSTP => {
                        output().hide_status();
                        if let Some(before) = before().as_ref() {
                            put_back(before);
                        }
                        // It comes back from here when it goes on.
                        let _ = emulate_default_handler(signal);
                        take_again();
                    }
                    _ => {
                        output().try_end_status();
                        restore();
                        let _ = emulate_default_handler(signal);
                    }
                }
            }
        })?;
        Ok(())
    }

    fn take_again() {
        if let Some(before) = before().as_ref()
            && !TAKES_LINES.load(Ordering::Relaxed)
            && is_in_foreground()
        {
            let _ = set_for_keys(before);
        }
        output().redraw();
    }
}

#[cfg(not(unix))]
mod other {
    /// Whether what is said and typed can share one terminal with the program.
    pub fn is_usable() -> bool {
        false
    }

    /// Whether the terminal is this process's at the moment.
    pub fn is_in_foreground() -> bool {
        true
    }

    /// Columns and rows of the window.
    pub fn size() -> Option<(usize, usize)> {
        None
    }

    /// Lets single keys arrive.
    pub fn ask_for_keys() -> std::io::Result<()> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    /// Lets lines be typed while something runs.
    pub fn with_lines<T>(run: impl FnOnce() -> T) -> T {
        run()
    }

    /// Whether single keys arrive.
    pub fn has_keys() -> bool {
        false
    }

    /// Makes the terminal what it was.
    pub fn restore() {}

    /// How the terminal is now.
    pub struct Saved;

    impl Saved {
        /// As it is now.
        pub fn now() -> Saved {
            Saved
        }

        /// Has it made that again at the end.
        pub fn put_back_at_end(&self) {}

        /// Makes it that again.
        pub fn put_back(&self) {}
    }
}
