//! The state: the running build, the processes of the app, and the latest report to pages.

mod builds;
mod pages;
mod processes;

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    time::{Duration, Instant, SystemTime},
};

use crate::{
    app::{App, Starter},
    args::Args,
    build::{Build, Scripts},
    channel::{Channels, ToApp},
    event::Event,
    files::Files,
    project::Project,
    report::Report,
    serve::Server,
    socket::{Memory, Sockets},
    system::{self, Group, Keys, Supervisor},
    terminal::Terminal,
    watcher::Watcher,
};

/// Time between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(2);

#[allow(clippy::struct_excessive_bools, reason = "independent flags")]
pub(crate) struct Runner<'a> {
    args: Args,
    project: Project,
    terminal: &'a Terminal,
    events: Sender<Event>,
    files: Files,
    watcher: Watcher,
    starter: Starter,
    supervisor: Supervisor,
    sockets: Sockets,
    memory: Memory,
    builds: u64,
    build: Option<Build>,
    build_begun: Instant,
    /// The same by the clock of file systems.
    build_date: SystemTime,
    /// Time of the next build, and of the first save since the last one.
    due: Option<(Instant, Instant)>,
    /// Set once the build was reported to pages.
    is_reported: bool,
    progress_sent: Instant,
    /// Set if a manifest was saved since the last build began.
    is_manifest_changed: bool,
    /// Set to restart the app even if its executable is unchanged.
    force: bool,
    /// Set when the last build failed, or was cancelled.
    failed: bool,
    latest: Report,
    warnings: usize,
    executable: Option<PathBuf>,
    scripts: Scripts,
    serving: Option<App>,
    starting: Option<App>,
    ending: Vec<App>,
    /// Time at which the sockets that the app has not taken over are closed.
    settles: Option<Instant>,
    /// Set to start the app once the previous process has ended.
    start_next: bool,
    /// Set once a process could not bind an address because the one before it had it: from then on they take turns.
    takes_turns: bool,
    /// Set while the latest report is that the app has ended.
    is_exit_shown: bool,
    /// Time at which a process that has not called `listen` gets the runner's sockets alone.
    yields: Option<Instant>,
    page: Option<Server>,
    /// Time of the next attempt to bind an address for the page.
    rebind: Option<Instant>,
    hints: Hints,
    /// Set if the sockets are those of the options, of Cargo.toml, or of systemd.
    are_sockets_given: bool,
}

/// Actions done only once.
#[derive(Debug, Default)]
struct Hints {
    line: bool,
    opened: bool,
}

/// Builds and runs the app until a key or a signal ends it. Returns the exit code.
pub(crate) fn run(args: Args, terminal: &Terminal) -> Result<u8, String> {
    let project = Project::load(&args).map_err(|error| error.to_string())?;
    let (events, inbox) = mpsc::channel();
    let arrived = events.clone();
    system::signals(move |signal| arrived.send(Event::Signal(signal)).is_ok())
        .map_err(|error| format!("failed to handle signals: {error}"))?;
    let channels = Channels::open(events.clone())
        .map_err(|error| format!("failed to open a socket for the app: {error}"))?;
    let supervisor = Supervisor::start(channels.mark()).map_err(|error| error.to_string())?;
    let watcher = Watcher::new(events.clone()).map_err(|error| format!("failed to watch files: {error}"))?;
    let starter = Starter::new(&args.app, &channels, terminal, &events);
    let files = Files::new(&project, &args.watch, &args.ignore);
    let memory = Memory::load(&project);
    let now = Instant::now();
    let pressed = events.clone();
    let press = move |key| pressed.send(Event::Key(key)).is_ok();
    let _keys = if terminal.is_tty() { Keys::start(press) } else { None };
    let mut runner = Runner {
        args,
        project,
        terminal,
        events,
        files,
        watcher,
        starter,
        supervisor,
        sockets: Sockets::inherited(),
        memory,
        builds: 0,
        build: None,
        build_begun: now,
        build_date: SystemTime::now(),
        due: None,
        is_reported: false,
        progress_sent: now,
        is_manifest_changed: false,
        force: true,
        failed: false,
        latest: Report::built(Vec::new(), None),
        warnings: 0,
        executable: None,
        scripts: Scripts::default(),
        serving: None,
        starting: None,
        ending: Vec::new(),
        settles: None,
        start_next: false,
        takes_turns: false,
        is_exit_shown: false,
        yields: None,
        page: None,
        rebind: None,
        hints: Hints::default(),
        are_sockets_given: false,
    };
    runner.listen()?;
    runner.follow();
    runner.serve_page();
    runner.begin_build(None);
    let code = runner.run_until_end(&inbox);
    runner.end(&inbox);
    Ok(code)
}

