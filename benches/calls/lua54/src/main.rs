//! Lua 5.4 by mlua.

include!("../../mlua.rs");

fn main() {
    measure("Lua 5.4");
}
