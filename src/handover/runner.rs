//! The private channel to `cargo hmr`: a Unix socket whose path is in the environment.
//!
//! Both sides send lines of JSON. The process reports where it listens and when it accepts; `cargo hmr` reports its builds
//! and the replacement of the process. A new listening socket is sent as a file descriptor (`SCM_RIGHTS`, `unix(7)`).

use std::{
    env,
    io::{self, BufRead, BufReader, IoSlice, Read, Write},
    net::{SocketAddr, TcpListener},
    os::{
        fd::{AsRawFd, RawFd},
        unix::net::UnixStream,
    },
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use socket2::{MsgHdr, SockRef};

use super::drain;
use crate::notice::warning;

/// The environment variable with the path of the channel's socket.
pub(crate) const ENVIRONMENT: &str = "TOWER_HOT_MIDDLEWARE_RUNNER";

/// The longest line that is read: `cargo hmr` keeps the errors of a build below it.
const LINE: u64 = 4 << 20;

/// Longest time that a write may take. Without a bound, a runner that was stopped would stop the app.
const WRITE: Duration = Duration::from_secs(1);

/// A message from the runner.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub(crate) enum Report {
    /// A build has begun, because of this file if that is known.
    Building { file: Option<String> },
    /// Progress of the build.
    Progress { percent: u8, message: String },
    /// A build is done, and failed if there are errors.
    Built { errors: Vec<String>, time: Option<u64> },
    /// A newer process accepts.
    Drain,
}

/// A message to the runner.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Said<'a> {
    Hello { pid: u32 },
    Layer { path: &'a str },
    Listening { bound: SocketAddr, sent: bool },
    Accepting,
    Drained,
}

type Handler = Box<dyn Fn(&Report) + Send>;

struct Channel {
    socket: UnixStream,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    handlers: Vec<Handler>,
    /// Reports for a handler that comes later: the last build, and the one under way.
    latest: Vec<Report>,
}

impl State {
    fn apply(&mut self, report: Report) {
        self.handlers.iter().for_each(|handler| handler(&report));
        match &report {
            Report::Built { .. } | Report::Drain => self.latest = vec![report],
            Report::Building { .. } => self.latest.push(report),
            Report::Progress { .. } => {}
        }
        // Builds that were cancelled end by another one.
        if self.latest.len() > 2 {
            self.latest.remove(1);
        }
    }
}

/// Returns the channel, if there is one. The first call opens it.
fn channel() -> Option<&'static Channel> {
    static CHANNEL: OnceLock<Option<&'static Channel>> = OnceLock::new();
    *CHANNEL.get_or_init(|| {
        let path = env::var_os(ENVIRONMENT).filter(|path| !path.is_empty())?;
        match open(path.as_ref()) {
            Ok(channel) => Some(channel),
            Err(error) => {
                warning!("cargo hmr can't be reached at {path:?}, which {ENVIRONMENT} names: {error}");
                None
            }
        }
    })
}

fn open(path: &std::path::Path) -> io::Result<&'static Channel> {
    let socket = UnixStream::connect(path)?;
    socket.set_write_timeout(Some(WRITE))?;
    let lines = BufReader::new(socket.try_clone()?);
    let channel: &'static Channel = Box::leak(Box::new(Channel { socket, state: Mutex::default() }));
    channel.say(&Said::Hello { pid: std::process::id() }, None);
    // It ends with the runner, or with the process.
    thread::Builder::new().name("hot-runner".to_owned()).spawn(move || channel.read(lines))?;
    drain::count();
    Ok(channel)
}

impl Channel {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, mut lines: impl BufRead) {
        let mut line = Vec::new();
        loop {
            line.clear();
            match (&mut lines).take(LINE).read_until(b'\n', &mut line) {
                Ok(count) if count > 0 && line.ends_with(b"\n") => {}
                _ => return,
            }
            match serde_json::from_slice(&line) {
                Ok(Report::Drain) => {
                    drain::begin();
                    self.state().apply(Report::Drain);
                    drain::wait();
                    self.say(&Said::Drained, None);
                }
                Ok(report) => self.state().apply(report),
                Err(error) => warning!("cargo hmr said what is no report: {error}"),
            }
        }
    }

    fn say(&self, said: &Said<'_>, fd: Option<RawFd>) {
        let mut line = match serde_json::to_vec(said) {
            Ok(line) => line,
            Err(error) => return tracing::debug!("{error}"),
        };
        line.push(b'\n');
        // One writer at a time, so that lines are not interleaved.
        let _state = self.state();
        let sent = match fd {
            Some(fd) => send_with_fd(&self.socket, &line, fd),
            None => (&self.socket).write_all(&line),
        };
        if let Err(error) = sent {
            tracing::debug!("a message to cargo hmr could not be sent: {error}");
        }
    }
}

/// Returns true under `cargo hmr`.
pub(crate) fn is_present() -> bool {
    channel().is_some()
}

/// Calls a handler with every report, beginning with the current state.
pub(crate) fn subscribe(path: &str, handler: impl Fn(&Report) + Send + 'static) {
    let Some(channel) = channel() else { return };
    let mut state = channel.state();
    state.latest.iter().for_each(&handler);
    state.handlers.push(Box::new(handler));
    drop(state);
    channel.say(&Said::Layer { path }, None);
}

/// Reports where the process listens, and sends a socket that the runner doesn't have.
pub(super) fn listening(listener: &TcpListener, is_new: bool) {
    let Some(channel) = channel() else { return };
    let Ok(bound) = listener.local_addr() else { return };
    let fd = Some(listener.as_raw_fd()).filter(|_| is_new && CAN_SEND);
    channel.say(&Said::Listening { bound, sent: fd.is_some() }, fd);
}

/// Reports that the process accepts connections.
pub(super) fn accepting() {
    if let Some(channel) = channel() {
        channel.say(&Said::Accepting, None);
    }
}

const CAN_SEND: bool = cfg!(any(target_os = "linux", target_os = "android", target_vendor = "apple"));

/// Sends bytes with a file descriptor, of which the receiver gets a duplicate.
fn send_with_fd(socket: &UnixStream, bytes: &[u8], fd: RawFd) -> io::Result<()> {
    let control = control(fd);
    let slices = [IoSlice::new(bytes)];
    let sent =
        SockRef::from(socket).sendmsg(&MsgHdr::new().with_buffers(&slices).with_control(&control), 0)?;
    let mut socket = socket;
    socket.write_all(&bytes[sent..])
}

/// One control message of the type `SCM_RIGHTS`: length, level, type, descriptor (`cmsg(3)`). The length is a `size_t`
/// on Linux and 32 bits wide on Apple's systems, where the level's number is another one too.
fn control(fd: RawFd) -> Vec<u8> {
    const SCM_RIGHTS: i32 = 1;
    let is_apple = cfg!(target_vendor = "apple");
    let level: i32 = if is_apple { 0xffff } else { 1 };
    let head = if is_apple { 12 } else { size_of::<usize>() + 8 };
    let length = head + size_of::<RawFd>();
    let mut control = Vec::with_capacity(24);
    if is_apple {
        control.extend_from_slice(&16_u32.to_ne_bytes());
    } else {
        control.extend_from_slice(&length.to_ne_bytes());
    }
    control.extend_from_slice(&level.to_ne_bytes());
    control.extend_from_slice(&SCM_RIGHTS.to_ne_bytes());
    control.extend_from_slice(&fd.to_ne_bytes());
    control.resize(control.len().next_multiple_of(size_of::<usize>()), 0);
    control
}
