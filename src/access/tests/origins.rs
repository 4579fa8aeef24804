//! Which origins may read the stream, and which sites if there is no origin.

use super::*;

/// The outcome for a page's origin: it is the server's own, another allowed one, or refused with this text.
#[derive(Clone, Copy, Debug, PartialEq)]
enum BuildOutcome {
    Own,
    Other,
    Refused(&'static str),
}
use BuildOutcome::{Other, Own};

const PAGES: BuildOutcome =
    BuildOutcome::Refused("If it is yours, allow it by OptionsBuilder::allowed_origin");
const NULL: BuildOutcome = BuildOutcome::Refused("Origin: null");
const GARBAGE: BuildOutcome = BuildOutcome::Refused("so it can't be allowed");

/// An origin that would otherwise fill a refusal, and the log.
const LONG_SCHEME: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa://localhost";

/// Names, `Host` headers, `Origin` headers and the outcome for each, with `https://ok.test:8443` and
/// `chrome-extension://abcdef` allowed.
#[rustfmt::skip]
const ORIGINS: &[(&str, &str, &str, BuildOutcome)] = &[
    ("the same", "localhost:3000", "http://localhost:3000", Own),
    ("the same, by address", "192.168.0.7:3000", "http://192.168.0.7:3000", Own),
    ("the same, by IPv6 address", "[fe80::1]:3000", "http://[fe80::1]:3000", Own),
    ("the same address, written otherwise", "[::1]:3000", "http://[0:0:0:0:0:0:0:1]:3000", Own),
    ("the same in capitals", "LOCALHOST:3000", "HTTP://localhost:3000", Own),
    ("the same with the root's dot", "localhost.:3000", "http://localhost.:3000", Own),
    ("TLS ends in front, port kept", "localhost:8443", "https://localhost:8443", Own),
    ("TLS ends in front, default port", "localhost", "https://localhost", Own),
    ("default port of HTTP", "localhost", "http://localhost", Own),
    ("default port written out in the host", "localhost:80", "http://localhost", Own),
    ("default port of TLS written out in the host", "localhost:443", "https://localhost", Own),
    ("default port written out in the origin", "localhost", "http://localhost:80", Own),

    ("another loopback name", "localhost:3000", "http://127.0.0.1:3000", Other),
    ("another loopback name, the other way round", "127.0.0.1:3000", "http://localhost:3000", Other),
    ("another loopback address", "127.0.0.1:3000", "http://[::1]:3000", Other),
    ("a name under localhost", "localhost:3000", "http://app.localhost:3000", Other),
    ("another loopback name with TLS", "127.0.0.1:3000", "https://app.localhost:3000", Other),
    ("another loopback name on another port", "localhost:3000", "http://127.0.0.1:3001", PAGES),
    ("a loopback name for an address of the network", "192.168.0.7:3000", "http://localhost:3000", PAGES),
    ("an address of the network for a loopback name", "localhost:3000", "http://192.168.0.7:3000", PAGES),
    ("a name that begins like a loopback one", "localhost:3000", "http://localhost.evil.example:3000", PAGES),
    ("a name that begins like an address", "localhost:3000", "http://127.0.0.1.evil.example:3000", PAGES),

    ("another port", "localhost:3000", "http://localhost:3001", PAGES),
    ("no port, and the host has one", "localhost:3000", "http://localhost", PAGES),
    ("a port, and the host has none", "localhost", "http://localhost:3000", PAGES),
    ("the default port of the other scheme", "localhost:80", "https://localhost", PAGES),
    ("another name", "localhost:3000", "http://evil.example:3000", PAGES),
    ("another name without a port", "localhost:3000", "https://evil.example", PAGES),
    ("another address", "192.168.0.7:3000", "http://192.168.0.8:3000", PAGES),
    ("an address anywhere", "localhost:3000", "http://203.0.113.7", PAGES),
    ("all interfaces", "localhost:3000", "http://0.0.0.0:3000", PAGES),

    ("an allowed one", "localhost:3000", "https://ok.test:8443", Other),
    ("an allowed one in capitals", "localhost:3000", "HTTPS://OK.test:8443", Other),
    ("an allowed extension", "localhost:3000", "chrome-extension://abcdef", Other),
    ("an allowed one with another scheme", "localhost:3000", "http://ok.test:8443", PAGES),
    ("an allowed one with another port", "localhost:3000", "https://ok.test", PAGES),
    ("a name under an allowed one", "localhost:3000", "https://a.ok.test:8443", PAGES),
    ("a name that ends like an allowed one", "localhost:3000", "https://evilok.test:8443", PAGES),
    ("a name that begins like an allowed one", "localhost:3000", "https://ok.test.evil.example:8443", PAGES),
    ("another extension", "localhost:3000", "chrome-extension://abcdefg", PAGES),
    ("an extension with the host as its id", "localhost", "chrome-extension://localhost", PAGES),
    ("an app with the host as its id", "localhost:3000", "capacitor://localhost:3000", PAGES),

    ("null", "localhost:3000", "null", NULL),
    ("null in capitals", "localhost:3000", "NULL", GARBAGE),
    ("nothing", "localhost:3000", "", GARBAGE),
    ("a scheme alone", "localhost:3000", "http://", GARBAGE),
    ("a host alone", "localhost:3000", "localhost:3000", GARBAGE),
    ("no slashes", "localhost:3000", "http:localhost:3000", GARBAGE),
    ("no scheme", "localhost:3000", "://localhost:3000", GARBAGE),
    ("an invalid scheme", "localhost:3000", "1http://localhost:3000", GARBAGE),
    ("a scheme with a space", "localhost:3000", "ht tp://localhost:3000", GARBAGE),
    ("a scheme that is too long", "localhost", LONG_SCHEME, BuildOutcome::Refused("has a scheme longer than")),
    ("a path", "localhost:3000", "http://localhost:3000/", GARBAGE),
    ("a path after the name", "localhost", "http://localhost/evil", GARBAGE),
    ("a user name", "localhost:3000", "http://localhost:3000@evil.example", GARBAGE),
    ("a list", "localhost:3000", "http://localhost:3000 http://evil.example", GARBAGE),
    ("a bad port", "localhost:3000", "http://localhost:port", GARBAGE),
    ("an asterisk", "localhost:3000", "*", GARBAGE),
    ("a file", "localhost:3000", "file://", GARBAGE),
];

#[test]
fn origins() {
    let policy = policy(&[], &["https://OK.test:8443", "chrome-extension://abcdef"]);
    for (case, host, origin, expected) in ORIGINS {
        // The origin alone decides; `Sec-Fetch-Site` is ignored.
        for site in ["cross-site", "same-site", "none", "same-origin"] {
            let headers = [
                ("host", host.as_bytes()),
                ("origin", origin.as_bytes()),
                ("sec-fetch-site", site.as_bytes()),
            ];
            match (verdict(&policy, "/", &headers), expected) {
                (Ok(Access::SameOrigin), Own) => {}
                (Ok(Access::Origin(echo)), Other) => assert_eq!(echo, *origin, "{case}"),
                (Err(message), BuildOutcome::Refused(part)) if message.contains(part) => {}
                (verdict, expected) => panic!("{case}: {verdict:?}, and not {expected:?}"),
            }
        }
    }
}

#[test]
fn the_default_port_of_an_origin_may_be_left_out() {
    let policy = policy(&[], &["https://a.test:443", "http://b.test"]);
    for origin in ["https://a.test", "http://b.test:80"] {
        let headers = [("host", &b"localhost"[..]), ("origin", origin.as_bytes())];
        assert!(matches!(verdict(&policy, "/", &headers), Ok(Access::Origin(_))), "{origin}");
    }
}

#[test]
fn an_allowed_origin_allows_no_host_and_an_allowed_host_no_origin() {
    let policy = policy(&["app.test"], &["http://ok.test"]);
    let foreign_host = [("host", &b"evil.example"[..]), ("origin", b"http://ok.test")];
    assert_verdict("host", verdict(&policy, "/", &foreign_host), FOREIGN);
    let foreign_origin = [("host", &b"localhost"[..]), ("origin", b"http://app.test")];
    assert_verdict(
        "origin",
        verdict(&policy, "/", &foreign_origin),
        Some("allowed_origin(\"http://app.test\")"),
    );
}

#[test]
fn several_origins_are_refused() {
    let own: &[u8] = b"http://localhost";
    let headers = [("host", &b"localhost"[..]), ("origin", own), ("origin", own)];
    assert_verdict("twice", verdict(&policy(&[], &[]), "/", &headers), Some("several origin headers"));
}

#[test]
fn without_an_origin_sec_fetch_site_decides() {
    let policy = policy(&[], &["http://ok.test"]);
    #[rustfmt::skip]
    let cases: &[(&str, &[&str], Refused)] = &[
        ("curl, old browsers, plain HTTP over a network", &[], None),
        ("a page of this server", &["same-origin"], None),
        ("the address bar", &["none"], None),
        ("another port of this machine", &["same-site"], Some("Sec-Fetch-Site: \"same-site\"")),
        ("any other page", &["cross-site"], Some("Sec-Fetch-Site: \"cross-site\"")),
        ("capitals", &["Same-Origin"], Some("Sec-Fetch-Site: \"Same-Origin\"")),
        ("a list", &["same-origin, cross-site"], Some("Sec-Fetch-Site")),
        ("nothing", &[""], Some("Sec-Fetch-Site: \"\"")),
        ("two", &["same-origin", "same-origin"], Some("several sec-fetch-site headers")),
    ];
    for (case, sites, expected) in cases {
        let sites = sites.iter().map(|site| ("sec-fetch-site", site.as_bytes()));
        let headers: Vec<_> = [("host", &b"localhost"[..])].into_iter().chain(sites).collect();
        assert_verdict(case, verdict(&policy, "/", &headers), *expected);
    }
}
