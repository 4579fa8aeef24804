//! The opening handshake (RFC 6455, section 4.2): routing, authorization and the response.

use std::{fmt, sync::Arc};

use http::{
    Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version,
    header::{
        ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HOST, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
        SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use hyper::upgrade::OnUpgrade;
use tokio::runtime::Handle;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{
    socket,
    sockets::{Registration, Sockets},
};
use crate::{
    access::{Access, Refusal, Resource, Token},
    journal::{Carrier, Visitor},
    options::Placeholders,
    plain_text::plain_text,
    shared::Shared,
    transport::query::percent_decode,
};

/// The script that reloads a page for a module that nothing in it accepts. With Vite, the server decides
/// that.
const COMPANION: &str = include_str!("companion.js");

/// The purpose of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    /// `vite-hmr`: receives updates.
    Updates,
    /// `vite-ping`: checks whether the server is back.
    Ping,
}

impl Protocol {
    /// Returns the protocol in the one `Sec-WebSocket-Protocol`. Vite never sends a list.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
        let value = values.next().filter(|_| values.next().is_none())?;
        [Self::Updates, Self::Ping].into_iter().find(|protocol| value == protocol.name())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Updates => "vite-hmr",
            Self::Ping => "vite-ping",
        }
    }
}

/// The answer to a request of Vite's client.
#[derive(Debug)]
pub(crate) enum Answer {
    Upgrade(Upgrade),
    Module(String),
    Refused(Refusal),
    Malformed(Malformed),
}

/// A socket that was authorized.
#[derive(Debug)]
pub(crate) struct Upgrade {
    shared: Arc<Shared>,
    protocol: Protocol,
    accept: HeaderValue,
    connection: OnUpgrade,
    /// The registration of a socket for updates. Made with the handshake, so that it misses nothing.
    registration: Option<Registration>,
}

/// The reason why a handshake is invalid, or a request to a port that only accepts handshakes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    Method,
    ModuleMethod,
    Version,
    Key,
    /// The server under this layer doesn't support upgrades.
    NoUpgrade,
    /// A plain request to the port of the sockets.
    Plain,
    Protocol,
}

impl Malformed {
    fn status(&self) -> StatusCode {
        match self {
            Self::Method | Self::ModuleMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Version | Self::Plain => StatusCode::UPGRADE_REQUIRED,
            Self::Key | Self::Protocol => StatusCode::BAD_REQUEST,
            Self::NoUpgrade => StatusCode::NOT_IMPLEMENTED,
        }
    }

    fn head(&self, headers: &mut HeaderMap) {
        match self {
            Self::Method => _ = headers.insert(ALLOW, HeaderValue::from_static("GET")),
            Self::ModuleMethod => _ = headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD")),
            // RFC 9110, section 15.5.22 and RFC 6455, section 4.4.
            Self::Version => _ = headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
            Self::Plain => {
                headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
            }
            Self::Key | Self::Protocol | Self::NoUpgrade => {}
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Method => "Open a WebSocket by GET",
            Self::ModuleMethod => "Load this module by GET",
            Self::Version => "Open a WebSocket over HTTP/1.1 with Sec-WebSocket-Version: 13",
            Self::Key => "Open a WebSocket with one Sec-WebSocket-Key of 16 bytes in base64",
            Self::NoUpgrade => {
                "The server does not support upgrades; with hyper, serve connections by serve_connection_with_upgrades"
            }
            // As in Vite.
            Self::Plain => "Upgrade Required",
            Self::Protocol => "This port accepts WebSockets of the protocol vite-hmr or vite-ping",
        })
    }
}

/// Returns true if a request may be from Vite's client, by a cheap look at its path.
pub(crate) fn may_be_vite<B>(base: &str, request: &Request<B>) -> bool {
    let rest = request.uri().path().strip_prefix(base);
    rest.is_some_and(|rest| rest.starts_with("@vite/") || rest.is_empty())
}

/// Answers a request below the base if it is from Vite's client. Returns the access of the response with it.
pub(crate) fn answer<B>(
    shared: &Arc<Shared>,
    sockets: &Arc<Sockets>,
    request: &mut Request<B>,
) -> Option<(Answer, Access)> {
    let rest = request.uri().path().strip_prefix(shared.options().vite_base.as_str())?;
    if rest.is_empty() {
        let protocol = Protocol::of(request.headers()).filter(|_| is_upgrade(request.headers()))?;
        let answer = (!shared.is_closed())
            .then(|| open(shared, sockets, protocol, request, Resource::Stream))
            .flatten();
        return answer.map(|answer| (answer, Access::SameOrigin));
    }
    let client = shared.options().vite_client.as_ref().filter(|_| !shared.is_closed())?;
    if !["@vite/client", "@vite/env", "@vite/hot-middleware.js"].contains(&rest) {
        return None;
    }
    // The client contains the page's token, so it is protected as the stream is.
    let access = match shared.access().authorize(request.uri(), request.headers(), Resource::Stream) {
        Ok(access) => access,
        Err(refusal) => return Some((Answer::Refused(refusal), Access::SameOrigin)),
    };
    let answer = if !matches!(*request.method(), Method::GET | Method::HEAD) {
        Answer::Malformed(Malformed::ModuleMethod)
    } else if rest == "@vite/env" {
        Answer::Module(client.env())
    } else if rest == "@vite/hot-middleware.js" {
        Answer::Module(COMPANION.to_owned())
    } else {
        let header = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let host = request.uri().authority().map(http::uri::Authority::as_str).or(header);
        let prefix = shared.options().base_path.as_deref().unwrap_or_default();
        Answer::Module(client.client(&Placeholders {
            base: &format!("{prefix}{}", shared.options().vite_base),
            host: host.unwrap_or("localhost"),
            port: sockets.port(),
            overlay: shared.options().client_overlay,
            token: shared.access().page_token().map_or("", Token::expose_secret),
        }))
    };
    Some((answer, access))
}

