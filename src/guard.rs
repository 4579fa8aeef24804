//! Who may connect: what a request's head says about the page that it comes from.
//!
//! A browser sends requests to a developer's machine for any site that the developer visits. So a request is let
//! in by what such a site can't choose: the host that the browser believes it is talking to, which shows a name that
//! was rebound to this machine, and the origin of the page. `docs/security.md` has the attacks behind each rule.

mod address;
mod refusal;
#[cfg(test)]
mod tests;
mod token;

use http::{
    HeaderMap, HeaderValue, Uri,
    header::{
        ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, HOST, HeaderName, ORIGIN, VARY, X_CONTENT_TYPE_OPTIONS,
    },
};

pub(crate) use address::{AllowedHost, AllowedOrigin};
use address::{Authority, Host, Origin};
pub(crate) use refusal::Refusal;
use refusal::RefusalLog;
pub(crate) use token::Token;

/// The environment variable that adds hosts, separated by commas, where the app's options can't be edited.
pub(crate) const ENVIRONMENT: &str = "TOWER_HOT_MIDDLEWARE_ALLOWED_HOSTS";

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a page shows its token in. Not `Authorization`, which belongs to whatever asks for a password in front.
const PAGE_TOKEN: HeaderName = HeaderName::from_static("hot-middleware-token");

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    /// The events, which tell what the developer is working on.
    Stream,
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
pub(crate) struct Guard {
    hosts: Vec<AllowedHost>,
    origins: Vec<AllowedOrigin>,
    tokens: Tokens,
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

impl Guard {
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
        Self { hosts, origins: origins.to_vec(), tokens, log: RefusalLog::default() }
    }

    /// The token that pages are to show.
    pub(crate) fn page_token(&self) -> Option<&Token> {
        self.tokens.page.as_ref()
    }

    /// Lets a request in, or says why not, to the log as well.
    pub(crate) fn admit(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        resource: Resource,
    ) -> Result<Admission, Refusal> {
        self.check(uri, headers, resource).inspect_err(|refusal| self.log.note(refusal))
    }

    /// Tells who sends, of those that were let in, by the token; or says why it can't be told, to the log as well.
    pub(crate) fn sender(&self, headers: &HeaderMap) -> Result<Sender, Refusal> {
        self.check_token(headers).inspect_err(|refusal| self.log.note(refusal))
    }

    /// Lets a socket in whose page is this server's, and shows that by the page's token.
    ///
    /// On a port of the sockets' own the page is another port's by its nature: there it is told by the token alone.
    #[cfg(feature = "websocket")]
    pub(crate) fn admit_socket(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        token: Option<&str>,
        own_port: bool,
    ) -> Result<(), Refusal> {
        let check = || {
            if own_port {
                self.check(uri, &without_origin(headers)?, Resource::Stream)?;
            } else {
                self.check(uri, headers, Resource::Stream)?;
            }
            match (token, &self.tokens.page) {
                (None, _) => Err(Refusal::no_socket_token()),
                (Some(shown), Some(token)) if token.is(shown.as_bytes()) => Ok(()),
                (Some(_), _) => Err(Refusal::page_token()),
            }
        };
        check().inspect_err(|refusal| self.log.note(refusal))
    }

    fn check_token(&self, headers: &HeaderMap) -> Result<Sender, Refusal> {
        if let Some(shown) = single(headers, &PAGE_TOKEN)? {
            let right = self.tokens.page.as_ref().is_some_and(|token| token.is(shown.as_bytes()));
            return if right { Ok(Sender::Page) } else { Err(Refusal::page_token()) };
        }
        let Some(shown) = single(headers, &AUTHORIZATION)?.and_then(|value| bearer(value.as_bytes())) else {
            return Err(Refusal::no_token());
        };
        match &self.tokens.build {
            Some(token) if token.is(shown) => Ok(Sender::Build),
            Some(_) => Err(Refusal::build_token()),
            None => Err(Refusal::no_build_token()),
        }
    }

    fn check(&self, uri: &Uri, headers: &HeaderMap, resource: Resource) -> Result<Admission, Refusal> {
        let origin = single(headers, &ORIGIN)?;
        let Some(host) = asked_host(uri, headers)? else {
            // Every browser names a host, so this is none: a test that calls the service, HTTP/1.0.
            return if origin.is_some() { Err(Refusal::no_host()) } else { check_site(headers) };
        };
        if resource == Resource::Stream && !self.allows_host(host.host) {
            return Err(Refusal::host(host.host));
        }
        match origin {
            Some(origin) => self.check_origin(origin, &host).or_else(|refusal| {
                // Browsers name the page's origin when they ask for a module, even for one of the page's own. Where
                // something in front has changed the host on the way, as proxies that end TLS do, that is not the
                // host's. The client is let go on the browser's word, so that it can tell why the rest is refused.
                let trusted = resource == Resource::Client && is_same_origin(headers);
                if trusted && Origin::parse(origin.as_bytes()).is_ok() {
                    Ok(Admission::SameOrigin)
                } else {
                    Err(refusal)
                }
            }),
            None => check_site(headers),
        }
    }

    /// Whether a site that is not the developer's can't be under this host: an address is not looked up, and
    /// `localhost` is always the browser's own machine.
    fn allows_host(&self, host: Host<'_>) -> bool {
        matches!(host, Host::Ip(_))
            || host.is_loopback()
            || self.hosts.iter().any(|allowed| allowed.allows(host))
    }

    /// Lets in the pages of this host and of the allowed origins.
    fn check_origin(&self, value: &HeaderValue, host: &Authority<'_>) -> Result<Admission, Refusal> {
        if value == "null" {
            return Err(Refusal::null_origin());
        }
        let origin = Origin::parse(value.as_bytes())
            .map_err(|reason| Refusal::no_such_origin(value.as_bytes(), reason))?;
        if origin.is_at(host) {
            return Ok(Admission::SameOrigin);
        }
        let name = origin.to_string();
        if origin.is_loopback_of(host) || self.origins.iter().any(|allowed| allowed.allows(&name)) {
            return Ok(Admission::Origin(value.clone()));
        }
        Err(Refusal::origin(&origin))
    }
}

/// The headers without what they say of the page, which has an origin all the same.
#[cfg(feature = "websocket")]
fn without_origin(headers: &HeaderMap) -> Result<HeaderMap, Refusal> {
    if single(headers, &ORIGIN)?.is_some_and(|origin| origin == "null") {
        return Err(Refusal::null_origin());
    }
    let mut headers = headers.clone();
    headers.remove(ORIGIN);
    headers.remove(SEC_FETCH_SITE);
    Ok(headers)
}

/// The host that the client believes it is talking to.
///
/// A target with a host in it wins over `Host` (RFC 9112, section 3.2.2); HTTP/2's `:authority` arrives as one.
/// `X-Forwarded-Host` and `Forwarded` are not looked at: whoever sends a request may set them.
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
fn check_site(headers: &HeaderMap) -> Result<Admission, Refusal> {
    match single(headers, &SEC_FETCH_SITE)?.map(HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => Ok(Admission::SameOrigin),
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
pub(crate) enum Admission {
    /// Asked by a page of this server, or by something that is no page.
    SameOrigin,
    /// Asked by a page of this other origin, which may read it.
    Origin(HeaderValue),
}

impl Admission {
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
