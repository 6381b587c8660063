//! What a name of the session stands for: a definition or member with its signature, doc text, place and text. Runs no code of the program.

use super::completion::candidate;
use super::{Candidate, Entry, Session};
use crate::embed::{Handle, Vm};
use crate::heap::Value;
use crate::interp::signature;
use crate::object::{Cx, Found, Instance, Member};
use crate::ops::suggestion;
use lang::docs::{DocItem, DocKind, docs};
use lang::outline::outline;
use lang::source::{Source, Span};
use lang::token::is_keyword;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// Dots of a name that can be looked up.
const DOTS_MAX: usize = 100;

/// What stands at the end of a chain of names.
#[derive(Clone, Copy)]
enum Held<'gc> {
    /// A namespace.
    Namespace(Value<'gc>),
    /// A definition.
    Definition(Value<'gc>),
    /// A slot, member or variant: the class that declares it, and its name there.
    Member(Value<'gc>, Value<'gc>),
}

/// The entry of a name; what to do about it if there is none.
pub fn entry(vm: &mut Vm, session: &Session, name: &str) -> Result<Entry, String> {
    let chain = chain_of(vm, session, name)?;
    let found = vm.enter(|cx| held(cx, &chain).map(|(held, value)| described(cx, held, value)));
    found.ok_or_else(|| missing(vm, session, name))
}

/// What to say about a name that means nothing.
pub fn missing(vm: &mut Vm, session: &Session, name: &str) -> String {
    let mut before: Vec<&str> = name.split('.').collect();
    let last = before.pop().unwrap_or(name);
    if !before.is_empty() {
        let holder = before.join(".");
        match chain_of(vm, session, &holder).map(|chain| vm.enter(|cx| held(cx, &chain).map(|(_, value)| value.is_some()))) {
            Ok(Some(true)) => {}
            Ok(Some(false)) => return format!("`{holder}` has no value that could be asked for `{last}` without running code"),
            _ => return missing(vm, session, &holder),
        }
        let hint = hint(vm, session, last, &before, &format!("; `:ls {holder}` lists what it has"));
        return format!("`{holder}` has no `{last}`{hint}");
    }
    if vm.enter(|cx| cx.world.library.contains(&name)) {
        return format!("there is no `{name}` yet; `import {name}` makes the module of this name visible");
    }
    format!("there is no `{name}`{}", hint(vm, session, name, &[], "; `:ls` lists what this session has defined"))
}

/// What may be meant by the last of some names, or what else to do.
fn hint(vm: &mut Vm, session: &Session, name: &str, before: &[&str], otherwise: &str) -> String {
    let names = names(vm, session, before, "");
    let hint = suggestion(name, names.iter().map(|item| &*item.text));
    if hint.is_empty() { otherwise.to_owned() } else { hint }
}

/// The parts of a name, behind those that the session leaves out.
pub fn chain_of(vm: &mut Vm, session: &Session, name: &str) -> Result<Vec<String>, String> {
    if name.matches('.').count() > DOTS_MAX {
        return Err(format!("a name has at most {DOTS_MAX} dots"));
    }
    if !is_chain(name) {
        return Err(format!("`{name}` is no name; a name is asked for, as in `?print` or `?game.step`"));
    }
    let qualified = session.qualified(vm, name).unwrap_or_else(|| name.to_owned());
    Ok(qualified.split('.').map(str::to_owned).collect())
}

/// Whether a text is names with dots between them.
pub fn is_chain(text: &str) -> bool {
    let is_name = |part: &str| {
        part.starts_with(|c: char| c == '_' || c.is_alphabetic()) && part.chars().all(|c| c == '_' || c.is_alphanumeric())
    };
    text.split('.').all(is_name)
}

/// What a qualified name leads to, with its value as far as that can be had without running code.
fn held<'gc>(cx: &mut Cx<'_, 'gc>, chain: &[String]) -> Option<(Held<'gc>, Option<Value<'gc>>)> {
    // The longest beginning that is the name of a namespace.
    let (namespace, rest) = (1..=chain.len()).rev().find_map(|count| {
        let namespace = *cx.world.namespaces.get(&*chain[..count].join("."))?;
        Some((Value::Namespace(namespace), &chain[count..]))
    })?;
    let mut here = (Held::Namespace(namespace), Some(namespace));
    for name in rest {
        here = step(cx, here.1?, name)?;
    }
    Some(here)
}

/// The value of a chain of names, as far as it can be had without running code.
pub fn held_value<'gc>(cx: &mut Cx<'_, 'gc>, chain: &[String]) -> Option<Value<'gc>> {
    held(cx, chain)?.1
}

