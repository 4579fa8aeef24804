//! The part of a page's console that the developer's terminal has.

/// The part of the browser's console that the terminal has, for
/// [`OptionsBuilder::console`](crate::OptionsBuilder::console).
///
/// The default is [`Console::problems`]. `docs/terminal.md` has the lines.
///
/// ```
/// use tower_hot_middleware::{Console, ConsoleLevel, Options};
///
/// let console = Console::lines([ConsoleLevel::Error, ConsoleLevel::Warn]);
/// let options = Options::builder().console(console).build()?;
/// # let _ = options;
/// # Ok::<(), tower_hot_middleware::OptionsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Console {
    has_problems: bool,
    /// Sorted and without repetitions.
    levels: Vec<ConsoleLevel>,
}

impl Console {
    /// Nothing: pages send no reports.
    #[must_use]
    pub const fn off() -> Self {
        Self { has_problems: false, levels: Vec::new() }
    }

    /// The page's problems: uncaught errors, unhandled rejections, elements whose file can't be loaded, and violations of a
    /// `Content-Security-Policy`. The page's own console stays as it is.
    #[must_use]
    pub const fn problems() -> Self {
        Self { has_problems: true, levels: Vec::new() }
    }

    /// The page's problems, and the lines that its scripts write to the console by the methods of these levels.
    ///
    /// The client wraps these methods from its start on, so a browser's developer tools show the client as the origin of such
    /// a line. All other methods stay as they are.
    #[must_use]
    pub fn lines(levels: impl IntoIterator<Item = ConsoleLevel>) -> Self {
        let mut levels: Vec<_> = levels.into_iter().take(16).collect();
        levels.sort_unstable();
        levels.dedup();
        Self { has_problems: true, levels }
    }

    pub(crate) fn is_off(&self) -> bool {
        !self.has_problems
    }

    /// Names of the console's methods that are wrapped.
    pub(crate) fn methods(&self) -> Vec<&'static str> {
        self.levels.iter().map(|level| level.method()).collect()
    }
}

/// A method of the browser's console, for [`Console::lines`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ConsoleLevel {
    /// `console.error`, at the level `error` of `tracing`.
    Error,
    /// `console.warn`, at the level `warn`.
    Warn,
    /// `console.info`, at the level `info`.
    Info,
    /// `console.log`, at the level `info`.
    Log,
    /// `console.debug`, at the level `debug`.
    Debug,
}

impl ConsoleLevel {
    fn method(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Log => "log",
            Self::Debug => "debug",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_in_order_and_once() {
        let console = Console::lines([ConsoleLevel::Log, ConsoleLevel::Error, ConsoleLevel::Log]);
        assert_eq!(console.methods(), ["error", "log"]);
        assert!(!console.is_off() && !Console::problems().is_off() && Console::off().is_off());
        assert!(Console::lines([]) == Console::problems() && Console::problems().methods().is_empty());
    }
}
