use std::{num::NonZeroUsize, sync::mpsc, thread, time::Duration};

use super::*;
use crate::source::{process::Output, watch::testing::Dir};

#[test]
fn changes_during_a_run_start_one_more() {
    let dir = Dir::new();
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap_or_default();
    let until = |name: &str, text: &str| {
        let begun = Instant::now();
        while read(name) != text {
            assert!(begun.elapsed() < Duration::from_secs(20), "{name} is {:?}", read(name));
            thread::sleep(Duration::from_millis(2));
        }
    };
    // A run begins with a line in `began` and ends with one in `ended`, once there is a file `go`.
    let line = "echo run >> began; until test -e go; do sleep 0.01; done; echo run >> ended";
    let command = Command::new(line).dir(dir.path()).watch(dir.path()).output(Output::Tracing);
    let (outbox, inbox) = mpsc::channel();
    let runner =
        Runner::new(Hub::new(NonZeroUsize::MIN, 4096), command, "run".into(), outbox.clone(), Moment::new());
    let thread = thread::spawn(move || runner.run(&inbox));
    outbox.send(Message::Start).unwrap();
    until("began", "run\n");
    for file in ["a", "b", "c"] {
        outbox.send(Message::Changed(vec![file.to_owned()], Instant::now())).unwrap();
    }
    dir.write("go", "");
    until("ended", "run\nrun\n");
    outbox.send(Message::Stop).unwrap();
    thread.join().unwrap();
    assert_eq!(read("began"), "run\nrun\n", "three changes are one run more, and no two run at once");
}
