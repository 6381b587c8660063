//! `test` blocks as a host sees them.

use super::error::Error;
use super::vm::Vm;
use crate::heap::Value;
use crate::limits;
use crate::object::{Control, Function, Goal, Interrupt};
use crate::ops::{self, Difference, More};
use std::sync::Arc;
use std::time::Duration;

/// A `test` block of a loaded file.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// vm.load_text("rules.lang", "fn loot(n) { n + 1 }\n\ntest \"loot\" { assert loot(1) == 2 }")?;
/// let test = &vm.tests("rules.lang")[0];
/// assert_eq!((&*test.name, test.line), ("loot", 3));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TestBlock {
    /// What stands behind `test`.
    pub name: Arc<str>,
    /// The line that it begins on.
    pub line: u32,
}

/// How two values that should have been equal look: texts whose lines can be compared.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// vm.load_text("rules.lang", "test \"loot\" { assert [1, 2] == [1, 3] }")?;
/// let error = vm.run_test("rules.lang", 0).expect_err("2 is not 3");
/// let compared = vm.compared(&error).expect("two lists were compared");
/// assert_eq!(compared.left.replace('2', "3"), compared.right);
/// assert!(compared.differences.is_empty(), "both are shown whole");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compared {
    /// The value on the left of `==`.
    pub left: String,
    /// The value on the right.
    pub right: String,
    /// Where they differ, if they are too large to be shown whole.
    pub differences: Vec<Difference>,
    /// Whether they differ elsewhere, too.
    pub more: More,
}

/// Errors of tasks that belong to a test.
pub(super) struct CaughtFailures {
    /// The test's tasks have numbers above this one.
    pub(super) above: u64,
    /// Names of tasks, with the errors that have ended them.
    pub(super) failures: Vec<(String, Error)>,
}

/// When what runs is stopped.
#[derive(Clone, Copy)]
pub(super) struct TimeLimit {
    /// It concerns tasks with numbers above this one.
    above: u64,
    until: Duration,
    /// Whether the time is up.
    is_up: bool,
}

/// The class whose errors leave a test out.
const SKIPPED: &str = "test.Skipped";

