//! The bytecode verifier: the boundary behind which the interpreter trusts an image.
//!
//! # What the interpreter may assume of a verified image
//!
//! Code
//! * `code` is not empty; walking it from word 0 by [`Op::words`] meets whole instructions only, and ends exactly at its end.
//! * Every opcode is one that the compiler may emit: none is quickened, none belongs to the engine's own stubs.
//! * The last instruction does not go on (see [`Op::ends_flow`]), and every jump goes to the start of an instruction of the same
//!   code. So `pc` never leaves the code. Jumps go forward, except `Loop` and `ForLoop`, which go backward: a loop without a
//!   safe point cannot exist. `ForLoop` goes to the word behind a `ForPrep` of the same registers.
//! * Unused operands and all inline cache fields and words are zero.
//!
//! Operands
//! * Every register named by an operand, directly or as part of a window or run, is below [`ProtoImage::registers`]:
//!   the callee, receiver and arguments of calls; the runs of the `New…`, `Concat`, `MapRest` and `AssertFail` operations; the
//!   registers behind A of `Iter`, `Next`, `ForPrep`, `ForLoop` and `Class`; the two ends of `Slice`.
//! * Every constant index is in range, and the constant is of the kind that the operation takes (see `constant_fits`). A call
//!   shape has exactly as many entries as the call has values; the texts of `AssertFail` are as many as its values.
//! * Indices of captured variables, nested functions, classes, enums, extensions and imports are in range.
//! * What `Closure`, `Class`, `Enum` and `Extend` capture exists in the frame and closure that run them. Functions without an
//!   enclosing frame (definitions, units, tests and what belongs to them) capture nothing.
//!
//! Boxes
//! * The register that `GetBox` and `SetBox` name holds a box, on every way to them; a captured value that `GetUpBox` or `SetUpBox`
//!   names is a box, whoever made the closure out of this image (see `boxes.rs`). Whoever builds a frame or a closure by other means, as a
//!   reload does, has to keep that: [`super::box_registers`] says what a frame needs.
//!
//! Tables
//! * Parameters, `self` and the rest parameter have registers; those without default come first. Handlers cover whole
//!   instructions, lie behind what they cover, and are either nested or apart, innermost first. Spans are sorted.
//! * Prototypes do not contain themselves, however indirectly.
//!
//! # What it may not assume
//!
//! Types of values, boxes apart. A handler looks at the tag of what it reads, also where "the compiler made it": a list to push to,
//! the state of an iterator. A wrong tag there is an engine bug and must stop the program, never be undefined.
//! Nor is it checked that a register was written before it is read: every slot of the stack has to hold some valid value always.

use super::boxes::{CapturedBoxes, box_registers};
use super::{Extra, Insn, Op, Operand};
use crate::image::{
    Capture, Catches, ClassRef, Const, DefinitionKind, ImportImage, MemberImage, ModuleImage, NameRef, ProtoId, ProtoImage,
    ProtoKind, SlotDefault, UnitKind,
};
use std::collections::BTreeMap;
use std::fmt;

/// Most registers of a frame.
pub const REGISTERS_MAX: usize = 250;

/// Most words of one function's code.
pub const CODE_WORDS_MAX: usize = 1 << 24;

