//! Access control: decides from a request's head whether it is authorized.
//!
//! Any site that a developer visits can make the browser send requests to the developer's machine. So a
//! request is authorized by values that such a site can't choose: the host that the browser asked for, which
//! reveals a rebound name, and the origin of the page. `docs/security.md` has the attack behind each rule.

mod address;
mod attempts;
mod forwarded;
mod grant;
mod heads;
mod refusal;
#[cfg(test)]
mod tests;
mod token;

use std::time::Instant;

pub(crate) use address::{AllowedHost, AllowedOrigin};
use address::{Authority, Host, Origin, Ports};
use attempts::Attempts;
pub(crate) use grant::Access;
use heads::{SEC_FETCH_SITE, bearer, is_same_origin, single};
use http::{
    HeaderMap, HeaderValue, Uri,
    header::{AUTHORIZATION, HOST, HeaderName, ORIGIN},
};
use refusal::RefusalLog;
pub(crate) use refusal::{ENVIRONMENT, Refusal, Refused};
pub(crate) use token::Token;

use crate::notice::warning;

/// The header with a page's token. Not `Authorization`, which an authenticating proxy in front of the app may
/// use.
const PAGE_TOKEN: HeaderName = HeaderName::from_static("hot-middleware-token");

/// The header with the key for receipts.
const RECEIPT_KEY: HeaderName = HeaderName::from_static("hot-middleware-receipts");

/// The kind of resource that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    /// The event stream, which reveals what the developer is working on.
    Stream,
    /// The events on the port of the sockets, where every page comes from another port.
    #[cfg(feature = "websocket")]
    SocketsPort,
    /// The inspector's state, which only a page of this server may read, even if the stream is open to other origins.
    State,
    /// The folder of the app's files, which only this machine and the allowed hosts may know.
    Workspace,
    /// The client's files, which are public. They are served under any host, so that a page under a host that
    /// is not allowed still gets a client that can explain why the stream is refused.
    Client,
}

/// The sender of a client message or report, identified by its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// A page with the client's script tag from this server.
    Page,
    /// A reader of the stream, with the key for receipts from there.
    Reader,
    /// A build tool with the token from the options.
    Build,
}

/// The rules for which requests are authorized. Created once per middleware.
#[derive(Debug)]
pub(crate) struct AccessPolicy {
    hosts: Vec<AllowedHost>,
    origins: Vec<AllowedOrigin>,
    tokens: Tokens,
    wrong_page_tokens: Attempts,
    wrong_receipt_keys: Attempts,
    wrong_build_tokens: Attempts,
    log: RefusalLog,
}

/// The tokens that authorize senders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    /// Generated for this process; in the script tag of the app's pages.
    pub(crate) page: Option<Token>,
    /// Generated for this process; in the greeting of the stream, if it wants receipts or instances of modules.
    pub(crate) receipts: Option<Token>,
    /// Chosen by the developer.
    pub(crate) build: Option<Token>,
}

