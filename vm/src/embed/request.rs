//! Reloads that are asked for from elsewhere: another thread, or a signal.

use super::Vm;
use crate::reload::{ReloadOptions, Report};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Called with the report of a reload that was asked for from elsewhere.
pub(super) type OnReload = Box<dyn FnMut(&mut Vm, &Report)>;

/// Asks a VM from any thread for a reload. Clones ask the same VM.
///
/// ```
/// use embed::prelude::*;
/// use std::thread;
///
/// let mut vm = Vm::new();
/// vm.on_requested_reload(|_, report| assert!(report.ok && !report.committed, "{report}"));
/// let handle = vm.reload_handle();
/// thread::spawn(move || handle.request()).join().expect("it ends");
/// assert!(vm.reload_handle().is_pending());
/// vm.poll();    // A running program does so at its safe points.
/// assert!(!vm.reload_handle().is_pending());
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReloadHandle(Arc<AtomicBool>);

impl ReloadHandle {
    /// Asks for a reload of every file whose text on the disk differs from what runs, as `live.reload()` makes it. It is made at the next safe
    /// point that is not within another load, reload or migration. Requests before then are one.
    ///
    /// See the example of [`ReloadHandle`].
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether a reload has been asked for and not been made yet.
    ///
    /// See the example of [`ReloadHandle`].
    pub fn is_pending(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag that [`ReloadHandle::request`] sets: for handlers of signals, which may do no more than that.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::sync::atomic::Ordering;
    ///
    /// let vm = Vm::new();
    /// let flag = vm.reload_handle().flag();
    /// flag.store(true, Ordering::Relaxed);
    /// assert!(vm.reload_handle().is_pending());
    /// ```
    pub fn flag(&self) -> Arc<AtomicBool> {
        self.0.clone()
    }
}

impl Vm {
    /// What asks this VM from any thread for a reload.
    ///
    /// See the example of [`ReloadHandle`].
    pub fn reload_handle(&self) -> ReloadHandle {
        self.requested.clone()
    }

    /// Sets what is called with the reports of reloads that were asked for by a [`ReloadHandle`].
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::cell::Cell;
    /// use std::rc::Rc;
    ///
    /// let told = Rc::new(Cell::new(0));
    /// let tell = told.clone();
    /// let mut vm = Vm::new();
    /// vm.on_requested_reload(move |_, _| tell.set(tell.get() + 1));
    /// vm.reload_handle().request();
    /// vm.poll();
    /// assert_eq!(told.get(), 1);
    /// ```
    pub fn on_requested_reload(&mut self, f: impl FnMut(&mut Vm, &Report) + 'static) {
        self.on_requested = Some(Box::new(f));
    }

    /// Makes the reload that was asked for, if there is one and it can be made now.
    pub(super) fn carry_out_requested_reload(&mut self) {
        if !self.requested.is_pending()
            || self.is_committing()
            || self.is_reload_blocked()
            || self.enter(|cx| !cx.world.migrating.is_empty())
        {
            return;
        }
        self.requested.0.store(false, Ordering::Relaxed);
        let report = self.reload_selected(None, &ReloadOptions::default());
        if let Some(mut tell) = self.on_requested.take() {
            let told = self.host_code(|vm| tell(vm, &report));
            self.on_requested.get_or_insert(tell);
            if let Err(panic) = told {
                resume_unwind(panic)
            }
        }
    }
}
