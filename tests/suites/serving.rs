//! A program of a host that serves: clients ask it while it runs, and nothing they do harms it.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::thread;
use stdlib::new_vm;
use vm::embed::{Error, Vm, VmOptions};
use vm::object::Interrupt;
use vm::session::{Announced, Client, ClientError, FailureKind, Reply, Request, Rights, Server, ServerOptions, SessionFile};

/// A program that runs until its clients have done what they want.
const PROGRAM: &str = "\
let turns = 0
let price = 10
let asked = 0
class Till { slot coins = 5; get sum { asked += 1; self.coins * price } }
let till = Till()
fn main() { while true { turns += 1 } }
";

fn options(rights: Rights) -> ServerOptions {
    ServerOptions { program: "shop".into(), rights, announced: Announced::Nowhere, ..ServerOptions::default() }
}

/// Runs the program, which serves where a host polls, until `clients` has returned.
fn while_serving(options: ServerOptions, clients: impl FnOnce(&SessionFile) + Send + 'static) {
    let mut vm = new_vm(VmOptions::default());
    vm.load_texts(vec![("shop.lang".into(), PROGRAM.into())]).expect("the program is correct");
    let server = Server::start(&vm, options).expect("there are sockets");
    let session = server.session().clone();
    let running = thread::spawn(move || clients(&session));
    let running = Rc::new(RefCell::new(Some(running)));
    let seen = running.clone();
    vm.on_safe_point(move |vm| {
        server.serve(vm);
        if seen.borrow().as_ref().is_some_and(thread::JoinHandle::is_finished) {
            vm.cancel_flag().store(true, Ordering::Relaxed);
        }
    });
    let ended = vm.call::<_, ()>("shop.main", ());
    assert!(matches!(ended, Err(Error::Interrupted(Interrupt::Cancelled))), "{ended:?}");
    let clients = running.borrow_mut().take().expect("it was started");
    if let Err(panic) = clients.join() {
        std::panic::resume_unwind(panic);
    }
}

fn connect(session: &SessionFile) -> Client {
    Client::connect(session, "a test").expect("the program lets clients in")
}

fn evaluate(code: &str) -> Request {
    Request::Evaluate { code: code.into(), namespace: None, file: None, at: None }
}

fn value(client: &mut Client, code: &str) -> String {
    let reply = client.ask(&evaluate(code)).expect("the program is there");
    reply.value.clone().unwrap_or_else(|| panic!("{code}: {reply:?}"))
}

fn failure(reply: &Reply) -> (FailureKind, &str) {
    let error = reply.error.as_ref().unwrap_or_else(|| panic!("{reply:?}"));
    (error.kind, &error.message)
}

/// A socket to the program, and what comes out of it.
fn socket(session: &SessionFile) -> (TcpStream, impl FnMut() -> String + use<>) {
    let stream = TcpStream::connect(session.address).expect("it listens");
    let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
    let next = move || {
        let mut line = String::new();
        // A connection that is cut has nothing more to say.
        let _ = reader.read_line(&mut line);
        line
    };
    (stream, next)
}

fn greeted(session: &SessionFile) -> (TcpStream, impl FnMut() -> String + use<>) {
    let (mut stream, mut next) = socket(session);
    writeln!(stream, "{{\"token\":\"{}\"}}", session.token).expect("it is open");
    assert!(next().contains("\"ok\":true"));
    (stream, next)
}

/// A client changes what runs, and sees what it does meanwhile.
#[test]
fn a_running_program_is_asked_and_changed() {
    while_serving(options(Rights::ALL), |session| {
        let mut client = connect(session);
        assert_eq!(client.welcome().program, "shop");
        assert_eq!(client.welcome().pid, std::process::id());
        assert_eq!(value(&mut client, "import shop\nshop.price"), "10");
        assert_eq!(value(&mut client, "shop.price = 20; shop.price + 1"), "21");
        let before: u64 = value(&mut client, "shop.turns").parse().expect("a number");
        while value(&mut client, "shop.turns").parse::<u64>().expect("a number") == before {}
    });
}

