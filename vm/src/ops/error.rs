//! Making errors.

use crate::heap::{Str, Value};
use crate::object::{Control, Cx, ErrorKind, Instance, Symbol, World};
use gc_arena::Gc;

impl<'gc> Cx<'_, 'gc> {
    /// An instance of a built-in error class.
    pub fn new_error(&mut self, kind: ErrorKind, message: &str) -> Gc<'gc, Instance<'gc>> {
        let layout = self.world.error_class(kind).layout();
        let error = Instance::new(self.mc, layout.id, &layout.template);
        let message = Value::Str(Str::new(self.mc, message));
        self.set_error_part(error, self.world.symbols.message, message);
        error
    }

    /// Stores into a slot that every error has. An instance that is obsolete, and was no error then, has none.
    pub fn set_error_part(&mut self, error: Gc<'gc, Instance<'gc>>, name: Symbol<'gc>, value: Value<'gc>) {
        let layout = self.world.layout(error.layout());
        if let Some(i) = layout.index.get(&name) {
            Instance::put(error, self.mc, &layout, *i as usize, value);
        }
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
        self.world.class_of(value).name().as_str()
    }

    /// A string value.
    pub fn str(&self, text: &str) -> Value<'gc> {
        if let [byte @ 0..=127] = text.as_bytes() {
            return Value::Str(self.world.ascii[*byte as usize]);
        }
        self.world.charge(40 + text.len());
        Value::Str(Str::new(self.mc, text))
    }

    /// A string value that takes over the buffer.
    pub fn string(&self, text: String) -> Value<'gc> {
        self.world.charge(40 + text.len());
        Value::Str(Str::from_string(self.mc, text))
    }
}

/// What stands in a slot that every error has: `message`, `cause` or the hidden trace. Unset for an instance that is obsolete and was no
/// error then.
pub fn error_part<'gc>(world: &World<'gc>, error: Gc<'gc, Instance<'gc>>, name: Symbol<'gc>) -> Value<'gc> {
    let layout = world.layout(error.layout());
    layout.index.get(&name).map_or(Value::Unset, |i| Instance::get(error, &layout, *i as usize))
}

/// The message of an error, if it is one with a text.
pub fn error_message<'gc>(cx: &Cx<'_, 'gc>, error: &Value<'gc>) -> String {
    let Value::Instance(instance) = error else { return super::describe(cx, error) };
    match error_part(cx.world, *instance, cx.world.symbols.message) {
        Value::Str(text) => text.as_str().to_owned(),
        Value::Unset => String::new(),
        other => super::describe(cx, &other),
    }
}
