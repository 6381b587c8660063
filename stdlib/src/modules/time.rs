//! The module `time`.

use crate::args::{self, host_error};
use crate::table::{Row, row};
use std::time::Duration;
use vm::heap::Value;
use vm::object::{Control, Cx, NativeResult};

/// Functions of the module.
pub(crate) const FUNCTIONS: &[Row] = &[
    row("now", &[], now, "`now()`: seconds since the start of 1970, as a float."),
    row("monotonic", &[], monotonic, "`monotonic()`: seconds since some fixed moment; never goes back."),
    row("sleep", &["seconds"], sleep, "`sleep(seconds)`: waits; other tasks, and reloads, go on."),
];

fn now<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    match cx.world.host.wall_clock() {
        Ok(seconds) => Ok(Value::Float(seconds)),
        Err(error) => Err(host_error(cx, &error)),
    }
}

/// `monotonic()`.
pub(crate) fn monotonic<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    match cx.world.host.monotonic() {
        Ok(passed) => Ok(Value::Float(passed.as_secs_f64())),
        Err(error) => Err(host_error(cx, &error)),
    }
}

/// `sleep(seconds)`, also of `task`.
pub(crate) fn sleep<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let seconds = args::float(cx, "sleep", "seconds", args[0])?;
    if Duration::try_from_secs_f64(seconds).is_err() {
        return Err(cx.value_error(format!("`sleep`: {seconds} is no number of seconds to wait")));
    }
    Err(Box::new(Control::Wait(seconds)))
}
