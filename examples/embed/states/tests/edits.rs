//! The script is edited between two turns of the loop.

#[path = "../../shared/copied.rs"]
mod copied;

use copied::Copied;
use states::App;

fn app(scripts: &Copied) -> App {
    App::new(scripts.directory().join("logic.lang")).expect("the script loads")
}

#[test]
fn functions_change_and_the_state_stays() {
    let scripts = Copied::new();
    let mut app = app(&scripts);
    for _ in 0..10 {
        assert!(app.update_libs().is_none());
        app.update_state().expect("it updates");
    }
    assert_eq!(app.view_state().expect("it is shown"), "count 10, notes 1");
    scripts.edit("logic.lang", "state.count += 1", "state.count += 100");
    scripts.edit("logic.lang", "\"count ${state.count}, notes ${state.notes.len()}\"", "\"${state.count}: ${state.notes}\"");
    assert!(app.update_libs().expect("it was saved").committed);
    app.update_state().expect("it updates");
    assert_eq!(app.view_state().expect("it is shown"), "110: [\"ten more\", \"ten more\"]");
    assert_eq!(app.state().expect("nobody changes it").count, 110);
}

#[test]
fn scripts_have_what_the_host_needs() {
    let scripts = Copied::new();
    let mut app = app(&scripts);
    for (from, to, problem) in [
        ("fn view(state)", "fn view(state, width)", "the host needs `logic.view`: the host gives 1 argument"),
        ("fn update(state)", "fn update()", "the host needs `logic.update`: the host gives 1 argument"),
    ] {
        scripts.edit("logic.lang", from, to);
        let report = app.update_libs().expect("it was saved");
        assert!(!report.ok && report.reasons[0].message.starts_with(problem), "{report}");
        assert_eq!(app.view_state().expect("as before"), "count 0, notes 0");
    }
    scripts.edit("logic.lang", "fn update()", "fn update(state)");
    scripts.edit("logic.lang", "fn view(state, width)", "fn view(state, width = 80)");
    assert!(app.update_libs().expect("it was saved").ok);
}

#[test]
fn an_error_keeps_the_state() {
    let scripts = Copied::new();
    let mut app = app(&scripts);
    scripts.edit("logic.lang", "state.count += 1\n", "state.count += 1\n    state.cuont += 1\n");
    app.update_libs();
    let error = app.update_state().expect_err("there is no such property").to_string();
    assert!(error.contains("did you mean `count`?"), "{error}");
    assert_eq!(app.state().expect("nobody changes it").count, 1);
    scripts.edit("logic.lang", "    state.cuont += 1\n", "");
    app.update_libs();
    app.update_state().expect("it is mended");
    assert_eq!(app.state().expect("nobody changes it").count, 2);
}
