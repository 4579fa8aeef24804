//! Replays of published attacks on other development servers: each test sends what the advisory's attack
//! sends, and is named after it. `docs/security.md` lists them in order.

use tower_hot_middleware::{Build, Options};

use super::{CLIENT, PATH, Reading, Server, assert_unreadable, server};

const EVIL: &str = "http://evil.example";

/// Returns the head of a WebSocket handshake by a page of `origin`.
fn handshake<'a>(host: &'a str, origin: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("Host", host),
        ("Origin", origin),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]
}

/// Returns the path of each file of the client, found by following imports from its entry.
async fn client_files(server: &Server) -> Vec<String> {
    let host = server.host();
    let mut paths = vec![CLIENT.to_owned()];
    let mut at = 0;
    while let Some(path) = paths.get(at) {
        let reading = server.get(path, &[("Host", &host)]).await;
        // Some of the names are those of sources in comments.
        if reading.header("cross-origin-embedder-policy").is_none() {
            paths.remove(at);
            continue;
        }
        let moved = reading.header("location").map(|location| format!("'./{location}'")).unwrap_or_default();
        let text = reading.rest().await + &moved;
        let folder = path.rsplit_once('/').unwrap().0.to_owned();
        for name in text
            .split(['\'', '"'])
            .filter(|name| name.starts_with('.') && name.rsplit('.').next() == Some("js"))
        {
            let path = match name.strip_prefix("../") {
                Some(name) => format!("{}/{name}", folder.rsplit_once('/').unwrap().0),
                None => format!("{folder}/{}", name.strip_prefix("./").unwrap()),
            };
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        at += 1;
    }
    assert!(paths.iter().any(|path| path.ends_with("/page.js")), "the client imports more than {paths:?}");
    paths
}

/// Any site could read the server's responses and its socket, directly or by a name of its own that it
/// pointed at 127.0.0.1.
#[tokio::test]
async fn vite_cve_2025_24010_any_site_reads_the_server() {
    let server = server().await;
    let host = server.host();
    server
        .assert_refused("GET", PATH, &[("Host", &host), ("Origin", EVIL), ("Sec-Fetch-Site", "cross-site")])
        .await;
    server.assert_refused("GET", PATH, &handshake(&host, EVIL)).await;
    // To the browser, a rebound page and the server have the same origin; only the name differs.
    let rebound = format!("evil.example:{}", server.address.port());
    let body =
        server.assert_refused("GET", PATH, &[("Host", &rebound), ("Sec-Fetch-Site", "same-origin")]).await;
    assert!(body.starts_with("The host evil.example is not allowed"), "{body}");
    let origin = format!("http://{rebound}");
    server.assert_refused("GET", PATH, &[("Host", &rebound), ("Origin", &origin)]).await;
}

/// A message on the socket made the server read any file.
#[tokio::test]
async fn vite_cve_2026_39363_the_socket_reads_files() {
    let server = server().await;
    let host = server.host();
    let origin = format!("http://{host}");
    let stream = server.get(PATH, &handshake(&host, &origin)).await;
    assert_eq!(
        stream.status(),
        200,
        "there is no socket to send a message on, not even for the app's own pages"
    );
    assert!(stream.header("upgrade").is_none());
    let message = r#"{"type":"custom","event":"vite:invoke","data":{"name":"fetchModule","data":["file:///etc/passwd?raw"]}}"#;
    let length = message.len().to_string();
    let post = format!("POST {PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{message}");
    assert_eq!(Reading::raw(server.address, post.as_bytes()).await.status(), 405, "there is no listener");
    server.hot.on("vite:invoke", |_, _| panic!("the message was delivered"));
    assert_eq!(Reading::raw(server.address, post.as_bytes()).await.status(), 403, "it has no token");
    for file in [
        "file:///etc/passwd",
        "../../../../etc/passwd",
        "..%2f..%2fetc/passwd",
        "/etc/passwd",
        "@fs/etc/passwd?raw",
    ] {
        let reading = server.get(&format!("{PATH}/{file}"), &[("Host", &host)]).await;
        assert_eq!(reading.rest().await, "the app", "{file} is not one of the client's files");
    }
}

/// The socket's server did not check the origin.
#[tokio::test]
async fn webpack_dev_server_cve_2018_14732_any_origin_listens() {
    let server = server().await;
    server.hot.built(Build::new("secret"));
    let host = server.host();
    for origin in [EVIL, "https://evil.example", "http://localhost.evil.example", "http://evillocalhost"] {
        let body = server.assert_refused("GET", PATH, &[("Host", &host), ("Origin", origin)]).await;
        assert!(body.contains(origin) && !body.contains("secret"), "{body}");
    }
}

/// A foreign page included scripts of the server, which needs no CORS, and inspected them.
#[tokio::test]
async fn webpack_dev_server_cve_2025_30359_scripts_are_included_by_other_sites() {
    let server = server().await;
    let host = server.host();
    for site in ["cross-site", "same-site"] {
        let include = [
            ("Host", host.as_str()),
            ("Sec-Fetch-Dest", "script"),
            ("Sec-Fetch-Mode", "no-cors"),
            ("Sec-Fetch-Site", site),
        ];
        for target in [CLIENT, PATH] {
            server.assert_refused("GET", target, &include).await;
        }
    }
}

/// An origin with an IP address was always allowed, even a foreign site's.
#[tokio::test]
async fn webpack_dev_server_cve_2025_30360_an_address_is_an_allowed_origin() {
    let server = server().await;
    let host = server.host();
    let port = server.address.port();
    for address in ["203.0.113.7", "192.168.0.8", "[2001:db8::1]", "0.0.0.0"] {
        for origin in [format!("http://{address}"), format!("http://{address}:{port}")] {
            server.assert_refused("GET", PATH, &[("Host", &host), ("Origin", &origin)]).await;
        }
    }
}

/// Foreign script includes were detected by `Sec-Fetch-*`, which browsers don't send over plain HTTP to
/// another machine.
#[tokio::test]
async fn webpack_dev_server_cve_2026_6402_an_include_without_fetch_metadata() {
    let server = server().await;
    let include = [("Host", "192.168.0.7:3000"), ("Accept", "*/*"), ("Referer", "http://evil.example/")];
    for target in client_files(&server).await.iter().map(String::as_str).chain([PATH]) {
        let reading = server.get(target, &include).await;
        // Files outside the folder with the hash are redirected there; the redirect is as unreadable.
        assert!(matches!(reading.status(), 200 | 307), "{target}: {}", reading.head);
        assert_unreadable(&reading);
    }
}

/// A proxy for all paths took over the socket's requests, so another server saw their cookies.
#[tokio::test]
async fn webpack_dev_server_cve_2026_9595_a_catch_all_gets_the_stream_s_requests() {
    let server = server().await;
    let host = server.host();
    let origin = format!("http://{host}");
    let upgrade = handshake(&host, &origin);
    server.get(PATH, &upgrade).await;
    server.get(PATH, &[("Host", &host), ("Cookie", "session=secret")]).await;
    server.assert_refused("GET", PATH, &[("Host", "evil.example"), ("Cookie", "session=secret")]).await;
    server.assert_refused("GET", PATH, &handshake(&host, EVIL)).await;
    assert_eq!(
        server.asked.load(std::sync::atomic::Ordering::SeqCst),
        0,
        "the inner service received none of them"
    );
}

/// Routes with side effects, such as rebuilding or opening an editor, worked for requests from any page.
#[tokio::test]
async fn webpack_dev_server_cve_2026_14620_other_sites_call_routes_with_side_effects() {
    let server = server().await;
    let host = server.host();
    let mut stream = server.assert_streams(&[("Host", &host)]).await;
    for site in ["cross-site", "same-site"] {
        let navigation = [("Host", host.as_str()), ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "navigate")];
        server.assert_refused("GET", PATH, &navigation).await;
    }
    let form =
        [("Host", host.as_str()), ("Origin", EVIL), ("Content-Type", "application/x-www-form-urlencoded")];
    server.assert_refused("POST", PATH, &form).await;
    for action in ["invalidate", "open-editor?fileName=/etc/passwd"] {
        let reading = server.get(&format!("{PATH}/{action}"), &[("Host", &host)]).await;
        assert_eq!(reading.rest().await, "the app", "there is no route with side effects");
    }
    server.hot.publish(&"first").unwrap();
    assert_eq!(stream.data().await, "\"first\"", "the requests published nothing");
}

