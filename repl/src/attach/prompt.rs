//! `lang repl --attach`: a session in the terminal whose program is another process.

use super::commands::{connect, fail, show};
use super::remote::{self, Asked};
use crate::command::is_command;
use crate::completion::of_words;
use crate::interrupt;
use crate::output::{EDITOR_OFF, output};
use crate::prompt::{PROMPT, PROMPT_STOPPED, Prompt, Typed};
use crate::terminal::Saved;
use crate::wrap::wrapped;
use std::cell::RefCell;
use std::io::{IsTerminal, Read};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use vm::embed::nth_time;
use vm::session::{Client, ClientError, Completions, FailureKind, Reply, Request};

/// How long somebody waits for what a word could become. A program that is deep in one operation takes longer.
const COMPLETION: Duration = Duration::from_millis(800);

/// Presses of Ctrl-C of which the program may take no notice.
const PRESSES_MAX: u32 = 3;

/// What is said when the program is not there any more.
const ENDED: &str = "the program has ended";

/// A connection, and what is remembered beside it.
struct Attached {
    client: Rc<RefCell<Client>>,
    /// The call that is looked at while the program has stopped at an error.
    call: usize,
    /// Whether it has been told that it has.
    is_stop_told: bool,
}

/// What is seen of the end of the program while nothing is asked.
#[derive(Default)]
struct Watch {
    is_at_prompt: AtomicBool,
    /// It has ended, and nobody has told that.
    has_ended: AtomicBool,
}

/// What follows an input.
enum Next {
    Input,
    Paste,
    End(i32),
}

/// Runs a session in a program that serves; gives the process's status.
pub fn attach(which: &str) -> i32 {
    let client = match connect(which, "lang repl") {
        Ok(client) => client,
        Err(message) => return fail(&message),
    };
    let interrupter = client.interrupter();
    let flag = Arc::new(AtomicBool::new(false));
    interrupt::listen(flag.clone(), PRESSES_MAX);
    interrupt::also(move || {
        // The program may have ended meanwhile, which is told otherwise.
        let _ = interrupter.interrupt();
    });
    let attached = Attached { client: Rc::new(RefCell::new(client)), call: 0, is_stop_told: false };
    if std::io::stdin().is_terminal() { attached.typed(&flag) } else { attached.piped() }
}

impl Attached {
    fn typed(mut self, flag: &Arc<AtomicBool>) -> i32 {
        let watch = Arc::new(Watch::default());
        self.notice_end(&watch);
        let completing = self.client.clone();
        let completes = Box::new(move |line: &str| complete(&mut completing.borrow_mut(), line));
        let mut prompt = match Prompt::new(flag.clone(), completes) {
            Ok(prompt) => prompt,
            Err(message) => return fail(&message),
        };
        let _ = output().write(&self.greeting());
        loop {
            output().fresh_line();
            let is_stopped = match self.is_stopped() {
                Ok(is_stopped) => is_stopped,
                Err(error) => return fail(&error.to_string()),
            };
            if is_stopped && !self.is_stop_told {
                self.tell_stop();
            }
            self.is_stop_told = is_stopped;
            watch.is_at_prompt.store(true, Ordering::SeqCst);
            if watch.has_ended.swap(false, Ordering::SeqCst) {
                return fail(ENDED);
            }
            let typed = prompt.read(if is_stopped { PROMPT_STOPPED } else { PROMPT });
            watch.is_at_prompt.store(false, Ordering::SeqCst);
            flag.store(false, Ordering::Relaxed);
            let next = match typed {
                Typed::Text(text) => self.take(&text),
                Typed::Cleared => continue,
                Typed::End => return 0,
                Typed::Failed(message) => return fail(&message),
            };
            let next = match next {
                Ok(Next::Paste) => {
                    output().note("lines up to Ctrl-D are one input; Ctrl-C forgets them");
                    match prompt.read_lines() {
                        Typed::Text(text) => self.evaluate(&text),
                        Typed::Cleared | Typed::End => continue,
                        Typed::Failed(message) => return fail(&message),
                    }
                }
                next => next,
            };
            match next {
                Ok(Next::Input | Next::Paste) => {}
                Ok(Next::End(status)) => return status,
                Err(error) => return fail(&error.to_string()),
            }
        }
    }

    /// Says at which error the program has stopped.
    fn tell_stop(&mut self) {
        // Who cannot be asked any more is told at the next input.
        if let Ok(Reply { text: Some(text), data, .. }) = self.ask(&Request::Stopped) {
            let _ = output().write(&text.lines().map(|line| wrapped(line, 5) + "\n").collect::<String>());
            output().fresh_line();
            let nth = nth_time(data.as_ref().and_then(|data| data["stopped"]["times"].as_u64()).unwrap_or(1));
            output().note(&wrapped(
                &format!("the program has stopped{nth}, nothing is unwound: `:frame` and `:eval` look around; `:retry`, `:use`, `:continue`, `:abort` go on"),
                0,
            ));
        }
    }