impl AccessPolicy {
    /// Creates a policy that allows these hosts and origins and the hosts in the environment variable,
    /// besides those that are always allowed. An invalid host in the environment is skipped with a warning,
    /// because there is no caller to return an error to.
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
                    warning!("{ENVIRONMENT} names the host {text:?}, which {reason}; it is ignored");
                }
            }
        }
        Self {
            hosts,
            origins: origins.to_vec(),
            tokens,
            wrong_page_tokens: Attempts::default(),
            wrong_receipt_keys: Attempts::default(),
            wrong_build_tokens: Attempts::default(),
            log: RefusalLog::default(),
        }
    }

    /// Returns the hosts that the developer has allowed. A leading dot also allows all names under a host.
    pub(crate) fn allowed_hosts(&self) -> Vec<String> {
        self.hosts.iter().map(AllowedHost::pattern).collect()
    }

    /// Returns the token that pages have to send.
    pub(crate) fn page_token(&self) -> Option<&Token> {
        self.tokens.page.as_ref()
    }

    /// Returns the key that receipts have to be sent with, if they are wanted.
    pub(crate) fn receipt_key(&self) -> Option<&Token> {
        self.tokens.receipts.as_ref()
    }

    /// Authorizes a request by its head, and logs a refusal.
    pub(crate) fn authorize(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        resource: Resource,
    ) -> Result<Access, Refusal> {
        let check = || {
            let access = self.check(uri, headers, resource)?;
            match resource {
                Resource::State => check_own(headers, &access)?,
                Resource::Workspace => self.check_near(uri, headers)?,
                _ => {}
            }
            Ok(access)
        };
        check().inspect_err(|refusal| self.log.note(refusal))
    }

    /// Identifies the sender of an authorized request by its token, and logs a refusal.
    pub(crate) fn sender(&self, headers: &HeaderMap) -> Result<Sender, Refusal> {
        // Not logged: a page answers an event of the process before, and no user is affected.
        if let Some(shown) = single(headers, &RECEIPT_KEY)? {
            return self.check_receipt_key(shown.as_bytes()).map(|()| Sender::Reader);
        }
        self.check_token(headers).inspect_err(|refusal| self.log.note(refusal))
    }

    /// Identifies a build tool by its token, and no other sender.
    #[cfg(feature = "mcp")]
    pub(crate) fn builder(&self, headers: &HeaderMap) -> Result<Sender, Refusal> {
        let check = || match self.check_token(headers)? {
            Sender::Build => Ok(Sender::Build),
            Sender::Page | Sender::Reader => Err(Refusal::no_build_token()),
        };
        check().inspect_err(|refusal| self.log.note(refusal))
    }

    /// Authorizes a socket by its host, its origin and the page's token.
    ///
    /// The checks are independent: a foreign page that has obtained the token still fails by its origin.
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

    /// Returns true if a page may contain the token, the hashes and the executable's mark.
    ///
    /// The app's own routes are open. So a rebound page can read them, and so can a page of any origin under
    /// `Access-Control-Allow-Origin: *`. A navigation from another site has no `Origin`, but that site can't
    /// read the page.
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
        // The developer chose this token, so beyond the limit it isn't even compared: the answer would
        // confirm a guess.
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

    fn check_page_token(&self, shown: &[u8]) -> Result<(), Refusal> {
        check_random(self.tokens.page.as_ref(), shown, &self.wrong_page_tokens, Refusal::page_token)
    }

    fn check_receipt_key(&self, shown: &[u8]) -> Result<(), Refusal> {
        check_random(self.tokens.receipts.as_ref(), shown, &self.wrong_receipt_keys, Refusal::receipt_key)
    }

    fn check(&self, uri: &Uri, headers: &HeaderMap, resource: Resource) -> Result<Access, Refusal> {
        let origin = single(headers, &ORIGIN)?;
        if resource != Resource::Client {
            self.check_forwarded(headers)?;
        }
        let Some(host) = asked_host(uri, headers)? else {
            // Every browser sends a host. This is a test that calls the service directly, or an HTTP/1.0
            // client.
            return if origin.is_some() { Err(Refusal::no_host()) } else { check_site(headers) };
        };
        if resource != Resource::Client {
            self.check_host(host.host)?;
        }
        let ports = match resource {
            #[cfg(feature = "websocket")]
            Resource::SocketsPort => Ports::Any,
            Resource::Stream | Resource::State | Resource::Workspace | Resource::Client => Ports::Same,
        };
        match origin {
            Some(origin) => self.check_origin(origin, &host, ports).or_else(|refusal| {
                // Browsers send `Origin` with every module request, even to the page's own server. Behind a
                // proxy that changes the host, the two differ. The client is still served if the browser says
                // `same-origin`, so that it can explain why the stream is refused.
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

    /// Refuses requests under an address of the network, which other machines use too.
    fn check_near(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        match asked_host(uri, headers)? {
            Some(Authority { host, .. })
                if !host.is_loopback() && !self.hosts.iter().any(|allowed| allowed.allows(host)) =>
            {
                Err(Refusal::workspace(host))
            }
            _ => Ok(()),
        }
    }

    /// Returns the distinct refusals, the first at the front.
    pub(crate) fn refusals(&self) -> Vec<Refused> {
        self.log.list()
    }

    /// Refuses requests that reached a proxy under a host that is not allowed. These headers never allow a
    /// request, because any client can set them.
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

    /// Returns true if no foreign site can be served under this host: an IP address needs no name server, and
    /// `localhost` is always the browser's own machine.
    fn allows_host(&self, host: Host<'_>) -> bool {
        matches!(host, Host::Ip(_))
            || host.is_loopback()
            || self.hosts.iter().any(|allowed| allowed.allows(host))
    }

    /// Authorizes pages of this host and of the allowed origins.
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

/// Compares with a token of 256 random bits.
///
/// The right one is accepted even beyond the limit: it can't be guessed, and a page with an old token must not lock out
/// others.
fn check_random(
    token: Option<&Token>,
    shown: &[u8],
    wrong: &Attempts,
    refusal: fn() -> Refusal,
) -> Result<(), Refusal> {
    if token.is_some_and(|token| token.is(shown)) {
        return Ok(());
    }
    let now = Instant::now();
    if wrong.are_exhausted(now) {
        return Err(Refusal::too_many_tokens());
    }
    wrong.note(now);
    Err(refusal())
}

/// Returns the host that the client asked for.
///
/// A target with a host in it takes precedence over `Host` (RFC 9112, section 3.2.2); HTTP/2's `:authority`
/// arrives as such a target.
fn asked_host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Result<Option<Authority<'a>>, Refusal> {
    let header = single(headers, &HOST)?.map(HeaderValue::as_bytes);
    let target = uri.authority().map(|authority| authority.as_str().as_bytes());
    let Some(text) = target.or(header) else { return Ok(None) };
    Authority::parse(text).map(Some).map_err(|reason| Refusal::no_such_host(text, reason))
}

/// Refuses requests that come from pages of other origins. Old browsers and other clients don't send
/// `Sec-Fetch-Site`, nor does any browser over plain HTTP to a machine on the network; there
/// `Cross-Origin-Resource-Policy` keeps pages from reading the response.
///
/// `same-site` is refused too, because another port of the same machine is the same site.
fn check_site(headers: &HeaderMap) -> Result<Access, Refusal> {
    match single(headers, &SEC_FETCH_SITE)?.map(HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => Ok(Access::SameOrigin),
        Some(other) => Err(Refusal::site(other)),
    }
}

/// Refuses pages of other origins, and navigations.
fn check_own(headers: &HeaderMap, access: &Access) -> Result<(), Refusal> {
    let site = single(headers, &SEC_FETCH_SITE)?;
    if *access == Access::SameOrigin && site.is_none_or(|site| site == "same-origin") {
        Ok(())
    } else {
        Err(Refusal::state())
    }
}
