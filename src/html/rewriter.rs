//! The change of a body on its way to the browser.

use bytes::Bytes;
use http_body::SizeHint;

use super::{ErrorPage, Injector};

/// A body's bytes in, a page with the client in it out.
#[derive(Debug)]
pub(crate) enum Rewriter {
    Injector(Injector),
    ErrorPage(ErrorPage),
}

impl Rewriter {
    /// Passes a chunk of the body on.
    pub(crate) fn push(&mut self, chunk: Bytes, out: &mut impl Extend<Bytes>) {
        match self {
            Self::Injector(injector) => injector.push(chunk, out),
            Self::ErrorPage(page) => page.push(&chunk, out),
        }
    }

    /// Ends the body. Called again, it adds nothing.
    pub(crate) fn finish(&mut self, out: &mut impl Extend<Bytes>) {
        match self {
            Self::Injector(injector) => injector.finish(out),
            Self::ErrorPage(page) => page.finish(out),
        }
    }

    /// The bounds of what is still to come, of which `unsent` bytes are made already.
    pub(crate) fn size_hint(&self, inner: &SizeHint, unsent: u64) -> SizeHint {
        let mut hint = SizeHint::new();
        match self {
            Self::Injector(injector) => {
                let more = unsent.saturating_add(injector.added());
                if let Some(upper) = inner.upper() {
                    hint.set_upper(upper.saturating_add(more));
                }
                hint.set_lower(inner.lower().saturating_add(more));
            }
            // Its length depends on the characters that are escaped.
            Self::ErrorPage(_) => hint.set_lower(unsent),
        }
        hint
    }
}
