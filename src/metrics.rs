//! Counters, gauges and a histogram by the facade `metrics`, with the feature of that name. Without it nothing is counted, and
//! every call here is empty.
//!
//! No value has a label from outside, so that the number of series is bounded. `docs/inspector.md` lists the names.

#[cfg(feature = "metrics")]
use ::metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

#[cfg(feature = "metrics")]
const CLIENTS: &str = "hot_middleware_clients";
#[cfg(feature = "metrics")]
const STREAMS: &str = "hot_middleware_streams_opened_total";
#[cfg(feature = "metrics")]
const EVENTS: &str = "hot_middleware_events_total";
#[cfg(feature = "metrics")]
const SENT: &str = "hot_middleware_sent_bytes_total";
#[cfg(feature = "metrics")]
const LAGGED: &str = "hot_middleware_lagged_events_total";
#[cfg(feature = "metrics")]
const REFUSALS: &str = "hot_middleware_refusals_total";
#[cfg(feature = "metrics")]
const RECEIPTS: &str = "hot_middleware_receipts_total";
#[cfg(feature = "metrics")]
const BUILDS: &str = "hot_middleware_builds_total";
#[cfg(feature = "metrics")]
const PAINT: &str = "hot_middleware_paint_seconds";

/// Describes every value to the recorder that is installed.
pub(crate) fn describe() {
    #[cfg(feature = "metrics")]
    {
        describe_gauge!(CLIENTS, "Open event streams and sockets, by transport");
        describe_counter!(STREAMS, "Event streams and sockets that were opened, by transport");
        describe_counter!(EVENTS, "Events that entered the log for clients");
        describe_counter!(SENT, Unit::Bytes, "Bytes of event streams and messages of sockets, by transport");
        describe_counter!(LAGGED, "Events that clients were too slow to receive");
        describe_counter!(REFUSALS, "Requests that were refused by their host, origin or token");
        describe_counter!(RECEIPTS, "Answers of pages to builds and reloads, by outcome");
        describe_counter!(BUILDS, "Builds that sources have published, by result");
        describe_histogram!(PAINT, Unit::Seconds, "Time from an event in a page to the frame that shows it");
    }
}

/// The way in which a client receives events.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Transport {
    Events,
    #[cfg(feature = "websocket")]
    Socket,
}

#[cfg(feature = "metrics")]
impl Transport {
    fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            #[cfg(feature = "websocket")]
            Self::Socket => "websocket",
        }
    }
}

/// A connected client, counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Connected {
    #[cfg(feature = "metrics")]
    transport: Transport,
}

impl Connected {
    #[cfg_attr(not(feature = "metrics"), allow(unused_variables))]
    pub(crate) fn new(transport: Transport) -> Self {
        #[cfg(feature = "metrics")]
        {
            counter!(STREAMS, "transport" => transport.name()).increment(1);
            gauge!(CLIENTS, "transport" => transport.name()).increment(1);
        }
        Self {
            #[cfg(feature = "metrics")]
            transport,
        }
    }

    /// Counts bytes that are handed to the connection.
    #[cfg(any(feature = "metrics", feature = "websocket"))]
    #[inline]
    #[cfg_attr(not(feature = "metrics"), allow(unused_variables, clippy::unused_self))]
    pub(crate) fn sent(&self, bytes: usize) {
        #[cfg(feature = "metrics")]
        counter!(SENT, "transport" => self.transport.name()).increment(bytes as u64);
    }
}

#[cfg(feature = "metrics")]
impl Drop for Connected {
    fn drop(&mut self) {
        gauge!(CLIENTS, "transport" => self.transport.name()).decrement(1);
    }
}

/// Counts an event that has entered the log.
#[inline]
pub(crate) fn event() {
    #[cfg(feature = "metrics")]
    counter!(EVENTS).increment(1);
}

/// Counts events that a client has missed.
#[cfg(feature = "metrics")]
pub(crate) fn lagged(events: u64) {
    counter!(LAGGED).increment(events);
}

/// Counts a refused request.
#[inline]
pub(crate) fn refused() {
    #[cfg(feature = "metrics")]
    counter!(REFUSALS).increment(1);
}

/// Counts a build, which has failed or not.
#[inline]
#[cfg_attr(not(feature = "metrics"), allow(unused_variables))]
pub(crate) fn built(has_failed: bool) {
    #[cfg(feature = "metrics")]
    counter!(BUILDS, "result" => if has_failed { "failed" } else { "ok" }).increment(1);
}

/// Counts a receipt by its outcome. `paint` is the time that a page has taken to show an update.
#[cfg(feature = "metrics")]
pub(crate) fn receipt(outcome: &'static str, paint: Option<std::time::Duration>) {
    counter!(RECEIPTS, "outcome" => outcome).increment(1);
    if let Some(paint) = paint {
        histogram!(PAINT).record(paint);
    }
}
