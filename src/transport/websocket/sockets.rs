//! The sockets of one middleware: how many are open, and what was published while none was.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU16, Ordering},
};

use crate::hub::{Cursor, Hub};

/// The sockets' state. Vite's client can't say which events it has seen, so the place in the log where the last socket
/// left is kept here: the next one catches up from there.
#[derive(Debug)]
pub(crate) struct Sockets {
    /// The sockets' own port; 0 while they have none.
    port: AtomicU16,
    /// Held for a look-up and a change of numbers only.
    attendance: Mutex<Attendance>,
}

#[derive(Debug)]
struct Attendance {
    open: usize,
    /// The number of the last event that went out while a socket was open.
    seen: u64,
}

/// The place of one socket: its cursor, and its part in the count. Dropping it closes the place.
#[derive(Debug)]
pub(super) struct Seat {
    sockets: Arc<Sockets>,
    pub(super) cursor: Cursor,
    /// The number of the last event that was published before this socket was opened, where no other one was open:
    /// up to it, the socket catches up.
    pub(super) missed_until: Option<u64>,
}

impl Sockets {
    /// No socket yet. Events are kept from now on for the first.
    pub(crate) fn new(hub: &Hub) -> Self {
        hub.make_resumable();
        let attendance = Attendance { open: 0, seen: hub.last() };
        Self { port: AtomicU16::new(0), attendance: Mutex::new(attendance) }
    }

    /// The sockets' own port, where they have one.
    pub(crate) fn port(&self) -> Option<u16> {
        Some(self.port.load(Ordering::Relaxed)).filter(|port| *port != 0)
    }

    pub(super) fn set_port(&self, port: u16) {
        self.port.store(port, Ordering::Relaxed);
    }

    /// A place for a new socket; `None` once the hub is closed.
    pub(super) fn open(self: &Arc<Self>, hub: &Arc<Hub>) -> Option<Seat> {
        let mut attendance = self.attendance.lock().unwrap_or_else(PoisonError::into_inner);
        let missed_from = (attendance.open == 0).then_some(attendance.seen);
        let (cursor, last) = (hub.connect(missed_from)?, hub.last());
        attendance.open += 1;
        Some(Seat { sockets: self.clone(), cursor, missed_until: missed_from.map(|_| last) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut attendance = self.sockets.attendance.lock().unwrap_or_else(PoisonError::into_inner);
        attendance.open -= 1;
        attendance.seen = attendance.seen.max(self.cursor.position());
    }
}
