//! The module `fs`: every effect goes through the host, which may refuse it.

use crate::args::{self, Raised, given, new_list, new_str};
use crate::table::{Row, row};
use vm::heap::Value;
use vm::host::{FileInfo, FileKind, HostError, WriteMode};
use vm::object::{Cx, ErrorKind, NativeResult};

/// Functions of the module.
pub(crate) const FUNCTIONS: &[Row] = &[
    row("read", &["path"], read, "`read(path)`: the text of a file. ValueError if it is not UTF-8."),
    row("read_bytes", &["path"], read_bytes, "`read_bytes(path)`: what is in a file, as bytes."),
    row("lines", &["path"], lines, "`lines(path)`: a list of the lines of a file without their line breaks."),
    row("write", &["path", "data"], write, "`write(path, data)`: makes a text or bytes all that is in a file."),
    row("append", &["path", "data"], append, "`append(path, data)`: adds a text or bytes to the end of a file."),
    row("exists", &["path"], exists, "`exists(path)`: whether there is anything of this path."),
    row("is_file", &["path"], is_file, "`is_file(path)`: whether it is a file."),
    row("is_dir", &["path"], is_dir, "`is_dir(path)`: whether it is a directory."),
    row("is_link", &["path"], is_link, "`is_link(path)`: whether it is a symbolic link."),
    row("size", &["path"], size, "`size(path)`: how many bytes are in a file."),
    row("modified", &["path"], modified, "`modified(path)`: when it was changed last, as by `time.now()`; nil if nobody knows."),
    row("list", &["path"], list, "`list(path = \".\")`: the names of what is in a directory, in order.").optional(1),
    row("remove", &["path"], remove, "`remove(path)`: removes a file."),
    row(
        "rename",
        &["from", "to"],
        rename,
        "`rename(from, to)`: gives a file or directory another path. A file that is there is replaced.",
    ),
    row("_make_dir", &["path"], make_dir, "`_make_dir(path)`: makes one directory."),
    row("_remove_dir", &["path"], remove_dir, "`_remove_dir(path)`: removes an empty directory."),
];

/// The path in an argument.
fn path<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: Value<'gc>) -> Result<&'gc str, Raised<'gc>> {
    let path = args::text(cx, native, param, value)?;
    match path {
        "" => Err(cx.value_error(format!("`{native}`: `{param}` must not be empty"))),
        path if path.contains('\0') => Err(cx.value_error(format!("`{native}`: `{param}` contains the character U+0000"))),
        path => Ok(path),
    }
}

/// IOError for something that was to be made. Most often the directory for it is missing.
#[cold]
fn not_made<'gc>(cx: &mut Cx<'_, 'gc>, what: &str, path: &str, error: &HostError) -> Raised<'gc> {
    let directory = path.trim_end_matches('/').rsplit_once('/').map_or("", |(directory, _)| directory);
    if matches!(error, HostError::Failed(_)) && !directory.is_empty() && matches!(cx.world.host.file_info(directory), Ok(None)) {
        let message = format!("cannot {what} `{path}`: the directory `{directory}` does not exist; `fs.make_dir` makes it");
        return cx.raise(ErrorKind::IOError, message);
    }
    failed(cx, what, path, error)
}

/// IOError for what was to be done with a path.
#[cold]
fn failed<'gc>(cx: &mut Cx<'_, 'gc>, what: &str, path: &str, error: &HostError) -> Raised<'gc> {
    match error {
        HostError::Refused(_) => args::host_error(cx, error),
        HostError::Failed(_) => cx.raise(ErrorKind::IOError, format!("cannot {what} `{path}`: {error}")),
    }
}

fn data_of<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, value: Value<'gc>) -> Result<Vec<u8>, Raised<'gc>> {
    let path = path(cx, native, "path", value)?;
    let data = cx.world.host.read_file(path).map_err(|error| failed(cx, "read", path, &error))?;
    args::check_room(cx, data.len())?;
    Ok(data)
}

fn text_of<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, value: Value<'gc>) -> Result<String, Raised<'gc>> {
    let data = data_of(cx, native, value)?;
    String::from_utf8(data).map_err(|error| {
        let path = path(cx, native, "path", value).unwrap_or_default();
        let at = error.utf8_error().valid_up_to();
        cx.value_error(format!("`{path}` is not UTF-8 from byte {at} on; `read_bytes` reads any file"))
    })
}

fn read<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, "read", args[0])?;
    args::new_string(cx, text)
}

fn read_bytes<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let data = data_of(cx, "read_bytes", args[0])?;
    Ok(args::new_bytes(cx, data))
}

