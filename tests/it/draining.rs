//! Servers that stop while clients don't read, don't finish or don't leave. The wait is bounded, and no
//! longer than it must be.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::{Pin, pin},
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use bytes::Bytes;
use futures_util::{
    FutureExt,
    future::{join_all, select},
};
use http::Request;
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use serde_json::value::RawValue;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};
use tower::ServiceBuilder;
use tower_hot_middleware::{HotMiddleware, Options};

use crate::{faults::until, listen};

const PATH: &str = "/__webpack_hmr";
const BOUND: Duration = Duration::from_millis(400);
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug)]
enum Server {
    Axum,
    Hyper,
}

/// Runs a server as the README says, and returns true if it ended before the limit.
async fn run(server: Server, listener: TcpListener, hot: HotMiddleware) -> bool {
    match server {
        Server::Axum => {
            let app = Router::new().route("/", get(|| async { "the app" })).layer(hot.clone());
            let server = axum::serve(listener, app).with_graceful_shutdown(hot.closed());
            hot.drain(server, BOUND).await.transpose().unwrap().is_some()
        }
        Server::Hyper => {
            let app = tower::service_fn(|_: Request<hyper::body::Incoming>| async {
                Ok::<_, Infallible>(http::Response::new(Full::from("the app")))
            });
            let service = ServiceBuilder::new().layer(hot.clone()).service(app);
            let (builder, graceful) = (auto::Builder::new(TokioExecutor::new()), GracefulShutdown::new());
            let mut closed = pin!(hot.closed());
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let io = TokioIo::new(accepted.unwrap().0);
                        let service = TowerToHyperService::new(service.clone());
                        let connection = builder.serve_connection_with_upgrades(io, service).into_owned();
                        tokio::spawn(graceful.watch(connection));
                    }
                    () = &mut closed => break,
                }
            }
            drop(listener);
            hot.drain(graceful.shutdown(), BOUND).await.is_some()
        }
    }
}

/// A client's connection, kept open until the server has ended.
type Kept = Box<dyn std::any::Any + Send>;
type Opening = Pin<Box<dyn Future<Output = Kept> + Send>>;

/// A connection with a small receive buffer.
async fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(address).await.unwrap()
}

