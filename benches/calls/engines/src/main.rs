//! This language, Rhai, Rune and Koto.

mod koto;
mod lang;
mod rhai;
mod rune;

fn main() {
    lang::measure();
    rhai::measure();
    rune::measure();
    koto::measure();
}
