//! The one state: what is built, which process serves, and what pages are told.

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::ExitStatus,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{
    app::{self, App, Starter},
    args::Args,
    build::{self, Build, Outcome},
    channel::{Channels, Said, ToApp},
    event::Event,
    files::{self, Files, Meaning},
    keeper::Keeper,
    process::{Group, describe},
    project::Project,
    report::Report,
    serve::Server,
    socket::{Memory, Sockets},
    terminal::{Keys, Stream, Terminal},
    watcher::{FsEvent, Watcher},
};

/// How long after a save a build begins, so that files saved together are one build; and at most, while more are saved.
const DEBOUNCE: Duration = Duration::from_millis(15);
const MAX_WAIT: Duration = Duration::from_millis(200);

/// How often pages are told how far a build is.
const PROGRESS: Duration = Duration::from_millis(100);

/// How long a process that was replaced may finish what it has begun.
const DRAIN: Duration = Duration::from_secs(10);

/// How long an app may take until it listens, before it counts as one that binds by itself.
const LONG_ENOUGH: Duration = Duration::from_millis(500);

/// How long a process has to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(2);

/// How long a process that binds by itself has to end its event streams before SIGTERM.
const FLUSH: Duration = Duration::from_millis(50);

/// The most processes that drain at once: the oldest is ended for another.
const MAX_DRAINING: usize = 8;

pub(crate) struct Runner<'a> {
    args: Args,
    project: Project,
    terminal: &'a Terminal,
    events: Sender<Event>,
    files: Files,
    watcher: Watcher,
    starter: Starter,
    keeper: Keeper,
    sockets: Sockets,
    memory: Memory,
    builds: u64,
    build: Option<Build>,
    build_begun: Instant,
    /// When the next build begins, and when the first save was that it is for.
    due: Option<(Instant, Instant)>,
    /// Set when pages know of the build.
    is_told: bool,
    told_progress: Instant,
    /// Set to start the app even if its executable is the one that runs.
    force: bool,
    /// Set when the last build failed.
    failed: bool,
    latest: Report,
    warnings: usize,
    executable: Option<PathBuf>,
    serving: Option<App>,
    starting: Option<App>,
    ending: Vec<App>,
    /// Set when the app is to start once the process before it has ended.
    start_next: bool,
    page: Option<Server>,
    says: Says,
}

/// What was said once and is not said again.
#[derive(Debug, Default)]
struct Says {
    line: bool,
    opened: bool,
    took_turns: bool,
}

/// Builds and runs until a key or a signal ends it; returns the exit code.
pub(crate) fn run(args: Args, terminal: &Terminal) -> Result<u8, String> {
    let project = Project::load(&args)?;
    let (events, inbox) = mpsc::channel();
    signals(events.clone())?;
    let channels =
        Channels::open(events.clone()).map_err(|error| format!("no channel to the app: {error}"))?;
    let keeper = Keeper::start(channels.folder()).map_err(|error| error.to_string())?;
    let watcher = Watcher::new(events.clone()).map_err(|error| format!("files can't be watched: {error}"))?;
    let starter = Starter::new(&args.app, &project, &channels.path(), channels.folder(), terminal, &events);
    let files = Files::new(&project, &args.watch, &args.ignore);
    let memory = Memory::load(&project);
    let now = Instant::now();
    let _keys = if terminal.is_tty() { Keys::start(events.clone()) } else { None };
    let mut runner = Runner {
        args,
        project,
        terminal,
        events,
        files,
        watcher,
        starter,
        keeper,
        sockets: Sockets::inherited(),
        memory,
        builds: 0,
        build: None,
        build_begun: now,
        due: None,
        is_told: false,
        told_progress: now,
        force: true,
        failed: false,
        latest: Report::built(Vec::new(), None),
        warnings: 0,
        executable: None,
        serving: None,
        starting: None,
        ending: Vec::new(),
        start_next: false,
        page: None,
        says: Says::default(),
    };
    runner.listen()?;
    runner.follow();
    runner.serve_page();
    runner.begin_build(None);
    let code = runner.work(&inbox);
    runner.end(&inbox);
    Ok(code)
}