fn lines<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = text_of(cx, "lines", args[0])?;
    crate::string::list_of(cx, text.lines())
}

fn put<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, args: &[Value<'gc>], mode: WriteMode) -> NativeResult<'gc> {
    let path = path(cx, native, "path", args[0])?;
    let done = match &args[1] {
        Value::Str(text) => cx.world.host.write_file(path, text.as_str().as_bytes(), mode),
        Value::Bytes(bytes) => cx.world.host.write_file(path, &bytes.data, mode),
        other => return Err(args::wrong(cx, native, "data", "a String or Bytes", other)),
    };
    match done {
        Ok(()) => Ok(Value::Nil),
        Err(error) => Err(not_made(cx, "write", path, &error)),
    }
}

fn nothing<'gc>(cx: &mut Cx<'_, 'gc>, what: &str, path: &str, done: Result<(), HostError>) -> NativeResult<'gc> {
    match done {
        Ok(()) => Ok(Value::Nil),
        Err(error) => Err(failed(cx, what, path, &error)),
    }
}

fn write<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    put(cx, "write", args, WriteMode::Replace)
}

fn append<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    put(cx, "append", args, WriteMode::Append)
}

fn info<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, value: Value<'gc>) -> Result<Option<FileInfo>, Raised<'gc>> {
    let path = path(cx, native, "path", value)?;
    cx.world.host.file_info(path).map_err(|error| failed(cx, "look at", path, &error))
}

/// What is known of something that must be there.
fn known<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, value: Value<'gc>) -> Result<FileInfo, Raised<'gc>> {
    match info(cx, native, value)? {
        Some(info) => Ok(info),
        None => {
            let path = path(cx, native, "path", value)?;
            Err(cx.raise(ErrorKind::IOError, format!("cannot look at `{path}`: it does not exist")))
        }
    }
}

fn exists<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::bool(info(cx, "exists", args[0])?.is_some()))
}

fn is_file<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::bool(info(cx, "is_file", args[0])?.is_some_and(|info| info.kind == FileKind::File)))
}

fn is_dir<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::bool(info(cx, "is_dir", args[0])?.is_some_and(|info| info.kind == FileKind::Directory)))
}

fn is_link<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::bool(info(cx, "is_link", args[0])?.is_some_and(|info| info.is_link)))
}

fn size<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let size = known(cx, "size", args[0])?.size;
    Ok(vm::ops::int_from_u64(cx.mc, size))
}

fn modified<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(known(cx, "modified", args[0])?.modified.map_or(Value::Nil, Value::Float))
}

fn list<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let path = match given(args, 0) {
        Some(value) => path(cx, "list", "path", value)?,
        None => ".",
    };
    let mut names = cx.world.host.list_directory(path).map_err(|error| failed(cx, "list", path, &error))?;
    names.sort_unstable();
    let names = names.iter().map(|name| new_str(cx, name)).collect();
    Ok(new_list(cx, names))
}

fn remove<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let path = path(cx, "remove", "path", args[0])?;
    let done = cx.world.host.remove_file(path);
    nothing(cx, "remove", path, done)
}

fn rename<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let from = path(cx, "rename", "from", args[0])?;
    let to = path(cx, "rename", "to", args[1])?;
    let Err(error) = cx.world.host.rename(from, to) else { return Ok(Value::Nil) };
    if let HostError::Refused(_) = error {
        return Err(args::host_error(cx, &error));
    }
    let (from_info, to_info) = (cx.world.host.file_info(from), cx.world.host.file_info(to));
    let message = match (from_info, to_info) {
        (Ok(None), _) => return Err(failed(cx, "rename", from, &error)),
        (Ok(Some(from_info)), Ok(Some(to_info))) if from_info.kind != to_info.kind && to_info.kind == FileKind::Directory => {
            let name = from.trim_end_matches('/').rsplit('/').next().unwrap_or(from);
            let inside = format!("{}/{name}", to.trim_end_matches('/'));
            format!("cannot rename `{from}` to `{to}`: `{to}` is a directory; `{inside}` would be a file in it")
        }
        _ => return Err(not_made(cx, "rename something to", to, &error)),
    };
    Err(cx.raise(ErrorKind::IOError, message))
}

fn make_dir<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let path = path(cx, "make_dir", "path", args[0])?;
    let done = cx.world.host.make_directory(path);
    nothing(cx, "make", path, done)
}

fn remove_dir<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let path = path(cx, "remove_dir", "path", args[0])?;
    let done = cx.world.host.remove_directory(path);
    nothing(cx, "remove", path, done)
}
