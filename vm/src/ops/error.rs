//! Making errors.

use crate::heap::{Str, Value};
use crate::object::{Control, Cx, ErrorKind, Instance};
use gc_arena::Gc;

/// Slots that every error has, in this order.
pub mod error_slot {
    /// What happened.
    pub const MESSAGE: usize = 0;
    /// The error that led to it, or nil.
    pub const CAUSE: usize = 1;
    /// Where it was raised: a host object with the trace, or nil before it is thrown.
    pub const TRACE: usize = 2;
}

impl<'gc> Cx<'_, 'gc> {
    /// An instance of a built-in error class.
    pub fn new_error(&mut self, kind: ErrorKind, message: &str) -> Gc<'gc, Instance<'gc>> {
        let layout = self.world.error_class(kind).layout();
        let error = Instance::new(self.mc, layout.id, &layout.template);
        let message = Value::Str(Str::new(self.mc, message));
        Instance::set_slot(error, self.mc, error_slot::MESSAGE, message);
        error
    }

    /// A request to raise a built-in error: `return Err(cx.raise(…))`.
    #[cold]
    #[inline(never)]
    pub fn raise(&mut self, kind: ErrorKind, message: impl AsRef<str>) -> Box<Control<'gc>> {
        let error = self.new_error(kind, message.as_ref());
        Box::new(Control::Raise(Value::Instance(error)))
    }

    /// TypeError.
    #[cold]
    pub fn type_error(&mut self, message: impl AsRef<str>) -> Box<Control<'gc>> {
        self.raise(ErrorKind::TypeError, message)
    }

    /// ValueError.
    #[cold]
    pub fn value_error(&mut self, message: impl AsRef<str>) -> Box<Control<'gc>> {
        self.raise(ErrorKind::ValueError, message)
    }

    /// Name of a value's class, for messages.
    pub fn type_name(&self, value: &Value<'gc>) -> &'gc str {
        self.world.class_of(value).name.as_str()
    }

    /// A string value.
    pub fn str(&self, text: &str) -> Value<'gc> {
        Value::Str(Str::new(self.mc, text))
    }

    /// A string value that takes over the buffer.
    pub fn string(&self, text: String) -> Value<'gc> {
        Value::Str(Str::from_string(self.mc, text))
    }
}
