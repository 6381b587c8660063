//! The effects of a program run by the tool: the terminal, the files, the clock.

use crate::input::Input;
use crate::keys;
use crate::nrepl::Link;
use crate::output::output;
use embed::SystemHost;
pub use embed::private::read;
use embed::watch::{Print, print_of};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;
use vm::host::{FileInfo, Host, HostError, WriteMode};

/// Most bytes of output that are kept.
const CAPTURED_MAX: usize = 64 * 1024;

/// Program texts that were read or looked for, with what was in them then.
pub type Texts = Rc<RefCell<BTreeMap<String, Print>>>;

/// What a program has made of program texts: absolute paths, with what was in them afterwards.
#[derive(Clone, Default)]
pub struct Written(Rc<RefCell<BTreeMap<PathBuf, BTreeSet<Print>>>>);

impl Written {
    /// Notes what is in a file now.
    fn note(&self, path: &str) {
        if is_program_text(path) {
            let print = read(path).ok().map(|content| print_of(&content));
            self.0.borrow_mut().entry(absolute(path)).or_default().insert(print);
        }
    }

    /// Whether the program has written this file or removed it.
    pub fn has(&self, path: &str) -> bool {
        self.0.borrow().contains_key(&absolute(path))
    }

    /// Whether the program has left a file like this.
    pub fn has_print(&self, path: &str, print: Print) -> bool {
        self.0.borrow().get(&absolute(path)).is_some_and(|prints| prints.contains(&print))
    }
}

/// The path from the root on, so that one file is not two; the path itself if there is no current directory.
fn absolute(path: &str) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.into())
}

/// The host of the command line.
pub struct Console {
    /// Where output goes, and that there is no input, unless these are the terminal's.
    captured: Option<Captured>,
    input: Input,
    system: SystemHost,
    texts: Texts,
    written: Written,
    /// What was asked last.
    asked: String,
    /// Clients that give it input and are told its output.
    link: Option<Link>,
}

impl Console {
    /// A host that notes in `texts` which program texts are read and looked for, for a program with these arguments.
    pub fn new(texts: Texts, arguments: Vec<String>) -> Console {
        let (input, written) = (Input::default(), Written::default());
        let system = SystemHost::with_arguments(arguments);
        Console { captured: None, input, system, texts, written, asked: String::new(), link: None }
    }

    /// A host for a program whose input comes from clients, who can be told its output.
    pub fn linked(texts: Texts, link: Link) -> Console {
        Console { link: Some(link), ..Console::new(texts, Vec::new()) }
    }

    /// A host for a program without arguments and without input, whose output is kept, and that notes in `written` which program texts it
    /// writes and removes.
    pub fn captured(texts: Texts, written: Written, captured: Captured) -> Console {
        Console { captured: Some(captured), written, ..Console::new(texts, Vec::new()) }
    }

    fn note_text(&self, path: &str, content: Option<&Vec<u8>>) {
        if is_program_text(path) {
            self.texts.borrow_mut().insert(path.to_owned(), content.map(|content| print_of(content)));
        }
    }
}

/// Whether a path has the ending of program texts.
pub fn is_program_text(path: &str) -> bool {
    path.ends_with(".lang")
}

/// Output that is kept, both streams in one, up to a bound.
#[derive(Clone, Default)]
pub struct Captured(Rc<RefCell<CapturedText>>);

#[derive(Default)]
struct CapturedText {
    text: String,
    /// Bytes that came when the bound was reached.
    left_out: usize,
}

impl Captured {
    /// Keeps a text as if it had been written.
    pub fn push(&self, text: &str) {
        let mut captured = self.0.borrow_mut();
        let room = CAPTURED_MAX.saturating_sub(captured.text.len());
        let end = if captured.left_out > 0 { 0 } else { text.floor_char_boundary(room.min(text.len())) };
        captured.text.push_str(&text[..end]);
        captured.left_out += text.len() - end;
    }

    /// What has been written so far, as `text` gives it; nothing has been written then.
    pub fn take(&self) -> String {
        let text = self.text();
        self.0.take();
        text
    }

    /// What has been written so far, with a line about what was left out.
    pub fn text(&self) -> String {
        let captured = self.0.borrow();
        match captured.left_out {
            0 => captured.text.clone(),
            bytes => format!("{}\n… {bytes} bytes more", captured.text),
        }
    }
}

