//! The standard library: natives, and the part that is written in the language itself.
//!
//! | file | what the program sees |
//! |---|---|
//! | core.rs, convert.rs | the functions of `core` |
//! | errors.rs | the error classes |
//! | iterable.rs | methods of all iterables: the class `Iterable` |
//! | sequence.rs, list.rs, map.rs, set.rs, range.rs, bytes.rs | methods of collections |
//! | string.rs, letters.rs, template.rs | methods of strings |
//! | number.rs | methods of ints and floats |
//! | fiber.rs | fibers |
//! | prelude.lang | methods that take functions, and what natives leave to the language |
//! | modules/ | the modules, which are made when they are first imported |
//!
//! Every native is a row of a table. Natives never run code of the program: those that need it return a request to call it and go on
//! with the result. [`install`] makes everything native of `core`; then the host compiles [`PRELUDE`] into it.

mod args;
mod bytes;
mod convert;
mod core;
mod errors;
mod fiber;
mod items;
mod iterable;
mod letters;
mod list;
mod map;
mod modules;
mod number;
mod range;
mod sequence;
mod set;
mod sort;
mod string;
mod table;
mod template;

pub use modules::MODULES;

use gc_arena::Gc;
use table::{Row, define, functions, methods, properties, row, statics};
use vm::embed::{Vm, VmOptions};
use vm::heap::{Tag, Value};
use vm::link;
use vm::object::{Class, ClassKind, Cx, Intrinsic, Kind, Member, Namespace};

/// The part of the library that is written in the language. It belongs to the namespace `core`.
pub const PRELUDE: &str = include_str!("prelude.lang");

/// The prelude, compiled: `UPDATE=1 cargo test -p stdlib` makes it anew. One that is out of date costs time only.
const PRELUDE_IMAGE: &[u8] = include_bytes!("prelude.image");

/// The name of the prelude in traces.
const PRELUDE_NAME: &str = "core.lang";

/// Makes the native part of `core`. To be called once, before any code is loaded: errors can only be raised afterwards.
pub fn install(cx: &mut Cx<'_, '_>) {
    errors::install(cx);
    let core = cx.world.core;
    core.set_doc(Some("What is visible everywhere.".into()));
    functions(cx, core, core::FUNCTIONS);
    functions(cx, core, fiber::FUNCTIONS);
    core::constants(cx);
    install_classes(cx);
    mark_intrinsics(cx);
}

/// Says which natives the interpreter may do itself.
fn mark_intrinsics(cx: &mut Cx<'_, '_>) {
    let of_types = [
        (Tag::LIST, "push", Intrinsic::Push),
        (Tag::LIST, "len", Intrinsic::Len),
        (Tag::STR, "len", Intrinsic::Len),
        (Tag::MAP, "get", Intrinsic::Get),
        (Tag::FIBER, "resume", Intrinsic::Resume),
    ];
    for (tag, name, intrinsic) in of_types {
        let name = cx.world.intern(cx.mc, name);
        if let Some((_, Member::Method(Value::Native(native)))) = cx.world.types[tag as usize].find(name) {
            native.intrinsic.set(intrinsic);
        }
    }
    let name = cx.world.intern(cx.mc, "len");
    if let Some(Value::Native(native)) = cx.world.core.get(name).map(|definition| definition.value()) {
        native.intrinsic.set(Intrinsic::Len);
    }
}

/// A VM with the whole library.
///
/// # Panics
/// Never for the prelude that belongs to this crate: a test compiles it.
pub fn new_vm(options: VmOptions) -> Vm {
    let mut vm = Vm::bare(options);
    vm.enter(install);
    vm.set_library(modules::LIBRARY);
    if let Err(error) = vm.eval_compiled("core", PRELUDE_NAME, PRELUDE, PRELUDE_IMAGE) {
        panic!("the prelude does not load: {error}");
    }
    vm.lock_namespace("core", true);
    // Commits are counted from the program's own.
    vm.enter(|cx| cx.world.epoch = 0);
    vm
}

