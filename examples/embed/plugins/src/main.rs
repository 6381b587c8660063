//! Says lines to all plugins: `plugins [SCRIPTS]`.

use embed::Effect;
use plugins::{Permissions, Plugins};
use std::io;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scripts = std::env::args().nth(1).unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/scripts").to_owned());
    let scripts = Path::new(&scripts);
    let mut plugins = Plugins::default();
    plugins.add("greeter", scripts.join("greeter.lang"), Permissions::default());
    plugins.add("counter", scripts.join("counter.lang"), Permissions { effects: &[], modules: &["math"] });
    plugins.add("clock", scripts.join("clock.lang"), Permissions { effects: &[Effect::Clock], modules: &["time"] });
    plugins.add("hostile", scripts.join("hostile.lang"), Permissions::default());
    println!("say something; `spin`, `hoard`, `dive` and `print` are what the hostile one waits for");
    for line in io::stdin().lines() {
        for (name, answer) in plugins.tell("said", &line?) {
            println!("{name}: {answer}");
        }
        for plugin in plugins.iter() {
            if let Some(problem) = plugin.problem() {
                println!("{} ({}): {}", plugin.name(), if plugin.is_running() { "runs" } else { "stopped" }, problem.trim_end());
            }
        }
    }
    Ok(())
}
