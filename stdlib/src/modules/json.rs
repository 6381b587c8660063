//! The module `json`.

mod parse;
mod write;

use crate::table::{Row, row};

/// Functions of the module.
pub(crate) const FUNCTIONS: &[Row] = &[
    row(
        "parse",
        &["text"],
        parse::parse,
        "`parse(text)`: the value of a JSON text. Numbers without fraction and exponent are ints of any size; of equal keys the last one \
         counts. ValueError with line and column if it is none. Neither reading nor writing goes deeper than 10 000 levels.",
    ),
    row(
        "stringify",
        &["value"],
        write::stringify,
        "`stringify(value, indent: nil, sort_keys: false, ascii: false, default: nil)`: the JSON text of a value: nil, bools, numbers, \
         strings, lists, tuples, and maps with strings as keys. `indent` is a number of spaces or a text, for a line for each item. \
         `default` is a function that is given any other value and gives one of these.",
    )
    .only(&["indent", "sort_keys", "ascii", "default"]),
];

/// How deep values may be nested, read or written.
const DEPTH_MAX: usize = 10_000;
