//! Where requests of several clients wait for the thread of the program, which carries them out between two of its steps.
//!
//! A [`Door`] can be sent to other threads and lets clients in; each is a [`Visitor`] with a [`Session`] of its own. The [`Desk`] stays with
//! the [`Vm`]. One request is carried out at a time, and only while it is, its visitor can set the flag that stops the VM: that never hits
//! the program, nor what another client has asked.

use super::Session;
use super::answer::reported;
use super::request::{Event, EventKind, FailureKind, Reply, Request};
use super::rights::Rights;
use crate::embed::Vm;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Requests that are carried out at one safe point, so that the program comes to its turn.
const AT_ONCE_MAX: usize = 16;

/// Requests of one client that may wait.
const WAITING_MAX: usize = 64;

/// What is typed by the first client belongs there; that of the others has a number behind it.
const NAMESPACE: &str = "repl";

/// How long an interrupt is insisted on. What is asked for clears the flag when it begins, so that setting it once could be too early.
const INSIST: Duration = Duration::from_secs(1);

/// Between two times that it is set.
const INSIST_AGAIN: Duration = Duration::from_millis(5);

/// Told a reply, on the thread of the program: it may not wait there.
type Answer = Box<dyn FnOnce(Reply) + Send>;

/// Told an event, on the thread of the program: it may not wait there.
type Tell = Arc<dyn Fn(Reply) + Send + Sync>;

/// Called when a request begins to wait.
type Wake = Box<dyn Fn() + Send + Sync>;

/// What has come of a request: with [`ControlFlow::Break`] it has ended the program.
pub type Served = ControlFlow<Reply, Reply>;

/// What requests are carried out from.
///
/// It is what a [`Server`](super::Server) has behind its socket, for protocols of your own.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Desk, Request, Rights};
/// use std::sync::mpsc::channel;
/// use std::thread;
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "let score = 7")?;
/// let desk = Desk::new(&vm, None);
/// let door = desk.door();
/// let (tell, told) = channel();
/// let other = thread::spawn(move || {
///     let visitor = door.enter(Rights::LOOK).expect("the desk is there");
///     let look = Request::Inspect { what: "game.score".into(), path: vec![], from: 0 };
///     let (answer, answered) = channel();
///     visitor.ask(look, move |reply| answer.send(reply).expect("somebody waits"));
///     tell.send(answered.recv().expect("it is answered")).expect("somebody waits");
/// });
/// while !other.is_finished() {
///     desk.serve(&mut vm);
/// }
/// let reply = told.recv().expect("it is answered");
/// assert_eq!(reply.inspected.map(|value| value.shown).as_deref(), Some("7"));
/// # Ok::<(), Error>(())
/// ```
pub struct Desk {
    door: Door,
    sessions: RefCell<HashMap<u64, Session>>,
    is_serving: Cell<bool>,
}

/// Lets clients in, from any thread. Clones are the same door.
///
/// See the example of [`Desk`].
#[derive(Clone)]
pub struct Door(Arc<Shared>);

struct Shared {
    cancel: Arc<AtomicBool>,
    /// Entries of `jobs`, to be read without the lock.
    waiting: AtomicUsize,
    state: Mutex<State>,
    /// Told when a request begins to wait, and when one has been carried out.
    changed: Condvar,
    wake: Option<Wake>,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    running: Option<Running>,
    /// Visitors who are told what happens.
    listeners: BTreeMap<u64, Tell>,
    /// Numbers of namespaces that are taken, by which visitor.
    namespaces: BTreeMap<u64, u64>,
    /// Visitors and requests are numbered.
    last: u64,
    is_closed: bool,
}

struct Job {
    visitor: u64,
    task: Task,
}

enum Task {
    Ask {
        serial: u64,
        namespace: Arc<str>,
        rights: Rights,
        request: Request,
        answer: Answer,
        is_interrupted: bool,
    },
    /// The session is forgotten, and its values are.
    Leave,
}

struct Running {
    visitor: u64,
    serial: u64,
    is_interrupted: bool,
}

/// A client that has been let in. Dropped, it leaves: what it has asked and waits is forgotten, what is being carried out is interrupted.
///
/// See the example of [`Desk`].
pub struct Visitor {
    door: Door,
    id: u64,
    namespace: Arc<str>,
    rights: Rights,
}

