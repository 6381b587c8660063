//! What a client asks of a session, and what it is answered: plain data, which sockets and editors send as JSON.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// A place in a text. Lines and columns are counted from 1, columns in characters.
///
/// See the example of [`RegionKind`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// A part of a text, from its first character to behind its last.
///
/// See the example of [`RegionKind`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Range {
    /// Its beginning.
    pub start: Position,
    /// Behind its end.
    pub end: Position,
}

/// What of a text is evaluated.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Position, Range, RegionKind, Request, Session};
///
/// let mut vm = Vm::new();
/// let mut session = Session::new("user");
/// let reply = session.answer(&mut vm, &Request::EvaluateRegion {
///     file: "game.lang".into(),
///     text: "let lives = 3\nlives + 1\n".into(),
///     kind: RegionKind::Form,
///     at: Position { line: 1, column: 5 },
///     to: None,
/// });
/// let (start, end) = (Position { line: 1, column: 1 }, Position { line: 1, column: 14 });
/// assert_eq!(reply.region, Some(Range { start, end }));
/// assert_eq!(vm.get::<i64>("game.lives")?, 3);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegionKind {
    /// The largest expression that ends where the cursor is; if there is none, the smallest around it, or the one that begins there.
    Expression,
    /// The line of the cursor.
    Line,
    /// What is selected.
    Region,
    /// The statement of the top level around the cursor, or the last one before it.
    Form,
    /// What lies between two lines that begin with `# %%`.
    Cell,
    /// The whole text: a load or a reload of its file, which deletes what the text does not have.
    File,
}

