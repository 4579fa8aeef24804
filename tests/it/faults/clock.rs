//! A wall clock that jumps by hours and by years under a server with a watcher and heartbeats, as on a laptop
//! that wakes, or when a clock is corrected.
//!
//! Debian's `faketime` gives one process its own clock, which is set by writing to a file.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant, SystemTime},
};

use tokio::runtime::Runtime;
use tower_hot_middleware::{HotMiddleware, Options, watch::Watch};

use super::{PATH, PATIENCE, alone};
use crate::{client::open, serve_app};

const CLOCK: &str = "FAKETIME_TIMESTAMP_FILE";
const HOUR: u64 = 3_600;
const BEAT: Duration = Duration::from_millis(100);

/// The folder that the test writes to, removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn saves_and_heartbeats_continue_when_the_wall_clock_jumps() {
    let clock = std::env::temp_dir().join(format!("hot-clock-{}", std::process::id())).join("clock");
    let mut faketime = Command::new("faketime");
    // `env`, because the variable that faketime sets would take precedence over the file.
    faketime.args(["-m", "--exclude-monotonic", "-f", "+0", "env", "-u", "FAKETIME"]);
    faketime.env(CLOCK, clock).envs([("FAKETIME_NO_CACHE", "1"), ("NO_FAKE_STAT", "1")]);
    alone(&mut faketime, || Runtime::new().unwrap().block_on(jump()));
}

async fn jump() {
    let clock = PathBuf::from(std::env::var_os(CLOCK).unwrap());
    let folder = Folder(clock.parent().unwrap().to_owned());
    let site = folder.0.join("static");
    fs::create_dir_all(&site).unwrap();
    let hot = HotMiddleware::new(Options::builder().heartbeat(BEAT).build().unwrap());
    let _watch = hot.watch(Watch::new().files("/", &site)).unwrap().stop_on_drop();
    let address = serve_app(&hot).await;
    let started = Instant::now();
    let mut stream = open(address, &format!("{PATH}?changes")).await;
    let mut beats = 0;
    let real = SystemTime::now();
    let jumps = [
        ("+3h", real + Duration::from_secs(3 * HOUR)),
        ("-3h", real - Duration::from_secs(3 * HOUR)),
        ("+20y", real + Duration::from_secs(20 * 365 * 24 * HOUR)),
        ("-20y", real - Duration::from_secs(20 * 365 * 24 * HOUR)),
        ("+0", real),
    ];
    for (n, (jump, expected)) in jumps.into_iter().enumerate() {
        fs::write(&clock, jump).unwrap();
        let off = SystemTime::now().duration_since(expected).unwrap_or_else(|error| error.duration());
        assert!(off < PATIENCE, "{jump} did not take effect: off by {off:?}");

        let saved = format!("a{{order:{n}}}");
        fs::write(site.join("style.css"), &saved).unwrap();
        let jumped = Instant::now();
        let (mut built, mut since) = (false, 0);
        while !built || since < 3 {
            let event = stream.event().await;
            if event == "data: 💓\n\n" {
                since += 1;
            } else {
                built |= event.contains(r#""action":"built""#) && event.contains(&saved);
            }
            assert!(jumped.elapsed() < PATIENCE, "after {jump}: built {built}, {since} beats");
        }
        beats += since;
    }
    let most = started.elapsed().as_millis() / BEAT.as_millis();
    assert!(beats <= most, "{beats} beats, expected at most {most}");
}
