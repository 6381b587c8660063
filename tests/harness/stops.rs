//! What a case does where its program stops at an error.

use crate::case::Deed;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use vm::embed::{Error, OnError, Restart, StoppedProgram, Vm};
use vm::reload::{FileText, ReloadOptions};

/// Deeds that are left.
#[derive(Default)]
pub struct Stops(Rc<RefCell<VecDeque<Deed>>>);

impl Stops {
    /// From now on the program stops at errors, and goes on as the deeds say.
    pub fn begin(vm: &mut Vm, deeds: &[Deed]) -> Stops {
        let left = Rc::new(RefCell::new(VecDeque::from(deeds.to_vec())));
        let deeds = left.clone();
        vm.on_error(OnError::Wait);
        vm.on_safe_point(move |vm| {
            let Some(stopped) = vm.stopped() else { return };
            // Without a deed the error goes its way.
            let deed = deeds.borrow_mut().pop_front().unwrap_or(Deed::Abort);
            if let Err(error) = carry_out(vm, &stopped, &deed) {
                print(vm, &format!("{}\n", error.to_string().lines().next().unwrap_or_default()));
            }
        });
        Stops(left)
    }

    /// The program stops no longer. Gives the next deed that was not done.
    pub fn end(self, vm: &mut Vm) -> Option<String> {
        let left = self.0.borrow_mut().pop_front();
        vm.on_error(OnError::Unwind);
        left.map(|deed| format!("{deed:?}"))
    }
}

fn carry_out(vm: &mut Vm, stopped: &StoppedProgram, deed: &Deed) -> Result<(), Error> {
    match deed {
        Deed::Calls => {
            print(vm, &calls(stopped));
            Ok(())
        }
        Deed::Eval(number, text) => {
            let value = vm.eval_in_call(*number, text)?;
            let shown = value.map_or(Ok("nil".to_owned()), |value| vm.repr(&value))?;
            print(vm, &format!("{shown}\n"));
            Ok(())
        }
        Deed::Edit(path, text) => {
            let report = vm.reload(vec![FileText { path: path.clone(), text: Some(text.clone()) }], &ReloadOptions::default());
            match report.error {
                _ if report.ok => Ok(()),
                Some(error) => Err(error),
                None => Err(Error::Host(report.to_string())),
            }
        }
        Deed::Retry(number) => vm.restart(&Restart::Retry(*number)),
        Deed::Use(number, text) => {
            let value = vm.eval_in_call(*number, text)?.unwrap_or_else(|| vm.make(|_| vm::heap::Value::Nil));
            vm.restart(&Restart::Return(*number, value))
        }
        Deed::Continue(number) => vm.restart(&Restart::Continue(*number)),
        Deed::Edited => {
            let how = vm.restart_after_edit();
            vm.restart(&how)
        }
        Deed::Abort => vm.restart(&Restart::Abort),
    }
}

/// The error and the calls, a line for each.
fn calls(stopped: &StoppedProgram) -> String {
    let error = stopped.error.to_string();
    let mut text = format!("{}\n", error.lines().next().unwrap_or_default());
    for (number, call) in stopped.calls.iter().enumerate() {
        let locals: Vec<String> = call.locals.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let stale = if call.stale.is_some() { " (old)" } else { "" };
        text.push_str(&format!("#{number} {}:{}{stale} {}", call.place.function, call.place.line(), locals.join(", ")));
        text = format!("{}\n", text.trim_end());
    }
    text
}

fn print(vm: &mut Vm, text: &str) {
    // The host of the tests refuses output only where a case says so, and then shows nothing.
    let _ = vm.host(|host| host.write(text));
}