    /// Has the end of the program told at once, also while nothing is asked.
    fn notice_end(&self, watch: &Arc<Watch>) {
        let (watch, saved) = (watch.clone(), Saved::now());
        self.client.borrow().on_end(move || {
            watch.has_ended.store(true, Ordering::SeqCst);
            // One of the two threads sees both, and takes it upon itself to tell it.
            if watch.is_at_prompt.load(Ordering::SeqCst) && watch.has_ended.swap(false, Ordering::SeqCst) {
                // The editor of lines waits for a key, which nobody has to press for this.
                saved.put_back();
                if !crate::plain::is_plain_terminal() {
                    let _ = output().write(EDITOR_OFF);
                }
                output().exit(fail(ENDED));
            }
        });
    }

    /// Evaluates standard input as one text.
    fn piped(mut self) -> i32 {
        let mut text = String::new();
        if let Err(error) = std::io::stdin().lock().read_to_string(&mut text) {
            return fail(&format!("cannot read standard input: {}", crate::engine::plain(&error)));
        }
        match self.ask(&evaluation(&text)) {
            Ok(reply) => show(&reply),
            Err(error) => fail(&error.to_string()),
        }
    }

    fn greeting(&self) -> String {
        let client = self.client.borrow();
        let welcome = client.welcome();
        format!(
            "attached to {} (pid {}), where you may {}; what you type belongs to `{}`\n`:help` lists commands, Ctrl-D ends, and the program goes on\n",
            welcome.program,
            welcome.pid,
            welcome.rights.names().join(", "),
            welcome.namespace
        )
    }

    fn ask(&mut self, request: &Request) -> Result<Reply, ClientError> {
        self.client.borrow_mut().ask(request)
    }

    fn is_stopped(&mut self) -> Result<bool, ClientError> {
        let is_stopped = |reply: Reply| reply.data.is_some_and(|data| data["stopped"] == true);
        let asked = self.client.borrow_mut().ask_within(&Request::Describe, COMPLETION);
        match asked {
            Err(ClientError::Late) => Ok(false),
            asked => asked.map(is_stopped),
        }
    }

    /// Does what an input asks.
    fn take(&mut self, text: &str) -> Result<Next, ClientError> {
        if text.trim().is_empty() {
            return Ok(Next::Input);
        }
        if !is_command(text) {
            return self.evaluate(text);
        }
        match remote::asked(text, self.call) {
            Asked::Request(request) => {
                // The next stop is another one.
                self.is_stop_told &= !matches!(request, Request::Restart { .. });
                show(&self.ask(&request)?);
            }
            Asked::Source(request) => {
                let reply = self.ask(&request)?;
                let text = reply.entry.as_ref().map(|entry| entry.text.clone().unwrap_or_else(|| "it has no text\n".into()));
                show(&Reply { text, ..reply });
            }
            Asked::Class(request) => {
                let reply = self.ask(&request)?;
                let text = reply.inspected.as_ref().map(|inspected| inspected.class.clone());
                show(&Reply { text, ..reply });
            }
            Asked::Time(code) => {
                let begun = Instant::now();
                let next = self.evaluate(&code)?;
                let _ = output().write(&format!("{:.1} ms, with the way there and back\n", begun.elapsed().as_secs_f64() * 1e3));
                return Ok(next);
            }
            Asked::Frame(call) => {
                let reply = self.ask(&Request::Call { call })?;
                if reply.ok {
                    self.call = call;
                }
                show(&reply);
            }
            Asked::Help => {
                let _ = output().write(&remote::help());
            }
            Asked::Wrong(message) => {
                fail(&message);
            }
            Asked::Paste => return Ok(Next::Paste),
            Asked::Quit => return Ok(Next::End(0)),
        }
        Ok(Next::Input)
    }

    fn evaluate(&mut self, text: &str) -> Result<Next, ClientError> {
        match text.trim() {
            "quit" | "exit" | "quit()" => {
                output().note("`:quit` or Ctrl-D ends the session; `exit()` ends the program");
                return Ok(Next::Input);
            }
            _ => {}
        }
        let reply = self.ask(&evaluation(text))?;
        let status = show(&reply);
        let is_exit = reply.error.is_some_and(|error| error.kind == FailureKind::Exit);
        Ok(if is_exit { Next::End(status) } else { Next::Input })
    }
}

fn evaluation(text: &str) -> Request {
    Request::Evaluate { code: text.to_owned(), namespace: None, file: None, at: None }
}

/// What the word at the end of `line` could become.
fn complete(client: &mut Client, line: &str) -> Completions {
    let mut code = line;
    if let Some((before, command)) = line.split_once(':').filter(|(before, _)| before.trim().is_empty()) {
        let Some((_, argument)) = command.split_once(' ') else {
            return of_words(before.len() + 1, "command", remote::names(command));
        };
        code = argument;
    }
    let skipped = line.len() - code.len();
    let request = Request::Complete { code: code.to_owned(), file: None };
    match client.ask_within(&request, COMPLETION) {
        Ok(Reply { completions: Some(found), .. }) => Completions { start: skipped + found.start, ..found },
        // Who types on is told what is wrong, if anything is.
        _ => of_words(line.len(), "", []),
    }
}
