//! The module `live`: the program edits itself, and asks what became of its edits.
//!
//! Everything that needs the VM goes to the driver (`vm::embed::outside`) and is done while the program stands at a safe point.

mod data;
mod detour;
mod look;

use crate::args;
use crate::table::{Row, row};
use data::Data;
use std::time::Duration;
use vm::embed::{Error, Handle, Vm};
use vm::heap::Value;
use vm::object::{Control, Cx, ErrorKind, NativeResult};
use vm::ops;
use vm::reload::{Gate, HookErrors, Migrate, Mode, Policy, ReloadOptions, Replace, Survey, normalise};

/// Properties of definitions.
pub(crate) const DEFINITION_PROPERTIES: &[Row] =
    &[row("history", &[], history_of_definition, "`history`: its versions as maps, oldest first, as `live.history` gives them.")];

/// Functions of the module.
pub(crate) const FUNCTIONS: &[Row] = &[
    row("_reload", &["what", "options", "dry"], reload, "`_reload(what, options, dry)`: a reload, or its plan, as a map."),
    row("_texts", &["files", "options"], reload_texts, "`_texts(files, options)`: a reload of a map from paths to texts."),
    row("_stale", &["source"], look::stale, "`_stale(source)`: what an edit has left in an old text, as maps."),
    row("_counts", &["source"], look::counts, "`_counts(source)`: how many instances have yet to follow each change of a layout."),
    row("_text", &["source"], look::text, "`_text(source)`: a report as the command line shows it."),
    row("_undo", &[], undo, "`_undo()`: the report of taking the last commit back, or nil."),
    row("_redo", &[], redo, "`_redo()`: the report of making it again, or nil."),
    row("_leaks", &["namespace"], leaks, "`_leaks(namespace)`: leaks as maps."),
    row("_drop", &["name"], drop_leak, "`_drop(name)`: ends a leak; whether there was one."),
    row(
        "_collect",
        &[],
        collect,
        "`_collect()`: collects everything that nothing uses; the names of leaks that have ended by that.",
    ),
    row("_history", &["name"], history, "`_history(name)`: versions as maps."),
    row("_why", &["name"], why, "`_why(name)`: where a definition comes from, as a map."),
    row("_drift", &[], drift, "`_drift()`: what is not as a cold start would make it, as maps."),
    row("_reset", &["name"], reset, "`_reset(name)`: evaluates a variable anew."),
    row(
        "digest",
        &[],
        digest,
        "`digest()`: a number for the program's definitions, leaks among them, and plain variables: equal states have equal numbers.",
    ),
    row("_frames", &[], look::frames, "`_frames()`: calls that have begun and not ended, as maps."),
    row("_closures", &[], look::closures, "`_closures()`: closures that are alive, as maps."),
    row("_referrers", &["object"], look::referrers, "`_referrers(object)`: what holds an object, as maps."),
    row("_diff", &["old", "new"], look::diff, "`_diff(old, new)`: the lines of two texts, marked."),
    row(
        "lineage",
        &["thing"],
        look::lineage,
        "`lineage(thing)`: the name under which a function, class or enum, or the class of an instance, was made. All its generations have the same, also those that an overwriting reload has parted.",
    ),
    row("_edge", &["old"], look::edge, "`_edge(old)`: a list of version, added and discarded, or nil."),
    row("_name", &["thing"], name_of, "`_name(thing)`: the qualified name of a definition, function, class or namespace."),
    row(
        "_eval",
        &["text", "namespace", "file"],
        eval,
        "`_eval(text, namespace, file)`: evaluates text; the value of its last expression.",
    ),
    row("_versions", &["class"], versions, "`_versions(class)`: pairs of layout numbers and counts of instances."),
    row(
        "instances",
        &["class"],
        instances,
        "`instances(class)`: a list of the living instances of a class and of those below it. Looks at everything alive.",
    ),
    row("_migrate", &["class", "budget_ms"], migrate, "`_migrate(class, budget_ms)`: migrates instances; what was done, as a map."),
    row(
        "make_obsolete",
        &["class"],
        make_obsolete,
        "`make_obsolete(class)`: lets the hooks of a class run for its instances, at their next use, though nothing has changed.",
    ),
    row(
        "_change_class",
        &["instance", "class", "slots"],
        change_class,
        "`_change_class(instance, class, slots)`: makes it an instance of another class; the instance.",
    ),
    row(
        "snapshot",
        &["value"],
        snapshot,
        "`snapshot(value)`: the value and everything that it reaches as plain data: maps, lists, strings and numbers, which `json` can write. Instances have the \
         name of their class, the number of their layout and their slots, but for `transient` ones; functions and classes are names. TypeError with \
         the path to what cannot be written: fibers, tasks, functions without a name, what the host has made.",
    ),
    row(
        "restore",
        &["data"],
        restore,
        "`restore(data)`: what `snapshot` has written, in this program or in another one, which may have other versions of the classes. Instances follow to \
         the layout of their class at their next use; `init` is not called. NameError for the name of what does not exist, ValueError for data that \
         is no snapshot, with the place in it.",
    ),
    row("_say", &[], crate::core::print_error, "`_say(...values, sep: \" \", end: \"\\n\")`: as `io.print_error`.")
        .rest()
        .only(&["sep", "end"]),
    row("_now", &[], super::time::monotonic, "`_now()`: the time in seconds."),
    row("_target", &["thing"], detour::target, "`_target(thing)`: the function that a function, method or definition means."),
    row("_check", &["function", "name"], detour::check, "`_check(function, name)`: TypeError unless it can be called."),
    row(
        "_meant_for",
        &["function", "named"],
        detour::meant_for,
        "`_meant_for(function, named)`: arguments by name that a function has parameters for.",
    ),
    row(
        "_left_of",
        &["target", "count", "named"],
        detour::left_of,
        "`_left_of(target, count, named)`: arguments by name but for those of the first so many of a call.",
    ),
    row(
        "_is_overwritten",
        &["target"],
        detour::is_overwritten,
        "`_is_overwritten(target)`: whether a function is of a text that has been overwritten.",
    ),
    row(
        "_detour",
        &["target", "to"],
        detour::detour,
        "`_detour(target, to)`: sends the calls of a function elsewhere; with nil no longer.",
    ),
    row(
        "_pass",
        &["callee", "args", "named", "is_straight"],
        detour::pass,
        "`_pass(callee, args, named, is_straight)`: a call with arguments as a detour gets them; a straight one goes nowhere else.",
    ),
    row("safe_point", &[], safe_point, "`safe_point()`: lets a waiting reload be made here."),
];