/// The value of a text that is a name. `None`: it has to be evaluated, since it is none, or code of the program would have to run.
pub fn held_handle(vm: &mut Vm, session: &Session, text: &str) -> Result<Option<Handle>, String> {
    if !is_chain(text) || is_keyword(text) {
        return Ok(None);
    }
    let chain = chain_of(vm, session, text)?;
    let found = vm.enter(|cx| {
        if let Some(value) = held_value(cx, &chain) {
            return Some(Some(Handle::new(cx.world, value)));
        }
        let (known, (_, value)) = (1..=chain.len()).rev().find_map(|count| Some((count, held(cx, &chain[..count])?)))?;
        // Behind a getter everything is possible; payloads are no members.
        let goes_on = value.is_none_or(|value| cx.attribute_names(&value).contains(&chain[known]));
        goes_on.then_some(None)
    });
    found.ok_or_else(|| missing(vm, session, text))
}

fn step<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>, name: &str) -> Option<(Held<'gc>, Option<Value<'gc>>)> {
    let symbol = cx.world.intern(cx.mc, name);
    if let Value::Namespace(namespace) = value {
        let cell = namespace.get(symbol).filter(|cell| !cell.value().is_unset())?;
        return Some((Held::Definition(Value::Definition(cell)), Some(cell.value())));
    }
    let own = if let Value::Class(class) = value { Some(class) } else { None };
    for class in own.into_iter().chain([cx.world.class_of(&value)]) {
        let line = class.body().linearisation.clone();
        for class in line {
            let body = class.body();
            let member = body.members.get(&symbol).copied();
            let is_slot = body.own_slots.iter().any(|slot| slot.name == symbol);
            let is_variant = body.variants.iter().any(|variant| variant.name == symbol);
            drop(body);
            if member.is_none() && !is_slot && !is_variant {
                continue;
            }
            let value = match member {
                Some(Member::Method(value) | Member::Static(value)) => Some(value),
                Some(Member::Shared(cell)) => Some(cell.get()),
                // Its getter would have to run.
                Some(Member::Property { .. }) => None,
                None => part_of(cx, value, name),
            };
            return Some((Held::Member(Value::Class(class), Value::Str(symbol.0)), value));
        }
    }
    None
}

/// A part of a value that can be had without running code.
fn part_of<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>, name: &str) -> Option<Value<'gc>> {
    let symbol = cx.world.intern(cx.mc, name);
    match value {
        Value::Namespace(namespace) => namespace.get(symbol).map(|cell| cell.value()),
        Value::Instance(instance) => match cx.find(&value, symbol) {
            Found::Slot(slot) => {
                let layout = cx.world.layout(instance.layout());
                Some(Instance::get(instance, &layout, slot as usize)).filter(|value| !value.is_unset())
            }
            _ => None,
        },
        _ => None,
    }
}

/// Candidates that are put in order. More are as they were defined.
pub const ORDERED_MAX: usize = 10_000;

/// What begins with `start` and could stand behind `before`, a chain of names; without one, all that can be said at the beginning. Members
/// come by their classes, the nearest first; all else in order.
pub fn names(vm: &mut Vm, session: &Session, before: &[&str], start: &str) -> Vec<Candidate> {
    let mut items: Vec<Candidate> = Vec::new();
    if before.is_empty() {
        let imported = session.imports.names().filter(|name| name.starts_with(start));
        items.extend(imported.map(|name| candidate(name.to_owned(), "import", &Arc::default())));
        vm.enter(|cx| {
            for namespace in [session.namespace(), "core"] {
                names_in(cx, namespace, start, &mut items);
            }
        });
    } else if let Ok(chain) = chain_of(vm, session, &before.join(".")) {
        vm.enter(|cx| match held_value(cx, &chain) {
            Some(Value::Namespace(namespace)) => {
                let namespace = namespace.name.clone();
                names_in(cx, &namespace, start, &mut items);
            }
            Some(value) => members(cx, &value, start, &mut items),
            None => {}
        });
    }
    items
}

