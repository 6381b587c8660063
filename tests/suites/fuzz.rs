//! A moment of fuzzing in every run: the same texts each time. `FUZZ_SECONDS=600 FUZZ_SEED=7` goes on for longer and elsewhere.

use std::time::Duration;
use tests::fuzz::{front_end, run, try_texts};

const SECONDS: f64 = 2.0;

fn number<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn fuzz(texts: usize, check: fn(&[String])) {
    let time = Duration::from_secs_f64(number("FUZZ_SECONDS", SECONDS));
    let tried = try_texts(number("FUZZ_SEED", 1), time, texts, check).unwrap_or_else(|failure| panic!("{failure}"));
    assert!(tried > 0, "at least one text is tried");
    println!("{tried} texts");
}

#[test]
fn the_front_end_takes_any_text() {
    fuzz(1, |texts| front_end(&texts[0]));
}

#[test]
fn programs_run_within_their_limits() {
    fuzz(2, |texts| run(&texts[0], &texts[1]));
}
