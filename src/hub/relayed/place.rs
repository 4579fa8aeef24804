//! Positions in a log that several processes share, and their ids.

use std::fmt;

/// The largest number of other processes' events ahead that an id names. An id is at most 128 bytes long.
const MAX_SEEN: usize = 3;

/// A process that publishes: a number drawn at its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Origin(pub(crate) u32);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl Origin {
    /// Parses what [`Display`](fmt::Display) writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        u32::from_str_radix(text, 16).ok().map(Self)
    }
}

/// An event's position, kept with it in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Note {
    /// Number of the event in the shared log; of the event before it if it is ahead.
    pub(crate) at: u64,
    pub(crate) origin: Origin,
    /// Number of the event among those of its origin; 0 for an event that every client receives.
    pub(crate) count: u64,
    /// Set for an event of this process that is not in the shared log yet.
    pub(crate) is_ahead: bool,
}

/// A client's position: the events that it has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The shared log; 0 before there is one.
    pub(crate) epoch: u64,
    /// Number of the latest event in the shared log that it has seen.
    pub(crate) at: u64,
    /// Events that were seen ahead of the shared log: all of an origin up to a number.
    seen: Vec<(Origin, u64)>,
}

impl Place {
    pub(crate) fn new(epoch: u64, at: u64) -> Self {
        Self { epoch, at, seen: Vec::new() }
    }

    /// Returns true if the client has seen the event.
    pub(crate) fn has(&self, note: &Note) -> bool {
        if !note.is_ahead && note.at <= self.at {
            return true;
        }
        note.count > 0 && self.seen.iter().any(|&(origin, seen)| origin == note.origin && note.count <= seen)
    }

    /// Notes that the client has seen an event.
    pub(crate) fn advance(&mut self, note: &Note) {
        if note.is_ahead {
            return self.see(note.origin, note.count);
        }
        self.at = self.at.max(note.at);
        self.seen.retain(|&(origin, seen)| origin != note.origin || seen > note.count);
    }

    /// Notes that the client has seen all events of an origin up to this one, wherever they are in the shared log.
    pub(crate) fn see(&mut self, origin: Origin, count: u64) {
        match self.seen.iter_mut().find(|(other, _)| *other == origin) {
            Some((_, seen)) => *seen = (*seen).max(count),
            None => {
                if self.seen.len() == MAX_SEEN {
                    self.seen.remove(0);
                }
                self.seen.push((origin, count));
            }
        }
    }

    /// Adds what another place has seen ahead of the shared log.
    pub(crate) fn merge(&mut self, other: &Self) {
        for &(origin, count) in &other.seen {
            self.see(origin, count);
        }
    }

    /// Parses an id.
    pub(crate) fn parse(id: &str) -> Option<Self> {
        let mut parts = id.split('~');
        let (epoch, at) = parts.next()?.split_once('-')?;
        let mut place = Self::new(epoch.parse().ok()?, at.parse().ok()?);
        for part in parts.take(MAX_SEEN) {
            let (origin, count) = part.split_once('.')?;
            place.see(Origin::parse(origin)?, count.parse().ok()?);
        }
        Some(place)
    }
}

/// The id, such as `1764300000000-17`: that of the event's entry in the shared log. Events that were seen ahead follow.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.at)?;
        self.seen.iter().try_for_each(|(origin, count)| write!(f, "~{origin}.{count}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Origin = Origin(0xa);
    const B: Origin = Origin(0xb);

    fn shared(at: u64, origin: Origin, count: u64) -> Note {
        Note { at, origin, count, is_ahead: false }
    }

    fn ahead(at: u64, origin: Origin, count: u64) -> Note {
        Note { at, origin, count, is_ahead: true }
    }

    #[test]
    fn an_id_is_parsed_as_it_is_written() {
        let mut place = Place::new(1_764_300_000_000, 17);
        assert_eq!(place.to_string(), "1764300000000-17");
        place.advance(&ahead(17, A, 4));
        assert_eq!(place.to_string(), "1764300000000-17~0000000a.4");
        assert_eq!(Place::parse(&place.to_string()), Some(place));
        for invalid in ["", "1", "x-1", "1-x", "1-1~", "1-1~a", "1-1~a.x", "1-1~x.1", "5d1f0a3c-7"] {
            assert_eq!(Place::parse(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn the_longest_id_fits_into_a_query() {
        let mut place = Place::new(u64::MAX, 1 << 40);
        for origin in 0..9 {
            place.see(Origin(u32::MAX - origin), 1 << 40);
        }
        assert!(place.to_string().len() <= 128, "{place}");
    }

    #[test]
    fn an_event_that_was_seen_ahead_is_not_seen_again() {
        let mut place = Place::new(1, 5);
        place.advance(&ahead(5, A, 7));
        place.advance(&ahead(5, A, 8));
        let cases = [
            ("an earlier one", shared(5, B, 1), true),
            ("another origin's", shared(6, B, 7), false),
            ("the first one ahead", shared(7, A, 7), true),
            ("a later one ahead", ahead(5, A, 9), false),
            ("a later one", shared(9, A, 9), false),
            ("one for everybody", shared(9, A, 0), false),
        ];
        for (case, note, has) in cases {
            assert_eq!(place.has(&note), has, "{case}");
        }
        place.advance(&shared(7, A, 7));
        assert!(place.has(&shared(8, A, 8)));
        place.advance(&shared(8, A, 8));
        assert_eq!(place, Place::new(1, 8), "once it is in the shared log, its number is enough");
    }
}
