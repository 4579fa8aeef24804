//! The cost of the tag in an HTML page of 100 kB: `make bench-page`.
//!
//! The time is from a request to the last byte of its response, over a loopback connection that stays open.
//! The app alone, the app under the layer, and the app under tower-livereload are measured in turns, so that
//! other work on the machine affects all of them alike.

use std::{
    error::Error,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use axum::{Router, response::Html, routing::get, serve::ListenerExt};
use bytes::Bytes;
use tokio::{net::TcpListener, runtime::Runtime};
use tower_hot_middleware::{HotMiddleware, Options};
use tower_livereload::LiveReloadLayer;

const BYTES: usize = 100_000;

/// Number of requests in a turn, and number of turns.
const TURN: usize = 50;
const TURNS: usize = 80;

/// Time after which a response counts as missing.
const PATIENCE: Duration = Duration::from_secs(20);

fn main() -> Result<(), Box<dyn Error>> {
    let mut page = String::from("<!doctype html>\n<html>\n<head>\n<title>A page</title>\n</head>\n<body>\n");
    while page.len() < BYTES {
        page.push_str("<p class=\"text\">Some text, <a href=\"/elsewhere\">a link</a>.</p>\n");
    }
    let page = Bytes::from(page);
    let length = page.len();
    let app = || {
        let page = page.clone();
        Router::new().route("/", get(move || async { Html(page) }))
    };
    let runtime = Runtime::new()?;
    let off = HotMiddleware::new(Options::builder().enabled(false).build()?);
    let mut contestants = [
        ("app alone", Client::serve(&runtime, app())?),
        ("layer, disabled", Client::serve(&runtime, app().layer(off))?),
        ("layer", Client::serve(&runtime, app().layer(HotMiddleware::new(Options::default())))?),
        ("tower-livereload", Client::serve(&runtime, app().layer(LiveReloadLayer::new()))?),
    ];

    let mut times = [const { Vec::new() }; 4];
    for turn in 0..=TURNS {
        for ((_, client), times) in contestants.iter_mut().zip(&mut times) {
            let start = Instant::now();
            for _ in 0..TURN {
                client.load(length)?;
            }
            // The first turn warms up.
            if turn > 0 {
                times.push(start.elapsed() / u32::try_from(TURN)?);
            }
        }
    }

    println!("A page of {} kB over loopback\n", length / 1000);
    println!("| {:16} | median µs | of the app alone |", "");
    println!("|{}|----------:|-----------------:|", "-".repeat(18));
    let medians = times.map(|mut times| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1e6
    });
    for ((name, _), median) in contestants.iter().zip(medians) {
        println!("| {name:16} | {median:9.1} | {:16.3} |", median / medians[0]);
    }
    Ok(())
}

/// A connection to an app of its own.
struct Client {
    connection: TcpStream,
    request: String,
    buffer: Vec<u8>,
}

impl Client {
    fn serve(runtime: &Runtime, app: Router) -> Result<Self, Box<dyn Error>> {
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address: SocketAddr = listener.local_addr()?;
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap_or_default());
        runtime.spawn(axum::serve(listener, app).into_future());
        let connection = TcpStream::connect(address)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        let request = format!(
            "GET / HTTP/1.1\r\nhost: {address}\r\naccept: text/html\r\nsec-fetch-dest: document\r\n\
             sec-fetch-mode: navigate\r\n\r\n"
        );
        Ok(Self { connection, request, buffer: vec![0; 1 << 18] })
    }

    /// Requests the page and reads the whole response: its last bytes are the page's, or the end of its
    /// chunks.
    fn load(&mut self, length: usize) -> Result<(), Box<dyn Error>> {
        self.connection.write_all(self.request.as_bytes())?;
        let mut read = 0;
        loop {
            let more = self.connection.read(&mut self.buffer[read..])?;
            read += more;
            let answer = &self.buffer[..read];
            if more == 0 {
                return Err("the response ended early".into());
            }
            if read > length && (answer.ends_with(b"</p>\n") || answer.ends_with(b"\r\n0\r\n\r\n")) {
                return Ok(());
            }
        }
    }
}
