//! `lang serve --nrepl`: a program that clients of the nREPL protocol ask. They show no token, as the protocol has none: whoever can open a
//! socket on this machine may do whatever the program can.

mod bencode;
mod connection;
mod link;
mod replies;

pub use link::Link;

use crate::diagnostics::Report as Style;
use crate::engine;
use crate::entry::Entry;
use crate::host::{Console, Texts};
use crate::interrupt;
use crate::output::output;
use crate::summary;
use connection::Listener;
use std::mem::ManuallyDrop;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::ControlFlow;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use vm::embed::{Error, Vm};
use vm::object::Interrupt;
use vm::reload::normalise;
use vm::session::{Desk, FailureKind, Reply};

/// Between two looks while nothing runs and nothing is asked.
const IDLE: Duration = Duration::from_millis(20);

/// The file by which clients find the port.
const PORT_FILE: &str = ".nrepl-port";

/// Presses of Ctrl-C of which the program may take no notice.
const PRESSES_MAX: u32 = 3;

/// Serves until Ctrl-C; gives the process's status.
pub fn serve(port: u16, path: Option<&str>) -> i32 {
    let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(listener) => listener,
        Err(error) => return fail(&format!("cannot listen on port {port}: {}", engine::plain(&error))),
    };
    let port = listener.local_addr().map_or(port, |address| address.port());
    let link = Link::default();
    let texts = Texts::default();
    // The process ends with the VM, so nobody waits for the memory of single objects.
    let mut vm = ManuallyDrop::new(engine::with_host(Console::linked(texts, link.clone())));
    engine::tell_failed_tasks(&mut vm);
    interrupt::listen(vm.cancel_flag(), PRESSES_MAX);
    vm.add_root("");
    engine::add_roots(&mut vm, &[]);
    if let Some(path) = path
        && let Err(status) = load(&mut vm, path)
    {
        return status;
    }
    let desk = Rc::new(Desk::new(&vm, None));
    let listening = Arc::new(Listener::new(desk.door(), link.clone()));
    if let Err(error) = listening.clone().start(listener) {
        return fail(&format!("no thread can be started: {}", engine::plain(&error)));
    }
    // Whoever sees the line finds the file.
    let written = std::fs::write(PORT_FILE, port.to_string());
    let _ = output().write(&format!("nREPL server started on port {port} on host 127.0.0.1 - nrepl://127.0.0.1:{port}\n"));
    let _ = output().flush();
    output().note("warning: nREPL has no token: every user of this machine can evaluate code in this program");
    if let Err(error) = written {
        output().note(&format!("warning: `{PORT_FILE}` cannot be written: {}", engine::plain(&error)));
    }
    let status = attend(&mut vm, &desk, &link);
    listening.last_replies();
    // Another server may have written it since.
    if std::fs::read_to_string(PORT_FILE).is_ok_and(|text| text == port.to_string()) {
        let _ = std::fs::remove_file(PORT_FILE);
    }
    status
}

fn fail(message: &str) -> i32 {
    output().note(&Style::for_stderr().failure(message));
    1
}

/// Loads a program. Its `main` is for clients to call.
fn load(vm: &mut Vm, path: &str) -> Result<(), i32> {
    let path = if Path::new(path).is_dir() { path.to_owned() } else { normalise(path) };
    let entry = Entry::of(&path).map_err(|message| fail(&message))?;
    vm.add_root(entry.root());
    let report = entry.load(vm, &engine::noting_warnings());
    match report.interrupt() {
        Some(Interrupt::Exit(status)) => Err(status),
        Some(_) => Err(interrupt::STATUS),
        None if report.ok => Ok(()),
        None => {
            output().note(&summary::refusal(&report, Style::for_stderr()));
            Err(1)
        }
    }
}

/// Carries out what is asked, and lets tasks go on. Gives the status with which the program has ended itself, or been ended.
fn attend(vm: &mut Vm, desk: &Rc<Desk>, link: &Link) -> i32 {
    let exit = Rc::new(std::cell::Cell::new(None));
    let (asked, noted, linked) = (desk.clone(), exit.clone(), link.clone());
    vm.on_safe_point(move |vm| {
        asked.serve_with(vm, |vm, session, request| {
            linked.begin(session.namespace());
            let reply = session.answer(vm, request);
            linked.end();
            match exit_of(&reply) {
                Some(status) => {
                    noted.set(Some(status));
                    ControlFlow::Break(reply)
                }
                None => ControlFlow::Continue(reply),
            }
        });
    });
    loop {
        if vm.cancel_flag().swap(false, Ordering::Relaxed) {
            return exit.get().unwrap_or(interrupt::STATUS);
        }
        if !vm.has_tasks() {
            desk.wait(IDLE);
            // While there are tasks, what is asked is carried out between their steps: interrupted, it must not end them.
            vm.poll();
            continue;
        }
        match vm.run_tasks_for(IDLE) {
            Ok(()) => {}
            Err(Error::Interrupted(Interrupt::Exit(status))) => return status,
            Err(Error::Interrupted(_)) => return exit.get().unwrap_or(interrupt::STATUS),
            Err(error) => output().note(&Style::for_stderr().error(&error)),
        }
    }
}

fn exit_of(reply: &Reply) -> Option<i32> {
    reply.error.as_ref().filter(|error| error.kind == FailureKind::Exit).and_then(|error| error.exit)
}
