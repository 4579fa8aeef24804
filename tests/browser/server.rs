//! The server of the browser tests: an app under the layer. Its argument configures it, and each line of standard input
//! is a command. It stops when standard input ends.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::{BufRead, Write},
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    time::Duration,
};

use axum::{
    Router,
    extract::{Path as Param, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE,
            SET_COOKIE,
        },
    },
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use serde::Deserialize;
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_hot_middleware::{
    Console, ConsoleLevel, HotMiddleware, LogLevel, Options, Stats, watch::Watch, webpack::Webpack,
};
use tower_http::{compression::CompressionLayer, services::ServeDir};

/// The configuration, as JSON in the first argument.
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own in the JSON")]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setup {
    /// The folder that is served at `/` and watched.
    root: PathBuf,
    /// The folder of templates, which is watched and served at `/t/NAME` with `{{now}}` replaced.
    templates: Option<PathBuf>,
    /// The address to listen on.
    #[serde(default = "loopback")]
    bind: IpAddr,
    #[serde(default)]
    port: u16,
    /// Whether the layer does anything.
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default = "yes")]
    watch: bool,
    #[serde(default = "yes")]
    inject: bool,
    /// The `Content-Security-Policy` of every response.
    csp: Option<String>,
    /// The `Content-Type` of every stylesheet.
    css_type: Option<String>,
    /// The place of the compression layer: `outside` the hot layer, or `inside`.
    compression: Option<String>,
    /// The prefix at which the whole app is nested.
    nest: Option<String>,
    /// Serves `/processed.css` with more than the file's text.
    #[serde(default)]
    processed: bool,
    /// Reloads pages when the server restarts as another executable.
    #[serde(default = "yes")]
    reload_on_new_binary: bool,
    /// Milliseconds.
    heartbeat: Option<u64>,
    path: Option<String>,
    #[serde(default)]
    allowed_hosts: Vec<String>,
    #[serde(default)]
    allowed_origins: Vec<String>,
    /// The configuration of a webpack or Rspack to run.
    webpack: Option<PathBuf>,
    /// The token for build reports.
    build_token: Option<String>,
    /// Sends each page's `echo` events to all pages, and answers `ask` events.
    #[serde(default)]
    echo: bool,
    /// Lets every origin read every response of the app.
    #[serde(default)]
    cors: bool,
    /// The `max-age` of the app's responses, in seconds.
    max_age: Option<u32>,
    /// Prints lines about saves and problems to the terminal. A test takes them for faults.
    #[serde(default)]
    terminal: bool,
    /// Logs the start and the end of each build in the page's console.
    #[serde(default)]
    console_debug: bool,
    /// Shows errors of builds in the page.
    #[serde(default = "yes")]
    overlay: bool,
    /// The methods of the console whose lines are in the terminal.
    console: Option<Vec<String>>,
    /// Shows uncaught errors in the page.
    #[serde(default)]
    overlay_runtime_errors: bool,
    /// The command of the editor that the overlay opens.
    editor: Option<String>,
    /// Updates pages in place.
    #[serde(default = "yes")]
    update_pages: bool,
    /// Lets pages keep their state over a reload.
    #[serde(default = "yes")]
    keep_state: bool,
    /// Opens a separate port for sockets.
    #[cfg(feature = "websocket")]
    #[serde(default)]
    sockets: bool,
    /// The `node_modules` folder with Vite's client.
    #[cfg(feature = "websocket")]
    vite_client: Option<PathBuf>,
}

fn loopback() -> IpAddr {
    Ipv4Addr::LOCALHOST.into()
}

fn yes() -> bool {
    true
}

