//! Attaching to programs that run: one process serves, others ask it. Both ends of what `vm::session` does over a socket.

mod choose;
mod commands;
mod prompt;
mod remote;
mod serving;

pub use commands::{Action, act, evaluate, evaluate_here, list};
pub use prompt::attach;
pub use remote::Asked;
pub use serving::{attend, serve_alone, start};
