//! The limit: bare tokio TCP servers without HTTP, which write one prepared buffer to each socket.
//!
//! One has a task for each client, as servers have where clients must not delay each other. The other is one
//! loop over all sockets, which is less than any real server can do.

use std::io::{ErrorKind, Result};

use bytes::Bytes;
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::{Command, Commands, Small, build_json};

const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n1\r\n\n\r\n";

/// A task for each client.
pub(super) async fn tasks(listener: TcpListener, mut commands: Commands) -> Result<()> {
    let welcome = watch::Sender::new(Bytes::from_static(HEAD.as_bytes()));
    let latest = watch::Sender::new(Bytes::new());
    let (welcomed, received) = (welcome.subscribe(), latest.subscribe());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, welcomed.clone(), received.clone()));
        }
    });
    while let Some((command, number)) = commands.recv().await {
        let frame = frame(command, number);
        if matches!(command, Command::Build) {
            welcome.send_replace([HEAD.as_bytes(), &frame].concat().into());
        }
        latest.send_replace(frame);
    }
    Ok(())
}

async fn serve(
    mut stream: TcpStream,
    welcome: watch::Receiver<Bytes>,
    mut latest: watch::Receiver<Bytes>,
) -> Result<()> {
    stream.set_nodelay(true)?;
    latest.mark_unchanged();
    read_request(&mut stream).await?;
    let bytes = welcome.borrow().clone();
    stream.write_all(&bytes).await?;
    while latest.changed().await.is_ok() {
        let bytes = latest.borrow_and_update().clone();
        stream.write_all(&bytes).await?;
    }
    Ok(())
}

/// The load client sends its request in one piece.
async fn read_request(stream: &mut TcpStream) -> Result<()> {
    match stream.read(&mut [0; 256]).await? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

/// One loop over all sockets.
pub(super) async fn one_loop(listener: TcpListener, mut commands: Commands) -> Result<()> {
    let mut clients = Vec::new();
    // A newcomer's bytes: the head, and the latest build if there is one.
    let mut welcome = Bytes::from_static(HEAD.as_bytes());
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (mut stream, _) = accepted?;
                stream.set_nodelay(true)?;
                read_request(&mut stream).await?;
                write_all(std::slice::from_mut(&mut stream), &welcome).await?;
                clients.push(stream);
            }
            command = commands.recv() => {
                let Some((command, number)) = command else { return Ok(()) };
                let frame = frame(command, number);
                if matches!(command, Command::Build) {
                    welcome = [HEAD.as_bytes(), &frame].concat().into();
                }
                write_all(&mut clients, &frame).await?;
            }
        }
    }
}

/// Returns an event as a chunk of HTTP/1.1.
fn frame(command: Command, number: usize) -> Bytes {
    let json = match command {
        Command::Small => serde_json::to_string(&Small::new(number)).expect("strings are JSON"),
        Command::Build => build_json(number).to_string(),
    };
    let event = format!("data: {json}\n\n");
    format!("{:X}\r\n{event}\r\n", event.len()).into()
}

/// Writes a buffer to each socket at once, and waits only for those that can't take all of it.
async fn write_all(clients: &mut [TcpStream], bytes: &Bytes) -> Result<()> {
    let mut slow = FuturesUnordered::new();
    for client in clients {
        let written = match client.try_write(bytes) {
            Ok(written) => written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            // The client has left.
            Err(_) => continue,
        };
        if written < bytes.len() {
            slow.push(async move { client.write_all(&bytes[written..]).await });
        }
    }
    while slow.next().await.is_some() {}
    Ok(())
}
