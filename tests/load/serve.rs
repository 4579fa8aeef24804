//! The server process: an axum app under the layer, controlled by lines on its standard input.
//!
//! Every line is answered by a number. The server ends with its input, so that it can't outlive its test.

use std::{
    io::{BufRead, Write, stdin, stdout},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use axum::{Router, response::Html, routing::get};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::net::TcpListener;
use tower_hot_middleware::{HotMiddleware, Options};

use crate::{HEAP, builds::build};

/// Serves until standard input ends.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let heartbeat = Duration::from_millis(arguments[0].parse().unwrap());
    let hot = HotMiddleware::new(Options::builder().heartbeat(heartbeat).build().unwrap());
    let page = || async { Html("<!doctype html>") };
    let app = Router::new().route("/", get(|| async { "the app" })).route("/page", get(page));
    let app = app.layer(hot.clone());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    println!("{}", listener.local_addr().unwrap());
    runtime.spawn(async move { axum::serve(listener, app).await });

    let mut publisher = Publisher { hot, published: 0, background: None };
    for line in stdin().lock().lines() {
        println!("{}", publisher.answer(&line.unwrap()));
        stdout().flush().unwrap();
    }
    ExitCode::SUCCESS
}

/// Publishes events with consecutive numbers.
struct Publisher {
    hot: HotMiddleware,
    published: u64,
    background: Option<Background>,
}

/// A thread that publishes until it is stopped.
struct Background {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Publisher {
    fn answer(&mut self, line: &str) -> u64 {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| words[at].parse::<u64>().unwrap();
        match words[0] {
            "clients" => self.hot.client_count() as u64,
            "heap" => HEAP.current_usage() as u64,
            "heap-peak" => HEAP.peak_usage() as u64,
            "reset-peak" => {
                HEAP.reset_peak_usage();
                0
            }
            "published" => self.published,
            "publish" => self.publish(number(1), number(2)),
            "build" => self.build(number(1)),
            "begin" => self.begin(number(1), number(2)),
            "stop" => self.stop(),
            other => panic!("no such command: {other:?}"),
        }
    }

    /// Publishes events of about this many bytes; returns the number of the last one.
    fn publish(&mut self, count: u64, size: u64) -> u64 {
        let fill = fill(size);
        for _ in 0..count {
            self.published += 1;
            publish(&self.hot, self.published, &fill);
        }
        self.published
    }

    /// Publishes builds whose hashes are their numbers.
    fn build(&mut self, count: u64) -> u64 {
        for _ in 0..count {
            self.published += 1;
            self.hot.built(build(self.published));
        }
        self.published
    }

    /// Starts publishing events of about this many bytes at an interval in microseconds.
    fn begin(&mut self, every: u64, size: u64) -> u64 {
        let stop = Arc::new(AtomicBool::new(false));
        let (hot, mut number, stopped) = (self.hot.clone(), self.published, stop.clone());
        let thread = thread::spawn(move || {
            let fill = fill(size);
            let mut next = Instant::now();
            while !stopped.load(Relaxed) {
                number += 1;
                publish(&hot, number, &fill);
                next += Duration::from_micros(every);
                thread::sleep(next.saturating_duration_since(Instant::now()));
            }
            number
        });
        self.background = Some(Background { stop, thread });
        self.published
    }

    /// Stops what `begin` started; returns the number of the last event.
    fn stop(&mut self) -> u64 {
        let Background { stop, thread } = self.background.take().expect("nothing was begun");
        stop.store(true, Relaxed);
        self.published = thread.join().unwrap();
        self.published
    }
}

/// Returns a JSON string of this many bytes. Raw, because unoptimized escaping would take longer than
/// sending.
fn fill(size: u64) -> Box<RawValue> {
    let text = "x".repeat(usize::try_from(size).unwrap());
    RawValue::from_string(format!("\"{text}\"")).unwrap()
}

fn publish(hot: &HotMiddleware, n: u64, fill: &RawValue) {
    #[derive(Serialize)]
    struct Numbered<'a> {
        n: u64,
        fill: &'a RawValue,
    }
    hot.publish(&Numbered { n, fill }).unwrap();
}
