//! Rewriting of a response's body: a page with the tag, or an error as a page.

use bytes::Bytes;
use http_body::SizeHint;

#[cfg(feature = "watch")]
use super::declarations::Declarations;
use super::{ErrorPage, Injector, NoscriptRenamer};
use crate::pages::Capture;

/// Turns a body into a page with the client's tag.
#[derive(Debug)]
pub(crate) enum Rewriter {
    Page(TaggedPage),
    ErrorPage(ErrorPage),
}

/// A page that gets the tag.
#[derive(Debug)]
pub(crate) struct TaggedPage {
    injector: Injector,
    /// Keeps the page without the tag, if a browser shows it.
    capture: Option<Box<Capture>>,
    /// Set for a page that the client parses. Boxed, as almost no page is one.
    renamer: Option<Box<NoscriptRenamer>>,
    #[cfg(feature = "watch")]
    declarations: Option<Box<Declarations>>,
}

impl TaggedPage {
    pub(super) fn new(injector: Injector, capture: Option<Box<Capture>>, is_parsed: bool) -> Self {
        Self {
            injector,
            capture,
            renamer: is_parsed.then(|| Box::new(NoscriptRenamer::new())),
            #[cfg(feature = "watch")]
            declarations: None,
        }
    }

    /// Searches the page for what it says about modules.
    #[cfg(feature = "watch")]
    pub(super) fn searched(self, declarations: Option<Declarations>) -> Self {
        Self { declarations: declarations.map(Box::new), ..self }
    }

    fn push(&mut self, chunk: Bytes, out: &mut impl Extend<Bytes>, is_last: bool) {
        if self.capture.as_mut().is_some_and(|capture| !capture.push(&chunk)) {
            self.capture = None;
        }
        #[cfg(feature = "watch")]
        if let Some(declarations) = &mut self.declarations {
            declarations.push(&chunk);
        }
        let chunk = match &mut self.renamer {
            Some(renamer) => renamer.push(chunk),
            None => chunk,
        };
        self.injector.push(chunk, out);
        if self.injector.is_without_tag() {
            // Its client does not know the id.
            self.capture = None;
        }
        // A server need not poll a body to its end, once it has as many bytes as it has announced.
        if is_last || self.capture.as_ref().is_some_and(|capture| capture.is_complete()) {
            self.end();
        }
    }

    fn finish(&mut self, out: &mut impl Extend<Bytes>) {
        if let Some(renamer) = &mut self.renamer {
            self.injector.push(renamer.finish(), out);
        }
        self.injector.finish(out);
        self.end();
    }

    fn end(&mut self) {
        #[cfg(feature = "watch")]
        if let Some(mut declarations) = self.declarations.take() {
            declarations.finish();
        }
        if let Some(capture) = self.capture.take() {
            capture.finish();
        }
    }

    /// Number of bytes still to come beyond those still to be pushed.
    fn added(&self) -> u64 {
        let held = self.renamer.as_ref().map_or(0, |renamer| renamer.held());
        self.injector.added().saturating_add(held.try_into().unwrap_or(u64::MAX))
    }
}

impl Rewriter {
    /// Passes a chunk of the body on, which may be known to be the last.
    pub(crate) fn push(&mut self, chunk: Bytes, out: &mut impl Extend<Bytes>, is_last: bool) {
        match self {
            Self::Page(page) => page.push(chunk, out, is_last),
            Self::ErrorPage(page) => page.push(&chunk, out),
        }
    }

    /// Ends the body. Further calls add nothing.
    pub(crate) fn finish(&mut self, out: &mut impl Extend<Bytes>) {
        match self {
            Self::Page(page) => page.finish(out),
            Self::ErrorPage(page) => page.finish(out),
        }
    }

    /// Returns the bounds of the remaining length, of which `unsent` bytes are ready.
    pub(crate) fn size_hint(&self, inner: &SizeHint, unsent: u64) -> SizeHint {
        let mut hint = SizeHint::new();
        match self {
            Self::Page(page) => {
                let more = unsent.saturating_add(page.added());
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
