//! Compiled files that several VMs use.

use crate::compile::compile_source;
use crate::image::ModuleImage;
use lang::diagnostic::Diagnostic;
use lang::source::Source;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// What became of the texts that VMs have compiled: the last one of each path. A host that loads one program into many VMs hands it to all of
/// them (`Vm::share_images`), and every text is compiled once.
///
/// ```
/// use embed::prelude::*;
/// use embed::reload::Images;
///
/// let images = Images::default();
/// for _ in 0..3 {
///     let mut vm = Vm::new();
///     vm.share_images(&images);
///     vm.load_text("rules.lang", "fn damage(n) { n * 2 }")?;    // compiled once
///     assert_eq!(vm.call::<_, i64>("rules.damage", (4,))?, 8);
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Images(Rc<RefCell<FxHashMap<String, (Source, CompiledText)>>>);

/// A text that was compiled.
#[derive(Clone)]
pub(super) struct CompiledText {
    /// The image; none if there are errors.
    pub(super) image: Option<Arc<ModuleImage>>,
    /// Its problems.
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Images {
    /// Compiles a text, unless it is known.
    pub(super) fn compile(known: Option<&Images>, source: &Source) -> CompiledText {
        let Some(Images(known)) = known else { return compiled(source) };
        if let Some((before, text)) = known.borrow().get(source.name())
            && before.text() == source.text()
        {
            return text.clone();
        }
        let text = compiled(source);
        known.borrow_mut().insert(source.name().to_owned(), (source.clone(), text.clone()));
        text
    }
}

fn compiled(source: &Source) -> CompiledText {
    let result = compile_source(source);
    CompiledText { image: result.image.map(Arc::new), diagnostics: result.diagnostics }
}
