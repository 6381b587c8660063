//! Loading and live redefinition: `diff → plan → check → commit → migrate → report`.
//!
//! The first load of a file is a reload of a file that contributed nothing. `diff` and `plan` are pure; `check` is the only step that
//! refuses; `commit` applies a checked plan and takes everything back when an initialiser fails.

mod check;
mod classes;
mod closures;
pub mod codes;
mod commit;
mod contribution;
mod cycles;
mod diff;
mod digest;
mod directory;
mod ended;
mod eval;
mod frames;
mod generation;
mod history;
mod hooks;
mod images;
mod inspect;
mod interim;
mod json;
mod leaks;
mod leaving;
mod load;
mod matches;
mod meanwhile;
mod options;
mod order;
mod origin;
mod orphans;
mod pairs;
mod plan;
mod queue;
mod relink;
mod report;
mod select;
mod stacks;
mod stale;
mod suggest;
mod survey;
mod transition;
mod unknown;
mod uses;

pub use check::{CheckedPlan, Place, Reason};
pub use contribution::{Holder, NewText, Verdict, verdict};
pub use diff::{Change, DefinitionChange, FileChange, diff};
pub use directory::is_program_file;
pub use frames::{Call, Closure, CodePlace, Referrer};
pub use history::{DefinitionVersion, History};
pub use images::Images;
pub use inspect::Extent;
pub use leaks::LeakEntry;
pub use load::{Compiled, FileText, Files, Library, Sharing, normalise};
pub use meanwhile::RunningCode;
pub use options::{Gate, Migrate, Mode, Policy, ReloadOptions, Replace, Survey};
pub use origin::Origin;
pub use plan::{Action, PlannedDefinition, PlannedFile, ReloadPlan};
pub use report::{Entry, Note, Report, Statement, conflict_text, layout_text};
pub use stale::{Stale, StaleCode};
pub use survey::{Fact, Facts};
pub use transition::Uncovered;
pub use uses::Uses;
