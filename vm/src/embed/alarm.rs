//! Wakes executors after a time.
//!
//! Executors have timers of their own, each another one: a thread of the process that sleeps serves all of them.

use crate::object::Tower;
use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long the thread stays when there is nothing to wait for.
const IDLE: Duration = Duration::from_secs(1);

static ALARMS: Mutex<Alarms> = Mutex::new(Alarms { set: BTreeMap::new(), count: 0, has_thread: false });

/// Told when alarms are set or withdrawn.
static CHANGED: Condvar = Condvar::new();

struct Alarms {
    set: BTreeMap<Key, Arc<Tower>>,
    /// How many were ever set.
    count: u64,
    has_thread: bool,
}

/// When, and which of those of that time.
type Key = (Instant, u64);

fn alarms() -> MutexGuard<'static, Alarms> {
    // Nothing that can panic is done with it.
    ALARMS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Rings a tower at its time, unless it is dropped before.
pub(super) struct Alarm(Key);

impl Alarm {
    /// Sets one; none for a time that never comes.
    pub(super) fn set(tower: Arc<Tower>, after: Duration) -> io::Result<Option<Alarm>> {
        let Some(when) = Instant::now().checked_add(after) else { return Ok(None) };
        let mut all = alarms();
        if !all.has_thread {
            thread::Builder::new().name("deadlines".into()).spawn(watch)?;
            all.has_thread = true;
        }
        all.count += 1;
        let key = (when, all.count);
        all.set.insert(key, tower);
        drop(all);
        CHANGED.notify_one();
        Ok(Some(Alarm(key)))
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let tower = alarms().set.remove(&self.0);
        if tower.is_some() {
            CHANGED.notify_one();
        }
    }
}

/// What the thread does.
fn watch() {
    let mut all = alarms();
    loop {
        let next = all.set.first_key_value().map(|(key, _)| *key);
        let left = next.map_or(IDLE, |(when, _)| when.saturating_duration_since(Instant::now()));
        if next.is_some() && left.is_zero() {
            let rung = all.set.pop_first();
            drop(all);
            // An executor that panics has said so, and is not to take the alarms of others with it.
            let _ = catch_unwind(AssertUnwindSafe(|| rung.map(|(_, tower)| tower.ring())));
            all = alarms();
            continue;
        }
        let (after, waited) = CHANGED.wait_timeout(all, left).unwrap_or_else(PoisonError::into_inner);
        all = after;
        if next.is_none() && all.set.is_empty() && waited.timed_out() {
            all.has_thread = false;
            return;
        }
    }
}
