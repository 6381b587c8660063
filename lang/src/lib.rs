//! The front end: text in; resolved tree, outline and diagnostics out.
//!
//! Everything here is plain data. Nothing reads files, and no text, however broken, makes it panic.

pub mod source;
pub mod diagnostic;
pub mod codes;
pub mod token;
mod lexer;
pub mod format;
pub mod ast;
mod parser;
pub mod resolve;
pub mod outline;

pub use outline::outline;
pub use parser::{Parsed, parse};
pub use resolve::resolve;
