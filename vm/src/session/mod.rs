//! A session: text goes in, values come out, definitions stay. What terminals, sockets and editors do with a program they do through it.

mod request;

pub use request::*;
