//! One measurement of one server.

use std::{
    io::Result,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    load::Load,
    server::{Contestant, Server},
};

/// Time in which a server finishes its other work.
const PAUSE: Duration = Duration::from_millis(3);
const LONG_PAUSE: Duration = Duration::from_millis(150);

/// An event that is published.
#[derive(Clone, Copy)]
pub struct Event {
    pub command: &'static str,
    /// Smallest number of bytes that each client receives.
    bytes: usize,
}

pub const SMALL: Event = Event { command: "small", bytes: 200 };
pub const BUILD: Event = Event { command: "build", bytes: 92_000 };

/// The cost of a series of events.
pub struct Series {
    /// Number of bytes of resident memory for each idle client.
    pub idle: f64,
    /// Seconds of the server's CPU time for each delivered event.
    pub cpu: f64,
    /// Times from each publication to the last client's last byte.
    pub latencies: Vec<Duration>,
}

/// Connects clients, lets them be idle, and publishes a series of events to them.
pub fn series(contestant: Contestant, clients: usize, event: Event, events: usize) -> Result<Series> {
    let mut server = Server::start(contestant)?;
    sleep(PAUSE);
    let empty = server.resident()?;
    let mut load = Load::connect(server.port, clients)?;
    load.all_received(1)?;
    load.rest(LONG_PAUSE)?;
    let idle = server.resident()?.saturating_sub(empty) as f64 / clients as f64;

    let mut latencies = Vec::with_capacity(events);
    let mut cpu = Duration::ZERO;
    for number in 0..=events {
        load.forget();
        let before = server.cpu()?;
        let start = Instant::now();
        server.publish(event.command)?;
        let time = load.all_received(event.bytes)? - start;
        sleep(PAUSE);
        // The first one warms up.
        if number > 0 {
            cpu += server.cpu()? - before;
            latencies.push(time);
        }
    }
    Ok(Series { idle, cpu: cpu.as_secs_f64() / (events * clients) as f64, latencies })
}

/// The cost of many clients that connect at once and receive the latest build.
pub struct Rush {
    /// Seconds from the first connection to the last client's last byte.
    pub time: f64,
    /// Seconds of the server's CPU time for each client.
    pub cpu: f64,
}

pub fn rush(contestant: Contestant, clients: usize) -> Result<Rush> {
    let mut server = Server::start(contestant)?;
    // Events are only published while a client is connected.
    let mut first = Load::connect(server.port, 1)?;
    first.all_received(1)?;
    first.rest(LONG_PAUSE)?;
    first.forget();
    server.publish(BUILD.command)?;
    first.all_received(BUILD.bytes)?;
    sleep(LONG_PAUSE);
    let before = server.cpu()?;
    let start = Instant::now();
    let mut load = Load::connect(server.port, clients)?;
    let time = load.all_received(BUILD.bytes)? - start;
    sleep(LONG_PAUSE);
    Ok(Rush { time: time.as_secs_f64(), cpu: (server.cpu()? - before).as_secs_f64() / clients as f64 })
}
