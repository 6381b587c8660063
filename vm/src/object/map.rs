//! Maps and sets: insertion-ordered hash tables of values.
//!
//! Entries stand in a vector in insertion order, an index table points into it, and a removed entry leaves a hole that the next
//! growth closes (the layout of CPython's dict). Keys bring their hash with them: hashing and comparing values may need the
//! program's own methods, which this layer cannot call. [`MapTable::find`] therefore compares only what needs no call and
//! reports keys that do as [`Probe::Ask`].

use crate::heap::{Str, Value, note_marked, write_barrier};
use gc_arena::collect::Trace;
use gc_arena::lock::RefLock;
use gc_arena::{Collect, Gc, Mutation};
use hashbrown::HashTable;
use std::cell::{Cell, Ref};

/// A key with its value. A hole has an unset key.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct Entry<'gc> {
    /// The key's hash.
    pub hash: u32,
    /// The key.
    pub key: Value<'gc>,
    /// Its value; nil in sets.
    pub value: Value<'gc>,
}

/// The table behind maps and sets.
#[derive(Default)]
pub struct MapTable<'gc> {
    entries: Vec<Entry<'gc>>,
    index: HashTable<u32>,
    /// All entries before this number are holes, so that who removes the first entry again and again finds the next one at once.
    start: usize,
}

// SAFETY: traces all entries, whose changes run a barrier; the index holds numbers. There is no `Drop`.
unsafe impl<'gc> Collect<'gc> for MapTable<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        note_marked(self.entries.capacity() * size_of::<Entry<'gc>>() + self.index.capacity() * 5);
        self.entries.trace(cc);
    }
}

/// Result of looking for a key.
pub enum Probe<'gc> {
    /// It is entry number n.
    Found(usize),
    /// It is not there.
    Absent,
    /// Entry n has the same hash and only the program's own `==` can tell.
    Ask(usize, Value<'gc>),
}

impl<'gc> MapTable<'gc> {
    /// Up to this many entries are searched without the index table.
    const SMALL: usize = 8;

    /// Number of pairs.
    pub fn len(&self) -> usize {
        if self.entries.len() <= Self::SMALL { self.iter().count() } else { self.index.len() }
    }

    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks for a key; `equal` compares two values without calls, `None` when it cannot.
    #[inline]
    pub fn find(&self, hash: u32, key: &Value<'gc>, equal: impl Fn(&Value<'gc>, &Value<'gc>) -> Option<bool>) -> Probe<'gc> {
        let mut ask = None;
        let mut test = |i: usize| -> bool {
            let entry = &self.entries[i];
            if entry.hash != hash || entry.key.is_unset() {
                return false;
            }
            match equal(&entry.key, key) {
                Some(same) => same,
                None => {
                    ask.get_or_insert(i);
                    false
                }
            }
        };
        let found = if self.entries.len() <= Self::SMALL {
            (0..self.entries.len()).find(|i| test(*i))
        } else {
            self.index.find(u64::from(hash).wrapping_mul(SPREAD), |i| test(*i as usize)).map(|i| *i as usize)
        };
        match (found, ask) {
            (Some(i), _) => Probe::Found(i),
            (None, Some(i)) => Probe::Ask(i, self.entries[i].key),
            (None, None) => Probe::Absent,
        }
    }

    /// Looks for an int or a string, whose hash is `hash`, among keys of the same type. `None` when a key of another type has the same
    /// hash: [`Self::find`] knows.
    #[inline]
    pub fn find_plain(&self, hash: u32, key: &Value<'gc>) -> Option<Probe<'gc>> {
        let mut unclear = false;
        let mut is_same = |entry: &Entry<'gc>| {
            entry.hash == hash
                && match (&entry.key, key) {
                    (Value::Int(a), Value::Int(b)) => a == b,
                    (Value::Str(a), Value::Str(b)) => Str::text_eq(*a, *b),
                    (Value::Unset, _) => false,
                    _ => {
                        unclear = true;
                        false
                    }
                }
        };
        let found = if self.entries.len() <= Self::SMALL {
            self.entries.iter().position(is_same)
        } else {
            let entries = &self.entries;
            self.index.find(u64::from(hash).wrapping_mul(SPREAD), |i| is_same(&entries[*i as usize])).map(|i| *i as usize)
        };
        match found {
            Some(i) => Some(Probe::Found(i)),
            None if unclear => None,
            None => Some(Probe::Absent),
        }
    }

    /// All entries with this hash, by number.
    pub fn candidates(&self, hash: u32) -> Vec<usize> {
        let matches = |i: &usize| self.entries[*i].hash == hash && !self.entries[*i].key.is_unset();
        if self.entries.len() <= Self::SMALL {
            return (0..self.entries.len()).filter(matches).collect();
        }
        self.index.iter_hash(u64::from(hash).wrapping_mul(SPREAD)).map(|i| *i as usize).filter(matches).collect()
    }

    /// Entry number `i`, unless it is a hole or beyond the end.
    #[inline]
    pub fn entry(&self, i: usize) -> Option<&Entry<'gc>> {
        self.entries.get(i).filter(|e| !e.key.is_unset())
    }

