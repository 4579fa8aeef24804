//! Everything that differs between systems, under the same names: processes, their channel, sockets, signals and keys.

mod mark;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub(crate) use mark::MARK;
#[cfg(unix)]
pub(crate) use unix::{
    Endpoint, Group, Keys, LIBRARIES, LIBRARIES_NAME, PASSES_SOCKETS, Passed, Stream, Supervisor, adopt,
    app_command, columns, detach, inherited, lead, opener, receive, signals, takes_ansi,
};
#[cfg(windows)]
pub(crate) use windows::{
    Endpoint, Group, Keys, LIBRARIES, LIBRARIES_NAME, PASSES_SOCKETS, Passed, Stream, Supervisor, adopt,
    app_command, columns, detach, inherited, lead, opener, receive, signals, takes_ansi,
};
