//! What clients may ask: the host decides it when it begins to serve.

use super::Session;
use super::lookup::{chain_of, held_value, is_chain};
use super::request::{Failure, FailureKind, RegionKind, Reply, Request};
use crate::embed::Vm;
use serde::{Deserialize, Serialize};

/// What clients may ask. Who may evaluate may do whatever the program can, reloads included: `change` keeps from mistakes, not from malice.
///
/// ```
/// use embed::session::{Request, Rights};
///
/// assert_eq!(Rights::EVALUATE.names(), ["look", "evaluate"]);
/// assert!(Rights::LOOK.refusal(&Request::Undo).is_some());
/// assert!(Rights::LOOK.refusal(&Request::Describe).is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rights {
    /// To look at definitions and values, without running code of the program.
    pub look: bool,
    /// To evaluate text, and to trace calls; the text of a whole file is a reload, and needs `change` as well.
    pub evaluate: bool,
    /// To reload, to undo and redo commits, to migrate instances, and to let a stopped program go on.
    pub change: bool,
}

impl Rights {
    /// To look.
    pub const LOOK: Rights = Rights { look: true, evaluate: false, change: false };
    /// To look and to evaluate.
    pub const EVALUATE: Rights = Rights { look: true, evaluate: true, change: false };
    /// All.
    pub const ALL: Rights = Rights { look: true, evaluate: true, change: true };

    /// Their names, those that there are.
    pub fn names(self) -> Vec<&'static str> {
        let all = [(self.look, "look"), (self.evaluate, "evaluate"), (self.change, "change")];
        all.into_iter().filter_map(|(is_given, name)| is_given.then_some(name)).collect()
    }

    /// What is answered to a request that needs more; `None` if it may be carried out.
    pub fn refusal(self, request: &Request) -> Option<Reply> {
        let missing: Vec<&str> = needed(request).names().into_iter().filter(|name| !self.names().contains(name)).collect();
        if missing.is_empty() { None } else { Some(self.refused(&missing)) }
    }

    /// The same, where the program stands at a safe point: whether the value of a name can be had without running code, such as that of a
    /// property, only the program knows.
    pub(super) fn refusal_now(self, vm: &mut Vm, session: &Session, request: &Request) -> Option<Reply> {
        let (Request::Inspect { what, .. }
        | Request::List { what }
        | Request::Instances { class: what }
        | Request::Migrate { class: what }) = request
        else {
            return None;
        };
        if self.evaluate || matches!(&**what, "" | "_") {
            return None;
        }
        let chain = match chain_of(vm, session, what) {
            Ok(chain) => chain,
            Err(message) => return Some(Reply::failed(FailureKind::Impossible, message.clone(), message)),
        };
        let is_held = vm.enter(|cx| held_value(cx, &chain).is_some());
        if is_held { None } else { Some(self.refused(&["evaluate, which this name needs,"])) }
    }

    fn refused(self, missing: &[&str]) -> Reply {
        let has = self.names();
        let has = if has.is_empty() { "nothing".to_owned() } else { has.join(", ") };
        let message = format!("the program does not let its clients {}", missing.join(" and "));
        let text = format!(
            "{message}; it lets them: {has}\nWho starts it decides: `lang run --serve=all`, or `Rights` where a program embeds the engine."
        );
        Reply::failed(FailureKind::Forbidden, message, text)
    }
}

