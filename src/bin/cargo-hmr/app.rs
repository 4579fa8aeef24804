//! One process of the app: its start with the listening sockets, and its state.

use std::{
    env,
    ffi::OsString,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc::Sender,
    time::{Instant, SystemTime},
};

use command_fds::{CommandFdExt, FdMapping};

use crate::{
    build,
    channel::{self, ToApp},
    event::Event,
    process::{self, Group},
    project::{self, Project},
    report::Report,
    socket::Sockets,
    supervisor,
    terminal::Terminal,
};

/// The first inherited descriptor (`SD_LISTEN_FDS_START`, `sd_listen_fds(3)`).
const FIRST: i32 = 3;

/// Sets `LISTEN_PID`, which is known only once the process runs.
const SCRIPT: &str = "LISTEN_PID=$$; export LISTEN_PID; exec \"$0\" \"$@\"";

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
    pub(crate) identity: Identity,
    pub(crate) started: Instant,
    to: Option<ToApp>,
    /// Addresses that it listens on, with the runner's sockets.
    pub(crate) listening: Vec<SocketAddr>,
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
        project: &Project,
        channel: &Path,
        mark: &Path,
        terminal: &Terminal,
        events: &Sender<Event>,
    ) -> Self {
        let mut environment: Vec<(OsString, OsString)> = vec![
            (channel::ENVIRONMENT.into(), channel.into()),
            (supervisor::MARK.into(), mark.into()),
            ("CARGO".into(), project::cargo()),
            ("CARGO_MANIFEST_DIR".into(), project.folder().into()),
            ("CARGO_MANIFEST_PATH".into(), project.package.manifest_path.clone().into()),
            ("CARGO_PKG_NAME".into(), project.package.name.to_string().into()),
            ("CARGO_PKG_VERSION".into(), project.package.version.to_string().into()),
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

    pub(crate) fn start(&self, executable: &Path, sockets: &Sockets) -> io::Result<App> {
        let identity = Identity::of(executable)?;
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(SCRIPT).arg(executable).args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env(libraries_name(), libraries(executable));
        for name in ["LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID"] {
            command.env_remove(name);
        }
        if !sockets.is_empty() {
            let duplicates = sockets.duplicates()?;
            command.env("LISTEN_FDS", duplicates.len().to_string());
            let mappings =
                (FIRST..).zip(duplicates).map(|(child_fd, parent_fd)| FdMapping { parent_fd, child_fd });
            command.fd_mappings(mappings.collect()).map_err(io::Error::other)?;
        }
        let terminal = self.terminal.clone();
        let events = self.events.clone();
        let output = move |stream, bytes: &[u8]| terminal.pass(stream, bytes);
        let ended = move |pid, status, tail| drop(events.send(Event::Ended { pid, status, tail }));
        let group = process::start(command, output, ended)?;
        Ok(App {
            group,
            identity,
            started: Instant::now(),
            to: None,
            listening: Vec::new(),
            accepts: false,
            layer: None,
            deadline: None,
            is_ending: false,
        })
    }
}

impl App {
    pub(crate) fn pid(&self) -> u32 {
        self.group.0
    }

    /// Returns true if the process runs this executable. A build after a failed one may write
    /// the same bytes again, so contents are compared only then.
    pub(crate) fn runs(&mut self, executable: &Path, undone: bool) -> bool {
        let Ok(identity) = Identity::of(executable) else { return false };
        if identity != self.identity && undone && identity.length == self.identity.length {
            // The file that the process runs, even if its name now belongs to another file (`proc_pid_exe(5)`).
            let running = fs::read(format!("/proc/{}/exe", self.pid()));
            if running.is_ok_and(|running| fs::read(executable).is_ok_and(|new| new == running)) {
                self.identity = identity.clone();
            }
        }
        identity == self.identity
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

fn libraries_name() -> &'static str {
    if cfg!(target_vendor = "apple") { "DYLD_FALLBACK_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" }
}

/// Search path for dynamic libraries of the build, as in `cargo run`.
fn libraries(executable: &Path) -> OsString {
    let mut folders: Vec<PathBuf> = Vec::new();
    if let Some(folder) = executable.parent() {
        folders.extend([folder.join("deps"), folder.to_owned()]);
    }
    if let Some(before) = env::var_os(libraries_name()) {
        folders.extend(env::split_paths(&before));
    }
    env::join_paths(folders).unwrap_or_default()
}
