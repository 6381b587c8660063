//! The representation: values, strings, and the copies and barriers that everything above relies on.
//!
//! Unsafe code of the representation is confined to this layer, to `object` files that own a size class, and to the interpreter's
//! stack; `docs/design/unsafe.md` lists every place.

mod barrier;
mod string;
mod value;
mod weight;

pub use barrier::write_barrier;
pub use string::{Str, hash_bytes};
pub use value::{BigNumber, Tag, Value, copy_value};
pub use weight::{Weight, end_cycle, note_marked, note_marked_once, take_marked};
