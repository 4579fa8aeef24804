//! The name of a browser, from its `User-Agent`.

use crate::escape::Escaped;

/// The most characters of a name.
const MOST: usize = 40;

/// The products by which browsers name themselves. A browser names those that it resembles too, so the order decides.
const BROWSERS: [(&str, &str); 6] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chromium"),
    ("Version/", "Safari"),
    ("AppleWebKit/", "WebKit"),
];

/// Returns the browser and its major version, or the first product of another client.
pub(super) fn name(user_agent: &str) -> String {
    for (product, browser) in BROWSERS {
        let Some((_, version)) = user_agent.split_once(product) else { continue };
        let major = version.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        return format!("{browser} {}", &major[..major.len().min(6)]);
    }
    let first = user_agent.split_ascii_whitespace().next().unwrap_or("unknown");
    Escaped(first.chars().take(MOST).collect::<String>()).to_string()
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_browser_is_named_with_its_major_version() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        let safari =
            "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15";
        for (user_agent, expected) in [
            (chrome, "Chromium 140"),
            (&format!("{chrome} Edg/140.0"), "Edge 140"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140"),
            (safari, "Safari 18"),
            ("curl/8.5.0", "curl/8.5.0"),
            ("", "unknown"),
            ("Chrome/x", "Chromium "),
            ("a\u{1b}[31m b", "a\\u{1b}[31m"),
        ] {
            assert_eq!(name(user_agent), expected);
        }
        assert!(name(&"x".repeat(9_000)).len() <= 40);
    }
}
