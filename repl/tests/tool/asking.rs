//! A session in a terminal: questions about what there is.

use crate::folder::Folder;
use crate::screen::Terminal;

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
