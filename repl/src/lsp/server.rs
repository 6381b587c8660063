//! The server: what the client sends, and what checks and programs have found, comes in one queue and is taken in one after the other.
//! Nothing here takes long: texts are checked and evaluated on threads of their own.

use super::actions;
use super::attached::{Found, Search};
use super::checker::{self, Checked, Job, Outcome};
use super::client::{Client, Failure};
use super::diagnostics;
use super::document::Document;
use super::features;
use super::files::Texts;
use super::library::Library;
use super::living::{Living, Purpose};
use super::reloads::Refused;
use super::transport::{Malformed, Message};
use super::uri::path_of;
use gen_lsp_types::json_rpc::Id;
use gen_lsp_types::{
    CodeActionParams, Diagnostic, DidChangeTextDocumentParams, DidOpenTextDocumentParams, ExecuteCommandParams, InlayHintParams,
    Range, TextDocumentIdentifier, TextDocumentPositionParams,
};
use lang::source::Span;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::Sender;
use vm::reload::{Sharing, normalise};
use vm::session::Reply;

/// Something that comes in.
pub enum Event {
    /// The client sends something.
    Message(Message),
    /// What it has sent is no message.
    Malformed(Malformed),
    /// It sends nothing any more.
    Closed,
    /// Texts have been looked at.
    Checked(Outcome),
    /// The program has answered what was asked under this number.
    Answered(u64, Box<Reply>),
    /// Something is for the log: what a task of the program has printed.
    Printed(String),
    /// A program was found that serves sessions.
    Attached(Box<Found>),
    /// Something has happened to it.
    Happened(Box<Reply>),
    /// It is gone.
    Gone,
}

/// When a request is answered.
pub enum Answer {
    /// So, at once.
    Now(Value),
    /// By another event.
    Later,
}

/// How far the conversation is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Silent,
    Running,
    ShutDown,
}

/// A client that waits for the diagnostics of a file.
pub struct Pull {
    /// Its request.
    pub id: Id,
    path: String,
    generation: u64,
}

/// The server.
pub struct Server {
    /// To whom it speaks.
    pub client: Client,
    /// What is open, by URI.
    pub documents: BTreeMap<String, Document>,
    /// The same as files.
    pub texts: Texts,
    /// Made when it is first needed.
    pub library: Option<Library>,
    /// The program.
    pub living: Living,
    /// Where threads tell what they have found.
    pub events: Sender<Event>,
    /// Who waits for diagnostics.
    pub pulls: Vec<Pull>,
    /// Looks for programs that serve.
    pub search: Option<Search>,
    /// What the last reload of the program was refused for.
    pub refused: Refused,
    stage: Stage,
    checker: Sender<Job>,
    /// The number of the texts as they are now.
    generation: u64,
    checked: BTreeMap<String, Checked>,
    /// What has been sent of a file, with the version of its text.
    published: BTreeMap<String, (i32, Vec<Diagnostic>)>,
}

#[derive(Deserialize)]
struct OfDocument {
    #[serde(rename = "textDocument")]
    document: TextDocumentIdentifier,
    range: Option<Range>,
}

impl Server {
    /// A server to which nobody has spoken yet.
    pub fn new(client: Client, events: Sender<Event>, sharing: Sharing) -> Server {
        let checker = checker::start(events.clone());
        Server {
            client,
            documents: BTreeMap::new(),
            texts: Texts { sharing, ..Texts::default() },
            library: None,
            living: Living::default(),
            events,
            pulls: Vec::new(),
            search: None,
            refused: Refused::default(),
            stage: Stage::Silent,
            checker,
            generation: 0,
            checked: BTreeMap::new(),
            published: BTreeMap::new(),
        }
    }