/// Answers any request to the port of the sockets, on every path, as Vite does.
pub(super) fn answer_on_own_port<B>(
    shared: &Arc<Shared>,
    sockets: &Arc<Sockets>,
    request: &mut Request<B>,
) -> Answer {
    if !is_upgrade(request.headers()) {
        return Answer::Malformed(Malformed::Plain);
    }
    let Some(protocol) = Protocol::of(request.headers()) else {
        return Answer::Malformed(Malformed::Protocol);
    };
    open(shared, sockets, protocol, request, Resource::SocketsPort)
        .unwrap_or(Answer::Malformed(Malformed::Plain))
}

/// Opens a socket; `None` if the hub has just closed.
fn open<B>(
    shared: &Arc<Shared>,
    sockets: &Arc<Sockets>,
    protocol: Protocol,
    request: &mut Request<B>,
    resource: Resource,
) -> Option<Answer> {
    let accept = match check(request) {
        Ok(accept) => accept,
        Err(malformed) => return Some(Answer::Malformed(malformed)),
    };
    let (uri, headers) = (request.uri(), request.headers());
    let authorized = match protocol {
        Protocol::Updates => {
            shared.access().authorize_socket(uri, headers, resource, token(uri.query()).as_deref())
        }
        // A page whose server was restarted has an old token. A ping reveals only that there is a server.
        Protocol::Ping => shared.access().authorize(uri, headers, resource).map(drop),
    };
    if let Err(refusal) = authorized {
        return Some(Answer::Refused(refusal));
    }
    let Some(connection) = take_upgrade(request.extensions_mut()) else {
        return Some(Answer::Malformed(Malformed::NoUpgrade));
    };
    let registration = match protocol {
        Protocol::Updates => {
            let visitor = Visitor::of(request.headers(), None);
            let entered = shared.journal().pages.enter(Carrier::Socket, None, visitor);
            Some(sockets.register(shared.hub(), entered)?)
        }
        Protocol::Ping => None,
    };
    Some(Answer::Upgrade(Upgrade { shared: shared.clone(), protocol, accept, connection, registration }))
}

/// Validates a handshake and returns its `Sec-WebSocket-Accept`.
fn check<B>(request: &Request<B>) -> Result<HeaderValue, Malformed> {
    if request.method() != Method::GET {
        return Err(Malformed::Method);
    }
    let headers = request.headers();
    let is_13 = headers.get(SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
    if request.version() != Version::HTTP_11 || !is_13 {
        return Err(Malformed::Version);
    }
    let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).iter();
    let key = keys.next().filter(|_| keys.next().is_none()).ok_or(Malformed::Key)?.as_bytes();
    // 16 bytes are 22 digits, of which the last has two bits, and two padding characters.
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    match key {
        [digits @ .., b'A' | b'Q' | b'g' | b'w', b'=', b'=']
            if digits.len() == 21 && digits.iter().all(is_digit) => {}
        _ => return Err(Malformed::Key),
    }
    HeaderValue::from_str(&derive_accept_key(key)).map_err(|_| Malformed::Key)
}

fn take_upgrade(extensions: &mut Extensions) -> Option<OnUpgrade> {
    // Without a runtime, the socket could not be served.
    Handle::try_current().ok().and_then(|_| extensions.remove())
}

/// Returns the first `token` in the query.
fn token(query: Option<&str>) -> Option<String> {
    let mut pairs = query?.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(name, _)| *name == "token").map(|(_, value)| percent_decode(value))
}

/// Returns true if the request asks for a WebSocket (RFC 6455, section 4.2.1).
fn is_upgrade(headers: &HeaderMap) -> bool {
    let has = |name, token: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|member| member.trim().eq_ignore_ascii_case(token))
    };
    has(CONNECTION, "upgrade") && has(UPGRADE, "websocket")
}

impl Answer {
    pub(crate) fn response(self) -> Response<String> {
        let mut response = Response::new(String::new());
        match self {
            Self::Upgrade(upgrade) => {
                *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                upgrade.begin(response.headers_mut());
            }
            Self::Module(text) => {
                *response.body_mut() = text;
                let headers = response.headers_mut();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript;charset=utf-8"));
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            }
            Self::Refused(refusal) => {
                response = plain_text(refusal.status(), &refusal);
                refusal.head(response.headers_mut());
            }
            Self::Malformed(malformed) => {
                response = plain_text(malformed.status(), &malformed);
                malformed.head(response.headers_mut());
            }
        }
        response
    }
}

impl Upgrade {
    /// Completes the head of the response, and spawns the task that serves the socket after it.
    fn begin(self, headers: &mut HeaderMap) {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept);
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(self.protocol.name()));
        match self.registration {
            Some(registration) => {
                tokio::spawn(socket::serve(self.shared, self.connection, registration));
            }
            None => {
                tokio::spawn(socket::answer_ping(self.connection));
            }
        }
    }
}
