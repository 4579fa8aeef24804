//! Options of the inspector, and of the browser's developer tools.

use std::path::PathBuf;

use super::OptionsBuilder;

impl OptionsBuilder {
    /// Sets whether a browser that opens the stream's path in its address bar gets the inspector: a page with the saves and
    /// what became of them, open pages, bundles, refused requests and the output of commands. The default is `true`.
    ///
    /// It is protected as the stream is, and shows no more than that and the log. With `false`, the browser shows the stream.
    /// `docs/inspector.md` describes it.
    ///
    /// ```
    /// # use tower_hot_middleware::Options;
    /// let options = Options::builder().inspector(false).build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    pub fn inspector(mut self, inspector: bool) -> Self {
        self.options.inspector = inspector;
        self
    }

    /// Lets Chrome's developer tools offer this folder as a workspace, so that edits there are saved into its files.
    ///
    /// The layer answers `/.well-known/appspecific/com.chrome.devtools.json`, which Chrome requests while its developer tools
    /// are open, with the absolute path of the folder. It does so under `localhost` and in `allowed_host`, and refuses requests
    /// under other addresses, which other machines may use. By default, that request goes to the app.
    ///
    /// # Errors
    /// [`build`](Self::build) returns [`OptionsError::DevtoolsWorkspace`](crate::OptionsError::DevtoolsWorkspace) if this is not a folder, or its path is not UTF-8.
    ///
    /// ```
    /// # use tower_hot_middleware::Options;
    /// let options = Options::builder().devtools_workspace(env!("CARGO_MANIFEST_DIR")).build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    pub fn devtools_workspace(mut self, folder: impl Into<PathBuf>) -> Self {
        self.options.devtools = Some(folder.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::Options;

    #[test]
    fn a_workspace_has_to_be_a_folder() {
        let build = |folder: &str| Options::builder().devtools_workspace(folder).build();
        let options = build("src").unwrap();
        assert!(options.devtools.is_some_and(|folder| folder.is_absolute() && folder.ends_with("src")));
        for folder in ["Cargo.toml", "nowhere", ""] {
            let error = build(folder).unwrap_err().to_string();
            assert!(error.contains(&format!("{folder:?}")) && error.contains("is not a folder"), "{error}");
        }
        assert!(Options::default().devtools.is_none());
    }
}