    /// First entry at or after number `i` that is not a hole.
    #[inline]
    pub fn next_from(&self, i: usize) -> Option<(usize, &Entry<'gc>)> {
        let mut i = i.max(self.start);
        while let Some(entry) = self.entries.get(i) {
            if !entry.key.is_unset() {
                return Some((i, entry));
            }
            i += 1;
        }
        None
    }

    /// Last entry.
    pub fn last(&self) -> Option<&Entry<'gc>> {
        self.entries.iter().rev().find(|e| !e.key.is_unset())
    }

    /// Pairs in insertion order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<'gc>> {
        self.entries[self.start..].iter().filter(|e| !e.key.is_unset())
    }

    fn push(&mut self, entry: Entry<'gc>) {
        let i = self.entries.len();
        let spread = |hash: u32| u64::from(hash).wrapping_mul(SPREAD);
        if i == self.entries.capacity() && i > Self::SMALL && self.index.len() * 4 < i * 3 {
            self.compact();
            return self.push(entry);
        }
        self.entries.push(entry);
        if self.entries.len() == Self::SMALL + 1 {
            self.reindex();
        } else if self.entries.len() > Self::SMALL {
            let entries = &self.entries;
            self.index.insert_unique(spread(entry.hash), i as u32, |i| spread(entries[*i as usize].hash));
        }
    }

    fn compact(&mut self) {
        self.close_holes();
        self.reindex();
    }

    fn close_holes(&mut self) {
        self.entries.retain(|e| !e.key.is_unset());
        self.start = 0;
    }

    fn reindex(&mut self) {
        self.index.clear();
        if self.entries.len() <= Self::SMALL {
            return;
        }
        let spread = |hash: u32| u64::from(hash).wrapping_mul(SPREAD);
        for (i, entry) in self.entries.iter().enumerate() {
            if !entry.key.is_unset() {
                let entries = &self.entries;
                self.index.insert_unique(spread(entry.hash), i as u32, |i| spread(entries[*i as usize].hash));
            }
        }
    }

    fn remove(&mut self, i: usize) -> Entry<'gc> {
        let entry = self.entries[i];
        if self.entries.len() > Self::SMALL
            && let Ok(slot) = self.index.find_entry(u64::from(entry.hash).wrapping_mul(SPREAD), |n| *n as usize == i)
        {
            slot.remove();
        }
        if i + 1 == self.entries.len() && self.entries.len() != Self::SMALL + 1 {
            self.entries.pop();
        } else {
            self.entries[i].key = Value::Unset;
            self.entries[i].value = Value::Nil;
        }
        if self.entries.len() <= Self::SMALL {
            self.close_holes();
        } else if i == self.start {
            self.start = self.next_from(i).map_or(self.entries.len(), |(next, _)| next);
        }
        entry
    }
}

/// Spreads a 32-bit hash over 64 bits: the index table uses the top bits as tags.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

