//! What goes wrong around the layer: things that end at a bad moment, apps that fail, clocks that jump.

#[cfg(all(target_os = "linux", feature = "watch"))]
mod alone;
#[cfg(all(target_os = "linux", feature = "watch"))]
mod clock;
mod ending;
mod inner;
mod panics;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

#[cfg(all(target_os = "linux", feature = "watch"))]
pub(crate) use alone::alone;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const PATH: &str = "/__webpack_hmr";

/// Long enough for the slowest machine; nothing that passes waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what must come about soon, outside of any runtime.
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "it has not come about that {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits for what must come about soon, and lets the server go on meanwhile.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "it has not come about that {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Sends this very text, and reads all that comes back until the connection ends, wherever that is.
pub(crate) async fn all_bytes(address: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let end = timeout(PATIENCE, socket.read_to_end(&mut bytes)).await.expect("the connection ends");
    // Reset it may be: what came before counts.
    drop(end);
    String::from_utf8(bytes).unwrap()
}
