//! Unix: process groups, a Unix socket, and listening sockets that are passed on.

mod channel;
mod group;
mod keys;
mod signals;
mod sockets;
mod supervisor;

pub(crate) use self::{
    channel::{Endpoint, Passed, Stream, receive},
    group::{Group, detach, lead},
    keys::{Keys, columns, takes_ansi},
    signals::signals,
    sockets::{LIBRARIES, LIBRARIES_NAME, PASSES_SOCKETS, adopt, app_command, inherited},
    supervisor::Supervisor,
};

/// Command that opens a URL in the default browser.
pub(crate) fn opener(url: &str) -> Vec<std::ffi::OsString> {
    let program = if cfg!(target_vendor = "apple") { "open" } else { "xdg-open" };
    vec![program.into(), url.into()]
}