    /// Takes something in. Gives the status at the end.
    pub fn take(&mut self, event: Event) -> Option<i32> {
        match event {
            Event::Closed => return Some(i32::from(self.stage != Stage::ShutDown)),
            Event::Message(Message::Notification { method, .. }) if method == "exit" => {
                return Some(i32::from(self.stage != Stage::ShutDown));
            }
            Event::Malformed(Malformed { id, code, message }) => self.client.respond(&id, Err(Failure { code, message })),
            Event::Message(Message::Request { id, method, params }) => self.request(&id, &method, params),
            Event::Message(Message::Notification { method, params }) => {
                let taken = catch_unwind(AssertUnwindSafe(|| self.notification(&method, params)));
                if let Err(failure) = taken.unwrap_or_else(|_| Err(mistake(&method))) {
                    self.client.log(&format!("`{method}`: {}", failure.message));
                }
            }
            Event::Message(Message::Response { error }) => {
                if let Some(error) = error {
                    self.client.log(&format!("the editor has refused something: {error}"));
                }
            }
            Event::Checked(outcome) => self.take_checked(outcome),
            Event::Answered(number, reply) => self.answered(number, &reply),
            Event::Attached(found) => self.attach(*found),
            Event::Happened(reply) => self.happened(&reply),
            Event::Gone => self.detach(),
            Event::Printed(text) => self.client.log(text.trim_end_matches('\n')),
        }
        None
    }

    /// Time has passed.
    pub fn tick(&mut self) {
        if let Some(Purpose::Name { id, asked }) = self.living.overdue() {
            let known = self.joined(&asked, None).unwrap_or(Value::Null);
            self.client.respond(&id, Ok(known));
        }
        self.living.keep_interrupting();
    }

    /// Ends.
    pub fn finish(self) {
        if self.living.is_evaluating()
            && let Some(runner) = self.living.runner()
        {
            runner.interrupt();
        }
        self.client.finish();
    }

    fn request(&mut self, id: &Id, method: &str, params: Value) {
        let answer = match (self.stage, method) {
            (Stage::Silent, "initialize") => self.initialize(params).map(Answer::Now),
            (Stage::Silent, _) => Err(Failure::new(Failure::NOT_INITIALIZED, "the first request is `initialize`")),
            (_, "initialize") => Err(Failure::new(Failure::INVALID_REQUEST, "`initialize` is the first request, and comes once")),
            (Stage::ShutDown, _) => Err(Failure::new(Failure::INVALID_REQUEST, "the server has been shut down; `exit` ends it")),
            (Stage::Running, "shutdown") => {
                self.stage = Stage::ShutDown;
                Ok(Answer::Now(Value::Null))
            }
            (Stage::Running, _) => {
                catch_unwind(AssertUnwindSafe(|| self.carry_out(id, method, params))).unwrap_or_else(|_| Err(mistake(method)))
            }
        };
        match answer {
            Ok(Answer::Now(value)) => self.client.respond(id, Ok(value)),
            Ok(Answer::Later) => {}
            Err(failure) => self.client.respond(id, Err(failure)),
        }
    }

    fn initialize(&mut self, mut params: Value) -> Result<Value, Failure> {
        if !params.is_object() {
            return Err(Failure::params("`initialize` tells what the client can do"));
        }
        self.client.introduce(params["capabilities"].take());
        let folders = params["workspaceFolders"].as_array().into_iter().flatten().filter_map(|folder| folder["uri"].as_str());
        let mut folders: Vec<String> = folders.filter_map(path_of).collect();
        if folders.is_empty() {
            folders.extend(params["rootUri"].as_str().and_then(path_of));
            folders.extend(params["rootPath"].as_str().filter(|_| params["rootUri"].is_null()).map(str::to_owned));
        }
        self.texts.folders = folders.iter().map(|folder| normalise(folder)).collect();
        self.stage = Stage::Running;
        Ok(json!({
            "capabilities": self.capabilities(),
            "serverInfo": { "name": "lang", "version": env!("CARGO_PKG_VERSION") },
        }))
    }

    fn capabilities(&self) -> Value {
        let mut capabilities = json!({
            "positionEncoding": self.client.encoding.name(),
            "textDocumentSync": { "openClose": true, "change": 2, "save": { "includeText": false } },
            "completionProvider": { "triggerCharacters": ["."] },
            "signatureHelpProvider": { "triggerCharacters": ["(", ","] },
            "hoverProvider": true,
            "definitionProvider": true,
            "documentSymbolProvider": true,
            "foldingRangeProvider": true,
            "documentFormattingProvider": true,
            "semanticTokensProvider": {
                "legend": { "tokenTypes": features::TOKEN_TYPES, "tokenModifiers": features::TOKEN_MODIFIERS },
                "full": true,
                "range": true,
            },
            "codeActionProvider": { "codeActionKinds": [actions::KIND] },
            "codeLensProvider": { "resolveProvider": false },
            "inlayHintProvider": true,
            "executeCommandProvider": { "commands": actions::commands() },
            "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
        });
        if self.client.pulls() {
            capabilities["diagnosticProvider"] =
                json!({ "identifier": "lang", "interFileDependencies": true, "workspaceDiagnostics": false });
        }
        capabilities
    }

