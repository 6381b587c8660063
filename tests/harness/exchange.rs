//! Programs that pages of the manual start and leave running, and clients that talk to them: what differs from run to run, as a process's
//! number, is shown in one way.

use serde_json::{Map, Value, json};
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Longest time to wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long nothing more must come when what is shown is recorded.
const QUIET: Duration = Duration::from_millis(1500);

/// What pages show for the folder of a section.
pub const FOLDER: &str = "/home/ann/bank";

/// What pages show for what differs from run to run.
const PID: &str = "4711";
const PORT: &str = "7888";
const TOKEN: &str = "5a17…";
const STARTED: &str = "1767225600";

/// A program that goes on running. It is ended with the value.
pub struct Serving {
    child: Child,
    lines: Receiver<String>,
    /// The port that it listens on for clients of nREPL.
    port: Option<String>,
}

impl Serving {
    /// Starts one; all that it writes is read.
    pub fn start(command: &mut Command) -> io::Result<Serving> {
        let (reader, writer) = io::pipe()?;
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        let child = command.spawn()?;
        // The writing ends that the command holds.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(reader).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Serving { child, lines, port: None })
    }

    /// So many more lines of what it writes; when they are recorded, all that come soon.
    pub fn lines(&mut self, count: usize) -> String {
        let is_update = std::env::var_os("UPDATE").is_some();
        let mut shown = String::new();
        for at in 0.. {
            let wait = match at < count.max(1) {
                _ if is_update && at > 0 => QUIET,
                true => PATIENCE,
                false => break,
            };
            let Ok(line) = self.lines.recv_timeout(wait) else { break };
            if let Some((_, port)) = line.split_once("nrepl://127.0.0.1:") {
                self.port = Some(port.to_owned());
            }
            shown.extend([&*line, "\n"]);
        }
        shown
    }

    /// A text of a page as it is meant now.
    pub fn meant(&self, text: &str, folder: &Path) -> String {
        let pid = self.child.id().to_string();
        let text = text.replace(PID, &pid);
        match token(folder) {
            Some(token) => text.replace(TOKEN, &token),
            None => text,
        }
    }

