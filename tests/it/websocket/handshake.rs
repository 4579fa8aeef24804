//! Handshakes: which ones are answered, which ones are allowed, and the errors of the others.

use axum::{Router, extract::Request, response::IntoResponse};
use hyper_util::rt::TokioIo;
use tower_hot_middleware::{Build, Options};

use super::{
    Peer, Site,
    peer::{CLOSE, FIN, TEXT, handshake},
    site, site_with,
};
use crate::{client::Reading, hot, serve, serve_hyper};

/// The status, headers and text of a refused handshake.
async fn refused(site: &Site, target: &str, headers: &[(&str, &str)]) -> (u16, String, String) {
    let reading = Reading::raw(site.address, handshake(site.address, target, headers).as_bytes()).await;
    let (status, head) = (reading.status(), reading.head.clone());
    (status, head, reading.rest().await)
}

#[tokio::test]
async fn a_pages_handshake_is_answered_as_in_the_rfc() {
    let site = site().await;
    let peer = site.open_silent().await;
    let head = peer.head.to_ascii_lowercase();
    for line in [
        "connection: upgrade",
        "upgrade: websocket",
        "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=",
        "sec-websocket-protocol: vite-hmr",
    ] {
        assert!(head.lines().any(|other| other == line), "{line} is not in {head}");
    }
    assert!(!head.contains("extensions"), "no extension is offered");
}

#[tokio::test]
async fn every_other_upgrade_goes_to_the_app() {
    async fn echo(request: Request) -> impl IntoResponse {
        tokio::spawn(async move {
            let upgraded = hyper::upgrade::on(request).await.unwrap();
            let (mut from, mut to) = tokio::io::split(TokioIo::new(upgraded));
            tokio::io::copy(&mut from, &mut to).await.unwrap();
        });
        (axum::http::StatusCode::SWITCHING_PROTOCOLS, [("connection", "upgrade"), ("upgrade", "websocket")])
    }
    let hot = hot();
    let address = serve(Router::new().fallback(echo).layer(hot.clone())).await;
    let cases = [
        ("/", ""),
        ("/", "chat"),
        ("/", "vite-hmr, chat"),
        ("/", "vite-hmr, vite-ping"),
        ("/", "Vite-HMR"),
        ("/chat", "vite-hmr"),
        ("//", "vite-hmr"),
    ];
    for (target, protocol) in cases {
        let mut peer = Peer::open(address, target, &[("Sec-WebSocket-Protocol", protocol)]).await;
        peer.send_raw(&[FIN | TEXT, 2, b'h', b'i']).await;
        assert_eq!(peer.frame().await, Some((FIN | TEXT, b"hi".to_vec())), "{target} {protocol:?}");
    }
    assert_eq!(hot.client_count(), 0);
}

#[tokio::test]
async fn a_handshake_without_access_is_refused_before_the_upgrade() {
    let site = site().await;
    let (own, right) = (format!("http://{}", site.address), format!("/?token={}", site.token));
    let wrong = format!("/?token={}0&token={}", site.token, site.token);
    let cases = [
        ("no token", &*own, "/", "", "?token="),
        ("an empty token", &own, "/?token=", "", "Reload the page"),
        ("a wrong token, and then the right one", &own, &wrong, "", "Reload the page"),
        ("neither an origin nor a token", "", "/", "", "?token="),
        ("another origin", "http://evil.test", &right, "", "evil.test"),
        ("an origin on another port", "http://127.0.0.1:1", &right, "", "127.0.0.1:1"),
        ("an opaque origin", "null", &right, "", "null"),
        ("a rebound name", &own, &right, "evil.test", "evil.test"),
    ];
    for (case, origin, target, host, named) in cases {
        let mut headers = vec![("Origin", origin), ("Sec-WebSocket-Protocol", "vite-hmr")];
        if !host.is_empty() {
            headers.push(("Host", host));
        }
        let (status, head, text) = refused(&site, target, &headers).await;
        assert_eq!(status, 403, "{case}: {text}");
        assert!(text.contains(named), "{case}: {text}");
        assert!(head.contains("cross-origin-resource-policy: same-origin"), "{case}: {head}");
        assert!(!text.contains(&site.token), "{case}: {text}");
    }
    assert_eq!(site.hot.client_count(), 0, "nothing was subscribed");
}

