//! A session in a terminal.

use crate::folder::Folder;
use crate::screen::{CTRL_A, CTRL_C, CTRL_D, ENTER, Terminal, UP};
use std::fs;

#[test]
fn inputs_are_answered() {
    let folder = Folder::new();
    let terminal = Terminal::session(&folder);
    terminal.ask("40 + 2", "\n42\n");
    terminal.ask("_ * 2", "\n84\n");
    terminal.ask("nosuch", "1 | nosuch\n  | ^^^^^^\n");
    terminal.ask("1 +* 2", "error[E0101]");
    terminal.ask("\"alive\"", "\n\"alive\"\n");
    terminal.press(CTRL_D);
    assert_eq!(terminal.status(), Some(0));
}

#[test]
fn exit_gives_its_status() {
    let folder = Folder::new();
    let terminal = Terminal::session(&folder);
    terminal.press("exit(5)\r");
    assert_eq!(terminal.status(), Some(5));
}

#[test]
fn inputs_are_remembered() {
    let folder = Folder::new();
    let first = Terminal::session(&folder);
    first.ask("fn f() {\r200 + 22 }\rf()", "\n222\n");
    first.press(":quit\r");
    assert_eq!(first.status(), Some(0));
    let history = fs::read_to_string(folder.path().join("lang/history")).expect("the history is a file");
    assert!(history.ends_with("fn f() {\\n200 + 22 }\nf()\n:quit\n"), "{history}");
    let second = Terminal::session(&folder);
    second.press(UP);
    second.wait_for("> :quit");
    second.press(&[UP, UP].concat());
    second.wait_for("200 + 22 }");
    second.press(ENTER);
    second.ask("f()", "\n222\n");
}

#[test]
fn an_input_ends_when_it_is_whole() {
    let folder = Folder::new();
    let terminal = Terminal::session(&folder);
    terminal.ask("let xs = [1,\r2,\r3]\rxs.len() + 100", "\n103\n");
    terminal.ask("200 +\r4", "\n204\n");
    terminal.ask("if false {\r1\r}\relse {\r\"other\"\r}", "\n\"other\"\n");
    terminal.ask("if true {\r\"alone\"\r}\r", "\n\"alone\"\n");
    terminal.ask("try {\rnil.x\r}\rcatch e {\r\"caught\"\r}\rfinally {\rprint(\"at\", \"last\")\r}", "at last\n\"caught\"\n");
    terminal.ask("\"\"\"two\rlines\"\"\"", "\"two\\nlines\"");
    terminal.ask("fn f(x) {\rif x {\r\"yes\"\r}\relse {\r\"no\"\r}\r}\rf(true)", "\n\"yes\"\n");
}

#[test]
fn pasted_statements_are_all_evaluated() {
    let folder = Folder::new();
    let terminal = Terminal::session(&folder);
    let text = "let a = 100\n\nfn f(x) {\n    if x > 100 {\n        \"big\"\n    }\n    else {\n        \"small\"\n    }\n}\n\nprint(f(a), f(a + 1))\na + 7";
    terminal.press(&format!("\x1b[200~{text}\x1b[201~"));
    terminal.wait_for("a + 7");
    terminal.ask("", "small big\n107\n");
    // Without brackets lines arrive while earlier ones are evaluated.
    terminal.ask(&format!("import time\ntime.sleep(0.1)\n{}", text.replace("100", "300").replace('\n', "\r")), "\n307\n");
}

#[test]
fn ctrl_c_stops_what_runs() {
    let folder = Folder::new();
    let terminal = Terminal::session(&folder);
    terminal.press("import time\rlet kept = \"kept\"\rfn begin(n) { print(\"begun\", n) }\rfn deep() { deep() }\r");
    let endless = [
        "while true { }",
        "while true { try { deep() } catch { } }",
        "time.sleep(1000)",
        "let xs = list((0..2000000).map(|i| (i * 7919) % 1000003)); while true { xs.sort(); xs.reverse() }",
        "while true { let text = \"ab\" * 1000000 }",
        "input(\"? \")",
    ];
    for (i, code) in endless.iter().enumerate() {
        terminal.press(&format!("begin({i}); {code}\r"));
        terminal.wait_for(&format!("begun {i}"));
        terminal.press(CTRL_C);
        terminal.wait("interrupted", |screen| screen.contents().matches("interrupted").count() > i);
        terminal.ask(&format!("kept + \"{i}\""), &format!("\"kept{i}\""));
    }
    assert_eq!(terminal.text().matches("interrupted").count(), endless.len(), "{}", terminal.text());
}