/// Why an image is refused. It is never the fault of a program's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyError {
    /// The prototype, if it is in one.
    pub proto: Option<ProtoId>,
    /// Word of its code.
    pub pc: usize,
    /// What does not hold.
    pub message: String,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.proto {
            Some(proto) => write!(f, "prototype {}, word {}: {}", proto.0, self.pc, self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for VerifyError {}

type Checked = Result<(), VerifyError>;

/// Checks everything that the module header promises.
pub fn verify(image: &ModuleImage) -> Checked {
    for index in 0..image.protos.len() {
        let id = ProtoId(index as u32);
        ProtoCheck { image, id, proto: &image.protos[index], pc: 0 }.run()?;
    }
    tables(image)?;
    let inner_first = inner_first(image)?;
    let captured = CapturedBoxes::of(image, &inner_first, closes_over);
    for index in 0..image.protos.len() {
        let id = ProtoId(index as u32);
        ProtoCheck { image, id, proto: &image.protos[index], pc: 0 }.boxes(&captured)?;
    }
    Ok(())
}

/// Which captured values of the prototypes of a verified image are boxes.
pub fn captured_boxes(image: &ModuleImage) -> CapturedBoxes {
    let inner_first = inner_first(image).expect("a verified image has no prototype that contains itself");
    CapturedBoxes::of(image, &inner_first, closes_over)
}

fn refuse<T>(message: impl Into<String>) -> Result<T, VerifyError> {
    Err(VerifyError { proto: None, pc: 0, message: message.into() })
}

fn ensure(holds: bool, message: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { refuse(message()) }
}

/// Everything outside prototypes: indices, kinds of prototypes, and that nothing captures without an enclosing frame.
fn tables(image: &ModuleImage) -> Checked {
    for import in &image.imports {
        let ImportImage { from: _, items: _, binds: _, span } = import;
        ensure(span.lo <= span.hi, || "an import's span is reversed".into())?;
    }
    let free = |id: ProtoId, kind: ProtoKind, what: &str| -> Checked {
        let Some(proto) = image.protos.get(id.0 as usize) else { return refuse(format!("{what} has no prototype {}", id.0)) };
        ensure(proto.kind == kind, || format!("the prototype of {what} is a {:?}", proto.kind))?;
        ensure(proto.captures.is_empty(), || format!("{what} captures without an enclosing frame"))
    };
    for class in &image.classes {
        class_table(image, class)?;
    }
    for item in &image.enums {
        members(image, &item.members)?;
        if let Some(id) = item.migrate {
            method(image, id, Some(1), "migrate")?;
        }
    }
    for extension in &image.extensions {
        members(image, &extension.members)?;
        class_ref(image, &extension.target)?;
    }
    for definition in &image.definitions {
        match definition.kind {
            DefinitionKind::Function(id) => free(id, ProtoKind::Function, &definition.name)?,
            DefinitionKind::Class(id) => {
                let Some(class) = image.classes.get(id.0 as usize) else { return refuse("a definition's class does not exist") };
                let late_bound = class.bases.iter().all(|base| matches!(base, ClassRef::Path(..)));
                ensure(late_bound, || format!("class {} is no local class", class.name))?;
                class_protos(class).try_for_each(|id| captures_nothing(image, id))?;
            }
            DefinitionKind::Enum(id) => {
                let Some(item) = image.enums.get(id.0 as usize) else { return refuse("a definition's enum does not exist") };
                let protos = member_protos(&item.members).chain(item.migrate);
                protos.into_iter().try_for_each(|id| captures_nothing(image, id))?;
            }
            DefinitionKind::Variable | DefinitionKind::Constant | DefinitionKind::Once => {
                ensure(definition.unit.is_some(), || format!("{} has no unit", definition.name))?;
            }
        }
        if let Some(unit) = definition.unit {
            ensure((unit as usize) < image.units.len(), || format!("{} has no unit {unit}", definition.name))?;
        }
    }
    for unit in &image.units {
        free(unit.proto, ProtoKind::Unit, "a unit")?;
        let count = usize::from(matches!(unit.kind, UnitKind::Decorate(_)));
        let proto = &image.protos[unit.proto.0 as usize];
        ensure(proto.params.len() == count && proto.rest.is_none(), || "a unit has wrong parameters".into())?;
        if let UnitKind::Extend(index) = unit.kind {
            let Some(extension) = image.extensions.get(index as usize) else { return refuse("a unit's extension does not exist") };
            ensure(matches!(extension.target, ClassRef::Path(..)), || "an extension's target is a register".into())?;
            member_protos(&extension.members).try_for_each(|id| captures_nothing(image, id))?;
        }
    }
    for test in &image.tests {
        free(test.proto, ProtoKind::Function, "a test")?;
        ensure(image.protos[test.proto.0 as usize].params.is_empty(), || "a test has parameters".into())?;
    }
    Ok(())
}

fn class_table(image: &ModuleImage, class: &crate::image::ClassImage) -> Checked {
    for base in &class.bases {
        class_ref(image, base)?;
    }
    for slot in &class.slots {
        match &slot.default {
            SlotDefault::Code(id) => {
                method(image, *id, Some(0), "a slot's default")?;
                ensure(class.slot_init.is_some(), || format!("class {} has no slot_init", class.name))?;
            }
            SlotDefault::Const(value) => {
                let immutable = matches!(
                    value,
                    Const::Nil | Const::Bool(_) | Const::Int(_) | Const::Float(_) | Const::BigInt(_) | Const::Str(_)
                );
                ensure(immutable, || format!("the default of {} is no plain constant", slot.name))?;
            }
            SlotDefault::Unset | SlotDefault::EmptyList | SlotDefault::EmptyMap => {}
        }
    }
    if let Some(id) = class.slot_init {
        method(image, id, Some(0), "slot_init")?;
    }
    for shared in &class.shared {
        if let Some(id) = shared.init {
            method(image, id, Some(0), "a shared slot's initialiser")?;
        }
    }
    for (_, id) in &class.migrate {
        method(image, *id, Some(1), "migrate")?;
    }
    members(image, &class.members)
}

fn members(image: &ModuleImage, members: &[MemberImage]) -> Checked {
    for member in members {
        method(image, member.proto, None, &member.name)?;
        if let Some(id) = member.decorate {
            let Some(proto) = image.protos.get(id.0 as usize) else { return refuse("a decorator unit does not exist") };
            let fits = proto.kind == ProtoKind::Unit && proto.params.len() == 1 && proto.rest.is_none();
            ensure(fits, || format!("the decorator unit of {} is not one", member.name))?;
        }
    }
    Ok(())
}

/// `id` is a method, with `params` parameters if that is given.
fn method(image: &ModuleImage, id: ProtoId, params: Option<usize>, what: &str) -> Checked {
    let Some(proto) = image.protos.get(id.0 as usize) else { return refuse(format!("{what} has no prototype {}", id.0)) };
    ensure(proto.kind == ProtoKind::Method, || format!("the prototype of {what} is a {:?}", proto.kind))?;
    let fits = params.is_none_or(|count| proto.params.len() == count && proto.rest.is_none());
    ensure(fits, || format!("{what} has wrong parameters"))
}

fn class_ref(image: &ModuleImage, class: &ClassRef) -> Checked {
    match class {
        ClassRef::Path(name, _) => name_ref(image, name),
        ClassRef::Register(_) => Ok(()),
    }
}

fn name_ref(image: &ModuleImage, name: &NameRef) -> Checked {
    match name {
        NameRef::Own(_) => Ok(()),
        NameRef::Imported { import, .. } | NameRef::Namespace { import } => {
            ensure((*import as usize) < image.imports.len(), || format!("import {import} does not exist"))
        }
    }
}

fn captures_nothing(image: &ModuleImage, id: ProtoId) -> Checked {
    let proto = &image.protos[id.0 as usize];
    ensure(proto.captures.is_empty(), || format!("{} captures without an enclosing frame", proto.name))
}

fn member_protos(members: &[MemberImage]) -> impl Iterator<Item = ProtoId> + '_ {
    members.iter().flat_map(|member| std::iter::once(member.proto).chain(member.decorate))
}

/// All prototypes that making the class uses.
fn class_protos(class: &crate::image::ClassImage) -> impl Iterator<Item = ProtoId> + '_ {
    let defaults = class.slots.iter().filter_map(|slot| match slot.default {
        SlotDefault::Code(id) => Some(id),
        _ => None,
    });
    let shared = class.shared.iter().filter_map(|shared| shared.init);
    let migrate = class.migrate.iter().map(|(_, id)| *id);
    member_protos(&class.members).chain(class.slot_init).chain(defaults).chain(shared).chain(migrate)
}

