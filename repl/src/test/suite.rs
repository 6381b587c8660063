//! Finding tests: which files have some, and which of them are wanted.

use crate::diagnostics::Report as Style;
use crate::engine::{directory, read_source};
use crate::format::files_below;
use embed::watch::{Print, print_of};
use lang::ast::{File, StmtKind};
use lang::diagnostic::Diagnostic;
use lang::source::Source;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use vm::reload::{Sharing, normalise};

/// What the name of a file that tests another one has more, before its ending.
const TEST_ENDING: &str = "_test.lang";

/// What stands between a file and the name of a test.
const SEPARATOR: &str = "::";

/// A file with tests.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The file.
    pub path: String,
    /// The directory from which imports are looked for.
    pub root: String,
    /// The file that it tests, if it is beside another one for that.
    pub tested: Option<Tested>,
    /// Other files of its namespace, if the files of a directory share one.
    pub beside: Vec<String>,
    /// Its wanted tests.
    pub tests: Vec<Test>,
}

/// The file that a test file belongs to.
#[derive(Clone, Debug)]
pub struct Tested {
    /// The file.
    pub path: String,
    /// The namespace that both contribute to.
    pub namespace: String,
}

/// A test.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// Its place among all tests of its file.
    pub index: usize,
    /// The line that it begins on.
    pub line: u32,
}

/// A file that is no program text.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub text: String,
}

/// What there is.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Files with wanted tests.
    pub suites: Vec<Suite>,
    /// Files that have errors.
    pub broken: Vec<Broken>,
    /// All files that were looked at, with what was in them then.
    pub files: BTreeMap<String, Print>,
}

impl Found {
    /// Whether there is nothing to run and nothing to say.
    pub fn is_empty(&self) -> bool {
        self.suites.is_empty() && self.broken.is_empty()
    }
}

impl Suite {
    /// The tests in the form in which they can be given on the command line.
    pub fn ids(&self) -> impl Iterator<Item = String> {
        self.tests.iter().map(|test| self.id(test))
    }

    /// A test as `FILE::NAME`.
    pub fn id(&self, test: &Test) -> String {
        format!("{}{SEPARATOR}{}", self.path, test.name)
    }

    /// The files to load.
    pub fn files(&self) -> Vec<String> {
        self.beside.iter().chain(self.tested.iter().map(|tested| &tested.path)).chain([&self.path]).cloned().collect()
    }
}

/// A path of the command line.
#[derive(Debug)]
struct Place {
    /// A file or directory.
    path: String,
    /// The only wanted test.
    name: Option<String>,
}

/// Which tests are wanted.
#[derive(Debug)]
pub struct Selection {
    places: Vec<Place>,
    filter: Option<String>,
    sharing: Sharing,
}

impl Selection {
    /// The tests below these paths whose name contains `filter`.
    pub fn new(paths: &[String], filter: Option<&str>, sharing: Sharing) -> Result<Selection, String> {
        let places = paths.iter().map(|path| place(path)).collect::<Result<_, _>>()?;
        Ok(Selection { places, filter: filter.map(str::to_owned), sharing })
    }

    /// All files that would be looked at.
    pub fn files(&self) -> BTreeSet<String> {
        // What cannot be read was told when the tests were looked for.
        self.places.iter().flat_map(|place| files_below(&place.path).unwrap_or_default()).map(|file| normalise(&file)).collect()
    }

    /// Looks at all files.
    pub fn find(&self) -> Found {
        let mut found = Found::default();
        for place in &self.places {
            let is_directory = Path::new(&place.path).is_dir();
            let files = match files_below(&place.path) {
                Ok(files) => files,
                Err(message) => {
                    let text = Style::for_stderr().failure(&message);
                    found.broken.push(Broken { path: place.path.clone(), text });
                    continue;
                }
            };
            for file in files {
                let file = normalise(&file);
                let root = if is_directory { normalise(&place.path) } else { directory(&file).to_owned() };
                let is_new = !found.files.contains_key(&file);
                if is_new || place.name.is_some() {
                    self.look_at(file, root, place.name.as_deref(), &mut found);
                }
            }
        }
        found
    }

