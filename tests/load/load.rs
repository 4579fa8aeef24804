//! Faults and load over real sockets, with figures for memory, clients and lost events.
//!
//! `cargo test -p it --test load` runs the short forms, `cargo test -p it --release --test load -- --long` the long ones;
//! any other argument selects tests by a part of their names. The tests measure the machine, so they run one
//! after another and print their figures even when they pass. That is why this binary has its own harness. It
//! is its own server too: a process's memory is best measured from outside, and must not include the clients.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod broken;
mod builds;
mod churn;
mod crowd;
mod events;
mod http;
mod kept;
mod order;
#[cfg(feature = "websocket")]
mod pings;
mod process;
mod proxy;
mod replay;
mod serve;
mod stream;
mod stuck;

use std::{
    env,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    time::{Duration, Instant},
};

use peak_alloc::PeakAlloc;

/// Counts the bytes that the process has allocated and not freed: an exact figure, while resident memory
/// includes what the allocator keeps for later.
#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// The first argument of this binary: none when a developer runs the tests, then `run` when it restarts
/// itself, and `serve` for each server.
const RUN: &str = "run-with-many-descriptors";
const SERVE: &str = "serve";

/// Long enough for the slowest machine; tests that pass don't wait for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The length of a test.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Seconds, with the other tests.
    Short,
    /// Minutes, by `make load`.
    Long,
}

impl Form {
    fn pick<T>(self, short: T, long: T) -> T {
        match self {
            Self::Short => short,
            Self::Long => long,
        }
    }
}

type Test = (&'static str, fn(Form));

const TESTS: &[Test] = &[
    ("clients_that_never_read_take_bounded_memory_and_delay_no_one", |form| {
        block_on(stuck::never_reading(form));
    }),
    ("nine_thousand_clients_all_receive_and_leave_nothing_behind", |form| {
        block_on(crowd::nine_thousand(form));
    }),
    ("ten_thousand_a_minute_come_and_go_and_the_others_miss_nothing", |form| {
        block_on(churn::coming_and_going(form));
    }),
    ("broken_connections_are_dropped_and_no_other_client_loses_an_event", |form| {
        block_on(broken::breaking(form));
    }),
    ("a_client_that_vanished_behind_rubbish_is_dropped_at_the_next_heartbeat", |_| {
        block_on(broken::gone_unseen());
    }),
    ("a_client_with_ids_gets_every_event_once_and_in_order_when_cut_off_often", |form| {
        block_on(replay::cut_again_and_again(form));
    }),
    ("builds_leave_memory_and_descriptors_as_they_were", |form| {
        block_on(builds::a_long_session(form));
    }),
    ("names_that_are_built_once_leave_a_bounded_set", kept::hashed_names),
    ("large_reports_leave_a_bounded_state_under_any_number_of_names", |form| {
        block_on(kept::large_reports(form));
    }),
    ("events_of_many_threads_have_one_order", |form| block_on(order::one_order(form))),
    #[cfg(feature = "websocket")]
    ("sockets_that_send_pings_and_never_read_take_bounded_memory", |form| {
        block_on(pings::never_reading(form));
    }),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == SERVE => serve::run(rest),
        Some((first, rest)) if first == RUN => run(rest),
        _ => start(&arguments),
    }
}

/// Restarts this binary with as many descriptors as the system allows; most shells allow 1,024.
#[cfg(target_os = "linux")]
fn start(arguments: &[String]) -> ExitCode {
    use std::{os::unix::process::CommandExt, process::Command};
    let script = r#"ulimit -n "$(ulimit -Hn)"; exec "$0" "$@""#;
    let itself = env::current_exe().unwrap();
    let error = Command::new("sh").args(["-c", script]).arg(itself).arg(RUN).args(arguments).exec();
    panic!("sh could not be started: {error}");
}

#[cfg(not(target_os = "linux"))]
fn start(_: &[String]) -> ExitCode {
    println!("skipped: memory and descriptors are read from Linux's /proc");
    ExitCode::SUCCESS
}

fn run(arguments: &[String]) -> ExitCode {
    let form = if arguments.iter().any(|argument| argument == "--long") { Form::Long } else { Form::Short };
    // Other arguments with a dash are for the usual harness.
    let parts: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let picked = |&&(name, _): &&Test| parts.is_empty() || parts.iter().any(|part| name.contains(&**part));
    let mut failed: Vec<&str> = Vec::new();
    for (name, test) in TESTS.iter().filter(picked) {
        println!("test {name}");
        let begin = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| test(form)));
        let seconds = begin.elapsed().as_secs_f64();
        println!("  {} in {seconds:.1} s", if outcome.is_ok() { "ok" } else { "FAILED" });
        failed.extend(outcome.is_err().then_some(name));
    }
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("failed: {failed:?}");
    ExitCode::FAILURE
}

/// Runs a test on its own runtime, which ends every task that the test leaves behind.
fn block_on(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.unwrap().block_on(test);
}

/// Prints one of the figures that a test measures.
macro_rules! figure {
    ($($argument:tt)*) => { println!("  {}", format_args!($($argument)*)) };
}
use figure;

/// Waits for a condition, and fails with its description after too long.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < PATIENCE, "{what} was not reached within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Converts bytes to mebibytes.
#[allow(clippy::cast_precision_loss, reason = "printed with one digit")]
fn mib(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
