//! Panics in the app's own code that the layer calls: the call fails, and nothing after it does.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, routing::get};
use serde::{Serialize, Serializer, ser::SerializeSeq};
use tower_hot_middleware::{Build, HotMiddleware};

use super::PATH;
use crate::{
    client::{Reading, open, page_token},
    hot, serve,
};

/// A value that panics after part of it was written.
struct Explosive;

impl Serialize for Explosive {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(None)?;
        items.serialize_element("begun")?;
        panic!("on purpose")
    }
}

/// A value that can't be written as JSON.
fn unfit() -> BTreeMap<Vec<u8>, u8> {
    BTreeMap::from([(vec![1], 1)])
}

fn panics(call: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(call)).is_err()
}

/// Serves an app with a page, and opens a stream that is addressable.
async fn app(hot: &HotMiddleware) -> (std::net::SocketAddr, Reading) {
    let page = || async { axum::response::Html("<!doctype html><title>t</title>") };
    let address = serve(Router::new().route("/page", get(page)).layer(hot.clone())).await;
    let stream = open(address, &format!("{PATH}?client=one")).await;
    (address, stream)
}

/// A call that panics.
type Call<'a> = &'a dyn Fn();

#[tokio::test]
async fn a_value_that_panics_in_serialize_affects_no_later_event() {
    let hot = hot();
    let (_, mut stream) = app(&hot).await;
    let client = hot.clients().pop().expect("the stream's");
    let calls: [(&str, Call<'_>); 3] = [
        ("publish", &|| drop(hot.publish(&Explosive))),
        ("send", &|| drop(hot.send("event", &Explosive))),
        ("send to one", &|| drop(client.send("event", &Explosive))),
    ];
    for (number, (case, call)) in calls.into_iter().enumerate() {
        assert!(panics(call), "{case}: its caller gets the panic");
        hot.publish(&number).unwrap();
        assert_eq!(stream.data().await, number.to_string(), "{case}: nothing of it was sent");
    }
    assert!(hot.publish(&unfit()).is_err() && hot.send("event", &unfit()).is_err());
    assert!(client.send("event", &unfit()).is_err());
    hot.built(Build::new("h"));
    assert!(stream.data().await.contains(r#""hash":"h""#));
    hot.close();
    assert_eq!(stream.rest().await, "");
}

/// A value that panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("on purpose")
    }
}

#[tokio::test]
async fn a_listener_that_panics_fails_no_request() {
    let hot = hot();
    let calls = Arc::new(AtomicUsize::new(0));
    let first = hot.on("event", |_, _| panic!("on purpose"));
    hot.on("event", |_, message| assert_eq!(message.data(), 7, "on purpose"));
    let counted = calls.clone();
    hot.on("event", move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let (address, mut stream) = app(&hot).await;
    let token = page_token(address).await;
    let body = r#"{"type":"custom","event":"event","data":1}"#;
    for call in 1..=3 {
        let request = format!(
            "POST {PATH} HTTP/1.1\r\nHost: {address}\r\nHot-Middleware-Token: {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        assert_eq!(Reading::raw(address, request.as_bytes()).await.status(), 204);
        assert_eq!(calls.load(Ordering::SeqCst), call, "the others are called");
    }
    let bomb = Bomb;
    let owner = hot.on("other", move |_, _| {
        let _owned = &bomb;
    });
    first.stop();
    assert!(panics(|| owner.stop()), "its caller gets the panic");
    hot.on("other", |_, _| {});
    hot.publish(&1).unwrap();
    assert_eq!(stream.data().await, "1");
}
