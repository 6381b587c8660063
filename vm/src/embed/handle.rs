//! Script values that the host holds.

use crate::heap::Value;
use crate::object::{Cx, HandlePool, World};
use std::fmt;
use std::sync::Arc;

/// A script value held by the host. It keeps the value alive, follows redefinitions (a held function calls the newest code), and has no
/// lifetime. Using it with another VM than its own is an error.
///
/// It may be sent to other threads, where it is of no use but to be sent back, or dropped: the value is reached with the VM only.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// vm.load_text("m.lang", "class Monster { slot name; slot hp = 10 }\nfn hurt(m, n) { m.hp -= n; m.hp }")?;
/// let orc: Handle = vm.call("m.Monster", ("orc",))?;
/// assert_eq!(vm.call::<_, i64>("m.hurt", (&orc, 3))?, 7);
/// assert_eq!(vm.repr(&orc)?, "Monster(name: \"orc\", hp: 7)");
/// assert!(Vm::new().repr(&orc).is_err(), "it is another VM's");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Handle(Arc<Held>);

struct Held {
    index: usize,
    pool: Arc<HandlePool>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.pool.dropped().push(self.index);
    }
}

impl Handle {
    /// Keeps `value` alive for the host.
    ///
    /// For libraries; [`Vm::make`](super::Vm::make) is shorter.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::IntoScript;
    ///
    /// let mut vm = Vm::new();
    /// let handle = vm.enter(|cx| {
    ///     let value = "text".into_script(cx);
    ///     Handle::new(cx.world, value)
    /// });
    /// assert_eq!(vm.read::<String>(&handle)?, "text");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new<'gc>(world: &mut World<'gc>, value: Value<'gc>) -> Handle {
        let pool = world.handle_pool.clone();
        let free = world.handles_free.pop().or_else(|| pool.dropped().pop());
        let index = free.unwrap_or(world.handles.len());
        if index == world.handles.len() {
            world.handles.push(value);
        } else {
            world.handles[index] = value;
        }
        Handle(Arc::new(Held { index, pool }))
    }

    /// The value, in its own VM's world: for libraries. In another VM's world it is nil.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let nothing: Handle = vm.eval("nil")?;
    /// assert!(vm.enter(|cx| nothing.value_in(cx.world).is_nil()));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn value_in<'gc>(&self, world: &World<'gc>) -> Value<'gc> {
        if !self.is_of(&world.handle_pool) {
            return Value::Nil;
        }
        world.handles[self.0.index]
    }

    /// Its value, for a script of its VM.
    pub(super) fn own_value<'gc>(&self, cx: &Cx<'_, 'gc>) -> Result<Value<'gc>, String> {
        if self.is_of(&cx.world.handle_pool) {
            Ok(self.value_in(cx.world))
        } else {
            Err("the handle belongs to another VM".to_owned())
        }
    }

    /// Whether it belongs to the VM with this pool.
    pub(crate) fn is_of(&self, pool: &Arc<HandlePool>) -> bool {
        Arc::ptr_eq(&self.0.pool, pool)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.0.index)
    }
}
