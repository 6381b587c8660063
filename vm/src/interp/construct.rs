//! Instructions that make things: closures, local classes, maps, ranges.

use crate::heap::Value;
use crate::image::{Capture, ProtoId};
use crate::link::{self, ClassTask};
use crate::object::{BoxCell, Class, ClassKind, Cx, Decorated, Function, Map, NativeResult, Proto, RangeObject, Undo};
use crate::ops::{self, Resume};
use gc_arena::{Collect, Gc};

impl<'gc> Cx<'_, 'gc> {
    /// A closure of nested function `index` of the running code.
    ///
    /// # Safety
    /// `base` is the base of the running frame, whose code is `proto`.
    pub(super) unsafe fn make_closure(&mut self, proto: Gc<'gc, Proto<'gc>>, base: *mut Value<'gc>, index: u16) -> Value<'gc> {
        let id = proto.image.nested[index as usize];
        // SAFETY: the caller's.
        Value::Function(unsafe { self.close_over(proto, base, id) })
    }

    /// # Safety
    /// As for `make_closure`.
    unsafe fn close_over(&mut self, proto: Gc<'gc, Proto<'gc>>, base: *mut Value<'gc>, id: ProtoId) -> Gc<'gc, Function<'gc>> {
        let nested = proto.linked.proto(id);
        let captures = &nested.image.captures;
        // SAFETY: `base[-1]` is the running function; the verifier has checked registers and captured values.
        unsafe {
            let running = match *base.sub(1) {
                Value::Function(running) => Some(running),
                _ => None,
            };
            let values = captures.iter().map(|capture| match (capture, running) {
                (Capture::Register(r), _) => *base.add(*r as usize),
                (Capture::Upvalue(u), Some(running)) => *running.captures().add(*u as usize),
                (Capture::Upvalue(_), None) => Value::Nil,
            });
            self.world.charge(64 + 16 * captures.len());
            Function::new(self.mc, nested, running.and_then(|f| f.home()), values)
        }
    }

    fn running(&self) -> (Gc<'gc, Proto<'gc>>, usize) {
        (self.world.stack.frames.last().expect("a frame runs").proto, self.world.stack.base)
    }

    /// `Class`: bases stand behind register `a`.
    pub(super) fn make_local_class(&mut self, a: u8, index: u16) -> NativeResult<'gc> {
        let (proto, base) = self.running();
        let image = proto.linked.image.classes[index as usize].clone();
        let mut bases = Vec::new();
        for i in 0..image.bases.len() {
            let value = self.world.stack.values[base + a as usize + 1 + i];
            let Value::Class(class) = value else {
                let name = self.type_name(&value);
                return Err(self.type_error(format!("a base of class `{}` is not a class but {name}", image.name)));
            };
            bases.push(class);
        }
        let qualified = format!("{}.{}", proto.linked.module.namespace.name, image.name).into();
        let class = self.world.new_class(self.mc, &image.name, qualified, ClassKind::Plain);
        let slots = self.world.stack.values.as_mut_ptr();
        // SAFETY: the base of the running frame; making functions does not move the stack.
        let tasks =
            link::build_class(self, class, &image, bases, &mut |cx, id| unsafe { cx.close_over(proto, slots.add(base), id) })?;
        self.run_class_tasks(class, tasks)
    }

    /// `Enum`
    pub(super) fn make_local_enum(&mut self, index: u16) -> NativeResult<'gc> {
        let (proto, base) = self.running();
        let image = proto.linked.image.enums[index as usize].clone();
        let qualified = format!("{}.{}", proto.linked.module.namespace.name, image.name).into();
        let class = self.world.new_class(self.mc, &image.name, qualified, ClassKind::Enum);
        let slots = self.world.stack.values.as_mut_ptr();
        // SAFETY: as in `make_local_class`.
        let tasks = link::build_enum(self, class, &image, &mut |cx, id| unsafe { cx.close_over(proto, slots.add(base), id) })?;
        self.run_class_tasks(class, tasks)
    }

    /// `Extend`
    pub(super) fn extend_class(&mut self, target: Value<'gc>, index: u16) -> NativeResult<'gc> {
        let (proto, base) = self.running();
        let image = proto.linked.image.extensions[index as usize].clone();
        let Value::Class(class) = target else {
            let name = self.type_name(&target);
            return Err(self.type_error(format!("`extend` needs a class, not {name}")));
        };
        let slots = self.world.stack.values.as_mut_ptr();
        // SAFETY: as in `make_local_class`.
        let tasks = link::extend(self, class, &image.members, &mut |cx, id| unsafe { cx.close_over(proto, slots.add(base), id) })?;
        self.run_class_tasks(class, tasks)
    }

    /// Runs what is left to run of a class, then gives the class.
    pub fn run_class_tasks(&mut self, class: Gc<'gc, Class<'gc>>, tasks: Vec<ClassTask<'gc>>) -> NativeResult<'gc> {
        self.run_tasks(ClassTasks { class, tasks, is_noted: false })
    }

    /// Runs them, and notes what each has used: the recording that goes on begins anew with each.
    pub(crate) fn run_noted_tasks(&mut self, class: Gc<'gc, Class<'gc>>, tasks: Vec<ClassTask<'gc>>) -> NativeResult<'gc> {
        self.run_tasks(ClassTasks { class, tasks, is_noted: true })
    }

    fn run_tasks(&mut self, all: ClassTasks<'gc>) -> NativeResult<'gc> {
        let Some(task) = all.tasks.first().copied() else { return Ok(Value::Class(all.class)) };
        let (callee, argument) = match task {
            ClassTask::Shared { init, .. } => (init, Value::Class(all.class)),
            ClassTask::Decorate { unit, original, .. } => (unit, original),
        };
        ops::call_then(self, callee, vec![argument], all)
    }

    /// `Decorated`
    pub fn decorated(&mut self, original: Value<'gc>, target: Value<'gc>) -> NativeResult<'gc> {
        match target {
            Value::Function(_)
            | Value::Native(_)
            | Value::Bound(_)
            | Value::Decorated(_)
            | Value::Class(_)
            | Value::Instance(_) => {
                if original.same(&target) {
                    return Ok(original);
                }
                Ok(Value::Decorated(Decorated::new(self.mc, original, target)))
            }
            _ => {
                let name = self.type_name(&target);
                Err(self.type_error(format!("a function's decorator must return a callable, not {name}")))
            }
        }
    }

    /// `NewMap`
    pub(super) fn new_map(&mut self, pairs: &[Value<'gc>]) -> NativeResult<'gc> {
        let map = Map::new(self.mc);
        self.world.charge(96 + 20 * pairs.len());
        self.insert_pairs(map, pairs.to_vec())
    }

    /// Inserts pairs, going on in a continuation when a key needs the program's methods.
    fn insert_pairs(&mut self, map: Gc<'gc, Map<'gc>>, mut pairs: Vec<Value<'gc>>) -> NativeResult<'gc> {
        pairs.reverse();
        while let (Some(key), Some(value)) = (pairs.pop(), pairs.pop()) {
            if let Err(control) = ops::map_set(self, map, key, value) {
                pairs.reverse();
                return ops::suspend(self, control, InsertPairs { map, pairs });
            }
        }
        Ok(Value::Map(map))
    }

    /// `MapExtend`
    pub(super) fn map_extend(&mut self, target: Value<'gc>, other: Value<'gc>) -> NativeResult<'gc> {
        let Value::Map(target) = target else { unreachable!("the compiler made the map") };
        let Value::Map(other) = other else {
            let name = self.type_name(&other);
            return Err(self.type_error(format!("`...` in a map literal takes a map, not {name}")));
        };
        let pairs = other.table().iter().flat_map(|e| [e.key, e.value]).collect();
        self.insert_pairs(target, pairs)
    }

    /// `lo..hi`
    pub fn new_range(&mut self, lo: Value<'gc>, hi: Value<'gc>, inclusive: bool) -> NativeResult<'gc> {
        let (Value::Int(lo), Value::Int(hi)) = (lo, hi) else {
            if let Some(Value::BigInt(end)) = [lo, hi].into_iter().find(|end| matches!(end, Value::BigInt(_))) {
                let message = format!("the ends of a range must fit into 64 bits, which {} does not", end.0);
                return Err(self.value_error(message));
            }
            let is_text = matches!(lo, Value::Str(_)) || matches!(hi, Value::Str(_));
            let help = if is_text { "; texts are joined by `+`, or as \"${a}${b}\"" } else { "" };
            let (lo, hi) = (self.type_name(&lo), self.type_name(&hi));
            return Err(self.type_error(format!("a range needs two ints, not {lo} and {hi}{help}")));
        };
        self.world.charge(48);
        let range = RangeObject { lo, hi, inclusive, step: 1 };
        range.check(self)?;
        Ok(Value::Range(Gc::new(self.mc, range)))
    }

    /// `Format`
    pub(super) fn format(&mut self, value: Value<'gc>, spec: Value<'gc>) -> NativeResult<'gc> {
        let Value::Str(spec) = spec else { unreachable!("the verifier has checked the constant's kind") };
        ops::format_value(self, value, Gc::as_ref(spec).as_str())
    }

    /// `Next` for everything but lists, tuples and fibers.
    pub(super) fn iterator_next(&mut self, iterator: Value<'gc>) -> NativeResult<'gc> {
        let Value::Iterator(iterator) = iterator else { unreachable!("`Iter` gives a list, a tuple, a fiber or an iterator") };
        ops::iterator_next(self, iterator)
    }

    /// `MatchBound`: whether a value is at least (0), below (1) or at most (2) a bound; 3 is at least, and a float
    /// must be whole if the bound is an int. Only two numbers, or two strings, compare.
    pub(super) fn in_bound(&self, value: &Value<'gc>, bound: &Value<'gc>, kind: u8) -> bool {
        use std::cmp::Ordering;
        let is_number = |v: &Value<'gc>| matches!(v, Value::Int(_) | Value::Float(_) | Value::BigInt(_));
        let comparable = is_number(value) && is_number(bound) || matches!((value, bound), (Value::Str(_), Value::Str(_)));
        let order = if comparable { ops::order_now(self.world, value, bound).flatten() } else { None };
        if let (3, Value::Float(float), Value::Int(_) | Value::BigInt(_)) = (kind, value, bound)
            && float.fract() != 0.0
        {
            return false;
        }
        matches!(
            (kind, order),
            (0 | 3, Some(Ordering::Greater | Ordering::Equal))
                | (1, Some(Ordering::Less))
                | (2, Some(Ordering::Less | Ordering::Equal))
        )
    }

    /// `MapItem`
    pub(super) fn map_item(&mut self, map: Value<'gc>, key: Value<'gc>) -> NativeResult<'gc> {
        let Value::Map(map) = map else { unreachable!("`MatchMap` stands before") };
        ops::map_get(self, map, key)
    }

    /// `MapRest`
    pub(super) fn map_rest(&mut self, map: Value<'gc>, keys: &[Value<'gc>]) -> NativeResult<'gc> {
        let Value::Map(map) = map else { unreachable!("`MatchMap` stands before") };
        ops::map_rest(self, map, keys)
    }
}

