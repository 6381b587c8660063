//! What names are asked: what could stand here, what is this, where is it written. Texts answer at once; if a program lives and does
//! nothing else, it is asked, too, and what it says is joined with that.

use super::document::Document;
use super::living::Purpose;
use super::names::{Chain, Known, Meaning, Reach, Reader, chain_at};
use super::server::{Answer, Server};
use super::uri::uri_of;
use gen_lsp_types::json_rpc::Id;
use gen_lsp_types::{CompletionItemKind, CompletionItemTag, Position};
use lang::docs::DocKind;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use vm::session::{Candidate, Entry, OpenCall, Reply, Request, Signature, call_around, callable, signature, signature_of};

/// Longest text that a program is asked about, in bytes: what nobody has written by hand could keep it from its work.
const TEXT_BYTES_MAX: usize = 2000;

/// How near what the program tells of is.
const DISTANCE_TOLD: u8 = 1;

/// What is known of names before the program is asked.
pub enum Asked {
    /// What could stand here.
    Completion {
        /// What texts say.
        known: Vec<Known>,
        /// The word that is completed.
        chain: Chain,
        /// The file.
        uri: String,
    },
    /// What this is.
    Hover {
        /// What texts say.
        text: Option<String>,
    },
    /// Where it is written, which texts do not say.
    Definition,
    /// What a call takes, which texts do not say.
    Signature,
}

impl Server {
    /// What could stand at a place.
    pub fn complete(&mut self, id: Id, uri: &str, at: Position) -> Option<Answer> {
        let encoding = self.client.encoding;
        let document = self.documents.get(uri)?;
        let offset = encoding.offset(document.source(), at);
        let Some(chain) = chain_at(document.source(), offset, Reach::Before) else { return Some(Answer::Now(json!([]))) };
        let mut reader = Reader { texts: &self.texts, library: self.library.get_or_insert_with(Default::default) };
        let mut known = match &chain.before {
            Some(before) if let Some(known) = reader.imports(document, chain.span, before) => known,
            Some(before) if before.is_empty() => reader.visible(document, offset),
            Some(before) => reader.members(document, offset, before).unwrap_or_else(|| any_member(document)),
            None => any_member(document),
        };
        known.retain(|known| begins(&known.name, &chain.word));
        let source = document.source();
        let line_start = source.line_start(source.line(offset as u32)) as usize;
        let code = source.text()[line_start..offset].to_owned();
        let asked = Asked::Completion { known, chain, uri: uri.to_owned() };
        let path = document.path.clone();
        Some(self.ask_living(id, &path, |file| Request::Complete { code, file: Some(file) }, asked))
    }

    /// What the name at a place is.
    pub fn hover(&mut self, id: Id, uri: &str, at: Position) -> Option<Answer> {
        let (names, meaning, path) = self.meant(uri, at)?;
        let text = meaning.and_then(|meaning| self.told(&meaning));
        let name = names.join(".");
        Some(self.ask_living(id, &path, |file| Request::LookUp { name, file: Some(file) }, Asked::Hover { text }))
    }

    /// Where the name at a place is written.
    pub fn definition(&mut self, id: Id, uri: &str, at: Position) -> Option<Answer> {
        let (names, meaning, path) = self.meant(uri, at)?;
        let encoding = self.client.encoding;
        let place = |uri: String, range| Some(Answer::Now(json!({ "uri": uri, "range": range })));
        match meaning {
            Some(Meaning::Local { span, .. }) => place(uri.to_owned(), encoding.range(self.documents.get(uri)?.source(), span)),
            Some(Meaning::Item { source, item }) => place(self.uri_of(source.name()), encoding.range(&source, item.span)),
            Some(Meaning::File(source)) => place(self.uri_of(source.name()), gen_lsp_types::Range::default()),
            Some(Meaning::Library(_)) => None,
            None => {
                let name = names.join(".");
                Some(self.ask_living(id, &path, |file| Request::LookUp { name, file: Some(file) }, Asked::Definition))
            }
        }
    }

