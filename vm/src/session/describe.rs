//! Texts that describe what there is.

use super::listing;
use super::lookup::{chain_of, entry, held_handle, held_value, missing, name_of_class};
use super::{Entry, Session};
use crate::bytecode::disassemble;
use crate::embed::{Error, Handle, Vm};
use crate::heap::Value;
use crate::ops::suggestion;
use crate::reload::Uses;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Instances that are shown of those that there are.
const INSTANCES_MAX: usize = 10;

/// Errors of migrations that are shown.
const ERRORS_MAX: usize = 3;

/// Why something cannot be told.
#[derive(Debug)]
pub enum Trouble {
    /// It is asked wrongly; what to do instead.
    Asked(String),
    /// What was evaluated for it has failed.
    Error(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Error(error)
    }
}

fn refuse(message: impl Into<String>) -> Result<String, Trouble> {
    Err(Trouble::Asked(message.into()))
}

/// What a name stands for: its signature, place and doc text.
pub fn doc(vm: &mut Vm, session: &mut Session, name: &str) -> Result<String, Trouble> {
    if name.is_empty() {
        return refuse("write `?NAME` or `:doc NAME`, with a dot for members as in `?String.upper`; `??NAME` shows the text");
    }
    match entry(vm, session, name) {
        Ok(entry) => Ok(doc_text(&entry)),
        Err(message) => refuse(message),
    }
}

/// What there is to say about a name, as text.
pub fn doc_text(entry: &Entry) -> String {
    let mut out = String::new();
    if let Some(signature) = &entry.signature {
        let _ = writeln!(out, "{signature}");
    }
    let place = entry.place.as_deref().unwrap_or("the library");
    let _ = write!(out, "  {} {}, {place}", entry.kind, entry.name());
    if let Some(class) = &entry.class {
        let _ = write!(out, "; its value is of class {class}");
    }
    out.push('\n');
    match &entry.doc {
        Some(doc) => out.push_str(doc.trim_end()),
        None if entry.place.is_some() => out.push_str("no doc text: lines above it that begin with `##` are one"),
        None => return out,
    }
    out.push('\n');
    out
}

/// The text of a definition or member.
pub fn source(vm: &mut Vm, session: &mut Session, name: &str) -> Result<String, Trouble> {
    if name.is_empty() {
        return refuse("write `??NAME` or `:source NAME`, with a dot for members as in `??Account.pay`");
    }
    match entry(vm, session, name) {
        Ok(Entry { text: Some(text), place: Some(place), .. }) => Ok(format!("# {place}\n{}\n", text.trim_end())),
        Ok(Entry { kind, place: Some(files), .. }) if kind == "namespace" => {
            refuse(format!("a namespace has no text but that of its files: {files}; `:ls {name}` lists its definitions"))
        }
        Ok(entry) => {
            let meant = entry.name();
            refuse(format!("`{meant}` has no text: it is made by the engine or a host; `?{name}` tells what it does"))
        }
        Err(message) => refuse(message),
    }
}

/// Evaluates what stands behind a command. The value of what has none is nil.
fn evaluated(vm: &mut Vm, session: &mut Session, text: &str) -> Result<Handle, Error> {
    let value = session.evaluate_unnumbered(vm, text)?;
    Ok(value.unwrap_or_else(|| vm.make(|_| Value::Nil)))
}

/// The class of the value of a text.
pub fn type_of(vm: &mut Vm, session: &mut Session, text: &str) -> Result<String, Trouble> {
    if text.is_empty() {
        return refuse("write `:type TEXT`: the class of its value is shown, as in `:type 1 / 2`");
    }
    let value = evaluated(vm, session, text)?;
    Ok(vm.enter(|cx| {
        let value = value.value_in(cx.world);
        format!("{}\n", name_of_class(cx, &value))
    }))
}

