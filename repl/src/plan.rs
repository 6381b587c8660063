//! `lang plan`: what an edit would do to a program that runs.

use crate::diagnostics::Report as Style;
use crate::engine;
use crate::host::Texts;
use crate::output::output;
use crate::reload::Detail;
use crate::summary;
use vm::embed::Error;
use vm::object::Interrupt;
use vm::reload::{FileText, Mode, ReloadOptions, normalise};

/// Presses of Ctrl-C after which it ends at once.
const PRESSES_MAX: u32 = 1;

/// Loads `running` without calling its `main`, and shows what taking in the text of `edited` in its place would do; 1 if it would be refused, or,
/// strictly, if it would leave something behind.
pub fn plan(running: &str, edited: &str, roots: &[String], mode: Mode, options: &ReloadOptions, detail: Detail) -> i32 {
    let style = Style::for_stderr();
    let text = match engine::read_source(edited) {
        Ok(source) => source.text().to_owned(),
        Err(message) => {
            output().note(&style.failure(&message));
            return 1;
        }
    };
    let path = normalise(running);
    let mut vm = engine::new_vm(&Texts::default(), &[], PRESSES_MAX);
    vm.add_root(engine::directory(&path));
    engine::add_roots(&mut vm, roots);
    vm.set_mode(mode);
    let loaded = vm.reload_files_with(std::slice::from_ref(&path), &engine::noting_warnings());
    if !loaded.ok {
        return match loaded.error {
            Some(Error::Interrupted(Interrupt::Exit(status))) => status,
            _ => {
                output().note(&summary::refusal(&loaded, style));
                1
            }
        };
    }
    let report = vm.plan(vec![FileText { path, text: Some(text) }], options);
    let _ = output().write(&match detail {
        Detail::Json => format!("{}\n", report.to_json()),
        Detail::Short | Detail::Full => {
            let (warnings, rest) = summary::in_full(&report, Style::for_stdout());
            format!("{warnings}{rest}")
        }
    });
    i32::from(!report.ok || options.strict && !report.uncovered.is_empty())
}
