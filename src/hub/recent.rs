//! The latest events and the fill of the log, on request.

use super::Hub;
use crate::wire::Frame;

/// The most events that are returned at once.
const MOST: usize = 128;

/// An event in the log.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    /// Its number in the log.
    pub(crate) number: u64,
    /// The number by which receipts name it.
    pub(crate) event: u64,
    pub(crate) frame: Frame,
}

/// The fill of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fill {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
    pub(crate) most_events: usize,
    pub(crate) most_bytes: usize,
}

impl Hub {
    /// Returns the latest events after the one with this number, the latest last.
    pub(crate) fn recent(&self, after: u64) -> Vec<Logged> {
        let state = self.lock();
        let (first, count) = (state.first(), state.log.len());
        let index_of = |number: u64| usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX);
        let from = index_of(after.saturating_add(1)).max(count.saturating_sub(MOST));
        let logged = |index: usize| {
            let number = first + index as u64;
            #[cfg(feature = "redis")]
            let note = state.log.note(index).filter(|_| state.relayed.is_shared());
            #[cfg(feature = "redis")]
            let event = note.map_or(number, |note| note.at);
            #[cfg(not(feature = "redis"))]
            let event = number;
            Some(Logged { number, event, frame: state.log.get(index)?.clone() })
        };
        (from..count).filter_map(logged).collect()
    }

    /// Returns the start of the ids of this process's events.
    pub(crate) fn boot(&self) -> &str {
        &self.boot
    }

    pub(crate) fn fill(&self) -> Fill {
        let state = self.lock();
        let (events, bytes) = (state.log.len(), state.log.bytes());
        drop(state);
        Fill { events, bytes, most_events: self.bound.events.get(), most_bytes: self.bound.bytes }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    fn texts(hub: &Hub, after: u64) -> Vec<(u64, String)> {
        let text = |logged: Logged| {
            assert_eq!(logged.event, logged.number);
            (logged.number, String::from_utf8(logged.frame.json().to_vec()).unwrap())
        };
        hub.recent(after).into_iter().map(text).collect()
    }

    #[test]
    fn the_latest_events_are_those_after_a_number() {
        let hub = Hub::new(const { NonZeroUsize::new(3).unwrap() }, 4096);
        assert_eq!(texts(&hub, 0), []);
        hub.make_resumable();
        for event in ["1", "2", "3", "4", "5"] {
            let Ok(()) = hub.publish(|| Ok::<_, std::convert::Infallible>(Frame::new(event.as_bytes())));
        }
        let last = |count: usize| -> Vec<_> { (6 - count as u64..6).map(|n| (n, n.to_string())).collect() };
        assert_eq!(texts(&hub, 0), last(3));
        assert_eq!(texts(&hub, 4), last(1));
        assert_eq!(texts(&hub, 5), []);
        assert_eq!(texts(&hub, u64::MAX), [], "of another process");
        let Fill { events, bytes, most_events, most_bytes } = hub.fill();
        assert_eq!((events, most_events, most_bytes), (3, 3, 4096));
        assert_eq!(bytes, 3 * "data: 1\n\n".len());
    }

    #[test]
    fn the_number_of_events_is_bounded() {
        let hub = Hub::new(const { NonZeroUsize::new(1_000).unwrap() }, 1 << 20);
        hub.make_resumable();
        for n in 0..1_000 {
            let event = n.to_string();
            let Ok(()) = hub.publish(|| Ok::<_, std::convert::Infallible>(Frame::new(event.as_bytes())));
        }
        let texts = texts(&hub, 0);
        assert_eq!((texts.len(), texts[0].0), (MOST, 1_001 - MOST as u64));
    }
}
