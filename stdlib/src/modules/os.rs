//! The module `os`: what the host tells of the process.

use crate::args::{self, given, host_error, new_list, new_string};
use crate::table::{Row, row};
use vm::heap::Value;
use vm::object::{Cx, Map, NativeResult};
use vm::ops;

/// Functions of the module.
pub(crate) const FUNCTIONS: &[Row] = &[
    row("env", &["name", "default"], env, "`env(name, default = nil)`: a variable of the environment, or the default.").optional(1),
    row("environment", &[], environment, "`environment()`: a map of all variables of the environment, by name in order."),
    row("args", &[], arguments, "`args()`: a list of the arguments that the program was started with."),
    row("cwd", &[], cwd, "`cwd()`: the directory that relative paths start from."),
    row("platform", &[], platform, "`platform()`: the system, such as `linux`, `macos` or `windows`."),
    row("pid", &[], pid, "`pid()`: the number of the process."),
];

fn env<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let name = args::text(cx, "env", "name", args[0])?;
    let all = cx.world.host.environment().map_err(|error| host_error(cx, &error))?;
    match all.into_iter().find(|(found, _)| found == name) {
        Some((_, value)) => new_string(cx, value),
        None => Ok(given(args, 1).unwrap_or_default()),
    }
}

fn environment<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    let mut all = cx.world.host.environment().map_err(|error| host_error(cx, &error))?;
    all.sort_unstable();
    let map = Map::new(cx.mc);
    for (name, value) in all {
        let (name, value) = (new_string(cx, name)?, new_string(cx, value)?);
        ops::map_set(cx, map, name, value)?;
    }
    Ok(Value::Map(map))
}

fn arguments<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    let all = cx.world.host.arguments().map_err(|error| host_error(cx, &error))?;
    let mut values = Vec::with_capacity(all.len());
    for argument in all {
        values.push(new_string(cx, argument)?);
    }
    Ok(new_list(cx, values))
}

fn cwd<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    let directory = cx.world.host.current_directory().map_err(|error| host_error(cx, &error))?;
    new_string(cx, directory)
}

fn platform<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    let name = cx.world.host.platform().map_err(|error| host_error(cx, &error))?;
    new_string(cx, name)
}

fn pid<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    let number = cx.world.host.process_id().map_err(|error| host_error(cx, &error))?;
    Ok(Value::Int(i64::from(number)))
}
