//! An HTTP server whose handlers are scripts. Threads read requests and write responses; the VM lives in one thread, which answers one request after the
//! other and takes in edits between two of them.

mod http;
#[path = "../../shared/saved.rs"]
mod saved;

pub use http::{Answered, Request, Response, accept};

use embed::prelude::*;
use embed::{Interrupt, Report};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Calls and loop turns that a request may take: some milliseconds.
const FUEL: u64 = 200_000;

/// Between two looks at the scripts when there is nothing to do.
const IDLE: Duration = Duration::from_millis(20);

/// What a script has registered for a method and a path.
type Handler = Hot<fn(Request) -> Handle>;

/// Handlers by method and path.
type Routes = BTreeMap<(String, String), Handler>;

/// The scripts, and the routes that they have registered.
pub struct Server {
    vm: Vm,
    routes: Routes,
    /// Those of the edit that is being looked at.
    next: Rc<RefCell<Routes>>,
}

impl Server {
    /// A server with the scripts of a directory.
    ///
    /// # Errors
    /// If they cannot be loaded.
    pub fn new(scripts: &Path) -> Result<Server, Error> {
        let mut vm = Vm::builder().memory(64 << 20).build();
        let next = Rc::<RefCell<Routes>>::default();
        let registering = next.clone();
        vm.module("http")
            .doc("Routes of the server.")
            .class::<Request>()
            .function(
                "route(method, path, handler): has requests answered by a function.",
                move |method, path, handler: Handler| {
                    registering.borrow_mut().insert((method, path), handler);
                },
            )
            .locked();
        vm.require::<fn()>("app.routes");
        // Each edit says anew which routes there are. What raises while it does so is refused, and the old routes stay.
        let validating = next.clone();
        vm.on_validate(move |vm, _| {
            validating.borrow_mut().clear();
            vm.call("app.routes", ()).map_err(|error| error.to_string())
        });
        vm.add_root("");
        vm.set_change_source(saved::saved_in(scripts.to_owned()));
        let mut server = Server { vm, routes: Routes::new(), next };
        let loaded = server.follow().ok_or_else(|| Error::Host("there are no scripts".into()))?;
        loaded.error.map_or(Ok(server), Err)
    }

    /// Takes in what has been saved.
    pub fn follow(&mut self) -> Option<Report> {
        let report = self.vm.poll_reload()?;
        if report.committed {
            self.routes = self.next.take();
        }
        Some(report)
    }

    /// What a handler says to a request.
    pub fn answer(&mut self, request: Request) -> Response {
        let Some(handler) = self.routes.get(&(request.method.clone(), request.path.clone())) else {
            return Response::new(404, "there is nothing here\n");
        };
        self.vm.set_fuel(Some(FUEL));
        let answer = handler.call(&mut self.vm, request).and_then(|value| self.response(&value));
        self.vm.set_fuel(None);
        answer.unwrap_or_else(|error| match error {
            Error::Interrupted(Interrupt::Fuel) => Response::new(503, "the handler took too long\n"),
            Error::Raised { class, message, .. } => Response::new(500, &format!("{class}: {message}\n")),
            other => Response::new(500, &format!("{other}\n")),
        })
    }

    /// A handler gives a text, or a status and a text.
    fn response(&mut self, value: &Handle) -> Result<Response, Error> {
        if let Ok((status, body)) = self.vm.read::<(u16, String)>(value) {
            return Ok(Response { status, body });
        }
        Ok(Response { status: 200, body: self.vm.read(value)? })
    }

    /// Answers until whoever gives requests has gone. `told` gets the reports of edits.
    pub fn serve(&mut self, requests: &Receiver<Answered>, mut told: impl FnMut(&Report)) {
        loop {
            let next = requests.recv_timeout(IDLE);
            if let Some(report) = self.follow() {
                told(&report);
            }
            match next {
                // The client may have gone.
                Ok(Answered { request, answer }) => drop(answer.send(self.answer(request))),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}
