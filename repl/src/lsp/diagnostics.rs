//! Problems of texts as editors show them.

use super::checker::Finding;
use super::client::Client;
use super::document::Document;
use super::results::Trouble;
use super::uri::uri_of;
use gen_lsp_types::{Code, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location, Message, Uri};
use lang::source::Source;

/// Who says what texts tell.
const SOURCE: &str = "lang";

/// Who says what the living program tells.
const LIVE_SOURCE: &str = "lang-live";

/// Codes of what can be left out.
const UNNECESSARY: [&str; 3] = ["W0007", "W0008", "W0009"];

/// A problem that a text has.
pub fn of_finding(client: &Client, source: &Source, finding: &Finding) -> Diagnostic {
    let mut message = finding.message.clone();
    if !finding.label.is_empty() && !message.contains(&finding.label) {
        message.push_str(": ");
        message.push_str(&finding.label);
    }
    if !finding.help.is_empty() {
        message.push_str("\nhelp: ");
        message.push_str(&finding.help);
    }
    let related = finding.notes.iter().map(|(source, span, text)| DiagnosticRelatedInformation {
        location: Location { uri: Uri(uri_of(source.name())), range: client.encoding.range(source, *span) },
        message: text.clone(),
    });
    let related: Vec<_> = related.filter(|_| client.can("/textDocument/publishDiagnostics/relatedInformation")).collect();
    Diagnostic {
        range: client.encoding.range(source, finding.span),
        severity: Some(if finding.is_error { DiagnosticSeverity::Error } else { DiagnosticSeverity::Warning }),
        code: Some(Code::String(finding.code.clone())),
        source: Some(SOURCE.to_owned()),
        message: Message::String(message),
        tags: UNNECESSARY.contains(&&*finding.code).then(|| vec![DiagnosticTag::Unnecessary]),
        related_information: (!related.is_empty()).then_some(related),
        code_description: None,
        data: None,
    }
}

/// An error of an evaluation, or what a reload was refused for.
pub fn of_trouble(client: &Client, source: &Source, trouble: &Trouble) -> Diagnostic {
    Diagnostic {
        range: client.encoding.range(source, trouble.span),
        severity: Some(DiagnosticSeverity::Error),
        code: (!trouble.code.is_empty()).then(|| Code::String(trouble.code.clone())),
        source: Some(LIVE_SOURCE.to_owned()),
        message: Message::String(trouble.message.clone()),
        code_description: None,
        tags: None,
        related_information: None,
        data: None,
    }
}

/// What the living program has to say about a file. What a reload was refused for is told once: not if the same is `known` of that line,
/// as the text itself says it.
pub fn live(client: &Client, document: &Document, known: &[Diagnostic]) -> Vec<Diagnostic> {
    let told = |trouble: &Trouble| of_trouble(client, document.source(), trouble);
    let is_new = |found: &Diagnostic| {
        !known.iter().any(|known| known.code == found.code && known.range.start.line == found.range.start.line)
    };
    let refused = document.results.refused.iter().map(told).filter(is_new);
    document.results.troubles.iter().map(told).chain(refused).collect()
}
