//! A session in a terminal: questions about what there is.

use crate::folder::Folder;
use crate::screen::{CTRL_C, CTRL_D, ENTER, Terminal};

const BANK: &str = "\
## Money of somebody.
class Account {
    ## Whom it belongs to.
    slot owner
    slot balance = 0
    ## Pays out.
    fn pay(amount, fee = 1) {
        self.balance -= amount + fee
    }
    get is_empty { self.balance == 0 }
}
enum Colour { red, blue(shade) }
fn rate(account) { account.pay(3) }
";

/// A session that has loaded the bank.
fn session(folder: &Folder) -> Terminal {
    let terminal = Terminal::start(folder, 120, &[], &[]);
    terminal.wait_for_prompt();
    terminal.ask(":load bank", "imported as `bank`");
    terminal
}

#[test]
fn names_tell_what_they_are() {
    let folder = Folder::with(&[("bank.lang", BANK)]);
    let terminal = session(&folder);
    terminal.ask("?bank.Account.pay", "fn pay(amount, fee = 1)\n  method bank.Account.pay, bank.lang:7\nPays out.\n");
    terminal.ask("bank.Account?", "class Account\n  class bank.Account, bank.lang:2\nMoney of somebody.\n");
    terminal
        .ask("let mine = bank.Account(\"ann\")\r:doc mine", "variable repl.mine, <repl 1>:1; its value is of class bank.Account");
    terminal.ask("?mine.owner", "slot bank.Account.owner, bank.lang:4; its value is of class String\nWhom it belongs to.");
    terminal.ask("?bank.Colour.blue", "blue(shade)\n  variant bank.Colour.blue, bank.lang:12\nno doc text");
    terminal.ask("?bank.Account.is_empty", "get is_empty\n  property bank.Account.is_empty, bank.lang:10");
    terminal.ask("?String.upper", "upper()\n  method String.upper, the library\nin upper case.");
    terminal.ask("## Twice.\rfn twice(x) { x * 2 }\rtwice?", "fn twice(x)\n  function repl.twice, <repl 2>:2\nTwice.");
    terminal.ask("?bank.rat", "`bank` has no `rat`; did you mean `rate`?");
    terminal.ask("?bank.nothing", "`bank` has no `nothing`; `:ls bank` lists what it has");
    terminal.ask("?math.pi", "`import math` makes the module of this name visible");
    terminal.ask("?1 + 1", "`1 + 1` is no name");
}

#[test]
fn names_show_their_text() {
    let folder = Folder::with(&[("bank.lang", BANK)]);
    let terminal = session(&folder);
    terminal.ask("??bank.Account.pay", "# bank.lang:7\nfn pay(amount, fee = 1) {\n    self.balance -= amount + fee\n}\n");
    terminal.ask("bank.Account.is_empty??", "get is_empty { self.balance == 0 }");
    terminal.ask("??bank.Account.balance", "# bank.lang:5\nslot balance = 0\n");
    terminal.ask(":source bank.rate", "# bank.lang:13\nfn rate(account) { account.pay(3) }\n");
    terminal.ask("fn bank_rate() { 7 }\r??bank_rate", "# <repl 1>:1\nfn bank_rate() { 7 }\n");
    terminal.ask("??bank", "a namespace has no text but that of its files: bank.lang");
    terminal.ask("??print", "`print` has no text");
}

#[test]
fn what_there_is_can_be_listed() {
    let folder = Folder::with(&[("bank.lang", BANK)]);
    let terminal = session(&folder);
    terminal.ask(":ls bank", "class Account     Money of somebody.\nenum Colour\nfn rate(account)\n");
    terminal.ask("let a = bank.Account(\"ann\")\r:ls a", "bank.Account\n  slot owner               Whom it belongs to.\n  slot balance = 0\n  fn pay(amount, fee = 1)  Pays out.\n  get is_empty\n");
    terminal.ask(":ls bank.Colour", "bank.Colour\n  red\n  blue(shade)\n");
    terminal.ask(":ls", "import bank\nlet a\n");
    terminal.ask("1 + 6", "\n7\n");
    terminal.ask(":ls [\"\"][0]", "fn drop_while(condition)");
    terminal.ask(":ls _", "_1 = 7\n");
    terminal.ask(":ls nosuch", "there is no `nosuch`");
}

