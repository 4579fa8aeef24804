//! The runner's own page, served on the app's sockets while no process of the app serves.
//!
//! The page contains no build output. It receives that from the event stream, which only pages of this machine may read.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    io,
    net::TcpListener,
    sync::mpsc,
    task::{Context, Poll},
    thread,
    time::Duration,
};

use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{sync::watch, task::JoinSet};
use tower_hot_middleware::{HotMiddleware, Options};
use tower_layer::Layer;
use tower_service::Service;

use crate::{report::Report, socket::Sockets};

/// Header that marks responses of the runner, as opposed to the app.
const MARK: &str = "cargo-hmr";

/// Event on which the page loads the app.
const SERVES: &str = "cargo-hmr:serves";

/// Default path of the event stream.
const DEFAULT_PATH: &str = "/__webpack_hmr";

/// Timeout for the head of a request.
const HEAD: Duration = Duration::from_secs(10);

/// Timeout of the shutdown.
const END: Duration = Duration::from_secs(1);

/// A running server. Dropping it makes its pages load the app. It accepts nothing from then on, and answers what it has.
#[derive(Debug)]
pub(crate) struct Server {
    hot: HotMiddleware,
    stop: watch::Sender<bool>,
    /// Closed once no socket is accepted from.
    accepting: mpsc::Receiver<()>,
}

impl Server {
    pub(crate) fn start(sockets: &Sockets, path: Option<&str>) -> io::Result<Self> {
        let options = || Options::builder().reload_on_new_binary(false).inject(false).terminal(false);
        // The path of the last run; invalid only if its file was edited.
        let given = path.and_then(|path| Some((path, options().path(path).build().ok()?)));
        let (path, options) = match given {
            Some(given) => given,
            None => (DEFAULT_PATH, options().build().map_err(io::Error::other)?),
        };
        let hot = HotMiddleware::new(options);
        let page = page(path);
        let listeners =
            sockets.iter().map(|listening| listening.socket.try_clone()).collect::<io::Result<Vec<_>>>()?;
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let layer = hot.clone();
        let (accepts, accepting) = mpsc::channel();
        thread::Builder::new().name("hmr-page".to_owned()).spawn(move || {
            runtime.block_on(serve(listeners, &layer, &page.into(), stopped, accepts));
            runtime.shutdown_timeout(END);
        })?;
        Ok(Self { hot, stop, accepting })
    }

    pub(crate) fn send_report(&self, report: &Report) {
        report.publish(&self.hot);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        let _ = self.hot.send(SERVES, &());
        self.hot.close();
        let _ = self.accepting.recv_timeout(END);
    }
}

async fn serve(
    listeners: Vec<TcpListener>,
    hot: &HotMiddleware,
    page: &Bytes,
    stopped: watch::Receiver<bool>,
    accepts: mpsc::Sender<()>,
) {
    let mut accepting = Vec::new();
    for listener in listeners {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { continue };
        let (service, mut stopped) = (hot.layer(Page(page.clone())), stopped.clone());
        accepting.push(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            let accept = async {
                // Nothing else waits here: what was accepted is answered.
                while let Ok((stream, _)) = listener.accept().await {
                    let mut builder = http1::Builder::new();
                    // No connection is kept alive, so the next request reaches the app.
                    builder.keep_alive(false).timer(TokioTimer::new()).header_read_timeout(HEAD);
                    let service = TowerToHyperService::new(service.clone());
                    connections.spawn(builder.serve_connection(TokioIo::new(stream), service));
                    while connections.try_join_next().is_some() {}
                }
            };
            {
                let stopped = std::pin::pin!(stopped.wait_for(|stopped| *stopped));
                futures_util::future::select(stopped, std::pin::pin!(accept)).await;
            }
            connections
        }));
    }
    let mut rest = Vec::new();
    for task in accepting {
        rest.extend(task.await);
    }
    drop(accepts);
    let rest = async {
        for mut connections in rest {
            while connections.join_next().await.is_some() {}
        }
    };
    let _ = tokio::time::timeout(END, rest).await;
}

/// Responds to every request with the page.
#[derive(Clone)]
struct Page(Bytes);

impl Service<Request<Incoming>> for Page {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        ready(Ok(answer(&request, &self.0)))
    }
}

fn answer(request: &Request<Incoming>, page: &Bytes) -> Response<Full<Bytes>> {
    let takes_html = request
        .headers()
        .get("accept")
        .is_some_and(|accept| accept.as_bytes().windows(9).any(|part| part == b"text/html"));
    let (kind, body) = if takes_html {
        ("text/html; charset=utf-8", page.clone())
    } else {
        ("text/plain; charset=utf-8", Bytes::from_static(TEXT.as_bytes()))
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.insert("retry-after", HeaderValue::from_static("1"));
    headers.insert(MARK, HeaderValue::from_static("1"));
    response
}

const TEXT: &str =
    "The app is not running: cargo hmr is building it, or the build failed. See the terminal.\n";

/// The page, with the client of the layer at this path.
fn page(path: &str) -> String {
    // The options have checked the path: it contains no character that HTML or a script would interpret.
    PAGE.replace("{path}", path).replace("{mark}", MARK).replace("{serves}", SERVES)
}

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>cargo hmr</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 4rem auto; padding: 0 1rem; color: #333; }
  pre { white-space: pre-wrap; font: .85rem/1.45 ui-monospace, monospace; background: #f6f6f6; padding: 1rem; }
  pre:empty { display: none; }
  @media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd; } pre { background: #222; } }
</style>
<script type="module" src="{path}/client.js" data-hot-middleware='{"path":"{path}"}'></script>
</head>
<body>
<h1 id="state">The app is not running yet</h1>
<p>This page of cargo hmr shows the build, and loads the app as soon as it runs.</p>
<pre id="errors"></pre>
<noscript>JavaScript is disabled: reload this page after the next build.</noscript>
<script type="module">
  import { on, subscribeAll } from "{path}/client.js";
  const state = document.getElementById("state");
  const errors = document.getElementById("errors");
  subscribeAll((message) => {
    if (message?.name !== "cargo") return;
    if (message.action === "building") state.textContent = "The app is being built";
    if (message.action === "progress") state.textContent = `The app is being built: ${message.message}`;
    if (message.action === "built" || message.action === "sync") {
      state.textContent = message.errors.length ? "The app can't run" : "The app is starting";
      errors.textContent = message.errors.join("\n\n").replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, "");
    }
  });
  on("{serves}", () => location.reload());
  // For an app without an event stream.
  setInterval(async () => {
    const response = await fetch(location, { method: "HEAD", cache: "no-store" }).catch(() => undefined);
    if (response && !response.headers.has("{mark}")) location.reload();
  }, 1000);
</script>
</body>
</html>
"#;
