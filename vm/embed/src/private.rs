//! For the macros, and for the command line tool.

pub use crate::system::read;

use crate::{ClassBuilder, HostType};

/// For types without `#[methods]`: an inherent function of the same name comes first.
pub trait NoMethods: HostType {
    fn describe_methods(class: ClassBuilder<Self>) -> ClassBuilder<Self> {
        class
    }
}

impl<T: HostType> NoMethods for T {}
