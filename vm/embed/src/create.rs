//! How a VM is made.

use crate::{Effect, Host, NoHost, Sandbox, SystemHost, Vm, VmOptions};

/// Makes VMs with the whole library: functions of [`Vm`], which are visible where this trait is.
///
/// ```
/// use embed::prelude::*;
/// use embed::Effect;
///
/// assert_eq!(Vm::new().eval::<i64>("1 + 2")?, 3);
/// assert!(Vm::sandboxed().eval::<()>("print(1)").is_err());
/// assert!(Vm::builder().allow(&[Effect::Output]).build().eval::<()>("print(1)").is_ok());
/// # Ok::<(), Error>(())
/// ```
pub trait Create: Sized {
    /// A VM that may do whatever the process may, without limits: for scripts that are a part of your program.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// assert_eq!(vm.eval::<String>("import os\nos.platform()")?, std::env::consts::OS);
    /// # Ok::<(), Error>(())
    /// ```
    #[expect(clippy::new_ret_no_self, reason = "the trait has one implementer, which is what it makes")]
    fn new() -> Vm {
        Vm::builder().build()
    }

    /// A VM for scripts of strangers: no effect is let through, and calls, loops, depth and memory are bounded by [`Limits::strict`].
    /// What a function of the library does within one call, as sorting a list, counts as the loop turns it takes the time of.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::Interrupt;
    ///
    /// let mut vm = Vm::sandboxed();
    /// let endless = vm.eval::<()>("while true { }");
    /// assert!(matches!(endless, Err(Error::Interrupted(Interrupt::Fuel))));
    /// assert!(Vm::sandboxed().eval::<()>("import fs\nfs.read(\"/etc/passwd\")").is_err());
    /// ```
    fn sandboxed() -> Vm {
        Vm::builder().host(NoHost).limits(Limits::strict()).build()
    }

    /// The way to a VM with choices.
    ///
    /// See the example of [`Builder`].
    fn builder() -> Builder {
        Builder::default()
    }
}

impl Create for Vm {}

/// What a program may use up.
///
/// ```
/// use embed::prelude::*;
/// use embed::{Interrupt, Limits};
///
/// let mut vm = Vm::builder().limits(Limits { fuel: Some(10_000), ..Limits::none() }).build();
/// assert!(matches!(vm.eval::<()>("while true { }"), Err(Error::Interrupted(Interrupt::Fuel))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls, loop turns and the work of library functions that takes their time, until the program is stopped for good; `None`: any number. [`Vm::set_fuel`] fills up.
    pub fuel: Option<u64>,
    /// Bytes of live objects until `LimitError` is raised; `None`: any number.
    pub memory: Option<usize>,
    /// Calls within calls until `StackOverflow` is raised.
    pub depth: usize,
}

impl Limits {
    /// Neither fuel nor memory are bounded; the depth is [`vm::limits::DEPTH_MAX`].
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::Limits;
    ///
    /// assert_eq!((Limits::none().fuel, Limits::none().memory), (None, None));
    /// ```
    pub const fn none() -> Limits {
        Limits { fuel: None, memory: None, depth: vm::limits::DEPTH_MAX }
    }

    /// Ten million calls and loop turns, which take a tenth of a second or two; 64 MB; two thousand calls within calls.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::Limits;
    ///
    /// let more_memory = Limits { memory: Some(256 << 20), ..Limits::strict() };
    /// assert_eq!(Vm::builder().limits(more_memory).build().eval::<i64>("1 + 1")?, 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub const fn strict() -> Limits {
        Limits { fuel: Some(10_000_000), memory: Some(64 << 20), depth: 2_000 }
    }
}

/// A host that is not made yet: it may be put into a sandbox.
type MakeHost = Box<dyn FnOnce(Option<Vec<Effect>>) -> Box<dyn Host>>;

fn making(host: impl Host + 'static) -> MakeHost {
    Box::new(|allowed| match allowed {
        None => Box::new(host),
        Some(allowed) => Box::new(allowed.into_iter().fold(Sandbox::new(host), Sandbox::allow)),
    })
}