/// What the session has defined; what a namespace defines, or is behind the dot of a value.
pub fn ls(vm: &mut Vm, session: &mut Session, what: &str) -> Result<String, Trouble> {
    match what {
        "" => return Ok(listing::of_session(vm, session)),
        "_" => {
            let values = session.kept_values(vm);
            return if values.is_empty() { refuse("no value has been shown yet") } else { Ok(values) };
        }
        _ => {}
    }
    if let Some(listing) = listing::of_name(vm, session, what) {
        return Ok(listing);
    }
    let value = match held_handle(vm, session, what).map_err(Trouble::Asked)? {
        Some(value) => value,
        None => evaluated(vm, session, what)?,
    };
    Ok(listing::of_value(vm, &value))
}

/// Who mentions a definition or member.
pub fn who(vm: &mut Vm, session: &mut Session, name: &str) -> Result<String, Trouble> {
    if name.is_empty() {
        return refuse("write `:who NAME`: who mentions it is shown, as in `:who game.step`");
    }
    let found = match chain_of(vm, session, name).and_then(|chain| entry(vm, session, name).map(|entry| (chain, entry))) {
        Ok(found) => found,
        Err(message) => return refuse(message),
    };
    let (chain, entry) = found;
    let qualified = chain.join(".");
    match vm.uses_of(&qualified) {
        Some(uses) => Ok(used(vm, session, &qualified, &uses)),
        None if entry.kind == "namespace" => {
            refuse(format!("`{name}` is a namespace; ask for a definition in it, `:ls {name}` lists them"))
        }
        None => {
            let member = chain.last().map_or("", String::as_str);
            let code = vm.naming_member(member);
            if code.is_empty() {
                return Ok(format!("no function names `.{member}`\n"));
            }
            let lines = placed(vm, session, &code);
            Ok(format!("functions that name `.{member}`, of whatever object:\n{lines}"))
        }
    }
}

fn used(vm: &mut Vm, session: &Session, qualified: &str, uses: &Uses) -> String {
    if uses.is_empty() {
        return format!("nothing uses {qualified}\n");
    }
    let mut out = format!("{qualified} is used by {uses}\n");
    out.push_str(&placed(vm, session, &uses.code));
    if uses.code.is_empty() && !["", "host handle"].contains(&&*uses.path) {
        let _ = writeln!(out, "  reached by {}", uses.path);
    }
    out
}

/// Names of functions with their places, one on each line.
fn placed(vm: &mut Vm, session: &Session, names: &[String]) -> String {
    let mut out = String::new();
    for name in names {
        match entry(vm, session, name) {
            Ok(Entry { place: Some(place), .. }) => {
                let _ = writeln!(out, "  {name}, {place}");
            }
            _ => {
                let _ = writeln!(out, "  {name}");
            }
        }
    }
    out
}

/// The value of a name, or of a text that has to be evaluated.
fn class_asked(vm: &mut Vm, session: &mut Session, text: &str) -> Result<Handle, Trouble> {
    match held_handle(vm, session, text).map_err(Trouble::Asked)? {
        Some(value) => Ok(value),
        None => Ok(evaluated(vm, session, text)?),
    }
}

/// Brings the instances of a class to its newest layout, and says how many.
pub fn migrate(vm: &mut Vm, session: &mut Session, text: &str) -> Result<String, Trouble> {
    if text.is_empty() {
        return refuse(
            "write `:migrate CLASS`: its instances, and those of classes below it, get the newest layout now, not at their next use",
        );
    }
    let class = class_asked(vm, session, text)?;
    let done = vm.migrate_instances(&class, None)?;
    let count = done.migrated;
    let mut out = match count {
        0 if done.errors.is_empty() => format!("all instances of {text} are up to date\n"),
        0 => String::new(),
        1 => format!("1 instance of {text} is migrated\n"),
        _ => format!("{count} instances of {text} are migrated\n"),
    };
    if !done.errors.is_empty() {
        let _ = writeln!(out, "{} cannot be migrated and stay as they were:", done.errors.len());
        out.extend(done.errors.iter().take(ERRORS_MAX).map(|error| format!("{}\n", error.to_string().trim_end())));
        if let Some(left) = done.errors.len().checked_sub(ERRORS_MAX).filter(|left| *left > 0) {
            let _ = writeln!(out, "… and {left} more");
        }
    }
    Ok(out)
}

