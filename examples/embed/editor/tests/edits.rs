//! Scripts come, change and go while the editor runs.

#[path = "../../shared/copied.rs"]
mod copied;

use copied::Copied;
use editor::Editor;

fn editor(scripts: &Copied) -> Editor {
    let mut editor = Editor::new(scripts.directory());
    follow(&mut editor);
    editor
}

/// Takes in an edit that holds.
#[track_caller]
fn follow(editor: &mut Editor) {
    let report = editor.follow().expect("there is an edit");
    assert!(report.committed, "{report}");
}

#[track_caller]
fn run(editor: &mut Editor, name: &str) -> String {
    editor.run(name).expect("the command runs");
    editor.text().expect("nobody changes it")
}

fn names(editor: &Editor) -> Vec<String> {
    editor.commands().into_iter().map(|(name, _)| name).collect()
}

#[test]
fn one_script_is_edited() {
    let scripts = Copied::new();
    let mut editor = editor(&scripts);
    assert_eq!(names(&editor), ["greet", "lower", "twice", "upper"]);
    assert_eq!(run(&mut editor, "greet"), "hello 1 ");
    assert_eq!(run(&mut editor, "upper"), "HELLO 1 ");
    scripts.edit("greet.lang", "hello ${count}", "good day ${count}");
    follow(&mut editor);
    // The other script holds the function; its text is another one.
    assert_eq!(run(&mut editor, "twice"), "HELLO 1 good day 2 good day 3 ");
    // Another name for a command.
    scripts.edit("case.lang", "\"lower\"", "\"small\"");
    follow(&mut editor);
    assert_eq!(names(&editor), ["greet", "small", "twice", "upper"]);
    assert_eq!(run(&mut editor, "small"), "hello 1 good day 2 good day 3 ");
}

#[test]
fn broken_scripts_are_refused() {
    let scripts = Copied::new();
    let mut editor = editor(&scripts);
    scripts.edit("case.lang", "buffer.text.upper()", "buffer.text.upper(");
    let report = editor.follow().expect("there is an edit");
    assert!(!report.ok && !report.reasons.is_empty());
    assert_eq!(run(&mut editor, "greet"), "hello 1 ");
    assert_eq!(run(&mut editor, "upper"), "HELLO 1 ");
    scripts.edit("case.lang", "buffer.text.upper(", "buffer.text.upper() + \"!\"");
    follow(&mut editor);
    assert_eq!(run(&mut editor, "upper"), "HELLO 1 !");
    // A text that is not saved yet.
    let plan = editor.try_text("case.lang", "import editor");
    assert!(plan.planned && plan.removed.iter().any(|entry| entry.name == "upper"), "{plan}");
    assert_eq!(names(&editor).len(), 4);
}

#[test]
fn a_script_is_added_and_cannot_take_the_commands_of_others() {
    let scripts = Copied::new();
    let mut editor = editor(&scripts);
    let text = "import editor\neditor.command(\"wave\", |buffer| buffer.insert(\"o/\"))\n";
    scripts.save("wave.lang", text);
    follow(&mut editor);
    assert_eq!(run(&mut editor, "wave"), "o/");
    scripts.save("wave.lang", &text.replace("wave", "greet"));
    let reasons = editor.follow().expect("there is an edit").reasons;
    assert!(reasons[0].message.contains("ValueError: `greet` is a command of `"), "{}", reasons[0].message);
    assert_eq!(run(&mut editor, "wave"), "o/o/");
}

#[test]
fn a_script_is_removed_and_what_is_left_of_it_is_listed() {
    let scripts = Copied::new();
    let mut editor = editor(&scripts);
    run(&mut editor, "greet");
    scripts.edit("twice.lang", "import greet\n", "");
    scripts.edit("twice.lang", "once what = [greet.greet]", "once what = []");
    scripts.remove("case.lang");
    follow(&mut editor);
    assert_eq!(names(&editor), ["greet", "twice"]);
    assert_eq!(editor.leaks(), Vec::<String>::new());
    scripts.remove("greet.lang");
    follow(&mut editor);
    assert_eq!(names(&editor), ["twice"]);
    // `once` has kept its value: the function is still in it, and works.
    assert_eq!(editor.leaks(), ["greet.count", "greet.greet"]);
    assert_eq!(run(&mut editor, "twice"), "hello 1 hello 2 hello 3 ");
    scripts.remove("twice.lang");
    follow(&mut editor);
    assert_eq!(editor.leaks(), Vec::<String>::new());
}
