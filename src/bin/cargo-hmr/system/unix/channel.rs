//! A Unix socket in a folder that only this user may enter.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fs::DirBuilder,
    io::{self, IoSliceMut},
    mem::MaybeUninit,
    os::{
        fd::OwnedFd,
        unix::{
            fs::DirBuilderExt,
            net::{UnixListener, UnixStream},
        },
    },
    path::{Path, PathBuf},
};

use rustix::{
    io::{FdFlags, fcntl_setfd},
    net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg},
};

/// A connection of a process.
pub(crate) type Stream = UnixStream;

/// A listening socket that a process has sent.
pub(crate) type Passed = OwnedFd;

/// The folder with the socket. Dropping it removes both.
#[derive(Debug)]
pub(crate) struct Endpoint {
    folder: PathBuf,
}

impl Endpoint {
    pub(crate) fn open() -> io::Result<(Self, UnixListener)> {
        let parent = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_dir());
        let parent = parent.unwrap_or_else(std::env::temp_dir);
        // Creation fails if the folder exists, so it can't belong to another user.
        let time = std::time::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_nanos());
        let folder = parent.join(format!("cargo-hmr-{}-{time:x}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&folder)?;
        let endpoint = Self { folder };
        let listener = UnixListener::bind(endpoint.folder.join("app.sock"))?;
        Ok((endpoint, listener))
    }

    /// The value of the environment variable that names it.
    pub(crate) fn address(&self) -> OsString {
        self.folder.join("app.sock").into()
    }

    /// Returns the name of this run.
    pub(crate) fn mark(&self) -> &Path {
        &self.folder
    }

    /// Returns the token that a process must send, if it must.
    #[allow(clippy::unused_self, reason = "other systems have a token")]
    pub(crate) fn token(&self) -> Option<String> {
        None
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Children inherit no received socket.
#[cfg(not(target_vendor = "apple"))]
const FLAGS: RecvFlags = RecvFlags::CMSG_CLOEXEC;

/// macOS lacks the flag.
#[cfg(target_vendor = "apple")]
const FLAGS: RecvFlags = RecvFlags::empty();

/// Receives bytes, and the sockets that were sent with them.
pub(crate) fn receive(
    stream: &UnixStream,
    block: &mut [u8],
    sockets: &mut VecDeque<OwnedFd>,
) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = loop {
        match recvmsg(stream, &mut [IoSliceMut::new(block)], &mut control, FLAGS) {
            Err(rustix::io::Errno::INTR) => {}
            received => break received?,
        }
    };
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            for descriptor in descriptors {
                if cfg!(target_vendor = "apple") {
                    fcntl_setfd(&descriptor, FdFlags::CLOEXEC)?;
                }
                sockets.push_back(descriptor);
            }
        }
    }
    Ok(received.bytes)
}
