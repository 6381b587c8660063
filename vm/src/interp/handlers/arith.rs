//! Arithmetic. Ints that overflow, and everything that is not a number, take the slow path.

use crate::bytecode::{Insn, Op};
use crate::heap::{Tag, Value};
use crate::interp::state::{State, float, handler_fn, int, slow, tag};
use crate::object::{Frame, ReturnMode, World};
use crate::ops::{self, ArithOp};

/// An int or float as a float.
#[inline(always)]
unsafe fn number(value: *const Value<'_>, tag: u64) -> f64 {
    if tag == Tag::INT { int(value) as f64 } else { float(value) }
}

/// The right operand: a register or a constant.
macro_rules! right {
    ($s:ident, register) => {
        $s.c().cast_const()
    };
    ($s:ident, constant) => {
        $s.kc()
    };
}

macro_rules! arith {
    ($name:ident, $rhs:ident, $checked:ident, $op:tt, $float:ident, $slow:ident) => {
        #[inline(always)]
        pub(super) unsafe fn $name(s: State<'_>) {
            handler_fn! {
                /// Not two ints, or too large a result.
                #[inline(never)]
                fn other<'gc>(s) {
                    // SAFETY: see the head of state.rs.
                    unsafe {
                        let (x, y) = (s.b().cast_const(), right!(s, $rhs));
                        let (tx, ty) = (tag(x), tag(y));
                        if tx == Tag::FLOAT && ty == Tag::FLOAT {
                            s.quicken(Op::$float);
                            return s.give_float(float(x) $op float(y));
                        }
                        if tx | ty == Tag::FLOAT {
                            return s.give_float(number(x, tx) $op number(y, ty));
                        }
                        slow!(s, |s, cx| ops::arith(cx, ArithOp::$slow, *s.b(), *right!(s, $rhs)));
                    }
                }
            }
            let (x, y) = (s.b().cast_const(), right!(s, $rhs));
            if tag(x) | tag(y) == Tag::INT
                && let Some(v) = int(x).$checked(int(y))
            {
                return s.give_int(v);
            }
            s.go(other);
        }
    };
}

arith!(add, register, checked_add, +, AddF, Add);
arith!(sub, register, checked_sub, -, SubF, Sub);
arith!(mul, register, checked_mul, *, MulF, Mul);
arith!(add_k, constant, checked_add, +, AddKF, Add);
arith!(sub_k, constant, checked_sub, -, SubKF, Sub);
arith!(mul_k, constant, checked_mul, *, MulKF, Mul);

/// Quickened forms; operands that are not floats bring the general form back, which runs the instruction.
macro_rules! arith_float {
    ($name:ident, $rhs:ident, $op:tt, $generic:ident) => {
        #[inline(always)]
        pub(super) unsafe fn $name(mut s: State<'_>) {
            let (x, y) = (s.b().cast_const(), right!(s, $rhs));
            if tag(x) == Tag::FLOAT && tag(y) == Tag::FLOAT {
                return s.give_float(float(x) $op float(y));
            }
            s.quicken(Op::$generic);
            s.pc = s.pc.sub(1);
            s.next();
        }
    };
}

arith_float!(add_f, register, +, Add);
arith_float!(sub_f, register, -, Sub);
arith_float!(mul_f, register, *, Mul);
arith_float!(div_f, register, /, Div);
arith_float!(add_kf, constant, +, AddK);
arith_float!(sub_kf, constant, -, SubK);
arith_float!(mul_kf, constant, *, MulK);
arith_float!(div_kf, constant, /, DivK);

/// Whether an int is exact as a float, roughly: large ones take the slow path.
#[inline(always)]
fn is_exact(i: i64) -> bool {
    (i as u64).wrapping_add(1 << 53) <= 1 << 54
}

macro_rules! div {
    ($name:ident, $rhs:ident, $float:ident) => {
        #[inline(always)]
        pub(super) unsafe fn $name(s: State<'_>) {
            handler_fn! {
                /// Not two ints.
                #[inline(never)]
                fn other<'gc>(s) {
                    // SAFETY: see the head of state.rs.
                    unsafe {
                        let (x, y) = (s.b().cast_const(), right!(s, $rhs));
                        let (tx, ty) = (tag(x), tag(y));
                        if tx == Tag::FLOAT && ty == Tag::FLOAT {
                            s.quicken(Op::$float);
                            return s.give_float(float(x) / float(y));
                        }
                        if tx == Tag::FLOAT && ty == Tag::INT && is_exact(int(y)) {
                            return s.give_float(float(x) / int(y) as f64);
                        }
                        if tx == Tag::INT && ty == Tag::FLOAT && is_exact(int(x)) {
                            return s.give_float(int(x) as f64 / float(y));
                        }
                        slow!(s, |s, cx| ops::arith(cx, ArithOp::Div, *s.b(), *right!(s, $rhs)));
                    }
                }
            }
            let (x, y) = (s.b().cast_const(), right!(s, $rhs));
            if tag(x) | tag(y) == Tag::INT && is_exact(int(x)) && is_exact(int(y)) {
                return s.give_float(int(x) as f64 / int(y) as f64);
            }
            s.go(other);
        }
    };
}

