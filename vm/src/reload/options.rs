//! What can be chosen about a reload.

use super::check::Reason;

/// How the running program takes in a new text.
///
/// See the example of [`Vm::set_mode`](crate::embed::Vm::set_mode).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// The running program becomes the new version; every reference follows.
    #[default]
    Update,
    /// New objects are installed beside the old ones, whose holders keep a consistent old world. After Python's `importlib.reload`.
    Overwrite,
}

impl Mode {
    /// The word for it.
    ///
    /// ```
    /// use embed::Mode;
    ///
    /// assert_eq!(Mode::Overwrite.text(), "overwrite");
    /// ```
    pub fn text(self) -> &'static str {
        match self {
            Mode::Update => "update",
            Mode::Overwrite => "overwrite",
        }
    }

    /// The mode with this word.
    ///
    /// ```
    /// use embed::Mode;
    ///
    /// assert_eq!(Mode::named("update"), Some(Mode::Update));
    /// assert_eq!(Mode::named("upgrade"), None);
    /// ```
    pub fn named(text: &str) -> Option<Mode> {
        [Mode::Update, Mode::Overwrite].into_iter().find(|mode| mode.text() == text)
    }
}

/// Which definitions may become another kind of thing.
///
/// ```
/// use embed::prelude::*;
/// use embed::reload::Replace;
/// use embed::{FileText, ReloadOptions};
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "fn start() { 1 }\nfn user() { start }")?;
/// let edit = || vec![FileText { path: "game.lang".into(), text: Some("class start { }\nfn user() { start }".into()) }];
/// assert!(!vm.reload(edit(), &ReloadOptions::default()).ok, "a function is no class");
/// let replace = Replace::Names(vec!["start".into()]);
/// assert!(replace.allows("game.start"));
/// assert!(vm.reload(edit(), &ReloadOptions { replace, ..ReloadOptions::default() }).ok);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Replace {
    /// None.
    #[default]
    Nothing,
    /// All.
    All,
    /// Those of these names, bare or qualified.
    Names(Vec<String>),
}

impl Replace {
    /// Whether the definition may.
    ///
    /// See the example of [`Replace`].
    pub fn allows(&self, qualified: &str) -> bool {
        match self {
            Replace::Nothing => false,
            Replace::All => true,
            Replace::Names(names) => {
                let bare = qualified.rsplit('.').next().unwrap_or(qualified);
                names.iter().any(|name| name == qualified || name == bare)
            }
        }
    }
}

/// What becomes of a leak that another file defines.
///
/// ```
/// use embed::prelude::*;
/// use embed::reload::Policy;
/// use embed::{FileText, ReloadOptions};
///
/// let mut vm = Vm::new();
/// vm.load_text("a.lang", "namespace game\nfn old() { 1 }\nlet kept = [old]")?;
/// vm.reload_text("a.lang", "namespace game\nlet kept = [old]");
/// let edit = || vec![FileText { path: "b.lang".into(), text: Some("namespace game\nfn old() { 2 }".into()) }];
/// assert!(!vm.reload(edit(), &ReloadOptions { policy: Policy::Strict, ..ReloadOptions::default() }).ok);
/// assert!(vm.reload(edit(), &ReloadOptions::default()).ok);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Policy {
    /// The file becomes its contributor; identity stays.
    #[default]
    Adopt,
    /// It is refused.
    Strict,
}

/// When instances follow a new layout of their class.
///
/// ```
/// use embed::prelude::*;
/// use embed::reload::Migrate;
/// use embed::{FileText, ReloadOptions};
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "class Hero { slot hp = 7 }\nlet hero = Hero()")?;
/// let text = "class Hero { slot hp = 7; migrate(old) { throw ValueError(\"no\") } slot level = 1 }\nlet hero = Hero()";
/// let edit = vec![FileText { path: "game.lang".into(), text: Some(text.into()) }];
/// let report = vm.reload(edit, &ReloadOptions { migrate: Migrate::Eagerly, ..ReloadOptions::default() });
/// assert!(!report.ok, "an instance cannot follow");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Migrate {
    /// At their next use.
    #[default]
    Lazily,
    /// All within the commit, which is taken back if one cannot.
    Eagerly,
}

/// What becomes of an instance whose migration hook raises.
///
/// ```
/// use embed::reload::HookErrors;
///
/// assert_eq!(HookErrors::named("rollback"), Some(HookErrors::Rollback));
/// assert_eq!(HookErrors::UseDefaults.text(), "use_defaults");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum HookErrors {
    /// Who uses it gets MigrationError; it stays as it was, and its next use tries again.
    #[default]
    Retry,
    /// It takes the step without hooks, and that is told once.
    UseDefaults,
    /// The commit is taken back. For that all instances follow within it, as with [`Migrate::Eagerly`].
    Rollback,
}

