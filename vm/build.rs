//! Says whether the handlers of instructions may call each other in tail position (`interp/state.rs`): only an optimising compiler makes
//! jumps of such calls, and sanitizers keep it from doing so.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LANG_NO_TAIL_DISPATCH");
    println!("cargo::rustc-check-cfg=cfg(tail_dispatch)");
    let optimised = var("OPT_LEVEL").is_ok_and(|level| level != "0");
    let known = var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "x86_64" || arch == "aarch64");
    let plain = var("CARGO_CFG_SANITIZE").is_err() && var("CARGO_CFG_FUZZING").is_err();
    if optimised && known && plain && var("LANG_NO_TAIL_DISPATCH").is_err() {
        println!("cargo::rustc-cfg=tail_dispatch");
    }
}
