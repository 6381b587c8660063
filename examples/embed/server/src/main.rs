//! The server: `server [SCRIPTS [ADDRESS]]`.

use server::{Server, accept};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let scripts = args.next().unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/scripts").to_owned());
    let address = args.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let mut server = Server::new(Path::new(&scripts))?;
    let listener = TcpListener::bind(address)?;
    println!("listening on http://{}", listener.local_addr()?);
    let (sender, requests) = channel();
    thread::spawn(move || accept(&listener, &sender));
    server.serve(&requests, |report| eprint!("{report}"));
    Ok(())
}