/// One line of standard input.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Command {
    Building(Option<String>),
    Built(serde_json::Value),
    Publish(serde_json::Value),
    Reload(Option<String>),
    /// Writes `{"clients":N}`.
    Clients,
    Close,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let setup: Setup = serde_json::from_str(&std::env::args().nth(1).ok_or("give the set-up as JSON")?)?;
    let mut options = Options::builder()
        .enabled(setup.enabled)
        .inject(setup.inject)
        .reload_on_new_binary(setup.reload_on_new_binary)
        .client_overlay(setup.overlay)
        .overlay_runtime_errors(setup.overlay_runtime_errors)
        .update_pages(setup.update_pages)
        .keep_state(setup.keep_state)
        .console_level(if setup.console_debug { LogLevel::Debug } else { LogLevel::Info })
        .terminal(setup.terminal);
    if !setup.terminal {
        tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(std::io::sink).init();
    }
    if let Some(methods) = &setup.console {
        options = options.console(Console::lines(methods.iter().map(|method| level(method))));
    }
    if let Some(editor) = &setup.editor {
        options = options.editor(editor);
    }
    if let Some(heartbeat) = setup.heartbeat {
        options = options.heartbeat(Duration::from_millis(heartbeat));
    }
    if let Some(path) = &setup.path {
        options = options.path(path);
    }
    for host in &setup.allowed_hosts {
        options = options.allowed_host(host);
    }
    for origin in &setup.allowed_origins {
        options = options.allowed_origin(origin);
    }
    #[cfg(feature = "websocket")]
    if let Some(node_modules) = &setup.vite_client {
        options = options.vite_client(node_modules);
    }
    if let Some(token) = &setup.build_token {
        options = options.build_token(token);
    }
    let hot = HotMiddleware::new(options.build()?);
    if setup.echo {
        hot.on("echo", |hot, message| hot.send("echo", message.data()).expect("JSON can be sent"));
        hot.on("ask", |_, message| {
            let client = message.client().expect("the page has a stream of its own");
            client.send("answer", message.data()).expect("JSON can be sent");
        });
    }
    let mut watch = Watch::new().files("/", &setup.root);
    if let Some(templates) = &setup.templates {
        watch = watch.reload(templates);
    }
    setup.watch.then(|| hot.watch(watch)).transpose()?;
    let webpack = setup.webpack.as_ref().map(|config| hot.webpack(Webpack::new(config))).transpose()?;
    if let Some(webpack) = &webpack {
        webpack.wait_for_build(Duration::from_secs(60)).await?;
    }

    let listener = TcpListener::bind((setup.bind, setup.port)).await?;
    println!(
        "{}",
        serde_json::json!({
            "url": format!("http://{}", listener.local_addr()?),
            "sockets": serve_sockets(&setup, &hot).await?,
        })
    );
    let app = app(&setup, &hot);
    let commands = {
        let hot = hot.clone();
        tokio::task::spawn_blocking(move || run_commands(&hot))
    };
    let shutdown = async move {
        if let Ok(Err(error)) = commands.await {
            eprintln!("{error}");
        }
        hot.close();
    };
    let listener = listener.tap_io(|socket| drop(socket.set_nodelay(true)));
    axum::serve(listener, app).with_graceful_shutdown(shutdown).await?;
    Ok(())
}

fn level(method: &str) -> ConsoleLevel {
    match method {
        "error" => ConsoleLevel::Error,
        "warn" => ConsoleLevel::Warn,
        "log" => ConsoleLevel::Log,
        other => panic!("console.{other} is not in the set-up"),
    }
}

/// Opens a separate port for sockets if the setup asks for one, and returns it.
#[cfg(feature = "websocket")]
async fn serve_sockets(setup: &Setup, hot: &HotMiddleware) -> std::io::Result<Option<u16>> {
    if !setup.sockets {
        return Ok(None);
    }
    let listener = TcpListener::bind((setup.bind, 0)).await?;
    let port = listener.local_addr()?.port();
    let hot = hot.clone();
    tokio::spawn(async move { hot.serve_sockets(listener).await });
    Ok(Some(port))
}

#[cfg(not(feature = "websocket"))]
async fn serve_sockets(_: &Setup, _: &HotMiddleware) -> std::io::Result<Option<u16>> {
    Ok(None)
}

fn app(setup: &Setup, hot: &HotMiddleware) -> Router {
    let templates = setup.templates.clone().unwrap_or_default();
    let app = Router::new()
        .route("/t/{name}", get(template).post(template))
        .route("/guarded", post(guarded))
        .route("/compiled.js", get(compiled))
        .route("/fragment", get(|| async { Html("<p class=\"fragment\">a piece of a page</p>") }))
        .with_state(templates)
        .fallback_service(ServeDir::new(&setup.root));
    let app = if setup.processed {
        app.merge(Router::new().route("/processed.css", get(processed)).with_state(setup.root.clone()))
    } else {
        app
    };
    let csp =
        setup.csp.as_deref().map(|csp| HeaderValue::from_str(csp).expect("the policy is a header's value"));
    let (cors, max_age) = (setup.cors, setup.max_age);
    let css_type =
        setup.css_type.as_deref().map(|value| HeaderValue::from_str(value).expect("a header's value"));
    let app = app.layer(axum::middleware::map_response(move |mut response: Response| {
        let is_css = response.headers().get(CONTENT_TYPE).is_some_and(|value| value == "text/css");
        if let (true, Some(css_type)) = (is_css, &css_type) {
            response.headers_mut().insert(CONTENT_TYPE, css_type.clone());
        }
        if let Some(csp) = &csp {
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, csp.clone());
        }
        if cors {
            response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        if let Some(max_age) = max_age {
            let value = HeaderValue::from_str(&format!("max-age={max_age}"));
            response.headers_mut().insert(CACHE_CONTROL, value.expect("a number is a header's value"));
        }
        std::future::ready(response)
    }));
    let app = match setup.compression.as_deref() {
        Some("outside") => app.layer(ServiceBuilder::new().layer(CompressionLayer::new()).layer(hot.clone())),
        Some("inside") => app.layer(ServiceBuilder::new().layer(hot.clone()).layer(CompressionLayer::new())),
        Some(other) => panic!("compression is {other:?}, and neither \"outside\" nor \"inside\""),
        None => app.layer(hot.clone()),
    };
    match &setup.nest {
        Some(prefix) => Router::new().nest(prefix, app),
        None => app,
    }
}

