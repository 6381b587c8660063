//! The loop, with two threads that give it jobs: `events [SCRIPTS]`.

use events::{Loop, give};
use std::thread;
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scripts = std::env::args().nth(1).unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/scripts").to_owned());
    let running = Loop::start(scripts.into(), |report| eprint!("{report}"))?;
    let senders = ["one", "two"].map(|name| {
        let remote = running.remote();
        thread::spawn(move || {
            for n in (1..=20).cycle() {
                if give(&remote, name, n).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(700));
            }
        })
    });
    loop {
        thread::sleep(Duration::from_secs(1));
        println!("{}", running.remote().ask(|vm| vm.call::<_, String>("jobs.summary", ()))??);
        if senders.iter().all(|sender| sender.is_finished()) {
            return Ok(());
        }
    }
}
