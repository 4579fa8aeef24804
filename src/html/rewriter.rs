//! Rewriting of a response's body: a page with the tag, or an error as a page.

use bytes::Bytes;
use http_body::SizeHint;

use super::{ErrorPage, Injector};

/// Turns a body into a page with the client's tag.
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

    /// Ends the body. Further calls add nothing.
    pub(crate) fn finish(&mut self, out: &mut impl Extend<Bytes>) {
        match self {
            Self::Injector(injector) => injector.finish(out),
            Self::ErrorPage(page) => page.finish(out),
        }
    }

    /// Returns the bounds of the remaining length, of which `unsent` bytes are ready.
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
