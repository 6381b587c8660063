//! Script values that the host holds.

use crate::heap::Value;
use crate::object::{HandlePool, World};
use std::fmt;
use std::rc::Rc;

/// A script value held by the host. It keeps the value alive, follows redefinitions (a held function calls the newest code), and has no
/// lifetime. Using it with another VM than its own is an error.
#[derive(Clone)]
pub struct Handle(Rc<Held>);

struct Held {
    index: usize,
    pool: Rc<HandlePool>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.pool.dropped.borrow_mut().push(self.index);
    }
}

impl Handle {
    /// Keeps `value` alive for the host.
    pub fn new<'gc>(world: &mut World<'gc>, value: Value<'gc>) -> Handle {
        let pool = world.handle_pool.clone();
        let free = pool.dropped.borrow_mut().pop().or_else(|| pool.free.borrow_mut().pop());
        let index = free.unwrap_or(world.handles.len());
        if index == world.handles.len() {
            world.handles.push(value);
        } else {
            world.handles[index] = value;
        }
        Handle(Rc::new(Held { index, pool }))
    }

    /// The value, in its own VM's world: for libraries. In another VM's world it is another value, or none.
    pub fn value_in<'gc>(&self, world: &World<'gc>) -> Value<'gc> {
        world.handles[self.0.index]
    }

    /// Whether it belongs to the VM with this pool.
    pub(crate) fn is_of(&self, pool: &Rc<HandlePool>) -> bool {
        Rc::ptr_eq(&self.0.pool, pool)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.0.index)
    }
}
