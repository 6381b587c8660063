//! What the operators and the core protocols mean for every type: arithmetic, equality, order, hashing, text, indexing, iteration.
//!
//! Every function here has the shape of a native: it returns a value, an error, or a request to call one of the program's own
//! methods ([`Control::Call`](crate::object::Control::Call)); nothing in this layer runs code of the program itself.
//!
//! | concept | file | what the program sees |
//! |---|---|---|
//! | error | error.rs | making errors |
//! | foreign name | foreign.rs | what to write for names of other languages |
//! | call | call.rs | how an operation asks for a method of the program and goes on afterwards |
//! | number | number.rs | exact numbers: order, division, conversion |
//! | arith | arith.rs | `+ - * / // % ** & \| ^ << >>`, unary `-` and `~` |
//! | equality | compare.rs | `==` |
//! | order | order.rs | `<`, `<=`, sorting |
//! | hash | hash.rs | `hash`, keys |
//! | mapping | mapping.rs | maps and sets by key |
//! | text | text.rs, display.rs | `str`, `repr`, interpolation |
//! | difference | lines.rs, differ.rs | what a failed comparison of a test shows |
//! | format | format.rs | `${x:>8.2}` |
//! | index | index.rs | `x[i]`, `x[i] = v`, `len` |
//! | slice | slice.rs | `x[a..b]` |
//! | membership | contains.rs | `in` |
//! | iteration | iterate.rs | `for`, iterators |
//! | pattern | pattern.rs | `is`, sequence and map patterns |

mod arith;
mod call;
mod compare;
mod contains;
mod differ;
mod display;
mod error;
mod foreign;
mod format;
mod hash;
mod index;
mod iterate;
mod lines;
mod mapping;
mod number;
mod order;
mod pattern;
mod slice;
mod text;
pub mod work;

#[cfg(test)]
mod tests;

pub use arith::{ArithOp, arith, big_int, bit_not, check_size, neg, reserve};
pub use call::{Resume, and_then, call, call_then, is_error, method_of, raise, suspend, truth};
pub use compare::{equal, equal_now};
pub use contains::contains;
pub use differ::{Difference, More, differences};
pub use display::{big_digits, push_float, push_int, push_quoted};
pub use error::{error_message, error_part};
pub use foreign::{instead_of_member, instead_of_name};
pub use format::format_value;
pub use hash::{HashResult, hash, hash_int, hash_now};
pub use index::{get_index, length, set_index};
pub use iterate::{iterator, iterator_into_list, iterator_next};
pub use lang::near::{nearest, suggestion};
pub use lines::{Sides, side_texts};
pub use mapping::{
    map_contains, map_get, map_remove, map_set, plain_item, set_add, set_contains, set_discard, set_plain_item, unhashable_error,
};
pub use number::{
    compare_numbers, float_as_int, float_floor_div, float_mod, int_floor_div, int_from_big, int_from_u64, int_mod, to_float,
    true_div,
};
pub use order::{less, less_equal, order_now};
pub use pattern::{is_instance, map_rest, match_sequence, sequence_item, sequence_rest};
pub use slice::{slice, slice_text};
pub use text::{concat, describe, to_repr, to_shown, to_str};
