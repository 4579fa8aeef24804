//! The app of runner.sh and console.sh. With `tool` it is the command that it runs itself, with `browse` a browser, and with
//! `listen` the process that both start: it has no console, so nothing but a job object ends it.

use std::{
    env, fs, io::Read, net::TcpListener, os::windows::process::CommandExt, process, thread, time::Duration,
};

use axum::{Router, routing::get};
use tower_hot_middleware::{HotMiddleware, Options, command::Command};

const TEXT: &str = "one";

/// `DETACHED_PROCESS`
const DETACHED: u32 = 8;

/// Time after which a process that was left behind ends by itself.
const LIFETIME: Duration = Duration::from_secs(600);

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tool", port] => {
            detach(port);
            thread::sleep(LIFETIME);
        }
        ["listen", port] => listen(port),
        ["browse", port, url] => {
            fs::write("opened", url).unwrap();
            detach(port);
        }
        _ => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serve());
        }
    }
}

/// Starts a process that listens and has no console, as a browser has none.
fn detach(port: &str) {
    let mut detached = process::Command::new(env::current_exe().unwrap());
    detached.args(["listen", port]).creation_flags(DETACHED).spawn().unwrap();
}

/// Listens until a client sends something.
fn listen(port: &str) {
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
    thread::spawn(|| {
        thread::sleep(LIFETIME);
        process::exit(1);
    });
    for stream in listener.incoming() {
        if stream.and_then(|mut stream| stream.read(&mut [0])).is_ok_and(|count| count > 0) {
            return;
        }
    }
}

async fn serve() {
    let hot = HotMiddleware::new(Options::default());
    let tool =
        format!("\"{}\" tool {}", env::current_exe().unwrap().display(), env::var("TOOL_PORT").unwrap());
    let _tool = hot.command(Command::new(tool).keep_running()).unwrap().stop_on_drop();
    let die = || async {
        if true {
            eprintln!("last words");
            process::exit(7)
        }
    };
    let app = Router::new().route("/", get(|| async { TEXT })).route("/die", get(die)).layer(hot);
    let listener =
        tower_hot_middleware::listen(format!("127.0.0.1:{}", env::var("PORT").unwrap())).await.unwrap();
    axum::serve(listener, app).await.unwrap();
}