/// Prototypes that a closure of `proto` refers to: nested functions, and those of the classes it makes.
fn children(image: &ModuleImage, proto: &ProtoImage) -> Vec<ProtoId> {
    let mut out = proto.nested.clone();
    let mut pc = 0;
    while let Some(&word) = proto.code.get(pc) {
        let insn = Insn(word);
        let Some(op) = Op::from_byte(insn.op_byte()) else { break };
        out.extend(made_by(image, op, insn.bx()));
        pc += op.words();
    }
    out
}

/// Prototypes that a class-making instruction links.
fn made_by(image: &ModuleImage, op: Op, index: u16) -> Vec<ProtoId> {
    let at = index as usize;
    match op {
        Op::Class => image.classes.get(at).map(|class| class_protos(class).collect()),
        Op::Enum => image.enums.get(at).map(|item| member_protos(&item.members).chain(item.migrate).collect()),
        Op::Extend => image.extensions.get(at).map(|extension| member_protos(&extension.members).collect()),
        _ => None,
    }
    .unwrap_or_default()
}

/// Prototypes whose closures an instruction makes.
pub(super) fn closes_over(image: &ModuleImage, proto: &ProtoImage, op: Op, index: u16) -> Vec<ProtoId> {
    match op {
        Op::Closure => vec![proto.nested[usize::from(index)]],
        _ => made_by(image, op, index),
    }
}

