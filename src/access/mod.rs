//! Who may connect: what a request's head says about the page that it comes from.
//!
//! A browser sends requests to a developer's machine for any site that the developer visits. So a request is let
//! in by what such a site can't choose: the host that the browser believes it is talking to, which shows a name that
//! was rebound to this machine, and the origin of the page. `docs/security.md` has the attacks behind each rule.

mod address;
mod attempts;
mod forwarded;
mod refusal;
#[cfg(test)]
mod tests;
mod token;

use std::time::Instant;

pub(crate) use address::{AllowedHost, AllowedOrigin};
use address::{Authority, Host, Origin, Ports};
use attempts::Attempts;
use http::{
    HeaderMap, HeaderValue, Uri,
    header::{
        ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, HOST, HeaderName, ORIGIN, VARY, X_CONTENT_TYPE_OPTIONS,
    },
};
use refusal::RefusalLog;
pub(crate) use refusal::{ENVIRONMENT, Refusal};
pub(crate) use token::Token;

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a page shows its token in. Not `Authorization`, which belongs to whatever asks for a password in front.
const PAGE_TOKEN: HeaderName = HeaderName::from_static("hot-middleware-token");

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    /// The events, which tell what the developer is working on.
    Stream,
    /// The events on the sockets' own port, where pages always come from another port.
    #[cfg(feature = "websocket")]
    SocketsPort,
    /// The client's files, which anybody can have from elsewhere. They are served under any name, so that a page
    /// under one that is not allowed has a client that can tell why the stream is refused.
    Client,
}

/// Who sends something upwards, by the token that it showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// A page that this server put the client's tag into.
    Page,
    /// Whoever runs the builds, and was given the token of the options.
    Build,
}

/// Decides who may connect. Made once, when the middleware is.
#[derive(Debug)]
pub(crate) struct AccessPolicy {
    hosts: Vec<AllowedHost>,
    origins: Vec<AllowedOrigin>,
    tokens: Tokens,
    wrong_page_tokens: Attempts,
    wrong_build_tokens: Attempts,
    log: RefusalLog,
}

/// The secrets by which senders are told from everybody else.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    /// Drawn for this process; the script tag in the app's pages carries it.
    pub(crate) page: Option<Token>,
    /// Chosen by the developer.
    pub(crate) build: Option<Token>,
}