    fn carry_out(&mut self, id: &Id, method: &str, params: Value) -> Result<Answer, Failure> {
        let encoding = self.client.encoding;
        let now = |value: Option<Value>| Ok(Answer::Now(value.unwrap_or(Value::Null)));
        match method {
            "textDocument/completion" | "textDocument/hover" | "textDocument/definition" | "textDocument/signatureHelp" => {
                let TextDocumentPositionParams { text_document, position } = read(params)?;
                let uri = self.known(&text_document)?;
                let answer = match method {
                    "textDocument/completion" => self.complete(id.clone(), &uri, position),
                    "textDocument/hover" => self.hover(id.clone(), &uri, position),
                    "textDocument/signatureHelp" => self.signature(id.clone(), &uri, position),
                    _ => self.definition(id.clone(), &uri, position),
                };
                Ok(answer.unwrap_or(Answer::Now(Value::Null)))
            }
            "textDocument/diagnostic" => {
                let OfDocument { document, .. } = read(params)?;
                self.pull(id, &document.uri.0)
            }
            "textDocument/documentSymbol" => {
                let (document, _) = self.document(params)?;
                now(Some(json!(features::symbols(document, encoding))))
            }
            "textDocument/foldingRange" => {
                let (document, _) = self.document(params)?;
                now(Some(json!(features::folds(document.source()))))
            }
            "textDocument/formatting" => {
                let (document, _) = self.document(params)?;
                let edits = features::layout(document.source(), encoding);
                now(edits.map_err(|message| Failure::new(Failure::REQUEST_FAILED, message))?.map(|edits| json!(edits)))
            }
            "textDocument/semanticTokens/full" | "textDocument/semanticTokens/range" => {
                let (document, range) = self.document(params)?;
                let source = document.source();
                let within = range.map_or(Span::new(0, source.text().len()), |range| encoding.span(source, range));
                now(Some(json!({ "data": features::tokens(source, within, encoding) })))
            }
            "textDocument/codeAction" => {
                let params: CodeActionParams = read(params)?;
                let uri = self.known(&params.text_document)?;
                let only: Option<Vec<String>> =
                    params.context.only.map(|kinds| kinds.iter().map(|kind| kind.as_str().to_owned()).collect());
                let is_busy = self.living.is_evaluating();
                let found = actions::actions(&self.documents[&uri], params.range, only.as_deref(), is_busy, encoding);
                now(Some(json!(found)))
            }
            "textDocument/codeLens" => {
                let (document, _) = self.document(params)?;
                now(Some(json!(actions::lenses(document, encoding))))
            }
            "textDocument/inlayHint" => {
                let params: InlayHintParams = read(params)?;
                let uri = self.known(&params.text_document)?;
                now(Some(self.hints(&uri, params.range)))
            }
            "workspace/executeCommand" => {
                let params: ExecuteCommandParams = read(params)?;
                self.execute(id, &params.command, &params.arguments.unwrap_or_default())
            }
            _ => Err(Failure::new(Failure::METHOD_NOT_FOUND, format!("there is no request `{method}` here"))),
        }
    }

    /// The URI of an open file.
    fn known(&self, document: &TextDocumentIdentifier) -> Result<String, Failure> {
        let uri = &document.uri.0;
        let is_open = self.documents.contains_key(uri);
        is_open.then(|| uri.clone()).ok_or_else(|| Failure::params(format!("`{uri}` is not open; `textDocument/didOpen` opens it")))
    }

    fn document(&self, params: Value) -> Result<(&Document, Option<Range>), Failure> {
        let OfDocument { document, range } = read(params)?;
        let uri = self.known(&document)?;
        Ok((&self.documents[&uri], range))
    }

