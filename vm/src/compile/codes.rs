//! Diagnostics of the compiler, `E03xx`: limits of the code that a function can have, and what only the compiler can tell.

use lang::diagnostic::{Code, Severity};

macro_rules! codes {
    ($($name:ident $id:literal $title:literal $explanation:literal)*) => {
        $(
            #[doc = concat!("`", $id, "`: ", $title)]
            pub static $name: Code = Code { id: $id, severity: Severity::Error, title: $title, explanation: $explanation };
        )*
        /// Every code of the compiler, in the order of the table.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    TOO_MANY_REGISTERS "E0301" "a function needs too many variables at once"
    "A function has room for 250 variables and intermediate values that are in use at the same time. Split it, or put
values that belong together into a list, a map or an instance."
    TOO_MANY_CAPTURES "E0302" "a function captures too many variables"
    "A function can use at most 255 variables of the functions around it. Put values that belong together into a list, a
map or an instance."
    TOO_MANY_CONSTANTS "E0303" "a function mentions too many different names"
    "A function can mention 65 536 different names, constants and inner functions. Split it, or read large tables from a
file."
    TOO_MUCH_CODE "E0304" "a function is too long"
    "The code of one function has room for about five million operations. Split it, or read large tables from a file."
    TOO_MANY_PARTS "E0305" "a construct has too many parts"
    "A pattern takes at most 128 items of a list or tuple apart, and a `finally` can be left in at most 125 ways. Match the
parts in several steps, or split the function."
    NOT_A_DEFINITION "E0306" "`definition` takes the name of a definition"
    "`definition(name)` and `definition(namespace.name)` give the definition itself instead of its value. The name is
resolved when the file is compiled, so it has to be written out.

```
import game
let d = definition(game.score)
```"
    VARIABLE_FOR_DEFINITION "E0307" "a variable's value where its definition is meant"
    "What is about a definition takes the definition, its name as a string, or a function, class, enum or namespace. A variable
written there would be replaced by its value; `definition` gives the definition itself.

```
let score = 1
let d = definition(score)
print(d.kind, d.version)
```"
    DEFAULT_BEFORE "E0309" "a parameter without default behind one with a default"
    "Arguments are taken by position, so parameters that may be left out stand behind those that may not.

```
fn area(w, h = w) { w * h }
```"
}