impl Runner<'_> {
    /// Binds the addresses that are known before the app runs.
    fn listen(&mut self) -> Result<(), String> {
        let given = self.args.listen.iter().chain(&self.project.settings.listen).copied().collect::<Vec<_>>();
        for &address in &given {
            let bound = self.sockets.bind(address);
            bound.map_err(|error| format!("failed to listen on {address}: {error}; stop the process that uses it, or choose another --listen"))?;
        }
        self.are_sockets_given = !self.sockets.is_empty();
        if !self.are_sockets_given {
            for address in self.memory.listen.clone() {
                if let Err(error) = self.sockets.bind(address) {
                    self.terminal.line(&format!(
                        "failed to listen on {address}, the address of the last run: {error}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// The addresses of the options and of Cargo.toml, or else of the last run.
    fn known_addresses(&self) -> Vec<SocketAddr> {
        let given: Vec<_> = self.args.listen.iter().chain(&self.project.settings.listen).copied().collect();
        if given.is_empty() { self.memory.listen.clone() } else { given }
    }

    fn run_until_end(&mut self, inbox: &Receiver<Event>) -> u8 {
        loop {
            let event = match self.next_deadline() {
                Some(at) => inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match event {
                Ok(Event::Key(b'q')) | Err(RecvTimeoutError::Disconnected) => return 0,
                // 130 for Ctrl-C, as in a shell.
                Ok(Event::Signal(signal)) => return u8::try_from(128 + signal).unwrap_or(u8::MAX),
                Ok(event) => self.apply(event),
                Err(RecvTimeoutError::Timeout) => {}
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
                        app.send_report(&latest);
                    }
                }
            }
            Event::App { pid, said, socket } => self.app_message(pid, said, socket),
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

    /// Time of the next action.
    fn next_deadline(&self) -> Option<Instant> {
        let due = self.due.map(|(at, _)| at);
        let apps = self.ending.iter().chain(&self.serving).chain(&self.starting);
        apps.filter_map(|app| app.deadline)
            .chain(due)
            .chain(self.settles)
            .chain(self.rebind)
            .chain(self.yields)
            .min()
    }

    fn tick(&mut self) {
        let now = Instant::now();
        if self.due.is_some_and(|(at, _)| at <= now) {
            self.due = None;
            self.start_build();
        }
        if self.settles.is_some_and(|at| at <= now) {
            self.settles = None;
            self.close_unused_sockets();
        }
        if self.yields.take_if(|at| *at <= now).is_some() {
            self.yield_sockets();
        }
        if self.rebind.take_if(|at| *at <= now).is_some() {
            self.serve_page();
        }
        for app in self.ending.iter_mut().filter(|app| app.deadline.is_some_and(|at| at <= now)) {
            if app.is_ending {
                app.group.kill();
                app.deadline = None;
            } else {
                end(app);
            }
        }
    }

    /// Stops all processes.
    fn end(mut self, inbox: &Receiver<Event>) {
        self.terminal.status("");
        self.build = None;
        self.page = None;
        let mut groups: Vec<Group> = Vec::new();
        for app in self.serving.iter_mut().chain(&mut self.starting).chain(&mut self.ending) {
            app.send_report(&Report::Drain);
            end(app);
            groups.push(app.group.clone());
        }
        let deadline = Instant::now() + GRACE;
        while !groups.is_empty() {
            match inbox.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Event::Ended { pid, .. }) => groups.retain(|group| group.id() != pid),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        for group in groups {
            group.kill();
        }
    }
}

/// Sends SIGTERM, and schedules SIGKILL.
fn end(app: &mut App) {
    if !app.is_ending {
        app.is_ending = true;
        app.group.end();
        app.deadline = Some(Instant::now() + GRACE);
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
