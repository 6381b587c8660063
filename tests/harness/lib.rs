//! The test harness: a test is a case, a `.lang` file with a sentence on top that says why it is so, then sections. Every case runs in
//! every [`World`] and must give the same answer in all of them.
//!
//! | section | meaning |
//! |---|---|
//! | `#- file NAME` | a file; those before anything else are loaded together, later ones are only written |
//! | `#- run` | statements, evaluated one by one in namespace `main` |
//! | `#- edit NAME` | the new text of a file, saved at once |
//! | `#- delete NAME` | the file is removed, at once |
//! | `#- save` | the edits and deletions that follow directly are one save |
//! | `#- args mode=overwrite` | arguments of the next save |
//! | `#- refused "text"` | the save before must have been refused, with a reason that contains the text |
//! | `#- ask KIND NAME` | a client has a region of this text evaluated: `‹` is the cursor, `‹…›` the selection; without a kind, requests as JSON, one on a line |
//! | `#- reply` | a golden: what it was answered |
//! | `#- report`, `#- plan`, `#- bytecode NAME`, `#- ast NAME`, `#- diagnostics`, `#- check` | goldens, rewritten by `UPDATE=1` |
//!
//! | mark | meaning |
//! |---|---|
//! | `# expect: TEXT` | a line that the step prints; all of a step's, in order, are all that it prints |
//! | `# raises: Kind "text"` | the statement raises an error of exactly this class, whose message contains the text |
//! | `# error: CODE`, `# error: "text"` | compiling reports an error on this line with this code or text |
//! | `# warning: …` | the same for warnings |
//!
//! `CASE=text` runs only cases whose path contains the text, and shows what they do.

pub mod asking;
pub mod case;
pub mod edits;
#[cfg(unix)]
pub mod exchange;
pub mod findings;
pub mod folder;
pub mod fuzz;
mod golden;
pub mod host;
#[cfg(unix)]
pub mod manual;
pub mod random;
pub mod reference;
pub mod repository;
mod runner;
pub mod split;
mod stops;
pub mod tables;
#[cfg(unix)]
pub mod terminal;
pub mod world;

pub use case::Case;
pub use folder::check_folder;
pub use host::{Effects, FakeHost};
pub use runner::{Outcome, run_case};
pub use world::World;

/// The Rust blocks of the pages are tests of rustdoc.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../README.md")]
    struct Readme;

    #[doc = include_str!("../../docs/manual/src/embedding.md")]
    struct Embedding;

    #[doc = include_str!("../../docs/manual/src/hosting.md")]
    struct Hosting;

    #[doc = include_str!("../../docs/manual/src/coming-from.md")]
    struct ComingFrom;
}