impl Vm {
    /// The `test` blocks of a loaded file, in text order. To load a file runs none of them.
    ///
    /// A file that is not loaded has none.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("rules.lang", "test \"one\" { assert 1 == 1 }\ntest \"two\" { assert 1 == 2 }")?;
    /// let names: Vec<_> = vm.tests("rules.lang").into_iter().map(|test| test.name).collect();
    /// assert_eq!(names, ["one".into(), "two".into()]);
    /// assert!(vm.tests("other.lang").is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn tests(&mut self, path: &str) -> Vec<TestBlock> {
        self.enter(|cx| {
            let linked = cx.world.modules.get(path).and_then(|module| module.state().linked);
            let image = linked.map(|linked| linked.image.clone());
            let tests = image.iter().flat_map(|image| image.tests.iter().map(|test| (test, &image.source)));
            tests.map(|(test, source)| TestBlock { name: test.name.clone(), line: source.line(test.span.lo) }).collect()
        })
    }

    /// Runs a `test` block, given by its place among those of its file. It has ended when its body and the tasks that it has started have
    /// ended; an error of the body ends these tasks. Errors of tasks that nobody waited for go to [`Vm::on_task_error`].
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("rules.lang", "test \"one\" { assert 1 == 1 }\ntest \"two\" { assert 1 == 2 }")?;
    /// let passed: Vec<bool> = (0..vm.tests("rules.lang").len()).map(|at| vm.run_test("rules.lang", at).is_ok()).collect();
    /// assert_eq!(passed, [true, false]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// What the body has raised; [`Error::Host`] if there is no such test.
    pub fn run_test(&mut self, path: &str, index: usize) -> Result<(), Error> {
        self.holding_panics(|vm| vm.run_test_held(path, index))
    }

    fn run_test_held(&mut self, path: &str, index: usize) -> Result<(), Error> {
        let serial = self.enter(|cx| cx.world.tasks.fresh());
        let body = self.enter(|cx| {
            let linked = cx.world.modules.get(path)?.state().linked?;
            let test = linked.image.tests.get(index)?;
            let function = Function::new(cx.mc, linked.proto(test.proto), None, std::iter::empty());
            Some(super::Handle::new(cx.world, Value::Function(function)))
        });
        let body = body.ok_or_else(|| Error::Host(format!("`{path}` has no test number {index}")))?;
        let ended =
            self.run(move |cx| Err(Box::new(Control::Call { callee: body.value_in(cx.world), args: Vec::new(), then: None })));
        let ended = ended.and_then(|_| self.run_until(Goal::EndedAbove(serial), None));
        if ended.is_err() {
            self.enter(|cx| cx.drop_tasks(serial));
        }
        ended
    }

    /// Runs a `test` block that has to pass, or to leave itself out; an error of a task that it has started counts as its own. One that has
    /// not ended after [`limits::GATE_TEST_TIME`] is stopped.
    pub(crate) fn run_gate_test(&mut self, path: &str, index: usize) -> Result<(), Error> {
        let above = self.enter(|cx| cx.world.tasks.fresh());
        let outer = self.caught_failures.replace(CaughtFailures { above, failures: Vec::new() });
        // Without a clock there is no time to measure.
        let until = self.host(|host| host.monotonic()).ok().map(|now| now + limits::GATE_TEST_TIME);
        let limit_outer = std::mem::replace(&mut self.time_limit, until.map(|until| TimeLimit { above, until, is_up: false }));
        let ended = self.run_test(path, index);
        let limit = std::mem::replace(&mut self.time_limit, limit_outer);
        let caught = std::mem::replace(&mut self.caught_failures, outer).expect("set above");
        if limit.is_some_and(|limit| limit.is_up) {
            let seconds = limits::GATE_TEST_TIME.as_secs();
            return Err(Error::Host(format!("it was stopped, since it had not ended after {seconds} s")));
        }
        match ended {
            Err(error) => {
                if self.skip_reason(&error).is_some() {
                    Ok(())
                } else {
                    Err(error)
                }
            }
            Ok(()) => caught.failures.into_iter().next().map_or(Ok(()), |(_, error)| Err(error)),
        }
    }

    /// Stops a test whose time is up, if it is one of its tasks that runs, in a way that the program cannot catch.
    pub(super) fn check_time(&mut self) -> Result<(), Error> {
        let Some(TimeLimit { above, until, .. }) = self.time_limit else { return Ok(()) };
        let is_meant = self.enter(|cx| cx.world.tasks.current.is_some_and(|task| task.id() > above));
        if is_meant && self.host(|host| host.monotonic())? >= until {
            self.time_limit.iter_mut().for_each(|limit| limit.is_up = true);
            return Err(Error::Interrupted(Interrupt::Cancelled));
        }
        Ok(())
    }

    /// Whether it is a test whose time is up that stops now, and not the program.
    pub(super) fn is_test_stopped(&self) -> bool {
        self.time_limit.is_some_and(|limit| limit.is_up)
    }

    /// The reason, if an error is there to leave a test out (`test.skip`).
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("rules.lang", "import test\ntest \"far\" { test.skip(\"no network\") }")?;
    /// let error = vm.run_test("rules.lang", 0).expect_err("it is left out");
    /// assert_eq!(vm.skip_reason(&error).as_deref(), Some("no network"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn skip_reason(&mut self, error: &Error) -> Option<String> {
        let Error::Raised { message, value, .. } = error else { return None };
        let is_skip = self.enter(|cx| match value.value_in(cx.world) {
            Value::Instance(instance) => &*cx.world.class_of_instance(instance).qualified() == SKIPPED,
            _ => false,
        });
        is_skip.then(|| message.clone())
    }

    /// The two sides of the `==` whose failed `assert` has raised this error. None for every other error, and for values without parts, such
    /// as numbers.
    ///
    /// See the example of [`Compared`].
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("rules.lang", "test \"one\" { assert 1 == 2 }")?;
    /// let error = vm.run_test("rules.lang", 0).expect_err("1 is not 2");
    /// assert_eq!(vm.compared(&error), None, "numbers have no parts");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn compared(&mut self, error: &Error) -> Option<Compared> {
        let Error::Raised { value, .. } = error else { return None };
        self.enter(|cx| {
            let Value::Instance(error) = value.value_in(cx.world) else { return None };
            let Value::Tuple(pair) = ops::error_part(cx.world, error, cx.world.symbols.hidden_compared) else { return None };
            let [left, right] = pair.items() else { return None };
            let sides = ops::side_texts(cx, left, right)?;
            let (differences, more) = if sides.is_cut { ops::differences(cx, *left, *right) } else { (Vec::new(), More::None) };
            Some(Compared { left: sides.left, right: sides.right, differences, more })
        })
    }
}