/// A report as hooks and listeners of the program get it.
pub(super) fn report_value(vm: &mut Vm, report: &vm::reload::Report) -> Result<Handle, Error> {
    let data = data::report(vm, report).into_handle(vm)?;
    let make = vm.handle("live._report")?;
    vm.call_raw(&make, (&data,))
}

/// The names that argument `param` of a function gives.
fn strings<'gc>(
    cx: &mut Cx<'_, 'gc>,
    native: &str,
    param: &str,
    what: &Value<'gc>,
) -> Result<Option<Vec<String>>, args::Raised<'gc>> {
    let one = |value: &Value<'gc>| match value {
        Value::Str(text) => Some(text.as_str().to_owned()),
        Value::Namespace(namespace) => Some(namespace.name.to_string()),
        _ => None,
    };
    let items = match what {
        Value::Nil => return Ok(None),
        Value::List(list) => list.items().clone(),
        other => vec![*other],
    };
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        match one(&item) {
            Some(text) => all.push(text),
            None => {
                let expected = match param {
                    "replace" => "true, false, or a list of names",
                    _ => "a namespace, a path, or a list of them",
                };
                return Err(args::wrong(cx, native, param, expected, &item));
            }
        }
    }
    Ok(Some(all))
}

/// A choice that is true or false.
fn flag<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: &Value<'gc>) -> Result<bool, args::Raised<'gc>> {
    match value {
        Value::True => Ok(true),
        Value::False => Ok(false),
        other => Err(args::wrong(cx, native, param, "a Bool", other)),
    }
}

