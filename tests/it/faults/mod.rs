//! Faults around the layer: ends at bad moments, failing apps, jumping clocks.

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

/// Long enough for the slowest machine; tests that pass don't wait for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for a condition, outside of any runtime.
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "not met in time: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits for a condition while the server continues.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "not met in time: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Sends exactly this text, and reads everything until the connection ends.
pub(crate) async fn all_bytes(address: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let end = timeout(PATIENCE, socket.read_to_end(&mut bytes)).await.expect("the connection ends");
    // It may be reset: only the bytes before it matter.
    drop(end);
    String::from_utf8(bytes).unwrap()
}
