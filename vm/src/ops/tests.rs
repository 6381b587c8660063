//! What the operations give without an interpreter: methods of the program are natives here, and [`settle`] calls them.

use super::*;
use crate::heap::Value;
use crate::host::NoHost;
use crate::object::{
    Class, ClassKind, Content, Control, Cx, EnumValue, ErrorKind, Instance, Keywords, Layout, List, Map, Member, NativeBody,
    NativeFn, NativeFunction, NativeResult, RangeObject, Set, SlotInfo, SlotInit, Tuple, Variant, World,
};
use gc_arena::{Arena, Gc, Rootable};
use num_bigint::BigInt;
use std::cell::Cell;

fn with_world(test: impl for<'a, 'gc> FnOnce(&mut Cx<'a, 'gc>)) {
    let mut arena = Arena::<Rootable![World<'_>]>::new(|mc| World::new(mc, Box::new(NoHost)));
    arena.mutate_root(|mc, world| {
        let mut cx = Cx { world, mc };
        if cx.world.errors.is_empty() {
            for (_, name, _) in ErrorKind::ALL {
                let class = new_class(&mut cx, name, &["message", "cause", "$trace"]);
                let root = cx.world.errors.first().copied().unwrap_or(class);
                Class::update(class, mc, |body| body.linearisation.push(root));
                cx.world.errors.push(class);
            }
        }
        test(&mut cx);
    });
}

fn new_class<'gc>(cx: &mut Cx<'_, 'gc>, name: &str, slots: &[&str]) -> Gc<'gc, Class<'gc>> {
    let class = cx.world.new_class(cx.mc, name, name.into(), ClassKind::Plain);
    let id = cx.world.fresh_id();
    let slots: Vec<SlotInfo<'gc>> = slots
        .iter()
        .map(|s| SlotInfo { name: cx.world.intern(cx.mc, s), owner: class, init: SlotInit::Unset, is_transient: false })
        .collect();
    let template = vec![Value::Unset; slots.len()].into();
    let content = Content { slots, template, fresh: [].into(), fillers: Vec::new() };
    let layout = Layout::new(cx.mc, id, class, 1, content);
    cx.world.layouts[id.0 as usize] = Some(layout);
    Class::set_layout(class, cx.mc, layout);
    class
}

fn method<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, name: &str, body: NativeFn) {
    let symbol = cx.world.intern(cx.mc, name);
    let body = NativeBody::Fn(body);
    let native = NativeFunction {
        name: symbol.0,
        body,
        least: 0,
        most: 255,
        keywords: Keywords::default(),
        intrinsic: Cell::default(),
        doc: "".into(),
    };
    let native = Value::Native(Gc::new(cx.mc, native));
    class.hashing.set(crate::object::HashSource::Program);
    Class::update(class, cx.mc, |body| body.members.insert(symbol, Member::Method(native)));
}

fn instance<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, slots: &[Value<'gc>]) -> Value<'gc> {
    Value::Instance(Instance::new(cx.mc, class.layout().id, slots))
}

fn slot<'gc>(value: &Value<'gc>, i: usize) -> Value<'gc> {
    let Value::Instance(instance) = value else { panic!("an instance") };
    Instance::slot(*instance, i)
}

/// Runs a request to its end, as the interpreter would.
fn settle<'gc>(cx: &mut Cx<'_, 'gc>, result: NativeResult<'gc>) -> Result<Value<'gc>, String> {
    let mut result = result;
    loop {
        match result.map_err(|control| *control) {
            Ok(value) => return Ok(value),
            Err(Control::Raise(error)) => {
                let kind = cx.type_name(&error);
                let Value::Str(message) = slot(&error, 0) else { panic!("a message") };
                return Err(format!("{kind}: {}", message.as_str()));
            }
            Err(Control::Call { callee: Value::Native(native), args, then }) => {
                let NativeBody::Fn(body) = native.body else { panic!("a function") };
                let value = body(cx, &args);
                let value = settle(cx, value)?;
                result = match then {
                    Some(then) => then.then.then(cx, value),
                    None => Ok(value),
                };
            }
            Err(_) => panic!("no other request"),
        }
    }
}

fn text<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> String {
    let text = to_repr(cx, value);
    match settle(cx, text) {
        Ok(Value::Str(text)) => text.as_str().to_owned(),
        Ok(_) => panic!("a string"),
        Err(error) => error,
    }
}

