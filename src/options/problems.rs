//! Options of the page's problems: in the terminal, on the overlay, and in the editor.

use super::{Console, OptionsBuilder};

impl OptionsBuilder {
    /// Sets the part of the browser's console that the terminal has. The default is [`Console::problems`]: a line for each
    /// uncaught error, unhandled rejection, failed file and violation of a policy, in any open page.
    ///
    /// The lines are `tracing` events of the target `tower_hot_middleware::console` where a subscriber takes them, and go to
    /// standard error otherwise. Their number and length are limited. `docs/terminal.md` has the details.
    ///
    /// ```
    /// # use tower_hot_middleware::{Console, Options};
    /// let options = Options::builder().console(Console::off()).build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    pub fn console(mut self, console: Console) -> Self {
        self.options_mut().console = console;
        self
    }

    /// Sets whether the overlay shows uncaught errors and unhandled rejections of the page as well. The default is `false`.
    ///
    /// Their stacks have the places of the source where a script has a source map of the page's own origin, and the lines
    /// around the first one.
    ///
    /// ```
    /// # use tower_hot_middleware::Options;
    /// let options = Options::builder().overlay_runtime_errors(true).build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    pub fn overlay_runtime_errors(mut self, show: bool) -> Self {
        self.options_mut().overlay_runtime_errors = show;
        self
    }

    /// Sets the command of the editor that the places on the overlay open, such as `code` or `emacsclient -n`. By default it is
    /// the first one of `HOT_EDITOR`, `VISUAL` and `EDITOR` in the environment. An empty text turns this off.
    ///
    /// The file, line and column are added as the editor takes them, and no shell is involved. Only files below a watched folder
    /// are opened, and those that the errors of a build name. `docs/client.md` lists the editors, and `docs/security.md` the
    /// rules.
    ///
    /// ```
    /// # use tower_hot_middleware::Options;
    /// let options = Options::builder().editor("code --reuse-window").build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    #[cfg(feature = "watch")]
    pub fn editor(mut self, command: impl Into<String>) -> Self {
        self.set_editor(command.into());
        self
    }
}

#[cfg(all(test, feature = "watch"))]
mod tests {
    use crate::Options;

    #[test]
    fn the_command_is_checked_when_the_options_are_built() {
        let options = Options::builder().editor("code -r").build().unwrap();
        assert!(options.opens_editor && options.editor.is_some());
        let options = Options::builder().editor(" ").build().unwrap();
        assert!(!options.opens_editor && options.editor.is_none());
        let error = Options::builder().editor("code 'x").build().unwrap_err().to_string();
        assert!(error.contains("code 'x") && error.contains("quote"), "{error}");
    }
}