    /// The values behind what was evaluated.
    fn hints(&self, uri: &str, range: Range) -> Value {
        let document = &self.documents[uri];
        let (source, encoding) = (document.source(), self.client.encoding);
        let within = encoding.span(source, range);
        let shown = document.results.values.iter().filter(|shown| within.lo <= shown.span.hi && shown.span.hi <= within.hi);
        let hint = |shown: &super::results::Shown| {
            let mut hint = json!({
                "position": encoding.position(source, shown.span.hi as usize),
                "label": shown.label,
                "paddingLeft": true,
            });
            if !shown.detail.is_empty() {
                hint["tooltip"] = json!(shown.detail);
            }
            hint
        };
        shown.map(hint).collect()
    }

    fn notification(&mut self, method: &str, params: Value) -> Result<(), Failure> {
        match (self.stage, method) {
            (Stage::Running, "$/cancelRequest") => {
                let id = serde_json::from_value(params["id"].clone()).map_err(|_| Failure::params("`id` is missing"))?;
                self.cancel(&id);
            }
            (Stage::Running, "initialized") => {
                self.register();
                self.search.get_or_insert_with(|| Search::start(self.texts.folders.clone(), &self.events));
            }
            (Stage::Running, "textDocument/didOpen") => {
                let DidOpenTextDocumentParams { text_document: opened } = read(params)?;
                let uri = opened.uri.0;
                let path = path_of(&uri).map_or_else(|| uri.clone(), |path| normalise(&path));
                self.documents.insert(uri.clone(), Document::new(uri, path, opened.version, opened.text));
                self.reopened();
                self.texts_changed();
            }
            (Stage::Running, "textDocument/didChange") => {
                let params: DidChangeTextDocumentParams = read(params)?;
                let uri = self.known(&params.text_document.text_document_identifier)?;
                let encoding = self.client.encoding;
                if let Some(document) = self.documents.get_mut(&uri) {
                    document.version = params.text_document.version;
                    document.change(params.content_changes, encoding);
                }
                self.texts_changed();
            }
            (Stage::Running, "textDocument/didClose") => {
                let OfDocument { document, .. } = read(params)?;
                let uri = self.known(&document)?;
                if let Some(document) = self.documents.remove(&uri) {
                    self.checked.remove(&document.path);
                }
                if self.published.remove(&uri).is_some() {
                    self.client.notify("textDocument/publishDiagnostics", json!({ "uri": uri, "diagnostics": [] }));
                }
                self.reopened();
                self.texts_changed();
            }
            (Stage::Running, "textDocument/didSave" | "workspace/didChangeWatchedFiles") => self.texts_changed(),
            (Stage::Running, "workspace/didChangeWorkspaceFolders") => {
                let paths = |list: &Value| -> Vec<String> {
                    let uris = list.as_array().into_iter().flatten().filter_map(|folder| folder["uri"].as_str());
                    uris.filter_map(path_of).map(|path| normalise(&path)).collect()
                };
                let removed = paths(&params["event"]["removed"]);
                self.texts.folders.retain(|folder| !removed.contains(folder));
                self.texts.folders.extend(paths(&params["event"]["added"]));
                self.texts_changed();
            }
            // What nobody has to understand, and what comes too early or too late.
            _ => {}
        }
        Ok(())
    }

    /// Asks to be told of files that change on the disk.
    fn register(&mut self) {
        if self.client.can("/workspace/didChangeWatchedFiles/dynamicRegistration") {
            let watchers = json!([{ "globPattern": "**/*.lang" }]);
            let registration =
                json!({ "id": "files", "method": "workspace/didChangeWatchedFiles", "registerOptions": { "watchers": watchers } });
            self.client.request("client/registerCapability", json!({ "registrations": [registration] }));
        }
    }

    /// Texts are not what they were: all that is open is looked at again.
    fn texts_changed(&mut self) {
        self.texts.open = self.documents.values().map(|document| (document.path.clone(), document.source().clone())).collect();
        self.generation += 1;
        self.look();
    }