#[test]
fn who_uses_something_is_told() {
    let folder = Folder::with(&[("bank.lang", BANK)]);
    let terminal = session(&folder);
    terminal.ask(":who bank.rate", "nothing uses bank.rate");
    terminal.ask(
        "fn go() { bank.rate(bank.Account(\"a\")) }\r:who bank.rate",
        "bank.rate is used by 1 function that mentions it\n  repl.go, <repl 1>:1\n",
    );
    terminal.ask(":who bank.Account.pay", "functions that name `.pay`, of whatever object:\n  bank.rate, bank.lang:13\n");
    terminal.ask(":who bank.Account.nosuch", "`bank.Account` has no `nosuch`");
    terminal.ask(
        "let kept = [bank.Account(\"ann\"), bank.Account(\"bob\")]\r:instances bank.Account",
        "2 instances\n  Account(owner: \"",
    );
    terminal.ask(":instances 3", "instances belong to a class");
    terminal.ask(":type kept", "\nList\n");
    terminal.ask(":type kept[0]", "\nbank.Account\n");
    terminal.ask(":time kept.len() + 300", "\n302\n");
    terminal.wait_for("to evaluate");
    terminal.ask(":time nosuch", "`nosuch` does not exist");
}

#[test]
fn values_and_the_last_error_are_kept() {
    let folder = Folder::new();
    let terminal = Terminal::start(&folder, 120, &[], &[]);
    terminal.wait_for_prompt();
    terminal.ask("20 + 1\r_ + 100", "\n121\n");
    terminal.ask("_1 * _2", "\n2541\n");
    terminal.ask("[1][7]", "index 7 is out of range");
    terminal.ask("type(_e)", "<class IndexError>");
    terminal.ask("for i in 0..120 { }\r_e.message.len() + 1000", "\n10");
    for i in 0..100 {
        terminal.press(&format!("{i}\r"));
    }
    terminal.ask("[_1, _50]", "[nil, ");
}

#[test]
fn long_values_are_cut_when_they_are_shown() {
    let folder = Folder::new();
    let terminal = Terminal::start(&folder, 200, &[], &[]);
    terminal.wait_for_prompt();
    terminal.ask("list(0..5000)", "198, 199, … 4800 more]");
    terminal.ask("\"xy\" * 3000", "xy\" … 4000 more characters");
    terminal.ask("set(0..1001)", " … 801 more])");
    terminal.ask("let m = {}; m[\"me\"] = m; m", "{\"me\": {...}}");
    terminal.ask("let deep = []; for i in 0..300000 { deep = [deep] }; deep", "… cut here");
    terminal.ask("list(0..50).map(|i| \"z\" * 1999)", "zzz … cut here");
    terminal.ask("print(\"end\" + \"w\" * 2100 + \"ing\"); print(len(list(0..5000)))", "wing\n5000\n");
}

#[test]
fn a_session_becomes_a_file() {
    let folder = Folder::new();
    let terminal = Terminal::session(&folder);
    terminal.ask(":save new", "nothing has been typed yet");
    terminal.ask(
        "import math\rlet x = 4\rx + 1\r## Half.\rfn half(y) { y / 2 }\rlet x = 16\rprint(\"half\", half(math.sqrt(x)))",
        "\nhalf 2.0\n",
    );
    terminal.ask(":save new", "saved 9 lines as `new.lang`");
    terminal.ask(":save new.lang", "`new.lang` exists, and nothing is overwritten");
    let text = std::fs::read_to_string(folder.path().join("new.lang")).expect("it is saved");
    assert_eq!(text, "import math\n\nlet x = 4\n\n## Half.\nfn half(y) { y / 2 }\n\nx = 16\nprint(\"half\", half(math.sqrt(x)))\n");
    terminal.ask(":load new", "imported as `new`");
}

#[test]
fn pasted_lines_are_one_input() {
    let folder = Folder::new();
    for term in ["xterm-256color", "dumb"] {
        let terminal = Terminal::start(&folder, 80, &[], &[("TERM", term)]);
        terminal.wait_for_prompt();
        terminal.press(":paste\r");
        terminal.wait_for("lines up to Ctrl-D are one input");
        // Ctrl-D that arrives earlier is the end of a line's text, which nobody reads.
        terminal.wait_until("single keys", |terminal| term == "dumb" || terminal.gives_keys());
        terminal.press("if true {\r    print(\"first\")\r}\r\relse {\r}\r300 + 8\r");
        terminal.wait_for("300 + 8");
        terminal.press(CTRL_D);
        terminal.wait_for("\n308\n");
        terminal.wait_for_prompt();
        terminal.press(":paste\rforgotten(");
        terminal.wait_for("forgotten(");
        terminal.press(CTRL_C);
        terminal.wait_for_prompt();
        terminal.ask("_ + 1", "\n309\n");
    }
}

