//! Runs the command: one run at a time, and one more for all changes meanwhile. A command that is to keep running is
//! started again when it ends.

mod builds;

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender},
    },
    time::{Duration, Instant},
};

use super::{
    Command,
    bundle::{Bundle, OutputEvent},
    events::Message,
    loops::{self, Loops},
    rounds::{Rounds, SILENCE},
};
use crate::{
    escape::Escaped,
    notice::{failure, warning},
    publisher::Publisher,
    source::process::{Ended, Process, is_shortage},
    stop::Moment,
};

/// Shortest and longest pause before another attempt, while the system can't start a process.
const SHORTAGE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// The same before a command that is to keep running is started again.
const RESTART: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Shortest pause in a loop.
const LOOP_PAUSE: Duration = Duration::from_secs(1);

/// Time after the end of a run in which its last writes are reported.
const LAG: Duration = Duration::from_millis(50);

/// The same if the watch over the output is reading a file.
const MAX_LAG: Duration = Duration::from_secs(1);

/// Time after the end of a run in which a change of a source may be the run's own. Only the events of Linux come at once.
const EVENT_LAG: Duration = if cfg!(target_os = "linux") { LAG } else { Duration::from_millis(500) };

/// A run that has lasted for this time while sources and output change may be that of a tool in watch mode.
const LONG_RUN: Duration = Duration::from_secs(10);

/// A command that is to keep running, and has for this time, has started.
const STARTED: Duration = Duration::from_secs(5);

/// A build that was announced is over when its files have not changed for this time, if no line says so.
const WRITTEN: Duration = Duration::from_secs(1);

pub(super) struct Runner {
    command: Command,
    bundle: Bundle,
    outbox: Sender<Message>,
    /// Number of runs.
    runs: u64,
    running: Option<Run>,
    /// Start and end of the last run.
    last: (Instant, Instant),
    /// A change since the run began of a file that may have been read before.
    changed: Option<Change>,
    loops: Loops,
    /// The command was reported as one that watches its sources itself.
    is_reported: bool,
    next: Option<Next>,
    /// The end of a run whose last writes may be still to be reported.
    ending: Option<Ending>,
    rounds: Arc<Rounds>,
    /// Time of the next look at the rounds.
    look_at: Option<Instant>,
    /// Time of the last report of the output since the build began.
    written: Option<Instant>,
    backoff: Duration,
    /// The end of the first run.
    first: Moment,
}

struct Change {
    file: String,
    /// It may be the run's own.
    is_doubtful: bool,
}

struct Run {
    begun: Instant,
    /// Its drop ends the run, or the processes that it has left behind.
    _process: Process,
}

/// A run that is to be started.
struct Next {
    file: Option<String>,
    at: Instant,
    /// The pause before it, if the system could not start it.
    backoff: Option<Duration>,
}

struct Ending {
    at: Instant,
    failure: Option<String>,
}

impl Runner {
    pub(super) fn new(
        publisher: Publisher,
        command: Command,
        name: Arc<str>,
        outbox: Sender<Message>,
        first: Moment,
    ) -> Self {
        let now = Instant::now();
        Self {
            command,
            bundle: Bundle::new(publisher, name),
            outbox,
            runs: 0,
            running: None,
            last: (now, now),
            changed: None,
            loops: Loops::default(),
            is_reported: false,
            next: None,
            ending: None,
            rounds: Arc::default(),
            look_at: None,
            written: None,
            backoff: RESTART.0,
            first,
        }
    }

