//! Common slips, mostly habits from other languages, and what to write instead.

use super::message::{Found, Mistake};
use super::recover;
use crate::token::Token;

/// Words of other languages that begin a construct.
const FOREIGN_WORDS: &[(&str, &str)] = &[
    ("def", "a function is written `fn name(x) { … }`"),
    ("function", "a function is written `fn name(x) { … }`, without a name `|x| …` or `fn(x) { … }`"),
    ("func", "a function is written `fn name(x) { … }`"),
    ("fun", "a function is written `fn name(x) { … }`"),
    ("sub", "a function is written `fn name(x) { … }`"),
    ("lambda", "a function without a name is written `|x| …`"),
    ("var", "a variable is made with `let name = …`"),
    ("val", "a variable is made with `let name = …`"),
    ("local", "a variable is made with `let name = …`"),
    ("mut", "every variable made with `let` can be assigned; `const` makes one that cannot"),
    ("elif", "write `else if`"),
    ("elsif", "write `else if`"),
    ("elseif", "write `else if`"),
    ("then", "the block of an `if` is written in braces: `if x { … }`"),
    ("unless", "write `if not … { }`"),
    ("until", "write `while not … { }`"),
    ("loop", "write `while true { }`"),
    ("foreach", "write `for x in xs { }`"),
    ("switch", "write `match value { pattern => result }`"),
    ("case", "arms of a `match` are written `pattern => result`"),
    ("when", "write `match value { pattern => result }`"),
    ("default", "the arm for everything else is `_ => …`"),
    ("except", "write `catch e is ErrorClass { }`"),
    ("rescue", "write `catch e is ErrorClass { }`"),
    ("raise", "write `throw ValueError(\"…\")`"),
    ("extends", "bases stand in brackets: `class Goblin(Monster) { … }`"),
    ("implements", "bases stand in brackets: `class Goblin(Monster) { … }`"),
    ("constructor", "what a new instance does is written `fn init(x) { … }`"),
    ("struct", "write `class Name { slot a; slot b }`"),
    ("interface", "write `class Name { fn method() { } }`; a class may have several bases"),
    ("trait", "write `class Name { fn method() { } }`; a class may have several bases"),
    ("impl", "methods stand inside the `class`; `extend Name { }` adds more"),
    ("new", "an instance is made by calling its class: `Name(…)`"),
    ("async", "every function can wait: write it without `async`"),
    ("await", "every call can wait: write it without `await`"),
    ("pass", "an empty block is `{ }`"),
    ("end", "blocks end with `}`"),
    ("begin", "a block on its own is `do { … }`"),
    ("use", "write `import a.b` or `from a.b import x`"),
    ("require", "write `import a.b` or `from a.b import x`"),
    ("include", "write `import a.b` or `from a.b import x`"),
    ("using", "write `import a.b` or `from a.b import x`"),
    ("package", "write `namespace a.b` on the first line"),
    ("module", "write `namespace a.b` on the first line"),
    ("export", "every top-level name can be imported"),
    ("public", "every member is public"),
    ("private", "every member is public; by habit a name that begins with `_` is internal"),
    ("protected", "every member is public; by habit a name that begins with `_` is internal"),
    ("pub", "every top-level name can be imported"),
    ("global", "a top-level name can be assigned from everywhere in its file"),
    ("nonlocal", "variables of an enclosing function can be assigned as they are"),
    ("del", "write `m.remove(key)`, or assign nil"),
    ("delete", "write `m.remove(key)`, or assign nil"),
    ("instanceof", "write `x is Class`"),
    ("of", "write `for x in xs { }`"),
    ("goto", "use a labelled loop: `outer: while …` and `break outer`"),
];

/// What to write instead, when the mistake is one of the common ones.
pub(super) fn help(mistake: &Mistake<'_>) -> Option<String> {
    catch_clause(mistake)
        .or_else(|| foreign_word(mistake).map(str::to_owned))
        .or_else(|| argument_by_name(mistake))
        .or_else(|| habit(mistake).or_else(|| shape(mistake)).or_else(|| operator(mistake)).map(str::to_owned))
}

/// What follows `self` where it cannot stand, or another keyword in the place of a name.
pub(super) fn help_for_keyword(mistake: &Mistake<'_>) -> String {
    use Token::*;
    let open = recover::enclosing(mistake.tokens, mistake.at).and_then(|i| i.checked_sub(2));
    let is_function = open.is_some_and(|i| mistake.tokens[i].token == Fn);
    match (mistake.before(2), mistake.before(1), mistake.token()) {
        (Some(For), Some(ParenOpen), _) => "a loop over numbers is written `for i in 0..n { }`".to_owned(),
        (_, _, Some(SelfKw)) if is_function => "methods have `self` without naming it: `fn name(x) { self.slot = x }`".to_owned(),
        _ if in_bare_map(mistake) => "a `{` here opens a map; a block on its own is written `do { … }`".to_owned(),
        _ => format!("choose another name, such as `{}_`", mistake.text_at(mistake.at)),
    }
}

