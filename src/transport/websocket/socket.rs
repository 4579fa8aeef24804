//! One open socket: sending, receiving and closing.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use futures_util::{
    SinkExt, StreamExt,
    future::{Either, select},
    stream::{SplitSink, SplitStream},
};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Sleep, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{
    backpressure::Backpressure,
    incoming,
    message::{errors, messages, translation},
    sockets::Registration,
};
use crate::{
    build::Effect,
    escape::Escaped,
    hub::Step,
    messages::MAX_PAGE_BYTES,
    metrics::{Connected, Transport},
    shared::Shared,
    shutdown::Shutdown,
    wire::Frame,
};

type Io = Backpressure<TokioIo<Upgraded>>;
type Socket = WebSocketStream<Io>;

/// Time limit for a peer to close the connection after the close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Pause between attempts to receive a message while the rate limit is exceeded.
const THROTTLE_PAUSE: Duration = Duration::from_millis(20);

const CONNECTED: &str = r#"{"type":"connected"}"#;

/// Opens the socket on an upgraded connection.
async fn open(on_upgrade: OnUpgrade) -> Option<Socket> {
    let upgraded = match on_upgrade.await {
        Ok(upgraded) => upgraded,
        Err(error) => {
            tracing::debug!("a connection was not upgraded: {}", Escaped(error));
            return None;
        }
    };
    let config = WebSocketConfig::default()
        // Every message is sent at once, and an idle socket takes little memory.
        .write_buffer_size(0)
        .read_buffer_size(4096)
        .max_message_size(Some(MAX_PAGE_BYTES))
        .max_frame_size(Some(MAX_PAGE_BYTES));
    let io = Backpressure::new(TokioIo::new(upgraded));
    Some(WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await)
}

/// Serves a socket that only checks whether there is a server.
pub(super) async fn answer_ping(on_upgrade: OnUpgrade) {
    let Some(mut socket) = open(on_upgrade).await else { return };
    let close = async {
        socket.close(Some(close_frame(CloseCode::Normal))).await.unwrap_or_default();
        while let Some(Ok(_)) = socket.next().await {}
    };
    drop(timeout(CLOSE_TIMEOUT, close).await);
}

/// Serves a socket until the peer, the hub or a timeout closes it.
pub(super) async fn serve(shared: Arc<Shared>, on_upgrade: OnUpgrade, registration: Registration) {
    shared.follow_shutdown();
    let client = registration.cursor.client();
    let Some(socket) = open(on_upgrade).await else { return };
    let (mut sink, mut stream) = socket.split();
    let alive = AtomicBool::new(true);
    let end = {
        let writer = pin!(Writer::new(&shared, &mut sink, registration, &alive).run());
        let reader = pin!(read(&shared, client, &mut stream, &alive));
        match select(writer, reader).await {
            Either::Left((end, _)) | Either::Right((end, _)) => end,
        }
    };
    tracing::debug!(?end, "a socket closes");
    let Ok(mut socket) = sink.reunite(stream) else { return };
    let code = match end {
        End::Gone => return,
        // The peer's close frame has been answered.
        End::ClosedByPeer => None,
        End::Close(code) => Some(code),
    };
    drop(timeout(CLOSE_TIMEOUT, close(&mut socket, code)).await);
}

/// Sends the close frame, and waits until the peer has closed the connection.
///
/// A connection that is dropped with unread bytes is reset, and the peer may never see the reason.
async fn close(socket: &mut Socket, code: Option<CloseCode>) {
    if let Some(code) = code {
        socket.send(Message::Close(Some(close_frame(code)))).await.unwrap_or_default();
    }
    let io = socket.get_mut().get_mut();
    io.shutdown().await.unwrap_or_default();
    let mut unread = [0; 1024];
    while io.read(&mut unread).await.is_ok_and(|count| count > 0) {}
}

fn close_frame(code: CloseCode) -> CloseFrame {
    CloseFrame { code, reason: "".into() }
}

/// Reason why a socket closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The peer is gone, or reads nothing.
    Gone,
    /// The peer has closed it, and was answered.
    ClosedByPeer,
    /// Closed by the server with this code.
    Close(CloseCode),
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        match error {
            Error::ConnectionClosed | Error::AlreadyClosed => Self::ClosedByPeer,
            Error::Protocol(_) => Self::Close(CloseCode::Protocol),
            Error::Utf8(_) => Self::Close(CloseCode::Invalid),
            Error::Capacity(_) => Self::Close(CloseCode::Size),
            _ => Self::Gone,
        }
    }
}

