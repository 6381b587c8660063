//! A host whose VM has a thread with an event loop. Other threads reach it by a `Remote`; functions of the host that take long are done by another thread,
//! while the script that has called them waits and others go on.

#[path = "../../shared/saved.rs"]
mod saved;

use embed::prelude::*;
use embed::{Budget, Remote, Report};
use std::future::poll_fn;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Longest wait between two looks at the scripts.
const IDLE: Duration = Duration::from_millis(20);

/// What scripts have in each turn of the loop.
const TURN: Budget = Budget { fuel: Some(50_000), time: None };

/// A result that another thread will have.
struct Promised<T> {
    state: Arc<Mutex<(Option<T>, Option<Waker>)>>,
}

impl<T: Send + 'static> Promised<T> {
    /// The end that waits, and the one that is given away.
    fn new() -> (impl Future<Output = T>, Promised<T>) {
        let state = Arc::new(Mutex::new((None, None::<Waker>)));
        let promised = Promised { state: state.clone() };
        let future = poll_fn(move |cx| {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.1 = Some(cx.waker().clone());
            state.0.take().map_or(Poll::Pending, Poll::Ready)
        });
        (future, promised)
    }

    /// Keeps the promise: the VM is woken.
    fn keep(self, value: T) {
        let waker = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.0 = Some(value);
            state.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// A thread that works off what it is given.
fn worker() -> Sender<(u64, Promised<u64>)> {
    let (give, given) = channel::<(u64, Promised<u64>)>();
    thread::spawn(move || {
        for (n, promised) in given {
            promised.keep((1..=n).product());
        }
    });
    give
}

/// A VM with its loop on a thread of its own.
pub struct Loop {
    remote: Remote,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Loop {
    /// Starts the loop with the scripts of a directory. `told` gets the reports of loads and reloads, in the loop's thread.
    ///
    /// # Errors
    /// If they cannot be loaded: the text of the problem.
    pub fn start(scripts: PathBuf, mut told: impl FnMut(&Report) + Send + 'static) -> Result<Loop, String> {
        let is_over = Arc::<AtomicBool>::default();
        let ending = is_over.clone();
        let (tell, begun) = channel();
        // A VM stays on the thread that has made it.
        let thread = thread::spawn(move || {
            let mut vm = new_vm(scripts);
            let loaded = vm.poll_reload().map_or(Err("there are no scripts".to_owned()), |report| match &report.error {
                Some(error) => Err(error.to_string()),
                None => Ok(()),
            });
            let is_loaded = loaded.is_ok();
            let remote = vm.remote();
            // Who started it waits for this.
            let _ = tell.send(loaded.map(|()| remote));
            if is_loaded {
                run(&mut vm, &ending, &mut told);
            }
        });
        let remote = begun.recv().map_err(|_| "the loop did not begin".to_owned())??;
        Ok(Loop { remote, is_over, thread: Some(thread) })
    }

    /// What reaches the VM from any thread.
    pub fn remote(&self) -> Remote {
        self.remote.clone()
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // It wakes the loop; if that has ended already, all the better.
        let _ = self.remote.post(|_| ());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn new_vm(scripts: PathBuf) -> Vm {
    let mut vm = Vm::new();
    let work = worker();
    vm.module("work")
        .async_function("factorial(n): computed by another thread.", move |n: u64| {
            let (future, promised) = Promised::new();
            let given = work.send((n, promised)).map_err(|_| Error::value_error("the worker has ended"));
            async move {
                given?;
                Ok::<u64, Error>(future.await)
            }
        })
        .locked();
    vm.require::<fn(String, u64)>("jobs.arrived");
    vm.add_root("");
    vm.set_change_source(saved::saved_in(scripts));
    // Without this, errors of jobs go to the process's stream for messages.
    vm.on_task_error(|name, error| eprint!("{name}: {error}"));
    vm
}

/// The loop: what others have posted, what was saved, what scripts have to do; then it waits for whoever comes first.
fn run(vm: &mut Vm, is_over: &AtomicBool, told: &mut impl FnMut(&Report)) {
    while !is_over.load(Ordering::Relaxed) {
        vm.poll();
        if let Some(report) = vm.poll_reload() {
            told(&report);
        }
        match vm.run_tasks_within(TURN) {
            // A post, or a promise that is kept, unparks the VM's thread.
            Ok(ran) if ran.is_done => thread::park_timeout(IDLE),
            Ok(_) => {}
            Err(error) => eprintln!("{error}"),
        }
    }
}

/// Gives the scripts a job, from any thread.
///
/// # Errors
/// If the loop has ended.
pub fn give(remote: &Remote, name: &str, n: u64) -> Result<(), embed::Gone> {
    let name = name.to_owned();
    remote.post(move |vm| {
        // It runs as a task, and its errors are told. That the function is there is what the host requires.
        vm.start::<(), _>("jobs.arrived", (name, n)).map(drop).unwrap_or_else(|error| eprintln!("{error}"));
    })
}