impl AccessPolicy {
    /// A guard that lets in what every guard does, these hosts and origins, and the hosts that the environment
    /// names. A wrong one there is left out with a warning, because no caller could be handed the error.
    pub(crate) fn new(
        hosts: &[AllowedHost],
        origins: &[AllowedOrigin],
        environment: &str,
        tokens: Tokens,
    ) -> Self {
        let mut hosts = hosts.to_vec();
        for text in environment.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            match AllowedHost::parse(text) {
                Ok(host) => hosts.push(host),
                Err(reason) => {
                    tracing::warn!("{ENVIRONMENT} names the host {text:?}, which {reason}; it is left out");
                }
            }
        }
        Self {
            hosts,
            origins: origins.to_vec(),
            tokens,
            wrong_page_tokens: Attempts::default(),
            wrong_build_tokens: Attempts::default(),
            log: RefusalLog::default(),
        }
    }

    /// The token that pages are to show.
    pub(crate) fn page_token(&self) -> Option<&Token> {
        self.tokens.page.as_ref()
    }

    /// Lets a request in, or says why not, to the log as well.
    pub(crate) fn authorize(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        resource: Resource,
    ) -> Result<Access, Refusal> {
        self.check(uri, headers, resource).inspect_err(|refusal| self.log.note(refusal))
    }

    /// Tells who sends, of those that were let in, by the token; or says why it can't be told, to the log as well.
    pub(crate) fn sender(&self, headers: &HeaderMap) -> Result<Sender, Refusal> {
        self.check_token(headers).inspect_err(|refusal| self.log.note(refusal))
    }

    /// Admits a socket by its host and origin and by the page's token.
    ///
    /// The two checks are independent: a foreign page that got hold of the token fails the first.
    #[cfg(feature = "websocket")]
    pub(crate) fn authorize_socket(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        resource: Resource,
        token: Option<&str>,
    ) -> Result<(), Refusal> {
        let check = || {
            self.check(uri, headers, resource)?;
            self.check_page_token(token.ok_or_else(Refusal::no_socket_token)?.as_bytes())
        };
        check().inspect_err(|refusal| self.log.note(refusal))
    }

    /// Reports if a page may contain the token, the hashes and the server's mark.
    ///
    /// The app's routes are open, so a rebound page can read them, and under `Access-Control-Allow-Origin: *` a page of
    /// any origin. A plain navigation from another site has no `Origin`, and that site can't read the page.
    pub(crate) fn shares_secrets(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        if headers.is_empty() && uri.authority().is_none() {
            return true;
        }
        let check = || {
            let origin = single(headers, &ORIGIN)?;
            self.check_forwarded(headers)?;
            match (asked_host(uri, headers)?, origin) {
                (None, None) => Ok(()),
                (None, Some(_)) => Err(Refusal::no_host()),
                (Some(host), None) => self.check_host(host.host),
                (Some(host), Some(origin)) => {
                    self.check_host(host.host)?;
                    self.check_origin(origin, &host, Ports::Same).map(drop)
                }
            }
        };
        check().is_ok()
    }

    fn check_token(&self, headers: &HeaderMap) -> Result<Sender, Refusal> {
        if let Some(shown) = single(headers, &PAGE_TOKEN)? {
            return self.check_page_token(shown.as_bytes()).map(|()| Sender::Page);
        }
        let Some(shown) = single(headers, &AUTHORIZATION)?.and_then(|value| bearer(value.as_bytes())) else {
            return Err(Refusal::no_token());
        };
        let Some(token) = &self.tokens.build else { return Err(Refusal::no_build_token()) };
        // A person chose it, so it is not compared beyond the limit: the answer would confirm a right guess.
        let now = Instant::now();
        if self.wrong_build_tokens.are_exhausted(now) {
            return Err(Refusal::too_many_tokens());
        }
        if token.is(shown) {
            return Ok(Sender::Build);
        }
        self.wrong_build_tokens.note(now);
        Err(Refusal::build_token())
    }

    /// Passes the right token even beyond the limit: 256 bits can't be guessed, and a page with an old token must not
    /// lock out others.
    fn check_page_token(&self, shown: &[u8]) -> Result<(), Refusal> {
        if self.tokens.page.as_ref().is_some_and(|token| token.is(shown)) {
            return Ok(());
        }
        let now = Instant::now();
        if self.wrong_page_tokens.are_exhausted(now) {
            return Err(Refusal::too_many_tokens());
        }
        self.wrong_page_tokens.note(now);
        Err(Refusal::page_token())
    }

    fn check(&self, uri: &Uri, headers: &HeaderMap, resource: Resource) -> Result<Access, Refusal> {
        let origin = single(headers, &ORIGIN)?;
        if resource != Resource::Client {
            self.check_forwarded(headers)?;
        }
        let Some(host) = asked_host(uri, headers)? else {
            // Every browser names a host, so this is none: a test that calls the service, HTTP/1.0.
            return if origin.is_some() { Err(Refusal::no_host()) } else { check_site(headers) };
        };
        if resource != Resource::Client {
            self.check_host(host.host)?;
        }
        let ports = match resource {
            #[cfg(feature = "websocket")]
            Resource::SocketsPort => Ports::Any,
            Resource::Stream | Resource::Client => Ports::Same,
        };
        match origin {
            Some(origin) => self.check_origin(origin, &host, ports).or_else(|refusal| {
                // Browsers name the page's origin when they ask for a module, even for one of the page's own. Where
                // something in front has changed the host on the way, as proxies that end TLS do, that is not the
                // host's. The client is let go on the browser's word, so that it can tell why the rest is refused.
                let trusted = resource == Resource::Client && is_same_origin(headers);
                if trusted && Origin::parse(origin.as_bytes()).is_ok() {
                    Ok(Access::SameOrigin)
                } else {
                    Err(refusal)
                }
            }),
            None => check_site(headers),
        }
    }

    fn check_host(&self, host: Host<'_>) -> Result<(), Refusal> {
        if self.allows_host(host) { Ok(()) } else { Err(Refusal::host(host)) }
    }

    /// Refuses requests that reached a proxy under a host that is not allowed. These headers never allow anything, as
    /// any client can set them.
    fn check_forwarded(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        for forwarded in forwarded::hosts(headers) {
            let host = Authority::parse(forwarded.value)
                .map_err(|reason| Refusal::no_such_forwarded_host(&forwarded, reason))?
                .host;
            if !self.allows_host(host) {
                return Err(Refusal::forwarded_host(forwarded.header, host));
            }
        }
        Ok(())
    }

    /// Whether a site that is not the developer's can't be under this host: an address is not looked up, and
    /// `localhost` is always the browser's own machine.
    fn allows_host(&self, host: Host<'_>) -> bool {
        matches!(host, Host::Ip(_))
            || host.is_loopback()
            || self.hosts.iter().any(|allowed| allowed.allows(host))
    }

    /// Lets in the pages of this host and of the allowed origins.
    fn check_origin(
        &self,
        value: &HeaderValue,
        host: &Authority<'_>,
        ports: Ports,
    ) -> Result<Access, Refusal> {
        if value == "null" {
            return Err(Refusal::null_origin());
        }
        let origin = Origin::parse(value.as_bytes())
            .map_err(|reason| Refusal::no_such_origin(value.as_bytes(), reason))?;
        if origin.is_at(host, ports) {
            return Ok(Access::SameOrigin);
        }
        let name = origin.to_string();
        if origin.is_loopback_of(host, ports) || self.origins.iter().any(|allowed| allowed.allows(&name)) {
            return Ok(Access::Origin(value.clone()));
        }
        Err(Refusal::origin(&origin))
    }
}

