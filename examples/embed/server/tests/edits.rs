//! A client sends requests while the scripts are edited. The server looks at the scripts before each answer, so that nothing has to be waited for.

#[path = "../../shared/copied.rs"]
mod copied;

use copied::Copied;
use server::{Answered, Response, Server, accept};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// A server on this machine with scripts of its own. Its thread ends with the process.
struct Running {
    scripts: Copied,
    address: SocketAddr,
    /// The codes of edits that were refused, and nothing for those that were not.
    told: Receiver<Option<&'static str>>,
}

fn start() -> Running {
    let scripts = Copied::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("this machine has sockets");
    let address = listener.local_addr().expect("it is bound");
    let (sender, requests) = channel::<Answered>();
    thread::spawn(move || accept(&listener, &sender));
    let (tell, told) = channel();
    let (begin, begun) = channel();
    let directory = scripts.directory().to_owned();
    // A VM stays on its thread.
    thread::spawn(move || {
        let mut server = Server::new(&directory).expect("the scripts load");
        begin.send(()).expect("the test waits");
        server.serve(&requests, |report| {
            // The test may have failed meanwhile.
            let _ = tell.send(report.reasons.first().map(|reason| reason.code));
        });
    });
    begun.recv().expect("it begins");
    Running { scripts, address, told }
}

impl Running {
    fn ask(&self, method: &str, target: &str, body: &str) -> Response {
        let mut stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time above 0");
        let request = format!("{method} {target} HTTP/1.1\r\nHost: here\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).expect("it is connected");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("it is answered in time");
        let (head, body) = text.split_once("\r\n\r\n").expect("a response has a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Response { status, body: body.to_owned() }
    }

    #[track_caller]
    fn assert_get(&self, target: &str, status: u16, body: &str) {
        assert_eq!(self.ask("GET", target, ""), Response::new(status, body));
    }
}

#[test]
fn handlers_are_edited_and_state_stays() {
    let running = start();
    running.assert_get("/", 200, "hit 1\n");
    assert_eq!(running.ask("POST", "/notes", "milk"), Response::new(201, "note 1\n"));
    // A handler.
    running.scripts.edit("app.lang", "\"hit ${hits}\\n\"", "\"${hits} hits\\n\"");
    running.assert_get("/", 200, "2 hits\n");
    // A class, with the instances that there are.
    running.scripts.edit("notes.lang", "slot text\n", "slot text\n    slot by = \"somebody\"\n");
    running.scripts.edit("notes.lang", "${note.text}\\n", "${note.text} (${note.by})\\n");
    running.assert_get("/notes", 200, "* milk (somebody)\n");
    // Routes come and go.
    running.scripts.edit("app.lang", "http.route(\"GET\", \"/\", index)", "http.route(\"GET\", \"/hits\", index)");
    running.assert_get("/", 404, "there is nothing here\n");
    running.assert_get("/hits", 200, "3 hits\n");
    assert!(running.told.try_iter().all(|refused| refused.is_none()));
}

#[test]
fn broken_edits_are_refused_and_the_old_handlers_go_on() {
    let running = start();
    let text = running.scripts.text("app.lang");
    for (broken, code) in [
        ("fn index(request) {", "E0102"),
        ("let hits = 0\nfn routes(table) { nil }", "R0119"),
        ("import http\nlet hits = 0\nfn routes() { http.route(\"GET\", \"/\", |a, b| a) }", "R0119"),
    ] {
        running.scripts.save("app.lang", broken);
        let hits = running.ask("GET", "/", "").body;
        assert!(hits.starts_with("hit "), "{hits}");
        let told = running.told.try_recv().expect("it was told").expect("it was refused");
        assert_eq!(told, code, "{broken}");
    }
    running.scripts.save("app.lang", &text);
    running.assert_get("/", 200, "hit 4\n");
}

#[test]
fn a_request_has_its_limits() {
    let running = start();
    running.scripts.edit(
        "app.lang",
        "hits += 1",
        "hits += 1\n    while request.query == \"spin\" { nil }\n    if request.query == \"bad\" { nil + 1 }",
    );
    running.assert_get("/", 200, "hit 1\n");
    running.assert_get("/?spin", 503, "the handler took too long\n");
    let bad = running.ask("GET", "/?bad", "");
    assert!(bad.status == 500 && bad.body.starts_with("TypeError: "), "{bad:?}");
    running.assert_get("/", 200, "hit 4\n");
    assert_eq!(running.ask("POST", "/notes", "").status, 400);
    running.assert_get("/nothing", 404, "there is nothing here\n");
}
