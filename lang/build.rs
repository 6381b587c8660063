//! Generates the parser from `src/grammar.lalrpop`.

fn main() {
    lalrpop::Configuration::new().use_cargo_dir_conventions().emit_rerun_directives(true).process().expect("the grammar is LR(1)");
    println!("cargo:rerun-if-changed=build.rs");
}
