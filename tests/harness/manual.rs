//! Pages of the manual: every block of code in them is run with the command `lang`, and what it shows is compared with what the page shows.
//!
//! | block | meaning |
//! |---|---|
//! | `lang` | a program, run as `main.lang`. `expr   # => value` at its top level promises a value, `# raises Class: message` an error |
//! | `lang continues` | run behind the program before it; only what it adds to the output counts |
//! | `lang fails` | the status must not be 0; without `fails` it must be |
//! | `lang shows=CODE` | a text of which compiling reports this diagnostic; not run |
//! | `lang compiles` | a text that compiles; not run |
//! | `lang file=NAME` | a file, written and not run |
//! | `diff file=NAME` | an edit of a file of this section: `-` lines in it become `+` lines, in the place of the first of them or behind the line before |
//! | `output` | what the program directly before it wrote; a program without such a block writes nothing |
//! | `repl` | a session: `> ` begins an input, `. ` goes on with it, all else is the answer |
//! | `live` | `lang run --reload main.lang` in the same form; lines before the first input follow from the edits since the block before |
//! | `repl continues`, `live continues` | the session before goes on |
//! | `sh` | `$ ` begins a command line that uses `lang`; what follows is its output |
//! | `sh serves` | the same, of one command that goes on running to the end of the section; `sh serves continues` is what it has written since |
//! | `repl attached` | `lang repl --attach`, in the form of `repl` |
//! | `json`, `nrepl`, `lsp` | `→` begins what a client sends to what serves, or to a language server; `←` what it is answered |
//! | `rust` | compiled and run by rustdoc (see `tests/harness/lib.rs`) |
//! | any with `not-run: REASON` | shown only; if it is a program, it must compile |
//!
//! Files, sessions and what serves last until the next heading. What differs from run to run, as a pid, is shown in one way. `UPDATE=1` rewrites what is shown.

use crate::exchange::{Client, FOLDER, Serving, runtime};
use crate::repository;
use crate::terminal::Terminal;
use lang::ast::StmtKind;
use lang::source::Source;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use vm::compile::compile_source;

/// Longest time a program or command may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What stands before a promised value, and before a promised error.
const MARKS: [&str; 2] = ["# => ", "# raises "];

/// Checks a page, given by its path from the repository's root; gives what is wrong. `binary` is the command `lang`. If `is_update`, the page
/// is rewritten first so that it shows what happens.
pub fn check_page(page: &str, binary: &Path, is_update: bool) -> Vec<String> {
    let path = repository::root().join(page);
    let text = fs::read_to_string(&path).expect("the page can be read");
    let found = run_page(page, &text, binary);
    if !is_update || found.rewrites.is_empty() {
        return found.failures;
    }
    let text = rewritten(&text, &found.rewrites);
    fs::write(&path, &text).expect("the page can be written");
    println!("{page}: rewritten; read it");
    run_page(page, &text, binary).failures
}

/// What a run of a page came to.
#[derive(Debug, Default)]
pub struct Found {
    /// What is not as shown, with file and line.
    pub failures: Vec<String>,
    /// New bodies of blocks, by the line of their fence.
    rewrites: BTreeMap<usize, String>,
}

/// Runs all blocks of a page.
pub fn run_page(page: &str, text: &str, binary: &Path) -> Found {
    let blocks = match blocks(text) {
        Ok(blocks) => blocks,
        Err(message) => return Found { failures: vec![format!("{page}:{message}")], ..Found::default() },
    };
    let mut runner = Runner {
        page,
        binary,
        found: Found::default(),
        folder: Folder::new(),
        program: None,
        session: None,
        serving: None,
        client: None,
        section: 0,
        unused: None,
    };
    for block in &blocks {
        runner.block(block);
    }
    runner.end_program();
    runner.end_section();
    runner.found
}

/// A fenced block.
#[derive(Debug)]
struct Block {
    /// Line of the fence.
    line: usize,
    /// The line that ends it: as many backquotes as begin it.
    fence: String,
    /// Under which heading it stands, as a number.
    section: usize,
    language: String,
    file: Option<String>,
    shows: Option<String>,
    continues: bool,
    fails: bool,
    compiles: bool,
    serves: bool,
    attached: bool,
    not_run: Option<String>,
    body: String,
}

