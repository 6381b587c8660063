//! Classes that change, as a host sees them: counts, eager migration, change of class, and what an interrupted hook leaves behind.

use std::time::Duration;
use stdlib::new_vm;
use vm::embed::{Error, Handle, Vm, VmOptions};
use vm::heap::Value;
use vm::object::Interrupt;
use vm::reload::{FileText, ReloadOptions};

fn vm_with(text: &str) -> Vm {
    let mut vm = new_vm(VmOptions::default());
    vm.load_texts(vec![("m.lang".into(), text.into())]).expect("the program is correct");
    vm
}

fn edit(vm: &mut Vm, text: &str) {
    let report = vm.reload_texts(vec![("m.lang".into(), text.into())]);
    assert!(report.ok, "{report}");
}

fn eval(vm: &mut Vm, text: &str) -> String {
    let value = vm.eval_in("m", "<test>", text).expect("it runs").expect("it has a value");
    vm.repr(&value).expect("it can be written")
}

fn class(vm: &mut Vm, name: &str) -> Handle {
    vm.handle(name).expect("it exists")
}

#[test]
fn instances_are_counted_by_layout() {
    let mut vm = vm_with("class P { slot x = 0 }\nclass Q(P) { }\nlet all = [P(1), P(2), P(3), Q(4)]\n");
    let p = class(&mut vm, "m.P");
    assert_eq!(vm.layout_counts(&p).unwrap(), [(1, 3)]);
    edit(&mut vm, "class P { slot x = 0; slot y = 0 }\nclass Q(P) { }\nlet all = [P(1), P(2), P(3), Q(4)]\n");
    assert_eq!(vm.layout_counts(&p).unwrap(), [(1, 3), (2, 0)]);
    assert_eq!(eval(&mut vm, "all[0].y"), "0");
    assert_eq!(vm.layout_counts(&p).unwrap(), [(1, 2), (2, 1)]);
    eval(&mut vm, "all.pop()\nall.pop()\nall.len()");
    assert_eq!(vm.layout_counts(&p).unwrap(), [(1, 1), (2, 1)]);
    let list = vm.instances_of(&p).unwrap();
    assert_eq!(vm.repr(&list).unwrap().matches("P(").count(), 2);
    assert_eq!(eval(&mut vm, "all[1].y"), "0");
    assert_eq!(vm.layout_counts(&p).unwrap(), [(2, 2)]);
}

#[test]
fn eager_migration_comes_to_its_end_in_spite_of_errors() {
    let mut vm = vm_with("class P { slot x = 0 }\nlet all = []\nfor i in 0..1000 { all.push(P(i)) }\n");
    edit(
        &mut vm,
        "class P { slot y = 0; migrate(old) { if old.x % 100 == 7 { throw Error(\"seven\") }; self.y = old.x } }\nlet all = []\nfor i in 0..1000 { all.push(P(i)) }\n",
    );
    let p = class(&mut vm, "m.P");
    // However short the time, a call takes one step, so that calling again comes to an end.
    let first = vm.migrate_instances(&p, Some(Duration::ZERO)).unwrap();
    assert!(first.migrated < 100 && first.left > 0, "{first:?}");
    let done = vm.migrate_instances(&p, None).unwrap();
    assert_eq!((first.migrated + done.migrated, done.left, done.errors.len()), (990, 0, 10));
    assert_eq!(vm.layout_counts(&p).unwrap(), [(1, 10), (2, 990)]);
    assert_eq!(eval(&mut vm, "all[8].y"), "8");
}

#[test]
fn forced_obsolescence_runs_the_hook() {
    let mut vm = vm_with("class P { slot x = 1; migrate(old) { self.x = old.x + 1 } }\nclass Q(P) { }\nlet (p, q) = (P(), Q(5))\n");
    let p = class(&mut vm, "m.P");
    assert_eq!(eval(&mut vm, "(p.x, q.x)"), "(1, 5)");
    vm.make_obsolete(&p).unwrap();
    assert_eq!(eval(&mut vm, "(p.x, q.x, p.x)"), "(2, 6, 2)");
    vm.make_obsolete(&p).unwrap();
    vm.make_obsolete(&p).unwrap();
    assert_eq!(eval(&mut vm, "(p.x, q.x, P().x)"), "(4, 8, 1)");
}

