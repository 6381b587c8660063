//! Readable text of compiled code: one line per instruction.
//!
//! ```text
//! fib(n)  4 registers
//!    4     0  JumpNotLtI   r0 2 -> 3
//!          2  Return       r0
//!          3  AddI         r2 r0 -1
//!          4  CallGlobal   1 1 r1 `fib`
//! ```
//!
//! The columns are: source line where it changes, word offset, operation, operands in the order of the opcode table. `r` is a
//! register, `k` a constant with its value behind it, `u` a captured variable, `->` a jump with its absolute target. Inline
//! cache words are left out: an image has none filled. The text depends on nothing but the image.

use super::{Extra, Insn, Op, Operand};
use crate::image::{ArgShape, Capture, Catches, Const, ImportFrom, ModuleImage, NameRef, ProtoId, ProtoImage};
use std::fmt::Write as _;

/// Text of one prototype of an image, its header, code and handler table. Nested functions are named, not expanded.
pub fn disassemble(image: &ModuleImage, id: ProtoId) -> String {
    let proto = &image.protos[id.0 as usize];
    let mut out = header(proto);
    let mut pc = 0;
    let mut line_before = 0;
    while pc < proto.code.len() {
        let line = line_at(image, proto, pc as u32);
        if line == line_before {
            out.push_str("    ");
        } else {
            let _ = write!(out, "{line:>4}");
            line_before = line;
        }
        pc = instruction(image, proto, pc, &mut out);
    }
    for handler in &proto.handlers {
        let _ = write!(out, "     handler {}..{} -> {} r{}", handler.start, handler.end, handler.target, handler.register);
        let caught = match &handler.catches {
            Catches::Nothing => " finally".to_owned(),
            Catches::Everything => String::new(),
            Catches::Unknown => " some class".to_owned(),
            Catches::Classes(classes) => {
                let names = classes.iter().map(|class| constant_text(image, &proto.consts[*class as usize]));
                format!(" {}", names.collect::<Vec<_>>().join(", "))
            }
        };
        let _ = writeln!(out, "{caught}");
    }
    out
}

/// The constant as source text would show it.
pub fn constant_text(image: &ModuleImage, constant: &Const) -> String {
    match constant {
        Const::Nil => "nil".into(),
        Const::Bool(value) => value.to_string(),
        Const::Int(value) => value.to_string(),
        Const::Float(value) => format!("{value:?}"),
        Const::BigInt(digits) => digits.to_string(),
        Const::Str(text) => format!("{text:?}"),
        Const::Name(name) => format!("`{}`", name_text(image, name)),
        Const::Shape(shape) => {
            let args: Vec<String> = shape.args.iter().map(shape_text).collect();
            format!("({})", args.join(", "))
        }
        Const::Texts(texts) => format!("{texts:?}"),
    }
}

/// A late-bound name with the namespace it is looked up in.
pub fn name_text(image: &ModuleImage, name: &NameRef) -> String {
    match name {
        NameRef::Own(name) => name.to_string(),
        NameRef::Imported { import, name } => format!("{}.{name}", import_text(image, *import)),
        NameRef::Namespace { import } => format!("namespace {}", import_text(image, *import)),
    }
}

fn import_text(image: &ModuleImage, import: u32) -> String {
    match image.imports.get(import as usize).map(|import| &import.from) {
        Some(ImportFrom::Namespace(path)) => path.clone(),
        Some(ImportFrom::File(path)) => format!("{path:?}"),
        Some(ImportFrom::Native(path)) => format!("native {path:?}"),
        None => format!("import {import}?"),
    }
}

fn shape_text(arg: &ArgShape) -> String {
    match arg {
        ArgShape::One => "_".into(),
        ArgShape::Named(name) => format!("{name}:"),
        ArgShape::Spread => "...".into(),
    }
}

