//! The handlers, one for each opcode, by subject. How they work together is in `state.rs`; what each instruction means is in the
//! opcode table.
#![expect(unsafe_op_in_unsafe_fn, reason = "one argument for all of them, in state.rs")]

mod arith;
mod call;
mod iterate;
mod jump;
mod load;
mod make;
mod matching;
mod member;

use super::state::{Handler, State, handler_fn};
use crate::bytecode::{Insn, Op};
use crate::heap::Value;
use crate::object::{Frame, World};

macro_rules! handlers {
    ($($op:ident => $body:expr,)*) => {
        const fn handler(op: Op) -> Handler {
            match op {
                $(Op::$op => {
                    handler_fn! {
                        // Named like the opcode, for profilers.
                        #[expect(non_snake_case)]
                        fn $op<'gc>(state) {
                            // SAFETY: see the head of state.rs.
                            unsafe { $body(state) }
                        }
                    }
                    $op
                })*
            }
        }
    };
}

handlers! {
    Move => load::copy,
    LoadK => load::constant,
    LoadKx => load::constant_wide,
    LoadInt => load::int,
    LoadNil => load::nil,
    LoadTrue => load::yes,
    LoadFalse => load::no,
    LoadUnset => load::unset,
    CheckSet => load::check_set,

    GetUp => load::get_up,
    GetUpBox => load::get_up_box,
    SetUpBox => load::set_up_box,
    NewBox => load::new_box,
    GetBox => load::get_box,
    SetBox => load::set_box,
    Closure => make::closure,

    GetGlobal => load::get_global,
    SetGlobal => load::set_global,
    GetDef => load::constant,

    Add => arith::add,
    Sub => arith::sub,
    Mul => arith::mul,
    Div => arith::div,
    FloorDiv => arith::floor_div,
    Mod => arith::modulo,
    Pow => arith::pow,
    BitAnd => arith::bit_and,
    BitOr => arith::bit_or,
    BitXor => arith::bit_xor,
    Shl => arith::shl,
    Shr => arith::shr,
    AddI => arith::add_i,
    AddK => arith::add_k,
    SubK => arith::sub_k,
    MulK => arith::mul_k,
    DivK => arith::div_k,
    FloorDivK => arith::floor_div_k,
    ModK => arith::modulo_k,
    Neg => arith::neg,
    BitNot => arith::bit_not,
    Not => arith::not,
    AddF => arith::add_f,
    SubF => arith::sub_f,
    MulF => arith::mul_f,
    DivF => arith::div_f,
    AddKF => arith::add_kf,
    SubKF => arith::sub_kf,
    MulKF => arith::mul_kf,
    DivKF => arith::div_kf,

    LoopOld => jump::back_old,
    ForLoopOld => iterate::for_loop_old,

    Eq => jump::eq,
    Ne => jump::ne,
    Lt => jump::lt,
    Le => jump::le,
    Is => jump::is,
    In => jump::contains,

    Jump => jump::jump,
    Loop => jump::back,
    JumpIf => jump::truthy,
    JumpIfNot => jump::falsy,
    JumpNil => jump::nil,
    JumpNotNil => jump::not_nil,
    JumpSet => jump::set,
    JumpEq => jump::jump_eq,
    JumpNe => jump::jump_ne,
    JumpLt => jump::jump_lt,
    JumpNotLt => jump::jump_not_lt,
    JumpLe => jump::jump_le,
    JumpNotLe => jump::jump_not_le,
    JumpEqK => jump::jump_eq_k,
    JumpNeK => jump::jump_ne_k,
    JumpLtI => jump::jump_lt_i,
    JumpNotLtI => jump::jump_not_lt_i,
    JumpLeI => jump::jump_le_i,
    JumpNotLeI => jump::jump_not_le_i,
    JumpGtI => jump::jump_gt_i,
    JumpNotGtI => jump::jump_not_gt_i,
    JumpGeI => jump::jump_ge_i,
    JumpNotGeI => jump::jump_not_ge_i,

    Call => call::call,
    CallGlobal => call::call_global,
    CallMethod => call::call_method,
    CallSuper => call::call_super,
    CallShape => call::call_shape::<1>,
    CallMethodShape => call::call_shape::<2>,
    CallSuperShape => call::call_shape::<2>,
    Return => call::give_back,
    ReturnNil => call::give_back_nil,
    Yield => call::suspend,

    GetAttr => member::get_attr,
    SetAttr => member::set_attr,
    GetSuper => member::get_super,
    GetIndex => member::get_index,
    SetIndex => member::set_index,
    GetIndexI => member::get_index_i,
    Slice => member::slice,

    NewTuple => make::tuple,
    NewList => make::list,
    ListPush => make::list_push,
    ListToTuple => make::list_to_tuple,
    NewMap => make::map,
    MapInsert => make::map_insert,
    MapExtend => make::map_extend,
    NewRange => make::range::<false>,
    NewRangeIncl => make::range::<true>,
    Concat => make::concat,
    Format => make::format,
    Class => make::class,
    Enum => make::enumeration,
    Extend => make::extend,
    Decorated => make::decorated,

    Iter => iterate::iter,
    Next => iterate::next,
    ForPrep => iterate::for_prep,
    ForLoop => iterate::for_loop,

    MatchSeq => matching::sequence,
    SeqItem => matching::sequence_item,
    SeqRest => matching::sequence_rest,
    MatchMap => matching::map,
    MapItem => matching::map_item,
    MapRest => matching::map_rest,
    MatchClass => matching::class,
    SlotItem => matching::slot_item,
    MatchBound => matching::bound,
    MatchFail => matching::fail,

    Throw => call::throw,
    JumpUncatchable => jump::uncatchable,
    AssertFail => call::assert_fail,

    Halt => call::halt,
    Resume => call::resume,
    Trap => call::trap,
}

/// Handlers by opcode byte; verified code has valid opcodes only.
pub(super) static TABLE: [Handler; 256] = {
    let mut table = [handler(Op::Trap); 256];
    let mut byte = 0;
    while byte < Op::ALL.len() {
        table[byte] = handler(Op::ALL[byte]);
        byte += 1;
    }
    table
};