#[test]
fn tasks_go_on_above_the_prompt() {
    let folder = Folder::new();
    let terminal = Terminal::session(&folder);
    terminal.press("import fs\rimport task\rimport time\r");
    terminal.wait_for("> import time\n>");
    terminal.press("let t = task.spawn(|| { while not fs.exists(\"go\") { time.sleep(0.01) }; print(\"one\"); print(\"half\", end: \" \"); time.sleep(0.01); print(\"two\") }); 300 + 7\r");
    terminal.wait("the next prompt", |screen| screen.contents().contains("\n307\n>"));
    terminal.press("1 +");
    terminal.wait_for("\n> 1 +");
    folder.write("go", "");
    terminal.wait("what the task prints", |screen| screen.contents().contains("\n307\none\nhalf two\n> 1 +"));
    terminal.press(CTRL_C);
    terminal.wait_for_prompt();
    // What has been typed stays below what is printed.
    terminal.ask("task.spawn(|| { time.sleep(0.05); print(\"late\") }); 40 + 2", "\n42\n");
    terminal.press("1 + ");
    terminal.wait("a line above", |screen| screen.contents().contains("\nlate\n> 1 +"));
    terminal.press("1");
    terminal.press(ENTER);
    terminal.wait_for("> 1 + 1\n2\n");
    // A task that ends the program ends the session, and leaves the terminal as it was.
    terminal.press("task.spawn(|| { time.sleep(0.02); exit(7) })\r");
    terminal.press("typed ");
    let ended = terminal.end();
    assert_eq!(ended.status.code(), Some(7), "{}", ended.text);
    assert!(!ended.gives_keys);
}

#[test]
fn a_task_that_prints_all_the_time_holds_up_no_key() {
    let folder = Folder::new();
    let terminal = Terminal::session(&folder);
    terminal.press("import task\rimport time\r");
    terminal.wait_for("> import time\n");
    terminal.wait_for_prompt();
    terminal.press("let goes_on = true\rlet t = task.spawn(|| { while goes_on { print(\"x\"); print(\"y\"); print(\"z\"); time.sleep(0.0) } })\r");
    let ask = |line: &str, value: u32| {
        terminal.press(line);
        terminal.press(ENTER);
        // The screen has scrolled on long since.
        let value = format!("\n{value}\r\n");
        terminal.wait_until("the value", |terminal| String::from_utf8_lossy(&terminal.bytes()).contains(&value));
    };
    for i in 0..20 {
        ask(&format!("{i} + 1000"), i + 1000);
    }
    terminal.press("goes_on = false\r");
    ask("40 + 2", 42);
}

#[test]
fn a_signal_leaves_the_terminal_as_it_was() {
    let folder = Folder::new();
    let terminal = Terminal::session(&folder);
    terminal.wait_until("single keys", Terminal::gives_keys);
    terminal.signal(nix::sys::signal::Signal::SIGTERM);
    assert!(!terminal.end().gives_keys);
}

#[test]
fn calls_show_their_signature() {
    let folder = Folder::new();
    let terminal = Terminal::session(&folder);
    terminal.press("fn area(width, height = 1) { width * height }\r");
    terminal.wait_for_prompt();
    terminal.press("area(");
    terminal.wait_for("> area(   area(width, height = 1)");
    terminal.press("3");
    terminal.wait_for("> area(3   area(width, height = 1)");
    terminal.ask(", 4)", "> area(3, 4)\n12\n");
}

#[test]
fn the_prompt_says_that_an_edit_is_refused() {
    let folder = Folder::new();
    folder.write("game.lang", "let speed = 1\n");
    let terminal = Terminal::session(&folder);
    terminal.ask(":load game", "imported as `game`");
    folder.write("game.lang", "let speed = (\n");
    terminal.press(":reload\r");
    terminal.wait("another prompt", |screen| screen.contents().trim_end().ends_with("\nrefused>"));
    terminal.press("game.speed\r");
    terminal.wait("the value", |screen| screen.contents().trim_end().ends_with("\n1\nrefused>"));
    folder.write("game.lang", "let speed = 2\n");
    terminal.ask(":reload", "changed game.speed");
}

#[test]
fn cells_of_a_file_are_evaluated() {
    let folder = Folder::new();
    folder.write("notes.lang", "let n = 20\n# %% Twice\nfn twice(x) { x * 2 }\nprint(\"twice\", n)\ntwice(n)\n# %%\nn.nosuch\n");
    let terminal = Terminal::session(&folder);
    terminal.ask(":cell 1", "`:cells FILE` comes first");
    terminal.ask(":cells notes", "1  line 1\n2  line 2  Twice\n3  line 6\n");
    terminal.press(":cell 1\r");
    terminal.ask(":cell 2", "twice 20\n40\n");
    terminal.ask(":cell 3", "notes.lang:7:3");
    terminal.ask(":cell 4", "`notes.lang` has 3 cells");
    folder.write("notes.lang", "# %%\n1000 + 1\n");
    terminal.ask(":cell 1", "\n1001\n");
}
