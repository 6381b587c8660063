//! What a function does, as a number.
//!
//! Two functions with equal fingerprints do the same: the code of a running one is kept, whatever happened to its position, spacing,
//! comments and doc text. Everything that is an index into tables of the file (nested functions, classes, imports) is replaced by
//! what it names, so that an edit elsewhere in the file changes nothing here.

use super::Compiler;
use crate::bytecode::{Insn, Op};
use crate::image::{
    ArgShape, Capture, ClassImage, ClassRef, Const, DefinitionKind, EnumImage, ImportFrom, MemberImage, NameRef, ProtoId,
    ProtoImage, SlotDefault,
};
use std::hash::{Hash, Hasher};

/// A 64-bit hash that is the same on every machine and in every build: the finaliser of MurmurHash3, chained.
#[derive(Clone)]
pub(super) struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
        self.write_u64(bytes.len() as u64);
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(value.into());
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(value.into());
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_u64(&mut self, value: u64) {
        let mut state = self.0.rotate_left(27) ^ value;
        state ^= state >> 33;
        state = state.wrapping_mul(0xff51_afd7_ed55_8ccd);
        state ^= state >> 33;
        state = state.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        self.0 = state ^ (state >> 33);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Compiler<'_> {
    /// Fingerprint of a finished prototype; its nested functions and classes are finished before it.
    pub(super) fn fingerprint(&self, proto: &ProtoImage) -> u64 {
        let mut hash = Fingerprint::default();
        proto.kind.hash(&mut hash);
        for param in &proto.params {
            param.name.hash(&mut hash);
            param.default.is_some().hash(&mut hash);
        }
        (proto.params.len(), proto.required, &proto.rest, proto.registers, proto.yields).hash(&mut hash);
        self.code(proto, &mut hash);
        proto.consts.len().hash(&mut hash);
        proto.consts.iter().for_each(|constant| self.constant(constant, &mut hash));
        proto.captures.len().hash(&mut hash);
        for capture in &proto.captures {
            match capture {
                Capture::Register(register) => (0u8, register).hash(&mut hash),
                Capture::Upvalue(upvalue) => (1u8, upvalue).hash(&mut hash),
            }
        }
        proto.nested.len().hash(&mut hash);
        proto.nested.iter().for_each(|id| self.proto_hash(*id, &mut hash));
        for handler in &proto.handlers {
            (handler.start, handler.end, handler.target, handler.register).hash(&mut hash);
        }
        hash.finish()
    }

    /// Code words; those that name a class by its position in the file, by what it is.
    fn code(&self, proto: &ProtoImage, hash: &mut Fingerprint) {
        let mut pc = 0;
        while let Some(&word) = proto.code.get(pc) {
            let insn = Insn(word);
            let Some(op) = Op::from_byte(insn.op_byte()) else { break };
            let at = usize::from(insn.bx());
            match op {
                Op::Class => {
                    (word as u16).hash(hash);
                    self.class_hash(&self.classes[at], hash);
                }
                Op::Enum => {
                    (word as u16).hash(hash);
                    self.enum_hash(&self.enums[at], hash);
                }
                Op::Extend => {
                    (word as u16).hash(hash);
                    self.extension_hash(insn.bx().into(), hash);
                }
                _ => word.hash(hash),
            }
            let end = (pc + op.words()).min(proto.code.len());
            proto.code[pc + 1..end].hash(hash);
            pc += op.words();
        }
    }

    /// The fingerprint of a finished prototype.
    pub(super) fn proto_hash(&self, id: ProtoId, hash: &mut Fingerprint) {
        hash.write_u64(self.protos[id.0 as usize].fingerprint);
    }

    fn class_hash(&self, class: &ClassImage, hash: &mut Fingerprint) {
        (&class.name, &class.was, class.bases.len(), class.slots.len()).hash(hash);
        class.bases.iter().for_each(|base| self.class_ref_hash(base, hash));
        for slot in &class.slots {
            (&slot.name, &slot.was, slot.transient, slot.fingerprint).hash(hash);
        }
        for shared in &class.shared {
            (&shared.name, &shared.was, shared.fingerprint).hash(hash);
        }
        self.members_hash(&class.members, hash);
        for (from, id) in &class.migrate {
            from.hash(hash);
            self.proto_hash(*id, hash);
        }
    }

    fn enum_hash(&self, item: &EnumImage, hash: &mut Fingerprint) {
        (&item.name, &item.was).hash(hash);
        for variant in &item.variants {
            (&variant.name, &variant.fields).hash(hash);
        }
        self.members_hash(&item.members, hash);
        item.migrate.iter().for_each(|id| self.proto_hash(*id, hash));
    }

    /// What an `extend` block adds, and to what.
    pub(super) fn extension_hash(&self, index: u32, hash: &mut Fingerprint) {
        let extension = &self.extensions[index as usize];
        self.class_ref_hash(&extension.target, hash);
        self.members_hash(&extension.members, hash);
    }

    /// What a function, class or enum of the top level is; nothing for a variable, whose unit says it.
    pub(super) fn definition_hash(&self, kind: DefinitionKind, hash: &mut Fingerprint) {
        match kind {
            DefinitionKind::Function(id) => self.proto_hash(id, hash),
            DefinitionKind::Class(id) => self.class_hash(&self.classes[id.0 as usize], hash),
            DefinitionKind::Enum(id) => self.enum_hash(&self.enums[id.0 as usize], hash),
            DefinitionKind::Variable | DefinitionKind::Constant | DefinitionKind::Once => {}
        }
    }

    fn class_ref_hash(&self, class: &ClassRef, hash: &mut Fingerprint) {
        match class {
            ClassRef::Register(n) => n.hash(hash),
            ClassRef::Path(name, members) => {
                self.name(name, hash);
                members.hash(hash);
            }
        }
    }

    fn members_hash(&self, members: &[MemberImage], hash: &mut Fingerprint) {
        members.len().hash(hash);
        for member in members {
            (&member.name, &member.was, member.role).hash(hash);
            self.proto_hash(member.proto, hash);
            member.decorate.iter().for_each(|id| self.proto_hash(*id, hash));
        }
    }

    /// Fingerprint of a slot's default.
    pub(super) fn default_fingerprint(&self, default: &SlotDefault) -> u64 {
        let mut hash = Fingerprint::default();
        match default {
            SlotDefault::Unset => hash.write_u8(0),
            SlotDefault::Const(constant) => self.constant(constant, &mut hash),
            SlotDefault::EmptyList => hash.write_u8(1),
            SlotDefault::EmptyMap => hash.write_u8(2),
            SlotDefault::Code(id) => self.proto_hash(*id, &mut hash),
        }
        hash.finish()
    }

    fn constant(&self, constant: &Const, hash: &mut Fingerprint) {
        std::mem::discriminant(constant).hash(hash);
        match constant {
            Const::Nil => {}
            Const::Bool(value) => value.hash(hash),
            Const::Int(value) => value.hash(hash),
            Const::Float(value) => value.to_bits().hash(hash),
            Const::BigInt(text) | Const::Str(text) => text.hash(hash),
            Const::Name(name) => self.name(name, hash),
            Const::Shape(shape) => {
                for arg in &shape.args {
                    match arg {
                        ArgShape::One => hash.write_u8(0),
                        ArgShape::Named(name) => name.hash(hash),
                        ArgShape::Spread => hash.write_u8(1),
                    }
                }
            }
            Const::Texts(texts) => texts.hash(hash),
        }
    }

    fn name(&self, name: &NameRef, hash: &mut Fingerprint) {
        let import = match name {
            NameRef::Own(name) => return name.hash(hash),
            NameRef::Imported { import, name } => {
                name.hash(hash);
                import
            }
            NameRef::Namespace { import } => import,
        };
        match self.import_from(*import) {
            ImportFrom::Namespace(path) => (0u8, path).hash(hash),
            ImportFrom::File(path) => (1u8, path).hash(hash),
            ImportFrom::Native(path) => (2u8, path).hash(hash),
        }
    }
}
