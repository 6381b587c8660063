//! Clients of nREPL. What foreign ones make of it is tested by `editors/test-nrepl`.

use crate::folder::Folder;
use crate::running::Running;
use crate::{LANG, PATIENCE};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

/// A server, and a connection to it.
struct Server {
    running: Running,
    port: String,
}

impl Server {
    fn start(folder: &Folder, args: &[&str]) -> Server {
        let mut running = Running::of(Command::new(LANG).args(args).current_dir(folder.path()));
        let line = running.wait_for("nREPL server started on port ");
        let port = line.rsplit_once(':').expect("an address").1.to_owned();
        assert_eq!(line, format!("nREPL server started on port {port} on host 127.0.0.1 - nrepl://127.0.0.1:{port}"));
        running.wait_for("warning: nREPL has no token");
        Server { running, port }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(format!("127.0.0.1:{}", self.port)).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        stream
    }
}

/// A message of texts, as bencode. Keys are given in their order.
fn message(entries: &[(&str, &str)]) -> String {
    let text = |text: &str| format!("{}:{text}", text.len());
    let entries: String = entries.iter().map(|(key, value)| text(key) + &text(value)).collect();
    format!("d{entries}e")
}

/// Sends a message and reads until one that ends with all of `ends`: what came, as it came.
fn ask(stream: &mut TcpStream, entries: &[(&str, &str)], ends: &str) -> String {
    stream.write_all(message(entries).as_bytes()).expect("it is open");
    read_until(stream, ends)
}

fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&seen).contains(end) {
        let count = stream.read(&mut byte).expect("it answers");
        assert!(count > 0, "`{end}` did not come, but: {}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&byte);
    }
    String::from_utf8_lossy(&seen).into_owned()
}

const DONE: &str = "6:statusl4:doneee";

#[test]
fn text_is_evaluated() {
    let folder = Folder::with(&[("bank.lang", "fn rate(days) { 1200 // days }\n")]);
    let server = Server::start(&folder, &["serve", "--nrepl", "bank.lang"]);
    assert_eq!(std::fs::read_to_string(folder.path().join(".nrepl-port")).expect("it was written"), server.port);
    let mut stream = server.connect();
    let described = ask(&mut stream, &[("id", "1"), ("op", "describe")], DONE);
    for op in [
        "clone",
        "close",
        "completions",
        "eval",
        "forward-system-output",
        "inspect",
        "interrupt",
        "load-file",
        "lookup",
        "ls-sessions",
        "stdin",
    ] {
        assert!(described.contains(&format!(":{op}de")), "{op}: {described}");
    }
    let answer = ask(&mut stream, &[("code", "print(\"hi\"); 40 + 2"), ("id", "2"), ("op", "eval")], DONE);
    let (out, value) = (answer.find("3:out3:hi\n").expect("it was printed"), answer.find("5:value2:42").expect("it has a value"));
    assert!(out < value, "{answer}");
    let answer = ask(&mut stream, &[("code", "import bank\nbank.rate(4)"), ("id", "3"), ("op", "eval")], DONE);
    assert!(answer.contains("5:value3:300"), "{answer}");
    let answer = ask(&mut stream, &[("code", "nosuch"), ("id", "4"), ("op", "eval")], DONE);
    assert!(answer.contains("10:eval-error") && answer.contains("2:ex9:NameError") && answer.contains("3:err"), "{answer}");
    let answer = ask(&mut stream, &[("id", "5"), ("op", "completions"), ("prefix", "bank.ra")], DONE);
    assert!(answer.contains("9:candidate9:bank.rate"), "{answer}");
    let answer = ask(&mut stream, &[("id", "6"), ("op", "lookup"), ("sym", "bank.rate")], DONE);
    assert!(answer.contains("12:arglists-str13:fn rate(days)") && answer.contains("4:linei1e"), "{answer}");
    ask(&mut stream, &[("id", "7"), ("op", "nosuch")], "10:unknown-op4:donee");
}

