//! Maps and sets by key.
//!
//! Ints and strings, which most keys are, are looked up at once. Other keys are hashed and compared without the program as far as that
//! goes; keys whose class defines `hash` or `==` wait for those methods. A table that changes meanwhile makes the operation fail.

use super::call::{Resume, and_then, suspend};
use super::compare::{equal, equal_now};
use super::hash::{HashResult, hash, hash_int, hash_now};
use crate::heap::Value;
use crate::object::{Control, Cx, Entry, Map, MapTable, NativeResult, Probe, Set, World};
use gc_arena::{Collect, Gc, Mutation};
use std::cell::Ref;

/// The value of a key; unset when there is none.
pub fn map_get<'gc>(cx: &mut Cx<'_, 'gc>, map: Gc<'gc, Map<'gc>>, key: Value<'gc>) -> NativeResult<'gc> {
    if let Some(hash) = quick_hash(&key) {
        let table = map.table();
        match find_quick(cx.world, &table, hash, &key) {
            Probe::Found(i) => return Ok(table.entry(i).map_or(Value::Unset, |e| e.value)),
            Probe::Absent => return Ok(Value::Unset),
            Probe::Ask(..) => {}
        }
    }
    run(cx, Table::Map(map), key, Action::Get)
}

/// Address of the value of an int or a string in a map, to be read until the map changes; null when there is none. `None` when the key
/// needs a closer look.
#[inline(never)]
pub fn plain_item<'gc>(map: Gc<'gc, Map<'gc>>, key: &Value<'gc>) -> Option<*const Value<'gc>> {
    match map.table().find_plain(quick_hash(key)?, key)? {
        Probe::Found(i) => Some(Map::value_address(map, i)),
        _ => Some(std::ptr::null()),
    }
}

/// Stores a value under an int or a string. False when the key needs a closer look.
#[inline(never)]
pub fn set_plain_item<'gc>(
    world: &World<'gc>,
    mc: &Mutation<'gc>,
    map: Gc<'gc, Map<'gc>>,
    key: &Value<'gc>,
    value: &Value<'gc>,
) -> bool {
    let Some(hash) = quick_hash(key) else { return false };
    let Some(probe) = map.table().find_plain(hash, key) else { return false };
    if let Probe::Found(i) = probe {
        Map::set_value(map, mc, i, *value);
    } else {
        world.charge(ENTRY_BYTES);
        Map::push(map, mc, Entry { hash, key: *key, value: *value });
    }
    true
}

/// Stores a value under a key.
pub fn map_set<'gc>(cx: &mut Cx<'_, 'gc>, map: Gc<'gc, Map<'gc>>, key: Value<'gc>, value: Value<'gc>) -> NativeResult<'gc> {
    run(cx, Table::Map(map), key, Action::Put(value))
}

/// Removes a key; its value, or unset when there was none.
pub fn map_remove<'gc>(cx: &mut Cx<'_, 'gc>, map: Gc<'gc, Map<'gc>>, key: Value<'gc>) -> NativeResult<'gc> {
    run(cx, Table::Map(map), key, Action::Remove)
}

/// Whether a key is there.
pub fn map_contains<'gc>(cx: &mut Cx<'_, 'gc>, map: Gc<'gc, Map<'gc>>, key: Value<'gc>) -> NativeResult<'gc> {
    run(cx, Table::Map(map), key, Action::Contains)
}

/// Adds a member; whether it was not there before.
pub fn set_add<'gc>(cx: &mut Cx<'_, 'gc>, set: Gc<'gc, Set<'gc>>, key: Value<'gc>) -> NativeResult<'gc> {
    run(cx, Table::Set(set), key, Action::Put(Value::Nil))
}

/// Whether a member is there.
pub fn set_contains<'gc>(cx: &mut Cx<'_, 'gc>, set: Gc<'gc, Set<'gc>>, key: Value<'gc>) -> NativeResult<'gc> {
    run(cx, Table::Set(set), key, Action::Contains)
}

/// Removes a member; whether it was there.
pub fn set_discard<'gc>(cx: &mut Cx<'_, 'gc>, set: Gc<'gc, Set<'gc>>, key: Value<'gc>) -> NativeResult<'gc> {
    run(cx, Table::Set(set), key, Action::Remove)
}

/// TypeError for a value that cannot be a key.
#[cold]
pub fn unhashable_error<'gc>(cx: &mut Cx<'_, 'gc>, value: &Value<'gc>) -> Box<Control<'gc>> {
    let name = cx.type_name(value);
    let why = match value {
        Value::Instance(_) | Value::EnumValue(_) => "its class defines `==` without `hash`",
        _ => "it is mutable",
    };
    cx.type_error(format!("{name} is not hashable, so it cannot be a key of a map or a member of a set: {why}"))
}

/// A map or a set.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub(super) enum Table<'gc> {
    Map(Gc<'gc, Map<'gc>>),
    Set(Gc<'gc, Set<'gc>>),
}

impl<'gc> Table<'gc> {
    fn table(&self) -> Ref<'_, MapTable<'gc>> {
        match self {
            Table::Map(map) => map.table(),
            Table::Set(set) => set.table(),
        }
    }

