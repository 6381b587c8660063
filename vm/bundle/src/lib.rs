//! Loads native bundles: shared libraries that register functions, constants and types through a small C interface (`include/lang_bundle.h`).
//!
//! ```no_run
//! use bundle::Bundles;
//! use vm::embed::{Vm, VmOptions};
//! let mut vm = Vm::bare(VmOptions::default());
//! vm.set_bundle_loader(Bundles::new());
//! ```
//!
//! This crate is where a process opens libraries, and all of its unsafe code is about them: [`library`](self) says how a library is opened, asked and
//! closed, `call` what happens at the border, `docs/design/unsafe.md` what that relies on. Whether native code may be loaded at all is the host's
//! decision (`vm::host::Host::load_native`).

mod call;
mod copy;
mod library;
mod value;
mod whole;

use vm::object::{BundleCopy, BundleLoader, BundleProblem};

/// Opens native bundles for a VM.
#[derive(Debug, Default)]
pub struct Bundles {
    _private: (),
}

impl Bundles {
    /// A loader that keeps what it opens in the directory for temporary files.
    pub fn new() -> Bundles {
        Bundles::default()
    }
}

impl BundleLoader for Bundles {
    fn keep(&mut self, path: &str, namespace: &str, content: Vec<u8>) -> Result<Box<dyn BundleCopy>, BundleProblem> {
        whole::check(path, &content)?;
        Ok(Box::new(copy::Copy::new(path, namespace, content)?))
    }
}