/// The blocks of a page; or where it is malformed, and why.
fn blocks(text: &str) -> Result<Vec<Block>, String> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    let mut section = 0;
    for (at, line) in text.lines().enumerate() {
        let number = at + 1;
        match &mut open {
            Some(block) if line == block.fence => blocks.extend(open.take()),
            Some(block) => {
                block.body.push_str(line);
                block.body.push('\n');
            }
            None if line.starts_with('#') => section += 1,
            None if line.starts_with("```") => open = Some(head(line, number, section)?),
            None if line.trim_start().starts_with("```") => return Err(format!("{number}: a fence begins its line")),
            None => {}
        }
    }
    match open {
        Some(block) => Err(format!("{}: the block has no end", block.line)),
        None => Ok(blocks),
    }
}

/// Reads what follows a fence.
fn head(text: &str, line: usize, section: usize) -> Result<Block, String> {
    let (fence, text) = text.split_at(text.len() - text.trim_start_matches('`').len());
    let (text, not_run) = match text.split_once("not-run:") {
        Some((text, reason)) if !reason.trim().is_empty() => (text, Some(reason.trim().to_owned())),
        Some(_) => return Err(format!("{line}: `not-run` gives its reason")),
        None => (text, None),
    };
    let mut words = text.split_whitespace();
    let language = words.next().unwrap_or("").to_owned();
    let fence = fence.to_owned();
    let mut block = Block {
        line,
        fence,
        section,
        language,
        file: None,
        shows: None,
        continues: false,
        fails: false,
        compiles: false,
        serves: false,
        attached: false,
        not_run,
        body: String::new(),
    };
    for word in words {
        match word.split_once('=') {
            Some(("file", name)) => block.file = Some(name.to_owned()),
            Some(("shows", code)) => block.shows = Some(code.to_owned()),
            None if word == "continues" => block.continues = true,
            None if word == "compiles" => block.compiles = true,
            None if word == "serves" => block.serves = true,
            None if word == "attached" => block.attached = true,
            None if word == "fails" => block.fails = true,
            _ => return Err(format!("{line}: unknown word `{word}` behind a fence")),
        }
    }
    Ok(block)
}

/// The text with other bodies for some blocks.
fn rewritten(text: &str, rewrites: &BTreeMap<usize, String>) -> String {
    let mut out = String::new();
    let mut skipped_to: Option<String> = None;
    for (at, line) in text.lines().enumerate() {
        if skipped_to.as_deref() == Some(line) {
            skipped_to = None;
        }
        if skipped_to.is_some() {
            continue;
        }
        out.extend([line, "\n"]);
        if let Some(body) = rewrites.get(&(at + 1)) {
            // What is shown may hold a fence itself.
            let is_fenced = body.lines().any(|line| line.starts_with("```"));
            let backquotes = line.len() - line.trim_start_matches('`').len();
            assert!(!is_fenced || backquotes > 3, "the block of line {} needs a fence of four", at + 1);
            out.push_str(body);
            skipped_to = Some("`".repeat(backquotes));
        }
    }
    out
}

/// A folder of its own for the files of a section; it goes with the value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("lang-manual-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(runtime(&path)).expect("a folder for files can be made");
        Folder(path)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("folders can be made");
        fs::write(path, text).expect("files can be written");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in the system's folder for such things.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A program that was run, whose output has not been compared yet.
struct Program {
    line: usize,
    /// Its text with those it continues.
    text: String,
    /// All that it wrote.
    output: String,
    /// How much of it belongs to programs that it continues.
    known: usize,
    is_compared: bool,
}

struct Runner<'a> {
    page: &'a str,
    binary: &'a Path,
    found: Found,
    folder: Folder,
    program: Option<Program>,
    session: Option<Terminal>,
    /// What goes on running.
    serving: Option<Serving>,
    /// Who talks to it, or to a language server.
    client: Option<Client>,
    section: usize,
    /// The last file, as long as nothing was run after it.
    unused: Option<(usize, String)>,
}