/// What a request needs.
fn needed(request: &Request) -> Rights {
    let nothing = Rights { look: false, evaluate: false, change: false };
    let runs_code = |text: &str| !text.is_empty() && !is_chain(text);
    match request {
        // It is a reload.
        Request::EvaluateRegion { kind: RegionKind::File, .. } => Rights { evaluate: true, change: true, ..nothing },
        Request::Evaluate { .. } | Request::EvaluateRegion { .. } | Request::EvaluateInCall { .. } | Request::Trace { .. } => {
            Rights { evaluate: true, ..nothing }
        }
        // What is no name is evaluated.
        Request::List { what } | Request::Inspect { what, .. } | Request::Instances { class: what } if runs_code(what) => {
            Rights { evaluate: true, ..Rights::LOOK }
        }
        // Only the program knows which text is meant.
        Request::InspectRegion { .. } => Rights { evaluate: true, ..Rights::LOOK },
        // Hooks of the program run.
        Request::Migrate { class } => Rights { evaluate: runs_code(class), change: true, ..nothing },
        Request::Restart { code, .. } => Rights { evaluate: !code.is_empty(), change: true, ..nothing },
        Request::Reload { .. } | Request::Undo | Request::Redo => Rights { change: true, ..nothing },
        Request::Complete { .. }
        | Request::Signature { .. }
        | Request::LookUp { .. }
        | Request::List { .. }
        | Request::Who { .. }
        | Request::Inspect { .. }
        | Request::Instances { .. }
        | Request::Disassemble { .. }
        | Request::Threads
        | Request::Namespace { .. }
        | Request::Stopped
        | Request::Call { .. }
        | Request::Locals { .. }
        | Request::Plan { .. }
        | Request::Drift
        | Request::Leaks
        | Request::Why { .. }
        | Request::History { .. }
        | Request::Describe
        | Request::Listen => Rights::LOOK,
    }
}

impl Reply {
    /// What is answered if something was not done, on one line and in full.
    pub fn failed(kind: FailureKind, message: String, text: String) -> Reply {
        let error = Failure { kind, class: None, message, text, notes: Vec::new(), is_incomplete: false, exit: None };
        Reply { error: Some(error), ..Reply::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_would_run_needs_the_right_to_evaluate() {
        let inspect = |what: &str| Request::Inspect { what: what.into(), path: Vec::new(), from: 0 };
        let list = |what: &str| Request::List { what: what.into() };
        for fine in [inspect("bank.accounts"), inspect(""), list("bank"), list(""), Request::Describe] {
            assert_eq!(Rights::LOOK.refusal(&fine), None, "{fine:?}");
        }
        let instances = |class: &str| Request::Instances { class: class.into() };
        let migrate = |class: &str| Request::Migrate { class: class.into() };
        assert_eq!(Rights::LOOK.refusal(&instances("bank.Till")), None);
        assert!(Rights::EVALUATE.refusal(&migrate("bank.Till")).is_some(), "hooks run");
        for wrong in [inspect("bank.pay()"), inspect("x = 1"), list("f()"), instances("f()"), migrate("bank.Till"), Request::Undo] {
            let refused = Rights::LOOK.refusal(&wrong).and_then(|reply| reply.error).map(|error| error.kind);
            assert_eq!(refused, Some(FailureKind::Forbidden), "{wrong:?}");
        }
        let restart = |code: &str| Request::Restart { how: super::super::RestartKind::Retry, call: None, code: code.into() };
        let change = Rights { evaluate: false, ..Rights::ALL };
        assert_eq!(change.refusal(&restart("")), None);
        assert!(change.refusal(&restart("1")).is_some());
        assert_eq!(Rights::ALL.refusal(&restart("1")), None);
        assert!(Rights::EVALUATE.refusal(&restart("1")).is_some());
        let at = super::super::Position { line: 1, column: 1 };
        let (file, text) = ("a.lang".to_owned(), "a".to_owned());
        assert!(Rights::LOOK.refusal(&Request::InspectRegion { file, text, at, to: None, code: None }).is_some());
        let region = |kind| Request::EvaluateRegion { file: "a.lang".into(), text: String::new(), kind, at, to: None };
        assert!(Rights::EVALUATE.refusal(&region(RegionKind::File)).is_some(), "it is a reload");
        assert_eq!(Rights::EVALUATE.refusal(&region(RegionKind::Form)), None);
        assert_eq!(Rights::ALL.refusal(&region(RegionKind::File)), None);
    }
}