/// Leaves only these modules to a VM of which no program has been loaded.
///
/// # Panics
/// If one of them is none of [`MODULES`].
pub fn keep_modules(vm: &mut Vm, modules: &'static [&'static str]) {
    if let Some(unknown) = modules.iter().find(|name| !MODULES.contains(name)) {
        panic!("`{unknown}` is no module of the library");
    }
    vm.set_library(vm::reload::Library { modules, ..modules::LIBRARY });
}

/// A class of built-in values.
struct TypeRow {
    /// Tag of its values.
    tag: u64,
    /// Doc text.
    doc: &'static str,
    /// What it inherits.
    base: Base,
    /// Tables of its methods.
    methods: &'static [&'static [Row]],
}

/// What a built-in class inherits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    Nothing,
    Iterable,
    Stream,
}

const ITERATOR_METHODS: &[Row] = &[
    row("iter", &[], sequence::iter, "`iter()`: the iterator itself."),
    row("next", &[], core::next, "`next()`: the next item; `stop` at the end."),
];

const fn class(tag: u64, base: Base, methods: &'static [&'static [Row]], doc: &'static str) -> TypeRow {
    TypeRow { tag, doc, base, methods }
}

const MAP: u64 = 12;
const SET: u64 = 13;
const RANGE: u64 = 14;
const NAMESPACE: u64 = 22;
const DEFINITION: u64 = 23;
const BYTES: u64 = 25;
const ITERATOR: u64 = 27;

const TYPES: &[TypeRow] = &[
    class(Tag::INT, Base::Nothing, &[number::METHODS, number::INT_METHODS], "Whole numbers of any size."),
    class(Tag::FLOAT, Base::Nothing, &[number::METHODS, number::FLOAT_METHODS], "Numbers with a fraction: IEEE 754, 64 bits."),
    class(Tag::NIL, Base::Nothing, &[], "The class of `nil`."),
    class(Tag::TRUE, Base::Nothing, &[], "`true` and `false`."),
    class(Tag::STR, Base::Iterable, &[string::METHODS, letters::METHODS], "Text: an immutable sequence of characters."),
    class(Tag::TUPLE, Base::Iterable, &[sequence::METHODS], "An immutable sequence."),
    class(Tag::LIST, Base::Iterable, &[sequence::METHODS, list::METHODS], "A growable sequence."),
    class(MAP, Base::Iterable, &[map::METHODS], "Values by key, in the order in which the keys were added."),
    class(SET, Base::Iterable, &[set::METHODS], "Values without repetition, in the order in which they were added."),
    class(RANGE, Base::Iterable, &[range::METHODS], "Ints at equal distances."),
    class(Tag::FUNCTION, Base::Nothing, &[], "What can be called: functions, methods, natives."),
    class(Tag::CLASS, Base::Nothing, &[], "The class of classes."),
    class(NAMESPACE, Base::Nothing, &[], "The definitions of one or more files."),
    class(DEFINITION, Base::Nothing, &[], "A named cell of a namespace."),
    class(Tag::FIBER, Base::Stream, &[fiber::METHODS], "A function that can be suspended and resumed."),
    class(BYTES, Base::Iterable, &[bytes::METHODS], "An immutable sequence of bytes."),
    class(ITERATOR, Base::Stream, &[ITERATOR_METHODS], "Where an iteration over a built-in value stands."),
];

fn install_classes(cx: &mut Cx<'_, '_>) {
    let iterable =
        mixin(cx, "Iterable", "What can be iterated over. A class with `iter()` that inherits from it gets its methods.");
    methods(cx, iterable, iterable::METHODS);
    let stream =
        mixin(cx, "Stream", "What is iterated over only once and may be endless: `map`, `filter` and so on give iterators.");
    errors::inherit(cx, stream, iterable);
    let core = cx.world.core;
    for row in TYPES {
        let class = cx.world.types[row.tag as usize];
        for table in row.methods {
            methods(cx, class, table);
        }
        match row.base {
            Base::Nothing => {}
            Base::Iterable => errors::inherit(cx, class, iterable),
            Base::Stream => errors::inherit(cx, class, stream),
        }
        publish(cx, core, class, row.doc);
    }
    let fiber = cx.world.types[Tag::FIBER as usize];
    properties(cx, fiber, fiber::PROPERTIES);
    let range = cx.world.types[RANGE as usize];
    properties(cx, range, range::PROPERTIES);
    let definition = cx.world.types[DEFINITION as usize];
    properties(cx, definition, modules::live::DEFINITION_PROPERTIES);
    let bytes = cx.world.types[BYTES as usize];
    statics(cx, bytes, bytes::STATICS);
    let enums = cx.world.enum_class();
    publish(cx, core, enums, "The class of enums.");
    cx.world.method_cache.clear();
}