/// What a function is compiled to, and the functions within it.
pub fn disassembly(vm: &mut Vm, session: &mut Session, name: &str) -> Result<String, Trouble> {
    if name.is_empty() {
        return refuse("write `:disasm NAME`: what a function is compiled to, as in `:disasm game.step`");
    }
    let chain = chain_of(vm, session, name).map_err(Trouble::Asked)?;
    let found = vm.enter(|cx| {
        let value = held_value(cx, &chain)?;
        let class = name_of_class(cx, &value);
        let what = if class == "Function" { "is built in".to_owned() } else { format!("is a value of class {class}") };
        Some(compiled(&value).ok_or(what))
    });
    match found {
        Some(Ok(text)) => Ok(text),
        Some(Err(what)) => refuse(format!("`{name}` {what}; only functions of the program have code")),
        None => refuse(missing(vm, session, name)),
    }
}

fn compiled(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Function(function) => {
            let newest = std::iter::successors(Some(function.proto()), |proto| proto.successor()).last()?;
            let image = newest.linked.image.clone();
            let mut out = String::new();
            let mut waiting = vec![newest.id];
            while let Some(id) = waiting.pop() {
                let _ = write!(out, "{}{}", if out.is_empty() { "" } else { "\n" }, disassemble(&image, id));
                waiting.extend(image.protos[id.0 as usize].nested.iter().rev());
            }
            Some(out)
        }
        Value::Decorated(decorated) => compiled(&decorated.original.get()),
        Value::Bound(bound) => compiled(&bound.method),
        _ => None,
    }
}

/// The namespaces of the program with their files; or has text belong to another namespace from now on.
pub fn namespace(vm: &mut Vm, session: &mut Session, name: &str) -> Result<String, Trouble> {
    let namespaces = namespaces(vm);
    if name.is_empty() {
        let mark = |name: &str| if name == session.namespace() { "*" } else { " " };
        let own = (session.home.clone(), vec!["what is typed in this session".to_owned()]);
        let all = std::iter::once(&own).chain(namespaces.iter().filter(|(name, _)| *name != session.home));
        return Ok(all.map(|(name, files)| format!("{} {name}  {}\n", mark(name), files.join(", "))).collect());
    }
    if name != session.home && !namespaces.iter().any(|(other, _)| other == name) {
        let names = namespaces.iter().map(|(name, _)| &**name).chain([&*session.home]);
        return refuse(format!("the program has no namespace `{name}`{}; `:ns` lists them", suggestion(name, names)));
    }
    session.set_namespace(vm, name);
    Ok(match session.is_at_home() {
        true => format!("what is typed belongs to `{name}`, as at the beginning\n"),
        false => format!("what is typed belongs to `{name}` and can change the program; `:ns {}` goes back\n", session.home),
    })
}

/// The namespaces of the program, each with the files that contribute to it.
fn namespaces(vm: &mut Vm) -> Vec<(String, Vec<String>)> {
    vm.enter(|cx| {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for module in cx.world.modules.values() {
            if module.state().linked.is_some() && !module.path.starts_with('<') && !cx.world.is_library(&module.namespace) {
                found.entry(module.namespace.name.to_string()).or_default().push(module.path.to_string());
            }
        }
        found.values_mut().for_each(|files| files.sort());
        found.into_iter().collect()
    })
}

/// The living instances of a class.
pub fn instances(vm: &mut Vm, session: &mut Session, text: &str) -> Result<String, Trouble> {
    if text.is_empty() {
        return refuse("write `:instances CLASS`: the living instances of a class, and of those below it, are counted and shown");
    }
    let class = class_asked(vm, session, text)?;
    let list = vm.instances_of(&class)?;
    let (count, first) = vm.enter(|cx| {
        let Value::List(list) = list.value_in(cx.world) else { return (0, Vec::new()) };
        let first: Vec<Value<'_>> = (0..INSTANCES_MAX).map_while(|i| list.get(i)).collect();
        (list.len(), first.iter().map(|value| crate::ops::describe(cx, value)).collect::<Vec<_>>())
    });
    let mut out = format!("{count} {}\n", if count == 1 { "instance" } else { "instances" });
    out.extend(first.iter().map(|text| format!("  {text}\n")));
    if count > first.len() {
        let _ = writeln!(out, "  … {} more", count - first.len());
    }
    Ok(out)
}