fn names_in(cx: &Cx<'_, '_>, namespace: &str, start: &str, items: &mut Vec<Candidate>) {
    let Some(found) = cx.world.namespaces.get(namespace) else { return };
    let cells = found.with_leaks();
    let mut fitting: Vec<_> =
        cells.iter().filter(|cell| cell.name.as_str().starts_with(start) && !cell.value().is_unset()).collect();
    // PERF: of 100 000 names, to order them takes 15 ms of 24; who sees so many sees none.
    if fitting.len() <= ORDERED_MAX {
        fitting.sort_unstable_by_key(|cell| cell.name.as_str());
    }
    let home: Arc<str> = namespace.into();
    items.extend(fitting.into_iter().map(|cell| Candidate {
        text: cell.name.as_str().to_owned(),
        kind: cell.kind().text().into(),
        home: home.clone(),
        is_leaked: cell.meta().leak.is_some(),
    }));
}

/// The members of a value by the classes that declare them, the nearest first.
fn members<'gc>(cx: &Cx<'_, 'gc>, value: &Value<'gc>, start: &str, items: &mut Vec<Candidate>) {
    let own = if let Value::Class(class) = *value { Some(class) } else { None };
    let mut seen: HashSet<String> = HashSet::new();
    for class in own.into_iter().chain([cx.world.class_of(value)]) {
        let line = class.body().linearisation.clone();
        for class in line {
            let body = class.body();
            let slots = body.own_slots.iter().map(|slot| (slot.name, "slot"));
            let variants = body.variants.iter().map(|variant| (variant.name, "variant"));
            let members = body.members.iter().map(|(name, member)| (*name, kind_of_member(member)));
            let home = class.qualified();
            let home: Arc<str> = home.strip_prefix("core.").unwrap_or(&home).into();
            let mut found: Vec<(String, &'static str)> =
                slots.chain(variants).chain(members).map(|(name, kind)| (name.as_str().to_owned(), kind)).collect();
            found.sort_unstable();
            for (name, kind) in found {
                let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
                if is_name && name.starts_with(start) && seen.insert(name.clone()) {
                    items.push(candidate(name, kind, &home));
                }
            }
        }
    }
    // Payloads and what else the engine knows of.
    let rest = cx.attribute_names(value).into_iter().filter(|name| name.starts_with(start) && !seen.contains(name));
    let rest: BTreeSet<String> = rest.collect();
    let home: Arc<str> = name_of_class(cx, value).into();
    items.extend(rest.into_iter().map(|name| candidate(name, "attribute", &home)));
}

fn kind_of_member(member: &Member<'_>) -> &'static str {
    match member {
        Member::Method(_) => "method",
        Member::Static(_) => "static function",
        Member::Property { .. } => "property",
        Member::Shared(_) => "shared slot",
    }
}

/// Namespaces that can be imported: the modules of the library, and those of the program.
pub fn importable(cx: &Cx<'_, '_>) -> BTreeSet<String> {
    let modules = cx.world.library.iter().map(|name| (*name).to_owned());
    let loaded =
        cx.world.modules.values().filter(|module| !module.path.starts_with('<')).map(|module| module.namespace.name.to_string());
    modules.chain(loaded).collect()
}

/// Names of the arguments that can be given to what a name stands for.
pub fn parameters(vm: &mut Vm, session: &Session, name: &str) -> Vec<String> {
    let Ok(chain) = chain_of(vm, session, name) else { return Vec::new() };
    vm.enter(|cx| held_value(cx, &chain).map_or(Vec::new(), |value| parameters_of(cx, &value)))
}

fn parameters_of<'gc>(cx: &mut Cx<'_, 'gc>, value: &Value<'gc>) -> Vec<String> {
    match value {
        Value::Function(function) => {
            let image = function.proto().image.clone();
            image.params.iter().map(|param| param.name.to_string()).filter(|name| is_chain(name)).collect()
        }
        Value::Native(native) => {
            native.keywords.positional.iter().chain(native.keywords.only.iter().copied()).map(str::to_owned).collect()
        }
        Value::Decorated(decorated) => parameters_of(cx, &decorated.original.get()),
        Value::Bound(bound) => parameters_of(cx, &bound.method),
        Value::Class(class) => match class.find(cx.world.symbols.init) {
            Some((_, Member::Method(init))) => parameters_of(cx, &init),
            _ => class
                .layout_option()
                .map_or(Vec::new(), |layout| layout.slots.iter().map(|slot| slot.name.as_str().to_owned()).collect()),
        },
        _ => Vec::new(),
    }
}

/// The text that a function was compiled from.
fn source_of(value: &Value<'_>) -> Option<(Source, Span)> {
    match value {
        Value::Function(function) => {
            let image = function.proto().image.clone();
            (!image.source.text().is_empty()).then(|| (image.source.clone(), image.span))
        }
        Value::Decorated(decorated) => source_of(&decorated.original.get()),
        Value::Bound(bound) => source_of(&bound.method),
        _ => None,
    }
}

/// Texts in which a class may be written, the likeliest first.
pub fn sources_of_class<'gc>(cx: &mut Cx<'_, 'gc>, class: Value<'gc>) -> Vec<Source> {
    let Value::Class(class) = class else { return Vec::new() };
    let mut sources: Vec<Source> =
        class.body().own.iter().filter_map(|(_, member)| source_of(&functions_of(member)[0]?)).map(|(source, _)| source).collect();
    sources.truncate(1);
    if let Ok(cell) = cx.definition(&class.qualified()) {
        sources.extend(source_of_definition(Value::Definition(cell)));
    }
    sources
}

