//! The servers under measurement: `fan-out serve NAME` prints its port on standard output, publishes events
//! by commands on standard input, and ends with it. `originals.mjs` is the same for Node.

mod limit;
mod ours;
mod sse;

use std::{
    io::{BufRead, Error, Result, stdin},
    net::Ipv4Addr,
    thread,
};

use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::{
    net::TcpSocket,
    runtime::Builder,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

/// Number of modules in a build event.
pub const MODULES: usize = 2_000;

/// The event of 200 bytes.
#[derive(Serialize)]
struct Small {
    action: &'static str,
    number: String,
    text: String,
}

impl Small {
    fn new(number: usize) -> Self {
        Self { action: "news", number: format!("{number:07}"), text: "x".repeat(146) }
    }
}

/// Returns the name and the id of a module of the build event of 92 kB.
fn module(number: usize) -> String {
    format!("./src/parts/p{number:04}.js")
}

/// Returns a build event as webpack-hot-middleware writes it, for servers without builds.
fn build_json(number: usize) -> Value {
    let modules: Map<_, _> = (0..MODULES).map(|n| (module(n), module(n).into())).collect();
    json!({
        "name": "", "action": "built", "time": 10, "hash": format!("{number:07}"),
        "warnings": [], "errors": [], "modules": modules,
    })
}

/// An event to publish.
#[derive(Clone, Copy)]
enum Command {
    Small,
    Build,
}

/// The commands in their order, each with its number from 1.
type Commands = UnboundedReceiver<(Command, usize)>;

/// Runs the server with this name until standard input ends.
pub fn run(name: &str) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let listener = socket.listen(16_384)?;
        println!("{}", listener.local_addr()?.port());
        let commands = commands();
        match name {
            "limit" => limit::tasks(listener, commands).await,
            "loop" => limit::one_loop(listener, commands).await,
            "ours-hyper" => ours::on_hyper(listener, commands).await,
            "ours-axum" => ours::under_axum(listener, commands).await,
            "axum-sse" => sse::encoded_once(listener, commands).await,
            "axum-sse-json" => sse::encoded_for_each(listener, commands).await,
            other => Err(Error::other(format!("{other:?} is not a server"))),
        }
    })
}

/// Reads standard input on a separate thread, which only notifies the server's.
fn commands() -> Commands {
    let (sender, receiver) = unbounded_channel();
    thread::spawn(move || {
        for (index, line) in stdin().lock().lines().map_while(Result::ok).enumerate() {
            let command = match line.as_str() {
                "small" => Command::Small,
                "build" => Command::Build,
                other => panic!("{other:?} is not a command"),
            };
            if sender.send((command, index + 1)).is_err() {
                break;
            }
        }
    });
    receiver
}
