//! Jobs arrive from several threads while the script is edited.

#[path = "../../shared/copied.rs"]
mod copied;

use copied::Copied;
use embed::Remote;
use events::{Loop, give};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// After this long what is expected counts as missing.
const PATIENCE: Duration = Duration::from_secs(60);

/// The loop, and what comes of edits: whether they were taken in, and why not.
fn start(scripts: &Copied) -> (Loop, Receiver<Result<(), String>>) {
    let (tell, told) = channel();
    let tell_report = move |report: &embed::Report| {
        let told = report.reasons.first().map_or(Ok(()), |reason| Err(reason.message.clone()));
        // The test may have failed meanwhile.
        let _ = tell.send(told);
    };
    (Loop::start(scripts.directory().to_owned(), tell_report).expect("the scripts load"), told)
}

fn done(remote: &Remote) -> Vec<String> {
    remote.ask(|vm| vm.get("jobs.done")).expect("the loop runs").expect("it is a list of texts")
}

/// Asks until there is so much done: each question is answered between two turns of the loop.
#[track_caller]
fn wait_for(remote: &Remote, count: usize) -> Vec<String> {
    let begin = Instant::now();
    loop {
        let done = done(remote);
        if done.len() >= count {
            return done;
        }
        assert!(begin.elapsed() < PATIENCE, "only {done:?}");
        thread::yield_now();
    }
}

#[test]
fn jobs_arrive_from_other_threads() {
    let scripts = Copied::new();
    let (running, _told) = start(&scripts);
    let senders = ["a", "b", "c"].map(|name| {
        let remote = running.remote();
        thread::spawn(move || (1..=20).for_each(|n| give(&remote, name, n).expect("the loop runs")))
    });
    senders.into_iter().for_each(|sender| sender.join().expect("it ends"));
    let mut done = wait_for(&running.remote(), 60);
    done.sort();
    done.dedup();
    assert_eq!(done.len(), 60);
    assert!(done.contains(&"b: 20! = 2432902008176640000".to_owned()));
}

#[test]
fn the_script_is_edited_between_events() {
    let scripts = Copied::new();
    let (running, told) = start(&scripts);
    let remote = running.remote();
    give(&remote, "a", 3).expect("the loop runs");
    assert_eq!(wait_for(&remote, 1), ["a: 3! = 6"]);
    scripts.edit("jobs.lang", "\"${name}: ${n}! = ${result}\"", "\"${name} has ${result}\"");
    assert_eq!(told.recv_timeout(PATIENCE).expect("the loop looks"), Ok(()));
    give(&remote, "b", 4).expect("the loop runs");
    assert_eq!(wait_for(&remote, 2), ["a: 3! = 6", "b has 24"]);
    // A broken edit.
    scripts.edit("jobs.lang", "fn arrived(name, n)", "fn arrived(name)");
    let refused = told.recv_timeout(PATIENCE).expect("the loop looks").expect_err("it does not fit");
    assert!(refused.starts_with("the host needs `jobs.arrived`"), "{refused}");
    give(&remote, "c", 5).expect("the loop runs");
    assert_eq!(wait_for(&remote, 3)[2], "c has 120");
}

#[test]
fn a_loop_without_an_end_stops_nobody() {
    let scripts = Copied::new();
    let (running, told) = start(&scripts);
    let remote = running.remote();
    scripts.edit("jobs.lang", "waiting += 1\n", "waiting += 1\n    while n == 0 { nil }\n");
    assert_eq!(told.recv_timeout(PATIENCE).expect("the loop looks"), Ok(()));
    give(&remote, "stuck", 0).expect("the loop runs");
    give(&remote, "a", 5).expect("the loop runs");
    assert_eq!(wait_for(&remote, 1), ["a: 5! = 120"]);
    // The loop is mended while it turns.
    scripts.edit("jobs.lang", "while n == 0 { nil }", "while n == 0 { break }");
    assert_eq!(told.recv_timeout(PATIENCE).expect("the loop looks"), Ok(()));
    assert_eq!(wait_for(&remote, 2)[1], "stuck: 0! = 1");
    drop(running);
    assert!(give(&remote, "late", 1).is_err(), "the VM is gone");
}
