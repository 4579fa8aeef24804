//! Uploads: client messages and build reports, sent by `POST` to the stream's path.
//!
//! The request's head has been authorized before, and the token has identified the sender. Anything else that
//! is wrong is answered with a status and a line of text, and the message is not delivered.

mod console;
mod message;
mod receipt;
mod receive;
mod rejection;

use std::{
    fmt,
    future::Future,
    panic,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Instant, SystemTime},
};

use futures_util::lock::OwnedMutexGuard;
#[cfg(feature = "watch")]
use http::Method;
use http::{
    HeaderMap, HeaderName,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use http_body::Body;
use message::{Report, Sent};
use receive::{Receive, Received};
pub(crate) use rejection::Rejection;
use tokio::{runtime::Handle, task::spawn_blocking};

#[cfg(feature = "mcp")]
use crate::mcp;
use crate::{
    access::Sender,
    json::well_formed,
    messages::{Client, MAX_PAGE_BYTES},
    shared::Shared,
};

/// The name that a page gave itself when it opened its stream. It lets the app answer this page alone.
const CLIENT: HeaderName = HeaderName::from_static("hot-middleware-client");

/// The longest path of a module, in bytes.
#[cfg(feature = "watch")]
const MAX_MODULE: usize = 1_024;

/// The largest build report. The stats of 50,000 modules, without the parts that this crate doesn't use, take
/// 8 MB.
const MAX_BUILD_BYTES: usize = 32 << 20;

/// The largest report that is parsed on the thread of its request, in about a millisecond. A larger one is
/// parsed on a blocking thread, so that it delays no other request.
const MAX_INLINE_BYTES: usize = 128 << 10;

/// Permission to send one message, granted by its request's head.
#[derive(Debug)]
pub(crate) struct Authorized {
    shared: Arc<Shared>,
    sender: Sender,
    /// The page's name.
    name: Option<String>,
    client: Option<Client>,
}

impl Authorized {
    pub(crate) fn of(shared: &Arc<Shared>, sender: Sender, headers: &HeaderMap) -> Result<Self, Rejection> {
        if !is_json(headers) {
            return Err(Rejection::content_type(headers));
        }
        let declared =
            headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if declared.is_some_and(|declared| declared > sender.max_bytes()) {
            return Err(Rejection::too_large(sender.max_bytes()));
        }
        if !shared.rate_limiter().try_acquire(Instant::now()) {
            return Err(Rejection::too_many());
        }
        let name = headers.get(CLIENT).and_then(|name| name.to_str().ok());
        let client = name.and_then(|name| Client::named(shared.hub(), name));
        Ok(Self { shared: shared.clone(), sender, name: name.map(str::to_owned), client })
    }

    /// Reads the message and delivers it.
    pub(crate) fn receive<B: Body + Send + 'static>(self, body: B) -> Upload {
        let Self { shared, sender, name, client } = self;
        Upload(Mutex::new(Box::pin(async move {
            let share = shared.rate_limiter().share(sender);
            let received = Box::pin(Receive::new(body, sender.max_bytes(), share)).await?;
            let outcome = match sender {
                Sender::Page => match message::from_page(&received.bytes)? {
                    #[cfg(feature = "watch")]
                    Sent::Open(file) => open(shared, file).await,
                    sent => deliver(&shared, sent, client),
                },
                Sender::Reader => count(&shared, &received.bytes, name.as_deref()),
                Sender::Build if received.bytes.len() > MAX_INLINE_BYTES && Handle::try_current().is_ok() => {
                    let turn = shared.rate_limiter().turn().await;
                    report_on_a_thread(shared, received, turn).await
                }
                Sender::Build => report(&shared, &received.bytes),
            };
            outcome.map(|()| Done::Delivered)
        })))
    }
}

#[cfg(feature = "mcp")]
impl Authorized {
    /// Reads a message to the server for tools, and answers it.
    pub(crate) fn call<B: Body + Send + 'static>(self, body: B) -> Upload {
        let Self { shared, sender, .. } = self;
        Upload(Mutex::new(Box::pin(async move {
            let share = shared.rate_limiter().share(sender);
            let received = Box::pin(Receive::new(body, mcp::MAX_BYTES, share)).await?;
            let reply = Box::pin(mcp::answer(&shared, &received.bytes)).await;
            Ok(Done::Answered(reply))
        })))
    }
}

