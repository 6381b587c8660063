//! The engine.
pub mod bytecode;
pub mod image;
