//! Every number that bounds something, with its reason.

use std::time::Duration;

/// Calls within calls. Deep enough for any sensible recursion; at 32 bytes a frame and a few registers it is some 20 MB.
pub const DEPTH_MAX: usize = 200_000;

/// Stack slots of one fiber, in values: room for [`DEPTH_MAX`] frames of twenty registers.
pub const STACK_SLOTS_MAX: usize = 4_000_000;

/// Stack slots that a new fiber starts with: small, so that a million fibers fit, and enough for most functions without a move.
pub const FIBER_SLOTS_FIRST: usize = 24;

/// Calls that a resumed fiber counts for beside those of its own, because its stack costs more than a frame.
pub const FIBER_DEPTH: usize = 4;

/// How often a cancelled fiber or task may go on with a suspension instead of ending before it is ended by force.
pub const CANCELS_MAX: u8 = 10;

/// Registers of a frame: an operand is one byte, and the windows of slow paths need a few above the top.
pub const REGISTERS_MAX: usize = 250;

/// How long a program that has stopped at an error sleeps between two looks at what the host has decided.
pub const STOPPED_PIECE: Duration = Duration::from_millis(5);

/// Registers above a frame's own that slow paths may use for a window.
pub const SCRATCH_SLOTS: usize = 8;

/// Loop turns and calls between two looks at fuel, cancellation and collection requests.
pub const TICKS_PER_SLICE: i64 = 100_000;

/// The same while the host has given the program a time: some tens of microseconds.
pub const TICKS_PER_TIMED_SLICE: i64 = 10_000;

/// How long a test may take that an edit has to pass: the program stands still for it.
pub const GATE_TEST_TIME: Duration = Duration::from_secs(10);

/// Bytes that may be allocated between two looks at the collector.
pub const ALLOCATION_SLICE: isize = 256 * 1024;

/// Bytes of large objects that count as one loop turn: about what is written in the time.
pub const BYTES_PER_TICK: usize = 32;

/// Classes in the order of inheritance of one, itself included: each class below has them all in a list of its own, which a text of a few bytes asks for.
pub const BASES_MAX: usize = 1000;

/// Runs of the engine within each other, as by `live.eval` in evaluated text: each has a part of the native stack.
pub const NESTED_RUNS_MAX: usize = 200;

/// Bytes of the native stack that a run within another must leave free, for the compiler and the calls of the host.
pub const NATIVE_STACK_LEFT: usize = 512 * 1024;

/// Loop turns that one operation counts for from which on the flag that stops the program is looked at before it.
pub const LONG_OPERATION: u64 = 10_000;

/// Digits of 64 bits, multiplied with each other, that a division of two large ints takes at most: a second or two.
pub const DIVISION_WORK_MAX: u64 = 1 << 30;

/// Objects up to which a collection runs in one go; above it goes in slices (measured: 4–5 ns an object).
pub const COLLECT_AT_ONCE_MAX: usize = 200_000;

/// Innermost calls of a fiber whose code is marked when it is suspended, so that a `yield` takes the same time however deep it is.
pub const NOTED_CALLS_MAX: usize = 8;

/// Entries of the cache of `super` look-ups; a power of two.
pub const SUPER_CACHE_SIZE: usize = 64;

/// Entries of the global method cache; a power of two.
pub const METHOD_CACHE_SIZE: usize = 1024;

/// Levels of nesting that `repr`, comparison and hashing of containers follow before they say the value is too deep.
pub const VALUE_DEPTH_MAX: usize = 100_000;

/// Slots of the largest stack that is kept for the next call: 64 KB.
pub const IDLE_SLOTS_MAX: usize = 4096;

/// Longest string or list a single operation may make, in bytes.
pub const ALLOCATION_MAX: usize = 1 << 32;

/// Bits of the largest integer that is written or read in a base that is no power of two, which takes time that grows with their
/// square: 600 000 decimal digits, for less than a second.
pub const BIGINT_DIGITS_BITS_MAX: u64 = 1_993_157;

/// Layouts of one class that are kept because snapshots name them, or an earlier one, though no instance has them. The oldest go first.
pub const WRITTEN_LAYOUTS_MAX: usize = 50;

/// Bits of the largest integer an operation may make.
pub const BIGINT_BITS_MAX: u64 = 1 << 26;

/// Items of one container that are shown of a value that somebody asks for: more than a screen holds.
pub const SHOWN_ITEMS_MAX: usize = 200;

/// Characters of one string that are shown then.
pub const SHOWN_TEXT_MAX: usize = 2_000;

/// Bytes of the whole text that are shown then.
pub const SHOWN_BYTES_MAX: usize = 20_000;

/// Levels of nesting that values of a host have which go to scripts by serde, or come from there: its types are read and written by recursion. The
/// number is that of serde_json.
pub const SERDE_DEPTH_MAX: usize = 128;
