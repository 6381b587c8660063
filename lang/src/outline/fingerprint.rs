//! Fingerprints: 64 bits that are equal exactly when two pieces of tree mean the same (up to collisions of SipHash).

use crate::ast::walk::{Detail, Sink, Walk};
use crate::ast::{Expr, Stmt};
use std::hash::{DefaultHasher, Hasher};

/// The fingerprint of a statement, over as much of it as `detail` says.
pub fn fingerprint_stmt(stmt: &Stmt, detail: Detail) -> u64 {
    let mut sink = HashSink(DefaultHasher::new());
    Walk::new(&mut sink, detail).stmt(stmt);
    sink.0.finish()
}

/// The fingerprint of an expression.
pub fn fingerprint_expr(expr: &Expr) -> u64 {
    let mut sink = HashSink(DefaultHasher::new());
    Walk::new(&mut sink, Detail::Meaning).expr(expr);
    sink.0.finish()
}

/// Hashes the events of a walk. Each is written with its kind and length, so that no two runs of events run together.
/// A `DefaultHasher` made by `new` has fixed keys.
struct HashSink(DefaultHasher);

impl HashSink {
    fn write(&mut self, kind: u8, text: &str) {
        self.0.write_u8(kind);
        self.0.write_usize(text.len());
        self.0.write(text.as_bytes());
    }
}

impl Sink for HashSink {
    fn open(&mut self, tag: &str) {
        self.write(1, tag);
    }

    fn atom(&mut self, text: &str) {
        self.write(2, text);
    }

    fn text(&mut self, text: &str) {
        self.write(3, text);
    }

    fn close(&mut self) {
        self.0.write_u8(4);
    }
}