/// What an interrupt has met.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Desk, Interrupted, Request, Rights};
///
/// let vm = Vm::new();
/// let desk = Desk::new(&vm, None);
/// let visitor = desk.door().enter(Rights::ALL).expect("the desk is there");
/// assert_eq!(visitor.interrupt(None), Interrupted::Nothing);
/// visitor.ask(Request::Describe, |_reply| ());
/// assert_eq!(visitor.interrupt(None), Interrupted::Waiting);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interrupted {
    /// Something that was being carried out.
    Running,
    /// Something that waited.
    Waiting,
    /// Something else than what was to be interrupted.
    Other,
    /// Nothing.
    Nothing,
}

impl Desk {
    /// A desk for a VM. `wake` is called, on other threads, when a request begins to wait: for hosts that are not always at a safe point
    /// soon.
    pub fn new(vm: &Vm, wake: Option<Wake>) -> Desk {
        let shared = Shared {
            cancel: vm.cancel_flag(),
            waiting: AtomicUsize::new(0),
            state: Mutex::default(),
            changed: Condvar::new(),
            wake,
        };
        let door = Door(Arc::new(shared));
        let watching = Arc::downgrade(&door.0);
        vm.watch_reports(move |report| {
            let Some(shared) = watching.upgrade() else { return ControlFlow::Break(()) };
            Door(shared).tell(EventKind::Reload, || reported(report));
            ControlFlow::Continue(())
        });
        Desk { door, sessions: RefCell::default(), is_serving: Cell::new(false) }
    }

    /// Tells visitors who listen that a client has evaluated definitions of a file. Reloads are told without this.
    pub fn tell_evaluation(&self, text: &str) {
        self.door.tell(EventKind::Evaluation, || Reply { ok: true, text: Some(text.to_owned()), ..Reply::default() });
    }

    /// What lets clients in.
    pub fn door(&self) -> Door {
        self.door.clone()
    }

    /// Carries out what waits, if this is possible now: not within another request, nor while the program is being changed, nor when it has
    /// been told to stop ([`Vm::cancel_flag`]) and has not yet. Gives how many requests that were. If nothing waits, it costs a look at an
    /// atomic.
    pub fn serve(&self, vm: &mut Vm) -> usize {
        self.serve_with(vm, |vm, session, request| ControlFlow::Continue(session.answer(vm, request)))
    }

    /// The same; `carry_out` does it. A reply that it gives as [`ControlFlow::Break`] is the last one: the VM is stopped, and what else waits
    /// is not carried out before it has.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::session::{Desk, Reply, Request, Rights};
    /// use std::ops::ControlFlow;
    /// use std::sync::mpsc::channel;
    ///
    /// let mut vm = Vm::new();
    /// let desk = Desk::new(&vm, None);
    /// let visitor = desk.door().enter(Rights::ALL).expect("the desk is there");
    /// let (tell, told) = channel();
    /// visitor.ask(Request::Describe, move |reply| tell.send(reply.text).expect("somebody waits"));
    /// desk.serve_with(&mut vm, |vm, session, request| match request {
    ///     Request::Describe => ControlFlow::Continue(Reply { ok: true, text: Some("a game".into()), ..Reply::default() }),
    ///     other => ControlFlow::Continue(session.answer(vm, other)),
    /// });
    /// assert_eq!(told.recv().expect("it is answered").as_deref(), Some("a game"));
    /// ```
    pub fn serve_with(&self, vm: &mut Vm, mut carry_out: impl FnMut(&mut Vm, &mut Session, &Request) -> Served) -> usize {
        if !self.door.has_waiting() || self.is_serving.get() || !is_served(vm) {
            return 0;
        }
        let _serving = Serving::begin(self);
        let mut count = 0;
        // Evaluation clears the flag, which would be lost to the program that it is to stop.
        while count < AT_ONCE_MAX
            && !self.door.is_stopping()
            && let Some(job) = self.door.begin_next()
        {
            let Task::Ask { namespace, rights, request, answer, is_interrupted, .. } = job.task else {
                let session = self.sessions.borrow_mut().remove(&job.visitor);
                if let Some(session) = session {
                    session.forget_values(vm);
                }
                continue;
            };
            count += 1;
            let served = if is_interrupted {
                self.door.end_running();
                ControlFlow::Continue(interrupted_before())
            } else {
                let session = self.sessions.borrow_mut().remove(&job.visitor);
                let mut session = session.unwrap_or_else(|| Session::new(&namespace));
                let refusal = rights.refusal_now(vm, &session, &request);
                let served = refusal.map_or_else(|| carry_out(vm, &mut session, &request), ControlFlow::Continue);
                self.door.end_running();
                self.sessions.borrow_mut().insert(job.visitor, session);
                served
            };
            match served {
                ControlFlow::Continue(reply) => answer(reply),
                ControlFlow::Break(reply) => {
                    answer(reply);
                    self.door.0.cancel.store(true, Ordering::Relaxed);
                }
            }
        }
        count
    }

