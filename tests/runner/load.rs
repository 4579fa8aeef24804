//! Restarts under load: no connection is refused or reset, and no response times out or is truncated.

use std::{
    env, io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::{
    app,
    http::{Answer, Connection, Events},
    project::{Project, until},
};

/// The longest wait of a request at a restart. `make bench-restart`, which has the machine to itself, checks the target of
/// 150 ms.
const LONGEST: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Tally {
    waits: Vec<Duration>,
    failures: Vec<String>,
}

struct Load {
    stop: Arc<AtomicBool>,
    tally: Arc<Mutex<Tally>>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    fn start(port: u16) -> Self {
        let mut load = Self { stop: Arc::default(), tally: Arc::default(), threads: Vec::new() };
        for pause in [1, 7, 40, 400] {
            load.spawn(pause, kept(port, "/"));
        }
        for pause in [2, 20] {
            load.spawn(pause, move || {
                let mut connection = Connection::open(port)?;
                connection.send("/", "Connection: close\r\n")?;
                connection.answer()
            });
        }
        // A connection that is idle for a while before its request.
        let mut silent = Connection::open(port);
        load.spawn(300, move || {
            let mut connection = std::mem::replace(&mut silent, Connection::open(port))?;
            connection.send("/", "Connection: close\r\n")?;
            connection.answer()
        });
        for _ in 0..4 {
            load.spawn(1000, move || {
                let mut connection = Connection::open(port)?;
                connection.send("/slow", "")?;
                connection.answer()
            });
        }
        load
    }

    fn spawn(&mut self, pause: u64, mut request: impl FnMut() -> io::Result<Answer> + Send + 'static) {
        let (stop, tally) = (self.stop.clone(), self.tally.clone());
        self.threads.push(thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let begun = Instant::now();
                let answer = request();
                let wait = begun.elapsed();
                let mut tally = tally.lock().unwrap();
                match answer {
                    Ok(answer)
                        if answer.status == 200 && (answer.body.contains("one") || answer.body == "slow") =>
                    {
                        tally.waits.push(wait);
                    }
                    other => {
                        tally.failures.push(format!("after {wait:?} with a pause of {pause} ms: {other:?}"));
                    }
                }
                drop(tally);
                thread::sleep(Duration::from_millis(pause));
            }
        }));
    }

    fn end(self) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
        Arc::into_inner(self.tally).unwrap().into_inner().unwrap()
    }
}

/// Sends requests on one connection until the server closes it, and then on a new one.
fn kept(port: u16, path: &'static str) -> impl FnMut() -> io::Result<Answer> {
    let mut connection: Option<Connection> = None;
    move || {
        let mut kept = match connection.take() {
            Some(kept) => kept,
            None => Connection::open(port)?,
        };
        kept.send(path, "")?;
        let answer = kept.answer()?;
        if !answer.closes() {
            connection = Some(kept);
        }
        Ok(answer)
    }
}

/// `HMR_RESTARTS=100` runs the long form.
#[test]
fn restarts_fail_no_request() {
    let restarts = env::var("HMR_RESTARTS").map_or(4, |count| count.parse().unwrap());
    let project = Project::alone(app::WHOLE);
    let run = project.serve(&[]);
    let load = Load::start(project.port);
    let mut reconnects = Vec::new();
    for restart in 0..restarts {
        let mut events = Events::open(project.port);
        let from = run.output().len();
        project.replace("src/main.rs", &text(restart), &text(restart + 1));
        while events.next().is_some() {}
        let begun = Instant::now();
        Events::open(project.port).until_action("connected");
        reconnects.push(begun.elapsed());
        run.says("switched after", from);
    }
    let tally = load.end();
    let mut waits: Vec<_> =
        tally.waits.iter().filter(|wait| **wait < Duration::from_millis(2900)).copied().collect();
    waits.sort_unstable();
    let at = |part: usize| waits[(waits.len() * part / 1000).min(waits.len() - 1)];
    println!(
        "{restarts} restarts, {} requests, {} failed; waits: p50 {:?}, p99 {:?}, p99.9 {:?}, max {:?}; streams reconnect within {:?}",
        tally.waits.len() + tally.failures.len(),
        tally.failures.len(),
        at(500),
        at(990),
        at(999),
        waits.last(),
        reconnects.iter().max()
    );
    assert!(tally.failures.is_empty(), "{:#?}", tally.failures);
    assert!(waits.last().is_some_and(|wait| *wait < LONGEST), "{:?}", waits.last());
    // Replaced processes end after they have drained.
    until("one process is left", || (processes(&project.name) == 1).then_some(()));
}

fn text(restart: usize) -> String {
    if restart == 0 { "\"one\"".to_owned() } else { format!("\"one {restart}\"") }
}

/// Returns the number of the app's processes.
fn processes(name: &str) -> usize {
    let is_app = |path: std::path::PathBuf| {
        std::fs::read_link(path.join("exe")).is_ok_and(|exe| {
            exe.file_name().is_some_and(|file| file.to_string_lossy().trim_end_matches(" (deleted)") == name)
        })
    };
    std::fs::read_dir("/proc").unwrap().flatten().filter(|entry| is_app(entry.path())).count()
}