/// Choices for a new VM.
///
/// ```
/// use embed::prelude::*;
/// use embed::Effect;
///
/// let mut vm = Vm::builder()
///     .memory(16 << 20)
///     .fuel(1_000_000)
///     .allow(&[Effect::Output, Effect::Clock])
///     .modules(&["math", "text"])
///     .build();
/// assert_eq!(vm.eval::<f64>("import math\nmath.sqrt(16.0)")?, 4.0);
/// assert!(vm.eval::<()>("import fs").is_err());
/// # Ok::<(), Error>(())
/// ```
#[must_use = "`build` makes the VM"]
pub struct Builder {
    host: MakeHost,
    /// `None`: all that the host lets through.
    allowed: Option<Vec<Effect>>,
    limits: Limits,
    modules: Option<&'static [&'static str]>,
}

impl Default for Builder {
    fn default() -> Self {
        Builder { host: making(SystemHost::new()), allowed: None, limits: Limits::none(), modules: None }
    }
}

impl Builder {
    /// Who carries out effects: output, files, clock. Without it, [`SystemHost`]. What [`Builder::allow`] leaves out does not come to it.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::NoHost;
    ///
    /// assert!(Vm::builder().host(NoHost).build().eval::<()>("print(1)").is_err());
    /// ```
    pub fn host(mut self, host: impl Host + 'static) -> Builder {
        self.host = making(host);
        self
    }

    /// Lets only these effects through to the host, and those of other calls of this function. The order of this and [`Builder::host`] does not matter.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::Effect;
    ///
    /// let mut vm = Vm::builder().allow(&[Effect::Clock]).build();
    /// assert!(vm.eval::<f64>("import time\ntime.now()")? > 0.0);
    /// assert!(vm.eval::<()>("print(1)").is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn allow(mut self, effects: &[Effect]) -> Builder {
        self.allowed.get_or_insert_default().extend(effects);
        self
    }

    /// All limits at once.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::Limits;
    ///
    /// let mut vm = Vm::builder().limits(Limits::strict()).build();
    /// assert!(vm.eval::<()>("while true { }").is_err());
    /// ```
    pub fn limits(mut self, limits: Limits) -> Builder {
        self.limits = limits;
        self
    }

    /// Calls and loop turns until the program is stopped: see [`Limits::fuel`].
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::builder().fuel(10_000).build();
    /// assert!(vm.eval::<()>("while true { }").is_err());
    /// ```
    pub fn fuel(mut self, fuel: u64) -> Builder {
        self.limits.fuel = Some(fuel);
        self
    }

    /// Bytes of live objects: see [`Limits::memory`].
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::builder().memory(16 << 20).build();
    /// let error = vm.eval::<()>("let all = []\nwhile true { all.push(\"x\" * 1000) }").expect_err("it grows");
    /// assert!(error.to_string().starts_with("LimitError"));
    /// ```
    pub fn memory(mut self, bytes: usize) -> Builder {
        self.limits.memory = Some(bytes);
        self
    }

    /// Calls within calls: see [`Limits::depth`].
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::builder().depth(100).build();
    /// let error = vm.eval::<()>("fn deep(n) { deep(n + 1) + 1 }\ndeep(0)").expect_err("it never returns");
    /// assert!(error.to_string().starts_with("StackOverflow"));
    /// ```
    pub fn depth(mut self, calls: usize) -> Builder {
        self.limits.depth = calls;
        self
    }

    /// Which modules of the library there are; without it, all of [`MODULES`](crate::MODULES).
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::builder().modules(&["math"]).build();
    /// assert_eq!(vm.eval::<f64>("import math\nmath.sqrt(16.0)")?, 4.0);
    /// assert!(vm.eval::<()>("import fs").is_err());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Panics
    /// At [`Builder::build`], if one of them is none of the library.
    pub fn modules(mut self, modules: &'static [&'static str]) -> Builder {
        self.modules = Some(modules);
        self
    }

    /// Makes the VM.
    ///
    /// See the example of [`Builder`].
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::builder().build();
    /// assert_eq!(vm.eval::<i64>("1 + 2")?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Panics
    /// If [`Builder::modules`] names one that there is not.
    pub fn build(self) -> Vm {
        let Limits { fuel, memory, depth } = self.limits;
        let options = VmOptions {
            host: (self.host)(self.allowed),
            memory_limit: memory,
            fuel: None,
            depth_limit: depth,
            ..VmOptions::default()
        };
        let mut vm = stdlib::new_vm(options);
        #[cfg(feature = "bundles")]
        vm.set_bundle_loader(bundle::Bundles::new());
        if let Some(modules) = self.modules {
            stdlib::keep_modules(&mut vm, modules);
        }
        // Counted from the program's own.
        vm.set_fuel(fuel);
        vm
    }
}
