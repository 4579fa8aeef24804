//! Signals end a server with an open page where the app handles them, and the process at once where it does not. The app is
//! this test binary, started again.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::env;

fn main() {
    if cfg!(not(target_os = "linux")) {
        println!("signals are followed on Linux alone");
        return;
    }
    #[cfg(target_os = "linux")]
    match env::var("HOT_SIGNALS_APP") {
        Ok(kind) => app::run(&kind),
        Err(_) => cases::run(),
    }
}

/// The app, of several kinds.
#[cfg(target_os = "linux")]
mod app {
    use std::{env, time::Duration};

    use axum::{Router, routing::get};
    use tokio::{
        io::AsyncReadExt,
        net::TcpListener,
        signal::unix::{SignalKind, signal},
    };
    use tower_hot_middleware::{
        HotMiddleware, Options,
        command::{Command, Output},
        watch::Watch,
    };

    #[tokio::main]
    pub(super) async fn run(kind: &str) {
        let options = Options::builder().heartbeat(Duration::from_millis(100)).close_on_signal(kind != "off");
        let hot = HotMiddleware::new(options.build().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new().route("/", get(|| async { "the app" })).layer(hot.clone());
        match kind {
            "without a handler" => {
                println!("port {port}");
                axum::serve(listener, app).await.unwrap();
            }
            "sources" => sources(&hot, port).await,
            "listen" => listen(&hot, app).await,
            _ => {
                println!("port {port}");
                axum::serve(listener, app).with_graceful_shutdown(stop(kind.to_owned(), hot)).await.unwrap();
                println!("ended");
            }
        }
    }

    /// A shutdown without a signal, by a line of standard input.
    async fn listen(hot: &HotMiddleware, app: Router) {
        let listener = tower_hot_middleware::listen("127.0.0.1:0").await.unwrap();
        println!("port {}", listener.local_addr().unwrap().port());
        let (stop, stopped) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            std::io::stdin().read_line(&mut String::new()).unwrap();
            println!("told");
            stop.send(()).unwrap();
        });
        axum::serve(listener, app).with_graceful_shutdown(async { stopped.await.unwrap() }).await.unwrap();
        assert_eq!(hot.client_count(), 0);
        println!("ended");
    }

    /// The signal by which the app shuts down.
    async fn stop(kind: String, hot: HotMiddleware) {
        match kind.as_str() {
            "SIGTERM" => {
                signal(SignalKind::terminate()).unwrap().recv().await;
            }
            "another library" => {
                let (received, mut wait) = tokio::io::duplex(1);
                std::thread::spawn(move || {
                    let mut signals =
                        signal_hook::iterator::Signals::new([signal_hook::consts::SIGINT]).unwrap();
                    println!("handles");
                    signals.forever().next();
                    drop(received);
                });
                let _ = wait.read_u8().await;
            }
            "late" => {
                while hot.client_count() == 0 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                // Later than the layer has looked first.
                tokio::time::sleep(Duration::from_millis(100)).await;
                let mut interrupt = signal(SignalKind::interrupt()).unwrap();
                println!("handles");
                interrupt.recv().await;
            }
            _ => tokio::signal::ctrl_c().await.unwrap(),
        }
        println!("signalled");
    }

    /// A command and a watch, which end by the signal and not with the process.
    async fn sources(hot: &HotMiddleware, port: u16) {
        let folder = env::var_os("HOT_SIGNALS_FOLDER").unwrap();
        let command = Command::new("while :; do sleep 0.1; done").name("endless").watch(&folder);
        let command = hot.command(command.output(Output::Tracing)).unwrap();
        let watch = hot.watch(Watch::new().files("/", &folder)).unwrap();
        let mut interrupt = signal(SignalKind::interrupt()).unwrap();
        println!("port {port}");
        println!("handles");
        interrupt.recv().await;
        println!("signalled");
        command.stopped().await;
        watch.stopped().await;
        hot.closed().await;
        println!("ended");
    }
}

#[cfg(target_os = "linux")]
mod cases {
    use std::{
        env, fs,
        io::{BufRead, BufReader, Lines, Read, Write},
        net::TcpStream,
        os::unix::process::ExitStatusExt,
        process::{self, Child, ChildStdout, Command, ExitStatus, Stdio},
        thread,
        time::{Duration, Instant},
    };

    const PATIENCE: Duration = Duration::from_secs(20);
    /// A shutdown takes a few milliseconds, and more on a machine that is busy.
    const PROMPT: Duration = Duration::from_secs(1);

    pub(super) fn run() {
        let cases: [(&str, fn()); 7] = [
            ("a graceful shutdown by a signal ends with a page open", graceful_shutdowns),
            ("a handler that is installed after the page was opened counts", late_handlers),
            ("without a handler a signal ends the app at once", default_actions),
            ("a signal that the app does not handle keeps its default action", other_signals),
            ("turned off, streams go on after a signal", off),
            ("commands and watches end by a signal", sources),
            (
                "a graceful shutdown without a signal ends with a page open, with this crate's listener",
                listener,
            ),
        ];
        for (name, case) in cases {
            case();
            println!("{name} ... ok");
        }
    }

    struct App {
        child: Child,
        lines: Lines<BufReader<ChildStdout>>,
        port: u16,
    }