/// What a client asks.
///
/// As JSON its kind is `op`, and what may be left out has `#[serde(default)]`.
///
/// ```
/// use embed::session::Request;
///
/// let request: Request = serde_json::from_str(r#"{"op": "evaluate", "code": "1 + 1"}"#).expect("it is one");
/// assert_eq!(request, Request::Evaluate { code: "1 + 1".into(), namespace: None, file: None, at: None });
/// assert_eq!(serde_json::to_string(&Request::Undo).expect("it is data"), r#"{"op":"undo"}"#);
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// Evaluates text that was typed. Its value is kept under its number.
    Evaluate {
        /// The text.
        code: String,
        /// Where it is evaluated; without it, where the session types.
        #[serde(default)]
        namespace: Option<String>,
        /// The file it is a part of, which decides the namespace and is what errors point into.
        #[serde(default)]
        file: Option<String>,
        /// The place of its first character in the file.
        #[serde(default)]
        at: Option<Position>,
    },
    /// Evaluates a part of the text of a file, as it stands in an editor.
    EvaluateRegion {
        /// The file, which need not have been saved.
        file: String,
        /// The whole text.
        text: String,
        /// What of it.
        kind: RegionKind,
        /// The cursor, or where the selection begins.
        at: Position,
        /// Behind the end of the selection.
        #[serde(default)]
        to: Option<Position>,
    },
    /// What the end of a text could become. Runs no code.
    Complete {
        /// The text up to the cursor.
        code: String,
        /// The file whose names it sees; without it, those of the session.
        #[serde(default)]
        file: Option<String>,
    },
    /// What the call takes in whose brackets a text ends. Runs no code.
    Signature {
        /// The text up to the cursor.
        code: String,
        /// The file whose names it sees; without it, those of the session.
        #[serde(default)]
        file: Option<String>,
    },
    /// What a name stands for. Runs no code.
    LookUp {
        /// Names with dots between them.
        name: String,
        /// The file whose names it sees; without it, those of the session.
        #[serde(default)]
        file: Option<String>,
    },
    /// What a namespace defines, or is behind the dot of a value.
    List {
        /// Names, or a text whose value is asked; empty: what the session has defined.
        #[serde(default)]
        what: String,
    },
    /// The living instances of a class and of those below it.
    Instances {
        /// The class: its name, or a text whose value it is.
        class: String,
    },
    /// Brings the instances of a class, and of those below it, to its newest layout.
    Migrate {
        /// The class: its name, or a text whose value it is.
        class: String,
    },
    /// What the program is compiled to.
    Disassemble {
        /// The name of a function.
        name: String,
    },
    /// What the main part of the program, its tasks and its suspended fibers do, with their calls.
    Threads,
    /// The namespaces of the program; or has text belong to one of them from now on.
    Namespace {
        /// Its name; empty: all are told.
        #[serde(default)]
        name: String,
    },
    /// Who mentions a definition or member.
    Who {
        /// Its name.
        name: String,
    },
    /// Looks into a value without changing it: instances of an older layout are shown as they are.
    Inspect {
        /// What it is: a name, or a text that is evaluated; empty: what was inspected last.
        #[serde(default)]
        what: String,
        /// The way from there through numbered parts.
        #[serde(default)]
        path: Vec<usize>,
        /// The first of the parts that are wanted.
        #[serde(default)]
        from: usize,
    },
    /// Looks into the value of an expression in the text of a file, as it stands in an editor. [`Request::Inspect`] of nothing then goes on from
    /// there.
    InspectRegion {
        /// The file, which need not have been saved.
        file: String,
        /// The whole text.
        text: String,
        /// The cursor, or where the selection begins.
        at: Position,
        /// Behind the end of the selection.
        #[serde(default)]
        to: Option<Position>,
        /// An expression that stands there for this only; without it, what is in the text.
        #[serde(default)]
        code: Option<String>,
    },
    /// The calls of a program that has stopped at an error.
    Stopped,
    /// One of these calls: its text, its variables, and what can be done with it.
    Call {
        /// Its number; 0 is the innermost.
        call: usize,
    },
    /// The variables of one of these calls.
    Locals {
        /// Its number; 0 is the innermost.
        call: usize,
    },
    /// Evaluates text in one of these calls.
    EvaluateInCall {
        /// Its number; 0 is the innermost.
        call: usize,
        /// The text.
        code: String,
    },
    /// Lets the program go on.
    Restart {
        /// In which way.
        how: RestartKind,
        /// In which call.
        #[serde(default)]
        call: Option<usize>,
        /// The value that is returned, or that the missing name gets.
        #[serde(default)]
        code: String,
    },
    /// Prints the calls of a function with their arguments and values, or ends that.
    Trace {
        /// The function; empty: lists those that are traced.
        #[serde(default)]
        name: String,
        /// Whether it is traced from now on.
        on: bool,
    },
    /// Brings a file, or all, to what is on the disk.
    Reload {
        /// The file; all, if there is none.
        #[serde(default)]
        file: Option<String>,
    },
    /// Tells what a reload would do.
    Plan {
        /// The file; all, if there is none.
        #[serde(default)]
        file: Option<String>,
    },
    /// Takes the last commit back.
    Undo,
    /// Makes the commit again that was taken back last.
    Redo,
    /// What a cold start would make otherwise.
    Drift,
    /// What no file defines any more, and who uses it.
    Leaks,
    /// Where a definition comes from.
    Why {
        /// Its name.
        name: String,
    },
    /// The versions of a definition.
    History {
        /// Its name.
        name: String,
    },
    /// The program: its files, its epoch, what it does.
    Describe,
    /// From now on this client is told what happens to the program, whoever has done it: replies with an [`Event`], to nothing asked.
    Listen,
}

/// How a program goes on that has stopped at an error.
///
/// ```
/// use embed::prelude::*;
/// use embed::OnError;
/// use embed::session::{Request, RestartKind, Session};
///
/// let mut vm = Vm::new();
/// vm.load_text("bank.lang", "fn fee(days) { 100 // days }")?;
/// vm.on_error(OnError::Wait);
/// let mut session = Session::new("user");
/// vm.on_safe_point(move |vm| {
///     if vm.is_stopped() {
///         let how = Request::Restart { how: RestartKind::Use, call: None, code: "7".into() };
///         assert!(session.answer(vm, &how).ok);
///     }
/// });
/// assert_eq!(vm.call::<_, i64>("bank.fee", (0,))?, 7);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestartKind {
    /// A call is made again with its arguments.
    Retry,
    /// A call returns a value.
    Use,
    /// The missing name gets a value.
    Define,
    /// The missing name is looked up again, or the turn of the loop begins again.
    Continue,
    /// The error ends the calls.
    Abort,
}

