//! Tables of natives: one row each, from which functions, methods and their documentation are made.

use gc_arena::Gc;
use std::cell::Cell;
use vm::heap::Value;
use vm::object::{Class, Cx, Definition, Keywords, Kind, Member, Namespace, NativeBody, NativeFn, NativeFunction, ParameterNames};

/// One native.
pub(crate) struct Row {
    /// Its name; for a method without that of its class.
    pub(crate) name: &'static str,
    /// Names of its parameters, the receiver left out.
    pub(crate) params: &'static [&'static str],
    /// How many of the parameters may be left out, from the end.
    optional: u8,
    /// Whether any number of arguments may follow.
    rest: bool,
    /// Parameters that are given by name only. Their values come first, before the receiver.
    pub(crate) only: &'static [&'static str],
    /// Its code.
    run: NativeFn,
    /// Signature and meaning.
    pub(crate) doc: &'static str,
}

/// A native whose parameters must all be given.
pub(crate) const fn row(name: &'static str, params: &'static [&'static str], run: NativeFn, doc: &'static str) -> Row {
    Row { name, params, optional: 0, rest: false, only: &[], run, doc }
}

impl Row {
    /// The last `count` parameters may be left out.
    pub(crate) const fn optional(mut self, count: u8) -> Row {
        self.optional = count;
        self
    }

    /// Any number of arguments may follow the parameters.
    pub(crate) const fn rest(mut self) -> Row {
        self.rest = true;
        self
    }

    /// Further parameters that are given by name only.
    pub(crate) const fn only(mut self, names: &'static [&'static str]) -> Row {
        self.only = names;
        self
    }

    /// Whether it takes the same time for large values: it looks at some of their items, or at none.
    fn is_quick(&self) -> bool {
        // What moves items counts them itself.
        matches!(
            self.name,
            "len"
                | "iter"
                | "get"
                | "has"
                | "is_empty"
                | "first"
                | "last"
                | "push"
                | "append"
                | "extend"
                | "copy"
                | "add"
                | "pop"
                | "insert"
                | "swap"
                | "clear"
                | "truncate"
                | "discard"
                | "get_or_insert"
                | "take"
                | "drop"
                | "slice"
                | "starts_with"
                | "ends_with"
                | "_between"
                | "_unit"
                | "type"
                | "same"
                | "print"
                | "fiber"
                | "spawn"
                | "next"
                | "resume"
                | "send"
                | "receive"
        ) || self.name == "set" && self.params.len() == 2
    }

    /// The function object. `own` is the class whose method it is.
    fn make<'gc>(&self, cx: &mut Cx<'_, 'gc>, own: Option<&str>) -> Value<'gc> {
        let receiver = u8::from(own.is_some());
        let count = self.params.len() as u8;
        let name = match own {
            Some(class) => cx.world.intern(cx.mc, &format!("{class}.{}", self.name)),
            None => cx.world.intern(cx.mc, self.name),
        };
        let native = NativeFunction {
            name: name.0,
            body: if self.is_quick() { NativeBody::Fn(self.run) } else { NativeBody::Linear(self.run) },
            least: receiver + count - self.optional,
            most: if self.rest { u8::MAX } else { receiver + count },
            keywords: Keywords { positional: ParameterNames::Fixed(self.params), only: self.only },
            intrinsic: Cell::default(),
            doc: self.doc.into(),
        };
        Value::Native(Gc::new(cx.mc, native))
    }
}

/// Defines `namespace.name` as something of the library.
pub(crate) fn define<'gc>(cx: &mut Cx<'_, 'gc>, namespace: Gc<'gc, Namespace<'gc>>, name: &str, kind: Kind, value: Value<'gc>) {
    let name = cx.world.intern(cx.mc, name);
    let cell = Namespace::cell_or_new(namespace, cx.mc, name);
    cell.set_kind(kind);
    Definition::set(cell, cx.mc, value);
    Definition::update_meta(cell, cx.mc, |meta| meta.version = 1);
}

/// Makes the rows functions of a namespace.
pub(crate) fn functions<'gc>(cx: &mut Cx<'_, 'gc>, namespace: Gc<'gc, Namespace<'gc>>, rows: &[Row]) {
    for row in rows {
        let value = row.make(cx, None);
        define(cx, namespace, row.name, Kind::Function, value);
    }
}

/// Makes the rows methods of a class.
pub(crate) fn methods<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, rows: &[Row]) {
    members(cx, class, rows, Member::Method);
}

/// Makes the rows static functions of a class.
pub(crate) fn statics<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, rows: &[Row]) {
    members(cx, class, rows, Member::Static);
}

/// Makes the rows properties of a class that can be read.
pub(crate) fn properties<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, rows: &[Row]) {
    members(cx, class, rows, |value| Member::Property { getter: Some(value), setter: None });
}

fn members<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, rows: &[Row], member: impl Fn(Value<'gc>) -> Member<'gc>) {
    for row in rows {
        let value = row.make(cx, Some(class.name().as_str()));
        let name = cx.world.intern(cx.mc, row.name);
        Class::update(class, cx.mc, |body| body.members.insert(name, member(value)));
    }
}