fn shown<'gc>(cx: &mut Cx<'_, 'gc>, result: NativeResult<'gc>) -> String {
    match settle(cx, result) {
        Ok(value) => text(cx, value),
        Err(error) => error,
    }
}

/// A number: `i` for the int, else a float, or a power `b**e` for a big int.
fn num<'gc>(cx: &Cx<'_, 'gc>, source: &str) -> Value<'gc> {
    let (sign, digits) = source.strip_prefix('-').map_or((1, source), |rest| (-1, rest));
    if let Some((base, rest)) = digits.split_once("**") {
        let (exponent, plus) = rest.split_once('+').unwrap_or((rest, "0"));
        let power = BigInt::from(base.parse::<i64>().unwrap()).pow(exponent.parse().unwrap());
        return int_from_big(cx.mc, (power + plus.parse::<i64>().unwrap()) * sign);
    }
    source.parse().map(Value::Int).unwrap_or_else(|_| Value::Float(source.parse().unwrap()))
}

fn op(text: &str) -> ArithOp {
    use ArithOp::*;
    let all = [Add, Sub, Mul, Div, FloorDiv, Mod, Pow, BitAnd, BitOr, BitXor, Shl, Shr];
    all.into_iter().find(|op| op.text() == text).expect("an operator")
}

#[test]
fn arithmetic_follows_the_table() {
    let table = [
        ("9223372036854775807 + 1", "9223372036854775808"),
        ("2**63 - 1", "9223372036854775807"),
        ("-2**63 - 1", "-9223372036854775809"),
        ("-2**63 // -1", "9223372036854775808"),
        ("-2**63 % -1", "0"),
        ("-7 // 2", "-4"),
        ("7 // -2", "-4"),
        ("-7 % 2", "1"),
        ("7 % -2", "-1"),
        ("-7.0 // 2", "-4.0"),
        ("7.5 % -2", "-0.5"),
        ("-1 % inf", "inf"),
        ("1.0 // 0.0", "inf"),
        ("1.0 % 0", "nan"),
        ("0.7 // 0.1", "6.0"),
        ("-2**70 // 3", "-393530540239137101142"),
        ("-2**70 % 3", "2"),
        ("2**70 % -2**65", "0"),
        ("1 / 0", "inf"),
        ("-1 / 0", "-inf"),
        ("0 / 0", "nan"),
        ("7 / 2", "3.5"),
        ("2**80 / 2**79", "2.0"),
        ("2**2000 / 1", "inf"),
        ("1 / 2**1074", "5e-324"),
        ("1 / 2**1075", "0.0"),
        ("3 / 2**1076", "5e-324"),
        ("9007199254740993 / 1", "9007199254740992.0"),
        ("9007199254740995 / 1", "9007199254740996.0"),
        ("10**30 / 10**29", "10.0"),
        ("5 // 0", "ValueError: integer division by zero (`//`)"),
        ("2**80 % 0", "ValueError: remainder of a division by zero (`%`)"),
        ("2 ** 10", "1024"),
        ("2 ** 64", "18446744073709551616"),
        ("2 ** -1", "0.5"),
        ("2 ** 0.5", "1.4142135623730951"),
        ("-1 ** 2**80+1", "-1"),
        ("1 ** 9223372036854775807", "1"),
        ("3 ** 2**80", "LimitError: the int would have more than 67108864 bits"),
        ("1 << 3", "8"),
        ("1 << 63", "9223372036854775808"),
        ("-1 << 63", "-9223372036854775808"),
        ("1 << -1", "ValueError: `<<` by a negative count"),
        ("1 >> -1", "ValueError: `>>` by a negative count"),
        ("-5 >> 1", "-3"),
        ("-5 >> 100", "-1"),
        ("-2**70 >> 69", "-2"),
        ("-2**70 >> 2**70", "-1"),
        ("0 << 2**70", "0"),
        ("2**64+5 & 7", "5"),
        ("2**64 | -1", "-1"),
        ("-2**64 ^ 1", "-18446744073709551615"),
        ("1.5 & 1", "TypeError: `&` is defined for ints only, not for Float"),
        ("2**64 + 0.5", "1.8446744073709552e19"),
    ];
    with_world(|cx| {
        for (source, expected) in table {
            let mut words = source.split(' ');
            let (a, o, b) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            let (a, b) = (num(cx, a), num(cx, b));
            let result = arith(cx, op(o), a, b);
            assert_eq!(shown(cx, result), expected, "{source}");
        }
    });
}

