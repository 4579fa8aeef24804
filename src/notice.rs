//! Lines for the developer: events of `tracing` where a subscriber takes them, else lines on standard error.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
};

use crate::escape::Escaped;

/// Reports a problem that does not stop anything.
macro_rules! warning {
    ($($text:tt)+) => {
        if tracing::enabled!(tracing::Level::WARN) {
            tracing::warn!($($text)+);
        } else {
            $crate::notice::line(format_args!($($text)+));
        }
    };
}
pub(crate) use warning;

/// Reports a failure.
macro_rules! failure {
    ($($text:tt)+) => {
        if tracing::enabled!(tracing::Level::ERROR) {
            tracing::error!($($text)+);
        } else {
            $crate::notice::line(format_args!($($text)+));
        }
    };
}
pub(crate) use failure;

/// The target of the lines about saves.
const TARGET: &str = "tower_hot_middleware::terminal";

/// Reports something that went well.
pub(crate) fn info(text: &str) {
    if tracing::enabled!(target: TARGET, tracing::Level::INFO) {
        tracing::info!(target: TARGET, "{}", Escaped(text));
    } else {
        line(format_args!("{text}"));
    }
}

/// The target of the lines about what pages report.
const PAGES: &str = "tower_hot_middleware::console";

/// Reports a problem of a page, or a line of its console.
pub(crate) fn of_page(level: tracing::Level, text: &str) {
    macro_rules! event {
        ($level:ident) => {
            if tracing::enabled!(target: PAGES, tracing::Level::$level) {
                return tracing::event!(target: PAGES, tracing::Level::$level, "{}", Escaped(text));
            }
        };
    }
    match level {
        tracing::Level::ERROR => event!(ERROR),
        tracing::Level::WARN => event!(WARN),
        tracing::Level::INFO => event!(INFO),
        _ => event!(DEBUG),
    }
    line(format_args!("{text}"));
}

/// Writes a line to standard error, by one call: several processes may share a terminal.
pub(crate) fn line(text: fmt::Arguments<'_>) {
    let mut stderr = io::stderr().lock();
    let is_plain =
        std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) || !stderr.is_terminal();
    // A terminal that is gone is no reason to stop anything.
    let _ = stderr.write_all(written(text, !is_plain).as_bytes());
}

fn written(text: fmt::Arguments<'_>, has_colours: bool) -> String {
    let (on, off) = if has_colours { ("\u{1b}[1;36m", "\u{1b}[0m") } else { ("", "") };
    format!("{on}[hmr]{off} {}\n", Escaped(text))
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn a_line_is_one_line_without_control_characters_of_its_text() {
        assert_eq!(written(format_args!("a\nb\u{1b}[31m"), false), "[hmr] a\\nb\\u{1b}[31m\n");
        assert_eq!(written(format_args!("é → 2"), true), "\u{1b}[1;36m[hmr]\u{1b}[0m é → 2\n");
    }
}
