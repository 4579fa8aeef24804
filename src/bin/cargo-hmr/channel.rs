//! The private channel to the app's processes: a Unix socket in a folder that only this user may enter.

use std::{
    collections::VecDeque,
    fs::DirBuilder,
    io::{self, IoSliceMut, Write},
    mem::MaybeUninit,
    os::{
        fd::OwnedFd,
        unix::{
            fs::DirBuilderExt,
            net::{UnixListener, UnixStream},
        },
    },
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Sender, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use crate::{
    event::{AppSaid, Event},
    report::Report,
};

/// Names the path of the socket to the app.
pub(crate) const ENVIRONMENT: &str = "TOWER_HOT_MIDDLEWARE_RUNNER";

/// The longest line that an app may say.
const MAX_LINE: usize = 64 * 1024;

/// The most channels at once: every process that the app starts inherits the environment.
const MAX_CHANNELS: usize = 64;

/// The most reports that a process may be behind with. One that has stopped reading receives nothing more.
const MAX_BEHIND: usize = 256;

/// Longest time that a write to a process may take.
const WRITE: Duration = Duration::from_secs(2);

/// The folder and the socket in it; both go when this is dropped.
#[derive(Debug)]
pub(crate) struct Channels {
    folder: PathBuf,
}

impl Channels {
    pub(crate) fn open(events: Sender<Event>) -> io::Result<Self> {
        let parent = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_dir());
        let parent = parent.unwrap_or_else(std::env::temp_dir);
        // The name can't be taken by another user: the folder is made here, or this fails.
        let time = std::time::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_nanos());
        let folder = parent.join(format!("cargo-hmr-{}-{time:x}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&folder)?;
        let channels = Self { folder };
        let listener = UnixListener::bind(channels.path())?;
        let count = Arc::new(AtomicUsize::new(0));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if count.fetch_add(1, Ordering::Relaxed) >= MAX_CHANNELS {
                    count.fetch_sub(1, Ordering::Relaxed);
                    continue;
                }
                let (events, count) = (events.clone(), count.clone());
                thread::spawn(move || {
                    let _ = read(&stream, &events);
                    count.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
        Ok(channels)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join("app.sock")
    }
}

impl Drop for Channels {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Reads what a process says to its end. A socket that comes along belongs to the line that it came with.
fn read(stream: &UnixStream, events: &Sender<Event>) -> io::Result<()> {
    let mut pid = None;
    let (mut line, mut sockets) = (Vec::new(), VecDeque::new());
    let mut block = [0; 4096];
    loop {
        let count = receive(stream, &mut block, &mut sockets)?;
        if count == 0 {
            return Ok(());
        }
        for &byte in &block[..count] {
            if byte != b'\n' {
                line.push(byte);
                if line.len() > MAX_LINE {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                continue;
            }
            let said: AppSaid = serde_json::from_slice(&line)?;
            line.clear();
            let event = match (said, pid) {
                (AppSaid::Hello { pid: named }, None) => {
                    pid = Some(named);
                    Event::Connected { pid: named, stream: stream.try_clone()? }
                }
                (AppSaid::Hello { .. }, Some(_)) | (_, None) => return Err(io::ErrorKind::InvalidData.into()),
                (said, Some(pid)) => {
                    let sent = matches!(said, AppSaid::Listening { sent: true, .. });
                    let socket = if sent { sockets.pop_front() } else { None };
                    Event::App { pid, said, socket }
                }
            };
            if events.send(event).is_err() {
                return Ok(());
            }
        }
    }
}

fn receive(stream: &UnixStream, block: &mut [u8], sockets: &mut VecDeque<OwnedFd>) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = if cfg!(target_os = "linux") { RecvFlags::CMSG_CLOEXEC } else { RecvFlags::empty() };
    let received = loop {
        match recvmsg(stream, &mut [IoSliceMut::new(block)], &mut control, flags) {
            Err(rustix::io::Errno::INTR) => {}
            received => break received?,
        }
    };
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            sockets.extend(descriptors);
        }
    }
    Ok(received.bytes)
}

/// The way to one process. Reports wait in a bounded queue, so that a process that was stopped stops nothing here.
#[derive(Debug)]
pub(crate) struct ToApp {
    queue: SyncSender<Arc<[u8]>>,
}

impl ToApp {
    pub(crate) fn new(stream: UnixStream) -> Self {
        let (queue, lines) = sync_channel::<Arc<[u8]>>(MAX_BEHIND);
        thread::spawn(move || {
            let mut stream = stream;
            let _ = stream.set_write_timeout(Some(WRITE));
            for line in lines {
                if stream.write_all(&line).is_err() {
                    return;
                }
            }
        });
        Self { queue }
    }

    /// Sends a report. Progress may be left out.
    pub(crate) fn send(&self, report: &Report) {
        let mut line = serde_json::to_vec(report).unwrap_or_default();
        line.push(b'\n');
        if let Err(TrySendError::Full(_)) = self.queue.try_send(line.into()) {
            // What it shows is old until it reads again, and its successor shows what is new.
        }
    }
}
