//! A program of a host that serves: clients ask it while it runs, and nothing they do harms it.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};
use stdlib::new_vm;
use vm::embed::{Error, Vm, VmOptions};
use vm::object::Interrupt;
use vm::session::{
    Announced, Client, ClientError, Desk, Event, EventKind, FailureKind, Position, RegionKind, Reply, Request, Rights, Server,
    ServerOptions, SessionFile,
};

/// A program that runs until its clients have done what they want.
const PROGRAM: &str = "\
let turns = 0
let price = 10
let asked = 0
class Till { slot coins = 5; get sum { asked += 1; self.coins * price } }
let till = Till()
fn main() { while true { turns += 1 } }
";

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

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

/// Connects as one who gets a namespace that somebody else had. That it is free is known when the end of that connection has arrived.
fn connect_as(session: &SessionFile, namespace: &str) -> Client {
    let until = Instant::now() + PATIENCE;
    loop {
        let client = connect(session);
        if client.welcome().namespace == namespace {
            return client;
        }
        assert!(Instant::now() < until, "`{namespace}` is never free");
    }
}

/// Asks what is answered some time.
fn ask(client: &mut Client, request: &Request) -> Reply {
    client.ask_within(request, PATIENCE).expect("the program answers")
}

fn evaluate(code: &str) -> Request {
    Request::Evaluate { code: code.into(), namespace: None, file: None, at: None }
}

fn value(client: &mut Client, code: &str) -> String {
    let reply = ask(client, &evaluate(code));
    reply.value.clone().unwrap_or_else(|| panic!("{code}: {reply:?}"))
}

fn failure(reply: &Reply) -> (FailureKind, &str) {
    let error = reply.error.as_ref().unwrap_or_else(|| panic!("{reply:?}"));
    (error.kind, &error.message)
}

/// A socket to the program, and what comes out of it.
fn socket(session: &SessionFile) -> (TcpStream, impl FnMut() -> String + use<>) {
    let stream = TcpStream::connect(session.address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.set_write_timeout(Some(PATIENCE)).expect("a socket");
    let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
    let next = move || {
        let mut line = String::new();
        // A connection that is cut has nothing more to say.
        match reader.read_line(&mut line) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => panic!("nothing comes"),
            _ => line,
        }
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
        connect_as(session, "repl");
    });
}

