//! The program's side: it serves while it runs. Commits of clients are made, and told, as those of keys are.

use crate::changes::{NOTHING_TO_REDO, NOTHING_TO_UNDO};
use crate::diagnostics::Report as Style;
use crate::output::output;
use crate::reload::{self, SharedReloader};
use crate::summary;
use lang::ast::StmtKind;
use lang::source::Source;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;
use vm::embed::Vm;
use vm::object::Interrupt;
use vm::reload::{FileText, Report, normalise};
use vm::session::{
    Done, FailureKind, RegionKind, Reply, Request, Rights, Server, ServerOptions, Session, Trouble, find, range, reported,
    selection,
};

/// Begins to serve.
pub fn start(vm: &Vm, path: &str, rights: Rights) -> Result<Rc<Server>, String> {
    let options = ServerOptions { program: path.to_owned(), rights, ..ServerOptions::default() };
    let server =
        Server::start(vm, options).map_err(|error| format!("clients cannot be served: {}", crate::engine::plain(&error)))?;
    let pid = server.session().pid;
    output().note(&format!("serve: clients may {}; `lang repl --attach={pid}` attaches", rights.names().join(", ")));
    Ok(Rc::new(server))
}

/// Serves at the safe points of a program that takes in no edits. What has ended the program is noted in `stop`.
pub fn serve_alone(vm: &mut Vm, server: &Rc<Server>, stop: &Rc<Cell<Option<Interrupt>>>) {
    let (server, stop) = (server.clone(), stop.clone());
    vm.on_safe_point(move |vm| {
        server.serve_with(vm, |vm, session, request| {
            let reply = session.answer(vm, request);
            match exit_of(&reply) {
                Some(status) => {
                    stop.set(Some(Interrupt::Exit(status)));
                    ControlFlow::Break(reply)
                }
                None => ControlFlow::Continue(reply),
            }
        });
    });
}

/// Carries out what clients have asked.
pub fn attend(shared: &SharedReloader, vm: &mut Vm) {
    let Some(server) = shared.borrow().server() else { return };
    if server.desk().door().has_waiting() && shared.borrow().takes_keys(vm) {
        server.serve_with(vm, |vm, session, request| {
            let reply = carry_out(shared, vm, session, request);
            match exit_of(&reply) {
                Some(status) => {
                    output().note(&format!("serve: a client has called `exit({status})`, which ends the program"));
                    shared.borrow_mut().end(vm, Interrupt::Exit(status));
                    ControlFlow::Break(reply)
                }
                None => ControlFlow::Continue(reply),
            }
        });
    }
}

fn carry_out(shared: &SharedReloader, vm: &mut Vm, session: &mut Session, request: &Request) -> Reply {
    let is_change = matches!(
        request,
        Request::Undo | Request::Redo | Request::Reload { .. } | Request::EvaluateRegion { kind: RegionKind::File, .. }
    );
    if is_change && vm.is_committing() {
        return impossible("not while the top level of the program is running");
    }
    match request {
        Request::Undo => commit(shared, vm, "undoing", NOTHING_TO_UNDO, Vm::undo),
        Request::Redo => commit(shared, vm, "redoing", NOTHING_TO_REDO, Vm::redo),
        Request::Reload { file } => match selection(vm, file.as_deref()) {
            Ok(what) => {
                let options = shared.borrow().options().clone();
                commit(shared, vm, "reloading", "", |vm| Some(vm.reload_selected(what, &options)))
            }
            Err(message) => impossible(&message),
        },
        Request::EvaluateRegion { file, text, kind: kind @ RegionKind::File, at, to } => {
            let path = normalise(file);
            let source = Source::new(&*path, text.clone());
            let region = find(&source, *kind, *at, *to).ok().map(|found| range(&source, found.span));
            let texts = vec![FileText { path, text: Some(text.clone()) }];
            let options = shared.borrow().options().clone();
            let reply = commit(shared, vm, "reading 1 file", "", |vm| Some(vm.reload(texts, &options)));
            Reply { region, ..reply }
        }
        Request::Restart { how, call, code } if vm.is_stopped() => {
            let mut restart = None;
            let reply = session.answer_with(vm, |session, vm| {
                match session.restart_asked(vm, *how, *call, code).map_err(Trouble::Asked)? {
                    Done::Failed(error) => return Err(error.into()),
                    Done::GoOn(how) => restart = Some(how),
                    _ => {}
                }
                Ok(Reply { ok: true, ..Reply::default() })
            });
            let Some(how) = restart else { return reply };
            match reload::try_to_go_on(shared, vm, Some(how)) {
                Ok(()) => Reply { text: Some("the program goes on\n".into()), ..reply },
                Err(error) => Reply { output: reply.output, ..vm::session::failed(&error) },
            }
        }
        _ => {
            let before = vm.definitions_of_files();
            let reply = session.answer(vm, request);
            if let Some(file) = edited_file(vm, &before, request, &reply) {
                let epoch = vm.epoch();
                let text = format!("a client has evaluated definitions of `{file}` (epoch {epoch})");
                output().note(&format!("serve: {text}"));
                if let Some(server) = shared.borrow().server() {
                    server.desk().tell_evaluation(&text);
                }
                shared.borrow_mut().note_commit(vm);
            }
            reply
        }
    }
}

