//! Clients that send requests without a pause while the script of the server is edited: each request is answered, by the right session.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// After this long what is expected counts as missing.
const PATIENCE: Duration = Duration::from_secs(60);

/// Clients that send all the time.
const CLIENTS: usize = 4;

const SCRIPT: &str = include_str!("../session.lang");

/// A running server with a script of its own. Ended when dropped.
struct Daemon {
    child: Child,
    address: String,
    script: PathBuf,
}

impl Daemon {
    fn start() -> Daemon {
        let script = std::env::temp_dir().join(format!("lang-daemon-{}.lang", std::process::id()));
        fs::write(&script, SCRIPT).expect("the temporary directory can be written");
        let mut child = Command::new(env!("CARGO_BIN_EXE_daemon"))
            .args([script.to_str().expect("an ordinary path"), "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it has been built");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it says where it listens");
        let address = line.trim().strip_prefix("listening on ").expect("an address").to_owned();
        Daemon { child, address, script }
    }

    /// Saves as editors do that replace the file.
    fn save(&self, text: &str) {
        let new = self.script.with_extension("new");
        fs::write(&new, text).expect("the temporary directory can be written");
        fs::rename(&new, &self.script).expect("made above");
    }

    fn connect(&self) -> Client {
        Client::new(&self.address)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.script);
    }
}

struct Client {
    stream: TcpStream,
    answers: BufReader<TcpStream>,
    sent: usize,
}

impl Client {
    fn new(address: &str) -> Client {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time above 0");
        stream.set_nodelay(true).expect("it is connected");
        Client { answers: BufReader::new(stream.try_clone().expect("it is connected")), stream, sent: 0 }
    }

    /// Sends the next request; gives its answer, which has its number.
    #[track_caller]
    fn ask(&mut self, words: &str) -> String {
        self.sent += 1;
        self.stream.write_all(format!("{} {words}\n", self.sent).as_bytes()).expect("it is connected");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("it is answered in time");
        match answer.trim_end().split_once(' ') {
            Some((number, text)) if number == self.sent.to_string() => text.to_owned(),
            _ => panic!("request {} ({words}) was answered with {answer:?}", self.sent),
        }
    }

    /// Asks until the answer is this one.
    #[track_caller]
    fn ask_until(&mut self, words: &str, expected: &str) {
        let start = Instant::now();
        loop {
            let answer = self.ask(words);
            if answer == expected {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{expected:?} did not come; the last answer was {answer:?}");
        }
    }
}

/// Tells the clients to stop when it is dropped, also by a test that fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Sends requests until it is told to stop, and checks every answer. How many there were.
fn send_all_the_time(mut client: Client, is_over: &AtomicBool) -> usize {
    let session = client.ask("count").rsplit(' ').next().expect("a number").to_owned();
    while !is_over.load(Ordering::Relaxed) {
        let answer = client.ask("count");
        let expected = format!("request {} of session {session}", client.sent);
        // Edits put words in front, or points behind.
        assert!(answer.contains(&expected), "{answer:?} instead of {expected:?}");
        assert!(client.ask("add 1 2 3").contains("sum 6"));
    }
    client.sent
}

#[test]
fn not_one_request_fails_while_the_script_is_edited() {
    let daemon = Daemon::start();
    let mut probe = daemon.connect();
    assert_eq!(probe.ask("hello there"), "you said: hello there");
    let is_over = AtomicBool::new(false);
    let answered: usize = thread::scope(|scope| {
        let clients: Vec<_> =
            (0..CLIENTS).map(|_| daemon.connect()).map(|client| scope.spawn(|| send_all_the_time(client, &is_over))).collect();
        let end = End(&is_over);
        edit_all_the_time(&daemon, &mut probe);
        drop(end);
        clients.into_iter().map(|client| client.join().expect("each of its requests was answered")).sum()
    });
    assert_eq!(probe.ask("count"), format!("request {} of session 1, last: count", probe.sent));
    println!("{answered} requests of {CLIENTS} clients were answered");
    assert!(answered >= 2 * CLIENTS);
}

fn edit_all_the_time(daemon: &Daemon, probe: &mut Client) {
    for round in 0..10 {
        // The text of a function.
        let said = SCRIPT.replace("you said: ", &format!("round {round}: "));
        daemon.save(&said);
        probe.ask_until("hello", &format!("round {round}: hello"));
        // A slot that sessions do not have yet.
        let with_slot = said
            .replace("slot requests = 0", "slot requests = 0\n    slot words = [\"before\"]")
            .replace("let [id, ...words] = line.split()", "let [id, ...words] = line.split()\n        self.words.push(...words)")
            .replace("round ", "${session.words.first()} round ");
        daemon.save(&with_slot);
        probe.ask_until("hello", &format!("before round {round}: hello"));
        // Texts that do not hold, one of which fails when it is brought in, change nothing.
        daemon.save(with_slot.split_inclusive("match words {").next().expect("its first half"));
        assert_eq!(probe.ask("hello"), format!("before round {round}: hello"));
        daemon.save(&format!("{with_slot}\nconst LIMIT = nil.nosuch\n"));
        assert_eq!(probe.ask("hello"), format!("before round {round}: hello"));
        // The slot becomes another one, computed from the old one.
        let with_hook = with_slot
            .replace("slot words = [\"before\"]", "slot last = \"none\"\n    migrate(old) { self.last = old.words.last() }")
            .replace("self.words.push(...words)", "self.last = words.join(\" \")")
            .replace("${session.words.first()} ", "")
            .replace("of session ${session.number}", "of session ${session.number}, last: ${session.last}");
        daemon.save(&with_hook.replace(", last:", ".. last:"));
        probe.ask_until("hello", &format!("round {round}: hello"));
        daemon.save(&with_hook);
        probe.ask_until("hello", &format!("round {round}: hello"));
    }
    let start = Instant::now();
    while !probe.ask("count").ends_with("last: count") {
        assert!(start.elapsed() < PATIENCE);
    }
}
