//! Luau by mlua.

include!("../../mlua.rs");

fn main() {
    measure("Luau");
}