#[test]
fn numbers_compare_and_hash_by_exact_value() {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let table = [
        ("9007199254740993", "9007199254740992.0", Some(Greater)),
        ("9007199254740992", "9007199254740992.0", Some(Equal)),
        ("9223372036854775807", "9223372036854775808.0", Some(Less)),
        ("-9223372036854775808", "-9223372036854775808.0", Some(Equal)),
        ("2**63", "9223372036854775808.0", Some(Equal)),
        ("2**100", "1267650600228229401496703205376.0", Some(Equal)),
        ("2**100+1", "1267650600228229401496703205376.0", Some(Greater)),
        ("2**100", "inf", Some(Less)),
        ("-2**100", "5", Some(Less)),
        ("1", "1.5", Some(Less)),
        ("-1", "-1.5", Some(Greater)),
        ("0", "-0.0", Some(Equal)),
        ("1", "nan", None),
    ];
    with_world(|cx| {
        for (a, b, order) in table {
            let (x, y) = (num(cx, a), num(cx, b));
            assert_eq!(compare_numbers(&x, &y), Some(order), "{a} {b}");
            assert_eq!(compare_numbers(&y, &x), Some(order.map(std::cmp::Ordering::reverse)), "{b} {a}");
            assert_eq!(equal_now(cx.world, &x, &y), Some(order == Some(Equal)), "{a} == {b}");
            let (HashResult::Hash(hx), HashResult::Hash(hy)) = (hash_now(cx.world, &x), hash_now(cx.world, &y)) else {
                panic!("numbers have hashes")
            };
            assert!(order != Some(Equal) || hx == hy, "{a} and {b} hash alike");
        }
    });
}

#[test]
fn formats_follow_the_table() {
    let table = [
        ("3.14159", ".2", "3.14"),
        ("3", ".2", "3.00"),
        ("42", "6", "    42"),
        ("42", "<6", "42    "),
        ("42", "*^6", "**42**"),
        ("42", "06", "000042"),
        ("-42", "06", "-00042"),
        ("42", "+", "+42"),
        ("255", "#x", "0xff"),
        ("255", "X", "FF"),
        ("-5", "b", "-101"),
        ("8", "#06o", "0o0010"),
        ("1234567", ",", "1,234,567"),
        ("1234567.891", ",.1", "1,234,567.9"),
        ("123", "04,", "0,123"),
        ("1234", "08,", "0,001,234"),
        ("0.25", ".1%", "25.0%"),
        ("1234.5", "e", "1.2345e3"),
        ("1234.5", ".1e", "1.2e3"),
        ("1234.5", "g", "1234.5"),
        ("0.00001", "g", "1e-5"),
        ("1e20", "g", "1e20"),
        ("inf", "06", "   inf"),
        ("-nan", "", "nan"),
        ("1.5", "x", "ValueError: the format type `x` needs an int, not Float"),
        ("1", "5y", "ValueError: bad format specification `5y`: `y` is not a type; types are d x X o b f e E g % s ?"),
        ("1", ".", "ValueError: bad format specification `.`: a number is expected after the point"),
        ("2**70", "x", "400000000000000000"),
    ];
    with_world(|cx| {
        for (value, spec, expected) in table {
            let value = num(cx, value);
            let result = format_value(cx, value, spec);
            let result = match settle(cx, result) {
                Ok(Value::Str(text)) => text.as_str().to_owned(),
                Ok(_) => panic!("a string"),
                Err(error) => error,
            };
            assert_eq!(result, expected, "{spec}");
        }
        let word = cx.str("äöü");
        for (spec, expected) in [("5", "\"äöü  \""), (">5", "\"  äöü\""), (".2", "\"äö\""), ("?", "\"\\\"äöü\\\"\"")] {
            let result = format_value(cx, word, spec);
            assert_eq!(shown(cx, result), expected, "{spec}");
        }
    });
}

