//! The response body: the inner service's, or one that this crate makes.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

#[cfg(feature = "watch")]
use crate::modules::ModuleRewriter;
use crate::{
    html::{KeptPage, Rewriter},
    transport::sse::EventStream,
};

pin_project! {
    /// The body of a [`HotMiddlewareService`](crate::HotMiddlewareService)'s response: the inner service's,
    /// with the client's script tag where it is a page, or an event stream or file of the middleware.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = KindProj]
    enum Kind<B> {
        Inner {
            #[pin]
            body: B,
        },
        // Boxed, so that the bodies that pass unchanged, which are almost all, stay small to move.
        Made {
            made: Pin<Box<Made<B>>>,
        },
    }
}

pin_project! {
    /// A body that this crate makes or modifies.
    #[project = MadeProj]
    enum Made<B> {
        Rewritten {
            #[pin]
            body: B,
            rewriter: AnyRewriter,
            unsent: VecDeque<Bytes>,
            end: Option<End>,
        },
        Own {
            own: OwnBody,
        },
    }
}

impl<B> fmt::Debug for Made<B> {
    // Without the bytes: the script tag contains the page's token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rewritten { .. } => "Rewritten",
            Self::Own { .. } => "Own",
        })
    }
}

/// What makes the body of a page or of a module another.
#[derive(Debug)]
enum AnyRewriter {
    Page(Rewriter),
    #[cfg(feature = "watch")]
    Module(ModuleRewriter),
}

impl AnyRewriter {
    fn push(&mut self, data: Bytes, unsent: &mut VecDeque<Bytes>, is_last: bool) {
        match self {
            Self::Page(rewriter) => rewriter.push(data, unsent, is_last),
            #[cfg(feature = "watch")]
            Self::Module(rewriter) => rewriter.push(data, unsent),
        }
    }

    fn finish(&mut self, unsent: &mut VecDeque<Bytes>) {
        match self {
            Self::Page(rewriter) => rewriter.finish(unsent),
            #[cfg(feature = "watch")]
            Self::Module(rewriter) => rewriter.finish(unsent),
        }
    }

    fn size_hint(&self, inner: &SizeHint, unsent: u64) -> SizeHint {
        match self {
            Self::Page(rewriter) => rewriter.size_hint(inner, unsent),
            #[cfg(feature = "watch")]
            Self::Module(_) => SizeHint::new(),
        }
    }
}

/// The end of the inner body, passed on after the rewriter's remaining bytes.
#[derive(Debug)]
enum End {
    Trailers(HeaderMap),
    Eof,
}

/// The result of polling a body for its next frame.
type Polled<B> = Poll<Option<Result<Frame<Bytes>, <B as Body>::Error>>>;

impl<B> ResponseBody<B> {
    fn made(made: Made<B>) -> Self {
        Self { kind: Kind::Made { made: Box::pin(made) } }
    }

    pub(crate) fn inner(body: B) -> Self {
        Self { kind: Kind::Inner { body } }
    }

    pub(crate) fn rewritten(body: B, rewriter: Rewriter) -> Self {
        Self::rewritten_by(body, AnyRewriter::Page(rewriter))
    }

    #[cfg(feature = "watch")]
    pub(crate) fn module(body: B, rewriter: ModuleRewriter) -> Self {
        Self::rewritten_by(body, AnyRewriter::Module(rewriter))
    }

    fn rewritten_by(body: B, rewriter: AnyRewriter) -> Self {
        Self::made(Made::Rewritten { body, rewriter, unsent: VecDeque::new(), end: None })
    }

    pub(crate) fn own(own: OwnBody) -> Self {
        Self::made(Made::Own { own })
    }
}

/// The body of one of this middleware's own responses.
#[derive(Debug)]
pub(crate) enum OwnBody {
    Events(Pin<Box<EventStream>>),
    Text(Bytes),
    Page(Box<KeptPage>),
    /// The body of a response that has none: to HEAD, a 204 or a 304.
    ///
    /// Its length is deliberately unknown. Servers turn a known length into `Content-Length`, and 0 is wrong
    /// for all of these (RFC 9110, section 8.6).
    Empty,
}

impl OwnBody {
    pub(crate) fn text(text: impl Into<Bytes>) -> Self {
        Self::Text(text.into())
    }

    /// Returns the length that is still to come, if it is known.
    pub(crate) fn len(&self) -> Option<u64> {
        match self {
            Self::Text(text) => u64::try_from(text.len()).ok(),
            Self::Page(page) => Some(page.len()),
            Self::Events(_) | Self::Empty => None,
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match self {
            Self::Events(stream) => stream.as_mut().poll_next(cx),
            Self::Page(page) => Poll::Ready(page.next()),
            Self::Text(text) if !text.is_empty() => Poll::Ready(Some(std::mem::take(text))),
            Self::Text(_) | Self::Empty => Poll::Ready(None),
        }
    }
}

impl<B: Body<Data = Bytes>> Body for ResponseBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled<B> {
        match self.project().kind.project() {
            KindProj::Inner { body } => body.poll_frame(cx),
            KindProj::Made { made } => made.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Inner { body } => body.is_end_stream(),
            Kind::Made { made } => made.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Inner { body } => body.size_hint(),
            Kind::Made { made } => made.size_hint(),
        }
    }
}

/// The methods of [`Body`]; the trait isn't needed, because only [`ResponseBody`] polls this.
impl<B: Body<Data = Bytes>> Made<B> {
    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled<B> {
        match self.project() {
            MadeProj::Own { own } => own.poll_next(cx).map(|bytes| Some(Ok(Frame::data(bytes?)))),
            MadeProj::Rewritten { mut body, rewriter, unsent, end } => loop {
                if let Some(bytes) = unsent.pop_front() {
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                match end {
                    Some(End::Eof) => return Poll::Ready(None),
                    Some(End::Trailers(trailers)) => {
                        let trailers = std::mem::take(trailers);
                        *end = Some(End::Eof);
                        return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                    }
                    None => {}
                }
                let frame = ready!(body.as_mut().poll_frame(cx)?).map(Frame::into_data);
                match frame {
                    Some(Ok(data)) => rewriter.push(data, unsent, body.is_end_stream()),
                    Some(Err(frame)) => {
                        rewriter.finish(unsent);
                        *end = Some(frame.into_trailers().map_or(End::Eof, End::Trailers));
                    }
                    None => {
                        rewriter.finish(unsent);
                        *end = Some(End::Eof);
                    }
                }
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Rewritten { unsent, end, .. } => unsent.is_empty() && matches!(end, Some(End::Eof)),
            Self::Own { own } => match own {
                OwnBody::Events(_) => false,
                OwnBody::Text(text) => text.is_empty(),
                OwnBody::Page(page) => page.len() == 0,
                OwnBody::Empty => true,
            },
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Rewritten { body, rewriter, unsent, .. } => {
                let unsent = unsent.iter().map(|bytes| bytes.len() as u64).sum();
                rewriter.size_hint(&body.size_hint(), unsent)
            }
            Self::Own { own } => own.len().map_or_else(SizeHint::new, SizeHint::with_exact),
        }
    }
}
