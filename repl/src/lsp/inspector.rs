//! `lang.inspect`: looks into a value, part by part. Editors without a plugin get it as a message; a plugin shows it itself.

use super::client::{Failure, Grade};
use super::evaluation::{Place, cut};
use super::living::{Purpose, ShownBy};
use super::server::{Answer, Server};
use crate::describe::way;
use gen_lsp_types::json_rpc::Id;
use serde::Deserialize;
use serde_json::Value;
use vm::session::{RegionKind, Reply, Request};

/// Longest text of a value, with its parts, in a message, in characters.
const MESSAGE_CHARS_MAX: usize = 2000;

/// What a plugin asks. Without `uri` and without `what` it goes on from what was inspected last.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    /// What is evaluated, or looked up if it is a name; in brackets behind nothing, numbers of parts: `[0][2]`.
    what: String,
    /// The file whose names `what` has; without `what`, the expression at `range` is meant.
    uri: Option<String>,
    range: Option<Value>,
    /// Numbers of parts.
    path: Vec<usize>,
    /// The first part that is wanted.
    from: usize,
    /// Whether the server shows it.
    show: Option<bool>,
}

impl Server {
    /// Carries out the command: its arguments are the URI of a file and a range, or a text, or an object.
    pub fn inspect(&mut self, id: &Id, arguments: &[Value]) -> Result<Answer, Failure> {
        let wrong = || {
            Failure::params(
                "the arguments of this command are the URI of a file and a range, or a text, or an object with `what`, or `uri` and `range`, \
                 and perhaps `path`, `from` and `show`",
            )
        };
        let asked = match (arguments.first(), arguments.get(1)) {
            (Some(Value::String(uri)), Some(range)) => {
                Asked { uri: Some(uri.clone()), range: Some(range.clone()), ..Asked::default() }
            }
            (Some(Value::String(what)), None) => Asked { what: what.clone(), ..Asked::default() },
            (Some(asked @ Value::Object(_)), None) => serde_json::from_value(asked.clone()).map_err(|_| wrong())?,
            _ => return Err(wrong()),
        };
        let shown_by = if asked.show == Some(false) { ShownBy::Client } else { ShownBy::Server };
        let code = (!asked.what.is_empty()).then(|| asked.what.clone());
        let (request, roots) = match &asked.uri {
            Some(uri) => {
                let kind = if code.is_some() { RegionKind::File } else { RegionKind::Expression };
                let Place { path, source, at, to } = self.place(uri, asked.range.as_ref(), kind)?;
                self.start_own(&path);
                let (file, text, roots) = (self.name_for_program(&path), source.text().to_owned(), self.roots_for_program(&source));
                (Request::InspectRegion { file, text, at, to: Some(to), code }, roots)
            }
            None => {
                let folder = self.texts.folders.first().cloned().unwrap_or_default();
                self.start_own(&format!("{folder}/."));
                let (what, parts) = way(&asked.what);
                let path = parts.into_iter().chain(asked.path).collect();
                (Request::Inspect { what: what.to_owned(), path, from: asked.from }, Vec::new())
            }
        };
        self.ask(request, roots, Purpose::Inspect { id: id.clone(), shown_by });
        Ok(Answer::Later)
    }

    /// Shows people a value, unless somebody else does.
    pub fn show_inspected(&self, reply: &Reply, shown_by: ShownBy) {
        if !reply.output.is_empty() && reply.ok {
            self.client.log(reply.output.trim_end_matches('\n'));
        }
        match reply.text.as_deref().filter(|_| reply.ok) {
            None if shown_by == ShownBy::Server => self.show_reply(reply, ""),
            Some(text) if shown_by == ShownBy::Server => {
                self.client.log(text.trim_end());
                self.client.show(Grade::Info, &cut(text.trim_end(), MESSAGE_CHARS_MAX));
            }
            _ => {}
        }
    }
}
