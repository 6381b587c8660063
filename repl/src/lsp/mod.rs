//! `lang lsp`: what editors ask a language server, over standard input and output. It says what texts say, joined with what the program
//! knows that is running, and evaluates parts of texts in that program. Unsaved texts lie over those on the disk.

mod actions;
mod asks;
mod attached;
mod checker;
mod client;
mod diagnostics;
mod document;
mod encoding;
mod evaluation;
mod features;
mod files;
mod inspector;
mod library;
mod living;
mod names;
mod program;
mod reloads;
mod results;
mod server;
mod transport;
mod uri;

use client::Client;
use server::Server;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use transport::Writer;
use vm::reload::Sharing;

/// How often it is looked whether something takes too long.
const TICK: Duration = Duration::from_millis(50);

/// Serves until the client ends it; gives the status, 0 if it has said goodbye.
pub fn serve(sharing: Sharing) -> i32 {
    let (events, incoming) = channel();
    transport::read(events.clone());
    let mut server = Server::new(Client::new(Writer::start()), events, sharing);
    loop {
        let event = match incoming.recv_timeout(TICK) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => {
                server.tick();
                continue;
            }
            // The server has an end of the queue itself.
            Err(RecvTimeoutError::Disconnected) => break 1,
        };
        if let Some(status) = server.take(event) {
            server.finish();
            break status;
        }
    }
}
