use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use super::{
    Access, AccessPolicy, AllowedHost, AllowedOrigin, Resource, Tokens,
    address::{Authority, Origin},
};

mod origins;

/// A header's name and value.
type Line = (&'static str, &'static str);

/// `None` where a request is authorized, otherwise a part of the refusal.
type Refused = Option<&'static str>;

fn policy(hosts: &[&str], origins: &[&str]) -> AccessPolicy {
    let hosts: Vec<_> = hosts.iter().map(|host| AllowedHost::parse(host).unwrap()).collect();
    let origins: Vec<_> = origins.iter().map(|origin| AllowedOrigin::parse(origin).unwrap()).collect();
    AccessPolicy::new(&hosts, &origins, "", Tokens::default())
}

/// Authorizes a request for the stream. Refusals are texts, so that tables can contain parts of them.
fn verdict(policy: &AccessPolicy, target: &str, headers: &[(&str, &[u8])]) -> Result<Access, String> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        map.append(name, HeaderValue::from_bytes(value).unwrap());
    }
    let target: Uri = target.parse().unwrap();
    policy.check(&target, &map, Resource::Stream).map_err(|refusal| refusal.to_string())
}

fn assert_verdict(case: &str, verdict: Result<Access, String>, expected: Refused) {
    match (verdict, expected) {
        (Ok(_), None) => {}
        (Err(message), Some(part)) if message.contains(part) => {}
        (verdict, expected) => panic!("{case}: {verdict:?}, and not {expected:?}"),
    }
}

const FOREIGN: Refused = Some("is not allowed. If it is yours");
const EMPTY: Refused = Some("is empty");
const USER: Refused = Some("has a user name");
const CHARACTER: Refused = Some("has a character");
const LABEL: Refused = Some("has a label");
const NUMBER: Refused = Some("ends in a number");
const BRACKETS: Refused = Some("has brackets");
const PORT: Refused = Some("has a port");

