//! Any body of an upload: the first byte selects the secret and the chunks.
#![no_main]

use std::sync::{Arc, Mutex};

use http::{Request, Response, StatusCode, header};
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::Value;
use tower_hot_middleware::HotMiddleware;
use tower_hot_middleware_fuzz::{
    Chunks, PATH, ask, check_explanation, events, hot, open, options, respond, text,
};

const BUILD_TOKEN: &str = "0123456789abcdef";

fuzz_target!(|input: &[u8]| {
    let Some((&first, body)) = input.split_first() else { return };
    // Created for each input, because of the rate limit.
    let hot = hot(options().build_token(BUILD_TOKEN));
    let delivered = Arc::new(Mutex::new(Vec::new()));
    let listener = delivered.clone();
    hot.on("save", move |_, message| {
        listener
            .lock()
            .expect("the lock is not poisoned")
            .push((message.event().to_owned(), message.data().clone()));
    });
    let from_page = first % 2 == 1;
    let is_receipt = from_page && first >= 128;
    let (name, secret) = if is_receipt {
        let greeting = events(open(&hot, "ids&changes&catchup")).remove(0);
        let key = greeting.data()["receipts"].as_str().expect("the key is in the greeting").to_owned();
        ("hot-middleware-receipts", key)
    } else if from_page {
        ("hot-middleware-token", page_token(&hot))
    } else {
        ("authorization", format!("Bearer {BUILD_TOKEN}"))
    };
    let request = Request::post(PATH)
        .header(header::CONTENT_TYPE, "application/json")
        .header(name, secret)
        .body(Chunks::by(usize::from(first / 2), body));
    let stream = open(&hot, "ids&changes");
    let response = ask(&hot, request.expect("the target's head is valid"));

    let status = response.status();
    let explanation = text(response.into_body());
    if status != StatusCode::NO_CONTENT {
        check_explanation(&explanation);
    }
    let mut published = events(stream);
    assert_eq!(published.remove(0).data()["action"], "connected");
    let delivered = std::mem::take(&mut *delivered.lock().expect("the lock is not poisoned"));
    let value = serde_json::from_slice::<Value>(body).ok();
    let is_json = str::from_utf8(body).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
    assert!(is_json || status == StatusCode::BAD_REQUEST, "{status}");
    if is_receipt {
        assert!(published.is_empty() && delivered.is_empty(), "receipts are for the terminal alone");
        assert!(matches!(status.as_u16(), 204 | 400), "{status}");
        // A value with a lone surrogate is read after that is replaced.
        let is_receipt = value.is_none_or(|value| value["type"] == "receipt" && value["receipts"].is_array());
        assert!(is_receipt || status == StatusCode::BAD_REQUEST, "{status}");
    } else if from_page {
        assert!(published.is_empty(), "pages don't receive each other's messages: {published:?}");
        assert!(matches!(status.as_u16(), 204 | 400 | 404), "{status}");
        assert_eq!(delivered.len(), usize::from(status == StatusCode::NO_CONTENT));
        if let (Some((event, data)), Some(sent)) = (delivered.first(), value) {
            assert!(sent["type"] == "custom" && sent["event"] == *event && sent["data"] == *data, "{sent}");
        }
    } else {
        assert!(delivered.is_empty());
        assert!(matches!(status.as_u16(), 204 | 400), "{status}");
        assert!(
            status.is_success() || published.is_empty(),
            "a refused message was delivered: {published:?}"
        );
        let refused =
            explanation.contains("duplicate field") || !value.is_some_and(|value| is_report(&value));
        assert!(refused || status == StatusCode::NO_CONTENT, "{explanation}");
    }
});

/// Returns true if a build tool may send this: any JSON, except an action of this crate with a name that
/// isn't a string.
fn is_report(value: &Value) -> bool {
    let is_name = |key| matches!(value.get(key), None | Some(Value::Null | Value::String(_)));
    !matches!(value["action"].as_str(), Some("building" | "reload")) || is_name("name") && is_name("file")
}

/// Returns the token in the tag of a page.
fn page_token(hot: &HotMiddleware) -> String {
    let request = Request::get("/").header("sec-fetch-dest", "document").body(Chunks::default());
    let page = Response::builder().header(header::CONTENT_TYPE, "text/html").body(Chunks::default());
    let tag = text(respond(hot, request.expect("a request"), page.expect("a page")).into_body());
    let token = tag.split_once("\"token\":\"").and_then(|(_, rest)| rest.split('"').next());
    token.expect("a page that may send has a token").to_owned()
}