/// A `catch` as other languages write it.
fn catch_clause(mistake: &Mistake<'_>) -> Option<String> {
    use Token::*;
    let start = mistake.tokens[..mistake.at].iter().rposition(|lexeme| lexeme.token == Catch)?;
    let names: Vec<&str> = (start + 1..=mistake.at)
        .filter(|i| mistake.tokens.get(*i).is_some_and(|l| l.token == Name))
        .map(|i| mistake.text_at(i))
        .collect();
    let next = |offset: usize| {
        mistake.tokens.get(mistake.at + offset).filter(|l| l.token == Name).map(|_| mistake.text_at(mistake.at + offset))
    };
    let inside = &mistake.tokens[start + 1..mistake.at];
    if inside.iter().any(|lexeme| !matches!(lexeme.token, Name | Dot)) {
        return None;
    }
    let class = inside.first().map_or("", |_| mistake.text_at(start + 1));
    match (mistake.token()?, names.as_slice()) {
        (Bar | Comma, [_, ..]) => {
            Some(format!("to take several classes write `catch e is {class} | {}`", next(1).unwrap_or("OtherError")))
        }
        (Colon, [name]) => Some(format!("the class stands behind `is`: `catch {name} is {}`", next(1).unwrap_or("ValueError"))),
        (As, [_]) => Some(format!("the name comes first: `catch {} is {class}`", next(1).unwrap_or("e"))),
        (Name, [class, name]) => Some(format!("the name comes first: `catch {name} is {class}`")),
        (Dot, [_]) => Some(format!("the class stands behind a name and `is`: `catch e is {class}.{}`", next(1).unwrap_or("Error"))),
        _ => None,
    }
}

/// `f(x, sep="")`.
fn argument_by_name(mistake: &Mistake<'_>) -> Option<String> {
    use Token::*;
    let is_argument = mistake.before(1) == Some(Name) && matches!(mistake.before(2), Some(ParenOpen | Comma));
    let called = recover::enclosing(mistake.tokens, mistake.at).filter(|i| *i > 0 && mistake.tokens[*i].token == ParenOpen);
    let in_call = called.is_some_and(|i| mistake.tokens[i - 1].token.ends_operand());
    (mistake.token() == Some(Eq) && is_argument && in_call)
        .then(|| format!("an argument by name is written `{}: value`", mistake.text_at(mistake.at - 1)))
}

