//! A TCP socket on this machine. Another user could connect to it, so a process shows a token.

use std::{
    collections::VecDeque,
    convert::Infallible,
    ffi::OsString,
    io::{self, Read},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
};

/// Number of random bytes in the token.
const TOKEN: usize = 16;

/// A connection of a process.
pub(crate) type Stream = TcpStream;

/// A listening socket that a process has sent: none can be.
pub(crate) type Passed = Infallible;

#[derive(Debug)]
pub(crate) struct Endpoint {
    address: SocketAddr,
    token: String,
    mark: PathBuf,
}

impl Endpoint {
    pub(crate) fn open() -> io::Result<(Self, TcpListener)> {
        let mut random = [0; TOKEN];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let token = random.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let mark = PathBuf::from(format!("cargo-hmr-{}", std::process::id()));
        Ok((Self { address, token, mark }, listener))
    }

    /// The value of the environment variable that names it.
    pub(crate) fn address(&self) -> OsString {
        format!("{} {}", self.address, self.token).into()
    }

    /// Returns the name of this run.
    pub(crate) fn mark(&self) -> &Path {
        &self.mark
    }

    /// Returns the token that a process must send.
    pub(crate) fn token(&self) -> Option<String> {
        Some(self.token.clone())
    }
}

pub(crate) fn receive(
    mut stream: &TcpStream,
    block: &mut [u8],
    _: &mut VecDeque<Infallible>,
) -> io::Result<usize> {
    loop {
        match stream.read(block) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}
