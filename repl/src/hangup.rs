//! SIGHUP: asks for a reload of every file that differs from what runs.

use crate::output::output;
use vm::embed::Vm;
use vm::reload::Report;

/// Lets the signal ask `vm` for a reload. `then` is called with each report.
pub fn listen(vm: &mut Vm, then: impl FnMut(&mut Vm, &Report) + 'static) {
    #[cfg(unix)]
    if let Err(error) = signal_hook::flag::register(signal_hook::consts::SIGHUP, vm.reload_handle().flag()) {
        output().note(&format!("warning: SIGHUP cannot be handled: {error}"));
    }
    vm.on_requested_reload(then);
}
