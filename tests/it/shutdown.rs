//! All ways to end a stream. A graceful shutdown waits for every open response, and a stream doesn't end on
//! its own (tokio-rs/axum#2673).

use std::time::Duration;

use axum::{Router, routing::get};
use http_body_util::Empty;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{sync::oneshot, time::timeout};
use tower::ServiceBuilder;
use tower_hot_middleware::{HotMiddleware, Options};

use crate::{
    client::{Reading, open},
    hot, listen, serve_app, serve_hyper,
};

const PATH: &str = "/__webpack_hmr";
const PROMPT: Duration = Duration::from_secs(5);

/// A method, a target, headers, and the status of the response.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], u16);

#[tokio::test]
async fn events_published_right_before_close_are_sent() {
    let hot = hot();
    let address = serve_app(&hot).await;
    let stream = open(address, PATH).await;
    for n in 0..100 {
        hot.publish(&n).unwrap();
    }
    hot.close();
    hot.close();
    hot.publish(&"late").unwrap();
    let rest = stream.rest().await;
    assert!(rest.split_inclusive("\n\n").eq((0..100).map(|n| format!("data: {n}\n\n"))), "{rest}");
}

#[tokio::test]
async fn after_close_only_requests_for_the_client_are_answered() {
    let hot = hot();
    let address = serve_hyper(&hot).await;
    hot.close();
    for target in [PATH, "/__webpack_hmr/", "/__webpack_hmr/other.js", "/"] {
        assert_eq!(Reading::get(address, target).await.rest().await, format!("{target} fell through"));
    }
    // A page may have been sent right before, and its modules are requested after.
    let client = Reading::get(address, "/__webpack_hmr/client.js").await;
    assert_eq!((client.status(), client.header("cache-control")), (200, Some("no-cache")));
    assert!(client.rest().await.contains("import "));
    let stranger = [("Origin", "http://evil.test")];
    let refused = Reading::request(address, "GET", "/__webpack_hmr/client.js", &stranger).await;
    assert_eq!((refused.status(), refused.header("cache-control")), (403, Some("no-store")));
}

#[tokio::test]
async fn after_close_requests_of_this_crates_client_end_without_an_error() {
    let hot = hot();
    let address = serve_hyper(&hot).await;
    hot.close();
    let stranger = [("Origin", "http://evil.test")];
    let cases: [Case<'_>; 9] = [
        ("GET", "/__webpack_hmr?ids", &[], 204),
        ("GET", "/__webpack_hmr?ids&changes&since=h&client=1&lastEventId=a-1&catchup", &[], 204),
        ("POST", "/__webpack_hmr?receipts", &[], 204),
        ("GET", "/__webpack_hmr?ids", &stranger, 403),
        ("GET", "/__webpack_hmr?name=a&timeout=20000", &[], 200),
        ("GET", "/__webpack_hmr?x=ids", &[], 200),
        ("GET", "/__webpack_hmr?receipts", &[], 200),
        ("POST", "/__webpack_hmr?ids", &[], 200),
        ("PUT", "/__webpack_hmr?ids&receipts", &[], 200),
    ];
    for (method, target, headers, status) in cases {
        let reading = Reading::request(address, method, target, headers).await;
        assert_eq!(reading.status(), status, "{method} {target} {headers:?}");
        let expected = if status == 200 { format!("{PATH} fell through") } else { String::new() };
        let rest = reading.rest().await;
        assert!(status == 403 || rest == expected, "{method} {target}: {rest}");
    }
}

#[tokio::test]
async fn clients_that_leave_are_not_counted() {
    let hot = hot();
    let address = serve_app(&hot).await;
    let streams = [open(address, PATH).await, open(address, PATH).await, open(address, PATH).await];
    assert_eq!(hot.client_count(), 3);
    drop(streams);
    timeout(PROMPT, async {
        while hot.client_count() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the server sees that they are gone");
}

#[tokio::test]
async fn axums_graceful_shutdown_returns_with_streams_open() {
    for by_option in [false, true] {
        let (stop, stopped) = oneshot::channel::<()>();
        let (end_streams, streams_end) = oneshot::channel::<()>();
        let builder = Options::builder();
        let builder = if by_option { builder.shutdown(async { drop(streams_end.await) }) } else { builder };
        let hot = HotMiddleware::new(builder.build().unwrap());
        let (listener, address) = listen().await;
        let app = Router::new().route("/", get(|| async {})).layer(hot.clone());
        let server = tokio::spawn({
            let hot = hot.clone();
            async move {
                let signal = async move {
                    stopped.await.unwrap();
                    // The code of an app without a shutdown signal in its options.
                    if !by_option {
                        hot.close();
                    }
                };
                axum::serve(listener, app).with_graceful_shutdown(signal).await
            }
        });
        let streams = [open(address, PATH).await, open(address, PATH).await];
        stop.send(()).unwrap();
        drop(end_streams);
        timeout(PROMPT, server).await.expect("the server stops").unwrap().unwrap();
        for stream in streams {
            assert_eq!(stream.rest().await, "", "the stream ends like a complete response");
        }
        assert_eq!(hot.client_count(), 0);
    }
}

#[tokio::test]
async fn hyper_utils_graceful_shutdown_returns_with_streams_open() {
    let hot = hot();
    let (listener, address) = listen().await;
    let graceful = GracefulShutdown::new();
    let app = tower::service_fn(|_| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(Empty::<bytes::Bytes>::new()))
    });
    let service = ServiceBuilder::new().layer(hot.clone()).service(app);
    let accept = async {
        let (stream, _) = listener.accept().await.unwrap();
        let builder = auto::Builder::new(TokioExecutor::new());
        let service = TowerToHyperService::new(service.clone());
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        tokio::spawn(graceful.watch(connection));
    };
    let ((), stream) = tokio::join!(accept, open(address, PATH));
    hot.close();
    timeout(PROMPT, graceful.shutdown()).await.expect("the server stops");
    assert_eq!(stream.rest().await, "");
}

#[tokio::test]
async fn a_signal_without_any_connected_client_counts() {
    let options = Options::builder().shutdown(async {}).build().unwrap();
    let address = serve_hyper(&HotMiddleware::new(options)).await;
    assert!(Reading::get(address, PATH).await.rest().await.contains("fell through"));
}

#[tokio::test]
async fn a_disabled_layer_has_no_route() {
    let hot = HotMiddleware::new(Options::builder().enabled(false).build().unwrap());
    let address = serve_hyper(&hot).await;
    for target in [PATH, "/__webpack_hmr/client.js"] {
        assert_eq!(Reading::get(address, target).await.rest().await, format!("{target} fell through"));
    }
    hot.building();
    assert_eq!(hot.client_count(), 0);
}