/// Names, `Host` headers and the outcome for each without any option.
#[rustfmt::skip]
const HOSTS: &[(&str, &str, Refused)] = &[
    ("localhost", "localhost", None),
    ("localhost with a port", "localhost:3000", None),
    ("localhost in capitals", "LocalHost:3000", None),
    ("localhost with the root's dot", "localhost.:3000", None),
    ("a name under localhost", "app.localhost:3000", None),
    ("a name deep under localhost", "a.b.LOCALHOST.", None),
    ("an IPv4 address", "192.168.0.7:3000", None),
    ("an IPv4 address without a port", "10.0.0.1", None),
    ("all interfaces", "0.0.0.0:3000", None),
    ("an IPv6 address", "[fe80::1]:3000", None),
    ("the IPv6 loopback", "[::1]", None),
    ("an IPv6 address in full", "[2001:DB8:0:0:0:0:0:1]:1", None),
    ("an IPv4 address in an IPv6 one", "[::ffff:127.0.0.1]:3000", None),
    ("the highest port", "localhost:65535", None),
    ("the lowest port", "localhost:1", None),

    ("a foreign name", "evil.example:3000", FOREIGN),
    ("a name of one label", "evil", FOREIGN),
    ("a container's name", "my_app:3000", FOREIGN),
    ("localhost as a label of a foreign name", "localhost.evil.example", FOREIGN),
    ("a foreign name that ends like localhost", "evillocalhost", FOREIGN),
    ("localhost with a dash in front", "evil-localhost", FOREIGN),
    ("an address as labels of a foreign name", "127.0.0.1.evil.example", FOREIGN),
    ("an address with the root's dot", "127.0.0.1.", NUMBER),
    ("an address with too few numbers", "127.1", NUMBER),
    ("an address in hexadecimal", "0x7f.1", NUMBER),
    ("an address as one number", "2130706433", NUMBER),
    ("an address in octal", "0177.0.0.1", NUMBER),
    ("an address with zeros in front", "127.000.000.001", NUMBER),
    ("an address with a number too high", "127.0.0.256", NUMBER),
    ("an address with too many numbers", "127.0.0.1.1", NUMBER),
    ("a name that ends in a hexadecimal number", "evil.0X", NUMBER),
    ("a name that ends almost in a number", "evil.0xg", FOREIGN),

    ("nothing", "", EMPTY),
    ("a port alone", ":3000", EMPTY),
    ("a user name", "localhost@evil.example", USER),
    ("a user name and a password", "a:b@localhost:3000", USER),
    ("a user name and nothing", "localhost@", USER),
    ("a space", "localhost evil.example", CHARACTER),
    ("a list", "localhost, evil.example", CHARACTER),
    ("a path", "localhost/evil", CHARACTER),
    ("a path after the port", "localhost:3000/evil", PORT),
    ("a query", "localhost?evil", CHARACTER),
    ("a fragment", "localhost#evil", CHARACTER),
    ("a backslash", "localhost\\evil", CHARACTER),
    ("an escape", "local%68ost", CHARACTER),
    ("an asterisk", "*", CHARACTER),
    ("a tab", "local\thost", CHARACTER),
    ("a quotation mark", "\"localhost\"", CHARACTER),
    ("a scheme", "http://localhost", PORT),
    ("a name outside of ASCII", "l\u{f6}calhost", CHARACTER),
    ("two dots", "a..localhost", LABEL),
    ("a leading dot", ".localhost", LABEL),
    ("a dot alone", ".", LABEL),
    ("two dots at the end", "localhost..", LABEL),
    ("a label that is too long", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.localhost", LABEL),
    ("a port and no number", "localhost:", PORT),
    ("a port with letters", "localhost:http", PORT),
    ("a port with a sign", "localhost:+80", PORT),
    ("a port with a space", "localhost: 80", PORT),
    ("port 0", "localhost:0", PORT),
    ("a port that is too high", "localhost:65536", PORT),
    ("a port that is too long", "localhost:000080", PORT),
    ("two ports", "localhost:80:80", CHARACTER),
    ("an IPv6 address without brackets", "::1", CHARACTER),
    ("an IPv6 address with a zone", "[fe80::1%eth0]:3000", BRACKETS),
    ("an IPv6 address with an escaped zone", "[fe80::1%25eth0]:3000", BRACKETS),
    ("a bracket that stays open", "[::1", BRACKETS),
    ("a bracket that is only closed", "::1]", CHARACTER),
    ("brackets around nothing", "[]", BRACKETS),
    ("brackets around an IPv4 address", "[127.0.0.1]", BRACKETS),
    ("brackets around a name", "[localhost]", BRACKETS),
    ("an address of a later version", "[v1.fe80::a]", BRACKETS),
    ("something behind the brackets", "[::1]evil", BRACKETS),
    ("something between brackets and port", "[::1].evil.example:80", BRACKETS),
];

#[test]
fn hosts() {
    let policy = policy(&[], &[]);
    for (case, host, expected) in HOSTS {
        let verdict = verdict(&policy, "/", &[("host", host.as_bytes())]);
        assert_verdict(case, verdict, *expected);
    }
}

#[test]
fn a_host_that_is_not_text_is_refused() {
    assert_verdict("0xFF", verdict(&policy(&[], &[]), "/", &[("host", b"localhost\xff")]), CHARACTER);
}

#[test]
fn a_name_has_253_bytes_at_most() {
    let name = |length: usize| format!("{}.localhost", "a.".repeat(length)).replace("..", ".");
    let (longest, longer) = (name(122), name(123));
    assert_eq!((longest.len(), longer.len()), (253, 255));
    let policy = policy(&[], &[]);
    assert_verdict("longest", verdict(&policy, "/", &[("host", longest.as_bytes())]), None);
    assert_verdict("longer", verdict(&policy, "/", &[("host", longer.as_bytes())]), LABEL);
}

#[test]
fn one_host_is_used_of_the_target_and_the_header() {
    let policy = policy(&[], &[]);
    #[rustfmt::skip]
    let cases: &[(&str, &str, &[Line], Refused)] = &[
        ("none, as no browser sends", "/", &[], None),
        ("none, with an origin", "/", &[("origin", "http://localhost")], Some("and no host")),
        ("none from another site", "/", &[("sec-fetch-site", "cross-site")], Some("cross-site")),
        ("one", "/", &[("host", "localhost")], None),
        ("two that are the same", "/", &[("host", "localhost"), ("host", "localhost")], Some("several host headers")),
        ("two, the good one first", "/", &[("host", "localhost"), ("host", "evil.example")], Some("several")),
        ("two, the good one last", "/", &[("host", "evil.example"), ("host", "localhost")], Some("several")),
        ("the target's alone, as over HTTP/2", "http://localhost:3000/", &[], None),
        ("the target's alone, and foreign", "http://evil.example:3000/", &[], FOREIGN),
        ("the target's wins over a foreign header", "http://localhost/", &[("host", "evil.example")], None),
        ("the foreign target's wins over the header", "http://evil.example/", &[("host", "localhost")], FOREIGN),
        ("the target's with a user name", "http://localhost@127.0.0.1/", &[("host", "localhost")], USER),
        ("the target's does not make up for two headers", "http://localhost/", &[("host", "a"), ("host", "b")], Some("several")),
        ("a forwarded one does not replace the host", "/", &[("x-forwarded-host", "localhost"), ("origin", "http://localhost")], Some("and no host")),
        ("a forwarded one allows nothing", "/", &[("host", "evil.example"), ("x-forwarded-host", "localhost"), ("forwarded", "host=localhost")], FOREIGN),
        ("a forwarded one can refuse", "/", &[("host", "localhost"), ("x-forwarded-host", "evil.example")], FOREIGN),
        ("a forwarded one behind the target's", "http://localhost/", &[("forwarded", "host=evil.example")], FOREIGN),
        ("a forwarded one alone", "/", &[("x-forwarded-host", "evil.example")], FOREIGN),
    ];
    for (case, target, headers, expected) in cases {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        assert_verdict(case, verdict(&policy, target, &headers), *expected);
    }
}

#[test]
fn allowed_hosts() {
    #[rustfmt::skip]
    let cases: &[(&str, &[&str], Refused)] = &[
        ("app.test", &["app.test", "app.test:1", "APP.TEST.", "App.Test:443"], None),
        ("app.test", &["a.app.test", "xapp.test", "app.tes", "app.testx", "app.test.evil.example", "test", "pp.test"], FOREIGN),
        ("APP.test.", &["app.test"], None),
        (".app.test", &["app.test", "a.app.test", "a.b.APP.test.:80"], None),
        (".app.test", &["xapp.test", "a.app.test.evil.example", "test", "evil.example"], FOREIGN),
        ("my_app", &["my_app:3000"], None),
        ("xn--bro-hoa.test", &["XN--bro-hoa.test"], None),
        ("192.168.0.7", &["192.168.0.7"], None),
        ("192.168.0.7", &["evil.example"], FOREIGN),
    ];
    for (allowed, hosts, expected) in cases {
        let policy = policy(&["other.test", allowed], &[]);
        for host in *hosts {
            let case = format!("{host} where {allowed} is allowed");
            assert_verdict(&case, verdict(&policy, "/", &[("host", host.as_bytes())]), *expected);
        }
    }
}

#[test]
fn the_environment_adds_hosts_and_a_wrong_one_spoils_no_other() {
    let allowed = [AllowedHost::parse("app.test").unwrap()];
    let policy = AccessPolicy::new(
        &allowed,
        &[],
        " a.test,,http://b.test , .c.test,*.d.test,e.test:80",
        Tokens::default(),
    );
    let cases = [
        ("app.test", None),
        ("a.test", None),
        ("x.c.test", None),
        ("b.test", FOREIGN),
        ("x.d.test", FOREIGN),
        ("e.test", FOREIGN),
    ];
    for (host, expected) in cases {
        assert_verdict(host, verdict(&policy, "/", &[("host", host.as_bytes())]), expected);
    }
}

#[test]
fn the_client_is_served_under_any_name_but_not_to_other_pages() {
    let policy = policy(&[], &[]);
    let check = |headers: &[Line]| {
        let pairs = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let (uri, headers): (Uri, HeaderMap) = (Uri::from_static("/"), pairs.collect());
        policy.check(&uri, &headers, Resource::Client).is_ok()
    };
    assert!(check(&[("host", "tunnel.example")]));
    assert!(check(&[("host", "tunnel.example"), ("origin", "https://tunnel.example")]));
    assert!(!check(&[("host", "tunnel.example"), ("sec-fetch-site", "cross-site")]));
    assert!(!check(&[("host", "tunnel.example"), ("origin", "https://evil.example")]));
    assert!(!check(&[("host", "a b")]));
}

#[test]
fn a_refusal_says_what_would_allow_it() {
    let policy = policy(&[], &[]);
    let refusal = |headers: &[(&str, &[u8])]| verdict(&policy, "/", headers).unwrap_err();
    assert_eq!(
        refusal(&[("host", b"App.Example.:3000")]),
        "The host app.example is not allowed. If it is yours, allow it by \
         OptionsBuilder::allowed_host(\"app.example\"), or start the server with \
         TOWER_HOT_MIDDLEWARE_ALLOWED_HOSTS=app.example in its environment"
    );
    assert_eq!(
        refusal(&[("host", b"localhost"), ("origin", b"https://App.Example:8443")]),
        "Pages of https://app.example:8443 are not allowed. If it is yours, allow it by \
         OptionsBuilder::allowed_origin(\"https://app.example:8443\")"
    );
}

/// Pseudo-random bytes that are the same in every run of the test.
fn made_up(seed: u64, length: usize) -> Vec<u8> {
    const PIECES: [&[u8]; 24] = [
        b"localhost",
        b"127.0.0.1",
        b"[::1]",
        b"[",
        b"]",
        b":",
        b":80",
        b"443",
        b".",
        b"..",
        b"@",
        b"/",
        b"http",
        b"https",
        b"://",
        b"null",
        b"%",
        b"\\",
        b" ",
        b"\t",
        b"a",
        b"_",
        b"\xff",
        b"\xc3\xb6",
    ];
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 40).unwrap()
    };
    (0..length).flat_map(|_| PIECES[next() % PIECES.len()].iter().copied()).collect()
}

#[test]
fn random_values_are_parsed_consistently_or_refused() {
    let mut read = 0;
    for seed in 1..100_000 {
        let text = made_up(seed, usize::try_from(seed % 9).unwrap());
        if let Ok(authority) = Authority::parse(&text) {
            let host = authority.host.to_string();
            let again = Authority::parse(host.as_bytes()).unwrap();
            assert_eq!((again.host, again.port), (authority.host, None), "{host}");
            read += 1;
        }
        if let Ok(origin) = Origin::parse(&text) {
            let written = origin.to_string();
            assert_eq!(Origin::parse(written.as_bytes()).unwrap().to_string(), written);
            read += 1;
        }
    }
    assert!(read > 1_000, "only {read} values were valid");
}
