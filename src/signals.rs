//! SIGINT and SIGTERM, where the app handles them itself.
//!
//! A handler replaces the default action of a signal, which is to end the process at once. So one is added only beside the
//! app's own: where no handler is, none is installed, and Ctrl-C ends the app as ever.

use std::{fs, future::poll_fn, pin::pin, task::Poll, time::Duration};

use futures_util::future::{Either, select};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};

/// The first and the longest pause between two looks at the app's handlers. An app may install one after its server has
/// accepted the first connection.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(5));

const KINDS: [SignalKind; 2] = [SignalKind::interrupt(), SignalKind::terminate()];

/// Completes when the process receives a signal that the app handles.
///
/// # Panics
/// Outside of a Tokio runtime with a clock, like [`sleep`], and with I/O, which sockets need as well.
pub(crate) async fn handled() {
    let mut signals: [Option<Signal>; KINDS.len()] = Default::default();
    let mut pause = PAUSE.0;
    loop {
        let caught = fs::read_to_string("/proc/self/status").map_or(0, |status| caught(&status));
        for (kind, listening) in KINDS.into_iter().zip(&mut signals) {
            if listening.is_none() && caught & bit(kind) != 0 {
                *listening = signal(kind).ok();
            }
        }
        let is_complete = signals.iter().all(Option::is_some);
        let received = poll_fn(|cx| {
            let is_received = signals.iter_mut().flatten().any(|signal| signal.poll_recv(cx).is_ready());
            if is_received { Poll::Ready(()) } else { Poll::Pending }
        });
        if is_complete {
            return received.await;
        }
        if let Either::Left(_) = select(pin!(received), pin!(sleep(pause))).await {
            return;
        }
        pause = (pause * 2).min(PAUSE.1);
    }
}

/// The bit of a signal in a mask of `/proc`.
fn bit(kind: SignalKind) -> u64 {
    1 << (kind.as_raw_value() - 1)
}

/// The signals that a process handles, from its `/proc/PID/status` (`proc_pid_status(5)`).
fn caught(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handled_signals_are_read_from_the_process_status() {
        let [interrupt, terminate] = KINDS.map(bit);
        assert_eq!((interrupt, terminate), (0x2, 0x4000));
        for (status, expected) in [
            ("Name:\tapp\nSigIgn:\t0000000000004002\nSigCgt:\t0000000000000002\nCapInh:\t0\n", interrupt),
            ("SigCgt:\t0000000100004442", terminate | interrupt | 0x1_0000_0440),
            ("SigIgn:\tffffffffffffffff\n", 0),
            ("SigCgt:\tx\n", 0),
            ("", 0),
        ] {
            assert_eq!(caught(status), expected, "{status:?}");
        }
    }
}