    fn epoch(self) -> u32 {
        match self {
            Table::Map(map) => map.epoch(),
            Table::Set(set) => set.epoch(),
        }
    }

    fn changes(self) -> u32 {
        match self {
            Table::Map(map) => map.changes(),
            Table::Set(set) => set.changes(),
        }
    }
}

/// Equality of keys without the program: identical keys are equal, even NaN.
#[inline]
pub(super) fn key_equal<'gc>(world: &World<'gc>, entry: &Value<'gc>, key: &Value<'gc>) -> Option<bool> {
    if entry.same(key) { Some(true) } else { equal_now(world, entry, key) }
}

/// Number of the entry with this key and hash as an int; unset when there is none.
pub(super) fn find_entry<'gc>(cx: &mut Cx<'_, 'gc>, table: Table<'gc>, hash: u32, key: Value<'gc>) -> NativeResult<'gc> {
    let probe = table.table().find(hash, &key, |a, b| key_equal(cx.world, a, b));
    match probe {
        Probe::Found(i) => Ok(Value::Int(i as i64)),
        Probe::Absent => Ok(Value::Unset),
        Probe::Ask(..) => {
            let candidates = table.table().candidates(hash);
            Search { table, key, candidates, next: 0, state: (table.changes(), table.epoch()) }.go(cx)
        }
    }
}

/// A search among entries of equal hash that only the program's `==` can tell apart.
#[derive(Collect)]
#[collect(no_drop)]
struct Search<'gc> {
    table: Table<'gc>,
    key: Value<'gc>,
    candidates: Vec<usize>,
    next: usize,
    /// How often the table had changed its size, and the epoch of its hashes, when the search began.
    state: (u32, u32),
}

impl<'gc> Search<'gc> {
    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        while let Some(i) = self.candidates.get(self.next).copied() {
            let entry = self.table.table().entry(i).map_or(Value::Unset, |e| e.key);
            if entry.same(&self.key) {
                return Ok(Value::Int(i as i64));
            }
            self.next += 1;
            match equal(cx, entry, self.key) {
                Ok(same) if same.is_truthy() => return Ok(Value::Int(i as i64)),
                Ok(_) => {}
                Err(control) => return suspend(cx, control, self),
            }
        }
        Ok(Value::Unset)
    }
}

impl<'gc> Resume<'gc> for Search<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        if self.state != (self.table.changes(), self.table.epoch()) {
            return Err(cx.value_error("the map or set was changed by the `==` of one of its keys"));
        }
        if result.is_truthy() {
            return Ok(Value::Int(self.candidates[self.next - 1] as i64));
        }
        self.go(cx)
    }
}

/// What is done with the entry of a key.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
enum Action<'gc> {
    /// The value; unset when there is no entry.
    Get,
    /// Whether there is an entry.
    Contains,
    /// The entry is removed. Maps: its value, or unset; sets: whether there was one.
    Remove,
    /// The entry gets this value. Maps: nil; sets: whether it is new.
    Put(Value<'gc>),
}

/// Hash of the keys that need no class: ints and strings.
#[inline]
fn quick_hash(key: &Value<'_>) -> Option<u32> {
    match key {
        Value::Int(i) => Some(hash_int(*i)),
        Value::Str(s) => Some(s.hash()),
        _ => None,
    }
}

/// Looks for a key without the program.
#[inline]
fn find_quick<'gc>(world: &World<'gc>, table: &MapTable<'gc>, hash: u32, key: &Value<'gc>) -> Probe<'gc> {
    if matches!(key, Value::Int(_) | Value::Str(_))
        && let Some(probe) = table.find_plain(hash, key)
    {
        return probe;
    }
    find_any(world, table, hash, key)
}

#[inline(never)]
fn find_any<'gc>(world: &World<'gc>, table: &MapTable<'gc>, hash: u32, key: &Value<'gc>) -> Probe<'gc> {
    table.find(hash, key, |a, b| key_equal(world, a, b))
}

/// Finds the entry and acts, waiting for the program where needed.
fn run<'gc>(cx: &mut Cx<'_, 'gc>, table: Table<'gc>, key: Value<'gc>, action: Action<'gc>) -> NativeResult<'gc> {
    if table.epoch() != cx.world.hash_epoch {
        let fresh = rehash(cx, table);
        return and_then(cx, fresh, AfterRehash { table, key, action });
    }
    run_fresh(cx, table, key, action)
}

fn run_fresh<'gc>(cx: &mut Cx<'_, 'gc>, table: Table<'gc>, key: Value<'gc>, action: Action<'gc>) -> NativeResult<'gc> {
    match hash_now(cx.world, &key) {
        HashResult::Hash(hash) => with_hash(cx, table, hash, key, action),
        HashResult::Unhashable(part) => Err(unhashable_error(cx, &part)),
        HashResult::NeedsCall => {
            let hashed = hash(cx, key);
            and_then(cx, hashed, AfterHash { table, key, action })
        }
    }
}

