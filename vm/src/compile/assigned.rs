//! Where in a file plain variables are assigned, by position in the text.
//!
//! An operand may stay in its local's own register only if nothing that is evaluated between reading and using it assigns the local:
//! `x + (do { x = 2; x })` has to copy. One walk over the file collects the places; a query looks at those inside a span. Only
//! assignments count: a declaration makes another variable, and what an inner function assigns lives in a box.

use lang::ast::visit::{Visitor, walk_stmts, walk_target};
use lang::ast::{File, NodeId, Target};
use lang::source::Span;

/// Assigned names of a file, sorted by position.
pub(super) struct Assigned(Vec<(u32, NodeId)>);

impl Assigned {
    /// Collects the assignments of a file.
    pub(super) fn of(file: &File) -> Self {
        let mut walk = Walk(Vec::new());
        walk_stmts(&mut walk, &file.stmts);
        walk.0.sort_unstable();
        Self(walk.0)
    }

    /// The names assigned inside `span`.
    pub(super) fn inside(&self, span: Span) -> impl Iterator<Item = NodeId> + '_ {
        let from = self.0.partition_point(|(at, _)| *at < span.lo);
        self.0[from..].iter().take_while(move |(at, _)| *at < span.hi).map(|(_, id)| *id)
    }
}

struct Walk(Vec<(u32, NodeId)>);

impl Visitor for Walk {
    fn target(&mut self, target: &Target) {
        if let Target::Name(id, name) = target {
            self.0.push((name.span.lo, *id));
        }
        walk_target(self, target);
    }
}
