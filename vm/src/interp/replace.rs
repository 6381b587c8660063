//! Values of enums whose variant has left, or has another payload: the enum's migration hook replaces them before they are used.

use crate::heap::Value;
use crate::object::{
    Class, Cx, EnumValue, ErrorKind, Following, Function, Intrinsic, Keywords, NativeBody, NativeFn, NativeFunction, NativeResult,
    Undo, Variant,
};
use crate::ops::{self, Resume, and_then, call_then};
use gc_arena::{Collect, Gc};
use std::cell::Cell;

impl<'gc> Cx<'_, 'gc> {
    /// Replaces a value by what its enum's hook gives. Gives nil, after the call of the hook.
    pub(super) fn replace_value(&mut self, value: Gc<'gc, EnumValue<'gc>>) -> NativeResult<'gc> {
        let value = EnumValue::now(value);
        let Some(hook) = value.variant.hook() else { return Ok(Value::Nil) };
        let old = EnumValue::old(self.mc, value);
        self.world.charge(64);
        self.world.log(|| Undo::Replaced(value));
        // Until the hook has returned, whoever meets the value sees what it was.
        EnumValue::replace(value, self.mc, Some(old));
        self.world.replacing += 1;
        // A hook of an earlier commit sees the enum as it was then.
        let class = hook.home().unwrap_or(value.variant.class);
        let args = vec![Value::Class(class), Value::EnumValue(old)];
        call_then(self, Value::Function(hook), args, Replacing { value })
    }

    /// Lets values of a variant be replaced by `hook` from now on.
    pub(crate) fn bind_enum_hook(&mut self, variant: Gc<'gc, Variant<'gc>>, hook: Option<Gc<'gc, Function<'gc>>>) {
        let before = variant.hook();
        self.world.log(|| Undo::VariantHook(variant, before));
        Variant::set_hook(variant, self.mc, hook);
        if self.world.following.is_none() {
            let equal = self.engine_native("==", 2, equal_following);
            let hash = self.engine_native("hash", 1, hash_following);
            self.world.following = Some(Following { equal, hash });
        }
    }

    /// A native of the engine's own.
    pub(super) fn engine_native(&mut self, name: &str, arity: u8, f: NativeFn) -> Value<'gc> {
        let native = NativeFunction {
            name: self.world.intern(self.mc, name).0,
            body: NativeBody::Fn(f),
            least: arity,
            most: arity,
            keywords: Keywords::default(),
            intrinsic: Cell::new(Intrinsic::None),
            doc: "".into(),
        };
        Value::Native(Gc::new(self.mc, native))
    }

    fn replacement_error(&mut self, value: Gc<'gc, EnumValue<'gc>>, what: &str, cause: Value<'gc>) -> Value<'gc> {
        let (class, variant) = (value.variant.class.name().as_str(), value.variant.name.as_str());
        let message = format!("a value `{class}.{variant}` cannot follow: {what}");
        let error = self.new_error(ErrorKind::MigrationError, &message);
        for (name, value) in [("cause", cause), ("instance", Value::EnumValue(value))] {
            let name = self.world.intern(self.mc, name);
            self.set_error_part(error, name, value);
        }
        Value::Instance(error)
    }
}

/// Waits for the hook's replacement.
#[derive(Collect)]
#[collect(no_drop)]
struct Replacing<'gc> {
    value: Gc<'gc, EnumValue<'gc>>,
}

impl<'gc> Replacing<'gc> {
    fn class(&self) -> Gc<'gc, Class<'gc>> {
        self.value.variant.class
    }
}

impl<'gc> Resume<'gc> for Replacing<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        cx.world.replacing = cx.world.replacing.saturating_sub(1);
        match result {
            Value::EnumValue(new)
                if Gc::ptr_eq(new.variant.class, self.class()) && !Gc::ptr_eq(EnumValue::now(new), EnumValue::now(self.value)) =>
            {
                EnumValue::replace(self.value, cx.mc, Some(new));
                cx.migrate(Value::EnumValue(new))
            }
            other => {
                EnumValue::replace(self.value, cx.mc, None);
                let given = cx.type_name(&other);
                let what = format!("`migrate` must return another value of `{}`, not {given}", self.class().name().as_str());
                let error = cx.replacement_error(self.value, &what, Value::Nil);
                Err(Box::new(crate::object::Control::Raise(error)))
            }
        }
    }

    fn failed(self, cx: &mut Cx<'_, 'gc>, error: Value<'gc>) -> NativeResult<'gc> {
        cx.world.replacing = cx.world.replacing.saturating_sub(1);
        EnumValue::replace(self.value, cx.mc, None);
        if cx.is_uncatchable(&error) {
            return ops::raise(error);
        }
        let kind = cx.type_name(&error);
        let what = format!("{kind}: {}", ops::error_message(cx, &error));
        ops::raise(cx.replacement_error(self.value, &what, error))
    }
}

fn equal_following<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let migrated = cx.migrate(args[0]);
    and_then(cx, migrated, Compare { a: args[0], b: args[1], is_second: false })
}

/// Compares once both sides have been replaced.
#[derive(Collect)]
#[collect(no_drop)]
struct Compare<'gc> {
    a: Value<'gc>,
    b: Value<'gc>,
    is_second: bool,
}

impl<'gc> Resume<'gc> for Compare<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        if self.is_second {
            return ops::equal(cx, self.a, self.b);
        }
        let migrated = cx.migrate(self.b);
        and_then(cx, migrated, Compare { is_second: true, ..self })
    }
}

fn hash_following<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let migrated = cx.migrate(args[0]);
    and_then(cx, migrated, Hash { value: args[0] })
}

/// Hashes a value that has been replaced.
#[derive(Collect)]
#[collect(no_drop)]
struct Hash<'gc> {
    value: Value<'gc>,
}

impl<'gc> Resume<'gc> for Hash<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        ops::hash(cx, self.value)
    }
}
