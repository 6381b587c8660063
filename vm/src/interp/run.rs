//! The instruction loop.
//!
//! State in locals: `pc`, the registers' `base`, the constants `k`, and the top frame `fp`. They are written back (`sync!`) before
//! anything that may look at the stack, and read again (`load!`) after anything that may change it.
//!
//! # Safety
//! The verifier has checked every instruction: opcodes, registers below the frame's, constants and their kinds, jump targets, and that
//! code does not run off its end. `Stack` keeps every slot initialised, and a call checks that the callee's slots lie below its
//! limit. Under these two, every access below is in bounds and every slot read holds a value. Inline caches are written only by
//! `fill_*`, with the id of a layout whose instances have the slot.

use super::call::Called;
use crate::bytecode::{Insn, Op};
use crate::heap::{Str, Tag, Value, copy_value, write_barrier};
use crate::object::{
    BoxCell, Control, Cx, Definition, Frame, Function, Instance, Interrupt, List, NativeBody, NativeFunction, NativeResult,
    ReturnMode, Tuple,
};
use crate::ops::{self, ArithOp};
use gc_arena::{Collect, Gc};

/// Why the loop was left.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub enum Exit<'gc> {
    /// A safe point with something to look at.
    Tick,
    /// The frame below everything was reached: the call's result.
    Done(Value<'gc>),
    /// An error that nothing caught.
    Error(Value<'gc>),
    /// The fiber suspends.
    Yield(Value<'gc>),
    /// The program waits for so many seconds.
    Wait(f64),
    /// Code needs `World::needed`, whose initialiser has not run yet; the instruction runs again afterwards.
    Need,
    /// Stopped for good.
    Interrupt(#[collect(require_static)] Interrupt),
}

/// What to do after a slow path.
pub(super) enum Flow<'gc> {
    /// Frames or slots may have moved: read the state again and go on.
    Reload,
    /// Leave the loop.
    Leave(Exit<'gc>),
}

/// Runs the top frame until something makes it leave. The stack must not be empty.
#[expect(clippy::cognitive_complexity, reason = "one match over the opcode table")]
pub fn run<'gc>(cx: &mut Cx<'_, 'gc>) -> Exit<'gc> {
    let mut pc: *const u32;
    let mut base: *mut Value<'gc>;
    let mut k: *const Value<'gc>;
    let mut fp: *mut Frame<'gc>;

    macro_rules! load {
        () => {{
            let stack = &mut cx.world.stack;
            fp = stack.frames.as_mut_ptr().add(stack.frames.len() - 1);
            base = stack.values.as_mut_ptr().add(stack.base);
            pc = (*fp).pc;
            k = (*fp).proto.consts();
        }};
    }
    macro_rules! sync {
        () => {{
            let stack = &mut cx.world.stack;
            (*fp).pc = pc;
            stack.base = base.offset_from(stack.values.as_ptr()) as usize;
            stack.frames.set_len(fp.offset_from(stack.frames.as_ptr()) as usize + 1);
        }};
    }

    // SAFETY: see the head of this file.
    unsafe {
        load!();
        loop {
            // Every slow path ends here, so that its handling is not repeated in every arm: a result for the top frame.
            let (result, dst, mode): (NativeResult<'gc>, u8, ReturnMode) = 'slow: {
                loop {
                    let insn = Insn(*pc);
                    pc = pc.add(1);

                    macro_rules! r {
                        ($i:expr) => {
                            base.add($i as usize)
                        };
                    }
                    macro_rules! a {
                        () => {
                            r!(insn.a())
                        };
                    }
                    macro_rules! b {
                        () => {
                            r!(insn.b())
                        };
                    }
                    macro_rules! c {
                        () => {
                            r!(insn.c())
                        };
                    }
                    macro_rules! set_int {
                        ($dst:expr, $v:expr) => {{
                            let dst = $dst.cast::<u64>();
                            let v: i64 = $v;
                            dst.write(Tag::INT);
                            dst.add(1).write(v as u64);
                        }};
                    }
                    macro_rules! set_float {
                        ($dst:expr, $v:expr) => {{
                            let dst = $dst.cast::<u64>();
                            let v: f64 = $v;
                            dst.write(Tag::FLOAT);
                            dst.add(1).write(v.to_bits());
                        }};
                    }
                    macro_rules! set_tag {
                        ($dst:expr, $tag:expr) => {
                            $dst.cast::<u64>().write($tag)
                        };
                    }
                    macro_rules! set_bool {
                        ($dst:expr, $v:expr) => {
                            set_tag!($dst, Tag::FALSE + u64::from($v))
                        };
                    }
                    macro_rules! tag {
                        ($p:expr) => {
                            *($p as *const Value<'gc>).cast::<u64>()
                        };
                    }
                    macro_rules! int {
                        ($p:expr) => {
                            *($p as *const Value<'gc>).cast::<i64>().add(1)
                        };
                    }
                    macro_rules! float {
                        ($p:expr) => {
                            f64::from_bits(*($p as *const Value<'gc>).cast::<u64>().add(1))
                        };
                    }
                    macro_rules! pointer {
                        ($p:expr, $t:ty) => {
                            Gc::<'gc, $t>::from_ptr(*($p as *const Value<'gc>).cast::<*const $t>().add(1))
                        };
                    }
                    macro_rules! flow {
                        ($flow:expr) => {
                            match $flow {
                                Flow::Reload => load!(),
                                Flow::Leave(exit) => return exit,
                            }
                        };
                    }
                    // A slow path with the shape of a native; its result goes to register $dst.
                    macro_rules! slow {
                        ($dst:expr, $result:expr) => {{
                            sync!();
                            match $result {
                                Ok(v) => {
                                    copy_value(r!($dst), &raw const v);
                                    continue;
                                }
                                Err(control) => break 'slow (Err(control), $dst, ReturnMode::Store),
                            }
                        }};
                        ($dst:expr, $result:expr, $mode:expr) => {{
                            sync!();
                            break 'slow ($result, $dst, $mode);
                        }};
                    }
                    // A slow path without result.
                    macro_rules! slow_unit {
                        ($result:expr) => {
                            slow!(0, $result, ReturnMode::Discard)
                        };
                    }
                    // A call that may have pushed a frame.
                    macro_rules! called {
                        ($called:expr, $dst:expr) => {
                            match $called {
                                Ok(Called::Entered) => {
                                    load!();
                                    continue;
                                }
                                Ok(Called::Value(v)) => break 'slow (Ok(v), $dst, ReturnMode::Store),
                                Err(control) => break 'slow (Err(control), $dst, ReturnMode::Store),
                            }
                        };
                    }
                    macro_rules! jump {
                        ($cond:expr) => {{
                            let offset = *pc as i32;
                            pc = pc.add(1);
                            if $cond {
                                pc = pc.offset(offset as isize);
                            }
                        }};
                    }
                    // A slow comparison that jumps when its truthiness is $sense.
                    macro_rules! slow_jump {
                        ($result:expr, $sense:expr) => {{
                            pc = pc.add(1);
                            slow!(0, $result, if $sense { ReturnMode::JumpIf } else { ReturnMode::JumpIfNot });
                        }};
                    }
                    macro_rules! quicken {
                        ($op:expr) => {
                            pc.sub(1).cast_mut().cast::<u8>().write($op as u8)
                        };
                    }
                    macro_rules! arith {
                ($rhs:expr, $checked:ident, $op:tt, $float:expr, $slow:expr) => {{
                    let (x, y) = (b!().cast_const(), $rhs);
                    let (tx, ty) = (tag!(x), tag!(y));
                    if tx | ty == Tag::INT {
                        if let Some(v) = int!(x).$checked(int!(y)) {
                            set_int!(a!(), v);
                            continue;
                        }
                    } else if tx == Tag::FLOAT && ty == Tag::FLOAT {
                        quicken!($float);
                        set_float!(a!(), float!(x) $op float!(y));
                        continue;
                    } else if tx | ty == Tag::FLOAT {
                        let fx = if tx == Tag::INT { int!(x) as f64 } else { float!(x) };
                        let fy = if ty == Tag::INT { int!(y) as f64 } else { float!(y) };
                        set_float!(a!(), fx $op fy);
                        continue;
                    }
                    let (x, y) = (*x, *y);
                    slow!(insn.a(), ops::arith(cx, $slow, x, y));
                }};
            }
                    macro_rules! div {
                        ($rhs:expr, $float:expr) => {{
                            let x = b!().cast_const();
                            let y = $rhs;
                            let (tx, ty) = (tag!(x), tag!(y));
                            if tx == Tag::FLOAT && ty == Tag::FLOAT {
                                quicken!($float);
                                set_float!(a!(), float!(x) / float!(y));
                                continue;
                            }
                            if tx | ty <= Tag::FLOAT {
                                const EXACT: u64 = 1 << 53;
                                let exact = |t: u64, v: i64| t == Tag::FLOAT || v.unsigned_abs() <= EXACT;
                                if exact(tx, int!(x)) && exact(ty, int!(y)) {
                                    let fx = if tx == Tag::INT { int!(x) as f64 } else { float!(x) };
                                    let fy = if ty == Tag::INT { int!(y) as f64 } else { float!(y) };
                                    set_float!(a!(), fx / fy);
                                    continue;
                                }
                            }
                            let (x, y) = (*x, *y);
                            slow!(insn.a(), ops::arith(cx, ArithOp::Div, x, y));
                        }};
                    }
                    macro_rules! floor_div {
                        ($rhs:expr) => {{
                            let x = b!().cast_const();
                            let y = $rhs;
                            if tag!(x) | tag!(y) == Tag::INT {
                                let (x, y) = (int!(x), int!(y));
                                if y > 0 {
                                    let q = x / y;
                                    set_int!(a!(), q - i64::from(x % y < 0));
                                    continue;
                                }
                            }
                            let (x, y) = (*x, *y);
                            slow!(insn.a(), ops::arith(cx, ArithOp::FloorDiv, x, y));
                        }};
                    }
                    macro_rules! modulo {
                        ($rhs:expr) => {{
                            let x = b!().cast_const();
                            let y = $rhs;
                            if tag!(x) | tag!(y) == Tag::INT {
                                let (x, y) = (int!(x), int!(y));
                                if y > 0 {
                                    // A 32-bit division is much faster where the numbers allow it.
                                    let r = if (x | y) as u64 >> 32 == 0 { i64::from(x as u32 % y as u32) } else { x % y };
                                    set_int!(a!(), if r < 0 { r + y } else { r });
                                    continue;
                                }
                            }
                            let (x, y) = (*x, *y);
                            slow!(insn.a(), ops::arith(cx, ArithOp::Mod, x, y));
                        }};
                    }
                    // Returns to the caller; $store puts the value into the caller's register.
                    macro_rules! give_back {
                        ($value:expr, $store:expr) => {{
                            let frame = *fp;
                            if frame.mode == ReturnMode::Store {
                                let caller = base.sub(frame.delta as usize);
                                $store(caller.add(frame.dst as usize));
                                fp = fp.sub(1);
                                base = caller;
                                pc = (*fp).pc;
                                k = (*fp).proto.consts();
                            } else {
                                let value = $value;
                                sync!();
                                flow!(cx.return_value(value));
                            }
                        }};
                    }
                    macro_rules! arith_float {
                ($rhs:expr, $op:tt, $generic:expr) => {{
                    let (x, y) = (b!().cast_const(), $rhs);
                    if tag!(x) == Tag::FLOAT && tag!(y) == Tag::FLOAT {
                        set_float!(a!(), float!(x) $op float!(y));
                    } else {
                        // Not floats this time: back to the general form, which runs this instruction.
                        quicken!($generic);
                        pc = pc.sub(1);
                    }
                }};
            }
                    macro_rules! compare {
                ($op:tt, $slow:path, $sense:expr) => {{
                    let (x, y) = (a!().cast_const(), b!().cast_const());
                    let (tx, ty) = (tag!(x), tag!(y));
                    if tx | ty == Tag::INT {
                        jump!((int!(x) $op int!(y)) == $sense);
                    } else if tx == Tag::FLOAT && ty == Tag::FLOAT {
                        jump!((float!(x) $op float!(y)) == $sense);
                    } else {
                        let (x, y) = (*x, *y);
                        slow_jump!($slow(cx, x, y), $sense);
                    }
                }};
            }
                    macro_rules! compare_int {
                ($op:tt, $sense:expr, $slow:expr) => {{
                    let x = a!().cast_const();
                    let tx = tag!(x);
                    if tx == Tag::INT {
                        jump!((int!(x) $op i64::from(insn.sb())) == $sense);
                    } else if tx == Tag::FLOAT {
                        jump!((float!(x) $op f64::from(insn.sb())) == $sense);
                    } else {
                        let (x, y) = (*x, Value::Int(i64::from(insn.sb())));
                        slow_jump!($slow(cx, x, y), $sense);
                    }
                }};
            }
                    macro_rules! equal_jump {
                        ($y:expr, $sense:expr) => {{
                            let (x, y) = (a!().cast_const(), $y);
                            let (tx, ty) = (tag!(x), tag!(y));
                            if tx | ty == Tag::INT {
                                jump!((int!(x) == int!(y)) == $sense);
                            } else if tx < Tag::HEAP && ty < Tag::HEAP && tx | ty != Tag::FLOAT {
                                jump!((tx == ty) == $sense);
                            } else if tx == Tag::STR && ty == Tag::STR {
                                jump!(Str::text_eq(pointer!(x, Str), pointer!(y, Str)) == $sense);
                            } else {
                                let (x, y) = (*x, *y);
                                slow_jump!(ops::equal(cx, x, y), $sense);
                            }
                        }};
                    }
                    macro_rules! equal_value {
                        ($sense:expr, $mode:expr) => {{
                            let (x, y) = (*b!(), *c!());
                            if let (Value::Int(x), Value::Int(y)) = (x, y) {
                                set_bool!(a!(), (x == y) == $sense);
                            } else {
                                slow!(insn.a(), ops::equal(cx, x, y), $mode);
                            }
                        }};
                    }
                    macro_rules! order_value {
                ($op:tt, $slow:path) => {{
                    let (x, y) = (b!().cast_const(), c!().cast_const());
                    if tag!(x) | tag!(y) == Tag::INT {
                        set_bool!(a!(), int!(x) $op int!(y));
                    } else {
                        let (x, y) = (*x, *y);
                        slow!(insn.a(), $slow(cx, x, y), ReturnMode::Truth);
                    }
                }};
            }
                    // Leaves at a safe point when something is due; the instruction of $words words runs again later.
                    macro_rules! safe_point {
                        ($words:expr) => {{
                            let ticks = cx.world.ticks.get() - 1;
                            cx.world.ticks.set(ticks);
                            if ticks < 0 {
                                pc = pc.sub($words);
                                sync!();
                                return Exit::Tick;
                            }
                        }};
                    }
                    // Enters a function whose window is in place; false when the slow way has to do it.
                    macro_rules! enter {
                        ($function:expr, $delta:expr, $argc:expr, $dst:expr) => {{
                            let proto = $function.proto();
                            let callee_base = base.add($delta);
                            let next = fp.add(1);
                            if proto.arity() as usize == $argc
                                && callee_base.add(proto.frame_slots as usize) <= cx.world.stack.limit
                                && next < cx.world.stack.frames_end
                            {
                                (*fp).pc = pc;
                                pc = proto.code.start();
                                k = proto.consts();
                                next.write(Frame { pc, proto, delta: $delta as u32, dst: $dst, mode: ReturnMode::Store });
                                fp = next;
                                base = callee_base;
                                true
                            } else {
                                false
                            }
                        }};
                    }
                    macro_rules! call_slow {
                        ($callee:expr, $first:expr, $argc:expr, $dst:expr) => {{
                            let callee = $callee;
                            sync!();
                            let first = cx.world.stack.base + $first;
                            called!(cx.call_window(callee, first, $argc, $dst, ReturnMode::Store), $dst)
                        }};
                    }

                    // SAFETY of the transmute: verified code has valid opcodes only.
                    let op: Op = std::mem::transmute::<u8, Op>(insn.op_byte());
                    match op {
                        Op::Move => copy_value(a!(), b!()),
                        Op::LoadK => copy_value(a!(), k.add(insn.bx() as usize)),
                        Op::LoadKx => {
                            copy_value(a!(), k.add(*pc as usize));
                            pc = pc.add(1);
                        }
                        Op::LoadInt => set_int!(a!(), i64::from(insn.sbx())),
                        Op::LoadNil => set_tag!(a!(), Tag::NIL),
                        Op::LoadTrue => set_tag!(a!(), Tag::TRUE),
                        Op::LoadFalse => set_tag!(a!(), Tag::FALSE),
                        Op::LoadUnset => set_tag!(a!(), Tag::UNSET),
                        Op::CheckSet => {
                            if tag!(a!()) == Tag::UNSET {
                                let name = *k.add(insn.bx() as usize);
                                slow_unit!(cx.unset_variable(name));
                            }
                        }

                        Op::GetUp => {
                            let captures = pointer!(base.sub(1), Function<'gc>).captures();
                            copy_value(a!(), captures.add(insn.b() as usize));
                        }
                        Op::GetUpBox => {
                            let captures = pointer!(base.sub(1), Function<'gc>).captures();
                            let cell = pointer!(captures.add(insn.b() as usize), BoxCell<'gc>);
                            copy_value(a!(), Gc::as_ptr(cell).cast());
                        }
                        Op::SetUpBox => {
                            let captures = pointer!(base.sub(1), Function<'gc>).captures();
                            let cell = pointer!(captures.add(insn.b() as usize), BoxCell<'gc>);
                            if cx.world.marking {
                                write_barrier(cx.mc, Gc::erase(cell), &*a!());
                            }
                            copy_value(Gc::as_ptr(cell).cast_mut().cast(), a!());
                        }
                        Op::NewBox => {
                            let value = Value::Box(BoxCell::new(cx.mc, *a!()));
                            copy_value(a!(), &raw const value);
                            cx.world.charge(32);
                        }
                        Op::GetBox => {
                            let cell = pointer!(b!(), BoxCell<'gc>);
                            copy_value(a!(), Gc::as_ptr(cell).cast());
                        }
                        Op::SetBox => {
                            let cell = pointer!(a!(), BoxCell<'gc>);
                            if cx.world.marking {
                                write_barrier(cx.mc, Gc::erase(cell), &*b!());
                            }
                            copy_value(Gc::as_ptr(cell).cast_mut().cast(), b!());
                        }
                        Op::Closure => {
                            let value = cx.make_closure((*fp).proto, base, insn.bx());
                            copy_value(a!(), &raw const value);
                        }

                        Op::GetGlobal => {
                            let cell = pointer!(k.add(insn.bx() as usize), Definition<'gc>);
                            let value = cell.value_ptr();
                            if tag!(value) != Tag::UNSET {
                                copy_value(a!(), value);
                                if cx.world.recording.is_some() {
                                    cx.record_use(cell);
                                }
                            } else if cx.needs(cell) {
                                pc = pc.sub(1);
                                sync!();
                                return Exit::Need;
                            } else {
                                slow!(insn.a(), cx.missing_name(cell));
                            }
                        }
                        Op::SetGlobal => {
                            let cell = pointer!(k.add(insn.bx() as usize), Definition<'gc>);
                            if cell.is_assignable() {
                                if cx.world.marking {
                                    write_barrier(cx.mc, Gc::erase(cell), &*a!());
                                }
                                if cx.world.recording.is_some() {
                                    cx.record_assignment(cell);
                                }
                                cell.note_assigned();
                                copy_value(cell.value_ptr(), a!());
                            } else {
                                slow_unit!(cx.cannot_assign(cell));
                            }
                        }
                        Op::GetDef => copy_value(a!(), k.add(insn.bx() as usize)),

                        Op::Add => arith!(c!().cast_const(), checked_add, +, Op::AddF, ArithOp::Add),
                        Op::Sub => arith!(c!().cast_const(), checked_sub, -, Op::SubF, ArithOp::Sub),
                        Op::Mul => arith!(c!().cast_const(), checked_mul, *, Op::MulF, ArithOp::Mul),
                        Op::AddK => arith!(k.add(insn.c() as usize), checked_add, +, Op::AddKF, ArithOp::Add),
                        Op::SubK => arith!(k.add(insn.c() as usize), checked_sub, -, Op::SubKF, ArithOp::Sub),
                        Op::MulK => arith!(k.add(insn.c() as usize), checked_mul, *, Op::MulKF, ArithOp::Mul),
                        Op::AddI => {
                            let x = b!();
                            if tag!(x) == Tag::INT {
                                if let Some(v) = int!(x).checked_add(i64::from(insn.sc())) {
                                    set_int!(a!(), v);
                                    continue;
                                }
                            } else if tag!(x) == Tag::FLOAT {
                                set_float!(a!(), float!(x) + f64::from(insn.sc()));
                                continue;
                            }
                            // `x - 1` is compiled as `x + -1`; operators of the program see what was written.
                            let (op, n) = match insn.sc() {
                                n if n < 0 => (ArithOp::Sub, -i64::from(n)),
                                n => (ArithOp::Add, i64::from(n)),
                            };
                            let x = *x;
                            slow!(insn.a(), ops::arith(cx, op, x, Value::Int(n)));
                        }
                        Op::Div => div!(c!().cast_const(), Op::DivF),
                        Op::DivK => div!(k.add(insn.c() as usize), Op::DivKF),
                        Op::FloorDiv => floor_div!(c!().cast_const()),
                        Op::FloorDivK => floor_div!(k.add(insn.c() as usize)),
                        Op::Mod => modulo!(c!().cast_const()),
                        Op::ModK => modulo!(k.add(insn.c() as usize)),
                        Op::Pow => {
                            let (x, y) = (*b!(), *c!());
                            slow!(insn.a(), ops::arith(cx, ArithOp::Pow, x, y));
                        }
                        Op::BitAnd => {
                            let (x, y) = (b!(), c!());
                            if tag!(x) | tag!(y) == Tag::INT {
                                set_int!(a!(), int!(x) & int!(y));
                            } else {
                                let (x, y) = (*x, *y);
                                slow!(insn.a(), ops::arith(cx, ArithOp::BitAnd, x, y));
                            }
                        }
                        Op::BitOr => {
                            let (x, y) = (b!(), c!());
                            if tag!(x) | tag!(y) == Tag::INT {
                                set_int!(a!(), int!(x) | int!(y));
                            } else {
                                let (x, y) = (*x, *y);
                                slow!(insn.a(), ops::arith(cx, ArithOp::BitOr, x, y));
                            }
                        }
                        Op::BitXor => {
                            let (x, y) = (b!(), c!());
                            if tag!(x) | tag!(y) == Tag::INT {
                                set_int!(a!(), int!(x) ^ int!(y));
                            } else {
                                let (x, y) = (*x, *y);
                                slow!(insn.a(), ops::arith(cx, ArithOp::BitXor, x, y));
                            }
                        }
                        Op::Shl => {
                            let (x, y) = (*b!(), *c!());
                            slow!(insn.a(), ops::arith(cx, ArithOp::Shl, x, y));
                        }
                        Op::Shr => {
                            let (x, y) = (*b!(), *c!());
                            if let (Value::Int(x), Value::Int(y @ 0..=63)) = (x, y) {
                                set_int!(a!(), x >> y);
                            } else {
                                slow!(insn.a(), ops::arith(cx, ArithOp::Shr, x, y));
                            }
                        }
                        Op::Neg => match *b!() {
                            Value::Float(x) => set_float!(a!(), -x),
                            Value::Int(x) if x != i64::MIN => set_int!(a!(), -x),
                            x => slow!(insn.a(), ops::neg(cx, x)),
                        },
                        Op::BitNot => match *b!() {
                            Value::Int(x) => set_int!(a!(), !x),
                            x => slow!(insn.a(), ops::bit_not(cx, x)),
                        },
                        Op::Not => set_bool!(a!(), !(*b!()).is_truthy()),

                        Op::AddF => arith_float!(c!().cast_const(), +, Op::Add),
                        Op::SubF => arith_float!(c!().cast_const(), -, Op::Sub),
                        Op::MulF => arith_float!(c!().cast_const(), *, Op::Mul),
                        Op::DivF => arith_float!(c!().cast_const(), /, Op::Div),
                        Op::AddKF => arith_float!(k.add(insn.c() as usize), +, Op::AddK),
                        Op::SubKF => arith_float!(k.add(insn.c() as usize), -, Op::SubK),
                        Op::MulKF => arith_float!(k.add(insn.c() as usize), *, Op::MulK),
                        Op::DivKF => arith_float!(k.add(insn.c() as usize), /, Op::DivK),

                        Op::Eq => equal_value!(true, ReturnMode::Truth),
                        Op::Ne => equal_value!(false, ReturnMode::NotTruth),
                        Op::Lt => order_value!(<, ops::less),
                        Op::Le => order_value!(<=, ops::less_equal),
                        Op::Is => {
                            let (x, y) = (*b!(), *c!());
                            slow!(insn.a(), ops::is_instance(cx, x, y).map(Value::bool));
                        }
                        Op::In => {
                            let (x, y) = (*b!(), *c!());
                            slow!(insn.a(), ops::contains(cx, x, y), ReturnMode::Truth);
                        }

                        Op::Jump => jump!(true),
                        Op::Loop => {
                            let ticks = cx.world.ticks.get() - 1;
                            cx.world.ticks.set(ticks);
                            jump!(true);
                            if ticks < 0 {
                                sync!();
                                return Exit::Tick;
                            }
                        }
                        Op::JumpIf => jump!((*a!()).is_truthy()),
                        Op::JumpIfNot => jump!(!(*a!()).is_truthy()),
                        Op::JumpNil => jump!(tag!(a!()) == Tag::NIL),
                        Op::JumpNotNil => jump!(tag!(a!()) != Tag::NIL),
                        Op::JumpSet => jump!(tag!(a!()) != Tag::UNSET),
                        Op::JumpEq => equal_jump!(b!().cast_const(), true),
                        Op::JumpNe => equal_jump!(b!().cast_const(), false),
                        Op::JumpEqK => equal_jump!(k.add(insn.b() as usize), true),
                        Op::JumpNeK => equal_jump!(k.add(insn.b() as usize), false),
                        Op::JumpLt => compare!(<, ops::less, true),
                        Op::JumpNotLt => compare!(<, ops::less, false),
                        Op::JumpLe => compare!(<=, ops::less_equal, true),
                        Op::JumpNotLe => compare!(<=, ops::less_equal, false),
                        Op::JumpLtI => compare_int!(<, true, ops::less),
                        Op::JumpNotLtI => compare_int!(<, false, ops::less),
                        Op::JumpLeI => compare_int!(<=, true, ops::less_equal),
                        Op::JumpNotLeI => compare_int!(<=, false, ops::less_equal),
                        Op::JumpGtI => compare_int!(>, true, |cx: &mut Cx<'_, 'gc>, x, y| ops::less(cx, y, x)),
                        Op::JumpNotGtI => compare_int!(>, false, |cx: &mut Cx<'_, 'gc>, x, y| ops::less(cx, y, x)),
                        Op::JumpGeI => compare_int!(>=, true, |cx: &mut Cx<'_, 'gc>, x, y| ops::less_equal(cx, y, x)),
                        Op::JumpNotGeI => compare_int!(>=, false, |cx: &mut Cx<'_, 'gc>, x, y| ops::less_equal(cx, y, x)),

                        Op::Call => {
                            safe_point!(1);
                            let first = insn.a() as usize + 1;
                            let argc = insn.b() as usize;
                            let callee = a!();
                            if tag!(callee) == Tag::FUNCTION {
                                let function = pointer!(callee, Function<'gc>);
                                if enter!(function, first, argc, insn.c()) {
                                    continue;
                                }
                            }
                            call_slow!(*callee, first, argc, insn.c());
                        }
                        Op::CallGlobal => {
                            safe_point!(1);
                            let cell = pointer!(k.add(*pc as usize), Definition<'gc>);
                            pc = pc.add(1);
                            let first = insn.a() as usize + 1;
                            let argc = insn.b() as usize;
                            let callee = cell.value_ptr();
                            if tag!(callee) == Tag::FUNCTION {
                                copy_value(a!(), callee);
                                let function = pointer!(callee, Function<'gc>);
                                if enter!(function, first, argc, insn.c()) {
                                    continue;
                                }
                            } else if tag!(callee) == Tag::UNSET {
                                if cx.needs(cell) {
                                    pc = pc.sub(2);
                                    sync!();
                                    return Exit::Need;
                                }
                                slow_unit!(cx.missing_name(cell));
                            }
                            if cx.world.recording.is_some() {
                                cx.record_use(cell);
                            }
                            call_slow!(*callee, first, argc, insn.c());
                        }
                        Op::CallMethod => {
                            safe_point!(1);
                            let first = insn.a() as usize + 1;
                            let argc = insn.b() as usize + 1;
                            let receiver = r!(first);
                            let id = if tag!(receiver) == Tag::INSTANCE {
                                pointer!(receiver, Instance<'gc>).layout().0
                            } else {
                                cx.world.receiver_id(&*receiver)
                            };
                            let cache = pc;
                            pc = pc.add(4);
                            if *cache.add(1) == id {
                                let target = u64::from(*cache.add(2)) | u64::from(*cache.add(3)) << 32;
                                if target & 1 == 0 {
                                    let function = Gc::<Function<'gc>>::from_ptr(target as usize as *const Function<'gc>);
                                    let value = Value::Function(function);
                                    copy_value(a!(), &raw const value);
                                    if enter!(function, first, argc, insn.c()) {
                                        continue;
                                    }
                                    call_slow!(value, first, argc, insn.c());
                                } else {
                                    let native =
                                        Gc::<NativeFunction<'gc>>::from_ptr((target & !1) as usize as *const NativeFunction<'gc>);
                                    let args = std::slice::from_raw_parts(receiver.cast_const(), argc);
                                    if let NativeBody::Fn(f) = native.body
                                        && argc >= native.least as usize
                                        && argc <= native.most as usize
                                    {
                                        slow!(insn.c(), f(cx, args));
                                    } else {
                                        call_slow!(Value::Native(native), first, argc, insn.c());
                                    }
                                }
                            }
                            sync!();
                            called!(cx.call_method(cache.cast_mut(), first, argc, insn.c()), insn.c())
                        }
                        Op::CallSuper => {
                            let name = *k.add(*pc as usize);
                            pc = pc.add(1);
                            let first = insn.a() as usize + 1;
                            sync!();
                            called!(cx.call_super(name, first, insn.b() as usize + 1, insn.c()), insn.c())
                        }
                        Op::CallShape | Op::CallMethodShape | Op::CallSuperShape => {
                            let words = pc;
                            pc = pc.add(op.info().extra.len());
                            sync!();
                            called!(cx.call_shape(op, insn, words), insn.c())
                        }
                        Op::Return => give_back!(*a!(), |dst: *mut Value<'gc>| copy_value(dst, a!())),
                        Op::ReturnNil => give_back!(Value::Nil, |dst: *mut Value<'gc>| set_tag!(dst, Tag::NIL)),
                        Op::Yield => {
                            let value = *b!();
                            slow!(insn.a(), cx.yield_value(value));
                        }

                        Op::GetAttr => {
                            let object = b!();
                            if tag!(object) == Tag::INSTANCE {
                                let instance = pointer!(object, Instance<'gc>);
                                if instance.layout().0 == *pc.add(1) {
                                    let slot = Instance::slots(instance).add(insn.c() as usize);
                                    if tag!(slot) != Tag::UNSET {
                                        copy_value(a!(), slot);
                                        pc = pc.add(2);
                                        continue;
                                    }
                                }
                            }
                            let site = pc.sub(1).cast_mut();
                            let object = *object;
                            pc = pc.add(2);
                            slow!(insn.a(), cx.get_attr_at(site, object));
                        }
                        Op::SetAttr => {
                            let object = a!();
                            if tag!(object) == Tag::INSTANCE {
                                let instance = pointer!(object, Instance<'gc>);
                                if instance.layout().0 == *pc.add(1) {
                                    if cx.world.marking {
                                        write_barrier(cx.mc, Gc::erase(instance), &*b!());
                                    }
                                    copy_value(Instance::slots(instance).add(insn.c() as usize), b!());
                                    pc = pc.add(2);
                                    continue;
                                }
                            }
                            let site = pc.sub(1).cast_mut();
                            let (object, value) = (*object, *b!());
                            pc = pc.add(2);
                            slow_unit!(cx.set_attr_at(site, object, value));
                        }
                        Op::GetSuper => {
                            let name = *k.add(*pc as usize);
                            pc = pc.add(1);
                            let receiver = *b!();
                            slow!(insn.a(), cx.get_super(name, receiver));
                        }
                        Op::GetIndex => {
                            let (object, index) = (b!(), c!());
                            if tag!(object) == Tag::LIST && tag!(index) == Tag::INT {
                                let items = &*pointer!(object, List<'gc>).raw();
                                let i = int!(index) as usize;
                                if i < items.len() {
                                    copy_value(a!(), items.as_ptr().add(i));
                                    continue;
                                }
                            }
                            let (object, index) = (*object, *index);
                            slow!(insn.a(), ops::get_index(cx, object, index));
                        }
                        Op::GetIndexI => {
                            let object = b!();
                            if tag!(object) == Tag::LIST {
                                let items = &*pointer!(object, List<'gc>).raw();
                                let i = insn.c() as usize;
                                if i < items.len() {
                                    copy_value(a!(), items.as_ptr().add(i));
                                    continue;
                                }
                            }
                            let object = *object;
                            slow!(insn.a(), ops::get_index(cx, object, Value::Int(i64::from(insn.c()))));
                        }
                        Op::SetIndex => {
                            let (object, index) = (a!(), b!());
                            if tag!(object) == Tag::LIST && tag!(index) == Tag::INT {
                                let list = pointer!(object, List<'gc>);
                                let items = &mut *list.raw();
                                let i = int!(index) as usize;
                                if i < items.len() {
                                    if cx.world.marking {
                                        write_barrier(cx.mc, Gc::erase(list), &*c!());
                                    }
                                    copy_value(items.as_mut_ptr().add(i), c!());
                                    continue;
                                }
                            }
                            let (object, index, value) = (*object, *index, *c!());
                            slow_unit!(ops::set_index(cx, object, index, value));
                        }
                        Op::Slice => {
                            let inclusive = *pc != 0;
                            pc = pc.add(1);
                            let (object, lo, hi) = (*b!(), *c!(), *c!().add(1));
                            slow!(insn.a(), ops::slice(cx, object, lo, hi, inclusive));
                        }

                        Op::NewTuple => {
                            let items = std::slice::from_raw_parts(b!(), insn.c() as usize);
                            let value = Value::Tuple(Tuple::new(cx.mc, items));
                            copy_value(a!(), &raw const value);
                            cx.world.charge(48 + 16 * insn.c() as usize);
                        }
                        Op::NewList => {
                            let items = std::slice::from_raw_parts(b!(), insn.c() as usize);
                            let value = Value::List(List::new(cx.mc, items.to_vec()));
                            copy_value(a!(), &raw const value);
                            cx.world.charge(64 + 16 * insn.c() as usize);
                        }
                        Op::ListPush => {
                            let Value::List(list) = *a!() else { unreachable!("the compiler made the list") };
                            List::push(list, cx.mc, *b!());
                            cx.world.charge(16);
                        }
                        Op::ListToTuple => {
                            let Value::List(list) = *a!() else { unreachable!("the compiler made the list") };
                            let value = Value::Tuple(Tuple::new(cx.mc, list.to_vec()));
                            copy_value(a!(), &raw const value);
                            cx.world.charge(48);
                        }
                        Op::NewMap => {
                            let pairs = std::slice::from_raw_parts(b!(), 2 * insn.c() as usize);
                            slow!(insn.a(), cx.new_map(pairs));
                        }
                        Op::MapInsert => {
                            let (map, key, value) = (*a!(), *b!(), *c!());
                            slow_unit!(ops::set_index(cx, map, key, value));
                        }
                        Op::MapExtend => {
                            let (map, other) = (*a!(), *b!());
                            slow_unit!(cx.map_extend(map, other));
                        }
                        Op::NewRange | Op::NewRangeIncl => {
                            let (lo, hi) = (*b!(), *c!());
                            slow!(insn.a(), cx.new_range(lo, hi, matches!(op, Op::NewRangeIncl)));
                        }
                        Op::Concat => {
                            let parts = std::slice::from_raw_parts(b!(), insn.c() as usize);
                            slow!(insn.a(), ops::concat(cx, parts));
                        }
                        Op::Format => {
                            let spec = *k.add(*pc as usize);
                            pc = pc.add(1);
                            let value = *b!();
                            slow!(insn.a(), cx.format(value, spec));
                        }
                        Op::Class => {
                            slow!(insn.a(), cx.make_local_class(insn.a(), insn.bx()));
                        }
                        Op::Enum => {
                            slow!(insn.a(), cx.make_local_enum(insn.bx()));
                        }
                        Op::Extend => {
                            let class = *a!();
                            slow_unit!(cx.extend_class(class, insn.bx()));
                        }
                        Op::Decorated => {
                            let (original, target) = (*a!(), *b!());
                            slow!(insn.a(), cx.decorated(original, target));
                        }

                        Op::Iter => {
                            let value = *a!();
                            if matches!(value, Value::List(_) | Value::Tuple(_)) {
                                set_int!(a!().add(1), 0);
                            } else {
                                slow!(insn.a(), ops::iterator(cx, value));
                            }
                        }
                        Op::Next => {
                            let iterator = a!();
                            match tag!(iterator) {
                                Tag::LIST => {
                                    let items = &*pointer!(iterator, List<'gc>).raw();
                                    let i = int!(iterator.add(1)) as usize;
                                    if i < items.len() {
                                        copy_value(b!(), items.as_ptr().add(i));
                                        set_int!(iterator.add(1), i as i64 + 1);
                                        pc = pc.add(1);
                                    } else {
                                        jump!(true);
                                    }
                                }
                                Tag::TUPLE => {
                                    let items = Gc::as_ref(pointer!(iterator, Tuple<'gc>)).items();
                                    let i = int!(iterator.add(1)) as usize;
                                    if i < items.len() {
                                        copy_value(b!(), items.as_ptr().add(i));
                                        set_int!(iterator.add(1), i as i64 + 1);
                                        pc = pc.add(1);
                                    } else {
                                        jump!(true);
                                    }
                                }
                                _ => {
                                    let iterator = *iterator;
                                    pc = pc.add(1);
                                    slow!(insn.b(), cx.iterator_next(iterator), ReturnMode::Next);
                                }
                            }
                        }
                        Op::ForPrep => {
                            let (lo, hi) = (a!(), a!().add(1));
                            if tag!(lo) | tag!(hi) != Tag::INT {
                                let (lo, hi) = (*lo, *hi);
                                slow_unit!(cx.new_range(lo, hi, false));
                            }
                            // R[A+1] becomes the number of further turns, so that the loop cannot overflow.
                            let (first, last) = (int!(lo), int!(hi));
                            let turns = i128::from(last) - i128::from(first) + i128::from(insn.b());
                            if turns <= 0 {
                                jump!(true);
                            } else {
                                pc = pc.add(1);
                                set_int!(hi, (turns - 1) as i64);
                                set_int!(a!().add(2), first);
                            }
                        }
                        Op::ForLoop => {
                            let ticks = cx.world.ticks.get() - 1;
                            cx.world.ticks.set(ticks);
                            let left = int!(a!().add(1)) as u64;
                            if left == 0 {
                                pc = pc.add(1);
                            } else {
                                set_int!(a!().add(1), (left - 1) as i64);
                                let next = int!(a!()) + 1;
                                set_int!(a!(), next);
                                set_int!(a!().add(2), next);
                                jump!(true);
                            }
                            if ticks < 0 {
                                sync!();
                                return Exit::Tick;
                            }
                        }

                        Op::MatchSeq => jump!(!ops::match_sequence(&*a!(), insn.b(), insn.c() as usize)),
                        Op::SeqItem => {
                            let value = ops::sequence_item(&*b!(), insn.sc());
                            copy_value(a!(), &raw const value);
                        }
                        Op::SeqRest => {
                            let tail = *pc as usize;
                            pc = pc.add(1);
                            let value = ops::sequence_rest(cx.mc, &*b!(), insn.c() as usize, tail);
                            copy_value(a!(), &raw const value);
                            cx.world.charge(64);
                        }
                        Op::MatchBound => jump!(!cx.in_bound(&*a!(), &*b!(), insn.c())),
                        Op::MatchMap => jump!(!matches!(*a!(), Value::Map(_))),
                        Op::MapItem => {
                            let (map, key) = (*b!(), *c!());
                            pc = pc.add(1);
                            slow!(insn.a(), cx.map_item(map, key), ReturnMode::Item);
                        }
                        Op::MapRest => {
                            let count = *pc as usize;
                            pc = pc.add(1);
                            let keys = std::slice::from_raw_parts(c!(), count);
                            let map = *b!();
                            slow!(insn.a(), cx.map_rest(map, keys));
                        }
                        Op::MatchClass => {
                            let (value, class) = (*a!(), *b!());
                            slow_jump!(ops::is_instance(cx, value, class).map(Value::bool), false);
                        }
                        Op::SlotItem => {
                            let name = *k.add(*pc as usize);
                            pc = pc.add(2);
                            let object = *b!();
                            slow!(insn.a(), cx.slot_item(object, name), ReturnMode::Item);
                        }
                        Op::MatchFail => {
                            let value = *a!();
                            slow_unit!(cx.match_fail(value));
                        }

                        Op::Throw => {
                            let value = *a!();
                            slow_unit!(cx.throw(value));
                        }
                        Op::JumpUncatchable => jump!(cx.is_uncatchable(&*a!())),
                        Op::AssertFail => {
                            let values = std::slice::from_raw_parts(a!(), insn.b() as usize + 1);
                            let texts = *pc as usize;
                            pc = pc.add(1);
                            slow_unit!(cx.assert_fail(values, texts));
                        }

                        Op::Halt => {
                            let value = *base;
                            sync!();
                            return Exit::Done(value);
                        }
                        Op::Resume => {
                            sync!();
                            flow!(cx.resume_native());
                        }
                        Op::Trap => unreachable!("verified code ends its flow before its end"),
                    }
                }
            };
            match result {
                Ok(value) => cx.deliver(value, dst, mode),
                Err(control) => {
                    if let Flow::Leave(exit) = cx.control(control, dst, mode) {
                        return exit;
                    }
                }
            }
            load!();
        }
    }
}

/// Starts a call on an empty stack: `start` has the shape of a native. Gives the exit when nothing is left to run.
pub fn begin<'gc>(
    cx: &mut Cx<'_, 'gc>,
    start: impl FnOnce(&mut Cx<'_, 'gc>) -> crate::object::NativeResult<'gc>,
) -> Option<Exit<'gc>> {
    let stub = cx.world.halt_stub.expect("stubs exist once a VM runs");
    if !cx.world.stack.push(stub, 1, 0, ReturnMode::Store) {
        unreachable!("an empty stack has room for one frame");
    }
    match start(cx) {
        Ok(value) => Some(Exit::Done(value)),
        Err(control) => match cx.control(control, 0, ReturnMode::Store) {
            Flow::Reload => None,
            Flow::Leave(exit) => Some(exit),
        },
    }
}

/// Raises an error in the running program from outside, at a safe point. Gives the exit when nothing catches it.
pub fn raise<'gc>(cx: &mut Cx<'_, 'gc>, control: Box<Control<'gc>>) -> Option<Exit<'gc>> {
    match cx.control(control, 0, ReturnMode::Discard) {
        Flow::Reload => None,
        Flow::Leave(exit) => Some(exit),
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// Whether code that found `cell` without value is to wait for its initialiser.
    #[cold]
    fn needs(&mut self, cell: Gc<'gc, Definition<'gc>>) -> bool {
        let pending = self.world.is_pending(cell);
        if pending {
            self.world.needed = Some(cell);
        }
        pending
    }

    /// Carries out what a slow path asked for instead of returning a value. The result belongs in register `dst` of the top frame.
    #[cold]
    #[inline(never)]
    pub(super) fn control(&mut self, control: Box<Control<'gc>>, dst: u8, mode: ReturnMode) -> Flow<'gc> {
        let (mut control, mut dst, mut mode) = (control, dst, mode);
        loop {
            let called = match *control {
                Control::Raise(error) => return self.unwind(error),
                Control::Interrupt(interrupt) => return Flow::Leave(Exit::Interrupt(interrupt)),
                Control::Yield(value) => return Flow::Leave(Exit::Yield(value)),
                Control::Wait(seconds) => {
                    self.deliver(Value::Nil, dst, mode);
                    return Flow::Leave(Exit::Wait(seconds));
                }
                Control::Call { callee, args, then } => {
                    let waiting = match then {
                        Some(then) => {
                            let pushed = self.push_waiting(then, dst, mode);
                            if pushed.is_ok() {
                                (dst, mode) = (1, ReturnMode::Store);
                            }
                            pushed
                        }
                        None => Ok(()),
                    };
                    waiting.and_then(|()| self.call_above(callee, &args, dst, mode))
                }
            };
            match called {
                Ok(Called::Entered) => return Flow::Reload,
                Ok(Called::Value(value)) => {
                    self.deliver(value, dst, mode);
                    return Flow::Reload;
                }
                Err(next) => control = next,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn exit_is_small() {
        assert!(size_of::<super::Exit<'static>>() <= 24);
    }
}