    /// A text as pages show it.
    pub fn shown(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for before in ["pid ", "--attach=", "\"pid\":"] {
            text = with_number(&text, before, PID);
        }
        if let Some(port) = &self.port {
            for before in ["port ", "127.0.0.1:"] {
                text = text.replace(&format!("{before}{port}"), &format!("{before}{PORT}"));
            }
        }
        with_number(&table(&text), "\"started\":", STARTED)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The text with another number behind each `before`.
fn with_number(text: &str, before: &str, number: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split(before).enumerate() {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        if at > 0 {
            out.push_str(before);
        }
        match at > 0 && rest.len() < part.len() {
            true => out.extend([number, rest]),
            false => out.push_str(part),
        }
    }
    out
}

/// What `lang sessions` lists, with a number and a time that are always the same, and columns as wide as that makes them.
fn table(text: &str) -> String {
    if !text.starts_with("pid ") {
        return text.to_owned();
    }
    let cells = |line: &str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let mut rows: Vec<Vec<String>> = text.lines().map(cells).collect();
    for row in rows.iter_mut().skip(1) {
        (row[0], row[1]) = (PID.to_owned(), "12 s".to_owned());
    }
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// Where programs of a folder say how they are found.
pub fn runtime(folder: &Path) -> PathBuf {
    folder.join(".runtime")
}

/// What a session file says.
fn session(folder: &Path) -> Option<Value> {
    let entries = fs::read_dir(runtime(folder).join("lang")).ok()?;
    entries.flatten().find_map(|entry| serde_json::from_str(&fs::read_to_string(entry.path()).ok()?).ok())
}

fn token(folder: &Path) -> Option<String> {
    session(folder)?["token"].as_str().map(str::to_owned)
}

/// A client that talks a protocol: `→` in pages is what it sends, `←` what it is answered.
pub enum Client {
    /// Lines of JSON.
    Lines(BufReader<TcpStream>),
    /// Bencode, which pages write as JSON.
    Nrepl(BufReader<TcpStream>),
    /// `METHOD PARAMS`, to a server of its own.
    Lsp(Lsp),
}

/// A language server and what is known of the conversation.
pub struct Lsp {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Requests so far.
    count: u64,
}

impl Client {
    /// A client of what the page has started, or for `lsp` a server in the folder.
    pub fn start(language: &str, binary: &Path, folder: &Path, serving: Option<&Serving>) -> Result<Client, String> {
        let connect = |address: &str| {
            let stream = TcpStream::connect(address).map_err(|error| format!("nobody listens: {error}"))?;
            stream.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
            Ok(BufReader::new(stream))
        };
        match language {
            "lsp" => {
                let mut command = Command::new(binary);
                command.arg("lsp").current_dir(folder).env("XDG_RUNTIME_DIR", runtime(folder)).env_remove("LANG_PATH");
                command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
                let mut child = command.spawn().map_err(|error| format!("the server does not start: {error}"))?;
                let input = child.stdin.take().expect("piped");
                let output = BufReader::new(child.stdout.take().expect("piped"));
                let mut client = Client::Lsp(Lsp { child, input, output, count: 0 });
                let root = format!("file://{}", folder.display());
                let told = json!({ "capabilities": { "general": { "positionEncodings": ["utf-8"] } }, "rootUri": root });
                client.ask(&format!("initialize {told}"))?;
                client.ask("initialized {}")?;
                Ok(client)
            }
            "nrepl" => {
                let port = serving.and_then(|serving| serving.port.as_ref()).ok_or("nothing serves nREPL in this section")?;
                connect(&format!("127.0.0.1:{port}")).map(Client::Nrepl)
            }
            _ => {
                let session = session(folder).ok_or("nothing serves in this section")?;
                connect(session["address"].as_str().unwrap_or_default()).map(Client::Lines)
            }
        }
    }

    /// Sends what a line says; gives what is answered, a line each.
    pub fn ask(&mut self, line: &str) -> Result<Vec<String>, String> {
        self.talk(line).map_err(|error| format!("the conversation ends: {error}"))
    }

    fn talk(&mut self, line: &str) -> io::Result<Vec<String>> {
        match self {
            Client::Lines(stream) => {
                writeln!(stream.get_mut(), "{line}")?;
                let mut answer = String::new();
                stream.read_line(&mut answer)?;
                Ok(vec![answer.trim_end().to_owned()])
            }
            Client::Nrepl(stream) => {
                let message: Value = serde_json::from_str(line).map_err(io::Error::other)?;
                let mut bytes = Vec::new();
                encode(&message, &mut bytes);
                stream.get_mut().write_all(&bytes)?;
                let mut answers = Vec::new();
                loop {
                    let answer = decode(stream)?;
                    answers.push(answer.to_string());
                    if answer["status"].as_array().is_some_and(|status| status.contains(&json!("done"))) {
                        return Ok(answers);
                    }
                }
            }
            Client::Lsp(Lsp { input, output, count, .. }) => {
                let (method, params) = line.split_once(' ').unwrap_or((line, "null"));
                let params: Value = serde_json::from_str(params).map_err(io::Error::other)?;
                let is_notification = method.starts_with("textDocument/did") || matches!(method, "initialized" | "exit");
                let mut message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
                if !is_notification {
                    *count += 1;
                    message["id"] = json!(*count);
                }
                let text = message.to_string();
                write!(input, "Content-Length: {}\r\n\r\n{text}", text.len())?;
                let mut answers = Vec::new();
                let until = Instant::now() + PATIENCE;
                while !is_notification && Instant::now() < until {
                    let message = next(output)?;
                    if message["id"] == json!(*count) && message["method"].is_null() {
                        let answer = message.get("result").or(message.get("error")).unwrap_or(&Value::Null);
                        answers.push(answer.to_string());
                        break;
                    }
                    // Of what is told without being asked, messages to people are shown.
                    if message["method"] == "window/showMessage" {
                        answers.push(format!("window/showMessage {}", message["params"]));
                    }
                }
                Ok(answers)
            }
        }
    }
}

impl Drop for Lsp {
    fn drop(&mut self) {
        // It may have ended itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The next message of a language server.
fn next(output: &mut impl BufRead) -> io::Result<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim().strip_prefix("Content-Length: ") {
            Some(number) => length = number.parse().map_err(io::Error::other)?,
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body)?;
    serde_json::from_slice(&body).map_err(io::Error::other)
}

/// Writes JSON as bencode.
fn encode(value: &Value, out: &mut Vec<u8>) {
    let text = |text: &str, out: &mut Vec<u8>| out.extend_from_slice(format!("{}:{text}", text.len()).as_bytes());
    match value {
        Value::String(value) => text(value, out),
        Value::Array(items) => {
            out.push(b'l');
            items.iter().for_each(|item| encode(item, out));
            out.push(b'e');
        }
        Value::Object(entries) => {
            out.push(b'd');
            for (key, value) in entries {
                text(key, out);
                encode(value, out);
            }
            out.push(b'e');
        }
        number => out.extend_from_slice(format!("i{number}e").as_bytes()),
    }
}

/// Reads a value in bencode.
fn decode(input: &mut impl BufRead) -> io::Result<Value> {
    let mut first = [0];
    input.read_exact(&mut first)?;
    let mut until = |end: u8| -> io::Result<String> {
        let mut bytes = Vec::new();
        input.read_until(end, &mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).trim_end_matches(char::from(end)).to_owned())
    };
    match first[0] {
        b'i' => Ok(json!(until(b'e')?.parse::<i64>().map_err(io::Error::other)?)),
        kind @ (b'l' | b'd') => {
            let mut items = Vec::new();
            while input.fill_buf()?.first() != Some(&b'e') {
                items.push(decode(input)?);
            }
            input.consume(1);
            if kind == b'l' {
                return Ok(Value::Array(items));
            }
            let entries = items.chunks_exact(2).map(|pair| (pair[0].as_str().unwrap_or_default().to_owned(), pair[1].clone()));
            Ok(Value::Object(entries.collect::<Map<_, _>>()))
        }
        digit => {
            let length: usize = format!("{}{}", char::from(digit), until(b':')?).parse().map_err(io::Error::other)?;
            let mut bytes = vec![0; length];
            input.read_exact(&mut bytes)?;
            Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned()))
        }
    }
}