div!(div, register, DivF);
div!(div_k, constant, DivKF);

macro_rules! floor_div {
    ($name:ident, $rhs:ident) => {
        #[inline(always)]
        pub(super) unsafe fn $name(s: State<'_>) {
            let (x, y) = (s.b().cast_const(), right!(s, $rhs));
            if tag(x) | tag(y) == Tag::INT && int(y) > 0 {
                let (x, y) = (int(x), int(y));
                return s.give_int(x / y - i64::from(x % y < 0));
            }
            slow!(s, |s, cx| ops::arith(cx, ArithOp::FloorDiv, *s.b(), *right!(s, $rhs)));
        }
    };
}

floor_div!(floor_div, register);
floor_div!(floor_div_k, constant);

macro_rules! modulo {
    ($name:ident, $rhs:ident) => {
        #[inline(always)]
        pub(super) unsafe fn $name(s: State<'_>) {
            let (x, y) = (s.b().cast_const(), right!(s, $rhs));
            if tag(x) | tag(y) == Tag::INT && int(y) > 0 {
                let (x, y) = (int(x), int(y));
                // A 32-bit division is much faster where the numbers allow it.
                let r = if (x | y) as u64 >> 32 == 0 { i64::from(x as u32 % y as u32) } else { x % y };
                return s.give_int(if r < 0 { r + y } else { r });
            }
            slow!(s, |s, cx| ops::arith(cx, ArithOp::Mod, *s.b(), *right!(s, $rhs)));
        }
    };
}

modulo!(modulo, register);
modulo!(modulo_k, constant);

macro_rules! bits {
    ($name:ident, $op:tt, $slow:ident) => {
        #[inline(always)]
        pub(super) unsafe fn $name(s: State<'_>) {
            let (x, y) = (s.b(), s.c());
            if tag(x) | tag(y) == Tag::INT {
                return s.give_int(int(x) $op int(y));
            }
            slow!(s, |s, cx| ops::arith(cx, ArithOp::$slow, *s.b(), *s.c()));
        }
    };
}

bits!(bit_and, &, BitAnd);
bits!(bit_or, |, BitOr);
bits!(bit_xor, ^, BitXor);

#[inline(always)]
pub(super) unsafe fn shl(s: State<'_>) {
    let (x, y) = (s.b(), s.c());
    if tag(x) | tag(y) == Tag::INT {
        let (x, y) = (int(x), int(y));
        if (0..=62).contains(&y) && x << y >> y == x {
            return s.give_int(x << y);
        }
    }
    slow!(s, |s, cx| ops::arith(cx, ArithOp::Shl, *s.b(), *s.c()));
}

#[inline(always)]
pub(super) unsafe fn shr(s: State<'_>) {
    let (x, y) = (s.b(), s.c());
    if tag(x) | tag(y) == Tag::INT && (0..=63).contains(&int(y)) {
        return s.give_int(int(x) >> int(y));
    }
    slow!(s, |s, cx| ops::arith(cx, ArithOp::Shr, *s.b(), *s.c()));
}

#[inline(always)]
pub(super) unsafe fn pow(s: State<'_>) {
    slow!(s, |s, cx| ops::arith(cx, ArithOp::Pow, *s.b(), *s.c()));
}

#[inline(always)]
pub(super) unsafe fn add_i(s: State<'_>) {
    let x = s.b();
    if tag(x) == Tag::INT {
        if let Some(v) = int(x).checked_add(i64::from(s.insn.sc())) {
            return s.give_int(v);
        }
    } else if tag(x) == Tag::FLOAT {
        return s.give_float(float(x) + f64::from(s.insn.sc()));
    }
    slow!(s, |s, cx| {
        // `x - 1` is compiled as `x + -1`; operators of the program see what was written.
        let (op, n) = match s.insn.sc() {
            n if n < 0 => (ArithOp::Sub, -i64::from(n)),
            n => (ArithOp::Add, i64::from(n)),
        };
        ops::arith(cx, op, *s.b(), Value::Int(n))
    });
}

#[inline(always)]
pub(super) unsafe fn neg(s: State<'_>) {
    let x = s.b();
    if tag(x) == Tag::FLOAT {
        return s.give_float(-float(x));
    }
    if tag(x) == Tag::INT && int(x) != i64::MIN {
        return s.give_int(-int(x));
    }
    slow!(s, |s, cx| ops::neg(cx, *s.b()));
}

#[inline(always)]
pub(super) unsafe fn bit_not(s: State<'_>) {
    let x = s.b();
    if tag(x) == Tag::INT {
        return s.give_int(!int(x));
    }
    slow!(s, |s, cx| ops::bit_not(cx, *s.b()));
}

#[inline(always)]
pub(super) unsafe fn not(s: State<'_>) {
    s.give_bool(!(*s.b()).is_truthy());
}
