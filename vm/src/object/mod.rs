//! The heap entities. Each file owns one kind: its fields, its invariants, and the only methods that write to it.

mod class;
mod collections;
mod definition;
mod fiber;
mod function;
mod instance;
mod layout;
mod map;
mod misc;
mod stack;
mod symbol;
mod task;
mod undo;
mod world;

pub use class::{Class, ClassBody, ClassKind, HashSource, Member, OwnSlot, SlotInit};
pub use collections::{Bytes, List, RangeObject, Tuple};
pub use definition::{Definition, DefinitionMeta, Kind, Leak, Linked, Module, ModuleState, Namespace};
pub use fiber::{Fiber, FiberState, Resumption};
pub use function::{Code, Function, Proto};
pub use instance::Instance;
pub use layout::{Construction, Layout, LayoutId, SlotInfo};
pub use map::{Entry, Map, MapTable, Probe, Set};
pub use misc::{
    Bound, BoxCell, Continuation, Decorated, EnumValue, HostFn, HostObject, Intrinsic, IteratorObject, IteratorState, Keywords,
    NativeBody, NativeFn, NativeFunction, NativeResult, Then, Variant,
};
pub use stack::{Frame, ReturnMode, SavedStack, Stack};
pub use symbol::{Symbol, SymbolMap};
pub use task::{Goal, Level, Parked, Task, Tasks, Wait, Wake};
pub use undo::Undo;
pub use world::{
    Control, Cx, ErrorKind, Exit, Found, HandlePool, Interrupt, MethodCache, Recording, Stress, Symbols, TraceFrame, World,
};
