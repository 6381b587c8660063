//! The table of diagnostic codes: one row each, with a title and an explanation for `lang explain`.
//!
//! `E01xx` syntax, `E02xx` names and places, `W0xxx` warnings. A code never changes its meaning and is never reused.

use crate::diagnostic::{Code, Severity};

macro_rules! codes {
    ($($name:ident $id:literal $severity:ident $title:literal $explanation:literal)*) => {
        $(
            #[doc = concat!("`", $id, "`: ", $title)]
            pub static $name: Code = Code { id: $id, severity: Severity::$severity, title: $title, explanation: $explanation };
        )*
        /// Every code, in the order of the table.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

/// The row with this identifier, such as `E0101`.
pub fn find(id: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.id.eq_ignore_ascii_case(id))
}

codes! {
    // ── Syntax ─────────────────────────────────────────────────────────────────────────────────────────────────────
    SYNTAX "E0101" Error "unexpected text"
    "The text stops making sense at the marked place. The message says what could stand there.

```
let x = * 2        # expected an expression
```"
    UNCLOSED "E0102" Error "a bracket is not closed"
    "Every `(`, `[`, `{` and `${` needs its closing bracket. When several are open, the indentation of the lines that
follow is used to guess which one was forgotten.

```
let a = [1, 2      # this `[` is never closed
let b = 3
```"
    UNMATCHED_CLOSE "E0103" Error "a closing bracket without its opening one"
    "No open bracket fits this closing one.

```
f(1))
```"
    UNTERMINATED_STRING "E0104" Error "a string is not closed"
    "A string in `\"…\"` or `'…'` ends on its line. One that spans lines is written with three quotes.

```
let s = \"no end
let t = \"\"\"
    two
    lines
    \"\"\"
```"
    TOO_DEEP "E0105" Error "nested too deeply"
    "Expressions, blocks and patterns nest at most 1000 levels deep; every operator of a chain counts as a level.
Name the inner parts with `let`, or build long sums and texts in a loop."
    UNEXPECTED_CHARACTER "E0106" Error "unexpected character"
    "This character has no meaning in the language outside strings and comments."
    BAD_NUMBER "E0107" Error "malformed number"
    "Integers are written `1_000`, `0xff`, `0o17`, `0b1010`; floats `1.5`, `2e-3`, `1_000.5`."
    BAD_ESCAPE "E0108" Error "unknown escape in a string"
    "A `\\` in `\"…\"` begins one of `\\n \\t \\r \\0 \\\" \\\\ \\$ \\u{1F600}`. A string without escapes is written `'…'`.

```
let digits = '\\d+'
```"
    STRING_INDENT "E0109" Error "inconsistent indentation in a string over several lines"
    "The common indentation of the lines is removed. That needs lines that are all indented with spaces, or all with
tabs."
    BAD_FORMAT "E0110" Error "malformed format"
    "What follows `:` in `${x:…}` is, in this order and each optional: a fill character and `<`, `^` or `>`; `+`, `-` or a
space; `#`; `0`; a width; `,`; `.` and a precision; one of `d x X o b f e E g % s ?`.

```
\"${price:>8.2}|${mask:08b}\"
```"
    NEWLINE_BEFORE_BRACE "E0111" Error "a newline before `{`"
    "A newline ends a statement, so the `{` of a block stands on the line of its head.

```
if ready {
    go()
}
```"
    BLOCK_FOR_MAP "E0112" Error "a block where a map is meant"
    "After `=>` and after the parameters of a lambda, `{` opens a block. A map there is put in brackets.

```
let point = |x, y| ({x: x, y: y})
```"
    COMPARISON_CHAIN "E0113" Error "a chain of comparisons"
    "Comparisons do not chain: `a < b < c` would compare the result of `a < b` with `c`.

```
if low < x and x < high { }
```"
    ASSIGN_IN_CONDITION "E0114" Error "an assignment where a condition is expected"
    "`=` assigns, `==` compares.

```
if x == 1 { }
```"
    NOT_ASSIGNABLE "E0115" Error "this cannot be assigned to"
    "What can be assigned to: a name, `object.name`, `object[index]`, and tuples and lists of these.

```
(a, b) = (b, a)
```"
    FOREIGN_OPERATOR "E0116" Error "an operator of other languages"
    "The logical operators are words: `and`, `or`, `not`.

```
if ready and not done { }
```"
    KEYWORD_AS_NAME "E0117" Error "a keyword used as a name"
    "Keywords cannot name variables, functions, classes or parameters. After a `.`, as the key of a map and as the name
of an argument they are ordinary names."
    ONCE_PATTERN "E0118" Error "`once` binds one name"
    "`once` evaluates only if its name is not defined yet, so there is exactly one name.

```
once pair = f()
let (a, b) = pair
```"
    POSITIONAL_AFTER_NAMED "E0119" Error "an argument by position after one by name"
    "Arguments by position come first.

```
area(2, h: 3)
```"
    REST_NOT_LAST "E0120" Error "`...rest` is not last"
    "A rest takes what is left, so nothing can follow it, and there is one at most.

```
let [first, ...others] = xs
```"
    MAP_KEY "E0121" Error "a map entry needs a key and a value"
    "Entries are written `name: value`, `\"text\": value`, `1: value` or `[expression]: value`. A bare name is a string
key; `true`, `false` and `nil` are written `[true]: …`.

A `{` at the start of a statement opens a map; a block on its own is `do { … }`."
    MISSING_VALUE "E0122" Error "a value is missing"
    "`const` and `once` need a value.

```
const LIMIT = 100
```"
    LONELY_TRY "E0123" Error "`try` without `catch` or `finally`"
    "A `try` that handles nothing has no effect.

```
try { risky() } catch e is IOError { print(e.message) }
```"
    BAD_MEMBER "E0124" Error "this member cannot stand here or has the wrong shape"
    "Setters and `migrate` take one parameter; `extend` adds no slots; operators are defined inside classes and enums.

```
class Monster {
    slot hp = 10
    set alive(v) { self.hp = if v { 1 } else { 0 } }
}
```"
    VARIANT_NAME "E0125" Error "a variant called like a member keyword"
    "In the body of an enum `slot shared static get set migrate` begin members, so no variant may be called so."
    VARIANT_SEPARATOR "E0126" Error "variants are separated by `,` or a newline"
    "```
enum Shape { Circle(r), Rect(w, h), Unit }
```"
    OPERATOR_METHOD "E0127" Error "this operator cannot be defined"
    "A class may define `+ - * / // % ** == < <= [] []= ()`, `unary -` and `in`; `!= > >=` derive from these."
    NAMESPACE_PLACE "E0128" Error "`namespace` is not first"
    "`namespace a.b` is the first statement of its file, and there is one at most."
    TOO_LARGE "E0129" Error "the text is too large"
    "Texts of more than 256 MB are not read."
    WAS_PLACE "E0130" Error "`was` has no meaning here"
    "`was` names what a definition or slot is renamed from, at top level or in a class: after the name of a variable, constant or slot,
after the parameters of a function, and after the bases of a class.

```
let speed was velocity = 1.0
fn advance(dt) was step { }
class Body was Thing { }
```"
    UNREACHABLE_ARM "E0131" Error "later arms cannot be reached"
    "A bare name matches everything and binds it, so arms after it are never tried. To compare with the value of a name,
write `==`.

```
match n {
    == MAX => \"limit\"
    other => other
}
```"
    CATCH_CLASS "E0132" Error "`catch` with a class instead of a name"
    "The name behind `catch` is a variable for the error. The classes that are caught stand behind `is`; without them every
error is caught.

```
try { risky() } catch e is KeyError | ValueError { nil } catch e { print(e.message) }
```"

    // ── Names and places ───────────────────────────────────────────────────────────────────────────────────────────
    OUTSIDE_LOOP "E0201" Error "`break` or `continue` outside a loop"
    "They act on the innermost loop of the same function, or on the one with the given label."
    UNKNOWN_LABEL "E0202" Error "no loop around has this label"
    "```
outer: while true {
    for x in xs { break outer }
}
```"
    RETURN_OUTSIDE "E0203" Error "`return` outside a function"
    "At top level, in a slot's default and in the value of a shared slot there is nothing to return from."
    YIELD_OUTSIDE "E0204" Error "`yield` outside a function"
    "`yield` suspends the running fiber; a top-level statement does not run in one.

```
let numbers = fiber(fn() { yield 1; yield 2 })
```"
    SELF_OUTSIDE "E0205" Error "`self` or `super` outside a class"
    "They have a meaning in methods, properties, static functions, slot defaults and `migrate`, and in functions inside
these."
    NOT_TOP_LEVEL "E0206" Error "this may stand at top level only"
    "`import`, `once` and `test` belong to the file, not to a block."
    DUPLICATE_LOCAL "E0207" Error "a name is declared twice in one block"
    "An inner block may declare a name again; one block may not. To change the variable, assign without `let`."
    DUPLICATE_DEFINITION "E0208" Error "a top-level name is defined twice in one file"
    "A definition has one text. Remove or rename one of the two; to change a variable, assign without `let`."
    DEFINED_AND_IMPORTED "E0209" Error "a top-level name is also imported"
    "In one file a name cannot be both a definition and an import. Import it under another name: `import a.b as c`."
    DUPLICATE_PARAMETER "E0210" Error "two parameters of one name"
    "Parameters of a function have different names."
    DUPLICATE_MEMBER "E0211" Error "a member is defined twice"
    "A class has one member of each name; a getter and a setter may share it."
    CONST_ASSIGNED "E0212" Error "a constant is assigned to"
    "`const` may not be assigned. Make it a `let` if it changes."
    ALTERNATIVES_DIFFER "E0213" Error "alternatives of a pattern bind different names"
    "Whichever alternative matches, the same names must be bound.

```
match v {
    (x, nil) | (nil, x) => x
    n is Int | n is Float => n
}
```"
    BOUND_TWICE "E0214" Error "a pattern binds a name twice"
    "Each name stands for one value. To demand equal values use a guard: `(a, b) if a == b`."
    IMPORTED_TWICE "E0215" Error "a name is imported twice"
    "Two imports of a file bind the same name. Use `as` to give one another name."
    DEFINITION_ASSIGNED "E0216" Error "a function, class, enum or namespace is assigned to"
    "Such definitions change by redefinition, not by assignment. Use `let` for what changes while the program runs."
    IMPORT_NAME "E0217" Error "an import needs a name"
    "A file is imported under its name without the ending. When that is no identifier, `as` gives one.

```
import \"./two-words.lang\" as words
```"

    // ── Warnings ───────────────────────────────────────────────────────────────────────────────────────────────────
    RANGE_METHOD "W0001" Warning "a method call binds tighter than `..`"
    "`0..10.step(2)` means `0..(10.step(2))`.

```
for i in (0..10).step(2) { }
```"
    UNUSED_SIGN "W0002" Warning "a line that begins with `-` and whose value is unused"
    "A newline ended the statement before. To continue it, put the operator at the end of the line.

```
let x = a -
    b
```"
    RAW_ESCAPE "W0003" Warning "what looks like an interpolation in a raw string"
    "`'…'` has neither escapes nor interpolation: `'${name}'` is just these characters. Use `\"…\"` for the value of `name`.
A raw string with a backslash in it is taken to be meant as it is, and backslashes alone, as in a regular expression, are
never warned of."
    UNREACHABLE_WILDCARD "W0004" Warning "arms after `_` are never tried"
    "`_` matches everything. Put it last."
    ASSERT_TUPLE "W0005" Warning "an assertion that always holds"
    "`assert` is no function. With brackets around condition and message it looks at a tuple, which is always true.

```
assert x > 0, \"x must be positive\"
```"
    BARE_VARIANT "W0006" Warning "a variant without its enum in a pattern"
    "A bare name in a pattern matches everything and binds it, also when an enum has a variant of this name. Variants are written
with their enum.

```
enum Color { Red, Green }
fn text(color) {
    match color {
        Color.Red => \"stop\"
        Color.Green => \"go\"
    }
}
```"
    UNUSED_LOCAL "W0007" Warning "a local that nothing uses"
    "A variable, function or class inside a block that nothing mentions is left over, or a name was mistyped where it should be used.
`lang check` tells; a name that begins with `_` says that it is meant so. Parameters, loop variables and caught errors need not be used.

```
fn area(w, h) {
    let _unit = \"m\"       # kept for later
    w * h
}
```"
    UNUSED_IMPORT "W0008" Warning "an import that nothing uses"
    "`lang check` tells of imports whose name is never mentioned. One that has an effect counts as used: the file it loads runs
statements, extends classes, uses decorators or contributes to a namespace that it names on its first line."
    UNREACHABLE "W0009" Warning "code that is never reached"
    "`return`, `throw`, `break` and `continue` leave their block, so what stands behind them in it never runs. `lang check` tells.

```
fn sign(n) {
    if n < 0 { return -1 }
    1
}
```"
    WRONG_ARGUMENTS "W0010" Warning "a call whose arguments cannot be taken"
    "The function, or `init` of the class, is in one of the files that are checked, and it takes fewer arguments than it is given, needs
more, or has no parameter of the given name. When it is reached, such a call raises ArityError.

```
fn area(w, h = w) { w * h }
area(2)
area(2, h: 3)
```"
    UNKNOWN_MEMBER "W0011" Warning "a member of `self` that does not exist"
    "Neither the class, nor its bases, its subclasses or an `extend` of these has a slot, method or property of this name, so using it
raises SlotError. `lang check` tells where all of these are in the files that it is given: check a program as a whole, with
`lang check DIRECTORY`.

```
class Counter {
    slot count = 0
    fn add() { self.count += 1 }
}
```"
    SAME_TEST "W0012" Warning "two tests of one name"
    "Tests of a file are told apart by their names: `FILE::NAME` runs all that are called so, and a report does not show which of them
failed. Give each test a name of its own.

```
test \"an empty cart costs nothing\" { }
test \"a full cart costs something\" { }
```"
}
