//! The opcode table: the one list from which the enum, the disassembler, the verifier and the manual's page derive.
//!
//! An instruction is a 32-bit word `op | A << 8 | B << 16 | C << 24`, followed by the extra words that its row names.
//! `Bx` is `B` and `C` read as one unsigned 16-bit number, `sBx` the same signed. Notation of the rows:
//!
//! * `R[n]` register n of the frame, `K[n]` constant n, `U[n]` captured variable n of the running closure;
//! * operands: `W` register written, `R` register read, `M` register read and written, `I` unsigned and `S` signed immediate,
//!   `K` constant index, `_` unused; in the place of B, `KX`, `SX`, `IX` say that B and C form one 16-bit operand;
//! * extra words: `Const` a constant index, `Jump` a signed offset in words from the end of the instruction, `Imm` a number,
//!   `Layout` an inline cache's layout id (0: empty), `Target` half of an inline cache's pointer (low half first, 0: empty).
//!
//! A jump goes to `end of instruction + offset`. Offsets are negative only in `Loop` and `ForLoop`, and what becomes of them: those are the safe points.
//! A *window* is a run of registers that starts at A: `Call` has the callee in `R[A]` and its arguments behind it; the callee's
//! frame starts at `R[A+1]`. Nothing above the window survives a call, so a window always is at the top of what is live.

/// How an operand is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// Unused.
    None,
    /// A register that is written.
    W,
    /// A register that is read.
    R,
    /// A register that is read and written.
    M,
    /// An unsigned 8-bit number.
    I,
    /// A signed 8-bit number.
    S,
    /// A constant index of 8 bits.
    K,
    /// B and C together: an unsigned constant (or nested function, or class) index.
    KX,
    /// B and C together: a signed number.
    SX,
    /// B and C together: an unsigned number.
    IX,
}

/// An extra word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extra {
    /// A constant index.
    Const,
    /// A signed offset in words, from the end of the instruction.
    Jump,
    /// A number.
    Imm,
    /// Inline cache: layout id.
    Layout,
    /// Inline cache: half of a pointer.
    Target,
}

/// One row of the table.
pub struct OpInfo {
    /// Name as printed.
    pub name: &'static str,
    /// Operands A, B, C.
    pub operands: [Operand; 3],
    /// Extra words in order.
    pub extra: &'static [Extra],
    /// Meaning.
    pub doc: &'static str,
}

macro_rules! operand {
    (_) => {
        Operand::None
    };
    ($o:ident) => {
        Operand::$o
    };
}

macro_rules! opcodes {
    ($( $name:ident $a:tt $b:tt $c:tt [$($x:ident)*] $doc:literal; )*) => {
        /// An operation. The discriminant is the low byte of an instruction word.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Op { $( #[doc = concat!("`", $doc, "`")] $name, )* }

        /// The table, indexed by opcode.
        pub static OPS: &[OpInfo] = &[ $( OpInfo {
            name: stringify!($name),
            operands: [operand!($a), operand!($b), operand!($c)],
            extra: &[$(Extra::$x),*],
            doc: $doc,
        }, )* ];

        impl Op {
            /// All of them, in the table's order.
            pub const ALL: &[Op] = &[$(Op::$name),*];
        }
    };
}

