//! The processes of the app: which one serves, and which one follows it.

use std::{
    net::SocketAddr,
    os::fd::OwnedFd,
    process::ExitStatus,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use super::{Runner, builds::seconds, counted, end};
use crate::{
    app::{self, App},
    event::AppSaid,
    process::describe,
    report::Report,
};

/// Time that a replaced process has to finish its requests before SIGTERM; 10 s with [`GRACE`](super::GRACE).
const DRAIN: Duration = Duration::from_secs(8);

/// Time after which an app that does not listen counts as one that binds by itself.
const LONG_ENOUGH: Duration = Duration::from_millis(500);

/// Time that a process that binds by itself has to end its event streams before SIGTERM.
const FLUSH: Duration = Duration::from_millis(50);

/// The most processes that drain at once: the oldest is ended for another.
const MAX_DRAINING: usize = 8;

impl Runner<'_> {
    /// Starts the executable of the last build, unless it runs.
    pub(super) fn start_app(&mut self, time: Duration) {
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
    pub(super) fn take_turns(&mut self, app: App) {
        app.tell(&Report::Drain);
        self.retire(app, FLUSH);
        self.start_next = true;
        self.terminal.status("stopping the app");
    }

    pub(super) fn start_process(&mut self) {
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

    pub(super) fn say_the_line(&mut self) {
        if !std::mem::replace(&mut self.says.line, true) {
            self.terminal.line(
                "the app binds its port itself, so the old process is stopped before the new one starts. \
                 With `tower_hot_middleware::listen(address).await?` for its listener, no request would notice",
            );
        }
    }

    pub(super) fn app(&mut self, pid: u32) -> Option<&mut App> {
        self.starting.iter_mut().chain(&mut self.serving).chain(&mut self.ending).find(|app| app.pid() == pid)
    }

    pub(super) fn app_said(&mut self, pid: u32, said: AppSaid, socket: Option<OwnedFd>) {
        let Some(app) = self.app(pid) else { return };
        match said {
            AppSaid::Layer { path } => {
                app.layer = Some(path.clone());
                self.remember(|memory| memory.path = Some(path));
            }
            AppSaid::Listening { bound, .. } => {
                app.listening.push(bound);
                if let Some(socket) = socket {
                    self.sockets.adopt(socket);
                }
            }
            AppSaid::Accepting => {
                app.accepts = true;
                if self.starting.as_ref().is_some_and(|app| app.pid() == pid) {
                    let old = std::mem::replace(&mut self.serving, self.starting.take());
                    self.switched(old);
                } else if self.serving.as_ref().is_some_and(|app| app.pid() == pid) {
                    self.switched(None);
                }
            }
            AppSaid::Drained if app.listening.is_empty() => {}
            AppSaid::Drained => end(app),
            AppSaid::Hello { .. } => {}
        }
    }

    /// The process that serves accepts: the one before it drains.
    pub(super) fn switched(&mut self, old: Option<App>) {
        let Some(app) = &self.serving else { return };
        let time = app.started.elapsed();
        let listening = app.listening.clone();
        let is_first = old.is_none();
        if let Some(old) = old {
            old.tell(&Report::Drain);
            self.retire(old, DRAIN);
        }
        self.page = None;
        // A socket that the new build does not listen on any more would hold connections that no process accepts.
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
    pub(super) fn retire(&mut self, mut app: App, after: Duration) {
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

    pub(super) fn ended(&mut self, pid: u32, status: Option<ExitStatus>, tail: &str) {
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

    pub(super) fn died(&mut self, app: Option<&App>, status: Option<ExitStatus>, tail: &str) {
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
}

fn is_in_use(tail: &str) -> bool {
    // Rust's text of the error, and its name in `{:?}`.
    tail.contains("Address already in use") || tail.contains("AddrInUse")
}

fn addresses(listening: &[SocketAddr]) -> String {
    listening.iter().map(|address| format!("http://{address}")).collect::<Vec<_>>().join(", ")
}
