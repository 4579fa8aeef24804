//! Opens the app in the user's browser.

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
    net::SocketAddr,
    process::{Child, Command, Stdio},
    thread,
};

use crate::{process::describe, system, terminal::Terminal};

/// Returns the URL of an app that listens on this address.
pub(crate) fn url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://localhost:{}/", address.port())
    } else {
        format!("http://{address}/")
    }
}

/// Opens a URL in the first browser of `$BROWSER` that starts, or else in the system's default browser.
///
/// If no browser opens, the terminal shows the reason and the URL.
pub(crate) fn open(url: &str, terminal: &Terminal) {
    let programs = env::var("BROWSER").unwrap_or_default();
    // A path of Windows has a colon itself.
    let commands = programs.split(if cfg!(windows) { ';' } else { ':' });
    let commands = commands.filter_map(|program| words(program, url)).chain([system::opener(url)]);
    let mut failure = None;
    for words in commands {
        match start(&words) {
            Ok(child) => return report(child, url.to_owned(), terminal.clone()),
            Err(error) => {
                failure.get_or_insert_with(|| {
                    format!("failed to start {}: {error}", words[0].to_string_lossy())
                });
            }
        }
    }
    if let Some(failure) = failure {
        terminal.line(&format!("{failure}; open {url}, or set $BROWSER"));
    }
}

/// Returns the words of one entry of `$BROWSER`. `%s` is the URL, which otherwise comes last, as in `xdg-open(1)`.
fn words(program: &str, url: &str) -> Option<Vec<OsString>> {
    let mut words: Vec<OsString> =
        program.split_whitespace().map(|word| word.replace("%s", url).into()).collect();
    if !program.contains("%s") {
        words.push(url.into());
    }
    (!program.trim().is_empty()).then_some(words)
}

/// Starts a browser in its own group, so that Ctrl-C leaves it open. It can't read keys or write to the terminal.
fn start(words: &[OsString]) -> io::Result<Child> {
    let mut command = Command::new(words.first().map_or(OsStr::new(""), OsString::as_os_str));
    command.args(&words[1..]);
    system::detach(&mut command);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

/// Reports a browser that exits with an error.
fn report(mut child: Child, url: String, terminal: Terminal) {
    thread::spawn(move || {
        let status = child.wait().ok();
        if status.is_some_and(|status| !status.success()) {
            terminal.line(&format!("the browser failed: {}; open {url}, or set $BROWSER", describe(status)));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_host_that_a_browser_reaches() {
        for (address, expected) in [
            ("127.0.0.1:3000", "http://127.0.0.1:3000/"),
            ("[::1]:3000", "http://[::1]:3000/"),
            ("0.0.0.0:3000", "http://localhost:3000/"),
            ("[::]:3000", "http://localhost:3000/"),
        ] {
            assert_eq!(url(address.parse().unwrap()), expected);
        }
    }

    #[test]
    fn an_entry_of_the_variable_is_a_command_line() {
        let cases = [
            ("firefox", Some(vec!["firefox", "URL"])),
            (
                "chromium --new-window %s --incognito",
                Some(vec!["chromium", "--new-window", "URL", "--incognito"]),
            ),
            ("open-at url=%s", Some(vec!["open-at", "url=URL"])),
            ("", None),
            ("  ", None),
        ];
        for (program, expected) in cases {
            let expected: Option<Vec<OsString>> =
                expected.map(|words| words.into_iter().map(OsString::from).collect());
            assert_eq!(words(program, "URL"), expected, "{program:?}");
        }
    }
}
