//! The way up: what pages and builds send by `POST` on the stream's path.
//!
//! The guard has looked at the request's head before, and the token has told who sends. Whatever is wrong with the
//! rest is answered with a status and a line of text, and nothing of it reaches anybody.

mod message;
mod receive;

use std::{
    fmt,
    future::Future,
    mem, panic,
    pin::Pin,
    str::Utf8Error,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use futures_util::lock::OwnedMutexLockFuture;
use http::{
    HeaderMap, HeaderName, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use http_body::Body;
use tokio::{
    runtime::Handle,
    task::{JoinHandle, spawn_blocking},
};

use message::Report;
use receive::{MAX_SILENCE, Receive, Received};

use crate::{
    error::StatsError,
    escape::Escaped,
    guard::Sender,
    messages::{Client, MAX_PAGE_BYTES, MAX_PER_SECOND},
    shared::Shared,
};

/// What a page calls itself, as it did when it opened its stream. By it the page can be answered alone.
const CLIENT: HeaderName = HeaderName::from_static("hot-middleware-client");

/// The largest report of a build. The stats of 50,000 modules, without what nobody here asks for, are 8 MB.
const MAX_BUILD_BYTES: usize = 32 << 20;

/// The largest report that is worked on where its request is answered: a millisecond's work. A larger one goes to a
/// thread that may block, so that it delays no other request.
const MAX_INLINE_BYTES: usize = 128 << 10;

/// Leave to send a message, given for its head.
#[derive(Debug)]
pub(crate) struct Permit {
    hot: Arc<Shared>,
    sender: Sender,
    client: Option<Client>,
}

impl Permit {
    pub(crate) fn of(hot: &Arc<Shared>, sender: Sender, headers: &HeaderMap) -> Result<Self, Rejection> {
        if !is_json(headers) {
            return Err(Rejection::content_type(headers));
        }
        let declared =
            headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if declared.is_some_and(|declared| declared > sender.max_bytes()) {
            return Err(Rejection::too_large(sender.max_bytes()));
        }
        if !hot.rate().admits(Instant::now()) {
            return Err(Rejection::too_many());
        }
        let name = headers.get(CLIENT).and_then(|name| name.to_str().ok());
        let client = name.and_then(|name| hot.hub().client_named(name));
        let client = client.map(|number| Client::new(hot.hub().clone(), number));
        Ok(Self { hot: hot.clone(), sender, client })
    }

    /// Reads the message, and has it heard.
    pub(crate) fn receive<B: Body>(self, body: B) -> Upload<B> {
        let Self { hot, sender, client } = self;
        let receive = Receive::new(body, sender.max_bytes(), hot.rate().share(sender));
        Upload { hot, sender, client, state: State::Receiving(Box::pin(receive)) }
    }
}

impl Sender {
    fn max_bytes(self) -> usize {
        match self {
            Self::Page => MAX_PAGE_BYTES,
            Self::Build => MAX_BUILD_BYTES,
        }
    }
}

/// A message on its way in. Resolves once it was heard, or says why it was not.
pub(crate) struct Upload<B> {
    hot: Arc<Shared>,
    sender: Sender,
    client: Option<Client>,
    state: State<B>,
}

/// Where a message is.
enum State<B> {
    Receiving(Pin<Box<Receive<B>>>),
    /// A report that is so large that it is worked on by a thread which may block, when it is its turn.
    Waiting(Received, OwnedMutexLockFuture<()>),
    Working(JoinHandle<Result<(), Rejection>>),
}

impl<B: Body> Future for Upload<B> {
    type Output = Result<(), Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            this.state = match &mut this.state {
                State::Receiving(receive) => {
                    let received = ready!(receive.as_mut().poll(cx))?;
                    match this.sender {
                        Sender::Page => {
                            return Poll::Ready(hear(&this.hot, &received.bytes, this.client.take()));
                        }
                        Sender::Build
                            if received.bytes.len() > MAX_INLINE_BYTES && Handle::try_current().is_ok() =>
                        {
                            State::Waiting(received, this.hot.rate().turn())
                        }
                        Sender::Build => return Poll::Ready(report(&this.hot, &received.bytes)),
                    }
                }
                State::Waiting(received, turn) => {
                    let turn = ready!(Pin::new(turn).poll(cx));
                    let received =
                        Received { bytes: mem::take(&mut received.bytes), share: received.share.take() };
                    let hot = this.hot.clone();
                    State::Working(spawn_blocking(move || {
                        let heard = report(&hot, &received.bytes);
                        // Until here it takes up what it has taken.
                        drop((received, turn));
                        heard
                    }))
                }
                State::Working(work) => {
                    return Poll::Ready(match ready!(Pin::new(work).poll(cx)) {
                        Ok(heard) => heard,
                        Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
                        Err(_) => Err(Rejection::given_up()),
                    });
                }
            };
        }
    }
}