/// What a client is answered. What does not apply is left out.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Request, Session};
///
/// let mut vm = Vm::new();
/// let mut session = Session::new("user");
/// let code = "print(\"hey\")\n[1, 2]".to_owned();
/// let reply = session.answer(&mut vm, &Request::Evaluate { code, namespace: None, file: None, at: None });
/// assert!(reply.ok);
/// assert_eq!((reply.value.as_deref(), reply.class.as_deref()), (Some("[1, 2]"), Some("List")));
/// ```
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reply {
    /// Whether it was done.
    pub ok: bool,
    /// The value, as it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The class of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The number that the value is kept under: 3 for `_3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<usize>,
    /// What was printed meanwhile.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// What is told people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The part of the file that was evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Range>,
    /// Why it was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// What is worth a look.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Note>,
    /// What could be meant, best first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completions: Option<Completions>,
    /// What a name stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<Entry>,
    /// What a call takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// The value that is looked into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspected: Option<Inspected>,
    /// The report of a commit or plan, the calls of a stopped program, or what else is a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Value>,
    /// What has happened, if that is told and nothing was asked. All else is as if this client had asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
}

/// What happens to a program, which clients are told that listen.
///
/// See the example of [`EventKind`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// Whether it has happened while a request of this client was carried out.
    pub is_own: bool,
    /// Events before it that were left out, because this client had too much to read.
    #[serde(default)]
    pub missed: usize,
}

/// What happens to a program.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Desk, EventKind, Rights};
/// use std::sync::{Arc, Mutex};
///
/// let mut vm = Vm::new();
/// let desk = Desk::new(&vm, None);
/// let visitor = desk.door().enter(Rights::LOOK).expect("the desk is there");
/// let told = Arc::new(Mutex::new(Vec::new()));
/// let tell = told.clone();
/// visitor.listen(move |reply| tell.lock().expect("nobody panics").extend(reply.event));
/// vm.load_text("game.lang", "let score = 7")?;
/// let told = told.lock().expect("nobody panics");
/// assert_eq!((told[0].kind, told[0].is_own), (EventKind::Reload, false));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Texts of files were taken in, or refused: the reply is the report.
    Reload,
    /// Definitions of a file were evaluated by a client: `text` says which file's.
    Evaluation,
}

/// Why something was not done.
///
/// See the example of [`FailureKind`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// What kind it is.
    pub kind: FailureKind,
    /// The class of a raised error.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub class: Option<String>,
    /// What has happened, on one line.
    pub message: String,
    /// The same with the source line marked, the calls, and what to do.
    pub text: String,
    /// Where: each problem of a text, or the innermost call.
    pub notes: Vec<Note>,
    /// Whether the region of a text that was to be evaluated would be whole with more behind it. For what is typed,
    /// [`is_incomplete`](super::is_incomplete) says so.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_incomplete: bool,
    /// The status of a program that has ended itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exit: Option<i32>,
}

/// What kind of failure it is.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{FailureKind, Request, Session};
///
/// let mut vm = Vm::new();
/// let mut session = Session::new("user");
/// let mut failure = |code: &str| {
///     let request = Request::Evaluate { code: code.into(), namespace: None, file: None, at: None };
///     session.answer(&mut vm, &request).error.expect("it fails")
/// };
/// let raised = failure("[1][5]");
/// assert_eq!((raised.kind, raised.class.as_deref()), (FailureKind::Raised, Some("IndexError")));
/// assert_eq!(failure("[1, 2").kind, FailureKind::Refused);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The text was not taken in.
    Refused,
    /// The program has raised an error.
    Raised,
    /// It was stopped from outside.
    Interrupted,
    /// The program has ended itself.
    Exit,
    /// What was asked cannot be done.
    Impossible,
    /// The client may not ask it.
    Forbidden,
}

/// Something said about a place.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Request, Session};
///
/// let mut vm = Vm::new();
/// let mut session = Session::new("user");
/// let code = "let n = 1\nn = )".to_owned();
/// let reply = session.answer(&mut vm, &Request::Evaluate { code, namespace: None, file: None, at: None });
/// let note = &reply.error.expect("it does not parse").notes[0];
/// assert!(note.is_error && note.range.start.line == 2);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Note {
    /// The file.
    pub file: String,
    /// The part of it.
    pub range: Range,
    /// What is said.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub help: String,
    /// The code that `lang explain` tells more about.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub code: String,
    /// Whether it is an error.
    pub is_error: bool,
}

/// What the end of a text could become.
///
/// See the example of [`Candidate`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Completions {
    /// Where the word begins that is completed, in bytes.
    pub start: usize,
    /// The candidates.
    pub items: Vec<Candidate>,
}

