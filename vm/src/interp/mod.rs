//! Running code: the instruction loop, calls, attribute look-up, unwinding.
//!
//! Nothing here calls itself for a call of the program: script calls, operator methods and natives that need the program all become
//! frames. The loop leaves at safe points (loop turns and calls) so that its driver can collect, count fuel and commit a reload.

mod attr;
mod call;
mod change;
mod construct;
mod handlers;
mod lookup;
mod migrate;
mod old;
mod replace;
mod run;
mod state;
mod trace;
mod unwind;

pub use call::Called;
pub use run::{begin, raise, run};
pub use trace::{Trace, trace_of};
