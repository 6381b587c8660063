//! The worlds: ways to run the same program that must not make a difference.

use crate::host::FakeHost;
use vm::embed::{Vm, VmOptions};
use vm::host::{Effect, Sandbox};
use vm::object::Stress;

/// A way to run programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum World {
    /// As users run them.
    Plain,
    /// The collector runs at every safe point; after `VISITS_MAX` only now and then.
    Collect,
    /// The collector runs in the smallest slices: everything stored while it marks needs its barrier.
    Slow,
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
    pub const ALL: [World; 8] =
        [World::Plain, World::Collect, World::Slow, World::Small, World::Step, World::NoCache, World::Identity, World::Verify];

    /// What it is called in names of tests.
    pub fn name(self) -> &'static str {
        match self {
            World::Plain => "plain",
            World::Collect => "collect",
            World::Slow => "slow",
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
        self.vm_without(host, &[])
    }

    /// A VM of this world whose host refuses some effects.
    pub fn vm_without(self, host: &FakeHost, refused: &[Effect]) -> Vm {
        let stress = Stress {
            collect_always: false,
            collect_slowly: self == World::Slow,
            no_caches: self == World::NoCache,
            single_step: matches!(self, World::Step | World::Small | World::Collect),
        };
        let messages = host.clone();
        let allowed = EFFECTS.into_iter().filter(|effect| !refused.contains(effect));
        let host = allowed.fold(Sandbox::new(host.clone()), Sandbox::allow);
        let options = VmOptions { host: Box::new(host), memory_limit: Some(MEMORY_MAX), stress, ..VmOptions::default() };
        let mut vm = stdlib::new_vm(options);
        vm.on_task_error(move |name, error| {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            messages.with(|effects| effects.output.push_str(&format!("task `{name}` failed: {first}\n")));
        });
        if self == World::Collect {
            collect_at_safe_points(&mut vm);
        }
        vm
    }
}

/// What a host can allow.
const EFFECTS: [Effect; 7] =
    [Effect::Output, Effect::Input, Effect::ReadFiles, Effect::WriteFiles, Effect::Clock, Effect::Randomness, Effect::Environment];

/// Bytes that a case may use: far more than any needs, and less than would disturb other tests.
const MEMORY_MAX: usize = 1 << 30;

/// Objects that a case's collections may visit before they become rare: deep recursion would take hours otherwise.
const VISITS_MAX: usize = 20_000_000;

/// Safe points between two collections when they are rare.
const SAFE_POINTS_BETWEEN: usize = 2_000;

/// The VM stops at every safe point, as `Stress::single_step` makes it, and collects.
fn collect_at_safe_points(vm: &mut Vm) {
    let mut visits = 0;
    let mut safe_points = 0;
    vm.on_safe_point(move |vm| {
        safe_points += 1;
        if visits < VISITS_MAX || safe_points % SAFE_POINTS_BETWEEN == 0 {
            visits += vm.object_count() + vm.enter(|cx| cx.world.stack.values.len());
            vm.collect();
        }
    });
}