/// Receives the peer's messages.
async fn read(
    shared: &Arc<Shared>,
    client: u64,
    stream: &mut SplitStream<Socket>,
    alive: &AtomicBool,
) -> End {
    while let Some(message) = stream.next().await {
        alive.store(true, Ordering::Relaxed);
        match message {
            Ok(Message::Text(text)) => {
                // Excess messages stay in the connection, which slows their sender down.
                while !shared.rate_limiter().try_acquire(Instant::now()) {
                    sleep(THROTTLE_PAUSE).await;
                }
                incoming::handle(shared, client, &text);
            }
            Ok(Message::Binary(_)) => return End::Close(CloseCode::Unsupported),
            // tungstenite answers pings and close frames; any message counts as a sign of life.
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_)) => {}
            Err(error) => return error.into(),
        }
    }
    End::ClosedByPeer
}

/// The sending half, which also checks that the peer is alive.
struct Writer<'a> {
    shared: &'a Arc<Shared>,
    sink: &'a mut SplitSink<Socket, Message>,
    registration: Registration,
    shutdown: Option<Shutdown>,
    /// Set by each message of the peer, cleared by each ping.
    alive: &'a AtomicBool,
    connected: Connected,
}

/// The next thing to do.
enum Next {
    Step(Step),
    Ping,
    Closed,
}

impl<'a> Writer<'a> {
    fn new(
        shared: &'a Arc<Shared>,
        sink: &'a mut SplitSink<Socket, Message>,
        registration: Registration,
        alive: &'a AtomicBool,
    ) -> Self {
        let connected = Connected::new(Transport::Socket);
        let shutdown = shared.options().shutdown.clone();
        Self { shared, sink, registration, shutdown, alive, connected }
    }

    async fn run(mut self) -> End {
        match self.try_run().await {
            Ok(end) | Err(end) => end,
        }
    }

    async fn try_run(&mut self) -> Result<End, End> {
        let every = self.shared.options().heartbeat;
        let mut ping = pin!(sleep(every));
        self.send(Message::text(CONNECTED)).await?;
        self.catch_up().await?;
        loop {
            match poll_fn(|cx| self.poll_next(ping.as_mut(), cx)).await {
                Next::Step(Step::Event(frame)) => self.send_frame(&frame).await?,
                // The missed events are gone, and the versions in Vite's client are unknown here.
                Next::Step(Step::Lagged(_)) => self.send_frame(&Frame::reload(None)).await?,
                Next::Ping if !self.alive.swap(false, Ordering::Relaxed) => return Ok(End::Gone),
                Next::Ping => {
                    self.send(Message::Ping("".into())).await?;
                    ping.set(sleep(every));
                }
                Next::Closed => return Ok(End::Close(CloseCode::Away)),
            }
        }
    }

    fn poll_next(&mut self, ping: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<Next> {
        if let Some(shutdown) = &mut self.shutdown {
            if Pin::new(shutdown).poll(cx).is_ready() {
                self.shutdown = None;
                self.registration.cursor.hub().close();
            }
        }
        // Before the events, so that a busy peer is pinged too.
        if ping.poll(cx).is_ready() {
            return Poll::Ready(Next::Ping);
        }
        self.registration.cursor.poll_next(cx).map(|step| step.map_or(Next::Closed, Next::Step))
    }

    /// Sends the last error or reload that was published while no socket was open.
    ///
    /// A page that was loaded meanwhile may have missed it. Only current errors are sent.
    async fn catch_up(&mut self) -> Result<(), End> {
        let Some(frame) = self.last_kept() else { return Ok(()) };
        if !matches!(frame.effect(), Effect::ShowErrors(_)) {
            return self.send_frame(&frame).await;
        }
        let latest = self.shared.hub().latest();
        match latest.iter().rev().find_map(|latest| errors(latest.errors())) {
            Some(text) => self.send(Message::Text(text)).await,
            None => Ok(()),
        }
    }

    /// Reads the events that were published while no socket was open, and returns the last error or reload.
    fn last_kept(&mut self) -> Option<Frame> {
        let until = self.registration.missed_until?;
        let mut kept = None;
        let mut cx = Context::from_waker(Waker::noop());
        while self.registration.cursor.position() < until {
            match self.registration.cursor.poll_next(&mut cx) {
                Poll::Ready(Some(Step::Event(frame))) => {
                    if translation(&frame, &self.shared.options().vite_base).is_kept {
                        kept = Some(frame);
                    }
                }
                Poll::Ready(Some(Step::Lagged(_))) => kept = Some(Frame::reload(None)),
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        kept
    }

    async fn send_frame(&mut self, frame: &Frame) -> Result<(), End> {
        for text in messages(frame, &self.shared.options().vite_base) {
            self.send(Message::Text(text.clone())).await?;
        }
        Ok(())
    }

    /// Sends a message. The peer has to read it within two heartbeats.
    async fn send(&mut self, message: Message) -> Result<(), End> {
        let limit = self.shared.options().heartbeat * 2;
        let bytes = message.len();
        match timeout(limit, self.sink.send(message)).await {
            Ok(Ok(())) => {
                self.connected.sent(bytes);
                Ok(())
            }
            // The reader sees the error too, and knows the reason.
            Ok(Err(Error::ConnectionClosed | Error::AlreadyClosed)) => Err(End::ClosedByPeer),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }
}
