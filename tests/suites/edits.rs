//! Random edits of random programs, against a cold start of the same texts. `EDITS=10000 cargo test -p tests --test edits` makes that many
//! sequences, `SEED=7` begins at another one.

use tests::edits::Sequence;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, not `{text}`")))
}

#[test]
fn edited_programs_are_what_a_cold_start_makes() {
    let first = number("SEED", 0);
    for seed in first..first + number("EDITS", 200) {
        let sequence = Sequence::of_seed(seed);
        if sequence.run().is_err() {
            let small = sequence.shrunk();
            let (message, transcript) = small.run().expect_err("a smaller sequence is taken when it fails");
            panic!("SEED={seed} EDITS=1: {message}\n\n{transcript}");
        }
    }
}
