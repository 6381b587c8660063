//! Running code: the instruction loop, calls, attribute look-up, unwinding.
//!
//! Nothing here calls itself for a call of the program: script calls, operator methods and natives that need the program all become
//! frames. The loop leaves at safe points (loop turns and calls) so that its driver can collect, count fuel and commit a reload.

mod attr;
mod call;
mod change;
mod construct;
mod detour;
mod fiber;
mod handlers;
mod instantiate;
mod lookup;
mod loops;
mod mended;
mod migrate;
mod moving;
mod old;
mod replace;
mod run;
mod signature;
mod state;
mod stop;
mod task;
mod trace;
mod unwind;

pub use call::Called;
pub use run::{begin, begin_call, begin_plain_call, go_on, run, run_to_end};
pub use signature::signature;
pub(crate) use stop::Stalled;
pub use task::Next;
pub(crate) use trace::places_of;
pub use trace::{Omitted, Trace, place_of, trace_of};
pub(crate) use unwind::place_in_code;