fn foreign_word(mistake: &Mistake<'_>) -> Option<&'static str> {
    let is_word = |i: usize| mistake.tokens.get(i).is_some_and(|lexeme| lexeme.token == Token::Name);
    // A name that is being defined may be any word.
    let is_defined = |i: usize| i.checked_sub(1).is_some_and(|i| mistake.tokens[i].token == Token::Fn);
    let look_up = |i: usize| {
        let text = mistake.text_at(i);
        FOREIGN_WORDS.iter().find(|(word, _)| is_word(i) && !is_defined(i) && *word == text).map(|(_, help)| *help)
    };
    // `f(x) {`: the word that began the statement is to blame when a block follows a call.
    let at = mistake.at;
    look_up(at).or_else(|| at.checked_sub(1).and_then(look_up)).or_else(|| {
        let open = recover::enclosing(mistake.tokens, at).map_or(0, |open| open + 1);
        let start = (open..at).rev().find(|i| mistake.tokens[*i].token == Token::Sep).map_or(open, |i| i + 1);
        look_up(start)
    })
}

/// Slips seen from what is missing.
fn shape(mistake: &Mistake<'_>) -> Option<&'static str> {
    use Token::*;
    let before = mistake.before(1);
    let ends = mistake.found != Found::Token || matches!(mistake.token(), Some(Sep | BlockClose | ParenClose | Comma));
    match (before, mistake.token()) {
        (Some(BarClose | BarEmpty), _) if ends => Some("a lambda needs a body: `|x| x + 1` or `|x| { … }`"),
        (Some(Arrow), _) if ends => Some("an arm needs a body: `pattern => value` or `pattern => { … }`"),
        (Some(Super), _) => Some("`super` continues a method: `super.name(…)`"),
        (Some(QuestionDot), Some(ParenOpen | BracketOpen)) => {
            Some("`?.` is followed by a name; check for nil before a call or an index")
        }
        (Some(Dot), Some(Number)) => Some("an item is read with an index: `pair[0]`"),
        (_, Some(Dot)) if mistake.expects("self") => Some("a float is written with a digit before the point: `0.5`"),
        (Some(Dot), Some(Star)) => Some("name what is imported: `from a import x, y`"),
        (Some(Catch), Some(ParenOpen)) => Some("write `catch e { }` or `catch e is ErrorClass { }`, without brackets"),
        (Some(Name), Some(Str | StrOpen | Number)) if begins_statement(mistake) => Some("a call is written with brackets: `f(x)`"),
        (Some(Name), Some(Name)) if begins_statement(mistake) && is_last_of_call(mistake) => {
            Some("a call is written with brackets: `f(x)`")
        }
        (Some(Name), Some(Name | Fn)) if follows_slot(mistake) => Some("members of a class are separated by a new line or `;`"),
        (_, Some(Name)) if mistake.expects("map}") && mistake.expects(":") => Some("entries of a map are written `key: value`"),
        (_, Some(Let | Const)) if mistake.expects("class") => Some("only functions, methods and classes can be decorated"),
        (_, Some(Fn)) if mistake.expects("self") => None,
        (Some(Fn), Some(Name)) => Some("a function with a name is a statement; as a value write `|x| …` or `fn(x) { … }`"),
        (_, Some(Name)) if mistake.expects("slot") && mistake.tokens.get(mistake.at + 1).is_some_and(|l| l.token == ParenOpen) => {
            Some("a method is written `fn name(x) { … }`")
        }
        (_, Some(Let | Const | Name)) if mistake.expects("slot") => {
            Some("a slot is written `slot name = value`, one per class `shared name = value`")
        }
        (_, Some(Not)) if mistake.expects("self") => Some("`not` binds loosely: put `(not …)` in brackets here"),
        (_, Some(Else)) => Some("there is no `if` that this `else` could belong to: `}` and `else` stand together, without `;`"),
        (_, Some(Catch | Finally)) => Some("there is no `try` before this"),
        (Some(Name), Some(_)) if in_bare_map(mistake) => Some("a `{` here opens a map; a block on its own is written `do { … }`"),
        _ if mistake.expects("block{") && ends && missing_condition(mistake) => Some("the condition is missing: `if x { … }`"),
        _ if mistake.expects("block{") && !mistake.expects("name") && !matches!(mistake.token(), Some(Colon | Eq)) => {
            Some("the block follows in braces on the same line: `{ … }`")
        }
        _ => None,
    }
}

/// The token before is the first of its statement.
fn begins_statement(mistake: &Mistake<'_>) -> bool {
    mistake.before(2).is_none_or(|token| matches!(token, Token::Sep | Token::BlockOpen))
}

/// `print x` or `print x, y`, unlike `int x = 1`.
fn is_last_of_call(mistake: &Mistake<'_>) -> bool {
    mistake.tokens.get(mistake.at + 1).is_none_or(|l| matches!(l.token, Token::Sep | Token::BlockClose | Token::Comma))
}

/// `slot a slot b`
fn follows_slot(mistake: &Mistake<'_>) -> bool {
    let words = ["slot", "shared"];
    mistake.before(2).is_some() && words.contains(&mistake.text_at(mistake.at - 2))
}

/// The `{` around was written at the start of a statement, as if it opened a block.
fn in_bare_map(mistake: &Mistake<'_>) -> bool {
    let Some(open) = recover::enclosing(mistake.tokens, mistake.at) else { return false };
    let before = open.checked_sub(1).map(|i| mistake.tokens[i].token);
    mistake.tokens[open].token == Token::MapOpen && before.is_none_or(|token| matches!(token, Token::Sep | Token::BlockOpen))
}

/// `if { … }`: what should be the block was read as a map.
fn missing_condition(mistake: &Mistake<'_>) -> bool {
    mistake.tokens.windows(2).any(|pair| matches!(pair[0].token, Token::If | Token::While) && pair[1].token == Token::MapOpen)
}

/// Constructs of other languages, seen from the token that does not fit.
fn habit(mistake: &Mistake<'_>) -> Option<&'static str> {
    use Token::*;
    let at = mistake.at;
    let line = mistake.tokens[..at].iter().rposition(|l| matches!(l.token, Sep | BlockOpen | BlockClose)).map_or(0, |i| i + 1);
    let first = mistake.tokens.get(line).map(|lexeme| lexeme.token);
    let open = recover::enclosing(mistake.tokens, at).map(|i| mistake.tokens[i].token);
    let is_operand = mistake.expects("self");
    let begins = |tokens: &[Token]| {
        tokens.iter().enumerate().all(|(i, token)| mistake.tokens.get(line + i).is_some_and(|l| l.token == *token))
    };
    if begins(&[SlashSlash]) || begins(&[Slash, Star]) || begins(&[Minus, Minus]) && mistake.touches_next(line) {
        return Some("a comment begins with `#`");
    }
    match (mistake.before(1), mistake.token()?) {
        (None | Some(Sep), Colon) if mistake.touches_next(at) => {
            Some("commands such as `:help` are for the session that `lang` opens on a terminal; here is a program's text")
        }
        (Some(Name), Str | StrOpen) if mistake.touches_next(at - 1) => {
            Some("a string has no prefix: values stand in it as `\"${x}\"`, and `'…'` is raw")
        }
        (_, For) if open == Some(BracketOpen) => Some("a list is made from another with `xs.map(|x| …)` and `xs.filter(|x| …)`"),
        (_, For) if open == Some(MapOpen) => Some("a map is made from another with `m.map(|(k, v)| (k, …)).to_map()`"),
        (Some(Name), Eq) if mistake.before(2) == Some(For) => Some(COUNTED_LOOP),
        (_, Comma) if first == Some(For) && mistake.tokens[line..at].iter().any(|l| l.token == In) => Some(COUNTED_LOOP),
        (_, Do) if mistake.expects("block{") => Some("the block of a loop is written in braces: `for x in xs { … }`"),
        (Some(Name), Was) if mistake.before(2) == Some(Fn) => {
            Some("the old name stands behind the parameters: `fn name(x) was old { … }`")
        }
        (Some(Name), ParenOpen) if mistake.before(2) == Some(Was) => {
            Some("the old name stands there without parameters: `fn name(x) was old { … }`")
        }
        (_, Comma) if first == Some(Return) => Some("several values are returned as a tuple: `return (a, b)`"),
        (_, Comma) if is_multiple_assignment(mistake, line) => Some("several values are assigned in brackets: `(a, b) = (b, a)`"),
        (_, Comma) if first == Some(For) => Some("items are taken apart in brackets: `for (k, v) in m { }`"),
        (_, Comma) if matches!(first, Some(Let | Const)) => {
            Some("several values are taken apart in brackets: `let (a, b) = (1, 2)`")
        }
        (_, Comma) if first == Some(Import) => Some("write one `import` for each namespace"),
        (Some(before), If) if mistake.may_end && before.ends_operand() => {
            Some("a choice is written `if condition { a } else { b }`")
        }
        (Some(ParenOpen | Comma), Star) if is_operand => Some("the items of a list become arguments with `f(...xs)`"),
        (Some(ParenOpen | Comma), Star) => Some("further arguments are taken as a list by `...rest`"),
        (Some(ParenOpen | Comma), StarStar) => Some("arguments by name need parameters of these names; pass a map for others"),
        (Some(Name), Lt | Colon) if mistake.before(2) == Some(Class) => {
            Some("bases stand in brackets: `class Goblin(Monster) { … }`")
        }
        (Some(ParenClose), Minus) if first == Some(Fn) && mistake.touches_next(at) => {
            Some("functions name no type of result: `fn f(x) { … }`")
        }
        (Some(ParenClose), Colon) if first == Some(Fn) => Some("the body of a function is a block: `fn f(x) { … }`"),
        (Some(ParenClose), Eq) if first == Some(Fn) => Some("the body of a function is a block: `fn f(x) { … }`"),
        (_, SlashSlash) => None,
        _ if mistake.tokens[line..at].iter().any(|l| l.token == SlashSlash) => Some("`//` divides; a comment begins with `#`"),
        _ => None,
    }
}

/// What a loop of other languages that counts is written as.
const COUNTED_LOOP: &str = "a loop over numbers is written `for i in 1..=10 { … }`";

/// `a, b = b, a`: the statement at `line` begins with a name, the comma, and has a `=`.
fn is_multiple_assignment(mistake: &Mistake<'_>, line: usize) -> bool {
    use Token::*;
    let rest = mistake.tokens[mistake.at..].iter().map(|l| l.token);
    mistake.at == line + 1
        && mistake.before(1) == Some(Name)
        && rest.take_while(|token| !matches!(token, Sep | BlockClose)).any(|token| token == Eq)
}

/// Whether the place is in what is assigned or passed, and not, say, at the beginning of an arm.
fn is_value(mistake: &Mistake<'_>) -> bool {
    use Token::*;
    let before = mistake.tokens[..mistake.at].iter().map(|l| l.token).rev();
    let mut before = before.take_while(|token| !matches!(token, Sep | BlockOpen | BlockClose | Fn));
    let is_argument = recover::enclosing(mistake.tokens, mistake.at).is_some_and(|i| mistake.tokens[i].token == ParenOpen);
    before.any(|token| token == Eq) || is_argument
}

/// Whether the bracket around takes a value apart: behind `let`, or among the parameters of a function.
fn is_pattern(mistake: &Mistake<'_>) -> bool {
    use Token::*;
    let Some(open) = recover::enclosing(mistake.tokens, mistake.at) else { return false };
    let Some(before) = open.checked_sub(1).map(|i| mistake.tokens[i].token) else { return false };
    let within = recover::enclosing(mistake.tokens, open).filter(|i| *i > 0 && mistake.tokens[*i].token == ParenOpen);
    let is_parameter = within.is_some_and(|i| {
        mistake.tokens[i - 1].token == Fn || (i > 1 && mistake.tokens[i - 1].token == Name && mistake.tokens[i - 2].token == Fn)
    });
    // Without a second `=` the bracket was forgotten.
    let has_value = || mistake.tokens[mistake.at + 1..].iter().map(|l| l.token).take_while(|t| *t != Sep).any(|t| t == Eq);
    (matches!(before, Let | Const) && has_value()) || (is_parameter && matches!(before, ParenOpen | Comma))
}

/// Slips seen from the operator that does not fit.
fn operator(mistake: &Mistake<'_>) -> Option<&'static str> {
    use Token::*;
    let at = mistake.at;
    let touches = at > 0 && mistake.touches_next(at - 1);
    let open = recover::enclosing(mistake.tokens, at).map(|i| mistake.tokens[i].token);
    match (mistake.before(1), mistake.token()) {
        (Some(EqEq | NotEq), Some(Eq)) if touches => Some("equality is `==`, its opposite `!=`"),
        (Some(Plus), Some(Plus)) if touches => Some("write `x += 1`"),
        (Some(Plus), _) if mistake.before(2) == Some(Plus) => Some("write `x += 1`"),
        (Some(Minus), _) if mistake.before(2) == Some(Minus) && mistake.touches_next(at - 2) => Some("write `x -= 1`"),
        (Some(Minus), Some(Gt)) if touches && is_value(mistake) => Some("a lambda is written `|x| …`"),
        (Some(Minus), Some(Gt)) if touches => Some("arms are written `pattern => value`; functions name no type of result"),
        (Some(Eq), Some(Gt)) if touches => Some("write `=>` without a space"),
        (Some(Colon), Some(Colon)) => Some("parts of a path are joined by `.`"),
        (Some(Lt), Some(Gt)) if touches => Some("unequal is `!=`"),
        (_, Some(Colon)) if open == Some(BracketOpen) => Some("a slice is written `xs[a..b]`"),
        (_, Some(Colon)) if matches!(open, Some(ParenOpen)) => Some("parameters and variables have no types"),
        (_, Some(Colon)) if mistake.expects("block{") => Some("a block is written in braces: `if x { … }`"),
        (_, Some(Colon)) => Some("variables have no types, and blocks are written in braces"),
        (_, Some(Eq)) if open == Some(MapOpen) && mistake.expects(":") && !is_pattern(mistake) => {
            Some("entries of a map are written `key: value`")
        }
        (_, Some(Eq)) if mistake.tokens[..at].iter().any(|lexeme| lexeme.token == Eq) => {
            Some("an assignment has no value: write one statement for each")
        }
        (_, Some(Eq)) if is_pattern(mistake) => Some("a name in a pattern has no default: set it in a statement, `a = a ?? 1`"),
        (Some(before), Some(Eq)) if before.ends_operand() => {
            Some("`==` compares; to assign, write the assignment as a statement of its own")
        }
        (_, Some(Star)) if mistake.before(1) == Some(Import) => Some("name what is imported: `from a import x, y`"),
        (_, Some(MapOpen)) => Some("a map cannot stand here; a block stands on the line of its head"),
        (_, Some(BlockOpen)) if mistake.may_end => {
            Some("only `if`, `while`, `for`, `match`, `fn`, `class` … are followed by a block")
        }
        (_, Some(Arrow)) if mistake.tokens[..at].iter().any(|lexeme| lexeme.token == Arrow) => {
            Some("an arm needs a body, and a newline or `,` before the next: `pattern => value`")
        }
        (_, Some(Arrow)) => Some("a lambda is written `|x| …`; `=>` belongs to the arms of a `match`"),
        _ => None,
    }
}
