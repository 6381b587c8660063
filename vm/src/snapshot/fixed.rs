//! What never changes once it is made: tuples, values of enums, ranges, bytes, bound methods. Parts are made before the whole.

use super::read::{Problem, Read, Reader, entries_field, field, list_field, text_field};
use crate::heap::Value;
use crate::object::{Binding, Bound, Bytes, Class, ClassBody, Cx, EnumValue, Member, RangeObject, Symbol, Tuple, Variant, World};
use crate::ops;
use gc_arena::Gc;

/// A whole whose parts are being made.
struct Open<'gc> {
    number: usize,
    /// What it refers to.
    parts: Vec<usize>,
    next: usize,
    entry: Value<'gc>,
}

/// Makes everything that is not made yet.
pub(super) fn make_all<'gc>(reader: &mut Reader<'gc>, cx: &mut Cx<'_, 'gc>) -> Read<()> {
    let mut is_open = vec![false; reader.entries.len()];
    for first in 0..reader.entries.len() {
        let mut open: Vec<Open<'gc>> = Vec::new();
        if reader.made[first].is_none() {
            open.push(begin(reader, cx, first, &mut is_open)?);
        }
        while let Some(top) = open.last_mut() {
            let Some(part) = top.parts.get(top.next).copied() else {
                let Open { number, entry, .. } = open.pop().expect("looked at above");
                let made = make(reader, cx, entry).map_err(|problem| problem.at(format!(".objects[{number}]")))?;
                reader.made[number] = Some(made);
                continue;
            };
            top.next += 1;
            if reader.made[part].is_some() {
                continue;
            }
            if is_open[part] {
                return Err(Problem::new("it is inside of itself").at(format!(".objects[{part}]")));
            }
            open.push(begin(reader, cx, part, &mut is_open)?);
        }
    }
    Ok(())
}

fn begin<'gc>(reader: &Reader<'gc>, cx: &mut Cx<'_, 'gc>, number: usize, is_open: &mut [bool]) -> Read<Open<'gc>> {
    is_open[number] = true;
    let entry = reader.entries[number];
    let at = |problem: Problem| problem.at(format!(".objects[{number}]"));
    let mut parts = Vec::new();
    let mut note = |data: &Value<'gc>| -> Read<()> {
        parts.extend(reader.reference(data)?);
        Ok(())
    };
    if let Some(items) = list_field(&entry, "tuple") {
        items.and_then(|items| items.iter().try_for_each(&mut note)).map_err(at)?;
    }
    if let Some(payload) = entries_field(cx, &entry, "payload") {
        payload.and_then(|payload| payload.iter().try_for_each(|(_, part)| note(part))).map_err(at)?;
    }
    if let Some(of) = field(&entry, "of") {
        note(&of).map_err(at)?;
    }
    Ok(Open { number, parts, next: 0, entry })
}

fn make<'gc>(reader: &mut Reader<'gc>, cx: &mut Cx<'_, 'gc>, entry: Value<'gc>) -> Read<Value<'gc>> {
    cx.world.charge(64);
    if let Some(items) = list_field(&entry, "tuple") {
        let mut values = Vec::new();
        for (i, item) in items?.into_iter().enumerate() {
            values.push(reader.value(cx, item).map_err(|problem| problem.at(format!(".tuple[{i}]")))?);
        }
        cx.world.charge(values.len() * size_of::<Value>());
        return Ok(Value::Tuple(Tuple::new(cx.mc, values)));
    }
    if let Some(bounds) = list_field(&entry, "range") {
        return range(cx, &entry, &bounds?);
    }
    if let Some(digits) = text_field(&entry, "bytes") {
        let problem = || Problem::new("must be two hexadecimal digits for each byte").at(".bytes");
        let digits = digits?.as_bytes();
        let byte = |pair: &[u8]| {
            let digit = |at: usize| char::from(pair[at]).to_digit(16);
            Some((digit(0)? * 16 + digit(1)?) as u8)
        };
        let data: Option<Box<[u8]>> = if digits.len() % 2 == 0 { digits.chunks(2).map(byte).collect() } else { None };
        let data = data.ok_or_else(problem)?;
        cx.world.charge(data.len());
        return Ok(Value::Bytes(Gc::new(cx.mc, Bytes { data })));
    }
    if let Some(name) = text_field(&entry, "enum") {
        return enum_value(reader, cx, &entry, name?);
    }
    if let Some(name) = text_field(&entry, "method") {
        let of = field(&entry, "of").ok_or_else(|| Problem::new("`of` is missing"))?;
        let of = reader.value(cx, of).map_err(|problem| problem.at(".of"))?;
        return method(cx, of, name?).map_err(|problem| problem.at(".method"));
    }
    let keys = "`class`, `list`, `map`, `pairs`, `set`, `tuple`, `range`, `bytes`, `enum` or `method`";
    Err(Problem::new(format!("must be a map with one of the keys {keys}")))
}

