//! A Unix socket in a folder that only this user may enter.

use std::{
    ffi::OsStr,
    io::{self, IoSlice, Read, Write},
    net::TcpListener,
    os::{
        fd::{AsRawFd, RawFd},
        unix::net::UnixStream,
    },
    path::Path,
    time::Duration,
};

use socket2::{MsgHdr, SockRef};

/// Set where a socket can be sent to `cargo hmr`.
pub(in crate::handover) const CAN_SEND: bool =
    cfg!(any(target_os = "linux", target_os = "android", target_vendor = "apple"));

pub(in crate::handover) struct Connection(UnixStream);

impl Connection {
    /// Connects to the socket with this path. A write may take this long.
    pub(in crate::handover) fn open(path: &OsStr, write: Duration) -> io::Result<Self> {
        let path = Path::new(path);
        let failed = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let socket = UnixStream::connect(path).map_err(failed)?;
        socket.set_write_timeout(Some(write))?;
        Ok(Self(socket))
    }

    /// Returns `None`: the folder of the socket authorizes the process.
    #[allow(clippy::unused_self, reason = "other systems have a token")]
    pub(in crate::handover) fn token(&self) -> Option<&str> {
        None
    }

    pub(in crate::handover) fn reader(&self) -> io::Result<impl Read + Send + 'static> {
        self.0.try_clone()
    }

    /// Sends bytes, and a duplicate of a listener's file descriptor (`SCM_RIGHTS`, `unix(7)`).
    pub(in crate::handover) fn send(&self, bytes: &[u8], listener: Option<&TcpListener>) -> io::Result<()> {
        let mut socket = &self.0;
        let Some(listener) = listener else { return socket.write_all(bytes) };
        let control = control(listener.as_raw_fd());
        let slices = [IoSlice::new(bytes)];
        let message = MsgHdr::new().with_buffers(&slices).with_control(&control);
        let sent = SockRef::from(socket).sendmsg(&message, 0)?;
        socket.write_all(&bytes[sent..])
    }
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