/// Each client has names of its own; who comes later gets those of one that has left.
#[test]
fn clients_do_not_see_each_others_names() {
    while_serving(options(Rights::ALL), |session| {
        let (mut first, mut second) = (connect(session), connect(session));
        assert_eq!((&*first.welcome().namespace, &*second.welcome().namespace), ("repl", "repl2"));
        value(&mut first, "let x = 1; x");
        value(&mut second, "let x = 2; x");
        assert_eq!((value(&mut first, "x"), value(&mut second, "x")), ("1".into(), "2".into()));
        drop(first);
        // That it has left is known when the end of its connection has arrived.
        while connect(session).welcome().namespace != "repl" {}
    });
}

/// Many clients at once are answered each with its own.
#[test]
fn replies_belong_to_their_requests() {
    while_serving(options(Rights::ALL), |session| {
        thread::scope(|scope| {
            for i in 0..8 {
                scope.spawn(move || {
                    let mut client = connect(session);
                    for k in 0..50 {
                        assert_eq!(value(&mut client, &format!("{i} * 1000 + {k}")), format!("{}", i * 1000 + k));
                    }
                });
            }
        });
    });
}

/// Who may only look is told what it lacks.
#[test]
fn rights_are_kept() {
    while_serving(options(Rights::LOOK), |session| {
        let mut client = connect(session);
        assert!(client.ask(&Request::Describe).expect("the program is there").ok);
        for refused in [evaluate("1"), Request::Undo, Request::Inspect { what: "shop.main()".into(), path: vec![], from: 0 }] {
            let reply = client.ask(&refused).expect("the program is there");
            let (kind, message) = failure(&reply);
            assert_eq!(kind, FailureKind::Forbidden, "{refused:?}");
            assert!(message.starts_with("the program does not let its clients "), "{message}");
        }
        // A property runs code, though it is a name.
        let inspect = |what: &str| Request::Inspect { what: what.into(), path: vec![], from: 0 };
        let shown = |reply: Reply| reply.inspected.map(|value| value.shown);
        assert_eq!(shown(client.ask(&inspect("shop.till.coins")).expect("it is there")).as_deref(), Some("5"));
        for request in [inspect("shop.till.sum"), inspect("shop.nosuch"), Request::List { what: "shop.till.sum".into() }] {
            let reply = client.ask(&request).expect("the program is there");
            assert_eq!(failure(&reply).0, FailureKind::Forbidden, "{request:?}");
        }
        assert_eq!(shown(client.ask(&inspect("shop.asked")).expect("it is there")).as_deref(), Some("0"));
        // A name that cannot be looked up is not evaluated instead.
        let long = format!("shop{}", ".till".repeat(101));
        for request in [inspect(&long), Request::List { what: long.clone() }] {
            let reply = client.ask(&request).expect("the program is there");
            assert_eq!(failure(&reply), (FailureKind::Impossible, "a name has at most 100 dots"), "{request:?}");
        }
    });
}

/// A name is looked up; what is evaluated for it is a getter, and nothing that is misspelt.
#[test]
fn a_name_is_not_evaluated() {
    while_serving(options(Rights::EVALUATE), |session| {
        let mut client = connect(session);
        value(&mut client, "import shop\n1");
        for (what, wrong) in [("shop.nosuch", "`shop` has no `nosuch`"), ("shop.till.nosuch", "`shop.till` has no `nosuch`")] {
            for request in [Request::Inspect { what: what.into(), path: vec![], from: 0 }, Request::List { what: what.into() }] {
                let reply = client.ask(&request).expect("the program is there");
                let (kind, message) = failure(&reply);
                assert!(kind == FailureKind::Impossible && message.starts_with(wrong), "{request:?}: {message}");
            }
        }
        for (what, shown) in [("shop.till.sum", "50"), ("true", "true"), ("1 + 1", "2")] {
            let reply = client.ask(&Request::Inspect { what: what.into(), path: vec![], from: 0 }).expect("the program is there");
            assert_eq!(reply.inspected.map(|value| value.shown).as_deref(), Some(shown), "{what}");
        }
    });
}

