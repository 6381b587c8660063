//! A run of many tests.

use super::case::{self, Setting, Verdict};
use super::human::Human;
use super::junit::Junit;
use super::report::{Reporter, Tally};
use super::suite::{Broken, Suite};
use super::tap::Tap;
use super::watch::Edits;
use super::{AfterFailure, Format, Options};
use crate::diagnostics::Report as Style;
use crate::host::Texts;
use crate::interrupt;
use crate::output::output;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use vm::reload::Images;

/// Presses of Ctrl-C after which a run ends at once.
const PRESSES_MAX: u32 = 2;

/// Runs tests, again and again if need be.
pub struct Runner<'a> {
    options: &'a Options,
    setting: Setting<'a>,
    /// The program texts that each file with tests was made of, when it was loaded last.
    texts: BTreeMap<String, Texts>,
    /// Warnings that were shown.
    warned: BTreeSet<String>,
}

impl<'a> Runner<'a> {
    /// A runner that Ctrl-C stops, and that edits overtake.
    pub fn new(options: &'a Options, edits: Option<Rc<Edits>>) -> Runner<'a> {
        let stop = Arc::<AtomicBool>::default();
        interrupt::listen(stop.clone(), PRESSES_MAX);
        let style = if options.format == Format::Human { Style::for_stdout() } else { Style::plain() };
        let setting = Setting {
            roots: &options.roots,
            sharing: options.sharing,
            timeout: options.timeout,
            images: Images::default(),
            stop,
            edits,
            style,
        };
        Runner { options, setting, texts: BTreeMap::new(), warned: BTreeSet::new() }
    }

    /// Whether Ctrl-C was pressed.
    pub fn is_stopped(&self) -> bool {
        self.setting.stop.load(Ordering::Relaxed)
    }

    /// Whether a file was edited since the run began.
    fn is_overtaken(&self) -> bool {
        self.setting.edits.as_ref().is_some_and(|edits| edits.have_come())
    }

    /// The program texts that a file with tests was made of, once it was loaded.
    pub fn texts_of(&self, suite: &Suite) -> Option<&Texts> {
        self.texts.get(&suite.path)
    }

    /// Runs the tests of these files, and tells of it.
    pub fn run(&mut self, broken: &[Broken], suites: &[&Suite]) -> Tally {
        let start = Instant::now();
        let mut reporter = self.reporter();
        let mut tally = Tally::default();
        for suite in suites {
            // What does not get its turn is not up to date.
            self.texts.remove(&suite.path);
        }
        for broken in broken {
            tally.unloadable += 1;
            reporter.unloadable(broken);
        }
        for suite in suites {
            if self.is_over(&tally) {
                break;
            }
            self.run_suite(suite, &mut *reporter, &mut tally);
            if self.is_overtaken() {
                // It is to run again, whatever was edited.
                self.texts.remove(&suite.path);
            }
        }
        tally.is_interrupted |= self.is_stopped() || self.is_overtaken();
        tally.time = start.elapsed();
        reporter.end(&tally);
        tally
    }

    fn reporter(&self) -> Box<dyn Reporter> {
        match self.options.format {
            Format::Human => Box::new(Human::new(self.options.shown, self.setting.style)),
            Format::Tap => Box::new(Tap::default()),
            Format::Junit => Box::new(Junit::default()),
        }
    }

    fn is_over(&self, tally: &Tally) -> bool {
        let has_failed = tally.failed + tally.unloadable > 0;
        tally.is_interrupted
            || self.is_stopped()
            || self.is_overtaken()
            || (has_failed && self.options.after_failure == AfterFailure::Stop)
    }

    fn run_suite(&mut self, suite: &Suite, reporter: &mut dyn Reporter, tally: &mut Tally) {
        for (at, test) in suite.tests.iter().enumerate() {
            let outcome = case::run(&self.setting, suite, test);
            self.texts.insert(suite.path.clone(), outcome.texts.clone());
            let new: Vec<String> = outcome.warnings.iter().filter(|text| self.warned.insert((*text).clone())).cloned().collect();
            output().notes(&new);
            tally.count(&outcome.verdict);
            if at == 0 && !matches!(outcome.verdict, Verdict::Unloadable(_) | Verdict::Interrupted) {
                reporter.suite(suite);
            }
            match &outcome.verdict {
                // The other tests of the file cannot be loaded either.
                Verdict::Unloadable(text) => {
                    return reporter.unloadable(&Broken { path: suite.path.clone(), text: text.clone() });
                }
                Verdict::Interrupted => return,
                Verdict::Passed | Verdict::Skipped(_) | Verdict::Failed(_) => reporter.test(suite, test, &outcome),
            }
            if self.is_over(tally) {
                return;
            }
        }
    }
}