/// Values that a client has been shown are not shown to who gets its namespace.
#[test]
fn values_are_forgotten_with_their_client() {
    while_serving(options(Rights::ALL), |session| {
        let mut first = connect(session);
        value(&mut first, "\"secret\"");
        assert!(!ask(&mut first, &evaluate("nosuch")).ok);
        value(&mut first, "let kept = 3; kept");
        drop(first);
        let mut second = connect_as(session, "repl");
        assert_eq!(value(&mut second, "[_, _1, _2, _e, kept]"), "[nil, nil, nil, nil, 3]");
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
        assert!(ask(&mut client, &Request::Describe).ok);
        for refused in [evaluate("1"), Request::Undo, Request::Inspect { what: "shop.main()".into(), path: vec![], from: 0 }] {
            let reply = ask(&mut client, &refused);
            let (kind, message) = failure(&reply);
            assert_eq!(kind, FailureKind::Forbidden, "{refused:?}");
            assert!(message.starts_with("the program does not let its clients "), "{message}");
        }
        // A property runs code, though it is a name.
        let inspect = |what: &str| Request::Inspect { what: what.into(), path: vec![], from: 0 };
        let shown = |reply: Reply| reply.inspected.map(|value| value.shown);
        assert_eq!(shown(ask(&mut client, &inspect("shop.till.coins"))).as_deref(), Some("5"));
        for request in [inspect("shop.till.sum"), inspect("shop.nosuch"), Request::List { what: "shop.till.sum".into() }] {
            let reply = ask(&mut client, &request);
            assert_eq!(failure(&reply).0, FailureKind::Forbidden, "{request:?}");
        }
        assert_eq!(shown(ask(&mut client, &inspect("shop.asked"))).as_deref(), Some("0"));
        // A name that cannot be looked up is not evaluated instead.
        let long = format!("shop{}", ".till".repeat(101));
        for request in [inspect(&long), Request::List { what: long.clone() }] {
            let reply = ask(&mut client, &request);
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
                let reply = ask(&mut client, &request);
                let (kind, message) = failure(&reply);
                assert!(kind == FailureKind::Impossible && message.starts_with(wrong), "{request:?}: {message}");
            }
        }
        for (what, shown) in [("shop.till.sum", "50"), ("true", "true"), ("1 + 1", "2")] {
            let reply = ask(&mut client, &Request::Inspect { what: what.into(), path: vec![], from: 0 });
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
                    let reply = ask(&mut busy, &evaluate("while true { }"));
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

/// A line of many megabytes takes no memory, and what comes behind it is answered.
#[test]
fn a_line_without_end_is_left_out() {
    while_serving(options(Rights::ALL), |session| {
        let (mut stream, mut next) = greeted(session);
        let chunk = vec![b'a'; 1 << 20];
        for _ in 0..64 {
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
        let until = Instant::now() + PATIENCE;
        while Client::connect(session, "a third").is_err() {
            assert!(Instant::now() < until, "there is never room");
        }
    });
}

/// Who has no token takes no client's place.
#[test]
fn strangers_lock_nobody_out() {
    while_serving(ServerOptions { clients_max: 2, ..options(Rights::ALL) }, |session| {
        let _silent: Vec<_> = (0..4).map(|_| socket(session)).collect();
        assert_eq!(value(&mut connect(session), "1 + 1"), "2");
    });
}

/// More of them than there is room for are sent away, and the rest is when it has said nothing for a while.
#[test]
fn there_is_room_for_so_many_strangers() {
    while_serving(options(Rights::ALL), |session| {
        let mut silent: Vec<_> = (0..33).map(|_| socket(session)).collect();
        let (_last, mut next) = silent.pop().expect("one of them");
        assert!(next().contains("many connect at once; try it again"));
        for (_, next) in &mut silent {
            assert!(next().contains("there was no greeting"));
        }
        assert_eq!(value(&mut connect(session), "1 + 1"), "2");
    });
}

/// Others could put their files into the place of the user's, so that a client shows them its token.
#[test]
#[cfg(unix)]
fn a_directory_of_others_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let directory = std::env::temp_dir().join(format!("lang-others-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let vm: Vm = new_vm(VmOptions::default());
    let start = |mode: u32| {
        std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(mode)).expect("it is ours");
        let announced = Announced::In(directory.clone());
        let started = Server::start(&vm, ServerOptions { announced, ..options(Rights::ALL) }).map(drop);
        let left = std::fs::metadata(&directory).expect("it is there").permissions().mode() & 0o777;
        (started.map_err(|error| error.kind()), left)
    };
    assert_eq!(start(0o777), (Err(ErrorKind::PermissionDenied), 0o777));
    assert_eq!(start(0o755), (Ok(()), 0o755));
    std::fs::remove_dir(&directory).expect("it is empty");
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
    let (over, is_over) = channel();
    let asks = thread::spawn(move || {
        let mut client = connect(&session);
        let reply = ask(&mut client, &evaluate("1 + 1"));
        // A request that came at once could still be served with the first.
        is_over.recv_timeout(PATIENCE).expect("the program serves no more");
        (reply.value, client.ask_within(&Request::Describe, PATIENCE))
    });
    let until = Instant::now() + PATIENCE;
    while server.serve(&mut vm) == 0 {
        assert!(Instant::now() < until, "nothing is asked");
    }
    over.send(()).expect("the client waits");
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
#[cfg(target_os = "linux")]
fn stale_files_are_removed() {
    let directory = std::env::temp_dir().join(format!("lang-stale-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    // No process has this number, whatever listens there.
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are sockets");
    let address = listener.local_addr().expect("a socket");
    let text = format!(
        "{{\"address\":\"{address}\",\"token\":\"\",\"pid\":{},\"program\":\"a\",\"directory\":\"/\",\"started\":1,\"rights\":{{\"look\":true,\"evaluate\":true,\"change\":true}}}}",
        u32::MAX
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

/// What has told the program to stop is not lost to what a client asks.
#[test]
fn a_program_that_is_to_stop_serves_nobody_before() {
    let mut vm: Vm = new_vm(VmOptions::default());
    vm.load_texts(vec![("shop.lang".into(), PROGRAM.into())]).expect("the program is correct");
    let desk = Desk::new(&vm, None);
    let visitor = desk.door().enter(Rights::ALL).expect("it is open");
    let (tell, told) = channel();
    visitor.ask(evaluate("1 + 1"), move |reply| tell.send(reply).expect("somebody waits"));
    vm.cancel_flag().store(true, Ordering::Relaxed);
    assert_eq!(desk.serve(&mut vm), 0);
    let ended = vm.call::<_, ()>("shop.main", ());
    assert!(matches!(ended, Err(Error::Interrupted(Interrupt::Cancelled))), "{ended:?}");
    assert_eq!(desk.serve(&mut vm), 1);
    assert_eq!(told.try_recv().expect("it was answered").value.as_deref(), Some("2"));
}

/// What waits behind the end of the program is not carried out, and takes the end not back.
#[test]
fn nothing_is_carried_out_behind_the_end_of_the_program() {
    let mut vm: Vm = new_vm(VmOptions::default());
    let desk = Desk::new(&vm, None);
    let visitor = desk.door().enter(Rights::ALL).expect("it is open");
    let (tell, told) = channel();
    for code in ["exit(3)", "1 + 1"] {
        let tell = tell.clone();
        visitor.ask(evaluate(code), move |reply| tell.send(reply).expect("somebody waits"));
    }
    let served = desk.serve_with(&mut vm, |vm, session, request| {
        let reply = session.answer(vm, request);
        if reply.ok { ControlFlow::Continue(reply) } else { ControlFlow::Break(reply) }
    });
    assert_eq!(served, 1);
    assert!(vm.cancel_flag().load(Ordering::Relaxed));
    assert_eq!(told.try_recv().expect("it was answered").error.and_then(|error| error.exit), Some(3));
    assert!(told.try_recv().is_err());
}

/// A panic of a request is seen, and leaves a desk that serves.
#[test]
fn a_panic_leaves_a_desk_that_serves() {
    let mut vm: Vm = new_vm(VmOptions::default());
    let desk = Desk::new(&vm, None);
    let visitor = desk.door().enter(Rights::ALL).expect("it is open");
    visitor.ask(evaluate("1"), |_| panic!("it is never answered"));
    let panics = std::panic::AssertUnwindSafe(|| desk.serve_with(&mut vm, |_, _, _| panic!("on purpose")));
    assert!(std::panic::catch_unwind(panics).is_err());
    assert!(!desk.is_serving());
    let (tell, told) = channel();
    visitor.ask(evaluate("2"), move |reply| tell.send(reply).expect("somebody waits"));
    assert_eq!(desk.serve(&mut vm), 1);
    assert_eq!(told.try_recv().expect("it was answered").value.as_deref(), Some("2"));
}

/// What a client has not read is kept for it up to a bound; then it is not listened to.
#[test]
fn a_client_that_does_not_read_is_not_listened_to() {
    while_serving(options(Rights::ALL), |session| {
        let (mut stream, mut next) = greeted(session);
        stream.set_write_timeout(Some(Duration::from_secs(1))).expect("a socket");
        // The reply says what is unknown.
        let unknown = format!("{{\"id\":1,\"op\":\"{}\"}}\n", "x".repeat(1 << 18));
        // The sockets of the system take so much.
        let is_held_up = (0..1 << 9).any(|_| stream.write_all(unknown.as_bytes()).is_err());
        assert!(is_held_up, "128 MB were read of somebody who reads nothing");
        assert!(next().contains("this is no request"));
        assert_eq!(value(&mut connect(session), "3 + 4"), "7");
    });
}

#[test]
fn clients_that_listen_hear_of_what_is_done() {
    while_serving(options(Rights::ALL), |session| {
        let (mut first, mut second) = (connect(session), connect(session));
        let listen = |client: &mut Client| {
            let (sender, events) = channel();
            let reply = client.listen(move |reply| drop(sender.send(reply))).expect("the program is there");
            assert!(reply.ok, "{reply:?}");
            events
        };
        let (heard_first, heard_second) = (listen(&mut first), listen(&mut second));
        let mut load = |text: &str| {
            let at = Position { line: 1, column: 1 };
            let (file, text) = ("till.lang".to_owned(), text.to_owned());
            first.ask(&Request::EvaluateRegion { file, text, kind: RegionKind::File, at, to: None }).expect("it answers")
        };
        assert!(load("let a = 1\n").ok);
        assert!(load("let a = 2\n").ok);
        assert!(!load("let a = (\n").ok);
        for (heard, is_own) in [(&heard_first, true), (&heard_second, false)] {
            let event = |ok: bool| {
                let reply = heard.recv_timeout(PATIENCE).expect("it is told");
                assert_eq!(reply.event, Some(Event { kind: EventKind::Reload, is_own, missed: 0 }));
                assert_eq!((reply.ok, reply.data.is_some()), (ok, true), "{reply:?}");
                reply
            };
            event(true);
            assert!(event(true).text.is_some_and(|text| text.starts_with("till.lang: committed")));
            let refused = event(false).error.expect("it says why");
            assert_eq!((refused.notes[0].file.as_str(), refused.notes[0].range.start.line), ("till.lang", 1), "{refused:?}");
        }
        drop(second);
        // What the program does itself is told as well, and who has gone is told nothing.
        let code = "import live; live.undo()".to_owned();
        let reply = first.ask(&Request::Evaluate { code, namespace: None, file: None, at: None }).expect("it answers");
        assert!(reply.ok && reply.value.is_some(), "{reply:?}");
        assert!(heard_first.recv_timeout(PATIENCE).expect("it is told").ok);
        assert!(heard_second.recv().is_err());
    });
}

#[test]
fn who_may_not_look_cannot_listen() {
    let nothing = Rights { look: false, evaluate: false, change: false };
    while_serving(options(nothing), |session| {
        let reply = connect(session).listen(|_| {}).expect("it answers");
        assert_eq!(reply.error.map(|error| error.kind), Some(FailureKind::Forbidden));
    });
}

#[test]
fn who_reads_nothing_is_told_how_much_was_left_out() {
    while_serving(options(Rights::ALL), |session| {
        let (mut idle, mut busy) = (TcpStream::connect(session.address).expect("it listens"), connect(session));
        idle.write_all(format!("{{\"token\":\"{}\"}}\n{{\"id\":1,\"op\":\"listen\"}}\n", session.token).as_bytes())
            .expect("it reads");
        let mut lines = BufReader::new(idle.try_clone().expect("a socket")).lines();
        for _ in 0..2 {
            lines.next().expect("a line").expect("it is read");
        }
        // What does not fit into the socket is not kept without bound.
        let long = "x".repeat(1 << 16);
        let mut load = |value: usize| {
            let text = format!("let {long} = {value}\n");
            let (file, at) = ("long.lang".to_owned(), Position { line: 1, column: 1 });
            assert!(
                busy.ask(&Request::EvaluateRegion { file, text, kind: RegionKind::File, at, to: None }).expect("it answers").ok
            );
        };
        (0..200).for_each(&mut load);
        let is_told = (0..400).any(|turn| {
            let line = lines.next().expect("a line").expect("it is read");
            load(turn);
            serde_json::from_str::<Reply>(&line).expect("a reply").event.expect("an event").missed > 0
        });
        assert!(is_told);
    });
}