impl Runner<'_> {
    fn fail(&mut self, line: usize, message: impl std::fmt::Display) {
        self.found.failures.push(format!("{}:{line}: {message}", self.page));
    }

    /// Notes that a block should show something else.
    fn differs(&mut self, block: &Block, what: &str, body: String) {
        let shown = format!("      {}", body.trim_end().replace('\n', "\n      "));
        self.fail(block.line, format!("{what}\n{shown}"));
        self.found.rewrites.insert(block.line, body);
    }

    fn block(&mut self, block: &Block) {
        if self.section != block.section {
            self.end_section();
            self.section = block.section;
        }
        if block.language != "output" && !block.continues {
            self.end_program();
        }
        if block.not_run.is_some() {
            if block.language == "lang" {
                self.must_compile(block);
            }
            return;
        }
        if block.file.is_none() {
            self.unused = None;
        }
        match block.language.as_str() {
            "lang" => match &block.file {
                _ if block.shows.is_some() => self.diagnostic(block),
                _ if block.compiles => self.must_compile(block),
                Some(name) => {
                    self.folder.write(name, &block.body);
                    self.unused = Some((block.line, name.clone()));
                }
                None => self.program(block),
            },
            "diff" => self.edit(block),
            "output" => self.output(block),
            "repl" | "live" => self.session(block),
            "sh" if block.serves => self.serve(block),
            "sh" => self.commands(block),
            "json" | "nrepl" | "lsp" => self.exchange(block),
            "rust" if RUST_PAGES.contains(&self.page) => {}
            "rust" => self.fail(block.line, "the blocks of this page are not given to rustdoc"),
            other => self.fail(block.line, format!("nothing runs a block of `{other}`; write `not-run: REASON` behind it")),
        }
    }

    /// Edits a file as a block of `diff` says.
    fn edit(&mut self, block: &Block) {
        let Some(name) = &block.file else { return self.fail(block.line, "an edit is of a file: `diff file=NAME`") };
        let Ok(text) = fs::read_to_string(self.folder.0.join(name)) else {
            return self.fail(block.line, format!("there is no file `{name}` in this section"));
        };
        let lines_of = |sign: &[char]| -> String {
            block.body.lines().filter(|line| line.starts_with(sign)).flat_map(|line| [&line[1..], "\n"]).collect()
        };
        let (old, new) = (lines_of(&['-', ' ']), lines_of(&['+', ' ']));
        match text.matches(&old).count() {
            1 => {
                self.folder.write(name, &text.replacen(&old, &new, 1));
                self.unused = Some((block.line, name.clone()));
            }
            found => self.fail(block.line, format!("`{name}` has these lines {found} times:\n{old}")),
        }
    }

    fn must_compile(&mut self, block: &Block) {
        let source = Source::new(self.page, block.body.clone());
        let compiled = compile_source(&source);
        if compiled.image.is_none() {
            let problems: String = compiled.diagnostics.iter().map(|diagnostic| diagnostic.plain(&source)).collect();
            self.fail(
                block.line,
                format!(
                    "the program does not compile:
{problems}"
                ),
            );
        }
    }

    fn diagnostic(&mut self, block: &Block) {
        let source = Source::new(self.page, block.body.clone());
        let found: Vec<&str> = compile_source(&source).diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect();
        if !found.iter().any(|id| block.shows.as_deref() == Some(id)) {
            self.fail(block.line, format!("compiling reports {found:?}"));
        }
    }

    fn end_section(&mut self) {
        if let Some((line, name)) = self.unused.take() {
            self.fail(line, format!("nothing in this section uses `{name}`"));
        }
        self.session = None;
        self.client = None;
        self.serving = None;
        self.folder = Folder::new();
    }

    /// A program whose output is not shown must have none.
    fn end_program(&mut self) {
        if let Some(program) = self.program.take().filter(|program| !program.is_compared && program.output.len() > program.known) {
            let rest = program.output[program.known..].to_owned();
            self.fail(program.line, format!("the program writes what the page does not show:\n{rest}"));
        }
    }

    fn program(&mut self, block: &Block) {
        let before = if block.continues { self.program.take() } else { None };
        if block.continues && before.is_none() {
            return self.fail(block.line, "there is no program to continue");
        }
        let (text, known_output) = match before {
            Some(before) if !before.is_compared && before.output.len() > before.known => {
                self.fail(
                    before.line,
                    format!("the program writes what the page does not show:\n{}", &before.output[before.known..]),
                );
                (before.text, before.output)
            }
            Some(before) => (before.text, before.output),
            None => (String::new(), String::new()),
        };
        let marked = match with_marks(&block.body) {
            Ok(marked) => marked,
            Err((line, message)) => return self.fail(block.line + line, message),
        };
        self.folder.write("main.lang", &format!("{text}{}", marked.program));
        let (is_ok, written) = self.run_command(Command::new(self.binary).args(["run", "main.lang"]));
        let (mut output, values) = taken_apart(&written);
        if [&*text, &*block.body].iter().any(|text| text.contains("# raises NameError")) {
            output = without_warnings_of_names(&output);
        }
        if is_ok == block.fails {
            let fails = if block.fails { "does not fail" } else { "fails" };
            self.fail(block.line, format!("the program {fails}:\n{output}"));
        }
        if !output.starts_with(&known_output) {
            self.fail(block.line, format!("the output of what this continues is another one now:\n{output}"));
        }
        let body = with_values(&block.body, &marked.lines, &values);
        if body != block.body {
            self.differs(block, "the values are", body.clone());
        }
        let known = if output.starts_with(&known_output) { known_output.len() } else { 0 };
        self.program = Some(Program { line: block.line, text: text + &block.body, output, known, is_compared: false });
    }

    fn output(&mut self, block: &Block) {
        let Some(program) = self.program.as_mut().filter(|program| !program.is_compared) else {
            return self.fail(block.line, "there is no program whose output this could be");
        };
        program.is_compared = true;
        let shown = tidy(&program.output[program.known..]);
        if shown != block.body {
            self.differs(block, "the output is", shown);
        }
    }

    /// Runs to the end; gives whether the status is 0, and all that was written.
    fn run_command(&self, command: &mut Command) -> (bool, String) {
        let (mut reader, writer) = io::pipe().expect("a pipe can be made");
        command.current_dir(&self.folder.0).env_remove("LANG_PATH").stdin(Stdio::null());
        command.env("XDG_RUNTIME_DIR", runtime(&self.folder.0));
        command.stdout(writer.try_clone().expect("a pipe can be shared")).stderr(writer);
        let mut child = command.spawn().expect("the command can be started");
        // The writing ends that the command holds.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let (sender, receiver) = mpsc::channel();
        let reading = thread::spawn(move || {
            let mut bytes = Vec::new();
            let result = reader.read_to_end(&mut bytes).map(|_| bytes);
            // Nobody waits any more if it took too long.
            let _ = sender.send(result);
        });
        let Ok(bytes) = receiver.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            let _ = child.wait();
            return (false, "(it does not end)\n".into());
        };
        reading.join().expect("reading does not panic");
        let status = child.wait().expect("the child has a status");
        let bytes = bytes.expect("a pipe can be read");
        (status.success(), String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A command line of a page.
    fn shell(&self, line: &str) -> Command {
        let bin = self.binary.parent().expect("the binary is in a folder");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(bin.to_owned()).chain(std::env::split_paths(&path))).expect("a path");
        let line = self.as_meant(line);
        let mut command = Command::new("sh");
        command.args(["-c", &line]).env("PATH", path);
        command
    }

    /// What was written, as pages show it.
    fn as_shown(&self, text: &str) -> String {
        let text = text.replace(&*self.folder.0.to_string_lossy(), FOLDER);
        self.serving.as_ref().map_or(text.clone(), |serving| serving.shown(&text))
    }

    /// A line of a page as it is meant in this run.
    fn as_meant(&self, line: &str) -> String {
        let line = line.replace(FOLDER, &self.folder.0.to_string_lossy());
        self.serving.as_ref().map_or(line.clone(), |serving| serving.meant(&line, &self.folder.0))
    }

    /// Starts what goes on running, or looks what it has written since.
    fn serve(&mut self, block: &Block) {
        let mut shown = String::new();
        let commands: Vec<&str> = block.body.lines().filter(|line| line.starts_with("$ ")).collect();
        match (block.continues, &*commands) {
            (true, []) => {}
            (false, [line]) => {
                let mut command = self.shell(&format!("exec {}", &line[2..]));
                command.current_dir(&self.folder.0).env_remove("LANG_PATH").env("XDG_RUNTIME_DIR", runtime(&self.folder.0));
                match Serving::start(&mut command) {
                    Ok(serving) => self.serving = Some(serving),
                    Err(error) => return self.fail(block.line, format!("the program does not start: {error}")),
                }
                let _ = writeln!(shown, "{line}");
            }
            _ => return self.fail(block.line, "what serves is one command; what continues has none"),
        }
        let Some(serving) = &mut self.serving else { return self.fail(block.line, "nothing serves that could continue") };
        let written = serving.lines(block.body.lines().count() - commands.len());
        shown.push_str(&self.as_shown(&tidy(&written)));
        if shown != block.body {
            self.differs(block, "what serves writes", shown);
        }
    }

    /// Has a client say what the lines say.
    fn exchange(&mut self, block: &Block) {
        if !block.continues {
            self.client = match Client::start(&block.language, self.binary, &self.folder.0, self.serving.as_ref()) {
                Ok(client) => Some(client),
                Err(message) => return self.fail(block.line, message),
            };
        }
        let mut shown = String::new();
        for line in block.body.lines().filter_map(|line| line.strip_prefix("→ ")) {
            let asked = self.as_meant(line);
            let Some(client) = &mut self.client else { return self.fail(block.line, "there is no client to continue") };
            match client.ask(&asked) {
                Ok(answers) => {
                    let answers = answers.iter().map(|answer| format!("← {}\n", self.as_shown(answer)));
                    let answers: String = answers.collect();
                    let _ = write!(shown, "→ {line}\n{answers}");
                }
                Err(message) => return self.fail(block.line, message),
            }
        }
        if shown.is_empty() {
            return self.fail(block.line, "no line begins with `→ `");
        }
        if shown != block.body {
            self.differs(block, "the answers are", shown);
        }
    }

    fn commands(&mut self, block: &Block) {
        let mut shown = String::new();
        for line in block.body.lines().filter(|line| line.starts_with("$ ")) {
            let (_, output) = self.run_command(&mut self.shell(&line[2..]));
            let _ = write!(shown, "{line}\n{}", self.as_shown(&tidy(&output)));
        }
        if shown.is_empty() {
            return self.fail(block.line, "no line begins with `$ `");
        }
        if shown != block.body {
            self.differs(block, "the commands give", shown);
        }
    }

    fn session(&mut self, block: &Block) {
        if !block.continues {
            let args: &[&str] = match &*block.language {
                "live" => &["run", "--reload", "main.lang"],
                _ if block.attached => &["repl", "--attach"],
                _ => &[],
            };
            match Terminal::start(self.binary, args, &self.folder.0) {
                Ok(terminal) => self.session = Some(terminal),
                Err(error) => return self.fail(block.line, format!("the session does not start: {error}")),
            }
        }
        let Some(terminal) = &mut self.session else {
            return self.fail(block.line, "there is no session to continue");
        };
        let is_live = block.language == "live";
        let exchanges = exchanges(&block.body);
        let mut shown = String::new();
        // What a live program says before it asks; a session says which version it is, and later nothing.
        let first = exchanges.first().filter(|exchange| exchange.inputs.is_empty()).map_or("", |exchange| &exchange.answer);
        if !block.continues && !is_live {
            terminal.greeting();
        } else if is_live && (!block.continues || !first.is_empty()) {
            shown.push_str(&terminal.answer(first));
        }
        for exchange in exchanges.iter().filter(|exchange| !exchange.inputs.is_empty()) {
            let prompt = terminal.prompt();
            for (at, input) in exchange.inputs.iter().enumerate() {
                terminal.send(input);
                let _ = writeln!(shown, "{}{input}", if at == 0 { prompt } else { ". " });
            }
            shown.push_str(&terminal.answer(&exchange.answer));
        }
        if shown != block.body {
            self.differs(block, "the session is", shown);
        }
    }
}