fn source_of_definition(cell: Value<'_>) -> Option<Source> {
    let Value::Definition(cell) = cell else { return None };
    let linked = cell.meta().contributor.and_then(|module| module.state().linked)?;
    Some(linked.image.source.clone())
}

fn functions_of<'gc>(member: &Member<'gc>) -> [Option<Value<'gc>>; 2] {
    match *member {
        Member::Method(value) | Member::Static(value) => [Some(value), None],
        Member::Property { getter: Some(getter), setter } => [Some(getter), setter],
        Member::Property { getter: None, setter } => [setter, None],
        Member::Shared(_) => [None, None],
    }
}

fn described<'gc>(cx: &mut Cx<'_, 'gc>, held: Held<'gc>, value: Option<Value<'gc>>) -> Entry {
    match held {
        Held::Namespace(namespace) => of_namespace(cx, namespace),
        Held::Definition(cell) => of_definition(cx, cell, value),
        Held::Member(class, name) => of_member(cx, class, name, value),
    }
}

fn of_namespace<'gc>(cx: &mut Cx<'_, 'gc>, namespace: Value<'gc>) -> Entry {
    let Value::Namespace(namespace) = namespace else { unreachable!("the caller has found it so") };
    let modules = cx.world.modules.values();
    let files: Vec<String> = modules
        .filter(|module| {
            module.namespace.name == namespace.name && module.state().linked.is_some() && !module.path.starts_with('<')
        })
        .map(|module| module.path.to_string())
        .collect();
    Entry {
        kind: "namespace".into(),
        qualified: namespace.name.to_string(),
        signature: None,
        doc: namespace.doc().as_deref().map(str::to_owned),
        place: (!files.is_empty()).then(|| files.join(", ")),
        text: None,
        class: None,
    }
}

fn of_definition<'gc>(cx: &mut Cx<'_, 'gc>, cell: Value<'gc>, value: Option<Value<'gc>>) -> Entry {
    let Value::Definition(definition) = cell else { unreachable!("the caller has found it so") };
    let name = definition.name.as_str().to_owned();
    let of_value = value.unwrap_or(Value::Nil);
    let mut sources: Vec<Source> = source_of(&of_value).into_iter().map(|(source, _)| source).collect();
    match of_value {
        Value::Class(class) if *class.qualified() == *definition.qualified_name() => sources.extend(sources_of_class(cx, of_value)),
        _ => sources.extend(source_of_definition(cell)),
    }
    let mut entry = Entry {
        kind: definition.kind().text().to_owned(),
        qualified: definition.qualified_name(),
        signature: None,
        doc: definition.meta().doc.as_deref().map(str::to_owned),
        place: None,
        text: None,
        class: None,
    };
    let is_data =
        !matches!(of_value, Value::Function(_) | Value::Native(_) | Value::Class(_) | Value::Decorated(_) | Value::Namespace(_));
    entry.class = is_data.then(|| name_of_class(cx, &of_value));
    for source in sources {
        let parsed = lang::parse(&source).file;
        let Some(item) = docs(&source, &parsed).items.into_iter().find(|item| item.kind != DocKind::Extension && item.name == name)
        else {
            continue;
        };
        let outline = outline(&source, &parsed, &lang::resolve::resolve(&parsed, &mut Vec::new()));
        entry.text = outline.definition(&name).map(|found| cut_out(&source, found.span));
        return with_item(entry, &source, item);
    }
    without_text(entry, &of_value)
}