    fn look(&mut self) {
        let open = self.documents.values().map(|document| document.path.clone());
        let paths: BTreeSet<String> = open.chain(self.pulls.iter().map(|pull| pull.path.clone())).collect();
        let job = Job { generation: self.generation, texts: self.texts.clone(), paths };
        if self.checker.send(job).is_err() {
            // It has ended by a mistake of ours, which it has told; the next texts may be better.
            self.checker = checker::start(self.events.clone());
            for pull in std::mem::take(&mut self.pulls) {
                self.client.respond(&pull.id, Err(mistake("textDocument/diagnostic")));
            }
        }
    }

    fn pull(&mut self, id: &Id, uri: &str) -> Result<Answer, Failure> {
        let path = path_of(uri).map_or_else(|| uri.to_owned(), |path| normalise(&path));
        if !self.documents.contains_key(uri) && !Path::new(&path).is_file() {
            return Err(Failure::params(format!("`{uri}` is neither open nor a file")));
        }
        self.pulls.push(Pull { id: id.clone(), path, generation: self.generation });
        self.look();
        Ok(Answer::Later)
    }

    fn take_checked(&mut self, outcome: Outcome) {
        let mut others_changed = false;
        for (path, checked) in outcome.files {
            let old = self.checked.get(&path);
            let is_same_text = old.is_some_and(|old| old.source.text() == checked.source.text());
            let told = |checked: &Checked| -> Vec<(Span, String)> {
                checked.findings.iter().map(|finding| (finding.span, finding.message.clone())).collect()
            };
            others_changed |= is_same_text && old.is_some_and(|old| told(old) != told(&checked));
            self.checked.insert(path, checked);
        }
        let open: Vec<String> = self.documents.keys().cloned().collect();
        open.iter().for_each(|uri| self.publish(uri));
        let (ready, waiting) = std::mem::take(&mut self.pulls).into_iter().partition(|pull| pull.generation <= outcome.generation);
        self.pulls = waiting;
        let ready: Vec<Pull> = ready;
        for pull in ready {
            let items = self.static_diagnostics(&pull.path);
            self.client.respond(&pull.id, Ok(json!({ "kind": "full", "items": items })));
        }
        self.checked.retain(|path, _| self.documents.values().any(|document| document.path == *path));
        if others_changed && self.client.pulls() {
            self.client.refresh("diagnostics");
        }
    }

    fn static_diagnostics(&self, path: &str) -> Vec<Diagnostic> {
        let Some(checked) = self.checked.get(path) else { return Vec::new() };
        let source = &checked.source;
        checked.findings.iter().map(|finding| diagnostics::of_finding(&self.client, source, finding)).collect()
    }

    /// Sends what is to be said of an open file, unless its text has been looked at before the last change, or it has been sent before.
    fn publish(&mut self, uri: &str) {
        let Some(document) = self.documents.get(uri) else { return };
        let Some(checked) = self.checked.get(&document.path) else { return };
        if checked.source.text() != document.source().text() {
            return;
        }
        let mut found = self.static_diagnostics(&document.path);
        let live = diagnostics::live(&self.client, document, &found);
        if self.client.pulls() {
            found.clear();
        }
        found.extend(live);
        let version = document.version;
        let old = self.published.get(uri);
        let is_needed = match old {
            Some((of, old)) => *old != found || *of != version && !self.client.pulls(),
            None => !found.is_empty() || !self.client.pulls(),
        };
        if is_needed {
            let params = json!({ "uri": uri, "version": version, "diagnostics": found });
            self.client.notify("textDocument/publishDiagnostics", params);
            self.published.insert(uri.to_owned(), (version, found));
        }
    }

    /// What the program has to say of texts is not what it was.
    pub fn live_changed(&mut self) {
        let open: Vec<String> = self.documents.keys().cloned().collect();
        open.iter().for_each(|uri| self.publish(uri));
    }
}

/// Reads what a request is about.
fn read<T: DeserializeOwned>(params: Value) -> Result<T, Failure> {
    serde_json::from_value(params).map_err(|error| Failure::params(error.to_string()))
}

fn mistake(method: &str) -> Failure {
    let message = format!("`{method}` has failed by a mistake in the tool; please report it with the file");
    Failure::new(Failure::INTERNAL_ERROR, message)
}