macro_rules! table_object {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Collect)]
        #[collect(no_drop)]
        pub struct $name<'gc> {
            table: RefLock<MapTable<'gc>>,
            /// Counts insertions and removals, so that an iteration notices them.
            changes: Cell<u32>,
            /// The hash epoch of the world in which the hashes of its keys were computed.
            epoch: Cell<u32>,
        }

        impl<'gc> $name<'gc> {
            /// An empty one.
            pub fn new(mc: &Mutation<'gc>) -> Gc<'gc, Self> {
                Gc::new(mc, $name { table: RefLock::default(), changes: Cell::new(0), epoch: Cell::new(0) })
            }

            /// The table, for reading; must not be changed while the borrow lives.
            #[inline]
            pub fn table(&self) -> Ref<'_, MapTable<'gc>> {
                self.table.borrow()
            }

            /// Number of entries.
            pub fn len(&self) -> usize {
                self.table.borrow().len()
            }

            /// Whether there are none.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// The hash epoch in which the hashes of its keys were computed.
            #[inline]
            pub fn epoch(&self) -> u32 {
                self.epoch.get()
            }

            /// Gives its entries, in order, the hashes that their keys have in this hash epoch.
            pub fn rehash(this: Gc<'gc, Self>, epoch: u32, hashes: &[u32]) {
                this.epoch.set(epoch);
                // SAFETY: no values are stored, and no borrow outlives a method of this type.
                let table = unsafe { &mut *this.table.as_ptr() };
                if table.iter().map(|e| e.hash).eq(hashes.iter().copied()) {
                    return;
                }
                for (entry, hash) in table.entries.iter_mut().filter(|e| !e.key.is_unset()).zip(hashes) {
                    entry.hash = *hash;
                }
                table.reindex();
            }

            /// How often its size has changed.
            #[inline]
            pub fn changes(&self) -> u32 {
                self.changes.get()
            }

            /// Replaces the value of entry `i`, which exists.
            pub fn set_value(this: Gc<'gc, Self>, mc: &Mutation<'gc>, i: usize, value: Value<'gc>) {
                write_barrier(mc, Gc::erase(this), &value);
                // SAFETY: the stored value has had its barrier, and no borrow outlives a method of this type.
                let table = unsafe { &mut *this.table.as_ptr() };
                table.entries[i].value = value;
            }

            /// Address of the value of entry `i`, which exists.
            #[inline]
            pub fn value_address(this: Gc<'gc, Self>, i: usize) -> *const Value<'gc> {
                // SAFETY: as in `set_value`.
                let table = unsafe { &*this.table.as_ptr() };
                &raw const table.entries[i].value
            }

            /// Appends a pair whose key is known to be absent.
            pub fn push(this: Gc<'gc, Self>, mc: &Mutation<'gc>, entry: Entry<'gc>) {
                write_barrier(mc, Gc::erase(this), &entry.key);
                write_barrier(mc, Gc::erase(this), &entry.value);
                this.changes.set(this.changes.get().wrapping_add(1));
                // SAFETY: as in `set_value`.
                let table = unsafe { &mut *this.table.as_ptr() };
                if table.entries.len() == table.entries.capacity() && table.entries.len() >= 64 {
                    mc.metrics().adjust_debt((table.entries.len() / 2) as f64);
                }
                table.push(entry);
            }

            /// Removes entry `i`, which exists.
            pub fn remove(this: Gc<'gc, Self>, i: usize) -> Entry<'gc> {
                this.changes.set(this.changes.get().wrapping_add(1));
                // SAFETY: removing stores nothing, and no borrow outlives a method of this type.
                let table = unsafe { &mut *this.table.as_ptr() };
                table.remove(i)
            }

            /// Removes everything.
            pub fn clear(this: Gc<'gc, Self>) {
                this.changes.set(this.changes.get().wrapping_add(1));
                // SAFETY: as in `remove`.
                unsafe { *this.table.as_ptr() = MapTable::default() };
            }
        }
    };
}

table_object! {
    /// A mutable, insertion-ordered map.
    Map
}
table_object! {
    /// A mutable, insertion-ordered set; entries have nil as value.
    Set
}
