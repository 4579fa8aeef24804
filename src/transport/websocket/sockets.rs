//! The sockets of one middleware: their number, and the events that were published while none was open.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU16, Ordering},
};

use crate::{
    hub::{Cursor, Hub},
    journal::Entered,
};

/// The state shared by all sockets. Vite's client can't say which events it has seen, so the position in the
/// log at which the last socket closed is kept here. The next one catches up from there.
#[derive(Debug)]
pub(crate) struct Sockets {
    /// The separate port of the sockets; 0 before it is opened.
    port: AtomicU16,
    /// Held for look-ups and arithmetic only.
    open_sockets: Mutex<OpenSockets>,
}

#[derive(Debug)]
struct OpenSockets {
    count: usize,
    /// Number of the last event that was sent while a socket was open.
    seen: u64,
}

/// The registration of one socket: its cursor, and its part in the count. Dropping it ends both.
#[derive(Debug)]
pub(super) struct Registration {
    sockets: Arc<Sockets>,
    pub(super) cursor: Cursor,
    /// Number of the last event before this socket was opened, if no other one was open: the socket catches
    /// up to it.
    pub(super) missed_until: Option<u64>,
    /// Lists the socket among the open pages.
    _entered: Option<Entered>,
}

impl Sockets {
    /// Creates the state without sockets. From now on, events are kept for the first one.
    pub(crate) fn new(hub: &Hub) -> Self {
        hub.make_resumable();
        let open_sockets = OpenSockets { count: 0, seen: hub.last() };
        Self { port: AtomicU16::new(0), open_sockets: Mutex::new(open_sockets) }
    }

    /// Returns the separate port of the sockets, if there is one.
    pub(crate) fn port(&self) -> Option<u16> {
        Some(self.port.load(Ordering::Relaxed)).filter(|port| *port != 0)
    }

    pub(super) fn set_port(&self, port: u16) {
        self.port.store(port, Ordering::Relaxed);
    }

    /// Registers a new socket; `None` once the hub is closed.
    pub(super) fn register(
        self: &Arc<Self>,
        hub: &Arc<Hub>,
        entered: Option<Entered>,
    ) -> Option<Registration> {
        let mut open_sockets = self.open_sockets.lock().unwrap_or_else(PoisonError::into_inner);
        let missed_from = (open_sockets.count == 0).then_some(open_sockets.seen);
        let (cursor, last) = (hub.connect(missed_from)?, hub.last());
        open_sockets.count += 1;
        Some(Registration {
            sockets: self.clone(),
            cursor,
            missed_until: missed_from.map(|_| last),
            _entered: entered,
        })
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut open_sockets = self.sockets.open_sockets.lock().unwrap_or_else(PoisonError::into_inner);
        open_sockets.count -= 1;
        open_sockets.seen = open_sockets.seen.max(self.cursor.position());
    }
}