/// Makes a commit as keys do: it is told on the program's screen, too.
fn commit(shared: &SharedReloader, vm: &mut Vm, what: &str, nothing: &str, make: impl FnOnce(&mut Vm) -> Option<Report>) -> Reply {
    let mut made = None;
    reload::carry_out(shared, vm, what, |vm| {
        let report = make(vm);
        made.clone_from(&report);
        report
    });
    let Some(mut report) = made else { return impossible(nothing) };
    vm.count_instances(&mut report);
    let text = summary::of_reload(&report, shared.borrow().program(), Style::plain());
    let mut reply = Reply { text: Some(text.clone()), ..reported(&report) };
    if let Some(error) = &mut reply.error {
        error.text = text;
    }
    reply
}

/// The file whose definitions a request has changed, if it has: what is typed into a session of its own is no edit of the program. What is
/// evaluated once more as it was counts as well, as its initialiser has run.
fn edited_file(vm: &mut Vm, before: &BTreeMap<String, u64>, request: &Request, reply: &Reply) -> Option<String> {
    let asked = match request {
        Request::Evaluate { file: Some(file), .. } | Request::EvaluateRegion { file, .. } => Some(normalise(file)),
        _ => None,
    };
    let after = vm.definitions_of_files();
    let mut changed = before.iter().filter(|(file, state)| after.get(*file).is_some_and(|now| now != *state)).map(|(file, _)| file);
    let is_asked = |file: &&String| asked.as_ref() == Some(file);
    changed.clone().find(is_asked).or_else(|| changed.next()).cloned().or_else(|| defining_file(request, reply))
}

/// The file for which a request has evaluated text that defines something.
fn defining_file(request: &Request, reply: &Reply) -> Option<String> {
    if !reply.ok {
        return None;
    }
    let (file, code) = match request {
        Request::Evaluate { code, file: Some(file), .. } => (file, code.clone()),
        Request::Evaluate { code, namespace: Some(namespace), .. } => (namespace, code.clone()),
        Request::EvaluateRegion { file, text, kind, at, to } => {
            let source = Source::new(&**file, text.clone());
            let found = find(&source, *kind, *at, *to).ok()?;
            (file, source.slice(found.span).to_owned())
        }
        _ => return None,
    };
    let statements = lang::parse(&Source::new("<edit>", code)).file.stmts;
    let defines = |kind: &StmtKind| {
        matches!(kind, StmtKind::Let(_) | StmtKind::Fn(_) | StmtKind::Class(_) | StmtKind::Enum(_) | StmtKind::Extend(_))
    };
    statements.iter().any(|statement| defines(&statement.kind)).then(|| file.clone())
}

fn exit_of(reply: &Reply) -> Option<i32> {
    reply.error.as_ref().filter(|error| error.kind == FailureKind::Exit).and_then(|error| error.exit)
}

fn impossible(message: &str) -> Reply {
    Reply::failed(FailureKind::Impossible, message.to_owned(), message.to_owned())
}