#[test]
fn texts_show_structure() {
    with_world(|cx| {
        let list = List::new(cx.mc, vec![Value::Int(-120), Value::Float(1e16), Value::Nil]);
        List::push(list, cx.mc, Value::List(list));
        let quoted = cx.str("a\"${\n\u{7}");
        let tuple = Value::Tuple(Tuple::new(cx.mc, [quoted]));
        let set = Set::new(cx.mc);
        assert_eq!(text(cx, Value::Set(set)), "set([])");
        let added = set_add(cx, set, tuple);
        assert_eq!(shown(cx, added), "true");
        let map = Map::new(cx.mc);
        for (key, value) in [(Value::Float(2.0), Value::List(list)), (tuple, Value::Set(set))] {
            let set = map_set(cx, map, key, value);
            assert_eq!(shown(cx, set), "nil");
        }
        let expected = r#"{2.0: [-120, 1e16, nil, [...]], ("a\"\${\n\u{7}",): set([("a\"\${\n\u{7}",)])}"#;
        assert_eq!(text(cx, Value::Map(map)), expected);

        let class = new_class(cx, "Monster", &["name", "hp"]);
        let name = cx.str("orc");
        let monster = instance(cx, class, &[name, Value::Unset]);
        assert_eq!(text(cx, monster), "Monster(name: \"orc\", hp: <unset>)");
        method(cx, class, "str", |cx, args| to_str(cx, slot(&args[0], 0)));
        let string = to_str(cx, monster);
        assert_eq!(shown(cx, string), "\"orc\"");
        method(cx, class, "repr", |cx, args| {
            let text = to_str(cx, slot(&args[0], 0));
            let text = settle(cx, text).unwrap_or_default();
            concat(cx, &[text, Value::Int(1)])
        });
        let pair = Value::Tuple(Tuple::new(cx.mc, [monster, monster]));
        assert_eq!(text(cx, pair), "(orc1, orc1)");
        assert_eq!(describe(cx, &pair), "(Monster(name: \"orc\", hp: <unset>), Monster(name: \"orc\", hp: <unset>))");
        let error = cx.new_error(ErrorKind::ValueError, "bad");
        assert_eq!(text(cx, Value::Instance(error)), "ValueError(\"bad\")");
        let range = Value::Range(Gc::new(cx.mc, RangeObject { lo: 0, hi: 9, inclusive: true, step: 2 }));
        assert_eq!(text(cx, range), "(0..=9).step(2)");
    });
}

#[test]
fn enum_values_are_structural() {
    with_world(|cx| {
        let class = cx.world.new_class(cx.mc, "Shape", "Shape".into(), ClassKind::Enum);
        let fields = Some([cx.world.intern(cx.mc, "r")].into());
        let name = cx.world.intern(cx.mc, "Circle");
        let variant = Variant::new(cx.mc, class, name, fields, 0);
        let mc = cx.mc;
        let circle = |r| Value::EnumValue(EnumValue::new(mc, variant, [Value::Int(r)].into()));
        let (a, b, c) = (circle(2), circle(2), circle(3));
        assert_eq!(text(cx, a), "Shape.Circle(r: 2)");
        assert_eq!(equal_now(cx.world, &a, &b), Some(true));
        assert_eq!(equal_now(cx.world, &a, &c), Some(false));
        let map = Map::new(cx.mc);
        let _ = map_set(cx, map, a, Value::True);
        let found = map_get(cx, map, b);
        assert_eq!(shown(cx, found), "true");
        assert!(is_instance(cx, a, Value::Variant(variant)).is_ok_and(|yes| yes));
        assert!(is_instance(cx, a, Value::Class(class)).is_ok_and(|yes| yes));
    });
}

/// A point whose class defines `==`, `hash` and `<` by its only slot.
fn point_class<'gc>(cx: &mut Cx<'_, 'gc>) -> Gc<'gc, Class<'gc>> {
    let class = new_class(cx, "Point", &["x"]);
    method(cx, class, "==", |cx, args| match args[1] {
        Value::Instance(_) => equal(cx, slot(&args[0], 0), slot(&args[1], 0)),
        _ => Ok(Value::False),
    });
    method(cx, class, "hash", |cx, args| hash(cx, slot(&args[0], 0)));
    method(cx, class, "<", |cx, args| {
        let other = if let Value::Instance(_) = args[1] { slot(&args[1], 0) } else { args[1] };
        less(cx, slot(&args[0], 0), other)
    });
    class
}