fn options<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, value: &Value<'gc>) -> Result<ReloadOptions, args::Raised<'gc>> {
    let mut options = ReloadOptions { survey: Survey::WhenRead, ..ReloadOptions::default() };
    let Value::Map(map) = value else { return Ok(options) };
    let entries: Vec<(Value<'gc>, Value<'gc>)> = map.table().iter().map(|e| (e.key, e.value)).collect();
    for (key, value) in entries {
        let Value::Str(key) = key else { continue };
        match key.as_str() {
            "mode" if value.is_nil() => {}
            "mode" => {
                let text = args::text(cx, native, "mode", value)?;
                let Some(mode) = Mode::named(text) else {
                    return Err(cx.value_error(format!("`mode` is \"update\" or \"overwrite\", not {text:?}")));
                };
                options.mode = Some(mode);
            }
            "policy" => {
                options.policy = match args::text(cx, native, "policy", value)? {
                    "adopt" => Policy::Adopt,
                    "strict" => Policy::Strict,
                    text => return Err(cx.value_error(format!("`policy` is \"adopt\" or \"strict\", not {text:?}"))),
                }
            }
            "replace" => {
                options.replace = match value {
                    Value::True => Replace::All,
                    Value::False | Value::Nil => Replace::Nothing,
                    names => Replace::Names(strings(cx, native, "replace", &names)?.unwrap_or_default()),
                }
            }
            "migrate" => {
                options.migrate = match args::text(cx, native, "migrate", value)? {
                    "lazy" => Migrate::Lazily,
                    "eager" => Migrate::Eagerly,
                    text => return Err(cx.value_error(format!("`migrate` is \"lazy\" or \"eager\", not {text:?}"))),
                }
            }
            "on_hook_error" => {
                let text = args::text(cx, native, "on_hook_error", value)?;
                let Some(policy) = HookErrors::named(text) else {
                    let message = format!("`on_hook_error` is \"retry\", \"use_defaults\" or \"rollback\", not {text:?}");
                    return Err(cx.value_error(message));
                };
                options.on_hook_error = policy;
            }
            "tests" => options.gate = if flag(cx, native, "tests", &value)? { Gate::Tests } else { Gate::Open },
            "strict" => options.strict = flag(cx, native, "strict", &value)?,
            "rebase" => options.rebase = flag(cx, native, "rebase", &value)?,
            "relink" => options.relink = flag(cx, native, "relink", &value)?,
            _ => {}
        }
    }
    Ok(options)
}

fn reload<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let dry = matches!(args[2], Value::True);
    let native = if dry { "live.plan" } else { "live.reload" };
    let what = strings(cx, native, "what", &args[0])?;
    let options = options(cx, native, &args[1])?;
    Err(outside(cx, move |vm| {
        not_within_a_commit(vm, if dry { "a plan" } else { "a reload" })?;
        let report = if dry { vm.plan_selected(what, &options) } else { vm.reload_selected(what, &options) };
        if let Some(interrupt) = report.interrupt() {
            return Err(Error::Interrupted(interrupt));
        }
        data::report(vm, &report).into_handle(vm)
    }))
}