fn of_member<'gc>(cx: &mut Cx<'_, 'gc>, class: Value<'gc>, name: Value<'gc>, value: Option<Value<'gc>>) -> Entry {
    let (Value::Class(home), Value::Str(text)) = (class, name) else { unreachable!("the caller has found it so") };
    let name = text.as_str().to_owned();
    let symbol = cx.world.intern(cx.mc, &name);
    let member = home.body().members.get(&symbol).copied();
    let functions: Vec<Value<'gc>> = member.iter().flat_map(functions_of).flatten().collect();
    let is_variant = home.body().variants.iter().any(|variant| variant.name == symbol);
    let kind = match member {
        Some(Member::Method(_)) => "method",
        Some(Member::Static(_)) => "static function",
        Some(Member::Property { .. }) => "property",
        Some(Member::Shared(_)) => "shared slot",
        None if is_variant => "variant",
        None => "slot",
    };
    let entry = Entry {
        kind: kind.to_owned(),
        qualified: format!("{}.{name}", home.qualified()),
        signature: None,
        doc: None,
        place: None,
        text: None,
        class: value.filter(|_| functions.is_empty() && !is_variant).map(|value| name_of_class(cx, &value)),
    };
    let class_name = home.name().as_str().to_owned();
    let mut sources: Vec<Source> = functions.iter().filter_map(source_of).map(|(source, _)| source).collect();
    sources.extend(sources_of_class(cx, class));
    for source in sources {
        let items = docs(&source, &lang::parse(&source).file).items;
        let of_class = items.into_iter().filter(|item| item.name.rsplit('.').next() == Some(&*class_name));
        let Some(item) = of_class.flat_map(|item| item.members).find(|member| member.name == name) else { continue };
        let texts: Vec<String> = functions
            .iter()
            .filter_map(source_of)
            .map(|(source, span)| cut_out(&source, with_head(&source, span, &name)))
            .collect();
        let line = source.line_text(source.line(item.span.lo)).trim().to_owned();
        let text = Some(if texts.is_empty() { line } else { texts.join("\n") });
        return with_item(Entry { text, kind: item.kind.text().to_owned(), ..entry }, &source, item);
    }
    let of_value = functions.first().copied().unwrap_or(Value::Nil);
    without_text(entry, &of_value)
}

fn with_item(entry: Entry, source: &Source, item: DocItem) -> Entry {
    Entry {
        signature: Some(item.signature),
        doc: item.doc.or(entry.doc),
        place: Some(format!("{}:{}", source.name(), source.line(item.span.lo))),
        ..entry
    }
}

/// The class of a value.
pub fn name_of_class<'gc>(cx: &Cx<'_, 'gc>, value: &Value<'gc>) -> String {
    let name = cx.world.class_of(value).qualified();
    name.strip_prefix("core.").unwrap_or(&name).to_owned()
}

/// What is known of something of the engine, or made by a host.
fn without_text(mut entry: Entry, value: &Value<'_>) -> Entry {
    match value {
        Value::Native(native) => {
            // It begins with the signature.
            let doc = &*native.doc;
            match doc.strip_prefix('`').and_then(|rest| rest.split_once("`: ")) {
                Some((signature, rest)) => {
                    entry.signature = Some(signature.to_owned());
                    entry.doc = Some(rest.to_owned());
                }
                None => entry.doc = entry.doc.or(Some(doc.to_owned()).filter(|doc| !doc.is_empty())),
            }
        }
        Value::Function(function) => {
            let image = function.proto().image.clone();
            entry.signature = Some(format!("fn {}", signature(&image)));
            entry.doc = entry.doc.or_else(|| image.doc.as_deref().map(str::to_owned));
        }
        Value::Decorated(decorated) => return without_text(entry, &decorated.original.get()),
        Value::Class(class) => entry.doc = entry.doc.or_else(|| class.body().doc.as_deref().map(str::to_owned)),
        _ => {}
    }
    entry
}

/// The place of a method with its name and the words before it.
fn with_head(source: &Source, span: Span, name: &str) -> Span {
    let mut before = source.text()[..span.lo as usize].trim_end();
    for word in [name, "fn", "get", "set", "static"] {
        before = before.strip_suffix(word).map_or(before, str::trim_end);
    }
    let blank = source.text()[before.len()..].len() - source.text()[before.len()..].trim_start().len();
    Span { lo: (before.len() + blank) as u32, hi: span.hi }
}

/// A part of a text, as far to the left as it begins.
fn cut_out(source: &Source, span: Span) -> String {
    let (_, column) = source.line_column(span.lo);
    let indent = column as usize - 1;
    let text = source.slice(span);
    let mut lines = text.lines();
    let mut out = lines.next().unwrap_or("").to_owned();
    for line in lines {
        let blank = line.len() - line.trim_start_matches(' ').len();
        out.push('\n');
        out.push_str(&line[blank.min(indent)..]);
    }
    out
}
