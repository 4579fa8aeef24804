//! The processes of the app: the one that serves, its successor, and those that drain.

use std::{
    net::SocketAddr,
    process::ExitStatus,
    time::{Duration, Instant},
};

use super::{Runner, builds::seconds, counted, end};
use crate::{
    app::{self, App},
    event::AppMessage,
    process::describe,
    report::Report,
    system::{PASSES_SOCKETS, Passed},
};

/// Time for a replaced process to finish its requests before SIGTERM; 10 s with [`GRACE`](super::GRACE).
const DRAIN: Duration = Duration::from_secs(8);

/// Time after which an app that has not called `listen` is assumed to bind its own socket.
const LONG_ENOUGH: Duration = Duration::from_millis(500);

/// Time for a process that binds its own socket to end its event streams before SIGTERM.
const FLUSH: Duration = Duration::from_millis(50);

/// Time after the first accept in which an app takes over the rest of its sockets.
const SETTLING: Duration = Duration::from_secs(3);

/// Time in which a process calls `listen`. One that has not by then may have taken over the sockets by itself, as
/// `sd_listen_fds(3)` says.
const LISTENS: Duration = Duration::from_secs(3);

/// Maximum number of draining processes; beyond it, the oldest is killed.
const MAX_DRAINING: usize = 8;

