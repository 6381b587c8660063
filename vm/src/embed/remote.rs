//! A VM from other threads.

use super::request::ReloadHandle;
use super::vm::Vm;
use crate::object::Tower;
use std::collections::VecDeque;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};

/// What is done with the VM.
type Job = Box<dyn FnOnce(&mut Vm) + Send>;

/// What a VM and those that reach it from elsewhere share.
#[derive(Default)]
struct Shared {
    jobs: Mutex<Jobs>,
    /// Whether there are jobs: what a safe point looks at.
    is_waiting: AtomicBool,
}

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<Job>,
    is_gone: bool,
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Jobs> {
        // A thread that panicked while it had it has at most added a job.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The VM's end: with it the remotes end.
#[derive(Default)]
pub(super) struct RemoteEnd {
    shared: Arc<Shared>,
    /// Whether a job is being done.
    is_working: bool,
}

impl Drop for RemoteEnd {
    fn drop(&mut self) {
        let left = {
            let mut jobs = self.shared.lock();
            jobs.is_gone = true;
            std::mem::take(&mut jobs.waiting)
        };
        // Who waits for them hears that they will not be done.
        drop(left);
    }
}

/// Reaches a VM from any thread. Clones reach the same VM.
///
/// What it is given to do runs on the VM's own thread: at the next safe point of the program that runs, or when the host calls [`Vm::poll`].
///
/// ```
/// use embed::prelude::*;
/// use std::thread;
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "let score = 7\nlet is_over = false\nfn run() { while not is_over { } }")?;
/// let remote = vm.remote();
/// let other = thread::spawn(move || {
///     let score = remote.ask(|vm| vm.get::<i64>("game.score")).expect("the VM is there");
///     remote.post(|vm| vm.set("game.is_over", true).expect("it is a variable")).expect("the VM is there");
///     score
/// });
/// vm.call::<_, ()>("game.run", ())?;
/// assert_eq!(other.join().expect("it ends")?, 7);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Remote {
    shared: Arc<Shared>,
    tower: Arc<Tower>,
    cancel: Arc<AtomicBool>,
    reload: ReloadHandle,
}

/// The VM that a [`Remote`] reaches is gone.
///
/// ```
/// use embed::prelude::*;
/// use embed::Gone;
///
/// let vm = Vm::new();
/// let remote = vm.remote();
/// drop(vm);
/// assert_eq!(remote.post(|_| ()), Err(Gone));
/// assert_eq!(Gone.to_string(), "the VM is gone");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the VM is gone")
    }
}

impl std::error::Error for Gone {}

/// Why there is no answer to what a [`Remote`] has asked.
///
/// ```
/// use embed::prelude::*;
/// use embed::Unanswered;
/// use std::panic::{AssertUnwindSafe, catch_unwind};
/// use std::thread;
///
/// let mut vm = Vm::new();
/// let remote = vm.remote();
/// let other = thread::spawn(move || (remote.ask(|_| -> i64 { panic!("a bug of the host") }), remote));
/// // The panic goes on in the VM's own thread.
/// while catch_unwind(AssertUnwindSafe(|| vm.poll())).is_ok() { }
/// let (answer, remote) = other.join().expect("it ends");
/// assert_eq!(answer, Err(Unanswered::Panicked));
/// assert_eq!(vm.eval::<i64>("1 + 1")?, 2);
///
/// drop(vm);
/// assert_eq!(remote.ask(|_| 1), Err(Unanswered::Gone));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Unanswered {
    /// The VM was gone before it was done.
    Gone,
    /// What was to be done has panicked. The panic goes on in the thread of the VM, which may live on.
    Panicked,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unanswered::Gone => Gone.fmt(f),
            Unanswered::Panicked => f.write_str("what the VM was asked to do has panicked in the VM's thread"),
        }
    }
}

impl std::error::Error for Unanswered {}

impl From<Gone> for Unanswered {
    fn from(Gone: Gone) -> Unanswered {
        Unanswered::Gone
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remote")
    }
}