/// An ordinary class without slots, for others to inherit from.
fn mixin<'gc>(cx: &mut Cx<'_, 'gc>, name: &str, doc: &str) -> Gc<'gc, Class<'gc>> {
    let class = cx.world.new_class(cx.mc, name, format!("core.{name}").into(), ClassKind::Plain);
    assert!(link::relayout(cx, class).is_ok(), "a class without slots has no conflicts");
    let core = cx.world.core;
    publish(cx, core, class, doc);
    class
}

/// Defines a class by its name and gives it its doc text.
fn publish<'gc>(cx: &mut Cx<'_, 'gc>, core: Gc<'gc, Namespace<'gc>>, class: Gc<'gc, Class<'gc>>, doc: &str) {
    Class::update(class, cx.mc, |body| body.doc = Some(doc.into()));
    define(cx, core, class.name().as_str(), Kind::Class, Value::Class(class));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All tables, and whether their rows are methods.
    fn tables() -> Vec<&'static [Row]> {
        let mut tables =
            vec![core::FUNCTIONS, fiber::FUNCTIONS, fiber::PROPERTIES, iterable::METHODS, range::PROPERTIES, bytes::STATICS];
        tables.extend(modules::TABLE.iter().map(|module| module.functions));
        tables.extend(TYPES.iter().flat_map(|row| row.methods.iter().copied()));
        tables
    }

    #[test]
    fn prelude_loads() {
        let mut vm = new_vm(VmOptions::default());
        let result = vm.eval_in("main", "main.lang", "[1, 2].map(|x| x + 1).sum()");
        assert!(result.is_ok_and(|value| value.is_some_and(|value| vm.read::<i64>(&value).is_ok_and(|sum| sum == 5))));
    }

    #[test]
    fn docs_begin_with_the_signature() {
        for row in tables().into_iter().flatten() {
            let signature = row.doc.strip_prefix('`').and_then(|doc| doc.split_once("`:")).map(|(signature, _)| signature);
            let params = signature.and_then(|s| s.strip_prefix(row.name)).and_then(|s| s.strip_prefix('('));
            let Some(params) = params else { panic!("the doc of `{}` does not begin with its signature", row.name) };
            let mut rest = params;
            for param in row.params.iter().chain(row.only) {
                let Some(at) = rest.find(param) else { panic!("the doc of `{}` does not name `{param}`", row.name) };
                rest = &rest[at + param.len()..];
            }
        }
    }

    #[test]
    fn prelude_image_is_current() {
        let source = lang::source::Source::new(PRELUDE_NAME, PRELUDE);
        let image = vm::compile::compile_source(&source).image.expect("the prelude compiles");
        let bytes = vm::image::encode(&image);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/prelude.image"), bytes).expect("the file can be written");
            return;
        }
        assert!(bytes == PRELUDE_IMAGE, "the compiled prelude is out of date: run `UPDATE=1 cargo test -p stdlib`");
        assert!(vm::image::decode(PRELUDE_IMAGE, &source).is_some(), "the compiled prelude cannot be read");
        for cut in [0, 7, 8, 100, bytes.len() - 1] {
            assert!(vm::image::decode(&PRELUDE_IMAGE[..cut], &source).is_none(), "{cut} bytes are not an image");
        }
    }

    #[test]
    fn names_are_unique() {
        for row in TYPES {
            let mut names: Vec<&str> = row.methods.iter().copied().flatten().map(|row| row.name).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "a method of tag {} is there twice", row.tag);
        }
    }
}
