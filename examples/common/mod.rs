//! Code shared by the examples: arguments, and the port from the environment.

use std::net::{Ipv4Addr, SocketAddr};

/// Returns the address to listen on: 127.0.0.1, at the port in `PORT` or else 3000.
///
/// `--help` prints the example's name and what it shows, and ends the process. So does any other argument, with an error.
pub(crate) fn address(name: &str, about: &str) -> SocketAddr {
    let usage = format!("{about}\n\nUsage: [PORT=3000] cargo run --example {name}");
    if let Some(argument) = std::env::args().nth(1) {
        if matches!(argument.as_str(), "-h" | "--help") {
            println!("{usage}");
            std::process::exit(0);
        }
        fail(&format!("{argument:?} is not an argument of this example.\n\n{usage}"));
    }
    let port = match std::env::var("PORT") {
        Ok(port) => port
            .parse()
            .unwrap_or_else(|error| fail(&format!("PORT is {port:?}, which is not a port: {error}"))),
        Err(_) => 3000,
    };
    (Ipv4Addr::LOCALHOST, port).into()
}

fn fail(error: &str) -> ! {
    eprintln!("{error}");
    std::process::exit(2)
}