/// All prototypes, each behind those that it contains; refuses one that contains itself. A depth-first search with an explicit stack:
/// a chain of nested functions may be deep.
fn inner_first(image: &ModuleImage) -> Result<Vec<ProtoId>, VerifyError> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        Unseen,
        Open,
        Done,
    }
    let mut order = Vec::with_capacity(image.protos.len());
    let mut marks = vec![Mark::Unseen; image.protos.len()];
    let mut stack: Vec<(usize, Vec<ProtoId>)> = Vec::new();
    for root in 0..image.protos.len() {
        if marks[root] != Mark::Unseen {
            continue;
        }
        marks[root] = Mark::Open;
        stack.push((root, children(image, &image.protos[root])));
        while let Some((proto, rest)) = stack.last_mut() {
            let Some(child) = rest.pop() else {
                marks[*proto] = Mark::Done;
                order.push(ProtoId(*proto as u32));
                stack.pop();
                continue;
            };
            let child = child.0 as usize;
            match marks[child] {
                Mark::Open => return refuse(format!("prototype {child} contains itself")),
                Mark::Done => {}
                Mark::Unseen => {
                    marks[child] = Mark::Open;
                    stack.push((child, children(image, &image.protos[child])));
                }
            }
        }
    }
    Ok(order)
}

/// The check of one prototype.
struct ProtoCheck<'a> {
    image: &'a ModuleImage,
    id: ProtoId,
    proto: &'a ProtoImage,
    /// Start of the instruction that is looked at.
    pc: usize,
}