impl Host for Console {
    fn write(&mut self, text: &str) -> Result<(), HostError> {
        if let Some(captured) = &self.captured {
            captured.push(text);
            return Ok(());
        }
        if let Some(link) = &self.link {
            link.wrote(text);
        }
        output().write(text).map_err(HostError::Failed)
    }

    fn write_error(&mut self, text: &str) -> Result<(), HostError> {
        if let Some(captured) = &self.captured {
            captured.push(text);
            return Ok(());
        }
        output().write_error(text).map_err(HostError::Failed)
    }

    fn flush(&mut self) -> Result<(), HostError> {
        output().flush().map_err(HostError::Failed)
    }

    fn line_ready(&mut self, prompt: &str) -> bool {
        if self.captured.is_some() {
            return true;
        }
        if let Some(link) = &self.link {
            return link.is_line_ready();
        }
        let typed = keys::give_back();
        if output().is_asking() && self.asked != prompt {
            // Nobody waits any more for what was asked before.
            output().set_asking(false);
            let _ = output().write("\n");
        }
        if !output().is_asking() {
            prompt.clone_into(&mut self.asked);
            if !prompt.is_empty() && output().write(prompt).is_err() {
                return true;
            }
            let _ = output().flush();
            output().set_asking(true);
        }
        if !typed.is_empty() {
            // The terminal has not shown it.
            let _ = output().write(&String::from_utf8_lossy(&typed));
            self.input.put(&typed);
        }
        self.input.is_ready()
    }

    fn read_line(&mut self, prompt: &str) -> Result<Option<String>, HostError> {
        if let Some(captured) = &self.captured {
            captured.push(prompt);
            return Ok(None);
        }
        if let Some(link) = &self.link {
            return Ok(link.take_line());
        }
        self.line_ready(prompt);
        let line = self.input.read_line();
        output().set_asking(false);
        line.map_err(HostError::Failed)
    }

    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, HostError> {
        let content = self.system.read_file(path);
        self.note_text(path, content.as_ref().ok());
        content
    }

    fn file_exists(&mut self, path: &str) -> bool {
        let exists = self.system.file_exists(path);
        if !exists {
            self.note_text(path, None);
        }
        exists
    }

    fn file_info(&mut self, path: &str) -> Result<Option<FileInfo>, HostError> {
        self.system.file_info(path)
    }

    fn list_directory(&mut self, path: &str) -> Result<Vec<String>, HostError> {
        self.system.list_directory(path)
    }

    fn write_file(&mut self, path: &str, data: &[u8], mode: WriteMode) -> Result<(), HostError> {
        let done = self.system.write_file(path, data, mode);
        self.written.note(path);
        done
    }

    fn remove_file(&mut self, path: &str) -> Result<(), HostError> {
        let done = self.system.remove_file(path);
        self.written.note(path);
        done
    }

    fn make_directory(&mut self, path: &str) -> Result<(), HostError> {
        self.system.make_directory(path)
    }

    fn remove_directory(&mut self, path: &str) -> Result<(), HostError> {
        self.system.remove_directory(path)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), HostError> {
        let done = self.system.rename(from, to);
        self.written.note(from);
        self.written.note(to);
        done
    }

    fn wall_clock(&mut self) -> Result<f64, HostError> {
        self.system.wall_clock()
    }

    fn monotonic(&mut self) -> Result<Duration, HostError> {
        self.system.monotonic()
    }

    fn park(&mut self, duration: Duration) -> Result<(), HostError> {
        let _ = output().flush();
        self.system.park(duration)
    }

    fn sleep(&mut self, duration: Duration) -> Result<(), HostError> {
        let _ = output().flush();
        std::thread::sleep(duration);
        Ok(())
    }

    fn random_seed(&mut self) -> Result<u64, HostError> {
        self.system.random_seed()
    }

    fn environment(&mut self) -> Result<Vec<(String, String)>, HostError> {
        self.system.environment()
    }

    fn arguments(&mut self) -> Result<Vec<String>, HostError> {
        self.system.arguments()
    }

    fn current_directory(&mut self) -> Result<String, HostError> {
        self.system.current_directory()
    }

    fn platform(&mut self) -> Result<String, HostError> {
        self.system.platform()
    }

    fn load_native(&mut self, path: &str) -> Result<(), HostError> {
        self.system.load_native(path)
    }

    fn process_id(&mut self) -> Result<u32, HostError> {
        self.system.process_id()
    }
}

/// Writes a file that is not there yet.
pub fn write_new(path: &str, text: &str) -> io::Result<()> {
    fs::File::create_new(path)?.write_all(text.as_bytes())
}
