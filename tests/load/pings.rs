//! Sockets that send pings and read no pong.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{Form, PATIENCE, figure, mib, process::Server, stream::request};

const SOCKETS: usize = 4;
/// Number of bytes that a socket tries to send.
const FLOOD: usize = 550 << 20;
/// Memory allowed per socket: the bytes read ahead, the pongs in a vector with spare capacity, and the task.
const HELD: usize = 512 << 10;
/// Time without progress after which the server counts as having stopped reading.
const STALLED: Duration = Duration::from_secs(1);

/// Sends pings on several sockets until each connection is full.
pub(crate) async fn never_reading(form: Form) {
    // The heartbeat must not end a socket first.
    let mut server = Server::start(Duration::from_secs(600));
    let token = page_token(server.address).await;
    drop(socket(server.address, &token).await);
    server.has_clients(0).await;
    let start = server.quiet().await;
    server.ask("reset-peak");
    // The longest possible ping, and the shortest.
    let pings = [ping(&[b'x'; 125]), ping(b"")].map(|ping| ping.repeat((64 << 10) / ping.len()));
    let mut open = Vec::new();
    for n in 0..form.pick(SOCKETS, 10 * SOCKETS) {
        let mut stream = socket(server.address, &token).await;
        let taken = flood(&mut stream, &pings[n % 2]).await;
        assert!(taken < FLOOD / 4, "{taken} bytes were read from a peer that does not read");
        open.push((stream, taken));
    }
    server.has_clients(open.len()).await;
    let taken: usize = open.iter().map(|(_, taken)| taken).sum();
    let (heap, resident) = (server.heap_peak() - start.heap, server.resident_peak() - start.resident);
    figure!(
        "{} sockets sent pings and read nothing; {:.1} MiB went into their connections",
        open.len(),
        mib(taken)
    );
    figure!("memory grew at most by {:.1} MiB on the heap, {:.1} MiB resident", mib(heap), mib(resident));
    assert!(heap < open.len() * HELD, "the heap grew by {heap} bytes for {} sockets", open.len());
    drop(open);
    server.has_clients(0).await;
}

/// Sends until the connection is full; returns the number of bytes sent.
async fn flood(stream: &mut TcpStream, block: &[u8]) -> usize {
    let mut sent = 0;
    while sent < FLOOD {
        match timeout(STALLED, stream.write(&block[sent % block.len()..])).await {
            Ok(Ok(count)) => sent += count,
            Ok(Err(error)) => panic!("the server ended the connection after {sent} bytes: {error}"),
            Err(_) => break,
        }
    }
    sent
}

/// A client's ping frame, masked with zeros.
fn ping(payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [&[0x89, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

/// Opens a socket.
async fn socket(address: SocketAddr, token: &str) -> TcpStream {
    let headers = [
        ("Connection", "upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Protocol", "vite-hmr"),
    ];
    read_to(address, &request(&format!("/?token={token}"), &headers), "connected\"}").await.0
}

/// Returns the token in the tag of a page.
async fn page_token(address: SocketAddr) -> String {
    let (_, page) = read_to(address, &request("/page", &[("Sec-Fetch-Dest", "document")]), "</script>").await;
    page.split_once("\"token\":\"").unwrap().1.split('"').next().unwrap().to_owned()
}

/// Sends a request, and reads the response up to this text.
async fn read_to(address: SocketAddr, request: &str, end: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&answer).contains(end) {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "{answer:?}");
        }
    };
    timeout(PATIENCE, reading).await.expect("no response came");
    (stream, String::from_utf8_lossy(&answer).into_owned())
}