/// Processes a large report on a blocking thread.
async fn report_on_a_thread(
    shared: Arc<Shared>,
    received: Received,
    turn: OwnedMutexGuard<()>,
) -> Result<(), Rejection> {
    let work = spawn_blocking(move || {
        let outcome = report(&shared, &received.bytes);
        // The report's memory and turn are in use until here.
        drop((received, turn));
        outcome
    });
    match work.await {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Rejection::given_up()),
    }
}

impl Sender {
    fn max_bytes(self) -> usize {
        match self {
            Self::Page | Self::Reader => MAX_PAGE_BYTES,
            Self::Build => MAX_BUILD_BYTES,
        }
    }
}

/// A message that is being received. Resolves once it was delivered, or with the reason why it was not.
///
/// The mutex is never locked. It makes the future `Sync` with any body.
pub(crate) struct Upload(Mutex<Receiving>);

type Receiving = Pin<Box<dyn Future<Output = Result<Done, Rejection>> + Send>>;

/// What became of a message.
#[derive(Debug)]
pub(crate) enum Done {
    Delivered,
    /// It was a message to the server for tools.
    #[cfg(feature = "mcp")]
    Answered(mcp::Reply),
}

impl Future for Upload {
    type Output = Result<Done, Rejection>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(cx)
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").finish_non_exhaustive()
    }
}

/// Counts a page's receipts, receives its problems, or takes over its instances of modules.
fn count(shared: &Shared, body: &[u8], name: Option<&str>) -> Result<(), Rejection> {
    let kind = message::kind(&well_formed(body));
    #[cfg(feature = "watch")]
    if kind.as_deref() == Some("instances") {
        let modules = message::instances(body)?;
        // No page has an instance of what is not served as a module.
        let is_served = |path: &str| path.len() <= MAX_MODULE && shared.is_served(&Method::GET, path);
        if let Some(unknown) = modules.keys().find(|path| !is_served(path)) {
            return Err(Rejection::unknown_module(unknown));
        }
        let is_taken = shared.publisher().restore(&modules);
        return if is_taken { Ok(()) } else { Err(Rejection::other_instances()) };
    }
    if kind.as_deref() == Some("console") {
        let (entries, omitted) = console::from_page(body, SystemTime::now())?;
        if let Some(console) = shared.console() {
            console.receive(entries, omitted, Instant::now());
        }
        return Ok(());
    }
    let receipt::FromPage { receipts, path, has_left } =
        receipt::from_page(body, |id| shared.hub().parse_id(id))?;
    shared.receive(name, receipts, path.as_deref(), has_left);
    Ok(())
}

/// Opens a file in the developer's editor, on a blocking thread where there is one.
#[cfg(feature = "watch")]
async fn open(shared: Arc<Shared>, file: message::Open) -> Result<(), Rejection> {
    let message::Open { file, line, column } = file;
    let open = move || shared.open(&file, line, column).map_err(|error| Rejection::not_opened(&error));
    if Handle::try_current().is_err() {
        return open();
    }
    match spawn_blocking(open).await {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Rejection::given_up()),
    }
}

fn deliver(shared: &Arc<Shared>, sent: Sent, client: Option<Client>) -> Result<(), Rejection> {
    let message = match sent {
        Sent::Message(message) => message.from(client),
        // Opened before.
        #[cfg(feature = "watch")]
        Sent::Open(_) => return Ok(()),
        #[cfg(feature = "watch")]
        Sent::Invalidate(message::Invalidate { path, change, message }) => {
            let outcome = shared.publisher().invalidate(&path, change, message.as_deref());
            return outcome.map_err(|_| Rejection::unknown_module(&path));
        }
    };
    tracing::debug!(event = message.event(), "a page sent a message");
    if shared.listeners().call(shared, &message) {
        Ok(())
    } else {
        Err(Rejection::no_listener(message.event()))
    }
}

fn report(shared: &Arc<Shared>, body: &[u8]) -> Result<(), Rejection> {
    match message::from_build(body)? {
        Report::Building { name, file } => shared.hub().building(name.as_deref(), file.as_deref()),
        Report::Built(stats) => shared.built(stats),
        Report::Sync(stats) => stats.builds.into_iter().for_each(|build| shared.hub().set_initial(build)),
        Report::Reload { file } => shared.reload(file.as_deref()),
        Report::Event(frame) => {
            let Ok(()) = shared.hub().publish(|| Ok::<_, std::convert::Infallible>(frame));
        }
    }
    Ok(())
}

/// Returns true if the body is declared as JSON. A page of another origin can't do so without a preflight
/// request (Fetch standard, CORS-safelisted request-header), which is one more line of defense.
fn is_json(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case("application/json")
    })
}
