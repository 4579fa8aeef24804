//! The body of a message, read as it comes and no further than is allowed.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BufMut};
use http_body::Body;
use pin_project_lite::pin_project;

use super::Rejection;

pin_project! {
    /// Reads a body of at most so many bytes.
    #[derive(Debug)]
    pub(super) struct Receive<B> {
        #[pin]
        body: B,
        max: usize,
        received: Vec<u8>,
    }
}

impl<B: Body> Receive<B> {
    pub(super) fn new(body: B, max: usize) -> Self {
        Self { body, max, received: Vec::new() }
    }
}

impl<B: Body> Future for Receive<B> {
    type Output = Result<Vec<u8>, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match ready!(this.body.as_mut().poll_frame(cx)) {
                None => return Poll::Ready(Ok(std::mem::take(this.received))),
                Some(Err(_)) => return Poll::Ready(Err(Rejection::broken_off(this.received.len()))),
                Some(Ok(frame)) => {
                    // Trailers say nothing to us.
                    let Ok(data) = frame.into_data() else { continue };
                    if data.remaining() > *this.max - this.received.len() {
                        return Poll::Ready(Err(Rejection::too_large(*this.max)));
                    }
                    this.received.put(data);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bytes::Bytes;
    use futures_util::{FutureExt, stream};
    use http::{HeaderMap, StatusCode};
    use http_body::Frame;
    use http_body_util::StreamBody;

    use super::*;

    fn receive<E>(frames: Vec<Result<Frame<Bytes>, E>>, max: usize) -> Result<Vec<u8>, Rejection> {
        let body = StreamBody::new(stream::iter(frames));
        Box::pin(Receive::new(body, max)).now_or_never().unwrap()
    }

    fn data(text: &'static str) -> Frame<Bytes> {
        Frame::data(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn a_body_is_taken_up_to_its_bound_and_no_further() {
        let receive = |frames: Vec<_>, max| receive::<Infallible>(frames.into_iter().map(Ok).collect(), max);
        assert_eq!(receive(vec![data("ab"), data(""), data("cd")], 4).unwrap(), b"abcd");
        assert_eq!(receive(vec![data("ab"), Frame::trailers(HeaderMap::new())], 4).unwrap(), b"ab");
        assert_eq!(receive(Vec::new(), 0).unwrap(), b"");
        let rejection = receive(vec![data("ab"), data("cde")], 4).unwrap_err();
        assert_eq!(rejection.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert!(rejection.to_string().contains("larger than 4 bytes"), "{rejection}");
    }

    #[test]
    fn a_body_that_breaks_off_says_so() {
        let frames = vec![Ok(data("ab")), Err("reset")];
        let rejection = receive(frames, 4).unwrap_err();
        assert_eq!(rejection.status(), StatusCode::BAD_REQUEST);
        assert!(rejection.to_string().contains("after 2 bytes"), "{rejection}");
    }
}
