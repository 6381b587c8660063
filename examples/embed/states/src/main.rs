//! The loop on a terminal: `states [SCRIPT [TURNS]]`.

use states::App;
use std::thread;
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let script = args.next().unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/logic.lang").to_owned());
    let turns: u64 = args.next().map_or(Ok(u64::MAX), |text| text.parse())?;
    let mut app = App::new(script.into())?;
    for _ in 0..turns {
        if let Some(report) = app.update_libs() {
            eprint!("{report}");
        }
        // An error of the script is told, and the next edit mends it.
        match app.update_state().and_then(|()| app.view_state()) {
            Ok(text) => println!("{text}"),
            Err(error) => eprint!("{error}"),
        }
        thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}
