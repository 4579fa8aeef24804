//! The messages to the watcher's thread, and the bounded queue that they wait in.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    time::{Duration, Instant, SystemTime},
};

use super::{content::ReadOutcome, fs_event::FsEvent, stability::ReadTask};

/// Number of file system events that may wait. More are dropped, and the folders are scanned instead.
pub(super) const MAX_EVENTS: usize = 65_536;

/// A message to the watcher's thread.
#[derive(Debug)]
pub(super) enum Message {
    Event(FsEvent),
    /// A large file was read in the background.
    Read(Box<Read>),
    /// The guard was dropped. Its flag is set as well.
    Stop,
}

/// A file that was read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) task: ReadTask,
    pub(super) outcome: ReadOutcome,
    /// Time of the read.
    pub(super) at: SystemTime,
    /// Duration of the read.
    pub(super) took: Duration,
}

/// Creates the queue.
pub(super) fn channel() -> (Outbox, Inbox) {
    let (tx, rx) = mpsc::channel();
    let count = Arc::<Count>::default();
    (Outbox { tx, count: Arc::clone(&count) }, Inbox { rx, count })
}

#[derive(Debug, Default)]
struct Count {
    events: AtomicUsize,
    has_overflowed: AtomicBool,
}

/// The sending half. Sending fails silently when the thread has ended.
#[derive(Debug, Clone)]
pub(super) struct Outbox {
    tx: Sender<Message>,
    count: Arc<Count>,
}

impl Outbox {
    /// Sends an event, or [`FsEvent::Overflow`] once while too many are waiting.
    pub(super) fn send_event(&self, event: FsEvent) {
        if self.count.events.fetch_add(1, Ordering::AcqRel) < MAX_EVENTS {
            let _ = self.tx.send(Message::Event(event));
            return;
        }
        self.count.events.fetch_sub(1, Ordering::AcqRel);
        if !self.count.has_overflowed.swap(true, Ordering::AcqRel) {
            let _ = self.tx.send(Message::Event(FsEvent::Overflow));
        }
    }

    /// Sends the result of a background read. Returns false if the thread has ended.
    pub(super) fn send_read(&self, read: Read) -> bool {
        self.tx.send(Message::Read(Box::new(read))).is_ok()
    }

    pub(super) fn send_stop(&self) {
        let _ = self.tx.send(Message::Stop);
    }
}

/// The receiving half.
#[derive(Debug)]
pub(super) struct Inbox {
    rx: Receiver<Message>,
    count: Arc<Count>,
}

impl Inbox {
    /// Receives the next message if there is one.
    pub(super) fn try_recv(&self) -> Option<Message> {
        self.rx.try_recv().ok().map(|message| self.counted(message))
    }

    /// Waits for the next message until `deadline`.
    pub(super) fn recv_deadline(&self, deadline: Instant) -> Result<Message, RecvTimeoutError> {
        let timeout = deadline.saturating_duration_since(Instant::now());
        self.rx.recv_timeout(timeout).map(|message| self.counted(message))
    }

    fn counted(&self, message: Message) -> Message {
        match &message {
            // An overflow of the system's own queue was counted, one of this queue was not.
            Message::Event(FsEvent::Overflow) if self.count.has_overflowed.swap(false, Ordering::AcqRel) => {}
            Message::Event(_) => {
                self.count.events.fetch_sub(1, Ordering::AcqRel);
            }
            Message::Read(_) | Message::Stop => {}
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(inbox: &Inbox) -> Vec<String> {
        let received = std::iter::from_fn(|| inbox.try_recv());
        received.map(|message| format!("{message:?}")).collect()
    }

    #[test]
    fn more_events_than_fit_become_one_overflow() {
        let (outbox, inbox) = channel();
        for _ in 0..2 {
            for count in 0..MAX_EVENTS + 1_000 {
                outbox.send_event(FsEvent::Closed(count.to_string().into()));
            }
            let received = events(&inbox);
            assert_eq!(received.len(), MAX_EVENTS + 1);
            assert_eq!(received[MAX_EVENTS], "Event(Overflow)");
        }
        outbox.send_event(FsEvent::Closed("last".into()));
        outbox.send_stop();
        assert_eq!(events(&inbox), ["Event(Closed(\"last\"))", "Stop"], "the queue is free again");
    }

    #[test]
    fn an_overflow_of_the_system_takes_one_slot() {
        let (outbox, inbox) = channel();
        for _ in 0..3 {
            outbox.send_event(FsEvent::Overflow);
        }
        assert_eq!(events(&inbox).len(), 3);
        assert_eq!(inbox.count.events.load(Ordering::Acquire), 0);
    }
}