    /// What the call takes in whose brackets a place is.
    pub fn signature(&mut self, id: Id, uri: &str, at: Position) -> Option<Answer> {
        let encoding = self.client.encoding;
        let document = self.documents.get(uri)?;
        let source = document.source().clone();
        let offset = encoding.offset(&source, at);
        let call = call_around(&source.text()[..offset])?;
        let end = encoding.position(&source, call.span.hi as usize);
        let (_, meaning, path) = self.meant(uri, end)?;
        if let Some(found) = meaning.and_then(|meaning| self.signature_of(&meaning, &call)) {
            return Some(Answer::Now(self.signature_help(&found)));
        }
        let code = source.text()[call.span.lo as usize..offset].to_owned();
        Some(self.ask_living(id, &path, |file| Request::Signature { code, file: Some(file) }, Asked::Signature))
    }

    /// What texts say that a call takes.
    fn signature_of(&mut self, meaning: &Meaning, call: &OpenCall) -> Option<Signature> {
        match meaning {
            Meaning::Item { item, .. } if item.kind == DocKind::Class => {
                let init = item.members.iter().find(|member| member.name == "init" && member.kind == DocKind::Method);
                let parameters = match init {
                    Some(init) => callable(&init.signature)?.strip_prefix("init")?.to_owned(),
                    // What its bases take, the program knows.
                    None if item.signature != format!("class {}", item.name) => return None,
                    None => {
                        let slots = item.members.iter().filter(|member| member.kind == DocKind::Slot);
                        let slots: Vec<&str> = slots.map(|slot| slot.signature.trim_start_matches("slot ")).collect();
                        format!("({})", slots.join(", "))
                    }
                };
                let doc = item.doc.clone().or_else(|| init.and_then(|init| init.doc.clone()));
                Some(signature(format!("{}{parameters}", item.name), doc, call))
            }
            Meaning::Item { item, .. } => Some(signature(callable(&item.signature)?.to_owned(), item.doc.clone(), call)),
            Meaning::Library(chain) => {
                let entry = self.library.get_or_insert_with(Default::default).entry(chain)?;
                signature_of(&entry, &[], call).filter(|_| entry.kind != "class")
            }
            Meaning::Local { .. } | Meaning::File(_) => None,
        }
    }

    /// A signature as editors show it. They count in UTF-16, whatever else was agreed.
    fn signature_help(&self, found: &Signature) -> Value {
        let parameter = |(lo, hi): &(usize, usize)| {
            let width = |end: usize| found.label[..end].encode_utf16().count();
            match self.client.can("/textDocument/signatureHelp/signatureInformation/parameterInformation/labelOffsetSupport") {
                true => json!({ "label": [width(*lo), width(*hi)] }),
                false => json!({ "label": found.label[*lo..*hi] }),
            }
        };
        let parameters: Vec<Value> = found.parameters.iter().map(parameter).collect();
        // Behind the last one none is marked.
        let active = found.active.unwrap_or(parameters.len());
        let mut shown = json!({ "label": found.label, "parameters": parameters });
        if let Some(doc) = &found.doc {
            shown["documentation"] = json!({ "kind": "markdown", "value": doc });
        }
        json!({ "signatures": [shown], "activeSignature": 0, "activeParameter": active })
    }

    /// The names around a place and what they mean, with the path of the file.
    fn meant(&mut self, uri: &str, at: Position) -> Option<(Vec<String>, Option<Meaning>, String)> {
        let document = self.documents.get(uri)?;
        let offset = self.client.encoding.offset(document.source(), at);
        let chain = chain_at(document.source(), offset, Reach::Around).filter(|chain| !chain.word.is_empty())?;
        let mut names = chain.before?;
        names.push(chain.word);
        let mut reader = Reader { texts: &self.texts, library: self.library.get_or_insert_with(Default::default) };
        let meaning = reader.meaning(document, offset, &names);
        Some((names, meaning, document.path.clone()))
    }

    /// What there is to say about something.
    fn told(&mut self, meaning: &Meaning) -> Option<String> {
        match meaning {
            Meaning::Local { name, .. } => Some(code(name)),
            Meaning::Item { source, item } => {
                let line = source.line(item.span.lo);
                let file = source.name().rsplit('/').next().unwrap_or_default();
                let doc = item.doc.clone().unwrap_or_default();
                Some(joined(&[code(&item.signature), doc, format!("{} · {file}:{line}", item.kind.text())]))
            }
            Meaning::File(source) => {
                let file = source.name().rsplit('/').next().unwrap_or_default();
                let doc = lang::docs::docs(source, &lang::parse(source).file).doc.unwrap_or_default();
                Some(joined(&[format!("namespace · {file}"), doc]))
            }
            Meaning::Library(chain) => {
                self.library.get_or_insert_with(Default::default).entry(chain).map(|entry| entry_text(&entry))
            }
        }
    }

