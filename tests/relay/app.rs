//! One process of an app whose events are relayed: `relay-app REDIS_URL PREFIX NAME [EVENTS]`. Prints its port, and ends with its
//! standard input.

use std::{
    env,
    future::IntoFuture,
    io::Read,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    http::Uri,
    routing::{get, post},
};
use serde_json::{Value, json};
use tower_hot_middleware::{Build, Change, HotMiddleware, Options, relay::Redis};

/// The token of all processes' pages.
const PAGE_TOKEN: &str = "a-token-for-the-pages-of-all-processes";

#[derive(Default)]
struct Asked {
    name: String,
    hash: String,
    change: Option<String>,
    from: u64,
    count: u64,
    bytes: usize,
    /// Adds the time in nanoseconds.
    stamp: bool,
}

impl From<Uri> for Asked {
    fn from(uri: Uri) -> Self {
        let mut asked = Self::default();
        for (name, value) in
            uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='))
        {
            let number = || value.parse().expect("a number");
            match name {
                "name" => value.clone_into(&mut asked.name),
                "hash" => value.clone_into(&mut asked.hash),
                "change" => asked.change = Some(value.to_owned()),
                "from" => asked.from = number(),
                "count" => asked.count = number(),
                "stamp" => asked.stamp = true,
                "bytes" => asked.bytes = value.parse().expect("a number"),
                _ => panic!("{name} is unknown"),
            }
        }
        asked
    }
}

fn published(hot: &HotMiddleware, asked: &Asked, name: &str) {
    let filler = "x".repeat(asked.bytes);
    for n in asked.from..asked.from + asked.count.max(1) {
        let event = if asked.stamp {
            let now =
                SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is later than 1970");
            json!({ "n": n, "t": u64::try_from(now.as_nanos()).expect("it is earlier than 2554"), "x": filler })
        } else if asked.bytes > 0 {
            json!({ "n": n, "by": name, "x": filler })
        } else {
            json!({ "n": n, "by": name })
        };
        hot.publish(&event).expect("a JSON value is written");
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [url, prefix, name, events @ ..] = &*arguments else { panic!("URL PREFIX NAME [EVENTS]") };
    let mut options = Options::builder().terminal(false).heartbeat(Duration::from_millis(500));
    // The benchmark compares with a process alone.
    if url != "none" {
        let relay = Redis::new(url).expect("the URL is valid").prefix(prefix).page_token(PAGE_TOKEN);
        options = options.relay(relay.expiry(Duration::from_secs(60)));
    }
    if let Some(events) = events.first() {
        options = options.replay_buffer_events(events.parse().expect("a number"));
    }
    let hot = HotMiddleware::new(options.build().expect("the options are valid"));
    let heard: Arc<Mutex<Vec<Value>>> = Arc::default();
    hot.on("ask", {
        let (heard, name) = (heard.clone(), name.clone());
        move |_, message| {
            heard.lock().expect("no panic").push(message.data().clone());
            let client = message.client().expect("the page has a name");
            client.send("answer", &json!({ "by": name, "to": message.data() })).expect("JSON");
        }
    });
    let (publishes, builds, begins) = (hot.clone(), hot.clone(), hot.clone());
    let (counts, reloads, sends) = (hot.clone(), hot.clone(), hot.clone());
    let by = name.clone();
    let app = Router::new()
        .route("/", get(|| async { axum::response::Html("<!doctype html><title>a page</title>") }))
        .route("/publish", post(move |uri: Uri| async move { published(&publishes, &uri.into(), &by) }))
        .route(
            "/built",
            post(move |uri: Uri| async move {
                let asked = Asked::from(uri);
                let build = Build::new(asked.hash).name(asked.name);
                builds.built(match asked.change {
                    Some(change) => build.change(Change::new(change)),
                    None => build,
                });
            }),
        )
        .route(
            "/building",
            post(move |uri: Uri| async move { begins.building_bundle(Asked::from(uri).name) }),
        )
        .route("/reload", post(move || async move { reloads.reload() }))
        .route("/send", post(move || async move { sends.send("hello", &1).expect("JSON") }))
        .route(
            "/clients",
            get(move || async move { format!("{} {}", counts.client_count(), counts.total_client_count()) }),
        )
        .route("/heard", get(move || async move { json!(*heard.lock().expect("no panic")).to_string() }))
        .layer(hot);
    if let Some(socket) = env::var_os("RELAY_SOCKET") {
        let _ = std::fs::remove_file(&socket);
        let listener = tokio::net::UnixListener::bind(&socket).expect("the socket is free");
        tokio::spawn(axum::serve(listener, app.clone()).into_future());
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    println!("{}", listener.local_addr().expect("it has an address").port());
    thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    axum::serve(listener, app).await.expect("the server runs");
}
