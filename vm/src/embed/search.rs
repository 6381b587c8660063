//! Looking for obsolete instances in slices: the collector marks a little at each call, and tells which ones it passes.
//!
//! What has been found is kept by address, which holds nothing alive. An address is good as long as this invariant holds: *every address in
//! `found` was traced by the last marking that has ended*. The sweep after that marking spares it, and the next sweep comes after the
//! next marking, at whose end `found` is what that one has traced. Both happen within [`Vm::collector`], which is the only way to the
//! collector while there is a search.

use super::handle::Handle;
use super::vm::Vm;
use crate::heap::Value;
use crate::object::FoundInstance;
use gc_arena::arena::CollectionPhase;
use std::time::Instant;

/// How much the collector is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Work {
    /// What allocations have made due.
    Debt,
    /// The rest of its cycle, or a whole one.
    Cycle,
}

/// What the collector's current cycle means for a search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// It has begun before the search.
    Begun,
    /// It is marking, and has told of all that it has marked.
    Marking,
    /// Its marking has ended.
    Marked,
}

/// A search for the obsolete instances of a class and of those below it.
pub(super) struct Search {
    class: Handle,
    /// Number of attempts to change a class when it began: instances that become obsolete later are not looked for.
    serial: u32,
    /// Which layouts are looked for, by id; ids that are not here are, too.
    layouts: Vec<bool>,
    stage: Stage,
    /// What the marking that goes on has passed, each call of the collector for itself: no large buffer has to grow.
    next: Vec<Vec<FoundInstance>>,
    /// What the last marking has passed, less what was taken; `None` before it has ended.
    found: Option<Vec<Vec<FoundInstance>>>,
    /// How many markings have filled `found`.
    markings: u32,
    /// Whether somebody has gone on with it since the last marking ended.
    is_used: bool,
}

impl Search {
    fn new(class: Handle, serial: u32, layouts: Vec<bool>, phase: CollectionPhase) -> Search {
        let stage = if phase == CollectionPhase::Sleeping { Stage::Marked } else { Stage::Begun };
        Search { class, serial, layouts, stage, next: Vec::new(), found: None, markings: 0, is_used: true }
    }

    /// Some of what was found, and the number of the marking that found it; `None` at the end.
    pub(super) fn take(&mut self, count: usize) -> Option<(Vec<FoundInstance>, u32)> {
        let found = self.found.as_mut()?;
        let chunk = found.last_mut()?;
        let taken = chunk.split_off(chunk.len().saturating_sub(count));
        if chunk.is_empty() {
            found.pop();
        }
        Some((taken, self.markings))
    }

    /// Gives back what was taken and not needed. A later marking has found it again.
    pub(super) fn give_back(&mut self, rest: Vec<FoundInstance>, marking: u32) {
        if let Some(found) = self.found.as_mut().filter(|_| marking == self.markings && !rest.is_empty()) {
            found.push(rest);
        }
    }

    /// How many have been found and not taken.
    pub(super) fn left(&self) -> usize {
        self.found.as_ref().unwrap_or(&self.next).iter().map(Vec::len).sum()
    }

    fn begin_cycle(&mut self) {
        self.stage = Stage::Marking;
        self.next.clear();
    }

    /// Takes what a call of the collector has passed. Gives whether the search goes on: one that nobody goes on with ends.
    fn note(&mut self, passed: Vec<FoundInstance>, phase: CollectionPhase) -> bool {
        let passed = Some(passed).filter(|passed| !passed.is_empty());
        match self.stage {
            Stage::Begun => {}
            // Objects that are marked once more because they have changed since.
            Stage::Marked => self.found.iter_mut().for_each(|found| found.extend(passed.clone())),
            Stage::Marking => {
                self.next.extend(passed);
                if phase != CollectionPhase::Marking {
                    self.stage = Stage::Marked;
                    self.found = Some(std::mem::take(&mut self.next));
                    self.markings += 1;
                    return std::mem::take(&mut self.is_used);
                }
            }
        }
        true
    }
}

impl Vm {
    /// Lets the collector work. Every call of it goes through here.
    pub(super) fn collector(&mut self, work: Work) {
        let phase = self.arena.collection_phase();
        let works = work == Work::Cycle || self.arena.metrics().allocation_debt() > 0.0;
        if !works {
            return;
        }
        let arena = &mut self.arena;
        let mut collect = || match work {
            // Not further than the end of the cycle: a search has to know of each.
            Work::Debt => arena.cycle_debt(),
            Work::Cycle => arena.finish_cycle(),
        };
        let Some(search) = &mut self.search else { return collect() };
        if phase == CollectionPhase::Sleeping {
            search.begin_cycle();
        }
        let passed = crate::object::pass_instances(&mut search.layouts, collect);
        if !search.note(passed, self.arena.collection_phase()) {
            self.search = None;
        }
    }

    /// Begins a search for the obsolete instances of a class, or goes on with the one there is.
    pub(super) fn begin_search(&mut self, class: &Handle) {
        let of = class.clone();
        let running = self.search.as_ref().map(|search| (search.class.clone(), search.serial));
        let (is_running, serial, layouts) = self.enter(|cx| {
            let serial = cx.world.commits_tried;
            let Value::Class(class) = of.value_in(cx.world) else { unreachable!("the caller has looked") };
            let is_running =
                running.is_some_and(|(other, begun)| begun == serial && other.value_in(cx.world).same(&of.value_in(cx.world)));
            if is_running {
                return (true, serial, Vec::new());
            }
            let layouts = cx.world.layouts.iter();
            let meant = layouts.map(|layout| layout.is_some_and(|l| !l.is_current() && l.class.is_subclass_of(class)));
            (false, serial, meant.collect())
        });
        if !is_running {
            self.search = Some(Search::new(class.clone(), serial, layouts, self.arena.collection_phase()));
        }
        self.search.as_mut().expect("made above").is_used = true;
    }

    /// Goes on with the search until it is over or the time is; some of it is done in any case. Gives whether it is over.
    pub(super) fn go_on_searching(&mut self, until: Instant) -> bool {
        self.clear_stacks();
        while self.search.as_ref().is_some_and(|search| search.found.is_none()) {
            self.collect_a_little();
            if Instant::now() >= until {
                return self.search.as_ref().is_none_or(|search| search.found.is_some());
            }
        }
        true
    }

    /// Lets the collector do some work ahead of the time at which it is due, for some tens of microseconds.
    fn collect_a_little(&mut self) {
        /// In units of the collector: two objects or so each.
        const STEP: f64 = 500.0;
        /// More than any real debt; what comes below zero shows with it.
        const MUCH: f64 = 1e12;
        let metrics = self.arena.metrics();
        metrics.adjust_debt(MUCH);
        let debt = metrics.allocation_debt() - MUCH;
        let ahead = STEP - debt.min(0.0);
        metrics.adjust_debt(ahead - MUCH);
        self.collector(Work::Debt);
        // The end of a cycle settles debts itself.
        if self.arena.collection_phase() != CollectionPhase::Sleeping {
            self.arena.metrics().adjust_debt(-ahead);
        }
        self.weigh();
    }
}
