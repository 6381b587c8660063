//! The game on a terminal: `game [SCRIPTS [FRAMES]]`.

use embed::Budget;
use game::Game;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How long a frame takes, and how much of it the scripts get.
const FRAME: Duration = Duration::from_millis(16);
const SCRIPTS: Duration = Duration::from_millis(2);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let scripts = args.next().unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/scripts").to_owned());
    let frames: u64 = args.next().map_or(Ok(u64::MAX), |text| text.parse())?;
    let mut game = Game::new(Path::new(&scripts), Budget::time(SCRIPTS))?;
    for number in 0..frames {
        let begin = Instant::now();
        let frame = game.frame()?;
        if let Some(report) = frame.report {
            eprint!("{report}");
        }
        for error in frame.errors {
            eprint!("{error}");
        }
        if number % 60 == 0 {
            println!("frame {number}: {}", game.shown()?.join("  "));
        }
        thread::sleep(FRAME.saturating_sub(begin.elapsed()));
    }
    Ok(())
}
