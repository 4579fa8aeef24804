//! Streams, hubs and runtimes that end while other clients connect, publish, replay or listen.

use std::{
    pin::pin,
    sync::{Arc, mpsc},
    task::{Context, Poll, Wake, Waker},
    thread,
};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use serde_json::value::RawValue;
use tokio::runtime::{Handle, Runtime};
use tower::{Layer, Service, service_fn};
use tower_hot_middleware::{Build, HotMiddleware, Options};

use super::{PATH, PATIENCE, until, wait_until};
use crate::{
    client::{Reading, open},
    hot, serve_app, serve_hyper,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_connect_during_close_get_a_stream_that_ends_or_the_app() {
    const CLIENTS: usize = 16;
    for connected in 1..CLIENTS {
        let hot = hot();
        let address = serve_hyper(&hot).await;
        let client = || tokio::spawn(async move { Reading::get(address, PATH).await.rest().await });
        let clients: Vec<_> = (0..CLIENTS).map(|_| client()).collect();
        until("some are connected", || hot.client_count() >= connected).await;
        thread::spawn({
            let hot = hot.clone();
            move || hot.close()
        })
        .join()
        .unwrap();
        let mut streams = 0;
        for client in clients {
            match client.await.unwrap().as_str() {
                "\n" => streams += 1,
                body => assert_eq!(body, format!("{PATH} fell through")),
            }
        }
        assert!(streams >= connected, "{streams} of at least {connected}");
        assert_eq!(client().await.unwrap(), format!("{PATH} fell through"));
        until("all are gone", || hot.client_count() == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_during_publishing_ends_all_clients_at_one_event() {
    const THREADS: u32 = 4;
    const EVENTS: u32 = 1000;
    const CLOSE: u32 = 500;
    let options = Options::builder().replay_buffer_events((THREADS * EVENTS) as usize).build().unwrap();
    let hot = HotMiddleware::new(options);
    let address = serve_app(&hot).await;
    let streams = [open(address, PATH).await, open(address, PATH).await, open(address, PATH).await];
    let publishers: Vec<_> = (0..THREADS)
        .map(|thread| {
            let hot = hot.clone();
            thread::spawn(move || {
                for n in 0..EVENTS {
                    if (thread, n) == (0, CLOSE) {
                        hot.close();
                    }
                    hot.publish(&(thread, n)).unwrap();
                }
            })
        })
        .collect();
    let [first, others @ ..] = streams;
    let first = first.rest().await;
    for other in others {
        assert_eq!(other.rest().await, first);
    }
    let mut next = [0; THREADS as usize];
    for event in first.split_terminator("\n\n") {
        let (thread, n): (usize, u32) = serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(n, next[thread], "each thread's events are in order, and none is missing");
        next[thread] += 1;
    }
    assert_eq!(next[0], CLOSE, "all events of the closing thread, and none after");
    for publisher in publishers {
        publisher.join().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_continues_to_its_end_after_close() {
    const EVENTS: usize = 400;
    let options = Options::builder().replay_buffer_bytes(64 << 20).build().unwrap();
    let hot = HotMiddleware::new(options);
    let address = serve_app(&hot).await;
    let mut seen = open(address, &format!("{PATH}?ids")).await;
    hot.publish(&0).unwrap();
    let event = seen.event().await;
    let id = event.lines().next().unwrap().strip_prefix("id: ").unwrap();
    let (boot, first) = id.rsplit_once('-').unwrap();
    drop(seen);
    // 20 MB: more than the sockets hold, so most of it is still in the server.
    let text = RawValue::from_string(format!("\"{}\"", "x".repeat(50_000))).unwrap();
    for n in 1..=EVENTS {
        hot.publish(&(n, &text)).unwrap();
    }
    let mut replay = open(address, &format!("{PATH}?ids&lastEventId={id}")).await;
    let first: usize = first.parse().unwrap();
    let expected = |n: usize| format!("id: {boot}-{}\ndata: [{n},{text}]\n\n", first + n);
    assert!(replay.event().await == expected(1));
    hot.close();
    let rest = replay.rest().await;
    assert!(rest == (2..=EVENTS).map(expected).collect::<String>(), "each event once, in order");
    until("it is gone", || hot.client_count() == 0).await;
}

/// A request for the stream that is not sent over a socket.
fn stream_request() -> Request<Empty<Bytes>> {
    Request::get(PATH).body(Empty::new()).unwrap()
}

type Answer = Result<Response<Empty<Bytes>>, std::convert::Infallible>;

/// The layer around an app that answers at once.
fn layered(
    hot: &HotMiddleware,
) -> impl Service<
    Request<Empty<Bytes>>,
    Response = Response<impl Body<Data = Bytes, Error = std::convert::Infallible>>,
    Error = std::convert::Infallible,
    Future: Send,
> {
    hot.layer(service_fn(|_: Request<Empty<Bytes>>| std::future::ready(Answer::Ok(Response::default()))))
}

#[test]
fn a_wake_may_publish_and_close() {
    struct Meddles(HotMiddleware);
    impl Wake for Meddles {
        fn wake(self: Arc<Self>) {
            self.0.publish(&"from the wake").unwrap();
            self.0.close();
        }
    }
    let hot = hot();
    // The heartbeat's clock.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let response = layered(&hot).call(stream_request()).now_or_never().unwrap().unwrap();
    let mut body = pin!(response.into_body());
    let mut read = |waker: &Waker| match body.as_mut().poll_frame(&mut Context::from_waker(waker)) {
        Poll::Ready(Some(Ok(frame))) => Poll::Ready(frame.into_data().ok()),
        Poll::Ready(_) => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    };
    let waker = Waker::from(Arc::new(Meddles(hot.clone())));
    assert_eq!(read(&waker), Poll::Ready(Some("\n".into())));
    assert_eq!(read(&waker), Poll::Pending);

    let (done, is_done) = mpsc::channel();
    let publisher = hot.clone();
    thread::spawn(move || {
        publisher.publish(&1).unwrap();
        done.send(()).unwrap();
    });
    is_done.recv_timeout(PATIENCE).expect("no lock is held while a client is woken");
    for event in ["data: 1\n\n", "data: \"from the wake\"\n\n"] {
        assert_eq!(read(Waker::noop()), Poll::Ready(Some(event.into())));
    }
    assert_eq!(read(Waker::noop()), Poll::Ready(None));
}

#[test]
fn the_handle_outlives_the_runtime_that_served_its_streams() {
    let clients = Runtime::new().unwrap();
    for in_background in [false, true] {
        let hot = hot();
        let server = Runtime::new().unwrap();
        let address = server.block_on(serve_app(&hot));
        let streams = clients.block_on(async { [open(address, PATH).await, open(address, PATH).await] });
        assert_eq!(hot.client_count(), 2);
        let publisher = thread::spawn({
            let hot = hot.clone();
            move || (0..2000).try_for_each(|n| hot.publish(&n))
        });
        if in_background {
            server.shutdown_background();
        } else {
            drop(server);
        }
        wait_until("its streams are gone", || hot.client_count() == 0);
        publisher.join().unwrap().unwrap();
        hot.building();
        hot.built(Build::new("h"));
        hot.reload();
        drop(streams);

        // Builds of the meantime are the state that clients of another runtime receive.
        let server = Runtime::new().unwrap();
        let address = server.block_on(serve_app(&hot));
        clients.block_on(async {
            let mut stream = open(address, PATH).await;
            assert!(stream.data().await.contains(r#""action":"sync","hash":"h""#));
            hot.publish(&"again").unwrap();
            assert_eq!(stream.data().await, "\"again\"");
        });
        drop(server);
        wait_until("its stream is gone", || hot.client_count() == 0);
        hot.close();
        hot.publish(&"late").unwrap();
        assert_eq!(hot.client_count(), 0);
    }
}

#[test]
fn only_reading_a_stream_needs_a_runtime() {
    assert!(Handle::try_current().is_err());
    let hot = hot();
    hot.building();
    hot.built(Build::new("h"));
    hot.publish(&1).unwrap();
    hot.reload();
    let mut service = layered(&hot);
    let mut answer = |request| service.call(request).now_or_never().unwrap().unwrap();
    let page = answer(Request::get("/").header("sec-fetch-dest", "document").body(Empty::new()).unwrap());
    assert_eq!(page.status(), 200);
    let stream = answer(stream_request());
    assert_eq!(stream.headers()["content-type"], "text/event-stream;charset=utf-8");
    hot.publish(&2).unwrap();
    assert_eq!(hot.client_count(), 1);
    drop(stream);
    assert_eq!(hot.client_count(), 0, "a stream that was never read is not counted either");
    let asset = answer(Request::get(format!("{PATH}/client.js")).body(Empty::new()).unwrap());
    let text = asset.into_body().collect().now_or_never().unwrap().unwrap().to_bytes();
    assert!(!text.is_empty());
    hot.close();
    hot.close();
    assert_eq!(answer(stream_request()).headers().get("content-type"), None, "the app's own answer");
}

#[test]
fn a_dropped_future_leaves_no_client_behind() {
    let hot = hot();
    let future = layered(&hot).call(stream_request());
    assert_eq!(hot.client_count(), 1);
    drop(future);
    assert_eq!(hot.client_count(), 0);
    hot.publish(&1).unwrap();
}