#[test]
fn ctrl_c_clears_what_is_typed() {
    let folder = Folder::new();
    let terminal = Terminal::session(&folder);
    terminal.press("let q = [1,\r2");
    terminal.wait_for("\n2");
    terminal.press(CTRL_C);
    terminal.wait_for_prompt();
    terminal.ask("\"new\"", "\n\"new\"\n");
}

#[test]
fn definitions_at_the_prompt_replace_earlier_ones() {
    let folder = Folder::new();
    let terminal = Terminal::session(&folder);
    terminal.press("fn f() { BASE + 1 }\rconst BASE = 100\rlet held = f\r");
    terminal.ask("held()", "\n101\n");
    terminal.press("fn f() { BASE + 2 }\r");
    terminal.ask("held()", "\n102\n");
    terminal.press("const BASE = 200\r");
    terminal.ask("held()", "\n202\n");
    terminal.press("class C { fn say() { \"first\" } }\rlet c = C()\r");
    terminal.ask("c.say()", "\n\"first\"\n");
    terminal.press("class C { fn say() { \"second\" } }\r");
    terminal.ask("c.say()", "\n\"second\"\n");
}

#[test]
fn a_renamed_file_keeps_its_state() {
    let count = "let n = 0\nfn up() { n += 1; n }";
    let folder = Folder::with(&[("main.lang", "import u\nfn go() { u.up() }"), ("u.lang", count)]);
    let terminal = Terminal::session(&folder);
    terminal.ask(":load main.lang", "loaded");
    terminal.ask("main.go()", "\n1\n");
    std::fs::remove_file(folder.path().join("u.lang")).expect("it is there");
    folder.write("v.lang", count);
    folder.write("main.lang", "import v\nfn go() { v.up() }");
    terminal.ask(":reload", "moved u.n to v.n");
    terminal.ask("main.go()", "\n2\n");
}

#[test]
fn commands() {
    let folder = Folder::with(&[("rules.lang", "fn damage() { 1 + }")]);
    let terminal = Terminal::session(&folder);
    terminal.ask("  :help", ":reload [FILE]");
    terminal.ask(":relod", "there is no command `:relod`; did you mean `:reload`?");
    terminal.ask(":load nosuch.lang", "cannot read `nosuch.lang`");
    terminal.ask(":load rules.lang", "1 | fn damage() { 1 + }");
    folder.write("rules.lang", "fn damage() { 300 + 1 }");
    terminal.ask(":load rules.lang", "loaded `rules.lang`; it is imported as `rules`");
    terminal.ask("rules.damage()", "\n301\n");
    folder.write("rules.lang", "fn damage() { 400 + 1 }");
    terminal.ask(":reload", "changed rules.damage");
    terminal.ask("rules.damage()", "\n401\n");
    folder.write("rules.lang", "fn damage( { 500 }");
    terminal.ask(":reload", "refused");
    terminal.ask("rules.damage() + 1", "\n402\n");
    folder.write("dice.lang", "fn roll() { 6 }");
    terminal.ask(":load dice", "loaded `dice.lang`; it is imported as `dice`");
    terminal.ask(":load absent", "cannot read `absent.lang`");
    terminal.press(":q\r");
    assert_eq!(terminal.status(), Some(0));
}

#[test]
fn what_belongs_elsewhere_is_told() {
    let folder = Folder::new();
    let terminal = Terminal::session(&folder);
    terminal.ask("help", "`:help` lists the commands");
    terminal.ask("quit()", "`:quit` ends the session");
    terminal.ask("exit", "`:quit` or `exit()` ends the session");
    terminal.ask("namespace shop", "what is typed belongs to namespace `repl`");
    terminal.ask("test \"sums\" { assert 1 + 1 == 3 }", "`lang test FILE` runs it");
    terminal.ask("let help = 70\rhelp", "\n70\n");
    terminal.press("exit(3)\r");
    assert_eq!(terminal.status(), Some(3));
}

#[test]
fn narrow_terminals_and_wide_characters() {
    let folder = Folder::new();
    let terminal = Terminal::start(&folder, 20, &[], &[]);
    terminal.wait_for_prompt();
    terminal.press("\"漢字é🦀漢字漢字漢字漢字\".len() + 100");
    terminal.press(CTRL_A);
    terminal.press("1000 + ");
    terminal.ask("", "\n1112\n");
    assert!(terminal.text().contains("> 1000 + \"漢字é🦀"), "{}", terminal.text());
}

