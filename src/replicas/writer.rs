//! The thread that sends this process's operations to the shared log, and counts its clients there.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use redis::{Connection, RedisResult};

use super::relay::Relay;

/// The time between two counts of the clients, and after which a process counts as gone.
const BEAT: Duration = Duration::from_secs(1);
const LIFETIME: Duration = Duration::from_secs(5);

/// The pauses between attempts to connect, and between two looks at the time.
const RETRY: Duration = Duration::from_millis(200);
const TICK: Duration = Duration::from_millis(100);

/// The time that a closed hub's last operations have.
const FAREWELL: Duration = Duration::from_secs(1);

/// The most operations of one call, and their bytes.
const MAX_BATCH: usize = 256;
const MAX_BATCH_BYTES: usize = 1 << 20;

pub(super) fn run(relay: &Arc<Relay>) {
    let mut connection = None;
    let mut closed_at = None;
    let mut beat_at = Instant::now();
    loop {
        if !relay.is_running() {
            let closed_at = *closed_at.get_or_insert_with(Instant::now);
            if relay.is_sent() || closed_at.elapsed() > FAREWELL {
                return;
            }
        }
        relay.apply_due();
        if let Err(error) = work(relay, &mut connection, &mut beat_at) {
            connection = None;
            relay.lost(&error);
            relay.wait(RETRY);
            if closed_at.is_some() {
                thread::sleep(TICK);
            }
        } else {
            relay.writes();
            relay.wait_for_operations(TICK);
        }
    }
}

fn work(relay: &Relay, connection: &mut Option<Connection>, beat_at: &mut Instant) -> RedisResult<()> {
    let connection = match connection {
        Some(connection) => connection,
        None => {
            relay.resend();
            connection.insert(relay.store.connect()?)
        }
    };
    // Nothing is sent before the log is read, so that its end is known.
    while relay.has_joined() {
        let operations = relay.unsent(MAX_BATCH, MAX_BATCH_BYTES);
        let Some((last, ..)) = operations.last() else { break };
        relay.store.append(connection, relay.position(), relay.bound, relay.origin, &operations)?;
        relay.sent(*last);
    }
    if Instant::now() >= *beat_at {
        *beat_at = Instant::now() + BEAT;
        if let Some(hub) = relay.hub.upgrade() {
            let others = relay.store.beat(connection, relay.origin, hub.client_count(), LIFETIME)?;
            relay.set_others(others);
        }
    }
    Ok(())
}
