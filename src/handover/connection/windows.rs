//! A TCP connection on this machine. The token shows that the process was started by `cargo hmr`.
//!
//! Windows has Unix sockets, but neither the standard library nor tokio has them there.

use std::{
    ffi::OsStr,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

/// A listening socket is not sent to `cargo hmr`.
pub(in crate::handover) const CAN_SEND: bool = false;

/// Time limit for the connection to a `cargo hmr` that is not there any more.
const CONNECT: Duration = Duration::from_secs(1);

pub(in crate::handover) struct Connection {
    stream: TcpStream,
    token: String,
}

impl Connection {
    /// Connects to `ADDRESS TOKEN`. A write may take this long.
    pub(in crate::handover) fn open(value: &OsStr, write: Duration) -> io::Result<Self> {
        let parsed = value.to_str().and_then(|value| value.split_once(' '));
        let parsed = parsed.and_then(|(address, token)| Some((address.parse::<SocketAddr>().ok()?, token)));
        let Some((address, token)) = parsed.filter(|(address, _)| address.ip().is_loopback()) else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it must be an address of this machine and a token",
            ));
        };
        let failed = |error: io::Error| io::Error::new(error.kind(), format!("{address}: {error}"));
        let stream = TcpStream::connect_timeout(&address, CONNECT).map_err(failed)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(write))?;
        Ok(Self { stream, token: token.to_owned() })
    }

    pub(in crate::handover) fn token(&self) -> Option<&str> {
        Some(&self.token)
    }

    pub(in crate::handover) fn reader(&self) -> io::Result<impl Read + Send + 'static> {
        self.stream.try_clone()
    }

    /// Sends bytes. A listener is not sent along.
    pub(in crate::handover) fn send(&self, bytes: &[u8], _: Option<&TcpListener>) -> io::Result<()> {
        (&self.stream).write_all(bytes)
    }
}
