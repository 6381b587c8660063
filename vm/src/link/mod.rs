//! From images to the heap: prototypes with linked constants, classes with layouts.
//!
//! Linking runs no code of the program. Names become definition cells: the file's imports and its namespace first, then `core`; a name
//! that exists nowhere gets an empty cell of the namespace, which a later contribution fills.

mod class;
mod edges;
mod hierarchy;
mod late;
mod reads;
mod renames;

pub use class::{
    ClassTask, MakeFunction, build_class, build_enum, extend, member_function, retract, set_bases, set_member, stage_class,
};
pub use edges::{loses_hooks, make_obsolete, step_between, with_body_before};
pub use hierarchy::{Unfit, note_hashability, relayout, settle};
pub(crate) use reads::read_of_old;
pub use renames::{Claim, claims_that_hold};

use crate::heap::Value;
use crate::image::{Const, ModuleImage, NameRef, ProtoId, ProtoImage, ProtoKind};
use crate::object::{Cx, Definition, Kind, Linked, Module, Namespace, Proto};
use gc_arena::Gc;
use num_bigint::BigInt;
use std::sync::Arc;

/// So many bytes beside the heap count as an object.
const BYTES_PER_OBJECT: usize = 64;

impl<'gc> Cx<'_, 'gc> {
    /// Links all prototypes of an image. The image must be verified; the definitions it contributes must have been declared, so that
    /// its own names are found before those of `core`.
    pub fn link(
        &mut self,
        image: Arc<ModuleImage>,
        module: Gc<'gc, Module<'gc>>,
        imports: Vec<Gc<'gc, Namespace<'gc>>>,
        version: u32,
    ) -> Gc<'gc, Linked<'gc>> {
        if version > 1 {
            // An older version may be garbage now. The collector counts objects and does not see how large their texts are.
            self.mc.metrics().adjust_debt((image.bytes() / BYTES_PER_OBJECT) as f64);
        }
        let linked = Linked::new(self.mc, image.clone(), module, imports, version);
        let namespace = module.namespace.name.clone();
        let protos = image
            .protos
            .iter()
            .enumerate()
            .map(|(id, proto)| {
                let consts = proto.consts.iter().map(|c| self.link_const(c, linked)).collect();
                let qualified: Arc<str> = match proto.kind {
                    ProtoKind::Unit => format!("{namespace} (top level)").into(),
                    _ => format!("{namespace}.{}", proto.name).into(),
                };
                Proto::new(self.mc, ProtoId(id as u32), proto.clone(), linked, consts, qualified)
            })
            .collect();
        Linked::set_protos(linked, self.mc, protos);
        self.world.protos.extend(linked.protos().iter().map(|proto| Gc::downgrade(*proto)));
        linked
    }

    fn link_const(&mut self, value: &Const, linked: Gc<'gc, Linked<'gc>>) -> Value<'gc> {
        match value {
            Const::Nil | Const::Shape(_) | Const::Texts(_) => Value::Nil,
            Const::Bool(b) => Value::bool(*b),
            Const::Int(i) => Value::Int(*i),
            Const::Float(f) => Value::Float(*f),
            Const::BigInt(digits) => {
                let n: BigInt = digits.parse().expect("the compiler checked the digits");
                crate::ops::int_from_big(self.mc, n)
            }
            Const::Str(text) => Value::Str(self.world.intern(self.mc, text).0),
            Const::Name(name) => Value::Definition(self.link_name(name, linked)),
        }
    }

    /// The cell that a name means in a file.
    pub fn link_name(&mut self, name: &NameRef, linked: Gc<'gc, Linked<'gc>>) -> Gc<'gc, Definition<'gc>> {
        match name {
            NameRef::Own(name) => {
                if let Some(cell) = self.bundle_cell(name, linked) {
                    return cell;
                }
                let symbol = self.world.intern(self.mc, name);
                let namespace = linked.module.namespace;
                if let Some(cell) = namespace.get(symbol) {
                    return cell;
                }
                // What begins with `_` in `core` is for the library alone.
                let is_hidden = name.starts_with('_') && !self.world.is_library(&namespace);
                if let Some(cell) = self.world.core.get(symbol).filter(|_| !is_hidden) {
                    return cell;
                }
                Namespace::cell_or_new(namespace, self.mc, symbol)
            }
            NameRef::Imported { import, name } => {
                let symbol = self.world.intern(self.mc, name);
                Namespace::cell_or_new(linked.imports[*import as usize], self.mc, symbol)
            }
            NameRef::Namespace { import } => self.namespace_cell(linked.imports[*import as usize]),
        }
    }

    /// A constant cell whose value is the namespace.
    pub fn namespace_cell(&mut self, namespace: Gc<'gc, Namespace<'gc>>) -> Gc<'gc, Definition<'gc>> {
        let name = self.world.intern(self.mc, &namespace.name);
        if let Some(cell) = self.world.namespace_cells.get(&name) {
            return *cell;
        }
        let cell = Definition::new(self.mc, namespace, name);
        cell.set_kind(Kind::Constant);
        Definition::set(cell, self.mc, Value::Namespace(namespace));
        self.world.namespace_cells.insert(name, cell);
        cell
    }

    /// Links every mention of `name` in the files of `namespace` again: after a definition that hides one of `core` came or went.
    pub fn relink_name(&mut self, namespace: Gc<'gc, Namespace<'gc>>, name: &str) {
        let mc = self.mc;
        let mut modules: Vec<_> = self.world.modules.values().copied().collect();
        modules.extend(self.world.evaluated.iter().filter_map(|module| module.upgrade(mc)));
        for module in modules {
            if !Gc::ptr_eq(module.namespace, namespace) {
                continue;
            }
            let Some(linked) = module.state().linked else { continue };
            for proto in linked.protos() {
                for (i, value) in proto.image.consts.iter().enumerate() {
                    if matches!(value, Const::Name(NameRef::Own(own)) if **own == *name) {
                        let value = self.link_const(value, linked);
                        Proto::set_const(proto, self.mc, i, value);
                    }
                }
            }
        }
    }

    /// An evaluated text has run: from now on it is kept only by what it defined.
    pub fn release_evaluated(&mut self, path: &str) {
        let Some(module) = self.world.modules.shift_remove(path) else { return };
        self.world.evaluated.push(Gc::downgrade(module));
    }

    /// The code of the frames that the engine pushes for itself.
    pub fn make_stubs(&mut self) {
        use crate::bytecode::{Insn, Op};
        let namespace = self.world.core;
        let module = Module::new(self.mc, "<engine>".into(), namespace);
        let source = lang::source::Source::new("<engine>", "");
        let image = Arc::new(ModuleImage::empty(source.clone()));
        let linked = Linked::new(self.mc, image, module, Vec::new(), 1);
        let stub = |cx: &mut Self, op: Op| {
            let image = ProtoImage {
                registers: 2,
                code: vec![Insn::abc(op, 0, 0, 0).0],
                ..ProtoImage::empty("<engine>".into(), source.clone())
            };
            Proto::new(cx.mc, ProtoId(0), Arc::new(image), linked, Vec::new(), "<engine>".into())
        };
        self.world.halt_stub = Some(stub(self, Op::Halt));
        self.world.resume_stub = Some(stub(self, Op::Resume));
    }
}
