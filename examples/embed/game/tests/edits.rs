//! The scripts are edited while the frames go on.

#[path = "../../shared/copied.rs"]
mod copied;

use copied::Copied;
use embed::Budget;
use game::{Frame, Game};

/// Enough for every creature that does what it should.
const FUEL: u64 = 2_000;

/// Frames until something has to be so.
const PATIENCE: usize = 200;

fn game(scripts: &Copied) -> Game {
    Game::new(scripts.directory(), Budget::fuel(FUEL)).expect("the scripts load")
}

fn x_of(game: &Game, name: &str) -> f64 {
    game.entity(name).expect("it is in the world").x
}

fn frame(game: &mut Game) -> Frame {
    game.frame().expect("nothing stops the scripts")
}

/// Frames until a condition holds.
#[track_caller]
fn frames_until(game: &mut Game, what: &str, holds: impl Fn(&Game) -> bool) {
    for _ in 0..PATIENCE {
        if holds(game) {
            return;
        }
        frame(game);
    }
    panic!("after {PATIENCE} frames it is not so that {what}");
}

#[test]
fn creatures_act_once_in_a_frame() {
    let scripts = Copied::new();
    let mut game = game(&scripts);
    for _ in 0..10 {
        assert!(frame(&mut game).ran.is_done);
    }
    assert_eq!((x_of(&game, "grak"), x_of(&game, "zug")), (10.0, -20.0));
    frames_until(&mut game, "the hero is hit", |game| game.entity("hero").is_some_and(|hero| hero.hp < 100));
    assert_eq!(game.shown().expect("they are shown")[1], "Goblin(name: \"grak\", x: 1.0, hp: 10, is_alive: true, blows: 1)");
}

#[test]
fn behaviours_and_classes_are_edited() {
    let scripts = Copied::new();
    let mut game = game(&scripts);
    frame(&mut game);
    assert_eq!(x_of(&game, "grak"), 19.0);
    // A method.
    scripts.edit("creatures.lang", "self.approach(hero.x)", "self.x += 5");
    assert!(frame(&mut game).report.expect("it was saved").committed);
    assert_eq!(x_of(&game, "grak"), 24.0);
    // A slot of creatures that live; the Rust part of them stays.
    scripts.edit("creatures.lang", "slot blows = 0", "slot blows = 0\n    slot fear = 3");
    scripts.edit("creatures.lang", "self.x += 5", "self.x += self.fear");
    frame(&mut game);
    assert_eq!(x_of(&game, "grak"), 27.0);
    // The loop in which they live: it goes on in its new text.
    scripts.edit("world.lang", "        next_frame()\n", "        next_frame()\n        next_frame()\n");
    frame(&mut game);
    let before = x_of(&game, "grak");
    for _ in 0..10 {
        frame(&mut game);
    }
    assert_eq!(x_of(&game, "grak"), before + 15.0);
}

#[test]
fn broken_edits_are_refused() {
    let scripts = Copied::new();
    let mut game = game(&scripts);
    for (text, code) in [("fn live(creature) {", "E"), ("fn populate() { }\nfn live() { }", "R0119")] {
        scripts.save("world.lang", text);
        let report = frame(&mut game).report.expect("it was saved");
        assert!(!report.ok && report.reasons[0].code.starts_with(code), "{report}");
    }
    let before = x_of(&game, "grak");
    frame(&mut game);
    assert_eq!(x_of(&game, "grak"), before - 1.0);
}

#[test]
fn an_error_ends_one_life_until_it_is_mended() {
    let scripts = Copied::new();
    let mut game = game(&scripts);
    scripts.edit("creatures.lang", "self.approach(hero.x)", "self.approach(hero.place)");
    let errors = frame(&mut game).errors;
    assert_eq!(errors.len(), 2, "both goblins");
    assert!(errors[0].to_string().starts_with("SlotError"), "{}", errors[0]);
    assert!(frame(&mut game).errors.is_empty());
    scripts.edit("creatures.lang", "hero.place", "hero.x");
    frame(&mut game);
    assert_eq!(x_of(&game, "grak"), 19.0);
}

#[test]
fn an_endless_loop_stops_neither_frames_nor_others() {
    let scripts = Copied::new();
    let mut game = game(&scripts);
    frame(&mut game);
    let endless =
        "while self.name == \"zug\" and hero.hp > 0 {\n            self.approach(self.x)\n        }\n        self.approach(hero.x)";
    scripts.edit("creatures.lang", "self.approach(hero.x)", endless);
    let mut stuck = 0;
    for _ in 0..20 {
        let ran = frame(&mut game).ran;
        assert!(ran.fuel < FUEL + FUEL / 10, "{ran:?}");
        stuck += usize::from(!ran.is_done);
    }
    assert!(stuck >= 19, "one of them is in its loop");
    let (grak, zug) = (x_of(&game, "grak"), x_of(&game, "zug"));
    assert!(grak < 10.0, "the other one goes on: {grak}");
    // The loop is mended while it turns.
    scripts.edit("creatures.lang", "self.approach(self.x)", "self.approach(hero.x)\n            if self.x == hero.x { break }");
    frames_until(&mut game, "zug has come", |game| x_of(game, "zug") > zug + 5.0);
    assert!(frame(&mut game).ran.is_done);
}