fn range<'gc>(cx: &mut Cx<'_, 'gc>, entry: &Value<'gc>, bounds: &[Value<'gc>]) -> Read<Value<'gc>> {
    let [Value::Int(lo), Value::Int(hi)] = bounds else { return Err(Problem::new("must be two Ints").at(".range")) };
    let step = match field(entry, "step") {
        Some(Value::Int(step)) if step != 0 => step,
        _ => return Err(Problem::new("must be an Int other than 0").at(".step")),
    };
    let inclusive = match field(entry, "inclusive") {
        Some(Value::True) => true,
        Some(Value::False) => false,
        _ => return Err(Problem::new("must be a Bool").at(".inclusive")),
    };
    let range = RangeObject { lo: *lo, hi: *hi, inclusive, step };
    range.check(cx).map_err(|_| Problem::new("a range cannot have all ints of 64 bits").at(".range"))?;
    Ok(Value::Range(Gc::new(cx.mc, range)))
}

/// A method of a value, or a method or static function of a class.
fn method<'gc>(cx: &mut Cx<'_, 'gc>, of: Value<'gc>, name: &str) -> Read<Value<'gc>> {
    let symbol = cx.world.intern(cx.mc, name);
    let class = match of {
        Value::Class(class) => class,
        value => cx.world.class_of(&value),
    };
    let missing = |cx: &Cx<'_, 'gc>| {
        let near = ops::suggestion(name, cx.attribute_names(&of).iter().map(String::as_str));
        Problem::unknown(format!("`{}` has no method `{name}`{near}", class.name().as_str()))
    };
    match (of, class.find(symbol)) {
        (Value::Class(_), Some((_, Member::Method(_) | Member::Static(_)))) => cx.get_attr(of, name).map_err(|_| missing(cx)),
        (Value::Class(_), _) => Err(missing(cx)),
        (receiver, Some((_, Member::Method(method)))) => {
            Ok(Value::Bound(Gc::new(cx.mc, Bound { receiver, method, name: symbol, binding: Binding::Receiver })))
        }
        _ => Err(missing(cx)),
    }
}

fn enum_value<'gc>(reader: &mut Reader<'gc>, cx: &mut Cx<'_, 'gc>, entry: &Value<'gc>, name: &'gc str) -> Read<Value<'gc>> {
    let class = reader.enum_class(cx, name).map_err(|problem| problem.at(".enum"))?;
    let variant = text_field(entry, "variant").unwrap_or_else(|| Err(Problem::new("`variant` is missing")))?;
    let variant = cx.world.intern(cx.mc, variant);
    let Some(payload) = entries_field(cx, entry, "payload") else {
        return plain_value(cx, class, variant).map_err(|problem| problem.at(".variant"));
    };
    let payload = payload?;
    let mut values = Vec::with_capacity(payload.len());
    for (field, part) in &payload {
        values.push((*field, reader.value(cx, *part).map_err(|problem| problem.at(format!(".payload.{}", field.as_str())))?));
    }
    let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
    let variant = variant_with(cx, class, variant, Some(&names)).map_err(|problem| problem.at(".variant"))?;
    let fields = variant.fields.as_deref().unwrap_or_default();
    let value_of = |field: &Symbol<'gc>| values.iter().find(|(name, _)| name == field).map_or(Value::Nil, |(_, value)| *value);
    let payload = fields.iter().map(value_of).collect();
    Ok(Value::EnumValue(EnumValue::new(cx.mc, variant, payload)))
}

/// The one value of a variant without payload.
fn plain_value<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, name: Symbol<'gc>) -> Read<Value<'gc>> {
    let variant = variant_with(cx, class, name, None)?;
    let body = class.body();
    if let Some((_, value)) = body.retired.iter().find(|(retired, _)| Gc::ptr_eq(*retired, variant)) {
        return Ok(*value);
    }
    match body.members.get(&name) {
        Some(Member::Static(value @ Value::EnumValue(_))) => Ok(*value),
        _ => Err(no_variant(&body, name.as_str())),
    }
}

/// The variant of this name with this payload. One that has left the enum, or had another payload, serves if the enum has a hook that says what
/// becomes of its values.
fn variant_with<'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    name: Symbol<'gc>,
    payload: Option<&[Symbol<'gc>]>,
) -> Read<Gc<'gc, Variant<'gc>>> {
    let fits = |variant: &Gc<'gc, Variant<'gc>>| {
        variant.name == name
            && match (&variant.fields, payload) {
                (None, None) => true,
                (Some(fields), Some(names)) => fields.len() == names.len() && fields.iter().all(|field| names.contains(field)),
                _ => false,
            }
    };
    let hook = {
        let body = class.body();
        if let Some(variant) = body.variants.iter().chain(body.retired.iter().map(|(variant, _)| variant)).find(|v| fits(v)) {
            return Ok(*variant);
        }
        body.hooks.first().map(|hook| hook.function).ok_or_else(|| no_variant(&body, name.as_str()))?
    };
    let variant = Variant::new(cx.mc, class, name, payload.map(Box::from), 0);
    cx.bind_enum_hook(variant, Some(hook));
    let value = World::variant_value(cx.mc, variant);
    Class::update(class, cx.mc, |body| body.retired.push((variant, value)));
    Ok(variant)
}

/// Why a value of an enum cannot be made.
pub(super) fn no_variant(body: &ClassBody<'_>, name: &str) -> Problem {
    let remedy = "`migrate(old)` of the enum says what becomes of such values";
    let enum_name = &body.qualified;
    match body.variants.iter().find(|variant| variant.name.as_str() == name) {
        None => {
            let near = ops::suggestion(name, body.variants.iter().map(|variant| variant.name.as_str()));
            Problem::unknown(format!("enum `{enum_name}` has no variant `{name}`{near}; {remedy}"))
        }
        Some(variant) => {
            let fields: Vec<_> = variant.fields.iter().flatten().map(|field| field.as_str()).collect();
            Problem::unknown(format!("variant `{name}` of enum `{enum_name}` has the payload ({}); {remedy}", fields.join(", ")))
        }
    }
}