/// Sends these bytes, and waits until the response has begun with this text.
async fn send(address: SocketAddr, request: &str, answer: &str) -> TcpStream {
    let mut socket = connect(address).await;
    socket.write_all(request.replace("ADDRESS", &address.to_string()).as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    while !String::from_utf8_lossy(&bytes).contains(answer) {
        assert!(socket.read_buf(&mut bytes).await.unwrap() > 0, "{}", String::from_utf8_lossy(&bytes));
    }
    socket
}

/// Publishes more than the sockets hold, and less than the log.
fn publish_a_lot(hot: &HotMiddleware) {
    let text = RawValue::from_string(format!("\"{}\"", "x".repeat(1 << 20))).unwrap();
    for _ in 0..12 {
        hot.publish(&text).unwrap();
    }
}

async fn never_reads(address: SocketAddr, hot: HotMiddleware) -> Kept {
    let socket = send(address, &format!("GET {PATH} HTTP/1.1\r\nHost: ADDRESS\r\n\r\n"), "\r\n\r\n").await;
    publish_a_lot(&hot);
    Box::new(socket)
}

/// Opens a stream over HTTP/2 whose client stops reading from the connection, or only from the stream.
async fn never_reads_http_2(address: SocketAddr, hot: HotMiddleware, reads_connection: bool) -> Kept {
    let io = TokioIo::new(connect(address).await);
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    let mut connection = Box::pin(connection);
    let request = Request::get(format!("http://{address}{PATH}")).body(Empty::<Bytes>::new()).unwrap();
    let request = Box::pin(client.send_request(request));
    let mut body = match select(request, connection.as_mut()).await {
        futures_util::future::Either::Left((response, _)) => response.unwrap().into_body(),
        futures_util::future::Either::Right(_) => panic!("the connection ended"),
    };
    let first = select(body.frame(), connection.as_mut()).map(|_| ());
    first.await;
    publish_a_lot(&hot);
    if reads_connection {
        let driver = tokio::spawn(connection);
        return Box::new((client, body, driver));
    }
    Box::new((client, body, connection))
}

async fn keeps(socket: impl Future<Output = TcpStream>) -> Kept {
    Box::new(socket.await)
}

/// Names of clients, whether a server can end with them before the limit (if certain), and what they do.
fn clients(address: SocketAddr, hot: &HotMiddleware) -> Vec<(&'static str, Option<bool>, Opening)> {
    let read = |request: &'static str, answer| keeps(send(address, request, answer)).boxed();
    let post = "POST /__webpack_hmr HTTP/1.1\r\nHost: ADDRESS\r\nContent-Type: application/json\r\n\
                Authorization: Bearer 0123456789abcdef-the-builder\r\nExpect: 100-continue\r\n\
                Content-Length: 100\r\n\r\n";
    let mut clients = vec![
        ("a stream that never reads", Some(false), never_reads(address, hot.clone()).boxed()),
        (
            "a stream of HTTP/2 that never reads",
            Some(false),
            never_reads_http_2(address, hot.clone(), true).boxed(),
        ),
        (
            "a connection of HTTP/2 that never reads",
            Some(false),
            never_reads_http_2(address, hot.clone(), false).boxed(),
        ),
        ("half a body", Some(false), read(post, "100 Continue")),
        (
            "a stream that reads",
            Some(true),
            read("GET /__webpack_hmr HTTP/1.1\r\nHost: ADDRESS\r\n\r\n", "\r\n\n\r\n"),
        ),
        ("an idle connection", Some(true), read("GET / HTTP/1.1\r\nHost: ADDRESS\r\n\r\n", "the app")),
        (
            "half a head",
            None,
            keeps(async move {
                let mut socket = connect(address).await;
                socket.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
                socket
            })
            .boxed(),
        ),
        ("half a second head", None, read("GET / HTTP/1.1\r\nHost: ADDRESS\r\n\r\nGET / HTT", "the app")),
        ("a connection without a byte", Some(true), keeps(connect(address)).boxed()),
    ];
    #[cfg(feature = "websocket")]
    {
        let upgrade = "GET / HTTP/1.1\r\nHost: ADDRESS\r\nOrigin: http://ADDRESS\r\nConnection: Upgrade\r\n\
                       Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: vite-ping\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        clients.push(("a socket of Vite's", Some(true), read(upgrade, "101 Switching Protocols")));
    }
    clients
}

async fn within<F: Future>(case: &str, future: F) -> F::Output {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{case} takes too long"))
}

/// A layer that closes by the option's signal or by `close`, and the function that closes it.
fn closable(by_option: bool) -> (HotMiddleware, impl FnOnce()) {
    let (stop, stopped) = oneshot::channel::<()>();
    let builder = Options::builder().build_token("0123456789abcdef-the-builder");
    let builder = if by_option { builder.shutdown(async { drop(stopped.await) }) } else { builder };
    let hot = HotMiddleware::new(builder.build().unwrap());
    let handle = hot.clone();
    let close = move || {
        drop(stop);
        if !by_option {
            handle.close();
        }
    };
    (hot, close)
}

/// Stops a server of this kind with each of the clients, one after another.
async fn stop_beside_each_client(server: Server, by_option: bool) {
    for index in 0.. {
        let (hot, close) = closable(by_option);
        let (listener, address) = listen().await;
        let mut clients = clients(address, &hot);
        if index == clients.len() {
            break;
        }
        let (name, ends, open) = clients.swap_remove(index);
        let case = format!("{name}, {server:?}, by option: {by_option}");
        let running: JoinHandle<bool> = tokio::spawn(run(server, listener, hot.clone()));
        let kept = within(&case, open).await;
        let begun = Instant::now();
        close();
        let by_itself = within(&case, running).await.unwrap();
        assert!(ends.is_none_or(|ends| by_itself == ends), "{case}: by itself: {by_itself}");
        assert!(by_itself || begun.elapsed() >= BOUND, "{case}: the clients had {:?}", begun.elapsed());
        drop(kept);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wait_for_clients_is_bounded() {
    let kinds =
        [Server::Axum, Server::Hyper].map(|server| [false, true].map(|by_option| (server, by_option)));
    let stops = kinds.into_iter().flatten();
    join_all(stops.map(|(server, by_option)| tokio::spawn(stop_beside_each_client(server, by_option))))
        .await
        .into_iter()
        .for_each(Result::unwrap);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_read_late_receive_everything() {
    for server in [Server::Axum, Server::Hyper] {
        let (hot, close) = closable(true);
        let (listener, address) = listen().await;
        let running = tokio::spawn(run(server, listener, hot.clone()));
        let request = format!("GET {PATH} HTTP/1.1\r\nHost: ADDRESS\r\n\r\n");
        let mut socket = send(address, &request, "\r\n\r\n").await;
        hot.publish(&"x".repeat(1 << 20)).unwrap();
        close();
        let mut bytes = Vec::new();
        within("reading", socket.read_to_end(&mut bytes)).await.unwrap();
        assert!(bytes.len() > 1 << 20 && bytes.ends_with(b"\r\n0\r\n\r\n"), "{server:?}: {}", bytes.len());
        assert!(within("the end", running).await.unwrap(), "{server:?} ends by itself");
    }
}

#[tokio::test]
async fn a_disabled_layer_bounds_its_server_too() {
    for by_option in [false, true] {
        let (stop, stopped) = oneshot::channel::<()>();
        let builder = Options::builder().enabled(false);
        let builder = if by_option { builder.shutdown(async { drop(stopped.await) }) } else { builder };
        let hot = HotMiddleware::new(builder.build().unwrap());
        let mut closed = Box::pin(hot.closed());
        assert_eq!(closed.as_mut().now_or_never(), None, "it was never open, so it is not closed");
        let mut drained = Box::pin(hot.drain(std::future::pending::<()>(), Duration::ZERO));
        assert_eq!(drained.as_mut().now_or_never(), None, "it is not closed yet");
        if by_option {
            drop(stop);
        } else {
            hot.close();
        }
        within("its end", closed).await;
        assert_eq!(within("the server's end", drained).await, None);
    }
}

#[tokio::test]
async fn every_task_that_waits_for_the_close_is_notified() {
    let (hot, close) = closable(false);
    let waiting: Vec<_> = (0..100).map(|_| tokio::spawn(hot.closed())).collect();
    let forgotten = hot.closed();
    drop(forgotten);
    close();
    for task in waiting {
        within("a task", task).await.unwrap();
    }
    assert_eq!(hot.closed().now_or_never(), Some(()), "later ones find it closed");
    assert_eq!(hot.drain(async { 7 }, Duration::ZERO).await, Some(7), "what is ready is returned");
}

/// A signal that may come.
type Signal = Pin<Box<dyn Future<Output = ()> + Send>>;
/// A case's name and its signal.
type SignalCase = (&'static str, fn(oneshot::Receiver<()>) -> Signal);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_that_panics_closes_the_layer_and_fails_no_request() {
    let cases: [SignalCase; 4] = [
        ("at once", |_| Box::pin(async { panic!("on purpose") })),
        ("with a text of its own", |_| Box::pin(async { panic!("{}", "on purpose".to_owned()) })),
        ("with a value", |_| Box::pin(async { std::panic::panic_any(7) })),
        ("later", |stopped| Box::pin(async { stopped.await.expect("on purpose") })),
    ];
    for (case, signal) in cases {
        let (stop, stopped) = oneshot::channel();
        let hot = HotMiddleware::new(Options::builder().shutdown(signal(stopped)).build().unwrap());
        let address = crate::serve_hyper(&hot).await;
        let closed = tokio::spawn(hot.closed());
        let is_open = case == "later";
        let stream = if is_open { Some(crate::client::open(address, PATH).await) } else { None };
        drop(stop);
        if let Some(stream) = stream {
            assert_eq!(stream.rest().await, "", "{case}: its stream ends");
        }
        within(case, closed).await.unwrap();
        for target in [PATH, "/", "/other"] {
            let text = crate::client::Reading::get(address, target).await.rest().await;
            assert_eq!(text, format!("{target} fell through"), "{case}");
        }
        until("all are gone", || hot.client_count() == 0).await;
        hot.publish(&1).unwrap();
        hot.close();
    }
}

#[test]
fn every_recipe_bounds_the_wait() {
    let root = std::path::Path::new(crate::ROOT);
    let mut files = vec![root.join("README.md")];
    for folder in
        ["docs", "src", "src/options", "src/options/builder", "examples", "examples/site", "examples/webpack"]
    {
        files.extend(std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()));
    }
    let mut recipes = 0;
    for file in files.iter().filter(|file| file.is_file()) {
        let text = String::from_utf8(std::fs::read(file).unwrap()).unwrap_or_default();
        let count = |part: &str| text.matches(part).count();
        let begun = count(".with_graceful_shutdown(hot.closed())");
        assert_eq!(count(".with_graceful_shutdown("), begun, "{} begins otherwise", file.display());
        let waits = begun + count("graceful.shutdown()") - count("`graceful.shutdown()`");
        let bounded = count("hot.drain(server, ") + count("hot.drain(graceful.shutdown(), ");
        assert_eq!(bounded, waits, "{} waits without a bound", file.display());
        recipes += waits;
    }
    assert!(recipes >= 7, "{recipes}");
}
