//! Strict parsing and comparison of hosts and origins, as browsers write them.
//!
//! Anything that no browser sends is refused instead of guessed at. The values come from requests, so nothing
//! here allocates or can panic.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Reason why a text is not a valid host or origin.
pub(super) type Reason = &'static str;

const EMPTY: Reason = "is empty";
const USER: Reason = "has a user name in it";
const CHARACTER: Reason = "has a character that no host name may have";
const LABEL: Reason = "has a label that is empty or longer than 63 bytes, or is longer than 253 bytes in all";
const NUMBER: Reason = "ends in a number and is not an IPv4 address as browsers write it";
const IPV6: Reason = "has brackets without an IPv6 address in them";
const PORT: Reason = "has a port that is not a number from 1 to 65535";
const SCHEME: Reason = "has no scheme";
const LONG_SCHEME: Reason = "has a scheme longer than 64 bytes";

/// A host without its port.
#[derive(Clone, Copy, Debug)]
pub(super) enum Host<'a> {
    /// An IP address. Browsers connect to it without asking a name server.
    Ip(IpAddr),
    /// A name without its trailing dot, in its original case; compared case-insensitively.
    Name(&'a str),
}

impl<'a> Host<'a> {
    /// Parses a name, an IPv4 address of four decimal numbers, or an IPv6 address in brackets (RFC 3986,
    /// section 3.2.2, without percent-encoding and without punctuation that DNS names don't use).
    ///
    /// `127.1`, `0x7f.1` and `2130706433` are rejected: a browser that is given one of them sends the address
    /// in its full form (WHATWG URL, section 3.5).
    fn parse(text: &'a str) -> Result<Self, Reason> {
        if text.is_empty() {
            return Err(EMPTY);
        }
        if let Some(rest) = text.strip_prefix('[') {
            let address = rest.strip_suffix(']').and_then(|address| address.parse::<Ipv6Addr>().ok());
            return address.map(|address| Self::Ip(address.into())).ok_or(IPV6);
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Ip(address.into()));
        }
        // Container names have underscores.
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
            return Err(CHARACTER);
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.len() > 253 || name.split('.').any(|label| !(1..=63).contains(&label.len())) {
            return Err(LABEL);
        }
        if name.rsplit('.').next().is_some_and(is_number) {
            return Err(NUMBER);
        }
        Ok(Self::Name(name))
    }

    /// Returns true if this host can only be the browser's own machine: `localhost` and the names under it
    /// (RFC 6761, section 6.3), `127.0.0.0/8` and `[::1]`.
    pub(super) fn is_loopback(self) -> bool {
        match self {
            Self::Ip(address) => address.is_loopback(),
            Self::Name(name) => name.eq_ignore_ascii_case("localhost") || is_under(name, "localhost"),
        }
    }
}

impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ip(one), Self::Ip(other)) => one == other,
            (Self::Name(one), Self::Name(other)) => one.eq_ignore_ascii_case(other),
            _ => false,
        }
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V4(address)) => address.fmt(f),
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Name(name) => f.write_str(&name.to_ascii_lowercase()),
        }
    }
}

/// Returns true if browsers parse a name that ends in this label as an IPv4 address.
fn is_number(label: &str) -> bool {
    let hex = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    label.bytes().all(|byte| byte.is_ascii_digit())
        || hex.is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Returns true if a name is a DNS subdomain of another one.
fn is_under(name: &str, parent: &str) -> bool {
    let Some(at) = name.len().checked_sub(parent.len()) else { return false };
    let (child, end) = name.as_bytes().split_at(at);
    child.len() > 1 && child.ends_with(b".") && end.eq_ignore_ascii_case(parent.as_bytes())
}

/// A host and its port, if there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Authority<'a> {
    pub(super) host: Host<'a>,
    pub(super) port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// Parses the value of `Host`, of `:authority`, or of an origin after its scheme.
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, Reason> {
        let text = std::str::from_utf8(text).map_err(|_| CHARACTER)?;
        if text.contains('@') {
            return Err(USER);
        }
        // The colons of an IPv6 address come before its closing bracket.
        let colon = text.rfind(':').filter(|colon| !text[*colon..].contains(']'));
        let (host, port) = match colon {
            Some(colon) => (&text[..colon], Some(parse_port(&text[colon + 1..])?)),
            None => (text, None),
        };
        Ok(Self { host: Host::parse(host)?, port })
    }
}

