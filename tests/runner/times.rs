//! Times from a save to the page, and from rustc's end to the page.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant, SystemTime},
};

use crate::{
    app,
    http::Events,
    project::{Project, Run},
};

/// A build may take the processors from the runner, so the median counts and not the longest time.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[test]
fn pages_receive_building_within_50_ms_of_the_save() {
    let project = Project::alone(app::WHOLE);
    let run = project.serve(&[]);
    let mut events = Events::open(project.port);
    let mut times = Vec::new();
    for count in 0..9 {
        let last = if count == 0 { "one".to_owned() } else { format!("{}", count - 1) };
        let saved = Instant::now();
        // Each save cancels the build of the one before it.
        project.replace("src/main.rs", &format!("\"{last}\""), &format!("\"{count}\""));
        events.until_action("building");
        times.push(saved.elapsed());
    }
    println!("save to building: {times:?}");
    assert!(median(times.clone()) < Duration::from_millis(50), "{times:?}");
    drop(run);
}

#[test]
fn pages_receive_errors_within_100_ms_of_rustcs_end() {
    let project = Project::alone(app::WHOLE);
    let (wrapper, end) = (project.path("wrapper"), project.path("end"));
    let script = format!("#!/bin/sh\n\"$@\"\ncode=$?\ndate +%s%N > {}\nexit $code\n", end.display());
    fs::write(&wrapper, script).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = project.command(&[]);
    command.env("RUSTC_WORKSPACE_WRAPPER", &wrapper);
    let run = Run::start(command, project.port);
    run.until_body("one");
    let mut events = Events::open(project.port);
    let mut times = Vec::new();
    for count in 0..3 {
        fs::remove_file(&end).unwrap();
        let last = if count == 0 { "\"one\"".to_owned() } else { format!("{}", count - 1) };
        project.replace("src/main.rs", &format!("= {last};"), &format!("= {count};"));
        events.until_action("building");
        let errors = events.until_errors();
        let received = SystemTime::now();
        assert!(errors[0].contains("mismatched types"), "{errors:?}");
        let ended = crate::project::until("rustc should end", || {
            let text = fs::read_to_string(&end).ok()?;
            text.strip_suffix('\n')?.parse().ok().map(Duration::from_nanos)
        });
        // rustc writes its errors before it ends.
        times.push(received.duration_since(SystemTime::UNIX_EPOCH + ended).unwrap_or_default());
    }
    println!("rustc's end to errors: {times:?}");
    assert!(median(times.clone()) < Duration::from_millis(100), "{times:?}");
}
