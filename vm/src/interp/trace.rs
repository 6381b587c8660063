//! Traces: which functions were running when an error was raised, innermost first.

use crate::heap::Value;
use crate::object::{Frame, TraceFrame, World};
use gc_arena::Gc;
use lang::source::Span;

/// Frames kept at each end of a long trace.
const SHOWN: usize = 25;

/// A trace.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Frames, innermost first.
    pub frames: Vec<TraceFrame>,
    /// How many frames in the middle were left out, and after how many of `frames`.
    pub omitted: Option<(usize, usize)>,
}

impl Trace {
    /// The frame whose source is shown: the innermost one that is the program's own.
    pub fn shown(&self) -> Option<&TraceFrame> {
        self.frames.iter().find(|frame| !frame.is_library).or(self.frames.first())
    }
}

/// The trace of the running stack.
pub(super) fn capture(world: &World<'_>) -> Trace {
    let stubs = [world.halt_stub, world.resume_stub];
    let all: Vec<_> =
        world.stack.frames.iter().rev().filter(|f| !stubs.iter().flatten().any(|s| Gc::ptr_eq(*s, f.proto))).collect();
    let omitted = (all.len() > 2 * SHOWN + 1).then(|| (all.len() - 2 * SHOWN, SHOWN));
    let frames = all
        .iter()
        .enumerate()
        .filter(|(i, _)| omitted.is_none() || *i < SHOWN || *i >= all.len() - SHOWN)
        .map(|(_, frame)| TraceFrame {
            function: frame.proto.qualified.clone(),
            source: frame.proto.image.source.clone(),
            span: place_of(frame),
            version: frame.proto.version.get(),
            is_library: world.is_library(&frame.proto.linked.module.namespace),
        })
        .collect();
    Trace { frames, omitted }
}

/// The place of the instruction that a frame is at.
pub(super) fn place_of(frame: &Frame<'_>) -> Span {
    // SAFETY: `pc` points into the code of the frame's prototype.
    let at = unsafe { frame.pc.offset_from(frame.proto.code.start()) } as usize;
    frame.proto.span_at(at.saturating_sub(1))
}

/// The trace of an error value, if it has been thrown.
pub fn trace_of(error: &Value<'_>) -> Option<Trace> {
    match error {
        Value::Instance(instance) => super::unwind::trace_of_instance(*instance),
        _ => None,
    }
}

impl std::fmt::Display for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, frame) in self.frames.iter().enumerate() {
            if let Some((count, after)) = self.omitted
                && after == i
            {
                writeln!(f, "  … {count} more …")?;
            }
            writeln!(f, "  {frame}")?;
        }
        Ok(())
    }
}