#[derive(Collect)]
#[collect(no_drop)]
struct AfterRehash<'gc> {
    table: Table<'gc>,
    key: Value<'gc>,
    action: Action<'gc>,
}

impl<'gc> Resume<'gc> for AfterRehash<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        run_fresh(cx, self.table, self.key, self.action)
    }
}

/// Computes the hashes of a table's keys again, after a class of keys has changed. Gives nil.
pub(super) fn rehash<'gc>(cx: &mut Cx<'_, 'gc>, table: Table<'gc>) -> NativeResult<'gc> {
    let keys: Vec<Value<'gc>> = table.table().iter().map(|e| e.key).collect();
    let (epoch, changes) = (cx.world.hash_epoch, table.changes());
    Rehash { table, keys, hashes: Vec::new(), epoch, changes }.go(cx)
}

/// The hashes of a table's keys on the way.
#[derive(Collect)]
#[collect(no_drop)]
struct Rehash<'gc> {
    table: Table<'gc>,
    keys: Vec<Value<'gc>>,
    hashes: Vec<u32>,
    epoch: u32,
    changes: u32,
}

impl<'gc> Rehash<'gc> {
    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        while let Some(key) = self.keys.get(self.hashes.len()).copied() {
            match hash(cx, key) {
                Ok(Value::Int(hash)) => self.hashes.push(hash as u32),
                Ok(_) => unreachable!("`hash` gives an int"),
                Err(control) => return suspend(cx, control, self),
            }
        }
        if self.changes != self.table.changes() {
            return Err(cx.value_error("the map or set was changed by the `hash` of one of its keys"));
        }
        match self.table {
            Table::Map(map) => Map::rehash(map, self.epoch, &self.hashes),
            Table::Set(set) => Set::rehash(set, self.epoch, &self.hashes),
        }
        Ok(Value::Nil)
    }
}

impl<'gc> Resume<'gc> for Rehash<'gc> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        let Value::Int(hash) = result else { unreachable!("`hash` gives an int") };
        self.hashes.push(hash as u32);
        self.go(cx)
    }
}

#[derive(Collect)]
#[collect(no_drop)]
struct AfterHash<'gc> {
    table: Table<'gc>,
    key: Value<'gc>,
    action: Action<'gc>,
}

impl<'gc> Resume<'gc> for AfterHash<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        let Value::Int(hash) = result else { unreachable!("`hash` gives an int") };
        with_hash(cx, self.table, hash as u32, self.key, self.action)
    }
}

#[inline]
fn with_hash<'gc>(cx: &mut Cx<'_, 'gc>, table: Table<'gc>, hash: u32, key: Value<'gc>, action: Action<'gc>) -> NativeResult<'gc> {
    let probe = find_quick(cx.world, &table.table(), hash, &key);
    match probe {
        Probe::Found(i) => act(cx, table, Some(i), hash, key, action),
        Probe::Absent => act(cx, table, None, hash, key, action),
        Probe::Ask(..) => {
            let found = find_entry(cx, table, hash, key);
            and_then(cx, found, AfterFind { table, hash, key, action })
        }
    }
}

#[derive(Collect)]
#[collect(no_drop)]
struct AfterFind<'gc> {
    table: Table<'gc>,
    hash: u32,
    key: Value<'gc>,
    action: Action<'gc>,
}

impl<'gc> Resume<'gc> for AfterFind<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        let found = if let Value::Int(i) = result { Some(i as usize) } else { None };
        act(cx, self.table, found, self.hash, self.key, self.action)
    }
}

/// Acts on entry `found`, or on its absence.
#[inline]
fn act<'gc>(
    cx: &mut Cx<'_, 'gc>,
    table: Table<'gc>,
    found: Option<usize>,
    hash: u32,
    key: Value<'gc>,
    action: Action<'gc>,
) -> NativeResult<'gc> {
    Ok(match (action, table, found) {
        (Action::Get, _, Some(i)) => table.table().entry(i).map_or(Value::Unset, |e| e.value),
        (Action::Get, _, None) => Value::Unset,
        (Action::Contains, _, found) => Value::bool(found.is_some()),
        (Action::Remove, Table::Map(map), Some(i)) => Map::remove(map, i).value,
        (Action::Remove, Table::Map(_), None) => Value::Unset,
        (Action::Remove, Table::Set(set), found) => {
            if let Some(i) = found {
                Set::remove(set, i);
            }
            Value::bool(found.is_some())
        }
        (Action::Put(value), Table::Map(map), Some(i)) => {
            Map::set_value(map, cx.mc, i, value);
            Value::Nil
        }
        (Action::Put(value), Table::Map(map), None) => {
            cx.world.charge(ENTRY_BYTES);
            Map::push(map, cx.mc, Entry { hash, key, value });
            Value::Nil
        }
        (Action::Put(_), Table::Set(_), Some(_)) => Value::False,
        (Action::Put(value), Table::Set(set), None) => {
            cx.world.charge(ENTRY_BYTES);
            Set::push(set, cx.mc, Entry { hash, key, value });
            Value::True
        }
    })
}

/// Bytes that a new entry takes, index and spare room included.
const ENTRY_BYTES: usize = 64;