/// What a word could become.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Request, Session};
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "let score = 7\nfn scores() { [score] }")?;
/// let mut session = Session::new("user");
/// let code = "game.sc".to_owned();
/// let completions = session.answer(&mut vm, &Request::Complete { code, file: None }).completions.expect("there are some");
/// let found: Vec<(&str, &str)> = completions.items.iter().map(|item| (&*item.text, &*item.kind)).collect();
/// assert_eq!(found, [("score", "variable"), ("scores", "function")]);
/// assert_eq!(completions.start, "game.".len());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Candidate {
    /// The word.
    pub text: String,
    /// What it is: `function`, `slot`, `keyword`, `argument`.
    pub kind: Cow<'static, str>,
    /// The class or namespace that it comes from.
    #[serde(skip_serializing_if = "str::is_empty", default)]
    pub home: Arc<str>,
    /// Whether it is a leak: no file defines it any more, and something may use it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_leaked: bool,
}

impl Candidate {
    /// Whether it stands behind the dot of a value, whose class or one above it is its home.
    pub fn is_member(&self) -> bool {
        matches!(&*self.kind, "slot" | "variant" | "method" | "static function" | "property" | "shared slot" | "attribute")
    }
}

/// What there is to say about a name.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Request, Session};
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "## Takes hit points away.\nfn hit(n) { n }")?;
/// let mut session = Session::new("user");
/// let entry = session.answer(&mut vm, &Request::LookUp { name: "game.hit".into(), file: None }).entry.expect("it is there");
/// assert_eq!((&*entry.kind, entry.name(), entry.place.as_deref()), ("function", "game.hit", Some("game.lang:2")));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// What it is: `function`, `slot`.
    pub kind: String,
    /// Its name with what it belongs to: `bank.Account.pay`.
    pub qualified: String,
    /// How it is written, on one line.
    pub signature: Option<String>,
    /// Its doc text.
    pub doc: Option<String>,
    /// Where it is written, as `file:line`; `None`: in the engine.
    pub place: Option<String>,
    /// Its text.
    pub text: Option<String>,
    /// Of what holds a value: the class of that.
    pub class: Option<String>,
}

impl Entry {
    /// Its name as programs write it.
    pub fn name(&self) -> &str {
        self.qualified.strip_prefix("core.").unwrap_or(&self.qualified)
    }
}

/// What a call takes.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Request, Session};
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "fn hit(enemy, n = 1) { n }")?;
/// let mut session = Session::new("user");
/// let code = "game.hit(orc, ".to_owned();
/// let signature = session.answer(&mut vm, &Request::Signature { code, file: None }).signature.expect("it is a call");
/// let (from, to) = signature.parameters[signature.active.expect("it is the second")];
/// assert_eq!(&signature.label[from..to], "n = 1");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Signature {
    /// How it is called: `area(width, height = 1)`.
    pub label: String,
    /// The doc text of what is called.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub doc: Option<String>,
    /// Where the parameters stand in the label, from byte to byte.
    pub parameters: Vec<(usize, usize)>,
    /// The parameter whose argument is being written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub active: Option<usize>,
}

/// A value, looked into.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Request, Session};
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "class Hero { slot hp = 7; slot bag = [1, 2] }\nlet hero = Hero()")?;
/// let mut session = Session::new("user");
/// let look = Request::Inspect { what: "game.hero".into(), path: vec![], from: 0 };
/// let inspected = session.answer(&mut vm, &look).inspected.expect("it is there");
/// assert_eq!((&*inspected.class, inspected.count), ("game.Hero", 2));
/// let bag = &inspected.parts[1];
/// assert_eq!((&*bag.name, &*bag.shown, bag.has_parts), ("bag", "[1, 2]", true));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Inspected {
    /// The value, cut.
    pub shown: String,
    /// Its class.
    pub class: String,
    /// Facts about it: layout version, where its class is written, who refers to it.
    pub facts: Vec<(String, String)>,
    /// How many parts it has.
    pub count: usize,
    /// The number of the first part that is shown.
    pub from: usize,
    /// Parts, a page of them.
    pub parts: Vec<Part>,
}

/// A part of a value.
///
/// See the example of [`Inspected`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Part {
    /// What it is called: a slot's name, an index, a key.
    pub name: String,
    /// The value, cut.
    pub shown: String,
    /// Whether it can be looked into.
    pub has_parts: bool,
}