#[test]
fn methods_of_the_program_are_waited_for() {
    with_world(|cx| {
        let class = point_class(cx);
        let mut points = || (0..40).map(|x| instance(cx, class, &[Value::Int(x % 20)])).collect::<Vec<_>>();
        let (many, more) = (points(), points());
        let (a, b) = (Value::List(List::new(cx.mc, many.clone())), Value::List(List::new(cx.mc, more.clone())));
        assert_eq!(equal_now(cx.world, &a, &b), None);
        let result = equal(cx, a, b);
        assert_eq!(shown(cx, result), "true");

        let (left, right) = (Map::new(cx.mc), Map::new(cx.mc));
        for (i, (x, y)) in many.iter().zip(&more).enumerate() {
            for (map, key) in [(left, *x), (right, *y)] {
                let key = Value::Tuple(Tuple::new(cx.mc, [key, Value::Nil]));
                let result = map_set(cx, map, key, Value::Int(i as i64));
                assert_eq!(shown(cx, result), "nil");
            }
        }
        assert_eq!((left.len(), right.len()), (20, 20));
        let result = equal(cx, Value::Map(left), Value::Map(right));
        assert_eq!(shown(cx, result), "true");
        let key = Value::Tuple(Tuple::new(cx.mc, [more[7], Value::Nil]));
        let result = get_index(cx, Value::Map(left), key);
        assert_eq!(shown(cx, result), "27");
        let result = map_remove(cx, left, key);
        assert_eq!(shown(cx, result), "27");
        let result = equal(cx, Value::Map(left), Value::Map(right));
        assert_eq!(shown(cx, result), "false");
        let missing = instance(cx, class, &[Value::Int(99)]);
        let result = contains(cx, missing, a);
        assert_eq!(shown(cx, result), "false");
        let result = contains(cx, more[3], a);
        assert_eq!(shown(cx, result), "true");

        let pairs = [(1, 2, "<"), (2, 2, "="), (3, 2, ">")];
        for (x, y, order) in pairs {
            let (p, q) = (instance(cx, class, &[Value::Int(x)]), instance(cx, class, &[Value::Int(y)]));
            let mc = cx.mc;
            let nested = |v| Value::Tuple(Tuple::new(mc, [Value::Int(0), v]));
            for (p, q) in [(p, q), (nested(p), nested(q))] {
                let result = less(cx, p, q);
                assert_eq!(shown(cx, result), if order == "<" { "true" } else { "false" });
                let result = less_equal(cx, p, q);
                assert_eq!(shown(cx, result), if order == ">" { "false" } else { "true" });
            }
        }
        // `5 < p` is `p > 5`: the right operand's methods are used.
        let p = instance(cx, class, &[Value::Int(6)]);
        let result = less(cx, Value::Int(5), p);
        assert_eq!(shown(cx, result), "true");
    });
}

#[test]
fn cycles_and_depth_are_safe() {
    with_world(|cx| {
        let mc = cx.mc;
        let cyclic = || {
            let list = List::new(mc, vec![Value::Int(1)]);
            List::push(list, mc, Value::List(list));
            list
        };
        let (a, b) = (cyclic(), cyclic());
        assert_eq!(equal_now(cx.world, &Value::List(a), &Value::List(b)), Some(true));
        let result = less(cx, Value::List(a), Value::List(b));
        assert_eq!(shown(cx, result), "false");
        List::push(b, cx.mc, Value::Nil);
        assert_eq!(equal_now(cx.world, &Value::List(a), &Value::List(b)), Some(false));

        let shared = || (0..80).fold(Value::Int(0), |v, _| Value::List(List::new(mc, vec![v, v])));
        let (a, b) = (shared(), shared());
        assert_eq!(equal_now(cx.world, &a, &b), Some(true));

        let shared = || (0..80).fold(Value::Int(0), |v, _| Value::Tuple(Tuple::new(mc, [v, v])));
        let (HashResult::Hash(a), HashResult::Hash(b)) = (hash_now(cx.world, &shared()), hash_now(cx.world, &shared())) else {
            panic!("tuples of ints have hashes")
        };
        assert_eq!(a, b);

        let deep = || (0..90_000).fold(Value::Int(0), |v, _| Value::Tuple(Tuple::new(mc, [v])));
        let (a, b) = (deep(), deep());
        assert_eq!(equal_now(cx.world, &a, &b), Some(true));
        assert!(matches!(hash_now(cx.world, &a), HashResult::Hash(_)));
        assert_eq!(text(cx, a).len(), 3 * 90_000 + 1);
    });
}

