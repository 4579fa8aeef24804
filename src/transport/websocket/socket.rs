//! One open socket: what it is sent, what it sends, and how it ends.

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
    sockets::Seat,
};
use crate::{
    build::Effect, escape::Escaped, hub::Step, messages::MAX_PAGE_BYTES, shared::Shared, shutdown::Shutdown,
    wire::Frame,
};

type Io = Backpressure<TokioIo<Upgraded>>;
type Socket = WebSocketStream<Io>;

/// How long a peer may take to end the connection after it was told to.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long messages wait that are more than are taken in a second.
const WHILE_TOO_MANY: Duration = Duration::from_millis(20);

const CONNECTED: &str = r#"{"type":"connected"}"#;

/// Opens the socket on a connection that was handed over.
async fn open(on_upgrade: OnUpgrade) -> Option<Socket> {
    let upgraded = match on_upgrade.await {
        Ok(upgraded) => upgraded,
        Err(error) => {
            tracing::debug!("a connection was not handed over: {}", Escaped(error));
            return None;
        }
    };
    let config = WebSocketConfig::default()
        // Every message goes out at once, and a socket that is silent costs little.
        .write_buffer_size(0)
        .read_buffer_size(4096)
        .max_message_size(Some(MAX_PAGE_BYTES))
        .max_frame_size(Some(MAX_PAGE_BYTES));
    let io = Backpressure::new(TokioIo::new(upgraded));
    Some(WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await)
}

/// Serves a socket that only asks whether the server is there.
pub(super) async fn greet(on_upgrade: OnUpgrade) {
    let Some(mut socket) = open(on_upgrade).await else { return };
    let farewell = async {
        socket.close(Some(close_frame(CloseCode::Normal))).await.unwrap_or_default();
        while let Some(Ok(_)) = socket.next().await {}
    };
    drop(timeout(FAREWELL, farewell).await);
}

/// Serves a socket until its peer, the hub or the clock ends it.
pub(super) async fn serve(hot: Arc<Shared>, on_upgrade: OnUpgrade, seat: Seat) {
    let client = seat.cursor.client();
    let Some(socket) = open(on_upgrade).await else { return };
    let (mut sink, mut stream) = socket.split();
    let heard = AtomicBool::new(true);
    let end = {
        let writer = pin!(Writer::new(&hot, &mut sink, seat, &heard).run());
        let reader = pin!(read(&hot, client, &mut stream, &heard));
        match select(writer, reader).await {
            Either::Left((end, _)) | Either::Right((end, _)) => end,
        }
    };
    tracing::debug!(?end, "a socket ends");
    let Ok(mut socket) = sink.reunite(stream) else { return };
    let code = match end {
        End::Gone => return,
        // Its last word has been answered.
        End::Said => None,
        End::Close(code) => Some(code),
    };
    drop(timeout(FAREWELL, farewell(&mut socket, code)).await);
}

/// Tells the peer why, and waits until it has ended the connection.
///
/// A connection that is dropped while there is something to be read is reset, and the peer may never see the reason.
async fn farewell(socket: &mut Socket, code: Option<CloseCode>) {
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

/// Why a socket ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The peer is not there any more, or takes nothing.
    Gone,
    /// The peer has closed it, and was answered.
    Said,
    /// The peer is to be told this.
    Close(CloseCode),
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        match error {
            Error::ConnectionClosed | Error::AlreadyClosed => Self::Said,
            Error::Protocol(_) => Self::Close(CloseCode::Protocol),
            Error::Utf8(_) => Self::Close(CloseCode::Invalid),
            Error::Capacity(_) => Self::Close(CloseCode::Size),
            _ => Self::Gone,
        }
    }
}

