//! `lang lsp` at its edges: what is no message, what comes too early or too late, texts that are broken anyhow, programs that come and go.

use crate::folder::Folder;
use crate::running::Running;
use crate::{LANG, PATIENCE};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// A text with a bit of everything.
const SAMPLE: &str = r#"import util
from math import sqrt
## A box.
class Box {
    slot width = 1
    fn area(height) {
        let size = self.width * height
        match size { 1 => "ü😀", _ => "${size:>5} \" ${"x"}" }
    }
}
enum Shape { Dot, Line(length) }
let box = Box(2)
# %% cell
print(box.area(3), [1, 2, (3, 4)], {a: 1}, |x| x + 1)
test 'it' { assert box.width == 2 }
"#;

/// A server and its editor.
struct Editor {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// What has come that nobody has asked for yet.
    seen: Vec<Value>,
    count: i64,
}

fn server(folder: &Folder) -> Command {
    let mut command = Command::new(LANG);
    command.arg("lsp").current_dir(folder.path()).env("XDG_RUNTIME_DIR", folder.path().join("runtime"));
    command
}

impl Editor {
    /// An editor that has said nothing yet.
    fn silent(folder: &Folder) -> Editor {
        let mut child = server(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the tool has been built");
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, messages) = channel();
        thread::spawn(move || {
            while let Some(message) = next(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Editor { child, input, messages, seen: Vec::new(), count: 0 }
    }

    /// An editor that works in a folder.
    fn new(folder: &Folder) -> Editor {
        let mut editor = Editor::silent(folder);
        let completion = json!({ "completionItem": { "tagSupport": { "valueSet": [1] } } });
        let capabilities = json!({ "general": { "positionEncodings": ["utf-8"] }, "textDocument": { "completion": completion } });
        let reply = editor.ask("initialize", json!({ "capabilities": capabilities, "rootUri": uri(folder, "") }));
        assert_eq!(reply["result"]["capabilities"]["positionEncoding"], "utf-8");
        editor.tell("initialized", json!({}));
        editor
    }

    fn raw(&mut self, text: &str) {
        self.input.as_mut().expect("it is open").write_all(text.as_bytes()).expect("the server reads");
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.raw(&format!("Content-Length: {}\r\n\r\n{text}", text.len()));
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        self.wait_for(|message| message["id"] == id && message["method"].is_null())
    }

    fn begin(&mut self, method: &str, params: Value) -> i64 {
        self.count += 1;
        let id = self.count;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// What comes, or has come, and is meant.
    #[track_caller]
    fn wait_for(&mut self, is_meant: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.seen.iter().position(&is_meant) {
            return self.seen.remove(at);
        }
        loop {
            let Ok(message) = self.messages.recv_timeout(PATIENCE) else { panic!("it has not come; there was {:#?}", self.seen) };
            if is_meant(&message) {
                return message;
            }
            self.seen.push(message);
        }
    }

    #[track_caller]
    fn shown(&mut self, text: &str) {
        let is_meant = |message: &Value| {
            message["method"] == "window/showMessage"
                && message["params"]["message"].as_str().is_some_and(|said| said.contains(text))
        };
        self.wait_for(is_meant);
    }

    fn open(&mut self, uri: &str, text: &str) {
        self.tell(
            "textDocument/didOpen",
            json!({ "textDocument": { "uri": uri, "languageId": "lang", "version": 1, "text": text } }),
        );
    }

    fn write(&mut self, uri: &str, version: u64, text: &str) {
        let changes = json!([{ "text": text }]);
        self.tell(
            "textDocument/didChange",
            json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": changes }),
        );
    }

    /// Evaluates a line; gives its value.
    fn line(&mut self, uri: &str, line: u32) -> Value {
        let at = json!({ "line": line, "character": 0 });
        self.ask("workspace/executeCommand", json!({ "command": "lang.evalLine", "arguments": [uri, at] }))["result"]["value"]
            .take()
    }

    fn status(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // It has ended already, unless the test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn next(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().strip_prefix("Content-Length: ") {
            Some(number) => length = number.parse().ok()?,
            None if line.trim().is_empty() => break,
            None => panic!("`{line}` is no header"),
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("the server writes JSON"))
}

fn uri(folder: &Folder, name: &str) -> String {
    let path: PathBuf = folder.path().join(name);
    format!("file://{}", path.display()).trim_end_matches('/').to_owned()
}

fn code(reply: &Value) -> i64 {
    reply["error"]["code"].as_i64().unwrap_or(0)
}

#[test]
fn a_conversation_has_a_beginning_and_an_end() {
    let folder = Folder::new();
    let mut editor = Editor::silent(&folder);
    assert_eq!(code(&editor.ask("textDocument/hover", json!({}))), -32002);
    assert_eq!(code(&editor.ask("initialize", json!(3))), -32602);
    assert!(editor.ask("initialize", json!({ "capabilities": {} }))["result"]["capabilities"].is_object());
    assert_eq!(code(&editor.ask("initialize", json!({ "capabilities": {} }))), -32600);
    assert_eq!(code(&editor.ask("textDocument/nosuch", json!({}))), -32601);
    editor.tell("textDocument/didNosuch", json!({}));
    editor.tell("$/setTrace", json!({ "value": "off" }));
    editor.tell("$/cancelRequest", json!({ "id": 99 }));
    editor.tell("$/cancelRequest", json!({ "id": {} }));
    assert_eq!(code(&editor.ask("textDocument/hover", json!({ "textDocument": { "uri": "file:///nosuch" } }))), -32602);
    editor.send(&json!({ "id": 9_000_000_000_i64, "method": "shutdown" }));
    let reply = editor.wait_for(|message| message["id"] == 9_000_000_000_i64);
    assert_eq!(reply, json!({ "jsonrpc": "2.0", "id": 9_000_000_000_i64, "result": null }));
    assert_eq!(code(&editor.ask("textDocument/hover", json!({}))), -32600);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.status(), Some(0));
}

#[test]
fn an_end_without_goodbye_is_a_failure() {
    let folder = Folder::new();
    assert_eq!(Editor::silent(&folder).status(), Some(1));
    let mut editor = Editor::new(&folder);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.status(), Some(1));
}

#[test]
fn what_is_no_message_is_answered_and_left() {
    let folder = Folder::new();
    let mut editor = Editor::new(&folder);
    editor.raw("Content-Length: 3\r\n\r\n{x}rubbish\r\n\r\nContent-Length: zero\r\n\r\nContent-Length: 2\r\n\r\n[]");
    for expected in [-32700, -32700, -32600] {
        let reply = editor.wait_for(|message| message["id"].is_null() && message["error"].is_object());
        assert_eq!(code(&reply), expected, "{reply}");
    }
    editor.tell("textDocument/didChange", json!([1, 2]));
    editor.tell("textDocument/didOpen", Value::Null);
    assert_eq!(code(&editor.ask("workspace/executeCommand", json!({ "command": 3 }))), -32602);
    assert!(editor.ask("shutdown", Value::Null)["result"].is_null());
    editor.tell("exit", Value::Null);
    assert_eq!(editor.status(), Some(0));
}

/// Numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }
}

#[test]
fn no_text_is_too_broken() {
    let folder = Folder::with(&[("util.lang", "fn double(x) { x * 2 }\n")]);
    let mut editor = Editor::new(&folder);
    let uri = uri(&folder, "a.lang");
    editor.open(&uri, SAMPLE);
    let document = json!({ "uri": uri });
    let pieces = ["{", "}", "(", "\"", "'''", "${", "# %%", "\r", "\n", "é", "class ", "fn ", "self.", "..", "import ", "\u{0}"];
    let mut dice = Dice(7);
    let mut text = SAMPLE.to_owned();
    for version in 2..80 {
        if dice.below(8) == 0 {
            text = SAMPLE.to_owned();
        }
        let lo = text.floor_char_boundary(dice.below(text.len() + 1));
        let hi = text.ceil_char_boundary((lo + dice.below(30)).min(text.len()));
        text.replace_range(lo..hi, pieces[dice.below(pieces.len())]);
        editor.write(&uri, version, &text);
        let at = |dice: &mut Dice| json!({ "line": dice.below(20), "character": dice.below(40) });
        let range = json!({ "start": at(&mut dice), "end": at(&mut dice) });
        let context = json!({ "diagnostics": [] });
        let options = json!({ "tabSize": 4, "insertSpaces": true });
        let params =
            json!({ "textDocument": document, "position": at(&mut dice), "range": range, "context": context, "options": options });
        for method in [
            "completion",
            "hover",
            "definition",
            "signatureHelp",
            "documentSymbol",
            "foldingRange",
            "formatting",
            "semanticTokens/full",
            "semanticTokens/range",
            "codeAction",
            "codeLens",
            "inlayHint",
            "diagnostic",
        ] {
            let mut params = params.clone();
            if method == "completion" {
                params["context"] = Value::Null;
            }
            let reply = editor.ask(&format!("textDocument/{method}"), params);
            assert!(reply["error"].is_null(), "{method} of {text:?}: {reply}");
        }
    }
    editor.seen.retain(|message| message["method"] == "window/logMessage");
    assert!(editor.seen.is_empty(), "{:?}", editor.seen);
}

#[test]
fn a_program_that_serves_evaluates() {
    let bank = "let balance = 40\nlet turns = 0\nfn main() { while true { turns += 1 } }\n";
    let folder = Folder::with(&[("bank.lang", bank)]);
    std::fs::create_dir_all(folder.path().join("runtime")).expect("the folder can be written");
    let mut editor = Editor::new(&folder);
    let uri = uri(&folder, "bank.lang");
    editor.open(&uri, &format!("{bank}balance + 2\nbalance = 50\n# Waits.\nwhile true {{ }}\nbal\n"));
    let start = || {
        let mut command = Command::new(LANG);
        command.args(["run", "--serve=all", "bank.lang"]).current_dir(folder.path());
        command.env("XDG_RUNTIME_DIR", folder.path().join("runtime")).stderr(Stdio::null());
        command.spawn().expect("the tool has been built")
    };
    let mut program = start();
    editor.shown("attached to `bank.lang`");
    assert_eq!(editor.line(&uri, 3), "42");
    editor.line(&uri, 4);
    assert_eq!(editor.line(&uri, 3), "52");
    let at = json!({ "textDocument": { "uri": uri }, "position": { "line": 7, "character": 3 } });
    let found = editor.ask("textDocument/completion", at);
    let labels: Vec<&Value> = found["result"].as_array().expect("a list").iter().map(|item| &item["label"]).collect();
    assert!(labels.contains(&&json!("balance")), "{found}");
    let endless = json!({ "command": "lang.evalLine", "arguments": [uri, { "line": 6, "character": 0 }] });
    let endless = editor.begin("workspace/executeCommand", endless);
    assert_eq!(editor.ask("workspace/executeCommand", json!({ "command": "lang.interrupt" }))["result"], true);
    let reply = editor.wait_for(|message| message["id"] == endless && message["method"].is_null());
    assert_eq!(reply["result"]["error"]["kind"], "interrupted", "{reply}");
    program.kill().expect("it runs");
    program.wait().expect("it ends");
    editor.shown("has ended");
    editor.line(&uri, 0);
    assert_eq!(editor.line(&uri, 3), "42");
    let mut program = start();
    editor.shown("attached to `bank.lang`");
    program.kill().expect("it runs");
    program.wait().expect("it ends");
    editor.shown("has ended");
}

/// `lang` in a folder, with the sessions of the folder.
fn tool(folder: &Folder, args: &[&str]) -> Command {
    let mut command = Command::new(LANG);
    command.args(args).current_dir(folder.path()).env("XDG_RUNTIME_DIR", folder.path().join("runtime"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// A program that a test has started; it goes with the value.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serving(folder: &Folder, args: &[&str]) -> Served {
    std::fs::create_dir_all(folder.path().join("runtime")).expect("the folder can be written");
    Served(tool(folder, args).spawn().expect("the tool has been built"))
}

impl Editor {
    /// What is told of a file by the program, at the next time that this fits.
    #[track_caller]
    fn problems(&mut self, uri: &str, fits: impl Fn(&[(i64, String)]) -> bool) {
        let live = |message: &Value| -> Vec<(i64, String)> {
            let found = message["params"]["diagnostics"].as_array().into_iter().flatten();
            let live = found.filter(|found| found["source"] == "lang-live");
            live.map(|found| (found["range"]["start"]["line"].as_i64().unwrap_or(-1), found["message"].to_string())).collect()
        };
        self.wait_for(|message| {
            message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri && fits(&live(message))
        });
    }
}

#[test]
fn what_others_do_to_the_program_is_told() {
    let util = |factor: u32| format!("fn double(x) {{\n    x * {factor}\n}}\n");
    let main = "import util\nlet kind = 1\nlet turns = 0\nfn main() { while true { turns += 1 } }\n";
    let folder = Folder::with(&[("main.lang", main), ("util.lang", &util(2))]);
    let mut editor = Editor::new(&folder);
    let (main_uri, util_uri) = (uri(&folder, "main.lang"), uri(&folder, "util.lang"));
    editor.open(&main_uri, main);
    let _program = serving(&folder, &["run", "--reload", "--serve", "main.lang"]);
    editor.shown("attached to `main.lang`");
    // Saved by somebody else.
    folder.write("util.lang", &util(3));
    editor.shown("reload: util.lang: committed (epoch 2); changed function util.double");
    // Another client.
    assert!(tool(&folder, &["undo"]).status().expect("the tool has been built").success());
    editor.shown("reload: util.lang: committed (epoch 3); changed function util.double");
    let code = ["eval", "--attach", "import live; live.undo(); live.redo()"];
    assert!(tool(&folder, &code).status().expect("the tool has been built").success());
    editor.shown("; changed function util.double");
    // A file that is not open is refused, and mended.
    folder.write("util.lang", "fn double(x) {\n    x * (\n}\n");
    editor.shown("reload: util.lang: refused, the running program is unchanged");
    editor.problems(&util_uri, |found| matches!(found, [(_, message)] if message.contains("refused: ")));
    folder.write("util.lang", &util(4));
    editor.problems(&util_uri, |found| found.is_empty());
    editor.shown("reload: util.lang: committed");
    // One that is open, for what only the program knows.
    folder.write("main.lang", &main.replace("let kind = 1", "fn kind() { 1 }"));
    editor.shown("reload: main.lang: refused");
    editor.problems(&main_uri, |found| matches!(found, [(1, message)] if message.contains("refused: ")));
    folder.write("main.lang", main);
    editor.shown("the refused edit is taken back");
    editor.problems(&main_uri, |found| found.is_empty());
    // The editor's own commands are not told twice.
    editor.seen.clear();
    let reply = editor.ask("workspace/executeCommand", json!({ "command": "lang.undo" }));
    assert_eq!(reply["result"]["ok"], true, "{reply}");
    editor.shown("committed");
    folder.write("util.lang", &util(5));
    editor.shown("reload: util.lang: committed");
    let told: Vec<&Value> = editor.seen.iter().filter(|message| message["method"] == "window/showMessage").collect();
    assert!(told.is_empty(), "{told:?}");
}

/// The program tells what texts do not: leaks, and members by the classes that they come from.
#[test]
fn a_program_that_lives_tells_leaks_and_classes() {
    let text = "let turns = 0\nclass Thing { slot aim = 1 }\nclass Ship(Thing) { slot zone = 2 }\nlet ship = Ship()\n";
    let gone = "fn gone() { 1 }\n";
    let rest = "let keep = gone\nfn main() { print(\"begun\"); while true { turns += 1 } }\n";
    let folder = Folder::with(&[("game.lang", &format!("{text}{gone}{rest}"))]);
    std::fs::create_dir_all(folder.path().join("runtime")).expect("the folder can be written");
    let mut command = Command::new(LANG);
    command.args(["run", "--reload", "--serve=all", "game.lang"]).current_dir(folder.path());
    command.env("XDG_RUNTIME_DIR", folder.path().join("runtime"));
    let mut program = Running::of(&mut command);
    program.wait_for("begun");
    folder.write("game.lang", &format!("{text}{rest}"));
    program.wait_for("leaked");
    let mut editor = Editor::new(&folder);
    let uri = uri(&folder, "game.lang");
    editor.open(&uri, &format!("{text}{rest}ship.\ngo\n"));
    editor.shown("attached to `game.lang`");
    let mut completed = |line: u32, character: u32| {
        let at = json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": character } });
        editor.ask("textDocument/completion", at)["result"].take()
    };
    let items = completed(7, 2);
    let gone = items.as_array().expect("a list").iter().find(|item| item["label"] == "gone").expect("it is suggested");
    assert_eq!((&gone["tags"], &gone["detail"]), (&json!([1]), &json!("game · leak: no file defines it any more")));
    let items = completed(6, 5);
    let mut items: Vec<&Value> = items.as_array().expect("a list").iter().collect();
    items.sort_by_key(|item| item["sortText"].as_str().expect("a text").to_owned());
    let place = |label: &str| items.iter().position(|item| item["label"] == label).expect("it is suggested");
    assert!(place("zone") < place("aim"), "{items:?}");
    assert!(items[place("aim")]["detail"].as_str().is_some_and(|detail| detail.contains("live")), "{items:?}");
}
