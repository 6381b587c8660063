//! Loading and live redefinition: `diff → plan → check → commit → migrate → report`.
//!
//! The first load of a file is a reload of a file that contributed nothing. `diff` and `plan` are pure; `check` is the only step that
//! refuses; `commit` applies a checked plan and takes everything back when an initialiser fails.

mod check;
pub mod codes;
mod commit;
mod diff;
mod digest;
mod eval;
mod load;
mod plan;
mod queue;
mod report;
mod survey;

pub use check::{CheckedPlan, Place, Reason};
pub use diff::{Change, DefinitionChange, FileChange, diff};
pub use load::{Compiled, Files, Library, normalise};
pub use plan::{Action, PlannedDefinition, PlannedFile, ReloadPlan, plan};
pub use report::{Entry, Report, Statement};
pub use survey::{Fact, Facts};
