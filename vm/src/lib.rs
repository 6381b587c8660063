//! The engine.
pub mod bytecode;
pub mod heap;
pub mod host;
pub mod image;
pub mod limits;
pub mod object;
pub mod ops;