/// The host that the client believes it is talking to.
///
/// A target with a host in it wins over `Host` (RFC 9112, section 3.2.2); HTTP/2's `:authority` arrives as one.
fn asked_host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Result<Option<Authority<'a>>, Refusal> {
    let header = single(headers, &HOST)?.map(HeaderValue::as_bytes);
    let target = uri.authority().map(|authority| authority.as_str().as_bytes());
    let Some(text) = target.or(header) else { return Ok(None) };
    Authority::parse(text).map(Some).map_err(|reason| Refusal::no_such_host(text, reason))
}

/// Lets in what no page of another origin asked for. Old browsers and other clients say nothing of it, nor does any
/// browser over plain HTTP to a machine on the network; there `Cross-Origin-Resource-Policy` keeps pages from reading.
///
/// `same-site` is not enough: it is another port of the same machine as well.
fn check_site(headers: &HeaderMap) -> Result<Access, Refusal> {
    match single(headers, &SEC_FETCH_SITE)?.map(HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => Ok(Access::SameOrigin),
        Some(other) => Err(Refusal::site(other)),
    }
}

/// Whether the browser says that the page and what it asks for are of one origin. No page can have it say so.
fn is_same_origin(headers: &HeaderMap) -> bool {
    single(headers, &SEC_FETCH_SITE).is_ok_and(|site| site.is_some_and(|site| site == "same-origin"))
}

/// The token in `Authorization: Bearer` (RFC 6750, section 2.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

/// The one value of a header that may be there once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(Refusal::several(name.as_str())),
    }
}

/// A request that was let in, and what its response may be used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Asked by a page of this server, or by something that is no page.
    SameOrigin,
    /// Asked by a page of this other origin, which may read it.
    Origin(HeaderValue),
}

impl Access {
    /// Tells browsers who may read a response.
    pub(crate) fn head(self, headers: &mut HeaderMap) {
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let policy = match self {
            Self::SameOrigin => "same-origin",
            Self::Origin(origin) => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                headers.insert(VARY, HeaderValue::from_static("Origin"));
                "cross-origin"
            }
        };
        headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static(policy));
    }
}
