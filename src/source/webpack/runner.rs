//! Keeps a bundler running, and publishes what it tells.

use std::{
    convert::Infallible,
    io::{self, BufReader},
    net::Shutdown,
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::Stdio,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    events::{self, Event},
    options::Plan,
};
use crate::{
    build::{Build, stats::Stats},
    escape::{Escaped, without_colours},
    hub::Hub,
    json::to_json,
    shared::{publish_building, publish_builds},
    source::{
        process::{Ended, LAST_WORDS, Process},
        watch::{EventHandler, Rebuilt, Scanned},
    },
    stop::Moment,
    wire::Frame,
};

/// How long a bundler that has died is left alone, at first and at most. A change of the configuration ends the wait.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How many events of a bundler's may wait to be published. Beyond that its socket is not read, so that it waits as well.
const UNPUBLISHED: usize = 16;

/// What the runner hears. What a bundler says carries the number of its start: one that was ended may be heard later.
#[derive(Debug)]
pub(super) enum Message {
    Told(u64, Event),
    Ended(u64, Ended),
    /// The configuration has changed.
    Changed,
    /// The guard is gone, or the layer is closed.
    Stop,
}

pub(super) struct Runner {
    hub: Arc<Hub>,
    plan: Plan,
    outbox: Sender<Message>,
    running: Option<Run>,
    /// How many bundlers were started.
    starts: u64,
    /// Why the bundler is about to die, in its own words.
    reason: Option<String>,
    /// Whether pages show that it has died.
    is_shown: bool,
    backoff: Duration,
    start_at: Option<Instant>,
    /// The first build, or the first time that there can't be one.
    first: Moment,
}

struct Run {
    _process: Process,
    socket: UnixStream,
    /// One for each event that is not published yet.
    unpublished: Receiver<()>,
}

