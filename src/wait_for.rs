//! Waiting for the pages, in the app's own tests.

use std::{future::Future, time::Duration};

use crate::{
    handle::HotMiddleware,
    terminal::{Receipts, WaitForError},
};

/// Time within which a build with the file has to come, and its receipts.
const PATIENCE: Duration = Duration::from_secs(10);

impl HotMiddleware {
    /// Waits until the open pages have answered the next change of a file, so that an end-to-end test needn't sleep after it
    /// has saved one.
    ///
    /// `file` is the file's URL, its path as the terminal's lines have it, or the name of a bundle of webpack or Rspack. The wait
    /// begins with this call, before the future is polled: call it first, then save, then await. It ends a quarter of a second
    /// after the first page has answered, after a second without an answer, and at once if no page is open. A page answers
    /// before it reloads.
    ///
    /// ```no_run
    /// # async fn test(hot: tower_hot_middleware::HotMiddleware) -> Result<(), Box<dyn std::error::Error>> {
    /// let shown = hot.wait_for("/static/style.css");
    /// std::fs::write("static/style.css", "h1 { color: teal }")?;
    /// assert_eq!(shown.await?.updated, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`WaitForError`] if no build with the file comes within ten seconds, if it fails, if pages send no receipts, or if the app shuts down.
    ///
    /// # Panics
    /// Like [`tokio::time::sleep`], outside of a Tokio runtime with a clock.
    pub fn wait_for(
        &self,
        file: &str,
    ) -> impl Future<Output = Result<Receipts, WaitForError>> + Send + 'static + use<> {
        self.shared().wait_for(file, PATIENCE)
    }
}
