//! The listening sockets. The runner owns them, and passes the same ones to every process of the app.

use std::{
    fs, io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};
use socket2::{Domain, Protocol, Socket, Type};

use crate::{
    project::Project,
    system::{self, Passed},
};

/// Backlog for connections while no process accepts. The system caps it.
const BACKLOG: i32 = 4096;

/// Maximum number of sockets.
const MAX: usize = 64;

#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    pub(crate) socket: TcpListener,
}

/// All sockets, in the order in which they are passed on.
#[derive(Debug, Default)]
pub(crate) struct Sockets(Vec<Listening>);

impl Sockets {
    /// Takes the sockets that systemd or systemfd has passed to the runner.
    pub(crate) fn inherited() -> Self {
        let mut all = Self::default();
        for socket in system::inherited(MAX) {
            all.push(socket);
        }
        all
    }

    /// Binds an address.
    pub(crate) fn bind(&mut self, address: SocketAddr) -> io::Result<()> {
        if self.0.iter().any(|listening| listening.address == address) {
            return Ok(());
        }
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        // On Windows, the option would let the app bind the same port.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        // Accepted connections inherit it on Linux.
        socket.set_tcp_nodelay(true)?;
        self.push(socket.into());
        Ok(())
    }

    /// Adds a socket bound by a process of the app.
    pub(crate) fn adopt(&mut self, socket: Passed) {
        let listener = system::adopt(socket);
        let address = listener.local_addr().ok();
        if !self.0.iter().any(|listening| Some(listening.address) == address) {
            self.push(listener);
        }
    }

    fn push(&mut self, socket: TcpListener) {
        if let (Ok(address), true) = (socket.local_addr(), self.0.len() < MAX) {
            // All processes share this flag of the socket.
            let _ = socket.set_nonblocking(true);
            self.0.push(Listening { address, socket });
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Listening> {
        self.0.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Closes all sockets except those of these addresses.
    pub(crate) fn keep(&mut self, addresses: &[SocketAddr]) {
        self.0.retain(|listening| addresses.contains(&listening.address));
    }

    /// Returns true if one of the sockets is bound to this address.
    pub(crate) fn has(&self, address: SocketAddr) -> bool {
        self.0.iter().any(|listening| listening.address == address)
    }
}

/// State of the last run: the addresses that the app listened on, and the path of its event stream.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    #[serde(default)]
    pub(crate) listen: Vec<SocketAddr>,
    #[serde(default)]
    pub(crate) path: Option<String>,
}

impl Memory {
    fn file(project: &Project) -> PathBuf {
        let kind = if project.target.is_example { "example-" } else { "" };
        let name = format!("{}-{kind}{}.json", project.package.name, project.target.name);
        project.target_dir.join("cargo-hmr").join(name)
    }

    pub(crate) fn load(project: &Project) -> Self {
        let text = fs::read(Self::file(project)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Writes the file. Failure is ignored: only the error page of the next first build depends on it.
    pub(crate) fn save(&self, project: &Project) {
        let file = Self::file(project);
        if let (Some(folder), Ok(text)) = (file.parent(), serde_json::to_vec(self)) {
            let _ = fs::create_dir_all(folder).and_then(|()| fs::write(&file, text));
        }
    }
}
