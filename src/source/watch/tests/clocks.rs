//! File times that say nothing: long ago, yet to come, going backwards, kept.

use std::{fs::File, time::SystemTime};

use super::*;

/// Time of the file after a save.
#[derive(Debug, Clone, Copy)]
enum Time {
    /// 1 January 1970.
    Epoch,
    /// Before that.
    BeforeEpoch,
    /// The year 2100.
    ToCome,
    /// An hour before the one that the file has.
    Earlier,
    /// The one that the file has.
    Kept,
}

const TIMES: [Time; 5] = [Time::Epoch, Time::BeforeEpoch, Time::ToCome, Time::Earlier, Time::Kept];

impl Time {
    fn after(self, last: SystemTime) -> SystemTime {
        const HOUR: Duration = Duration::from_secs(3_600);
        match self {
            Self::Epoch => SystemTime::UNIX_EPOCH,
            Self::BeforeEpoch => SystemTime::UNIX_EPOCH - HOUR,
            Self::ToCome => SystemTime::UNIX_EPOCH + 24 * HOUR * 365 * 130,
            Self::Earlier => last - HOUR,
            Self::Kept => last,
        }
    }
}

/// Puts `content` aside and then in the place of `name`, as a file of that time.
fn put(dir: &Dir, name: &str, content: &str, time: SystemTime) {
    dir.write("aside~", content);
    let aside = dir.path().join("aside~");
    File::options().write(true).open(aside).unwrap().set_modified(time).unwrap();
    dir.rename("aside~", name);
}

/// Writes `content` over the file, then gives it that time.
fn overwrite(dir: &Dir, name: &str, content: &str, time: SystemTime) {
    dir.write(name, content);
    File::options().write(true).open(dir.path().join(name)).unwrap().set_modified(time).unwrap();
}

#[test]
fn a_save_is_noticed_whatever_time_it_leaves() {
    let dir = Dir::new();
    dir.write("style.css", "000");
    let events = Live::serving(&dir);
    let polled = Live::of(Watch::new().files("/", dir.path()).poll(Duration::from_millis(20)));
    let path = dir.path().join("style.css");
    // All of one length, so that they differ by their content alone.
    let mut contents = 100..;
    for (way, mut live) in [("by events", events), ("by polling", polled)] {
        for time in TIMES {
            for save in [put, overwrite] {
                let last = path.metadata().unwrap().modified().unwrap();
                let content = contents.next().unwrap().to_string();
                save(&dir, "style.css", &content, time.after(last));
                live.until("/style.css", &content);
                assert_eq!(live.ids(), ["/style.css"], "{way}, {time:?}");
            }
        }
    }
}

#[test]
fn files_of_any_time_are_there_from_the_start_and_a_time_alone_is_no_change() {
    let dir = Dir::new();
    let now = SystemTime::now();
    for (n, time) in TIMES.into_iter().enumerate() {
        put(&dir, &format!("{n}.css"), "same", time.after(now));
    }
    let mut live = Live::serving(&dir);
    assert_eq!(live.ids(), ["/0.css", "/1.css", "/2.css", "/3.css", "/4.css"]);
    for (n, time) in TIMES.into_iter().rev().enumerate() {
        put(&dir, &format!("{n}.css"), "same", time.after(now));
    }
    live.builds_nothing_else(&dir);
}
