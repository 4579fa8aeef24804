//! Listening sockets that processes inherit (`sd_listen_fds(3)`).

use std::{
    io,
    net::TcpListener,
    os::fd::{AsFd, OwnedFd},
    path::Path,
    process::Command,
};

use command_fds::{CommandFdExt, FdMapping};
use listenfd::ListenFd;

/// Set where a process of the app can take the sockets over.
pub(crate) const PASSES_SOCKETS: bool = true;

/// The first inherited descriptor (`SD_LISTEN_FDS_START`, `sd_listen_fds(3)`).
const FIRST: i32 = 3;

/// The variable with the search path for dynamic libraries.
pub(crate) const LIBRARIES_NAME: &str =
    if cfg!(target_vendor = "apple") { "DYLD_FALLBACK_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };

/// The variable by which [`app_command`] takes it. macOS takes its own one from programs of the system, such as the shell.
pub(crate) const LIBRARIES: &str =
    if cfg!(target_vendor = "apple") { "CARGO_HMR_LIBRARIES" } else { LIBRARIES_NAME };

/// Sets `LISTEN_PID`, which is known only once the process runs.
const SCRIPT: &str = if cfg!(target_vendor = "apple") {
    "LISTEN_PID=$$ DYLD_FALLBACK_LIBRARY_PATH=$CARGO_HMR_LIBRARIES:$HOME/lib:/usr/local/lib:/usr/lib; \
     export LISTEN_PID DYLD_FALLBACK_LIBRARY_PATH; exec \"$0\" \"$@\""
} else {
    "LISTEN_PID=$$; export LISTEN_PID; exec \"$0\" \"$@\""
};

/// Takes up to this many sockets that systemd or systemfd has passed to the runner.
pub(crate) fn inherited(max: usize) -> Vec<TcpListener> {
    let mut passed = ListenFd::from_env();
    (0..passed.len().min(max)).filter_map(|at| passed.take_tcp_listener(at).ok().flatten()).collect()
}

/// Takes over a socket that a process has sent.
pub(crate) fn adopt(socket: OwnedFd) -> TcpListener {
    socket.into()
}

/// Returns the command of a process with these sockets.
pub(crate) fn app_command<'a>(
    executable: &Path,
    sockets: impl Iterator<Item = &'a TcpListener>,
) -> io::Result<Command> {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(SCRIPT).arg(executable);
    for name in ["LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID"] {
        command.env_remove(name);
    }
    let duplicates =
        sockets.map(|socket| socket.as_fd().try_clone_to_owned()).collect::<io::Result<Vec<_>>>()?;
    if !duplicates.is_empty() {
        command.env("LISTEN_FDS", duplicates.len().to_string());
        let mappings =
            (FIRST..).zip(duplicates).map(|(child_fd, parent_fd)| FdMapping { parent_fd, child_fd });
        command.fd_mappings(mappings.collect()).map_err(io::Error::other)?;
    }
    Ok(command)
}