    fn look_at(&self, path: String, root: String, name: Option<&str>, found: &mut Found) {
        let source = read_source(&path);
        found.files.insert(path.clone(), source.as_ref().ok().map(|source| print_of(source.text().as_bytes())));
        let (file, lines) = match parse(source) {
            Ok(parsed) => parsed,
            Err(text) => {
                if found.broken.iter().all(|broken| broken.path != path) {
                    found.broken.push(Broken { path, text });
                }
                return;
            }
        };
        let all = file.stmts.iter().zip(lines).filter_map(|(stmt, line)| match &stmt.kind {
            StmtKind::Test(test) => Some((test.name.to_string(), line)),
            _ => None,
        });
        let tests: Vec<Test> = all
            .enumerate()
            .map(|(index, (name, line))| Test { name, index, line })
            .filter(|test| name.is_none_or(|name| test.name == name))
            .filter(|test| self.filter.as_ref().is_none_or(|part| test.name.contains(part)))
            .collect();
        if tests.is_empty() {
            return;
        }
        if let Some(suite) = found.suites.iter_mut().find(|suite| suite.path == path) {
            // Tests of one file that were given one by one.
            suite.tests.extend(
                tests.into_iter().filter(|test| suite.tests.iter().all(|known| known.index != test.index)).collect::<Vec<_>>(),
            );
            return;
        }
        let tested = tested(&path, &root, self.sharing);
        let beside = match self.sharing {
            Sharing::Nothing => Vec::new(),
            Sharing::Directory => beside(&path, tested.as_ref()),
        };
        found.suites.push(Suite { path, root, tested, beside, tests });
    }

    /// What to say if there are no tests.
    pub fn nothing(&self) -> String {
        let places: Vec<String> = self.places.iter().map(|place| format!("`{}`", place.path)).collect();
        let places = places.join(", ");
        let named = self.places.iter().find_map(|place| place.name.as_ref());
        match (&self.filter, named) {
            (Some(part), _) => format!("no test in {places} has `{part}` in its name; `lang test --list` shows all tests"),
            (None, Some(name)) => format!("there is no test `{name}` in {places}; `lang test --list` shows all tests"),
            (None, None) => format!("there are no tests in {places}; a test is a block `test \"name\" {{ … }}` in a `.lang` file"),
        }
    }
}

fn place(text: &str) -> Result<Place, String> {
    let exists = |path: &str| Path::new(path).exists();
    if exists(text) {
        return Ok(Place { path: text.to_owned(), name: None });
    }
    match text.split_once(SEPARATOR) {
        Some((path, name)) if exists(path) => Ok(Place { path: path.to_owned(), name: Some(name.to_owned()) }),
        Some((path, _)) => Err(format!("there is no file `{path}`")),
        None => Err(format!("there is no file or directory `{text}`; `--filter {text}` takes tests with this in their name")),
    }
}

/// The statements of a file, with the lines that they begin on; or what is wrong with it.
fn parse(source: Result<Source, String>) -> Result<(File, Vec<u32>), String> {
    let style = Style::for_stderr();
    let source = source.map_err(|message| style.failure(&message))?;
    let parsed = lang::parse(&source);
    let errors: Vec<&Diagnostic> = parsed.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    if !errors.is_empty() {
        return Err(errors.iter().map(|diagnostic| style.diagnostic(&source, diagnostic)).collect());
    }
    let lines = parsed.file.stmts.iter().map(|stmt| source.line(stmt.span.lo)).collect();
    Ok((parsed.file, lines))
}

/// The other program files directly in the directory of a file, without those that test others.
fn beside(path: &str, tested: Option<&Tested>) -> Vec<String> {
    let own = directory(path);
    // What cannot be read was told when the tests were looked for.
    let all = files_below(if own.is_empty() { "." } else { own }).unwrap_or_default();
    let all = all.iter().map(|file| normalise(file)).filter(|file| directory(file) == own && !file.ends_with(TEST_ENDING));
    all.filter(|file| file != path && tested.is_none_or(|tested| *file != tested.path)).collect()
}

/// The file that a test file belongs to.
pub fn tested(path: &str, root: &str, sharing: Sharing) -> Option<Tested> {
    let tested = format!("{}.lang", path.strip_suffix(TEST_ENDING).filter(|stem| !stem.is_empty() && !stem.ends_with('/'))?);
    if !Path::new(&tested).is_file() {
        return None;
    }
    // One that has errors is refused when it is loaded.
    let named = parse(read_source(&tested)).ok().and_then(|(file, _)| file.namespace);
    let namespace = match named {
        Some(segments) => segments.iter().map(|segment| &*segment.name).collect::<Vec<_>>().join("."),
        None => {
            let below = tested.strip_prefix(root)?.trim_start_matches('/');
            sharing.namespace_of(below.strip_suffix(".lang")?)
        }
    };
    Some(Tested { path: tested, namespace })
}
