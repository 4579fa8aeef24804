//! The time from a save to its event on a client's socket: `make bench-save`, or with cargo's `--profile dev`
//! the time in a development build.
//!
//! The time is from just before the file is written, in place, to the last byte of its `built` event, read
//! from a connection over the loopback interface. Then the time that the watcher takes to read a large tree,
//! compared with the least that this can take; `make bench-save BENCH_OPTIONS=start-up` measures that alone.
//! Fails if a save has no event.

use std::{
    error::Error,
    fs,
    hint::black_box,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use axum::Router;
use tokio::{net::TcpListener, runtime::Runtime};
use tower_hot_middleware::{HotMiddleware, Options, watch::Watch};

/// Cases by name: number of files, size of the saved one in bytes, and number of saves.
const CASES: [(&str, usize, usize, usize); 3] = [
    ("stylesheet of 1 kB among 20 files", 20, 1_000, 200),
    ("stylesheet of 100 kB among 20 files", 20, 100_000, 100),
    ("stylesheet of 1 kB among 50,000 files", 50_000, 1_000, 100),
];

/// Number of files for the measured start-up, and of start-ups.
const STARTED: usize = 50_000;
const STARTS: usize = 5;

const FILES_PER_FOLDER: usize = 500;

/// Long enough to separate the saves: changes in quick succession are batched into builds.
const PAUSE: Duration = Duration::from_millis(120);

/// Longest wait for an event.
const PATIENCE: Duration = Duration::from_secs(20);

fn main() -> Result<(), Box<dyn Error>> {
    let profile = if cfg!(debug_assertions) { "unoptimized" } else { "optimized" };
    println!("Write to event on the socket, {profile} build\n");
    if std::env::args().any(|argument| argument == "start-up") {
        return start_up();
    }
    println!("| {:40} | median ms | p90 ms | max ms |", "");
    println!("|{}|----------:|-------:|-------:|", "-".repeat(42));
    let runtime = Runtime::new()?;
    for (name, files, bytes, saves) in CASES {
        let site = Site::make(files)?;
        let mut times = measure(&runtime, &site, bytes, saves).map_err(|error| format!("{name}: {error}"))?;
        times.sort();
        let milliseconds = |share: usize| times[(times.len() * share).div_ceil(100) - 1].as_secs_f64() * 1e3;
        let [median, p90, max] = [50, 90, 100].map(milliseconds);
        println!("| {name:40} | {median:9.2} | {p90:6.2} | {max:6.2} |");
    }
    start_up()
}

/// Measures the time until a tree of files is known, and the time to walk it and read each file once.
fn start_up() -> Result<(), Box<dyn Error>> {
    let site = Site::make(STARTED)?;
    let (mut walks, mut starts, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let start = Instant::now();
        walk(&site.root)?;
        walks.push(start.elapsed());

        let start = Instant::now();
        let hot = HotMiddleware::new(Options::default());
        let _watch = hot.watch(Watch::new().files("/", &site.root))?.stop_on_drop();
        answers.push(start.elapsed());
        let runtime = Runtime::new()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        runtime.spawn(axum::serve(listener, Router::new().layer(hot.clone())).into_future());
        Client::connect(address)?.read_event("\"hash\":")?;
        starts.push(start.elapsed());
    }
    let [walk, start, answer] = [walks, starts, answers].map(|mut times| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1e3
    });
    println!(
        "\nStart-up on {STARTED} files: known after {start:.0} ms, {:.2} of walking and reading them",
        start / walk
    );
    println!(
        "in {walk:.0} ms; `watch` itself returns after {answer:.2} ms, and pages are served from then on"
    );
    Ok(())
}

fn walk(folder: &Path) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            walk(&entry.path())?;
        } else {
            black_box(fs::read(entry.path())?);
        }
    }
    Ok(())
}

fn measure(
    runtime: &Runtime,
    site: &Site,
    bytes: usize,
    saves: usize,
) -> Result<Vec<Duration>, Box<dyn Error>> {
    let hot = HotMiddleware::new(Options::default());
    let _watch = hot.watch(Watch::new().files("/", &site.root))?.stop_on_drop();
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr()?;
    let app = Router::new().fallback(|| async { "an app" }).layer(hot.clone());
    let server = runtime.spawn(axum::serve(listener, app).into_future());

    let mut client = Client::connect(address)?;
    client.read_event("\"hash\":")?;
    let times = (0..saves)
        .map(|save| {
            let text = stylesheet(save, bytes);
            thread::sleep(PAUSE);
            let start = Instant::now();
            fs::write(site.saved(), text)?;
            client.read_event("\"action\":\"built\"")?;
            Ok(start.elapsed())
        })
        .collect();
    server.abort();
    times
}

fn stylesheet(save: usize, bytes: usize) -> String {
    let mut text = format!("body {{ margin: {save}px }}\n");
    while text.len() < bytes {
        text.push_str(".card > .title:hover { color: rebeccapurple }\n");
    }
    text
}

/// A client that reads the stream as the page's does, without a browser's delays.
struct Client {
    connection: TcpStream,
    buffer: Vec<u8>,
    unread: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr) -> Result<Self, Box<dyn Error>> {
        let mut connection = TcpStream::connect(address)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        write!(connection, "GET /__webpack_hmr?ids&changes HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
        Ok(Self { connection, buffer: vec![0; 1 << 17], unread: Vec::new() })
    }

    /// Reads up to the end of an event that contains `mark`.
    ///
    /// The received bytes are searched once, at the end of an event and of its HTTP chunk: an unoptimized
    /// search of each piece would take as long as the measured time.
    fn read_event(&mut self, mark: &str) -> Result<(), Box<dyn Error>> {
        loop {
            let read = self
                .connection
                .read(&mut self.buffer)
                .map_err(|error| format!("no event with {mark} within {PATIENCE:?}: {error}"))?;
            if read == 0 {
                return Err(format!("the stream has ended without an event with {mark}").into());
            }
            self.unread.extend_from_slice(&self.buffer[..read]);
            if self.unread.ends_with(b"\n\n\r\n") {
                let found = String::from_utf8_lossy(&self.unread).contains(mark);
                self.unread.clear();
                if found {
                    return Ok(());
                }
            }
        }
    }
}

/// A folder of files, removed when it is dropped.
struct Site {
    root: PathBuf,
}

impl Site {
    fn make(files: usize) -> Result<Self, Box<dyn Error>> {
        let site = Self { root: std::env::temp_dir().join(format!("write-to-event-{}", std::process::id())) };
        for folder in 0..files.div_ceil(FILES_PER_FOLDER) {
            let path = site.root.join(format!("folder-{folder}"));
            fs::create_dir_all(&path)?;
            for file in 0..FILES_PER_FOLDER.min(files - folder * FILES_PER_FOLDER) {
                fs::write(path.join(format!("{file}.txt")), format!("{folder} {file}"))?;
            }
        }
        fs::write(site.saved(), "")?;
        Ok(site)
    }

    fn saved(&self) -> PathBuf {
        Path::new(&self.root).join("style.css")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.root) {
            eprintln!("{} stays: {error}", self.root.display());
        }
    }
}
