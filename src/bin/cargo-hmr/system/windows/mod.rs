//! Windows: job objects, and a TCP connection of this machine. Processes of the app take turns, as no socket is passed on.

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

/// Command that opens a URL in the default browser. `start` of `cmd` would interpret its `&`.
pub(crate) fn opener(url: &str) -> Vec<std::ffi::OsString> {
    vec!["rundll32".into(), "url.dll,FileProtocolHandler".into(), url.into()]
}