#[test]
fn an_instance_changes_its_class() {
    let text = "class Cat { slot name; slot claws = 18 }\n\
                class Dog { slot name; slot teeth = 0; slot fur = \"soft\"; migrate(old) { self.teeth = old.claws * 2 } }\n\
                let c = Cat(\"tom\")\nlet all = set([c])\n";
    let mut vm = vm_with(text);
    let (c, dog) = (vm.handle("m.c").unwrap(), class(&mut vm, "m.Dog"));
    let changed = vm
        .run(move |cx| {
            let fur = cx.world.intern(cx.mc, "fur");
            let Value::Class(dog) = dog.value_in(cx.world) else { panic!("a class") };
            let wet = cx.str("wet");
            cx.change_class(c.value_in(cx.world), dog, vec![(fur, wet)])
        })
        .unwrap();
    assert_eq!(vm.repr(&changed).unwrap(), "Dog(name: \"tom\", teeth: 36, fur: \"wet\")");
    assert_eq!(eval(&mut vm, "(c is Dog, c is Cat, c in all, c.teeth)"), "(true, false, true, 36)");
}

#[test]
fn an_interrupted_hook_leaves_the_instance_as_it_was() {
    let mut vm = vm_with("class P { slot x = 1 }\nlet p = P(7)\n");
    edit(&mut vm, "class P { slot y = 0; migrate(old) { self.y = 5; while true { } } }\nlet p = P(7)\n");
    vm.set_fuel(Some(1000));
    assert!(matches!(vm.eval_in("m", "<test>", "p.y"), Err(Error::Interrupted(Interrupt::Fuel))));
    vm.set_fuel(None);
    assert_eq!(eval(&mut vm, "p"), "P(x: 7)");
    edit(&mut vm, "class P { slot y = 0; migrate(old) { self.y = old.x } }\nlet p = P(7)\n");
    assert_eq!(eval(&mut vm, "p.y"), "7");
}

#[test]
fn a_long_chain_of_hooks_does_not_use_the_native_stack() {
    let mut vm = vm_with("class N { slot next = nil }\nlet first = nil\nfor i in 0..5000 { first = N(first) }\n");
    edit(
        &mut vm,
        "class N { slot next = nil; slot depth = 0; migrate(old) { if old.next != nil { self.depth = old.next.depth + 1 } } }\nlet first = nil\nfor i in 0..5000 { first = N(first) }\n",
    );
    assert_eq!(eval(&mut vm, "first.depth"), "4999");
}

#[test]
fn a_plan_says_what_would_become_of_classes() {
    let mut vm = vm_with("class A { slot x = 1 }\nclass B(A) { }\nlet b = B(5)\n");
    let plan = |vm: &mut Vm, text: &str| {
        let file = FileText { path: "m.lang".into(), text: Some(text.into()) };
        vm.plan(vec![file], &ReloadOptions::default())
    };
    let layouts = plan(&mut vm, "class A { slot y was x = 1 }\nclass B(A) { }\nlet b = B(5)\n").layouts;
    assert_eq!(layouts.iter().map(|l| l.class.as_str()).collect::<Vec<_>>(), ["m.A", "m.B"]);
    assert_eq!(layouts[1].renamed, [("x".to_owned(), "y".to_owned())]);
    let refused = plan(&mut vm, "class A(B) { slot x = 1 }\nclass B(A) { }\nlet b = B(5)\n");
    assert_eq!((refused.ok, refused.reasons[0].code), (false, "R0113"));
    assert_eq!(eval(&mut vm, "(b, b.x, B())"), "(B(x: 5), 5, B(x: 1))");
    edit(&mut vm, "class A { slot y was x = 1 }\nclass B(A) { }\nlet b = B(5)\n");
    assert_eq!(eval(&mut vm, "(b.y, B())"), "(5, B(y: 1))");
}

#[test]
fn many_layouts_are_freed() {
    let text = |n: usize| format!("class P {{ slot x = 0; slot s{n} = {n} }}\nlet p = P(1)\n");
    let mut vm = vm_with(&text(0));
    let p = class(&mut vm, "m.P");
    for n in 1..200 {
        edit(&mut vm, &text(n));
        assert_eq!(eval(&mut vm, &format!("p.s{n}")), n.to_string());
        assert_eq!(vm.layout_counts(&p).unwrap(), [(n as u32 + 1, 1)]);
    }
}

/// A layout without instances is kept as long as an instance of an earlier one has to pass it.
#[test]
fn layouts_on_the_way_are_kept() {
    let mut vm = vm_with("class P { slot x = 0 }\nlet p = P(1)\n");
    let p = class(&mut vm, "m.P");
    edit(&mut vm, "class P { slot y was x = 0 }\nlet p = P(1)\n");
    edit(&mut vm, "class P { slot z was y = 0 }\nlet p = P(1)\n");
    assert_eq!(vm.layout_counts(&p).unwrap(), [(1, 1), (3, 0)]);
    assert_eq!(eval(&mut vm, "p.z"), "1");
    assert_eq!(vm.layout_counts(&p).unwrap(), [(3, 1)]);
}