fn header(proto: &ProtoImage) -> String {
    let mut params: Vec<String> = Vec::new();
    for param in &proto.params {
        let name = if param.name.is_empty() { "_" } else { &param.name };
        params.push(match &param.default {
            Some(default) => format!("{name} = {default}"),
            None => name.to_string(),
        });
    }
    params.extend(proto.rest.iter().map(|rest| format!("...{rest}")));
    let mut out = format!("{}({})  {} registers", proto.name, params.join(", "), proto.registers);
    if proto.yields {
        out.push_str(", yields");
    }
    out.push('\n');
    for (index, (capture, name)) in proto.captures.iter().zip(&proto.capture_names).enumerate() {
        let source = match capture {
            Capture::Register(register) => format!("r{register}"),
            Capture::Upvalue(upvalue) => format!("u{upvalue}"),
        };
        let _ = writeln!(out, "     u{index} = {name} from {source}");
    }
    out
}

/// One-based source line of the code at word `pc`.
fn line_at(image: &ModuleImage, proto: &ProtoImage, pc: u32) -> u32 {
    let after = proto.spans.partition_point(|(start, _)| *start <= pc);
    after.checked_sub(1).map_or(0, |at| image.source.line(proto.spans[at].1.lo))
}

/// Appends the instruction at word `pc` and gives the word after it.
fn instruction(image: &ModuleImage, proto: &ProtoImage, pc: usize, out: &mut String) -> usize {
    let insn = Insn(proto.code[pc]);
    let Some(op) = Op::from_byte(insn.op_byte()) else {
        let _ = writeln!(out, " {pc:>5}  ? {:#010x}", insn.0);
        return pc + 1;
    };
    let info = op.info();
    let end = pc + op.words();
    let mut text = String::new();
    let mut constant = |index: usize| match proto.consts.get(index) {
        Some(value) => format!("k{index}={}", constant_text(image, value)),
        None => format!("k{index}=?"),
    };
    for (place, operand) in info.operands.iter().enumerate() {
        let byte = [insn.a(), insn.b(), insn.c()][place];
        let shown = match operand {
            Operand::None => continue,
            Operand::W | Operand::R | Operand::M => format!("r{byte}"),
            Operand::I if matches!(op, Op::GetUp | Op::GetUpBox | Op::SetUpBox) => {
                let name = proto.capture_names.get(byte as usize).map_or("?", |name| name);
                format!("u{byte}={name}")
            }
            Operand::I if matches!(op, Op::GetAttr | Op::SetAttr) => continue,
            Operand::I => byte.to_string(),
            Operand::S => (byte as i8).to_string(),
            Operand::K => constant(byte as usize),
            Operand::SX => insn.sbx().to_string(),
            Operand::IX => insn.bx().to_string(),
            Operand::KX => wide(image, proto, op, insn.bx(), &mut constant),
        };
        let _ = write!(text, " {shown}");
    }
    for (place, extra) in info.extra.iter().enumerate() {
        let Some(&word) = proto.code.get(pc + 1 + place) else {
            text.push_str(" (cut off)");
            break;
        };
        match extra {
            Extra::Const => {
                let _ = write!(text, " {}", constant(word as usize));
            }
            Extra::Jump => {
                let _ = write!(text, " -> {}", end as i64 + i64::from(word as i32));
            }
            Extra::Imm => {
                let _ = write!(text, " {word}");
            }
            Extra::Layout | Extra::Target => {}
        }
    }
    let line = format!(" {pc:>5}  {:<15}{text}", info.name);
    let _ = writeln!(out, "{}", line.trim_end());
    end
}

/// What the 16-bit index of `op` names.
fn wide(image: &ModuleImage, proto: &ProtoImage, op: Op, index: u16, constant: &mut impl FnMut(usize) -> String) -> String {
    let at = index as usize;
    let named = |kind: &str, name: Option<&str>| format!("{kind}{index}={}", name.unwrap_or("?"));
    match op {
        Op::Closure => {
            let name = proto.nested.get(at).and_then(|id| image.protos.get(id.0 as usize)).map(|proto| &*proto.name);
            named("fn", name)
        }
        Op::Class => named("class", image.classes.get(at).map(|class| &*class.name)),
        Op::Enum => named("enum", image.enums.get(at).map(|item| &*item.name)),
        Op::Extend => format!("extend{index}"),
        _ => constant(at),
    }
}