fn reload_texts<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let options = options(cx, "live.reload_texts", &args[1])?;
    let Value::Map(map) = args[0] else { return Err(args::wrong(cx, "live.reload_texts", "files", "a map", &args[0])) };
    let entries: Vec<(Value<'gc>, Value<'gc>)> = map.table().iter().map(|e| (e.key, e.value)).collect();
    let mut files = Vec::new();
    for (path, text) in entries {
        let path = args::text(cx, "live.reload_texts", "files", path)?.to_owned();
        let text = if text.is_nil() { None } else { Some(args::text(cx, "live.reload_texts", "files", text)?.to_owned()) };
        files.push(vm::reload::FileText { path, text });
    }
    pay_for_text(cx, files.iter().map(|file| file.text.as_ref().map_or(0, String::len)).sum())?;
    Err(outside(cx, move |vm| {
        not_within_a_commit(vm, "a reload")?;
        let report = vm.reload(files, &options);
        if let Some(interrupt) = report.interrupt() {
            return Err(Error::Interrupted(interrupt));
        }
        data::report(vm, &report).into_handle(vm)
    }))
}

/// Loop turns that count for what looks at the whole program, beside one for two objects of the heap.
const TURNS: u64 = 2_000;

/// Bytes that a byte of a text takes while it becomes a part of the program, at most.
const BYTES_PER_BYTE: usize = 64;

/// Loop turns that count for a byte of such a text.
const TURNS_PER_BYTE: u64 = 20;

/// Asks the driver to do something that may look at everything: it counts for as many loop turns as that takes.
fn outside<'gc>(cx: &mut Cx<'_, 'gc>, f: impl FnOnce(&mut Vm) -> Result<Handle, Error> + 'static) -> Box<Control<'gc>> {
    let objects = cx.mc.metrics().total_gc_count() as u64;
    match cx.pay(TURNS + objects / 2) {
        Ok(()) => vm::embed::outside(f),
        Err(control) => control,
    }
}

/// Refuses texts that would take too much memory when they become a part of the program, and counts what they cost.
fn pay_for_text<'gc>(cx: &mut Cx<'_, 'gc>, bytes: usize) -> Result<(), Box<Control<'gc>>> {
    args::check_room(cx, bytes.saturating_mul(BYTES_PER_BYTE))?;
    cx.pay(bytes as u64 * TURNS_PER_BYTE)
}

/// Code that is part of a commit, or of a migration, cannot ask for what changes definitions as well.
fn not_within_a_commit(vm: &mut Vm, what: &str) -> Result<(), Error> {
    let part = if vm.is_committing() {
        "a load or reload"
    } else if vm.enter(|cx| !cx.world.migrating.is_empty()) {
        "a migration"
    } else {
        return Ok(());
    };
    let code = vm::reload::codes::NESTED.id;
    Err(Error::Host(format!(
        "{code}: {what} cannot be asked for by code that runs as a part of {part}; ask in a function that is called later"
    )))
}

fn undo<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    Err(outside(cx, |vm| {
        not_within_a_commit(vm, "an undo")?;
        let report = vm.undo();
        report.map_or(Data::Nil, |report| data::report(vm, &report)).into_handle(vm)
    }))
}

fn redo<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    Err(outside(cx, |vm| {
        not_within_a_commit(vm, "a redo")?;
        let report = vm.redo();
        report.map_or(Data::Nil, |report| data::report(vm, &report)).into_handle(vm)
    }))
}

fn leaks<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let namespace = match args[0] {
        Value::Nil => None,
        Value::Str(text) => Some(text.as_str().to_owned()),
        Value::Namespace(namespace) => Some(namespace.name.to_string()),
        other => return Err(args::wrong(cx, "live.leaks", "namespace", "a namespace or its name", &other)),
    };
    Err(outside(cx, move |vm| {
        let leaks = vm.leaks(namespace.as_deref());
        Data::list(&leaks, data::leak).into_handle(vm)
    }))
}

fn drop_leak<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let name = args::text(cx, "live.drop", "name", args[0])?.to_owned();
    Err(outside(cx, move |vm| {
        not_within_a_commit(vm, "the end of a leak")?;
        Data::Bool(vm.drop_leak(&name)).into_handle(vm)
    }))
}

fn collect<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    Err(outside(cx, |vm| {
        not_within_a_commit(vm, "the end of leaks")?;
        let released = vm.release_leaks();
        Data::list(released, Data::Text).into_handle(vm)
    }))
}