impl ProtoCheck<'_> {
    fn refuse<T>(&self, message: impl Into<String>) -> Result<T, VerifyError> {
        Err(VerifyError { proto: Some(self.id), pc: self.pc, message: message.into() })
    }

    fn ensure(&self, holds: bool, message: impl FnOnce() -> String) -> Checked {
        if holds { Ok(()) } else { self.refuse(message()) }
    }

    fn run(&mut self) -> Checked {
        self.frame()?;
        let starts = self.starts()?;
        let mut pc = 0;
        while pc < self.proto.code.len() {
            self.pc = pc;
            let insn = Insn(self.proto.code[pc]);
            let op = Op::from_byte(insn.op_byte()).expect("`starts` has decoded every instruction");
            let extra = &self.proto.code[pc + 1..pc + op.words()];
            self.operands(op, insn, extra)?;
            self.runs(op, insn, extra)?;
            self.constants(op, insn, extra)?;
            self.indices(op, insn)?;
            if op.is_jump() {
                self.jump(op, insn, &starts)?;
            }
            pc += op.words();
        }
        self.handlers(&starts)?;
        self.debug_tables()
    }

    /// Frame size, parameters, captures.
    fn frame(&self) -> Checked {
        let proto = self.proto;
        self.ensure(usize::from(proto.registers) <= REGISTERS_MAX, || "too many registers".into())?;
        let own = usize::from(proto.kind == ProtoKind::Method);
        let params = own + proto.params.len() + usize::from(proto.rest.is_some());
        self.ensure(params <= usize::from(proto.registers), || "parameters without register".into())?;
        let required = proto.params.iter().position(|param| param.default.is_some()).unwrap_or(proto.params.len());
        self.ensure(required == usize::from(proto.required), || "`required` does not fit the parameters".into())?;
        let sorted = proto.params[required..].iter().all(|param| param.default.is_some());
        self.ensure(sorted, || "a parameter with default stands before one without".into())?;
        self.ensure(proto.captures.len() == proto.capture_names.len(), || "captures and names differ in number".into())?;
        self.ensure(proto.captures.len() <= 255, || "too many captures".into())?;
        self.ensure(proto.nested.iter().all(|id| (id.0 as usize) < self.image.protos.len()), || {
            "a nested function does not exist".into()
        })
    }

    /// Decodes the code once; gives which words start an instruction.
    fn starts(&mut self) -> Result<Vec<bool>, VerifyError> {
        let code = &self.proto.code;
        self.ensure(!code.is_empty() && code.len() <= CODE_WORDS_MAX, || "code is empty or too long".into())?;
        let mut starts = vec![false; code.len()];
        let mut pc = 0;
        let mut goes_on = true;
        while pc < code.len() {
            self.pc = pc;
            let Some(op) = Op::from_byte(Insn(code[pc]).op_byte()) else { return self.refuse("unknown operation") };
            self.ensure(!op.is_quickened() && !op.is_stub(), || format!("{} is made at run time only", op.info().name))?;
            starts[pc] = true;
            goes_on = !op.ends_flow();
            pc += op.words();
        }
        self.ensure(pc == code.len(), || "the last instruction is cut off".into())?;
        self.ensure(!goes_on, || "control runs off the end".into())?;
        Ok(starts)
    }

    /// What the opcode table says of each operand and extra word.
    fn operands(&self, op: Op, insn: Insn, extra: &[u32]) -> Checked {
        let info = op.info();
        let wide = matches!(info.operands[1], Operand::KX | Operand::SX | Operand::IX);
        for (place, operand) in info.operands.iter().enumerate() {
            let byte = [insn.a(), insn.b(), insn.c()][place];
            match operand {
                Operand::W | Operand::R | Operand::M => {
                    self.ensure(byte < self.proto.registers, || format!("register {byte} is outside the frame"))?;
                }
                Operand::None if !(wide && place == 2) => {
                    self.ensure(byte == 0, || format!("unused operand {place} is not zero"))?;
                }
                _ => {}
            }
        }
        for (kind, word) in info.extra.iter().zip(extra) {
            if matches!(kind, Extra::Layout | Extra::Target) {
                self.ensure(*word == 0, || "an inline cache is filled".into())?;
            }
        }
        Ok(())
    }

    /// Runs of registers that an instruction names by their first one.
    fn runs(&self, op: Op, insn: Insn, extra: &[u32]) -> Checked {
        let (a, b, c) = (usize::from(insn.a()), usize::from(insn.b()), usize::from(insn.c()));
        let imm = || extra.last().map_or(0, |word| *word as usize);
        // First register and number of registers.
        let (first, count) = match op {
            Op::Call | Op::CallGlobal | Op::CallShape => (a, b + 1),
            Op::CallMethod | Op::CallSuper | Op::CallMethodShape | Op::CallSuperShape => (a, b + 2),
            Op::NewTuple | Op::NewList | Op::Concat => (b, c),
            Op::NewMap => (b, 2 * c),
            Op::Slice => (c, 2),
            Op::Iter | Op::Next => (a, 2),
            Op::ForPrep | Op::ForLoop => (a, 3),
            Op::MapRest => (c, imm()),
            Op::AssertFail => (a, b + c + 1),
            Op::Class => (a, 1 + self.class_operands(insn.bx())?),
            _ => return Ok(()),
        };
        let end = first.checked_add(count);
        self.ensure(end.is_some_and(|end| end <= usize::from(self.proto.registers)), || {
            "a run of registers leaves the frame".into()
        })?;
        let flag_fits = match op {
            Op::Slice => imm() <= 1,
            Op::ForPrep => b <= 1,
            Op::AssertFail => c == 0 || c == 2,
            Op::Next => b != a && b != a + 1,
            _ => true,
        };
        self.ensure(flag_fits, || "an operand is out of range".into())
    }

    /// How many registers behind A the class reads.
    fn class_operands(&self, index: u16) -> Result<usize, VerifyError> {
        let Some(class) = self.image.classes.get(index as usize) else { return self.refuse("the class does not exist") };
        let registers = class.bases.iter().map(|base| match base {
            ClassRef::Register(n) => usize::from(*n) + 1,
            ClassRef::Path(..) => 0,
        });
        Ok(registers.max().unwrap_or(0))
    }

    /// Constant operands and other numbers with a meaning.
    fn constants(&self, op: Op, insn: Insn, extra: &[u32]) -> Checked {
        let info = op.info();
        for (place, operand) in info.operands.iter().enumerate() {
            match operand {
                Operand::K => self.constant(op, 0, usize::from([insn.a(), insn.b(), insn.c()][place]), insn)?,
                Operand::KX if !matches!(op, Op::Closure | Op::Class | Op::Enum | Op::Extend) => {
                    self.constant(op, 0, usize::from(insn.bx()), insn)?;
                }
                _ => {}
            }
        }
        let mut nth = 0;
        for (kind, word) in info.extra.iter().zip(extra) {
            if *kind == Extra::Const {
                self.constant(op, nth, *word as usize, insn)?;
                nth += 1;
            }
        }
        let fits = match op {
            Op::MatchSeq => insn.b() <= 3,
            Op::MatchBound => insn.c() <= 3,
            Op::SeqRest => extra[0] <= 255,
            Op::GetAttr | Op::SetAttr => insn.c() == 0,
            Op::Yield => self.proto.yields,
            _ => true,
        };
        self.ensure(fits, || format!("{}: an operand or flag does not fit", info.name))
    }

    fn constant(&self, op: Op, nth: usize, index: usize, insn: Insn) -> Checked {
        let Some(constant) = self.proto.consts.get(index) else { return self.refuse(format!("constant {index} does not exist")) };
        if let Const::Name(name) = constant
            && let Err(error) = name_ref(self.image, name)
        {
            return self.refuse(error.message);
        }
        self.ensure(constant_fits(op, nth, constant, usize::from(insn.b())), || {
            format!("{} does not take the constant {constant:?}", op.info().name)
        })
    }

    /// Captured variables, nested functions, classes, enums, extensions, and what those capture from this frame.
    fn indices(&self, op: Op, insn: Insn) -> Checked {
        let at = usize::from(insn.bx());
        let exists = match op {
            Op::GetUp | Op::GetUpBox | Op::SetUpBox => usize::from(insn.b()) < self.proto.captures.len(),
            Op::Closure => at < self.proto.nested.len(),
            Op::Class => at < self.image.classes.len(),
            Op::Enum => at < self.image.enums.len(),
            Op::Extend => at < self.image.extensions.len(),
            _ => return Ok(()),
        };
        self.ensure(exists, || format!("{}: index out of range", op.info().name))?;
        if op == Op::Closure {
            return self.captures(self.proto.nested[at]);
        }
        made_by(self.image, op, insn.bx()).into_iter().try_for_each(|id| self.captures(id))
    }

    fn captures(&self, id: ProtoId) -> Checked {
        let Some(inner) = self.image.protos.get(id.0 as usize) else { return self.refuse("a nested function does not exist") };
        let exist = inner.captures.iter().all(|capture| match capture {
            Capture::Register(register) => *register < self.proto.registers,
            Capture::Upvalue(upvalue) => usize::from(*upvalue) < self.proto.captures.len(),
        });
        self.ensure(exist, || format!("{} captures what its maker does not have", inner.name))
    }

    /// Everything else has been checked: what is used as a box is one.
    fn boxes(&mut self, captured: &CapturedBoxes) -> Checked {
        let code = &self.proto.code;
        let before = box_registers(self.proto);
        let mut pc = 0;
        while pc < code.len() {
            self.pc = pc;
            let insn = Insn(code[pc]);
            let op = Op::from_byte(insn.op_byte()).expect("decoded before");
            let boxes = &before[pc];
            match op {
                Op::GetBox => self.ensure(boxes.contains(insn.b()), || "GetBox of what may be no box".into())?,
                Op::SetBox => self.ensure(boxes.contains(insn.a()), || "SetBox of what may be no box".into())?,
                Op::GetUp => {
                    let is_box = captured.is_box(self.id, usize::from(insn.b()));
                    self.ensure(!is_box, || "a captured box is read as a value".into())?;
                }
                _ => {
                    for inner in closes_over(self.image, self.proto, op, insn.bx()) {
                        let captures = &self.image.protos[inner.0 as usize].captures;
                        let holds = captures.iter().enumerate().all(|(at, capture)| match capture {
                            Capture::Register(register) => !captured.is_box(inner, at) || boxes.contains(*register),
                            Capture::Upvalue(_) => true,
                        });
                        self.ensure(holds, || "a closure captures what may be no box as one".into())?;
                    }
                }
            }
            pc += op.words();
        }
        Ok(())
    }

    fn jump(&self, op: Op, insn: Insn, starts: &[bool]) -> Checked {
        let end = self.pc + op.words();
        let offset = self.proto.code[end - 1] as i32;
        let target = end as i64 + i64::from(offset);
        let at = usize::try_from(target).ok().filter(|at| starts.get(*at) == Some(&true));
        let Some(at) = at else { return self.refuse("a jump goes to no instruction") };
        self.ensure(op.is_back_edge() == (at < end), || "a jump goes the wrong way".into())?;
        if op == Op::ForLoop {
            let prepared = at >= 2 && starts[at - 2] && {
                let before = Insn(self.proto.code[at - 2]);
                before.op_byte() == Op::ForPrep as u8 && before.a() == insn.a()
            };
            self.ensure(prepared, || "ForLoop does not go behind its ForPrep".into())?;
        }
        Ok(())
    }

    fn handlers(&mut self, starts: &[bool]) -> Checked {
        self.pc = 0;
        let len = self.proto.code.len();
        let is_start = |at: u32| starts.get(at as usize) == Some(&true);
        // Ranges seen so far that are inside no other: start to end, all apart.
        let mut outermost: BTreeMap<u32, u32> = BTreeMap::new();
        for (index, handler) in self.proto.handlers.iter().enumerate() {
            let covers = handler.start < handler.end && is_start(handler.start) && handler.end as usize <= len;
            let whole = handler.end as usize == len || is_start(handler.end);
            self.ensure(covers && whole, || format!("handler {index} covers no run of instructions"))?;
            self.ensure(is_start(handler.target) && handler.target >= handler.end, || {
                format!("the target of handler {index} is not behind it")
            })?;
            self.ensure(handler.register < self.proto.registers, || format!("handler {index} has no register"))?;
            if let Catches::Classes(classes) = &handler.catches {
                let is_name = |class: &u32| matches!(self.proto.consts.get(*class as usize), Some(Const::Name(_)));
                self.ensure(classes.iter().all(is_name), || format!("handler {index} catches what has no name"))?;
            }
            // Those before it that it touches have to be inside it; it stands for them from here on.
            let touched: Vec<(u32, u32)> = outermost
                .range(..handler.end)
                .rev()
                .map(|(start, end)| (*start, *end))
                .take_while(|(_, end)| *end > handler.start)
                .collect();
            for (start, end) in touched {
                let is_inside = handler.start <= start && end <= handler.end;
                self.ensure(is_inside, || format!("handler {index} overlaps one before it"))?;
                outermost.remove(&start);
            }
            outermost.insert(handler.start, handler.end);
        }
        Ok(())
    }

    fn debug_tables(&self) -> Checked {
        let proto = self.proto;
        let len = proto.code.len() as u32;
        self.ensure(proto.spans.is_sorted_by(|a, b| a.0 < b.0), || "spans are not sorted".into())?;
        self.ensure(proto.spans.first().is_some_and(|(at, _)| *at == 0), || "the first word has no span".into())?;
        self.ensure(proto.spans.iter().all(|(at, _)| *at < len), || "a span is behind the code".into())?;
        let named =
            proto.locals.iter().all(|local| local.register < proto.registers && local.start <= local.end && local.end <= len);
        self.ensure(named, || "a local's register or range does not exist".into())?;
        let placed = proto.loops.iter().all(|entry| {
            entry.start < entry.end
                && entry.end <= len
                && (entry.start..entry.end).contains(&entry.next)
                && entry.state < proto.registers.max(1)
        });
        self.ensure(placed, || "a loop is where there is no code".into())
    }
}