opcodes! {
    // Loads and moves.
    Move        W R _ [] "R[A] = R[B]";
    LoadK       W KX _ [] "R[A] = K[Bx]";
    LoadKx      W _ _ [Const] "R[A] = K[word]";
    LoadInt     W SX _ [] "R[A] = sBx as int";
    LoadNil     W _ _ [] "R[A] = nil";
    LoadTrue    W _ _ [] "R[A] = true";
    LoadFalse   W _ _ [] "R[A] = false";
    LoadUnset   W _ _ [] "R[A] = unset, the internal mark of a variable that has no value yet";
    CheckSet    R KX _ [] "NameError for the variable K[Bx] if R[A] is unset";

    // Captured variables. A boxed variable's register, and the captured value, hold the box.
    GetUp       W I _ [] "R[A] = U[B]";
    GetUpBox    W I _ [] "R[A] = contents of the box U[B]";
    SetUpBox    R I _ [] "contents of the box U[B] = R[A]";
    NewBox      M _ _ [] "R[A] = a new box that contains R[A]";
    GetBox      W R _ [] "R[A] = contents of the box R[B]";
    SetBox      R R _ [] "contents of the box R[A] = R[B]";
    Closure     W KX _ [] "R[A] = closure of nested function Bx, capturing as its prototype says";

    // Definitions: K[n] is linked to a definition cell.
    GetGlobal   W KX _ [] "R[A] = value of definition K[Bx]; NameError when it has none";
    SetGlobal   R KX _ [] "value of definition K[Bx] = R[A]; an error unless it is a variable";
    GetDef      W KX _ [] "R[A] = the definition K[Bx] itself";

    // Arithmetic. Ints that overflow become arbitrary precision; other operands call operator methods.
    Add         W R R [] "R[A] = R[B] + R[C]";
    Sub         W R R [] "R[A] = R[B] - R[C]";
    Mul         W R R [] "R[A] = R[B] * R[C]";
    Div         W R R [] "R[A] = R[B] / R[C]";
    FloorDiv    W R R [] "R[A] = R[B] // R[C]";
    Mod         W R R [] "R[A] = R[B] % R[C]";
    Pow         W R R [] "R[A] = R[B] ** R[C]";
    BitAnd      W R R [] "R[A] = R[B] & R[C]";
    BitOr       W R R [] "R[A] = R[B] | R[C]";
    BitXor      W R R [] "R[A] = R[B] ^ R[C]";
    Shl         W R R [] "R[A] = R[B] << R[C]";
    Shr         W R R [] "R[A] = R[B] >> R[C]";
    AddI        W R S [] "R[A] = R[B] + sC; a negative sC is written `- -sC`: other operands get that operator";
    AddK        W R K [] "R[A] = R[B] + K[C]; K is an int or float here and in the rows below";
    SubK        W R K [] "R[A] = R[B] - K[C]";
    MulK        W R K [] "R[A] = R[B] * K[C]";
    DivK        W R K [] "R[A] = R[B] / K[C]";
    FloorDivK   W R K [] "R[A] = R[B] // K[C]";
    ModK        W R K [] "R[A] = R[B] % K[C]";
    Neg         W R _ [] "R[A] = -R[B]";
    BitNot      W R _ [] "R[A] = ~R[B]";
    Not         W R _ [] "R[A] = not R[B]";

    // Arithmetic quickened at run time: both operands were floats. Never emitted by the compiler.
    AddF        W R R [] "Add, expecting floats";
    SubF        W R R [] "Sub, expecting floats";
    MulF        W R R [] "Mul, expecting floats";
    DivF        W R R [] "Div, expecting floats";
    AddKF       W R K [] "AddK, expecting floats";
    SubKF       W R K [] "SubK, expecting floats";
    MulKF       W R K [] "MulK, expecting floats";
    DivKF       W R K [] "DivK, expecting floats";

    // Back-edges of code that a redefinition has replaced. Never emitted by the compiler.
    LoopOld     _ _ _ [Jump] "Loop, after going on in the new code if the frame fits it";
    ForLoopOld  M _ _ [Jump] "ForLoop, after going on in the new code if the frame fits it";

    // Comparison to a value.
    Eq          W R R [] "R[A] = R[B] == R[C]";
    Ne          W R R [] "R[A] = R[B] != R[C]";
    Lt          W R R [] "R[A] = R[B] < R[C]";
    Le          W R R [] "R[A] = R[B] <= R[C]";
    Is          W R R [] "R[A] = R[B] is R[C]; TypeError unless R[C] is a class, enum or variant";
    In          W R R [] "R[A] = R[B] in R[C]";

    // Jumps. Forward, except Loop and ForLoop.
    Jump        _ _ _ [Jump] "jump";
    Loop        _ _ _ [Jump] "jump backwards: a safe point";
    JumpIf      R _ _ [Jump] "jump if R[A] is truthy";
    JumpIfNot   R _ _ [Jump] "jump if R[A] is falsy";
    JumpNil     R _ _ [Jump] "jump if R[A] is nil";
    JumpNotNil  R _ _ [Jump] "jump if R[A] is not nil";
    JumpSet     R _ _ [Jump] "jump if R[A] is not unset: skips a parameter's default";
    JumpEq      R R _ [Jump] "jump if R[A] == R[B]";
    JumpNe      R R _ [Jump] "jump if not R[A] == R[B]";
    JumpLt      R R _ [Jump] "jump if R[A] < R[B]";
    JumpNotLt   R R _ [Jump] "jump if not R[A] < R[B]";
    JumpLe      R R _ [Jump] "jump if R[A] <= R[B]";
    JumpNotLe   R R _ [Jump] "jump if not R[A] <= R[B]";
    JumpEqK     R K _ [Jump] "jump if R[A] == K[B]; K is nil, a bool, int, float or string";
    JumpNeK     R K _ [Jump] "jump if not R[A] == K[B]";
    JumpLtI     R S _ [Jump] "jump if R[A] < sB";
    JumpNotLtI  R S _ [Jump] "jump if not R[A] < sB";
    JumpLeI     R S _ [Jump] "jump if R[A] <= sB";
    JumpNotLeI  R S _ [Jump] "jump if not R[A] <= sB";
    JumpGtI     R S _ [Jump] "jump if R[A] > sB";
    JumpNotGtI  R S _ [Jump] "jump if not R[A] > sB";
    JumpGeI     R S _ [Jump] "jump if R[A] >= sB";
    JumpNotGeI  R S _ [Jump] "jump if not R[A] >= sB";

    // Calls. The result goes to R[C].
    Call        R I W [] "R[C] = R[A](R[A+1], … R[A+B])";
    CallGlobal  I I W [Const] "R[C] = K[word](R[A+1], … R[A+B]); the definition's value is called, R[A] is scratch";
    CallMethod  I I W [Const Layout Target Target] "R[C] = R[A+1].K[word](R[A+2], … R[A+1+B]); B does not count the receiver";
    CallSuper   I I W [Const] "like CallMethod, but looks from the class after the running method's own; no cache";
    CallShape   R I W [Const] "R[C] = R[A](…) with names and spreads: K[word] is a call shape that describes R[A+1] … R[A+B]";
    CallMethodShape I I W [Const Const] "R[C] = R[A+1].K[word1](…): K[word2] is the call shape of R[A+2] … R[A+1+B]";
    CallSuperShape  I I W [Const Const] "super call with a call shape";
    Return      R _ _ [] "return R[A]";
    ReturnNil   _ _ _ [] "return nil";
    Yield       W R _ [] "suspend the running fiber with R[B]; R[A] = what resume passes";

    // Members and items.
    GetAttr     W R I [Const Layout] "R[A] = R[B].K[word]; C and Layout are the inline cache of a slot";
    SetAttr     R R I [Const Layout] "R[A].K[word] = R[B]; C and Layout are the inline cache of a slot";
    GetSuper    W R _ [Const] "R[A] = the method K[word] after the running method's class, bound to R[B]";
    GetIndex    W R R [] "R[A] = R[B][R[C]]";
    SetIndex    R R R [] "R[A][R[B]] = R[C]";
    GetIndexI   W R I [] "R[A] = R[B][C]";
    Slice       W R R [Imm] "R[A] = R[B][R[C]..R[C+1]], nil for an absent end; Imm 1: the end is included";

    // Construction.
    NewTuple    W R I [] "R[A] = tuple of R[B] … R[B+C-1]";
    NewList     W R I [] "R[A] = list of R[B] … R[B+C-1]";
    ListPush    R R _ [] "append R[B] to the list R[A], which the compiler made";
    ListToTuple M _ _ [] "R[A] = tuple of the items of the list R[A], which the compiler made";
    NewMap      W R I [] "R[A] = map of the C pairs R[B], R[B+1]; R[B+2], R[B+3]; …";
    MapInsert   R R R [] "R[A][R[B]] = R[C] for the map R[A], which the compiler made";
    MapExtend   R R _ [] "insert all pairs of the map R[B] into the map R[A]; TypeError unless R[B] is a map";
    NewRange    W R R [] "R[A] = R[B]..R[C]";
    NewRangeIncl W R R [] "R[A] = R[B]..=R[C]";
    Concat      W R I [] "R[A] = the texts of R[B] … R[B+C-1] joined; texts as by str()";
    Format      W R _ [Const] "R[A] = R[B] formatted by the specification K[word]";
    Class       W KX _ [] "R[A] = the class Bx of the image; its bases are in R[A+1] …, evaluated in order";
    Enum        W KX _ [] "R[A] = the enum Bx of the image";
    Extend      R KX _ [] "add the members of extension Bx of the image to the class R[A]";
    Decorated   M R _ [] "R[A] = a stable object for the function R[A] that forwards to R[B], what its decorator returned";

    // Iteration. R[A] and R[A+1] hold the iterator's state.
    Iter        M I _ [] "R[A], R[A+1] = iterator over R[A]; B 1: all its values go into one list";
    Next        M W _ [Jump] "R[B] = next item of the iterator R[A]; jump when there is none";
    ForPrep     M I _ [Jump] "loop over ints R[A] .. R[A+1] (B 1: included): R[A+2] = first, or jump when empty";
    ForLoop     M _ _ [Jump] "next int of the loop: R[A+2] = next and jump back, else go on: a safe point";

    // Patterns.
    MatchSeq    R I I [Jump] "jump unless R[A] is a tuple (B 0, 2) or list (B 1, 3) of C items (B 2, 3: at least C)";
    SeqItem     W R S [] "R[A] = item sC of the tuple or list R[B]; negative counts from the end";
    SeqRest     W R I [Imm] "R[A] = list of the items of R[B] from C up to the last Imm ones";
    MatchMap    R _ _ [Jump] "jump unless R[A] is a map";
    MapItem     W R R [Jump] "R[A] = R[B][R[C]], or jump when the map R[B] has no such key";
    MapRest     W R R [Imm] "R[A] = map of the pairs of R[B] without the Imm keys R[C] …";
    MatchClass  R R I [Jump] "jump unless R[A] is an instance of the class, or a value of the enum or variant, R[B]; C 1: as `catch` wants it";
    SlotItem    W R _ [Const Jump] "R[A] = slot or payload K[word] of R[B], or jump when it is unset";
    MatchBound  R R I [Jump] "jump unless R[A] is at least (C 0), below (C 1), at most (C 2) R[B], or at least and, if that is an int, whole (C 3); what is not two numbers or two strings jumps";
    MatchFail   R _ _ [] "raise MatchError for R[A]";

    // Errors. The handler table says where an error goes and into which register.
    Throw       R _ _ [] "raise R[A]; TypeError unless it is an Error";
    JumpUncatchable R _ _ [Jump] "jump if R[A] is a CancelledError or LimitError, which only a clause that names it catches";
    AssertFail  R I I [Const] "raise AssertionError; R[A] is the message or nil, K[word] lists the texts of the B values R[A+1] …; C 2: behind these are the two compared values";

    // Stubs that the engine itself runs.
    Halt        _ _ _ [] "leave the interpreter: the first frame's caller";
    Resume      _ _ _ [] "give the result of a call to the native that waits for it";
    Trap        _ _ _ [] "padding; reaching it is a bug of the engine";
}

impl Op {
    /// The operation of an instruction word's low byte.
    pub fn from_byte(byte: u8) -> Option<Op> {
        Self::ALL.get(byte as usize).copied()
    }

    /// Its row of the table.
    pub fn info(self) -> &'static OpInfo {
        &OPS[self as usize]
    }

    /// Length of the instruction in words, extra words included.
    pub fn words(self) -> usize {
        1 + self.info().extra.len()
    }
}
