//! A host that refuses most effects of another.

use super::{FileInfo, Host, HostError, NoHost, WriteMode};
use std::collections::HashSet;
use std::time::Duration;

/// Effects that are allowed together.
///
/// ```
/// use embed::prelude::*;
/// use embed::Effect;
///
/// let mut vm = Vm::builder().allow(&[Effect::Environment]).build();
/// assert_eq!(vm.eval::<String>("import os\nos.platform()")?, std::env::consts::OS);
/// assert!(vm.eval::<()>("print(1)").is_err());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// Writing to the output and to the stream beside it.
    Output,
    /// Reading lines of input.
    Input,
    /// Reading files and directories. Imports of files need it.
    ReadFiles,
    /// Writing, making, renaming and removing files and directories.
    WriteFiles,
    /// Asking for the time, and waiting.
    Clock,
    /// Seeds for random numbers.
    Randomness,
    /// Variables of the environment, arguments, the current directory, the system.
    Environment,
    /// Loading native code, which can do whatever the process can. Its files are read, too.
    NativeCode,
}

/// Passes on what is allowed to another host; the rest is refused as by [`NoHost`].
///
/// ```
/// use embed::prelude::*;
/// use embed::{Effect, Host, Sandbox, SystemHost};
///
/// let mut host = Sandbox::new(SystemHost::new()).allow(Effect::Clock);
/// assert!(host.monotonic().is_ok());
/// assert!(host.read_file("Cargo.toml").is_err());
/// let mut vm = Vm::builder().host(host).build();
/// assert!(vm.eval::<String>("import os\nos.platform()").is_err());
/// ```
pub struct Sandbox<H> {
    inner: H,
    allowed: HashSet<Effect>,
    refusing: NoHost,
}

impl<H: Host> Sandbox<H> {
    /// Allows nothing.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::{Host, Sandbox, SystemHost};
    ///
    /// assert!(Sandbox::new(SystemHost::new()).platform().is_err());
    /// ```
    pub fn new(inner: H) -> Sandbox<H> {
        Sandbox { inner, allowed: HashSet::new(), refusing: NoHost }
    }

    /// Allows an effect.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::{Effect, Host, Sandbox, SystemHost};
    ///
    /// assert!(Sandbox::new(SystemHost::new()).allow(Effect::Environment).platform().is_ok());
    /// ```
    #[must_use]
    pub fn allow(mut self, effect: Effect) -> Sandbox<H> {
        self.allowed.insert(effect);
        self
    }

    /// Who decides about an effect.
    fn door(&mut self, effect: Effect) -> &mut dyn Host {
        if self.allowed.contains(&effect) { &mut self.inner } else { &mut self.refusing }
    }
}

impl<H: Host> Host for Sandbox<H> {
    fn write(&mut self, text: &str) -> Result<(), HostError> {
        self.door(Effect::Output).write(text)
    }

    fn write_error(&mut self, text: &str) -> Result<(), HostError> {
        self.door(Effect::Output).write_error(text)
    }

    fn flush(&mut self) -> Result<(), HostError> {
        self.door(Effect::Output).flush()
    }

    fn read_line(&mut self, prompt: &str) -> Result<Option<String>, HostError> {
        self.door(Effect::Input).read_line(prompt)
    }

    fn line_ready(&mut self, prompt: &str) -> bool {
        self.door(Effect::Input).line_ready(prompt)
    }

    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, HostError> {
        self.door(Effect::ReadFiles).read_file(path)
    }

    fn file_exists(&mut self, path: &str) -> bool {
        self.door(Effect::ReadFiles).file_exists(path)
    }

    fn file_info(&mut self, path: &str) -> Result<Option<FileInfo>, HostError> {
        self.door(Effect::ReadFiles).file_info(path)
    }

    fn list_directory(&mut self, path: &str) -> Result<Vec<String>, HostError> {
        self.door(Effect::ReadFiles).list_directory(path)
    }

    fn write_file(&mut self, path: &str, data: &[u8], mode: WriteMode) -> Result<(), HostError> {
        self.door(Effect::WriteFiles).write_file(path, data, mode)
    }

    fn remove_file(&mut self, path: &str) -> Result<(), HostError> {
        self.door(Effect::WriteFiles).remove_file(path)
    }

    fn make_directory(&mut self, path: &str) -> Result<(), HostError> {
        self.door(Effect::WriteFiles).make_directory(path)
    }

    fn remove_directory(&mut self, path: &str) -> Result<(), HostError> {
        self.door(Effect::WriteFiles).remove_directory(path)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), HostError> {
        self.door(Effect::WriteFiles).rename(from, to)
    }

    fn wall_clock(&mut self) -> Result<f64, HostError> {
        self.door(Effect::Clock).wall_clock()
    }

    fn monotonic(&mut self) -> Result<Duration, HostError> {
        self.door(Effect::Clock).monotonic()
    }

    fn sleep(&mut self, duration: Duration) -> Result<(), HostError> {
        self.door(Effect::Clock).sleep(duration)
    }

    fn park(&mut self, duration: Duration) -> Result<(), HostError> {
        self.door(Effect::Clock).park(duration)
    }

    fn random_seed(&mut self) -> Result<u64, HostError> {
        self.door(Effect::Randomness).random_seed()
    }

    fn environment(&mut self) -> Result<Vec<(String, String)>, HostError> {
        self.door(Effect::Environment).environment()
    }

    fn arguments(&mut self) -> Result<Vec<String>, HostError> {
        self.door(Effect::Environment).arguments()
    }

    fn current_directory(&mut self) -> Result<String, HostError> {
        self.door(Effect::Environment).current_directory()
    }

    fn platform(&mut self) -> Result<String, HostError> {
        self.door(Effect::Environment).platform()
    }

    fn load_native(&mut self, path: &str) -> Result<(), HostError> {
        self.door(Effect::NativeCode).load_native(path)
    }

    fn process_id(&mut self) -> Result<u32, HostError> {
        self.door(Effect::Environment).process_id()
    }
}
