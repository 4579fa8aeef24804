//! Options about pages and their client.

use super::OptionsBuilder;
use crate::options::LogLevel;

impl OptionsBuilder {
    /// Sets whether the client's script tag is inserted into HTML pages. The default is `true`.
    ///
    /// It is inserted into every HTML document that a browser navigates to, with any status. An error as plain
    /// text, JSON or nothing becomes a small HTML page with that text and the client, so that it recovers by itself.
    ///
    /// Turn it off if the page's own bundle has a client, or if the page has the tag already:
    /// `<script type="module" src="/__webpack_hmr/client.js"></script>`.
    pub fn inject(mut self, inject: bool) -> Self {
        self.options.inject = inject;
        self
    }

    /// Sets the path of this layer's root in browsers, such as `/app`, if axum's `Router::nest` or a proxy strips that
    /// prefix.
    ///
    /// Only the page at the prefix itself, without a trailing slash, needs it: on others the inserted tag is relative. With
    /// axum, the feature `axum` makes it needless there too.
    pub fn base_path(mut self, path: impl Into<String>) -> Self {
        self.options.base_path = Some(path.into());
        self
    }

    /// Sets whether browsers have to revalidate the files under the prefixes of `Watch::files`. The default is `true`.
    ///
    /// Browsers keep a file without `Cache-Control`, as tower-http's `ServeDir` sends it, for a tenth of the time since it
    /// was modified. If it is saved while another page is open, the next page would get the old file. So the layer adds
    /// `Cache-Control: no-cache` to responses under such a prefix that have `Last-Modified`, and neither `Cache-Control`
    /// nor `Expires` from the app. It is the status 200 or 206 of a `GET` or `HEAD`.
    ///
    /// `Last-Modified` counts seconds, and is the same for two saves within one. In the first 2 s after a save, the layer
    /// removes it from such responses unless they have an `ETag`.
    ///
    /// ```
    /// # use tower_hot_middleware::Options;
    /// let options = Options::builder().revalidate_files(false).build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    pub fn revalidate_files(mut self, revalidate: bool) -> Self {
        self.options.revalidate_files = revalidate;
        self
    }

    /// Sets whether pages ask for themselves again when the server restarts as another executable, and are updated or reloaded
    /// if the answer differs. The default is `true`.
    ///
    /// Executables differ by the size and the modification time of the file, which a build without changes keeps.
    pub fn reload_on_new_binary(mut self, reload: bool) -> Self {
        self.options.reload_on_new_binary = reload;
        self
    }

    /// Sets whether pages are updated in place when their HTML changes: a template, an HTML file, the app itself. The default
    /// is `true`. With `false` they are reloaded.
    ///
    /// A page that is updated keeps what scripts and the user have changed in it. The client asks the app for the page again,
    /// compares it with the HTML that the page was made from, and applies the difference. Where that can't be done safely,
    /// such as for a changed script, it reloads the page in any case.
    ///
    /// ```
    /// # use tower_hot_middleware::Options;
    /// let options = Options::builder().update_pages(false).build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    pub fn update_pages(mut self, update: bool) -> Self {
        self.options.update_pages = update;
        self
    }

    /// Sets the number of bytes of HTML that is kept to update pages in place, in memory and compressed. The default is 8 MiB,
    /// which are some 400 pages of 100 kB. With 0, nothing is kept, and pages are reloaded.
    ///
    /// The oldest pages make room for new ones, and a page that is larger than a quarter of the number is not kept. A page
    /// whose HTML is not kept is reloaded.
    ///
    /// ```
    /// # use tower_hot_middleware::Options;
    /// let options = Options::builder().kept_pages_bytes(32 << 20).build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    pub fn kept_pages_bytes(mut self, bytes: usize) -> Self {
        self.options.kept_pages_bytes = bytes;
        self
    }

    /// Sets the level of the client's lines in the browser's console. The default is [`LogLevel::Info`].
    pub fn console_level(mut self, level: LogLevel) -> Self {
        self.options.console_level = level;
        self
    }

    /// Sets whether the client shows the errors of builds in an overlay. The default is `true`. The browser's console has
    /// them in any case.
    pub fn client_overlay(mut self, overlay: bool) -> Self {
        self.options.client_overlay = overlay;
        self
    }

    /// Sets whether a page keeps over a reload what a browser lets it keep: scroll positions, the focus, unsent form values
    /// and open `<details>`. The default is `true`.
    ///
    /// They are in the tab's session storage during the reload. Passwords, card numbers, files and hidden fields are not
    /// kept, and neither are a field of more than 50,000 characters and more than 256 fields.
    ///
    /// ```
    /// # use tower_hot_middleware::Options;
    /// let options = Options::builder().keep_state(false).build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    pub fn keep_state(mut self, keep: bool) -> Self {
        self.options.keep_state = keep;
        self
    }
}