/// Goes on with the tasks of a class after one has run.
#[derive(Collect)]
#[collect(no_drop)]
struct ClassTasks<'gc> {
    class: Gc<'gc, Class<'gc>>,
    tasks: Vec<ClassTask<'gc>>,
    /// Whether what they use is noted.
    is_noted: bool,
}

impl<'gc> Resume<'gc> for ClassTasks<'gc> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        match self.tasks[0] {
            ClassTask::Shared { cell, .. } => BoxCell::set(cell, cx.mc, result),
            ClassTask::Decorate { name, role, original, .. } => {
                let value = cx.decorated(original, result)?;
                let before = link::member_function(&self.class.body().members, name, role);
                match (before, before.and_then(|before| cx.decoration(&before))) {
                    (Some(before), Some(decorated)) if decorated.original.get().same(&original) => {
                        let result = cx.target_of(&before, original, result);
                        cx.world.log(|| Undo::Decorated(decorated, original, decorated.target.get()));
                        Decorated::set(decorated, cx.mc, original, result);
                    }
                    // It was there before it was decorated.
                    (Some(Value::Function(function)), None) if !Value::Function(function).same(&original) => {
                        let result = cx.target_of(&Value::Function(function), original, result);
                        cx.decorate(function, Decorated::new(cx.mc, original, result));
                    }
                    _ => Class::update(self.class, cx.mc, |body| link::set_member(&mut body.members, name, role, value)),
                }
                if name == cx.world.symbols.hash || name == cx.world.symbols.eq {
                    cx.hashes_differ();
                }
            }
        }
        let task = self.tasks.remove(0);
        if self.is_noted {
            cx.note_part(self.class, &task);
        }
        cx.run_tasks(self)
    }
}

/// Goes on inserting after a key's methods have run.
#[derive(Collect)]
#[collect(no_drop)]
struct InsertPairs<'gc> {
    map: Gc<'gc, Map<'gc>>,
    pairs: Vec<Value<'gc>>,
}

impl<'gc> Resume<'gc> for InsertPairs<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        cx.insert_pairs(self.map, self.pairs)
    }
}
