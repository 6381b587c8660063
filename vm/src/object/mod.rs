//! The heap entities. Each file owns one kind: its fields, its invariants, and the only methods that write to it.

mod before;
mod bundle;
mod caches;
mod census;
mod change;
mod class;
mod collections;
mod definition;
mod direction;
mod edge;
mod fiber;
mod function;
mod instance;
mod interrupt;
mod layout;
mod loading;
mod map;
mod misc;
mod orphan;
mod output;
mod recording;
mod spending;
mod stack;
mod stopped;
mod symbol;
mod task;
mod undo;
mod variant;
mod way;
mod world;

pub use before::{Before, DefinitionBefore, Replaced, SharedBefore};
pub use bundle::{
    BundleConstant, BundleCopy, BundleFunction, BundleLoader, BundleProblem, BundleTable, BundleType, BundleVersion, Bundles,
    is_bundle,
};
pub use caches::MethodCache;
use caches::SuperCache;
pub use census::{Found as FoundInstance, pass_instances, take_census};
pub use change::{LayoutChange, SharedChanges};
pub use class::{Class, ClassBody, ClassKind, HashSource, HookText, Member, MemberGone, MemberLeak, OwnSlot, Part, SlotInit, Was};
pub use collections::{Bytes, List, RangeObject, Tuple};
pub use definition::{Definition, DefinitionMeta, Generation, Kind, Leak, Linked, Module, ModuleState, Namespace};
pub use direction::Direction;
pub use edge::{Crossing, Edge, Hook, Source, Step};
pub use fiber::{Fiber, FiberState, Resumption};
pub use function::{Code, Function, Proto};
pub use instance::Instance;
pub use interrupt::Interrupt;
pub use layout::{Construction, Content, Layout, LayoutId, SlotInfo};
pub use loading::{ClassTasks, LateHook, Loading};
pub use map::{Entry, Map, MapTable, Probe, Set};
pub use misc::{
    Binding, Bound, BoxCell, Continuation, Decorated, HostFn, HostObject, HostTypeId, Intrinsic, IteratorObject, IteratorState,
    Keywords, NativeBody, NativeFn, NativeFunction, NativeResult, ParameterNames, Then,
};
pub use orphan::{Kin, Orphans};
pub use recording::{Caller, Recording};
pub use stack::{Frame, ReturnMode, SavedStack, Stack};
pub use stopped::{GoOn, OnError, Stopped, Stopping};
pub use symbol::{Symbol, SymbolMap};
pub use task::{Bell, Completion, Goal, Level, Maker, OutsideWait, Parked, StartedBy, Task, Tasks, Tower, Wait, Wake};
pub use undo::Undo;
pub use variant::{EnumValue, Variant};
pub use way::{Passed, Way, Ways};
pub use world::{Control, Cx, Detour, ErrorKind, Exit, Following, Found, HandlePool, Passing, Stress, Symbols, TraceFrame, World};