impl<B> fmt::Debug for Upload<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("sender", &self.sender).finish_non_exhaustive()
    }
}

fn hear(hot: &Arc<Shared>, body: &[u8], client: Option<Client>) -> Result<(), Rejection> {
    let message = message::from_page(body)?.from(client);
    tracing::debug!(event = message.event(), "a page sent a message");
    if hot.listeners().call(hot, &message) { Ok(()) } else { Err(Rejection::unheard(message.event())) }
}

fn report(hot: &Arc<Shared>, body: &[u8]) -> Result<(), Rejection> {
    match message::from_build(body)? {
        Report::Building { name, file } => hot.hub().building(name.as_deref(), file.as_deref()),
        Report::Built(stats) => hot.built(stats),
        Report::Sync(stats) => stats.builds.into_iter().for_each(|build| hot.hub().begin(build)),
        Report::Reload { file } => hot.reload(file.as_deref()),
        Report::Event(frame) => {
            let Ok(()) = hot.hub().publish(|| Ok::<_, std::convert::Infallible>(frame));
        }
    }
    Ok(())
}

/// Whether the body is said to be JSON. A page of another origin can't say so without asking first (Fetch standard,
/// CORS-safelisted request-header), which is one more lock on this door.
fn is_json(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case("application/json")
    })
}

/// Why a message was not taken, for whoever sent it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    status: StatusCode,
    text: String,
}

impl Rejection {
    fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    fn content_type(headers: &HeaderMap) -> Self {
        let given = match headers.get(CONTENT_TYPE) {
            Some(value) => format!("{:?}", shorten(&String::from_utf8_lossy(value.as_bytes()))),
            None => "missing".to_owned(),
        };
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("The Content-Type is {given}. Send JSON as application/json"),
        )
    }

    fn too_large(max: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The body is larger than {max} bytes. Send less at once"),
        )
    }

    fn too_many() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            format!(
                "More than {MAX_PER_SECOND} messages came within a second. Send this one later, and fewer"
            ),
        )
    }

    fn too_many_bytes(max: usize) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            format!("More than {max} bytes of messages are on their way at once. Send this one later"),
        )
    }

    fn silent(received: usize) -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            format!("Nothing came for {MAX_SILENCE:?} after {received} bytes. Send the message at once"),
        )
    }

    fn given_up() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The report was not taken, as the server ends. Send it again",
        )
    }

    fn broken_off(received: usize) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("The body broke off after {received} bytes"))
    }

    fn not_utf8(error: Utf8Error) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("The body is not JSON: {error}. Send it as UTF-8"))
    }

    fn malformed(error: &serde_json::Error, example: &str) -> Self {
        let error = error.to_string();
        Self::new(
            StatusCode::BAD_REQUEST,
            format!("The body is not a message: {}. Send one like {example}", shorten(&error)),
        )
    }

    fn stats(error: &StatsError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, shorten(&error.to_string()))
    }

    fn unknown_type(given: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            format!("The type {:?} is unknown. Pages send \"custom\"", shorten(given)),
        )
    }

    fn unheard(event: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            format!("Nobody listens for {:?}. Register a listener with HotMiddleware::on", shorten(event)),
        )
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Escaped(&self.text))
    }
}

/// As much of a text as is worth sending back.
pub(crate) fn shorten(text: &str) -> String {
    const SHOWN: usize = 200;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
