//! Overwriting a file with a class that classes of another file have as base: which ways to call the base's method go on working, for
//! instances of which generation.

use super::Program;
use std::fmt::Write as _;

/// Ways for a class to call its base's method: three that name the base, and two kinds of class that do not.
const STYLES: [(&str, &str); 5] = [
    ("by namespace", "class ByNamespace(a.Base) { fn hi() { a.Base.hi(self) } }"),
    ("by variable", "let base = a.Base\nclass ByVariable(a.Base) { fn hi() { base.hi(self) } }"),
    ("by shared slot", "class BySlot(a.Base) { shared kept = a.Base; fn hi() { self.kept.hi(self) } }"),
    ("by super", "class BySuper(a.Base) { fn hi() { super.hi() } }"),
    ("as a mixin", "class Other { }\nclass Mixed(Other, a.Base) { fn hi() { super.hi() } }"),
];

/// Names of the classes, in step.
const CLASSES: [&str; 5] = ["ByNamespace", "ByVariable", "BySlot", "BySuper", "Mixed"];

/// The edits, one after the other: each leaves the instances that were made before it.
const EDITS: [(&str, &str); 3] =
    [("`rebase: false`", "rebase: false"), ("the defaults", "rebase: true"), ("`relink: true`", "rebase: true, relink: true")];

/// Style and edit of what fails in systems that give classes a new base on request only: there, an edit with the defaults is the first of ours.
const FAILS_ELSEWHERE: [(usize, usize); 1] = [(0, 1)];

/// The table. Each cell is what `hi()` gives for an instance of each generation so far: that of the base's text, or the error.
pub fn table() -> String {
    let text = |version: usize| format!("class Base {{ fn hi() {{ \"v{version}\" }} }}\n");
    let subclasses: Vec<&str> = STYLES.iter().map(|(_, text)| *text).collect();
    let mut program = Program::new(&[("a.lang", &text(1)), ("b.lang", &format!("import a\n{}\n", subclasses.join("\n")))]);
    program.run("import live\nimport b");
    program.run("fn said(x) { try { x.hi() } catch e { type(e).name } }");
    program
        .run(&format!("let classes = [{}]\nlet made = [classes.map(|C| C())]", CLASSES.map(|name| format!("b.{name}")).join(", ")));
    let mut rows: Vec<Vec<String>> = STYLES.iter().map(|(style, _)| vec![(*style).to_owned()]).collect();
    for step in 0..=EDITS.len() {
        if step > 0 {
            let edit = text(step + 1).replace('"', "\\\"").replace('\n', "");
            let options = EDITS[step - 1].1;
            let report: bool =
                program.get(&format!("live.reload_texts({{\"a.lang\": \"{edit}\"}}, mode: \"overwrite\", {options}).ok"));
            assert!(report, "an edit of the table is refused");
            program.run("made.push(classes.map(|C| C()))");
        }
        for (style, row) in rows.iter_mut().enumerate() {
            let said: Vec<String> = (0..=step).map(|made| program.get(&format!("said(made[{made}][{style}])"))).collect();
            let is_better = step.checked_sub(1).is_some_and(|edit| FAILS_ELSEWHERE.contains(&(style, edit)));
            let mark = if is_better && said.iter().all(|said| said == &format!("v{}", step + 1)) { " *" } else { "" };
            row.push(format!("{}{mark}", said.join(" ")));
        }
    }
    let mut out = String::from("| the base's method is called | before |");
    for (name, _) in EDITS {
        let _ = write!(out, " {name} |");
    }
    let _ = writeln!(out, "\n|{}", "---|".repeat(EDITS.len() + 2));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    out
}
