//! `live` looks at the running program.

use super::data::{self, Data};
use super::outside;
use crate::args;
use similar::{ChangeTag, TextDiff};
use std::cell::RefCell;
use vm::embed::{Handle, Vm};
use vm::heap::Value;
use vm::object::{Cx, NativeResult};
use vm::reload::Report;

pub(super) fn frames<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    Err(outside(cx, |vm| {
        let calls = vm.calls();
        let calls = calls.into_iter().map(|call| {
            let fiber = call.fiber.map_or(Data::Nil, Data::Value);
            let task = call.task.map_or(Data::Nil, Data::Text);
            data::code_place(&call.place, [("fiber", fiber), ("task", task)])
        });
        Data::List(calls.collect()).into_handle(vm)
    }))
}

/// Lets a report find out something, unless it has, and gives what `read` makes of it.
fn surveyed<'gc>(
    cx: &mut Cx<'_, 'gc>,
    source: Value<'gc>,
    find: impl Fn(&mut Vm, &mut Report) + 'static,
    read: impl Fn(&Report) -> Data + 'static,
) -> NativeResult<'gc> {
    if !matches!(source, Value::Host(object) if object.data.is::<RefCell<Report>>()) {
        return Err(args::wrong(cx, "live.Report", "_source", "what a reload has made", &source));
    }
    let source = Handle::new(cx.world, source);
    Err(outside(cx, move |vm| {
        let is_report = "`_source` of a report is one";
        let mut report = vm.enter(|cx| match source.value_in(cx.world) {
            Value::Host(object) => object.data.downcast_ref::<RefCell<Report>>().expect(is_report).borrow().clone(),
            _ => unreachable!("{is_report}"),
        });
        find(vm, &mut report);
        let data = read(&report);
        vm.enter(|cx| {
            if let Value::Host(object) = source.value_in(cx.world) {
                *object.data.downcast_ref::<RefCell<Report>>().expect(is_report).borrow_mut() = report;
            }
        });
        data.into_handle(vm)
    }))
}

pub(super) fn stale<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    surveyed(cx, args[0], Vm::survey_stale, |report| data::stale(&report.stale))
}

pub(super) fn text<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let find = |vm: &mut Vm, report: &mut Report| {
        vm.survey_stale(report);
        vm.count_instances(report);
    };
    surveyed(cx, args[0], find, |report| Data::text(report.to_string()))
}

/// How many instances have yet to follow each change of a layout.
pub(super) fn counts<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    surveyed(cx, args[0], Vm::count_instances, |report| {
        Data::list(&report.layouts, |change| Data::Int(change.instances.unwrap_or_default() as i64))
    })
}

pub(super) fn closures<'gc>(cx: &mut Cx<'_, 'gc>, _: &[Value<'gc>]) -> NativeResult<'gc> {
    Err(outside(cx, |vm| {
        let closures = vm.closures();
        let closures = closures.into_iter().map(|c| data::code_place(&c.place, [("closure", Data::Value(c.function))]));
        Data::List(closures.collect()).into_handle(vm)
    }))
}

pub(super) fn referrers<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let held = Handle::new(cx.world, args[0]);
    Err(outside(cx, move |vm| {
        let referrers = vm.referrers(&held)?;
        let referrers = referrers.into_iter().map(|referrer| {
            let holder = referrer.holder.map_or(Data::Nil, Data::Value);
            Data::Map(vec![("holder", holder), ("path", Data::Text(referrer.path))])
        });
        Data::List(referrers.collect()).into_handle(vm)
    }))
}

pub(super) fn diff<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let old = args::text(cx, "live.diff", "old", args[0])?;
    let new = args::text(cx, "live.diff", "new", args[1])?;
    let diff = TextDiff::from_lines(old, new);
    let lines: Vec<String> = diff
        .iter_all_changes()
        .map(|change| {
            let mark = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            format!("{mark} {}", change.value().trim_end_matches(['\n', '\r']))
        })
        .collect();
    Ok(args::new_str(cx, &lines.join("\n")))
}

pub(super) fn lineage<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let mut thing = args[0];
    let name = loop {
        thing = match thing {
            Value::Definition(cell) => cell.value(),
            Value::Decorated(decorated) => decorated.original.get(),
            Value::Bound(bound) => cx.method_of(bound),
            Value::Instance(instance) => Value::Class(cx.world.class_of_instance(instance)),
            Value::EnumValue(value) => Value::Class(value.variant.class),
            Value::Variant(variant) => Value::Class(variant.class),
            Value::Class(class) => break class.qualified().to_string(),
            Value::Function(function) => break function.proto().qualified.to_string(),
            other => {
                let text = "an instance, a class, an enum or a value of one, or a function";
                return Err(args::wrong(cx, "live.lineage", "thing", text, &other));
            }
        };
    };
    Ok(args::new_str(cx, &name))
}

pub(super) fn edge<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    match cx.edge_of(args[0]) {
        Some(facts) => Ok(args::new_list(cx, facts.to_vec())),
        None => Err(args::wrong(cx, "live.edge", "old", "the `old` of a migration hook", &args[0])),
    }
}