#[test]
fn slices_clamp_and_count_from_the_end() {
    with_world(|cx| {
        let list = Value::List(List::new(cx.mc, (0..5).map(Value::Int).collect()));
        let word = cx.str("häuser");
        let table = [
            (1, Some(3), false, "[1, 2]", "\"äu\""),
            (-2, None, false, "[3, 4]", "\"er\""),
            (0, Some(-1), false, "[0, 1, 2, 3]", "\"häuse\""),
            (0, Some(-1), true, "[0, 1, 2, 3, 4]", "\"häuser\""),
            (3, Some(100), true, "[3, 4]", "\"ser\""),
            (-100, Some(1), false, "[0]", "\"h\""),
            (4, Some(2), false, "[]", "\"\""),
            (9, None, false, "[]", "\"\""),
        ];
        for (lo, hi, inclusive, items, characters) in table {
            let hi = hi.map_or(Value::Nil, Value::Int);
            let result = slice(cx, list, Value::Int(lo), hi, inclusive);
            assert_eq!(shown(cx, result), items);
            let result = slice(cx, word, Value::Int(lo), hi, inclusive);
            assert_eq!(shown(cx, result), characters);
        }
        let stepped = [(0, 5, 2, "[0, 2, 4]"), (-4, 5, 3, "[1, 4]"), (4, -9, -2, "[4, 2, 0]"), (9, 0, -2, "[3, 1]")];
        for (lo, hi, step, expected) in stepped {
            let range = Value::Range(Gc::new(cx.mc, RangeObject { lo, hi, inclusive: false, step }));
            let result = get_index(cx, list, range);
            assert_eq!(shown(cx, result), expected, "{lo}..{hi} by {step}");
        }
        let result = get_index(cx, list, Value::Int(-6));
        assert_eq!(shown(cx, result), "IndexError: index -6 is out of range for a List of length 5");
        let result = get_index(cx, word, Value::Int(-5));
        assert_eq!(shown(cx, result), "\"ä\"");
        let result = set_index(cx, word, Value::Int(0), Value::Nil);
        assert_eq!(shown(cx, result), "TypeError: the items of a String cannot be assigned: it is immutable");
        let map = Value::Map(Map::new(cx.mc));
        let result = get_index(cx, map, word);
        assert_eq!(shown(cx, result), "KeyError: the map has no key \"häuser\"");
        let result = set_index(cx, map, list, Value::Nil);
        let error = shown(cx, result);
        assert!(error.starts_with("TypeError: List is not hashable"), "{error}");
    });
}

#[test]
fn iterators_walk() {
    with_world(|cx| {
        let map = Map::new(cx.mc);
        let key = cx.str("k");
        let _ = map_set(cx, map, key, Value::Int(1));
        let range = Value::Range(Gc::new(cx.mc, RangeObject { lo: 3, hi: 0, inclusive: false, step: -2 }));
        let word = cx.str("aé");
        for (value, expected) in [(Value::Map(map), "(\"k\", 1)"), (range, "3 1"), (word, "\"a\" \"é\"")] {
            let Ok(Value::Iterator(iterator)) = iterator(cx, value) else { panic!("an iterator") };
            let mut items = Vec::new();
            loop {
                match iterator_next(cx, iterator) {
                    Ok(Value::Stop) => break,
                    result => items.push(shown(cx, result)),
                }
            }
            assert_eq!(items.join(" "), expected);
        }
        let Ok(Value::Iterator(iterator)) = iterator(cx, Value::Map(map)) else { panic!("an iterator") };
        let _ = map_set(cx, map, word, Value::Nil);
        let result = iterator_next(cx, iterator);
        assert_eq!(shown(cx, result), "ValueError: the map changed its size while it was iterated over");
    });
}

#[test]
fn sizes_are_limited() {
    with_world(|cx| {
        let word = cx.str("ab");
        let result = arith(cx, ArithOp::Mul, word, Value::Int(3));
        assert_eq!(shown(cx, result), "\"ababab\"");
        let result = arith(cx, ArithOp::Mul, word, Value::Int(i64::MAX));
        let error = shown(cx, result);
        assert!(error.starts_with("LimitError"), "{error}");
        let result = arith(cx, ArithOp::Add, word, Value::Int(1));
        let error = shown(cx, result);
        assert!(error.starts_with("TypeError: `+` is not defined for String and Int; convert"), "{error}");
        let result = arith(cx, ArithOp::Add, Value::True, Value::Int(1));
        assert_eq!(shown(cx, result), "TypeError: `+` is not defined for Bool and Int");
        let parts = [word, Value::Int(i64::MIN), Value::Float(-0.5), Value::Nil];
        let result = concat(cx, &parts);
        assert_eq!(shown(cx, result), "\"ab-9223372036854775808-0.5nil\"");
    });
}
