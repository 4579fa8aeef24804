//! The server for tools: who may call it, and what is invalid, over real sockets. `tests/browser/mcp.test.js` calls it by a client
//! library.

use std::{net::SocketAddr, time::Duration};

use serde_json::{Value, json};
use tower_hot_middleware::{Build, Change, HotMiddleware, Options};

use crate::{
    client::{Reading, open},
    hot, serve_app,
};

const PATH: &str = "/__webpack_hmr/mcp";
const TOKEN: &str = "0123456789abcdef-the-builder";

async fn server() -> (HotMiddleware, SocketAddr) {
    let hot = HotMiddleware::new(Options::builder().build_token(TOKEN).build().unwrap());
    let address = serve_app(&hot).await;
    (hot, address)
}

async fn post(address: SocketAddr, headers: &[(&str, &str)], body: &str) -> Reading {
    let lines =
        headers.iter().fold(String::new(), |lines, (name, value)| lines + name + ": " + value + "\r\n");
    let length = body.len();
    let request =
        format!("POST {PATH} HTTP/1.1\r\nHost: {address}\r\n{lines}Content-Length: {length}\r\n\r\n{body}");
    Reading::raw(address, request.as_bytes()).await
}

const JSON: (&str, &str) = ("Content-Type", "application/json");
const BEARER: (&str, &str) = ("Authorization", "Bearer 0123456789abcdef-the-builder");
const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

async fn call(address: SocketAddr, method: &str, params: &Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let reading = post(address, &[JSON, BEARER], &body).await;
    assert_eq!((reading.status(), reading.header("content-type")), (200, Some("application/json")));
    serde_json::from_str(&reading.rest().await).unwrap()
}

async fn tool(address: SocketAddr, name: &str, arguments: Value) -> Value {
    call(address, "tools/call", &json!({ "name": name, "arguments": arguments })).await["result"].take()
}

#[tokio::test]
async fn only_a_tool_with_the_build_token_is_answered() {
    let (_hot, address) = server().await;
    let answer: Value =
        serde_json::from_str(&post(address, &[JSON, BEARER], PING).await.rest().await).unwrap();
    assert_eq!(answer, json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
    for (case, headers, status) in [
        ("no token", &[JSON][..], 403),
        ("another token", &[JSON, ("Authorization", "Bearer 0123456789abcdef-the-buildex")], 403),
        ("a page's header", &[JSON, ("Hot-Middleware-Token", TOKEN)], 403),
        ("a receipt's header", &[JSON, ("Hot-Middleware-Receipts", TOKEN)], 403),
        ("a foreign origin", &[JSON, BEARER, ("Origin", "http://evil.example")], 403),
        ("a foreign site", &[JSON, BEARER, ("Sec-Fetch-Site", "cross-site")], 403),
        ("a form", &[("Content-Type", "text/plain"), BEARER], 415),
        ("another version", &[JSON, BEARER, ("MCP-Protocol-Version", "1999-01-01")], 400),
        ("a known version", &[JSON, BEARER, ("MCP-Protocol-Version", "2025-06-18")], 200),
    ] {
        assert_eq!(post(address, headers, PING).await.status(), status, "{case}");
    }
    let rebound = format!("POST {PATH} HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(Reading::raw(address, rebound.as_bytes()).await.status(), 403);
    for method in ["GET", "DELETE"] {
        let reading = Reading::request(address, method, PATH, &[BEARER]).await;
        assert_eq!((reading.status(), reading.header("allow")), (405, Some("POST")), "there are no sessions");
    }
    let large = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{}"}}"#, "x".repeat(70_000));
    assert_eq!(post(address, &[JSON, BEARER], &large).await.status(), 413);
    let note = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(post(address, &[JSON, BEARER], note).await.status(), 202);

    let without = serve_app(&hot()).await;
    assert_eq!(post(without, &[JSON, BEARER], PING).await.status(), 404, "the request goes to the app");
}

#[tokio::test]
async fn tools_tell_what_the_inspector_shows() {
    let (hot, address) = server().await;
    hot.built(Build::new("1").name("site").error("./a.js\nno such \u{1b}[31mmodule"));
    let status = tool(address, "status", json!({})).await["structuredContent"].take();
    assert_eq!((&status["bundles"][0]["name"], &status["pages"]), (&"site".into(), &0.into()));
    let errors = tool(address, "last_errors", json!({})).await;
    let [bundle] = &errors["structuredContent"]["bundles"].as_array().unwrap()[..] else {
        panic!("{errors}")
    };
    assert_eq!(bundle["errors"][0], "./a.js\nno such \\u{1b}[31mmodule", "harmless in a terminal");
    assert!(errors["content"][0]["text"].as_str().unwrap().contains("no such"));
    assert_eq!(
        tool(address, "console", json!({})).await["structuredContent"],
        json!({ "lines": [], "omitted": 0 })
    );
    assert_eq!(tool(address, "pages", json!({})).await["structuredContent"], json!({ "pages": [] }));
    for (name, arguments) in [
        ("open_file", json!({})),
        ("wait_for_update", json!({})),
        ("wait_for_update", json!({ "file": "x".repeat(2_000) })),
        ("wait_for_update", json!({ "file": "a", "timeout_ms": 60_001 })),
        ("wait_for_update", json!({ "file": "a", "timeout_ms": -1 })),
    ] {
        let params = json!({ "name": name, "arguments": arguments });
        assert_eq!(call(address, "tools/call", &params).await["error"]["code"], -32602, "{params}");
    }
    assert_eq!(call(address, "resources/list", &json!({})).await["error"]["code"], -32601);
}

#[tokio::test]
async fn a_tool_waits_for_an_update() {
    let (hot, address) = server().await;
    let css = |hash: &str| Build::new(hash).module("/a.css", "./a.css").change(Change::new("/a.css"));
    hot.built(css("0"));
    let waiting = tokio::spawn(tool(address, "wait_for_update", json!({ "file": "/a.css" })));
    let mut hash = 0;
    while !waiting.is_finished() {
        hash += 1;
        hot.built(css(&hash.to_string()));
        // Nothing shows when the wait has begun.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let result = waiting.await.unwrap();
    assert_eq!(result["structuredContent"]["updated"], 0, "no page is open: {result}");

    // A page that never answers: the wait for it comes after the one for the build.
    let _page = open(address, "/__webpack_hmr?ids&changes&client=one").await;
    let waiting =
        tokio::spawn(tool(address, "wait_for_update", json!({ "file": "/a.css", "timeout_ms": 300 })));
    tokio::time::sleep(Duration::from_millis(100)).await;
    hot.built(css("last"));
    let result = waiting.await.unwrap();
    assert_eq!(result["structuredContent"]["updated"], 0, "{result}");

    let late = tool(address, "wait_for_update", json!({ "file": "/b.css", "timeout_ms": 20 })).await;
    assert_eq!(late["isError"], true);
    assert!(late["content"][0]["text"].as_str().unwrap().contains("/b.css"), "{late}");
}
