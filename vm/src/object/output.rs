//! Where output goes: to the host, or to the client for whom a session evaluates.

use super::Cx;
use crate::host::HostError;

/// Bytes of output that are kept for a client; what comes behind goes to the host.
const CAPTURED_MAX: usize = 1 << 20;

impl Cx<'_, '_> {
    /// Writes program output: to the host, or to the client for whom a session evaluates.
    pub fn write_output(&mut self, text: &str) -> Result<(), HostError> {
        if self.capture(text) { Ok(()) } else { self.world.host.write(text) }
    }

    /// Writes a message, as [`Cx::write_output`] does output.
    pub fn write_message(&mut self, text: &str) -> Result<(), HostError> {
        if self.capture(text) { Ok(()) } else { self.world.host.write_error(text) }
    }

    fn capture(&mut self, text: &str) -> bool {
        let captured = self.world.captured.as_mut().filter(|captured| captured.len() + text.len() <= CAPTURED_MAX);
        captured.map(|captured| captured.push_str(text)).is_some()
    }
}