impl Drop for Run {
    fn drop(&mut self) {
        // Its reader ends, whoever else may hold the other end.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

impl Runner {
    pub(super) fn new(hub: Arc<Hub>, plan: Plan, outbox: Sender<Message>, first: Moment) -> Self {
        Self {
            hub,
            plan,
            outbox,
            running: None,
            starts: 0,
            reason: None,
            is_shown: false,
            backoff: BACKOFF.0,
            start_at: None,
            first,
        }
    }

    /// Obeys until it is told to stop.
    pub(super) fn work(mut self, inbox: &Receiver<Message>) {
        loop {
            let message = match self.start_at {
                Some(at) => inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match message {
                Ok(Message::Told(start, event)) if start == self.starts => {
                    self.publish(event);
                    if let Some(run) = &self.running {
                        // The reader has put it there before it told the event.
                        let _ = run.unpublished.try_recv();
                    }
                }
                Ok(Message::Ended(start, ended)) if start == self.starts => {
                    let reason = self.reason.take().unwrap_or_else(|| {
                        let failure = ended.failure().unwrap_or_else(|| "it ended by itself".to_owned());
                        format!("the bundler has died: {failure}\n\n{}", ended.tail)
                    });
                    self.die(&reason);
                }
                Ok(Message::Told(..) | Message::Ended(..)) => {}
                Ok(Message::Changed) => {
                    tracing::info!("{:?} has changed, and the bundler is started again", self.plan.config);
                    self.backoff = BACKOFF.0;
                    self.start_or_die();
                }
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => self.start_or_die(),
            }
        }
    }

    /// Starts a bundler, in the place of the one that may be there.
    pub(super) fn start(&mut self) -> io::Result<()> {
        self.running = None;
        self.start_at = None;
        self.reason = None;
        self.starts += 1;
        let start = self.starts;
        let (socket, theirs) = UnixStream::pair()?;
        let mut command = self.plan.process();
        command.stdin(Stdio::from(OwnedFd::from(theirs)));
        let outbox = self.outbox.clone();
        let (reading, read) = mpsc::channel::<()>();
        let ended = move |ended| {
            // What it told last tells why. Sending fails when the runner has stopped.
            let _ = read.recv_timeout(LAST_WORDS);
            let _ = outbox.send(Message::Ended(start, ended));
        };
        let process = Process::start(command, self.plan.output, ended)?;
        let lines = BufReader::new(socket.try_clone()?);
        let outbox = self.outbox.clone();
        let (waiting, unpublished) = mpsc::sync_channel(UNPUBLISHED);
        thread::Builder::new().name("hot-bundler".to_owned()).spawn(move || {
            let _reading = reading;
            let tell = |event| {
                // It waits while there is no room, and fails when the run is over.
                if waiting.send(()).is_ok() {
                    let _ = outbox.send(Message::Told(start, event));
                }
            };
            if let Err(error) = events::read(lines, tell) {
                tell(Event::Failed(error));
            }
        })?;
        self.running = Some(Run { _process: process, socket, unpublished });
        Ok(())
    }

    fn start_or_die(&mut self) {
        if let Err(error) = self.start() {
            self.die(&format!("the bundler could not be started: {error}"));
        }
    }

    fn publish(&mut self, event: Event) {
        match event {
            Event::Building { name, file } => publish_building(&self.hub, &name, file.as_deref()),
            Event::Built(stats) => {
                self.backoff = BACKOFF.0;
                self.take_back(&stats);
                publish_builds(&self.hub, stats);
                self.first.reach();
            }
            Event::Progress(progress) => {
                let Ok(()) = self.hub.publish(|| Ok::<_, Infallible>(Frame::new(&to_json(&progress))));
            }
            Event::Failed(reason) => self.reason = Some(reason),
        }
    }

    /// Shows why there is no bundler, and sees to it that there is one again.
    fn die(&mut self, reason: &str) {
        self.running = None;
        // One that could not be started whole may still tell of its end, which is no second death.
        self.starts += 1;
        // An event for each line, so that none can be mistaken for another one's.
        for line in without_colours(reason).lines().filter(|line| !line.trim().is_empty()) {
            tracing::error!("{}", Escaped(line));
        }
        tracing::info!(
            "the bundler is started again in {:?}, or when {:?} changes",
            self.backoff,
            self.plan.config
        );
        self.is_shown = true;
        publish_builds(&self.hub, Build::unhashed().error(reason.trim_end()).into());
        self.first.reach();
        self.start_at = Some(Instant::now() + self.backoff);
        self.backoff = (self.backoff * 2).min(BACKOFF.1);
    }

    /// Takes back that the bundler has died, where none of these builds does it: clients keep problems by bundle.
    fn take_back(&mut self, stats: &Stats) {
        if std::mem::take(&mut self.is_shown) && stats.builds.iter().all(|build| !build.name.is_empty()) {
            publish_builds(&self.hub, Build::unhashed().changes([]).into());
        }
    }
}

/// Hears of the configuration.
pub(super) struct Config(pub(super) Sender<Message>);

impl EventHandler for Config {
    fn building(&self, _: &str, _: &str) {}

    fn scanned(&self, _: Scanned) {}

    fn built(&self, _: Rebuilt) {
        // It fails when the runner has stopped, and the watch is about to.
        let _ = self.0.send(Message::Changed);
    }

    fn unchanged(&self, _: &str) {}
}

#[cfg(test)]
mod tests {
    use std::{fs, num::NonZeroUsize, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::source::{process::Output, watch::testing::Dir, webpack::Webpack};

    #[test]
    fn a_bundler_that_tells_faster_than_is_published_waits() {
        let dir = Dir::new();
        dir.write("webpack.config.js", "");
        dir.write("node_modules/webpack/package.json", "{}");
        // In Node.js's place: it tells without an end.
        dir.write(
            "node",
            "#!/bin/sh\nwhile echo '{\"action\":\"building\",\"name\":\"\"}'; do :; done >&0\n",
        );
        fs::set_permissions(dir.path().join("node"), fs::Permissions::from_mode(0o755)).unwrap();
        let webpack = Webpack::new(dir.path().join("webpack.config.js")).node(dir.path().join("node"));
        let plan = webpack.add_client(false).output(Output::Tracing).plan("/hot").unwrap();
        let (outbox, inbox) = mpsc::channel();
        let mut runner = Runner::new(Hub::new(NonZeroUsize::MIN, 4096), plan, outbox, Moment::new());
        runner.start().unwrap();
        let told =
            |within| matches!(inbox.recv_timeout(within), Ok(Message::Told(1, Event::Building { .. })));
        let (patience, moment) = (Duration::from_secs(20), Duration::from_millis(100));
        assert!((0..UNPUBLISHED).all(|_| told(patience)));
        assert!(!told(moment), "no more than {UNPUBLISHED} wait");
        runner.running.as_ref().unwrap().unpublished.recv().unwrap();
        assert!(told(patience) && !told(moment), "one was published, and one more is told");
        // Its end waits for nobody.
        let begun = Instant::now();
        drop(runner);
        assert!(begun.elapsed() < patience);
    }
}