impl Runner<'_> {
    /// Starts the executable of the last build, unless it is already running.
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
        let takes_turns = self.takes_turns;
        if let Some(app) = self.serving.take_if(|app| takes_turns || !app.shares_sockets()) {
            if app.listening.is_empty() && app.started.elapsed() > LONG_ENOUGH {
                self.suggest_listen();
            }
            self.stop_then_start(app);
        } else {
            self.start_when_free();
        }
    }

    /// Starts a process, once those that have its address have ended.
    fn start_when_free(&mut self) {
        let is_taken = (self.sockets.is_empty() || self.takes_turns) && !self.ending.is_empty();
        if self.start_next || is_taken {
            self.start_next = true;
            self.terminal.status("stopping the app");
        } else {
            self.start_process();
        }
    }

    /// Stops an app that binds its own socket, as the next process can't start while this one listens.
    pub(super) fn stop_then_start(&mut self, app: App) {
        app.send_report(&Report::Drain);
        self.retire(app, FLUSH);
        self.start_next = true;
        self.terminal.status("stopping the app");
    }

    pub(super) fn start_process(&mut self) {
        self.start_next = false;
        let Some(executable) = &self.executable else { return };
        if !PASSES_SOCKETS {
            // The app binds the address of the page.
            self.page = None;
            self.rebind = None;
            self.sockets.keep(&[]);
        }
        match self.starter.start(executable, &self.project, &self.scripts, &self.sockets) {
            Ok(app) => {
                self.supervisor.add(app.pid());
                // Without a socket of the runner, this process is the only one that can serve, even if it never reports so.
                let slot = if self.sockets.is_empty() { &mut self.serving } else { &mut self.starting };
                *slot = Some(app);
                let has_own_way = self.starting.is_some() && self.serving.is_none() && self.are_sockets_given;
                self.yields = has_own_way.then(|| Instant::now() + LISTENS);
                self.forget_exit();
                self.show_status();
            }
            Err(error) => self.fail(vec![format!("failed to start {}: {error}", executable.display())]),
        }
    }

    /// Takes the runner's page off the sockets that were given, for an app that accepts on them without `listen`.
    pub(super) fn yield_sockets(&mut self) {
        if self.serving.is_none() && self.starting.as_ref().is_some_and(|app| app.listening.is_empty()) {
            self.serving = self.starting.take();
            self.page = None;
            self.show_status();
        }
    }

    pub(super) fn suggest_listen(&mut self) {
        if !std::mem::replace(&mut self.hints.line, true) {
            self.terminal.line(
                "the app binds its port itself, so the old process is stopped before the new one starts. \
                 To restart without failing a request, replace its bind with `tower_hot_middleware::listen(address).await?`",
            );
        }
    }

    pub(super) fn app(&mut self, pid: u32) -> Option<&mut App> {
        self.starting.iter_mut().chain(&mut self.serving).chain(&mut self.ending).find(|app| app.pid() == pid)
    }

    pub(super) fn app_message(&mut self, pid: u32, said: AppMessage, socket: Option<Passed>) {
        let Some(app) = self.app(pid) else { return };
        match said {
            AppMessage::Layer { path } => {
                app.layer = Some(path.clone());
                self.remember(|memory| memory.path = Some(path));
            }
            AppMessage::Listening { bound, .. } => {
                if let Some(socket) = socket {
                    self.sockets.adopt(socket);
                }
                let is_shared = self.sockets.has(bound);
                if let Some(app) = self.app(pid) {
                    app.listening.push(bound);
                    app.binds |= !is_shared;
                }
            }
            AppMessage::Accepting => {
                let again = std::mem::replace(&mut app.accepts, true);
                if self.starting.as_ref().is_some_and(|app| app.pid() == pid) {
                    let old = std::mem::replace(&mut self.serving, self.starting.take());
                    self.switched(old, again);
                } else if self.serving.as_ref().is_some_and(|app| app.pid() == pid) {
                    self.switched(None, again);
                }
            }
            AppMessage::Drained if !app.shares_sockets() => {}
            AppMessage::Drained => end(app),
            AppMessage::Hello { .. } => {}
        }
    }

    /// The new process accepts, so the old one drains. It does so once for each of its sockets.
    pub(super) fn switched(&mut self, old: Option<App>, again: bool) {
        let Some(app) = &self.serving else { return };
        let time = app.started.elapsed();
        let listening = app.listening.clone();
        let is_first = old.is_none();
        if let Some(old) = old {
            old.send_report(&Report::Drain);
            self.retire(old, DRAIN);
        }
        self.page = None;
        self.forget_exit();
        self.settles = Some(Instant::now() + SETTLING);
        let is_elsewhere = listening.iter().any(|address| !self.memory.listen.contains(address));
        let (at, time) = (addresses(&listening), time.as_millis());
        if is_elsewhere {
            self.remember(|memory| memory.listen = listening);
        }
        let text = if is_first || is_elsewhere {
            format!("serves {at} after {time} ms")
        } else {
            format!("switched after {time} ms")
        };
        if is_elsewhere || !again {
            self.terminal.line(&text);
        }
        if self.args.open && !std::mem::replace(&mut self.hints.opened, true) {
            self.open();
        }
        self.show_status();
    }

    /// Closes the sockets that the process has not taken over: connections to them would never be accepted.
    pub(super) fn close_unused_sockets(&mut self) {
        let Some(app) = self.serving.as_ref().filter(|app| app.accepts) else { return };
        app.send_report(&Report::Settled);
        let listening = app.listening.clone();
        self.sockets.keep(&listening);
        self.remember(|memory| memory.listen = listening);
    }

    /// Replaces a process. It gets SIGTERM once it reports that it has drained, or after this time.
    pub(super) fn retire(&mut self, mut app: App, after: Duration) {
        if after.is_zero() {
            end(&mut app);
        } else {
            app.deadline = Some(Instant::now() + after);
        }
        self.ending.push(app);
        if self.ending.len() > MAX_DRAINING {
            self.ending[0].group.kill();
        }
    }

    pub(super) fn ended(&mut self, pid: u32, status: Option<ExitStatus>, tail: &str) {
        self.supervisor.remove(pid);
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
        let is_shared = self.serving.as_ref().is_some_and(App::shares_sockets);
        if !accepted && !claimed && !is_shared && !self.sockets.is_empty() && is_in_use(tail) {
            // It binds an address that the runner holds.
            self.takes_turns = false;
            self.page = None;
            self.sockets.keep(&[]);
            self.remember(|memory| memory.listen.clear());
            self.suggest_listen();
            return match self.serving.take() {
                Some(old) => self.stop_then_start(old),
                None => self.start_when_free(),
            };
        }
        if !accepted && is_in_use(tail) && !self.takes_turns {
            if let Some(old) = self.serving.take() {
                self.takes_turns = true;
                self.terminal.line(
                    "the app binds a port that the running process has, so the old process is stopped before the new one \
                     starts. To restart without failing a request, bind it by `tower_hot_middleware::listen(address).await?`",
                );
                return self.stop_then_start(old);
            }
        }
        let when = if claimed && !accepted { " before it accepted a connection" } else { "" };
        let what = format!("the app ended{when}: {}", describe(status));
        self.terminal.line(&format!("{what}; the next save restarts it, or press r"));
        // Undoing the last save builds the executable that may still be running.
        self.failed = self.serving.is_some();
        self.force = self.serving.is_none();
        if self.serving.is_none() {
            self.serve_page();
        }
        self.send_report(&Report::built(vec![app::exit_report(&what, tail)], None));
        self.is_exit_shown = true;
        self.show_status();
    }
}

fn is_in_use(tail: &str) -> bool {
    // `Display` and `Debug` of the error.
    tail.contains("Address already in use") || tail.contains("AddrInUse")
}

fn addresses(listening: &[SocketAddr]) -> String {
    listening.iter().map(|address| format!("http://{address}")).collect::<Vec<_>>().join(", ")
}