#[test]
fn completions_tell_leaks() {
    let folder = Folder::with(&[("bank.lang", "fn rate() { 1 }\nlet keep = rate\n")]);
    let server = Server::start(&folder, &["serve", "--nrepl", "bank.lang"]);
    let mut stream = server.connect();
    let rate = |stream: &mut TcpStream| ask(stream, &[("id", "1"), ("op", "completions"), ("prefix", "bank.ra")], DONE);
    ask(&mut stream, &[("code", "import bank"), ("id", "0"), ("op", "eval")], DONE);
    assert!(rate(&mut stream).contains("4:type8:function"));
    folder.write("bank.lang", "let keep = rate\n");
    let reloaded = ask(&mut stream, &[("code", "import live\nlive.reload().ok"), ("id", "2"), ("op", "eval")], DONE);
    assert!(reloaded.contains("5:value4:true"), "{reloaded}");
    let answer = rate(&mut stream);
    assert!(answer.contains("9:candidate9:bank.rate") && answer.contains("4:type15:leaked function"), "{answer}");
}

#[test]
fn sessions_are_apart() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["serve", "--nrepl"]);
    let mut stream = server.connect();
    let mut clone = || {
        let answer = ask(&mut stream, &[("id", "c"), ("op", "clone")], DONE);
        let at = answer.find("11:new-session").expect("there is one") + "11:new-session".len();
        let (length, rest) = answer[at..].split_once(':').expect("a text");
        rest[..length.parse::<usize>().expect("a number")].to_owned()
    };
    let (first, second) = (clone(), clone());
    let set = |stream: &mut TcpStream, session: &str, code: &str| {
        ask(stream, &[("code", code), ("id", "e"), ("op", "eval"), ("session", session)], DONE)
    };
    set(&mut stream, &first, "let x = 11");
    assert!(set(&mut stream, &second, "x").contains("NameError"));
    assert!(set(&mut stream, &first, "x").contains("5:value2:11"));
    let listed = ask(&mut stream, &[("id", "l"), ("op", "ls-sessions")], DONE);
    assert!(listed.contains(&first) && listed.contains(&second), "{listed}");
    ask(&mut stream, &[("id", "x"), ("op", "close"), ("session", &first)], "14:session-closed4:donee");
    ask(&mut stream, &[("id", "y"), ("op", "eval"), ("session", &first)], "15:unknown-session");
}

#[test]
fn an_evaluation_is_interrupted() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["serve", "--nrepl"]);
    let (mut stream, mut other) = (server.connect(), server.connect());
    for _ in 0..5 {
        let code = "while true { }";
        stream.write_all(message(&[("code", code), ("id", "w"), ("op", "eval")]).as_bytes()).expect("it is open");
        stream.write_all(message(&[("id", "i"), ("interrupt-id", "w"), ("op", "interrupt")]).as_bytes()).expect("it is open");
        let answer = read_until(&mut stream, "11:interrupted");
        assert!(!answer.contains("session-idle"), "{answer}");
        // The two last messages, in either order.
        let rest = ask(&mut stream, &[("code", "1 + 1"), ("id", "v"), ("op", "eval")], "5:value1:2");
        assert!(!rest.contains("error"), "{rest}");
        read_until(&mut stream, DONE);
    }
    ask(&mut stream, &[("id", "i"), ("op", "interrupt")], "12:session-idle4:donee");
    // Who goes away leaves nothing that runs.
    let mut gone = server.connect();
    gone.write_all(message(&[("code", "while true { }"), ("id", "w"), ("op", "eval")]).as_bytes()).expect("it is open");
    drop(gone);
    ask(&mut other, &[("code", "2 + 3"), ("id", "v"), ("op", "eval")], "5:value1:5");
}

#[test]
fn input_and_output_go_through_clients() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["serve", "--nrepl"]);
    let mut stream = server.connect();
    ask(&mut stream, &[("code", "\"<\" + input(\"? \") + \">\""), ("id", "r"), ("op", "eval")], "10:need-input");
    stream.write_all(message(&[("id", "s"), ("op", "stdin"), ("stdin", "typed\n")]).as_bytes()).expect("it is open");
    read_until(&mut stream, "5:value9:\"<typed>\"");
    read_until(&mut stream, DONE);
    ask(&mut stream, &[("id", "f"), ("op", "forward-system-output")], DONE);
    let code = "import task\ntask.spawn(|| do { for i in 0..3 { print(\"of a task\", i) } })\nnil";
    stream.write_all(message(&[("code", code), ("id", "t"), ("op", "eval")]).as_bytes()).expect("it is open");
    read_until(&mut stream, "of a task 2");
}