    /// Asks the program, if one lives and has time; else gives what is known.
    fn ask_living(&mut self, id: Id, path: &str, request: impl FnOnce(String) -> Request, asked: Asked) -> Answer {
        let runner = self.living.runner().filter(|_| !self.living.is_busy());
        let request = runner.map(|runner| request(runner.name_of(path))).filter(is_short);
        match request {
            None => Answer::Now(self.joined(&asked, None).unwrap_or(Value::Null)),
            Some(request) => {
                self.ask(request, Vec::new(), Purpose::Name { id, asked });
                Answer::Later
            }
        }
    }

    /// What texts and the program say together.
    pub fn joined(&self, asked: &Asked, reply: Option<&Reply>) -> Option<Value> {
        match asked {
            Asked::Completion { known, chain, uri } => {
                let told = reply.and_then(|reply| reply.completions.as_ref()).map_or(&[][..], |found| &found.items);
                let known = with_living(known, told);
                let document = self.documents.get(uri)?;
                let range = self.client.encoding.range(document.source(), chain.span);
                let shows_leaks = self.client.can("/textDocument/completion/completionItem/tagSupport");
                Some(known.iter().map(|suggested| item(suggested, range, shows_leaks)).collect())
            }
            Asked::Hover { text } => {
                let live = reply.and_then(|reply| reply.entry.as_ref());
                let live = live.map(|entry| if text.is_some() { live_text(entry) } else { entry_text(entry) });
                let parts: Vec<String> = text.iter().cloned().chain(live).filter(|part| !part.is_empty()).collect();
                (!parts.is_empty()).then(|| json!({ "contents": { "kind": "markdown", "value": parts.join("\n\n") } }))
            }
            Asked::Signature => Some(self.signature_help(reply?.signature.as_ref()?)),
            Asked::Definition => {
                let place = reply?.entry.as_ref()?.place.as_ref()?;
                let (file, line) = place.rsplit_once(':')?;
                let line = line.parse::<u32>().ok()?.saturating_sub(1);
                let path = self.living.runner()?.path_of(file);
                let start = Position { line, character: 0 };
                Some(json!({ "uri": self.uri_of(&path), "range": { "start": start, "end": start } }))
            }
        }
    }

    /// How the editor names a file.
    pub fn uri_of(&self, path: &str) -> String {
        self.documents.values().find(|document| document.path == path).map_or_else(|| uri_of(path), |document| document.uri.clone())
    }
}

fn is_short(request: &Request) -> bool {
    match request {
        Request::Complete { code, .. } => code.len() <= TEXT_BYTES_MAX,
        Request::Signature { code, .. } => code.len() <= TEXT_BYTES_MAX,
        Request::LookUp { name, .. } => name.len() <= TEXT_BYTES_MAX,
        _ => true,
    }
}

/// Members of all classes of a file: what may be meant when nobody knows of which.
fn any_member(document: &Document) -> Vec<Known> {
    let members = document.items().flat_map(|(_, item)| &item.members);
    let known = members.filter(|member| member.kind != DocKind::Variant).map(|member| Known {
        name: member.name.clone(),
        kind: member.kind.text().to_owned(),
        detail: member.signature.clone(),
        doc: member.doc.clone().unwrap_or_default(),
        distance: 3,
    });
    known.collect()
}

/// Whether a name may be meant by its beginning.
fn begins(name: &str, word: &str) -> bool {
    let mut name_chars = name.chars().flat_map(char::to_lowercase);
    // Names with an underscore at the front are for those who ask for them.
    let is_asked = !name.starts_with('_') || word.starts_with('_');
    is_asked
        && name.chars().all(|c| c == '_' || c.is_alphanumeric())
        && word.chars().flat_map(char::to_lowercase).all(|c| name_chars.next() == Some(c))
}

/// A name that is suggested.
struct Suggested<'a> {
    known: Known,
    /// What the program says of it.
    told: Option<&'a Candidate>,
    /// How many classes with members are nearer, that the program tells of.
    class: usize,
}

