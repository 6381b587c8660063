//! The module `io`: input and output beside `print` and `input`.

use crate::args::{self, host_error};
use crate::core;
use crate::table::{Row, row};
use vm::heap::Value;
use vm::object::{Cx, NativeResult};

/// Functions of the module.
pub(crate) const FUNCTIONS: &[Row] = &[
    row("write", &["text"], write, "`write(text)`: writes a text to the output, without a line break behind it."),
    row("write_error", &["text"], write_error, "`write_error(text)`: writes a text to the stream for messages."),
    row(
        "print_error",
        &[],
        core::print_error,
        "`print_error(...values, sep: \" \", end: \"\\n\")`: like `print`, to the stream for messages.",
    )
    .rest()
    .only(&["sep", "end"]),
    row("flush", &[], flush, "`flush()`: makes everything that was written visible now."),
];

fn write<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::text(cx, "write", "text", args[0])?;
    let done = cx.write_output(text);
    done.map(|()| Value::Nil).map_err(|error| host_error(cx, &error))
}

fn write_error<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::text(cx, "write_error", "text", args[0])?;
    let done = cx.write_message(text);
    done.map(|()| Value::Nil).map_err(|error| host_error(cx, &error))
}

fn flush<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    let done = cx.world.host.flush();
    done.map(|()| Value::Nil).map_err(|error| host_error(cx, &error))
}