fn parse_port(text: &str) -> Result<u16, Reason> {
    let digits = (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0).ok_or(PORT)
}

/// Comparison of an origin's port with the host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ports {
    Same,
    /// Ignored, because the port of the sockets never serves the page.
    #[cfg(feature = "websocket")]
    Any,
}

/// A page's origin as browsers send it in `Origin` (RFC 6454, section 6.2), except `null`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin<'a> {
    scheme: &'a str,
    authority: Authority<'a>,
}

impl<'a> Origin<'a> {
    /// Parses a scheme, a host and a port, with nothing after them.
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, Reason> {
        let text = std::str::from_utf8(text).map_err(|_| CHARACTER)?;
        let (scheme, authority) = text.split_once("://").ok_or(SCHEME)?;
        let starts = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
        let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        if !starts || !scheme.bytes().all(goes_on) {
            return Err(SCHEME);
        }
        // The DNS bounds a name. Without this bound, a refusal could be as long as a header.
        if scheme.len() > 64 {
            return Err(LONG_SCHEME);
        }
        Ok(Self { scheme, authority: Authority::parse(authority.as_bytes())? })
    }

    /// Returns true if `host` can be the server of a page from this origin.
    ///
    /// The scheme is not compared, because TLS may end in front of this server. So a host without a port has
    /// the default port of the origin's scheme.
    pub(super) fn is_at(&self, host: &Authority<'_>, ports: Ports) -> bool {
        self.host_on(host.port, ports).is_some_and(|own| own == host.host)
    }

    /// Returns true if both this origin and the host are loopback names, on matching ports.
    pub(super) fn is_loopback_of(&self, host: &Authority<'_>, ports: Ports) -> bool {
        self.host_on(host.port, ports).is_some_and(Host::is_loopback) && host.host.is_loopback()
    }

    /// Returns the host of an HTTP origin whose port matches.
    fn host_on(&self, port: Option<u16>, ports: Ports) -> Option<Host<'a>> {
        let default = self.default_port()?;
        let same = self.authority.port.unwrap_or(default) == port.unwrap_or(default);
        (same || ports != Ports::Same).then_some(self.authority.host)
    }

    fn default_port(&self) -> Option<u16> {
        if self.scheme.eq_ignore_ascii_case("http") {
            Some(80)
        } else if self.scheme.eq_ignore_ascii_case("https") {
            Some(443)
        } else {
            None
        }
    }
}

impl fmt::Display for Origin<'_> {
    /// Writes the origin as browsers do: in lower case and without a default port.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.to_ascii_lowercase(), self.authority.host)?;
        match self.authority.port {
            Some(port) if self.default_port() != Some(port) => write!(f, ":{port}"),
            _ => Ok(()),
        }
    }
}

/// A host that the app allows: one name, or with a leading dot also all names under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllowedHost {
    name: String,
    subdomains: bool,
}

impl AllowedHost {
    pub(crate) fn parse(text: &str) -> Result<Self, Reason> {
        if text.contains("://") {
            return Err("has a scheme");
        }
        if text.contains('*') {
            return Err("has a *");
        }
        let (name, subdomains) = match text.strip_prefix('.') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let Authority { host, port } = Authority::parse(name.as_bytes())?;
        if port.is_some() {
            return Err("has a port");
        }
        Ok(Self { name: host.to_string(), subdomains })
    }

    /// Returns the host in lower case, with the leading dot that also allows all names under it.
    pub(super) fn pattern(&self) -> String {
        format!("{}{}", if self.subdomains { "." } else { "" }, self.name)
    }

    pub(super) fn allows(&self, host: Host<'_>) -> bool {
        let Host::Name(name) = host else { return false };
        name.eq_ignore_ascii_case(&self.name) || self.subdomains && is_under(name, &self.name)
    }
}

/// An origin that the app allows, as browsers write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllowedOrigin(String);

impl AllowedOrigin {
    pub(crate) fn parse(text: &str) -> Result<Self, Reason> {
        Origin::parse(text.as_bytes()).map(|origin| Self(origin.to_string()))
    }

    pub(super) fn allows(&self, origin: &str) -> bool {
        self.0 == origin
    }
}
