//! What ends a program that has not come to its end.

/// Why execution stopped for good, other than by an error of the program. Cannot be caught.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interrupt {
    /// The fuel limit is used up.
    Fuel,
    /// The host or the user asked to stop.
    Cancelled,
    /// The program called `exit` with this status.
    Exit(i32),
    /// Code of the host has panicked. The panic goes on when what was under way has been taken back.
    Panicked,
}
