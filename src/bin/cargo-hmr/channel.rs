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
    event::{AppMessage, Event},
    report::Report,
};

/// Environment variable with the path of the socket.
pub(crate) const ENVIRONMENT: &str = "TOWER_HOT_MIDDLEWARE_RUNNER";

/// Maximum length of a message from an app in bytes.
const MAX_LINE: usize = 64 * 1024;

/// Maximum number of channels. Every process that the app starts inherits the environment, and may connect.
const MAX_CHANNELS: usize = 64;

/// Maximum number of reports that wait for a process. Further reports are dropped while it does not read.
const MAX_BEHIND: usize = 256;

/// Timeout of a write to a process.
const WRITE: Duration = Duration::from_secs(2);

/// The folder with the socket. Dropping it removes both.
#[derive(Debug)]
pub(crate) struct Channels {
    folder: PathBuf,
}

impl Channels {
    pub(crate) fn open(events: Sender<Event>) -> io::Result<Self> {
        let parent = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_dir());
        let parent = parent.unwrap_or_else(std::env::temp_dir);
        // Creation fails if the folder exists, so it can't belong to another user.
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

/// Reads messages of a process until it disconnects. A socket belongs to the message that it arrives with.
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
            let said: AppMessage = serde_json::from_slice(&line)?;
            line.clear();
            let event = match (said, pid) {
                (AppMessage::Hello { pid: named }, None) => {
                    pid = Some(named);
                    Event::Connected { pid: named, stream: stream.try_clone()? }
                }
                (AppMessage::Hello { .. }, Some(_)) | (_, None) => {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                (said, Some(pid)) => {
                    let sent = matches!(said, AppMessage::Listening { sent: true, .. });
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

/// Sends reports to one process. They wait in a bounded queue, so a suspended process does not block the runner.
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

    /// Sends a report, or drops it if the queue is full.
    pub(crate) fn send(&self, report: &Report) {
        let mut line = serde_json::to_vec(report).unwrap_or_default();
        line.push(b'\n');
        if let Err(TrySendError::Full(_)) = self.queue.try_send(line.into()) {
            // A process this far behind does not read. The next process starts with the latest report.
        }
    }
}