fn history<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let name = args::text(cx, "live.history", "name", args[0])?.to_owned();
    Err(outside(cx, move |vm| {
        if vm.history(&name).is_empty() && vm.origin_of(&name).is_none() {
            return Err(unknown(vm, &name));
        }
        versions_of(vm, &name)
    }))
}

/// NameError for a definition that does not exist.
fn unknown(vm: &mut Vm, name: &str) -> Error {
    let raised = vm.run(|cx| {
        let message = match name.rsplit_once('.') {
            None => format!("`{name}` is no qualified name of a definition, such as `main.{name}`"),
            Some((namespace, name)) => match cx.world.namespaces.get(namespace) {
                None => format!("there is no namespace `{namespace}`"),
                Some(found) => {
                    let known = found.with_leaks();
                    let near = ops::suggestion(name, known.iter().map(|cell| cell.name.as_str()));
                    format!("`{name}` does not exist in namespace `{namespace}`{near}")
                }
            },
        };
        Err(cx.raise(ErrorKind::NameError, message))
    });
    raised.expect_err("raises")
}

fn history_of_definition<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let Value::Definition(cell) = args[0] else { unreachable!("a property of definitions") };
    let name = cell.qualified_name();
    Err(outside(cx, move |vm| versions_of(vm, &name)))
}

/// The versions of a definition as maps.
fn versions_of(vm: &mut Vm, name: &str) -> Result<Handle, Error> {
    let versions = vm.history(name);
    Data::list(&versions, |version| {
        Data::Map(vec![
            ("version", Data::Int(version.version.into())),
            ("epoch", Data::Int(i64::try_from(version.epoch).unwrap_or(i64::MAX))),
            ("file", Data::text(&version.file)),
            ("text", Data::text(&version.text)),
        ])
    })
    .into_handle(vm)
}

fn why<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let name = args::text(cx, "live.why", "name", args[0])?.to_owned();
    Err(outside(cx, move |vm| {
        let Some(origin) = vm.origin_of(&name) else { return Err(unknown(vm, &name)) };
        Data::Map(vec![
            ("name", Data::text(&name)),
            ("kind", Data::text(origin.kind)),
            ("version", Data::Int(origin.version.into())),
            ("file", origin.file.map_or(Data::Nil, Data::Text)),
            ("line", Data::Int(origin.line.into())),
            ("file_version", Data::Int(origin.file_version.into())),
            ("epoch", origin.epoch.map_or(Data::Nil, |epoch| Data::Int(i64::try_from(epoch).unwrap_or(i64::MAX)))),
            ("state", Data::text(origin.state)),
        ])
        .into_handle(vm)
    }))
}

fn drift<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    Err(outside(cx, |vm| {
        let drift = vm.drift();
        Data::list(drift, |entry| {
            Data::Map(vec![("name", Data::Text(entry.name)), ("kind", Data::text(entry.kind)), ("why", Data::Text(entry.why))])
        })
        .into_handle(vm)
    }))
}

fn reset<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let name = args::text(cx, "live.reset", "name", args[0])?.to_owned();
    Err(outside(cx, move |vm| {
        not_within_a_commit(vm, "a reset")?;
        vm.reset(&name)?;
        Data::Nil.into_handle(vm)
    }))
}

fn digest<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    // It looks at every item, however few objects there are.
    cx.pay(50 * TURNS)?;
    Err(outside(cx, |vm| Data::Int(vm.state_digest() as i64 & i64::MAX).into_handle(vm)))
}

fn name_of<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let name = match args[0] {
        Value::Str(_) => return Ok(args[0]),
        Value::Definition(cell) => cell.qualified_name(),
        Value::Namespace(namespace) => namespace.name.to_string(),
        value => match cx.name_of_value(&value) {
            Some(name) => name,
            None => {
                let text = "a definition, its qualified name, a function, a class, an enum or a namespace";
                return Err(args::wrong(cx, "live", "thing", text, &value));
            }
        },
    };
    Ok(args::new_str(cx, &name))
}

