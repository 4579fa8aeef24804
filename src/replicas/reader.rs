//! The thread that reads the shared log and applies its operations.

use std::{sync::Arc, time::Duration};

use redis::{Connection, RedisResult};

use super::{
    applied::Applied,
    relay::Relay,
    store::{Entry, Loaded},
};
use crate::hub::{
    Applied as Outcome, Hub,
    relayed::{Counts, Done, Join, Note, Operation},
};

/// The pauses between attempts to connect.
const RETRY: Duration = Duration::from_millis(200);

/// The largest number of origins that are remembered.
const MAX_ORIGINS: usize = 4096;

pub(super) fn run(relay: &Arc<Relay>) {
    while relay.is_running() {
        let ended = relay.store.connect().and_then(|mut connection| follow(relay, &mut connection));
        if let Err(error) = ended {
            relay.lost(&error);
            relay.wait(RETRY);
        }
    }
}

/// Reads until the connection is lost or the hub is closed.
fn follow(relay: &Relay, connection: &mut Connection) -> RedisResult<()> {
    if !reads_on(relay, connection)? {
        join(relay, connection)?;
    }
    relay.reads(true);
    while relay.is_running() {
        let position = relay.position();
        let entries = relay.store.read(connection, position)?;
        let is_next = |entry: &Entry| (entry.epoch, entry.at) == (position.0, position.1 + 1);
        match entries.first() {
            Some(first) if is_next(first) => apply_all(relay, entries),
            // The oldest events were dropped before they were read, or there is another log.
            Some(_) => join(relay, connection)?,
            None => {
                let end = relay.store.end(connection)?;
                if end.0 != position.0 || end.1 < position.1 {
                    join(relay, connection)?;
                }
            }
        }
    }
    Ok(())
}

/// Returns true if the log is the one that was read before the connection was lost.
fn reads_on(relay: &Relay, connection: &mut Connection) -> RedisResult<bool> {
    let (position, latest) = relay.latest();
    if position.0 == 0 {
        return Ok(false);
    }
    let end = relay.store.end(connection)?;
    if end.0 != position.0 || end.1 < position.1 {
        return Ok(false);
    }
    let entry = relay.store.entry(connection, position)?;
    // If it was dropped, the next event shows how many are missing.
    Ok(entry.is_none_or(|entry| Some((entry.origin, entry.count)) == latest))
}

/// Reads all of the shared log: at the start, and if events are missing.
fn join(relay: &Relay, connection: &mut Connection) -> RedisResult<()> {
    let position = relay.position();
    let loaded = relay.store.load(connection, position, relay.origin)?;
    let Some(hub) = relay.hub.upgrade() else { return Ok(()) };
    let is_new = loaded.epoch != position.0;
    let lost = enter(relay, &hub, position, loaded);
    if is_new {
        let operations = hub.builds().into_iter().map(|build| Operation::Known(Box::new(build)));
        let builds: Vec<_> = operations.filter_map(|built| Some((built.encode().ok()?, built))).collect();
        let builds: Vec<_> = builds.into_iter().map(|(text, built)| (built, text)).collect();
        if !builds.is_empty() {
            relay.store.restore(connection, relay.position().0, &builds)?;
        }
    }
    if position.0 > 0 {
        tracing::debug!(lost, is_new, "the relay's log has a gap; pages are caught up");
    }
    Ok(())
}

/// Replaces the hub's log by the shared one. Returns the number of events that were missed.
fn enter(relay: &Relay, hub: &Arc<Hub>, position: (u64, u64), loaded: Loaded) -> u64 {
    let Loaded { epoch, at, count, was, earlier, entries } = loaded;
    let floor = entries.first().map_or(at, |first| first.at.saturating_sub(1));
    let lost = if epoch == position.0 {
        floor.saturating_sub(position.1).max(1)
    } else if position.0 == 0 {
        // Its events are older than this process, as far as it knows.
        u64::from(at > 0)
    } else {
        // A log that was begun where this process is goes on with what is new.
        u64::from(floor > 0 || was != format!("{}-{}", position.0, position.1))
    };
    let earlier = earlier.iter().filter_map(|text| Operation::decode(text).ok()).collect();
    let mut applied = relay.applied();
    // What was sent and has fallen out of the log does not come back.
    let first_own = entries.iter().find(|entry| entry.origin == relay.origin).map(|entry| entry.count);
    let dones = relay.drop_until(first_own.map_or(count, |first| first - 1));
    hub.join(Join { epoch, floor, lost, earlier });
    // In a log that goes on with what is new, a process may have dropped events while there was none.
    let counts = if lost == 0 { std::mem::take(&mut applied.counts) } else { Counts::default() };
    *applied = Applied { position: (epoch, floor), counts, ..Applied::default() };
    let mut dones: Vec<_> = dones.into_iter().map(|done| (done, Outcome::Unchanged)).collect();
    for entry in entries {
        apply(relay, hub, &mut applied, entry, &mut dones);
    }
    hub.open();
    drop(applied);
    hub.wake_clients();
    relay.resend();
    for (done, outcome) in dones {
        done(outcome);
    }
    lost
}

fn apply_all(relay: &Relay, entries: Vec<Entry>) {
    let Some(hub) = relay.hub.upgrade() else { return };
    let mut dones = Vec::new();
    let mut applied = relay.applied();
    for entry in entries {
        // Another log, or a gap: the next read begins there.
        if (entry.epoch, entry.at) != (applied.position.0, applied.position.1 + 1) {
            break;
        }
        apply(relay, &hub, &mut applied, entry, &mut dones);
    }
    drop(applied);
    hub.wake_clients();
    for (done, outcome) in dones {
        done(outcome);
    }
}

fn apply(
    relay: &Relay,
    hub: &Arc<Hub>,
    applied: &mut Applied,
    entry: Entry,
    dones: &mut Vec<(Done, Outcome)>,
) {
    let Entry { epoch, at, origin, count, before, text } = entry;
    let note = Note { at, origin, count, is_ahead: false };
    applied.position = (epoch, at);
    applied.latest = Some((origin, count));
    let previous = applied.counts.insert(origin, count);
    if applied.counts.len() > MAX_ORIGINS {
        applied.counts = Counts::from([(origin, count)]);
    }
    if origin == relay.origin {
        if let Some(own) = relay.take(count) {
            if own.is_applied && !own.is_overtaken {
                hub.settle(own.operation, note);
            } else {
                // After another process's build, pages that had this one need it again.
                let note = if own.is_overtaken { Note { count: 0, ..note } } else { note };
                let outcome = hub.apply_operation(own.operation, note);
                if own.is_overtaken {
                    hub.note_settled(Note { at, origin, count, is_ahead: false });
                }
                dones.extend(own.done.map(|done| (done, outcome)));
            }
            return;
        }
    } else if let Some(missing) =
        previous.map(|previous| count.saturating_sub(previous + 1)).filter(|n| *n > 0)
    {
        // That process has dropped events while the shared log was away.
        hub.lose(missing);
    }
    match Operation::decode(&text) {
        Ok(operation) => {
            if let Some(build) = operation.build() {
                relay.overtake(build.key());
                hub.expect_previous(build, &before);
            }
            hub.apply_operation(operation, note);
        }
        // Another version's operation, which this one does not know.
        Err(error) => {
            tracing::debug!("an operation of another process is not understood: {error}");
            hub.note_settled(note);
        }
    }
}