impl Remote {
    /// Has something done with the VM, and does not wait for it. What is given is done in order, one after the other: if it runs the program, what was given later
    /// waits until it has ended.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let is_over = false")?;
    /// let remote = vm.remote();
    /// remote.post(|vm| vm.set("game.is_over", true).expect("it is a variable")).expect("the VM is there");
    /// assert!(!vm.get::<bool>("game.is_over")?);
    /// vm.poll();    // A program that runs comes to that by itself.
    /// assert!(vm.get::<bool>("game.is_over")?);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// If the VM is gone.
    pub fn post(&self, job: impl FnOnce(&mut Vm) + Send + 'static) -> Result<(), Gone> {
        let mut jobs = self.shared.lock();
        if jobs.is_gone {
            return Err(Gone);
        }
        jobs.waiting.push_back(Box::new(job));
        drop(jobs);
        self.shared.is_waiting.store(true, Ordering::Release);
        self.tower.ring();
        Ok(())
    }

    /// Has something done with the VM, and waits for what it gives. On the VM's own thread it would wait for ever.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::thread;
    ///
    /// let mut vm = Vm::new();
    /// let remote = vm.remote();
    /// let other = thread::spawn(move || remote.ask(|vm| vm.eval::<i64>("6 * 7")).expect("the VM is there"));
    /// while !other.is_finished() {
    ///     vm.poll();
    /// }
    /// assert_eq!(other.join().expect("it ends")?, 42);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Unanswered::Gone`] if the VM is gone, or goes before it is done; [`Unanswered::Panicked`] if what is given panics.
    pub fn ask<T: Send + 'static>(&self, job: impl FnOnce(&mut Vm) -> T + Send + 'static) -> Result<T, Unanswered> {
        let (tell, told) = channel();
        let has_begun = Arc::new(AtomicBool::new(false));
        let begins = has_begun.clone();
        self.post(move |vm| {
            begins.store(true, Ordering::Release);
            // Nobody waits if the other thread has ended.
            let _ = tell.send(job(vm));
        })?;
        // What has begun and does not tell has panicked.
        told.recv().map_err(|_| if has_begun.load(Ordering::Acquire) { Unanswered::Panicked } else { Unanswered::Gone })
    }

    /// Stops what runs, as [`Vm::cancel_flag`] does; if nothing runs, what runs next, unless the flag is set to false before.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::Interrupt;
    /// use std::thread;
    ///
    /// let mut vm = Vm::new();
    /// let remote = vm.remote();
    /// let other = thread::spawn(move || remote.cancel());
    /// assert!(matches!(vm.eval::<()>("while true { }"), Err(Error::Interrupted(Interrupt::Cancelled))));
    /// # other.join().expect("it ends");
    /// ```
    pub fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
        self.tower.ring();
    }

    /// Asks for a reload, as [`ReloadHandle::request`] does.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.remote().reload();
    /// assert!(vm.reload_handle().is_pending());
    /// vm.poll();
    /// assert!(!vm.reload_handle().is_pending());
    /// ```
    pub fn reload(&self) {
        self.reload.request();
        self.tower.ring();
    }
}

impl Vm {
    /// What reaches this VM from any thread.
    ///
    /// See the example of [`Remote`].
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.remote().post(|vm| vm.define_value("host", "ready", true)).expect("the VM is there");
    /// vm.poll();
    /// assert!(vm.get::<bool>("host.ready")?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn remote(&self) -> Remote {
        let tower = self.arena.mutate(|_, world| world.tower.clone());
        Remote { shared: self.remote_end.shared.clone(), tower, cancel: self.cancel_flag(), reload: self.reload_handle() }
    }

    /// Does what remotes have given; not within a commit, whose code they would see half done.
    pub(super) fn carry_out_posted(&mut self) {
        if !self.remote_end.shared.is_waiting.load(Ordering::Acquire) || self.is_committing() || self.remote_end.is_working {
            return;
        }
        loop {
            let job = {
                let mut jobs = self.remote_end.shared.lock();
                let job = jobs.waiting.pop_front();
                self.remote_end.shared.is_waiting.store(!jobs.waiting.is_empty(), Ordering::Release);
                job
            };
            match job {
                Some(job) => {
                    self.remote_end.is_working = true;
                    let done = self.host_code(job);
                    self.remote_end.is_working = false;
                    if let Err(panic) = done {
                        resume_unwind(panic)
                    }
                }
                None => return,
            }
        }
    }
}