fn eval<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::text(cx, "live.eval", "text", args[0])?.to_owned();
    let file = args::text(cx, "live.eval", "file", args[2])?.to_owned();
    let namespace = match args[1] {
        Value::Nil => {
            let module = cx.world.modules.get(&*normalise(&file)).filter(|module| module.state().linked.is_some());
            module.map_or("main".to_owned(), |module| module.namespace.name.to_string())
        }
        Value::Namespace(namespace) => namespace.name.to_string(),
        name => args::text(cx, "live.eval", "namespace", name)?.to_owned(),
    };
    // The default is there for every program.
    if namespace != "main" && !cx.world.namespaces.contains_key(&*namespace) {
        let near = ops::suggestion(&namespace, cx.world.namespaces.keys().map(|known| &**known));
        return Err(cx.raise(ErrorKind::NameError, format!("`live.eval`: there is no namespace `{namespace}`{near}")));
    }
    pay_for_text(cx, text.len())?;
    Err(outside(cx, move |vm| match vm.eval_in(&namespace, &file, &text)? {
        Some(value) => Ok(value),
        None => Data::Nil.into_handle(vm),
    }))
}

fn versions<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let class = Handle::new(cx.world, args[0]);
    Err(outside(cx, move |vm| {
        let counts = vm.layout_counts(&class)?;
        let pair = |(layout, count): (u32, usize)| Data::List(vec![Data::Int(layout.into()), Data::Int(count as i64)]);
        Data::list(counts, pair).into_handle(vm)
    }))
}

fn instances<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let class = Handle::new(cx.world, args[0]);
    Err(outside(cx, move |vm| vm.instances_of(&class)))
}

fn migrate<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let class = Handle::new(cx.world, args[0]);
    let budget = match args[1] {
        Value::Nil => None,
        Value::Int(ms @ 0..) => Some(Duration::from_millis(ms.unsigned_abs())),
        Value::Float(ms) if ms >= 0.0 => Duration::try_from_secs_f64(ms / 1e3).ok(),
        other => return Err(args::wrong(cx, "live.migrate", "budget_ms", "a number of milliseconds", &other)),
    };
    Err(outside(cx, move |vm| {
        let done = vm.migrate_instances(&class, budget)?;
        Data::Map(vec![
            ("migrated", Data::Int(done.migrated as i64)),
            ("left", Data::Int(done.left as i64)),
            ("errors", Data::list(&done.errors, |error| Data::text(error.to_string().lines().next().unwrap_or_default()))),
        ])
        .into_handle(vm)
    }))
}

fn make_obsolete<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let class = Handle::new(cx.world, args[0]);
    Err(outside(cx, move |vm| {
        vm.make_obsolete(&class)?;
        Data::Nil.into_handle(vm)
    }))
}

fn change_class<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let Value::Class(class) = args[1] else { return Err(args::wrong(cx, "live.change_class", "class", "a class", &args[1])) };
    let Value::Map(map) = args[2] else { return Err(args::wrong(cx, "live.change_class", "slots", "a map", &args[2])) };
    let entries: Vec<(Value<'gc>, Value<'gc>)> = map.table().iter().map(|e| (e.key, e.value)).collect();
    let mut slots = Vec::new();
    for (name, value) in entries {
        let name = args::text(cx, "live.change_class", "slots", name)?;
        slots.push((cx.world.intern(cx.mc, name), value));
    }
    cx.change_class(args[0], class, slots)
}

fn snapshot<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    vm::snapshot::snapshot(cx, args[0])
}

fn restore<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    vm::snapshot::restore(cx, args[0])
}

fn safe_point<'gc>(_: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    Err(vm::embed::outside(|vm| {
        vm.poll();
        Data::Nil.into_handle(vm)
    }))
}
