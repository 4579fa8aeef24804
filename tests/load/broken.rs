//! Connections that break, each kind many times, next to a client that must receive everything.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    Form, PATIENCE, figure, mib,
    process::Server,
    stream::{Crowd, PATH, Stream, request},
};

/// Number of connections that break in each way.
const EACH: usize = 50;
/// More than the sockets' buffers hold, so that the server is still sending it when a client goes.
const BIG: usize = 12_000_000;
/// A heartbeat that no test waits for.
const HOUR: Duration = Duration::from_secs(3600);
/// Bytes that are not a valid request.
const RUBBISH: &[u8] = b"\x16\x03\x01\x00\xff\r\n\r\nGET \xff\xfe nothing HTTP/9.9\r\n: :\r\n\r\n\0\0\0";

pub(crate) async fn breaking(form: Form) {
    let mut server = Server::start(Duration::from_secs(10));
    let mut steady = Crowd::join(&mut server, PATH, 1).await;
    all_kinds(&mut server, &mut steady).await;
    let start = server.quiet().await;
    let rounds = form.pick(1, 10);
    let begin = Instant::now();
    for _ in 0..rounds {
        all_kinds(&mut server, &mut steady).await;
    }
    let end = server.is_back_at(start, 1).await;
    figure!("{rounds} x {EACH} connections broke in each of 7 ways, in {:.1?}", begin.elapsed());
    figure!(
        "heap {:.2} MiB, then {:.2} MiB; descriptors {}, then {}; {} events, all at the client that stayed",
        mib(start.heap),
        mib(end.heap),
        start.descriptors,
        end.descriptors,
        server.ask("published"),
    );
}

async fn all_kinds(server: &mut Server, steady: &mut Crowd) {
    let address = server.address;
    // Gone in the middle of an event, by a reset, or by a close with unread bytes, which the kernel turns
    // into a reset.
    for reset in [true, false] {
        let sockets = connected(server, 1 + EACH).await;
        let last = server.ask(&format!("publish 1 {BIG}"));
        for mut socket in sockets {
            begin_to_read(&mut socket).await;
            if reset {
                socket.set_zero_linger().unwrap();
            }
        }
        server.has_clients(1).await;
        steady.has_read(last).await;
    }
    // Half closed: the server closes connections that can't send another request.
    for mut socket in connected(server, 1 + EACH).await {
        socket.shutdown().await.unwrap();
        rest(&mut socket).await;
    }
    server.has_clients(1).await;
    // Rubbish after the request: the stream continues, and its end is noticed with the next events.
    let mut streams = Vec::new();
    for _ in 0..EACH {
        let mut stream = Stream::open(address, PATH).await.unwrap();
        stream.socket.write_all(RUBBISH).await.unwrap();
        streams.push(stream);
    }
    server.has_clients(1 + EACH).await;
    let last = server.ask("publish 1 100");
    for stream in &mut streams {
        assert_eq!(stream.next().await.number(), Some(last), "rubbish after the request changes nothing");
    }
    drop(streams);
    server.is_left_with(1, "publish 1 100").await;
    // Rubbish in place of a request, half a request, and a connection without a byte.
    for beginning in [RUBBISH, &request(PATH, &[]).as_bytes()[..20], b""] {
        let mut sockets = Vec::new();
        for _ in 0..EACH {
            let mut socket = TcpStream::connect(address).await.unwrap();
            socket.write_all(beginning).await.unwrap();
            sockets.push(socket);
        }
        if beginning == RUBBISH {
            for socket in &mut sockets {
                assert!(rest(socket).await.starts_with(b"HTTP/1.1 400 "), "rubbish is refused");
            }
        }
    }
    // The log then holds the same as after every other round: small events only.
    for _ in 0..11 {
        let last = server.ask("publish 100 100");
        steady.has_read(last).await;
    }
}

/// Opens this many streams.
async fn connected(server: &mut Server, clients: usize) -> Vec<TcpStream> {
    let mut sockets = Vec::new();
    for _ in 0..EACH {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        socket.write_all(request(PATH, &[]).as_bytes()).await.unwrap();
        let mut start = [0; 15];
        timeout(PATIENCE, socket.read_exact(&mut start)).await.expect("no response came").unwrap();
        assert_eq!(&start, b"HTTP/1.1 200 OK");
        sockets.push(socket);
    }
    server.has_clients(clients).await;
    sockets
}

/// Reads the beginning of a big event.
async fn begin_to_read(socket: &mut TcpStream) {
    let mut some = vec![0; 50_000];
    timeout(PATIENCE, socket.read_exact(&mut some)).await.expect("the event did not begin").unwrap();
}

/// Waits for the server's close, and returns the bytes before it.
async fn rest(socket: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    timeout(PATIENCE, socket.read_to_end(&mut all)).await.expect("the server did not close").unwrap();
    all
}

/// The server does not read the rubbish, so it doesn't see the close behind it until it writes. Over
/// loopback, nothing is closer to a peer that vanished. The kernel then answers the server's bytes by a
/// reset.
pub(crate) async fn gone_unseen() {
    for (heartbeat, meanwhile) in [(Duration::from_millis(100), "published"), (HOUR, "publish 1 100")] {
        let mut server = Server::start(heartbeat);
        let mut steady = Crowd::join(&mut server, PATH, 1).await;
        leave_behind_rubbish(server.address).await;
        server.is_left_with(1, meanwhile).await;
        let start = server.quiet().await;

        let begin = Instant::now();
        leave_behind_rubbish(server.address).await;
        server.is_left_with(1, meanwhile).await;
        let took = begin.elapsed();
        let end = server.is_back_at(start, 1).await;
        let what = if heartbeat == HOUR { "events" } else { "heartbeats every 100 ms" };
        figure!(
            "{EACH} vanished clients were dropped after {took:.0?} with {what}; heap {:.2} MiB, then {:.2} MiB",
            mib(start.heap),
            mib(end.heap),
        );
        let last = server.ask("publish 1 100");
        steady.has_read(last).await;
    }
}

async fn leave_behind_rubbish(address: SocketAddr) {
    for _ in 0..EACH {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let text = [request(PATH, &[]).as_bytes(), RUBBISH].concat();
        socket.write_all(&text).await.unwrap();
        let mut start = [0; 15];
        timeout(PATIENCE, socket.read_exact(&mut start)).await.expect("no response came").unwrap();
        assert_eq!(&start, b"HTTP/1.1 200 OK");
    }
}