#[test]
fn a_dumb_terminal_gets_plain_lines() {
    let folder = Folder::new();
    let terminal = Terminal::start(&folder, 80, &[], &[("TERM", "dumb")]);
    terminal.wait_for_prompt();
    terminal.ask("fn f() {\r300 + 3\r}\rf()", "303");
    for i in 0..5 {
        terminal.press(&format!("half {i}"));
        terminal.wait_for(&format!("> half {i}"));
        terminal.press(CTRL_C);
        terminal.wait_for_prompt();
    }
    terminal.press("fn half() {\rmore");
    terminal.wait_for("\nmore");
    terminal.press(CTRL_C);
    terminal.wait_for_prompt();
    terminal.press("print(\"begun\"); while true { }\r");
    terminal.wait_for("\nbegun");
    terminal.press(CTRL_C);
    terminal.wait_for("interrupted");
    // What is typed before the prompt is there is echoed before it, by the terminal.
    terminal.wait_for_prompt();
    terminal.ask("f() + 1", "\n304\n");
    assert!(!terminal.bytes().contains(&0x1b));
    terminal.press(CTRL_D);
    assert_eq!(terminal.status(), Some(0));
}

/// Whether a style other than none was set.
fn has_colour(terminal: &Terminal) -> bool {
    let text = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    text.split("\x1b[").skip(1).any(|after| {
        let end = after.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(after.len());
        after[end..].starts_with('m') && !after[..end].is_empty() && &after[..end] != "0"
    })
}

#[test]
fn colour_can_be_switched_off() {
    let folder = Folder::new();
    for (envs, expected) in [(&[][..], true), (&[("NO_COLOR", "1")][..], false)] {
        let terminal = Terminal::start(&folder, 80, &[], envs);
        terminal.wait_for_prompt();
        terminal.ask("if nosuch { 1 }", "|    ^^^^^^");
        assert_eq!(has_colour(&terminal), expected);
    }
}

#[test]
fn a_program_in_a_terminal_ends_with_ctrl_c() {
    let folder = Folder::with(&[("a.lang", "print(\"begun\", end: \"\")\nwhile true { }")]);
    let terminal = Terminal::start(&folder, 80, &["run", "a.lang"], &[]);
    terminal.wait_for("begun");
    terminal.press(CTRL_C);
    terminal.wait("a new line", |screen| screen.contents() == "begun^C" && screen.cursor_position().1 == 0);
    assert_eq!(terminal.status(), Some(130));
}

#[test]
fn reports_stand_on_lines_of_their_own() {
    let text = "import time\nfn dot() { \"a\" }\nfn main() { while true { print(dot(), end: \"\"); time.sleep(0.05) } }";
    let folder = Folder::with(&[("main.lang", text)]);
    let terminal = Terminal::start(&folder, 80, &["run", "--reload", "main.lang"], &[]);
    terminal.wait_for("aa");
    folder.write("main.lang", &text.replace("\"a\"", "\"b\""));
    terminal.wait_for("a\nreload: committed (epoch 2): changed main.dot\nb");
}

#[test]
fn changes_are_planned_told_and_taken_back() {
    let folder = Folder::with(&[("m.lang", "let a = 1\nconst C = 5\nfn f() { 1 }\n"), ("n.lang", "import m\nfn g() { m.C }\n")]);
    let terminal = Terminal::session(&folder);
    terminal.ask("import m\rimport n\rm.a = 50\rm.a", "\n50\n");
    terminal.ask(":leaks", "there are no leaks");
    terminal.ask(":drift", "variable m.a: the program has changed its value");
    terminal.ask(":undo", "there is no commit to undo");
    folder.write("m.lang", "let a = 1\nfn f() { 2 }\n");
    terminal.ask(":plan", "changed    function m.f\n  leaked     constant m.C");
    terminal.ask("m.f() + 100", "\n101\n");
    terminal.ask(":reload", "changed m.f");
    terminal.ask(":history m.f", "# version 1, commit 1, m.lang\nfn f() { 1 }\n\n# version 2, commit 8, m.lang\nfn f() { 2 }\n");
    terminal.ask(":why m.f", "function m.f, version 2, from m.lang:2 (version 2 of the file), commit 8");
    terminal.ask(":why print", "core.print");
    terminal.ask(":why nosuch", "there is no `nosuch`");
    terminal.ask(":leaks", "constant m.C, in m.lang up to its version 1, left with commit 8\n  used by 1 function that mentions it\n  mentioned in n.g");
    terminal.ask(":undo", "restored m.C");
    terminal.ask("m.f() + 200", "\n201\n");
    terminal.ask(":redo\rm.f() + 300", "\n302\n");
}

