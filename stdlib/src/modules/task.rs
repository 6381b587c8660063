//! The module `task`. The engine has the tasks and their waits (`vm/src/interp/task.rs`); everything else is written in the language.

use super::time;
use crate::args;
use crate::args::given_not_nil;
use crate::table::{Row, row};
use vm::heap::Value;
use vm::object::{Control, Cx, NativeResult};

/// Functions of the module.
pub(crate) const FUNCTIONS: &[Row] = &[
    row(
        "sleep",
        &["seconds"],
        time::sleep,
        "`sleep(seconds)`: waits; other tasks, and reloads, go on. With 0, the others have their turn.",
    ),
    row("_spawn", &["f", "name", "at_end"], spawn, "`_spawn(f, name, at_end)`: the number of a new task."),
    row("_current", &[], current, "`_current()`: the number of the running task."),
    row("_cancel", &["task"], cancel, "`_cancel(task)`: raises CancelledError where the task waits, or when it waits."),
    row("_ticket", &[], ticket, "`_ticket()`: a number for a wait."),
    row(
        "_park",
        &["ticket", "what", "seconds"],
        park,
        "`_park(ticket, what, seconds)`: waits until `_wake`, at most so many seconds.",
    )
    .optional(1),
    row("_wake", &["ticket", "value"], wake, "`_wake(ticket, value)`: ends a wait; whether anybody waited."),
    row("_report", &["name", "error"], report, "`_report(name, error)`: tells the host what has ended a task."),
    row("_now", &[], time::monotonic, "`_now()`: the time in seconds."),
];

fn number<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: Value<'gc>) -> Result<u64, args::Raised<'gc>> {
    args::count(cx, native, param, value).map(|n| n as u64)
}

fn spawn<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let name = args::text(cx, "spawn", "name", args[1])?;
    crate::fiber::check_callable(cx, "spawn", &args[0])?;
    let id = cx.spawn(args[0], name, args[2]);
    Ok(Value::Int(id as i64))
}

fn current<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::Int(cx.world.tasks.current.map_or(0, |task| task.id() as i64)))
}

fn cancel<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let task = number(cx, "_cancel", "task", args[0])?;
    cx.cancel_task(task);
    Ok(Value::Nil)
}

fn ticket<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::Int(cx.world.tasks.fresh() as i64))
}

fn park<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let ticket = number(cx, "_park", "ticket", args[0])?;
    let what = args::text(cx, "_park", "what", args[1])?.to_owned();
    let seconds = match given_not_nil(args, 2) {
        Some(seconds) => Some(args::float(cx, "_park", "seconds", seconds)?),
        None => None,
    };
    Err(Box::new(Control::Park { ticket, seconds, what }))
}

fn wake<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let ticket = number(cx, "_wake", "ticket", args[0])?;
    Ok(Value::bool(cx.wake(ticket, args[1])))
}

fn report<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let name = args::text(cx, "_report", "name", args[0])?.to_owned();
    let id = cx.world.tasks.current.map_or(0, |task| task.id());
    cx.world.tasks.failures.push((id, name, args[1]));
    Ok(Value::Nil)
}