    impl App {
        fn start(kind: &str) -> Self {
            // A shell starts jobs in the background with SIGINT ignored, and children inherit that.
            let mut command = Command::new("env");
            command.arg("--default-signal=INT,TERM").arg(env::current_exe().unwrap());
            let folder = env::temp_dir().join(format!("hot-signals-{}", process::id()));
            fs::create_dir_all(&folder).unwrap();
            command
                .env("HOT_SIGNALS_APP", kind)
                .env("HOT_SIGNALS_FOLDER", &folder)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped());
            let mut child = command.spawn().unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let mut app = Self { child, lines, port: 0 };
            let line = app.line();
            app.port = line.strip_prefix("port ").unwrap().parse().unwrap();
            app
        }

        fn line(&mut self) -> String {
            self.lines.next().expect("the app writes another line").unwrap()
        }

        fn signal(&self, name: &str) {
            let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
            assert!(status.unwrap().success());
        }

        /// The exit status, and the time that it took.
        fn end(&mut self) -> (ExitStatus, Duration) {
            let begun = Instant::now();
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return (status, begun.elapsed());
                }
                assert!(begun.elapsed() < PATIENCE, "the app has not ended");
                thread::sleep(Duration::from_millis(2));
            }
        }

        /// Opens the event stream, and waits for its first heartbeat: the layer has looked for handlers by then.
        fn open(&self) -> TcpStream {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let request = format!("GET /__webpack_hmr HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", self.port);
            stream.write_all(request.as_bytes()).unwrap();
            read_until(&mut stream, "\u{1f493}");
            stream
        }
    }

    impl Drop for App {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    fn read_until(stream: &mut TcpStream, end: &str) {
        let mut bytes = Vec::new();
        while !String::from_utf8_lossy(&bytes).contains(end) {
            let mut chunk = [0; 1024];
            let count = stream.read(&mut chunk).unwrap();
            assert!(count > 0, "the stream has ended: {}", String::from_utf8_lossy(&bytes));
            bytes.extend_from_slice(&chunk[..count]);
        }
    }

    fn rest(mut stream: TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    fn graceful_shutdowns() {
        for (kind, signal) in [("SIGINT", "INT"), ("SIGTERM", "TERM"), ("another library", "INT")] {
            let mut app = App::start(kind);
            if kind == "another library" {
                assert_eq!(app.line(), "handles");
            }
            let streams = [app.open(), app.open()];
            app.signal(signal);
            let (status, took) = app.end();
            assert_eq!(status.code(), Some(0), "{kind}: {status}");
            assert!(took < PROMPT, "{kind}: {took:?}");
            assert_eq!([app.line(), app.line()], ["signalled", "ended"], "{kind}");
            for stream in streams {
                assert!(
                    rest(stream).ends_with("0\r\n\r\n"),
                    "{kind}: the stream ends like a complete response"
                );
            }
        }
    }

    fn late_handlers() {
        let mut app = App::start("late");
        let stream = app.open();
        assert_eq!(app.line(), "handles");
        app.signal("INT");
        assert_eq!(app.line(), "signalled");
        // The layer may see the handler only after the app's signal. The next one ends the streams.
        let begun = Instant::now();
        while app.child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < PATIENCE, "the layer does not see the handler");
            thread::sleep(Duration::from_millis(50));
            app.signal("INT");
        }
        assert_eq!(app.line(), "ended");
        drop(stream);
    }

    fn listener() {
        let mut app = App::start("listen");
        let streams = [app.open(), app.open()];
        app.child.stdin.take().unwrap().write_all(b"stop\n").unwrap();
        let (status, took) = app.end();
        assert_eq!(status.code(), Some(0), "{status}");
        assert!(took < PROMPT, "{took:?}");
        assert_eq!([app.line(), app.line()], ["told", "ended"]);
        for stream in streams {
            assert!(rest(stream).ends_with("0\r\n\r\n"), "the stream ends like a complete response");
        }
    }

    fn default_actions() {
        for (name, number) in [("INT", 2), ("TERM", 15)] {
            let mut app = App::start("without a handler");
            let _streams = [app.open(), app.open()];
            app.signal(name);
            let (status, took) = app.end();
            assert_eq!(status.signal(), Some(number), "{name}: {status}");
            assert!(took < PROMPT, "{name}: {took:?}");
        }
    }

    fn other_signals() {
        for (kind, name, number) in [("SIGINT", "TERM", 15), ("SIGTERM", "INT", 2)] {
            let mut app = App::start(kind);
            let _stream = app.open();
            app.signal(name);
            assert_eq!(app.end().0.signal(), Some(number), "an app that handles {kind}");
        }
    }

    fn off() {
        let mut app = App::start("off");
        let mut stream = app.open();
        app.signal("INT");
        assert_eq!(app.line(), "signalled");
        // Of after the signal, at least the second one.
        for _ in 0..3 {
            read_until(&mut stream, "\u{1f493}");
        }
        drop(stream);
        assert_eq!(app.line(), "ended", "only the page has held it up");
        assert_eq!(app.end().0.code(), Some(0));
    }

    fn sources() {
        let mut app = App::start("sources");
        assert_eq!(app.line(), "handles");
        let begun = Instant::now();
        let mut lines = Vec::new();
        // The layer looks for handlers at intervals that grow: the first signal may come before it has seen this one.
        app.signal("INT");
        lines.push(app.line());
        assert_eq!(lines, ["signalled"]);
        while app.child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < PATIENCE, "a source goes on");
            thread::sleep(Duration::from_millis(50));
            app.signal("INT");
        }
        assert_eq!(app.line(), "ended");
        assert_eq!(app.end().0.code(), Some(0));
    }
}
