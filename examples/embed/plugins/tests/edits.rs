//! Plugins that are edited, and one that tries what it can.

#[path = "../../shared/copied.rs"]
mod copied;

use copied::Copied;
use embed::Effect;
use plugins::{Permissions, Plugins};

const NOTHING: Permissions = Permissions { effects: &[], modules: &[] };

fn plugins(scripts: &Copied) -> Plugins {
    let mut plugins = Plugins::default();
    let path = |name: &str| scripts.directory().join(format!("{name}.lang"));
    plugins.add("hostile", path("hostile"), NOTHING);
    plugins.add("greeter", path("greeter"), NOTHING);
    plugins.add("counter", path("counter"), Permissions { modules: &["math"], ..NOTHING });
    plugins
}

fn answers(plugins: &mut Plugins, text: &str) -> Vec<String> {
    plugins.tell("said", text).into_iter().map(|(name, answer)| format!("{name}: {answer}")).collect()
}

#[track_caller]
fn problem(plugins: &Plugins, name: &str) -> String {
    plugins.get(name).expect("it was added").problem().expect("something is wrong with it").to_owned()
}

#[test]
fn plugins_answer_and_are_edited() {
    let scripts = Copied::new();
    let mut plugins = plugins(&scripts);
    assert_eq!(answers(&mut plugins, "hello"), ["greeter: hello from greeter", "counter: 1, the root of which is 1.00"]);
    scripts.edit("greeter.lang", "\"hello from ${host.name}\"", "\"good evening\"");
    scripts.edit("counter.lang", "the root of which is", "its root");
    assert_eq!(answers(&mut plugins, "hello"), ["greeter: good evening", "counter: 2, its root 1.41"]);
    // What is refused goes on as it was.
    scripts.edit("greeter.lang", "fn start()", "fn start(now)");
    assert_eq!(answers(&mut plugins, "hello"), ["greeter: good evening", "counter: 3, its root 1.73"]);
    assert!(problem(&plugins, "greeter").contains("the host needs `plugin.start`"), "{}", problem(&plugins, "greeter"));
}

#[test]
fn a_hostile_plugin_is_stopped_and_the_others_go_on() {
    for (said, wanted) in [
        ("spin", "the fuel limit is used up"),
        ("hoard", "LimitError: the memory limit is reached"),
        ("dive", "StackOverflow"),
        ("print", "IOError"),
    ] {
        let scripts = Copied::new();
        let mut plugins = plugins(&scripts);
        assert_eq!(answers(&mut plugins, said), ["counter: 1, the root of which is 1.00"]);
        let told = problem(&plugins, "hostile");
        assert!(told.starts_with(wanted), "{said}: {told}");
        assert!(!plugins.get("hostile").expect("it was added").is_running());
        assert_eq!(answers(&mut plugins, said), ["counter: 2, the root of which is 1.41"]);
        // With another text it begins anew.
        scripts.edit("hostile.lang", "match text {", "host.log(\"I am good now\")\n    match \"\" {");
        assert_eq!(answers(&mut plugins, said).len(), 1);
        let hostile = plugins.get("hostile").expect("it was added");
        assert!(hostile.problem().is_none());
        assert_eq!(hostile.log(), ["I am good now"]);
    }
}

#[test]
fn permissions_are_the_hosts() {
    let scripts = Copied::new();
    let path = scripts.directory().join("clock.lang");
    for (permissions, wanted) in [
        (NOTHING, "time"),
        (Permissions { modules: &["time"], ..NOTHING }, "IOError: "),
        (Permissions { modules: &["time"], effects: &[Effect::Clock] }, ""),
    ] {
        let mut plugins = Plugins::default();
        plugins.add("clock", path.clone(), permissions);
        let answers = answers(&mut plugins, "time");
        if wanted.is_empty() {
            assert_eq!(answers, ["clock: it is after 2020: true"]);
        } else {
            assert!(answers.is_empty() && problem(&plugins, "clock").contains(wanted), "{}", problem(&plugins, "clock"));
        }
    }
}