    /// Whether a request is being carried out.
    pub fn is_serving(&self) -> bool {
        self.is_serving.get()
    }

    /// Waits until there is something to serve, or for so long. Whether there is.
    pub fn wait(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut state = self.door.lock();
        while state.jobs.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.door.0.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

/// While it is there, requests are carried out. It ends with a panic of one of them, too.
struct Serving<'a>(&'a Desk);

impl Serving<'_> {
    fn begin(desk: &Desk) -> Serving<'_> {
        desk.is_serving.set(true);
        Serving(desk)
    }
}

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        self.0.door.end_running();
        self.0.is_serving.set(false);
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.door.close();
    }
}

/// Whether requests can be carried out where the VM stands. A statement of a top level that runs is the program itself.
fn is_served(vm: &Vm) -> bool {
    !vm.is_committing() || vm.running_code().is_some_and(|code| code.is_statement)
}

fn interrupted_before() -> Reply {
    let message = "interrupted before it was begun".to_owned();
    Reply::failed(FailureKind::Interrupted, message.clone(), message)
}

impl Door {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a client in, if the desk is still there.
    pub fn enter(&self, rights: Rights) -> Option<Visitor> {
        let mut state = self.lock();
        if state.is_closed {
            return None;
        }
        state.last += 1;
        let id = state.last;
        let number = (1..).find(|number| !state.namespaces.contains_key(number)).expect("there are more numbers than visitors");
        state.namespaces.insert(number, id);
        let namespace = if number == 1 { NAMESPACE.into() } else { format!("{NAMESPACE}{number}").into() };
        Some(Visitor { door: self.clone(), id, namespace, rights })
    }

    /// Whether something waits.
    pub fn has_waiting(&self) -> bool {
        self.0.waiting.load(Ordering::Relaxed) > 0
    }

    /// Whether the VM is to stop. While nothing is carried out, that is not for the sake of a client.
    fn is_stopping(&self) -> bool {
        self.0.cancel.load(Ordering::Relaxed)
    }

    /// Tells visitors who listen; if there are none, nothing is made.
    fn tell(&self, kind: EventKind, make: impl FnOnce() -> Reply) {
        let (listeners, running) = {
            let state = self.lock();
            (state.listeners.clone(), state.running.as_ref().map(|running| running.visitor))
        };
        if listeners.is_empty() {
            return;
        }
        let reply = make();
        for (visitor, tell) in listeners {
            let event = Some(Event { kind, is_own: running == Some(visitor), missed: 0 });
            tell(Reply { event, ..reply.clone() });
        }
    }

    fn push(&self, state: &mut State, job: Job) {
        state.jobs.push_back(job);
        self.0.waiting.store(state.jobs.len(), Ordering::Relaxed);
        self.0.changed.notify_all();
    }

    /// The next that waits. If it is a request, it counts as being carried out until [`Door::end_running`].
    fn begin_next(&self) -> Option<Job> {
        let mut state = self.lock();
        let job = state.jobs.pop_front()?;
        self.0.waiting.store(state.jobs.len(), Ordering::Relaxed);
        if let Task::Ask { serial, .. } = &job.task {
            state.running = Some(Running { visitor: job.visitor, serial: *serial, is_interrupted: false });
        }
        Some(job)
    }

    fn end_running(&self) {
        let mut state = self.lock();
        if state.running.take().is_some_and(|running| running.is_interrupted) {
            // It was meant for what is over.
            self.0.cancel.store(false, Ordering::Relaxed);
        }
        self.0.changed.notify_all();
    }

    /// Lets nobody in any more. What waits is never answered.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let jobs = std::mem::take(&mut state.jobs);
        self.0.waiting.store(0, Ordering::Relaxed);
        self.0.changed.notify_all();
        drop(state);
        // What is told the reply may hold what locks this.
        drop(jobs);
    }
}