/// An interrupt ends what its own client has asked, and neither the program nor what others ask.
#[test]
fn an_interrupt_ends_an_evaluation() {
    while_serving(options(Rights::ALL), |session| {
        let (mut busy, mut other) = (connect(session), connect(session));
        let (begun, begins) = channel();
        let interrupter = busy.interrupter();
        let of_other = other.interrupter();
        thread::scope(|scope| {
            let evaluating = scope.spawn(move || {
                for _ in 0..20 {
                    begun.send(()).expect("somebody waits");
                    let reply = busy.ask(&evaluate("while true { }")).expect("the program is there");
                    assert_eq!(failure(&reply).0, FailureKind::Interrupted);
                }
                drop(begun);
                busy
            });
            for () in begins {
                of_other.interrupt().expect("the program is there");
                let reply = thread::scope(|scope| {
                    let asked = scope.spawn(|| value(&mut other, "1 + 1"));
                    // As long as it is being begun there is nothing to interrupt.
                    while !asked.is_finished() {
                        interrupter.interrupt().expect("the program is there");
                        thread::yield_now();
                    }
                    asked.join().expect("it is answered")
                });
                assert_eq!(reply, "2");
            }
            // What comes behind the last interrupt is not meant.
            let mut busy = evaluating.join().expect("it is answered");
            assert_eq!(value(&mut busy, "6 * 7"), "42");
        });
    });
}

/// A client that goes away during its evaluation leaves nothing that runs.
#[test]
fn a_client_that_leaves_is_interrupted() {
    while_serving(options(Rights::ALL), |session| {
        let (mut stream, next) = greeted(session);
        writeln!(stream, "{{\"id\":1,\"op\":\"evaluate\",\"code\":\"while true {{ }}\"}}").expect("it is open");
        stream.shutdown(Shutdown::Both).expect("it is open");
        drop((stream, next));
        assert_eq!(value(&mut connect(session), "2 + 3"), "5");
    });
}

#[test]
fn a_wrong_token_lets_nobody_in() {
    while_serving(options(Rights::ALL), |session| {
        let wrong = SessionFile { token: "0".repeat(64), ..session.clone() };
        let Err(ClientError::Refused(reason)) = Client::connect(&wrong, "a stranger") else { panic!("it was let in") };
        assert!(reason.starts_with("`a stranger` has a wrong token"), "{reason}");
        for greeting in ["", "{}", "GET / HTTP/1.1", "{\"token\":\"\"}", "\u{0}\u{1}", "{\"op\":\"evaluate\",\"code\":\"1\"}"] {
            let (mut stream, mut next) = socket(session);
            writeln!(stream, "{greeting}").expect("it is open");
            let answer = next();
            assert!(answer.contains("\"ok\":false") && answer.contains("the first line"), "{greeting}: {answer}");
            assert_eq!(next(), "", "{greeting}");
        }
        // A stranger says much, and is not listened to.
        let (mut stream, _) = socket(session);
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
        assert_eq!(value(&mut connect(session), "1 + 2"), "3");
    });
}

#[test]
fn what_is_no_request_is_answered_and_survived() {
    while_serving(options(Rights::ALL), |session| {
        let (mut stream, mut next) = greeted(session);
        let deep = "[".repeat(100_000);
        let wrong = [
            "garbage",
            "{\"id\":1}",
            "{\"op\":\"nosuch\"}",
            "[]",
            "null",
            "{\"id\":{},\"op\":\"describe\"}",
            &deep,
            "{\"id\":1,\"op\":\"evaluate\"}",
        ];
        for line in wrong {
            writeln!(stream, "{line}").expect("it is open");
            let answer = next();
            assert!(answer.contains("\"ok\":false"), "{line}: {answer}");
        }
        stream.write_all(b"\xff\xfe\n\n").expect("it is open");
        assert!(next().contains("\"ok\":false"));
        writeln!(stream, "{{\"id\":\"a\",\"op\":\"evaluate\",\"code\":\"1 + 1\"}}").expect("it is open");
        let answer = next();
        assert!(answer.contains("\"id\":\"a\"") && answer.contains("\"value\":\"2\""), "{answer}");
    });
}

/// A line of a gigabyte takes no memory, and what comes behind it is answered.
#[test]
fn a_line_without_end_is_left_out() {
    while_serving(options(Rights::ALL), |session| {
        let (mut stream, mut next) = greeted(session);
        let chunk = vec![b'a'; 1 << 20];
        for _ in 0..1024 {
            stream.write_all(&chunk).expect("it is open");
        }
        writeln!(stream).expect("it is open");
        let answer = next();
        assert!(answer.contains("a line is longer than 16 MB"), "{answer}");
        writeln!(stream, "{{\"id\":2,\"op\":\"describe\"}}").expect("it is open");
        assert!(next().contains("\"id\":2,\"ok\":true"));
    });
}

