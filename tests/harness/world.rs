//! The worlds: ways to run the same program that must not make a difference.

use crate::host::FakeHost;
use vm::embed::{Vm, VmOptions};
use vm::object::Stress;

/// A way to run programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum World {
    /// As users run them.
    Plain,
    /// The collector runs at every safe point.
    Collect,
    /// Stacks and slices of time are as small as they can be.
    Small,
    /// The interpreter is left at every safe point.
    Step,
    /// Inline caches and the method cache are never filled.
    NoCache,
    /// Every file is reloaded with its own text before each statement, which must change nothing.
    Identity,
    /// Every compiled text is verified and printed.
    Verify,
}

impl World {
    /// All of them.
    pub const ALL: [World; 7] =
        [World::Plain, World::Collect, World::Small, World::Step, World::NoCache, World::Identity, World::Verify];

    /// What it is called in names of tests.
    pub fn name(self) -> &'static str {
        match self {
            World::Plain => "plain",
            World::Collect => "collect",
            World::Small => "small",
            World::Step => "step",
            World::NoCache => "nocache",
            World::Identity => "identity",
            World::Verify => "verify",
        }
    }

    /// The world of this name.
    pub fn named(name: &str) -> Option<World> {
        World::ALL.into_iter().find(|world| world.name() == name)
    }

    /// A VM of this world, with the library.
    pub fn vm(self, host: &FakeHost) -> Vm {
        let stress = Stress {
            collect_always: self == World::Collect,
            no_caches: self == World::NoCache,
            single_step: matches!(self, World::Step | World::Small),
        };
        let options = VmOptions { host: Box::new(host.clone()), memory_limit: Some(MEMORY_MAX), stress, ..VmOptions::default() };
        let mut vm = Vm::bare(options);
        vm.enter(stdlib::install);
        vm.eval("core", "<prelude>", stdlib::PRELUDE).expect("the prelude runs");
        vm
    }
}

/// Bytes that a case may use: far more than any needs, and less than would disturb other tests.
const MEMORY_MAX: usize = 1 << 30;