/// An invalid `Host` or `Origin` ended the whole server.
#[tokio::test]
async fn webpack_dev_server_cve_2026_14631_malformed_headers_end_the_process() {
    let server = server().await;
    let host = server.host();
    let values: [&[u8]; 12] = [
        b"",
        b"[",
        b"[::1",
        b"http://",
        b"://",
        b"a:b:c",
        b":99999",
        b"%",
        b"\xff\xfe",
        b"http://[",
        b"\"",
        b"http://a:-1",
    ];
    let long = vec![b'a'; 8_000];
    for value in values.into_iter().chain([long.as_slice()]) {
        for (before, after) in
            [("Host: ", ""), (&*format!("Host: {host}\r\nOrigin: "), ""), ("Host: ", "\r\nOrigin: x")]
        {
            let mut request = format!("GET {PATH} HTTP/1.1\r\n{before}").into_bytes();
            request.extend_from_slice(value);
            request.extend_from_slice(format!("{after}\r\n\r\n").as_bytes());
            let reading = Reading::raw(server.address, &request).await;
            assert_eq!(reading.status(), 403, "{}", String::from_utf8_lossy(&request));
            assert!(reading.rest().await.len() < 500, "what is shown of a value is bounded");
        }
    }
    let twice = server.get(PATH, &[("Host", &host), ("Host", "evil.example")]).await;
    assert_eq!(twice.status(), 403);
    server.assert_streams(&[("Host", &host)]).await;
}