/// Hears what the peer sends.
async fn read(hot: &Arc<Shared>, client: u64, stream: &mut SplitStream<Socket>, heard: &AtomicBool) -> End {
    while let Some(message) = stream.next().await {
        heard.store(true, Ordering::Relaxed);
        match message {
            Ok(Message::Text(text)) => {
                // What is too much stays in the connection, and so with its sender.
                while !hot.rate_limiter().admits(Instant::now()) {
                    sleep(WHILE_TOO_MANY).await;
                }
                incoming::hear(hot, client, &text);
            }
            Ok(Message::Binary(_)) => return End::Close(CloseCode::Unsupported),
            // Pings and the peer's own closing are answered on the way; pongs have been noted.
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_)) => {}
            Err(error) => return error.into(),
        }
    }
    End::Said
}

/// What is sent to a peer, and the watch over whether it is there.
struct Writer<'a> {
    hot: &'a Arc<Shared>,
    sink: &'a mut SplitSink<Socket, Message>,
    seat: Seat,
    shutdown: Option<Shutdown>,
    /// Whether the peer has said anything since the last ping.
    heard: &'a AtomicBool,
}

/// What is to be done next.
enum Next {
    Step(Step),
    Ping,
    Closed,
}

impl<'a> Writer<'a> {
    fn new(
        hot: &'a Arc<Shared>,
        sink: &'a mut SplitSink<Socket, Message>,
        seat: Seat,
        heard: &'a AtomicBool,
    ) -> Self {
        Self { hot, sink, seat, shutdown: hot.options().shutdown.clone(), heard }
    }

    async fn run(mut self) -> End {
        match self.try_run().await {
            Ok(end) | Err(end) => end,
        }
    }

    async fn try_run(&mut self) -> Result<End, End> {
        let every = self.hot.options().heartbeat;
        let mut ping = pin!(sleep(every));
        self.send(Message::text(CONNECTED)).await?;
        self.catch_up().await?;
        loop {
            match poll_fn(|cx| self.poll_next(ping.as_mut(), cx)).await {
                Next::Step(Step::Event(frame)) => self.send_frame(&frame).await?,
                // What it has missed can't be told one by one any more, and what Vite's client has is not known here.
                Next::Step(Step::Lagged(_)) => self.send_frame(&Frame::reload(None)).await?,
                Next::Ping if !self.heard.swap(false, Ordering::Relaxed) => return Ok(End::Gone),
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
                self.seat.cursor.hub().close();
            }
        }
        // Before the events: a peer that is sent a lot is asked all the same.
        if ping.poll(cx).is_ready() {
            return Poll::Ready(Next::Ping);
        }
        self.seat.cursor.poll_next(cx).map(|step| step.map_or(Next::Closed, Next::Step))
    }

    /// Sends the last error or reload that was published while no socket was open.
    ///
    /// A page that was loaded meanwhile may have missed it. Errors are those that there are now.
    async fn catch_up(&mut self) -> Result<(), End> {
        let Some(frame) = self.last_kept() else { return Ok(()) };
        if !matches!(frame.effect(), Effect::ShowErrors(_)) {
            return self.send_frame(&frame).await;
        }
        let latest = self.hot.hub().latest();
        match latest.iter().rev().find_map(|latest| errors(latest.errors())) {
            Some(text) => self.send(Message::Text(text)).await,
            None => Ok(()),
        }
    }

    /// Reads what was published while no socket was open, and returns the last error or reload of it.
    fn last_kept(&mut self) -> Option<Frame> {
        let until = self.seat.missed_until?;
        let mut kept = None;
        let mut cx = Context::from_waker(Waker::noop());
        while self.seat.cursor.position() < until {
            match self.seat.cursor.poll_next(&mut cx) {
                Poll::Ready(Some(Step::Event(frame))) => {
                    if translation(&frame, &self.hot.options().vite_base).is_kept {
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
        for text in messages(frame, &self.hot.options().vite_base) {
            self.send(Message::Text(text.clone())).await?;
        }
        Ok(())
    }

    /// Sends a message to a peer that takes it within two heartbeats.
    async fn send(&mut self, message: Message) -> Result<(), End> {
        let patience = self.hot.options().heartbeat * 2;
        match timeout(patience, self.sink.send(message)).await {
            Ok(Ok(())) => Ok(()),
            // The reader sees it as well, and knows more.
            Ok(Err(Error::ConnectionClosed | Error::AlreadyClosed)) => Err(End::Said),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }
}