/// Requests that are written without reading are answered in their order, up to a bound.
#[test]
fn requests_may_be_written_ahead() {
    while_serving(options(Rights::ALL), |session| {
        let (mut stream, mut next) = greeted(session);
        let lines: String = (0..40).map(|i| format!("{{\"id\":{i},\"op\":\"evaluate\",\"code\":\"{i} + 0\"}}\n")).collect();
        stream.write_all(lines.as_bytes()).expect("it is open");
        for i in 0..40 {
            let answer = next();
            assert!(answer.contains(&format!("\"id\":{i},")) && answer.contains(&format!("\"value\":\"{i}\"")), "{answer}");
        }
        let endless = "{\"id\":1,\"op\":\"evaluate\",\"code\":\"while true { }\"}\n".repeat(200);
        stream.write_all(endless.as_bytes()).expect("it is open");
        let answer = next();
        assert!(answer.contains("64 requests of this client wait already"), "{answer}");
    });
}

#[test]
fn there_is_room_for_so_many_clients() {
    while_serving(ServerOptions { clients_max: 2, ..options(Rights::ALL) }, |session| {
        let (first, _second) = (connect(session), connect(session));
        let Err(ClientError::Refused(reason)) = Client::connect(session, "a third") else { panic!("it was let in") };
        assert_eq!(reason, "2 clients are connected already; end one of them");
        drop(first);
        while Client::connect(session, "a third").is_err() {}
    });
}

/// When the server ends, its clients are told by the end of the connection, and its file is gone.
#[test]
fn the_end_of_a_server_is_noticed() {
    let directory = std::env::temp_dir().join(format!("lang-serving-{}", std::process::id()));
    let mut vm: Vm = new_vm(VmOptions::default());
    let announced = Announced::In(directory.clone());
    let server = Server::start(&vm, ServerOptions { announced, ..options(Rights::ALL) }).expect("there are sockets");
    let found = vm::session::sessions_in(&directory);
    assert_eq!(found, [server.session().clone()]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        for entry in std::fs::read_dir(&directory).expect("it is there") {
            assert_eq!(mode(&entry.expect("it is there").path()), 0o600);
        }
    }
    let session = found[0].clone();
    let asks = thread::spawn(move || {
        let mut client = connect(&session);
        let reply = client.ask(&evaluate("1 + 1"));
        (reply.expect("it is there").value, client.ask(&Request::Describe))
    });
    while server.serve(&mut vm) == 0 {}
    drop(server);
    let (value, after) = asks.join().expect("no panic");
    assert_eq!(value.as_deref(), Some("2"));
    assert!(matches!(after, Err(ClientError::Ended)), "{after:?}");
    assert_eq!(vm::session::sessions_in(&directory), []);
    assert_eq!(std::fs::read_dir(&directory).expect("it is there").count(), 0);
    std::fs::remove_dir(&directory).expect("it is empty");
}

/// What ended without saying so is forgotten by who lists what serves.
#[test]
fn stale_files_are_removed() {
    let directory = std::env::temp_dir().join(format!("lang-stale-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let vm: Vm = new_vm(VmOptions::default());
    let server = Server::start(&vm, options(Rights::ALL)).expect("there are sockets");
    let session = server.session().clone();
    // The process is there, and listens no more.
    drop(server);
    let text = format!(
        "{{\"address\":\"{}\",\"token\":\"\",\"pid\":{},\"program\":\"a\",\"directory\":\"/\",\"started\":1,\"rights\":{{\"look\":true,\"evaluate\":true,\"change\":true}}}}",
        session.address, session.pid
    );
    std::fs::write(directory.join("stale.json"), text).expect("it can be written");
    std::fs::write(directory.join("foreign.json"), "{}").expect("it can be written");
    assert_eq!(vm::session::sessions_in(&directory), []);
    assert!(!directory.join("stale.json").exists());
    assert!(directory.join("foreign.json").exists(), "it belongs to somebody else");
    std::fs::remove_dir_all(&directory).expect("it is there");
}

/// A client that asks and does not read holds up nobody.
#[test]
fn a_client_that_does_not_read_holds_up_nobody() {
    while_serving(options(Rights::ALL), |session| {
        let (mut stream, _next) = greeted(session);
        let big = "{\"id\":1,\"op\":\"evaluate\",\"code\":\"\\\"x\\\" * 1000000\"}\n".repeat(50);
        stream.write_all(big.as_bytes()).expect("it is open");
        assert_eq!(value(&mut connect(session), "3 + 4"), "7");
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("the first reply has come");
    });
}