/// Every response, even the event stream, granted `Access-Control-Allow-Origin: *`.
#[tokio::test]
async fn esbuild_ghsa_67mh_4wv8_2f99_every_origin_is_granted() {
    let server = Server::new(Options::builder().allowed_origin("https://ok.example")).await;
    let host = server.host();
    for origin in [EVIL, "https://ok.example.evil.example", "https://ok.example:8443", "null", "*"] {
        for target in [PATH, CLIENT] {
            server.assert_refused("GET", target, &[("Host", &host), ("Origin", origin)]).await;
        }
    }
    let granted = server.get(PATH, &[("Host", &host), ("Origin", "https://ok.example")]).await;
    assert_eq!(granted.header("access-control-allow-origin"), Some("https://ok.example"));
    assert!(granted.header("access-control-allow-credentials").is_none());
}

/// A foreign page requested the bundles by script and read them.
#[tokio::test]
async fn parcel_cve_2025_56648_other_sites_read_files() {
    let server = server().await;
    let host = server.host();
    for path in client_files(&server).await {
        server
            .assert_refused("GET", &path, &[("Host", &host), ("Origin", EVIL), ("Sec-Fetch-Mode", "cors")])
            .await;
    }
}

/// A foreign page loaded the development server's scripts and its socket.
#[tokio::test]
async fn next_cve_2025_48068_other_sites_load_the_client_and_its_events() {
    let server = server().await;
    let host = server.host();
    for path in client_files(&server).await {
        let module = [
            ("Host", host.as_str()),
            ("Origin", EVIL),
            ("Sec-Fetch-Dest", "script"),
            ("Sec-Fetch-Mode", "cors"),
        ];
        server.assert_refused("GET", &path, &module).await;
        server.assert_refused("GET", &path, &[("Host", &host), ("Sec-Fetch-Site", "cross-site")]).await;
    }
    server.assert_refused("GET", PATH, &handshake(&host, EVIL)).await;
}

