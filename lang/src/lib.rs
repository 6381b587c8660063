//! The front end: text in; resolved tree, outline and diagnostics out.
//!
//! Everything here is plain data. Nothing reads files, and no text, however broken, makes it panic.

pub mod ast;
pub mod codes;
pub mod diagnostic;
pub mod docs;
pub mod fmt;
pub mod format;
mod lexer;
pub mod lint;
pub mod near;
pub mod outline;
mod parser;
pub mod resolve;
pub mod source;
pub mod token;

pub use outline::outline;
pub use parser::{Parsed, parse};
pub use resolve::resolve;
