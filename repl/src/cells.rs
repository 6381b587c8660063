//! Cells of a file in a session: `:cells`, `:cell`.

use crate::command::{Next, complain, with_ending, write};
use crate::engine::read_source;
use crate::output::output;
use crate::session::Session;
use vm::session::{Position, RegionKind, Request, cells, range};

/// `:cells FILE`
pub fn list(session: &mut Session, path: &str) -> Next {
    let path = with_ending(path);
    let path = if path.is_empty() { session.cells.clone() } else { path };
    if path.is_empty() {
        return complain("write `:cells FILE`: the parts of its text between lines that begin with `# %%` are listed");
    }
    let source = match read_source(&path) {
        Ok(source) => source,
        Err(message) => return complain(&message),
    };
    let lines = cells(&source).into_iter().enumerate().map(|(i, cell)| {
        let line = range(&source, cell.span).start.line;
        let title = cell.title.map_or(String::new(), |title| format!("  {title}"));
        format!("{}  line {line}{title}\n", i + 1)
    });
    let text: String = lines.collect();
    session.cells = path;
    write(&text)
}

/// `:cell N`
pub fn evaluate(session: &mut Session, number: &str) -> Next {
    if session.cells.is_empty() {
        return complain("`:cells FILE` comes first: it numbers the cells of a file");
    }
    let source = match read_source(&session.cells) {
        Ok(source) => source,
        Err(message) => return complain(&message),
    };
    let all = cells(&source);
    let cell = number.parse::<usize>().ok().and_then(|number| all.get(number.checked_sub(1)?));
    let Some(cell) = cell else {
        return complain(&format!("`{}` has {} cells; write `:cell N` with the number of one", session.cells, all.len()));
    };
    let at = Position { line: range(&source, cell.span).start.line, column: 1 };
    let (file, text) = (session.cells.clone(), source.text().to_owned());
    let request = Request::EvaluateRegion { file, text, kind: RegionKind::Cell, at, to: None };
    let (vm, core) = session.parts();
    let reply = core.answer(vm, &request);
    let _ = output().write(&reply.output);
    match (reply.error, reply.value) {
        (Some(failure), _) => complain(failure.text.trim_end()),
        (None, Some(value)) => write(&format!("{value}\n")),
        (None, None) => Next::Input,
    }
}