/// `Origin: null`, which any page can send from a sandboxed frame, passed the list of allowed origins.
#[tokio::test]
async fn next_cve_2026_27977_a_sandboxed_frame_is_let_in() {
    let server = Server::new(Options::builder().allowed_origin("https://ok.example")).await;
    let host = server.host();
    for target in [PATH, CLIENT] {
        let body = server.assert_refused("GET", target, &[("Host", &host), ("Origin", "null")]).await;
        assert!(body.contains("Origin: null"), "{body}");
    }
    server.assert_refused("GET", PATH, &handshake(&host, "null")).await;
}

/// Any page could open the socket and make the server write files by its messages.
#[tokio::test]
async fn storybook_cve_2026_27148_other_sites_send_messages() {
    let server = server().await;
    let host = server.host();
    let mut stream = server.assert_streams(&[("Host", &host)]).await;
    server.assert_refused("GET", PATH, &handshake(&host, EVIL)).await;
    let body = r#"{"type":"saveStory","componentFilePath":"'};alert(1)//"}"#;
    let length = body.len().to_string();
    // The requests that a page may send without a preflight.
    let simple = [
        ("Host", host.as_str()),
        ("Origin", EVIL),
        ("Content-Type", "text/plain"),
        ("Content-Length", &length),
    ];
    server.assert_refused("POST", PATH, &simple).await;
    server.hot.publish(&"first").unwrap();
    assert_eq!(stream.data().await, "\"first\"", "no message was delivered");
}

/// A route opened the requested file in an editor; a path on a foreign share sent the user's password hash
/// there.
#[tokio::test]
async fn launch_editor_cve_2026_53632_a_path_on_a_foreign_share_is_opened() {
    let server = server().await;
    let host = server.host();
    let files =
        ["%5C%5Cevil.example%5Cshare%5Ca.js", "//evil.example/share/a.js", "file://evil.example/share/a.js"];
    for file in files {
        for route in ["/__open-in-editor", "/__webpack_hmr/open-editor", "/__webpack_hmr/open-in-editor"] {
            let reading = server.get(&format!("{route}?file={file}"), &[("Host", &host)]).await;
            assert_eq!(reading.rest().await, "the app", "{route} is the app's");
        }
        // The stream takes no file names: it ignores unknown parameters.
        assert_eq!(server.get(&format!("{PATH}?file={file}"), &[("Host", &host)]).await.status(), 200);
    }
    #[cfg(all(unix, feature = "watch"))]
    {
        // The same paths from a page of the app, which may open files.
        let site = crate::editor::Site::new().await;
        for file in [
            r"\\evil.example\share\a.js",
            "//evil.example/share/a.js",
            "file://evil.example/share/a.js",
            r"\\?\UNC\evil\a.js",
        ] {
            let (status, text) = site.open(file).await;
            assert_eq!(status, 403, "{file}: {text}");
        }
        site.assert_nothing_opened().await;
    }
}

/// A file's name was part of a command line of Windows' shell, so that a name with `&` ran a program.
#[cfg(all(unix, feature = "watch"))]
#[tokio::test]
async fn react_dev_utils_cve_2018_6342_a_file_name_is_run_by_a_shell() {
    let site = crate::editor::Site::new().await;
    for file in [
        "/s/js/app.js&calc.exe",
        "/s/js/app.js%26calc.exe",
        "/s/js/app.js;touch pwned",
        "/s/js/app.js|touch pwned",
        "/s/$(touch pwned)",
        "/s/`touch pwned`.js",
        "\"; touch pwned; \"",
        "--wait",
        "-u --eval (shell-command)",
        "+!touch pwned",
    ] {
        let (status, text) = site.open(file).await;
        assert_eq!(status, 403, "{file}: {text}");
    }
    site.assert_nothing_opened().await;
    assert!(!site.folder.join("pwned").exists() && !std::path::Path::new("pwned").exists());
}