/// The end of the server is not taken back by what is asked behind it.
#[test]
fn exit_ends_a_server_that_is_asked_on() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["serve", "--nrepl"]);
    let mut stream = server.connect();
    let behind = message(&[("code", "1 + 1"), ("id", "b"), ("op", "eval")]).repeat(20);
    let messages = message(&[("code", "exit(9)"), ("id", "e"), ("op", "eval")]) + &behind;
    stream.write_all(messages.as_bytes()).expect("it is open");
    assert_eq!(server.running.status(), Some(9));
}

/// Who is sent away is told why.
#[test]
fn there_is_room_for_so_many_connections() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["serve", "--nrepl"]);
    let mut connected: Vec<TcpStream> = (0..32).map(|_| server.connect()).collect();
    for stream in &mut connected {
        ask(stream, &[("id", "1"), ("op", "ls-sessions")], DONE);
    }
    read_until(&mut server.connect(), "32 clients are connected already; end one of them");
    connected.pop();
    let until = std::time::Instant::now() + PATIENCE;
    loop {
        let mut stream = server.connect();
        stream.write_all(message(&[("id", "1"), ("op", "ls-sessions")]).as_bytes()).expect("it is open");
        let mut byte = [0; 64];
        let count = stream.read(&mut byte).unwrap_or(0);
        if String::from_utf8_lossy(&byte[..count]).contains("sessions") {
            break;
        }
        assert!(std::time::Instant::now() < until, "there is never room");
    }
}

#[test]
fn garbage_is_survived_and_the_end_is_clean() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["serve", "--nrepl"]);
    for wrong in ["garbage", "i5e", "99999999999:", "d1:ai1e", "GET / HTTP/1.1\r\n\r\n"] {
        let mut stream = server.connect();
        stream.write_all(wrong.as_bytes()).expect("it is open");
        stream.shutdown(std::net::Shutdown::Write).expect("it is open");
        let mut rest = Vec::new();
        // It may be cut with something unread.
        let _ = stream.read_to_end(&mut rest);
    }
    let mut stream = server.connect();
    ask(&mut stream, &[("code", "6 * 7"), ("id", "v"), ("op", "eval")], "5:value2:42");
    server.running.interrupt();
    assert_eq!(server.running.status(), Some(130));
    assert!(!folder.path().join(".nrepl-port").exists());
}

#[test]
fn values_are_inspected() {
    let folder = Folder::with(&[(
        "bank.lang",
        "class Account { slot owner = \"ann\"; slot parts = nil }\nlet first = Account()\nfirst.parts = [first, 7]\n",
    )]);
    let server = Server::start(&folder, &["serve", "--nrepl", "bank.lang"]);
    let mut stream = server.connect();
    let inspect = |stream: &mut TcpStream, what: &str, path: &str| {
        let path = if path.is_empty() { String::new() } else { format!("4:path{path}") };
        let text = format!("d2:id1:i2:op7:inspect{path}4:what{}:{what}e", what.len());
        stream.write_all(text.as_bytes()).expect("it is open");
        read_until(stream, "4:doneee")
    };
    let answer = inspect(&mut stream, "bank.first", "");
    for part in ["5:class12:bank.Account", "5:counti2e", "4:name5:owner6:numberi0e5:value5:\"ann\"", "6:layout"] {
        assert!(answer.contains(part), "{part}: {answer}");
    }
    // On from there by numbers, round a circle.
    for (what, path, expected) in [
        ("", "li1ei1ee", "5:value1:7"),
        ("[1][0]", "", "5:class12:bank.Account"),
        ("[1]", "li0ei1ee", "5:class4:List"),
        ("", "li5ee", "has no part 5"),
        ("", "l1:xe", "7:no-path"),
        ("nosuch", "", "there is no `nosuch`"),
        ("print(\"out\"); [4]", "", "3:out4:out\n"),
    ] {
        let answer = inspect(&mut stream, what, path);
        assert!(answer.contains(expected), "{what} {path}: {expected}: {answer}");
    }
}