#[tokio::test]
async fn a_tool_without_an_origin_needs_the_token_too() {
    let site = site().await;
    let escaped = site.token.replace('a', "%61").replace('0', "%30");
    let target = format!("/?a=b&token={escaped}");
    let mut peer = Peer::open(site.address, &target, &[("Sec-WebSocket-Protocol", "vite-hmr")]).await;
    assert_eq!(peer.text().await, r#"{"type":"connected"}"#);
}

#[tokio::test]
async fn an_invalid_handshake_is_answered_with_the_reason() {
    let site = site().await;
    let target = format!("/?token={}", site.token);
    let cases: [(&str, &str, u16, &str); 5] = [
        ("Sec-WebSocket-Version", "8", 426, "sec-websocket-version: 13"),
        ("Sec-WebSocket-Version", "", 426, "sec-websocket-version: 13"),
        ("Sec-WebSocket-Key", "", 400, "text/plain"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ", 400, "text/plain"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZR==", 400, "text/plain"),
    ];
    for (name, value, status, line) in cases {
        let headers = [("Sec-WebSocket-Protocol", "vite-hmr"), (name, value)];
        let (found, head, text) = refused(&site, &target, &headers).await;
        assert_eq!(found, status, "{name}: {value}: {text}");
        assert!(head.contains(line), "{name}: {value}: {head}");
    }
    let post =
        handshake(site.address, &target, &[("Sec-WebSocket-Protocol", "vite-hmr")]).replace("GET", "POST");
    assert_eq!(Reading::raw(site.address, post.as_bytes()).await.status(), 405);
}

#[tokio::test]
async fn a_plain_request_at_the_base_goes_to_the_app() {
    let site = site().await;
    assert_eq!(Reading::get(site.address, "/").await.rest().await, "fell through");
    let protocol = [("Sec-WebSocket-Protocol", "vite-hmr")];
    assert_eq!(Reading::request(site.address, "GET", "/", &protocol).await.rest().await, "fell through");
}

#[tokio::test]
async fn a_ping_for_a_returning_server_is_accepted_and_closed() {
    let site = site().await;
    let origin = format!("http://{}", site.address);
    let headers = [("Origin", &*origin), ("Sec-WebSocket-Protocol", "vite-ping")];
    let mut peer = Peer::open(site.address, "/", &headers).await;
    assert_eq!(peer.closed().await, 1000);
    let foreign = [("Origin", "http://evil.test"), ("Sec-WebSocket-Protocol", "vite-ping")];
    assert_eq!(refused(&site, "/", &foreign).await.0, 403, "no site can tell that there is a server");
    assert_eq!(site.hot.client_count(), 0);
}

#[tokio::test]
async fn the_base_can_be_set() {
    let site = site_with(Options::builder().vite_base("/app/")).await;
    let target = |path: &str| format!("{path}?token={}", site.token);
    let headers = [("Sec-WebSocket-Protocol", "vite-hmr")];
    let mut peer = Peer::open(site.address, &target("/app/"), &headers).await;
    assert_eq!(peer.text().await, r#"{"type":"connected"}"#);
    for path in ["/", "/app", "/app/x", "/App/"] {
        assert_eq!(refused(&site, &target(path), &headers).await.2, "fell through", "{path}");
    }
}

#[tokio::test]
async fn after_close_handshakes_fall_through() {
    let site = site().await;
    site.hot.close();
    let headers = [("Sec-WebSocket-Protocol", "vite-hmr")];
    assert_eq!(refused(&site, &format!("/?token={}", site.token), &headers).await.2, "fell through");
}

#[tokio::test]
async fn a_server_without_upgrades_leaves_no_client_behind() {
    let site = site().await;
    site.hot.built(Build::new("h1").error("early"));
    let address = serve_hyper(&site.hot).await;
    let headers = [("Sec-WebSocket-Protocol", "vite-hmr")];
    let mut peer = Peer::open(address, &format!("/?token={}", site.token), &headers).await;
    assert_eq!(peer.frame().await, None);
    super::ends::until_clients(&site.hot, 0).await;
    assert_eq!(site.open().await.json().await["type"], "error", "it still waits for the upgrade");
}

#[tokio::test]
async fn the_sockets_port_serves_only_sockets() {
    let site = site().await;
    let (listener, own) = crate::listen().await;
    let hot = site.hot.clone();
    let serving = tokio::spawn(async move { hot.serve_sockets(listener).await.unwrap() });
    let plain = Reading::get(own, "/any").await;
    assert_eq!((plain.status(), plain.header("content-type")), (426, Some("text/plain;charset=utf-8")));
    assert_eq!(plain.rest().await, "Upgrade Required\n");
    let (page, target) = (format!("http://{}", site.address), format!("/any?token={}", site.token));
    let headers = [("Origin", &*page), ("Sec-WebSocket-Protocol", "vite-hmr")];
    let mut peer = Peer::open(own, &target, &headers).await;
    assert_eq!(peer.text().await, r#"{"type":"connected"}"#);
    let token_missing = handshake(own, "/", &headers);
    assert_eq!(Reading::raw(own, token_missing.as_bytes()).await.status(), 403);
    let null = handshake(own, &target, &[("Origin", "null"), headers[1]]);
    assert_eq!(Reading::raw(own, null.as_bytes()).await.status(), 403);
    let other = handshake(own, &target, &[("Sec-WebSocket-Protocol", "chat")]);
    assert_eq!(Reading::raw(own, other.as_bytes()).await.status(), 400);
    site.hot.close();
    assert_eq!(peer.frame().await.map(|(first, _)| first), Some(FIN | CLOSE));
    serving.await.unwrap();
}
