//! Enums: variants and values.

use super::{Class, Function, Symbol};
use crate::heap::{Value, Weight};
use gc_arena::barrier::unlock;
use gc_arena::lock::Lock;
use gc_arena::{Collect, Gc, Mutation};
use std::cell::Cell;

/// A variant of an enum: a constructor, or a value when it has no payload.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Variant<'gc> {
    /// Its enum.
    pub class: Gc<'gc, Class<'gc>>,
    /// Its name.
    pub name: Symbol<'gc>,
    /// Payload names; `None`: a plain value.
    pub fields: Option<Box<[Symbol<'gc>]>>,
    /// Its position.
    pub ordinal: Cell<u32>,
    /// What replaces values of it: it has left its enum, or has another payload there.
    hook: Lock<Option<Gc<'gc, Function<'gc>>>>,
}

impl<'gc> Variant<'gc> {
    /// A variant of an enum.
    pub fn new(
        mc: &Mutation<'gc>,
        class: Gc<'gc, Class<'gc>>,
        name: Symbol<'gc>,
        fields: Option<Box<[Symbol<'gc>]>>,
        ordinal: u32,
    ) -> Gc<'gc, Self> {
        Gc::new(mc, Variant { class, name, fields, ordinal: Cell::new(ordinal), hook: Lock::new(None) })
    }

    /// What replaces values of it.
    #[inline]
    pub fn hook(&self) -> Option<Gc<'gc, Function<'gc>>> {
        self.hook.get()
    }

    /// Sets what replaces values of it.
    pub fn set_hook(this: Gc<'gc, Self>, mc: &Mutation<'gc>, hook: Option<Gc<'gc, Function<'gc>>>) {
        unlock!(Gc::write(mc, this), Variant, hook).set(hook);
    }
}

/// A value of an enum.
#[derive(Collect)]
#[collect(no_drop)]
pub struct EnumValue<'gc> {
    /// Which variant.
    pub variant: Gc<'gc, Variant<'gc>>,
    /// Payload in order of the variant's names.
    pub payload: Box<[Value<'gc>]>,
    /// Whether it is what a migration hook looks at: then it is never replaced.
    is_old: bool,
    weight: Weight,
    replacement: Lock<Option<Gc<'gc, EnumValue<'gc>>>>,
}

impl<'gc> EnumValue<'gc> {
    /// A value of a variant.
    pub fn new(mc: &Mutation<'gc>, variant: Gc<'gc, Variant<'gc>>, payload: Box<[Value<'gc>]>) -> Gc<'gc, Self> {
        Self::make(mc, variant, payload, false)
    }

    /// A copy for a migration hook.
    pub fn old(mc: &Mutation<'gc>, value: Gc<'gc, Self>) -> Gc<'gc, Self> {
        Self::make(mc, value.variant, value.payload.clone(), true)
    }

    fn make(mc: &Mutation<'gc>, variant: Gc<'gc, Variant<'gc>>, payload: Box<[Value<'gc>]>, is_old: bool) -> Gc<'gc, Self> {
        let weight = Weight::of(size_of_val(&*payload));
        Gc::new(mc, EnumValue { variant, payload, is_old, weight, replacement: Lock::new(None) })
    }

    /// What it is now: itself, or what a migration hook has replaced it with.
    #[inline]
    pub fn now(this: Gc<'gc, Self>) -> Gc<'gc, Self> {
        let mut value = this;
        while let Some(next) = value.replacement.get() {
            value = next;
        }
        value
    }

    /// Whether a migration hook has to replace it before it is used.
    #[inline]
    pub fn is_obsolete(this: Gc<'gc, Self>) -> bool {
        let now = Self::now(this);
        now.variant.hook().is_some() && !now.is_old
    }

    /// Replaces it, or takes that back.
    pub fn replace(this: Gc<'gc, Self>, mc: &Mutation<'gc>, replacement: Option<Gc<'gc, Self>>) {
        unlock!(Gc::write(mc, this), EnumValue, replacement).set(replacement);
    }
}
