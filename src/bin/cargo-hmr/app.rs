//! One process of the app: its start with the listening sockets, and its state.

use std::{
    env,
    ffi::OsString,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::mpsc::Sender,
    time::{Instant, SystemTime},
};

use crate::{
    build::{self, Scripts},
    channel::{self, Channels, ToApp},
    event::Event,
    process,
    project::{self, Project},
    report::Report,
    socket::Sockets,
    system::{self, Group, MARK},
    terminal::Terminal,
};

/// Identifies one build of an executable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    modified: Option<SystemTime>,
    length: u64,
}

impl Identity {
    pub(crate) fn of(executable: &Path) -> io::Result<Self> {
        let metadata = executable.metadata()?;
        Ok(Self { modified: metadata.modified().ok(), length: metadata.len() })
    }
}

/// A process of the app.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) group: Group,
    /// The program that was started.
    program: PathBuf,
    pub(crate) identity: Identity,
    pub(crate) started: Instant,
    to: Option<ToApp>,
    /// Addresses that it listens on.
    pub(crate) listening: Vec<SocketAddr>,
    /// Set if one of these is bound by the process alone.
    pub(crate) binds: bool,
    /// Set once it accepts.
    pub(crate) accepts: bool,
    /// Path of the event stream, if the app has the layer.
    pub(crate) layer: Option<String>,
    /// Time of the next signal that ends it.
    pub(crate) deadline: Option<Instant>,
    /// Set once it was sent SIGTERM.
    pub(crate) is_ending: bool,
}

/// Arguments, environment and output of every start of the app.
#[derive(Debug)]
pub(crate) struct Starter {
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) terminal: Terminal,
    pub(crate) events: Sender<Event>,
}

impl Starter {
    pub(crate) fn new(
        arguments: &[OsString],
        channel: &Channels,
        terminal: &Terminal,
        events: &Sender<Event>,
    ) -> Self {
        let mut environment: Vec<(OsString, OsString)> = vec![
            (channel::ENVIRONMENT.into(), channel.address()),
            (MARK.into(), channel.mark().into()),
            ("CARGO".into(), project::cargo()),
        ];
        let is_set = |name| env::var_os(name).is_some();
        if terminal.is_tty() && !is_set("NO_COLOR") && !is_set("FORCE_COLOR") {
            // The app writes to a pipe and can't detect the terminal.
            environment.push(("FORCE_COLOR".into(), "1".into()));
            environment.push(("CLICOLOR_FORCE".into(), "1".into()));
        }
        Self {
            arguments: arguments.to_vec(),
            environment,
            terminal: terminal.clone(),
            events: events.clone(),
        }
    }

    /// Starts an executable with the environment of `cargo run`.
    pub(crate) fn start(
        &self,
        executable: &Path,
        project: &Project,
        scripts: &Scripts,
        sockets: &Sockets,
    ) -> io::Result<App> {
        let identity = Identity::of(executable)?;
        let sockets = sockets.iter().map(|listening| &listening.socket);
        let mut command = system::app_command(executable, sockets)?;
        let program = PathBuf::from(command.get_program());
        command.args(&self.arguments).envs(project::environment()).envs(scripts.environment.iter().cloned());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("CARGO_MANIFEST_DIR", project.folder());
        command.env("CARGO_MANIFEST_PATH", &project.package.manifest_path);
        command.env("CARGO_PKG_NAME", project.package.name.as_str());
        command.env("CARGO_PKG_VERSION", project.package.version.to_string());
        command.env(system::LIBRARIES, libraries(executable, &scripts.libraries));
        let terminal = self.terminal.clone();
        let events = self.events.clone();
        let output = move |stream, bytes: &[u8]| terminal.pass(stream, bytes);
        let ended = move |pid, status, tail| drop(events.send(Event::Ended { pid, status, tail }));
        let group = process::start(command, output, ended)?;
        Ok(App {
            group,
            program,
            identity,
            started: Instant::now(),
            to: None,
            listening: Vec::new(),
            binds: false,
            accepts: false,
            layer: None,
            deadline: None,
            is_ending: false,
        })
    }
}

impl App {
    pub(crate) fn pid(&self) -> u32 {
        self.group.id()
    }

    /// Returns true if the process runs this executable. A build after a failed one may write
    /// the same bytes again, so contents are compared only then.
    pub(crate) fn runs(&mut self, executable: &Path, undone: bool) -> bool {
        let Ok(identity) = Identity::of(executable) else { return false };
        if identity != self.identity && undone && identity.length == self.identity.length {
            // The file that the process runs, even if its name now belongs to another file (`proc_pid_exe(5)`).
            let linux = PathBuf::from(format!("/proc/{}/exe", self.pid()));
            let running = fs::read(if cfg!(unix) { &linux } else { &self.program });
            if running.is_ok_and(|running| fs::read(executable).is_ok_and(|new| new == running)) {
                self.identity = identity.clone();
            }
        }
        identity == self.identity
    }

    /// Returns true if the next process can take over its sockets.
    pub(crate) fn shares_sockets(&self) -> bool {
        !self.listening.is_empty() && !self.binds
    }

    pub(crate) fn connect(&mut self, to: ToApp) {
        self.to = Some(to);
    }

    pub(crate) fn send_report(&self, report: &Report) {
        if let Some(to) = &self.to {
            to.send(report);
        }
    }
}

/// Describes for a page how a process ended.
pub(crate) fn exit_report(what: &str, tail: &str) -> String {
    let tail = build::plain(tail);
    format!("{what}\n\n{tail}").trim_end().to_owned()
}

/// Search path for dynamic libraries of the build, as in `cargo run`.
fn libraries(executable: &Path, built: &[PathBuf]) -> OsString {
    let mut folders: Vec<PathBuf> = built.to_vec();
    if let Some(folder) = executable.parent() {
        folders.extend([folder.join("deps"), folder.to_owned()]);
    }
    if let Some(before) = env::var_os(system::LIBRARIES_NAME) {
        folders.extend(env::split_paths(&before));
    }
    env::join_paths(folders).unwrap_or_default()
}
