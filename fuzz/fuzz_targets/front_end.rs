//! Any text goes through lexer, parser, resolver and compiler.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| tests::fuzz::front_end(text));