    /// Handles messages until `Stop`.
    pub(super) fn run(mut self, inbox: &Receiver<Message>) {
        loop {
            let message = match self.deadline() {
                Some(at) => inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match message {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Message::Start) => self.start(None, None),
                Ok(Message::Changed(files, since)) => self.sources_changed(&files, since),
                Ok(Message::Output(event)) => self.output(event),
                Ok(Message::Said(run)) if run == self.runs => self.look(),
                Ok(Message::Ended(run, ended)) if run == self.runs => self.ended(&ended),
                Ok(Message::Said(_) | Message::Ended(..)) | Err(RecvTimeoutError::Timeout) => {}
            }
            self.run_due(Instant::now());
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let next = self.next.as_ref().map(|next| next.at);
        let ending = self.ending.as_ref().map(|ending| ending.at);
        [next, ending, self.look_at].into_iter().flatten().min()
    }

    fn run_due(&mut self, now: Instant) {
        if self.ending.as_ref().is_some_and(|ending| ending.at <= now) {
            self.finish();
        }
        if self.look_at.is_some_and(|at| at <= now) {
            self.look();
        }
        if let Some(next) = self.next.take_if(|next| next.at <= now) {
            self.start(next.file, next.backoff);
        }
    }

    fn sources_changed(&mut self, files: &[String], since: Instant) {
        let Some(file) = files.first().cloned() else { return };
        if self.command.keeps_running {
            tracing::info!("{file:?} has changed, and {:?} is started again", self.bundle.name());
            self.backoff = RESTART.0;
            return self.start(Some(file), None);
        }
        let (begun, ended) = self.last;
        let is_during = since >= begun && (self.running.is_some() || since <= ended + EVENT_LAG);
        // A change from before a run may be due to the one before that.
        if self.running.is_none() && since > ended + EVENT_LAG {
            self.loops.disown(files);
        }
        let next = self.loops.changed((is_during && self.runs > 0).then_some(self.runs), files);
        if let Some(first) = next.own.first() {
            let others = match next.own.len() {
                1 => String::new(),
                count => format!(" and {} other sources", count - 1),
            };
            warning!(
                "the command {:?} rewrites its own source {:?}{others} in each run, and would run forever: such \
                 changes during a run start no other from now on; leave them out by `Command::ignore`",
                self.bundle.name(),
                first,
            );
        }
        let saved = files.iter().find(|file| !self.loops.is_own(file));
        let file = saved.cloned().unwrap_or(file);
        match next.run {
            loops::Run::Never => {}
            loops::Run::Now if self.running.is_some() => {
                self.changed = Some(Change { file, is_doubtful: false });
            }
            loops::Run::Now => self.start(Some(file), None),
            loops::Run::Later if self.running.is_some() => {
                self.changed.get_or_insert(Change { file, is_doubtful: true });
            }
            loops::Run::Later => self.start_later(file),
        }
        self.report_watch_mode();
    }

    /// Warns once of a command that seems to watch its sources itself: its run does not end, so it hides its output and
    /// all later changes.
    fn report_watch_mode(&mut self) {
        let Some(run) = &self.running else { return };
        let lasted = run.begun.elapsed();
        let is_likely = lasted >= LONG_RUN && self.changed.is_some() && self.bundle.has_changes();
        if is_likely && !std::mem::replace(&mut self.is_reported, true) {
            warning!(
                "the command {:?} has been running for {} s, and its output changes: if it watches its sources itself, \
                 call `Command::keep_running`",
                self.bundle.name(),
                lasted.as_secs(),
            );
        }
    }

    /// Starts a run after a pause as long as a run: a developer who is saving files saves one in the pause too.
    fn start_later(&mut self, file: String) {
        let (begun, ended) = self.last;
        let pause = LOOP_PAUSE.max(ended.saturating_duration_since(begun));
        self.next = Some(Next { file: Some(file), at: Instant::now() + pause, backoff: None });
    }

    fn output(&mut self, event: OutputEvent) {
        let is_built = matches!(event, OutputEvent::Built(_) | OutputEvent::Unchanged);
        // After a failure, the command may be about to say how it went.
        let may_say = self.command.keeps_running && self.bundle.has_failed() && !self.bundle.is_running();
        self.bundle.output(event, self.ending.is_some() || may_say);
        if !is_built {
            return;
        }
        if self.ending.is_some() {
            self.finish();
        } else if may_say && self.bundle.has_changes() {
            self.look_at.get_or_insert_with(|| Instant::now() + SILENCE);
        } else if self.command.keeps_running && self.bundle.is_running() {
            let now = Instant::now();
            self.written = Some(now);
            self.look_at = Some(self.look_at.map_or(now + WRITTEN, |at| at.min(now + WRITTEN)));
        } else {
            self.report_watch_mode();
        }
    }

    fn start(&mut self, file: Option<String>, retried: Option<Duration>) {
        self.finish();
        self.next = None;
        self.running = None;
        self.look_at = None;
        self.written = None;
        self.runs += 1;
        let (run, begun) = (self.runs, Instant::now());
        self.last = (begun, begun);
        // While it is retried, pages keep showing the reason.
        if retried.is_none() {
            self.bundle.begin(file.as_deref());
        }
        let outbox = self.outbox.clone();
        // It fails when the runner has ended.
        let ended = move |ended| drop(outbox.send(Message::Ended(run, ended)));
        let (tail, on_line) = (self.bundle.begin_output(), self.on_line());
        match Process::start(self.command.process(), self.command.output, &tail, on_line, ended) {
            Ok(process) => {
                if retried.is_some() {
                    self.bundle.begin(file.as_deref());
                }
                self.running = Some(Run { begun, _process: process });
                if self.command.keeps_running {
                    self.look_at = Some(begun + STARTED);
                }
            }
            Err(error) if is_shortage(&error) => {
                let backoff = match retried {
                    Some(backoff) => (backoff * 2).min(SHORTAGE.1),
                    None => SHORTAGE.0,
                };
                if retried.is_none() {
                    self.fail(
                        &format!("it could not be started: {error}. It is tried again until it can be"),
                        "",
                    );
                }
                self.next = Some(Next { file, at: Instant::now() + backoff, backoff: Some(backoff) });
            }
            Err(error) if self.command.keeps_running => {
                self.fail_and_restart(&format!("it could not be started: {error}"), "");
            }
            Err(error) => self.fail(&format!("it could not be started: {error}"), ""),
        }
    }

    fn ended(&mut self, ended: &Ended) {
        let Some(run) = self.running.take() else { return };
        self.last = (run.begun, Instant::now());
        self.look_at = None;
        if self.command.keeps_running {
            if run.begun.elapsed() >= STARTED && !self.bundle.is_running() && !self.bundle.has_failed() {
                self.backoff = RESTART.0;
            }
            let failure = ended.failure().unwrap_or_else(|| "it ended by itself".to_owned());
            return self.fail_and_restart(&failure, &ended.tail);
        }
        let failure = ended.failure().map(|failure| self.failure(&failure, &ended.tail));
        let changed = self.changed.take();
        let lag = if self.bundle.is_changing() { MAX_LAG } else { LAG };
        self.ending = Some(Ending { at: Instant::now() + lag, failure });
        if !self.command.has_outputs() || self.bundle.has_changes() && !self.bundle.is_changing() {
            self.finish();
        }
        match changed {
            Some(Change { file, is_doubtful: true }) => self.start_later(file),
            Some(Change { file, .. }) => self.start(Some(file), None),
            None => {}
        }
    }

    /// Publishes the end of a run.
    fn finish(&mut self) {
        if let Some(Ending { failure, .. }) = self.ending.take() {
            self.end(failure);
        }
    }

    /// Publishes a failure at once.
    fn fail(&mut self, failure: &str, tail: &str) {
        let failure = self.failure(failure, tail);
        self.end(Some(failure));
    }

    /// Logs a failure, and returns its text for pages.
    fn failure(&self, failure: &str, tail: &str) -> String {
        let name = self.bundle.name();
        failure!("the command {name:?} failed: {}", Escaped(failure));
        format!("{name}\n{failure}\n\n{tail}").trim_end().to_owned()
    }

    fn end(&mut self, failure: Option<String>) {
        self.bundle.end(failure);
        self.first.reach();
    }
}

#[cfg(all(test, unix))]
mod tests;