/// Sends signals as events. A second one ends the process as it would without this; the keeper does the rest.
fn signals(events: Sender<Event>) -> Result<(), String> {
    use signal_hook::{consts, iterator::Signals};

    let mut signals = Signals::new([consts::SIGINT, consts::SIGTERM, consts::SIGHUP])
        .map_err(|error| format!("signals can't be waited for: {error}"))?;
    std::thread::spawn(move || {
        for (count, signal) in signals.forever().enumerate() {
            if count > 0 || events.send(Event::Signal(signal)).is_err() {
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        }
    });
    Ok(())
}

impl Runner<'_> {
    /// Binds the addresses that are known before the app runs.
    fn listen(&mut self) -> Result<(), String> {
        let given = self.args.listen.iter().chain(&self.project.settings.listen).copied().collect::<Vec<_>>();
        for &address in &given {
            let bound = self.sockets.bind(address);
            bound.map_err(|error| format!("{address} can't be listened on: {error}; end what listens there, or give another --listen"))?;
        }
        if given.is_empty() && self.sockets.is_empty() {
            for address in self.memory.listen.clone() {
                if let Err(error) = self.sockets.bind(address) {
                    self.terminal.line(&format!(
                        "{address}, where the app listened the last time, can't be listened on: {error}"
                    ));
                }
            }
        }
        Ok(())
    }

    fn work(&mut self, inbox: &Receiver<Event>) -> u8 {
        loop {
            let event = match self.next_deadline() {
                Some(at) => inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match event {
                Ok(Event::Key(b'q')) => return 0,
                // Ctrl-C is 130, as shells have it.
                Ok(Event::Signal(signal)) => return u8::try_from(128 + signal).unwrap_or(u8::MAX),
                Ok(event) => self.apply(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return 0,
            }
            self.tick();
        }
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Fs(event) => self.changed(&event),
            Event::Cargo(number, said) => self.cargo(number, said),
            Event::Connected { pid, stream } => {
                let latest = self.latest.clone();
                if let Some(app) = self.app(pid) {
                    app.connect(ToApp::new(stream));
                    if !matches!(&latest, Report::Built { errors, .. } if errors.is_empty()) {
                        app.tell(&latest);
                    }
                }
            }
            Event::App { pid, said, socket } => self.app_said(pid, said, socket),
            Event::Ended { pid, status, tail } => self.ended(pid, status, &tail),
            Event::Key(key) => self.key(key),
            Event::Signal(_) => {}
        }
    }

    fn key(&mut self, key: u8) {
        match key {
            b'r' => {
                self.force = true;
                self.begin_build(None);
            }
            b'o' => self.open(),
            b'c' => self.terminal.clear(),
            _ => {}
        }
    }

    /// The next moment at which something is to be done.
    fn next_deadline(&self) -> Option<Instant> {
        let due = self.due.map(|(at, _)| at);
        let apps = self.ending.iter().chain(&self.serving).chain(&self.starting);
        apps.filter_map(|app| app.deadline).chain(due).min()
    }

    fn tick(&mut self) {
        let now = Instant::now();
        if self.due.is_some_and(|(at, _)| at <= now) {
            self.due = None;
            self.start_build();
        }
        for app in self.ending.iter_mut().filter(|app| app.deadline.is_some_and(|at| at <= now)) {
            if app.is_ending {
                app.group.signal(Signal::KILL);
                app.deadline = None;
            } else {
                end(app);
            }
        }
    }

    // Files.

    fn changed(&mut self, event: &FsEvent) {
        if let FsEvent::Arrived(path) = event {
            if path.is_dir() {
                self.watcher.renew(path);
            }
            // Cargo itself writes it while it builds.
            if self.build.is_some() && path.ends_with("Cargo.lock") {
                self.files.refresh(path);
                return;
            }
        }
        match self.files.judge(event, self.failed) {
            Meaning::Nothing => {}
            Meaning::Save(path) => {
                self.force |= self.files.is_extra(&path);
                self.begin_build(Some(path));
            }
            Meaning::New => {
                self.follow();
                self.schedule();
            }
        }
    }

    fn follow(&mut self) {
        for error in self.watcher.set(self.files.watched()) {
            self.terminal.line(&error);
        }
    }

    /// Tells pages that a build begins, and begins it in a moment.
    fn begin_build(&mut self, file: Option<PathBuf>) {
        let file = file.map(|path| {
            let below =
                path.strip_prefix(&self.project.workspace).map(|path| format!("./{}", path.display()));
            below.unwrap_or_else(|_| path.display().to_string())
        });
        if let Some(file) = &file {
            self.terminal.line(&format!("{file} changed"));
        }
        self.is_told = true;
        self.tell(&Report::Building { file });
        self.schedule();
    }

    fn schedule(&mut self) {
        let now = Instant::now();
        let first = self.due.map_or(now, |(_, first)| first);
        self.due = Some(((now + DEBOUNCE).min(first + MAX_WAIT), first));
    }

    // Builds.

    fn start_build(&mut self) {
        // Killed, if one is under way.
        if let Some(build) = self.build.take() {
            self.keeper.drop_group(build.group().0);
        }
        self.builds += 1;
        self.build_begun = Instant::now();
        self.terminal.status("building");
        match Build::start(self.builds, &self.args, &self.project, self.terminal.is_tty(), &self.events) {
            Ok(build) => {
                self.keeper.add(build.group().0);
                self.build = Some(build);
            }
            Err(error) => self.fail(vec![format!("cargo can't be started: {error}")]),
        }
    }

    fn cargo(&mut self, number: u64, said: build::Said) {
        let Some(build) = self.build.as_mut().filter(|build| build.number == number) else { return };
        match said {
            build::Said::Message(message) => {
                let errors = build.result.errors.len();
                let text = build.result.apply(*message, &self.project);
                let is_last = text.as_ref().is_some_and(|text| text.contains("aborting due to"));
                if let Some(text) = text {
                    let text = if self.terminal.is_tty() { text } else { build::plain(&text) };
                    self.terminal.pass(Stream::Err, text.as_bytes());
                }
                // The crate is done for; others may take a while yet.
                if is_last && errors > 0 {
                    let errors = build.result.errors.clone();
                    self.tell(&Report::built(errors, Some(self.build_begun.elapsed())));
                }
            }
            build::Said::Line(line) => {
                build.result.line(&line);
                let text = String::from_utf8_lossy(&line);
                if build::plain(&text).trim_start().starts_with("Blocking") {
                    self.terminal.status("waiting for another cargo, which holds the lock");
                    self.tell(&Report::Progress {
                        percent: 0,
                        message: "waiting for another cargo".to_owned(),
                    });
                }
                self.terminal.pass(Stream::Err, &line);
            }
            build::Said::Progress { done, all, crates } => {
                self.terminal.status(&format!("building {done}/{all}: {crates}"));
                if self.told_progress.elapsed() >= PROGRESS && self.is_told {
                    self.told_progress = Instant::now();
                    self.tell(&Report::progress(done, all, &crates));
                }
            }
            build::Said::Ended { status } => return self.built(status),
        }
        // A new file turned out to be part of the binary.
        if !self.is_told && self.build.as_ref().is_some_and(|build| build.result.compiles) {
            self.is_told = true;
            self.tell(&Report::Building { file: None });
        }
    }

    fn built(&mut self, status: Option<ExitStatus>) {
        let Some(mut build) = self.build.take() else { return };
        self.keeper.drop_group(build.group().0);
        let mut outcome = std::mem::take(&mut build.result);
        let time = self.build_begun.elapsed();
        self.warnings = outcome.warnings;
        if !status.is_some_and(|status| status.success()) {
            outcome.fail(status);
            self.files.add(&outcome.files);
            self.follow();
            let count = outcome.errors.len();
            self.terminal.line(&format!(
                "the build failed after {}: {}",
                seconds(time),
                counted(count, "error")
            ));
            return self.fail(outcome.errors);
        }
        let Outcome { executable, .. } = outcome;
        let Some(executable) = executable else {
            return self
                .fail(vec!["cargo built no executable; is the target a binary or an example?".to_owned()]);
        };
        if let Some(files) = files::of_executable(&executable, &self.project.workspace) {
            self.files.set(files);
            self.follow();
        }
        if std::mem::take(&mut self.is_told) {
            self.tell(&Report::built(Vec::new(), Some(time)));
        }
        self.executable = Some(executable);
        self.start_app(time);
    }

    fn fail(&mut self, errors: Vec<String>) {
        self.failed = true;
        self.is_told = false;
        self.tell(&Report::built(errors, Some(self.build_begun.elapsed())));
        self.show_status();
    }

    // Processes.

    /// Starts the executable of the last build, unless it runs.
    fn start_app(&mut self, time: Duration) {
        let Some(executable) = self.executable.clone() else { return };
        let warnings = match self.warnings {
            0 => String::new(),
            count => format!(", {}", counted(count, "warning")),
        };
        let undone = std::mem::take(&mut self.failed);
        let runs = self.starting.as_mut().or(self.serving.as_mut());
        let is_same = runs.is_some_and(|app| app.runs(&executable, undone));
        if is_same && !std::mem::take(&mut self.force) {
            self.terminal.line(&format!("nothing to restart for{warnings}"));
            return self.show_status();
        }
        self.force = false;
        self.terminal.line(&format!("built in {}{warnings}", seconds(time)));
        if let Some(app) = self.starting.take() {
            self.retire(app, Duration::ZERO);
        }
        if let Some(app) = self.serving.take_if(|app| app.listening.is_empty()) {
            if app.started.elapsed() > LONG_ENOUGH {
                self.say_the_line();
            }
            self.take_turns(app);
        } else {
            self.start_process();
        }
    }

    /// Stops an app that binds by itself: another process of it can't start while this one listens.
    fn take_turns(&mut self, app: App) {
        app.tell(&Report::Drain);
        self.retire(app, FLUSH);
        self.start_next = true;
        self.terminal.status("stopping the app");
    }

    fn start_process(&mut self) {
        self.start_next = false;
        let Some(executable) = &self.executable else { return };
        match self.starter.start(executable, &self.sockets) {
            Ok(app) => {
                self.keeper.add(app.pid());
                // Without a socket here, no process but this one can serve, whether it says so or not.
                let slot = if self.sockets.is_empty() { &mut self.serving } else { &mut self.starting };
                *slot = Some(app);
                self.show_status();
            }
            Err(error) => self.fail(vec![format!("{} can't be started: {error}", executable.display())]),
        }
    }

    fn say_the_line(&mut self) {
        if !std::mem::replace(&mut self.says.line, true) {
            self.terminal.line(
                "the app binds its port itself, so the old process is stopped before the new one starts. \
                 With `tower_hot_middleware::listen(address).await?` for its listener, no request would notice",
            );
        }
    }

    fn app(&mut self, pid: u32) -> Option<&mut App> {
        self.starting.iter_mut().chain(&mut self.serving).chain(&mut self.ending).find(|app| app.pid() == pid)
    }

    fn app_said(&mut self, pid: u32, said: Said, socket: Option<std::os::fd::OwnedFd>) {
        let Some(app) = self.app(pid) else { return };
        match said {
            Said::Layer { path } => {
                app.layer = Some(path.clone());
                self.remember(|memory| memory.path = Some(path));
            }
            Said::Listening { bound, .. } => {
                app.listening.push(bound);
                if let Some(socket) = socket {
                    self.sockets.adopt(socket);
                }
            }
            Said::Accepting => {
                app.accepts = true;
                if self.starting.as_ref().is_some_and(|app| app.pid() == pid) {
                    let old = std::mem::replace(&mut self.serving, self.starting.take());
                    self.switched(old);
                } else if self.serving.as_ref().is_some_and(|app| app.pid() == pid) {
                    self.switched(None);
                }
            }
            Said::Drained if app.listening.is_empty() => {}
            Said::Drained => end(app),
            Said::Hello { .. } => {}
        }
    }

    /// The process that serves accepts: the one before it drains.
    fn switched(&mut self, old: Option<App>) {
        let Some(app) = &self.serving else { return };
        let time = app.started.elapsed();
        let listening = app.listening.clone();
        let is_first = old.is_none();
        if let Some(old) = old {
            old.tell(&Report::Drain);
            self.retire(old, DRAIN - GRACE);
        }
        self.page = None;
        // A socket that the new build does not listen on any more would hold connections for nobody.
        self.sockets.keep(&listening);
        let is_elsewhere = self.memory.listen != listening;
        let (at, time) = (addresses(&listening), time.as_millis());
        self.remember(|memory| memory.listen = listening);
        let text = if is_first || is_elsewhere {
            format!("serves {at} after {time} ms")
        } else {
            format!("switched after {time} ms")
        };
        self.terminal.line(&text);
        if self.args.open && !std::mem::replace(&mut self.says.opened, true) {
            self.open();
        }
        self.show_status();
    }

    /// Lets go of a process, which is asked to end once it says that it is done, or after this time.
    fn retire(&mut self, mut app: App, after: Duration) {
        if after.is_zero() {
            end(&mut app);
        } else {
            app.deadline = Some(Instant::now() + after);
        }
        self.ending.push(app);
        if self.ending.len() > MAX_DRAINING {
            self.ending[0].group.signal(Signal::KILL);
        }
    }

    fn ended(&mut self, pid: u32, status: Option<ExitStatus>, tail: &str) {
        self.keeper.drop_group(pid);
        if let Some(at) = self.ending.iter().position(|app| app.pid() == pid) {
            self.ending.remove(at);
            if self.start_next && self.ending.is_empty() {
                self.start_process();
            }
            return;
        }
        if self.starting.as_ref().is_some_and(|app| app.pid() == pid) {
            let app = self.starting.take();
            return self.died(app.as_ref(), status, tail);
        }
        if self.serving.as_ref().is_some_and(|app| app.pid() == pid) {
            let app = self.serving.take();
            self.died(app.as_ref(), status, tail);
        }
    }

    fn died(&mut self, app: Option<&App>, status: Option<ExitStatus>, tail: &str) {
        let accepted = app.is_some_and(|app| app.accepts);
        let claimed = app.is_some_and(|app| !app.listening.is_empty());
        if !accepted && !claimed && !self.sockets.is_empty() && is_in_use(tail) && !self.says.took_turns {
            // It binds by itself what is held here.
            self.says.took_turns = true;
            self.page = None;
            self.sockets.keep(&[]);
            self.remember(|memory| memory.listen.clear());
            self.say_the_line();
            return match self.serving.take() {
                Some(old) => self.take_turns(old),
                None => self.start_process(),
            };
        }
        let when = if claimed && !accepted { " before it accepted a connection" } else { "" };
        let what = format!("the app ended{when}: {}", describe(status));
        self.terminal.line(&format!("{what}; it starts again with the next save, or r"));
        // What undoes this makes the executable that still runs, if one does.
        self.failed = self.serving.is_some();
        self.force = self.serving.is_none();
        if self.serving.is_none() {
            self.serve_page();
        }
        self.tell(&Report::built(vec![app::epitaph(&what, tail)], None));
        self.show_status();
    }

    // Pages.

    /// Answers on the app's sockets while no process does.
    fn serve_page(&mut self) {
        if self.page.is_some() || self.sockets.is_empty() {
            return;
        }
        match Server::start(&self.sockets, self.memory.path.as_deref()) {
            Ok(page) => {
                page.tell(&self.latest);
                self.page = Some(page);
            }
            Err(error) => {
                self.terminal.line(&format!("no page can be served while the app does not run: {error}"))
            }
        }
    }

    /// Tells every page.
    fn tell(&mut self, report: &Report) {
        if !matches!(report, Report::Progress { .. }) {
            self.latest = report.clone();
        }
        for app in self.serving.iter().chain(&self.starting) {
            app.tell(report);
        }
        if let Some(page) = &self.page {
            page.tell(report);
        }
    }

    fn open(&self) {
        let Some(address) = self.sockets.iter().map(|listening| listening.address).next() else {
            return self.terminal.line("where the app listens is not known yet");
        };
        let host =
            if address.ip().is_unspecified() { "localhost".to_owned() } else { address.ip().to_string() };
        let url = format!("http://{host}:{}/", address.port());
        let program = if cfg!(target_vendor = "apple") { "open" } else { "xdg-open" };
        let command = std::process::Command::new(program).arg(&url).spawn();
        match command {
            Ok(mut child) => drop(std::thread::spawn(move || child.wait())),
            Err(error) => self.terminal.line(&format!("{program} can't be started: {error}; open {url}")),
        }
    }

    fn remember(&mut self, change: impl FnOnce(&mut Memory)) {
        let before = Memory { listen: self.memory.listen.clone(), path: self.memory.path.clone() };
        change(&mut self.memory);
        if self.memory != before {
            self.memory.save(&self.project);
        }
    }

    fn show_status(&self) {
        let errors = match &self.latest {
            Report::Built { errors, .. } => errors.len(),
            _ => 0,
        };
        let state = match (&self.serving, errors) {
            (Some(_), 0) => "runs".to_owned(),
            (Some(_), count) => format!("runs as it was before {}", counted(count, "error")),
            (None, 0) => "starts".to_owned(),
            (None, count) => format!("does not run: {}", counted(count, "error")),
        };
        self.terminal
            .status(&format!("{} {state} | r restart, o open, c clear, q quit", self.project.target.name));
    }

    /// Ends all that runs.
    fn end(mut self, inbox: &Receiver<Event>) {
        self.terminal.status("");
        self.build = None;
        self.page = None;
        let mut groups: Vec<Group> = Vec::new();
        for app in self.serving.iter_mut().chain(&mut self.starting).chain(&mut self.ending) {
            app.tell(&Report::Drain);
            end(app);
            groups.push(app.group);
        }
        let deadline = Instant::now() + GRACE;
        while !groups.is_empty() {
            match inbox.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Event::Ended { pid, .. }) => groups.retain(|group| group.0 != pid),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        groups.iter().for_each(|group| group.signal(Signal::KILL));
    }
}

/// Asks a process to end, and sets when it is killed.
fn end(app: &mut App) {
    if !app.is_ending {
        app.is_ending = true;
        app.group.signal(Signal::TERM);
        app.deadline = Some(Instant::now() + GRACE);
    }
}

fn is_in_use(tail: &str) -> bool {
    // Rust's text of the error, and its name in `{:?}`.
    tail.contains("Address already in use") || tail.contains("AddrInUse")
}

fn addresses(listening: &[SocketAddr]) -> String {
    listening.iter().map(|address| format!("http://{address}")).collect::<Vec<_>>().join(", ")
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
