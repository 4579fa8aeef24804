//! Access control for any head: the first line is the target's authority, each other line a header.
//!
//! The `url` crate, which parses hosts and origins like browsers do, checks what was authorized.
#![no_main]

use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use libfuzzer_sys::fuzz_target;
use tower_hot_middleware::{OptionsBuilder, ResponseBody};
use tower_hot_middleware_fuzz::{Chunks, PATH, ask, check_explanation, hot, options, text};
use url::{Host, Url};

const ALLOWED_HOST: &str = "dev.example";
const ALLOWED_ORIGINS: [&str; 2] = ["https://ok.test:8443", "chrome-extension://abcdef"];

fuzz_target!(|head: &[u8]| {
    let Some(request) = request(head) else { return };
    let mut options =
        ALLOWED_ORIGINS.iter().fold(options().allowed_host(format!(".{ALLOWED_HOST}")), |options, origin| {
            options.allowed_origin(*origin)
        });
    let response = answer(&options, &request);
    if response.status() == StatusCode::OK {
        return check_authorized(&request, &response);
    }
    let mut refusal = refusal(response);
    // The remedy in a refusal works: one option for each host that the head names, then one for the origin.
    let hosts = request
        .headers()
        .values()
        .map(|value| 1 + value.as_bytes().iter().filter(|byte| matches!(byte, b',' | b';')).count());
    for _ in 0..2 + hosts.sum::<usize>() {
        options = match (quoted(&refusal, "allowed_host("), quoted(&refusal, "allowed_origin(")) {
            (Some(host), _) => options.allowed_host(host),
            (None, Some(origin)) => options.allowed_origin(origin),
            (None, None) => return,
        };
        let response = answer(&options, &request);
        if response.status() == StatusCode::OK {
            return;
        }
        let next = self::refusal(response);
        assert_ne!(next, refusal, "the remedy had no effect");
        refusal = next;
    }
    panic!("the remedy has no end: {refusal}");
});

/// Creates a request for the stream, if this is a valid head.
fn request(head: &[u8]) -> Option<Request<Chunks>> {
    let mut lines = head.split(|byte| *byte == b'\n');
    let target = match std::str::from_utf8(lines.next()?).ok()? {
        "" => PATH.to_owned(),
        authority => format!("http://{authority}{PATH}"),
    };
    let mut request = Request::get(target).body(Chunks::default()).ok()?;
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        request.headers_mut().append(name, value);
    }
    // The fuzzer may have changed the path.
    (request.uri().path() == PATH).then_some(request)
}

fn answer(options: &OptionsBuilder, request: &Request<Chunks>) -> Response<ResponseBody<Chunks>> {
    ask(&hot(options.clone()), request.clone())
}

fn refusal(response: Response<ResponseBody<Chunks>>) -> String {
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(!response.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    let text = text(response.into_body());
    check_explanation(&text);
    text
}

/// Returns the quoted text in parentheses after `before`. The fuzzer's values can't contain it, because they
/// are escaped.
fn quoted<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.strip_prefix('"')?.split_once("\")")?.0)
}

fn check_authorized(request: &Request<Chunks>, response: &Response<ResponseBody<Chunks>>) {
    let one = |name: HeaderName| {
        let values: Vec<_> = request.headers().get_all(name).iter().collect();
        assert!(values.len() < 2, "{values:?}");
        values.first().map(|value| value.to_str().expect("an authorized host is ASCII"))
    };
    let target = request.uri().authority().map(http::uri::Authority::as_str);
    let host = target.or_else(|| one(header::HOST));
    let grant = response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    let Some(host) = host else {
        return assert_eq!((one(header::ORIGIN), grant), (None, None));
    };
    // The validity of these labels depends on Unicode's tables.
    if [Some(host), one(header::ORIGIN)]
        .into_iter()
        .flatten()
        .any(|text| text.to_ascii_lowercase().contains("xn--"))
    {
        return;
    }
    let asked = Url::parse(&format!("http://{host}")).expect("a browser could ask for it");
    assert!(is_own(&asked) || is_loopback(&asked), "{host} was authorized");

    let Some(origin) = one(header::ORIGIN) else {
        let site = one(HeaderName::from_static("sec-fetch-site"));
        assert!(matches!(site, None | Some("same-origin" | "none")), "{site:?} was authorized");
        return assert_eq!(grant, None);
    };
    let page = Url::parse(origin).expect("a browser could send it");
    // The host's scheme is unknown; without a port, the default port of the origin's scheme is assumed.
    let own = Url::parse(&format!("{}://{host}", page.scheme())).expect("a browser could ask for it");
    let is_web = matches!(page.scheme(), "http" | "https");
    let same_port = is_web && page.port_or_known_default() == own.port_or_known_default();
    let is_same = same_port && name(&page) == name(&own);
    if grant.is_some() {
        assert_eq!(grant.map(HeaderValue::as_bytes), Some(origin.as_bytes()), "and never a *");
        let written =
            format!("{}://{}", page.scheme(), &page[url::Position::BeforeHost..url::Position::AfterPort]);
        let is_allowed = ALLOWED_ORIGINS.contains(&written.to_ascii_lowercase().trim_end_matches('.'));
        assert!(
            is_allowed || same_port && is_loopback(&page) && is_loopback(&own),
            "{origin} was authorized for {host}"
        );
    } else {
        assert!(is_same, "{origin} is not {host}");
    }
}

/// Returns a host's name in lower case, as browsers write it, without the trailing dot.
fn name(url: &Url) -> Option<&str> {
    url.host_str().map(|name| name.strip_suffix('.').unwrap_or(name))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) => name(url).is_some_and(|name| is_or_is_under(name, "localhost")),
        None => false,
    }
}

/// Returns true if a host is an address, or one that the app allows.
fn is_own(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        _ => name(url).is_some_and(|name| is_or_is_under(name, ALLOWED_HOST)),
    }
}

fn is_or_is_under(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent).is_some_and(|child| child.is_empty() || child.ends_with('.'))
}