/// What texts say and what the program says: members by their classes, the nearest first.
fn with_living<'a>(known: &[Known], told: &'a [Candidate]) -> Vec<Suggested<'a>> {
    let mut classes: Vec<&str> = told.iter().filter(|told| told.is_member()).map(|told| &*told.home).collect();
    let mut seen = HashSet::new();
    classes.retain(|class| seen.insert(*class));
    let class_of = |told: &Candidate| classes.iter().position(|class| told.is_member() && **class == *told.home).unwrap_or(0);
    let living: HashMap<&str, &Candidate> = told.iter().map(|told| (&*told.text, told)).collect();
    let of_text = known.iter().map(|known| {
        let told = living.get(&*known.name).copied();
        let is_member = told.is_some_and(Candidate::is_member);
        // The program knows that it is there, which texts may only guess.
        let distance = if is_member { known.distance.min(DISTANCE_TOLD) } else { known.distance };
        Suggested { known: Known { distance, ..known.clone() }, told, class: told.map_or(0, class_of) }
    });
    let names: HashSet<&str> = known.iter().map(|known| &*known.name).collect();
    let others = told.iter().filter(|told| !names.contains(&*told.text));
    let others = others.map(|told| Suggested { known: of_candidate(told), told: Some(told), class: class_of(told) });
    let mut all: Vec<Suggested<'a>> = of_text.chain(others).collect();
    all.sort_by(|a, b| (a.known.distance, a.class, &a.known.name).cmp(&(b.known.distance, b.class, &b.known.name)));
    let mut seen = HashSet::new();
    all.retain(|suggested| seen.insert(suggested.known.name.clone()));
    all
}

fn of_candidate(candidate: &Candidate) -> Known {
    let detail = candidate.home.to_string();
    let distance = if candidate.kind == "argument" { 0 } else { DISTANCE_TOLD };
    Known { name: candidate.text.clone(), kind: candidate.kind.to_string(), detail, doc: String::new(), distance }
}

fn item(Suggested { known, told, class }: &Suggested<'_>, range: gen_lsp_types::Range, shows_leaks: bool) -> Value {
    let is_leaked = told.is_some_and(|told| told.is_leaked);
    let state = match told {
        Some(_) if is_leaked => "leak: no file defines it any more",
        Some(_) => "live",
        None => "",
    };
    let detail = [&*known.detail, state].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let mut item = json!({
        "label": known.name,
        "kind": item_kind(&known.kind),
        "sortText": format!("{}{class:02}{}", known.distance, known.name),
        "textEdit": { "range": range, "newText": known.name },
    });
    if is_leaked && shows_leaks {
        item["tags"] = json!([CompletionItemTag::Deprecated]);
    }
    if !detail.is_empty() {
        item["detail"] = json!(detail);
    }
    if !known.doc.is_empty() {
        item["documentation"] = json!({ "kind": "markdown", "value": known.doc });
    }
    item
}

fn item_kind(kind: &str) -> CompletionItemKind {
    match kind {
        "function" | "static function" => CompletionItemKind::Function,
        "method" => CompletionItemKind::Method,
        "class" => CompletionItemKind::Class,
        "enum" => CompletionItemKind::Enum,
        "variant" => CompletionItemKind::EnumMember,
        "slot" | "shared slot" => CompletionItemKind::Field,
        "property" => CompletionItemKind::Property,
        "constant" => CompletionItemKind::Constant,
        "namespace" | "module" => CompletionItemKind::Module,
        "keyword" => CompletionItemKind::Keyword,
        _ => CompletionItemKind::Variable,
    }
}

/// Code in Markdown.
fn code(text: &str) -> String {
    format!("```lang\n{text}\n```")
}

fn joined(parts: &[String]) -> String {
    parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("\n\n")
}

/// What a program says of a name.
fn entry_text(entry: &Entry) -> String {
    let signature = entry.signature.as_deref().map(code).unwrap_or_default();
    let name = entry.qualified.strip_prefix("core.").unwrap_or(&entry.qualified);
    let mut last = format!("{} `{name}`", entry.kind);
    if let Some(class) = &entry.class {
        last.push_str(&format!(" · {class}"));
    }
    if let Some(place) = &entry.place {
        last.push_str(&format!(" · {place}"));
    }
    joined(&[signature, entry.doc.clone().unwrap_or_default(), last])
}

/// What a program adds to what a text says.
fn live_text(entry: &Entry) -> String {
    match &entry.class {
        Some(class) => format!("In the program: {} `{}`, {class}", entry.kind, entry.qualified),
        None => format!("In the program: {} `{}`", entry.kind, entry.qualified),
    }
}
