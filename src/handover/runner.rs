//! The private channel to `cargo hmr`, which an environment variable names.
//!
//! Both sides send lines of JSON. The process reports where it listens and when it accepts; `cargo hmr` reports its builds
//! and the replacement of the process. A new listening socket is sent along, where the system can.

use std::{
    env,
    ffi::OsStr,
    io::{self, BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    connection::{CAN_SEND, Connection},
    drain,
};
use crate::notice::warning;

/// The environment variable with the address of the channel.
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
    /// Inherited sockets that were not taken over by now are of no use.
    Settled,
}

/// A message to the runner.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Said<'a> {
    Hello {
        pid: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<&'a str>,
    },
    Layer {
        path: &'a str,
    },
    Listening {
        bound: SocketAddr,
        sent: bool,
    },
    Accepting,
    Drained,
}

type Handler = Box<dyn Fn(&Report) + Send>;

struct Channel {
    connection: Connection,
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
            Report::Progress { .. } | Report::Settled => {}
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
        let address = env::var_os(ENVIRONMENT).filter(|address| !address.is_empty())?;
        match open(&address) {
            Ok(channel) => Some(channel),
            Err(error) => {
                warning!("cargo hmr can't be reached, by the variable {ENVIRONMENT}: {error}");
                None
            }
        }
    })
}

fn open(address: &OsStr) -> io::Result<&'static Channel> {
    let connection = Connection::open(address, WRITE)?;
    let lines = BufReader::new(connection.reader()?);
    let channel: &'static Channel = Box::leak(Box::new(Channel { connection, state: Mutex::default() }));
    channel.say(&Said::Hello { pid: std::process::id(), token: channel.connection.token() }, None);
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
                Ok(Report::Settled) => {
                    #[cfg(unix)]
                    super::inherited::close();
                }
                Ok(report) => self.state().apply(report),
                Err(error) => warning!("cargo hmr said what is no report: {error}"),
            }
        }
    }

    fn say(&self, said: &Said<'_>, listener: Option<&TcpListener>) {
        let mut line = match serde_json::to_vec(said) {
            Ok(line) => line,
            Err(error) => return tracing::debug!("{error}"),
        };
        line.push(b'\n');
        // One writer at a time, so that lines are not interleaved.
        let _state = self.state();
        if let Err(error) = self.connection.send(&line, listener) {
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
    let sent = Some(listener).filter(|_| is_new && CAN_SEND);
    channel.say(&Said::Listening { bound, sent: sent.is_some() }, sent);
}

/// Reports that the process accepts connections.
pub(super) fn accepting() {
    if let Some(channel) = channel() {
        channel.say(&Said::Accepting, None);
    }
}
