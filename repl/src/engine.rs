//! The engine as the tool uses it: with the library, and with the terminal as its host.

use crate::diagnostics::Report;
use crate::host::{Console, Texts};
use crate::interrupt;
use crate::output::output;
use lang::source::Source;
use vm::embed::{Error, Handle, IntoScript, Vm, VmOptions};
use vm::object::{Control, Kind};
use vm::reload::{Reason, ReloadOptions};

/// A VM with everything, of which Ctrl-C stops the program. `texts` notes which program texts are read; `arguments` are the program's.
pub fn new_vm(texts: &Texts, arguments: &[String], presses_max: u32) -> Vm {
    let mut vm = with_host(Console::new(texts.clone(), arguments.to_vec()));
    tell_failed_tasks(&mut vm);
    interrupt::listen(vm.cancel_flag(), presses_max);
    vm
}

/// Has errors told that end tasks.
pub fn tell_failed_tasks(vm: &mut Vm) {
    vm.on_task_error(|name, error| {
        let style = Report::for_stderr();
        output().note(&format!("{}{}", style.failure(&format!("task `{name}` failed")), style.error(error)));
    });
}

/// A VM with everything, which does its effects through this host.
pub fn with_host(host: Console) -> Vm {
    let mut vm = stdlib::new_vm(VmOptions { host: Box::new(host), ..VmOptions::default() });
    vm.set_bundle_loader(bundle::Bundles::new());
    vm
}

/// Adds the directories given on the command line and in `LANG_PATH`, in which imports are looked for.
pub fn add_roots(vm: &mut Vm, directories: &[String]) {
    for directory in directories {
        vm.add_root(directory);
    }
    if let Some(paths) = std::env::var_os("LANG_PATH") {
        for directory in std::env::split_paths(&paths).filter(|path| !path.as_os_str().is_empty()) {
            vm.add_root(&directory.to_string_lossy());
        }
    }
}

/// A load whose warnings are shown before the program runs.
pub fn noting_warnings() -> ReloadOptions {
    ReloadOptions { warn: Some(note_warnings), ..ReloadOptions::default() }
}

/// Shows warnings.
pub fn note_warnings(warnings: &[Reason]) {
    for warning in warnings {
        output().note(&Report::for_stderr().warning(warning));
    }
}

/// The directory of a path; empty for the current one.
pub fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| if directory.is_empty() { "/" } else { directory })
}

/// The namespace that a loaded file contributes to.
pub fn namespace_of(vm: &mut Vm, path: &str) -> Option<String> {
    vm.enter(|cx| cx.world.modules.get(path).map(|module| module.namespace.name.to_string()))
}

/// What kind of definition a qualified name is, if it exists.
pub fn kind_of(vm: &mut Vm, qualified: &str) -> Option<Kind> {
    vm.enter(|cx| cx.definition(qualified).ok().map(|cell| cell.kind()))
}

/// Whether the function takes arguments at all. What is not written in the language counts as one that does.
fn takes_arguments(vm: &mut Vm, qualified: &str) -> bool {
    use vm::heap::Value;
    vm.enter(|cx| match cx.definition(qualified).map(|cell| cell.value()) {
        Ok(Value::Function(function)) => {
            let image = function.proto().image.clone();
            !image.params.is_empty() || image.rest.is_some()
        }
        _ => true,
    })
}

/// Calls a function with texts; one without parameters is called without.
pub fn call_with_texts(vm: &mut Vm, qualified: &str, texts: &[String]) -> Result<Handle, Error> {
    let function = vm.handle(qualified)?;
    let texts = if takes_arguments(vm, qualified) { texts.to_vec() } else { Vec::new() };
    vm.run(move |cx| {
        let callee = function.into_script(cx);
        let args = texts.into_iter().map(|text| cx.string(text)).collect();
        Err(Box::new(Control::Call { callee, args, then: None }))
    })
}

/// Reads a program text for a tool that does not run it.
pub fn read_source(path: &str) -> Result<Source, String> {
    let bytes = crate::host::read(path).map_err(|error| format!("cannot read `{path}`: {}", plain(&error)))?;
    if bytes.len() > Source::BYTES_MAX {
        return Err(format!("`{path}` is larger than {} MB", Source::BYTES_MAX >> 20));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(path, text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            Err(format!("`{path}` is not UTF-8: byte {at} cannot be read; save the file as UTF-8"))
        }
    }
}

/// An error of the system without its number.
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(at) => text[..at].to_lowercase(),
        None => text,
    }
}
