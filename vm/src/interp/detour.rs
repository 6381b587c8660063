//! Functions whose calls go elsewhere.
//!
//! The code of such a function has an arity that no call has, so that its calls take the slow path, which looks here; all other calls cost
//! what they did.
//!
//! What is called instead of a detoured function gets the arguments as a list and those given by name as a list of pairs, and may call the
//! function itself: `Passing`. A function that an edit has decorated is called as what its decorators returned.

use crate::heap::Value;
use crate::object::{Control, Cx, Decorated, Detour, Function, List, Passing, Tuple, Undo};
use gc_arena::Gc;
use std::sync::Arc;

impl<'gc> Cx<'_, 'gc> {
    /// Sends the calls of a function, decorated or not, elsewhere; with `None` no longer. A redefinition of the function changes nothing in
    /// that. A function object is meant, not its code: other closures with the same code are called as before.
    pub fn detour(&mut self, callee: Value<'gc>, to: Option<Value<'gc>>) {
        let before = self.world.detours.clone();
        self.world.log(|| Undo::Detours(before));
        self.world.detours.retain(|detour| !detour.callee.same(&callee));
        let is_detoured = to.is_some();
        self.world.detours.extend(to.map(|to| Detour { callee, to }));
        if let Value::Function(function) = callee {
            // Another closure with the same code may have one.
            let proto = function.proto();
            let has_code = |f: Gc<'gc, Function<'gc>>| Gc::ptr_eq(f.proto(), proto);
            let mut others = self.world.detours.iter();
            let is_shared = others.any(|other| matches!(other.callee, Value::Function(f) if has_code(f)))
                || self.world.decorations.values().any(|(f, _)| has_code(*f));
            proto.set_detoured(is_detoured || is_shared);
        }
    }

    /// Sends the calls of a function to what its decorators have returned, and detours of it with them.
    pub(crate) fn decorate(&mut self, function: Gc<'gc, Function<'gc>>, decorated: Gc<'gc, Decorated<'gc>>) {
        let before = self.world.decorations.insert(Gc::as_ptr(function) as usize, (function, decorated));
        self.world.log(|| Undo::Decoration(function, before.map(|(_, decorated)| decorated)));
        function.proto().set_detoured(true);
    }

    /// What the calls of a decorated function go to: what its decorators have returned, unless that leads back to the function itself, whose
    /// calls would go nowhere. Then they go to what was decorated.
    pub(crate) fn target_of(&self, decorated: &Value<'gc>, original: Value<'gc>, returned: Value<'gc>) -> Value<'gc> {
        let mut seen = Vec::new();
        let mut at = returned;
        while let Some(next) = self.decoration(&at) {
            if at.same(decorated) || seen.contains(&(Gc::as_ptr(next) as usize)) {
                return original;
            }
            seen.push(Gc::as_ptr(next) as usize);
            at = next.target.get();
        }
        if at.same(decorated) { original } else { returned }
    }

    /// What is known of a function that was decorated.
    pub(crate) fn decoration(&self, value: &Value<'gc>) -> Option<Gc<'gc, Decorated<'gc>>> {
        match value {
            Value::Decorated(decorated) => Some(*decorated),
            Value::Function(function) => self.world.decoration_of(*function),
            _ => None,
        }
    }

    /// Calls a function with arguments as a detour has got them; a straight call goes nowhere else.
    pub fn pass(
        &mut self,
        named: Vec<(Arc<str>, Value<'gc>)>,
        is_straight: bool,
        callee: Value<'gc>,
        args: Vec<Value<'gc>>,
    ) -> Box<Control<'gc>> {
        self.world.passing = Some(Box::new(Passing { named, is_straight }));
        Box::new(Control::Call { callee, args, then: None })
    }

    /// Where the calls of this go instead.
    pub(super) fn detour_of(&self, callee: &Value<'gc>) -> Option<Value<'gc>> {
        self.world.detours.iter().find(|detour| detour.callee.same(callee)).map(|detour| detour.to)
    }

    /// A function has got other code.
    pub(crate) fn keep_detour(&self, function: Gc<'gc, Function<'gc>>) {
        let is_detoured = !self.world.detours.is_empty() && self.detour_of(&Value::Function(function)).is_some();
        if is_detoured || self.world.decoration_of(function).is_some() {
            function.proto().set_detoured(true);
        }
    }

    /// Puts the arguments of a call together for what is called instead. Those given by name that follow the others in the function's
    /// parameters join them, so that names of parameters need not be the same elsewhere.
    pub(super) fn pack_arguments(
        &mut self,
        callee: Value<'gc>,
        first: usize,
        argc: usize,
        named: &[(Arc<str>, Value<'gc>)],
    ) -> Result<(), Box<Control<'gc>>> {
        if !self.world.stack.reserve(first + argc.max(2)) {
            return Err(self.stack_overflow());
        }
        let mut args = self.world.stack.values[first..first + argc].to_vec();
        let mut named = named.to_vec();
        if let Value::Function(function) = callee {
            let proto = function.proto();
            let own = usize::from(proto.is_method());
            while let Some(param) = args.len().checked_sub(own).and_then(|at| proto.image.params.get(at))
                && let Some(at) = named.iter().position(|(name, _)| *name == param.name)
            {
                args.push(named.remove(at).1);
            }
        }
        self.world.charge(64 + 16 * args.len());
        let named = named.into_iter().map(|(name, value)| {
            let name = Value::Str(self.world.intern(self.mc, &name).0);
            Value::Tuple(Tuple::new(self.mc, [name, value]))
        });
        let named = named.collect();
        self.world.stack.values[first] = Value::List(List::new(self.mc, args));
        self.world.stack.values[first + 1] = Value::List(List::new(self.mc, named));
        Ok(())
    }
}
