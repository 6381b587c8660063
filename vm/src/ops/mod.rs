//! What the operators and the core protocols mean for every type: arithmetic, equality, order, hashing, text, indexing, iteration.
//!
//! Every function here has the shape of a native: it returns a value, an error, or a request to call one of the program's own
//! methods ([`Control::Call`](crate::object::Control::Call)); nothing in this layer runs code of the program itself.

mod error;

pub use error::error_slot;