/// An input of a session, and what answers it.
#[derive(Debug, Default)]
struct Exchange {
    inputs: Vec<String>,
    answer: String,
}

fn exchanges(body: &str) -> Vec<Exchange> {
    let mut exchanges: Vec<Exchange> = vec![Exchange::default()];
    for line in body.lines() {
        if let Some(input) = ["> ", "stopped> ", "refused> "].into_iter().find_map(|prompt| line.strip_prefix(prompt)) {
            exchanges.push(Exchange { inputs: vec![input.to_owned()], answer: String::new() });
            continue;
        }
        let last = exchanges.last_mut().expect("there is one from the start");
        match line.strip_prefix(". ").or(if line == "." { Some("") } else { None }) {
            Some(input) if last.answer.is_empty() && !last.inputs.is_empty() => last.inputs.push(input.to_owned()),
            _ => last.answer.extend([line, "\n"]),
        }
    }
    exchanges
}

/// Without spaces at ends of lines; not empty means that it ends with a line break.
fn tidy(text: &str) -> String {
    text.trim_end().lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// The output of a program that mentions names which nobody defines, as its page says, without the warnings about them.
fn without_warnings_of_names(output: &str) -> String {
    let mut is_warning = false;
    let kept = output.split_inclusive('\n').filter(|line| {
        let is_part = is_warning && line.starts_with(|c: char| c == ' ' || c.is_ascii_digit());
        is_warning = is_part || line.starts_with("warning[W0302]");
        !is_warning
    });
    kept.collect()
}

/// A program that tells the values that its marks promise.
struct Marked {
    program: String,
    /// Lines with a mark, from 1.
    lines: Vec<usize>,
}

/// Where a line's mark begins.
fn mark_in(line: &str) -> Option<usize> {
    MARKS.iter().filter_map(|mark| line.rfind(mark)).max()
}

/// Wraps the statements that end on a line with a mark, without moving any other line.
fn with_marks(body: &str) -> Result<Marked, (usize, String)> {
    let source = Source::new("main.lang", body);
    let parsed = lang::parse(&source);
    let mut program = body.to_owned();
    let mut lines = Vec::new();
    for (at, line) in body.lines().collect::<Vec<_>>().into_iter().enumerate().rev() {
        let Some(mark) = mark_in(line) else { continue };
        let number = at + 1;
        let ends_here = |hi: u32| source.line_column(hi.saturating_sub(1)).0 as usize == number;
        let Some(stmt) = parsed.file.stmts.iter().rev().find(|stmt| ends_here(stmt.span.hi)) else {
            return Err((number, "the mark belongs to no statement of the top level".into()));
        };
        let (lo, hi) = (stmt.span.lo as usize, stmt.span.hi as usize);
        let told = match &stmt.kind {
            StmtKind::Expr(_) => format!(r#"print("\u{{1}}{number}\u{{2}}" + repr({}))"#, &body[lo..hi]),
            _ if line[mark..].starts_with(MARKS[1]) => format!("{}; print(\"\\u{{1}}{number}\\u{{2}}nothing\")", &body[lo..hi]),
            _ => return Err((number, "only an expression has a value".into())),
        };
        let caught = format!(r#"catch _e {{ print("\u{{1}}{number}\u{{2}}raises ${{type(_e).name}}: ${{_e.message}}") }}"#);
        program.replace_range(lo..hi, &format!("try {{ {told} }} {caught}"));
        lines.push(number);
    }
    lines.reverse();
    Ok(Marked { program, lines })
}

/// What a program wrote, without the values it told; and these by line.
fn taken_apart(written: &str) -> (String, BTreeMap<usize, String>) {
    let mut output = String::new();
    let mut values = BTreeMap::new();
    for line in written.split_inclusive('\n') {
        let told = line.split_once('\u{1}').and_then(|(before, told)| {
            let (number, value) = told.split_once('\u{2}')?;
            Some((before, number.parse().ok()?, value.trim_end_matches('\n').to_owned()))
        });
        match told {
            Some((before, number, value)) => {
                output.push_str(before);
                values.insert(number, value);
            }
            None => output.push_str(line),
        }
    }
    (output, values)
}

/// The body with the told values behind the marks.
fn with_values(body: &str, lines: &[usize], values: &BTreeMap<usize, String>) -> String {
    let mut out = String::new();
    for (at, line) in body.lines().enumerate() {
        match mark_in(line).filter(|_| lines.contains(&(at + 1))) {
            Some(mark) => {
                let value = values.get(&(at + 1)).map_or("=> (not reached)".to_owned(), |value| {
                    if value.starts_with("raises ") { value.clone() } else { format!("=> {value}") }
                });
                let _ = writeln!(out, "{}# {value}", &line[..mark]);
            }
            None => {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}

/// Pages whose Rust blocks are compiled and run by rustdoc.
const RUST_PAGES: &[&str] =
    &["README.md", "docs/manual/src/embedding.md", "docs/manual/src/hosting.md", "docs/manual/src/coming-from.md"];

/// All pages: the top-level README and the manual.
pub fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned()];
    pages.extend(repository::files("docs/manual/src", "md").iter().map(|path| repository::relative(path)));
    pages
}
