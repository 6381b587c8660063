//! Traces: which functions were running when an error was raised, innermost first.

use crate::heap::Value;
use crate::object::{Frame, Proto, TraceFrame, World};
use gc_arena::Gc;
use lang::source::Span;

/// Frames kept at each end of a long trace.
const SHOWN: usize = 25;

/// Longest cycle of a recursion that is looked for in what is left out.
const PERIOD_MAX: usize = SHOWN;

/// A trace.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Frames, innermost first.
    pub frames: Vec<TraceFrame>,
    /// What was left out.
    pub omitted: Option<Omitted>,
}

/// Frames in the middle of a trace that were left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Omitted {
    /// How many.
    pub count: usize,
    /// After how many of those that are kept.
    pub after: usize,
    /// They only repeat this many frames before them, in turn: a recursion.
    pub period: Option<usize>,
}

impl Trace {
    /// The frame whose source is shown: the innermost one that is the program's own.
    pub fn shown(&self) -> Option<&TraceFrame> {
        self.frames.iter().find(|frame| !frame.is_library).or(self.frames.first())
    }
}

/// The trace of the running stack, and of the stacks of those who resumed the running fiber.
pub(super) fn capture(world: &World<'_>) -> Trace {
    let mut all = frames_of(world, &world.stack.frames);
    let mut fiber = world.fiber;
    while let Some(running) = fiber {
        let first = all.len();
        all.extend(running.stack().with_frames(|frames| frames_of(world, frames)));
        if let Some(frame) = all.get_mut(first) {
            frame.is_resumer = true;
        }
        fiber = running.resumer();
    }
    let omitted = (all.len() > 2 * SHOWN + 1).then(|| {
        let behind = all.len() - SHOWN;
        let repeats = |period: &usize| (SHOWN..behind).all(|i| all[i].is_like(&all[i - period]));
        Omitted { count: behind - SHOWN, after: SHOWN, period: (1..=PERIOD_MAX).find(repeats) }
    });
    if let Some(omitted) = omitted {
        all.drain(omitted.after..omitted.after + omitted.count);
    }
    Trace { frames: all.into_iter().map(Place::describe).collect(), omitted }
}

/// A frame before its place is looked up.
struct Place<'gc> {
    proto: Gc<'gc, Proto<'gc>>,
    /// Index of the word behind the instruction.
    at: usize,
    is_resumer: bool,
    is_library: bool,
}

impl Place<'_> {
    /// Whether it reads the same.
    fn is_like(&self, other: &Self) -> bool {
        Gc::ptr_eq(self.proto, other.proto) && self.at == other.at && self.is_resumer == other.is_resumer
    }

    fn describe(self) -> TraceFrame {
        TraceFrame {
            function: self.proto.qualified.clone(),
            source: self.proto.image.source.clone(),
            span: self.proto.span_at(self.at.saturating_sub(1)),
            version: self.proto.version.get(),
            is_resumer: self.is_resumer,
            is_library: self.is_library,
        }
    }
}

/// The frames of a stack without the engine's own, innermost first.
fn frames_of<'gc>(world: &World<'gc>, frames: &[Frame<'gc>]) -> Vec<Place<'gc>> {
    let stubs = [world.halt_stub, world.resume_stub];
    frames
        .iter()
        .rev()
        .filter(|frame| !stubs.iter().flatten().any(|stub| Gc::ptr_eq(*stub, frame.proto)))
        .map(|frame| {
            // SAFETY: `pc` points into the code of the frame's prototype.
            let at = unsafe { frame.pc.offset_from(frame.proto.code.start()) } as usize;
            let is_library = world.is_library(&frame.proto.linked.module.namespace);
            Place { proto: frame.proto, at, is_resumer: false, is_library }
        })
        .collect()
}

/// The frames of a stack without the engine's own, with their code, innermost first.
pub(crate) fn places_of<'gc>(world: &World<'gc>, frames: &[Frame<'gc>]) -> Vec<(Gc<'gc, Proto<'gc>>, TraceFrame)> {
    frames_of(world, frames).into_iter().map(|place| (place.proto, place.describe())).collect()
}

/// The innermost frame of code that does not belong to the library.
pub fn place_of<'gc>(world: &World<'gc>, frames: &[Frame<'gc>]) -> Option<TraceFrame> {
    let is_library = |place: &Place<'gc>| world.is_library(&place.proto.linked.module.namespace);
    frames_of(world, frames).into_iter().find(|place| !is_library(place)).map(Place::describe)
}

/// The place of the instruction that a frame is at.
pub(super) fn span_of(frame: &Frame<'_>) -> Span {
    // SAFETY: `pc` points into the code of the frame's prototype.
    let at = unsafe { frame.pc.offset_from(frame.proto.code.start()) } as usize;
    frame.proto.span_at(at.saturating_sub(1))
}

/// The trace of an error value, if it has been thrown.
pub fn trace_of<'gc>(world: &World<'gc>, error: &Value<'gc>) -> Option<Trace> {
    match error {
        Value::Instance(instance) => super::unwind::trace_of_instance(world, *instance),
        _ => None,
    }
}

impl std::fmt::Display for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, frame) in self.frames.iter().enumerate() {
            if let Some(Omitted { count, .. }) = self.omitted.filter(|omitted| omitted.after == i) {
                writeln!(f, "  … {count} more …")?;
            }
            writeln!(f, "  {frame}")?;
        }
        Ok(())
    }
}