/// Renders a template. `{{ bad` is a syntax error, `{{panic}}` ends the connection, `{{redirect PATH}}` redirects, and
/// `{{status NUMBER TYPE}}` responds with the rest of the text in that status and media type. `{{now}}` is the time, and `{{csrf}}` a
/// token of the session, another one each time.
async fn template(State(folder): State<PathBuf>, Param(name): Param<String>, headers: HeaderMap) -> Response {
    let name = Path::new(&name).file_name().unwrap_or_default();
    let text = match std::fs::read_to_string(folder.join(name)) {
        Ok(text) => text,
        Err(error) => return (StatusCode::NOT_FOUND, error.to_string()).into_response(),
    };
    if text.contains("{{ bad") {
        let error = format!("syntax error: unexpected `<` (in {}:1)", Path::new(name).display());
        return (StatusCode::INTERNAL_SERVER_ERROR, error).into_response();
    }
    if text.contains("{{panic}}") {
        // Prints nothing: output on standard error would fail the test.
        std::panic::resume_unwind(Box::new(()));
    }
    if let Some((path, _)) = text.strip_prefix("{{redirect ").and_then(|text| text.split_once("}}")) {
        return Redirect::to(path).into_response();
    }
    if let Some((marker, rest)) = text.strip_prefix("{{status ").and_then(|text| text.split_once("}}")) {
        let (status, media_type) = marker.split_once(' ').expect("a status and a type");
        let status = StatusCode::from_bytes(status.as_bytes()).expect("a status");
        return (status, [(CONTENT_TYPE, media_type.to_owned())], rest.to_owned()).into_response();
    }
    let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos().to_string();
    if !text.contains("{{csrf}}") {
        return Html(text.replace("{{now}}", &now)).into_response();
    }
    let session = session(&headers).unwrap_or(&now);
    let html = Html(text.replace("{{csrf}}", &token(session, &now)));
    ([(SET_COOKIE, format!("session={session}; Path=/; HttpOnly"))], html).into_response()
}

fn session(headers: &HeaderMap) -> Option<&str> {
    headers.get(COOKIE)?.to_str().ok()?.split("; ").find_map(|pair| pair.strip_prefix("session="))
}

/// Returns a session's token with this mask: all of them are valid, as those of most frameworks.
fn token(session: &str, mask: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (session, mask).hash(&mut hasher);
    format!("{mask}.{}", hasher.finish())
}

/// Accepts a form whose `csrf` is a token of the session.
async fn guarded(headers: HeaderMap, body: String) -> Result<Html<String>, StatusCode> {
    let field = |name: &str| body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let mask = field("csrf").and_then(|value| value.split('.').next());
    let expected = session(&headers).zip(mask).map(|(session, mask)| token(session, mask));
    if expected.is_none() || expected.as_deref() != field("csrf") {
        return Err(StatusCode::FORBIDDEN);
    }
    Ok(Html(format!("<!doctype html><p>accepted {}</p>", field("note").unwrap_or_default())))
}

/// Serves a script that is another in each executable, as one that is compiled in.
async fn compiled() -> impl IntoResponse {
    let executable = std::env::current_exe().and_then(std::fs::metadata).and_then(|file| file.modified());
    let version = format!("globalThis.compiled = {:?};", format!("{executable:?}"));
    ([(CONTENT_TYPE, "text/javascript")], version)
}

/// Serves a stylesheet that differs from its file.
async fn processed(State(root): State<PathBuf>) -> Result<impl IntoResponse, (StatusCode, String)> {
    let text = std::fs::read_to_string(root.join("processed.css"))
        .map_err(|error| (StatusCode::NOT_FOUND, error.to_string()))?;
    let text = format!("{text}/*processed*/ .processed{{color:rgb(1,2,3)}}");
    Ok(([(CONTENT_TYPE, "text/css;charset=utf-8")], text))
}

fn run_commands(hot: &HotMiddleware) -> Result<(), String> {
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let command = serde_json::from_str(&line).map_err(|error| format!("{line}: {error}"))?;
        match command {
            Command::Building(file) => match file {
                Some(file) => hot.building_file("", file),
                None => hot.building(),
            },
            Command::Built(stats) => hot.built(Stats::from(stats)),
            Command::Publish(event) => hot.publish(&event).map_err(|error| error.to_string())?,
            Command::Reload(None) => hot.reload(),
            Command::Reload(Some(file)) => hot.reload_file(file),
            Command::Clients => {
                println!("{}", serde_json::json!({ "clients": hot.client_count() }));
                std::io::stdout().flush().map_err(|error| error.to_string())?;
            }
            Command::Close => hot.close(),
        }
    }
    Ok(())
}