/// Which constants each operation takes; `nth` counts the constants of its extra words, `values` is its operand B.
fn constant_fits(op: Op, nth: usize, constant: &Const, values: usize) -> bool {
    let definition = |constant: &Const| matches!(constant, Const::Name(NameRef::Own(_) | NameRef::Imported { .. }));
    let shape = |constant: &Const| matches!(constant, Const::Shape(shape) if shape.args.len() == values);
    match op {
        Op::LoadK | Op::LoadKx => !matches!(constant, Const::Name(_) | Const::Shape(_) | Const::Texts(_)),
        Op::GetGlobal => matches!(constant, Const::Name(_)),
        Op::SetGlobal | Op::GetDef | Op::CallGlobal => definition(constant),
        Op::AddK | Op::SubK | Op::MulK | Op::DivK | Op::FloorDivK | Op::ModK => {
            matches!(constant, Const::Int(_) | Const::Float(_))
        }
        Op::JumpEqK | Op::JumpNeK => {
            matches!(constant, Const::Nil | Const::Bool(_) | Const::Int(_) | Const::Float(_) | Const::Str(_))
        }
        Op::CallShape => shape(constant),
        Op::CallMethodShape | Op::CallSuperShape if nth == 1 => shape(constant),
        Op::AssertFail => matches!(constant, Const::Texts(texts) if texts.len() == values),
        _ => matches!(constant, Const::Str(_)),
    }
}
