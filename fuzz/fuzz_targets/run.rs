//! Two texts: the first is loaded and run, the second is brought to the running program.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str)| tests::fuzz::run(texts.0, texts.1));