impl Visitor {
    /// Its number. No other visitor has it.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Where what it types belongs.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// What it may ask.
    pub fn rights(&self) -> Rights {
        self.rights
    }

    /// Asks. `answer` is called with the reply: at once if the request is refused, else on the thread of the program, where it may not wait.
    /// Gives the number of the request.
    pub fn ask(&self, request: Request, answer: impl FnOnce(Reply) + Send + 'static) -> u64 {
        let mut state = self.door.lock();
        state.last += 1;
        let serial = state.last;
        let refusal = self.rights.refusal(&request).or_else(|| self.obstacle(&state));
        if let Some(refusal) = refusal {
            drop(state);
            answer(refusal);
            return serial;
        }
        let namespace = self.namespace.clone();
        let (rights, answer) = (self.rights, Box::new(answer));
        let task = Task::Ask { serial, namespace, rights, request, answer, is_interrupted: false };
        self.door.push(&mut state, Job { visitor: self.id, task });
        drop(state);
        if let Some(wake) = &self.door.0.wake {
            wake();
        }
        serial
    }

    /// From now on `tell` is called with what happens to the program, whoever has done it: on the thread of the program, where it may not wait.
    /// Gives what is answered to [`Request::Listen`].
    pub fn listen(&self, tell: impl Fn(Reply) + Send + Sync + 'static) -> Reply {
        if let Some(refusal) = self.rights.refusal(&Request::Listen) {
            return refusal;
        }
        self.door.lock().listeners.insert(self.id, Arc::new(tell));
        Reply { ok: true, ..Reply::default() }
    }

    /// Why nothing can be asked now.
    fn obstacle(&self, state: &State) -> Option<Reply> {
        let message = if state.is_closed {
            "the program answers no more".to_owned()
        } else if state.jobs.iter().filter(|job| job.visitor == self.id).count() >= WAITING_MAX {
            format!("{WAITING_MAX} requests of this client wait already; ask again when one has been answered")
        } else {
            return None;
        };
        Some(Reply::failed(FailureKind::Impossible, message.clone(), message))
    }

    /// Interrupts the request with this number, or what is being carried out for this client, or the first that waits. It comes back
    /// when the request has ended, or does not end soon.
    pub fn interrupt(&self, serial: Option<u64>) -> Interrupted {
        let mut state = self.door.lock();
        let is_meant = |other: u64| serial.is_none_or(|serial| serial == other);
        let mut result = Interrupted::Nothing;
        if let Some(running) = state.running.as_mut().filter(|running| running.visitor == self.id) {
            if is_meant(running.serial) {
                running.is_interrupted = true;
                let serial = running.serial;
                self.insist(state, serial);
                return Interrupted::Running;
            }
            result = Interrupted::Other;
        }
        for job in state.jobs.iter_mut().filter(|job| job.visitor == self.id) {
            if let Task::Ask { serial, is_interrupted, .. } = &mut job.task {
                if is_meant(*serial) {
                    *is_interrupted = true;
                    return Interrupted::Waiting;
                }
                result = Interrupted::Other;
            }
        }
        result
    }

    /// Stops what runs until it has stopped.
    fn insist(&self, mut state: MutexGuard<'_, State>, serial: u64) {
        let until = Instant::now() + INSIST;
        while state.running.as_ref().is_some_and(|running| running.serial == serial) && Instant::now() < until {
            self.door.0.cancel.store(true, Ordering::Relaxed);
            state = self.door.0.changed.wait_timeout(state, INSIST_AGAIN).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        let mut state = self.door.lock();
        state.namespaces.retain(|_, visitor| *visitor != self.id);
        let listener = state.listeners.remove(&self.id);
        let (own, others) = std::mem::take(&mut state.jobs).into_iter().partition(|job| job.visitor == self.id);
        state.jobs = others;
        if !state.is_closed {
            self.door.push(&mut state, Job { visitor: self.id, task: Task::Leave });
        }
        let running = state.running.as_mut().filter(|running| running.visitor == self.id);
        if let Some(running) = running {
            running.is_interrupted = true;
            let serial = running.serial;
            self.insist(state, serial);
        } else {
            drop(state);
        }
        // What is told the replies may hold what locks this.
        let own: VecDeque<Job> = own;
        drop((own, listener));
    }
}