const BANK: &str = "\
class Account { slot owner; slot days = 0 }
fn rate(account) { 1200 // account.days }
fn settle(accounts) {
    let sum = 0
    try {
        for account in accounts { sum += rate(account) }
    } finally { print(\"settled\") }
    sum * bonus
}
";

#[test]
fn a_stopped_call_is_looked_at_and_goes_on() {
    let folder = Folder::with(&[("bank.lang", BANK)]);
    let terminal = Terminal::start(&folder, 120, &[], &[]);
    terminal.wait_for_prompt();
    terminal.ask(":load bank", "imported as `bank`");
    let stop = |text: &str, answer: &str| {
        terminal.press(&format!("{text}\r"));
        terminal.wait(answer, |screen| screen.contents().contains(answer) && is_at(screen, "stopped>"));
    };
    stop("bank.settle([bank.Account(\"ann\", 3), bank.Account(\"bob\")])", "#1 bank.settle (bank.lang:6)");
    assert!(!terminal.text().contains("settled"), "{}", terminal.text());
    stop(":frame 1", "`:retry 1` makes it again");
    stop(":locals", "\nsum = 400\n");
    stop(":eval \"${sum} of ${account.owner}\"", "400 of bob");
    stop(":eval nosuch", "`nosuch` does not exist");
    stop(":frame 0", "`:retry 0` makes it again");
    stop(":eval account.days = 4", ":eval account.days = 4");
    // It goes on to the next error.
    stop(":retry", "settled");
    terminal.wait_for("`bonus` does not exist");
    stop("20 + 22", "42");
    terminal.ask(":define 2", "1400");
    terminal.ask(":retry", "nothing has stopped at an error");
    stop("bank.rate(bank.Account(\"cid\"))", "#0 bank.rate (bank.lang:2)");
    terminal.ask(":use \"none\"", "\"none\"");
    stop("bank.rate(bank.Account(\"dan\"))", "owner: \"dan\"");
    folder.write("bank.lang", &BANK.replace("1200 //", "if account.days == 0 { 77 } else { 0 } +"));
    stop(":reload", "changed bank.rate");
    stop(":bt", "its text has been edited");
    terminal.ask(":retry", "\n77\n");
    stop("bank.rate(nil)", "nil has no member `days`");
    terminal.ask(":abort", "the calls are ended");
}

/// Whether the cursor stands behind a prompt.
fn is_at(screen: &vt100::Screen, prompt: &str) -> bool {
    let row = screen.cursor_position().0;
    screen.rows(0, u16::MAX).nth(row as usize).unwrap_or_default().trim_end() == prompt
}

#[test]
fn inputs_of_the_same_directory_come_first() {
    let (here, there, data) = (Folder::new(), Folder::new(), Folder::new());
    let data = data.path().to_str().expect("its path is text");
    let open = |folder: &Folder| {
        let terminal = Terminal::start(folder, 80, &[], &[("XDG_DATA_HOME", data)]);
        terminal.wait_for_prompt();
        terminal
    };
    for (folder, line, answer) in [(&here, "1000 + 11", "\n1011\n"), (&there, "2000 + 22", "\n2022\n")] {
        let terminal = open(folder);
        terminal.ask(line, answer);
        terminal.press(CTRL_D);
        assert_eq!(terminal.status(), Some(0));
    }
    let terminal = open(&here);
    terminal.press(UP);
    terminal.wait_for("> 1000 + 11");
    // Behind them come those of all directories.
    terminal.press(UP);
    terminal.wait_for("> 2000 + 22");
}

#[test]
fn the_users_file_is_evaluated_first() {
    let folder = Folder::with(&[("lang/init.lang", "import math\nfn circle(r) { 2 * r * math.pi }\nlet ready = 500\n")]);
    let terminal = Terminal::session(&folder);
    terminal.ask("math.floor(circle(100)) + ready", "\n1128\n");
    let terminal = Terminal::start(&folder, 80, &["--no-init"], &[]);
    terminal.wait_for_prompt();
    terminal.ask("ready", "`ready` does not exist");
    for (text, message) in [
        ("let a = 70\nnosuch()\n", "`nosuch` does not exist"),
        ("fn (", "error[E0"),
        ("exit(3)\n", "exit with status 3"),
        ("namespace x\n", "a `namespace` line stands in a file"),
    ] {
        folder.write("lang/init.lang", text);
        let terminal = Terminal::start(&folder, 100, &[], &[]);
        terminal.wait_for(message);
        terminal.wait_for("`lang --no-init` leaves it alone");
        terminal.wait_for_prompt();
        terminal.ask("300 + 1", "\n301\n");
    }
}

#[test]
fn plain_lines_can_be_chosen() {
    let folder = Folder::new();
    let terminal = Terminal::start(&folder, 80, &["--plain"], &[]);
    terminal.wait_for_prompt();
    terminal.ask("fn f() {\r300 + 3\r}\rf()", "303");
    terminal.ask("nosuch", "`nosuch` does not exist");
    assert!(!terminal.bytes().contains(&0x1b));
    terminal.press(CTRL_D);
    assert_eq!(terminal.status(), Some(0));
}

#[test]
fn tab_completes_arguments_and_names_behind_commands() {
    let folder =
        Folder::with(&[("bank.lang", "class Account { slot owner; slot balance = 0 }\nfn rate(account, percent = 1) { percent }")]);
    let terminal = Terminal::session(&folder);
    terminal.ask(":load ba\t", "imported as `bank`");
    terminal.ask("bank.rate(nil, per\t400)", "\n400\n");
    terminal.ask("let mine = bank.Acc\t(\"ann\", bal\t70)\rmine.bal\t", "\n70\n");
    terminal.ask("?mine.bal\t", "slot bank.Account.balance");
    terminal.ask(":ty\t mine.bal\t", "\nInt\n");
}

/// All that is listed fits the screen, so that nothing is asked about it that would take the keys behind it.
#[test]
fn a_long_list_of_names_is_cut_to_the_screen() {
    let folder = Folder::new();
    // The editor of lines counts what it lists with 16 bits.
    let names: String = (0..70_000).map(|i| format!("let name_{i} = {i}\n")).collect();
    folder.write("many.lang", &names);
    let terminal = Terminal::session(&folder);
    terminal.ask(":load many", "imported as `many`");
    terminal.press("many.na\t");
    terminal.wait_for("> many.name_");
    terminal.press("\t\t");
    terminal.wait("the input below the list", |screen| {
        let text = screen.contents();
        let rest = text.split_once("more; type more letters\n").map_or("", |(_, rest)| rest);
        text.contains("name_0") && rest.trim_end() == "> many.name_"
    });
    // The next key is a part of the input.
    terminal.press("6999\t\t");
    terminal.wait_for("name_69999\n");
    terminal.press(CTRL_C);
    terminal.wait_for_prompt();
    terminal.ask("1000 + 11", "\n1011\n");
    let written = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    assert!(!written.contains("--More--") && !written.contains("possibilities"), "{}", terminal.text());
}

#[test]
fn listed_names_tell_leaks_and_classes() {
    let text = "class Thing { slot name = 1 }\nclass Ship(Thing) { slot fuel = 2; fn burn() { self.fuel } }\nlet ship = Ship()\n";
    let gone = "fn gone_rate() { 1 }\nfn going() { 2 }\nlet keep = gone_rate\n";
    let folder = Folder::with(&[("game.lang", &format!("{text}{gone}"))]);
    let terminal = Terminal::session(&folder);
    terminal.ask(":load game", "imported as `game`");
    terminal.press("game.ship.\t\t");
    terminal.wait_for("game.Ship                                \n  burn  fuel\ngame.Thing\n  name\n> game.ship.");
    terminal.press(CTRL_C);
    terminal.wait_for_prompt();
    folder.write("game.lang", &format!("{text}{}", gone.replace("fn gone_rate() { 1 }", "")));
    terminal.ask(":reload", "leaked");
    terminal.press("game.go\t\t");
    terminal.wait_for("going             gone_rate (leak)\n> game.go");
    // The mark is not taken into the input.
    terminal.press("n\t");
    terminal.ask("() + 500", "\n501\n");
}

#[test]
fn a_definition_is_edited_where_it_is_written() {
    let folder = Folder::with(&[("rules.lang", "let hits = 0\nfn damage() { hits += 1; 300 + hits }\n")]);
    // An editor that tells what it is given, and waits for a key as editors do.
    folder.write("editor.sh", "echo \"editing $@\"\nread key\nsed -i 's/300/400/' rules.lang\n");
    let envs = [("EDITOR", "sh editor.sh"), ("VISUAL", "")];
    let terminal = Terminal::start(&folder, 80, &[], &envs);
    terminal.wait_for_prompt();
    terminal.ask(":load rules\rrules.damage()", "\n301\n");
    terminal.press(":edit rules.damage\r");
    terminal.wait_for("editing +2 rules.lang");
    terminal.press("x\r");
    terminal.wait_for("changed rules.damage");
    terminal.ask("rules.damage()", "\n402\n");
    terminal.ask("fn typed() { 1 }\r:edit typed", "`typed` was typed: it is in no file");
    terminal.ask(":edit rules", "`rules` is a namespace of rules.lang");
    terminal.ask(":edit print", "`print` is part of the engine or of the library");
    terminal.ask(":edit rules.damag", "did you mean `damage`?");
    folder.write("editor.sh", "exit 3\n");
    terminal.ask(":edit rules.hits", "`sh editor.sh` has failed (exit status: 3)");
    let terminal = Terminal::start(&folder, 80, &[], &[("EDITOR", "nosuch-editor"), ("VISUAL", "")]);
    terminal.ask(":load rules\r:edit rules.hits", "cannot start `nosuch-editor`");
}

#[test]
fn what_was_typed_is_written() {
    let folder = Folder::new();
    let terminal = Terminal::session(&folder);
    terminal.ask("fn f() { 1 }\r1 + 100", "\n101\n");
    terminal.ask(":write typed", "saved 1 lines as `typed.lang`");
    terminal.ask(":write typed", "nothing is overwritten; give another name");
    terminal.ask("let a = 2\r:write! typed.lang", "saved 2 lines as `typed.lang`");
    assert_eq!(fs::read_to_string(folder.path().join("typed.lang")).expect("it was written"), "fn f() { 1 }\nlet a = 2\n");
}

#[test]
fn the_program_is_looked_at_from_the_prompt() {
    let text = "import task\nclass Ship { slot fuel = 1 }\nlet ships = [Ship(), Ship()]\nlet messages = task.channel()\n\
        fn wait_for(messages) { messages.receive() }\n\
        fn work() { print(\"at work\"); wait_for(messages) }\nlet job = task.spawn(work, name: \"Job\")\n";
    let folder = Folder::with(&[("game.lang", text)]);
    let terminal = Terminal::session(&folder);
    terminal.ask(":load game", "at work");
    terminal.ask(":threads", "`Job` waits to receive from a channel\n  #0 game.wait_for (game.lang:5)");
    terminal.ask(":migrate game.Ship", "all instances of game.Ship are up to date");
    folder.write("game.lang", &text.replace("slot fuel = 1", "slot fuel = 1; slot name = nil"));
    terminal.ask(":reload\r:migrate game.Ship", "2 instances of game.Ship are migrated");
    terminal.ask(":disasm game.wait_for", "wait_for(messages)  ");
    terminal.ask(":ns game", "what is typed belongs to `game`");
    terminal.ask("ships.len() + 40", "\n42\n");
    terminal.ask(":ns repl\rships", "`ships` does not exist");
}

#[test]
fn a_retry_that_fails_again_is_counted() {
    let folder = Folder::with(&[("bank.lang", BANK)]);
    let terminal = Terminal::session(&folder);
    terminal.ask(":load bank", "imported as `bank`");
    let stop = |text: &str, answer: &str| {
        terminal.press(&format!("{text}\r"));
        terminal.wait(answer, |screen| screen.contents().contains(answer) && is_at(screen, "stopped>"));
    };
    stop("bank.settle([bank.Account(\"a somewhat longer name\"), bank.Account(\"another one\")])", "stopped, nothing is unwound");
    // Lines end at words.
    terminal.wait_for("\"a somewhat longer name\",\n     days: 0)\n");
    stop(":retry", "stopped for the 2nd time, nothing is unwound");
    stop(":retry", "stopped for the 3rd time, nothing is unwound");
    // The same error of the next call is another one.
    terminal.press(":use 1\r");
    terminal.wait("a stop for the first time", |screen| screen.contents().matches("stopped, nothing is unwound").count() == 2);
}
