//! The editor on a terminal, a command on each line: `editor [SCRIPTS]`.

use editor::Editor;
use std::io;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scripts = std::env::args().nth(1).unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/scripts").to_owned());
    let mut editor = Editor::new(Path::new(&scripts));
    follow(&mut editor);
    for line in io::stdin().lines() {
        follow(&mut editor);
        match line?.trim() {
            "" => {}
            "?" => println!(
                "{}",
                editor.commands().iter().map(|(name, script)| format!("{name} ({script})")).collect::<Vec<_>>().join(", ")
            ),
            "leaks" => println!("{}", editor.leaks().join(", ")),
            name => {
                if let Err(error) = editor.run(name) {
                    println!("{}", error.to_string().trim_end());
                }
                println!("{:?}", editor.text()?);
            }
        }
    }
    Ok(())
}

fn follow(editor: &mut Editor) {
    editor.follow().iter().for_each(|report| print!("{report}"));
}