impl HookErrors {
    /// The word for it. See the example of [`HookErrors`].
    pub fn text(self) -> &'static str {
        match self {
            HookErrors::Retry => "retry",
            HookErrors::UseDefaults => "use_defaults",
            HookErrors::Rollback => "rollback",
        }
    }

    /// The policy with this word. See the example of [`HookErrors`].
    pub fn named(text: &str) -> Option<HookErrors> {
        [HookErrors::Retry, HookErrors::UseDefaults, HookErrors::Rollback].into_iter().find(|policy| policy.text() == text)
    }
}

/// What an edit has to pass before it is kept.
///
/// See the example of [`Vm::reload`](crate::embed::Vm::reload).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Gate {
    /// Nothing.
    #[default]
    Open,
    /// The `test` blocks of the files that it changes, run in the program as it would go on.
    Tests,
}

/// When a report says what is left in an old text, which may need a look at everything alive.
///
/// See the example of [`Vm::survey_stale`](crate::embed::Vm::survey_stale).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Survey {
    /// When it is made.
    #[default]
    AtOnce,
    /// When `Vm::survey_stale` is called.
    WhenRead,
}

/// Choices about one reload.
///
/// ```
/// use embed::prelude::*;
/// use embed::{FileText, ReloadOptions};
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "let score = 7")?;
/// let text = "let score = 7\nfn f() { scores }";
/// let edit = || vec![FileText { path: "game.lang".into(), text: Some(text.into()) }];
/// assert!(!vm.reload(edit(), &ReloadOptions { strict: true, ..ReloadOptions::default() }).ok);
/// let report = vm.reload(edit(), &ReloadOptions::default());
/// assert!(report.ok && report.warnings[0].message.contains("scores"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReloadOptions {
    /// The mode; `None`: what the file says in its first comment block (`# mode: overwrite`), else the VM's.
    pub mode: Option<Mode>,
    /// Which definitions may become another kind of thing.
    pub replace: Replace,
    /// What becomes of a leak that another file defines.
    pub policy: Policy,
    /// Whether what is a warning otherwise refuses the reload.
    pub strict: bool,
    /// Overwrite mode: whether living subclasses in other files get the new class as their base.
    pub rebase: bool,
    /// Overwrite mode: whether variables of other files that hold an old object get the new one.
    pub relink: bool,
    /// When instances follow a new layout of their class.
    pub migrate: Migrate,
    /// What becomes of instances whose hooks raise.
    pub on_hook_error: HookErrors,
    /// What the edit has to pass.
    pub gate: Gate,
    /// Who gets the warnings of the texts before anything of them runs; they are in the report, too.
    pub warn: Option<fn(&[Reason])>,
    /// When the report says what is left in an old text.
    pub survey: Survey,
}

impl ReloadOptions {
    /// Whether all instances follow within the commit.
    ///
    /// ```
    /// use embed::ReloadOptions;
    /// use embed::reload::HookErrors;
    ///
    /// assert!(!ReloadOptions::default().migrates_within());
    /// assert!(ReloadOptions { on_hook_error: HookErrors::Rollback, ..ReloadOptions::default() }.migrates_within());
    /// ```
    pub fn migrates_within(&self) -> bool {
        self.migrate == Migrate::Eagerly || self.on_hook_error == HookErrors::Rollback
    }
}

impl Default for ReloadOptions {
    fn default() -> Self {
        ReloadOptions {
            mode: None,
            replace: Replace::Nothing,
            policy: Policy::Adopt,
            strict: false,
            rebase: true,
            relink: false,
            migrate: Migrate::Lazily,
            on_hook_error: HookErrors::Retry,
            gate: Gate::Open,
            warn: None,
            survey: Survey::AtOnce,
        }
    }
}

/// The mode that a text asks for in its first comment block.
pub(super) fn mode_of_text(text: &str) -> Option<Mode> {
    text.lines()
        .map(str::trim)
        .take_while(|line| line.is_empty() || line.starts_with('#'))
        .find_map(|line| Mode::named(line.trim_start_matches('#').trim().strip_prefix("mode:")?.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_its_mode() {
        assert_eq!(mode_of_text("# mode: overwrite\nlet a = 1"), Some(Mode::Overwrite));
        assert_eq!(mode_of_text("# A tool.\n\n#   mode:update  \n"), Some(Mode::Update));
        assert_eq!(mode_of_text("let a = 1\n# mode: overwrite"), None);
        assert_eq!(mode_of_text("# mode: other"), None);
    }
}
